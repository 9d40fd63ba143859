"""What only a case can follow is told once the case is up to date, and what the alarm told is not told again."""

from __future__ import annotations

from typing import Any

import pytest

from chains.scan import Sight
from tests.tracer.watch.joints import HOLDER, OTHER, USDT, block, paid, place, result
from tests.tracer.watch.restless_chain import CHAIN
from tracer.result import DepositRow, EndpointRow, FlowRow, Result
from tracer.watch.arrivals import arrivals
from tracer.watch.model import CRITICAL, HIGH
from tracer.watch.notices import key_of

PAID = paid(HOLDER, OTHER, 70)


def arrived(sight: Sight, traced: int = 50, **more: Any) -> FlowRow:
    """The row of a case for a payment."""
    one = sight.transfer
    ends = (one.time, str(one.sender), str(one.receiver))
    return FlowRow(CHAIN, one.tx, str(one.position), *ends, USDT, one.amount, traced)._replace(**more)


def at_exchange(*flows: FlowRow, reason: str = "exchange", **more: Any) -> Result:
    """A case of which value ended at `OTHER`."""
    end = EndpointRow(
        CHAIN, str(OTHER), USDT, 50, (), "exchange_hot", "Example", "list 2026", 90, reason, "", (), None, 0, None
    )
    return result(block(9), endpoints=(end,), flows=flows, **more)


@pytest.mark.parametrize(("reason", "severity"), [("exchange", CRITICAL), ("bridge", HIGH), ("mixer", HIGH)])
def test_an_arrival_is_told_as_what_the_alarm_would_have_told(reason: str, severity: str) -> None:
    """With its amounts, label and urgency, under the key of the payment itself."""
    (told,) = arrivals(place(), at_exchange(arrived(PAID), reason=reason))
    one = PAID.transfer
    assert (told.key, told.tx, told.height) == (key_of(one.identity), one.tx, PAID.number)
    assert (told.severity, told.amount, told.traced, told.entity) == (severity, 70, 50, "Example")


@pytest.mark.parametrize(
    "said",
    [
        at_exchange(arrived(paid(HOLDER, OTHER, 70, 0))),
        at_exchange(arrived(PAID), reason="held"),
        at_exchange(arrived(PAID, receiver=str(HOLDER))),
        at_exchange(
            arrived(PAID), deposits=(DepositRow(CHAIN, str(OTHER), USDT, "T2", 85, "Example", "0x", "", "", (), (), 3),)
        ),
    ],
    ids=["in the base", "nobody can act", "elsewhere", "told as a deposit address"],
)
def test_what_is_no_news_is_not_told(said: Result) -> None:
    """What the base has, what ends where nobody acts, and deposit addresses, which are told by themselves."""
    assert not list(arrivals(place(), said))


def test_equal_payments_of_one_transaction_are_two() -> None:
    """They are numbered as the alarm numbers them."""
    first, second = arrivals(place(), at_exchange(arrived(PAID), arrived(PAID)))
    one = PAID.transfer
    assert [first.key, second.key] == [key_of(one.identity), key_of(one._replace(nth=1).identity)]
