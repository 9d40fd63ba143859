"""Splitting, and meeting again."""

from __future__ import annotations

import pytest

from chains.model import Transfer
from tests.tracer.patterns.cases import DAY, figures, found, names, only, ordinary, pay, scene, split

UNEVEN = (10, 30, 20, 25, 15)


def fan(amounts: tuple[int, ...], *, apart: int = 1, stolen: int = 100) -> list[Transfer]:
    """A theft, split."""
    return [pay(0, "victim", "hub", stolen), *split(amounts, apart=apart)]


def test_five_recipients_are_a_fan_out() -> None:
    """The hub and its recipients in order, the payments, the share."""
    lead = only(scene(fan(UNEVEN)), "fan_out")
    assert names(lead) == ["hub", *(f"branch-{n}" for n in range(5))]
    assert len(lead.members.transactions) == 5
    assert figures(lead) == {"recipients": 5, "sent_percent": 100, "elapsed_hours": 0}
    assert lead.score == 50


@pytest.mark.parametrize(
    "payments",
    [fan((30, 30, 20, 20)), fan((10, 30, 20, 4, 15)), fan(UNEVEN, apart=DAY // 4 + 1)],
    ids=["recipients", "share", "hours"],
)
def test_just_beyond_each_threshold_there_is_none(payments: list[Transfer]) -> None:
    """Four recipients, 79 %, or four minutes more than a day: no lead."""
    assert not found(scene(payments), "fan_out")


@pytest.mark.parametrize("payments", [fan((10, 30, 20, 5, 15)), fan(UNEVEN, apart=DAY // 4)], ids=["share", "hours"])
def test_the_limits_themselves_count(payments: list[Transfer]) -> None:
    """80 % and exactly 24 hours are enough."""
    assert found(scene(payments), "fan_out")


def test_a_recipient_paid_twice_is_one() -> None:
    """Recipients are counted, not payments."""
    twice = [pay(0, "victim", "hub", 100), *(pay(10 + n, "hub", f"branch-{n % 4}", 20) for n in range(5))]
    assert not found(scene(twice), "fan_out")


def test_an_equal_split_is_said_and_scores_more() -> None:
    """A coefficient of variation of exactly 0.10 is equal; just more is not, with no rounding in between."""
    exact = only(scene(fan((90, 110, 90, 110, 100, 100), stolen=600)), "fan_out")
    assert "variation_per_mille" in figures(exact)
    assert exact.score == 60
    # Of 9, 11 (n times each) the coefficient is 1/10 exactly.
    limit = only(scene(fan((9, 11, 9, 11, 9, 11), stolen=60)), "fan_out")
    assert figures(limit)["variation_per_mille"] == 100
    beyond = only(scene(fan((9 * 10**30 - 1, 11 * 10**30 + 1) * 3, stolen=60 * 10**30)), "fan_out")
    assert "variation_per_mille" not in figures(beyond)


def test_what_comes_later_does_not_lower_the_share() -> None:
    """The share is of what had come when the split ended."""
    assert found(scene([*fan(UNEVEN), pay(9 * DAY, "victim", "hub", 10_000)]), "fan_out")


def test_ordinary_payments_and_victims_are_no_fan_out() -> None:
    """Clean traffic has none; nor do theft transfers make one, however many the victim pays."""
    assert not found(scene(ordinary()), "fan_out")
    assert not found(scene([pay(n, "victim", f"taker-{n}", 10) for n in range(9)]), "fan_out")


def merged(shares: tuple[int, ...], *, to: str = "sink", via: tuple[int, ...] = ()) -> list[Transfer]:
    """An uneven fan-out whose branches pay so much of theirs to one; those in ``via`` over one more address."""
    payments = fan(UNEVEN)
    for n, amount in enumerate(shares):
        if not amount:
            continue
        if n in via:
            payments += [pay(200 + n, f"branch-{n}", f"step-{n}", amount), pay(300 + n, f"step-{n}", to, amount)]
        else:
            payments.append(pay(200 + n, f"branch-{n}", to, amount))
    return payments


def test_a_fan_out_that_meets_again_is_a_diamond() -> None:
    """Two hops or three, exactly counted; hub first, then branches, then where they met."""
    lead = only(scene(merged((10, 30, 20, 20, 0), via=(1, 2))), "diamond")
    assert names(lead) == ["hub", "branch-0", "branch-1", "branch-2", "branch-3", "sink"]
    assert figures(lead) == {"branches": 4, "met_percent": 80, "hops": 3}
    assert len(lead.members.transactions) == 5 + 2 + 2 * 2
    assert lead.score == 75


def test_less_than_80_percent_is_no_meeting() -> None:
    """79 % is one too few."""
    assert not found(scene(merged((10, 30, 20, 19, 0))), "diamond")


def test_four_hops_are_too_far() -> None:
    """What meets only after four hops is not looked for."""
    longer = [*merged(UNEVEN, to="late", via=(0, 1, 2, 3, 4)), pay(400, "late", "sink", 100)]
    assert names(only(scene(longer), "diamond"))[-1] == "late"
    apart = [
        one
        for n, amount in enumerate(UNEVEN)
        for one in (
            pay(200, f"branch-{n}", f"step-{n}", amount),
            pay(300, f"step-{n}", f"far-{n}", amount),
            pay(400, f"far-{n}", "sink", amount),
        )
    ]
    assert not found(scene([*fan(UNEVEN), *apart]), "diamond")


def test_one_branch_is_no_meeting() -> None:
    """A single large branch that pays on merges nothing."""
    one = [*fan((1, 1, 1, 1, 96)), pay(200, "branch-4", "sink", 96)]
    assert not found(scene(one), "diamond")


@pytest.mark.parametrize("ends", [{"sink": "exchange"}, {"sink": "mixer"}])
def test_meeting_in_a_shared_place_says_nothing(ends: dict[str, str]) -> None:
    """Everybody meets at an exchange."""
    assert not found(scene(merged(UNEVEN), ends=ends), "diamond")
    assert found(scene(merged(UNEVEN), ends={"sink": "exchange_deposit"}), "diamond")


def test_coming_back_to_the_hub_or_the_victim_is_no_diamond() -> None:
    """Neither is a place where a split meets again."""
    assert not found(scene(merged(UNEVEN, to="hub")), "diamond")
    assert not found(scene(merged(UNEVEN, to="victim")), "diamond")


def test_what_comes_while_the_split_ends_is_part_of_what_had_come() -> None:
    """An arrival in the block of the last payment counts, and may lower the share."""
    assert not found(scene([*fan(UNEVEN), pay(14, "victim", "hub", 30)]), "fan_out")
    assert found(scene([*fan(UNEVEN), pay(15, "victim", "hub", 30)]), "fan_out")
