"""The same address paying the first fees of several."""

from __future__ import annotations

from typing import Any

import pytest

from chains.model import NATIVE, Address, Transfer
from tests.tracer.patterns.cases import CHAIN, figures, found, names, only, ordinary, pay, scene, unexamined
from tracer.labels import Label

EXCHANGE = Label(CHAIN, Address("outsider-gas"), "Some Exchange", "exchange_hot", "a list", "2024", 90)


def funded(count: int = 2, *, gas: str = "outsider-gas") -> list[Transfer]:
    """Takers of a token, with first coins from the same address."""
    return [
        one
        for n in range(count)
        for one in (pay(n, gas, f"taker-{n}", 7, asset=NATIVE), pay(10 + n, "victim", f"taker-{n}", 100))
    ]


def test_two_addresses_with_the_same_funder_are_a_lead() -> None:
    """The funder first, then whom it paid, and those payments."""
    lead = only(scene(funded(), labels={"outsider-gas": ()}), "gas_funder")
    assert names(lead) == ["outsider-gas", "taker-0", "taker-1"]
    assert len(lead.members.transactions) == 2
    assert figures(lead) == {"addresses_funded": 2}
    assert lead.score == 60


def test_a_funder_whose_labels_nobody_looked_up_scores_less() -> None:
    """Not looked up is not the same as not labelled."""
    assert only(scene(funded()), "gas_funder").score == 50
    assert only(scene(funded(4)), "gas_funder").score == 60


@pytest.mark.parametrize(
    ("payments", "told"),
    [
        (funded(1), {}),
        (funded(), {"openings": {"taker-0": 1}}),
        (funded(), {"weak": ["taker-0"]}),
        (funded(), {"ends": {"taker-0": "gap"}}),
        (funded(), {"labels": {"outsider-gas": (EXCHANGE,)}}),
        (funded(gas="victim"), {}),
        (
            [
                pay(0, "outsider", "taker-0", 1, asset=NATIVE),
                *[one._replace(position=one.position._replace(height=one.position.height + 1)) for one in funded()],
            ],
            {},
        ),
    ],
    ids=["one", "opening", "weak", "not read", "labelled", "victim", "not the first"],
)
def test_what_does_not_show_a_common_funder(payments: list[Transfer], told: dict[str, Any]) -> None:
    """Each condition, taken away, takes the lead away."""
    assert not found(scene(payments, **told), "gas_funder")


def test_a_service_on_the_trail_is_no_funder() -> None:
    """An address that the trail ends at as a service may pay many."""
    payments = [*funded(gas="desk"), pay(5, "victim", "desk", 9, asset=NATIVE)]
    assert found(scene(payments, ends={"desk": "gap"}), "gas_funder")
    assert not found(scene(payments, ends={"desk": "service"}), "gas_funder")


def test_traced_value_itself_is_no_gas() -> None:
    """Where the first coins are the stolen ones, the trail says it all."""
    split = [pay(0, "victim", "hub", 100, asset=NATIVE)]
    split += [pay(5 + n, "hub", f"taker-{n}", 20, asset=NATIVE) for n in range(3)]
    assert not found(scene(split), "gas_funder")
    assert "gas_funder" in unexamined(scene(split))


def test_what_was_not_read_is_said() -> None:
    """Without native histories nothing is known of funders, which is not that there are none."""
    assert "gas_funder" in unexamined(scene(ordinary()))
    assert "gas_funder" not in unexamined(scene(funded()))
    assert not found(scene(ordinary()), "gas_funder")
