"""Calls, code and logs of contracts, asked from a real anvil and from nodes that cut, forget or talk nonsense."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from hashlib import sha256
from typing import Any

import httpx
import pytest
import vcr

from chains.errors import Down, Malformed, Unsupported
from chains.evm_records import DEPOSIT, TRANSFER
from chains.http import TRIES
from chains.http import Kind as AnswerKind
from chains.model import Address, Block, Called, EventPage, Kind, Position
from tests.chains import rpc_scenario as scene
from tests.chains.rpc_fronts import TOKEN, Front, Refusal, always, log_of, made_up, refusing, source_at
from tests.chains.rpc_scenario import CHAIN, START, A, B, Rpc
from tests.chains.test_rpc import CASSETTES, Lab

ANSWERER, REFUSER, EMITTER = Address(scene.ANSWERER), Address(scene.REFUSER), Address(scene.EMITTER)
ANYTHING = "0xe47d6060" + scene.word(A)
FORTY_TWO = "0x" + scene.word(42)
NODE = "http://node.test"
TOPICS = (TRANSFER, DEPOSIT)


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with scene.anvil() as url:
        yield Lab(url, scene.play(Rpc(url)))


def at(number: int) -> Block:
    return Block(CHAIN.id, number, "0x", START, number)


async def read(pages: AsyncIterator[EventPage]) -> list[EventPage]:
    return [page async for page in pages]


def assert_whole(pages: list[EventPage], low: int, high: int) -> None:
    """The stretches begin at ``low``, end at ``high``, leave nothing out, and hold their own events."""
    for page in pages:
        assert page.covers.low == low
        assert page.covers.high is not None
        assert all(low <= event.position.height <= page.covers.high for event in page.events)
        low = page.covers.high + 1
    assert low == high + 1


@pytest.mark.node
async def test_calls_are_answered_for_their_block(lab: Lab) -> None:
    """A view answers at the height asked; one that refuses, and an address without code, answer nothing."""
    async with source_at(lab.url) as source:
        assert (await source.call(ANSWERER, ANYTHING, at(9)))[:2] == (FORTY_TWO, 9)
        assert (await source.call(REFUSER, ANYTHING, at(9)))[:2] == ("0x", 9)
        assert (await source.call(Address(B), ANYTHING, at(9)))[:2] == ("0x", 9)
        assert (await source.call(ANSWERER, ANYTHING, at(2)))[:2] == ("0x", 2)


@pytest.mark.node
async def test_where_no_state_is_kept_calls_are_answered_now(lab: Lab) -> None:
    """A pruned node is asked again for now, and the answer says so, also when the contract refuses."""

    def pruned(method: str, params: list[Any]) -> Any:
        old = method == "eth_call" and params[1] != "latest"
        return Refusal("missing trie node 91e7", -32000) if old else None

    async with source_at(lab.url, Front(pruned)) as source:
        assert (await source.call(ANSWERER, ANYTHING, at(2)))[:2] == (FORTY_TWO, None)
        assert (await source.call(REFUSER, ANYTHING, at(9)))[:2] == ("0x", None)


@pytest.mark.parametrize(
    "words",
    [
        Refusal("execution reverted: max daily rate limit", 3),
        Refusal("method not found, says the contract", 3),
        Refusal("VM execution error.", -32015),
        Refusal("execution reverted", -32000),
    ],
)
async def test_a_refusing_contract_has_the_last_word(words: Refusal) -> None:
    """Whatever a contract puts into its refusal, it is a refusal and no trouble of the node's."""
    async with source_at(NODE, made_up({"eth_call": lambda _: words})) as source:
        assert await source.call(ANSWERER, ANYTHING, at(9)) == Called("0x", 9, 2)


@pytest.mark.parametrize("answer", [None, "0x123", "<html>", 5, ["0x"]])
async def test_an_answer_that_is_no_bytes_is_refused(answer: Any) -> None:
    """Null, odd digits and other shapes raise for calls and for code; none of them is "no"."""
    node = made_up({"eth_call": lambda _: answer, "eth_getCode": lambda _: answer})
    async with source_at(NODE, node) as source:
        for question in (source.call(ANSWERER, ANYTHING, at(9)), source.code(ANSWERER), source.is_contract(ANSWERER)):
            with pytest.raises(Malformed):
                await question


async def test_a_node_that_does_not_call_says_so() -> None:
    """Without eth_call the source refuses, so that the next one is asked."""
    async with source_at(NODE, made_up({})) as source:
        with pytest.raises(Unsupported):
            await source.call(ANSWERER, ANYTHING, at(9))


@pytest.mark.node
async def test_code_and_contracthood_are_one_question(lab: Lab) -> None:
    """Code's hash is that of the deployed bytes, wallets have none, and asking both ways costs one request."""
    front = Front(refusing())
    async with source_at(lab.url, front) as source:
        assert await source.is_contract(EMITTER)
        assert await source.code(EMITTER) == sha256(bytes.fromhex(dict(scene.CONTRACTS)[scene.EMITTER])).hexdigest()
        assert await source.code(Address(A)) == ""
    assert [method for method, _ in front.asked] == ["eth_chainId", "eth_getCode", "eth_getCode"]


async def test_a_delegating_wallet_is_no_contract() -> None:
    """EIP-7702 puts 23 bytes at a wallet's address; it stays a wallet."""
    async with source_at(NODE, made_up({"eth_getCode": lambda _: "0xef0100" + "11" * 20})) as source:
        assert (await source.code(Address(A)), await source.is_contract(Address(A))) == ("", False)


@pytest.mark.node
async def test_logs_of_a_contract_are_those_asked_for(lab: Lab) -> None:
    """One contract's logs of the kinds asked for, whole, with place, time and words; nothing of another's."""
    async with source_at(lab.url) as source:
        pages = await read(source.events(EMITTER, TOPICS, 0, 16))
        assert_whole(pages, 0, 16)
        [event] = [event for page in pages for event in page.events]
        assert (event.tx, event.position) == (lab.sent.token, Position(11, 0, Kind.TOKEN, (0,)))
        assert event.topics == (TRANSFER, "0x" + scene.word(A), "0x" + scene.word(B))
        assert (event.data, event.time) == ("0x" + scene.word(77), START + 132)
        for low, high, topics in ((0, 10, TOPICS), (12, 16, TOPICS), (0, 16, (DEPOSIT,)), (9, 8, TOPICS)):
            assert not [e for page in await read(source.events(EMITTER, topics, low, high)) for e in page.events]


@pytest.mark.node
@pytest.mark.parametrize("words", ["exceed maximum block range: 3", "block range is too wide", "limit exceeded"])
async def test_limits_cost_requests_and_no_logs(lab: Lab, words: str) -> None:
    """However a node refuses wide ranges, the logs are the same, and every stretch is read."""

    def narrow(method: str, params: list[Any]) -> Any:
        wide = method == "eth_getLogs" and int(params[0]["toBlock"], 16) - int(params[0]["fromBlock"], 16) >= 3
        return Refusal(words, -32005) if wide else None

    async with source_at(lab.url, Front(narrow)) as source:
        pages = await read(source.events(EMITTER, TOPICS, 0, 16))
        assert_whole(pages, 0, 16)
        assert len(pages) >= 6
        assert len([event for page in pages for event in page.events]) == 1


async def test_a_silently_cut_list_is_noticed() -> None:
    """A node that cuts lists at 100 rows loses none: round counts are asked again in halves."""
    every = [log_of(height, index) for height in range(100) for index in range(7)]

    def cut(params: list[Any]) -> Any:
        first, last = int(params[0]["fromBlock"], 16), int(params[0]["toBlock"], 16)
        return [log for log in every if first <= int(log["blockNumber"], 16) <= last][:100]

    async with source_at(NODE, made_up({"eth_getLogs": cut})) as source:
        pages = await read(source.events(Address(TOKEN), TOPICS, 0, 99))
    assert_whole(pages, 0, 99)
    assert len({event.position for page in pages for event in page.events}) == 700


async def test_a_block_that_may_be_cut_is_refused() -> None:
    """Exactly 100 logs in one block are confirmed from its receipts; without receipts nothing is claimed."""
    full = [log_of(5, index) for index in range(100)]

    def logs(params: list[Any]) -> Any:
        return full if int(params[0]["fromBlock"], 16) <= 5 <= int(params[0]["toBlock"], 16) else []

    receipts = [{"logs": [*full, log_of(5, 100), log_of(5, 101, address=scene.WRAPPER)]}]
    node = made_up({"eth_getLogs": logs, "eth_getBlockReceipts": lambda _: receipts})
    async with source_at(NODE, node) as source:
        found = [
            event for page in await read(source.events(Address(TOKEN), (TRANSFER,), 0, 9)) for event in page.events
        ]
        assert len(found) == 101
    async with source_at(NODE, made_up({"eth_getLogs": logs})) as source:
        with pytest.raises(Unsupported, match="may hold more"):
            await read(source.events(Address(TOKEN), (TRANSFER,), 0, 9))


async def test_an_answer_to_another_question_is_refused() -> None:
    """Logs outside the window are a repeated page, those of another contract or kind are Malformed."""
    for log, error in (
        (log_of(3, 0), Down),
        (log_of(60, 0, address=scene.WRAPPER), Malformed),
        (log_of(60, 0, topics=["0x" + "c3" * 32]), Malformed),
        (log_of(60, 0, topics=None), Malformed),
        (log_of(60, 0, data="0x1"), Malformed),
    ):
        async with source_at(NODE, made_up({"eth_getLogs": always([log])})) as source:
            with pytest.raises(error):
                await read(source.events(Address(TOKEN), TOPICS, 50, 99))


async def test_logs_of_removed_blocks_are_left_out_and_times_may_be_unknown() -> None:
    """What was taken back did not happen; where a node gives no time nobody is asked for it."""
    bare = {name: value for name, value in log_of(7, 1).items() if name != "blockTimestamp"}
    node = made_up({"eth_getLogs": lambda _: [log_of(7, 0, removed=True), bare]})
    async with source_at(NODE, node) as source:
        [page] = await read(source.events(Address(TOKEN), TOPICS, 0, 99))
    assert [(event.position.index, event.time) for event in page.events] == [((1,), None)]
    assert [method for method, _ in node.asked] == ["eth_chainId", "eth_getBlockByNumber", "eth_getLogs"]


async def test_a_node_that_lags_proves_nothing() -> None:
    """A node without the last block asked for is Down: its "no logs" would be worthless."""
    async with source_at(NODE, made_up({"eth_getLogs": lambda _: []})) as source:
        with pytest.raises(Down, match="behind"):
            await read(source.events(Address(TOKEN), TOPICS, 0, 100))


@pytest.mark.parametrize("body", [b"<html>502</html>", b'{"jsonrpc":"2.0","id":1,"result":[{', b"", b'{"result":{}}'])
async def test_rubbish_is_never_nothing(body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """HTML, a cut body, silence and a record instead of a list are tried again and then reported."""
    monkeypatch.setattr("chains.http.BACKOFF", 0.0001)
    asked: list[int] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        front = made_up({})
        if b"eth_getLogs" not in request.content:
            return await front.handle_async_request(request)
        asked.append(1)
        return httpx.Response(200, content=body)

    async with source_at(NODE, httpx.MockTransport(answer)) as source:
        with pytest.raises(Down):
            await read(source.events(Address(TOKEN), TOPICS, 0, 99))
    assert len(asked) == TRIES[AnswerKind.DOWN]


@pytest.fixture(scope="module")
def recorded() -> Iterator[str]:
    """The URL the cassette is replayed against; with TRACER_RECORD=1 it is made anew from a local anvil."""
    if os.environ.get("TRACER_RECORD"):
        with scene.anvil() as url:
            scene.play(Rpc(url))
            yield url
    else:
        yield "http://127.0.0.1:8545"


async def test_recorded_answers_of_anvil(recorded: str) -> None:
    """The recorded questions are asked again, no others, and mean the same without the node."""
    mode = "all" if os.environ.get("TRACER_RECORD") else "none"
    tape = vcr.VCR(record_mode=mode, match_on=["method", "path", "body"], decode_compressed_response=True)
    with tape.use_cassette(str(CASSETTES / "contract.yaml")) as cassette:
        async with source_at(recorded) as source:
            assert (await source.call(ANSWERER, ANYTHING, at(9))).data == FORTY_TWO
            assert (await source.call(REFUSER, ANYTHING, at(9))).data == "0x"
            assert len(await source.code(ANSWERER)) == 64
            pages = await read(source.events(EMITTER, TOPICS, 0, 16))
            assert [event.data for page in pages for event in page.events] == ["0x" + scene.word(77)]
        assert mode == "all" or cassette.all_played
