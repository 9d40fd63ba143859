"""Reads one stretch of blocks for every target, until nobody new turns up in it.

Whoever received traced value is looked for in the same stretch, from the block it received it in: it may have paid it
on in the next one, or in the same. What comes out is where every target stands after the stretch.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from chains.errors import Down
from chains.model import Block
from chains.scan import Change, Scanned, Sight
from chains.scan_reader import ScanReader, is_same
from tracer.ledger import Account, Identity
from tracer.watch.frontier import LOOKED, Looked, Place, looked_for
from tracer.watch.newcomers import BUDGET, Judge, Newcomer, ended
from tracer.watch.standing import Advanced, Move, Stand, advance, as_service, judged


@dataclass(slots=True)
class Stretch:
    """What was read of blocks ``low`` to ``high``: transfers by identity, and who was looked for from where."""

    chain: str
    low: int
    high: int
    top: Block | None = None
    sights: dict[Identity, Sight] = field(default_factory=dict)
    changes: dict[tuple[object, ...], Change] = field(default_factory=dict)
    weak: set[str] = field(default_factory=set)
    plan: str = ""

    def take(self, scanned: Scanned) -> None:
        """Take in what a scan found. Raises `Down` where it stands on another top than what was read before."""
        if scanned.high == self.high and self.top is not None and not is_same(scanned.top, self.top):
            raise Down(self.chain, f"blocks {scanned.low} to {scanned.high}", "the chain changed while they were read")
        self.sights.update((sight.transfer.identity, sight) for sight in scanned.sights)
        self.changes.update((one.identity, one) for one in scanned.changes)
        if scanned.weak:
            self.weak.add(scanned.weak)
        if scanned.high == self.high:
            self.top = self.top or scanned.top
        self.plan = self.plan or scanned.plan

    def in_order(self) -> list[Sight]:
        """Everything seen, in chain order."""
        return sorted(self.sights.values(), key=lambda sight: sight.transfer.position)


@dataclass(slots=True)
class Worked:
    """What a stretch made of the targets: their places afterwards, the payments, and what of it concerns them.

    ``looked`` tells who was looked for in it.
    """

    places: dict[int, Place]
    looked: Looked
    moves: dict[int, tuple[Move, ...]] = field(default_factory=dict)
    sights: dict[Identity, Sight] = field(default_factory=dict)


async def work(
    scanner: ScanReader, judge: Judge, places: Mapping[int, Place], stretch: Stretch, looked: Looked
) -> Worked:
    """Fold a stretch on for every target; ``looked`` tells who was looked for in it already, and is brought up to date.

    Raises:
        ChainError: something that the fold rests on could not be read; nothing is changed then.
    """
    begun = {number: place.copy() for number, place in places.items()}
    while True:
        sights = stretch.in_order()
        made = {number: _advanced(place, sights) for number, place in begun.items()}
        fresh, new = False, dict[Account, int]()
        for number, (advanced, own) in made.items():
            busy = begun[number].busy(own)
            begun[number].stands.update((account, as_service(begun[number].stands[account])) for account in busy)
            came = [] if busy else newcomers(advanced, stretch)
            stands = await asyncio.gather(*(judge.judge(begun[number], one) for one in came))
            for one, judgement in zip(came, stands, strict=True):
                stand = judgement if begun[number].room(judgement) else ended(BUDGET)
                begun[number].stands[one.account] = judged(places[number].stands.get(one.account), stand)
                if stand.role in LOOKED:
                    new[one.account] = min(one.number, new.get(one.account, one.number))
            fresh = fresh or bool(busy or came)
        if not fresh:
            return _done(begun, made, looked)
        await _look_for(scanner, stretch, new, looked)


async def _look_for(scanner: ScanReader, stretch: Stretch, new: Mapping[Account, int], looked: Looked) -> None:
    """Look for those who turned up, each from the block of its first payment on as far as nobody has."""
    lacking = {account: low for account, low in new.items() if looked.lacking(looked_for([account]), low).all}
    if lacking:
        low, wanted = min(lacking.values()), looked_for(lacking)
        stretch.take(await scanner.scan(wanted, low, stretch.high))
        looked.note(wanted, low)


def newcomers(advanced: Advanced, stretch: Stretch) -> list[Newcomer]:
    """Accounts that turned up, each with the block of the first payment, in the order of arrival."""
    units: dict[Account, dict[str, int]] = {}
    for move in advanced.moves:
        account = (move.transfer.chain, str(move.transfer.receiver), str(move.transfer.asset))
        for method, traced in move.traced.items():
            by = units.setdefault(account, {})
            by[method] = by.get(method, 0) + traced
    found: dict[Account, Newcomer] = {}
    for move in advanced.moves:
        one = move.transfer
        account = (one.chain, str(one.receiver), str(one.asset))
        if account not in found and advanced.newcomers.get(account) == one.position.height:
            sight = stretch.sights[one.identity]
            most = max(units[account].values(), default=0)
            found[account] = Newcomer(account, sight.number, one.position.height, sight.block, most)
    return list(found.values())


def _advanced(place: Place, sights: Sequence[Sight]) -> tuple[Advanced, list[Sight]]:
    own = [sight for sight in sights if place.concerns(sight)]
    transfers = [sight.transfer for sight in own]
    return advance(place.stands, place.rules, place.origins, transfers, place.counts), own


def _done(begun: Mapping[int, Place], made: Mapping[int, tuple[Advanced, Sequence[Sight]]], looked: Looked) -> Worked:
    worked = Worked(dict(begun), looked)
    for number, place in begun.items():
        advanced, own = made[number]
        place.stands.update(advanced.stands)
        place.origins = advanced.origins
        worked.moves[number] = advanced.moves
        worked.sights.update((sight.transfer.identity, sight) for sight in own)
    return worked


def changed(before: Place, after: Place, chain: str) -> dict[Account, Stand | None]:
    """The accounts of a chain that stand otherwise than before; None for those where nothing is traced any more."""
    return {
        account: None if stand.empty else stand
        for account, stand in after.stands.items()
        if account[0] == chain and before.stands.get(account) != stand
    }
