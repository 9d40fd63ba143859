"""`trace bundle` as a user meets it: what is written and said, that it is the same everywhere, what bad input gets."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx
import pytest

from tests.reports.papers import demo_case
from tests.tracer.bundle.test_stamps import calendar
from tracer.bundle import extras, stamps, table
from tracer.cli import run
from tracer.errors import SourceTrouble

ROOT: Final = Path(__file__).parents[2]
CHECKER: Final = b"print('a stand-in for the checker')\n"
PERSON: Final = '[reporter]\nname = "Zhang San"\n[device]\napp = "imToken"\n'
Screen = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder where the user is, with the demonstration cases, traced."""
    folder = tmp_path_factory.mktemp("a folder 案")
    for name in ("evm", "tron"):
        shutil.copytree(demo_case(name), folder / f"cases/demo-{name}")
    (folder / "verify.py").write_bytes(CHECKER)
    (folder / "me.toml").write_text(PERSON, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("LC_ALL", "LC_MESSAGES", "TRACER_CASES"):
            patch.delenv(name, raising=False)
        patch.setenv("LANG", "C.UTF-8")
        patch.setenv("XDG_CONFIG_HOME", str(folder))
        patch.setattr(extras, "CHECKER_AT", folder / "verify.py")
        patch.chdir(folder)
        yield folder


def unpacked(file: Path) -> dict[str, bytes]:
    """Every member by name."""
    with zipfile.ZipFile(file) as read:
        return {name: read.read(name) for name in read.namelist()}


def elsewhere(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The same command on another machine: another user, home, time zone, locale, hash seed and umask."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LD_LIBRARY_PATH")}
    other = {"TZ": "Pacific/Auckland", "LANG": "zh_CN.UTF-8", "PYTHONHASHSEED": "7", "PYTHONUTF8": "1"}
    other |= {"HOME": str(folder / "Zhang San"), "USER": "zhangsan", "LOGNAME": "zhangsan"}
    program = (
        "import sys, os, pathlib, tracer.bundle.extras as e, tracer.cli as c; os.umask(0o077);"
        f"e.CHECKER_AT = pathlib.Path({str(folder / 'verify.py')!r}); sys.exit(c.run(sys.argv[1:]))"
    )
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=folder, env={**kept, **other, "PYTHONPATH": str(ROOT), "TRACER_LABELS": os.devnull + "/none"},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def test_a_bundle_is_written_and_its_digests_are_said(home: Path, capsys: Screen) -> None:
    """Content, reports in both languages and the checker are in it; what is printed is true of the file."""
    assert run(["bundle", "demo-evm", "--out", "made/one.zip"]) == 0
    shown = capsys.readouterr().out
    found = unpacked(home / "made/one.zip")
    assert {f"reports/report.{name}" for name in ("en.html", "zh.html", "json")} <= set(found)
    assert {"README.txt", "README.zh-CN.txt", "trace.json", "ledger.jsonl", "manifest.sha256"} <= set(found)
    assert found["verify.py"] == CHECKER
    assert not [name for name in found if name.startswith("papers/")]
    for data in ((home / "made/one.zip").read_bytes(), found["manifest.json"]):
        assert hashlib.sha256(data).hexdigest() in shown
    assert "python3 verify.py one.zip" in shown
    assert "Neither signed nor time-stamped" in shown
    assert [path.name for path in (home / "made").iterdir()] == ["one.zip"]
    for row in json.loads(found["manifest.json"])["files"]:
        assert hashlib.sha256(found[row["path"]]).hexdigest() == row["sha256"]


def test_a_bundle_is_the_same_anywhere(home: Path) -> None:
    """Another folder, user, home, time zone, language, hash seed and umask change not one byte of it."""
    assert run(["bundle", "demo-tron", "--out", "here.zip", "--sm3"]) == 0
    shutil.copytree(home / "cases/demo-tron", home / "Zhang San/case")
    again = elsewhere(home, "bundle", "Zhang San/case", "--out", "there.zip", "--sm3")
    assert again.returncode == 0, again.stderr
    assert "证据包的 SHA-256" in again.stdout
    found = unpacked(home / "here.zip")
    assert found == unpacked(home / "there.zip")
    assert (home / "here.zip").read_bytes() == (home / "there.zip").read_bytes()
    assert all(len(row["sm3"]) == 64 for row in json.loads(found["manifest.json"])["files"])


def test_an_imported_case_gives_the_same_bundle(home: Path) -> None:
    """But for the journal, which says that it was imported."""
    assert run(["bundle", "demo-evm", "--out", "sent.zip", "--no-reports"]) == 0
    for command in (("import", "sent.zip", "--case", "their/case"), ("bundle", "their/case", "--no-reports")):
        done = elsewhere(home, *command, *(["--out", "back.zip"] if command[0] == "bundle" else []))
        assert done.returncode == 0, done.stderr
    sent, back = unpacked(home / "sent.zip"), unpacked(home / "back.zip")
    assert list(sent) == list(back)
    differing = {name for name in sent if sent[name] != back[name]}
    assert differing == {"journal.jsonl", "manifest.json", "manifest.sha256"}
    added = back["journal.jsonl"].removeprefix(sent["journal.jsonl"]).splitlines()
    assert [json.loads(line)["event"] for line in added] == ["import"]


def test_nothing_of_the_machine_is_in_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever names folders after people, and traces there with a file of theirs, hands over no name and no path."""
    theirs = home / "user-zhangwei" / "王小明"
    case = shutil.copytree(home / "cases/demo-evm", theirs / "li-na")
    mine = theirs / "mine.csv"
    for file in (mine, case / "labels/1-mine.csv"):
        shutil.copy(case / "labels/demo.csv", file)
    monkeypatch.setenv("TRACER_CASES", str(theirs))
    for folder in (("--case", str(case)), (f"--case={case}",)):
        arguments = ["--offline", "--labels", str(mine), *folder]
        monkeypatch.setattr(sys, "argv", ["trace", *arguments])
        assert run(arguments) == 0
    assert run(["bundle", "li-na", "--out", "nameless.zip"]) == 0
    found = unpacked(home / "nameless.zip")
    assert "labels/1-mine.csv" in found
    names = ("zhangwei", "王小明", "\\u738b", "li-na", str(home.parent), str(Path.home()) + "/")
    assert not [(name, path) for path, data in found.items() for name in names if name.encode() in data]


def test_persons_are_in_it_only_where_a_file_names_them(home: Path, capsys: Screen) -> None:
    """With --identity letters and police papers are added, without the sender's own reminders; nothing else changes."""
    asked = ["bundle", "demo-evm", "--no-reports", "--json"]
    assert run([*asked, "--out", "plain.zip"]) == 0
    assert json.loads(capsys.readouterr().out)["left_out"] == ["reports", "papers", "seals"]
    assert run([*asked, "--out", "named.zip", "--identity", "me.toml", "--lang", "zh", "--date", "2026-11-22"]) == 0
    said = json.loads(capsys.readouterr().out)
    plain, named = unpacked(home / "plain.zip"), unpacked(home / "named.zip")
    assert said["left_out"] == ["reports", "seals"]
    assert said["files"] + 2 == len(named)
    assert said["manifest_sha256"] == hashlib.sha256(named["manifest.json"]).hexdigest()
    assert said["sha256"] == hashlib.sha256((home / "named.zip").read_bytes()).hexdigest()
    papers = {name for name in named if name.startswith("papers/")}
    assert "papers/police/B-statement.zh.docx" in papers
    assert "papers/letters/example-exchange/letter.zh.pdf" in papers
    assert not [name for name in papers if "before-sending" in name]
    assert not [name for name, data in plain.items() if b"Zhang San" in data]
    assert set(named) - papers == set(plain)
    assert all(named[name] == data for name, data in plain.items() if not name.startswith("manifest"))


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="no OpenSSH here")
def test_seals_are_made_and_what_fails_is_said(home: Path, capsys: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    """A signature and a proof are in it; an authority that does not answer costs exit code 3, not the bundle."""

    def post(url: str, body: bytes, *_: object) -> bytes:
        if "digicert" in url:
            raise SourceTrouble("error.stamp_silent", host="timestamp.digicert.com", why="timeout")
        return calendar(httpx.Request("POST", url, content=body)).read()

    monkeypatch.setattr(stamps, "_post", post)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(home / "key")], check=True)
    asked = ["bundle", "--out", "sealed.zip", "--no-reports", "--sign", "ssh:key.pub"]
    assert run([*asked, "--ots-url", "https://ots.example", "--timestamp", "demo-evm"]) == 3
    screen = capsys.readouterr()
    assert "goes to timestamp.digicert.com; ots.example, and nothing else" in screen.err
    assert "timestamp.digicert.com did not answer (timeout)" in screen.err
    assert "without manifest.json.tsr" in screen.err
    found = unpacked(home / "sealed.zip")
    assert list(found)[-4:] == ["manifest.json", "manifest.json.ots", "manifest.json.sig", "manifest.sha256"]
    for name in ("manifest.json.ots", "manifest.json.sig"):
        assert f"In it: {name}" in screen.out
        assert f"{hashlib.sha256(found[name]).hexdigest()}  {name}\n" in found["manifest.sha256"].decode()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--out", "me.toml"), "never written over"),
        (("--out", "cases/demo-evm/x.zip"), "nothing about persons"),
        (("--out", "x.zip", "--identity", "cases/demo-evm/case.toml"), "nothing about persons"),
        (("--out", "x.zip", "--format", "doc"), "no format doc"),
        (("--out", "x.zip", "--sign", "mykey"), "names no key"),
        (("--out", "x.zip", "--timestamp-url", "somewhere"), "no web address"),
        (("--out", "x.zip", "--timestamp", "--timestamp-url", ""), "no web address"),
        (("--out", "x.zip", "--ots-url", "freetsa"), "no web address"),
    ],
)
def test_bad_input_gets_one_line(home: Path, capsys: Screen, arguments: tuple[str, ...], said: str) -> None:
    """The thing, the cause and the next step, exit code 2, at once, and nothing written."""
    before = (home / "me.toml").read_bytes()
    assert run(["bundle", "demo-evm", *arguments]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert len(err.splitlines()) == 1
    assert not (home / "x.zip").exists()
    assert (home / "me.toml").read_bytes() == before


def test_a_file_that_cannot_be_written_leaves_nothing(home: Path, capsys: Screen) -> None:
    """No half of a bundle stays behind, and one line says why."""
    assert run(["bundle", "demo-evm", "--no-reports", "--out", "me.toml/x.zip"]) == 4
    assert "could not be written" in capsys.readouterr().err
    assert not list(home.rglob(".x.zip*"))


def test_a_reading_that_no_answer_bears_out_is_refused(home: Path, capsys: Screen) -> None:
    """An error of the program is said to be one, with the transaction and the answer, and no bundle is made."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(table, "places", lambda *_: {})
        assert run(["bundle", "demo-evm", "--no-reports", "--out", "x.zip"]) == 70
    err = capsys.readouterr().err
    assert "error of the program, not yours; no bundle was written" in err
    assert len(err.splitlines()) == 1
    assert not list(home.glob("*x.zip*"))


def test_a_label_file_outside_the_case_is_refused(home: Path, capsys: Screen) -> None:
    """A bundle without a file that its own question names could not be derived again."""
    folder = home / "cases/outside"
    shutil.copytree(home / "cases/demo-evm", folder)
    labels = home / "mine.csv"
    shutil.copy(next((folder / "labels").iterdir()), labels)
    toml = folder / "case.toml"
    written = re.sub(r"(?m)^labels = .*$", lambda _: f'labels = ["{labels}"]', toml.read_text(encoding="utf-8"))
    toml.write_text(written, encoding="utf-8")
    assert run(["bundle", "outside", "--out", "outside.zip"]) == 4
    assert "lies outside the case" in capsys.readouterr().err
    assert not (home / "outside.zip").exists()
