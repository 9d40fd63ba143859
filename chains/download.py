"""Downloading one file of somebody else's, however long it takes: resumed, limited, and whole or not at all.

What has come so far lies in ``NAME.part``, and beside it, in ``NAME.part.tag``, of which state of the file it is. The
next try, or the next run after a kill, asks for the rest of that state only; where the file has changed meanwhile, the
server sends it whole and it begins anew. The name itself appears when every byte is there.

Nobody is trusted: a server may send a page instead of the file, more than was agreed, less than it announced, or the
reader on to somewhere else.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

import httpx
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type

from chains.errors import ChainError, Down, Malformed, NotFound, Throttled, Unsupported

T = TypeVar("T")

TRIES: Final = 5
"""Tries in a row that bring nothing new before it is given up."""

MOST_TRIES: Final = 200
BACKOFF: Final = 1
LONGEST_WAIT: Final = 120
REDIRECTS: Final = 5
TIMEOUT: Final = 60
SMALL: Final = 4_000_000
HERE: Final = "127.0.0.1"
"""The one host that may be asked without encryption: this machine."""

_HTML: Final = re.compile(rb"\s*<(!doctype\s+html|html|head|body|!--)", re.IGNORECASE)
_RANGE: Final = re.compile(r"bytes ([0-9]+)-[0-9]+/([0-9]+)")
_REFUSED: Final = frozenset({401, 402, 403, 451})
_GONE: Final = frozenset({404, 410})

OnProgress = Callable[[int, int | None], None]
"""(bytes that are there, bytes in all where the server says)."""


class Got(NamedTuple):
    """A downloaded file: the URL that was asked for, the SHA-256 (hex) of its bytes, and how many they are."""

    url: str
    sha256: str
    size: int


class _Again(Exception):
    """Inside this module: another try may help. ``error`` is what to raise when none does."""

    def __init__(self, error: ChainError, wait: int | None = None) -> None:
        super().__init__(str(error))
        self.error, self.wait = error, wait


@dataclass(slots=True)
class _Patience:
    """How often it was tried, and how often since anything new came."""

    tries: int = 0
    fruitless: int = 0

    def spent(self, _: RetryCallState) -> bool:
        self.tries, self.fruitless = self.tries + 1, self.fruitless + 1
        return self.fruitless >= TRIES or self.tries >= MOST_TRIES


async def download(
    url: str,
    target: Path,
    *,
    most_bytes: int,
    hosts: Collection[str] = (),
    transport: httpx.AsyncBaseTransport | None = None,
    on_progress: OnProgress = lambda _done, _whole: None,
) -> Got:
    """Put the file at ``url`` at ``target``, going on with what is there. It may redirect to its host and to ``hosts``.

    Raises:
        NotFound: the server knows no such file.
        Malformed: a web page, more than ``most_bytes``, or a redirect to elsewhere; what had come is deleted.
        SourceError: it could not be had now; what has come stays for the next try.
    """
    job = _Job(url, target.with_name(f"{target.name}.part"), most_bytes, on_progress)
    async with _client(transport) as http:
        await _patiently(job.patience, lambda: job.go_on(http, hosts))
    size = job.part.stat().st_size
    with job.part.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    job.part.replace(target)
    job.tag.unlink(missing_ok=True)
    return Got(url, sha256, size)


async def fetch_small(
    url: str,
    *,
    hosts: Collection[str] = (),
    most_bytes: int = SMALL,
    transport: httpx.AsyncBaseTransport | None = None,
) -> bytes:
    """The bytes of a small answer, such as a page that says where a file is. Raises as `download` does."""

    async def once() -> bytes:
        async with _answer(http, url, {}, hosts) as response:
            _check_status(response, url, {200})
            return b"".join([chunk async for chunk in _chunks(response, url, 0, most_bytes)])

    async with _client(transport) as http:
        return await _patiently(_Patience(), once)


class _Job:
    """One download: where its part is, and how to go on with it."""

    def __init__(self, url: str, part: Path, most_bytes: int, on_progress: OnProgress) -> None:
        self.url, self.part, self.most_bytes, self.on_progress = url, part, most_bytes, on_progress
        self.tag = part.with_name(f"{part.name}.tag")
        self.patience = _Patience()

    async def go_on(self, http: httpx.AsyncClient, hosts: Collection[str]) -> None:
        """Ask for what is missing and append it until nothing is."""
        done, tag = self._there()
        headers = {"range": f"bytes={done}-", "if-range": tag} if tag else {}
        async with _answer(http, self.url, headers, hosts) as response:
            _check_status(response, self.url, {200, 206, 416})
            if response.status_code == 200:
                done = 0
            elif not (done and _continues(response, done, tag)):
                self._forget()
                raise _Again(Down(*_named(self.url), "it changed"))
            try:
                await self._write(response, done)
            except Malformed:
                self._forget()
                raise

    def _there(self) -> tuple[int, str]:
        """How many bytes are there, and of which state of the file; none where that is not known."""
        try:
            kept, tag = self.tag.read_text(encoding="utf-8").split("\n")
            done = self.part.stat().st_size
        except (OSError, ValueError):
            return 0, ""
        return (done, tag) if kept == self.url and tag and done else (0, "")

    async def _write(self, response: httpx.Response, done: int) -> None:
        whole = _whole(response, done)
        if whole is not None and whole > self.most_bytes:
            raise _too_much(self.url, self.most_bytes)
        with self.part.open("ab" if done else "wb") as file:
            if not done:
                self.tag.write_text(f"{self.url}\n{_tag(response)}", encoding="utf-8")
            async for chunk in _chunks(response, self.url, done, self.most_bytes):
                if not done and (_HTML.match(chunk) or "html" in response.headers.get("content-type", "")):
                    raise _malformed(self.url, "a web page instead of a file")
                file.write(chunk)
                done += len(chunk)
                self.patience.fruitless = 0
                self.on_progress(done, whole)
        if whole is not None and done != whole:
            raise _Again(Down(*_named(self.url), "it was cut off"))

    def _forget(self) -> None:
        self.part.unlink(missing_ok=True)
        self.tag.unlink(missing_ok=True)


def _client(transport: httpx.AsyncBaseTransport | None) -> httpx.AsyncClient:
    # Nothing packed on the way: lengths and ranges are those of the file, and nothing swells on arrival.
    headers = {"user-agent": "stolen-funds-tracer", "accept-encoding": "identity"}
    return httpx.AsyncClient(transport=transport, headers=headers, timeout=httpx.Timeout(TIMEOUT, connect=10))


async def _patiently(patience: _Patience, once: Callable[[], Awaitable[T]]) -> T:
    """Try until it comes, or until trying is no use."""
    retrying = AsyncRetrying(
        retry=retry_if_exception_type(_Again), stop=patience.spent, wait=_pause, sleep=asyncio.sleep, reraise=True
    )
    try:
        async for attempt in retrying:
            with attempt:
                return await once()
    except _Again as last:
        raise last.error from None
    raise AssertionError("unreachable: tenacity returns or raises")


@asynccontextmanager
async def _answer(
    http: httpx.AsyncClient, url: str, headers: dict[str, str], hosts: Collection[str]
) -> AsyncIterator[httpx.Response]:
    """The answer to a question, after redirects to places that are allowed."""
    request = http.build_request("GET", url, headers=headers)
    allowed = {request.url.host, *hosts}
    try:
        for _ in range(REDIRECTS):
            _check_place(request.url, url, allowed)
            response = await http.send(request, stream=True)
            try:
                if response.next_request is None:
                    yield response
                    return
                request = response.next_request
            finally:
                await response.aclose()
    except (httpx.TransportError, httpx.DecodingError) as failure:
        raise _Again(Down(*_named(url), type(failure).__name__)) from None
    except httpx.InvalidURL:
        raise _malformed(url, "a redirect that is no address") from None
    raise _malformed(url, "too many redirects")


def _check_place(place: httpx.URL, url: str, allowed: Collection[str]) -> None:
    secure = place.scheme == "https" or (place.scheme == "http" and place.host == HERE)
    if not secure or place.host not in allowed:
        raise _malformed(url, "a redirect to a place that is not known", f" → {place.scheme}://{place.host}")


def _check_status(response: httpx.Response, url: str, wanted: Collection[int]) -> None:
    status = response.status_code
    if status in wanted:
        if response.headers.get("content-encoding", "identity") != "identity":
            raise _malformed(url, "packed, though it was asked for as it is")
        return
    host, name = _named(url)
    if status in _GONE:
        raise NotFound(name, host)
    if status in _REFUSED:
        raise Unsupported(host, name, str(status))
    if status == 429:
        after = response.headers.get("retry-after", "")
        raise _Again(Throttled(host, name), int(after) if re.fullmatch("[0-9]{1,6}", after) else None)
    raise _Again(Down(host, name, str(status)))


def _continues(response: httpx.Response, done: int, tag: str) -> bool:
    """Is this the rest, of the same state, of what is there? A server that ignores If-Range would mix two states."""
    found = _RANGE.fullmatch(response.headers.get("content-range", ""))
    return found is not None and int(found[1]) == done and _tag(response) == tag


def _tag(response: httpx.Response) -> str:
    """What names this state of the file: a strong ETag, else its date; "" where it cannot be gone on with."""
    etag: str = response.headers.get("etag", "")
    return etag if etag.startswith('"') else response.headers.get("last-modified", "")


def _whole(response: httpx.Response, done: int) -> int | None:
    """How long the whole file is, where the server says so."""
    found = _RANGE.fullmatch(response.headers.get("content-range", ""))
    if done and found:
        return int(found[2])
    length = response.headers.get("content-length", "")
    return int(length) if re.fullmatch("[0-9]{1,15}", length) else None


async def _chunks(response: httpx.Response, url: str, done: int, most_bytes: int) -> AsyncIterator[bytes]:
    async for chunk in response.aiter_raw():
        done += len(chunk)
        if done > most_bytes:
            raise _too_much(url, most_bytes)
        yield chunk


def _too_much(url: str, most_bytes: int) -> Malformed:
    return _malformed(url, f"more than {most_bytes} bytes")


def _malformed(url: str, why: str, more: str = "") -> Malformed:
    host, name = _named(url)
    return Malformed(host, why, name + more)


def _named(url: str) -> tuple[str, str]:
    """Host and file of a URL, for messages; what stands in its query is nobody's business."""
    place = httpx.URL(url)
    return place.host, place.path.rpartition("/")[2] or "/"


def _pause(state: RetryCallState) -> int:
    failure = state.outcome.exception() if state.outcome else None
    if isinstance(failure, _Again) and failure.wait is not None:
        return min(failure.wait, LONGEST_WAIT)
    return min(BACKOFF << min(state.attempt_number - 1, 5), LONGEST_WAIT)
