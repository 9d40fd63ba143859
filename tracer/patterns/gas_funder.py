"""The same address paying the first fees of several.

Two or more addresses that traced value reached held no native coins before, and got their first known ones from the
same address, which is no victim, carries no label, is no place that many share and gave them in no exchange. A first
inflow that is itself traced value is left out: the trail shows it already. Only where the native account was read is
anything known of this.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from chains.model import NATIVE
from tracer.patterns.lead import AT_LEAST, Detector, Lead, Param, Unexamined, doubled
from tracer.patterns.traffic import SINKS, Place, Traffic
from tracer.words import sentence

FUNDED: Final = 2
BASE: Final = 70


def gas_funder(traffic: Traffic) -> Iterator[Lead | Unexamined]:
    """One lead for every address that paid the first native coins of two or more."""
    firsts = _first_inflows(traffic)
    if len(firsts) < FUNDED:
        yield Unexamined("gas_funder", sentence("rule.unread.native", n=len(firsts)))
    transfers = traffic.workings.ledger.transfers
    funded: dict[Place, dict[Place, int]] = {}
    for place, row in firsts.items():
        funder = (transfers[row].chain, str(transfers[row].sender))
        if funder != place and _may_be_a_person(traffic, funder):
            funded.setdefault(funder, {})[place] = row
    for funder, places in funded.items():
        if len(places) >= FUNDED:
            yield _lead(traffic, funder, places)


def _first_inflows(traffic: Traffic) -> dict[Place, int]:
    """Address → row of its first native inflow, where that is known and tells more than the trail; in row order."""
    ledger = traffic.workings.ledger
    carried = {flow.row for flow in traffic.workings.fold.flows}
    reached = {traffic.place(account) for account in traffic.came}
    found: dict[Place, int] = {}
    for account, row in traffic.first.items():
        chain, address, asset = ledger.accounts[account]
        empty = traffic.is_followed(account) and not ledger.opening[account] and not ledger.weak(account)
        apart = row not in carried and row not in ledger.outward
        if asset == NATIVE and (chain, address) in reached and empty and apart:
            found[chain, address] = row
    return dict(sorted(found.items(), key=lambda item: item[1]))


def _may_be_a_person(traffic: Traffic, place: Place) -> bool:
    if place in traffic.victims | traffic.venues or place[1] in SINKS or traffic.workings.labels.get(place):
        return False
    account = traffic.workings.ledger.numbers[(*place, NATIVE)]
    return not traffic.is_shared(account)


def _lead(traffic: Traffic, funder: Place, places: dict[Place, int]) -> Lead:
    number = Param("addresses_funded", len(places), AT_LEAST, FUNDED)
    looked_up = funder in traffic.workings.labels
    return Lead(
        "gas_funder",
        traffic.members_of((funder, *places), places.values()),
        (number,),
        BASE,
        doubled(number),
        (sentence("rule.caveat.funder_code"), *(() if looked_up else (sentence("rule.caveat.funder_labels"),))),
        sentence("rule.lead.gas_funder", n=len(places)),
    )


DETECTORS: Final = (Detector("gas_funder", gas_funder),)
