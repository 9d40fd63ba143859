"""Papers as Markdown (GitHub's): for case files kept in a repository or a wiki.

Every punctuation mark of the text is escaped, so nothing that others wrote becomes markup, a link or a mention. The
only links are those of the spans; the picture is said in words, since Markdown cannot hold one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from reports.formats import Format
from reports.paper import (
    BLANK,
    CODE,
    INFERENCE,
    LEAD,
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
)

_MARKS: Final = re.compile(r"([!-/:-@\[-`{-~])")
_AROUND: Final = {STRONG: "**", INFERENCE: "*", LEAD: "*"}
_TONES: Final = {"note": "NOTE", "warning": "WARNING", "stop": "CAUTION"}


def write(paper: Paper) -> bytes:
    """The paper as UTF-8 Markdown."""
    parts = [f"# {_escaped(paper.title)}", _escaped(paper.subtitle)]
    parts += ["\n".join(_block(block)) for block in paper.blocks]
    parts += ["---", _escaped(paper.footer)]
    return ("\n\n".join(parts) + "\n").encode()


def _block(block: Block) -> Iterator[str]:
    match block:
        case Heading(level, text):
            yield f"{'#' * (level + 1)} {_escaped(text)}"
        case Para(line):
            yield _said(line)
        case Code(text):
            fence = "`" * (max((len(run) for run in re.findall(r"`+", text)), default=2) + 1)
            yield from (max(fence, "```", key=len), text, max(fence, "```", key=len))
        case Figure(_, caption, alt):
            yield f"**{_escaped(caption)}**"
            yield f"\n{_escaped(alt)}"
        case Notice(tone, lines):
            yield f"> [!{_TONES[tone]}]"
            yield from (f"> {_said(line)}  " for line in lines)
        case Break():
            yield "---"
        case Contents():
            yield ""
        case _:
            yield from _grouped(block)


def _grouped(block: Bullets | Table | Facts | Card) -> Iterator[str]:
    match block:
        case Bullets(items, numbered, boxes):
            for number, line in enumerate(items, 1):
                yield f"{number}. {_said(line)}" if numbered else f"- {'[ ] ' if boxes else ''}{_said(line)}"
        case Facts(rows):
            yield "| | |\n|---|---|"
            yield from (f"| **{_escaped(name)}** | {_cell(value)} |" for name, value in rows)
        case Card(_, title, blocks):
            yield f"#### {_said(title)}"
            for inner in blocks:
                yield ""
                yield from _block(inner)
        case Table():
            yield from _table(block)


def _table(table: Table) -> Iterator[str]:
    yield f"**{_escaped(table.caption)}**\n"
    yield f"| {' | '.join(_escaped(column.title) for column in table.columns)} |"
    yield f"|{'|'.join('---:' if column.right else '---' for column in table.columns)}|"
    for row in table.rows:
        yield f"| {' | '.join(map(_cell, row))} |"
    if table.more:
        yield f"\n{_said(table.more)}"


def _cell(cell: Cell) -> str:
    return "<br>".join(map(_said, cell.lines))


def _said(line: Line) -> str:
    return "".join(map(_span, line))


def _span(span: Span) -> str:
    if span.kind == BLANK:
        return f"\\_\\_\\_\\_\\_\\_ ({_escaped(span.text)})"
    if span.kind == CODE and span.text.isalnum():
        said = f"`{span.text}`"
    else:
        around = _AROUND.get(span.kind, "")
        room = len(span.text) - len(span.text.lstrip()), len(span.text.rstrip())
        said = f"{span.text[: room[0]]}{around}{_escaped(span.text.strip())}{around}{span.text[room[1] :]}"
        said = span.text if not span.text.strip() else said
    return f"[{said}]({span.url})" if span.url else said


def _escaped(text: str) -> str:
    return _MARKS.sub(r"\\\1", text)


FORMAT = Format("md", paper=write, rows=500)
