"""The accounting: a left fold over ordered transfers that says where every stolen unit is. Pure, integers only.

Only *followed* accounts have a balance here: those whose history is known from `Follow.low` on, with the opening
balance as their oldest, clean lot. Stolen units that reach any other account, or a followed one before it is known,
rest there: that is an endpoint, or the next account to read. Hence, after every single transfer:

    sum of stolen units in followed accounts + units resting elsewhere = units stolen so far      (per origin)

which `Fold.audit` recomputes. Folding a prefix and then the rest equals folding the whole.
"""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from chains.model import Transfer
from tracer.lots import CLEAN, NO_TRAIL, Draw, Lot, Lots, fifo
from tracer.words import sentence

Account = tuple[str, str, str]
"""(chain, address, asset)"""

Identity = tuple[str, str, int, str, str, str, int, int]
"""`Transfer.identity`"""


class Follow(NamedTuple):
    """An account whose history is known from height ``low`` on, when it held ``opening`` base units."""

    low: int
    opening: int


class Flow(NamedTuple):
    """A transfer that carried stolen units: ``lots`` are the stolen ones only, as they arrived."""

    transfer: Transfer
    lots: tuple[Lot, ...]

    @property
    def traced(self) -> int:
        """Stolen units in this transfer."""
        return sum(lot.amount for lot in self.lots)


class Step(NamedTuple):
    """One link of a trail: the trail before it and the flow (its number) that made it."""

    before: int
    flow: int


@dataclass(slots=True)
class Fold:
    """The state of the accounting; feed it transfers in order of position with `run`.

    ``seeds`` maps a theft transfer's identity to its origin number. ``short`` collects units that an account paid out
    although the fold did not know it had them: each is a gap for the caller to report.
    """

    seeds: Mapping[Identity, int]
    follow: Mapping[Account, Follow]
    draw: Draw = fifo
    held: dict[Account, Lots] = field(default_factory=dict)
    resting: dict[Account, list[Lot]] = field(default_factory=dict)
    flows: list[Flow] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    short: dict[Account, int] = field(default_factory=dict)
    victims: frozenset[Account] = field(init=False)

    def __post_init__(self) -> None:
        """Open every followed account with its clean lot."""
        self.victims = frozenset((key[0], key[4], key[3]) for key in self.seeds)
        for account, follow in self.follow.items():
            self.held[account] = deque([Lot(follow.opening, CLEAN, NO_TRAIL)] if follow.opening else [])

    def run(self, transfers: Iterable[Transfer]) -> Fold:
        """Account for transfers, which must come in order of position within each chain."""
        with _uncollected():
            self._run(transfers)
        return self

    def _run(self, transfers: Iterable[Transfer]) -> None:
        follow, held, seeds, victims = self.follow, self.held, self.seeds, self.victims
        for transfer in transfers:
            chain, _, position, _, asset, sender, receiver, amount, _ = transfer
            if sender == receiver:
                continue
            payer: Account = (chain, sender, asset)
            payee: Account = (chain, receiver, asset)
            known = follow.get(payer)
            into = held.get(payee)
            if known is not None and position.height >= known.low:
                lots = self._drawn(payer, amount)
            elif payer in victims and (origin := seeds.get(transfer.identity)) is not None:
                lots = [Lot(amount, origin, NO_TRAIL)]
            elif into is None:
                continue
            else:
                lots = [Lot(amount, CLEAN, NO_TRAIL)]
            if any([lot.origin >= 0 for lot in lots]):  # noqa: C419 - a list is quicker for so few
                there = follow.get(payee)
                known_there = there is not None and position.height >= there.low
                self._arrive(payee, self._carried(transfer, lots), known=known_there)
            elif into is not None and position.height >= follow[payee].low:
                _append_clean(into, amount)

    def _drawn(self, payer: Account, amount: int) -> list[Lot]:
        """The lots that pay ``amount``; what the account is not known to have is paid clean, and noted as short."""
        lots = self.draw(self.held[payer], amount)
        missing = amount - (lots[0].amount if len(lots) == 1 else sum([lot.amount for lot in lots]))
        if missing:
            lots.append(Lot(missing, CLEAN, NO_TRAIL))
            self.short[payer] = self.short.get(payer, 0) + missing
        return lots

    def _arrive(self, payee: Account, lots: list[Lot], *, known: bool) -> None:
        """Put lots where they arrived; what reaches an account that is not known then rests, but for its clean lots."""
        if known:
            self.held[payee].extend(lots)
        else:
            self.resting.setdefault(payee, []).extend([lot for lot in lots if lot.origin >= 0])

    def _carried(self, transfer: Transfer, lots: list[Lot]) -> list[Lot]:
        """The lots of a payment with one more step on the trail of each stolen one; records the flow."""
        number = len(self.flows)
        moved: list[Lot] = []
        for lot in lots:
            if lot.origin >= 0:
                self.steps.append(Step(lot.trail, number))
                moved.append(Lot(lot.amount, lot.origin, len(self.steps) - 1))
            else:
                moved.append(Lot(lot.amount, CLEAN, NO_TRAIL))
        self.flows.append(Flow(transfer, tuple([lot for lot in moved if lot.origin >= 0])))
        return moved

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
        """Every account with the stolen lots that are there at the end, followed or not."""
        found = {account: [lot for lot in lots if lot.origin >= 0] for account, lots in self.held.items()}
        for account, lots in self.resting.items():
            found.setdefault(account, []).extend(lots)
        return {account: lots for account, lots in found.items() if lots}

    def audit(self) -> dict[int, int]:
        """Stolen units found per origin; equal to what was seeded, or the tool is wrong."""
        totals: dict[int, int] = {}
        for lots in self.stolen_lots().values():
            for lot in lots:
                totals[lot.origin] = totals.get(lot.origin, 0) + lot.amount
        return totals


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


def _append_clean(lots: Lots, amount: int) -> None:
    if lots and lots[-1].origin == CLEAN:
        lots[-1] = Lot(lots[-1].amount + amount, CLEAN, NO_TRAIL)
    else:
        lots.append(Lot(amount, CLEAN, NO_TRAIL))


def opening_balance(transfers: Iterable[Transfer], address: str, balance: int | None) -> tuple[int, str]:
    """What an account held before ``transfers`` (its own, in order), and why that figure is weak ("" when it is not).

    ``balance`` is what it held after the last of them. The opening follows by subtraction; where that is unknown or
    impossible, the least is taken that never makes the balance negative, which is all the chain then proves.
    """
    running = lowest = 0
    for transfer in transfers:
        if transfer.receiver == address:
            running += transfer.amount
        if transfer.sender == address:
            running -= transfer.amount
            lowest = min(lowest, running)
    if balance is None:
        return -lowest, sentence("rule.balance_unknown")
    opening = balance - running
    if opening < -lowest:
        return -lowest, sentence("rule.balance_differs")
    return opening, ""
