"""The journal of a case: what was done in it, in order, each entry linked to the one before by its hash. Pure.

A changed, removed, added or swapped entry breaks the chain from there on; entries cut off the end are missed by the
head that is kept apart. Whoever can write the file can write a whole new chain, so the hash of the last entry is what
to note down or hand over.

Settings, lists and files are written down when they differ from what the journal itself says they were: what a person
changes by hand in `case.toml` or `labels/` is an entry of the next run.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

START: Final = "0" * 64
"""What the first entry has in the place of a hash before it."""

SHAPES: Final[Mapping[str, Mapping[str, type]]] = {
    "case": {"question": dict, "runs": int},
    "question": {"changed": dict},
    "labels": {"changed": dict},
    "file": {"name": str, "sha256": str},
    "run": {"run": int, "version": str, "python": str, "packages": str, "arguments": list},
    "result": {"run": int, "exit_code": int, "sha256": str, "answers": dict},
    "failed": {"run": int, "key": str},
    "refresh": {"generation": int},
    "import": {"manifest": str},
}
"""The events, and what each of them says."""

_FOLDER: Final = "--case"
_SLASH: Final = re.compile(r"[/\\]")


class Entry(NamedTuple):
    """One entry. ``n`` from 1, ``at`` RFC 3339 UTC, ``what`` plain JSON without floats, hashes in hex."""

    n: int
    at: str
    event: str
    what: Mapping[str, Any]
    before: str
    hash: str


class Known(NamedTuple):
    """What the journal says the settings, the label lists and the user's label files were last: digests by name.

    ``question`` is None in a journal that has said nothing of it.
    """

    question: Mapping[str, Any] | None
    lists: Mapping[str, str]
    files: Mapping[str, str]


def entry(before: Entry | None, at: str, event: str, what: Mapping[str, Any]) -> Entry:
    """The next entry of a journal whose last one is ``before``."""
    made = Entry(before.n + 1 if before else 1, at, event, sound(what), before.hash if before else START, "")
    return made._replace(hash=hash_of(made))


def hash_of(one: Entry) -> str:
    """SHA-256 of an entry's JSON without its hash: names sorted, no spaces, non-ASCII as it is."""
    fields = {"n": one.n, "at": one.at, "event": one.event, "what": one.what, "before": one.before}
    return hashlib.sha256(compact(fields).encode()).hexdigest()


def compact(value: Any) -> str:
    """A value as the JSON that is hashed and kept."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def fault(entries: Iterable[Entry]) -> int | None:
    """The number of the first entry that is not what it was when written, or None."""
    before = START
    for number, one in enumerate(entries, 1):
        try:
            right = (one.n, one.before, one.hash) == (number, before, hash_of(one)) and _shaped(one)
        except UnicodeEncodeError:
            right = False
        if not right:
            return number
        before = one.hash
    return None


def _shaped(one: Entry) -> bool:
    if not isinstance(one.what, dict):
        return False
    said = {name: type(value) for name, value in one.what.items()}
    pairs = one.what.get("changed", {})
    counted = one.what.get("answers", {"count": 0, "sha256": ""})
    return (
        said == SHAPES.get(one.event)
        and all(isinstance(pair, list) and len(pair) == len(("before", "now")) for pair in pairs.values())
        and {name: type(value) for name, value in counted.items()} == {"count": int, "sha256": str}
    )


def known(entries: Iterable[Entry]) -> Known:
    """What the journal says of settings, lists and files, after all its entries."""
    question: dict[str, Any] | None = None
    lists: dict[str, str] = {}
    files: dict[str, str] = {}
    for one in entries:
        if one.event == "case":
            question = one.what["question"]
        elif one.event == "question":
            question = {**(question or {}), **{name: pair[1] for name, pair in one.what["changed"].items()}}
        elif one.event == "labels":
            lists = _after(lists, one.what["changed"])
        elif one.event == "file":
            files = {**files, one.what["name"]: one.what["sha256"]}
    return Known(question, lists, files)


def _after(lists: Mapping[str, str], changed: Mapping[str, Sequence[str | None]]) -> dict[str, str]:
    now = {**lists, **{name: pair[1] for name, pair in changed.items()}}
    return {name: digest for name, digest in now.items() if digest is not None}


def decided(before: Known, question: Mapping[str, Any], runs: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """What to write down of the question: the case's creation, or the settings that changed.

    ``runs`` were recorded before there was a journal.
    """
    if before.question is None:
        yield "case", {"question": dict(question), "runs": runs}
    elif changed := _changed(before.question, question):
        yield "question", {"changed": changed}


def taken(before: Known, lists: Mapping[str, str], files: Mapping[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What to write down of label lists and of the user's label files whose digests are not those of the last run."""
    if changed := _changed(before.lists, lists):
        yield "labels", {"changed": changed}
    for name, digest in sorted(files.items()):
        if before.files.get(name) != digest:
            yield "file", {"name": name, "sha256": digest}


def _changed(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, list[Any]]:
    names = sorted({*before, *now})
    return {name: [before.get(name), now.get(name)] for name in names if before.get(name) != now.get(name)}


def answers_digest(answers: Iterable[tuple[int, str]], counts: Iterable[int]) -> dict[int, str]:
    """SHA-256 over the first so many answers, by how many: of the lines ``NUMBER HEX`` of their digests, in order.

    A count beyond the last answer has none.
    """
    wanted, found = set(counts), {}
    over, count = hashlib.sha256(), 0
    for count, (number, sha256) in enumerate(((0, ""), *answers)):
        if count:
            over.update(f"{number} {sha256.removeprefix('sha256:')}\n".encode())
        if count in wanted:
            found[count] = over.hexdigest()
    return found


def named(arguments: Iterable[str]) -> list[str]:
    """Arguments of a command without paths: of each only the name of the file; URLs stay as they are.

    The case's own folder is not named at all: people call it by whoever was robbed.
    """
    found: list[str] = []
    before = ""
    for argument in arguments:
        option, sign, path = argument.partition("=") if argument.startswith("--") else ("", "", argument)
        shown = "CASE" if _FOLDER in (option if sign else "", before) else _name(path)
        found.append(option + sign + shown)
        before = argument
    return found


def _name(path: str) -> str:
    parts = [part for part in _SLASH.split(path) if part]
    return parts[-1] if parts and "://" not in path else path


def sound(value: Any) -> Any:
    """The same value with every text such that a file can hold it; a tuple is a list."""
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    if isinstance(value, Mapping):
        return {sound(name): sound(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [sound(one) for one in value]
    return value
