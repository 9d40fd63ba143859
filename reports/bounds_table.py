"""The bounds as somebody reads them: one sentence for each place that says what holds under any accounting rule.

Bounds are facts about the transfers that were read, and only about those; the note that ends the report says so. Where
they rest on a balance that is not proven, the accounts are named, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from rich.console import Console
from rich.text import Text

from chains.model import Asset
from reports.layout import Line, heading, put
from reports.numbers import money
from reports.view import View, label
from tracer.bound_rows import ENDPOINT, BoundRow, Standing
from tracer.bounds import Bound
from tracer.hostile import clean
from tracer.ledger import Account
from tracer.words import Words, sentence, translated
from tracer.workings import Workings

DOUBTS: Final = 3
"""Accounts that are named as not proven, unless everything is wanted."""

SENTENCE: Final = 400
NAMED: Final = ("fifo", "pro_rata", "clean_first")
"""Methods whose figures stand in the sentence; the JSON document has those of all."""

STAYS: Final = frozenset({"held", "frozen"})


class BoundsReport(NamedTuple):
    """Rows of endpoints and of groups; ``more`` endpoints are left out, and ``command`` shows them."""

    endpoints: Sequence[BoundRow]
    groups: Sequence[BoundRow]
    more: int = 0
    command: str = ""


def render_bounds(console: Console, workings: Workings, view: View, report: BoundsReport) -> None:
    """Print the bounds, the groups first: they answer what is asked most."""
    w = view.w
    console.print(Text(f"{w('bounds.title')} · {w('header.case')} {view.case}", style="bold"), soft_wrap=True)
    for title, rows in ((w("bounds.groups"), report.groups), (w("bounds.endpoints"), report.endpoints)):
        if rows:
            heading(console, title)
        for number, row in enumerate(rows, 1):
            put(console, _lines(workings, view, row), "    ", f"{number:>3} ")
    if not report.groups and not report.endpoints:
        put(console, [Line(Text(w("bounds.none")))], "  ")
    if report.more:
        put(console, [Line(Text(w("bounds.more", n=report.more, command=report.command), style="dim"))])
    console.print()
    put(console, [Line(Text(w("note.bounds"), style="dim"))], "  ")


def bounds_document(workings: Workings, rows: Iterable[BoundRow]) -> dict[str, Any]:
    """The JSON document: amounts are base units, as text; sentences are English."""
    return {
        "method": workings.fold.method,
        "holds_on": sentence("note.bounds"),
        "bounds": [_document(workings, row) for row in rows],
    }


def _document(workings: Workings, row: BoundRow) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "name": clean(row.name),
        "chain": row.asset.chain,
        "asset": row.asset.id,
        "symbol": clean(row.asset.symbol),
        "decimals": row.asset.decimals,
        "reason": row.reason,
        "entity": clean(row.entity),
        "label_sources": [clean(source, SENTENCE) for source in row.sources],
        "places": row.places,
        "stolen": str(row.stolen),
        "least": str(row.bound.least),
        "most": str(row.bound.most),
        "weak": row.bound.weak,
        "slack": str(row.bound.slack),
        "principal": [
            {
                "asset": one.asset.id,
                "symbol": clean(one.asset.symbol, 16),
                "decimals": one.asset.decimals,
                "stolen": str(one.stolen),
                "least": str(one.bound.least),
                "most": str(one.bound.most),
                "slack": str(one.bound.slack),
            }
            for one in row.principal
        ],
        "doubts": [
            {"chain": one[0], "address": one[1], "asset": one[2], "why": list(_why(workings, one))}
            for one in row.bound.doubts
        ],
        "methods": {method: str(units) for method, units in row.units},
    }


def _lines(workings: Workings, view: View, row: BoundRow) -> Iterator[Line]:
    """The name of a row, its sentence, and what makes it weak."""
    w = view.w
    if row.kind == ENDPOINT:
        yield Line(Text(row.name, style="bold"), whole=True)
    yield Line(_about(view, row))
    yield Line(Text(_sentence(view, row)))
    for standing in row.principal:
        yield Line(Text(stands_behind(w, standing)))
    if row.principal:
        yield Line(Text(view.w("bounds.slack", slack=money(row.bound.slack, row.asset)), style="dim"))
    limit = view.limit(DOUBTS)
    if row.bound.weak:
        yield Line(Text(f"≈ {w('bounds.weak', n=len(row.bound.doubts))}", style="yellow italic"))
    for one in row.bound.doubts[:limit]:
        yield Line(Text(one[1]), whole=True)
        for said in _why(workings, one):
            yield Line(Text(f"– {clean(translated(said, w), SENTENCE)}", style="yellow italic"))
    if limit is not None and len(row.bound.doubts) > limit:
        yield Line(Text(w("bounds.doubts_more", n=len(row.bound.doubts) - limit), style="dim"))


def _about(view: View, row: BoundRow) -> Text:
    """What kind of place it is, or what a group has in common, and the asset."""
    w = view.w
    asset = w("audit.of_asset", asset=clean(row.asset.symbol, 16), chain=view.chain(row.asset.chain))
    said = Text(w(f"reason.{row.reason}") if row.reason else "", style="bold")
    if row.entity:
        said.append(" " if row.reason else "", style="")
        said.append_text(label(row.entity, *(translated(source, w) for source in row.sources)))
    if said.plain:
        return said.append(f" · {asset}", style="not bold")
    return Text(w("bounds.together", asset=asset), style="bold")


def _sentence(view: View, row: BoundRow) -> str:
    w = view.w
    units = {name: money(units, row.asset) for name, units in row.units}
    values = {name: units[name] for name in NAMED}
    values["range"] = between(w, row.bound, row.asset)
    values["stolen"] = money(row.stolen, row.asset)
    if row.principal:
        return w("bounds.converted", n=row.places, **values)
    if row.places > 1:
        return w("bounds.group", n=row.places, **values)
    if row.reason == "fee":
        return w("bounds.fee", **values)
    if row.reason in STAYS:
        return w("bounds.held", **values)
    return w("bounds.endpoint", **values)


def between(w: Words, bound: Bound, asset: Asset) -> str:
    """The least and the most, or that it is exactly one amount."""
    least, most = money(bound.least, asset), money(bound.most, asset)
    if least == most:
        return w("bounds.exactly", amount=least)
    return w("bounds.range", least=least, most=most)


def stands_behind(w: Words, one: Standing) -> str:
    """What part of the theft stands behind it."""
    said = between(w, one.bound, one.asset)
    return w(
        "bounds.standing", range=said, stolen=money(one.stolen, one.asset), slack=money(one.bound.slack, one.asset)
    )


def _why(workings: Workings, account: Account) -> Iterator[str]:
    """Why the balance of an account is not proven."""
    number = workings.ledger.numbers[account]
    yield from workings.weak.get(account, ())
    if number in workings.ledger.short:
        yield sentence("rule.short", units=workings.ledger.short[number])
