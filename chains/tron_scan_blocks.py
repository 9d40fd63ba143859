"""Whole TRON blocks out of a node: lists of them, and what became of their transactions.

A block is believed only together with its neighbours: each names the one before it, and the last is the one that the
whole stretch was asked for. What became of its transactions is told without the block's hash (apis.md 4.3), so it must
be of the same transactions in the same order and of the same time.
"""

from __future__ import annotations

import json
import zlib
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from chains.errors import Malformed, NotFound, Unsupported
from chains.http import Answer, Ask, Client, Endpoint, Kind
from chains.model import Block
from chains.registry import Chain
from chains.tron_calls import NAME
from chains.tron_receipt import block_of
from chains.tron_scan_rows import Changed, Record, Whole, matched, records_in
from chains.trongrid_answers import classify_node

NEWEST: Final = "wallet"
SOLID: Final = "walletsolidity"
"""The node API of the newest state, and that of what cannot be undone any more."""

STEP: Final = 20
"""Blocks per request. The node gives 100, but a full one is most of a megabyte."""
_KEPT: Final = 64
"""Blocks of which it is remembered what became of their transactions: newcomers are looked for in the same ones, and
what was read when it could still be undone is the same once it is final."""


class Listed(NamedTuple):
    """A block with its transactions, and the stored answer."""

    block: Block
    parent: str
    transactions: Sequence[Record]
    raw: int


@dataclass(slots=True)
class Blocks:
    """The blocks of one node."""

    chain: Chain
    client: Client
    at: Endpoint
    _told: OrderedDict[str, tuple[int, bytes]] = field(default_factory=OrderedDict)
    """By a block's hash: the stored answer, and what it says in few bytes."""
    _headers: bool = True

    async def newest(self, api: str) -> Block:
        """The newest block that this part of the API has."""
        return block_of(self.chain, (await self.ask(api, "getnowblock", {})).data)

    async def header(self, api: str, number: int) -> Block:
        """The block of this number. Raises NotFound."""
        answer = await self._header(api, number)
        if answer.kind is Kind.EMPTY:
            raise NotFound(f"block {number}", self.chain.name)
        found = block_of(self.chain, answer.data)
        if found.number != number:
            raise Malformed(NAME, f"another block than {number}", found)
        return found

    async def _header(self, api: str, number: int) -> Answer:
        """Without its transactions where the node can leave them out."""
        if self._headers:
            try:
                return await self.ask(api, "getblock", {"id_or_num": str(number), "detail": False})
            except Unsupported:
                self._headers = False
        return await self.ask(api, "getblockbynum", {"num": number})

    async def listed(self, api: str, numbers: Iterable[int], top: Block) -> AsyncIterator[Listed]:
        """Blocks of these numbers, rising; neighbours must fit together, and `top` must be itself.

        Raises:
            Changed: they do not, or one is not there.
        """
        before: Listed | None = None
        for first, last in _runs(numbers):
            answer = await self.ask(api, "getblockbylimitnext", {"startNum": first, "endNum": last + 1})
            for number, record in zip(range(first, last + 1), _records(answer, first, last), strict=True):
                one = self._read(record, answer.raw)
                _fits(one, number, before, top)
                before = one
                yield one

    def _read(self, record: Record, raw: int) -> Listed:
        block = block_of(self.chain, record)
        parent = str(record["block_header"]["raw_data"].get("parentHash"))
        return Listed(block, parent, records_in(record, "transactions"), raw)

    async def whole(self, api: str, one: Listed) -> Whole:
        """A block with what became of its transactions. Raises Changed when that is of another block."""
        if not one.transactions:
            return Whole(one.block, (), one.raw, (), one.raw)
        kept = self._told.get(one.block.hash)
        if kept is not None:
            return Whole(one.block, one.transactions, one.raw, json.loads(zlib.decompress(kept[1])), kept[0])
        told = await self.ask(api, "gettransactioninfobyblocknum", {"num": one.block.number})
        matched(one.block, one.transactions, told.data)
        self._told[one.block.hash] = told.raw, zlib.compress(json.dumps(told.data).encode(), 1)
        while len(self._told) > _KEPT:
            self._told.popitem(last=False)
        return Whole(one.block, one.transactions, one.raw, told.data, told.raw)

    async def ask(self, api: str, method: str, body: Mapping[str, Any]) -> Answer:
        """One question to the node API."""
        return await self.client.ask(Ask(self.at, classify_node, "POST", f"/{api}/{method}", body=dict(body)))


def _runs(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Rising numbers as stretches without a hole, of `STEP` at most."""
    runs: list[tuple[int, int]] = []
    for number in numbers:
        first, last = runs[-1] if runs else (number, number - 2)
        if number == last + 1 and number - first < STEP:
            runs[-1] = first, number
        else:
            runs.append((number, number))
    return runs


def _records(answer: Answer, first: int, last: int) -> list[Record]:
    records = answer.data.get("block") if isinstance(answer.data, Mapping) else None
    if not isinstance(records, list) or len(records) != last - first + 1:
        raise Changed(NAME, f"blocks {first}-{last}", "this node does not have them all")
    return records


def _fits(one: Listed, number: int, before: Listed | None, top: Block) -> None:
    block = one.block
    apart = before is not None and before.block.number == number - 1 and one.parent != before.block.hash
    if block.number != number or apart or (number == top.number and block != top):
        raise Changed(NAME, f"block {number}", "it does not fit the blocks around it: the chain changed meanwhile")
