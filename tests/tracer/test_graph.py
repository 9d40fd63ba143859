"""The graph holds the traced flows, all of them and nothing else, and survives being written and read."""

import json
from pathlib import Path
from typing import cast
from xml.etree import ElementTree as ET

import networkx as nx
import pytest

from chains.model import FEE_SINK
from tests.reports.converted_sample import FORWARDER, POOL, ROUTER, STAKE, converted
from tests.reports.sample import (
    DEPOSIT,
    ETH,
    ETHEREUM,
    FAR,
    FIRST,
    HOT,
    MIXER,
    SECOND,
    THIRD,
    USDT,
    VICTIM,
    _end,
    _flow,
    sample,
    tx,
)
from tracer.errors import CaseError, UsageError
from tracer.graph import Graph, endpoints_of, flow_graph, node_of, paths_to, write


def node(address: str) -> str:
    return node_of(ETHEREUM, address)


def test_every_flow_is_one_edge() -> None:
    """Gross and traced amounts stand on the edges to the unit, as text."""
    result = sample()
    graph = flow_graph(result)
    edges = sorted(
        (sender, receiver, data["tx"], data["asset"], data["gross"], data["traced"])
        for sender, receiver, data in graph.edges(data=True)
    )
    assert edges == sorted(
        (
            node_of(row.chain, row.sender),
            node_of(row.chain, row.receiver),
            row.tx,
            row.asset.id,
            str(row.amount),
            str(row.traced),
        )
        for row in result.flows
    )


@pytest.mark.parametrize(
    ("address", "role", "hop"),
    [
        (VICTIM, "victim", 0),
        (FIRST, "holder", 1),
        (SECOND, "holder", 2),
        (HOT, "exchange", 3),
        (DEPOSIT, "exchange_deposit", 3),
        (MIXER, "mixer", 2),
        (FAR, "dust", 3),
        (FEE_SINK, "fee", -1),
    ],
)
def test_roles(address: str, role: str, hop: int) -> None:
    """A node says what it is in the story, and how far from the victim."""
    data = flow_graph(sample()).nodes[node(address)]
    assert (data["role"], data["hop"]) == (role, hop)


def test_what_rests_is_said_per_asset() -> None:
    """Different assets are never added up."""
    data = flow_graph(sample()).nodes[node(FIRST)]
    assert json.loads(data["held"]) == {USDT.id: "100000000000", ETH.id: "998765432109876544"}
    assert data["reasons"] == "held"


def test_ways_to_an_endpoint() -> None:
    """Every way is theft first, largest last step first, of one asset, and never back in time."""
    graph = flow_graph(sample())
    ways = paths_to(graph, node(DEPOSIT))
    assert [[graph.edges[edge]["tx"] for edge in way] for way in ways] == [
        [tx(0), tx(3), tx(7)],
        [tx(0), tx(2), tx(6), tx(7)],
    ]
    assert paths_to(graph, node(DEPOSIT), limit=1) == ways[:1]


def test_no_way_goes_back_in_time() -> None:
    """What was sent on before it arrived did not come that way."""
    graph = flow_graph(sample())
    assert [[graph.edges[edge]["tx"] for edge in way] for way in paths_to(graph, node(HOT))] == [[tx(0), tx(2), tx(5)]]


def test_every_endpoint_of_the_sample_can_be_reached() -> None:
    """There is a way from the theft to each endpoint."""
    graph = flow_graph(sample())
    assert endpoints_of(graph) == sorted({node_of(row.chain, row.address) for row in sample().endpoints})
    assert all(paths_to(graph, end) for end in endpoints_of(graph))


def test_value_that_came_back_has_a_way_too() -> None:
    """A return to the victim is a way from the victim to itself."""
    result = sample()
    back = _flow(20, THIRD, VICTIM, USDT, 5, 5)
    end = _end(VICTIM, USDT, 5, "returned", (0, 3, 20))
    graph = flow_graph(result._replace(flows=(*result.flows, back), endpoints=(*result.endpoints, end)))
    assert graph.nodes[node(VICTIM)]["role"] == "victim"
    assert graph.nodes[node(VICTIM)]["reasons"] == "returned"
    assert [tx(0), tx(3), tx(20)] in [
        [graph.edges[edge]["tx"] for edge in way] for way in paths_to(graph, node(VICTIM))
    ]


def test_no_way_to_what_is_not_there() -> None:
    """An address outside the graph has no way to it."""
    assert paths_to(flow_graph(sample()), node("0x" + "00" * 20)) == []


def test_graphml_round_trip(tmp_path: Path) -> None:
    """What networkx reads back from GraphML is the graph that was written."""
    graph = flow_graph(sample())
    write(graph, tmp_path / "flow.GraphML")
    read = cast("Graph", nx.read_graphml(tmp_path / "flow.GraphML", force_multigraph=True))
    assert dict(read.nodes.items()) == dict(graph.nodes.items())
    assert sorted(read.edges(keys=True), key=str) == sorted(graph.edges(keys=True), key=str)
    assert all(
        read.edges[edge] == graph.edges[edge] | {"id": edge[2]} or read.edges[edge] == graph.edges[edge]
        for edge in graph.edges(keys=True)
    )


def test_gexf_round_trip(tmp_path: Path) -> None:
    """What networkx reads back from GEXF has the same nodes, edges and amounts."""
    graph = flow_graph(sample())
    write(graph, tmp_path / "flow.gexf")
    read = cast("Graph", nx.read_gexf(tmp_path / "flow.gexf"))
    assert dict(read.nodes.items()) == dict(graph.nodes.items())

    def rows(one: Graph) -> list[tuple[object, ...]]:
        return sorted(
            (*ends, *(data[name] for name in ("tx", "time", "position", "asset", "gross", "traced")))
            for *ends, data in one.edges(data=True)
        )

    assert rows(read) == rows(graph)


@pytest.mark.parametrize("ending", ["graphml", "gexf"])
def test_hostile_names_make_no_broken_files(tmp_path: Path, ending: str) -> None:
    """Names with control characters and markup give well-formed XML with the same bytes every time."""
    result = sample()
    evil = result.endpoints[0]._replace(entity='\x00\ufffe<&"]]>\ud800\x1b[31m', label_source="\x0b'")
    graph = flow_graph(result._replace(endpoints=(evil, *result.endpoints[1:])))
    write(graph, tmp_path / f"a.{ending}")
    ET.parse(tmp_path / f"a.{ending}")
    assert graph.nodes[node(HOT)]["entity"] == '<&"))>'
    write(
        flow_graph(result._replace(endpoints=(evil, *result.endpoints[1:]), flows=result.flows[::-1])),
        tmp_path / f"b.{ending}",
    )
    assert (tmp_path / f"a.{ending}").read_bytes() == (tmp_path / f"b.{ending}").read_bytes()


def test_an_unknown_ending_is_a_clear_error(tmp_path: Path) -> None:
    """The message names the file and the endings there are."""
    with pytest.raises(UsageError, match=r"flow\.png.*\.graphml.*\.gexf"):
        write(flow_graph(sample()), tmp_path / "flow.png")


def test_an_unwritable_place_is_a_clear_error(tmp_path: Path) -> None:
    """The message names the file and what to do."""
    with pytest.raises(CaseError, match=r"flow\.gexf: cannot be written"):
        write(flow_graph(sample()), tmp_path / "none" / "flow.gexf")


def test_a_conversion_is_one_edge_from_who_paid_to_who_received() -> None:
    """What went in stands beside what came out; its venues and conduits are on the edge, not nodes of their own."""
    graph = flow_graph(converted())
    edges = {(sender, receiver, data["kind"]): data for sender, receiver, data in graph.edges(data=True)}
    swap = edges[node(FIRST), node(FIRST), "swap"]
    assert (swap["asset"], swap["gross"], swap["traced"]) == (ETH.id, str(27 * 10**17), str(24 * 10**17))
    assert json.loads(swap["paid"]) == [
        {"asset": USDT.id, "symbol": "USDT", "decimals": 6, "gross": "9000000000", "traced": "8000000000"}
    ]
    assert (swap["market"], swap["venues"], swap["via"]) == ("0.6000", POOL, ROUTER)
    assert {(ends[0], ends[1]) for ends in edges if ends[2] == "deposit"} == {
        (node(FIRST), node(FIRST)),
        (node(FIRST), node(THIRD)),
    }
    assert edges[node(FIRST), node(HOT), "payment"]["via"] == FORWARDER
    assert not {node(ROUTER), node(STAKE)} & set(graph)
    assert graph.number_of_edges() == 1 + 5 + 2


def test_ways_lead_through_conversions() -> None:
    """The way to the exchange is theft, swap, payment; to the pool's share, either form that went in."""
    graph = flow_graph(converted())
    assert [[graph.edges[edge]["tx"] for edge in way] for way in paths_to(graph, node(HOT))] == [[tx(0), tx(1), tx(5)]]
    ways = [[graph.edges[edge]["kind"] for edge in way] for way in paths_to(graph, node(SECOND))]
    assert sorted(ways) == [
        ["payment", "liquidity_added"],
        ["payment", "swap", "wrap", "liquidity_added"],
    ]
    assert all(paths_to(graph, end) for end in endpoints_of(graph))


def test_who_only_changed_the_form_of_it_still_has_it() -> None:
    """A swap at one address is no way on: what rests there says so."""
    result = converted()
    mine = [flow for flow in result.flows if flow.receiver in {FIRST, POOL} and flow.conversion in {None, 0}]
    alone = result._replace(flows=tuple(mine), conversions=result.conversions[:1], endpoints=result.endpoints[2:3])
    assert flow_graph(alone).nodes[node(FIRST)]["role"] == "held"


@pytest.mark.parametrize("ending", ["graphml", "gexf"])
def test_conversions_survive_being_written(tmp_path: Path, ending: str) -> None:
    """What is read back has the conversions with all their amounts."""
    graph = flow_graph(converted())
    file = tmp_path / f"flow.{ending}"
    write(graph, file)
    read = cast("Graph", nx.read_graphml(file, force_multigraph=True) if ending == "graphml" else nx.read_gexf(file))

    def rows(one: Graph) -> list[tuple[object, ...]]:
        names = ("kind", "tx", "asset", "gross", "traced", "paid", "market", "venues", "via")
        return sorted((*ends, *(data[name] for name in names)) for *ends, data in one.edges(data=True))

    assert rows(read) == rows(graph)
