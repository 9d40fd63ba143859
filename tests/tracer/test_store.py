"""The case database: what was answered is there for good, and what was changed is noticed."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from chains.http import Ask, Endpoint, Verdict
from chains.http import Kind as AnswerKind
from chains.model import Address, Coverage, Gap, Kind, Page, Position, Transfer
from chains.reader import History
from tests.strategies import CHAIN, transfer
from tracer.errors import CaseError, Tampered
from tracer.labels import Label
from tracer.store import Store
from tracer.store_rows import digest

REPOSITORY = Path(__file__).parents[2]
OK = Verdict(AnswerKind.OK)


def question(number: int) -> Ask:
    """A question with a number in it."""
    endpoint = Endpoint(
        "etherscan", "https://host.example:8443/v2/api?key=x", 5, secret_params={"apikey": "CANARY-KEY"}
    )
    return Ask(endpoint, lambda *_: OK, params={"n": str(number)})


def store_of(path: Path, *, offline: bool = False) -> Store:
    """A store whose clock stands still."""
    return Store(path, offline=offline, now=lambda: "2026-01-01T00:00:00Z")


def keep(store: Store, number: int, body: bytes = b"{}") -> int:
    """Keep one good answer."""
    return store.keep(question(number), 200, {"content-type": "application/json"}, body, OK)


def history_of(*rows: Transfer) -> History:
    """A history of one page."""
    history = History()
    history.add("etherscan", Page(rows, (1,) * len(rows), Coverage(0, None)))
    return history


def test_answers_are_found_again(tmp_path: Path) -> None:
    """An answer is found by its question, as it was, also after the case was closed; the newest one counts."""
    store = store_of(tmp_path / "case.sqlite")
    keep(store, 1, b"first")
    second = keep(store, 1, "später ☃".encode())
    store.close()
    store = store_of(tmp_path / "case.sqlite")
    found = store.find(question(1).key)
    assert found is not None
    assert (found.raw, found.status, found.body.decode(), found.kind) == (second, 200, "später ☃", "ok")
    assert store.find(question(2).key) is None
    assert store.check_all() == 2
    store.close()


def test_no_key_in_the_file(tmp_path: Path) -> None:
    """Neither a secret parameter nor the path and query of a base URL reaches the file."""
    store = store_of(tmp_path / "case.sqlite")
    keep(store, 1)
    store.close()
    whole = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"CANARY" not in whole
    assert b"key=x" not in whole
    assert b"https://host.example:8443" in whole


KILLED = """
import os, sys
from pathlib import Path
sys.path.insert(0, {repository!r})
from tests.tracer.test_store import keep, store_of
store = store_of(Path({path!r}))
number = 0
while True:
    keep(store, number, b'{{"answer": %d}}' % number)
    os.write(1, b"%d\\n" % number)
    number += 1
"""


def test_kill_in_the_middle_loses_nothing(tmp_path: Path) -> None:
    """After kill -9 every answer that was kept is there, whole, and the case opens without repair."""
    path = tmp_path / "case.sqlite"
    script = KILLED.format(repository=str(REPOSITORY), path=str(path))
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=REPOSITORY) as process:
        assert process.stdout is not None
        last = -1
        for line in process.stdout:
            last = int(line)
            if last >= 200:
                os.kill(process.pid, signal.SIGKILL)
                break
        last = max([last, *(int(line) for line in process.stdout.read().split(b"\n")[:-1])])
    store = store_of(path)
    assert store.check_all() >= last + 1
    for number in range(last + 1):
        found = store.find(question(number).key)
        assert found is not None
        assert found.body == b'{"answer": %d}' % number
    store.close()


@pytest.mark.parametrize("place", [0, 7, 14])
def test_a_changed_byte_is_noticed(tmp_path: Path, place: int) -> None:
    """One changed byte of an answer is noticed when it is read and when everything is checked."""
    path = tmp_path / "case.sqlite"
    store = store_of(path)
    number = keep(store, 1, b'{"amount":"10"}')
    store.close()
    body = bytearray(b'{"amount":"10"}')
    body[place] ^= 1
    with sqlite3.connect(path) as database:
        database.execute("UPDATE raw SET body = ? WHERE id = ?", (zlib.compress(bytes(body)), number))
    store = store_of(path, offline=True)
    with pytest.raises(Tampered):
        store.find(question(1).key)
    with pytest.raises(Tampered):
        store.check_all()
    store.close()


def test_a_body_that_is_no_longer_packed_is_noticed(tmp_path: Path) -> None:
    """Bytes that cannot even be unpacked are tampering, not a crash."""
    path = tmp_path / "case.sqlite"
    store = store_of(path)
    number = keep(store, 1)
    store._db.execute("UPDATE raw SET body = ? WHERE id = ?", (b"rubbish", number))
    with pytest.raises(Tampered):
        store.raw(number)
    store.close()


def test_a_missing_answer_is_noticed(tmp_path: Path) -> None:
    """An answer that a transfer points to and that is gone is tampering."""
    store = store_of(tmp_path / "case.sqlite")
    with pytest.raises(Tampered):
        store.raw(42)
    store.close()


@pytest.mark.parametrize("damage", ["head", "middle", "not a database"])
def test_a_damaged_file_is_noticed(tmp_path: Path, damage: str) -> None:
    """A database file with overwritten pages is reported as damaged, with exit code 5, whichever part was hit."""
    path = tmp_path / "case.sqlite"
    store = store_of(path)
    for number in range(400):
        keep(store, number, os.urandom(600))
    store.close()
    data = bytearray(path.read_bytes())
    if damage == "head":
        data[0:64] = b"\x00" * 64
    elif damage == "middle":
        data[4096:] = bytes(value ^ 0x5A for value in data[4096:])
    else:
        data = bytearray(b"this is a text file, and a long one " * 200)
    path.write_bytes(bytes(data))
    with pytest.raises(Tampered) as noticed:
        store_of(path).check_all()
    assert noticed.value.exit_code == 5


def test_a_full_disk_is_one_clear_error(tmp_path: Path) -> None:
    """When the disk is full, keeping fails with a case error, and what was kept before is there."""
    path = tmp_path / "case.sqlite"
    store = store_of(path)
    store._db.execute("PRAGMA max_page_count = 30")
    kept = 0

    def fill() -> None:
        nonlocal kept
        while True:
            keep(store, kept, os.urandom(900))
            kept += 1

    with pytest.raises(CaseError) as full:
        fill()
    assert not isinstance(full.value, Tampered)
    assert kept > 0
    store.close()
    store = store_of(path)
    assert store.check_all() == kept
    store.close()


def test_a_full_disk_leaves_no_half_history(tmp_path: Path) -> None:
    """A history that does not fit is rolled back whole."""
    path = tmp_path / "case.sqlite"
    store = store_of(path)
    store._db.execute("PRAGMA max_page_count = 20")
    rows = [transfer(n, "a" * 40, "b" * 40, n + 1) for n in range(2_000)]
    with pytest.raises(CaseError):
        store.save_history(CHAIN, "a" * 40, "native", history_of(*rows))
    assert store._db.execute("SELECT count(*) FROM transfer").fetchone() == (0,)
    assert store._db.execute("SELECT count(*) FROM coverage").fetchone() == (0,)
    store.close()


def test_refresh_asks_anew_and_keeps_the_old(tmp_path: Path) -> None:
    """A refresh forgets which answers are current but keeps them as evidence; counts are of the new generation."""
    path = tmp_path / "case.sqlite"
    store = store_of(path)
    keep(store, 1)
    store.save_history(CHAIN, "A", "native", history_of(transfer(1, "A", "B", 5)))
    store.refresh()
    assert store.find(question(1).key) is None
    assert store.count_requests() == 0
    assert store._db.execute("SELECT count(*) FROM transfer").fetchone() == (0,)
    keep(store, 1, b"new")
    store.close()
    store = store_of(path)
    found = store.find(question(1).key)
    assert found is not None
    assert found.body == b"new"
    assert store.generation == 2
    assert store.check_all() == 2
    store.close()


def test_questions_not_asked_do_not_count(tmp_path: Path) -> None:
    """Only questions that a source answered count, so that a source that is gone changes no result."""
    store = store_of(tmp_path / "case.sqlite")
    keep(store, 1)
    store.keep(question(2), None, {}, b"", Verdict(AnswerKind.DOWN, "not asked again after it failed"))
    store.keep(question(3), None, {}, b"", Verdict(AnswerKind.DOWN, "ConnectError"))
    assert store.count_requests() == 1
    store.close()


def test_positions_only_get_more_settled(tmp_path: Path) -> None:
    """A place once known is never forgotten for an unknown one, and an unknown one is learnt."""
    store = store_of(tmp_path / "case.sqlite")
    known = transfer(1, "A", "B", 5, kind=Kind.TOKEN)._replace(position=Position(1, 4, Kind.TOKEN, (7,)))
    unknown = known._replace(position=Position(1, -1, Kind.TOKEN, ()))
    for rows in ((unknown,), (known,), (unknown,)):
        store.save_history(CHAIN, "A", "native", history_of(*rows))
    assert positions(store) == ["1:4:3:7"]
    store.save_history(CHAIN, "A", "native", history_of(unknown._replace(nth=1)))
    store.save_positions([(known._replace(nth=1, position=Position(1, 4, Kind.TOKEN, (9,))), 3)])
    assert positions(store) == ["1:4:3:7", "1:4:3:9"]
    store.close()


def positions(store: Store) -> list[str]:
    """Every stored position."""
    return [row[0] for row in store._db.execute("SELECT position FROM transfer ORDER BY nth")]


def test_one_transfer_seen_twice_is_one_row(tmp_path: Path) -> None:
    """The same transfer in both ends' histories is one row; two equal rows of a transaction are two."""
    store = store_of(tmp_path / "case.sqlite")
    one = transfer(1, "A", "B", 5)
    store.save_history(CHAIN, "A", "native", history_of(one, one._replace(nth=1)))
    store.save_history(CHAIN, "B", "native", history_of(one))
    assert store._db.execute("SELECT count(*) FROM transfer").fetchone() == (2,)
    store.close()


def test_amounts_beyond_64_bits_are_kept(tmp_path: Path) -> None:
    """An amount of 2²⁵⁶ − 1 is stored to the unit."""
    store = store_of(tmp_path / "case.sqlite")
    store.save_history(CHAIN, "A", "native", history_of(transfer(1, "A", "B", 2**256 - 1)))
    assert store._db.execute("SELECT amount FROM transfer").fetchone() == (str(2**256 - 1),)
    store.close()


def test_why_a_history_ended_is_kept(tmp_path: Path) -> None:
    """Coverage says from which source and, when reading ended early, why."""
    store = store_of(tmp_path / "case.sqlite")
    history = history_of(transfer(1, "A", "B", 5))
    history.gap = Gap("history", "A", "the source went away")
    store.save_history(CHAIN, "A", "native", history)
    assert store._db.execute("SELECT source, ended FROM coverage").fetchall() == [("etherscan", "the source went away")]
    store.close()


def test_labels_are_kept_with_the_result_they_made(tmp_path: Path) -> None:
    """The labels in the case are those of the newest run, not of every run together; a case of old says it has none."""
    store = store_of(tmp_path / "case.sqlite")
    assert store.said() is None
    for entity in ("Old", "New"):
        run = store.begin_run("1.0", [], {})
        kept = Label(CHAIN, Address("A"), entity, "exchange", "test", "", 90, role="hot", valid_to="2025")
        store.end_run(run, 0, "{}\n", {Address("A"): (kept,), Address("B"): ()}, {"pack": "sha256:1"})
    assert store.said() == {Address("A"): (kept,), Address("B"): ()}
    assert store.lists() == {"pack": "sha256:1"}
    store.close()


def test_runs_and_results(tmp_path: Path) -> None:
    """The newest result is found with what it was made from; a run without one is passed over; changes are noticed."""
    store = store_of(tmp_path / "case.sqlite")
    assert store.last_result() is None
    first = store.begin_run("1.0", ["trace", "A"], {"labels.csv": "sha256:1"}, {"click": "8.5.1"})
    store.end_run(first, 3, "{}\n")
    store.begin_run("1.0", ["trace", "A"], {})
    found = store.last_result()
    assert found is not None
    assert (found.number, found.exit_code, found.arguments, found.result) == (first, 3, ("trace", "A"), "{}\n")
    assert found.inputs == {"labels.csv": "sha256:1", "packages": digest(b"click==8.5.1\n")}
    assert store.packages(found) == {"click": "8.5.1"}
    store._db.execute("UPDATE run SET result = '{ }' WHERE id = ?", (first,))
    with pytest.raises(Tampered):
        store.last_result()
    store.close()


def test_digest_names_its_algorithm() -> None:
    """A digest is SHA-256 and says so."""
    assert digest(b"") == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """A database that cannot be made is a case error."""
    with pytest.raises(CaseError):
        store_of(tmp_path / "none" / "case.sqlite")


def test_half_a_character_in_an_error_is_no_end(tmp_path: Path) -> None:
    """What an API says went wrong is kept as far as it can be."""
    store = store_of(tmp_path / "case.sqlite")
    number = store.keep(question(2), 200, {}, b"{}", Verdict(AnswerKind.DOWN, "bad \ud800"))
    assert store.raw(number).detail == "bad ?"
    store.close()
