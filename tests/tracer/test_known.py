"""Transfers that several answers tell of: one fee each, and one order within a transaction, in whatever order told."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest

from chains.model import FEE_SINK, NATIVE, Address, Block, Coverage, Kind, Page, Position, Receipt, Transfer
from chains.reader import History
from tracer.known import Known, Told
from tracer.store import Store

CHAIN, TX = "eip155:10", "0x" + "01" * 32
PAYER, POOL = Address("0x" + "aa" * 20), Address("0x" + "bb" * 20)
ACCOUNT = (CHAIN, PAYER, NATIVE)
HORIZONS = {CHAIN: Block(CHAIN, 99, "", 99, 99)}


def moved(kind: Kind, amount: int, index: tuple[int, ...], sender: Address = PAYER) -> Transfer:
    receiver = FEE_SINK if kind is Kind.FEE else POOL if sender == PAYER else PAYER
    return Transfer(CHAIN, TX, Position(9, 3, kind, index), 90, NATIVE, sender, receiver, amount)


SHORT, WHOLE = moved(Kind.FEE, 100, (0,)), moved(Kind.FEE, 107, (0,))
LISTED = [moved(Kind.INTERNAL, 5, (2,), POOL), moved(Kind.INTERNAL, 6, (1,), POOL)]
"""Calls as an explorer counts them: the other way round than by their paths."""
CALLS = [moved(Kind.INTERNAL, 5, (0, 1), POOL), moved(Kind.INTERNAL, 6, (1,), POOL)]
RECEIPT = Receipt(CHAIN, TX, 9, 3, 90, PAYER, True, 107, (WHOLE, *CALLS), (), (), True, 7, others=((Kind.INTERNAL, 8),))


def history(*rows: Transfer) -> History:
    found = History()
    found.add("etherscan", Page(rows, tuple(4 for _ in rows), Coverage(0, None)))
    return found


@pytest.mark.parametrize("steps", list(permutations(range(3))))
def test_the_order_of_answers_changes_nothing(steps: tuple[int, ...]) -> None:
    """A list before, after or between: the receipt's fee stands alone, and the calls in the receipt's order."""
    told = Told()
    known = Known(HORIZONS, told)

    def opened() -> None:
        told.take(RECEIPT)
        known.learn(RECEIPT.transfers)

    tellings = (lambda: known.learn([SHORT]), lambda: known.learn(LISTED), opened)
    for step in steps:
        tellings[step]()
    assert known.in_order() == [WHOLE, *CALLS]


@pytest.mark.parametrize("rows", [(SHORT, WHOLE), (WHOLE, SHORT)])
def test_without_a_receipt_the_largest_fee_stands(rows: tuple[Transfer, ...]) -> None:
    """Of two lists the fuller one counts, whichever came first."""
    known = Known(HORIZONS, Told())
    known.learn(rows)
    assert known.in_order() == [WHOLE]


def test_a_history_has_what_receipts_say_of_it() -> None:
    """The whole fee for the short one, the receipt's places, and what no list had; nothing from before it begins."""
    told = Told()
    assert told.history(ACCOUNT, 0, [SHORT, *LISTED]) == [SHORT, *LISTED]
    told.take(RECEIPT)
    for listed in ([SHORT, *LISTED], [SHORT], LISTED, []):
        assert told.history(ACCOUNT, 0, listed) == [WHOLE, *CALLS]
    assert told.history(ACCOUNT, 10, []) == []


def test_a_fee_alone_says_nothing_of_the_order() -> None:
    """Of a transaction that was not opened a receipt tells the fee, and the calls stay as the list has them."""
    told = Told()
    assert told.take_fees(RECEIPT) == [WHOLE]
    assert told.history(ACCOUNT, 0, [SHORT, *LISTED[::-1]]) == [WHOLE, *LISTED[::-1]]
    assert told.history(ACCOUNT, 0, []) == []


@pytest.mark.parametrize("opened_first", [False, True])
def test_the_stored_table_has_one_fee_and_one_order(tmp_path: Path, *, opened_first: bool) -> None:
    """Whichever is written first, the table has the whole fee with the receipt's answer, and the calls with theirs."""
    store = Store(tmp_path / "case.sqlite")
    asset = str(NATIVE)
    if opened_first:
        store.save_opened(RECEIPT)
    store.save_history(CHAIN, PAYER, asset, history(SHORT, *LISTED))
    if not opened_first:
        store.save_opened(RECEIPT)
    found = list(store.select("SELECT amount, position, raw FROM transfer ORDER BY position"))
    assert [row[:2] for row in found] == [("107", "9:3:0:0"), ("5", "9:3:2:0.1"), ("6", "9:3:2:1")]
    assert [row[2] for row in found][:2] == [7, 8]
    store.close()
