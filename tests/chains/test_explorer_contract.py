"""Calls, code and logs of contracts from explorers: whole, in few requests, and never a refusal read as "no"."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import httpx
import pytest

from chains import blockscout, etherscan, http, routescan
from chains.errors import Down, Malformed, QuotaSpent, SourceError, SplitRange, Throttled, Unsupported
from chains.evm_records import DEPOSIT, WITHDRAWAL
from chains.model import Address, Called, Coverage, EventPage, Kind, Position
from chains.protocol import Source
from tests.chains.explorer_stand_in import START, TOKEN, WETH, StandIn, envelope, log_row, refusal, tx_hash
from tests.chains.memory_evidence import MemoryEvidence
from tests.chains.test_explorer import HEAD, source_of

KINDS = (etherscan, routescan, blockscout)
TOPICS = (DEPOSIT, WITHDRAWAL)
weth, token = Address(WETH), Address(TOKEN)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "BACKOFF", 0.0001)


async def read(source: Source, low: int = 0, high: int = 10_000) -> list[EventPage]:
    """All pages; their coverage must be one stretch from ``low`` to ``high``."""
    pages = [page async for page in source.events(weth, TOPICS, low, high)]
    expected = low
    for page in pages:
        assert page.covers.low == expected
        assert page.covers.high is not None
        assert all(expected <= event.position.height <= page.covers.high for event in page.events)
        expected = page.covers.high + 1
    assert expected == high + 1
    return pages


def numbers(pages: list[EventPage]) -> list[int]:
    return [int(event.data, 16) for page in pages for event in page.events]


def many(count: int, *, per_block: int = 1) -> list[dict[str, Any]]:
    """Deposits and withdrawals in turn, numbered from 1 in their ``data``."""
    return [log_row(100 + i // per_block, i, TOPICS[i % 2], value=i + 1, log=i % per_block) for i in range(count)]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_call_is_answered_now(kind: Any) -> None:
    """What the contract returns comes back as of now, whatever block was asked for."""
    stand_in = StandIn(proxy={"eth_call": "0x" + "AB" * 32})
    assert await source_of(stand_in, kind).call(token, "0x70a08231", HEAD) == Called("0x" + "ab" * 32, None, 1)
    if kind is etherscan:
        assert {"to": TOKEN, "data": "0x70a08231", "tag": "latest"}.items() <= stand_in.asked[0].items()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "refused",
    [
        refusal("execution reverted"),
        refusal("execution reverted: Max daily rate limit reached", -32000),
        refusal("Invalid API Key", 3),
        refusal("VM execution error.", -32015),
    ],
)
async def test_a_refusing_contract_has_the_last_word(kind: Any, refused: httpx.Response) -> None:
    """Whatever a contract puts into its refusal, it is a refusal and no trouble of the explorer's."""
    source = source_of(StandIn(proxy={"eth_call": refused}), kind)
    assert await source.call(token, "0xe47d6060", HEAD) == Called("0x", None, 1)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (envelope("0", "NOTOK", "Max daily rate limit reached"), QuotaSpent),
        (envelope("0", "NOTOK", "Error! Missing Or invalid Action name"), Unsupported),
        (envelope("0", "NOTOK", "Max calls per sec rate limit reached (3/sec)"), Throttled),
        (refusal("the method eth_call does not exist", -32601), Unsupported),
        (refusal("header not found", -32000), Down),
        (httpx.Response(200, html="<html>"), Down),
        (httpx.Response(200, content=b'{"jsonrpc":"2.0","id":1,"resu'), Down),
        (httpx.Response(502, html="<html>"), Down),
        (envelope("1", "OK", None), Down),
    ],
)
async def test_an_explorer_that_does_not_answer_is_no_refusing_contract(
    answer: httpx.Response, error: type[SourceError], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Quotas, unknown actions, HTML and cut bodies raise; only the contract itself can refuse."""
    monkeypatch.setattr(http, "LONGEST_WAIT", 0.0)
    with pytest.raises(error):
        await source_of(StandIn(refused={"eth_call": answer})).call(token, "0x", HEAD)


@pytest.mark.parametrize("value", [None, "0x123", "no", 5])
async def test_an_answer_that_is_no_bytes_is_refused(value: Any) -> None:
    """Null, odd digits and prose raise for calls and for code."""
    source = source_of(StandIn(proxy={"eth_call": value, "eth_getCode": value}))
    for question in (source.call(token, "0x", HEAD), source.code(token), source.is_contract(token)):
        with pytest.raises(Malformed):
            await question


@pytest.mark.parametrize("kind", KINDS)
async def test_code_and_contracthood_are_one_question(kind: Any) -> None:
    """The hash is that of the code, a delegating wallet has none, and both are asked for with one request's words."""
    evidence, stand_in = MemoryEvidence(), StandIn(proxy={"eth_getCode": "0x6001"})
    source = source_of(stand_in, kind, evidence=evidence)
    assert await source.code(token) == sha256(b"\x60\x01").hexdigest()
    assert await source.is_contract(token)
    assert len(stand_in.asked) == len(evidence.kept) == 1
    assert await source_of(StandIn(proxy={"eth_getCode": "0xef0100" + "11" * 20}), kind).code(token) == ""


@pytest.mark.parametrize("kind", KINDS)
async def test_logs_of_all_kinds_come_in_order(kind: Any) -> None:
    """One list for each kind of log, merged into the order of the chain, with place, time and words."""
    rows = many(5, per_block=2)
    if kind is blockscout:
        rows = [{**row, "topics": [*row["topics"], None, None]} for row in rows]
    stand_in = StandIn({"getLogs": rows})
    pages = await read(source_of(stand_in, kind))
    assert numbers(pages) == [1, 2, 3, 4, 5]
    first = pages[0].events[0]
    assert (first.contract, first.tx, first.time) == (weth, tx_hash(0), START + 1_200)
    assert (first.position, len(first.topics)) == (Position(100, 0, Kind.TOKEN, (0,)), 2)
    assert len({event.raw for event in pages[0].events}) == stand_in.count("getLogs") == 2
    assert [asked["topic0"] for asked in stand_in.asked] == list(TOPICS)
    assert {"address": WETH, "fromBlock": "0", "toBlock": "10000"}.items() <= stand_in.asked[0].items()


async def test_long_lists_are_whole_and_cost_few_requests() -> None:
    """3,000 logs of two kinds come once each, in order, a thousand to a page."""
    stand_in = StandIn({"getLogs": many(3_000)}, cap=1_000)
    assert numbers(await read(source_of(stand_in))) == list(range(1, 3_001))
    assert stand_in.count("getLogs") == 4


async def test_lists_of_unequal_length_stay_in_step() -> None:
    """A kind with few logs waits for the one with many; no stretch claims more than both have proven."""
    rare = [log_row(2_050, 9_999, WITHDRAWAL, value=9_999, log=9)]
    rows = [*(log_row(100 + i, i, DEPOSIT, value=i + 1) for i in range(2_500)), *rare]
    pages = await read(source_of(StandIn({"getLogs": rows})))
    assert numbers(pages) == [*range(1, 1_952), 9_999, *range(1_952, 2_501)]


async def test_one_block_larger_than_a_page_is_paged_through() -> None:
    """2,300 logs in one block come whole; more than the window allows is refused, not cut."""
    rows = [log_row(100, 1, DEPOSIT, value=i + 1, log=i) for i in range(2_300)]
    assert numbers(await read(source_of(StandIn({"getLogs": rows})))) == list(range(1, 2_301))
    rows = [log_row(100, 1, DEPOSIT, value=i + 1, log=i) for i in range(10_001)]
    with pytest.raises(SplitRange, match="10000"):
        await read(source_of(StandIn({"getLogs": rows})))


async def test_bounds_are_inclusive_and_an_empty_range_asks_nobody() -> None:
    """Both ends belong to the answer; from > to is nothing, for free."""
    stand_in = StandIn({"getLogs": many(10)})
    assert numbers(await read(source_of(stand_in), 102, 104)) == [3, 4, 5]
    stand_in = StandIn()
    assert [page async for page in source_of(stand_in).events(weth, TOPICS, 5, 4)] == []
    assert stand_in.asked == []


async def test_nothing_found_is_proof_of_nothing() -> None:
    """A documented empty for every kind covers the whole range."""
    pages = await read(source_of(StandIn()), 5, 9)
    assert pages == [EventPage((), Coverage(5, 9))]


async def test_a_repeated_page_is_caught() -> None:
    """A proxy that answers the second question with the first page is Down, after what was proven."""
    rows = [log_row(100 + i, i, DEPOSIT, value=i + 1) for i in range(2_500)]

    def repeat(params: Mapping[str, str], shown: list[dict[str, Any]]) -> list[dict[str, Any]] | None:
        return rows[:1_000] if params["topic0"] == DEPOSIT and int(params["fromBlock"]) > 0 else None

    pages = source_of(StandIn({"getLogs": rows}, fault=repeat)).events(weth, TOPICS, 0, 10_000)
    assert numbers([await anext(pages)]) == list(range(1, 1_000))
    with pytest.raises(Down, match="repeated page"):
        await anext(pages)


async def test_logs_that_were_not_asked_for_are_refused() -> None:
    """Logs of another contract or kind, and cut ones, are Malformed."""
    for changed in ({"address": TOKEN}, {"topics": ["0x" + "c3" * 32]}, {"topics": None}, {"data": "0x1"}):
        wrong = {**log_row(100, 1, DEPOSIT), **changed}

        def answer(params: Mapping[str, str], shown: list[Any], wrong: Any = wrong) -> list[Any]:
            return [wrong]

        with pytest.raises(Malformed):
            await read(source_of(StandIn(fault=answer)))


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (envelope("0", "NOTOK", "Error! Missing Or invalid Action name"), Unsupported),
        (envelope("0", "NOTOK", "Max daily rate limit reached"), QuotaSpent),
        (envelope("2", "not all are processed yet", [log_row(100, 1, DEPOSIT)]), Unsupported),
        (httpx.Response(200, html="<html>"), Down),
        (httpx.Response(200, content=b'{"status":"1","message":"OK","result":[{"addr'), Down),
    ],
)
async def test_refusals_are_errors_and_never_empty(answer: httpx.Response, error: type[SourceError]) -> None:
    """A refusal, a partial list, HTML or a cut body for one kind of log fails the whole answer."""
    with pytest.raises(error):
        await read(source_of(StandIn(refused={"getLogs": answer})))
