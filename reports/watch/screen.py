"""What a running watch shows: a calm view in place on a terminal, plain lines elsewhere. Both are a `View`.

The view is redrawn once a second and leaves nothing behind; what a person must not miss (an alert, blindness, a note)
is printed above it and stays. Without a terminal there is one line per event, each with its time: a service's journal.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from rich.console import Console
from rich.live import Live
from rich.text import Text

from chains.model import Asset
from chains.registry import load_chains
from chains.scan import Tips
from reports.layout import wrap
from reports.numbers import money, share_of
from reports.times import utc
from reports.watch.spans import ago, chain_title, clock_time
from tracer.errors import TracerError
from tracer.hostile import clean
from tracer.watch.model import BLIND, CRITICAL, HIGH, RETRACTED, SEEING, Notice, Target, Told
from tracer.watch.state import Cursor
from tracer.watch.view import DONE, LATER, View
from tracer.words import Words, translated, words

SENTENCE: Final = 400
PLAN: Final = 80
HEARTBEAT: Final = 3600
"""Seconds after which a log says of a chain where it stands, though nothing changed."""

AGAIN: Final = 600
"""Seconds after which a sentence is said again."""

ASSETS: Final = 3
"""Assets of a target in one line; of more only the number is told."""

STYLES: Final = {CRITICAL: "bold red", HIGH: "bold yellow"}

Say = Callable[[Notice, str, int], tuple[str, str]]
"""Title and full text of an alert, harmless already (reports/alert/), of a notice, its status and turn."""


@dataclass(slots=True)
class _Chain:
    tips: Tips
    read: Cursor
    source: str
    plan: str
    said: int = 0
    """When a log last said where it stands."""


@dataclass(slots=True)
class _Front:
    places: int
    resting: Sequence[tuple[Asset, int]]
    moved: int | None


class Log:
    """What is known of the watch so far, and how it is said: one line per event. ``quiet`` ones are what matters only.

    ``clock`` gives Unix time.
    """

    def __init__(
        self,
        lang: str,
        console: Console,
        say: Say,
        *,
        quiet: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.w: Words = words(lang)
        self.console = console
        self._alert, self._quiet, self._clock = say, quiet, clock
        self._full = quiet
        self._names = load_chains()
        self._targets: dict[int, Target] = {}
        self._chains: dict[str, _Chain] = {}
        self._blind: dict[str, tuple[int, str]] = {}
        self._fronts: dict[int, _Front] = {}
        self._stages: dict[int, str] = {}
        self._spent: dict[str, tuple[int, int, int | None]] = {}
        self._noted = ("", 0)
        self._waiting = 0

    # --- what the engine tells

    def targets(self, targets: Sequence[Target]) -> None:
        """Say what is watched, when that changed."""
        before, self._targets = self._targets, {one.id: one for one in targets}
        if self._targets == before:
            return
        self._fronts = {number: front for number, front in self._fronts.items() if number in self._targets}
        names = ", ".join(clean(one.name, SENTENCE) for one in targets)
        self._state(self.w("watch.targets", n=len(targets), names=names))

    def chain(self, chain: str, tips: Tips, read: Cursor, source: str, plan: str) -> None:
        """Take in where a chain stands; a log says so when it is read in another way, and every hour."""
        before, now = self._chains.get(chain), self._now()
        row = self._chains[chain] = _Chain(tips, read, source, plan, before.said if before else 0)
        if before is None or before.source != source or now - row.said >= HEARTBEAT:
            row.said = now
            self._state(self.chain_line(chain))
            for endpoint in self._spent:
                self._state(self.spent_line(endpoint))

    def frontier(self, target: int, places: int, resting: Sequence[tuple[Asset, int]], moved: int | None) -> None:
        """Take in how much of a target is watched; a log says so when it changed."""
        front = _Front(places, resting, moved)
        if target in self._targets and self._fronts.get(target) != front:
            self._fronts[target] = front
            self._state(self.target_line(target))

    def told(self, notice: Notice, status: str, turn: int) -> None:
        """Print an alert, with receiver and transaction to copy; in full when it is critical and somebody reads it now.

        Blindness is said by `blind`.
        """
        if notice.kind in (BLIND, SEEING):
            return
        title, body = self._alert(notice, status, turn)
        said = Text(title, style=STYLES.get(notice.severity, "bold"))
        if self._full and notice.severity == CRITICAL and turn == 1:
            self._event(said)
            self._below(body.splitlines())
        else:
            self._event(said, [notice.receiver, notice.tx] if status != RETRACTED else [notice.tx])

    def blind(self, chain: str, since: int, why: str) -> None:
        """Print that a chain cannot be seen, once."""
        known = chain in self._blind
        self._blind[chain] = (since, why)
        if not known:
            self._event(Text(self.blind_line(chain), style="bold red"))

    def seeing(self, chain: str) -> None:
        """Print that it can be seen again."""
        if self._blind.pop(chain, None) is not None:
            self._event(Text(self.w("watch.seeing", chain=self._chain_name(chain)), style="bold green"))

    def spent(self, endpoint: str, today: int, hourly: int, limit: int | None) -> None:
        """Take in what was asked of an endpoint."""
        self._spent[endpoint] = (today, hourly, limit)

    def catching_up(self, target: int, stage: str) -> None:
        """Say where bringing a case up to date is."""
        if self._stages.get(target) == stage:
            return
        self._stages[target] = stage
        line = self.w("watch.stage_of", name=self._target_name(target), stage=self.w(f"watch.stage.{stage}"))
        (self._event if stage == LATER else self._state)(Text(line))

    def delivered(self, told: Told) -> None:
        """Say that a message went out after all; that one went out at the first try is no news."""
        if told.tries:
            self._event(Text(self.w("watch.delivered", channel=clean(told.channel), tries=told.tries + 1)))

    def waiting(self, messages: int) -> None:
        """Say when messages begin to wait, and when the last is gone."""
        before, self._waiting = self._waiting, messages
        if messages and not before:
            self._event(Text(self.w("watch.waiting", n=messages), style="yellow"))
        elif before and not messages:
            self._state(self.w("watch.none_waiting"))

    def note(self, what: str | Exception) -> None:
        """Print a sentence, unless it was the last one and that is not long ago."""
        now, (last, said) = self._now(), self._noted
        text = what.say(self.w) if isinstance(what, TracerError) else translated(str(what), self.w)
        if text != last or now - said >= AGAIN:
            self._noted = (text, now)
            self._event(Text(clean(text, SENTENCE), style="yellow"))

    # --- how it is said

    def chain_line(self, chain: str) -> str:
        """Where a chain stands: block and its age, what is final, who is asked and how."""
        row, w = self._chains[chain], self.w
        behind = row.tips.newest.number - row.read.newest.number
        return w(
            "watch.chain",
            chain=self._chain_name(chain),
            block=f"{row.read.newest.number:,}",
            age=ago(self._now() - row.read.newest.time, self.w),
            final=f"{row.read.final.number:,}",
            how=" · ".join(filter(None, [clean(row.source), clean(translated(row.plan, self.w), PLAN)])),
        ) + (w("watch.unread", n=f"{behind:,}") if behind > 0 else "")

    def blind_line(self, chain: str) -> str:
        """Since when a chain cannot be seen, and why."""
        since, why = self._blind[chain]
        return self.w(
            "watch.blind",
            chain=self._chain_name(chain),
            since=utc(since),
            why=clean(translated(why, self.w), SENTENCE),
        )

    def target_line(self, target: int) -> str:
        """How much of a target is watched, and what rests there."""
        front, w = self._fronts[target], self.w
        shown = [money(units, asset) for asset, units in front.resting[:ASSETS]]
        if len(front.resting) > ASSETS:
            shown.append(w("watch.more_assets", n=len(front.resting) - ASSETS))
        parts = [
            w("watch.places", n=f"{front.places:,}"),
            w("watch.resting", amounts=", ".join(shown)) if shown else "",
            w("watch.moved", ago=ago(self._now() - front.moved, w)) if front.moved else w("watch.unmoved"),
        ]
        return f"{self._target_name(target)}{w('watch.colon')}{' · '.join(filter(None, parts))}"

    def spent_line(self, endpoint: str) -> str:
        """What was asked of an endpoint today, and how much of its free requests that is."""
        today, hourly, limit = self._spent[endpoint]
        line = self.w("watch.spent", endpoint=clean(endpoint), today=f"{today:,}", hourly=f"{hourly:,}")
        return line + (self.w("watch.of_limit", share=share_of(today, limit), limit=f"{limit:,}") if limit else "")

    def _chain_name(self, chain: str) -> str:
        return chain_title(chain, self.w, self._names)

    def _target_name(self, target: int) -> str:
        return clean(self._targets[target].name, SENTENCE) if target in self._targets else f"#{target}"

    def _now(self) -> int:
        return int(self._clock())

    def _state(self, line: str | Text) -> None:
        """Something that a view draws and a log writes down."""
        if not self._quiet:
            self._event(Text(line) if isinstance(line, str) else line)

    def _event(self, said: Text, below: Sequence[str] = ()) -> None:
        """One line, with its time in front."""
        parts = [Text(part) for part in below if part]
        self._print(Text(" · ").join([Text.assemble(clock_time(self._now()), " ", said), *parts]))

    def _below(self, lines: Sequence[str]) -> None:
        """What belongs to the line before."""
        for line in lines:
            self._print(Text(f"    {line}".rstrip()))

    def _print(self, text: Text) -> None:
        self.console.print(text, soft_wrap=True)


class LiveScreen(Log):
    """The same on a terminal: what changes is drawn in place, at the bottom."""

    def __init__(self, lang: str, console: Console, say: Say, *, clock: Callable[[], float] = time.time) -> None:
        super().__init__(lang, console, say, clock=clock)
        self._full = True

    def __rich__(self) -> Text:
        """The view: chains, targets, requests, what waits; last how to end it."""
        lines = [self._drawn_chain(chain) for chain in sorted(self._chains.keys() | self._blind.keys())]
        lines += [self._drawn_target(number) for number in sorted(self._targets)]
        lines += [Text(self.spent_line(endpoint), style="dim") for endpoint in sorted(self._spent)]
        if self._waiting:
            lines.append(Text(self.w("watch.waiting", n=self._waiting), style="yellow"))
        lines.append(Text(self.w("watch.end"), style="dim"))
        width = self.console.width
        return Text("\n").join(part for line in lines for part in _hanging(line, width))

    def _drawn_chain(self, chain: str) -> Text:
        if chain in self._blind:
            return Text(self.blind_line(chain), style="bold red")
        return Text(self.chain_line(chain))

    def _drawn_target(self, number: int) -> Text:
        target, w = self._targets[number], self.w
        known = self.target_line(number) if number in self._fronts else self._target_name(number)
        stage = self._stages.get(number, DONE)
        said = [known, "" if stage == DONE else w(f"watch.stage.{stage}"), w("watch.paused") if target.paused else ""]
        return Text(" · ".join(filter(None, said)), style="dim" if target.paused else "")

    def _state(self, line: str | Text) -> None:
        """It is drawn."""

    def _event(self, said: Text, below: Sequence[str] = ()) -> None:
        width = self.console.width
        for line in _hanging(Text.assemble((clock_time(self._now()), "dim"), " ", said), width):
            self._print(line)
        self._below([part for part in below if part])

    def _below(self, lines: Sequence[str]) -> None:
        for line in lines:
            for part in wrap(Text(line), max(self.console.width - 4, 20)) or [Text()]:
                self._print(Text.assemble("    ", part))


@contextmanager
def looking_on(lang: str, console: Console, say: Say, *, quiet: bool = False) -> Iterator[View]:
    """A view for as long as the watch runs: live where the console is a terminal, else plain lines."""
    if not console.is_terminal:
        yield Log(lang, console, say, quiet=quiet)
        return
    screen = LiveScreen(lang, console, say)
    # Standard output stays as it is: the alerts of --json go there, for another program.
    with Live(
        screen, console=console, refresh_per_second=1, transient=True, redirect_stdout=False, redirect_stderr=False
    ):
        yield screen


def _hanging(line: Text, width: int) -> list[Text]:
    """A line broken to a width, all but its first part set in."""
    first, *rest = wrap(line, max(width - 2, 20)) or [line]
    return [first, *(Text.assemble("  ", part) for part in rest)]
