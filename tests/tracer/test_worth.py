"""What is worth following: with a price, without one, with a least value of the user's, and in several assets."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.model import Asset, AssetId, Transfer
from tests.strategies import CHAIN, COIN, VICTIMS, account, transfer
from tracer.ledger import Entry, Follow, Ledger
from tracer.prices import Price, PriceBook
from tracer.worth import LEAST_SHARE, Worth

GOLD = AssetId("0x" + "60" * 20)
OTHER = "eip155:56"


def theft(amount: int, asset: str = COIN, *, time: int = 0, chain: str = CHAIN, index: int = 0) -> Transfer:
    """A theft transfer."""
    return transfer(1, VICTIMS[0], "mule", amount, asset=asset, chain=chain, time=time, index=index)


def book(*prices: tuple[str, str, str, int]) -> PriceBook:
    """Prices by chain, asset, dollars for one whole coin, and time."""
    return PriceBook.of_prices(
        (chain, AssetId(asset), Price(Decimal(usd), "test", time, None)) for chain, asset, usd, time in prices
    )


def worth(*thefts: Transfer, prices: PriceBook | None = None, min_value: str | None = None, decimals: int = 6) -> Worth:
    """What a case of these thefts finds worth following; every asset has the same decimals."""
    assets = {(one.chain, one.asset): Asset(one.chain, one.asset, "COIN", decimals) for one in thefts}
    return Worth(thefts, prices or book(), assets, None if min_value is None else Decimal(min_value))


def test_without_a_price_it_is_a_share_of_what_was_stolen() -> None:
    """One part in a thousand, rounded up, and never less than one unit."""
    assert worth(theft(5_000)).least(CHAIN, COIN) == 5
    assert worth(theft(5_001)).least(CHAIN, COIN) == 6
    assert worth(theft(1)).least(CHAIN, COIN) == 1
    assert worth(theft(3_000), theft(2_000, index=1)).least(CHAIN, COIN) == 5


def test_with_a_price_it_is_at_least_a_dollar_but_not_more_than_was_stolen() -> None:
    """The dearer the coin, the fewer units make a dollar; of a theft below a dollar, all of it is followed."""
    stolen = theft(100 * 10**6)
    for usd, least in (("1", 10**6), ("0.5", 2 * 10**6), ("3", 333_334), ("50", 100_000), ("0.001", 100 * 10**6)):
        assert worth(stolen, prices=book((CHAIN, COIN, usd, 0))).least(CHAIN, COIN) == least


@pytest.mark.parametrize(
    ("min_value", "usd", "least"),
    [
        ("20", "1", 20 * 10**6),
        ("0.10", "1", 100_000),
        ("1", "3", 333_334),
        ("0", "1", 1),
        ("0", "", 1_000_000),
        ("20", "", 1_000_000),
        ("20", "0", 1_000_000),
        ("5000", "1", 5000 * 10**6),
        ("0.0000001", "1", 1),
    ],
)
def test_a_least_value_of_the_users_counts_as_it_is(min_value: str, usd: str, least: int) -> None:
    """In dollars at the price, rounded up, even beyond what was stolen; where there is no price, the default share."""
    prices = book((CHAIN, COIN, usd, 0)) if usd else None
    assert worth(theft(1000 * 10**6), prices=prices, min_value=min_value).least(CHAIN, COIN) == least


def test_each_asset_has_its_own_least_value() -> None:
    """A price of one asset says nothing of another, nor of the same asset on another chain."""
    found = worth(
        theft(100 * 10**6),
        theft(70_000, GOLD),
        theft(9_000, COIN, chain=OTHER),
        prices=book((CHAIN, COIN, "2", 0)),
        min_value="10",
    )
    assert found.least(CHAIN, COIN) == 5 * 10**6
    assert found.least(CHAIN, GOLD) == 70
    assert found.least(OTHER, COIN) == 9
    assert found.stolen == {(CHAIN, COIN): 100 * 10**6, (CHAIN, GOLD): 70_000, (OTHER, COIN): 9_000}


def test_the_price_is_that_of_the_first_theft() -> None:
    """What was stolen later at another price changes nothing; a price of another day is none."""
    early, late = theft(10**6, time=0), theft(10**6, time=10**6, index=1)
    assert (
        worth(early, late, prices=book((CHAIN, COIN, "4", 0), (CHAIN, COIN, "8", 10**6))).least(CHAIN, COIN) == 250_000
    )
    assert worth(early, prices=book((CHAIN, COIN, "4", 10**6))).least(CHAIN, COIN) == 1_000


def test_an_asset_without_known_decimals_has_no_price() -> None:
    """How many units make a whole coin is not guessed: the share of what was stolen counts."""
    found = Worth([theft(5_000)], book((CHAIN, COIN, "1", 0)), {}, None)
    assert found.least(CHAIN, COIN) == 5
    assert found.weight(account("x"), 50) == Fraction(1, 100)


def test_the_order_goes_by_dollars_or_by_share() -> None:
    """Priced units weigh what they are worth; unpriced ones their share of what was stolen, exactly."""
    found = worth(theft(10**6), theft(300, GOLD), prices=book((CHAIN, COIN, "2.5", 0)))
    assert found.weight(account("a"), 3 * 10**6) == Fraction(15, 2)
    assert found.weight(account("a", GOLD), 100) == Fraction(1, 3)
    assert found.weight(account("a", "0xnever-stolen"), 7) == 7


def swapped(*swaps: tuple[str, int, str, int]) -> Ledger:
    """A ledger in which the mule, paid by the victim, made these swaps: asset and units in, asset and units out."""
    stolen = theft(10**6)
    assets = {asset for sold, _, bought, _ in swaps for asset in (sold, bought)}
    ledger = Ledger({stolen.identity: 0}, {account("mule", asset): Follow(1, 0) for asset in assets}).add([stolen])
    for number, (sold, paid, bought, got) in enumerate(swaps):
        height = number + 2
        ledger.enter([
            Entry(transfer(height, "mule", "pool", paid, asset=sold), pot=number),
            Entry(transfer(height, "pool", "mule", got, asset=bought, index=1), pot=number, out=True),
        ])  # fmt: skip
    return ledger


def learnt(*swaps: tuple[str, int, str, int], prices: PriceBook | None = None) -> Worth:
    """What a case that stole a million learns from these swaps."""
    found = worth(theft(10**6), prices=prices)
    found.learn(swapped(*swaps))
    return found


def test_dust_of_what_was_bought_is_measured_at_its_rate() -> None:
    """All that was stolen would have bought so many units: a thousandth of these is what is worth following."""
    found = learnt((COIN, 1_000, GOLD, 7_000))
    assert found.whole == {(CHAIN, COIN): 10**6, (CHAIN, GOLD): 7 * 10**6}
    assert found.least(CHAIN, GOLD) == 7_000


def test_rates_go_through_several_swaps() -> None:
    """What was bought with what was bought is measured by both rates, one after the other."""
    found = learnt((COIN, 1_000, GOLD, 500), (GOLD, 500, "0xsilver", 2_000))
    assert found.whole[CHAIN, "0xsilver"] == 2 * 10**6


def test_a_price_is_carried_over() -> None:
    """Of an asset without a price, a unit is worth what was paid for it."""
    found = learnt((COIN, 1_000, GOLD, 500), prices=book((CHAIN, COIN, "1", 0)))
    assert found.weight(account("mule", GOLD), 500_000) == 1


def test_a_lucky_swap_hides_nothing() -> None:
    """A first swap at an absurd rate must not make dust of what later ones bought: the least favourable rate counts."""
    found = learnt((COIN, 1, GOLD, 10**18), (COIN, 999_999, GOLD, 999_999))
    assert found.least(CHAIN, GOLD) <= 1_000


@given(
    st.integers(1, 2**256),
    st.decimals("0.000001", "1000000", places=6),
    st.integers(0, 18),
    st.booleans(),
)
def test_the_default_keeps_its_promise(stolen: int, usd: Decimal, decimals: int, priced: bool) -> None:
    """What is left for being less was below a dollar or a thousandth of what was stolen, and the whole never is."""
    prices = book((CHAIN, COIN, str(usd), 0)) if priced else None
    least = worth(theft(stolen), prices=prices, decimals=decimals).least(CHAIN, COIN)
    dust = least - 1
    assert 1 <= least <= stolen
    small = dust * LEAST_SHARE < stolen
    assert small or (priced and Fraction(usd) * dust < 10**decimals)
    assert least * LEAST_SHARE >= stolen


@given(st.integers(1, 2**256), st.decimals(0, 10**9, places=2), st.decimals("0.01", 10**6, places=2))
def test_a_least_value_is_exact(stolen: int, min_value: Decimal, usd: Decimal) -> None:
    """It is the least number of units that are worth as much: one unit fewer is worth less."""
    found = worth(theft(stolen), prices=book((CHAIN, COIN, str(usd), 0)), min_value=str(min_value))
    least = found.least(CHAIN, COIN)
    assert Fraction(usd) * least >= Fraction(min_value) * 10**6
    assert least == 1 or Fraction(usd) * (least - 1) < Fraction(min_value) * 10**6
