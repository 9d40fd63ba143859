"""The place of a transfer in its answer: found for every kind of record that a source gives, and never a wrong one."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import pytest

from chains.model import ANY_TOKEN, NATIVE, Address, AssetId, Page, Transfer
from chains.registry import load_chains
from chains.tron_address import to_evm_hex
from tests.chains import test_hypersync, test_sqd, test_sqd_tron
from tests.chains.bulk_worlds import T_WHO, TOKEN, WHO, WRAPPER, evm_world, ms
from tests.chains.memory_evidence import MemoryEvidence
from tests.chains.standins_bulk import HyperSyncStandIn, PortalStandIn
from tracer.bundle.movements import one_tx
from tracer.bundle.places import Wanted, mentions, places, speaks_of


@pytest.fixture(autouse=True, scope="module")
def _limit() -> Iterator[None]:
    """As chains/rpc_node.py sets it for the program: web3 lifts it so far that nested JSON crashes the interpreter."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(4_000)
    yield
    sys.setrecursionlimit(before)


TX, OTHER = "0x" + "ab" * 32, "0x" + "cd" * 32
ANN, BOB, COIN, ZERO = ("0x" + digit * 40 for digit in "abc0")
TAN, TOM = "TQ9nwdUKnqpLmFZGfTEupPqjSVp6KAArGf", "TVbVP7TNWstSMeC7h42zQFTymdo1DAyaVR"
FEE, VALUE, CALL, LOG = 0, 1, 2, 3
TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
DEPOSIT = "0xe1fffcc4923d04b559f4d29a8bfc6cda04eb5b0d3c460751c2402c5c5cc9109c"
INCREASED = "0x3067048beee31b25b2f1681f88dac838c8bba36af25bfb2b7cf7473a5847e35f"
COLLECTED = "0x40d0efd1a53d60ecbf40971b9daf7dc90178c3aadc7aab1765632738fa8b8f01"
ASKED = f"rpc.1 POST ? {TX}"
LIST = "etherscan GET ?action=txlist"


def word(what: str | int) -> str:
    """32 bytes of hex: an address or a number."""
    return "0x" + (f"{what:064x}" if isinstance(what, int) else what[2:].rjust(64, "0"))


def log(*topics: str, data: str = "0x", **more: Any) -> dict[str, Any]:
    """A log of COIN in TX."""
    return {"address": COIN, "topics": list(topics), "data": data, "transactionHash": TX, "logIndex": "0x7", **more}


def wanted(kind: int, amount: int, asset: str = NATIVE, ends: tuple[str, str] = (ANN, BOB), **more: Any) -> Wanted:
    """A transfer of TX, number 1 in the ledger."""
    return Wanted(1, more.pop("tx", TX), kind, asset, *ends, amount, more.get("nth", 0), more.get("steps", ()))


def call(value: int, sender: str = ANN, receiver: str = BOB, **more: Any) -> dict[str, Any]:
    """A frame of a trace."""
    return {"type": "CALL", "from": sender, "to": receiver, "value": hex(value), **more}


def trace(path: list[int], value: int, **more: Any) -> dict[str, Any]:
    """A row of a flat trace."""
    action = {"from": ANN, "to": BOB, "value": hex(value), "callType": "call"}
    return {"type": "call", "action": action, "traceAddress": path, "transactionHash": TX, **more}


SENT = {"hash": TX, "from": ANN, "to": BOB, "value": "0x5", "gasPrice": "0x2"}
PAID = {"transactionHash": TX, "from": ANN, "gasUsed": "0x3", "effectiveGasPrice": "0x2", "l1Fee": "0x4", "logs": []}
ROW = {"hash": TX, "from": ANN, "to": BOB, "value": "5", "gasUsed": "3", "gasPrice": "2", "isError": "0"}
INNER = {"from": ANN, "to": BOB, "value": "5", "type": "call", "isError": "0"}
BOUGHT = (COIN, (ZERO, ANN))
MOVE = log(TRANSFER, word(ANN), word(BOB), data=word(5))
NFT = (f"{COIN}#9", (ZERO, ANN))

EVM: Mapping[str, tuple[str, Any, Wanted, str | None]] = {
    "explorer's row, fee": (LIST, {"result": [ROW]}, wanted(FEE, 6, ends=(ANN, "fee")), "/result/0"),
    "explorer's row, value": (LIST, {"result": [{}, ROW]}, wanted(VALUE, 5), "/result/1"),
    "explorer's row, fee with layer 1": (
        LIST, {"result": [{**ROW, "L1FeesPaid": "9"}]}, wanted(FEE, 15, ends=(ANN, "fee")), "/result/0",
    ),
    "explorer's row of a failed transaction": (LIST, {"result": [{**ROW, "isError": "1"}]}, wanted(VALUE, 5), None),
    "explorer's row, contract made": (
        LIST, {"result": [{**ROW, "to": "", "contractAddress": COIN}]}, wanted(VALUE, 5, ends=(ANN, COIN)), "/result/0",
    ),
    "explorer's token row": (
        LIST, {"result": [{**ROW, "tokenSymbol": "X", "contractAddress": COIN}]}, wanted(LOG, 5, COIN), "/result/0",
    ),
    "explorer's call, by address": (
        LIST, {"result": [{**INNER, "hash": TX, "traceId": "0_1"}]}, wanted(CALL, 5, steps=(0, 1)), "/result/0",
    ),
    "explorer's call, by transaction": (
        f"etherscan GET ?txhash={TX}", {"result": [INNER, INNER]}, wanted(CALL, 5, steps=(1,)), "/result/1",
    ),
    "log": (LIST, {"result": [MOVE]}, wanted(LOG, 5, COIN, steps=(7,)), "/result/0"),
    "log with padded topics": (
        LIST, {"result": [{**MOVE, "topics": [*MOVE["topics"], None]}]}, wanted(LOG, 5, COIN), "/result/0",
    ),
    "log of a removed block": (LIST, {"result": [{**MOVE, "removed": True}]}, wanted(LOG, 5, COIN), None),
    "wrapped coin": (LIST, {"result": [log(DEPOSIT, word(ANN), data=word(5))]}, wanted(LOG, 5, *BOUGHT), "/result/0"),
    "receipt, fee": (ASKED, {"result": PAID}, wanted(FEE, 6, ends=(ANN, "fee")), "/result"),
    "receipt, fee with layer 1": (ASKED, {"result": PAID}, wanted(FEE, 10, ends=(ANN, "fee")), "/result"),
    "receipt, log": (ASKED, {"result": {**PAID, "logs": [{}, MOVE]}}, wanted(LOG, 5, COIN), "/result/logs/1"),
    "receipts of a block": (
        ASKED, {"result": [{**PAID, "transactionHash": OTHER}, {**PAID, "logs": [MOVE]}]},
        wanted(LOG, 5, COIN), "/result/1/logs/0",
    ),
    "transaction, value": (ASKED, {"result": SENT}, wanted(VALUE, 5), "/result"),
    "block with its transactions": (
        ASKED, {"result": {"hash": OTHER, "transactions": [{**SENT, "hash": OTHER}, SENT]}},
        wanted(VALUE, 5), "/result/transactions/1",
    ),
    "outermost frame": (ASKED, {"result": call(5)}, wanted(VALUE, 5), "/result"),
    "frame inside": (
        ASKED, {"result": call(5, calls=[call(0), call(0, calls=[call(7)])])}, wanted(CALL, 7),
        "/result/calls/1/calls/0",
    ),
    "frame that was undone": (
        ASKED, {"result": call(5, calls=[call(0, error="reverted", calls=[call(7)])])}, wanted(CALL, 7), None,
    ),
    "frame at its caller's account": (
        ASKED, {"result": call(5, calls=[{**call(7), "type": "DELEGATECALL"}])}, wanted(CALL, 7), None,
    ),
    "flat trace": (ASKED, {"result": [trace([], 5), trace([1], 5)]}, wanted(CALL, 5, steps=(1,)), "/result/1"),
    "flat trace, outermost": (ASKED, {"result": [trace([1], 5), trace([], 5)]}, wanted(VALUE, 5), "/result/1"),
    "flat trace that was undone": (
        ASKED, {"result": [trace([], 5), trace([1], 0, error="reverted"), trace([1, 0], 7)]}, wanted(CALL, 7), None,
    ),
    "self-destruction": (
        ASKED,
        {"result": [trace([2], 0, type="suicide", action={"address": ANN, "refundAddress": BOB, "balance": "0x5"})]},
        wanted(CALL, 5), "/result/0",
    ),
    "contract made inside": (
        ASKED,
        {"result": [trace([2], 0, type="create", action={"from": ANN, "value": "0x5"}, result={"address": BOB})]},
        wanted(CALL, 5), "/result/0",
    ),
    "Otterscan's operation": (
        ASKED, {"result": [{"type": 0, "from": ANN, "to": BOB, "value": "0x5"}]}, wanted(CALL, 5, steps=(0,)),
        "/result/0",
    ),
    "Otterscan's page": (
        "rpc.1", {"result": {"txs": [SENT], "receipts": [{**PAID, "logs": None}]}},
        wanted(FEE, 6, ends=(ANN, "fee")), "/result/receipts/0",
    ),
    "position, more put in": (
        LIST, {"result": [log(INCREASED, word(9), data=word(5) + "0" * 128)]}, wanted(LOG, 5, *NFT, steps=(7,)),
        "/result/0",
    ),
    "position, paid out": (
        LIST, {"result": [log(COLLECTED, word(9), data=word(0) + "0" * 128)]},
        wanted(LOG, 5, f"{COIN}#9", (ANN, ZERO), steps=(7,)), "/result/0",
    ),
    "position that changed hands": (
        LIST, {"result": [log(TRANSFER, word(ANN), word(BOB), word(9))]}, wanted(LOG, 5, f"{COIN}#9"), "/result/0",
    ),
    "another amount": (LIST, {"result": [{**ROW, "value": "6"}]}, wanted(VALUE, 5), None),
    "another receiver": (LIST, {"result": [{**ROW, "to": COIN}]}, wanted(VALUE, 5), None),
    "another transaction": (LIST, {"result": [{**ROW, "hash": OTHER}]}, wanted(VALUE, 5), None),
    "the other way": (ASKED, {"result": call(0, calls=[call(5, BOB, ANN, calls=[call(5)])])}, wanted(CALL, 5),
                      "/result/calls/0/calls/0"),
}  # fmt: skip


@pytest.mark.parametrize("name", EVM)
def test_every_evm_record_is_found_at_its_place(name: str) -> None:
    """A record that says the movement is its place; one that says another, or was undone, is not."""
    question, answer, one, place = EVM[name]
    assert places("evm", question, json.dumps(answer).encode(), [one]) == ({} if place is None else {1: place})


def contract(kind: str, **value: Any) -> dict[str, Any]:
    """A TRON transaction of TX with one contract."""
    told = {"type": kind, "parameter": {"value": {"owner_address": TAN, **value}}}
    return {"txID": one_tx(TX), "raw_data": {"contract": [told]}, "ret": [{"fee": 6}]}


def moved(kind: int, amount: int, asset: str = NATIVE, ends: tuple[str, str] = (TAN, TOM), **more: Any) -> Wanted:
    """A TRON transfer of TX."""
    return wanted(kind, amount, asset, ends, tx=one_tx(TX), **more)


USDT = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
INFO = {"id": one_tx(TX), "blockTimeStamp": 5, "fee": 6}
TOKEN_ROW = {"transaction_id": one_tx(TX), "type": "Transfer", "from": TAN, "to": TOM, "value": "5"}
INSIDE = {"internal_tx_id": "77", "tx_id": one_tx(TX), "from_address": TAN, "to_address": TOM}
NODES = {"hash": "77", "caller_address": TAN, "transferTo_address": TOM}

TRON: Mapping[str, tuple[Any, Wanted, str | None]] = {
    "row, fee": ({"data": [contract("X")]}, moved(FEE, 6, ends=(TAN, "fee")), "/data/0"),
    "row, coin": ({"data": [contract("TransferContract", to_address=TOM, amount=5)]}, moved(VALUE, 5), "/data/0"),
    "token by number": (
        {"data": [contract("TransferAssetContract", to_address=TOM, amount=5, asset_name=b"1002000".hex())]},
        moved(VALUE, 5, "1002000"), "/data/0",
    ),
    "tokens bought with coin": (
        {"data": [contract("ParticipateAssetIssueContract", to_address=TOM, amount=5, asset_name=b"1002000".hex())]},
        moved(VALUE, 5), "/data/0",
    ),
    "stake": (contract("FreezeBalanceV2Contract", frozen_balance=5), moved(VALUE, 5, ends=(TAN, "stake")), ""),
    "stake that came back": (
        {**contract("UnfreezeBalanceContract"), "unfreeze_amount": 5}, moved(VALUE, 5, ends=("stake", TAN)), "",
    ),
    "call with coin": (contract("TriggerSmartContract", contract_address=TOM, call_value=5), moved(VALUE, 5), ""),
    "call with a token": (
        contract("TriggerSmartContract", contract_address=TOM, call_token_value=5, token_id=1002000),
        moved(VALUE, 5, "1002000"), "",
    ),
    "contract made": (contract("CreateSmartContract", new_contract={"call_value": 5}), moved(VALUE, 5), ""),
    "block": (
        {"transactions": [{"txID": "0" * 64}, contract("TransferContract", to_address=TOM, amount=5)]},
        moved(VALUE, 5), "/transactions/1",
    ),
    "token row": ({"data": [{**TOKEN_ROW, "token_info": {"address": USDT}}]}, moved(LOG, 5, USDT), "/data/0"),
    "token row that does not say which": ({"data": [{**TOKEN_ROW, "token_info": {}}]}, moved(LOG, 5, USDT), "/data/0"),
    "approval": ({"data": [{**TOKEN_ROW, "type": "Approval", "token_info": {}}]}, moved(LOG, 5, USDT), None),
    "call inside, as a row": ({"data": [{**INSIDE, "data": {"call_value": {"_": 5}}}]}, moved(CALL, 5), "/data/0"),
    "call inside, in its transaction's row": (
        {"data": [{**contract("X"), "internal_transactions": [{**INSIDE, "data": {"call_value": {"1002000": 5}}}]}]},
        moved(CALL, 5, "1002000"), "/data/0/internal_transactions/0",
    ),
    "call inside, as nodes write": (
        {**INFO, "internal_transactions": [NODES, {**NODES, "callValueInfo": [{"callValue": 5}]}]},
        moved(CALL, 5, steps=(1, 0)), "/internal_transactions/1",
    ),
    "call inside that was undone": (
        {**INFO, "internal_transactions": [{**NODES, "rejected": True, "callValueInfo": [{"callValue": 5}]}]},
        moved(CALL, 5), None,
    ),
    "stake by a contract": (
        {**INFO, "internal_transactions": [{**NODES, "callValueInfo": [{"callValue": 5}]}]},
        moved(CALL, 5, ends=(TAN, "stake")), "/internal_transactions/0",
    ),
    "info, fee": (INFO, moved(FEE, 6, ends=(TAN, "fee")), ""),
    "infos of a block": ([{"id": "0" * 64, "blockTimeStamp": 5}, INFO], moved(FEE, 6, ends=(TAN, "fee")), "/1"),
}  # fmt: skip


@pytest.mark.parametrize("name", TRON)
def test_every_tron_record_is_found_at_its_place(name: str) -> None:
    """As on EVM chains; a transaction info does not say whose fee it is, and its log has no 0x."""
    answer, one, place = TRON[name]
    assert places("tron", "trongrid", json.dumps(answer).encode(), [one]) == ({} if place is None else {1: place})


def test_a_tron_log_may_have_the_41_of_first_compilers_in_its_topics() -> None:
    """Both spellings of an address in a topic are one address, and the log's place is its number in the list."""
    bare = [to_evm_hex(Address(one))[2:] for one in (TAN, TOM)]
    topics = [TRANSFER[2:], "0" * 22 + "41" + bare[0], bare[1].rjust(64, "0")]
    told = {"address": to_evm_hex(Address(USDT))[2:], "topics": topics, "data": word(5)[2:]}
    answer = json.dumps({**INFO, "log": [told, told]}).encode()
    assert places("tron", "trongrid", answer, [moved(LOG, 5, USDT, steps=(1,))]) == {1: "/log/1"}


def test_equal_transfers_have_a_record_each() -> None:
    """Two equal rows of one transaction are two places, in their order; a third finds none."""
    rows = [wanted(LOG, 5, COIN, nth=nth)._replace(n=nth) for nth in range(3)]
    answer = json.dumps({"result": [{**MOVE, "logIndex": None}] * 2}).encode()
    assert places("evm", LIST, answer, rows) == {0: "/result/0", 1: "/result/1"}


def test_a_transaction_of_very_many_equal_movements_takes_no_time() -> None:
    """Ten thousand equal logs of one transaction, which anybody may write, each get their own place in a moment."""
    many = 10_000
    logs = [{**MOVE, "logIndex": hex(number)} for number in range(many)]
    answer = json.dumps({"result": {**PAID, "logs": logs}}).encode()
    rows = [wanted(LOG, 5, COIN, nth=number, steps=(number,))._replace(n=number) for number in range(many)]
    begun = time.process_time()
    assert places("evm", ASKED, answer, rows) == {number: f"/result/logs/{number}" for number in range(many)}
    assert time.process_time() - begun < 5


def test_a_call_told_twice_is_one_call() -> None:
    """TronGrid has a call inside in its own row and in its transaction's: an equal second one is neither of them."""
    told = {**INSIDE, "data": {"call_value": {"_": 5}}}
    answer = {"data": [{**contract("X"), "internal_transactions": [told]}, told, {**told, "internal_tx_id": "78"}]}
    rows = [moved(CALL, 5, nth=nth)._replace(n=nth) for nth in range(2)]
    found = places("tron", "trongrid", json.dumps(answer).encode(), rows)
    assert found == {0: "/data/0/internal_transactions/0", 1: "/data/2"}


@pytest.mark.parametrize(
    "body", [b"", b"null", b"<html>", b"[" * 100_000, b'{"result": "\xff"}', b'{"result": [1, "x"]}']
)
def test_what_cannot_be_read_says_nothing(body: bytes) -> None:
    """No answer whatever raises."""
    assert places("evm", LIST, body, [wanted(VALUE, 5)]) == {}


async def read(pages: AsyncIterator[Page]) -> list[tuple[Transfer, int]]:
    """Every transfer with the number of its answer."""
    return [pair async for page in pages for pair in zip(page.transfers, page.raws, strict=True)]


def bulk() -> Iterator[tuple[Any, ...]]:
    """A source over its made-up blocks, the address and asset to ask for, and the first and last height."""
    for asset in (NATIVE, ANY_TOKEN, AssetId(TOKEN), WRAPPER):
        transport = test_hypersync.behind(HyperSyncStandIn(evm_world(), span=7))
        yield *test_hypersync.open_source(transport), WHO, asset, 100, 120
        portal = PortalStandIn(evm_world(), "ethereum-mainnet", "evm", span=7)
        yield *test_sqd.open_sqd(test_sqd.behind(portal.app)), WHO, asset, 100, 120
    for asset in (NATIVE, ANY_TOKEN):
        transport = test_sqd.behind(test_sqd_tron.stand_in().app)
        yield *test_sqd_tron.open_source(transport), T_WHO, asset, ms(5001), ms(5039)


async def test_bulk_indexes_say_every_transfer_at_a_place() -> None:
    """Whatever HyperSync and SQD give of their worlds stands in the answer it is said to come from."""
    found = 0
    for client, source, who, asset, low, high in bulk():
        async with client:
            pairs = await read(source.history(who, asset, low, high))
        evidence: MemoryEvidence = client.evidence
        for raw in {raw for _, raw in pairs}:
            some = [
                Wanted(n, one.tx, int(one.position.kind), *ends_of(one), one.nth, one.position.index)
                for n, (one, of) in enumerate(pairs)
                if of == raw
            ]
            kept = evidence.kept[raw - 1]
            told = places(source.chain.family, kept.key, kept.stored.body, some)
            assert told.keys() == {one.n for one in some}
            found += len(told)
    assert found > 40


def ends_of(one: Transfer) -> tuple[str, str, str, int]:
    """Asset, ends and amount."""
    return one.asset, one.sender, one.receiver, one.amount


def test_hashes_are_seen_in_questions_and_answers() -> None:
    """In any case of letters, with or without 0x."""
    assert mentions(f"rpc.1 {TX}", b'{"hash": "' + OTHER.upper().encode() + b'"}') == {one_tx(TX), one_tx(OTHER)}


@pytest.mark.parametrize(
    ("chain", "source", "question", "told"),
    [
        ("eip155:1", "rpc.1:node.example", "rpc.1:node.example POST ? {}", True),
        ("eip155:1", "rpc.10", "rpc.10 POST ? {}", False),
        ("eip155:1", "blockscout.1", "blockscout.1 GET /api?a=b", True),
        ("eip155:1", "etherscan", "etherscan GET ?action=x&chainid=1&module=y", True),
        ("eip155:1", "etherscan", "etherscan GET ?action=x&chainid=10&module=y", False),
        ("eip155:1", "routescan", "routescan GET /1/etherscan/api?action=x", True),
        ("eip155:1", "routescan", "routescan GET /10/etherscan/api?action=x", False),
        ("eip155:1", "sqd", "sqd POST /ethereum-mainnet/finalized-stream? {}", True),
        ("eip155:1", "sqd", "sqd POST /tron-mainnet/finalized-stream? {}", False),
        ("tron:mainnet", "sqd", "sqd POST /tron-mainnet/finalized-stream? {}", True),
        ("tron:mainnet", "trongrid", "trongrid GET /v1/accounts/T", True),
        ("tron:mainnet", "rpc.1", "rpc.1 POST ? {}", False),
        ("eip155:1", "trongrid", "trongrid GET /v1/accounts/T", False),
        ("eip155:1", "prices", "prices GET /batchHistorical?coins={}", False),
    ],
)
def test_an_answer_tells_its_chain(chain: str, source: str, question: str, told: bool) -> None:
    """By the endpoint's name where it has the chain's number, else by the question."""
    assert speaks_of(load_chains()[chain], source, question) is told
