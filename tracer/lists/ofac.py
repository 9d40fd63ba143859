"""The United States' SDN list of sanctions: every digital-currency address, whatever currency it is filed under.

The file is ``SDN_ADVANCED.XML`` in a zip archive, more than 100 MB unpacked, so it is read as a stream. Its currency
labels say little (TRON addresses stand under USDT and even XBT), so the address's own shape decides the chain.

XML can be made to expand without end by a document type. The published file has none, and one can only stand before the
root element; so the file must begin with the root right after the XML declaration, and is refused otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple
from xml.etree import ElementTree as ET
from zipfile import ZipFile, ZipInfo

from tracer.errors import ListDamaged
from tracer.hostile import clean
from tracer.labels import EVM_WILDCARD, Label
from tracer.list_files import TRON, Addresses, Bounded, archive, at, member
from tracer.lists import Copy, LabelList
from tracer.words import sentence

FILE: Final = "SDN_ADVANCED.ZIP"
URL: Final = f"https://sanctionslistservice.ofac.treas.gov/api/PublicationPreview/exports/{FILE}"
PERSON: Final = "https://sanctionssearch.ofac.treas.gov/Details.aspx?id="

UNPACKED: Final = 500_000_000
DEEPEST: Final = 40
LARGEST: Final = 200_000
"""Elements that may be held at a time; the largest published party or table has a few thousand."""

NAME_LENGTH: Final = 120
FEATURE: Final = "Digital Currency Address - "

_BEGINNING: Final = re.compile(
    rb"(\xef\xbb\xbf)?(<\?xml version=[\"']1\.0[\"'] encoding=[\"']utf-8[\"'][^<>]*\?>)?\s*<Sanctions[\s>]",
    re.IGNORECASE,
)


class _Listed(NamedTuple):
    """One address as it is written, and the number and name of whom it is listed for."""

    profile: str
    name: str
    text: str


@dataclass(slots=True)
class _Sdn:
    """What has been read so far. ``kinds``: ids of digital-currency features; ``since``: a profile's first day."""

    issued: str = ""
    kinds: set[str] = field(default_factory=set)
    listed: list[_Listed] = field(default_factory=list)
    since: dict[str, str] = field(default_factory=dict)

    def take(self, element: ET.Element) -> None:
        """One whole element of the second or third level."""
        name = _local(element)
        if name == "DateOfIssue":
            self.issued = _day(element)
        elif name == "FeatureTypeValues":
            self.kinds = {_attribute(one, "ID") for one in element if (one.text or "").startswith(FEATURE)}
        elif name == "DistinctParty":
            self.listed.extend(_listed(element, self.kinds))
        elif name == "SanctionsEntry":
            days = [_day(day) for day in element.iterfind("{*}EntryEvent/{*}Date")]
            profile = _attribute(element, "ProfileID")
            if days:
                self.since[profile] = min([*days, *filter(None, [self.since.get(profile)])])


def read(copy: Copy) -> Iterator[Label]:
    """The sanctioned addresses of EVM chains and TRON; those of other chains are counted."""
    sdn = _parsed(copy.files[FILE])
    copy.as_of = sdn.issued
    addresses = Addresses(copy)
    for one in dict.fromkeys(sdn.listed):
        chain = _chain(one.text)
        address = addresses.read(chain, one.text) if chain else None
        if chain is None:
            copy.skipped["chain"] += 1
        if chain is None or address is None:
            continue
        yield Label(
            chain=chain,
            address=address,
            entity=f"OFAC SDN: {one.name}",
            category="sanctioned",
            source="OFAC SDN",
            as_of=copy.as_of,
            confidence=100,
            kind="authority",
            url=PERSON + one.profile,
            checked=copy.checked,
            valid_from=sdn.since.get(one.profile, ""),
        )
    addresses.done()


def _parsed(path: Path) -> _Sdn:
    sdn = _Sdn()
    with archive(path) as opened:
        infos = [info for info in opened.infolist() if info.filename.lower().endswith(".xml")]
        if len(infos) != 1:
            raise _wrong("SDN_ADVANCED.XML")
        _check_beginning(opened, infos[0])
        with member(opened, infos[0], UNPACKED) as stream:
            for element in _elements(stream):
                sdn.take(element)
    if not sdn.issued or not sdn.kinds:
        raise _wrong("DateOfIssue, FeatureType")
    return sdn


def _check_beginning(opened: ZipFile, info: ZipInfo) -> None:
    with member(opened, info, UNPACKED) as stream:
        beginning = stream.read(4096)
    if not _BEGINNING.match(beginning):
        raise ListDamaged("error.list_copy_format", file=FILE, format="SDN_ADVANCED.XML")


def _elements(stream: Bounded) -> Iterator[ET.Element]:
    """``DateOfIssue`` and the elements of the third level, whole; nothing is kept once it was looked at."""
    open_ones: list[ET.Element] = []
    inside = 0
    try:
        for event, element in ET.iterparse(stream, events=("start", "end")):  # noqa: S314  # see the module's docstring
            if event == "start":
                open_ones.append(element)
                inside += 1
                if len(open_ones) > DEEPEST or inside > LARGEST:
                    raise _wrong("XML")
                continue
            open_ones.pop()
            dated = len(open_ones) == 2 and _local(open_ones[1]) == "DateOfIssue"
            if len(open_ones) in (1, 2) and not dated:
                yield element
                open_ones[-1].clear()
                inside = 0
    except ET.ParseError:
        raise ListDamaged("error.list_copy_format", file=FILE, format="XML") from None


def _listed(party: ET.Element, kinds: set[str]) -> Iterator[_Listed]:
    for profile in party.iterfind("{*}Profile"):
        features = [one for one in profile.iterfind("{*}Feature") if _attribute(one, "FeatureTypeID") in kinds]
        for feature in features:
            texts = [(one.text or "").strip() for one in feature.iterfind("{*}FeatureVersion/{*}VersionDetail")]
            if not any(texts):
                raise _wrong("VersionDetail")
            number = _attribute(profile, "ID")
            yield from (_Listed(number, _name(profile), text) for text in texts if text)


def _name(profile: ET.Element) -> str:
    """The primary name, its parts in the order in which they are published."""
    for alias in profile.iterfind("{*}Identity/{*}Alias"):
        documented = alias.find("{*}DocumentedName")
        if alias.get("Primary") == "true" and documented is not None:
            parts = documented.iterfind("{*}DocumentedNamePart/{*}NamePartValue")
            name = clean(" ".join(part.text or "" for part in parts), NAME_LENGTH)
            if name:
                return name
    raise _wrong("Alias")


def _chain(text: str) -> str | None:
    if text.startswith("0x"):
        return EVM_WILDCARD
    return TRON if text.startswith("T") and len(text) == 34 else None


def _day(element: ET.Element) -> str:
    try:
        year, month, day = (int(element.findtext(f"{{*}}{part}", "")) for part in ("Year", "Month", "Day"))
        return date(year, month, day).isoformat()
    except ValueError:
        raise _wrong(_local(element)) from None


def _attribute(element: ET.Element, name: str) -> str:
    value = element.get(name, "")
    if not (value.isascii() and value.isdigit()):
        raise _wrong(f"{_local(element)} {name}")
    return value


def _local(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _wrong(what: str) -> ListDamaged:
    return ListDamaged("error.list_copy_field", file=FILE, field=clean(what))


LIST = LabelList(
    name="ofac",
    publisher="Office of Foreign Assets Control, United States Department of the Treasury",
    licence=sentence("note.list_public_domain"),
    page="https://ofac.treasury.gov/sanctions-list-service",
    cadence=2,
    expected=(300, 20_000),
    kind="authority",
    read=read,
    locate=at(URL, FILE),
)
