"""Every way an exchange empties its deposit addresses (domain rule 9.4), and how many of each a world has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from chains.model import NATIVE, AssetId
from tests.deposit_people import AUTO, BATCH, DAY, ENERGY, EOA, FORWARDER, HOUR, UNIT, Deposit, at_day
from tests.deposit_town import END_DAY, Town


class Plan(NamedTuple):
    """One kind of deposit address: how many, and how they are built."""

    kind: str
    many: int
    make: Callable[[Town], None]


def _usual(style: str, kind: str = "", **more: Any) -> Callable[[Town], None]:
    def make(town: Town) -> None:
        made = town.deposit(kind or style, style, **more)
        town.reach(town.visited(made, town.dice.randrange(1, 4)).address)

    return make


def _batches(town: Town) -> None:
    """Four of one exchange that are paid on the same days, and so emptied in the same transactions."""
    exchange, days = town.dice.choice(town.exchanges), [3, 11, 19, 43]
    for _ in range(4):
        made = town.deposit(BATCH, BATCH, exchange)
        for day in days:
            town.pay(at_day(day + town.dice.random() / 2), town.dice.choice(town.crowd), made.address, town.sum())
        town.reach(made.address, day=33.2 + town.dice.random() / 2)


def _assets(town: Town) -> None:
    made = town.deposit("several assets", town.style())
    town.visited(made, asset=town.money.usdc)
    town.reach(town.visited(made).address, asset=town.dice.choice((town.money.usdt, town.money.usdc)))


def _coin(town: Town) -> None:
    made = town.deposit("coin and token", FORWARDER)
    town.visited(made, asset=NATIVE)
    town.reach(town.visited(made).address)


def _turns(town: Town) -> None:
    made = town.deposit("to two hot wallets", town.style(), town.exchanges[0], turns=True)
    town.reach(town.visited(made, visits=5).address)


def _moved(town: Town) -> None:
    made = town.deposit("hot wallet moved", town.style(), town.exchanges[3])
    town.reach(town.visited(made, visits=6).address)


def _reserve(town: Town) -> None:
    made = town.deposit("to a reserve wallet", town.style(), town.exchanges[2])
    town.reach(town.visited(made).address)


def _waiting(town: Town) -> None:
    made = town.deposit("paid, not swept again yet", town.style(), delay=(8 * HOUR, 20 * HOUR))
    town.reach(town.visited(made).address, day=END_DAY - 2 * HOUR / DAY)


def _first(*, coded: bool) -> Callable[[Town], None]:
    def make(town: Town) -> None:
        made = town.deposit("first paid, one sweep" + (", contract" if coded else ""), town.style(coded=coded))
        town.reach(made.address)

    return make


def _thiefs_own(town: Town) -> None:
    town.reach(town.deposit("one payer, several sweeps", town.style()).address, times=3)


def _dormant(town: Town) -> None:
    made = town.deposit("used long ago", town.style())
    for number, payer in enumerate(town.dice.sample(town.crowd, 2)):
        town.pay(at_day(2 + number), payer, made.address, town.sum())
    town.reach(made.address)


def _unswept_contract(town: Town) -> None:
    made = town.deposit("not swept, contract", FORWARDER, best="T4", most=0)
    town.reach(made.address)
    _brothers(town, made)


def _unswept_funded(town: Town) -> None:
    made = town.deposit("not swept, gas there", EOA, best="T4", most=0)
    town.reach(made.address)
    town.gas(at_day(40), made.exchange.gas, made.address, 1)
    _brothers(town, made)


def _brothers(town: Town, made: Deposit) -> None:
    """Two more of the same make that are swept and that stolen money reaches too."""
    for _ in range(2):
        brother = town.deposit(made.style, made.style, made.exchange)
        town.reach(town.visited(brother).address)


def _unswept_bare(town: Town) -> None:
    town.reach(town.deposit("not swept, nothing to see", town.style(coded=False), best="", most=0).address)


def _listed(town: Town) -> None:
    made = town.deposit("labelled", town.style(), best="T1")
    town.label(made.address, made.exchange.name, "exchange_deposit")
    town.reach(town.visited(made, visits=2).address)


def _unnamed(town: Town) -> None:
    made = town.deposit("to an unnamed exchange", town.style(), town.unknown, best="T5")
    town.reach(town.visited(made).address)


def _slow(town: Town) -> None:
    made = town.deposit("swept after days", town.style(), best="", delay=(3 * DAY, 6 * DAY))
    town.reach(town.visited(made).address)


def _late_first(town: Town) -> None:
    made = town.deposit("first sweep late", town.style(), slow_first=True)
    town.reach(town.visited(made, visits=5).address)


def _partial(town: Town) -> None:
    made = town.deposit("dust left", town.style(), keep=town.dice.randrange(1, 20) * UNIT)
    town.reach(town.visited(made).address)


def _dusted(town: Town) -> None:
    made = town.deposit("dusted by strangers", town.style())
    town.reach(town.visited(made).address)
    for day in range(2, 58, 7):
        stranger, spam = town.dice.choice(town.crowd), AssetId(town.spam)
        town.pay(at_day(day), stranger, made.address, town.dice.randrange(1, UNIT))
        town.memory.give(stranger, spam, UNIT)
        town.pay(at_day(day) + HOUR, stranger, made.address, UNIT, spam)


PLANS: Final[Sequence[Plan]] = (
    Plan(EOA, 3, _usual(EOA)),
    Plan(FORWARDER, 3, _usual(FORWARDER)),
    Plan(ENERGY, 4, _usual(ENERGY)),
    Plan(BATCH, 1, _batches),
    Plan(AUTO, 2, _usual(AUTO)),
    Plan("dust left", 2, _partial),
    Plan("dusted by strangers", 2, _dusted),
    Plan("several assets", 2, _assets),
    Plan("coin and token", 1, _coin),
    Plan("to two hot wallets", 2, _turns),
    Plan("hot wallet moved", 2, _moved),
    Plan("to a reserve wallet", 2, _reserve),
    Plan("paid, not swept again yet", 2, _waiting),
    Plan("first paid, one sweep", 4, _first(coded=False)),
    Plan("first paid, one sweep, contract", 3, _first(coded=True)),
    Plan("one payer, several sweeps", 2, _thiefs_own),
    Plan("used long ago", 1, _dormant),
    Plan("not swept, contract", 1, _unswept_contract),
    Plan("not swept, gas there", 1, _unswept_funded),
    Plan("not swept, nothing to see", 1, _unswept_bare),
    Plan("labelled", 2, _listed),
    Plan("to an unnamed exchange", 2, _unnamed),
    Plan("swept after days", 1, _slow),
    Plan("first sweep late", 1, _late_first),
)
