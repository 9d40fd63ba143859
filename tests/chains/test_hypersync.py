"""HyperSync: what its answers say, and that paging by `next_block` ends only where the source proves the end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains import hypersync
from chains.bulk_rows import NO_INTERNALS
from chains.errors import AuthRefused, Down, Malformed, NotFound, Throttled, Unsupported
from chains.evm_traces import path_of, value_of_row
from chains.http import Client, Kind
from chains.hypersync_answers import batch_of, classify_height, classify_query
from chains.model import ANY_TOKEN, NATIVE, AssetId, Coverage, Page
from chains.protocol import Source
from chains.registry import Chain, SourceSettings
from tests.chains.bulk_worlds import (
    ANY_ROWS,
    BOB,
    MACHINE,
    NATIVE_ROWS,
    START,
    TOKEN,
    TOKEN_ROWS,
    WHO,
    WRAPPED_ROWS,
    WRAPPER,
    call,
    evm_tx,
    evm_world,
    tx_hash,
)
from tests.chains.captured import captured, needs_captures
from tests.chains.memory_evidence import MemoryEvidence
from tests.chains.standins_bulk import HyperSyncStandIn, World, hypersync_trace

SETTINGS = SourceSettings(
    urls={"hypersync": "http://hypersync"}, rates={"hypersync": 5000.0}, keys={"hypersync": "secret-token"}
)
SEEN_ROWS = [row for row in NATIVE_ROWS if row[0] != "doom"]
"""All but the self-destruction in somebody else's transaction, which cannot be asked for."""


def chain(*, traces: bool = True, **more: Any) -> Chain:
    row = {"hypersync": {"slug": "eth-traces", "traces": traces}}
    return Chain("eip155:1", "ethereum", "evm", "ETH", 18, "", sources=row, wrapped=WRAPPER, **more)


def open_source(
    transport: httpx.AsyncBaseTransport, where: Chain | None = None, settings: SourceSettings = SETTINGS
) -> tuple[Client, Source]:
    client = Client(MemoryEvidence(), transport)
    [source] = hypersync.build(where or chain(), client, settings)
    return client, source


def behind(server: HyperSyncStandIn) -> httpx.AsyncBaseTransport:
    return httpx.ASGITransport(app=server.app)


async def pages(source: Source, asset: AssetId, low: int, high: int | None) -> list[Page]:
    return [page async for page in source.history(WHO, asset, low, high)]


async def until_refused(source: Source, asset: AssetId, low: int, high: int) -> tuple[list[Page], str]:
    """The pages that came before the source gave up, and why it did."""
    found = []
    try:
        async for page in source.history(WHO, asset, low, high):
            found.append(page)  # noqa: PERF401 (a comprehension would lose what came before)
    except Unsupported as refused:
        return found, str(refused)
    return found, ""


def told(found: list[Page]) -> list[tuple[Any, ...]]:
    rows = [row for page in found for row in page.transfers]
    return [(row.tx, tuple(row.position), row.sender, row.receiver, row.amount, row.nth) for row in rows]


def expected(rows: list[Any]) -> list[tuple[Any, ...]]:
    return [(tx_hash(name), *rest) for name, *rest in rows]


@pytest.mark.parametrize("span", [1, 4, 50])
@pytest.mark.parametrize("high", [120, None])
@pytest.mark.parametrize(
    ("asset", "rows"), [(NATIVE, SEEN_ROWS), (TOKEN, TOKEN_ROWS), (WRAPPER, WRAPPED_ROWS), (ANY_TOKEN, ANY_ROWS)]
)
async def test_history_is_exact_however_far_an_answer_reaches(
    asset: AssetId, rows: list[Any], high: int | None, span: int
) -> None:
    """Every transfer comes once, settled and in order, whatever the span, with and without an upper bound."""
    client, source = open_source(behind(HyperSyncStandIn(evm_world(), span=span)))
    async with client:
        found = await pages(source, asset, 100, high)
    assert told(found) == expected(rows)
    assert all(row.position.settled for page in found for row in page.transfers)
    assert all(row.time == START + (row.position.height - 100) * 12 for page in found for row in page.transfers)


async def test_coverage_has_no_hole_and_an_open_end_is_the_tip() -> None:
    """Each page begins where the one before it ended; read to the tip, the last page's coverage is open."""
    client, source = open_source(behind(HyperSyncStandIn(evm_world(), span=8)))
    async with client:
        closed = await pages(source, TOKEN, 101, 118)
        opened = await pages(source, TOKEN, 101, None)
    assert [page.covers for page in closed] == [Coverage(101, 108), Coverage(109, 116), Coverage(117, 118)]
    assert [page.covers for page in opened] == [Coverage(101, 108), Coverage(109, 116), Coverage(117, None)]


async def test_what_may_be_missing_is_said() -> None:
    """Native pages say what calls cannot be seen, before the first traced block and without traces more of them."""
    server = HyperSyncStandIn(evm_world(), span=8)
    client, source = open_source(behind(server))
    async with client:
        assert {page.weak for page in await pages(source, NATIVE, 100, 120)} == {hypersync.NO_DESTRUCTIONS}
        assert {page.weak for page in await pages(source, TOKEN, 100, 120)} == {""}
    client, source = open_source(behind(server), chain(traces=False))
    async with client:
        assert {page.weak for page in await pages(source, NATIVE, 100, 120)} == {NO_INTERNALS}
    assert "traces" not in server.asked[-1]
    late = Chain("eip155:8453", "base", "evm", "ETH", 18, "", {"hypersync": {"traces": True, "traces_from": 108}})
    client, source = open_source(behind(server), late)
    async with client:
        found = await pages(source, NATIVE, 100, 120)
    assert [page.weak for page in found] == [NO_INTERNALS, *[hypersync.NO_DESTRUCTIONS] * 2]


async def test_internal_transfers_cite_the_answer_that_proves_them() -> None:
    """A call seen alone is checked by asking for its whole transaction, and cites that second answer."""
    client, source = open_source(behind(HyperSyncStandIn(evm_world(), span=50)))
    async with client:
        [page] = await pages(source, NATIVE, 100, 120)
    by_kind = {row.position.kind.name: raw for row, raw in zip(page.transfers, page.raws, strict=True)}
    assert by_kind["INTERNAL"] == 2
    assert by_kind["NATIVE"] == 1


async def test_a_call_whose_transaction_cannot_be_found_is_an_error() -> None:
    """An internal transfer that nothing confirms is neither counted nor dropped."""
    lonely = World(100, 101, START, 12, traces=[call("ghost", 100, [0], (MACHINE, WHO), 3)])
    client, source = open_source(behind(HyperSyncStandIn(lonely)))
    async with client:
        with pytest.raises(Down, match="the transaction is not"):
            await pages(source, NATIVE, 100, 101)


async def test_it_ends_where_its_blocks_end_with_an_error() -> None:
    """Blocks it does not have yet are refused after those it has were given."""
    client, source = open_source(behind(HyperSyncStandIn(evm_world(), span=50)))
    async with client:
        found, why = await until_refused(source, TOKEN, 100, 130)
        assert [page.covers for page in found] == [Coverage(100, 120)]
        assert "newest block is 120" in why
        with pytest.raises(Unsupported, match="newest block is 124"):
            await pages(source, TOKEN, 125, 130)
        assert [page.covers for page in await pages(source, TOKEN, 125, None)] == [Coverage(125, None)]
        assert await pages(source, TOKEN, 125, 124) == []


async def test_head_and_blocks() -> None:
    """Head is the newest block it has; one beyond it is not found; times cannot be asked for."""
    client, source = open_source(behind(HyperSyncStandIn(evm_world())))
    async with client:
        head = await source.head()
        assert (head.number, head.time, head.height) == (120, START + 240, 120)
        with pytest.raises(NotFound):
            await source.block(121)
        with pytest.raises(Unsupported):
            await source.block_at(START)


async def test_what_it_cannot_answer_it_refuses() -> None:
    """Receipts, balances, code and token names are refused, so that the reader asks another source."""
    client, source = open_source(behind(HyperSyncStandIn(evm_world())))
    async with client:
        block = await source.block(100)
        for question in (
            source.receipt("0x1"),
            source.positions("0x1"),
            source.balance(WHO, NATIVE, block),
            source.is_contract(WHO),
            source.code(WHO),
            source.call(WHO, "0x", block),
            source.asset(TOKEN),
        ):
            with pytest.raises(Unsupported):
                await question


async def test_the_token_goes_into_the_header_only() -> None:
    """A wrong token is refused, and no token is ever part of the evidence."""
    evidence = MemoryEvidence()
    wrong = SourceSettings(urls=SETTINGS.urls, rates=SETTINGS.rates, keys={"hypersync": "another-token"})
    client = Client(evidence, behind(HyperSyncStandIn(evm_world())))
    [source] = hypersync.build(chain(), client, wrong)
    async with client:
        with pytest.raises(AuthRefused, match="malformed"):
            await pages(source, TOKEN, 100, 120)
    assert evidence.kept
    assert "another-token" not in repr([(one.key, one.stored) for one in evidence.kept])


def answer(next_block: int, *, newest: int | None = 120, guard: Any = None, **tables: Any) -> dict[str, Any]:
    data = [tables] if tables else []
    return {"data": data, "next_block": next_block, "archive_height": newest, "rollback_guard": guard}


def answering(*answers: dict[str, Any]) -> httpx.AsyncBaseTransport:
    left = list(answers)
    return httpx.MockTransport(lambda _: httpx.Response(200, json=left.pop(0)))


def guarded(low: int, high: int, *, parent: str) -> dict[str, Any]:
    return {"block_number": high, "hash": hex(high), "first_block_number": low, "first_parent_hash": parent}


async def test_no_progress_is_an_error() -> None:
    """`next_block` that does not move is never read as an end."""
    client, source = open_source(answering(answer(110), answer(110)))
    async with client:
        with pytest.raises(Down, match="no progress"):
            await pages(source, TOKEN, 100, 120)


async def test_without_a_known_height_an_open_end_is_never_reached() -> None:
    """Where the source does not say how far it has read, no page claims to reach the tip."""
    client, source = open_source(answering(answer(121, newest=None), answer(121, newest=None)))
    async with client:
        with pytest.raises(Down, match="no progress"):
            await pages(source, TOKEN, 100, None)


async def test_a_reorganisation_between_two_answers_is_an_error() -> None:
    """Two answers of two different chains are not put together."""
    first = answer(110, guard=guarded(100, 109, parent="0x63"))
    fitting = answer(121, guard=guarded(110, 120, parent=hex(109)))
    forked = answer(121, guard=guarded(110, 120, parent="0xbad"))
    client, source = open_source(answering(first, fitting))
    async with client:
        assert len(await pages(source, TOKEN, 100, 120)) == 2
    client, source = open_source(answering(first, forked))
    async with client:
        with pytest.raises(Down, match="reorganised"):
            await pages(source, TOKEN, 100, 120)


async def test_rows_of_other_blocks_are_an_error() -> None:
    """A proxy's old page, whose rows lie outside the blocks asked for, neither doubles nor skips anything."""
    stale = {"number": 105, "timestamp": "0x1", "hash": "0x1"}
    client, source = open_source(answering(answer(110), answer(121, blocks=[stale])))
    async with client:
        with pytest.raises(Down, match="repeated page"):
            await pages(source, TOKEN, 100, 120)


async def test_a_row_in_two_batches_counts_once() -> None:
    """The same log in two batches of one answer is one transfer."""
    server = HyperSyncStandIn(evm_world(), span=50)
    client, source = open_source(behind(server))
    async with client:
        once = told(await pages(source, TOKEN, 100, 120))
        [kept] = client.evidence.kept  # type: ignore[attr-defined]
    whole = httpx.Response(200, content=kept.stored.body).json()
    whole["data"] *= 2
    client, source = open_source(answering(whole))
    async with client:
        assert told(await pages(source, TOKEN, 100, 120)) == once


async def test_a_transaction_in_two_batches_counts_once() -> None:
    """The same transaction in two batches of one answer pays once."""
    server = HyperSyncStandIn(evm_world(), span=50, traced=False)
    client, source = open_source(behind(server), chain(traces=False))
    async with client:
        once = told(await pages(source, NATIVE, 100, 120))
        [kept] = client.evidence.kept  # type: ignore[attr-defined]
    whole = httpx.Response(200, content=kept.stored.body).json()
    whole["data"] *= 2
    client, source = open_source(answering(whole), chain(traces=False))
    async with client:
        assert told(await pages(source, NATIVE, 100, 120)) == once


async def test_a_row_whose_block_is_missing_is_malformed() -> None:
    """Without its block a row has no time; that is an error of the source."""
    tx = {"block_number": 101, "transaction_index": 0, "hash": "0x1", "from": WHO, "status": 1, "value": "0x0"}
    client, source = open_source(answering(answer(121, transactions=[tx])))
    async with client:
        with pytest.raises(Malformed, match="block 101 is missing"):
            await pages(source, NATIVE, 100, 120)


async def test_layer_two_fees_include_the_part_for_layer_one() -> None:
    """Where receipts carry a second fee it is asked for and added."""
    world = World(100, 100, START, 12, [{**evm_tx("l2", (100, 0), WHO, BOB, 0), "type": 2, "l1Fee": "0x5"}])
    client, source = open_source(behind(HyperSyncStandIn(world)), chain(traces=False, l1_fee=True))
    async with client:
        [page] = await pages(source, NATIVE, 100, 100)
    assert [row.amount for row in page.transfers] == [210_005]


@pytest.mark.parametrize(
    "broken",
    [
        {"data": [7], "next_block": 121},
        {"data": [{"logs": 7}], "next_block": 121},
        {"data": [{"logs": [7]}], "next_block": 121},
        {"data": [], "next_block": 121, "archive_height": "far"},
        {"data": [], "next_block": 121, "rollback_guard": {"block_number": 1}},
        {"data": [{"traces": [{"type": "call"}]}], "next_block": 121},
        {"data": [{"transactions": [{"hash": "0x1"}]}], "next_block": 121},
    ],
)
def test_rows_without_the_documented_shape_are_malformed(broken: dict[str, Any]) -> None:
    """A row that is no record, or lacks what every row has, is an error and not an empty history."""
    with pytest.raises(Malformed):
        batch_of(broken, 1, 100, 120)


@needs_captures
@pytest.mark.parametrize("block", ["508110", "2112234"])
def test_recorded_calls_mean_the_same_in_its_spelling(block: str) -> None:
    """Every recorded call of two mainnet blocks, put into HyperSync's columns and read back, moves the same value."""
    name = f"web3_response.trace_block_{hex(int(block))}.json"
    recorded = captured("ethereum-etl", "tests", "resources", "test_stream", f"blocks_{block}_{block}", name)
    calls = [row for row in recorded.get("result", recorded) if row["type"] != "reward"]
    answer = {"data": [{"traces": [hypersync_trace(row) for row in calls]}], "next_block": int(block) + 1}
    batch = batch_of(answer, 1, int(block), int(block))
    told = [(row["transactionHash"], path_of(row, "x"), value_of_row(row, "x")) for row in batch.traces]
    assert told == [(row["transactionHash"], path_of(row, "x"), value_of_row(row, "x")) for row in calls]
    assert len(told) == len(calls) > 0


def test_block_rewards_are_no_calls() -> None:
    """Rewards stand among the traces and have no transaction; they are passed over."""
    assert batch_of({"data": [{"traces": [{"type": "reward"}]}], "next_block": 121}, 1, 100, 120).traces == ()


@pytest.mark.parametrize(
    ("status", "body", "headers", "kind", "wait"),
    [
        (200, b'{"data":[],"next_block":5}', {}, Kind.EMPTY, None),
        (200, b'{"data":[{}],"next_block":5}', {}, Kind.OK, None),
        (200, b'{"data":[]}', {}, Kind.DOWN, None),
        (200, b'{"data":[],"next_block":true}', {}, Kind.DOWN, None),
        (200, b'{"data":[],"next_blo', {}, Kind.DOWN, None),
        (200, b"<html>", {}, Kind.DOWN, None),
        (401, b'{"error":"Your token is malformed."}', {}, Kind.AUTH, None),
        (402, b"", {}, Kind.QUOTA, None),
        (429, b"", {"x-ratelimit-reset": "17"}, Kind.THROTTLED, 17.0),
        (429, b"", {"x-ratelimit-reset": "17, 17;w=60"}, Kind.THROTTLED, 17.0),
        (429, b"", {"x-ratelimit-reset": "1764000000"}, Kind.THROTTLED, 10.0),
        (429, b"", {}, Kind.THROTTLED, 10.0),
        (400, b'{"error":"unknown variant"}', {}, Kind.UNSUPPORTED, None),
        (413, b"", {}, Kind.UNSUPPORTED, None),
        (500, b"", {}, Kind.DOWN, None),
        (524, b"<html>", {}, Kind.DOWN, None),
    ],
)
def test_every_answer_is_exactly_one_kind(
    status: int, body: bytes, headers: Mapping[str, str], kind: Kind, wait: float | None
) -> None:
    """The documented answers to a query, and broken ones, are read for what they are."""
    verdict = classify_query(status, headers, body)
    assert (verdict.kind, verdict.wait) == (kind, wait)


@given(st.integers(100, 599), st.dictionaries(st.sampled_from(["x-ratelimit-reset"]), st.text()), st.binary())
def test_no_answer_breaks_the_classifiers(status: int, headers: dict[str, str], body: bytes) -> None:
    """Whatever bytes come, there is a verdict."""
    for classify in (classify_query, classify_height):
        assert classify(status, headers, body).kind in Kind


async def test_an_empty_429_is_waited_for() -> None:
    """Over the allowance the answer is 429 without a body: the question is put again after the time in the header."""
    left = [429, 429, 200]

    def handle(_: httpx.Request) -> httpx.Response:
        status = left.pop(0)
        return httpx.Response(status, headers={"x-ratelimit-reset": "0"}, json=answer(121) if status == 200 else None)

    client, source = open_source(httpx.MockTransport(handle))
    async with client:
        assert len(await pages(source, TOKEN, 100, 120)) == 1
    client, source = open_source(httpx.MockTransport(lambda _: httpx.Response(429, headers={"retry-after": "0"})))
    async with client:
        with pytest.raises(Throttled):
            await pages(source, TOKEN, 100, 120)


def test_it_is_built_only_where_it_serves() -> None:
    """No source without a token and an URL of one's own, for other families, or when the user chose other sources."""
    client = Client(MemoryEvidence())
    tron = Chain("tron:mainnet", "tron", "tron", "TRX", 6, "", {"hypersync": {"traces": False}})
    assert hypersync.build(tron, client, SETTINGS) == []
    assert hypersync.build(chain(), client, SourceSettings()) == []
    assert hypersync.build(Chain("eip155:66", "oktc", "evm", "OKT", 18, ""), client, SETTINGS) == []
    assert hypersync.build(chain(), client, SourceSettings(only=["sqd"], keys=SETTINGS.keys)) == []
    assert len(hypersync.build(chain(), client, SourceSettings(urls=SETTINGS.urls))) == 1


def test_every_network_has_its_own_host_and_its_own_evidence() -> None:
    """Two networks never share a question's name; only the host with traces is trusted to have them."""
    client = Client(MemoryEvidence())
    settings = SourceSettings(keys=SETTINGS.keys)
    bsc = Chain("eip155:56", "bsc", "evm", "BNB", 18, "", {"hypersync": {"traces": True}})
    [one], [other] = hypersync.build(chain(), client, settings), hypersync.build(bsc, client, settings)
    assert isinstance(one, hypersync.HyperSync)
    assert isinstance(other, hypersync.HyperSync)
    assert (one.endpoint.url, other.endpoint.url) == ("https://eth-traces.hypersync.xyz", "https://56.hypersync.xyz")
    assert one.endpoint.name != other.endpoint.name
    assert (one.traces_from, other.traces_from) == (0, None)
