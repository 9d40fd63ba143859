"""A file arrives whole or not at all, and no byte is fetched twice that need not be."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from chains import download as module
from chains.download import Got, download, fetch_small
from chains.errors import Down, Malformed, NotFound, Throttled, Unsupported
from tests.lab.list_server import ListServer, Served
from tests.lab.serving import serve

MOST = 10_000_000
BODY = random.Random(7).randbytes(1_000_000)
OTHER = random.Random(8).randbytes(900_000)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BACKOFF", 0)


@pytest.fixture
def server() -> ListServer:
    return ListServer({"/list.zip": Served(BODY)})


@pytest.fixture
def url(server: ListServer) -> Iterator[str]:
    with serve(server) as base:
        yield f"{base}/list.zip"


def left(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


async def test_a_file_arrives_with_its_digest(url: str, tmp_path: Path) -> None:
    """Name, digest and size are those of the bytes that were served, progress reaches the end, nothing is left over."""
    told: list[tuple[int, int | None]] = []
    got = await download(url, tmp_path / "a", most_bytes=MOST, on_progress=lambda *one: told.append(one))
    assert got == Got(url, sha256(BODY).hexdigest(), len(BODY))
    assert (tmp_path / "a").read_bytes() == BODY
    assert told[-1] == (len(BODY), len(BODY))
    assert left(tmp_path) == ["a"]


@pytest.mark.parametrize("trouble", ["500", "503", "429", "429:0", "cut:0", "cut:70000", "cut:999999"])
async def test_a_second_try_mends_it(trouble: str, url: str, server: ListServer, tmp_path: Path) -> None:
    """Errors of the server, refusals for haste and a broken line are tried again."""
    server.troubles = [trouble]
    await download(url, tmp_path / "a", most_bytes=MOST)
    assert (tmp_path / "a").read_bytes() == BODY
    assert len(server.seen) == 2


async def test_a_broken_line_is_gone_on_from(url: str, server: ListServer, tmp_path: Path) -> None:
    """After a cut only the rest is asked for, however often it is cut, as long as something new comes."""
    server.troubles = ["cut:100000"] * 8
    await download(url, tmp_path / "a", most_bytes=MOST)
    assert (tmp_path / "a").read_bytes() == BODY
    begins = [int(asked.removeprefix("bytes=").removesuffix("-") or 0) for _, asked in server.seen]
    assert begins == sorted(set(begins))
    assert len(begins) == 9


@pytest.mark.parametrize("file", [Served(BODY, dated=True), Served(BODY, bare=True)])
async def test_what_names_a_state_decides_about_going_on(
    file: Served, url: str, server: ListServer, tmp_path: Path
) -> None:
    """A date will do to go on with; a file whose state has no name is fetched from its beginning."""
    server.files["/list.zip"] = file
    server.troubles = ["cut:500000"]
    await download(url, tmp_path / "a", most_bytes=MOST)
    assert (tmp_path / "a").read_bytes() == BODY
    assert bool(server.seen[1][1]) is file.dated


@pytest.mark.parametrize("later", [OTHER, BODY[:200_000]])
async def test_a_file_that_changes_midway_begins_anew(
    later: bytes, url: str, server: ListServer, tmp_path: Path
) -> None:
    """Two states are never mixed: the new one comes whole, be it longer or shorter than what was there."""
    server.later["/list.zip"] = Served(later)
    server.troubles = ["cut:300000", "change"]
    await download(url, tmp_path / "a", most_bytes=MOST)
    assert (tmp_path / "a").read_bytes() == later


async def test_a_server_that_ignores_if_range_is_seen_through(
    url: str, server: ListServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest of another state is not appended, though the server offers it as the rest."""
    monkeypatch.setattr(module, "MOST_TRIES", 1)
    server.troubles = ["cut:300000"]
    with pytest.raises(Down):
        await download(url, tmp_path / "a", most_bytes=MOST)
    monkeypatch.undo()
    monkeypatch.setattr(module, "BACKOFF", 0)
    server.files["/list.zip"] = Served(OTHER)
    server.troubles = ["stubborn"]
    await download(url, tmp_path / "a", most_bytes=MOST)
    assert (tmp_path / "a").read_bytes() == OTHER


@pytest.mark.parametrize(
    ("troubles", "error"),
    [(["500"] * 9, Down), (["429"] * 9, Throttled), (["cut:0"] * 9, Down), (["403"], Unsupported), (["404"], NotFound)],
)
async def test_what_does_not_mend_ends(
    troubles: list[str], error: type[Exception], url: str, server: ListServer, tmp_path: Path
) -> None:
    """Patience ends after a few tries that bring nothing, at once where asking again is no use; nothing appears."""
    server.troubles = list(troubles)
    with pytest.raises(error, match=r"list\.zip"):
        await download(url, tmp_path / "a", most_bytes=MOST)
    assert not (tmp_path / "a").exists()
    assert len(server.seen) == (1 if len(troubles) == 1 else module.TRIES)


async def test_a_failed_download_keeps_what_came(url: str, server: ListServer, tmp_path: Path) -> None:
    """What came before patience ended is not fetched again by the next run."""
    server.troubles = ["cut:400000", *["500"] * module.TRIES]
    with pytest.raises(Down):
        await download(url, tmp_path / "a", most_bytes=MOST)
    server.seen.clear()
    server.troubles = []
    await download(url, tmp_path / "a", most_bytes=MOST)
    assert (tmp_path / "a").read_bytes() == BODY
    assert server.seen[0][1] not in ("", "bytes=0-")


@pytest.mark.parametrize("page", [Served(b"\n<!DOCTYPE html><html>"), Served(b"a,b\n", "text/html")])
async def test_a_page_is_no_file(page: Served, url: str, server: ListServer, tmp_path: Path) -> None:
    """A web page in the place of a file is refused, by what it says it is and by what it is, and not kept."""
    server.files["/list.zip"] = page
    with pytest.raises(Malformed, match="web page"):
        await download(url, tmp_path / "a", most_bytes=MOST)
    assert left(tmp_path) == []


async def test_more_than_agreed_is_refused(url: str, server: ListServer, tmp_path: Path) -> None:
    """A file above the limit is refused by its announced length, before it fills the disk."""
    with pytest.raises(Malformed, match="more than 999999 bytes"):
        await download(url, tmp_path / "a", most_bytes=999_999)
    assert left(tmp_path) == []


async def test_only_known_places_are_followed(url: str, server: ListServer, tmp_path: Path) -> None:
    """A redirect goes to the same host or one that was named, and never to one without encryption."""
    server.troubles = [f"to:{url}"]
    await download(url, tmp_path / "a", most_bytes=MOST)
    for place in ("http://elsewhere.invalid/x", "https://elsewhere.invalid/x", "ftp://127.0.0.1/x", "//[bad"):
        server.troubles = [f"to:{place}"]
        with pytest.raises((Malformed, Down)):
            await download(url, tmp_path / "b", most_bytes=MOST)
    server.troubles = [f"to:{url}"] * 9
    with pytest.raises(Malformed, match="too many redirects"):
        await download(url, tmp_path / "b", most_bytes=MOST)
    with pytest.raises(Malformed, match="not known"):
        await download("http://elsewhere.invalid/x", tmp_path / "b", most_bytes=MOST)


async def test_a_small_answer_has_the_same_care(url: str, server: ListServer) -> None:
    """Pages that say where a file is are tried again, limited, and may be web pages."""
    server.files["/list.zip"] = Served(b"<html>see list</html>", "text/html")
    server.troubles = ["503", "cut:3"]
    assert await fetch_small(url) == b"<html>see list</html>"
    with pytest.raises(Malformed, match="more than 5 bytes"):
        await fetch_small(url, most_bytes=5)
    with pytest.raises(NotFound):
        await fetch_small(url + "x")


SCRIPT = """
import asyncio, sys
from pathlib import Path
from chains.download import download
asyncio.run(download(sys.argv[1], Path(sys.argv[2]), most_bytes=10_000_000))
"""


def test_killed_in_the_middle_it_goes_on(url: str, server: ListServer, tmp_path: Path) -> None:
    """A killed download leaves no file of that name, and the next run fetches only the rest."""
    server.pause = 0.2
    target, part = tmp_path / "a", tmp_path / "a.part"
    child = subprocess.Popen([sys.executable, "-c", SCRIPT, url, str(target)])
    try:
        deadline = time.monotonic() + 20
        while not (part.exists() and part.stat().st_size > 100_000) and time.monotonic() < deadline:
            time.sleep(0.02)
    finally:
        child.kill()
        child.wait()
    came = part.stat().st_size
    assert 100_000 < came < len(BODY)
    assert not target.exists()
    server.pause = 0.0
    server.seen.clear()
    asyncio.run(download(url, target, most_bytes=MOST))
    assert target.read_bytes() == BODY
    assert server.seen == [("/list.zip", f"bytes={came}-")]
