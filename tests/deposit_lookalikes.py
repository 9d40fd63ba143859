"""Whoever looks like an exchange's deposit address and is none (domain rule 9.4), and how stolen money comes to each.

Where somebody has a true deposit address of his own at an exchange, that one is swept as any other, and counts as one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from chains.model import Address
from tests.deposit_people import HOUR, MINUTE, UNIT, Deposit, Exchange, at_day
from tests.deposit_town import END_DAY, Town, Truth
from tests.memory_chain import Pay

OWN = "of a look-alike"


def note(town: Town, kind: str, *who: Address, best: str = "", hard: bool = False) -> None:
    """Write down who is no deposit address."""
    for one in who:
        town.looks[one] = Truth(kind, "", best, hard=hard)


def person(town: Town, kind: str, *, gas: Address | None = None, hard: bool = False, day: float = 0.5) -> Address:
    """Somebody with coin for fees from somebody else, and nothing more."""
    who = town.somebody(kind)
    note(town, kind, who, hard=hard)
    town.gas(at_day(day), gas or town.dice.choice(town.crowd), who, 60)
    return who


def own(town: Town) -> Deposit:
    """The deposit address that an exchange gave one of these people."""
    return town.deposit(OWN, town.style())


def forward(town: Town, payer: Address, payee: Address, days: Sequence[float]) -> None:
    """Pay on whatever is there on these days."""
    for day in days:
        town.pay(at_day(day), payer, payee, None)


def income(town: Town, who: Address, days: Sequence[float]) -> None:
    """Be paid by people on these days."""
    for day in days:
        town.pay(at_day(day), town.dice.choice(town.crowd), who, town.sum())


def own_once(town: Town) -> None:
    """A personal wallet that pays its own deposit address once."""
    who = person(town, "pays own deposit once")
    town.reach(who, day=32)
    forward(town, who, own(town).address, [32.2])


def own_often(town: Town) -> None:
    """One that does so again and again, within hours of being paid."""
    who, days = person(town, "pays own deposit often"), [4, 9, 15, 22, 32, 44]
    income(town, who, [day for day in days if day != 32])
    town.reach(who, day=32)
    forward(town, who, own(town).address, [day + 0.3 for day in days])


def own_everything(town: Town) -> None:
    """One that passes on everything at once, with fees paid from a withdrawal."""
    exchange = town.dice.choice(town.exchanges)
    who = person(town, "pays own deposit everything", gas=exchange.hubs[0])
    days = [day + town.dice.random() / 2 for day in range(2, 52, 5)]
    income(town, who, days)
    town.reach(who, day=33.4)
    forward(town, who, town.deposit(OWN, town.style(), exchange).address, sorted([*(day + 0.03 for day in days), 33.5]))


def direct_once(town: Town) -> None:
    """A fresh wallet that pays everything to a hot wallet, once: on the chain it is a deposit address swept once."""
    who = person(town, "pays hot wallet once", hard=True, day=31)
    town.reach(who, day=32)
    forward(town, who, town.dice.choice(town.exchanges).hubs[0], [32.2])


def direct_withdrawn(town: Town) -> None:
    """The same with its fees from a withdrawal of that exchange."""
    exchange = town.dice.choice(town.exchanges)
    who = person(town, "pays hot wallet once, gas withdrawn", gas=exchange.hubs[0], hard=True, day=31)
    town.reach(who, day=32.5)
    forward(town, who, exchange.hubs[0], [32.6])


def trade(town: Town, who: Address, day: float) -> None:
    """Swap half of what somebody has for the wrapped coin and back."""

    def swap() -> None:
        usdt, wrapped = town.money.usdt, town.money.wrapped
        half = town.memory.held(who, usdt) // 2
        for paid, got in ((usdt, wrapped), (wrapped, usdt)):
            pays = [Pay(paid, who, town.pool, half), Pay(got, town.pool, who, half)]
            town.send(who, pays, target=town.router)

    town.at(at_day(day), swap)


def direct_after_dex(town: Town) -> None:
    """Personal wallets that traded on a DEX before, and pay a hot wallet with all they have: once, and twice."""
    for times in (1, 2):
        who = person(town, f"traded before, pays hot wallet {times}x")
        income(town, who, [3, 12])
        for day in (4, 13, 20):
            trade(town, who, day)
        town.reach(who, day=33)
        days = [33.3] if times == 1 else [21, 33.3]
        forward(town, who, town.dice.choice(town.exchanges).hubs[0], days)


def collector(town: Town) -> None:
    """An exchange's wallet that nobody has named, between its deposit addresses and its hot wallet."""
    exchange, who = town.dice.choice(town.exchanges), town.somebody("collector")
    note(town, "collector of an exchange", who)
    town.gas(at_day(0.5), exchange.gas, who, 400)
    for day in (10, 31, 45):
        for number, payer in enumerate(town.public):
            town.pay(at_day(day) + number * 5 * MINUTE, payer, who, town.sum(20, 900))
    for _ in range(2):
        made = town.deposit("to an unnamed collector", town.style(), exchange, best="T5", hub=who)
        town.reach(town.visited(made).address)
    forward(town, who, exchange.hubs[0], [day / 2 for day in range(2, 2 * END_DAY)])


def shuffle(town: Town) -> None:
    """A small hot wallet that nobody has named, paid by one hot wallet and paying another and the cold one."""
    exchange, who = town.exchanges[0], town.somebody("third hot")
    note(town, "hot wallet shuffled to hot", who)
    town.gas(at_day(0.5), exchange.gas, who, 60)
    for day in range(3, 56, 6):
        town.pay(at_day(day), exchange.hubs[0], who, town.sum(30_000, 60_000))
        town.pay(at_day(day) + 5 * HOUR, who, exchange.cold, town.sum(2_000, 9_000))
        town.pay(at_day(day) + 6 * HOUR, who, exchange.hubs[1], None)
    for _ in range(2):
        made = town.deposit("to an unnamed hot wallet", town.style(), exchange, best="", hub=who)
        town.reach(town.visited(made).address)


def market_maker(town: Town) -> None:
    """It withdraws from one exchange and pays into others, to customers, and straight to a hot wallet."""
    who = person(town, "market maker")
    first, second = town.exchanges[:2]
    deposits = [town.deposit(OWN, town.style(), one).address for one in (first, second)]
    for day in range(3, 50, 3):
        town.pay(at_day(day), town.dice.choice((first, second)).hubs[0], who, town.sum(30_000, 60_000))
        town.pay(at_day(day) + HOUR, who, town.dice.choice(deposits), town.sum(5_000, 9_000))
        town.pay(at_day(day) + 2 * HOUR, who, town.dice.choice(town.crowd), town.sum(1_000, 5_000))
        town.pay(at_day(day) + 3 * HOUR, who, first.hubs[0], town.sum(5_000, 9_000))
    town.reach(who, day=32.6)


def firm(town: Town, name: str) -> Exchange:
    """A service that empties addresses of its own as an exchange does, and that nobody has named."""
    gas, operator, cold = (town.rich(name) for _ in range(3))
    made = Exchange(name, [town.somebody(name)], gas, operator, cold, [0])
    town.gas(at_day(0.2), made.gas, made.hubs[0], 1_500)
    town.gather(made, at_day(END_DAY))
    return made


def intakes(town: Town, service: Exchange, kind: str, count: int, best: str = "") -> None:
    """Addresses that a service gives its customers: emptied to the service's wallet, reached by stolen money."""
    for _ in range(count):
        made = town.deposit(kind, town.style(), service)
        town.reach(town.visited(made).address)
        del town.notes[made.address]
        note(town, kind, made.address, best=best)


def processor_many(town: Town) -> None:
    """A payment processor that pays hundreds of merchants."""
    service = firm(town, "processor")
    note(town, "payment processor", service.hubs[0])
    income(town, service.hubs[0], [day / 2 for day in range(1, 100)])
    town.busy(service.hubs[0])
    intakes(town, service, "address at a payment processor", 2, best="T5")


def processor_one(town: Town) -> None:
    """One whose single merchant is paid out at an exchange."""
    service = firm(town, "small processor")
    note(town, "payment processor, one payout", service.hubs[0])
    intakes(town, service, "address at a small payment processor", 2)
    forward(town, service.hubs[0], own(town).address, range(3, 58, 2))


def broker(town: Town) -> None:
    """A broker whose own deposit address at an exchange its customers pay: only the exchange knows that."""
    made = town.deposit("a broker's, used by many", town.style())
    town.reach(town.visited(made, senders=25, visits=40).address)


def swap_service(town: Town) -> None:
    """An instant exchanger that gathers everything and pays it into its deposit address at an exchange."""
    service = firm(town, "swap service")
    note(town, "swap service, to its deposit", service.hubs[0])
    income(town, service.hubs[0], [day / 3 for day in range(6, 150)])
    intakes(town, service, "address at a swap service", 2)
    forward(town, service.hubs[0], own(town).address, [day / 4 for day in range(10, 230)])


def swap_direct(town: Town) -> None:
    """One that forwards everything to a hot wallet, from its own address. Even worlds have it."""
    if town.odd:
        return
    who = person(town, "swap service, to a hot wallet", hard=True)
    days = [day * 0.9 for day in range(3, 60)]
    income(town, who, days)
    town.reach(who, day=33.7)
    forward(town, who, town.dice.choice(town.exchanges).hubs[0], [day + 0.2 for day in days])


def contract(town: Town, kind: str, code: str = "", *, hard: bool = False) -> Address:
    """A contract that is somebody's wallet."""
    who = town.somebody(kind)
    note(town, kind, who, hard=hard)
    town.memory.clone(who, code or kind)
    if kind.startswith(("Safe", "smart account")):
        town.memory.accounts.add(who)  # as their contracts do, these log that they moved by their own
    return who


def smart_wallet(town: Town, kind: str, signer: Address, entry: Address, days: Sequence[float]) -> Address:
    """One that ``signer`` lets pay everything to its own deposit address."""
    who, target = contract(town, kind), own(town).address
    for day in days:
        town.at(at_day(day), lambda: paid_by_contract(town, signer, who, target, entry))
    return who


def paid_by_contract(town: Town, signer: Address, who: Address, target: Address, entry: Address) -> None:
    """The contract pays everything it has."""
    held = town.memory.held(who, town.money.usdt)
    if held:
        town.send(signer, [Pay(town.money.usdt, who, target, held)], target=entry)


def safes(town: Town) -> None:
    """Safes and accounts of ERC-4337 that pay an exchange; and one that only holds."""
    owner, bundler = person(town, "owner of a Safe"), town.rich("bundler")
    for kind, signer in (("Safe", owner), ("smart account", bundler)):
        days = [5, 18, 33.5]
        who = smart_wallet(town, kind, signer, town.router, [day + 0.2 for day in days])
        income(town, who, days[:2])
        town.reach(who, day=33.5)
    holding = contract(town, "Safe, holding", "Safe")
    income(town, holding, [6])
    town.reach(holding, day=34)


def safe_direct(town: Town) -> None:
    """A Safe that pays a hot wallet: as a forwarder does, but by its owner's hand. Odd worlds have it."""
    if not town.odd:
        return
    owner, who = person(town, "owner of a Safe"), contract(town, "Safe, pays hot wallet", "Safe", hard=True)
    income(town, who, [7])
    town.reach(who, day=33.5)
    hub = town.dice.choice(town.exchanges).hubs[0]
    for day in (7.2, 33.7):
        town.at(at_day(day), lambda: paid_by_contract(town, owner, who, hub, who))


def mev_bot(town: Town) -> None:
    """A bot's contract that trades with what it gets and pays its profit to its owner's deposit address."""
    owner = person(town, "owner of a bot")
    who = smart_wallet(town, "bot", owner, town.router, [40, 48])
    town.reach(who, day=34)

    def trades() -> None:
        usdt, wrapped, part = town.money.usdt, town.money.wrapped, town.memory.held(who, town.money.usdt) // 3
        legs = [Pay(usdt, who, town.pool, part), Pay(wrapped, town.pool, who, part)]
        back = [Pay(wrapped, who, town.pool, part), Pay(usdt, town.pool, who, part + 3 * UNIT)]
        if part:
            town.send(owner, [*legs, *back], target=who)

    for number in range(30):
        town.at(at_day(35) + number * HOUR, trades)


def consolidation(town: Town) -> None:
    """The thief's wallet that gathers from four and passes everything to a deposit address."""
    who = person(town, "the thief's consolidation", day=30.5)
    for number in range(4):
        town.reach(who, day=31 + number)
    forward(town, who, own(town).address, [31.2, 32.2, 33.2, 34.2])


def peel(town: Town) -> None:
    """Two steps that each keep a tenth back, and a deposit address behind them."""
    first, second = (person(town, "peels off a tenth", day=30.5) for _ in range(2))
    target = own(town).address
    aside = person(town, "keeps a tenth", day=30.5)

    def step(payer: Address, payee: Address) -> None:
        held = town.memory.held(payer, town.money.usdt)
        town.pay_now(payer, aside, held // 10, town.money.usdt)
        town.pay_now(payer, payee, held - held // 10, town.money.usdt)

    town.reach(first, day=32)
    town.at(at_day(32.3), lambda: step(first, second))
    town.at(at_day(32.6), lambda: step(second, target))


def other_destination(town: Town) -> None:
    """It pays a hot wallet, and somebody else with eight parts in a hundred."""
    who, days = person(town, "one other destination"), [6, 14, 32.2]
    other, hub = town.dice.choice(town.crowd), town.dice.choice(town.exchanges).hubs[0]
    income(town, who, [6, 14])
    town.reach(who, day=32.2)

    def split() -> None:
        held = town.memory.held(who, town.money.usdt)
        town.pay_now(who, other, held * 8 // 100, town.money.usdt)
        town.pay_now(who, hub, held - held * 8 // 100, town.money.usdt)

    for day in days:
        town.at(at_day(day + 0.1), split)


def holding(town: Town) -> None:
    """Wallets that hold what they were paid: by two people, with fees from a withdrawal, with a stranger's dust."""
    for kind, gas in (("cold storage", None), ("holds, gas withdrawn", town.dice.choice(town.exchanges).hubs[0])):
        who = person(town, kind, gas=gas)
        income(town, who, [8])
        town.reach(who, day=34.5)
    dusted = person(town, "holds, dusted by a stranger")
    town.reach(dusted, day=34.5)
    town.pay(at_day(35), town.dice.choice(town.crowd), dusted, 7)


LOOKALIKES: Final[Sequence[Callable[[Town], None]]] = (
    *(own_once, own_often, own_everything, direct_once, direct_withdrawn, direct_after_dex, collector, shuffle),
    *(market_maker, processor_many, processor_one, broker, swap_service, swap_direct, safes, safe_direct, mev_bot),
    *(consolidation, peel, other_destination, holding),
)
