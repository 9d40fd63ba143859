"""The PDF: what a reader, a screen reader and a court get, whatever words somebody put into a token's name."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

import pypdf
import pytest

from reports.draft import TERMS
from reports.formats import formats
from reports.formats.pdf import TOGETHER, write
from reports.formats.raster import png
from reports.formats.typeset import chopped, fit, shown, width
from reports.paper import (
    BLANK,
    CODE,
    INFERENCE,
    KINDS,
    LABEL,
    LEAD,
    PLAIN,
    STRONG,
    Block,
    Break,
    Bullets,
    Card,
    Cell,
    Code,
    Column,
    Contents,
    Facts,
    Figure,
    Heading,
    Line,
    Notice,
    Paper,
    Para,
    Span,
    Table,
    cell,
    line,
)
from reports.report import report
from tests.reports.papers import draft, sample_dossier
from tracer.words import LANGUAGES, words

ROOT = Path(__file__).parents[2]
ADDRESS = "0x28c6c06298d514db089934071355e5743bf21d60"
HASH = "0x" + "0123456789abcdef" * 4
TRON = "TJRabPrwbZy45sbavfcjinPJC18kjpRTv8"
WEB = f"https://etherscan.io/tx/{HASH}"
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {1}" width="{0}" height="{1}">'
    '<rect x="5" y="5" width="90" height="40" fill="none" stroke="black"/>'
    '<text x="10" y="30" font-family="Noto Sans SC, sans-serif" font-size="12">{2}</text></svg>'
)
AGAIN = """
import hashlib
from tests.reports.test_pdf import everything, paper, write
print(hashlib.sha256(write(paper(*everything("\\u5b57 a")))).hexdigest(), end="")
"""
HOSTILE = (
    '#panic() #eval("1") #read("/etc/passwd")', "$x^2$ *b* _i_ <label> @ref // c /* c */ \\ ` ``` #[x] ] [ } {",
    "<script>alert(1)</script> & &amp; ]]>", "\x1b[31mred\x07\x00", "\u202ecba\u2066 \u200f\u200b",
    "\U0001f600\U0001f680 \u062e\u0637\u0623 \u05e9\u05dc \ud55c\uad6d \u0e44 e\u0301\u0301", "=HYPERLINK(1)",
    "x" * 300, "\u5b57" * 200, "\ud800", "{{ 7*7 }} {page} {pages}", "line\nline\r\ttab",
)  # fmt: skip


def paper(*blocks: Block, lang: str = "en") -> Paper:
    """A paper of these blocks."""
    w = words(lang)
    terms = {term: w(f"paper.term.{term}") for term in TERMS}
    terms["page_of"] = w("paper.term.page_of", page="{page}", pages="{pages}")
    footer = w("paper.footer", reference="SFT-1234ABCD", digest="ab" * 8)
    return Paper("A title", "A subtitle", lang, "SFT-1234ABCD", "ab" * 32, 1_767_322_800, footer, terms, blocks)


def everything(text: str) -> tuple[Block, ...]:
    """Every block and every kind of span, each saying the same."""
    spans: Line = (*(Span(text, kind) for kind in KINDS), Span(text, CODE, WEB), Span(text, PLAIN, text))
    cells = (cell(*(Span(text, kind) for kind in KINDS)), Cell((line(text),)))
    columns = (Column(text, 3), Column(text, 1, right=True))
    table = Table(text, text, columns, (cells, cells), line(text))
    small: tuple[Block, ...] = (Para(spans), Facts(((text, cells[0]),)), Bullets((spans,), boxes=True))
    return (
        Heading(3, text, text), *small, Bullets((spans,), numbered=True), table, Card(text, spans, small),
        Notice("note", (spans,)), Notice("warning", (spans,)), Notice("stop", (spans,)), Code(text), Break(),
        Figure("f", text, text, SVG.format(100, 50, "ok")),
    )  # fmt: skip


def texts(made: bytes) -> list[str]:
    """The text of every page."""
    return [page.extract_text() for page in pypdf.PdfReader(BytesIO(made)).pages]


def flat(made: bytes) -> str:
    """All text without white space."""
    return "".join("".join(texts(made)).split())


def links(made: bytes) -> set[str]:
    """Every address in the web that the file leads to."""
    pages = pypdf.PdfReader(BytesIO(made)).pages
    notes = [note.get_object() for page in pages for note in page.get("/Annots", ())]
    return {str(note["/A"]["/URI"]) for note in notes if "/URI" in note.get("/A", {})}


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile(text: str) -> None:
    """Whatever is in it, a text stays text, in every block and kind of span; nothing of it is run, lost or linked."""
    made = write(paper(*everything(text)))
    said = "".join(shown(text).split())
    assert flat(made).replace("\u200b", "").count(said) >= 10
    assert links(made) == {WEB}


def test_long_words() -> None:
    """Of ten thousand letters without a space none is lost over an edge, wherever they stand."""
    text = "x" * 10_000
    one = cell(text, Span(text, CODE), Span(text, LABEL))
    table = Table("t", "t", (Column("a", 10), Column("b", 10)), ((one, cell("b")),))
    made = write(paper(Para(line(text)), Notice("stop", (line(text),)), Facts((("f", one),)), table, Code(text)))
    for page in pypdf.PdfReader(BytesIO(made)).pages:
        edges: list[float] = []
        page.extract_text(visitor_text=lambda said, _, at, font, size, edges=edges: edges.append(at[4]))  # type: ignore[misc]
        assert max(edges) < page.mediabox.width
    assert flat(made).count("x") == 9 * len(text)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_accessible(lang: str) -> None:
    """The file is tagged after PDF/UA-1 and says its language and title, in both languages."""
    reader = pypdf.PdfReader(BytesIO(write(paper(*everything("\u88ab\u76d7 text"), lang=lang))))
    root: Any = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert str(root["/Lang"]).startswith(lang)
    assert b"<pdfuaid:part>1" in root["/Metadata"].get_object().get_data()
    assert reader.metadata is not None
    assert reader.metadata.title == "A title"


def test_same_bytes(tmp_path: Path) -> None:
    """The same paper gives the same bytes in another process, folder, time zone and locale."""
    env = {"PYTHONPATH": str(ROOT), "TZ": "Asia/Tokyo", "LC_ALL": "C", "PYTHONHASHSEED": "7"}
    made = write(paper(*everything("\u5b57 a")))
    done = subprocess.run([sys.executable, "-c", AGAIN], cwd=tmp_path, env=env, capture_output=True, check=True)
    assert write(paper(*everything("\u5b57 a"))) == made
    assert done.stdout.decode() == hashlib.sha256(made).hexdigest()


def test_time() -> None:
    """The only time in the file is the paper's."""
    found = pypdf.PdfReader(BytesIO(write(paper(Para(line("a")))))).metadata
    assert found is not None
    assert {str(found["/CreationDate"]), str(found["/ModDate"])} == {"D:20260102030000Z"}


CODES: Line = (Span(ADDRESS, CODE), Span(HASH, CODE), Span(TRON, CODE))
ROW = (cell("1"), cell("2026-01-02 03:00:00 UTC"), cell(*CODES), cell("1,234,567.123456 USDT"))
COLUMNS = (Column("#", 2), Column("time", 10), Column("codes", 10), Column("amount", 10, right=True))
FACTS = Facts((("code", cell(*CODES)),))
PLACES: dict[str, tuple[Block, ...]] = {
    "words": tuple(Para(line("in words ", one, " and on")) for one in CODES),
    "facts": (FACTS,),
    "table": (Table("t", "t", COLUMNS, (ROW,)),),
    "card": (Card("c", line("c"), (FACTS,)),),
}


@pytest.mark.parametrize("blocks", PLACES.values(), ids=PLACES)
def test_codes(blocks: tuple[Block, ...]) -> None:
    """Addresses and hashes come out of the file in one piece, wherever they fit a line."""
    text = "\n".join(texts(write(paper(*blocks))))
    assert all(one in text for one in (ADDRESS, HASH, TRON))


def test_wide_table() -> None:
    """A long table whose codes do not fit beside each other gets a page turned round, and they stay whole."""
    columns = tuple(Column(name, 10) for name in ("from", "to", "tx", "traced"))
    row = (cell(Span(ADDRESS, CODE)), cell(Span(ADDRESS, CODE)), cell(Span(HASH, CODE)), cell("1,234.5 USDT"))
    made = write(paper(Table("t", "t", columns, (row,) * 40), Para(line("after"))))
    pages = pypdf.PdfReader(BytesIO(made)).pages
    wide = [page for page in pages if page.mediabox.width > page.mediabox.height]
    assert sum(page.extract_text().count(HASH) for page in wide) == 40
    assert "after" in pages[-1].extract_text()
    assert pages[-1].mediabox.width < pages[-1].mediabox.height


def test_narrow_codes() -> None:
    """A code that fits no line is broken into lines, every sign of it there and none added."""
    columns = tuple(Column(str(number), 10) for number in range(8))
    made = write(paper(Table("t", "t", columns, (tuple(cell(Span(HASH, CODE)) for _ in columns),))))
    parts = [part for part in texts(made)[0].split() if set(part) <= set("0x123456789abcdef") and len(part) > 3]
    assert sorted("".join(parts)) == sorted(HASH * len(columns))


def test_table_heads_repeat() -> None:
    """A table's heading stands on each of its pages, and no row is on two of them."""
    rows = tuple((cell(f"row {n}", f"end {n}."), cell(str(n))) for n in range(200))
    pages = texts(write(paper(Table("t", "caption", (Column("what", 10), Column("number", 10, right=True)), rows))))
    assert len(pages) > 2
    assert all("what" in page for page in pages)
    assert all(any(f"row {n}\nend {n}." in page for page in pages) for n in range(200))


def test_long_row() -> None:
    """A row or a card of more than a page loses nothing."""
    many = [f"line {n}." for n in range(6 * TOGETHER)]
    columns = (Column("a", 10), Column("b", 10))
    made = write(
        paper(
            Table("t", "t", columns, ((cell(*many), cell("x")),)), Card("c", line("c"), (Facts((("f", cell(*many)),)),))
        )
    )
    text = "\n".join(texts(made))
    assert all(text.count(one) == 2 for one in many)


@pytest.mark.parametrize("lines", [TOGETHER // 2, TOGETHER - 3, TOGETHER, TOGETHER + 3])
def test_card_fits(lines: int) -> None:
    """A card that is kept on one page fits it: all of its lines are there, and its frame ends on the page."""
    rows = tuple((f"name {n}", cell(Span(HASH, CODE))) for n in range(lines // 2))
    made = write(paper(Card("c", line("card"), (Facts(rows), Para(line("the end of it"))))))
    assert flat(made).count(HASH) == len(rows)
    assert "theendofit" in flat(made)


def test_bookmarks() -> None:
    """Headings and cards can be jumped to, and no level is skipped."""
    blocks = (Heading(1, "one", "h1"), Card("c", line("a card ", Span("[x]", LABEL)), ()), Heading(3, "three", "h3"))
    outline: Any = pypdf.PdfReader(BytesIO(write(paper(*blocks)))).outline
    assert outline[0].title == "one"
    assert [one.title for one in outline[1]] == ["a card [x]", "three"]


def test_contents() -> None:
    """Where a paper asks for it stands a table of contents with page numbers; else there is none."""
    parts = [one for n in range(12) for one in (Heading(1, f"part {n}", f"p{n}"), Para(line("words")), Break())]
    with_it = texts(write(paper(Para(line("first")), Contents(), *parts)))
    assert "first" in with_it[0]
    assert "Contents" in with_it[1]
    assert "part 11" in with_it[1]
    assert "page 14 of 14" in with_it[-1]
    assert not any("Contents" in page for page in texts(write(paper(*parts))))


def test_links() -> None:
    """A span leads into the web or to a place on this paper that is there; anything else is text."""
    urls = (WEB, "mailto:a@example.org", "javascript:alert(1)", "file:///etc/passwd", "#there", "#not-there", "#", "x")
    made = write(paper(Heading(1, "h", "there"), *(Para((Span("go", CODE, url),)) for url in urls)))
    assert links(made) == {WEB, "mailto:a@example.org"}
    pages = pypdf.PdfReader(BytesIO(made)).pages
    assert sum(len(page.get("/Annots", ())) for page in pages) == 3


def test_doubled_anchor() -> None:
    """Two things of one name do not break a paper; links lead to the first."""
    made = write(paper(Heading(1, "a", "x"), Heading(1, "b", "x"), Para((Span("go", PLAIN, "#x"),))))
    assert "go" in texts(made)[0]


def test_empty() -> None:
    """What has nothing in it is no error."""
    table = Table("t", "nothing", (Column("a", 0),), ())
    made = write(paper(Para(()), Bullets(()), Facts(()), table, Card("e", (), ()), Notice("note", ()), Code("")))
    assert "nothing" in texts(made)[0]


def test_figure() -> None:
    """A wide picture has its heading and legend with it on a page turned round; its words are real text."""
    wide = Figure("f", "caption", "what it shows", SVG.format(1500, 600, "0x28c6 \u4ea4\u6613\u6240"))
    pages = pypdf.PdfReader(
        BytesIO(write(paper(Heading(1, "flow", "h"), wide, Para(line("legend")), Break(), Para(line("on")))))
    ).pages
    turned = [page for page in pages if page.mediabox.width > page.mediabox.height]
    assert len(turned) == 1
    text = turned[0].extract_text()
    assert all(one in text for one in ("flow", "caption", "0x28c6 \u4ea4\u6613\u6240", "legend"))
    assert not list(turned[0].images)


def test_small_figure() -> None:
    """A picture that fits an upright page stays among the words, however tall."""
    for size in ((400, 200), (600, 3000)):
        pages = pypdf.PdfReader(BytesIO(write(paper(Figure("f", "c", "a", SVG.format(*size, "x")))))).pages
        assert [page.mediabox.width < page.mediabox.height for page in pages] == [True]


def test_kinds_of_claim() -> None:
    """Their signs are in the text, and what is to be filled in says with what."""
    spans = line(Span("[Binance]", LABEL), Span("\u2248 so", INFERENCE), Span("\u25c7 lead", LEAD), Span("name", BLANK))
    assert all(one.text in texts(write(paper(Para(spans))))[0] for one in spans)


def test_notice_says_its_tone() -> None:
    """How loud a notice is stands in words, not only in colour."""
    tones = [Notice("note", (line("a"),)), Notice("warning", (line("b"),)), Notice("stop", (line("c"),))]
    for lang, said in (("en", ("Note", "Warning", "Stop")), ("zh", ("\u8bf4\u660e", "\u6ce8\u610f", "\u8b66\u793a"))):
        text = flat(write(paper(*tones, lang=lang)))
        assert all(one in text for one in said)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_report(lang: str) -> None:
    """The report of the hostile sample is typeset in both languages, every address of its flows whole on it."""
    found = sample_dossier()
    text = flat(write(report(draft(found, lang))))
    assert all(flow.tx in text for flow in found.result.flows)


def test_one_of_the_formats() -> None:
    """Whoever looks for formats finds it."""
    assert formats()["pdf"].paper is write


def test_png() -> None:
    """A picture as pixels is as wide as asked for, and always the same."""
    svg = SVG.format(300, 100, "\u4ea4\u6613\u6240 \U0001f600")
    made = png(svg, 900)
    assert made.startswith(b"\x89PNG")
    assert (int.from_bytes(made[16:20]), int.from_bytes(made[20:24])) == (900, 300)
    assert made == png(svg, 900)


def test_shown() -> None:
    """What the fonts lack and what cannot be seen is said by its number; everything else stays."""
    assert shown("a\U0001f600\u202e\u200b\x00\ud800") == "a{U+1F600}{U+202E}{U+200B}{U+0000}{U+D800}"
    same = "A-z 0.9 \u00e9\u03a9\u0416 \u88ab\u76d7\u9f98\u3400 \u2248\u25c7\u2192\u300a\uff08\u201c\u2014\u2026"
    assert shown(same) == same


def test_widths() -> None:
    """Codes are as wide as they are long, bold words wider than others, and chopping adds nothing to a code."""
    assert width("0" * 66, CODE, 8_500) // 66 == width("0", CODE, 8_500)
    assert width("12", STRONG, 9_000) > width("12", PLAIN, 9_000)
    span = chopped(Span(HASH, CODE), 8_500, 100_000)
    assert span.text.replace("\n", "") == HASH
    assert len({len(one) for one in span.text.split("\n")[:-1]}) == 1
    assert chopped(Span("short"), 8_500, 100_000).text == "short"


def test_fit() -> None:
    """Columns share the room: no more than there is, and none narrower than its longest code."""
    rows = [(cell("1"), cell(Span(HASH, CODE)), cell("some words that can be wrapped " * 9))]
    found = fit(rows, (1, 1, 1), (8_500, 7_000), 493_000)
    assert found.size == 8_500
    assert 492_990 <= sum(found.widths) <= 493_000
    assert found.widths[1] >= width(HASH, CODE, 8_500)
