"""What the program does when something is wrong: bad input, secrets, damaged evidence, a kill, and every exit code."""

from __future__ import annotations

import gc
import json
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.functional.commands import MULE, REST, SINCE, THEFT, VICTIM, Desk, Ran, Town, desk_in, finished, town_of
from tests.lab.desk import Faults
from tracer.errors import CaseError
from tracer.store import Store
from tracer.store_rows import digest

UNKNOWN_TX = "0x" + "ab" * 32
MNEMONIC = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about"
KEY = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town_of(tmp_path_factory.mktemp("town")) as there:
        yield there


@pytest.fixture(scope="module")
def first(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The theft, traced once for all that spoil a copy of its case."""
    return finished(town, tmp_path_factory.mktemp("first"))[0].home / "c"


@pytest.fixture
def desk(town: Town, tmp_path: Path) -> Desk:
    return desk_in(town, tmp_path)


@pytest.fixture
def traced(first: Path, desk: Desk) -> Desk:
    """A desk with a copy of the finished case."""
    shutil.copytree(first, desk.home / "c")
    return desk


def stopped_at(desk: Desk, request: int, stop: Callable[[subprocess.Popen[str]], None], case: str) -> tuple[int, str]:
    """How a trace ends, and what it complains of, to which this happens when its so many-th request comes."""
    running: list[subprocess.Popen[str]] = []
    desk.town.app.faults = Faults(share=0.0, at={request: lambda: stop(running[0])})
    running.append(desk.start(*THEFT, *desk.options("4"), "--case", case, "--json"))
    _, err = running[0].communicate(timeout=60)
    desk.town.app.faults = Faults(share=0.0)
    return running[0].returncode, err


def test_killed_in_the_middle_the_same_command_finishes(desk: Desk) -> None:
    """A kill -9 loses nothing that was fetched, and the finished result equals an undisturbed one."""
    code, _ = stopped_at(desk, 6, subprocess.Popen.kill, "killed")
    assert code == -9
    kept = sqlite3.connect(desk.home / "killed" / "case.sqlite").execute("SELECT count(*) FROM raw").fetchone()[0]
    assert kept >= 5
    resumed, whole = desk.trace("--case", "killed", "--json"), desk.trace("--case", "whole", "--json")
    assert resumed.code == 0
    strip = ("stats", "notes")
    assert {k: v for k, v in json.loads(resumed.out).items() if k not in strip} == {
        k: v for k, v in json.loads(whole.out).items() if k not in strip
    }


def test_a_full_disk_is_one_line_and_nothing_else(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Wherever the disk fills up, the questions that were on their way end in silence; exit code 4."""
    keep = Store.keep
    room = [7]

    def keep_or_not(self: Store, *arguments: Any) -> int:
        room[0] -= 1
        if room[0] < 0:
            raise CaseError("error.store_unwritten", file="case.sqlite", why="database or disk is full")
        return keep(self, *arguments)

    monkeypatch.setattr(Store, "keep", keep_or_not)
    ran = desk.trace("--case", "full")
    gc.collect()
    assert ran.code == 4
    assert ran.err.count("disk is full") == 1
    assert not [record for record in caplog.records if record.name == "asyncio"]


def test_interrupted_it_stops_cleanly_with_130(desk: Desk) -> None:
    """Ctrl-C ends with one line that says how to go on."""
    code, err = stopped_at(desk, 4, lambda process: process.send_signal(signal.SIGINT), "c")
    assert code == 130
    assert "Traceback" not in err
    assert "run the same command again" in err


BAD: dict[str, tuple[list[str], int, str]] = {
    "no since": ([], 2, ""),
    "a since that is none": (["--since", "yesterday"], 2, "--since takes"),
    "a time without a zone": (["--since", "2024-07-16T12:04:47"], 2, "zone"),
    "a block without a chain": (["--since", "25"], 2, "--chain"),
    "an unknown transaction": (["--since", UNKNOWN_TX, "--chain", "ethereum"], 2, "not found"),
    "a transaction on no chain": (["--since", UNKNOWN_TX], 2, "no chain"),
    "an unknown chain": (["--since", SINCE, "--chain", "nochain"], 2, "nochain"),
    "a bad rate": (["--since", SINCE, "--chain", "ethereum", "--rate", "etherscan=fast"], 2, "rate"),
    "a bad own wallet": (["--since", SINCE, "--chain", "ethereum", "--own", "0x12"], 2, "--own"),
    "no such source": (["--since", SINCE, "--chain", "ethereum", "--endpoint", "foo=http://x"], 2, "foo"),
    "a bad least value": (["--since", SINCE, "--chain", "ethereum", "--min-value", "lots"], 2, "100"),
    "no hash": (["--since", "9", "--chain", "ethereum", "--stolen", "tx"], 2, "hash"),
    "nothing stolen": (["--since", "45", "--chain", "ethereum"], 6, "nothing left"),
}
"""Arguments, exit code, and what is said of them."""


@pytest.mark.parametrize("mistake", BAD)
def test_bad_input_gets_one_clear_line_and_its_exit_code(desk: Desk, mistake: str) -> None:
    """Every mistake in the question is named in a line, with the documented code, and never a traceback."""
    arguments, code, said = BAD[mistake]
    ran = desk.run(VICTIM, *desk.options(), *arguments)
    assert ran.code == code, ran.err
    assert said in ran.err
    assert "trace:" in ran.err


@pytest.mark.parametrize("mistake", ["no since", "nothing stolen"])
def test_a_process_ends_as_the_program_does(desk: Desk, mistake: str) -> None:
    """The code and the line reach whoever started the program, and so for every error: there is one way out."""
    arguments = [VICTIM, *desk.options(), *BAD[mistake][0]]
    ended, here = desk.process(*arguments), desk.run(*arguments)
    assert ended.code == here.code == BAD[mistake][1]
    assert ended.err.splitlines()[-1] == here.err.splitlines()[-1]


def test_a_wrong_checksum_is_refused(desk: Desk) -> None:
    """Mixed case that fails EIP-55 is a typing error, caught before anything is asked."""
    wrong = "0x8B3cb6bf982798fba233bca56749e22eec42dcf3"
    ran = desk.run(wrong, "--since", SINCE, "--chain", "ethereum", *desk.options())
    assert ran.code == 2
    assert "checksum" in ran.err
    assert desk.asked == 0


def test_a_tron_address_with_an_evm_transaction_is_refused(desk: Desk) -> None:
    """The two spellings of a hash tell the chains apart."""
    ran = desk.run(
        "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", "--since", UNKNOWN_TX, "--endpoint", "trongrid=http://127.0.0.1:9"
    )
    assert ran.code == 2
    assert "TRON" in ran.err


def test_an_unreachable_source_costs_seconds_and_exits_4(desk: Desk) -> None:
    """Nobody waits minutes for a host that is gone."""
    began = time.monotonic()
    gone = ["--source", "etherscan", "--endpoint", "etherscan=http://127.0.0.1:9"]
    ran = desk.run(VICTIM, "--since", SINCE, "--chain", "ethereum", *gone)
    assert ran.code == 4
    assert "etherscan" in ran.err
    assert time.monotonic() - began < 20


@pytest.mark.parametrize(
    ("secret", "run"), [(MNEMONIC, Desk.process), (MNEMONIC, Desk.run), (KEY, Desk.run), (f"0x{KEY}", Desk.run)]
)
def test_a_secret_is_refused_in_both_languages_and_never_echoed(
    desk: Desk, secret: str, run: Callable[..., Ran]
) -> None:
    """A mnemonic or private key in any argument is refused, not repeated, not stored, not sent."""
    ran = run(desk, *secret.split(), "--since", SINCE, "--chain", "ethereum", "--case", "c", *desk.options())
    assert ran.code == 2
    assert "private key" in ran.err
    assert "私钥" in ran.err
    assert secret.rsplit(maxsplit=1)[-1] not in ran.err + ran.out
    assert not (desk.home / "c").exists()
    assert desk.asked == 0


def test_a_secret_in_a_file_is_refused(desk: Desk) -> None:
    """A labels file that holds a mnemonic is not read into the case."""
    (desk.home / "labels.csv").write_text(f"chain,address,entity,category\n# {MNEMONIC}\n")
    ran = desk.trace("--case", "c")
    assert ran.code == 2
    assert "私钥" in ran.err
    assert not (desk.home / "c").exists()


def test_a_changed_answer_is_tampering_with_exit_code_5(traced: Desk) -> None:
    """One byte changed in the evidence is found by verify and by the next run."""
    with sqlite3.connect(traced.home / "c" / "case.sqlite") as database:
        database.execute("UPDATE raw SET body = x'789c030000000001' WHERE id = 3")
    assert traced.run("verify", "c").code == 5
    assert traced.trace("--case", "c").code == 5


def test_a_damaged_database_is_named_with_exit_code_5(traced: Desk) -> None:
    """A file that is no database any more is a damaged case, and says so."""
    for leftover in (traced.home / "c").glob("case.sqlite-*"):
        leftover.unlink()
    (traced.home / "c" / "case.sqlite").write_bytes(b"SQLite format 3\x00" + b"damage" * 1000)
    ran = traced.process(*THEFT, *traced.options(), "--case", "c")
    assert ran.code == 5
    assert "damaged" in ran.err


def test_verify_says_what_differs_and_exits_1(traced: Desk) -> None:
    """A result that the evidence does not give is shown place by place, and a label file that was changed is named.

    Only a case from before there were journals comes so far: there, nobody wrote down what the result was.
    """
    with (traced.home / "c" / "labels" / "1-labels.csv").open("a") as labels:
        labels.write(f"eip155:1,{REST},Another Exchange,exchange_hot\n")
    with sqlite3.connect(traced.home / "c" / "case.sqlite") as database:
        (result,) = database.execute("SELECT result FROM run").fetchone()
        other = result.replace('"Example Exchange"', '"Another Exchange"')
        database.execute("UPDATE run SET result = ?, result_sha256 = ?", (other, digest(other.encode())))
    assert traced.run("verify", "c").code == 5  # the journal knows what the result was
    with sqlite3.connect(traced.home / "c" / "case.sqlite") as database:
        database.execute("DELETE FROM journal")
        database.execute("DELETE FROM meta WHERE name = 'journal.head'")
        database.execute("UPDATE run SET inputs = json_remove(inputs, '$.packages')")
    ran = traced.run("verify", "c")
    assert ran.code == 1
    assert "endpoints[1].entity" in ran.out
    assert "input labels/1-labels.csv" in ran.out
    assert "trace rescreen c" in ran.out


def test_a_case_about_other_victims_is_not_overwritten(traced: Desk) -> None:
    """Another question needs another folder."""
    ran = traced.run(MULE, "--since", SINCE, "--chain", "ethereum", "--case", "c", *traced.options())
    assert ran.code == 2
    assert "other victims" in ran.err


def test_verify_speaks_of_the_last_result_after_an_unfinished_refresh(traced: Desk) -> None:
    """A refresh that found no source leaves the finished result as it was, and that one still verifies."""
    gone = ["--source", "routescan", "--endpoint", "routescan=http://127.0.0.1:9"]
    assert traced.run(*THEFT, "--case", "c", "--refresh", *gone).code == 4
    verified = traced.run("verify", "c")
    assert verified.code == 0, verified.out


def test_refresh_and_offline_exclude_each_other(desk: Desk) -> None:
    """Asking again without asking is no question."""
    assert desk.trace("--refresh", "--offline").code == 2


def test_a_reorganisation_while_reading_is_a_gap(desk: Desk) -> None:
    """A newest block that was replaced by the time the reading ends weakens the result, and it says so."""
    desk.town.app.faults = Faults(share=0.0, at={6: lambda: desk.town.ledger.fork(35)})
    ran = desk.trace("--case", "c", "--json")
    assert ran.code == 3, ran.err
    assert [gap["kind"] for gap in json.loads(ran.out)["gaps"]] == ["reorg"]


@pytest.mark.parametrize("command", ["bounds", "patterns"])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_an_unknown_case_is_one_line(desk: Desk, command: str, lang: str) -> None:
    """A case that is not there is named in a line that says how to find those that are."""
    ran = desk.run(command, "nothing", "--lang", lang)
    assert (ran.code, ran.out) == (4, "")
    assert ran.err.startswith("trace: ")
    assert ran.err.count("\n") == 1
    assert "trace list" in ran.err


def test_a_key_never_reaches_the_case_or_the_screen(desk: Desk) -> None:
    """A canary key is sent to the source and found nowhere else."""
    canary = "CANARYKEY0123456789"
    ran = desk.process(*THEFT, *desk.options(), "--case", "c", ETHERSCAN_API_KEY=canary)
    assert ran.code == 0
    assert canary not in ran.out + ran.err
    for file in (desk.home / "c").rglob("*"):
        if file.is_file():
            assert canary.encode() not in file.read_bytes(), file
