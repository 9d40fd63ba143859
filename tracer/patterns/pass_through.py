"""Addresses that only pass value on, and rows of them.

Pass-through: at least 95 % of the traced units that came (network fees left out) went on within 24 hours of their own
arrival; at most two addresses ever paid it and at most two were paid; it held nothing before; no payment of it went
into a contract, none left in the transaction that brought it, as only a contract's own do, and nothing was converted
here, as that is something else than passing on. Fast when the same holds
for 60 minutes. Multi-hop: three or more of them in a row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from tracer.patterns.lead import AT_LEAST, AT_MOST, Detector, Lead, Param, Unexamined, doubled
from tracer.patterns.measures import successions
from tracer.patterns.traffic import DAY, HOUR, MINUTE, Traffic
from tracer.words import sentence

PERCENT: Final = 95
PARTIES: Final = 2
ROW: Final = 3
BASE: Final = 60
ROW_BASE: Final = 65


class Passing(NamedTuple):
    """An account that passed on what came: within how many seconds, and how many percent of it (rounded down)."""

    seconds: int
    percent: int


def pass_through(traffic: Traffic) -> Iterator[Lead | Unexamined]:
    """One lead for every account that passes value on."""
    if not any(map(traffic.is_followed, traffic.came)):
        yield Unexamined("pass_through", sentence("rule.unread.payments"))
    for account, passing in _passing(traffic).items():
        fast = passing.seconds == HOUR
        parties = len(traffic.payers[account]), len(traffic.payees[account])
        minutes = passing.seconds // MINUTE
        yield Lead(
            "pass_through",
            traffic.members([account], [*traffic.came[account], *traffic.went[account]]),
            (
                Param("sent_on_percent", passing.percent, AT_LEAST, PERCENT),
                Param("within_minutes", minutes),
                Param("payers", parties[0], AT_MOST, PARTIES),
                Param("recipients", parties[1], AT_MOST, PARTIES),
            ),
            BASE,
            (sentence("rule.strength.fast"),) if fast else (),
            (sentence("rule.caveat.calls"), *traffic.caveats([account])),
            sentence("rule.lead.pass_through", percent=passing.percent, minutes=minutes),
        )


def multi_hop(traffic: Traffic) -> Iterator[Lead | Unexamined]:
    """One lead for every row of three or more accounts that pass value on to each other."""
    if not any(map(traffic.is_followed, traffic.came)):
        yield Unexamined("multi_hop", sentence("rule.unread.payments"))
    passing = _passing(traffic)
    to = {account: _main(traffic, traffic.went[account], payee=True) for account in passing}
    back = {account: _main(traffic, traffic.came[account], payee=False) for account in passing}
    for row in successions(to, back, ROW):
        came, went = traffic.came[row[0]], traffic.went[row[-1]]
        minutes = (traffic.transfer(went[-1]).time - traffic.transfer(came[0]).time) // MINUTE
        hops = Param("addresses_in_a_row", len(row), AT_LEAST, ROW)
        yield Lead(
            "multi_hop",
            traffic.members(row, [*came, *(flow for account in row for flow in traffic.went[account])]),
            (hops, Param("elapsed_minutes", minutes)),
            ROW_BASE,
            doubled(hops),
            (sentence("rule.caveat.calls"), *traffic.caveats(row)),
            sentence("rule.lead.multi_hop", n=len(row), minutes=minutes),
        )


def _passing(traffic: Traffic) -> dict[int, Passing]:
    """Every account that passes value on, in order of appearance."""
    found: dict[int, Passing] = {}
    for account in traffic.went:
        if _is_plain(traffic, account) and (passing := _passed(traffic, account)) is not None:
            found[account] = passing
    return found


def _is_plain(traffic: Traffic, account: int) -> bool:
    few = max(len(traffic.payers.get(account, ())), len(traffic.payees.get(account, ()))) <= PARTIES
    known = few and account in traffic.came and traffic.is_fresh(account) is not False
    plain = known and account not in traffic.converts
    return plain and not any(traffic.is_contract(payee) for payee in traffic.payees[account])


def _passed(traffic: Traffic, account: int) -> Passing | None:
    if any(
        traffic.transfer(traffic.brought(lot)).tx == traffic.transfer(flow).tx
        for flow in traffic.went[account]
        for lot in traffic.flow(flow).lots
    ):
        return None
    passed_on = traffic.total(traffic.came[account]) - traffic.total(traffic.sunk.get(account, ()))
    for seconds in (HOUR, DAY):
        sent = sum(
            lot.amount
            for flow in traffic.went[account]
            for lot in traffic.flow(flow).lots
            if traffic.held_for(flow, lot) <= seconds
        )
        if passed_on > 0 and sent * 100 >= PERCENT * passed_on:
            return Passing(seconds, sent * 100 // passed_on)
    return None


def _main(traffic: Traffic, flows: Sequence[int], *, payee: bool) -> int:
    """The account that most of these flows' units went to, or came from; of equals, the one that appears first."""
    sums: dict[int, int] = {}
    for flow in flows:
        other = traffic.payee(flow) if payee else traffic.payer(flow)
        sums[other] = sums.get(other, 0) + traffic.units[flow]
    return max(sums, key=lambda other: sums[other])


DETECTORS: Final = (Detector("pass_through", pass_through), Detector("multi_hop", multi_hop))
