"""Where in an answer each transfer stands: the record that says it moved.

Whoever doubts a number is to be led to the words of the source in one step. The readers below `chains` do not keep
where in an answer a transfer was, so the answer is read again (tracer/bundle/movements.py), and every transfer looks
for the record that says the same. That is a check as well: a transfer that no record says is an error of the tool.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, Final, NamedTuple

from chains.model import Kind
from chains.registry import Chain
from tracer.bundle import evm_told, tron_told
from tracer.bundle.movements import UNDONE, Index, Movement, movements, one_tx

_HASH: Final = re.compile(r"(?<![0-9a-f])(?:0x)?([0-9a-f]{64})(?![0-9a-f])")
_HASHES: Final = re.compile(rb"[0-9a-f]{64}")
_LINES: Final = "finalized-stream"
_READ: Final = {"evm": evm_told.read, "tron": tron_told.read}


class Wanted(NamedTuple):
    """A transfer whose record is looked for, by its number in the bundle's ledger. ``steps`` is `Position.index`."""

    n: int
    tx: str
    kind: int
    asset: str
    sender: str
    receiver: str
    amount: int
    nth: int
    steps: Index


def places(family: str, question: str, body: bytes, wanted: Iterable[Wanted]) -> dict[int, str]:
    """The place of each transfer that an answer holds, by number, as JSON pointer; those it does not hold are left out.

    ``question`` is the one that was answered: it may name the transaction that the answer does not.
    """
    by_tx: dict[tuple[str, int], list[Wanted]] = {}
    for one in sorted(wanted, key=lambda one: (not one.steps, one.nth)):
        by_tx.setdefault((one_tx(one.tx), one.kind), []).append(one)
    txs = {tx for tx, _ in by_tx}
    said: dict[tuple[str, int], list[Movement]] = {}
    for movement in movements(_json(question, body), _asked(question, txs), txs, _READ[family]):
        said.setdefault((movement.tx, movement.kind), []).append(movement)
    found: dict[int, str] = {}
    for key, some in by_tx.items():
        undone = [index for one in said.get((key[0], UNDONE), ()) for index in one.indices]
        told = [one for one in said.get(key, ()) if not _is_undone(one, undone)]
        found.update(_matched(some, sorted(told, key=lambda one: one.rank)))
    return found


def mentions(question: str, body: bytes) -> set[str]:
    """Everything in an answer and its question that has the shape of a transaction hash, in one spelling."""
    return {found.decode() for found in _HASHES.findall(body.lower() + b" " + question.lower().encode())}


def speaks_of(chain: Chain, source: str, question: str) -> bool:
    """Is this a question about this chain? Told by the name of the endpoint, or else by what it was asked."""
    name, _, number = source.partition(":")[0].partition(".")
    if number:
        return chain.family == "evm" and number == str(chain.number)
    if name == "sqd":
        return f" /{chain.sources.get('sqd', {}).get('slug')}/" in question
    if chain.family == "tron":
        return name == "trongrid"
    if name == "routescan":
        return f" /{chain.number}/" in question
    return name == "etherscan" and re.search(rf"[?&]chainid={chain.number}(&|$)", question) is not None


def _json(question: str, body: bytes) -> Any:
    """What an answer says; nothing where it cannot be read. Streams have one value a line."""
    try:
        if _LINES in question:
            return [json.loads(line) for line in body.splitlines() if line]
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _asked(question: str, wanted: Collection[str]) -> str:
    """The first of the wanted transactions that a question names; empty where it names none."""
    return next((found for found in _HASH.findall(question.lower()) if found in wanted), "")


def _is_undone(movement: Movement, undone: Sequence[Index]) -> bool:
    return movement.kind in (Kind.NATIVE, Kind.INTERNAL) and any(
        (movement.indices or ((),))[0][: len(path)] == path for path in undone
    )


def _matched(wanted: Sequence[Wanted], told: Sequence[Movement]) -> Mapping[int, str]:
    """A record for each transfer, and no record for two, unless several come of it."""
    said = _Said(told)
    found: dict[int, str] = {}
    used: set[tuple[str, str]] = set()
    for one in wanted:
        fits = said.fitting(one)
        for movement in chain(fits.at.get(one.steps, ()), fits.all[one.nth : one.nth + 1], fits.all):
            key = movement.place, movement.once
            if movement.shared or key not in used:
                used.add(key)
                found[one.n] = movement.place
                break
    return found


class _Fits(NamedTuple):
    """The records of one movement, and those among them that say where in the transaction, by that place."""

    all: list[Movement]
    at: Mapping[Index, list[Movement]]


class _Said:
    """The records of one transaction by what they say: anybody may log a thousand equal movements."""

    def __init__(self, told: Sequence[Movement]) -> None:
        self._by_ends: dict[tuple[str | None, ...], list[tuple[int, Movement]]] = {}
        for place, one in enumerate(told):
            self._by_ends.setdefault((one.asset, one.sender, one.receiver), []).append((place, one))
        self._loose = [ends for ends in self._by_ends if None in ends]
        self._known: dict[tuple[str, str, str, int], _Fits] = {}

    def fitting(self, one: Wanted) -> _Fits:
        """The records that say such a movement, each once, in order."""
        ends = (one.asset, one.sender, one.receiver)
        key = (*ends, one.amount)
        if key not in self._known:
            alike = [ends, *(loose for loose in self._loose if _agree(loose, ends))]
            found = sorted(pair for some in alike for pair in self._by_ends.get(some, ()))
            once: dict[str, Movement] = {}
            at: dict[Index, list[Movement]] = {}
            for place, movement in found:
                if not movement.amounts or one.amount in movement.amounts:
                    once.setdefault(movement.once or str(place), movement)
            for movement in once.values():
                for index in movement.indices:
                    at.setdefault(index, []).append(movement)
            self._known[key] = _Fits(list(once.values()), at)
        return self._known[key]


def _agree(said: tuple[str | None, ...], ends: tuple[str, ...]) -> bool:
    return all(one is None or one == end for one, end in zip(said, ends, strict=True))
