"""Small HyperSync and SQD Portal servers over made-up blocks, as strict with a question as the real ones.

They are written from the documents (API reference 2.6, 2.7), apart from the sources they test: what they match, how far
one answer reaches, and that unknown fields are refused. `span` is how many blocks one answer covers.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Row = dict[str, Any]


@dataclass
class World:
    """Blocks ``first``..``last``; rows in JSON-RPC and Parity shape, each with its ``blockNumber``."""

    first: int
    last: int
    start: int
    step: int
    transactions: list[Row] = field(default_factory=list)
    logs: list[Row] = field(default_factory=list)
    traces: list[Row] = field(default_factory=list)
    internals: list[Row] = field(default_factory=list)

    def time(self, number: int) -> int:
        """Time of a block, in the chain's unit."""
        return self.start + (number - self.first) * self.step


@dataclass
class HyperSyncStandIn:
    """``POST /query`` and ``GET /height``. Has traces when ``traced``; joins logs → transactions → traces → blocks."""

    world: World
    span: int = 4
    traced: bool = True
    bearer: str = "secret-token"
    asked: list[Row] = field(default_factory=list)

    @property
    def app(self) -> Starlette:
        """The server."""
        return Starlette(routes=[Route("/query", self.query, methods=["POST"]), Route("/height", self.height)])

    async def height(self, _: Request) -> Response:
        return JSONResponse({"height": self.world.last})

    async def query(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {self.bearer}":
            return JSONResponse({"error": "Your token is malformed."}, 401)
        body = await request.json()
        self.asked.append(body)
        wrong = _hypersync_complaint(body)
        if wrong:
            return JSONResponse({"error": wrong}, 400)
        low = body["from_block"]
        end = min(low + self.span, body.get("to_block", self.world.last + 1), self.world.last + 1)
        end = max(end, low)
        rows = self._rows(body, range(low, end))
        fields = body["field_selection"]
        guard = {
            "block_number": end - 1,
            "timestamp": self.world.time(end - 1),
            "hash": block_hash(end - 1),
            "first_block_number": low,
            "first_parent_hash": block_hash(low - 1),
        }
        part = {name + "s": [_only(row, chosen) for row in rows[name]] for name, chosen in fields.items()}
        answer = {
            "data": [part] if any(part.values()) else [],
            "archive_height": self.world.last,
            "next_block": end,
            "total_execution_time": 1,
            "rollback_guard": guard if end > low else None,
        }
        return JSONResponse(answer)

    def _rows(self, body: Row, blocks: range) -> dict[str, list[Row]]:
        logs = [log for log in self.world.logs if log["blockNumber"] in blocks]
        logs = [log for log in logs if any(_log_fits(log, item) for item in body.get("logs", []))]
        hashes = {log["transactionHash"] for log in logs}
        txs = [tx for tx in self.world.transactions if tx["blockNumber"] in blocks]
        txs = [
            tx
            for tx in txs
            if tx["hash"] in hashes or any(_fits(tx, item, _TX_FILTER) for item in body.get("transactions", []))
        ]
        whole = {tx["hash"] for tx in txs}
        traces = [trace for trace in self.world.traces if trace["blockNumber"] in blocks and self.traced]
        shaped = [hypersync_trace(trace) for trace in traces]
        shaped = [
            row
            for row in shaped
            if row["transaction_hash"] in whole or any(_fits(row, item, {}) for item in body.get("traces", []))
        ]
        wanted = {row["blockNumber"] for row in (*logs, *txs)} | {row["block_number"] for row in shaped}
        numbers = blocks if body.get("include_all_blocks") else sorted(wanted)
        return {
            "block": [
                {"number": number, "timestamp": hex(self.world.time(number)), "hash": block_hash(number)}
                for number in numbers
            ],
            "log": [_snake(log) | {f"topic{nth}": topic for nth, topic in enumerate(log["topics"])} for log in logs],
            "transaction": [_snake(tx) for tx in txs],
            "trace": shaped,
        }


_TX_FILTER = {"from": "from", "to": "to", "hash": "hash"}


def block_hash(number: int) -> str:
    """Hash of a made-up block."""
    return "0x" + f"{number:064x}"


def _hypersync_complaint(body: Row) -> str:
    allowed = {"from_block", "to_block", "logs", "transactions", "traces", "field_selection", "include_all_blocks"}
    fields = {
        "block": {"number", "timestamp", "hash"},
        "log": {"block_number", "log_index", "transaction_index", "transaction_hash", "address", "data"}
        | {f"topic{nth}" for nth in range(4)},
        "transaction": {"block_number", "transaction_index", "hash", "from", "to", "value", "nonce", "status"}
        | {"gas_used", "effective_gas_price", "l1_fee", "contract_address", "input", "type"},
        "trace": {"block_number", "transaction_hash", "trace_address", "type", "call_type", "from", "to", "value"}
        | {"error", "address", "action_address", "refund_address", "balance"},
    }
    items = {
        "logs": {"address", "topics"},
        "transactions": {"from", "to", "hash", "sighash", "status", "type", "contract_address"},
        "traces": {"from", "to", "address", "call_type", "type"},
    }
    return (
        _unknown("query", body, allowed)
        or _unknown("field_selection", body["field_selection"], fields)
        or next(filter(None, (_unknown(n, c, fields[n]) for n, c in body["field_selection"].items())), "")
        or next(filter(None, (_unknown(n, item, items[n]) for n in items for item in body.get(n, []))), "")
    )


def _unknown(where: str, given: Iterable[str], known: Iterable[str]) -> str:
    strange = sorted(set(given) - set(known))
    return f"unknown field {strange[0]} in {where}" if strange else ""


def _log_fits(log: Row, item: Row) -> bool:
    if item.get("address") and log["address"] not in item["address"]:
        return False
    topics: list[list[str]] = item.get("topics", [])
    return all(
        not words or (nth < len(log["topics"]) and log["topics"][nth] in words) for nth, words in enumerate(topics)
    )


def _fits(row: Row, item: Row, names: Mapping[str, str]) -> bool:
    return all(row.get(names.get(name, name)) in wanted for name, wanted in item.items() if wanted)


def _only(row: Row, names: Iterable[str]) -> Row:
    return {name: row.get(name) for name in names}


def _snake(row: Row) -> Row:
    return {"".join(f"_{c.lower()}" if c.isupper() else c for c in name): value for name, value in row.items()}


def hypersync_trace(trace: Row) -> Row:
    """A Parity-style trace in HyperSync's columns."""
    action, result = trace["action"], trace.get("result") or {}
    return {
        "block_number": trace["blockNumber"],
        "transaction_hash": trace["transactionHash"],
        "trace_address": trace["traceAddress"],
        "type": trace["type"],
        "error": trace.get("error"),
        "from": action.get("from"),
        "to": action.get("to"),
        "value": action.get("value"),
        "call_type": action.get("callType"),
        "address": result.get("address"),
        "action_address": action.get("address"),
        "refund_address": action.get("refundAddress"),
        "balance": action.get("balance"),
    }


@dataclass
class PortalStandIn:
    """One dataset. ``early``: how many blocks too early it is about times, as TRON's may be."""

    world: World
    slug: str
    type: str
    span: int = 3
    early: int = 0
    finalized: int | None = None
    asked: list[Row] = field(default_factory=list)

    @property
    def app(self) -> Starlette:
        """The server."""
        root = f"/{self.slug}"
        return Starlette(
            routes=[
                Route(f"{root}/finalized-stream", self.stream, methods=["POST"]),
                Route(f"{root}/finalized-head", self.head),
                Route(f"{root}/timestamps/{{time:int}}/block", self.at),
            ]
        )

    @property
    def newest(self) -> int:
        """Newest finalized block."""
        return self.world.last if self.finalized is None else self.finalized

    async def head(self, _: Request) -> Response:
        return JSONResponse({"number": self.newest, "hash": block_hash(self.newest)})

    async def at(self, request: Request) -> Response:
        unit = 1000 if self.type == "tron" else 1
        time = request.path_params["time"] * unit
        for number in range(self.world.first, self.newest + 1):
            if self.world.time(number) >= time:
                return JSONResponse({"block_number": max(self.world.first, number - self.early)})
        return _portal_error(404, "not_found", "no block that late")

    async def stream(self, request: Request) -> Response:
        body = await request.json()
        self.asked.append(body)
        wrong = _portal_complaint(self.type, body)
        if wrong:
            return _portal_error(400, "malformed_request", wrong)
        low, high = body["fromBlock"], min(body["toBlock"], self.newest)
        if low > high:
            return Response(status_code=204)
        last = min(low + self.span - 1, high)
        select = _tron_rows if self.type == "tron" else _evm_rows
        lines = []
        for number in range(low, last + 1):
            rows = select(self.world, body, number)
            if any(rows.values()) or number == last:
                header = {"number": number, "hash": block_hash(number), "timestamp": self.world.time(number)}
                lines.append({"header": header, **{name: part for name, part in rows.items() if part}})
        text = "".join(json.dumps(line) + "\n" for line in lines)
        return Response(text, media_type="application/jsonl")


def _portal_error(status: int, code: str, message: str) -> Response:
    return JSONResponse({"error": {"type": "invalid_request_error", "code": code, "message": message}}, status)


_EVM_ITEMS = {
    "transactions": {"from", "to", "sighash", "firstNonce", "lastNonce", "logs", "traces"},
    "logs": {"address", "topic0", "topic1", "topic2", "topic3", "transaction"},
    "traces": {"type", "createFrom", "createResultAddress", "callFrom", "callTo", "suicideRefundAddress"}
    | {"callValueNonZero", "createValueNonZero", "transaction", "subtraces", "parents"},
}
_EVM_FIELDS = {
    "block": {"number", "hash", "timestamp"},
    "transaction": {"hash", "transactionIndex", "from", "to", "value", "nonce", "status", "gasUsed", "type", "l1Fee"}
    | {"effectiveGasPrice", "sighash", "contractAddress"},
    "log": {"address", "topics", "data", "logIndex", "transactionHash", "transactionIndex"},
    "trace": {"transactionIndex", "traceAddress", "type", "error", "callFrom", "callTo", "callValue", "callCallType"}
    | {"createFrom", "createValue", "createResultAddress", "suicideAddress", "suicideRefundAddress", "suicideBalance"},
}
_TRON_ITEMS = {
    "transferTransactions": {"owner", "to", "logs", "internalTransactions"},
    "transferAssetTransactions": {"owner", "to", "asset", "logs", "internalTransactions"},
    "triggerSmartContractTransactions": {"owner", "contract", "sighash", "logs", "internalTransactions"},
    "transactions": {"type", "logs", "internalTransactions"},
    "logs": {"address", "topic0", "topic1", "topic2", "topic3", "transaction"},
    "internalTransactions": {"caller", "transferTo", "transaction"},
}
_TRON_FIELDS = {
    "block": {"number", "hash", "timestamp", "witnessAddress"},
    "transaction": {"hash", "transactionIndex", "type", "parameter", "result", "ret", "fee", "contractAddress"},
    "log": {"address", "topics", "data", "logIndex", "transactionIndex"},
    "internalTransaction": {"transactionIndex", "internalTransactionIndex", "hash", "callerAddress"}
    | {"transferToAddress", "callValueInfo", "note", "rejected"},
}


def _portal_complaint(kind: str, body: Row) -> str:
    items, fields = (_TRON_ITEMS, _TRON_FIELDS) if kind == "tron" else (_EVM_ITEMS, _EVM_FIELDS)
    if body.get("type") != kind:
        return f"this dataset is of type {kind}"
    return (
        _unknown("query", body, {"type", "fromBlock", "toBlock", "fields", "parentBlockHash", *items})
        or _unknown("fields", body["fields"], fields)
        or next(filter(None, (_unknown(n, c, fields[n]) for n, c in body["fields"].items())), "")
        or next(filter(None, (_unknown(n, item, items[n]) for n in items for item in body.get(n, []))), "")
    )


def _in_block(rows: list[Row], number: int) -> list[Row]:
    return [row for row in rows if row["blockNumber"] == number]


def _topics_fit(log: Row, item: Row) -> bool:
    if "address" in item and log["address"] not in item["address"]:
        return False
    named = {f"topic{nth}": topic for nth, topic in enumerate(log["topics"])}
    return all(named.get(name) in words for name, words in item.items() if name.startswith("topic"))


def _evm_rows(world: World, body: Row, number: int) -> dict[str, list[Row]]:
    """Matching rows of one block with only the fields asked for; only columns of a Parity trace that were chosen."""
    txs = _in_block(world.transactions, number)
    chosen = [(tx, item) for tx in txs for item in body.get("transactions", []) if _chosen(tx, item)]
    mine = [tx for tx in txs if any(tx is one for one, _ in chosen)]
    logs = [log for log in _in_block(world.logs, number) if any(_topics_fit(log, i) for i in body.get("logs", []))]
    inside = _in_block(world.traces, number)
    joined = {tx["hash"] for tx, item in chosen if item.get("traces")}
    traces: list[Row] = [trace for trace in inside if trace["transactionHash"] in joined]
    for item in body.get("traces", []):
        for trace in inside:
            if _trace_fits(trace, item):
                family = [trace, *(other for other in inside if _related(other, trace, item))]
                traces += [one for one in family if one not in traces]
                if item.get("transaction"):
                    mine += [tx for tx in txs if tx["hash"] == trace["transactionHash"] and tx not in mine]
    fields = body["fields"]
    return {
        "transactions": [_only(tx, fields["transaction"]) for tx in mine],
        "logs": [_only(log, fields["log"]) for log in logs],
        "traces": [_portal_trace(trace, txs) for trace in traces],
    }


def _chosen(tx: Row, item: Row) -> bool:
    """Whether a transaction item selects it; ``logs`` and ``traces`` say what to join, and select nothing."""
    return _fits(tx, {name: wanted for name, wanted in item.items() if name not in ("logs", "traces")}, {})


def _trace_fits(trace: Row, item: Row) -> bool:
    action, result = trace["action"], trace.get("result") or {}
    columns = {
        "type": trace["type"],
        "callFrom": action.get("from") if trace["type"] == "call" else None,
        "callTo": action.get("to") if trace["type"] == "call" else None,
        "createFrom": action.get("from") if trace["type"] == "create" else None,
        "createResultAddress": result.get("address") if trace["type"] == "create" else None,
        "suicideRefundAddress": action.get("refundAddress"),
    }
    if not all(columns[name] in wanted for name, wanted in item.items() if isinstance(wanted, list)):
        return False
    needs_value = item.get("callValueNonZero") or item.get("createValueNonZero")
    return not needs_value or int(action["value"], 16) > 0


def _related(other: Row, trace: Row, item: Row) -> bool:
    if other is trace or other["transactionHash"] != trace["transactionHash"]:
        return False
    path, around = trace["traceAddress"], other["traceAddress"]
    above = around == path[: len(around)]
    below = path == around[: len(path)]
    return bool((item.get("parents") and above) or (item.get("subtraces") and below))


def _portal_trace(trace: Row, txs: list[Row]) -> Row:
    index = next(tx["transactionIndex"] for tx in txs if tx["hash"] == trace["transactionHash"])
    row = {name: trace[name] for name in ("type", "traceAddress", "action")}
    row |= {"transactionIndex": index, "error": trace.get("error")}
    if trace.get("result"):
        row["result"] = trace["result"]
    return row


def _tron_rows(world: World, body: Row, number: int) -> dict[str, list[Row]]:
    txs = _in_block(world.transactions, number)
    mine = [
        tx for tx in txs if any(_tron_tx_fits(tx, name, item) for name in _TRON_ITEMS for item in body.get(name, []))
    ]
    logs = [log for log in _in_block(world.logs, number) if any(_topics_fit(log, i) for i in body.get("logs", []))]
    inner = [
        row
        for row in _in_block(world.internals, number)
        if any(
            _fits(row, item, {"caller": "callerAddress", "transferTo": "transferToAddress"})
            for item in (
                {k: v for k, v in i.items() if k != "transaction"} for i in body.get("internalTransactions", [])
            )
        )
    ]
    wanted = {row["transactionIndex"] for row in (*logs, *inner)}
    mine += [tx for tx in txs if tx["transactionIndex"] in wanted and tx not in mine]
    fields = body["fields"]
    return {
        "transactions": [_only(tx, fields["transaction"]) for tx in mine],
        "logs": [_only(log, fields.get("log", ())) for log in logs],
        "internalTransactions": [_only(row, fields.get("internalTransaction", ())) for row in inner],
    }


_TRON_TYPES = {
    "transferTransactions": ("TransferContract", {"owner": "owner_address", "to": "to_address"}),
    "transferAssetTransactions": (
        "TransferAssetContract",
        {"owner": "owner_address", "to": "to_address", "asset": "asset_name"},
    ),
    "triggerSmartContractTransactions": (
        "TriggerSmartContract",
        {"owner": "owner_address", "contract": "contract_address"},
    ),
}


def _tron_tx_fits(tx: Row, name: str, item: Row) -> bool:
    if name not in _TRON_TYPES or tx["type"] != _TRON_TYPES[name][0]:
        return False
    return _fits(tx["parameter"]["value"], item, _TRON_TYPES[name][1])
