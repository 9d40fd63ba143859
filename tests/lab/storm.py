"""Bad weather between the watch and its sources: a proxy that fails, lags, repeats and lies, by a seed.

The sky changes when the runner says so (`Storm.weather`); which request is hit is drawn from the seed and the request's
number. A node that lags is one whole older node: it says an older head, and has no block above that. Public services
keep a caller at one of their nodes for a while, and so does this: it changes between old and new only with the weather.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import httpx

from tests.lab.desk import CHALLENGE, HTML, Receive, Reply, Request, Scope, Send, _read, _send, reply
from tests.lab.serving import serve

CALM: Final = "calm"
BROKEN: Final = ("reset", "cut", "torn")
HTTP: Final = ("500", "502", "html", "empty", "429", "429 later", "slow")
NODE: Final = ("behind", "stuck", "doubled", "wrong")
KINDS: Final = (*BROKEN, *HTTP, *NODE)
"""Everything that can go wrong. ``429 later`` says Retry-After, ``slow`` answers after two seconds; a node is
``behind`` by so many blocks, ``stuck`` at one, says every log twice (``doubled``), or of another chain (``wrong``)."""

SLOW: Final = 2.0
LATEST: Final = ("latest", "pending")
BY_BLOCK: Final = {
    "eth_getBlockByNumber": 0,
    "eth_getBlockReceipts": 0,
    "debug_traceBlockByNumber": 0,
    "trace_block": 0,
    "eth_getBalance": 1,
    "eth_getCode": 1,
    "eth_getTransactionCount": 1,
    "eth_call": 1,
}
"""At which place of a call's parameters its block stands."""

STATE: Final = ("eth_getBalance", "eth_getCode", "eth_getTransactionCount", "eth_call")


class Weather(NamedTuple):
    """What goes wrong with a ``share`` of the requests; kinds of `NODE` hit every one. ``lag`` is in blocks."""

    kind: str = CALM
    share: float = 1.0
    lag: int = 0


@dataclass
class Storm:
    """An ASGI application in front of ``upstream``. ``final`` is how far final blocks are behind the newest.

    ``older`` answers as of an earlier block; without it the source is a node that speaks JSON-RPC. ``asked`` counts
    what was asked for, ``met`` what happened to it.
    """

    upstream: str
    seed: int = 0
    final: int = 64
    older: Callable[[Request, int], Reply] | None = None
    asked: Counter[str] = field(default_factory=Counter)
    met: Counter[str] = field(default_factory=Counter)
    _weather: Weather = field(default_factory=Weather)
    _stuck: int | None = None
    _http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=120))

    @property
    def weather(self) -> Weather:
        """What the sky is like."""
        return self._weather

    @weather.setter
    def weather(self, weather: Weather) -> None:
        self._stuck, self._weather = None, weather

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        request = await _read(scope, receive)
        number, weather = self.asked.total(), self._weather
        self.asked[_name(request)] += 1
        hit = weather.kind != CALM and random.Random(f"{self.seed}|{number}").random() < weather.share
        kind = weather.kind if hit or weather.kind in NODE else CALM
        self.met[kind] += 1
        if kind == "slow":
            await asyncio.sleep(SLOW)
        answer = REFUSALS[kind] if kind in REFUSALS else await self._answer(request, kind, weather.lag)
        await _send(answer, kind if kind in BROKEN else "ok", send)

    async def _answer(self, request: Request, kind: str, lag: int) -> Reply:
        if kind in ("behind", "stuck"):
            return await self._older(request, kind, lag)
        answer = await self._ask(request)
        if kind in ("doubled", "wrong") and answer.status == 200:
            told = json.loads(answer.body)
            return reply(_doubled(request, told) if kind == "doubled" else _elsewhere(request, told))
        return answer

    async def _ask(self, request: Request) -> Reply:
        got = await asyncio.to_thread(
            self._http.request,
            request.method,
            self.upstream + request.path,
            params=dict(request.params),
            json=request.body,
        )
        return Reply(got.status_code, got.content, got.headers.get("content-type", ""))

    # --- an older node

    async def _older(self, request: Request, kind: str, lag: int) -> Reply:
        """What a node would say that has not heard of the newest ``lag`` blocks yet, or of any since the weather."""
        newest = await self._newest(request)
        self._stuck = newest - lag if self._stuck is None or kind == "behind" else self._stuck
        head = max(0, min(newest, self._stuck))
        return await self._older_node(request, head) if self.older is None else self.older(request, head)

    async def _newest(self, request: Request) -> int:
        if self.older is not None:
            told = await self._ask(Request("POST", "/wallet/getnowblock", {}, {}, {}))
            return int(json.loads(told.body)["block_header"]["raw_data"]["number"])
        told = await self._ask(request._replace(body=_call("eth_blockNumber")))
        return int(json.loads(told.body)["result"], 16)

    async def _older_node(self, request: Request, head: int) -> Reply:
        body = request.body if isinstance(request.body, dict) else {}
        method, params = str(body.get("method", "")), list(body.get("params", []))
        if method == "eth_blockNumber":
            return reply({"jsonrpc": "2.0", "id": body.get("id"), "result": hex(head)})
        if method in BY_BLOCK and len(params) > BY_BLOCK[method]:
            at = BY_BLOCK[method]
            params[at] = wanted = _tag(params[at], head, self.final)
            if isinstance(wanted, str) and wanted.startswith("0x") and int(wanted, 16) > head:
                return _unknown(body, state=method in STATE)
        elif method == "eth_getLogs" and params:
            params[0] = _clipped(params[0], head, self.final)
            if int(params[0].get("fromBlock", "0x0"), 16) > head:
                return reply({"jsonrpc": "2.0", "id": body.get("id"), "result": []})
        answer = await self._ask(request._replace(body={**body, "params": params}))
        if method in ("eth_getTransactionReceipt", "eth_getTransactionByHash"):
            told = json.loads(answer.body).get("result") or {}
            if int(told.get("blockNumber") or "0x0", 16) > head:
                return _unknown(body, state=False)
        return answer


@contextmanager
def storming(storm: Storm) -> Iterator[str]:
    """The URL under which a storm's source is reached, for as long as a ``with`` block lasts."""
    with storm._http, serve(storm) as url:
        yield url


REFUSALS: Final[Mapping[str, Reply]] = {
    "reset": reply(None),
    "500": Reply(500, b"Internal Server Error", "text/plain"),
    "502": Reply(502, HTML, "text/html"),
    "html": Reply(200, CHALLENGE, "text/html"),
    "empty": Reply(200, b""),
    "429": Reply(429, b"Too Many Requests", "text/plain"),
    "429 later": Reply(429, b"Too Many Requests", "text/plain", (("Retry-After", "1"),)),
}


def _name(request: Request) -> str:
    body = request.body
    return str(body["method"]) if isinstance(body, dict) and "method" in body else request.path


def _call(method: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": []}


def _unknown(body: Mapping[str, Any], *, state: bool) -> Reply:
    """Of a block nobody has heard of: no block, or an error where its state was asked for."""
    told: dict[str, Any] = {"error": {"code": -32000, "message": "header not found"}} if state else {"result": None}
    return reply({"jsonrpc": "2.0", "id": body.get("id"), **told})


def _tag(tag: Any, head: int, final: int) -> Any:
    if tag in LATEST:
        return hex(head)
    if tag in ("finalized", "safe"):
        return hex(max(0, head - (final if tag == "finalized" else final // 2)))
    return tag


def _clipped(asked: Mapping[str, Any], head: int, final: int) -> dict[str, Any]:
    """A log filter that ends at the head: this is what nodes do, without a word."""
    if "blockHash" in asked:
        return dict(asked)
    ends = {name: _tag(asked.get(name, "latest"), head, final) for name in ("fromBlock", "toBlock")}
    ends["toBlock"] = hex(min(int(ends["toBlock"], 16), head))
    return {**asked, **ends}


def _doubled(request: Request, told: Any) -> Any:
    if _name(request) == "eth_getLogs" and isinstance(told.get("result"), list):
        return {**told, "result": [log for log in told["result"] for _ in range(2)]}
    return told


def _elsewhere(request: Request, told: Any) -> Any:
    """As of another chain: its number, its blocks, and nothing of ours in them."""
    name, result = _name(request), told.get("result") if isinstance(told, dict) else None
    if name == "eth_chainId":
        return {**told, "result": "0x2a"}
    if name in ("eth_getLogs", "eth_getBlockReceipts"):
        return {**told, "result": []}
    if isinstance(result, dict) and "hash" in result and "transactions" in result:
        other = {one: "0x" + "dead" + result[one][6:] for one in ("hash", "parentHash")}
        return {**told, "result": {**result, **other, "transactions": []}}
    if isinstance(told, dict) and "blockID" in told:
        return {**told, "blockID": told["blockID"][:16] + "dead" + told["blockID"][20:], "transactions": []}
    return told
