"""What the tree of one stolen asset is drawn from: links between spots, an address in an asset each.

A link is all that one spot sent another, or one conversion whole: what went into it leaves the payer's spot and what
came out arrives at spots of other assets, so that a tree goes on where the money changed its form. Links weigh what of
the stolen asset they carried, whatever they are made of. Which are drawn is chosen by weight alone: the largest first
until the rows are used up, each only after the link that leads to it; every spot grows its branch once.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from chains.model import FEE_SINK, Asset
from reports.view import AssetKey, key_of
from tracer.result import FlowRow, Result

Spot = tuple[str, str, str]
"""(chain, address, asset id)"""

Drawn = tuple[int, Spot]
"""A link by its number, and a spot that it leaves from or arrives at."""


class Arrival(NamedTuple):
    """What arrived at one spot: ``traced`` stolen units of its ``asset``, ``weight`` of the stolen asset."""

    spot: Spot
    asset: Asset
    traced: int
    weight: int


class Link(NamedTuple):
    """``traced`` and ``gross`` in units of ``asset``, as they left one spot; ``since`` in Unix seconds.

    ``conversion`` is its number where it is one; only then are there ``arrivals`` in other assets, or several.
    """

    number: int
    asset: Asset
    arrivals: tuple[Arrival, ...]
    weight: int
    traced: int
    gross: int
    transfers: int
    since: int
    via: tuple[str, ...]
    conversion: int | None = None

    @property
    def to(self) -> str:
        """The first receiver's address."""
        return self.arrivals[0].spot[1] if self.arrivals else ""


Links = dict[Spot, list[Link]]


@dataclass(slots=True)
class Sketch:
    """Which links are drawn, and which spots below them grow a branch (elsewhere they are only referred to).

    ``home`` is the spot that a link is told in full at: a conversion of several spots' money is drawn at each.
    """

    links: Mapping[Spot, list[Link]]
    drawn: set[Drawn] = field(default_factory=set)
    growing: set[Drawn] = field(default_factory=set)
    home: dict[int, Spot] = field(default_factory=dict)


def weight_of(flow: FlowRow, key: AssetKey) -> int:
    """What of a stolen asset a flow stands for. A document from before conversions has units of that asset only."""
    if not flow.principal:
        return flow.traced if key_of(flow.asset) == key else 0
    return sum(part.amount for part in flow.principal if key_of(part.asset) == key)


def links_of(result: Result, key: AssetKey) -> Links:
    """The links of one stolen asset by the spot they leave from, the heaviest first."""
    weighed = [(flow, weight) for flow in result.flows if (weight := weight_of(flow, key))]
    links: defaultdict[Spot, list[Link]] = defaultdict(list)
    for number, (spot, link) in enumerate((*_payments(weighed), *_conversions(result, weighed))):
        links[spot].append(link._replace(number=number if link.conversion is None else -1 - link.conversion))
    return {spot: sorted(found, key=lambda one: (-one.weight, one.to, one.number)) for spot, found in links.items()}


def _payments(weighed: list[tuple[FlowRow, int]]) -> Iterator[tuple[Spot, Link]]:
    pairs: dict[tuple[Spot, Spot], Link] = {}
    for flow, weight in weighed:
        if flow.conversion is not None:
            continue
        ends = _spot(flow, flow.sender), _spot(flow, flow.receiver)
        seen = pairs.get(ends, Link(0, flow.asset, (), 0, 0, 0, 0, flow.time, ()))
        known = seen.arrivals[0] if seen.arrivals else Arrival(ends[1], flow.asset, 0, 0)
        pairs[ends] = seen._replace(
            arrivals=(known._replace(traced=known.traced + flow.traced, weight=known.weight + weight),),
            weight=seen.weight + weight,
            traced=seen.traced + flow.traced,
            gross=seen.gross + flow.amount,
            transfers=seen.transfers + 1,
            since=min(seen.since, flow.time),
            via=tuple(dict.fromkeys((*seen.via, *flow.via))),
        )
    return ((ends[0], link) for ends, link in pairs.items())


def _conversions(result: Result, weighed: list[tuple[FlowRow, int]]) -> Iterator[tuple[Spot, Link]]:
    """Every conversion once for each spot that paid into it; they share its number."""
    sides: defaultdict[int, list[tuple[FlowRow, int]]] = defaultdict(list)
    for flow, weight in weighed:
        if flow.conversion is not None:
            sides[flow.conversion].append((flow, weight))
    for number, flows in sides.items():
        row = result.conversions[number]
        paid = {(part.address, part.asset.id) for part in row.ins}
        into = [one for one in flows if (one[0].sender, one[0].asset.id) in paid]
        arrivals = tuple(_arrivals(one for one in flows if one not in into))
        for spot in dict.fromkeys(_spot(flow, flow.sender) for flow, _ in into):
            own = [(flow, weight) for flow, weight in into if _spot(flow, flow.sender) == spot]
            yield (
                spot,
                Link(
                    0,
                    own[0][0].asset,
                    arrivals,
                    sum(weight for _, weight in into),
                    sum(flow.traced for flow, _ in own),
                    sum(flow.amount for flow, _ in own),
                    len(own),
                    row.time,
                    (),
                    number,
                ),
            )


def _arrivals(came: Iterable[tuple[FlowRow, int]]) -> Iterator[Arrival]:
    """What came out, by spot, the heaviest first."""
    found: dict[Spot, Arrival] = {}
    for flow, weight in came:
        spot = _spot(flow, flow.receiver)
        seen = found.get(spot, Arrival(spot, flow.asset, 0, 0))
        found[spot] = seen._replace(traced=seen.traced + flow.traced, weight=seen.weight + weight)
    return iter(sorted(found.values(), key=lambda one: (-one.weight, one.spot)))


def _spot(flow: FlowRow, address: str) -> Spot:
    return flow.chain, address, flow.asset.id


def choose(links: Mapping[Spot, list[Link]], roots: Mapping[Spot, int], rows: int | None, deepest: int) -> Sketch:
    """The links to draw from these roots: ``rows`` at most, ``deepest`` branches deep, or all."""
    sketch = Sketch(links)
    victims = {spot[:2] for spot in roots}
    placed: set[Spot] = set(roots)
    queue = [_place(link, spot, 1) for spot in roots for link in links.get(spot, ())]
    heapq.heapify(queue)
    while queue and (rows is None or len(sketch.drawn) < rows):
        *_, number, spot, depth, arrivals = heapq.heappop(queue)
        sketch.drawn.add((number, spot))
        if number in sketch.home:
            continue
        sketch.home[number] = spot
        for to in [arrival.spot for arrival in arrivals]:
            if to in placed or to[1] == FEE_SINK or to[:2] in victims:
                continue
            placed.add(to)
            sketch.growing.add((number, to))
            if rows is None or depth < deepest:
                for link in links.get(to, ()):
                    heapq.heappush(queue, _place(link, to, depth + (2 if len(arrivals) > 1 else 1)))
    return sketch


def _place(link: Link, spot: Spot, depth: int) -> tuple[int, str, str, int, Spot, int, tuple[Arrival, ...]]:
    """Its place in the queue: the heaviest first, then by the names of both ends."""
    return -link.weight, link.to, spot[1], link.number, spot, depth, link.arrivals
