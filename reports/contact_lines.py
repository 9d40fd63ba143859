"""A contact as lines to print: what to do, with what in hand, by when; then where that was read and how old it is.

The order is that of a frightened person's questions: what do I do now, with what, by when, what do the police need. The
warning about false support comes last and is never left out. Pages that are not on the one's own site are named by host
only, so that nobody takes them for a place to log in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Final

from tracer.contacts import STALE_DAYS, Channel, Clock, Contact, asks_of, stale
from tracer.hostile import clean
from tracer.words import Words

NAME: Final = 100

_HOLDS_COINS: Final = ("exchange", "issuer", "instant_exchanger", "payment")
"""Kinds that the police write to: they hold coins, or can block them."""

_ANYWAY: Final = ("incident", "wallet_and_receiver", "clickable_txids", "police_report_later")
"""What any of them needs to look into it, where no page says what it asks for."""


def contact_lines(contact: Contact, w: Words, today: date) -> list[str]:
    """Everything known of a contact, one sentence a line, in the words of a language."""
    name = clean(contact.name, NAME)
    lines = [w("contact.head", name=name, kind=w(f"contact.kind.{contact.kind}")), *_victim(contact, name, w)]
    if contact.id:
        lines += [*_police(contact, w), *_abilities(contact, w), *_origin(contact, name, w, today)]
    own = w("contact.own_sites", name=name, domains=", ".join(contact.domains)) if contact.domains else ""
    return [*lines, own or w("contact.fake_support", name=name)]


def urgent_lines(contact: Contact, w: Words) -> list[str]:
    """What to do this minute: the way to reach it, what is needed, by when; then the police's way when hours count."""
    emergency = (w("contact.emergency", what=_channel(channel, w)) for channel in contact.emergency)
    return [*_victim(contact, clean(contact.name, NAME), w), *emergency]


def police_lines(contact: Contact | None, w: Words, today: date) -> list[str]:
    """What officers need: by which way, what to send, in which form, and how old that is. None: nobody looked it up."""
    if contact is None or not contact.id:
        return [w("contact.no_police_channel")]
    none = [] if contact.police or contact.kind in _HOLDS_COINS else [w("contact.no_police_channel")]
    notes = (w(f"contact.note.{one}") for one in contact.notes)
    return [*none, *_police(contact, w), *notes, *_origin(contact, clean(contact.name, NAME), w, today)]


def ask_lines(category: str, contact: Contact | None, w: Words) -> list[str]:
    """What can be asked about a label of this category, the most urgent first, less what the contact cannot do."""
    asks = asks_of(category, contact.kind if contact else None)
    powerless = contact is not None and "none" in contact.can
    return [w(f"ask.{ask}") for ask in asks if not (powerless and ask == "pause")]


def _victim(contact: Contact, name: str, w: Words) -> Iterator[str]:
    if not contact.victim and "none" in contact.can:
        yield w("contact.nobody", name=name)
    elif not contact.victim:
        yield w("contact.no_victim_channel", name=name)
        yield w("contact.find_official")
    yield from (w("contact.victim", what=_channel(channel, w)) for channel in contact.victim)
    if contact.victim_documents:
        yield w("contact.you_need", what=_documents(contact.victim_documents, w))
    elif contact.kind in _HOLDS_COINS:
        yield w("contact.you_need_anyway", what=_documents(_ANYWAY, w))
    yield from (_clock(clock, w) for clock in contact.clocks)


def _police(contact: Contact, w: Words) -> Iterator[str]:
    if not contact.police and contact.kind in _HOLDS_COINS:
        yield w("contact.no_police_channel")
    yield from (w("contact.police", what=_channel(channel, w)) for channel in contact.police)
    yield from (w("contact.emergency", what=_channel(channel, w)) for channel in contact.emergency)
    if contact.police_documents:
        yield w("contact.police_need", what=_documents(contact.police_documents, w))
    yield from (w(f"contact.format.{one}") for one in contact.formats)
    if contact.languages:
        yield w("contact.languages", languages=_joined((w(f"language.{one}") for one in contact.languages), w))
    elif contact.police:
        yield w("contact.language_unsaid")


def _abilities(contact: Contact, w: Words) -> Iterator[str]:
    if contact.can:
        yield w("contact.can", what=_joined((w(f"contact.can.{one}") for one in contact.can), w))
    else:
        yield w("contact.can_unsaid")
    if contact.speed:
        yield w("contact.speed", speed=w(f"contact.speed.{contact.speed}"), why=w(f"contact.why.{contact.why}"))
    yield from (w(f"contact.note.{one}") for one in contact.notes)


def _origin(contact: Contact, name: str, w: Words, today: date) -> Iterator[str]:
    if contact.own_pages:
        yield w("contact.read", date=contact.checked, pages=" ".join(contact.own_pages))
    if contact.other_hosts:
        yield w("contact.second_hand", date=contact.checked, name=name, hosts=", ".join(contact.other_hosts))
    shown = contact.copy_of or contact.checked
    if stale(contact, today):
        yield w("contact.stale", limit=STALE_DAYS, shown=shown)
    elif contact.copy_of:
        yield w("contact.copy_of", month=contact.copy_of)


def _channel(channel: Channel, w: Words) -> str:
    where = " ".join(filter(None, (channel.email, channel.url)))
    how = w(f"contact.how.{channel.how}")
    return w("contact.channel", how=how, where=where) if where else how


def _documents(documents: Sequence[str], w: Words) -> str:
    return _joined((w(f"document.{one}") for one in documents), w)


def _clock(clock: Clock, w: Words) -> str:
    days, rest = divmod(clock.hours, 24)
    time = w("contact.hours", n=clock.hours) if rest or days == 1 else w("contact.days", n=days)
    return w(f"contact.clock.{clock.what}", time=time)


def _joined(parts: Iterable[str], w: Words) -> str:
    return w("contact.between").join(parts)
