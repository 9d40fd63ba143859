"""`trace police` on a finished case: written once, outside the case, with personal data from one file only."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.reports.papers import demo_case
from tracer.cli import run
from tracer.cli.police import evidence_of

Screen = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the two demonstrations, traced."""
    folder = tmp_path_factory.mktemp("cases")
    for name in ("evm", "tron"):
        shutil.copytree(demo_case(name), folder / f"demo-{name}")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"TRACER_CASES": str(folder), "XDG_CONFIG_HOME": str(folder), "COLUMNS": "80"}.items():
            patch.setenv(name, value)
        patch.setenv("LANG", "C.UTF-8")
        patch.delenv("LC_ALL", raising=False)
        patch.delenv("LC_MESSAGES", raising=False)
        patch.chdir(folder)
        yield folder


def refused(screen: Screen, *arguments: str) -> str:
    """What a command that is refused says."""
    screen.readouterr()
    assert run(list(arguments)) == 2
    return screen.readouterr().err


def test_the_pack_is_written_in_both_languages(cases: Path, tmp_path: Path, capsys: Screen) -> None:
    """One call gives both packs, says how much is missing, and leaves the case as it was."""
    person = tmp_path / "me.toml"
    person.write_text('[reporter]\nname = "Zhang San"\n[device]\napp = "imToken"\n', encoding="utf-8")
    before = (cases / "demo-evm" / "case.sqlite").read_bytes()
    out = tmp_path / "pack"
    called = ["police", "demo-evm", "--out", str(out), "--identity", str(person), "--lang", "both", "--sm3"]
    assert run(called) == 0
    screen = capsys.readouterr().out
    assert "still to be supplied" in screen
    assert "recovery words" in screen
    names = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    for lang in ("en", "zh"):
        assert {f"A-index.{lang}.pdf", f"B-statement.{lang}.docx", f"J-warnings.{lang}.pdf"} <= names
    assert "Zhang San" in (out / "ic3.en.txt").read_text(encoding="utf-8")
    assert "imToken" in (out / "wallet-support.zh.txt").read_text(encoding="utf-8")
    assert "Zhang San" not in (out / "data" / "dossier.json").read_text(encoding="utf-8")
    assert (cases / "demo-evm" / "case.sqlite").read_bytes() == before


def test_a_folder_that_is_used_is_left_alone(cases: Path, tmp_path: Path, capsys: Screen) -> None:
    """A statement that somebody filled in is never written over."""
    (tmp_path / "B-statement.en.docx").write_text("filled in", encoding="utf-8")
    assert "not empty" in refused(capsys, "police", str(cases / "demo-tron"), "--out", str(tmp_path))
    assert (tmp_path / "B-statement.en.docx").read_text(encoding="utf-8") == "filled in"


def test_nothing_personal_goes_into_the_case(cases: Path, tmp_path: Path, capsys: Screen) -> None:
    """Neither the pack nor the identity file may lie in the case folder."""
    case = cases / "demo-tron"
    assert "nothing about persons" in refused(capsys, "police", str(case), "--out", str(case / "pack"))
    person = case / "me.toml"
    said = refused(capsys, "police", str(case), "--out", str(tmp_path / "x"), "--identity", str(person))
    assert "nothing about persons" in said
    assert not (tmp_path / "x").exists()


def test_an_identity_file_with_a_secret_is_refused(cases: Path, tmp_path: Path, capsys: Screen) -> None:
    """A recovery phrase pasted into the file never reaches a paper or the screen."""
    person = tmp_path / "me.toml"
    phrase = "abandon " * 11 + "about"
    person.write_text(f'[incident]\nwhat_happened = "{phrase}"\n', encoding="utf-8")
    said = refused(capsys, "police", str(cases / "demo-evm"), "--out", str(tmp_path / "x"), "--identity", str(person))
    assert "abandon" not in said
    assert not (tmp_path / "x").exists()


def test_an_unknown_wallet_is_named_with_those_that_are_known(cases: Path, tmp_path: Path, capsys: Screen) -> None:
    """A misspelt wallet is an error and not a ticket to nobody."""
    out = str(tmp_path / "x")
    assert "tokenpocket" in refused(capsys, "police", str(cases / "demo-evm"), "--out", out, "--wallet", "nope")


def test_evidence_is_listed_as_it_lies_there_and_without_the_users_folders(tmp_path: Path) -> None:
    """Each file with the digest of its bytes; a list of labels from elsewhere by its name only, and said to be so."""
    case, home = tmp_path / "case", tmp_path / "zhang-san"
    for folder in (case / "labels", home):
        folder.mkdir(parents=True)
    for path in (case / "case.toml", case / "case.sqlite", case / "labels" / "in.csv", home / "out.csv"):
        path.write_text(path.name, encoding="utf-8")
    lists = ("labels/in.csv", str(home / "out.csv"), "gone.csv")
    found = {one.name: one for one in evidence_of(case, lists, with_sm3=False)}
    assert list(found) == ["case.toml", "case.sqlite", "labels/in.csv", "out.csv"]
    assert [one.what for one in found.values()] == ["question", "answers", "labels", "labels_outside"]
    for one in found.values():
        assert one.sha256 == hashlib.sha256(one.name.rpartition("/")[2].encode()).hexdigest()
