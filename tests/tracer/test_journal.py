"""The journal: whatever is done to its entries is found, and it says what was decided, taken in and run."""

from __future__ import annotations

import asyncio
import hashlib
import json
import sqlite3
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracer.deposit_cases import reading
from tests.tracer.small_world import CONFIG, SmallWorld, no_prices, trace
from tests.tracer.test_store import keep, store_of
from tracer.case import open_case, plain_question, read_question
from tracer.errors import CaseError, NothingStolen, Tampered
from tracer.journal import START, Entry, answers_digest, entry, fault, known, named, taken
from tracer.session import trace_case, verify_case
from tracer.store import Store

TEXTS = st.text(max_size=8)
DIGESTS = st.sampled_from(["sha256:1", "sha256:2", "sha256:3"])
EVENTS = st.one_of(
    st.tuples(st.just("file"), st.fixed_dictionaries({"name": TEXTS, "sha256": DIGESTS})),
    st.tuples(st.just("failed"), st.fixed_dictionaries({"run": st.integers(1, 9), "key": TEXTS})),
    st.tuples(st.just("refresh"), st.fixed_dictionaries({"generation": st.integers(2, 9)})),
    st.tuples(
        st.just("labels"),
        st.fixed_dictionaries({"changed": st.dictionaries(TEXTS, st.tuples(st.none(), DIGESTS).map(list), max_size=2)}),
    ),
)


def journal_of(events: Sequence[tuple[str, dict[str, Any]]]) -> list[Entry]:
    """A sound journal of these events."""
    made: list[Entry] = []
    for number, (event, what) in enumerate(events):
        made.append(entry(made[-1] if made else None, f"2026-01-01T00:00:{number:02}Z", event, what))
    return made


JOURNALS = st.lists(EVENTS, min_size=2, max_size=8).map(journal_of)


@given(JOURNALS)
def test_a_sound_journal_has_no_fault(entries: list[Entry]) -> None:
    """Whatever it tells, a journal that nobody touched is sound, and so is every beginning of it."""
    assert fault(entries) is None
    assert fault([]) is None
    assert entries[0].before == START
    assert all(fault(entries[:count]) is None for count in range(len(entries)))


@given(JOURNALS, st.data())
def test_what_is_removed_is_found(entries: list[Entry], data: st.DataObject) -> None:
    """An entry taken from the beginning or the middle is missed at its place."""
    place = data.draw(st.integers(0, len(entries) - 2))
    assert fault(entries[:place] + entries[place + 1 :]) == place + 1


@given(JOURNALS, st.data())
def test_what_is_swapped_is_found(entries: list[Entry], data: st.DataObject) -> None:
    """Two entries in each other's place are found at the first of them, also with their numbers set right."""
    first = data.draw(st.integers(0, len(entries) - 2))
    second = data.draw(st.integers(first + 1, len(entries) - 1))
    entries[first], entries[second] = entries[second], entries[first]
    assert fault(entries) == first + 1
    assert fault([one._replace(n=number) for number, one in enumerate(entries, 1)]) == first + 1


@given(JOURNALS, EVENTS, st.data())
def test_what_is_inserted_is_found(entries: list[Entry], more: tuple[str, dict[str, Any]], data: st.DataObject) -> None:
    """An entry put between two others, however well made, breaks the chain right behind it."""
    place = data.draw(st.integers(1, len(entries) - 1))
    put_in = entry(entries[place - 1], "2026-01-01T00:00:00Z", *more)
    if put_in != entries[place]:
        assert fault([*entries[:place], put_in, *entries[place:]]) == place + 2


CHANGES: dict[str, Callable[[Entry], Entry]] = {
    "n": lambda one: one._replace(n=one.n + 1),
    "at": lambda one: one._replace(at="2025-01-01T00:00:00Z"),
    "event": lambda one: one._replace(event="refresh" if one.event != "refresh" else "failed"),
    "what": lambda one: one._replace(what={**one.what, "more": 1}),
    "before": lambda one: one._replace(before="1" * 64),
    "hash": lambda one: one._replace(hash=hashlib.sha256(one.hash.encode()).hexdigest()),
}


@pytest.mark.parametrize("field", CHANGES)
@given(entries=JOURNALS, data=st.data())
def test_what_is_changed_is_found(field: str, entries: list[Entry], data: st.DataObject) -> None:
    """A change of any field of any entry is found at that entry."""
    place = data.draw(st.integers(0, len(entries) - 1))
    entries[place] = CHANGES[field](entries[place])
    assert fault(entries) == place + 1


@given(JOURNALS, EVENTS, st.data())
def test_a_change_with_its_hash_is_found_at_the_next(
    entries: list[Entry], other: tuple[str, dict[str, Any]], data: st.DataObject
) -> None:
    """Whoever changes an entry and hashes it again has the next one against him."""
    place = data.draw(st.integers(0, len(entries) - 2))
    entries[place] = entry(entries[place - 1] if place else None, "2027-01-01T00:00:00Z", *other)
    assert fault(entries) == place + 2


@pytest.mark.parametrize(
    ("event", "what"),
    [
        ("gossip", {}),
        ("refresh", {}),
        ("refresh", {"generation": "2"}),
        ("refresh", {"generation": 2, "more": 1}),
        ("labels", {"changed": {"a": ["only one"]}}),
        ("question", {"changed": {"a": "no pair"}}),
        ("result", {"run": 1, "exit_code": 0, "sha256": "x", "answers": {"count": "1", "sha256": "x"}}),
    ],
)
def test_an_entry_of_no_known_shape_is_a_fault(event: str, what: dict[str, Any]) -> None:
    """A chain may be well linked and still hold what no version writes."""
    assert fault([entry(None, "2026-01-01T00:00:00Z", event, what)]) == 1


def test_the_hash_is_the_documented_one() -> None:
    """SHA-256 of the JSON without the hash: names sorted, no spaces, non-ASCII as it is."""
    made = entry(None, "2026-01-01T00:00:00Z", "file", {"sha256": "sha256:1", "name": "标签.csv"})
    text = (
        '{"at":"2026-01-01T00:00:00Z","before":"' + "0" * 64 + '","event":"file","n":1,'
        '"what":{"name":"标签.csv","sha256":"sha256:1"}}'
    )
    assert made.hash == hashlib.sha256(text.encode()).hexdigest()


def test_half_a_character_is_kept_as_far_as_it_can_be() -> None:
    """An argument that is no text is still an entry that can be written and hashed."""
    made = entry(None, "2026-01-01T00:00:00Z", "file", {"name": "a\udcff", "sha256": "x"})
    assert made.what["name"] == "a?"
    assert fault([made]) is None


def test_the_digest_of_answers_is_the_documented_one() -> None:
    """It is over the lines "NUMBER HEX" of the first so many answers; of more than there are, none."""
    found = answers_digest([(1, "sha256:aa"), (5, "bb")], [0, 1, 2, 3])
    assert found == {
        0: hashlib.sha256(b"").hexdigest(),
        1: hashlib.sha256(b"1 aa\n").hexdigest(),
        2: hashlib.sha256(b"1 aa\n5 bb\n").hexdigest(),
    }


def test_arguments_lose_their_paths() -> None:
    """Of a path only the file's name stays, of the case's folder nothing; addresses, settings and hosts stay."""
    given_ = ["0xab@0xcd", "--case", "/home/zhang/zhang-wei", "--labels=/a/b c.csv", "--labels", "C:\\x\\y.csv"]
    assert named(given_) == ["0xab@0xcd", "--case", "CASE", "--labels=b c.csv", "--labels", "y.csv"]
    assert named(["--case=zhang", "--endpoint", "rpc.1=https://host/…", "/"]) == [
        "--case=CASE", "--endpoint", "rpc.1=https://host/…", "/",
    ]  # fmt: skip


def test_lists_and_files_are_told_when_they_change() -> None:
    """A new, a changed and a lost list are one entry; a file is one each time it is another."""
    first = list(taken(known([]), {"a": "1", "b": "1"}, {"labels/x.csv": "1"}))
    assert first == [
        ("labels", {"changed": {"a": [None, "1"], "b": [None, "1"]}}),
        ("file", {"name": "labels/x.csv", "sha256": "1"}),
    ]
    then = known(journal_of(first))
    assert list(taken(then, {"a": "1", "b": "1"}, {"labels/x.csv": "1"})) == []
    assert list(taken(then, {"b": "2"}, {"labels/x.csv": "2"})) == [
        ("labels", {"changed": {"a": ["1", None], "b": ["1", "2"]}}),
        ("file", {"name": "labels/x.csv", "sha256": "2"}),
    ]


# --- in a case


def world() -> SmallWorld:
    """A theft of one payment."""
    made = SmallWorld()
    made.pay(10, "victim", "mule", 500)
    made.pay(20, "mule", "shop", 400)
    return made


def events(case: Path) -> list[tuple[str, Any]]:
    """What the journal of a case says."""
    with sqlite3.connect(case / "case.sqlite") as database:
        rows = database.execute("SELECT event, what FROM journal ORDER BY n").fetchall()
    database.close()
    return [(event, json.loads(what)) for event, what in rows]


def test_runs_and_decisions_are_told(tmp_path: Path) -> None:
    """Two runs with another limit between them: what was asked, taken in, run, and what came out."""
    trace(world(), tmp_path)
    trace(world(), tmp_path, max_hops=3)
    told = events(tmp_path / "case")
    assert [event for event, _ in told] == ["case", "file", "run", "result", "question", "run", "result"]
    asked = plain_question(read_question(tmp_path / "case/case.toml"))
    assert told[0][1] == {"question": {**asked, "max_hops": 50}, "runs": 0}
    assert told[4][1] == {"changed": {"max_hops": [50, 3]}}
    assert (told[3][1]["run"], told[6][1]["run"]) == (1, 2)


def test_a_setting_changed_by_hand_is_told_by_the_next_run(tmp_path: Path) -> None:
    """What a person writes into case.toml is a decision like any other; a file that is as before is told once."""
    trace(world(), tmp_path)
    file = tmp_path / "case/case.toml"
    file.write_text(file.read_text().replace("max_hops = 50", "max_hops = 7"))
    with reading(world()), open_case(tmp_path / "case") as case:
        asyncio.run(trace_case(case, case.question, CONFIG, transport=httpx.MockTransport(no_prices)))
    assert ("question", {"changed": {"max_hops": [50, 7]}}) in events(tmp_path / "case")
    assert [event for event, _ in events(tmp_path / "case")].count("file") == 1


def test_a_run_that_failed_says_by_what(tmp_path: Path) -> None:
    """Of an error only its key is kept: its values may name anything."""
    with pytest.raises(NothingStolen):
        trace(SmallWorld(), tmp_path)
    assert events(tmp_path / "case")[-1] == ("failed", {"run": 1, "key": "error.nothing_stolen"})


def test_a_refresh_is_told(tmp_path: Path) -> None:
    """Moving a case to now is an entry, written with it or not at all."""
    store = store_of(tmp_path / "case.sqlite")
    store.refresh()
    assert [(one.event, one.what) for one in store.journal.entries()] == [("refresh", {"generation": 2})]
    store.close()


def test_looking_at_a_case_writes_nothing(tmp_path: Path) -> None:
    """Verifying is no event, and finds the journal whole."""
    trace(world(), tmp_path)
    before = events(tmp_path / "case")
    with reading(world()), open_case(tmp_path / "case", offline=True) as case:
        found = asyncio.run(verify_case(case, CONFIG))
    assert (found.entries, len(found.head)) == (len(before), 64)
    assert events(tmp_path / "case") == before


def small_case(path: Path) -> Store:
    """A case with one answer and one run: entries of its creation, a file, the run and its result."""
    store = store_of(path)
    store.ask({"method": "fifo"})
    keep(store, 1)
    run = store.begin_run("1.0", ["trace"], {"labels/a.csv": "sha256:1"}, {"click": "8.5.1"})
    store.end_run(run, 0, "{}\n")
    return store


@pytest.fixture
def _limited() -> Iterator[None]:
    """Python's recursion limit as the program has it (chains/rpc_node.py); the lab's packages lift it."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(4_000)
    yield
    sys.setrecursionlimit(before)


TAMPERED = {
    "an entry": "UPDATE journal SET at = '2020-01-01T00:00:00Z' WHERE n = 2",
    "what an entry says": "UPDATE journal SET what = '{}' WHERE n = 3",
    "no JSON": "UPDATE journal SET what = '{' WHERE n = 3",
    "deep JSON": f"UPDATE journal SET what = '{'[' * 100_000}' WHERE n = 3",
    "the first": "DELETE FROM journal WHERE n = 1",
    "the middle": "DELETE FROM journal WHERE n = 2",
    "the end": "DELETE FROM journal WHERE n = 4",
    "all of it": "DELETE FROM journal",
    "all of it and its head": "DELETE FROM journal; DELETE FROM meta WHERE name = 'journal.head'",
    "a run": "INSERT INTO run (generation, version, arguments, inputs, started_at) VALUES (1, '', '[]', '{}', '')",
    "no run": "DELETE FROM run",
    "a result": "UPDATE run SET exit_code = 5",
    "its digest": "UPDATE run SET result_sha256 = 'sha256:1'",
    "an answer": "DELETE FROM raw WHERE id = 1",
    "an answer's digest": "UPDATE raw SET sha256 = 'sha256:1' WHERE id = 1",
    "an answer's number": "UPDATE raw SET id = 7",
}


@pytest.mark.usefixtures("_limited")
@pytest.mark.parametrize("what", TAMPERED)
def test_whatever_is_done_to_the_case_is_found(what: str, tmp_path: Path) -> None:
    """A changed, removed or added entry, run, result or answer is tampering, with exit code 5."""
    store = small_case(tmp_path / "case.sqlite")
    assert store.check_journal()[0] == 4
    store._db.executescript(TAMPERED[what])
    with pytest.raises(Tampered) as found:
        store.check_journal()
    assert found.value.exit_code == 5
    store.close()


@pytest.mark.parametrize("what", ["an entry", "no JSON", "the middle"])
def test_nothing_is_added_to_a_broken_journal(what: str, tmp_path: Path) -> None:
    """A run in a case whose journal was changed is refused: it would make the break look like the past."""
    store = small_case(tmp_path / "case.sqlite")
    store._db.executescript(TAMPERED[what])
    with pytest.raises(Tampered):
        store.begin_run("1.0", [], {})
    assert store._db.execute("SELECT count(*) FROM run").fetchone() == (1,)
    store.close()


def test_answers_after_a_result_are_no_fault(tmp_path: Path) -> None:
    """A run that was stopped leaves answers that no result speaks of."""
    store = small_case(tmp_path / "case.sqlite")
    keep(store, 2)
    store.begin_run("1.0", [], {})
    assert store.check_journal()[0] == 5
    store.close()


def test_a_case_from_before_journals_begins_one(tmp_path: Path) -> None:
    """Runs of old are counted when the journal begins, and none of them can be taken away unseen after that."""
    store = store_of(tmp_path / "case.sqlite")
    store._db.execute(
        "INSERT INTO run (generation, version, arguments, inputs, started_at) VALUES (1, '0.1', '[]', '{}', '')"
    )
    assert store.check_journal() == (0, "")
    store.ask({"method": "fifo"})
    store.end_run(store.begin_run("1.0", [], {}), 0, "{}\n")
    assert next((one.event, one.what.get("runs")) for one in store.journal.entries()) == ("case", 1)
    assert store.check_journal()[0] == 3
    store._db.execute("DELETE FROM run WHERE id = 1")
    with pytest.raises(Tampered):
        store.check_journal()
    store.close()


def test_an_entry_goes_with_what_it_speaks_of(tmp_path: Path) -> None:
    """Where the disk is full, neither a run nor its entry is there."""
    store = small_case(tmp_path / "case.sqlite")
    before = store.check_journal()
    pages = store._db.execute("PRAGMA page_count").fetchone()[0]
    store._db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(CaseError):
        store.begin_run("1.0", ["x" * 50_000], {})
    assert store.check_journal() == before
    store.close()
