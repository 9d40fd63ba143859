"""Papers as Word files: to be edited, filled in and signed by whoever sends them.

python-docx writes the package; tables are put together from their elements, because its own cells take seconds for a
few hundred rows. What is to be filled in is marked, since nobody should send a letter with a hole in it. The same paper
gives the same bytes (reports/formats/zipped.py).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from io import BytesIO
from typing import Final

import docx
from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml.ns import qn
from docx.shared import Emu, Mm
from docx.text.paragraph import Paragraph

from reports.formats import Format
from reports.formats.docx_elements import MONO, Element, Link, element, fill, fill_break, grid
from reports.formats.raster import png
from reports.formats.zipped import repacked
from reports.paper import (
    Block,
    Break,
    Bullets,
    Card,
    Code,
    Contents,
    Facts,
    Figure,
    Heading,
    Line,
    Notice,
    Paper,
    Para,
    Table,
    line,
)

FONT, CHINESE = "Arial", "Microsoft YaHei"
PROGRAM: Final = "stolen-funds-tracer"
MARGIN: Final = Mm(18)
PICTURE: Final = Mm(174)
PICTURE_PIXELS: Final = 2_000
FIELDS: Final = {"{page}": "PAGE", "{pages}": "NUMPAGES"}
STYLES: Final = (
    ("Normal", 20, 10),
    ("Title", 40, 8),
    ("Subtitle", 20, 24),
    ("Heading 1", 30, 12),
    ("Heading 2", 25, 10),
    ("Heading 3", 22, 8),
    ("Caption", 17, 6),
    ("Footer", 15, 0),
    ("Item", 20, 4),
    ("Card", 22, 6),
    ("Cell", 16, 0),
    ("CellHead", 16, 0),
    ("Copied", 16, 0),
    ("Gap", 8, 8),
)
"""Name, size and space below in half points."""

HALF_POINT: Final = Emu(6_350)

LANGUAGE: Final = {"en": "en-GB", "zh": "zh-CN"}
SHADES: Final = {"note": "E8F0FE", "warning": "FFF4CE", "stop": "FDE7E9"}
SIGNS: Final = {"note": "ⓘ ", "warning": "⚠ ", "stop": "■ "}


def write(paper: Paper) -> bytes:
    """The paper as a .docx file."""
    document = docx.Document()
    _set_up(document, paper)
    writer = _Writer(document, _relation(document))
    document.add_paragraph(paper.title, "Title")
    document.add_paragraph(paper.subtitle, "Subtitle")
    for block in paper.blocks:
        writer.put(block)
    _footer(document, paper)
    made = BytesIO()
    document.save(made)
    return repacked(made.getvalue())


class _Writer:
    """Appends blocks to a document."""

    def __init__(self, document: Document, link: Link) -> None:
        self.document, self.link = document, link

    def put(self, block: Block) -> None:
        """One block."""
        match block:
            case Heading(level, text):
                self.document.add_heading(text, level)
            case Para(said):
                self._paragraph(said)
            case Break():
                fill_break(self.document.add_paragraph()._p)  # noqa: SLF001 - the element that python-docx wraps
            case Figure():
                self._figure(block)
            case Contents():
                pass
            case Code(text):
                for part in text.splitlines():
                    self.document.add_paragraph(part, "Copied")
            case _:
                self._grouped(block)

    def _grouped(self, block: Bullets | Table | Facts | Card | Notice) -> None:
        match block:
            case Bullets(items, numbered, boxes):
                for number, item in enumerate(items, 1):
                    sign = f"{number}. " if numbered else "☐ " if boxes else "• "
                    self._paragraph(line(sign, *item), "Item")
            case Table():
                self._table(block)
            case Facts(rows):
                cells = [((line(name),), value.lines) for name, value in rows]
                self._append(grid(cells, (28, 72), (False, False), self.link))
            case Notice(tone, lines):
                said = tuple(line(SIGNS[tone], *one) if not number else one for number, one in enumerate(lines))
                self._append(grid([(said,)], (100,), (False,), self.link, shade=SHADES[tone]))
            case Card(_, title, blocks):
                self._paragraph(title, "Card")
                for inner in blocks:
                    self.put(inner)

    def _paragraph(self, said: Line, style: str | None = None) -> Paragraph:
        paragraph = self.document.add_paragraph(style=style)
        fill(paragraph._p, said, self.link)  # noqa: SLF001 - the element that python-docx wraps
        return paragraph

    def _table(self, table: Table) -> None:
        self.document.add_paragraph(table.caption, "Caption")
        heads = tuple((line(column.title),) for column in table.columns)
        rows = [heads, *(tuple(cell.lines for cell in row) for row in table.rows)]
        widths = tuple(column.width for column in table.columns)
        right = tuple(column.right for column in table.columns)
        self._append(grid(rows, widths, right, self.link, head=True))
        if table.more:
            self._paragraph(table.more)

    def _figure(self, figure: Figure) -> None:
        self.document.add_picture(BytesIO(png(figure.svg, PICTURE_PIXELS)), width=PICTURE)
        shown = self.document.inline_shapes[-1]._inline.docPr  # noqa: SLF001 - python-docx has no way to describe it
        shown.set("descr", figure.alt)
        shown.set("title", figure.caption)
        self.document.add_paragraph(figure.caption, "Caption")

    def _append(self, table: Element) -> None:
        """A table, and after it the paragraph that keeps it from growing together with the next."""
        self.document.element.body.sectPr.addprevious(table)
        self.document.add_paragraph(style="Gap")


def _relation(document: Document) -> Link:
    return lambda url: document.part.relate_to(url, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)


def _set_up(document: Document, paper: Paper) -> None:
    """Page, styles, and the file's own data, which names no person and no other time than the paper's."""
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = MARGIN
    own = document.core_properties
    own.title, own.subject, own.identifier = paper.title, paper.subtitle, paper.reference
    own.author, own.last_modified_by, own.comments, own.revision = PROGRAM, PROGRAM, "", 1
    own.language = LANGUAGE[paper.lang]
    own.created = own.modified = datetime.fromtimestamp(paper.made, UTC).replace(tzinfo=None)
    for name, size, space in STYLES:
        styles = document.styles
        style = styles[name] if name in styles else styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.font.size, style.font.name = Emu(size * HALF_POINT), FONT
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for old in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{old}"), None)
        fonts.set(qn("w:eastAsia"), CHINESE)
        style.paragraph_format.space_before, style.paragraph_format.space_after = Emu(0), Emu(space * HALF_POINT)
    document.styles["CellHead"].font.bold = document.styles["Card"].font.bold = True
    document.styles["Card"].paragraph_format.keep_with_next = True
    document.styles["Caption"].paragraph_format.keep_with_next = True
    document.styles["Copied"].font.name = MONO
    normal = document.styles["Normal"].element.get_or_add_rPr()
    normal.append(element("lang", {"val": "en-GB", "eastAsia": "zh-CN"}))


def _footer(document: Document, paper: Paper) -> None:
    """Reference, digest, and page x of y as fields that Word counts."""
    paragraph = document.sections[0].footer.paragraphs[0]._p  # noqa: SLF001 - the element that python-docx wraps
    for part in re.split(r"(\{pages?\})", f"{paper.footer} · {paper.terms['page_of']}"):
        if part in FIELDS:
            paragraph.append(element("fldSimple", {"instr": FIELDS[part]}))
        else:
            fill(paragraph, line(part), _relation(document))


FORMAT = Format("docx", paper=write, rows=500)
