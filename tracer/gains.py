"""Networks tied by conversions: the most that the stolen units at any ends can be worth together, under any rule.

What is stolen of a row out of a conversion is in proportion to what is stolen of its rows in. So every unit into a
conversion makes a fixed fraction of a unit of every row out: its *gain*. The rules on a ledger are then the flows
through the plain networks of tracer/timeline.py that meet one equation for each well:

    amount of the row − what is spare of it = sum over the rows in of gain · units in the drain

which is a linear program. It is solved in whole numbers by Dantzig's and Wolfe's method: a mixture of flows of each
network is sought that meets the equations (tracer/gains_simplex.py), and whatever *prices* a unit out of each
conversion has, the best flow of each network at those prices is a few maximum flows (tracer/gains_ways.py). At any
prices at all, what these flows are worth is proved to be no less than what can be had; at the last prices it is just
that. So the answer does not depend on how it was found: it is exact, and the same on every machine. Where that would
take too many steps, it is the best that was proved until then, beside the best mixture that was found.

Methods convert whole units: of each theft they may give up to a unit more or less of a row out than its share. The
proof allows for that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, gcd, lcm
from typing import Final, NamedTuple

from tracer.gains_simplex import Column, Simplex
from tracer.gains_ways import Ways
from tracer.ledger import Ledger
from tracer.timeline import Key, Node, Plan

EFFORT: Final = 4_000_000
"""What one question may cost: steps of the simplex method, times the square of the number of its rows."""

SPARE: Final = 128
"""Bits of the fixed point beyond what the numbers of a question have, twice."""

DIGITS: Final = 288
"""Binary digits that are kept of a product of rates."""

Worths = Mapping[Node, Fraction]
"""What a unit is worth at ends of the networks; nil where nothing is said."""


class Well(NamedTuple):
    """A row out of a conversion: ``weights`` of a unit in each drain, of ``whole`` for everything that went in.

    ``part`` of what the conversion gave, by value, is this row.
    """

    key: Key
    row: int
    node: int
    spare: int
    amount: int
    whole: int
    weights: tuple[tuple[Node, int], ...]
    part: Fraction

    def gain(self, weight: int) -> Fraction:
        """Units out for each unit into a drain of that weight."""
        return Fraction(weight * self.amount, self.whole)


class Extreme(NamedTuple):
    """``proved``: it cannot be more. ``found``: some flow has so much. ``coarse``: what whole units can change."""

    proved: Fraction
    found: Fraction
    coarse: Fraction


def above(number: Fraction) -> Fraction:
    """The number, or a little more, in few digits: products of many rates have ever more of them."""
    places = DIGITS - number.numerator.bit_length() + number.denominator.bit_length()
    whole = 1 << max(0, places)
    return Fraction(ceil(number * whole), whole)


def below(number: Fraction) -> Fraction:
    """The number, or a little less, in few digits."""
    return -above(-number)


class Tied:
    """The plans of assets that conversions tie together; ``order`` has their nodes so that everything leads onward."""

    def __init__(self, ledger: Ledger, plans: Mapping[Key, Plan], order: Sequence[Node]) -> None:
        self.plans = plans
        self.order = order
        self.ways = {key: Ways(plan) for key, plan in plans.items()}
        self.wells = tuple(_wells(ledger, plans))
        self.thefts = ledger.thefts
        self.heads: dict[Node, list[Node]] = {}
        for key, plan in plans.items():
            for tail, head in plan.arcs:
                self.heads.setdefault((key, tail), []).append((key, head))
        self.room = {
            ((key, tail), (key, head)): room for key, one in plans.items() for (tail, head), room in one.arcs.items()
        }
        self.fed: dict[Node, list[tuple[Well, int]]] = {}
        for well in self.wells:
            for drain, weight in well.weights:
                self.fed.setdefault(drain, []).append((well, weight))
        self.entries = {tail: head for tail, head in self.room if head in self.fed}

    def most(self, worths: Worths) -> Extreme:
        """The most that all stolen units can be worth; of ``worths`` none may be negative, or none positive."""
        if not any(worths.values()):
            return Extreme(Fraction(0), Fraction(0), Fraction(0))
        brings = self._brings(worths)
        wells = [well for well in self.wells if brings.get((well.key, well.node))]
        program = Program(self, worths, wells, [brings[well.key, well.node] for well in wells])
        program.run()
        coarse = max(Fraction(1), *map(abs, worths.values()))
        coarse += sum(self.thefts * brings[well.key, well.node] for well in wells)
        for before, drain in self.entries.items():
            coarse += brings.get(drain, 0)
            # Whole payments rest because they are worth too little, or none of them.
            for head in self.heads[before]:
                if head != drain:
                    coarse += self.room[before, head] * max(
                        brings.get(head, Fraction(0)), brings.get(drain, Fraction(0))
                    )
        if program.proved is None:
            raise AssertionError("a question without an answer; this is an error of the tool")
        return Extreme(program.proved, program.found, coarse)

    def _brings(self, worths: Worths) -> dict[Node, Fraction]:
        """The most that a unit can bring from a node on, whatever the sign of that."""
        brings = {node: abs(worth) for node, worth in worths.items() if worth}
        for node in reversed(self.order):
            for head in self.heads.get(node, ()):
                found = self._drained(head, brings) if head in self.fed else brings.get(head)
                if found and found > brings.get(node, 0):
                    brings[node] = found
        return brings

    def _drained(self, drain: Node, brings: dict[Node, Fraction]) -> Fraction:
        if drain not in brings:
            parts = ((well.gain(weight), brings.get((well.key, well.node))) for well, weight in self.fed[drain])
            brings[drain] = above(sum((gain * worth for gain, worth in parts if worth), Fraction(0)))
        return brings[drain]


@dataclass(slots=True)
class Program:
    """One question. ``limits`` has what a unit out of each well can bring at the most.

    Rows of the linear program: an equation for each well, then one for each network, whose parts of the mixture add up
    to one. Within the simplex method an equation is told in parts of its right side, and worth in parts of ``top``.
    """

    tied: Tied
    worths: Worths
    wells: Sequence[Well]
    limits: Sequence[Fraction]
    units: list[int] = field(default_factory=list)
    """What each equation is multiplied by, to be one of whole numbers."""
    sides: list[int] = field(default_factory=list)
    ties: dict[Key, dict[int, dict[int, int]]] = field(default_factory=dict)
    """By network and end: what a unit there adds to each equation."""
    costs: dict[Key, dict[int, int]] = field(default_factory=dict)
    scale: int = 1
    """What worths are multiplied by, to be whole numbers."""
    top: int = 1
    bits: int = 0
    signs: list[int] = field(default_factory=list)
    first: dict[Key, dict[int, int]] = field(default_factory=dict)
    proved: Fraction | None = None
    found: Fraction = Fraction(0)

    def run(self) -> None:
        """Find the answer."""
        self._equations()
        simplex, columns = self._start()
        column: Column | None = None
        for _ in range(EFFORT // len(simplex.units) ** 2 + 1):
            column = simplex.best(columns)
            if column is None:
                fresh = self._priced(simplex)
                columns.extend(fresh)
                column = simplex.best(fresh)
            if column is None or not simplex.enter(column):
                break
        if column is not None:
            # Stopped before the end: the last prices prove something as well.
            self._priced(simplex)
        self.found = Fraction(simplex.worth() * self.top, self.scale << self.bits)

    def _equations(self) -> None:
        """Everything in whole numbers, and how fine the fixed point must be."""
        for number, well in enumerate(self.wells):
            common = gcd(well.amount, well.whole)
            unit, amount = well.whole // common, well.amount // common
            self.units.append(unit)
            self.sides.append(well.amount * unit)
            self._tie((well.key, well.spare), number, unit)
            for drain, weight in well.weights:
                self._tie(drain, number, amount * weight)
        self.scale = lcm(*(worth.denominator for worth in self.worths.values()))
        for (key, node), worth in self.worths.items():
            self.costs.setdefault(key, {})[node] = int(worth * self.scale)
            self.ties.setdefault(key, {})
        totals = [self.tied.ways[key].total for key in self.ties]
        for key, costs in self.costs.items():
            self.top += max(map(abs, costs.values())) * self.tied.ways[key].total
        self.bits = 2 * max((total.bit_length() for total in [*totals, self.top // self.scale]), default=0) + SPARE

    def _tie(self, end: Node, number: int, by: int) -> None:
        if by:
            self.ties.setdefault(end[0], {}).setdefault(end[1], {})[number] = by

    def _start(self) -> tuple[Simplex, list[Column]]:
        """The first flow of every network, each equation broken by what it lacks; and the columns that break them."""
        ways, size = self.tied.ways, len(self.wells)
        lacks = list(self.sides)
        for key in self.ties:
            ways[key].reset()
            self.first[key] = dict(ways[key].arrived)
            for number, by in self._adds(key, self.first[key]).items():
                lacks[number] -= by
        self.signs = [-1 if lack < 0 else 1 for lack in lacks]
        negative = any(worth < 0 for worth in self.worths.values())
        basis, columns = [], []
        for number, (sign, limit) in enumerate(zip(self.signs, self.limits, strict=True)):
            broken = -self._part(int(limit * self.scale * self.wells[number].amount) + 1, self.top) - 1
            # More of what came out may be called stolen than is, or less, whichever cannot help.
            less, more = (broken, 0) if not negative else (0, broken)
            one = 1 << self.bits
            columns += [Column(less, {number: sign * one}), Column(more, {number: -sign * one})]
            basis.append(less if sign > 0 else more)
        for place, key in enumerate(self.ties):
            basis.append(self._part(self._cost(key, self.first[key]), self.top))
            columns.append(Column(basis[-1], {size + place: 1 << self.bits}))
        units = [self._part(abs(lack), side) for lack, side in zip(lacks, self.sides, strict=True)]
        units += [1 << self.bits for _ in self.ties]
        return Simplex(units, basis, self.bits, 1 << self.bits // 2 - SPARE // 4), columns

    def _part(self, number: int, whole: int) -> int:
        return (number << self.bits) // whole

    def _adds(self, key: Key, arrived: Mapping[int, int]) -> dict[int, int]:
        """What a flow of one network adds to the equations."""
        found: dict[int, int] = {}
        for node, by in self.ties[key].items():
            for number, part in by.items() if arrived[node] else ():
                found[number] = found.get(number, 0) + part * arrived[node]
        return found

    def _cost(self, key: Key, arrived: Mapping[int, int]) -> int:
        return sum(cost * arrived[node] for node, cost in self.costs.get(key, {}).items())

    def _priced(self, simplex: Simplex) -> list[Column]:
        """The flows that are best at the present prices, which prove something, whatever they are."""
        size = len(self.wells)
        fine = self.bits + max((side.bit_length() for side in self.sides), default=0)
        # What a unit of each equation is worth, in whole numbers: in parts of two to the power of `fine`.
        prices = [
            sign * (price * self.top << fine - self.bits) // side
            for sign, price, side in zip(self.signs, simplex.prices, self.sides, strict=False)
        ]
        proved = sum(price * side for price, side in zip(prices, self.sides, strict=True))
        fresh = []
        for place, key in enumerate(self.ties):
            values = {node: cost << fine for node, cost in self.costs.get(key, {}).items()}
            for node, by in self.ties[key].items():
                values[node] = values.get(node, 0) - sum(prices[number] * part for number, part in by.items())
            arrived = self.tied.ways[key].best(values)
            proved += sum(value * arrived[node] for node, value in values.items())
            fresh.append(self._column(key, size + place, arrived))
        found = Fraction(proved, self.scale << fine)
        rounding = self.tied.thefts * sum(abs(price) * unit for price, unit in zip(prices, self.units, strict=True))
        whole = found + Fraction(rounding, self.scale << fine)
        if self.proved is None or whole < self.proved:
            self.proved = whole
        return fresh

    def _column(self, key: Key, row: int, arrived: Mapping[int, int]) -> Column:
        """A flow of one network, as what it adds to the equations more than the first one."""
        first, adds = self._adds(key, self.first[key]), self._adds(key, arrived)
        rows = {row: 1 << self.bits}
        for number in sorted(first.keys() | adds.keys()):
            if by := adds.get(number, 0) - first.get(number, 0):
                rows[number] = self.signs[number] * self._part(by, self.sides[number])
        return Column(self._part(self._cost(key, arrived), self.top), rows)


def _wells(ledger: Ledger, plans: Mapping[Key, Plan]) -> Iterator[Well]:
    drains: dict[int, list[tuple[Node, int]]] = {}
    for key, plan in plans.items():
        for row, node in plan.drains.items():
            pot = ledger.pots[ledger.inward[row]]
            weight = pot.weights[pot.ins.index(row)]
            drains.setdefault(ledger.inward[row], []).append(((key, node), weight))
    for key, plan in plans.items():
        for row, node in plan.wells.items():
            number = ledger.outward[row]
            pot = ledger.pots[number]
            whole = sum(weight * ledger.amount[one] for one, weight in zip(pot.ins, pot.weights, strict=True))
            ways = tuple(drains.get(number, ()))
            yield Well(key, row, node, plan.spares[row], ledger.amount[row], whole, ways, _part(ledger, row))


def _part(ledger: Ledger, row: int) -> Fraction:
    """The part of a conversion's principal that goes to one row out; where no row is worth anything, equal ones."""
    pot = ledger.pots[ledger.outward[row]]
    values = {out: value for out, value in zip(pot.outs, pot.values, strict=True) if ledger.amount[out]}
    whole = sum(values.values())
    return Fraction(values[row], whole) if whole else Fraction(1, len(values))
