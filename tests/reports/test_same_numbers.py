"""Every number is the same in every format, and none comes from nowhere.

Formats of papers are read back as text: whatever a cell of the report says has to stand there, in the report's order.
Formats of data are read back by their own readers and held against the dossier. A new format needs a reader here.
"""

from __future__ import annotations

import csv
import html
import json
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import cache
from html.parser import HTMLParser
from io import BytesIO, StringIO
from typing import Any, Final
from zipfile import ZipFile

import networkx as nx
import openpyxl
import pytest
from pypdf import PdfReader

from chains.model import FEE_SINK, Asset
from reports.closing import parts_of
from reports.dossier_json import dossier_document
from reports.formats import formats
from reports.formats.interchange import plain
from reports.numbers import amount, money, percent, rate, symbol
from reports.paper import (
    Block,
    Bullets,
    Card,
    Cell,
    Code,
    Exact,
    Facts,
    Figure,
    Heading,
    Moment,
    Notice,
    Paper,
    Para,
    Table,
    text_in,
    text_of,
)
from reports.report import report, tables
from reports.times import utc
from reports.view import key_of, stolen
from tests.reports.papers import dossier, draft, sample_dossier, tron_dossier
from tracer.dossier import Dossier
from tracer.result import NOT_FOLLOWED, rfc3339
from tracer.words import LANGUAGES

DOSSIERS: Final[Mapping[str, Callable[[], Dossier]]] = {
    "evm": dossier,
    "tron": tron_dossier,
    "sample": sample_dossier,
}
PAPERS: Final = sorted(name for name, one in formats().items() if one.paper)
DATA: Final = sorted(name for name, one in formats().items() if one.data)


of_all = pytest.mark.parametrize("which", DOSSIERS)
in_both = pytest.mark.parametrize("lang", LANGUAGES)
in_one_each = pytest.mark.parametrize(("which", "lang"), [("evm", "zh"), ("tron", "en"), ("sample", "zh")])
"""Where reading is slow: a language more would read the same columns again."""


@cache
def paper(which: str, lang: str, rows: int | None = None) -> Paper:
    """The report of one of the dossiers."""
    return report(replace(draft(DOSSIERS[which](), lang), limit=rows))


@cache
def written(which: str, lang: str, name: str) -> Mapping[str, bytes]:
    """The files of one format."""
    one = formats()[name]
    if one.paper:
        return {name: one.paper(paper(which, lang, one.rows))}
    assert one.data
    return one.data(draft(DOSSIERS[which](), lang))


def only(which: str, lang: str, name: str) -> bytes:
    """A format's single file."""
    (found,) = written(which, lang, name).values()
    return found


class Words(HTMLParser):
    """The text of a page without scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.hidden += tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.said.append(data)


def page(data: bytes) -> str:
    reader = Words()
    reader.feed(data.decode())
    return "\n".join(reader.said)


def typeset(data: bytes) -> str:
    return "\n".join(one.extract_text() for one in PdfReader(BytesIO(data)).pages)


def document(data: bytes) -> str:
    body = ZipFile(BytesIO(data)).read("word/document.xml").decode()
    return html.unescape(re.sub(r"<[^>]*>", "", re.sub(r"</w:(p|tc)>|<w:(br|tab)/>", "\n", body)))


def marked_down(data: bytes) -> str:
    return html.unescape(re.sub(r"\\(.)", r"\1", data.decode().replace("<br>", "\n")))


READERS: Final[Mapping[str, Callable[[bytes], str]]] = {
    "docx": document,
    "html": page,
    "md": marked_down,
    "pdf": typeset,
    "txt": bytes.decode,
}


def essence(text: str) -> str:
    """Letters, digits and what makes numbers of them: no spaces, line breaks or markup."""
    return re.sub(r"[^\w.,%]|_", "", unicodedata.normalize("NFKC", text))


def flat(blocks: tuple[Block, ...]) -> Iterator[Block]:
    """All blocks, those of cards too."""
    for one in blocks:
        yield one
        if isinstance(one, Card):
            yield from flat(one.blocks)


def cells(whole: Paper) -> Iterator[Cell]:
    """Every cell of a paper, in reading order."""
    for one in flat(whole.blocks):
        if isinstance(one, Table):
            yield from (cell for row in one.rows for cell in row)
        elif isinstance(one, Facts):
            yield from (cell for _, cell in one.rows)


def said(one: Block) -> Iterator[str]:
    """Everything a block says, but what is inside a card."""
    match one:
        case Heading(_, text) | Code(text):
            yield text
        case Para(line) | Card(_, line):
            yield text_of(line)
        case Bullets(lines) | Notice(_, lines):
            yield from map(text_of, lines)
        case Table(_, caption, _, rows, more):
            yield from (caption, text_of(more), *(text_in(cell) for row in rows for cell in row))
        case Facts(rows):
            yield from (text_in(cell) for _, cell in rows)
        case Figure(_, caption, alt):
            yield from (caption, alt)


@pytest.mark.parametrize(
    ("name", "lang"), [(name, lang) for name in PAPERS for lang in LANGUAGES if (name, lang) != ("pdf", "en")]
)
def test_every_cell_stands_in_every_paper_format(name: str, lang: str) -> None:
    """Row by row, cell by cell, in the report's order, with every digit; PDF, slow to read, in Chinese alone."""
    whole = paper("evm", lang, formats()[name].rows)
    text = essence(READERS[name](only("evm", lang, name)))
    at = 0
    count = 0
    for cell in cells(whole):
        wanted = [essence(text_of(line)) for line in cell.lines]
        for one in wanted:
            found = text.find(one, at)
            assert found >= 0, f"{one} does not stand after …{text[max(0, at - 120) : at]}"
            at = found + len(one)
            count += 1
    assert count > 300


NUMBER: Final = re.compile(r"(?<![\w.,:/-])\d{1,3}(?:,\d{3})*(?:\.\d+)?(?![\w:/-]|[.,]\d)", re.ASCII)


def figures(text: str) -> set[str]:
    """The numbers of a text that are amounts or shares: with a decimal point, or a comma between thousands."""
    return {one for one in NUMBER.findall(text) if "." in one or "," in one}


@pytest.mark.parametrize("name", sorted({*PAPERS} - {"pdf"}))
@in_both
def test_a_format_adds_no_number(name: str, lang: str) -> None:
    """No figure stands in a format that does not stand in the report; PDF text does not keep figures apart."""
    whole = paper("evm", lang, formats()[name].rows)
    drawn = (re.sub("<[^>]*>", "\n", one.svg) for one in flat(whole.blocks) if isinstance(one, Figure))
    texts = (text for one in flat(whole.blocks) for text in said(one))
    known = set().union(*map(figures, [*texts, *map(html.unescape, drawn)]))
    assert figures(READERS[name](only("evm", lang, name))) <= known


def at_one_desk(found: Dossier) -> Iterator[tuple[Asset, int]]:
    """What lies where the same one can do the same, together."""
    sums: Counter[tuple[Asset, tuple[str, ...]]] = Counter()
    for one in found.stoppable:
        ways = (part for way in (one, *one.also) for part in (way.means, way.entity))
        sums[one.endpoint.asset, (*ways, one.endpoint.category)] += one.endpoint.amount
    yield from ((asset, units) for (asset, _), units in sums.items())


def base_units(found: Dossier) -> Iterator[tuple[Asset, int]]:
    """Every amount the dossier has, and their sums by reason and by who can act, which the report shows."""
    result = found.result
    rows: list[tuple[Asset, str, int]] = []
    for row in result.endpoints:
        rows.append((row.asset, row.reason, row.amount))
        rows += [(part.asset, f"{row.reason} =", part.amount) for part in row.principal]
    for method in result.methods:
        rows += [(method.asset, f"{method.reason} {name}", units) for name, units in method.units]
        rows += [(p.asset, f"{method.reason} {name} =", units) for p in method.principal for name, units in p.units]
    sums: Counter[tuple[Asset, str]] = Counter()
    for asset, reason, units in rows:
        yield asset, units
        sums[asset, reason] += units
        why, _, of = reason.partition(" ")
        sums[asset, of] += units
        sums[asset, f"{why in NOT_FOLLOWED} {of}"] += units
    yield from ((asset, units) for (asset, _), units in sums.items())
    yield from at_one_desk(found)
    yield from stolen(result).values()
    yield from ((asset, 10**asset.decimals) for asset in found.assets.values())
    for key, (asset, _) in stolen(result).items():
        yield from ((asset, part.units) for part in parts_of(result, key))
    decimals = {key_of(asset): asset for asset in found.assets.values()}
    yield from _amounts(dossier_document(found), decimals)


def _amounts(value: Any, known: Mapping[tuple[str, str], Asset]) -> Iterator[tuple[Asset, int]]:
    """Every amount in a document, in the asset that stands beside it."""
    if isinstance(value, list):
        for one in value:
            yield from _amounts(one, known)
    elif isinstance(value, dict):
        yield from _beside(value, known)
        for one in value.values():
            yield from _amounts(one, known)


def _beside(row: Mapping[str, Any], known: Mapping[tuple[str, str], Asset]) -> Iterator[tuple[Asset, int]]:
    said_asset = row.get("asset")
    if said_asset is None:
        return
    key = (
        (said_asset["chain"], said_asset["id"]) if isinstance(said_asset, dict) else (row.get("chain", ""), said_asset)
    )
    asset = known.get(key)
    texts = [one for one in row.values() if isinstance(one, str)]
    for name in ("methods", "gross", "units"):
        texts += (row.get(name) or {}).values() if isinstance(row.get(name), dict) else []
    if asset is not None:
        yield from ((asset, int(one)) for one in texts if re.fullmatch(r"[0-9]+", one))


AMOUNT: Final = re.compile(r"(?<![\w.,])(\d[\d,]*(?:\.\d+)?) (LABD|USDT\(/red\)|USDT|WETH|ETH|TRX)(?![\w(])", re.ASCII)


@of_all
@in_both
def test_every_amount_of_the_report_is_the_dossiers(which: str, lang: str) -> None:
    """What stands with a symbol is an amount of the dossier in that asset, or a sum by reason; audits in base units."""
    found = DOSSIERS[which]()
    known = {(amount(units, asset.decimals), symbol(asset)) for asset, units in base_units(found)}
    whole = {(f"{units:,}", symbol(asset)) for asset, units in base_units(found)}
    rates = {
        rate((paid.amount, paid.asset), (got.amount, got.asset))
        for row in found.result.conversions
        for paid in row.ins
        for got in row.outs
    } - {""}
    without = re.compile("|".join(map(re.escape, sorted(rates))) or "(?!)")
    seen = 0
    for block in flat(paper(which, lang).blocks):
        audit = isinstance(block, Table) and block.id.startswith("audit")
        for text in said(block):
            here = set(AMOUNT.findall(without.sub("", text)))
            seen += len(here)
            assert here <= (whole if audit else known), text
    assert seen > 40


@of_all
@in_both
def test_shares_of_the_summary_add_up(which: str, lang: str) -> None:
    """Of every stolen asset the shares of where it is now are exactly 100.00 %, and the total is what was stolen."""
    found = DOSSIERS[which]()
    (summary,) = (one for one in tables(draft(found, lang)) if one.id == "summary")
    texts = [[text_in(cell) for cell in row] for row in summary.rows]
    for key, (asset, units) in stolen(found.result).items():
        parts = parts_of(found.result, key)
        assert sum(part.share for part in parts) == 100_00
        known = [(part.units, percent(part.share) if part.share else "<0.01 %") for part in parts]
        for figure, share in [*known, (units, "100.00 %")]:
            said_so = money(figure, asset)
            assert any(said_so in row and share in row for row in texts), said_so


def exact(value: Exact) -> str:
    return amount(*value).replace(",", "")


@of_all
@in_both
def test_csv_says_what_the_tables_say(which: str, lang: str) -> None:
    """Every table is a file; its rows have every text of the table, every amount as exact decimal, every time."""
    files = written(which, lang, "csv")
    for table in tables(draft(DOSSIERS[which](), lang)):
        rows = list(csv.reader(StringIO(files[f"report.{lang}.{table.id}.csv"].decode("utf-8-sig"), newline="")))[1:]
        assert len(rows) == len(table.rows)
        for row, known in zip(rows, table.rows, strict=True):
            left = [text.removeprefix("'") for text in row]
            for cell in known:
                assert _expected(cell) <= set(left), (table.id, cell)


def _expected(cell: Cell) -> set[str]:
    """What a file must hold of a cell: its value as machines write it, or its text."""
    match cell.value:
        case Exact() as value:
            return {exact(value), text_in(cell)}
        case Moment(time):
            return {rfc3339(time)}
        case int(count):
            return {str(count)}
    return {text_in(cell)}


@in_one_each
def test_xlsx_says_what_the_tables_say(which: str, lang: str) -> None:
    """Every table is a sheet; its rows have every text with all digits, real numbers and real dates."""
    book = openpyxl.load_workbook(BytesIO(only(which, lang, "xlsx")))
    sheets = book.worksheets[1:]
    found = list(tables(draft(DOSSIERS[which](), lang)))
    assert len(sheets) == len(found)
    for sheet, table in zip(sheets, found, strict=True):
        rows = list(sheet.iter_rows(min_row=2, values_only=True))[: len(table.rows)]
        for row, known in zip(rows, table.rows, strict=True):
            texts = {one for one in row if isinstance(one, str)}
            numbers = {Decimal(repr(one)) for one in row if isinstance(one, int | float)}
            dates = {one.strftime("%Y-%m-%d %H:%M:%S UTC") for one in row if isinstance(one, datetime)}
            for cell in known:
                match cell.value:
                    case Exact(units, decimals):
                        assert text_in(cell) in texts
                        assert any(abs(one * 10**decimals - units) * 10**14 <= abs(units) for one in numbers)
                    case Moment(time):
                        assert utc(time) in dates
                    case int(count):
                        assert count in numbers
                    case None:
                        assert text_in(cell) in texts | {""}


@of_all
def test_json_is_the_dossier(which: str) -> None:
    """The file is the document, to the unit."""
    found = DOSSIERS[which]()
    whole = json.loads(only(which, "en", "json"))
    del whole["digest"]
    assert whole == json.loads(json.dumps(dossier_document(found)))
    flows = [(one["tx"], one["amount"], one["traced"]) for one in whole["trace"]["flows"]]
    assert sorted(flows) == sorted((one.tx, str(one.amount), str(one.traced)) for one in found.result.flows)


@of_all
def test_graphml_has_every_payment(which: str) -> None:
    """Every payment that is no side of a conversion is an edge with both amounts in base units."""
    graph = nx.parse_graphml(only(which, "en", "graphml").decode())
    edges = Counter(
        (d["tx"], d["asset"], d["gross"], d["traced"]) for *_, d in graph.edges(data=True) if d["kind"] == "payment"
    )
    flows = [one for one in DOSSIERS[which]().result.flows if one.conversion is None]
    assert edges == Counter((one.tx, str(one.asset.id), str(one.amount), str(one.traced)) for one in flows)


@of_all
def test_stix_has_every_amount(which: str) -> None:
    """What a transaction moved of an asset is the sum of its payments, with every digit."""
    objects = json.loads(only(which, "en", "stix"), parse_float=Decimal)["objects"]
    transactions = [one for one in objects if one["type"] == "cryptocurrency-transaction"]
    for side in ("input", "output", "fee"):
        found: defaultdict[str, Decimal] = defaultdict(Decimal)
        for one in transactions:
            parts = [one[side]] if side == "fee" and side in one else [p["amount"] for p in one.get(side, ())]
            for part in parts:
                found[one["value"]] += Decimal(part)
        known: defaultdict[str, Decimal] = defaultdict(Decimal)
        for flow in DOSSIERS[which]().result.flows:
            if (flow.receiver == FEE_SINK) == (side == "fee"):
                known[flow.tx] += Decimal(plain(Exact(flow.amount, flow.asset.decimals)))
        assert found == known


@of_all
def test_misp_has_every_payment(which: str) -> None:
    """Every payment is an object with its amount, and the traced part in its comment."""
    event = json.loads(only(which, "en", "misp"))["Event"]
    payments = [one for one in event["Object"] if one["name"] == "cryptocurrency-transaction"]
    found = [{part["object_relation"]: part for part in one["Attribute"]} for one in payments]
    flows = DOSSIERS[which]().result.flows
    for parts, flow in zip(found, flows, strict=True):
        assert parts["transaction-number"]["value"] == flow.tx
        assert parts["value"]["value"] == plain(Exact(flow.amount, flow.asset.decimals))
        assert f" {amount(flow.traced, flow.asset.decimals)} " in parts["value"]["comment"]


@pytest.mark.parametrize("which", ["evm", "sample"])
def test_flow_has_every_payment_on_evm_chains(which: str) -> None:
    """Every edge has the amount the chain shows, and the traced part stands beside it, by its number."""
    case = json.loads(only(which, "en", "flow"))
    edges = {one["id"]: one for one in case["edges"]}
    for number, flow in enumerate(DOSSIERS[which]().result.flows, 1):
        if flow.chain.startswith("eip155:") and flow.receiver != FEE_SINK:
            assert edges[f"e{number}"]["amount"] == plain(Exact(flow.amount, flow.asset.decimals))
            traced = case["_meta"]["financials"]["traced"][f"e{number}"]
            assert traced == plain(Exact(flow.traced, flow.asset.decimals))


def test_every_format_is_read_here() -> None:
    """A new format is not left out."""
    assert set(PAPERS) == set(READERS)
    assert set(DATA) == {"csv", "flow", "graphml", "json", "misp", "stix", "xlsx"}
