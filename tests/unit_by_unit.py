"""The accounting once more, as slow as it is plain: every single unit is an object that moves from purse to purse.

Written from the rules in words and sharing no code with tracer/: what the program computes with lots, this counts. It
knows the way of every unit, so the real one must agree on where the units are, which theft they stem from, and how each
came there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from chains.model import Transfer
from tests.strategies import World

Account = tuple[str, str, str]
Way = tuple[int, ...]
"""Numbers of the transfers a unit came by, the theft first."""


class Unit(NamedTuple):
    """One base unit; ``theft`` is None when it is not stolen."""

    theft: int | None = None
    way: Way = ()


CLEAN = Unit()


class Purse:
    """The units of one account, the oldest first. ``mark`` is the stolen unit that poisoned it."""

    def __init__(self, opening: int) -> None:
        self.units = [CLEAN] * opening
        self.mark = CLEAN

    def put(self, units: list[Unit]) -> None:
        """Take in, one after the other."""
        for unit in units:
            self.units.append(unit)
            if self.mark == CLEAN and unit != CLEAN:
                self.mark = unit

    def take(self, method: str, amount: int) -> tuple[list[Unit], int]:
        """The units that leave, and how many are missing; those that are missing are made up clean."""
        there = min(amount, len(self.units))
        missing = amount - there
        if method == "poison":
            taken = [self.mark] * amount
            del self.units[:there]
        else:
            indices = CHOICES[method](self.units, there)
            taken = [self.units[index] for index in indices] + [CLEAN] * missing
            gone = set(indices)
            self.units = [unit for index, unit in enumerate(self.units) if index not in gone]
        if not self.units:
            self.mark = CLEAN
        return taken, missing

    def shown(self, method: str) -> list[Unit]:
        """What is there: under poison as many as there are, all like the mark."""
        return [self.mark] * len(self.units) if method == "poison" else self.units


def _oldest(units: list[Unit], amount: int) -> list[int]:
    return list(range(len(units)))[:amount]


def _newest(units: list[Unit], amount: int) -> list[int]:
    return list(range(len(units)))[::-1][:amount]


def _clean_then_stolen(units: list[Unit], amount: int) -> list[int]:
    return sorted(range(len(units)), key=lambda index: (units[index] != CLEAN, index))[:amount]


def _stolen_then_clean(units: list[Unit], amount: int) -> list[int]:
    return sorted(range(len(units)), key=lambda index: (units[index] == CLEAN, index))[:amount]


def _in_proportion(units: list[Unit], amount: int) -> list[int]:
    """Of every theft, clean units counting as the first, its part; of one theft's units the oldest."""
    numbers = [-1 if unit.theft is None else unit.theft for unit in units]
    exact = {number: Fraction(amount * count, len(units)) for number, count in Counter(numbers).items()}
    parts = {number: part.__floor__() for number, part in exact.items()}
    neediest = sorted(exact, key=lambda number: (parts[number] - exact[number], number))
    for number in neediest[: amount - sum(parts.values())]:
        parts[number] += 1
    return [
        index
        for number in sorted(parts)
        for index in [index for index, one in enumerate(numbers) if one == number][: parts[number]]
    ]


CHOICES: dict[str, Callable[[list[Unit], int], list[int]]] = {
    "fifo": _oldest,
    "lifo": _newest,
    "clean_first": _clean_then_stolen,
    "tainted_first": _stolen_then_clean,
    "pro_rata": _in_proportion,
}


class Row(NamedTuple):
    """A transfer that the accounting takes in."""

    number: int
    transfer: Transfer
    payer: Account
    payee: Account
    pays: bool
    kept: bool


@dataclass
class Count:
    """The count of one world under one method."""

    world: World
    method: str
    highest_first: bool = False
    purses: dict[Account, Purse] = field(default_factory=dict)
    resting: dict[Account, list[Unit]] = field(default_factory=dict)
    short: Counter[Account] = field(default_factory=Counter)
    traced: Counter[int] = field(default_factory=Counter)

    def run(self) -> Count:
        """Go through the world."""
        rows = self._rows()
        paid: set[int] = set()
        for place, row in enumerate(rows):
            if row.number not in paid:
                together = [row, *self._with(rows[place:])] if self.highest_first and row.pays else [row]
                self._pay(together)
                paid.update(one.number for one in together)
        return self

    def _rows(self) -> list[Row]:
        rows = []
        for number, one in enumerate(self.world.transfers):
            payer, payee = (one.chain, one.sender, one.asset), (one.chain, one.receiver, one.asset)
            row = Row(number, one, payer, payee, self._known(payer, one), self._known(payee, one))
            if payer != payee and (row.pays or row.kept or one.identity in self.world.seeds):
                rows.append(row)
        return rows

    def _known(self, account: Account, one: Transfer) -> bool:
        follow = self.world.follow.get(account)
        return follow is not None and one.position.height >= follow.low

    def _with(self, rows: list[Row]) -> list[Row]:
        """The further payments of one batch: same payer, same transaction, with no other row of the asset between."""
        batch = []
        first = rows[0]
        for row in rows[1:]:
            if (row.transfer.chain, row.transfer.tx) != (first.transfer.chain, first.transfer.tx):
                break
            if row.transfer.asset == first.transfer.asset:
                if row.payer != first.payer or not row.pays:
                    break
                batch.append(row)
        return batch

    def _pay(self, rows: list[Row]) -> None:
        first = rows[0]
        theft = self.world.seeds.get(first.transfer.identity)
        total = sum(row.transfer.amount for row in rows)
        if first.pays:
            units, missing = self._purse(first.payer).take(self.method, total)
            self.short[first.payer] += missing
        else:
            units = [CLEAN if theft is None else Unit(theft)] * total
        if len(rows) > 1:
            units = [unit for unit in units if unit != CLEAN] + [unit for unit in units if unit == CLEAN]
        parts = {}
        for row in sorted(rows, key=lambda row: (-row.transfer.amount, row.number)):
            parts[row.number], units = units[: row.transfer.amount], units[row.transfer.amount :]
        for row in rows:
            self._arrive(row, parts[row.number])

    def _arrive(self, row: Row, units: list[Unit]) -> None:
        moved = [unit if unit == CLEAN else Unit(unit.theft, (*unit.way, row.number)) for unit in units]
        stolen = [unit for unit in moved if unit != CLEAN]
        if stolen:
            self.traced[row.number] = len(stolen)
        if row.kept:
            self._purse(row.payee).put(moved)
        elif stolen:
            self.resting.setdefault(row.payee, []).extend(stolen)

    def _purse(self, account: Account) -> Purse:
        return self.purses.setdefault(account, Purse(self.world.follow[account].opening))

    def stolen_units(self) -> Counter[tuple[Account, int, Way]]:
        """How many stolen units are where, by their theft and the way they came."""
        found: Counter[tuple[Account, int, Way]] = Counter()
        for account, purse in self.purses.items():
            found.update((account, unit.theft, unit.way) for unit in purse.shown(self.method) if unit.theft is not None)
        for account, units in self.resting.items():
            found.update((account, unit.theft, unit.way) for unit in units if unit.theft is not None)
        return found

    def balances(self) -> dict[Account, int]:
        """What every account that was paid or paid holds, stolen or not."""
        return {account: len(purse.units) for account, purse in self.purses.items()}
