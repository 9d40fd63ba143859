"""Typesetting with typst: its fonts, how wide words stand in them, and the columns of a table worked out from that.

typst breaks no hash and no long number, it lets them run over their column's edge; so whoever sets a table has to know
before how much room its longest word takes. Widths are whole thousandths of a point, read from the fonts themselves.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import product
from typing import Any, Final, NamedTuple, Self

import typst
from fontTools.ttLib import TTFont

from reports.paper import CODE, STRONG, Cell, Span

FONTS: Final = str(files("reports") / "fonts")
ROOT: Final = str(files("reports") / "data")
"""The only folder that a template could read; none does."""

MONO: Final = 602
CODE_SIZE: Final = 88
"""Codes are set in 88 % of the size of the words beside them: their letters are tall."""

BOLD: Final = 108
"""Percent: bold letters against others."""

INSET: Final = 3_000
"""On either side of a cell."""

SLACK: Final = 103
"""Percent: a space before a Latin word in Chinese, and the like."""

SHORT: Final = 14_000
"""A line of this width at a size of one point, a moment or an amount, is better not wrapped."""

WHOLE: Final = (100, 60, 0)
"""How much of a short line should stand in one line, percent: all of it, or else all in two."""

MOST_PARTS: Final = 9
UNBROKEN: Final = 16 * MONO * CODE_SIZE // 100
"""Codes of up to so many signs, names of settings and the like, are never broken."""

_WORDS: Final = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]|\s+|[^\s\u2e80-\uffef]+")
_TO_BREAK: Final = "\u200b"

LARGE: Final = 200_000
KEPT: Final = 10
"""typst keeps what it worked out for that many compilations; of a large paper that is some hundred megabytes, so it is
made to forget it by compilations of nothing."""


@cache
def _advances() -> Mapping[int, int]:
    """How far each character of the font goes, in thousandths of the size, by its code point."""
    with TTFont(files("reports") / "fonts" / "NotoSansSC-Regular.ttf", lazy=True) as font:
        widths: Mapping[str, tuple[int, int]] = font["hmtx"].metrics
        return {code: widths[glyph][0] for code, glyph in font.getBestCmap().items()}


@cache
def _advance(sign: str, kind: str) -> int:
    if kind == CODE and sign.isascii():
        return MONO
    return _advances().get(ord(sign), 1000) * (BOLD if kind == STRONG else 100) // 100


@cache
def fonts() -> typst.Fonts:
    """The fonts of every picture and page: those of this folder and typst's own, never the machine's."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[FONTS])


def shown(text: str) -> str:
    """Text with what no font has, and what nobody can see, said by its number: `{U+1F600}`.

    The standard for accessible PDFs refuses characters without a glyph, and a reader should know that one is missing.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(sign if _has(sign) else f"{{U+{ord(sign):04X}}}" for sign in text)


@cache
def _has(sign: str) -> bool:
    if sign in "\n\t":
        return True
    return unicodedata.category(sign)[0] != "C" and ord(sign) in _advances()


def width(text: str, kind: str, size: int) -> int:
    """How wide some text stands in one line, at a size in thousandths of a point."""
    size = size * CODE_SIZE // 100 if kind == CODE else size
    return sum(_advance(sign, kind) for sign in text) * size * SLACK // 100_000


def chopped(span: Span, size: int, room: int) -> Span:
    """A span whose words all fit a room: longer ones may be broken within, a code only into lines of one length."""
    if width(span.text, span.kind, size) <= room:
        return span
    if span.kind == CODE:
        fits = max(1, room // max(1, width("0", CODE, size)))
        each = -(-len(span.text) // -(-len(span.text) // fits))
        text = "\n".join(span.text[at : at + each] for at in range(0, len(span.text), each))
    else:
        text = "".join(_with_breaks(word, span.kind, size, room) for word in _WORDS.findall(span.text))
    return span._replace(text=text)


def _with_breaks(word: str, kind: str, size: int, room: int) -> str:
    if width(word, kind, size) <= room:
        return word
    pieces, taken = [""], 0
    for sign in word:
        taken += width(sign, kind, size)
        if taken > room:
            pieces.append("")
            taken = width(sign, kind, size)
        pieces[-1] += sign
    return _TO_BREAK.join(pieces)


class Fit(NamedTuple):
    """How a table stands: the size of its words, the widths of its columns, and whether on a page turned round."""

    size: int
    widths: tuple[int, ...]
    flipped: bool = False


def fit(
    rows: Sequence[Sequence[Cell]], weights: Sequence[int], sizes: Sequence[int], room: int, flipped: int = 0
) -> Fit:
    """The largest size at which no word leaves its column, and if it can be, short lines stay whole.

    ``flipped`` is the room on a page turned round, nil where that is not to be had. Only where neither is enough are
    long codes broken into lines.
    """
    extents = [_Extent.of([row[place] for row in rows]) for place in range(len(weights))]
    for parts in range(1, MOST_PARTS):
        for wide in (room, flipped):
            for percent, size in product(WHOLE, sizes if wide else ()):
                narrow = [one.needed(size, wide, parts, percent) for one in extents]
                if sum(narrow) <= wide:
                    return Fit(size, _shared(extents, narrow, weights, size, wide), flipped=wide != room)
    whole = sum(weights)
    return Fit(sizes[-1], tuple(room * weight // whole for weight in weights))


class _Extent(NamedTuple):
    """The widest of a column's words, codes and short lines, and all its lines, at a size of one point."""

    words: int
    codes: int
    short: int
    lines: tuple[int, ...]

    @classmethod
    def of(cls, cells: Iterable[Cell]) -> Self:
        """The extent of a column."""
        words, codes, short, lines = [0], [0], [0], [0]
        for line in (line for cell in cells for line in cell.lines):
            pieces = [(width(span.text, span.kind, 1000), span) for span in line]
            lines.append(sum(wide for wide, _ in pieces))
            codes += [wide for wide, span in pieces if span.kind == CODE]
            others = [span for _, span in pieces if span.kind != CODE]
            words += [width(word, span.kind, 1000) for span in others for word in _WORDS.findall(span.text)]
            if lines[-1] <= SHORT and len(others) == len(line):
                short.append(lines[-1])
        return cls(max(words), max(codes), max(short), tuple(lines))

    def needed(self, size: int, room: int, parts: int, percent: int) -> int:
        """What the column has to have. A word of more than a third of the page may be broken."""
        words = min(self.words * size // 1000, room // 3)
        codes = max(-(-self.codes // parts), min(self.codes, UNBROKEN)) * size // 1000
        rounded = size // 1000 + 1
        return max(words, codes, self.short * percent // 100 * size // 1000) + rounded + 2 * INSET

    def wanting(self, size: int, wide: int) -> list[int]:
        """How much each line lacks that would be wrapped in a column so wide."""
        room = wide - 2 * INSET
        return [line * size // 1000 - room for line in self.lines if line * size // 1000 > room]


def _shared(
    extents: Sequence[_Extent], narrow: Sequence[int], weights: Sequence[int], size: int, room: int
) -> tuple[int, ...]:
    """The room shared out: each what it must have, then whole short lines, then to those whose lines lack most."""
    widths, left = list(narrow), room - sum(narrow)
    for n, one in sorted(enumerate(extents), key=lambda one: one[1].short * size // 1000 - narrow[one[0]]):
        more = min(left, max(0, one.short * size // 1000 + 2 * INSET - widths[n]))
        widths[n] += more
        left -= more
    lacking = [one.wanting(size, wide) for one, wide in zip(extents, widths, strict=True)]
    whole = sum(map(sum, lacking))
    for n, lines in enumerate(lacking):
        widths[n] += min(max(lines, default=0), left * sum(lines) // max(1, whole))
    left, whole = room - sum(widths), sum(weights)
    return tuple(one + left * weight // whole for one, weight in zip(widths, weights, strict=True))


def lines_in(cell: Cell, size: int, room: int) -> int:
    """About how many lines a cell takes, rather too many than too few."""
    wide = max(1, room - 2 * INSET) * 9 // 10
    return sum(1 + sum(width(span.text, span.kind, size) for span in line) // wide for line in cell.lines)


def compiled(template: str, data: str, **settings: Any) -> bytes:
    """What typst makes of a template of this package and the data it reads as ``sys.inputs.data``.

    The data is no code: the template shows its strings as they are.
    """
    made = _compile((files("reports") / "data" / template).read_bytes(), sys_inputs={"data": data}, **settings)
    if len(data) > LARGE:
        for _ in range(KEPT + 1):
            _compile(b"", format="svg")
    return made


def _compile(source: bytes, **settings: Any) -> bytes:
    # Its types want the root folder in bytes where the source is.
    settings |= {"root": ROOT, "font_paths": fonts(), "ignore_system_fonts": True}
    made: bytes = typst.compile(source, None, **settings)
    return made
