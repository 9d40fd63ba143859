"""What can be asked about which chain, with which key, and how fast: the answer to `trace sources`."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Final, NamedTuple

from rich.console import Console
from rich.text import Text

from reports.layout import Line, put
from tracer.hostile import clean
from tracer.words import Words, words

NOTE_CAP: Final = 400


class SourceLine(NamedTuple):
    """One source for one chain. ``rate`` is in requests per second; ``needed`` says nothing works without the key."""

    chain: str
    source: str
    serves: str
    key_env: str | None
    key_present: bool
    needed: bool
    rate: float
    note: str


def render_sources(rows: Sequence[SourceLine], lang: str, console: Console) -> None:
    """Print the sources chain by chain, in the order given, which is the order they are asked in."""
    w = words(lang)
    for chain, lines in groupby(rows, key=lambda row: row.chain):
        console.print(Text(chain, style="bold underline"), soft_wrap=True)
        for row in lines:
            put(console, _lines(w, row), "    ", "  • ")


def _lines(w: Words, row: SourceLine) -> list[Line]:
    rate = w("sources.rate", rate=f"{row.rate:g}")
    head = Text.assemble((row.source, "bold"), f" · {rate} · ", (_key(w, row), _key_style(row)))
    lines = [Line(head), Line(Text(w("sources.serves", what=row.serves)))]
    if row.note:
        lines.append(Line(Text(clean(row.note, NOTE_CAP), style="dim")))
    return lines


def _key(w: Words, row: SourceLine) -> str:
    if row.key_env is None:
        return w("sources.key_none")
    if row.key_present:
        return w("sources.key_set", name=row.key_env)
    if row.needed:
        return w("sources.key_missing", name=row.key_env)
    return w("sources.key_optional", name=row.key_env)


def _key_style(row: SourceLine) -> str:
    if row.key_env is None or row.key_present:
        return "green"
    return "red" if row.needed else "yellow"
