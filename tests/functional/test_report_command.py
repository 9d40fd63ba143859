"""`trace report` as a user meets it: what it writes, that it is the same everywhere, and what bad input gets."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from reports.formats import formats
from tracer.case import open_case
from tracer.demo import make_demo_case

ROOT = Path(__file__).parents[2]


class Ran(NamedTuple):
    """How a run of the program ended."""

    code: int
    out: str
    err: str


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the demonstration cases, traced."""
    folder = tmp_path_factory.mktemp("a folder 案")
    ran = trace(folder, "demo")
    assert ran.code == 0, ran.err
    return folder


def trace(folder: Path, *arguments: str, **environment: str) -> Ran:
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LD_LIBRARY_PATH")}
    plain = {"PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", "TRACER_LABELS": os.devnull + "/none"}
    done = subprocess.run(
        [sys.executable, "-m", "tracer", *arguments],
        cwd=folder, env={**kept, **plain, **environment}, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    return Ran(done.returncode, done.stdout, done.stderr)


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_the_usual_report_is_there_and_can_be_checked(home: Path) -> None:
    """Page, paper, spreadsheet and data are written, and the list of digests beside them fits them."""
    ran = trace(home, "report", "demo-evm", "--out", "papers")
    assert ran.code == 0, ran.err
    found = digests(home / "papers")
    assert set(found) == {"report.en.html", "report.en.pdf", "report.en.xlsx", "report.json", "report.sha256"}
    for line in (home / "papers/report.sha256").read_text().splitlines():
        digest, name = line.split("  ")
        assert found[name] == digest
    assert all(f"papers/{name}" in ran.out for name in found)


def test_every_format_and_both_languages_are_the_same_anywhere(home: Path) -> None:
    """Another folder, time zone, locale and hash seed change not one byte."""
    names = ",".join(formats())
    first = trace(home, "report", "demo-tron", "--out", "one", "--lang", "both", "--format", names)
    assert first.code == 0, first.err
    other = {"TZ": "Pacific/Auckland", "LANG": "C", "LC_ALL": "C", "PYTHONHASHSEED": "7", "PYTHONUTF8": "1"}
    again = trace(home, "report", "cases/demo-tron", "--out", "b/two", "--lang", "both", "--format", names, **other)
    assert again.code == 0, again.err
    found = digests(home / "one")
    assert found == digests(home / "b/two")
    for name, one in formats().items():
        spoken = {f"report.{lang}.{name}" for lang in ("en", "zh")}
        assert one.paper is None or spoken <= set(found)


def test_a_report_says_nothing_of_the_machine(home: Path) -> None:
    """No folder of the user's stands in any text of the report."""
    trace(home, "report", "demo-evm", "--out", "plain", "--format", "txt,json,md,html")
    for path in (home / "plain").iterdir():
        text = path.read_text(encoding="utf-8")
        assert str(home) not in text
        assert Path.home().as_posix() + "/" not in text


def test_the_reader_has_a_zone(home: Path) -> None:
    """Beside UTC stands the zone that was asked for; Chinese papers have Beijing's by themselves."""
    trace(home, "report", "demo-evm", "--out", "zones", "--format", "txt", "--zone", "America/New_York")
    trace(home, "report", "demo-evm", "--out", "zones", "--format", "txt", "--lang", "zh")
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
def test_bad_input_gets_one_line(home: Path, arguments: tuple[str, ...], said: str) -> None:
    """The thing, the cause and the next step, exit code 2, and nothing written."""
    ran = trace(home, "report", "demo-evm", "--out", "never", *arguments)
    assert ran.code == 2
    assert said in ran.err
    assert len(ran.err.strip().splitlines()) == 1
    assert not (home / "never").exists()


def test_a_case_without_a_result_has_no_report(home: Path) -> None:
    """A case that was never traced says so."""
    question = make_demo_case("evm", home / "fresh")
    with open_case(home / "fresh", question=question, offline=True):
        pass
    ran = trace(home, "report", "fresh", "--out", "never")
    assert ran.code == 4
    assert "fresh" in ran.err


def test_a_folder_that_cannot_be_written_is_named(home: Path) -> None:
    """A file where the folder should be is one line, not a traceback."""
    (home / "taken").write_text("")
    ran = trace(home, "report", "demo-evm", "--out", "taken/below", "--format", "txt")
    assert ran.code == 4
    assert "taken/below" in ran.err
    assert "Traceback" not in ran.err


def test_the_data_file_holds_the_result_as_it_is(home: Path) -> None:
    """The trace in the dossier is the document that `trace show --json` prints."""
    trace(home, "report", "demo-evm", "--out", "data", "--format", "json")
    document = json.loads((home / "data/report.json").read_text(encoding="utf-8"))
    shown = json.loads(trace(home, "show", "demo-evm", "--json").out)
    assert document["trace"] == shown
