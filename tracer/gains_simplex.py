"""The simplex method in fixed point, for linear programs whose columns are made when they are asked for.

Maximise the cost of a non-negative mixture of columns that meets all rows. It starts from a basis in whose own
coordinates the rows are given, so that the basis is the unit matrix. Every number is a whole one, in parts of two to
the power of ``bits``: rounded, but the same on every machine, as floating point and the libraries for it are not. What
is rounded here costs nothing in rigour, because the caller proves its answer anew from the prices, whatever they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple


class Column(NamedTuple):
    """What one unit of it is worth, and what it adds to the rows that it is in; both in fixed point."""

    cost: int
    rows: Mapping[int, int]


@dataclass(slots=True)
class Simplex:
    """A basis: ``units`` of each basic column, their ``costs``, and the ``prices`` of the rows, all in fixed point.

    Less than ``nil`` is nothing.
    """

    units: list[int]
    costs: list[int]
    bits: int
    nil: int
    inverse: list[list[int]] = field(init=False)
    prices: list[int] = field(init=False)

    def __post_init__(self) -> None:
        size = len(self.units)
        self.inverse = [[int(row == place) << self.bits for place in range(size)] for row in range(size)]
        self.prices = list(self.costs)

    def worth(self) -> int:
        """What the mixture is worth."""
        return sum(cost * units for cost, units in zip(self.costs, self.units, strict=True)) >> self.bits

    def gain(self, column: Column) -> int:
        """What a unit of a column would add."""
        return column.cost - (sum([self.prices[row] * by for row, by in column.rows.items()]) >> self.bits)

    def best(self, columns: Iterable[Column]) -> Column | None:
        """The column that would add most, the first of equals; None where none adds anything."""
        found, most = None, self.nil
        for column in columns:
            if (gain := self.gain(column)) > most:
                found, most = column, gain
        return found

    def enter(self, column: Column) -> bool:
        """Take a column into the basis for the one that it uses up first; False where none is."""
        bits, rows = self.bits, column.rows.items()
        parts = [sum([row[place] * by for place, by in rows]) >> bits for row in self.inverse]
        out = self._first(parts)
        if out is None:
            return False
        pivot = parts[out]
        there = [(one << bits) // pivot for one in self.inverse[out]]
        units = (self.units[out] << bits) // pivot
        for row, part in enumerate(parts):
            if part and row != out:
                self.inverse[row] = _less(self.inverse[row], part, there, bits)
                self.units[row] = max(0, self.units[row] - (part * units >> bits))
        self.prices = _less(self.prices, -self.gain(column), there, bits)
        self.inverse[out], self.units[out], self.costs[out] = there, units, column.cost
        return True

    def _first(self, parts: Sequence[int]) -> int | None:
        """The basic column that is used up first; between equal ones by the order of the inverse."""
        found: int | None = None
        for row, part in enumerate(parts):
            if part > self.nil and (found is None or self._before(row, found, parts)):
                found = row
        return found

    def _before(self, one: int, other: int, parts: Sequence[int]) -> bool:
        nil = self.nil << self.bits
        apart = self.units[one] * parts[other] - self.units[other] * parts[one]
        if abs(apart) > nil:
            return apart < 0
        for left, right in zip(self.inverse[one], self.inverse[other], strict=True):
            apart = left * parts[other] - right * parts[one]
            if abs(apart) > nil:
                return apart < 0
        return False


def _less(row: Sequence[int], part: int, there: Sequence[int], bits: int) -> list[int]:
    """``row`` less ``part`` times another."""
    return [one - (part * other >> bits) for one, other in zip(row, there, strict=True)]
