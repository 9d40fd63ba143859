"""Conversions as they are read: one line each, with rate and market; figures that add up by what was stolen."""

from __future__ import annotations

import io
import json
import os
import re
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from chains.model import Asset
from reports.closing import parts_of
from reports.numbers import HUNDRED, rate
from reports.terminal import render
from reports.view import key_of, stolen, wholes
from tests.reports.converted_sample import (
    FORWARDER,
    LIQUIDITY,
    POOL,
    ROUTER,
    SHARES,
    STAKE,
    WETH,
    WHOLE,
    converted,
    stands,
)
from tests.reports.sample import ETH, FIRST, HOT, SECOND, THIRD, TODAY, USDT, VICTIM, _flow, sample, tx
from tests.reports.test_schema import errors
from tracer.document import document, from_document, to_json
from tracer.lots import CONSERVING
from tracer.result import BoundLine, ConvertedPart, Principal, Result

SNAPSHOTS = Path(__file__).parent / "snapshots"


def shown(result: Result, lang: str = "en", width: int = 100, *, everything: bool = False) -> str:
    out = io.StringIO()
    render(result, lang, Console(file=out, width=width), case="cases/mine", everything=everything, today=TODAY)
    return out.getvalue()


def part(text: str, begins: str, ends: str) -> str:
    """The text between two headings, without line breaks and rails."""
    return re.sub(r"\s*\n[\s│├└─]*", " ", text[text.index(begins) : text.index(ends)])


def tree_of(text: str) -> str:
    return part(text, "Flow of USDT", "Where it is now")


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("width", [80, 220])
def test_the_report_reads_as_agreed(lang: str, width: int) -> None:
    """The text of the sample is the reviewed one; run with UPDATE_SNAPSHOTS=1 to review a change."""
    file = SNAPSHOTS / f"converted.{lang}.{width}.txt"
    text = shown(converted(), lang, width)
    if os.environ.get("UPDATE_SNAPSHOTS"):
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("width", [80, 100, 150, 220])
@pytest.mark.parametrize("everything", [False, True])
def test_lines_fit_and_addresses_are_whole(lang: str, width: int, *, everything: bool) -> None:
    """No line is wider than the terminal, and whatever may be copied stands on one line, in a table too."""
    lines = shown(converted(), lang, width, everything=everything).splitlines()
    assert [line for line in lines if cell_len(line) > width] == []
    for text in (POOL, ROUTER, STAKE, FORWARDER, FIRST, SECOND, THIRD, HOT, *(tx(number) for number in range(1, 6))):
        assert any(text in line for line in lines), text


def test_a_conversion_is_one_line_and_no_payment() -> None:
    """What went into a conversion and what came out are no branches of their own: each is told once, with its venue."""
    tree = tree_of(shown(converted()))
    assert tree.count("≈ swap 8,000 USDT → 2.4 ETH (80.00 %) of 9,000 USDT → 2.7 ETH in all") == 1
    assert f"at {POOL} [Uniswap v2 USDT/WETH · decentralised exchange · user file a.csv] via {ROUTER} 1 ETH" in tree
    assert "8,000 USDT (80.00 %)" not in tree
    assert "2.4 ETH (80.00 %) ·" not in tree
    assert tree.count(STAKE) == 1


def test_a_conversion_of_several_forms_is_told_once() -> None:
    """Where it is drawn at a second form that went in, it refers to the branch where it is told."""
    tree = tree_of(shown(converted()))
    assert tree.count("≈ liquidity added 1 WETH + 2,000 USDT → 5 UNI-V2 (53.33 %)") == 2
    assert tree.count("(this conversion stands elsewhere in this tree)") == 1
    assert tree.count(SECOND) == 1


def test_several_receivers_have_a_branch_each() -> None:
    """What came out for somebody else stands apart, with its own share."""
    tree = tree_of(shown(converted()))
    assert f"0.1 STK (3.33 %) {THIRD} ● 0.1 STK (3.33 %) history not available" in tree
    assert "0.9 STK (30.00 %) (at the same address) ● 0.9 STK (30.00 %) resting" in tree


def test_each_tree_shows_its_own_part_of_a_payment() -> None:
    """A payment of what two thefts became stands in both trees, each time with the share of the asset stolen there."""
    result = converted()
    both = (*stands(4_000 * 10**6), Principal("o2", ETH, WHOLE))
    paid = _flow(9, FIRST, HOT, SHARES, 6 * WHOLE, 6 * WHOLE)._replace(principal=both)
    mine = [result.conversions[0]._replace(outs=(ConvertedPart(FIRST, SHARES, 6 * WHOLE, 6 * WHOLE, None),))]
    came = _flow(1, POOL, FIRST, SHARES, 6 * WHOLE, 6 * WHOLE)._replace(principal=both, conversion=0)
    coin = _flow(0, VICTIM, FIRST, ETH, 5 * WHOLE, 5 * WHOLE)._replace(principal=(Principal("o2", ETH, 5 * WHOLE),))
    into = _flow(1, FIRST, POOL, ETH, WHOLE, WHOLE)._replace(principal=both[1:], conversion=0)
    ins = (*mine[0].ins, ConvertedPart(FIRST, ETH, WHOLE, WHOLE, None))
    text = shown(
        result._replace(
            origins=(*result.origins, sample().origins[1]),
            conversions=(mine[0]._replace(ins=ins),),
            flows=(*result.flows[:2], coin, into, came, paid),
            endpoints=(),
        )
    )
    usdt, eth = part(text, "Flow of USDT", "Flow of ETH"), part(text, "Flow of ETH", "Where it is now")
    assert "6 STK (40.00 %) · " in usdt
    assert "6 STK (20.00 %) · " in eth
    assert "(80.00 %) of 9,000 USDT + 1 ETH → 6 STK in all" in usdt
    assert "(20.00 %) of 9,000 USDT + 1 ETH → 6 STK in all" in eth


def test_conduits_of_a_payment_are_named() -> None:
    """A payment through a forwarder is one line to its last receiver, with the forwarder on it."""
    assert f"0.399 ETH (13.30 %) of 1 ETH sent · 2026-01-02T03:50:00Z via {FORWARDER} {HOT}" in tree_of(
        shown(converted())
    )


def test_endpoints_stand_for_what_was_stolen() -> None:
    """An amount in another asset says what it stands for, in the list and in what to ask an exchange."""
    text = re.sub(r"\s*\n\s*", " ", shown(converted()))
    assert "0.399 ETH, for 1,330.000001 USDT stolen (13.30 %)" in text
    assert "0.399 ETH (for 1,330.000001 USDT stolen) on ethereum: 13.30 % of all that was stolen, at" in text
    assert "stolen (100.00 %)" not in shown(sample())


def test_what_is_left_out_is_summed_in_what_was_stolen() -> None:
    """Endpoints that are not shown are summed by what they stand for: their amounts are of different assets."""
    result = converted()
    many = tuple(row._replace(address=f"0x{n:040x}") for n in range(10) for row in result.endpoints)
    assert "… and 30 more, 33,366.66666 USDT in total" in re.sub(
        r"\s*\n\s*", " ", shown(result._replace(endpoints=many))
    )


def test_closing_adds_up_whatever_the_form() -> None:
    """The parts of the closing line are of what was stolen, to the unit."""
    parts = parts_of(converted(), key_of(USDT))
    assert sum(one.units for one in parts) == 10_000 * 10**6
    assert sum(one.share for one in parts) == HUNDRED


def test_methods_are_compared_by_what_units_stand_for() -> None:
    """Each method's column is all of what was stolen; bounds in units of one asset do not stand beside it."""
    text = part(shown(converted()), "Under other methods", "What is not known")
    assert "resting 83.34" in re.sub(" +", " ", text)
    assert "at least" not in text
    assert "Shares are of what was stolen, whatever it was converted into." in text
    rows = converted().methods
    for name in CONSERVING:
        assert sum(dict(one.units)[name] for row in rows for one in row.principal) == 10_000 * 10**6


def test_bounds_of_what_was_stolen_stand_beside_its_shares() -> None:
    """Bounds of the principal fit shares of what was stolen; bounds of one asset's units do not, and are left out."""
    units = BoundLine(USDT, "held", 0, 5, weak=True)
    text = shown(converted()._replace(bounds=(units,)))
    assert "at least" not in text
    assert "* rests on balances" not in text
    assert "What holds under any method was not worked out here: trace bounds cases/mine" in text
    whole = BoundLine(USDT, "held", 8_000 * 10**6, 8_333_333_334, weak=False, principal=True)
    table = re.sub(" +", " ", shown(converted()._replace(bounds=(units, whole))))
    assert "resting 83.34 83.34 83.34 83.34 83.34 83.33 80.00 83.34" in table
    assert "was not worked out here" not in table


@pytest.mark.parametrize(
    ("market", "marked"), [("0.8000", False), ("0.7999", True), ("1.2500", False), ("1.2501", True), (None, False)]
)
def test_a_rate_far_from_the_market_is_a_finding(market: str | None, *, marked: bool) -> None:
    """It is marked where it stands and listed with its owner and transaction; others are not."""
    result = converted()
    swap = result.conversions[0]._replace(market=None if market is None else Decimal(market))
    text = shown(result._replace(conversions=(swap, *result.conversions[1:])))
    assert ("! worth" in text) is marked
    assert ("Conversions far from the market price" in text) is marked
    if marked:
        section = part(text, "Conversions far", "Under other methods")
        assert FIRST in section
        assert tx(1) in section


def test_what_shares_go_by_is_said() -> None:
    """Several assets on one side say what they share it by; one asset alone says nothing."""
    text = part(shown(converted()), "What changed its form", "Conversions far")
    assert text.count("counts by") == 1
    assert "what went in counts by market prices of that moment" in text
    zh = shown(converted(), "zh")
    assert zh.count("按当时市价分摊") == 1


def test_what_is_not_tied_by_a_venue_says_so() -> None:
    """A deposit that only its share token shows is marked as what it is, in the tree and in the list."""
    assert re.sub(r"\s*\n[\s│]*", " ", shown(converted())).count("≈ no venue ties both sides together") == 2


def test_many_conversions_are_counted() -> None:
    """The list is cut and says by how much; asked for everything, it is whole."""
    result = converted()
    wrap = result.conversions[1]._replace(principal=stands(1))
    many = result._replace(conversions=(*result.conversions, *[wrap] * 20))
    assert "… and 14 more: see trace show cases/mine --all" in shown(many)
    assert shown(many, everything=True).count("stands for 0.000001 USDT stolen") == 20


def test_hostile_symbols_of_share_tokens_are_harmless() -> None:
    """No escape or direction change of a token's name reaches the screen, in lines or in a table."""
    for width in (80, 220):
        assert not re.search("[\x1b\u202e]", shown(converted(), width=width))
    assert SHARES.symbol != "STK"


def test_nothing_converted_is_no_section() -> None:
    """A trace without conversions has no word of them."""
    text = shown(sample())
    assert "What changed its form" not in text
    assert "Shares are of what was stolen, whatever" not in text


@pytest.mark.parametrize(
    ("paid", "got", "text"),
    [
        ((8_000 * 10**6, USDT), (24 * WHOLE // 10, ETH), "1 ETH = 3,333.33 USDT"),
        ((24 * WHOLE // 10, ETH), (8_000 * 10**6, USDT), "1 ETH = 3,333.33 USDT"),
        ((WHOLE, ETH), (WHOLE, WETH), "1 WETH = 1 ETH"),
        ((7 * 10**15, ETH), (1, USDT), "1 USDT = 7,000 ETH"),
        ((10**30, LIQUIDITY), (1, ETH), "1 ETH = 1,000,000,000,000,000,000,000,000,000,000 UNI-V2"),
        ((0, USDT), (WHOLE, ETH), ""),
    ],
)
def test_rates(paid: tuple[int, Asset], got: tuple[int, Asset], text: str) -> None:
    """The dearer asset is told in units of the other, to six digits, whichever way it was exchanged."""
    assert rate(paid, got) == text


@given(st.integers(1, 10**40), st.integers(1, 10**40))
def test_a_rate_is_right_to_its_digits(paid: int, got: int) -> None:
    """The printed rate is within half a unit of its last digit of the true one, and never below one."""
    text = rate((paid, USDT), (got, ETH))
    found = Fraction(text.split(" = ")[1].split()[0].replace(",", ""))
    true = Fraction(paid * 10**12, got)
    true = true if true >= 1 else 1 / true
    assert found >= 1
    assert abs(found - true) <= max(true / 10**5, Fraction(1, 2))


def test_a_stored_result_reads_like_a_fresh_one() -> None:
    """The document keeps conversions, conduits and principals, and the schema describes them."""
    stored = from_document(to_json(converted()))
    assert shown(stored) == shown(converted())
    assert stored.conversions == converted().conversions
    assert document(stored) == document(converted())
    assert errors(json.loads(to_json(converted()))) == []


def test_a_document_from_before_conversions_can_be_read() -> None:
    """What was not there then is empty, and units stand for themselves."""
    old = document(sample())
    del old["conversions"]
    for row in old["flows"]:
        for name in ("via", "conversion", "principal"):
            del row[name]
    for row in old["methods"]:
        del row["principal"]
    read = from_document(json.dumps(old))
    assert shown(read) == shown(from_document(to_json(sample())))
    assert read.conversions == ()


def test_forms_are_weighed_by_what_they_stand_for() -> None:
    """2.4 ETH stand for 8,000 of 10,000 USDT, so 3 ETH would be all; what was stolen itself counts as it is."""
    found = wholes(converted())
    assert found[key_of(USDT)] == stolen(converted())[key_of(USDT)][1]
    assert abs(found[key_of(ETH)] - 3 * WHOLE) <= 10**12
