"""What only one kind of recipient needs: a bridge its order numbers, an exchange the video and the links it asks for.

The forms are those of the contacts (tracer/data/contacts.toml). Where a page names what a victim has to show, the
letter has it in that order, to be ticked off; where nobody's pages were read, it says what any of them needs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reports.letter.issuer import issuer_annex
from reports.letter.material import Material
from reports.letter.recipients import PASSAGE
from reports.numbers import money
from reports.paper import BLANK, Block, Bullets, Column, Heading, Line, Para, Span, Table, cell, line

PROMISED: Final = ("police_report", "police_told")
"""Clocks that a victim keeps by sending the report in time."""


def annex(material: Material) -> list[Block]:
    """Everything that is said to this recipient only."""
    w = material.draft.w
    found = [*issuer_annex(material), *_orders(material), *_form(material)]
    return [Heading(1, w("letter.section.annex", name=material.to.name), "annex"), *found] if found else []


def _orders(material: Material) -> list[Block]:
    """For bridges and instant exchangers: one row for every deposit, with room for the order it belongs to."""
    w, draft = material.draft.w, material.draft
    if material.to.group != PASSAGE:
        return []
    columns = (
        Column(w("letter.col.time"), 20),
        Column(w("letter.col.deposit"), 60),
        Column(w("letter.col.gross"), 20, right=True),
    )
    answer = [line(Span(w(f"letter.order.{name}"), BLANK)) for name in ("number", "payout", "tx")]
    rows = tuple(
        (
            draft.time(flow.time),
            cell(draft.tx(flow.chain, flow.tx), draft.address(flow.chain, flow.receiver), *answer),
            cell(money(flow.amount, flow.asset)),
        )
        for number in range(len(material.to.ways))
        for place, _ in material.incoming(number)
        for flow in [material.flow(place)]
    )
    heading = Heading(2, w("letter.annex.orders"), "orders")
    return [
        heading,
        Para(line(w("letter.annex.orders_intro"))),
        Table("orders", w("letter.table.orders"), columns, rows),
    ]


def _form(material: Material) -> list[Block]:
    """What its pages ask a victim for, what is promised, and why the tables come as they do."""
    w, contact = material.draft.w, material.to.contact
    if contact is None or not contact.id:
        return []
    blocks: list[Block] = []
    if contact.victim_documents:
        items = tuple(line(w(f"document.{one}")) for one in contact.victim_documents)
        blocks += [Heading(2, w("letter.annex.documents"), "documents"), Bullets(items, boxes=True)]
    promises = tuple(_promises(material))
    return [*blocks, *([Bullets(promises)] if promises else [])]


def _promises(material: Material) -> Iterator[Line]:
    w, contact = material.draft.w, material.to.contact
    assert contact is not None
    for clock in contact.clocks:
        if clock.what in PROMISED:
            yield line(w("letter.annex.promise", hours=f"{clock.hours:,}"))
    if "clickable_txids" in contact.victim_documents:
        yield line(w("letter.annex.links"))
    if contact.formats:
        yield line(w("letter.annex.text"))
