"""One JSON-RPC endpoint: asks it, through the shared client, and remembers what it can do.

web3 speaks through `HttpxProvider`, so that its requests too keep the endpoint's pace and land in the evidence. What
a node can do is found out by questions that are always the same ones: a resumed or replayed case then asks exactly
what the first run asked, in whatever order its tasks happened to run.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, cast

from web3 import AsyncWeb3
from web3.providers.async_base import AsyncJSONBaseProvider
from web3.types import RPCEndpoint, RPCResponse

from chains import evm_traces
from chains.errors import AuthRefused, Down, Malformed, NotFound, Unsupported
from chains.evm_records import address_field, block_of, hex_int, required
from chains.evm_traces import TxPlace
from chains.http import Answer, Ask, Classify, Client, Endpoint
from chains.model import Block, Transfer
from chains.registry import Chain
from chains.rpc_errors import NO_STATE, classify, classify_logs, classify_rows

# py_ecc, which web3 brings along, lifts the limit of the whole process to 100,000. At that depth JSON that a hostile
# server nests crashes the interpreter instead of raising. The deepest real trace (1,024 calls) needs some 2,100.
sys.setrecursionlimit(4_000)

_CLASSIFIERS: Final[Mapping[str, Classify]] = {
    "eth_getLogs": classify_logs,
    "trace_filter": classify_logs,
    "trace_block": classify_rows,
    "eth_getBlockReceipts": classify_rows,
}

_NO_TX: Final = "0x" + "0" * 63 + "1"
_NOBODY: Final = "0x" + "0" * 39 + "1"
_WITH_TRANSACTIONS: Final = False
_CALL_TRACER: Final = {"tracer": "callTracer"}
_OUTER: Final = frozenset({"CALL", "CREATE"})
"""What a transaction itself is; rollups have outermost frames of their own kinds, whose value means something else."""

_PROBES: Final[Mapping[str, Sequence[Any]]] = {
    "debug_traceTransaction": (_NO_TX, _CALL_TRACER),
    "trace_transaction": (_NO_TX,),
    "trace_filter": ({"fromBlock": "0x1", "toBlock": "0x1", "toAddress": [_NOBODY]},),
    "ots_getApiLevel": (),
}


class Internals(NamedTuple):
    """Calls inside one transaction: their transfers, the stored answer, whether the outermost call failed.

    ``proven`` is False for Otterscan's list, in which some nodes leave movements that were undone again. ``value`` is
    that of the transaction itself, in wei, or None where the trace does not tell it.
    """

    transfers: tuple[Transfer, ...]
    raw: int
    failed: bool
    proven: bool
    value: int | None = None


class HttpxProvider(AsyncJSONBaseProvider):
    """web3's way to one endpoint, by the shared client. The id is constant: requests must be the same each time."""

    # A contract may name any URL for CCIP-Read; this tracer asks nobody it was not told to ask.
    global_ccip_read_enabled = False

    def __init__(self, client: Client, endpoint: Endpoint) -> None:
        super().__init__()
        self.client, self.endpoint = client, endpoint

    async def ask(self, method: str, params: Any) -> Answer:
        """One request. Raises SourceError when what comes is neither an answer nor a revert."""
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        read = _CLASSIFIERS.get(method, classify)
        return await self.client.ask(Ask(self.endpoint, read, method="POST", body=body))

    async def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        """What web3 calls: the whole JSON-RPC answer, with ``error`` in it when a call was reverted."""
        return cast("RPCResponse", (await self.ask(method, params)).data)


class Node:
    """One endpoint of one chain."""

    def __init__(self, chain: Chain, client: Client, endpoint: Endpoint) -> None:
        self.chain, self.name = chain, endpoint.name
        self._provider = HttpxProvider(client, endpoint)
        self._web3: AsyncWeb3[Any] = AsyncWeb3(self._provider)
        self._right_chain = False
        self._serves: dict[str, bool] = {}

    async def web3(self) -> AsyncWeb3[Any]:
        """web3 on this endpoint, after the endpoint was seen to be of the right chain.

        Raises:
            Unsupported: it is another chain's (scope "chain").
        """
        if not self._right_chain:
            number = await self._web3.eth.chain_id
            if number != self.chain.number:
                raise Unsupported(self.name, "eth_chainId", f"it serves chain {number}", "chain")
            self._right_chain = True
        return self._web3

    async def ask(self, method: str, *params: Any) -> Answer:
        """One request; see `HttpxProvider.ask`."""
        await self.web3()
        return await self._provider.ask(method, list(params))

    async def record(self, method: str, *params: Any) -> tuple[int, Mapping[str, Any]]:
        """(stored answer, result) of a method that answers with one record.

        Raises:
            NotFound: the result is null.
            Malformed: it is no record.
        """
        answer = await self.ask(method, *params)
        result = answer.data.get("result")
        if result is None:
            raise NotFound(f"{method} {params[0] if params else ''}".strip(), self.name)
        if not isinstance(result, dict):
            raise Malformed(self.name, f"{method} is no record", result)
        return answer.raw, result

    async def rows(self, method: str, *params: Any) -> tuple[int, list[Mapping[str, Any]]]:
        """(stored answer, result) of a method that answers with a list of records."""
        answer = await self.ask(method, *params)
        rows = answer.data.get("result")
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise Malformed(self.name, f"{method} is no list of records", rows)
        return answer.raw, rows

    async def block(self, which: int | str) -> Block:
        """A block by number or tag. Raises NotFound."""
        tag = hex(which) if isinstance(which, int) else which
        try:
            _, record = await self.record("eth_getBlockByNumber", tag, _WITH_TRANSACTIONS)
        except NotFound:
            raise NotFound(f"block {which}", self.name) from None
        block = block_of(self.chain, record, self.name)
        if isinstance(which, int) and block.number != which:
            raise Malformed(self.name, f"not block {which}", {"number": block.number})
        return block

    async def last(self, high: int | None) -> int:
        """The height to read to: the head, or ``high`` once this endpoint has that block.

        Raises:
            Down: it lags behind ``high``, so that its "nothing there" would mean nothing.
        """
        if high is None:
            return (await self.block("latest")).height
        try:
            await self.block(high)
        except NotFound:
            raise Down(self.name, f"block {high}", "this node is behind") from None
        return high

    async def times(self, heights: Sequence[int]) -> Mapping[int, int]:
        """Unix seconds of these blocks.

        Each is asked for under its own number and nothing else is remembered: a time picked up from another answer
        would spare one run a question that a replay in another order then misses.
        """
        blocks = await asyncio.gather(*(self.block(height) for height in dict.fromkeys(heights)))
        return {block.height: block.time for block in blocks}

    async def serves(self, method: str) -> bool:
        """Whether this endpoint answers one of the methods in `_PROBES` at all."""
        if method not in self._serves:
            try:
                await self.ask(method, *_PROBES[method])
                self._serves[method] = True
            except (Unsupported, AuthRefused) as refusal:
                self._serves[method] = refusal.detail.startswith(NO_STATE)
        return self._serves[method]

    async def internals(self, at: TxPlace, top: Mapping[str, Any], created: str | None) -> Internals | None:
        """Calls inside the transaction ``at``, by the first method that shows them; None when none does.

        ``top`` is the transaction's record (from, to, value), ``created`` the contract it created.
        """
        proven = await self.trace(at)
        if proven is None and await self.serves("ots_getApiLevel"):
            return await self._by_otterscan(at, top, created)
        return proven

    async def trace(self, at: TxPlace) -> Internals | None:
        """Calls inside the transaction ``at``, proven by its whole trace; None when this node traces nothing.

        Raises:
            Down: it would, and failed.
        """
        down: Down | None = None
        for probe, read in (
            ("debug_traceTransaction", self._by_call_tracer),
            ("trace_transaction", self.traced),
        ):
            try:
                if await self.serves(probe):
                    return await read(at)
            except Down as failure:
                down = failure
            except (Unsupported, Malformed, NotFound):
                continue
        if down is not None:
            raise down
        return None

    async def _by_call_tracer(self, at: TxPlace) -> Internals:
        raw, frame = await self.record("debug_traceTransaction", at.tx, _CALL_TRACER)
        kind = str(required(frame, "type", self.name)).upper()
        moves = evm_traces.internals_of_frame(frame, at, self.name)
        told = kind in _OUTER and frame.get("value") is not None
        value = hex_int(frame["value"], self.name) if told else None
        return Internals(tuple(moves), raw, evm_traces.failed(frame), proven=True, value=value)

    async def traced(self, at: TxPlace) -> Internals:
        """Calls inside a transaction from `trace_transaction`. Raises NotFound when there is no trace."""
        raw, rows = await self.rows("trace_transaction", at.tx)
        if not rows:
            raise NotFound(f"trace of {at.tx}", self.name)
        undone = any(not evm_traces.path_of(row, self.name) and evm_traces.failed(row) for row in rows)
        return Internals(tuple(evm_traces.internals_of_rows(rows, at, self.name)), raw, undone, proven=True)

    async def _by_otterscan(self, at: TxPlace, top: Mapping[str, Any], created: str | None) -> Internals:
        raw, operations = await self.rows("ots_getInternalOperations", at.tx)
        target = address_field({"to": top.get("to") or created}, "to", self.name)
        outer = (address_field(top, "from", self.name), target, hex_int(required(top, "value", self.name), self.name))
        moves = evm_traces.internals_of_operations(operations, at, self.name, top=outer)
        return Internals(tuple(moves), raw, failed=False, proven=False)
