"""Payments that look made by a program: the same amount again and again, or at even intervals.

Of one account's payments that carried traced value: five or more of exactly the same amount; or five or more
transactions in a row whose intervals have a coefficient of variation of at most 0.10. Payments within one block have no
interval and are no such row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from tracer.patterns.lead import AT_LEAST, AT_MOST, Detector, Lead, Param, Unexamined, doubled
from tracer.patterns.measures import EVEN_PER_MILLE, EVEN_SQUARED, per_mille, variation_squared
from tracer.patterns.traffic import Traffic
from tracer.words import sentence

TIMES: Final = 5
BASE: Final = 40


class Pace(NamedTuple):
    """A row of payments at even intervals: places of the first and last, mean interval, its variation."""

    first: int
    last: int
    seconds: int
    variation: int


def same_amount(traffic: Traffic) -> Iterator[Lead | Unexamined]:
    """One lead for every amount that an account paid five times or more."""
    if not any(map(traffic.is_followed, traffic.came)):
        yield Unexamined("same_amount", sentence("rule.unread.payments"))
    for account, went in traffic.went.items():
        by_amount: dict[int, list[int]] = {}
        for flow in went:
            by_amount.setdefault(traffic.transfer(flow).amount, []).append(flow)
        for flows in by_amount.values():
            times = Param("payments", len(flows), AT_LEAST, TIMES)
            if len(flows) >= TIMES:
                said = sentence("rule.lead.same_amount", n=len(flows))
                yield _lead(traffic, "same_amount", account, flows, (times,), said)


def even_pace(traffic: Traffic) -> Iterator[Lead | Unexamined]:
    """The longest row of evenly spaced payments of every account."""
    if not any(map(traffic.is_followed, traffic.came)):
        yield Unexamined("even_pace", sentence("rule.unread.payments"))
    for account, went in traffic.went.items():
        flows = list({traffic.transfer(flow).tx: flow for flow in reversed(went)}.values())[::-1]
        pace = _longest([traffic.transfer(flow).time for flow in flows])
        if pace is None:
            continue
        row = flows[pace.first : pace.last + 1]
        params = (
            Param("payments", len(row), AT_LEAST, TIMES),
            Param("variation_per_mille", pace.variation, AT_MOST, EVEN_PER_MILLE),
            Param("interval_seconds", pace.seconds),
        )
        said = sentence("rule.lead.even_pace", n=len(row), seconds=pace.seconds)
        yield _lead(traffic, "even_pace", account, row, params, said)


def _lead(
    traffic: Traffic, pattern: str, account: int, flows: Sequence[int], params: tuple[Param, ...], said: str
) -> Lead:
    members = traffic.members([account], flows)
    return Lead(pattern, members, params, BASE, doubled(params[0]), traffic.caveats([account]), said)


def _longest(times: Sequence[int]) -> Pace | None:
    """The longest row of moments at even intervals; grown at its end, and cut at its start while it is uneven."""
    best: Pace | None = None
    first = total = squares = 0
    for last in range(1, len(times)):
        gap = times[last] - times[last - 1]
        total, squares = total + gap, squares + gap * gap
        while first < last and not _even(last - first, total, squares):
            gap = times[first + 1] - times[first]
            first, total, squares = first + 1, total - gap, squares - gap * gap
        gaps = last - first
        if gaps + 1 >= TIMES and (best is None or gaps > best.last - best.first):
            best = Pace(first, last, total // gaps, per_mille(variation_squared(gaps, total, squares)))
    return best


def _even(count: int, total: int, squares: int) -> bool:
    return total > 0 and variation_squared(count, total, squares) <= EVEN_SQUARED


DETECTORS: Final = (Detector("same_amount", same_amount), Detector("even_pace", even_pace))
