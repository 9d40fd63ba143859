"""The checker reads answers of EVM sources by their documentation: what moved, where it stands, what did not happen."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.shared import CAPTURES
from tests.verify.checker import checker
from tests.verify.made_answers import (
    ANN,
    BOB,
    CAT,
    COIN,
    DEPOSIT,
    TOKEN,
    TRANSFER,
    WITHDRAWAL,
    answer,
    call,
    log,
    paid,
    receipt,
    rpc,
    shown,
    trace,
    tx_hash,
    word,
)

NOBODY = "0x" + "0" * 40
CASSETTES = Path(__file__).parents[2] / "fixtures" / "chains"


def listed(action: str, **more: Any) -> Any:
    return answer(1, "etherscan", {"module": "account", "action": action, "chainid": 1, **more})


def row(**more: Any) -> dict[str, Any]:
    """A row of `txlist`; other lists have some of its fields."""
    return {
        "blockNumber": "7",
        "timeStamp": "1600000084",
        "hash": tx_hash(1),
        "transactionIndex": "2",
        "from": ANN,
        "to": BOB,
        "value": "5",
        "contractAddress": "",
        "gasUsed": "21000",
        "gasPrice": "10",
        "isError": "0",
        "txreceipt_status": "1",
        **more,
    }


def test_a_row_of_an_explorer_holds_value_and_fee() -> None:
    """One row of `txlist` is two movements, with its height, place and time."""
    rows = list(checker().records(listed("txlist"), {"result": [row()]}))
    assert [(place, one.kind, one.sender, one.receiver, one.amount) for place, one in rows] == [
        ("/result/0", 0, ANN, "fee", 210_000),
        ("/result/0", 1, ANN, BOB, 5),
    ]
    assert {(one.chain, one.tx, one.height, one.tx_index, one.time) for _, one in rows} == {
        ("eip155:1", tx_hash(1), 7, 2, 1_600_000_084)
    }


@pytest.mark.parametrize("failed", [{"isError": "1"}, {"txreceipt_status": "0"}])
def test_a_failed_transaction_costs_its_fee_and_moves_nothing(failed: dict[str, str]) -> None:
    """However an explorer says that it failed."""
    assert [kind for _, kind, *_ in shown(listed("txlist"), [row(**failed)])] == [0]


def test_a_list_may_tell_the_fee_for_layer_1_and_what_was_created() -> None:
    """Both belong to the movement; nil value is no movement."""
    rows = shown(listed("txlist"), [row(to="", contractAddress=CAT, L1FeesPaid="9"), row(hash=tx_hash(2), value="0")])
    assert [(kind, receiver, amount) for _, kind, _, receiver, amount, _ in rows] == [
        (0, "fee", 210_009),
        (1, CAT, 5),
        (0, "fee", 210_000),
    ]


def test_calls_inside_that_moved_nothing_are_left_out() -> None:
    """Failed calls, and calls that borrow code, are no payments."""
    rows = [
        row(type="call", traceId="0_1"),
        row(type="call", isError="1"),
        row(type="delegatecall"),
        row(type="call", callType="delegatecall"),
        row(type="suicide", to=CAT),
    ]
    assert [(place, receiver) for place, _, _, receiver, _, _ in shown(listed("txlistinternal"), rows)] == [
        ("/result/0", BOB),
        ("/result/4", CAT),
    ]


def test_calls_of_one_transaction_take_it_from_the_question() -> None:
    """The list of one transaction's calls does not repeat its hash."""
    rows = [{name: value for name, value in row(type="call").items() if name != "hash"}]
    found = list(checker().records(listed("txlistinternal", txhash=tx_hash(9)), {"result": rows}))
    assert [one.tx for _, one in found] == [tx_hash(9)]


def test_token_rows_have_no_place_in_their_transaction_unless_told() -> None:
    """`tokentx` as Etherscan writes it, and as Blockscout sometimes does."""
    rows = [row(contractAddress=TOKEN), row(contractAddress=TOKEN, logIndex="4"), row(contractAddress=TOKEN, value="0")]
    assert [(kind, amount, index) for _, kind, _, _, amount, index in shown(listed("tokentx"), rows)] == [
        (3, 5, ()),
        (3, 5, (4,)),
    ]


def test_only_logs_of_three_words_pay_a_token() -> None:
    """An NFT's log has four, other logs and other lengths are none; a log that was taken back is none either."""
    logs = [
        paid(1, 7, 0, (ANN, BOB), 5),
        log(1, 7, 1, [TRANSFER, word(ANN), word(BOB), word(5)], "0x"),
        log(1, 7, 2, [TRANSFER, word(ANN), word(BOB)], "0x"),
        log(1, 7, 3, [TRANSFER], word(5) + word(5)[2:]),
        {**paid(1, 7, 4, (ANN, BOB), 5), "removed": True},
        {**paid(1, 7, 5, (BOB, ANN), 6), "logIndex": "0x", "topics": [TRANSFER, word(BOB), word(ANN), None]},
        paid(1, 7, 6, (ANN, BOB), 0),
    ]
    assert shown(rpc(1, "eth_getLogs", {}), logs) == [
        ("/result/0", 3, ANN, BOB, 5, (0,)),
        ("/result/5", 3, BOB, ANN, 6, (0,)),
    ]


def test_wrapping_is_a_mint_and_unwrapping_a_burn() -> None:
    """The wrapped coin's own logs; whether the contract is the wrapped coin is the ledger's question."""
    logs = [
        log(1, 7, 0, [DEPOSIT, word(ANN)], word(5), COIN),
        log(1, 7, 1, [WITHDRAWAL, word(ANN)], word(4), COIN),
    ]
    assert [(sender, receiver, amount) for _, _, sender, receiver, amount, _ in shown(rpc(1, "eth_getLogs"), logs)] == [
        (NOBODY, ANN, 5),
        (ANN, NOBODY, 4),
    ]


@pytest.mark.parametrize(
    ("more", "fee"),
    [
        ({}, 210_000),
        ({"l1Fee": "0x9"}, 210_009),
        ({"l1Fee": "0x9", "type": "0x7e"}, 210_000),
        ({"blobGasUsed": "0x20000", "blobGasPrice": "0x3"}, 210_000 + 3 * 0x20000),
    ],
)
def test_a_fee_is_all_that_the_receipt_says_was_paid(more: dict[str, Any], fee: int) -> None:
    """Gas, layer 1 and blobs; a deposit from layer 1 paid there."""
    [(place, kind, sender, receiver, amount, _)] = shown(
        rpc(1, "eth_getTransactionReceipt"), receipt(1, 7, ANN, **more)
    )
    assert (place, kind, sender, receiver, amount) == ("/result", 0, ANN, "fee", fee)


def test_logs_of_a_failed_receipt_are_none() -> None:
    """Even if a source wrote some."""
    logs = (paid(1, 7, 3, (ANN, BOB), 5),)
    assert len(shown(rpc(1, "eth_getTransactionReceipt"), receipt(1, 7, ANN, logs))) == 2
    assert len(shown(rpc(1, "eth_getTransactionReceipt"), receipt(1, 7, ANN, logs, status="0x0"))) == 1


def test_blocks_and_their_receipts_say_where_each_record_stands() -> None:
    """Transactions of a block, and receipts of a block with their logs."""
    sent = {"hash": tx_hash(1), "from": ANN, "to": BOB, "value": "0x5", "blockNumber": "0x7", "transactionIndex": "0x0"}
    block = {"number": "0x7", "timestamp": "0x5f5e1000", "transactions": [sent]}
    assert shown(rpc(1, "eth_getBlockByNumber"), block) == [("/result/transactions/0", 1, ANN, BOB, 5, (0,))]
    assert shown(rpc(1, "eth_getBlockByNumber"), {**block, "transactions": [tx_hash(1)]}) == []
    receipts = [receipt(1, 7, ANN), receipt(2, 7, BOB, (paid(2, 7, 4, (BOB, CAT), 9),))]
    places = [place for place, *_ in shown(rpc(1, "eth_getBlockReceipts"), receipts)]
    assert places == ["/result/0", "/result/1", "/result/1/logs/0"]


def test_what_is_below_a_reverted_call_did_not_happen() -> None:
    """Nodes mark the call that reverted and not always those below it."""
    rows = [
        trace(1, 7, [], call(ANN, BOB, 5)),
        trace(1, 7, [0], call(BOB, CAT, 4), error="Reverted"),
        trace(1, 7, [0, 0], call(CAT, ANN, 3)),
        trace(1, 7, [1], call(BOB, CAT, 2, callType="delegatecall")),
        trace(1, 7, [2], {"from": BOB, "value": "0x1"}, type="create", result={"address": CAT}),
        trace(1, 7, [3], {"address": CAT, "refundAddress": ANN, "balance": "0x8"}, type="suicide", result=None),
        {"type": "reward", "action": {"author": CAT, "value": "0x9"}, "blockNumber": 7, "traceAddress": []},
    ]
    assert shown(rpc(1, "trace_block"), rows) == [
        ("/result/0", 1, ANN, BOB, 5, (0,)),
        ("/result/4", 2, BOB, CAT, 1, (2,)),
        ("/result/5", 2, CAT, ANN, 8, (3,)),
    ]


FRAMES: st.SearchStrategy[dict[str, Any]] = st.recursive(
    st.builds(dict, type=st.sampled_from(["CALL", "DELEGATECALL", "STATICCALL"]), value=st.integers(0, 3)),
    lambda inner: st.builds(
        dict,
        type=st.just("CALL"),
        value=st.integers(0, 3),
        error=st.sampled_from([None, None, "execution reverted"]),
        calls=st.lists(inner, max_size=3),
    ),
    max_leaves=12,
)


def written(frame: dict[str, Any], address: list[int]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """One tree of calls as `callTracer` and as Parity write it."""
    ends = {"from": ANN, "to": BOB, "value": hex(frame["value"])}
    flat = trace(1, 7, address, {**ends, "callType": frame["type"].lower()})
    nested: dict[str, Any] = {"type": frame["type"], **ends}
    if frame.get("error"):
        flat["error"] = nested["error"] = frame["error"]
    rows = [flat]
    for i, inner in enumerate(frame.get("calls", [])):
        below, more = written(inner, [*address, i])
        nested.setdefault("calls", []).append(below)
        rows += more
    return nested, rows


@settings(max_examples=200, deadline=None)
@given(FRAMES)
def test_both_spellings_of_a_tree_of_calls_are_read_alike(frame: dict[str, Any]) -> None:
    """What a node says nested and what another says flat is the same, whatever reverted."""
    nested, rows = written(frame, [])
    flat = shown(rpc(1, "trace_transaction", tx_hash(1)), rows)
    deep = shown(rpc(1, "debug_traceTransaction", tx_hash(1)), nested)
    assert sorted(one[1:] for one in flat) == sorted(one[1:] for one in deep)
    for place, _, _, _, amount, index in deep:
        found = checker().pointed({"result": nested}, place)
        assert (int(found["value"], 16), re.findall(r"\d+", place)) == (
            amount,
            [str(i) for i in index] if "calls" in place else [],
        )


def test_questions_without_movements_and_unknown_ones_differ() -> None:
    """A balance shows no movement; a question that nobody documented is said to be unknown."""
    assert list(checker().records(rpc(1, "eth_getBalance"), {"result": "0x5"})) == []
    assert list(checker().records(listed("tokenbalance"), {"result": "5"})) == []
    assert checker().records(rpc(1, "eth_somethingNew"), {"result": []}) is None
    assert checker().records(listed("somethingnew"), {"result": []}) is None


@pytest.mark.parametrize(
    "bad", [{"value": "many"}, {"gasUsed": None}, {"from": "0x12"}, {"value": "-5"}, {"value": 1.5}]
)
def test_a_record_that_is_not_as_documented_is_refused(bad: dict[str, Any]) -> None:
    """No guess is made of what a field may have meant."""
    with pytest.raises(checker().Malformed):
        list(checker().records(listed("txlist"), {"result": [row(**bad)]}))


def cassette(name: str) -> Iterator[tuple[Any, Any]]:
    """The exchanges of a recorded cassette, as answers and their bodies."""
    for exchange in yaml.safe_load((CASSETTES / f"{name}.yaml").read_text(encoding="utf-8"))["interactions"]:
        asked, told = exchange["request"], exchange["response"]["body"]["string"]
        body = asked["body"].decode() if isinstance(asked["body"], bytes) else asked["body"]
        told = told.encode() if isinstance(told, str) else told
        told = gzip.decompress(told) if told[:2] == b"\x1f\x8b" else told
        query = dict(parse_qsl(urlsplit(asked["uri"]).query))
        yield (
            answer(1, name.split("/", maxsplit=1)[0] + ".1", query, json.loads(body) if body else None),
            checker().raw_json(told),
        )


@pytest.mark.parametrize("source", ["hypersync", "sqd"])
def test_bulk_sources_tell_the_same_transactions_alike(source: str) -> None:
    """Payments, a failed one, calls, a reverted call and a creation, by the tail of the transaction's hash."""
    seen = set()
    for asked, data in cassette(f"{source}/native"):
        seen |= {(bytes.fromhex(one.tx[-12:])[-4:], one.kind, one.amount) for _, one in checker().records(asked, data)}
    assert {(b"\0pay", 1, 5), (b"fail", 0, 210_000), (b"yout", 2, 3), (b"ploy", 1, 6)} <= seen
    assert not {(b"fail", 1, 7), (b"yout", 2, 9)} & (
        seen if source == "sqd" else {one for one in seen if one[0] == b"fail"}
    )
    tokens = [one for asked, data in cassette(f"{source}/tokens") for _, one in checker().records(asked, data)]
    assert [(one.sender[:4], one.receiver[:4], one.amount, one.index) for one in tokens] == [
        ("0xa1", "0xb2", 50, (4,)),
        ("0xa1", "0xb2", 50, (5,)),
        ("0x00", "0xa1", 2, (0,)),
        ("0xb2", "0xa1", 77, (10,)),
        ("0xa1", "0x00", 1, (12,)),
    ]


def recorded() -> Iterator[tuple[Any, Any, str]]:
    """Real answers that others recorded."""
    for path in sorted((CAPTURES / "rotki-test-caching").rglob("*.jsonl")):
        family = {"blockscout": "blockscout.1", "routescan": "routescan", "rpc": "rpc.1"}
        where = path.relative_to(CAPTURES / "rotki-test-caching").parts
        for line in path.read_text(encoding="utf-8").splitlines() if "errors" not in path.name else ():
            exchange = json.loads(line)
            body = json.loads(exchange["request_body"]) if exchange["request_body"] else None
            if exchange["status"] == 200 and not isinstance(body, list):
                query = dict(parse_qsl(urlsplit(exchange["url"]).query))
                asked = answer(1, family.get(where[0], "etherscan"), query, body)
                yield asked, checker().raw_json(exchange["body"].encode()), "/".join(where[:-1])


@pytest.mark.shared
def test_thousands_of_real_answers_are_read_and_agree_on_fees() -> None:
    """None is refused; where a list and a receipt tell one fee, they differ by the fee for layer 1 at most."""
    fees: dict[tuple[str, str], set[int]] = {}
    read = 0
    for asked, data, where in recorded():
        rows = checker().records(asked, data)
        read += rows is not None
        for _, one in rows or ():
            if one.kind == 0:
                fees.setdefault((re.sub(r".*/", "", where), one.tx), set()).add(one.amount)
    apart = [where for (where, _), amounts in fees.items() if len(amounts) > 1]
    assert read > 5_000
    assert sum(len(amounts) for amounts in fees.values()) > 2_000
    assert set(apart) <= {"chain10", "chain8453"}
