"""A transaction with the calls inside it: from the first source that shows them, in the fewest requests."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from chains import blockscout, etherscan, http, hypersync, routescan, sqd
from chains.errors import ChainError, Down, Malformed, NotFound, Unsupported
from chains.http import Client
from chains.model import FEE_SINK, NATIVE, Address, AssetId, Calls, Kind, Position, Receipt, Transfer
from chains.protocol import Source
from chains.reader import Failures, Reader
from chains.registry import load_chains
from tests.chains import rpc_scenario as scene
from tests.chains import test_hypersync, test_sqd
from tests.chains.bulk_worlds import BOB, MACHINE, START, call, evm_tx, evm_world, tx_hash
from tests.chains.explorer_stand_in import START as EXPLORER_START
from tests.chains.explorer_stand_in import StandIn, envelope, internal_row
from tests.chains.explorer_stand_in import tx_hash as numbered
from tests.chains.memory_evidence import MemoryEvidence
from tests.chains.rpc_fronts import Front, Refusal, refusing, source_at, told
from tests.chains.rpc_scenario import Rpc, Sent
from tests.chains.standins_bulk import HyperSyncStandIn
from tests.chains.test_explorer import SETTINGS, receipt_json, source_of
from tests.chains.test_reader import Fake
from tests.chains.test_rpc import Lab
from tests.chains.test_trongrid import RECEIPTS, served
from tests.chains.tron_records import txid
from tests.chains.tron_stand_in import StandIn as TronStandIn

CHAIN = load_chains()["eip155:1"]
TX = "0xab"
ALICE, POOL = Address("0x" + "a" * 40), Address("0x" + "b" * 40)
FEE = Transfer(CHAIN.id, TX, Position(9, 1, Kind.FEE, (0,)), 5, NATIVE, ALICE, FEE_SINK, 1)
SOLD = Transfer(CHAIN.id, TX, Position(9, 1, Kind.TOKEN, (3,)), 5, AssetId(POOL), ALICE, POOL, 70)
PAID = Transfer(CHAIN.id, TX, Position(9, 1, Kind.INTERNAL, (0, 1)), 5, NATIVE, POOL, ALICE, 7)

INSIDE = Calls((PAID,), 2)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "BACKOFF", 0.0001)


def receipt(*, internals: bool) -> Receipt:
    rows = (FEE, PAID, SOLD) if internals else (FEE, SOLD)
    return Receipt(CHAIN.id, TX, 9, 1, 5, ALICE, True, 1, rows, (), (), internals, 1)


@dataclass
class Told(Fake):
    """A source whose `whole` and `calls` give these, or raise them; ``put`` lists what it was asked."""

    shown: Receipt | ChainError | None = None
    inside: Calls | ChainError | None = None
    put: list[str] = field(default_factory=list)

    async def whole(self, tx: str, time: int | None) -> Any:
        self.put.append("whole")
        return self._give(self.shown)

    async def calls(self, receipt: Receipt) -> Any:
        self.put.append("calls")
        return self._give(self.inside)

    def _give(self, what: Any) -> Any:
        what = Unsupported(self.name, "it") if what is None else what
        if isinstance(what, ChainError):
            raise what
        return what


def read(*sources: Told) -> Receipt:
    return asyncio.run(Reader(CHAIN, sources).whole(TX))


def test_the_first_source_with_calls_is_enough() -> None:
    """A receipt with the calls in it ends the asking."""
    first, second = Told(shown=receipt(internals=True)), Told()
    assert read(first, second).internals
    assert (first.put, second.put) == (["whole"], [])


def test_the_next_source_is_asked_for_the_calls_alone() -> None:
    """With a receipt in hand only the missing part is asked, and the two together are in order."""
    first, second = Told(shown=receipt(internals=False)), Told(inside=INSIDE)
    completed = read(first, second)
    assert completed == receipt(internals=True)._replace(others=((Kind.INTERNAL, 2),))
    assert [completed.raw_of(one) for one in completed.transfers] == [1, 2, 1]
    assert completed.raws == (1, 2)
    assert (first.put, second.put) == (["whole"], ["calls"])


def test_a_source_without_receipts_may_have_the_calls_wherever_it_stands() -> None:
    """A bulk index that stands before the one with the receipt is asked for the calls after all."""
    index, giver = Told(inside=INSIDE), Told(shown=receipt(internals=False))
    assert read(index, giver).transfers == (FEE, PAID, SOLD)
    assert (index.put, giver.put) == (["whole", "calls"], ["whole"])


@pytest.mark.parametrize(
    "fault", [Down("second", "it", "HTTP 503"), Malformed("second", "odd", {}), NotFound("trace", "second"), None]
)
def test_whatever_goes_wrong_with_the_calls_the_receipt_stays(fault: ChainError | None) -> None:
    """A source that fails, or knows nothing, leaves the receipt as it was, and the one after it is asked."""
    first, second = Told(shown=receipt(internals=False)), Told(inside=fault)
    assert read(first, second) == receipt(internals=False)
    assert read(first, second, Told(inside=INSIDE)).transfers == (FEE, PAID, SOLD)


def test_a_source_that_failed_is_not_asked_twice() -> None:
    """One that is down for the receipt is not asked for the calls."""
    down, giver = Told(shown=Down("down", "it"), inside=INSIDE), Told(shown=receipt(internals=False))
    assert not read(down, giver).internals
    assert down.put == ["whole"]


def test_no_receipt_at_all_is_an_error() -> None:
    """As for every question: not found where somebody looked and found nothing, else everyone's reason."""
    with pytest.raises(NotFound):
        read(Told(shown=NotFound("it", "x")), Told())
    with pytest.raises(Failures, match="does not serve"):
        read(Told(), Told())


# --- Explorers


def explorer(*, input: str = "0xd0", bytx: int = 4, **changed: Any) -> StandIn:  # noqa: A002
    sent = {"value": "0x5", "gasPrice": "0x3", "input": input}
    return StandIn(
        {"bytx": [internal_row(100, 1, value=bytx)]},
        proxy={
            "tip": 500,
            "eth_getTransactionByHash": sent,
            "eth_getTransactionReceipt": receipt_json(**changed),
        },
    )


@pytest.mark.parametrize("kind", [etherscan, blockscout, routescan])
@pytest.mark.parametrize(
    ("changed", "time", "cost"),
    [
        ({}, EXPLORER_START + 1_200, 3),
        ({}, None, 4),
        ({"gasUsed": "0x5208", "input": "0x"}, EXPLORER_START + 1_200, 2),
        ({"gasUsed": "0x5208", "input": "0xd0"}, EXPLORER_START + 1_200, 3),
        ({"status": "0x0"}, EXPLORER_START + 1_200, 1),
    ],
)
async def test_what_an_explorer_costs(kind: Any, changed: dict[str, Any], time: int | None, cost: int) -> None:
    """Three requests with the time known, two for a plain payment, one for a failed one; always proven."""
    stand_in = explorer(**changed)
    whole = await source_of(stand_in, kind).whole(numbered(1), time)
    assert len(stand_in.asked) == cost
    assert whole.internals
    assert {row.time for row in whole.transfers} == {EXPLORER_START + 1_200}
    assert all(row.position.settled for row in whole.transfers)


async def test_an_explorers_whole_is_its_receipt() -> None:
    """The cheap way and the long way tell the same."""
    whole = await source_of(explorer()).whole(numbered(1), None)
    assert whole == (await source_of(explorer()).receipt(numbered(1)))._replace(raw=whole.raw, others=whole.others)
    assert [(row.position.kind, row.amount) for row in whole.transfers] == [
        (Kind.FEE, 6),
        (Kind.NATIVE, 5),
        (Kind.INTERNAL, 4),
        (Kind.TOKEN, 9),
    ]


async def test_a_time_in_the_logs_spares_the_block() -> None:
    """Nodes that write the block's time into logs are not asked for the block."""
    log = receipt_json()["logs"][0] | {"blockTimestamp": hex(77)}
    stand_in = explorer(logs=[log])
    whole = await source_of(stand_in).whole(numbered(1), None)
    assert (whole.time, len(stand_in.asked)) == (77, 3)


FAULTS = {
    "429": httpx.Response(429, json={"status": "0", "message": "NOTOK", "result": "Max rate limit reached"}),
    "503": httpx.Response(503, text="upstream"),
    "html": httpx.Response(200, text="<html>Just a moment...</html>"),
    "no action": envelope("0", "NOTOK", "Error! Missing Or invalid Action name"),
    "partial": envelope("2", "Internal transactions for this transaction have not been processed yet", []),
    "odd": envelope("1", "OK", [{"type": "call", "isError": "0"}]),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_an_explorer_without_calls_still_gives_the_receipt(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Throttled, down, a web page, no such action, not processed, malformed: internals is False, all else is there."""
    monkeypatch.setattr(http, "BACKOFF", 0.01)
    monkeypatch.setattr(http, "LONGEST_WAIT", 0.01)
    stand_in = explorer()
    stand_in.refused["txlistinternal"] = FAULTS[fault]
    whole = await source_of(stand_in).whole(numbered(1), 77)
    assert not whole.internals
    assert [row.position.kind for row in whole.transfers] == [Kind.FEE, Kind.NATIVE, Kind.TOKEN]


@pytest.mark.parametrize("fault", FAULTS)
async def test_two_explorers_together(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the first cannot show the second adds in one request; a fault there keeps the first's receipt."""
    monkeypatch.setattr(http, "BACKOFF", 0.01)
    monkeypatch.setattr(http, "LONGEST_WAIT", 0.01)
    first, good, bad = explorer(), explorer(bytx=8), explorer()
    first.refused["txlistinternal"] = FAULTS["no action"]
    bad.refused["txlistinternal"] = FAULTS[fault]

    def opened(stand_in: StandIn, kind: Any) -> Source:
        client = Client(MemoryEvidence(), transport=httpx.MockTransport(stand_in.answer))
        (source,) = kind.build(CHAIN, client, SETTINGS)
        built: Source = source
        return built

    for second, proven in ((good, True), (bad, False)):
        whole = await Reader(CHAIN, [opened(first, etherscan), opened(second, routescan)]).whole(numbered(1), 77)
        assert whole.internals is proven
        assert [row.amount for row in whole.transfers if row.position.kind is Kind.INTERNAL] == [8] * proven
    assert good.count("txlistinternal") == len(good.asked) == 1


async def test_an_unknown_transaction_is_not_found() -> None:
    """A null receipt ends it with one request."""
    stand_in = StandIn(proxy={"eth_getTransactionReceipt": None})
    with pytest.raises(NotFound):
        await source_of(stand_in).whole(numbered(1), None)
    assert len(stand_in.asked) == 1


# --- Plain nodes


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with scene.anvil() as url:
        yield Lab(url, scene.play(Rpc(url)))


def paid_for(front: Front) -> Counter[str]:
    """What was asked, but for what is asked once a run: the chain, and probes of what the node serves."""
    once = {"eth_chainId", "ots_getApiLevel"}
    probe = "0x" + "0" * 63 + "1"
    return Counter(method for method, params in front.asked if method not in once and probe not in params)


TRACED = {"eth_getTransactionReceipt": 1, "debug_traceTransaction": 1}
PLAIN = {"eth_getTransactionReceipt": 1, "eth_getTransactionByHash": 1}


@pytest.mark.node
@pytest.mark.parametrize(
    ("name", "cost", "rows"),
    [
        ("plain", PLAIN, [("NATIVE", scene.A, scene.B, 1_000)]),
        (
            "forwarded",
            TRACED,
            [("NATIVE", scene.A, scene.FORWARDER, 500), ("INTERNAL", scene.FORWARDER, scene.B, 500)],
        ),
        (
            "destroyed",
            TRACED,
            [("NATIVE", scene.A, scene.DESTROYER, 40), ("INTERNAL", scene.DESTROYER, scene.B, 40)],
        ),
        ("undone", TRACED, [("NATIVE", scene.A, scene.TRIER, 60)]),
        ("token", TRACED, [("TOKEN", scene.A, scene.B, 77)]),
        ("failed", {"eth_getTransactionReceipt": 1}, []),
    ],
)
async def test_what_a_tracing_node_costs(lab: Lab, name: str, cost: dict[str, int], rows: list[Any]) -> None:
    """Two requests, one for a failed transaction; self-destruction counts, calls that were undone do not."""
    front = Front(lambda method, params: None)
    async with source_at(lab.url, front) as source:
        whole = await source.whole(getattr(lab.sent, name), 77)
        assert told([row for row in whole.transfers if row.position.kind is not Kind.FEE]) == rows
        assert whole.internals
        assert paid_for(front) == cost
        full = await source.receipt(getattr(lab.sent, name))
        assert whole.marks == full.marks
        assert [row.identity for row in whole.transfers] == [row.identity for row in full.transfers]


@pytest.mark.node
@pytest.mark.parametrize("name", Sent._fields)
@pytest.mark.parametrize(
    ("missing", "proven"),
    [
        (("debug_traceTransaction",), True),
        (("debug_traceTransaction", "trace_transaction"), False),
        (("debug_traceTransaction", "trace_transaction", "ots_getApiLevel"), False),
    ],
)
async def test_nodes_that_trace_otherwise_or_not_at_all(
    lab: Lab, name: str, missing: tuple[str, ...], proven: bool
) -> None:
    """By trace_transaction the same comes out; without tracing, what can be told is, and says so."""
    async with source_at(lab.url) as source:
        full = await source.whole(getattr(lab.sent, name), 77)
    async with source_at(lab.url, Front(refusing(*missing))) as source:
        less = await source.whole(getattr(lab.sent, name), 77)
    sure = proven or not full.ok or name in ("plain", "onward")
    assert less.internals is sure
    kept = [row for row in full.transfers if sure or row.position.kind is not Kind.INTERNAL]
    assert [row.identity for row in less.transfers] == [row.identity for row in kept]


@pytest.mark.node
async def test_a_node_whose_tracing_is_down_still_gives_the_receipt(lab: Lab) -> None:
    """A trace that fails although the node traces leaves the receipt, without the calls."""

    def change(method: str, params: list[Any]) -> Any:
        return (
            Refusal("internal error", -32603)
            if method.endswith("traceTransaction") and params[0][-1] != "1"
            else (Refusal("Method not found", -32601) if method == "trace_transaction" else None)
        )

    async with source_at(lab.url, Front(change)) as source:
        whole = await source.whole(lab.sent.forwarded, 77)
    assert not whole.internals
    assert told([row for row in whole.transfers if row.position.kind is Kind.NATIVE])


@pytest.mark.node
async def test_the_calls_alone_are_one_request(lab: Lab) -> None:
    """A receipt from elsewhere is completed by one trace; without tracing, and against the receipt, it is refused."""
    front = Front(lambda method, params: None)
    async with source_at(lab.url, front) as source:
        whole = await source.whole(lab.sent.forwarded, 77)
        front.asked.clear()
        calls = await source.calls(whole)
        assert [row for row in whole.transfers if row.position.kind is Kind.INTERNAL] == list(calls.transfers)
        failed = (await source.whole(lab.sent.failed, 77))._replace(ok=True)
        with pytest.raises(Malformed, match="failed"):
            await source.calls(failed)
    assert paid_for(front)["debug_traceTransaction"] in (0, 1)
    async with source_at(lab.url, Front(refusing("debug_traceTransaction", "trace_transaction"))) as source:
        with pytest.raises(Unsupported, match="does not trace"):
            await source.calls(whole)


@pytest.mark.node
async def test_the_block_is_asked_only_for_its_time(lab: Lab) -> None:
    """A node that writes no time into its logs is asked for the block where the caller does not know it."""
    front = Front(lambda method, params: None)
    async with source_at(lab.url, front) as source:
        whole = await source.whole(lab.sent.plain, None)
    assert paid_for(front) == {**PLAIN, "eth_getBlockByNumber": 1}
    assert whole.time == scene.START + 12 * whole.height


# --- Bulk indexes


def bulk_receipt(name: str, height: int, sender: Address) -> Receipt:
    return Receipt(CHAIN.id, tx_hash(name), height, 1, START, sender, True, 1, (), (), (), False, 1)


SEEN = {
    "payout": (103, [("INTERNAL", 3), ("INTERNAL", 3)]),
    "doom": (109, [("INTERNAL", 4)]),
    "wrap": (107, []),
}


@pytest.mark.parametrize("name", SEEN)
async def test_bulk_indexes_give_the_calls_of_one_transaction(name: str) -> None:
    """HyperSync by hash, the portal by sender: one request each, calls that were undone left out."""
    height, expected = SEEN[name]
    world = evm_world()
    sender = next(tx["from"] for tx in world.transactions if tx["hash"] == tx_hash(name))
    asked = bulk_receipt(name, height, sender)
    server = HyperSyncStandIn(world)
    client, index = test_hypersync.open_source(test_hypersync.behind(server))
    portal = test_sqd.stand_in()
    other, dataset = test_sqd.open_sqd(test_sqd.behind(portal.app))
    async with client, other:
        by_hash, by_sender = (await index.calls(asked)).transfers, (await dataset.calls(asked)).transfers
    assert by_hash == by_sender
    assert [(row.position.kind.name, row.amount) for row in by_hash] == expected
    assert all(row.position.settled and row.time == START for row in by_hash)
    assert (len(server.asked), len(portal.asked)) == (1, 1)


async def test_bulk_indexes_prove_nothing_by_silence() -> None:
    """A transaction whose own call is not told is not "without calls"; nor is one from before there were traces."""
    absent = bulk_receipt("tokens", 105, BOB)
    client, index = test_hypersync.open_source(test_hypersync.behind(HyperSyncStandIn(evm_world())))
    other, dataset = test_sqd.open_sqd(test_sqd.behind(test_sqd.stand_in().app))
    untraced, bare = test_hypersync.open_source(
        test_hypersync.behind(HyperSyncStandIn(evm_world())), test_hypersync.chain(traces=False)
    )
    async with client, other, untraced:
        for source in (index, dataset):
            with pytest.raises(NotFound):
                await source.calls(absent)
            with pytest.raises(Unsupported):
                await source.whole(absent.tx, None)
        with pytest.raises(Unsupported):
            await bare.calls(absent)


async def test_a_trace_against_the_receipt_is_malformed() -> None:
    """A receipt that says done and a trace that says failed cannot both be right, so the calls are refused."""
    world = evm_world()
    world.transactions.append(evm_tx("odd", (115, 0), BOB, MACHINE, 0))
    world.traces.append(call("odd", 115, [], (BOB, MACHINE), 0, error="Reverted"))
    client, index = test_hypersync.open_source(test_hypersync.behind(HyperSyncStandIn(world)))
    async with client:
        with pytest.raises(Malformed, match="failed"):
            await index.calls(bulk_receipt("odd", 115, BOB))


def test_sources_with_traces_are_told_by_the_chain_table() -> None:
    """The modules that can give calls without a receipt are there for BSC, where explorers and public nodes cannot."""
    bsc = load_chains()["eip155:56"].sources
    assert bsc["sqd"]["traces"] is True
    assert bsc["hypersync"]["traces"] is False
    assert (hypersync.SOURCE.name, sqd.SOURCE.name) == ("hypersync", "sqd")


# --- TRON


async def test_a_tron_transaction_is_whole_in_two_requests() -> None:
    """The node's record has the calls in it: its info and its block are all there is to ask."""
    server = TronStandIn(records=RECEIPTS)
    async with served(server) as source:
        whole = await source.whole(txid("a"), 30)
        assert whole == await source.receipt(txid("a"))
        assert (whole.internals, len(server.asked)) == (True, 2)
        with pytest.raises(Unsupported, match="receipt"):
            await source.calls(whole)
