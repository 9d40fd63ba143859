"""The polite client: its pace, what it asks again and what not, and what of a question and its key is kept."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Callable, Mapping
from itertools import pairwise

import httpx
import pytest

from chains.errors import (
    AuthRefused,
    ChainError,
    Down,
    NotInEvidence,
    QuotaSpent,
    SourceError,
    SplitRange,
    Throttled,
    Unsupported,
)
from chains.http import FINAL, TRIES, Ask, Client, Endpoint, Kind, Verdict
from tests.chains.memory_evidence import MemoryEvidence

CANARY = "CANARY-key-0123456789"


def classify(status: int, headers: Mapping[str, str], body: bytes) -> Verdict:
    """The verdict is the body's ``kind``; whatever is no such JSON is down."""
    try:
        said = json.loads(body.splitlines()[0] if body else b"null")
        return Verdict(
            Kind(said["kind"]), said.get("detail", ""), said.get("wait"), said.get("scope", "request"),
            tuple(said["suggest"]) if "suggest" in said else None,
        )  # fmt: skip
    except (ValueError, KeyError, TypeError):
        return Verdict(Kind.DOWN, f"HTTP {status}")


Answering = Callable[[httpx.Request], httpx.Response]


class Server:
    """A transport that answers in order from a script, remembering when which request came."""

    def __init__(self, *answers: Answering | dict[str, object] | Exception, latency: float = 0.0) -> None:
        self.script = deque(answers)
        self.latency = latency
        self.seen: list[tuple[float, httpx.Request]] = []
        self.busy = self.busiest = 0
        self.transport = httpx.MockTransport(self._answer)

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        self.seen.append((time.monotonic(), request))
        self.busy += 1
        self.busiest = max(self.busiest, self.busy)
        try:
            await asyncio.sleep(self.latency)
        finally:
            self.busy -= 1
        answer = self.script.popleft() if len(self.script) > 1 else self.script[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(200, json=answer) if isinstance(answer, dict) else answer(request)

    @property
    def times(self) -> list[float]:
        """When requests came."""
        return [moment for moment, _ in self.seen]


OK: dict[str, object] = {"kind": "ok", "result": 1}


def ask(number: int = 0, *, rate: float = 1000, name: str = "source", lines: bool = False, concurrency: int = 8) -> Ask:
    """A question with a number."""
    endpoint = Endpoint(
        name, "http://host.example/api", rate, concurrency=concurrency, timeout=5,
        secret_params={"apikey": CANARY}, secret_headers={"Authorization": f"Bearer {CANARY}"},
    )  # fmt: skip
    return Ask(endpoint, classify, params={"action": "list", "n": str(number)}, lines=lines)


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Waits of the client, made short; the list tells how long they were meant to be."""
    taken: list[float] = []
    sleep = asyncio.sleep

    async def nap(seconds: float, result: object = None) -> None:
        taken.append(seconds)
        await sleep(min(seconds, 0.001))

    monkeypatch.setattr("chains.http.asyncio.sleep", nap)
    return taken


@pytest.fixture
def evidence() -> MemoryEvidence:
    """Evidence in memory."""
    return MemoryEvidence()


@pytest.mark.parametrize(("rate", "count"), [(5.0, 14), (10.0, 24)])
async def test_pace_is_used_and_never_exceeded(evidence: MemoryEvidence, rate: float, count: int) -> None:
    """No second holds more than allowed, and nearly all is used; how nearly, on a quiet machine, is for the bench."""
    server = Server(OK, latency=0.002)
    async with Client(evidence, server.transport) as client:
        await asyncio.gather(*(client.ask(ask(number, rate=rate)) for number in range(count)))
    times = server.times
    assert (len(times) - 1) / (times[-1] - times[0]) >= 0.5 * rate
    for first, moment in enumerate(times):
        assert sum(1 for other in times[first:] if other < moment + 0.9) <= rate


async def test_pace_has_no_burst(evidence: MemoryEvidence) -> None:
    """Requests leave one by one, evenly: a source that counts by the tenth of a second has no cause to refuse."""
    server = Server(OK)
    async with Client(evidence, server.transport) as client:
        await asyncio.gather(*(client.ask(ask(number, rate=40)) for number in range(20)))
    assert min(after - before for before, after in pairwise(server.times)) > 0.5 / 40


async def test_concurrency_is_kept(evidence: MemoryEvidence) -> None:
    """No more requests are under way at once than the endpoint allows, and that many are."""
    server = Server(OK, latency=0.02)
    async with Client(evidence, server.transport) as client:
        await asyncio.gather(*(client.ask(ask(number, concurrency=3)) for number in range(12)))
    assert server.busiest == 3


async def test_endpoints_do_not_wait_for_each_other(evidence: MemoryEvidence) -> None:
    """A slow endpoint does not slow another one."""
    server = Server(OK)
    async with Client(evidence, server.transport) as client:
        await client.ask(ask(0, rate=0.2, name="slow"))
        started = time.monotonic()
        slow = asyncio.create_task(client.ask(ask(1, rate=0.2, name="slow")))
        await client.ask(ask(2, name="quick"))
        assert time.monotonic() - started < 4
        slow.cancel()


@pytest.mark.parametrize(
    ("trouble", "tries"),
    [
        ({"kind": "down"}, TRIES[Kind.DOWN]),
        ({"kind": "throttled", "wait": 0.01}, TRIES[Kind.THROTTLED]),
        ({"kind": "quota"}, 1),
        ({"kind": "auth"}, 1),
        ({"kind": "unsupported"}, 1),
        ({"kind": "split-range", "suggest": [3, 9]}, 1),
        (httpx.ConnectError("refused"), 3),
        (httpx.ConnectTimeout("slow"), 3),
        (httpx.ReadError("reset"), TRIES[Kind.DOWN]),
        (httpx.RemoteProtocolError("cut"), TRIES[Kind.DOWN]),
    ],
    ids=str,
)
async def test_asked_again_only_where_it_helps(
    evidence: MemoryEvidence, naps: list[float], trouble: dict[str, object] | Exception, tries: int
) -> None:
    """Down and throttled are asked again, and given up at last; what asking again cannot change is asked once."""
    server = Server(trouble)
    async with Client(evidence, server.transport) as client:
        with pytest.raises(SourceError):
            await client.ask(ask())
    assert len(server.seen) == tries
    assert len(evidence.kept) == tries


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({"kind": "down"}, Down), ({"kind": "throttled", "wait": 0}, Throttled), ({"kind": "quota"}, QuotaSpent),
        ({"kind": "auth"}, AuthRefused), ({"kind": "unsupported", "scope": "chain"}, Unsupported),
        ({"kind": "split-range", "suggest": [3, 9]}, SplitRange),
    ],
)  # fmt: skip
async def test_each_kind_is_its_error(
    evidence: MemoryEvidence, naps: list[float], said: dict[str, object], error: type[SourceError]
) -> None:
    """Every unusable kind is raised as its own error with its scope and suggestion, live and from the evidence."""
    server = Server({**said, "detail": "because"})
    for offline in (False, True):
        evidence.offline = offline
        async with Client(evidence, server.transport) as client:
            with pytest.raises(error) as raised:
                await client.ask(ask())
        assert raised.value.detail == "because"
        assert raised.value.scope == said.get("scope", "request")
        if isinstance(raised.value, SplitRange):
            assert raised.value.suggest == (3, 9)


async def test_a_trouble_that_passes_leaves_the_answer(evidence: MemoryEvidence, naps: list[float]) -> None:
    """After two failures the third answer is the answer; all three are kept, in order."""
    server = Server({"kind": "down"}, httpx.ReadError("reset"), OK)
    async with Client(evidence, server.transport) as client:
        answer = await client.ask(ask())
    assert (answer.data, answer.raw) == (OK, 3)
    assert [kept.stored.kind for kept in evidence.kept] == ["down", "down", "ok"]


async def test_waits_grow_and_are_spread(evidence: MemoryEvidence, naps: list[float]) -> None:
    """Between tries at a source that is down the wait grows, with jitter."""
    server = Server({"kind": "down"})
    async with Client(evidence, server.transport) as client:
        with pytest.raises(Down):
            await client.ask(ask())
    waits = [seconds for seconds in naps if seconds >= 0.1]
    assert len(waits) == TRIES[Kind.DOWN] - 1
    assert waits[-1] > 2 * waits[0]


async def test_a_suspension_holds_every_request(evidence: MemoryEvidence) -> None:
    """A wait that one request is told holds all requests of that endpoint, and no other's."""
    server = Server({"kind": "throttled", "wait": 0.5}, OK)
    async with Client(evidence, server.transport) as client:
        first = asyncio.create_task(client.ask(ask(0)))
        await asyncio.sleep(0.05)
        others = [asyncio.create_task(client.ask(ask(number))) for number in range(1, 6)]
        await client.ask(ask(9, name="other"))
        await asyncio.gather(first, *others)
    to_source = [moment for moment, request in server.seen if request.url.params["n"] != "9"]
    other = [moment for moment, request in server.seen if request.url.params["n"] == "9"]
    assert min(to_source[1:]) - to_source[0] >= 0.49
    assert other[0] - to_source[0] < 0.4


async def test_retry_after_is_obeyed(evidence: MemoryEvidence) -> None:
    """A Retry-After header holds the endpoint as a suspension text does."""

    def refuse(_: httpx.Request) -> httpx.Response:
        return httpx.Response(429, headers={"Retry-After": "1"}, json={"kind": "throttled"})

    server = Server(refuse, OK)
    async with Client(evidence, server.transport) as client:
        await client.ask(ask())
    assert server.times[1] - server.times[0] >= 0.99


async def test_an_absurd_wait_is_capped(evidence: MemoryEvidence, naps: list[float]) -> None:
    """A source that asks for a day's silence does not stop the program for a day."""
    server = Server({"kind": "throttled", "wait": 86_400}, {"kind": "quota"})
    async with Client(evidence, server.transport) as client:
        task = asyncio.create_task(client.ask(ask()))
        await asyncio.wait([task], timeout=0.3)
        task.cancel()
    assert max(naps) <= 120.0


async def test_a_dead_endpoint_is_not_asked_again(evidence: MemoryEvidence, naps: list[float]) -> None:
    """After an endpoint could not be reached, further questions fail at once and are recorded as not asked."""
    server = Server(httpx.ConnectError("refused"))
    async with Client(evidence, server.transport) as client:
        for number in range(20):
            with pytest.raises(Down):
                await client.ask(ask(number))
    assert len(server.seen) == 3
    assert [kept.stored.status for kept in evidence.kept] == [None] * len(evidence.kept)
    assert {kept.key for kept in evidence.kept} == {ask(number).key for number in range(20)}


async def test_a_flaky_question_does_not_close_the_endpoint(evidence: MemoryEvidence, naps: list[float]) -> None:
    """One question that keeps failing does not stop others that are answered."""

    def picky(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"kind": "down"} if request.url.params["n"] == "0" else OK)

    server = Server(picky)
    async with Client(evidence, server.transport) as client:
        for _ in range(2):
            with pytest.raises(Down):
                await client.ask(ask(0))
        assert (await client.ask(ask(1))).data == OK


@pytest.mark.parametrize("kind", ["quota", "auth"])
async def test_a_spent_source_is_not_asked_again(evidence: MemoryEvidence, kind: str) -> None:
    """A quota or key refusal that holds for the whole source ends asking it; one for a request does not."""
    server = Server({"kind": kind, "scope": "source"})
    async with Client(evidence, server.transport) as client:
        for number in range(5):
            with pytest.raises((QuotaSpent, AuthRefused)):
                await client.ask(ask(number))
    assert len(server.seen) == 1


async def test_one_flight_per_question(evidence: MemoryEvidence) -> None:
    """The same question asked by many at once is one request, and all get the same answer."""
    server = Server(OK, latency=0.02)
    async with Client(evidence, server.transport) as client:
        answers = await asyncio.gather(*(client.ask(ask()) for _ in range(10)))
        assert len(set(map(str, answers))) == 1
        assert (await client.ask(ask())).raw == answers[0].raw
        assert client.questions == 1
    assert len(server.seen) == len(evidence.kept) == 1


async def test_a_cancelled_asker_does_not_cancel_the_others(evidence: MemoryEvidence) -> None:
    """Who gives up waiting does not take the answer away from those who still wait."""
    server = Server(OK, latency=0.05)
    async with Client(evidence, server.transport) as client:
        first, second = asyncio.create_task(client.ask(ask())), asyncio.create_task(client.ask(ask()))
        await asyncio.sleep(0.01)
        first.cancel()
        assert (await second).data == OK


async def test_no_key_in_evidence_or_errors(evidence: MemoryEvidence, naps: list[float]) -> None:
    """A key goes out with the request and appears nowhere else, even when the answer echoes it."""

    def echo(request: httpx.Request) -> httpx.Response:
        assert request.url.params["apikey"] == CANARY
        assert request.headers["authorization"] == f"Bearer {CANARY}"
        kind = "auth" if request.url.params["n"] == "1" else "down"
        told = {"kind": kind, "detail": f"bad key {CANARY}", "url": str(request.url)}
        return httpx.Response(401, json=told, headers={"set-cookie": CANARY})

    server = Server(echo)
    said = []
    async with Client(evidence, server.transport) as client:
        for number in range(2):
            with pytest.raises(ChainError) as raised:
                await client.ask(ask(number))
            said.append(f"{raised.value} {raised.value!r} {raised.value.__context__!r}")
    for kept in evidence.kept:
        shown = f"{kept.key} {kept.stored} {kept.ask!r}"
        assert CANARY not in shown
    assert CANARY not in " ".join(said)


async def test_resume_asks_only_what_is_open(evidence: MemoryEvidence, naps: list[float]) -> None:
    """A second run takes final answers from the evidence and asks again only what had failed for the moment."""
    server = Server({"kind": "down"})
    async with Client(evidence, server.transport) as client:
        with pytest.raises(Down):
            await client.ask(ask(0))
    for number, kind in enumerate(["ok", "empty", "partial", "unsupported"], start=1):
        async with Client(evidence, Server({"kind": kind}).transport) as client:
            if Kind(kind) in FINAL - {Kind.UNSUPPORTED}:
                await client.ask(ask(number))
            else:
                with pytest.raises(Unsupported):
                    await client.ask(ask(number))
    second = Server(OK)
    async with Client(evidence, second.transport) as client:
        assert (await client.ask(ask(0))).data == OK
        for number in (1, 2, 3):
            assert (await client.ask(ask(number))).raw > 0
        with pytest.raises(Unsupported):
            await client.ask(ask(4))
    assert [request.url.params["n"] for _, request in second.seen] == ["0"]


async def test_offline_only_the_evidence_answers(evidence: MemoryEvidence) -> None:
    """Offline, what is there is answered as it was, and anything else is refused without a request."""
    server = Server(OK)
    async with Client(evidence, server.transport) as client:
        live = await client.ask(ask(0))
    evidence.offline = True
    async with Client(evidence, server.transport) as client:
        assert await client.ask(ask(0)) == live
        with pytest.raises(NotInEvidence):
            await client.ask(ask(1))
    assert len(server.seen) == 1


async def test_a_replay_needs_no_host(evidence: MemoryEvidence) -> None:
    """A question is the same whatever host it is put to, so a case read from one replays against none."""
    server = Server(OK)
    async with Client(evidence, server.transport) as client:
        await client.ask(ask(0))
    evidence.offline = True
    elsewhere = Ask(Endpoint("source", "http://offline.invalid", 1), classify, params={"n": "0", "action": "list"})
    async with Client(evidence, server.transport) as client:
        assert (await client.ask(elsewhere)).data == OK


async def test_lines(evidence: MemoryEvidence) -> None:
    """One JSON value per line is a list, with empty lines left out; the same from the evidence."""
    body = b'{"kind":"ok"}\n\n{"n":2}\r\n{"n":3}'
    server = Server(lambda _: httpx.Response(200, content=body))
    for offline in (False, True):
        evidence.offline = offline
        async with Client(evidence, server.transport) as client:
            assert (await client.ask(ask(lines=True))).data == [{"kind": "ok"}, {"n": 2}, {"n": 3}]


async def test_a_broken_encoding_is_down(evidence: MemoryEvidence) -> None:
    """An answer that cannot be unpacked is down and asked again, not a crash."""
    server = Server(httpx.DecodingError("not gzip"), OK)
    async with Client(evidence, server.transport) as client:
        assert (await client.ask(ask())).data == OK
    assert [kept.stored.kind for kept in evidence.kept] == ["down", "ok"]


async def test_every_request_is_told(evidence: MemoryEvidence, naps: list[float]) -> None:
    """Whoever looks on hears of each request, tries included."""
    heard: list[str] = []
    server = Server({"kind": "down"}, OK)
    async with Client(evidence, server.transport, heard.append) as client:
        await client.ask(ask())
    assert heard == ["source", "source"]


async def test_redirects_are_not_followed(evidence: MemoryEvidence, naps: list[float]) -> None:
    """A redirect, which could carry a key to another host, is an answer like any other and not followed."""
    server = Server(lambda _: httpx.Response(302, headers={"location": "http://evil.example/"}))
    async with Client(evidence, server.transport) as client:
        with pytest.raises(Down):
            await client.ask(ask())
    assert {request.url.host for _, request in server.seen} == {"host.example"}


def test_the_key_of_a_question() -> None:
    """A question is its endpoint's name, method, path, sorted parameters and body, however they were spelled."""
    endpoint = Endpoint("e", "http://x", 1)
    one = Ask(endpoint, classify, "POST", "/p", {"b": "2", "a": "1"}, {"y": 1, "x": [1, 2]})
    other = Ask(endpoint, classify, "POST", "/p", {"a": "1", "b": "2"}, {"x": [1, 2], "y": 1})
    assert one.key == other.key == 'e POST /p?a=1&b=2 {"x":[1,2],"y":1}'
    assert one.key != Ask(endpoint, classify, "POST", "/p", {"a": "1", "b": "2"}, {"x": [2, 1], "y": 1}).key


@pytest.mark.usefixtures("naps")
async def test_offline_ends_every_question_as_it_ended_when_a_source_died(evidence: MemoryEvidence) -> None:
    """Many questions under way when an endpoint goes silent: each fails offline in the very words it failed in then."""
    server = Server(httpx.ConnectError("gone"), latency=0.001)
    said: dict[bool, list[str]] = {}
    for offline in (False, True):
        evidence.offline = offline
        async with Client(evidence, server.transport) as client:
            failures = await asyncio.gather(*(client.ask(ask(number)) for number in range(30)), return_exceptions=True)
        said[offline] = [str(failure) for failure in failures]
    assert len(set(said[False])) > 1  # some were refused without being asked
    assert said[True] == said[False]
