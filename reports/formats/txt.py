"""Papers as plain text: for desks that take nothing else, for tickets, and for a mail's body.

No markup to misread. A table whose rows fit a line stands in columns; one with hashes in it would not, so there each
row becomes a short record, each of its codes on a line of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from rich.cells import cell_len
from rich.text import Text

from reports.formats import Format
from reports.layout import wrap
from reports.paper import (
    BLANK,
    CODE,
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
    text_in,
)

WIDTH: Final = 100
GAP: Final = 2
TONES: Final = {"note": "i", "warning": "!", "stop": "!!"}


def write(paper: Paper) -> bytes:
    """The paper as UTF-8 text with lines of at most `WIDTH` columns, codes excepted."""
    lines = [paper.title, "=" * cell_len(paper.title), *_wrapped(paper.subtitle), ""]
    for block in paper.blocks:
        lines += [*_block(block), ""]
    lines.append(paper.footer)
    return ("\n".join(line.rstrip() for line in lines) + "\n").encode()


def _block(block: Block) -> Iterator[str]:
    match block:
        case Heading(level, text):
            yield text
            yield "=-~"[level - 1] * cell_len(text)
        case Para(line):
            yield from _wrapped(_said(line))
        case Code(text):
            yield from (f"    {line}" for line in text.splitlines())
        case Figure(_, caption, alt):
            yield from _wrapped(caption)
            yield from _wrapped(alt, "  ")
        case Notice(tone, lines):
            for line in lines:
                yield from _wrapped(_said(line), f"{TONES[tone]:<3}")
        case Break() | Contents():
            yield ""
        case _:
            yield from _grouped(block)


def _grouped(block: Bullets | Table | Facts | Card) -> Iterator[str]:
    match block:
        case Bullets(items, numbered, boxes):
            for number, line in enumerate(items, 1):
                yield from _item(line, f"{number}. " if numbered else "[ ] " if boxes else "- ")
        case Facts(rows):
            for name, value in rows:
                yield from _named(name, map(_said, value.lines))
        case Card(_, title, blocks):
            yield from _wrapped(_said(title), "# ")
            for inner in blocks:
                yield from (f"  {line}" for line in _block(inner))
        case Table():
            yield from _table(block)


def _table(table: Table) -> Iterator[str]:
    yield from _wrapped(table.caption)
    cells = [[text_in(cell).replace("\n", " ") for cell in row] for row in table.rows]
    heads = [column.title for column in table.columns]
    widths = [max(map(cell_len, column)) for column in zip(heads, *cells, strict=True)]
    if sum(widths) + GAP * (len(widths) - 1) <= WIDTH:
        for texts in (heads, ["-" * width for width in widths], *cells):
            yield _columns(texts, widths, [column.right for column in table.columns])
    else:
        for row in table.rows:
            yield "-" * GAP
            for head, cell in zip(heads, row, strict=True):
                if cell.lines:
                    yield from _named(head, map(_said, cell.lines))
    if table.more:
        yield from _wrapped(_said(table.more))


def _columns(row: Iterable[str], widths: Iterable[int], right: Iterable[bool]) -> str:
    padded = []
    for text, width, is_right in zip(row, widths, right, strict=True):
        room = " " * (width - cell_len(text))
        padded.append(room + text if is_right else text + room)
    return (" " * GAP).join(padded)


def _named(name: str, lines: Iterable[str]) -> Iterator[str]:
    said = list(lines)
    if len(said) == 1:
        yield from _wrapped(f"{name}: {said[0]}")
        return
    yield f"{name}:"
    for line in said:
        yield from _wrapped(line, "  ")


def _item(line: Line, sign: str) -> Iterator[str]:
    for number, text in enumerate(_wrapped(_said(line), " " * len(sign))):
        yield text if number else sign + text[len(sign) :]


def _said(line: Line) -> str:
    """The words of a line; what is to be filled in is a rule with its name behind it, a code has room around it."""
    if len(line) == 1 and line[0].kind == CODE:
        return line[0].text
    return "".join(f"________ ({span.text})" if span.kind == BLANK else span.text for span in line)


def _wrapped(text: str, indent: str = "") -> Iterator[str]:
    yield from (indent + part.plain for part in wrap(Text(text), WIDTH - cell_len(indent)))


FORMAT = Format("txt", paper=write, rows=500)
