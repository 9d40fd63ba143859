"""Proofs of transactions from a node: a block with every transaction, and the block's receipts."""

from __future__ import annotations

from typing import Final

from chains.errors import Malformed, NotFound, SourceError
from chains.evm_inclusion import WholeBlock
from chains.evm_records import hex_int
from chains.inclusion import Inclusion
from chains.rpc_node import Node

KEPT: Final = 64
"""Blocks that are kept while more of their transactions may be asked for: some megabytes each at most."""

_WITH_TRANSACTIONS: Final = True


class Proofs:
    """The blocks of one node, each read once however many of its transactions are proven."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._blocks: dict[int, WholeBlock] = {}

    async def inclusion(self, tx: str, height: int) -> Inclusion:
        """How far block ``height`` proves a transaction. Receipts are asked for only where its transactions are proven.

        Raises:
            NotFound: the node does not have the block, or the block not the transaction.
        """
        block = self._blocks.get(height)
        if block is None:
            block = await self._read(height)
            # Whoever waited for the same answers at the same time may have been first.
            block = self._blocks.setdefault(height, block)
            while len(self._blocks) > KEPT:
                del self._blocks[next(iter(self._blocks))]
        return block.inclusion(tx)

    async def _read(self, height: int) -> WholeBlock:
        node = self._node
        try:
            raw, record = await node.record("eth_getBlockByNumber", hex(height), _WITH_TRANSACTIONS)
        except NotFound:
            raise NotFound(f"block {height}", node.name) from None
        if hex_int(record.get("number"), node.name) != height:
            raise Malformed(node.name, f"not block {height}", {"number": record.get("number")})
        block = WholeBlock(node.chain, record, node.name, raw)
        if block.proven:
            try:
                told, receipts = await node.rows("eth_getBlockReceipts", hex(height))
            except (SourceError, Malformed):
                return block
            block.take(receipts, told)
        return block
