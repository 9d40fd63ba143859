"""Scanning by history: the same transfers as the chain's own receipts tell, settled, and nothing missing in silence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from chains import blockscout, etherscan, tron_scan, trongrid
from chains.errors import Down, Malformed, SourceError, Unsupported
from chains.evm_records import DEPOSIT
from chains.history_scan import MOST_ROWS, NO_ORDER, NO_POWERS, NO_TRC10, SCANNER, HistoryScanner, build
from chains.http import Client, Stored
from chains.model import NATIVE, Address, AssetId, Kind
from chains.registry import Chain, SourceSettings, load_chains
from chains.rpc import build as build_rpc
from chains.scan import APPROVAL, Scanner, Watched
from tests.chains.explorer_stand_in import (
    PEER,
    TOKEN,
    WETH,
    WHO,
    StandIn,
    block_json,
    envelope,
    internal_row,
    log_row,
    refusal,
    token_row,
    tx_hash,
    tx_row,
)
from tests.chains.memory_evidence import MemoryEvidence
from tests.chains.test_explorer import ETHEREUM, SETTINGS
from tests.chains.tron_records import MULE, THIEF, TRON, USDT, digits, sent, transaction, txid
from tests.chains.tron_records import token_row as trc20_row
from tests.chains.tron_stand_in import StandIn as TronStandIn
from tests.conftest import LabChain
from tests.lab.etherscan import etherscan_app
from tests.lab.tron_live import FAUCET, TronLive, live_app

who, peer, token = Address(WHO), Address(PEER), AssetId(TOKEN)
BOTH = Watched(tokens=frozenset({who}), coins=frozenset({who}))
TIP = 1_000
APPROVAL_TOPIC = "8c5be1e5ebec7d5bd14f71427d1e84f3dd0314c0f7b2291e5b200ac8c7c3b925"


class Fresh(MemoryEvidence):
    """What a watch keeps: nothing is ever answered from memory."""

    def find(self, key: str) -> Stored | None:
        return None


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chains.http.BACKOFF", 0.0001)


def chain_at(tip: int, final: int | None = None) -> Callable[[Any], Any]:
    """Blocks up to ``tip``; ``final`` under the tag, which is refused where there is none."""

    def answer(tag: str) -> Any:
        if tag == "finalized":
            return refusal("finalized is not a supported tag", -32602) if final is None else block_json(final)
        number = tip if tag == "latest" else int(tag, 16)
        return block_json(number) if number <= tip else None

    return answer


def explorer(stand_in: StandIn, kind: Any = etherscan, chain: Chain = ETHEREUM) -> HistoryScanner:
    stand_in.proxy.setdefault("eth_getBlockByNumber", chain_at(TIP))
    client = Client(Fresh(), transport=httpx.MockTransport(stand_in.answer))
    (source,) = kind.build(chain, client, SETTINGS)
    return HistoryScanner(source, chain, source.name, (source.name,))


def receipt(number: int, height: int, index: int = 0, logs: int = 1, **changed: Any) -> dict[str, Any]:
    """The receipt of a transaction in which WHO paid PEER one TOKEN after another, 5 units each."""
    word = "0x" + "0" * 24
    topics = ["0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef", word + WHO[2:], word + PEER[2:]]
    place = {
        "transactionHash": tx_hash(number),
        "blockNumber": hex(height),
        "transactionIndex": hex(index),
    }
    return {
        **place,
        "status": "0x1",
        "from": WHO,
        "to": TOKEN,
        "gasUsed": "0x5208",
        "effectiveGasPrice": "0xa",
        "logs": [
            {**place, "address": TOKEN, "topics": topics, "data": f"0x{5:064x}", "logIndex": hex(3 + log)}
            for log in range(logs)
        ],
    } | changed


async def test_final_is_what_the_chain_says_where_the_explorer_passes_it_on() -> None:
    """The finalized tag counts where it is deep enough; it is asked for again only when there is a new block."""
    stand_in = StandIn(proxy={"eth_getBlockByNumber": chain_at(TIP, 900)})
    scanner = explorer(stand_in)
    tips = await scanner.tips()
    assert (tips.newest.number, tips.final.number) == (TIP, 900)
    assert await scanner.tips() == tips
    assert len(stand_in.asked) == 3


@pytest.mark.parametrize(("chain", "depth"), [("eip155:1", 64), ("eip155:56", 200), ("eip155:42161", TIP)])
@pytest.mark.parametrize("final", [None, TIP])
@pytest.mark.parametrize("kind", [etherscan, blockscout])
async def test_nothing_counts_as_final_that_lists_may_not_have_yet(
    chain: str, depth: int, final: int | None, kind: Any
) -> None:
    """Without the tag, or where it is as young as the head, final is as deep as the chain's row says."""
    stand_in = StandIn(proxy={"eth_getBlockByNumber": chain_at(TIP, final)})
    made = replace(load_chains()[chain], sources={kind.NAME: {"host": "b.test"}})
    assert (await explorer(stand_in, kind, made).tips()).final.number == TIP - depth


async def test_final_never_goes_back() -> None:
    """A head that falls back leaves the final block where it was."""
    stand_in = StandIn(proxy={"eth_getBlockByNumber": chain_at(TIP)})
    scanner = explorer(stand_in)
    await scanner.tips()
    stand_in.proxy["eth_getBlockByNumber"] = chain_at(TIP - 30)
    tips = await scanner.tips()
    assert (tips.newest.number, tips.final.number) == (TIP - 30, TIP - 64)


async def test_a_quiet_stretch_is_read_in_one_history_per_kind() -> None:
    """Nothing moved: two lists of coins, two of tokens, and the end of the stretch twice and its beginning once."""
    stand_in = StandIn()
    found = await explorer(stand_in).scan(BOTH, 100, 200)
    assert (found.low, found.high, found.sights, found.weak) == (100, 200, (), "")
    assert (found.top.number, found.top.hash) == (200, block_json(200)["hash"])
    assert found.plan == "2 histories of 1 addresses"
    assert [asked["action"] for asked in stand_in.asked].count("eth_getBlockByNumber") == 3
    assert len(stand_in.asked) == 7
    lists = [asked for asked in stand_in.asked if "startblock" in asked]
    assert {(asked["startblock"], asked["endblock"]) for asked in lists} == {("100", "200")}


async def test_tokens_alone_are_asked_for_with_their_wraps() -> None:
    """Explorers list no wraps among tokens; they are asked for where coins are not watched, or met the wrapped coin."""
    alone, both = StandIn(), StandIn()
    both.lists["txlist"] = [tx_row(150, 1, to=WETH)]
    deposit = log_row(150, 1, DEPOSIT, value=5)
    for stand_in, watched in ((alone, Watched(tokens=frozenset({who}))), (both, BOTH)):
        stand_in.lists["getLogs"] = [deposit]
        found = await explorer(stand_in).scan(watched, 100, 200)
        wraps = [one.transfer for one in found.sights if one.transfer.asset == WETH]
        assert [(one.receiver, one.amount, one.position.settled) for one in wraps] == [(who, 5, True)]


async def test_every_transfer_comes_once_settled_and_with_its_block() -> None:
    """A transfer that both ends tell is one, its log index is its receipt's, and its block is the chain's."""
    stand_in = StandIn(
        {"txlist": [tx_row(120, 1, value=7, index=2)], "tokentx": [token_row(150, 2), token_row(150, 2)]},
        proxy={"eth_getTransactionReceipt": receipt(2, 150, logs=2)},
    )
    everybody = frozenset({who, peer})
    found = await explorer(stand_in).scan(Watched(everybody, everybody), 100, 200)
    assert [(one.transfer.position[1:], one.transfer.nth, one.number) for one in found.sights] == [
        ((2, Kind.FEE, (0,)), 0, 120),
        ((2, Kind.NATIVE, (0,)), 0, 120),
        ((0, Kind.TOKEN, (3,)), 0, 150),
        ((0, Kind.TOKEN, (4,)), 1, 150),
    ]
    assert [one.block for one in found.sights] == [block_json(one.number)["hash"] for one in found.sights]
    assert all(one.raw > 0 for one in found.sights)
    assert stand_in.count("eth_getTransactionReceipt") == 1
    assert found.weak == ""


async def test_only_what_was_asked_for_is_told() -> None:
    """Who is watched for tokens alone is not told of by their coins, and the other way round."""
    stand_in = StandIn({"txlist": [tx_row(120, 1)], "tokentx": [token_row(150, 2)]})
    stand_in.proxy["eth_getTransactionReceipt"] = receipt(2, 150)
    for watched, asset in ((Watched(tokens=frozenset({who})), token), (Watched(coins=frozenset({who})), NATIVE)):
        found = await explorer(stand_in).scan(watched, 100, 200)
        assert {one.transfer.asset for one in found.sights} == {asset}


async def test_a_call_is_placed_by_its_transaction() -> None:
    """A call inside somebody else's transaction gets that one's place in the block."""
    stand_in = StandIn(
        {"txlistinternal": [internal_row(150, 2)]}, proxy={"eth_getTransactionReceipt": receipt(2, 150, 4)}
    )
    (sight,) = (await explorer(stand_in).scan(Watched(coins=frozenset({who})), 100, 200)).sights
    assert sight.transfer.position == (150, 4, Kind.INTERNAL, (0, 1))


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (None, "listed and not there"),
        (receipt(2, 151), "another block than the list"),
    ],
)
async def test_a_list_that_contradicts_the_receipts_fails(told: Any, why: str) -> None:
    """A row of a transaction that is gone, or stands in another block, is a reorganisation seen half."""
    stand_in = StandIn({"tokentx": [token_row(150, 2)]}, proxy={"eth_getTransactionReceipt": told})
    with pytest.raises(Down, match=why):
        await explorer(stand_in).scan(BOTH, 100, 200)


async def test_a_token_that_its_receipt_does_not_tell_weakens_the_scan() -> None:
    """A token that logs in its own way cannot stop a watch: the transfer is told, and that its order is not known."""
    stand_in = StandIn({"tokentx": [token_row(150, 2, value=99)]})
    stand_in.proxy["eth_getTransactionReceipt"] = receipt(2, 150)
    found = await explorer(stand_in).scan(BOTH, 100, 200)
    assert [one.transfer.amount for one in found.sights] == [99]
    assert found.weak == NO_ORDER


async def test_what_a_source_lacks_is_said() -> None:
    """A refused list and powers over the guarded are weaknesses of the scan, never silence."""
    stand_in = StandIn(refused={"txlistinternal": envelope("0", "NOTOK", "Error! Missing Or invalid Action name")})
    found = await explorer(stand_in).scan(BOTH._replace(guarded=frozenset({who})), 100, 200)
    assert found.weak == f"{NO_POWERS}; internal transfers could not be read"


async def test_a_stretch_that_is_not_there_yet_fails() -> None:
    """A source behind the last block asked for has not seen the stretch."""
    with pytest.raises(Down, match="not there"):
        await explorer(StandIn()).scan(BOTH, TIP, TIP + 1)


async def test_another_block_than_asked_for_is_refused() -> None:
    """A proxy that answers with any block tells nothing about this one."""
    stand_in = StandIn(proxy={"eth_getBlockByNumber": lambda _: block_json(7)})
    with pytest.raises(Malformed, match="not block 200"):
        await explorer(stand_in).scan(BOTH, 100, 200)


async def test_another_chain_after_reading_fails() -> None:
    """When the last block changes while its stretch is read, nothing read counts."""
    stand_in, seen = StandIn(), []

    def turning(tag: str) -> Any:
        seen.append(tag)
        return {**block_json(int(tag, 16)), "hash": f"0x{len(seen):064x}"}

    stand_in.proxy["eth_getBlockByNumber"] = turning
    with pytest.raises(Down, match="another block"):
        await explorer(stand_in).scan(BOTH, 100, 200)


async def test_one_failing_history_fails_the_scan() -> None:
    """Whose history could not be read is not taken for quiet, and no other is asked after that."""
    stand_in = StandIn(refused={"txlist": envelope("0", "NOTOK", "Sorry, it looks like an API Pro endpoint")})
    many = Watched(coins=frozenset(Address(f"0x{n:040x}") for n in range(500)))
    with pytest.raises(SourceError):
        await explorer(stand_in).scan(many, 100, 200)
    assert len(stand_in.asked) < 250


HISTORY = {"tokentx": [token_row(100, 1, value=9, **{"from": PEER, "to": WHO}), token_row(150, 2, value=4)]}


@pytest.mark.parametrize(("number", "held"), [(100, 0), (101, 9), (150, 9), (151, 5)])
async def test_what_was_held_is_what_the_transfers_come_to(number: int, held: int) -> None:
    """Right before a block, where the whole history comes to what is held now."""
    scanner = explorer(StandIn(HISTORY, values={"tokenbalance": "5"}))
    assert (await scanner.held_before(who, token, number))[:2] == (held, number - 1)


@pytest.mark.parametrize("now", ["4", "6"])
async def test_what_does_not_add_up_is_not_told(now: str) -> None:
    """A token that gives interest or takes a share, or a list behind its head: then nobody is told a balance."""
    with pytest.raises(Unsupported, match="do not come to"):
        await explorer(StandIn(HISTORY, values={"tokenbalance": now})).held_before(who, token, 150)


async def test_a_long_life_is_not_read() -> None:
    """Whoever has thousands of transfers is asked about elsewhere."""
    rows = [token_row(100 + n, n) for n in range(MOST_ROWS + 1)]
    with pytest.raises(Unsupported, match="more than"):
        await explorer(StandIn({"tokentx": rows}, values={"tokenbalance": "5"})).held_before(who, token, 9_999)


def tron_time(number: int) -> int:
    """Milliseconds; every seventh slot was missed."""
    return 3_000 * (number + number // 6)


def solid(number: int, *transactions: dict[str, Any]) -> dict[str, Any]:
    """A TRON block; somebody else's transaction is the first in it."""
    return {
        "blockID": f"{number:016x}" + "a" * 48,
        "block_header": {"raw_data": {"number": number, "timestamp": tron_time(number)}},
        "transactions": [{"txID": txid("other")}, *transactions],
    }


def tron(moved: dict[str, Any], lists: dict[str, list[dict[str, Any]]], **told: Any) -> HistoryScanner:
    """A hundred blocks with one transaction, in the fortieth; ``lists`` of THIEF by path, ``told`` in its info."""
    records: dict[tuple[str, object], Any] = {("getblockbynum", number): solid(number) for number in range(101)}
    records["getblockbynum", 40] = solid(40, moved)
    records["getnowblock", None] = solid(100)
    place = {"id": moved["txID"], "blockNumber": 40, "blockTimeStamp": tron_time(40), "fee": 0, "receipt": {}}
    records["gettransactioninfobyid", moved["txID"]] = place | told
    paths = ("transactions", "internal-transactions", "transactions/trc20")
    served = {f"/v1/accounts/{THIEF}/{path}": lists.get(path, []) for path in paths}
    client = Client(Fresh(), transport=httpx.ASGITransport(TronStandIn(served, records).app))
    settings = SourceSettings(urls={"trongrid": "http://trongrid.test"}, rates={"trongrid": 10_000})
    (source,) = trongrid.build(TRON, client, settings)
    return HistoryScanner(source, TRON, source.name, (source.name,))


async def test_on_tron_blocks_are_found_by_their_time() -> None:
    """TRON's rows carry a time and no number; the block of that time is found and its number and hash told."""
    payment = sent("a", THIEF, MULE, 7, tron_time(40))
    scanner = tron(payment, {"transactions": [payment]})
    tips = await scanner.tips()
    assert tips.newest == tips.final
    assert (tips.newest.number, tips.newest.height) == (100, tron_time(100))
    found = await scanner.scan(Watched(frozenset({THIEF}), frozenset({THIEF})), 10, 90)
    (sight,) = found.sights
    assert (sight.number, sight.block) == (40, solid(40)["blockID"])
    assert sight.transfer.position == (tron_time(40), 1, Kind.NATIVE, (0,))
    assert found.weak == NO_TRC10


async def test_on_tron_a_row_between_two_blocks_fails() -> None:
    """A transfer at a time at which there is no block cannot be placed."""
    time = tron_time(40) + 1
    payment = sent("a", THIEF, MULE, 7, time)
    scanner = tron(payment, {"transactions": [payment]}, blockTimeStamp=time)
    with pytest.raises(Down, match="there is no block"):
        await scanner.scan(Watched(coins=frozenset({THIEF})), 10, 90)


async def test_on_tron_an_approval_is_a_change() -> None:
    """What a guarded address allowed is told with its spender, amount and block."""
    row = trc20_row("b", THIEF, MULE, 50, tron_time(40), type="Approval")
    ends = ["0" * 24 + digits(one)[2:] for one in (THIEF, MULE)]
    log = {"address": digits(Address(USDT))[2:], "topics": [APPROVAL_TOPIC, *ends], "data": f"{50:064x}"}
    called = {"owner_address": digits(THIEF), "contract_address": digits(Address(USDT)), "data": ""}
    moved = transaction("b", "TriggerSmartContract", called, tron_time(40))
    found = await tron(moved, {"transactions/trc20": [row]}, log=[log]).scan(
        Watched(guarded=frozenset({THIEF})), 10, 90
    )
    (change,) = found.changes
    assert (change.kind, change.owner, change.holder, change.token) == (APPROVAL, THIEF, MULE, USDT)
    assert (change.amount, change.number, change.block) == (50, 40, solid(40)["blockID"])
    assert change.position.settled
    assert change.raw > 0
    assert (found.sights, found.weak) == ((), NO_POWERS)


async def test_on_tron_histories_tell_what_the_blocks_tell() -> None:
    """Read by history and read by block, the same transfers stand at the same places in the same blocks."""
    live = TronLive(seed=1)
    victim, taker, mule = (Address(live.person(name)) for name in ("victim", "taker", "mule"))
    live.mine([live.trx(FAUCET, one, 50_000_000) for one in (victim, taker)] + [live.usdt(FAUCET, victim, 900)])
    live.grow(3)
    live.mine([live.usdt(victim, taker, 900), live.trx(victim, taker, 5_000_000)])
    live.mine([live.usdt(taker, mule, 400), live.usdt(taker, mule, 400)])
    live.grow(40)
    people = frozenset({victim, taker})
    settings = SourceSettings(urls={"trongrid": "http://live.test"}, rates={"trongrid": 10_000}, only=("trongrid",))
    async with Client(Fresh(), transport=httpx.ASGITransport(live_app(live))) as client:
        told = []
        for kind in (tron_scan.SCANNER, SCANNER):
            (scanner,) = kind.build(load_chains()["tron:mainnet"], client, settings)
            final = (await scanner.tips()).final.number
            sights = (await scanner.scan(Watched(people, people), 0, final)).sights
            told.append([(one.transfer, one.number, one.block) for one in sights])
    assert told[0] == told[1]
    assert len(told[0]) > 5


@pytest.mark.node
async def test_a_played_theft_is_scanned_as_its_receipts_tell_it(lab_chain: LabChain) -> None:
    """Every transfer of everybody in it, from an explorer's lists, is one of the node's receipts, place included."""
    row = {"sources": {"etherscan": {}, "rpc": {"urls": []}}, "wrapped": AssetId(lab_chain.theft.who["weth"])}
    chain = replace(ETHEREUM, **row)  # type: ignore[arg-type]
    people = frozenset(map(Address, lab_chain.theft.who.values()))
    async with (
        Client(Fresh(), transport=httpx.ASGITransport(etherscan_app(lab_chain.ledger))) as client,
        Client(Fresh()) as direct,
    ):
        (source,) = etherscan.build(chain, client, SETTINGS)
        scanner = HistoryScanner(source, chain, source.name, (source.name,))
        newest = (await scanner.tips()).newest.number
        found = await scanner.scan(Watched(people, people), 0, newest)
        (node,) = build_rpc(chain, direct, SourceSettings(urls={"rpc.1": lab_chain.node.url}, rates={"rpc": 10_000}))
        told = {
            (one.identity, one.position)
            for tx in {sight.transfer.tx for sight in found.sights}
            for one in (await node.whole(tx, None)).transfers
            if not people.isdisjoint((one.sender, one.receiver))
        }
    assert found.weak == ""
    assert {(one.transfer.identity, one.transfer.position) for one in found.sights} == told
    assert len(told) > 50


def test_a_scanner_for_each_source_but_those_read_by_blocks() -> None:
    """In the order of the chain's table; nodes have a scanner of their own."""
    client = Client(Fresh(), transport=httpx.MockTransport(lambda _: httpx.Response(500)))
    built: list[Scanner] = build(ETHEREUM, client, SourceSettings())
    assert [(one.name, one.endpoints) for one in built] == [
        ("routescan", ("routescan",)),
        ("blockscout", ("blockscout.1",)),
        ("sqd", ("sqd",)),
    ]
    assert build(ETHEREUM, client, SourceSettings(only=("rpc",))) == []
