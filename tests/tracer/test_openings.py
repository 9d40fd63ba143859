"""Opened transactions in the ledger: links instead of raw legs, pots for conversions, and what shares go by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.model import NATIVE, Address, AssetId, Transfer
from chains.registry import load_chains
from tests.tracer.one_transaction import CHAIN, TIME, WETH, ZERO, Leg, fee, legs, mark, receipt
from tests.tracer.small_world import SmallWorld, trace, who
from tracer.convert import SWAP, Conversion
from tracer.fold import Fold
from tracer.ledger import BALANCE, CONVERTED, Follow, Ledger
from tracer.links import Link
from tracer.openings import BALANCED, EQUAL, ONE_ASSET, PRICED, Openings, Value, assets_of, shares
from tracer.principal import principals

WETH_OF_CHAIN = str(load_chains()[CHAIN].wrapped)
UNIT = 10**6
HUGE = 2**200


def made(ins: Iterable[tuple[str, int]], outs: Iterable[tuple[str, int]]) -> Conversion:
    """A conversion of so many units of each asset."""
    went = legs(*(("owner", "pool", amount, asset) for asset, amount in ins))
    came = legs(*(("pool", "owner", amount, asset) for asset, amount in outs))
    return Conversion(SWAP, "owner", _links(went), _links(came), ("pool",))


def _links(rows: Iterable[Transfer]) -> tuple[Link, ...]:
    return tuple(Link(one.asset, str(one.sender), str(one.receiver), one.amount, one, one) for one in rows)


def shared(
    ins: Iterable[tuple[str, int]], outs: Iterable[tuple[str, int]], prices: Mapping[str, int | Fraction]
) -> tuple[list[int], list[int], tuple[str, str]]:
    """The shares of a conversion, prices by asset."""
    return shares(made(ins, outs), lambda asset: Fraction(prices[asset]) if asset in prices else None)


def test_one_asset_is_shared_by_amount() -> None:
    """Several payments of one asset count for what they are, priced or not."""
    assert shared([("T", 2), ("T", 6)], [("U", 5)], {}) == ([1, 3], [1], (ONE_ASSET, ONE_ASSET))
    assert shared([("T", 2), ("T", 6)], [("U", 5)], {"T": 7})[0] == [1, 3]


def test_several_assets_are_shared_by_value() -> None:
    """Of two assets each counts for what it was worth at that moment, however many units it has."""
    found = shared([("T", 100), ("U", 3)], [("V", 5)], {"T": Fraction(1, 10**6), "U": Fraction(1, 10**4)})
    assert found == ([1, 3], [1], (PRICED, ONE_ASSET))


def test_an_asset_without_a_price_counts_for_the_rest() -> None:
    """Of two inputs one of which has no price, that one counts for what the output leaves."""
    ins, _, by = shared([("T", 40), ("U", 9)], [("V", 50)], {"T": 1, "V": 2})
    assert (ins, by) == ([2, 3], (BALANCED, PRICED))


def test_where_nothing_is_left_all_count_the_same() -> None:
    """A balance that would be nil or less says nothing, and shares are equal and said to be."""
    ins, _, by = shared([("T", 40), ("U", 9)], [("V", 40)], {"T": 1, "V": 1})
    assert (ins, by) == ([1, 1], (EQUAL, PRICED))


def test_without_prices_all_count_the_same() -> None:
    """Two assets of which no price is known share equally, and it is said."""
    assert shared([("T", 1)], [("U", 5), ("V", 10**30)], {}) == ([1], [1, 1], (ONE_ASSET, EQUAL))


amounts = st.lists(st.tuples(st.sampled_from("TUV"), st.integers(1, HUGE)), min_size=1, max_size=4)


@given(amounts, amounts, st.dictionaries(st.sampled_from("TUV"), st.fractions(Fraction(1, HUGE), HUGE), max_size=3))
def test_shares_are_whole_and_in_proportion(
    ins: list[tuple[str, int]], outs: list[tuple[str, int]], prices: dict[str, Fraction]
) -> None:
    """Shares are whole numbers, never all nil, exact to any size, and in proportion to value where prices are known."""
    for side, told in zip((ins, outs), shared(ins, outs, prices)[:2], strict=True):
        assert len(told) == len(side)
        assert all(share >= 0 for share in told)
        assert any(told)
        if all(asset in prices for asset, _ in side):
            worth = [prices[asset] * amount for asset, amount in side]
            assert [share * worth[0] for share in told] == [told[0] * value for value in worth]


# --- in the ledger

RATES = {"T": Fraction(1), "U": Fraction(2), "V": Fraction(4), NATIVE: Fraction(8), WETH: Fraction(8)}


def valued(_: str, asset: str, __: int) -> Value:
    """The prices of these tests; nobody lists or prices DOUBT."""
    return Value(RATES.get(asset), doubtful=asset == "DOUBT")


def opened(*rows: list[Transfer], signer: str = "owner", internals: bool = True) -> Openings:
    """Transactions that were opened."""
    found = Openings(load_chains())
    found.receipts = {(CHAIN, one[0].tx): receipt(one, signer=signer, internals=internals) for one in rows}
    return found


def folded(
    openings: Openings, thefts: list[Transfer], others: list[Transfer], followed: Mapping[tuple[str, str], int]
) -> Ledger:
    """The ledger of these transfers; ``followed`` has the opening by address and asset."""
    seeds = {one.identity: number for number, one in enumerate(thefts)}
    follow = {(CHAIN, name, asset): Follow(1, units) for (name, asset), units in followed.items()}
    rows = sorted([*thefts, *others], key=lambda one: (one.position, one.identity))
    return openings.ledger(seeds, follow, rows, valued)


THEFT = legs(("victim", "owner", 100, "T"), tx="theft", height=1)
SWAPPED: list[Leg] = [
    *(("owner", "router", 100, "T"), ("router", "pool", 100, "T")),
    *(("pool", "router", 40, "U"), ("router", "owner", 40, "U")),
]


def held(ledger: Ledger) -> dict[tuple[str, str], tuple[int, int]]:
    """Stolen units and their principal by address and asset, first in first out."""
    tally = Fold(ledger).run().tally()
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for (number, origin), units in tally.held.items():
        _, address, asset = ledger.accounts[number]
        before = found.get((address, asset), (0, 0))
        part = principals(ledger, tally).held[number, origin]
        found[address, asset] = (before[0] + units, before[1] + part)
    return found


def test_a_swap_is_a_pot() -> None:
    """The four legs of a swap are one row in and one out, its conduit stands beside, and the units are the output's."""
    rows = legs(*SWAPPED)
    ledger = folded(opened(rows), THEFT, rows, {("owner", "T"): 0, ("owner", "U"): 0})
    assert ledger.source == [0, BALANCE, CONVERTED]
    assert [one.amount for one in ledger.transfers] == [100, 100, 40]
    assert (ledger.inward, ledger.outward) == ({1: 0}, {2: 0})
    assert ledger.via == {1: ("router",), 2: ("router",)}
    assert held(ledger) == {("owner", "U"): (40, 100)}


def test_what_was_not_opened_is_as_it_was() -> None:
    """Without the whole transaction the ledger has the raw legs of those who are followed."""
    rows = legs(*SWAPPED)
    ledger = folded(Openings(load_chains()), THEFT, rows, {("owner", "T"): 0, ("owner", "U"): 0})
    assert held(ledger) == {("router", "T"): (100, 100)}


def test_fees_are_rows_of_their_own() -> None:
    """The signer's fee is no part of a conversion and is drawn before it."""
    rows = legs(fee("owner", 3), ("owner", "pool", 50, "coin"), ("pool", "owner", 9, "T"))
    theft = legs(("victim", "owner", 53, "coin"), tx="theft", height=1)
    ledger = folded(opened(rows), theft, rows, {("owner", NATIVE): 0})
    assert held(ledger) == {("fee", NATIVE): (3, 3), ("owner", "T"): (9, 50)}


def test_a_disperser_hands_on_in_order() -> None:
    """Stolen units go through a conduit in the order of its legs: clean ones before them go to the first receiver."""
    rows = legs(("owner", "x", 130, "T"), ("x", "b", 50, "T"), ("x", "c", 80, "T"))
    ledger = folded(opened(rows), THEFT, rows, {("owner", "T"): 30})
    assert held(ledger) == {("b", "T"): (20, 20), ("c", "T"): (80, 80)}


def test_several_outputs_share_principal_by_value() -> None:
    """Principal is divided over two outputs by what they are worth, units are not touched."""
    rows = legs(("owner", "pool", 100, "T"), ("pool", "owner", 30, "U"), ("pool", "owner", 10, "V"))
    ledger = folded(opened(rows), THEFT, rows, {("owner", "T"): 0})
    assert held(ledger) == {("owner", "U"): (30, 60), ("owner", "V"): (10, 40)}


def test_several_inputs_share_an_output_by_value() -> None:
    """Clean money that went in beside stolen money has its part of what came out, by value."""
    rows = legs(("owner", "pool", 100, "T"), ("owner", "pool", 50, "U"), ("pool", "owner", 10, "V"))
    ledger = folded(opened(rows), THEFT, rows, {("owner", "T"): 0, ("owner", "U"): 50})
    assert held(ledger) == {("owner", "V"): (5, 100)}


def test_a_swap_for_what_may_be_worth_nothing_is_not_followed() -> None:
    """Units sold for a token that nobody lists or prices rest where they were paid, and the refusal is kept."""
    rows = legs(("owner", "pool", 100, "T"), ("pool", "owner", 10**9, "DOUBT"))
    openings = opened(rows)
    ledger = folded(openings, THEFT, rows, {("owner", "T"): 0})
    assert held(ledger) == {("pool", "T"): (100, 100)}
    assert [one.doubtful for one in openings.refused] == [True]
    assert openings.venues == set()


def test_whose_payments_they_are_is_read_again() -> None:
    """Once it is known whose money is followed, a transaction that another signed is read as that owner's."""
    rows = legs(("safe", "pool", 100, "T"), ("pool", "safe", 40, "U"), ("keeper", "x", 1, "V"))
    theft = legs(("victim", "safe", 100, "T"), tx="theft", height=1)
    openings = opened(rows, signer="keeper")
    folded(openings, theft, rows, {})
    assert openings.readings[CHAIN, "tx"][1] == {"keeper"}
    assert held(folded(openings, theft, rows, {("safe", "T"): 0})) == {("safe", "U"): (40, 100)}
    assert openings.readings[CHAIN, "tx"][1] == {"safe"}


def test_a_victims_own_swap_is_a_theft_into_a_conversion() -> None:
    """A victim made to swap into a thief's hands: the theft is what it paid, and the thief holds what came out."""
    rows = legs(("victim", "pool", 100, "T"), ("pool", "thief", 40, "U"))
    ledger = folded(opened(rows, signer="victim"), [rows[0]], rows[1:], {})
    assert held(ledger) == {("thief", "U"): (40, 100)}


def test_an_order_filled_later_is_one_conversion() -> None:
    """What an order was placed with waits until it is filled; then what came is what it became."""
    placed = legs(("owner", "stock", 100, "T"), tx="place", height=5)
    filled = legs(("stock", "owner", 40, "U"), tx="fill", height=9)
    openings = opened(placed, filled)
    known = {("owner", "T"): 0, ("owner", "U"): 0}
    assert held(folded(openings, THEFT, [*placed, *filled], known)) == {("stock", "T"): (100, 100)}
    openings.orders[CHAIN, "place", "owner", "stock"] = "fill"
    assert held(folded(openings, THEFT, [*placed, *filled], known)) == {("owner", "U"): (40, 100)}
    (one,) = openings.conversions
    assert (one.placed, one.conversion.linked) == ("place", False)


def test_equal_rows_stay_apart() -> None:
    """Two links that look alike are told apart by number, so that neither stands for the other."""
    rows = legs(("owner", "x", 50, "T"), ("owner", "y", 50, "T"), ("x", "b", 50, "T"), ("y", "b", 50, "T"))
    ledger = folded(opened(rows), THEFT, rows, {("owner", "T"): 0})
    assert len({one.identity for one in ledger.transfers}) == len(ledger)
    assert held(ledger) == {("b", "T"): (100, 100)}


def test_what_no_source_showed_is_unseen() -> None:
    """Where the calls are hidden, units rest at whoever got them last, and that account is named."""
    rows = legs(("owner", "pool", 100, "T"), ("pool", "router", 3, WETH_OF_CHAIN), ("router", ZERO, 3, WETH_OF_CHAIN))
    openings = opened(rows, internals=False)
    ledger = folded(openings, THEFT, rows, {("owner", "T"): 0})
    assert held(ledger) == {("router", NATIVE): (3, 100)}
    assert openings.unseen() == {(CHAIN, "router", NATIVE)}


def test_assets_are_named_as_they_were_paid_and_received() -> None:
    """Names and prices are needed of everything that went in or came out, once each."""
    assert assets_of(made([("T", 1), ("T", 2)], [("U", 1), ("T", 1)])) == ["T", "U"]


def test_marks_reach_the_reading() -> None:
    """What logs say counts: a farm's reward is no price of the stake."""
    rows = legs(("owner", "farm", 100, "T"), ("farm", "owner", 7, "U"))
    openings = Openings(load_chains())
    openings.receipts = {(CHAIN, "tx"): receipt(rows, marks=(mark("farm", "farm", "owner"),))}
    assert held(folded(openings, THEFT, rows, {("owner", "T"): 0})) == {("farm", "T"): (100, 100)}


def test_knowing_counts_failures() -> None:
    """A transaction that nobody could give is not asked for again."""
    openings = opened(legs(*SWAPPED))
    openings.failed[CHAIN, "lost"] = "why"
    assert [openings.knows(CHAIN, tx) for tx in ("tx", "lost", "other")] == [True, True, False]
    assert all(one.time == TIME for one in openings.receipts[CHAIN, "tx"].transfers)


# --- in a whole trace


def hidden_swap() -> SmallWorld:
    """The mule sells 100 USDT for coin through a router that unwraps: three calls inside, the last to the mule."""
    world, wrapped = SmallWorld(), AssetId(WETH_OF_CHAIN)
    world.contracts.update({who("pool"), who("router")})
    world.pay(10, "victim", "mule", 100 * UNIT)
    world.pay(20, "mule", "pool", 100 * UNIT, tx="swap")
    world.pay(20, "pool", "router", 5 * UNIT, wrapped, tx="swap")
    world.wrap(20, "router", 5 * UNIT, tx="swap", undone=True)
    world.inner(20, "wrapper", "router", 5 * UNIT, tx="swap")
    world.inner(20, "router", "mule", 5 * UNIT, tx="swap")
    calls = [one._replace(sender=Address(wrapped)) for one in world.transfers if one.sender == who("wrapper")]
    world.transfers = [*(one for one in world.transfers if one.sender != who("wrapper")), *calls]
    return world


def test_calls_complete_a_swap(tmp_path: Path) -> None:
    """With the calls shown, what the mule holds is the coin."""
    outcome = trace(hidden_swap(), tmp_path)
    assert [(row.address, row.asset.id, row.amount) for row in outcome.result.endpoints] == [
        (who("mule"), NATIVE, 5 * UNIT)
    ]
    assert outcome.exit_code == 0


@pytest.mark.parametrize("method", ["fifo", "pro_rata"])
def test_hidden_calls_are_a_gap_with_their_amount(tmp_path: Path, method: str) -> None:
    """With the calls hidden, the coin rests at the router as a gap that names transaction, address and amount."""
    world = hidden_swap()
    world.blind.add(world.transfers[1].tx)
    outcome = trace(world, tmp_path, method=method)
    (row,) = outcome.result.endpoints
    assert (row.address, row.asset.id, row.amount, row.reason) == (who("router"), NATIVE, 5 * UNIT, "gap")
    (gap,) = [gap for gap in outcome.result.gaps if gap.kind == "internal"]
    assert world.transfers[1].tx in gap.where
    assert str(5 * UNIT) in gap.why
    assert who("router") in gap.why
    assert outcome.exit_code == 3
