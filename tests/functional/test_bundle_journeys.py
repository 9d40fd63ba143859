"""A case from its trace to a stranger's desk, as people go: two sources, one that says otherwise, stops, hand-over.

Each test runs the program as its user does and looks at what is left: the screen, the case, the bundle, and what the
independent checker makes of it.
"""

from __future__ import annotations

import io
import json
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, redirect_stdout
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from tests.conftest import LabChain
from tests.functional.commands import THEFT, Desk, Ran, desk_in, town_of
from tests.lab.etherscan import etherscan_app
from tests.lab.serving import serve
from tests.reports.papers import demo_case
from tests.tracer.test_importing import KEY, sealed
from tests.verify.checker import checker
from tracer.errors import SecretRefused
from tracer.words import words

SAME_WORD: Final = "12345"
Answer = dict[str, Any]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A folder to work in, with the demonstration case and a small theft behind a stand-in."""
    folder = tmp_path_factory.mktemp("journeys 案")
    with town_of(folder) as town:
        shutil.copytree(demo_case("evm"), folder / "demo")
        yield desk_in(town, folder)


def checked(bundle: Path, lang: str = "en") -> tuple[int, list[str], str]:
    """The checker's exit code, what it finds wrong or cannot check, and everything that it says."""
    out = io.StringIO()
    with redirect_stdout(out):
        code = checker().main([str(bundle), "--lang", lang, "--json"])
    found = json.loads(out.getvalue())["found"]
    wrong = [one["text"] for one in found if one["level"] not in ("fine", "stated")]
    return code, wrong, "\n".join(one["text"] for one in found)


def journal(case: Path) -> list[tuple[str, dict[str, Any]]]:
    """Event and content of every entry."""
    with closing(sqlite3.connect(case / "case.sqlite")) as db:
        return [(event, json.loads(what)) for event, what in db.execute("SELECT event, what FROM journal ORDER BY n")]


# --- two sources


def honest(_: str, answer: Answer) -> Answer:
    """What the node says."""
    return answer


@contextmanager
def in_between(node: str, change: Callable[[str, Answer], Answer]) -> Iterator[str]:
    """A node that answers as another one does, but for what is changed; somebody else runs it, by its name."""

    async def answer(request: Request) -> JSONResponse:
        asked = await request.json()
        async with httpx.AsyncClient() as client:
            told = (await client.post(node, json=asked)).json()
        return JSONResponse(change(asked["method"], told))

    with serve(Starlette(routes=[Route("/", answer, methods=["POST"])])) as url:
        yield url.replace("127.0.0.1", "localhost")


def of_two(desk: Desk, lab: LabChain, change: Callable[[str, Answer], Answer], case: str) -> tuple[Ran, str]:
    """The lab's theft by an explorer and a node that is somebody else's; its bundle lies in ``case.zip``."""
    with serve(etherscan_app(lab.ledger)) as explorer, in_between(lab.node.url, change) as node:
        sources = ["--source", "etherscan", "--source", "rpc", "--endpoint", f"etherscan={explorer}/v2/api"]
        paces = [part for name in ("etherscan", "rpc.1", "prices") for part in ("--rate", f"{name}=500")]
        places = ["--endpoint", f"rpc.1={node}", "--endpoint", f"prices={desk.town.prices}"]
        asked = (lab.theft.victim, "--since", lab.theft.since, "--chain", "ethereum", "--case", case)
        ran = desk.run(*asked, *sources, *places, *paces)
    made = desk.run("bundle", case, "--out", f"{case}.zip", "--no-reports")
    assert made.code == 0, made.err
    return ran, made.out


@pytest.mark.node
def test_two_honest_sources_make_a_bundle_that_a_stranger_accepts(desk: Desk, lab_chain: LabChain) -> None:
    """Every theft and end is confirmed and proven, and the checker finds the same from the bundle alone."""
    ran, _ = of_two(desk, lab_chain, honest, "two")
    assert ran.code == 0, ran.err
    code, wrong, _ = checked(desk.home / "two.zip")
    assert (code, wrong) == (0, [])
    result = json.loads(desk.run("show", "two", "--json").out)
    assert {one["verdict"] for one in result["corroborations"]} == {"agrees"}
    assert {one["receipt"] for one in result["inclusions"]} == {"proven"}


def other_amounts(method: str, answer: Answer) -> Answer:
    """Receipts with other amounts than the chain's."""
    if method == "eth_getTransactionReceipt":
        for log in answer["result"]["logs"]:
            log["data"] = f"0x{int(SAME_WORD):064x}"
    return answer


def failed_ones(method: str, answer: Answer) -> Answer:
    """Receipts that say that every transaction failed."""
    if method == "eth_getTransactionReceipt":
        answer["result"]["status"] = "0x0"
    return answer


def lost_ones(method: str, answer: Answer) -> Answer:
    """A node that knows no transaction, and has blocks without any."""
    if method in ("eth_getTransactionReceipt", "eth_getTransactionByHash"):
        answer["result"] = None
    if method == "eth_getBlockByNumber" and isinstance(answer.get("result"), dict):
        answer["result"]["transactions"] = []
    return answer


@pytest.mark.node
@pytest.mark.parametrize("change", [other_amounts, failed_ones, lost_ones])
def test_a_source_that_says_otherwise_is_a_finding_and_no_fault_of_the_bundle(
    desk: Desk, lab_chain: LabChain, change: Callable[[str, Answer], Answer]
) -> None:
    """The screen begins with it and says how to settle it; the ledger rests on the first source, as the bundle says."""
    ran, _ = of_two(desk, lab_chain, change, change.__name__)
    assert ran.code == 0, ran.err
    top = ran.out[: ran.out.index("Trace of stolen funds")]
    assert lab_chain.theft.since in top.replace("\n", "")
    assert "To settle it" in top
    code, wrong, said = checked(desk.home / f"{change.__name__}.zip")
    assert "says otherwise" in said
    assert (code, wrong) == (0, [])


# --- stopped in the middle of the last look


@contextmanager
def silent_node() -> Iterator[str]:
    """A node that takes questions and answers none."""
    with socket.create_server(("127.0.0.1", 0), backlog=50) as server:
        yield f"http://localhost:{server.getsockname()[1]}"


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGKILL], ids=["ctrl-c", "killed"])
def test_a_stop_in_the_last_look_loses_nothing(desk: Desk, sign: signal.Signals) -> None:
    """The same command ends it; the journal has both runs and only the second one's result, and is whole."""
    case = f"stopped{sign}"
    asked = [*THEFT, *desk.options(), "--case", case]
    with silent_node() as node:
        process = desk.start(*asked, "--source", "rpc", "--endpoint", f"rpc.1={node}")
        wait_for("comparing", process)
        process.send_signal(sign)
        process.communicate(timeout=20)
    assert process.returncode == (130 if sign == signal.SIGINT else -signal.SIGKILL)
    assert "no result yet" in desk.run("bundle", case, "--out", f"{case}.zip").err
    before = desk.asked
    assert desk.run(*asked).code == 0
    assert desk.asked == before
    events = [event for event, _ in journal(desk.home / case)]
    assert (events.count("run"), events.count("result")) == (2, 1)
    assert desk.run("verify", case).code == 0
    assert desk.run("bundle", case, "--out", f"{case}.zip", "--no-reports").code == 0
    assert checked(desk.home / f"{case}.zip")[0] == 0


def wait_for(word: str, process: subprocess.Popen[str]) -> None:
    """Read what a process says until the word comes, and a moment more."""
    assert process.stderr is not None
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if word in process.stderr.readline():
            time.sleep(0.3)
            return
    raise AssertionError(word)


# --- handed over


def test_a_case_goes_to_another_desk_and_on_from_there(desk: Desk) -> None:
    """Imported it prints the same papers; traced by another method it is sound, and its bundle tells the whole way."""
    assert desk.run("bundle", "demo", "--out", "first.zip", "--no-reports").code == 0
    assert desk.run("import", "first.zip", "--case", "theirs").code == 0
    for name, folder in (("demo", "ours"), ("theirs", "same")):
        assert desk.run("report", name, "--out", folder, "--format", "html,md", "--lang", "both").code == 0
    ours = {path.name: path.read_bytes() for path in (desk.home / "ours").iterdir()}
    assert ours == {path.name: path.read_bytes() for path in (desk.home / "same").iterdir()}
    assert desk.run("--case", "theirs", "--offline", "--method", "lifo").code == 0
    assert desk.run("verify", "theirs").code == 0
    assert desk.run("bundle", "theirs", "--out", "second.zip", "--no-reports").code == 0
    assert checked(desk.home / "second.zip")[0] == 0
    assert [event for event, _ in journal(desk.home / "theirs")][-4:] == ["import", "question", "run", "result"]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_changed_between_two_states_is_said(desk: Desk, lang: str) -> None:
    """The setting and every kind of change in the reader's language, exit code 1; a case and itself: nothing, 0."""
    shutil.copytree(desk.home / "demo", desk.home / f"other-{lang}")
    assert desk.run("--case", f"other-{lang}", "--offline", "--method", "lifo").code == 0
    found = desk.run("diff", "demo", f"other-{lang}", "--lang", lang)
    w = words(lang)
    assert found.code == 1
    assert w("diff.changed", before="fifo", after="lifo") in found.out
    assert w("diff.settings") in found.out
    same = desk.run("diff", "demo", "demo", "--lang", lang)
    assert (same.code, same.out.strip()) == (0, w("diff.same"))
    told = json.loads(desk.run("diff", "demo", f"other-{lang}", "--json").out)
    assert told["settings"] == [{"name": "method", "before": "fifo", "after": "lifo"}]


@pytest.mark.parametrize(
    ("spoil", "code", "said"),
    [
        (lambda data: data[:20_000], 2, "cut off"),
        (lambda _: b"", 2, "no bundle"),
        (lambda _: b"hello\n", 2, "no bundle"),
        (lambda data: data[:9_000] + bytes([data[9_000] ^ 1]) + data[9_001:], 5, "SHA-256 differs"),
    ],
    ids=["cut off", "empty", "no zip", "one bit"],
)
def test_a_spoilt_bundle_is_refused_by_both_in_plain_words(
    desk: Desk, spoil: Callable[[bytes], bytes], code: int, said: str
) -> None:
    """The program makes no case of it, in one line; the checker gives it exit code 2 in both languages."""
    if not (desk.home / "good.zip").exists():
        assert desk.run("bundle", "demo", "--out", "good.zip", "--no-reports").code == 0
    bad = desk.home / "bad.zip"
    bad.write_bytes(spoil((desk.home / "good.zip").read_bytes()))
    ran = desk.run("import", "bad.zip", "--case", "never")
    assert ran.code == code
    assert said in ran.err
    assert len(ran.err.splitlines()) == 1
    assert not (desk.home / "never").exists()
    assert [checked(bad, lang)[0] for lang in ("en", "zh")] == [2, 2]


def test_a_key_in_a_label_file_goes_no_further(desk: Desk) -> None:
    """A bundle whose label file holds a private key is refused, however well it is sealed, and the key is not shown."""
    assert desk.trace("--case", "labelled").code == 0
    assert desk.run("bundle", "labelled", "--out", "labelled.zip", "--no-reports").code == 0
    with zipfile.ZipFile(desk.home / "labelled.zip") as packed:
        inside = {name: packed.read(name) for name in packed.namelist()}
    (labels,) = (name for name in inside if name.startswith("labels/"))
    for name, data in sealed({**inside, labels: inside[labels] + f"# private key {KEY}\n".encode()}).items():
        file = desk.home / "forged" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    ran = desk.run("import", "forged", "--case", "never")
    assert ran.code == SecretRefused.exit_code
    assert KEY not in ran.out + ran.err
    assert not (desk.home / "never").exists()
