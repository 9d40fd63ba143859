"""Who gets a letter: everybody who can act on traced value, each with all the places that are theirs to act on.

One letter per exchange, issuer and service, because each may see only its own customers' addresses, and because whoever
reads one should find all that is asked of them in one place. Somebody of whom it is known that they can stop nothing
gets none: the hour is better spent elsewhere.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from reports.view import in_total, ranked
from tracer.contacts import KINDS, Contact, contact_of
from tracer.dossier import Dossier
from tracer.errors import UsageError
from tracer.hostile import clean
from tracer.ledger import Account
from tracer.result import EndpointRow
from tracer.stoppable import BRIDGE, NOBODY, SERVICE, Stoppable
from tracer.words import LANGUAGES, Words

CUSTODY, ISSUER, PASSAGE = "custody", "issuer", "passage"
"""What stands behind a recipient: coins in accounts, the token itself, or orders that pass through."""

NAME: Final = 100
SLUG: Final = 40
_GROUPS: Final = {"issuer": ISSUER, "bridge": PASSAGE, "instant_exchanger": PASSAGE}
_NO_PDF: Final = frozenset({"text_not_pdf", "text_or_spreadsheet"})


class Recipient(NamedTuple):
    """Somebody to write to. ``kind`` is a contact's kind, or a label's category where nobody looked the name up.

    ``ways`` are the places that are theirs to act on, ranked as on all papers; ``slug`` names their folder.
    """

    name: str
    kind: str
    contact: Contact | None
    slug: str
    ways: tuple[Stoppable, ...]

    @property
    def group(self) -> str:
        """`CUSTODY`, `ISSUER` or `PASSAGE`."""
        return _GROUPS.get(self.kind, CUSTODY)

    @property
    def traced(self) -> str:
        """All that was traced to its places, as text."""
        return in_total((way.endpoint.asset, way.endpoint.amount) for way in self.ways)

    @property
    def known(self) -> bool:
        """True where somebody read its pages."""
        return self.contact is not None and bool(self.contact.id)

    @property
    def powerless(self) -> bool:
        """True where its own pages say that it can stop nothing."""
        return self.contact is not None and "none" in self.contact.can

    @property
    def papers(self) -> tuple[str, ...]:
        """The formats it gets the letter in: no PDF where it wants text or a spreadsheet."""
        formats = self.contact.formats if self.contact else ()
        return ("docx", "txt") if _NO_PDF & set(formats) else ("docx", "pdf", "txt")

    def says(self, w: Words) -> str:
        """Its kind in words."""
        return w(f"contact.kind.{self.kind}") if self.kind in KINDS else w(f"category.{self.kind}")

    def languages(self, asked: str | None) -> tuple[str, ...]:
        """The languages it is written to in.

        English always goes with it where its pages name languages without the one asked for; unasked, Chinese goes
        beside English unless its pages rule that out.
        """
        takes = self.contact.languages if self.contact else ()
        if asked == "both":
            return LANGUAGES
        if asked is None:
            return tuple(one for one in LANGUAGES if one == "en" or not takes or one in takes)
        return tuple(one for one in LANGUAGES if one == asked or (one == "en" and takes and asked not in takes))


def account_of(row: EndpointRow) -> Account:
    """The account of an endpoint, as the dossier's ways and bounds name it."""
    return row.chain, row.address, row.asset.id


def recipients(dossier: Dossier) -> tuple[Recipient, ...]:
    """Everybody who is named and can act, in the order of what can still be stopped.

    Each has a place once, though they may act there in two ways, and in the order that endpoints have on all papers, so
    that pictures and cards number them alike.
    """
    grouped: dict[str, dict[EndpointRow, Stoppable]] = {}
    for way in _ways(dossier):
        if way.entity:
            grouped.setdefault(_key(way), {}).setdefault(way.endpoint, way)
    places = {row: place for place, row in enumerate(ranked(dossier.result))}
    found: list[Recipient] = []
    for known in grouped.values():
        ways = sorted(known.values(), key=lambda way: places[way.endpoint])
        found.append(_recipient(tuple(ways), {one.slug for one in found}))
    return tuple(found)


def unnamed(dossier: Dossier) -> tuple[Stoppable, ...]:
    """Places where somebody could act whose name nobody knows."""
    return tuple(way for way in _ways(dossier) if not way.entity)


def chosen(found: Sequence[Recipient], names: Sequence[str]) -> tuple[Recipient, ...]:
    """Those of the recipients that are meant by names as people write them.

    Raises:
        UsageError: a name is nobody's here, or of somebody who can stop nothing.
    """
    return tuple(dict.fromkeys(_meant(found, name) for name in names))


def _meant(found: Sequence[Recipient], name: str) -> Recipient:
    contact = contact_of(name)
    wanted = contact.id if contact and contact.id else name.strip().casefold()
    for one in found:
        known = one.contact.id if one.contact and one.known else one.name.casefold()
        if wanted in (known, one.slug):
            if one.powerless:
                raise UsageError("error.letter_powerless", name=one.name)
            return one
    if not found:
        raise UsageError("error.letter_nobody")
    raise UsageError("error.letter_unknown", name=clean(name), known=", ".join(one.name for one in found))


def _ways(dossier: Dossier) -> Iterator[Stoppable]:
    for one in dossier.stoppable:
        yield from (way for way in (one, *one.also) if way.means != NOBODY)


def _key(way: Stoppable) -> str:
    if way.contact is not None and way.contact.id:
        return f"id {way.contact.id}"
    return f"name {clean(way.entity, NAME).casefold()}"


def _recipient(ways: tuple[Stoppable, ...], taken: set[str]) -> Recipient:
    contact = ways[0].contact
    name = clean(contact.name if contact and contact.id else ways[0].entity, NAME)
    kind = contact.kind if contact else _kind(ways[0])
    slug = slug_of(ways[0].entity)
    if slug in taken:
        slug = f"{slug}-{_mark(name)}"
    return Recipient(name, kind, contact, slug, ways)


def slug_of(entity: str) -> str:
    """The name of the folder of a recipient's letter, by what a label calls it."""
    contact = contact_of(entity)
    name = clean(contact.name if contact and contact.id else entity, NAME)
    slug = re.sub(r"[^a-z0-9]+", "-", (contact.id if contact and contact.id else name).lower())[:SLUG].strip("-")
    return slug or f"recipient-{_mark(name)}"


def _mark(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:6]


def _kind(way: Stoppable) -> str:
    if way.means == BRIDGE:
        return "bridge"
    return way.endpoint.category or (SERVICE if way.means == SERVICE else "exchange")
