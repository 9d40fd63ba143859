"""TronGrid's contract events as logs: put together strictly, merged over several names, read to a proven end."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
import vcr
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from chains import tron_address, trongrid
from chains.errors import Down, Malformed, SourceError, Unsupported
from chains.http import Client
from chains.model import NATIVE, Address, Called, Event, EventPage, Kind, Position
from chains.protocol import Source
from chains.registry import SourceSettings
from chains.trongrid_events import event_of, merged, normalise_events
from chains.trongrid_paging import Row, Stretch
from tests.chains.memory_evidence import MemoryEvidence
from tests.chains.test_trongrid import NOW, RECORDING
from tests.chains.tron_records import POOL, THIEF, TRON, USDT, VICTIM, event_row, rows, txid
from tests.chains.tron_stand_in import StandIn
from tests.lab.ledger import Log
from tests.lab.small import HUB, small_ledger
from tests.lab.trongrid import trongrid_app
from tests.lab.trongrid_contracts import Lent

CASSETTES = Path(__file__).parents[2] / "fixtures" / "chains" / "trongrid"
LIST = f"/v1/contracts/{USDT}/events"
ADDED = "AddedBlackList(address indexed _user)"
REMOVED = "RemovedBlackList(address indexed _user)"
DESTROYED = "DestroyedBlackFunds(address indexed _blackListedUser, uint256 _balance)"
FROZEN = "0x42e160154868087d6bfdc0ca23d96a1c1cfa32f1b72ba9ba27b69b98a0d819dc"
RELEASED = "0xd7e9ec6e6ecd65492dce6bf513cd6867560d49544421d0783ddf06e76c24470c"
BURNT = "0x61e6e66b0d6339b2980aecc6ccc0039736791f0ccde9ed512e789a7fbdd698c6"
WORD = "0x" + "0" * 24


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries are the client's matter; here they need not take their time."""
    monkeypatch.setattr("chains.http.BACKOFF", 0.001)


def person(number: int) -> str:
    """An address as the indexed API writes it in a result."""
    return f"0x{number:040x}"


def added(number: int, time: int = 3000, index: int = 0, **more: Any) -> dict[str, Any]:
    return event_row(f"a{number}", ADDED, time, index, _user=person(number)) | more


def removed(number: int, time: int, index: int = 0) -> dict[str, Any]:
    return event_row(f"r{number}", REMOVED, time, index, _user=person(number))


@asynccontextmanager
async def served(server: StandIn, evidence: MemoryEvidence | None = None) -> AsyncIterator[Source]:
    """A source whose host is the stand-in."""
    settings = SourceSettings(urls={"trongrid": "http://trongrid.test"}, rates={"trongrid": 1000})
    async with Client(evidence or MemoryEvidence(), transport=httpx.ASGITransport(server.app)) as client:
        (source,) = trongrid.build(TRON, client, settings)
        yield source


async def pages(source: Source, *topics: str, low: int = 0, high: int = 1_000_000) -> list[EventPage]:
    return [page async for page in source.events(Address(USDT), topics or (FROZEN,), low, high)]


def people(read: list[EventPage]) -> list[int]:
    """Whom the events were about, in the order they came."""
    return [int(event.topics[1], 16) for page in read for event in page.events]


def contiguous(read: list[EventPage], low: int, high: int) -> bool:
    """Coverage begins at ``low``, ends at ``high``, and has neither hole nor overlap; events stand where covered."""
    edges = [low, *(page.covers.high + 1 for page in read[:-1] if page.covers.high is not None)]
    placed = all(
        page.covers.low <= event.position.height <= (page.covers.high or 0) for page in read for event in page.events
    )
    return placed and [page.covers.low for page in read] == edges and read[-1].covers.high == high


def test_an_event_is_the_log_it_was_read_from() -> None:
    """Indexed arguments become topics, the others data; the place is the block's time and the event's own number."""
    row = event_row("x", DESTROYED, 6000, 3, _blackListedUser=person(255), _balance="2500000000")
    (told,) = normalise_events(TRON.id, rows(row), Address(USDT), {"DestroyedBlackFunds": event_of(BURNT)})
    assert told == Event(
        chain=TRON.id,
        contract=Address(USDT),
        tx=txid("x"),
        position=Position(6000, -1, Kind.TOKEN, (3,)),
        time=6,
        topics=(BURNT, f"0x{255:064x}"),
        data=f"0x{2_500_000_000:064x}",
        raw=1,
    )


@pytest.mark.parametrize(
    ("topic", "signature"),
    [
        (FROZEN, "AddedBlackList(address)"),
        (RELEASED, "RemovedBlackList(address)"),
        (BURNT, "DestroyedBlackFunds(address,uint256)"),
        ("0xffa4e6181777692565cf28528fc88fd1516ea86b56da075235fa575af6a4b855", "Blacklisted(address)"),
        ("0x117e3210bb9aa7d9baff172026820255c6f6c30ba8999d1c2fd88e2848137c4e", "UnBlacklisted(address)"),
        ("0xc0ba8fe4b176c1714197d43b9cc6bcf797a4a7461c5fe8d0ef6e184ae7601e51", "Submission(uint256)"),
        ("0x4a504a94899432a9846e1aa406dceb1bcfd538bb839071d49d1e5e23f5be30ef", "Confirmation(address,uint256)"),
        ("0x33e13ecb54c3076d8e8bb8c2881800a4d972b792045ffae98fdf46df365fed75", "Execution(uint256)"),
    ],
)
def test_events_are_known_by_their_published_hashes(topic: str, signature: str) -> None:
    """The table's hashes are those that issuers and explorers publish, and the hash of the signature."""
    known = event_of(topic.upper().replace("0X", "0x"))
    assert (known.topic, known.signature) == (topic, signature)
    assert "0x" + keccak(text=signature).hex() == topic


def test_an_event_without_a_name_is_unsupported() -> None:
    """Another source may know it; here it cannot be asked for."""
    with pytest.raises(Unsupported, match="not known"):
        event_of("0x" + "ab" * 32)


@pytest.mark.parametrize("spelling", [THIEF, "41" + "{}", "0x{}", "{}"])
def test_addresses_of_arguments_come_in_any_spelling(spelling: str) -> None:
    """Base58, 41…, 0x… and bare hex are one word."""
    row = event_row("x", ADDED, _user=spelling.format(tron_address.to_evm_hex(THIEF)[2:]))
    (told,) = normalise_events(TRON.id, rows(row), Address(USDT), {"AddedBlackList": event_of(FROZEN)})
    assert told.topics == (FROZEN, WORD + tron_address.to_evm_hex(THIEF)[2:])


@pytest.mark.parametrize("keys", [("0",), ("_user",), ("0", "_user")])
def test_arguments_stand_by_place_or_by_name(keys: tuple[str, ...]) -> None:
    """Either is enough; both must agree."""
    wanted = {"AddedBlackList": event_of(FROZEN)}
    row = added(1) | {"result": dict.fromkeys(keys, person(1))}
    assert normalise_events(TRON.id, rows(row), Address(USDT), wanted)[0].topics[1] == f"0x{1:064x}"


@pytest.mark.parametrize(
    "wrong",
    [
        {"result": {}},
        {"result": {"0": person(1), "_user": person(2)}},
        {"result": {"0": "nobody"}},
        {"result": {"0": None}},
        {"result": [person(1)]},
        {"result": None},
        {"event_name": "Transfer"},
        {"event_name": None},
        {"event": "AddedBlackList(bytes32 _user)"},
        {"event": "nonsense"},
        {"event": None},
        {"contract_address": POOL},
        {"contract_address": None},
        {"_unconfirmed": True},
        {"event_index": None},
        {"event_index": -1},
        {"transaction_id": None},
    ],
)
def test_an_event_of_unknown_shape_is_malformed(wrong: dict[str, Any]) -> None:
    """A missing or foreign field is an error, never an event left out."""
    with pytest.raises(Malformed):
        normalise_events(TRON.id, rows(added(1) | wrong), Address(USDT), {"AddedBlackList": event_of(FROZEN)})


@pytest.mark.parametrize("amount", ["-1", "1.5", "0x10", str(1 << 256), "9" * 5000, ""])
def test_an_amount_that_is_no_word_is_malformed(amount: str) -> None:
    """A number must be one of 256 bits."""
    row = event_row("x", DESTROYED, _blackListedUser=person(1), _balance=amount)
    with pytest.raises(Malformed):
        normalise_events(TRON.id, rows(row), Address(USDT), {"DestroyedBlackFunds": event_of(BURNT)})


def test_one_place_holds_one_event() -> None:
    """A row that comes twice counts once; two different ones at one place are an error."""
    wanted = {"AddedBlackList": event_of(FROZEN)}
    assert len(normalise_events(TRON.id, rows(added(1), added(1)), Address(USDT), wanted)) == 1
    other = added(2) | {"transaction_id": txid("a1")}
    with pytest.raises(Malformed, match="one place"):
        normalise_events(TRON.id, rows(added(1), other), Address(USDT), wanted)


async def stretches(times: list[list[int]], high: int) -> AsyncGenerator[Stretch, None]:
    """A list whose pages have rows at these times; each proves up to just before its last row."""
    for nth, page in enumerate(times):
        last = nth == len(times) - 1
        upto = high if last else times[nth + 1][0] - 1
        yield Stretch(tuple(Row({"time": time}, 1, time) for time in page), upto, last)


@given(st.lists(st.lists(st.integers(1, 60), max_size=12), min_size=1, max_size=4), st.integers(1, 4))
async def test_lists_merge_in_order_whatever_their_pages(lists: list[list[int]], size: int) -> None:
    """Rows come once and in order of time, and never before all lists are read that far."""
    paged = []
    for times in lists:
        ordered = sorted(set(times))
        paged.append([ordered[at : at + size] for at in range(0, len(ordered), size)] or [[]])
    read = [stretch async for stretch in merged([stretches(one, 99) for one in paged], 0)]
    assert [row.time for stretch in read for row in stretch.rows] == sorted(time for one in lists for time in set(one))
    assert [stretch.last for stretch in read] == [False] * (len(read) - 1) + [True]
    assert read[-1].upto == 99
    edges = [-1, *(stretch.upto for stretch in read if stretch.upto is not None)]
    assert all(before <= after for before, after in pairwise(edges))
    for before, stretch in zip(edges, read, strict=False):
        assert all(before < row.time <= (stretch.upto or 0) for row in stretch.rows)


async def test_events_are_read_to_their_end_in_whole_blocks() -> None:
    """Over page borders inside of blocks, every event arrives once, and the window is covered without a hole."""
    records = [added(nth + 1, 3000 * (nth // 3 + 1), nth % 3) for nth in range(23)]
    async with served(StandIn({LIST: records}, page=5)) as source:
        read = await pages(source, low=1000)
    assert sorted(people(read)) == list(range(1, 24))
    assert contiguous(read, 1000, 1_000_000)


async def test_several_names_are_several_lists_in_one_order() -> None:
    """Each name is asked for by itself; what comes out is one history in order of time, one request a page."""
    records = [added(nth, 3000 * nth) for nth in range(1, 12)] + [removed(nth, 9000 * nth + 1) for nth in range(1, 4)]
    server = StandIn({LIST: sorted(records, key=lambda row: row["block_timestamp"])}, page=4)
    async with served(server) as source:
        read = await pages(source, FROZEN, RELEASED, FROZEN)
    heights = [event.position.height for page in read for event in page.events]
    assert heights == sorted(heights)
    assert len(heights) == 14
    assert contiguous(read, 0, 1_000_000)
    assert len(server.asked) == 3 + 1


async def test_a_window_is_asked_for_by_the_block_s_time() -> None:
    """The list of events has names of its own for the ends of a window; both ends count in."""
    asked: list[httpx.URL] = []
    server = httpx.ASGITransport(StandIn({LIST: [added(nth, 1000 * nth) for nth in range(1, 10)]}).app)

    async def note(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        answer = await server.handle_async_request(request)
        return httpx.Response(answer.status_code, content=await answer.aread())

    async with Client(MemoryEvidence(), transport=httpx.MockTransport(note)) as client:
        (source,) = trongrid.build(TRON, client, SourceSettings(urls={"trongrid": "http://t"}, rates={"trongrid": 999}))
        read = await pages(source, low=3000, high=5000)
    assert (people(read), contiguous(read, 3000, 5000)) == ([3, 4, 5], True)
    (url,) = asked
    assert dict(url.params) == {
        "event_name": "AddedBlackList",
        "only_confirmed": "true",
        "limit": "200",
        "order_by": "block_timestamp,asc",
        "min_block_timestamp": "3000",
        "max_block_timestamp": "5000",
    }


@pytest.mark.parametrize("trouble", ["forget", "stuck"])
async def test_a_refused_or_repeated_page_neither_ends_nor_doubles(trouble: str) -> None:
    """Reading takes up at the last block, with the list's own names for the window."""
    records = [added(nth + 1, 3000 * (nth // 2 + 1), nth % 2) for nth in range(15)]
    server = StandIn({LIST: records}, page=4)
    setattr(server, trouble, 8)
    async with served(server) as source:
        read = await pages(source)
    assert sorted(people(read)) == list(range(1, 16))
    assert contiguous(read, 0, 1_000_000)


async def test_a_last_page_that_looks_cut_is_asked_for_again() -> None:
    """A page of exactly a server's cap without a fingerprint may be a list cut short: what follows is read too."""
    records = [added(nth + 1, 3000 * (nth + 1)) for nth in range(30)]

    async def forgetful(request: httpx.Request) -> httpx.Response:
        low = int(request.url.params["min_block_timestamp"])
        shown = [row for row in records if row["block_timestamp"] >= low][:20]
        return httpx.Response(200, json={"data": shown, "success": True, "meta": {"at": 1}})

    async with Client(MemoryEvidence(), transport=httpx.MockTransport(forgetful)) as client:
        (source,) = trongrid.build(TRON, client, SourceSettings(urls={"trongrid": "http://t"}, rates={"trongrid": 999}))
        read = await pages(source)
    assert people(read) == list(range(1, 31))
    assert contiguous(read, 0, 1_000_000)


async def test_a_host_without_events_or_in_a_circle_is_an_error() -> None:
    """Neither is an empty history."""
    async with served(StandIn()) as source:
        with pytest.raises(Unsupported):
            await pages(source)
        with pytest.raises(Unsupported, match="not known"):
            await pages(source, "0x" + "ab" * 32)
    records = [added(nth + 1, 3000, nth) for nth in range(9)]
    async with served(StandIn({LIST: records}, page=4, stuck=4)) as source:
        with pytest.raises(Down, match="cannot be continued"):
            await pages(source, low=3000)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b'{"data":[1],"success":true,"meta":{}}',
        b'{"data":[{}],"success":true,"meta":{}}',
        b'{"data":[{"block_timestamp":3000}],"success":true,"meta":{}}',
        b'{"data":[{"block_ti',
    ],
)
async def test_whatever_the_host_answers_is_an_error_a_reader_knows(body: bytes) -> None:
    """HTML, cut bodies and rows without fields end in an error, so that the next source is asked."""
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=body))
    async with Client(MemoryEvidence(), transport=transport) as client:
        (source,) = trongrid.build(TRON, client, SourceSettings(urls={"trongrid": "http://t"}, rates={"trongrid": 999}))
        with pytest.raises((SourceError, Malformed)):
            await pages(source)


async def test_the_lab_s_stand_in_means_the_same(tmp_path: Path) -> None:
    """A log that the lab decodes comes back as it was; its loans, calls and code are understood too."""
    ledger, token, hub = small_ledger(tmp_path), tron_address.from_hex("66" * 20), tron_address.from_hex(HUB)
    log = Log("ab" * 32, 500, 0, 5500, 2, "0x" + "66" * 20, (BURNT, WORD + "22" * 20), f"0x{77:064x}")
    ledger.events, ledger.supports = [log], [Lent("cd" * 32, 500, 1, 5500, "0x" + "66" * 20, HUB)]  # type: ignore[attr-defined]
    app = trongrid_app(ledger, answers={(token, "0xe47d6060"): f"0x{1:064x}", (token, "0x8da5cb5b"): ""})
    async with Client(MemoryEvidence(), transport=httpx.ASGITransport(app)) as client:
        (source,) = trongrid.build(TRON, client, SourceSettings(urls={"trongrid": "http://t"}, rates={"trongrid": 999}))
        (event,) = [one async for page in source.events(token, (FROZEN, BURNT), 0, 6_000_000) for one in page.events]
        lent = [one async for page in source.history(hub, NATIVE, 0, None) for one in page.supports]
        calls = [(await source.call(token, data, NOW)).data for data in ("0xe47d6060" + "0" * 64, "0x8da5cb5b")]
        code, wallet = await source.code(tron_address.from_hex(ledger.usdt.contract)), await source.code(hub)
    assert (event.topics, event.data, event.tx, event.position.height) == (log.topics, log.data, log.tx, 5_500_000)
    assert [(one.giver, one.receiver, one.time) for one in lent] == [(token, hub, 5500)]
    assert calls == [f"0x{1:064x}", "0x"]
    assert (len(code), wallet) == (64, "")


async def test_a_recorded_session_about_a_contract_replays() -> None:
    """Events, a call, and code, as recorded from the stand-in: nothing else is asked."""
    blacklisted = {"result": {"result": True}, "constant_result": [f"{1:064x}"]}
    data = "e47d6060" + "0" * 24 + "11" * 20
    server = StandIn(
        {LIST: [added(1, 3000), added(2, 6000), removed(1, 9000), added(3, 12000)]},
        {
            ("triggerconstantcontract", data): blacklisted,
            ("getcontractinfo", USDT): {"smart_contract": {"contract_address": USDT}, "runtimecode": "6080"},
        },
        page=2,
    )
    recorder = vcr.VCR(
        cassette_library_dir=str(CASSETTES),
        record_mode=vcr.mode.ALL if RECORDING else vcr.mode.NONE,
        match_on=["method", "scheme", "host", "path", "query", "body"],
        filter_headers=["TRON-PRO-API-KEY", "user-agent"],
    )
    transport = httpx.ASGITransport(server.app) if RECORDING else None
    with recorder.use_cassette("contract.yaml") as cassette:
        async with Client(MemoryEvidence(), transport=transport) as client:
            settings = SourceSettings(urls={"trongrid": "http://trongrid.test"}, rates={"trongrid": 1000})
            (source,) = trongrid.build(TRON, client, settings)
            read = await pages(source, FROZEN, RELEASED)
            called = await source.call(Address(USDT), "0x" + data, NOW)
            code = await source.code(Address(USDT))
            wallet = await source.code(VICTIM)
    assert people(read) == [1, 2, 1, 3]
    assert called == Called(f"0x{1:064x}", None, called.raw)
    assert (len(code), wallet) == (64, "")
    assert RECORDING or cassette.all_played


async def test_stored_events_replay_without_a_host() -> None:
    """Every question follows from earlier answers, and each event names the stored answer that holds it."""
    records = [added(nth + 1, 3000 * (nth + 1)) for nth in range(9)]
    evidence = MemoryEvidence()
    async with served(StandIn({LIST: records}, page=4), evidence) as source:
        online = await pages(source)
    evidence.offline = True
    async with served(StandIn(), evidence) as source:
        assert await pages(source) == online
    for page in online:
        for event in page.events:
            assert event.tx.encode() in evidence.kept[event.raw - 1].stored.body
