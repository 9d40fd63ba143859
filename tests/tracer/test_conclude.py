"""From the hunt to the result: it adds up or it does not come out, and each endpoint tells its own way."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import tracer.session
from chains.model import NATIVE, AssetId
from tests.tracer.small_world import CHAIN, USDT, SmallWorld, trace, who
from tracer.conclude import arrivals, conclude
from tracer.discover import Discovery
from tracer.lots import Lot
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
    caught: list[Discovery] = []

    def catch(discovery: Discovery, *rest: Any) -> Result:
        caught.append(discovery)
        return conclude(discovery, *rest)

    monkeypatch.setattr(tracer.session, "conclude", catch)
    trace(fan(), tmp_path)
    return caught[0]


def concluded(discovery: Discovery, prices: PriceBook | None = None) -> Result:
    """The result of a hunt."""
    return conclude(discovery, prices or PriceBook(), {}, "1.0", 7, ["b", "a", "b"])


def test_an_account_that_does_not_close_never_comes_out(hunted: Discovery) -> None:
    """One stolen unit too few or too many anywhere stops the program instead of being reported."""
    account = next(account for account in hunted.fold.stolen_lots() if account[1] == who("Z"))
    lots = hunted.fold.held[account]
    lot = lots.popleft()
    for wrong in (lot.amount - 1, lot.amount + 1):
        lots.appendleft(Lot(wrong, lot.origin, lot.trail))
        with pytest.raises(AssertionError, match="does not close"):
            concluded(hunted)
        lots.popleft()
    lots.appendleft(lot)
    assert concluded(hunted).endpoints


def test_the_path_is_that_of_the_largest_part(hunted: Discovery) -> None:
    """Of two ways to an endpoint the one that brought more is shown, and the value is of when it arrived."""
    world = fan()
    (row,) = [row for row in concluded(hunted).endpoints if row.address == who("Z")]
    assert row.path == (world.transfers[1].tx, world.transfers[3].tx)
    assert row.arrived == world.transfers[3].time
    assert (CHAIN.id, USDT, world.transfers[3].time) in arrivals(hunted)


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
    assert result.method == "fifo"
    assert [row.traced for row in result.flows] == [40 * UNIT, 50 * UNIT, 30 * UNIT, 50 * UNIT]
