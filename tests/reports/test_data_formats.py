"""The formats for programs: valid by their own schemas and readers, harmless, neutral, the same bytes every time."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache, partial
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any, Final
from zipfile import ZipFile

import networkx as nx
import openpyxl
import pytest
import stix2  # type: ignore[import-untyped]
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from pymisp import MISPEvent
from referencing import Registry, Resource

import tracer
from reports.dossier_json import digest_of
from reports.formats import formats
from reports.formats.csv import guarded
from reports.formats.interchange import plain
from reports.formats.sheets import NAME, decimal_text, keeps, number, sheets
from reports.paper import CODE, Cell, Column, Exact, Moment, Span, Table, cell
from tests.reports.hostile import hostile_dossier
from tests.reports.papers import big_dossier, dossier, draft, sample_dossier, tron_dossier
from tests.shared import SHARED
from tracer.dossier import Dossier
from tracer.result import NOT_FOLLOWED
from tracer.words import LANGUAGES

DATA: Final = ("csv", "flow", "graphml", "json", "misp", "stix", "xlsx")
DOCS: Final = Path(tracer.__file__).parent.parent / "docs"
FLOW: Final = SHARED / "reference/schemas/etherscan-flow.case.schema.json"

Case = Callable[[], Dossier]

hostile = cache(hostile_dossier)
all_dossiers = pytest.mark.parametrize("found", [dossier, tron_dossier, sample_dossier, hostile])
in_both = pytest.mark.parametrize("lang", LANGUAGES)


def made(name: str, found: Dossier, lang: str = "en") -> Mapping[str, bytes]:
    one = formats()[name]
    assert one.data
    return one.data(draft(found, lang))


@cache
def files(name: str, found: Case, lang: str = "en") -> Mapping[str, bytes]:
    return made(name, found(), lang)


def only(name: str, found: Case, lang: str = "en") -> bytes:
    (data,) = files(name, found, lang).values()
    return data


@pytest.mark.parametrize("name", DATA)
@in_both
def test_the_same_case_gives_the_same_bytes(name: str, lang: str) -> None:
    """No clock, no order of memory, no machine is in a file."""
    assert made(name, replace(sample_dossier()), lang) == files(name, sample_dossier, lang)


@pytest.mark.parametrize("name", DATA)
def test_files_that_are_not_spoken_are_the_same_in_every_language(name: str) -> None:
    """What is for programs is English; what is for readers names its language."""
    english, chinese = (files(name, sample_dossier, lang) for lang in LANGUAGES)
    if formats()[name].spoken:
        assert not english.keys() & chinese.keys()
    else:
        assert english == chinese


@pytest.mark.parametrize("name", sorted({*DATA} - {"xlsx", "csv", "json", "graphml"}))
def test_nobody_is_accused(name: str) -> None:
    """What these formats have words for, and this program does not, is not said."""
    accusing = re.compile("attacker|scam|hacker|thief|launder|suspect|malicious|drainer", re.IGNORECASE)
    assert not accusing.search(only(name, dossier).decode())


# JSON


@cache
def schema() -> Draft202012Validator:
    """What checks a dossier."""
    whole, trace = (
        json.loads((DOCS / name).read_text(encoding="utf-8")) for name in ("dossier.schema.json", "trace.schema.json")
    )
    Draft202012Validator.check_schema(whole)
    known = Registry().with_resource(trace["$id"], Resource.from_contents(trace))
    return Draft202012Validator(whole, registry=known)


@pytest.mark.parametrize("found", [dossier, tron_dossier, sample_dossier, partial(big_dossier, 100)])
def test_the_dossier_is_as_its_schema_says(found: Case) -> None:
    """docs/dossier.schema.json describes every key."""
    faults = schema().iter_errors(json.loads(only("json", found)))
    assert [f"{one.json_path}: {one.message}" for one in faults] == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("reference",), "case 7"),
        (("digest",), "sha256:ab"),
        (("flows", 0, "number"), 0),
        (("bounds", 0, "least"), 7),
        (("stoppable", 0, "means"), "by force"),
        (("stoppable", 0, "worth"), "0.5"),
        (("audit", "accounts", 0, "gross", "more"), "1"),
        (("answers", 0, "sha256"), "ab"),
        (("trace", "endpoints", 0, "reason"), "stolen"),
        (("surprise",), 1),
    ],
)
def test_wrong_dossiers_are_refused(path: tuple[str | int, ...], value: object) -> None:
    """The schema is strict enough to notice."""
    whole: Any = json.loads(only("json", dossier))
    place = whole
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert not schema().is_valid(whole)


@all_dossiers
def test_anybody_can_work_out_the_digest(found: Case, tmp_path: Path) -> None:
    """The lines that the documentation gives do it, from the file alone."""
    (tmp_path / "report.json").write_bytes(only("json", found))
    with (tmp_path / "report.json").open(encoding="utf-8") as file:
        whole = json.load(file)
    digest = whole.pop("digest")
    text = json.dumps(whole, sort_keys=True, separators=(",", ":"))
    assert hashlib.sha256(text.encode()).hexdigest() == digest == digest_of(found())


# Spreadsheets


def test_amounts_are_exact_where_text_and_right_where_number() -> None:
    """Text has every digit; the number is marked where a spreadsheet must round it."""
    value = Exact(1_234_567_890_123_456_789, 18)
    assert decimal_text(value) == plain(value) == "1.234567890123456789"
    assert (keeps(value), keeps(Exact(-1_500_000, 6)), keeps(Exact(10**30, 0))) == (False, True, True)
    assert number(Exact(-1_500_000, 6)) * 2 == -3
    assert decimal_text(Exact(7, 77)) == "7e-77"
    assert plain(Exact(7, 40)) == "0." + "0" * 39 + "7"
    assert plain(Exact(-1200, 2)) == "-12"


def test_columns_go_by_what_their_cells_carry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Amounts, counts and times get columns of their kind; a text that only repeats the number is left out."""
    columns = tuple(map(Column, ("amount", "count", "of", "time", "said")))
    rows = (
        (cell("1.5 ETH", value=Exact(15, 1)), cell("1,000", value=1000), cell("80/100", value=80),
         cell("2026-01-02 03:00:00 UTC", value=Moment(1_767_322_800)), cell("-")),
        (Cell(), cell("2", value=2), Cell(), Cell(), Cell()),
    )  # fmt: skip
    monkeypatch.setattr("reports.formats.sheets.tables", lambda _: [Table("t", "A: [caption]*", columns, rows)])
    _, sheet = sheets(draft(sample_dossier()))
    assert sheet.name == "A caption"
    assert [(one.title, one.kind) for one in sheet.fields] == [
        ("amount", "text"), ("amount (number)", "number"), ("amount (exact)", "exact"), ("count", "count"),
        ("of", "text"), ("of (number)", "count"), ("time (UTC)", "date"), ("said", "text"),
    ]  # fmt: skip


@in_both
def test_sheets_have_names_that_a_spreadsheet_bears(lang: str) -> None:
    """Short, unlike each other, and without the signs that are not allowed; the first says what the file is."""
    found = sheets(draft(dossier(), lang))
    names = [one.name.lower() for one in found]
    assert len(set(names)) == len(names) > 10
    assert all(0 < len(one) <= NAME and not re.search(r"[\[\]:*?/\\']", one) for one in names)
    said = "\n".join(text for row in found[0].rows for one in row for line in one.lines for text in (line[0].text,))
    assert digest_of(dossier()) in said
    assert dossier().reference in said
    assert all(one.name in said for one in found[1:])


def test_two_tables_of_one_name_get_two_sheets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Upper and lower case are the same to a spreadsheet."""
    made = [Table(str(place), name, (), ()) for place, name in enumerate(["x" * 40, "X" * 40, "read me"])]
    monkeypatch.setattr("reports.formats.sheets.tables", lambda _: made)
    names = [one.name for one in sheets(draft(sample_dossier()))]
    assert names == ["Read me", "x" * 30 + "…", "X" * 27 + " 2", "read me 2"]


@all_dossiers
def test_xlsx_holds_text_numbers_dates_and_links_only(found: Case) -> None:
    """No formula, no link but to explorers, a frozen header, a filter; and no day of writing."""
    data = only("xlsx", found, "zh")
    book = openpyxl.load_workbook(BytesIO(data))
    assert book.properties.created == datetime(2026, 11, 22, 8, 0, 7)  # noqa: DTZ001  # a workbook knows no zones
    for sheet in book:
        assert sheet.freeze_panes == "A2"
        for row in sheet.iter_rows():
            for one in row:
                assert one.data_type in ("s", "n", "d")
                if one.hyperlink:
                    assert re.match(r"https://(etherscan\.io|tronscan\.org)/", one.hyperlink.target or "")
    with ZipFile(BytesIO(data)) as parts:
        assert {one.date_time for one in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_xlsx_links_end_before_the_format_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond so many links of a sheet an address is plain text, and so is one that leads off the open web."""
    monkeypatch.setattr("reports.formats.xlsx.LINKS", 2)
    urls = ["javascript:alert(1)", "http://a.example/1", *(f"https://a.example/{place}" for place in range(4))]
    rows = tuple((cell(Span("0xab", CODE, url)),) for url in urls)
    monkeypatch.setattr("reports.formats.sheets.tables", lambda _: [Table("t", "T", (Column("address"),), rows)])
    book = openpyxl.load_workbook(BytesIO(made("xlsx", sample_dossier())["report.en.xlsx"]))
    linked = [row[0].hyperlink is not None for row in book.worksheets[1].iter_rows(min_row=2)]
    assert linked == [False, False, True, True, False, False]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("+1+1", "'+1+1"),
        ("-2+3", "'-2+3"),
        ("@SUM(1)", "'@SUM(1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("＝1+1", "'＝1+1"),
        ("-5 USDT", "'-5 USDT"),
        ("-5.25", "-5.25"),
        ("-1,234.5", "-1,234.5"),
        ("-0.50 %", "-0.50 %"),
        ("-1e-77", "-1e-77"),
        ("1 = 2", "1 = 2"),
        ("", ""),
    ],
)
def test_csv_disarms_formulas_and_leaves_numbers(text: str, shown: str) -> None:
    """An apostrophe stands before whatever a spreadsheet would calculate, and before no number of ours."""
    assert guarded(text) == shown


@in_both
def test_csv_is_what_spreadsheets_and_programs_read(lang: str) -> None:
    """UTF-8 with its mark, lines as the standard has them, every row as long as the header, nothing to calculate."""
    for name, data in files("csv", hostile, lang).items():
        assert re.fullmatch(rf"report\.{lang}\.[a-z-]+\.csv", name)
        assert data.startswith(b"\xef\xbb\xbf")
        rows = list(csv.reader(StringIO(data.decode("utf-8-sig"), newline=""), strict=True))
        assert {len(row) for row in rows} == {len(rows[0])}
        for one in (one for row in rows for one in row):
            assert not re.match(r"[=+@\t\r]", one)
            assert not one.startswith("-") or re.fullmatch(r"-[0-9,.]+( %)?", one)


# Graphs and exchange


@all_dossiers
def test_graphml_carries_the_papers_reference_and_digest(found: Case) -> None:
    """A graph can be laid beside the papers it belongs to."""
    graph = nx.parse_graphml(only("graphml", found).decode())
    assert (graph.graph["reference"], graph.graph["digest"]) == (found().reference, digest_of(found()))


@all_dossiers
def test_stix_is_valid_and_whole(found: Case) -> None:
    """The standard's own library reads it; every reference leads to an object, and no id stands twice."""
    bundle = stix2.parse(only("stix", found).decode(), allow_custom=True)
    ids = [one["id"] for one in bundle.objects]
    assert len(set(ids)) == len(ids)
    for one in json.loads(only("stix", found))["objects"]:
        refs = [
            *one.get("object_refs", ()),
            *(p["address_ref"] for p in (*one.get("input", ()), *one.get("output", ()))),
        ]
        assert set(refs) <= set(ids)


def test_stix_ids_of_observed_things_are_everybodys() -> None:
    """An address has the id that any other producer gives it, so that findings meet."""
    objects = json.loads(only("stix", sample_dossier))["objects"]
    wallets = {one["value"]: one["id"] for one in objects if one["type"] == "cryptocurrency-wallet"}
    assert wallets["0x28c6c06298d514db089934071355e5743bf21d60"] == (
        "cryptocurrency-wallet--7cde7f00-f41b-58fb-b59a-1a7caabe627f"
    )


def test_stix_tells_labels_findings_and_leads_apart() -> None:
    """Each is a note that says what it is; labels name their source; nobody is said to hold an address."""
    objects = json.loads(only("stix", hostile))["objects"]
    notes = [one for one in objects if one["type"] == "note"]
    assert {one["abstract"].partition(":")[0] for one in notes} == {"Label", "Funds flow", "Lead"}
    labels = [one for one in notes if one["abstract"].startswith("Label")]
    assert all(one["authors"] and 0 <= one["confidence"] <= 100 for one in labels)
    assert not any("holder_ref" in one for one in objects)
    assert {one["type"] for one in objects} == {
        "identity", "extension-definition", "cryptocurrency-wallet", "cryptocurrency-transaction", "observed-data",
        "note", "report",
    }  # fmt: skip


@all_dossiers
def test_misp_loads_and_alerts_on_nothing(found: Case) -> None:
    """MISP's own library reads it and knows the templates; nothing is for detection; payments lead to addresses."""
    event = MISPEvent()
    event.load(only("misp", found).decode())
    whole = json.loads(only("misp", found))["Event"]
    parts = [*whole["Attribute"], *(part for one in whole["Object"] for part in one["Attribute"])]
    assert not any(part["to_ids"] for part in parts)
    assert [tag.name for tag in event.tags] == ["tlp:amber"]
    assert not whole["published"]
    uuids = [one["uuid"] for one in [*whole["Object"], *parts]]
    assert len(set(uuids)) == len(uuids)
    for one in event.objects:
        assert one._known_template
        for reference in one.references:
            assert reference.referenced_uuid in uuids


def test_misp_updates_one_event() -> None:
    """The same case traced again is the same event and the same objects, whatever was found anew."""
    first = json.loads(only("misp", sample_dossier))["Event"]
    later = replace(sample_dossier(), run=sample_dossier().run._replace(finished="2026-12-01T00:00:00Z"))
    second = json.loads(made("misp", later)["report.misp.json"])["Event"]
    assert first["uuid"] == second["uuid"]
    assert [one["uuid"] for one in first["Object"]] == [one["uuid"] for one in second["Object"]]
    assert first["timestamp"] < second["timestamp"]


@pytest.mark.shared
@pytest.mark.skipif(not FLOW.exists(), reason="the reference data are not beside the checkout")
@pytest.mark.parametrize("found", [dossier, sample_dossier, hostile])
def test_flow_is_as_etherscans_schema_says(found: Case) -> None:
    """The case can be imported."""
    schema = json.loads(FLOW.read_text(encoding="utf-8"))
    case = json.loads(only("flow", found))
    assert [f"{one.json_path}: {one.message}" for one in Draft202012Validator(schema).iter_errors(case)] == []


@pytest.mark.parametrize("found", [dossier, sample_dossier])
def test_flow_joins_nodes_that_are_there(found: Case) -> None:
    """Edges lead from node to node, later hops stand further right, and victims are hop nil."""
    case = json.loads(only("flow", found))
    nodes = {one["id"]: one for one in case["nodes"]}
    assert len(nodes) == len(case["nodes"])
    assert {end for edge in case["edges"] for end in (edge["source"], edge["target"])} == nodes.keys()
    assert all(one["x"] == one["hop"] * 360 for one in nodes.values())
    assert len({(one["x"], one["y"]) for one in nodes.values()}) == len(nodes)
    assert {one["address"] for one in nodes.values() if one["role"] == "victim_wallet"} == {
        one.victim for one in found().result.origins if one.chain.startswith("eip155:")
    }


def test_flow_says_what_it_cannot_hold() -> None:
    """Other chains and fees are counted among the gaps, and the whole sum stands in the findings."""
    meta = json.loads(only("flow", sample_dossier))["_meta"]
    said = {one["type"]: one["detail"] for one in meta["gaps"]}
    assert "Left out: 1." in said["fees_left_out"]
    assert "left out: 1;" in said["chains_left_out"]
    findings = meta["ui"]["findings_markdown"]
    assert "7,777 USDT" in findings
    assert digest_of(sample_dossier()) in findings
    assert any(one.reason in NOT_FOLLOWED for one in sample_dossier().result.endpoints)


def test_a_case_without_evm_payments_gives_no_flow_file() -> None:
    """An empty case would read as: nothing was found."""
    assert files("flow", tron_dossier) == {}


def test_conversions_have_their_types_and_venues_their_roles() -> None:
    """A swap is a swap in Etherscan's words, and nobody in it a wallet on the way."""
    case = json.loads(only("flow", dossier))
    kinds = {row.kind for row in dossier().result.conversions}
    assert {"swap", "wrap"} <= kinds
    types = [one["type"] for one in case["edges"]]
    assert types.count("dex_swap") > 0
    assert types.count("contract_call") > 0
    assert "dex_router" in {one["role"] for one in case["nodes"]}
