"""Splitting and merging: one address paying many, and most of it meeting again.

Fan-out: five or more recipients within 24 hours got at least 80 % of all traced value that had come by then; an equal
split when the coefficient of variation of the amounts is at most 0.10. Diamond: at least 80 % of a fan-out reaches one
address, within three hops of the first, by at least two branches. The way of every unit is known, so this is counted
unit by unit; units that were converted on the way count for what they stand for. Converting is no payment, unless
somebody else gets the outcome.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final, NamedTuple

from tracer.lots import NO_TRAIL, Lot
from tracer.patterns.lead import AT_LEAST, AT_MOST, Detector, Lead, Param, Unexamined, doubled
from tracer.patterns.measures import EVEN_PER_MILLE, Event, Stretch, even_per_mille, stretches
from tracer.patterns.traffic import DAY, HOUR, Traffic
from tracer.words import sentence

RECIPIENTS: Final = 5
PERCENT: Final = 80
BASE: Final = 50
HOPS: Final = 3
BRANCHES: Final = 2
DIAMOND_BASE: Final = 65


class Split(NamedTuple):
    """A fan-out: its flows, to how many recipients, their units, and the percentage of what had come by then."""

    flows: tuple[int, ...]
    recipients: int
    units: int
    percent: int


@dataclass(slots=True)
class Meeting:
    """What of a fan-out reached one address: units, by which branches, by which flows."""

    units: Fraction = Fraction(0)
    branches: set[int] = field(default_factory=set)
    flows: dict[int, None] = field(default_factory=dict)


def fan_out(traffic: Traffic) -> Iterator[Lead | Unexamined]:
    """The widest fan-out of every account."""
    if not any(map(traffic.is_followed, traffic.came)):
        yield Unexamined("fan_out", sentence("rule.unread.payments"))
    for account, split in _splits(traffic).items():
        recipients = Param("recipients", split.recipients, AT_LEAST, RECIPIENTS)
        even = even_per_mille([traffic.transfer(flow).amount for flow in split.flows])
        params = [recipients, Param("sent_percent", split.percent, AT_LEAST, PERCENT), _elapsed(traffic, split)]
        strengths = [*doubled(recipients)]
        if even is not None:
            params.append(Param("variation_per_mille", even, AT_MOST, EVEN_PER_MILLE))
            strengths.append(sentence("rule.strength.equal_split"))
        yield Lead(
            "fan_out",
            traffic.members([account, *map(traffic.payee, split.flows)], split.flows),
            tuple(params),
            BASE,
            tuple(strengths),
            traffic.caveats([account]),
            sentence("rule.lead.fan_out", percent=split.percent, n=split.recipients),
        )


def diamond(traffic: Traffic) -> Iterator[Lead | Unexamined]:
    """For every fan-out, the address at which most of it met again."""
    if not any(map(traffic.is_followed, traffic.came)):
        yield Unexamined("diamond", sentence("rule.unread.payments"))
    splits = _splits(traffic)
    for hub, meetings in _meetings(traffic, splits).items():
        split = splits[hub]
        met = max(meetings, key=lambda account: meetings[account].units)
        meeting = meetings[met]
        if meeting.units * 100 < PERCENT * split.units or len(meeting.branches) < BRANCHES:
            continue
        percent = min(100, meeting.units * 100 // split.units)
        branches = Param("branches", len(meeting.branches), AT_LEAST, BRANCHES)
        yield Lead(
            "diamond",
            traffic.members([hub, *sorted(meeting.branches), met], [*split.flows, *meeting.flows]),
            (branches, Param("met_percent", percent, AT_LEAST, PERCENT), Param("hops", HOPS)),
            DIAMOND_BASE,
            doubled(branches),
            traffic.caveats([hub, met, *meeting.branches]),
            sentence("rule.lead.diamond", percent=percent, n=len(meeting.branches)),
        )


def _splits(traffic: Traffic) -> dict[int, Split]:
    """Every account's widest fan-out, in order of appearance."""
    found: dict[int, Split] = {}
    for account, went in traffic.went.items():
        if len(went) < RECIPIENTS:
            continue
        events = [Event(traffic.transfer(flow).time, traffic.payee(flow), traffic.units[flow]) for flow in went]
        wide = (
            (stretch, received)
            for stretch, received in _beside(traffic, account, events)
            if stretch.parties >= RECIPIENTS and stretch.units * 100 >= PERCENT * received
        )
        best = max(wide, key=lambda one: (one[0].parties, one[0].units), default=None)
        if best is not None:
            stretch, received = best
            flows = tuple(went[stretch.first : stretch.last + 1])
            found[account] = Split(flows, stretch.parties, stretch.units, stretch.units * 100 // received)
    return found


def _beside(traffic: Traffic, account: int, events: Sequence[Event]) -> Iterator[tuple[Stretch, int]]:
    """Every stretch of a day, and the traced units that had come when it ended."""
    came = traffic.came.get(account, ())
    received = seen = 0
    for stretch in stretches(events, DAY):
        while seen < len(came) and traffic.transfer(came[seen]).time <= events[stretch.last].time:
            received += traffic.units[came[seen]]
            seen += 1
        if received:
            yield stretch, received


def _elapsed(traffic: Traffic, split: Split) -> Param:
    seconds = traffic.transfer(split.flows[-1]).time - traffic.transfer(split.flows[0]).time
    return Param("elapsed_hours", seconds // HOUR, AT_MOST, DAY // HOUR)


def _meetings(traffic: Traffic, splits: Mapping[int, Split]) -> dict[int, dict[int, Meeting]]:
    """Hub → account → what of the hub's fan-out came there over two or three hops."""
    hub_of = {flow: hub for hub, split in splits.items() for flow in split.flows}
    found: dict[int, dict[int, Meeting]] = {hub: {} for hub in splits}
    for flows in traffic.went.values():
        for number in flows:
            met = traffic.payee(number)
            if met not in traffic.came or traffic.is_shared(met):
                continue
            for lot in traffic.flow(number).lots:
                way, trail = _way_back(traffic, lot, hub_of)
                if way and (hub := hub_of[way[-1]]) not in (met, traffic.payer(number)):
                    meeting = found[hub].setdefault(met, Meeting())
                    meeting.units += _as_sent(traffic, lot, way[-1], trail)
                    meeting.branches.add(traffic.payee(way[-1]))
                    meeting.flows.update(dict.fromkeys((number, *way)))
    return {hub: meetings for hub, meetings in found.items() if meetings}


def _way_back(traffic: Traffic, lot: Lot, hub_of: Mapping[int, int]) -> tuple[list[int], int]:
    """The flows before this one back to a fan-out's own, and the trail there; empty when none is that near."""
    steps = traffic.workings.fold.steps
    outward = traffic.workings.ledger.outward
    trail, hops = steps[lot.trail].before, 1
    way: list[int] = []
    while trail != NO_TRAIL:
        flow = steps[trail].flow
        hops += traffic.flow(flow).row not in outward and not traffic.is_own(flow)
        if hops > HOPS:
            break
        way.append(flow)
        if flow in hub_of:
            return way, trail
        trail = steps[trail].before
    return [], NO_TRAIL


def _as_sent(traffic: Traffic, lot: Lot, flow: int, trail: int) -> Fraction:
    """A lot in units of the flow that it was part of before, at ``trail``."""
    origin = next(one.origin for one in traffic.flow(flow).lots if one.trail == trail)
    if origin == lot.origin:
        return Fraction(lot.amount)
    before, now = (traffic.per_unit.get(one, Fraction(1)) for one in (origin, lot.origin))
    return lot.amount * now * Fraction(before.denominator, before.numerator) if before else Fraction(0)


DETECTORS: Final = (Detector("fan_out", fan_out), Detector("diamond", diamond))
