"""What a watch keeps of the answers it got: in full what told something, and of all the rest that it was asked.

A watch puts the same questions for months and is told nothing by nearly all of them. So answers wait in a file without
a name until the stretch they belong to is saved. Those it rests on are then kept as in a case, with their digest; of
the others only their number, times, and one running digest remain: by day, endpoint, chain, and kind of answer.
Nothing is ever answered from here: a watch wants to know what is so now.
"""

from __future__ import annotations

import contextvars
import json
import sqlite3
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Any, Final, NamedTuple

from chains.http import Ask, Stored, Verdict
from tracer.errors import CaseError
from tracer.store_rows import STORED, digest, host_of, stored_of

IN_MEMORY: Final = 4 << 20
"""Bytes of compressed answers of one chain that wait in memory; beyond, they wait on disk."""

HOUR: Final = 3_600

_chain: contextvars.ContextVar[str] = contextvars.ContextVar("chain", default="")

Tag = tuple[str, int]
"""Whose answers wait together: a chain's, or, of those that are nobody's, an hour's."""


class _Waiting(NamedTuple):
    """An answer whose worth is not known yet, and where it lies."""

    tag: Tag
    at: int
    endpoint: str
    kind: str
    sha256: str
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class Quiet:
    """Answers that told nothing: how many, Unix times of the first and the last, and one digest over theirs in order.

    A single answer's is its own; every further link is the SHA-256 of "BEFORE NEXT".
    """

    number: int
    first: int
    last: int
    sha256: str

    def and_then(self, other: Quiet) -> Quiet:
        """With others that came after them."""
        link = digest(f"{self.sha256} {other.sha256}".encode())
        first, last = min(self.first, other.first), max(self.last, other.last)
        return Quiet(self.number + other.number, first, last, link)


QuietKey = tuple[str, str, str, str]
"""Day, endpoint, chain and kind of quiet answers."""


class WatchEvidence:
    """The `Evidence` of a watch. Its owner calls `write` inside a transaction and `settle` once that is committed."""

    offline = False

    def __init__(self, db: sqlite3.Connection, path: Path, clock: Callable[[], int]) -> None:
        self._db, self._path, self._clock = db, path, clock
        self._waiting: dict[int, _Waiting] = {}
        self._files: dict[Tag, SpooledTemporaryFile[bytes]] = {}
        self._quiet: dict[QuietKey, list[Quiet]] = {}
        self._next = 1 + int(db.execute("SELECT coalesce(max(id), 0) FROM answer").fetchone()[0])

    def close(self) -> None:
        """Let go of whatever still waits."""
        self._drop(list(self._waiting))

    def end(self) -> None:
        """Nothing rests on what still waits."""
        for tag in list(self._files):
            self._condense(tag, ())

    # --- as the client sees it

    def find(self, _key: str) -> Stored | None:
        """Nothing: every question is put anew."""
        return None

    def keep(self, ask: Ask, status: int | None, headers: Mapping[str, str], body: bytes, verdict: Verdict) -> int:
        """Take an answer, to be kept once something rests on it.

        Raises:
            CaseError: the disk is full.
        """
        number, self._next = self._next, self._next + 1
        at, chain = self._clock(), _chain.get()
        head = {
            "question": ask.key,
            "host": host_of(ask.endpoint.url),
            "status": status,
            "headers": dict(headers),
            "detail": verdict.detail,
        }
        tag = (chain, 0 if chain else at // HOUR)
        packed = zlib.compress(json.dumps(head).encode() + b"\n" + body, 1)
        offset = self._put(tag, packed)
        named = (ask.endpoint.name, str(verdict.kind), digest(body))
        self._waiting[number] = _Waiting(tag, at, *named, offset, len(packed))
        return number

    def _put(self, tag: Tag, packed: bytes) -> int:
        try:
            if tag not in self._files:
                self._files[tag] = SpooledTemporaryFile(IN_MEMORY, dir=str(self._path.parent))  # noqa: SIM115 - `_drop`
            file = self._files[tag]
            offset = file.seek(0, 2)
            file.write(packed)
        except OSError as failure:
            raise CaseError("error.store_unwritten", file=self._path, why=failure.strerror) from failure
        return offset

    @contextmanager
    def reading(self, chain: str, wanted: Callable[[], Collection[int]] = frozenset) -> Iterator[None]:
        """What is asked in here is asked for a chain. At the end only ``wanted`` go on waiting, whatever happened."""
        token = _chain.set(chain)
        try:
            yield
        finally:
            _chain.reset(token)
            self._condense((chain, 0), wanted())

    # --- as the store sees it

    def write(self, wanted: Collection[int] = ()) -> None:
        """Write what is wanted of the waiting answers, and what is known of those that told nothing."""
        for number in sorted(self._waiting.keys() & set(wanted)):
            self._db.execute(
                "INSERT OR IGNORE INTO answer VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", self._row(number)
            )
        for key, some in self._quiet.items():
            put_quiet(self._db, key, some)

    def written(self, wanted: Collection[int] = ()) -> None:
        """What `write` wrote is committed."""
        self._drop(self._waiting.keys() & set(wanted))
        self._quiet.clear()

    def settle(self, chain: str) -> None:
        """A stretch of a chain is saved: whatever of it still waits told nothing; nor did what is nobody's and old."""
        self._condense((chain, 0), ())
        for tag in [tag for tag in self._files if not tag[0] and tag[1] < self._clock() // HOUR - 1]:
            self._condense(tag, ())

    def _condense(self, tag: Tag, but: Collection[int]) -> None:
        numbers = [number for number, one in self._waiting.items() if one.tag == tag and number not in but]
        for number in numbers:
            one = self._waiting[number]
            key = (_day(one.at), one.endpoint, tag[0], one.kind)
            self._quiet.setdefault(key, []).append(Quiet(1, one.at, one.at, one.sha256))
        self._drop(numbers)

    def _drop(self, numbers: Collection[int]) -> None:
        for number in list(numbers):
            del self._waiting[number]
        used = {one.tag for one in self._waiting.values()}
        for tag in self._files.keys() - used:
            self._files.pop(tag).close()

    def _row(self, number: int) -> tuple[object, ...]:
        one = self._waiting[number]
        file = self._files[one.tag]
        file.seek(one.offset)
        head, _, body = zlib.decompress(file.read(one.size)).partition(b"\n")
        said: dict[str, Any] = json.loads(head)
        return (
            number,
            one.tag[0],
            said["question"],
            one.endpoint,
            said["host"],
            datetime.fromtimestamp(one.at, UTC).isoformat().replace("+00:00", "Z"),
            said["status"],
            json.dumps(said["headers"], sort_keys=True),
            one.kind,
            said["detail"].encode(errors="replace").decode(),
            zlib.compress(body, 6),
            one.sha256,
        )

    # --- looking back

    def stored(self, number: int) -> Stored:
        """One kept answer.

        Raises:
            Tampered: it is not there, or its bytes are not what they were when stored.
        """
        row = self._db.execute(f"SELECT {STORED} FROM answer WHERE id = ?", (number,)).fetchone()  # noqa: S608
        return stored_of(number, row, self._path)

    def check(self) -> int:
        """Re-hash every kept answer and whatever a transfer or change was read in; returns how many there are.

        Raises:
            Tampered: one is missing or changed.
        """
        numbers = {
            int(number)
            for (number,) in self._db.execute(
                "SELECT id FROM answer UNION SELECT raw FROM sight UNION SELECT raw FROM change"
            )
        }
        for number in sorted(numbers):
            self.stored(number)
        return len(numbers)


def put_quiet(db: sqlite3.Connection, key: QuietKey, some: Iterable[Quiet]) -> None:
    """Write quiet answers down after those of the same key that are there."""
    row = db.execute(
        "SELECT number, first, last, sha256 FROM quiet WHERE (day, endpoint, chain, kind) = (?, ?, ?, ?)", key
    ).fetchone()
    now = reduce(Quiet.and_then, [*([Quiet(*row)] if row else []), *some])
    db.execute(
        "INSERT OR REPLACE INTO quiet VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (*key, now.number, now.first, now.last, now.sha256),
    )


def merge_quiet(db: sqlite3.Connection, before: int) -> int:
    """Make one of the quiet days of every month that was over at a Unix time; returns how many rows that saved."""
    month = _day(before)[:7]
    rows = db.execute("SELECT * FROM quiet WHERE day < ? AND length(day) > 7 ORDER BY day", (month,)).fetchall()
    db.execute("DELETE FROM quiet WHERE day < ? AND length(day) > 7", (month,))
    for day, endpoint, chain, kind, *quiet in rows:
        put_quiet(db, (day[:7], endpoint, chain, kind), [Quiet(*quiet)])
    return len(rows) - len({(day[:7], *rest[:3]) for day, *rest in rows})


def _day(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).date().isoformat()
