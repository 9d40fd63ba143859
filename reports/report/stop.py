"""What can still be stopped now: the list that somebody acts on today, and how to reach those who can act.

Places that share who must act and why stand together, so that the reason is read once; the order stays the rank.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from reports.contact_lines import ask_lines, contact_lines
from reports.draft import Draft
from reports.numbers import money, symbol
from reports.paper import (
    QUIET,
    STRONG,
    Block,
    Bullets,
    Card,
    Cell,
    Heading,
    Line,
    Para,
    Span,
    Table,
    cell,
    line,
    line_of,
)
from reports.report import Section
from reports.report.phrases import TEXT, columns, contract, floored, share_cell, worded
from reports.report.places import against, custody, means
from reports.view import label, stands_for
from tracer.contacts import Contact
from tracer.hostile import clean
from tracer.stoppable import NOBODY, Stoppable
from tracer.words import translated

Ranked = tuple[int, Stoppable]


def blocks(draft: Draft) -> list[Block]:
    """The ranked list, then the contacts of whoever stands on it."""
    w, found = draft.w, draft.dossier.stoppable
    heading = Heading(1, w("section.stoppable"), "stop")
    if not found:
        return [heading, Para(line(w("front.cannot_stop")))]
    shown = list(enumerate(found[: draft.limit], 1))
    groups = [list(group) for _, group in groupby(shown, key=lambda one: _kind(one[1]))]
    left = len(found) - len(shown)
    more = [Para(line(w("front.more", n=f"{left:,}")))] if left else []
    cards = [_card(draft, group) for group in groups]
    return [heading, Para(line(w("front.stop_meaning"))), *cards, *more, *_contacts(draft, found)]


def tables(draft: Draft) -> list[Table]:
    """All places, one cell for each column."""
    words = ("who", "chain", "address", "asset", "contract")
    figures = ("certainty", "there", "speed")
    head = (
        *columns(draft, ("number", 5, True), *((name, 10) for name in words), ("amount", 14, True)),
        *columns(draft, ("share", 10, True), ("stands_for", 10), *((name, 6, True) for name in figures)),
        *columns(draft, *((name, 10) for name in ("reasons", "evidence", "last_tx", "link"))),
    )
    rows = tuple(_cells(draft, number, one) for number, one in enumerate(draft.dossier.stoppable, 1))
    return [Table("stoppable", draft.w("section.stoppable"), head, rows)]


def _kind(one: Stoppable) -> tuple[object, ...]:
    """What neighbours on the list share, to be said once."""
    also = tuple((other.means, other.entity) for other in one.also)
    return one.means, one.entity, one.factors, one.why, also, one.endpoint.category


def _card(draft: Draft, group: Sequence[Ranked]) -> Card:
    first, one = group[0]
    name, *also = means(draft, one)
    rank = str(first) if len(group) == 1 else f"{first}–{group[-1][0]}"
    reasons = [line(why) for why in _why(draft, one)] + [line(draft.w("stop.also", means=other)) for other in also]
    if one.contact is None:
        asks = ask_lines(one.endpoint.category or one.endpoint.reason, None, draft.w)
        reasons += [line(clean(ask, TEXT)) for ask in asks]
    head = columns(draft, ("number", 4, True), ("address", 58), ("amount", 26, True), ("share", 12, True))
    rows = tuple(_row(draft, *ranked) for ranked in group)
    caption = draft.w("front.stop_caption", n=f"{len(group):,}")
    return Card(
        f"stop-{first}",
        line(Span(f"{rank} · ", QUIET), Span(name, STRONG)),
        (Bullets(tuple(reasons)), *_factors(draft, one), Table(f"stop-{first}-places", caption, head, rows)),
    )


def _why(draft: Draft, one: Stoppable) -> list[str]:
    return [clean(translated(why, draft.w), TEXT) for why in one.why]


def _factors(draft: Draft, one: Stoppable) -> Iterator[Para]:
    if one.means != NOBODY:
        factors = one.factors
        said = draft.w("stop.factors", certainty=factors.certainty, there=factors.there, speed=factors.speed)
        yield Para(line(Span(said, QUIET)))


def _row(draft: Draft, number: int, one: Stoppable) -> tuple[Cell, ...]:
    row = one.endpoint
    address = line(draft.address(row.chain, row.address))
    arrival = (worded(draft.w("front.tx"), draft.tx(row.chain, tx)) for tx in row.path[-1:])
    return (
        cell(str(number), value=number),
        cell(address, *_evidence(draft, one), *arrival),
        cell(
            Span(money(row.amount, row.asset), STRONG),
            stands_for(draft.view, row),
            Span(draft.view.chain(row.chain), QUIET),
        ),
        share_cell(floored(one.worth)),
    )


def _evidence(draft: Draft, one: Stoppable) -> Iterator[Line]:
    """What says that it is theirs who must act: a label with its source, or an inference with what is against it."""
    if one.deposit is not None:
        yield custody(draft, one.deposit)
        yield from against(draft, one.deposit)
    elif one.endpoint.entity and one.endpoint.label_source:
        yield line_of(label(one.endpoint.entity, translated(one.endpoint.label_source, draft.w)))


def _contacts(draft: Draft, found: Sequence[Stoppable]) -> Iterator[Block]:
    """How to reach each of those who can act, and what can be asked of them."""
    known: dict[str, tuple[Contact, str]] = {}
    for one in found:
        for way in (one, *one.also):
            if way.contact is not None and way.means != NOBODY:
                known.setdefault(way.contact.name, (way.contact, way.endpoint.category))
    if known:
        yield Heading(2, draft.w("section.contacts"), "contacts")
    for number, (contact, category) in enumerate(known.values(), 1):
        name, *said = contact_lines(contact, draft.w, draft.today)
        asks = ask_lines(category or contact.kind, contact, draft.w)
        yield Card(f"contact-{number}", line(Span(name, STRONG)), (Bullets(tuple(map(line, (*asks, *said)))),))


def _cells(draft: Draft, number: int, one: Stoppable) -> tuple[Cell, ...]:
    row = one.endpoint
    last = draft.tx(row.chain, row.path[-1]) if row.path else Span("")
    return (
        cell(str(number), value=number),
        cell(*means(draft, one)),
        cell(draft.view.chain(row.chain)),
        cell(draft.address(row.chain, row.address)),
        cell(symbol(row.asset)),
        contract(row.asset),
        draft.amount(row.amount, row.asset, strong=True),
        share_cell(floored(one.worth)),
        cell(stands_for(draft.view, row)),
        *(cell(str(factor), value=factor) for factor in one.factors),
        cell(*_why(draft, one)),
        cell(*_evidence(draft, one)),
        cell(last),
        cell(last.url),
    )


SECTION = Section(20, "stop", blocks, tables)
