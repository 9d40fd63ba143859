"""What the files of a bundle say, as rows of a case's tables: each value of the kind that belongs there, or refused.

Pure: values of parsed JSON come in, rows go out. A row that is not as the format has it is a `ValueError`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NoReturn

from chains.http import Kind
from tracer.journal import Entry
from tracer.labels import Label

LARGEST: Final = 2**53
"""No number of a row, time, block or millisecond comes near it."""

Row = tuple[object, ...]

_MAYBE_TEXT: Final = (str, type(None))
_MAYBE_NUMBER: Final = (int, type(None))
_ANSWER: Final[Mapping[str, Any]] = {
    "n": int,
    "generation": int,
    "question": str,
    "source": str,
    "host": str,
    "asked_at": str,
    "status": _MAYBE_NUMBER,
    "headers": dict,
    "kind": str,
    "detail": str,
    "sha256": str,
}
_MOVED: Final[Mapping[str, Any]] = {
    "chain": str,
    "tx": str,
    "position": str,
    "time": int,
    "asset": str,
    "from": str,
    "to": str,
    "amount": str,
    "nth": int,
    "answer": int,
}
_RUN: Final[Mapping[str, Any]] = {
    "id": int,
    "generation": int,
    "version": str,
    "arguments": list,
    "inputs": dict,
    "started_at": str,
    "finished_at": _MAYBE_TEXT,
    "exit_code": _MAYBE_NUMBER,
    "result_sha256": _MAYBE_TEXT,
}
_ENTRY: Final[Mapping[str, Any]] = {"n": int, "at": str, "event": str, "what": dict, "before": str, "hash": str}
_COVERAGE: Final = (str, str, str, int, _MAYBE_NUMBER, str, str, str)
_APPROVAL: Final = (str, str, str, int, str, str, str, _MAYBE_TEXT)
_LABEL: Final[Mapping[str, Any]] = {name: {"confidence": int, "by_user": bool}.get(name, str) for name in Label._fields}

_HEX: Final = re.compile(r"[0-9a-f]{64}")
_POSITION: Final = re.compile(r"(\d{1,15}):(\d{1,9}|\?):([0-3]):(?:\?|\d{1,9}(?:\.\d{1,9})*)", re.ASCII)
_AMOUNT: Final = re.compile(r"0|[1-9]\d{0,399}", re.ASCII)
_META: Final = re.compile(r"schema|generation|(?:sources|lists)\.\d{1,9}|packages\.sha256:[0-9a-f]{64}", re.ASCII)


def answer(value: Any) -> Row:
    """The row of `raw` but for the body: all columns before ``body``, then the digest."""
    row = _fields(value, _ANSWER)
    if row["kind"] not in {str(one) for one in Kind} or not _HEX.fullmatch(row["sha256"]):
        _refuse()
    headers = json.dumps(_texts(row["headers"]), sort_keys=True)
    return (*({**row, "headers": headers}[name] for name in _ANSWER if name != "sha256"), row["sha256"])


def transfer(value: Any) -> Row:
    """The row of `transfer` as `tracer.store_rows.TRANSFER` takes it."""
    row = _fields(value, _MOVED)
    place = _POSITION.fullmatch(row["position"])
    if place is None or not _AMOUNT.fullmatch(row["amount"]):
        _refuse()
    tx_index = -1 if place[2] == "?" else int(place[2])
    ends = row["from"], row["to"], row["amount"], row["nth"]
    return (
        *(row["chain"], row["tx"], int(place[3]), row["asset"], *ends),
        *(int(place[1]), tx_index, row["position"], row["time"], row["answer"]),
    )


def run(value: Any) -> dict[str, Any]:
    """A run, by the names of its columns but for the result."""
    row = _fields(value, _RUN)
    if not all(isinstance(one, str) for one in row["arguments"]):
        _refuse()
    return {
        **row,
        "arguments": json.dumps(row["arguments"]),
        "inputs": json.dumps(_texts(row["inputs"]), sort_keys=True),
    }


def entry(value: Any) -> Entry:
    """An entry of the journal; whether it is sound is for `tracer.journal.fault` to say."""
    return Entry(**_fields(value, _ENTRY))


def covered(values: Any) -> Iterator[Row]:
    """Rows of `coverage`."""
    return (_columns(one, _COVERAGE) for one in _listed(values))


def approved(values: Any) -> Iterator[Row]:
    """Rows of `approval`."""
    return (_columns(one, _APPROVAL) for one in _listed(values))


def said(value: Any) -> Iterator[tuple[str, str]]:
    """(address, labels as JSON) as the table `said` has them, of `labels.json`."""
    for address, labels in _mapping(_mapping(value).get("said")).items():
        yield address, json.dumps([_fields(one, _LABEL) for one in _listed(labels)])


def facts(value: Any) -> dict[str, str]:
    """The named facts of a case; the head of its journal follows from the journal."""
    found = {name: text for name, text in _texts(value).items() if name != "journal.head"}
    if found.get("schema") != "1" or not re.fullmatch(r"[1-9]\d{0,8}", found.get("generation", ""), re.ASCII):
        _refuse()
    for name, text in found.items():
        if not _META.fullmatch(name):
            _refuse()
        if name.startswith(("lists.", "packages.")):
            _texts(json.loads(text))
        elif name.startswith("sources."):
            _plan(json.loads(text))
    return found


def _plan(value: Any) -> None:
    plan = _mapping(value)
    for name in ("urls", "keys", "only"):
        if not all(isinstance(one, str) for one in _listed(plan.get(name, []))):
            _refuse()
    for row in _mapping(plan.get("chains", {})).values():
        _mapping(row)
    for number in _mapping(plan.get("at", {})).values():
        _checked(number, int)


def _fields(value: Any, kinds: Mapping[str, Any]) -> dict[str, Any]:
    row = _mapping(value)
    return {name: _checked(row.get(name, ...), kind) for name, kind in kinds.items()}


def _columns(value: Any, kinds: Sequence[Any]) -> Row:
    if len(_listed(value)) != len(kinds):
        _refuse()
    return tuple(_checked(one, kind) for one, kind in zip(value, kinds, strict=True))


def _checked(value: Any, kind: Any) -> Any:
    wanted = kind if isinstance(kind, tuple) else (kind,)
    if type(value) not in wanted or (type(value) is int and not 0 <= value <= LARGEST):
        _refuse()
    if isinstance(value, str):
        value.encode()
    return value


def _texts(value: Any) -> dict[str, str]:
    return {_checked(name, str): _checked(text, str) for name, text in _mapping(value).items()}


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else _refuse()


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else _refuse()


def _refuse() -> NoReturn:
    raise ValueError("not as the format has it")
