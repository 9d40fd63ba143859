"""Text that others wrote, made harmless to look at: token symbols, names, labels, error texts of APIs.

Anyone may name a token `Binance` in red, upside down, or over three lines. What is shown is only what the reader can
see: no control or escape sequence, nothing invisible or direction-changing, no square brackets (in the reports those
say "label") and no `≈` (says "inference"), and no more than a line's part.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import groupby
from typing import Final

CAP: Final = 48
READ, READ_MORE = 4, 4_000
"""Of a text far longer than is shown, so much is looked at: this many times what is shown, and more for what is not."""

MARKS: Final = 2
"""Combining marks kept in a row: enough for real writing, too few to pile up over other lines."""

_ESCAPES: Final = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"  # control sequences: colours, cursor
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"  # strings: titles, links
    r"|\x1b[ -/]*[0-~]?"
)
_INVISIBLE: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | {
    chr(code) for span in (range(0x180B, 0x1810), range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0)) for code in span
}
_HARMLESS: Final = re.compile(r"[!-Z\\^-~]+(?: [!-Z\\^-~]+)*")
"""Plain English text without brackets: nearly all there is, and nothing to be done about it."""

_LOOKALIKES: Final = str.maketrans({"[": "(", "]": ")", "≈": "~"})


def clean(text: str, cap: int = CAP) -> str:
    """One line of visible characters, at most ``cap`` of them, the last one `…` when something was cut off."""
    if len(text) <= cap and _HARMLESS.fullmatch(text):
        return text
    read = cap * READ + READ_MORE
    text, rest = _ESCAPES.sub("", text[:read]), text[read:]
    text = "".join(map(_visible, text))
    text = "".join(_few_marks(text))
    text = " ".join(text.split()).translate(_LOOKALIKES)
    return text if len(text) <= cap and not rest else text[: cap - 1] + "…"


def _visible(sign: str) -> str:
    if sign.isspace():
        return " "
    return "" if sign in _INVISIBLE or unicodedata.category(sign)[0] == "C" else sign


def _few_marks(text: str) -> list[str]:
    kept: list[str] = []
    for is_mark, signs in groupby(text, key=lambda sign: unicodedata.combining(sign) > 0):
        run = "".join(signs)
        kept.append(run[:MARKS] if is_mark else run)
    return kept
