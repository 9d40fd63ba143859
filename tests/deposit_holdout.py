"""A second set of deposit addresses, kept aside: ways of emptying that `tests.deposit_variants` does not have.

The rule was tuned after its results on the first set were seen, so those results say little of exchanges it has not
met. These were written from domain rule 9.4 and from what exchanges do, without sight of the rule; what is knowable of
each was decided before the first run. Whoever tunes the rule to these makes them worthless and must write others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from chains.model import NATIVE, Address, AssetId
from tests.deposit_holdout_looks import HELD_LOOKALIKES
from tests.deposit_holdout_town import BEGIN, HeldTown, OldMemory, Signed, Sweep
from tests.deposit_people import HOUR, MINUTE, UNIT, at_day
from tests.deposit_town import Truth, World
from tests.deposit_worlds import finished
from tests.memory_chain import EVM, TRON, Pay

EVM_ONLY: Final = frozenset({"delegated (7702), sponsor sweeps", "labelled on another chain"})


# --- gas


def _gas_for_many(town: HeldTown) -> None:
    who, exchange = town.issue("gas for many sweeps at once", "T2")
    times = town.used(who)
    town.gas(times[0] + 5 * MINUTE, exchange.gas, who, 40)
    for time in town.due(times):
        town.own_hand(time, who, exchange)


def _gas_early(town: HeldTown) -> None:
    who, exchange = town.issue("gas hours before the sweep", "T2")
    for time in town.due(town.used(who), (13 * HOUR, 20 * HOUR)):
        town.gas(time - town.dice.randrange(4 * HOUR, 12 * HOUR), exchange.gas, who, 1)
        town.own_hand(time, who, exchange)


def _gas_relayed(town: HeldTown) -> None:
    """Gas by a contract that the operator lets pay many at once."""
    who, exchange = town.issue("gas by a relayer contract", "T2")
    relayer, fee = town.venue("relayer"), town.money.fee

    def feed() -> None:
        others = [town.somebody("next in line") for _ in range(4)]
        pays = [Pay(NATIVE, exchange.operator, relayer, 5 * fee)]
        town.send(exchange.operator, [*pays, *(Pay(NATIVE, relayer, one, fee) for one in (who, *others))])

    for time in town.due(town.used(who)):
        town.at(time - 5 * MINUTE, feed)
        town.own_hand(time, who, exchange)


def _gas_public(town: HeldTown) -> None:
    who, exchange = town.issue("gas from a public station", "T2")
    for time in town.due(town.used(who)):
        town.supply(time - 3 * MINUTE, who)
        town.own_hand(time, who, exchange, fee=0 if town.tron else None)


def _gas_returned(town: HeldTown) -> None:
    who, exchange = town.issue("gas rest sent back", "T2")
    for time in town.due(town.used(who)):
        town.gas(time - 4 * MINUTE, exchange.gas, who, 3)
        town.own_hand(time, who, exchange)
        town.pay(time + 2 * MINUTE, who, exchange.gas, None, NATIVE)


def _gas_in_tokens(town: HeldTown) -> None:
    """Its fee goes to a provider in the token itself, in the sweep."""
    who, exchange = town.issue("fee in tokens, in the sweep", "T2")
    provider, usdt = town.rich("fee provider"), town.money.usdt
    for _ in range(40):
        town.pay(at_day(town.dice.uniform(1, 50)), provider, town.somebody("served elsewhere"), 1, NATIVE)
    if town.tron:
        town.memory.clone(who, "account of the fee provider")

    def sweep(amount: int) -> Signed:
        part = town.dice.randrange(UNIT, 3 * UNIT)
        return provider, [Pay(usdt, who, exchange.hub(town.now), amount - part), Pay(usdt, who, provider, part)], who

    for time in town.due(town.used(who)):
        town.empty(time, who, sweep)


# --- who takes it


def _approved(town: HeldTown) -> None:
    """It once signs an approval, and the exchange's contract pulls from then on."""
    who, exchange = town.issue("approved once, pulled", "T2")
    times, puller = town.used(who), town.venue("puller")
    town.gas(times[0] + 4 * MINUTE, exchange.gas, who, 1)
    town.at(times[0] + 8 * MINUTE, lambda: town.send(who, [], target=town.money.usdt))
    for time in town.due(times):
        town.by_other(time, who, exchange, exchange.operator, puller)


def _through_contract(town: HeldTown) -> None:
    """Pulled into a contract that passes it to the hot wallet in the same transaction."""
    who, exchange = town.issue("pulled through a contract", "T2")
    times, puller, usdt = town.used(who), town.venue("puller"), town.money.usdt
    town.looks[puller] = Truth("contract of an exchange that pulls", "", "")
    town.gas(times[0] + 4 * MINUTE, exchange.gas, who, 1)
    town.at(times[0] + 8 * MINUTE, lambda: town.send(who, [], target=usdt))

    def sweep(amount: int) -> Signed:
        hub = exchange.hub(town.now)
        return exchange.operator, [Pay(usdt, who, puller, amount), Pay(usdt, puller, hub, amount)], puller

    for time in town.due(times):
        town.empty(time, who, sweep)


def _sponsored(town: HeldTown) -> None:
    who, exchange = town.issue("delegated (7702), sponsor sweeps", "T2")
    sponsor = town.rich("sponsor")
    for _ in range(40):
        town.pay(at_day(town.dice.uniform(1, 50)), sponsor, town.somebody("served elsewhere"), 1, NATIVE)
    for time in town.due(town.used(who)):
        town.by_other(time, who, exchange, sponsor, who)


def _deployed(kind: str, best: str, *, stays: bool, often: bool) -> Callable[[HeldTown], None]:
    """Its contract is made in the sweep itself; some destroy themselves at once, so no code is ever to be seen."""

    def make(town: HeldTown) -> None:
        who, exchange = town.issue(kind, best)
        factory = town.venue("factory")
        if stays:
            town.memory.clone(who, f"{exchange.name} forwarder, made late")
        times = town.used(who) if often else [town.robbed(who)]
        for time in town.due(times):
            town.by_other(time, who, exchange, exchange.operator, factory)

    return make


# --- where it goes


def _collected(town: HeldTown) -> None:
    """A wallet nobody has named takes it and pays the hot wallet with its next transaction."""
    exchange = town.dice.choice(town.exchanges)
    collector = town.somebody("collector")
    town.looks[collector] = Truth("collector that pays on at once", "", "", hard=True)
    town.gas(at_day(0.5), exchange.gas, collector, 100)
    for _ in range(2):
        who, _ = town.issue("to an unnamed collector, on at once", "", exchange)
        for time in town.due(town.used(who)):
            town.gas(time - 5 * MINUTE, exchange.gas, who, 1)
            town.empty(time, who, _to(town, who, collector))
            town.pay(time + 15, collector, exchange.hub(time), None)


def _to(town: HeldTown, who: Address, receiver: Address) -> Sweep:
    return lambda amount: (who, [Pay(town.money.usdt, who, receiver, amount)], "")


def _split(town: HeldTown) -> None:
    who, exchange = town.issue("split between hot and cold", "T2")
    usdt = town.money.usdt

    def sweep(amount: int) -> Signed:
        cold = amount * 15 // 100
        hot = Pay(usdt, who, exchange.hub(town.now), amount - cold)
        return exchange.operator, [hot, Pay(usdt, who, exchange.cold, cold)], who

    town.memory.clone(who, f"{exchange.name} splitting forwarder")
    for time in town.due(town.used(who)):
        town.empty(time, who, sweep)


def _two_names(town: HeldTown) -> None:
    """Its two hot wallets, swept to in turn, are labelled as `Zeta 14` and `Zeta: Hot Wallet 2`."""
    who, exchange = town.issue("hot wallets under two names", "T2", town.zeta)
    for number, time in enumerate(town.due(town.used(who))):
        town.gas(time - 5 * MINUTE, exchange.gas, who, 1)
        town.empty(time, who, _to(town, who, exchange.hubs[number % 2]))


# --- when, and what


def _threshold(town: HeldTown) -> None:
    """Nobody comes before the fourth payment; most have lain there for less than a day by then."""
    who, exchange = town.issue("after several deposits", "T2")
    for day in (5, 18, 33):
        hours = [0, *(7 * number + town.dice.randrange(3) for number in (1, 2, 3))]
        for hour in hours[:3]:
            town.pay(at_day(day) + hour * HOUR, town.dice.choice(town.crowd), who, town.sum())
        last = at_day(day) + hours[3] * HOUR
        if day == 33:
            town.reach(who, day=day + hours[3] / 24)
        else:
            town.pay(last, town.dice.choice(town.crowd), who, town.sum())
        town.gas(last + HOUR, exchange.gas, who, 1)
        town.own_hand(last + HOUR + 5 * MINUTE, who, exchange)


def _old(town: HeldTown) -> None:
    who, exchange = town.issue("used again after two years", "T2")
    days = [town.dice.uniform(-760, -700) for _ in range(3)]
    for day in days:
        town.pay(at_day(day), town.dice.choice(town.crowd), who, town.sum())
    for time in town.due(sorted([*map(at_day, days), town.robbed(who)])):
        town.gas(time - 5 * MINUTE, exchange.gas, who, 1)
        town.own_hand(time, who, exchange)


def _other_chain(town: HeldTown) -> None:
    """Its life is on another chain, where a list names it; here it is paid and emptied once."""
    who, exchange = town.issue("labelled on another chain", "T1")
    town.label(who, exchange.name, "exchange_deposit", "eip155:56")
    (time,) = town.due([town.robbed(who)])
    town.gas(time - 5 * MINUTE, exchange.gas, who, 1)
    town.own_hand(time, who, exchange)


def _coin(town: HeldTown) -> None:
    """Coin, of which a little stays behind for fees."""
    who, exchange = town.issue("coin, a gas rest stays", "T2")
    for time in town.due(town.used(who, asset=NATIVE)):
        town.own_hand(time, who, exchange, NATIVE, keep=town.dice.randrange(2, 5) * town.money.fee)


def _other_token(town: HeldTown) -> None:
    """Until the theft it was paid in another token only: a TRC-10 on TRON."""
    who, exchange = town.issue("another token before", "T2")
    token = AssetId("1002000" if town.tron else "0x514910771af9ca656af840dff83e8264ecf986ca")
    days = [town.dice.uniform(2, 27) for _ in range(3)]
    for day in days:
        payer = town.dice.choice(town.crowd)
        town.memory.give(payer, token, 10**6 * UNIT)
        town.pay(at_day(day), payer, who, town.sum(), token)
    for time in town.due(sorted(map(at_day, days))):
        town.gas(time - 5 * MINUTE, exchange.gas, who, 1)
        town.own_hand(time, who, exchange, token)
    (time,) = town.due([town.robbed(who)])
    town.gas(time - 5 * MINUTE, exchange.gas, who, 1)
    town.own_hand(time, who, exchange)


def _merchant(town: HeldTown) -> None:
    """A shop has put its deposit address on its site: a hundred and fifty customers, small sums."""
    who, exchange = town.issue("a merchant's, many payers", "T2")
    times = [at_day(town.dice.uniform(1, 55)) for _ in range(150)]
    for payer, time in zip(town.public, times, strict=False):
        town.pay(time, payer, who, town.sum(20, 900))
    town.robbed(who)
    for day in range(2, 58):
        town.gas(at_day(day) - 5 * MINUTE, exchange.gas, who, 1)
        town.own_hand(at_day(day), who, exchange)


class HeldPlan(NamedTuple):
    """One kind of deposit address: how many, and how they are built."""

    kind: str
    many: int
    make: Callable[[HeldTown], None]


HELD_PLANS: Final[Sequence[HeldPlan]] = (
    HeldPlan("gas for many sweeps at once", 2, _gas_for_many),
    HeldPlan("gas hours before the sweep", 2, _gas_early),
    HeldPlan("gas by a relayer contract", 2, _gas_relayed),
    HeldPlan("gas from a public station", 2, _gas_public),
    HeldPlan("gas rest sent back", 2, _gas_returned),
    HeldPlan("fee in tokens, in the sweep", 2, _gas_in_tokens),
    HeldPlan("approved once, pulled", 2, _approved),
    HeldPlan("pulled through a contract", 2, _through_contract),
    HeldPlan("delegated (7702), sponsor sweeps", 2, _sponsored),
    HeldPlan("made in the sweep, stays", 2, _deployed("made in the sweep, stays", "T2", stays=True, often=True)),
    HeldPlan(
        "made in the sweep, gone again", 2, _deployed("made in the sweep, gone again", "T2", stays=False, often=True)
    ),
    HeldPlan("made in its only sweep", 2, _deployed("made in its only sweep", "T3", stays=True, often=False)),
    HeldPlan("to an unnamed collector, on at once", 1, _collected),
    HeldPlan("split between hot and cold", 2, _split),
    HeldPlan("hot wallets under two names", 2, _two_names),
    HeldPlan("after several deposits", 2, _threshold),
    HeldPlan("used again after two years", 2, _old),
    HeldPlan("labelled on another chain", 1, _other_chain),
    HeldPlan("coin, a gas rest stays", 3, _coin),
    HeldPlan("another token before", 1, _other_token),
    HeldPlan("a merchant's, many payers", 1, _merchant),
)


def build_held(seed: int, family: str = "evm") -> World:
    """One world of these alone; of variants that its chain cannot have it has none."""
    town = HeldTown(OldMemory(TRON if family == "tron" else EVM, now=BEGIN), seed)
    for plan in HELD_PLANS:
        for _ in range(plan.many if family == "evm" or plan.kind not in EVM_ONLY else 0):
            plan.make(town)
    return finished(town, seed, HELD_LOOKALIKES)
