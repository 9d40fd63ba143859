"""Addresses that only pass value on, and rows of them."""

from __future__ import annotations

import pytest

from chains.model import NATIVE, Transfer
from tests.tracer.patterns.cases import DAY, fee, figures, found, names, only, ordinary, pay, scene


def mule(*, sent: int = 95, after: int = 60, extra: tuple[Transfer, ...] = ()) -> list[Transfer]:
    """A hundred come, some go on."""
    return [pay(0, "victim", "mule", 100), pay(after, "mule", "next", sent), *extra]


def test_an_address_that_sends_nearly_all_on_within_the_hour_is_fast() -> None:
    """95 % within 60 minutes is a fast pass-through, with its figures and both transactions."""
    lead = only(scene(mule()), "pass_through")
    assert names(lead) == ["mule"]
    assert len(lead.members.transactions) == 2
    assert figures(lead) == {"sent_on_percent": 95, "within_minutes": 60, "payers": 1, "recipients": 1}
    assert lead.strengths
    assert lead.score == 60


def test_within_a_day_it_is_a_normal_one() -> None:
    """A minute over the hour, and up to 24 hours, it is a pass-through of less score."""
    for after in (61, DAY):
        lead = only(scene(mule(after=after)), "pass_through")
        assert figures(lead)["within_minutes"] == DAY
        assert lead.score == 50


@pytest.mark.parametrize(
    "payments",
    [
        mule(sent=94),
        mule(after=DAY + 1),
        mule(extra=(pay(5, "outsider-1", "mule", 1), pay(6, "outsider-2", "mule", 1))),
        mule(sent=95, extra=(pay(61, "mule", "a", 1), pay(62, "mule", "b", 1))),
    ],
    ids=["sent", "late", "payers", "recipients"],
)
def test_just_beyond_each_threshold_there_is_none(payments: list[Transfer]) -> None:
    """94 %, a minute more than a day, a third payer, a third recipient: no lead."""
    assert not found(scene(payments), "pass_through")


def test_two_payers_and_two_recipients_are_few_enough() -> None:
    """The limits themselves still count as few."""
    payments = mule(extra=(pay(5, "outsider-1", "mule", 1), pay(61, "mule", "other", 5)))
    assert figures(only(scene(payments), "pass_through"))["payers"] == 2


def test_one_who_held_something_before_is_not_fresh() -> None:
    """An opening balance means an address in use; one that is not proven costs score."""
    assert not found(scene(mule(), openings={"mule": 1}), "pass_through")
    unsure = only(scene(mule(), weak=["mule"]), "pass_through")
    assert unsure.score == only(scene(mule()), "pass_through").score - 10


def test_a_first_inflow_more_than_a_day_before_is_not_fresh() -> None:
    """Up to 24 hours before the traced value came, a first payment may have come; a minute more, and it is in use."""
    early = [pay(0, "outsider", "mule", 1), pay(DAY + 1, "victim", "mule", 100), pay(DAY + 9, "mule", "next", 101)]
    assert not found(scene(early), "pass_through")
    early[0] = pay(1, "outsider", "mule", 1)
    assert found(scene(early), "pass_through")


def test_a_payment_into_a_pool_is_no_passing_on() -> None:
    """Who deals with contracts is no mere stop on the way."""
    assert not found(scene(mule(), ends={"next": "contract"}), "pass_through")
    assert found(scene(mule(), ends={"next": "exchange"}), "pass_through")


def test_what_pays_on_in_the_same_transaction_is_a_contract() -> None:
    """A person needs a transaction to receive and another to pay on; a contract, such as a router, does not."""
    routed = [pay(0, "victim", "router", 100, tx="one"), pay(0, "router", "next", 100, tx="one")]
    assert not found(scene(routed), "pass_through")
    assert found(scene([routed[0], routed[1]._replace(tx="two")]), "pass_through")


def test_fees_are_neither_kept_nor_sent() -> None:
    """What went to fees is left out of the share, and the fee sink is no recipient."""
    payments = [
        pay(0, "victim", "mule", 100, asset=NATIVE),
        fee(5, "mule", 20),
        pay(5, "mule", "next", 76, asset=NATIVE),
    ]
    lead = only(scene(payments), "pass_through")
    assert figures(lead)["sent_on_percent"] == 95
    assert figures(lead)["recipients"] == 1


def test_old_units_that_leave_late_do_not_count() -> None:
    """The time is that of the units themselves, not that between some arrival and some payment."""
    payments = [
        pay(0, "victim", "mule", 100),
        pay(3 * DAY, "victim", "mule", 10),
        pay(3 * DAY + 5, "mule", "next", 110),
    ]
    assert not found(scene(payments, method="fifo"), "pass_through")


def test_victims_and_ordinary_holders_are_none() -> None:
    """Everyday payments make no pass-through, and a victim is never one."""
    assert not found(scene(ordinary()), "pass_through")
    returned = [pay(0, "victim", "a", 100), pay(1, "a", "victim", 100), pay(2, "victim", "b", 100)]
    assert [names(lead) for lead in found(scene(returned), "pass_through")] == [["a"]]


def hops(count: int, *, start: int = 0) -> list[Transfer]:
    """A theft handed on from one to the next."""
    passed = [pay(start + 10 * n, f"hop-{n}", f"hop-{n + 1}", 100) for n in range(1, count + 1)]
    return [pay(start, "victim", "hop-1", 100), *passed]


def test_three_in_a_row_are_a_chain() -> None:
    """The row has its addresses in order, all transactions, and the time from end to end."""
    lead = only(scene(hops(3)), "multi_hop")
    assert names(lead) == ["hop-1", "hop-2", "hop-3"]
    assert len(lead.members.transactions) == 4
    assert figures(lead) == {"addresses_in_a_row": 3, "elapsed_minutes": 30}
    assert lead.score == 55


def test_two_in_a_row_are_none() -> None:
    """Nor are three with one in the middle that is in use."""
    assert not found(scene(hops(2)), "multi_hop")
    assert not found(scene(hops(3), openings={"hop-2": 5}), "multi_hop")


def test_twice_the_length_scores_more() -> None:
    """Six in a row reach the threshold twice over."""
    assert only(scene(hops(6)), "multi_hop").score == only(scene(hops(5)), "multi_hop").score + 10


def test_a_ring_is_a_chain_once() -> None:
    """Value going round and round is one row, cut open where it came in."""
    ring = [pay(0, "victim", "a", 100)]
    for start in (10, 40):
        ring += [pay(start, "a", "b", 100), pay(start + 10, "b", "c", 100), pay(start + 20, "c", "a", 100)]
    lead = only(scene([*ring, pay(70, "a", "out", 100)]), "multi_hop")
    assert names(lead) == ["a", "b", "c"]
    assert figures(lead)["elapsed_minutes"] == 60


def test_merging_ways_are_counted_once() -> None:
    """Two rows that join give the common tail to the one that brought more: no address is in two leads."""
    joining = [
        pay(1, "victim", "side", 50),
        *(pay(2 + n, f"side{n * '-'}", f"side{'-' * (n + 1)}", 50) for n in (0, 1)),
    ]
    joining += [pay(9, "side--", "hop-2", 50), *(pay(31 + n, f"hop-{n}", f"hop-{n + 1}", 50) for n in (2, 3, 4))]
    rows = [names(lead) for lead in found(scene([*hops(4), *joining]), "multi_hop")]
    assert sorted(rows) == [["hop-1", "hop-2", "hop-3", "hop-4"], ["side", "side-", "side--"]]
