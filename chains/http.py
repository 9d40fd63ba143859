"""The one polite client every source speaks through.

Public explorers are shared and small, so the client keeps each endpoint's pace, retries only what a retry can help,
obeys `Retry-After` and suspension texts for *all* requests to that endpoint, asks the same thing once, and stops asking
an endpoint that is gone. Every answer goes to an `Evidence` before anyone reads it, and every question is first put to
that evidence: that one mechanism is the cache, the resume, the offline replay and the court exhibit.

Keys are added when a request is sent, after its evidence key was made, so they cannot reach evidence or errors.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Any, NamedTuple, Protocol, Self

import httpx
from aiolimiter import AsyncLimiter
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type

from chains.errors import (
    AuthRefused,
    Down,
    NotInEvidence,
    QuotaSpent,
    Scope,
    SourceError,
    SplitRange,
    Throttled,
    Unsupported,
)


class Kind(StrEnum):
    """Every answer is exactly one of these."""

    OK = "ok"
    EMPTY = "empty"
    PARTIAL = "partial"
    THROTTLED = "throttled"
    QUOTA = "quota"
    UNSUPPORTED = "unsupported"
    AUTH = "auth"
    SPLIT_RANGE = "split-range"
    DOWN = "down"


USABLE = frozenset({Kind.OK, Kind.EMPTY, Kind.PARTIAL})
FINAL = USABLE | {Kind.SPLIT_RANGE, Kind.UNSUPPORTED}
"""Kinds that asking again would not change, so a resumed case does not ask again."""


class Verdict(NamedTuple):
    """A classifier's reading of one answer. ``wait``: seconds the source asked for. ``suggest``: blocks it offered."""

    kind: Kind
    detail: str = ""
    wait: float | None = None
    scope: Scope = "request"
    suggest: tuple[int, int] | None = None


Classify = Callable[[int, Mapping[str, str], bytes], Verdict]
"""(status, lower-case headers, body) → verdict; pure, so that a stored answer is read the same way ever after."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One base URL and how to treat it. ``secret_*`` are added on sending and never stored."""

    name: str
    url: str
    rate: float
    concurrency: int = 8
    timeout: float = 30.0
    secret_params: Mapping[str, str] = field(default_factory=dict, repr=False)
    secret_headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Ask:
    """One question, without secrets. ``path`` is appended to the endpoint's URL; ``body`` is sent as JSON."""

    endpoint: Endpoint
    classify: Classify
    method: str = "GET"
    path: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    lines: bool = False
    """The answer is one JSON value per line; `Answer.data` is their list."""

    @property
    def key(self) -> str:
        """What this question is, independent of host and key: a case made against one host replays against none."""
        query = "&".join(f"{name}={value}" for name, value in sorted(self.params.items()))
        body = "" if self.body is None else " " + canonical_json(self.body)
        return f"{self.endpoint.name} {self.method} {self.path}?{query}{body}"


class Stored(NamedTuple):
    """One kept answer. ``status`` is None when no HTTP answer came; then ``kind`` and ``detail`` say what happened."""

    raw: int
    status: int | None
    headers: Mapping[str, str]
    body: bytes
    kind: str
    detail: str


class Evidence(Protocol):
    """Where answers are kept. ``offline`` forbids the network."""

    offline: bool

    def find(self, key: str) -> Stored | None:
        """The last answer kept for this question."""
        ...

    def keep(self, ask: Ask, status: int | None, headers: Mapping[str, str], body: bytes, verdict: Verdict) -> int:
        """Store one answer for good and return its id."""
        ...


class Answer(NamedTuple):
    """A usable answer: its stored id, its kind (ok, empty, partial), and the JSON in it."""

    raw: int
    kind: Kind
    data: Any
    detail: str = ""


KEPT_HEADERS = ("content-type", "retry-after", "x-ratelimit-reset")
BACKOFF = 0.4
TRIES = {Kind.DOWN: 5, Kind.THROTTLED: 10}
NO_ANSWER_TRIES = 3
HOPELESS = 12
"""Questions in a row that an endpoint may fail, each after all its tries, before it is not asked again in this run.

Many, because single histories may fail for reasons of their own; silence closes it at once."""
LONGEST_WAIT = 120.0


class _Again(Exception):
    """Inside the client: this try failed in a way another try may mend."""

    def __init__(self, verdict: Verdict, *, answered: bool) -> None:
        super().__init__(verdict.detail)
        self.verdict, self.answered = verdict, answered


class _Gate:
    """One endpoint's pace: a token bucket without bursts, a concurrency limit, a suspension, and a breaker."""

    def __init__(self, endpoint: Endpoint) -> None:
        # 1.5 % slower than allowed: requests that leave evenly do not arrive quite evenly.
        self.limiter = AsyncLimiter(1, 1.015 / endpoint.rate)
        self.slots = asyncio.Semaphore(endpoint.concurrency)
        self.suspended_until = 0.0
        self.failures = 0
        self.closed: Verdict | None = None

    async def __aenter__(self) -> None:
        await self.slots.acquire()
        try:
            while True:
                await self.limiter.acquire()
                delay = self.suspended_until - asyncio.get_running_loop().time()
                if delay <= 0:
                    return
                await asyncio.sleep(delay)
        except BaseException:
            self.slots.release()
            raise

    async def __aexit__(self, *_: object) -> None:
        self.slots.release()

    def suspend(self, seconds: float) -> None:
        until = asyncio.get_running_loop().time() + seconds
        self.suspended_until = max(self.suspended_until, until)


Gates = dict[str, _Gate]
"""Paces by endpoint. Clients of one event loop that are given the same ones keep them together."""


class Client:
    """Asks questions. Use as an async context manager; one per run."""

    def __init__(
        self,
        evidence: Evidence,
        transport: httpx.AsyncBaseTransport | None = None,
        on_request: Callable[[str], None] = lambda _: None,
        gates: Gates | None = None,
    ) -> None:
        self.evidence = evidence
        self._http = httpx.AsyncClient(
            transport=transport,
            follow_redirects=False,
            headers={"accept": "application/json", "user-agent": "stolen-funds-tracer"},
        )
        self._gates: Gates = {} if gates is None else gates
        self._flying: dict[str, asyncio.Task[Answer]] = {}
        self._on_request = on_request
        self._asked: set[str] = set()

    @property
    def questions(self) -> int:
        """Different questions put so far, whether the evidence or the network answered."""
        return len(self._asked)

    def reopen(self) -> None:
        """Let endpoints that were given up be asked again, and count questions from nil.

        A run of months must do so now and then: hosts come back, and the questions would fill the memory. Whoever asked
        for time still gets it.
        """
        for gate in self._gates.values():
            gate.failures, gate.closed = 0, None
        self._asked.clear()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._flying.values():
            task.cancel()
        await self._http.aclose()

    async def ask(self, ask: Ask) -> Answer:
        """The answer to one question, from the evidence or the network.

        Raises:
            SourceError: the subclass that says what came instead of an answer.
        """
        key = ask.key
        self._asked.add(key)
        flying = self._flying.get(key)
        if flying is None:
            flying = asyncio.create_task(self._ask(ask, key))
            self._flying[key] = flying
            flying.add_done_callback(partial(self._landed, key))
        return await asyncio.shield(flying)

    def _landed(self, key: str, task: asyncio.Task[Answer]) -> None:
        """Forget a question that ended. Where nobody waits for it any more, its failure is nobody's."""
        self._flying.pop(key, None)
        if not task.cancelled():
            task.exception()

    async def _ask(self, ask: Ask, key: str) -> Answer:
        stored = self.evidence.find(key)
        if stored is not None and (self.evidence.offline or stored.kind in FINAL):
            return _read(ask, stored.raw, _verdict_of(ask, stored), stored.body)
        if self.evidence.offline:
            raise NotInEvidence(ask.endpoint.name, _what(ask))
        gate = self._gates.setdefault(ask.endpoint.name, _Gate(ask.endpoint))
        return await self._with_retries(ask, gate)

    async def _with_retries(self, ask: Ask, gate: _Gate) -> Answer:
        try:
            async for attempt in AsyncRetrying(
                retry=retry_if_exception_type(_Again), stop=_give_up, wait=_pause, sleep=asyncio.sleep, reraise=True
            ):
                with attempt:
                    if gate.closed is not None:
                        # Kept like an answer: offline, the last thing kept is what the question ends with.
                        self.evidence.keep(ask, None, {}, b"", gate.closed)
                        raise _error(ask, gate.closed)
                    answer = await self._once(ask, gate)
                    gate.failures = 0
                    return answer
        except _Again as last:
            self._note_failure(gate, last)
            raise _error(ask, last.verdict) from None
        except (QuotaSpent, AuthRefused) as final:
            if final.scope == "source":
                gate.closed = Verdict(
                    Kind.QUOTA if isinstance(final, QuotaSpent) else Kind.AUTH, final.detail, scope="source"
                )
            raise
        raise AssertionError("unreachable: tenacity returns or raises")

    def _note_failure(self, gate: _Gate, last: _Again) -> None:
        gate.failures += 1
        if not last.answered or gate.failures >= HOPELESS:
            gate.closed = Verdict(last.verdict.kind, "not asked again after it failed", scope="source")

    async def _once(self, ask: Ask, gate: _Gate) -> Answer:
        async with gate:
            self._on_request(ask.endpoint.name)
            try:
                response = await self._http.request(
                    ask.method,
                    ask.endpoint.url + ask.path,
                    params={**ask.params, **ask.endpoint.secret_params} or None,
                    headers=dict(ask.endpoint.secret_headers),
                    json=ask.body,
                    timeout=httpx.Timeout(ask.endpoint.timeout, connect=min(4.0, ask.endpoint.timeout)),
                )
            except (httpx.TransportError, httpx.DecodingError) as failure:
                answered = isinstance(failure, httpx.RemoteProtocolError | httpx.ReadError | httpx.DecodingError)
                verdict = Verdict(Kind.DOWN, type(failure).__name__)
                self.evidence.keep(ask, None, {}, b"", verdict)
                raise _Again(verdict, answered=answered) from None
        headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
        body = _without_secrets(response.content, ask.endpoint)
        verdict = _classified(ask, response.status_code, headers, body)
        raw = self.evidence.keep(ask, response.status_code, headers, body, verdict)
        if verdict.kind in (Kind.THROTTLED, Kind.DOWN):
            if verdict.kind is Kind.THROTTLED:
                gate.suspend(min(verdict.wait if verdict.wait is not None else BACKOFF, LONGEST_WAIT))
            raise _Again(verdict, answered=True)
        return _read(ask, raw, verdict, body)


def canonical_json(value: Any) -> str:
    """JSON with one spelling per value: sorted keys, no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _classified(ask: Ask, status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    verdict = ask.classify(status, headers, body)
    if verdict.wait is None and verdict.kind is Kind.THROTTLED:
        after = headers.get("retry-after", "")
        if after.isdigit():
            return verdict._replace(wait=float(after))
    return verdict


def _verdict_of(ask: Ask, stored: Stored) -> Verdict:
    if stored.status is None:
        return Verdict(Kind(stored.kind), stored.detail)
    return _classified(ask, stored.status, stored.headers, stored.body)


def _read(ask: Ask, raw: int, verdict: Verdict, body: bytes) -> Answer:
    if verdict.kind not in USABLE:
        raise _error(ask, verdict)
    try:
        data = [json.loads(line) for line in body.splitlines() if line] if ask.lines else json.loads(body or b"null")
    except (ValueError, RecursionError) as failure:
        raise Down(ask.endpoint.name, _what(ask), f"unreadable answer ({type(failure).__name__})") from None
    return Answer(raw, verdict.kind, data, verdict.detail)


_ERRORS: Mapping[Kind, type[SourceError]] = {
    Kind.THROTTLED: Throttled,
    Kind.QUOTA: QuotaSpent,
    Kind.UNSUPPORTED: Unsupported,
    Kind.AUTH: AuthRefused,
    Kind.DOWN: Down,
}


def _error(ask: Ask, verdict: Verdict) -> SourceError:
    what = _what(ask)
    if verdict.kind is Kind.SPLIT_RANGE:
        return SplitRange(ask.endpoint.name, what, verdict.detail, verdict.scope, verdict.suggest)
    return _ERRORS[verdict.kind](ask.endpoint.name, what, verdict.detail, verdict.scope)


def _what(ask: Ask) -> str:
    """A short name of the question for messages: the action or method, and the address or hash it is about."""
    body = ask.body if isinstance(ask.body, dict) else {}
    verb = ask.params.get("action") or body.get("method") or ask.path or ask.method
    about = ask.params.get("address") or ask.params.get("txhash") or body.get("value") or ""
    return f"{verb} {about}".strip()


def _without_secrets(body: bytes, endpoint: Endpoint) -> bytes:
    for secret in (*endpoint.secret_params.values(), *endpoint.secret_headers.values()):
        if len(secret) >= 8:
            body = body.replace(secret.encode(), b"***")
    return body


def _give_up(state: RetryCallState) -> bool:
    failure = state.outcome.exception() if state.outcome else None
    if not isinstance(failure, _Again):
        return True
    if not failure.answered:
        return state.attempt_number >= NO_ANSWER_TRIES
    return state.attempt_number >= TRIES[failure.verdict.kind]


def _pause(state: RetryCallState) -> float:
    failure = state.outcome.exception() if state.outcome else None
    if isinstance(failure, _Again) and failure.verdict.kind is Kind.THROTTLED:
        return random.uniform(0, BACKOFF)  # the gate holds everyone for as long as the source asked
    return float(min(BACKOFF * 2 ** (state.attempt_number - 1), 8.0)) * random.uniform(0.5, 1.0)
