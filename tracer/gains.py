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
from math import gcd, lcm
from typing import Final, NamedTuple

from tracer.gains_simplex import Column, Simplex
from tracer.gains_ways import Ways
from tracer.ledger import Ledger
from tracer.timeline import Key, Plan

EFFORT: Final = 400_000
"""What one question may cost: steps of the simplex method, times the square of the number of its rows."""

FINE: Final = 8
"""Bits to which the cost of breaking an equation is told at least."""

Node = tuple[Key, int]
Worths = Mapping[Node, Fraction]
"""What a unit is worth at ends of the networks; nil where nothing is said."""


class Well(NamedTuple):
    """A row out of a conversion: ``weights`` of a unit in each drain, of ``whole`` for everything that went in."""

    key: Key
    row: int
    node: int
    spare: int
    amount: int
    whole: int
    weights: tuple[tuple[Node, int], ...]

    def gain(self, weight: int) -> Fraction:
        """Units out for each unit into a drain of that weight."""
        return Fraction(weight * self.amount, self.whole)


class Extreme(NamedTuple):
    """``proved``: it cannot be more. ``found``: some flow has so much. ``coarse``: what whole units can change."""

    proved: Fraction
    found: Fraction
    coarse: Fraction


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
        self.fed: dict[Node, list[tuple[Well, int]]] = {}
        for well in self.wells:
            for drain, weight in well.weights:
                self.fed.setdefault(drain, []).append((well, weight))

    def most(self, worths: Worths) -> Extreme:
        """The most that all stolen units can be worth; of ``worths`` none may be negative, or none positive."""
        brings = self._brings(worths)
        wells = [well for well in self.wells if brings.get((well.key, well.node))]
        program = Program(self, worths, wells, [brings[well.key, well.node] for well in wells])
        program.run()
        rounded = sum((self.thefts * abs(price) for price in program.best_prices), Fraction(0))
        coarse = sum((self.thefts * brings[well.key, well.node] for well in wells), Fraction(1))
        coarse += sum(brings.get(drain, 0) for drain in self.fed)
        return Extreme(program.proved + rounded, program.found, coarse)

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
            brings[drain] = sum((gain * worth for gain, worth in parts if worth), Fraction(0))
        return brings[drain]


@dataclass(slots=True)
class Program:
    """One question. ``limits`` has what a unit out of each well can bring at the most.

    Rows of the linear program: an equation for each well, times ``units``, then one for each network, whose parts of
    the mixture add up to one.
    """

    tied: Tied
    worths: Worths
    wells: Sequence[Well]
    limits: Sequence[Fraction]
    units: list[int] = field(default_factory=list)
    scale: int = 1
    ties: dict[Key, dict[int, dict[int, int]]] = field(default_factory=dict)
    """By network and end: what a unit there adds to each equation."""
    costs: dict[Key, dict[int, int]] = field(default_factory=dict)
    sides: list[int] = field(default_factory=list)
    signs: list[int] = field(default_factory=list)
    first: dict[Key, dict[int, int]] = field(default_factory=dict)
    proved: Fraction = Fraction(0)
    found: Fraction = Fraction(0)
    best_prices: list[Fraction] = field(default_factory=list)

    def run(self) -> None:
        """Find the answer."""
        self._equations()
        simplex, columns = self._start()
        size = len(simplex.units)
        most = None
        for _ in range(EFFORT // size**2 + 1):
            column = simplex.best(columns)
            if column is None:
                proved, fresh = self._priced(simplex)
                if most is None or proved < most:
                    most, self.best_prices = proved, self._prices(simplex)
                column = simplex.best(fresh)
                columns.extend(fresh)
            if column is None:
                break
            simplex.enter(column)
        else:
            proved, _ = self._priced(simplex)
            if most is None or proved < most:
                most, self.best_prices = proved, self._prices(simplex)
        self.proved = Fraction(0) if most is None else most
        self.found = Fraction(simplex.worth(), simplex.whole * self.scale)

    def _equations(self) -> None:
        """Everything in whole numbers: the equations times ``units``, what things are worth times ``scale``."""
        for number, well in enumerate(self.wells):
            common = gcd(well.amount, well.whole)
            unit, amount = well.whole // common, well.amount // common
            self.units.append(unit)
            self.sides.append(well.amount * unit)
            self._tie((well.key, well.spare), number, unit)
            for drain, weight in well.weights:
                self._tie(drain, number, amount * weight)
        self.scale = lcm(*(worth.denominator for worth in self.worths.values()))
        for unit, limit in zip(self.units, self.limits, strict=True):
            short = (unit * limit.denominator << FINE).bit_length() - (limit.numerator * self.scale).bit_length()
            self.scale <<= max(0, short)
        for (key, node), worth in self.worths.items():
            self.costs.setdefault(key, {})[node] = int(worth * self.scale)
            self.ties.setdefault(key, {})

    def _tie(self, end: Node, number: int, by: int) -> None:
        if by:
            self.ties.setdefault(end[0], {}).setdefault(end[1], {})[number] = by

    def _start(self) -> tuple[Simplex, list[Column]]:
        """The first flow of every network, each equation broken by what it lacks; and the columns that break them."""
        ways = self.tied.ways
        lacks = list(self.sides)
        for key in self.ties:
            ways[key].reset()
            self.first[key] = dict(ways[key].arrived)
            for number, by in self._adds(key, self.first[key]).items():
                lacks[number] -= by
        self.signs = [-1 if lack < 0 else 1 for lack in lacks]
        negative = any(worth < 0 for worth in self.worths.values())
        basis, columns = [], []
        for number, sign in enumerate(self.signs):
            limit = -(
                -self.limits[number].numerator * self.scale // (self.limits[number].denominator * self.units[number])
            )
            # Of what came out, more may be called stolen than is, or less, whichever cannot help.
            more, less = (-limit, 0) if not negative else (0, -limit)
            columns += [Column(more, {number: sign}), Column(less, {number: -sign})]
            basis.append(more if sign > 0 else less)
        basis += [self._cost(key, self.first[key]) for key in self.ties]
        columns += [Column(cost, {len(lacks) + place: 1}) for place, cost in enumerate(basis[len(lacks) :])]
        return Simplex([abs(lack) for lack in lacks] + [1] * len(self.ties), basis), columns

    def _adds(self, key: Key, arrived: Mapping[int, int]) -> dict[int, int]:
        """What a flow of one network adds to the equations."""
        found: dict[int, int] = {}
        for node, by in self.ties[key].items():
            for number, part in by.items() if arrived[node] else ():
                found[number] = found.get(number, 0) + part * arrived[node]
        return found

    def _cost(self, key: Key, arrived: Mapping[int, int]) -> int:
        return sum(cost * arrived[node] for node, cost in self.costs.get(key, {}).items())

    def _priced(self, simplex: Simplex) -> tuple[Fraction, list[Column]]:
        """What is proved by the present prices, and the flows that are best at them."""
        size, whole = len(self.wells), simplex.whole
        prices = [sign * price for sign, price in zip(self.signs, simplex.prices, strict=False)]
        proved = sum(price * side for price, side in zip(prices, self.sides, strict=True))
        fresh = []
        for place, key in enumerate(self.ties):
            values = {node: cost * whole for node, cost in self.costs.get(key, {}).items()}
            for node, by in self.ties[key].items():
                values[node] = values.get(node, 0) - sum(prices[number] * part for number, part in by.items())
            arrived = self.tied.ways[key].best(values)
            proved += sum(value * arrived[node] for node, value in values.items())
            first = self._adds(key, self.first[key])
            adds = self._adds(key, arrived)
            rows = {
                number: self.signs[number] * by
                for number in first.keys() | adds.keys()
                if (by := adds.get(number, 0) - first.get(number, 0))
            }
            fresh.append(Column(self._cost(key, arrived), rows | {size + place: 1}))
        return Fraction(proved, whole * self.scale), fresh

    def _prices(self, simplex: Simplex) -> list[Fraction]:
        """What a unit out of each well is worth, with its sign."""
        return [
            Fraction(price * unit, simplex.whole * self.scale)
            for price, unit in zip(simplex.prices, self.units, strict=False)
        ]


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
            yield Well(key, row, node, plan.spares[row], ledger.amount[row], whole, tuple(drains.get(number, ())))
