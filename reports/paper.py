"""A paper before it has a format: headings, paragraphs, tables and cards, whose words say what kind of claim they are.

Every report, letter and list is written once, as a `Paper`, and typeset by one module per format (reports/formats/).
So the same number stands in every format, and whoever adds a format need not know what a trace is.

A span's kind is how it looks; what it claims can be told without colour too, because the text itself carries the signs
that the terminal uses (reports/view.py): `[a label · its source]`, `≈ an inference`, `◇ a lead`. Text that others wrote
is made harmless (`tracer.hostile.clean`) before it becomes a span; each format escapes what it has to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, Final, Literal, NamedTuple

from rich.text import Text

PLAIN, STRONG, QUIET, CODE, LABEL, INFERENCE, LEAD, BLANK = (
    "plain",
    "strong",
    "quiet",
    "code",
    "label",
    "inference",
    "lead",
    "blank",
)
KINDS: Final = (PLAIN, STRONG, QUIET, CODE, LABEL, INFERENCE, LEAD, BLANK)
"""``code`` is an address, a hash, a digest: copied by readers, never hyphenated or cut. ``blank`` is to be filled in by
hand, its text says with what."""

_KIND_OF: Final[Mapping[str, str]] = {
    "cyan": LABEL,
    "yellow italic": INFERENCE,
    "magenta": LEAD,
    "magenta italic": LEAD,
    "bold magenta": LEAD,
    "dim": QUIET,
    "bold": STRONG,
    "bold green": STRONG,
    "bold red": STRONG,
    "yellow": STRONG,
}
"""What the styles of the terminal report mean."""


class Span(NamedTuple):
    """Some words on a line. ``url`` is where they lead, "" for nowhere."""

    text: str
    kind: str = PLAIN
    url: str = ""


Line = tuple[Span, ...]


class Exact(NamedTuple):
    """An amount: whole base units of something with so many decimals."""

    units: int
    decimals: int


class Moment(NamedTuple):
    """A point in time, Unix seconds."""

    time: int


Value = Exact | Moment | int | None
"""What a cell says to a machine: a spreadsheet keeps it beside the text."""


class Cell(NamedTuple):
    """One cell: lines below each other, and its value where it has one."""

    lines: tuple[Line, ...] = ()
    value: Value = None


class Column(NamedTuple):
    """``width`` is its part of the table's width, in no unit; figures stand right."""

    title: str
    width: int = 10
    right: bool = False


class Heading(NamedTuple):
    """``level`` 1 to 3. ``id`` is the same in every language: a link's target."""

    level: int
    text: str
    id: str


class Para(NamedTuple):
    """A paragraph."""

    line: Line


class Bullets(NamedTuple):
    """A list; with ``numbered``, in an order that matters. With ``boxes``, to be ticked off."""

    items: tuple[Line, ...]
    numbered: bool = False
    boxes: bool = False


class Table(NamedTuple):
    """A table. ``more`` says what was left out and where it stands whole; no columns' titles repeat.

    ``id`` names it in every format (a sheet, a file, an anchor).
    """

    id: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    more: Line = ()


class Facts(NamedTuple):
    """Names and what stands beside them."""

    rows: tuple[tuple[str, Cell], ...]


class Card(NamedTuple):
    """One thing described in its own frame, kept on one page if it can be. ``id`` is an anchor."""

    id: str
    title: Line
    blocks: tuple[Block, ...]


class Notice(NamedTuple):
    """Something nobody may overlook. ``tone`` is how loud."""

    tone: Literal["note", "warning", "stop"]
    lines: tuple[Line, ...]


class Figure(NamedTuple):
    """The flow picture. ``svg`` is whole and safe to embed; ``alt`` says in words what it shows.

    ``graph`` is what an interactive format draws instead (reports/picture/data.py), None where there is nothing more.
    """

    id: str
    caption: str
    alt: str
    svg: str
    graph: Mapping[str, Any] | None = None


class Code(NamedTuple):
    """Text to copy as it is: commands, or the words for a form."""

    text: str


class Break(NamedTuple):
    """What follows begins a page."""


class Contents(NamedTuple):
    """Where the table of contents stands, in formats that have one. Without it a paper has none."""


Block = Heading | Para | Bullets | Table | Facts | Card | Notice | Figure | Code | Break | Contents


class Paper(NamedTuple):
    """A whole paper. ``made`` (Unix seconds) is the only time a format may write into its file's own data.

    ``lang`` is one of `tracer.words.LANGUAGES`; ``footer`` stands on every page with its number; ``reference`` and
    ``digest`` are those of the dossier. ``terms`` are the words a format adds by itself (`reports.draft.TERMS`, and
    ``page_of`` with its places ``{page}`` and ``{pages}``).
    """

    title: str
    subtitle: str
    lang: str
    reference: str
    digest: str
    made: int
    footer: str
    terms: Mapping[str, str]
    blocks: tuple[Block, ...]


def text_of(line: Line) -> str:
    """The words of a line."""
    return "".join(span.text for span in line)


def text_in(cell: Cell) -> str:
    """The words of a cell, its lines apart."""
    return "\n".join(map(text_of, cell.lines))


def line(*parts: str | Span) -> Line:
    """A line of plain words and spans; empty parts are left out."""
    spans = (Span(part) if isinstance(part, str) else part for part in parts)
    return tuple(span for span in spans if span.text)


def cell(*lines: str | Span | Line, value: Value = None) -> Cell:
    """A cell of lines; empty lines are left out."""
    whole = (one if isinstance(one, tuple) and not isinstance(one, Span) else line(one) for one in lines)
    return Cell(tuple(one for one in whole if one), value)


def line_of(text: Text) -> Line:
    """A line of the terminal report as spans: its styles say what kind of claim each piece is."""
    return tuple(_spans(text))


def _spans(text: Text) -> Iterator[Span]:
    cuts = sorted({0, len(text.plain), *(at for span in text.spans for at in (span.start, span.end))})
    for start, end in pairwise(cuts):
        styles = [str(span.style) for span in text.spans if span.start <= start and end <= span.end]
        style = next((one for one in reversed(styles) if one in _KIND_OF), str(text.style))
        if start < end:
            yield Span(text.plain[start:end], _KIND_OF.get(style, PLAIN))
