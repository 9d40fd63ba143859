"""Token history from `eth_getLogs`: windows of blocks that grow while the node is content and shrink when it is not.

Two questions per window: logs with the address in the first indexed place (what it sent, approved, wrapped) and in the
second (what it received). ERC-1155 names the operator first, so arrivals of such collectibles stand in a third place
that is not asked for; they carry no value here.

A liquidity position that is an NFT is read from its manager's logs of it, by its number instead of an address.

An error is never "no logs". A node may also cut a list without saying so, always at a round number: a window with such
a count is asked again in halves, and a single block is read from its receipts instead.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, NamedTuple

from chains import position_pages
from chains.errors import Down, Malformed, SplitRange, Unsupported
from chains.evm_address import to_topic
from chains.evm_contract import events_of, topics_of
from chains.evm_records import (
    APPROVAL,
    APPROVAL_FOR_ALL,
    DEPOSIT,
    TRANSFER,
    TRANSFER_BATCH,
    TRANSFER_SINGLE,
    WITHDRAWAL,
    ZERO,
    hex_int,
    log_time,
    logs_to_rows,
    required,
)
from chains.model import ANY_TOKEN, Address, AssetId, Coverage, EventPage, Page
from chains.position_pages import page_of_position, read_logs
from chains.positions import MOVED, Book
from chains.rpc_node import Node
from chains.rpc_positions import book_at
from chains.rpc_windows import ROUND_COUNTS, Span, refuse_round_count, together

Log = Mapping[str, Any]


class LogQuery(NamedTuple):
    """One filter: the contract (None: any), the kinds of log, and in which topic ``who`` must stand (0: nowhere)."""

    contract: AssetId | Address | None
    kinds: tuple[str, ...]
    place: int = 0
    who: str = ""

    def params(self, first: int, last: int) -> dict[str, Any]:
        """The filter for `eth_getLogs`."""
        topics: list[Any] = [list(self.kinds)]
        if self.place:
            topics += [*([None] * (self.place - 1)), self.who]
        where = {"fromBlock": hex(first), "toBlock": hex(last), "topics": topics}
        return where if self.contract is None else {**where, "address": self.contract}

    def matches(self, log: Log, source: str) -> bool:
        """Whether a log is what was asked for. Raises Malformed when it does not say."""
        topics = topics_of(log, source)
        right_contract = self.contract is None or str(required(log, "address", source)).lower() == self.contract
        right_kind = len(topics) > self.place and topics[0] in self.kinds
        return right_contract and right_kind and (not self.place or topics[self.place] == self.who)


class _Found(NamedTuple):
    """Logs of a window by (block, log index), with the stored answer of each, and what may be missing."""

    logs: Mapping[tuple[int, int], tuple[Log, int]]
    weak: str = ""


async def token_history(node: Node, who: Address, asset: AssetId, low: int, high: int | None) -> AsyncIterator[Page]:
    """Pages of one window each; see `chains.protocol.Source.history`."""
    async for found, covers in _windows(node, _queries(node, who, asset), low, await node.last(high)):
        yield await _page(node, found, covers)


async def position_history(node: Node, who: Address, asset: AssetId, low: int, high: int | None) -> AsyncIterator[Page]:
    """The same for a liquidity position that is an NFT.

    What it was before ``low`` is asked of the contract, unless it was minted later: of an NFT nobody knows the first
    block, and to look for it would take thousands of windows.

    Raises:
        Unsupported: the node keeps no state that old, or something was not collected by then.
    """
    queries = tuple(LogQuery(*query) for query in position_pages.queries(asset))
    book: Book | None = None
    async for found, covers in _windows(node, queries, low, await node.last(high)):
        stamped = await _stamped(node, [found.logs[place][0] for place in sorted(found.logs)])
        raws = [found.logs[place][1] for place in sorted(found.logs)]
        logs = read_logs(node.chain, node.name, asset, list(zip(stamped, raws, strict=True)), None)
        if book is None and logs.events:
            first = logs.events[0]
            minted = first.kind == MOVED and first.ends[0] == ZERO
            book = Book() if minted or low == 0 else await book_at(node, asset, low - 1)
        yield page_of_position(book or Book(), logs, who, covers, found.weak)


async def contract_events(
    node: Node, contract: Address, topics: tuple[str, ...], low: int, high: int
) -> AsyncIterator[EventPage]:
    """Pages of one window each; see `chains.protocol.Source.events`.

    Raises:
        Unsupported: also where a block's logs may have been cut and nothing else tells them.
    """
    async for found, covers in _windows(node, [LogQuery(contract, topics)], low, await node.last(high)):
        if found.weak:
            raise Unsupported(node.name, f"eth_getLogs {contract}", found.weak)
        yield EventPage(events_of(node.chain, contract, topics, found.logs.values(), node.name), covers)


async def _windows(
    node: Node, queries: Sequence[LogQuery], low: int, high: int
) -> AsyncIterator[tuple[_Found, Coverage]]:
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
        yield found, Coverage(low, last)
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
        if not query.matches(log, node.name):
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
        found |= _placed(node, query, [log for log in logs if query.matches(log, node.name)], raw, (height, height))
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


async def _stamped(node: Node, logs: Sequence[Log]) -> list[Log]:
    """The logs with the times of their blocks."""
    unknown = [hex_int(log["blockNumber"], node.name) for log in logs if log_time(log, node.name) is None]
    times = await node.times(unknown)
    return [
        log
        if log_time(log, node.name) is not None
        else {**log, "blockTimestamp": hex(times[hex_int(log["blockNumber"], node.name)])}
        for log in logs
    ]


async def _page(node: Node, found: _Found, covers: Coverage) -> Page:
    stamped = await _stamped(node, [found.logs[place][0] for place in sorted(found.logs)])
    rows = logs_to_rows(node.chain, stamped, None, node.name)
    raws = tuple(found.logs[row.position.height, row.position.index[0]][1] for row in rows.transfers)
    return Page(rows.transfers, raws, covers, rows.approvals, rows.collectibles, weak=found.weak)
