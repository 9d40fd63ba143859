"""In which column of the flow picture each node stands, and in which order down the column. Pure and deterministic.

Value goes from left to right: a node stands right of everybody who paid it, except where money went in a circle; there
the payment that closes the circle goes back. Within a column, nodes stand near those they exchange value with, so that
few lines cross: each goes to the mean place of its neighbours, some times over, as layered drawings of graphs are
usually made.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

Link = tuple[str, str, int]
"""(from, to, weight)"""

SWEEPS: Final = 12
FINE: Final = 1 << 20
"""Places are compared in parts of this."""


def columns(nodes: Sequence[str], links: Iterable[Link]) -> dict[str, int]:
    """Column of every node, from nil. ``nodes`` in the order in which value reached them, victims first."""
    after: defaultdict[str, list[str]] = defaultdict(list)
    waiting = dict.fromkeys(nodes, 0)
    for left, right in dict.fromkeys(_one_way(nodes, _leaving(links))):
        after[left].append(right)
        waiting[right] += 1
    ready = [id_ for id_ in nodes if not waiting[id_]]
    column = dict.fromkeys(nodes, 0)
    for id_ in ready:
        for to in after[id_]:
            column[to] = max(column[to], column[id_] + 1)
            waiting[to] -= 1
            if not waiting[to]:
                ready.append(to)
    return column


def _leaving(links: Iterable[Link]) -> dict[str, list[str]]:
    """Whom each node pays, the most first."""
    weights: defaultdict[tuple[str, str], int] = defaultdict(int)
    for start, end, weight in links:
        if start != end:
            weights[start, end] += weight
    leaving: defaultdict[str, list[str]] = defaultdict(list)
    for start, end in sorted(weights, key=lambda pair: -weights[pair]):
        leaving[start].append(end)
    return dict(leaving)


def _one_way(nodes: Sequence[str], leaving: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str]]:
    """Who comes left of whom, without circles: depth first, and what leads back to its own way is turned round.

    A stack, because ways may be longer than Python's recursion.
    """
    open_: dict[str, bool] = {}
    for root in nodes:
        stack = [] if root in open_ else [(root, iter(leaving.get(root, ())))]
        open_.setdefault(root, True)
        while stack:
            id_, rest = stack[-1]
            to = next(rest, None)
            if to is None:
                open_[id_] = False
                stack.pop()
                continue
            yield (to, id_) if open_.get(to) else (id_, to)
            if to not in open_:
                open_[to] = True
                stack.append((to, iter(leaving.get(to, ()))))


def ordered(layers: Sequence[Sequence[str]], links: Iterable[tuple[str, str]]) -> list[list[str]]:
    """The layers, each in an order that lets few links cross."""
    near: defaultdict[str, list[str]] = defaultdict(list)
    layer_of = {id_: number for number, layer in enumerate(layers) for id_ in layer}
    for one, other in links:
        near[one].append(other)
        near[other].append(one)
    rows = [list(layer) for layer in layers]
    best, fewest = rows, _crossings(rows, near, layer_of)
    for sweep in range(SWEEPS):
        rows = [list(row) for row in rows]
        there = range(len(rows)) if sweep % 2 == 0 else range(len(rows) - 1, -1, -1)
        places = _places(rows)
        for number in there:
            side = [-1, 1][sweep % 2]
            means = {id_: _mean(id_, near[id_], places, layer_of, side) for id_ in rows[number]}
            rows[number].sort(key=lambda id_: means[id_])  # used up before the next round
            places |= _places([rows[number]])
        crossings = _crossings(rows, near, layer_of)
        if crossings < fewest:
            best, fewest = rows, crossings
    return best


def _places(rows: Iterable[Sequence[str]]) -> dict[str, int]:
    """Where in its column each stands, in parts of `FINE`, so that columns of all lengths compare."""
    return {id_: (2 * place + 1) * FINE // (2 * len(row)) for row in rows for place, id_ in enumerate(row)}


def _mean(id_: str, near: Sequence[str], places: Mapping[str, int], layer_of: Mapping[str, int], side: int) -> int:
    """The mean place of those on one side of it; its own where there are none."""
    found = [places[one] for one in near if (layer_of[one] - layer_of[id_]) * side > 0]
    return sum(found) // len(found) if found else places[id_]


def _crossings(rows: Sequence[Sequence[str]], near: Mapping[str, Sequence[str]], layer_of: Mapping[str, int]) -> int:
    """How often links between neighbouring layers cross, counted by a binary indexed tree."""
    return sum(
        _inversions(
            [
                place
                for id_ in row
                for place in sorted(places[one] for one in near.get(id_, ()) if layer_of[one] == number + 1)
            ],
            len(rows[number + 1]),
        )
        for number, row in enumerate(rows[:-1])
        for places in [{id_: place for place, id_ in enumerate(rows[number + 1])}]
    )


def _inversions(values: Sequence[int], size: int) -> int:
    tree = [0] * (size + 1)
    found = 0
    for seen, value in enumerate(values):
        place, below = value + 1, 0
        while place:
            below += tree[place]
            place &= place - 1
        found += seen - below
        place = value + 1
        while place <= size:
            tree[place] += 1
            place += place & -place
    return found
