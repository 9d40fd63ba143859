"""Envio HyperSync: full histories of an EVM address in a handful of questions, for a free token.

The best full-history source there is for chains whose explorers ask money (BSC before all). Two things need care. An
answer covers blocks up to `next_block` and says nothing more about where it stopped. And only some networks have
traces; the others know no internal transfers, which each page then says. Single transactions, balances and code are
not among its questions. API reference 2.7; Envio's documents and client of 2026-08.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from chains.bulk_rows import NO_INTERNALS, LogFilter, Rows, log_filters, native_rows, page_of, time_in, token_rows
from chains.endpoints import endpoint
from chains.errors import Down, NotFound, Unsupported
from chains.evm_contract import events_of
from chains.evm_records import hex_int, required
from chains.evm_traces import failed, value_of_row
from chains.http import Ask, Client, Endpoint
from chains.hypersync_answers import Batch, batch_of, classify_height, classify_query
from chains.lists_only import ListsOnly
from chains.model import NATIVE, Address, AssetId, Block, Calls, Coverage, EventPage, Page, Receipt
from chains.position_pages import page_of_position, queries, read_logs
from chains.positions import Book, is_position
from chains.protocol import Source, SourceKind
from chains.registry import Chain, SourceSettings
from chains.whole import calls_of_rows

NAME: Final = "hypersync"

NO_DESTRUCTIONS: Final = "no payments by self-destructing contracts in other people's transactions from this source"

_BLOCK: Final = ["number", "timestamp", "hash"]
_LOG: Final = [
    *("block_number", "log_index", "transaction_index", "transaction_hash", "address", "data"),
    *("topic0", "topic1", "topic2", "topic3"),
]
_TRANSACTION: Final = [
    *("block_number", "transaction_index", "hash", "from", "to", "value", "status"),
    *("gas_used", "effective_gas_price", "contract_address"),
]
_TRACE: Final = [
    *("block_number", "transaction_hash", "trace_address", "type", "call_type", "from", "to", "value", "error"),
    *("address", "action_address", "refund_address", "balance"),
]

_TRACED: Final = {"transaction": ["block_number", "transaction_index", "hash"], "trace": _TRACE}


@dataclass(slots=True)
class HyperSync(ListsOnly):
    """One network. ``traces_from``: first block whose calls it has, or None."""

    chain: Chain
    client: Client
    endpoint: Endpoint
    traces_from: int | None
    name: str = NAME

    async def head(self) -> Block:
        """Newest block it has."""
        answer = await self.client.ask(Ask(self.endpoint, classify_height, path="/height"))
        return await self.block(hex_int(answer.data["height"], NAME))

    async def block(self, number: int) -> Block:
        """The block of this number. NotFound beyond the newest."""
        batch = await self._ask({"include_all_blocks": True, "field_selection": {"block": _BLOCK}}, number, number)
        for block in batch.blocks:
            if hex_int(required(block, "number", NAME), NAME) == number:
                time = hex_int(required(block, "timestamp", NAME), NAME)
                return Block(self.chain.id, number, str(required(block, "hash", NAME)), time, number)
        raise NotFound(f"block {number}", self.chain.name)

    async def block_at(self, time: int) -> Block:
        """Never: blocks cannot be asked for by time."""
        self.never(f"the block at {time}")

    async def history(self, who: Address, asset: AssetId, low: int, high: int | None) -> AsyncIterator[Page]:
        """Movements of ``asset`` at ``who``.

        Raises:
            Unsupported: its newest block is before ``high``.
            Down: no progress, rows outside the blocks asked for, or a reorganisation between two answers.
        """
        if is_position(asset):
            async for page in self._position(who, asset, low, high):
                yield page
            return
        native = asset == NATIVE
        query = native_query(self.chain, who, traces=self.traces_from is not None) if native else None
        async for batch in self._scan(query or token_query(self.chain, who, asset), low, high):
            parts = [normalise_batch(self.chain, who, batch, native=native)]
            if native:
                parts += [part async for part in self._around(who, batch)]
            covers = Coverage(batch.low, None if high is None and batch.at_tip else batch.high)
            yield page_of(parts, asset, covers, self._weakness(batch) if native else "")

    async def _position(self, who: Address, asset: AssetId, low: int, high: int | None) -> AsyncIterator[Page]:
        """A liquidity position from its first log on, as its holder before ``low`` is not told otherwise."""
        book = Book()
        async for batch in self._scan(position_query(asset), 0, high):
            logs = [(log, batch.raw) for log in batch.logs]
            told = read_logs(self.chain, NAME, asset, logs, _times(batch))
            end = None if high is None and batch.at_tip else batch.high
            page = page_of_position(book, told, who, Coverage(max(low, batch.low), end))
            if end is None or end >= low:
                yield page

    async def events(self, contract: Address, topics: tuple[str, ...], low: int, high: int) -> AsyncIterator[EventPage]:
        """Logs of a contract; see `chains.protocol.Source.events`. Raises as `history`."""
        async for batch in self._scan(event_query(contract, topics), low, high):
            logs = ((log, batch.raw) for log in batch.logs)
            events = events_of(self.chain, contract, topics, logs, NAME, time_of=_times(batch))
            yield EventPage(events, Coverage(batch.low, batch.high))

    async def calls(self, receipt: Receipt) -> Calls:
        """Internal transfers of one transaction, by its hash within its block; one request.

        Raises:
            Unsupported: the network has no traces, or none that old.
            NotFound: it knows no such transaction there.
        """
        if self.traces_from is None or receipt.height < self.traces_from:
            self.never(f"calls inside {receipt.tx}")
        query = {"transactions": [{"hash": [receipt.tx]}], "field_selection": {"block": _BLOCK, **_TRACED}}
        batch = await self._ask(query, receipt.height, receipt.height)
        return calls_of_rows(batch.traces, batch.raw, receipt, NAME)

    def _weakness(self, batch: Batch) -> str:
        if self.traces_from is None or batch.low < self.traces_from:
            return NO_INTERNALS
        return NO_DESTRUCTIONS

    async def _around(self, who: Address, batch: Batch) -> AsyncIterator[Rows]:
        """The whole of those transactions of which only a call was among the answer.

        Without it nobody could say whether the call was undone by one around it, nor where in its block it happened.
        """
        blocks = orphaned(who, batch)
        if not blocks:
            return
        query = {"transactions": [{"hash": sorted(blocks)}], "field_selection": _native_fields(self.chain, traces=True)}
        async for found in self._scan(query, min(blocks.values()), max(blocks.values())):
            yield normalise_batch(self.chain, who, found, native=True)
            for name in _hashes(found):
                blocks.pop(name, None)
        if blocks:
            raise Down(NAME, f"transaction {min(blocks)}", "a call of it is known, the transaction is not")

    async def _scan(self, query: Mapping[str, Any], low: int, high: int | None) -> AsyncIterator[Batch]:
        """Answers that together cover low..high (None: to the newest block), each from where the one before ended."""
        guard = None
        while high is None or low <= high:
            batch = await self._ask(query, low, high)
            if guard and batch.guard and guard.forks_from(batch.guard):
                raise Down(NAME, f"blocks from {low}", "the chain was reorganised between two answers")
            if batch.high >= low or high is None:
                yield batch
            if batch.at_tip and (high is None or batch.high < high):
                if high is None:
                    return
                raise Unsupported(NAME, f"blocks {batch.high + 1} to {high}", f"its newest block is {batch.high}")
            guard, low = batch.guard, batch.high + 1

    async def _ask(self, query: Mapping[str, Any], low: int, high: int | None) -> Batch:
        body = {"from_block": low, **query}
        if high is not None:
            body["to_block"] = high + 1
        answer = await self.client.ask(Ask(self.endpoint, classify_query, "POST", "/query", body=body))
        return batch_of(answer.data, answer.raw, low, high)


def build(chain: Chain, client: Client, settings: SourceSettings) -> list[Source]:
    """The network of an EVM chain, if HyperSync has it and there is a token.

    The chain's row says whether it has ``traces``, on which host (``slug``; the plain one never has any, so that
    without a slug or a replaced URL there are none), and from which block on (``traces_from``).
    """
    row = chain.sources.get(NAME)
    if chain.family != "evm" or row is None or (settings.only and NAME not in settings.only):
        return []
    where = endpoint(NAME, settings, url=f"https://{row.get('slug', chain.number)}.hypersync.xyz")
    if where is None:
        return []
    # One host per network but the same paths: without the network in its name, evidence of two would be mixed up.
    named = replace(where, name=f"{NAME}.{chain.number}")
    traced = row["traces"] and ("slug" in row or NAME in settings.urls)
    return [HyperSync(chain, client, named, row.get("traces_from", 0) if traced else None)]


SOURCE = SourceKind(NAME, 15, build)


def token_query(chain: Chain, who: Address, asset: AssetId) -> dict[str, Any]:
    """Body that selects the logs that move ``asset`` (or any token) at ``who``."""
    logs = [_log_item(item) for item in log_filters(who, asset, chain.wrapped)]
    return {"logs": logs, "field_selection": {"block": _BLOCK, "log": _LOG}}


def event_query(contract: Address, topics: tuple[str, ...]) -> dict[str, Any]:
    """Body that selects the logs of a contract with one of these first topics."""
    return {"logs": [_log_item(LogFilter((contract,), (topics,)))], "field_selection": {"block": _BLOCK, "log": _LOG}}


def position_query(asset: AssetId) -> dict[str, Any]:
    """Body that selects every log of a liquidity position that is an NFT."""
    items = [
        _log_item(LogFilter((query.manager,), (query.kinds, *[()] * (query.place - 1), (query.word,))))
        for query in queries(asset)
    ]
    return {"logs": items, "field_selection": {"block": _BLOCK, "log": _LOG}}


def native_query(chain: Chain, who: Address, *, traces: bool) -> dict[str, Any]:
    """Body that selects the transactions of ``who`` and, with ``traces``, the calls that pay it or are paid by it."""
    query: dict[str, Any] = {
        "transactions": [{"from": [who]}, {"to": [who]}],
        "field_selection": _native_fields(chain, traces=traces),
    }
    if traces:
        query["traces"] = [{"from": [who]}, {"to": [who]}, {"address": [who]}]
    return query


def normalise_batch(chain: Chain, who: Address, batch: Batch, *, native: bool) -> Rows:
    """The blocks of one answer as rows that concern ``who``; calls without their transaction are left out.

    Raises:
        Malformed: a mandatory field is missing.
        Unsupported: a transaction from before receipts had a status.
    """
    time_of = _times(batch)
    if not native:
        return token_rows(chain, batch.logs, time_of, raw=batch.raw, source=NAME)
    whole = _hashes(batch)
    traces = [trace for trace in batch.traces if trace["transactionHash"] in whole]
    return native_rows(chain, who, batch.transactions, traces, time_of, raw=batch.raw, source=NAME)


def _times(batch: Batch) -> Callable[[int], int]:
    times = {
        hex_int(required(block, "number", NAME), NAME): hex_int(required(block, "timestamp", NAME), NAME)
        for block in batch.blocks
    }
    return time_in(times, NAME)


def orphaned(who: Address, batch: Batch) -> dict[str, int]:
    """Hash and block of the transactions of which the answer has only a call that pays or is paid by ``who``."""
    whole = _hashes(batch)
    found = {}
    for trace in batch.traces:
        if trace["transactionHash"] not in whole and not failed(trace):
            move = value_of_row(trace, NAME)
            if move is not None and who in move[:2]:
                found[trace["transactionHash"]] = trace["blockNumber"]
    return found


def _hashes(batch: Batch) -> set[str]:
    return {str(required(tx, "hash", NAME)).lower() for tx in batch.transactions}


def _native_fields(chain: Chain, *, traces: bool) -> dict[str, Sequence[str]]:
    layer1 = ["type", "l1_fee"] if chain.l1_fee else []
    fields: dict[str, Sequence[str]] = {"block": _BLOCK, "transaction": [*_TRANSACTION, *layer1]}
    return fields | {"trace": _TRACE} if traces else fields


def _log_item(wanted: LogFilter) -> dict[str, Any]:
    item: dict[str, Any] = {"topics": _listed(wanted.topics)}
    return item | {"address": list(wanted.address)} if wanted.address else item


def _listed(topics: Iterable[Iterable[str]]) -> list[list[str]]:
    return [list(words) for words in topics]
