"""Consolidation: many addresses paying into one.

Five or more addresses that held traced value paid into one within 24 hours, and together at least half of the traced
value of that asset alive at that time: stolen, or got by conversion, by the end of the stretch, and neither come to
rest nor converted before it began. Whoever converts and has the outcome sent there pays it; the pool does not. A place
that many people share is left out, since meeting there says nothing of those who pay. Units that went round and came
twice within the stretch count twice, but the share is never more than the whole.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final

from tracer.ledger import BALANCE, CONVERTED
from tracer.lots import METHODS
from tracer.patterns.lead import AT_LEAST, AT_MOST, Detector, Lead, Param, Unexamined, doubled
from tracer.patterns.measures import Event, Stretch, stretches
from tracer.patterns.traffic import DAY, HOUR, Traffic
from tracer.words import sentence

SENDERS: Final = 5
PERCENT: Final = 50
BASE: Final = 50

Coin = tuple[str, str]
"""(chain, asset)"""


@dataclass(slots=True)
class Sums:
    """Units over time: the moments in order, and the sum up to and with each."""

    times: list[int] = field(default_factory=list)
    sums: list[int] = field(default_factory=list)

    def before(self, time: int) -> int:
        """Units before a moment."""
        place = bisect_left(self.times, time)
        return self.sums[place - 1] if place else 0

    def until(self, time: int) -> int:
        """Units up to a moment, and at it."""
        place = bisect_right(self.times, time)
        return self.sums[place - 1] if place else 0


@dataclass(slots=True)
class Alive:
    """What was stolen of a coin and what of it came to rest, over time."""

    stolen: Sums
    rested: Sums

    def within(self, start: int, end: int) -> int:
        """Units that were on the move at some moment of a stretch."""
        return self.stolen.until(end) - self.rested.before(start)


def fan_in(traffic: Traffic) -> Iterator[Lead | Unexamined]:
    """The widest consolidation of every account."""
    if not METHODS[traffic.workings.fold.method].conserves:
        yield Unexamined("fan_in", sentence("rule.unread.exposure"))
        return
    if not any(map(traffic.is_followed, traffic.came)):
        yield Unexamined("fan_in", sentence("rule.unread.payments"))
    alive = _alive(traffic)
    for account in sorted(traffic.came):
        if len(traffic.came[account]) < SENDERS or traffic.is_shared(account):
            continue
        flows = [flow for flow in traffic.came[account] if _is_passed_on(traffic, flow)]
        chain, _, asset = traffic.workings.ledger.accounts[account]
        best = _widest(traffic, flows, alive[chain, asset])
        if best is not None:
            stretch, whole = best
            yield _lead(traffic, account, flows[stretch.first : stretch.last + 1], stretch, whole)


def _widest(traffic: Traffic, flows: list[int], alive: Alive) -> tuple[Stretch, int] | None:
    """The stretch of a day with the most senders, then units, of those that qualify; and what was alive then."""
    events = [Event(traffic.transfer(flow).time, traffic.payer(flow), traffic.units[flow]) for flow in flows]
    found = (
        (stretch, alive.within(events[stretch.first].time, events[stretch.last].time))
        for stretch in stretches(events, DAY)
        if stretch.parties >= SENDERS
    )
    wide = (one for one in found if one[0].units * 100 >= PERCENT * one[1])
    return max(wide, key=lambda one: (one[0].parties, one[0].units), default=None)


def _lead(traffic: Traffic, account: int, flows: list[int], stretch: Stretch, whole: int) -> Lead:
    senders = Param("senders", stretch.parties, AT_LEAST, SENDERS)
    percent = min(100, stretch.units * 100 // whole)
    hours = (traffic.transfer(flows[-1]).time - traffic.transfer(flows[0]).time) // HOUR
    payers = [traffic.payer(flow) for flow in flows]
    return Lead(
        "fan_in",
        traffic.members([*payers, account], flows),
        (
            senders,
            Param("alive_percent", percent, AT_LEAST, PERCENT),
            Param("elapsed_hours", hours, AT_MOST, DAY // HOUR),
        ),
        BASE,
        doubled(senders),
        traffic.caveats([account, *payers]),
        sentence("rule.lead.fan_in", n=stretch.parties, percent=percent),
    )


def _is_passed_on(traffic: Traffic, flow: int) -> bool:
    """Is it a payment of somebody else who had received the units, not a theft?"""
    passed = traffic.workings.ledger.source[traffic.flow(flow).row] in (BALANCE, CONVERTED)
    return passed and not traffic.is_own(flow) and traffic.place(traffic.payer(flow)) not in traffic.victims


def _alive(traffic: Traffic) -> dict[Coin, Alive]:
    """Every stolen coin's sums over time."""
    ledger = traffic.workings.ledger
    stolen: dict[Coin, list[tuple[int, int]]] = {}
    rested: dict[Coin, list[tuple[int, int]]] = {}
    for flow, units in zip(traffic.workings.fold.flows, traffic.units, strict=True):
        one, coin = flow.transfer, (flow.transfer.chain, str(flow.transfer.asset))
        if ledger.source[flow.row] != BALANCE:
            stolen.setdefault(coin, []).append((one.time, units))
        if not ledger.kept[flow.row]:
            rested.setdefault(coin, []).append((one.time, units))
    return {coin: Alive(_summed(rows), _summed(rested.get(coin, []))) for coin, rows in stolen.items()}


def _summed(rows: list[tuple[int, int]]) -> Sums:
    rows.sort()
    return Sums([time for time, _ in rows], list(accumulate(units for _, units in rows)))


DETECTORS: Final = (Detector("fan_in", fan_in),)
