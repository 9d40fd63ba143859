"""One transaction, read: who converted what into what, what merely passed through, and what cannot be seen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.model import NATIVE, Transfer
from tests.tracer.one_transaction import WETH, ZERO, Leg, legs, mark
from tracer.convert import ADDED, DEPOSIT, REDEEM, REMOVED, SWAP, UNWRAP, WRAP, Missing, Reading, owners_of, read
from tracer.links import Link, deltas

Paid = list[tuple[str, str, int]]


def reading(*moves: Leg, owners: Iterable[str] = ("owner",), **told: Any) -> Reading:
    """The reading of these legs."""
    return read(legs(*moves), frozenset(owners), wrapped=WETH, **told)


def paid(links: Iterable[Link]) -> Paid:
    """Payer, asset as paid, units."""
    return sorted((one.payer, one.paid, one.amount) for one in links)


def got(links: Iterable[Link]) -> Paid:
    """Receiver, asset as received, units."""
    return sorted((one.receiver, one.got, one.amount) for one in links)


def only(found: Reading) -> tuple[str, str, Paid, Paid]:
    """Kind, owner, what was paid and what was received of the only conversion."""
    (one,) = found.conversions
    return one.kind, one.owner, paid(one.ins), got(one.outs)


SWAPS: dict[str, tuple[list[Leg], Paid, Paid]] = {
    "through a router": (
        [
            *(("owner", "router", 10, "T"), ("router", "pool", 10, "T")),
            *(("pool", "router", 3, "U"), ("router", "owner", 3, "U")),
        ],
        [("owner", "T", 10)],
        [("owner", "U", 3)],
    ),
    "several hops": (
        [("owner", "p1", 10, "T"), ("p1", "p2", 4, "U"), ("p2", "p3", 9, "V"), ("p3", "owner", 2, "W")],
        [("owner", "T", 10)],
        [("owner", "W", 2)],
    ),
    "split over two pools": (
        [("owner", "p1", 6, "T"), ("owner", "p2", 4, "T"), ("p1", "owner", 3, "U"), ("p2", "owner", 2, "U")],
        [("owner", "T", 4), ("owner", "T", 6)],
        [("owner", "U", 2), ("owner", "U", 3)],
    ),
    "sent to another": (
        [("owner", "pool", 10, "T"), ("pool", "b", 3, "U")],
        [("owner", "T", 10)],
        [("b", "U", 3)],
    ),
    "partly sent on": (
        [("owner", "pool", 10, "T"), ("pool", "wallet", 1, "U"), ("pool", "owner", 2, "U")],
        [("owner", "T", 10)],
        [("owner", "U", 2), ("wallet", "U", 1)],
    ),
    "a refund": (
        [
            *(("owner", "router", 10, "coin"), ("router", "pool", 7, "call"), ("router", "owner", 3, "call")),
            ("pool", "owner", 5, "T"),
        ],
        [("owner", NATIVE, 7)],
        [("owner", "T", 5)],
    ),
    "a loan beside": (
        [
            *(("lender", "user", 900, "T"), ("owner", "user", 10, "T"), ("user", "pool", 10, "T")),
            *(("pool", "owner", 3, "U"), ("user", "lender", 900, "T")),
        ],
        [("owner", "T", 10)],
        [("owner", "U", 3)],
    ),
    "two assets in": (
        [("owner", "pool", 10, "T"), ("owner", "pool", 4, "U"), ("pool", "owner", 6, "V")],
        [("owner", "T", 10), ("owner", "U", 4)],
        [("owner", "V", 6)],
    ),
    "two assets out": (
        [("owner", "pool", 10, "T"), ("pool", "owner", 6, "U"), ("pool", "owner", 7, "V")],
        [("owner", "T", 10)],
        [("owner", "U", 6), ("owner", "V", 7)],
    ),
    "the router wraps": (
        [
            *(("owner", "router", 10, "coin"), ("router", WETH, 10, "call"), (ZERO, "router", 10, WETH)),
            *(("router", "pool", 10, WETH), ("pool", "owner", 3, "T")),
        ],
        [("owner", NATIVE, 10)],
        [("owner", "T", 3)],
    ),
    "the router unwraps": (
        [
            *(("owner", "pool", 10, "T"), ("pool", "router", 3, WETH), ("router", ZERO, 3, WETH)),
            *((WETH, "router", 3, "call"), ("router", "owner", 3, "call")),
        ],
        [("owner", "T", 10)],
        [("owner", NATIVE, 3)],
    ),
    "a toll on the way": (
        [("owner", "pool", 98, "T"), ("owner", "collector", 2, "T"), ("pool", "owner", 5, "U")],
        [("owner", "T", 98)],
        [("owner", "U", 5)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SWAPS)
def test_swaps(name: str) -> None:
    """A swap is what the owner paid and what somebody received for it, whatever it went through."""
    rows, ins, outs = SWAPS[name]
    assert only(reading(*rows)) == (SWAP, "owner", ins, outs)


OTHERS: dict[str, tuple[list[Leg], str]] = {
    "wrapping": ([("owner", WETH, 5, "coin"), (ZERO, "owner", 5, WETH)], WRAP),
    "unwrapping": ([("owner", ZERO, 5, WETH), (WETH, "owner", 5, "call")], UNWRAP),
    "a vault": ([("owner", "share", 5, "T"), (ZERO, "owner", 4, "share")], DEPOSIT),
    "out of a vault": ([("owner", ZERO, 4, "share"), ("share", "owner", 5, "T")], REDEEM),
    "liquidity": ([("owner", "lp", 5, "T"), ("owner", "lp", 6, "U"), (ZERO, "owner", 4, "lp")], ADDED),
    "liquidity back": (
        [("owner", "lp", 4, "lp"), ("lp", ZERO, 4, "lp"), ("lp", "owner", 5, "T"), ("lp", "owner", 6, "U")], REMOVED,
    ),
    "staking the coin": ([("owner", "stake", 5, "coin"), (ZERO, "owner", 5, "stake")], DEPOSIT),
}  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_kinds(name: str) -> None:
    """What a conversion is called follows from who issues what; all of what was paid and received is in it."""
    rows, kind = OTHERS[name]
    found = reading(*rows)
    assert only(found)[:2] == (kind, "owner")
    assert (found.moves, found.rest) == ((), ())
    assert found.conversions[0].linked


NOT_CONVERSIONS: dict[str, list[Leg]] = {
    "a payment": [("owner", "b", 5, "T")],
    "two payments of different assets": [("owner", "b", 5, "T"), ("owner", "c", 6, "U")],
    "an airdrop": [("sender", "owner", 5, "T")],
    "a mint for nothing": [(ZERO, "owner", 5, "T")],
    "a payment and an airdrop of somebody else": [("owner", "b", 5, "T"), ("sender", "owner", 7, "U")],
    "a disperser": [("owner", "x", 9, "T"), ("x", "b", 4, "T"), ("x", "c", 5, "T")],
    "a swap of others": [("other", "pool", 9, "T"), ("pool", "other", 4, "U"), ("owner", "b", 5, "T")],
}


@pytest.mark.parametrize("name", NOT_CONVERSIONS)
def test_nothing_else_is_a_conversion(name: str) -> None:
    """Payments, airdrops, mints and what others do in the same transaction convert nothing of the owner's."""
    assert [one for one in reading(*NOT_CONVERSIONS[name]).conversions if one.owner == "owner"] == []


def test_pass_through_is_linked_leg_by_leg() -> None:
    """What a disperser paid out is the payer's, in order, and the disperser is named between."""
    found = reading(*NOT_CONVERSIONS["a disperser"])
    assert got(found.moves) == [("b", "T", 4), ("c", "T", 5)]
    assert {one.payer for one in found.moves} == {"owner"}
    assert found.kind == "pass_through"


def test_a_toll_is_a_move_beside_the_swap() -> None:
    """What a token's tax took is paid to the collector and is no part of the price."""
    rows, _, _ = SWAPS["a toll on the way"]
    assert got(reading(*rows).moves) == [("collector", "T", 2)]


def test_two_owners_in_one_settlement_stay_apart() -> None:
    """Where two orders are filled together, each owner paid its own and received its own."""
    rows: list[Leg] = [
        *(("a", "settlement", 10, "T"), ("b", "settlement", 6, "U")),
        *(("settlement", "b", 10, "T"), ("settlement", "a", 6, "U")),
    ]
    found = reading(
        *rows, owners=("a", "b"), marks=(mark("order", "settlement", "a"), mark("order", "settlement", "b"))
    )
    assert {(one.owner, *paid(one.ins), *got(one.outs)) for one in found.conversions} == {
        ("a", ("a", "T", 10), ("a", "U", 6)), ("b", ("b", "U", 6), ("b", "T", 10)),
    }  # fmt: skip


def test_an_order_is_its_owners() -> None:
    """A settlement signed by somebody else converts the money of whoever the order's log names."""
    rows = legs(
        ("a", "settlement", 10, "T"),
        ("settlement", "pool", 10, "T"),
        ("pool", "settlement", 3, "U"),
        ("settlement", "a", 3, "U"),
    )
    owners = owners_of(rows, "keeper", (mark("order", "settlement", "a"),), ())
    assert owners == {"a"}
    assert only(read(rows, owners)) == (SWAP, "a", [("a", "T", 10)], [("a", "U", 3)])


def test_owners_are_those_followed_else_the_signer() -> None:
    """Whose money is followed comes first; where nobody's is and no log names one, the signer's it is."""
    rows = legs(("a", "b", 10, "T"))
    assert owners_of(rows, "signer", (), ("a", "z")) == {"a"}
    assert owners_of(rows, "signer", (), ()) == {"signer"}
    assert owners_of(rows, "signer", (mark("account", "a", "a"),), ()) == {"a"}


def test_a_reward_is_no_price() -> None:
    """What a farm paid beside a stake put in is not what the stake became."""
    rows: list[Leg] = [("owner", "farm", 10, "LP"), ("farm", "owner", 3, "REWARD")]
    found = reading(*rows, marks=(mark("farm", "farm", "owner"),))
    assert found.conversions == ()
    assert got(found.rest) == [("owner", "REWARD", 3)]
    assert got(found.moves) == [("farm", "LP", 10)]
    assert reading(*rows).conversions != ()


def test_a_claim_is_no_price() -> None:
    """Tokens minted for a claim beside a payment are not what the payment became."""
    rows: list[Leg] = [("owner", "b", 10, "T"), (ZERO, "owner", 3, "REWARD")]
    found = reading(*rows, marks=(mark("claim", "distributor", "owner"),))
    assert (found.conversions, got(found.rest)) == ((), [("owner", "REWARD", 3)])


def test_a_stranger_cannot_talk_a_swap_away() -> None:
    """Where the pool itself says that it swapped, another contract's log of a reward changes nothing; its own does."""
    rows: list[Leg] = [("owner", "pool", 10, "T"), ("pool", "owner", 3, "U")]
    swapped = mark("swap", "pool")
    assert reading(*rows, marks=(swapped, mark("farm", "liar", "owner"))).conversions != ()
    assert reading(*rows, marks=(swapped, mark("farm", "pool", "owner"))).conversions == ()


def test_share_tokens_without_a_venue_are_said_to_be_unlinked() -> None:
    """Where one contract keeps the asset and another mints the shares, the two are taken together and it is said."""
    (one,) = reading(("owner", "treasury", 10, "T"), (ZERO, "owner", 9, "share")).conversions
    assert (one.kind, one.linked) == (DEPOSIT, False)


def test_what_a_victim_lost_counts_in_full() -> None:
    """Of a victim that was made to swap, what it paid is the swap's, and what came back to it is an output."""
    rows: list[Leg] = [("victim", "pool", 10, "T"), ("pool", "thief", 4, "U"), ("pool", "victim", 1, "U")]
    found = reading(*rows, owners=("victim",), gross=frozenset({"victim"}))
    assert only(found) == (SWAP, "victim", [("victim", "T", 10)], [("thief", "U", 4), ("victim", "U", 1)])


def test_a_counterfeit_is_an_asset_of_its_own() -> None:
    """A token is its contract: that another has the same symbol joins nothing."""
    found = reading(("owner", "x", 5, "real"), ("x", "b", 5, "fake"))
    assert got(one for conversion in found.conversions for one in conversion.outs) in ([], [("b", "fake", 5)])
    assert not [one for one in found.moves if one.paid != one.got]


HIDDEN: list[Leg] = [("owner", "pool", 10, "T"), ("pool", "router", 3, WETH), ("router", ZERO, 3, WETH)]
"""A swap for the coin whose calls no source shows: unwrapped by the router, and gone."""


def test_a_call_that_no_source_showed_is_missing_with_its_amount() -> None:
    """The event of unwrapping proves that the router got the coin; that it passed it on stands in no log."""
    found = reading(*HIDDEN, internals=False)
    assert found.missing == (Missing("router", NATIVE, 3),)
    assert only(found) == (SWAP, "owner", [("owner", "T", 10)], [("router", NATIVE, 3)])


def test_nothing_is_missing_where_the_owner_unwraps() -> None:
    """Whoever unwraps its own coins has them: the call is implied by the event, and it ends there."""
    found = reading(("owner", ZERO, 5, WETH), internals=False)
    assert found.missing == ()
    assert only(found)[:2] == (UNWRAP, "owner")


def test_wrapping_is_read_alike_with_and_without_calls() -> None:
    """The coin sent with the transaction is there already; the event of the wrapper adds no second one."""
    rows, kind = OTHERS["wrapping"]
    assert only(reading(*rows)) == only(reading(*rows, internals=False))
    assert only(reading(*rows))[0] == kind


def test_nothing_at_all() -> None:
    """Without legs there is nothing to read."""
    assert reading() == Reading((), (), (), (), frozenset())
    assert reading().kind == "nothing"


NAMES = ("a", "b", "c", "p", "q", "T", "U")
anybody = st.sampled_from((*NAMES, ZERO))
moves = st.lists(
    st.tuples(anybody, anybody, st.integers(1, 40), st.sampled_from(("T", "U", "V", "coin", "call")))
    .filter(lambda leg: leg[0] != leg[1])
    .filter(lambda leg: leg[3] in ("T", "U", "V") or ZERO not in leg[:2]),
    max_size=8,
)  # fmt: skip


def told_of(found: Reading, rows: list[Transfer], who: str) -> dict[str, int]:
    """What a reading says that somebody gained, by asset."""
    sums: dict[str, int] = {}
    converted = {id(one): one for conversion in found.conversions for one in (*conversion.ins, *conversion.outs)}
    for one in (*converted.values(), *found.moves, *found.rest):
        for end, asset, units in ((one.payer, one.paid, -one.amount), (one.receiver, one.got, one.amount)):
            if end == who:
                sums[asset] = sums.get(asset, 0) + units
    assert rows
    return {asset: units for asset, units in sums.items() if units}


@given(moves, st.frozensets(st.sampled_from(("a", "b")), min_size=1))
def test_a_reading_loses_nothing(some: list[Leg], owners: frozenset[str]) -> None:
    """For everybody who is no venue, conversions, moves and the rest add up to what it gained and lost."""
    rows = legs(*some)
    found = read(rows, owners)
    gained = deltas(rows)
    minting = {str(one.asset) for one in rows if ZERO in (one.sender, one.receiver)}
    for who in set(NAMES) - found.venues - minting:
        assert not rows or told_of(found, rows, who) == gained.get(who, {})


@given(moves, st.frozensets(st.sampled_from(("a", "b")), min_size=1))
def test_no_unit_is_told_twice(some: list[Leg], owners: frozenset[str]) -> None:
    """A payment is part of one conversion, or a move, or of the rest, and of no two; every conversion has two sides."""
    found = read(legs(*some), owners)
    ins = [id(one) for conversion in found.conversions for one in conversion.ins]
    outs = [id(one) for conversion in found.conversions for one in conversion.outs]
    others = [id(one) for one in (*found.moves, *found.rest)]
    for part in (ins, [*outs, *others]):
        assert len(part) == len(set(part))
    assert not set(others) & set(ins)
    assert all(one.ins and one.outs for one in found.conversions)
    assert all(one.amount > 0 for conversion in found.conversions for one in (*conversion.ins, *conversion.outs))


@given(moves, st.permutations(NAMES))
def test_names_do_not_matter(some: list[Leg], others: list[str]) -> None:
    """Under other names the reading is the same."""
    new = dict(zip(NAMES, (f"n{name}" for name in others), strict=True))
    new |= {ZERO: ZERO, "coin": "coin", "call": "call", "V": "V", NATIVE: NATIVE}
    renamed = [(new[sender], new[receiver], amount, new[asset]) for sender, receiver, amount, asset in some]
    one, two = read(legs(*some), {"a"}), read(legs(*renamed), {new["a"]})
    shown = [
        (new[row.owner], row.kind, [(new[who], new[asset], units) for who, asset, units in got(row.outs)])
        for row in one.conversions
    ]
    assert [(owner, kind, sorted(outs)) for owner, kind, outs in shown] == [
        (row.owner, row.kind, got(row.outs)) for row in two.conversions
    ]
