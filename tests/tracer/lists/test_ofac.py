"""OFAC's list: every digital-currency address by its shape, and no XML that could expand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tracer.lists.slices import CHECKED, FIXTURES, SUMMED, TRON_1, TRON_2, copy_of, sound_copy, zipped
from tracer.errors import ListDamaged
from tracer.labels import EVM_WILDCARD, Label
from tracer.list_files import TRON
from tracer.lists import Copy
from tracer.lists.ofac import FILE, LIST

XML = (FIXTURES / "ofac" / "sdn_advanced.xml").read_text(encoding="utf-8")
GROUP = "OFAC SDN: MADE UP Group"


def of(chain: str, address: str, name: str, profile: str, since: str) -> Label:
    return Label(
        *(chain, address, name, "sanctioned", "OFAC SDN", "2026-09-30", 100),  # type: ignore[arg-type]
        kind="authority",
        url=f"https://sanctionssearch.ofac.treas.gov/Details.aspx?id={profile}",
        checked=CHECKED,
        valid_from=since,
    )


def packed(folder: Path, xml: str) -> Copy:
    return copy_of(folder, FILE, zipped({"SDN_ADVANCED.XML": xml.encode()}))


def test_the_slice_gives_exactly_its_addresses(tmp_path: Path) -> None:
    """Each address once, on the chain of its shape, with the primary name and the first day the name was listed."""
    copy = sound_copy(tmp_path, LIST)
    assert list(LIST.read(copy)) == [
        of(EVM_WILDCARD, SUMMED, GROUP, "501", "2019-09-13"),
        of(TRON, TRON_1, GROUP, "501", "2019-09-13"),
        of(TRON, TRON_2, "OFAC SDN: INVENTED BANK", "503", ""),
    ]
    assert copy.as_of == "2026-09-30"
    assert dict(copy.skipped) == {"chain": 1}


def test_a_feature_without_its_value_is_refused(tmp_path: Path) -> None:
    """Where the element of the address has another name, nobody is quietly left off the list."""
    broken = (FIXTURES / "ofac" / "broken.xml").read_text(encoding="utf-8")
    with pytest.raises(ListDamaged, match="VersionDetail"):
        list(LIST.read(packed(tmp_path, broken)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('<?xml version="1.0" encoding="utf-8"?>\n', '<!DOCTYPE Sanctions [<!ENTITY a "aaaa">]>\n'),
        ("<Sanctions ", "<!-- a comment --><Sanctions "),
        ("<Sanctions ", "<html "),
        ('encoding="utf-8"', 'encoding="utf-16"'),
        ("MADE UP", "&lol;"),
        ("<Year>2026</Year>", ""),
        ("<Month>9</Month>", "<Month>13</Month>"),
        ("Digital Currency Address - ", "Digital Currency - "),
        ('ProfileID="501"', 'ProfileID="x"'),
        ('<Profile ID="501"', '<Profile ID="501&amp;a=b"'),
        ('AliasTypeID="1403" Primary="true"', 'AliasTypeID="1403" Primary="false"'),
        ("<Comment />", "<Comment>" * 60 + "</Comment>" * 60),
        ("</Sanctions>", ""),
    ],
)
def test_whatever_is_not_as_published_is_refused(tmp_path: Path, old: str, new: str) -> None:
    """A document type, an entity, another root, a missing date, other words for the features: the copy is damaged."""
    assert old in XML
    with pytest.raises(ListDamaged):
        list(LIST.read(packed(tmp_path, XML.replace(old, new))))


@pytest.mark.parametrize("place", ["<Year>2026</Year>", "<Comment />"])
def test_no_element_is_held_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    """A date or a party with more in it than any published one is refused while it is read."""
    monkeypatch.setattr("tracer.lists.ofac.LARGEST", 100)
    assert len(list(LIST.read(packed(tmp_path, XML.replace(place, place + "<a/>" * 10))))) == 3
    with pytest.raises(ListDamaged):
        list(LIST.read(packed(tmp_path, XML.replace(place, place + "<a/>" * 101))))


def test_the_archive_holds_one_xml_file(tmp_path: Path) -> None:
    """Two files, or none, are not what is published."""
    data = XML.encode()
    for members in ({"a.xml": data, "b.xml": data}, {"readme.txt": b""}):
        with pytest.raises(ListDamaged):
            list(LIST.read(copy_of(tmp_path, FILE, zipped(members))))
