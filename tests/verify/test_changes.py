"""Nothing that happens to a bundle goes unseen, whether by accident or by somebody who makes every digest anew.

What a forger can change unseen is named in `NOT_TOLD`: it does not follow from anything in a bundle.
TRACER_CHANGES=10000 tries so many accidents, and every kind of value.
"""

from __future__ import annotations

import hashlib
import os
import random
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from tests.reports.papers import demo_case
from tests.verify import boxes, forging
from tests.verify.boxes import Files
from tests.verify.bundles import bundled
from tests.verify.checker import checker

CHANGES: Final = int(os.environ.get("TRACER_CHANGES", "1200"))
WHOLE: Final = CHANGES >= 10_000
SHAPES: Final = ("deflated", "stored", "with SM3", "many answers", "demo-evm", "demo-tron", "with a time stamp")
FIGURES: Final = ("ledger.jsonl", "sum.jsonl", "accounts.jsonl", "pots.jsonl", "trace.json", "proofs.jsonl")
STATEMENTS: Final = ("corroborations.jsonl", "journal.jsonl", "answers.jsonl")

NOT_TOLD: Final = {
    "how a conversion's legs weigh (prices)": r"pots\.jsonl weights|pots\.jsonl values",
    "what labels say beyond a name and its source": r"trace\.json endpoints/(category|confidence|rule|swept_to)",
    "inferences about deposit addresses": r"trace\.json deposits/.*",
    "other addresses that are involved": r"trace\.json involved/.*",
    "what is listed and not traced": r"trace\.json unverified/.*",
    "prices, and what things are worth": r"trace\.json (prices/.*|.*usd.*)",
    "bounds": r"trace\.json bounds/.*",
    "how a conversion is described": r"trace\.json conversions/(owner|venues|doubtful|market.*)",
    "marks, notes, gaps and effort": r"trace\.json (addresses/marks|notes.*|gaps/.*|stats/.*|version)",
    "hash and time of the last block": r"trace\.json as_of/(hash|time|block)",
    "which of several equal answers is named": r"(proofs|corroborations)\.jsonl .*answers",
    "when and where a source was asked": r"answers\.jsonl (generation|host|question|asked_at|status|headers/.*|detail)",
}


@cache
def demo(name: str, home: Path) -> Path:
    """The unpacked bundle of a demonstration case."""
    bundled(demo_case(name.removeprefix("demo-")), home / name)
    return home / name


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where bundles are made."""
    return tmp_path_factory.mktemp("changes")


def members_of(shape: str, home: Path) -> Files:
    """All members of a bundle of some shape."""
    if shape.startswith("demo"):
        return boxes.sealed(forging.content_of(demo(shape, home)))
    if shape == "with a time stamp":
        return boxes.sealed(boxes.files(), {"manifest.json.ots": stamp(boxes.sealed(boxes.files())["manifest.json"])})
    bodies = (b"{}", b"[]", b"", b"x" * 3000) if shape == "many answers" else (b"{}",)
    return boxes.sealed(boxes.files(bodies), sm3=shape == "with SM3")


def stamp(manifest: bytes) -> bytes:
    """An OpenTimestamps proof's beginning, which is all that is looked at here."""
    head = b"\0OpenTimestamps\0\0Proof\0\xbf\x89\xe2\xe8\x84\xe8\x92\x94\1\x08"
    return head + hashlib.sha256(manifest).digest() + b"\0rest"


def findings(path: Path) -> tuple[int, set[str]]:
    """Exit code, and the names of what is wrong."""
    report = checker().verify(str(path))
    return report.code, {key for level, key, _ in report.found if level not in ("fine", "stated")}


def packed(members: Files, shape: str) -> bytes:
    """The zip of a shape."""
    return boxes.packed(members.items(), stored=shape == "stored")


def mixed(members: Files, dice: random.Random) -> Files:
    """The members with one damaged, removed, added, or two in each other's place."""
    name, other = dice.choice(sorted(members)), dice.choice(sorted(members))
    way = dice.randrange(8)
    if way == 0:
        return {one: data for one, data in members.items() if one != name}
    if way == 1:
        return members | {dice.choice(("raw/" + "a" * 64, "extra.txt", "labels/more.csv")): b"x"}
    if way == 2:
        return members | {name: members[other], other: members[name]}
    return members | {name: forging.damaged(members[name], dice) if members[name] else b"x"}


def share(shape: str) -> int:
    """How many accidents a shape has: a real bundle takes a hundred times as long as a made-up one."""
    return CHANGES // 25 if shape.startswith("demo") else CHANGES * 23 // 125


@pytest.mark.parametrize("shape", SHAPES)
def test_no_accident_goes_unseen(shape: str, home: Path, tmp_path: Path) -> None:
    """A byte, a cut, a line or a file: in the zip as it lies, or in files that were packed or unpacked again."""
    members, dice, place = members_of(shape, home), random.Random(shape), tmp_path / "bundle.zip"
    whole = packed(members, shape)
    place.write_bytes(whole)
    assert findings(place) == (0, set())
    for number in range(share(shape)):
        if number % 2:
            data = forging.damaged(whole, dice)
            if data == whole:
                continue
            place.write_bytes(data)
        else:
            other = mixed(members, dice)
            if other == members:
                continue
            place.write_bytes(packed(other, shape))
        code, wrong = findings(place)
        assert code, (shape, number)
        assert "main.unexpected" not in wrong, (shape, number)


@pytest.mark.parametrize("shape", ["many answers", "demo-evm"])
def test_no_accident_in_a_folder_goes_unseen(shape: str, home: Path, tmp_path: Path) -> None:
    """The same in an unpacked bundle, file by file; names that only Windows would refuse are refused everywhere."""
    members, dice = members_of(shape, home), random.Random(shape)
    folder = boxes.unpacked(members, tmp_path / "bundle")
    for number in range(share(shape) // 4):
        other = mixed(members, dice)
        if other == members:
            continue
        touched = {name for name in {*members, *other} if members.get(name) != other.get(name)}
        for name in touched:
            if name in other:
                boxes.unpacked({name: other[name]}, folder)
            else:
                (folder / name).unlink()
        code, wrong = findings(folder)
        assert code, number
        assert "main.unexpected" not in wrong, number
        for name in touched:
            if name in members:
                boxes.unpacked({name: members[name]}, folder)
            else:
                (folder / name).unlink()


def forged(
    name: str, home: Path, files: tuple[str, ...], dice: random.Random, most: int
) -> Iterator[tuple[str, int, set[str]]]:
    """Kinds of values with what is found when one of each is changed, and manifest, container and journal made anew."""
    content = forging.content_of(demo(name, home))
    kinds: dict[tuple[str, str], list[forging.Leaf]] = {}
    for file in files:
        for leaf in forging.leaves(content, file):
            kinds.setdefault((file, leaf.kind), []).append(leaf)
    place = home / "forged.zip"
    chosen = list(kinds.items()) if WHOLE else dice.sample(list(kinds.items()), min(most, len(kinds)))
    for (file, kind), some in chosen:
        found = forging.changed(content, dice.choice(some))
        if found is not None:
            whole = boxes.sealed(found if file == "journal.jsonl" else forging.with_journal(found))
            place.write_bytes(boxes.packed(whole.items(), stored=True))
            yield f"{file} {kind}", *findings(place)


@pytest.mark.parametrize("name", ["demo-evm", "demo-tron"])
@pytest.mark.parametrize("files", [FIGURES, STATEMENTS])
def test_a_forger_is_found(name: str, files: tuple[str, ...], home: Path) -> None:
    """A figure that is changed, with all digests made anew, is found wherever the bundle's own answers tell it."""
    found = list(forged(name, home, files, random.Random(f"{name} {files}"), 30))
    assert not any("main.unexpected" in wrong for _, _, wrong in found)
    unseen = [kind for kind, code, _ in found if not code]
    assert [kind for kind in unseen if not any(re.fullmatch(one, kind) for one in NOT_TOLD.values())] == []


@pytest.mark.skipif(not WHOLE, reason="TRACER_CHANGES=10000 looks at every kind of value")
def test_what_is_not_told_is_named_exactly(home: Path) -> None:
    """Every kind that is named as not told is one that really goes unseen; the list excuses nothing."""
    unseen = {kind for kind, code, _ in forged("demo-evm", home, FIGURES + STATEMENTS, random.Random(5), 0) if not code}
    for what, pattern in NOT_TOLD.items():
        assert any(re.fullmatch(pattern, kind) for kind in unseen), what


@pytest.mark.parametrize("name", ["demo-evm", "demo-tron"])
def test_a_forged_answer_is_found(name: str, home: Path) -> None:
    """An amount that is changed in the very answer a transfer is from, with all digests made anew, is found."""
    content, dice = forging.content_of(demo(name, home)), random.Random(name)
    rows = {row["n"]: row for row in forging.parsed(content, "answers.jsonl")}
    lines = forging.parsed(content, "ledger.jsonl")
    place = home / "answer.zip"
    for line in lines if WHOLE else dice.sample(lines, 12):
        body = content["raw/" + rows[line["answer"]]["sha256"]]
        old = forged_amount(body, line["amount"])
        if old is None:
            continue
        found = forging.with_journal(forging.with_answer(content, line["answer"], old))
        place.write_bytes(boxes.packed(boxes.sealed(found).items(), stored=True))
        code, wrong = findings(place)
        assert code, line
        assert "main.unexpected" not in wrong


def forged_amount(body: bytes, amount: str) -> bytes | None:
    """The body with an amount one unit higher wherever it stands, in digits or in hex; None where it does not."""
    old, new = int(amount), int(amount) + 1
    found = re.sub(rb"(?<![0-9a-zA-Z.])%d(?![0-9.])" % old, b"%d" % new, body)
    found = re.sub(rb"(?<![0-9a-zA-Z])0x%x(?![0-9a-f])" % old, b"0x%x" % new, found)
    found = found.replace(b"%064x" % old, b"%064x" % new)
    return None if found == body else found
