"""An exact FIFO replay over a whole recorded ledger: the same rules as the tracer, written a second time and simply.

It sees every row of the chain in order and keeps a queue for everybody, so it needs no histories, no balances and no
opening lots. Whom it expands is found as the least fixed point: expanding somebody only adds stolen value elsewhere.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

Row = tuple[int, str, str, int]
"""(time, sender, receiver, amount)"""

Queue = deque[tuple[int, bool]]
"""(amount, stolen), oldest first"""


class Replayed(NamedTuple):
    """Who was expanded, and how many stolen units each address received; of it, ``held`` is still there."""

    expanded: frozenset[str]
    received: dict[str, int]
    held: dict[str, int]


def replay(
    rows: Sequence[Row], victims: Collection[str], since: int, stops: Collection[str], threshold: int
) -> Replayed:
    """Follow what left the victims from ``since`` on through everybody who received ``threshold`` and is no stop."""
    expanded: frozenset[str] = frozenset()
    while True:
        received, queues = _pass(rows, victims, since, expanded)
        worth = {who for who, units in received.items() if units >= threshold and who not in {*stops, *victims}}
        if worth <= expanded:
            held = {who: sum(units for units, stolen in queue if stolen) for who, queue in queues.items()}
            return Replayed(expanded, received, held)
        expanded |= worth


def _pass(
    rows: Iterable[Row], victims: Collection[str], since: int, expanded: Collection[str]
) -> tuple[dict[str, int], dict[str, Queue]]:
    received: dict[str, int] = defaultdict(int)
    queues: dict[str, Queue] = defaultdict(deque)
    for time, sender, receiver, amount in rows:
        if sender in victims:
            lots = [(amount, time >= since)]
        elif sender in expanded:
            lots = _drawn(queues[sender], amount)
        else:
            lots = [(amount, False)]
        stolen = sum(units for units, is_stolen in lots if is_stolen)
        if stolen:
            received[receiver] += stolen
        queues[receiver].extend(lots)
    return dict(received), dict(queues)


def _drawn(queue: Queue, amount: int) -> list[tuple[int, bool]]:
    drawn: list[tuple[int, bool]] = []
    while amount:
        units, stolen = queue.popleft()
        if units > amount:
            queue.appendleft((units - amount, stolen))
            units = amount
        drawn.append((units, stolen))
        amount -= units
    return drawn
