"""The traced flows by account, as every detector looks at them: made once, then only read.

A victim's own payments are thefts and no pattern, so victims do not act here; places that stand for no address (fees,
stakes) do neither pay nor receive. A conversion is no payment to the pool: what one put into it and got back itself is
a change of form (`Traffic.into`), and what somebody else got out of it is a payment to them. Everything is kept by
account number, which follows the order of first appearance and not any name, so that renaming addresses renames the
members of a lead and changes nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from chains.model import FEE_SINK, Transfer
from chains.tron_calls import STAKE
from tracer.fold import Flow
from tracer.ledger import BALANCE, Ledger
from tracer.lots import METHODS, Lot
from tracer.patterns.lead import Members
from tracer.principal import principals
from tracer.words import sentence
from tracer.workings import Workings

MINUTE: Final = 60
HOUR: Final = 3_600
DAY: Final = 86_400
FRESH_SECONDS: Final = DAY

SINKS: Final = frozenset({FEE_SINK, STAKE})
SHARED: Final = frozenset({"exchange", "mixer", "bridge", "service", "contract", "burn"})
"""Reasons that mean: here the coins of many people lie in one pot, so that meeting there says nothing."""

Place = tuple[str, str]
"""(chain, address)"""


@dataclass(frozen=True, slots=True)
class Traffic:
    """``units`` has the traced units of every flow; ``came`` and ``went`` the flows of an account in order of time.

    ``sunk`` are its flows to fees and stakes, and ``into`` those into conversions that it got the outcome of itself;
    neither are in ``went``. ``payers`` and ``payees`` are those of any row, traced or not, but for conversions; who
    paid into or received from these ``converts``. ``first`` is the row of the first known inflow. ``per_unit`` is the
    principal of a unit of every origin that came out of a conversion; other units stand for themselves.
    """

    workings: Workings
    units: Sequence[int]
    came: Mapping[int, Sequence[int]]
    went: Mapping[int, Sequence[int]]
    sunk: Mapping[int, Sequence[int]]
    payers: Mapping[int, frozenset[int]]
    payees: Mapping[int, frozenset[int]]
    first: Mapping[int, int]
    victims: frozenset[Place]
    into: Mapping[int, Sequence[int]] = field(default_factory=dict)
    converts: frozenset[int] = frozenset()
    venues: frozenset[Place] = frozenset()
    per_unit: Mapping[int, Fraction] = field(default_factory=dict)

    def flow(self, number: int) -> Flow:
        """A flow."""
        return self.workings.fold.flows[number]

    def transfer(self, number: int) -> Transfer:
        """The transfer of a flow."""
        return self.workings.fold.flows[number].transfer

    def payer(self, number: int) -> int:
        """The account that paid a flow; of what came out of a conversion, the one that put most into it."""
        return _payer(self.workings.ledger, self.flow(number).row)

    def payee(self, number: int) -> int:
        """The account that received a flow; of what went into a conversion, the one that got most out of it."""
        return _payee(self.workings.ledger, self.flow(number).row)

    def is_turned(self, number: int) -> bool:
        """Did a flow go into or come out of a conversion?"""
        ledger, row = self.workings.ledger, self.flow(number).row
        return row in ledger.inward or row in ledger.outward

    def is_own(self, number: int) -> bool:
        """Did a flow change its form and stay with the same address?"""
        return self.is_turned(number) and self.place(self.payer(number)) == self.place(self.payee(number))

    def spent(self, account: int) -> list[int]:
        """The flows that an account paid or put into conversions, in order of time."""
        both = (*self.went.get(account, ()), *self.into.get(account, ()))
        return sorted(both, key=lambda number: (self.transfer(number).time, self.flow(number).row))

    def place(self, account: int) -> Place:
        """Where an account is."""
        return self.workings.ledger.accounts[account][:2]

    def total(self, flows: Iterable[int]) -> int:
        """The traced units of several flows."""
        return sum(self.units[number] for number in flows)

    def brought(self, lot: Lot) -> int:
        """The flow that brought a lot to the account that now pays it on."""
        steps = self.workings.fold.steps
        return steps[steps[lot.trail].before].flow

    def held_for(self, number: int, lot: Lot) -> int:
        """How many seconds a lot of a flow had lain at the payer."""
        return self.transfer(number).time - self.transfer(self.brought(lot)).time

    def is_shared(self, account: int) -> bool:
        """Is it known to be a place that many people share?"""
        return self.workings.reasons.get(self.workings.ledger.accounts[account]) in SHARED

    def is_contract(self, account: int) -> bool:
        """Is it known to be a pool or vault?"""
        return self.workings.reasons.get(self.workings.ledger.accounts[account]) == "contract"

    def is_followed(self, account: int) -> bool:
        """Is known what it paid?"""
        return self.workings.ledger.accounts[account] in self.workings.ledger.follow

    def is_fresh(self, account: int) -> bool | None:
        """Had it nothing before, and its first inflow at most a day before traced value came? None: not known."""
        ledger = self.workings.ledger
        if not self.is_followed(account):
            return None
        if ledger.opening[account]:
            return False
        early = self.transfer(self.came[account][0]).time - ledger.transfers[self.first[account]].time
        if early > FRESH_SECONDS:
            return False
        return None if ledger.weak(account) else True

    def members(self, accounts: Iterable[int], flows: Iterable[int]) -> Members:
        """The members of a lead: these accounts' addresses and these flows."""
        return self.members_of((self.place(account) for account in accounts), (self.flow(one).row for one in flows))

    def members_of(self, places: Iterable[Place], rows: Iterable[int]) -> Members:
        """The members of a lead, from places and rows."""
        transfers = [self.workings.ledger.transfers[row] for row in sorted(set(rows))]
        return Members(
            tuple(dict.fromkeys(places)),
            tuple(dict.fromkeys((one.chain, one.tx) for one in transfers)),
            tuple(dict.fromkeys((one.chain, one.asset) for one in transfers)),
        )

    def caveats(self, accounts: Iterable[int]) -> tuple[str, ...]:
        """What all leads about these accounts rest on that is not proven."""
        weak = any(self.workings.ledger.weak(account) for account in accounts)
        found = [sentence("rule.caveat.weak")] if weak else []
        if not METHODS[self.workings.fold.method].conserves:
            found.append(sentence("rule.caveat.exposure"))
        return tuple(found)


def traffic(workings: Workings) -> Traffic:
    """The index over all flows and rows of a finished account."""
    ledger, flows = workings.ledger, workings.fold.flows
    victims = frozenset((key[0], key[4]) for key in ledger.seeds)
    came: dict[int, list[int]] = {}
    ways: tuple[dict[int, list[int]], ...] = ({}, {}, {})
    for number in sorted(range(len(flows)), key=lambda number: (flows[number].transfer.time, flows[number].row)):
        row = flows[number].row
        one = flows[number].transfer
        if one.receiver not in SINKS and (one.chain, one.receiver) not in victims and row not in ledger.inward:
            came.setdefault(ledger.payee[row], []).append(number)
        if ledger.source[row] == BALANCE and (one.chain, one.sender) not in victims:
            own = row in ledger.inward and ledger.accounts[_payee(ledger, row)][:2] == (one.chain, one.sender)
            way = 1 if one.receiver in SINKS else 2 if own else 0
            ways[way].setdefault(ledger.payer[row], []).append(number)
    went, sunk, into = ways
    ordered = {account: went[account] for account in sorted(went)}
    payers, payees, first = _rows(workings)
    units = [flow.traced for flow in flows]
    parties = frozenset([*(ledger.payer[row] for row in ledger.inward), *(ledger.payee[row] for row in ledger.outward)])
    about = (into, parties, _venues(workings), _per_unit(workings))
    return Traffic(workings, units, came, ordered, sunk, payers, payees, first, victims, *about)


def _payer(ledger: Ledger, row: int) -> int:
    """The account that paid for a row."""
    if row not in ledger.outward:
        return ledger.payer[row]
    pot = ledger.pots[ledger.outward[row]]
    counts = {paid: ledger.amount[paid] * weight for paid, weight in zip(pot.ins, pot.weights, strict=True)}
    return ledger.payer[max(counts, key=lambda paid: (counts[paid], -paid))]


def _payee(ledger: Ledger, row: int) -> int:
    """The account that a row was paid to."""
    outs = ledger.pots[ledger.inward[row]].outs if row in ledger.inward else ()
    if not outs:
        return ledger.payee[row]
    values = dict(zip(outs, ledger.pots[ledger.inward[row]].values, strict=True))
    return ledger.payee[max(values, key=lambda out: (values[out], -out))]


def _venues(workings: Workings) -> frozenset[Place]:
    """Addresses that took one asset and gave another."""
    ledger = workings.ledger
    rows = [*((row, False) for row in ledger.inward), *((row, True) for row in ledger.outward)]
    ends = ((ledger.transfers[row], out) for row, out in rows)
    known = workings.openings.venues if workings.openings is not None else ()
    return frozenset([*((one.chain, str(one.sender if out else one.receiver)) for one, out in ends), *known])


def _per_unit(workings: Workings) -> Mapping[int, Fraction]:
    if not workings.ledger.pots:
        return {}
    tally = workings.fold.tally()
    whole = principals(workings.ledger, tally).whole
    return {origin: Fraction(whole[origin], units) for origin, units in tally.made.items() if units and origin in whole}


def _rows(
    workings: Workings,
) -> tuple[Mapping[int, frozenset[int]], Mapping[int, frozenset[int]], Mapping[int, int]]:
    """Who paid whom in any row, and the row of everybody's first inflow."""
    ledger = workings.ledger
    payers: dict[int, set[int]] = {}
    payees: dict[int, set[int]] = {}
    first: dict[int, int] = {}
    for row, one in enumerate(ledger.transfers):
        payer, payee = ledger.payer[row], ledger.payee[row]
        if one.receiver in SINKS or row in ledger.inward:
            continue
        if one.sender not in SINKS and row not in ledger.outward:
            payers.setdefault(payee, set()).add(payer)
            payees.setdefault(payer, set()).add(payee)
        if payee not in first or one.time < ledger.transfers[first[payee]].time:
            first[payee] = row
    return _frozen(payers), _frozen(payees), first


def _frozen(sets: Mapping[int, set[int]]) -> Mapping[int, frozenset[int]]:
    return {account: frozenset(others) for account, others in sets.items()}
