"""Marks: every entry of the table is what it says, and no log can make one of something else."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from importlib.resources import files
from typing import Any

import pytest
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from chains import tron_address
from chains.evm_records import APPROVAL, DEPOSIT, TRANSFER, WITHDRAWAL, logs_to_rows, receipt_of
from chains.marks import Rule, mark_of, rules
from chains.model import Address, AssetId, Kind, Mark, Position, Receipt
from chains.registry import load_chains
from chains.tron_receipt import normalise_receipt
from tests.chains.captured import CAPTURES, needs_captures
from tests.chains.tron_records import POOL, THIEF, TRON, VICTIM, WTRX, digits, transaction, txid

CHAIN = load_chains()["eip155:1"]
POOLS = Address("0x" + "70" * 20)
OWNER = Address("0x" + "0a" * 20)
OTHER = Address("0x" + "0b" * 20)
AT = Position(9, 1, Kind.TOKEN, (4,))

KINDS = {
    *("order", "placed", "filled", "maker", "account", "farm", "claim", "vault", "lending", "stake", "borrow"),
    *("repay", "liquidation", "flash", "swap", "liquidity", "wrapper", "bridge_out", "mixer", "nft_sale", "bridge_in"),
}


def word(who: str) -> str:
    return who.removeprefix("0x").rjust(64, "0")


def shaped(rule: Rule, owner: str = OWNER) -> tuple[list[str], str]:
    """Topics and data of a log of this rule, with ``owner`` where it stands and somebody else everywhere else."""
    topics = [rule.topic0, *("0x" + word(OTHER) for _ in range(rule.topics - 1))]
    data = [word(OTHER) for _ in range(8)]
    if rule.owner.startswith("topic"):
        topics[int(rule.owner[-1])] = "0x" + word(owner)
    elif rule.owner.startswith("data"):
        data[int(rule.owner[-1])] = word(owner)
    return topics, "".join(data)


def log(contract: str, topics: list[str], data: str = "") -> dict[str, Any]:
    return {
        "address": contract,
        "topics": topics,
        "data": "0x" + data,
        "blockNumber": "0x9",
        "transactionHash": "0xab",
        "transactionIndex": "0x1",
        "logIndex": "0x4",
    }


@pytest.mark.parametrize("rule", rules().values(), ids=lambda rule: rule.name)
def test_the_table_is_what_it_says(rule: Rule) -> None:
    """Topic 0 is the hash of the signature, the kind is a documented one, and the owner stands within the log."""
    assert rule.topic0 == "0x" + keccak(text=rule.event).hex()
    assert rule.kind in KINDS
    assert 1 <= rule.topics <= 4
    assert rule.owner in (
        "",
        "contract",
        *(f"topic{n}" for n in range(1, rule.topics)),
        *(f"data{n}" for n in range(8)),
    )
    parameters = rule.event.partition("(")[2].removesuffix(")").count(",") + 1
    assert rule.topics - 1 <= parameters


def test_no_entry_hides_another_or_a_transfer() -> None:
    """As many rules as tables, and none for a log that is read as value; wrapped coin is told apart by contract."""
    text = files("chains").joinpath("data/marks.toml").read_text(encoding="utf-8")
    assert len(rules()) == len(tomllib.loads(text))
    assert not {topic for topic, _ in rules()} & {TRANSFER, APPROVAL}
    assert (DEPOSIT, 2) in rules()


@pytest.mark.parametrize("rule", rules().values(), ids=lambda rule: rule.name)
def test_each_entry_finds_its_owner(rule: Rule) -> None:
    """A log of the shape gives the kind, who logged it and the owner where the table says, and nobody else."""
    topics, data = shaped(rule)
    expected = {"": "", "contract": POOLS}.get(rule.owner, OWNER)
    assert mark_of(POOLS, topics, data, AT) == Mark(rule.kind, POOLS, Address(expected), AT)


@pytest.mark.parametrize("rule", [rule for rule in rules().values() if rule.owner not in ("", "contract")])
def test_what_is_no_address_is_no_owner(rule: Rule) -> None:
    """Where the owner should stand and something else does, or nothing, there is no mark."""
    topics, data = shaped(rule, "ff" * 32)
    assert mark_of(POOLS, topics, data, AT) is None
    if rule.owner.startswith("data"):
        assert mark_of(POOLS, topics, "", AT) is None
        assert mark_of(POOLS, topics, "zz" * 256, AT) is None


def test_one_signature_may_mean_two_things() -> None:
    """Uniswap's Mint and Compound's differ in their topics alone; a third shape means neither."""
    pool, lender = (next(r for r in rules().values() if r.name == n) for n in ("uniswap_v2_mint", "compound_v2_mint"))
    assert pool.topic0 == lender.topic0
    assert [getattr(mark_of(POOLS, *shaped(rule), AT), "kind", None) for rule in (pool, lender)] == [
        "liquidity",
        "lending",
    ]
    assert mark_of(POOLS, [pool.topic0] + ["0x" + word(OTHER)] * 3, "", AT) is None


@given(st.binary(max_size=300), st.lists(st.binary(max_size=40), max_size=4))
def test_no_log_can_make_it_fail(data: bytes, rest: list[bytes]) -> None:
    """Whatever stands in a log with a known topic 0, the marks are addresses or nobody."""
    for topic, _ in rules():
        mark = mark_of(POOLS, [topic, *("0x" + part.hex() for part in rest)], data.hex(), AT)
        assert mark is None or mark.owner == "" or CHAIN.address(mark.owner) == mark.owner


def receipt(logs: list[dict[str, Any]], **more: Any) -> Receipt:
    plain = {
        "transactionHash": "0xab",
        "blockNumber": "0x9",
        "transactionIndex": "0x1",
        "from": OWNER,
        "to": POOLS,
        "gasUsed": "0x1",
        "effectiveGasPrice": "0x1",
        "status": "0x1",
        "logs": logs,
    }
    return receipt_of(CHAIN, {**plain, **more}, 1, "test", time=5)


def settlement() -> dict[str, Any]:
    return log(POOLS, *shaped(next(rule for rule in rules().values() if rule.name == "cow_trade")))


def test_a_receipt_has_its_marks_and_its_target() -> None:
    """Marks come with the receipt in log order; a creation has no target, a failed transaction no marks."""
    told = receipt([settlement()])
    assert told.marks == (Mark("order", POOLS, OWNER, AT),)
    assert told.target == POOLS
    assert told.transfers[0].position.kind is Kind.FEE
    assert receipt([], to=None, contractAddress=OTHER).target == ""
    assert receipt([settlement()], status="0x0").marks == ()
    assert receipt([{**settlement(), "removed": True}]).marks == ()


def test_another_wrapper_is_a_hint_and_the_chains_own_is_value() -> None:
    """WETH9's events are value from the chain's wrapped coin alone; from any other contract they are marks."""
    data = f"{7:064x}"
    logs = [
        log(contract, [topic, "0x" + word(OWNER)], data)
        for contract in (str(CHAIN.wrapped), POOLS)
        for topic in (DEPOSIT, WITHDRAWAL)
    ]
    rows = logs_to_rows(CHAIN, logs, 1, "test")
    zero = "0x" + "0" * 40
    assert [(row.asset, row.sender, row.receiver, row.amount) for row in rows.transfers] == [
        (CHAIN.wrapped, zero, OWNER, 7),
        (CHAIN.wrapped, OWNER, zero, 7),
    ]
    assert rows.marks == (Mark("wrapper", POOLS, OWNER, AT), Mark("wrapper", POOLS, OWNER, AT))


def test_tron_logs_are_read_alike() -> None:
    """On TRON contract, owner and target are base58, WTRX wraps as WETH does, and an unnamed owner stays empty."""
    assert load_chains()["tron:mainnet"].wrapped == AssetId("TNUC9Qb1rRpS5CbWLmNMxXBjyFoydXjWFR")
    swap = next(rule for rule in rules().values() if rule.name == "sunswap_v1_trx_purchase")
    pair = next(rule for rule in rules().values() if rule.name == "uniswap_v2_swap")
    logs = [
        {"address": digits(POOL)[2:], "topics": [topic.removeprefix("0x") for topic in topics], "data": data}
        for topics, data in (shaped(swap, tron_address.to_evm_hex(THIEF)), shaped(pair))
    ]
    wrap = {"address": digits(Address(WTRX))[2:], "topics": [DEPOSIT[2:], word(tron_address.to_evm_hex(THIEF))]}
    info = {"id": txid("a"), "blockNumber": 9, "blockTimeStamp": 3000, "receipt": {"result": "SUCCESS"}}
    call = {"owner_address": digits(VICTIM), "contract_address": digits(POOL)}
    told = normalise_receipt(
        TRON,
        {**info, "log": [*logs, {**wrap, "data": f"{7:064x}"}]},
        transaction("a", "TriggerSmartContract", call),
        3,
        1,
    )
    assert [(mark.kind, mark.contract, mark.owner) for mark in told.marks] == [
        ("swap", POOL, THIEF),
        ("swap", POOL, ""),
    ]
    assert [mark.position for mark in told.marks] == [(3000, 3, Kind.TOKEN, (0,)), (3000, 3, Kind.TOKEN, (1,))]
    assert told.target == POOL
    assert [(row.asset, row.receiver, row.amount) for row in told.transfers] == [(WTRX, THIEF, 7)]


def test_a_tron_payment_has_its_payee_as_target() -> None:
    """TRX and TRC-10 are sent to an account; whatever has no such field has no target."""
    info = {"id": txid("a"), "blockNumber": 9, "blockTimeStamp": 3000, "receipt": {}}
    pay = {"owner_address": digits(VICTIM), "to_address": digits(THIEF), "amount": 5}
    vote = {"owner_address": digits(VICTIM)}
    assert normalise_receipt(TRON, info, transaction("a", "TransferContract", pay), 0, 1).target == THIEF
    assert normalise_receipt(TRON, info, transaction("a", "VoteWitnessContract", vote), 0, 1).target == ""


def recorded_receipts() -> dict[str, dict[str, Any]]:
    """Every receipt recorded from explorers on nine chains, by transaction."""
    found = {}
    for path in CAPTURES.joinpath("rotki-test-caching").rglob("*eth_getTransactionReceipt.jsonl"):
        for line in path.read_text(encoding="utf-8").splitlines():
            result = json.loads(json.loads(line)["body"])["result"]
            if isinstance(result, dict) and result.get("effectiveGasPrice"):
                found[result["transactionHash"]] = result
    return found


@needs_captures
def test_recorded_receipts_have_their_marks() -> None:
    """Of 1,385 recorded receipts every log of a known shape names an address where the table looks for it."""
    receipts = recorded_receipts()
    seen: Counter[str] = Counter()
    for record in receipts.values():
        told = receipt_of(CHAIN, record, 1, "test", time=1)
        seen.update(mark.kind for mark in told.marks)
        for entry in record["logs"]:
            topics = [topic.lower() for topic in entry["topics"]]
            if topics and (topics[0], len(topics)) in rules():
                assert mark_of(POOLS, topics, entry["data"].removeprefix("0x"), AT) is not None
    assert len(receipts) == 1385
    assert set(seen) == KINDS - {"mixer"}
    assert (seen["order"], seen["placed"], seen["account"]) == (39, 3, 79)


@needs_captures
def test_recorded_settlements_name_an_owner_who_did_not_sign() -> None:
    """All 28 recorded CoW trades were signed by a solver, called the settlement, and name whose order it was."""
    settlement = "0x9008d19f58aabd9ed0d60971565aa8510560ab41"
    trades = [
        (told.sender, told.target, mark.owner)
        for told in (receipt_of(CHAIN, record, 1, "test", time=1) for record in recorded_receipts().values())
        for mark in told.marks
        if mark.contract == settlement and mark.kind == "order"
    ]
    assert len(trades) == 28
    assert all(target == settlement and owner != sender for sender, target, owner in trades)
