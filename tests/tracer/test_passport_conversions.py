"""The passport through conversions: one unbroken way, whatever it is in, for the same principal all along."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from chains.model import Asset
from tests.strategies import CHAIN, VICTIMS, account
from tests.tracer.made_workings import made_workings
from tests.tracer.test_audit_conversions import SPLIT, SWAP, U, W, X, swapped, vain
from tests.worlds import world
from tracer.lots import CONSERVING
from tracer.passport import kind_of, passed_through, passports, reached, steps, theft_asset, way
from tracer.principal import principals

VICTIM = VICTIMS[0]


def test_a_conversion_is_one_step() -> None:
    """What was paid in and what came out are one step, with its pot; the part stands for its principal."""
    workings = swapped()
    (one,) = passports(workings, "friend")
    assert (one.account, one.amount, one.principal) == (account("friend", U), 100, {0: 188})
    (part,) = one.parts
    found = steps(workings, part)
    assert [(step.flow.transfer.tx, step.last.transfer.tx, step.pot) for step in found] == [
        ("tx-2-0", "tx-2-0", None),
        (SWAP, SWAP, 0),
        (SPLIT, SPLIT, 1),
    ]
    assert [(step.flow.traced, step.last.traced) for step in found] == [(600, 600), (500, 1_000), (500, 100)]
    assert kind_of(workings, 1) == ("swap", ("pool",))
    assert theft_asset(workings, part.origin) == Asset(CHAIN, U, "COIN", 6)  # type: ignore[arg-type]


def test_an_address_reached_only_by_a_conversion_is_known() -> None:
    """Who only ever got the outcome of somebody else's swap can be asked about."""
    assert reached(swapped())["friend"] == set(swapped().tallies)


def test_what_went_through_says_what_was_converted() -> None:
    """Of the payer and of the pool, what went into which conversion; nobody sent it to the pool."""
    workings = swapped()
    gone = {one.account[2]: one for one in passed_through(workings, "hub")}
    assert [(gone[asset].received, gone[asset].sent, gone[asset].converted) for asset in (U, W, X)] == [
        (1_000, (), ((0, 500),)),
        (1_000, (), ((1, 500),)),
        (50, (), ()),
    ]
    pool = passed_through(workings, "pool")
    assert [(one.account[2], one.received, one.converted) for one in pool] == [
        (W, 500, ((1, 500),)),
        (U, 500, ((0, 500),)),
    ]


def test_what_got_nothing_has_its_passport_at_the_pool() -> None:
    """Units that were worth too little to become anything rest at the pool, with the way that led there."""
    workings = vain("tainted_first")
    (one,) = passports(workings, "pool")
    assert (one.amount, one.principal) == (1, {0: 1})
    (part,) = one.parts
    assert [(step.flow.transfer.tx, step.pot) for step in steps(workings, part)] == [("tx-2-0", None), (SWAP, None)]


@given(st.integers(0, 2**32), st.sampled_from(CONSERVING), st.booleans())
def test_principal_over_all_parts_is_what_was_stolen(seed: int, method: str, highest_first: bool) -> None:
    """Every stolen unit of every theft stands in exactly one part of one passport, through any conversions."""
    one = world(seed)
    workings = made_workings(one, method, highest_first=highest_first)
    sums = dict.fromkeys(one.stolen(), 0)
    for who in reached(workings):
        for found in passports(workings, who):
            assert sum(part.amount for part in found.parts) == found.amount
            for part in found.parts:
                sums[part.origin] += part.principal
    assert sums == one.stolen()


@given(st.integers(0, 2**32), st.sampled_from(CONSERVING))
def test_every_way_is_unbroken(seed: int, method: str) -> None:
    """Each step goes on where the one before it led, in the same asset, and begins with the theft."""
    workings = made_workings(world(seed), method)
    ledger = workings.ledger
    for who in reached(workings):
        for part in (part for found in passports(workings, who) for part in found.parts):
            found = steps(workings, part)
            assert ledger.source[found[0].flow.row] == part.origin
            for before, after in pairwise(found):
                assert ledger.payee[before.last.row] == ledger.payer[after.flow.row]
            for step in found:
                assert step.pot is None or step.pot == ledger.inward[step.flow.row] == ledger.outward[step.last.row]
            assert sum(1 if step.out is None else 2 for step in found) == len(way(workings, part))


@given(st.integers(0, 2**32), st.sampled_from(CONSERVING))
def test_passports_and_accounts_have_the_same_principal(seed: int, method: str) -> None:
    """What the parts of an account stand for is what the account stands for, as the result states it."""
    workings = made_workings(world(seed), method)
    whole: dict[tuple[str, str, str], int] = {}
    for (number, _), part in principals(workings.ledger, workings.fold.tally()).held.items():
        place = workings.ledger.accounts[number]
        whole[place] = whole.get(place, 0) + part
    for who in reached(workings):
        for one in passports(workings, who):
            if not one.fee:
                assert sum(one.principal.values()) == whole[one.account]
