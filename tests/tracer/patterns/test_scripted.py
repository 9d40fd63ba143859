"""Payments that look made by a program."""

from __future__ import annotations

from chains.model import Transfer
from tests.tracer.patterns.cases import figures, found, names, only, ordinary, pay, scene


def paid(amounts: list[int], minutes: list[int]) -> list[Transfer]:
    """One payer, one shop."""
    return [
        pay(0, "victim", "payer", 10**6),
        *(pay(minute, "payer", "shop", amount) for amount, minute in zip(amounts, minutes, strict=True)),
    ]


UNEVEN = [5, 50, 200, 1000, 1010, 4000]


def test_five_payments_of_one_amount_are_a_lead() -> None:
    """They are listed without the one of another amount."""
    lead = only(scene(paid([9, 9, 9, 7, 9, 9], UNEVEN)), "same_amount")
    assert names(lead) == ["payer"]
    assert len(lead.members.transactions) == 5
    assert figures(lead) == {"payments": 5}
    assert lead.score == 40


def test_four_payments_or_unequal_ones_are_none() -> None:
    """One too few, and one unit of difference: no lead."""
    assert not found(scene(paid([9, 9, 9, 9], UNEVEN[:4])), "same_amount")
    assert not found(scene(paid([9, 9, 9, 9, 10], UNEVEN[:5])), "same_amount")


def test_ten_payments_score_more() -> None:
    """Twice the threshold."""
    assert only(scene(paid([9] * 10, list(range(1, 900, 90)))), "same_amount").score == 50


def test_five_payments_at_even_intervals_are_a_lead() -> None:
    """Exactly even ones have no variation."""
    lead = only(scene(paid([1, 2, 3, 4, 5], [10, 20, 30, 40, 50])), "even_pace")
    assert figures(lead) == {"payments": 5, "variation_per_mille": 0, "interval_seconds": 600}
    assert len(lead.members.transactions) == 5
    assert lead.score == 40


def test_the_limit_of_evenness_is_exact() -> None:
    """Intervals of 9 and 11 vary by exactly 0.10, which counts; 8.9 and 11.1 do not."""
    assert figures(only(scene(paid([1, 2, 3, 4, 5], [100, 190, 300, 390, 500])), "even_pace")) == {
        "payments": 5,
        "variation_per_mille": 100,
        "interval_seconds": 6000,
    }
    assert not found(scene(paid([1, 2, 3, 4, 5], [100, 189, 300, 389, 500])), "even_pace")


def test_four_even_payments_are_none() -> None:
    """One too few."""
    assert not found(scene(paid([1, 2, 3, 4], [10, 20, 30, 40])), "even_pace")


def test_an_even_row_inside_uneven_payments_is_found() -> None:
    """What comes before and after a row does not hide it."""
    lead = only(scene(paid(list(range(1, 9)), [1, 500, 900, 910, 920, 930, 940, 2000])), "even_pace")
    assert figures(lead)["payments"] == 5
    assert [tx.split("-")[1] for _, tx in lead.members.transactions] == ["900", "910", "920", "930", "940"]


def test_one_block_has_no_interval() -> None:
    """Many payments at once are no row, and a batch counts once."""
    assert not found(scene(paid(list(range(1, 9)), [5] * 8)), "even_pace")
    batch = [
        pay(0, "victim", "payer", 99),
        *(pay(10 * n, "payer", f"r-{m}", n, tx=f"t-{n}") for n in range(1, 5) for m in range(3)),
    ]
    assert not found(scene(batch), "even_pace")


def test_ordinary_payments_are_none() -> None:
    """Clean traffic has neither."""
    assert not found(scene(ordinary()), "same_amount")
    assert not found(scene(ordinary()), "even_pace")
