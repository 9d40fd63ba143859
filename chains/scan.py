"""What a watch asks of a chain: what moved at any of many addresses, block by block, as the chain grows.

A history (chains/protocol.py) is asked per address; a scan per stretch of blocks, whoever many addresses it is for.
Stretches are told by block *numbers*; what is found carries heights, as everywhere. A scan is whole or it fails: what a
source cannot tell is said in ``weak``, never left out in silence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from chains.http import Client
from chains.model import Address, AssetId, Balance, Block, Position, Transfer
from chains.registry import Chain, SourceSettings


class Tips(NamedTuple):
    """How far the chain has come: its newest block, and the newest that cannot be undone any more."""

    newest: Block
    final: Block


class Watched(NamedTuple):
    """Whom to look for; an address may be in all three.

    ``tokens``: every fungible token in or out. ``coins``: native coins in or out, with the fees they pay. ``guarded``:
    also whatever gives others power over them (`Change`).
    """

    tokens: frozenset[Address] = frozenset()
    coins: frozenset[Address] = frozenset()
    guarded: frozenset[Address] = frozenset()

    @property
    def all(self) -> frozenset[Address]:
        """Everybody."""
        return self.tokens | self.coins | self.guarded


class Sight(NamedTuple):
    """A transfer that was seen, the number and hash of the block it stands in, and the stored answer that told it."""

    transfer: Transfer
    number: int
    block: str
    raw: int


APPROVAL, PERMISSION, DELEGATION = "approval", "permission", "delegation"


class Change(NamedTuple):
    """Somebody got power over an address.

    ``kind``: `APPROVAL` (``holder`` may spend ``token``; ``amount`` None: all of it), `PERMISSION` (TRON: ``holder`` is
    a key that now signs for it; empty where its own key lost that), `DELEGATION` (EIP-7702: the wallet runs the code of
    ``holder``; empty where that was ended).
    """

    chain: str
    kind: str
    tx: str
    position: Position
    time: int
    owner: Address
    holder: Address
    token: AssetId | None
    amount: int | None
    number: int
    block: str
    raw: int

    @property
    def identity(self) -> tuple[str, str, Address, Address, AssetId | None]:
        """What makes two sightings one change, wherever in its transaction it was seen."""
        return self.tx, self.kind, self.owner, self.holder, self.token


class Scanned(NamedTuple):
    """All that concerns the watched in blocks ``low`` to ``high`` (numbers). ``sights`` in chain order, settled.

    ``top`` is the block ``high`` as it was when read. ``weak`` says what may be missing, "" when nothing is. ``plan``
    is how it was read, for the screen.
    """

    low: int
    high: int
    top: Block
    sights: tuple[Sight, ...]
    changes: tuple[Change, ...] = ()
    weak: str = ""
    plan: str = ""


class Scanner(Protocol):
    """One supplier that can be scanned. All methods may raise `SourceError`, `NotFound` or `Malformed`."""

    name: str
    chain: Chain

    @property
    def endpoints(self) -> tuple[str, ...]:
        """Names of the endpoints it asks, as the client counts them."""
        ...

    async def tips(self) -> Tips:
        """Newest and final block now."""
        ...

    async def block(self, number: int) -> Block:
        """The block of this number as the chain has it now. NotFound where it has none."""
        ...

    async def scan(self, who: Watched, low: int, high: int) -> Scanned:
        """Everything of ``who`` in blocks ``low`` to ``high``.

        The source must have them all, and they must be one chain: Down when block ``high`` is not there, or is another
        one after reading than before.
        """
        ...

    async def held_before(self, who: Address, asset: AssetId, number: int) -> Balance:
        """What ``who`` held right before block ``number``. Raises Unsupported where the source cannot tell exactly."""
        ...


@dataclass(frozen=True, slots=True)
class ScannerKind:
    """What a module offers: ``build`` makes the scanners for a chain in order of preference, or none.

    Low ``rank`` is preferred: reading by blocks costs less than one history per address.
    """

    name: str
    rank: int
    build: Callable[[Chain, Client, SourceSettings], list[Scanner]]
