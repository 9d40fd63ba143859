"""What of a large case the flow picture shows: the largest by themselves, the rest gathered and counted. Pure.

A picture is read by following lines, so whatever is drawn hangs together: from the victims on, always the largest that
is reached already comes next. On paper what is not drawn by itself is gathered, by its distance from the victims, in
nodes that say how many they stand for; so the lines still add up. An interactive picture has room for far more, and
says what it leaves out.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Final, NamedTuple

from reports.picture.graph import MORE, VICTIM, Edge, Net, Node, sums
from reports.view import key_of

FOLDS: Final = 4
"""Nodes that stand for others, at most."""


class Cut(NamedTuple):
    """What is shown, and what is not: places in the picture, and edges between places that are."""

    net: Net
    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()


def largest(net: Net, limit: int) -> Cut:
    """The largest nodes with all edges between them."""
    shown = set(_chosen(net, limit))
    edges: dict[bool, list[Edge]] = {True: [], False: []}
    for edge in net.edges:
        edges[edge.start in shown and edge.end in shown].append(edge)
    nodes = {id_: node for id_, node in net.nodes.items() if id_ in shown}
    left_out = tuple(node for id_, node in net.nodes.items() if id_ not in shown)
    return Cut(Net(nodes, tuple(edges[True]), net.fees), left_out, tuple(edges[False]))


def folded(net: Net, nodes: int, edges: int) -> Cut:
    """At most so many nodes, with the rest gathered, and at most so many edges, the largest."""
    if len(net.nodes) > nodes:
        shown = set(_chosen(net, nodes - FOLDS))
        net = _gathered(net, _by_distance(net, shown))
    kept = _kept(net, edges)
    left_out = tuple(edge for number, edge in enumerate(net.edges) if number not in kept)
    drawn = tuple(edge for number, edge in enumerate(net.edges) if number in kept)
    return Cut(Net(net.nodes, drawn, net.fees), (), left_out)


def _chosen(net: Net, limit: int) -> Iterator[str]:
    """From the victims on, always the largest that is reached; whatever nothing reaches comes last."""
    after: defaultdict[str, list[str]] = defaultdict(list)
    for edge in net.edges:
        after[edge.start].append(edge.end)
    place = {id_: number for number, id_ in enumerate(net.nodes)}

    def rank(id_: str) -> tuple[bool, int, int, str]:
        node = net.nodes[id_]
        return node.role != VICTIM, -node.weight, place[id_], id_

    seen = {id_ for id_, node in net.nodes.items() if node.role == VICTIM}
    queue = [rank(id_) for id_ in seen]
    heapq.heapify(queue)
    rest = iter(sorted(map(rank, net.nodes)))
    for _ in range(min(limit, len(net.nodes))):
        id_ = heapq.heappop(queue)[-1] if queue else next(one[-1] for one in rest if one[-1] not in seen)
        seen.add(id_)
        yield id_
        for to in after[id_]:
            if to not in seen:
                seen.add(to)
                heapq.heappush(queue, rank(to))


def _by_distance(net: Net, shown: AbstractSet[str]) -> dict[str, str]:
    """For every node that is not shown, the one that stands for it: by how many steps it is from the victims."""
    distance = _distances(net)
    rest = [id_ for id_ in net.nodes if id_ not in shown]
    far = sorted({distance[id_] for id_ in rest})
    bucket = {steps: min(number, FOLDS - 1) for number, steps in enumerate(far)}
    return {id_: f"more:{bucket[distance[id_]]}" for id_ in rest}


def _distances(net: Net) -> defaultdict[str, int]:
    after: defaultdict[str, list[str]] = defaultdict(list)
    for edge in net.edges:
        after[edge.start].append(edge.end)
    found: defaultdict[str, int] = defaultdict(lambda: len(net.nodes))
    found.update({id_: 0 for id_, node in net.nodes.items() if node.role == VICTIM})
    queue = list(found)
    for id_ in queue:
        for to in after[id_]:
            if to not in found:
                found[to] = found[id_] + 1
                queue.append(to)
    return found


def _gathered(net: Net, into: Mapping[str, str]) -> Net:
    """The net with nodes replaced by those that stand for them; what stays within one of these is not drawn."""
    merged: dict[tuple[str, str, tuple[str, str]], Edge] = {}
    for edge in net.edges:
        start, end = into.get(edge.start, edge.start), into.get(edge.end, edge.end)
        if start != end or edge.start == edge.end:
            key = start, end, key_of(edge.asset)
            merged[key] = _joined(merged[key], edge) if key in merged else edge._replace(start=start, end=end)
    stood_for: defaultdict[str, list[Node]] = defaultdict(list)
    for id_, node in net.nodes.items():
        stood_for[into.get(id_, id_)].append(node)
    came, left = sums(merged.values())
    nodes = {
        name: (_as_one(name, found) if name not in net.nodes else found[0])._replace(weight=max(came[name], left[name]))
        for name, found in stood_for.items()
    }
    return Net(nodes, tuple(merged.values()), net.fees)


def _as_one(name: str, nodes: Sequence[Node]) -> Node:
    ends = tuple(end for node in nodes for end in node.ends)
    return Node(name, nodes[0].chain, "", MORE, nodes[0].first, ends=ends, members=tuple(node.id for node in nodes))


def _joined(one: Edge, other: Edge) -> Edge:
    return one._replace(
        traced=one.traced + other.traced,
        gross=one.gross + other.gross,
        weight=one.weight + other.weight,
        flows=tuple(sorted((*one.flows, *other.flows))),
        inference=one.inference or other.inference,
    )


def _kept(net: Net, limit: int) -> set[int]:
    """The places of the edges to draw: of every node the largest that leads to it, then the largest of all."""
    order = sorted(range(len(net.edges)), key=lambda place: (-net.edges[place].weight, place))
    leading: dict[str, int] = {}
    for place in order:
        leading.setdefault(net.edges[place].end, place)
    wanted: Iterable[int] = (*leading.values(), *order)
    return set(list(dict.fromkeys(wanted))[:limit])
