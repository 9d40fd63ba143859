"""What logs say besides transfers: whose order was filled, which account moved by itself, who staked where.

A settlement is signed by a solver, a user operation by a bundler, and a farm keeps its stake by its own number: in none
of them do the transfers alone tell whose money it was. The logs that do tell are known by signature and stand in a
table, `data/marks.toml`. What is read here is a hint to whoever reasons about the transaction, never value, because any
contract may log anything; a log that borrows a signature with another shape says nothing.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

from chains import evm_address
from chains.model import Address, Mark, Position

NOBODY: Final = Address("")
"""Stands for the owner where a log does not name one."""

_WORD: Final = 64


class Rule(NamedTuple):
    """How one kind of log is read: its ``name`` in the table, its mark's kind, and where the owner stands."""

    name: str
    event: str
    topic0: str
    topics: int
    kind: str
    owner: str


@cache
def rules() -> Mapping[tuple[str, int], Rule]:
    """The table by topic 0 (with 0x, lower case) and number of topics, topic 0 counted."""
    rows = tomllib.loads(files("chains").joinpath("data/marks.toml").read_text(encoding="utf-8"))
    found = [
        Rule(name, row["event"], row["topic0"], row["topics"], row["kind"], row["owner"]) for name, row in rows.items()
    ]
    return {(rule.topic0, rule.topics): rule for rule in found}


def mark_of(contract: Address, topics: Sequence[str], data: str, position: Position) -> Mark | None:
    """The mark that one log is, or None when it is of no known kind or shape.

    ``topics`` lower case with 0x, ``data`` hex digits without it; the address of the contract in 20-byte spelling.
    """
    rule = rules().get((topics[0], len(topics)))
    if rule is None:
        return None
    try:
        return Mark(rule.kind, contract, _owner(rule.owner, contract, topics, data), position)
    except ValueError:
        return None


def _owner(where: str, contract: Address, topics: Sequence[str], data: str) -> Address:
    """The address at a place of a log. ValueError when no address stands there."""
    if where in ("", "contract"):
        return contract if where else NOBODY
    number = int(where[-1])
    if where.startswith("topic"):
        return evm_address.parse(evm_address.from_topic(topics[number]))
    return evm_address.parse(evm_address.from_topic(data[number * _WORD : (number + 1) * _WORD]))
