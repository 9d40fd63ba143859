"""The look-alikes that are kept aside with `tests.deposit_holdout`: none of them is an exchange's deposit address.

``hard`` is as in `tests.deposit_lookalikes`, and was decided before the first run: such a one pays an exchange's wallet
as a deposit address does, so that only slight signs tell them apart.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from chains.model import NATIVE, Address
from tests.deposit_lookalikes import contract, firm, forward, income, note, own, paid_by_contract, person, trade
from tests.deposit_people import HOUR, MINUTE, UNIT, at_day
from tests.deposit_town import Town
from tests.memory_chain import Pay


def mules(town: Town) -> None:
    """Wallets that the thief gives gas minutes before they pay a hot wallet directly, once and twice."""
    purse = town.rich("purse of the thief")
    for times in (1, 1, 2, 2):
        who, hub = town.somebody("mule"), town.dice.choice(town.exchanges).hubs[0]
        note(town, f"mule, pays hot wallet {times}x", who, hard=True)
        for day in (31.5, 33.5)[:times]:
            town.reach(who, day=day)
            town.gas(at_day(day) + 20 * MINUTE, purse, who, 1)
            forward(town, who, hub, [day + 0.02])


def payroll(town: Town) -> None:
    """A firm withdraws, and pays a dozen people every second week, three at their deposit addresses."""
    exchange = town.dice.choice(town.exchanges)
    who = person(town, "payroll", gas=exchange.hubs[0])
    staff = [*town.dice.sample(town.crowd, 9), *(own(town).address for _ in range(3))]
    for day in (4, 18, 32.5, 46):
        if day != 32.5:
            town.pay(at_day(day), exchange.hubs[0], who, town.sum(60_000, 90_000))
        for one in staff:
            town.pay(at_day(day) + 2 * HOUR, who, one, town.sum(1_000, 1_500))
    town.reach(who, day=32.5)


def rented(town: Town) -> None:
    """On TRON: people who rent energy from a public market right before each payment to an exchange."""
    if not town.tron:
        return
    market = town.rich("energy market")
    for number, other in enumerate(town.public):
        town.at(at_day(1) + number * 5 * HOUR, partial(town.memory.lend, market, other))
    targets = {"pays hot wallet": town.dice.choice(town.exchanges).hubs[0], "pays own deposit": own(town).address}
    for kind, target in targets.items():
        who = town.somebody("renter")
        note(town, f"rented energy, {kind}", who, hard=kind == "pays hot wallet")
        income(town, who, [6, 15])
        town.reach(who, day=33)
        for day in (6.2, 15.3, 33.2):
            town.at(at_day(day) - 3 * MINUTE, partial(town.memory.lend, market, who))
            _send_all(town, day, who, target)


def _send_all(town: Town, day: float, who: Address, target: Address) -> None:
    """Pay everything on, with lent energy."""

    def send() -> None:
        town.send(who, [Pay(town.money.usdt, who, target, town.memory.held(who, town.money.usdt))], fee=0)

    town.at(at_day(day), send)


def arbitrage(town: Town) -> None:
    """A bot that trades on a DEX all day, and evens out with the hot wallet of an exchange."""
    exchange = town.dice.choice(town.exchanges)
    who = person(town, "arbitrage bot", gas=exchange.hubs[0])
    for day in range(3, 54, 5):
        town.pay(at_day(day), exchange.hubs[0], who, town.sum(20_000, 40_000))
        for hour in (1, 3, 4):
            trade(town, who, day + hour / 24)
        forward(town, who, exchange.hubs[0], [day + 0.4])
    town.gas(at_day(0.6), exchange.hubs[0], who, 60)
    town.reach(who, day=33.1)


def swaps_for_gas(town: Town) -> None:
    """It buys its fees with a little of each payment at a DEX, and pays the rest to a hot wallet."""
    who, hub = town.somebody("swaps for gas"), town.dice.choice(town.exchanges).hubs[0]
    note(town, "buys gas on a DEX each time", who)
    town.gas(at_day(0.5), town.dice.choice(town.crowd), who, 2)
    income(town, who, [5, 17])
    town.reach(who, day=33)

    def buy() -> None:
        pays = [Pay(town.money.usdt, who, town.pool, 9 * UNIT), Pay(NATIVE, town.pool, who, 3 * town.money.fee)]
        town.send(who, pays, target=town.router)

    for day in (5.1, 17.1, 33.1):
        town.at(at_day(day), buy)
        forward(town, who, hub, [day + 0.01])


def donations(town: Town) -> None:
    """Many small gifts, and once a month everything to a hot wallet."""
    who, hub = person(town, "donations, monthly", day=-95), town.dice.choice(town.exchanges).hubs[0]
    for number in range(70):
        town.pay(at_day(-90 + number * 2) + HOUR, town.dice.choice(town.public), who, town.sum(20, 400))
    town.reach(who, day=34)
    forward(town, who, hub, [-62, -31, -1, 28, 58])


def many_hands(town: Town) -> None:
    """On TRON: an account that several keys sign for; each payment to the hot wallet waits for the second signature."""
    if not town.tron:
        return
    exchange = town.dice.choice(town.exchanges)
    who, days = person(town, "account of several keys", gas=exchange.hubs[0], hard=True), [4, 13, 22, 33]
    income(town, who, days[:3])
    town.reach(who, day=33)
    forward(town, who, exchange.hubs[0], [day + town.dice.uniform(0.4, 1.6) for day in days])


def exchanger(town: Town) -> None:
    """One address per order, emptied once to the exchanger's wallet, which pays customers and a hot wallet."""
    service, exchange = firm(town, "instant exchanger"), town.dice.choice(town.exchanges)
    wallet = service.hubs[0]
    note(town, "instant exchanger's wallet", wallet)
    town.busy(wallet)
    for day in (9, 30, 44):
        town.pay(at_day(day), exchange.hubs[0], wallet, town.sum(200_000, 260_000))
    for number in range(18):
        made = town.deposit("order", town.style(coded=False), service)
        if number < 3:
            town.reach(made.address)
        else:
            town.pay(at_day(town.dice.uniform(2, 50)), town.dice.choice(town.crowd), made.address, town.sum())
        del town.notes[made.address]
        note(town, "address at an exchanger, one order", made.address)

    def half() -> None:
        town.pay_now(wallet, exchange.hubs[0], town.memory.held(wallet, town.money.usdt) // 2, town.money.usdt)

    for day in (15, 20, 25, 37, 40, 50, 55):
        town.at(at_day(day), half)


def invoices(town: Town) -> None:
    """Invoices of a payment processor whose wallet a list names as one."""
    service = firm(town, "PayCo")
    town.label(service.hubs[0], "PayCo", "payment")
    for _ in range(3):
        made = town.deposit("invoice", town.style(), service)
        town.reach(town.visited(made).address)
        del town.notes[made.address]
        note(town, "address at a labelled processor", made.address)
    forward(town, service.hubs[0], own(town).address, range(3, 58, 4))


def gas_wallet(town: Town) -> None:
    """An exchange's wallet that gives gas to many; tokens that come to it go to the hot wallet."""
    exchange, who = town.dice.choice(town.exchanges), town.somebody("third gas wallet")
    note(town, "gas wallet of an exchange", who)
    town.gas(at_day(0.3), exchange.hubs[0], who, 300)
    for number in range(40):
        town.gas(at_day(1 + number), who, town.somebody("topped up"), 1)
    income(town, who, [8, 21])
    town.reach(who, day=33)
    forward(town, who, exchange.hubs[0], [8.2, 21.2, 33.2])


def operator(town: Town) -> None:
    """Who signs an exchange's sweeps; tokens that come to him go to the hot wallet."""
    exchange, who, factory = town.dice.choice(town.exchanges), town.somebody("operator"), town.somebody("sweeper")
    note(town, "operator of an exchange", who, hard=True)
    town.memory.clone(factory, "sweeper")
    town.gas(at_day(0.3), exchange.hubs[0], who, 300)
    swept = town.rich("deposits that he empties")
    for number in range(40):
        pays = [Pay(town.money.usdt, swept, exchange.hubs[0], town.sum())]
        town.at(at_day(1 + number), partial(town.send, who, pays, target=factory))
    income(town, who, [8, 21])
    town.reach(who, day=33)
    forward(town, who, exchange.hubs[0], [8.2, 21.2, 33.2])


def round_trip(town: Town) -> None:
    """It withdraws from an exchange and pays the same hot wallet back, as if that were its deposit address."""
    exchange = town.dice.choice(town.exchanges)
    who = person(town, "withdrawn and paid back", gas=exchange.hubs[0])
    for day in (5, 16):
        town.pay(at_day(day), exchange.hubs[0], who, town.sum())
    town.reach(who, day=33)
    forward(town, who, exchange.hubs[0], [5.3, 16.2, 33.2])


def between(town: Town) -> None:
    """A trader's wallet between two exchanges: withdrawn from the one, minutes later in the other's hot wallet."""
    first, second = town.dice.sample(town.exchanges, 2)
    who, days = person(town, "between two exchanges", gas=first.hubs[0], hard=True), range(3, 55, 4)
    for day in days:
        town.pay(at_day(day), first.hubs[0], who, town.sum(20_000, 40_000))
    town.reach(who, day=33.3)
    forward(town, who, second.hubs[0], sorted([*(day + 0.02 for day in days), 33.4]))


def contract_wallets(town: Town) -> None:
    """Wallets that are contracts of their own make and log nothing: one pays a hot wallet, one a deposit address."""
    targets = {"pays hot wallet": town.dice.choice(town.exchanges).hubs[0], "pays own deposit": own(town).address}
    for kind, target in targets.items():
        owner = person(town, "owner of a contract wallet")
        trade_first(town, owner)
        who = contract(town, f"contract wallet, {kind}", hard=kind == "pays hot wallet")
        income(town, who, [7, 19])
        town.reach(who, day=33.5)
        for day in (7.2, 19.4, 33.7):
            town.at(at_day(day), _paying(town, owner, who, target))


def trade_first(town: Town, who: Address) -> None:
    """Let somebody have a life of his own on a DEX."""
    income(town, who, [1])
    for day in (2, 9, 28):
        trade(town, who, day)


def _paying(town: Town, owner: Address, who: Address, target: Address) -> Callable[[], None]:
    return lambda: paid_by_contract(town, owner, who, target, who)


def otc_desk(town: Town) -> None:
    """A desk that buys from many, and pays round sums to many, a hot wallet, and its own deposit address."""
    who, hub, target = person(town, "OTC desk", day=0.4), town.dice.choice(town.exchanges).hubs[0], own(town).address
    income(town, who, [1 + day / 2 for day in range(110)])
    for day in range(3, 56):
        town.pay(at_day(day), who, town.dice.choice(town.crowd), 1_000 * UNIT * town.dice.randrange(1, 4))
        town.pay(at_day(day) + HOUR, who, hub if day % 2 else target, 5_000 * UNIT)
    town.gas(at_day(20), town.dice.choice(town.crowd), who, 100)
    town.reach(who, day=33.2)


def splitter(town: Town) -> None:
    """A drainer's contract that pays a fifth to its maker and the rest to a hot wallet, whenever its owner calls."""
    owner, maker = person(town, "owner of a splitter"), town.dice.choice(town.crowd)
    who, hub, usdt = contract(town, "splitter"), town.dice.choice(town.exchanges).hubs[0], town.money.usdt

    def split() -> None:
        held = town.memory.held(who, usdt)
        town.send(owner, [Pay(usdt, who, maker, held // 5), Pay(usdt, who, hub, held - held // 5)], target=who)

    income(town, who, [8, 20])
    town.reach(who, day=33)
    for day in (8.1, 20.1, 33.1):
        town.at(at_day(day), split)


HELD_LOOKALIKES: Final[Sequence[Callable[[Town], None]]] = (
    *(mules, payroll, rented, arbitrage, swaps_for_gas, donations, many_hands, exchanger, invoices, gas_wallet),
    *(operator, round_trip, between, contract_wallets, otc_desk, splitter),
)
