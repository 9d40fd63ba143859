"""The table of a case's journal: entries are added, never changed, and held against what else the case says happened.

`tracer.journal` has what an entry is. Here it is written in the transaction of what it speaks of, and checked: the
chain of hashes, its head, and that runs, results and answers are those that were written down.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from tracer.errors import Tampered
from tracer.journal import Entry, answers_digest, compact, decided, entry, fault, known, taken

HEAD: Final = "journal.head"
"""The fact under which a case keeps the hash of its last entry."""

COLUMNS: Final = "n, at, event, what, before, hash"


class Journal:
    """The journal in an open database. Whoever writes has begun a transaction."""

    def __init__(self, db: sqlite3.Connection, file: Path, now: Callable[[], str]) -> None:
        self._db, self._file, self._now = db, file, now

    def entries(self) -> list[Entry]:
        """All entries in order. Raises `Tampered` where one is not what was written."""
        rows = self._db.execute(f"SELECT {COLUMNS} FROM journal ORDER BY n").fetchall()  # noqa: S608
        try:
            entries = list(map(_entry, rows))
        except (ValueError, RecursionError):
            raise Tampered("error.journal_unreadable", file=self._file) from None
        wrong = fault(entries)
        if wrong is not None:
            raise Tampered("error.journal_entry", number=wrong, file=self._file)
        return entries

    def add(self, event: str, what: Mapping[str, Any]) -> None:
        """Write the next entry."""
        self.restore([entry(self._last(), self._now(), event, what)])

    def restore(self, entries: Sequence[Entry]) -> None:
        """Write entries as they were made, for the next numbers."""
        self._db.executemany(
            "INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?)",
            ((*one[:3], compact(one.what), one.before, one.hash) for one in entries),
        )
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (HEAD, entries[-1].hash))

    def decide(self, question: Mapping[str, Any]) -> None:
        """Write what the user decided, where it is not what the journal says last."""
        (runs,) = self._db.execute("SELECT count(*) FROM run").fetchone()
        for event, what in decided(known(self.entries()), question, runs):
            self.add(event, what)

    def take(self, lists: Mapping[str, str], files: Mapping[str, str]) -> None:
        """Write which label lists and files are others than the journal says last."""
        for event, what in taken(known(self.entries()), lists, files):
            self.add(event, what)

    def answers(self) -> dict[str, Any]:
        """How many answers the case has, and one digest over all of them."""
        rows = self._answers()
        return {"count": len(rows), "sha256": answers_digest(rows, [len(rows)])[len(rows)]}

    def check(self) -> int:
        """Hold the journal against itself and the case, and return the number of its entries; nil where it has none.

        Raises:
            Tampered: an entry, a run, a result or an answer is not what was written down, or is gone.
        """
        entries = self.entries()
        (head,) = self._db.execute("SELECT max(value) FROM meta WHERE name = ?", (HEAD,)).fetchone()
        if head != (entries[-1].hash if entries else None):
            raise Tampered("error.journal_cut", file=self._file)
        self._check_runs(entries)
        self._check_answers(entries)
        return len(entries)

    def _check_runs(self, entries: Sequence[Entry]) -> None:
        runs = self._db.execute("SELECT id, exit_code, result_sha256, inputs FROM run ORDER BY id").fetchall()
        if not entries:
            # Runs tell their packages since there is a journal.
            if any("packages" in json.loads(row[3]) for row in runs):
                raise Tampered("error.journal_gone", file=self._file)
            return
        runs = runs[entries[0].what.get("runs", 0) :]
        if [row[0] for row in runs] != [one.what["run"] for one in entries if one.event == "run"]:
            raise Tampered("error.journal_runs", file=self._file)
        ended = {one.what["run"]: one.what for one in entries if one.event == "result"}
        for number, code, sha256, _ in runs:
            said = ended.get(number, {})
            if (said.get("exit_code"), said.get("sha256")) != (code, sha256):
                raise Tampered("error.journal_result", number=number, file=self._file)

    def _check_answers(self, entries: Iterable[Entry]) -> None:
        said = [(one.what["run"], one.what["answers"]) for one in entries if one.event == "result"]
        found = answers_digest(self._answers(), [answers["count"] for _, answers in said])
        for number, answers in said:
            if found.get(answers["count"]) != answers["sha256"]:
                raise Tampered("error.journal_answers", number=number, file=self._file)

    def _answers(self) -> list[tuple[int, str]]:
        return self._db.execute("SELECT id, sha256 FROM raw ORDER BY id").fetchall()

    def _last(self) -> Entry | None:
        row = self._db.execute(f"SELECT {COLUMNS} FROM journal ORDER BY n DESC LIMIT 1").fetchone()  # noqa: S608
        return None if row is None else _entry(row)


def _entry(row: tuple[Any, ...]) -> Entry:
    n, at, event, what, before, own = row
    return Entry(n, at, event, json.loads(what), before, own)
