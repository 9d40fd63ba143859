"""Nothing that is done to a bundle goes unseen, and nothing that it holds makes the checker fall over."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.verify import boxes
from tests.verify.checker import checker

CHANGES = 300


@pytest.fixture(autouse=True)
def plain_python() -> Iterator[None]:
    """As deep as Python goes where nobody asked for more; a library of the tests does."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(1000)
    yield
    sys.setrecursionlimit(before)


def code(data: bytes, place: Path) -> int:
    """What the checker makes of a file with these bytes."""
    place.write_bytes(data)
    return int(checker().verify(str(place)).code)


def damaged(data: bytes, dice: random.Random) -> Iterator[bytes]:
    """The same bytes with one changed, cut, taken out, put in, or two swapped."""
    for _ in range(CHANGES):
        at, other = dice.randrange(len(data)), dice.randrange(len(data))
        changed = bytes([data[at] ^ dice.randrange(1, 256)])
        yield data[:at] + changed + data[at + 1 :]
        yield data[:at]
        yield data[:at] + data[at + 1 :]
        yield data[:at] + bytes([dice.randrange(256)]) + data[at:]
        low, high = sorted((at, other))
        if data[low] != data[high]:
            yield data[:low] + data[high : high + 1] + data[low + 1 : high] + data[low : low + 1] + data[high + 1 :]


@pytest.mark.parametrize("shape", ["deflated", "stored"])
def test_no_change_of_a_zip_goes_unseen(shape: str, tmp_path: Path) -> None:
    """Whatever single byte is changed, cut, removed, added or swapped anywhere, the checker does not say fine."""
    whole = boxes.shapes()[shape]
    place = tmp_path / "bundle.zip"
    assert code(whole, place) == 0
    unseen = [one for one in damaged(whole, random.Random(7)) if code(one, place) == 0]
    assert unseen == []


def test_no_change_of_a_folder_goes_unseen(tmp_path: Path) -> None:
    """Nor does a change of any file of an unpacked bundle, a removal, or two files put in each other's place."""
    members = boxes.sealed(boxes.files([b"{}", b"[]"]))
    folder = boxes.unpacked(members, tmp_path)
    for name, data in members.items():
        place = folder / name
        place.unlink()
        assert checker().verify(str(folder)).code != 0, name
        first = bytes([data[0] ^ 1]) + data[1:] if data else b" "
        for other in (data[1:] or b" ", data + b"\n", first, members["case.toml"] + b"#"):
            place.write_bytes(other)
            assert checker().verify(str(folder)).code != 0, name
        place.write_bytes(data)
    assert checker().verify(str(folder)).code == 0


def forged(tmp_path: Path, name: str, data: bytes) -> set[str]:
    """The names of what is wrong of a bundle that somebody made with another file in it, manifest and all."""
    content = boxes.files() | {name: data}
    found = checker().verify(str(boxes.unpacked(boxes.sealed(content), tmp_path))).found
    return {key for level, key, _ in found if level not in ("fine", "stated")}


HOSTILE = {
    "deep": b"[" * 200_000 + b"]" * 200_000,
    "not deep enough to end": b'{"a":' * 100_000,
    "a float": b'{"lists": {}, "said": 1.5}',
    "no number": b'{"lists": NaN, "said": {}}',
    "digits": b'{"lists": ' + b"9" * 5000 + b', "said": {}}',
    "a name twice": b'{"lists": {}, "said": {}, "said": {}}',
    "no text": b"\xff\xfe",
    "nothing": b"",
    "null": b"null",
    "a surrogate": b'{"lists": {}, "said": {"\\ud800": 7}}',
    "other fields": b'{"said": {}, "lists": {}}',
}


HARMLESS = {("nothing", "journal.jsonl"), ("other fields", "state.json"), ("a surrogate", "state.json")}


@pytest.mark.parametrize("what", HOSTILE)
@pytest.mark.parametrize(
    "name", ["labels.json", "params.json", "trace.json", "answers.jsonl", "journal.jsonl", "state.json"]
)
def test_hostile_json(what: str, name: str, tmp_path: Path) -> None:
    """JSON that is deep, huge, ambiguous or none is refused as no sound bundle, by its name."""
    if (what, name) in HARMLESS:
        pytest.skip("nothing wrong with it there")
    found = forged(tmp_path, name, HOSTILE[what])
    assert found
    assert "main.unexpected" not in found


ROW = boxes.answer(1, b"{}")
FAULTY: dict[str, dict[str, Any]] = {
    "a number that is none": {"n": "1"},
    "true for a number": {"n": True},
    "below nil": {"n": -1},
    "another kind": {"kind": "fine"},
    "a question of somebody else": {"question": "etherscan GET ?a=b"},
    "no clock": {"asked_at": "yesterday"},
    "another length": {"bytes": 3},
    "an answer that is not there": {"sha256": "a" * 64},
    "a digest that is none": {"sha256": "../../etc/passwd"},
}


@pytest.mark.parametrize("what", FAULTY)
def test_faulty_rows(what: str, tmp_path: Path) -> None:
    """A row with a field of another kind, or that refers to nothing, is no sound bundle."""
    data = boxes.lines([ROW | FAULTY[what]])
    folder = boxes.unpacked(boxes.sealed(boxes.files() | {"answers.jsonl": data}), tmp_path)
    assert checker().verify(str(folder)).code == 2


@pytest.mark.parametrize("name", ["trace.json", "params.json"])
def test_any_value_of_another_kind(name: str, tmp_path: Path) -> None:
    """Whatever part of the result or of the settings is of another kind, it ends in a sentence."""
    whole = json.loads(boxes.files()[name])
    kinds: list[Any] = [None, 7, "x", [[]], {"x": {}}, [None]]
    for field in whole:
        for value in kinds:
            content = boxes.files() | {name: boxes.document(whole | {field: value})}
            report = checker().verify(str(boxes.unpacked(boxes.sealed(content), tmp_path)))
            assert all(checker().Voice("en", True, None).sentence(key, values) for _, key, values in report.found)


def test_hostile_text_is_escaped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Text that a terminal would act on, or that turns the writing round, is shown as an escape."""
    members = boxes.sealed(boxes.files() | {"answers.jsonl": boxes.lines([ROW | {"kind": "\x1b[2J\u202eevil"}])})
    assert checker().main([str(boxes.unpacked(members, tmp_path)), "--lang", "zh"]) == 2
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "\\u001b[2J\\u202eevil" in shown
