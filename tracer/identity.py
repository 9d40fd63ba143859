"""Who reports and to whom: the personal part of a letter or a police pack, read from a file of the user's own.

A case can be handed to anyone who wants to check it, so nothing about a person is ever kept in it: names and telephone
numbers stand in a file elsewhere, and what is written with them goes elsewhere too (`outside`). Every field may be
left out; a paper then shows a blank and says who has to fill it in (`Identity.missing`). What is there is read
strictly, because a mistyped number on a freeze request costs the hours that it was written to win.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

import phonenumbers

from tracer.errors import ConfigError, SecretRefused, UsageError
from tracer.secrets import find_secret

ROLES: Final = ("victim", "lawyer", "relative", "company", "police")
ACTIONS: Final = ("preserve", "temporary_freeze", "extended_freeze", "disclose")
PROOFS: Final = ("login_video", "signed_message", "purchase_record", "bank_record", "other")
UNITS: Final = ("day", "month", "year")
SUPPLIERS: Final = ("victim", "lawyer", "police", "verifier", "exchange")
"""Who can fill in a blank: the one robbed, the lawyer, the police, whoever checked the trace, whoever is written to."""

_EMAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)
_DURATION: Final = re.compile(rf"([1-9][0-9]{{0,3}}) ({'|'.join(UNITS)})s?")
_LONG_NUMBER: Final = re.compile(r"[0-9]{5}")


class Ownership(NamedTuple):
    """Something that shows whose wallet it is. ``kind`` is one of `PROOFS`; the file itself stays with its owner."""

    kind: str
    file: str = ""
    proves: str = ""


class Duration(NamedTuple):
    """A stretch of time as an order states it. ``unit`` is one of `UNITS`."""

    number: int
    unit: str


@dataclass(frozen=True, slots=True)
class Reporter:
    """Whoever writes. ``role`` is one of `ROLES`, ``phone`` E.164, ``country`` ISO 3166 alpha-2."""

    name: str = ""
    role: str = ""
    email: str = ""
    phone: str = ""
    country: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Victim:
    """Whose money it was. ``name`` where another one writes; ``id_document`` is its kind and never its number."""

    name: str = ""
    id_document: str = ""
    ownership: tuple[Ownership, ...] = ()


@dataclass(frozen=True, slots=True)
class Police:
    """The report and who works on it: ``receipt_number`` of 受案回执, ``filing_number`` of 立案决定书 or 立案告知书."""

    unit: str = ""
    address: str = ""
    country: str = ""
    report_number: str = ""
    receipt_number: str = ""
    filing_number: str = ""
    officer: str = ""
    email: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Incident:
    """What only the one robbed can tell. A moment is a day, or a time with its zone."""

    discovered_at: date | None = None
    last_legitimate_use: date | None = None
    what_happened: str = ""
    clicked: str = ""
    installed: str = ""
    signed: str = ""
    site: str = ""
    contacts: str = ""
    others_with_access: str = ""
    communications: str = ""


@dataclass(frozen=True, slots=True)
class Device:
    """What the wallet ran on. ``app`` is the wallet: TokenPocket, imToken and others."""

    model: str = ""
    os: str = ""
    ip: str = ""
    app: str = ""
    app_version: str = ""
    download_source: str = ""
    ticket_numbers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VerifiedBy:
    """Who else went through the trace, if anybody did."""

    organisation: str = ""
    date: date | None = None
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for, some of `ACTIONS`, and for how long. Empty: what every recipient may be asked at once."""

    actions: tuple[str, ...] = ()
    freeze_duration: Duration | None = None


class Missing(NamedTuple):
    """A field that is absent, ``reporter.name``, and who can supply it: one of `SUPPLIERS`."""

    field: str
    supplier: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Everything a paper may say about people. All of it may be absent."""

    reporter: Reporter = field(default_factory=Reporter)
    victim: Victim = field(default_factory=Victim)
    police: Police = field(default_factory=Police)
    incident: Incident = field(default_factory=Incident)
    device: Device = field(default_factory=Device)
    verified_by: VerifiedBy = field(default_factory=VerifiedBy)
    request: Request = field(default_factory=Request)

    def value(self, name: str) -> Any:
        """The value of ``section.field``, empty or None where it is absent."""
        section, _, inner = name.partition(".")
        return getattr(getattr(self, section), inner)

    def missing(self, names: Iterable[str]) -> tuple[Missing, ...]:
        """Those of the fields ``section.field`` that are absent, each with who can supply it."""
        absent = (name for name in names if not self.value(name))
        return tuple(Missing(name, self._supplier(name)) for name in absent if self._wanted(name))

    def _wanted(self, name: str) -> bool:
        return name != "victim.name" or self.reporter.role in ("lawyer", "relative", "police")

    def _supplier(self, name: str) -> str:
        if name.startswith("reporter.") and self.reporter.role in ("lawyer", "police"):
            return self.reporter.role
        return _SUPPLIER.get(name, _SUPPLIER[name.partition(".")[0]])


_SUPPLIER: Final[Mapping[str, str]] = {
    **dict.fromkeys(("reporter", "victim", "incident", "device", "request"), "victim"),
    "police": "police",
    "verified_by": "verifier",
    "request.freeze_duration": "police",
}

_SECTIONS: Final[Mapping[str, type[Any]]] = {
    "reporter": Reporter,
    "victim": Victim,
    "police": Police,
    "incident": Incident,
    "device": Device,
    "verified_by": VerifiedBy,
    "request": Request,
}

FIELDS: Final = tuple(f"{name}.{one.name}" for name, section in _SECTIONS.items() for one in fields(section))
"""Every field there is, as ``section.field``, in order."""


def load_identity(path: Path) -> Identity:
    """The identity file at a path.

    Raises:
        ConfigError: it cannot be read, or a field is unknown or not as it should be; the message names it.
        SecretRefused: it holds what looks like a private key or mnemonic.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as failure:
        raise ConfigError("error.file_unreadable", file=path, why=str(failure)) from None
    return read_identity(str(path), text)


def read_identity(path: str, text: str) -> Identity:
    """The identity that a text in TOML holds; ``path`` is what messages call it.

    Raises:
        ConfigError, SecretRefused: as `load_identity`.
    """
    if find_secret(text, allow_hash=True):
        raise SecretRefused("error.secret_in_file", file=path)
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as failure:
        raise ConfigError("error.file_not_toml", file=path, why=str(failure)) from None
    for name in table:
        if name not in _SECTIONS:
            raise ConfigError("error.section_unknown", file=path, name=name, known=", ".join(_SECTIONS))
    return Identity(**{name: _section(_At(path, name), rows) for name, rows in table.items()})


def outside(case: Path, *paths: Path) -> None:
    """Refuse files and folders within a case: a case holds nothing about persons.

    Raises:
        UsageError: one of them lies there.
    """
    for path in paths:
        if path.resolve().is_relative_to(case.resolve()):
            raise UsageError("error.identity_in_case", path=path, case=case)


class _At(NamedTuple):
    """Where a value stands, for messages."""

    file: str
    name: str


def _section(at: _At, rows: object) -> Any:
    return _SECTIONS[at.name](**_values(at, rows, [one.name for one in fields(_SECTIONS[at.name])]))


def _values(at: _At, rows: object, known: Iterable[str]) -> dict[str, Any]:
    if not isinstance(rows, dict):
        raise ConfigError("error.identity_table", file=at.file, name=at.name)
    for name in rows:
        if name not in known:
            raise ConfigError("error.setting_unknown", file=at.file, name=f"{at.name}.{name}", known=", ".join(known))
    return {name: _READERS.get(name, _text)(_At(at.file, f"{at.name}.{name}"), rows[name]) for name in rows}


def _text(at: _At, value: object) -> str:
    if not isinstance(value, str):
        raise ConfigError("error.identity_text", file=at.file, name=at.name)
    return value.strip()


def _texts(at: _At, value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ConfigError("error.identity_texts", file=at.file, name=at.name)
    return tuple(filter(None, (_text(at, one) for one in value)))


def _email(at: _At, value: object) -> str:
    text = _text(at, value)
    if text and not _EMAIL.fullmatch(text):
        raise ConfigError("error.identity_email", file=at.file, name=at.name)
    return text


def _phone(at: _At, value: object) -> str:
    text = _text(at, value)
    if not text:
        return ""
    wrong = ConfigError("error.identity_phone", file=at.file, name=at.name)
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        raise wrong from None
    if not phonenumbers.is_possible_number(number):
        raise wrong
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _country(at: _At, value: object) -> str:
    text = _text(at, value).upper()
    if text and text not in phonenumbers.SUPPORTED_REGIONS:
        raise ConfigError("error.identity_country", file=at.file, name=at.name)
    return text


def _kind_only(at: _At, value: object) -> str:
    text = _text(at, value)
    if _LONG_NUMBER.search(text):
        raise ConfigError("error.identity_number", file=at.file, name=at.name)
    return text


def _moment(at: _At, value: object) -> date:
    if not isinstance(value, date) or (isinstance(value, datetime) and value.tzinfo is None):
        raise ConfigError("error.identity_moment", file=at.file, name=at.name)
    return value


def _duration(at: _At, value: object) -> Duration:
    found = _DURATION.fullmatch(_text(at, value))
    if found is None:
        raise ConfigError("error.identity_duration", file=at.file, name=at.name)
    return Duration(int(found[1]), found[2])


def _one_of(known: tuple[str, ...]) -> Callable[[_At, object], str]:
    def read(at: _At, value: object) -> str:
        text = _text(at, value)
        if text and text not in known:
            raise ConfigError("error.identity_choice", file=at.file, name=at.name, known=", ".join(known))
        return text

    return read


def _actions(at: _At, value: object) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_one_of(ACTIONS)(at, one) for one in _texts(at, value)))


def _ownership(at: _At, value: object) -> tuple[Ownership, ...]:
    if not isinstance(value, list):
        raise ConfigError("error.identity_table", file=at.file, name=at.name)
    rows = [_values(at, row, Ownership._fields) for row in value]
    return tuple(Ownership(**{"kind": "other", **row}) for row in rows)


_READERS: Final[Mapping[str, Callable[[_At, object], Any]]] = {
    "actions": _actions,
    "country": _country,
    "date": _moment,
    "discovered_at": _moment,
    "email": _email,
    "freeze_duration": _duration,
    "id_document": _kind_only,
    "kind": _one_of(PROOFS),
    "last_legitimate_use": _moment,
    "ownership": _ownership,
    "phone": _phone,
    "role": _one_of(ROLES),
    "ticket_numbers": _texts,
}
"""How fields are read, by name; all others are text."""
