"""The RPC source against a real anvil, against recorded answers of it, and against nodes that misbehave.

`Front` stands between the client and anvil and changes single answers, so that limits, missing methods and lies are
those of a node that otherwise works.
"""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx
import pytest
import vcr

from chains import rpc
from chains.errors import Down, Malformed, NotFound, SplitRange, Unsupported
from chains.evm_records import TRANSFER, ZERO
from chains.http import Client
from chains.model import ANY_TOKEN, FEE_SINK, NATIVE, Address, AssetId, Kind, Page, Transfer
from chains.registry import SourceSettings
from chains.rpc import SOURCE, RpcSource, text_of
from chains.rpc_node import Node
from chains.rpc_windows import Span
from tests.chains import rpc_scenario as scene
from tests.chains.memory_evidence import MemoryEvidence
from tests.chains.rpc_scenario import A, B, C, CHAIN, START, Rpc, Sent

CASSETTES: Final = Path(__file__).parents[2] / "fixtures/chains/rpc"
ADDRESS_A, ADDRESS_B = Address(A), Address(B)
TOKEN = AssetId(scene.EMITTER)

Change = Callable[[str, list[Any]], Any]
"""(method, params) → the "result" or {"error": …} to answer instead, or None to ask the node."""


class Front(httpx.AsyncHTTPTransport):
    """A transport that answers some requests itself."""

    def __init__(self, change: Change) -> None:
        super().__init__()
        self.change = change
        self.asked: list[tuple[str, list[Any]]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        question = json.loads(request.content)
        self.asked.append((question["method"], question["params"]))
        answer = self.change(question["method"], question["params"])
        if answer is None:
            return await super().handle_async_request(request)
        body = answer if isinstance(answer, dict) and "error" in answer else {"result": answer}
        return httpx.Response(200, json={"jsonrpc": "2.0", "id": 1, **body})


def refusing(*methods: str) -> Change:
    """A node without these methods."""
    missing = {"error": {"code": -32601, "message": "Method not found"}}
    return lambda method, _: missing if method in methods else None


class Lab(NamedTuple):
    """The played chain: where it is and what was sent on it."""

    url: str
    sent: Sent


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with scene.anvil() as url:
        yield Lab(url, scene.play(Rpc(url)))


@asynccontextmanager
async def source_at(url: str, transport: httpx.AsyncBaseTransport | None = None) -> AsyncIterator[RpcSource]:
    """The source on one URL, with nothing remembered."""
    settings = SourceSettings(urls={"rpc.31337": url}, rates={"rpc": 100_000})
    async with Client(MemoryEvidence(), transport) as client:
        (source,) = rpc.build(CHAIN, client, settings)
        assert isinstance(source, RpcSource)
        yield source


async def read(pages: AsyncIterator[Page]) -> list[Page]:
    return [page async for page in pages]


def rows_of(pages: list[Page]) -> list[Transfer]:
    return [row for page in pages for row in page.transfers]


def told(rows: list[Transfer]) -> list[tuple[str, str, str, int]]:
    return [(row.position.kind.name, row.sender, row.receiver, row.amount) for row in rows if row.amount < 10**6]


def change_of(who: str, rows: list[Transfer]) -> int:
    """By how much these transfers changed what ``who`` holds."""
    return sum(row.amount * ((row.receiver == who) - (row.sender == who)) for row in rows)


def assert_contiguous(pages: list[Page], low: int, high: int) -> None:
    assert pages[0].covers.low == low
    assert pages[-1].covers.high == high
    for before, after in zip(pages, pages[1:], strict=False):
        assert before.covers.high is not None
        assert after.covers.low == before.covers.high + 1
    for page in pages:
        assert page.covers.high is not None
        assert all(page.covers.low <= row.position.height <= page.covers.high for row in page.transfers)
        assert len(page.raws) == len(page.transfers)


NATIVE_OF_B = [
    ("NATIVE", A, B, 1_000),
    ("INTERNAL", scene.FORWARDER, B, 500),
    ("INTERNAL", scene.DESTROYER, B, 40),
    ("NATIVE", B, C, 300),
]
SEEN_BY_OTTERSCAN = [row for row in NATIVE_OF_B if row[1] != scene.DESTROYER]


@pytest.mark.node
async def test_native_history_accounts_for_the_balance_to_the_wei(lab: Lab) -> None:
    """By trace_filter, what came in less what went out less fees is exactly what A and B now hold."""
    async with source_at(lab.url) as source:
        head = await source.head()
        for who in (ADDRESS_A, ADDRESS_B):
            pages = await read(source.history(who, NATIVE, 0, None))
            rows = rows_of(pages)
            held = await source.balance(who, NATIVE, head)
            assert scene.RICH + change_of(who, rows) == held.amount
            assert held.at == head.height
            assert all(row.position.settled for row in rows)
            assert_contiguous(pages, 0, head.height)
        assert told(rows) == NATIVE_OF_B
        fees = [row for row in rows if row.position.kind is Kind.FEE]
        assert [(row.tx, row.receiver) for row in fees] == [(lab.sent.onward, FEE_SINK), (lab.sent.failed, FEE_SINK)]


@pytest.mark.node
@pytest.mark.parametrize("page", [1, 2, 25])
async def test_native_history_by_otterscan(lab: Lab, page: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without trace_filter Otterscan's pages, of any size, give the same but for the self-destruction, and say so."""
    monkeypatch.setattr("chains.rpc_native._PAGE", page)
    front = Front(refusing("trace_filter"))
    async with source_at(lab.url, front) as source:
        pages = await read(source.history(ADDRESS_B, NATIVE, 0, None))
        assert told(rows_of(pages)) == SEEN_BY_OTTERSCAN
        assert_contiguous(pages, 0, 16)
        assert all("self-destructions" in one.weak and "undone" not in one.weak for one in pages)


@pytest.mark.node
async def test_otterscans_own_list_of_calls_is_not_proof(lab: Lab) -> None:
    """Where only Otterscan lists calls, history says that undone ones are in it, and a receipt shows none of them."""
    front = Front(refusing("trace_filter", "trace_transaction", "debug_traceTransaction"))
    async with source_at(lab.url, front) as source:
        pages = await read(source.history(ADDRESS_B, NATIVE, 0, None))
        assert set(SEEN_BY_OTTERSCAN) <= set(told(rows_of(pages)))
        assert all(
            "undone" in one.weak for one in pages if any(row.position.kind is Kind.INTERNAL for row in one.transfers)
        )
        receipt = await source.receipt(lab.sent.forwarded)
        assert not receipt.internals
        assert [row.position.kind for row in receipt.transfers] == [Kind.FEE, Kind.NATIVE]


@pytest.mark.node
async def test_a_plain_node_says_it_has_no_native_history(lab: Lab) -> None:
    """With neither index the source refuses, so that the next source is asked; it never answers "nothing"."""
    front = Front(refusing("trace_filter", "ots_getApiLevel"))
    async with source_at(lab.url, front) as source:
        with pytest.raises(Unsupported, match="trace_filter"):
            await read(source.history(ADDRESS_B, NATIVE, 0, None))


@pytest.mark.node
async def test_a_window_begins_and_ends_where_asked(lab: Lab) -> None:
    """Only heights from low to high are read, both included, by each of the three ways."""
    for missing in ("none", "trace_filter"):
        async with source_at(lab.url, Front(refusing(missing))) as source:
            pages = await read(source.history(ADDRESS_B, NATIVE, 9, 10))
            assert told(rows_of(pages)) == NATIVE_OF_B[:2]
            assert_contiguous(pages, 9, 10)
            tokens = await read(source.history(ADDRESS_A, ANY_TOKEN, 12, 12))
            assert told(rows_of(tokens)) == [("TOKEN", ZERO, A, 33)]


@pytest.mark.node
async def test_token_history_has_transfers_and_wraps(lab: Lab) -> None:
    """Any token: what was sent, received and wrapped; one token: only that one."""
    async with source_at(lab.url) as source:
        every = await read(source.history(ADDRESS_A, ANY_TOKEN, 0, None))
        assert told(rows_of(every)) == [("TOKEN", A, B, 77), ("TOKEN", ZERO, A, 33)]
        assert_contiguous(every, 0, 16)
        assert told(rows_of(await read(source.history(ADDRESS_B, ANY_TOKEN, 0, None)))) == [("TOKEN", A, B, 77)]
        wrapped = AssetId(scene.WRAPPER)
        assert told(rows_of(await read(source.history(ADDRESS_A, wrapped, 0, None)))) == [("TOKEN", ZERO, A, 33)]
        assert told(rows_of(await read(source.history(ADDRESS_A, TOKEN, 0, None)))) == [("TOKEN", A, B, 77)]


@pytest.mark.node
@pytest.mark.parametrize(
    "words",
    [
        "exceed maximum block range: 3",
        "eth_getLogs is limited to 0 - 3 blocks range",
        "block range is too wide",
        "limit exceeded",
        "query timeout exceeded",
    ],
)
async def test_limits_on_the_range_cost_requests_and_nothing_else(lab: Lab, words: str) -> None:
    """Whatever words a node refuses wide ranges with, the history is the same as without the limit."""

    def narrow(method: str, params: list[Any]) -> Any:
        if method != "eth_getLogs" or int(params[0]["toBlock"], 16) - int(params[0]["fromBlock"], 16) < 3:
            return None
        return {"error": {"code": -32005, "message": words}}

    async with source_at(lab.url, Front(narrow)) as source:
        pages = await read(source.history(ADDRESS_A, ANY_TOKEN, 0, None))
        assert told(rows_of(pages)) == [("TOKEN", A, B, 77), ("TOKEN", ZERO, A, 33)]
        assert_contiguous(pages, 0, 16)
        assert len(pages) >= 6


@pytest.mark.node
async def test_a_node_that_never_gives_logs_raises(lab: Lab) -> None:
    """Refused down to one block and without block receipts, the source raises; an error is never "no logs"."""

    def never(method: str, params: list[Any]) -> Any:
        if method == "eth_getBlockReceipts":
            return {"error": {"code": -32601, "message": "Method not found"}}
        return {"error": {"code": -32005, "message": "limit exceeded"}} if method == "eth_getLogs" else None

    async with source_at(lab.url, Front(never)) as source:
        with pytest.raises(Unsupported, match="eth_getLogs"):
            await read(source.history(ADDRESS_A, ANY_TOKEN, 0, None))


@pytest.mark.node
async def test_a_block_too_full_for_logs_is_read_from_its_receipts(lab: Lab) -> None:
    """When even one block is refused, its receipts give the same rows."""

    def full(method: str, params: list[Any]) -> Any:
        hit = method == "eth_getLogs" and int(params[0]["fromBlock"], 16) <= 11 <= int(params[0]["toBlock"], 16)
        return {"error": {"code": -32005, "message": "query returned more than 10000 results"}} if hit else None

    async with source_at(lab.url, Front(full)) as source:
        pages = await read(source.history(ADDRESS_A, ANY_TOKEN, 0, None))
        assert told(rows_of(pages)) == [("TOKEN", A, B, 77), ("TOKEN", ZERO, A, 33)]
        assert_contiguous(pages, 0, 16)


@pytest.mark.node
async def test_trace_filter_limits_are_learnt(lab: Lab) -> None:
    """A refused window shrinks to what the node allows, and a refused block is read from its whole trace."""

    def narrow(method: str, params: list[Any]) -> Any:
        if method != "trace_filter":
            return None
        first, last = int(params[0]["fromBlock"], 16), int(params[0]["toBlock"], 16)
        if last - first >= 4:
            return {"error": {"code": -32602, "message": "block range too large, currently limited to 4"}}
        return {"error": {"code": -32602, "message": "too many results"}} if first <= 10 <= last else None

    async with source_at(lab.url, Front(narrow)) as source:
        pages = await read(source.history(ADDRESS_B, NATIVE, 0, None))
        assert told(rows_of(pages)) == NATIVE_OF_B
        assert_contiguous(pages, 0, 16)


@pytest.mark.node
@pytest.mark.parametrize("missing", ["none", "debug_traceTransaction"])
async def test_receipts_show_calls_and_not_the_undone(lab: Lab, missing: str) -> None:
    """By callTracer or by trace_transaction: the forwarded value is there, the undone one is not, failures cost fees."""
    async with source_at(lab.url, Front(refusing(missing))) as source:
        forwarded = await source.receipt(lab.sent.forwarded)
        assert [(row.position.kind, row.position.index, row.amount) for row in forwarded.transfers[1:]] == [
            (Kind.NATIVE, (0,), 500),
            (Kind.INTERNAL, (0,), 500),
        ]
        assert forwarded.internals
        assert (forwarded.height, forwarded.tx_index, forwarded.time) == (10, 0, START + 120)
        undone = await source.receipt(lab.sent.undone)
        assert undone.internals
        assert [(row.position.kind, row.receiver) for row in undone.transfers[1:]] == [(Kind.NATIVE, scene.TRIER)]
        failed = await source.receipt(lab.sent.failed)
        assert not failed.ok
        assert [(row.sender, row.receiver, row.amount) for row in failed.transfers] == [(B, FEE_SINK, failed.fee)]


@pytest.mark.node
async def test_positions_ask_for_one_receipt(lab: Lab) -> None:
    """The order of token transfers costs one request beyond proving the chain."""
    front = Front(refusing())
    async with source_at(lab.url, front) as source:
        receipt = await source.positions(lab.sent.token)
        assert [row.position for row in receipt.transfers if row.asset == TOKEN] == [(11, 0, Kind.TOKEN, (0,))]
    assert [method for method, _ in front.asked] == ["eth_chainId", "eth_getTransactionReceipt"]


@pytest.mark.node
async def test_what_is_not_there_is_not_found(lab: Lab) -> None:
    """Unknown transactions, blocks and times to come raise NotFound; a token that is none does too."""
    async with source_at(lab.url) as source:
        for question in (
            source.receipt("0x" + "1" * 64),
            source.positions("0x" + "1" * 64),
            source.block(99),
            source.block_at(START + 10_000),
            source.asset(AssetId(A)),
            source.asset(AssetId(scene.REFUSER)),
            source.balance(ADDRESS_A, AssetId(scene.REFUSER), await source.head()),
            source.token_call(scene.REFUSER, "0x", None),
        ):
            with pytest.raises(NotFound):
                await question


@pytest.mark.node
async def test_the_first_block_not_before_a_time(lab: Lab) -> None:
    """For every time from genesis to the head the block found is the first at or after it."""
    async with source_at(lab.url) as source:
        times = [(await source.block(number)).time for number in range(17)]
        for time in range(times[0] - 5, times[-1] + 1):
            found = await source.block_at(time)
            assert found.number == next(number for number, at in enumerate(times) if at >= time)


@pytest.mark.node
async def test_balances_at_a_height_and_now(lab: Lab) -> None:
    """Balances are those of the block where state is kept; else those of now, marked as such."""
    async with source_at(lab.url) as source:
        block = await source.block(9)
        assert (await source.balance(ADDRESS_B, NATIVE, block)).amount == scene.RICH + 1_000
        assert await source.balance(ADDRESS_B, AssetId(scene.ANSWERER), block) == (42, 9, 5)

    def pruned(method: str, params: list[Any]) -> Any:
        old = method in ("eth_getBalance", "eth_call") and params[1] != "latest"
        return {"error": {"code": -32000, "message": "missing trie node 91e7"}} if old else None

    async with source_at(lab.url, Front(pruned)) as source:
        held = await source.balance(ADDRESS_B, NATIVE, block)
        assert held.at is None
        assert held.amount < scene.RICH + 1_500
        assert (await source.balance(ADDRESS_B, AssetId(scene.ANSWERER), block)).at is None


@pytest.mark.node
async def test_code_and_token_facts(lab: Lab) -> None:
    """Contracts have code and wallets none; decimals and symbol are what the contract answers."""
    async with source_at(lab.url) as source:
        assert await source.is_contract(Address(scene.EMITTER))
        assert not await source.is_contract(ADDRESS_A)
        token = await source.asset(AssetId(scene.ANSWERER))
        assert (token.decimals, token.symbol[-1]) == (42, "*")
        assert (await source.asset(NATIVE)).symbol == "ETH"
        assert int(await source.token_call(scene.ANSWERER, "0x313ce567", 9), 16) == 42


@pytest.mark.node
async def test_a_node_of_another_chain_is_not_used(lab: Lab) -> None:
    """The chain is proven before the first question, once, and a wrong one concerns the whole chain."""
    front = Front(lambda method, _: "0x1" if method == "eth_chainId" else None)
    async with source_at(lab.url, front) as source:
        with pytest.raises(Unsupported, match="serves chain 1") as refusal:
            await source.head()
        assert refusal.value.scope == "chain"
    assert front.asked == [("eth_chainId", [])]


@pytest.mark.node
async def test_a_node_that_lags_is_down(lab: Lab) -> None:
    """A node without the block to read to is Down: its "nothing there" would be worthless."""
    async with source_at(lab.url) as source:
        for asset in (ANY_TOKEN, NATIVE):
            with pytest.raises(Down, match="behind"):
                await read(source.history(ADDRESS_A, asset, 0, 17))


def log_of(height: int, index: int, **other: Any) -> dict[str, Any]:
    """A transfer log of A's, on the token, with its time."""
    return {
        "address": TOKEN,
        "topics": [TRANSFER, "0x" + scene.word(A), "0x" + scene.word(B)],
        "data": "0x" + scene.word(1),
        "blockNumber": hex(height),
        "transactionHash": "0x" + f"{height:032x}{index:032x}",
        "transactionIndex": "0x0",
        "logIndex": hex(index),
        "blockTimestamp": "0x1",
        **other,
    }


def made_up(answers: Mapping[str, Callable[[list[Any]], Any]]) -> Front:
    """A node that is nothing but these answers, one block a second, head at 99."""

    def block(params: list[Any]) -> Any:
        number = 99 if params[0] == "latest" else int(params[0], 16)
        return {"number": hex(number), "hash": hex(number), "timestamp": hex(number)} if number < 100 else None

    known = {"eth_chainId": lambda _: "0x7a69", "eth_getBlockByNumber": block, **answers}

    def answer(method: str, params: list[Any]) -> Any:
        if method not in known:
            return {"error": {"code": -32601, "message": "Method not found"}}
        found = known[method](params)
        return {"error": None, "result": None} if found is None else found

    return Front(answer)


async def test_a_list_cut_without_a_word_is_noticed() -> None:
    """A node that cuts every list at 100 rows does not cost a row: round counts are asked again in halves."""
    every = [log_of(height, index) for height in range(100) for index in range(7)]

    def cut(params: list[Any]) -> Any:
        wanted = params[0]
        if wanted["topics"][1] is None:
            return []
        first, last = int(wanted["fromBlock"], 16), int(wanted["toBlock"], 16)
        return [log for log in every if first <= int(log["blockNumber"], 16) <= last][:100]

    async with source_at("http://node.test", made_up({"eth_getLogs": cut})) as source:
        pages = await read(source.history(ADDRESS_A, TOKEN, 0, None))
    assert len(rows_of(pages)) == 700
    assert len({row.identity for row in rows_of(pages)}) == 700
    assert_contiguous(pages, 0, 99)


async def test_one_block_with_a_round_count_is_checked_or_called_weak() -> None:
    """Exactly 100 logs in one block are confirmed from receipts; without receipts the page says it may miss some."""
    full = [log_of(5, index) for index in range(100)]

    def logs(params: list[Any]) -> Any:
        here = int(params[0]["fromBlock"], 16) <= 5 <= int(params[0]["toBlock"], 16)
        return full if here and params[0]["topics"][1] is not None and TRANSFER in params[0]["topics"][0] else []

    more = [{"logs": [*full, log_of(5, 100), log_of(5, 101, address=scene.WRAPPER)]}]
    async with source_at(
        "http://node.test", made_up({"eth_getLogs": logs, "eth_getBlockReceipts": lambda _: more})
    ) as one:
        pages = await read(one.history(ADDRESS_A, TOKEN, 0, None))
        assert len(rows_of(pages)) == 101
        assert not any(page.weak for page in pages)
    async with source_at("http://node.test", made_up({"eth_getLogs": logs})) as one:
        pages = await read(one.history(ADDRESS_A, TOKEN, 0, None))
        assert len(rows_of(pages)) == 100
        assert [page.weak for page in pages if page.covers.low == 5] == [
            "block 5 answered exactly 100 logs and may hold more"
        ]


async def test_an_answer_to_another_question_is_refused() -> None:
    """Logs outside the window (a proxy repeating itself) are Down; logs of somebody else are Malformed."""
    repeated = made_up({"eth_getLogs": lambda params: [log_of(3, 0)] if params[0]["topics"][1] else []})
    async with source_at("http://node.test", repeated) as source:
        with pytest.raises(Down, match="repeated page"):
            await read(source.history(ADDRESS_A, TOKEN, 50, None))
    foreign = made_up({"eth_getLogs": lambda params: [log_of(60, 0, address=scene.WRAPPER)]})
    async with source_at("http://node.test", foreign) as source:
        with pytest.raises(Malformed, match="not asked for"):
            await read(source.history(ADDRESS_A, TOKEN, 50, None))


async def test_otterscan_pages_that_repeat_or_stall_are_refused() -> None:
    """A page below the asked height, or an empty one that is not the last, is Down and never an end."""
    tx = {"hash": "0x1", "blockNumber": "0x3", "from": A, "to": B, "value": "0x1", "input": "0x"}
    receipt = {"transactionHash": "0x1", "blockNumber": "0x3"}
    for found, why in (
        ({"txs": [tx], "receipts": [receipt], "firstPage": False}, "repeated page"),
        ({"txs": [], "receipts": [], "firstPage": False}, "not the last"),
    ):
        node = made_up({"ots_getApiLevel": lambda _: 8, "ots_searchTransactionsAfter": lambda _, found=found: found})
        async with source_at("http://node.test", node) as source:
            with pytest.raises(Down, match=why):
                await read(source.history(ADDRESS_A, NATIVE, 50, None))


async def test_block_times_are_asked_for_when_logs_have_none() -> None:
    """Without blockTimestamp each block with a log is asked for its time, once."""
    bare = {name: value for name, value in log_of(7, 0).items() if name != "blockTimestamp"}
    node = made_up(
        {"eth_getLogs": lambda params: [bare, {**bare, "logIndex": "0x1"}] if params[0]["topics"][1] else []}
    )
    async with source_at("http://node.test", node) as source:
        assert [row.time for row in rows_of(await read(source.history(ADDRESS_A, TOKEN, 0, None)))] == [7, 7]
    assert [params[0] for method, params in node.asked if method == "eth_getBlockByNumber"] == ["latest", "0x7"]


async def test_before_byzantium_a_trace_tells_failure() -> None:
    """An old receipt has no status; the outermost call's error is then what makes the transaction a failure."""
    receipt = {
        "transactionHash": "0x1", "blockNumber": "0x3", "transactionIndex": "0x0", "from": A, "to": B, "logs": [],
        "gasUsed": "0x6000", "status": None, "root": "0x12", "effectiveGasPrice": None,
    }  # fmt: skip
    tx = {"hash": "0x1", "value": "0x5", "input": "0x00", "gasPrice": "0x2", "from": A, "to": B}
    frame = {"type": "CALL", "from": A, "to": B, "value": "0x5", "error": "out of gas"}
    for outcome, kinds in ((frame, [Kind.FEE]), ({**frame, "error": ""}, [Kind.FEE, Kind.NATIVE])):
        node = made_up(
            {
                "eth_getTransactionReceipt": lambda _: receipt,
                "eth_getTransactionByHash": lambda _: tx,
                "debug_traceTransaction": lambda _, outcome=outcome: outcome,
            }
        )
        async with source_at("http://node.test", node) as source:
            told = await source.receipt("0x1")
            assert [row.position.kind for row in told.transfers] == kinds
            assert told.fee == 0x6000 * 2
            assert (await source.positions("0x1")).fee == told.fee


def test_windows_grow_and_shrink() -> None:
    """Double on success up to the known limit; on refusal the told limit, else the offered range, else half."""
    assert Span().grown() == (4_000, None)
    assert Span(4_000).shrunk(SplitRange("n", "w", "maximum block range: 3000"), 0, 3_999) == (3_000, 3_000)
    assert Span(3_000, 3_000).grown() == (3_000, 3_000)
    assert Span(4_000).shrunk(SplitRange("n", "w", suggest=(0, 99)), 0, 3_999) == (100, None)
    assert Span(4_000).shrunk(SplitRange("n", "w", suggest=(50, 99)), 0, 3_999) == (2_000, None)
    assert Span(4_000).shrunk(SplitRange("n", "w", "maximum block range: 9000"), 0, 3_999) == (2_000, None)


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (bytes.fromhex(scene.word(32) + scene.word(4)) + b"USDT".ljust(32, b"\0"), "USDT"),
        (b"MKR".ljust(32, b"\0"), "MKR"),
        (bytes.fromhex(scene.word(32) + scene.word(2**255)) + b"x" * 500, "x" * 64),
        (b"\xff\xfe".ljust(32, b"\0"), "\ufffd\ufffd"),
        (b"", ""),
    ],
)
def test_symbols_in_either_form(answer: bytes, text: str) -> None:
    """ABI strings and bytes32 are both read; length and encoding claims of the contract are not trusted."""
    assert text_of(answer) == text


async def test_which_endpoints_a_chain_has() -> None:
    """One source per public URL, one for the user's own, none where the chain or the user leaves rpc out."""
    public = scene.CHAIN.__class__(
        "eip155:1", "x", "evm", "ETH", 18, "", {"rpc": {"urls": ["https://a.b/c", "https://d.e"]}}
    )
    silent = scene.CHAIN.__class__("eip155:1", "x", "evm", "ETH", 18, "")
    async with Client(MemoryEvidence()) as client:

        def names(chain: Any, **settings: Any) -> list[str]:
            return [source.name for source in SOURCE.build(chain, client, SourceSettings(**settings))]

        assert names(public) == ["rpc.1:a.b", "rpc.1:d.e"]
        assert names(public, urls={"rpc.1": "http://127.0.0.1:1"}) == ["rpc.1"]
        assert names(public, only=("etherscan",)) == []
        assert names(public, only=("rpc",)) == ["rpc.1:a.b", "rpc.1:d.e"]
        assert names(silent) == []


@pytest.fixture(scope="module")
def recorded() -> Iterator[str]:
    """The URL cassettes are replayed against; with TRACER_RECORD=1 they are made anew from a local anvil."""
    if os.environ.get("TRACER_RECORD"):
        with scene.anvil() as url:
            scene.play(Rpc(url))
            yield url
    else:
        yield "http://127.0.0.1:8545"


@pytest.mark.parametrize("name", ["native", "tokens", "receipts"])
async def test_recorded_answers_of_anvil(name: str, recorded: str) -> None:
    """Answers recorded from a local anvil give the same rows without one: the requests are deterministic."""
    mode = "all" if os.environ.get("TRACER_RECORD") else "none"
    tape = vcr.VCR(record_mode=mode, match_on=["method", "path", "body"], decode_compressed_response=True)
    with tape.use_cassette(str(CASSETTES / f"{name}.yaml")) as cassette:
        async with source_at(recorded) as source:
            if name == "native":
                assert told(rows_of(await read(source.history(ADDRESS_B, NATIVE, 9, 16)))) == NATIVE_OF_B
            elif name == "tokens":
                rows = rows_of(await read(source.history(ADDRESS_A, ANY_TOKEN, 0, None)))
                assert told(rows) == [("TOKEN", A, B, 77), ("TOKEN", ZERO, A, 33)]
            else:
                pages = await read(source.history(ADDRESS_A, TOKEN, 11, 11))
                receipt = await source.receipt(rows_of(pages)[0].tx)
                assert receipt.transfers[-1] == rows_of(pages)[0]
        assert mode == "all" or cassette.all_played


def test_a_node_keeps_its_name() -> None:
    """A source speaks under its endpoint's name, which is what a user replaces and what evidence is kept under."""
    assert {name for name in ("name", "chain") if name in Node.__init__.__code__.co_names} == {"name", "chain"}
