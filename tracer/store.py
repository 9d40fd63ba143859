"""The case database: one SQLite file with everything fetched and derived.

`raw` is the evidence: every answer of every source as received, with its digest, in the order it came. All else is
derived from it and can be made again. An answer is committed before anyone reads it, so killing the process loses
nothing; the next run finds the answers by their questions and goes on from there. ``generation`` counts refreshes:
within one, a question has one last answer, and the case speaks of one moment. A generation that goes on from another
inherits the answers that cannot have changed; the view ``counted`` has whatever counts in a generation.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from chains.http import Ask, Stored, Verdict
from chains.model import Address, Approval, Receipt, Transfer
from chains.reader import History
from tracer.errors import CaseError, Tampered
from tracer.journal import named
from tracer.labels import Label
from tracer.packages import lock
from tracer.store_journal import HEAD, Journal
from tracer.store_rows import (
    OPENED,
    RUN_COLUMNS,
    STORED,
    RunRow,
    approval_row,
    digest,
    host_of,
    run_row,
    stored_of,
    write_transfers,
)

SCHEMA = "1"

NOT_FILES = ("packages", "python")
"""What a run's inputs have beside digests of files: the digest of its packages, and the version of Python."""


def packages_name(sha256: str) -> str:
    """The fact under which a case keeps the packages whose list has this digest."""
    return f"packages.{sha256}"


def utc_now() -> str:
    """The time now, RFC 3339 UTC; recorded, never part of a result."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


class Store:
    """The open database of one case; also the `Evidence` the client keeps its answers in.

    While ``replaying`` nothing is written: a case that is only explained keeps its bytes, and so its digest. ``found``
    are the answers that were asked for and there.
    """

    replaying = False

    def __init__(self, path: Path, *, offline: bool = False, now: Callable[[], str] = utc_now) -> None:
        self.path, self.offline, self._now = path, offline, now
        with self._guarded():
            self._db = sqlite3.connect(path, isolation_level=None)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.executescript(files("tracer").joinpath("schema.sql").read_text(encoding="utf-8"))
            if self.meta("schema") is None:
                self.set_meta("schema", SCHEMA)
                self.set_meta("generation", "1")
        self.journal = Journal(self._db, path, now)
        self.generation = int(self.meta("generation") or 1)
        self._last: dict[str, int] = {}
        self.found: set[int] = set()
        self._load_questions()

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Turn the database's own errors into ours."""
        try:
            yield
        except sqlite3.OperationalError as failure:
            raise CaseError("error.store_unwritten", file=self.path, why=str(failure)) from failure
        except sqlite3.DatabaseError as failure:
            raise Tampered("error.store_damaged", file=self.path, why=str(failure)) from failure

    # --- facts about the case

    def meta(self, name: str) -> str | None:
        """One named fact."""
        row = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def last_raw(self) -> int:
        """The number of the answer that was kept last; nil before the first."""
        (number,) = self._db.execute("SELECT coalesce(max(id), 0) FROM raw").fetchone()
        return int(number)

    def set_meta(self, name: str, value: str) -> None:
        """Set one named fact."""
        with self._guarded():
            self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    def refresh(self) -> None:
        """Begin a new generation: every question is put anew, and the case moves to a new moment."""
        generation = int(self.meta("generation") or 1) + 1
        with self._guarded(), self._transaction():
            self.set_meta("generation", str(generation))
            for table in ("transfer", "coverage", "approval"):
                self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - the three names above
            self.journal.add("refresh", {"generation": generation})
        self.speak_of(generation)

    def speak_of(self, generation: int) -> None:
        """Answer from this generation: a refresh that was never finished leaves an older one with the last result."""
        self.generation = generation
        self._load_questions()

    # --- evidence

    def _load_questions(self) -> None:
        with self._guarded():
            self._last = dict(
                self._db.execute(
                    "SELECT question, max(id) FROM counted WHERE of = ? GROUP BY question", (self.generation,)
                )
            )

    def find(self, key: str) -> Stored | None:
        """The last answer to a question in this generation, its digest checked."""
        number = self._last.get(key)
        if number is None:
            return None
        self.found.add(number)
        return self.raw(number)

    def raw(self, number: int) -> Stored:
        """One stored answer.

        Raises:
            Tampered: its bytes are not what they were when stored.
        """
        with self._guarded():
            row = self._db.execute(f"SELECT {STORED} FROM raw WHERE id = ?", (number,)).fetchone()  # noqa: S608
        return stored_of(number, row, self.path)

    def keep(self, ask: Ask, status: int | None, headers: Mapping[str, str], body: bytes, verdict: Verdict) -> int:
        """Store one answer for good, before anyone reads it."""
        with self._guarded():
            cursor = self._db.execute(
                "INSERT INTO raw (generation, question, endpoint, host, asked_at, status, headers, kind, detail, body,"
                " sha256) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    self.generation,
                    ask.key,
                    ask.endpoint.name,
                    host_of(ask.endpoint.url),
                    self._now(),
                    status,
                    json.dumps(dict(headers), sort_keys=True),
                    str(verdict.kind),
                    verdict.detail.encode(errors="replace").decode(),
                    zlib.compress(body, 6),
                    digest(body),
                ),
            )
        number = int(cursor.lastrowid or 0)
        self._last[ask.key] = number
        return number

    def questions(self) -> list[tuple[int, str, str]]:
        """(number, question, endpoint) of the last answer to each question of this generation, in order."""
        with self._guarded():
            rows = self._db.execute(
                "SELECT max(id), raw.question, endpoint FROM counted JOIN raw USING (id) WHERE of = ?"
                " GROUP BY raw.question ORDER BY 1",
                (self.generation,),
            ).fetchall()
        return [(int(number), str(question), str(endpoint)) for number, question, endpoint in rows]

    def answers(self) -> list[tuple[int, str, str, str, str, int | None, str, str]]:
        """Every answer of this generation without its body: as `tracer.dossier.Answer`, in order."""
        with self._guarded():
            return self._db.execute(
                "SELECT id, raw.question, endpoint, host, asked_at, status, kind, sha256"
                " FROM counted JOIN raw USING (id) WHERE of = ? ORDER BY id",
                (self.generation,),
            ).fetchall()

    def count_requests(self) -> int:
        """Different questions of this generation that a source answered, however often each had to be put."""
        row = self._db.execute(
            "SELECT count(DISTINCT raw.question) FROM counted JOIN raw USING (id) WHERE of = ? AND status IS NOT NULL",
            (self.generation,),
        ).fetchone()
        return int(row[0])

    def check_all(self) -> int:
        """Re-hash every stored answer of every generation and return their number. Raises `Tampered`."""
        with self._guarded():
            verdict = self._db.execute("PRAGMA quick_check").fetchone()[0]
            numbers = [row[0] for row in self._db.execute("SELECT id FROM raw ORDER BY id")]
        if verdict != "ok":
            raise Tampered("error.store_damaged", file=self.path, why=str(verdict))
        for number in numbers:
            self.raw(number)
        return len(numbers)

    def check_journal(self) -> tuple[int, str]:
        """Hold the journal against the case: the number of its entries and the hash of the last one. Raises `Tampered`.

        Nil and "" in a case from before there was a journal.
        """
        with self._guarded():
            return self.journal.check(), self.meta(HEAD) or ""

    def select(self, query: str, *values: object) -> Iterator[tuple[Any, ...]]:
        """Rows of the database, one after another: for whoever hands a case over."""
        with self._guarded():
            yield from self._db.execute(query, values)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """The database, for writing several things or none of them: for whoever takes a case in."""
        with self._guarded(), self._transaction():
            yield self._db

    # --- derived rows

    def save_history(self, chain: str, address: str, asset: str, history: History) -> None:
        """Write one account's transfers and coverage; seeing a transfer again only settles its position."""
        if self.replaying:
            return
        ended = history.stopped or (history.gap.why if history.gap else "")
        with self._guarded(), self._transaction():
            write_transfers(self._db, zip(history.transfers, history.raws, strict=True))
            self._db.executemany(
                "INSERT OR REPLACE INTO coverage VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (chain, address, asset, part.covers.low, part.covers.high, part.source, part.weak, ended)
                    for part in history.covered
                ],
            )
        self.save_approvals(history.approvals)

    def save_approvals(self, approvals: Iterable[Approval]) -> None:
        """Write permissions to spend that were seen: facts of the case, never value."""
        if self.replaying:
            return
        with self._guarded(), self._transaction():
            self._db.executemany(
                "INSERT OR REPLACE INTO approval VALUES (?, ?, ?, ?, ?, ?, ?, ?)", map(approval_row, approvals)
            )

    def save_positions(self, transfers: Iterable[tuple[Transfer, int]]) -> None:
        """Write settled positions of transfers already known."""
        if self.replaying:
            return
        with self._guarded(), self._transaction():
            write_transfers(self._db, transfers)

    def save_opened(self, receipt: Receipt) -> None:
        """Write the transfers of a transaction that was opened: where it says that they happened, they did."""
        if self.replaying:
            return
        with self._guarded(), self._transaction():
            write_transfers(self._db, ((one, receipt.raw_of(one)) for one in receipt.transfers), OPENED)

    def _save_labels(self, said: Mapping[Address, Sequence[Label]]) -> None:
        """Keep what labels said of every address that was asked about, in the place of what was kept before."""
        self._db.execute("DELETE FROM said WHERE generation = ?", (self.generation,))
        self._db.executemany(
            "INSERT INTO said VALUES (?, ?, ?)",
            (
                (self.generation, address, json.dumps([label._asdict() for label in labels]))
                for address, labels in sorted(said.items())
            ),
        )

    def lists(self) -> dict[str, str] | None:
        """Digests of the label lists that the last result of this generation rests on; None where none were kept."""
        kept = self.meta(f"lists.{self.generation}")
        return None if kept is None else dict(json.loads(kept))

    def said(self) -> dict[Address, tuple[Label, ...]] | None:
        """What labels said of every address that the last result of this generation asked about; None of old cases."""
        if self.lists() is None:
            return None
        with self._guarded():
            rows = self._db.execute(
                "SELECT address, labels FROM said WHERE generation = ? ORDER BY address", (self.generation,)
            ).fetchall()
        return {Address(address): tuple(Label(**one) for one in json.loads(labels)) for address, labels in rows}

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    # --- runs

    def ask(self, question: Mapping[str, Any]) -> None:
        """Write down what the user decided, where it is not what the journal says last."""
        with self._guarded(), self._transaction():
            self.journal.decide(question)

    def begin_run(
        self,
        version: str,
        arguments: Sequence[str],
        inputs: Mapping[str, str],
        packages: Mapping[str, str] = {},
        lists: Mapping[str, str] = {},
    ) -> int:
        """Record that a run began, and which lists and files of the user's are others than at the last one.

        ``inputs`` has digests of the user's files by name, and the version of Python.
        """
        files = {name: sha256 for name, sha256 in inputs.items() if name not in NOT_FILES}
        inputs = {**inputs, "packages": "sha256:" + lock(packages)}
        with self._guarded(), self._transaction():
            cursor = self._db.execute(
                "INSERT INTO run (generation, version, arguments, inputs, started_at) VALUES (?, ?, ?, ?, ?)",
                (
                    self.generation,
                    version,
                    json.dumps(list(arguments)),
                    json.dumps(inputs, sort_keys=True),
                    self._now(),
                ),
            )
            number = int(cursor.lastrowid or 0)
            self.set_meta(packages_name(inputs["packages"]), json.dumps(dict(packages), sort_keys=True))
            self.journal.take(lists, files)
            said = {name: inputs.get(name, "") for name in NOT_FILES}
            self.journal.add("run", {"run": number, "version": version, **said, "arguments": named(arguments)})
        return number

    def fail_run(self, number: int, key: str) -> None:
        """Record that a run ended in an error; where even that cannot be written, the run has no end."""
        with suppress(CaseError), self._guarded(), self._transaction():
            self.journal.add("failed", {"run": number, "key": key})

    def packages(self, run: RunRow) -> dict[str, str]:
        """Name to version of every package a run was made with; empty for one from before they were recorded."""
        return dict(json.loads(self.meta(packages_name(run.inputs.get("packages", ""))) or "{}"))

    def end_run(
        self,
        number: int,
        exit_code: int,
        result: str | None,
        said: Mapping[Address, Sequence[Label]] | None = None,
        lists: Mapping[str, str] | None = None,
    ) -> None:
        """Record how a run ended, the document it made, and what labels said of whom, with their lists' digests."""
        sha256 = None if result is None else digest(result.encode())
        with self._guarded(), self._transaction():
            self._save_labels(said or {})
            self.set_meta(f"lists.{self.generation}", json.dumps(lists or {}, sort_keys=True))
            self._db.execute(
                "UPDATE run SET finished_at = ?, exit_code = ?, result = ?, result_sha256 = ? WHERE id = ?",
                (self._now(), exit_code, result, sha256, number),
            )
            if sha256 is not None:
                ended = {"run": number, "exit_code": exit_code, "sha256": sha256, "answers": self.journal.answers()}
                self.journal.add("result", ended)

    def last_result(self) -> RunRow | None:
        """The newest run that left a result. Raises `Tampered` when that document was changed."""
        with self._guarded():
            row = self._db.execute(
                f"SELECT {RUN_COLUMNS} FROM run WHERE result IS NOT NULL ORDER BY id DESC LIMIT 1"  # noqa: S608
            ).fetchone()
        if row is None:
            return None
        run = run_row(row)
        if run.result is None or digest(run.result.encode()) != run.result_sha256:
            raise Tampered("error.result_changed", number=run.number, file=self.path)
        return run
