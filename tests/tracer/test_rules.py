"""Rules that end a trail without a label, at their exact boundaries, and the rule that says when order matters."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.model import FEE_SINK, Address, Kind, Position, Receipt, Transfer
from tests.strategies import CHAIN, transfer
from tracer.rules import (
    DAY,
    SERVICE_COUNTERPARTIES,
    SERVICE_COUNTERPARTIES_A_DAY,
    SERVICE_ROWS,
    order_matters,
    service_like,
)

WHO = Address("who")


def movements(count: int, others: int, seconds_apart: int) -> list[Transfer]:
    """So many payments to so many people in turn, evenly apart."""
    return [transfer(n, WHO, f"other-{n % others}", 1, time=n * seconds_apart) for n in range(count)]


@pytest.mark.parametrize(
    ("transfers", "fires"),
    [
        (movements(SERVICE_ROWS - 1, 3, DAY), False),
        (movements(SERVICE_ROWS, 3, DAY), True),
        (movements(SERVICE_COUNTERPARTIES - 1, SERVICE_COUNTERPARTIES, DAY), False),
        (movements(SERVICE_COUNTERPARTIES, SERVICE_COUNTERPARTIES, DAY), True),
        (movements(SERVICE_COUNTERPARTIES_A_DAY - 1, SERVICE_COUNTERPARTIES_A_DAY, 1), False),
        (movements(SERVICE_COUNTERPARTIES_A_DAY, SERVICE_COUNTERPARTIES_A_DAY, 1), True),
        ([], False),
    ],
)
def test_service_like_boundaries(transfers: list[Transfer], fires: bool) -> None:
    """Domain rule 9.5 fires at 10,000 movements, 1,000 counterparties, or 200 within a day, and not one below."""
    assert bool(service_like(transfers, WHO)) is fires


@pytest.mark.parametrize(("last", "fires"), [(DAY, True), (DAY + 1, False)])
def test_a_day_is_a_day(last: int, fires: bool) -> None:
    """The 200th counterparty counts while the first was at most a day before."""
    rows = [transfer(n, WHO, f"other-{n}", 1, time=0) for n in range(SERVICE_COUNTERPARTIES_A_DAY - 1)]
    rows.append(transfer(999, WHO, "the last", 1, time=last))
    assert bool(service_like(rows, WHO)) is fires


def test_somebody_met_often_is_one_counterparty() -> None:
    """The window counts people, not payments: one who comes back within the day is still one."""
    rows = [transfer(n, f"other-{n % 199}", WHO, 1, time=n) for n in range(5_000)]
    assert service_like(rows, WHO) == ""


def test_fees_are_no_movements() -> None:
    """Whoever collects fees is no counterparty, and fees are not counted as movements."""
    assert service_like([transfer(n, WHO, FEE_SINK, 1, kind=Kind.FEE) for n in range(SERVICE_ROWS)], WHO) == ""


@given(st.integers(1, 300), st.integers(1, 250))
def test_more_history_never_unmakes_a_service(count: int, others: int) -> None:
    """A longer history fires whenever a part of it does, so that reading on cannot change the verdict back."""
    rows = movements(count, others, 60)
    if service_like(rows[: count // 2], WHO):
        assert service_like(rows, WHO)


def receipt_of(rows: Iterable[Transfer], tx_index: int = 5) -> Receipt:
    """A receipt with these transfers."""
    return Receipt(CHAIN, "tx", 1, tx_index, 10, WHO, True, 0, tuple(rows), (), (), True, 1)


def in_tx(index: int, sender: str, receiver: str, amount: int, asset: str = "native", *, tx: str = "tx") -> Transfer:
    """A settled transfer of transaction 5 of block 1."""
    kind = Kind.NATIVE if asset == "native" else Kind.TOKEN
    return transfer(1, sender, receiver, amount, asset=asset, tx=tx, kind=kind)._replace(
        position=Position(1, 5, kind, (index,))
    )


def loose(height: int, sender: str, receiver: str, tx: str) -> Transfer:
    """A transfer of which only block and transaction are known, as Etherscan's token lists give it."""
    return transfer(height, sender, receiver, 5, tx=tx, tx_index=-1, kind=Kind.TOKEN)


def half(height: int, sender: str, receiver: str, tx: str, tx_index: int) -> Transfer:
    """A transfer whose place in the block is known, but not its place in the transaction."""
    row = loose(height, sender, receiver, tx)
    return row._replace(position=row.position._replace(tx_index=tx_index))


@pytest.mark.parametrize(
    ("rows", "stolen", "wanted"),
    [
        ([loose(1, "a", WHO, "t1"), loose(2, WHO, "b", "t2")], True, []),
        ([loose(1, "a", WHO, "t1"), loose(1, WHO, "b", "t2")], False, ["t1", "t2"]),
        ([loose(1, WHO, "a", "t1"), loose(1, WHO, "b", "t2")], False, ["t1", "t2"]),
        ([loose(1, WHO, "a", "t1"), loose(1, WHO, "a", "t2")], True, []),
        ([loose(1, "a", WHO, "t1"), loose(1, "b", WHO, "t2")], True, ["t1", "t2"]),
        ([loose(1, "a", WHO, "t1"), loose(1, "b", WHO, "t2")], False, []),
        ([half(1, "a", WHO, "t1", 3), half(1, WHO, "b", "t2", 4)], True, []),
        ([half(1, "a", WHO, "t1", 3), loose(1, WHO, "b", "t2")], True, ["t2"]),
        ([half(1, "a", WHO, "t1", 3), half(1, WHO, "b", "t1", 3)], True, ["t1"]),
        ([in_tx(0, "a", WHO, 5, "0xt"), in_tx(1, WHO, "b", 5, "0xt")], True, []),
        ([loose(1, "a", WHO, "t1")], True, []),
        ([], True, []),
    ],
    ids=[
        "different blocks", "in and out", "two receivers", "one receiver", "two senders, one stolen",
        "two senders, none stolen", "places known", "one place known", "within one transaction", "settled", "one row",
        "nothing",
    ],
)  # fmt: skip
def test_order_matters(rows: list[Transfer], stolen: bool, wanted: list[str]) -> None:
    """Places are asked for exactly where another order within the block would give another account."""
    assert order_matters(rows, WHO, lambda _: stolen) == wanted


def test_placed_takes_place_and_index() -> None:
    """A receipt that holds the transfer settles it; of equal rows each gets its own place."""
    first, second = (half(1, "a", WHO, "tx", -1)._replace(nth=nth) for nth in (0, 1))
    receipt = receipt_of(
        one._replace(position=one.position._replace(tx_index=5, index=(nth + 7,)))
        for nth, one in enumerate((first, second))
    )
    assert [receipt.placed(one).position.index for one in (first, second)] == [(7,), (8,)]
    assert receipt.placed(first).position.settled


def test_placed_leaves_strangers_alone() -> None:
    """A transfer that the receipt does not hold learns the transaction's place and no index it did not have."""
    lone = half(1, "a", WHO, "tx", -1)
    assert receipt_of([]).placed(lone).position == lone.position._replace(tx_index=5)
    assert receipt_of([], tx_index=-1).placed(lone) == lone
