"""Conversions in the patterns: a swap is no payment to the pool, and no pool is anybody's recipient or sender."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.model import NATIVE, Asset, Transfer
from tests.tracer.patterns.cases import (
    CHAIN,
    COIN,
    DAY,
    HOUR,
    OTHER,
    Swap,
    all_of,
    fee,
    figures,
    found,
    names,
    only,
    ordinary,
    pay,
    scene,
    split,
    swap,
    unexamined,
)
from tracer.result import ConversionRow, ConvertedPart
from tracer.workings import Workings

BACK = (OTHER, COIN)


def test_swaps_into_pools_are_no_fan_out() -> None:
    """Five swaps into five pools are no payments to five recipients."""
    swaps = [swap(10 + n, "hub", (20, 20), pool=f"pool-{n}") for n in range(5)]
    assert not found(scene([pay(0, "victim", "hub", 100), *swaps]), "fan_out")


def test_swaps_sent_to_five_are_a_fan_out() -> None:
    """Swapping for five others pays them: they, not the pool, are the recipients."""
    swaps = [swap(10 + n, "hub", (20, 20), to=f"branch-{n}") for n in range(5)]
    lead = only(scene([pay(0, "victim", "hub", 100), *swaps]), "fan_out")
    assert names(lead) == ["hub", *(f"branch-{n}" for n in range(5))]
    assert figures(lead)["sent_percent"] == 100


def test_a_fan_out_after_a_swap_is_one() -> None:
    """What somebody swapped and then split counts as split, in the asset it is in then."""
    branches = [one._replace(asset=OTHER) for one in split((10, 10, 10, 10, 10))]
    lead = only(scene([pay(0, "victim", "hub", 100), swap(5, "hub", (100, 50)), *branches]), "fan_out")
    assert figures(lead)["recipients"] == 5
    assert lead.members.assets == ((CHAIN, OTHER),)


def test_a_diamond_closes_through_swaps() -> None:
    """Branches that swap on the way to the same address still meet, counted by what their units stand for."""
    branches = split((20, 20, 20, 20, 20))
    swaps = [swap(30 + n, f"branch-{n}", (20, 7)) for n in range(5)]
    met = [pay(60 + n, f"branch-{n}", "met", 7, asset=OTHER) for n in range(5)]
    lead = only(scene([pay(0, "victim", "hub", 100), *branches, *swaps, *met]), "diamond")
    assert names(lead)[-1] == "met"
    assert figures(lead) == {"branches": 5, "met_percent": 100, "hops": 3}


def test_a_pool_is_no_fan_in() -> None:
    """Five addresses that swap in the same pool do not consolidate there."""
    branches = split((20, 20, 20, 20, 20))
    swaps = [swap(30 + n, f"branch-{n}", (20, 20)) for n in range(5)]
    assert not found(scene([pay(0, "victim", "hub", 100), *branches, *swaps]), "fan_in")


def test_swaps_sent_to_one_are_a_fan_in() -> None:
    """Five addresses that swap for the same sixth consolidate there, in what they swapped into."""
    branches = split((20, 20, 20, 20, 20))
    swaps = [swap(30 + n, f"branch-{n}", (20, 7), to="pot") for n in range(5)]
    lead = only(scene([pay(0, "victim", "hub", 100), *branches, *swaps]), "fan_in")
    assert names(lead) == [*(f"branch-{n}" for n in range(5)), "pot"]
    assert figures(lead)["alive_percent"] == 100


def test_ones_own_swaps_are_no_fan_in() -> None:
    """What somebody swapped many times is not paid in by anybody."""
    swaps = [swap(10 + n, "hub", (20, 20)) for n in range(5)]
    assert not found(scene([pay(0, "victim", "hub", 100), *swaps]), "fan_in")


def peeled(*, swapped: bool = True, after: int = 30, turned: int = 800) -> list[Transfer | Swap]:
    """Four addresses in a row, each peeling a tenth off; the second one swaps before it sends on."""
    coin = OTHER if swapped else COIN
    rows: list[Transfer | Swap] = [pay(0, "victim", "a", 1_000), pay(10, "a", "x1", 100), pay(11, "a", "b", 900)]
    if swapped:
        rows.append(swap(11 + after, "b", (turned, 90)))
    start = 12 + after
    rows += [pay(start, "b", "x2", 9 if swapped else 90, asset=coin), pay(start + 1, "b", "c", 81, asset=coin)]
    return [*rows, pay(start + 5, "c", "x3", 8, asset=coin), pay(start + 6, "c", "d", 73, asset=coin)]


def test_a_peel_chain_goes_on_through_a_swap() -> None:
    """Three links of which the second swapped first are one row."""
    lead = only(scene(peeled()), "peel_chain")
    assert names(lead) == ["a", "b", "c", "d"]
    assert {asset for _, asset in lead.members.assets} == {COIN, OTHER}


@pytest.mark.parametrize("rows", [peeled(after=73 * HOUR), peeled(turned=700)], ids=["late", "a part"])
def test_a_swap_much_later_or_of_a_part_ends_the_row(rows: list[Transfer | Swap]) -> None:
    """A swap after more than 72 hours, or of less than 80 %, does not hand the row on."""
    assert not found(scene(rows), "peel_chain")


def test_who_swaps_does_not_pass_through() -> None:
    """An address that converts what came is no mere hop, before the swap nor after it."""
    rows: list[Transfer | Swap] = [pay(0, "victim", "a", 100), pay(5, "a", "b", 100), swap(9, "b", (100, 50))]
    rows_after = [*rows, pay(12, "b", "c", 50, asset=OTHER), pay(15, "c", "d", 50, asset=OTHER)]
    assert [names(lead) for lead in found(scene(rows_after), "pass_through")] == [["a"], ["c"]]
    assert not found(scene(rows_after), "multi_hop")


def test_swaps_of_one_amount_are_no_payments() -> None:
    """Five swaps of the same amount at even intervals are not payments of a program."""
    leads = all_of(scene([pay(0, "victim", "hub", 100), *(swap(10 + 5 * n, "hub", (20, 20)) for n in range(5))])).leads
    assert not {lead.pattern for lead in leads} & {"same_amount", "even_pace"}


def test_the_fee_of_a_swap_is_compared() -> None:
    """A swap of traced value carries it, so that its fee can be a premium."""
    fees = [fee(60 + n, "someone", 2) for n in range(5)]
    one = swap(62, "hub", (100, 50))
    rows: list[Transfer | Swap] = [pay(0, "victim", "hub", 100), one, fee(62, "hub", 20, tx=one.paid.tx), *fees]
    # A fee in the transaction of a swap is no row of the swap.
    lead = only(scene(rows, openings={"hub": 0, "someone": 100}), "fee_premium")
    assert names(lead) == ["hub"]


def test_a_pool_is_no_gas_funder() -> None:
    """The first native coins of two addresses, got by swapping clean tokens in the same pool, have no common payer."""
    rows: list[Transfer | Swap] = [pay(0, "victim", "hub", 100), pay(1, "hub", "a", 50), pay(2, "hub", "b", 50)]
    for n, who in enumerate(("a", "b")):
        rows.append(pay(3 + n, "outsider", who, 10, asset=OTHER))
        rows.append(swap(5 + n, who, (10, 3), assets=(OTHER, NATIVE)))
        rows.append(pay(9 + n, who, "shop", 2, asset=NATIVE))
    assert not found(scene(rows), "gas_funder")


def test_a_swap_ends_a_silence() -> None:
    """Value that lay still and is then converted has moved."""
    rows: list[Transfer | Swap] = [pay(0, "victim", "hub", 100), swap(100 * DAY, "hub", (60, 30))]
    lead = only(scene(rows), "dormant")
    assert figures(lead) == {"days_silent": 100, "moved_percent": 60, "within_hours": 24}


def test_what_was_converted_no_longer_lies_there() -> None:
    """Of what an address converted before, nothing lies there to move later."""
    rows: list[Transfer | Swap] = [
        pay(0, "victim", "hub", 100),
        swap(1, "hub", (90, 45)),
        pay(100 * DAY, "hub", "next", 8),
    ]
    lead = only(scene(rows), "dormant")
    assert figures(lead)["moved_percent"] == 80


def test_victims_whose_tokens_were_sold_in_the_theft_count() -> None:
    """Ten thefts that were swapped in the stealing transaction went straight to who got the outcome."""
    rows = [swap(n, f"victim-{n}", (100, 50), to="thief") for n in range(10)]
    lead = only(scene(rows), "multi_victim")
    assert (names(lead), figures(lead)) == (["thief"], {"victims": 10, "thefts": 10})


def test_a_swap_for_somebody_is_no_theft_from_the_pool() -> None:
    """Ten addresses that swap for one are no victims of it."""
    rows: list[Transfer | Swap] = [pay(0, "victim", "hub", 1_000), *split([100] * 10)]
    swaps = [swap(30 + n, f"branch-{n}", (100, 50), to="pot") for n in range(10)]
    assert not found(scene([*rows, *swaps]), "multi_victim")


def there_and_back(*, back: int = 96, after: int = DAY, actor: str = "a", to: str = "a", opening: int = 0) -> Workings:
    """A hundred of a coin are swapped, and swapped back by the same address or another that they were paid to."""
    rows: list[Transfer | Swap] = [pay(0, "victim", "a", 100), swap(1, "a", (100, 40))]
    if actor != "a":
        rows.append(pay(2, "a", actor, 40, asset=OTHER))
    rows.append(swap(1 + after, actor, (40, back), assets=BACK, to=to))
    return scene(rows, openings={actor: opening})


def test_there_and_back_through_another_asset() -> None:
    """96 % back within exactly a day is a lead, whoever of them or a third gets it."""
    lead = only(there_and_back(), "ping_pong")
    assert names(lead) == ["a"]
    assert figures(lead) == {"times": 1, "lost_percent": 4, "elapsed_hours": 24}
    assert {asset for _, asset in lead.members.assets} == {COIN, OTHER}
    assert names(only(there_and_back(actor="b", to="c", after=HOUR), "ping_pong")) == ["a", "b"]


@pytest.mark.parametrize(
    "workings",
    [there_and_back(back=95), there_and_back(after=DAY + 1), there_and_back(actor="b", opening=7)],
    ids=["loss", "hours", "not fresh"],
)
def test_just_beyond_each_threshold_nothing_came_back(workings: Workings) -> None:
    """A loss of 5 %, a minute more than a day, or a second address that held something before: no lead."""
    assert not found(workings, "ping_pong")


def test_by_two_other_hands_it_is_no_return() -> None:
    """Paid on twice before it is swapped back, it is not the next actor who does."""
    rows: list[Transfer | Swap] = [
        pay(0, "victim", "a", 100),
        swap(1, "a", (100, 40)),
        pay(2, "a", "b", 40, asset=OTHER),
    ]
    rows += [pay(3, "b", "c", 40, asset=OTHER)]
    assert not found(scene([*rows, swap(4, "c", (40, 99), assets=BACK)]), "ping_pong")


def test_two_swaps_back_are_added_up() -> None:
    """What is swapped back in parts is one return; over three assets as well."""
    rows: list[Transfer | Swap] = [pay(0, "victim", "a", 100), swap(1, "a", (100, 40))]
    rows += [swap(2, "a", (20, 48), assets=BACK), swap(3, "a", (20, 49), assets=BACK)]
    assert figures(only(scene(rows), "ping_pong")) == {"times": 1, "lost_percent": 3, "elapsed_hours": 0}
    ring: list[Transfer | Swap] = [
        pay(0, "victim", "a", 100),
        swap(1, "a", (100, 40)),
        swap(2, "a", (40, 9), assets=(OTHER, "0xthird")),
    ]
    assert found(scene([*ring, swap(3, "a", (9, 99), assets=("0xthird", COIN))]), "ping_pong")


def test_wrapping_and_unwrapping_is_no_return(monkeypatch: pytest.MonkeyPatch) -> None:
    """The coin and its wrapped form are the same money, whatever it is turned into and back."""
    monkeypatch.setattr("tracer.patterns.ping_pong.kind_of", lambda *_: ("wrap", ()))
    assert not found(there_and_back(), "ping_pong")


def rated(market: str | None) -> Workings:
    """A swap whose outcome was worth that part of what went in."""
    workings = scene([pay(0, "victim", "a", 100), swap(1, "a", (100, 40))])
    parts = [
        (ConvertedPart("a", Asset(CHAIN, asset, "X", 6), amount, amount, None),)
        for asset, amount in ((COIN, 100), (OTHER, 40))
    ]
    worth = None if market is None else Decimal(market)
    row = ConversionRow(
        chain=CHAIN,
        tx="swap",
        time=60,
        kind="swap",
        owner="a",
        venues=("pool",),
        ins=parts[0],
        outs=parts[1],
        principal=(),
        shared=("amount", "amount"),
        market=worth,
        linked=True,
    )
    return replace(workings, result=workings.result._replace(conversions=(row,)))


@pytest.mark.parametrize(("market", "percent"), [("0.7999", 79), ("0.0", 0), ("1.2501", 125), ("30", 3_000)])
def test_a_rate_far_from_the_market_is_a_lead(market: str, percent: int) -> None:
    """Below four fifths or above five quarters of what went in, with the figure and the doubt about prices."""
    lead = only(rated(market), "bad_rate")
    assert (names(lead), figures(lead)) == (["a"], {"market_percent": percent})
    assert lead.caveats


@pytest.mark.parametrize("market", ["0.80", "1", "1.25"])
def test_a_fair_rate_is_none(market: str) -> None:
    """At the bounds and between them there is nothing to say."""
    assert not found(rated(market), "bad_rate")
    assert "bad_rate" not in unexamined(rated(market))


def test_an_unknown_price_is_said() -> None:
    """A conversion without a price is no lead, and named as not examined."""
    assert not found(rated(None), "bad_rate")
    assert "bad_rate" in unexamined(rated(None))


@given(st.integers(1, 10**30), st.integers(1, 10**30))
def test_what_a_swap_gives_does_not_matter(paid: int, got: int) -> None:
    """Ordinary traffic stays without a lead when its holder swaps in between, whatever the amounts."""
    workings = scene([*ordinary(), swap(40, "holder", (min(paid, 10_000), got))])
    assert {lead.pattern for lead in all_of(workings).leads} <= {"dormant"}
