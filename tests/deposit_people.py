"""Exchanges and their customers, played on a `Memory`: what an exchange does when its deposit address is paid.

Everything is put down as an event in time and played in order, so a sweep takes what is there at that moment and
nobody ever pays what he does not have. Who is who is kept as the truth; nothing of it is visible on the chain.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from random import Random
from typing import Final, NamedTuple

from chains.model import NATIVE, Address, AssetId
from tests.memory_chain import START, Memory, Pay

MINUTE: Final = 60
HOUR: Final = 3_600
DAY: Final = 86_400
UNIT: Final = 10**6
"""One dollar of either stablecoin."""

EOA, FORWARDER, ENERGY, BATCH, AUTO = "eoa", "forwarder", "energy", "batch", "auto"
"""How an exchange empties an address: signed by the address after a gas top-up; by an operator; by the address with
lent energy; many in one transaction; by the address's own code in the very transaction that pays it."""

CODED: Final = frozenset({FORWARDER, BATCH, AUTO})


class Money(NamedTuple):
    """What a chain's people pay with: two stablecoins, the wrapped coin; fees and one coin's worth in base units."""

    usdt: AssetId
    usdc: AssetId
    wrapped: AssetId
    fee: int
    coin: int


MONEY: Final = {
    "evm": Money(
        AssetId("0xdac17f958d2ee523a2206206994597c13d831ec7"),
        AssetId("0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"),
        AssetId("0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2"),
        10**15,
        10**18,
    ),
    "tron": Money(
        AssetId("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"),
        AssetId("TEkxiTehnzSmSe2XqrBj4w32RUN966rdz8"),
        AssetId("TNUC9Qb1rRpS5CbWLmNMxXBjyFoydXjWFR"),
        14 * 10**6,
        10_000 * 10**6,
    ),
}


@dataclass
class Exchange:
    """An exchange. ``hubs`` take the sweeps, in turn from the day at the same place in ``since`` on."""

    name: str
    hubs: list[Address]
    gas: Address
    operator: Address
    cold: Address
    since: list[int]
    pending: list[Deposit] = field(default_factory=list)

    def hub(self, time: int) -> Address:
        """Where sweeps go at a time."""
        return next(hub for hub, day in reversed(list(zip(self.hubs, self.since, strict=True))) if time >= at_day(day))


@dataclass
class Deposit:
    """A deposit address and how it is emptied. ``delay`` in seconds, from and to; ``keep`` base units stay behind.

    Nobody comes for less than ``least`` base units, nor for anything that is neither coin nor stablecoin, nor after
    ``most`` sweeps. ``hub`` overrides the exchange's; ``turns`` sweeps to its hubs in turn.
    """

    address: Address
    exchange: Exchange
    style: str
    delay: tuple[int, int] = (10 * MINUTE, 6 * HOUR)
    keep: int = 0
    least: int = 10 * UNIT
    most: int = 10_000
    hub: Address | None = None
    turns: bool = False
    slow_first: bool = False
    sweeps: int = 0
    waiting: set[AssetId] = field(default_factory=set)


class Play:
    """The stage: a memory, dice, and what is still to happen."""

    def __init__(self, memory: Memory, seed: int) -> None:
        self.memory, self.dice = memory, Random(seed)
        self.money = MONEY[memory.chain.family]
        self.tron = memory.chain.family == "tron"
        self.deposits: dict[Address, Deposit] = {}
        self._queue: list[tuple[int, int, Callable[[], None]]] = []
        self._number = 0
        self._named = 0

    # --- time

    def at(self, time: int, what: Callable[[], None]) -> None:
        """Let something happen at a time."""
        self._number += 1
        heappush(self._queue, (time, self._number, what))

    def run(self, until: int) -> None:
        """Let everything happen that is due before ``until``."""
        while self._queue and self._queue[0][0] < until:
            time, _, what = heappop(self._queue)
            self.memory.tick(time)
            what()
        self.memory.tick(until)

    @property
    def now(self) -> int:
        """The time of what is happening."""
        return self.memory.now

    # --- people

    def somebody(self, name: str) -> Address:
        """An address that nobody has used yet."""
        self._named += 1
        return self.memory.who(f"{self.dice.random()} {self._named} {name}")

    def rich(self, name: str) -> Address:
        """Somebody who has had plenty of everything since long before."""
        who = self.somebody(name)
        for asset in (self.money.usdt, self.money.usdc, self.money.wrapped):
            self.memory.give(who, asset, 10**9 * UNIT)
        self.memory.give(who, NATIVE, 10_000 * self.money.coin)
        return who

    def sum(self, low: int = 2_000, high: int = 20_000) -> int:
        """A sum in dollars, in base units and not round."""
        return self.dice.randrange(low * UNIT, high * UNIT)

    # --- payments

    def pay(self, time: int, payer: Address, payee: Address, amount: int | None, asset: AssetId | None = None) -> None:
        """Let somebody pay at a time: ``amount``, or everything he then has; nothing when he has nothing."""
        self.at(time, lambda: self.pay_now(payer, payee, amount, asset or self.money.usdt))

    def pay_now(self, payer: Address, payee: Address, amount: int | None, asset: AssetId) -> None:
        """The same at once."""
        fee = self.money.fee
        if amount is None:
            amount = self.memory.held(payer, asset) - (fee if asset == NATIVE else 0)
        if amount > 0:
            self.send(payer, [Pay(asset, payer, payee, amount)], fee=fee)

    def send(self, signer: Address, pays: Sequence[Pay], *, target: str = "", fee: int | None = None) -> None:
        """One transaction now, with what self-acting contracts add to it; then exchanges notice what they got."""
        whole: list[Pay] = []
        for pay in pays:
            whole.append(pay)
            paid = self.deposits.get(pay.receiver)
            if paid is not None and paid.style == AUTO and paid.sweeps < paid.most:
                paid.sweeps += 1
                whole.append(pay._replace(sender=pay.receiver, receiver=paid.hub or paid.exchange.hub(self.now)))
        self.memory.send(signer, whole, target=target, fee=self.money.fee if fee is None else fee)
        for pay in whole:
            paid = self.deposits.get(pay.receiver)
            if paid is not None and paid.style != AUTO and pay.sender != paid.exchange.gas:
                self._noticed(paid, pay.asset)

    def gas(self, time: int, by: Address, who: Address, times: int = 8) -> None:
        """Coin for so many fees."""
        self.pay(time, by, who, times * self.money.fee, NATIVE)

    # --- sweeps

    def _noticed(self, deposit: Deposit, asset: AssetId) -> None:
        known = asset in {NATIVE, self.money.usdt, self.money.usdc}
        if not known or self.memory.held(deposit.address, asset) < deposit.keep + deposit.least:
            return
        if asset in deposit.waiting or deposit.sweeps + len(deposit.waiting) >= deposit.most:
            return
        deposit.waiting.add(asset)
        if deposit.style == BATCH:
            deposit.exchange.pending.append(deposit)
            return
        wait = self.dice.randrange(*deposit.delay)
        if deposit.slow_first and not deposit.sweeps:
            wait += 3 * DAY
        due = self.now + wait
        if deposit.style == EOA and asset != NATIVE:
            self.at(due - self.dice.randrange(2, 9) * MINUTE, lambda: self._top_up(deposit))
        if deposit.style == ENERGY and asset != NATIVE:
            before = due - self.dice.randrange(2, 9) * MINUTE
            self.at(before, lambda: self.memory.lend(deposit.exchange.gas, deposit.address))
        self.at(due, lambda: self._sweep(deposit, asset))

    def _top_up(self, deposit: Deposit) -> None:
        if self.memory.held(deposit.address, NATIVE) < self.money.fee:
            self.pay_now(deposit.exchange.gas, deposit.address, self.money.fee, NATIVE)

    def _taken(self, deposit: Deposit, asset: AssetId) -> Pay:
        deposit.waiting.discard(asset)
        deposit.sweeps += 1
        hubs = deposit.exchange.hubs
        hub = hubs[deposit.sweeps % len(hubs)] if deposit.turns else deposit.hub or deposit.exchange.hub(self.now)
        keep = deposit.keep if asset != NATIVE else 0
        return Pay(asset, deposit.address, hub, self.memory.held(deposit.address, asset) - keep)

    def _sweep(self, deposit: Deposit, asset: AssetId) -> None:
        taken = self._taken(deposit, asset)
        if deposit.style == FORWARDER:
            self.send(deposit.exchange.operator, [taken], target=deposit.address)
            return
        fee = 0 if deposit.style == ENERGY and asset != NATIVE else self.money.fee
        spent = fee if asset == NATIVE else 0
        self.send(deposit.address, [taken._replace(amount=taken.amount - spent)], fee=fee)

    def gather(self, exchange: Exchange, until: int) -> None:
        """Empty once a day what is emptied together."""
        for time in range(START + 30 * MINUTE, until, DAY):
            self.at(time, lambda: self._batch(exchange))

    def _batch(self, exchange: Exchange) -> None:
        pending, exchange.pending = exchange.pending, []
        pays = [self._taken(one, asset) for one in pending for asset in sorted(one.waiting)]
        if pays:
            self.send(exchange.operator, pays, target=exchange.operator)


def at_day(day: float) -> int:
    """The time so many days after the first block."""
    return START + int(day * DAY)
