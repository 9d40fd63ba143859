"""The flow picture as a drawing: complete, readable on a page, told apart by form, harmless, and always the same."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from chains.model import FEE_SINK
from reports.numbers import money
from reports.picture import PAGE, figure, still
from reports.picture.cut import folded, largest
from reports.picture.graph import CONVERSION, MORE, SWEPT, VICTIM, WHOLE, Net, net_of
from reports.picture.layout import Wire, plan
from reports.picture.names import Names
from reports.picture.shapes import LOOKS
from reports.picture.text import wide, wrapped
from reports.view import key_of
from tests.reports.converted_sample import converted
from tests.reports.papers import big_dossier, dossier, draft, sample_dossier, tron_dossier
from tests.reports.sample import FIRST, HOT, SECOND, THIRD, USDT, sample
from tests.reports.sample import VICTIM as ROBBED
from tracer.graph import node_of
from tracer.hostile import clean
from tracer.result import NOT_FOLLOWED, REASONS, Result

SVG = "{http://www.w3.org/2000/svg}"


def drawn(found: Result, lang: str = "en") -> ET.Element:
    """The picture of a result, parsed."""
    return ET.fromstring(still(draft(replace(sample_dossier(), result=found, ways={}), lang)).svg)


def texts(root: ET.Element) -> list[str]:
    return [one.text or "" for one in root.iter(f"{SVG}text")]


def traced(net: Net) -> dict[tuple[str, str], int]:
    """Stolen units on all edges, by asset."""
    sums: dict[tuple[str, str], int] = {}
    for edge in net.edges:
        sums[key_of(edge.asset)] = sums.get(key_of(edge.asset), 0) + edge.traced
    return {key: units for key, units in sums.items() if units}


@pytest.mark.parametrize("found", [sample(), converted(), dossier().result, big_dossier(300).result])
def test_every_payment_is_on_one_edge_and_fees_are_counted(found: Result) -> None:
    """The edges carry exactly what the payments carried, each payment once; what is left out are the fees."""
    net = net_of(found)
    paid = {number for number, flow in enumerate(found.flows, 1) if flow.receiver != FEE_SINK}
    numbers = [number for edge in net.edges for number in edge.flows]
    assert sorted(numbers) == sorted(paid)
    sums = traced(net)
    for asset, units in net.fees:
        sums[key_of(asset)] = sums.get(key_of(asset), 0) + units
    whole: dict[tuple[str, str], int] = {}
    for flow in found.flows:
        whole[key_of(flow.asset)] = whole.get(key_of(flow.asset), 0) + flow.traced
    assert sums == whole


def test_weights_are_parts_of_what_was_stolen() -> None:
    """What leaves the victims is the whole, but for a unit lost in rounding for each payment."""
    net = net_of(dossier().result)
    victims = {id_ for id_, node in net.nodes.items() if node.role == VICTIM}
    first = [edge for edge in net.edges if edge.start in victims]
    assert WHOLE - len(first) <= sum(edge.weight for edge in first) <= WHOLE


def test_gathering_keeps_every_sum_between_what_is_drawn() -> None:
    """Of each place drawn by itself as much comes in and goes out as before; the rest is counted, none is lost."""
    net = net_of(big_dossier(400).result)
    cut = folded(net, 30, 10_000)

    def through(one: Net, id_: str) -> tuple[int, int]:
        return (
            sum(edge.traced for edge in one.edges if edge.end == id_),
            sum(edge.traced for edge in one.edges if edge.start == id_),
        )

    shown = [id_ for id_, node in cut.net.nodes.items() if node.role != MORE]
    assert all(through(net, id_) == through(cut.net, id_) for id_ in shown)
    members = [one for node in cut.net.nodes.values() for one in node.members]
    assert sorted([*shown, *members]) == sorted(net.nodes)
    assert len(cut.net.nodes) <= 30
    ends = sorted(number for node in cut.net.nodes.values() for number, _ in node.ends)
    assert ends == sorted(number for node in net.nodes.values() for number, _ in node.ends)


def test_the_largest_hang_together() -> None:
    """Whatever is chosen can be reached from a victim over what is chosen."""
    cut = largest(net_of(big_dossier(400).result), 25)
    reached = [id_ for id_, node in cut.net.nodes.items() if node.role == VICTIM]
    for id_ in reached:
        reached += [edge.end for edge in cut.net.edges if edge.start == id_ and edge.end not in reached]
    assert len(cut.net.nodes) == 25
    assert set(reached) == set(cut.net.nodes)


@pytest.mark.parametrize("flows", [30, 90, 300])
@pytest.mark.parametrize("columns", [7, 3])
def test_neither_boxes_nor_words_on_lines_overlap(flows: int, columns: int) -> None:
    """However many lines there are, every box and every amount has a place of its own, within the picture."""
    cut = folded(net_of(big_dossier(flows).result), 40, 60)
    heights = dict.fromkeys(cut.net.nodes, 60)
    edges = [edge for edge in cut.net.edges if edge.start != edge.end]
    wires = [Wire(edge.start, edge.end, edge.weight, 90) for edge in edges]
    laid = plan(heights, wires, columns)
    areas = [(box.x, box.y, box.x + 128, box.y + box.height) for box in laid.boxes.values()]
    areas += [(path.text[0], path.text[1] - 14, path.text[0] + 90, path.text[1] + 12) for path in laid.paths]
    for place, one in enumerate(areas):
        assert one[0] >= 0
        assert one[2] <= laid.width
        for other in areas[place + 1 :]:
            apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
            assert apart, (one, other)
    assert min(y for path in laid.paths for stretch in path.stretches for _, y in stretch) >= 0


def test_value_goes_right_unless_it_comes_back() -> None:
    """The victims stand leftmost, and in the sample only the payment that closes the circle goes left."""
    net = net_of(sample())
    edges = [edge for edge in net.edges if edge.start != edge.end]
    laid = plan(dict.fromkeys(net.nodes, 60), [Wire(*edge[:2], edge.weight, 90) for edge in edges], 7)
    least = min(box.x for box in laid.boxes.values())
    assert all(laid.boxes[id_].x == least for id_, node in net.nodes.items() if node.role == VICTIM)
    back = [edge[:2] for edge, path in zip(edges, laid.paths, strict=True) if not path.forward]
    assert back == [(node_of(USDT.chain, THIRD), node_of(USDT.chain, SECOND))]


def test_only_inferences_are_dashed() -> None:
    """A sweep that was not followed and what no venue ties together are dashed; payments are solid."""
    assert {(edge.kind, edge.end) for edge in net_of(sample()).edges if edge.inference} == {
        (SWEPT, node_of(USDT.chain, HOT))
    }
    net = net_of(converted())
    unlinked = {f"conversion:{place}" for place, row in enumerate(converted().conversions, 1) if not row.linked}
    assert {edge.start for edge in net.edges if edge.inference} == unlinked
    dashed = [one for one in drawn(sample()).iter(f"{SVG}path") if one.get("stroke-dasharray")]
    assert len(dashed) == 2  # the sweep, and its sample in the legend


def test_roles_are_told_apart_without_colour() -> None:
    """Every reason has an outline, and no two roles share one, but for those that were not followed."""
    assert {*REASONS, CONVERSION, MORE, VICTIM} - {"fee"} <= set(LOOKS)
    forms = {
        (look.outline(0, 0, 90, 60), look.within and look.within(0, 0, 90, 60), look.wide, look.dashed)
        for role, look in LOOKS.items()
        if role not in NOT_FOLLOWED
    }
    assert len(forms) == len(LOOKS) - len(NOT_FOLLOWED)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("found", [dossier, tron_dossier, sample_dossier])
def test_the_picture_says_what_is_where(found: object, lang: str) -> None:
    """Every endpoint's amount and every payment's number stands on it, in both languages, with a title and words."""
    assert callable(found)
    shown = draft(found(), lang)
    one = still(shown)
    root = ET.fromstring(one.svg)
    said = texts(root)
    result = shown.dossier.result
    ends = [row for row in result.endpoints if row.address != FEE_SINK]
    whole = "".join(said).replace(" ", "")
    assert all(money(row.amount, row.asset).replace(" ", "") in whole for row in ends)
    assert root.findtext(f"{SVG}title") == one.caption
    assert root.findtext(f"{SVG}desc") == one.alt
    assert all(shown.w(f"reason.{row.reason}") in one.alt for row in result.endpoints)
    firsts = {edge.flows[0] for edge in net_of(result).edges if edge.flows}
    assert all(any(re.search(rf"#{number}\b", text) for text in said) for number in firsts)


def test_it_is_a_picture_and_nothing_else() -> None:
    """Shapes and words with presentation attributes only: no script, style or outside reference, no control sign."""
    for found in (sample_dossier(), big_dossier(300)):
        svg = still(draft(found)).svg
        root = ET.fromstring(svg)
        tags = {one.tag.removeprefix(SVG) for one in root.iter()}
        assert tags == {"svg", "title", "desc", "rect", "g", "path", "text"}
        names = {name for one in root.iter() for name in one.attrib}
        assert not {name for name in names if "href" in name or name in ("style", "class") or name.startswith("on")}
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", svg)
        numbers = [one.get(name) or "0" for one in root.iter() for name in ("x", "y", "width", "height")]
        assert all(re.fullmatch(r"-?\d+", number) for number in numbers)


def test_hostile_names_stay_words() -> None:
    """A name of markup is drawn as its signs, and a huge one is cut where it shows."""
    evil = "<script>alert(1)</script>&amp;\"'" + "x" * 10_000
    found = sample()
    ends = tuple(row._replace(entity=evil, asset=row.asset._replace(symbol=evil)) for row in found.endpoints)
    root = drawn(found._replace(endpoints=ends, deposits=()))
    said = "".join(texts(root))
    assert not list(root.iter(f"{SVG}script"))
    assert "<script>" in said
    assert all(wide(text, 10) < 300 for text in texts(root) if "x" * 20 in text)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_large_case_fits_a_page(lang: str) -> None:
    """It is made as small as a page bears, says what it gathered, and keeps the largest by themselves."""
    shown = draft(big_dossier(700), lang)
    one = still(shown)
    root = ET.fromstring(one.svg)
    assert int(root.get("width") or 0) <= PAGE[0]
    assert int(root.get("height") or 0) <= PAGE[1]
    said = "".join(texts(root)).replace(" ", "")
    told = shown.w("picture.gathered_note", shown="#", n="#").replace(" ", "").split("#")
    assert all(part in said for part in told)
    assert one.svg == still(shown).svg


def test_addresses_that_look_alike_are_told_apart() -> None:
    """Address poisoning: where head and tail are the same, more of both is shown."""
    real = "0xabcdef" + "1" * 28 + "fedcba"
    fake = "0xabcdef" + "1" * 12 + "2" * 4 + "1" * 12 + "fedcba"
    near = "0xabcdee" + "1" * 28 + "fedcba"
    names = Names(draft(dossier()), (real, fake, near))
    assert len({names.short(one) for one in (real, fake, near)}) == 3
    assert names.short(real) == real
    assert names.short(near) == "0xabcdee…11fedcba"
    assert Names(draft(dossier()), (real,)).short(real) == "0xabcd…dcba"


def test_text_is_broken_where_it_may_be() -> None:
    """Lines fit their room; nothing but the spaces at their ends is lost, also of one endless word."""
    for text in ("at an exchange deposit address", "在交易所充值地址，在服务机构", "9" * 90, "a " + "b" * 60 + " c"):
        lines = wrapped(text, 10, 90)
        assert all(wide(line, 10) <= 90 for line in lines)
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_a_trace_without_payments_still_gives_a_picture() -> None:
    """Nothing moved yet: the victim stands alone."""
    found = sample()._replace(flows=(), endpoints=(), addresses=(), deposits=(), freezes=())
    root = drawn(found)
    assert clean(ROBBED)[:6] in "".join(texts(root))
    assert FIRST[:6] not in "".join(texts(root))
    whole = figure(draft(replace(sample_dossier(), result=found, ways={})))
    assert whole.graph is not None
    assert whole.graph["edges"] == []
