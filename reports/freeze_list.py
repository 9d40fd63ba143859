"""What rests as a token and can, or cannot, be stopped there: the state read from the contract, and who controls it.

What the contract said stands plain with the block it is true for; who controls it is a label, from the token list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Final

from rich.console import Console
from rich.text import Text

from chains.model import Asset
from reports.layout import Line, heading, put
from reports.numbers import symbol
from reports.view import AssetKey, View, in_total, key_of, label, wholes
from tracer.hostile import clean
from tracer.result import FreezeRow, rfc3339
from tracer.words import Words, translated

ROWS: Final = 10
WHY_ROOM: Final = 400

_CAN: Final = ("yes", "unknown", "no")
_FROZEN: Final = ("no", "unknown", "yes")
"""What can still be frozen comes first, and of that the largest."""

_MILLISECONDS: Final = 1000


def put_freezes(console: Console, view: View) -> None:
    """Every token at every address where some rests: its state, whether it can be frozen, by whom, what is proposed."""
    held, whole = _held(view), wholes(view.result)
    weights = {
        place: whole.get(place[1], Fraction(1)) ** -1 * sum(units for _, units in amounts)
        for place, amounts in held.items()
    }
    rows = sorted(view.result.freezes, key=lambda row: (_rank(row), -weights.get(_place(row), Fraction(0)), _name(row)))
    if not rows:
        return
    heading(console, view.w("section.freezes"))
    limit = view.limit(ROWS)
    for number, row in enumerate(rows[:limit], 1):
        put(console, _lines(view, row, in_total(held.get(_place(row), ()))), "    ", f"{number:>3} ")
    if limit is not None and len(rows) > limit:
        more = view.w("freezes.more", n=len(rows) - limit, command=view.command)
        put(console, [Line(Text(more, style="dim"))])


def _rank(row: FreezeRow) -> tuple[int, int, bool]:
    return _CAN.index(row.can), _FROZEN.index(row.frozen), row.proposed != "yes"


def _place(row: FreezeRow) -> tuple[str, AssetKey]:
    return row.address, key_of(row.asset)


def _name(row: FreezeRow) -> tuple[str, str, str]:
    return row.chain, row.address, row.asset.id


def _held(view: View) -> Mapping[tuple[str, AssetKey], list[tuple[Asset, int]]]:
    """The stolen units at each address."""
    found: dict[tuple[str, AssetKey], list[tuple[Asset, int]]] = {}
    for end in view.result.endpoints:
        found.setdefault((end.address, key_of(end.asset)), []).append((end.asset, end.amount))
    return found


def _lines(view: View, row: FreezeRow, held: str) -> Iterator[Line]:
    w = view.w
    cannot = row.can == "no"
    state = w("freezes.can_no") if cannot else w(f"freezes.frozen_{row.frozen}")
    style = "bold green" if row.frozen == "yes" else "bold"
    yield Line(Text.assemble((state, style), f" · {held or symbol(row.asset)} · {view.chain(row.chain)}"))
    yield Line(Text(row.address, style="bold"), whole=True)
    if row.frozen != "unknown" and not cannot:
        yield Line(Text(read_at(w, row, rfc3339)))
    can = Text("" if cannot else w(f"freezes.can_{row.can}"))
    if row.issuer:
        can.append("" if cannot else " ").append_text(label(row.issuer, w("freezes.by")))
    if can:
        yield Line(can)
    if said := proposal(w, row):
        yield Line(Text(said, style="bold yellow" if row.proposed == "yes" else ""))
    for why in row.why:
        yield Line(Text(clean(translated(why, w), WHY_ROOM), style="dim"))


def proposal(w: Words, row: FreezeRow) -> str:
    """What is proposed to the issuer's wallet, or that nothing is; "" where that is not known or of no matter."""
    pending = clean(row.proposal, WHY_ROOM)
    if row.proposed == "yes" and row.needed:
        return w("freezes.confirmed", n=row.confirmed, needed=row.needed, proposal=pending)
    if row.proposed == "yes":
        return w("freezes.proposed", proposal=pending)
    return w("freezes.unproposed") if row.proposed == "no" and row.can != "no" and row.frozen != "yes" else ""


def read_at(w: Words, row: FreezeRow, time: Callable[[int], str]) -> str:
    """The moment that the state is true for: a block, or on TRON, where a height is a time, the time."""
    if row.at is None:
        return w("freezes.asked")
    if row.chain.startswith("tron:"):
        return w("freezes.at_time", time=time(row.at // _MILLISECONDS))
    return w("freezes.at_block", number=row.at)
