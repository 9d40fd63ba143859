"""The seam between a chain's reader and whoever supplies its data.

A source is one supplier for one chain: it fetches (async, through the shared client) and hands what came back to pure
normalisers. Everything a source may be asked is here; a source that cannot answer one of these raises `Unsupported`,
and the reader (chains/reader.py) asks the next. Adding a source is one module with a `SOURCE` constant.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from chains.http import Client
from chains.inclusion import Inclusion
from chains.model import Address, Asset, AssetId, Balance, Block, Called, Calls, EventPage, Page, Receipt
from chains.registry import Chain, SourceSettings


class Source(Protocol):
    """One supplier of one chain's data. All methods may raise `SourceError`, `NotFound` or `Malformed`."""

    name: str
    chain: Chain

    async def head(self) -> Block:
        """Newest block to speak of: latest on EVM chains, newest solidified on TRON."""
        ...

    async def block(self, number: int) -> Block:
        """The block of this number."""
        ...

    async def block_at(self, time: int) -> Block:
        """The first block whose time is not before ``time`` (Unix seconds)."""
        ...

    async def receipt(self, tx: str) -> Receipt:
        """One transaction whole: value, fee, logs, and calls inside it where the source can show them."""
        ...

    async def whole(self, tx: str, time: int | None) -> Receipt:
        """As `receipt`, in the fewest requests there are, and with ``internals`` False rather than a failure to trace.

        ``time`` is the block's in Unix seconds where the caller knows it; then no block is asked for.
        """
        ...

    async def calls(self, receipt: Receipt) -> Calls:
        """Internal transfers, settled, of a transaction that succeeded and whose receipt another source gave."""
        ...

    async def positions(self, tx: str) -> Receipt:
        """The cheapest receipt that settles the order of a transaction's token transfers; value may be left out."""
        ...

    def history(self, who: Address, asset: AssetId, low: int, high: int | None) -> AsyncIterator[Page]:
        """Movements of ``asset`` in or out of ``who`` with low <= height <= high, oldest first, in whole transactions.

        ``asset`` is `NATIVE` (with fees and internal transfers), a token, or `ANY_TOKEN`. ``high`` None: to the tip.
        Each page's coverage begins where the one before it ended.
        """
        ...

    async def balance(self, who: Address, asset: AssetId, at: Block) -> Balance:
        """What ``who`` holds, at block ``at`` where the source can say that, else now."""
        ...

    async def is_contract(self, who: Address) -> bool:
        """True for deployed code; False for wallets, also those that delegate by EIP-7702."""
        ...

    async def call(self, contract: Address, data: str, at: Block) -> Called:
        """What a contract answers to ``data`` (selector and arguments, hex with ``0x``) at block ``at``, else now."""
        ...

    async def code(self, who: Address) -> str:
        """SHA-256 (hex) of the deployed code of ``who``; "" for a wallet. Clones of one contract share it."""
        ...

    def events(self, contract: Address, topics: tuple[str, ...], low: int, high: int) -> AsyncIterator[EventPage]:
        """Logs of a contract whose first topic is one of ``topics``, low <= height <= high, oldest first."""
        ...

    async def asset(self, asset: AssetId) -> Asset:
        """Symbol and decimals of a token."""
        ...


@runtime_checkable
class Prover(Protocol):
    """A source that hands out whole blocks, from which a transaction can be proven; the others do without it."""

    async def inclusion(self, tx: str, height: int) -> Inclusion:
        """How far its block proves a transaction; what is not proven is None, with the reason in a sentence."""
        ...


@dataclass(frozen=True, slots=True)
class SourceKind:
    """What a source module offers the registry: how to build it, and when it can be used.

    ``build`` returns the sources for a chain in order of preference (several for plain RPC: one per public endpoint),
    or nothing where this kind does not serve the chain or a needed key is absent. ``rank`` orders kinds: low is asked
    first.
    """

    name: str
    rank: int
    build: Callable[[Chain, Client, SourceSettings], list[Source]]
