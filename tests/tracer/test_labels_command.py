"""`trace labels`: lists come, answer, grow old and go by command, in both languages, and whole on narrow screens."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from datetime import date
from importlib import import_module
from pathlib import Path

import pytest

from chains import download as downloading
from tests.lab.list_server import ListServer, Served
from tests.lab.serving import serve
from tests.tracer.made_list import file_of, made_list, some
from tests.tracer.small_world import who
from tracer.cli import INTERRUPTED, run

CUSTOMER = who("customer 3")
CHINESE = re.compile("[\u4e00-\u9fff]")


@pytest.fixture
def server() -> ListServer:
    return ListServer({"/index": Served(b"/v1.txt", "text/html"), "/v1.txt": Served(file_of(some(20)))})


@pytest.fixture(autouse=True)
def _one_known_list(server: ListServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRACER_LABELS", str(tmp_path / "labels"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(downloading, "BACKOFF", 0)
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    with serve(server) as base:
        for name in (
            "common",
            "show",
            "update",
        ):  # imported here: tracer.cli.run is a function until its module is read
            monkeypatch.setattr(
                import_module(f"tracer.cli.labels_{name}"), "label_lists", lambda: {"made": made_list(base)}
            )
        yield


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert run(["labels", *arguments]) == code
    shown = capsys.readouterr()
    return shown.out + shown.err


def test_a_list_comes_answers_and_goes(capsys: pytest.CaptureFixture[str]) -> None:
    """Before the update nothing is known of an address, after it whose it is, after the removal nothing again."""
    assert "No list on this machine says anything" in said(capsys, "show", CUSTOMER)
    updated = said(capsys, "update", "made")
    assert "made · Made-up Exchange; terms: as you like" in updated
    assert "addresses added 20, gone 0" in updated
    shown = said(capsys, "show", CUSTOMER, "--chain", "ethereum")
    assert "A trace would end here: at an exchange deposit address." in shown
    assert "(T0)" in shown
    assert "https://made.example/list" in shown
    assert "labels: 20 · addresses: 20" in said(capsys, "list")
    assert "made is no longer on this machine." in said(capsys, "remove", "made")
    assert "No list on this machine says anything" in said(capsys, "show", CUSTOMER)


def test_nothing_is_fetched_unasked(
    capsys: pytest.CaptureFixture[str], server: ListServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only an update asks the network, and without names it asks first; no, and the end of the input, fetch nothing."""
    for command in (["list"], ["sources"], ["show", CUSTOMER], ["audit"]):
        said(capsys, *command)
    for answer, code in ((["n\n"], 0), (["\n"], 0), ([""], INTERRUPTED)):
        monkeypatch.setattr("sys.stdin", Lines(answer))
        assert "terms: as you like" in said(capsys, "update", code=code)
    assert server.seen == []
    monkeypatch.setattr("sys.stdin", Lines(["是\n"]))
    assert "20" in said(capsys, "update", "--lang", "zh")
    assert len(server.seen) == 2


class Lines:
    """Standard input."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines

    def readline(self, *_: object) -> str:
        return self.lines.pop(0) if self.lines else ""

    def isatty(self) -> bool:
        return False

    def fileno(self) -> int:
        raise OSError


def test_an_update_without_names_takes_what_is_missing_or_old(
    capsys: pytest.CaptureFixture[str], server: ListServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fresh copy is left alone; one past its time is fetched again, and is called old until then."""
    said(capsys, "update", "--yes")
    assert "none is old" in said(capsys, "update", "--yes")
    assert len(server.seen) == 2
    monkeypatch.setattr("tracer.cli.labels_common.today", lambda: date(2099, 1, 1))
    assert "days ago: old" in said(capsys, "list")
    assert "days ago: old" in said(capsys, "sources")
    said(capsys, "update", "--yes")
    assert len(server.seen) == 4


def test_a_failed_list_is_said_and_kept(capsys: pytest.CaptureFixture[str], server: ListServer) -> None:
    """Exit code 3, the reason in one line in the user's language, and the copy before answers."""
    said(capsys, "update", "made")
    server.troubles = ["", "html"]
    failed = said(capsys, "update", "made", "--lang", "zh", code=3)
    assert "保留此前的副本" in failed
    assert "返回的是网页而非文件" in failed
    assert "exchange deposit address" in said(capsys, "show", CUSTOMER)


def test_many_lost_addresses_are_said(capsys: pytest.CaptureFixture[str], server: ListServer) -> None:
    """A copy that lost more than a fifth is taken, with a warning."""
    said(capsys, "update", "made")
    server.files["/v1.txt"] = Served(file_of(some(10)))
    assert "More than a fifth of the addresses are gone (10)" in said(capsys, "update", "made")


def test_the_users_own_file_is_kept_and_goes_first(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A CSV is imported under its own name or a given one, and its labels go before all others."""
    said(capsys, "update", "made")
    (tmp_path / "My Labels!.csv").write_text(f"chain,address,entity,category\neip155:1,{CUSTOMER},My shop,other\n")
    assert "my-labels: addresses added 1" in said(capsys, "import", "My Labels!.csv")
    shown = said(capsys, "show", CUSTOMER)
    assert "your own labels alone decide" in shown
    assert shown.index("My shop") < shown.index("Made-up Exchange")
    said(capsys, "import", "My Labels!.csv", "--name", "second")
    assert "• second" in said(capsys, "list")
    said(capsys, "import", "My Labels!.csv", "--name", "made", code=2)


def test_a_copy_fetched_by_hand_is_taken(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A file in a published list's shape becomes that list; one that is not is refused and changes nothing."""
    path = tmp_path / "download (1).txt"
    path.write_bytes(file_of(some(20)))
    assert "made: addresses added 20" in said(capsys, "import", str(path), "--as", "made")
    path.write_bytes(b"<html>")
    said(capsys, "import", str(path), "--as", "made", code=2)
    assert "(T0)" in said(capsys, "show", CUSTOMER)


def test_import_refuses_what_it_cannot_mean(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Several own files, a name for a published list, an unknown list, a wrong file, a secret: one line and code 2."""
    good, bad, secret = tmp_path / "a.csv", tmp_path / "b.csv", tmp_path / "c.csv"
    good.write_text(f"chain,address,entity,category\neip155:1,{CUSTOMER},My shop,other\n")
    bad.write_text("address\n0x1\n")
    secret.write_text("private key 4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318\n")
    for arguments in (
        [str(good), str(bad)],
        [str(good), "--as", "made", "--name", "x"],
        [str(good), "--as", "nobodys"],
        [str(good), "--name", "Not A Name"],
        [str(bad)],
    ):
        assert said(capsys, "import", *arguments, code=2).count("\n") == 1
    assert "4c0883" not in said(capsys, "import", str(secret), code=2)


def test_a_damaged_list_is_an_error(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A file that cannot be read is never taken for a list that says nothing."""
    said(capsys, "update", "made")
    (tmp_path / "labels" / "made.sqlite").write_bytes(b"not a database, but long enough to be looked at" * 100)
    for command in (["show", CUSTOMER], ["list"], ["sources"], ["audit"], ["update"]):
        assert "trace labels update made" in said(capsys, *command, code=2)
    said(capsys, "update", "made")
    assert "(T0)" in said(capsys, "show", CUSTOMER)


def test_an_audit_reads_whole_lists(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The audit passes what comes with the program; a list that was changed behind its back is found."""
    said(capsys, "update", "made")
    assert "faults: 0" in said(capsys, "audit")
    with sqlite3.connect(tmp_path / "labels" / "made.sqlite") as db:
        db.execute("DELETE FROM label WHERE address = (SELECT min(address) FROM label)")
    assert "damaged" in said(capsys, "audit", code=2)


def test_faults_end_with_their_own_code(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A fault in a list is code 3, in full on the screen and in JSON."""
    usdt = "0xdac17f958d2ee523a2206206994597c13d831ec7"
    (tmp_path / "own.csv").write_text(f"chain,address,entity,category\neip155:1,{usdt},Some wallet,exchange\n")
    said(capsys, "import", "own.csv")
    shown = said(capsys, "audit", code=3)
    assert "a token's contract filed as a wallet: 1" in shown
    assert usdt in shown
    document = json.loads(said(capsys, "audit", "--json", code=3))
    assert document["faults"] == 1
    assert {one["kind"] for one in document["findings"] if not one["expected"]} == {"token"}


def test_two_lists_that_contradict_each_other_are_found(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """An address that two lists give to two exchanges is shown, although the built-in labels do not know it."""
    said(capsys, "update", "made")
    rows = f"chain,address,entity,category\neip155:1,{CUSTOMER},Other Exchange,exchange\n"
    (tmp_path / "own.csv").write_text(rows)
    said(capsys, "import", "own.csv")
    document = json.loads(said(capsys, "audit", "--json"))
    assert CUSTOMER in {one["address"] for one in document["findings"] if one["kind"] == "other_entity"}


def test_show_speaks_json(capsys: pytest.CaptureFixture[str]) -> None:
    """Other programs get labels, verdict and the age of the lists."""
    said(capsys, "update", "made")
    document = json.loads(said(capsys, "show", CUSTOMER.upper().replace("0X", "0x"), "--json"))
    assert document["address"] == CUSTOMER
    assert document["chains"][0]["reason"] == "exchange_deposit"
    assert [one["list"] for one in document["lists"]] == ["made"]


@pytest.mark.parametrize("width", ["40", "80", "140"])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_addresses_and_places_stay_whole(
    width: str, lang: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On any width an address and a URL stand on one line, and no Chinese page is half English."""
    monkeypatch.setenv("COLUMNS", width)
    said(capsys, "update", "made")
    shown = said(capsys, "show", CUSTOMER, f"--lang={lang}")
    assert CUSTOMER in shown.splitlines()
    assert any(line.strip() == "https://made.example/list" for line in shown.splitlines())
    assert bool(CHINESE.search(shown)) is (lang == "zh")
    assert not re.search(r"\b[a-z]+ (?:is|are|not|does|of|would|on) ", shown) or lang == "en"
    known = said(capsys, "sources", f"--lang={lang}")
    assert any(line.strip() == "https://made.example/list" for line in known.splitlines())


@pytest.mark.parametrize("where", [["--lang", "zh", "labels", "list"], ["labels", "--lang=zh", "list"]])
def test_the_language_may_stand_anywhere(where: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Before the group, before the command, or behind it."""
    assert run(where) == 0
    assert "内置标签" in capsys.readouterr().out


def test_without_a_command_it_says_which_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    """`trace labels` is its help."""
    assert "update" in said(capsys)
