"""Maximum flow in whole numbers: how much can get from one node to another at most, given what is on its way already.

Dinic's method: label every node with its distance from the target in the residual graph, push along shortest ways until
all are blocked, and begin anew until no way is left. It starts from whatever flow there is, so a question that differs
little from the one before costs little.

The inner steps are written once. On large graphs whose amounts fit 64 bits they run compiled by numba over arrays
of 64-bit numbers; on small graphs, beyond 64 bits, or without numba, the interpreter runs the same lines over the same
arrays, or lists of integers of any size. The answer is the same, only the time differs.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, MutableSequence, Sequence
from functools import cache
from importlib import import_module
from typing import Any, Final, NamedTuple

LIMIT: Final = 2**63
"""Capacities below this fit 64 bits, and with them all that the steps compute: the room there and back through an arc
adds up to its capacity at any time, and sums over several arcs are left to integers of any size."""

WORTH_COMPILING: Final = 2_000
"""Arcs from which on loading the compiled steps pays."""

Numbers = MutableSequence[int]


class Arc(NamedTuple):
    """From ``tail`` to ``head`` at most ``capacity`` units, ``flow`` of which are on their way already."""

    tail: int
    head: int
    capacity: int
    flow: int = 0


class Steps(NamedTuple):
    """The inner steps: all of them interpreted, or all compiled."""

    label: Callable[..., bool]
    find: Callable[..., int]
    send: Callable[..., int]


class Residual:
    """A residual graph in compressed rows: what more fits through every arc, and what could be taken back.

    Slot ``s`` leads to node ``heads[s]``; ``room[s]`` more units fit through it; ``twins[s]`` is the slot that leads
    back. Node ``n`` has the slots from ``first[n]`` to before ``first[n + 1]``.
    """

    def __init__(self, nodes: int, arcs: Iterable[Arc]) -> None:
        arcs = list(arcs)
        self.first, self.slots = _rows(nodes, arcs)
        self.heads, self.twins, room = [0] * (2 * len(arcs)), [0] * (2 * len(arcs)), [0] * (2 * len(arcs))
        for (tail, head, capacity, flow), (there, back) in zip(arcs, self.slots, strict=True):
            self.heads[there], self.twins[there], room[there] = head, back, capacity - flow
            self.heads[back], self.twins[back], room[back] = tail, there, flow
        self.narrow = max((arc.capacity for arc in arcs), default=0) < LIMIT
        self.room: Numbers = self._numbers(room)
        self._graph: tuple[Numbers, ...] = tuple(map(self._numbers, (self.first, self.heads, self.twins)))
        self._levels, self._cursors, self._way = (self._numbers([0] * nodes) for _ in range(3))

    def _numbers(self, numbers: Sequence[int]) -> Numbers:
        return array("q", numbers) if self.narrow else list(numbers)

    def flow(self, arc: int) -> int:
        """What is on its way through an arc, by its place among those the graph was made of."""
        return self.room[self.slots[arc][1]]

    def set(self, arc: int, capacity: int) -> None:
        """Give an arc another capacity, and take all flow from it."""
        there, back = self.slots[arc]
        self.room[there], self.room[back] = capacity, 0

    def augment(self, source: int, target: int) -> int:
        """Send from ``source`` to another node, ``target``, all that still fits, and say how much that is."""
        left = self._left(source)
        quick = self.narrow and len(self.room) >= 2 * WORTH_COMPILING
        return self._sent(compiled() if quick else INTERPRETED, source, target, left)

    def _left(self, node: int) -> int:
        return sum(self.room[self.first[node] : self.first[node + 1]])

    def _sent(self, steps: Steps, source: int, target: int, wanted: int) -> int:
        """Send all that still fits of the ``wanted`` units that fit out of the source."""
        first, heads, twins = self._graph
        room, levels, cursors, way = self.room, self._levels, self._cursors, self._way
        left = wanted
        while left and steps.label(first, heads, twins, room, source, target, levels, way):
            cursors[:] = first[:-1]
            length = 0
            while (length := steps.find(first, heads, twins, room, levels, source, target, cursors, way, length)) >= 0:
                length = steps.send(twins, room, way, length)
            left = self._left(source)
        return wanted - left


def _rows(nodes: int, arcs: Sequence[Arc]) -> tuple[list[int], list[tuple[int, int]]]:
    """Where the slots of every node begin, and for every arc the slots there and back."""
    first = [0] * (nodes + 1)
    for arc in arcs:
        first[arc.tail + 1] += 1
        first[arc.head + 1] += 1
    for node in range(nodes):
        first[node + 1] += first[node]
    free = first[:-1]
    slots = []
    for arc in arcs:
        slots.append((free[arc.tail], free[arc.head] + (arc.tail == arc.head)))
        free[arc.tail] += 1
        free[arc.head] += 1
    return first, slots


def _label(
    first: Numbers,
    heads: Numbers,
    twins: Numbers,
    room: Numbers,
    source: int,
    target: int,
    levels: Numbers,
    queue: Numbers,
) -> bool:
    """Every node's distance to ``target`` as far as that of ``source``, else -1; False when there is no way."""
    for node in range(len(levels)):
        levels[node] = -1
    levels[target] = 0
    queue[0] = target
    done, end = 0, 1
    while done < end:
        node = queue[done]
        done += 1
        if node == source:
            return True
        for slot in range(first[node], first[node + 1]):
            before = heads[slot]
            if levels[before] < 0 and room[twins[slot]] > 0:
                levels[before] = levels[node] + 1
                queue[end] = before
                end += 1
    return False


def _find(
    first: Numbers, heads: Numbers, twins: Numbers, room: Numbers, levels: Numbers, source: int, target: int,
    cursors: Numbers, way: Numbers, length: int,
) -> int:  # fmt: skip
    """Go on from ``way`` to ``target``, nearer with every step; the length of the whole way, -1 if none is open."""
    node = heads[way[length - 1]] if length else source
    while node != target:
        slot = cursors[node]
        if slot == first[node + 1]:
            if length == 0:
                return -1
            length -= 1
            node = heads[twins[way[length]]]
            cursors[node] += 1
        elif room[slot] > 0 and levels[heads[slot]] == levels[node] - 1:
            way[length] = slot
            length += 1
            node = heads[slot]
        else:
            cursors[node] = slot + 1
    return length


def _send(twins: Numbers, room: Numbers, way: Numbers, length: int) -> int:
    """Send all that fits along a way; the length of what of it is still open, from the source on."""
    amount = room[way[0]]
    for place in range(1, length):
        amount = min(amount, room[way[place]])
    kept = length
    for place in range(length - 1, -1, -1):
        slot = way[place]
        room[slot] -= amount
        room[twins[slot]] += amount
        if room[slot] == 0:
            kept = place
    return kept


INTERPRETED: Final = Steps(_label, _find, _send)


@cache
def compiled() -> Steps:
    """The steps in machine code, or as they are where numba is not installed."""
    try:
        numba = import_module("numba")
    except ImportError:
        return INTERPRETED
    try:
        return _tried(numba.njit(cache=True))
    except (OSError, RuntimeError):
        # The compiled code can be kept nowhere: no folder is writable, or the disk is full.
        return _tried(numba.njit)


def _tried(compile_: Callable[[Callable[..., Any]], Callable[..., Any]]) -> Steps:
    """Compiled steps that have run once, because that is when they are compiled and kept."""
    steps = Steps(*map(compile_, INTERPRETED))
    Residual(2, [Arc(0, 1, 1)])._sent(steps, 0, 1, 1)  # noqa: SLF001 - its own module
    return steps
