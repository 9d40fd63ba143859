"""Papers as Word files, as Markdown and as plain text: what each must keep of a paper."""

from __future__ import annotations

from io import BytesIO
from typing import Final
from zipfile import ZipFile

import docx
from docx.document import Document
from docx.oxml.ns import qn
from markdown_it import MarkdownIt
from rich.cells import cell_len

from reports.formats import docx as word
from reports.formats import md, txt
from reports.formats.zipped import EPOCH, repacked
from reports.paper import (
    BLANK,
    CODE,
    LABEL,
    Bullets,
    Card,
    Cell,
    Column,
    Facts,
    Figure,
    Heading,
    Notice,
    Paper,
    Para,
    Span,
    Table,
    cell,
    line,
)
from tests.reports.hostile import SVG

HASH: Final = "0x" + "5e" * 32
PAGE: Final = f"https://etherscan.io/tx/{HASH}"
TERMS: Final = {"page_of": "page {page} of {pages}"}


def paper(*blocks: object, lang: str = "en") -> Paper:
    """A paper of some blocks."""
    return Paper("Report", "Facts only", lang, "SFT-1", "ab" * 32, 1_790_000_000, "SFT-1 · ab", TERMS, blocks)  # type: ignore[arg-type]


def hops(rows: int) -> Table:
    """A table with a hash in every row."""
    row = (cell("1", value=1), cell(Span(HASH, CODE, PAGE)), cell("1,234.5 USDT"))
    columns = (Column("#", 5), Column("Transaction", 60), Column("Amount", 20, right=True))
    return Table("flows", "Every hop", columns, (row,) * rows, line("3 more rows are in the spreadsheet"))


def test_text_keeps_lines_short_and_codes_whole() -> None:
    """No line is wider than a screen, and every address and hash stands on one line."""
    said = "被害人地址的资金流向" * 40
    text = txt.write(
        paper(Para(line(said)), hops(2), Para(line("It left in ", Span(HASH, CODE), " at noon.")))
    ).decode()
    assert max(map(cell_len, text.splitlines())) <= txt.WIDTH
    assert text.count(HASH) == 3
    assert said in text.replace("\n", "")


def test_text_puts_narrow_tables_in_columns() -> None:
    """Figures stand below each other, ending at the same place."""
    rows = tuple((cell(name), cell(amount)) for name, amount in (("held", "1.5"), ("交易所", "1,200.25")))
    lines = (
        txt.write(paper(Table("t", "Sum", (Column("Where"), Column("Units", right=True)), rows))).decode().splitlines()
    )
    table = [text for text in lines if text.endswith(("1.5", "1,200.25"))]
    assert [cell_len(text) for text in table] == [cell_len(table[0])] * 2


def test_text_says_what_is_to_be_filled_in() -> None:
    """A blank is a rule with its name; a box can be ticked."""
    text = txt.write(paper(Bullets((line(Span("report number", BLANK)),), boxes=True))).decode()
    assert "[ ] ________ (report number)" in text


def test_markdown_keeps_tables_links_and_kinds() -> None:
    """Rendered, the table has its cells, the hash its link, the label its brackets."""
    blocks = (hops(1), Card("e", line(Span("[OKX · list]", LABEL)), (Facts((("Name", cell("a|b", "c")),)),)))
    page = MarkdownIt("gfm-like", {"linkify": False}).render(md.write(paper(*blocks)).decode())
    assert f'<a href="{PAGE}"><code>{HASH}</code></a>' in page
    assert '<td style="text-align:right">1,234.5 USDT</td>' in page
    assert "<h4>[OKX · list]</h4>" in page
    assert "<td>a|bc</td>" in page.replace("&lt;br&gt;", "").replace("<br>", "")


def test_markdown_says_how_loud_a_notice_is() -> None:
    """A warning is one in GitHub's notation."""
    assert "> [!CAUTION]\n> stop" in md.write(paper(Notice("stop", (line("stop"),)))).decode()


def open_word(*blocks: object, lang: str = "en") -> Document:
    return docx.Document(BytesIO(word.write(paper(*blocks, lang=lang))))


def test_a_word_file_has_the_same_bytes_every_time() -> None:
    """No clock is in it, neither in the zip nor in the properties."""
    blocks = (Heading(1, "One", "one"), hops(3), Figure("flow", "Flow", "A pays B", SVG))
    assert word.write(paper(*blocks)) == word.write(paper(*blocks))
    own = open_word(*blocks).core_properties
    assert own.created == own.modified
    assert "2026" in str(own.created)
    assert own.author == word.PROGRAM


def test_a_word_table_repeats_its_head_and_links_its_hashes() -> None:
    """Three rows are three rows, the head comes again on every page, and a hash leads to the explorer, whole."""
    made = open_word(hops(3))
    (table,) = made.tables
    assert [cell.text for cell in table.rows[0].cells] == ["#", "Transaction", "Amount"]
    assert len(table.rows) == 4
    assert table.rows[0]._tr.find(f"{qn('w:trPr')}/{qn('w:tblHeader')}") is not None
    (link,) = table.rows[1].cells[1].paragraphs[0].hyperlinks
    assert (link.text, link.address) == (HASH, PAGE)


def test_a_word_picture_is_described() -> None:
    """Who cannot see the picture hears what it shows."""
    made = open_word(Figure("flow", "Flow", "A pays B", SVG))
    (shape,) = made.inline_shapes
    assert shape._inline.docPr.get("descr") == "A pays B"


def test_a_word_file_marks_what_is_to_be_filled_in() -> None:
    """A blank is highlighted, so that nobody sends a letter with a hole in it."""
    made = open_word(Para(line("Report number: ", Span("of the police", BLANK))))
    marked = [run.text for one in made.paragraphs for run in one.runs if run.font.highlight_color is not None]
    assert marked == ["________ (of the police)"]


def test_a_word_file_has_headings_and_chinese_type() -> None:
    """Headings are real ones, for the navigation pane, and Chinese has a typeface of its own."""
    made = open_word(Heading(2, "资金流向", "flow"), lang="zh")
    heading = next(one for one in made.paragraphs if one.text == "资金流向")
    assert heading.style is not None
    assert heading.style.name == "Heading 2"
    assert made.styles["Normal"].element.rPr.rFonts.get(qn("w:eastAsia")) == word.CHINESE
    assert made.core_properties.language == "zh-CN"


def test_an_empty_cell_is_a_cell() -> None:
    """Word refuses a cell without a paragraph."""
    made = open_word(Table("t", "T", (Column("A"), Column("B")), ((Cell(), cell("x")),)))
    assert [one.text for one in made.tables[0].rows[1].cells] == ["", "x"]


def test_a_zip_forgets_when_it_was_written() -> None:
    """All members keep their bytes and their order, at the same moment."""
    made = BytesIO()
    with ZipFile(made, "w") as whole:
        whole.writestr("b", b"2")
        whole.writestr("a", b"1")
    with ZipFile(BytesIO(repacked(made.getvalue()))) as again:
        assert [(one.filename, one.date_time) for one in again.infolist()] == [("b", EPOCH), ("a", EPOCH)]
        assert again.read("b") == b"2"
