"""SQD Portal, EVM: what its answers say, and that a stream is followed to a proven end or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains import sqd
from chains.errors import AuthRefused, Down, Malformed, NotFound, Throttled, Unsupported
from chains.http import Client, Kind
from chains.model import ANY_TOKEN, NATIVE, AssetId, Coverage, Page
from chains.protocol import Source
from chains.registry import Chain, SourceSettings
from chains.sqd_portal import classify_stream, classify_value
from tests.chains.bulk_worlds import (
    ANY_ROWS,
    MACHINE,
    NATIVE_ROWS,
    START,
    TOKEN,
    TOKEN_ROWS,
    WHO,
    WRAPPED_ROWS,
    WRAPPER,
    evm_tx,
    evm_world,
    tx_hash,
)
from tests.chains.memory_evidence import MemoryEvidence
from tests.chains.standins_bulk import PortalStandIn

URL = "http://portal/datasets"
SETTINGS = SourceSettings(urls={"sqd": URL}, rates={"sqd": 5000.0})


def chain(**more: Any) -> Chain:
    row = {"sqd": {"slug": "ethereum-mainnet", "traces": True}}
    return Chain("eip155:1", "ethereum", "evm", "ETH", 18, "", sources=row, wrapped=WRAPPER, **more)


def stand_in(**more: Any) -> PortalStandIn:
    return PortalStandIn(evm_world(), "ethereum-mainnet", "evm", **more)


def behind(app: Any) -> httpx.AsyncBaseTransport:
    inner = httpx.ASGITransport(app=app)

    async def without_prefix(request: httpx.Request) -> httpx.Response:
        request.url = request.url.copy_with(path=request.url.path.removeprefix("/datasets"))
        return await inner.handle_async_request(request)

    return httpx.MockTransport(without_prefix)


def open_sqd(transport: httpx.AsyncBaseTransport, where: Chain | None = None) -> tuple[Client, Source]:
    client = Client(MemoryEvidence(), transport)
    [source] = sqd.build(where or chain(), client, SETTINGS)
    return client, source


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


@pytest.mark.parametrize("span", [1, 3, 50])
@pytest.mark.parametrize(
    ("asset", "rows"),
    [(NATIVE, NATIVE_ROWS), (TOKEN, TOKEN_ROWS), (WRAPPER, WRAPPED_ROWS), (ANY_TOKEN, ANY_ROWS)],
)
async def test_history_is_exact_however_far_an_answer_reaches(asset: AssetId, rows: list[Any], span: int) -> None:
    """Every transfer comes once, settled and in order, whatever the answers' span."""
    server = stand_in(span=span)
    client, source = open_sqd(behind(server.app))
    async with client:
        found = await pages(source, asset, 100, 120)
    assert told(found) == expected(rows)
    assert all(row.position.settled for page in found for row in page.transfers)
    assert all(len(page.raws) == len(page.transfers) and page.weak == "" for page in found)
    assert all(row.time == START + (row.position.height - 100) * 12 for page in found for row in page.transfers)


async def test_coverage_has_no_hole_and_no_overlap() -> None:
    """Each page begins where the one before it ended, from low to high."""
    client, source = open_sqd(behind(stand_in(span=4).app))
    async with client:
        found = await pages(source, TOKEN, 101, 118)
    edges = [page.covers for page in found]
    assert edges[0].low == 101
    assert edges[-1].high == 118
    assert [edge.low for edge in edges[1:]] == [(edge.high or 0) + 1 for edge in edges[:-1]]


async def test_approvals_and_nfts_stand_beside_the_transfers() -> None:
    """Approvals and collectibles are kept, and not as value."""
    client, source = open_sqd(behind(stand_in().app))
    async with client:
        found = await pages(source, ANY_TOKEN, 100, 120)
    assert [(one.owner, one.spender, one.amount) for page in found for one in page.approvals] == [(WHO, MACHINE, 1000)]
    assert [(one.token_id, one.receiver) for page in found for one in page.collectibles] == [(9, WHO)]


async def test_a_dataset_without_traces_says_so() -> None:
    """Without traces internal transfers are missing, and every native page says it."""
    where = chain()
    plain = Chain(
        where.id, where.name, "evm", "ETH", 18, "", {"sqd": {"slug": "ethereum-mainnet", "traces": False}}, WRAPPER
    )
    server = stand_in()
    client, source = open_sqd(behind(server.app), plain)
    async with client:
        found = await pages(source, NATIVE, 100, 120)
        tokens = await pages(source, TOKEN, 100, 120)
    assert {page.weak for page in found} == {"no internal transfers from this source"}
    assert {page.weak for page in tokens} == {""}
    assert "traces" not in server.asked[0]


async def test_an_open_end_is_the_newest_finalized_block() -> None:
    """With no upper bound the history ends where finality ends, and its coverage says where that was."""
    client, source = open_sqd(behind(stand_in(finalized=111).app))
    async with client:
        found = await pages(source, TOKEN, 100, None)
    assert found[-1].covers.high == 111


async def test_a_window_past_finality_is_proven_up_to_it_and_then_refused() -> None:
    """What is finalized is given, the rest is an error: never an early silent end."""
    client, source = open_sqd(behind(stand_in(finalized=111).app))
    async with client:
        found, why = await until_refused(source, TOKEN, 100, 120)
        with pytest.raises(Unsupported, match="finalized blocks end"):
            await pages(source, TOKEN, 112, None)
    assert found[-1].covers.high == 111
    assert "finalized blocks end" in why


async def test_too_long_a_window_is_given_up_after_its_share_of_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A window of more answers than is fair ends in an error after the proven part."""
    monkeypatch.setattr("chains.sqd_portal.STREAM_ANSWERS", 3)
    client, source = open_sqd(behind(stand_in(span=2).app))
    async with client:
        found, why = await until_refused(source, TOKEN, 100, 120)
    assert found[-1].covers == Coverage(104, 105)
    assert "too long a window" in why


async def test_head_block_and_time() -> None:
    """Head is the newest finalized block; a time is answered by the first block not before it."""
    client, source = open_sqd(behind(stand_in(finalized=111).app))
    async with client:
        assert (await source.head()).number == 111
        block = await source.block_at(START + 13)
        assert (block.number, block.time, block.height) == (102, START + 24, 102)
        with pytest.raises(NotFound):
            await source.block_at(START + 10_000)


async def test_what_it_cannot_answer_it_refuses() -> None:
    """Receipts, balances, code and token names are refused, so that the reader asks another source."""
    client, source = open_sqd(behind(stand_in().app))
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
            with pytest.raises(Unsupported) as refused:
                await question
            assert refused.value.scope == "request"


async def test_an_unknown_dataset_is_not_asked_again() -> None:
    """A dataset the portal does not have is refused for the whole chain."""
    client, source = open_sqd(behind(PortalStandIn(evm_world(), "other-net", "evm").app))
    async with client:
        with pytest.raises(Unsupported) as refused:
            await pages(source, TOKEN, 100, 120)
    assert refused.value.scope == "chain"


def line(number: int, **tables: Any) -> dict[str, Any]:
    return {"header": {"number": number, "hash": hex(number), "timestamp": START + number}, **tables}


def answering(*answers: list[dict[str, Any]]) -> httpx.AsyncBaseTransport:
    left = list(answers)

    def handle(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, text="\n".join(json.dumps(one) for one in left.pop(0)))

    return httpx.MockTransport(handle)


@pytest.mark.parametrize(
    "second", [[line(100), line(105)], [line(108), line(107)], [line(106), line(106)], [line(130)]]
)
async def test_pages_that_repeat_go_back_or_leave_the_range_are_an_error(second: list[dict[str, Any]]) -> None:
    """A proxy's duplicate page neither doubles nor skips anything: it ends the reading."""
    client, source = open_sqd(answering([line(100), line(105)], second))
    async with client:
        with pytest.raises(Down, match="repeated page"):
            await pages(source, TOKEN, 100, 120)


async def test_a_trace_without_its_transaction_is_malformed() -> None:
    """Whether a call's transaction failed must be known; without the transaction it is an error, not a transfer."""
    orphan = {"type": "call", "traceAddress": [0], "transactionIndex": 1, "action": {}, "error": None}
    client, source = open_sqd(answering([line(120, traces=[orphan])]))
    async with client:
        with pytest.raises(Malformed, match="transactionHash"):
            await pages(source, NATIVE, 100, 120)


async def test_a_transaction_without_status_is_left_to_another_source() -> None:
    """Before Byzantium nothing says whether a transaction succeeded; this source does not guess."""
    tx = {**evm_tx("old", (120, 0), WHO, MACHINE, 3), "status": None}
    client, source = open_sqd(answering([line(120, transactions=[tx])]))
    async with client:
        with pytest.raises(Unsupported, match="Byzantium"):
            await pages(source, NATIVE, 100, 120)


async def test_layer_two_fees_include_the_part_for_layer_one() -> None:
    """Where receipts carry a second fee it is added; a deposit from layer one has none."""
    paid = {**evm_tx("l2", (120, 0), WHO, MACHINE, 0), "type": 2, "l1Fee": "0x5"}
    free = {**evm_tx("dep", (120, 1), WHO, MACHINE, 0), "type": 0x7E, "l1Fee": None}
    client, source = open_sqd(answering([line(120, transactions=[paid, free])]), chain(l1_fee=True))
    async with client:
        [page] = await pages(source, NATIVE, 120, 120)
    assert [row.amount for row in page.transfers] == [210_005, 210_000]


async def test_older_portals_call_a_calls_type_by_another_name() -> None:
    """``type`` in a call's action is read as ``callType`` where the portal writes it so."""
    tx = evm_tx("in", (120, 0), MACHINE, TOKEN, 0)
    inner = {
        "type": "call",
        "traceAddress": [0],
        "transactionIndex": 0,
        "action": {"from": TOKEN, "to": WHO, "value": "0x9", "type": "call"},
    }
    client, source = open_sqd(answering([line(120, transactions=[tx], traces=[inner])]))
    async with client:
        [page] = await pages(source, NATIVE, 120, 120)
    assert [row.amount for row in page.transfers] == [9]


async def test_a_block_the_answer_does_not_hold_is_not_found() -> None:
    """A portal that jumps over the block asked for does not have it."""
    client, source = open_sqd(answering([line(100)]))
    async with client:
        with pytest.raises(Down, match="repeated page"):
            await source.block(101)
    client, source = open_sqd(httpx.MockTransport(lambda _: httpx.Response(200, json={"number": "7"})))
    async with client:
        with pytest.raises(Malformed, match="no whole number"):
            await source.head()


@pytest.mark.parametrize(
    ("status", "body", "headers", "kind", "wait"),
    [
        (200, b'{"header":{"number":1}}\n', {}, Kind.OK, None),
        (204, b"", {}, Kind.EMPTY, None),
        (200, b"", {}, Kind.DOWN, None),
        (200, b'{"header":{"number":1}}\n{"header":{"num', {}, Kind.DOWN, None),
        (200, b"<html>busy</html>", {}, Kind.DOWN, None),
        (200, b"[" * 5_000, {}, Kind.DOWN, None),
        (200, b"[1]", {}, Kind.DOWN, None),
        (400, b'{"error":{"code":"malformed_request"}}', {}, Kind.UNSUPPORTED, None),
        (401, b"", {}, Kind.AUTH, None),
        (403, b'{"error":{"code":"forbidden"}}', {}, Kind.AUTH, None),
        (404, b'{"error":{"code":"unknown_dataset"}}', {}, Kind.UNSUPPORTED, None),
        (409, b'{"error":{"code":"base_block_mismatch"}}', {}, Kind.DOWN, None),
        (429, b"", {"retry-after": "7"}, Kind.THROTTLED, 7.0),
        (503, b'{"error":{"code":"no_workers"}}', {"retry-after": "soon"}, Kind.THROTTLED, 5.0),
        (529, b"overloaded", {"retry-after": "9" * 400}, Kind.THROTTLED, 5.0),
        (502, b"", {}, Kind.DOWN, None),
    ],
)
def test_every_answer_is_exactly_one_kind(
    status: int, body: bytes, headers: Mapping[str, str], kind: Kind, wait: float | None
) -> None:
    """The documented answers of a stream, and broken ones, are read for what they are."""
    verdict = classify_stream(status, headers, body)
    assert (verdict.kind, verdict.wait) == (kind, wait)


@given(st.integers(100, 599), st.dictionaries(st.sampled_from(["retry-after"]), st.text()), st.binary())
def test_no_answer_breaks_the_classifiers(status: int, headers: dict[str, str], body: bytes) -> None:
    """Whatever bytes come, there is a verdict, and only proper JSON is usable."""
    for classify in (classify_stream, classify_value):
        assert classify(status, headers, body).kind in Kind


async def test_a_refused_key_and_a_lasting_overload_are_told_apart() -> None:
    """403 is a matter of keys; 529 is retried at the pace asked for and then given up as throttling."""
    client, source = open_sqd(httpx.MockTransport(lambda _: httpx.Response(403)))
    async with client:
        with pytest.raises(AuthRefused):
            await pages(source, TOKEN, 100, 120)
    client, source = open_sqd(httpx.MockTransport(lambda _: httpx.Response(529, headers={"retry-after": "0"})))
    async with client:
        with pytest.raises(Throttled):
            await pages(source, TOKEN, 100, 120)


def test_it_is_built_only_where_it_serves() -> None:
    """No source for TRON, for chains without a dataset, or when the user restricted the sources to others."""
    client = Client(MemoryEvidence())
    tron = Chain("tron:mainnet", "tron", "tron", "TRX", 6, "", {"sqd": {"slug": "tron-mainnet"}})
    assert sqd.build(tron, client, SETTINGS) == []
    assert sqd.build(Chain("eip155:66", "oktc", "evm", "OKT", 18, ""), client, SETTINGS) == []
    assert sqd.build(chain(), client, SourceSettings(only=["etherscan"])) == []
    assert len(sqd.build(chain(), client, SourceSettings(only=["sqd"]))) == 1
