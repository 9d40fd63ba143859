"""When a chain counts as unseen, what is told of it, and how long the watch waits between two looks."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import tracer.watch.pulse as module
from chains.errors import Down
from chains.registry import load_chains
from chains.scan import Tips
from tests.tracer.watch.joints import TIME, Clock, Diary, block
from tests.tracer.watch.restless_chain import CHAIN
from tests.tracer.watch.watch_values import cursor
from tracer.config import Config, load_config
from tracer.errors import CaseError
from tracer.watch.chain_watch import Ticked
from tracer.watch.model import BLIND, CONFIRMED, SEEING
from tracer.watch.notices import day_of
from tracer.watch.pulse import PATIENCE, Pulse
from tracer.watch.state import Sense
from tracer.watch.store import Logged, WatchStore, open_watch

WHY = Down("node", "tips", "silent")


@dataclass
class _Scanner:
    """A scanner of which only names count, and how often it was opened anew."""

    endpoints: tuple[str, ...] = ("rpc.1", "etherscan")
    source: str = "rpc.1"
    opened: int = 0

    def reopen(self) -> None:
        self.opened += 1


@dataclass
class _Watch:
    """A chain of which the next look brings what stands in ``next``."""

    store: WatchStore
    next: Ticked | Exception = field(default_factory=lambda: Ticked(Tips(block(20), block(10))))
    chain: Any = load_chains()[CHAIN]
    scanner: _Scanner = field(default_factory=_Scanner)
    looks: int = 0

    async def tick(self) -> Ticked:
        self.looks += 1
        if isinstance(self.next, Exception):
            raise self.next
        return self.next


@dataclass
class _Engine:
    """As much of an engine as a pulse needs."""

    store: WatchStore
    clock: Clock
    config: Config
    view: Diary = field(default_factory=Diary)
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    brought: list[Ticked] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    client: _Scanner = field(default_factory=_Scanner)

    def now(self) -> int:
        return int(self.clock())

    def tell(self, fresh: Iterable[Logged]) -> None:
        self.shown += [one.notice.kind for one in fresh]

    def noticed(self, chain: str, ticked: Ticked) -> None:
        assert chain == CHAIN
        self.brought.append(ticked)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """One clock for Unix seconds and for counted ones."""
    made = Clock()
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=made))
    return made


@pytest.fixture
def pulse(tmp_path: Path, clock: Clock) -> Any:
    """A pulse over a store in which the chain is begun."""
    with open_watch(tmp_path) as store:
        store.channels = {"ear": frozenset({"high"})}
        store.begin(CHAIN, cursor(5, 8))
        config = load_config({"TRACER_ENDPOINT_WS_1": "wss://node.example/KEY"}, tmp_path)
        now, store.clock = clock(), lambda: int(clock())
        yield Pulse(_Engine(store, clock, config), _Watch(store), seen_at=now, moved_at=now)  # type: ignore[arg-type]


def _quiet() -> Ticked:
    return Ticked(Tips(block(20), block(10)))


def _look(pulse: Any, what: Ticked | Exception) -> bool:
    pulse.watch.next = what
    seen: bool = asyncio.run(pulse.look())
    return seen


def _told(pulse: Any) -> list[tuple[str, str]]:
    return [(one.notice.kind, one.status) for one in pulse.watch.store.log()]


def test_blind_after_patience_and_misses(pulse: Any, clock: Clock) -> None:
    """A few failures at once are no blindness; after a long silence they are, told once, since the last good look."""
    assert _look(pulse, _quiet())
    for _ in range(5):
        assert not _look(pulse, WHY)
    assert pulse.since is None
    clock.on(PATIENCE + 1)
    assert not _look(pulse, WHY)
    assert pulse.since == TIME
    clock.on(60)
    assert not _look(pulse, WHY)
    assert _told(pulse) == [(BLIND, CONFIRMED)]
    (due,) = pulse.watch.store.due(int(clock()))
    assert due.notice.time == TIME
    assert pulse.engine.view.of("blind") == [(CHAIN, TIME, str(WHY))]
    assert pulse.watch.store.sense(CHAIN) == Sense(CHAIN, TIME, "rpc.1", str(WHY))


def test_one_long_look_that_fails_is_not_blindness(pulse: Any, clock: Clock) -> None:
    """A look that took long and failed is tried again before anybody is woken."""
    _look(pulse, _quiet())
    clock.on(PATIENCE * 10)
    _look(pulse, WHY)
    assert pulse.since is None


def test_every_failure_lets_all_sources_try_again(pulse: Any) -> None:
    """What was held against sources is forgotten, for there is nobody else to ask."""
    _look(pulse, WHY)
    assert (pulse.watch.scanner.opened, pulse.engine.client.opened) == (1, 1)
    assert [pulse.retry()] == [4.0]
    for _ in range(10):
        _look(pulse, WHY)
    assert pulse.retry() == 30.0


def test_seeing_again_is_told_with_what_was_found(pulse: Any, clock: Clock) -> None:
    """Once the gap is read it is told, with since when, how many blocks and how many movements; and is over."""
    _look(pulse, _quiet())
    for _ in range(3):
        clock.on(PATIENCE)
        _look(pulse, WHY)
    clock.on(15)
    ticked = _quiet()
    ticked.moves = 2
    assert _look(pulse, ticked)
    assert _told(pulse) == [(BLIND, CONFIRMED), (SEEING, CONFIRMED)]
    last = pulse.watch.store.log()[-1].notice
    assert (last.time, last.more["moved"], last.more["until"]) == (TIME, 2, int(clock()))
    assert pulse.since is None
    sense = pulse.watch.store.sense(CHAIN)
    assert sense is not None
    assert sense.since is None
    assert pulse.engine.view.of("seeing") == [(CHAIN,)]
    assert pulse.engine.shown == [BLIND]
    assert [one.notice.kind for one in pulse.engine.brought[-1].told] == [SEEING]


def test_whoever_ended_blind_begins_blind(pulse: Any) -> None:
    """A watch that was stopped while it could not see tells when it sees again, since when it did not."""
    pulse.watch.store.set_sense(Sense(CHAIN, TIME - 500, "rpc.1", "why"))
    again = Pulse(pulse.engine, pulse.watch)
    assert again.since == TIME - 500
    again.was_away(TIME - 100)
    assert again.since == TIME - 500


def test_not_running_is_blindness_too(pulse: Any) -> None:
    """Since the watch was last alive nothing was seen."""
    pulse.was_away(TIME - 4_000)
    assert pulse.since == TIME - 4_000
    assert _told(pulse) == [(BLIND, CONFIRMED)]


def test_a_disk_that_is_full_is_no_blindness(pulse: Any, clock: Clock) -> None:
    """What cannot be saved is said, and is not told as a chain that cannot be seen."""
    for _ in range(4):
        clock.on(PATIENCE)
        assert not _look(pulse, CaseError("error.store_unwritten", file="f", why="full"))
    assert pulse.since is None
    assert len(pulse.engine.view.of("note")) == 4
    assert not _told(pulse)


def test_the_pause_follows_what_moved(pulse: Any, clock: Clock) -> None:
    """A block's time while something moves, longer when it is quiet, at once as short again."""
    _look(pulse, _quiet())
    assert pulse._pause() == 12.0
    clock.on(3_600)
    assert pulse._pause() == 48.0
    ticked = _quiet()
    ticked.moves = 1
    _look(pulse, ticked)
    assert pulse._pause() == 12.0


def test_the_pause_follows_the_days_requests(pulse: Any) -> None:
    """Where an endpoint's free requests are spent the watch waits long, whatever the others have left."""
    _look(pulse, _quiet())
    pulse.watch.store.spend("etherscan", day_of(TIME), 100_000)
    assert pulse._pause() == 900.0


def test_requests_are_counted_by_the_hour(pulse: Any, clock: Clock) -> None:
    """Only those of endpoints that may be of this chain; what is older than an hour is forgotten."""
    for endpoint in ("rpc.1", "rpc.1", "trongrid"):
        pulse.requested(endpoint)
    assert (pulse.asked, pulse.last_hour("rpc.1"), pulse.last_hour("trongrid")) == (2, 2, 0)
    clock.on(3_601)
    assert pulse.last_hour("rpc.1") == 0
    pulse.requested("rpc.1")
    assert (pulse.asked, pulse.last_hour("rpc.1"), len(pulse.requests["rpc.1"])) == (3, 1, 1)


def test_a_new_block_wakes_it(pulse: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a websocket it looks as soon as a block is told; it ends when it is told to, and lets go of the socket."""
    heard = []

    async def run() -> None:
        stop, closed = asyncio.Event(), asyncio.Event()

        async def heads(url: str, chain: Any) -> Any:
            heard.append((url, chain.id))
            try:
                for number in range(3):
                    await asyncio.sleep(0.01)
                    yield number
                stop.set()
                pulse.woken.set()
                await asyncio.sleep(10)
            finally:
                closed.set()

        monkeypatch.setattr("chains.rpc_notice.heads", heads)
        await asyncio.wait_for(pulse.run(stop), 5)
        await asyncio.wait_for(closed.wait(), 5)

    asyncio.run(run())
    assert heard == [("wss://node.example/KEY", CHAIN)]
    assert pulse.watch.looks >= 3


def test_without_a_socket_it_asks_at_its_own_pace(pulse: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """It looks, waits as long as it should, and looks again; after a failure as long as that calls for."""
    waits: list[float] = []

    async def run() -> None:
        stop = asyncio.Event()
        pulse.engine.config = load_config({}, Path("/nonexistent"))

        async def wait_for(work: Any, seconds: float) -> None:
            work.close()
            waits.append(seconds)
            pulse.watch.next = WHY
            if len(waits) == 2:
                stop.set()
            raise TimeoutError

        with monkeypatch.context() as patch:
            patch.setattr(asyncio, "wait_for", wait_for)
            await pulse.run(stop)

    asyncio.run(run())
    assert waits == [12.0, 4.0]
