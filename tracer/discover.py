"""The hunt: from the thefts outward, the largest stolen value first, until every unit is accounted for.

It goes in rounds. Each round folds everything known, lists the accounts that hold stolen value and are not yet
explained, and reads the largest of them at once. The next accounts are chosen only when a round is complete, so
neither the order in which answers arrive nor a budget changes which addresses are in: a smaller budget gives a prefix.
The rounds end at a least fixed point: expanding an account can only add stolen value elsewhere, never take it away.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil

from chains.model import FEE_SINK, Address, Kind, Transfer
from tracer.fold import Account, Flow, Fold, Identity
from tracer.holders import Accounts, Holder, Reading, Stop
from tracer.labels import Label, is_burn
from tracer.lots import RULES
from tracer.prices import PriceBook
from tracer.question import Question
from tracer.rules import ZERO_ADDRESSES
from tracer.store import Store
from tracer.thefts import Thefts
from tracer.words import sentence
from tracer.world import World

ROUND = 8
"""Accounts read at once, and one more for every `SHARE` waiting: small enough that the next choice is soon informed,
large enough to keep the pace, and growing so that a wide case does not fold thousands of times."""

SHARE = 16

REQUESTS_PER_ACCOUNT = 3
PRUNED_SHARE = 100
"""By default at most one part in this many of what was stolen of an asset is left as dust."""

SMALL = 2_000
"""Up to so many transfers the account is folded after every answer, so that an exchange hit shows at once."""

STAKE = "stake"
"""Stands for TRON's own staking ledger, where the TRON source books frozen coins."""


@dataclass(slots=True)
class Discovery:
    """The state of one trace. ``run`` drives it; afterwards ``fold`` and ``stops`` hold the answer."""

    world: World
    question: Question
    store: Store
    thefts: Thefts
    prices: PriceBook
    accounts: Accounts = field(init=False)
    victims: frozenset[tuple[str, str]] = field(init=False)
    holders: dict[Account, Holder] = field(default_factory=dict)
    stops: dict[Account, Stop] = field(default_factory=dict)
    fold: Fold = field(init=False)
    hops: dict[Account, int] = field(default_factory=dict)
    forced: set[Account] = field(default_factory=set)
    announced: set[Account] = field(default_factory=set)
    fetched: set[tuple[str, str]] = field(default_factory=set)
    stolen: dict[tuple[str, str], int] = field(default_factory=dict)
    carried: dict[object, int] = field(default_factory=dict)
    received: dict[Account, int] = field(default_factory=dict)
    first_held: dict[Account, int] = field(default_factory=dict)
    known: dict[Identity, Transfer] = field(default_factory=dict)
    ordered: list[Transfer] = field(default_factory=list)
    stale: bool = True

    def __post_init__(self) -> None:
        """Begin with the thefts alone."""
        self.accounts = Accounts(self.world)
        self.victims = frozenset((one.victim.chain.id, str(one.victim.address)) for one in self.thefts.origins)
        for origin in self.thefts.origins:
            key = (origin.transfer.chain, origin.transfer.asset)
            self.stolen[key] = self.stolen.get(key, 0) + origin.transfer.amount
        self._learn([one.transfer for one in self.thefts.origins])
        self._refold()

    async def run(self) -> None:
        """Rounds until nothing is left to read."""
        number = 0
        while True:
            self._classify()
            self._announce(number)
            batch = self._next_batch()
            if not batch:
                if not self._force_largest_dust():
                    return
                continue
            number += 1
            await self._round(batch)

    async def _round(self, batch: list[Account]) -> None:
        arrivals = self._arrivals()
        tasks = [
            self.accounts.read(account, self.first_held[account], arrivals[account], self.holders.get(account))
            for account in batch
        ]
        for done in asyncio.as_completed(tasks):
            reading = await done
            self._take(reading)
            if len(self.ordered) < SMALL:
                self._refold()
                self._announce_hits()
        self._refold()
        placed = await self.accounts.settle(self.holders.values(), self.carried)
        if placed:
            self.store.save_positions(placed)
            self._learn([transfer for transfer, _ in placed])
            self._refold()

    def _take(self, reading: Reading) -> None:
        chain, address, asset = reading.account
        self.fetched.add((chain, address))
        if reading.history is not None:
            self.store.save_history(chain, address, asset, reading.history)
        if reading.stop is not None:
            self.holders.pop(reading.account, None)
            self.stops[reading.account] = reading.stop
        if reading.holder is not None:
            self.holders[reading.account] = reading.holder
            self._learn(reading.holder.transfers)

    # --- accounting over what is known

    def _learn(self, transfers: Iterable[Transfer]) -> None:
        """Take up transfers up to the moment of the case, each once; a known place stands against an unknown one."""
        for transfer in transfers:
            if transfer.position.height > self.world.horizons[transfer.chain].height:
                continue
            before = self.known.get(transfer.identity)
            if before is None or (transfer.position.settled and not before.position.settled):
                self.known[transfer.identity] = transfer
                self.stale = True

    def transfers(self) -> list[Transfer]:
        """Every known transfer, in order."""
        if self.stale:
            self.ordered = sorted(self.known.values(), key=lambda one: (one.chain, one.position, one.identity))
            self.stale = False
        return self.ordered

    def _refold(self) -> None:
        seeds = {one.transfer.identity: number for number, one in enumerate(self.thefts.origins)}
        follow = {account: holder.follow for account, holder in self.holders.items()}
        self.fold = Fold(seeds, follow, RULES[self.question.method]).run(self.transfers())
        self.carried, self.received, self.first_held = {}, {}, {}
        for flow in self.fold.flows:
            one, traced = flow.transfer, flow.traced
            account: Account = (one.chain, one.receiver, one.asset)
            self.carried[one.identity] = traced
            self.received[account] = self.received.get(account, 0) + traced
            self.first_held.setdefault(account, one.position.height)
        self.hops = self._hops()

    def _hops(self) -> dict[Account, int]:
        """Least number of transfers from a victim to each account that received stolen value."""
        after: dict[Account, list[Account]] = {}
        hops: dict[Account, int] = {}
        for flow in self.fold.flows:
            one = flow.transfer
            payee: Account = (one.chain, one.receiver, one.asset)
            if one.identity in self.fold.seeds:
                hops[payee] = 1
            after.setdefault((one.chain, one.sender, one.asset), []).append(payee)
        queue = deque(hops)
        while queue:
            account = queue.popleft()
            for payee in after.get(account, ()):
                if payee not in hops:
                    hops[payee] = hops[account] + 1
                    queue.append(payee)
        return hops

    def _arrivals(self) -> dict[Account, list[Flow]]:
        arrivals: dict[Account, list[Flow]] = {}
        for flow in self.fold.flows:
            one = flow.transfer
            arrivals.setdefault((one.chain, one.receiver, one.asset), []).append(flow)
        for flows in arrivals.values():
            flows.sort(key=lambda flow: (-flow.traced, flow.transfer.identity))
        return arrivals

    # --- choosing

    def _classify(self) -> None:
        """Give every account that needs no reading its stop."""
        for account in self.received:
            if account in self.holders or account in self.stops:
                continue
            stop = self._stop_without_reading(account)
            if stop is not None:
                self.stops[account] = stop

    def _stop_without_reading(self, account: Account) -> Stop | None:
        chain, address, asset = account
        if address == FEE_SINK:
            return Stop("fee", sentence("rule.fee"), 100)
        if address == STAKE:
            return Stop("contract", sentence("rule.stake"), 100)
        stop = self._stop_by_address(account) or self.accounts.label_stop(chain, address)
        if stop is None and address in (asset, self.world.chains[chain].wrapped):
            return Stop("contract", sentence("rule.own_contract"), 100)
        return stop

    def _stop_by_address(self, account: Account) -> Stop | None:
        chain, address, asset = account
        if (chain, address) in self.victims or (chain, address) in self.thefts.own:
            return Stop("returned", sentence("rule.returned"), 100)
        if asset == self.world.chains[chain].wrapped and address in ZERO_ADDRESSES:
            return Stop("contract", sentence("rule.unwrapped"), 100)
        if is_burn(Address(address)):
            return Stop("burn", sentence("rule.burn"), 100)
        return None

    def _next_batch(self) -> list[Account]:
        received = self.received
        unread = [account for account in received if account not in self.stops and account not in self.holders]
        ready = [
            account
            for account in unread
            if self._worth(account, received[account]) and self.hops.get(account, 1) <= self.question.max_hops
        ]
        if not ready:
            # Earlier arrivals than an account was read from: last, as several may still turn up and cost one request.
            ready = [account for account, holder in self.holders.items() if self.first_held[account] < holder.low]
        ready.sort(key=lambda account: (-self.weight(account, received[account]), account))
        return ready[: self._allowance(ready[: ROUND + len(ready) // SHARE])]

    def _allowance(self, batch: list[Account]) -> int:
        room = self.question.max_addresses - len(self.fetched)
        allowed = 0
        for account in batch:
            if account[:2] not in self.fetched:
                if room <= 0:
                    break
                room -= 1
            allowed += 1
        if self.question.max_requests is not None:
            left = self.question.max_requests - self.world.client.questions
            allowed = min(allowed, max(0, left) // REQUESTS_PER_ACCOUNT)
        return allowed

    def _worth(self, account: Account, received: int) -> bool:
        return account in self.forced or received >= self.least(account[0], account[2])

    def least(self, chain: str, asset: str) -> int:
        """Base units of an asset that an account must have received to be read."""
        stolen = self.stolen.get((chain, asset), 0)
        unit = self._usd_per_unit(chain, asset)
        if self.question.min_value is not None:
            if unit:
                return max(1, ceil(Fraction(self.question.min_value) / unit))
            return max(1, -(-stolen // 1000))
        a_dollar = ceil(1 / unit) if unit else 0
        return max(1, -(-stolen // 1000), min(a_dollar, stolen))

    def _usd_per_unit(self, chain: str, asset: str) -> Fraction:
        first = next(
            (one for one in self.thefts.origins if (one.transfer.chain, one.transfer.asset) == (chain, asset)), None
        )
        if first is None:
            return Fraction(0)
        price = self.prices.at(chain, first.transfer.asset, first.transfer.time)
        known = self.world.assets.get((chain, first.transfer.asset))
        if price is None or known is None:
            return Fraction(0)
        return Fraction(price.usd) * Fraction(1, 10**known.decimals)

    def weight(self, account: Account, units: int) -> Fraction:
        """What the order of work goes by: US dollars, or the share of what was stolen where there is no price."""
        chain, _, asset = account
        unit = self._usd_per_unit(chain, asset)
        return unit * units if unit else Fraction(units, max(1, self.stolen.get((chain, asset), 1)))

    def _force_largest_dust(self) -> bool:
        """By default, read the largest dust until at most one percent is left as dust; True if any was added."""
        if self.question.min_value is not None:
            return False
        dust = self._dust()
        added = False
        for (chain, asset), stolen in self.stolen.items():
            rows = sorted(
                ((units, account) for account, units in dust.items() if account[0] == chain and account[2] == asset),
                reverse=True,
            )
            left = sum(units for units, _ in rows)
            for units, account in rows:
                if left * PRUNED_SHARE <= stolen:
                    break
                self.forced.add(account)
                left -= units
                added = True
        return added

    def _dust(self) -> dict[Account, int]:
        received = self.received
        return {
            account: units
            for account, units in received.items()
            if account not in self.stops
            and account not in self.holders
            and not self._worth(account, units)
            and self.hops.get(account, 1) <= self.question.max_hops
        }

    def final_stop(self, account: Account) -> Stop:
        """Why an account with stolen value was not followed, once the rounds are over."""
        stop = self.stops.get(account)
        if stop is not None:
            return stop
        if not self._worth(account, self.received[account]):
            return Stop("dust", sentence("rule.dust"), 100)
        if self.hops.get(account, 1) > self.question.max_hops:
            return Stop("hop_limit", sentence("rule.hop_limit", hops=self.question.max_hops), 100)
        return Stop("budget", sentence("rule.budget"), 100)

    # --- telling

    def _announce(self, number: int) -> None:
        located: dict[str, int] = {}
        largest = max(self.stolen, key=lambda key: (self.weight((key[0], "", key[1]), self.stolen[key]), key))
        for account, lots in self.fold.stolen_lots().items():
            stop = self.stops.get(account)
            reason = stop.reason if stop else ("held" if account in self.holders else "following")
            if (account[0], account[2]) == largest:
                located[reason] = located.get(reason, 0) + sum(lot.amount for lot in lots)
        self.world.watcher.round(number, len(self.fetched), located, self.stolen[largest])
        self._announce_hits()

    def _announce_hits(self) -> None:
        for flow in self.fold.flows:
            one = flow.transfer
            account: Account = (one.chain, one.receiver, one.asset)
            if account in self.announced or one.position.kind is Kind.FEE:
                continue
            stop = self.stops.get(account) or self.accounts.label_stop(one.chain, one.receiver)
            if stop is not None and stop.label is not None:
                self.announced.add(account)
                self._announce_hit(flow, stop)

    def _announce_hit(self, flow: Flow, stop: Stop) -> None:
        one = flow.transfer
        asset = self.world.assets.get((one.chain, one.asset))
        if asset is not None:
            entity = stop.label.entity if stop.label else ""
            self.world.watcher.hit(one.chain, one.receiver, entity, stop.reason, asset, flow.traced, one.tx)


def labels_used(discovery: Discovery) -> Iterable[Label]:
    """Labels of every address that received stolen value."""
    for chain, address in sorted({account[:2] for account in discovery.received}):
        if address not in (FEE_SINK, STAKE):
            yield from discovery.accounts.labels(chain, address)
