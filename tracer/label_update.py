"""Fetching the published lists that were asked for, and putting each in the place of its copy, one after the other.

A list that fails keeps the copy it had, says why, and does not keep the next one from coming. What was half fetched
stays in the store's folder, so that the next update goes on from there: files by `chains.download`, events by the same
evidence that cases are made of. Only one program fetches a list at a time.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from typing import Final, NamedTuple, Protocol

import httpx

from chains.download import Got, download, fetch_small
from chains.errors import ChainError, NotFound
from chains.http import Client
from chains.model import Event
from chains.reader import Reader, open_reader
from chains.registry import Chain, SourceSettings
from tracer.config import Config
from tracer.errors import ConfigError, Tampered, TracerError, UsageError
from tracer.label_copy import About, Change
from tracer.label_store import LabelStore
from tracer.labels import Label
from tracer.lists import Copy, EventQuery, LabelList
from tracer.store import Store

MOST_BYTES: Final = 1_000_000_000
FETCHED: Final = "fetched"
EVENTS: Final = "events.sqlite"
EACH: Final = 20_000
"""Labels between two words about how many were read."""

PATIENCE: Final = 1
"""Days for which an interrupted reading of events is gone on with; then the head it speaks of is too old."""

SHRUNK: Final = 5
"""A copy that lost more than one address in this many deserves a second look."""

ONWARD: Final[Mapping[str, frozenset[str]]] = {
    "github.com": frozenset({"codeload.github.com", "raw.githubusercontent.com"}),
    "api.github.com": frozenset({"codeload.github.com"}),
    "sanctionslistservice.ofac.treas.gov": frozenset({"wc2h-sls-prod-public-published.s3.us-gov-west-1.amazonaws.com"}),
}
"""Where the hosts of lists send a download on to."""


class Updated(NamedTuple):
    """What became of one list: the change, or why the copy before was kept."""

    name: str
    change: Change | None = None
    failure: TracerError | ChainError | None = None

    @property
    def shrunk(self) -> bool:
        """True when the new copy lost many addresses: its publisher may have dropped them, or published half."""
        if self.change is None:
            return False
        lost = self.change.removed
        return lost * SHRUNK > lost + self.change.kept + self.change.changed


class Watch(Protocol):
    """Somebody who looks on."""

    def begins(self, one: LabelList) -> None:
        """A list is about to be fetched, on its publisher's terms."""

    def loading(self, name: str, done: int, whole: int | None) -> None:
        """So many bytes of a file are there."""

    def requested(self, endpoint: str) -> None:
        """A chain's source was asked."""

    def reading(self, labels: int) -> None:
        """So many labels were read."""

    def ended(self, updated: Updated) -> None:
        """That list is done with."""


@dataclass(frozen=True, slots=True)
class Work:
    """What an update needs: the store, the settings, the day, somebody to tell, and what stands in for the network.

    ``everything``: check every signature there is, not a sample.
    """

    store: LabelStore
    config: Config
    watch: Watch
    today: date
    everything: bool = False
    transport: httpx.AsyncBaseTransport | None = None
    open_reader: Callable[[Chain, Client, SourceSettings], Reader] = open_reader


async def update(lists: Iterable[LabelList], work: Work) -> list[Updated]:
    """Fetch these lists and replace their copies; a failure is in what comes back, and the copy before is kept."""
    done: list[Updated] = []
    for one in lists:
        work.watch.begins(one)
        try:
            updated = Updated(one.name, await _update(one, work))
        except (TracerError, ChainError) as failure:
            updated = Updated(one.name, failure=failure)
        except OSError as failure:
            why = failure.strerror or str(failure)
            updated = Updated(one.name, failure=ConfigError("error.list_unwritten", folder=work.store.folder, why=why))
        done.append(updated)
        work.watch.ended(updated)
    return done


def take(one: LabelList, files: Mapping[str, Path], work: Work) -> Change:
    """Replace a list's copy by one read from files that the user has fetched.

    Raises:
        UsageError: this list is no file.
        ListDamaged: the files are not what the publisher documents; the copy before is kept.
    """
    if one.queries:
        raise UsageError("error.list_no_file", list=one.name)
    given = files if len(files) > 1 else _OnlyFile(files)
    return _read(one, Copy(given, work.today.isoformat(), everything=work.everything), (), work)


def old(one: LabelList, checked: str, today: date) -> bool:
    """True when a copy read on this day is past the time after which the list has changed."""
    return (today - date.fromisoformat(checked)).days > one.cadence


def forget(name: str, store: LabelStore) -> None:
    """Remove a list from this machine, with what it was made from. Raises `UsageError` where it is not here."""
    store.remove(name)
    rmtree(store.folder / FETCHED / name, ignore_errors=True)


class _OnlyFile(dict[str, Path]):
    """The one file there is, whatever name a reader knows it by: a person may have saved it under another."""

    def __missing__(self, name: str) -> Path:
        return next(iter(self.values()))


async def _update(one: LabelList, work: Work) -> Change:
    folder = work.store.folder / FETCHED / one.name
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        if one.queries:
            return await _from_events(one, folder, work)
        return await _from_files(one, folder, work)


async def _from_files(one: LabelList, folder: Path, work: Work) -> Change:
    assert one.locate is not None, "a list is made from files or from events"
    files: dict[str, Path] = {}
    got: list[Got] = []
    for wanted in await one.locate(partial(_fetch, work), work.today):
        if Path(wanted.name).name != wanted.name:
            raise UsageError("error.list_file_name", list=one.name, name=wanted.name)
        target = files[wanted.name] = folder / wanted.name
        progress = partial(work.watch.loading, wanted.name)
        got.append(
            await download(
                wanted.url,
                target,
                most_bytes=MOST_BYTES,
                hosts=_onward(wanted.url),
                transport=work.transport,
                on_progress=progress,
            )
        )
    try:
        day = work.today.isoformat()
        return _read(one, Copy(files, day, as_of=day, everything=work.everything), got, work)
    finally:
        # Read or refused: either way it is not read again, and what is wrong with it may be right when fetched anew.
        for path in files.values():
            path.unlink(missing_ok=True)


async def _fetch(work: Work, url: str) -> bytes:
    return await fetch_small(url, hosts=_onward(url), transport=work.transport)


def _onward(url: str) -> frozenset[str]:
    return ONWARD.get(httpx.URL(url).host, frozenset())


async def _from_events(one: LabelList, folder: Path, work: Work) -> Change:
    path = folder / EVENTS
    try:
        return await _read_events(one, path, work)
    except Tampered:
        _discard(path)  # asked for anew next time: nothing rests on it yet
        raise


async def _read_events(one: LabelList, path: Path, work: Work) -> Change:
    evidence = _evidence(path, work.today)
    with closing(evidence):
        async with Client(evidence, work.transport, work.watch.requested) as client:
            events, times = await _events(one.queries, client, work)
        as_of = datetime.fromtimestamp(min(times), UTC).date().isoformat()
        got = [_seen(query, found) for query, found in events.items()]
        change = _read(one, Copy({}, work.today.isoformat(), as_of=as_of, events=events), got, work)
        evidence.set_meta("finished", "yes")
    return change


async def _events(
    queries: Sequence[EventQuery], client: Client, work: Work
) -> tuple[dict[EventQuery, list[Event]], list[int]]:
    """The events of every query up to its chain's head, and the heads' times."""
    found: dict[EventQuery, list[Event]] = {}
    times: list[int] = []
    for query in queries:
        chain = work.config.chains.get(query.chain)
        if chain is None:
            raise NotFound(query.contract, query.chain)
        reader = work.open_reader(chain, client, work.config.sources)
        head = await reader.head()
        times.append(head.time)
        contract = chain.address(query.contract)
        found[query] = await reader.events(contract, query.topics, query.low, head.height)
    return found, times


def _evidence(path: Path, today: date) -> Store:
    """Where answers about events are kept: an interrupted reading's, or a new one. A finished one's stay until then."""
    store = Store(path)
    begun = date.fromisoformat(store.meta("begun") or today.isoformat())
    if store.meta("finished") or (today - begun).days > PATIENCE:
        store.close()
        _discard(path)
        store = Store(path)
    if store.meta("begun") is None:
        store.set_meta("begun", today.isoformat())
    return store


def _discard(path: Path) -> None:
    for part in path.parent.glob(f"{path.name}*"):
        part.unlink()


def _seen(query: EventQuery, events: Sequence[Event]) -> Got:
    """What a query brought, as a download is described: of whose events, their digest, and how many."""
    rows = "\n".join(f"{one.tx} {one.position} {','.join(one.topics)} {one.data}" for one in events)
    return Got(f"{query.chain}/{query.contract}", sha256(rows.encode()).hexdigest(), len(events))


def _read(one: LabelList, copy: Copy, got: Iterable[Got], work: Work) -> Change:
    labels = _counted(one.read(copy), work.watch)
    return work.store.replace(one.name, labels, About.of_list(one, copy, got))


def _counted(labels: Iterable[Label], watch: Watch) -> Iterator[Label]:
    number = 0
    for number, label in enumerate(labels, 1):
        if not number % EACH:
            watch.reading(number)
        yield label
    watch.reading(number)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Alone in fetching this list; SQLite's own lock, which the system takes back from a program that dies."""
    with closing(sqlite3.connect(folder / "fetching.lock", timeout=0, isolation_level=None)) as lock:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            raise UsageError("error.list_busy", folder=folder) from None
        yield
