"""The store of a watch, cut off anywhere: it stands before a step or after it, never between, and goes on."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.tracer.watch.watch_values import CHAIN, MULE, TOKEN, base, begun, cursor, keep, notice, stand, step, target
from tracer.errors import CaseError, Tampered
from tracer.watch.model import CONFIRMED, PROVISIONAL
from tracer.watch.state import Sense, Step
from tracer.watch.store import DATABASE, WatchStore, open_watch

REPOSITORY = Path(__file__).parents[3]
ACCOUNT = (CHAIN, str(MULE), str(TOKEN))


class Failing:
    """A database in which one statement fails, COMMIT among them; the others do what they do."""

    def __init__(self, db: sqlite3.Connection, left: int) -> None:
        self.db, self.left = db, left

    def _once(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise sqlite3.OperationalError("database or disk is full")

    def execute(self, query: str, *values: Any) -> sqlite3.Cursor:
        if query != "ROLLBACK":
            self._once()
        return self.db.execute(query, *values)

    def executemany(self, query: str, rows: Any) -> sqlite3.Cursor:
        self._once()
        return self.db.executemany(query, rows)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.db, name)


def dump(store: WatchStore) -> list[str]:
    """Everything the file holds."""
    return list(store._db.iterdump())


def acts(store: WatchStore) -> dict[str, Callable[[], object]]:
    """Whatever writes, each on a store that has been written to."""
    (waiting,) = store.due(2**40)[:1]
    other = {ACCOUNT: stand(9)}
    told = [(notice(50), PROVISIONAL), (notice(2), CONFIRMED)]
    return {
        "commit": lambda: store.commit(step(2, keep(store, 2))),
        "rebase": lambda: store.rebase(1, base()._replace(generation=9), other, 9, told),
        "rewind": lambda: store.rewind(CHAIN, cursor(0), told),
        "set_sense": lambda: store.set_sense(Sense(CHAIN, 5, "x"), told),
        "tell": lambda: store.tell(told),
        "unsent": lambda: store.unsent(waiting, "busy", 7),
        "remove": lambda: store.remove(1),
        "add": lambda: void(store.add(target("other"))),
        "prune": lambda: void(store.prune(2**33)),
    }


def _refused(store: WatchStore, one: Step) -> CaseError | None:
    try:
        store.commit(one)
    except CaseError as failure:
        return failure
    return None


def void(_: object) -> None:
    """Nothing."""


@pytest.mark.parametrize(
    "name", ["commit", "rebase", "rewind", "set_sense", "tell", "unsent", "remove", "add", "prune"]
)
def test_a_failing_statement_changes_nothing(tmp_path: Path, name: str) -> None:
    """Whichever statement of a write fails, the file is as before, the error is a case's, and the next try succeeds."""
    with open_watch(tmp_path) as store:
        store.clock = lambda: 100
        begun(store, "ear").spend("etherscan", "2000-01-01", 1)
        store.commit(step(1, keep(store, 1)))
        act, before, db = acts(store)[name], dump(store), store._db
        for left in range(1_000):
            store._db = store.evidence._db = Failing(db, left)  # type: ignore[assignment]
            try:
                act()
            except CaseError:
                store._db = store.evidence._db = db
                assert dump(store) == before
            else:
                break
        store._db = store.evidence._db = db
        assert left > 2
        assert dump(store) != before


def test_a_step_that_is_interrupted_anywhere_leaves_nothing(tmp_path: Path) -> None:
    """Stopped in the middle of a statement, anywhere: the file is as before, until one try gets through."""
    with open_watch(tmp_path) as store:
        store.clock = lambda: 100
        begun(store, "ear").commit(step(1, keep(store, 1)))
        before, raw = dump(store), keep(store, 2)
        found = [before]
        for place in range(1, 100_000, 3):
            countdown = iter([False] * place + [True])
            store._db.set_progress_handler(partial(next, countdown, False), 1)
            failure = _refused(store, step(2, raw))
            store._db.set_progress_handler(None, 0)
            found.append(dump(store))
            if failure is None:
                break
        after = found[-1]
        assert before != after
        assert all(one in (before, after) for one in found)
        assert len(found) > 100
        assert store.cursor(CHAIN) == cursor(2, 3)
        assert store.check() == 2


CHILD = """
import sys
from pathlib import Path
from tests.tracer.watch.watch_values import CHAIN, begun, keep, step
from tracer.watch.model import CRITICAL
from tracer.watch.store import open_watch

with open_watch(Path(sys.argv[1])) as store:
    if store.cursor(CHAIN) is None:
        begun(store)
    store.channels = {"ear": frozenset({CRITICAL})}
    number = store.cursor(CHAIN).final.number
    print("ready", flush=True)
    while True:
        number += 1
        with store.evidence.reading(CHAIN):
            keep(store, number)
            store.commit(step(number, keep(store, number, b"body")))
        for told in store.due(2**40):
            store.sending(told)
            store.sent(told, number)
"""


@pytest.mark.parametrize("seed", range(3))
def test_killed_anywhere_nothing_is_half(tmp_path: Path, seed: int) -> None:
    """Killed with SIGKILL at random moments, the store holds whole steps only, and the next start goes on from them."""
    dice, reached = random.Random(seed), 0
    for _ in range(2):
        command = [sys.executable, "-c", CHILD, str(tmp_path)]
        child = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE)
        assert child.stdout is not None
        child.stdout.readline()
        try:
            child.wait(0.05 + 0.3 * dice.random())
        except subprocess.TimeoutExpired:
            os.kill(child.pid, signal.SIGKILL)
        child.stdout.close()
        assert child.wait() == -signal.SIGKILL
        with open_watch(tmp_path) as store:
            at = store.cursor(CHAIN)
            assert at is not None
            final = at.final.number
            assert final > reached
            reached = final
            assert len(store.sights(CHAIN)) == len(store.changes(CHAIN)) == final
            assert len(store.early(CHAIN)) == 1
            assert store.stands(1)[ACCOUNT] == stand(final)
            assert store.origins(1) == final
            assert [one.status for one in store.log()] == [CONFIRMED] * final + [PROVISIONAL]
            assert store.check() == final
            (quiet,) = store._rows("SELECT sum(number) FROM quiet")
            assert (quiet[0] or 0) >= final - 2


def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    """On a full disk a step fails as an error of the case; once there is room the same step is written."""
    with open_watch(tmp_path) as store:
        begun(store, "ear")
        pages = store._db.execute("PRAGMA page_count").fetchone()[0]
        store._db.execute(f"PRAGMA max_page_count = {pages + 20}")
        number = 1
        while (failure := _refused(store, step(number, keep(store, number, os.urandom(900))))) is None:
            number += 1
        assert not isinstance(failure, Tampered)
        assert store.cursor(CHAIN) == cursor(number - 1, number)
        assert store.undelivered() == number
    with open_watch(tmp_path) as store:
        assert store.cursor(CHAIN) == cursor(number - 1, number)
        store.commit(step(number, keep(store, number)))
        assert (len(store.sights(CHAIN)), store.check()) == (number, number)


def test_a_step_that_failed_is_written_with_its_answers(tmp_path: Path) -> None:
    """A step that could not be written is tried again by the same process, and its answers are there with it."""
    with open_watch(tmp_path) as store:
        begun(store)
        raw = keep(store, 1, b"body")
        store.spend("etherscan", "2026-01-01", 1)
        store._db.execute("PRAGMA query_only = ON")
        with pytest.raises(CaseError):
            store.commit(step(1, raw))
        store._db.execute("PRAGMA query_only = OFF")
        store.commit(step(1, raw))
        assert store.evidence.stored(raw).body == b"body"
        assert store._rows("SELECT requests FROM spent") == [(1,)]


def test_two_watches_do_not_run_in_one_folder(tmp_path: Path) -> None:
    """A second watch is refused; reading, and changing the list beside it, are not; afterwards there is room again."""
    with open_watch(tmp_path) as store:
        with pytest.raises(CaseError, match="already"), open_watch(tmp_path):
            pass
        with open_watch(tmp_path, beside=True) as other:
            other.add(target())
        with open_watch(tmp_path, reading=True) as reader:
            assert len(reader.targets()) == len(store.targets()) == 1
    with open_watch(tmp_path) as store:
        assert len(store.targets()) == 1


def test_a_folder_that_is_none_is_a_clear_error(tmp_path: Path) -> None:
    """Where a file stands in the way the error is one of the case."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(CaseError), open_watch(tmp_path / "file" / "watch"):
        pass


def test_readers_see_whole_steps_while_a_watch_writes(tmp_path: Path) -> None:
    """Whoever reads while another process writes sees as many payments as blocks, and never waits for long."""
    with open_watch(tmp_path) as store:
        begun(store)
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(tmp_path)], cwd=REPOSITORY, stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.readline()
    try:
        seen = set()
        for _ in range(60):
            with open_watch(tmp_path, reading=True) as store:
                store._db.execute("BEGIN")
                at = store.cursor(CHAIN)
                assert at is not None
                assert len(store.sights(CHAIN)) == at.final.number
                store._db.execute("COMMIT")
                seen.add(at.final.number)
        assert len(seen) > 1
        with open_watch(tmp_path, beside=True) as store:
            store.add(target("added meanwhile"))
    finally:
        os.kill(child.pid, signal.SIGKILL)
        child.stdout.close()
        child.wait()


def test_ten_thousand_quiet_commits_keep_the_file_flat(tmp_path: Path) -> None:
    """A month in which nothing happens leaves file, log and waiting answers as small as its first day does."""

    def live(store: WatchStore, numbers: range) -> int:
        for number in numbers:
            now = 1_700_000_000 + 270 * number
            store.clock = lambda now=now: now  # type: ignore[misc]
            with store.evidence.reading(CHAIN):
                keep(store, number, b"{" + b"x" * 3_000)
                store.spend("etherscan", str(number // 320), 1)
                store.commit(Step(CHAIN, cursor(number, number + 1)))
        store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return (tmp_path / DATABASE).stat().st_size

    with open_watch(tmp_path) as store:
        begun(store)
        store._db.execute("PRAGMA synchronous = OFF")  # what is measured is size
        day = live(store, range(320))
        month = live(store, range(320, 10_000))
        assert month <= day + 16_384, (day, month)
        assert not store.evidence._waiting
        assert not store.evidence._files
        assert (tmp_path / f"{DATABASE}-wal").stat().st_size == 0
        assert store._rows("SELECT sum(number) FROM quiet") == [(9_999,)]  # the last waits for the next step
