"""SQD Portal for EVM chains: every log, transaction and call of a window of blocks, without a key.

Accurate, but a quiet address costs one answer per ~2,000 blocks, so it is asked late and for bounded windows; see
`sqd_portal.STREAM_ANSWERS`. It answers from finalized blocks only. Balances, code and single transactions are not
among what the portal can be asked. API reference 2.6.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from chains.bulk_rows import NO_INTERNALS, LogFilter, Rows, log_filters, native_rows, page_of, time_in, token_rows
from chains.endpoints import endpoint
from chains.errors import NotFound, Unsupported
from chains.evm_contract import events_of
from chains.evm_records import hex_int, required
from chains.http import Client
from chains.lists_only import ListsOnly
from chains.model import NATIVE, Address, AssetId, Block, Calls, Coverage, EventPage, Page, Receipt
from chains.positions import is_position
from chains.protocol import Source, SourceKind
from chains.registry import Chain, SourceSettings
from chains.sqd_portal import HEADER, Portal, Stretch, items
from chains.whole import calls_of_rows

NAME: Final = "sqd"

_TRANSACTION: Final = (
    *("hash", "transactionIndex", "from", "to", "value", "status"),
    *("gasUsed", "effectiveGasPrice", "contractAddress"),
)
_LOG: Final = ("address", "topics", "data", "logIndex", "transactionHash", "transactionIndex")
_TRACE: Final = (
    *("transactionIndex", "traceAddress", "type", "error", "callFrom", "callTo", "callValue", "callCallType"),
    *("createFrom", "createValue", "createResultAddress"),
    *("suicideAddress", "suicideRefundAddress", "suicideBalance"),
)


@dataclass(slots=True)
class Sqd(ListsOnly):
    """The portal's dataset of one EVM chain. ``traces``: it has the calls inside transactions."""

    chain: Chain
    portal: Portal
    traces: bool
    name: str = NAME

    async def head(self) -> Block:
        """Newest finalized block."""
        return await self.block(await self.portal.finalized())

    async def block(self, number: int) -> Block:
        """The block of this number. NotFound when the dataset has none."""
        header = await self.portal.header(number)
        time = hex_int(required(header, "timestamp", NAME), NAME)
        return Block(self.chain.id, number, str(required(header, "hash", NAME)), time, number)

    async def block_at(self, time: int) -> Block:
        """The first block at or after ``time``. NotFound when none is that late."""
        return await self.block(await self.portal.number_at(time))

    async def history(self, who: Address, asset: AssetId, low: int, high: int | None) -> AsyncIterator[Page]:
        """Movements of ``asset`` at ``who``; with ``high`` None, to the newest finalized block.

        Raises:
            Unsupported: the window is too long for this source, or ends after its finalized blocks; or ``asset`` is a
                liquidity position, whose first log may be years back.
        """
        if is_position(asset):
            self.never(f"{asset} at {who}")
        last = high if high is not None else await self.portal.finalized()
        if low > last:
            raise Unsupported(NAME, f"{self.portal.slug} blocks from {low}", f"finalized blocks end at {last}")
        native = asset == NATIVE
        query = native_query(self.chain, who, traces=self.traces) if native else token_query(self.chain, who, asset)
        weak = NO_INTERNALS if native and not self.traces else ""
        async for stretch in self.portal.stream(query, low, last):
            rows = normalise_stretch(self.chain, who, stretch, native=native)
            yield page_of([rows], asset, Coverage(stretch.low, stretch.high), weak)

    async def events(self, contract: Address, topics: tuple[str, ...], low: int, high: int) -> AsyncIterator[EventPage]:
        """Logs of a contract; see `chains.protocol.Source.events`.

        Raises:
            Unsupported: the window is too long for this source, or ends after its finalized blocks.
        """
        if low > high:
            return
        async for stretch in self.portal.stream(event_query(contract, topics), low, high):
            logs = ((log, stretch.raw) for log in _table(stretch, "logs"))
            events = events_of(self.chain, contract, topics, logs, NAME, time_of=_times(stretch))
            yield EventPage(events, Coverage(stretch.low, stretch.high))

    async def calls(self, receipt: Receipt) -> Calls:
        """Internal transfers of one transaction, among all that its sender did in its block; one request.

        Raises:
            Unsupported: the dataset has no traces, or does not reach that block yet.
            NotFound: it knows no such transaction there.
        """
        if not self.traces:
            self.never(f"calls inside {receipt.tx}")
        query = {
            "fields": {**HEADER, "transaction": _chosen(("hash", "transactionIndex")), "trace": _chosen(_TRACE)},
            "transactions": [{"from": [receipt.sender], "traces": True}],
        }
        async for stretch in self.portal.stream(query, receipt.height, receipt.height):
            return calls_of_rows(_traces(stretch), stretch.raw, receipt, NAME)
        raise NotFound(f"transaction {receipt.tx}", NAME)


def build(chain: Chain, client: Client, settings: SourceSettings) -> list[Source]:
    """The portal's dataset of an EVM chain, if it has one."""
    row = chain.sources.get(NAME)
    where = endpoint(NAME, settings)
    if chain.family != "evm" or row is None or where is None or (settings.only and NAME not in settings.only):
        return []
    return [Sqd(chain, Portal(client, where, str(row["slug"]), "evm"), traces=bool(row["traces"]))]


SOURCE = SourceKind(NAME, 40, build)


def token_query(chain: Chain, who: Address, asset: AssetId) -> dict[str, Any]:
    """Body of a stream of the logs that move ``asset`` (or any token) at ``who``."""
    filters = log_filters(who, asset, chain.wrapped)
    return {"fields": {**HEADER, "log": _chosen(_LOG)}, "logs": [_log_item(item) for item in filters]}


def event_query(contract: Address, topics: tuple[str, ...]) -> dict[str, Any]:
    """Body of a stream of the logs of a contract with one of these first topics."""
    return {"fields": {**HEADER, "log": _chosen(_LOG)}, "logs": [_log_item(LogFilter((contract,), (topics,)))]}


def native_query(chain: Chain, who: Address, *, traces: bool) -> dict[str, Any]:
    """Body of a stream of the transactions of ``who`` and, with ``traces``, of the calls that pay it or are paid by it.

    A call is asked for with its parents, because a call inside a failed one is undone without saying so; a call to
    ``who`` also with those inside it, because self-destructions cannot be selected by who is destroyed.
    """
    layer1 = ("type", "l1Fee") if chain.l1_fee else ()
    query: dict[str, Any] = {
        "fields": {**HEADER, "transaction": _chosen((*_TRANSACTION, *layer1))},
        "transactions": [{"from": [who]}, {"to": [who]}],
    }
    if traces:
        around = {"transaction": True, "parents": True}
        query["fields"]["trace"] = _chosen(_TRACE)
        query["traces"] = [
            {"type": ["call"], "callFrom": [who], "callValueNonZero": True, **around},
            {"type": ["call"], "callTo": [who], "subtraces": True, **around},
            {"type": ["create"], "createFrom": [who], "createValueNonZero": True, **around},
            {"type": ["create"], "createResultAddress": [who], "subtraces": True, **around},
            {"type": ["suicide"], "suicideRefundAddress": [who], **around},
        ]
    return query


def normalise_stretch(chain: Chain, who: Address, stretch: Stretch, *, native: bool) -> Rows:
    """The blocks of one answer as rows that concern ``who``.

    Raises:
        Malformed: a mandatory field is missing.
        Unsupported: a transaction from before receipts had a status.
    """
    time_of = _times(stretch)
    if not native:
        return token_rows(chain, _table(stretch, "logs"), time_of, raw=stretch.raw, source=NAME)
    transactions = _table(stretch, "transactions")
    return native_rows(chain, who, transactions, _traces(stretch), time_of, raw=stretch.raw, source=NAME)


def _times(stretch: Stretch) -> Callable[[int], int]:
    times = {
        block["header"]["number"]: hex_int(required(block["header"], "timestamp", NAME), NAME)
        for block in stretch.blocks
    }
    return time_in(times, NAME)


def _traces(stretch: Stretch) -> list[dict[str, Any]]:
    hashes = {_key(tx): required(tx, "hash", NAME) for tx in _table(stretch, "transactions")}
    return [_parity_shaped(trace, hashes) for trace in _table(stretch, "traces")]


def _table(stretch: Stretch, table: str) -> list[Mapping[str, Any]]:
    return [
        {**row, "blockNumber": block["header"]["number"]}
        for block in stretch.blocks
        for row in items(block, table, NAME)
    ]


def _key(row: Mapping[str, Any]) -> tuple[int, int]:
    return row["blockNumber"], hex_int(required(row, "transactionIndex", NAME), NAME)


def _parity_shaped(trace: Mapping[str, Any], hashes: Mapping[tuple[int, int], str]) -> dict[str, Any]:
    """A trace as nodes write it; the portal leaves out the hash, and older ones call ``callType`` ``type``."""
    shaped = {**trace, "transactionHash": hashes.get(_key(trace))}
    action = trace.get("action")
    if trace.get("type") == "call" and isinstance(action, dict) and "callType" not in action:
        shaped["action"] = {**action, "callType": action.get("type")}
    return shaped


def _log_item(wanted: LogFilter) -> dict[str, Any]:
    item: dict[str, Any] = {"address": list(wanted.address)} if wanted.address else {}
    return item | {f"topic{place}": list(words) for place, words in enumerate(wanted.topics) if words}


def _chosen(names: Sequence[str]) -> dict[str, bool]:
    return dict.fromkeys(names, True)
