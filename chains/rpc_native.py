"""Native-coin history from a node that has an index for it: Otterscan's search, or `trace_filter`.

A plain node has no index of native transfers, and asking it block by block is hopeless; then this source says so and
the next one is asked. `trace_filter` is preferred: it sees self-destructions, and its rows are proven by the whole
trace of their transaction (a call that succeeded may still be undone by the call around it).

What neither sees: validator withdrawals, block rewards, priority fees and deposits from layer 1.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from chains import evm_traces
from chains.errors import Down, Malformed, SplitRange, Unsupported
from chains.evm_records import hex_int, receipt_of, required
from chains.evm_traces import TxPlace
from chains.model import NATIVE, Address, Coverage, Kind, Page, Position, Transfer, number_equal_rows
from chains.rpc_node import Internals, Node
from chains.rpc_windows import Span, refuse_round_count, together
from chains.whole import is_plain

_PAGE: Final = 25
"""Transactions per Otterscan page; its own explorer asks for as many."""

_NEVER: Final = "withdrawals, block rewards and layer-1 deposits are not visible to this method"
_OTTERSCAN: Final = f"self-destructions in favour of the address, {_NEVER}"
_UNPROVEN: Final = "; calls undone inside a transaction that succeeded are not told apart"

Record = Mapping[str, Any]


class _Sighted(NamedTuple):
    """A transfer with the stored answer it came from, and whether it is certain."""

    row: Transfer
    raw: int
    proven: bool = True


async def native_history(node: Node, who: Address, low: int, high: int | None) -> AsyncIterator[Page]:
    """Native transfers with fees and internals; see `chains.protocol.Source.history`.

    Raises:
        Unsupported: the node has no index of them.
    """
    if await node.serves("trace_filter") and await node.serves("trace_transaction"):
        pages = _by_trace_filter(node, who, low, high)
    elif await node.serves("ots_getApiLevel"):
        pages = _by_otterscan(node, who, low, high)
    else:
        raise Unsupported(node.name, "native history", "needs ots_ or trace_filter")
    async for page in pages:
        yield page


async def _by_otterscan(node: Node, who: Address, low: int, high: int | None) -> AsyncIterator[Page]:
    """`ots_searchTransactionsAfter`, upwards; newest first within a page, whole blocks only (Otterscan API)."""
    high = await node.last(high)
    while low <= high:
        raw, found = await node.record("ots_searchTransactionsAfter", who, max(low - 1, 0), _PAGE)
        pairs = _pairs(node, found, low)
        end = required(found, "firstPage", node.name) is True
        if not pairs and not end:
            raise Down(node.name, f"ots_searchTransactionsAfter {low}", "an empty page that is not the last")
        last = high if end else min(pairs[-1][0], high)
        wanted = [pair for pair in pairs if pair[0] <= high]
        sighted = await together(*(_of_pair(node, who, pair[1], pair[2], raw) for pair in wanted))
        yield _page([one for group in sighted for one in group], Coverage(low, last), _OTTERSCAN)
        low = last + 1


def _pairs(node: Node, found: Record, low: int) -> list[tuple[int, Record, Record]]:
    """(height, transaction, receipt) of a page, oldest first."""
    txs: Sequence[Record] = required(found, "txs", node.name)
    receipts: Sequence[Record] = required(found, "receipts", node.name)
    if [required(tx, "hash", node.name) for tx in txs] != [
        required(receipt, "transactionHash", node.name) for receipt in receipts
    ]:
        raise Malformed(node.name, "transactions and receipts do not go together", found)
    pairs = [
        (hex_int(required(tx, "blockNumber", node.name), node.name), tx, receipt)
        for tx, receipt in zip(txs, receipts, strict=True)
    ]
    if any(height < low for height, _, _ in pairs):
        raise Down(node.name, f"ots_searchTransactionsAfter {low}", "a repeated page")
    return sorted(pairs, key=lambda pair: pair[0])


async def _of_pair(node: Node, who: Address, tx: Record, receipt: Record, raw: int) -> list[_Sighted]:
    stamp = receipt.get("timestamp")
    height = hex_int(required(receipt, "blockNumber", node.name), node.name)
    time = (await node.times([height]))[height] if stamp is None else hex_int(stamp, node.name)
    calls = None
    if not is_plain(tx, receipt, node.name):
        calls = await node.internals(place(node, receipt, time), tx, created(receipt))
    return _sighted(node, who, tx, receipt, raw=raw, time=time, calls=calls)


def created(receipt: Record) -> str | None:
    """The contract a transaction created, as its receipt tells it."""
    address = receipt.get("contractAddress")
    return None if address is None else str(address)


def place(node: Node, receipt: Record, time: int) -> TxPlace:
    """Where the transaction of a receipt stands."""
    return TxPlace(
        node.chain.id,
        str(required(receipt, "transactionHash", node.name)).lower(),
        hex_int(required(receipt, "blockNumber", node.name), node.name),
        hex_int(required(receipt, "transactionIndex", node.name), node.name),
        time,
    )


def _sighted(
    node: Node, who: Address, tx: Record, receipt: Record, *, raw: int, time: int, calls: Internals | None
) -> list[_Sighted]:
    """The native transfers of one transaction that touch ``who``."""
    told = receipt_of(
        node.chain,
        {**receipt, "logs": []},  # Otterscan leaves them null
        raw,
        node.name,
        value=hex_int(required(tx, "value", node.name), node.name),
        time=time,
        internal=() if calls is None else calls.transfers,
        gas_price=None if tx.get("gasPrice") is None else hex_int(tx["gasPrice"], node.name),
    )
    rows = [row for row in told.transfers if who in (row.sender, row.receiver)]
    return [
        _Sighted(row, calls.raw, calls.proven) if calls and row.position.kind is Kind.INTERNAL else _Sighted(row, raw)
        for row in rows
    ]


async def _by_trace_filter(node: Node, who: Address, low: int, high: int | None) -> AsyncIterator[Page]:
    """Windows of `trace_filter`. From and to are asked apart: some nodes join them by "and", some by "or"."""
    high = await node.last(high)
    span = Span()
    while low <= high:
        last = min(low + span.blocks - 1, high)
        try:
            rows = await _filtered(node, who, low, last)
        except SplitRange as refusal:
            if low < last:
                span = span.shrunk(refusal, low, last)
                continue
            rows = await _whole_block(node, who, low)
        grouped = evm_traces.rows_by_transaction(rows, node.name)
        await node.times([_number(node, group[0], "blockNumber") for group in grouped.values()])
        sighted = await together(*(_of_traces(node, who, tx, group) for tx, group in grouped.items()))
        yield _page([one for group in sighted for one in group], Coverage(low, last), _NEVER)
        low, span = last + 1, span.grown()


async def _filtered(node: Node, who: Address, first: int, last: int) -> list[Record]:
    """Trace rows from or to ``who``, each once, with the stored answer in ``raw``."""
    window = {"fromBlock": hex(first), "toBlock": hex(last)}
    answers = await together(
        node.rows("trace_filter", {**window, "fromAddress": [who]}),
        node.rows("trace_filter", {**window, "toAddress": [who]}),
    )
    once: dict[tuple[str, evm_traces.Path], Record] = {}
    for raw, rows in answers:
        refuse_round_count(node.name, "trace_filter", len(rows))
        for row in rows:
            if not first <= _number(node, row, "blockNumber") <= last:
                raise Down(node.name, f"trace_filter {first}-{last}", "a row of another block: a repeated page")
            once[str(row.get("transactionHash")), evm_traces.path_of(row, node.name)] = {**row, "raw": raw}
    return list(once.values())


async def _whole_block(node: Node, who: Address, height: int) -> list[Record]:
    """All rows of one block's transactions that touch ``who``, for a block that `trace_filter` may cut."""
    raw, rows = await node.rows("trace_block", hex(height))
    return [{**row, "raw": raw} for row in rows if who in _ends(node, row)]


def _ends(node: Node, row: Record) -> tuple[str, ...]:
    """Everyone a row says something of, also where no value moves: a signer pays its fee for nothing too."""
    action: Record = required(row, "action", node.name)
    result: Record = row.get("result") or {}
    parties = (action.get("from"), action.get("to"), action.get("address"), action.get("refundAddress"))
    return tuple(str(party).lower() for party in (*parties, result.get("address")) if party)


async def _of_traces(node: Node, who: Address, tx: str, rows: Sequence[Record]) -> list[_Sighted]:
    """The native transfers of one transaction that touch ``who``, from those of its rows that do."""
    height, tx_index = _number(node, rows[0], "blockNumber"), _number(node, rows[0], "transactionPosition")
    at = TxPlace(node.chain.id, tx, height, tx_index, (await node.times([height]))[height])
    outer = next((row for row in rows if not evm_traces.path_of(row, node.name)), None)
    inner = any(row is not outer and evm_traces.value_of_row(row, node.name) is not None for row in rows)
    calls = await node.traced(at) if inner else None
    if outer is not None and str(required(outer["action"], "from", node.name)).lower() == who:
        raw, receipt = await node.record("eth_getTransactionReceipt", tx)
        # Nodes from before London have no effectiveGasPrice in receipts; then the transaction tells it.
        paid = {} if receipt.get("effectiveGasPrice") else (await node.record("eth_getTransactionByHash", tx))[1]
        signed = {"value": outer["action"]["value"], "gasPrice": paid.get("gasPrice")}
        return _sighted(node, who, signed, receipt, raw=raw, time=at.time, calls=calls)
    found = [_Sighted(move, calls.raw) for move in calls.transfers] if calls else []
    if outer is not None and not evm_traces.failed(outer):
        move = evm_traces.value_of_row(outer, node.name)
        if move is not None:
            position = Position(height, tx_index, Kind.NATIVE, (0,))
            found.append(_Sighted(Transfer(at.chain, tx, position, at.time, NATIVE, *move), outer["raw"]))
    return [one for one in found if who in (one.row.sender, one.row.receiver)]


def _number(node: Node, record: Record, name: str) -> int:
    return hex_int(required(record, name, node.name), node.name)


def _page(sighted: Sequence[_Sighted], covers: Coverage, weak: str) -> Page:
    ordered = sorted(sighted, key=lambda one: one.row.position)
    return Page(
        tuple(number_equal_rows([one.row for one in ordered])),
        tuple(one.raw for one in ordered),
        covers,
        weak=weak if all(one.proven for one in ordered) else weak + _UNPROVEN,
    )
