"""The audit's own arithmetic of conversions: what a method put into each, and what must have come out. Pure.

Which lots went in is taken from an account that knows the ways; from there on nothing is taken from the fold: the share
of every output is worked out anew from the rows and their weights. A theft's share of an output is the weight of its
lots in all that went in, rounded down or up to a whole unit. What of a theft got nothing at all rests with whom it was
paid to, and closes there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import lcm
from types import MappingProxyType
from typing import Final, NamedTuple

from tracer.audit_lines import Fault
from tracer.fold import Fold
from tracer.ledger import Ledger, Pot, Tally
from tracer.workings import Workings

Part = tuple[int, int]
"""(units, origin) of one lot."""


class Poured(NamedTuple):
    """What one method put into conversions: stolen lots by row, and the units of each row that got nothing."""

    lots: Mapping[int, tuple[Part, ...]]
    left: Mapping[int, int]


NOTHING: Final = Poured(MappingProxyType({}), MappingProxyType({}))


def poured(workings: Workings, tally: Tally) -> Poured:
    """What went into conversions under the method of a tally, and what of it the tally says got nothing."""
    ledger, fold = workings.ledger, workings.fold
    if not ledger.pots:
        return NOTHING
    if tally.method != fold.method:
        fold = Fold(ledger, tally.method, fold.highest_first).run()
    lots = {
        flow.row: tuple((lot.amount, lot.origin) for lot in flow.lots)
        for flow in fold.flows
        if flow.row in ledger.inward
    }
    made = _made(ledger, tally)
    served = {number: _served(pot, made) for number, pot in enumerate(ledger.pots)}
    left: dict[int, int] = {}
    for row, parts in lots.items():
        vain = sum(units for units, origin in parts if ledger.theft(origin) not in served[ledger.inward[row]])
        if vain:
            left[row] = vain
    return Poured(lots, left)


def pot_faults(ledger: Ledger, tally: Tally, found: Poured) -> Iterator[Fault]:
    """What of conversions does not close under one method."""
    claimed: dict[int, dict[int, int]] = {}
    for (number, origin), units in tally.converted.items():
        claimed.setdefault(number, {})[origin] = units
    made = _made(ledger, tally)
    for number, pot in enumerate(ledger.pots):
        yield from _into(ledger, tally, found, number, claimed.get(number, {}), _served(pot, made))
        yield from _shares(ledger, tally, found, pot, made)
    for row in sorted(made.keys() - ledger.outward.keys()):
        account, tx = ledger.accounts[ledger.payee[row]], ledger.transfers[row].tx
        yield Fault("share", tally.method, account, tx, sum(made[row].values()))


def weights(ledger: Ledger, pot: Pot) -> dict[int, int]:
    """What a base unit of every row into a conversion weighs; the same for each payment where none has a value."""
    amounts = {row: ledger.amount[row] for row in pot.ins}
    if any(pot.weights):
        return dict(zip(pot.ins, pot.weights, strict=True))
    whole = lcm(*amounts.values())
    return {row: whole // amount for row, amount in amounts.items()}


Made = Mapping[int, Mapping[int, int]]
"""Units that came out of conversions: by row and theft."""


def _made(ledger: Ledger, tally: Tally) -> Made:
    found: dict[int, dict[int, int]] = {}
    for origin, units in tally.made.items():
        if units:
            found.setdefault(origin // ledger.thefts - 1, {})[ledger.theft(origin)] = units
    return found


def _served(pot: Pot, made: Made) -> set[int]:
    """The thefts of which anything came out."""
    return {theft for row in pot.outs for theft in made.get(row, ())}


def _into(
    ledger: Ledger, tally: Tally, found: Poured, number: int, claimed: Mapping[int, int], served: set[int]
) -> Iterator[Fault]:
    """What the lots say was converted, of every origin, against what the tally says."""
    pot = ledger.pots[number]
    expected: dict[int, int] = {}
    for units, origin in (part for row in pot.ins for part in found.lots.get(row, ())):
        if ledger.theft(origin) in served:
            expected[origin] = expected.get(origin, 0) + units
    for origin in sorted({*expected, *claimed}):
        if difference := expected.get(origin, 0) - claimed.get(origin, 0):
            account, tx = ledger.accounts[ledger.payer[pot.ins[0]]], ledger.transfers[pot.ins[0]].tx
            yield Fault("into", tally.method, account, tx, difference)


def _shares(ledger: Ledger, tally: Tally, found: Poured, pot: Pot, made: Made) -> Iterator[Fault]:
    """Every output against its least and most share of each theft, and all thefts against what the row carries."""
    per_unit = weights(ledger, pot)
    whole = sum(ledger.amount[row] * per_unit[row] for row in pot.ins)
    heavy: dict[int, int] = {}
    for row in pot.ins:
        for units, origin in found.lots.get(row, ()):
            theft = ledger.theft(origin)
            heavy[theft] = heavy.get(theft, 0) + units * per_unit[row]
    for row in pot.outs:
        amount, account, tx = ledger.amount[row], ledger.accounts[ledger.payee[row]], ledger.transfers[row].tx
        came = made.get(row, {})
        for theft in sorted({*heavy, *came}):
            weight, units = heavy.get(theft, 0), came.get(theft, 0)
            least, most = amount * weight // whole, -(-amount * weight // whole)
            if not least <= units <= most:
                yield Fault("share", tally.method, account, tx, units - (least if units < least else most))
        if difference := tally.traced[row] - sum(came.values()):
            yield Fault("row", tally.method, account, tx, difference)
