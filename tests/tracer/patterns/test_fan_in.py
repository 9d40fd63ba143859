"""Consolidation."""

from __future__ import annotations

import pytest

from chains.model import Transfer
from tests.tracer.patterns.cases import DAY, figures, found, names, only, ordinary, pay, scene, unexamined


def gathered(count: int, *, apart: int = 1, kept: int = 0) -> list[Transfer]:
    """So many takers, each paying 100 into one; ``kept`` is stolen besides and stays where it is."""
    thefts = [pay(0, f"victim-{n}", f"taker-{n}", 100) for n in range(count)]
    thefts += [pay(0, "victim-0", "keeper", kept)] if kept else []
    return [*thefts, *(pay(10 + n * apart, f"taker-{n}", "pot", 100) for n in range(count))]


def test_five_senders_are_a_consolidation() -> None:
    """Senders in order, then where they paid; half of what was alive is enough."""
    lead = only(scene(gathered(5, kept=500)), "fan_in")
    assert names(lead) == [*(f"taker-{n}" for n in range(5)), "pot"]
    assert figures(lead) == {"senders": 5, "alive_percent": 50, "elapsed_hours": 0}
    assert lead.score == 50


@pytest.mark.parametrize(
    "payments",
    [gathered(4), gathered(5, kept=501), gathered(5, apart=DAY // 4 + 1)],
    ids=["senders", "share", "hours"],
)
def test_just_beyond_each_threshold_there_is_none(payments: list[Transfer]) -> None:
    """Four senders, less than half, four minutes more than a day: no lead."""
    assert not found(scene(payments), "fan_in")


def test_exactly_a_day_counts() -> None:
    """The limit itself is within."""
    assert found(scene(gathered(5, apart=DAY // 4)), "fan_in")


def test_what_came_to_rest_before_is_not_alive() -> None:
    """Value that ended at an exchange before the stretch began does not lower the share; at its start it still does."""
    ended = [*gathered(5), pay(0, "victim-0", "rich", 10_000)]
    assert found(scene([*ended, pay(9, "rich", "cex", 10_000)], ends={"cex": "exchange"}), "fan_in")
    assert not found(scene([*ended, pay(10, "rich", "cex", 10_000)], ends={"cex": "exchange"}), "fan_in")


def test_shared_places_and_victims_gather_nothing() -> None:
    """Many pay into an exchange; that they do says nothing of them. A deposit address is one customer's."""
    assert not found(scene(gathered(5), ends={"pot": "exchange"}), "fan_in")
    assert found(scene(gathered(5), ends={"pot": "exchange_deposit"}), "fan_in")
    back = [one._replace(receiver=one.sender) if one.receiver == "pot" else one for one in gathered(5)]
    assert not found(scene(back), "fan_in")


def test_theft_transfers_are_no_senders() -> None:
    """Victims paying one address are counted elsewhere."""
    assert not found(scene([pay(n, f"victim-{n}", "pot", 100) for n in range(8)]), "fan_in")


def test_under_poison_there_is_no_share() -> None:
    """Poison does not add up, so it is not examined, and said so."""
    poisoned = scene(gathered(5), method="poison")
    assert not found(poisoned, "fan_in")
    assert "fan_in" in unexamined(poisoned)
    assert "fan_in" not in unexamined(scene(gathered(5)))


def test_ordinary_payments_are_none() -> None:
    """Clean traffic has no consolidation."""
    assert not found(scene(ordinary()), "fan_in")
