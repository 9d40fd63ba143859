"""Whole blocks out of a plain node, filtered here: what one costs does not depend on how many are watched.

A block is believed only together with its neighbours: each names the one before it, and the last is the one that the
whole stretch was asked for. Receipts and traces must be of the same block and leave none of its transactions out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from chains import evm_traces
from chains.errors import AuthRefused, Down, Malformed, SourceError, SplitRange, Unsupported
from chains.evm_contract import NOTHING, hex_bytes
from chains.evm_records import ZERO, address_field, block_of, hex_int, required
from chains.evm_traces import TxPlace
from chains.model import Address, Block, Kind, Transfer
from chains.rpc_errors import NO_STATE
from chains.rpc_node import Node
from chains.rpc_scan_plan import BLOCK_RECEIPTS, TRACES, Limits
from chains.rpc_scan_rows import (
    Authorization,
    Found,
    Log,
    Record,
    Topics,
    authorizations,
    coin_rows,
    delegation,
    of_logs,
    same_block,
    without_transactions,
)
from chains.rpc_windows import together
from chains.scan import Change, Watched

MADE: Final = "withdrawals, block rewards and layer-1 deposits are not visible to this method"
"""Why coins may be missing where the chain itself gave them to somebody watched."""

_AT_ONCE: Final = 4
"""Blocks read at a time: one with its receipts and traces takes tens of megabytes of memory."""

_FULL: Final = True
_DELEGATED: Final = "0xef0100"
_CALL_TRACER: Final = {"tracer": "callTracer"}

_Calls = tuple[Mapping[str, Sequence[Transfer]], int]
"""Transfers by calls, by transaction, and the stored answer that told them."""


class _Full(NamedTuple):
    """A block with its transactions, and the stored answer."""

    block: Block
    record: Record
    transactions: Sequence[Record]
    raw: int

    @property
    def tag(self) -> str:
        """How a node is asked for it."""
        return hex(self.block.number)


@dataclass(slots=True)
class Blocks:
    """Reads blocks of one node; methods that it does not have are remembered in ``limits``."""

    node: Node
    limits: Limits

    async def read(self, who: Watched, numbers: Sequence[int], *, logs: bool) -> Found:
        """Coins and delegations in these blocks; with ``logs`` also tokens and approvals.

        Raises:
            Unsupported: ``logs`` are asked for, and this node has no receipts of whole blocks.
            Down: the blocks do not belong together, or an answer leaves something out.
        """
        found = Found(self.node.name)
        for start in range(0, len(numbers), _AT_ONCE):
            for part in await together(*(self._one(who, one, logs=logs) for one in numbers[start : start + _AT_ONCE])):
                found.take(part)
        return found

    async def _one(self, who: Watched, number: int, *, logs: bool) -> Found:
        full = await self._full(number)
        found = Found(self.node.name)
        found.saw(number, full.block.hash)
        found.saw(number - 1, str(required(full.record, "parentHash", self.node.name)))
        told: Mapping[str, Log] = {}
        if logs and full.transactions:
            told = await self._receipts(full)
            found.take(self._tokens(who, full, told.values()))
        if who.coins:
            found.take(await self._coins(who.coins, full, told))
        if who.guarded:
            found.changes += await self._delegations(who.guarded, full)
        return found

    async def _full(self, number: int) -> _Full:
        raw, record = await self.node.record("eth_getBlockByNumber", hex(number), _FULL)
        block = block_of(self.node.chain, record, self.node.name)
        transactions = required(record, "transactions", self.node.name)
        if block.number != number or not all(isinstance(one, dict) for one in transactions):
            raise Malformed(self.node.name, f"not block {number} with its transactions", {"number": block.number})
        return _Full(block, record, transactions, raw)

    async def _receipts(self, full: _Full) -> dict[str, Log]:
        """All receipts of a block by transaction."""
        try:
            raw, receipts = await self.node.rows(BLOCK_RECEIPTS, full.tag)
        except (Unsupported, AuthRefused) as refusal:
            self._note_missing(BLOCK_RECEIPTS, refusal)
            raise
        except SplitRange as refusal:
            raise Unsupported(self.node.name, f"{BLOCK_RECEIPTS} {full.tag}", refusal.detail) from None
        for one in receipts:
            same_block(one, full.block.hash, BLOCK_RECEIPTS, self.node.name)
        told = {str(required(one, "transactionHash", self.node.name)).lower(): (one, raw) for one in receipts}
        without_transactions(told.keys(), full.transactions, BLOCK_RECEIPTS, self.node.name)
        return told

    def _note_missing(self, method: str, refusal: SourceError) -> None:
        """Remember that the node has no such method; a block that it no longer has says nothing of its methods."""
        if not refusal.detail.startswith(NO_STATE):
            self.limits.without.add(method)

    def _tokens(self, who: Watched, full: _Full, receipts: Collection[Log]) -> Found:
        topics, name = Topics.of(who), self.node.name
        logs = [(log, raw) for receipt, raw in receipts for log in required(receipt, "logs", name)]
        concerned = [log for log in logs if topics.concerned(log[0], name)]
        return of_logs(self.node.chain, who, concerned, {full.block.number: full.block.time}, name)

    async def _coins(self, coins: frozenset[Address], full: _Full, told: Mapping[str, Log]) -> Found:
        found = Found(self.node.name)
        calls = await self._calls(full)
        found.untraced = calls is None
        inside, raw = calls or ({}, 0)
        if _made(full, coins):
            found.weak.append(MADE)
        signed = {str(one["hash"]).lower(): one for one in full.transactions if _pays(one, coins, self.node.name)}
        if not told and len(signed) > 1 and BLOCK_RECEIPTS not in self.limits.without:
            told = await self._receipts_if_any(full)
        for tx in dict.fromkeys((*signed, *inside)):
            rows: Sequence[Transfer] = inside.get(tx, ())
            raws = {Kind.NATIVE: full.raw, Kind.INTERNAL: raw}
            if tx in signed:
                receipt, raws[Kind.FEE] = told.get(tx) or await self._receipt(tx, full)
                rows = coin_rows(self.node.chain, signed[tx], receipt, rows, full.block.time, self.node.name)
            mine = [row for row in rows if row.sender in coins or row.receiver in coins]
            found.add(mine, full.block.hash, raws)
        return found

    async def _receipts_if_any(self, full: _Full) -> Mapping[str, Log]:
        try:
            return await self._receipts(full)
        except (Unsupported, AuthRefused):
            return {}

    async def _receipt(self, tx: str, full: _Full) -> Log:
        raw, receipt = await self.node.record("eth_getTransactionReceipt", tx)
        same_block(receipt, full.block.hash, f"eth_getTransactionReceipt {tx}", self.node.name)
        return receipt, raw

    async def _calls(self, full: _Full) -> _Calls | None:
        """Transfers by calls inside the block's transactions; None when this node does not show them."""
        if not full.transactions:
            return {}, full.raw
        for method, asked, read in (
            (TRACES[0], (full.tag,), self._of_rows),
            (TRACES[1], (full.tag, _CALL_TRACER), self._of_frames),
        ):
            if method in self.limits.without:
                continue
            try:
                raw, answered = await self.node.rows(method, *asked)
                return read(full, answered), raw
            except (Unsupported, AuthRefused) as refusal:
                self._note_missing(method, refusal)
            except (SplitRange, Malformed):
                continue
        return None

    def _of_rows(self, full: _Full, rows: Sequence[Record]) -> dict[str, list[Transfer]]:
        name = self.node.name
        grouped = evm_traces.rows_by_transaction(rows, name)
        without_transactions(grouped.keys(), full.transactions, TRACES[0], name)
        for group in grouped.values():
            same_block(group[0], full.block.hash, TRACES[0], name)
        places = {at.tx: at for at in self._places(full)}
        return {tx: evm_traces.internals_of_rows(grouped[tx], places[tx], name) for tx in places if tx in grouped}

    def _of_frames(self, full: _Full, traced: Sequence[Record]) -> dict[str, list[Transfer]]:
        name = self.node.name
        by_tx = {str(one.get("txHash")).lower(): one for one in traced}
        if "none" in by_tx and len(traced) == len(full.transactions):  # older nodes tell them by their order only
            by_tx = dict(zip((at.tx for at in self._places(full)), traced, strict=True))
        without_transactions(by_tx.keys(), full.transactions, TRACES[1], name)
        found: dict[str, list[Transfer]] = {}
        for at in self._places(full):
            if at.tx in by_tx:
                frame = by_tx[at.tx].get("result")
                if not isinstance(frame, dict):
                    raise Down(name, TRACES[1], f"it could not trace {at.tx}")
                found[at.tx] = evm_traces.internals_of_frame(frame, at, name)
        return found

    def _places(self, full: _Full) -> Iterator[TxPlace]:
        name, block = self.node.name, full.block
        for one in full.transactions:
            tx, index = str(required(one, "hash", name)).lower(), hex_int(required(one, "transactionIndex", name), name)
            yield TxPlace(block.chain, tx, block.height, index, block.time)

    async def _delegations(self, guarded: frozenset[Address], full: _Full) -> list[Change]:
        """What became of the guarded by this block's orders: the last of each that its code then shows."""
        name = self.node.name
        came: dict[Address, Change] = {}
        for one in full.transactions:
            for order in authorizations(self.node.chain, one, name):
                if order.owner in guarded and await self._came_to_be(order, full):
                    block = full.block
                    came[order.owner] = delegation(self.node.chain, one, order, block, full.raw, name)
        return list(came.values())

    async def _came_to_be(self, order: Authorization, full: _Full) -> bool:
        """Whether the wallet's code after the block is what it ordered. Yes where the node keeps no state that old."""
        try:
            answer = await self.node.ask("eth_getCode", order.owner, full.tag)
        except Unsupported as refusal:
            if not refusal.detail.startswith(NO_STATE):
                raise
            return True
        code = hex_bytes(answer.data.get("result"), self.node.name)
        return code == (NOTHING if order.holder == ZERO else _DELEGATED + order.holder[2:])


def _pays(transaction: Record, coins: frozenset[Address], source: str) -> bool:
    """Whether a transaction's own fee or value may concern the watched; whom a creation pays its receipt tells."""
    if address_field(transaction, "from", source) in coins:
        return True
    receiver = transaction.get("to")
    concerned = not receiver or str(receiver).lower() in coins
    return concerned and hex_int(required(transaction, "value", source), source) > 0


def _made(full: _Full, coins: frozenset[Address]) -> bool:
    """Whether the chain itself gave coins to somebody watched: a reward, a withdrawal, a deposit from layer 1."""
    given: list[Any] = [full.record.get("miner")]
    given += [one.get("address") for one in full.record.get("withdrawals") or ()]
    given += [one.get("from") for one in full.transactions if one.get("mint")]
    return not coins.isdisjoint(str(one).lower() for one in given)
