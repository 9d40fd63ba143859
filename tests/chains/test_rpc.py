"""The RPC source against a real anvil and against recorded answers of it.

Where a node must refuse or lack something, `Front` stands between and changes single answers, so that limits and
missing methods are those of a node that otherwise works.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
import vcr

from chains import rpc
from chains.errors import Down, NotFound, Unsupported
from chains.evm_records import ZERO
from chains.http import Client
from chains.model import ANY_TOKEN, FEE_SINK, NATIVE, Address, AssetId, Kind
from chains.registry import SourceSettings
from tests.chains import rpc_scenario as scene
from tests.chains.memory_evidence import MemoryEvidence
from tests.chains.rpc_fronts import (
    ADDRESS_A,
    ADDRESS_B,
    TOKEN,
    Front,
    Refusal,
    assert_contiguous,
    change_of,
    read,
    refusing,
    rows_of,
    source_at,
    told,
)
from tests.chains.rpc_scenario import CHAIN, START, A, B, C, Rpc, Sent

CASSETTES: Final = Path(__file__).parents[2] / "fixtures/chains/rpc"


class Lab(NamedTuple):
    """The played chain: where it is and what was sent on it."""

    url: str
    sent: Sent


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with scene.anvil() as url:
        yield Lab(url, scene.play(Rpc(url)))


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
        return Refusal(words, -32005)

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
            return Refusal("Method not found", -32601)
        return Refusal("limit exceeded", -32005) if method == "eth_getLogs" else None

    async with source_at(lab.url, Front(never)) as source:
        with pytest.raises(Unsupported, match="eth_getLogs"):
            await read(source.history(ADDRESS_A, ANY_TOKEN, 0, None))


@pytest.mark.node
async def test_a_block_too_full_for_logs_is_read_from_its_receipts(lab: Lab) -> None:
    """When even one block is refused, its receipts give the same rows."""

    def full(method: str, params: list[Any]) -> Any:
        hit = method == "eth_getLogs" and int(params[0]["fromBlock"], 16) <= 11 <= int(params[0]["toBlock"], 16)
        return Refusal("query returned more than 10000 results", -32005) if hit else None

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
            return Refusal("block range too large, currently limited to 4", -32602)
        return Refusal("too many results", -32602) if first <= 10 <= last else None

    async with source_at(lab.url, Front(narrow)) as source:
        pages = await read(source.history(ADDRESS_B, NATIVE, 0, None))
        assert told(rows_of(pages)) == NATIVE_OF_B
        assert_contiguous(pages, 0, 16)


@pytest.mark.node
@pytest.mark.parametrize("missing", ["none", "debug_traceTransaction"])
async def test_receipts_show_calls_and_not_the_undone(lab: Lab, missing: str) -> None:
    """By callTracer or by trace_transaction: the forwarded value is there, the undone one is not."""
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
        assert await source.balance(ADDRESS_B, AssetId(scene.ANSWERER), block) == (42, 9, 4)

    def pruned(method: str, params: list[Any]) -> Any:
        old = method in ("eth_getBalance", "eth_call") and params[1] != "latest"
        return Refusal("missing trie node 91e7", -32000) if old else None

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


@pytest.mark.node
async def test_a_case_replays_without_the_network(lab: Lab) -> None:
    """Asked the same again offline, in another order, every question is found in the evidence of the first run."""
    evidence = MemoryEvidence()
    settings = SourceSettings(urls={"rpc.31337": lab.url}, rates={"rpc": 100_000})
    runs = []
    for order in (1, -1):
        async with Client(evidence) as client:
            (source,) = rpc.build(CHAIN, client, settings)
            found = {}
            for name in ("native", "tokens", *lab.sent)[::order]:
                if name.startswith("0x"):
                    found[name] = str(await source.receipt(name))
                else:
                    asset = NATIVE if name == "native" else ANY_TOKEN
                    found[name] = str(await read(source.history(ADDRESS_B, asset, 0, None)))
            runs.append(found)
        evidence.offline = True
    assert runs[0] == runs[1]


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
