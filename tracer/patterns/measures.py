"""Small exact measures that several detectors share: busiest stretches of time, evenness, rows of addresses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from math import isqrt
from typing import Final, NamedTuple

EVEN_SQUARED: Final = Fraction(1, 100)
"""The square of the largest coefficient of variation (0.10) that counts as even."""
EVEN_PER_MILLE: Final = 100


class Event(NamedTuple):
    """A payment as a stretch of time sees it."""

    time: int
    party: int
    units: int


class Stretch(NamedTuple):
    """Events ``first`` to ``last`` (both in it), how many parties they are with, and their units."""

    first: int
    last: int
    parties: int
    units: int


def stretches(events: Sequence[Event], seconds: int) -> Iterator[Stretch]:
    """For every event, the longest stretch of at most so many seconds that ends with it; events in order of time."""
    inside: Counter[int] = Counter()
    first = units = 0
    for last, event in enumerate(events):
        inside[event.party] += 1
        units += event.units
        while events[first].time < event.time - seconds:
            gone = events[first]
            first += 1
            units -= gone.units
            inside[gone.party] -= 1
            if not inside[gone.party]:
                del inside[gone.party]
        yield Stretch(first, last, len(inside), units)


def variation_squared(count: int, total: int, squares: int) -> Fraction:
    """The square of the coefficient of variation, from how many values there are, their sum and sum of squares."""
    return Fraction(count * squares - total * total, total * total)


def even_per_mille(values: Sequence[int]) -> int | None:
    """The coefficient of variation in thousandths, rounded down, where it is at most 0.10; None where it is more."""
    squared = variation_squared(len(values), sum(values), sum(value * value for value in values))
    return per_mille(squared) if squared <= EVEN_SQUARED else None


def per_mille(squared: Fraction) -> int:
    """The root of a fraction in thousandths, rounded down."""
    return isqrt(squared.numerator * 10**6 // squared.denominator)


def successions(to: Mapping[int, int], back: Mapping[int, int], least: int) -> list[list[int]]:
    """Rows of at least so many of the keys of ``to``, in which each one's main recipient has it for main payer.

    Every account is in one row at most. A ring is cut open before the account that comes first.
    """
    after = {one: then for one, then in to.items() if then in to and then != one and back.get(then) == one}
    heads = sorted(to.keys() - after.values())
    seen: set[int] = set()
    rows: list[list[int]] = []
    for head in [*heads, *sorted(to)]:
        row: list[int] = []
        one: int | None = head
        while one is not None and one not in seen:
            seen.add(one)
            row.append(one)
            one = after.get(one)
        if len(row) >= least:
            rows.append(row)
    return rows
