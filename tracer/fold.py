"""The accounting: a left fold over a ledger that says where every stolen unit is. Pure, integers only.

Only followed accounts have a balance here. Stolen units that reach any other account, or a followed one before it is
known, rest there: that is an endpoint, or the next account to read. Hence, after every single row and under every
method that conserves units:

    sum of stolen units in followed accounts + units resting elsewhere = units stolen so far      (per origin)

which `Fold.audit` recomputes.

A conversion turns units into units of a new origin (`Ledger.origin`): the lots that went in are matched in their order
with the units that came out, in proportion, in whole units; what of one theft is worth less than a unit of anything
that came out rests where it was paid. Then units of an origin that were converted count as well, and what came out
counts as stolen. Folding a prefix and then the rest equals folding the whole. This is the reference: it
knows the way of every unit, and integers of any size. tracer/kernel is the quick way to the same `Tally`.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from chains.model import FEE_SINK, Transfer
from tracer.ledger import BALANCE, CONVERTED, OUTSIDE, Account, Ledger, Tally
from tracer.lots import CLEAN, DEFAULT_METHOD, METHODS, NO_TRAIL, Balance, Fifo, Lot, apportion


class Flow(NamedTuple):
    """A transfer that carried stolen units: ``lots`` are the stolen ones only, as they arrived."""

    transfer: Transfer
    lots: tuple[Lot, ...]
    row: int

    @property
    def traced(self) -> int:
        """Stolen units in this transfer."""
        return sum([lot[0] for lot in self.lots])


class Step(NamedTuple):
    """One link of a trail: the trail before it and the flow (its number) that made it."""

    before: int
    flow: int


@dataclass(slots=True)
class Fold:
    """The state of the accounting of one ledger under one method; `run` goes on from the row it stands at.

    With ``highest_first``, payments of one asset by one account in one transaction share what the method draws for
    them together: stolen units go to the largest payment first (TIHO), whatever the order within the transaction.
    Without ``trails`` only the tally is right, which takes less time and memory.
    """

    ledger: Ledger
    method: str = DEFAULT_METHOD
    highest_first: bool = False
    trails: bool = True
    row: int = 0
    balances: dict[int, Balance] = field(init=False)
    resting: dict[int, list[Lot]] = field(default_factory=dict)
    flows: list[Flow] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    ahead: set[int] = field(default_factory=set)
    """Rows of a batch that are paid already."""
    traced: dict[int, int] = field(default_factory=dict)
    """Stolen units by row, where no flows are kept."""
    pots: dict[int, list[tuple[int, list[Lot]]]] = field(default_factory=dict)
    """What went into conversions of which nothing came out yet: rows with their lots."""
    poured: dict[int, list[Lot]] = field(default_factory=dict)
    """What is to come out of conversions, by row."""
    converted: dict[tuple[int, int], int] = field(default_factory=dict)
    made: dict[int, int] = field(default_factory=dict)
    fees: dict[tuple[int, int], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.balances = _Balances(self.ledger, METHODS[self.method].balance)

    def run(self, until: int | None = None) -> Fold:
        """Account for the rows from where it stands to ``until`` (all there are by default)."""
        with _uncollected():
            self._run(len(self.ledger) if until is None else until)
        return self

    def _run(self, until: int) -> None:
        ledger, balances, together = self.ledger, self.balances, self.highest_first
        payers, payees, amounts, sources, kept = ledger.payer, ledger.payee, ledger.amount, ledger.source, ledger.kept
        inward = ledger.inward
        for row in range(self.row, until):
            source = sources[row]
            if source == OUTSIDE and row not in inward:
                balances[payees[row]].put_clean(amounts[row])
            elif source in (OUTSIDE, CONVERTED):
                self._arrive(row, self._given(row))
            elif source != BALANCE:
                self._arrive(row, [Lot(amounts[row], source, NO_TRAIL)])
            elif together:
                self._pay_together(row, until)
            else:
                lots = balances[payers[row]].draw(amounts[row])
                if len(lots) != 1 or lots[0][1] != CLEAN or row in inward:
                    self._arrive(row, lots)
                elif kept[row]:
                    # What `_arrive` would do; most payments of most cases are clean.
                    balances[payees[row]].put_clean(amounts[row])
        self.row = max(self.row, until)

    def _arrive(self, row: int, lots: list[Lot]) -> None:
        """Put lots where they arrived; what reaches an account that is not known then rests, but for its clean lots."""
        ledger = self.ledger
        stolen = [lot for lot in lots if lot[1] != CLEAN]
        if not stolen:
            if row in ledger.inward:
                self._into_pot(row, lots)
            elif ledger.kept[row]:
                self.balances[ledger.payee[row]].put_clean(ledger.amount[row])
            return
        if self.trails:
            lots, stolen = self._carried(row, lots)
        else:
            self.traced[row] = sum([lot[0] for lot in stolen])
        if row in ledger.inward:
            self._into_pot(row, lots)
        elif ledger.kept[row]:
            self.balances[ledger.payee[row]].put(lots)
        else:
            self._rest(row, stolen)

    def _rest(self, row: int, stolen: list[Lot]) -> None:
        """Leave stolen lots with whoever is not followed; of fees it is kept who paid them."""
        payee, fees = self.ledger.payee[row], self.fees
        self.resting.setdefault(payee, []).extend(stolen)
        if self.ledger.accounts[payee][1] == FEE_SINK:
            payer = self.ledger.payer[row]
            for units, origin, _ in stolen:
                fees[payer, origin] = fees.get((payer, origin), 0) + units

    def _carried(self, row: int, lots: list[Lot]) -> tuple[list[Lot], list[Lot]]:
        """The lots of a payment with one more step on the trail of each stolen one, and these; records the flow."""
        steps, number = self.steps, len(self.flows)
        moved: list[Lot] = []
        stolen: list[Lot] = []
        for lot in lots:
            amount, origin, trail = lot
            if origin == CLEAN:
                moved.append(lot)
                continue
            # As in `Fifo.draw`: not through the constructors, which take three times as long.
            longer = tuple.__new__(Lot, (amount, origin, len(steps)))
            steps.append(tuple.__new__(Step, (trail, number)))
            moved.append(longer)
            stolen.append(longer)
        self.flows.append(tuple.__new__(Flow, (self.ledger.transfers[row], tuple(stolen), row)))
        return moved, stolen

    def _into_pot(self, row: int, lots: list[Lot]) -> None:
        self.pots.setdefault(self.ledger.inward[row], []).append((row, lots))

    def _given(self, row: int) -> list[Lot]:
        """The lots that come out of a pot in this row, or the clean ones that somebody who is not followed puts in."""
        if row in self.ledger.inward:
            return [Lot(self.ledger.amount[row], CLEAN, NO_TRAIL)]
        if row not in self.poured:
            self._pour(self.ledger.outward[row])
        return self.poured.pop(row)

    def _pour(self, number: int) -> None:
        ledger, pot = self.ledger, self.ledger.pots[number]
        weight = dict(zip(pot.ins, pot.weights, strict=True))
        lots = [(row, lot) for row, held in self.pots.pop(number, ()) for lot in held]
        theft = [CLEAN if lot.origin == CLEAN else ledger.theft(lot.origin) for _, lot in lots]
        line = [(theft[place], lot.amount * weight[row]) for place, (row, lot) in enumerate(lots)]
        parts = {row: _mixture(ledger.amount[row], line) for row in pot.outs}
        served = {theft[place] for part in parts.values() for place in part}
        for place, (row, lot) in enumerate(lots):
            if theft[place] not in served:
                self.resting.setdefault(ledger.payee[row], []).append(lot)
            elif theft[place] != CLEAN:
                key = (number, lot.origin)
                self.converted[key] = self.converted.get(key, 0) + lot.amount
        for row, part in parts.items():
            self.poured[row] = made = [
                Lot(units, CLEAN, NO_TRAIL)
                if theft[place] == CLEAN
                else Lot(units, ledger.origin(row, theft[place]), lots[place][1].trail)
                for place, units in part.items()
            ]
            for units, origin, _ in made:
                if origin != CLEAN:
                    self.made[origin] = self.made.get(origin, 0) + units

    def _batch(self, row: int, until: int) -> list[int]:
        """Rows from ``row`` on by the same account in the same transaction, with no other row of the asset between."""
        ledger = self.ledger
        payer, first = ledger.payer[row], ledger.transfers[row]
        batch = []
        for number in range(row, until):
            one = ledger.transfers[number]
            if (one.chain, one.tx) != (first.chain, first.tx):
                break
            if one.asset == first.asset:
                if ledger.payer[number] != payer or ledger.source[number] != BALANCE:
                    break
                batch.append(number)
        return batch

    def _pay_together(self, row: int, until: int) -> None:
        """Draw for a whole batch, then hand the stolen lots to the largest payment first (ties: the earlier row)."""
        if row in self.ahead:
            self.ahead.remove(row)
            return
        amounts, batch = self.ledger.amount, self._batch(row, until)
        drawn = self.balances[self.ledger.payer[row]].draw(sum(amounts[one] for one in batch))
        if len(batch) == 1:
            self._arrive(row, drawn)
            return
        pot = Fifo()
        pot.put(sorted(drawn, key=lambda lot: lot.origin == CLEAN))
        shares = {one: pot.draw(amounts[one]) for one in sorted(batch, key=lambda one: (-amounts[one], one))}
        for one in batch:
            self._arrive(one, shares[one])
        self.ahead.update(batch[1:])

    def path(self, trail: int) -> list[int]:
        """The numbers of the flows a lot came by, from the theft on."""
        flows: list[int] = []
        while trail != NO_TRAIL:
            step = self.steps[trail]
            flows.append(step.flow)
            trail = step.before
        flows.reverse()
        return flows

    def stolen_lots(self) -> dict[Account, list[Lot]]:
        """Every account with the stolen lots that are there now, followed or not."""
        return {self.ledger.accounts[number]: lots for number, lots in self._stolen().items()}

    def _stolen(self) -> dict[int, list[Lot]]:
        found = {number: [lot for lot in balance if lot[1] != CLEAN] for number, balance in self.balances.items()}
        waiting = [(self.ledger.payee[row], lots) for pot in self.pots.values() for row, lots in pot]
        coming = [(self.ledger.payer[row], lots) for row, lots in self.poured.items()]
        for number, lots in (*self.resting.items(), *waiting, *coming):
            found[number] = found.get(number, []) + [lot for lot in lots if lot.origin != CLEAN]
        return {number: lots for number, lots in found.items() if lots}

    def tally(self) -> Tally:
        """The same without the ways of single units."""
        traced = [0] * len(self.ledger)
        for row, units in self.traced.items():
            traced[row] = units
        for flow in self.flows:
            traced[flow.row] = flow.traced
        held: dict[tuple[int, int], int] = {}
        for number, lots in sorted(self._stolen().items()):
            units_of: dict[int, int] = {}
            for units, origin, _ in lots:
                units_of[origin] = units_of.get(origin, 0) + units
            held.update({(number, origin): units_of[origin] for origin in sorted(units_of)})
        return Tally(self.method, traced, held, self.converted, self.made, self.fees)

    def audit(self) -> dict[int, int]:
        """Stolen units found per origin; under a method that conserves, what was seeded, or the tool is wrong."""
        return self.tally().by_origin()


def _mixture(amount: int, line: list[tuple[int, int]]) -> dict[int, int]:
    """What an output of ``amount`` units takes from each place of a line of lots, given as theft and length.

    Of every theft, clean money counting as one, it takes its part by largest remainder (`apportion`; between equal
    remainders, whichever comes first in the line). Each of these units stands for the one in the middle of its equal
    part of that theft's line, and they keep the order of the line. So it does not matter how units are cut into lots.
    """
    first: dict[int, int] = {}
    whole: dict[int, int] = {}
    for place, (theft, length) in enumerate(line):
        first.setdefault(theft, place)
        whole[theft] = whole.get(theft, 0) + length
    parts = apportion(amount, {first[theft]: length for theft, length in whole.items()})
    passed = dict.fromkeys(whole, 0)
    given = dict.fromkeys(whole, 0)
    found: dict[int, int] = {}
    for place, (theft, length) in enumerate(line):
        passed[theft] += length
        # Units whose middle lies before the end of this lot: the whole number next to the exact one, halves down.
        until = -((whole[theft] - 2 * passed[theft] * parts.get(first[theft], 0)) // (2 * whole[theft] or 1))
        if until > given[theft]:
            found[place] = until - given[theft]
            given[theft] = until
    return found


class _Balances(dict[int, Balance]):
    """Balances by account number. One that is not there yet is opened."""

    def __init__(self, ledger: Ledger, kind: type[Balance]) -> None:
        super().__init__()
        self.ledger = ledger
        self.kind = kind

    def __missing__(self, number: int) -> Balance:
        balance = self[number] = self.kind()
        if self.ledger.opening[number]:
            balance.put_clean(self.ledger.opening[number])
        return balance


@contextmanager
def _uncollected() -> Iterator[None]:
    """The garbage collector at rest: nothing here makes cycles, and its passes took a third of the time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
