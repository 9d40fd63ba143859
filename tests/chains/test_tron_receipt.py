"""A transaction from the node's records: settled positions, all logs, calls inside, and nothing of a failed one."""

from __future__ import annotations

from typing import Any

import pytest

from chains import tron_address
from chains.errors import Malformed
from chains.evm_records import APPROVAL, DEPOSIT, TRANSFER, WITHDRAWAL
from chains.model import FEE_SINK, NATIVE, Kind, Receipt
from chains.tron_calls import STAKE
from chains.tron_receipt import block_of, index_of, normalise_receipt
from tests.chains.captured import captured, needs_captures
from tests.chains.tron_records import MULE, POOL, THIEF, TRON, USDT, VICTIM, WTRX, digits, sent, transaction, txid

NOBODY = tron_address.from_hex("0" * 40)


def word(who: str) -> str:
    return tron_address.to_evm_hex(tron_address.parse(who))[2:].rjust(64, "0")


def log(contract: str, topic: str, *ends: str, amount: int | None = 5) -> dict[str, Any]:
    data = "" if amount is None else f"{amount:064x}"
    return {
        "address": digits(tron_address.parse(contract))[2:],
        "topics": [topic[2:], *(word(end) for end in ends)],
        "data": data,
    }


def info(name: str, *logs: dict[str, Any], **more: Any) -> dict[str, Any]:
    record = {
        "id": txid(name),
        "blockNumber": 9,
        "blockTimeStamp": 1_767_879_414_000,
        "contractResult": [""],
        "receipt": {"net_usage": 1, "result": "SUCCESS"},
        "log": list(logs),
    }
    return {**record, **more}


def call(name: str, **value: Any) -> dict[str, Any]:
    return transaction(
        name, "TriggerSmartContract", {"owner_address": digits(THIEF), "contract_address": digits(POOL), **value}
    )


def told(receipt: Receipt) -> list[tuple[str, tuple[int, ...], str, str, str, int]]:
    return [
        (one.position.kind.name, one.position.index, one.asset, one.sender, one.receiver, one.amount)
        for one in receipt.transfers
    ]


def test_every_kind_of_movement_stands_at_its_settled_place() -> None:
    """Fee, own value, calls inside in their order, logs by their number: all settled, ordered by rank."""
    inner = [
        {"hash": "01", "caller_address": digits(POOL), "transferTo_address": digits(MULE), "callValueInfo": [{}]},
        {
            "hash": "02",
            "caller_address": digits(POOL),
            "transferTo_address": digits(THIEF),
            "callValueInfo": [{"callValue": 3}, {"callValue": 4, "tokenId": "1002000"}],
            "note": "63616c6c",
        },
        {
            "hash": "03",
            "caller_address": digits(POOL),
            "transferTo_address": digits(MULE),
            "callValueInfo": [{"callValue": 9}],
            "note": "63616c6c",
            "rejected": True,
        },
    ]
    record = info(
        "a", log(USDT, APPROVAL, THIEF, POOL), log(USDT, TRANSFER, THIEF, POOL), fee=7, internal_transactions=inner
    )
    receipt = normalise_receipt(TRON, record, call("a", call_value=2), 13, 1)
    assert told(receipt) == [
        ("FEE", (0,), NATIVE, THIEF, FEE_SINK, 7),
        ("NATIVE", (0,), NATIVE, THIEF, POOL, 2),
        ("INTERNAL", (1, 0), NATIVE, POOL, THIEF, 3),
        ("INTERNAL", (1, 1), "1002000", POOL, THIEF, 4),
        ("TOKEN", (1,), USDT, THIEF, POOL, 5),
    ]
    assert all(one.position.settled for one in receipt.transfers)
    assert [one.position for one in receipt.transfers] == sorted(one.position for one in receipt.transfers)
    assert {(one.position.height, one.position.tx_index) for one in receipt.transfers} == {(1_767_879_414_000, 13)}
    assert (receipt.height, receipt.time, receipt.sender, receipt.fee, receipt.ok, receipt.internals) == (
        1_767_879_414_000,
        1_767_879_414,
        THIEF,
        7,
        True,
        True,
    )
    (approval,) = receipt.approvals
    assert (approval.owner, approval.spender, approval.token, approval.position.index) == (THIEF, POOL, USDT, (0,))


@pytest.mark.parametrize(
    "failure",
    [{"result": "FAILED"}, {"receipt": {"result": "REVERT"}}, {"receipt": {"result": "OUT_OF_ENERGY"}}],
)
def test_a_failed_transaction_has_nothing_but_its_fee(failure: dict[str, Any]) -> None:
    """Either field may say that it failed; logs that stand there anyway do not count."""
    receipt = normalise_receipt(
        TRON, info("a", log(USDT, TRANSFER, THIEF, POOL), fee=7, **failure), call("a", call_value=2), 0, 1
    )
    assert told(receipt) == [("FEE", (0,), NATIVE, THIEF, FEE_SINK, 7)]
    assert not receipt.ok


def test_a_plain_payment_needs_no_contract_result() -> None:
    """A TRX transfer's info has neither result nor log, and succeeded."""
    record = {"id": txid("a"), "blockNumber": 9, "blockTimeStamp": 3000, "receipt": {"net_usage": 283}}
    receipt = normalise_receipt(TRON, record, sent("a", VICTIM, THIEF, 5), 0, 1)
    assert told(receipt) == [("NATIVE", (0,), NATIVE, VICTIM, THIEF, 5)]


def test_the_amount_that_came_back_from_stake_is_taken_from_the_info() -> None:
    """The transaction says only that something is withdrawn; its info says how much."""
    withdrawal = transaction("a", "WithdrawExpireUnfreezeContract", {"owner_address": digits(THIEF)})
    receipt = normalise_receipt(TRON, info("a", withdraw_expire_amount=600), withdrawal, 0, 1)
    assert told(receipt) == [("NATIVE", (0,), NATIVE, STAKE, THIEF, 600)]


def test_wrapping_is_a_mint_and_unwrapping_a_burn_told_once() -> None:
    """Deposit and Withdrawal of the wrapper count where it did not emit the matching Transfer, and of no one else."""
    record = info(
        "a",
        log(WTRX, TRANSFER, NOBODY, THIEF),
        log(WTRX, DEPOSIT, THIEF),
        log(WTRX, WITHDRAWAL, THIEF, amount=8),
        log(USDT, DEPOSIT, THIEF),
    )
    assert told(normalise_receipt(TRON, record, call("a"), 0, 1)) == [
        ("TOKEN", (0,), WTRX, NOBODY, THIEF, 5),
        ("TOKEN", (2,), WTRX, THIEF, NOBODY, 8),
    ]


def test_a_collectible_is_listed_and_not_value() -> None:
    """Four topics are an NFT: its number is no amount."""
    item = log(USDT, TRANSFER, VICTIM, THIEF, amount=None)
    item["topics"].append(f"{77:064x}")
    receipt = normalise_receipt(TRON, info("a", item), call("a"), 0, 1)
    assert receipt.transfers == ()
    assert [(one.token_id, one.sender, one.receiver, one.contract) for one in receipt.collectibles] == [
        (77, VICTIM, THIEF, USDT)
    ]


def test_addresses_of_the_first_compilers_are_read() -> None:
    """Early contracts left the 41 in front of the 20 bytes of an address topic."""
    early = log(USDT, TRANSFER, VICTIM, THIEF)
    early["topics"][1:] = ["0" * 22 + digits(who) for who in (VICTIM, THIEF)]
    assert told(normalise_receipt(TRON, info("a", early), call("a"), 0, 1)) == [("TOKEN", (0,), USDT, VICTIM, THIEF, 5)]


def test_logs_of_another_shape_say_nothing() -> None:
    """Anyone may emit a log with Transfer's topic; only the token standard's shape counts."""
    odd = [log(USDT, TRANSFER, THIEF), log(USDT, TRANSFER, THIEF, POOL, amount=None)]
    odd.append({**log(USDT, TRANSFER, THIEF, POOL), "data": "zz"})
    assert told(normalise_receipt(TRON, info("a", *odd), call("a"), 0, 1)) == []


def test_without_an_index_positions_are_open() -> None:
    """Where no block could be read, the place is not invented."""
    receipt = normalise_receipt(TRON, info("a", log(USDT, TRANSFER, THIEF, POOL)), call("a"), -1, 1)
    assert receipt.tx_index == -1
    assert not receipt.transfers[0].position.settled


def test_the_place_in_a_block_is_found_by_id() -> None:
    """Ids compare without their case or 0x; a block that lacks the transaction answers -1."""
    records = [{"txID": txid("a")}, {"txID": txid("b").upper()}]
    assert index_of(txid("b"), records, "txID") == 1
    assert index_of(txid("c"), records, "txID") == -1


@pytest.mark.parametrize("record", [{}, {"blockNumber": 1}, {"blockNumber": "x", "blockTimeStamp": 1}])
def test_an_info_without_block_is_malformed(record: dict[str, Any]) -> None:
    """Without block and time there is no height."""
    with pytest.raises(Malformed):
        normalise_receipt(TRON, record, call("a"), 0, 1)


def test_a_block_without_time_is_malformed() -> None:
    """A block's time is its height on TRON."""
    with pytest.raises(Malformed, match="id or time"):
        block_of(TRON, {"blockID": "00", "block_header": {"raw_data": {"number": 4}}})


@needs_captures
def test_a_recorded_block_has_the_height_of_its_time() -> None:
    """Block 79072107 as recorded: number, id, time in seconds, height in milliseconds."""
    block = block_of(TRON, captured("untron-v3", "DERIVED_wallet_getblockbynum_79072107.json"))
    assert (block.number, block.time, block.height) == (79072107, 1767879414, 1767879414000)
    assert block.hash.startswith("0000000004b68b6b")


@needs_captures
def test_a_recorded_usdt_payment_reads_the_same_from_its_log_and_from_its_row() -> None:
    """The receipt's transfer and the indexed row's have one identity: payer, payee, amount, token."""
    who = tron_address.parse("TL24LCps5FKwp3PoU1MvrYrwhi5LU1tHre")
    tx = "0130dfde9281a48378109039ef512229d5359fbee2a8adbb17ad73aebc67ea99"
    infos = captured("ledger-live", "trongrid_wallet_gettransactioninfobyid_TL24_by_txid_SUBSET.json")
    page = captured("ledger-live", f"trongrid_v1_accounts_{who}_transactions_trc20_get_detail.json")
    row = next(row for row in page["data"] if row["transaction_id"] == tx)
    receipt = normalise_receipt(TRON, infos[tx], row["detail"], 4, 1)
    fee, payment = receipt.transfers
    assert (fee.amount, receipt.ok) == (26420100, True)
    assert payment.position == (1738601505000, 4, Kind.TOKEN, (0,))
    assert (payment.asset, payment.sender, payment.receiver, payment.amount) == (
        row["token_info"]["address"],
        row["from"],
        row["to"],
        int(row["value"]),
    )


@needs_captures
def test_every_transaction_of_a_recorded_block_can_be_read() -> None:
    """619 transactions of one mainnet block: all types known, TRX amounts as written, 230 payments found."""
    block = captured("untron-v3", "DERIVED_wallet_getblockbynum_79072107.json")
    payments = 0
    for index, record in enumerate(block["transactions"]):
        told_info = {"blockNumber": 79072107, "blockTimeStamp": 1767879414000, "receipt": {}}
        receipt = normalise_receipt(TRON, told_info, record, index, 1)
        payments += sum(one.asset == NATIVE and one.receiver != STAKE for one in receipt.transfers)
    assert payments >= 230
    assert index_of(block["transactions"][618]["txID"], block["transactions"], "txID") == 618


@needs_captures
def test_recorded_swaps_are_read() -> None:
    """Two recorded calls whose records hold nulls: fee and time are the recorded ones."""
    folder = ("jarvie8176-eth", "parser", "TronGrid")
    for name in ("Swap_TriggerSmartContract_ddf7e1a7", "Transfer_TriggerSmartContract_a9059cbb"):
        case = captured(*folder, f"{name}_test.payload.txt")
        receipt = normalise_receipt(TRON, case["info"], case["details"], 0, 1)
        assert (receipt.fee, receipt.time) == (case["info"]["fee"] or 0, case["info"]["blockTimeStamp"] // 1000)
