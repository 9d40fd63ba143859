"""A second set of deposit addresses and look-alikes, kept aside: written after the rule was tuned to the first.

As in `tests.deposit_holdout`: from domain rules 9.4 and 9.5 and from how exchanges and people behave, without sight of
the rule; what is knowable of each was decided before the first run, and nothing was changed after it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from chains.model import NATIVE, Address
from tests.deposit_holdout_2_looks import LOOKALIKES_2
from tests.deposit_holdout_town import BEGIN, HeldTown, OldMemory, Signed, Sweep
from tests.deposit_lookalikes import forward, income
from tests.deposit_people import HOUR, MINUTE, UNIT, Exchange, at_day
from tests.deposit_town import Town, Truth, World
from tests.deposit_worlds import finished
from tests.memory_chain import EVM, TRON, Memory, Pay


class SecondTown(HeldTown):
    """A town with further exchanges, each with a way of its own."""

    def __init__(self, memory: Memory, seed: int) -> None:
        self.more: list[Exchange] = []
        super().__init__(memory, seed)
        for one in self.houses():
            one.since[0] = -800

    def houses(self) -> list[Exchange]:
        """Every exchange there is, named or not."""
        return [*super().houses(), *self.more]

    def house(self, name: str) -> Exchange:
        """A further exchange, its hot and cold wallet on a list."""
        self.more.append(self._exchange(name))
        self.more[-1].since[0] = -800
        return self.more[-1]


def two(
    town: HeldTown, kind: str, best: str, exchange: Exchange | None = None, visits: int = 4, payers: int = 3
) -> Iterator[tuple[Address, Exchange, list[int]]]:
    """Two addresses of one exchange, paid by customers and the thief; and when it comes for each payment."""
    exchange = exchange or town.dice.choice(town.exchanges)
    for _ in range(2):
        who, _ = town.issue(kind, best, exchange)
        yield who, exchange, town.due(town.used(who, visits, payers))


def come(town: HeldTown, time: int, who: Address, exchange: Exchange, giver: Address, least: int = 1) -> None:
    """Let an exchange look at a time, and give gas and sweep where it finds ``least``."""

    def look() -> None:
        if town.memory.held(who, town.money.usdt) >= least:
            town.gas(town.now, giver, who, 1)
            town.own_hand(town.now + 5 * MINUTE, who, exchange)

    town.at(time, look)


def others(town: Town, giver: Address, many: int = 60, times: int = 1) -> None:
    """Let somebody give gas to addresses that the trace never meets."""
    for _ in range(many):
        town.gas(at_day(town.dice.uniform(1, 57)), giver, town.somebody("served elsewhere"), times)


# --- deposit addresses: when


def _weekly(town: SecondTown) -> None:
    exchange = town.house("Eta")
    for who, _, _ in two(town, "swept once a week", "", exchange):
        for day in range(2, 59, 7):
            come(town, at_day(day), who, exchange, exchange.gas)


def _large_only(town: SecondTown) -> None:
    """Small payments lie for weeks, until a large one comes; then all goes within hours."""
    exchange = town.house("Theta")
    for _ in range(2):
        who, _ = town.issue("only large sums swept", "T2", exchange)
        days = [town.dice.uniform(2, 27) for _ in range(4)]
        for day in days:
            town.pay(at_day(day), town.dice.choice(town.crowd), who, town.sum(500, 3_000))
        town.pay(at_day(45), town.dice.choice(town.crowd), who, town.sum(25_000, 40_000))
        for time in town.due([*map(at_day, days), town.robbed(who), at_day(45)]):
            come(town, time, who, exchange, exchange.gas, 20_000 * UNIT)


# --- where to


def _handed(town: HeldTown, who: Address, receiver: Address) -> Sweep:
    return lambda amount: (who, [Pay(town.money.usdt, who, receiver, amount)], "")


def _two_hops(town: SecondTown) -> None:
    """Two wallets that nobody has named stand between the addresses and the hot wallet."""
    exchange = town.dice.choice(town.exchanges)
    first, second = (town.somebody(name) for name in ("gathers", "consolidates"))
    town.looks[first] = Truth("gathers for an exchange", "", "")
    town.looks[second] = Truth("consolidates for an exchange", "", "", hard=True)
    for one in (first, second):
        town.gas(at_day(0.5), exchange.gas, one, 100)
    for who, _, times in two(town, "to an unnamed wallet, two hops", "", exchange):
        for time in times:
            town.gas(time - 5 * MINUTE, exchange.gas, who, 1)
            town.empty(time, who, _handed(town, who, first))
    income(town, first, [day / 2 for day in range(2, 116)])
    forward(town, first, second, [day + 0.5 for day in range(1, 59)])
    forward(town, second, exchange.hubs[0], [day + 0.6 for day in range(1, 59)])


def _moved(town: SecondTown) -> None:
    """From the day of the theft on sweeps go to a new hot wallet that no list names yet."""
    exchange, new = town.house("Iota"), town.rich("new hot wallet")
    town.looks[new] = Truth("new hot wallet, not named yet", "", "")
    town.busy(new)
    town.pay(at_day(29.9), exchange.hubs[0], new, town.sum(200_000, 300_000))
    exchange.hubs.append(new)
    exchange.since.append(30)
    for who, _, times in two(town, "hot wallet moved to an unnamed one", "", exchange):
        for time in times:
            come(town, time, who, exchange, exchange.gas)


def _large_to_cold(town: SecondTown) -> None:
    for who, exchange, times in two(town, "large sums to the cold wallet", "T2"):

        def sweep(amount: int, who: Address = who, exchange: Exchange = exchange) -> Signed:
            to = exchange.cold if amount > 15_000 * UNIT else exchange.hub(town.now)
            return who, [Pay(town.money.usdt, who, to, amount)], ""

        for time in times:
            town.gas(time - 5 * MINUTE, exchange.gas, who, 1)
            town.empty(time, who, sweep)


def _refund(town: SecondTown) -> None:
    """One small payment went back to its payer from the address itself."""
    for who, exchange, times in two(town, "one payment sent back", "T2"):
        for time in times:
            come(town, time, who, exchange, exchange.gas)
        payer, sum_ = town.dice.choice(town.crowd), town.sum(100, 250)
        town.pay(at_day(28), payer, who, sum_)
        town.gas(at_day(28.1), exchange.gas, who, 1)
        town.pay(at_day(28.1) + MINUTE, who, payer, sum_)


# --- gas


def _gas_by_hub(town: SecondTown) -> None:
    for who, exchange, times in two(town, "gas from the labelled hot wallet", "T2"):
        for time in times:
            come(town, time, who, exchange, exchange.hub(time))


def _gas_by_region(town: SecondTown) -> None:
    exchange = town.house("Kappa")
    for who, _, times in two(town, "gas wallet of its region", "T2", exchange):
        giver = town.somebody("gas wallet of a region")
        town.gas(at_day(0.5), exchange.gas, giver, 200)
        others(town, giver)
        for time in times:
            come(town, time, who, exchange, giver)


def _gas_fresh_feeders(town: SecondTown) -> None:
    """A new feeder every time, which serves twenty others that day and is never seen again."""
    for who, exchange, times in two(town, "gas by ever new feeders", "T2"):
        for time in times:
            feeder = town.somebody("feeder")
            town.gas(time - HOUR, exchange.gas, feeder, 60)
            for number in range(20):
                town.gas(time - (40 - number) * MINUTE, feeder, town.somebody("served elsewhere"), 1)
            town.gas(time - 5 * MINUTE, feeder, who, 1)
            town.own_hand(time, who, exchange)


def _gas_ahead(town: SecondTown) -> None:
    """An exchange that stocks addresses with gas for a year before it gives them out."""
    exchange = town.house("Lambda")

    def stocked(kind: str, best: str) -> Address:
        who, _ = town.issue(kind, best, exchange)
        town.gas(at_day(-330) + town.dice.randrange(5 * HOUR), exchange.gas, who, 60)
        return who

    for _ in range(30):
        town.gas(at_day(-330) + town.dice.randrange(5 * HOUR), exchange.gas, town.somebody("stocked elsewhere"), 60)
    for _ in range(2):
        often, once = stocked("gas a year ahead", "T2"), stocked("gas a year ahead, used once", "T3")
        for who, times in ((often, town.used(often)), (once, [town.robbed(once)])):
            for time in town.due(times):
                town.own_hand(time, who, exchange)
        town.robbed(stocked("gas a year ahead, not swept", "T4"))


def _fee_token(town: SecondTown) -> None:
    """The exchange sends a second token first, and a provider of fees takes that in the sweep."""
    provider, usdt, usdc = town.rich("fee provider"), town.money.usdt, town.money.usdc
    others(town, provider)
    for who, exchange, times in two(town, "fee in another token, sent before", "T2"):
        if town.tron:
            town.memory.clone(who, "account of the fee provider")

        def sweep(amount: int, who: Address = who, exchange: Exchange = exchange) -> Signed:
            pays = [Pay(usdt, who, exchange.hub(town.now), amount), Pay(usdc, who, provider, 2 * UNIT)]
            return provider, pays, who

        for time in times:
            town.pay(time - 6 * MINUTE, exchange.gas, who, 2 * UNIT, usdc)
            town.empty(time, who, sweep)


def _account(town: SecondTown) -> None:
    """An account of ERC-4337 that the exchange moves; somebody else pays the fee."""
    if town.tron:
        return
    bundler, entry = town.rich("bundler"), town.venue("entry point")
    others(town, bundler)
    for who, exchange, times in two(town, "account (4337), fee paid for it", "T2"):
        town.memory.clone(who, f"{exchange.name} account")
        town.memory.accounts.add(who)
        for time in times:
            town.by_other(time, who, exchange, bundler, entry)


# --- who pays in


def _one_payer(town: SecondTown) -> None:
    exchange = town.house("Nu")
    for who, _, times in two(town, "small exchange, one customer", "T2", exchange, 3, 1):
        for time in times:
            come(town, time, who, exchange, exchange.gas)


def _from_exchanges(town: SecondTown) -> None:
    """A trader's, paid from the hot wallets of other exchanges only, until the thief does."""
    for _ in range(2):
        who, exchange = town.issue("paid by other exchanges only", "T2")
        days = [town.dice.uniform(1, 55) for _ in range(7)]
        for day in days:
            payer = town.dice.choice([one for one in town.exchanges if one is not exchange])
            town.pay(at_day(day), payer.hub(at_day(day)), who, town.sum())
        for time in town.due([*map(at_day, days), town.robbed(who)]):
            come(town, time, who, exchange, exchange.gas)


def _mined(town: SecondTown) -> None:
    """A pool pays its miner there every day, in coin; the exchange comes every day."""
    pool = town.rich("mining pool")
    others(town, pool, 100, 20)
    for _ in range(2):
        who, exchange = town.issue("mining payouts, coin", "T2")
        town.robbed(who, NATIVE)
        for day in range(1, 57):
            town.pay(at_day(day), pool, who, town.money.coin // 5 + town.dice.randrange(town.money.fee), NATIVE)
            town.own_hand(at_day(day) + town.dice.randrange(2 * HOUR, 20 * HOUR), who, exchange, NATIVE,
                          keep=2 * town.money.fee)  # fmt: skip


PLANS_2: Final[Sequence[Callable[[SecondTown], None]]] = (
    *(_weekly, _large_only, _two_hops, _moved, _large_to_cold, _refund, _gas_by_hub, _gas_by_region),
    *(_gas_fresh_feeders, _gas_ahead, _fee_token, _account, _one_payer, _from_exchanges, _mined),
)


def build_second(seed: int, family: str = "evm") -> World:
    """One world of these alone; of what its chain cannot have it has none."""
    town = SecondTown(OldMemory(TRON if family == "tron" else EVM, now=BEGIN), seed)
    for make in PLANS_2:
        make(town)
    return finished(town, seed, LOOKALIKES_2)
