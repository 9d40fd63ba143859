"""Value that lay still for months and then moved.

For 90 days or more nothing was paid by the address and nothing traced came in; then, within 24 hours of what ended the
silence, at least half of the traced value that lay there was paid on or converted. Clean payments into the address do
not count as activity, since anybody can make them. Known are the assets that were read.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import accumulate, pairwise
from typing import Final, NamedTuple

from tracer.ledger import BALANCE
from tracer.patterns.lead import AT_LEAST, Detector, Lead, Param, Unexamined, doubled
from tracer.patterns.traffic import DAY, HOUR, Place, Traffic
from tracer.words import sentence

DAYS: Final = 90
PERCENT: Final = 50
BASE: Final = 60


class Silence(NamedTuple):
    """How long nothing happened, and which flows then moved how many percent of what lay there."""

    seconds: int
    percent: int
    flows: tuple[int, ...]


class History(NamedTuple):
    """Moments and the traced units held after each; and the payments and conversions with their moments."""

    times: list[int]
    held: list[int]
    flows: list[int]
    went: list[int]


def dormant(traffic: Traffic) -> Iterator[Lead | Unexamined]:
    """The longest silence of every account that ended like that."""
    quiet = _quiet(traffic)
    if not quiet:
        yield Unexamined("dormant", sentence("rule.unread.silence", days=DAYS))
    for account in sorted({*traffic.went, *traffic.into}):
        stretches = quiet.get(traffic.place(account), ())
        history = _history(traffic, account) if stretches else History([], [], [], [])
        silences = [
            silence for last, woke in stretches if (silence := _ended(traffic, history, last, woke)) is not None
        ]
        if silences:
            yield _lead(traffic, account, max(silences, key=lambda one: one.seconds))


def _quiet(traffic: Traffic) -> dict[Place, list[tuple[int, int]]]:
    """The long stretches in which an address paid nothing and nothing traced came to it: its last act, and the next."""
    ledger = traffic.workings.ledger
    acts: dict[Place, list[int]] = {}
    for account, flows in traffic.came.items():
        acts.setdefault(traffic.place(account), []).extend(traffic.transfer(flow).time for flow in flows)
    for row, one in enumerate(ledger.transfers):
        if ledger.source[row] == BALANCE:
            acts.setdefault((one.chain, str(one.sender)), []).append(one.time)
    quiet = {
        place: [(last, woke) for last, woke in pairwise(sorted(times)) if woke - last >= DAYS * DAY]
        for place, times in acts.items()
    }
    return {place: found for place, found in quiet.items() if found}


def _history(traffic: Traffic, account: int) -> History:
    """When which units came and left, each with its running sum, so that any moment is looked up quickly."""
    moves = [(traffic.transfer(flow).time, traffic.units[flow]) for flow in traffic.came.get(account, ())]
    spent = traffic.spent(account)
    out = (*spent, *traffic.sunk.get(account, ()))
    moves += [(traffic.transfer(flow).time, -traffic.units[flow]) for flow in out]
    moves.sort()
    went = [traffic.transfer(flow).time for flow in spent]
    return History([time for time, _ in moves], list(accumulate(units for _, units in moves)), spent, went)


def _ended(traffic: Traffic, history: History, last: int, woke: int) -> Silence | None:
    """The silence from ``last`` to ``woke``, when enough of what lay there moved then."""
    place = bisect_right(history.times, last)
    lay = history.held[place - 1] if place else 0
    start, end = bisect_left(history.went, woke), bisect_right(history.went, woke + DAY)
    moved = {flow: units for flow in history.flows[start:end] if (units := _older(traffic, flow, last))}
    if lay <= 0 or sum(moved.values()) * 100 < PERCENT * lay:
        return None
    return Silence(woke - last, sum(moved.values()) * 100 // lay, tuple(moved))


def _older(traffic: Traffic, flow: int, last: int) -> int:
    """The units of a payment that had come by a moment."""
    lots = traffic.flow(flow).lots
    return sum(lot.amount for lot in lots if traffic.transfer(traffic.brought(lot)).time <= last)


def _lead(traffic: Traffic, account: int, silence: Silence) -> Lead:
    days = Param("days_silent", silence.seconds // DAY, AT_LEAST, DAYS)
    return Lead(
        "dormant",
        traffic.members([account], silence.flows),
        (days, Param("moved_percent", silence.percent, AT_LEAST, PERCENT), Param("within_hours", DAY // HOUR)),
        BASE,
        doubled(days),
        (sentence("rule.caveat.other_assets"), *traffic.caveats([account])),
        sentence("rule.lead.dormant", days=silence.seconds // DAY, percent=silence.percent),
    )


DETECTORS: Final = (Detector("dormant", dormant),)
