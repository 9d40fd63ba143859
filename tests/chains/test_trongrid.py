"""The TronGrid source end to end against a stand-in: whole histories, few requests, and refusals that stay visible."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest
import vcr

from chains import trongrid
from chains.errors import Down, Malformed, NotFound, SourceError, Unsupported
from chains.http import Client
from chains.model import ANY_TOKEN, NATIVE, Address, Asset, AssetId, Block, Kind, Page, Transfer
from chains.protocol import Source
from chains.registry import Chain, SourceSettings
from chains.tron_calls import STAKE
from tests.chains.memory_evidence import MemoryEvidence
from tests.chains.tron_records import (
    MULE,
    POOL,
    THIEF,
    TRON,
    USDT,
    VICTIM,
    digits,
    inner_row,
    lent,
    sent,
    token_row,
    transaction,
    txid,
)
from tests.chains.tron_stand_in import StandIn

CASSETTES = Path(__file__).parents[2] / "fixtures" / "chains" / "trongrid"
RECORDING = bool(os.environ.get("TRACE_RECORD"))
TOKENS = f"/v1/accounts/{THIEF}/transactions/trc20"
COINS = f"/v1/accounts/{THIEF}/transactions"
INNER = f"/v1/accounts/{THIEF}/internal-transactions"
NOW = Block("tron:mainnet", 1, "", 1, 1000)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries are the client's matter; here they need not take their time."""
    monkeypatch.setattr("chains.http.BACKOFF", 0.001)


def one_source(client: Client, **settings: Any) -> Source:
    chosen: dict[str, Any] = {"urls": {"trongrid": "http://trongrid.test"}, "rates": {"trongrid": 1000}} | settings
    (source,) = trongrid.build(TRON, client, SourceSettings(**chosen))
    return source


@asynccontextmanager
async def served(server: StandIn, evidence: MemoryEvidence | None = None) -> AsyncIterator[Source]:
    """A source whose host is the stand-in."""
    async with Client(evidence or MemoryEvidence(), transport=httpx.ASGITransport(server.app)) as client:
        yield one_source(client)


async def pages(source: Source, asset: str, low: int = 0, high: int | None = None) -> list[Page]:
    return [page async for page in source.history(THIEF, AssetId(asset), low, high)]


def transfers(read: list[Page]) -> list[Transfer]:
    return [transfer for page in read for transfer in page.transfers]


def contiguous(read: list[Page], low: int, high: int | None) -> bool:
    """Coverage begins at ``low``, ends at ``high``, and has neither hole nor overlap."""
    edges = [low, *(page.covers.high + 1 for page in read[:-1] if page.covers.high is not None)]
    return [page.covers.low for page in read] == edges and read[-1].covers.high == high


async def test_a_token_history_is_read_to_its_end_in_whole_blocks() -> None:
    """Over page borders inside of blocks, every row arrives once, and no page cuts a block."""
    rows = [token_row(f"t{nth}", VICTIM, THIEF, nth + 1, 3000 * (nth // 3 + 1)) for nth in range(23)]
    async with served(StandIn({TOKENS: rows}, page=5)) as source:
        read = await pages(source, USDT, 1000)
    assert [one.amount for one in transfers(read)] == list(range(1, 24))
    assert contiguous(read, 1000, None)
    for page in read:
        for one in page.transfers:
            assert page.covers.low <= one.position.height
            assert page.covers.high is None or one.position.height <= page.covers.high


async def test_a_window_is_asked_for_and_covered_inclusively() -> None:
    """Both ends of a window count in, and the coverage is that window."""
    rows = [token_row(f"t{nth}", VICTIM, THIEF, nth, 1000 * nth) for nth in range(1, 10)]
    async with served(StandIn({TOKENS: rows})) as source:
        read = await pages(source, ANY_TOKEN, 3000, 5000)
    assert [one.amount for one in transfers(read)] == [3, 4, 5]
    assert contiguous(read, 3000, 5000)


async def test_an_empty_history_costs_one_request_and_is_proven() -> None:
    """No rows and no fingerprint is a documented end."""
    server = StandIn({TOKENS: []})
    async with served(server) as source:
        read = await pages(source, USDT)
    assert (transfers(read), contiguous(read, 0, None), server.asked) == ([], True, [TOKENS])


async def test_a_refused_fingerprint_does_not_end_or_double_the_history() -> None:
    """When a fingerprint has gone stale, reading takes up at the last block."""
    rows = [token_row(f"t{nth}", VICTIM, THIEF, nth + 1, 3000 * (nth // 2 + 1)) for nth in range(11)]
    async with served(StandIn({TOKENS: rows}, page=4, forget=8)) as source:
        read = await pages(source, USDT)
    assert [one.amount for one in transfers(read)] == list(range(1, 12))
    assert contiguous(read, 0, None)


async def test_a_page_served_twice_does_not_double_or_end_the_history() -> None:
    """What a caching proxy repeats is not read again; a new question leads past it."""
    rows = [token_row(f"t{nth}", VICTIM, THIEF, nth + 1, 3000 * (nth // 2 + 1)) for nth in range(15)]
    async with served(StandIn({TOKENS: rows}, page=4, stuck=8)) as source:
        read = await pages(source, USDT)
    assert [one.amount for one in transfers(read)] == list(range(1, 16))
    assert contiguous(read, 0, None)


async def test_a_server_that_only_repeats_itself_is_down() -> None:
    """Going in a circle is no end of a history."""
    rows = [token_row(f"t{nth}", VICTIM, THIEF, nth + 1, 3000) for nth in range(9)]
    async with served(StandIn({TOKENS: rows}, page=4, stuck=4)) as source:
        with pytest.raises(Down, match="cannot be continued"):
            await pages(source, USDT, 3000)


async def test_any_other_refusal_ends_the_reading_with_its_error() -> None:
    """A list that is not served raises; it is never an empty history."""
    async with served(StandIn()) as source:
        with pytest.raises(Unsupported):
            await pages(source, USDT)


async def test_trx_comes_from_own_transactions_and_calls_inside_others() -> None:
    """Payments, fees, and what a contract paid out in somebody else's transaction, merged by time."""
    server = StandIn(
        {
            COINS: [
                sent("a", VICTIM, THIEF, 100, 3000),
                sent("b", THIEF, MULE, 40, 9000, ret=[{"contractRet": "SUCCESS", "fee": 2}]),
            ],
            INNER: [inner_row("i", "x", POOL, THIEF, 7, time=6000), inner_row("j", "y", POOL, THIEF, 8, time=12000)],
        }
    )
    async with served(server) as source:
        read = await pages(source, NATIVE)
    assert [(one.amount, one.position.kind) for one in transfers(read)] == [
        (100, Kind.NATIVE),
        (7, Kind.INTERNAL),
        (2, Kind.FEE),
        (40, Kind.NATIVE),
        (8, Kind.INTERNAL),
    ]
    assert [page.weak for page in read] == [""]
    assert sorted(server.asked) == sorted([COINS, INNER])


async def test_the_two_lists_are_merged_however_their_pages_fall() -> None:
    """Pages of different density still give one history in order, each row once, in whole blocks."""
    own = [sent(f"a{nth}", VICTIM, THIEF, 1, 3000 * nth) for nth in range(1, 30)]
    inner = [inner_row(f"i{nth}", f"x{nth}", POOL, THIEF, 2, time=9000 * nth) for nth in range(1, 14)]
    async with served(StandIn({COINS: own, INNER: inner}, page=4)) as source:
        read = await pages(source, NATIVE)
    heights = [one.position.height for one in transfers(read)]
    assert heights == sorted(heights)
    assert sum(one.amount for one in transfers(read)) == 29 + 26
    assert contiguous(read, 0, None)


async def test_without_the_inner_list_the_history_is_weak_and_says_why() -> None:
    """What stands inside own transactions still counts; what others' transactions paid is named as unknown."""
    value = {"owner_address": digits(THIEF), "contract_address": digits(POOL)}
    swap = transaction("a", "TriggerSmartContract", value, 3000)
    swap["internal_transactions"] = [inner_row("i", "a", POOL, THIEF, 7, time=3000)]
    async with served(StandIn({COINS: [swap]}, refused=(INNER,))) as source:
        (page,) = await pages(source, NATIVE)
    assert [one.amount for one in page.transfers] == [7]
    assert "calls inside others' transactions are not told" in page.weak


async def test_what_came_back_from_stake_is_looked_up_where_the_row_is_silent() -> None:
    """One request per silent row; a refusal leaves a doubt, not a zero that looks proven."""
    row = transaction("a", "WithdrawExpireUnfreezeContract", {"owner_address": digits(THIEF)}, 3000)
    info = {"id": txid("a"), "blockNumber": 1, "blockTimeStamp": 3000, "withdraw_expire_amount": 600}
    known: dict[tuple[str, object], Any] = {("gettransactioninfobyid", txid("a")): info}
    async with served(StandIn({COINS: [row], INNER: []}, known)) as source:
        (page,) = await pages(source, NATIVE)
    assert [(one.sender, one.amount) for one in page.transfers] == [(STAKE, 600)]
    refused = tuple(f"/{root}/gettransactioninfobyid" for root in ("wallet", "walletsolidity"))
    async with served(StandIn({COINS: [row], INNER: []}, refused=refused)) as source:
        (page,) = await pages(source, NATIVE)
    assert (page.transfers, "came back from stake" in page.weak) == ((), True)


async def test_trc10_is_read_by_its_number() -> None:
    """A numeric asset reads the transactions, and only that token."""
    value = {"owner_address": digits(VICTIM), "to_address": digits(THIEF), "amount": 3, "asset_name": "1002000"}
    rows = [transaction("a", "TransferAssetContract", value, 3000), sent("b", VICTIM, THIEF, 9, 6000)]
    async with served(StandIn({COINS: rows, INNER: []})) as source:
        assert [one.amount for one in transfers(await pages(source, "1002000"))] == [3]


def block(*names: str, number: int = 9, time: int = 30_000) -> dict[str, Any]:
    return {
        "blockID": "00" * 31 + f"{number:02x}",
        "block_header": {"raw_data": {"number": number, "timestamp": time}},
        "transactions": [sent(name, VICTIM, THIEF, 5, time) for name in names],
    }


def told(name: str, number: int = 9, time: int = 30_000) -> dict[str, Any]:
    return {"id": txid(name), "blockNumber": number, "blockTimeStamp": time, "receipt": {}}


RECEIPTS: dict[tuple[str, object], Any] = {
    ("gettransactioninfobyid", txid("a")): told("a"),
    ("gettransactioninfobyid", txid("b")): told("b"),
    ("gettransactioninfobyblocknum", 9): [told("z"), told("a"), told("b")],
    ("gettransactionbyid", txid("a")): sent("a", VICTIM, THIEF, 5, 30_000),
    ("getblockbynum", 9): block("z", "a", "b"),
}


async def test_a_block_is_asked_for_once_for_all_its_transactions() -> None:
    """Two receipts of one block cost three requests, and both know their place."""
    server = StandIn(records=RECEIPTS)
    async with served(server) as source:
        first, second = await source.receipt("0x" + txid("a").upper()), await source.positions(txid("b"))
    assert [(one.tx, one.tx_index, one.height) for one in (first, second)] == [
        (txid("a"), 1, 30_000),
        (txid("b"), 2, 30_000),
    ]
    assert (len(server.asked), server.count("getblockbynum")) == (3, 1)
    assert first.transfers[0].position == (30_000, 1, Kind.NATIVE, (0,))


async def test_the_order_can_come_from_the_infos_of_the_block() -> None:
    """A host without blocks may still list the infos of one, in block order."""
    refused = ("/wallet/getblockbynum", "/walletsolidity/getblockbynum")
    async with served(StandIn(records=RECEIPTS, refused=refused)) as source:
        assert (await source.positions(txid("a"))).tx_index == 1


async def test_an_order_that_nobody_tells_is_unsupported_but_the_receipt_is_read() -> None:
    """The amounts are known, the place is not: `receipt` says -1, `positions` refuses."""
    refused = tuple(
        f"/{root}/{method}"
        for root in ("wallet", "walletsolidity")
        for method in ("getblockbynum", "gettransactioninfobyblocknum")
    )
    async with served(StandIn(records=RECEIPTS, refused=refused)) as source:
        receipt = await source.receipt(txid("a"))
        assert (receipt.tx_index, receipt.transfers[0].amount) == (-1, 5)
        with pytest.raises(Unsupported, match="order"):
            await source.positions(txid("a"))


async def test_an_unknown_transaction_or_block_is_not_found() -> None:
    """`{}` is how a node says that it knows no such thing."""
    async with served(StandIn()) as source:
        with pytest.raises(NotFound, match="a minute"):
            await source.receipt(txid("nobody"))
        with pytest.raises(NotFound, match="block 7"):
            await source.block(7)


async def test_blocks_and_times() -> None:
    """A height is a time in milliseconds, so that a time needs no request."""
    server = StandIn(records={("getblockbynum", 9): block(), ("getnowblock", None): block(number=10, time=33_000)})
    async with served(server) as source:
        assert (await source.head()).height == 33_000
        assert (await source.block(9)).time == 30
        asked = len(server.asked)
        assert (await source.block_at(77)).height == 77_000
        assert len(server.asked) == asked


async def test_one_account_record_tells_every_balance() -> None:
    """TRX, a TRC-20 token, a TRC-10 token and one not held: one request, asked once."""
    account = {
        "address": digits(THIEF),
        "balance": 11,
        "trc20": [{USDT: "22"}, {POOL: "1"}],
        "assetV2": [{"key": "1002000", "value": 33}],
    }
    server = StandIn({f"/v1/accounts/{THIEF}": [account]})
    async with served(server) as source:
        held = [(await source.balance(THIEF, AssetId(one), NOW)).amount for one in (NATIVE, USDT, "1002000", MULE)]
    assert (held, len(server.asked)) == ([11, 22, 33, 0], 1)


async def test_an_account_without_a_record_may_hold_tokens() -> None:
    """Never activated: no TRX, and the token contract is asked for the rest."""
    answer = {"result": {"result": True}, "constant_result": [f"{44:064x}"]}
    server = StandIn({f"/v1/accounts/{THIEF}": []}, {("triggerconstantcontract", "balanceOf(address)"): answer})
    async with served(server) as source:
        assert (await source.balance(THIEF, NATIVE, NOW)).amount == 0
        found = await source.balance(THIEF, AssetId(USDT), NOW)
    assert (found.amount, found.at) == (44, None)


async def test_contracts_and_wallets() -> None:
    """A contract made by another contract has no bytecode; its address is what tells."""
    server = StandIn(records={("getcontract", POOL): {"contract_address": POOL}})
    async with served(server) as source:
        assert await source.is_contract(POOL)
        assert not await source.is_contract(THIEF)


async def test_code_is_told_by_what_runs() -> None:
    """Clones share the code that runs though not the code that made them; a wallet has none."""
    records: dict[tuple[str, object], Any] = {
        ("getcontractinfo", who): {"smart_contract": {"bytecode": made, "code_hash": made}, "runtimecode": "6080FD"}
        for who, made in ((POOL, "01"), (MULE, "02"))
    }
    async with served(StandIn(records=records)) as source:
        assert await source.code(POOL) == await source.code(MULE) == sha256(b"\x60\x80\xfd").hexdigest()
        assert await source.code(THIEF) == ""


@pytest.mark.parametrize("runs", [{}, {"runtimecode": ""}, {"runtimecode": "6"}, {"runtimecode": None}])
async def test_a_contract_without_its_code_is_malformed(runs: dict[str, Any]) -> None:
    """The hash a node tells instead is another one, and no code at all would look like a wallet."""
    server = StandIn(records={("getcontractinfo", POOL): {"smart_contract": {"code_hash": "ab"}, **runs}})
    async with served(server) as source:
        with pytest.raises(Malformed, match="without its code"):
            await source.code(POOL)


SELECTOR = "0xe47d6060" + "0" * 64
REVERTED = b"REVERT opcode executed"


def answered(told: object) -> StandIn:
    return StandIn(records={("triggerconstantcontract", SELECTOR[2:]): told})


@pytest.mark.parametrize(
    ("told", "data"),
    [
        ({"result": {"result": True}, "constant_result": [f"{1:064X}"]}, f"0x{1:064x}"),
        ({"result": {"result": True}, "constant_result": [""]}, "0x"),
        (
            {"result": {"result": True, "message": b"REVERT opcode executed".hex()}, "constant_result": ["08c379a0"]},
            "0x",
        ),
        ({"result": {"result": True, "message": "REVERT opcode executed"}, "constant_result": [""]}, "0x"),
        ({"result": {"code": "CONTRACT_VALIDATE_ERROR", "message": b"Smart contract is not exist.".hex()}}, "0x"),
    ],
)
async def test_a_call_is_answered_or_refused(told: dict[str, Any], data: str) -> None:
    """What is returned, in lower case; nothing where there is no contract or it refused. It is true when asked."""
    server = answered(told)
    async with served(server) as source:
        called = await source.call(Address(USDT), SELECTOR, NOW)
    assert (called.data, called.at) == (data, None)
    assert server.asked == ["/walletsolidity/triggerconstantcontract"]


@pytest.mark.parametrize(
    ("told", "error"),
    [
        ({"result": {"code": "SERVER_BUSY"}}, Down),
        ({"result": {"code": "OTHER_ERROR", "message": b"class x : null".hex()}}, Down),
        ({"result": {"result": True, "message": b"CPU timeout for 'PUSH1'".hex()}, "constant_result": [""]}, Down),
        ({"result": {"result": True}}, Malformed),
        ({"result": {"result": True}, "constant_result": []}, Malformed),
        ({"result": {"result": True}, "constant_result": ["zz"]}, Malformed),
        ({"result": {"result": True}, "constant_result": [7]}, Malformed),
        ({"result": True}, Malformed),
        ({}, Malformed),
        ([], Malformed),
        ([{"result": {}}], Malformed),
        ({"Error": "class java.lang.IllegalArgumentException : function_selector isn't set"}, Unsupported),
    ],
)
async def test_a_call_that_was_not_carried_out_is_no_answer(told: object, error: type[Exception]) -> None:
    """A busy or failing node, and an answer without a result, never look like a contract that refused."""
    async with served(answered(told)) as source:
        with pytest.raises(error):
            await source.call(Address(USDT), SELECTOR, NOW)


async def test_a_host_without_solidified_calls_is_asked_for_its_newest_state() -> None:
    """Plain nodes have the call under /wallet alone."""
    server = answered({"result": {"result": True}, "constant_result": ["01"]})
    server.refused = ("/walletsolidity/triggerconstantcontract",)
    async with served(server) as source:
        assert (await source.call(Address(USDT), SELECTOR, NOW)).data == "0x01"


async def test_lent_energy_stands_in_the_history_of_trx() -> None:
    """Each page carries the loans of its own stretch; a token's history has none."""
    rows = [lent(f"l{nth}", POOL, THIEF, 3000 * nth) for nth in range(1, 8)]
    async with served(StandIn({COINS: rows, INNER: [], TOKENS: []}, page=3)) as source:
        read = await pages(source, NATIVE)
        assert [page.supports for page in await pages(source, USDT)] == [()]
    assert [one.tx for page in read for one in page.supports] == [txid(f"l{nth}") for nth in range(1, 8)]
    assert {(one.giver, one.receiver) for page in read for one in page.supports} == {(POOL, THIEF)}
    for page in read:
        assert all(one.position.height <= (page.covers.high or 1 << 62) for one in page.supports)


@pytest.mark.parametrize(
    ("symbol", "shown"),
    [
        (f"{32:064x}{4:064x}" + b"USDT".hex().ljust(64, "0"), "USDT"),
        (b"OLD".hex().ljust(64, "0"), "OLD"),
        ("", ""),
    ],
)
async def test_a_token_tells_its_symbol_in_either_encoding(symbol: str, shown: str) -> None:
    """ABI text, 32 bytes, or none at all; decimals are needed, a symbol is not."""
    fine = {"result": True}
    records: dict[tuple[str, object], Any] = {
        ("triggerconstantcontract", "decimals()"): {"result": fine, "constant_result": [f"{6:064x}"]},
        ("triggerconstantcontract", "symbol()"): {"result": fine, "constant_result": [symbol]},
    }
    async with served(StandIn(records=records)) as source:
        assert await source.asset(AssetId(USDT)) == Asset("tron:mainnet", AssetId(USDT), shown, 6)


@pytest.mark.parametrize("result", ["", "08c379a0" + f"{32:064x}{2:064x}" + b"no".hex().ljust(64, "0")])
async def test_a_token_without_decimals_is_not_found(result: str) -> None:
    """Guessing them would shift every amount; the reason of a revert is no number either."""
    reverted = {"result": {"result": True, "message": b"REVERT opcode executed".hex()}, "constant_result": [result]}
    records: dict[tuple[str, object], Any] = {
        ("triggerconstantcontract", name): reverted for name in ("decimals()", "symbol()")
    }
    async with served(StandIn(records=records)) as source:
        with pytest.raises(NotFound, match="decimals"):
            await source.asset(AssetId(USDT))


async def test_trx_and_trc10_describe_themselves() -> None:
    """TRX needs no request; a TRC-10 token's precision is left out when it is 0."""
    server = StandIn({"/v1/assets/1002000": [{"id": "1002000", "abbr": "BTT", "precision": 6}], "/v1/assets/1": []})
    async with served(server) as source:
        assert await source.asset(NATIVE) == Asset("tron:mainnet", NATIVE, "TRX", 6)
        assert server.asked == []
        assert await source.asset(AssetId("1002000")) == Asset("tron:mainnet", AssetId("1002000"), "BTT", 6)
        with pytest.raises(NotFound):
            await source.asset(AssetId("1"))


@pytest.mark.parametrize("answer", [{"odd": 1}, {"result": {"result": True}, "constant_result": ["zz"]}])
async def test_a_view_call_of_unknown_shape_is_malformed(answer: dict[str, Any]) -> None:
    """A balance is never read out of something else."""
    server = StandIn({f"/v1/accounts/{THIEF}": []}, {("triggerconstantcontract", "balanceOf(address)"): answer})
    async with served(server) as source:
        with pytest.raises(Malformed):
            await source.balance(THIEF, AssetId(USDT), NOW)


async def test_a_dead_host_is_an_error_after_what_was_proven() -> None:
    """Pages read before the failure stand; then the error says that the rest is missing."""
    rows = [token_row(f"t{nth}", VICTIM, THIEF, nth + 1, 3000 * (nth + 1)) for nth in range(8)]
    server = StandIn({TOKENS: rows}, page=4)
    served_app = httpx.ASGITransport(server.app)

    async def fails_later(request: httpx.Request) -> httpx.Response:
        if "fingerprint" in str(request.url):
            return httpx.Response(502, html="<html>502</html>")
        answer = await served_app.handle_async_request(request)
        return httpx.Response(answer.status_code, content=await answer.aread())

    read: list[Page] = []

    async def read_on(source: Source) -> None:
        async for page in source.history(THIEF, AssetId(USDT), 0, None):
            read.append(page)  # noqa: PERF401 (what stands when it breaks is the point)

    async with Client(MemoryEvidence(), transport=httpx.MockTransport(fails_later)) as client:
        with pytest.raises(Down):
            await read_on(one_source(client))
    assert [one.amount for one in transfers(read)] == [1, 2, 3]
    assert read[-1].covers.high == 11_999


async def test_a_stored_history_replays_without_a_host() -> None:
    """Every request follows from earlier answers, so the evidence alone gives the same pages."""
    own = [sent(f"a{nth}", VICTIM, THIEF, 1, 3000 * nth) for nth in range(1, 12)]
    inner = [inner_row("i", "x", POOL, THIEF, 2, time=9000)]
    evidence = MemoryEvidence()
    async with served(StandIn({COINS: own, INNER: inner}, page=4), evidence) as source:
        online = await pages(source, NATIVE)
    evidence.offline = True
    async with served(StandIn(), evidence) as source:
        assert await pages(source, NATIVE) == online


async def test_each_transfer_names_the_answer_it_came_from() -> None:
    """`raws` point at stored answers that hold the row."""
    rows = [token_row(f"t{nth}", VICTIM, THIEF, nth + 1, 3000 * (nth + 1)) for nth in range(9)]
    evidence = MemoryEvidence()
    async with served(StandIn({TOKENS: rows}, page=4), evidence) as source:
        read = await pages(source, USDT)
    for page in read:
        for one, raw in zip(page.transfers, page.raws, strict=True):
            assert one.tx.encode() in evidence.kept[raw - 1].stored.body


def test_the_source_is_built_where_it_serves() -> None:
    """No key is needed; another chain, or a choice of other sources, gives none."""
    client: Any = None
    assert len(trongrid.build(TRON, client, SourceSettings())) == 1
    assert trongrid.build(TRON, client, SourceSettings(only=("sqd",))) == []
    other = Chain("eip155:1", "ethereum", "evm", "ETH", 18, "https://etherscan.io")
    assert trongrid.build(other, client, SourceSettings()) == []


async def test_a_recorded_session_replays() -> None:
    """The whole conversation of one small trace, as recorded from the stand-in: nothing else is asked."""
    server = StandIn(
        {
            TOKENS: [token_row(f"t{nth}", VICTIM, THIEF, nth + 1, 3000 * (nth // 2 + 1)) for nth in range(7)],
            COINS: [sent("a", VICTIM, THIEF, 100, 3000)],
            INNER: [inner_row("i", "x", POOL, THIEF, 7, time=6000)],
            f"/v1/accounts/{THIEF}": [{"address": digits(THIEF), "balance": 107, "trc20": [{USDT: "28"}]}],
        },
        {**RECEIPTS, ("getnowblock", None): block(number=10, time=33_000)},
        page=3,
    )
    recorder = vcr.VCR(
        cassette_library_dir=str(CASSETTES),
        record_mode=vcr.mode.ALL if RECORDING else vcr.mode.NONE,
        match_on=["method", "scheme", "host", "path", "query", "body"],
        filter_headers=["TRON-PRO-API-KEY", "user-agent"],
    )
    transport = httpx.ASGITransport(server.app) if RECORDING else None
    evidence = MemoryEvidence()
    with recorder.use_cassette("small_trace.yaml") as cassette:
        async with Client(evidence, transport=transport) as client:
            source = one_source(client, keys={"trongrid": "a-secret-key"})
            head = await source.head()
            token = transfers(await pages(source, USDT, 0, head.height))
            coin = transfers(await pages(source, NATIVE, 0, head.height))
            placed = await source.positions(txid("a"))
            held = await source.balance(THIEF, AssetId(USDT), head)
    assert sum(one.amount for one in token) == held.amount == 28
    assert [one.amount for one in coin] == [100, 7]
    assert placed.tx_index == 1
    assert RECORDING or cassette.all_played
    assert b"a-secret-key" not in (CASSETTES / "small_trace.yaml").read_bytes() if not RECORDING else True


async def test_every_error_of_a_history_is_one_a_reader_knows() -> None:
    """Whatever the host answers, what comes out is a `SourceError` or `Malformed`, so that the next source is asked."""
    bodies = [
        b"",
        b"[]",
        b'{"data":[1],"success":true,"meta":{}}',
        b"<html>",
        b'{"data":[{}],"success":true,"meta":{}}',
    ]
    for body in bodies:
        transport = httpx.MockTransport(lambda _, body=body: httpx.Response(200, content=body))
        async with Client(MemoryEvidence(), transport=transport) as client:
            for asset in (USDT, NATIVE):
                with pytest.raises((SourceError, Malformed)):
                    await pages(one_source(client), asset)
