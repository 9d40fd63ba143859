"""One EVM transaction with the calls inside it: what need not be asked, and how one source completes another's receipt.

A swap for the native coin shows its second half only in the calls inside the transaction. Many sources have receipts
and few have those calls, so a receipt and its calls may come from two of them. Nothing here asks anyone anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from chains import evm_traces
from chains.errors import Malformed, NotFound
from chains.evm_records import hex_int, required, succeeded
from chains.evm_traces import TxPlace
from chains.model import Calls, Kind, Receipt, number_equal_rows

PLAIN_GAS: Final = 21_000
"""The price of a transaction that does nothing but pay; whoever's code ran cost more."""


def is_plain(tx: Mapping[str, Any], receipt: Mapping[str, Any], source: str) -> bool:
    """Whether no code ran, so that there are no calls inside a transaction."""
    return hex_int(required(receipt, "gasUsed", source), source) == PLAIN_GAS and tx.get("input") == "0x"


def came_to_nothing(receipt: Mapping[str, Any], source: str) -> bool:
    """Whether a JSON-RPC receipt says by itself all there is: a failed transaction has nothing but its fee."""
    return receipt.get("effectiveGasPrice") is not None and not succeeded(receipt, source)


def place_of(receipt: Receipt) -> TxPlace:
    """Where the calls inside a receipt's transaction stand."""
    return TxPlace(receipt.chain, receipt.tx, receipt.height, receipt.tx_index, receipt.time or 0)


def with_calls(receipt: Receipt, calls: Calls) -> Receipt:
    """A receipt without internal transfers, completed by all of them."""
    moved = sorted([*receipt.transfers, *calls.transfers], key=lambda row: row.position)
    others = (*receipt.others, (Kind.INTERNAL, calls.raw))
    return receipt._replace(transfers=tuple(number_equal_rows(moved)), internals=True, others=others)


def calls_of_rows(rows: Sequence[Mapping[str, Any]], raw: int, receipt: Receipt, source: str) -> Calls:
    """Internal transfers from the Parity-style rows of a block, those of other transactions among them.

    ``raw`` is the stored answer with the rows.

    Raises:
        NotFound: the transaction's own call is not among them, so that the rows prove nothing.
        Malformed: a mandatory field is missing, or the rows say that a transaction failed which did not.
    """
    mine = evm_traces.rows_by_transaction(rows, source).get(receipt.tx, [])
    outer = [row for row in mine if not evm_traces.path_of(row, source)]
    if not outer:
        raise NotFound(f"trace of {receipt.tx}", source)
    if any(evm_traces.failed(row) for row in outer):
        raise Malformed(source, "a trace of a transaction that failed, and a receipt of one that did not", outer[0])
    return Calls(tuple(evm_traces.internals_of_rows(mine, place_of(receipt), source)), raw)
