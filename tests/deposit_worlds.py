"""Worlds full of exchange deposit addresses and of what looks like them, with the truth about each (domain rule 9.4).

A theft fans out to wallets that pay into all of these, so that one trace has dozens of verdicts to give:

    build(seed, family) → World     EVM or TRON; the same seed gives the same world

The truth says more than yes or no: ``best`` is the firmest tier that can be had honestly from the data by 9.4, and
``hard`` marks a look-alike that pays an exchange's wallet as a deposit address does, so that only slight signs tell
them apart. What an address is called here (`kind`) is the sweep variant of a deposit or the look-alike it is. The
worlds were written from the domain rules alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chains.model import NATIVE
from tests.deposit_lookalikes import LOOKALIKES
from tests.deposit_people import ENERGY, Exchange, at_day
from tests.deposit_town import END_DAY, Town, World
from tests.deposit_variants import PLANS
from tests.memory_chain import EVM, TRON, Memory


def build(seed: int, family: str = "evm") -> World:
    """One world. It holds every variant its chain has (energy is lent on TRON only) and every look-alike."""
    town = Town(Memory(TRON if family == "tron" else EVM), seed)
    for plan in PLANS:
        for _ in range(plan.many if plan.kind != ENERGY or town.tron else 0):
            plan.make(town)
    return finished(town, seed, LOOKALIKES)


def elsewhere(town: Town, exchange: Exchange) -> None:
    """Customers whom the trace never meets: what makes an exchange's gas wallet and operator unlike a thief's purse.

    Real ones serve many thousands; these, sixty each.
    """
    for number in range(60):
        customer = town.somebody("customer elsewhere")
        time = at_day(town.dice.uniform(1, END_DAY - 1))
        town.gas(time, exchange.gas, customer, 1)
        other = town.somebody("customer elsewhere") if number % 2 else customer
        town.pay(time, exchange.operator, other, 1, NATIVE)


def finished(town: Town, seed: int, looks: Sequence[Callable[[Town], None]]) -> World:
    """The world that comes of a town with its deposit addresses, these look-alikes, and the theft."""
    for look in looks:
        look(town)
    for exchange in town.houses():
        elsewhere(town, exchange)
    victim = town.somebody("victim")
    since = town.steal(victim)
    town.run(at_day(END_DAY))
    return World(seed, town.memory, victim, since, tuple(town.labels), town.truth())
