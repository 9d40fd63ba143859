"""The beat of one chain's watch: when to look next, and what to say when nothing can be seen.

Blindness is an alarm of its own. It is told on every channel once a chain could not be read for `PATIENCE` seconds, and
ends when the whole gap has been read, with what was found in it.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from chains.errors import ChainError
from chains.scan import Tips
from chains.scan_budget import block_seconds, day_limit, pause
from tracer.errors import CaseError
from tracer.rules import DAY
from tracer.watch import notices as made
from tracer.watch.chain_watch import ChainWatch, Ticked
from tracer.watch.model import CONFIRMED
from tracer.watch.state import Sense
from tracer.words import sentence

if TYPE_CHECKING:
    from tracer.watch.engine import Engine

PATIENCE: Final = 45.0
"""Seconds without an answer after which a chain counts as unseen."""

MISSES: Final = 3
"""Looks in a row that must fail besides."""

FIRST_RETRY, LAST_RETRY = 2.0, 30.0

MINUTES: Final = 60
"""Of an hour."""


@dataclass(slots=True)
class Pulse:
    """The loop of one chain. ``since`` is the Unix time since when it cannot be seen, None while it can."""

    engine: Engine
    watch: ChainWatch
    since: int | None = None
    failures: int = 0
    seen_at: float = field(default_factory=time.monotonic)
    moved_at: float = field(default_factory=time.monotonic)
    tips: Tips | None = None
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    asked: int = 0
    round: int = 0
    """Requests that the last look took."""
    requests: dict[str, Counter[int]] = field(default_factory=dict)
    """How many requests were put, by endpoint and minute of the last hour."""

    def __post_init__(self) -> None:
        """A watch that ended blind is blind still."""
        sense = self.engine.store.sense(self.watch.chain.id)
        self.since = None if sense is None else sense.since

    @property
    def is_known_blind(self) -> bool:
        """Was it told that nothing can be seen, and is that still so after enough looks?"""
        return self.since is not None and self.failures >= MISSES

    def was_away(self, last: int) -> None:
        """The watch itself did not run since then."""
        if self.since is None:
            self._blind(last, sentence("note.watch_away"))

    def requested(self, endpoint: str) -> None:
        """Count a request that may be of this chain."""
        if endpoint in self.watch.scanner.endpoints:
            self.asked += 1
            lately = self.requests.setdefault(endpoint, Counter())
            lately[_minute()] += 1
            for minute in [one for one in lately if one <= _minute() - MINUTES]:
                del lately[minute]

    def last_hour(self, endpoint: str) -> int:
        """Requests put to an endpoint within the last hour."""
        lately = self.requests.get(endpoint, Counter[int]())
        return sum(count for minute, count in lately.items() if minute > _minute() - MINUTES)

    async def run(self, stop: asyncio.Event) -> None:
        """Look again and again; at once when a subscription tells of a new block, where there is one."""
        url = self.engine.config.sources.urls.get(f"ws.{self.watch.chain.id.partition(':')[2]}")
        listening = asyncio.create_task(self._listen(url)) if url else None
        try:
            while not stop.is_set():
                seconds = self.retry() if not await self.look() else self._pause()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.woken.wait(), seconds)
                self.woken.clear()
        finally:
            if listening is not None:
                listening.cancel()

    async def _listen(self, url: str) -> None:
        # Loaded where it is used: web3 takes most of a second, and most watches only ask.
        from chains.rpc_notice import heads  # noqa: PLC0415

        async with aclosing(heads(url, self.watch.chain)) as numbers:
            async for _ in numbers:
                self.woken.set()

    def retry(self) -> float:
        """Seconds to wait after a look that failed."""
        return min(LAST_RETRY, FIRST_RETRY * (1 << min(self.failures, 6)))

    async def look(self) -> bool:
        """Look once; False where nothing could be seen, or not be saved."""
        asked = self.asked
        try:
            ticked = await self.watch.tick()
            self.round = self.asked - asked
            self._seen(ticked)
        except ChainError as failure:
            self._failed(failure)
            return False
        except CaseError as failure:
            self.failures += 1
            self.engine.view.note(failure)
            return False
        return True

    def _seen(self, ticked: Ticked) -> None:
        now = time.monotonic()
        self.failures, self.seen_at = 0, now
        self.tips = ticked.tips
        if ticked.moves or ticked.urgent:
            self.moved_at = now
        if self.since is not None:
            notice = made.seeing(self.watch.chain.id, self.since, self.engine.now(), ticked.blocks, ticked.moves)
            sense = Sense(self.watch.chain.id, None, self.watch.scanner.source)
            ticked.told += self.watch.store.set_sense(sense, [(notice, CONFIRMED)])
            self.since = None
            self.engine.view.seeing(self.watch.chain.id)
        self.engine.noticed(self.watch.chain.id, ticked)
        self._show(ticked)

    def _failed(self, failure: ChainError) -> None:
        self.failures += 1
        self.engine.client.reopen()
        self.watch.scanner.reopen()
        if self.since is None and self.failures >= MISSES and time.monotonic() - self.seen_at > PATIENCE:
            self._blind(self.engine.now() - int(time.monotonic() - self.seen_at), str(failure))
        self.engine.view.note(failure)

    def _blind(self, since: int, why: str) -> None:
        notice = made.blind(self.watch.chain.id, since, why)
        sense = Sense(self.watch.chain.id, since, self.watch.scanner.source, why)
        fresh = self.watch.store.set_sense(sense, [(notice, CONFIRMED)])
        self.since = since
        self.engine.view.blind(self.watch.chain.id, since, why)
        self.engine.tell(fresh)

    def _pause(self) -> float:
        """Seconds until the next look."""
        now = time.monotonic()
        spent = self.engine.store.spent(made.day_of(self.engine.now()))
        limits = {name: limit for name in self.watch.scanner.endpoints if (limit := day_limit(name)) is not None}
        worst = max(limits, key=lambda name: spent.get(name, 0) * DAY // limits[name], default=None)
        return pause(
            block_seconds(self.tips) if self.tips else 1.0,
            now - self.moved_at,
            spent.get(worst, 0) if worst else 0,
            limits[worst] if worst else None,
            DAY - self.engine.now() % DAY,
            max(self.round, 1),
        )

    def _show(self, ticked: Ticked) -> None:
        cursor = self.watch.store.cursor(self.watch.chain.id)
        assert cursor is not None
        scanner = self.watch.scanner
        self.engine.view.chain(self.watch.chain.id, ticked.tips, cursor, scanner.source, ticked.plan)
        spent = self.engine.store.spent(made.day_of(self.engine.now()))
        for name in scanner.endpoints:
            if spent.get(name):
                self.engine.view.spent(name, spent[name], self.last_hour(name), day_limit(name))


def _minute() -> int:
    return int(time.monotonic()) // 60
