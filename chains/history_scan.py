"""Scanning by history: one history per address and kind, over any source that knows nothing better.

The naive way, and a dear one: its requests grow with the addresses that are watched, so it stands behind whoever reads
by blocks. It is what there is when no node answers, and it shows calls that many nodes cannot.

An explorer's lists run some blocks behind the head it tells, and do not say how far. So nothing counts as final here
before it is `DEPTH` blocks deep, whatever the chain says.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final, TypeVar

from chains.errors import Down, Malformed, NotFound, Unsupported
from chains.evm_records import block_of
from chains.explorer_asks import Asking
from chains.http import Client, Endpoint
from chains.model import ANY_TOKEN, NATIVE, Address, Approval, AssetId, Balance, Block, Kind, Receipt, Transfer
from chains.protocol import Source
from chains.reader import source_kinds
from chains.registry import Chain, SourceSettings
from chains.scan import APPROVAL, Change, Scanned, Scanner, ScannerKind, Sight, Tips, Watched

DEPTH: Final[Mapping[str, int]] = {
    "eip155:10": 450,
    "eip155:56": 200,
    "eip155:8453": 450,
    "eip155:42161": 3_600,
}
"""Blocks above a block for it to count as final: a quarter of an hour on rollups, whose first layer may turn back."""
USUAL_DEPTH: Final = 64

BY_BLOCKS: Final = frozenset({"rpc"})
"""Sources that are scanned by blocks (chains/rpc_scan.py), and whose histories would show nothing more."""

SIDE_BY_SIDE: Final = 50
MOST_ROWS: Final = 2_000
"""Transfers that are read to learn what somebody held; whoever has more has been there for long."""

NO_POWERS: Final = "approvals, delegations and permissions may be missing: histories do not tell all of them"
NO_TRC10: Final = "TRC-10 tokens are missing: histories tell them by number only"
NO_ORDER: Final = "the order within a transaction is not told"

T = TypeVar("T")


@dataclass(slots=True)
class _Found:
    """What the histories of a stretch told: each transfer once with its stored answer, in blocks of these heights."""

    who: Watched
    low: int
    high: int
    rows: dict[tuple[object, ...], tuple[Transfer, int]] = field(default_factory=dict)
    approvals: dict[Approval, None] = field(default_factory=dict)
    weak: set[str] = field(default_factory=set)
    paid: set[tuple[str, str]] = field(default_factory=set)
    asked: int = 0

    def add(self, one: Transfer, raw: int) -> None:
        """Take a transfer, unless nobody asked for it or both of its ends told it."""
        wanted = self.who.coins if one.asset == NATIVE else self.who.tokens
        if wanted.isdisjoint((one.sender, one.receiver)):
            return
        if one.asset == NATIVE:
            self.paid |= {(one.sender, one.receiver), (one.receiver, one.sender)}
        known = self.rows.get(one.identity)
        if known is None or (one.position.settled and not known[0].position.settled):
            self.rows[one.identity] = one, raw

    @property
    def transfers(self) -> list[Transfer]:
        """All of them."""
        return [one for one, _ in self.rows.values()]


@dataclass(slots=True)
class HistoryScanner:
    """A `Scanner` (chains/scan.py) over one source's histories."""

    source: Source
    chain: Chain
    name: str
    endpoints: tuple[str, ...]
    _tips: Tips | None = None
    _tagged: bool = True

    async def tips(self) -> Tips:
        """Newest and final block; up to three requests, one when there is nothing new."""
        newest = await self.source.head()
        if self._tips is None or newest.hash != self._tips.newest.hash:
            final = newest if self.chain.family == "tron" else await self._final(newest)
            if self._tips is not None and final.number < self._tips.final.number:
                final = self._tips.final
            self._tips = Tips(newest, final)
        return self._tips

    async def _final(self, newest: Block) -> Block:
        deep = max(0, newest.number - DEPTH.get(self.chain.id, USUAL_DEPTH))
        told = await self._finalized()
        return told if told is not None and told.number <= deep else await self.block(deep)

    async def _finalized(self) -> Block | None:
        """The chain's own word, where the source passes it on."""
        if not self._tagged or not isinstance(self.source, Asking):
            return None
        try:
            answer = await self.source.proxy("eth_getBlockByNumber", "finalized", "false")
            return block_of(self.chain, answer.data["result"] or {}, self.name)
        except (Unsupported, Malformed):
            self._tagged = False
            return None

    async def block(self, number: int) -> Block:
        """The block of this number; one request. NotFound where there is none, Malformed where it is another one."""
        found = await self.source.block(number)
        if found.number != number:
            raise Malformed(self.name, f"not block {number}", found)
        return found

    async def scan(self, who: Watched, low: int, high: int) -> Scanned:
        """One history per address and kind; one request more for each transaction and block that something is in."""
        top = await self._there(low, high)
        floor = top if low == high else await self.block(low)
        found = _Found(who, floor.height, top.height)
        await _together(self._history(found, one, NATIVE) for one in sorted(who.coins))
        await _together(self._tokens(found, one) for one in sorted(who.tokens | who.guarded))
        receipts = await self._receipts(found)
        heights = {one.position.height for one in found.transfers} | {one.height for one in receipts.values()}
        blocks = {one.height: one for one in await _together(self._at(height, floor, top) for height in heights)}
        if (await self._there(low, high)).hash != top.hash:
            raise Down(self.name, f"blocks {low} to {high}", "another block stands there after reading")
        sights = _sights(found, receipts, blocks)
        weak = "; ".join(sorted(found.weak | self._untold(who, sights)))
        plan = f"{found.asked} histories of {len(who.all)} addresses"
        return Scanned(low, high, top, sights, _changes(found, receipts, blocks), weak, plan)

    def _untold(self, who: Watched, sights: Iterable[Sight]) -> set[str]:
        unsettled = any(not one.transfer.position.settled for one in sights)
        return {
            *([NO_POWERS] if who.guarded else []),
            *([NO_TRC10] if who.tokens and self.chain.family == "tron" else []),
            *([NO_ORDER] if unsettled else []),
        }

    async def _there(self, low: int, high: int) -> Block:
        try:
            return await self.block(high)
        except NotFound:
            raise Down(self.name, f"blocks {low} to {high}", "the last of them is not there") from None

    async def _at(self, height: int, below: Block, above: Block) -> Block:
        """The block of this height between two others: by a guess at an even pace and by halving, in turn."""
        evenly = True
        while height not in (below.height, above.height):
            span = above.number - below.number
            if span <= 1:
                raise Down(self.name, f"a block of height {height}", "it lists a transfer where there is no block")
            step = (height - below.height) * span // max(above.height - below.height, 1) if evenly else span // 2
            middle = await self.block(below.number + min(max(step, 1), span - 1))
            below, above = (middle, above) if middle.height <= height else (below, middle)
            evenly = not evenly
        return below if height == below.height else above

    async def _tokens(self, found: _Found, who: Address) -> None:
        """Every token. Explorers list no wraps among them, so the wrapped coin is asked for beside them.

        Unless the coins of ``who`` were read and none went to it or came from it.
        """
        await self._history(found, who, ANY_TOKEN)
        wrapped = self.chain.wrapped
        if wrapped is None or not isinstance(self.source, Asking) or who not in found.who.tokens:
            return
        if who not in found.who.coins or found.weak or (who, wrapped) in found.paid:
            await self._history(found, who, wrapped)

    async def _history(self, found: _Found, who: Address, asset: AssetId) -> None:
        found.asked += 1
        reached = False
        async for page in self.source.history(who, asset, found.low, found.high):
            for one, raw in zip(page.transfers, page.raws, strict=True):
                found.add(one, raw)
            found.approvals |= dict.fromkeys(one for one in page.approvals if one.owner in found.who.guarded)
            found.weak |= {page.weak} if page.weak else set()
            reached = page.covers.high is None or page.covers.high >= found.high
        if not reached:
            raise Down(self.name, f"history of {who}", "it ended before the last block")

    async def _receipts(self, found: _Found) -> dict[str, Receipt]:
        """By transaction, what settles the order that a list does not tell; of approvals also what is stored."""
        wanted: dict[str, Transfer | Approval] = {one.tx: one for one in found.approvals}
        wanted |= {one.tx: one for one in found.transfers if not one.position.settled}
        inside = {one.tx for one in found.transfers if one.position.kind is Kind.INTERNAL and not one.position.index}
        told = await _together(self._receipt(one, whole=one.tx in inside) for one in wanted.values())
        return {receipt.tx: receipt for receipt in told if receipt is not None}

    async def _receipt(self, one: Transfer | Approval, *, whole: bool) -> Receipt | None:
        try:
            told = await (self.source.whole(one.tx, one.time) if whole else self.source.positions(one.tx))
        except Unsupported:
            return None
        except NotFound:
            raise Down(self.name, f"transaction {one.tx}", "it is listed and not there") from None
        if told.height != one.position.height:
            raise Down(self.name, f"transaction {one.tx}", "its receipt names another block than the list")
        return told

    async def held_before(self, who: Address, asset: AssetId, number: int) -> Balance:
        """What all transfers before block ``number`` come to, where all there are come to what ``who`` holds now.

        Raises:
            Unsupported: they do not, or something may be missing among them, or they are too many.
        """
        height = number if self.chain.family == "evm" else (await self.source.block(number)).height
        for _ in range(2):  # something may come in between the two questions
            before, told = await self._sums(who, asset, height)
            now = await self.source.balance(who, asset, await self.source.head())
            if now.amount == told and before >= 0:
                return Balance(before, height - 1, now.raw)
        raise Unsupported(self.name, f"what {who} held before", "its transfers do not come to what it holds")

    async def _sums(self, who: Address, asset: AssetId, height: int) -> tuple[int, int]:
        """What the transfers of ``who`` come to, those below ``height`` and all of them."""
        before, told, rows = 0, 0, 0
        async for page in self.source.history(who, asset, 0, None):
            rows += len(page.transfers)
            if page.weak or rows > MOST_ROWS:
                raise Unsupported(self.name, f"what {who} held before", page.weak or f"more than {MOST_ROWS} transfers")
            for one in page.transfers:
                gain = one.amount * ((one.receiver == who) - (one.sender == who))
                told += gain
                before += gain if one.position.height < height else 0
        return before, told


def _sights(found: _Found, receipts: Mapping[str, Receipt], blocks: Mapping[int, Block]) -> tuple[Sight, ...]:
    told = [(_settled(one, receipts.get(one.tx)), raw) for one, raw in found.rows.values()]
    told.sort(key=lambda pair: pair[0].position)
    return tuple(
        Sight(one, blocks[one.position.height].number, blocks[one.position.height].hash, raw) for one, raw in told
    )


def _settled(one: Transfer, receipt: Receipt | None) -> Transfer:
    return one if receipt is None or one.position.settled else receipt.placed(one)


def _changes(found: _Found, receipts: Mapping[str, Receipt], blocks: Mapping[int, Block]) -> tuple[Change, ...]:
    """Approvals as their receipts tell them; without one there is no stored answer to show."""
    told: list[Change] = []
    for tx in dict.fromkeys(one.tx for one in found.approvals if one.tx in receipts):
        receipt = receipts[tx]
        block = blocks[receipt.height]
        told += [
            Change(
                one.chain, APPROVAL, tx, one.position, one.time, one.owner, one.spender, one.token, one.amount,
                block.number, block.hash, receipt.raw,
            )
            for one in receipt.approvals
            if one.owner in found.who.guarded and one.amount != 0
        ]  # fmt: skip
    return tuple(sorted(told, key=lambda one: one.position))


async def _together(work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Some at a time; where one fails, those begun with it are given up and no other is begun."""
    found: list[T] = []
    rest = iter(work)
    while some := [asyncio.ensure_future(one) for one in islice(rest, SIDE_BY_SIDE)]:
        try:
            found += await asyncio.gather(*some)
        finally:
            for task in some:
                task.cancel()
    return found


def build(chain: Chain, client: Client, settings: SourceSettings) -> list[Scanner]:
    """A scanner for each source that serves the chain, in the user's order or else the chain table's."""
    order = [name for name in settings.only or chain.sources if name in chain.sources and name not in BY_BLOCKS]
    kinds = source_kinds(order)
    return [
        HistoryScanner(source, chain, source.name, _endpoints(source))
        for name in order
        for kind in kinds.get(name, ())
        for source in kind.build(chain, client, settings)
    ]


def _endpoints(source: Source) -> tuple[str, ...]:
    """Where the source asks; its own name where it keeps that to itself, for then the endpoint has that name too."""
    at = getattr(source, "endpoint", None)
    return (at.name if isinstance(at, Endpoint) else source.name,)


SCANNER: Final = ScannerKind("histories", 50, build)
