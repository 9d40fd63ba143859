"""Payments as the tables of a letter: the number they have on every paper of the case, when, who to whom, how much.

The codes stand below each other in one column, because none of them may be broken and no page is wide enough for three.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from chains.model import Asset, Kind
from reports.letter.material import Material
from reports.numbers import money
from reports.paper import STRONG, Cell, Column, Exact, Line, Span, Table, cell, line
from reports.report.phrases import worded
from tracer.result import FlowRow

ROWS: Final = 40
"""Payments on the way that a letter shows; the attached table has all of them."""

INCOMING: Final = 20
"""Payments to one place that a letter shows."""


def incoming_table(material: Material, number: int) -> Table:
    """The payments by which one of the recipient's places was reached."""
    w = material.draft.w
    came = material.incoming(number)
    shown = sorted(sorted(came, key=lambda one: (-one[1], one[0]))[:INCOMING])
    rows = tuple(_incoming(material, place, units) for place, units in shown)
    columns = (
        Column(w("letter.col.number"), 5, right=True),
        Column(w("letter.col.time"), 19),
        Column(w("letter.col.incoming"), 58),
        Column(w("letter.col.gross_and_brought"), 18, right=True),
    )
    caption = w("letter.table.incoming", n=f"{len(came):,}", shown=f"{len(rows):,}")
    return Table(f"incoming-{number + 1}", caption, columns, rows, _more(material, len(came) - len(rows)))


def hop_table(material: Material) -> Table:
    """Every payment on the way to the recipient; of too many, those that brought the most, in order of time."""
    w, draft = material.draft.w, material.draft
    shown = _largest(material.brought)
    rows = tuple(
        (
            _number(place),
            draft.time(material.flow(place).time),
            _parties(material, material.flow(place)),
            _amounts(material, place),
        )
        for place in shown
    )
    columns = (
        Column(w("letter.col.number"), 5, right=True),
        Column(w("letter.col.time"), 18),
        Column(w("letter.col.hop"), 58),
        Column(w("letter.col.amounts"), 19),
    )
    return Table("path", w("letter.table.path"), columns, rows, _more(material, len(material.brought) - len(rows)))


def inside(flow: FlowRow) -> tuple[str, str]:
    """What within its transaction a payment is, ``log`` or ``call``, and its place there; both "" where unsaid."""
    _, _, kind, index = flow.position.split(":")
    named = {Kind.TOKEN: "log", Kind.INTERNAL: "call"}.get(Kind(int(kind)), "")
    return (named, index) if named and index != "?" else ("", "")


def block_of(flow: FlowRow) -> int | None:
    """The number of the block; None on TRON, where sources order by time."""
    height = int(flow.position.split(":")[0])
    return None if flow.chain.startswith("tron:") else height


def _incoming(material: Material, place: int, units: int) -> tuple[Cell, ...]:
    draft, flow = material.draft, material.flow(place)
    return (
        _number(place),
        draft.time(flow.time),
        cell(*_from_to(material, flow)[:1], *_tx(material, flow)),
        cell(money(flow.amount, flow.asset), Span(money(units, flow.asset), STRONG)),
    )


def _parties(material: Material, flow: FlowRow) -> Cell:
    w = material.draft.w
    notes = [worded(w("conversion.via"), material.draft.address(flow.chain, one)) for one in flow.via]
    if flow.conversion is not None:
        notes.append(line(w("letter.hop.conversion", n=flow.conversion + 1)))
    return cell(*_from_to(material, flow), *_tx(material, flow), *notes)


def _from_to(material: Material, flow: FlowRow) -> tuple[Line, Line]:
    w, draft = material.draft.w, material.draft
    return (
        worded(w("letter.hop.from"), draft.address(flow.chain, flow.sender)),
        worded(w("letter.hop.to"), draft.address(flow.chain, flow.receiver)),
    )


def _tx(material: Material, flow: FlowRow) -> tuple[Line, ...]:
    """The hash, and below it where in the chain and in the transaction the payment stands."""
    w, block, (named, index) = material.draft.w, block_of(flow), inside(flow)
    at = [w("letter.hop.block", n=block)] if block is not None else []
    at += [w(f"letter.inside.{named}", n=index)] if named else []
    chain = material.draft.view.chain(flow.chain)
    return (
        line(material.draft.tx(flow.chain, flow.tx)),
        line(w("closing.join").join([chain, *at])),
    )


def _amounts(material: Material, place: int) -> Cell:
    """All that was paid, the stolen part of it, and what of that is the recipient's now, below each other."""
    w, flow = material.draft.w, material.flow(place)
    here = (worded(w("letter.col.brought"), money(units, asset)) for asset, units in material.brought[place].items())
    return cell(
        worded(w("letter.col.gross"), money(flow.amount, flow.asset)),
        worded(w("letter.col.traced"), money(flow.traced, flow.asset)),
        *here,
    )


def _number(place: int) -> Cell:
    return cell(f"{place + 1:,}", value=Exact(place + 1, 0))


def _largest(brought: Mapping[int, Mapping[Asset, int]]) -> Iterable[int]:
    """The places to show, in order of time. Units of several assets count alike: it only decides what is left out."""
    ranked = sorted(brought, key=lambda place: (-max(brought[place].values()), place))
    return sorted(ranked[:ROWS])


def _more(material: Material, left: int) -> Line:
    return line(material.draft.w("letter.more", n=f"{left:,}")) if left else ()
