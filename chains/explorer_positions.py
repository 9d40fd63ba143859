"""Liquidity positions that are NFTs, from an Etherscan-shaped explorer: two lists of logs, and calls for what is left.

Explorers find a contract's logs by topics over the whole chain, so a position is read from its first log on, and
who held it when needs no state of the past.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from chains.errors import Malformed, SourceError, Unsupported
from chains.evm_address import to_topic
from chains.evm_contract import NOTHING
from chains.evm_records import hex_int, required
from chains.explorer_pages import Listing, merged
from chains.model import Address, AssetId, Balance, Called, Coverage, Kind, Page, Position
from chains.position_pages import page_of_position, read_logs, unclaimed_in
from chains.positions import OWNER_OF, POSITIONS, Book, holder_of, liquidity_of, number_word, parts
from chains.registry import Chain

BALANCE_OF: Final = "0x70a08231"

Call = Callable[[AssetId, str], Awaitable[Called]]
"""A read-only call of a contract."""


async def position_history(
    chain: Chain, lists: Sequence[Listing], who: Address, asset: AssetId, low: int, high: int | None
) -> AsyncIterator[Page]:
    """Pages of ``who`` in a position, from the lists of its logs. Raises as `Source.history`."""
    book = Book()
    source = lists[0].source
    async for stretch in merged([one.stretches(0, high) for one in lists]):
        logs = [(row.fields, row.raw) for rows in stretch.lists for row in rows]
        covers = Coverage(low, high if stretch.through is None else stretch.through)
        told = read_logs(chain, source, asset, logs, None)
        page = page_of_position(book, told, who, covers, stretch.weak)
        if stretch.through is None:
            yield page
        elif stretch.through >= low:
            yield page
            low = stretch.through + 1


async def holders_of(
    chain: Chain, source: str, receipt: Mapping[str, Any], moves: Callable[[AssetId], Listing]
) -> dict[AssetId, Address]:
    """Who has the positions that a receipt's transaction added to, where its logs do not tell: a list for each.

    ``moves`` is the list of a position's NFT changing hands. Left out where it cannot be read.
    """
    found: dict[AssetId, Address] = {}
    height = hex_int(required(receipt, "blockNumber", source), source)
    place = Position(height, hex_int(required(receipt, "transactionIndex", source), source), Kind.TOKEN, ())
    for asset in unclaimed_in(chain, receipt, source):
        book = Book()
        try:
            async for stretch in moves(asset).stretches(0, height):
                told = read_logs(chain, source, asset, [(row.fields, row.raw) for row in stretch.rows], None)
                for event in told.events:
                    if event.at.position < place:
                        book.rows(event)
        except (SourceError, Malformed):
            continue
        found[asset] = book.holder
    return found


async def liquidity(source: str, call: Call, who: Address, asset: AssetId) -> Balance:
    """What is in a position of ``who`` now.

    How many NFTs it has is asked first: of one that was burnt the contract refuses to speak, and a refusal is no proof.

    Raises:
        Unsupported: the contract answers otherwise than Uniswap v3's does.
    """
    manager, word = parts(asset)[0], number_word(asset)
    count = await call(manager, BALANCE_OF + to_topic(who)[2:])
    counted = count.data != NOTHING
    if counted and not hex_int(count.data, source):
        return Balance(0, None, count.raw)
    owner = await call(manager, OWNER_OF + word)
    if counted and holder_of(owner.data) != who:
        return Balance(0, None, owner.raw)
    record = await call(manager, POSITIONS + word)
    held = liquidity_of(record.data)
    if not counted or held is None:
        raise Unsupported(source, f"position {asset}", "its contract does not answer as a position manager")
    return Balance(held[0], None, record.raw)
