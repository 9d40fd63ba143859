"""Follows the scripted meaning of the plays by the rules of conversions, and knows nothing of the program's readers.

The rules. A payment draws lots from the payer by the method and puts them to the receiver;
the signer's fee is drawn before anything else of its transaction. What each receiver of a conversion gets is divided
over all that was drawn, by what it is worth: over the thefts first, then along the line (`mixed`); of every output the
same mixture. Largest remainders get the odd units, and between equal ones the earlier.

Principal is counted per origin and output (`pool`): what went in, over all inputs, divided over the outputs by value,
and at the end divided over the places where that output's units ended, by units. The place of
units that were converted again is the conversion. What grew without a movement is never put in: paid out, it is clean.
What came to an exchange's deposit address rests there: its sweep is the exchange's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from tests.lab.venues_play import FEE, Balances, Conversion, Meaning, Move
from tracer.lots import CLEAN, METHODS, NO_TRAIL, Balance, Fifo, Lot

Where = tuple[str, str]


class Place(NamedTuple):
    """Units of an asset that stem from one origin, where they ended, and the stolen principal they stand for."""

    holder: str
    asset: str
    origin: int
    amount: int
    principal: int


def share(amount: int, weights: Sequence[int]) -> list[int]:
    """``amount`` in proportion to weights, by largest remainder; between equal ones the earlier gets the odd unit."""
    whole = sum(weights)
    parts = [amount * weight // whole for weight in weights]
    remainders = sorted(range(len(weights)), key=lambda place: (-(amount * weights[place] % whole), place))
    for place in remainders[: amount - sum(parts)]:
        parts[place] += 1
    return parts


def mixed(amount: int, thefts: Sequence[int], lengths: Sequence[int]) -> list[int]:
    """What of an output each part of a line gives: each theft (clean money being one) its share of the whole.

    Every unit of a theft stands for the middle of its equal part of what the line has of that theft, so that how it is
    cut into parts does not matter; a middle that is where two parts meet is the later one's.
    """
    order = [*dict.fromkeys(thefts)]
    whole = {one: sum(length for theft, length in zip(thefts, lengths, strict=True) if theft == one) for one in order}
    shares = dict(zip(order, share(amount, [*whole.values()]), strict=True))
    passed, given = dict.fromkeys(order, 0), dict.fromkeys(order, 0)
    parts: list[int] = []
    for theft, length in zip(thefts, lengths, strict=True):
        passed[theft] += length
        before = (2 * shares[theft] * passed[theft] + whole[theft] - 1) // (2 * whole[theft])
        parts.append(before - given[theft])
        given[theft] = before
    return parts


class Pool(NamedTuple):
    """One output of a conversion as far as it stems from one origin; a theft is number -1 and its own whole output.

    Its units stand for equal parts of its principal, so lots and mixtures are told apart by it.
    ``values``: what the conversion's outputs were worth, of which this is number ``place``.
    """

    number: int
    origin: int
    place: int
    values: tuple[int, ...]


class Follower:
    """One method's run over the whole meaning. ``worth``: what one base unit of an asset weighs against another's."""

    def __init__(self, opening: Balances, worth: Mapping[str, int], method: str = "fifo") -> None:
        self._kind = METHODS[method].balance
        self.worth = worth
        self._accounts: dict[Where, Balance] = {}
        self._pools: list[Pool] = []
        self._trails: list[int] = []
        self._steps: list[int] = []
        self._stolen: list[int] = []
        self._ends: dict[int, dict[Where | int, int]] = {}
        for (holder, asset), amount in opening.items():
            if amount:
                self._account((holder, asset)).put_clean(amount)

    def follow(self, meaning: Sequence[Meaning]) -> list[Place]:
        """Every place where stolen units ended; fees are at ``fee``. To be called once."""
        for number, one in enumerate(meaning):
            if isinstance(one, Move):
                self._move(one)
            elif isinstance(one, Conversion):
                self._convert(number, one)
        for where, account in self._accounts.items():
            self._end(account, where)
        return self._places()

    def longest(self) -> dict[int, int]:
        """By origin, the most steps that any of its units took after the theft."""
        longest: dict[int, int] = {}
        for pool, steps in zip(self._trails, self._steps, strict=True):
            origin = self._pools[pool].origin
            longest[origin] = max(longest.get(origin, 0), steps)
        return longest

    def _account(self, where: Where) -> Balance:
        # An order is no purse with a rule of its own: what is paid for it waits there in its order.
        return self._accounts.setdefault(where, self._kind() if where[0].startswith("0x") else Fifo())

    def _pool(self, pool: Pool) -> int:
        self._pools.append(pool)
        return len(self._pools) - 1

    def _trail(self, pool: int, before: int = NO_TRAIL) -> int:
        """A trail of its own for every arrival, so that lots are as many as payments made them."""
        self._trails.append(pool)
        self._steps.append(self._steps[before] + 1 if before != NO_TRAIL else 0)
        return len(self._trails) - 1

    def _move(self, move: Move) -> None:
        if move.swept:
            return
        lots = self._account((move.payer, move.asset)).draw(move.amount) if move.amount else []
        if move.stolen:
            pool = self._pool(Pool(-1, len(self._stolen), 0, (1,)))
            lots = [Lot(move.amount, pool, self._trail(pool))]
            self._stolen.append(move.amount)
        onward: dict[int, int] = {}
        for lot in lots:
            if lot.origin != CLEAN and lot.trail not in onward:
                onward[lot.trail] = self._trail(lot.origin, lot.trail)
        if move.receiver == FEE:
            onward = {trail: trail for trail in onward}
        arriving = [Lot(lot.amount, lot.origin, onward.get(lot.trail, NO_TRAIL)) for lot in lots]
        self._account((move.receiver, move.asset)).put(arriving)

    def _convert(self, number: int, one: Conversion) -> None:
        drawn = [(lot, asset) for asset, amount in one.ins for lot in self._account((one.payer, asset)).draw(amount)]
        self._end((lot for lot, _ in drawn), number)
        lengths = self._values([(asset, lot.amount) for lot, asset in drawn])
        thefts = [CLEAN if lot.origin == CLEAN else self._pools[lot.origin].origin for lot, _ in drawn]
        values = self._values([(asset, amount) for _, asset, amount in one.outs])
        for place, (receiver, asset, amount) in enumerate(one.outs):
            pools: dict[int, int] = {}
            made: list[Lot] = []
            for (lot, _), theft, units in zip(drawn, thefts, mixed(amount, thefts, lengths), strict=True):
                if theft == CLEAN or not units:
                    made.append(Lot(units, CLEAN, NO_TRAIL))
                    continue
                if theft not in pools:
                    pools[theft] = self._pool(Pool(number, theft, place, values))
                made.append(Lot(units, pools[theft], self._trail(pools[theft], lot.trail)))
            self._account((receiver, asset)).put([lot for lot in made if lot.amount])

    def _values(self, amounts: Sequence[tuple[str, int]]) -> tuple[int, ...]:
        if len({asset for asset, _ in amounts}) < 2:
            return tuple(amount for _, amount in amounts)
        return tuple(amount * self.worth[asset] for asset, amount in amounts)

    def _end(self, lots: Iterable[Lot], where: Where | int) -> None:
        for lot in lots:
            if lot.origin != CLEAN:
                ends = self._ends.setdefault(lot.origin, {})
                ends[where] = ends.get(where, 0) + lot.amount

    def _places(self) -> list[Place]:
        """In order of pools: what went into a conversion is known before the pools it made."""
        went_in: dict[tuple[int, int], int] = {}
        found: dict[tuple[str, str, int], tuple[int, int]] = {}
        for number, pool in enumerate(self._pools):
            key = pool.number, pool.origin
            principal = self._stolen[pool.origin] if pool.number < 0 else share(went_in[key], pool.values)[pool.place]
            ends = self._ends.get(number, {})
            for (end, units), part in zip(ends.items(), share(principal, [*ends.values()]), strict=True):
                if isinstance(end, int):
                    went_in[end, pool.origin] = went_in.get((end, pool.origin), 0) + part
                else:
                    amount, before = found.get((*end, pool.origin), (0, 0))
                    found[*end, pool.origin] = amount + units, before + part
        return [Place(*key, *numbers) for key, numbers in found.items()]
