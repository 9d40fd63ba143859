"""Peel chains."""

from __future__ import annotations

import pytest

from chains.model import Transfer
from tests.tracer.patterns.cases import DAY, HOUR, figures, found, names, only, ordinary, pay, scene


def peels(count: int, *, percent: int = 20, wait: int = HOUR) -> list[Transfer]:
    """Each splits off so many percent and sends the rest on."""
    left, payments = 10**6, [pay(0, "victim", "peel-1", 10**6)]
    for n in range(1, count + 1):
        part = left * percent // 100
        when = n * wait
        payments += [pay(when, f"peel-{n}", f"side-{n}", part), pay(when, f"peel-{n}", f"peel-{n + 1}", left - part)]
        left -= part
    return payments


def test_three_links_are_a_chain() -> None:
    """The chain names its links and where it led; every payment is there, and every figure beside its threshold."""
    lead = only(scene(peels(3)), "peel_chain")
    assert names(lead) == ["peel-1", "peel-2", "peel-3", "peel-4"]
    assert len(lead.members.transactions) == 7
    assert figures(lead) == {
        "addresses_in_a_row": 3,
        "least_main_percent": 80,
        "largest_peel_percent": 20,
        "longest_wait_hours": 1,
    }
    assert lead.score == 60


@pytest.mark.parametrize(
    "payments",
    [peels(2), peels(3, percent=21), peels(3, percent=0)[:1], peels(3, wait=3 * DAY + 1)],
    ids=["row", "part", "no payment", "wait"],
)
def test_just_beyond_each_threshold_there_is_none(payments: list[Transfer]) -> None:
    """Two links, parts of 21 %, no payment at all, a minute more than 72 hours: no lead."""
    assert not found(scene(payments), "peel_chain")


def test_72_hours_are_still_near() -> None:
    """The limit itself counts."""
    assert found(scene(peels(3, wait=3 * DAY)), "peel_chain")


def test_without_a_part_split_off_it_is_no_peel_chain() -> None:
    """Handing everything on is another pattern."""
    whole = [pay(0, "victim", "hop-1", 100), *(pay(n, f"hop-{n}", f"hop-{n + 1}", 100) for n in range(1, 5))]
    assert not found(scene(whole), "peel_chain")


def test_parts_of_a_fifth_and_more_are_no_peel() -> None:
    """A second payment of 21 % is no small part, even where the main one is large enough by what came clean."""
    payments = [pay(0, "victim", "peel-1", 100)]
    payments += [pay(n, f"peel-{n}", f"peel-{n + 1}", 79) for n in range(1, 4)]
    payments += [pay(n, f"peel-{n}", f"side-{n}", 21) for n in range(1, 4)]
    assert not found(scene(payments), "peel_chain")


def test_a_recipient_in_use_breaks_the_chain() -> None:
    """A main recipient that held something before, or that many share, is no next link."""
    assert not found(scene(peels(3), openings={"peel-4": 1}), "peel_chain")
    assert not found(scene(peels(3), ends={"peel-4": "exchange"}), "peel_chain")


def test_a_recipient_that_was_not_read_costs_score() -> None:
    """Whether it is fresh is not known, and said."""
    lead = only(scene(peels(3), ends={"peel-4": "budget"}), "peel_chain")
    assert lead.score == 50
    assert "concerned: 1" in lead.caveats[0]


def test_ordinary_payments_are_none() -> None:
    """Clean traffic has no peel chain."""
    assert not found(scene(ordinary()), "peel_chain")


def test_a_second_payment_to_the_same_recipient_is_no_part_split_off() -> None:
    """What goes to the main recipient in two payments went on whole."""
    payments = [pay(0, "victim", "peel-1", 100)]
    for n in range(1, 4):
        payments += [pay(n, f"peel-{n}", f"peel-{n + 1}", 85), pay(n, f"peel-{n}", f"peel-{n + 1}", 15)]
    assert not found(scene(payments), "peel_chain")


def test_the_wait_is_counted_from_the_last_arrival() -> None:
    """A little that came long before does not make the rest wait, even when that leaves in the block it came in."""
    first, *rest = peels(3)
    late = [one._replace(time=one.time + 9 * DAY * 60) for one in rest]
    main = pay(0, "victim", "peel-1", 10**6 - 1)._replace(time=late[0].time)
    assert found(scene([first._replace(amount=1), main, *late]), "peel_chain")
