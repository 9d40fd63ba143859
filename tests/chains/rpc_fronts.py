"""Nodes for the RPC tests that are not quite anvil: one with answers changed, one made up; and checks of both."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, NamedTuple

import httpx

from chains import rpc
from chains.evm_records import TRANSFER
from chains.http import Client
from chains.model import Address, AssetId, Page, Transfer
from chains.registry import SourceSettings
from chains.rpc import RpcSource
from tests.chains import rpc_scenario as scene
from tests.chains.memory_evidence import MemoryEvidence
from tests.chains.rpc_scenario import CHAIN, A, B

ADDRESS_A: Final = Address(A)
ADDRESS_B: Final = Address(B)
TOKEN: Final = AssetId(scene.EMITTER)


class Refusal(NamedTuple):
    """A JSON-RPC error."""

    message: str
    code: int = -32005


NOTHING: Final = object()
"""Stands for the result null."""

Change = Callable[[str, list[Any]], Any]
"""(method, params) → the result or `Refusal` to answer instead, or None to ask the node."""


class Front(httpx.AsyncHTTPTransport):
    """A transport that answers some requests itself."""

    def __init__(self, change: Change) -> None:
        super().__init__()
        self.change = change
        self.asked: list[tuple[str, list[Any]]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        question = json.loads(request.content)
        self.asked.append((question["method"], question["params"]))
        answer = self.change(question["method"], question["params"])
        if answer is None:
            return await super().handle_async_request(request)
        answer = None if answer is NOTHING else answer
        body = {"error": answer._asdict()} if isinstance(answer, Refusal) else {"result": answer}
        return httpx.Response(200, json={"jsonrpc": "2.0", "id": 1, **body})


def refusing(*methods: str) -> Change:
    """A node without these methods."""
    missing = Refusal("Method not found", -32601)
    return lambda method, _: missing if method in methods else None


@asynccontextmanager
async def source_at(url: str, transport: httpx.AsyncBaseTransport | None = None) -> AsyncIterator[RpcSource]:
    """The source on one URL, with nothing remembered."""
    settings = SourceSettings(urls={"rpc.31337": url}, rates={"rpc": 100_000})
    async with Client(MemoryEvidence(), transport) as client:
        (source,) = rpc.build(CHAIN, client, settings)
        assert isinstance(source, RpcSource)
        yield source


async def read(pages: AsyncIterator[Page]) -> list[Page]:
    return [page async for page in pages]


def rows_of(pages: list[Page]) -> list[Transfer]:
    return [row for page in pages for row in page.transfers]


def told(rows: list[Transfer]) -> list[tuple[str, str, str, int]]:
    return [(row.position.kind.name, row.sender, row.receiver, row.amount) for row in rows if row.amount < 10**6]


def change_of(who: str, rows: list[Transfer]) -> int:
    """By how much these transfers changed what ``who`` holds."""
    return sum(row.amount * ((row.receiver == who) - (row.sender == who)) for row in rows)


def assert_contiguous(pages: list[Page], low: int, high: int) -> None:
    assert pages[0].covers.low == low
    assert pages[-1].covers.high == high
    for before, after in itertools.pairwise(pages):
        assert before.covers.high is not None
        assert after.covers.low == before.covers.high + 1
    for page in pages:
        assert page.covers.high is not None
        assert all(page.covers.low <= row.position.height <= page.covers.high for row in page.transfers)
        assert len(page.raws) == len(page.transfers)


def log_of(height: int, index: int, **other: Any) -> dict[str, Any]:
    """A transfer log of A's, on the token, with its time."""
    return {
        "address": TOKEN,
        "topics": [TRANSFER, "0x" + scene.word(A), "0x" + scene.word(B)],
        "data": "0x" + scene.word(1),
        "blockNumber": hex(height),
        "transactionHash": "0x" + f"{height:032x}{index:032x}",
        "transactionIndex": "0x0",
        "logIndex": hex(index),
        "blockTimestamp": "0x1",
        **other,
    }


def always(answer: Any) -> Callable[[list[Any]], Any]:
    """The same answer whatever is asked."""
    return lambda _: answer


def made_up(answers: Mapping[str, Callable[[list[Any]], Any]]) -> Front:
    """A node that is nothing but these answers, one block a second, head at 99."""

    def block(params: list[Any]) -> Any:
        number = 99 if params[0] == "latest" else int(params[0], 16)
        return {"number": hex(number), "hash": hex(number), "timestamp": hex(number)} if number < 100 else None

    known = {"eth_chainId": lambda _: "0x7a69", "eth_getBlockByNumber": block, **answers}

    def answer(method: str, params: list[Any]) -> Any:
        if method not in known:
            return Refusal("Method not found", -32601)
        found = known[method](params)
        return NOTHING if found is None else found

    return Front(answer)
