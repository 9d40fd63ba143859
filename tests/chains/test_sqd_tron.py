"""SQD Portal, TRON: TRX, TRC-10 and TRC-20 of a window of time, from blocks found by the portal's rough clock."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from chains import sqd_tron, tron_address
from chains.errors import Malformed, Unsupported
from chains.evm_records import TRANSFER
from chains.http import Client
from chains.model import (
    ANY_TOKEN,
    NATIVE,
    Address,
    AssetId,
    Coverage,
    EventPage,
    Kind,
    Page,
    Position,
    Support,
    Transfer,
)
from chains.protocol import Source
from chains.registry import Chain, SourceSettings
from chains.sqd_portal import Stretch
from chains.sqd_tron_rows import events_of, normalise_stretch
from chains.tron_receipt import normalise_receipt
from tests.chains.bulk_worlds import (
    T_BOB,
    T_MACHINE,
    T_START,
    T_TOKEN,
    T_WHO,
    TRC10,
    TRC10_ROWS,
    TRC20_ROWS,
    TRX_ROWS,
    ms,
    tron_tx,
    tron_world,
    tx_hash,
)
from tests.chains.captured import CAPTURES, captured, needs_captures
from tests.chains.memory_evidence import MemoryEvidence
from tests.chains.standins_bulk import PortalStandIn

SETTINGS = SourceSettings(urls={"sqd": "http://portal"}, rates={"sqd": 5000.0})
CHAIN = Chain("tron:mainnet", "tron", "tron", "TRX", 6, "", sources={"sqd": {"slug": "tron-mainnet"}})


def stand_in(**more: Any) -> PortalStandIn:
    return PortalStandIn(tron_world(), "tron-mainnet", "tron", **more)


def open_source(transport: httpx.AsyncBaseTransport, chain: Chain = CHAIN) -> tuple[Client, Source]:
    client = Client(MemoryEvidence(), transport)
    [source] = sqd_tron.build(chain, client, SETTINGS)
    return client, source


async def pages(server: PortalStandIn, asset: AssetId, low: int, high: int | None) -> list[Page]:
    client, source = open_source(httpx.ASGITransport(app=server.app))
    async with client:
        return [page async for page in source.history(T_WHO, asset, low, high)]


async def until_refused(source: Source, asset: AssetId, low: int, high: int) -> tuple[list[Page], str]:
    """The pages that came before the source gave up, and why it did."""
    found = []
    try:
        async for page in source.history(T_WHO, asset, low, high):
            found.append(page)  # noqa: PERF401 (a comprehension would lose what came before)
    except Unsupported as refused:
        return found, str(refused)
    return found, ""


def told(found: list[Page]) -> list[tuple[Any, ...]]:
    return [_told(row) for page in found for row in page.transfers]


def _told(row: Transfer) -> tuple[Any, ...]:
    return row.tx, tuple(row.position), row.sender, row.receiver, row.amount, row.asset


def expected(rows: list[Any]) -> list[tuple[Any, ...]]:
    return [(tx_hash(name)[2:], *rest) for name, *rest in rows]


@pytest.mark.parametrize("early", [0, 2, 12])
@pytest.mark.parametrize("span", [1, 7, 100])
@pytest.mark.parametrize(
    ("asset", "rows"),
    [
        (NATIVE, TRX_ROWS),
        (TRC10, TRC10_ROWS),
        (T_TOKEN, TRC20_ROWS),
        (ANY_TOKEN, sorted([*TRC10_ROWS, *TRC20_ROWS], key=lambda row: row[1])),
    ],
)
async def test_history_is_exact_whatever_the_span_and_the_clock(
    asset: AssetId, rows: list[Any], span: int, early: int
) -> None:
    """Every transfer comes once and settled, however far an answer reaches and however early the portal's clock is."""
    found = await pages(stand_in(span=span, early=early), asset, ms(5001), ms(5039))
    assert told(found) == expected(rows)
    assert all(row.position.settled for page in found for row in page.transfers)
    assert all(row.time == row.position.height // 1000 for page in found for row in page.transfers)


@pytest.mark.parametrize("early", [0, 3, 40])
async def test_the_window_is_cut_by_time_and_covered_to_the_millisecond(early: int) -> None:
    """Blocks read before the window do not count, coverage is exactly the window asked for."""
    found = await pages(stand_in(span=5, early=early), NATIVE, ms(5004) + 1, ms(5014) + 1)
    assert told(found) == [row for row in expected(TRX_ROWS) if ms(5004) < row[1][0] <= ms(5014)]
    edges = [page.covers for page in found]
    assert (edges[0].low, edges[-1].high) == (ms(5004) + 1, ms(5014) + 1)
    assert [edge.low for edge in edges[1:]] == [(edge.high or 0) + 1 for edge in edges[:-1]]


async def test_a_clock_that_is_late_is_found_out() -> None:
    """Should the portal name a block after the window's beginning, the blocks before it are read all the same."""
    server = stand_in(early=-6)
    assert told(await pages(server, NATIVE, ms(5004), ms(5010))) == expected(TRX_ROWS[:4])


async def test_an_end_placed_too_early_is_made_up_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the last block asked for is still before the window's end, reading goes on."""
    monkeypatch.setattr("chains.sqd_tron._EXTRA", 3)
    found = await pages(stand_in(early=20), NATIVE, ms(5001), ms(5030))
    assert told(found) == expected(TRX_ROWS)
    assert found[-1].covers.high == ms(5030)


async def test_native_pages_say_what_cannot_be_selected() -> None:
    """Fees and stake moves of rarer contract types are missing from native history, and each page says so."""
    assert {page.weak for page in await pages(stand_in(), NATIVE, ms(5001), ms(5030))} == {sqd_tron.NO_OTHER_TYPES}
    assert {page.weak for page in await pages(stand_in(), T_TOKEN, ms(5001), ms(5030))} == {""}


async def test_approvals_stand_beside_the_transfers() -> None:
    """An approval is a fact with TRON addresses, not value."""
    [one] = [one for page in await pages(stand_in(), T_TOKEN, ms(5001), ms(5030)) for one in page.approvals]
    assert (one.owner, one.spender, one.token, one.amount) == (T_WHO, T_MACHINE, T_TOKEN, 9)
    assert one.position.height == ms(5010)


async def test_an_open_end_is_the_newest_solidified_block() -> None:
    """With no upper bound history ends at the newest solidified block, and coverage says so."""
    found = await pages(stand_in(finalized=5020), NATIVE, ms(5001), None)
    assert told(found) == expected(TRX_ROWS)
    assert found[-1].covers.high == ms(5020)


async def test_a_window_past_the_solidified_blocks_is_refused_after_them() -> None:
    """What is solidified is given, the rest is an error: never an early silent end."""
    client, source = open_source(httpx.ASGITransport(app=stand_in(finalized=5020).app))
    async with client:
        found, why = await until_refused(source, NATIVE, ms(5001), ms(5035))
        with pytest.raises(Unsupported, match="finalized blocks end"):
            await anext(aiter(source.history(T_WHO, NATIVE, ms(5021), ms(5035))))
    assert found[-1].covers.high == ms(5020)
    assert "finalized blocks end" in why


async def test_one_span_one_page() -> None:
    """A window within one answer is one page that covers it."""
    [page] = await pages(stand_in(span=100), T_TOKEN, ms(5001), ms(5030))
    assert page.covers == Coverage(ms(5001), ms(5030))
    assert len(page.raws) == len(page.transfers) == 2


async def events(server: PortalStandIn, topics: tuple[str, ...], low: int, high: int) -> list[EventPage]:
    client, source = open_source(httpx.ASGITransport(app=server.app))
    async with client:
        return [page async for page in source.events(Address(T_TOKEN), topics, low, high)]


@pytest.mark.parametrize("span", [1, 7, 100])
async def test_events_are_logs_with_their_places(span: int) -> None:
    """Every log of the asked kind comes once, settled, with 0x, and the window is covered to the millisecond."""
    found = await events(stand_in(span=span, early=3), (TRANSFER,), ms(5001), ms(5030) + 1)
    told = [event for page in found for event in page.events]
    assert [event.position for event in told] == [(ms(5010), 3, Kind.TOKEN, (nth,)) for nth in range(3)]
    assert [int(event.data, 16) for event in told] == [1, 50, 50]
    assert {event.topics[0] for event in told} == {TRANSFER}
    assert {(event.tx, event.time, event.contract) for event in told} == {
        (tx_hash("usdt")[2:], ms(5010) // 1000, Address(T_TOKEN))
    }
    edges = [page.covers for page in found]
    assert (edges[0].low, edges[-1].high) == (ms(5001), ms(5030) + 1)
    assert [edge.low for edge in edges[1:]] == [(edge.high or 0) + 1 for edge in edges[:-1]]


async def test_events_outside_of_the_window_or_of_other_kinds_do_not_come() -> None:
    """Both ends of a window count in, and nothing beyond them."""
    for low, high, count in [(ms(5010), ms(5010), 3), (ms(5010) + 1, ms(5030), 0), (ms(5001), ms(5010) - 1, 0)]:
        found = await events(stand_in(), (TRANSFER,), low, high)
        assert sum(len(page.events) for page in found) == count
    assert not any(page.events for page in await events(stand_in(), ("0x" + "ab" * 32,), ms(5001), ms(5030)))


@pytest.mark.parametrize(
    "wrong",
    [
        {"address": "c3" * 20},
        {"address": None},
        {"topics": []},
        {"topics": None},
        {"topics": "ab"},
        {"topics": ["ab" * 32]},
        {"topics": [TRANSFER[2:], "7"]},
        {"data": "0"},
        {"data": "zz"},
        {"logIndex": None},
    ],
)
def test_a_log_that_was_not_asked_for_is_malformed(wrong: dict[str, Any]) -> None:
    """Another contract's or kind's log, or one without its fields, is an error."""
    tx = tron_tx("x", 7, 0, "TriggerSmartContract", owner_address="41" + "b2" * 20, contract_address="41" + "d4" * 20)
    log = {"transactionIndex": 0, "logIndex": 0, "address": "d4" * 20, "topics": [TRANSFER[2:]], "data": ""}
    good = stretch(transactions=[tx], logs=[log])
    assert events_of(CHAIN, Address(T_TOKEN), (TRANSFER,), good)[0].data == "0x"
    with pytest.raises(Malformed):
        events_of(CHAIN, Address(T_TOKEN), (TRANSFER,), stretch(transactions=[tx], logs=[log | wrong]))


def test_a_contract_that_lends_energy_is_seen() -> None:
    """The portal selects calls inside by whom they concern, so that a contract's loan stands among them."""
    owner, machine = "41" + "b2" * 20, "41" + "c3" * 20
    rent = tron_tx("x", 7, 0, "TriggerSmartContract", owner_address=owner, contract_address=machine)
    inner = {
        "transactionIndex": 0,
        "internalTransactionIndex": 2,
        "hash": "1",
        "callerAddress": machine,
        "transferToAddress": "41" + "a1" * 20,
        "callValueInfo": [{"callValue": 1}],
        "note": b"delegateResourceOfEnergy".hex(),
    }
    told = normalise_stretch(CHAIN, T_WHO, stretch(transactions=[rent], internalTransactions=[inner]))
    position = Position(T_START, 0, Kind.INTERNAL, (2,))
    assert told.supports == (Support("tron:mainnet", tx_hash("x")[2:], position, T_START // 1000, T_MACHINE, T_WHO),)
    assert (told.rows.transfers, told.doubt) == ((), "")
    failed = {**rent, "result": "REVERT"}
    assert normalise_stretch(CHAIN, T_WHO, stretch(transactions=[failed], internalTransactions=[inner])).supports == ()


def test_a_loan_is_read_where_the_portal_gives_one() -> None:
    """A transaction that lends says so at its place, for either end and for nobody else."""
    giver, receiver = "41" + "c3" * 20, "41" + "a1" * 20
    lending = tron_tx("x", 7, 4, "DelegateResourceContract", owner_address=giver, receiver_address=receiver)
    loan = stretch(transactions=[lending])
    for who in (T_WHO, T_MACHINE):
        [one] = normalise_stretch(CHAIN, who, loan).supports
        assert (one.giver, one.receiver, one.position.tx_index) == (T_MACHINE, T_WHO, 4)
    assert normalise_stretch(CHAIN, T_BOB, loan).supports == ()


async def test_head_blocks_and_refusals() -> None:
    """Heights are milliseconds; a time needs no question; what the portal cannot answer is refused."""
    server = stand_in(finalized=5020)
    client, source = open_source(httpx.ASGITransport(app=server.app))
    async with client:
        head = await source.head()
        assert (head.number, head.time, head.height) == (5020, ms(5020) // 1000, ms(5020))
        asked = len(server.asked)
        assert (await source.block_at(T_START // 1000)).height == T_START
        assert len(server.asked) == asked
        for question in (
            source.receipt("1"),
            source.positions("1"),
            source.balance(T_WHO, NATIVE, head),
            source.is_contract(T_WHO),
            source.code(T_WHO),
            source.call(T_WHO, "0x", head),
            source.asset(T_TOKEN),
        ):
            with pytest.raises(Unsupported):
                await question


def stretch(**tables: Any) -> Stretch:
    return Stretch(1, ({"header": {"number": 7, "hash": "7", "timestamp": T_START}, **tables},), 7, 7)


@pytest.mark.parametrize(
    "tables",
    [
        {"logs": [{"transactionIndex": 0, "logIndex": 0, "address": "d4" * 20, "topics": [], "data": ""}]},
        {"internalTransactions": [{"transactionIndex": 0, "callValueInfo": [{"callValue": 1}]}]},
        {"transactions": [{"transactionIndex": 0, "hash": "1", "type": "TransferContract", "parameter": "x"}]},
        {"transactions": [{"transactionIndex": 0, "hash": "1", "type": "TransferContract"}]},
        {"transactions": [7]},
    ],
)
def test_rows_without_what_they_need_are_malformed(tables: dict[str, Any]) -> None:
    """A row whose transaction is missing, or that lacks its fields, is an error and not an empty history."""
    with pytest.raises(Malformed):
        normalise_stretch(CHAIN, T_WHO, stretch(**tables))


def test_a_type_whose_value_cannot_be_read_is_named() -> None:
    """A transaction of the holder's that may have moved value unseen is pointed out, somebody else's is not."""
    who, other = "41" + "a1" * 20, "41" + "b2" * 20
    mine = tron_tx("x", 7, 0, "ExchangeTransactionContract", owner_address=who)
    theirs = tron_tx("y", 7, 1, "ExchangeTransactionContract", owner_address=other)
    assert "ExchangeTransactionContract" in normalise_stretch(CHAIN, T_WHO, stretch(transactions=[mine]))[1]
    assert normalise_stretch(CHAIN, T_WHO, stretch(transactions=[theirs]))[1] == ""


def test_a_call_inside_that_cannot_be_read_is_named() -> None:
    """A note nobody knows is pointed out instead of guessed at."""
    pull = tron_tx("x", 7, 0, "TriggerSmartContract", owner_address="41" + "b2" * 20, contract_address="41" + "c3" * 20)
    inner = {
        "transactionIndex": 0,
        "internalTransactionIndex": 0,
        "hash": "1",
        "callerAddress": "41" + "c3" * 20,
        "transferToAddress": "41" + "a1" * 20,
        "callValueInfo": [{"callValue": 1}],
        "note": b"newThing".hex(),
    }
    rows, doubt, _ = normalise_stretch(CHAIN, T_WHO, stretch(transactions=[pull], internalTransactions=[inner]))
    assert rows.transfers == ()
    assert "newThing" in doubt


def from_node(tx: dict[str, Any], info: dict[str, Any], index: int) -> dict[str, list[dict[str, Any]]]:
    """A node's transaction and its info as the portal's tables; the portal's ingestion (squid-sdk) does the same."""
    contract = tx["raw_data"]["contract"][0]
    fee = info.get("fee")
    row = {
        "transactionIndex": index,
        "hash": tx["txID"],
        "type": contract["type"],
        "parameter": contract["parameter"],
        "ret": tx["ret"],
        "result": (info.get("receipt") or {}).get("result"),
        "fee": None if fee is None else str(fee),
    }
    logs = [
        {"transactionIndex": index, "logIndex": nth, **{name: log.get(name) for name in ("address", "topics", "data")}}
        for nth, log in enumerate(info.get("log") or ())
    ]
    inner = [
        {
            "transactionIndex": index,
            "internalTransactionIndex": nth,
            "hash": one["hash"],
            "callerAddress": one["caller_address"],
            "transferToAddress": one["transferTo_address"],
            "callValueInfo": one["callValueInfo"],
            "note": one["note"],
            "rejected": one.get("rejected"),
        }
        for nth, one in enumerate(info.get("internal_transactions") or ())
    ]
    return {"transactions": [row], "logs": logs, "internalTransactions": inner}


@needs_captures
def test_recorded_transactions_say_the_same_as_the_nodes_own_records() -> None:
    """For each recorded call, what concerns its signer is equal, places included, to what the receipt reader says."""
    compared = 0
    for path in sorted(CAPTURES.joinpath("jarvie8176-eth", "parser", "TronGrid").iterdir()):
        case = json.loads(path.read_text(encoding="utf-8"))
        info, tx = case["info"], case["details"]
        receipt = normalise_receipt(CHAIN, info, tx, 4, 1)
        header = {"number": info["blockNumber"], "hash": "x", "timestamp": info["blockTimeStamp"]}
        block = {"header": header, **from_node(tx, info, 4)}
        rows, *_ = normalise_stretch(CHAIN, receipt.sender, Stretch(1, (block,), 0, 0))
        assert sorted(rows.transfers) == sorted(
            row for row in receipt.transfers if receipt.sender in (row.sender, row.receiver)
        )
        compared += len(rows.transfers)
    assert compared >= 13


@needs_captures
def test_every_payment_of_a_recorded_block_is_found() -> None:
    """Each TRX payment of a whole mainnet block stands in its payer's rows, at its index in the block."""
    node = captured("untron-v3", "DERIVED_wallet_getblockbynum_79072107.json")
    raw = node["block_header"]["raw_data"]
    header = {"number": raw["number"], "hash": node["blockID"], "timestamp": raw["timestamp"]}
    tables = [from_node(tx, {}, index) for index, tx in enumerate(node["transactions"])]
    block = {"header": header, "transactions": [table["transactions"][0] for table in tables]}
    payments = [
        (index, tx["raw_data"]["contract"][0]["parameter"]["value"])
        for index, tx in enumerate(node["transactions"])
        if tx["raw_data"]["contract"][0]["type"] == "TransferContract"
    ]
    for index, value in payments[:60]:
        payer = tron_address.from_hex(value["owner_address"])
        rows, *_ = normalise_stretch(CHAIN, payer, Stretch(1, (block,), 0, 0))
        [row] = [row for row in rows.transfers if row.position.tx_index == index and row.position.kind is Kind.NATIVE]
        assert (row.amount, row.receiver) == (value["amount"], tron_address.from_hex(value["to_address"]))
        assert row.position.height == raw["timestamp"]
    assert len(payments) > 100


def test_the_wrapped_coin_is_asked_for_by_its_bare_address() -> None:
    """Deposits and withdrawals of wrapped TRX are selected by the contract's 20 bytes, in the portal's spelling."""
    wrapped = Chain("tron:mainnet", "tron", "tron", "TRX", 6, "", wrapped=T_TOKEN)
    query = sqd_tron.query_for(wrapped, T_WHO, T_TOKEN)
    assert [item["address"] for item in query["logs"]] == [["d4" * 20]] * 3
    assert "0x" not in json.dumps(query)
    assert len(sqd_tron.query_for(CHAIN, T_WHO, T_TOKEN)["logs"]) == 2


def test_it_is_built_only_for_tron() -> None:
    """EVM chains have their own source; a restriction to other sources is kept."""
    client = Client(MemoryEvidence())
    assert sqd_tron.build(Chain("eip155:1", "e", "evm", "ETH", 18, "", {"sqd": {"slug": "x"}}), client, SETTINGS) == []
    assert sqd_tron.build(CHAIN, client, SourceSettings(only=["trongrid"])) == []
    assert len(sqd_tron.build(CHAIN, client, SourceSettings())) == 1
