"""The watch itself: one loop per chain, one that delivers, one that brings cases up to date, and what joins them.

Every loop goes on whatever happens to the others: a silent source does not keep a message back, and a channel that is
down does not stop the reading. Whatever is in the middle of being done when the process ends is done again or goes on
from what was saved.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

import httpx

from chains.errors import ChainError, Down
from chains.http import Client, Gates
from chains.model import AssetId, Block
from chains.reader import open_reader
from chains.scan_reader import is_same, open_scanners
from tracer.case import open_case
from tracer.config import Config
from tracer.document_read import from_document
from tracer.dossier import Dossier
from tracer.errors import CaseError, TracerError
from tracer.label_files import load_labels, load_tokens
from tracer.rules import DAY
from tracer.session import Lists, last_result, workings_of
from tracer.watch.base import address_base, base_of
from tracer.watch.chain_watch import ChainWatch, Ticked
from tracer.watch.channels import Channel, Compose, deliver
from tracer.watch.frontier import Place
from tracer.watch.keeper import Keeper, last_moved
from tracer.watch.model import CASE, CRITICAL, HIGH, Target
from tracer.watch.newcomers import Judge
from tracer.watch.notices import asset_of, day_of
from tracer.watch.pulse import Pulse
from tracer.watch.state import Base, Cursor
from tracer.watch.store import Logged, WatchStore
from tracer.watch.store_told import Kept
from tracer.watch.view import View
from tracer.world import named_chain

MONTH: Final = 30 * DAY

LOOK_AT_LIST: Final = 5.0
"""Seconds between looks at the list of targets, which another process may have changed."""

BEAT: Final = 30
"""Seconds between two notes that the watch is alive."""

AWAY, AWAY_ONCE = 600, 7_200
"""Seconds without such a note after which nothing was seen. Between two looks from cron nobody expects one."""

AGAIN: Final = 60
"""Seconds after which it is tried again to begin with a target that could not be begun."""

ONCE: Final = 180.0
"""Seconds that ``--once`` gives a chain, should it fail; fewer where it is told to be unseen already."""

Papers = Callable[[Path, Dossier], Awaitable[None]]


class Summary(NamedTuple):
    """What a run told: numbers by severity, chains it could not see at the end, and messages nobody took."""

    told: Mapping[str, int]
    blind: tuple[str, ...]
    undelivered: int
    behind: tuple[str, ...] = ()
    """Targets that could not be begun, and cases that could not be brought up to date."""

    @property
    def alarming(self) -> bool:
        """Was anything critical or high told?"""
        return bool(self.told.get(CRITICAL, 0) or self.told.get(HIGH, 0))


@dataclass(slots=True)
class Engine:
    """A watch that can be run. ``compose`` makes messages of what is told, ``papers`` writes a case's papers anew."""

    store: WatchStore
    config: Config
    lists: Lists
    view: View
    compose: Compose
    channels: tuple[Channel, ...] = ()
    papers: Papers | None = None
    transport: httpx.AsyncBaseTransport | None = None
    clock: Callable[[], float] = time.time
    places: dict[int, Place] = field(default_factory=dict)
    chains: dict[str, ChainWatch] = field(default_factory=dict)
    pulses: dict[str, Pulse] = field(default_factory=dict)
    told: dict[str, int] = field(default_factory=dict)
    gates: Gates = field(default_factory=dict)
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    keeper: Keeper = field(init=False)
    client: Client = field(init=False)
    _loops: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _tried: dict[int, int] = field(default_factory=dict)
    """When to try again to begin with a target, in Unix seconds."""

    async def run(self, *, once: bool, stop: asyncio.Event) -> Summary:
        """Watch until ``stop`` is set or, with ``once``, until everything there is was read, told and delivered.

        Raises:
            TracerError: a target cannot be begun, or the store not be written.
        """
        async with Client(self.store.evidence, self.transport, self._requested, gates=self.gates) as self.client:
            self.keeper = Keeper(self)
            self.store.clock = self.now
            self.store.channels = {channel.name: channel.severities for channel in self.channels}
            await self._reconcile()
            self._was_away(AWAY_ONCE if once else AWAY)
            if once:
                await self._once(stop)
            else:
                await self._always(stop)
            self.store.beat(self.now())
        blind = tuple(chain for chain, pulse in self.pulses.items() if pulse.since is not None)
        unbegun = [one.name for one in self._listed() if one.id not in self.places]
        return Summary(dict(self.told), blind, self.store.undelivered(), (*self.keeper.behind(), *unbegun))

    def now(self) -> int:
        """Unix seconds."""
        return int(self.clock())

    def _requested(self, endpoint: str) -> None:
        for pulse in self.pulses.values():
            pulse.requested(endpoint)
        self.store.spend(endpoint, day_of(self.now()), 1)

    # --- targets

    async def _reconcile(self) -> None:
        """Take up the list as it is now. What cannot be begun does not keep the others back; it is tried again."""
        targets = self._listed()
        for target in targets:
            if target.id in self.places:
                self.places[target.id].target = target
            if self._is_due(target):
                try:
                    await self._take(target)
                except (TracerError, ChainError) as failure:
                    self._tried[target.id] = self.now() + AGAIN
                    self.view.note(failure)
        for number in set(self.places) - {target.id for target in targets}:
            del self.places[number]
        self.view.targets(targets)
        for number in self.places:
            self.show(number)

    def _is_due(self, target: Target) -> bool:
        """Is it time to begin with it?"""
        begun = target.id in self.places and self.keeper.has_begun(target)
        return not begun and self._tried.get(target.id, 0) <= self.now()

    def _is_changed(self, listed: Iterable[Target]) -> bool:
        """Is the list another one than what is watched, or something on it to be begun?"""
        known = {one.id: one for one in listed}
        gone = any(known.get(number) != place.target for number, place in self.places.items())
        return gone or any(map(self._is_due, known.values()))

    def _listed(self) -> list[Target]:
        """What is on the list and not over yet."""
        return [one for one in self.store.targets() if one.until is None or self.now() < one.until]

    async def _take(self, target: Target) -> None:
        """Begin with a target, or go on with it from what is saved, also while its case cannot be opened."""
        base = self.store.base(target.id)
        self._know_chains(target)
        if base is not None and target.id not in self.places:
            for chain, block in base.tops.items():
                self.chain(chain, block)
            self.places[target.id] = self._place(target, base)
            moved = last_moved(self.store, target.id)
            if moved is not None:
                self.keeper.moved[target.id] = moved
        if target.kind == CASE:
            with open_case(Path(target.folder), offline=True) as case:
                if base is not None and case.store.last_result() is None:
                    self.keeper.begin_anew(target.id)
                    return
                stored = last_result(case)
                result = from_document(stored.result or "")
                if base is None:
                    await self.adopt(target, base_of(case, await workings_of(case, self.config)))
            self.keeper.begin(self.places[target.id], result, stored.generation)
        elif base is None:
            await self.adopt(target, await self._bare(target))

    def _know_chains(self, target: Target) -> None:
        """Take over the chains that only a case knows; one that cannot be opened now says so elsewhere."""
        if target.kind == CASE:
            with suppress(CaseError), open_case(Path(target.folder), offline=True) as case:
                self.config = self.config.with_rows(case.chain_rows())

    async def _bare(self, target: Target) -> Base:
        chain = named_chain(self.config.chains, target.chain)
        watch = self.chain(chain.id, None)
        tips = await watch.scanner.tips()
        return address_base(chain.id, chain.address(target.address), tips.final)

    async def adopt(self, target: Target, base: Base, notices: Iterable[Kept] = ()) -> None:
        """Let a target go on from a base, and bring it up to where the watch stands on every chain."""
        async with AsyncExitStack() as locks:
            place = self._place(target, base, fresh=True)
            for chain, block in sorted(base.tops.items()):
                watch = self.chain(chain, block)
                await locks.enter_async_context(watch.lock)
                await self._same(watch, block, begun=self.store.base(target.id) is not None)
                place = await watch.join(place)
            fresh = self.store.rebase(target.id, base, place.stands, place.origins, tuple(notices))
            self.places[target.id] = place
        self.tell(fresh)
        self.show(target.id)

    async def _same(self, watch: ChainWatch, block: Block, *, begun: bool) -> None:
        """Hold what a base speaks of against the chain. One that a target begins with is read on before long.

        Raises:
            Down: the chain has another block there; whoever has gone on from something sounder does so still.
        """
        if begun and block.hash and not is_same(await watch.scanner.block(block.number), block):
            raise Down(watch.scanner.source, f"block {block.number}", "another one than when the case was read")

    def _place(self, target: Target, base: Base, *, fresh: bool = False) -> Place:
        labels = load_labels([Path(path) for path in self._label_files(target)], self.lists.of)
        stands = dict(base.stands) if fresh else self.store.stands(target.id)
        origins = base.origins if fresh else self.store.origins(target.id)
        return Place(target, base, labels, load_tokens(), stands, origins)

    def _label_files(self, target: Target) -> list[str]:
        """The user's label files: those of the watch, and those of the case."""
        own = sorted(str(path) for path in (Path(target.folder) / "labels").glob("*")) if target.folder else []
        return [*target.labels, *own]

    def chain(self, name: str, top: Block | None) -> ChainWatch:
        """The watch of a chain, begun at ``top`` where nobody has watched it yet."""
        if name not in self.chains:
            chain = named_chain(self.config.chains, name)
            reader = open_reader(chain, self.client, self.config.sources)
            scanner = open_scanners(chain, self.client, self.config.sources)
            self.chains[name] = ChainWatch(
                chain, scanner, Judge(reader, scanner), self.store, self.places, asyncio.Lock()
            )
            self.pulses[name] = Pulse(self, self.chains[name])
        if top is not None and self.store.cursor(name) is None:
            self.store.begin(name, Cursor(top, top))
        return self.chains[name]

    def show(self, number: int) -> None:
        """Tell whoever looks on how much of a target is watched."""
        place = self.places[number]
        resting = sorted(place.resting().items(), key=lambda item: (-item[1], item[0]))
        shown = [
            (asset_of(place, self.config.chains[chain], AssetId(asset)), units) for (chain, asset), units in resting
        ]
        self.view.frontier(number, place.looked(), shown, self.keeper.moved.get(number))

    # --- running

    def _was_away(self, allowed: int) -> None:
        """Say so when the watch did not run for longer: nothing was seen then, and the gap is read first."""
        last = self.store.last_beat()
        if last is not None and self.now() - last > allowed:
            for pulse in self.pulses.values():
                pulse.was_away(last)

    async def _once(self, stop: asyncio.Event) -> None:
        for pulse in self.pulses.values():
            until = time.monotonic() + ONCE
            while not (stop.is_set() or await pulse.look() or pulse.is_known_blind or time.monotonic() > until):
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), pulse.retry())
        await self._deliver()
        if not stop.is_set():
            await self.keeper.all_now()
        await self._deliver()

    async def _always(self, stop: asyncio.Event) -> None:
        loops = [self._listing(stop), self._delivering(stop), self.keeper.run(stop), self._beating(stop)]
        tasks = [asyncio.create_task(loop) for loop in loops]
        try:
            ended = asyncio.create_task(self._ended(stop))
            done, _ = await asyncio.wait([*tasks, ended], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            running = [*tasks, *self._loops.values()]
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _ended(self, stop: asyncio.Event) -> None:
        await stop.wait()
        for pulse in self.pulses.values():
            pulse.woken.set()

    async def _listing(self, stop: asyncio.Event) -> None:
        """Keep to the list of targets, and a loop running for each of their chains."""
        while not stop.is_set():
            for name, pulse in self.pulses.items():
                if name not in self._loops:
                    self._loops[name] = asyncio.create_task(pulse.run(stop))
            for task in self._loops.values():
                if task.done():
                    task.result()
            await asyncio.sleep(LOOK_AT_LIST)
            listed = self._listed()
            if self._is_changed(listed):
                await self._reconcile()
            if not listed:
                stop.set()

    async def _beating(self, stop: asyncio.Event) -> None:
        """Note that the watch is alive, and keep its file small."""
        pruned = 0
        while not stop.is_set():
            try:
                self.store.beat(self.now())
                if self.now() - pruned > DAY:
                    pruned = self.now()
                    self.store.prune(pruned - MONTH)
            except CaseError as failure:
                self.view.note(failure)
            await asyncio.sleep(BEAT)

    async def _delivering(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await self._deliver()
            try:
                await asyncio.wait_for(self.woken.wait(), 2.0)
            except TimeoutError:
                continue
            self.woken.clear()

    async def _deliver(self) -> None:
        """Hand on what is due, until nothing is: more of it may be told while channels are busy."""
        try:
            while await deliver(self.store, self.channels, self.compose, self.now, self.view):
                pass
            self.view.waiting(self.store.undelivered())
        except CaseError as failure:
            self.view.note(failure)

    def noticed(self, chain: str, ticked: Ticked) -> None:
        """Take up what a look at a chain brought."""
        self.keeper.want(chain, ticked, self.now())
        for number in {one.notice.target for one in ticked.told} & self.places.keys():
            self.show(number)
        self.tell(ticked.told)

    def tell(self, fresh: Iterable[Logged]) -> None:
        """Show what is new, and have it delivered."""
        for one in fresh:
            self.view.told(one.notice, one.status, one.turn)
            self.told[one.notice.severity] = self.told.get(one.notice.severity, 0) + 1
            self.woken.set()
