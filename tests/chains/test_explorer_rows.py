"""Rows of explorers as transfers: what counts, what does not, and what is refused."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from chains.errors import Malformed
from chains.evm_records import DEPOSIT, ZERO
from chains.explorer_history import native_page, token_page
from chains.explorer_pages import Merged, Row
from chains.explorer_rows import (
    decimals_of,
    normalise_internal,
    normalise_internals_of,
    normalise_token,
    normalise_transaction,
    row_height,
    symbol_of,
    transaction_fee,
    unsaid,
)
from chains.model import ANY_TOKEN, FEE_SINK, NATIVE, Address, Asset, AssetId, Kind, Position, Transfer
from chains.registry import load_chains
from tests.chains.explorer_stand_in import (
    PEER,
    START,
    TOKEN,
    WETH,
    WHO,
    internal_row,
    log_row,
    token_row,
    tx_hash,
    tx_row,
)
from tests.shared import CAPTURES

ETHEREUM = load_chains()["eip155:1"]
recorded = pytest.mark.skipif(not CAPTURES.exists(), reason="the reference data are not here")

who, peer, token = Address(WHO), Address(PEER), AssetId(TOKEN)


def transactions(row: dict[str, str], asked: str = WHO) -> list[Transfer]:
    return normalise_transaction(ETHEREUM, row, Address(asked), "test")


def internal(row: dict[str, str]) -> Transfer | None:
    return normalise_internal(ETHEREUM, row, who, "test")


def test_the_signer_pays_fee_and_value() -> None:
    """A txlist row of the signer is a fee and a value, both with settled positions."""
    fee, value = transactions(tx_row(7, 1, index=3))
    assert fee == Transfer(
        "eip155:1", tx_hash(1), Position(7, 3, Kind.FEE, (0,)), START + 84, NATIVE, who, FEE_SINK, 210_000
    )
    assert value == Transfer(
        "eip155:1", tx_hash(1), Position(7, 3, Kind.NATIVE, (0,)), START + 84, NATIVE, who, peer, 5
    )
    assert fee.position.settled
    assert value.position.settled


def test_the_receiver_pays_no_fee() -> None:
    """The same row in the receiver's history has the value alone."""
    assert [moved.position.kind for moved in transactions(tx_row(7, 1), PEER)] == [Kind.NATIVE]


@pytest.mark.parametrize("changed", [{"isError": "1"}, {"txreceipt_status": "0"}])
def test_a_failed_transaction_moves_only_its_fee(changed: dict[str, str]) -> None:
    """Either sign of failure takes the value away and leaves the fee."""
    assert [moved.position.kind for moved in transactions(tx_row(7, 1, **changed))] == [Kind.FEE]


def test_no_receipt_status_before_byzantium() -> None:
    """An empty receipt status says nothing against a transaction."""
    assert len(transactions(tx_row(7, 1, txreceipt_status=""))) == 2


def test_zero_values_are_dropped() -> None:
    """A call without value is its fee."""
    assert [moved.position.kind for moved in transactions(tx_row(7, 1, value=0))] == [Kind.FEE]


def test_a_creation_pays_the_new_contract() -> None:
    """With an empty receiver the value goes to the contract that was created."""
    assert transactions(tx_row(7, 1, to="", contractAddress=TOKEN))[1].receiver == TOKEN
    failed = tx_row(7, 1, to="", contractAddress="", isError="1")
    assert [moved.position.kind for moved in transactions(failed)] == [Kind.FEE]


def test_the_genesis_block_pays() -> None:
    """A genesis row is value from nobody, under the explorer's own name for it."""
    row = tx_row(0, 1, **{"hash": "GENESIS_" + PEER[2:], "from": "GENESIS"})
    (moved,) = transactions(row, PEER)
    assert (moved.tx, moved.sender) == ("GENESIS_" + PEER[2:], ZERO)


def test_a_listed_second_fee_is_paid_too() -> None:
    """Etherscan's L2 rows may state the L1 part of the fee; it is added."""
    assert transaction_fee(ETHEREUM, tx_row(7, 1, L1FeesPaid="9"), "test") == 210_009


@pytest.mark.parametrize(
    "changed",
    [
        {"value": "5.0"},
        {"value": "-5"},
        {"value": ""},
        {"from": "0x12"},
        {"isError": "2"},
        {"timeStamp": "2026-01-01"},
        {"from": PEER, "to": TOKEN},
        {"to": "", "contractAddress": ""},
    ],
)
def test_rows_without_their_shape_are_refused(changed: dict[str, str]) -> None:
    """A mistyped field, or a row about other addresses, is an error with the row in it."""
    with pytest.raises(Malformed, match="test answered something unexpected"):
        transactions(tx_row(7, 1, **changed))


@pytest.mark.parametrize("name", ["hash", "timeStamp", "from", "value", "transactionIndex", "isError", "gasUsed"])
def test_missing_fields_are_refused(name: str) -> None:
    """Every mandatory field is mandatory."""
    row = tx_row(7, 1)
    del row[name]
    with pytest.raises(Malformed, match=f"no {name}"):
        transactions(row)


def test_internal_transfers_keep_their_trace_path() -> None:
    """The traceId is the path of the call; the place in the block is not in the row."""
    moved = internal(internal_row(7, 1, traceId="0_1_12"))
    assert moved is not None
    assert moved.position == Position(7, -1, Kind.INTERNAL, (0, 1, 12))
    assert (moved.sender, moved.receiver, moved.amount) == (peer, who, 5)


@pytest.mark.parametrize("sort", ["call", "create", "create2", "suicide", "selfdestruct", "self-destruct", "invalid"])
def test_types_that_move_value(sort: str) -> None:
    """All types that were seen moving value do so here."""
    assert internal(internal_row(7, 1, type=sort)) is not None


@pytest.mark.parametrize(
    "changed",
    [
        {"type": "delegatecall"},
        {"type": "staticcall"},
        {"type": "callcode"},
        {"callType": "delegatecall"},
        {"isError": "1"},
        {"value": "0"},
        {"index": "0"},
    ],
)
def test_calls_that_move_nothing(changed: dict[str, str]) -> None:
    """Borrowed code, failed calls, zero amounts and Blockscout's root call move nothing."""
    assert internal(internal_row(7, 1, **changed)) is None


def test_unknown_internal_types_are_refused() -> None:
    """A type nobody described is not guessed at."""
    with pytest.raises(Malformed, match="unknown type"):
        internal(internal_row(7, 1, type="teleport"))


def test_blockscout_spells_internal_rows_differently() -> None:
    """Its transactionHash and index stand for hash and traceId."""
    row = internal_row(7, 1, transactionHash=tx_hash(1), index="19", callType="call")
    del row["hash"], row["traceId"]
    moved = internal(row)
    assert moved is not None
    assert (moved.tx, moved.position.index) == (tx_hash(1), (19,))


def test_internals_by_hash_are_placed_by_their_order() -> None:
    """Rows asked for by hash carry neither hash nor path; the request and their order supply both."""
    rows = [
        internal_row(7, 1, value=0),
        internal_row(7, 1),
        internal_row(7, 1, type="create", to="", contractAddress=WHO),
    ]
    for row in rows:
        del row["hash"], row["traceId"]
    moved = normalise_internals_of(ETHEREUM, rows, tx_hash(1), (7, 4), "test")
    assert [one.position for one in moved] == [Position(7, 4, Kind.INTERNAL, (1,)), Position(7, 4, Kind.INTERNAL, (2,))]
    assert {one.tx for one in moved} == {tx_hash(1)}


def test_token_rows_have_no_log_index() -> None:
    """A tokentx row knows its transaction's place and not its own."""
    row = normalise_token(ETHEREUM, token_row(7, 1, index=3), who, token, "test")
    assert row.transfer is not None
    assert row.transfer.position == Position(7, 3, Kind.TOKEN, ())
    assert not row.transfer.position.settled
    assert row.asset == Asset("eip155:1", token, "TUSD", 6)


def test_a_log_index_settles_the_position() -> None:
    """Where Blockscout adds logIndex, it is used."""
    row = normalise_token(ETHEREUM, token_row(7, 1, index=3, logIndex="161"), who, ANY_TOKEN, "test")
    assert row.transfer is not None
    assert row.transfer.position == Position(7, 3, Kind.TOKEN, (161,))


@pytest.mark.parametrize("decimals", ["", "x", "-1", "1000"])
def test_decimals_are_not_guessed(decimals: str) -> None:
    """Without readable decimals there is no asset, and the transfer stands."""
    row = normalise_token(ETHEREUM, token_row(7, 1, tokenDecimal=decimals), who, token, "test")
    assert row.asset is None
    assert row.transfer is not None


def test_collectibles_are_never_value() -> None:
    """A row with a token id is a collectible."""
    row = normalise_token(ETHEREUM, token_row(7, 1, tokenID="0", value="1"), who, token, "test")
    assert row.transfer is None
    assert row.collectible is not None
    assert (row.collectible.token_id, row.collectible.amount) == (0, 1)


def test_rows_of_another_token_are_refused() -> None:
    """An answer about another token than the one asked for is an error."""
    with pytest.raises(Malformed, match="asked about token"):
        normalise_token(ETHEREUM, token_row(7, 1), who, AssetId(PEER), "test")


def test_equal_wraps_are_matched_one_by_one() -> None:
    """Each Transfer row answers for one equal deposit, not for all of them."""
    one = Transfer("eip155:1", tx_hash(1), Position(7, 0, Kind.TOKEN, (1,)), 0, token, ZERO, who, 5)
    two = one._replace(position=Position(7, 0, Kind.TOKEN, (2,)))
    assert unsaid([one, two], []) == [one, two]
    assert unsaid([one, two], [one._replace(position=Position(7, 0, Kind.TOKEN, ()))]) == [two]
    assert unsaid([one], [one._replace(amount=6)]) == [one]


@pytest.mark.parametrize(("number", "height"), [("12", 12), (12, 12), ("0xc", 12), ("0x", 0)])
def test_heights_are_read_in_every_spelling(number: object, height: int) -> None:
    """Decimal, JSON number and getLogs' hex are one height."""
    assert row_height("test", {"blockNumber": number}) == height


@pytest.mark.parametrize("row", [{}, {"blockNumber": None}, {"blockNumber": "x"}, {"blockNumber": True}, "text", None])
def test_rows_without_height_are_refused(row: object) -> None:
    """What has no block number is no row."""
    with pytest.raises(Malformed, match="block number"):
        row_height("test", row)


def test_symbols_and_decimals_of_calls() -> None:
    """ABI strings and bytes32 are read; rubbish is an empty symbol and no decimals."""
    text = "0x" + f"{32:064x}{4:064x}" + b"USDC".hex().ljust(64, "0")
    assert symbol_of(text) == "USDC"
    assert symbol_of("0x" + b"MKR".hex().ljust(64, "0")) == "MKR"
    assert [symbol_of(odd) for odd in ("0x", None, "0x12", "zz", "0x" + "ff" * 64)] == [""] * 5
    assert decimals_of(f"0x{6:064x}") == 6
    assert [decimals_of(odd) for odd in ("0x", None, f"0x{256:064x}")] == [None] * 3


def captured(action: str) -> Iterator[tuple[str, dict[str, str], dict[str, Any]]]:
    """(folder, lower-case query, row) of every recorded row of an action."""
    for path in sorted((CAPTURES / "rotki-test-caching").glob(f"*/*/account.{action}.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            exchange = json.loads(line)
            try:
                rows = json.loads(exchange["body"])["result"]
            except ValueError:
                continue  # one recorded body is empty
            query = {name.lower(): value for name, value in parse_qsl(urlsplit(exchange["url"]).query)}
            for row in rows if isinstance(rows, list) else ():
                yield path.parts[-3], query, row


@recorded
@pytest.mark.shared
def test_every_recorded_transaction_is_read() -> None:
    """Thousands of real txlist rows give fees and values that add up to an independent count."""
    moved = Counter[Kind]()
    value = expected = 0
    for _, query, row in captured("txlist"):
        asked = query["address"].lower()
        rows = transactions(row, asked)
        moved.update(one.position.kind for one in rows)
        value += sum(one.amount for one in rows if one.position.kind is Kind.NATIVE)
        expected += int(row["value"]) if row["isError"] == "0" and row["txreceipt_status"] != "0" else 0
    assert value == expected
    assert moved[Kind.FEE] > 1_000
    assert moved[Kind.NATIVE] > 1_000


@recorded
@pytest.mark.shared
def test_every_recorded_internal_transfer_is_read() -> None:
    """Real rows of both spellings and both forms are read; rows by address keep a path."""
    by_hash = by_address = 0
    for folder, query, row in captured("txlistinternal"):
        if "txhash" in query:
            by_hash += len(normalise_internals_of(ETHEREUM, [row], query["txhash"], (1, 0), folder))
        elif "address" in query:
            one = normalise_internal(ETHEREUM, row, Address(query["address"].lower()), folder)
            assert one is None or one.position.index
            by_address += one is not None
    assert by_hash > 500
    assert by_address > 50


@recorded
@pytest.mark.shared
def test_every_recorded_token_row_is_read() -> None:
    """Real tokentx rows give transfers; a scam token's "USDC" keeps its own contract as identity."""
    symbols = set()
    settled = 0
    for folder, query, row in captured("tokentx"):
        one = normalise_token(ETHEREUM, row, Address(query["address"].lower()), ANY_TOKEN, folder)
        assert one.transfer is not None or one.collectible is not None or row["value"] == "0"
        settled += one.transfer is not None and one.transfer.position.settled
        if one.asset is not None and one.asset.symbol == "USDC":
            symbols.add((one.asset.id, one.asset.decimals))
    assert len(symbols) > 1
    assert settled > 0


@recorded
@pytest.mark.shared
def test_older_recordings_are_read_and_equal_rows_stay_two() -> None:
    """Rows of 2020 and 2021 have the same shape, and no row is lost."""
    for folder, name in (
        ("pcko1-etherscan-python", "get_erc20_token_transfer_events_by_address.json"),
        ("pcko1-bscscan-python", "get_bep20_token_transfer_events_by_address.json"),
    ):
        path = CAPTURES / folder / "logs" / "standard" / name
        answer = json.loads(path.read_text(encoding="utf-8"))
        asked = Address(answer["kwargs"]["address"].lower())
        read = [normalise_token(ETHEREUM, row, asked, ANY_TOKEN, folder) for row in answer["res"]]
        total = sum(one.transfer.amount for one in read if one.transfer is not None)
        assert total == sum(int(row["value"]) for row in answer["res"])


def test_fields_of_other_json_types() -> None:
    """Whole JSON numbers are read as such; other types are refused."""
    row: dict[str, Any] = tx_row(7, 1)
    assert normalise_transaction(ETHEREUM, row | {"value": 5, "blockNumber": 7}, who, "test") == transactions(row)
    for odd in (None, 5.0, True, ["5"]):
        with pytest.raises(Malformed, match="value is no text"):
            normalise_transaction(ETHEREUM, row | {"value": odd}, who, "test")


def test_internal_rows_of_others_are_refused() -> None:
    """An internal transfer between strangers is no part of this history."""
    with pytest.raises(Malformed, match="asked about"):
        internal(internal_row(7, 1, to=TOKEN))


@pytest.mark.parametrize(("path", "index"), [("", ()), ("call_0", ()), (3, (3,)), (None, ())])
def test_unreadable_trace_paths_stay_unsettled(path: object, index: tuple[int, ...]) -> None:
    """What is no path is not made one."""
    moved = normalise_internal(ETHEREUM, {**internal_row(7, 1), "traceId": path}, who, "test")
    assert moved is not None
    assert moved.position.index == index


def test_logs_of_others_are_refused() -> None:
    """A deposit of someone else is an answer to another question."""
    row = Row(7, log_row(7, 1, DEPOSIT, who=PEER), 1)
    with pytest.raises(Malformed, match="asked for the logs"):
        token_page(ETHEREUM, "test", who, AssetId(WETH), Merged(((), (row,)), None, ""))


def test_a_failed_transaction_undoes_its_internal_transfers() -> None:
    """Internal rows that say nothing of failure fall with their transaction."""
    rows = (Row(7, tx_row(7, 1, isError="1"), 1),), (Row(7, internal_row(7, 1), 2), Row(7, internal_row(7, 2), 2))
    page = native_page(ETHEREUM, "test", who, Merged(rows, None, ""))
    assert [(moved.tx, moved.position.kind) for moved in page.transfers] == [
        (tx_hash(2), Kind.INTERNAL),
        (tx_hash(1), Kind.FEE),
    ]
    assert page.raws == (2, 1)
