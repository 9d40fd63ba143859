"""Where the stolen value is now, one endpoint after the other.

A wide terminal gets a table. Where an address would have to share its line with too little room, every endpoint gets
lines of its own instead, because an address that is cut or broken cannot be copied.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from chains.model import FEE_SINK
from reports.layout import Line, heading, put, wrap
from reports.numbers import dollars, money, share_of
from reports.view import View, finding, in_total, key_of, ranked, stands_for, stolen
from tracer.result import EndpointRow, rfc3339
from tracer.words import Words

ROWS: Final = 20
REASON_ROOM: Final = 30
REASON_WISH: Final = 20
"""Columns beyond `REASON_ROOM` that the reason takes where there is room."""

PADDING: Final = 2 * 5


class Shown(NamedTuple):
    """One endpoint's cells."""

    finding: Text
    address: str
    amount: str
    stands_for: str
    usd: str
    share: str
    arrived: str
    swept_to: str | None


def put_endpoints(console: Console, view: View) -> None:
    """The endpoints, exchange hits first, as a table or as lines; what is left out is counted and summed."""
    heading(console, view.w("section.endpoints"))
    rows = ranked(view.result)
    limit = view.limit(ROWS)
    shown = [_shown(view, row) for row in rows[:limit]]
    if not shown:
        put(console, [Line(Text(view.w("endpoints.none")))])
        return
    if _room(view.w, shown) <= console.width:
        console.print(_table(view, shown, min(console.width - _room(view.w, shown), REASON_WISH) + REASON_ROOM))
    else:
        for number, one in enumerate(shown, 1):
            put(console, _lines(view, one), "    ", f"{number:>3} ")
    left_out = rows[len(shown) :]
    if left_out:
        amounts = in_total((part.asset, part.amount) for row in left_out for part in row.principal)
        text = view.w("endpoints.more", n=len(left_out), amounts=amounts, command=view.command)
        put(console, [Line(Text(text, style="dim"))])


def _shown(view: View, row: EndpointRow) -> Shown:
    whole = stolen(view.result)
    parts: dict[tuple[str, str], int] = {}
    for part in row.principal:
        key = key_of(part.asset)
        parts[key] = parts.get(key, 0) + part.amount
    fee = view.w("endpoints.fee_address", chain=view.chain(row.chain))
    return Shown(
        finding(view, row),
        fee if row.address == FEE_SINK else row.address,
        money(row.amount, row.asset),
        stands_for(view, row),
        "" if row.usd is None else dollars(row.usd),
        ", ".join(share_of(units, whole[key][1]) for key, units in sorted(parts.items())),
        rfc3339(row.arrived),
        row.swept_to,
    )


def _room(w: Words, rows: Sequence[Shown]) -> int:
    """The least width at which a table breaks neither addresses nor figures."""
    heads = tuple(w(f"endpoints.{name}") for name in ("address", "amount", "usd", "share"))
    cells = [heads, *((one.address, _longer(one.amount, one.stands_for), one.usd, one.share) for one in rows)]
    return sum(max(map(cell_len, column)) for column in zip(*cells, strict=True)) + REASON_ROOM + PADDING


def _longer(*texts: str) -> str:
    return max(texts, key=cell_len)


def _table(view: View, rows: Sequence[Shown], reason_room: int) -> Table:
    w = view.w
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 2, 0, 0))
    table.add_column(w("endpoints.reason"), no_wrap=True)
    table.add_column(w("endpoints.address"), no_wrap=True)
    table.add_column(w("endpoints.amount"), no_wrap=True, justify="right")
    table.add_column(w("endpoints.share"), no_wrap=True, justify="right")
    table.add_column(w("endpoints.usd"), no_wrap=True, justify="right")
    for one in rows:
        address = Text.assemble(one.address, "\n", (w("endpoints.arrived", time=one.arrived), "dim"))
        if one.swept_to is not None:
            address.append(f"\n{w('endpoints.swept')}\n{one.swept_to}")
        reason = Text("\n").join(wrap(one.finding, reason_room))
        amount = Text("\n").join(map(Text, filter(None, (one.amount, one.stands_for))))
        table.add_row(reason, address, amount, *map(Text, (one.share, one.usd)))
    return table


def _lines(view: View, one: Shown) -> Iterator[Line]:
    worth = [view.w("endpoints.worth", usd=one.usd)] if one.usd else []
    amount = view.w("closing.join").join(filter(None, (one.amount, one.stands_for)))
    facts = [f"{amount} ({one.share})", *worth, view.w("endpoints.arrived", time=one.arrived)]
    yield Line(one.finding)
    yield Line(Text(one.address, style="bold"), whole=True)
    yield Line(Text(" · ".join(facts)))
    if one.swept_to is not None:
        yield Line(Text(view.w("endpoints.swept"), style="dim"))
        yield Line(Text(one.swept_to), whole=True)
