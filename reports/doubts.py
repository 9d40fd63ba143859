"""What the trace could not find out, and what it saw but did not count: said plainly, not left to be guessed."""

from __future__ import annotations

from typing import Final

from rich.console import Console
from rich.text import Text

from chains.model import Gap
from reports.layout import Line, heading, put
from reports.view import View
from tracer.hostile import clean
from tracer.result import UnverifiedRow
from tracer.words import Words, translated

ROWS: Final = 10
SENTENCE: Final = 400
_BULLET: Final = "  • "
_INDENT: Final = "    "


def put_gaps(console: Console, view: View) -> None:
    """Every gap: what kind, why, where."""
    _put_section(console, view, view.w("section.gaps"), [_gap(view, gap) for gap in sorted(set(view.result.gaps))])


def put_unverified(console: Console, view: View) -> None:
    """Movements that were seen but not counted, and why not."""
    rows = [_unverified(view, row) for row in sorted(set(view.result.unverified))]
    _put_section(console, view, view.w("section.unverified"), rows)


def put_notes(console: Console, view: View) -> None:
    """What does not weaken the numbers but a reader should know."""
    rows = [[Line(Text(clean(translated(note, view.w), SENTENCE)))] for note in sorted(set(view.result.notes))]
    _put_section(console, view, view.w("section.notes"), rows)


def _put_section(console: Console, view: View, title: str, rows: list[list[Line]]) -> None:
    if not rows:
        return
    heading(console, title)
    limit = view.limit(ROWS)
    for row in rows[:limit]:
        put(console, row, _INDENT, _BULLET)
    if limit is not None and len(rows) > limit:
        put(console, [Line(Text(view.w("gaps.more", n=len(rows) - limit, command=view.command), style="dim"))])


def _gap(view: View, gap: Gap) -> list[Line]:
    what = Text.assemble((view.w(f"gap.{gap.kind}"), "bold red"), f" — {clean(translated(gap.why, view.w), SENTENCE)}")
    return [Line(what), Line(Text(clean(gap.where, SENTENCE)))]


def _unverified(view: View, row: UnverifiedRow) -> list[Line]:
    ends = [row.tx, row.asset, row.sender, f"→ {row.receiver}"]
    return [Line(Text(uncounted(view.w, row))), *(Line(Text(end, style="dim"), whole=True) for end in ends)]


def uncounted(w: Words, row: UnverifiedRow) -> str:
    """A movement that counts for nothing: what it claims to be, and why it is not counted."""
    return w(
        "unverified.row",
        amount=f"{row.amount:,}",
        symbol=clean(row.symbol, 16) or w("unverified.nameless"),
        kind=w(f"unverified.{row.kind}"),
        why=clean(translated(row.why, w), SENTENCE),
    )
