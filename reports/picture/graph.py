"""What the flow picture is drawn from: who carried or holds stolen value, and what went between them. Pure.

All payments of one asset between the same two addresses are one edge, for a reader asks who paid whom how much. A
conversion is a node of its own between who paid into it and who received, because it is an inference and no address;
conversions alike in everything but amounts are one. Network fees have no place: everybody pays them to nobody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Final, NamedTuple

from chains.model import FEE_SINK, Asset
from reports.flow_links import weight_of
from reports.numbers import HUNDRED
from reports.view import ranked
from tracer.graph import node_of
from tracer.result import REASONS, ConversionRow, EndpointRow, FlowRow, Result
from tracer.stoppable import unit_worths

VICTIM, WALLET, CONVERSION, HUB, MORE = "victim", "wallet", "conversion", "hub", "more"
PAYMENT, SWEPT = "payment", "swept"

WHOLE: Final = 10**12
"""Weights are parts of this: the whole of what was stolen."""


class Node(NamedTuple):
    """An address (or, with role `CONVERSION`, conversions alike; with `MORE`, addresses not drawn by themselves).

    ``first`` is the number of the flow that first brought stolen value, 0 of a victim. ``weight`` is the most of the
    stolen that passed. ``ends`` are the endpoints here, each with its number in the report. ``rows`` are the places
    of its conversions in the result; ``members`` the ids of the addresses that it stands for.
    """

    id: str
    chain: str
    address: str
    role: str
    first: int = 0
    weight: int = 0
    ends: tuple[tuple[int, EndpointRow], ...] = ()
    rows: tuple[int, ...] = ()
    members: tuple[str, ...] = ()


class Edge(NamedTuple):
    """All that went from one node to another in one asset; ``flows`` are their numbers in the report, in order.

    ``inference`` where the chain does not prove that it carried stolen value.
    """

    start: str
    end: str
    asset: Asset
    kind: str
    traced: int
    gross: int
    weight: int
    flows: tuple[int, ...]
    inference: bool = False


class Net(NamedTuple):
    """The whole picture, nodes in order of their first flow. ``fees`` are what is left out of it, by asset."""

    nodes: Mapping[str, Node]
    edges: tuple[Edge, ...]
    fees: tuple[tuple[Asset, int], ...] = ()


def share(weight: int) -> int:
    """A weight in hundredths of a percent; at least one of anything, at most all, though value may pass twice."""
    return min(HUNDRED, max(weight * HUNDRED // WHOLE, 1 if weight else 0))


def net_of(result: Result) -> Net:
    """The picture of a result."""
    ends: defaultdict[str, list[tuple[int, EndpointRow]]] = defaultdict(list)
    for number, row in enumerate(ranked(result), 1):
        if row.address != FEE_SINK:
            ends[node_of(row.chain, row.address)].append((number, row))
    edges = (*_edges(result), *_sweeps(result))
    came, left = sums(edges)
    nodes = (
        node._replace(role=_role(node, at), weight=max(came[node.id], left[node.id]), ends=tuple(at))
        for node in _nodes(result, edges)
        for at in [ends[node.id]]
    )
    order = sorted(nodes, key=lambda node: (node.role != VICTIM, node.first, node.id))
    fees = ((flow.asset, flow.traced) for flow in result.flows if flow.receiver == FEE_SINK)
    return Net({node.id: node for node in order}, edges, tuple(fees))


def _role(node: Node, ends: Iterable[tuple[int, EndpointRow]]) -> str:
    """What an address is to the reader: the most telling reason why stolen value ends here, if it does."""
    reasons = sorted((row.reason for _, row in ends if row.reason != "fee"), key=REASONS.index)
    return reasons[0] if reasons and node.role != VICTIM else node.role


def _nodes(result: Result, edges: Iterable[Edge]) -> Iterator[Node]:
    """Everybody at either end of an edge, and every victim."""
    firsts: dict[str, int] = {}
    for edge in edges:
        first = min(edge.flows, default=len(result.flows) + 1)
        for id_ in (edge.start, edge.end):
            firsts[id_] = min(firsts.get(id_, first), first)
    conversions: defaultdict[str, list[int]] = defaultdict(list)
    for number, name in _conversion_ids(result).items():
        conversions[name].append(number)
    victims = {node_of(one.chain, one.victim): (one.chain, one.victim) for one in result.origins}
    yield from (Node(id_, *who, VICTIM) for id_, who in victims.items())
    hubs = {edge.end for edge in edges if edge.kind == SWEPT}
    for id_, first in firsts.items():
        if id_ in conversions:
            row = result.conversions[conversions[id_][0]]
            yield Node(id_, row.chain, "", CONVERSION, first, rows=tuple(conversions[id_]))
        elif id_ not in victims:
            chain, _, address = id_.rpartition(":")
            yield Node(id_, chain, address, HUB if id_ in hubs else WALLET, first)


def _edges(result: Result) -> Iterator[Edge]:
    """Payments, merged by their ends and asset, in order of their first flow."""
    worth = unit_worths(result)
    keys = list(worth)
    scale = {key: worth[key] * WHOLE for key in keys}
    ids, paid = _conversion_ids(result), [_paid(row) for row in result.conversions]
    merged: dict[tuple[str, str, str], list[tuple[int, FlowRow]]] = {}
    for number, flow in enumerate(result.flows, 1):
        if FEE_SINK not in (flow.sender, flow.receiver):
            merged.setdefault((*_ends(flow, ids, paid), flow.asset.id), []).append((number, flow))
    for (start, end, _), flows in merged.items():
        first = flows[0][1]
        weights = (sum((scale[key] * weight_of(flow, key) for key in keys), Fraction(0)) for _, flow in flows)
        row = None if first.conversion is None else result.conversions[first.conversion]
        out = row is not None and start == ids[first.conversion or 0]
        yield Edge(
            start,
            end,
            first.asset,
            PAYMENT if row is None else row.kind,
            sum(flow.traced for _, flow in flows),
            sum(flow.amount for _, flow in flows),
            int(sum(weights, Fraction(0))),
            tuple(number for number, _ in flows),
            out and row is not None and (not row.linked or row.doubtful),
        )


def _ends(flow: FlowRow, ids: Mapping[int, str], paid: list[set[tuple[str, str]]]) -> tuple[str, str]:
    start, end = node_of(flow.chain, flow.sender), node_of(flow.chain, flow.receiver)
    if flow.conversion is None:
        return start, end
    into = (flow.sender, flow.asset.id) in paid[flow.conversion]
    return (start, ids[flow.conversion]) if into else (ids[flow.conversion], end)


def _paid(row: ConversionRow) -> set[tuple[str, str]]:
    return {(part.address, part.asset.id) for part in row.ins}


def _conversion_ids(result: Result) -> dict[int, str]:
    """Conversion → its node: the first of those alike."""
    alike: dict[tuple[object, ...], str] = {}
    return {
        number: alike.setdefault(_alike(row), f"conversion:{number + 1}")
        for number, row in enumerate(result.conversions)
    }


def _alike(row: ConversionRow) -> tuple[object, ...]:
    sides = (tuple(sorted({(part.address, part.asset.id) for part in side})) for side in (row.ins, row.outs))
    return row.chain, row.kind, row.venues, row.linked, row.doubtful, bool(row.placed), *sides


def _sweeps(result: Result) -> Iterator[Edge]:
    """Where deposit addresses sent on what they took in: seen, and not followed."""
    seen: set[tuple[str, str]] = set()
    for row in result.endpoints:
        ends = node_of(row.chain, row.address), node_of(row.chain, row.swept_to or "")
        if row.swept_to and ends not in seen:
            seen.add(ends)
            yield Edge(*ends, row.asset, SWEPT, 0, 0, 0, (), inference=True)


def sums(edges: Iterable[Edge]) -> tuple[defaultdict[str, int], defaultdict[str, int]]:
    """Weight that came to and that left each node."""
    came: defaultdict[str, int] = defaultdict(int)
    left: defaultdict[str, int] = defaultdict(int)
    for edge in edges:
        came[edge.end] += edge.weight
        left[edge.start] += edge.weight
    return came, left
