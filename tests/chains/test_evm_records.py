"""What logs, receipts and blocks mean, on recorded answers and on hand-made records of every odd shape."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains import evm_records as records
from chains.errors import Malformed
from chains.evm_records import ZERO, block_of, hex_int, is_contract_code, logs_to_rows, receipt_of
from chains.model import FEE_SINK, Address, AssetId, Kind, Position, Transfer
from chains.registry import Chain
from tests.shared import CAPTURES as SHARED

ETL = SHARED / "ethereum-etl/tests/resources"
GNOSIS = SHARED / "rotki-test-caching/etherscan_v1/api.gnosisscan.io"

WRAPPED = AssetId("0x" + "ee" * 20)
TOKEN = AssetId("0x" + "cc" * 20)
FROM, TO = Address("0x" + "0a" * 20), Address("0x" + "0b" * 20)
CHAIN = Chain("eip155:1", "ethereum", "evm", "ETH", 18, "", wrapped=WRAPPED)
ROLLUP = Chain("eip155:10", "optimism", "evm", "ETH", 18, "", l1_fee=True)

shared = pytest.mark.shared
needs_shared = pytest.mark.skipif(not SHARED.exists(), reason="the reference data is not here")


def topic(address: str) -> str:
    return "0x" + address[2:].rjust(64, "0")


def words(*values: int) -> str:
    return "0x" + "".join(f"{value:064x}" for value in values)


def log(*topics: str, data: str = "0x", **other: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "address": TOKEN,
        "topics": list(topics),
        "data": data,
        "blockNumber": "0x10",
        "transactionHash": "0xAB",
        "transactionIndex": "0x2",
        "logIndex": "0x5",
        "blockTimestamp": "0x64",
    }
    return {**plain, **other}


def transfer_log(amount: int, **other: Any) -> dict[str, Any]:
    return log(records.TRANSFER, topic(FROM), topic(TO), data=words(amount), **other)


def receipt(**other: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "transactionHash": "0xab",
        "blockNumber": "0x10",
        "transactionIndex": "0x2",
        "from": FROM,
        "to": TO,
        "contractAddress": None,
        "gasUsed": "0x5208",
        "effectiveGasPrice": "0xa",
        "status": "0x1",
        "logs": [],
    }
    return {**plain, **other}


def test_a_transfer_log_is_one_settled_transfer() -> None:
    """Three topics and one word of data become one transfer with a settled position, all text in lower case."""
    rows = logs_to_rows(CHAIN, [transfer_log(7, address=TOKEN.upper().replace("0X", "0x"))], None, "test")
    at = Position(16, 2, Kind.TOKEN, (5,))
    assert rows.transfers == (Transfer("eip155:1", "0xab", at, 100, TOKEN, FROM, TO, 7),)
    assert rows.approvals == ()
    assert rows.collectibles == ()


@pytest.mark.parametrize(
    "odd",
    [
        transfer_log(0),
        transfer_log(7, removed=True),
        log(records.TRANSFER, topic(FROM), topic(TO)),
        log(records.TRANSFER, topic(FROM), topic(TO), data=words(7, 7)),
        log(records.TRANSFER, topic(FROM), topic(TO), data="0x07"),
        log(records.TRANSFER, topic(FROM), topic(TO), data="0x" + "zz" * 32),
        log(records.TRANSFER, topic(FROM), data=words(7)),
        log(records.TRANSFER, data=words(1, 2, 3)),
        log(records.TRANSFER, "0x" + "ff" * 32, topic(TO), data=words(7)),
        log(records.TRANSFER, topic(FROM), topic(TO), topic("0x01"), data=words(7)),
        log("0x" + "12" * 32, data=words(7)),
        log(),
        log(records.TRANSFER_SINGLE, topic(FROM), topic(FROM), topic(TO), data=words(1)),
        log(records.TRANSFER_BATCH, topic(FROM), topic(FROM), topic(TO), data=words(2**255, 0, 1, 1)),
        log(records.TRANSFER_BATCH, topic(FROM), topic(FROM), topic(TO), data=words(64, 96, 2**200, 0)),
        log(records.TRANSFER_BATCH, topic(FROM), topic(FROM), topic(TO), data=words(64, 128, 1, 5, 2, 1, 1)),
        log(records.DEPOSIT, topic(TO), data=words(7)),
    ],
)
def test_a_log_of_another_shape_moves_nothing(odd: dict[str, Any]) -> None:
    """Zero amounts, removed logs, foreign shapes and other contracts' deposits give no row, and do not raise."""
    assert logs_to_rows(CHAIN, [odd], None, "test")[:3] == ((), (), ())


@pytest.mark.parametrize(
    "field", ["address", "topics", "data", "blockNumber", "transactionHash", "transactionIndex", "logIndex"]
)
@pytest.mark.parametrize("damage", ["absent", "null"])
def test_a_missing_field_is_malformed(field: str, damage: str) -> None:
    """A Transfer log without a field that every log has raises, however the field is missing."""
    broken = transfer_log(7)
    if damage == "null":
        broken[field] = None
    else:
        del broken[field]
    with pytest.raises(Malformed, match=field):
        logs_to_rows(CHAIN, [broken], None, "test")


def test_times_come_from_where_the_caller_says() -> None:
    """A number, a function of the height, Etherscan's timeStamp, or blockTimestamp; none of them raises."""
    plain = transfer_log(7)
    etherscan = {name: value for name, value in plain.items() if name != "blockTimestamp"} | {"timeStamp": "0x"}
    assert logs_to_rows(CHAIN, [plain], 5, "test").transfers[0].time == 5
    assert logs_to_rows(CHAIN, [plain], lambda height: height * 2, "test").transfers[0].time == 32
    assert logs_to_rows(CHAIN, [etherscan], None, "test").transfers[0].time == 0
    del etherscan["timeStamp"]
    with pytest.raises(Malformed, match="blockTimestamp"):
        logs_to_rows(CHAIN, [etherscan], None, "test")


def test_etherscans_bare_0x_is_zero() -> None:
    """Etherscan writes index zero as "0x"; the position is then settled at zero."""
    rows = logs_to_rows(CHAIN, [transfer_log(7, logIndex="0x", transactionIndex="0x")], None, "test")
    assert rows.transfers[0].position == (16, 0, Kind.TOKEN, (0,))


def test_equal_transfers_of_one_transaction_stay_two() -> None:
    """Two logs equal but for their index become two transfers with different identities, in log order."""
    rows = logs_to_rows(CHAIN, [transfer_log(7, logIndex="0x6"), transfer_log(7)], None, "test").transfers
    assert [(row.position.index, row.nth) for row in rows] == [((5,), 0), ((6,), 1)]


def test_nfts_are_collectibles_with_their_number() -> None:
    """ERC-721, ERC-1155 single and batch give collectibles; empty items of a batch are left out."""
    erc721 = log(records.TRANSFER, topic(FROM), topic(TO), words(9))
    single = log(records.TRANSFER_SINGLE, topic(TO), topic(FROM), topic(TO), data=words(3, 4))
    batch = log(records.TRANSFER_BATCH, topic(TO), topic(FROM), topic(TO), data=words(64, 160, 2, 11, 12, 2, 0, 6))
    rows = logs_to_rows(CHAIN, [erc721, single, batch], None, "test")
    assert [(row.token_id, row.amount, row.position.index) for row in rows.collectibles] == [
        (9, 1, (5,)),
        (3, 4, (5,)),
        (12, 6, (5, 1)),
    ]
    assert {(row.sender, row.receiver) for row in rows.collectibles} == {(FROM, TO)}
    assert rows.transfers == ()


def test_approvals_are_facts_without_value() -> None:
    """An amount, a revocation, an all-tokens permission and its withdrawal: 5, 0, None and 0."""
    rows = logs_to_rows(
        CHAIN,
        [
            log(records.APPROVAL, topic(FROM), topic(TO), data=words(5)),
            log(records.APPROVAL, topic(FROM), topic(TO), data=words(0)),
            log(records.APPROVAL_FOR_ALL, topic(FROM), topic(TO), data=words(1)),
            log(records.APPROVAL_FOR_ALL, topic(FROM), topic(TO), data=words(0)),
            log(records.APPROVAL, topic(FROM), topic(TO), words(3)),
        ],
        None,
        "test",
    )
    assert [(row.owner, row.spender, row.amount) for row in rows.approvals] == [
        (FROM, TO, 5),
        (FROM, TO, 0),
        (FROM, TO, None),
        (FROM, TO, 0),
    ]
    assert rows.transfers == ()


def test_wrapping_is_a_mint_and_unwrapping_a_burn() -> None:
    """WETH9's Deposit and Withdrawal count as transfers from and to the zero address."""
    rows = logs_to_rows(
        CHAIN,
        [
            log(records.DEPOSIT, topic(TO), data=words(7), address=WRAPPED),
            log(records.WITHDRAWAL, topic(FROM), data=words(3), address=WRAPPED, logIndex="0x6"),
        ],
        None,
        "test",
    )
    assert [(row.asset, row.sender, row.receiver, row.amount) for row in rows.transfers] == [
        (WRAPPED, ZERO, TO, 7),
        (WRAPPED, FROM, ZERO, 3),
    ]


def test_a_wrap_that_is_also_a_transfer_counts_once() -> None:
    """Where the wrapper emits Transfer as well, each Transfer stands for one Deposit and no more."""
    deposit = log(records.DEPOSIT, topic(TO), data=words(7), address=WRAPPED)
    mint = log(records.TRANSFER, topic(ZERO), topic(TO), data=words(7), address=WRAPPED, logIndex="0x4")
    twice = [mint, deposit, {**deposit, "logIndex": "0x7"}]
    assert [row.position.index for row in logs_to_rows(CHAIN, twice[:2], None, "test").transfers] == [(4,)]
    assert [(row.position.index, row.nth) for row in logs_to_rows(CHAIN, twice, None, "test").transfers] == [
        ((4,), 0),
        ((7,), 1),
    ]


@pytest.mark.parametrize(("text", "value"), [("0x", 0), ("0x0", 0), ("0x1f", 31), ("0X1F", 31), (12, 12)])
def test_quantities(text: object, value: int) -> None:
    """Hexadecimal text and whole numbers are quantities."""
    assert hex_int(text, "test") == value


@pytest.mark.parametrize("text", [None, "", "31", "0xzz", "0x-1", -1, True, 1.0, [], {}])
def test_no_quantities(text: object) -> None:
    """Everything else is malformed, also JSON's true and negative numbers."""
    with pytest.raises(Malformed):
        hex_int(text, "test")


@given(st.integers(min_value=0, max_value=2**256 - 1))
def test_every_amount_survives_to_the_unit(amount: int) -> None:
    """The amount in a log is the amount of the transfer, over the whole of uint256."""
    rows = logs_to_rows(CHAIN, [transfer_log(amount)], None, "test").transfers
    assert [row.amount for row in rows] == ([amount] if amount else [])


@given(st.binary(max_size=300), st.lists(st.binary(min_size=32, max_size=32), max_size=4))
def test_no_log_data_can_make_it_fail(data: bytes, rest: list[bytes]) -> None:
    """Whatever bytes a contract puts into a log of a known kind, the rest of the history is still read."""
    for kind in records._READERS:
        hostile = log(kind, *("0x" + part.hex() for part in rest), data="0x" + data.hex(), address=WRAPPED)
        assert logs_to_rows(CHAIN, [hostile], None, "test") is not None


@pytest.mark.parametrize(
    ("code", "contract"),
    [
        ("0x", False),
        ("0xef0100" + "ab" * 20, False),
        ("0xEF0100" + "AB" * 20, False),
        ("0xef0100", True),
        ("0x60", True),
    ],
)
def test_delegating_wallets_are_wallets(code: str, contract: bool) -> None:
    """Code is a contract's, except EIP-7702's 23 bytes of delegation."""
    assert is_contract_code(code) is contract


def test_a_receipt_has_fee_value_calls_and_tokens_in_order() -> None:
    """Everything that moved in a successful transaction stands in the receipt with a settled, rising position."""
    call = Transfer("eip155:1", "0xab", Position(16, 2, Kind.INTERNAL, (0,)), 99, AssetId("native"), TO, FROM, 1)
    told = receipt_of(CHAIN, receipt(logs=[transfer_log(7)]), 4, "test", value=3, time=99, internal=[call])
    assert [(row.position.kind, row.sender, row.receiver, row.amount) for row in told.transfers] == [
        (Kind.FEE, FROM, FEE_SINK, 210_000),
        (Kind.NATIVE, FROM, TO, 3),
        (Kind.INTERNAL, TO, FROM, 1),
        (Kind.TOKEN, FROM, TO, 7),
    ]
    positions = [row.position for row in told.transfers]
    assert positions == sorted(positions)
    assert all(position.settled for position in positions)
    assert (told.fee, told.ok, told.internals, told.raw, told.time, told.sender) == (210_000, True, True, 4, 99, FROM)


def test_a_failed_transaction_costs_its_fee_alone() -> None:
    """Status 0 leaves the fee and drops the value."""
    told = receipt_of(CHAIN, receipt(status="0x0"), 1, "test", value=3, time=1)
    assert [row.position.kind for row in told.transfers] == [Kind.FEE]
    assert not told.ok
    assert not told.internals


def test_value_of_a_creation_goes_to_the_created_contract() -> None:
    """With no receiver the value moved to the contract the receipt names."""
    told = receipt_of(CHAIN, receipt(to=None, contractAddress=TO), 1, "test", value=3, time=1)
    assert told.transfers[1].receiver == TO


def test_rollups_pay_a_second_fee() -> None:
    """On OP-stack chains l1Fee is added; a deposit from layer 1 has none; any other receipt without it is malformed."""
    assert receipt_of(ROLLUP, receipt(l1Fee="0x7"), 1, "test", time=1).fee == 210_007
    assert receipt_of(ROLLUP, receipt(type="0x7e", effectiveGasPrice="0x0"), 1, "test", time=1).transfers == ()
    with pytest.raises(Malformed, match="l1Fee"):
        receipt_of(ROLLUP, receipt(), 1, "test", time=1)


def test_old_receipts_have_root_for_status_and_no_price() -> None:
    """Before Byzantium root stands for status; without effectiveGasPrice the caller's price counts; else malformed."""
    old = receipt(status=None, root="0x12", effectiveGasPrice=None)
    assert receipt_of(CHAIN, old, 1, "test", time=1, gas_price=2).fee == 42_000
    assert receipt_of(CHAIN, old, 1, "test", time=1, gas_price=2).ok
    with pytest.raises(Malformed, match="effectiveGasPrice"):
        receipt_of(CHAIN, old, 1, "test", time=1)
    with pytest.raises(Malformed, match="status"):
        receipt_of(CHAIN, receipt(status=None), 1, "test", time=1)


def test_the_time_of_a_receipt_may_stand_in_its_logs() -> None:
    """Without a time from the caller the logs' own is used, and None says that there was none."""
    assert receipt_of(CHAIN, receipt(logs=[transfer_log(7)]), 1, "test").time == 100
    assert receipt_of(CHAIN, receipt(), 1, "test").time is None


@pytest.mark.parametrize(
    "read",
    [lambda record: block_of(CHAIN, record, "test"), lambda record: receipt_of(CHAIN, record, 1, "test", time=1)],
)
def test_an_empty_record_is_malformed(read: Callable[[dict[str, Any]], object]) -> None:
    """A block or receipt with nothing in it raises and names the source."""
    with pytest.raises(Malformed, match="test answered"):
        read({})


@shared
@needs_shared
def test_recorded_block_of_ethereum() -> None:
    """A recorded block gives its number, hash and time."""
    folder = ETL / "test_export_blocks_job/block_with_logs"
    recorded = json.loads(next(folder.iterdir()).read_text())["result"]
    block = block_of(CHAIN, recorded, "capture")
    assert (block.number, block.height, block.time) == (0x76250, 0x76250, int(recorded["timestamp"], 16))
    assert block.hash == recorded["hash"]


@shared
@needs_shared
def test_recorded_token_transfers_of_ethereum() -> None:
    """The two recorded logs of block 483920 are the two transfers that ethereum-etl expects of them."""
    folder = ETL / "test_export_token_transfers_job/block_with_transfers"
    recorded = json.loads(next(folder.iterdir()).read_text())["result"]
    rows = logs_to_rows(CHAIN, recorded, 1, "capture").transfers
    assert [(row.asset, row.sender, row.receiver, row.amount, str(row.position)) for row in rows] == [
        (
            "0xf4eced2f682ce333f96f2d8966c613ded8fc95dd",
            "0x1b63142628311395ceafeea5667e7c9026c862ca",
            "0xac4df82fe37ea2187bc8c011a23d743b4f39019a",
            100_000,
            "483920:0:3:0",
        ),
        (
            "0xf4eced2f682ce333f96f2d8966c613ded8fc95dd",
            "0x9b22a80d5c7b3374a05b446081f97d0a34079e7f",
            "0x66f183060253cfbe45beff1e6e7ebbe318c81e56",
            200_000,
            "483920:1:3:1",
        ),
    ]


@shared
@needs_shared
def test_recorded_receipts_of_gnosis_read_whole() -> None:
    """Every recorded receipt is read, its fee is gas by price, and its transfers are its nonzero ERC-20 logs."""
    seen = 0
    for line in (GNOSIS / "proxy.eth_getTransactionReceipt.jsonl").read_text().splitlines():
        recorded = json.loads(json.loads(line)["body"])["result"]
        told = receipt_of(CHAIN, recorded, 1, "capture", time=1)
        expected = [
            int(entry["data"], 16)
            for entry in recorded["logs"]
            if entry["topics"][0] == records.TRANSFER and len(entry["topics"]) == 3 and int(entry["data"], 16)
        ]
        assert [row.amount for row in told.transfers if row.position.kind is Kind.TOKEN] == expected
        assert told.fee == int(recorded["gasUsed"], 16) * int(recorded["effectiveGasPrice"], 16)
        seen += len(expected)
    assert seen > 0
