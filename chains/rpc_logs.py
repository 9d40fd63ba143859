"""Token history from `eth_getLogs`: windows of blocks that grow while the node is content and shrink when it is not.

Two questions per window: logs with the address in the first indexed place (what it sent, approved, wrapped) and in the
second (what it received). ERC-1155 names the operator first, so arrivals of such collectibles stand in a third place
that is not asked for; they carry no value here.

An error is never "no logs". A node may also cut a list without saying so, always at a round number: a window with such
a count is asked again in halves, and a single block is read from its receipts instead.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, NamedTuple

from chains.errors import Down, Malformed, SplitRange, Unsupported
from chains.evm_address import to_topic
from chains.evm_records import (
    APPROVAL,
    APPROVAL_FOR_ALL,
    DEPOSIT,
    TRANSFER,
    TRANSFER_BATCH,
    TRANSFER_SINGLE,
    WITHDRAWAL,
    hex_int,
    log_time,
    logs_to_rows,
    required,
)
from chains.model import ANY_TOKEN, Address, AssetId, Coverage, Page
from chains.rpc_node import Node
from chains.rpc_windows import ROUND_COUNTS, Span, refuse_round_count, together

Log = Mapping[str, Any]


class LogQuery(NamedTuple):
    """One filter: the contract (None: any), the kinds of log, and in which topic the address must stand."""

    contract: AssetId | None
    kinds: tuple[str, ...]
    place: int
    who: str

    def params(self, first: int, last: int) -> dict[str, Any]:
        """The filter for `eth_getLogs`."""
        topics: list[Any] = [list(self.kinds), *([None] * (self.place - 1)), self.who]
        where = {"fromBlock": hex(first), "toBlock": hex(last), "topics": topics}
        return where if self.contract is None else {**where, "address": self.contract}

    def matches(self, log: Log) -> bool:
        """Whether a log is what was asked for."""
        topics = [str(topic).lower() for topic in log["topics"]]
        right_contract = self.contract is None or str(log["address"]).lower() == self.contract
        return (
            right_contract and len(topics) > self.place and topics[0] in self.kinds and topics[self.place] == self.who
        )


class _Found(NamedTuple):
    """Logs of a window by (block, log index), with the stored answer of each, and what may be missing."""

    logs: Mapping[tuple[int, int], tuple[Log, int]]
    weak: str = ""


async def token_history(node: Node, who: Address, asset: AssetId, low: int, high: int | None) -> AsyncIterator[Page]:
    """Pages of one window each; see `chains.protocol.Source.history`."""
    high = await node.last(high)
    queries = _queries(node, who, asset)
    span = Span()
    while low <= high:
        last = min(low + span.blocks - 1, high)
        try:
            found = await _window(node, queries, low, last)
        except SplitRange as refusal:
            if low < last:
                span = span.shrunk(refusal, low, last)
                continue
            found = await _block(node, queries, low)
        yield await _page(node, found, Coverage(low, last))
        low, span = last + 1, span.grown()


def _queries(node: Node, who: Address, asset: AssetId) -> tuple[LogQuery, LogQuery]:
    contract = None if asset == ANY_TOKEN else asset
    wraps = (DEPOSIT, WITHDRAWAL) if node.chain.wrapped is not None and asset in (ANY_TOKEN, node.chain.wrapped) else ()
    topic = to_topic(who)
    return (
        LogQuery(contract, (TRANSFER, APPROVAL, APPROVAL_FOR_ALL, *wraps), 1, topic),
        LogQuery(contract, (TRANSFER, TRANSFER_SINGLE, TRANSFER_BATCH), 2, topic),
    )


async def _window(node: Node, queries: Sequence[LogQuery], first: int, last: int) -> _Found:
    """All logs of the queries. Raises SplitRange when the node refuses the range or may have cut its answer."""
    answers = await together(*(node.rows("eth_getLogs", query.params(first, last)) for query in queries))
    found: dict[tuple[int, int], tuple[Log, int]] = {}
    for query, (raw, logs) in zip(queries, answers, strict=True):
        refuse_round_count(node.name, "eth_getLogs", len(logs))
        found |= _placed(node, query, logs, raw, (first, last))
    return _Found(found)


def _placed(
    node: Node, query: LogQuery, logs: Sequence[Log], raw: int, window: tuple[int, int]
) -> dict[tuple[int, int], tuple[Log, int]]:
    placed = {}
    for log in logs:
        height = hex_int(required(log, "blockNumber", node.name), node.name)
        if not window[0] <= height <= window[1]:
            raise Down(node.name, f"eth_getLogs {window[0]}-{window[1]}", f"a log of block {height}: a repeated page")
        if not query.matches(log):
            raise Malformed(node.name, "a log that was not asked for", log)
        placed[height, hex_int(required(log, "logIndex", node.name), node.name)] = (log, raw)
    return placed


async def _block(node: Node, queries: Sequence[LogQuery], height: int) -> _Found:
    """One block that `eth_getLogs` will not answer whole: its receipts, else one kind of log at a time."""
    try:
        raw, receipts = await node.rows("eth_getBlockReceipts", hex(height))
    except (Unsupported, SplitRange):
        return await _kind_by_kind(node, queries, height)
    logs: list[Log] = [log for receipt in receipts for log in required(receipt, "logs", node.name)]
    found: dict[tuple[int, int], tuple[Log, int]] = {}
    for query in queries:
        found |= _placed(node, query, [log for log in logs if query.matches(log)], raw, (height, height))
    return _Found(found)


async def _kind_by_kind(node: Node, queries: Sequence[LogQuery], height: int) -> _Found:
    found: dict[tuple[int, int], tuple[Log, int]] = {}
    weak = ""
    for query in queries:
        for kind in query.kinds:
            narrow = query._replace(kinds=(kind,))
            try:
                raw, logs = await node.rows("eth_getLogs", narrow.params(height, height))
            except SplitRange as refusal:
                raise Unsupported(node.name, f"eth_getLogs of block {height}", refusal.detail) from None
            if len(logs) in ROUND_COUNTS:
                weak = f"block {height} answered exactly {len(logs)} logs and may hold more"
            found |= _placed(node, narrow, logs, raw, (height, height))
    return _Found(found, weak)


async def _page(node: Node, found: _Found, covers: Coverage) -> Page:
    logs = [found.logs[place][0] for place in sorted(found.logs)]
    unknown = [hex_int(log["blockNumber"], node.name) for log in logs if log_time(log, node.name) is None]
    times = await node.times(unknown)
    stamped = [
        log
        if log_time(log, node.name) is not None
        else {**log, "blockTimestamp": hex(times[hex_int(log["blockNumber"], node.name)])}
        for log in logs
    ]
    rows = logs_to_rows(node.chain, stamped, None, node.name)
    raws = tuple(found.logs[row.position.height, row.position.index[0]][1] for row in rows.transfers)
    return Page(rows.transfers, raws, covers, rows.approvals, rows.collectibles, weak=found.weak)
