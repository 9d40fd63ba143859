"""Where everything in the flow picture stands: boxes, lines and the room for what is written on lines. Pure.

Every line has a place of its own at both boxes that it joins, and at the box on its right a straight last stretch, on
which its amount is written. So no two amounts can lie over each other, however many lines there are. Where a line
passes columns, it has a lane between their boxes. Coordinates are whole numbers; the same net gives the same picture.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from reports.picture.columns import columns, ordered

BOX: Final = 128
"""Width of all boxes."""

GAP: Final = 16
LANE: Final = 6
"""Between boxes, and for each lane."""

SAID: Final = 28
PLAIN: Final = 11
"""What a line needs of a box's side: with words on it, and without."""

CURVE: Final = 40
"""Between boxes and the straight stretches before the next column, where lines bend."""

SWEEPS: Final = 16
DX: Final = 280
DY: Final = 90
TALL: Final = 40
MANY: Final = 48
"""Of the interactive picture: how far apart nodes stand, how many below each other, and how many columns at most."""


class Wire(NamedTuple):
    """An edge to draw: from box to box, with so much room for what is written on it."""

    start: str
    end: str
    weight: int
    room: int


class Place(NamedTuple):
    """A box: its upper left corner, and its height."""

    x: int
    y: int
    height: int


Point = tuple[int, int]


class Path(NamedTuple):
    """A line: straight stretches, joined by curves. ``text`` is where its words begin.

    ``forward`` when value goes along it in the order of the stretches; ``start`` and ``end`` of a box in one column are
    joined round the left.
    """

    stretches: tuple[tuple[Point, Point], ...]
    text: Point
    forward: bool


class Plan(NamedTuple):
    """Boxes by id, and lines in the order of the wires."""

    boxes: Mapping[str, Place]
    paths: tuple[Path, ...]
    width: int
    height: int


def plan(heights: Mapping[str, int], wires: Sequence[Wire], deepest: int) -> Plan:
    """Places for boxes of these heights (at least), in the order in which value reached them, and for their wires.

    There are ``deepest`` columns at most: where value passed through more hands, a column has several of them.
    """
    return _Planner(heights, wires, deepest).plan()


def grid(nodes: Sequence[str], links: Sequence[tuple[str, str, int]]) -> dict[str, tuple[int, int]]:
    """The middles of nodes in an interactive picture, where lines need no lanes and columns may be very tall."""
    column = _few(columns(nodes, links), MANY)
    layers = ordered(_layers(nodes, column), ((start, end) for start, end, _ in links))
    found: dict[str, tuple[int, int]] = {}
    x = 0
    for layer in layers:
        wide = max(1, -(-len(layer) // TALL))
        rows = -(-len(layer) // wide)
        for place, id_ in enumerate(layer):
            found[id_] = x + place % wide * DX, (2 * (place // wide) - rows + 1) * DY // 2
        x += wide * DX
    return found


def _few(column: Mapping[str, int], deepest: int) -> dict[str, int]:
    """The same in as many columns as a page bears: the two neighbours with the fewest nodes become one, and again.

    The first, where the victims are, stays by itself.
    """
    counts = Counter(column.values())
    groups = [([at], counts[at]) for at in sorted(counts) if at]
    while len(groups) > deepest - 1:
        place = min(range(len(groups) - 1), key=lambda place: (groups[place][1] + groups[place + 1][1], -place))
        (one, many), (other, more) = groups[place : place + 2]
        groups[place : place + 2] = [([*one, *other], many + more)]
    becomes = {at: number for number, (joined, _) in enumerate(groups, 1) for at in joined}
    return {id_: becomes.get(at, 0) for id_, at in column.items()}


def _layers(nodes: Sequence[str], column: Mapping[str, int]) -> list[list[str]]:
    layers: list[list[str]] = [[] for _ in range(max(column.values(), default=-1) + 1)]
    for id_ in nodes:
        layers[column[id_]].append(id_)
    return layers


class _Planner:
    """One drawing. Lanes have ids of their own: ``lane:wire:column``."""

    def __init__(self, heights: Mapping[str, int], wires: Sequence[Wire], deepest: int) -> None:
        self._wires = wires
        self._column = _few(columns(list(heights), [wire[:3] for wire in wires]), deepest)
        layers = _layers(list(heights), self._column)
        self._chains = [self._chain(number, wire) for number, wire in enumerate(wires)]
        for lane in (lane for chain in self._chains for lane in chain[1:-1]):
            layers[self._column[lane]].append(lane)
        self._layers = ordered(layers, (pair for chain in self._chains for pair in pairwise(chain)))
        self._place = {id_: place for layer in self._layers for place, id_ in enumerate(layer)}
        self._ports: dict[tuple[int, int], int] = {}
        least = self._make_ports()
        self._height = {id_: max(height, least[id_]) for id_, height in heights.items()}

    def _chain(self, number: int, wire: Wire) -> list[str]:
        """The ids that a wire passes, from left to right; within a column, from its start to its end."""
        left, right = sorted((wire.start, wire.end), key=lambda id_: self._column[id_])
        between = range(self._column[left] + 1, self._column[right])
        lanes = [f"lane:{number}:{column}" for column in between]
        self._column.update(zip(lanes, between, strict=True))
        return [left, *lanes, right]

    def _hooked(self, chain: Sequence[str]) -> bool:
        return self._column[chain[0]] == self._column[chain[-1]]

    def _make_ports(self) -> defaultdict[str, int]:
        """How far from its box's middle each wire leaves and arrives, and how high boxes must be for that.

        In the order of what the wires lead to, so that they do not cross there.
        """
        sides: defaultdict[tuple[str, bool], list[tuple[int, int, int]]] = defaultdict(list)
        for number, chain in enumerate(self._chains):
            if self._hooked(chain):
                below = self._place[chain[1]] > self._place[chain[0]]
                far = len(self._place)
                sides[chain[0], False].append((far if below else -1, number, 0))
                sides[chain[1], False].append((-1 if below else far, number, 1))
            else:
                sides[chain[0], True].append((self._place[chain[1]], number, 0))
                sides[chain[-1], False].append((self._place[chain[-2]], number, 1))
        least: defaultdict[str, int] = defaultdict(int)
        for (id_, _), found in sides.items():
            needs = [SAID if end else PLAIN for _, _, end in sorted(found)]
            least[id_] = max(least[id_], sum(needs) + 6)
            for place, (_, number, end) in enumerate(sorted(found)):
                self._ports[number, end] = sum(needs[:place]) + (needs[place] - sum(needs)) // 2
        return least

    def plan(self) -> Plan:
        """The finished plan."""
        middle = self._middles()
        left, width = self._across()
        top = min((middle[id_] - self._size(id_) // 2 for id_ in middle), default=0)
        boxes = {
            id_: Place(left[self._column[id_]], middle[id_] - height // 2 - top, height)
            for id_, height in self._height.items()
        }
        paths = tuple(self._path(number, middle, left, top) for number in range(len(self._wires)))
        ends = (place.y + place.height for place in boxes.values())
        lowest = max(
            (*ends, *(y + LANE for path in paths for stretch in path.stretches for _, y in stretch)), default=0
        )
        return Plan(boxes, paths, width, lowest)

    def _across(self) -> tuple[list[int], int]:
        """Where each column's boxes begin, and how wide all is."""
        rooms = [0] * len(self._layers)
        for wire, chain in zip(self._wires, self._chains, strict=True):
            at = self._column[chain[-1]]
            rooms[at] = max(rooms[at], wire.room)
        left: list[int] = []
        x = 0
        for number, room in enumerate(rooms):
            x += room + (CURVE if number or room else 0)
            left.append(x)
            x += BOX
        return left, x

    def _path(self, number: int, middle: Mapping[str, int], left: Sequence[int], top: int) -> Path:
        wire, chain = self._wires[number], self._chains[number]
        heights = [middle[id_] - top for id_ in chain]
        heights[0] += self._ports[number, 0]
        heights[-1] += self._ports[number, 1]
        starts = [left[self._column[id_]] for id_ in chain]
        rooms = [self._room(left, self._column[id_]) for id_ in chain]
        text = starts[-1] - wire.room, heights[-1]
        if self._hooked(chain):
            x, bend, (first, last) = starts[0], starts[0] - rooms[0], heights
            return Path((((x, first), (bend, first)), ((bend, last), (x, last))), text, forward=True)
        stretches = [((starts[0] + BOX, heights[0]), (starts[0] + BOX, heights[0]))]
        for x, y, room in zip(starts[1:], heights[1:], rooms[1:], strict=True):
            stretches.append(((x - room, y), (x + BOX, y)))
        stretches[-1] = stretches[-1][0], (starts[-1], heights[-1])
        return Path(tuple(stretches), text, chain[0] == wire.start)

    def _room(self, left: Sequence[int], column: int) -> int:
        """For words, left of a column."""
        return left[column] - (left[column - 1] + BOX if column else 0) - CURVE

    def _middles(self) -> dict[str, int]:
        """Heights of the middles: boxes near those they are joined to, lanes as straight as can be."""
        size = {id_: self._size(id_) for layer in self._layers for id_ in layer}
        middle = dict.fromkeys(size, 0)
        pulls = self._pulls()
        for sweep in range(SWEEPS):
            layers = self._layers if sweep % 2 == 0 else self._layers[::-1]
            for layer in layers:
                middle |= _settled(layer, size, {id_: _wish(pulls[id_], middle, id_) for id_ in layer})
        return middle

    def _size(self, id_: str) -> int:
        """A box or a lane with its part of the room between."""
        return self._height[id_] + GAP if id_ in self._height else LANE

    def _pulls(self) -> defaultdict[str, list[tuple[str, int, int]]]:
        """What pulls at each box or lane: another, how far off its middle that wants it, and how strongly."""
        found: defaultdict[str, list[tuple[str, int, int]]] = defaultdict(list)
        for number, chain in enumerate(self._chains):
            off = [0] * len(chain)
            off[0], off[-1] = self._ports[number, 0], self._ports[number, 1]
            for (one, at), (other, there) in pairwise(zip(chain, off, strict=True)):
                strength = 1 + 3 * sum(id_.startswith("lane:") for id_ in (one, other))
                found[one].append((other, there - at, strength))
                found[other].append((one, at - there, strength))
        return found


def _wish(pulls: Sequence[tuple[str, int, int]], middle: Mapping[str, int], id_: str) -> int:
    """Where it would stand best."""
    strength = sum(pull[2] for pull in pulls)
    return sum((middle[one] + off) * force for one, off, force in pulls) // strength if strength else middle[id_]


def _settled(layer: Sequence[str], size: Mapping[str, int], wish: Mapping[str, int]) -> dict[str, int]:
    """As near to their wishes as the order and the sizes of a column allow: neighbours in each other's way share.

    Least squares under an order, by pooling neighbours that would overlap.
    """
    offset: list[int] = []
    for place, id_ in enumerate(layer):
        before = layer[place - 1] if place else id_
        offset.append(offset[-1] + (size[before] + size[id_] + 1) // 2 if place else 0)
    pools: list[tuple[int, int]] = []  # the sum of the wishes of a pool, and how many it has
    for id_, off in zip(layer, offset, strict=True):
        pool = wish[id_] - off, 1
        while pools and pools[-1][0] * pool[1] >= pool[0] * pools[-1][1]:
            last = pools.pop()
            pool = last[0] + pool[0], last[1] + pool[1]
        pools.append(pool)
    places = [whole // count for whole, count in pools for _ in range(count)]
    return {id_: place + off for id_, place, off in zip(layer, places, offset, strict=True)}
