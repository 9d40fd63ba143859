"""The front desk of every stand-in: counts requests, refuses above the pace, and goes wrong on purpose.

Kept apart from what is answered, so that each API has the same troubles in its own words. Everything here depends only
on the seed and the number of the request, so a failing run can be run again.
"""

from __future__ import annotations

import asyncio
import json
import random
import socket
import struct
import time
from collections import Counter as Tally
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

HTML = b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><h1>502 Bad Gateway</h1></body></html>"
CHALLENGE = (
    b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Checking your browser</body></html>"
)


class Request(NamedTuple):
    """One request. ``params`` as spelled, last one wins; ``skip`` asks the handler to lose that many pages."""

    method: str
    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any
    skip: int = 0


class Reply(NamedTuple):
    """One answer, whole."""

    status: int
    body: bytes
    content_type: str = "application/json; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()


def reply(value: Any, status: int = 200) -> Reply:
    """A JSON answer."""
    return Reply(status, json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode())


@dataclass(frozen=True)
class Dialect:
    """How one API names its histories and words its troubles.

    ``subject`` names the history a request asks for ("tokentx 0x…"), empty for anything else. ``throttled`` is the
    refusal above the pace; ``suspend`` the seconds it then refuses everything. ``troubles`` are whole replies.
    """

    subject: Callable[[Request], str]
    throttled: Callable[[float], Reply]
    troubles: Mapping[str, Reply]
    suspend: float = 0.0


COMMON_TROUBLES = {
    "500": Reply(500, b"Internal Server Error", "text/plain"),
    "502": Reply(502, HTML, "text/html"),
    "html": Reply(200, CHALLENGE, "text/html"),
    "empty": Reply(200, b""),
}
BROKEN = ("cut", "torn", "reset")
"""Troubles of the wire: half the JSON, half the announced bytes, and a connection reset."""


@dataclass
class Faults:
    """What goes wrong. ``share`` of the requests fail at random, by ``seed`` and request number.

    ``kinds`` limits the troubles (default: all of the dialect and of the wire). ``dead_after``: connections are reset
    from that request on. ``duplicate`` and ``missing``: numbers of history pages that repeat the page before, or lose
    one page of rows. ``at`` runs something before a request is answered, for example a reorg.
    """

    seed: int = 0
    share: float = 0.05
    kinds: tuple[str, ...] = ()
    dead_after: int | None = None
    duplicate: frozenset[int] = frozenset()
    missing: frozenset[int] = frozenset()
    at: Mapping[int, Callable[[], None]] = field(default_factory=dict)

    def trouble(self, number: int, dialect: Dialect) -> str:
        """The trouble of this request, empty for none."""
        if self.dead_after is not None and number >= self.dead_after:
            return "reset"
        dice = random.Random(f"{self.seed}|{number}")
        if dice.random() >= self.share:
            return ""
        return dice.choice(self.kinds or (*sorted(dialect.troubles), *BROKEN))


class Seen(NamedTuple):
    """One request that arrived: when (monotonic seconds), what, which history it was about, what happened to it."""

    at: float
    key: str
    subject: str
    outcome: str


@dataclass
class Counter:
    """Every request that arrived, in order; ``outcome`` is ``ok``, ``refused`` or the trouble's name."""

    seen: list[Seen] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.seen)

    @property
    def refusals(self) -> int:
        """Requests refused for coming too fast."""
        return sum(seen.outcome == "refused" for seen in self.seen)

    def by_key(self) -> Tally[str]:
        """How often each distinct request came."""
        return Tally(seen.key for seen in self.seen)

    def histories(self) -> set[str]:
        """Which histories were asked for; their number is the published "fetched"."""
        return {seen.subject for seen in self.seen if seen.subject}


class StandIn:
    """An ASGI application: one handler behind one desk."""

    def __init__(
        self,
        handler: Callable[[Request], Reply],
        dialect: Dialect,
        *,
        rate: float | None = None,
        faults: Faults | None = None,
        latency: float = 0.0,
    ) -> None:
        self.handler, self.dialect, self.rate, self.latency = handler, dialect, rate, latency
        self.faults = faults or Faults(share=0.0)
        self.counter = Counter()
        self._window: deque[float] = deque()
        self._suspended_until = 0.0
        self._pages = 0
        self._last_page: dict[str, Reply] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        if scope["type"] != "http":
            return
        request = await _read(scope, receive)
        number, now = len(self.counter), time.monotonic()
        subject = self.dialect.subject(request)
        if number in self.faults.at:
            self.faults.at[number]()
        outcome = "refused" if self._too_fast(now) else self.faults.trouble(number, self.dialect) or "ok"
        self.counter.seen.append(Seen(now, _key(request), subject, outcome))
        if self.latency:
            await asyncio.sleep(self.latency)
        answer = self._answer(request, subject, outcome)
        await _send(answer, outcome, send)

    def _answer(self, request: Request, subject: str, outcome: str) -> Reply:
        if outcome == "refused":
            return self.dialect.throttled(self.rate or 0)
        if outcome in self.dialect.troubles:
            return self.dialect.troubles[outcome]
        if outcome == "reset":
            return reply(None)
        return self._page(request, subject) if subject else self.handler(request)

    def _page(self, request: Request, subject: str) -> Reply:
        number = self._pages
        self._pages += 1
        if number in self.faults.duplicate and subject in self._last_page:
            return self._last_page[subject]
        page = self.handler(request._replace(skip=1) if number in self.faults.missing else request)
        self._last_page[subject] = page
        return page

    def _too_fast(self, now: float) -> bool:
        if self.rate is None:
            return False
        if now < self._suspended_until:
            return True
        while self._window and self._window[0] <= now - 1.0:
            self._window.popleft()
        if len(self._window) >= self.rate:
            self._suspended_until = now + self.dialect.suspend
            return True
        self._window.append(now)
        return False


async def _read(scope: Scope, receive: Receive) -> Request:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    params = dict(parse_qsl(scope["query_string"].decode(), keep_blank_values=True))
    headers = {name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]}
    try:
        data = json.loads(body) if body else None
    except ValueError:
        data = None
    return Request(scope["method"], scope["path"], params, headers, data)


def _key(request: Request) -> str:
    query = "&".join(f"{name}={value}" for name, value in sorted(request.params.items()) if name != "apikey")
    body = "" if request.body is None else " " + json.dumps(request.body, sort_keys=True)
    return f"{request.method} {request.path}?{query}{body}"


async def _send(answer: Reply, outcome: str, send: Send) -> None:
    if outcome == "reset":
        _reset(send)
        return
    body = answer.body[: len(answer.body) // 2] if outcome in ("cut", "torn") else answer.body
    length = len(answer.body) if outcome == "torn" else len(body)
    headers = [(b"content-type", answer.content_type.encode()), (b"content-length", str(length).encode())]
    headers += [(name.encode(), value.encode()) for name, value in answer.headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": outcome == "torn"})


def _reset(send: Send) -> None:
    transport = send.__self__.transport  # type: ignore[attr-defined]  # uvicorn's request cycle owns `send`
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
