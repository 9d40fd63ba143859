"""Lots, and the rules by which a mixed balance pays out.

A balance is a queue of lots, oldest first. A lot is ``(amount, origin, trail)``: base units, the number of the theft
transfer it stems from (`CLEAN` for money that is not stolen), and the trail of transfers it came by. A drawing rule
takes an amount out of the queue and says which lots left. It never invents units: the caller makes up a shortage from
a clean lot and reports it.

FIFO (Clayton's Case, 1816) is the rule of this version; `RULES` is where others stand beside it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

CLEAN: Final = -1
NO_TRAIL: Final = -1


class Lot(NamedTuple):
    """``amount`` base units of one origin that came by one trail."""

    amount: int
    origin: int
    trail: int


Lots = deque[Lot]
Draw = Callable[[Lots, int], list[Lot]]
"""(lots, amount) → the lots that leave, taken out of the queue; fewer than asked when the queue runs dry."""


def fifo(lots: Lots, amount: int) -> list[Lot]:
    """First in, first out: the oldest units leave first; a lot is split where the amount ends."""
    drawn: list[Lot] = []
    while amount and lots:
        units, origin, trail = oldest = lots[0]
        if units > amount:
            # The plain constructor of a named tuple takes three times as long, and this is the tool's innermost loop.
            lots[0] = tuple.__new__(Lot, (units - amount, origin, trail))
            drawn.append(tuple.__new__(Lot, (amount, origin, trail)))
            break
        lots.popleft()
        drawn.append(oldest)
        amount -= units
    return drawn


RULES: Final[Mapping[str, Draw]] = {"fifo": fifo}
