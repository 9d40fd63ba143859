"""What a node's contracts say of a liquidity position that is an NFT: whose it is, and how much is in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from chains.errors import Malformed, SourceError, Unsupported
from chains.evm_records import ZERO, hex_int, required
from chains.model import Address, AssetId
from chains.position_pages import UNCOLLECTED, unclaimed_in
from chains.positions import OWNER_OF, POSITIONS, Book, holder_of, liquidity_of, number_word, parts
from chains.rpc_errors import REVERTED
from chains.rpc_node import Node


class Held(NamedTuple):
    """Who has the NFT (the zero address: nobody), its liquidity, whether anything is not collected; stored answer."""

    holder: Address
    liquidity: int
    uncollected: bool
    raw: int


async def held_at(node: Node, asset: AssetId, tag: str, who: Address | None = None) -> Held:
    """A position at a block. With ``who`` its liquidity is asked only where ``who`` has it, and is 0 otherwise.

    Raises:
        Unsupported: the contract answers otherwise than Uniswap v3's does, or the node keeps no state that old.
    """
    manager, word = parts(asset)[0], number_word(asset)
    answer = await node.ask("eth_call", {"to": manager, "data": OWNER_OF + word}, tag)
    if answer.detail.startswith(REVERTED):
        return Held(ZERO, 0, uncollected=False, raw=answer.raw)
    holder = holder_of(str(answer.data.get("result")))
    if holder is not None and who not in (None, holder):
        return Held(holder, 0, uncollected=False, raw=answer.raw)
    answer = await node.ask("eth_call", {"to": manager, "data": POSITIONS + word}, tag)
    told = None if answer.detail.startswith(REVERTED) else liquidity_of(str(answer.data.get("result")))
    if holder is None or told is None:
        raise Unsupported(node.name, f"position {asset}", "its contract does not answer as a position manager")
    return Held(holder, *told, answer.raw)


async def book_at(node: Node, asset: AssetId, height: int) -> Book:
    """A position as it was after a block.

    Raises:
        Unsupported: as `held_at`, or liquidity may have been taken out by then that is not paid out yet.
    """
    held = await held_at(node, asset, hex(height))
    if held.uncollected:
        raise Unsupported(node.name, f"position {asset} at block {height}", UNCOLLECTED)
    return Book(held.holder, held.liquidity)


async def holders_of(node: Node, receipt: Mapping[str, Any]) -> dict[AssetId, Address]:
    """Who has the positions that a receipt's transaction added to, where its logs do not tell.

    Only who had one both before and after the block: otherwise it is not told which of the two. Left out also where
    the node keeps no state that old.
    """
    found: dict[AssetId, Address] = {}
    height = hex_int(required(receipt, "blockNumber", node.name), node.name)
    for asset in unclaimed_in(node.chain, receipt, node.name):
        try:
            before, after = [await held_at(node, asset, hex(at), ZERO) for at in (height - 1, height)]
        except (SourceError, Malformed):
            continue
        if before.holder == after.holder:
            found[asset] = after.holder
    return found
