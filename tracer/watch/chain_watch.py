"""One chain under watch: reads its final blocks for good, those above them for an early notice, and sees what vanished.

Only the final pass moves what is saved, in one transaction per stretch. The early pass is worked out anew from there
each time, so a reorganisation needs no undoing: what is not in the chain any more simply is not found, and what was
told of it is retracted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from time import monotonic
from typing import Final

from chains.errors import Down, NotFound
from chains.model import Block
from chains.registry import Chain
from chains.scan import Change, Sight, Tips, Watched
from chains.scan_reader import ScanReader, is_same
from tracer.ledger import Identity
from tracer.watch import notices as made
from tracer.watch.frontier import Looked, Place, both, watched
from tracer.watch.model import CONFIRMED, CRITICAL, INFO, PROVISIONAL, RETRACTED, Notice
from tracer.watch.newcomers import BUDGET, Judge, label_of
from tracer.watch.reading import Stretch, Worked, changed, work
from tracer.watch.state import Cursor, Step
from tracer.watch.store import Logged, WatchStore
from tracer.watch.store_told import Kept

FIRST_STRETCH, LONGEST_STRETCH, SHORTEST_STRETCH = 64, 1_000, 4
"""Blocks that are read, folded and saved at once. A long gap is saved in pieces, so that whatever ends the watch in it
costs one piece: longer ones while they are quickly done, shorter ones while they are not."""

QUICK, SLOW = 2, 10
"""Seconds for a piece below which the next is twice as long, and above which it is half as long."""


ANCHOR: Final = 1_000
"""Blocks below the final one in which a chain is known again: no reorganisation goes that deep."""


class Replaced(Down):
    """A source has the block ``now`` where the final one was ``before``."""

    def __init__(self, source: str, before: Block, now: Block) -> None:
        super().__init__(source, f"block {before.number}", f"it is {now.hash}, not {before.hash}")
        self.before, self.now = before, now


@dataclass(slots=True)
class Ticked:
    """What one look at a chain brought.

    ``blocks`` are final ones that were read. ``moved`` are targets of which traced value moved for good, ``urgent``
    those with something critical in any state, ``unclear`` those whose case must say anew where it stands.
    """

    tips: Tips
    blocks: int = 0
    moves: int = 0
    moved: set[int] = field(default_factory=set)
    urgent: set[int] = field(default_factory=set)
    unclear: set[int] = field(default_factory=set)
    told: list[Logged] = field(default_factory=list)
    """Notices that are new, or in a new state."""
    plan: str = ""


@dataclass(slots=True)
class ChainWatch:
    """One chain of a running watch. ``places`` has every target's place, shared by all chains; ``lock`` guards them."""

    chain: Chain
    scanner: ScanReader
    judge: Judge
    store: WatchStore
    places: dict[int, Place]
    lock: asyncio.Lock
    looked: Looked = field(default_factory=Looked)
    early: dict[Identity, Sight] = field(default_factory=dict)
    grants: dict[tuple[object, ...], Change] = field(default_factory=dict)
    """What was seen of blocks above the final one."""
    stretch: int = FIRST_STRETCH
    top: Block | None = None
    """The newest block that the early pass has read to, since this process began."""

    async def tick(self) -> Ticked:
        """Read what is new.

        Raises:
            ChainError: nobody could be asked; what was saved before stands.
        """
        async with self.lock:
            with self.store.evidence.reading(self.chain.id, lambda: self.judge.answers):
                ticked = Ticked(await self.scanner.tips())
                try:
                    await self._read_on(ticked)
                except Replaced as replaced:
                    await self._begin_anew(replaced, ticked)
                    await self._read_on(ticked)
        return ticked

    async def _read_on(self, ticked: Ticked) -> None:
        """Read what became final, then what is above it."""
        cursor, last = self._cursor(), ticked.tips.final.number
        while cursor.final.number < last:
            low, began = cursor.final.number + 1, monotonic()
            await self._final(low, min(low + self.stretch - 1, last), ticked)
            self._pace(monotonic() - began)
            cursor = self._cursor()
        await self._early(ticked.tips, ticked)

    def _pace(self, seconds: float) -> None:
        """Let the next piece be as long as suits."""
        if seconds > SLOW:
            self.stretch = max(SHORTEST_STRETCH, self.stretch >> 1)
        elif seconds < QUICK:
            self.stretch = min(LONGEST_STRETCH, self.stretch << 1)

    def _cursor(self) -> Cursor:
        cursor = self.store.cursor(self.chain.id)
        assert cursor is not None, "a chain is begun before it is read"
        return cursor

    def here(self) -> dict[int, Place]:
        """The targets of this chain."""
        return {number: place for number, place in self.places.items() if self.chain.id in place.base.tops}

    # --- for good

    async def _final(self, low: int, high: int, ticked: Ticked) -> None:
        """Read final blocks and save what they changed, all or nothing."""
        places = self.here()
        stretch, worked = await self._read(places, low, high)
        assert stretch.top is not None
        thin = await self._make_good(places, stretch)
        await self._unchanged()
        told = self._notices(places, stretch, worked, CONFIRMED)
        cursor = self._cursor()
        newest = max(cursor.newest, stretch.top, key=lambda block: block.number)
        after = {number: changed(places[number], place, self.chain.id) for number, place in worked.places.items()}
        fresh = self.store.commit(
            Step(
                self.chain.id,
                Cursor(newest, stretch.top),
                blocks=tuple(one for one in self.store.blocks(self.chain.id) if one.number > high),
                sights=tuple(worked.sights.values()),
                changes=tuple(one for one in stretch.changes.values() if self._guards(places, one.owner)),
                early=tuple(one for one in self.early.values() if one.number > high),
                stands={(number, account): one for number, rows in after.items() for account, one in rows.items()},
                origins={number: place.origins for number, place in worked.places.items()},
                notices=tuple(told),
                answers=self._answers(stretch),
            )
        )
        for number, place in worked.places.items():
            self.places[number].apply(after[number], place.origins)
        self.store.set_thin(self.chain.id, thin)
        ticked.blocks += high - low + 1
        self._note(ticked, fresh, stretch.plan, final=True)

    async def _make_good(self, places: Mapping[int, Place], stretch: Stretch) -> int | None:
        """Look once more for changes of power in blocks of which a source may not have told all of them.

        Returns the first block that still needs it; where this stretch does, that is noted at once.
        """
        thin = self.store.thin(self.chain.id)
        if stretch.weak:
            thin = stretch.low if thin is None else thin
            self.store.set_thin(self.chain.id, thin)
            return thin
        guarded = watched(places.values(), self.chain.id).guarded
        if thin is None or thin >= stretch.low or not guarded:
            return None
        end = min(thin + LONGEST_STRETCH, stretch.low)
        scanned = await self.scanner.scan(Watched(guarded=guarded), thin, end - 1)
        stretch.changes.update((one.identity, one) for one in scanned.changes)
        if scanned.weak:
            return thin
        return end if end < stretch.low else None

    async def _read(self, places: Mapping[int, Place], low: int, high: int) -> tuple[Stretch, Worked]:
        """Read a stretch from nothing, and work out what it makes of these places."""
        stretch, looked = Stretch(self.chain.id, low, high), Looked()
        who = watched(places.values(), self.chain.id)
        stretch.take(await self.scanner.scan(who, low, high))
        looked.note(who, low)
        return stretch, await work(self.scanner, self.judge, places, stretch, looked)

    def _guards(self, places: Mapping[int, Place], owner: str) -> bool:
        return any((self.chain.id, owner) in place.rules.sources for place in places.values())

    # --- early

    async def _early(self, tips: Tips, ticked: Ticked) -> None:
        """Work out what the blocks above the final one say, and tell what is new or gone."""
        cursor, places = self._cursor(), self.here()
        agreed = await self._agreed(cursor)
        if self.top is not None and self.top == tips.newest and agreed == self.top:
            return
        stretch = Stretch(self.chain.id, cursor.final.number + 1, tips.newest.number)
        who, looked = watched(places.values(), self.chain.id), self.looked.copy()
        if stretch.low <= stretch.high:
            await self._read_early(stretch, agreed, who, tips)
        looked.note(who, stretch.low)
        worked = await work(self.scanner, self.judge, places, stretch, looked)
        told = self._notices(places, stretch, worked, PROVISIONAL)
        now = {notice.id for notice, _ in told}
        gone = [
            (notice, RETRACTED)
            for notice in self.store.provisional(self.chain.id)
            if notice.id not in now and notice.number <= tips.newest.number
        ]
        if (told or gone) and cursor.final.number <= tips.final.number:
            await self._unchanged()
        self.early, self.grants = stretch.sights, stretch.changes
        self.looked, self.top = worked.looked, tips.newest
        kept = [one for one in self.store.blocks(self.chain.id) if one.number <= agreed.number]
        fresh = self.store.commit(
            Step(
                self.chain.id,
                Cursor(tips.newest, cursor.final),
                blocks=_remembered(kept, stretch.top),
                early=tuple(worked.sights.values()),
                notices=(*told, *gone),
                answers=self._answers(stretch),
            )
        )
        self._note(ticked, fresh, stretch.plan, final=False)

    async def _read_early(self, stretch: Stretch, agreed: Block, who: Watched, tips: Tips) -> None:
        """Take over what is known of the blocks up to ``agreed``, and read the rest."""
        known = range(stretch.low, agreed.number + 1)
        stretch.sights.update((identity, sight) for identity, sight in self.early.items() if sight.number in known)
        stretch.changes.update((key, change) for key, change in self.grants.items() if change.number in known)
        late = self.looked.lacking(who, stretch.low)
        if late.all and stretch.low <= agreed.number and self.top is not None:
            stretch.take(await self.scanner.scan(late, stretch.low, agreed.number))
        low = max(stretch.low, agreed.number + 1) if self.top is not None else stretch.low
        if low <= tips.newest.number:
            stretch.take(await self.scanner.scan(both(who, self.looked.all), low, tips.newest.number))

    async def _agreed(self, cursor: Cursor) -> Block:
        """The newest block read early that is still in the chain, or the final one."""
        if self.top is None:
            return cursor.final
        for block in self.store.blocks(self.chain.id):
            if block.number <= cursor.final.number:
                break
            try:
                if is_same(await self.scanner.block(block.number), block):
                    return block
            except NotFound:
                continue
        return cursor.final

    # --- a final block that is none

    async def _unchanged(self) -> None:
        """See that the chain still has the block that is final here, and note an older one to know the chain by.

        Asked after something was read and before it counts, so that nothing of another chain does.

        Raises:
            Replaced: it has another one in its place.
        """
        final = self._cursor().final
        if not final.hash:
            return
        now = await self.scanner.block(final.number)
        if not is_same(now, final):
            raise Replaced(self.scanner.source, final, now)
        if self.store.anchor(self.chain.id) is None:
            with suppress(NotFound):
                self.store.set_anchor(await self.scanner.block(max(1, final.number - ANCHOR)))

    async def _begin_anew(self, replaced: Replaced, ticked: Ticked) -> None:
        """Go back to where every target began: a block that was final has given way to another.

        Raises:
            Down: so has one that is far older, which no reorganisation undoes: this is another chain.
        """
        anchor = self.store.anchor(self.chain.id)
        if anchor is not None and not is_same(await self.scanner.block(anchor.number), anchor):
            raise replaced
        final, now = replaced.before, replaced.now
        first = min((place.starts[self.chain.id] for place in self.here().values()), default=final.number)
        told: list[Kept] = [(made.undone(self.chain.id, final.number, final.hash, now.hash), CONFIRMED)]
        bottom = await self.scanner.block(min(first, ticked.tips.final.number))
        ticked.told += self.store.rewind(self.chain.id, Cursor(bottom, bottom), told)
        for number, place in self.here().items():
            self.places[number] = place.restarted(self.chain.id)
            ticked.unclear.add(number)
        self.early, self.grants, self.looked, self.top = {}, {}, Looked(), None

    # --- what is told

    def _notices(self, places: Mapping[int, Place], stretch: Stretch, worked: Worked, status: str) -> list[Kept]:
        found: list[Notice] = []
        for number, place in worked.places.items():
            named = partial(label_of, place, code=self.judge.code)
            found += made.payments(place, self.chain, worked.moves[number], worked.sights, named)
            changes = [one for one in stretch.changes.values() if one.number > place.starts[self.chain.id]]
            found += made.grants(place, self.chain, changes, named)
            if status == CONFIRMED:
                found += map(self._with_earlier, made.bait(place, self.chain, worked.looked.all, stretch.in_order()))
                found += _full(places[number], place, stretch)
        if status == CONFIRMED:
            found += [made.thin(self.chain.id, why) for why in sorted(stretch.weak)]
        return [(notice, status) for notice in found]

    def _with_earlier(self, bait: Notice) -> Notice:
        """A day's bait with what was seen of it in earlier stretches."""
        before = self.store.notice(bait.id)
        return bait if before is None else made.more_bait(before.notice, bait)

    def _answers(self, stretch: Stretch) -> frozenset[int]:
        """The stored answers that what is told rests on, beside those that transfers were read in."""
        raws = {one.raw for one in stretch.changes.values()} | self.judge.answers
        self.judge.answers = set()
        return frozenset(raws)

    def _note(self, ticked: Ticked, fresh: Sequence[Logged], plan: str, *, final: bool) -> None:
        ticked.plan = plan or ticked.plan
        ticked.told += fresh
        for notice in (one.notice for one in fresh):
            if notice.severity == CRITICAL:
                ticked.urgent.add(notice.target)
            if final and notice.severity != INFO and notice.target:
                ticked.moved.add(notice.target)
                ticked.moves += 1

    async def join(self, place: Place) -> Place:
        """Bring a target that knows less of this chain than the watch up to where the watch stands.

        Nobody else's fold is touched, and nothing is told of it twice: notices are the same ones. Call it under `lock`.
        """
        cursor = self._cursor()
        low = place.starts[self.chain.id] + 1
        while low <= cursor.final.number:
            only = {place.target.id: place}
            stretch, worked = await self._read(only, low, min(low + self.stretch - 1, cursor.final.number))
            await self._unchanged()
            self.store.tell(self._notices(only, stretch, worked, CONFIRMED))
            place = worked.places[place.target.id]
            low = stretch.high + 1
        place.stands = {account: stand for account, stand in place.stands.items() if not stand.empty}
        return place


def _full(before: Place, after: Place, stretch: Stretch) -> Iterable[Notice]:
    for account, stand in after.stands.items():
        if stand.reason == BUDGET and account not in before.stands and account[0] == stretch.chain:
            yield made.full(after, account, stretch.high)


def _remembered(kept: Sequence[Block], top: Block | None) -> tuple[Block, ...]:
    """Blocks above the final one to recognise a reorganisation by, newest first."""
    return tuple(dict.fromkeys([*([top] if top else []), *kept]))
