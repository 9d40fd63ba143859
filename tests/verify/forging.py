"""Changes to whole bundles: of bytes by accident, and of figures by a forger who makes every digest anew."""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tests.verify import boxes
from tests.verify.boxes import Files

BY_HASH = ("manifest.json", "manifest.sha256", *(f"manifest.json{end}" for end in boxes.BESIDE))


def content_of(folder: Path) -> Files:
    """The members of an unpacked bundle but for the manifest and what stands beside it."""
    found = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return {name: data for name, data in sorted(found.items()) if name not in BY_HASH}


class Leaf(NamedTuple):
    """A figure or a name in a file: in which line, by which way, and its kind, which is the way without places."""

    name: str
    line: int
    way: tuple[str | int, ...]
    kind: str


def leaves(content: Files, name: str) -> Iterator[Leaf]:
    """Every value of a file of the bundle that is no object and no list."""
    for line, value in enumerate(parsed(content, name)):
        for way in _ways(value, ()):
            yield Leaf(name, line, way, "/".join(step for step in way if isinstance(step, str)))


def parsed(content: Files, name: str) -> list[Any]:
    """The values of a file, one for each line of a .jsonl."""
    texts = content[name].splitlines() if name.endswith(".jsonl") else [content[name]]
    return [json.loads(text) for text in texts]


def _ways(value: Any, way: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    if isinstance(value, dict | list):
        for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _ways(inner, (*way, step))
    else:
        yield way


def another(value: Any) -> Any:
    """The least different value of the same form."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, str) and re.fullmatch(r"0|[1-9][0-9]*", value):
        return str(int(value) + 1)
    if isinstance(value, str) and re.search(r"[0-9]Z$", value):
        return value[:-2] + str((int(value[-2]) + 1) % 10) + "Z"
    if isinstance(value, str) and value:
        signs = "0123456789abcdef" if re.fullmatch(r"(0x)?[0-9a-f]+", value) else "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
        last = value[-1]
        return value[:-1] + signs[(signs.find(last) + 1) % len(signs)]
    return None if value == "" else value


def changed(content: Files, leaf: Leaf) -> Files | None:
    """The content with this one value another; None where it has no other of its form."""
    values = parsed(content, leaf.name)
    inner = values[leaf.line]
    for step in leaf.way[:-1]:
        inner = inner[step]
    old = inner[leaf.way[-1]]
    new = another(old)
    if new is None or new == old:
        return None
    inner[leaf.way[-1]] = new
    data = boxes.lines(values) if leaf.name.endswith(".jsonl") else boxes.document(values[0])
    return content | {leaf.name: data}


def with_journal(content: Files) -> Files:
    """The content with a journal that a forger wrote anew, so that it fits the result and the answers."""
    answers = parsed(content, "answers.jsonl")
    entries, before = [], "0" * 64
    for row in parsed(content, "journal.jsonl"):
        what = row["what"]
        if row["event"] == "result":
            over = "".join(f"{one['n']} {one['sha256']}\n" for one in answers[: what["answers"]["count"]])
            what["answers"]["sha256"] = hashlib.sha256(over.encode()).hexdigest()
            what["sha256"] = "sha256:" + hashlib.sha256(content["trace.json"]).hexdigest()
        entry = {name: value for name, value in row.items() if name != "hash"} | {"before": before}
        text = json.dumps(entry, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        before = hashlib.sha256(text.encode()).hexdigest()
        entries.append(entry | {"hash": before})
    return content | {"journal.jsonl": boxes.lines(entries)}


def with_answer(content: Files, n: int, body: bytes) -> Files:
    """The content with another body for an answer, under its own digest."""
    rows = parsed(content, "answers.jsonl")
    row = next(one for one in rows if one["n"] == n)
    old, row["sha256"], row["bytes"] = row["sha256"], hashlib.sha256(body).hexdigest(), len(body)
    found = content | {"answers.jsonl": boxes.lines(rows), f"raw/{row['sha256']}": body}
    if all(one["sha256"] != old for one in rows):
        del found[f"raw/{old}"]
    return dict(sorted(found.items()))


def damaged(data: bytes, dice: random.Random) -> bytes:
    """The same bytes with one changed, cut, taken out, put in or two swapped; or lines swapped, lost or twice."""
    at, other = dice.randrange(len(data)), dice.randrange(len(data))
    low, high = sorted((at, other))
    rows = data.splitlines(keepends=True)
    one, two = dice.randrange(len(rows)), dice.randrange(len(rows))
    swapped = rows[:]
    swapped[one], swapped[two] = rows[two], rows[one]
    return dice.choice(
        (
            data[:at] + bytes([data[at] ^ dice.randrange(1, 256)]) + data[at + 1 :],
            data[:at],
            data[:at] + data[at + 1 :],
            data[:at] + bytes([dice.randrange(256)]) + data[at:],
            data[:low] + data[high : high + 1] + data[low + 1 : high] + data[low : low + 1] + data[high + 1 :],
            b"".join(swapped),
            b"".join(rows[:one] + rows[one + 1 :]),
            b"".join(rows[:one] + rows[one : one + 1] + rows[one:]),
        )
    )
