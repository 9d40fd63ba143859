"""The simplex method in whole numbers, for linear programs whose columns are made when they are asked for.

Maximise the cost of a non-negative mixture of columns that meets all rows. It starts from a basis in whose own
coordinates the rows are given, so that the basis is the unit matrix. The inverse is kept in whole numbers over one
denominator (Edmonds, Bareiss: every division is exact); ties are broken by the order of its rows, so that it ends.
Nothing is rounded: the same program has the same answer on every machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple


class Column(NamedTuple):
    """What one unit of it is worth, and what it adds to the rows that it is in."""

    cost: int
    rows: Mapping[int, int]


@dataclass(slots=True)
class Simplex:
    """A basis: ``prices`` of the rows, ``inverse`` and ``units`` of the basic columns are over ``whole``."""

    units: list[int]
    costs: list[int]
    whole: int = 1
    inverse: list[list[int]] = field(init=False)
    prices: list[int] = field(init=False)

    def __post_init__(self) -> None:
        size = len(self.units)
        self.inverse = [[int(row == place) for place in range(size)] for row in range(size)]
        self.prices = list(self.costs)

    def worth(self) -> int:
        """What the mixture is worth, over ``whole``."""
        return sum(cost * units for cost, units in zip(self.costs, self.units, strict=True))

    def gain(self, column: Column) -> int:
        """What a unit of a column would add, over ``whole``."""
        return column.cost * self.whole - sum(self.prices[row] * by for row, by in column.rows.items())

    def best(self, columns: Iterable[Column]) -> Column | None:
        """The column that would add most, the first of equals; None where none adds anything."""
        found, most = None, 0
        for column in columns:
            if (gain := self.gain(column)) > most:
                found, most = column, gain
        return found

    def enter(self, column: Column) -> None:
        """Take a column into the basis for the one that it uses up first."""
        parts = [sum(row[place] * by for place, by in column.rows.items()) for row in self.inverse]
        out = self._first(parts)
        if out is None:
            raise AssertionError("a linear program without a limit; this is an error of the tool")
        gain, pivot, whole = self.gain(column), parts[out], self.whole
        there = self.inverse[out]
        for row, part in enumerate(parts):
            if row != out:
                self.inverse[row] = _less(self.inverse[row], pivot, there, part, whole)
                self.units[row] = (pivot * self.units[row] - part * self.units[out]) // whole
        self.prices = _less(self.prices, pivot, there, -gain, whole)
        self.costs[out] = column.cost
        self.whole = pivot

    def _first(self, parts: Sequence[int]) -> int | None:
        """The basic column that is used up first; between equal ones by the order of the inverse."""
        found: int | None = None
        for row, part in enumerate(parts):
            if part > 0 and (found is None or self._before(row, found, parts)):
                found = row
        return found

    def _before(self, one: int, other: int, parts: Sequence[int]) -> bool:
        here, there = self.units[one] * parts[other], self.units[other] * parts[one]
        if here != there:
            return here < there
        for left, right in zip(self.inverse[one], self.inverse[other], strict=True):
            if left * parts[other] != right * parts[one]:
                return left * parts[other] < right * parts[one]
        return False


def _less(row: Sequence[int], pivot: int, there: Sequence[int], part: int, whole: int) -> list[int]:
    """``row`` less so much of the pivot's row that the entering column leaves it; the division is exact."""
    if not part:
        return [pivot * one // whole for one in row] if pivot != whole else list(row)
    return [(pivot * one - part * other) // whole for one, other in zip(row, there, strict=True)]
