"""The traced flows as a graph, for programs that draw or search graphs.

Only what carried stolen value is in it, not everything that was read. Nodes are ``chain:address``; every payment is an
edge of its own, and every conversion one from who paid to who received, with what went in beside what came out: its
venues are on the edge, for they are no stop on the way. Amounts are decimal strings in base units, because they do not
fit the 64 bits of GraphML and GEXF readers. Names come from labels and token contracts, so they are made harmless
before they go into a file.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeAlias

import networkx as nx
from networkx.readwrite.gexf import GEXFWriter

from tracer.errors import CaseError, UsageError
from tracer.hostile import clean
from tracer.result import REASONS, ConversionRow, ConvertedPart, EndpointRow, FlowRow, Result, conduits_of, rfc3339

Graph: TypeAlias = "nx.MultiDiGraph[str]"
Edge = tuple[str, str, str]
"""(from node, to node, key)"""

NAME_CAP: Final = 200


def node_of(chain: str, address: str) -> str:
    """The name of an address in the graph."""
    return f"{chain}:{address}"


def flow_graph(result: Result) -> Graph:
    """The graph of a result. All attributes are text or int.

    Graph: ``tracer`` (its version), ``method``, ``through`` (addresses the user had it pass). Nodes: ``label`` (entity,
    else the address), ``chain``,
    ``address``, ``role`` (`_role`), ``reasons`` (all that end here, comma-separated), ``hop`` (-1 where unknown),
    ``entity``, ``entity_source``, ``marks``, and ``held``, a JSON object of asset id → base units still there.
    Edges: ``kind`` (``payment``, or that of the conversion), ``tx``, ``time`` (RFC 3339), ``position`` ("" for a
    conversion), of what arrived ``asset`` (id), ``symbol``, ``decimals``, ``gross``, ``traced``; ``paid``, of what the
    payer paid into a conversion a JSON array of the same five, else "[]"; ``market``, the value that came out in parts
    of what went in, or ""; ``venues`` and ``via``, addresses separated by spaces.
    """
    graph: Graph = nx.MultiDiGraph(tracer=result.version, method=result.method, through=", ".join(result.through))
    for chain, address in sorted(_who(result)):
        graph.add_node(node_of(chain, address), chain=chain, address=address)
    for number, flow in enumerate(sorted(_payments(result), key=_order)):
        ends = node_of(flow.chain, flow.sender), node_of(flow.chain, flow.receiver)
        graph.add_edge(*ends, key=f"f{number}", **_edge(flow))
    conduits = conduits_of(result)
    for number, row in enumerate(result.conversions):
        via = conduits.get(number, ())
        for place, (payer, part) in enumerate(_ends_of(row)):
            ends = node_of(row.chain, payer), node_of(row.chain, part.address)
            graph.add_edge(*ends, key=f"c{number}.{place}", **_conversion_edge(row, payer, part, via))
    _describe(graph, result)
    return graph


def endpoints_of(graph: Graph) -> list[str]:
    """The nodes where stolen value ends."""
    return sorted(node for node, reasons in graph.nodes(data="reasons") if reasons)


def paths_to(graph: Graph, target: str, *, limit: int = 10) -> list[tuple[Edge, ...]]:
    """Up to ``limit`` ways from a victim to ``target``, theft first, the last step with most value first.

    A way changes its asset in conversions only, visits no address twice in one asset and never goes back in time. []
    for a node that nothing reached and for one that is not in the graph.
    """
    if target not in graph:
        return []
    found = (tuple(reversed(way)) for way in _ways_back(graph, target))
    return list(islice(found, limit))


def write(graph: Graph, path: Path) -> None:
    """Write the graph as GraphML or GEXF, by the file's ending.

    Raises:
        UsageError: any other ending.
        CaseError: the file cannot be written.
    """
    writer = _WRITERS.get(path.suffix.lower())
    if writer is None:
        raise UsageError("error.graph_ending", file=path, endings=", ".join(_WRITERS))
    try:
        path.write_text(writer(graph), encoding="utf-8")
    except OSError as failure:
        raise CaseError("error.graph_unwritten", file=path, why=failure.strerror) from None


def graphml(graph: Graph) -> str:
    """The graph as GraphML."""
    return "\n".join(nx.generate_graphml(graph)) + "\n"


def _gexf(graph: Graph) -> str:
    """Without the day of writing, which networkx adds: the same case gives the same bytes."""
    writer = GEXFWriter(graph, version="1.2draft")
    del writer.xml[0].attrib["lastmodifieddate"]
    return str(writer) + "\n"


_WRITERS: Final[Mapping[str, Callable[[Graph], str]]] = {".graphml": graphml, ".gexf": _gexf}


def _payments(result: Result) -> Iterator[FlowRow]:
    """The flows that are no side of a conversion."""
    return (flow for flow in result.flows if flow.conversion is None)


def _ends_of(row: ConversionRow) -> Iterator[tuple[str, ConvertedPart]]:
    """Everybody who paid stolen units into a conversion, with everything stolen that came out."""
    payers = dict.fromkeys(part.address for part in row.ins if part.traced)
    return ((payer, part) for payer in payers for part in row.outs if part.traced)


def _who(result: Result) -> set[tuple[str, str]]:
    return {
        *((row.chain, row.sender) for row in _payments(result)),
        *((row.chain, row.receiver) for row in _payments(result)),
        *((row.chain, part.address) for row in result.conversions for part in (*row.ins, *row.outs) if part.traced),
        *((row.chain, row.address) for row in result.addresses),
        *((row.chain, row.address) for row in result.endpoints),
        *((row.chain, row.victim) for row in result.origins),
    }


def _order(flow: FlowRow) -> tuple[Any, ...]:
    return flow.time, flow.chain, flow.position, flow


def _edge(flow: FlowRow) -> dict[str, Any]:
    return {
        "kind": "payment",
        "tx": flow.tx,
        "time": rfc3339(flow.time),
        "position": flow.position,
        **_amount(flow),
        "paid": "[]",
        "market": "",
        "venues": "",
        "via": " ".join(flow.via),
    }


def _conversion_edge(row: ConversionRow, payer: str, part: ConvertedPart, via: Iterable[str]) -> dict[str, Any]:
    paid = [_amount(one) for one in row.ins if one.address == payer]
    return {
        "kind": row.kind,
        "tx": row.tx,
        "time": rfc3339(row.time),
        "position": "",
        **_amount(part),
        "paid": json.dumps(paid, sort_keys=True),
        "market": "" if row.market is None else format(row.market, "f"),
        "venues": " ".join(row.venues),
        "via": " ".join(via),
    }


def _amount(one: FlowRow | ConvertedPart) -> dict[str, Any]:
    return {
        "asset": one.asset.id,
        "symbol": clean(one.asset.symbol),
        "decimals": one.asset.decimals,
        "gross": str(one.amount),
        "traced": str(one.traced),
    }


def _describe(graph: Graph, result: Result) -> None:
    victims = {node_of(origin.chain, origin.victim) for origin in result.origins}
    ends: defaultdict[str, list[EndpointRow]] = defaultdict(list)
    for row in result.endpoints:
        ends[node_of(row.chain, row.address)].append(row)
    hops: dict[str, int] = dict.fromkeys(victims, 0)
    held: defaultdict[str, dict[str, str]] = defaultdict(dict)
    marks: defaultdict[str, set[str]] = defaultdict(set)
    for address in result.addresses:
        node = node_of(address.chain, address.address)
        hops[node] = min(hops.get(node, address.hop), address.hop)
        held[node][address.asset.id] = str(address.held)
        marks[node].update(clean(mark, NAME_CAP) for mark in address.marks)
    for node, data in graph.nodes(data=True):
        rows = sorted(ends[node], key=lambda row: (REASONS.index(row.reason), row.asset, row.amount))
        labelled = next((row for row in rows if row.entity), None)
        entity = clean(labelled.entity, NAME_CAP) if labelled else ""
        data["label"] = entity or data["address"]
        data["role"] = _role(graph, node, victims, rows)
        data["reasons"] = ",".join(dict.fromkeys(row.reason for row in rows))
        data["hop"] = hops.get(node, -1)
        data["entity"] = entity
        data["entity_source"] = clean(labelled.label_source, NAME_CAP) if labelled else ""
        data["marks"] = "; ".join(sorted(marks[node]))
        data["held"] = json.dumps(held[node], sort_keys=True)


def _role(graph: Graph, node: str, victims: set[str], rows: list[EndpointRow]) -> str:
    """``victim``; ``holder`` where stolen value went on; else the reason it ends here, the most telling one."""
    if node in victims:
        return "victim"
    if any(target != node for target in graph.successors(node)) or not rows:
        return "holder"
    return rows[0].reason


def _ways_back(graph: Graph, target: str) -> Iterator[list[Edge]]:
    """Depth first from the target to a victim. A stack, because ways may be longer than Python's recursion."""
    start: list[Edge] = []
    stack = [start]
    while stack:
        way = stack.pop()
        node = way[-1][0] if way else target
        if way and graph.nodes[node]["role"] == "victim":
            yield way
            continue
        stack.extend([*way, edge] for edge in _steps_back(graph, node, way))


def _steps_back(graph: Graph, node: str, way: list[Edge]) -> list[Edge]:
    """The edges that may come before ``way``, the one with most value last."""
    seen = {(edge[1], graph.edges[edge]["asset"]) for edge in way}
    after = graph.edges[way[-1]] if way else None
    needed = set() if after is None else _left_as(after)
    steps = [
        (int(data["traced"]), (sender, receiver, key))
        for sender, receiver, key, data in graph.in_edges(node, keys=True, data=True)
        if (node, data["asset"]) not in seen
        and (after is None or (data["asset"] in needed and data["time"] <= after["time"]))
    ]
    return [edge for _, edge in sorted(steps)]


def _left_as(edge: Mapping[str, Any]) -> set[str]:
    """The assets in which value left the payer of an edge."""
    paid = {one["asset"] for one in json.loads(edge["paid"]) if one["traced"] != "0"}
    return paid or {edge["asset"]}
