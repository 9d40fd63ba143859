"""The checker is one file of plain Python 3.9 that a stranger can run, and says what it found in two languages."""

from __future__ import annotations

import ast
import io
import json
import shutil
import string
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.verify import boxes
from tests.verify.checker import checker, path

ALLOWED = {
    *("__future__", "argparse", "binascii", "collections", "fractions", "hashlib", "json", "math", "os", "re", "stat"),
    *("struct", "sys", "typing", "unicodedata", "zipfile", "zlib"),
}


def tree() -> ast.Module:
    """The file, read as Python 3.9 reads it."""
    return ast.parse(path().read_text(encoding="utf-8"), feature_version=(3, 9))


def test_python_3_9_and_its_library_alone() -> None:
    """It is Python 3.9, takes nothing but the standard library, opens no connection and writes no file."""
    named = set()
    for node in ast.walk(tree()):
        if isinstance(node, ast.Import):
            named |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom):
            named.add(str(node.module))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "open":
            assert ast.literal_eval(node.args[1]) == "rb"
        assert not isinstance(node, ast.Match)
    assert named <= ALLOWED


def test_nothing_is_defined_twice() -> None:
    """No name of one part hides a name of another."""
    seen: list[str] = []
    for node in tree().body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            seen.append(node.name)
        elif isinstance(node, ast.Assign):
            seen += [one.id for one in node.targets if isinstance(one, ast.Name)]
    assert sorted(set(seen)) == sorted(seen)


def calls() -> list[ast.Call]:
    """Every call that says something."""
    kinds = {"fine", "stated", "differs", "malformed", "unknown", "Malformed", "_Unproven", "_Differs", "sentence"}
    found = [node for node in ast.walk(tree()) if isinstance(node, ast.Call)]
    names = [node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "") for node in found]
    return [node for node, name in zip(found, names, strict=True) if name in kinds and node.args]


def test_every_sentence_stands_in_both_languages() -> None:
    """Every sentence that is said exists, in English and Chinese with the same places, and with a value for each."""
    words = checker().WORDS
    for key, both in words.items():
        places = [{name for _, name, _, _ in string.Formatter().parse(one) if name} for one in both]
        assert places[0] == places[1], key
        assert both[0] != both[1], key
        assert any("\u4e00" <= sign <= "\u9fff" for sign in both[1]), key
    for call in calls():
        first = call.args[0]
        if isinstance(first, ast.Constant) and isinstance(first.value, str) and "." in first.value:
            assert first.value in words, first.value
            given = {one.arg for one in call.keywords}
            if None not in given and not isinstance(call.func, ast.Name):
                needed = {name for _, name, _, _ in string.Formatter().parse(words[first.value][0]) if name}
                assert len(call.args) > 1 or needed <= given, first.value


def run(*arguments: str, python: str = sys.executable, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """The checker as a stranger runs it."""
    command = [python, "-I", str(path()), *arguments] if not environment else [python, str(path()), *arguments]
    return subprocess.run(command, capture_output=True, check=False, env={"PATH": "/usr/bin", **environment})


def test_as_a_stranger_runs_it(tmp_path: Path) -> None:
    """Exit code and verdict agree, in the language of the machine or as asked, and as JSON."""
    place = tmp_path / "bundle.zip"
    place.write_bytes(boxes.shapes()["deflated"])
    english = run(str(place), "--lang", "en")
    assert english.returncode == 0
    assert english.stdout.decode().strip().endswith("(exit code 0)")
    assert run(str(place), LANG="zh_CN.UTF-8", PYTHONUTF8="1").stdout.decode().strip().endswith("（退出码 0）")
    assert run(str(place), "--lang", "zh", LANG="C", PYTHONIOENCODING="ascii").stdout.isascii()
    told = json.loads(run(str(place), "--json").stdout)
    assert told["code"] == 0
    assert {"level", "key", "values", "text"} == set(told["found"][0])
    place.write_bytes(place.read_bytes()[:-9])
    assert run(str(place)).returncode == 2
    assert json.loads(run(str(place), "--json").stdout)["code"] == 2


def test_in_the_folder_it_lies_in(tmp_path: Path) -> None:
    """Without an argument it checks the bundle that it was unpacked with, and says so when there is none."""
    members = boxes.sealed(boxes.files() | {"verify.py": path().read_bytes()})
    folder = boxes.unpacked(members, tmp_path)
    found = subprocess.run([sys.executable, str(folder / "verify.py")], capture_output=True, check=False)
    assert found.returncode == 0, found.stdout.decode()
    assert "this very file" in found.stdout.decode()
    assert run().returncode == 2


def older() -> str | None:
    """A Python 3.9 on this machine."""
    found = shutil.which("python3.9") or next(map(str, Path.home().glob(".pyenv/versions/3.9*/bin/python3.9")), None)
    if found and subprocess.run([found, "-c", ""], capture_output=True, check=False).returncode == 0:
        return found
    return next(map(str, Path.home().glob(".pyenv/versions/3.9*/bin/python3.9")), None)


@pytest.mark.skipif(older() is None, reason="no Python 3.9 here")
def test_on_python_3_9(tmp_path: Path) -> None:
    """Python 3.9 runs it, and finds the same."""
    place = tmp_path / "bundle.zip"
    for data in (boxes.shapes()["deflated"], boxes.shapes()["stored"][:-100]):
        place.write_bytes(data)
        old, new = (run(str(place), "--json", python=one) for one in (str(older()), sys.executable))
        assert (old.returncode, old.stdout, old.stderr) == (new.returncode, new.stdout, b"")


def test_long_findings_are_summed_up() -> None:
    """What is found more than twenty times is shown twenty times and counted, unless all is asked for."""
    found: list[Any] = [("differs", "manifest.changed", {"name": str(n)}) for n in range(50)]
    for everything, count in ((False, 20), (True, 50)):
        out = io.StringIO()
        checker().Voice("en", everything, out).step(1, "main.step_load", found)
        assert out.getvalue().count("was changed") == count
        assert ("30 more" in out.getvalue()) is not everything


def test_whatever_goes_wrong_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of the checker itself ends in a sentence and exit code 2; asked for, it is shown."""

    def broken(*_: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr(checker(), "check_sum", broken)
    place = boxes.unpacked(boxes.sealed(boxes.files()), tmp_path)
    report = checker().verify(str(place))
    assert report.code == 2
    assert ("malformed", "main.unexpected", {"kind": "KeyError"}) in report.found
    monkeypatch.setenv("TRACER_DEBUG", "1")
    with pytest.raises(KeyError):
        checker().verify(str(place))


def test_numbers_and_names_in_sentences() -> None:
    """How many of something is grouped by thousands, the number of something is not, and an asset bears its name."""
    voice, report = checker().Voice("en", True, io.StringIO()), checker().Report()
    report.symbols["native"] = "ETH"
    report.differs("sum.opening", address="0x1", asset="native", says=12345, found=12346)
    said = voice.sentence(*report.found[0][1:])
    assert "0x1, ETH (native)" in said
    assert "12345" in said
    counts = {"answers": 1234567, "transfers": 1, "accounts": 2, "rows": 3}
    assert "1,234,567 answers" in voice.sentence("load.read", counts)
