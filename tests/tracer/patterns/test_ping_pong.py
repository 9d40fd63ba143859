"""Value that goes out and comes back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chains.model import Transfer
from tests.tracer.patterns.cases import CHAIN, DAY, figures, found, names, only, ordinary, pay, scene, unexamined
from tracer.openings import Openings


def there_and_back(*, back: int = 96, after: int = DAY, times: int = 1) -> list[Transfer]:
    """A hundred go out, some come back."""
    payments = [pay(0, "victim", "a", 100 * times)]
    for n in range(times):
        start = 1 + n * (after + 1)
        payments += [pay(start, "a", "b", 100), pay(start + after, "b", "a", back)]
    return payments


def test_what_comes_back_within_a_day_is_a_lead() -> None:
    """96 % back after exactly 24 hours: one time, 4 % lost."""
    lead = only(scene(there_and_back()), "ping_pong")
    assert names(lead) == ["a", "b"]
    assert len(lead.members.transactions) == 2
    assert figures(lead) == {"times": 1, "lost_percent": 4, "elapsed_hours": 24}
    assert lead.score == 40


@pytest.mark.parametrize("payments", [there_and_back(back=95), there_and_back(after=DAY + 1)], ids=["loss", "hours"])
def test_just_beyond_each_threshold_there_is_none(payments: list[Transfer]) -> None:
    """A loss of 5 %, or a minute more than a day: no lead."""
    assert not found(scene(payments), "ping_pong")


def test_what_comes_back_in_parts_is_added_up() -> None:
    """Three payments back are one return."""
    parts = [pay(0, "victim", "a", 100), pay(1, "a", "b", 100), *(pay(2 + n, "b", "a", 32) for n in range(3))]
    lead = only(scene(parts), "ping_pong")
    assert len(lead.members.transactions) == 4


def test_clean_money_back_is_no_return() -> None:
    """Only the units that went out count: what another rule says left, did not come back."""
    clean = [pay(0, "victim", "a", 100), pay(1, "a", "b", 100), pay(2, "b", "a", 100)]
    assert found(scene(clean, openings={"b": 100}, method="tainted_first"), "ping_pong")
    assert not found(scene(clean, openings={"b": 100}, method="clean_first"), "ping_pong")


def test_several_times_are_one_lead_of_more_score() -> None:
    """One lead for a pair, however often; from twice on it scores more."""
    lead = only(scene(there_and_back(back=100, after=60, times=3)), "ping_pong")
    assert figures(lead)["times"] == 3
    assert figures(lead)["lost_percent"] == 0
    assert lead.score == 50


def test_a_return_to_the_victim_is_none() -> None:
    """Giving it back is something else."""
    assert not found(scene([pay(0, "victim", "a", 100), pay(1, "a", "victim", 100)]), "ping_pong")


def test_unread_transactions_are_said() -> None:
    """Transactions that could not be read whole may hide conversions, and the reader is told how many."""
    workings = scene(there_and_back())
    assert "ping_pong" not in unexamined(workings)
    unread = Openings({}, failed={(CHAIN, "tx"): "gone"})
    assert "ping_pong" in unexamined(replace(workings, openings=unread))
    assert not found(scene(ordinary()), "ping_pong")
