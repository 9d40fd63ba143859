"""An exact replay over a whole recorded ledger under any method: the rules of docs/method.md, written a second time.

It sees every row of the chain in order and keeps a pile for everybody it expands, so it needs no histories, balances or
opening lots. Whom it expands is found as the least fixed point: expanding somebody only adds stolen value elsewhere.
It is written for being read beside the rules, not for speed, and shares no line with tracer/lots.py.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

Row = tuple[int, str, str, int]
"""(time, sender, receiver, amount)"""

Pile = list[tuple[int, int]]
"""(amount, origin), in order of arrival; origins count from 1 in order of the theft transfers."""

CLEAN = 0

Payout = Callable[[Pile, int], Pile]
"""What leaves a pile with a payment of that many units. It is taken off the pile."""


class Replayed(NamedTuple):
    """Who was expanded, how many stolen units each address received, and what is ``held`` at the expanded ones."""

    expanded: frozenset[str]
    received: dict[str, int]
    held: dict[str, int]


def replay(
    rows: Sequence[Row],
    victims: Collection[str],
    since: int,
    stops: Collection[str],
    threshold: int,
    method: str = "fifo",
) -> Replayed:
    """Follow what left the victims from ``since`` on through everybody who received ``threshold`` and is no stop."""
    return replay_each(rows, victims, since, stops, threshold, (method,))[method]


def replay_each(
    rows: Sequence[Row],
    victims: Collection[str],
    since: int,
    stops: Collection[str],
    threshold: int,
    methods: Sequence[str],
) -> dict[str, Replayed]:
    """The same under several methods at once, through everybody who received ``threshold`` under any of them."""
    expanded: frozenset[str] = frozenset()
    while True:
        passes = {method: _pass(rows, victims, since, expanded, PAYOUTS[method]) for method in methods}
        worth = {who for received, _ in passes.values() for who, units in received.items() if units >= threshold}
        worth -= {*stops, *victims}
        if worth <= expanded:
            return {
                method: Replayed(expanded, received, _stolen_in(piles, PAYOUTS[method]))
                for method, (received, piles) in passes.items()
            }
        expanded |= worth


def _stolen_in(piles: Mapping[str, Pile], payout: Payout) -> dict[str, int]:
    """Stolen units that each pile would pay if it paid everything."""
    return {who: _stolen(payout(list(pile), sum(units for units, _ in pile))) for who, pile in piles.items()}


def _stolen(lots: Pile) -> int:
    return sum(units for units, origin in lots if origin != CLEAN)


def _pass(
    rows: Sequence[Row], victims: Collection[str], since: int, expanded: Collection[str], payout: Payout
) -> tuple[dict[str, int], dict[str, Pile]]:
    received: dict[str, int] = defaultdict(int)
    piles: dict[str, Pile] = defaultdict(list)
    thefts = 0
    for time, sender, receiver, amount in rows:
        if sender == receiver or not amount:
            continue
        if sender in victims and time >= since:
            thefts += 1
            lots = [(amount, thefts)]
        elif sender in expanded:
            lots = payout(piles[sender], amount)
        elif receiver in expanded:
            lots = [(amount, CLEAN)]
        else:
            continue
        stolen = _stolen(lots)
        if stolen:
            received[receiver] += stolen
        if receiver in expanded:
            piles[receiver].extend(lots)
    return dict(received), dict(piles)


def _taken(pile: Pile, order: Iterator[int], amount: int) -> Pile:
    """Take the lots of a pile in this order until the amount is complete; the last one may be split."""
    left: dict[int, int] = {}
    paid: Pile = []
    while amount:
        place = next(order)
        units, origin = pile[place]
        part = min(units, amount)
        paid.append((part, origin))
        left[place] = units - part
        amount -= part
    for place in sorted(left, reverse=True):
        if left[place]:
            pile[place] = (left[place], pile[place][1])
        else:
            del pile[place]
    return paid


def oldest_first(pile: Pile, amount: int) -> Pile:
    """FIFO."""
    return _taken(pile, iter(range(len(pile))), amount)


def newest_first(pile: Pile, amount: int) -> Pile:
    """LIFO. What came in one payment counts as having come in the order in which it left the payer."""
    return _taken(pile, iter(reversed(range(len(pile)))), amount)


def clean_ones_first(pile: Pile, amount: int) -> Pile:
    """Lowest intermediate balance."""
    return _taken(pile, iter(sorted(range(len(pile)), key=lambda place: pile[place][1] != CLEAN)), amount)


def stolen_ones_first(pile: Pile, amount: int) -> Pile:
    """Tainted first."""
    return _taken(pile, iter(sorted(range(len(pile)), key=lambda place: pile[place][1] == CLEAN)), amount)


def in_proportion(pile: Pile, amount: int) -> Pile:
    """Pro rata: quotas rounded down, then a unit each to the largest remainders, clean before old thefts before new."""
    units: Counter[int] = Counter()
    for part, origin in pile:
        units[origin] += part
    quotas = {origin: Fraction(amount * part, sum(units.values())) for origin, part in units.items()}
    parts = {origin: quota.numerator // quota.denominator for origin, quota in quotas.items()}
    by_remainder = sorted(quotas, key=lambda origin: (parts[origin] - quotas[origin], origin))
    for origin in by_remainder[: amount - sum(parts.values())]:
        parts[origin] += 1
    pile[:] = [(units[origin] - parts[origin], origin) for origin in sorted(units) if units[origin] > parts[origin]]
    return [(part, origin) for origin, part in sorted(parts.items()) if part]


def all_or_nothing(pile: Pile, amount: int) -> Pile:
    """Poison: one stolen unit in the pile makes every unit of it stolen, until the pile is nil."""
    mark = next((origin for _, origin in pile if origin != CLEAN), CLEAN)
    rest = sum(units for units, _ in pile) - amount
    pile[:] = [(rest, mark)] if rest else []
    return [(amount, mark)]


PAYOUTS: dict[str, Payout] = {
    "fifo": oldest_first,
    "lifo": newest_first,
    "pro_rata": in_proportion,
    "clean_first": clean_ones_first,
    "tainted_first": stolen_ones_first,
    "poison": all_or_nothing,
}
