"""Other people's words in every format: all of them come out as words."""

from __future__ import annotations

import csv
import json
import re
import unicodedata
from base64 import b64encode
from collections.abc import Iterable, Iterator
from functools import cache
from hashlib import sha256
from html import unescape
from html.parser import HTMLParser
from io import BytesIO, StringIO
from typing import Final
from xml.etree import ElementTree as ET
from zipfile import ZipFile

import openpyxl
import pytest
from markdown_it import MarkdownIt
from pypdf import PdfReader

from reports.formats import formats
from reports.paper import Paper
from reports.report import report
from tests.reports.hostile import hostile_dossier, hostile_paper
from tests.reports.papers import draft
from tracer.contacts import load_contacts
from tracer.words import LANGUAGES

EXPLORERS: Final = ("https://etherscan.io/", "https://tronscan.org/")
CONTACTS: Final = {
    channel.url for one in load_contacts() for channel in (*one.victim, *one.police, *one.emergency) if channel.url
}
PAPERS: Final = sorted(name for name, one in formats().items() if one.paper)
DATA: Final = sorted(name for name, one in formats().items() if one.data)


@cache
def whole(lang: str) -> Paper:
    """The report of the hostile dossier."""
    return report(draft(hostile_dossier(), lang))


@cache
def files(name: str, lang: str) -> dict[str, bytes]:
    """What a format makes of the hostile dossier and, for papers, of a paper with every block."""
    one = formats()[name]
    if one.paper is not None:
        return {f"report.{name}": one.paper(whole(lang)), f"paper.{name}": one.paper(hostile_paper(lang))}
    assert one.data is not None
    return dict(one.data(draft(hostile_dossier(), lang)))


def made(name: str) -> Iterator[tuple[str, bytes]]:
    """The same in all languages."""
    for lang in LANGUAGES:
        for file, data in files(name, lang).items():
            yield f"{lang} {file}", data


class Page(HTMLParser):
    """What a browser would act on: tags, their attributes, where links lead."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.acting: list[str] = []
        self.links: list[str] = []
        self.scripts: list[str] = []
        self.inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.acting += [f"{tag} {name}" for name, _ in attrs if name.startswith("on") or name == "srcdoc"]
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "action", "xlink:href")]
        if tag == "script" and dict(attrs).get("type") != "application/json":
            self.scripts.append("")
        self.inside = tag == "script" and dict(attrs).get("type") != "application/json"

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.scripts[-1] += data

    def handle_endtag(self, tag: str) -> None:
        self.inside = False


def astray(links: Iterable[str]) -> list[str]:
    """Links that lead neither to an explorer nor to a page of our own list of contacts."""
    return [link for link in links if not link.startswith(EXPLORERS) and link not in CONTACTS]


def invisible(text: str) -> list[str]:
    """Characters that do something instead of showing: controls, direction marks, joiners."""
    return [sign for sign in set(text) if unicodedata.category(sign) in ("Cc", "Cf", "Cs") and sign not in "\n\r\t"]


@pytest.mark.parametrize("name", [*PAPERS, *DATA])
def test_every_format_can_be_written(name: str) -> None:
    """No hostile text stops a paper from being made, and none makes it huge."""
    for file, data in made(name):
        assert data, file
        assert len(data) < 12_000_000, file


@pytest.mark.skipif("html" not in PAPERS, reason="no such format")
def test_a_page_acts_on_nothing() -> None:
    """Only our own scripts, no handlers, and links to explorers, contacts and within the page."""
    for file, data in made("html"):
        page = Page()
        page.feed(data.decode())
        assert page.acting == [], file
        assert not {"iframe", "object", "embed", "form", "base", "link"} & set(page.tags), file
        assert not astray(link for link in page.links if not link.startswith("#")), file
        for script in page.scripts:
            digest = b64encode(sha256(script.encode()).digest()).decode()
            assert f"'sha256-{digest}'" in unescape(data.decode()), file
        assert not re.search("alert|evil", "".join(page.scripts)), file


@pytest.mark.skipif("pdf" not in PAPERS, reason="no such format")
def test_a_typeset_paper_runs_nothing() -> None:
    """Typst shows its own syntax as text; the file has no action but links to explorers, contacts and within itself."""
    for file, data in made("pdf"):
        reader = PdfReader(BytesIO(data))
        if "paper" in file:
            assert "#panic" in reader.pages[0].extract_text(), file
        assert b"/JavaScript" not in data, file
        assert b"/Launch" not in data, file
        for page in reader.pages:
            for note in page.get("/Annots", []) or []:
                action = note.get_object().get("/A")
                if action is not None and "/URI" in action:
                    assert not astray([str(action["/URI"])]), file


@pytest.mark.skipif("docx" not in PAPERS, reason="no such format")
def test_a_word_file_has_no_fields_but_page_numbers() -> None:
    """Nothing in it is computed or fetched when it is opened."""
    for file, data in made("docx"):
        with ZipFile(BytesIO(data)) as package:
            parts = {
                name: package.read(name).decode() for name in package.namelist() if name.endswith((".xml", ".rels"))
            }
        for name, text in parts.items():
            ET.fromstring(text)
            assert not invisible(re.sub(r"<[^>]*>", "", text)), (file, name)
        fields = re.findall(r'w:instr="([^"]*)"', "".join(parts.values()))
        assert set(fields) <= {"PAGE", "NUMPAGES"}, file
        assert "instrText" not in parts["word/document.xml"], file
        outside = re.findall(r'Target="([^"]*)" TargetMode="External"', parts["word/_rels/document.xml.rels"])
        assert not astray(outside), file


@pytest.mark.parametrize(
    "name", [name for name in ("txt", "md", "csv", "json", "graphml", "stix", "misp", "flow") if name in formats()]
)
def test_text_has_only_visible_characters(name: str) -> None:
    """No escape sequence, direction mark or other control in any text file."""
    for file, data in made(name):
        assert not invisible(data.decode("utf-8-sig")), file


@pytest.mark.skipif("md" not in PAPERS, reason="no such format")
def test_markdown_becomes_no_markup() -> None:
    """Rendered, it has no image, no raw HTML, and no link but to explorers and contacts."""
    for file, data in made("md"):
        page = Page()
        page.feed(MarkdownIt("gfm-like", {"html": False, "linkify": False}).render(data.decode()))
        assert not {"img", "script", "svg", "style", "iframe"} & set(page.tags), file
        assert not astray(page.links), file
        bare = re.sub(r"\]\(https://[^)\s]*\)|^```.*?^```$", "]", data.decode(), flags=re.DOTALL | re.MULTILINE)
        assert not re.search(r"(?:https?|ftp)://|(?<!\\)www\.|\w@\w", bare), file


@pytest.mark.skipif("xlsx" not in DATA, reason="no such format")
def test_no_cell_is_a_formula() -> None:
    """A spreadsheet program computes and fetches nothing."""
    for file, data in made("xlsx"):
        book = openpyxl.load_workbook(BytesIO(data))
        cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
        assert cells, file
        assert not [cell.coordinate for cell in cells if cell.data_type == "f"], file
        links = [cell.hyperlink.target for cell in cells if cell.hyperlink and cell.hyperlink.target]
        assert not astray(links), file


@pytest.mark.skipif("csv" not in DATA, reason="no such format")
def test_no_row_of_a_csv_begins_a_formula() -> None:
    """A cell that begins with = + - @ or a tab is a number of ours, or has an apostrophe before it."""
    for file, data in made("csv"):
        for row in csv.reader(StringIO(data.decode("utf-8-sig"))):
            for cell in row:
                assert not cell.startswith(("=", "+", "@", "\t", "\r")), (file, cell[:40])
                assert not cell.startswith("-") or re.fullmatch(r"-[\d,.]+", cell), (file, cell[:40])


@pytest.mark.parametrize("name", [name for name in ("json", "stix", "misp", "flow") if name in formats()])
def test_json_stays_json(name: str) -> None:
    """It parses, and nothing in it can close a script element."""
    for file, data in made(name):
        json.loads(data)
        assert b"\x1b" not in data, file


@pytest.mark.skipif("graphml" not in DATA, reason="no such format")
def test_a_graph_stays_xml() -> None:
    """It parses as XML."""
    for _, data in made("graphml"):
        ET.fromstring(data)
