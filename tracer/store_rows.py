"""The rows of a case's tables: as they are written, and as they are read back. `tracer.store` has the database."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from sqlite3 import Connection
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from chains.http import Stored
from chains.model import Approval, Kind, Transfer
from tracer.errors import Tampered
from tracer.known import fee_key

STORED: Final = "status, headers, body, kind, detail, sha256"
"""Columns of an answer that `stored_of` reads."""


def stored_of(number: int, row: Sequence[Any] | None, file: Path) -> Stored:
    """An answer from its `STORED` columns.

    Raises:
        Tampered: it is not there, or its bytes are not what they were when stored.
    """
    if row is None:
        raise Tampered("error.answer_missing", number=number, file=file)
    status, headers, packed, kind, detail, sha256 = row
    try:
        body = zlib.decompress(packed)
    except zlib.error:
        body = b""
    if digest(body) != sha256:
        raise Tampered("error.answer_changed", number=number, file=file)
    return Stored(number, status, json.loads(headers), body, kind, detail)


def digest(data: bytes) -> str:
    """SHA-256 with its algorithm's name, as every digest in a case is written."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def host_of(url: str) -> str:
    """Who was asked, without path and query: these may hold a key."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")


class RunRow(NamedTuple):
    """One recorded run: its number, arguments, digests of input files, and the result it left."""

    number: int
    generation: int
    version: str
    arguments: tuple[str, ...]
    inputs: Mapping[str, str]
    started_at: str
    exit_code: int | None
    result: str | None
    result_sha256: str | None
    finished_at: str = ""


RUN_COLUMNS: Final = (
    "id, generation, version, arguments, inputs, started_at, exit_code, result, result_sha256, finished_at"
)


def run_row(row: Sequence[Any]) -> RunRow:
    """A run from its `RUN_COLUMNS`."""
    (number, generation, version, arguments, inputs, started_at, exit_code, result, result_sha256, finished_at) = row
    given, digests = tuple(json.loads(arguments)), json.loads(inputs)
    begun = (number, generation, version, given, digests, started_at)
    return RunRow(*begun, exit_code, result, result_sha256, finished_at or "")


TRANSFER: Final = (
    "INSERT INTO transfer"
    " (chain, tx, kind, asset, sender, receiver, amount, nth, height, tx_index, position, time, raw)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
"""Writes one row of `transfer_row`."""

_PLACED: Final = (
    f"{TRANSFER} ON CONFLICT DO UPDATE SET"
    " tx_index = excluded.tx_index, position = excluded.position, raw = excluded.raw WHERE"
)

UPSERT: Final = f"{_PLACED} instr(position, '?') > 0 AND instr(excluded.position, '?') = 0"
"""The same; of a transfer that is there, only a position that was not told yet."""

OPENED: Final = f"{_PLACED} position <> excluded.position"
"""The same of an opened transaction, whose own order stands against every other."""

LARGEST_FEE: Final = """
DELETE FROM transfer WHERE chain = ? AND tx = ? AND kind = 0 AND sender = ? AND EXISTS (
    SELECT 1 FROM transfer AS other
    WHERE (other.chain, other.tx, other.kind, other.sender) = (transfer.chain, transfer.tx, 0, transfer.sender)
    AND (length(other.amount), other.amount) > (length(transfer.amount), transfer.amount))"""
"""Leaves one fee of a payer in a transaction: see tracer/known.py."""


def write_transfers(db: Connection, rows: Iterable[tuple[Transfer, int]], how: str = UPSERT) -> None:
    """Write transfers with the numbers of the answers they came from, by `UPSERT` or `OPENED`."""
    rows = list(rows)
    db.executemany(how, (transfer_row(*pair) for pair in rows))
    db.executemany(LARGEST_FEE, [fee_key(one) for one, _ in rows if one.position.kind is Kind.FEE])


def transfer_row(transfer: Transfer, raw: int) -> tuple[object, ...]:
    """A transfer and the number of the answer it came from, as `TRANSFER` takes them."""
    position = transfer.position
    return (
        transfer.chain,
        transfer.tx,
        int(position.kind),
        transfer.asset,
        transfer.sender,
        transfer.receiver,
        str(transfer.amount),
        transfer.nth,
        position.height,
        position.tx_index,
        str(position),
        transfer.time,
        raw,
    )


def approval_row(approval: Approval) -> tuple[object, ...]:
    """A permission to spend, as its table has it."""
    amount = None if approval.amount is None else str(approval.amount)
    return (
        approval.chain,
        approval.tx,
        str(approval.position),
        approval.time,
        approval.token,
        approval.owner,
        approval.spender,
        amount,
    )
