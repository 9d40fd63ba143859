"""What units at an end can stand for: the most and the least of the principal stolen in one asset, per unit. Pure.

What was stolen stands for itself. Through a conversion the principal goes to the rows out by what they are worth, so a
unit out stands for its row's part of what a unit in stood for, over the gain. Units that come to a node by different
ways can stand for different amounts; from the thefts on, the extremes over all ways are carried from node to node.

The principal at some ends is at most what the units there are worth by the higher figures, and at least by the lower
ones; and it is what was stolen less the principal at all other ends. The narrower counts. Methods divide in whole
units: of every row out, and of every theft, what one unit stands for can lie elsewhere than its share, and so can a
unit of principal wherever it was divided. Both are allowed for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from fractions import Fraction
from math import ceil, floor
from typing import NamedTuple

from tracer.gains import DIGITS, Extreme, Tied, Well, above, below
from tracer.timeline import SOURCE, Key, Node


class Range(NamedTuple):
    """What a unit stands for: the least and the most."""

    low: Fraction
    high: Fraction

    @property
    def even(self) -> bool:
        """Is it one figure, but for what rounding made of it?"""
        return (self.high - self.low) * (1 << DIGITS // 2) <= self.high


class Principal(NamedTuple):
    """The least and the most, and how far either can be from what some flow gives."""

    least: int
    most: int
    slack: int


class Stands:
    """What the units at every node can stand for, of what was stolen in one asset; all of that are ``whole`` units."""

    def __init__(self, tied: Tied, stolen: Key) -> None:
        self.tied = tied
        self.whole = tied.plans[stolen].stolen
        self.ranges: dict[Node, Range] = {}
        self.ends = {(key, node) for key, plan in tied.plans.items() for node in plan.sinks.values()}
        # What went in for no part of what came out stands for something that no unit carries.
        self.certain = all(weight for well in tied.wells for _, weight in well.weights)
        wells = {(well.key, well.node): well for well in tied.wells}
        for key in tied.plans:
            for head in tied.heads.get((key, SOURCE), ()):
                if head not in wells:
                    self._join(head, Range(Fraction(key == stolen), Fraction(key == stolen)))
        for node in tied.order:
            if node in wells:
                self._out(wells[node])
            for head in tied.heads.get(node, ()):
                self._join(head, self.ranges.get(node))

    def bound(self, group: Collection[Node]) -> Principal:
        """The principal at some ends together."""
        if not self.certain:
            return Principal(0, self.whole, self.whole)
        here, others = set(group), self.ends - set(group)
        most, most_found = self._most(here)
        least, least_found = self._least(here)
        if most > 0:
            more, found = self._least(others)
            most, most_found = min(most, self.whole - more), max(most_found, self.whole - found)
            less, found = self._most(others)
            least, least_found = max(least, self.whole - less), min(least_found, self.whole - found)
        uneven = self._uneven(here, others)
        top, bottom = min(self.whole, floor(most + uneven)), max(0, ceil(least - uneven))
        slack = max(top - floor(most_found), ceil(least_found) - bottom)
        return Principal(bottom, top, min(max(0, slack), top - bottom))

    def _most(self, ends: Iterable[Node]) -> tuple[Fraction, Fraction]:
        """More cannot stand behind what is at some ends; and so much does in some flow."""
        ranges = {node: self.ranges[node] for node in ends if node in self.ranges}
        high = self._asked({node: one.high for node, one in ranges.items()})
        even = all(one.even for one in ranges.values())
        low = high if even else self._asked({node: one.low for node, one in ranges.items()})
        return high.proved, low.found - low.coarse

    def _least(self, ends: Iterable[Node]) -> tuple[Fraction, Fraction]:
        """Less cannot stand behind what is at some ends; and no more does in some flow."""
        ranges = {node: self.ranges[node] for node in ends if node in self.ranges}
        low = self._asked({node: -one.low for node, one in ranges.items()})
        even = all(one.even for one in ranges.values())
        high = low if even else self._asked({node: -one.high for node, one in ranges.items()})
        return -low.proved, high.coarse - high.found

    def _asked(self, worths: Mapping[Node, Fraction]) -> Extreme:
        return self.tied.most({node: worth for node, worth in worths.items() if worth})

    def _uneven(self, here: Collection[Node], others: Collection[Node]) -> Fraction:
        """The principal that can lie elsewhere than its share, because units are whole."""
        found = Fraction(0)
        for well in self.tied.wells:
            if (well.key, well.node) in self.ranges:
                found += self.tied.thefts * self.ranges[well.key, well.node].high
        for key, plan in self.tied.plans.items():
            places = min(sum(node[0] == key for node in ends) for ends in (here, others)) + len(plan.drains)
            found += self.tied.thefts * (len(plan.wells) + bool(plan.stolen)) * places
        return found

    def _out(self, well: Well) -> None:
        """What a unit out of a conversion stands for."""
        for drain, weight in well.weights:
            if weight and drain in self.ranges:
                rate = well.part * Fraction(1, weight * well.amount) * well.whole
                low, high = self.ranges[drain]
                self._join((well.key, well.node), Range(below(low * rate), above(high * rate)))

    def _join(self, node: Node, found: Range | None) -> None:
        """Units that come to a node by one more way."""
        if found is not None:
            known = self.ranges.get(node, found)
            self.ranges[node] = Range(min(known.low, found.low), max(known.high, found.high))
