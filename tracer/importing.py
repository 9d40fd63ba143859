"""A bundle as a case on this machine: to go on with it, to trace it with other settings, to print its papers.

Everything is looked at before anything is made, and what is made becomes a case in one step, or not at all. What the
bundle hands over are answers and what was recorded; that its result follows from them is worked out here again
(`tracer.session.verify_case`), so an imported case rests on the answers and not on what the bundle says of them.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from tracer import incoming_rows as rows
from tracer.bundle.manifest import MANIFEST
from tracer.case import DATABASE, QUESTION_FILE, parse_question, plain_question
from tracer.document_read import from_document
from tracer.errors import CaseError, ConfigError, SecretRefused, Tampered, UsageError
from tracer.incoming import Bundle, shown
from tracer.journal import Entry, fault
from tracer.question import Question
from tracer.secrets import find_secret
from tracer.store import Store
from tracer.store_rows import TRANSFER, digest

LABELS: Final = "labels/"

_RUN: Final = (
    "INSERT INTO run (id, generation, version, arguments, inputs, started_at, finished_at, exit_code, result_sha256)"
    " VALUES (:id, :generation, :version, :arguments, :inputs, :started_at, :finished_at, :exit_code, :result_sha256)"
)
_RAW: Final = (
    "INSERT INTO raw (id, generation, question, endpoint, host, asked_at, status, headers, kind, detail, body, sha256)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


class State(NamedTuple):
    """What a bundle hands over besides answers and ledger, every value of the kind that belongs there.

    ``kept`` is the last run that left a result, the text of which is ``result``.
    """

    question: Question
    texts: dict[str, bytes]
    facts: dict[str, str]
    runs: list[dict[str, Any]]
    kept: dict[str, Any]
    result: str
    coverage: list[rows.Row]
    approvals: list[rows.Row]
    said: list[tuple[str, str]]
    journal: list[Entry]


@contextmanager
def _reading(bundle: Bundle, name: str) -> Iterator[None]:
    """Whatever does not fit in a file of the bundle is that file's fault, and said to be."""
    try:
        yield
    except (
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
        ArithmeticError,
        RecursionError,
        sqlite3.IntegrityError,
    ):
        raise ConfigError("error.import_row", file=bundle.path, name=shown(name)) from None


def state_of(bundle: Bundle) -> State:
    """What a bundle hands over, looked at.

    Raises:
        ConfigError: a file that is missing, or not as the format has it.
        SecretRefused: a file holds a private key or mnemonic.
        Tampered: the journal or the result is not what it was when written.
    """
    texts = {name: bundle.read(name) for name in sorted(bundle.sizes) if name.startswith(LABELS)}
    texts[QUESTION_FILE] = bundle.read(QUESTION_FILE)
    for name, data in texts.items():
        if find_secret(data.decode(errors="replace"), allow_hash=True):
            raise SecretRefused("error.secret_in_file", file=shown(name))
    state, labels, result = bundle.json("state.json"), bundle.json("labels.json"), bundle.read("trace.json")
    with _reading(bundle, "state.json"):
        facts, runs = rows.facts(state["meta"]), [rows.run(one) for one in state["runs"]]
        kept = [one for one in runs if one["result_sha256"] is not None][-1]
        coverage, approvals = list(rows.covered(state["coverage"])), list(rows.approved(state["approvals"]))
    with _reading(bundle, "labels.json"):
        said = list(rows.said(labels))
    with _reading(bundle, "journal.jsonl"):
        journal = [rows.entry(one) for one in bundle.lines("journal.jsonl")]
    with _reading(bundle, "trace.json"):
        text = result.decode()
        from_document(text)
    wrong = fault(journal)
    if wrong is not None:
        raise Tampered("error.journal_entry", number=wrong, file=bundle.path)
    if digest(result) != kept["result_sha256"]:
        raise Tampered("error.import_changed", file=bundle.path, name="trace.json")
    return State(_question(bundle, texts), texts, facts, runs, kept, text, coverage, approvals, said, journal)


def _question(bundle: Bundle, texts: dict[str, bytes]) -> Question:
    """The question of a bundle, which may name no file but the bundle's own."""
    with _reading(bundle, QUESTION_FILE):
        question = parse_question(texts[QUESTION_FILE].decode(), Path(QUESTION_FILE))
        if not question.victims:
            raise ValueError
    outside = sorted(set(question.labels) - {name for name in texts if name.startswith(LABELS)})
    if outside:
        raise ConfigError("error.import_outside", file=bundle.path, name=shown(outside[0]))
    return question


def take_in(bundle: Bundle, state: State, folder: Path) -> int:
    """Make a bundle a case in a new folder, and return the number of its answers.

    Raises:
        UsageError: there is something already.
        CaseError: the folder cannot be written.
        ConfigError, Tampered: as `state_of`; nothing is left behind.
    """
    if os.path.lexists(folder):
        raise UsageError("error.import_there", folder=folder)
    aside = folder.with_name(f".{folder.name}.{os.getpid()}")
    try:
        for name, data in state.texts.items():
            file = aside.joinpath(*name.split("/"))
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        with closing(Store(aside.joinpath(DATABASE))) as store:
            count = _fill(store, bundle, state)
        aside.rename(folder)
    except OSError as failure:
        raise CaseError("error.folder", folder=folder, why=failure.strerror) from None
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return count


def _fill(store: Store, bundle: Bundle, state: State) -> int:
    with store.writing() as db:
        db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", state.facts.items())
        with _reading(bundle, "answers.jsonl"):
            db.executemany(_RAW, _answers(bundle))
        with _reading(bundle, "ledger.jsonl"):
            db.executemany(TRANSFER, map(rows.transfer, bundle.lines("ledger.jsonl")))
            _each_from_an_answer(db)
        with _reading(bundle, "labels.json"):
            generation = state.kept["generation"]
            db.executemany("INSERT INTO said VALUES (?, ?, ?)", ((generation, *one) for one in state.said))
        with _reading(bundle, "state.json"):
            db.executemany("INSERT INTO coverage VALUES (?, ?, ?, ?, ?, ?, ?, ?)", state.coverage)
            db.executemany("INSERT INTO approval VALUES (?, ?, ?, ?, ?, ?, ?, ?)", state.approvals)
            db.executemany(_RUN, state.runs)
            db.execute("UPDATE run SET result = ? WHERE id = ?", (state.result, state.kept["id"]))
        if state.journal:
            store.journal.restore(state.journal)
        store.journal.check()
        if not state.journal:
            store.journal.decide(plain_question(state.question))
        store.journal.add("import", {"manifest": hashlib.sha256(bundle.read(MANIFEST)).hexdigest()})
        (count,) = db.execute("SELECT count(*) FROM raw").fetchone()
    return int(count)


def _answers(bundle: Bundle) -> Iterator[rows.Row]:
    for value in bundle.lines("answers.jsonl"):
        *row, sha256 = rows.answer(value)
        body = bundle.read(f"raw/{sha256}")
        if digest(body) != f"sha256:{sha256}":
            raise Tampered("error.import_changed", file=bundle.path, name=f"raw/{sha256}")
        yield (*row, zlib.compress(body, 6), digest(body))


def _each_from_an_answer(db: sqlite3.Connection) -> None:
    if db.execute("SELECT 1 FROM transfer WHERE raw NOT IN (SELECT id FROM raw) LIMIT 1").fetchone():
        raise LookupError
