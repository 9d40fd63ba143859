"""The node scanner against a real anvil: whichever way it reads, it finds what the histories of the addresses have."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final, NamedTuple

import pytest
from eth_account import Account

from chains import rpc, rpc_scan
from chains.errors import Down, NotFound, Unsupported
from chains.http import Client, Stored
from chains.model import ANY_TOKEN, NATIVE, Address, AssetId, Kind, Transfer
from chains.registry import Chain, SourceSettings
from chains.rpc import RpcSource
from chains.rpc_scan import NO_CALLS, NO_CODE, RpcScanner
from chains.rpc_scan_plan import ACCOUNTS, BLOCKS, PLANS, TOPICS
from chains.scan import APPROVAL, DELEGATION, Scanned, Watched
from tests.chains.memory_evidence import MemoryEvidence
from tests.chains.rpc_fronts import Change, Front, Refusal, refusing
from tests.lab import theft
from tests.lab.anvil import Node, running
from tests.lab.stage import FAUCET_KEY, Stage

LAST: Final = 30
"""The last block of the theft."""
ETHER: Final = 10**18
TRACES: Final = ("trace_block", "debug_traceBlockByNumber")
NO_METHOD: Final = Refusal("Method not found", -32601)


class Forgetful(MemoryEvidence):
    """Keeps answers and, as the store of a watch, never answers from them: the chain may have changed since."""

    def find(self, key: str) -> Stored | None:
        return None


class Lab(NamedTuple):
    """The played theft, its chain, and everybody in it who is not the faucet."""

    node: Node
    played: theft.Theft
    chain: Chain

    @property
    def people(self) -> frozenset[Address]:
        return frozenset(Address(self.played.who[name]) for name in theft.PEOPLE)

    @property
    def everybody(self) -> frozenset[Address]:
        return frozenset(Address(who) for name, who in self.played.who.items() if name != "faucet")

    def who(self, *names: str) -> frozenset[Address]:
        return frozenset(Address(self.played.who[name]) for name in names)


def chain_at(wrapper: str | None = None) -> Chain:
    return Chain(
        id="eip155:1",
        name="lab",
        family="evm",
        coin="ETH",
        decimals=18,
        explorer="",
        sources={"rpc": {"urls": ["http://node.test"]}},
        wrapped=AssetId(wrapper) if wrapper else None,
    )


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running() as node:
        played = theft.play(node)
        yield Lab(node, played, chain_at(played.who["weth"]))


@contextmanager
def fresh() -> Iterator[tuple[Node, Stage]]:
    """A node of its own, for a test that changes the chain."""
    with running() as node:
        yield node, Stage(node, 1, ("owner", "agent", "other"))


@asynccontextmanager
async def source_at(url: str, chain: Chain, front: Front | None = None) -> AsyncIterator[RpcSource]:
    settings = SourceSettings(urls={"rpc.1": url}, rates={"rpc": 100_000})
    async with Client(Forgetful(), front) as client:
        (source,) = rpc.build(chain, client, settings)
        assert isinstance(source, RpcSource)
        yield source


async def scan(
    lab: Lab, who: Watched, *plans: str, change: Change | None = None, low: int = 1, high: int = LAST
) -> Scanned:
    """One scan by a scanner that has learnt nothing yet."""
    front = None if change is None else Front(change)
    async with source_at(lab.node.url, lab.chain, front) as source:
        return await RpcScanner(source.node, plans or PLANS).scan(who, low, high)


@pytest.fixture(scope="module")
def known(lab: Lab) -> set[Transfer]:
    """The same by asking for every address on its own."""

    async def histories() -> set[Transfer]:
        async with source_at(lab.node.url, lab.chain) as source:
            return {
                row
                for one in lab.everybody
                for asset in (ANY_TOKEN, NATIVE)
                async for page in source.history(one, asset, 1, LAST)
                for row in page.transfers
            }

    return asyncio.run(histories())


def touching(known: set[Transfer], who: frozenset[Address]) -> set[Transfer]:
    return {row for row in known if not who.isdisjoint((row.sender, row.receiver))}


def rows_of(scanned: Scanned) -> list[Transfer]:
    return [sight.transfer for sight in scanned.sights]


@pytest.mark.node
async def test_every_plan_finds_what_the_histories_have(lab: Lab, known: set[Transfer]) -> None:
    """Contracts and people, tokens and coins: the same transfers at the same places, each once, in chain order."""
    assert len(known) > 100
    for plan in (TOPICS, BLOCKS):
        found = await scan(lab, Watched(lab.everybody, lab.everybody), plan)
        assert set(rows_of(found)) == known
        assert len(found.sights) == len(known)
        assert (found.low, found.high, found.weak, found.plan) == (1, LAST, "", plan)
        positions = [row.position for row in rows_of(found)]
        assert positions == sorted(positions)
        assert all(position.settled for position in positions)


@pytest.mark.node
async def test_comparing_accounts_finds_the_same_of_people(lab: Lab, known: set[Transfer]) -> None:
    """Wallets' coins, from those blocks alone in which something changed, the same as from all."""
    found = await scan(lab, Watched(lab.people, lab.people), ACCOUNTS, low=13)
    assert set(rows_of(found)) == {row for row in touching(known, lab.people) if row.position.height >= 13}
    assert (found.weak, found.plan) == ("", ACCOUNTS)


@pytest.mark.node
async def test_accounts_that_run_code_are_read_by_blocks(lab: Lab) -> None:
    """What passes through a contract leaves its balance as it was, so for contracts that way is closed."""
    through = lab.who("splitter")
    with pytest.raises(Unsupported, match="run code"):
        await scan(lab, Watched(coins=through), ACCOUNTS)
    found = await scan(lab, Watched(coins=through), low=24)
    assert {row.amount for row in rows_of(found)} == {ETHER, 4 * ETHER // 10, 6 * ETHER // 10}
    assert found.plan == TOPICS


@pytest.mark.node
async def test_sights_name_their_block_and_answer(lab: Lab) -> None:
    """Number and hash are those of the block the transfer stands in, and the stored answer holds it."""
    evidence = Forgetful()
    settings = SourceSettings(urls={"rpc.1": lab.node.url}, rates={"rpc": 100_000})
    for plan in (TOPICS, BLOCKS):
        async with Client(evidence) as client:
            (scanner,) = rpc_scan.build(lab.chain, client, settings)
            assert isinstance(scanner, RpcScanner)
            scanner = RpcScanner(scanner._node, (plan,))
            found = await scanner.scan(Watched(lab.people, lab.people), 10, 25)
            assert scanner.endpoints == ("rpc.1",)
        for sight in found.sights:
            block = lab.node.rpc("eth_getBlockByNumber", hex(sight.number), False)
            assert sight.block == block["hash"]
            assert sight.number == sight.transfer.position.height
            assert sight.transfer.tx.encode() in evidence.kept[sight.raw - 1].stored.body
        assert found.top.hash == lab.node.rpc("eth_getBlockByNumber", hex(25), False)["hash"]


@pytest.mark.node
@pytest.mark.parametrize("method", TRACES)
async def test_either_way_of_tracing_blocks_gives_the_same(lab: Lab, known: set[Transfer], method: str) -> None:
    """trace_block and debug_traceBlockByNumber tell the same calls."""
    found = await scan(lab, Watched(coins=lab.people), TOPICS, change=refusing(method))
    assert set(rows_of(found)) == {row for row in touching(known, lab.people) if row.asset == NATIVE}
    assert found.weak == ""


@pytest.mark.node
async def test_without_traces_balances_tell_whether_something_is_missing(lab: Lab) -> None:
    """Whoever got coins by a call is named; where the balances come out nothing is weak."""
    for plan in (TOPICS, BLOCKS, ACCOUNTS):
        # mule3 was paid by the pair and by the splitter.
        found = await scan(lab, Watched(lab.people, lab.people), plan, change=refusing(*TRACES))
        (who,) = lab.who("mule3")
        assert who in found.weak
        quiet = await scan(lab, Watched(coins=lab.who("victim", "noise1")), TOPICS, change=refusing(*TRACES))
        assert quiet.weak == ""
        assert {row.position.kind for row in rows_of(quiet)} == {Kind.FEE, Kind.NATIVE}


@pytest.mark.node
async def test_without_traces_and_without_state_it_is_said(lab: Lab) -> None:
    """A node that can tell neither calls nor old balances does not pass for one that saw everything."""

    def pruned(method: str, params: list[Any]) -> Any:
        if method in TRACES:
            return NO_METHOD
        return Refusal("missing trie node 91e7", -32000) if method == "eth_getBalance" else None

    assert (await scan(lab, Watched(coins=lab.who("victim")), change=pruned)).weak == NO_CALLS
    many = lab.people | {Address(f"0x{number:040x}") for number in range(10**6, 10**6 + 50)}
    assert (await scan(lab, Watched(coins=many), TOPICS, change=refusing(*TRACES))).weak == NO_CALLS


@pytest.mark.node
async def test_a_method_that_is_missing_is_done_without(lab: Lab, known: set[Transfer]) -> None:
    """Without block receipts, or without eth_getLogs, another way is taken and finds the same."""
    for missing in ("eth_getBlockReceipts", "eth_getLogs", "eth_getTransactionCount"):
        found = await scan(lab, Watched(lab.people, lab.people), change=refusing(missing))
        assert set(rows_of(found)) == touching(known, lab.people)
        assert found.weak == ""


@pytest.mark.node
async def test_what_is_guarded_shows_approvals(lab: Lab) -> None:
    """The victim's approval is a change, found by every plan; the mule's, who is not guarded, is none."""
    for plan in (TOPICS, BLOCKS):
        found = await scan(lab, Watched(lab.people, frozenset(), lab.who("victim")), plan)
        [change] = found.changes
        assert (change.kind, change.tx) == (APPROVAL, lab.played.txs["approve thief"])
        assert (change.owner, change.holder) == (lab.played.victim, lab.played.who["thief"])
        assert (change.token, change.amount, change.number) == (lab.played.who["token"], 1_000 * 10**6, 11)
        assert found.weak == ""


@pytest.mark.node
async def test_only_what_was_asked_for_is_found(lab: Lab) -> None:
    """Coins of those watched for tokens, tokens of those watched for coins, and other blocks are left out."""
    tokens, coins = lab.who("mule1"), lab.who("mule2")
    found = await scan(lab, Watched(tokens, coins), low=13, high=16)
    for row in rows_of(found):
        assert 13 <= row.position.height <= 16
        watched = tokens if row.position.kind is Kind.TOKEN else coins
        assert not watched.isdisjoint((row.sender, row.receiver))
    assert {row.position.kind for row in rows_of(found)} == {Kind.TOKEN}
    assert (await scan(lab, Watched(), low=13, high=16)).sights == ()


@pytest.mark.node
async def test_the_cheapest_way_is_taken(lab: Lab) -> None:
    """Long lists are asked for by topics, few coins over many blocks by accounts, many coins by blocks."""
    strangers = frozenset(Address(f"0x{number:040x}") for number in range(10**6, 10**6 + 5_000))
    for who, most, plan in (
        (Watched(strangers), 12, TOPICS),
        (Watched(coins=lab.who("rest2")), 20, ACCOUNTS),
        (Watched(strangers, strangers), 3 * LAST + 12, TOPICS),
    ):
        front = Front(lambda *_: None)
        async with source_at(lab.node.url, lab.chain, front) as source:
            found = await RpcScanner(source.node).scan(who, 1, LAST)
        assert found.plan == plan
        assert len(front.asked) - 1 <= most  # the chain's number is asked once ever
    one_block = await scan(lab, Watched(strangers, lab.people), low=LAST)
    assert one_block.plan == BLOCKS


@pytest.mark.node
async def test_balances_are_asked_before_the_block(lab: Lab) -> None:
    """The victim held everything before block 10 and less before block 11; a pruned node is no witness."""
    (victim,) = lab.who("victim")
    token = AssetId(lab.played.who["token"])
    async with source_at(lab.node.url, lab.chain) as source:
        scanner = RpcScanner(source.node)
        assert (await scanner.held_before(victim, token, 10))[:2] == (10_000 * 10**6, 9)
        assert (await scanner.held_before(victim, token, 11))[:2] == (2_000 * 10**6, 10)
        assert (await scanner.held_before(victim, NATIVE, 10))[:2] == (3 * ETHER, 9)
    old = Front(lambda method, params: Refusal("missing trie node") if params[-1:] == ["0x9"] else None)
    async with source_at(lab.node.url, lab.chain, old) as source:
        with pytest.raises(Unsupported, match="before block 10"):
            await RpcScanner(source.node).held_before(victim, token, 10)


@pytest.mark.node
async def test_a_reorganisation_ends_the_scan() -> None:
    """When the last block is another one after reading than before, nothing that was read counts."""
    with fresh() as (node, stage):
        stage.send("pay", "faucet", "owner", value=5, gas=21_000)
        stage.mine(3)

        def meanwhile(method: str, _: list[Any]) -> Any:
            if method == "eth_getLogs":
                node.rpc("anvil_reorg", 2, [])
            return None

        owner = frozenset({Address(stage.who["owner"])})
        async with source_at(node.url, chain_at(), Front(meanwhile)) as source:
            with pytest.raises(Down, match="the chain changed"):
                await RpcScanner(source.node, (TOPICS,)).scan(Watched(owner), 1, 3)
            with pytest.raises(Down, match="behind"):
                await RpcScanner(source.node).scan(Watched(owner), 1, 4)


@pytest.mark.node
async def test_tips_move_forward_only() -> None:
    """Final is what the node calls so, is asked again for a newer block only, and never falls back."""
    with fresh() as (node, _):
        node.rpc("anvil_mine", hex(70))
        lying: list[str] = []

        def change(method: str, params: list[Any]) -> Any:
            return node.rpc(method, "0x2", False) if lying and params[:1] == ["finalized"] else None

        front = Front(change)
        async with source_at(node.url, chain_at(), front) as source:
            scanner = RpcScanner(source.node)
            tips = await scanner.tips()
            assert (tips.newest.number, tips.final.number) == (70, 6)
            assert await scanner.tips() == tips
            assert [params[0] for _, params in front.asked if params] == ["latest", "finalized", "latest"]
            lying.append("now")
            node.rpc("anvil_mine", hex(1))
            assert [tip.number for tip in await scanner.tips()] == [71, 6]
            node.rpc("anvil_rollback", 68)
            with pytest.raises(Down, match="behind"):
                await scanner.tips()
            with pytest.raises(NotFound):
                await scanner.block(71)


@pytest.mark.node
@pytest.mark.parametrize(
    "words", [Refusal("finalized is not a supported commitment level", -32602), Refusal("finalized block not found")]
)
async def test_a_node_without_the_word_final_has_a_depth(words: Refusal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ethereum's blocks then count as final 64 later; the node is not asked for the word again."""
    monkeypatch.setattr("chains.http.BACKOFF", 0.0001)
    with fresh() as (node, _):
        node.rpc("anvil_mine", hex(70))
        front = Front(lambda _, params: words if params[:1] == ["finalized"] else None)
        async with source_at(node.url, chain_at(), front) as source:
            scanner = RpcScanner(source.node)
            assert [tip.number for tip in await scanner.tips()] == [70, 6]
            asked = len(front.asked)
            node.rpc("anvil_mine", hex(1))
            assert [tip.number for tip in await scanner.tips()] == [71, 7]
            assert len(front.asked) == asked + 2


def delegate(stage: Stage, node: Node, signer: str, target: str, nonce: int, chain: int = 1) -> None:
    """One block in which the faucet sends an order of ``signer`` to run the code of ``target``."""
    order = {"chainId": chain, "address": target, "nonce": nonce}
    signed = Account.sign_authorization(order, stage.keys[signer])
    raw = {
        "chainId": 1, "nonce": stage.nonces["faucet"], "gas": 200_000, "maxFeePerGas": 2 * 10**9, "value": 0,
        "maxPriorityFeePerGas": 10**9, "to": "0x" + "11" * 20, "data": "0x", "authorizationList": [signed],
    }  # fmt: skip
    stage.nonces["faucet"] += 1
    sent = Account.sign_transaction(raw, FAUCET_KEY)
    node.rpc("eth_sendRawTransaction", "0x" + bytes(sent.raw_transaction).hex())
    node.rpc("evm_mine")


@pytest.mark.node
async def test_delegations_are_seen_with_or_without_whole_blocks() -> None:
    """EIP-7702: an order that came to be is a change, one out of turn or for another chain is none; so is its end."""
    with fresh() as (node, stage):
        owner, target = Address(stage.who["owner"]), "0x" + "ab" * 20
        delegate(stage, node, "owner", target, nonce=7)
        delegate(stage, node, "owner", target, nonce=0, chain=5)
        delegate(stage, node, "owner", target, nonce=0, chain=0)
        delegate(stage, node, "other", target, nonce=0)
        delegate(stage, node, "owner", "0x" + "00" * 20, nonce=1)
        guarded = frozenset({owner})
        for who, plan in (
            (Watched(guarded=guarded), TOPICS),
            (Watched(guarded, guarded, guarded), TOPICS),
            (Watched(guarded=guarded), BLOCKS),
            (Watched(guarded=guarded, coins=frozenset({Address(stage.who["agent"])})), ACCOUNTS),
        ):
            async with source_at(node.url, chain_at()) as source:
                found = await RpcScanner(source.node, (plan,)).scan(who, 1, 5)
            told = [(change.kind, change.owner, change.holder, change.number) for change in found.changes]
            assert told == [(DELEGATION, owner, target, 3), (DELEGATION, owner, "", 5)]
            for change in found.changes:
                block = node.rpc("eth_getBlockByNumber", hex(change.number), False)
                assert ([change.tx], change.block) == (block["transactions"], block["hash"])
        no_state = Front(
            lambda method, _: Refusal("missing trie node") if method == "eth_getTransactionCount" else None
        )
        async with source_at(node.url, chain_at(), no_state) as source:
            found = await RpcScanner(source.node, (TOPICS,)).scan(Watched(guarded=guarded), 1, 5)
            assert (found.changes, found.weak) == ((), NO_CODE)


@pytest.mark.node
async def test_the_next_stretch_knows_how_the_last_ended(lab: Lab) -> None:
    """States at the end of one stretch are not asked for again at the beginning of the next."""
    who = Watched(coins=lab.who("rest2", "out"))
    front = Front(lambda *_: None)
    async with source_at(lab.node.url, lab.chain, front) as source:
        scanner = RpcScanner(source.node, (ACCOUNTS,))
        await scanner.scan(who, 1, 25)
        before = len(front.asked)
        await scanner.scan(who, 26, 30)
        asked = [method for method, _ in front.asked[before:]]
    assert sorted(asked) == ["eth_getBalance"] * 2 + ["eth_getBlockByNumber"] * 3 + ["eth_getTransactionCount"] * 2


@pytest.mark.node
async def test_scans_of_one_scanner_may_run_at_once(lab: Lab, known: set[Transfer]) -> None:
    """Two stretches read at the same time are each what they are alone."""
    who = Watched(lab.people, lab.people)
    async with source_at(lab.node.url, lab.chain) as source:
        scanner = RpcScanner(source.node)
        first, second = await asyncio.gather(scanner.scan(who, 1, 15), scanner.scan(who, 16, LAST))
    assert {*rows_of(first), *rows_of(second)} == touching(known, lab.people)


@pytest.mark.node
async def test_where_much_changes_halving_stops(lab: Lab, known: set[Transfer]) -> None:
    """Comparing never costs more than both ends, a request and three more for each block; it finds the same."""
    front = Front(lambda *_: None)
    async with source_at(lab.node.url, lab.chain, front) as source:
        found = await RpcScanner(source.node, (ACCOUNTS,)).scan(Watched(coins=lab.people), 1, LAST)
    assert set(rows_of(found)) == {row for row in touching(known, lab.people) if row.asset == NATIVE}
    assert len(front.asked) < 5 * len(lab.people) + 5 * LAST
