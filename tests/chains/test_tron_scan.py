"""The TRON scanner against a chain that lives: whichever way it reads, it finds what the addresses' histories have."""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final, NamedTuple

import httpx
import pytest

from chains import tron_scan, trongrid
from chains.errors import Down, NotFound, SourceError, Unsupported
from chains.http import Client, Kind, Stored
from chains.model import ANY_TOKEN, FEE_SINK, NATIVE, Address, AssetId, Block, Transfer
from chains.registry import SourceSettings
from chains.scan import APPROVAL, PERMISSION, Scanned, Watched
from chains.tron_calls import STAKE, call_of, moves_of
from chains.tron_receipt import normalise_receipt
from chains.tron_scan import BLOCKS, PLANS, SEARCH, TronScanner
from chains.tron_scan_blocks import STEP
from chains.tron_scan_logs import classify
from chains.tron_scan_rows import Found, Spelled, Whole, matched, of_block
from tests.chains.captured import captured, needs_captures
from tests.chains.memory_evidence import MemoryEvidence
from tests.chains.tron_records import TRON
from tests.lab.desk import HTML, Faults, Reply, Request, StandIn, reply
from tests.lab.tron_live import BEHIND, FAUCET, USDT, Order, TronLive, live_app

CLOSED: Final = reply({"Error": "this API is unavailable due to config"}, 404)
Front = Callable[[Request, Reply], Reply]


class Forgetful(MemoryEvidence):
    """Keeps answers and, as the store of a watch, never answers from them: the chain may have changed since."""

    def find(self, key: str) -> Stored | None:
        return None


class Lab(NamedTuple):
    """A served chain, the scanner of it, and what it was asked."""

    scanner: TronScanner
    client: Client
    app: StandIn
    evidence: Forgetful

    def asked(self, since: int = 0) -> list[str]:
        """Paths of the requests from a certain one on."""
        return [seen.key.split("?")[0].split(" ")[1] for seen in self.app.counter.seen[since:]]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries are the client's matter; here they need not take their time."""
    monkeypatch.setattr("chains.http.BACKOFF", 0.001)


@asynccontextmanager
async def served(chain: TronLive, front: Front | None = None) -> AsyncIterator[Lab]:
    """A scanner whose host serves the chain; ``front`` may replace any answer."""
    app = live_app(chain)
    if front is not None:
        handle = app.handler
        app.handler = lambda request: front(request, handle(request))
    evidence = Forgetful()
    async with Client(evidence, transport=httpx.ASGITransport(app)) as client:
        settings = SourceSettings(urls={"trongrid": "http://trongrid.test"}, rates={"trongrid": 5000})
        (scanner,) = tron_scan.build(TRON, client, settings)
        assert isinstance(scanner, TronScanner)
        yield Lab(scanner, client, app, evidence)


def people(chain: TronLive, count: int = 6) -> list[Address]:
    """Some people of a chain."""
    return [Address(chain.person(f"p{number}")) for number in range(count)]


def lively(seed: int, blocks: int = 60) -> TronLive:
    """A chain of payments in every form between a few people and others, some of them failing."""
    chain, dice = TronLive(seed), random.Random(seed)
    who = [*people(chain), *(chain.person(f"stranger {number}") for number in range(4))]
    chain.mine([give(FAUCET, one, 10**9) for one in who for give in (chain.trx, chain.usdt)])
    for _ in range(blocks):
        chain.mine([_any(chain, dice, who) for _ in range(dice.randrange(4))])
    return chain


def _any(chain: TronLive, dice: random.Random, who: list[Any]) -> Order:
    one, other, third = dice.sample(who, 3)
    amount = dice.choice([1, 7, 5 * 10**8, 10**12])
    kinds: list[Callable[[], Order]] = [
        lambda: chain.trx(one, other, amount, fee=dice.choice([0, 268_000])),
        lambda: chain.usdt(one, other, amount, fee=dice.choice([0, 13_000_000])),
        lambda: chain.usdt(one, other, amount, by=third),
        lambda: chain.split(one, [(other, 5), (third, amount), (other, 5)]),
        lambda: chain.approve(one, other, amount),
    ]
    return dice.choice(kinds)()


def everything(who: list[Address]) -> Watched:
    """All of them for everything."""
    return Watched(frozenset(who), frozenset(who), frozenset(who))


def transfers(scanned: Scanned) -> list[Transfer]:
    """What was seen."""
    return [sight.transfer for sight in scanned.sights]


async def histories(lab: Lab, who: list[Address], high: int) -> list[Transfer]:
    """The same by the history of each, every position settled by its transaction."""
    settings = SourceSettings(urls={"trongrid": "http://trongrid.test"}, rates={"trongrid": 5000})
    (source,) = trongrid.build(TRON, lab.client, settings)
    found: set[Transfer] = set()
    identities: set[object] = set()
    for one in who:
        for asset in (NATIVE, ANY_TOKEN):
            async for page in source.history(one, AssetId(asset), 0, high):
                identities.update(row.identity for row in page.transfers)
                for tx in {row.tx for row in page.transfers}:
                    found.update((await source.positions(tx)).transfers)
    return sorted((row for row in found if row.identity in identities), key=lambda row: row.position)


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_every_plan_finds_what_the_histories_have(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Identity, height and settled position of every transfer are the same by blocks, by search and by histories."""
    monkeypatch.setattr(tron_scan, "_SETTLED", 0)
    chain = lively(seed)
    chain.grow(BEHIND)
    who = people(chain)
    async with served(chain) as lab:
        tips = await lab.scanner.tips()
        assert (tips.newest.number, tips.final.number) == (chain.head(), chain.head() - BEHIND)
        truth = await histories(lab, who, tips.final.height)
        assert len(truth) > 60
        for plan in PLANS:
            lab.scanner.plans = (plan,)
            scanned = await lab.scanner.scan(everything(who), 0, tips.final.number)
            assert (scanned.plan, scanned.weak, scanned.top) == (plan, "", tips.final)
            assert transfers(scanned) == truth
            for sight in scanned.sights:
                assert sight.block == chain.block_hash(sight.number)[2:]
                assert sight.transfer.position.height == chain.time_of(sight.number) * 1000
                assert sight.transfer.tx.encode() in lab.evidence.kept[sight.raw - 1].stored.body


@pytest.mark.parametrize("plan", PLANS)
async def test_blocks_that_can_still_be_undone(plan: str) -> None:
    """What is above the solid block is read from the newest state, and is all that the chain says it is."""
    chain = lively(4)
    who = people(chain)
    watched = Watched(frozenset(who), frozenset(who) if plan == BLOCKS else frozenset())
    async with served(chain) as lab:
        lab.scanner.plans = (plan,)
        tips = await lab.scanner.tips()
        low = tips.final.number + 1
        scanned = await lab.scanner.scan(watched, low, tips.newest.number)
        seen = [(row.tx, row.sender, row.receiver, row.amount) for row in transfers(scanned)]
        assert sorted(seen) == sorted(
            (tx, sender, receiver or FEE_SINK, amount)
            for number in range(low, chain.head() + 1)
            for tx, (token, sender, receiver, amount) in chain.truth(number)
            if {sender, receiver} & set(who) and (plan == BLOCKS or token)
        )
        assert not any("solidity" in path for path in lab.asked(2))


async def test_the_cheapest_way_is_taken() -> None:
    """One block is read whole; long stretches are searched; 5,000 addresses cost a few requests for 1,000 blocks."""
    chain = TronLive(5)
    one = Address(chain.person("p0"))
    chain.mine([chain.usdt(FAUCET, one, 5)])
    chain.grow(1_000 + 200 + BEHIND)
    crowd = frozenset(Address(chain.person(f"crowd {number}")) for number in range(4_999)) | {one}
    async with served(chain) as lab:
        tips = await lab.scanner.tips()
        for who, low, high, plan, most in (
            (everything([one]), tips.final.number, tips.final.number, BLOCKS, 1),
            (Watched(frozenset({one})), tips.newest.number - 3, tips.newest.number, SEARCH, 2),
            (Watched(crowd), 1, 1_000, SEARCH, 1 + 10 + 2),
            (Watched(crowd, guarded=frozenset({one})), 1, 1_000, SEARCH, 1 + 10 + 1_000 // STEP + 1),
            (everything([one]), 1, 1_000, SEARCH, 1 + 1 + 2 + 1_000 // STEP + 1),
            (Watched(crowd, crowd), tips.newest.number - 1, tips.newest.number, BLOCKS, 3),
        ):
            before = len(lab.app.counter)
            scanned = await lab.scanner.scan(who, low, high)
            assert (scanned.plan, len(scanned.sights)) == (plan, int(low == 1))
            assert len(lab.app.counter) - before <= most


async def test_who_got_power_over_an_address() -> None:
    """Each foreign key, a lost key of one's own, and approvals are told of the guarded alone; revocations are not."""
    chain = TronLive(6)
    victim, thief, other, dapp = people(chain, 4)
    chain.mine([chain.trx(FAUCET, victim, 10**9)])
    number = chain.mine(
        [
            chain.permission(victim, [thief, other], [victim, thief], fee=100),
            chain.approve(victim, dapp, 77),
            chain.approve(victim, dapp, 0),
            chain.approve(thief, dapp, 5),
            chain.permission(other, [thief]),
        ]
    )
    chain.mine([chain.permission(victim, [victim, other])])
    chain.grow(300)
    async with served(chain) as lab:
        await lab.scanner.tips()
        for low in (number, 0):
            scanned = await lab.scanner.scan(Watched(guarded=frozenset({victim})), low, number + 40 * (not low))
            told = [(one.kind, one.owner, one.holder, one.amount) for one in scanned.changes]
            assert told[:4] == [
                (PERMISSION, victim, "", None),
                (PERMISSION, victim, thief, None),
                (PERMISSION, victim, other, None),
                (APPROVAL, victim, dapp, 77),
            ]
            assert scanned.changes[3].token == USDT
            assert {one.block for one in scanned.changes[:4]} == {chain.block_hash(number)[2:]}
            assert told[4:] == ([] if low else [(PERMISSION, victim, other, None)])


@pytest.mark.parametrize("settled", [0, 200])
async def test_what_somebody_held_before_a_block(settled: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the chain's own balance after the block before, also of blocks that can still be undone."""
    monkeypatch.setattr(tron_scan, "_SETTLED", settled)
    chain = lively(7)
    async with served(chain) as lab:
        await lab.scanner.tips()
        for one in people(chain, 2):
            for number in (2, 20, chain.solid, chain.solid + 1, chain.solid + 2, chain.head(), chain.head() + 1):
                for asset, token in ((NATIVE, ""), (AssetId(USDT), USDT)):
                    held = await lab.scanner.held_before(one, asset, number)
                    assert held.amount == chain.balance(one, token, number - 1)
                    assert held.at == chain.time_of(number - 1) * 1000


async def test_a_balance_that_moves_while_it_is_asked() -> None:
    """A solid block that brings a payment while the balance is asked does not spoil it."""
    chain = TronLive(8)
    one, other = people(chain, 2)
    chain.mine([chain.usdt(FAUCET, one, 100)])
    start = chain.mine([chain.usdt(one, other, 30)])
    chain.grow(BEHIND - 1)  # the payment will be solid with the next block

    def grows(request: Request, answer: Reply) -> Reply:
        if request.path.endswith("triggerconstantcontract") and chain.solid < start:
            chain.mine()
        return answer

    async with served(chain, grows) as lab:
        held = await lab.scanner.held_before(one, AssetId(USDT), start + 1)
        assert (held.amount, chain.solid) == (70, start)


async def test_a_branch_that_gives_way_while_it_is_read() -> None:
    """It is read again and told as it is then; a block keeps neither its hash nor its transactions."""
    chain = TronLive(9)
    one, other = people(chain, 2)
    chain.mine([chain.usdt(FAUCET, one, 100)])
    chain.grow(30)
    payment = chain.usdt(one, other, 30)
    chain.mine([payment])
    fresh = chain.usdt(one, other, 4)
    done: list[int] = []

    def reorganised(request: Request, answer: Reply) -> Reply:
        if request.path.endswith("getblockbylimitnext") and not done:
            done.append(len(chain.reorg(2, [[], [fresh], []])))
        return answer

    async with served(chain, reorganised) as lab:
        tips = await lab.scanner.tips()
        scanned = await lab.scanner.scan(everything([one]), tips.newest.number, tips.newest.number)
        assert [row.tx for row in transfers(scanned)] == [fresh.id]
        assert (done, scanned.top.hash) == ([1], chain.block_hash(scanned.high)[2:])
        assert await lab.scanner.block(tips.newest.number) != tips.newest


@pytest.mark.parametrize("seed", range(6))
async def test_a_scan_is_of_one_branch_or_fails(seed: int) -> None:
    """Whatever is mined and undone between any two requests, what a scan tells is all of the branch under its top."""
    chain, dice = lively(seed, 40), random.Random(seed)
    who = people(chain)
    history: dict[str, tuple[str, list[tuple[str, Any]]]] = {}
    _remember(chain, history)

    def restless(request: Request, answer: Reply) -> Reply:
        if dice.random() < 0.3:
            blocks = [[_any(chain, dice, list(who))] for _ in range(dice.randrange(1, 4))]
            if dice.random() < 0.5 and chain.head() > chain.solid:
                chain.reorg(dice.randrange(1, chain.head() - chain.solid + 1), blocks)
            else:
                chain.mine(blocks[0])
            _remember(chain, history)
        return answer

    told = 0
    async with served(chain, restless) as lab:
        for turn in range(30):
            lab.scanner.plans = PLANS if turn % 2 else (SEARCH,)
            coins = frozenset(who) if turn % 3 else frozenset()
            try:
                tips = await lab.scanner.tips()
                low = dice.randrange(1, tips.newest.number + 1)
                scanned = await lab.scanner.scan(Watched(frozenset(who), coins), low, tips.newest.number)
            except Down:
                continue
            expected: list[Any] = []
            block = scanned.top.hash
            for _ in range(low, tips.newest.number + 1):
                block, moved = history[block]
                expected += [one for one in moved if {*one[1][1:3]} & set(who) and (coins or one[1][0])]
            seen = [(row.tx, row.amount) for row in transfers(scanned)]
            assert sorted(seen) == sorted((tx, paid[3]) for tx, paid in expected)
            told += 1
    assert told > 5


def _remember(chain: TronLive, history: dict[str, tuple[str, list[tuple[str, Any]]]]) -> None:
    """Note what each block of the chain moved, under its hash, with the one before it."""
    for number in range(chain.head(), -1, -1):
        block = chain.block_hash(number)[2:]
        if block in history:
            break
        history[block] = chain.block_hash(max(number - 1, 0))[2:], chain.truth(number)


@pytest.mark.parametrize("seed", range(3))
async def test_a_host_in_trouble_tells_the_truth_or_nothing(seed: int) -> None:
    """Refusals, HTML, halves of answers: a scan tells the same as ever, or fails."""
    chain = lively(seed)
    who = people(chain)
    async with served(chain) as lab:
        whole = transfers(await lab.scanner.scan(everything(who), 1, chain.head()))
    told = 0
    async with served(chain) as lab:
        lab.app.faults = Faults(seed, 0.2, ("500", "502", "html", "empty", "cut"))
        for _ in range(4):
            try:
                scanned = await lab.scanner.scan(everything(who), 1, chain.head())
            except SourceError:
                continue
            assert transfers(scanned) == whole
            told += 1
    assert told


async def test_a_node_that_is_behind_is_no_answer() -> None:
    """Logs told by a node without the last block, and lists that end early, are Down and never "nothing"."""
    chain = TronLive(10)
    (one,) = people(chain, 1)
    chain.grow(300)
    chain.mine([chain.usdt(FAUCET, one, 1)])

    def behind(request: Request, answer: Reply) -> Reply:
        if request.path == "/jsonrpc":
            results = json.loads(answer.body)
            results[0]["result"] = None
            return reply([*results[:1], *({**part, "result": []} for part in results[1:])])
        if request.path.endswith("getblockbylimitnext"):
            return reply({"block": json.loads(answer.body)["block"][:-1]})
        return answer

    async with served(chain, behind) as lab:
        tips = await lab.scanner.tips()
        for plan in PLANS:
            lab.scanner.plans = (plan,)
            with pytest.raises(Down):
                await lab.scanner.scan(Watched(frozenset({one})), 200, tips.newest.number)
        with pytest.raises(Down):
            await lab.scanner.scan(Watched(frozenset({one})), 200, tips.newest.number + 5)
        with pytest.raises(NotFound):
            await lab.scanner.block(tips.newest.number + 5)


async def test_what_became_of_other_transactions_is_not_believed() -> None:
    """Infos of another block, or fewer than the block has transactions, are Down."""
    chain = lively(11)
    for spoil in (lambda rows: rows[1:], lambda rows: [{**row, "blockTimeStamp": 1} for row in rows]):

        def other(request: Request, answer: Reply, spoil: Any = spoil) -> Reply:
            spoiled = request.path.endswith("gettransactioninfobyblocknum")
            return reply(spoil(json.loads(answer.body))) if spoiled else answer

        async with served(chain, other) as lab:
            with pytest.raises(Down):
                await lab.scanner.scan(everything(people(chain)), 1, 20)


@pytest.mark.parametrize("refusal", [CLOSED, Reply(502, HTML, "text/html"), reply([])])
async def test_without_json_rpc_or_index_every_block_is_read(refusal: Reply, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that does not tell logs or what is in its index loses only requests, and is not asked for them again."""
    monkeypatch.setattr(tron_scan, "_SETTLED", 0)
    chain = lively(12)
    who = people(chain)
    async with served(chain) as lab:
        whole = await lab.scanner.scan(everything(who), 0, chain.solid)
    for closed in ("/jsonrpc", "internal-transactions", *(["/getblock"] if refusal == CLOSED else [])):

        def front(request: Request, answer: Reply, closed: str = closed) -> Reply:
            return refusal if request.path.endswith(closed) else answer

        async with served(chain, front) as lab:
            for _ in range(3):
                scanned = await lab.scanner.scan(everything(who), 0, chain.solid)
                assert transfers(scanned) == transfers(whole)
                assert [one.holder for one in scanned.changes] == [one.holder for one in whole.changes]
            assert sum(path.endswith(closed) for path in lab.asked()) <= 5  # the client's tries for one question


async def test_ranges_that_are_too_large_are_asked_in_parts() -> None:
    """A refused range is halved; one block that cannot be listed is read whole."""
    chain = TronLive(13)
    (one,) = people(chain, 1)
    chain.grow(10)
    number = chain.mine([chain.usdt(FAUCET, one, 3)])
    chain.grow(60)

    def narrow(request: Request, answer: Reply) -> Reply:
        if request.path != "/jsonrpc":
            return answer
        first, last = (int(request.body[1]["params"][0][end], 16) for end in ("fromBlock", "toBlock"))
        if last - first < 7 and not first <= number <= last:
            return answer
        error = {"code": -32005, "message": "query returned more than 10000 results"}
        return reply([{"jsonrpc": "2.0", "id": part["id"], "error": error} for part in request.body])

    async with served(chain, narrow) as lab:
        lab.scanner.plans = (SEARCH,)
        scanned = await lab.scanner.scan(Watched(frozenset({one})), 1, chain.solid)
        assert [row.amount for row in transfers(scanned)] == [3]
        assert (scanned.plan, lab.asked().count("/jsonrpc")) == (SEARCH, 21)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, {"Error": "class java.lang.IllegalAccessException : lack of computing resources"}, Kind.THROTTLED),
        (429, {"Error": "The key exceeds the frequency limit(15), and the query server is suspended for 30s"},
         Kind.THROTTLED),
        (404, {"Error": "this API is unavailable due to config"}, Kind.UNSUPPORTED),
        (200, {"error": {"code": -32601, "message": "the method eth_getLogs does not exist/is not available"}},
         Kind.UNSUPPORTED),
        (200, [{"id": 1, "error": {"code": -32602, "message": "exceed max block range: 5000"}}, {"id": 0, "result": 1}],
         Kind.SPLIT_RANGE),
        (200, [{"id": 1, "error": {"code": -32005, "message": "query returned more than 10000 results"}}],
         Kind.SPLIT_RANGE),
        (200, [{"id": 1, "error": {"code": -32003, "message": "Response exceeds the limit"}}], Kind.SPLIT_RANGE),
        (200, [{"id": 1, "error": {"code": -32005, "message": "limit exceeded"}}], Kind.THROTTLED),
        (200, {"jsonrpc": "2.0", "id": 0, "result": []}, Kind.UNSUPPORTED),
        (200, [{"id": 0, "result": {}}, {"id": 1, "result": []}], Kind.OK),
    ],
)  # fmt: skip
def test_what_json_rpc_answers_mean(status: int, body: object, kind: Kind) -> None:
    """Trouble outside the envelope and inside it is told apart from answers, and a too large range from a fast pace."""
    assert classify(status, {}, json.dumps(body).encode()).kind is kind


async def test_a_balance_that_does_not_add_up_is_not_told() -> None:
    """A token that made units without a Transfer leaves no exact balance of the past: Unsupported."""
    chain = TronLive(14)
    one, other = people(chain, 2)
    chain.mine([chain.usdt(FAUCET, one, 100)])
    number = chain.mine([chain.usdt(FAUCET, one, 50)])
    chain.mine([chain.destroy(one, 120)])
    chain.grow(30)
    async with served(chain) as lab:
        with pytest.raises(Unsupported):
            await lab.scanner.held_before(one, AssetId(USDT), number)
        assert (await lab.scanner.held_before(other, AssetId(USDT), number)).amount == 0


@needs_captures
def test_a_real_block_is_told_by_its_spelling() -> None:
    """Of a whole mainnet block, everybody is found in each transaction that pays, is paid or calls them."""
    record = captured("untron-v3", "DERIVED_wallet_getblockbynum_79072107.json")
    calls = [call_of(one) for one in record["transactions"]]
    ends = [{call.owner, *(end for move in moves_of(call)[0] for end in move[1:3])} - {STAKE} for call in calls]
    assert len(ends) == 619
    for who in sorted({end for some in ends for end in some})[::5]:
        spelled = Spelled.of(Watched(coins=frozenset({who})))
        assert all(spelled.signs(call.record) for call, some in zip(calls, ends, strict=True) if who in some)
    nobody = Spelled.of(Watched(coins=frozenset({Address(FAUCET)})))
    assert not any(nobody.signs(call.record) for call in calls)


@needs_captures
def test_recorded_swaps_are_seen_by_everybody_in_them() -> None:
    """Of recorded transactions, whose records hold nulls, each party sees its part of what the receipt tells."""
    for name in ("Swap_TriggerSmartContract_ddf7e1a7", "Transfer_TriggerSmartContract_a9059cbb"):
        case = captured("jarvie8176-eth", "parser", "TronGrid", f"{name}_test.payload.txt")
        info, transaction = case["info"], case["details"]
        receipt = normalise_receipt(TRON, info, transaction, 0, 2)
        assert receipt.transfers
        block = Block(TRON.id, info["blockNumber"], "", receipt.height // 1000, receipt.height)
        matched(block, [transaction], [info])
        for who in {end for one in receipt.transfers for end in (one.sender, one.receiver)} - {FEE_SINK, STAKE}:
            found, watched = Found(), Watched(frozenset({who}), frozenset({who}))
            of_block(TRON, watched, Spelled.of(watched), Whole(block, [transaction], 1, [info], 2), found)
            own = [one for one in receipt.transfers if who in (one.sender, one.receiver)]
            assert [sight.transfer for sight in found.sights] == own


async def test_a_block_read_early_is_not_read_again_when_it_is_final() -> None:
    """What became of its transactions is asked once per block, for newcomers too, and again for another branch."""
    chain = lively(15)
    who = people(chain)
    async with served(chain) as lab:
        tips = await lab.scanner.tips()
        number = next(n for n in range(tips.newest.number, 0, -1) if chain.block_transactions(n))
        early = await lab.scanner.scan(everything(who), number, number)
        chain.grow(BEHIND)
        before = len(lab.app.counter)
        await lab.scanner.tips()
        final = await lab.scanner.scan(everything(who[:3]), number, number)
        assert {sight.transfer for sight in final.sights} <= {sight.transfer for sight in early.sights}
        assert lab.asked(before) == [
            "/wallet/getnowblock",
            "/walletsolidity/getnowblock",
            "/walletsolidity/getblockbylimitnext",
        ]
