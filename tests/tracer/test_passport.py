"""The passport: its parts are all of the endpoint, and every part has one unbroken way from its theft."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.model import FEE_SINK, Asset, AssetId, Kind
from tests.strategies import CHAIN, COIN, VICTIMS, World, account, ledgers, transfer
from tests.tracer.made_workings import made_workings, small
from tracer.errors import UsageError
from tracer.ledger import Follow
from tracer.lots import CONSERVING, Lot
from tracer.passport import Passport, Through, passed_through, passports, reached, way, which_address
from tracer.workings import Workings

VICTIM, OTHER = VICTIMS
ADDRESSES = ("0xabcdef01", "0xabcdef02", "TLa2f6VPqD", "TLa2f6vpqd")


def everything(workings: Workings) -> list[Passport]:
    """The passports of every address that was reached."""
    return [one for address in reached(workings) for one in passports(workings, address)]


def through_one() -> Workings:
    """Two thefts that meet at one address, which pays two others and a fee and keeps nothing."""
    return small(
        [
            transfer(1, VICTIM, "hub", 50),
            transfer(2, OTHER, "hub", 30),
            transfer(3, "hub", FEE_SINK, 10, kind=Kind.FEE),
            transfer(4, "hub", "a", 60),
            transfer(5, "hub", "b", 10),
        ],
        thefts=[0, 1],
        follow={account("hub"): Follow(0, 0)},
    )


@given(ledgers(assets=("native", "0xtoken")), st.sampled_from(CONSERVING), st.booleans())
def test_parts_are_all_of_it(world: World, method: str, highest_first: bool) -> None:
    """Over all passports every stolen unit of every theft stands in exactly one part, under any method."""
    found = everything(made_workings(world, method, highest_first=highest_first))
    assert all(one.amount == sum(part.amount for part in one.parts) for one in found)
    sums: dict[int, int] = {}
    for one in found:
        for part in one.parts:
            sums[part.origin] = sums.get(part.origin, 0) + part.amount
    assert sums == world.stolen()


@given(ledgers(), st.sampled_from(CONSERVING))
def test_every_part_has_its_way(world: World, method: str) -> None:
    """A way begins with the part's theft, goes on where it arrived, never back in time, and ends at the endpoint."""
    workings = made_workings(world, method)
    for one in everything(workings):
        for part in one.parts:
            transfers = [flow.transfer for flow in way(workings, part)]
            assert world.seeds[transfers[0].identity] == part.origin
            assert all(a.receiver == b.sender and a.position <= b.position for a, b in pairwise(transfers))
            last = transfers[-1]
            assert (
                (last.sender, last.receiver) == (one.account[1], FEE_SINK)
                if one.fee
                else (last.receiver == one.account[1])
            )


@given(ledgers(), st.sampled_from(CONSERVING))
def test_parts_through_a_transfer_are_what_it_carried(world: World, method: str) -> None:
    """For every transfer, the parts that came by it add up to the stolen units it carried."""
    workings = made_workings(world, method)
    carried = [0] * len(workings.fold.flows)
    for one in everything(workings):
        for part in one.parts:
            for number in workings.fold.path(part.trail):
                carried[number] += part.amount
    assert carried == [flow.traced for flow in workings.fold.flows]


@given(ledgers(), st.sampled_from(CONSERVING))
def test_parts_with_the_same_way_are_one(world: World, method: str) -> None:
    """No two parts of a passport came by the same transfers; the largest comes first."""
    workings = made_workings(world, method)
    for one in everything(workings):
        ways = [tuple(workings.fold.path(part.trail)) for part in one.parts]
        assert len(set(ways)) == len(ways)
        assert [part.amount for part in one.parts] == sorted((part.amount for part in one.parts), reverse=True)


def test_units_that_came_by_two_ways_are_two_parts() -> None:
    """What one theft sent by two transfers and met again is told apart, the larger part first."""
    workings = small(
        [
            transfer(1, VICTIM, "hub", 50),
            transfer(2, "hub", "next", 20),
            transfer(3, "stranger", "next", 5),
            transfer(4, "hub", "next", 30),
            transfer(5, "next", "end", 55),
        ],
        thefts=[0],
        follow={account("hub"): Follow(0, 0), account("next"): Follow(0, 0)},
    )
    parts = passports(workings, "end")[0].parts
    assert [part.amount for part in parts] == [30, 20]
    assert [[flow.transfer.tx for flow in way(workings, part)] for part in parts] == [
        ["tx-1-0", "tx-4-0", "tx-5-0"],
        ["tx-1-0", "tx-2-0", "tx-5-0"],
    ]


def test_equal_parts_stand_by_theft_and_way() -> None:
    """Where parts are equal the smaller number of the theft comes first, then the way that was completed first."""
    workings = small(
        [
            transfer(1, VICTIM, "hub", 40),
            transfer(2, OTHER, "end", 20),
            transfer(3, "hub", "end", 20),
            transfer(4, "hub", "end", 20),
        ],
        thefts=[1, 0],
        follow={account("hub"): Follow(0, 0), account("end"): Follow(0, 0)},
        method="lifo",
    )
    lots = workings.fold.stolen_lots()[account("end")]
    parts = passports(workings, "end")[0].parts
    assert [[flow.transfer.tx for flow in way(workings, part)] for part in parts] == [
        ["tx-2-0"],
        ["tx-1-0", "tx-3-0"],
        ["tx-1-0", "tx-4-0"],
    ]
    assert [part.origin for part in parts] == [0, 1, 1]
    assert [lot.trail for lot in lots] == [part.trail for part in reversed(parts)]


def test_lots_by_one_way_are_one_part() -> None:
    """However many lots a balance keeps of what came by one way, they are one part with the sum of their units."""
    workings = small([transfer(1, VICTIM, "hub", 50)], thefts=[0], follow={})
    (lot,) = workings.fold.resting[workings.ledger.numbers[account("hub")]]
    split = [Lot(units, lot.origin, lot.trail) for units in (30, 15, 5)]
    workings.fold.resting[workings.ledger.numbers[account("hub")]] = split
    (one,) = passports(workings, "hub")
    assert (one.amount, one.parts) == (50, ((50, 0, lot.trail, 50),))


def test_the_reason_is_that_of_the_account() -> None:
    """An endpoint has the reason the trace gave it, one without a reason was not followed, and a fee is a fee."""
    workings = replace(through_one(), reasons={account("a"): "exchange", account(FEE_SINK): "held"})
    found = [passports(workings, who)[0] for who in ("a", "b", "hub")]
    assert [(one.account, one.reason, one.fee) for one in found] == [
        (account("a"), "exchange", False),
        (account("b"), "not_followed", False),
        (account("hub"), "fee", True),
    ]
    assert {one.asset for one in found} == {Asset(CHAIN, COIN, "COIN", 6)}


def test_passports_stand_by_chain_and_size_and_fees_at_the_end() -> None:
    """What rests comes before fees, then chain by chain, the largest first; equal ones by asset."""
    second = "eip155:56"
    workings = small(
        [
            transfer(1, VICTIM, "hub", 25),
            transfer(2, "hub", FEE_SINK, 5, kind=Kind.FEE),
            transfer(3, VICTIM, "hub", 30, asset="0xb"),
            transfer(4, VICTIM, "hub", 40, asset="0xc"),
            transfer(5, VICTIM, "hub", 30, asset="0xa"),
            transfer(1, VICTIM, "hub", 100, chain=second),
            transfer(2, "hub", FEE_SINK, 9, kind=Kind.FEE, chain=second),
        ],
        thefts=[0, 2, 3, 4, 5],
        follow={account("hub"): Follow(0, 0), account("hub", chain=second): Follow(0, 0)},
    )
    assert [(one.account, one.amount, one.fee) for one in passports(workings, "hub")] == [
        (account("hub", "0xc"), 40, False),
        (account("hub", "0xa"), 30, False),
        (account("hub", "0xb"), 30, False),
        (account("hub"), 20, False),
        (account("hub", chain=second), 91, False),
        (account("hub"), 5, True),
        (account("hub", chain=second), 9, True),
    ]
    assert passports(workings, "hub")[0].asset == Asset(CHAIN, AssetId("0xc"), "COIN", 6)


def test_fees_are_an_endpoint_of_who_paid_them() -> None:
    """What an address spent as fees is its own passport, behind what rests at it."""
    found = passports(through_one(), "hub")
    assert [(one.fee, one.reason, one.amount, [part[:2] for part in one.parts]) for one in found] == [
        (True, "fee", 10, [(10, 0)])
    ]


def test_thefts_stay_apart() -> None:
    """What came of two thefts is shown as parts of each."""
    one = passports(through_one(), "a")[0]
    assert (one.amount, one.reason, one.fee) == (60, "not_followed", False)
    assert [part[:2] for part in one.parts] == [(40, 0), (20, 1)]


def test_poison_has_no_ways() -> None:
    """Exposure is an amount without parts."""
    workings = small([transfer(1, VICTIM, "hub", 50)], [0], {}, "poison")
    assert [(one.amount, one.parts) for one in passports(workings, "hub")] == [(50, ())]


def test_an_address_that_kept_nothing_shows_what_went_through() -> None:
    """It is no endpoint; what it received is what it sent on, the most first."""
    workings = small(
        [transfer(1, VICTIM, "hub", 50), transfer(2, "hub", "a", 10), transfer(3, "hub", "b", 40)],
        thefts=[0],
        follow={account("hub"): Follow(0, 0)},
    )
    assert passports(workings, "hub") == []
    asset = workings.asset(account("hub"))
    assert passed_through(workings, "hub") == [Through(account("hub"), asset, 50, (("b", 40), ("a", 10)))]


def test_what_went_through_is_summed_by_receiver() -> None:
    """Receipts are one sum and payments one per receiver, equal ones by name; what others paid is not counted."""
    workings = small(
        [
            transfer(1, VICTIM, "hub", 50),
            transfer(2, OTHER, "hub", 30),
            transfer(3, "hub", "b", 20),
            transfer(4, "hub", "d", 20),
            transfer(5, "hub", "c", 20),
            transfer(6, "hub", "b", 15),
            transfer(7, "d", "e", 7),
            transfer(8, VICTIM, "hub", 8, asset="0xtoken"),
        ],
        thefts=[0, 1, 7],
        follow={account("hub"): Follow(0, 0), account("d"): Follow(0, 0)},
    )
    assert [(one.account, one.received, one.sent) for one in passed_through(workings, "hub")] == [
        (account("hub", "0xtoken"), 8, ()),
        (account("hub"), 80, (("b", 35), ("c", 20), ("d", 20))),
    ]
    assert [(one.account, one.received, one.sent) for one in passed_through(workings, "d")] == [
        (account("d"), 20, (("e", 7),))
    ]


def test_a_theft_is_not_what_its_victim_passed_on() -> None:
    """A victim that received units of an earlier theft did not send on what was then stolen from itself."""
    workings = small(
        [transfer(1, VICTIM, "hub", 50), transfer(2, "hub", OTHER, 10), transfer(3, OTHER, "x", 30)],
        thefts=[0, 2],
        follow={account("hub"): Follow(0, 0)},
    )
    asset = Asset(CHAIN, COIN, "COIN", 6)
    assert passed_through(workings, OTHER) == [Through(account(OTHER), asset, 10, ())]
    assert passed_through(workings, VICTIM) == []


def test_who_was_reached_and_under_which_methods() -> None:
    """Addresses with stolen units under any method, those that paid fees of them included; nobody else."""
    workings = small(
        [
            transfer(1, "stranger", "hub", 50),
            transfer(2, VICTIM, "hub", 50),
            transfer(3, "hub", "a", 50),
            transfer(4, "hub", FEE_SINK, 5, kind=Kind.FEE),
        ],
        thefts=[1],
        follow={account("hub"): Follow(0, 0)},
    )
    found = reached(workings)
    assert found["a"] == {"lifo", "pro_rata", "tainted_first", "poison"}
    assert set(found) == {"hub", "a"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("0xabcdef01", "0xabcdef01"),
        ("0xABCDEF02", "0xabcdef02"),
        ("0XABCDEF02", "0xabcdef02"),
        ("TLa2f6V", "TLa2f6VPqD"),
        ("TLa2f6VPqD", "TLa2f6VPqD"),
    ],
)
def test_an_address_may_be_given_by_its_beginning(text: str, found: str) -> None:
    """A beginning that only one address has names it; hexadecimal ones in any case, TRON's exactly."""
    assert which_address(ADDRESSES, text, "c") == found


@pytest.mark.parametrize(
    ("text", "key", "more"),
    [
        ("0xabc", "error.address_short", {"least": 6}),
        ("0xabcdef0", "error.address_ambiguous", {"found": "0xabcdef01, 0xabcdef02"}),
        ("0XABCDEF0", "error.address_ambiguous", {"found": "0xabcdef01, 0xabcdef02"}),
        ("TLa2f6", "error.address_ambiguous", {"found": "TLa2f6VPqD, TLa2f6vpqd"}),
        ("0xabcdef011", "error.address_not_here", {"case": "c"}),
        ("tla2f6vpqd", "error.address_not_here", {"case": "c"}),
        ("", "error.address_short", {"least": 6}),
    ],
)
def test_a_text_that_names_no_single_address_is_refused(text: str, key: str, more: dict[str, object]) -> None:
    """Too short, several, or none: each its own sentence, which repeats the text as it was given."""
    with pytest.raises(UsageError) as refused:
        which_address(ADDRESSES, text, "c")
    assert (refused.value.key, refused.value.values) == (key, {"text": text, **more})


def test_of_many_that_are_meant_five_are_named() -> None:
    """The sentence stays short: of seven addresses with one beginning the first five by name are in it."""
    with pytest.raises(UsageError) as refused:
        which_address([f"0xabcdef0{last}" for last in "7564312"], "0xabcdef", "c")
    assert refused.value.values["found"] == "0xabcdef01, 0xabcdef02, 0xabcdef03, 0xabcdef04, 0xabcdef05"


def test_a_whole_address_wins_over_a_longer_one() -> None:
    """An address that is the beginning of another is itself."""
    assert which_address(("0xabcd", "0xabcdef"), "0xabcd", "c") == "0xabcd"
