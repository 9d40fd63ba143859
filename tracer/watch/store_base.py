"""The database of a watch: one SQLite file, opened, guarded, and written in whole transactions or not at all.

What is committed survives a power cut (``synchronous = FULL``): a message that left must not be forgotten and leave
again. Counts of requests and of answers that told nothing are no such thing; they wait in memory for the next
transaction.
"""

from __future__ import annotations

import sqlite3
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, TypeVar

from tracer.errors import CaseError, Tampered
from tracer.watch.evidence import WatchEvidence

PATIENCE: Final = 10
"""Seconds to wait for another process that writes."""

T = TypeVar("T")


class WatchBase:
    """The open file, its transactions, and what waits for the next one. ``clock`` gives Unix seconds."""

    def __init__(
        self, path: Path, clock: Callable[[], int] = lambda: int(time.time()), *, reading: bool = False
    ) -> None:
        self.path, self.clock = path, clock
        self._spent: dict[tuple[str, str], int] = {}
        with self._guarded():
            self._db = self._opened(reading=reading)
            self.evidence = WatchEvidence(self._db, path, self.now)

    def _opened(self, *, reading: bool) -> sqlite3.Connection:
        """The file; for a reader who comes before there is one, an empty stand-in."""
        there = self.path.is_file() and self.path.stat().st_size > 0
        db = sqlite3.connect(self.path if there or not reading else ":memory:", PATIENCE, isolation_level=None)
        if there and reading:
            db.execute("PRAGMA query_only = ON")
            return db
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA foreign_keys = ON")
        db.executescript(files("tracer.watch").joinpath("schema.sql").read_text(encoding="utf-8"))
        return db

    def now(self) -> int:
        """Unix seconds, by whatever clock it was given last."""
        return self.clock()

    def close(self) -> None:
        """Close the file."""
        self.evidence.close()
        self._db.close()

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Turn the database's own errors into ours."""
        try:
            yield
        except (sqlite3.OperationalError, OverflowError, UnicodeEncodeError) as failure:
            raise CaseError("error.store_unwritten", file=self.path, why=str(failure)) from failure
        except sqlite3.DatabaseError as failure:
            raise Tampered("error.store_damaged", file=self.path, why=str(failure)) from failure

    @contextmanager
    def _transaction(self, answers: frozenset[int] = frozenset()) -> Iterator[sqlite3.Connection]:
        """Everything in here is written or nothing, with ``answers`` and what waits."""
        with self._guarded():
            self._roll_back()  # one that failed: the disk may be back
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._write_waiting(answers)
                self._db.execute("COMMIT")
            except BaseException:
                self._roll_back()
                raise
            self._spent.clear()
            self.evidence.written(answers)

    def _roll_back(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def _write_waiting(self, answers: frozenset[int]) -> None:
        self.evidence.write(answers)
        self._db.executemany(
            "INSERT INTO spent VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET requests = requests + excluded.requests",
            [(*key, requests) for key, requests in self._spent.items()],
        )

    def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self._guarded():
            return self._db.execute(query, values).fetchall()

    def _row(self, query: str, *values: object) -> tuple[Any, ...] | None:
        rows = self._rows(query, *values)
        return rows[0] if rows else None

    def _read(self, decode: Callable[..., T], rows: Iterable[tuple[Any, ...]]) -> list[T]:
        """Rows as values. Raises `Tampered` where one is not what was written."""
        try:
            return [decode(*row) for row in rows]
        except (ValueError, TypeError, KeyError, zlib.error) as failure:
            raise Tampered("error.store_damaged", file=self.path, why=type(failure).__name__) from failure

    # --- the watch's own health

    def spend(self, endpoint: str, day: str, requests: int) -> None:
        """Count requests; they are written with whatever is written next."""
        self._spent[day, endpoint] = self._spent.get((day, endpoint), 0) + requests

    def spent(self, day: str) -> dict[str, int]:
        """Requests of a day by endpoint."""
        found = dict(self._rows("SELECT endpoint, requests FROM spent WHERE day = ?", day))
        for (when, endpoint), requests in self._spent.items():
            if when == day:
                found[endpoint] = found.get(endpoint, 0) + requests
        return found

    def beat(self, now: int) -> None:
        """Note that the watch is alive, and write what waits."""
        with self._transaction() as db:
            db.execute("INSERT OR REPLACE INTO meta VALUES ('beat', ?)", (str(now),))

    def end(self) -> None:
        """Write what waits for the next transaction: there will be none."""
        self.evidence.end()
        with self._transaction():
            pass

    def last_beat(self) -> int | None:
        """When it was last known to be alive (Unix seconds); None when it never was."""
        row = self._row("SELECT value FROM meta WHERE name = 'beat'")
        return None if row is None else int(row[0])

    def check(self) -> int:
        """Hold the file against itself and every kept answer against its digest; returns how many there are.

        Raises:
            Tampered: something is not as it was written.
        """
        verdict = self._rows("PRAGMA quick_check")[0][0]
        if verdict != "ok":
            raise Tampered("error.store_damaged", file=self.path, why=str(verdict))
        with self._guarded():
            return self.evidence.check()
