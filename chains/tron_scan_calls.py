"""What TronGrid's index says of one address, as far as a scan needs it: when others' calls paid it, and its past.

The index runs behind the node by a little, so both are only asked of blocks that were final some minutes ago.
"""

from __future__ import annotations

from contextlib import aclosing

from chains.errors import Unsupported
from chains.http import Ask, Client, Endpoint
from chains.model import Address, AssetId
from chains.registry import Chain
from chains.tron_calls import NAME
from chains.tron_scan_rows import net_of
from chains.trongrid import TronGrid
from chains.trongrid_answers import classify_page
from chains.trongrid_paging import Cursor, turn

_MOST_PAGES = 50
"""Of a history that is read for a balance of the past: 10,000 rows."""


async def heights_inside(client: Client, at: Endpoint, who: Address, low: int, high: int) -> set[int]:
    """Heights of the blocks in which a call inside a transaction is from or to ``who``.

    Raises:
        Unsupported: no index here.
        Down: its pages do not lead on.
    """
    path = f"/v1/accounts/{who}/internal-transactions"
    cursor: Cursor | None = Cursor(low, high, path)
    found: set[int] = set()
    while cursor is not None:
        answer = await client.ask(Ask(at, classify_page, "GET", path, cursor.params))
        stretch, cursor = turn(cursor, answer.data, answer.raw)
        found.update(row.time for row in stretch.rows)
    return found


async def net_listed(chain: Chain, client: Client, at: Endpoint, held: tuple[Address, AssetId, int, int]) -> int:
    """By how much the balance of an address changed in an asset, from one height to another, both included.

    Raises:
        Unsupported: no index here, or it does not tell everything.
    """
    who, asset, low, high = held
    total, pages = 0, 0
    async with aclosing(TronGrid(chain, client, at).history(who, asset, low, high)) as history:
        async for page in history:
            pages += 1
            if page.weak or pages > _MOST_PAGES:
                raise Unsupported(NAME, f"the past of {who}", page.weak or "too much of it")
            total += net_of(page.transfers, who, asset)
    return total
