"""`trace report` as a user meets it: what it writes, that it is the same everywhere, and what bad input gets."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from reports.formats import formats
from tests.reports.papers import demo_case
from tracer.case import open_case
from tracer.cli import run
from tracer.config import load_config
from tracer.demo import make_demo_case
from tracer.session import dossier_of_case, verify_case
from tracer.words import LANGUAGES

ROOT: Final = Path(__file__).parents[2]
DAY: Final = ("--date", "2026-11-22")

Screen = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder where the user is, with the demonstration cases, traced."""
    folder = tmp_path_factory.mktemp("a folder 案")
    for name in ("evm", "tron"):
        shutil.copytree(demo_case(name), folder / f"cases/demo-{name}")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("LC_ALL", "LC_MESSAGES", "TRACER_CASES"):
            patch.delenv(name, raising=False)
        patch.setenv("LANG", "C.UTF-8")
        patch.setenv("XDG_CONFIG_HOME", str(folder))
        patch.chdir(folder)
        yield folder


def elsewhere(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The same command on another machine: another time zone, locale and hash seed."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LD_LIBRARY_PATH")}
    other = {"TZ": "Pacific/Auckland", "LANG": "C", "LC_ALL": "C", "PYTHONHASHSEED": "7", "PYTHONUTF8": "1"}
    return subprocess.run(
        [sys.executable, "-m", "tracer", *arguments],
        cwd=folder, env={**kept, **other, "PYTHONPATH": str(ROOT), "TRACER_LABELS": os.devnull + "/none"},
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_the_usual_report_is_there_and_can_be_checked(home: Path, capsys: Screen) -> None:
    """Page, paper, spreadsheet and data are written, and the list of digests beside them fits them."""
    assert run(["report", "demo-evm", "--out", "papers"]) == 0
    found = digests(home / "papers")
    assert set(found) == {"report.en.html", "report.en.pdf", "report.en.xlsx", "report.json", "report.sha256"}
    for line in (home / "papers/report.sha256").read_text().splitlines():
        digest, name = line.split("  ")
        assert found[name] == digest
    shown = capsys.readouterr().out
    assert all(f"papers/{name}" in shown for name in found)


def test_every_format_is_the_same_anywhere(home: Path) -> None:
    """Another folder, time zone, locale and hash seed change not one byte of any format."""
    wanted = ["--lang", "zh", "--format", ",".join(formats()), *DAY]
    assert run(["report", "demo-tron", "--out", "one", *wanted]) == 0
    again = elsewhere(home, "report", "cases/demo-tron", "--out", "b/two", *wanted)
    assert again.returncode == 0, again.stderr
    found = digests(home / "one")
    assert found == digests(home / "b/two")
    assert {f"report.zh.{name}" for name, one in formats().items() if one.paper} <= set(found)


def test_a_report_in_both_languages_says_nothing_of_the_machine(home: Path) -> None:
    """Each language has its papers, data has none; no folder of the user's stands in any text of the report."""
    assert run(["report", "demo-evm", "--out", "plain", "--lang", "both", "--format", "txt,json,md,html"]) == 0
    names = {f"report.{lang}.{name}" for lang in LANGUAGES for name in ("txt", "md", "html")}
    assert {path.name for path in (home / "plain").iterdir()} == {*names, "report.json", "report.sha256"}
    for path in (home / "plain").iterdir():
        text = path.read_text(encoding="utf-8")
        assert str(home) not in text
        assert Path.home().as_posix() + "/" not in text


def test_the_reader_has_a_zone(home: Path) -> None:
    """Beside UTC stands the zone that was asked for; Chinese papers have Beijing's by themselves."""
    wanted = ["report", "demo-evm", "--out", "zones", "--format", "txt"]
    assert run([*wanted, "--zone", "America/New_York"]) == 0
    assert run([*wanted, "--lang", "zh"]) == 0
    assert "UTC-05:00" in (home / "zones/report.en.txt").read_text(encoding="utf-8")
    assert "UTC+08:00" in (home / "zones/report.zh.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--format", "doc"), "no format doc"),
        (("--format", " , "), "No format is named"),
        (("--zone", "Mars/Olympus"), "no time zone Mars/Olympus"),
        (("--zone", "../../etc/passwd"), "no time zone"),
        (("--date", "22.11.2026"), "is not a date"),
    ],
)
def test_bad_input_gets_one_line(home: Path, capsys: Screen, arguments: tuple[str, ...], said: str) -> None:
    """The thing, the cause and the next step, exit code 2, and nothing written."""
    assert run(["report", "demo-evm", "--out", "never", *arguments]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert len(err.strip().splitlines()) == 1
    assert not (home / "never").exists()


def test_a_case_without_a_result_has_no_report(home: Path, capsys: Screen) -> None:
    """A case that was never traced says so."""
    question = make_demo_case("evm", home / "fresh")
    with open_case(home / "fresh", question=question, offline=True):
        pass
    assert run(["report", "fresh", "--out", "never"]) == 4
    assert "fresh" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_named(home: Path, capsys: Screen) -> None:
    """A file where the folder should be is one line, not a traceback."""
    (home / "taken").write_text("")
    assert run(["report", "demo-evm", "--out", "taken/below", "--format", "txt"]) == 4
    err = capsys.readouterr().err
    assert "taken/below" in err
    assert len(err.strip().splitlines()) == 1


def test_the_data_file_holds_the_result_as_it_is(home: Path, capsys: Screen) -> None:
    """The trace in the dossier is the document that `trace show --json` prints."""
    assert run(["report", "demo-evm", "--out", "data", "--format", "json"]) == 0
    document = json.loads((home / "data/report.json").read_text(encoding="utf-8"))
    capsys.readouterr()
    assert run(["show", "demo-evm", "--json"]) == 0
    assert document["trace"] == json.loads(capsys.readouterr().out)


def test_a_case_that_is_explained_keeps_its_bytes(tmp_path: Path) -> None:
    """Tracing it again for a report or to verify it writes nothing, so the digests in the police pack stay true."""
    folder = tmp_path / "case"
    shutil.copytree(demo_case("evm"), folder)
    config = load_config({}, folder)
    with open_case(folder, offline=True) as case:
        written = case.store._db.total_changes
        asyncio.run(dossier_of_case(case, config))
        assert not asyncio.run(verify_case(case, config)).differences
        assert case.store._db.total_changes == written


def test_a_format_without_anything_to_say_says_so(home: Path, capsys: Screen) -> None:
    """A case on TRON alone has no Flow Case, and nobody is left to wonder where it is."""
    assert home.is_dir()
    assert run(["report", "demo-tron", "--out", "flows", "--format", "flow,txt", *DAY]) == 0
    said = capsys.readouterr()
    assert "flow: nothing of this case" in said.err
    assert "flow.json" not in said.out


@pytest.mark.parametrize(("change", "code"), [("spelling", 0), ("value", 4)])
def test_the_answers_must_still_give_the_result(home: Path, tmp_path: Path, change: str, code: int) -> None:
    """Another spelling of the same document is the same result; another figure is none to draw papers from."""
    assert home.is_dir()
    folder = tmp_path / "case"
    shutil.copytree(demo_case("evm"), folder)
    with sqlite3.connect(folder / "case.sqlite") as database:
        number, text = database.execute("SELECT id, result FROM run ORDER BY id DESC LIMIT 1").fetchone()
        document = json.loads(text)
        if change == "value":
            document["flows"][0]["traced"] = "1"
        again = json.dumps(document)
        digest = "sha256:" + hashlib.sha256(again.encode()).hexdigest()
        database.execute("UPDATE run SET result = ?, result_sha256 = ? WHERE id = ?", (again, digest, number))
    database.close()
    assert run(["report", str(folder), "--out", str(tmp_path / "out"), "--format", "txt", *DAY]) == code
