"""How the SQD Portal is asked: its answers read, its errors named, its streams followed to the end.

Apart from the sources because EVM and TRON datasets differ only in what a block holds. A stream answers one JSON value
per line and stops wherever it likes without saying so; what makes it provable is that the last block looked at is
always among the lines, so the next question begins one after it. From SQD's portal API (2026-08): reference 2.6.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from chains.errors import Down, Malformed, NotFound, Unsupported
from chains.http import Ask, Client, Endpoint, Kind, Verdict

STREAM_ANSWERS: Final = 400
"""The portal is shared, and a sparse query costs an answer per ~2,000 blocks: it is for windows, not whole lives."""

_BUSY: Final = {429: "rate_limit_error", 503: "no_workers", 529: "overloaded"}
_KEY: Final = {401, 403}
_PATIENCE: Final = 5.0
"""Seconds to wait when told to slow down without `Retry-After`."""


class Stretch(NamedTuple):
    """One answer of a stream: blocks low <= number <= high were looked at, ``blocks`` are those worth mentioning."""

    raw: int
    blocks: tuple[Mapping[str, Any], ...]
    low: int
    high: int


def classify_stream(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    """What a stream's answer is. 204: nothing there yet, the dataset ends before the first block asked for."""
    if status == 204:
        return Verdict(Kind.EMPTY, "past the newest block")
    if status != 200:
        return _refusal(status, headers, body)
    lines = [_json(line) for line in body.splitlines() if line]
    if not lines or not all(isinstance(_number_in(line), int) for line in lines):
        return Verdict(Kind.DOWN, "not one block a line")
    return Verdict(Kind.OK)


def classify_value(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    """What the answer to a head or time question is; an unknown time is EMPTY."""
    if status == 404 and _error_of(body).get("code") == "not_found":
        return Verdict(Kind.EMPTY, "not found")
    if status != 200:
        return _refusal(status, headers, body)
    value = _json(body)
    return Verdict(Kind.OK) if isinstance(value, dict) else Verdict(Kind.DOWN, "not the JSON it should be")


@dataclass(frozen=True, slots=True)
class Portal:
    """One dataset of the portal. ``type`` is ``evm`` or ``tron``."""

    client: Client
    endpoint: Endpoint
    slug: str
    type: str

    async def finalized(self) -> int:
        """Number of the newest block that will not be taken back."""
        answer = await self.client.ask(Ask(self.endpoint, classify_value, path=f"/{self.slug}/finalized-head"))
        return whole(answer.data, "number")

    async def number_at(self, time: int) -> int:
        """Number of the first block at or after a time in Unix seconds; on TRON only about there.

        Raises:
            NotFound: no block is that late.
        """
        answer = await self.client.ask(Ask(self.endpoint, classify_value, path=f"/{self.slug}/timestamps/{time}/block"))
        if answer.kind is Kind.EMPTY:
            raise NotFound(f"a block at or after {time}", self.slug)
        return whole(answer.data, "block_number")

    async def header(self, number: int) -> Mapping[str, Any]:
        """Header of one block: number, hash, timestamp (seconds; milliseconds on TRON)."""
        answer = await self._ask({"fields": HEADER}, number, number)
        for block in answer.blocks:
            if block["header"]["number"] == number:
                header: Mapping[str, Any] = block["header"]
                return header
        raise NotFound(f"block {number}", self.slug)

    async def stream(self, query: Mapping[str, Any], low: int, high: int) -> AsyncIterator[Stretch]:
        """Blocks low..high, every stretch beginning where the one before it ended.

        Raises:
            Unsupported: the dataset ends before ``high``, or the window takes more than `STREAM_ANSWERS` answers.
            Down: an answer repeats or leaves the range asked for.
        """
        for _ in range(STREAM_ANSWERS):
            stretch = await self._ask(query, low, high)
            yield stretch
            low = stretch.high + 1
            if low > high:
                return
        raise Unsupported(
            self.endpoint.name, f"blocks {low} to {high}", f"more than {STREAM_ANSWERS} answers; too long a window"
        )

    async def _ask(self, query: Mapping[str, Any], low: int, high: int) -> Stretch:
        body = {"type": self.type, "fromBlock": low, "toBlock": high, **query}
        what = f"{self.slug} blocks {low} to {high}"
        path = f"/{self.slug}/finalized-stream"
        answer = await self.client.ask(Ask(self.endpoint, classify_stream, "POST", path, body=body, lines=True))
        if answer.kind is Kind.EMPTY:
            raise Unsupported(self.endpoint.name, what, "the dataset's finalized blocks end before")
        numbers = [whole(block["header"], "number") for block in answer.data]
        if numbers != sorted(set(numbers)) or numbers[0] < low or numbers[-1] > high:
            raise Down(self.endpoint.name, what, "repeated page")
        return Stretch(answer.raw, tuple(answer.data), low, numbers[-1])


HEADER: Final = {"block": {"number": True, "hash": True, "timestamp": True}}


def items(block: Mapping[str, Any], table: str, source: str) -> Sequence[Mapping[str, Any]]:
    """Rows of one table in one block; a table without rows may be absent."""
    rows = block.get(table, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Malformed(source, f"{table} is no list of records", block)
    return rows


def whole(record: Mapping[str, Any], name: str) -> int:
    """A mandatory whole number. Raises Malformed when it is missing or none."""
    value = record.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Malformed("sqd", f"{name} is no whole number", record)
    return value


def _refusal(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    error = _error_of(body)
    detail = " ".join(str(error[name]) for name in ("code", "message") if name in error) or f"HTTP {status}"
    if status in _BUSY:
        after = headers.get("retry-after", "")
        return Verdict(Kind.THROTTLED, detail, float(after) if after.isdecimal() and len(after) < 9 else _PATIENCE)
    if status in _KEY:
        return Verdict(Kind.AUTH, detail, scope="source")
    if status == 404:
        return Verdict(Kind.UNSUPPORTED, detail, scope="chain")
    if status in {400, 405, 413, 415, 422}:
        return Verdict(Kind.UNSUPPORTED, detail)
    return Verdict(Kind.DOWN, detail)


def _error_of(body: bytes) -> Mapping[str, Any]:
    value = _json(body)
    error = value.get("error") if isinstance(value, dict) else None
    return error if isinstance(error, dict) else {}


def _number_in(line: object) -> object:
    header = line.get("header") if isinstance(line, dict) else None
    return header.get("number") if isinstance(header, dict) else None


def _json(text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
