"""Word of new blocks over a real anvil's websocket and from servers that refuse, break off or talk nonsense."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection, serve

from chains import rpc_notice
from chains.registry import load_chains
from chains.rpc_notice import heads
from tests.lab.anvil import running
from tracer.config import load_config
from tracer.errors import ConfigError

ETHEREUM = load_chains()["eip155:1"]


@asynccontextmanager
async def server(handler: Callable[[ServerConnection], Awaitable[None]]) -> AsyncIterator[str]:
    async with serve(handler, "127.0.0.1", 0) as made:
        yield f"ws://127.0.0.1:{next(iter(made.sockets)).getsockname()[1]}/key-of-the-user"


@pytest.mark.node
async def test_new_blocks_are_told() -> None:
    """Every block that is mined wakes the listener, who may leave at any time."""
    with running() as node:
        async with aclosing(heads(node.url.replace("http", "ws"), ETHEREUM)) as numbers:
            first = asyncio.ensure_future(anext(numbers))
            mined = 0
            while not first.done():
                node.rpc("evm_mine")
                mined += 1
                await asyncio.sleep(0.05)
            assert 1 <= await first <= mined
            node.rpc("evm_mine")
            assert await asyncio.wait_for(anext(numbers), 5) > await first


@pytest.mark.node
async def test_another_chain_tells_nothing() -> None:
    """An endpoint of another chain is not listened to."""
    with running(chain_id=5) as node:
        async with aclosing(heads(node.url.replace("http", "ws"), ETHEREUM)) as numbers:
            node.rpc("evm_mine")
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(anext(numbers), 0.5)


async def test_a_broken_connection_is_made_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nonsense, silence and hanging up cost a pause each, never an error, and the URL is not logged."""
    monkeypatch.setattr(rpc_notice, "_FIRST", 0.01)
    caplog.set_level(logging.DEBUG)
    visits: list[int] = []

    async def moody(connection: ServerConnection) -> None:
        visits.append(len(visits))
        if visits[-1] == 0:
            return
        if visits[-1] == 1:
            await connection.send("<html>")
            return
        async for message in connection:
            if visits[-1] == 2:
                await connection.send('{"id": 0, "result": {"number": []}}')
                return
            subscribing = "eth_subscribe" in str(message)
            await connection.send(json.dumps({"jsonrpc": "2.0", "id": int(subscribing), "result": "0x1"}))
            if subscribing:
                told = {"subscription": "0x1", "result": {"number": "0x2a"}}
                await connection.send(json.dumps({"jsonrpc": "2.0", "method": "eth_subscription", "params": told}))

    async with server(moody) as url, aclosing(heads(url, ETHEREUM)) as numbers:
        assert await asyncio.wait_for(anext(numbers), 8) == 42
    assert len(visits) == 4
    written = [record.getMessage() for record in caplog.records if record.name != "websockets.server"]
    assert "key-of-the-user" not in "".join(written)


async def test_the_pauses_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is gone is asked ever more seldom."""
    pauses: list[int] = []
    sleep = asyncio.sleep

    async def count(seconds: int) -> None:
        pauses.append(seconds)
        await sleep(0)
        if len(pauses) == 12:
            raise asyncio.CancelledError

    monkeypatch.setattr("chains.rpc_notice.asyncio.sleep", count)
    with pytest.raises(asyncio.CancelledError):
        await anext(heads("ws://127.0.0.1:1", ETHEREUM))
    assert [pause for pause in pauses if pause > 0] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]


def test_a_websocket_is_an_endpoint_of_its_chain(tmp_path: Path) -> None:
    """`ws.1` takes ws:// and wss://, nothing else does, and nothing else is taken for it."""
    for url in ("wss://node.test/key", "ws://127.0.0.1:8545"):
        assert load_config({}, tmp_path, endpoints=[f"ws.1={url}"]).sources.urls == {"ws.1": url}
    assert load_config({"TRACER_ENDPOINT_WS_1": "wss://node.test"}, tmp_path).sources.urls["ws.1"] == "wss://node.test"
    for wrong in ("ws.1=https://node.test", "rpc.1=wss://node.test", "ws=wss://node.test", "ws.x=wss://node.test"):
        with pytest.raises(ConfigError):
            load_config({}, tmp_path, endpoints=[wrong])
