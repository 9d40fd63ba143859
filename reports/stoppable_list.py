"""What can still be stopped, now: the list a victim, a police officer or a compliance desk acts on.

Each place with who must act, the reason for its rank in plain words, and the figures behind it; then how to reach those
who can act. It stands at the end of the terminal report, where it is still on the screen when the trace has ended.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import groupby
from typing import Final

from rich.console import Console
from rich.text import Text

from reports.contact_lines import ask_lines, contact_lines
from reports.layout import Line, heading, put
from reports.numbers import floored, money, percent
from reports.view import SURE, View, inference, label, stands_for
from tracer.contacts import Contact
from tracer.hostile import clean
from tracer.result import DepositRow
from tracer.stoppable import FROZEN, NOBODY, Stoppable, stoppable
from tracer.words import translated

ROWS: Final = 8
CONTACTS: Final = 3
SENTENCE: Final = 400

FIRM: Final = ("T0", "T1")
"""Tiers of a deposit address that are labels, not inferences."""


def put_stoppable(console: Console, view: View, today: date) -> None:
    """The ranked list, and how to reach those who can act; ``today`` tells which contacts are old."""
    found = stoppable(view.result)
    if not found:
        return
    heading(console, view.w("section.stoppable"))
    limit = view.limit(ROWS)
    shown = found[:limit]
    numbered = enumerate(shown, 1)
    for _, group in groupby(numbered, key=lambda pair: _kind(pair[1])):
        alike = list(group)
        put(console, _head(view, alike[0][1]), "    ", "  • ")
        for number, one in alike:
            put(console, _place(view, one), "       ", f"    {number:>2} ")
    if len(found) > len(shown):
        more = view.w("stop.more", n=len(found) - len(shown), command=view.command)
        put(console, [Line(Text(more, style="dim"))])
    _put_contacts(console, view, shown, today)


def _kind(one: Stoppable) -> tuple[object, ...]:
    """What neighbours on the list share, to be said once."""
    also = tuple((other.means, other.entity) for other in one.also)
    return one.means, one.entity, one.factors, one.why, also, one.endpoint.category


def _head(view: View, one: Stoppable) -> Iterator[Line]:
    """Who must act, why now, and by what the place has its rank."""
    w, row = view.w, one.endpoint
    who = clean(one.entity) or w("stop.somebody")
    style = "dim" if one.means == NOBODY else "bold" if one.means == FROZEN else "bold green"
    yield Line(Text(w(f"stop.means.{one.means}", entity=who), style=style))
    for reason in one.why:
        yield Line(Text(translated(reason, w)))
    for other in one.also:
        yield Line(Text(w("stop.also", means=w(f"stop.means.{other.means}", entity=clean(other.entity)))))
    if one.means != NOBODY:
        factors = one.factors
        figures = w("stop.factors", certainty=factors.certainty, there=factors.there, speed=factors.speed)
        yield Line(Text(figures, style="dim"))
    if one.contact is None:
        asks = ask_lines(row.category or row.reason, None, w)
        yield from (Line(Text(ask)) for ask in asks)


def _place(view: View, one: Stoppable) -> Iterator[Line]:
    """How much lies where, what says that it is the one's who must act, and the transaction to show."""
    row, meant = one.endpoint, stands_for(view, one.endpoint)
    amount = money(row.amount, row.asset)
    amount = f"{amount} ({meant})" if meant else amount
    share = percent(floored(one.worth))
    yield Line(Text(view.w("stop.amount", amount=amount, chain=view.chain(row.chain), share=share)))
    yield Line(Text(row.address, style="bold"), whole=True)
    yield from evidence(view, one)
    yield from (Line(Text(tx), whole=True) for tx in row.path[-1:])


def evidence(view: View, one: Stoppable) -> Iterator[Line]:
    """What says that it is theirs who must act: a label with its source, or an inference with what is against it."""
    if one.deposit is not None:
        yield Line(custody(view, one.deposit))
        yield from map(Line, against(view, one.deposit))
    elif one.endpoint.entity and one.endpoint.label_source:
        yield Line(label(one.endpoint.entity, translated(one.endpoint.label_source, view.w)))


def custody(view: View, deposit: DepositRow) -> Text:
    """How firmly the address is known for an exchange's: a label with its source, or an inference."""
    said = translated(deposit.rule, view.w)
    if deposit.tier in FIRM:
        return label(deposit.tier, said)
    return inference(f"{deposit.tier} · {said}", view.w("endpoints.confidence", n=min(deposit.confidence, SURE)))


def against(view: View, deposit: DepositRow) -> list[Text]:
    """What speaks against it."""
    said = (clean(translated(one, view.w), SENTENCE) for one in deposit.against)
    return [Text(view.w("stop.against", what=one), style="yellow") for one in said]


def _put_contacts(console: Console, view: View, shown: list[Stoppable], today: date) -> None:
    """How to reach the first few who can act, each once, and what can be asked of them."""
    contacts: dict[str, tuple[Contact, str]] = {}
    for one in shown:
        for way in (one, *one.also):
            if way.contact is not None and way.means != NOBODY:
                contacts.setdefault(way.contact.name, (way.contact, way.endpoint.category))
    if not contacts:
        return
    heading(console, view.w("section.contacts"))
    for contact, category in list(contacts.values())[: view.limit(CONTACTS)]:
        lines = contact_lines(contact, view.w, today)
        put(console, [Line(Text(lines[0], style="bold"))], "  ")
        asks = ask_lines(category or contact.kind, contact, view.w)
        put(console, [Line(Text(line)) for line in (*asks, *lines[1:])], "    ")
