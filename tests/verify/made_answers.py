"""Answers of sources made by hand, as the checker's parts see them, and small cases of them."""

from __future__ import annotations

import json
from typing import Any

from tests.verify.checker import checker

ANN, BOB, CAT = ("0x" + digit * 40 for digit in "abc")
TOKEN, COIN = "0x" + "70" * 20, "0x" + "c0" * 20
CHAIN = "eip155:1"
TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
DEPOSIT = "0xe1fffcc4923d04b559f4d29a8bfc6cda04eb5b0d3c460751c2402c5c5cc9109c"
WITHDRAWAL = "0x7fcf532c15f0a6db0bd6d0e038bea71d30d808c7d98cb3bf7268a95bf5081b65"
START = 1_600_000_000


def tx_hash(number: int) -> str:
    return f"0x{number:064x}"


def time_of(height: int) -> int:
    return START + 12 * height


def word(value: int | str) -> str:
    return f"0x{value:064x}" if isinstance(value, int) else "0x" + value[2:].rjust(64, "0")


def log(tx: int, height: int, index: int, words: list[Any], data: str, emitter: str = TOKEN) -> dict[str, Any]:
    """A log as a node writes it."""
    return {
        "address": emitter,
        "topics": words,
        "data": data,
        "blockNumber": hex(height),
        "blockTimestamp": hex(time_of(height)),
        "transactionHash": tx_hash(tx),
        "transactionIndex": "0x0",
        "logIndex": hex(index),
        "removed": False,
    }


def paid(tx: int, height: int, index: int, ends: tuple[str, str], amount: int, emitter: str = TOKEN) -> dict[str, Any]:
    """A log of a token payment."""
    return log(tx, height, index, [TRANSFER, word(ends[0]), word(ends[1])], word(amount), emitter)


def receipt(tx: int, height: int, sender: str, logs: tuple[Any, ...] = (), **more: Any) -> dict[str, Any]:
    """A receipt as a node writes it: 21,000 gas at a price of 10."""
    return {
        "transactionHash": tx_hash(tx),
        "blockNumber": hex(height),
        "transactionIndex": "0x0",
        "from": sender,
        "status": "0x1",
        "gasUsed": "0x5208",
        "effectiveGasPrice": "0xa",
        "logs": list(logs),
        **more,
    }


def trace(tx: int, height: int, address: list[int], action: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A call as Parity's nodes write it."""
    return {
        "action": action,
        "blockNumber": height,
        "transactionHash": tx_hash(tx),
        "transactionPosition": 0,
        "traceAddress": address,
        "type": "call",
        "result": {"output": "0x"},
        **more,
    }


def call(sender: str, receiver: str, value: int, **more: Any) -> dict[str, Any]:
    return {"callType": "call", "from": sender, "to": receiver, "value": hex(value), **more}


def answer(n: int, source: str, query: dict[str, Any] | None = None, body: Any = None, **more: Any) -> Any:
    """An answer as the bundle lists it: GET with a query, or POST with a body."""
    asked = "&".join(f"{name}={value}" for name, value in sorted((query or {}).items()))
    fields = {
        "n": n,
        "generation": 1,
        "source": source,
        "host": "test",
        "question": f"{source} ?{asked} {json.dumps(body)}",
        "method": "GET" if body is None else "POST",
        "path": "",
        "query": {name: str(value) for name, value in (query or {}).items()},
        "body": body,
        "chain": CHAIN,
        "status": 200,
        "kind": "ok",
        "sha256": f"{n:064x}",
    }
    return checker().Answer(**{**fields, **more})


def rpc(n: int, method: str, *params: Any, **more: Any) -> Any:
    """A question to a node."""
    return answer(n, "rpc.1", body={"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}, **more)


def shown(asked: Any, result: Any) -> list[tuple[Any, ...]]:
    """What the checker reads in an answer: (place, kind, sender, receiver, amount, index) of each movement."""
    data = result if asked.source.startswith(("hypersync", "sqd")) else {"result": result}
    rows = checker().records(asked, data)
    assert rows is not None
    return [(place, one.kind, one.sender, one.receiver, one.amount, one.index) for place, one in rows]
