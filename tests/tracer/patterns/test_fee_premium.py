"""Fees far above the usual."""

from __future__ import annotations

import pytest

from chains.model import NATIVE, Transfer
from tests.tracer.patterns.cases import HOUR, fee, figures, found, names, only, ordinary, pay, scene, unexamined


def fees(high: int, others: tuple[int, ...], *, when: int = 100, apart: int = 1) -> list[Transfer]:
    """A payment with a high fee, after those of others who hold traced value too."""
    payments = [pay(0, "victim", "hasty", 10_000, asset=NATIVE)]
    payments += [pay(1, "victim", f"calm-{n}", 10_000, asset=NATIVE) for n in range(len(others))]
    payments += [fee(when - apart, f"calm-{n}", amount) for n, amount in enumerate(others)]
    return [*payments, fee(when, "hasty", high, tx="haste"), pay(when, "hasty", "next", 5, asset=NATIVE, tx="haste")]


TENS = (10, 10, 10, 10, 10)


def test_five_times_the_median_is_a_lead() -> None:
    """The payer and the transaction, how many times the median, of how many fees; always with its caveat."""
    lead = only(scene(fees(50, (1, 10, 10, 10, 900))), "fee_premium")
    assert names(lead) == ["hasty"]
    assert lead.members.transactions == (("eip155:1", "haste"),)
    assert figures(lead) == {"times_the_median": 5, "other_fees": 5, "transactions": 1}
    assert lead.caveats
    assert lead.score == 40


@pytest.mark.parametrize(
    "payments",
    [fees(49, TENS), fees(50, TENS[:4]), fees(50, TENS, apart=HOUR + 1), fees(50, (10, 10, 10, 11, 11, 11))],
    ids=["times", "others", "hour", "even median"],
)
def test_just_beyond_each_threshold_there_is_none(payments: list[Transfer]) -> None:
    """Less than five times, four others, others more than an hour off, half a unit more in the middle: no lead."""
    assert not found(scene(payments), "fee_premium")


def test_an_hour_itself_counts_and_so_do_later_fees() -> None:
    """The window is an hour to both sides."""
    assert found(scene(fees(50, TENS, apart=HOUR)), "fee_premium")
    assert found(scene(fees(50, TENS, apart=-HOUR)), "fee_premium")


def test_the_median_is_right_for_an_even_number() -> None:
    """It lies between the two in the middle: of 10 and 12 it is 11."""
    assert found(scene(fees(55, (1, 10, 10, 12, 12, 99))), "fee_premium")
    assert not found(scene(fees(54, (1, 10, 10, 12, 12, 99))), "fee_premium")


def test_a_fee_for_something_else_is_none() -> None:
    """The transaction must have carried traced value."""
    other = [
        one._replace(tx=Transfer.__name__) if one.tx == "haste" and one.receiver == "next" else one
        for one in fees(50, TENS)
    ]
    assert not found(scene(other), "fee_premium")


def test_without_enough_fees_it_is_said() -> None:
    """Nothing to compare with is no absence of haste."""
    assert "fee_premium" in unexamined(scene(fees(50, TENS[:4])))
    assert "fee_premium" not in unexamined(scene(fees(49, TENS)))
    assert "fee_premium" in unexamined(scene(ordinary()))
