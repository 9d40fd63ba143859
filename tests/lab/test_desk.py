"""The desk goes wrong exactly as told, refuses above the pace, and counts everything."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from tests.lab.desk import BROKEN, COMMON_TROUBLES, Dialect, Faults, Reply, Request, StandIn, reply
from tests.lab.serving import serve

TOO_FAST = reply({"result": "Max calls per sec rate limit reached"})
PAGES = 5


def dialect(suspend: float = 0.0) -> Dialect:
    return Dialect(lambda request: request.params.get("who", ""), lambda _: TOO_FAST, COMMON_TROUBLES, suspend)


def page(request: Request) -> Reply:
    return reply({"page": int(request.params.get("page", "0")) + request.skip, "filler": "x" * 200})


def app(faults: Faults | None = None, rate: float | None = None, suspend: float = 0.0) -> StandIn:
    return StandIn(page, dialect(suspend), rate=rate, faults=faults)


def outcomes(stand_in: StandIn, requests: int) -> list[str]:
    with serve(stand_in) as url, httpx.Client() as client:
        for _ in range(requests):
            try:
                client.get(url)
            except httpx.TransportError:
                continue
    return [seen.outcome for seen in stand_in.counter.seen]


def test_faults_are_the_same_for_the_same_seed() -> None:
    """Two runs with one seed go wrong at the same requests in the same way; another seed does not."""
    first, again = (outcomes(app(Faults(seed=1, share=0.3)), 40) for _ in range(2))
    assert first == again
    assert 4 <= sum(outcome != "ok" for outcome in first) <= 20
    assert outcomes(app(Faults(seed=2, share=0.3)), 40) != first


def cut(url: str) -> None:
    answer = httpx.get(url)
    assert answer.status_code == 200
    with pytest.raises(ValueError, match="Unterminated string"):
        answer.json()


def torn(url: str) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(url)


def reset(url: str) -> None:
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        httpx.get(url)


def empty(url: str) -> None:
    assert (httpx.get(url).status_code, httpx.get(url).content) == (200, b"")


def html(url: str) -> None:
    assert httpx.get(url).status_code == 200
    assert b"<html" in httpx.get(url).content


def server_error(url: str) -> None:
    assert httpx.get(url).status_code == 500


def gateway_error(url: str) -> None:
    assert httpx.get(url).status_code == 502
    assert b"<html" in httpx.get(url).content


CHECKS: dict[str, Callable[[str], None]] = {
    "cut": cut, "torn": torn, "reset": reset, "empty": empty, "html": html, "500": server_error, "502": gateway_error,
}  # fmt: skip


@pytest.mark.parametrize("kind", [*BROKEN, *COMMON_TROUBLES])
def test_every_trouble_looks_as_it_is_called(kind: str) -> None:
    """Each kind of trouble reaches a real HTTP client as the thing it is named after."""
    with serve(app(Faults(share=1.0, kinds=(kind,)))) as url:
        CHECKS[kind](url)


def test_dead_after_some_requests() -> None:
    """From the given request on, every connection is reset."""
    assert outcomes(app(Faults(share=0.0, dead_after=3)), 5) == ["ok"] * 3 + ["reset"] * 2


def test_pages_are_doubled_and_lost_on_demand() -> None:
    """History page 2 repeats page 1, page 3 is lost (page 4's rows come instead); other requests are no pages."""
    stand_in = app(Faults(share=0.0, duplicate=frozenset({2}), missing=frozenset({3})))
    with serve(stand_in) as url:
        httpx.get(url)
        pages = [httpx.get(url, params={"who": "0xa", "page": number}).json()["page"] for number in range(PAGES)]
    assert pages == [0, 1, 1, 4, 4]


def test_something_happens_before_a_request() -> None:
    """``at`` runs its callable once, before that request is answered."""
    happened: list[str] = []
    stand_in = app(Faults(share=0.0, at={1: lambda: happened.append("reorg")}))
    outcomes(stand_in, 1)
    assert happened == []
    outcomes(stand_in, 3)
    assert happened == ["reorg"]


def test_above_the_pace_is_refused_and_counted() -> None:
    """Of ten requests at once only four are served at four a second; the rest get the service's own refusal."""
    stand_in = app(rate=4)
    assert outcomes(stand_in, 10) == ["ok"] * 4 + ["refused"] * 6
    assert stand_in.counter.refusals == 6


def test_a_refusal_suspends() -> None:
    """Where a service suspends, even a slow request after a refusal is refused until the time is over."""
    stand_in = app(rate=1, suspend=60)
    assert outcomes(stand_in, 3) == ["ok", "refused", "refused"]


def test_the_counter_tells_histories_apart_and_forgets_keys() -> None:
    """Histories are counted by subject, requests by their parameters, and no key is kept."""
    stand_in = app()
    with serve(stand_in) as url:
        for who in ("0xa", "0xb", "0xa"):
            httpx.get(url, params={"who": who, "apikey": "secret"})
    assert stand_in.counter.histories() == {"0xa", "0xb"}
    assert sorted(stand_in.counter.by_key().values()) == [1, 2]
    assert "secret" not in str(stand_in.counter.seen)
