"""Plain JSON-RPC nodes as scanners: what moved at any of many addresses, a stretch of blocks at a time.

Three ways lead to the same transfers (chains/rpc_scan_plan.py) and the cheapest is taken. Whichever it is, the block
the stretch ends with is asked before and after, everything read names the block it stands in, and blocks of one number
must be one block; so a reorganisation, or a pool of nodes that differ, ends a scan instead of spoiling it.
"""

from __future__ import annotations

from collections.abc import Collection
from time import monotonic_ns
from typing import Any, Final

from chains import rpc
from chains.errors import AuthRefused, Down, NotFound, Unsupported
from chains.evm_records import hex_int, log_time
from chains.http import Answer, Client
from chains.model import Address, AssetId, Balance, Block
from chains.registry import Chain, SourceSettings
from chains.rpc import RpcSource
from chains.rpc_errors import NO_STATE
from chains.rpc_node import Node
from chains.rpc_scan_accounts import BALANCE, NONCE, Accounts, Probe
from chains.rpc_scan_blocks import Blocks
from chains.rpc_scan_logs import logs_of
from chains.rpc_scan_plan import ACCOUNTS, BLOCKS, MOST_CHECKED, PLANS, Costs, Limits, Work
from chains.rpc_scan_rows import Found, of_logs, unexplained
from chains.rpc_windows import together
from chains.scan import Scanned, Scanner, ScannerKind, Tips, Watched

DEPTHS: Final = {1: 64, 10: 900, 56: 15, 66: 1, 137: 64, 8453: 900, 42161: 7_200, 43114: 1}
"""Blocks after which a block counts as final, by chain number, where a node does not know the word `finalized`.

Of rollups it is half an hour's worth: they are final when the chain below them is."""
USUAL_DEPTH: Final = 64

NO_CALLS: Final = "no internal transfers from this source"
NO_CODE: Final = "this source keeps no state that old: whether wallets were delegated is not known"
"""Why something may be missing."""
_SHOWN: Final = 3
"""Addresses named in a sentence."""


class _Counted(Node):
    """A node that counts what it is asked; everything goes through `ask`."""

    def __init__(self, node: Node) -> None:
        self.chain, self.name = node.chain, node.name
        self.asked = 0
        self._node = node

    async def ask(self, method: str, *params: Any) -> Answer:
        """One request; see `Node.ask`."""
        self.asked += 1
        return await self._node.ask(method, *params)


class RpcScanner:
    """One endpoint of one chain as a `chains.scan.Scanner`; ``plans`` are the ways of reading it may choose from."""

    def __init__(self, node: Node, plans: Collection[str] = PLANS) -> None:
        self.name, self.chain = node.name, node.chain
        self._node = _Counted(node)
        self._barred = frozenset(PLANS) - frozenset(plans)
        self._newest: Block | None = None
        self._final: Block | None = None
        self._learn_anew()
        self._costs = Costs()
        self._start = (-1, "", Block(self.chain.id, -1, "", 0, -1))
        self._accounts = Accounts(self._node)

    def _learn_anew(self) -> None:
        self._limits = Limits()
        self._blocks = Blocks(self._node, self._limits)
        self._tagged = True

    @property
    def endpoints(self) -> tuple[str, ...]:
        """The one endpoint."""
        return (self.name,)

    async def tips(self) -> Tips:
        """Newest and final block now; the final one is asked for again only when there is a newer block.

        Raises:
            Down: this node has fallen behind what it called final before.
        """
        newest = await self._node.block("latest")
        if self._final is None or newest != self._newest:
            final = await self._finalized(newest)
            self._final = final if self._final is None or final.number > self._final.number else self._final
        if newest.number < self._final.number:
            raise Down(self.name, f"block {self._final.number}", "this node is behind")
        self._newest = newest
        return Tips(newest, self._final)

    async def _finalized(self, newest: Block) -> Block:
        if self._tagged:
            try:
                return await self._node.block("finalized")
            except (Unsupported, NotFound):
                self._tagged = False
            except Down as failure:
                if "finalized" not in failure.detail.lower():
                    raise
                self._tagged = False
        return await self._node.block(max(newest.number - DEPTHS.get(self.chain.number, USUAL_DEPTH), 0))

    async def block(self, number: int) -> Block:
        """The block of this number. Raises NotFound."""
        return await self._node.block(number)

    async def held_before(self, who: Address, asset: AssetId, number: int) -> Balance:
        """See `chains.scan.Scanner.held_before`. Raises NotFound where the asset answers no such question."""
        before = Block(self.chain.id, number - 1, "", 0, number - 1)
        held = await RpcSource(self._node).balance(who, asset, before)
        if held.at is None:
            raise Unsupported(self.name, f"a balance before block {number}", NO_STATE)
        return held

    async def scan(self, who: Watched, low: int, high: int) -> Scanned:
        """See `chains.scan.Scanner.scan`. Raises Unsupported when no way of reading is left."""
        top = await self._top(high)
        work = Work(high - low + 1, len(who.tokens | who.guarded), len(who.tokens), len(who.coins), len(who.guarded))
        plan, found = await self._cheapest(work, who, low, top)
        if (await self._top(high)).hash != top.hash:
            raise Down(self.name, f"blocks {low}-{high}", "the chain changed while they were read")
        return Scanned(
            low,
            high,
            top,
            tuple(sorted(found.sights, key=lambda sight: sight.transfer.position)),
            tuple(sorted(found.changes, key=lambda change: change.position)),
            "; ".join(dict.fromkeys(found.weak)),
            plan,
        )

    async def _top(self, number: int) -> Block:
        try:
            return await self._node.block(number)
        except NotFound:
            raise Down(self.name, f"block {number}", "this node is behind") from None

    async def _cheapest(self, work: Work, who: Watched, low: int, top: Block) -> tuple[str, Found]:
        """Read by the cheapest plan that this node can follow, and learn what it cost."""
        tried = {*self._barred, *(() if self._accounts.coded.isdisjoint(who.coins) else (ACCOUNTS,))}
        refusal: Unsupported | AuthRefused | None = None
        while (plan := self._costs.cheapest(work, self._limits, tried)) is not None:
            asked, began = self._node.asked, monotonic_ns()
            try:
                found = await self._read(plan, who, low, top)
            except (Unsupported, AuthRefused) as failure:
                if failure.scope != "request":
                    raise
                tried.add(plan)
                refusal = failure
                continue
            except NotFound as gone:
                raise Down(self.name, f"blocks {low}-{top.number}", f"it has no {gone.what} any more") from None
            spent = self._node.asked - asked
            if self._costs.measured(plan, work, self._limits, spent, monotonic_ns() - began):
                self._learn_anew()
            return plan, found
        raise refusal or Unsupported(self.name, "a scan", "no way to read its blocks")

    async def _read(self, plan: str, who: Watched, low: int, top: Block) -> Found:
        found = Found(self.name)
        found.saw(top.number, top.hash)
        every = range(low, top.number + 1)
        if plan == BLOCKS:
            found.take(await self._blocks.read(who, every, logs=True))
        else:
            if who.tokens or who.guarded:
                found.take(await self._by_topics(who, low, top))
            if plan == ACCOUNTS:
                found.take(await self._by_accounts(who, low, top))
            elif who.coins:
                found.take(await self._blocks.read(who, every, logs=False))
            if who.guarded and (plan == ACCOUNTS or not who.coins):
                found.take(await self._delegations(who, low, top))
        if plan == ACCOUNTS or found.untraced:
            found.weak += await self._unexplained(plan, who, low, top, found)
        return found

    async def _by_topics(self, who: Watched, low: int, top: Block) -> Found:
        """Tokens and approvals of the whole stretch; a block whose logs do not tell its time is asked for it."""
        logs = await logs_of(self._node, who, low, top, self._limits)
        timeless = {hex_int(log["blockNumber"], self.name) for log, _ in logs if log_time(log, self.name) is None}
        blocks = [top, *await together(*(self._node.block(number) for number in sorted(timeless - {top.number})))]
        found = of_logs(self.chain, who, logs, {block.number: block.time for block in blocks}, self.name)
        for block in blocks:
            found.saw(block.number, block.hash)
        return found

    async def _before(self, low: int, top: Block) -> Block:
        """The block before the stretch, asked once for each."""
        known = self._start
        if known[:2] != (low, top.hash):
            known = self._start = (low, top.hash, await self._node.block(max(low - 1, 0)))
        return known[2]

    async def _by_accounts(self, who: Watched, low: int, top: Block) -> Found:
        """Coins, from those blocks only after which a balance or a nonce is another."""
        before = await self._before(low, top)
        await self._accounts.refuse_code(who.coins, top)
        numbers = await self._accounts.changed([Probe(one, (BALANCE, NONCE)) for one in who.coins], before, top)
        return await self._blocks.read(Watched(coins=who.coins), numbers, logs=False)

    async def _delegations(self, who: Watched, low: int, top: Block) -> Found:
        """Delegations where whole blocks are not read: from those only after which a nonce, as by each, is another."""
        before = await self._before(low, top)
        try:
            numbers = await self._accounts.changed([Probe(one, (NONCE,)) for one in who.guarded], before, top)
        except Unsupported as refusal:
            if not refusal.detail.startswith(NO_STATE):
                raise
            return Found(self.name, weak=[NO_CODE])
        return await self._blocks.read(Watched(guarded=who.guarded), numbers, logs=False)

    async def _unexplained(self, plan: str, who: Watched, low: int, top: Block, found: Found) -> list[str]:
        """What is missing, when balances did not become what the transfers found make of them."""
        if plan != ACCOUNTS and len(who.coins) > MOST_CHECKED:
            return [NO_CALLS]
        try:
            before = await self._accounts.balances(who.coins, await self._before(low, top))
            after = await self._accounts.balances(who.coins, top)
        except Unsupported:
            return [NO_CALLS]
        wrong = unexplained(before, after, found.sights)
        names = ", ".join(wrong[:_SHOWN]) + (" …" if len(wrong) > _SHOWN else "")
        return [f"more coins came to or left {names} than this source shows"] if wrong else []


def build(chain: Chain, client: Client, settings: SourceSettings) -> list[Scanner]:
    """One scanner per public endpoint of the chain, or the one the user named for it."""
    return [RpcScanner(one.node) for one in rpc.build(chain, client, settings) if isinstance(one, RpcSource)]


SCANNER: Final = ScannerKind(name="rpc", rank=10, build=build)
