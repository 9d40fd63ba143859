"""The town of the deposit addresses kept aside (`tests.deposit_holdout`): old, and with other ways of emptying.

Nothing here decides which there are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from chains.model import NATIVE, Address, AssetId, Block
from tests.deposit_people import DAY, HOUR, MINUTE, Exchange, at_day
from tests.deposit_town import THEFT_DAY, Town, Truth
from tests.memory_chain import SECONDS, START, Memory, Pay

BEGIN: Final = START - 800 * DAY
HOUSES: Final[Mapping[str, str]] = {"Zeta 14": "Zeta", "Zeta: Hot Wallet 2": "Zeta"}
"""Names on labels of one exchange's wallets, and the exchange: either name is right."""

SOON: Final = (20 * MINUTE, 6 * HOUR)
Signed = tuple[Address, list[Pay], str]
"""Who signs a sweep, what it moves, and what is called."""
Sweep = Callable[[int], Signed]
"""The sweep of an amount."""


class OldMemory(Memory):
    """A chain that is more than two years old when the worlds begin."""

    def block_of(self, time: int) -> Block:
        """The first block at or after a time."""
        return self.block(max(0, -(-(time - BEGIN) // SECONDS[self.chain.family])))

    def block(self, number: int) -> Block:
        """A block by its number."""
        time = BEGIN + number * SECONDS[self.chain.family]
        height = time * 1000 if self.chain.family == "tron" else number
        return Block(self.chain.id, number, f"0x{number:064x}", time, height)


class HeldTown(Town):
    """A town whose deposit addresses are emptied by what stands here, and where coin is stolen too."""

    def __init__(self, memory: Memory, seed: int) -> None:
        self.coins: list[tuple[Address, int]] = []
        super().__init__(memory, seed)
        wallets = [self.rich("Zeta first"), self.rich("Zeta second")]
        gas, operator, cold = (self.rich(f"Zeta {name}") for name in ("gas", "operator", "cold"))
        self.zeta = Exchange("Zeta", wallets, gas, operator, cold, [0, 0])
        for wallet, name in zip(wallets, HOUSES, strict=True):
            self.label(wallet, name, "exchange_hot")
        self.station = self.rich("public gas station")
        for number, other in enumerate(self.public):
            self.supply(at_day(1) + number * 4 * HOUR, other)

    def houses(self) -> list[Exchange]:
        """Every exchange there is, named or not."""
        return [*super().houses(), self.zeta]

    def issue(self, kind: str, best: str, exchange: Exchange | None = None) -> tuple[Address, Exchange]:
        """A deposit address that an exchange has given out, written down."""
        exchange = exchange or self.dice.choice(self.exchanges)
        who = self.somebody("deposit")
        self.looks[who] = Truth(kind, exchange.name, best)
        return who, exchange

    def used(self, who: Address, visits: int = 4, payers: int = 3, asset: AssetId | None = None) -> list[int]:
        """Let people pay in, the thief among them; returns when."""
        own = self.dice.sample(self.crowd, payers)
        days = [self.dice.uniform(1, THEFT_DAY - 3) for _ in range(visits - 1)] + [self.dice.uniform(42, 50)]
        for number, day in enumerate(days):
            coin = self.dice.randrange(self.money.coin, 5 * self.money.coin)
            self.pay(at_day(day), own[number % payers], who, coin if asset == NATIVE else self.sum(), asset)
        return sorted([*map(at_day, days), self.robbed(who, asset)])

    def robbed(self, who: Address, asset: AssetId | None = None) -> int:
        """Let stolen money come, coin or a stablecoin; returns when."""
        day = self.dice.uniform(31, 36)
        if asset == NATIVE:
            self.coins.append((who, at_day(day)))
        else:
            self.reach(who, day=day)
        return at_day(day)

    def due(self, times: Sequence[int], wait: tuple[int, int] = SOON) -> list[int]:
        """When the exchange comes for what was paid at these times."""
        return [time + self.dice.randrange(*wait) for time in times]

    def empty(
        self, time: int, who: Address, sweep: Sweep, asset: AssetId | None = None, keep: int = 0,
        fee: int | None = None,
    ) -> None:  # fmt: skip
        """Let an exchange take what is there at a time, but for ``keep``."""

        def take() -> None:
            amount = self.memory.held(who, asset or self.money.usdt) - keep
            if amount > 0:
                signer, pays, target = sweep(amount)
                self.looks[who] = self.looks[who]._replace(sweeps=self.looks[who].sweeps + 1)
                self.send(signer, pays, target=target, fee=fee)

        self.at(time, take)

    def own_hand(
        self, time: int, who: Address, exchange: Exchange, asset: AssetId | None = None, keep: int = 0,
        fee: int | None = None,
    ) -> None:  # fmt: skip
        """A sweep that the address signs itself."""
        token, hub = asset or self.money.usdt, exchange.hub(max(time, START))
        self.empty(time, who, lambda sum_: (who, [Pay(token, who, hub, sum_)], ""), asset, keep, fee)

    def by_other(self, time: int, who: Address, exchange: Exchange, signer: Address, target: Address) -> None:
        """A sweep by somebody else's transaction."""
        usdt, hub = self.money.usdt, exchange.hub(time)
        self.empty(time, who, lambda sum_: (signer, [Pay(usdt, who, hub, sum_)], target))

    def supply(self, time: int, who: Address) -> None:
        """Let the public station give one fee, as coin or as energy."""
        if self.tron:
            self.at(time, lambda: self.memory.lend(self.station, who))
        else:
            self.gas(time, self.station, who, 1)

    def venue(self, name: str) -> Address:
        """A contract."""
        who = self.somebody(name)
        self.memory.clone(who, f"{name} {who}")
        return who

    def steal(self, victim: Address) -> int:
        """Play the theft, that of coin first; returns its time."""
        since = at_day(THEFT_DAY)
        for who, time in self.coins:
            mule, amount = self.somebody("mule"), self.dice.randrange(2 * self.money.coin, 9 * self.money.coin)
            self.looks[mule] = Truth("the thief's wallet", "", "")
            self.memory.give(victim, NATIVE, amount + self.money.fee)
            self.pay(since, victim, mule, amount, NATIVE)
            self.pay(time, mule, who, None, NATIVE)
        return super().steal(victim)
