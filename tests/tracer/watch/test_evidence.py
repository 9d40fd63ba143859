"""What a watch keeps of its answers: in full what told something, of the rest that it was asked, and never a secret."""

from __future__ import annotations

import asyncio
import hashlib
import os
import zlib
from pathlib import Path

import httpx
import pytest

from chains.http import Ask, Client, Endpoint, Kind, Verdict
from tests.tracer.watch.watch_values import CHAIN, OK, begun, cursor, keep, question, step
from tracer.errors import CaseError, Tampered
from tracer.watch.evidence import HOUR, IN_MEMORY
from tracer.watch.state import Step
from tracer.watch.store import WatchStore, open_watch


def quiet(store: WatchStore) -> list[tuple[object, ...]]:
    """What is known of answers that told nothing."""
    return store._rows("SELECT chain, kind, number FROM quiet ORDER BY day, chain, kind")


def test_nothing_is_answered_from_here(tmp_path: Path) -> None:
    """A question is put anew however often it was answered."""
    with open_watch(tmp_path) as store:
        raw = keep(begun(store), 1)
        store.commit(step(1, raw))
        assert store.evidence.find(question(1).key) is None
        assert store.evidence.offline is False


def test_an_answer_that_told_something_is_kept(tmp_path: Path) -> None:
    """The answer a step was read in is there as it came, with its question, its host and the digest of its body."""
    with open_watch(tmp_path) as store:
        begun(store).clock = lambda: 1_700_000_000
        keep(store, 1, b"nothing")
        raw = keep(store, 2, "später ☃\n{}".encode())
        store.commit(step(1, raw))
    with open_watch(tmp_path) as store:
        found = store.evidence.stored(raw)
        assert (found.status, found.headers, found.kind) == (200, {"content-type": "application/json"}, "ok")
        assert found.body == "später ☃\n{}".encode()
        rows = store._rows("SELECT id, question, endpoint, host, asked_at, sha256 FROM answer")
        digest = "sha256:" + hashlib.sha256(found.body).hexdigest()
        host = "https://host.example:8443"
        assert rows == [(raw, question(2).key, "etherscan", host, "2023-11-14T22:13:20Z", digest)]
        assert store.check() == 1
        assert keep(store, 3) > raw


def test_every_transfer_has_its_answer(tmp_path: Path) -> None:
    """What transfers and changes say they were read in is kept, even where a step forgets to name it."""
    with open_watch(tmp_path) as store:
        begun(store)
        store.commit(step(1, keep(store, 1))._replace(answers=frozenset()))
        assert store.check() == 1


def test_of_the_rest_only_counts_remain(tmp_path: Path) -> None:
    """Answers that told nothing, and failures, are counted by day, chain and kind, with times and a digest over all."""
    with open_watch(tmp_path) as store:
        begun(store)
        for at, body in ((1_700_000_000, b"one"), (1_700_000_500, b"two"), (1_700_086_400, b"three")):
            store.clock = lambda at=at: at  # type: ignore[misc]
            with store.evidence.reading(CHAIN):
                keep(store, 1, body)
                keep(store, 1, b"", Verdict(Kind.DOWN, "ReadTimeout"))
        store.beat(1)
        store.beat(2)
        one, two = ("sha256:" + hashlib.sha256(body).hexdigest() for body in (b"one", b"two"))
        both = "sha256:" + hashlib.sha256(f"{one} {two}".encode()).hexdigest()
        assert store._rows("SELECT * FROM quiet WHERE kind = 'ok'") == [
            ("2023-11-14", "etherscan", CHAIN, "ok", 2, 1_700_000_000, 1_700_000_500, both),
            ("2023-11-15", "etherscan", CHAIN, "ok", 1, 1_700_086_400, 1_700_086_400, _digest(b"three")),
        ]
        assert [row[2] for row in quiet(store)] == [2, 2, 1, 1]
        assert store._rows("SELECT * FROM answer") == []


def _digest(body: bytes) -> str:
    return "sha256:" + hashlib.sha256(body).hexdigest()


def test_counts_go_on_after_a_restart(tmp_path: Path) -> None:
    """What is counted on is what was counted before, with one digest over both."""
    digests = set()
    for cut in (False, True):
        folder = tmp_path / str(cut)
        for bodies in ([b"a"], [b"b", b"c"]) if cut else ([b"a", b"b", b"c"],):
            with open_watch(folder) as store:
                store.clock = lambda: 1_700_000_000
                for body in bodies:
                    keep(store, 1, body)
        with open_watch(folder, reading=True) as store:
            digests.add(store._rows("SELECT number, sha256 FROM quiet")[0])
    assert len(digests) == 1


def test_chains_wait_for_their_own_steps(tmp_path: Path) -> None:
    """A step of one chain settles nothing that another chain is still reading."""

    async def read(chain: str, store: WatchStore, turn: asyncio.Event, then: asyncio.Event) -> None:
        with store.evidence.reading(chain):
            await turn.wait()
            raw = await asyncio.create_task(_kept(store, chain))
            then.set()
            await asyncio.sleep(0)
            store.commit(Step(chain, cursor(1), answers=frozenset({raw})))
            assert store.evidence.stored(raw).body == chain.encode()

    async def both(store: WatchStore) -> None:
        first, second = asyncio.Event(), asyncio.Event()
        first.set()
        await asyncio.gather(read("a", store, first, second), read("b", store, second, asyncio.Event()))

    with open_watch(tmp_path) as store:
        asyncio.run(both(store))
        assert store._rows("SELECT chain FROM answer ORDER BY 1") == [("a",), ("b",)]


async def _kept(store: WatchStore, chain: str) -> int:
    return keep(store, 1, chain.encode())


def test_what_a_failed_look_rests_on_goes_on_waiting(tmp_path: Path) -> None:
    """Of a look that fails only the answers it names are held for the next one; all others are counted."""
    with open_watch(tmp_path) as store:
        begun(store)
        held = set[int]()

        def look() -> None:
            with store.evidence.reading(CHAIN, lambda: held):
                keep(store, 1)
                held.add(keep(store, 2, b"an opening balance"))
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            look()
        with store.evidence.reading(CHAIN, lambda: held):
            store.commit(Step(CHAIN, cursor(1), answers=frozenset(held)))
        assert [store.evidence.stored(raw).body for raw in held] == [b"an opening balance"]
        store.beat(1)
        assert quiet(store) == [(CHAIN, "ok", 1)]


def test_what_is_nobodys_waits_an_hour(tmp_path: Path) -> None:
    """Answers that were asked for no chain in particular wait at least an hour for a step that names them."""
    with open_watch(tmp_path) as store:
        begun(store).clock = lambda: 10 * HOUR + 3_599
        keep(store, 1)
        second = keep(store, 2)
        store.clock = lambda: 11 * HOUR + 3_599
        store.commit(Step(CHAIN, cursor(1), answers=frozenset({second})))
        assert quiet(store) == []
        store.clock = lambda: 12 * HOUR
        store.commit(Step(CHAIN, cursor(1)))
        store.beat(1)
        assert quiet(store) == [("", "ok", 1)]
        assert store.check() == 1


def test_large_answers_wait_on_disk(tmp_path: Path) -> None:
    """However much one stretch is told, little of it is in memory; none of it stays when it told nothing."""
    body = os.urandom(1 << 20)
    with open_watch(tmp_path) as store:
        begun(store)
        with store.evidence.reading(CHAIN):
            raws = [keep(store, number, body + bytes([number])) for number in range(IN_MEMORY // len(body) + 4)]
            (file,) = store.evidence._files.values()
            assert file._rolled  # type: ignore[attr-defined]
            store.commit(Step(CHAIN, cursor(1), answers=frozenset(raws[-2:-1])))
        assert store.evidence.stored(raws[-2]).body == body + bytes([raws[-2] - 1])
        assert not store.evidence._files
        assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 4 << 20


def test_a_full_disk_is_an_error_of_the_case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a waiting answer finds no room the look fails as one whose step finds none, and the next one is read."""

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with open_watch(tmp_path) as store:
        begun(store)
        with monkeypatch.context() as patched:
            patched.setattr("tracer.watch.evidence.SpooledTemporaryFile", full)
            with pytest.raises(CaseError, match="No space left"):
                keep(store, 1)
        store.commit(step(1, keep(store, 1)))
        assert store.check() == 1


@pytest.mark.parametrize("body", [b"", b"not compressed", zlib.compress(b"something else")])
def test_a_changed_answer_is_noticed(tmp_path: Path, body: bytes) -> None:
    """Bytes that are not what was stored are told as such."""
    with open_watch(tmp_path) as store:
        begun(store).commit(step(1, keep(store, 1)))
        store._db.execute("UPDATE answer SET body = ?", (body,))
        with pytest.raises(Tampered):
            store.check()


def test_a_missing_answer_is_noticed(tmp_path: Path) -> None:
    """A transfer whose answer is gone is told as such."""
    with open_watch(tmp_path) as store:
        begun(store).commit(step(1, keep(store, 1)))
        store._db.execute("DELETE FROM answer")
        with pytest.raises(Tampered):
            store.check()


def test_no_secret_is_kept(tmp_path: Path) -> None:
    """A client with a key in its questions and echoed in answers leaves no trace of it in the folder."""

    def echo(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, text=f'{{"you": "{request.url}"}}')

    endpoint = Endpoint("etherscan", "https://host.example/v2", 1_000, secret_params={"apikey": "CANARY-KEY"})

    async def ask(store: WatchStore) -> list[int]:
        async with Client(store.evidence, httpx.MockTransport(echo)) as client:
            asks = [Ask(endpoint, lambda *_: OK, params={"n": str(number)}) for number in range(3)]
            return [(await client.ask(one)).raw for one in asks]

    with open_watch(tmp_path) as store:
        raws = asyncio.run(ask(begun(store)))
        store.commit(step(1, raws[1]))
        assert b"***" in store.evidence.stored(raws[1]).body
    assert all(b"CANARY" not in path.read_bytes() for path in tmp_path.iterdir())
