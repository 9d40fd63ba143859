"""The accounting once more, as slow as it is plain: every single unit is an object that moves from purse to purse.

Written from the rules in words and sharing no code with tracer/ but the form of its rows: what the program computes
with lots, this counts. It knows the way of every unit, so the real one must agree on where the units are, which theft
they stem from, how each came there, and what it stands for.

The rule of conversions in words. What goes in is drawn as ever and lines up, payment after payment, the units of each
in the order in which they left; each is as long as it is worth, its payment's worth divided by its units (where no
payment is worth anything, each payment is worth the same). Every output then takes its share of each theft's units,
clean ones counting as one theft: in proportion to their length in the line, in whole units by largest remainder,
between equal ones for whichever comes first in the line. Of the share of one theft each unit stands for the same part
of that theft's length and is heir to the unit that covers the middle of its part; heirs stand in the order of the
line. A theft of which nothing was worth a unit of any output stays with whom it was paid to.

Principal: the units of one theft that came out in one row (and those of one theft that were never converted) are equal
parts of one principal. It is divided by their number over the accounts where they are and the conversions they went
into, by largest remainder, between equal ones for conversions before accounts, the later conversion first, but the
account first that stolen units came to first. The outputs of a conversion that have units of a theft divide its
principal by what they are worth, between equal ones for the earlier row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import lcm
from typing import NamedTuple

from chains.model import FEE_SINK, Transfer
from tests.strategies import World
from tracer.ledger import Entry

Account = tuple[str, str, str]
Way = tuple[int, ...]
"""Numbers of the rows a unit came by (`rows_of`), the theft first."""


class Unit(NamedTuple):
    """One base unit; ``theft`` is None when it is not stolen, ``born`` the row in which it left a conversion, or -1."""

    theft: int | None = None
    way: Way = ()
    born: int = -1


CLEAN = Unit()
"""The one unit that stands for every unit that is not stolen."""


class Purse:
    """The units of one account, the oldest first. ``mark`` is the stolen unit that poisoned it."""

    def __init__(self, opening: int) -> None:
        self.units = [CLEAN] * opening
        self.mark = CLEAN

    def put(self, units: list[Unit]) -> None:
        """Take in, one after the other."""
        for unit in units:
            self.units.append(unit)
            if self.mark is CLEAN and unit is not CLEAN:
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
    return sorted(range(len(units)), key=lambda index: (units[index] is not CLEAN, index))[:amount]


def _stolen_then_clean(units: list[Unit], amount: int) -> list[int]:
    return sorted(range(len(units)), key=lambda index: (units[index] is CLEAN, index))[:amount]


def _in_proportion(units: list[Unit], amount: int) -> list[int]:
    """Of every theft, clean units counting as the first, its part; of one theft's units the oldest.

    What left a conversion counts as a theft of its own, after those before it.
    """
    kinds = [(-1, -1) if unit.theft is None else (unit.born, unit.theft) for unit in units]
    counts = Counter(kinds)
    names = sorted(counts)
    parts = dict(zip(names, _shares(amount, [counts[name] for name in names]), strict=True))
    return [
        index for name in names for index in [index for index, one in enumerate(kinds) if one == name][: parts[name]]
    ]


def _shares(amount: int, lengths: Sequence[int]) -> list[int]:
    """An amount in proportion, by largest remainder, between equal ones for the first; equally where nothing counts."""
    lengths = lengths if any(lengths) else [1] * len(lengths)
    whole = sum(lengths)
    parts = [amount * length // whole for length in lengths]
    neediest = sorted(range(len(parts)), key=lambda index: (parts[index] * whole - amount * lengths[index], index))
    for index in neediest[: amount - sum(parts)]:
        parts[index] += 1
    return parts


def _heirs(amount: int, line: Sequence[tuple[Unit, int]]) -> list[int]:
    """The places in the line of those whose heirs the units of an output are."""
    places: dict[int | None, list[int]] = {}
    for place, (unit, _) in enumerate(line):
        places.setdefault(unit.theft, []).append(place)
    lengths = [sum(line[place][1] for place in mine) for mine in places.values()]
    found: list[int] = []
    for mine, length, share in zip(places.values(), lengths, _shares(amount, lengths), strict=True):
        queue, covered, place = iter(mine), 0, -1
        for number in range(share):
            while 2 * share * covered <= length * (2 * number + 1):
                place = next(queue)
                covered += line[place][1]
            found.append(place)
    return sorted(found)


CHOICES: dict[str, Callable[[list[Unit], int], list[int]]] = {
    "fifo": _oldest,
    "lifo": _newest,
    "clean_first": _clean_then_stolen,
    "tainted_first": _stolen_then_clean,
    "pro_rata": _in_proportion,
}


class Row(NamedTuple):
    """A transfer that the accounting takes in; ``pot`` is the number of the conversion it goes into or comes out of."""

    transfer: Transfer
    payer: Account
    payee: Account
    pays: bool
    kept: bool
    pot: int | None = None
    out: bool = False
    value: int = 1


def rows_of(world: World) -> list[Row]:
    """The rows of a world that say something about stolen units or about an account that is known, in order."""
    reader = _Rows(world)
    entered: set[tuple[str, str]] = set()
    for one in world.transfers:
        key = (one.chain, one.tx)
        if key not in world.whole or one.receiver == FEE_SINK:
            if one.sender != one.receiver:
                reader.take_in(Entry(one))
        elif key not in entered:
            entered.add(key)
            reader.take_in_whole(world.whole[key])
    return reader.rows


@dataclass
class _Rows:
    world: World
    rows: list[Row] = field(default_factory=list)
    pots: int = 0

    def take_in(self, entry: Entry, pot: int | None = None) -> None:
        """A row, if it matters."""
        one = entry.transfer
        payer, payee = (one.chain, one.sender, one.asset), (one.chain, one.receiver, one.asset)
        theft = one.identity in self.world.seeds
        pays = not entry.out and not theft and self._known(payer, one)
        kept = self._known(payee, one) and (pot is None or entry.out)
        if pays or kept or theft or pot is not None:
            self.rows.append(Row(one, payer, payee, pays, kept, pot, entry.out, entry.value))

    def take_in_whole(self, entries: Sequence[Entry]) -> None:
        """Conversions that a theft or somebody known pays for count; what comes out of others is clean money."""
        counting = sorted({one.pot for one in entries if one.pot is not None and not one.out and self._matters(one)})
        for one in entries:
            if one.pot in counting:
                self.take_in(one, self.pots + counting.index(one.pot))
            elif one.pot is None or one.out:
                self.take_in(one)
        self.pots += len(counting)

    def _matters(self, entry: Entry) -> bool:
        one = entry.transfer
        return one.identity in self.world.seeds or self._known((one.chain, one.sender, one.asset), one)

    def _known(self, account: Account, one: Transfer) -> bool:
        follow = self.world.follow.get(account)
        return follow is not None and one.position.height >= follow.low


@dataclass
class Count:
    """The count of one world under one method."""

    world: World
    method: str
    highest_first: bool = False
    rows: list[Row] = field(default_factory=list)
    purses: dict[Account, Purse] = field(default_factory=dict)
    resting: dict[Account, list[Unit]] = field(default_factory=dict)
    short: Counter[Account] = field(default_factory=Counter)
    traced: Counter[int] = field(default_factory=Counter)
    reached: list[Account] = field(default_factory=list)
    """Accounts that stolen units came to."""
    pots: dict[int, list[tuple[Row, list[Unit]]]] = field(default_factory=dict)
    poured: dict[int, list[Unit]] = field(default_factory=dict)
    converted: Counter[tuple[int, int, int]] = field(default_factory=Counter)
    """Units by conversion, and by the row they were born in and their theft."""
    made: set[tuple[int, int]] = field(default_factory=set)
    """Rows in which units of a theft left a conversion."""

    def run(self) -> Count:
        """Go through the world."""
        self.rows = self.rows or rows_of(self.world)
        paid: set[int] = set()
        for place, row in enumerate(self.rows):
            if place not in paid:
                together = [place, *self._with(place)] if self.highest_first and row.pays else [place]
                self._pay(together)
                paid.update(together)
        return self

    def _with(self, place: int) -> list[int]:
        """The further payments of one batch: same payer, same transaction, with no other row of the asset between."""
        batch = []
        first = self.rows[place]
        for later in range(place + 1, len(self.rows)):
            row = self.rows[later]
            if (row.transfer.chain, row.transfer.tx) != (first.transfer.chain, first.transfer.tx):
                break
            if row.transfer.asset == first.transfer.asset:
                if row.payer != first.payer or not row.pays:
                    break
                batch.append(later)
        return batch

    def _pay(self, places: list[int]) -> None:
        first = self.rows[places[0]]
        theft = self.world.seeds.get(first.transfer.identity)
        amounts = {place: self.rows[place].transfer.amount for place in places}
        total = sum(amounts.values())
        if first.pays:
            units, missing = self._purse(first.payer).take(self.method, total)
            self.short[first.payer] += missing
        elif first.out and first.pot is not None:
            units = self._out_of(places[0], first.pot)
        else:
            units = [CLEAN if theft is None else Unit(theft)] * total
        if len(places) > 1:
            units = [unit for unit in units if unit is not CLEAN] + [unit for unit in units if unit is CLEAN]
        parts = {}
        for place in sorted(places, key=lambda place: (-amounts[place], place)):
            parts[place], units = units[: amounts[place]], units[amounts[place] :]
        for place in places:
            self._arrive(place, parts[place])

    def _arrive(self, place: int, units: list[Unit]) -> None:
        row = self.rows[place]
        moved = [unit if unit is CLEAN else unit._replace(way=(*unit.way, place)) for unit in units]
        stolen = [unit for unit in moved if unit is not CLEAN]
        if stolen:
            self.traced[place] = len(stolen)
            self.reached.append(row.payee)
        if row.pot is not None and not row.out:
            self.pots.setdefault(row.pot, []).append((row, moved))
        elif row.kept:
            self._purse(row.payee).put(moved)
        elif stolen:
            self.resting.setdefault(row.payee, []).extend(stolen)

    def _out_of(self, place: int, pot: int) -> list[Unit]:
        """What comes out of a conversion in one row; with the first of its rows, all of them are decided."""
        if place not in self.poured:
            paid = self.pots.pop(pot)
            worthless = not any(row.value for row, _ in paid)
            fine = lcm(*(row.transfer.amount for row, _ in paid))
            line = [
                (unit, (1 if worthless else row.value) * fine // row.transfer.amount)
                for row, units in paid
                for unit in units
            ]
            outs = [place for place, row in enumerate(self.rows) if row.pot == pot and row.out]
            heirs = {out: _heirs(self.rows[out].transfer.amount, line) for out in outs}
            served = {line[heir][0].theft for places in heirs.values() for heir in places}
            for row, units in paid:
                self._leave(row, units, pot, served)
            for out, places in heirs.items():
                self.poured[out] = [self._heir(line[heir][0], out) for heir in places]
                self.made |= {(out, unit.theft) for unit in self.poured[out] if unit.theft is not None}
        return self.poured.pop(place)

    def _leave(self, row: Row, units: list[Unit], pot: int, served: set[int | None]) -> None:
        for unit in units:
            if unit.theft is not None and unit.theft in served:
                self.converted[pot, unit.born, unit.theft] += 1
            elif unit.theft is not None:
                self.resting.setdefault(row.payee, []).append(unit)

    def _heir(self, unit: Unit, out: int) -> Unit:
        return CLEAN if unit.theft is None else unit._replace(born=out)

    def _purse(self, account: Account) -> Purse:
        return self.purses.setdefault(account, Purse(self.world.follow[account].opening))

    def _places(self) -> list[tuple[Account, list[Unit]]]:
        """The stolen units of every account, in parts."""
        waiting = [(row.payee, units) for paid in self.pots.values() for row, units in paid]
        shown = [(account, purse.shown(self.method)) for account, purse in self.purses.items()]
        return [
            (account, [unit for unit in units if unit.theft is not None])
            for account, units in [*shown, *self.resting.items(), *waiting]
        ]

    def stolen_units(self) -> Counter[tuple[Account, int, Way]]:
        """How many stolen units are where, by their theft and the way they came."""
        found: Counter[tuple[Account, int, Way]] = Counter()
        for account, units in self._places():
            found.update((account, unit.theft, unit.way) for unit in units if unit.theft is not None)
        return found

    def principal(self) -> dict[tuple[Account, int, int], int]:
        """The principal of every account, by theft and the row in which its units left a conversion (or -1)."""
        uses: dict[tuple[int, int], Counter[tuple[int, int]]] = {}
        for account, units in self._places():
            for unit in units:
                if unit.theft is not None:
                    uses.setdefault((unit.born, unit.theft), Counter())[0, self.reached.index(account)] += 1
        for (pot, born, theft), count in self.converted.items():
            uses.setdefault((born, theft), Counter())[-1, -pot] += count
        came: Counter[tuple[int, int]] = Counter()
        found: dict[tuple[Account, int, int], int] = {}
        for born, theft in sorted(uses):
            mine = uses[born, theft]
            whole = mine.total() if born < 0 else self._principal_out(born, theft, came)
            places = sorted(mine)
            for place, part in zip(places, _shares(whole, [mine[place] for place in places]), strict=True):
                if place[0] < 0:
                    came[-place[1], theft] += part
                else:
                    found[self.reached[place[1]], theft, born] = part
        return found

    def _principal_out(self, born: int, theft: int, came: Counter[tuple[int, int]]) -> int:
        """The part that one output has of the principal of one theft that went into its conversion."""
        pot = self.rows[born].pot
        outs = [place for place, row in enumerate(self.rows) if row.pot == pot and (place, theft) in self.made]
        shares = _shares(came[pot or 0, theft], [self.rows[place].value for place in outs])
        return shares[outs.index(born)]

    def balances(self) -> dict[Account, int]:
        """What every account that was paid or paid holds, stolen or not."""
        return {account: len(purse.units) for account, purse in self.purses.items()}
