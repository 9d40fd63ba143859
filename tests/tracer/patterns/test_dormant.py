"""Value that lay still for months and then moved."""

from __future__ import annotations

import pytest

from chains.model import Transfer
from tests.tracer.patterns.cases import DAY, figures, found, names, only, ordinary, pay, scene, unexamined

MONTHS = 90 * DAY


def slept(*, days: int = MONTHS, moved: int = 50, extra: tuple[Transfer, ...] = ()) -> list[Transfer]:
    """A hundred come, lie, and some move."""
    return [pay(0, "victim", "sleeper", 100), pay(days, "sleeper", "next", moved), *extra]


def test_half_moving_after_90_days_is_a_lead() -> None:
    """The address, what moved, how long it was silent; that other assets were not read is held against it."""
    lead = only(scene(slept()), "dormant")
    assert names(lead) == ["sleeper"]
    assert len(lead.members.transactions) == 1
    assert figures(lead) == {"days_silent": 90, "moved_percent": 50, "within_hours": 24}
    assert lead.score == 50
    assert only(scene(slept(days=2 * MONTHS)), "dormant").score == 60


@pytest.mark.parametrize(
    "payments",
    [
        slept(days=MONTHS - 1),
        slept(moved=49),
        slept(moved=25, extra=(pay(MONTHS + DAY + 1, "sleeper", "next", 50),)),
        slept(extra=(pay(MONTHS // 2, "sleeper", "shop", 1),)),
        slept(extra=(pay(MONTHS // 2, "victim", "sleeper", 1),)),
        slept(extra=(pay(1, "outsider", "sleeper", 9, asset="0xother"), pay(99, "sleeper", "x", 9, asset="0xother"))),
    ],
    ids=["silence", "share", "day", "a payment", "an arrival", "another asset"],
)
def test_just_beyond_each_threshold_there_is_none(payments: list[Transfer]) -> None:
    """A minute less, 49 %, half only after more than a day, any own act in between: no lead."""
    assert not found(scene(payments), "dormant")


def test_a_day_is_enough_time() -> None:
    """What moves exactly 24 hours later counts."""
    moved = slept(moved=25, extra=(pay(MONTHS + DAY, "sleeper", "next", 25),))
    assert figures(only(scene(moved), "dormant"))["moved_percent"] == 50


def test_clean_dust_sent_by_others_wakes_nobody() -> None:
    """Anybody can send; that is no act of the holder."""
    assert found(scene(slept(extra=(pay(MONTHS // 2, "outsider", "sleeper", 1),))), "dormant")


def test_new_value_passed_on_at_once_is_no_awakening() -> None:
    """Only what lay there counts, not what came and went afterwards."""
    through = [
        pay(0, "victim", "sleeper", 100),
        pay(MONTHS, "victim", "sleeper", 500),
        pay(MONTHS + 1, "sleeper", "next", 500),
    ]
    assert not found(scene(through, method="lifo"), "dormant")
    assert found(scene(through, method="fifo"), "dormant")


def test_without_a_silence_it_is_said() -> None:
    """A young case cannot show it."""
    assert "dormant" in unexamined(scene(ordinary()))
    assert "dormant" not in unexamined(scene(slept(moved=49)))
    assert not found(scene(ordinary()), "dormant")
