"""Papers as PDF, typeset by typst: for desks that want a document, to print, to sign, to put in a file.

The template (reports/data/paper.typ) is fixed and reads the paper as data, so nothing that others wrote is ever code.
The files are tagged after PDF/UA-1, for screen readers; the same paper gives the same bytes. What typst does not do by
itself is decided here: sizes at which codes fit (reports/formats/typeset.py), which page is turned round, what stays
together.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from reports.formats import Format
from reports.formats.typeset import INSET, Fit, chopped, compiled, fit, lines_in, shown, width
from reports.paper import (
    LABEL,
    PLAIN,
    STRONG,
    Block,
    Break,
    Bullets,
    Card,
    Cell,
    Code,
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
)
from tracer.words import Words, words

PORTRAIT, LANDSCAPE = 493_000, 739_000
"""Room across a page of A4 between its margins, in thousandths of a point."""

TALL, LOW = 600, 420
"""Points that a picture may be high, upright and turned round, with its caption on the same page."""

FRAME: Final = 22_000
"""What the frame of a card takes of the room."""

SIZES: Final = (8_500, 8_000, 7_500, 7_000)
FACT_SIZES: Final = (9_000, 8_500, 8_000, 7_500)
TEXT: Final = 9_500
TURN_FROM: Final = 12
"""Rows from which a table may have pages of its own, turned round."""

TOGETHER: Final = 40
"""Lines up to which a row or a card stays on one page."""

MOST_HEAD: Final = 10
"""Lines up to which a table's head stands on each of its pages."""

_WEB: Final = re.compile(r"(?:https?://|mailto:)[!-z~]{1,2000}")
_LONG: Final = re.compile(r"[!-~]{88}(?=[!-~])")
"""More in a row than a box of code is wide, in a card too."""

_VIEW: Final = re.compile(r"viewBox\s*=\s*[\"'][-\d.]+[ ,]+[-\d.]+[ ,]+(\d+)[\d.]*[ ,]+(\d+)")

Data = dict[str, Any]


def write(paper: Paper) -> bytes:
    """The paper as a PDF. Its only time is the paper's own."""
    data = json.dumps(_Page(_visible(paper)).data())
    return compiled("paper.typ", data, format="pdf", timestamp=paper.made, pdf_standards="ua-1")


class _Page:
    """A paper on its way to the template. ``level`` is that of the last heading: none may skip one."""

    def __init__(self, paper: Paper) -> None:
        self.paper = paper
        self.w: Words = words(paper.lang)
        self.anchors = _anchors(paper.blocks) - {""}
        self.placed: set[str] = set()
        self.level = 0

    def data(self) -> Data:
        """Everything the template shows."""
        paper = self.paper
        return {
            "title": paper.title,
            "subtitle": paper.subtitle,
            "lang": paper.lang,
            "reference": paper.reference,
            "digest": paper.digest,
            "footer": paper.footer,
            "page_of": re.split(r"(\{pages?\})", paper.terms["page_of"]),
            "blocks": _turned([self.block(block, PORTRAIT) for block in paper.blocks]),
        }

    def block(self, block: Block, room: int) -> Data:
        """A block for the template, as wide as there is room."""
        match block:
            case Heading(level, text, anchor):
                self.level = min(level, self.level + 1)
                found: Data = {"is": "heading", "level": self.level, "text": text, "id": self.place(anchor)}
            case Para(line):
                plain = all(span.kind in {PLAIN, STRONG} for span in line)
                found = {"is": "para", "line": self.line(line, TEXT, room), "plain": plain}
            case Bullets(items, numbered, boxes):
                lines = [self.line(item, TEXT, room - FRAME) for item in items]
                found = {"is": "bullets", "items": lines, "mark": "1" if numbered else "box" if boxes else "dot"}
            case Notice(tone, lines):
                said = [self.line(line, TEXT, room - 3 * FRAME) for line in lines]
                word, whole = self.w(f"pdf.tone.{tone}"), _lines(block, room) < TOGETHER
                found = {"is": "notice", "tone": tone, "word": word, "lines": said, "whole": whole}
            case Code(text):
                found = {"is": "code", "text": _LONG.sub("\\g<0>\n", text)}
            case Break():
                found = {"is": "break"}
            case Contents():
                found = {"is": "contents", "title": self.paper.terms["contents"]}
            case _:
                found = self.large(block, room)
        return found

    def large(self, block: Table | Facts | Card | Figure, room: int) -> Data:
        """A block that is laid out by its size."""
        match block:
            case Table():
                return self.table(block, room)
            case Facts(rows):
                cells = [(cell(Span(name, STRONG)), value) for name, value in rows]
                return {"is": "facts", **self.grid(cells, fit(cells, (3, 7), FACT_SIZES, room))}
            case Figure():
                return self.figure(block, room)
            case Card():
                return self.card(block, room)

    def figure(self, figure: Figure, room: int) -> Data:
        """The picture as large as the page bears, on a page turned round if it is wide."""
        wide, high = _size(figure.svg)
        turned = room == PORTRAIT and wide > high and wide * 750 > room
        most, tall = (LANDSCAPE, LOW) if turned else (room, TALL)
        return {
            "is": "figure",
            "id": self.place(figure.id),
            "caption": figure.caption,
            "alt": figure.alt,
            "svg": figure.svg,
            "width": min(most // 1000, tall * wide // high, wide),
            "flipped": turned,
        }

    def card(self, card: Card, room: int) -> Data:
        """A card; its title is a heading below the last one, so that it can be jumped to."""
        level, anchor = self.level, self.place(card.id)
        title = self.line(card.title, TEXT, room - FRAME)
        self.level += 1
        blocks = [self.block(block, room - FRAME) for block in card.blocks]
        self.level = level
        lines = sum(_lines(block, room - FRAME) for block in card.blocks)
        return {
            "is": "card",
            "id": anchor,
            "title": title,
            "level": level + 1,
            "blocks": blocks,
            "whole": lines < TOGETHER,
        }

    def table(self, table: Table, room: int) -> Data:
        """A table, at the largest size at which every word of it fits."""
        heads = [cell(Span(column.title, STRONG)) for column in table.columns]
        turned = LANDSCAPE if room == PORTRAIT and len(table.rows) >= TURN_FROM else 0
        found = fit([heads, *table.rows], [max(1, column.width) for column in table.columns], SIZES, room, turned)
        return {
            "is": "table",
            "id": self.place(table.id),
            "caption": table.caption,
            "more": self.line(table.more, TEXT, room),
            "right": [column.right for column in table.columns],
            "heads": self.row(heads, found),
            "repeat": _high(heads, found) <= MOST_HEAD,
            "flipped": found.flipped,
            **self.grid(table.rows, found),
        }

    def grid(self, rows: Sequence[Sequence[Cell]], found: Fit) -> Data:
        """The rows of a table or of facts. A row of more than a page's part may run over to the next."""
        return {
            "size": found.size,
            "widths": found.widths,
            "rows": [self.row(row, found) for row in rows],
            "long": [_high(row, found) > TOGETHER for row in rows],
        }

    def row(self, row: Sequence[Cell], found: Fit) -> list[list[list[Data]]]:
        """The cells of a row, each its lines."""
        return [
            [self.line(line, found.size, wide - 2 * INSET) for line in one.lines]
            for one, wide in zip(row, found.widths, strict=True)
        ]

    def line(self, line: Line, size: int, room: int) -> list[Any]:
        """A line's spans, none of whose words is wider than the room."""
        spans = (chopped(span, size, room) for span in line)
        return [[span.text, _form(span, size, room), self.target(span.url)] for span in spans]

    def target(self, url: str) -> str:
        """Where a span leads: into the web, or to something that is on this paper; anything else is no link."""
        if url.startswith("#"):
            return url if url[1:] in self.anchors else ""
        return url if _WEB.fullmatch(url) else ""

    def place(self, anchor: str) -> str:
        """An anchor, the first time it comes."""
        if not anchor or anchor in self.placed:
            return ""
        self.placed.add(anchor)
        return anchor


def _anchors(blocks: Iterable[Block]) -> set[str]:
    found: set[str] = set()
    for block in blocks:
        if isinstance(block, Heading | Table | Figure | Card):
            found.add(block.id)
        if isinstance(block, Card):
            found |= _anchors(block.blocks)
    return found


def _high(row: Sequence[Cell], found: Fit) -> int:
    """About how many lines a row takes."""
    return max((lines_in(one, found.size, wide) for one, wide in zip(row, found.widths, strict=True)), default=0)


def _form(span: Span, size: int, room: int) -> str:
    """How a span looks: its kind, and ``boxed`` for a label that fits a line."""
    return "boxed" if span.kind == LABEL and width(span.text, LABEL, size) < room - 4 * INSET else span.kind


def _visible(part: Any) -> Any:
    """A part of a paper, all of its words such that the fonts can show them."""
    if isinstance(part, str):
        return shown(part)
    if isinstance(part, tuple):
        parts = map(_visible, part)
        return type(part)(*parts) if hasattr(part, "_fields") else tuple(parts)
    return part


def _lines(block: Block, room: int) -> int:
    """About how many lines a block takes, rather too many than too few."""
    match block:
        case Para(line):
            lines = lines_in(Cell((line,)), TEXT, room) + 1
        case Bullets(items):
            lines = lines_in(Cell(items), TEXT, room - FRAME) + 1
        case Notice(_, said):
            lines = lines_in(Cell(said), TEXT, room - 3 * FRAME) + 2
        case Code(text):
            lines = text.count("\n") + len(text) // 60 + 3
        case Facts(rows):
            lines = sum(1 + lines_in(value, TEXT, room * 6 // 10) for _, value in rows)
        case Table():
            each = room // max(1, len(block.columns))
            lines = 3 + sum(1 + max((lines_in(one, TEXT, each) for one in row), default=0) for row in block.rows)
        case Figure() | Card():
            lines = TOGETHER
        case _:
            lines = 2
    return lines


def _size(svg: str) -> tuple[int, int]:
    """How wide and high a drawing is, in its own units."""
    found = _VIEW.search(svg)
    return (max(1, int(found[1])), max(1, int(found[2]))) if found else (1, 1)


def _turned(blocks: list[Data]) -> list[Data]:
    """The blocks, those that need it on a page turned round, with the headings right above and a picture's legend."""
    found: list[Data] = []
    for block in blocks:
        last: Data = found[-1] if found else {"is": "", "blocks": []}
        if block.get("flipped"):
            above: list[Data] = []
            while found and found[-1]["is"] == "heading":
                above.insert(0, found.pop())
            found.append({"is": "turned", "blocks": [*above, block]})
        elif block["is"] == "para" and last["is"] == "turned" and last["blocks"][-1]["is"] == "figure":
            last["blocks"].append(block)
        else:
            found.append(block)
    return found


FORMAT = Format("pdf", paper=write, rows=500)
