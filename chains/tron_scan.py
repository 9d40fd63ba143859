"""TRON through a node's own blocks: what moved at any of many addresses, whoever many they are.

Two ways lead to the same transfers, and the one that costs the fewest requests is taken. Either every block of a
stretch is read whole; or token transfers are searched in the logs, coins in the lists of blocks and of calls inside
transactions, and only the blocks that something was found in are read whole. So whatever is told was read in the same
records by the same function, and the ways differ only in how they find it.

What cannot be undone any more is read from ``/walletsolidity``, what is newer from ``/wallet``.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Final

from chains.endpoints import endpoint
from chains.errors import Malformed, NotFound, SourceError, Unsupported
from chains.http import Client, Endpoint
from chains.model import NATIVE, Address, AssetId, Balance, Block
from chains.registry import Chain, SourceSettings
from chains.scan import Scanned, Scanner, ScannerKind, Tips, Watched
from chains.tron_address import to_evm_hex
from chains.tron_calls import NAME
from chains.tron_scan_blocks import NEWEST, SOLID, STEP, Blocks
from chains.tron_scan_calls import heights_inside, net_listed
from chains.tron_scan_logs import ADDRESSES, SPAN, blocks_with
from chains.tron_scan_rows import Changed, Found, Spelled, net_of, of_block
from chains.trongrid_accounts import account_balance, first_word

BLOCKS: Final = "blocks"
"""Every block whole: one request each, and one for every `STEP` of them."""
SEARCH: Final = "search"
"""Logs, lists of blocks and of calls inside transactions, then the blocks that something was found in."""
PLANS: Final = (BLOCKS, SEARCH)

_SETTLED: Final = 200
"""Blocks (ten minutes) after which the index of calls inside transactions is believed to have a final block."""
_TRIES: Final = 3
_FORGET: Final = 200
"""Scans after which a way that failed is tried again."""

_LOGS: Final = "logs"
_CALLS: Final = "calls"


@dataclass(slots=True)
class TronScanner:
    """One TronGrid-like host as a `chains.scan.Scanner`; ``plans`` are the ways of reading it may choose from."""

    chain: Chain
    client: Client
    at: Endpoint
    plans: tuple[str, ...] = PLANS
    name: str = NAME
    _without: set[str] = field(default_factory=set)
    _known: dict[int, Block] = field(default_factory=dict)
    _final: Block | None = None
    _scans: int = 0
    _blocks: Blocks = field(init=False)

    def __post_init__(self) -> None:
        """Its blocks are read at one place, which remembers some."""
        self._blocks = Blocks(self.chain, self.client, self.at)

    @property
    def endpoints(self) -> tuple[str, ...]:
        """The one endpoint."""
        return (self.at.name,)

    async def tips(self) -> Tips:
        """Newest and newest solid block. The solid one never goes back, and the newest is never before it."""
        newest, told = await asyncio.gather(self._blocks.newest(NEWEST), self._solid())
        final = self._final or told
        newest = max(newest, final, key=lambda block: block.number)
        self._known = {newest.number: newest, final.number: final}
        return Tips(newest, final)

    async def _solid(self) -> Block:
        """The solid block that a node tells of now; the highest is remembered."""
        told = await self._blocks.newest(SOLID)
        if self._final is None or told.number > self._final.number:
            self._final = told
        return told

    def _api(self, number: int) -> str:
        return SOLID if self._final is not None and number <= self._final.number else NEWEST

    async def block(self, number: int) -> Block:
        """The block of this number as the chain has it now. Raises NotFound."""
        return await self._blocks.header(self._api(number), number)

    async def scan(self, who: Watched, low: int, high: int) -> Scanned:
        """See `chains.scan.Scanner.scan`. A chain that changed meanwhile is read again before that is an error.

        Every answer proves by itself that it is of the branch under block ``high``, so that is not asked once more.
        """
        self._scans += 1
        if self._scans % _FORGET == 0:
            self._without.clear()
        if self._final is None:
            await self._solid()
        for _ in range(_TRIES - 1):
            try:
                return await self._scan(who, low, high)
            except Changed:
                self._known.clear()
        return await self._scan(who, low, high)

    async def _scan(self, who: Watched, low: int, high: int) -> Scanned:
        top = self._known.get(high) or await self._top(high)
        found, plans = Found(), []
        for first, last in self._parts(who, low, high):
            end = top if last == high else await self._top(last)
            plans.append(await self._part(who, first, end, found))
        return Scanned(
            low,
            high,
            top,
            tuple(sorted(found.sights, key=lambda sight: sight.transfer.position)),
            tuple(found.changes),
            "; ".join(dict.fromkeys(found.weak)),
            "+".join(dict.fromkeys(plans)),
        )

    async def _top(self, number: int) -> Block:
        try:
            return await self.block(number)
        except NotFound as missing:
            raise Changed(self.name, f"block {number}", str(missing)) from None

    # --- which way

    def _parts(self, who: Watched, low: int, high: int) -> list[tuple[int, int]]:
        """The stretch, cut where the index of calls begins not to be believed, if that makes a difference."""
        settled = self._settled()
        if low <= settled < high and who.coins and self._plan(who, low, settled) == SEARCH:
            return [(low, settled), (settled + 1, high)]
        return [(low, high)]

    def _settled(self) -> int:
        return -1 if self._final is None else self._final.number - _SETTLED

    def _plan(self, who: Watched, low: int, high: int) -> str:
        """The way that needs the fewest requests; every block whole where that is as cheap."""
        blocks = high - low + 1
        lists = -(-blocks // STEP)
        search = -(-blocks // SPAN) * -(-len(who.tokens | who.guarded) // ADDRESSES)
        search += lists if who.coins or who.guarded else 0
        search += 1 + len(who.coins) if who.coins else 0
        barred = SEARCH not in self.plans or _LOGS in self._without
        if who.coins:
            barred |= _CALLS in self._without or high > self._settled()
        dear = search >= blocks + lists and BLOCKS in self.plans
        return BLOCKS if barred or dear else SEARCH

    async def _part(self, who: Watched, low: int, top: Block, found: Found) -> str:
        """Read one part of a stretch; returns the way it went."""
        plan = self._plan(who, low, top.number)
        hits: dict[int, str] = {}
        heights: set[int] = set()
        if plan == SEARCH:
            try:
                hits, heights = await self._searched(who, low, top)
            except Changed:
                raise
            except (SourceError, Malformed):
                plan = BLOCKS
        spelled = Spelled.of(who)
        every = plan == BLOCKS or spelled.records
        numbers = range(low, top.number + 1) if every else sorted(hits)
        api = self._api(top.number)
        async for one in self._blocks.listed(api, numbers, top):
            block = one.block
            if hits.get(block.number) not in (None, "", block.hash):
                raise Changed(self.name, f"block {block.number}", "its logs were told of another block")
            hit = plan == BLOCKS or block.number in hits or block.height in heights
            if hit or any(map(spelled.signs, one.transactions)):
                of_block(self.chain, who, spelled, await self._blocks.whole(api, one), found)
        return plan

    async def _searched(self, who: Watched, low: int, top: Block) -> tuple[dict[int, str], set[int]]:
        """Numbers (with hashes) and heights of blocks that tell something of the watched."""
        refused = _LOGS
        try:
            logs = Spelled.of(who).logs
            hits = await blocks_with(self.client, self.at, logs, low, top)
            refused = _CALLS
            heights: set[int] = set()
            if who.coins:
                begin = (await self._top(low)).height
                for one in sorted(who.coins):
                    heights |= await heights_inside(self.client, self.at, one, begin, top.height)
        except Changed:
            raise
        except (SourceError, Malformed):
            self._without.add(refused)
            raise
        return hits, heights

    # --- what somebody held

    async def held_before(self, who: Address, asset: AssetId, number: int) -> Balance:
        """See `chains.scan.Scanner.held_before`: the solid balance of now, and what moved between then and now."""
        amount, raw, head = await self._held(who, asset)
        before = head if number == head.number + 1 else await self._top(number - 1)
        self._known[before.number] = before
        if number <= head.number:
            amount -= await self._moved(who, asset, number, head.number)
        else:
            amount += await self._moved(who, asset, head.number + 1, number - 1)
        if amount < 0:
            raise Unsupported(self.name, f"what {who} held before block {number}", "more left than ever came")
        return Balance(amount, before.height, raw)

    async def _held(self, who: Address, asset: AssetId) -> tuple[int, int, Block]:
        """Balance, stored answer, and a solid block after which it is that."""
        before = await self._solid()
        for _ in range(_TRIES):
            amount, raw = await self._balance(who, asset)
            after = await self._solid()
            low, high = sorted((before, after), key=lambda block: block.number)
            self._known[high.number] = high
            if low == high or not (await self.scan(_watched(who, asset), low.number + 1, high.number)).sights:
                return amount, raw, high
            before = after
        raise Unsupported(self.name, f"what {who} holds", "it changes faster than it can be asked")

    async def _balance(self, who: Address, asset: AssetId) -> tuple[int, int]:
        if asset == NATIVE or asset.isdigit():
            answer = await self._blocks.ask(SOLID, "getaccount", {"address": who, "visible": True})
            return account_balance(answer.data, asset), answer.raw
        body = {
            "owner_address": who,
            "contract_address": asset,
            "function_selector": "balanceOf(address)",
            "parameter": to_evm_hex(who)[2:].rjust(64, "0"),
            "visible": True,
        }
        answer = await self._blocks.ask(SOLID, "triggerconstantcontract", body)
        return first_word(answer.data), answer.raw

    async def _moved(self, who: Address, asset: AssetId, low: int, high: int) -> int:
        """By how much blocks ``low`` to ``high`` changed a balance; a long past is read from the index.

        Raises:
            Unsupported: no source tells it whole.
        """
        total = 0
        settled = min(high, self._settled())
        if settled - low >= STEP:
            heights = (await self._top(low)).height, (await self._top(settled)).height
            total += await net_listed(self.chain, self.client, self.at, (who, asset, *heights))
            low = settled + 1
        if low <= high:
            found = await self.scan(_watched(who, asset), low, high)
            if found.weak:
                raise Unsupported(self.name, f"what moved at {who}", found.weak)
            total += net_of((sight.transfer for sight in found.sights), who, asset)
        return total


def _watched(who: Address, asset: AssetId) -> Watched:
    """Somebody alone, for one asset."""
    alone = frozenset({who})
    return Watched(coins=alone) if asset == NATIVE or asset.isdigit() else Watched(tokens=alone)


def build(chain: Chain, client: Client, settings: SourceSettings) -> list[Scanner]:
    """The scanner for a TRON chain; TronGrid answers without a key, only slower."""
    if NAME not in chain.sources or (settings.only and NAME not in settings.only):
        return []
    at = endpoint(NAME, settings, url=chain.sources[NAME].get("url"))
    return [] if at is None else [TronScanner(chain, client, at)]


SCANNER = ScannerKind(name=NAME, rank=10, build=build)
