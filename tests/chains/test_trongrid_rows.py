"""Rows of TronGrid's indexed API: what moved, what only cost a fee, and what is not told."""

from __future__ import annotations

from typing import Any

import pytest

from chains import tron_address
from chains.errors import Malformed
from chains.model import FEE_SINK, NATIVE, Address, Approval, Asset, AssetId, Kind, Transfer
from chains.tron_calls import STAKE, created_by
from chains.trongrid_rows import Rows, normalise_transactions, normalise_trc20, stake_field
from tests.chains.captured import captured, needs_captures
from tests.chains.tron_records import (
    MULE,
    POOL,
    THIEF,
    USDT,
    VICTIM,
    digits,
    inner_row,
    rows,
    sent,
    token_row,
    transaction,
    txid,
)

CHAIN = "tron:mainnet"


def coins(
    *records: dict[str, Any], inside: tuple[dict[str, Any], ...] = (), who: Address = THIEF, asset: AssetId = NATIVE
) -> Rows:
    return normalise_transactions(CHAIN, rows(*records), rows(*inside), who, asset)


def moved(found: Rows) -> list[tuple[str, str, str, int]]:
    """Kind, ends and amount of each transfer."""
    return [(one.position.kind.name, one.sender, one.receiver, one.amount) for one in found.transfers]


def test_a_token_row_becomes_a_transfer_whose_place_is_open() -> None:
    """Height is the block's time in milliseconds; index and log number are not told, and not invented."""
    found = normalise_trc20(CHAIN, rows(token_row("a", VICTIM, THIEF, 5, 1_767_879_414_000)), THIEF, None)
    (transfer,) = found.transfers
    assert transfer == Transfer(CHAIN, txid("a"), transfer.position, 1_767_879_414, AssetId(USDT), VICTIM, THIEF, 5)
    assert tuple(transfer.position) == (1_767_879_414_000, -1, Kind.TOKEN, ())
    assert not transfer.position.settled
    assert found.raws == (1,)
    assert found.assets == (Asset(CHAIN, AssetId(USDT), "USDT", 6),)


def test_equal_rows_of_one_transaction_are_numbered() -> None:
    """Two equal payments in one transaction stay two, told apart the same way from either end."""
    twice = [token_row("a", VICTIM, THIEF, 5), token_row("a", VICTIM, THIEF, 5), token_row("b", VICTIM, THIEF, 5)]
    assert [one.nth for one in normalise_trc20(CHAIN, rows(*twice), THIEF, None).transfers] == [0, 1, 0]


def test_approvals_are_facts_and_no_value() -> None:
    """The list mixes approvals in; counting one as a transfer would invent stolen money."""
    everything = 2**256 - 1
    found = normalise_trc20(CHAIN, rows(token_row("a", VICTIM, THIEF, everything, type="Approval")), THIEF, None)
    assert found.transfers == ()
    assert found.approvals == (
        Approval(CHAIN, txid("a"), (1_000_000, -1, Kind.TOKEN, ()), 1000, AssetId(USDT), VICTIM, THIEF, everything),  # type: ignore[arg-type]
    )


def test_zero_amounts_are_dropped() -> None:
    """Zero-value transfers are bait for copied addresses and carry nothing."""
    assert normalise_trc20(CHAIN, rows(token_row("a", VICTIM, THIEF, 0)), THIEF, None).transfers == ()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"type": "Mint"}, "unknown type 'Mint'"),
        ({"value": "12.5"}, "not a whole number"),
        ({"value": "-1"}, "not a whole number"),
        ({"value": 12}, "no value"),
        ({"transaction_id": None}, "no transaction_id"),
        ({"from": "TM1zzNDZD2DPASbKcgdVoTYhfmYgtfwx9D"}, "checksum"),
        ({"from": MULE, "to": POOL}, "not about"),
        ({"token_info": {"address": MULE}}, "another token"),
    ],
)
def test_a_token_row_that_cannot_be_read_is_malformed(change: dict[str, Any], why: str) -> None:
    """A row is read strictly or not at all; the error carries the reason."""
    with pytest.raises(Malformed, match=why):
        normalise_trc20(CHAIN, rows(token_row("a", VICTIM, THIEF, 5, **change)), THIEF, AssetId(USDT))


def test_rows_of_a_nameless_token_are_counted_and_not_guessed() -> None:
    """Without a token address the row is about nobody knows what; with one asked for, it is about that one."""
    nameless = rows(token_row("a", VICTIM, THIEF, 5, token_info={}))
    found = normalise_trc20(CHAIN, nameless, THIEF, None)
    assert (found.transfers, found.weak) == ((), "1 rows do not say which token they are about")
    assert normalise_trc20(CHAIN, nameless, THIEF, AssetId(USDT)).transfers[0].asset == USDT


def test_a_payment_and_its_fee() -> None:
    """The owner sees the fee, the receiver only the payment."""
    row = sent("a", THIEF, MULE, 7, ret=[{"contractRet": "SUCCESS", "fee": 1_100_000}])
    assert moved(coins(row)) == [("FEE", THIEF, FEE_SINK, 1_100_000), ("NATIVE", THIEF, MULE, 7)]
    assert moved(coins(row, who=MULE)) == [("NATIVE", THIEF, MULE, 7)]


@pytest.mark.parametrize("result", ["REVERT", "OUT_OF_ENERGY", "OUT_OF_TIME", "SOMETHING_NEW"])
def test_a_failed_transaction_moves_nothing_but_its_fee(result: str) -> None:
    """Any result but success burnt the fee and did nothing else, calls inside included."""
    row = sent(
        "a",
        THIEF,
        MULE,
        7,
        ret=[{"contractRet": result, "fee": 9}],
        internal_transactions=[inner_row("i", "a", MULE, THIEF, 3)],
    )
    assert moved(coins(row)) == [("FEE", THIEF, FEE_SINK, 9)]


def test_transactions_from_before_results_are_successful() -> None:
    """Rows of 2018 have no contractRet; being in a block they took effect."""
    assert moved(coins(sent("a", THIEF, MULE, 7, ret=[{"code": "SUCESS", "fee": 0}]))) == [("NATIVE", THIEF, MULE, 7)]
    assert moved(coins(sent("a", THIEF, MULE, 7, ret=[{"code": "FAILED", "fee": 2}]))) == [("FEE", THIEF, FEE_SINK, 2)]


def test_a_contract_call_carries_trx_and_trc10() -> None:
    """`call_value` goes to the contract as TRX, `call_token_value` as the token of `token_id`."""
    value = {
        "owner_address": digits(THIEF),
        "contract_address": digits(POOL),
        "call_value": 4,
        "call_token_value": 6,
        "token_id": 1002000,
    }
    row = transaction("a", "TriggerSmartContract", value)
    assert moved(coins(row)) == [("NATIVE", THIEF, POOL, 4)]
    assert moved(coins(row, asset=AssetId("1002000"))) == [("NATIVE", THIEF, POOL, 6)]


def test_a_created_contract_receives_what_it_was_created_with() -> None:
    """The new contract's address follows from the transaction and its owner, as java-tron computes it."""
    value = {"owner_address": digits(THIEF), "new_contract": {"origin_address": digits(THIEF), "call_value": 8}}
    row = transaction("a", "CreateSmartContract", value)
    assert moved(coins(row)) == [("NATIVE", THIEF, created_by(txid("a"), THIEF), 8)]


@pytest.mark.parametrize("name", ["1002000", "31303032303030"])
def test_trc10_ids_come_as_text_or_as_its_hex(name: str) -> None:
    """Both spellings of one id are one asset."""
    value = {"owner_address": digits(VICTIM), "to_address": digits(THIEF), "amount": 3, "asset_name": name}
    found = coins(transaction("a", "TransferAssetContract", value), asset=AssetId("1002000"))
    assert moved(found) == [("NATIVE", VICTIM, THIEF, 3)]
    assert coins(transaction("a", "TransferAssetContract", value)).transfers == ()


def test_a_trc10_name_from_before_ids_is_named_as_a_doubt() -> None:
    """A name is no identity, so the transfer is not guessed but the reader is told."""
    value = {"owner_address": digits(VICTIM), "to_address": digits(THIEF), "amount": 3, "asset_name": b"IPFS".hex()}
    assert "before they had numbers" in coins(transaction("a", "TransferAssetContract", value)).weak


def test_staked_trx_leaves_and_comes_back() -> None:
    """Freezing takes TRX out of the balance; only the withdrawal, not the request for it, brings it back."""
    owner = {"owner_address": digits(THIEF)}
    found = coins(
        transaction("a", "FreezeBalanceV2Contract", {**owner, "frozen_balance": 10}, 3000),
        transaction("b", "UnfreezeBalanceV2Contract", {**owner, "unfreeze_balance": 10}, 6000),
        transaction("c", "WithdrawExpireUnfreezeContract", owner, 9000, withdraw_expire_amount=10),
        transaction("d", "WithdrawBalanceContract", owner, 12000, withdraw_amount=2),
        transaction("e", "DelegateResourceContract", {**owner, "receiver_address": digits(MULE), "balance": 99}, 15000),
    )
    assert moved(found) == [("NATIVE", THIEF, STAKE, 10), ("NATIVE", STAKE, THIEF, 10), ("NATIVE", STAKE, THIEF, 2)]


def test_rows_that_lack_a_returned_amount_say_which_field_to_look_up() -> None:
    """Not every row tells what came back from stake; a failed one needs no look-up."""
    row = transaction("a", "WithdrawExpireUnfreezeContract", {"owner_address": digits(THIEF)})
    assert stake_field(row) == "withdraw_expire_amount"
    assert stake_field({**row, "withdraw_expire_amount": 1}) is None
    assert stake_field({**row, "ret": [{"contractRet": "REVERT"}]}) is None
    assert stake_field(sent("b", THIEF, MULE, 1)) is None
    assert stake_field(inner_row("i", "b", THIEF, MULE, 1)) is None


@pytest.mark.parametrize("kind", ["ExchangeTransactionContract", "ShieldedTransferContract", "SomethingNewContract"])
def test_types_whose_record_does_not_tell_the_value_are_a_doubt(kind: str) -> None:
    """An unknown or opaque type neither breaks the trace nor passes as nothing."""
    names = {"owner_address": digits(THIEF), "transparent_from_address": digits(THIEF)}
    found = coins(transaction("a", kind, names, ret=[{"contractRet": "SUCCESS", "fee": 1}]))
    assert moved(found) == [("FEE", THIEF, FEE_SINK, 1)]
    assert kind in found.weak


def test_buying_into_a_trc10_sale_pays_trx() -> None:
    """The payment is told, the tokens that came for it are not."""
    value = {"owner_address": digits(THIEF), "to_address": digits(MULE), "amount": 9, "asset_name": "1002000"}
    found = coins(transaction("a", "ParticipateAssetIssueContract", value))
    assert (moved(found), "how many" in found.weak) == ([("NATIVE", THIEF, MULE, 9)], True)


def test_a_transaction_listed_twice_counts_once() -> None:
    """Its id is its identity, so that an overlap of pages cannot double it."""
    assert moved(coins(sent("a", VICTIM, THIEF, 7), sent("a", VICTIM, THIEF, 7))) == [("NATIVE", VICTIM, THIEF, 7)]


def test_a_call_inside_counts_once_wherever_it_stands() -> None:
    """The same inner payment may be listed on its own, inside its transaction, and among the transactions."""
    inside = inner_row("i", "a", POOL, THIEF, 6)
    value = {"owner_address": digits(THIEF), "contract_address": digits(POOL)}
    row = transaction("a", "TriggerSmartContract", value, internal_transactions=[inside])
    assert moved(coins(row, inside, inside=(inside,))) == [("INTERNAL", POOL, THIEF, 6)]
    assert moved(coins(row)) == [("INTERNAL", POOL, THIEF, 6)]
    assert moved(coins(inside=(inside,))) == [("INTERNAL", POOL, THIEF, 6)]


def test_inner_payments_read_in_both_shapes() -> None:
    """The node's shape with hex note and callValueInfo means the same as the indexed one."""
    node = {
        "hash": txid("i"),
        "caller_address": digits(POOL),
        "transferTo_address": digits(THIEF),
        "callValueInfo": [{"callValue": 6}, {"callValue": 9, "tokenId": "1002000"}],
        "note": "63616c6c",
    }
    value = {"owner_address": digits(MULE), "contract_address": digits(POOL)}
    row = transaction("a", "TriggerSmartContract", value, internal_transactions=[node])
    assert moved(coins(row)) == [("INTERNAL", POOL, THIEF, 6)]
    assert moved(coins(row, asset=AssetId("1002000"))) == [("INTERNAL", POOL, THIEF, 9)]
    both = inner_row("i", "a", POOL, THIEF, 0, call_value={"_": 6, "1002000": 9})
    assert moved(coins(inside=(both,))) == [("INTERNAL", POOL, THIEF, 6)]
    assert moved(coins(inside=(both,), asset=AssetId("1002000"))) == [("INTERNAL", POOL, THIEF, 9)]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"rejected": True}, []),
        ({"note": b"suicide".hex()}, [("INTERNAL", THIEF, POOL, 6)]),
        ({"note": "freezeBalanceV2ForEnergy"}, [("INTERNAL", THIEF, STAKE, 6)]),
        ({"note": "withdrawExpireUnfreezeWhileUnfreezing"}, [("INTERNAL", STAKE, THIEF, 6)]),
        ({"note": "withdrawReward"}, [("INTERNAL", STAKE, THIEF, 6)]),
        ({"note": "delegateResourceOfEnergy"}, []),
        ({"note": "unDelegateResourceOfEnergy"}, []),
        ({"note": "unfreezeBalanceV2ForEnergy"}, []),
        ({"call_value": {}}, []),
        ({"call_value": 6}, [("INTERNAL", THIEF, POOL, 6)]),
    ],
)
def test_notes_tell_what_a_call_inside_did(data: dict[str, Any], expected: list[tuple[str, str, str, int]]) -> None:
    """A contract's staking and lending carry an amount too, and only some of them move TRX."""
    assert moved(coins(inside=(inner_row("i", "a", THIEF, POOL, 6, **data),))) == expected


def test_an_unknown_note_with_value_is_a_doubt() -> None:
    """What a new kind of call moved is not guessed."""
    found = coins(inside=(inner_row("i", "a", THIEF, POOL, 6, note="teleport"),))
    assert (found.transfers, "teleport" in found.weak) == ((), True)


def test_transactions_come_in_order_of_time_and_stay_together() -> None:
    """Rows of two lists are merged by block; one transaction's rows follow each other, fee first, then by rank."""
    found = coins(
        sent("a", THIEF, MULE, 1, 3000, ret=[{"contractRet": "SUCCESS", "fee": 5}]),
        sent("b", THIEF, MULE, 2, 6000),
        inside=(inner_row("i", "x", POOL, THIEF, 3, time=3000), inner_row("j", "b", POOL, THIEF, 4, time=6000)),
    )
    assert [one.amount for one in found.transfers] == [5, 1, 3, 2, 4]
    assert found.raws == (1, 1, 1, 2, 2)


@pytest.mark.parametrize(
    "record",
    [
        {"block_timestamp": 1},
        {"block_timestamp": 1, "txID": "00", "raw_data": {"contract": []}},
        transaction("a", "TransferContract", {"owner_address": digits(THIEF), "amount": 1}),
        transaction(
            "a", "TransferContract", {"owner_address": digits(THIEF), "to_address": digits(MULE), "amount": -1}
        ),
        transaction("a", "TransferContract", {"to_address": digits(THIEF), "amount": 1}),
        transaction("a", "CreateSmartContract", {"owner_address": digits(THIEF)}),
        {"block_timestamp": 1, "internal_tx_id": "00", "tx_id": "00"},
        {"block_timestamp": 1, "internal_tx_id": "00"},
    ],
)
def test_a_transaction_that_cannot_be_read_is_malformed(record: dict[str, Any]) -> None:
    """Known types without their fields raise; nothing is filled in."""
    with pytest.raises(Malformed):
        coins(record)


@needs_captures
def test_recorded_transactions_add_up_to_what_the_node_says() -> None:
    """Ten recorded rows of one account: each TRX movement and each fee is the one in the recorded transaction info."""
    who = tron_address.parse("TL24LCps5FKwp3PoU1MvrYrwhi5LU1tHre")
    page = captured("ledger-live", f"trongrid_v1_accounts_{who}_transactions_PARTIAL.json")
    infos = captured("ledger-live", "trongrid_wallet_gettransactioninfobyid_TL24_by_txid_SUBSET.json")
    found = normalise_transactions(CHAIN, rows(*page["data"]), [], who, NATIVE)
    fees = {one.tx: one.amount for one in found.transfers if one.position.kind is Kind.FEE}
    own = {
        row["txID"]
        for row in page["data"]
        if tron_address.from_hex(row["raw_data"]["contract"][0]["parameter"]["value"]["owner_address"]) == who
    }
    assert fees == {tx: infos[tx]["fee"] for tx in own if infos[tx].get("fee")}
    assert {one.amount for one in found.transfers if one.sender == who and one.position.kind is Kind.NATIVE} >= {
        150466320
    }
    assert {one.time * 1000 for one in found.transfers} <= {row["block_timestamp"] for row in page["data"]}
    assert found.weak == ""


@needs_captures
def test_recorded_trc10_and_staking_rows_are_read() -> None:
    """A 2019 account: 17 TRC-10 transfers of 1002000-like ids, TRX staked and a row that needs a look-up."""
    who = tron_address.parse("TFFriedwRtWdFuzerDDtkoQTZ29smDZ1MB")
    folder = ("trustwallet-blockatlas", "mock", "ext-api-data")
    page = captured(
        *folder, f"tron-api_v1_accounts_{who}_transactions__limit_25_order_by_block_timestamp_desc_token_id_.json"
    )
    names = {row["raw_data"]["contract"][0]["parameter"]["value"].get("asset_name") for row in page["data"]} - {None}
    counted = sum(
        len(normalise_transactions(CHAIN, rows(*page["data"]), [], who, AssetId(name)).transfers) for name in names
    )
    assert counted == 17
    coin = normalise_transactions(CHAIN, rows(*page["data"]), [], who, NATIVE)
    assert (278_000_000, STAKE) in {(one.amount, one.receiver) for one in coin.transfers}
    assert [stake_field(row) for row in page["data"] if stake_field(row)] == ["unfreeze_amount"]


@needs_captures
def test_recorded_token_rows_are_read_or_refused_for_their_checksum() -> None:
    """Real rows read as they are; a row whose address was broken in a repository is refused and not mended."""
    who = tron_address.parse("TL24LCps5FKwp3PoU1MvrYrwhi5LU1tHre")
    page = captured("ledger-live", f"trongrid_v1_accounts_{who}_transactions_trc20_get_detail.json")
    found = normalise_trc20(CHAIN, rows(*page["data"]), who, None)
    assert len(found.transfers) == 14
    assert sum(one.amount for one in found.transfers) == sum(int(row["value"]) for row in page["data"])
    broken = captured("trustwallet-blockatlas", "platform", "tron", "mocks", "tokens", "txs_trc20_response.json")
    with pytest.raises(Malformed, match="checksum"):
        normalise_trc20(CHAIN, rows(*broken["data"]), tron_address.parse("TM1zzNDZD2DPASbKcgdVoTYhfmYgtfwx9R"), None)
