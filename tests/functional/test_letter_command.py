"""`trace letter`: from a case to files that can be sent, and nothing personal in the case."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from tests.reports.letters import IDENTITY
from tests.reports.papers import demo_case
from tracer.cli import run

DAY = ("--date", "2026-11-22")


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The demonstration as a finished case, in an empty folder with an identity file beside it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("TRACER_LABELS", str(tmp_path / "labels"))
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "TRACER_CASES"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "me.toml").write_text(IDENTITY, encoding="utf-8")
    return Path(shutil.copytree(demo_case("evm"), tmp_path / "case"))


def digests(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.endswith(("-shm", "-wal")))
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_a_dry_run_writes_nothing(case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It shows who would get what and what is missing, in the user's language, and leaves no file."""
    before = digests(tmp_path)
    assert run(["letter", str(case), "--all", "--dry-run", "--lang", "zh", *DAY]) == 0
    shown = capsys.readouterr().out
    assert "Example Exchange" in shown
    assert "letter.zh.pdf" in shown
    assert "办案机关" in shown
    assert digests(tmp_path) == before


def test_letters_are_whole_and_the_same_each_time(case: Path, tmp_path: Path) -> None:
    """All files are there, the index fits them, a second run gives the same bytes, and the case holds no name."""
    for name in ("one", "two"):
        out = str(tmp_path / name)
        whom = ["--to", "example exchange", "--identity", "me.toml", "--lang", "zh"]
        assert run(["letter", str(case), *whom, "--out", out, *DAY]) == 0
    first = digests(tmp_path / "one")
    assert first == digests(tmp_path / "two")
    folder = tmp_path / "one" / "example-exchange"
    assert {"letter.zh.docx", "letter.zh.pdf", "letter.zh.txt", "far.json", "path.xlsx"} <= set(digests(folder))
    for row in (folder / "index.sha256").read_text().splitlines():
        digest, name = row.split("  ")
        assert digests(folder)[name] == digest
    assert "Li Hua" in (folder / "letter.zh.txt").read_text(encoding="utf-8")
    assert {"follow-ups.ics", "before-sending.zh.txt"} <= set(first)
    assert not [path for path in case.rglob("*") if path.is_file() and b"Li Hua" in path.read_bytes()]


def test_a_letter_that_is_there_is_not_written_over(
    case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An edited letter survives a second run, which says where it is."""
    arguments = ["letter", str(case), "--all", "--out", str(tmp_path / "out"), "--lang", "en", *DAY]
    assert run(arguments) == 0
    edited = tmp_path / "out" / "example-exchange" / "letter.en.txt"
    edited.write_text("edited", encoding="utf-8")
    capsys.readouterr()
    assert run(arguments) == 2
    assert "example-exchange" in capsys.readouterr().err
    assert edited.read_text(encoding="utf-8") == "edited"


def test_the_plan_as_json(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A program can read the plan."""
    assert run(["letter", str(case), "--all", "--dry-run", "--json", "--lang", "both"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert [row["recipient"] for row in plan["letters"]] == ["Example Exchange"]
    assert plan["letters"][0]["languages"] == ["en", "zh"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--all"], "--out"),
        (["--dry-run"], "Example Exchange"),
        (["--to", "Kraken", "--dry-run"], "Example Exchange"),
        (["--all", "--dry-run", "--zone", "Mars/Olympus"], "Mars/Olympus"),
        (["--all", "--dry-run", "--date", "22.11.2026"], "22.11.2026"),
        (["--all", "--out", "case/letters"], "persons"),
        (["--all", "--dry-run", "--identity", "case/me.toml"], "persons"),
        (["--all", "--dry-run", "--identity", "absent.toml"], "absent.toml"),
    ],
)
def test_what_cannot_be_is_one_clear_line(
    arguments: list[str], said: str, case: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong question ends with 2, one line, and nothing written."""
    assert run(["letter", str(case), *arguments]) == 2
    err = capsys.readouterr().err
    assert err.startswith("trace: ")
    assert said in err
    assert not (case / "letters").exists()


def test_an_unwritable_place_is_said(case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where the folder cannot be made, the error names it."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert run(["letter", str(case), "--all", "--out", str(tmp_path / "file" / "out"), "--lang", "en", *DAY]) == 4
    assert "file" in capsys.readouterr().err
