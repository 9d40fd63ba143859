"""Whom to ask to stop or return what was traced, and what can be asked of each kind of service.

Contacts are facts with a source and a date (tracer/data/contacts.toml, docs/contacts.md), because a wrong address costs
the hours in which a freeze is possible, and a look-alike one costs what is left. So reading is strict: an address must
lie on a domain of the one it is said to belong to, and an entry without source or date is an error.

What can be asked follows from the kind of service and not from its name, so it is known for those nobody looked up.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from calendar import monthrange
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, Final

from tracer.errors import ConfigError
from tracer.words import catalogue

KINDS: Final = ("exchange", "issuer", "bridge", "instant_exchanger", "payment", "wallet")

CAN: Final = (
    "temporary_freeze",
    "preserve",
    "disclose",
    "issuer_freeze",
    "reissue",
    "hold_order",
    "find_transfer",
    "none",
)
"""What somebody can do: freeze what is in an account with it, keep records, name the holder to the police, block an
address in its token, reissue blocked tokens, hold an order not yet paid out, say where a transfer came out, nothing."""

SPEEDS: Final = ("hours", "days", "weeks")

STALE_DAYS: Final = 180

OFFICERS_PORTAL: Final = "kodexglobal.com"
"""Where many services take the requests of officers; the only foreign domain a channel may lie on."""

KIND_OF: Final[Mapping[str, str]] = {
    **{kind: kind for kind in KINDS if kind != "wallet"},
    "exchange_hot": "exchange",
    "exchange_cold": "exchange",
    "exchange_deposit": "exchange",
    "stablecoin_issuer": "issuer",
}
"""Category of a label (tracer/labels.py), or a kind → kind of contact. No label says that coins are with a wallet's
maker, who has none."""

_SERVICE: Final = ("hold", "credited", "preserve", "police_data")
_DEAL: Final = ("guarantee_hold", "deal", "chats", "police_data")

ASKS: Final[Mapping[str, tuple[str, ...]]] = {
    "exchange": _SERVICE,
    "service": _SERVICE,
    "issuer": ("issuer_freeze", "issuer_needs", "issuer_return"),
    "instant_exchanger": ("refund_hold", "order_id", "payout", "order_records"),
    "otc": _DEAL,
    "guarantee_market": _DEAL,
    "gambling": ("hold", "player", "player_records", "police_data"),
    "payment": ("settlement", "merchant", "preserve", "police_data"),
    "bridge": ("pause", "destination", "transfer_id"),
    "mixer": ("mixer_nobody", "mixer_count", "mixer_watch", "mixer_notes"),
    "dex": ("dex_nobody",),
    "wallet": ("maker_nobody",),
}
"""Kind of contact or category of a label → what can be asked, the most urgent first: ends of keys ``ask.…``."""

_TAIL: Final = re.compile(
    r"[\s:#_-]+(?:(?:hot|cold|deposit|reserve|withdrawal)(?: (?:wallet|address|funder))?|exchange|\d+)$"
)
"""What labels put behind a name: `Binance 14`, `Kraken: Deposit`, `HTX Hot Wallet 3`. Not ``wallet`` alone, because a
wallet's maker may be another company than the exchange of that name."""

_NAME_CAP: Final = 200
_MONTH: Final = re.compile(r"20\d\d-(0[1-9]|1[0-2])", re.ASCII)
_PAGE: Final = re.compile(r"https://([a-z0-9-]+(?:\.[a-z0-9-]+)+)(?:/[!-~]*)?")
_EMAIL: Final = re.compile(r"[\w.+-]+@[\w.-]+", re.ASCII)
_REQUIRED: Final = {"id", "name", "kind", "sources", "checked"}
_OPTIONAL: Final = {
    *("aliases", "domains", "victim", "victim_documents", "police", "police_documents", "emergency", "languages"),
    *("formats", "clocks", "can", "speed", "why", "notes", "copy_of"),
}


@dataclass(frozen=True, slots=True)
class Channel:
    """One way to reach somebody. ``how`` is the end of a key ``contact.how.…``; page and e-mail may be empty."""

    how: str
    url: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Clock:
    """One deadline. ``what`` is the end of a key ``contact.clock.…``."""

    what: str
    hours: int


@dataclass(frozen=True, slots=True)
class Contact:
    """One exchange, issuer, bridge or maker, as its published pages were read on the day ``checked``.

    ``kind`` is one of `KINDS`, ``can`` of `CAN` (empty: not known), ``speed`` of `SPEEDS` or empty; documents, formats,
    ``why`` and notes are ends of keys of the catalogue. ``copy_of`` is the month (``2025-07``) of the state that was
    read, where it is known. Without an ``id`` it is nobody's entry: somebody of this kind whom nobody has looked up.
    """

    name: str
    kind: str
    id: str = ""
    aliases: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    victim: tuple[Channel, ...] = ()
    victim_documents: tuple[str, ...] = ()
    police: tuple[Channel, ...] = ()
    police_documents: tuple[str, ...] = ()
    emergency: tuple[Channel, ...] = ()
    languages: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    clocks: tuple[Clock, ...] = ()
    can: tuple[str, ...] = ()
    speed: str = ""
    why: str = ""
    notes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    checked: date | None = None
    copy_of: str = ""

    @property
    def own_pages(self) -> tuple[str, ...]:
        """The sources on its own domains; what was read on others is second-hand."""
        return tuple(url for url in self.sources if _lies_on(_host(url), self.domains))

    @property
    def other_hosts(self) -> tuple[str, ...]:
        """The hosts of its other sources, each once."""
        return tuple(dict.fromkeys(_host(url) for url in self.sources if url not in self.own_pages))


@cache
def load_contacts() -> tuple[Contact, ...]:
    """Every contact of the pack, in its order.

    Raises:
        ConfigError: an entry is not as docs/contacts.md says; the message names entry and field.
    """
    return read_contacts(files("tracer").joinpath("data/contacts.toml").read_text(encoding="utf-8"))


def read_contacts(text: str) -> tuple[Contact, ...]:
    """The contacts of a table in TOML.

    Raises:
        ConfigError: as `load_contacts`.
    """
    contacts = tuple(_contact(_Entry(row)) for row in tomllib.loads(text)["contact"])
    _by_name(contacts)
    return contacts


def contact_of(entity: str, kind: str | None = None) -> Contact | None:
    """Whom to write to about what a label calls ``entity``: `Binance 14`, `okx`, `Huobi`.

    ``kind`` is the label's category or a kind. Where the name is not known, it is a general entry of that kind, without
    channels; None where there is nobody to write to (a mixer, a pool) or nothing is known.
    """
    known = _names()
    name = _plain(entity)
    while name not in known:
        shorter = _TAIL.sub("", name)
        if shorter == name:
            general = KIND_OF.get(kind or "")
            return None if general is None else Contact(entity, general)
        name = shorter
    return known[name]


def asks_of(category: str, kind: str | None = None) -> tuple[str, ...]:
    """What can be asked about a label's category, the most urgent first, as ends of keys ``ask.…``.

    The ``kind`` of the contact decides where one is known: lists often file an instant exchanger as an exchange.
    Nothing for categories that are no service.
    """
    return ASKS.get(kind or KIND_OF.get(category, category), ())


def as_of(contact: Contact) -> date | None:
    """The day whose state the entry shows: that of the copy that was read, at the latest, else the day it was read."""
    if contact.checked is None or not contact.copy_of:
        return contact.checked
    year, month = map(int, contact.copy_of.split("-"))
    return min(contact.checked, date(year, month, monthrange(year, month)[1]))


def stale(contact: Contact, today: date) -> bool:
    """True when the entry shows how things stood more than `STALE_DAYS` days ago."""
    shown = as_of(contact)
    return shown is not None and (today - shown).days > STALE_DAYS


@cache
def _names() -> Mapping[str, Contact]:
    return _by_name(load_contacts())


def _by_name(contacts: tuple[Contact, ...]) -> dict[str, Contact]:
    names: dict[str, Contact] = {}
    ids: set[str] = set()
    for contact in contacts:
        for name in map(_plain, (contact.name, *contact.aliases)):
            if name in names:
                raise ConfigError("error.contact_twice", entry=contact.id, value=name, other=names[name].id)
            names[name] = contact
        if contact.id in ids:
            raise ConfigError("error.contact_twice", entry=contact.id, value=contact.id, other=contact.id)
        ids.add(contact.id)
    return names


def _plain(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name[:_NAME_CAP]).casefold().split())


def _lies_on(host: str, domains: tuple[str, ...]) -> bool:
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)


def _host(url: str) -> str:
    """The host of a plain https address, else nothing: no user, no port, no foreign letters, no spaces."""
    plain = _PAGE.fullmatch(url)
    return plain[1] if plain else ""


@cache
def _ends(beginning: str) -> frozenset[str]:
    """What follows ``beginning`` in the keys of the catalogue: the words there are for something."""
    return frozenset(key.removeprefix(beginning) for key in catalogue() if key.startswith(beginning))


def _contact(entry: _Entry) -> Contact:
    domains = entry.texts("domains")
    return Contact(
        name=entry.text("name"),
        kind=entry.text("kind", KINDS),
        id=entry.name,
        aliases=entry.texts("aliases"),
        domains=domains,
        victim=tuple(entry.channels("victim", domains)),
        victim_documents=entry.texts("victim_documents", _ends("document.")),
        police=tuple(entry.channels("police", domains)),
        police_documents=entry.texts("police_documents", _ends("document.")),
        emergency=tuple(entry.channels("emergency", domains)),
        languages=entry.texts("languages", _ends("language.")),
        formats=entry.texts("formats", _ends("contact.format.")),
        clocks=tuple(entry.clocks()),
        can=entry.texts("can", CAN),
        speed=entry.text("speed", SPEEDS),
        why=entry.text("why", _ends("contact.why.")),
        notes=entry.texts("notes", _ends("contact.note.")),
        sources=entry.pages("sources"),
        checked=entry.day("checked"),
        copy_of=entry.month("copy_of"),
    )


class _Entry:
    """One entry of the table while it is read. Every method takes a field and raises ConfigError for what is wrong."""

    def __init__(self, row: object) -> None:
        self.row: Mapping[str, Any] = row if isinstance(row, dict) else {}
        self.name = str(self.row.get("id", "?"))
        wanted = {*_REQUIRED, "why"} if "speed" in self.row else _REQUIRED
        for field in sorted(field for field in wanted if not self.row.get(field)):
            raise ConfigError("error.contact_missing", entry=self.name, field=field)
        for field in sorted(self.row.keys() - _REQUIRED - _OPTIONAL):
            raise self.unknown(field, field)

    def text(self, field: str, known: Collection[str] | None = None) -> str:
        value = self.row.get(field, "")
        if not isinstance(value, str):
            raise self.shape(field)
        if value and known is not None and value not in known:
            raise self.unknown(field, value)
        return value

    def texts(self, field: str, known: Collection[str] | None = None) -> tuple[str, ...]:
        values = self.row.get(field, [])
        if not isinstance(values, list) or not all(isinstance(one, str) and one.strip() for one in values):
            raise self.shape(field)
        for value in values:
            if known is not None and value not in known:
                raise self.unknown(field, value)
        return tuple(values)

    def pages(self, field: str) -> tuple[str, ...]:
        values = self.texts(field)
        for value in values:
            if not _host(value):
                raise self.foreign(field, value)
        return values

    def channels(self, field: str, domains: tuple[str, ...]) -> Iterator[Channel]:
        for row in self._tables(field, {"how", "url", "email"}):
            how, url, email = str(row.get("how")), str(row.get("url", "")), str(row.get("email", ""))
            if how not in _ends("contact.how."):
                raise self.unknown(field, how)
            if url and not _lies_on(_host(url), (*domains, OFFICERS_PORTAL)):
                raise self.foreign(field, url)
            if email and not (_EMAIL.fullmatch(email) and _lies_on(email.split("@")[1], domains)):
                raise self.foreign(field, email)
            yield Channel(how, url, email)

    def clocks(self) -> Iterator[Clock]:
        for row in self._tables("clocks", {"what", "hours"}):
            what, hours = str(row.get("what")), row.get("hours")
            if what not in _ends("contact.clock."):
                raise self.unknown("clocks", what)
            if type(hours) is not int or hours <= 0:
                raise self.shape("clocks")
            yield Clock(what, hours)

    def day(self, field: str) -> date:
        value = self.row[field]
        if type(value) is not date:
            raise self.shape(field)
        return value

    def month(self, field: str) -> str:
        value = self.text(field)
        if value and not _MONTH.fullmatch(value):
            raise self.shape(field)
        return value

    def _tables(self, field: str, keys: set[str]) -> list[dict[str, Any]]:
        rows = self.row.get(field, [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) and row.keys() <= keys for row in rows):
            raise self.shape(field)
        return rows

    def shape(self, field: str) -> ConfigError:
        return ConfigError("error.contact_shape", entry=self.name, field=field)

    def unknown(self, field: str, value: str) -> ConfigError:
        return ConfigError("error.contact_value", entry=self.name, field=field, value=value)

    def foreign(self, field: str, value: str) -> ConfigError:
        return ConfigError("error.contact_address", entry=self.name, field=field, value=value)
