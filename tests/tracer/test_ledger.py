"""The ledger: which transfers count, as what, and what every account holds whatever method is asked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.model import FEE_SINK, Kind, Transfer
from tests.strategies import HEIGHTS, VICTIMS, World, account, ledgers, transfer
from tracer.ledger import BALANCE, OUTSIDE, Follow, Ledger, Tally, opening_balance

VICTIM = VICTIMS[0]


def rows(ledger: Ledger) -> list[tuple[str, str, int, int, bool]]:
    """Payer, payee, amount, source and kept of every row."""
    return [
        (ledger.accounts[payer][1], ledger.accounts[payee][1], amount, source, kept)
        for payer, payee, amount, source, kept in zip(
            ledger.payer, ledger.payee, ledger.amount, ledger.source, ledger.kept, strict=True
        )
    ]


def test_what_counts_and_as_what() -> None:
    """A theft, clean income, a payment to a known and to an unknown account count; what strangers do does not."""
    theft = transfer(2, VICTIM, "mule", 30)
    ledger = Ledger({theft.identity: 4}, {account("mule"): Follow(0, 5), account("next"): Follow(4, 0)})
    ledger.add(
        [
            transfer(1, "clean", "mule", 20),
            theft,
            transfer(3, "mule", "next", 10),
            transfer(4, "mule", "next", 11),
            transfer(5, "stranger", "other", 99),
            transfer(6, VICTIM, "stranger", 98),
        ]
    )
    assert rows(ledger) == [
        ("clean", "mule", 20, OUTSIDE, True),
        (VICTIM, "mule", 30, 4, True),
        ("mule", "next", 10, BALANCE, False),
        ("mule", "next", 11, BALANCE, True),
    ]
    assert len(ledger) == 4
    assert [one.position.height for one in ledger.transfers] == [1, 2, 3, 4]
    assert {who[1]: ledger.balance[number] for who, number in ledger.numbers.items()} == {
        "clean": 0,
        "mule": 34,
        VICTIM: 0,
        "next": 11,
    }


def test_known_from_its_height_on() -> None:
    """An account's history counts from the height it is known from, that height included."""
    follow = {account("mule"): Follow(5, 0)}
    early, exact = transfer(4, "clean", "mule", 1), transfer(5, "clean", "mule", 1)
    assert rows(Ledger({}, follow).add([early, exact])) == [("clean", "mule", 1, OUTSIDE, True)]
    early, exact = transfer(4, "mule", "A", 1), transfer(5, "mule", "A", 1)
    assert rows(Ledger({}, follow).add([early, exact])) == [("mule", "A", 1, BALANCE, False)]


def test_a_theft_is_that_transfer_only() -> None:
    """Another payment of the same victim, though equal in all but its number, is no theft."""
    theft = transfer(1, VICTIM, "mule", 10, tx="same")
    twin = theft._replace(nth=1)
    ledger = Ledger({theft.identity: 0}, {}).add([theft, twin])
    assert rows(ledger) == [(VICTIM, "mule", 10, 0, False)]


def test_openings_and_weakness() -> None:
    """Opening and balance start as known; weak is what is said to be, and whoever paid more than it had."""
    follow = {account("sure"): Follow(0, 7), account("doubt"): Follow(0, 7, weak=True)}
    ledger = Ledger({}, follow).add([transfer(1, "sure", "doubt", 3), transfer(2, "doubt", "A", 1)])
    sure, doubt, other = (ledger.numbers[account(who)] for who in ("sure", "doubt", "A"))
    assert (ledger.opening[sure], ledger.opening[doubt], ledger.opening[other]) == (7, 7, 0)
    assert (ledger.balance[sure], ledger.balance[doubt], ledger.balance[other]) == (4, 9, 0)
    assert [ledger.weak(number) for number in (sure, doubt, other)] == [False, True, False]
    ledger.add([transfer(3, "sure", "A", 4)])
    assert (ledger.short, ledger.weak(sure)) == ({}, False)
    ledger.add([transfer(3, "sure", "A", 1), transfer(4, "clean", "sure", 2), transfer(5, "sure", "A", 5)])
    assert (ledger.short, ledger.weak(sure)) == ({sure: 4}, True)
    assert ledger.balance[sure] == 0


def test_an_account_keeps_its_number() -> None:
    """An account is numbered when it is first named, and has that number ever after."""
    ledger = Ledger({}, {account("mule"): Follow(0, 7)})
    assert [ledger.number(account(who)) for who in ("mule", "A", "mule", "A")] == [0, 1, 0, 1]
    assert (ledger.accounts, ledger.opening, ledger.balance) == ([account("mule"), account("A")], [7, 0], [7, 0])


def test_self_transfers_are_no_rows() -> None:
    """A payment to oneself is no row; a fee is one, like any payment."""
    follow = {account("mule"): Follow(0, 9)}
    ledger = Ledger({}, follow).add([transfer(1, "mule", "mule", 5), transfer(1, "mule", FEE_SINK, 2, kind=Kind.FEE)])
    assert rows(ledger) == [("mule", FEE_SINK, 2, BALANCE, False)]


@given(ledgers(assets=("native", "0xtoken"), chains=("eip155:1", "tron:mainnet"), conversions=True))
def test_balances_are_sums(world: World) -> None:
    """Whatever happens, an account holds its opening and what came in, less what went out, plus what was short."""
    ledger = world.ledger()
    expected = list(ledger.opening)
    for payer, payee, amount, source, kept in zip(
        ledger.payer, ledger.payee, ledger.amount, ledger.source, ledger.kept, strict=True
    ):
        expected[payee] += amount if kept else 0
        expected[payer] -= amount if source == BALANCE else 0
    for number, units in ledger.short.items():
        assert units > 0
        expected[number] += units
    assert ledger.balance == expected
    assert min(ledger.balance, default=0) >= 0


@given(ledgers(conversions=True), st.integers(0, 40))
def test_prefix_and_rest_make_the_whole(world: World, cut: int) -> None:
    """Adding a prefix and then the rest makes the ledger that adding all at once makes."""
    assert world.entered(world.ledger(cut), cut) == world.ledger()


def test_sums_of_a_tally() -> None:
    """A tally sums by theft and by account."""
    tally = Tally("fifo", [], {(0, 0): 3, (0, 1): 4, (5, 1): 6})
    assert tally.by_origin() == {0: 3, 1: 10}
    assert tally.by_account() == {0: 7, 5: 6}


HISTORY = st.lists(
    st.tuples(st.booleans(), st.integers(1, 10**20)).map(
        lambda row: transfer(1, *(("mule", "other") if row[0] else ("other", "mule")), row[1])
    ),
    max_size=20,
)


@given(HISTORY, st.integers(0, 10**21))
def test_opening_plus_movements_is_the_balance(history: list[Transfer], surplus: int) -> None:
    """For a balance the movements allow, the opening is what makes the account end at it, and is not weak."""
    change, least = change_and_least(history)
    balance = change + least + surplus
    assert opening_balance(history, "mule", balance) == (least + surplus, "")


@given(HISTORY)
def test_impossible_or_unknown_balance_is_weak(history: list[Transfer]) -> None:
    """Without a balance, or with one that cannot be, the opening is the least that never goes below zero, and weak."""
    change, least = change_and_least(history)
    unknown, why_unknown = opening_balance(history, "mule", None)
    impossible, why_impossible = opening_balance(history, "mule", change + least - 1)
    assert unknown == impossible == least
    assert why_unknown
    assert why_impossible
    assert why_unknown != why_impossible


def change_and_least(history: list[Transfer]) -> tuple[int, int]:
    """Net change of the account, and the least opening that never makes it negative."""
    running, least = 0, 0
    for one in history:
        running += one.amount if one.receiver == "mule" else -one.amount
        least = max(least, -running)
    return running, least


def test_opening_counts_self_transfers_as_nothing() -> None:
    """A payment to oneself changes no balance."""
    assert opening_balance([transfer(1, "mule", "mule", 50)], "mule", 7) == (7, "")


@pytest.mark.parametrize("low", range(HEIGHTS))
def test_later_follow_only_counts_what_came_then(low: int) -> None:
    """From whatever height an account is known, it holds what came from then on."""
    income = [transfer(height, "clean", "mule", 3) for height in range(HEIGHTS)]
    ledger = Ledger({}, {account("mule"): Follow(low, 1)}).add(income)
    assert ledger.balance[ledger.numbers[account("mule")]] == 1 + 3 * (HEIGHTS - low)
