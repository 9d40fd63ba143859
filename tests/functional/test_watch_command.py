"""`trace watch` as its users meet it: what can be named, what is on the list, exit codes, papers, no secret anywhere.

What the watch sees is tested elsewhere; here its engine is one that does as it is told.
"""

from __future__ import annotations

import asyncio
import configparser
import json
import os
import shutil
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import tracer.cli.watch_run as command
from reports.watch.papers import letters
from tests.reports.letters import IDENTITY, identity
from tests.reports.papers import demo_case, dossier
from tests.reports.sample import DEPOSIT, ETHEREUM, USDT, tx
from tracer.cli import run
from tracer.cli.watch_papers import WatchPapers
from tracer.cli.watch_targets import moment_of
from tracer.errors import CaseError, UsageError
from tracer.identity import Identity
from tracer.watch.channels import deliver
from tracer.watch.engine import Summary
from tracer.watch.model import CASE, CONFIRMED, CRITICAL, PAYMENT, Notice
from tracer.watch.store import open_watch

EVM = "0xd8da6bf26964af9d7eed9e03e53415d37aa96045"
TRON = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
NOW = 1_800_000_000
MOVED = Notice(
    "k", 1, PAYMENT, CRITICAL, ETHEREUM, tx(7), 20, 20, NOW, EVM, DEPOSIT, USDT, 7, 7, 7, 7, "Binance 14", "exchange",
    reason="exchange",
)  # fmt: skip

Say = pytest.CaptureFixture[str]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder with nothing set, and nothing of the tester's own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("TRACER_LABELS", str(tmp_path / "labels"))
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "TRACER_CASES"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "me.toml").write_text(IDENTITY, encoding="utf-8")
    return tmp_path


@pytest.fixture
def case(desk: Path) -> Path:
    """The demonstration as a finished case among the cases."""
    return Path(shutil.copytree(demo_case("evm"), desk / "cases" / "mine"))


Act = Callable[[Any, asyncio.Event], Any]


@pytest.fixture
def acting(monkeypatch: pytest.MonkeyPatch) -> Callable[[Act | Summary], None]:
    """Puts an engine in place that does one thing, or comes to one summary."""

    def put(act: Act | Summary) -> None:
        class Engine:
            def __init__(self, *parts: Any) -> None:
                self.store, _, _, self.view, self.compose, self.channels, self.papers = parts

            async def run(self, *, once: bool, stop: asyncio.Event) -> Summary:
                del once
                if isinstance(act, Summary):
                    return act
                await act(self, stop)
                return Summary({}, (), 0)

        monkeypatch.setattr(command, "Engine", Engine)

    return put


def listed(say: Say) -> list[dict[str, Any]]:
    say.readouterr()
    assert run(["watch", "list", "--json"]) == 0
    rows: list[dict[str, Any]] = json.loads(say.readouterr().out)
    return rows


def test_what_can_be_named(desk: Path, case: Path, capsys: Say) -> None:
    """A case by folder or name, an address with its chain before or beside it, TRON's by their form."""
    assert run(["watch", "add", "mine", f"ethereum:{EVM}", f"eip155:56:{EVM}", TRON]) == 0
    assert run(["watch", "add", str(case), "--max-frontier", "7"]) == 0
    assert run(["watch", "add", EVM.upper().replace("0X", "0x"), "--chain", "eth"]) == 0
    rows = {row["name"]: row for row in listed(capsys)}
    assert set(rows) == {"mine", f"ethereum:{EVM}", f"bsc:{EVM}", f"tron:{TRON}"}
    assert rows["mine"]["kind"] == CASE
    assert rows["mine"]["folder"] == str(case.resolve())
    assert rows["mine"]["max_frontier"] == 7


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nothing"], "neither a case here nor an address"),
        ([EVM], "may be on any EVM chain"),
        ([f"ethereum:{EVM[:-1]}"], EVM[:-1]),
        ([f"nochain:{EVM}"], "nochain"),
        ([TRON, "--until", "soon"], "cannot be read"),
        ([TRON, "--until", "2020-01-01T00:00:00Z"], "is over already"),
        ([TRON, "--until", "2099-01-01T00:00:00"], "no zone"),
        ([], "Missing argument"),
    ],
)
def test_what_cannot_be_named(desk: Path, arguments: list[str], said: str, capsys: Say) -> None:
    """One line that says what is wrong, exit code 2, and nothing on the list."""
    assert run(["watch", "add", *arguments]) == 2
    error = capsys.readouterr().err
    assert said.lower() in error.lower()
    assert error.count("\n") == 1
    assert not (desk / "cases").exists() or listed(capsys) == []


@pytest.mark.parametrize("words", [["watch", "11" * 32], ["watch", "add", "11" * 32], ["watch", "log", "11" * 32]])
def test_a_private_key_is_refused(desk: Path, words: list[str], capsys: Say) -> None:
    """Wherever it stands: both warnings, nothing kept, nothing repeated."""
    assert run(words) == 2
    said = capsys.readouterr()
    assert "11" * 32 not in said.out + said.err
    assert not (desk / "cases").exists()


def test_times_of_an_end() -> None:
    """A span from now, or a moment with its zone."""
    assert moment_of("+7d", NOW) == NOW + 7 * 86_400
    assert moment_of("+30m", NOW) == NOW + 1_800
    assert moment_of("2027-01-16T08:00:00+08:00", NOW) > NOW
    with pytest.raises(UsageError):
        moment_of("7d", NOW)


def test_the_list_is_changed(desk: Path, capsys: Say) -> None:
    """Paused, resumed by name or bare address, taken off; an unknown name changes nothing."""
    assert run(["watch", "add", TRON, f"ethereum:{EVM}"]) == 0
    assert run(["watch", "pause", TRON, f"ethereum:{EVM}"]) == 0
    assert all(row["paused"] for row in listed(capsys))
    assert run(["watch", "resume", TRON]) == 0
    assert run(["watch", "remove", "nobody", TRON]) == 2
    assert f"tron:{TRON}" in capsys.readouterr().err
    assert sorted(row["paused"] for row in listed(capsys)) == [False, True]
    assert run(["watch", "remove", TRON, f"ethereum:{EVM}"]) == 0
    assert listed(capsys) == []
    assert run(["watch", "list", "--lang", "zh"]) == 0
    assert "尚未监控" in capsys.readouterr().out


def test_to_watch_again_goes_on(desk: Path, acting: Callable[[Act | Summary], None], capsys: Say) -> None:
    """Who is named once more is watched on, with what is said now and all else as it was."""
    acting(Summary({}, (), 0))
    assert run(["watch", TRON, "--until", "+1d", "--max-frontier", "9", "--once"]) == 0
    assert run(["watch", "pause", TRON]) == 0
    assert run(["watch", TRON, "--max-frontier", "8", "--once"]) == 0
    (row,) = listed(capsys)
    assert (row["paused"], row["max_frontier"]) == (False, 8)
    assert time.time() < row["until"] <= time.time() + 86_400


def test_an_address_that_became_a_case_is_the_same_target(desk: Path, capsys: Say) -> None:
    """Named once more by its address it is not put on the list a second time."""
    assert run(["watch", "add", TRON]) == 0
    with open_watch(desk / "cases" / "watch", beside=True) as store:
        (one,) = store.targets()
        store.change(one._replace(kind=CASE, folder=str(desk / "cases" / "its-own")))
    assert run(["watch", "add", TRON]) == 0
    assert [row["kind"] for row in listed(capsys)] == [CASE]


@pytest.mark.parametrize(
    ("summary", "code", "said"),
    [
        (Summary({}, (), 0), 0, ""),
        (Summary({"normal": 2, "info": 1}, (), 0), 0, "Moved 2, Note 1"),
        (Summary({"critical": 1}, ("eip155:1",), 0), 1, "URGENT 1"),
        (Summary({"high": 1}, (), 0), 1, "Important 1"),
        (Summary({}, ("eip155:1",), 0), 3, "Could not be seen: Ethereum"),
        (Summary({}, (), 0, ("mine",)), 3, "mine"),
        (Summary({}, (), 2), 3, "2"),
    ],
)
def test_exit_codes_of_one_look(
    desk: Path, acting: Callable[[Act | Summary], None], summary: Summary, code: int, said: str, capsys: Say
) -> None:
    """0 and nearly silent, 1 for what somebody must act on, 3 for what is not known or not done, which is all said."""
    acting(summary)
    assert run(["watch", TRON, "--once"]) == code
    err = capsys.readouterr().err
    assert said in err
    assert ("Read to the newest block" in err) == bool(summary.told and not summary.blind)


def test_an_empty_list_is_said(desk: Path, capsys: Say) -> None:
    """Nothing to watch is no watch."""
    assert run(["watch"]) == 2
    assert "nothing is watched" in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly(
    desk: Path, acting: Callable[[Act | Summary], None], number: signal.Signals, capsys: Say
) -> None:
    """The engine is asked to stop, comes to its end, and the exit code tells the signal."""
    done: list[bool] = []

    async def act(_engine: Any, stop: asyncio.Event) -> None:
        os.kill(os.getpid(), number)
        await stop.wait()
        await asyncio.sleep(0.01)
        done.append(True)

    acting(act)
    assert run(["watch", TRON]) == 128 + number
    assert done == [True]
    assert "Nothing is lost" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_who_does_not_end_is_ended(
    desk: Path, acting: Callable[[Act | Summary], None], monkeypatch: pytest.MonkeyPatch, capsys: Say
) -> None:
    """After a while of grace a hanging request does not keep the machine from shutting down."""
    monkeypatch.setattr(command, "GRACE", 0.05)

    async def act(_engine: Any, _stop: asyncio.Event) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.sleep(60)

    acting(act)
    assert run(["watch", TRON]) == 143


def test_alerts_as_json(desk: Path, acting: Callable[[Act | Summary], None], capsys: Say) -> None:
    """Standard output has the alerts, a line each, and nothing else; the log knows who took them."""

    async def act(engine: Any, _stop: asyncio.Event) -> None:
        engine.store.channels = {one.name: one.severities for one in engine.channels}
        engine.store.tell([(MOVED, CONFIRMED)])
        engine.view.told(MOVED, CONFIRMED, 1)
        await deliver(engine.store, engine.channels, engine.compose, lambda: NOW + 9_999_999_999, engine.view)

    acting(act)
    assert run(["watch", TRON, "--once", "--json"]) == 0
    said = capsys.readouterr()
    (line,) = map(json.loads, said.out.splitlines())
    assert (line["severity"], line["status"], line["tx"]) == ("critical", "confirmed", tx(7))
    assert tx(7) in said.err
    for lang, word in (("en", "URGENT"), ("zh", "紧急")):
        assert run(["watch", "log", "--lang", lang]) == 0
        shown = capsys.readouterr().out
        assert word in shown
        assert tx(7) in shown
        assert "json" in shown
    assert run(["watch", "log", TRON, "--json"]) == 0
    (line,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert line["tx"] == tx(7)


def test_an_identity_in_a_case_is_refused(desk: Path, case: Path, capsys: Say) -> None:
    """A case holds nothing about persons."""
    shutil.copy(desk / "me.toml", case / "me.toml")
    assert run(["watch", str(case), "--once", "--identity", str(case / "me.toml")]) == 2
    assert "Li Hua" not in capsys.readouterr().err


def test_papers_are_kept_up_to_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Letters and report are whole; an unchanged letter stays, a changed one moves aside; the case is not touched."""
    monkeypatch.setattr("reports.watch.papers.FORMATS", "txt")
    case, found = tmp_path / "cases" / "mine", dossier()
    papers = WatchPapers(tmp_path / "papers", "zh", identity())
    asyncio.run(papers.write(case, found))
    letter = papers.letter(case, "Example Exchange")
    assert (letter / "letter.en.pdf").is_file()
    assert (papers.folder(case) / "report" / "report.zh.txt").is_file()
    assert not case.exists()
    (letter / "letter.en.txt").write_text("edited by its sender")
    asyncio.run(papers.write(case, found))
    assert (letter / "letter.en.txt").read_text() == "edited by its sender"
    asyncio.run(WatchPapers(tmp_path / "papers", "zh", Identity()).write(case, found))
    assert (letter / "letter.en.txt").read_text() != "edited by its sender"
    kept = list((papers.folder(case) / "earlier").rglob("letter.en.txt"))
    assert [file.read_text() for file in kept] == ["edited by its sender"]


def test_papers_that_cannot_be_written_are_an_error_of_the_case(tmp_path: Path) -> None:
    """The watch says so and goes on; it does not end."""
    (tmp_path / "mine").write_text("in the way")
    with pytest.raises(CaseError):
        asyncio.run(WatchPapers(tmp_path, "en", Identity()).write(Path("mine"), dossier()))


def test_a_letter_stands_while_it_asks_the_same(tmp_path: Path) -> None:
    """What it asks for decides, not the day or what else is in the case."""
    found = dossier()
    (one,) = letters(found, "en", Identity(), found.day)
    later = replace(found, run=found.run._replace(finished="2027-05-05T05:05:05Z"))
    assert [letter.standing for letter in letters(later, "zh", Identity(), later.day)] == [one.standing]


def test_the_unit_fits_the_exit_codes() -> None:
    """Stopped is not failed, and a question that cannot be asked is not repeated for ever."""
    unit = configparser.ConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(Path(__file__).parents[2] / "docs" / "trace-watch.service")
    assert unit["Service"]["SuccessExitStatus"].split() == ["130", "143"]
    assert unit["Service"]["RestartPreventExitStatus"] == "2"
    assert int(unit["Service"]["TimeoutStopSec"]) > command.GRACE


def test_verify_finds_an_answer_that_was_changed(desk: Path, capsys: Say) -> None:
    """Every kept answer is re-hashed; one that is not what was stored is exit code 5."""
    folder = desk / "watch"
    with open_watch(folder):
        pass
    assert run(["watch", "verify", "--folder", str(folder)]) == 0
    assert capsys.readouterr().out.startswith("0 stored answers")
    with closing(sqlite3.connect(folder / "watch.sqlite")) as database, database:
        row = (
            1,
            "eip155:1",
            "q",
            "rpc.1",
            "http://host",
            "2026-01-01T00:00:00Z",
            200,
            "{}",
            "ok",
            "",
            b"x",
            "sha256:0",
        )
        database.execute(f"INSERT INTO answer VALUES ({', '.join('?' * len(row))})", row)
    assert run(["watch", "verify", "--folder", str(folder)]) == 5
