"""The flow picture as data: what its description promises, agreeing with the result to the unit."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from reports.numbers import HUNDRED, money
from reports.picture import figure
from reports.picture.data import graph
from reports.picture.graph import net_of
from reports.picture.layout import MANY, TALL, grid
from reports.view import ranked
from tests.reports.converted_sample import converted
from tests.reports.papers import big_dossier, dossier, draft, sample_dossier, tron_dossier
from tracer.dossier import Dossier

NODE = {
    *("id", "x", "y", "chain", "chain_name", "address", "short", "name", "role", "role_name", "reasons", "hop", "card"),
    *("received", "held", "first", "share", "explorer"),
}
EDGE = {
    *("id", "from", "to", "asset", "asset_id", "amount", "traced", "share", "inference", "kind", "kind_name"),
    *("time_first", "time_last", "flows"),
}


def data(found: Dossier, lang: str = "en") -> dict[str, Any]:
    shown = draft(found, lang)
    return graph(shown, net_of(shown.dossier.result))


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("found", [dossier, tron_dossier, sample_dossier, lambda: big_dossier(200)])
def test_it_has_what_its_description_promises(found: Any, lang: str) -> None:
    """Every key is there, all values go into JSON and come back the same, and edges join nodes that are there."""
    one = data(found(), lang)
    assert json.loads(json.dumps(one)) == one
    assert all(set(node) == NODE for node in one["nodes"])
    assert all(set(edge) == EDGE for edge in one["edges"])
    ids = {node["id"] for node in one["nodes"]}
    assert len(ids) == len(one["nodes"])
    assert all({edge["from"], edge["to"]} <= ids for edge in one["edges"])
    assert all(0 <= thing["share"] <= HUNDRED for thing in (*one["nodes"], *one["edges"]))
    assert {edge["asset_id"] for edge in one["edges"] if edge["flows"]} == {asset["id"] for asset in one["assets"]}
    assert {node["role"] for node in one["nodes"]} == {role["role"] for role in one["roles"]}


def test_its_payments_are_those_of_the_hop_table() -> None:
    """A payment has the number, the transaction and the amounts of its row."""
    shown = draft(dossier())
    flows = shown.dossier.result.flows
    one = data(dossier())
    for edge in one["edges"]:
        for row in edge["flows"]:
            flow = flows[row["number"] - 1]
            assert (row["tx"], row["traced"]) == (flow.tx, money(flow.traced, flow.asset))
            assert row["amount"] == money(flow.amount, flow.asset)


@pytest.mark.parametrize("found", [dossier, tron_dossier])
def test_a_way_leads_from_a_victim_to_its_endpoint(found: Any) -> None:
    """Every endpoint's way begins at a victim, ends at the endpoint and hangs together."""
    one = data(found())
    edges = {edge["id"]: edge for edge in one["edges"]}
    victims = {node["id"] for node in one["nodes"] if node["role"] == "victim"}
    told = [end for end in one["endpoints"] if end["way"]]
    assert len(told) >= 10
    for end in told:
        way = [edges[id_] for id_ in end["way"]]
        reached = set(victims)
        for _ in way:
            reached |= {edge["to"] for edge in way if edge["from"] in reached}
        assert end["node"] in reached
        assert {edge["from"] for edge in way} <= reached


def test_cards_are_numbered_as_in_the_report() -> None:
    """The endpoint numbered so is the one of that rank, at that address."""
    found = sample_dossier()
    one = data(found)
    by_id = {node["id"]: node for node in one["nodes"]}
    rank = ranked(found.result)
    assert one["endpoints"]
    for end in one["endpoints"]:
        row = rank[int(end["card"].removeprefix("endpoint-")) - 1]
        assert by_id[end["node"]]["address"] == row.address
        assert money(row.amount, row.asset) in end["name"]


def test_conversions_are_places_of_their_own() -> None:
    """A conversion stands between who paid and who received, as an inference by its sign, without an address."""
    one = data(replace(sample_dossier(), result=converted(), ways={}))
    places = [node for node in one["nodes"] if node["role"] == "conversion"]
    assert len(places) == 4
    assert all(node["name"].startswith("≈ ") and not node["address"] and not node["explorer"] for node in places)
    kinds = {edge["kind"] for edge in one["edges"]}
    assert kinds == {"payment", "swap", "wrap", "liquidity_added", "deposit"}


def test_what_is_left_out_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond its limit it has the largest, and says how many places and payments it has not."""
    monkeypatch.setattr("reports.picture.data.LIMIT", 50)
    found = big_dossier(200)
    one = data(found)
    assert len(one["nodes"]) == 50
    assert len(one["nodes"]) + one["left_out"]["nodes"] == len(net_of(found.result).nodes)
    shown = sum(len(edge["flows"]) for edge in one["edges"])
    assert shown + one["left_out"]["flows"] == len(found.result.flows)
    assert "50" in one["left_out"]["text"]


def test_places_of_a_large_picture_are_apart_and_always_the_same() -> None:
    """No two nodes stand in one place, columns are neither too tall nor too many, and a second time gives the same."""
    net = net_of(big_dossier(900).result)
    links = [(edge.start, edge.end, edge.weight) for edge in net.edges]
    places = grid(list(net.nodes), links)
    assert len(set(places.values())) == len(net.nodes)
    assert places == grid(list(net.nodes), links)
    assert len({y for _, y in places.values()}) <= 2 * TALL
    assert len({x for x, _ in places.values()}) <= MANY + len(net.nodes) // TALL + 1


def test_the_figure_carries_the_data() -> None:
    """What the report gets is the drawing and this."""
    shown = draft(sample_dossier(), "zh")
    assert figure(shown).graph == data(sample_dossier(), "zh")
