"""From the hunt to the result: it adds up or it does not come out, and each endpoint tells its own way."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from chains.model import NATIVE, AssetId
from tests.tracer.hunted import hunt
from tests.tracer.small_world import CHAIN, USDT, SmallWorld, who
from tracer.compare import all_tallies
from tracer.conclude import arrivals, conclude, worked
from tracer.discover import Discovery
from tracer.ledger import OUTSIDE
from tracer.lots import CONSERVING, METHODS, Balance, Lot
from tracer.prices import Price, PriceBook
from tracer.result import Result

UNIT = 10**6


def fan() -> SmallWorld:
    """Two ways to Z: 30 over A and 50 over B; A keeps 10."""
    world = SmallWorld()
    world.pay(10, "victim", "A", 40 * UNIT)
    world.pay(11, "victim", "B", 50 * UNIT)
    world.pay(20, "A", "Z", 30 * UNIT)
    world.pay(21, "B", "Z", 50 * UNIT)
    return world


@pytest.fixture
def hunted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Discovery:
    """A finished hunt on the fan."""
    return hunt(fan(), tmp_path, monkeypatch)


def concluded(discovery: Discovery, prices: PriceBook | None = None) -> Result:
    """The result of a hunt."""
    fold, tallies = worked(discovery), all_tallies(discovery)
    return conclude(discovery, fold, tallies, prices or PriceBook(), "1.0", 7, ["b", "a", "b"])


@pytest.mark.parametrize("wrong", [-1, 1])
@pytest.mark.parametrize("method", CONSERVING)
def test_an_account_that_does_not_close_never_comes_out(
    hunted: Discovery, monkeypatch: pytest.MonkeyPatch, method: str, wrong: int
) -> None:
    """One stolen unit too few or too many anywhere stops the program instead of being reported."""
    hunted.question = replace(hunted.question, method=method)
    assert worked(hunted).audit() == {0: 40 * UNIT, 1: 50 * UNIT}
    draw = METHODS[method].balance.draw

    def miscount(balance: Balance, amount: int) -> list[Lot]:
        first, *others = draw(balance, amount)
        return [first._replace(amount=first.amount + wrong), *others]

    monkeypatch.setattr(METHODS[method].balance, "draw", miscount)
    with pytest.raises(AssertionError, match="does not close"):
        worked(hunted)


def test_a_theft_that_is_nowhere_never_comes_out(hunted: Discovery) -> None:
    """A theft of which no unit is found stops the program as well."""
    hunted.ledger = replace(hunted.ledger, source=[OUTSIDE, *hunted.ledger.source[1:]])
    with pytest.raises(AssertionError, match=rf"of theft .*, 0 of {40 * UNIT} units were found"):
        worked(hunted)


def test_poison_is_exposure_and_need_not_close(hunted: Discovery) -> None:
    """Under poison nothing has to add up to what was stolen."""
    hunted.question = replace(hunted.question, method="poison")
    assert worked(hunted).method == "poison"


def test_worked_is_the_question(hunted: Discovery) -> None:
    """The account that endpoints are stated under follows the question: its method, and whether highest first."""
    for method in (*METHODS, "all"):
        for highest_first in (False, True):
            hunted.question = replace(hunted.question, method=method, highest_first=highest_first)
            fold = worked(hunted)
            assert (fold.method, fold.highest_first) == ("fifo" if method == "all" else method, highest_first)


def test_the_result_says_how_it_was_reached(hunted: Discovery) -> None:
    """Method, methods followed, and whether highest first stand in the result."""
    hunted.question = replace(hunted.question, highest_first=True)
    result = concluded(hunted)
    assert (result.method, result.followed, result.highest_first) == ("fifo", ("fifo",), True)
    assert {row.address: dict(row.units)["lifo"] for row in result.methods} == {
        who("A"): 10 * UNIT,
        who("Z"): 80 * UNIT,
    }


def test_the_path_is_that_of_the_largest_part(hunted: Discovery) -> None:
    """Of two ways to an endpoint the one that brought more is shown, and the value is of when it arrived."""
    world = fan()
    (row,) = [row for row in concluded(hunted).endpoints if row.address == who("Z")]
    assert row.path == (world.transfers[1].tx, world.transfers[3].tx)
    assert row.arrived == world.transfers[3].time
    assert (CHAIN.id, USDT, world.transfers[3].time) in arrivals(worked(hunted))


def test_totals_add_up(hunted: Discovery) -> None:
    """Endpoint amounts are their principals, and totals per origin are what was stolen."""
    result = concluded(hunted)
    assert all(row.amount == sum(part.amount for part in row.principal) for row in result.endpoints)
    totals: dict[str, int] = {}
    for origin, _, _, amount in result.totals():
        totals[origin] = totals.get(origin, 0) + amount
    assert totals == {origin.id: origin.amount for origin in result.origins}


def test_prices_inform_and_never_count(hunted: Discovery) -> None:
    """A price puts a value beside each endpoint and changes no unit; without one there is none, and not zero."""
    bare = concluded(hunted)
    moment = bare.endpoints[0].arrived
    price = Price(Decimal("0.5"), "test", moment, None)
    priced = concluded(hunted, PriceBook.of_prices([(CHAIN.id, USDT, price)]))
    assert [row.usd for row in bare.endpoints] == [None] * len(bare.endpoints)
    assert {row.address: row.usd for row in priced.endpoints} == {who("A"): Decimal("5.00"), who("Z"): Decimal("40.00")}
    assert [row._replace(usd=None) for row in priced.endpoints] == list(bare.endpoints)
    assert PriceBook().at(CHAIN.id, AssetId(NATIVE), moment) is None


def test_what_is_told_about_the_run(hunted: Discovery) -> None:
    """Notes are told once, in order; requests and addresses are counted; the moment of the case is there."""
    result = concluded(hunted)
    assert result.notes == ("a", "b")
    assert (result.stats.requests, result.stats.addresses_fetched) == (7, 4)
    assert [block.hash for block in result.as_of] == ["0xhead"]
    assert (result.method, result.followed, result.highest_first) == ("fifo", ("fifo",), False)
    assert [row.traced for row in result.flows] == [40 * UNIT, 50 * UNIT, 30 * UNIT, 50 * UNIT]
