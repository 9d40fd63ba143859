"""Keeps cases up to date: after a movement a case is read on, and the watch goes on from what it then says.

A minute's work, and never in the way of the alarm: it waits until a burst of movements is over, but not for long. What
only the case knows (conversions, deposit addresses by their behaviour, freezes) is told from here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from chains.errors import ChainError
from chains.model import Block
from tracer.dossier import Dossier
from tracer.errors import TracerError
from tracer.result import ENDPOINT_TIERS, DepositRow, FreezeRow, Result
from tracer.watch.arrivals import arrivals
from tracer.watch.catch_up import Caught, case_for, catch_up
from tracer.watch.chain_watch import Ticked
from tracer.watch.freezes import freezes
from tracer.watch.frontier import Place
from tracer.watch.model import (
    CASE,
    CONFIRMED,
    CRITICAL,
    DIGEST,
    FREEZE,
    HIGH,
    PAYMENT,
    RETRACTED,
    SENTRY,
    TAKEN,
    Notice,
    Target,
)
from tracer.watch.store import WatchStore
from tracer.watch.store_told import Kept
from tracer.watch.view import DONE, LATER, TRACING, WRITING

if TYPE_CHECKING:
    from tracer.watch.engine import Engine

QUIET: Final = 20
"""Seconds without a movement after which a case is read on."""

LONGEST: Final = 300
"""Seconds after which it is read on whatever moves."""

URGENT: Final = 2
"""Seconds for a movement to an exchange: its letter is wanted now."""

AGAIN: Final = 60
"""Seconds after which it is tried again."""

DAILY: Final = 86_400
"""Seconds after which a case is read on though nothing moved: freezes and deposits change without its money."""


HOURLY: Final = 3_600
"""Seconds between two looks at what issuers froze or propose to."""

MOVEMENTS: Final = frozenset({PAYMENT, TAKEN, SENTRY})


class Want(NamedTuple):
    """A case to read on: since when, the last movement, and whether somebody must act on it now.

    ``early`` when what moved may still be undone: then papers are written, but the watch does not go on from it.
    """

    since: int
    last: int
    urgent: bool = False
    early: bool = False
    not_before: int = 0

    def due(self, now: int) -> bool:
        """Is it time? Also where the clock was set back since."""
        if now < self.since:
            return True
        waited = now - self.since >= LONGEST or now - self.last >= (URGENT if self.urgent else QUIET)
        return waited and now >= self.not_before


@dataclass(slots=True)
class Keeper:
    """Which cases are to be read on, and when each last moved and was last read."""

    engine: Engine
    wants: dict[int, Want] = field(default_factory=dict)
    moved: dict[int, int] = field(default_factory=dict)
    read: dict[int, int] = field(default_factory=dict)
    asked: dict[int, int] = field(default_factory=dict)
    """When the issuers were asked last about each target."""
    ahead: dict[int, Mapping[str, Block]] = field(default_factory=dict)
    """The blocks that each case's last result speaks of."""
    known: dict[int, set[str]] = field(default_factory=dict)
    """What the case of each target said already when the watch began with it."""

    def begin(self, place: Place, result: Result, generation: int) -> None:
        """Take what a case says already as told. It is read on where the watch is further."""
        self.ahead[place.target.id] = {block.chain: block for block in result.as_of}
        if place.base.generation != generation or self._has_moved_since(place.target.id):
            self.wants[place.target.id] = Want(self.engine.now(), self.engine.now())
        self.known[place.target.id] = {notice.key for notice in news(place, result)}

    def _has_moved_since(self, number: int) -> bool:
        """Was a movement told that the case does not know, because the watch ended before it was read on?"""
        tops = self.ahead[number]
        moved = (one.notice for one in self.engine.store.log(target=number) if one.status == CONFIRMED)
        return any(one.kind in MOVEMENTS and one.chain in tops and one.height > tops[one.chain].height for one in moved)

    def begin_anew(self, number: int) -> None:
        """Read on a case that was made of an address and not finished then."""
        self.ahead[number] = {}
        self.wants[number] = Want(self.engine.now(), self.engine.now())

    def want(self, _chain: str, ticked: Ticked, now: int) -> None:
        """Take note of what a look brought."""
        for number in ticked.moved | ticked.unclear:
            before = self.wants.get(number, Want(now, now))
            if before.early:  # it failed for what was not final then
                before = before._replace(not_before=0)
            urgent = before.urgent or number in ticked.urgent
            self.wants[number] = before._replace(last=now, urgent=urgent, early=False)
            self.moved[number] = now
        for number in ticked.urgent - ticked.moved:
            if number not in self.wants:
                self.wants[number] = Want(now, now, urgent=True, early=True)

    def has_begun(self, target: Target) -> bool:
        """Is it known what its case said last? Before, it is not read on."""
        return target.kind != CASE or target.id in self.ahead

    def behind(self) -> Iterator[str]:
        """Names of the cases that could not be read on; one that only waits for finality is none of them."""
        for number, place in self.engine.places.items():
            want = self.wants.get(number)
            failed = want is not None and want.not_before
            if place.target.kind == CASE and (failed or not self.has_begun(place.target)):
                yield place.target.name

    async def run(self, stop: asyncio.Event) -> None:
        """Read on whatever is due, for ever."""
        while not stop.is_set():
            now = self.engine.now()
            for number, place in list(self.engine.places.items()):
                if now - self.read.setdefault(number, now) > DAILY:
                    self.wants.setdefault(number, Want(now, now))
                if now - self.asked.setdefault(number, now) > HOURLY:
                    await self._ask_issuers(place, now)
            for number, want in list(self.wants.items()):
                if want.due(now) and self._may(number, want):
                    await self._read_on(number)
            await asyncio.sleep(1)

    async def all_now(self) -> None:
        """Read on everything that waits."""
        for number, want in list(self.wants.items()):
            if self._may(number, want):
                await self._read_on(number)

    def _may(self, number: int, want: Want) -> bool:
        """Can a case be read on, or is something else to come first?"""
        place = self.engine.places.get(number)
        return place is None or (self.has_begun(place.target) and (want.early or self._reached(number)))

    def _reached(self, number: int) -> bool:
        """Is all that a case's last result speaks of final by now? Before, the watch cannot go on from it."""
        cursors = ((self.engine.store.cursor(chain), top) for chain, top in self.ahead.get(number, {}).items())
        return all(cursor is not None and top.number <= cursor.final.number for cursor, top in cursors)

    async def _read_on(self, number: int) -> None:
        """Bring one case up to date; what fails is tried again later."""
        place, want = self.engine.places.get(number), self.wants.pop(number)
        if place is None or place.target.paused:
            return
        view, now = self.engine.view, self.engine.now()
        try:
            if place.target.kind != CASE and not self._open_case(place):
                return
            view.catching_up(number, TRACING)
            caught = await self._caught(place, early=want.early)
            self.ahead[number] = caught.base.tops
            if self._reached(number) and not place.would_lose(caught.base):
                await self.engine.adopt(place.target, caught.base, self._learnt(place, caught.result))
            elif not want.early:
                self.wants[number] = want._replace(not_before=now + AGAIN)
            view.catching_up(number, WRITING)
            await self._write(place, caught.dossier)
        except (TracerError, ChainError) as failure:
            view.note(failure)
            view.catching_up(number, LATER)
            self.wants.setdefault(number, want._replace(not_before=now + AGAIN))
            return
        self.read[number] = self.engine.now()
        self.engine.woken.set()
        view.catching_up(number, DONE)

    def _open_case(self, place: Place) -> bool:
        """Make a bare address a case of its own, once something has left it for good; False before."""
        left = [one for one in self.engine.store.log(target=place.target.id) if one.notice.kind == TAKEN]
        first = min((one.notice for one in left if one.status == CONFIRMED), key=lambda one: one.height, default=None)
        if first is None:
            return False
        folder = case_for(place.target, first.tx, self.engine.store.path.parent.parent)
        place.target = place.target._replace(kind=CASE, folder=str(folder))
        self.ahead[place.target.id] = {}
        self.engine.store.change(place.target)
        return True

    async def _caught(self, place: Place, *, early: bool) -> Caught:
        seen: dict[str, Block] = {}
        for chain in place.base.tops:
            cursor = self.engine.store.cursor(chain)
            if cursor is not None:
                seen[chain] = cursor.newest if early else cursor.final
        return await catch_up(
            Path(place.target.folder),
            self.engine.config,
            at={chain: block.number for chain, block in seen.items()},
            seen=seen,
            final=not early,
            lists=self.engine.lists,
            gates=self.engine.gates,
            transport=self.engine.transport,
        )

    async def _write(self, place: Place, dossier: Dossier) -> None:
        if self.engine.papers is not None:
            await self.engine.papers(Path(place.target.folder), dossier)

    async def _ask_issuers(self, place: Place, now: int) -> None:
        """Tell what issuers did or propose, without waiting for the case to be read on."""
        self.asked[place.target.id] = now
        try:
            rows = await freezes(place, self.engine.store, self.engine.config, self.engine.client)
            self.engine.tell(self.engine.store.tell(list(self._unknown(place, frozen(place, rows)))))
        except (TracerError, ChainError) as failure:
            self.engine.view.note(failure)
        self.engine.woken.set()

    def _learnt(self, place: Place, result: Result) -> list[Kept]:
        """What the case says now that neither it nor the alarm said before."""
        untold = (one for one in arrivals(place, result) if not self._is_told(one))
        return [*self._unknown(place, news(place, result)), *((one, CONFIRMED) for one in untold)]

    def _is_told(self, arrival: Notice) -> bool:
        """Did the alarm tell this payment itself, as whatever it was for it?"""
        store = self.engine.store
        return any(store.notice(arrival._replace(kind=kind).id) is not None for kind in MOVEMENTS)

    def _unknown(self, place: Place, notices: Iterable[Notice]) -> Iterator[Kept]:
        """What the case did not say already."""
        known = self.known.setdefault(place.target.id, set())
        for notice in notices:
            if notice.key not in known:
                known.add(notice.key)
                yield notice, CONFIRMED


def last_moved(store: WatchStore, target: int) -> int | None:
    """The Unix time of the last movement of traced value that was told of a target; None before the first."""
    logged = store.log(target=target)
    moved = [one.notice.time for one in logged if one.notice.kind in MOVEMENTS and one.status != RETRACTED]
    return max(moved, default=None)


def news(place: Place, result: Result) -> Iterator[Notice]:
    """What a case knows and the alarm cannot: deposit addresses by their behaviour, and what issuers did."""
    for row in result.deposits:
        if row.tier in ENDPOINT_TIERS:
            yield _deposit(place, result, row)
    yield from frozen(place, result.freezes)


def frozen(place: Place, rows: Iterable[FreezeRow]) -> Iterator[Notice]:
    """Every freeze, and every proposal of one."""
    for freeze in rows:
        state = "frozen" if freeze.frozen == "yes" else "proposed" if freeze.proposed == "yes" else ""
        if state:
            yield _freeze(place, freeze, state)


def _deposit(place: Place, result: Result, row: DepositRow) -> Notice:
    account = (row.chain, row.address, row.asset.id)
    units = sum(one.amount for one in result.endpoints if (one.chain, one.address, one.asset.id) == account)
    return Notice(
        f"deposit|{'|'.join(account)}|{units}",
        place.target.id,
        DIGEST,
        CRITICAL,
        row.chain,
        receiver=row.address,
        asset=row.asset,
        traced=units,
        entity=row.entity,
        category="exchange_deposit",
        source=row.hub_source,
        reason="exchange_deposit",
        why=row.rule,
        more={"tier": row.tier, "confidence": row.confidence},
    )


def _freeze(place: Place, row: FreezeRow, state: str) -> Notice:
    return Notice(
        f"freeze|{row.chain}|{row.address}|{row.asset.id}|{state}|{row.proposal}|{row.confirmed}",
        place.target.id,
        FREEZE,
        HIGH,
        row.chain,
        receiver=row.address,
        asset=row.asset,
        entity=row.issuer,
        reason=state,
        more={"confirmed": row.confirmed, "needed": row.needed, "proposal": row.proposal},
    )
