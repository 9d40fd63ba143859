"""HyperSync's answers read: what they are, how far they reach, and their rows in the spelling of nodes.

Apart from the source because all of it is pure: a stored answer is read the same way ever after. API reference 2.7.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from chains.errors import Down, Malformed
from chains.evm_records import hex_int, required
from chains.http import Kind, Verdict

_SOURCE: Final = "hypersync"
_RESET: Final = 10.0
"""Seconds to wait when a 429, which has no body, does not say either when the allowance is renewed."""

_LONGEST_RESET: Final = 3600


class Guard(NamedTuple):
    """`rollback_guard`: last block looked at with its hash, and the first with its parent's."""

    number: int
    hash: str
    first_number: int
    first_parent: str

    def forks_from(self, later: Guard) -> bool:
        """True when ``later`` begins right after this and on another chain."""
        return later.first_number == self.number + 1 and later.first_parent != self.hash


class Batch(NamedTuple):
    """One answer: blocks low <= number <= high were looked at. ``at_tip``: ``high`` is the newest block there is.

    Transactions and logs are in JSON-RPC shape, traces in Parity's; ``blocks`` as they came. ``high`` is ``low`` - 1
    when nothing was there to look at.
    """

    raw: int
    low: int
    high: int
    at_tip: bool
    guard: Guard | None
    blocks: tuple[Mapping[str, Any], ...]
    transactions: tuple[Mapping[str, Any], ...]
    logs: tuple[Mapping[str, Any], ...]
    traces: tuple[Mapping[str, Any], ...]


def classify_query(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    """What the answer to ``POST /query`` is. Without `next_block` an answer proves nothing and is no answer."""
    if status != 200:
        return _refusal(status, headers, body)
    value = _json(body)
    if not isinstance(value, dict) or not isinstance(value.get("data"), list) or not _is_whole(value.get("next_block")):
        return Verdict(Kind.DOWN, "not the JSON it should be")
    return Verdict(Kind.OK if value["data"] else Kind.EMPTY)


def classify_height(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    """What the answer to ``GET /height`` is."""
    if status != 200:
        return _refusal(status, headers, body)
    value = _json(body)
    known = isinstance(value, dict) and _is_whole(value.get("height"))
    return Verdict(Kind.OK) if known else Verdict(Kind.DOWN, "not the JSON it should be")


def batch_of(answer: Mapping[str, Any], raw: int, low: int, high: int | None) -> Batch:
    """The answer to a query from block ``low`` to ``high`` (None: to the newest).

    Raises:
        Down: it makes no progress although there are more blocks, or has rows outside the blocks it covers.
        Malformed: a row lacks a mandatory field.
    """
    newest = answer.get("archive_height")
    reached: int = answer["next_block"] - 1
    at_tip = newest is not None and max(reached, low - 1) >= hex_int(newest, _SOURCE)
    if reached < low and not at_tip:
        raise Down(_SOURCE, f"blocks from {low}", f"no progress: next_block {reached + 1}")
    last = max(reached, low - 1) if high is None else min(max(reached, low - 1), high)
    batch = Batch(
        raw=raw,
        low=low,
        high=last,
        at_tip=at_tip,
        guard=_guard_of(answer.get("rollback_guard")),
        blocks=_table(answer, "blocks"),
        transactions=tuple(_as_node_writes(row) for row in _table(answer, "transactions")),
        logs=tuple(_log(row) for row in _table(answer, "logs")),
        traces=tuple(_trace(row) for row in _table(answer, "traces") if row.get("type") != "reward"),
    )
    _check_range(batch)
    return batch


def _check_range(batch: Batch) -> None:
    numbers = [block.get("number") for block in batch.blocks]
    numbers += [row.get("blockNumber") for table in (batch.transactions, batch.logs, batch.traces) for row in table]
    for number in numbers:
        if not batch.low <= hex_int(number, _SOURCE) <= batch.high:
            raise Down(_SOURCE, f"blocks {batch.low} to {batch.high}", f"repeated page: a row of block {number}")


def _table(answer: Mapping[str, Any], name: str) -> tuple[Mapping[str, Any], ...]:
    """Rows of one table over all batches of the answer; a batch may leave an empty table out."""
    rows: list[Mapping[str, Any]] = []
    for batch in answer["data"]:
        part = batch.get(name, []) if isinstance(batch, dict) else None
        if not isinstance(part, list):
            raise Malformed(_SOURCE, f"{name} is no list", batch)
        rows += part
    for row in rows:
        if not isinstance(row, dict):
            raise Malformed(_SOURCE, f"{name} holds something that is no record", row)
    return tuple(rows)


def _as_node_writes(row: Mapping[str, Any]) -> dict[str, Any]:
    """``transaction_index`` → ``transactionIndex`` and so on."""
    return {re.sub(r"_([a-z])", lambda found: found[1].upper(), name): value for name, value in row.items()}


def _log(row: Mapping[str, Any]) -> dict[str, Any]:
    topics = [row.get(f"topic{place}") for place in range(4)]
    return {**_as_node_writes(row), "topics": [topic for topic in topics if topic]}


def _trace(row: Mapping[str, Any]) -> dict[str, Any]:
    kind = str(required(row, "type", _SOURCE)).lower()
    if kind in {"suicide", "selfdestruct"}:
        action = {
            "address": row.get("action_address") or row.get("from"),
            "refundAddress": row.get("refund_address") or row.get("to"),
            "balance": row.get("balance") or row.get("value"),
        }
    else:
        action = {"from": row.get("from"), "to": row.get("to"), "value": row.get("value")}
        action["callType"] = row.get("call_type")
    return {
        "type": kind,
        "action": action,
        "result": {"address": row.get("address")},
        "error": row.get("error"),
        "traceAddress": row.get("trace_address") or [],
        "transactionHash": str(required(row, "transaction_hash", _SOURCE)).lower(),
        "blockNumber": hex_int(required(row, "block_number", _SOURCE), _SOURCE),
    }


def _guard_of(record: Any) -> Guard | None:
    if not isinstance(record, dict):
        return None
    return Guard(
        hex_int(required(record, "block_number", _SOURCE), _SOURCE),
        str(required(record, "hash", _SOURCE)),
        hex_int(required(record, "first_block_number", _SOURCE), _SOURCE),
        str(required(record, "first_parent_hash", _SOURCE)),
    )


def _refusal(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    value = _json(body)
    error = value.get("error") if isinstance(value, dict) else None
    detail = str(error)[:200] if error else f"HTTP {status}"
    if status == 429:
        return Verdict(Kind.THROTTLED, detail, _reset(headers))
    if status in {401, 403}:
        return Verdict(Kind.AUTH, detail, scope="source")
    if status == 402:
        return Verdict(Kind.QUOTA, detail, scope="source")
    if status in {400, 404, 405, 413, 415, 422}:
        return Verdict(Kind.UNSUPPORTED, detail)
    return Verdict(Kind.DOWN, detail)


def _reset(headers: Mapping[str, str]) -> float:
    """`x-ratelimit-reset`, in seconds; it may carry a window after a comma or semicolon."""
    for name in ("retry-after", "x-ratelimit-reset"):
        found = re.match(r"\s*(\d{1,9})(?!\d)", headers.get(name, ""))
        if found and int(found[1]) <= _LONGEST_RESET:
            return float(found[1])
    return _RESET


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _json(text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
