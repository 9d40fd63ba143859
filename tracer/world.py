"""What a trace reads the world through: one reader per chain, opened when first needed, plus labels, tokens and prices.

A bundle of the edges, so that the modules that decide (thefts, holders, discovery) take one argument and touch nothing
else. Everything here answers from the case first, and offline only from it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from chains.errors import ChainError, NotFound
from chains.http import Client
from chains.model import NATIVE, Asset, AssetId, Block, Gap
from chains.positions import is_position, named, parts
from chains.reader import Failures, Reader
from chains.registry import Chain, SourceSettings, find_chain
from tracer.errors import SourceTrouble, UsageError
from tracer.labels import LabelBook, Tokens
from tracer.watcher import Watcher
from tracer.words import sentence


@dataclass(slots=True)
class World:
    """Chains and knowledge of one run."""

    chains: Mapping[str, Chain]
    client: Client
    settings: SourceSettings
    open_reader: Callable[[Chain, Client, SourceSettings], Reader]
    labels: LabelBook
    tokens: Tokens
    watcher: Watcher
    readers: dict[str, Reader] = field(default_factory=dict)
    heads: dict[str, Block] = field(default_factory=dict)
    horizons: dict[str, Block] = field(default_factory=dict)
    assets: dict[tuple[str, AssetId], Asset] = field(default_factory=dict)
    at: Mapping[str, int] = field(default_factory=dict)
    """Number of the block to take for the newest, by chain: where somebody knows which one is final."""

    def reader(self, chain: str) -> Reader:
        """The reader of a chain."""
        if chain not in self.readers:
            self.readers[chain] = self.open_reader(self.chains[chain], self.client, self.settings)
        return self.readers[chain]

    async def pin(self, chain: str, until: int | None = None) -> Block:
        """The moment the case speaks of on this chain: its head (or what was pinned), or the last block by ``until``.

        Raises:
            SourceTrouble: no source could say.
        """
        if chain not in self.horizons:
            try:
                head = self.heads[chain] = await self._head(chain)
                self.horizons[chain] = head if until is None else await self._last_before(chain, head, until)
            except (Failures, NotFound) as failure:
                raise SourceTrouble("error.no_answer", why=failure) from failure
            self.reader(chain).tip = self.horizons[chain].height
        return self.horizons[chain]

    async def _head(self, chain: str) -> Block:
        reader = self.reader(chain)
        return await (reader.block(self.at[chain]) if chain in self.at else reader.head())

    async def _last_before(self, chain: str, head: Block, until: int) -> Block:
        if until >= head.time:
            return head
        block = await self.reader(chain).block_at(until)
        if block.time > until:
            block = await self.reader(chain).block(block.number - 1)
        return block

    async def replaced(self) -> list[Gap]:
        """A gap for every chain whose newest block gave way to another while the case was read (a reorganisation)."""
        gaps: list[Gap] = []
        for chain, head in sorted(self.heads.items()):
            try:
                now = await self.reader(chain).block(head.number)
            except ChainError as failure:
                gaps.append(Gap("reorg", f"{chain} block {head.number}", str(failure)))
                continue
            if head.hash and now.hash != head.hash:
                why = sentence("rule.replaced_block", before=head.hash, now=now.hash)
                gaps.append(Gap("reorg", f"{chain} block {head.number}", why))
        return gaps

    def learn(self, assets: Iterable[Asset]) -> None:
        """Remember how assets call themselves; the first word stands."""
        for asset in assets:
            self.assets.setdefault((asset.chain, asset.id), asset)

    async def asset(self, chain: str, asset: AssetId) -> Asset:
        """Symbol and decimals: from the chain table, the token list, what was seen, or by asking.

        A liquidity position that is an NFT needs no asking: it is called by its number.
        """
        if asset == NATIVE:
            row = self.chains[chain]
            return Asset(chain, NATIVE, row.coin, row.decimals)
        token = self.tokens.of(chain, asset)
        if token is not None:
            return Asset(chain, asset, token.symbol, token.decimals)
        if is_position(asset):
            manager = self.assets.get((chain, parts(asset)[0]))
            return named(chain, asset, manager.symbol if manager else "")
        if (chain, asset) not in self.assets:
            try:
                self.learn([await self.reader(chain).asset(asset)])
            except ChainError:
                self.learn([Asset(chain, asset, "?", 0)])
        return self.assets[chain, asset]

    async def chains_with(self, tx: str, candidates: Iterable[Chain]) -> tuple[list[Chain], list[str]]:
        """The chains that know a transaction, and the names of those that could not be asked."""
        rows = list(candidates)
        answers = await asyncio.gather(*(self._knows(row, tx) for row in rows))
        found = [row for row, answer in zip(rows, answers, strict=True) if answer]
        silent = [row.name for row, answer in zip(rows, answers, strict=True) if answer is None]
        return found, silent

    async def _knows(self, chain: Chain, tx: str) -> bool | None:
        try:
            await self.reader(chain.id).receipt(tx)
        except NotFound:
            return False
        except ChainError:
            return None
        return True


def named_chain(chains: Mapping[str, Chain], name: str) -> Chain:
    """A chain by what the user calls it. Raises `UsageError` with the known names."""
    chain = find_chain(chains, name)
    if chain is None:
        known = ", ".join(row.name for row in chains.values())
        raise UsageError("error.chain_unknown", name=name, known=known)
    return chain
