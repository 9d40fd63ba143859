"""The RPC source against nodes that cut, repeat themselves, break down or answer nonsense; and its small pure parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import pytest

from chains.errors import Down, Malformed, SplitRange, Unsupported
from chains.evm_records import TRANSFER
from chains.http import TRIES, Client
from chains.http import Kind as AnswerKind
from chains.model import FEE_SINK, NATIVE, Kind
from chains.registry import Chain, SourceSettings
from chains.rpc import SOURCE, text_of
from chains.rpc_windows import Span
from tests.chains import rpc_scenario as scene
from tests.chains.memory_evidence import MemoryEvidence
from tests.chains.rpc_fronts import (
    ADDRESS_A,
    TOKEN,
    Refusal,
    always,
    assert_contiguous,
    log_of,
    made_up,
    read,
    rows_of,
    source_at,
    told,
)
from tests.chains.rpc_scenario import A, B, C


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
        node = made_up({"ots_getApiLevel": lambda _: 8, "ots_searchTransactionsAfter": always(found)})
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
    receipt: dict[str, Any] = {
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
                "debug_traceTransaction": always(outcome),
            }
        )
        async with source_at("http://node.test", node) as source:
            told = await source.receipt("0x1")
            assert [row.position.kind for row in told.transfers] == kinds
            assert told.fee == 0x6000 * 2
            assert (await source.positions("0x1")).fee == told.fee


OLD_TX: Final[Mapping[str, Any]] = {
    "hash": "0x1",
    "value": "0x5",
    "input": "0x00",
    "gasPrice": "0x2",
    "from": A,
    "to": B,
}
OLD_RECEIPT: Final[Mapping[str, Any]] = {
    "transactionHash": "0x1",
    "blockNumber": "0x3",
    "transactionIndex": "0x0",
    "from": A,
    "to": B,
    "logs": [],
    "gasUsed": "0x6000",
    "status": "0x1",
    "effectiveGasPrice": "0x2",
}
ONE_TX: Final[Mapping[str, Callable[[list[Any]], Any]]] = {
    "eth_getTransactionReceipt": lambda _: OLD_RECEIPT,
    "eth_getTransactionByHash": lambda _: OLD_TX,
}


async def test_a_node_that_cannot_trace_says_so_in_the_receipt() -> None:
    """Without any tracing method a receipt still has fee and value, and internals is False."""
    async with source_at("http://node.test", made_up(ONE_TX)) as source:
        receipt = await source.receipt("0x1")
        assert not receipt.internals
        assert [row.amount for row in receipt.transfers] == [0xC000, 5]


async def test_a_frame_that_does_not_tell_sends_on_to_the_rows() -> None:
    """Old geth's bare self-destruction in callTracer is made good by trace_transaction."""
    rows = [
        {"type": "call", "action": {"callType": "call", "from": A, "to": B, "value": "0x5"}, "traceAddress": []},
        {"type": "suicide", "action": {"address": B, "refundAddress": C, "balance": "0x7"}, "traceAddress": [0]},
    ]
    frame = {"type": "CALL", "from": A, "to": B, "value": "0x5", "calls": [{"type": "SELFDESTRUCT"}]}
    traced = {"debug_traceTransaction": always(frame), "trace_transaction": always(rows)}
    async with source_at("http://node.test", made_up({**ONE_TX, **traced})) as source:
        receipt = await source.receipt("0x1")
        assert told(list(receipt.transfers)) == [
            ("FEE", A, FEE_SINK, 0xC000),
            ("NATIVE", A, B, 5),
            ("INTERNAL", B, C, 7),
        ]
        assert receipt.internals


async def test_a_tracer_that_breaks_down_is_not_a_missing_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server error while tracing is raised when no other method shows the calls; it never means "no calls"."""
    monkeypatch.setitem(TRIES, AnswerKind.DOWN, 1)
    broken = {"debug_traceTransaction": always(Refusal("Internal error", -32603))}
    async with source_at("http://node.test", made_up({**ONE_TX, **broken})) as source:
        with pytest.raises(Down, match="Internal error"):
            await source.receipt("0x1")


async def test_trace_rows_of_another_block_are_refused() -> None:
    """A row outside the asked window is a proxy repeating itself: Down."""
    row = {**log_of(3, 0), "type": "call", "traceAddress": []}
    node = made_up({"trace_filter": always([row]), "trace_transaction": always([])})
    async with source_at("http://node.test", node) as source:
        with pytest.raises(Down, match="repeated page"):
            await read(source.history(ADDRESS_A, NATIVE, 50, None))


async def test_answers_of_the_wrong_shape_are_malformed() -> None:
    """Other blocks than asked, no balance, no code, unpaired receipts: Malformed, with the source's name."""
    other = {"number": "0x7", "hash": "0x7", "timestamp": "0x7"}
    search = {"txs": [OLD_TX], "receipts": [], "firstPage": True}
    node = made_up(
        {
            "eth_getBlockByNumber": lambda params: other if params[0] == "0x5" else {**other, "number": "0x9"},
            "eth_getBalance": always("0x"),
            "eth_getCode": always(7),
            "ots_getApiLevel": always(8),
            "ots_searchTransactionsAfter": always(search),
            "eth_getTransactionReceipt": always([]),
        }
    )
    async with source_at("http://node.test", node) as source:
        head = await source.head()
        for question in (
            source.block(5),
            source.balance(ADDRESS_A, NATIVE, head),
            source.is_contract(ADDRESS_A),
            source.positions("0x1"),
            read(source.history(ADDRESS_A, NATIVE, 0, None)),
        ):
            with pytest.raises(Malformed, match=r"rpc\.31337"):
                await question


async def test_balances_a_node_will_not_give_are_not_asked_for_now() -> None:
    """Only state that is not kept falls back to now; any other refusal goes to the next source."""
    node = made_up({"eth_getBalance": always(Refusal("Method not found", -32601))})
    async with source_at("http://node.test", node) as source:
        with pytest.raises(Unsupported, match="eth_getBalance"):
            await source.balance(ADDRESS_A, NATIVE, await source.head())


async def test_many_plain_arrivals_cost_no_receipts() -> None:
    """Plain value received is taken from trace_filter's own rows; rows that moved nothing give nothing."""

    def row(height: int, value: int, **other: Any) -> dict[str, Any]:
        action = {"callType": "call", "from": B, "to": A, "value": hex(value)}
        place = {"blockNumber": height, "transactionPosition": 4, "transactionHash": hex(height), "traceAddress": []}
        return {"type": "call", "action": action, **place, **other}

    rows = [row(7, 70), row(8, 0), row(9, 90, error="Reverted")]
    node = made_up(
        {"trace_filter": lambda params: rows if "toAddress" in params[0] else [], "trace_transaction": always([])}
    )
    async with source_at("http://node.test", node) as source:
        found = rows_of(await read(source.history(ADDRESS_A, NATIVE, 2, None)))
        assert [(str(one.position), one.time, one.amount) for one in found] == [("7:4:1:0", 7, 70)]
    assert "eth_getTransactionReceipt" not in [method for method, _ in node.asked]


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
    public = Chain("eip155:1", "x", "evm", "ETH", 18, "", {"rpc": {"urls": ["https://a.b/c", "https://d.e"]}})
    silent = Chain("eip155:1", "x", "evm", "ETH", 18, "")
    async with Client(MemoryEvidence()) as client:

        def names(chain: Any, **settings: Any) -> list[str]:
            return [source.name for source in SOURCE.build(chain, client, SourceSettings(**settings))]

        assert names(public) == ["rpc.1:a.b", "rpc.1:d.e"]
        assert names(public, urls={"rpc.1": "http://127.0.0.1:1"}) == ["rpc.1"]
        assert names(public, only=("etherscan",)) == []
        assert names(public, only=("rpc",)) == ["rpc.1:a.b", "rpc.1:d.e"]
        assert names(silent) == []
