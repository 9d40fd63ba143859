"""Many victims drained into one address."""

from __future__ import annotations

from chains.model import Transfer
from tests.tracer.patterns.cases import figures, found, names, only, ordinary, pay, scene, unexamined


def drained(count: int) -> list[Transfer]:
    """So many victims, one collector."""
    return [pay(n, f"victim-{n}", "collector", 10 + n) for n in range(count)]


def test_ten_victims_suggest_a_joint_report() -> None:
    """The collector and all thefts; each victim counts once."""
    lead = only(scene([*drained(10), pay(99, "victim-0", "collector", 5)]), "multi_victim")
    assert names(lead) == ["collector"]
    assert len(lead.members.transactions) == 11
    assert figures(lead) == {"victims": 10, "thefts": 11}
    assert lead.score == 80
    assert "joint report" in lead.sentence


def test_nine_victims_do_not() -> None:
    """One too few, and said."""
    nine = scene([*drained(9), pay(99, "victim-0", "collector", 5)])
    assert not found(nine, "multi_victim")
    assert "multi_victim" in unexamined(nine)
    assert "multi_victim" not in unexamined(scene(drained(10)))


def test_victims_of_different_collectors_do_not() -> None:
    """Ten victims, but only nine of them drained into one."""
    apart = [*drained(9), pay(50, "victim-9", "another", 5)]
    assert not found(scene(apart), "multi_victim")


def test_others_who_pay_are_not_taken_for_victims() -> None:
    """Nobody becomes a victim by paying the same address."""
    assert not found(
        scene([*drained(9), *(pay(60 + n, f"outsider-{n}", "collector", 5) for n in range(9))]), "multi_victim"
    )


def test_an_exchange_is_no_collector() -> None:
    """Victims who pay into a shared place need have nothing in common."""
    assert not found(scene(drained(10), ends={"collector": "exchange"}), "multi_victim")
    assert not found(scene(ordinary()), "multi_victim")
