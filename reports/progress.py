"""What a running trace shows: a live view on a terminal, plain lines elsewhere. Both are a `Watcher`.

The live view is redrawn a few times a second and leaves nothing behind; what a person must not miss (an exchange hit, a
note) is printed above it and stays. Without a terminal there is one line per round, so that a log stays readable.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.live import Live
from rich.text import Text

from chains.model import Asset
from chains.registry import load_chains
from reports.layout import wrap
from reports.numbers import HUNDRED, hundredths, money, percent
from reports.view import HITS, label
from tracer.hostile import clean
from tracer.result import NOT_FOLLOWED
from tracer.watcher import FOLLOWING, Watcher
from tracer.words import Words, translated, words

PER_SECOND: Final = 4
PATIENCE: Final = 2
"""Seconds without a request after which the view says that it is waiting."""

SENTENCE: Final = 400
_ELSEWHERE: Final = frozenset({FOLLOWING, *NOT_FOLLOWED})


class Progress:
    """What is known of the work so far, and how it is said. Prints hits and notes at once, the rest once per round."""

    def __init__(self, lang: str, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self.w: Words = words(lang)
        self.console = console
        self._requests = 0
        self._chains = {chain_id: chain.name for chain_id, chain in load_chains().items()}
        self._clock = clock
        self._begun = self._last_request = clock()
        self._endpoint = ""
        self._what = ""
        self._addresses = 0
        self._shares: list[tuple[str, int]] = []

    def started(self, what: str) -> None:
        """Say what begins."""
        self._what = self.w("progress.reading", what=clean(what, SENTENCE))
        self._say(Text(self._what))

    def requested(self, endpoint: str) -> None:
        """Count a request."""
        self._requests += 1
        self._endpoint = endpoint
        self._last_request = self._clock()

    def round(self, number: int, addresses: int, located: Mapping[str, int], stolen: int) -> None:
        """Take in how far the search is, and say it."""
        self._addresses = addresses
        reasons = [reason for reason, units in located.items() if units]
        units = [located[reason] for reason in reasons]
        unknown = max(stolen - sum(units), 0)
        shares = hundredths([*units, unknown])
        self._shares = sorted(zip(reasons, shares, strict=False), key=lambda one: -one[1])
        self._say_round(Text(self.w("progress.round", number=number, counts=self.counts(), located=self.located())))

    def hit(self, chain: str, address: str, entity: str, reason: str, asset: Asset, amount: int, tx: str) -> None:
        """Print a hit, with address and transaction on lines that can be copied."""
        name = self._chains.get(chain, clean(chain))
        where = self.w(f"reason.{reason}")
        found = Text(self.w("progress.hit", where=where, amount=money(amount, asset), chain=name))
        found.stylize("bold green" if reason in HITS else "bold")
        if entity:
            found.append(" ").append_text(label(entity))
        for line in (found, Text(f"    {address}"), Text(f"    {tx}")):
            self._print(line)

    def checking(self, transactions: int) -> None:
        """Say what is left to do."""
        self._what = self.w("progress.checking", n=transactions)
        self._say(Text(self._what))

    def note(self, text: str) -> None:
        """Print a sentence."""
        self._print(Text(clean(translated(text, self.w), SENTENCE), style="yellow"))

    def counts(self) -> str:
        """Addresses, requests and time so far."""
        minutes, seconds = divmod(int(self._clock() - self._begun), 60)
        return self.w(
            "progress.counts",
            addresses=self._addresses,
            requests=self._requests,
            elapsed=f"{minutes}:{seconds:02d}",
        )

    def located(self) -> str:
        """The located share of what was stolen, and all shares by where it is."""
        share = sum(share for reason, share in self._shares if reason not in _ELSEWHERE)
        said = self.w("progress.located", share=percent(min(share, HUNDRED)))
        return " · ".join([said, *(f"{self.w(f'reason.{reason}')} {percent(part)}" for reason, part in self._shares)])

    def asking(self) -> str:
        """Which endpoint was asked last, and how long ago where that is long."""
        quiet = int(self._clock() - self._last_request)
        if not self._endpoint:
            return ""
        if quiet < PATIENCE:
            return self.w("progress.asking", endpoint=self._endpoint)
        return self.w("progress.waiting", endpoint=self._endpoint, seconds=quiet)

    def _say(self, text: Text) -> None:
        self._print(text)

    def _say_round(self, text: Text) -> None:
        self._print(text)

    def _print(self, text: Text) -> None:
        self.console.print(text, soft_wrap=True)


class LiveProgress(Progress):
    """The same on a terminal: what changes is drawn in place, at the bottom."""

    def __rich__(self) -> Text:
        """The live view: what, how far, where it is, whom it asks."""
        lines = [self._what, self.counts(), self.located(), self.asking()]
        width = self.console.width
        return Text("\n").join(part for line in lines if line for part in wrap(Text(line, style="dim"), width))

    def _say(self, text: Text) -> None:
        """It is drawn."""

    def _say_round(self, text: Text) -> None:
        """It is drawn."""


@contextmanager
def watching(lang: str, console: Console) -> Iterator[Watcher]:
    """A watcher for as long as the work takes: live where the console (on stderr) is a terminal, else plain lines."""
    if not console.is_terminal:
        yield Progress(lang, console)
        return
    live = LiveProgress(lang, console)
    with Live(live, console=console, refresh_per_second=PER_SECOND, transient=True):
        yield live
