"""The town in which deposit addresses stand: exchanges, a crowd, a thief, and the truth that is written down meanwhile.

Nothing here decides which deposit addresses and look-alikes there are: `tests.deposit_variants` and
`tests.deposit_lookalikes` do, with what stands here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from chains.model import NATIVE, Address, AssetId
from tests.deposit_people import (
    AUTO,
    BATCH,
    CODED,
    DAY,
    ENERGY,
    EOA,
    FORWARDER,
    HOUR,
    MINUTE,
    Deposit,
    Exchange,
    Play,
    at_day,
)
from tests.memory_chain import Memory

THEFT_DAY: Final = 30
END_DAY: Final = 60


class Truth(NamedTuple):
    """What an address is. ``entity`` is empty where it is no exchange's deposit address; ``best`` where none can know.

    ``sweeps`` are transactions by which the exchange took something from it.
    """

    kind: str
    entity: str
    best: str
    sweeps: int = 0
    hard: bool = False


@dataclass(frozen=True)
class World:
    """A finished world. Whoever is not in ``truth`` is nobody's deposit address."""

    seed: int
    memory: Memory
    victim: Address
    since: int
    labels: tuple[Mapping[str, str], ...]
    truth: Mapping[Address, Truth]


@dataclass
class Notes:
    """What is written down about deposits while they are built."""

    kind: str
    entity: str
    best: str | None


class Town(Play):
    """A play with exchanges, a crowd and a thief, and the truth as it is written."""

    def __init__(self, memory: Memory, seed: int) -> None:
        super().__init__(memory, seed)
        self.odd = seed % 2 == 1
        self.labels: list[Mapping[str, str]] = []
        self.notes: dict[Address, Notes] = {}
        self.looks: dict[Address, Truth] = {}
        self.crowd = [self.rich("customer") for _ in range(60)]
        self.public = [self.rich("public") for _ in range(230)]
        self.entries: list[tuple[Address, int, AssetId, float]] = []
        self.pool, self.router = self.rich("pool"), self.somebody("router")
        self.spam = self.somebody("spam token")
        for contract in (self.pool, self.router, self.spam):
            memory.clone(contract, f"venue {contract}")
        self.exchanges = [self._exchange(name) for name in ("Alpha", "Beta", "Gamma", "Epsilon")]
        self.unknown = self._exchange("Delta")
        self.busy(self.unknown.hubs[0])

    # --- exchanges

    def _exchange(self, name: str) -> Exchange:
        hubs = [self.rich(f"{name} hot")]
        since = [0]
        if name in {"Alpha", "Epsilon"}:
            hubs.append(self.rich(f"{name} second hot"))
            since.append(20 if name == "Epsilon" else END_DAY)  # the one moves house, the other has two at once
        made = Exchange(
            name, hubs, self.rich(f"{name} gas"), self.rich(f"{name} operator"), self.rich(f"{name} cold"), since
        )
        if name != "Delta":
            self._label(made)
        for day in range(0, END_DAY, 6):
            self.pay(at_day(day), hubs[0], made.gas, 20 * self.money.fee, NATIVE)
            self.pay(at_day(day) + HOUR, hubs[0], made.cold, self.sum(50_000, 90_000))
            self.at(at_day(day) + 2 * HOUR, lambda: self._withdrawals(made))
        self.gather(made, at_day(END_DAY))
        return made

    def _label(self, exchange: Exchange) -> None:
        chain = self.memory.chain.id
        where = "eip155:10" if exchange.name == "Beta" and not self.tron else chain
        category = "exchange" if exchange.name == "Gamma" else "exchange_hot"  # the one published its reserve only
        for hub in exchange.hubs:
            self.label(hub, exchange.name, category, where)
        self.label(exchange.cold, exchange.name, "exchange_cold", chain)

    def houses(self) -> list[Exchange]:
        """Every exchange there is, named or not."""
        return [*self.exchanges, self.unknown]

    def label(self, who: Address, entity: str, category: str, chain: str = "") -> None:
        """A row of the label file."""
        where = chain or self.memory.chain.id
        self.labels.append({"chain": where, "address": who, "entity": entity, "category": category})

    def _withdrawals(self, exchange: Exchange) -> None:
        for _ in range(8):
            self.pay_now(exchange.hub(self.now), self.dice.choice(self.crowd), self.sum(), self.money.usdt)

    def busy(self, who: Address) -> None:
        """Make somebody service-like (9.5): payouts to more than two hundred in a day, once a month."""
        for day in (10, 31, 45):
            for number, other in enumerate(self.public):
                self.pay(at_day(day) + number * 5 * MINUTE, who, other, self.sum(20, 900))

    # --- deposit addresses

    def style(self, *, coded: bool | None = None) -> str:
        """A way of emptying that this chain has; ``coded``: by a contract, or not."""
        plain: tuple[str, ...] = (EOA, ENERGY) if self.tron else (EOA,)
        styles = {False: plain, True: (FORWARDER, BATCH), None: (*plain, FORWARDER, BATCH)}
        return self.dice.choice(styles[coded])

    def deposit(
        self, kind: str, style: str, exchange: Exchange | None = None, *, best: str | None = None, **more: Any
    ) -> Deposit:
        """A new deposit address; ``best`` where the sweeps alone do not tell the firmest tier."""
        exchange = exchange or self.dice.choice(self.exchanges)
        made = Deposit(self.somebody("deposit"), exchange, style, **more)
        self.deposits[made.address] = made
        self.notes[made.address] = Notes(kind, exchange.name, best)
        if style in CODED:
            self.memory.clone(made.address, f"{exchange.name} {'relay' if style == AUTO else 'forwarder'}")
        return made

    def visited(self, deposit: Deposit, senders: int = 3, visits: int = 4, asset: AssetId | None = None) -> Deposit:
        """Let customers pay in before the theft, and once after it; some withdraw from another exchange to pay."""
        own = self.dice.sample(self.crowd, senders)
        if self.dice.random() < 0.3:
            own[-1] = self.dice.choice([one for one in self.exchanges if one is not deposit.exchange]).hubs[0]
        for number in range(visits):
            day = self.dice.randrange(1, THEFT_DAY - 3) if number < visits - 1 else self.dice.randrange(42, 50)
            time = at_day(day) + self.dice.randrange(DAY)
            amount = self.sum() if asset != NATIVE else self.dice.randrange(self.money.coin, 5 * self.money.coin)
            self.pay(time, own[number % senders], deposit.address, amount, asset)
        return deposit

    # --- the theft

    def reach(self, who: Address, times: int = 1, asset: AssetId | None = None, day: float | None = None) -> None:
        """Let stolen money come to somebody, through a wallet of the thief's that does nothing else."""
        self.entries.append((who, times, asset or self.money.usdt, day or 31 + self.dice.random() * 5))

    def steal(self, victim: Address) -> int:
        """Play the theft; returns its time."""
        since = at_day(THEFT_DAY)
        thief, payer = self.somebody("thief"), self.rich("who pays the thief's fees")
        assets = dict.fromkeys(asset for _, _, asset, _ in self.entries)
        shares = [self.sum(20_000, 90_000) for _ in self.entries]
        self.gas(since - DAY, payer, victim)
        self.gas(since - DAY, payer, thief, 4 * len(self.entries))
        for asset in assets:
            total = sum(share for share, entry in zip(shares, self.entries, strict=True) if entry[2] == asset)
            self.memory.give(victim, asset, total)
            self.pay(since, victim, thief, total, asset)
        for share, (who, times, asset, day) in zip(shares, self.entries, strict=True):
            mule = self.somebody("mule")
            self.looks[mule] = Truth("the thief's wallet", "", "")
            time = at_day(day)
            self.gas(time - HOUR, payer, mule)
            self.pay(time - 30 * MINUTE, thief, mule, share, asset)
            for number in range(times):
                part = None if number == times - 1 else share // (times + 1)
                self.pay(time + number * 2 * DAY, mule, who, part, asset)
        return since

    # --- the truth

    def truth(self) -> dict[Address, Truth]:
        """What everybody is, once all is played."""
        gone: Counter[Address] = Counter()
        senders: dict[Address, set[Address]] = {}
        for tx in self.memory.made.values():
            gone.update(
                {row.sender for row in tx.rows if row.sender in self.notes and self._is_sweep(row.receiver, row.sender)}
            )
            for row in tx.rows:
                if row.receiver in self.notes and row.sender not in self._staff(self.notes[row.receiver].entity):
                    senders.setdefault(row.receiver, set()).add(row.sender)
        found = dict(self.looks)
        for address, note in self.notes.items():
            best = note.best
            if best is None:
                helped = self.deposits[address].style in (EOA, ENERGY) or len(senders.get(address, ())) > 1
                best = ("", "T3", "T2")[min(gone[address], 2)] if helped else "T3"
            found[address] = Truth(note.kind, note.entity, best, gone[address])
        return found

    def _staff(self, entity: str) -> set[Address]:
        return {one.gas for one in (*self.exchanges, self.unknown) if one.name == entity}

    def _is_sweep(self, receiver: Address, deposit: Address) -> bool:
        made = self.deposits[deposit]
        return receiver in (*made.exchange.hubs, made.hub)
