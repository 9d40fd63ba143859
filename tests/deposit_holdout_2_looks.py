"""The look-alikes of the second set kept aside (`tests.deposit_holdout_2`): none is an exchange's deposit address.

``hard`` is as in `tests.deposit_lookalikes`, and was decided before the first run: such a one pays an exchange's wallet
as a deposit address does, so that only slight signs tell them apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

from chains.model import Address
from tests.deposit_lookalikes import OWN, contract, firm, forward, income, intakes, note, own, person, trade
from tests.deposit_people import DAY, HOUR, MINUTE, UNIT, at_day
from tests.deposit_town import Town, Truth
from tests.memory_chain import Pay

# --- people


def student(town: Town) -> None:
    """Paid by the same two every month; rent first, the rest to his own deposit address within days."""
    who, landlord = person(town, "student, paid monthly", day=-130), town.rich("landlord")
    target = town.deposit(OWN, town.style(coded=False)).address
    parents = town.dice.sample(town.crowd, 2)
    for day in (-120, -90, -60, -30, 0, 32):
        for parent in parents:
            town.pay(at_day(day), parent, who, town.sum(500, 700))
        town.pay(at_day(day) + HOUR, who, landlord, town.sum(400, 450))
        forward(town, who, target, [day + 1.5])
    town.reach(who, day=32.4)


def shop(town: Town) -> None:
    """Its takings go every second evening to its deposit address, which a list calls a wallet of the exchange."""
    exchange = town.dice.choice(town.exchanges)
    target = town.deposit(OWN, town.style(), exchange).address
    del town.notes[target]
    town.looks[target] = Truth("deposit address listed as a wallet", exchange.name, "T1")
    town.label(target, exchange.name, "exchange")
    who = person(town, "shop, its deposit listed as a wallet")
    for day in range(2, 56, 2):
        for part in (0.2, 0.5, 0.7):
            town.pay(at_day(day + part), town.dice.choice(town.public), who, town.sum(40, 600))
        forward(town, who, target, [day + 0.9])
    town.reach(who, day=32.4)


def trader(town: Town) -> None:
    """Buys from strangers, and pays each sum minutes later to his deposit address at one of two exchanges."""
    who, days = person(town, "P2P trader, two accounts"), [day * 2.1 for day in range(1, 26)]
    targets = [town.deposit(OWN, town.style(), one).address for one in town.exchanges[:2]]
    income(town, who, days)
    for number, day in enumerate(days):
        forward(town, who, targets[number % 2], [day + 0.01])
    town.reach(who, day=33.3)


def gambler(town: Town) -> None:
    """Withdraws, stakes at a casino, and pays what he wins to his own deposit address."""
    house, exchange = firm(town, "casino"), town.dice.choice(town.exchanges)
    note(town, "casino", house.hubs[0])
    income(town, house.hubs[0], [day / 2 for day in range(1, 110)])
    town.busy(house.hubs[0])
    intakes(town, house, "address at a casino", 2, best="T5")
    who, target = person(town, "gambler", gas=exchange.hubs[0]), own(town).address
    made = town.deposit("stake", town.style(), house)
    del town.notes[made.address]
    note(town, "address at a casino", made.address, best="T5")
    for day in (12, 20, 32.5, 41):
        town.pay(at_day(day), exchange.hub(at_day(day)), who, town.sum())
        town.at(at_day(day) + 6 * HOUR, partial(_part, town, who, made.address, 60))
        town.pay(at_day(day) + 9 * HOUR, house.hubs[0], who, town.sum(300, 900))
        forward(town, who, target, [day + 0.5])
    town.reach(who, day=32.6)


def _part(town: Town, payer: Address, payee: Address, hundredths: int) -> None:
    town.pay_now(payer, payee, town.memory.held(payer, town.money.usdt) * hundredths // 100, town.money.usdt)


def farmer(town: Town) -> None:
    """Eight wallets that each hand gas to the next, trade a little, and pay everything to one deposit address."""
    giver, target = town.dice.choice(town.crowd), own(town).address
    for number in range(8):
        who = town.somebody("farmer")
        note(town, "airdrop farmer's wallet", who)
        town.gas(at_day(3) + number * 10 * MINUTE, giver, who, 120 - 14 * number)
        income(town, who, [4 + number / 10])
        for day in (8, 15):
            trade(town, who, day + number / 10)
        if number in (2, 5):
            town.reach(who, day=31.5)
        forward(town, who, target, [35 + number / 10])
        giver = who


def hardware(town: Town) -> None:
    """Three accounts of one device, filled a year ago and emptied into the first, which tries ten dollars and pays."""
    main, target = person(town, "hardware wallet, first account", day=-400), own(town).address
    for day in (32, 32.1):
        who = person(town, "hardware wallet, another account", gas=main, day=-399)
        income(town, who, [-390, -300])
        town.reach(who, day=day)
        forward(town, who, main, [day + 0.4])
    town.gas(at_day(-399.5), town.dice.choice(town.crowd), main, 200)
    town.pay(at_day(33), main, target, 10 * UNIT)
    forward(town, main, target, [33.1])


def sells_once(town: Town) -> None:
    """Held for two years, then everything to a hot wallet within hours of the theft."""
    who = person(town, "held two years, pays hot wallet once", day=-710)
    income(town, who, [-700, -650, -400])
    town.reach(who, day=33)
    forward(town, who, town.dice.choice(town.exchanges).hubs[0], [33.2])


def tries_first(town: Town) -> None:
    """Ten dollars to a hot wallet, and when they have arrived the rest."""
    who, hub = person(town, "tries ten dollars, pays hot wallet", hard=True, day=31), town.exchanges[0].hubs[0]
    town.reach(who, day=32)
    town.pay(at_day(32.1), who, hub, 10 * UNIT)
    forward(town, who, hub, [32.15])


def own_money(town: Town) -> None:
    """A thief who has long paid his own earnings to a hot wallet, and does so with what he stole."""
    who = person(town, "own money too, pays hot wallet", gas=town.rich("his purse"), hard=True, day=-100)
    days, hub = [-95, -62, -31, -4, 20], town.dice.choice(town.exchanges).hubs[0]
    income(town, who, days)
    town.reach(who, day=33)
    forward(town, who, hub, [day + 0.3 for day in (*days, 33)])


def purses(town: Town) -> None:
    """Wallets whose gas comes from another purse of the thief's each time."""
    given = [town.rich("one of his purses") for _ in range(3)]
    for number in range(4):
        who, hub = town.somebody("mule"), town.dice.choice(town.exchanges).hubs[0]
        note(town, "mule of several purses, pays hot wallet", who, hard=True)
        for time, day in enumerate((31.5, 33.5)):
            town.reach(who, day=day)
            town.gas(at_day(day) + 20 * MINUTE, given[(number + time) % 3], who, 1)
            forward(town, who, hub, [day + 0.02])


def app_wallet(town: Town) -> None:
    """A wallet of an app that pays all its users' fees: this one pays a hot wallet. EVM only."""
    if town.tron:
        return
    relayer, usdt, hub = town.rich("relayer of an app"), town.money.usdt, town.dice.choice(town.exchanges).hubs[0]
    for payer in town.public[:60]:
        pay = [Pay(usdt, payer, town.dice.choice(town.crowd), town.sum(20, 900))]
        town.at(at_day(town.dice.uniform(1, 57)), partial(town.send, relayer, pay, target=payer))
    who = town.somebody("user of an app")
    note(town, "wallet of an app, pays hot wallet", who, hard=True)
    income(town, who, [9, 21])
    town.reach(who, day=33)
    for day in (9.4, 21.3, 33.2):
        shared(town, relayer, who, {hub: 100}, day)


# --- firms


def shared(town: Town, signer: Address, who: Address, parts: Mapping[Address, int], day: float) -> None:
    """Pay everything out in one transaction of somebody's, by hundredths."""
    usdt = town.money.usdt

    def pay() -> None:
        held = town.memory.held(who, usdt)
        town.send(signer, [Pay(usdt, who, one, held * part // 100) for one, part in parts.items()], target=who)

    town.at(at_day(day), pay)


def sharers(town: Town) -> None:
    """Contracts: a DAO's treasury with a sale at an exchange, a payroll's client, a drainer's splitter."""
    hub, people = town.dice.choice(town.exchanges).hubs[0], town.dice.sample(town.crowd, 6)
    parts = {
        "DAO treasury": {hub: 60, **dict.fromkeys(people[:4], 10)},
        "payroll service's client": {**dict.fromkeys(people, 10), own(town).address: 20, own(town).address: 20},
        "splitter, to two deposits": {own(town).address: 20, own(town).address: 80},
    }
    for kind, each in parts.items():
        owner, who = person(town, f"signs for a {kind.split(',', maxsplit=1)[0]}"), contract(town, kind)
        income(town, who, [6, 19])
        town.reach(who, day=33)
        for day in (6.5, 19.5, 33.5):
            shared(town, owner, who, each, day)


def app(town: Town) -> None:
    """A custodial app: its users' addresses, and its wallet, which pays them and evens out with a hot wallet."""
    service, exchange = firm(town, "app"), town.dice.choice(town.exchanges)
    wallet = service.hubs[0]
    note(town, "custodial app's wallet", wallet)
    income(town, wallet, [day / 2 for day in range(1, 110)])
    town.busy(wallet)
    intakes(town, service, "address at a custodial app", 2, best="T5")
    for day in range(12, 58, 3):
        town.at(at_day(day), partial(_part, town, wallet, exchange.hubs[0], 30))


def broker(town: Town) -> None:
    """An OTC broker: an address for each client, emptied straight into his one deposit address at an exchange."""
    service = firm(town, "OTC broker")
    account = own(town).address
    for _ in range(3):
        made = town.deposit("client", town.style(coded=False), service, hub=account)
        town.reach(town.visited(made).address)
        del town.notes[made.address]
        note(town, "client's address at a broker", made.address)


def three_ways(town: Town) -> None:
    """An arbitrageur with accounts at three exchanges: withdrawn here, minutes later in his deposit there."""
    houses = town.exchanges[:3]
    targets = [town.deposit(OWN, town.style(), one).address for one in houses]
    who = person(town, "arbitrageur, three accounts", gas=houses[0].hubs[0])
    for number, day in enumerate(range(2, 56, 2)):
        town.pay(at_day(day), houses[number % 3].hubs[0], who, town.sum(10_000, 40_000))
        forward(town, who, targets[(number + 1) % 3], [day + 15 * MINUTE / DAY])
    town.reach(who, day=33.1)


LOOKALIKES_2: Final[Sequence[Callable[[Town], None]]] = (
    *(student, shop, trader, gambler, farmer, hardware, sells_once, tries_first, own_money, purses, app_wallet),
    *(sharers, app, broker, three_ways),
)
