"""What the records of an answer say moved, read a second time and by other eyes.

The transfers of a case come from the readers below `chains`. A bundle names the record of each transfer, and to copy
what those readers believed would prove nothing. So every answer is walked here from its outside to its inside,
whatever its envelope, and each object that says of itself what moved is taken down with the way to it.

Reading is lenient: an object of another shape, or with a field missing, says nothing. Whether anything is missing shows
when a transfer finds no record (tracer/bundle/places.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final, NamedTuple

Record = Mapping[str, Any]
Index = tuple[int, ...]

UNDONE: Final = -1
"""The kind of what moved nothing: a call that failed, and undid all calls below its path."""

_DIGITS: Final = re.compile(r"[0-9]{1,80}")
_HEX: Final = re.compile(r"0[xX][0-9a-fA-F]{0,64}")
_HASHES: Final = ("transactionHash", "transaction_hash", "transaction_id", "tx_id", "txID")


class Movement(NamedTuple):
    """One movement that a record tells; None is what it does not say, and fits anything.

    ``amounts`` are base units: one of them was moved, or, where there are none, the record does not say how much.
    ``indices`` are the places inside the transaction that it may stand for. ``rank`` is higher for a record that says
    the same less directly. Records of one ``once`` are the same movement told twice; of a ``shared`` one, several
    transfers come.
    """

    tx: str
    kind: int
    asset: str | None
    sender: str | None
    receiver: str | None
    amounts: tuple[int, ...]
    place: str
    indices: tuple[Index, ...] = ()
    rank: int = 0
    once: str = ""
    shared: bool = False


class Here(NamedTuple):
    """An object and what is around it: the way to it, its transaction, its number in its list, its path of calls."""

    record: Record
    place: str
    tx: str
    number: int
    path: Index


Reader = Callable[[Here], Iterator[Movement]]


class _Step(NamedTuple):
    value: Any
    place: str
    tx: str
    number: int
    path: Index
    name: str
    numbered: Mapping[int, str]


def movements(value: Any, asked: str, wanted: Collection[str], read: Reader) -> Iterator[Movement]:
    """Every movement of the wanted transactions in an answer, as it stands in it.

    ``asked`` is the transaction that the question was about, or empty.
    """
    waiting = [_Step(value, "", asked, 0, (), "", {})]
    while waiting:
        step = waiting.pop()
        if isinstance(step.value, list):
            deeper = [
                step._replace(
                    value=one,
                    place=f"{step.place}/{number}",
                    number=number,
                    path=(*step.path, number) if step.name == "calls" else step.path,
                )
                for number, one in enumerate(step.value)
            ]
            waiting.extend(reversed(deeper))
        elif isinstance(step.value, Mapping):
            tx = _tx_of(step)
            if tx and tx not in wanted:
                continue
            if tx:
                yield from read(Here(step.value, step.place, tx, step.number, step.path))
            waiting.extend(_inside(step, tx))


def _inside(step: _Step, tx: str) -> list[_Step]:
    """What is in an object, but for parts of a call, and for calls inside one that was undone, as they were too."""
    record = step.value
    if {"traceAddress", "trace_address"} & record.keys() or ("calls" in record and record.get("error")):
        return []
    numbered = _numbered(record) or step.numbered
    found = [
        step._replace(value=value, place=f"{step.place}/{_escaped(name)}", tx=tx, name=name, numbered=numbered)
        for name, value in record.items()
        if isinstance(value, (list, Mapping))
    ]
    return found[::-1]


def _numbered(record: Record) -> dict[int, str]:
    """The transactions of a block by their numbers, where its other rows name them by those."""
    rows = record.get("transactions")
    if "header" not in record or not isinstance(rows, list):
        return {}
    pairs = [(row.get("transactionIndex"), row.get("hash")) for row in rows if isinstance(row, Mapping)]
    return {number: one_tx(tx) for number, tx in pairs if isinstance(number, int)}


def _tx_of(step: _Step) -> str:
    record = step.value
    for name in _HASHES:
        if isinstance(record.get(name), str):
            return one_tx(record[name])
    if isinstance(record.get("hash"), str) and ("from" in record or "parameter" in record):
        return one_tx(record["hash"])
    if "blockTimeStamp" in record and isinstance(record.get("id"), str):
        return one_tx(record["id"])
    number = record.get("transactionIndex")
    return step.numbered.get(number, step.tx) if isinstance(number, int) else step.tx


def one_tx(text: object) -> str:
    """One spelling of a transaction hash: lower case without 0x."""
    return str(text).lower().removeprefix("0x")


def units(value: object) -> int | None:
    """A whole number as JSON number, decimal or 0x text; None for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value if value >= 0 else None
    if not isinstance(value, str):
        return None
    if _DIGITS.fullmatch(value):
        return int(value)
    return int(value[2:] or "0", 16) if _HEX.fullmatch(value) else None


def _escaped(name: str) -> str:
    """A name in a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")
