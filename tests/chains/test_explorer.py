"""Explorers end to end over a stand-in: complete histories, few requests, and faults that are never silent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import httpx
import pytest

from chains import blockscout, etherscan, http, routescan
from chains.errors import AuthRefused, Down, Malformed, NotFound, QuotaSpent, SourceError, SplitRange, Unsupported
from chains.evm_records import DEPOSIT, WITHDRAWAL, ZERO
from chains.http import Client
from chains.model import ANY_TOKEN, NATIVE, Address, Asset, AssetId, Block, Coverage, Kind, Page
from chains.protocol import Source
from chains.registry import Chain, SourceSettings, load_chains
from tests.chains.explorer_stand_in import (
    PEER,
    START,
    TOKEN,
    WETH,
    WHO,
    StandIn,
    block_json,
    envelope,
    internal_row,
    log_row,
    token_row,
    tx_hash,
    tx_row,
)
from tests.chains.memory_evidence import MemoryEvidence

ETHEREUM = load_chains()["eip155:1"]
SETTINGS = SourceSettings(
    urls={
        "etherscan": "http://explorer.test/v2/api",
        "routescan": "http://explorer.test",
        "blockscout": "http://b.test",
    },
    rates={"etherscan": 10_000, "routescan": 10_000, "blockscout": 10_000},
)
who, peer, token = Address(WHO), Address(PEER), AssetId(TOKEN)
HEAD = Block("eip155:1", 1, "0x", 0, 1)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "BACKOFF", 0.0001)


def source_of(
    stand_in: StandIn, kind: Any = etherscan, chain: Chain = ETHEREUM, evidence: MemoryEvidence | None = None
) -> Source:
    client = Client(evidence or MemoryEvidence(), transport=httpx.MockTransport(stand_in.answer))
    (source,) = kind.build(chain, client, SETTINGS)
    built: Source = source
    return built


async def read(source: Source, asset: AssetId = token, low: int = 0, high: int | None = None) -> list[Page]:
    """All pages; their coverage must be one stretch from ``low`` to ``high``."""
    pages = [page async for page in source.history(who, asset, low, high)]
    expected = low
    for page in pages[:-1]:
        assert page.covers.low == expected
        assert page.covers.high is not None
        expected = page.covers.high + 1
    assert pages[-1].covers == Coverage(expected, high)
    return pages


def amounts(pages: list[Page]) -> list[int]:
    return [moved.amount for page in pages for moved in page.transfers]


def many(count: int, *, per_block: int = 1) -> list[dict[str, str]]:
    return [token_row(100 + i // per_block, i, value=i + 1, index=i % per_block) for i in range(count)]


async def test_a_short_history_is_one_request() -> None:
    """A page below the asked size ends the history, and its rows are all there."""
    stand_in = StandIn({"tokentx": many(3)})
    pages = await read(source_of(stand_in))
    assert amounts(pages) == [1, 2, 3]
    assert pages[0].assets == (Asset("eip155:1", token, "TUSD", 6),)
    assert len(stand_in.asked) == 1
    asked = stand_in.asked[0]
    assert (asked["chainid"], asked["contractaddress"], asked["startblock"], asked["sort"]) == ("1", TOKEN, "0", "asc")
    assert "endblock" not in asked


async def test_an_empty_history_is_one_empty_page() -> None:
    """A documented empty proves that there is nothing."""
    assert amounts(await read(source_of(StandIn()), low=5, high=9)) == []


async def test_long_histories_are_whole_and_cost_few_requests() -> None:
    """2,500 rows come once each, in order, in three requests, with no transaction cut."""
    stand_in = StandIn({"tokentx": many(2_500)})
    pages = await read(source_of(stand_in))
    assert amounts(pages) == list(range(1, 2_501))
    assert len(stand_in.asked) == 3
    assert [page.assets for page in pages[1:]] == [(), ()]


async def test_a_transaction_cut_by_the_page_edge_stays_whole() -> None:
    """Rows of the block at the edge are held back and come with the next page."""
    stand_in = StandIn({"tokentx": [token_row(100 + i // 3, i // 3, value=7) for i in range(1_500)]})
    pages = await read(source_of(stand_in))
    seen: dict[str, int] = {}
    for number, page in enumerate(pages):
        for moved in page.transfers:
            assert seen.setdefault(moved.tx, number) == number
    assert sum(len(page.transfers) for page in pages) == 1_500
    assert {moved.nth for page in pages for moved in page.transfers} == {0, 1, 2}


async def test_bounds_are_inclusive_and_sent() -> None:
    """Only rows within the bounds come, both ends included."""
    stand_in = StandIn({"tokentx": many(10)})
    assert amounts(await read(source_of(stand_in), low=102, high=104)) == [3, 4, 5]
    assert stand_in.asked[0]["endblock"] == "104"


@pytest.mark.parametrize("cap", [50, 100])
async def test_a_server_that_gives_less_than_asked_is_read_to_the_end(cap: int) -> None:
    """A page of a round number of rows is not taken for the last one."""
    stand_in = StandIn({"tokentx": many(430)}, cap=cap)
    assert amounts(await read(source_of(stand_in))) == list(range(1, 431))


async def test_one_block_larger_than_a_page_is_paged_through() -> None:
    """2,300 rows in one block, and more after it, come whole."""
    rows = [token_row(100, i, value=i + 1, index=i) for i in range(2_300)] + [token_row(101, 9_999, value=9)]
    stand_in = StandIn({"tokentx": rows})
    assert amounts(await read(source_of(stand_in))) == [*range(1, 2_301), 9]
    assert len(stand_in.asked) == 3


async def test_one_block_larger_than_the_window_is_refused() -> None:
    """More rows in one block than can be paged through is an error, with no request outside the window."""
    rows = [token_row(99, 1)] + [token_row(100, i, value=i + 1, index=i) for i in range(10_500)]
    stand_in = StandIn({"tokentx": rows})
    with pytest.raises(SplitRange, match="more than 10000 rows in block 100"):
        await read(source_of(stand_in), low=100)
    assert len(stand_in.asked) == 10


async def test_what_was_proven_before_a_failure_is_kept() -> None:
    """Pages before the failing one are yielded, and their coverage says how far they go."""
    stand_in = StandIn({"tokentx": many(1_500)})
    stand_in.fault = lambda params, rows: None if params["startblock"] == "0" else httpx.Response(502)
    history = source_of(stand_in).history(who, token, 0, None)
    page = await anext(history)
    assert amounts([page]) == list(range(1, 1_000))
    assert page.covers == Coverage(0, 1_098)
    with pytest.raises(Down):
        await anext(history)


async def test_a_proxy_that_repeats_a_page_is_caught() -> None:
    """The first page served again in place of the second is an error, neither double nor skipped."""
    stand_in = StandIn({"tokentx": many(1_500)})
    stand_in.fault = lambda params, rows: many(1_500)[:1_000]
    with pytest.raises(Down, match="repeated page"):
        await read(source_of(stand_in))


async def test_a_page_repeated_once_is_asked_for_again() -> None:
    """A cached wrong page is got around by asking for another size."""
    stand_in = StandIn({"tokentx": many(1_500)})

    def once(params: Mapping[str, str], rows: list[dict[str, Any]]) -> list[dict[str, Any]] | None:
        return many(1_500)[:1_000] if params["startblock"] != "0" and params["offset"] == "1000" else None

    stand_in.fault = once
    assert amounts(await read(source_of(stand_in))) == list(range(1, 1_501))
    assert len(stand_in.asked) == 3


async def test_rows_missing_at_the_edge_are_caught() -> None:
    """The held-back rows must come again; where they do not, rows were lost."""
    stand_in = StandIn({"tokentx": many(1_500)})
    stand_in.fault = lambda params, rows: None if params["startblock"] == "0" else rows[1:]
    with pytest.raises(Down, match="missing rows at page edge"):
        await read(source_of(stand_in))


async def test_rows_out_of_order_are_caught() -> None:
    """An explorer that ignores the order asked for cannot be paged through."""
    stand_in = StandIn({"tokentx": many(3)})
    stand_in.fault = lambda params, rows: rows[::-1]
    with pytest.raises(Down, match="rows go backwards"):
        await read(source_of(stand_in))


async def test_rows_beyond_the_range_are_left_out() -> None:
    """A server that ignores endblock does not smuggle rows past the coverage."""
    stand_in = StandIn({"tokentx": many(10)})
    stand_in.fault = lambda params, rows: many(10)
    assert amounts(await read(source_of(stand_in), high=104)) == [1, 2, 3, 4, 5]


async def test_rows_of_another_address_are_refused() -> None:
    """An answer to another question is malformed, not an address without history."""
    stand_in = StandIn({"tokentx": many(3)})
    stand_in.fault = lambda params, rows: [row | {"from": PEER} for row in rows]
    with pytest.raises(Malformed, match="asked about"):
        await read(source_of(stand_in))


async def test_a_query_timeout_halves_the_range() -> None:
    """Ranges the explorer cannot answer are cut until it can, and the whole is still one stretch."""
    stand_in = StandIn({"tokentx": many(40)}, proxy={"tip": 1_000})

    def slow(params: Mapping[str, str], rows: list[dict[str, Any]]) -> httpx.Response | None:
        wide = int(params.get("endblock", "1000")) - int(params["startblock"]) > 300
        text = "Query Timeout occured. Please select a smaller result dataset"
        return envelope("0", text, None) if wide and params["startblock"] < "5" else None

    stand_in.fault = slow
    assert amounts(await read(source_of(stand_in))) == list(range(1, 41))
    assert "endblock" not in stand_in.asked[-1]


async def test_a_timeout_on_one_block_is_refused() -> None:
    """When even a single block is too much, the explorer cannot finish."""
    stand_in = StandIn({"tokentx": many(4)}, proxy={"tip": 103})
    stand_in.fault = lambda params, rows: envelope("0", "Query Timeout occured. Please select a smaller result", None)
    with pytest.raises(SplitRange, match="refused for block 100 alone"):
        await read(source_of(stand_in), low=100)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(200, text="<html>Attention Required</html>"), Down),
        (httpx.Response(200, text='{"status":"1","message":"OK","result":[{"blockNum'), Down),
        (envelope("0", "NOTOK", "Missing/Invalid API Key"), AuthRefused),
        (envelope("0", "NOTOK", "Max daily rate limit reached"), QuotaSpent),
        (envelope("0", "NOTOK", "Free API access is not supported for this chain."), Unsupported),
        (envelope("0", "NOTOK", "Error! Invalid address format"), Unsupported),
    ],
)
async def test_refusals_are_errors_and_never_empty(answer: httpx.Response, error: type[SourceError]) -> None:
    """Every refusal surfaces as the error it is."""
    stand_in = StandIn({"tokentx": many(3)})
    stand_in.fault = lambda params, rows: answer
    with pytest.raises(error):
        await read(source_of(stand_in))


async def test_faults_that_pass_are_retried() -> None:
    """A 429, cut JSON, HTML and a pace refusal, each once, cost requests but no rows."""
    stand_in = StandIn({"tokentx": many(3)})
    troubles = [
        httpx.Response(429, headers={"retry-after": "0"}),
        httpx.Response(200, text='{"status":"1","mess'),
        httpx.Response(503, text="<html>"),
        envelope("0", "NOTOK", "Invalid API Key (#err2)"),
    ]
    stand_in.fault = lambda params, rows: troubles.pop() if troubles else None
    assert amounts(await read(source_of(stand_in))) == [1, 2, 3]
    assert len(stand_in.asked) == 5


async def test_equal_rows_of_one_transaction_stay_two() -> None:
    """Two equal transfers of one transaction differ in their number."""
    stand_in = StandIn({"tokentx": [token_row(100, 1), token_row(100, 1)]})
    (page,) = await read(source_of(stand_in))
    assert [moved.nth for moved in page.transfers] == [0, 1]
    assert len({moved.identity for moved in page.transfers}) == 2


async def test_every_transfer_points_at_its_stored_answer() -> None:
    """Its raws name the evidence each transfer was read from."""
    stand_in, evidence = StandIn({"tokentx": many(1_500)}), MemoryEvidence()
    for page in await read(source_of(stand_in, evidence=evidence)):
        for moved, raw in zip(page.transfers, page.raws, strict=True):
            assert moved.tx.encode() in evidence.kept[raw - 1].stored.body


async def test_native_history_joins_both_lists() -> None:
    """Fees, values and internal transfers come in order, with the place in the block where the other list knows it."""
    stand_in = StandIn(
        {
            "txlist": [tx_row(100, 1, index=4), tx_row(102, 2, value=0), tx_row(103, 3, isError="1")],
            "txlistinternal": [internal_row(101, 9), internal_row(102, 2, value=8), internal_row(103, 3, value=99)],
        }
    )
    (page,) = await read(source_of(stand_in), NATIVE)
    assert [(moved.position.height, moved.position.kind, moved.amount) for moved in page.transfers] == [
        (100, Kind.FEE, 210_000),
        (100, Kind.NATIVE, 5),
        (101, Kind.INTERNAL, 5),
        (102, Kind.FEE, 210_000),
        (102, Kind.INTERNAL, 8),
        (103, Kind.FEE, 210_000),
    ]
    assert [moved.position.settled for moved in page.transfers] == [True, True, False, True, True, True]
    assert len(stand_in.asked) == 2
    assert page.weak == ""


async def test_lists_of_unequal_length_stay_in_step() -> None:
    """A page covers only heights that both lists have reached."""
    sent = [tx_row(100 + i, i, value=i + 1) for i in range(2_100)]
    got = [internal_row(100 + 2 * i, 10_000 + i, value=i + 1) for i in range(1_050)]
    stand_in = StandIn({"txlist": sent, "txlistinternal": got})
    pages = await read(source_of(stand_in), NATIVE)
    heights = [moved.position.height for page in pages for moved in page.transfers]
    assert heights == sorted(heights)
    assert len(heights) == 2 * 2_100 + 1_050
    assert len(stand_in.asked) == 5


async def test_refused_internal_transfers_weaken_the_page() -> None:
    """Without internal transfers the rest stands, and the page says what is missing."""
    stand_in = StandIn({"txlist": [tx_row(100, 1)]})
    stand_in.refused["txlistinternal"] = envelope("0", "NOTOK", "Error! Missing Or invalid Action name")
    source = source_of(stand_in)
    for high in (None, 500, 600):
        (page,) = await read(source, NATIVE, high=high)
        assert amounts([page]) == [210_000, 5]
        assert page.weak == "internal transfers could not be read"
    assert stand_in.count("txlistinternal") == 1


async def test_a_refused_list_replays_from_whichever_address_comes_first() -> None:
    """Offline, a list nobody asked for after the first refusal is missing, and is said to be, as it was online."""
    stand_in, evidence = StandIn({"txlist": [tx_row(100, 1)]}), MemoryEvidence()
    stand_in.refused["txlistinternal"] = envelope("0", "NOTOK", "Error! Missing Or invalid Action name")
    source = source_of(stand_in, evidence=evidence)
    online = [await read(source, NATIVE, high=high) for high in (500, 600)]
    evidence.offline = True
    offline = [await read(source_of(stand_in, evidence=evidence), NATIVE, high=high) for high in (600, 500)]
    assert offline == online[::-1]


async def test_internal_transfers_not_yet_processed_weaken_the_page() -> None:
    """Blockscout's partial list is used and called partial."""
    stand_in = StandIn({"txlistinternal": [internal_row(101, 9)]})
    text = "Some internal transactions within this block range have not yet been processed"
    stand_in.fault = lambda params, rows: envelope("2", text, rows) if rows else None
    (page,) = await read(source_of(stand_in, blockscout), NATIVE)
    assert amounts([page]) == [5]
    assert page.weak == text


async def test_layer_two_fees_are_said_to_be_short() -> None:
    """Where receipts carry a second fee the list lacks it, and only pages with fees say so."""
    chain = replace(ETHEREUM, l1_fee=True)
    stand_in = StandIn({"txlist": [tx_row(100, 1)]})
    (page,) = await read(source_of(stand_in, chain=chain), NATIVE)
    assert page.weak == "the explorer's list lacks the L1 part of fees"
    stand_in.lists["txlist"] = [tx_row(100, 1, **{"from": PEER, "to": WHO})]
    (page,) = await read(source_of(stand_in, chain=chain), NATIVE)
    assert page.weak == ""


async def test_wrapping_is_a_mint_and_unwrapping_a_burn() -> None:
    """Deposits and withdrawals of the wrapped coin are in its history, in order, with settled positions."""
    weth = AssetId(WETH)
    stand_in = StandIn(
        {
            "tokentx": [token_row(101, 2, contractAddress=WETH, value=3)],
            "getLogs": [log_row(100, 1, DEPOSIT, value=5, log=0), log_row(102, 3, WITHDRAWAL, value=2)],
        }
    )
    (page,) = await read(source_of(stand_in), weth)
    assert [(moved.sender, moved.receiver, moved.amount) for moved in page.transfers] == [
        (ZERO, who, 5),
        (who, peer, 3),
        (who, ZERO, 2),
    ]
    assert [moved.position.index for moved in page.transfers] == [(0,), (), (3,)]
    assert stand_in.count("getLogs") == 2


async def test_topics_filled_up_with_nulls_are_the_same_log() -> None:
    """Blockscout shows four topics always; a wrap in its spelling is a wrap."""
    padded = {**log_row(100, 1, DEPOSIT), "topics": [*log_row(100, 1, DEPOSIT)["topics"], None, None]}
    assert amounts(await read(source_of(StandIn({"getLogs": [padded]}), blockscout), AssetId(WETH))) == [5]


async def test_a_wrap_that_is_also_a_transfer_counts_once() -> None:
    """Wrappers that emit a Transfer on deposit are not counted twice."""
    both = token_row(100, 1, **{"from": ZERO, "to": WHO, "contractAddress": WETH})
    stand_in = StandIn({"tokentx": [both], "getLogs": [log_row(100, 1, DEPOSIT)]})
    assert amounts(await read(source_of(stand_in), AssetId(WETH))) == [5]


async def test_any_token_leaves_the_contract_out() -> None:
    """Every token of the holder is one list; collectibles in it are no value."""
    stand_in = StandIn({"tokentx": [token_row(100, 1), token_row(100, 2, tokenID="7", contractAddress=PEER)]})
    (page,) = await read(source_of(stand_in), ANY_TOKEN)
    assert amounts([page]) == [5]
    assert [one.token_id for one in page.collectibles] == [7]
    assert "contractaddress" not in stand_in.asked[0]


async def test_blocks_and_times() -> None:
    """The head is one request, a block by time two, and unknown ones are not found."""
    stand_in = StandIn(proxy={"tip": 500}, values={"getblocknobytime": "42"})
    source = source_of(stand_in)
    assert (await source.head()).number == 500
    assert await source.block_at(START + 12 * 42) == Block("eip155:1", 42, tx_hash(10**9 + 42), START + 504, 42)
    assert len(stand_in.asked) == 3
    with pytest.raises(NotFound):
        await source.block(501)


async def test_a_time_to_come_is_not_found() -> None:
    """A time after the newest block has no block."""
    stand_in = StandIn(proxy={"tip": 500})
    stand_in.refused["getblocknobytime"] = envelope("0", "NOTOK", "Error! Block timestamp too far in the future")
    with pytest.raises(NotFound):
        await source_of(stand_in).block_at(START + 12 * 501)


@pytest.mark.parametrize("height", [1, 2, 317, 499, 500])
async def test_times_are_searched_where_the_explorer_has_no_such_action(height: int) -> None:
    """The first block not before a time is found over blocks alone, in few requests."""
    stand_in = StandIn(proxy={"tip": 500})
    stand_in.refused["getblocknobytime"] = envelope("0", "NOTOK", "Error! Missing Or invalid Action name")
    source = source_of(stand_in)
    assert (await source.block_at(START + 12 * height - 5)).number == height
    assert len(stand_in.asked) < 20
    with pytest.raises(NotFound):
        await source.block_at(START + 12 * 501)


def receipt_json(**changed: Any) -> dict[str, Any]:
    log = {
        "address": TOKEN,
        "topics": [
            "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef",
            "0x" + WHO[2:].rjust(64, "0"),
            "0x" + PEER[2:].rjust(64, "0"),
        ],
        "data": f"0x{9:064x}",
        "blockNumber": "0x64",
        "transactionIndex": "0x2",
        "transactionHash": tx_hash(1),
        "logIndex": "0x7",
    }
    return {
        "transactionHash": tx_hash(1),
        "blockNumber": "0x64",
        "transactionIndex": "0x2",
        "from": WHO,
        "to": PEER,
        "status": "0x1",
        "gasUsed": "0x2",
        "effectiveGasPrice": "0x3",
        "logs": [log],
    } | changed


async def test_a_receipt_is_whole() -> None:
    """Fee, value, internal transfers and logs, settled and timed, in four requests."""
    stand_in = StandIn(
        {"bytx": [internal_row(100, 1, value=4)]},
        proxy={
            "tip": 500,
            "eth_getTransactionByHash": {"value": "0x5", "gasPrice": "0x3"},
            "eth_getTransactionReceipt": receipt_json(),
        },
    )
    receipt = await source_of(stand_in).receipt(tx_hash(1))
    assert [(moved.position.kind, moved.amount) for moved in receipt.transfers] == [
        (Kind.FEE, 6),
        (Kind.NATIVE, 5),
        (Kind.INTERNAL, 4),
        (Kind.TOKEN, 9),
    ]
    assert all(moved.position.settled and moved.time == START + 1_200 for moved in receipt.transfers)
    assert receipt.internals
    assert len(stand_in.asked) == 4


async def test_a_receipt_says_when_internal_transfers_are_unknown() -> None:
    """A refused or partial list of internal transfers is not "none"."""
    missing = envelope("0", "NOTOK", "Error! Missing Or invalid Action name")
    for answer in (missing, envelope("2", "not yet processed", [])):
        stand_in = StandIn(
            proxy={
                "tip": 500,
                "eth_getTransactionByHash": {"value": "0x0"},
                "eth_getTransactionReceipt": receipt_json(),
            }
        )
        stand_in.refused["txlistinternal"] = answer
        assert not (await source_of(stand_in).receipt(tx_hash(1))).internals


async def test_positions_are_one_request() -> None:
    """For order within a transaction the receipt alone is asked."""
    stand_in = StandIn(proxy={"eth_getTransactionReceipt": receipt_json()})
    receipt = await source_of(stand_in).positions(tx_hash(1))
    (moved,) = [moved for moved in receipt.transfers if moved.position.kind is Kind.TOKEN]
    assert moved.position == (100, 2, Kind.TOKEN, (7,))
    assert len(stand_in.asked) == 1


async def test_old_receipts_take_their_price_from_the_transaction() -> None:
    """Receipts without effectiveGasPrice need the transaction for their fee."""
    receipt = receipt_json()
    del receipt["effectiveGasPrice"]
    stand_in = StandIn(proxy={"eth_getTransactionReceipt": receipt, "eth_getTransactionByHash": {"gasPrice": "0x5"}})
    assert (await source_of(stand_in).positions(tx_hash(1))).fee == 10


async def test_unknown_transactions_are_not_found() -> None:
    """A null result is an answer: there is no such transaction."""
    stand_in = StandIn(proxy={"eth_getTransactionByHash": None, "eth_getTransactionReceipt": None})
    with pytest.raises(NotFound):
        await source_of(stand_in).receipt(tx_hash(1))
    with pytest.raises(NotFound):
        await source_of(stand_in).positions(tx_hash(1))


async def test_balances_are_now() -> None:
    """Balances are whole numbers without a block, since the past is not for sale."""
    stand_in = StandIn(values={"balance": "12345678901234567890", "tokenbalance": "7"})
    source = source_of(stand_in)
    assert (await source.balance(who, NATIVE, HEAD))[:2] == (12345678901234567890, None)
    assert (await source.balance(who, token, HEAD))[:2] == (7, None)
    assert stand_in.asked[1]["contractaddress"] == TOKEN


@pytest.mark.parametrize(("code", "contract"), [("0x", False), ("0x6001", True), ("0xef0100" + "11" * 20, False)])
async def test_contracts_are_told_from_wallets(code: str, contract: bool) -> None:
    """Code makes a contract, a delegation does not."""
    assert await source_of(StandIn(proxy={"eth_getCode": code})).is_contract(who) is contract


async def test_a_token_describes_itself() -> None:
    """Symbol and decimals come from the contract; what answers neither is no token."""
    answers = {"0x313ce567": f"0x{6:064x}", "0x95d89b41": "0x" + b"USDC".hex().ljust(64, "0")}
    stand_in = StandIn(proxy={"eth_call": lambda data: answers[data]})
    assert await source_of(stand_in).asset(token) == Asset("eip155:1", token, "USDC", 6)
    assert await source_of(stand_in).asset(NATIVE) == Asset("eip155:1", NATIVE, "ETH", 18)
    with pytest.raises(NotFound, match="decimals"):
        await source_of(StandIn(proxy={"eth_call": "0x"})).asset(token)


async def test_routescan_names_the_chain_in_its_path() -> None:
    """No chainid, a path per chain, and pages of 5,000."""
    stand_in = StandIn({"tokentx": many(3)})
    assert amounts(await read(source_of(stand_in, routescan))) == [1, 2, 3]
    assert stand_in.asked[0]["path"] == "/1/etherscan/api"
    assert stand_in.asked[0]["offset"] == "5000"
    assert "chainid" not in stand_in.asked[0]


async def test_blockscout_speaks_json_rpc_for_blocks() -> None:
    """Lists come from /api, blocks by POST to /api/eth-rpc, and block numbers wrapped."""
    stand_in = StandIn(proxy={"tip": 500, "eth_getCode": "0x"}, values={"getblocknobytime": {"blockNumber": "42"}})
    source = source_of(stand_in, blockscout)
    assert (await source.head()).number == 500
    assert stand_in.asked[0]["url"] == "http://b.test/api/eth-rpc"
    assert (await source.block_at(START + 12 * 42)).number == 42
    assert not await source.is_contract(who)


def test_sources_are_built_only_where_they_serve() -> None:
    """No key, not named by the user, or not in the chain's row: no source."""
    client = Client(MemoryEvidence(), transport=httpx.MockTransport(StandIn().answer))
    nowhere = replace(ETHEREUM, sources={})
    for kind in (etherscan, routescan, blockscout):
        assert kind.build(nowhere, client, SETTINGS) == []
        assert kind.build(ETHEREUM, client, SourceSettings(only=["rpc"])) == []
    assert etherscan.build(ETHEREUM, client, SourceSettings()) == []
    assert len(etherscan.build(ETHEREUM, client, SourceSettings(keys={"etherscan": "k" * 20}))) == 1
    assert len(routescan.build(ETHEREUM, client, SourceSettings())) == 1


async def test_a_blockscout_case_replays_without_the_key() -> None:
    """Gateway and instance ask the same questions, so evidence of one answers the other."""
    keys = []
    for settings in (SourceSettings(keys={"blockscout": "proapi_12345678"}), SourceSettings()):
        stand_in, evidence = StandIn({"tokentx": many(1)}, proxy={"tip": 5}), MemoryEvidence()
        client = Client(evidence, transport=httpx.MockTransport(stand_in.answer))
        (source,) = blockscout.build(ETHEREUM, client, settings)
        await source.head()
        await read(source)
        keys.append([kept.key for kept in evidence.kept])
        assert "proapi" not in str(evidence.kept)
    assert keys[0] == keys[1]


def test_the_stand_in_has_a_block_every_twelve_seconds() -> None:
    """The tests' own clock is what they say it is."""
    assert int(block_json(2)["timestamp"], 16) - int(block_json(1)["timestamp"], 16) == 12
