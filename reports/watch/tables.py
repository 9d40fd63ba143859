"""What `trace watch list` and `log` print: what is watched, and what was told to whom."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from rich.console import Console
from rich.text import Text

from chains.registry import load_chains
from reports.layout import Line, put
from reports.times import utc
from reports.watch.screen import STYLES
from reports.watch.spans import chain_title
from tracer.hostile import clean
from tracer.watch.model import Notice, Target
from tracer.watch.store_told import Delivery
from tracer.words import Words, translated

SENTENCE: Final = 400


class Watched(NamedTuple):
    """A target and how much of it is watched. ``moved`` is the Unix time of its last movement, None where none was."""

    target: Target
    chains: tuple[str, ...]
    places: int
    moved: int | None

    def document(self) -> dict[str, Any]:
        """The same for programs; times are Unix seconds."""
        one = self.target
        return {
            "name": one.name,
            "kind": one.kind,
            "folder": one.folder,
            "chains": list(self.chains),
            "places": self.places,
            "since": one.added,
            "moved": self.moved,
            "paused": one.paused,
            "until": one.until,
            "max_frontier": one.max_frontier,
            "labels": list(one.labels),
        }


class Entry(NamedTuple):
    """A notice of the log: its title, the Unix time it was told at, and what became of its messages."""

    notice: Notice
    title: str
    at: int
    sent: tuple[Delivery, ...]


def render_targets(rows: Sequence[Watched], w: Words, console: Console) -> None:
    """Print what is watched."""
    names = load_chains()
    for row in rows:
        one = row.target
        chains = ", ".join(chain_title(chain, w, names) for chain in row.chains)
        facts = [w("watch.places", n=f"{row.places:,}"), w("watch.since", time=utc(one.added))]
        facts.append(w("watch.last_moved", time=utc(row.moved)) if row.moved else w("watch.unmoved"))
        if one.until is not None:
            facts.append(w("watch.until", time=utc(one.until)))
        head = Text.assemble((clean(one.name, SENTENCE), "bold"), f" · {w(f'watch.kind.{one.kind}')}")
        if one.paused:
            head.append(f" · {w('watch.paused')}", "yellow")
        lines = [Line(head), Line(Text(chains)) if chains else Line(Text(w("watch.not_begun"), style="yellow"))]
        put(console, [*lines, Line(Text(" · ".join(facts)))], "    ", "  • ")


def render_log(entries: Iterable[Entry], w: Words, console: Console) -> None:
    """Print what was told, the newest last, with what became of every message."""
    for one in entries:
        notice = one.notice
        head = Text(one.title, style=STYLES.get(notice.severity, "bold"))
        lines = [Line(head), Line(Text(f"{utc(one.at)} · {notice.id}", style="dim"))]
        lines += [Line(Text(clean(part, SENTENCE)), whole=True) for part in (notice.receiver, notice.tx) if part]
        lines += [Line(_sent(sent, w)) for sent in one.sent]
        put(console, lines, "    ", "  • ")


def _sent(sent: Delivery, w: Words) -> Text:
    channel = clean(sent.channel)
    if sent.at is not None:
        return Text(w("watch.sent", turn=sent.turn, channel=channel, time=utc(sent.at)), style="dim")
    why = clean(translated(sent.why, w), SENTENCE)
    return Text(w("watch.unsent", turn=sent.turn, channel=channel, tries=sent.tries, why=why), style="yellow")
