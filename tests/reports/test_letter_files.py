"""What goes with a letter: the FAR fields, tables, plain lines, a code to scan, digests, the plan, the calendar."""

from __future__ import annotations

import csv
import hashlib
import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import date, datetime
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from icalendar import Calendar
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from openpyxl import load_workbook

from reports.letter.files import code_of, files_of, index_of
from reports.letter.follow_ups import follow_ups
from reports.letter.material import Material
from reports.letter.plan import Planned, plan, plan_document
from reports.letter.recipients import CUSTODY, ISSUER, PASSAGE, recipients, unnamed
from reports.paper import Paper
from tests.reports.letters import identity, named, recipient, text
from tests.reports.papers import dossier, draft, sample_dossier, tron_dossier
from tracer.contacts import load_contacts
from tracer.dossier import Dossier
from tracer.identity import ACTIONS, Identity
from tracer.stoppable import MEANS, NOBODY
from tracer.words import LANGUAGES, catalogue, words

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "far.schema.json").read_text(encoding="utf-8"))
MAKERS = {"evm": dossier, "tron": tron_dossier, "sample": sample_dossier}


def made(found: Dossier, slug: str, who: Identity | None = None) -> Material:
    return Material(draft(found), recipient(found, slug), who or Identity())


@pytest.mark.parametrize("name", list(MAKERS))
@pytest.mark.parametrize("who", [Identity(), identity()], ids=["nobody", "lawyer"])
def test_far_fields_keep_to_the_schema(name: str, who: Identity) -> None:
    """The JSON of every recipient is valid, with and without an identity file."""
    Draft202012Validator.check_schema(SCHEMA)
    found = MAKERS[name]()
    for one in recipients(found):
        _, files = files_of(Material(draft(found), one, who))
        Draft202012Validator(SCHEMA).validate(json.loads(files["far.json"]))


def test_far_fields_say_what_the_letter_says() -> None:
    """Amounts, incoming payments and what is missing are those of the material; digests those of the files."""
    material, files = files_of(made(dossier(), "example-exchange"))
    far = json.loads(files["far.json"])
    for row, way in zip(far["01_fund_lock_request"]["addresses"], material.to.ways, strict=True):
        assert int(row["attributed"]["units"]) == way.endpoint.amount
        assert row["address"] == way.endpoint.address
    assert [row["number"] for row in far["03_trace"]["payments"]] == [place + 1 for place in material.brought]
    assert [row["supplied_by"] for row in far["missing"]] == [who for _, who in material.missing()]
    for row in far["attachments"]:
        assert row["sha256"] == hashlib.sha256(files[row["file"]]).hexdigest()
    assert {one.name: one.sha256 for one in material.attached} == {
        name: hashlib.sha256(data).hexdigest() for name, data in files.items()
    }


def test_tables_and_lines_hold_every_payment_whole() -> None:
    """The CSV and the spreadsheet have the same rows, with whole hashes; the lines have every address."""
    material, files = files_of(made(dossier(), "example-exchange"))
    rows = list(csv.reader(StringIO(files["path.csv"].decode("utf-8-sig"))))
    sheet = load_workbook(BytesIO(files["path.xlsx"]))["path"]
    assert [[cell or "" for cell in row] for row in sheet.iter_rows(values_only=True)] == rows
    assert {row[4] for row in rows[1:]} == {material.flow(place).tx for place in material.brought}
    plain = files["addresses.txt"].decode()
    assert all(way.endpoint.address in plain for way in material.to.ways)


def test_no_cell_is_a_formula() -> None:
    """A token named like a formula is harmless in the table and a plain text in the spreadsheet."""
    found = sample_dossier()
    flows = tuple(flow._replace(asset=flow.asset._replace(symbol="=cmd()")) for flow in found.result.flows)
    hostile = replace(found, result=found.result._replace(flows=flows))
    _, files = files_of(made(hostile, "binance"))
    rows = list(csv.reader(StringIO(files["path.csv"].decode("utf-8-sig"))))
    assert "'=cmd()" in rows[1]
    assert not [cell for row in rows for cell in row if cell[:1] in ("=", "+", "@")]
    sheet = load_workbook(BytesIO(files["path.xlsx"]))["path"]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}


def test_the_code_is_a_picture_of_the_digest() -> None:
    """The picture is one SVG of plain squares, without script or reference, and says what its words say."""
    material = made(dossier(), "example-exchange")
    picture = ET.fromstring(code_of(material))
    assert {one.tag.rpartition("}")[2] for one in picture.iter()} == {"svg", "rect", "path"}
    assert code_of(material) == code_of(material)


def test_the_index_lists_every_file() -> None:
    """Every file has its line, in the form that sha256sum checks."""
    _, files = files_of(made(dossier(), "example-exchange"))
    lines = index_of(files).decode().splitlines()
    assert lines == [f"{hashlib.sha256(files[name]).hexdigest()}  {name}" for name in sorted(files)]


def test_the_same_letter_has_the_same_files() -> None:
    """Made twice, every byte is the same."""
    material = made(sample_dossier(), "tether", identity())
    assert files_of(material)[1] == files_of(material)[1]


def planned(found: Dossier, lang: str = "en") -> list[Planned]:
    return [Planned(Material(draft(found, lang), one, Identity()), one.languages(None)) for one in recipients(found)]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_plan_says_to_whom_how_and_what_is_missing(lang: str) -> None:
    """Every recipient with its channels and files, and who has to supply what."""
    found, w = sample_dossier(), words(lang)
    paper: Paper = plan(draft(found, lang), planned(found, lang), (), unnamed(found))
    said = text(paper)
    for one in planned(found):
        assert one.material.to.name in said
        assert all(file in said for file in one.files)
    assert "https://www.binance.com/en/support/faq/360000006051" in said
    assert w("identity.police.unit") in said
    assert w("contact.find_official") in said


def test_the_plan_names_whom_it_leaves_out() -> None:
    """Somebody who can stop nothing is named with the reason; a place nobody is named for stands by its address."""
    found = named("THORChain", "bridge", "bridge")
    nameless = named("", "", "exchange")
    helpless = [one for one in recipients(found) if one.powerless]
    said = text(plan(draft(found), [], helpless, unnamed(nameless)))
    assert "Nobody at THORChain can stop or return coins" in said
    assert unnamed(nameless)[0].endpoint.address in said


def test_the_plan_as_json_has_channels_and_clocks() -> None:
    """A program gets the same: recipient, files, channels, deadlines, places, missing fields."""
    rows = {row["contact"]: row for row in plan_document(planned(sample_dossier()))["letters"]}
    assert {row["for"] for row in rows["binance"]["channels"]} == {"victim", "police"}
    assert rows["binance"]["clocks"] == [{"what": "police_report", "hours": 168}]
    assert "index.sha256" in rows["tether"]["files"]
    assert {row["means"] for row in rows["tether"]["places"]} == {"issuer", "frozen"}


def test_follow_ups_are_on_their_days() -> None:
    """A day to ask again, the seven days of Binance, and the freeze every month; alike each time it is made."""
    day = date(2026, 1, 31)
    made_once = follow_ups(planned(sample_dossier()), day, "SFT-5A4D971E", words("en"))
    assert made_once == follow_ups(planned(sample_dossier()), day, "SFT-5A4D971E", words("en"))
    events = list(Calendar.from_ical(made_once).walk("VEVENT"))
    days = {str(one["summary"]): one.decoded("dtstart") for one in events}
    assert days["SFT-5A4D971E: No answer from Binance yet? Ask again, quoting the reference"] == date(2026, 2, 1)
    assert days["SFT-5A4D971E: Police report due at Binance"] == date(2026, 2, 7)
    renewal = next(one for one in events if "RRULE" in one)
    assert renewal.decoded("dtstart") == date(2026, 2, 28)
    assert "RRULE:FREQ=MONTHLY;COUNT=12" in made_once.decode()
    assert len({str(one["uid"]) for one in events}) == len(events)
    assert all(isinstance(one.decoded("dtstamp"), datetime) for one in events)


def test_december_is_followed_by_january() -> None:
    """A freeze asked for in December is renewed in January; a bridge has no freeze to renew."""
    bridge = named("Stargate", "bridge", "bridge")
    calendar = Calendar.from_ical(follow_ups(planned(bridge), date(2026, 12, 5), "SFT-5A4D971E", words("zh")))
    renewed = [one for one in calendar.walk("VEVENT") if "RRULE" in one]
    assert {one.decoded("dtstart") for one in renewed} == {date(2027, 1, 5)}
    assert not [one for one in renewed if "Stargate" in str(one["summary"])]


def test_everything_a_letter_can_say_has_a_text() -> None:
    """Every deadline of the contacts, every way to stop something, every tier and kind of proof is in the catalogue."""
    known = set(catalogue())
    clocks = {clock.what for contact in load_contacts() for clock in contact.clocks}
    means = set(MEANS) - {NOBODY}
    wanted = {f"letter.clock.{one}" for one in clocks}
    wanted |= {f"letter.{kind}.{one}" for kind in ("role", "urgency") for one in means}
    wanted |= {f"letter.tier.T{n}" for n in range(6)}
    wanted |= {f"letter.proof.{one}" for one in ("paid", "sweep", "gas", "energy", "code")}
    wanted |= {f"letter.ask.{group}.{one}" for group in (CUSTODY, ISSUER, PASSAGE) for one in ACTIONS}
    assert wanted <= known


def test_what_all_letters_lack_is_said_once() -> None:
    """Over several letters the common blanks stand at the head of the sheet; a single letter has them with itself."""
    found, w = sample_dossier(), words("en")
    assert len(planned(found)) > 1
    for few in (planned(found), planned(found)[:1]):
        said = text(plan(draft(found), few, (), ()))
        assert said.count(w("identity.police.unit")) == 1
        assert said.count(w("letter.plan.missing")) == (1 if len(few) == 1 else 0)
