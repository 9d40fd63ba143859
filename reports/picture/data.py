"""The flow picture as data, for a format that draws it interactively (reports/formats/html.py).

A dict that goes into JSON as it stands: only text, whole numbers, truth values, lists and dicts; every text is in the
reader's language, made harmless and still to be escaped by whoever puts it on a page.

``nodes``: ``id``; ``x``, ``y`` (whole numbers, the node's middle; stolen value goes from left to right);
``chain``, ``chain_name``; ``address`` in full ("" of a conversion) and ``short``; ``name`` (what a label, in brackets,
or an inference, behind ``≈``, calls it, else ""); ``role`` (``victim``, ``wallet``, ``conversion``, ``hub`` or one of
`tracer.result.REASONS`) and ``role_name``; ``reasons`` (list: why stolen value ends here, each with its amount);
``hop`` (-1 unknown); ``card`` (``endpoint-3``: the anchor of its card in the report, else ""); ``received`` and
``held`` (amounts as text, "" for none); ``first`` (time, text); ``share`` (hundredths of a percent of all that was
stolen: the most that passed); ``explorer`` (a page of the chain's explorer, else "").

``edges``: ``id``, ``from``, ``to`` (node ids); ``asset`` (its symbol), ``asset_id`` (as in ``assets``); ``amount``,
``traced`` (text); ``share`` as of nodes; ``inference`` (dashed where true); ``kind`` (``payment``, a kind of
conversion, or ``swept``) and ``kind_name``; ``time_first``, ``time_last`` (text, "" of a sweep); ``flows``, a list of
``number`` (its row in the report's table of payments), ``tx``, ``url``, ``time``, ``amount``, ``traced``.

``assets``: ``id``, ``symbol``, ``chain_name``, ``share`` (the most of one edge), the largest first. ``endpoints``, as
ranked in the report: ``node``, ``card``, ``name``, ``way``: the edges that carried what rests there now, the largest
part first (empty where no way is known). ``roles``: ``role`` and ``name`` of those that occur. ``left_out``: ``nodes``,
``flows`` (counts) and ``text`` (a sentence, "" where nothing is left out). ``size``: ``width``, ``height``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

from chains.model import Asset
from reports.draft import Draft
from reports.numbers import money, symbol
from reports.picture.cut import Cut, largest
from reports.picture.graph import Edge, Net, Node, share
from reports.picture.layout import DX, DY, grid
from reports.picture.names import Names
from reports.view import in_total
from tracer.graph import node_of
from tracer.hostile import clean
from tracer.result import Result

LIMIT: Final = 2_000
"""Nodes of an interactive picture."""


def graph(draft: Draft, net: Net) -> dict[str, Any]:
    """The whole net as data, or the largest part of it."""
    cut = largest(net, LIMIT)
    shown = cut.net
    names = Names(draft, (node.address for node in shown.nodes.values() if node.address))
    places = grid(list(shown.nodes), [(edge.start, edge.end, edge.weight) for edge in shown.edges])
    hops, received = _passed(draft.dossier.result)
    roles = dict.fromkeys(node.role for node in shown.nodes.values())
    return {
        "nodes": [
            {"x": places[id_][0], "y": places[id_][1], "hop": hops.get(id_, -1), "received": received.get(id_, "")}
            | _node(names, node)
            for id_, node in shown.nodes.items()
        ],
        "edges": [_edge(names, number, edge) for number, edge in enumerate(shown.edges, 1)],
        "assets": _assets(draft, shown),
        "endpoints": list(_endpoints(names, shown)),
        "roles": [{"role": role, "name": names.role(role)} for role in roles],
        "left_out": _left_out(draft, cut),
        "size": {
            "width": max((x for x, _ in places.values()), default=0) + DX,
            "height": 2 * max((abs(y) for _, y in places.values()), default=0) + DY,
        },
    }


def _passed(result: Result) -> tuple[dict[str, int], dict[str, str]]:
    """By node: how far from a victim it is, and what stolen value it received in all."""
    hops = {node_of(one.chain, one.victim): 0 for one in result.origins}
    received: defaultdict[str, list[tuple[Asset, int]]] = defaultdict(list)
    for row in result.addresses:
        id_ = node_of(row.chain, row.address)
        hops[id_] = min(hops.get(id_, row.hop), row.hop)
        received[id_].append((row.asset, row.received))
    return hops, {id_: in_total(amounts) for id_, amounts in received.items()}


def _node(names: Names, node: Node) -> dict[str, Any]:
    draft = names.draft
    reasons = (
        draft.w("picture.end", where=names.role(row.reason), amount=money(row.amount, row.asset))
        for _, row in node.ends
    )
    return {
        "id": node.id,
        "chain": node.chain,
        "chain_name": draft.view.chain(node.chain),
        "address": node.address,
        "short": names.short(node.address),
        "name": names.name(node),
        "role": node.role,
        "role_name": names.role(node.role),
        "reasons": list(reasons),
        "card": _card(node.ends[0][0]) if node.ends else "",
        "held": in_total((row.asset, row.amount) for _, row in node.ends),
        "first": draft.both(time) if (time := names.time(node)) else "",
        "share": share(node.weight),
        "explorer": draft.address(node.chain, node.address).url if node.address else "",
    }


def _card(number: int) -> str:
    return f"endpoint-{number}"


def _edge(names: Names, number: int, edge: Edge) -> dict[str, Any]:
    draft = names.draft
    flows = [(row, draft.dossier.result.flows[row - 1]) for row in edge.flows]
    times = [flow.time for _, flow in flows]
    return {
        "id": f"e{number}",
        "from": edge.start,
        "to": edge.end,
        "asset": symbol(edge.asset),
        "asset_id": _asset_id(edge),
        "amount": money(edge.gross, edge.asset) if flows else "",
        "traced": money(edge.traced, edge.asset) if flows else "",
        "share": share(edge.weight),
        "inference": edge.inference,
        "kind": edge.kind,
        "kind_name": names.kind(edge.kind),
        "time_first": draft.both(min(times)) if times else "",
        "time_last": draft.both(max(times)) if times else "",
        "flows": [
            {
                "number": row,
                "tx": (tx := draft.tx(flow.chain, flow.tx)).text,
                "url": tx.url,
                "time": draft.both(flow.time),
                "amount": money(flow.amount, flow.asset),
                "traced": money(flow.traced, flow.asset),
            }
            for row, flow in flows
        ],
    }


def _asset_id(edge: Edge) -> str:
    return node_of(edge.asset.chain, clean(edge.asset.id, 100))


def _assets(draft: Draft, net: Net) -> list[dict[str, Any]]:
    """What can be filtered by: every asset on an edge."""
    found: dict[str, Edge] = {}
    for edge in sorted(net.edges, key=lambda edge: -edge.weight):
        if edge.flows:
            found.setdefault(_asset_id(edge), edge)
    return [
        {
            "id": id_,
            "symbol": symbol(edge.asset),
            "chain_name": draft.view.chain(edge.asset.chain),
            "share": share(edge.weight),
        }
        for id_, edge in found.items()
    ]


def _endpoints(names: Names, net: Net) -> Iterator[dict[str, Any]]:
    """The endpoints that are shown, each with the way that led to it."""
    edge_of = {flow: f"e{number}" for number, edge in enumerate(net.edges, 1) for flow in edge.flows}
    ends = sorted((number, row, node.id) for node in net.nodes.values() for number, row in node.ends)
    for number, row, id_ in ends:
        account = (row.chain, row.address, row.asset.id)
        way = () if row.reason == "fee" else names.draft.dossier.ways.get(account, ())
        by_size = (edge_of[place + 1] for place, _ in sorted(way, key=lambda part: -part[1]) if place + 1 in edge_of)
        amount = money(row.amount, row.asset)
        where = names.draft.w("picture.end", where=names.role(row.reason), amount=amount)
        card = names.draft.w("picture.card", n=number)
        yield {
            "node": id_,
            "card": _card(number),
            "name": f"{card} {names.short(row.address)} · {where}",
            "way": list(dict.fromkeys(by_size)),
        }


def _left_out(draft: Draft, cut: Cut) -> dict[str, Any]:
    nodes, flows = len(cut.nodes), sum(len(edge.flows) for edge in cut.edges)
    shown = len(cut.net.nodes)
    text = draft.w("picture.left_out", shown=f"{shown:,}", nodes=f"{nodes:,}", flows=f"{flows:,}") if nodes else ""
    return {"nodes": nodes, "flows": flows, "text": text}
