"""The frontier: every place of every target where the next movement would be seen. Pure, but for its own memory.

A target's fold stands at a final block in the store; `Place` is what it stands on while a stretch is worked out. Early
notice works on a copy, so that nothing that can still be undone touches what is saved.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from chains.model import FEE_SINK, NATIVE, Address, AssetId
from chains.scan import Sight, Watched
from tracer.labels import LabelBook, Tokens
from tracer.ledger import Account
from tracer.rules import DAY, SERVICE_COUNTERPARTIES_A_DAY
from tracer.watch.model import Target
from tracer.watch.standing import FOLLOWED, LOOKED_AT, Rules, Stand
from tracer.watch.state import Base
from tracer.words import sentence

GAP: Final = "gap"
"""Why a case ends where a history could not be read."""

LOOKED: frozenset[str] = frozenset({FOLLOWED, LOOKED_AT})


@dataclass(slots=True)
class Place:
    """One target as it is worked on: what it began with, and where its traced value stands now.

    ``starts`` are the numbers of the blocks, by chain, up to which the base tells everything itself.
    """

    target: Target
    base: Base
    labels: LabelBook
    tokens: Tokens
    stands: dict[Account, Stand]
    origins: int
    partners: dict[Account, tuple[int, set[str]]] = field(default_factory=dict)
    """Whom each account dealt with on the last day it dealt at all."""

    starts: Mapping[str, int] = field(init=False)

    def __post_init__(self) -> None:
        """A base tells everything up to its own blocks."""
        self.starts = {chain: block.number for chain, block in self.base.tops.items()}

    @property
    def rules(self) -> Rules:
        """What decides how its fold goes on."""
        return self.base.rules

    def copy(self) -> Place:
        """The same, to work out what can still be undone."""
        return replace(self, stands=dict(self.stands))

    def restarted(self, chain: str) -> Place:
        """As it began on one chain."""
        others = {account: stand for account, stand in self.stands.items() if account[0] != chain}
        begun = {account: stand for account, stand in self.base.stands.items() if account[0] == chain}
        return replace(self, stands=others | begun)

    def apply(self, changed: Mapping[Account, Stand | None], origins: int) -> None:
        """Take over what a stretch of one chain changed."""
        self.origins = max(self.origins, origins)
        for account, stand in changed.items():
            if stand is None:
                self.stands.pop(account, None)
            else:
                self.stands[account] = stand

    def looked(self) -> int:
        """How many places are looked at."""
        return sum(1 for stand in self.stands.values() if stand.role in LOOKED) + len(self.rules.sources)

    def would_lose(self, base: Base) -> bool:
        """Does a case know less of a place followed here, as nobody could be asked, or it moved while it was read?"""
        followed = {account: one for account, one in self.stands.items() if one.role == FOLLOWED and not one.empty}
        moved = sentence("rule.moved_meanwhile")
        return any(
            there.reason == GAP or (moved in there.weak and moved not in followed[account].weak)
            for account, there in base.stands.items()
            if account in followed
        )

    def room(self, stand: Stand) -> bool:
        """May this be one more place to look at?"""
        return stand.role not in LOOKED or self.looked() < self.target.max_frontier

    def resting(self) -> dict[tuple[str, str], int]:
        """Units traced at places that are looked at, under the stated method, by (chain, asset)."""
        found: dict[tuple[str, str], int] = {}
        for (chain, _, asset), stand in self.stands.items():
            if stand.role in LOOKED:
                found[chain, asset] = found.get((chain, asset), 0) + stand.traced(self.rules.method)
        return found

    def counts(self, chain: str, asset: AssetId) -> bool:
        """Is a transfer of this asset value? Of tokens that nobody lists, only those the case knows already."""
        return asset == NATIVE or (chain, asset) in self.base.assets or self.tokens.is_listed(chain, asset)

    def busy(self, sights: Iterable[Sight]) -> list[Account]:
        """Followed accounts that have dealt with as many others in one day as only a service does (tracer/rules.py)."""
        found: dict[Account, None] = {}
        for sight in sights:
            one = sight.transfer
            for end, other in ((one.sender, one.receiver), (one.receiver, one.sender)):
                account = (one.chain, str(end), str(one.asset))
                stand = self.stands.get(account)
                if stand is None or stand.role != FOLLOWED or other == FEE_SINK:
                    continue
                day, others = self.partners.get(account, (-1, set()))
                if day != one.time // DAY:
                    day, others = self.partners[account] = (one.time // DAY, set())
                others.add(other)
                if len(others) >= SERVICE_COUNTERPARTIES_A_DAY:
                    found[account] = None
        return list(found)

    def concerns(self, sight: Sight) -> bool:
        """Does this transfer move anything that the target's fold stands on?"""
        one = sight.transfer
        if sight.number <= self.starts.get(one.chain, -1):
            return False
        if (one.chain, one.sender) in self.rules.sources:
            return True
        ends = ((one.chain, str(end), str(one.asset)) for end in (one.sender, one.receiver))
        return any((stand := self.stands.get(end)) is not None and stand.role in LOOKED for end in ends)


def watched(places: Iterable[Place], chain: str) -> Watched:
    """Whom to look for on a chain."""
    guarded: set[Address] = set()
    accounts: list[Account] = []
    for place in places:
        accounts += [account for account, stand in place.stands.items() if account[0] == chain and stand.role in LOOKED]
        guarded.update(Address(address) for where, address in place.rules.sources if where == chain)
    sources = frozenset(guarded)
    return both(looked_for(accounts), Watched(sources, sources, sources))


@dataclass(slots=True)
class Looked:
    """From which block on who was looked for, up to the newest one read: a newcomer only from its first payment on."""

    tokens: dict[Address, int] = field(default_factory=dict)
    coins: dict[Address, int] = field(default_factory=dict)
    guarded: dict[Address, int] = field(default_factory=dict)

    @property
    def all(self) -> Watched:
        """Everybody."""
        return Watched(frozenset(self.tokens), frozenset(self.coins), frozenset(self.guarded))

    def copy(self) -> Looked:
        """The same, to go on from."""
        return Looked(dict(self.tokens), dict(self.coins), dict(self.guarded))

    def lacking(self, wanted: Watched, low: int) -> Watched:
        """Of those wanted, whom nobody has looked for from block ``low`` on."""
        kinds = ((self.tokens, wanted.tokens), (self.coins, wanted.coins), (self.guarded, wanted.guarded))
        return Watched(*(frozenset(one for one in want if known.get(one, low + 1) > low) for known, want in kinds))

    def note(self, wanted: Watched, low: int) -> None:
        """These were looked for from block ``low`` on."""
        kinds = ((self.tokens, wanted.tokens), (self.coins, wanted.coins), (self.guarded, wanted.guarded))
        for known, want in kinds:
            known.update((one, min(low, known.get(one, low))) for one in want)


def looked_for(accounts: Iterable[Account]) -> Watched:
    """Whom to look for because of these accounts."""
    tokens: set[Address] = set()
    coins: set[Address] = set()
    for _, address, asset in accounts:
        (coins if asset == NATIVE or asset.isdigit() else tokens).add(Address(address))
    return Watched(frozenset(tokens), frozenset(coins))


def both(one: Watched, other: Watched) -> Watched:
    """Whoever is in either."""
    return Watched(one.tokens | other.tokens, one.coins | other.coins, one.guarded | other.guarded)
