"""A small explorer to test against: Etherscan's API over rows in memory, with faults on demand.

It answers like the documents say (API reference 1 and 2), so that a test states only what is on the chain and what
goes wrong. The same object serves mocked transports and the local server the cassettes were recorded from.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

Params = Mapping[str, str]
Fault = Callable[[Params, list[dict[str, Any]]], "httpx.Response | list[dict[str, Any]] | None"]

WHO = "0x" + "aa" * 20
PEER = "0x" + "bb" * 20
TOKEN = "0x" + "70" * 20
WETH = "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2"
START = 1_600_000_000


def tx_hash(number: int) -> str:
    """The hash of the test transaction with this number."""
    return f"0x{number:064x}"


def block_json(number: int) -> dict[str, str]:
    """A block as JSON-RPC gives it: one every 12 seconds."""
    return {"number": hex(number), "hash": tx_hash(10**9 + number), "timestamp": hex(START + 12 * number)}


def tx_row(height: int, number: int, *, value: int | str = 5, index: int | str = 0, **changed: str) -> dict[str, str]:
    """A txlist row of WHO paying PEER."""
    row = {
        "blockNumber": str(height),
        "timeStamp": str(START + 12 * height),
        "hash": tx_hash(number),
        "transactionIndex": str(index),
        "from": WHO,
        "to": PEER,
        "value": str(value),
        "gasPrice": "10",
        "gasUsed": "21000",
        "isError": "0",
        "txreceipt_status": "1",
        "contractAddress": "",
        "confirmations": "7",
    }
    return row | changed


def token_row(
    height: int, number: int, *, value: int | str = 5, index: int | str = 0, **changed: str
) -> dict[str, str]:
    """A tokentx row of WHO paying PEER in TOKEN."""
    row = {
        "blockNumber": str(height),
        "timeStamp": str(START + 12 * height),
        "hash": tx_hash(number),
        "from": WHO,
        "to": PEER,
        "contractAddress": TOKEN,
        "value": str(value),
        "tokenName": "Test Dollar",
        "tokenSymbol": "TUSD",
        "tokenDecimal": "6",
        "transactionIndex": str(index),
        "confirmations": "7",
    }
    return row | changed


def internal_row(height: int, number: int, *, value: int | str = 5, **changed: str) -> dict[str, str]:
    """A txlistinternal row of PEER paying WHO."""
    row = {
        "blockNumber": str(height),
        "timeStamp": str(START + 12 * height),
        "hash": tx_hash(number),
        "from": PEER,
        "to": WHO,
        "value": str(value),
        "contractAddress": "",
        "input": "",
        "type": "call",
        "gas": "2300",
        "gasUsed": "0",
        "traceId": "0_1",
        "isError": "0",
        "errCode": "",
    }
    return row | changed


def log_row(height: int, number: int, topic: str, *, value: int = 5, log: int = 3, who: str = WHO) -> dict[str, Any]:
    """A getLogs row of the wrapped coin about WHO."""
    return {
        "address": WETH,
        "topics": [topic, "0x" + who[2:].rjust(64, "0")],
        "data": f"0x{value:064x}",
        "blockNumber": hex(height),
        "timeStamp": hex(START + 12 * height),
        "logIndex": hex(log) if log else "0x",
        "transactionIndex": "0x",
        "transactionHash": tx_hash(number),
    }


def envelope(status: str, message: str, result: Any) -> httpx.Response:
    """An answer in Etherscan's envelope."""
    return httpx.Response(200, json={"status": status, "message": message, "result": result})


@dataclass
class StandIn:
    """One chain's explorer. ``lists`` by action; ``proxy`` by JSON-RPC method; ``values`` by action.

    ``fault`` sees each list request and the honest rows, and may answer something else. ``asked`` keeps the requests.
    """

    lists: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    proxy: dict[str, Any] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    refused: dict[str, httpx.Response] = field(default_factory=dict)
    cap: int = 10_000
    fault: Fault = lambda params, rows: None
    asked: list[Params] = field(default_factory=list)

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Serve one request; also what `httpx.MockTransport` wants."""
        if request.method == "POST":
            body = json.loads(request.content)
            self.asked.append({"action": body["method"], "url": str(request.url)})
            return self._rpc(body["method"], body["params"])
        params = {**request.url.params, "path": request.url.path}
        self.asked.append(params)
        action = params["action"]
        if action in self.refused:
            return self.refused[action]
        if action in self.values:
            return envelope("1", "OK", self.values[action])
        if params["module"] == "proxy":
            return self._rpc(action, [params.get("data") or params.get("tag") or params.get("txhash")])
        return self._list(params)

    def count(self, action: str) -> int:
        """How often an action was asked."""
        return sum(params["action"] == action for params in self.asked)

    def _rpc(self, method: str, params: list[Any]) -> httpx.Response:
        if method == "eth_getBlockByNumber" and method not in self.proxy:
            tip = self.proxy["tip"]
            number = tip if params[0] == "latest" else int(params[0], 16)
            return _result(block_json(number) if number <= tip else None)
        known = self.proxy[method]
        return _result(known(params[0]) if callable(known) else known)

    def _list(self, params: Params) -> httpx.Response:
        if "txhash" in params:
            rows = [row for row in self.lists["bytx"] if row["hash"] == params["txhash"]]
            return envelope("1", "OK", [{k: v for k, v in row.items() if k not in ("hash", "traceId")} for row in rows])
        page, offset = int(params["page"]), int(params["offset"])
        if page * offset > 10_000:
            text = "Result window is too large, PageNo x Offset size must be less than or equal to 10000"
            return envelope("0", text, None)
        size = min(offset, self.cap)
        rows = [row for row in self.lists.get(params["action"], []) if _wanted(params, row)]
        shown = rows[(page - 1) * size : page * size]
        other = self.fault(params, shown)
        if isinstance(other, httpx.Response):
            return other
        shown = shown if other is None else other
        return envelope("1", "OK", shown) if shown else envelope("0", "No transactions found", [])


def refusal(message: str, code: int = 3) -> httpx.Response:
    """A JSON-RPC error, as explorers pass it on from their nodes."""
    return httpx.Response(200, json={"jsonrpc": "2.0", "id": 1, "error": {"code": code, "message": message}})


def _result(value: Any) -> httpx.Response:
    if isinstance(value, httpx.Response):
        return value
    return httpx.Response(200, json={"jsonrpc": "2.0", "id": 1, "result": value})


def _wanted(params: Params, row: dict[str, Any]) -> bool:
    height = int(row["blockNumber"], 0)
    low = int(params.get("startblock", params.get("fromBlock", "0")))
    high = int(params.get("endblock", params.get("toBlock", "999999999")))
    if not low <= height <= high:
        return False
    if "topics" in row:
        topics = {f"topic{place}": topic for place, topic in enumerate(row["topics"])}
        asked = {name: word for name, word in params.items() if name in ("topic0", "topic1", "topic2", "topic3")}
        return row["address"] == params["address"] and asked.items() <= topics.items()
    named = params.get("contractaddress", row["contractAddress"])
    return params["address"] in (row["from"], row["to"], row["contractAddress"]) and named == row["contractAddress"]
