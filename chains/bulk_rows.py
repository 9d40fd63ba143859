"""What the bulk indexes of EVM chains (HyperSync, SQD Portal) have in common: which logs to ask for, and what rows say.

Both hand out whole blocks of filtered logs, transactions and call traces. Each module maps its own spelling to the
JSON-RPC one; from there on this module decides, so that the two cannot come to differ about what moved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from chains import evm_address
from chains.errors import Malformed, Unsupported
from chains.evm_records import (
    APPROVAL,
    APPROVAL_FOR_ALL,
    DEPOSIT,
    TRANSFER,
    TRANSFER_BATCH,
    TRANSFER_SINGLE,
    WITHDRAWAL,
    address_field,
    hex_int,
    logs_to_rows,
    required,
)
from chains.evm_traces import TxPlace, internals_of_rows, rows_by_transaction
from chains.model import (
    ANY_TOKEN,
    FEE_SINK,
    NATIVE,
    Address,
    Approval,
    AssetId,
    Collectible,
    Coverage,
    Kind,
    Page,
    Position,
    Transfer,
    number_equal_rows,
)
from chains.registry import Chain

NO_INTERNALS = "no internal transfers from this source"

_DEPOSIT_TYPE = 0x7E


class LogFilter(NamedTuple):
    """Logs of these contracts (empty: of any) whose topics are among these, by position (empty: any)."""

    address: tuple[str, ...]
    topics: tuple[tuple[str, ...], ...]


class Rows(NamedTuple):
    """What some blocks hold that concerns one address; ``raw`` is the stored answer that says so."""

    raw: int
    transfers: tuple[Transfer, ...]
    approvals: tuple[Approval, ...] = ()
    collectibles: tuple[Collectible, ...] = ()


def log_filters(who: Address, asset: AssetId, wrapped: AssetId | None, words: tuple[str, ...] = ()) -> list[LogFilter]:
    """Filters that together select every log that moves ``asset`` at ``who`` or lets another move it.

    For `ANY_TOKEN` also NFTs; for the wrapped-native token also its deposits and withdrawals. ``words`` are the
    spellings of ``who`` as a topic, where they are not the EVM one.
    """
    words = words or (evm_address.to_topic(who),)
    contracts = () if asset == ANY_TOKEN else (str(asset),)
    filters = [
        LogFilter(contracts, ((TRANSFER, APPROVAL, APPROVAL_FOR_ALL), words)),
        LogFilter(contracts, ((TRANSFER,), (), words)),
    ]
    if asset == ANY_TOKEN:
        filters += [
            LogFilter((), ((TRANSFER_SINGLE, TRANSFER_BATCH), (), words)),
            LogFilter((), ((TRANSFER_SINGLE, TRANSFER_BATCH), (), (), words)),
        ]
    if wrapped is not None and asset in (ANY_TOKEN, wrapped):
        filters.append(LogFilter((str(wrapped),), ((DEPOSIT, WITHDRAWAL), words)))
    return filters


def token_rows(
    chain: Chain, logs: Sequence[Mapping[str, Any]], time_of: Callable[[int], int], *, raw: int, source: str
) -> Rows:
    """Logs in JSON-RPC shape as rows; a log handed out twice counts once."""
    once = {(hex_int(log["blockNumber"], source), hex_int(log["logIndex"], source)): log for log in logs}
    rows = logs_to_rows(chain, list(once.values()), time_of, source)
    return Rows(raw, rows.transfers, rows.approvals, rows.collectibles)


def native_rows(
    chain: Chain,
    who: Address,
    transactions: Sequence[Mapping[str, Any]],
    traces: Sequence[Mapping[str, Any]],
    time_of: Callable[[int], int],
    *,
    raw: int,
    source: str,
) -> Rows:
    """Transactions (JSON-RPC shape with the receipt's fields) and call traces (Parity shape) as native transfers.

    Only rows that begin or end at ``who``. Traces of failed transactions and below a failed call move nothing.

    Raises:
        Malformed: a mandatory field is missing, or a trace's transaction is.
        Unsupported: a transaction without a status; such are older than Byzantium.
    """
    found: list[Transfer] = []
    places: dict[str, TxPlace | None] = {}
    for tx in transactions:
        at, sender, ok = _place(chain, tx, time_of, source)
        if at.tx in places:
            continue
        places[at.tx] = at if ok else None
        found += _of_transaction(chain, tx, at, sender, source, paid_by=who, ok=ok)
    for name, rows in rows_by_transaction(traces, source).items():
        if name not in places:
            raise Malformed(source, "a trace without its transaction", rows[0])
        inside = places[name]
        if inside is not None:
            found += internals_of_rows(rows, inside, source)
    return Rows(raw, tuple(row for row in found if who in (row.sender, row.receiver)))


def page_of(parts: Iterable[Rows], asset: AssetId, covers: Coverage, weak: str = "") -> Page:
    """One page of whole transactions from what was found, in the order it happened."""
    parts = list(parts)
    raw_of = {row: part.raw for part in parts for row in part.transfers}
    rows = [row for row in sorted(raw_of, key=lambda row: row.position) if _is(row.asset, asset)]
    return Page(
        transfers=tuple(number_equal_rows(rows)),
        raws=tuple(raw_of[row] for row in rows),
        covers=covers,
        approvals=tuple(row for part in parts for row in part.approvals),
        collectibles=tuple(row for part in parts for row in part.collectibles),
        weak=weak,
    )


def _is(asset: AssetId, asked: AssetId) -> bool:
    return asset != NATIVE if asked == ANY_TOKEN else asset == asked


def time_in(times: Mapping[int, int], source: str) -> Callable[[int], int]:
    """A look-up of block times that says which block is missing."""

    def time_of(height: int) -> int:
        if height not in times:
            raise Malformed(source, f"block {height} is missing beside its rows", sorted(times)[:3])
        return times[height]

    return time_of


def _place(
    chain: Chain, tx: Mapping[str, Any], time_of: Callable[[int], int], source: str
) -> tuple[TxPlace, Address, bool]:
    """Where a transaction stands, who signed it, and whether it did what it was to do."""
    name = str(required(tx, "hash", source)).lower()
    if tx.get("status") is None:
        raise Unsupported(source, f"transaction {name}", "no status, as before Byzantium")
    height = hex_int(required(tx, "blockNumber", source), source)
    index = hex_int(required(tx, "transactionIndex", source), source)
    place = TxPlace(chain.id, name, height, index, time_of(height))
    return place, address_field(tx, "from", source), hex_int(tx["status"], source) == 1


def _of_transaction(
    chain: Chain, tx: Mapping[str, Any], at: TxPlace, sender: Address, source: str, *, paid_by: Address, ok: bool
) -> list[Transfer]:
    """The transaction's own value, and its fee where ``paid_by`` signed it."""
    rows = []
    if sender == paid_by:
        place = Position(at.height, at.tx_index, Kind.FEE, (0,))
        rows.append(Transfer(chain.id, at.tx, place, at.time, NATIVE, sender, FEE_SINK, _fee(chain, tx, source)))
    value = hex_int(required(tx, "value", source), source)
    if ok and value:
        target = address_field(tx, "to" if tx.get("to") else "contractAddress", source)
        place = Position(at.height, at.tx_index, Kind.NATIVE, (0,))
        rows.append(Transfer(chain.id, at.tx, place, at.time, NATIVE, sender, target, value))
    return [row for row in rows if row.amount]


def _fee(chain: Chain, tx: Mapping[str, Any], source: str) -> int:
    paid = hex_int(required(tx, "gasUsed", source), source) * hex_int(required(tx, "effectiveGasPrice", source), source)
    if chain.l1_fee and hex_int(required(tx, "type", source), source) != _DEPOSIT_TYPE:
        paid += hex_int(required(tx, "l1Fee", source), source)
    return paid
