"""A transaction's proof from a node: its block with every transaction, and the block's receipts."""

from __future__ import annotations

from typing import Final

from chains.errors import Malformed, NotFound, SourceError
from chains.evm_inclusion import prove, with_receipt
from chains.evm_records import hex_int
from chains.inclusion import Inclusion
from chains.rpc_node import Node

_WITH_TRANSACTIONS: Final = True


async def proven(node: Node, tx: str, height: int) -> Inclusion:
    """How far block ``height`` proves a transaction. Receipts are asked for only where the transaction is proven.

    Raises:
        NotFound: the node does not have the block, or the block not the transaction.
    """
    try:
        raw, block = await node.record("eth_getBlockByNumber", hex(height), _WITH_TRANSACTIONS)
    except NotFound:
        raise NotFound(f"block {height}", node.name) from None
    if hex_int(block.get("number"), node.name) != height:
        raise Malformed(node.name, f"not block {height}", {"number": block.get("number")})
    found = prove(node.chain, tx, block, node.name, raw)
    if found.transaction is None:
        return found
    try:
        raw, receipts = await node.rows("eth_getBlockReceipts", hex(height))
    except (SourceError, Malformed):
        return found
    return with_receipt(found, block, receipts, raw)
