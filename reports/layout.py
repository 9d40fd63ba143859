"""Lines on a screen of any width: what breaks where, and the rails of a tree.

Rich breaks text between English words only, which tears Chinese sentences and figures apart, and it crops what does not
fit. Here an address or a hash is a line that is never broken or cropped, whatever the width: a reader will copy it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

NARROWEST: Final = 30

_WIDE: Final = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60"
_CLOSING: Final = "，。、；：）］”…％"
_PIECE: Final = re.compile(
    rf"[（［“]?[{_WIDE}](?<![（［])[{_CLOSING}]*|[（［“]*[^ {_WIDE}]+(?: %[,.;:)]*)?[{_CLOSING}]*[ ]*|[ ]+|."
)


class Line(NamedTuple):
    """One logical line; ``whole`` ones are never broken."""

    text: Text
    whole: bool = False


class Branch(NamedTuple):
    """A part of a tree: its own lines, and what hangs below it."""

    lines: Sequence[Line]
    below: Sequence[Branch] = ()


def wrap(text: Text, width: int) -> list[Text]:
    """Break between words, between Chinese characters, never before a closing mark or between a figure and its %."""
    cuts: list[int] = []
    used = 0
    for piece in _PIECE.finditer(text.plain):
        room = cell_len(piece[0].rstrip(" "))
        if used and used + room > width:
            cuts.append(piece.start())
            used = 0
        used += cell_len(piece[0])
    lines = list(text.divide(cuts))
    for line in lines:
        line.rstrip()
    return lines


def put(console: Console, lines: Iterable[Line], indent: str = "", first: str | None = None) -> None:
    """Print lines behind an indent (``first`` before the very first), broken to the console's width."""
    width = max(console.width - cell_len(indent), NARROWEST)
    lead = indent if first is None else first
    for line in lines:
        for part in [line.text] if line.whole else wrap(line.text, width):
            shown = Text.assemble((lead, "dim"), part)
            console.print(shown, soft_wrap=True)
            lead = indent


def put_tree(console: Console, root: Branch) -> None:
    """Print a branch and all below it, with rails."""
    put(console, root.lines, "│ " if root.below else "", "")
    _put_below(console, root.below, "")


def _put_below(console: Console, branches: Sequence[Branch], rails: str) -> None:
    for branch in branches:
        last = branch is branches[-1]
        inner = rails + ("   " if last else "│  ")
        put(console, branch.lines, inner + ("│ " if branch.below else "  "), rails + ("└─ " if last else "├─ "))
        _put_below(console, branch.below, inner)


def heading(console: Console, title: str) -> None:
    """A blank line and a title."""
    console.print()
    console.print(Text(title, style="bold underline"), soft_wrap=True)
