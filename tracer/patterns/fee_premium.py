"""Fees far above the usual, as paid by somebody in a hurry.

The fee of a transaction that carried traced value is at least five times the median of the other fees known on that
chain within an hour of it, of which there must be five. Known are only the fees of accounts that were read, not those
of the block; and what a transaction costs depends on what it does. Both are said with the lead.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import floor
from typing import Final, NamedTuple

from chains.model import FEE_SINK
from tracer.patterns.lead import AT_LEAST, Detector, Lead, Param, Unexamined, doubled
from tracer.patterns.traffic import HOUR, Traffic
from tracer.words import sentence

TIMES: Final = 5
OTHERS: Final = 5
BASE: Final = 50


class Compared(NamedTuple):
    """A fee's row, the number of others within an hour, and how many times their median it is."""

    row: int
    others: int
    ratio: Fraction


class Ranks:
    """A multiset of ranks below a limit that answers which is the k-th smallest, all in logarithmic time."""

    def __init__(self, limit: int) -> None:
        self.size = 1 << limit.bit_length()
        self.tree = [0] * (self.size + 1)

    def add(self, rank: int, count: int) -> None:
        """Put in (1) or take out (-1) a rank."""
        place = rank + 1
        while place <= self.size:
            self.tree[place] += count
            place += place & -place

    def smallest(self, k: int) -> int:
        """The k-th smallest rank, from 0."""
        place, step = 0, self.size
        while step:
            if place + step <= self.size and self.tree[place + step] <= k:
                place += step
                k -= self.tree[place]
            step >>= 1
        return place


def fee_premium(traffic: Traffic) -> Iterator[Lead | Unexamined]:
    """One lead for everybody who paid such a fee, with all those fees."""
    ledger = traffic.workings.ledger
    spent = (*traffic.went.values(), *traffic.into.values())
    carrying = {(one.chain, one.tx, one.sender) for flows in spent for one in map(traffic.transfer, flows)}
    by_chain: dict[str, list[int]] = {}
    for row, one in enumerate(ledger.transfers):
        if one.receiver == FEE_SINK:
            by_chain.setdefault(one.chain, []).append(row)
    compared = [one for rows in by_chain.values() for one in _compared(traffic, rows)]
    if not compared:
        yield Unexamined("fee_premium", sentence("rule.unread.fees", n=OTHERS))
    found: dict[int, list[Compared]] = {}
    for fee in compared:
        transfer = ledger.transfers[fee.row]
        paid_for = (transfer.chain, transfer.tx, transfer.sender) in carrying
        if paid_for and fee.ratio >= TIMES:
            found.setdefault(ledger.payer[fee.row], []).append(fee)
    for payer, fees in found.items():
        yield _lead(traffic, payer, fees)


def _compared(traffic: Traffic, rows: list[int]) -> Iterator[Compared]:
    """Each fee of a chain against the others within an hour, where there are enough."""
    ledger = traffic.workings.ledger
    rows = sorted(rows, key=lambda row: (ledger.transfers[row].time, row))
    times = [ledger.transfers[row].time for row in rows]
    by_size = sorted(range(len(rows)), key=lambda place: (ledger.amount[rows[place]], place))
    rank = {place: number for number, place in enumerate(by_size)}
    near, first, end = Ranks(len(rows)), 0, 0
    for place, row in enumerate(rows):
        while end < len(rows) and times[end] <= times[place] + HOUR:
            near.add(rank[end], 1)
            end += 1
        while times[first] < times[place] - HOUR:
            near.add(rank[first], -1)
            first += 1
        others = end - first - 1
        if others >= OTHERS:
            near.add(rank[place], -1)
            middle = [near.smallest((others - 1) // 2), near.smallest(others // 2)]
            near.add(rank[place], 1)
            median = sum(ledger.amount[rows[by_size[one]]] for one in middle)
            yield Compared(row, others, Fraction(2 * ledger.amount[row], median))


def _lead(traffic: Traffic, payer: int, fees: Sequence[Compared]) -> Lead:
    highest = max(fees, key=lambda one: one.ratio)
    times = floor(highest.ratio)
    ratio = Param("times_the_median", times, AT_LEAST, TIMES)
    return Lead(
        "fee_premium",
        traffic.members_of([traffic.place(payer)], (one.row for one in fees)),
        (ratio, Param("other_fees", highest.others, AT_LEAST, OTHERS), Param("transactions", len(fees))),
        BASE,
        doubled(ratio),
        (sentence("rule.caveat.fees"),),
        sentence("rule.lead.fee_premium", times=times, n=highest.others),
    )


DETECTORS: Final = (Detector("fee_premium", fee_premium),)
