"""SQD Portal for TRON: TRX, TRC-10 and TRC-20 of a window of blocks, without a key and in settled order.

TronGrid's token rows have neither block nor place in it; these have both, which makes this source a cross-check of it
and a second chance when it is down. What the portal cannot select by account are the rarer contract types (staking,
voting, creating, lending energy): their fees, stake moves and loans are missing, and pages of native history say so.

Heights on TRON are block times in milliseconds, the portal counts blocks, and its answer to "which block was it at
this time" may be up to a thousand seconds early: every window is therefore read from a block proven to lie before it,
and cut by time. Its hexadecimal has no ``0x``. API reference 2.6 and 4.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from chains import tron_address
from chains.bulk_rows import Rows, log_filters, page_of
from chains.endpoints import endpoint
from chains.errors import Unsupported
from chains.http import Client
from chains.lists_only import ListsOnly
from chains.model import (
    ANY_TOKEN,
    NATIVE,
    Address,
    Approval,
    AssetId,
    Block,
    Collectible,
    Coverage,
    Event,
    EventPage,
    Page,
    Support,
    Transfer,
)
from chains.protocol import Source, SourceKind
from chains.registry import Chain, SourceSettings
from chains.sqd_portal import HEADER, Portal, Stretch, whole
from chains.sqd_tron_rows import events_of, is_trc10, normalise_stretch

NAME: Final = "sqd"

NO_OTHER_TYPES: Final = "no fees or stake moves of contract types other than transfers and calls from this source"

_BLOCK_MS: Final = 3000
_EXTRA: Final = 400
"""Blocks to go on by when the window's end was placed too early: a little more than a thousand seconds."""

_TRANSACTION: Final = ("hash", "transactionIndex", "type", "parameter", "ret", "result", "fee")
_LOG: Final = ("address", "topics", "data", "logIndex", "transactionIndex")
_INTERNAL: Final = (
    *("transactionIndex", "internalTransactionIndex", "hash", "callerAddress", "transferToAddress"),
    *("callValueInfo", "note", "rejected"),
)


@dataclass(slots=True)
class SqdTron(ListsOnly):
    """The portal's TRON dataset."""

    chain: Chain
    portal: Portal
    name: str = NAME

    async def head(self) -> Block:
        """Newest solidified block."""
        return await self.block(await self.portal.finalized())

    async def block(self, number: int) -> Block:
        """The block of this number. NotFound when the dataset has none."""
        header = await self.portal.header(number)
        height = whole(header, "timestamp")
        return Block(self.chain.id, number, str(header["hash"]), height // 1000, height)

    async def block_at(self, time: int) -> Block:
        """The first block at or after ``time``; no question is needed, a height is a time. Number and hash unknown."""
        return Block(self.chain.id, -1, "", time, time * 1000)

    async def history(self, who: Address, asset: AssetId, low: int, high: int | None) -> AsyncIterator[Page]:
        """Movements of ``asset`` at ``who``; with ``high`` None, to the newest solidified block.

        Raises:
            Unsupported: the window is too long for this source, or ends after its finalized blocks.
        """
        weak = NO_OTHER_TYPES if asset == NATIVE else ""
        async for stretch, covers in self._window(query_for(self.chain, who, asset), low, high):
            told = normalise_stretch(self.chain, who, stretch)
            why = "; ".join(text for text in (weak, told.doubt) if text)
            page = page_of([_within(told.rows, covers)], asset, covers, why)
            lent = tuple(one for one in told.supports if _inside(one, covers)) if asset == NATIVE else ()
            yield page._replace(supports=lent)

    async def events(self, contract: Address, topics: tuple[str, ...], low: int, high: int) -> AsyncIterator[EventPage]:
        """Logs of a contract. Unsupported as `history`."""
        item = {"address": [tron_address.to_hex41(contract)[2:]], "topic0": _bare(topics), "transaction": True}
        query = {"fields": {**HEADER, "transaction": _chosen(_TRANSACTION), "log": _chosen(_LOG)}, "logs": [item]}
        async for stretch, covers in self._window(query, low, high):
            found = events_of(self.chain, contract, topics, stretch)
            yield EventPage(tuple(event for event in found if _inside(event, covers)), covers)

    async def _window(
        self, query: Mapping[str, Any], low: int, high: int | None
    ) -> AsyncIterator[tuple[Stretch, Coverage]]:
        """Answers about a window of time, each with the part of the window it proves."""
        newest = await self.head()
        if low > newest.height:
            raise Unsupported(NAME, f"{self.portal.slug} from {low}", f"finalized blocks end at {newest.height}")
        first = await self._first_block(low, newest.number)
        last = newest.number if high is None else await self._last_block(high, newest)
        while True:
            async for stretch in self.portal.stream(query, first, last):
                seen = whole(stretch.blocks[-1]["header"], "timestamp")
                until = seen if high is None else min(seen, high)
                if until >= low:
                    yield stretch, Coverage(low, until)
                    low = until + 1
                if high is not None and seen >= high:
                    return
            if last == newest.number:
                break
            first, last = last + 1, min(last + _EXTRA, newest.number)
        if high is not None:
            raise Unsupported(NAME, f"{self.portal.slug} until {high}", f"finalized blocks end at {low - 1}")

    async def _first_block(self, low: int, newest: int) -> int:
        """A block no later than the first at or after ``low``: the portal's guess, proven by the block's own time."""
        number = min(await self.portal.number_at(low // 1000), newest)
        while number > 0:
            late = whole(await self.portal.header(number), "timestamp") - low
            if late <= 0:
                break
            number = max(0, number - late // _BLOCK_MS - 1)
        return number

    async def _last_block(self, high: int, newest: Block) -> int:
        """About the last block at or before ``high``; history goes on from there when it turns out too early."""
        if high >= newest.height:
            return newest.number
        return min(await self.portal.number_at(high // 1000) + _EXTRA, newest.number)


def build(chain: Chain, client: Client, settings: SourceSettings) -> list[Source]:
    """The portal's TRON dataset."""
    row = chain.sources.get(NAME)
    where = endpoint(NAME, settings)
    if chain.family != "tron" or row is None or where is None or (settings.only and NAME not in settings.only):
        return []
    return [SqdTron(chain, Portal(client, where, str(row["slug"]), "tron"))]


SOURCE = SourceKind(NAME, 40, build)


def query_for(chain: Chain, who: Address, asset: AssetId) -> dict[str, Any]:
    """Body of a stream of everything that moves ``asset`` at ``who``, as far as the portal can select it."""
    query: dict[str, Any] = {"fields": {**HEADER}}
    if asset in (NATIVE, ANY_TOKEN) or is_trc10(asset):
        query["fields"] |= {"transaction": _chosen(_TRANSACTION), "internalTransaction": _chosen(_INTERNAL)}
        query |= _account_items(tron_address.to_hex41(who), asset)
    if asset != NATIVE and not is_trc10(asset):
        query["fields"] |= {"transaction": _chosen(_TRANSACTION), "log": _chosen(_LOG)}
        query["logs"] = _log_items(chain, who, asset)
    return query


def _account_items(who: str, asset: AssetId) -> dict[str, Any]:
    """Contract calls may carry TRX or a TRC-10; all of an account's own transactions have fees."""
    items: dict[str, Any] = {
        "transferAssetTransactions": [{"owner": [who]}, {"to": [who]}],
        "triggerSmartContractTransactions": [{"owner": [who]}, {"contract": [who]}],
        "internalTransactions": [{"caller": [who], "transaction": True}, {"transferTo": [who], "transaction": True}],
    }
    if asset == NATIVE:
        items["transferTransactions"] = [{"owner": [who]}, {"to": [who]}]
        items["transferAssetTransactions"] = [{"owner": [who]}]
    return items


def _log_items(chain: Chain, who: Address, asset: AssetId) -> list[dict[str, Any]]:
    account = tron_address.to_hex41(who)
    # Contracts of TRON's first compilers left the 41 standing in topics.
    words = ("0" * 24 + account[2:], "0" * 22 + account)
    contract = asset if asset == ANY_TOKEN else AssetId(tron_address.to_hex41(Address(asset))[2:])
    wrapped = AssetId(tron_address.to_hex41(Address(chain.wrapped))[2:]) if chain.wrapped else None
    items = []
    for wanted in log_filters(who, contract, wrapped, words):
        item: dict[str, Any] = {"address": list(wanted.address)} if wanted.address else {}
        for place, topics in enumerate(wanted.topics):
            if topics:
                item[f"topic{place}"] = _bare(topics)
        items.append({**item, "transaction": True})
    return items


def _within(rows: Rows, covers: Coverage) -> Rows:
    return Rows(
        rows.raw,
        tuple(row for row in rows.transfers if _inside(row, covers)),
        tuple(row for row in rows.approvals if _inside(row, covers)),
        tuple(row for row in rows.collectibles if _inside(row, covers)),
    )


def _inside(row: Transfer | Approval | Collectible | Support | Event, covers: Coverage) -> bool:
    return covers.low <= row.position.height and (covers.high is None or row.position.height <= covers.high)


def _bare(topics: Sequence[str]) -> list[str]:
    return [topic.removeprefix("0x") for topic in topics]


def _chosen(names: tuple[str, ...]) -> Mapping[str, bool]:
    return dict.fromkeys(names, True)
