"""Value that goes out and comes back, to another address or into another asset.

A payment came back when more than 95 % of its traced units were returned by the address it went to, within 24 hours:
counted unit by unit, in the same asset. So did what was converted, when more than 95 % of what it had been came out of
a later conversion within 24 hours, in the asset it had been, and whoever converted it on the way was the same address
or one other, the next, that had held nothing before. Wrapping a coin and unwrapping it again is no such thing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from chains.model import Transfer
from tracer.ledger import BALANCE
from tracer.lots import NO_TRAIL, Lot
from tracer.passport import kind_of
from tracer.patterns.lead import AT_LEAST, AT_MOST, BELOW, Detector, Lead, Param, Unexamined, doubled
from tracer.patterns.traffic import DAY, HOUR, Traffic
from tracer.words import sentence

LOSS_PERCENT: Final = 5
TIMES: Final = 1
BASE: Final = 40
ONE_TO_ONE: Final = frozenset({"wrap", "unwrap"})


class Cycle(NamedTuple):
    """Units that came back as what they had been: ``start`` is the flow into the first conversion, ``way`` those after.

    ``actors`` are the accounts that paid into the conversions.
    """

    start: int
    way: tuple[int, ...]
    actors: tuple[int, ...]


def ping_pong(traffic: Traffic) -> Iterator[Lead | Unexamined]:
    """One lead for every pair of accounts between which value came back, and for every one whose conversions did."""
    if not any(map(traffic.is_followed, traffic.came)):
        yield Unexamined("ping_pong", sentence("rule.unread.payments"))
    if traffic.workings.openings is not None and (failed := len(traffic.workings.openings.failed)):
        yield Unexamined("ping_pong", sentence("rule.unread.conversions", n=failed))
    yield from _converted(traffic)
    returned = _returned(traffic)
    pairs: dict[frozenset[int], list[int]] = {}
    for flow, back in returned.items():
        if sum(back.values()) * 100 > (100 - LOSS_PERCENT) * traffic.units[flow]:
            pairs.setdefault(frozenset((traffic.payer(flow), traffic.payee(flow))), []).append(flow)
    for flows in pairs.values():
        first = traffic.payer(flows[0])
        out = [flow for flow in flows if traffic.payer(flow) == first]
        yield _lead(traffic, out, {flow: returned[flow] for flow in out})


def _returned(traffic: Traffic) -> dict[int, dict[int, int]]:
    """Payment → the payments by which its units came straight back within a day, and how many came; in row order."""
    found: dict[int, dict[int, int]] = {}
    for flows in traffic.went.values():
        for flow in flows:
            for lot in () if traffic.is_turned(flow) else traffic.flow(flow).lots:
                out = traffic.brought(lot)
                if traffic.is_turned(out):
                    continue
                if traffic.payer(out) == traffic.payee(flow) and traffic.held_for(flow, lot) <= DAY:
                    if traffic.place(traffic.payee(flow)) in traffic.victims:
                        continue
                    back = found.setdefault(out, {})
                    back[flow] = back.get(flow, 0) + lot.amount
    return dict(sorted(found.items(), key=lambda item: traffic.flow(item[0]).row))


def _lead(traffic: Traffic, out: list[int], returned: dict[int, dict[int, int]]) -> Lead:
    times = Param("times", len(out), AT_LEAST, TIMES)
    lost = max(0, *((traffic.units[flow] - sum(returned[flow].values())) * 100 // traffic.units[flow] for flow in out))
    hours = (
        max(traffic.transfer(back).time - traffic.transfer(flow).time for flow in out for back in returned[flow])
        // HOUR
    )
    accounts = [traffic.payer(out[0]), traffic.payee(out[0])]
    return Lead(
        "ping_pong",
        traffic.members(accounts, [*out, *(flow for back in returned.values() for flow in back)]),
        (times, Param("lost_percent", lost, BELOW, LOSS_PERCENT), Param("elapsed_hours", hours, AT_MOST, DAY // HOUR)),
        BASE,
        doubled(times),
        traffic.caveats(accounts),
        sentence("rule.lead.ping_pong", n=len(out), percent=lost + 1),
    )


def _converted(traffic: Traffic) -> Iterator[Lead]:
    """One lead for every account whose conversions were turned back."""
    back: dict[int, dict[Cycle, int]] = {}
    for number, flow in enumerate(traffic.workings.fold.flows):
        if flow.row in traffic.workings.ledger.outward and not _is_victim(traffic, flow.transfer):
            for lot in flow.lots:
                if (cycle := _cycle(traffic, number, lot)) is not None:
                    units = back.setdefault(cycle.start, {})
                    units[cycle] = units.get(cycle, 0) + lot.amount
    found: dict[int, dict[int, dict[Cycle, int]]] = {}
    for start, cycles in sorted(back.items(), key=lambda item: traffic.flow(item[0]).row):
        if sum(cycles.values()) * 100 > (100 - LOSS_PERCENT) * traffic.units[start]:
            found.setdefault(traffic.workings.ledger.payer[traffic.flow(start).row], {})[start] = cycles
    for starts in found.values():
        yield _turned_back(traffic, starts)


def _is_victim(traffic: Traffic, one: Transfer) -> bool:
    return (one.chain, str(one.receiver)) in traffic.victims


def _cycle(traffic: Traffic, number: int, lot: Lot) -> Cycle | None:
    """The way of a lot that came out of a conversion, back to the last time that it went into one as the same asset."""
    ledger, steps, out = traffic.workings.ledger, traffic.workings.fold.steps, traffic.transfer(number)
    way, actors, paid = [number], [], 0
    trail = steps[lot.trail].before
    while trail != NO_TRAIL:
        flow = steps[trail].flow
        one, row = traffic.transfer(flow), traffic.flow(flow).row
        if one.time < out.time - DAY or paid > 1:
            return None
        if row in ledger.inward:
            actors.append(ledger.payer[row])
            if one.asset == out.asset and ledger.inward[row] != ledger.outward[traffic.flow(number).row]:
                cycle = Cycle(flow, tuple(reversed(way)), tuple(reversed(actors)))
                return cycle if ledger.source[row] == BALANCE and _is_one_hand(traffic, cycle) else None
        paid += not traffic.is_turned(flow)
        way.append(flow)
        trail = steps[trail].before
    return None


def _is_one_hand(traffic: Traffic, cycle: Cycle) -> bool:
    """Did the same address convert it all the way, or one fresh one after it, and not only wrap it?"""
    ledger = traffic.workings.ledger
    flows = [traffic.flow(number).row for number in (cycle.start, *cycle.way)]
    if {kind_of(traffic.workings, ledger.inward[row])[0] for row in flows if row in ledger.inward} <= ONE_TO_ONE:
        return False
    first, others = (
        cycle.actors[0],
        [one for one in cycle.actors if traffic.place(one) != traffic.place(cycle.actors[0])],
    )
    if traffic.place(first) in traffic.victims or len({traffic.place(one) for one in others}) > 1:
        return False
    return not any(traffic.is_shared(one) or traffic.is_fresh(one) is False for one in others if one in traffic.came)


def _turned_back(traffic: Traffic, starts: Mapping[int, Mapping[Cycle, int]]) -> Lead:
    times = Param("times", len(starts), AT_LEAST, TIMES)
    came = {start: sum(cycles.values()) for start, cycles in starts.items()}
    lost = max(0, *((traffic.units[start] - units) * 100 // traffic.units[start] for start, units in came.items()))
    ends = [(cycle.start, cycle.way[-1]) for cycles in starts.values() for cycle in cycles]
    hours = max(traffic.transfer(end).time - traffic.transfer(start).time for start, end in ends) // HOUR
    cycles = [cycle for group in starts.values() for cycle in group]
    accounts = list(dict.fromkeys(actor for cycle in cycles for actor in cycle.actors))
    return Lead(
        "ping_pong",
        traffic.members(accounts, [flow for cycle in cycles for flow in (cycle.start, *cycle.way)]),
        (times, Param("lost_percent", lost, BELOW, LOSS_PERCENT), Param("elapsed_hours", hours, AT_MOST, DAY // HOUR)),
        BASE,
        doubled(times),
        traffic.caveats(accounts),
        sentence("rule.lead.ping_pong_converted", n=len(starts), percent=lost + 1),
    )


DETECTORS: Final = (Detector("ping_pong", ping_pong),)
