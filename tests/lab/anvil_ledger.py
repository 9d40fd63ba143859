"""A node's chain as a ledger: every block is read once with receipts and traces, and again after a reorg.

Only for the lab's small chains; it reads everything.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from tests.lab.anvil import Node
from tests.lab.ledger import Call, Log, Move, RpcError, Token, Tx, group, moves_from

QUIET = ("delegatecall", "staticcall", "callcode")


class AnvilLedger:
    """What an explorer that indexes this node would know.

    Every call of `head` asks the node whether its newest block changed, and reads everything again if so; the other
    methods speak of the chain as it was then. The stand-ins ask for the head at the start of every request.
    """

    family: Literal["evm", "tron"] = "evm"

    def __init__(self, node: Node, chain_id: int = 1) -> None:
        self.node, self.chain_id = node, chain_id
        self._tip = ""
        self._tokens: dict[str, Token | None] = {}
        self._contracts: dict[str, bool] = {}
        self._refresh()

    def _refresh(self) -> None:
        newest = self.node.rpc("eth_getBlockByNumber", "latest", False)
        if newest["hash"] == self._tip:
            return
        self._tip = newest["hash"]
        self._contracts.clear()
        self._blocks: list[dict[str, Any]] = []
        self._txs: dict[str, Tx] = {}
        self._logs: dict[str, list[Log]] = {}
        self._calls: dict[str, list[Call]] = {}
        for number in range(int(newest["number"], 16) + 1):
            self._read(hex(number))
        logs = [log for some in self._logs.values() for log in some]
        calls = [call for some in self._calls.values() for call in some]
        self._by_tx = group(list(self._txs.values()), lambda tx: {tx.sender, tx.to, tx.created} - {""})
        self._by_move = group(moves_from(logs), lambda move: {move.sender, move.receiver, move.token})
        self._by_call = group(calls, lambda call: {call.sender, call.receiver})
        self._all_logs = logs
        self._times = [int(block["timestamp"], 16) for block in self._blocks]

    def _read(self, number: str) -> None:
        block = self.node.rpc("eth_getBlockByNumber", number, True)
        self._blocks.append(block)
        if not block["transactions"]:
            return
        receipts = self.node.rpc("eth_getBlockReceipts", number)
        traces = self.node.rpc("debug_traceBlockByNumber", number, {"tracer": "callTracer"})
        time = int(block["timestamp"], 16)
        for raw, receipt, trace in zip(block["transactions"], receipts, traces, strict=True):
            tx = _tx(raw, receipt, time)
            self._txs[tx.hash] = tx
            self._logs[tx.hash] = [_log(log, tx) for log in receipt["logs"]]
            self._calls[tx.hash] = list(_calls(trace["result"], tx, (), ok=True))

    def head(self) -> int:
        self._refresh()
        return len(self._blocks) - 1

    def time_of(self, block: int) -> int:
        return self._times[block]

    def block_hash(self, block: int) -> str:
        return str(self._blocks[block]["hash"])

    def block_at(self, time: int) -> int | None:
        place = bisect_right(self._times, time) - 1
        return place if place >= 0 else None

    def transaction(self, tx: str) -> Tx | None:
        return self._txs.get(tx)

    def block_transactions(self, block: int) -> Sequence[Tx]:
        return [self._txs[raw["hash"]] for raw in self._blocks[block]["transactions"]]

    def logs_in(self, tx: str) -> Sequence[Log]:
        return self._logs.get(tx, [])

    def calls_in(self, tx: str) -> Sequence[Call]:
        return self._calls.get(tx, [])

    def transactions(self, address: str) -> Sequence[Tx]:
        return self._by_tx.get(address, [])

    def moves(self, address: str) -> Sequence[Move]:
        return self._by_move.get(address, [])

    def calls(self, address: str) -> Sequence[Call]:
        return self._by_call.get(address, [])

    def logs(self, low: int, high: int, contract: str) -> Sequence[Log]:
        return [log for log in self._all_logs if low <= log.block <= high and contract in ("", log.address)]

    def balance(self, address: str, token: str, block: int | None = None) -> int:
        tag = "latest" if block is None else hex(block)
        if not token:
            return int(self.node.rpc("eth_getBalance", address, tag), 16)
        call = {"to": token, "data": "0x70a08231" + address[2:].rjust(64, "0")}
        return int(self.node.rpc("eth_call", call, tag), 16)

    def token(self, contract: str) -> Token | None:
        if contract not in self._tokens:
            self._tokens[contract] = self._ask_token(contract)
        return self._tokens[contract]

    def _ask_token(self, contract: str) -> Token | None:
        if not self.is_contract(contract):
            return None
        try:
            name, symbol = (_text(self._view(contract, selector)) for selector in ("0x06fdde03", "0x95d89b41"))
        except (RpcError, ValueError):
            return None
        try:
            decimals = int(self._view(contract, "0x313ce567"), 16)
        except (RpcError, ValueError):
            decimals = 0
        return Token(contract, name, symbol, decimals)

    def _view(self, contract: str, selector: str) -> str:
        return str(self.node.rpc("eth_call", {"to": contract, "data": selector}, "latest"))

    def is_contract(self, address: str) -> bool:
        if address not in self._contracts:
            self._contracts[address] = self.node.rpc("eth_getCode", address, "latest") != "0x"
        return self._contracts[address]

    def rpc(self, method: str, params: list[Any]) -> Any:
        return self.node.rpc(method, *params)


def _tx(raw: dict[str, Any], receipt: dict[str, Any], time: int) -> Tx:
    return Tx(
        raw["hash"], int(raw["blockNumber"], 16), int(raw["transactionIndex"], 16), time, raw["from"],
        raw["to"] or "", int(raw["value"], 16), receipt["status"] == "0x1", int(raw["gas"], 16),
        int(receipt["gasUsed"], 16), int(receipt["effectiveGasPrice"], 16), int(raw["nonce"], 16), raw["input"],
        receipt["contractAddress"] or "",
    )  # fmt: skip


def _log(raw: dict[str, Any], tx: Tx) -> Log:
    place = int(raw["logIndex"], 16)
    return Log(tx.hash, tx.block, tx.tx_index, tx.time, place, raw["address"], tuple(raw["topics"]), raw["data"])


def _calls(frame: dict[str, Any], tx: Tx, path: tuple[int, ...], *, ok: bool) -> Iterator[Call]:
    """The calls an explorer lists (value, creation, destruction); ``ok`` is False under anything that failed."""
    ok = ok and "error" not in frame
    kind, amount = frame["type"].lower(), int(frame.get("value", "0x0"), 16)
    if path and kind not in QUIET and (amount or kind != "call"):
        ends = frame["from"], frame.get("to", "")
        yield Call(tx.hash, tx.block, tx.tx_index, tx.time, path, kind, *ends, amount, ok)
    for place, inner in enumerate(frame.get("calls", [])):
        yield from _calls(inner, tx, (*path, place), ok=ok)


def _text(result: str) -> str:
    raw = bytes.fromhex(result[2:])
    if len(raw) < 64:
        raise ValueError("not an ABI string")
    length = int.from_bytes(raw[32:64])
    return raw[64 : 64 + length].decode()
