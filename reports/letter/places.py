"""The places a letter is about in one table: what a desk searches its own books for, before it reads anything else.

Each row has what finds the account: chain, address, contract, the payment that brought most, and when. What lies behind
a row stands in the card of its number, for the first ones, and for all of them in the attached lists.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reports.letter.material import Material
from reports.numbers import money
from reports.paper import QUIET, STRONG, Cell, Column, Exact, Line, Span, Table, cell, line
from reports.report.phrases import contract
from tracer.stoppable import FROZEN

PLACES: Final = 60
"""Rows of the table; the attached lists have all."""


def places_table(material: Material) -> Table:
    """One row for every place, in the order of the cards."""
    w, ways = material.draft.w, material.to.ways
    columns = (
        Column(w("letter.col.number"), 5, right=True),
        Column(w("letter.col.place"), 54),
        Column(w("letter.fact.amount"), 17, right=True),
        Column(w("letter.col.state_arrived"), 24),
    )
    rows = tuple(_row(material, number) for number in range(len(ways[:PLACES])))
    left = len(ways) - len(rows)
    more = line(w("letter.places_left", n=f"{left:,}")) if left else ()
    return Table("places", w("letter.table.places", n=f"{len(ways):,}"), columns, rows, more)


def _row(material: Material, number: int) -> tuple[Cell, ...]:
    row = material.to.ways[number].endpoint
    amount = cell(Span(money(row.amount, row.asset), STRONG), value=Exact(row.amount, row.asset.decimals))
    number_cell = cell(f"{number + 1:,}", value=number + 1)
    return number_cell, cell(*_found_by(material, number)), amount, cell(*_state(material, number))


def _found_by(material: Material, number: int) -> Iterator[Line]:
    draft, row = material.draft, material.to.ways[number].endpoint
    yield line(draft.address(row.chain, row.address))
    yield line(Span(f"{draft.view.chain(row.chain)} · ", QUIET), *contract(row.asset).lines[0])
    incoming = material.incoming(number)
    if incoming:
        flow = material.flow(max(incoming, key=lambda one: (one[1], -one[0]))[0])
        yield line(draft.tx(flow.chain, flow.tx))


def _state(material: Material, number: int) -> Iterator[Line]:
    draft, way = material.draft, material.to.ways[number]
    w = draft.w
    yield line(w(f"letter.role.{way.means}"))
    yield from draft.time(way.endpoint.arrived).lines
    freeze = material.freeze(way.endpoint)
    if freeze is not None and way.means != FROZEN:
        yield line(w(f"freezes.frozen_{freeze.frozen}"))
