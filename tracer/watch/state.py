"""What a watch keeps, as values: where each chain stands, what a target's fold goes on from, and one step of the watch.

A `Step` is everything that one stretch of blocks changed. The store writes it in one transaction or not at all, which
is why killing the watch anywhere loses nothing and repeats nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from chains.model import Asset, AssetId, Block
from chains.scan import Change, Sight
from tracer.ledger import Account
from tracer.watch.model import Notice
from tracer.watch.standing import Rules, Stand


class Cursor(NamedTuple):
    """How far a chain was read: to ``final`` for good, to ``newest`` for an early notice."""

    newest: Block
    final: Block


class Base(NamedTuple):
    """What a target's fold began with: the case at its horizons, or a bare address when its watch began.

    ``tops`` are the blocks it is true at, by chain; ``origins`` is the number of the next theft; ``generation`` the
    case's (nil for an address). ``assets`` has names and decimals by (chain, asset).
    """

    rules: Rules
    stands: Mapping[Account, Stand]
    tops: Mapping[str, Block]
    origins: int
    assets: Mapping[tuple[str, AssetId], Asset]
    generation: int = 0


class Step(NamedTuple):
    """What one stretch of blocks of one chain changed.

    ``sights`` and ``changes`` are final ones that concern a target, to keep; ``early`` replaces all provisional ones of
    the chain. ``blocks`` are those above the final one whose hashes are to be remembered. ``stands`` has the accounts
    that changed by (target, account), None for one that is given up; ``origins`` the next theft's number by target.
    ``notices`` come with their state; ``answers`` are the stored answers that something of it was read in.
    """

    chain: str
    cursor: Cursor
    blocks: tuple[Block, ...] = ()
    sights: tuple[Sight, ...] = ()
    changes: tuple[Change, ...] = ()
    early: tuple[Sight, ...] = ()
    stands: Mapping[tuple[int, Account], Stand | None] = {}
    origins: Mapping[int, int] = {}
    notices: tuple[tuple[Notice, str], ...] = ()
    answers: frozenset[int] = frozenset()


class Sense(NamedTuple):
    """Whether a chain can be seen: since when it cannot (Unix time, None: it can), by which source, and why."""

    chain: str
    since: int | None
    source: str
    why: str = ""
