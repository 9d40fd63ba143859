"""Value that goes out and comes back.

A payment came back when more than 95 % of its traced units were returned by the address it went to, within 24 hours:
counted unit by unit, in the same asset. Swaps into another asset and back are the usual form of this; they are not
followed yet, and that is said.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tracer.patterns.lead import AT_LEAST, AT_MOST, BELOW, Detector, Lead, Param, Unexamined, doubled
from tracer.patterns.traffic import DAY, HOUR, Traffic
from tracer.words import sentence

LOSS_PERCENT: Final = 5
TIMES: Final = 1
BASE: Final = 40


def ping_pong(traffic: Traffic) -> Iterator[Lead | Unexamined]:
    """One lead for every pair of accounts between which value came back."""
    yield Unexamined("ping_pong", sentence("rule.unread.conversions"))
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
            for lot in traffic.flow(flow).lots:
                out = traffic.brought(lot)
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


DETECTORS: Final = (Detector("ping_pong", ping_pong),)
