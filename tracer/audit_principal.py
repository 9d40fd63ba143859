"""The audit's own arithmetic of principal: what of each theft every place stands for, divided anew. Pure.

Written from the rule, not from tracer/principal.py: units of one origin stand for equal parts of its principal; outputs
of a conversion divide the principal that went in by what they are worth; whole units, the largest remainder first,
between equal ones the later conversion, then the account that stolen units came to first. It bears with figures that do
not close, because an audit must get to its end to say so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from chains.model import FEE_SINK
from tracer.audit_lines import Fault
from tracer.ledger import Account, Ledger, Tally
from tracer.principal import principals
from tracer.workings import Workings

Key = tuple[int, int]


@dataclass(slots=True)
class Stands:
    """Principal: ``held`` by (account number, origin), ``converted`` by (pot, origin).

    ``went`` into and ``came`` out of conversions are by (pot, theft).
    """

    held: dict[Key, int] = field(default_factory=dict)
    converted: dict[Key, int] = field(default_factory=dict)
    went: dict[Key, int] = field(default_factory=dict)
    came: dict[Key, int] = field(default_factory=dict)


def stands(ledger: Ledger, tally: Tally) -> Stands:
    """The principal of everything a tally found."""
    found = Stands()
    places: dict[int, dict[int, int]] = {}
    came_to = list(dict.fromkeys(ledger.payee[row] for row, units in enumerate(tally.traced) if units))
    came_to = list(dict.fromkeys([*came_to, *(number for number, _ in tally.held)]))
    turn = {number: place for place, number in enumerate(came_to)}
    for (number, origin), units in tally.held.items():
        places.setdefault(origin, {})[turn[number]] = units
    for (pot, origin), units in tally.converted.items():
        places.setdefault(origin, {})[-1 - pot] = units
    for origin in sorted(places):
        theft, row = ledger.theft(origin), origin // ledger.thefts - 1
        into = ledger.outward.get(row)
        whole = sum(places[origin].values()) if into is None else _output(ledger, tally, found, row, theft)
        for place, part in shared(whole, places[origin]).items():
            if place >= 0:
                found.held[came_to[place], origin] = part
            else:
                found.converted[-1 - place, origin] = part
                found.went[-1 - place, theft] = found.went.get((-1 - place, theft), 0) + part
            if into is not None:
                found.came[into, theft] = found.came.get((into, theft), 0) + part
    return found


def _output(ledger: Ledger, tally: Tally, found: Stands, row: int, theft: int) -> int:
    """The principal of one theft that one output of a conversion has."""
    number = ledger.outward[row]
    pot = ledger.pots[number]
    outs = {
        out: value
        for out, value in zip(pot.outs, pot.values, strict=True)
        if tally.made.get(ledger.origin(out, theft)) or out == row
    }
    return shared(found.went.get((number, theft), 0), outs)[row]


def shared(amount: int, shares: Mapping[int, int]) -> dict[int, int]:
    """``amount`` in whole parts by shares, by largest remainder, then smaller key; equal where no share is anything."""
    whole = sum(shares.values())
    if not whole:
        shares, whole = dict.fromkeys(shares, 1), len(shares)
    parts = {key: amount * share // whole for key, share in shares.items()}
    over = sorted(shares, key=lambda key: (-(amount * shares[key] % whole), key))
    for key in over[: max(0, amount - sum(parts.values()))]:
        parts[key] += 1
    return parts


def principal_faults(ledger: Ledger, tally: Tally, found: Stands) -> Iterator[Fault]:
    """Where the tracer's own principal differs; only to be asked where every unit closes."""
    said = principals(ledger, tally)
    for number, origin in sorted({*said.held, *found.held}):
        if difference := said.held.get((number, origin), 0) - found.held.get((number, origin), 0):
            yield Fault("principal", tally.method, ledger.accounts[number], "", difference)
    for pot, origin in sorted({*said.converted, *found.converted}):
        if difference := said.converted.get((pot, origin), 0) - found.converted.get((pot, origin), 0):
            row = ledger.pots[pot].ins[0]
            account = ledger.accounts[ledger.payer[row]]
            yield Fault("principal", tally.method, account, ledger.transfers[row].tx, difference)


def told_faults(workings: Workings, found: Stands) -> Iterator[Fault]:
    """Where the result tells another principal of a place than the audit: under its method, fees taken together."""
    ledger, result = workings.ledger, workings.result
    sums: dict[tuple[Account, int], int] = {}
    for (number, origin), part in found.held.items():
        place = (ledger.accounts[number], ledger.theft(origin))
        sums[place] = sums.get(place, 0) + part
    for row in result.endpoints:
        address = FEE_SINK if row.reason == "fee" else row.address
        for one in row.principal:
            place = ((row.chain, address, row.asset.id), int(one.origin) - 1)
            sums[place] = sums.get(place, 0) - one.amount
    for (account, _), difference in sorted(sums.items()):
        if difference:
            yield Fault("told", result.method, account, "", -difference)
