"""The node scanner against nodes that cut, repeat themselves, disagree with themselves or allow little."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import pytest

from chains.errors import Down, Malformed, SourceError, Unsupported
from chains.evm_records import APPROVAL, TRANSFER
from chains.http import Client
from chains.model import NATIVE, Address, Kind
from chains.registry import SourceSettings
from chains.rpc_scan import RpcScanner, build
from chains.rpc_scan_plan import BLOCKS, PLANS, TOPICS
from chains.scan import Scanned, Watched
from tests.chains.rpc_fronts import ADDRESS_A, ADDRESS_B, NOTHING, Front, Refusal, always, log_of, made_up
from tests.chains.rpc_scenario import CHAIN, A, B, word
from tests.chains.test_rpc_scan import Forgetful

Answers = Mapping[str, Callable[[list[Any]], Any]]
WHO: Final = Watched(frozenset({ADDRESS_A}))
COINS: Final = Watched(coins=frozenset({ADDRESS_A}))


def hash_of(number: int) -> str:
    return f"0x{number:064x}"


def full_block(params: list[Any], **other: Any) -> Any:
    """A block at one a second, head at 99, whose transactions are none."""
    number = 99 if params[0] == "latest" else int(params[0], 16)
    if number > 99:
        return NOTHING
    named = {"hash": hash_of(number), "parentHash": hash_of(number - 1) if number else "0x"}
    return {"number": hex(number), "timestamp": hex(number), "transactions": [], **named, **other}


def log_in(height: int, index: int, **other: Any) -> dict[str, Any]:
    return log_of(height, index, **{"blockHash": hash_of(height), **other})


def listed(every: list[dict[str, Any]]) -> Callable[[list[Any]], Any]:
    """A node's whole `eth_getLogs` over these logs."""

    def answer(params: list[Any]) -> Any:
        asked = params[0]
        return [
            log
            for log in every
            if log["blockHash"] == asked.get("blockHash", log["blockHash"])
            and int(asked.get("fromBlock", "0x0"), 16)
            <= int(log["blockNumber"], 16)
            <= int(asked.get("toBlock", "0xff"), 16)
            and all(want is None or log["topics"][nth] in want for nth, want in enumerate(asked["topics"]))
        ]

    return answer


async def scan(answers: Answers, who: Watched = WHO, *plans: str, low: int = 1, high: int = 9) -> tuple[Scanned, Front]:
    front = made_up({"eth_getBlockByNumber": full_block, **answers})
    settings = SourceSettings(urls={"rpc.31337": "http://node.test"}, rates={"rpc": 100_000})
    async with Client(Forgetful(), front) as client:
        (made,) = build(CHAIN, client, settings)
        assert isinstance(made, RpcScanner)
        return await RpcScanner(made._node, plans or PLANS).scan(who, low, high), front


@pytest.mark.parametrize(
    ("log", "error"),
    [
        (log_in(5, 0, removed=True), Down),
        (log_in(60, 0), Down),
        (log_in(9, 0, blockHash=hash_of(8)), Down),
        (log_in(5, 0, blockHash=None), Malformed),
        (log_in(5, 0, topics=[TRANSFER, "0x" + word(B), "0x" + word(B)]), Malformed),
        (log_in(5, 0, topics=["0x" + "c3" * 32, "0x" + word(A), "0x" + word(A)]), Malformed),
    ],
    ids=["removed", "elsewhere", "another top", "no hash", "of others", "another kind"],
)
async def test_a_log_that_does_not_fit_ends_the_scan(log: dict[str, Any], error: type[Exception]) -> None:
    """Logs that were removed, not asked for, or of other blocks than they should be are never just left out."""
    with pytest.raises(error):
        await scan({"eth_getLogs": always([log])}, WHO, TOPICS)


async def test_the_logs_of_a_block_are_of_one_block() -> None:
    """Two hashes under one number are two chains, as a pool of nodes may show them."""
    logs = [log_in(5, 0), log_in(5, 1, blockHash=hash_of(77))]
    with pytest.raises(Down, match="two blocks"):
        await scan({"eth_getLogs": listed(logs)}, WHO, TOPICS)
    timeless = {**log_in(5, 0, blockHash=hash_of(77))}
    del timeless["blockTimestamp"]
    with pytest.raises(Down, match="two blocks"):
        await scan({"eth_getLogs": listed([timeless])}, WHO, TOPICS)


async def test_a_log_without_time_gets_that_of_its_block() -> None:
    """Nodes that leave the time out of logs are asked for those blocks alone, each once."""
    logs = [log_in(5, 0), log_in(5, 1), log_in(9, 0)]
    for log in logs:
        del log["blockTimestamp"]
    found, front = await scan({"eth_getLogs": listed(logs)}, WHO, TOPICS)
    assert [sight.transfer.time for sight in found.sights] == [5, 5, 9]
    assert [params[0] for method, params in front.asked if method == "eth_getBlockByNumber"] == ["0x9", "0x5", "0x9"]


async def test_the_newest_block_alone_is_asked_by_its_hash() -> None:
    """Then no lagging node of a pool can answer that there is nothing: it does not know the hash."""
    found, front = await scan({"eth_getLogs": listed([log_in(9, 0)])}, WHO, TOPICS, low=9)
    assert len(found.sights) == 1
    assert all(params[0]["blockHash"] == hash_of(9) for method, params in front.asked if method == "eth_getLogs")


async def test_a_cut_list_is_noticed() -> None:
    """A node that cuts lists at 100 costs no log: ranges are halved, and a full block is read from its receipts."""
    every = [log_in(height, index) for height in (2, 3, 4) for index in range(60)]
    every += [log_in(7, index) for index in range(100)]
    whole = listed(every)
    receipts = [{"logs": [log_in(7, index) for index in range(101)]}]
    answers: Answers = {"eth_getLogs": lambda params: whole(params)[:100], "eth_getBlockReceipts": always(receipts)}
    found, _ = await scan(answers, WHO, TOPICS)
    assert len(found.sights) == 281
    with pytest.raises(Unsupported, match="leave out"):
        await scan({"eth_getLogs": lambda params: whole(params)[:100]}, WHO, TOPICS)


@pytest.mark.parametrize(
    "words",
    [
        "exceed max addresses or topics per search position",
        "specify less number of addresses",
        "block range is too wide",
    ],
)
async def test_what_a_node_allows_is_learnt(words: str) -> None:
    """A list or a range that is refused is asked for in smaller ones, and nothing is missed."""
    strangers = frozenset(Address(f"0x{number:040x}") for number in range(10**6, 10**6 + 500))
    logs = listed([log_in(height, 0) for height in range(1, 10)])

    def little(params: list[Any]) -> Any:
        wide = int(params[0]["toBlock"], 16) - int(params[0]["fromBlock"], 16) >= 4
        long = max(len(want) for want in params[0]["topics"] if want) > 100
        return Refusal(words) if (wide if "range" in words else long) else logs(params)

    found, front = await scan({"eth_getLogs": little}, Watched(strangers | {ADDRESS_A}), TOPICS)
    assert len(found.sights) == 9
    assert len(front.asked) < 50


async def test_only_lists_with_somebody_guarded_ask_for_approvals() -> None:
    """Approvals of everybody else would be answered and thrown away."""
    strangers = frozenset(Address(f"0x{number:040x}") for number in range(10**6, 10**6 + 1_500))
    states: Answers = {"eth_getLogs": always([]), "eth_getTransactionCount": always("0x0")}
    _, front = await scan(states, Watched(strangers, guarded=frozenset({ADDRESS_B})), TOPICS)
    asked = [params[0]["topics"] for method, params in front.asked if method == "eth_getLogs"]
    assert [APPROVAL in kinds for kinds, *_ in asked] == [True, False, False, False]
    assert "0x" + word(B) in asked[0][1]


def block_with(*transactions: dict[str, Any], **other: Any) -> Callable[[list[Any]], Any]:
    """Block 9 holds these transactions."""

    def answer(params: list[Any]) -> Any:
        return full_block(params, transactions=list(transactions), **other) if params == ["0x9", True] else None

    return lambda params: answer(params) or full_block(params)


PAID: Final[dict[str, Any]] = {
    "hash": "0x" + "aa" * 32,
    "from": A,
    "to": B,
    "value": "0x7",
    "gas": "0x5208",
    "transactionIndex": "0x0",
    "type": "0x2",
}
RECEIPT: Final[dict[str, Any]] = {
    "transactionHash": PAID["hash"],
    "transactionIndex": "0x0",
    "blockNumber": "0x9",
    "blockHash": hash_of(9),
    "from": A,
    "to": B,
    "status": "0x1",
    "gasUsed": "0x5208",
    "effectiveGasPrice": "0x1",
    "logs": [],
}
OUTER: Final[dict[str, Any]] = {
    "type": "call",
    "action": {"callType": "call", "from": A, "to": B, "value": "0x7"},
    "traceAddress": [],
    "transactionHash": PAID["hash"],
    "blockHash": hash_of(9),
}
WHOLE: Final[Answers] = {
    "eth_getBlockByNumber": block_with(PAID),
    "eth_getBlockReceipts": always([RECEIPT]),
    "eth_getTransactionReceipt": always(RECEIPT),
    "trace_block": always([OUTER]),
    "eth_getLogs": always([]),
}


async def test_a_block_tells_fee_and_payment() -> None:
    """The made-up block that the next tests spoil is one that can be read."""
    for plan in (TOPICS, BLOCKS):
        found, _ = await scan(WHOLE, WHO._replace(coins=COINS.coins), plan)
        rows = [(sight.transfer.position.kind, sight.transfer.amount) for sight in found.sights]
        assert rows == [(Kind.FEE, 21_000), (Kind.NATIVE, 7)]
        assert (found.weak, {sight.transfer.asset for sight in found.sights}) == ("", {NATIVE})


@pytest.mark.parametrize(
    "spoilt",
    [
        {"eth_getBlockReceipts": always([])},
        {"eth_getBlockReceipts": always([{**RECEIPT, "blockHash": hash_of(8)}])},
        {"trace_block": always([])},
        {"trace_block": always([{**OUTER, "blockHash": hash_of(8)}])},
        {"trace_block": always(Refusal("Method not found", -32601)), "debug_traceBlockByNumber": always([])},
        {
            "trace_block": always(Refusal("Method not found", -32601)),
            "debug_traceBlockByNumber": always([{"txHash": PAID["hash"], "error": "timeout"}]),
        },
        {"eth_getBlockByNumber": block_with(PAID, parentHash=hash_of(3))},
        {"eth_getBlockByNumber": block_with(PAID, hash=hash_of(3))},
    ],
    ids=["no receipt", "other receipt", "no trace", "other trace", "no frame", "failed frame", "other parent", "other"],
)
async def test_a_block_with_something_left_out_is_refused(spoilt: Answers) -> None:
    """A list without one of the block's transactions, or of another block, is an error and never "nothing there"."""
    with pytest.raises(Down):
        await scan({**WHOLE, **spoilt}, WHO._replace(coins=COINS.coins), BLOCKS)


async def test_a_receipt_of_another_block_is_refused() -> None:
    """A transaction that moved to another block while its block was read."""
    moved = {"eth_getTransactionReceipt": always({**RECEIPT, "blockHash": hash_of(8)})}
    with pytest.raises(Down, match="another block"):
        await scan({**WHOLE, **moved}, COINS, TOPICS)
    with pytest.raises(Down, match="any more"):
        await scan({**WHOLE, "eth_getTransactionReceipt": always(None)}, COINS, TOPICS)


@pytest.mark.parametrize(
    "given",
    [{"miner": A}, {"withdrawals": [{"address": A.upper().replace("X", "x"), "amount": "0x1"}]}],
    ids=["reward", "withdrawal"],
)
async def test_coins_made_by_the_chain_are_named_as_missing(given: dict[str, Any]) -> None:
    """Rewards and withdrawals to somebody watched are no transfers, and the scan says that it does not tell them."""
    spoilt = {"eth_getBlockByNumber": block_with(PAID, **given)}
    found, _ = await scan({**WHOLE, **spoilt}, COINS, TOPICS)
    assert "withdrawals, block rewards" in found.weak


async def test_frames_without_hashes_go_by_their_order() -> None:
    """Older nodes list traces in the order of the transactions; another number of them is refused."""
    frame = {"type": "CALL", "from": A, "to": B, "value": "0x7", "calls": [{**OUTER["action"], "type": "CALL"}]}
    old = {**WHOLE, "trace_block": always(Refusal("Method not found", -32601))}
    found, _ = await scan({**old, "debug_traceBlockByNumber": always([{"result": frame}])}, COINS, TOPICS)
    assert [sight.transfer.position.kind for sight in found.sights] == [Kind.FEE, Kind.NATIVE, Kind.INTERNAL]
    with pytest.raises(Down, match="leaves out"):
        await scan({**old, "debug_traceBlockByNumber": always([{"result": frame}] * 2)}, COINS, TOPICS)


async def test_a_node_that_serves_nothing_is_named() -> None:
    """When no way of reading is left the node says which method it lacks, so that another is asked."""
    with pytest.raises(SourceError, match="Method not found"):
        await scan({"eth_getBlockByNumber": block_with(PAID)}, WHO)
