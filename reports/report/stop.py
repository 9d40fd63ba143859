"""What can still be stopped now: the list that somebody acts on today, and how to reach those who can act.

All places of one who can act stand together, so that a desk finds its own at once and the reason is read once; those
who can act, and the places of each, are in the order of their rank.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from reports.contact_lines import ask_lines, contact_lines
from reports.draft import Draft
from reports.numbers import floored, money, symbol
from reports.paper import (
    PLAIN,
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
from reports.report.cut import cut
from reports.report.phrases import TEXT, columns, contract, share_cell, worded
from reports.report.places import means
from reports.stoppable_list import evidence
from reports.view import in_total, stands_for
from tracer.contacts import Contact
from tracer.hostile import clean
from tracer.stoppable import NOBODY, Stoppable
from tracer.words import translated

PLACES: Final = 15
"""Places of one who can act that a paper names; the smaller ones stand in the spreadsheet."""


class Group(NamedTuple):
    """All places where the same one can do the same. ``means`` is what, the most promising first."""

    means: tuple[str, ...]
    places: tuple[tuple[int, Stoppable], ...]

    @property
    def first(self) -> Stoppable:
        """The place of the highest rank."""
        return self.places[0][1]


def blocks(draft: Draft) -> list[Block]:
    """Those who can act with their places, then how to reach them."""
    w = draft.w
    heading = Heading(1, w("section.stoppable"), "stop")
    if not draft.dossier.stoppable:
        return [heading, Para(line(w("front.cannot_stop")))]
    cards = [_card(draft, number, group) for number, group in enumerate(groups(draft), 1)]
    return [heading, Para(line(w("front.stop_meaning"))), *cards, *_contacts(draft, draft.dossier.stoppable)]


def tables(draft: Draft) -> list[Table]:
    """All places, one cell for each column."""
    words = ("who", "chain", "address", "asset", "contract")
    figures = ("certainty", "there", "speed")
    head = (
        *columns(draft, ("number", 5, True), *((name, 10) for name in words), ("amount", 14, True)),
        *columns(draft, ("by_value", 10, True), ("stands_for", 10), *((name, 6, True) for name in figures)),
        *columns(draft, *((name, 10) for name in ("reasons", "evidence", "last_tx", "link"))),
    )
    rows = tuple(_cells(draft, number, one) for number, one in enumerate(draft.dossier.stoppable, 1))
    return [Table("stoppable", draft.w("section.stoppable"), head, rows)]


def groups(draft: Draft) -> list[Group]:
    """The places by who can do what there, in the order of the best place of each."""
    found: dict[tuple[str, ...], list[tuple[int, Stoppable]]] = {}
    for number, one in enumerate(draft.dossier.stoppable, 1):
        found.setdefault((*means(draft, one), one.endpoint.category), []).append((number, one))
    return [Group(tuple(said), tuple(places)) for (*said, _), places in found.items()]


def where_to_write(draft: Draft, one: Stoppable) -> list[str | Span]:
    """The first way to reach who can act there: in words, and its page or e-mail."""
    if one.contact is None or not one.contact.victim:
        return [draft.w("front.own_site")]
    first = one.contact.victim[0]
    return [draft.w(f"contact.how.{first.how}"), first.email, Span(first.url, PLAIN, first.url)]


def _card(draft: Draft, number: int, group: Group) -> Card:
    w = draft.w
    first, *also = group.means
    ones = [one for _, one in group.places]
    shared = [why for why in ones[0].why if all(why in one.why for one in ones)]
    said = [*_why(draft, shared), *(w("stop.also", means=other) for other in also)]
    if group.first.contact is None:
        asks = ask_lines(group.first.endpoint.category or group.first.endpoint.reason, None, w)
        said += [clean(ask, TEXT) for ask in asks]
    factors = [Para(_factors(draft, ones[0]))] if len({one.factors for one in ones}) == 1 else []
    head = columns(draft, ("rank", 6, True), ("address", 63), ("amount", 21, True), ("by_value", 10, True))
    amount = in_total((one.endpoint.asset, one.endpoint.amount) for one in ones)
    caption = w("front.stop_caption", n=f"{len(ones):,}", amount=amount)

    def row(ranked: tuple[int, Stoppable]) -> tuple[Cell, ...]:
        return _row(draft, *ranked, shared, factors=not factors)

    places = cut(draft, f"stop-{number}-places", caption, head, group.places, row, most=PLACES)
    reasons = [Bullets(tuple(map(line, said)))] if said else []
    body: list[Block] = [*reasons, *(one for one in factors if one.line), places]
    return Card(f"stop-{number}", line(Span(first, STRONG)), tuple(body))


def _why(draft: Draft, why: Iterable[str]) -> list[str]:
    return [clean(translated(one, draft.w), TEXT) for one in why]


def _factors(draft: Draft, one: Stoppable) -> Line:
    if one.means == NOBODY:
        return ()
    factors = one.factors
    said = draft.w("stop.factors", certainty=factors.certainty, there=factors.there, speed=factors.speed)
    return line(Span(said, QUIET))


def _row(draft: Draft, number: int, one: Stoppable, shared: list[str], *, factors: bool) -> tuple[Cell, ...]:
    """A place with what is true of it alone; ``shared`` was said of all."""
    row = one.endpoint
    arrival = (worded(draft.w("front.tx"), draft.tx(row.chain, tx)) for tx in row.path[-1:])
    own = _why(draft, (why for why in one.why if why not in shared))
    return (
        cell(f"{number:,}", value=number),
        cell(
            line(draft.address(row.chain, row.address)),
            *_evidence(draft, one),
            *arrival,
            *own,
            _factors(draft, one) if factors else (),
        ),
        cell(
            Span(money(row.amount, row.asset), STRONG),
            stands_for(draft.view, row),
            Span(draft.view.chain(row.chain), QUIET),
        ),
        share_cell(floored(one.worth)),
    )


def _evidence(draft: Draft, one: Stoppable) -> Iterator[Line]:
    """What says that it is theirs who must act: a label with its source, or an inference with what is against it."""
    return (line_of(said.text) for said in evidence(draft.view, one))


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
        cell(*_why(draft, one.why)),
        cell(*_evidence(draft, one)),
        cell(last),
        cell(last.url),
    )


SECTION = Section(20, "stop", blocks, tables)
