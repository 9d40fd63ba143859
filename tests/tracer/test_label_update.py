"""A list is replaced by a sound copy or not at all, one failure is not another's, and nothing is fetched twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import pytest

from chains import download as downloading
from chains.errors import Down, Malformed, NotFound, Throttled
from chains.http import Ask, Client, Endpoint, Kind, Verdict
from chains.model import Address, Block, Event, Position
from chains.model import Kind as Moved
from chains.reader import Failures, Reader
from chains.registry import Chain, SourceSettings, load_chains
from tests.lab.list_server import ListServer, Served
from tests.lab.serving import serve
from tests.tracer.made_list import FILE, file_of, made_list, some
from tests.tracer.small_world import USDT, who
from tracer import label_update as module
from tracer.config import Config
from tracer.errors import ConfigError, ListDamaged, Tampered, UsageError
from tracer.label_copy import Change
from tracer.label_store import LabelStore
from tracer.label_update import EVENTS, FETCHED, Updated, Work, forget, old, take, update
from tracer.labels import Label
from tracer.lists import Copy, EventQuery, LabelList

TODAY = date(2026, 9, 1)


@dataclass
class Told:
    """A watcher that remembers."""

    said: list[object] = field(default_factory=list)

    def begins(self, one: LabelList) -> None:
        self.said.append(("begins", one.name))

    def loading(self, name: str, done: int, whole: int | None) -> None:
        self.said.append(("loading", name, done, whole))

    def requested(self, endpoint: str) -> None:
        self.said.append(("requested", endpoint))

    def reading(self, labels: int) -> None:
        self.said.append(("reading", labels))

    def ended(self, updated: Updated) -> None:
        self.said.append(("ended", updated.name))


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloading, "BACKOFF", 0)


@pytest.fixture
def server() -> ListServer:
    return ListServer({"/index": Served(b"/v1.txt", "text/html"), "/v1.txt": Served(file_of(some(20)))})


@pytest.fixture
def base(server: ListServer) -> Iterator[str]:
    with serve(server) as url:
        yield url


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Work]:
    store = LabelStore(tmp_path / "labels")
    yield Work(store, Config(load_chains()), Told(), TODAY)
    store.close()


async def one_update(one: LabelList, work: Work) -> Updated:
    (updated,) = await update([one], work)
    return updated


async def test_a_list_comes_and_says_what_changed(base: str, server: ListServer, work: Work) -> None:
    """The first copy adds everything, the next says what came and went, and the store describes the copy in use."""
    first = await one_update(made_list(base), work)
    assert first == Updated("made", Change(20, 0, 0, 0))
    server.files["/v1.txt"] = Served(file_of(some(20, 2)))
    assert await one_update(made_list(base), work) == Updated("made", Change(2, 2, 18, 0))
    (about,) = work.store.about()
    assert (about.labels, about.checked, about.publisher) == (20, "2026-09-01", "Made-up Exchange")
    assert [(got.url, got.size) for got in about.downloads] == [(f"{base}/v1.txt", len(file_of(some(20, 2))))]
    assert [label.as_of for label in work.store.of(who("customer 3"))] == ["2026-09-01"]
    assert not list((work.store.folder / FETCHED).rglob("*.txt*"))


async def test_who_looks_on_is_told(base: str, work: Work) -> None:
    """Beginning, progress in bytes and labels, and the end."""
    await one_update(made_list(base), work)
    assert isinstance(work.watch, Told)
    size = len(file_of(some(20)))
    assert work.watch.said[0] == ("begins", "made")
    assert ("loading", FILE, size, size) in work.watch.said
    assert work.watch.said[-2:] == [("reading", 20), ("ended", "made")]


BAD = {
    "empty": (Served(b""), [], ListDamaged),
    "too short": (Served(file_of(some(3))), [], ListDamaged),
    "too long": (Served(file_of(some(1001))), [], ListDamaged),
    "not the list": (Served(b"temporarily unavailable\n"), [], ListDamaged),
    "a torn row": (Served(file_of(some(20))[:-20]), [], ListDamaged),
    "a page": (None, ["", "html"], Malformed),
    "refusals": (None, ["", *["429"] * 9], Throttled),
    "failures": (None, ["", *["500"] * 9], Down),
    "cut bodies": (None, ["", *["cut:0"] * 9], Down),
    "gone": (None, ["", "404"], NotFound),
    "no index": (None, ["404"], NotFound),
    "cut clean": (None, ["", "short:100"], ListDamaged),
}


@pytest.mark.parametrize("how", BAD)
async def test_a_bad_copy_replaces_nothing(how: str, base: str, server: ListServer, work: Work) -> None:
    """Whatever comes instead of a sound copy, the copy before goes on answering and the next list still comes."""
    one = made_list(base, least=10)
    await one_update(one, work)
    before = work.store.about()
    file, troubles, error = BAD[how]
    server.files["/v1.txt"] = file or server.files["/v1.txt"]
    server.files["/v2.txt"] = Served(file_of(some(20)))
    server.troubles = list(troubles)
    failed, other = await update([one, made_list(base, name="other", least=1)], work)
    assert failed.change is None
    assert isinstance(failed.failure, error)
    assert work.store.about()[0] == before[0]
    assert len(work.store.of(who("customer 3"))) >= 1
    if not file:
        assert other.change == Change(20, 0, 0, 0)


async def test_a_damaged_file_is_not_kept(base: str, server: ListServer, work: Work) -> None:
    """What could not be read is fetched anew, not gone on with."""
    server.files["/v1.txt"] = Served(b"no list\n")
    await one_update(made_list(base), work)
    server.files["/v1.txt"] = Served(file_of(some(20)))
    server.seen.clear()
    assert (await one_update(made_list(base), work)).change == Change(20, 0, 0, 0)
    assert server.seen == [("/index", ""), ("/v1.txt", "")]


async def test_an_interrupted_update_goes_on(
    base: str, server: ListServer, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What came before the interruption is not fetched again, unless the file has changed since."""
    monkeypatch.setattr(downloading, "MOST_TRIES", 1)
    server.troubles = ["", "cut:300"]
    assert isinstance((await one_update(made_list(base), work)).failure, Down)
    server.seen.clear()
    assert (await one_update(made_list(base), work)).change == Change(20, 0, 0, 0)
    assert server.seen[-1] == ("/v1.txt", "bytes=300-")
    server.troubles = ["", "cut:300"]
    await one_update(made_list(base), work)
    server.files["/v1.txt"] = Served(file_of(some(30, 5)))
    assert (await one_update(made_list(base), work)).change == Change(15, 5, 15, 0)


async def test_a_file_is_named_plainly(base: str, server: ListServer, work: Work) -> None:
    """A list cannot make a download write elsewhere."""
    one = made_list(base)

    async def outside(*_: object) -> list[object]:
        assert one.locate is not None
        return [found._replace(name="../../x") for found in await one.locate(fetch, TODAY)]

    async def fetch(_: str) -> bytes:
        return b"/v1.txt"

    updated = await one_update(replace(one, locate=outside), work)  # type: ignore[arg-type]
    assert isinstance(updated.failure, UsageError)
    assert not (work.store.folder.parent / "x").exists()


async def test_two_programs_do_not_fetch_one_list(base: str, work: Work) -> None:
    """A second program is told to wait; when the first is gone the list can be fetched."""
    folder = work.store.folder / FETCHED / "made"
    folder.mkdir(parents=True)
    with module._alone(folder):
        assert isinstance((await one_update(made_list(base), work)).failure, UsageError)
    assert (await one_update(made_list(base), work)).failure is None


async def test_a_full_disk_is_said(base: str, work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the system refuses to write is a failure of that list, in words."""

    async def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "download", full)
    updated = await one_update(made_list(base), work)
    assert isinstance(updated.failure, ConfigError)
    assert "No space left" in str(updated.failure)


@pytest.mark.parametrize(("removed", "kept", "shrunk"), [(20, 80, False), (21, 80, True), (1, 0, True), (0, 0, False)])
def test_many_lost_addresses_are_remarked(removed: int, kept: int, shrunk: bool) -> None:
    """A copy that lost more than a fifth is worth a second look."""
    assert Updated("made", Change(5, removed, kept, 0)).shrunk is shrunk
    assert not Updated("made", failure=UsageError("error.list_busy", folder="x")).shrunk


def test_a_copy_ages(base: str) -> None:
    """A copy is old when more days have passed than the list stays the same."""
    one = made_list(base, cadence=30)
    assert not old(one, "2026-08-02", TODAY)
    assert old(one, "2026-08-01", TODAY)


# --- lists that the user fetched


def test_the_users_own_copy_is_taken_under_any_name(base: str, work: Work, tmp_path: Path) -> None:
    """A file saved under another name is read all the same, and is as strict as a download."""
    path = tmp_path / "saved from my browser.txt"
    path.write_bytes(file_of(some(20)))
    assert take(made_list(base), {path.name: path}, work) == Change(20, 0, 0, 0)
    path.write_bytes(b"no list")
    with pytest.raises(ListDamaged):
        take(made_list(base), {path.name: path}, work)
    assert len(work.store.of(who("customer 3"))) == 1
    forget("made", work.store)
    assert work.store.of(who("customer 3")) == ()


# --- lists made from events


QUERY = EventQuery("eip155:1", USDT, ("0xaa",), 5)
FROZEN = Address(who("frozen"))


def frozen(copy: Copy) -> Iterator[Label]:
    for event in copy.events[QUERY]:
        yield Label("eip155:1", FROZEN, "Issuer: frozen", "frozen", "Issuer", copy.as_of, 100, url=event.tx)


FREEZES = LabelList("freezes", "Issuer", "facts", "https://x.example", 1, (1, 10), "issuer", frozen, queries=(QUERY,))


@dataclass
class ChainOfEvents:
    """A reader that asks the evidence for its head as a real one does, and has one event or none to give."""

    chain: Chain
    client: Client
    down: bool = False
    asked: list[tuple[object, ...]] = field(default_factory=list)

    async def head(self) -> Block:
        ask = Ask(Endpoint("made", "http://made.invalid", 1), lambda *_: Verdict(Kind.OK), path="/head")
        kept = self.client.evidence.find(ask.key)
        if kept is None:
            self.client.evidence.keep(ask, 200, {}, b"100", Verdict(Kind.OK))
        return Block(self.chain.id, 100, "0x1", 1_788_220_800, 100)

    async def events(self, contract: Address, topics: Sequence[str], low: int, high: int) -> list[Event]:
        self.asked.append((contract, tuple(topics), low, high))
        if self.down:
            raise Failures("events", self.chain.name, ["made is down"])
        at = Position(50, 0, Moved.TOKEN, (0,))
        return [Event(self.chain.id, contract, "0xt", at, None, tuple(topics), "0x", 1)]


def opening(readers: list[ChainOfEvents], *, down: bool = False) -> object:
    def open_reader(chain: Chain, client: Client, _: SourceSettings) -> Reader:
        readers.append(ChainOfEvents(chain, client, down))
        return readers[-1]  # type: ignore[return-value]

    return open_reader


async def test_a_list_of_events_is_read_to_the_head(work: Work) -> None:
    """Each query is put from its own height to the head, the head's day dates the list, and the evidence stays."""
    readers: list[ChainOfEvents] = []
    made = replace(work, open_reader=opening(readers))  # type: ignore[arg-type]
    assert (await one_update(FREEZES, made)).change == Change(1, 0, 0, 0)
    assert readers[0].asked == [(USDT, ("0xaa",), 5, 100)]
    assert [label.as_of for label in work.store.of(FROZEN)] == ["2026-09-01"]
    (about,) = work.store.about()
    assert [(got.url, got.size) for got in about.downloads] == [(f"eip155:1/{USDT}", 1)]
    assert (work.store.folder / FETCHED / "freezes" / EVENTS).exists()


async def test_events_that_do_not_come_change_nothing(work: Work) -> None:
    """Silence of every source is no empty list; what was answered before is there for the next try."""
    made = replace(work, open_reader=opening([]))  # type: ignore[arg-type]
    await one_update(FREEZES, made)
    dead = replace(work, open_reader=opening([], down=True))  # type: ignore[arg-type]
    assert isinstance((await one_update(FREEZES, dead)).failure, Failures)
    assert len(work.store.of(FROZEN)) == 1
    evidence = module._evidence(work.store.folder / FETCHED / "freezes" / EVENTS, TODAY)
    assert evidence.count_requests() == 1
    evidence.close()


async def test_damaged_evidence_is_given_up(work: Work) -> None:
    """What an interrupted reading left and something broke fails once, and is asked for anew."""
    folder = work.store.folder / FETCHED / "freezes"
    folder.mkdir(parents=True)
    (folder / EVENTS).write_bytes(b"not a database at all" * 100)
    made = replace(work, open_reader=opening([]))  # type: ignore[arg-type]
    assert isinstance((await one_update(FREEZES, made)).failure, Tampered)
    assert (await one_update(FREEZES, made)).failure is None


async def test_a_chain_that_is_not_known_fails_its_list(work: Work) -> None:
    """A list of a chain that the settings do not know says so."""
    strange = replace(FREEZES, queries=(QUERY._replace(chain="eip155:424242"),))
    assert isinstance((await one_update(strange, work)).failure, NotFound)


def test_evidence_is_gone_on_with_while_it_is_fresh(tmp_path: Path) -> None:
    """An interrupted reading is gone on with for a day; a finished or an older one begins anew."""
    path = tmp_path / EVENTS
    first = module._evidence(path, TODAY)
    first.set_meta("mark", "here")
    first.close()
    again = module._evidence(path, date(2026, 9, 2))
    assert again.meta("mark") == "here"
    again.close()
    late = module._evidence(path, date(2026, 9, 3))
    assert late.meta("mark") is None
    late.set_meta("finished", "yes")
    late.close()
    new = module._evidence(path, date(2026, 9, 3))
    assert new.meta("finished") is None
    new.close()


def test_a_list_of_events_is_no_file(work: Work, tmp_path: Path) -> None:
    """Importing a file as a list that is made from events is refused."""
    with pytest.raises(UsageError, match="events of a chain"):
        take(FREEZES, {"x": tmp_path / "x"}, work)
