"""Payments as the tables of a letter: the number they have on every paper of the case, when, who to whom, how much.

The codes stand below each other in one column, because none of them may be broken and no page is wide enough for three.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from chains.model import Asset, Kind
from reports.letter.material import Material
from reports.numbers import money
from reports.paper import Cell, Column, Exact, Line, Table, cell, line
from reports.report.phrases import worded
from tracer.result import FlowRow

ROWS: Final = 60
"""Payments that a letter shows; the attached table has all of them."""


def incoming_table(material: Material, number: int) -> Table:
    """The payments by which one of the recipient's places was reached."""
    w = material.draft.w
    rows = [_incoming(material, place, units) for place, units in material.incoming(number)]
    columns = (
        Column(w("letter.col.number"), 5, right=True),
        Column(w("letter.col.time"), 20),
        Column(w("letter.col.incoming"), 50),
        Column(w("letter.col.gross"), 16, right=True),
        Column(w("letter.col.brought"), 16, right=True),
    )
    caption = w("letter.table.incoming", n=f"{len(rows):,}", shown=f"{min(len(rows), ROWS):,}")
    return Table(f"incoming-{number + 1}", caption, columns, tuple(rows[:ROWS]), _more(material, len(rows)))


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
        Column(w("letter.col.time"), 17),
        Column(w("letter.col.hop"), 52),
        Column(w("letter.col.amounts"), 26),
    )
    return Table("path", w("letter.table.path"), columns, rows, _more(material, len(material.brought)))


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
        draft.amount(flow.amount, flow.asset),
        draft.amount(units, flow.asset, strong=True),
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
        worded(w("letter.hop.tx"), material.draft.tx(flow.chain, flow.tx)),
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


def _more(material: Material, count: int) -> Line:
    return line(material.draft.w("letter.more", n=f"{count - ROWS:,}")) if count > ROWS else ()
