"""What is true of a restless chain, worked out from nil and on its own: first in, first out over every account.

Nothing here is the program's: the rows come from the chain itself, and every address is followed from the first block
on. It says which payments carried stolen units, which may have under some rule that conserves money, and where the
units lie at the end.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple


class Row(NamedTuple):
    """One movement, in the order of the chain. ``receiver`` is empty for a fee; ``nth`` numbers equal ones of a tx."""

    number: int
    tx: str
    asset: str
    sender: str
    receiver: str
    amount: int
    nth: int = 0


class Carried(NamedTuple):
    """A payment and the stolen units in it, and how many there may be at most. ``theft``: it left the victim."""

    row: Row
    stolen: int
    most: int
    theft: bool = False


Lots = deque[tuple[int, bool]]
"""(units, stolen) in the order they came."""


@dataclass
class Truth:
    """All payments that carry or may carry stolen units; stolen units that lie somewhere by (asset, address)."""

    carried: list[Carried] = field(default_factory=list)
    resting: dict[tuple[str, str], int] = field(default_factory=dict)


@dataclass
class _Books:
    lots: dict[tuple[str, str], Lots] = field(default_factory=dict)
    most: dict[tuple[str, str], int] = field(default_factory=dict)
    held: dict[tuple[str, str], int] = field(default_factory=dict)

    def put(self, key: tuple[str, str], lots: Iterable[tuple[int, bool]], most: int) -> None:
        there = self.lots.setdefault(key, deque())
        for units, stolen in lots:
            if there and there[-1][1] == stolen:
                there[-1] = (there[-1][0] + units, stolen)
            else:
                there.append((units, stolen))
            self.held[key] = self.held.get(key, 0) + units
        self.most[key] = self.most.get(key, 0) + most

    def take(self, key: tuple[str, str], amount: int) -> tuple[list[tuple[int, bool]], int]:
        """The oldest units; units nobody has seen come (minted, of the genesis) are clean."""
        there, taken, left = self.lots.get(key, deque()), [], amount
        while left and there:
            units, stolen = there.popleft()
            if units > left:
                there.appendleft((units - left, stolen))
            taken.append((min(units, left), stolen))
            left -= taken[-1][0]
        taken += [(left, False)] if left else []
        most = min(amount, self.most.get(key, 0))
        self.held[key] = max(0, self.held.get(key, 0) - amount)
        self.most[key] = min(self.most.get(key, 0), self.held[key])
        return taken, most


def truth_of(rows: Iterable[Row], victim: str, since: str, ends: Collection[str]) -> Truth:
    """Follow everything that left ``victim`` from the transaction ``since`` on; nothing beyond the addresses ``ends``.

    What comes back to the victim is with its owner again.
    """
    truth, books, begun = Truth(), _Books(), False
    ended: dict[tuple[str, str], int] = {}
    for row in rows:
        begun = begun or row.tx == since
        theft = begun and row.sender == victim and row.receiver not in ("", victim)
        if theft:
            lots, most = [(row.amount, True)], row.amount
        elif row.sender in ends or row.sender == victim:
            lots, most = [(row.amount, False)], 0
        else:
            lots, most = books.take((row.asset, row.sender), row.amount)
        stolen = sum(units for units, bad in lots if bad)
        if most and row.receiver:
            truth.carried.append(Carried(row, stolen, most, theft))
        if row.receiver in ends:
            ended[row.asset, row.receiver] = ended.get((row.asset, row.receiver), 0) + stolen
        elif row.receiver and row.receiver != victim:
            books.put((row.asset, row.receiver), lots, most)
    lying = {key: sum(units for units, bad in lots if bad) for key, lots in books.lots.items()}
    truth.resting = {key: units for key, units in (lying | ended).items() if units}
    return truth
