"""Logs of many addresses at once by `eth_getLogs`: lists of them in the first and in the second indexed place.

Nothing there must mean nothing there. A refused range is asked again in smaller ones, a refused list in shorter ones, a
count at which servers cut lists in smaller ranges until one block is left, which is then read from its receipts. What
is of another block than it should be, or was removed, ends the reading: the chain changed under it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from chains.errors import AuthRefused, Down, Malformed, SplitRange, Unsupported
from chains.evm_address import to_topic
from chains.evm_contract import topics_of
from chains.evm_records import APPROVAL, APPROVAL_FOR_ALL, DEPOSIT, TRANSFER, WITHDRAWAL, hex_int, required
from chains.model import Block
from chains.registry import Chain
from chains.rpc_node import Node
from chains.rpc_scan_plan import BLOCK_RECEIPTS, Limits
from chains.rpc_scan_rows import Log, Record, Topics, same_block
from chains.rpc_windows import refuse_round_count, together
from chains.scan import Watched

_TOO_MANY: Final = re.compile(r"number of address|topics per search position|filters.*current limit is")
"""What nodes say of a list of addresses that is too long for them."""

_Place = tuple[int, int]


class _Query(NamedTuple):
    """Logs of these kinds with one of these words in topic ``place``."""

    kinds: tuple[str, ...]
    place: int
    words: frozenset[str]

    def params(self, first: int, last: int, top: Block) -> dict[str, Any]:
        """The filter for `eth_getLogs`; of the newest block alone by its hash, so that no other can answer."""
        topics = [list(self.kinds), *([None] * (self.place - 1)), sorted(self.words)]
        if first == last == top.number:
            return {"blockHash": top.hash, "topics": topics}
        return {"fromBlock": hex(first), "toBlock": hex(last), "topics": topics}

    def matches(self, log: Record, source: str) -> bool:
        """Whether a log was asked for. Raises Malformed when it does not say."""
        topics = topics_of(log, source)
        return len(topics) > self.place and topics[0] in self.kinds and topics[self.place] in self.words


def _queries(chain: Chain, who: Watched, most: int) -> Iterator[_Query]:
    """As few as cover everybody. The guarded stand first, so that only their lists ask for approvals."""
    wraps = (DEPOSIT, WITHDRAWAL) if chain.wrapped is not None else ()
    for words in _lists(sorted(who.guarded) + sorted(who.tokens - who.guarded), most):
        approvals = (APPROVAL, APPROVAL_FOR_ALL) if not words.isdisjoint(map(to_topic, who.guarded)) else ()
        yield _Query((TRANSFER, *approvals, *wraps), 1, words)
    for words in _lists(sorted(who.tokens), most):
        yield _Query((TRANSFER,), 2, words)


def _lists(who: Sequence[str], most: int) -> Iterator[frozenset[str]]:
    for start in range(0, len(who), most):
        yield frozenset("0x" + "0" * 24 + one[2:] for one in who[start : start + most])


async def logs_of(node: Node, who: Watched, low: int, top: Block, limits: Limits) -> list[Log]:
    """Every log that may concern ``who`` in blocks ``low`` to ``top``; what the node allows is kept in ``limits``.

    Raises:
        Unsupported: the node answers no list of logs of some block.
        Down: an answer that is not of this chain as it was.
    """
    found: dict[_Place, Log] = {}
    while low <= top.number:
        last = min(low + limits.span.blocks - 1, top.number)
        try:
            found |= await _window(node, who, low, last, top, limits.topics)
        except SplitRange as refusal:
            if limits.topics > 1 and _TOO_MANY.search(refusal.detail.lower()):
                limits.topics //= 2
                continue
            if low < last:
                limits.span = limits.span.shrunk(refusal, low, last)
                continue
            found |= await _one_block(node, who, low, top, limits)
        else:
            if last - low + 1 == limits.span.blocks:
                limits.span = limits.span.grown()
        low = last + 1
    return [found[place] for place in sorted(found)]


async def _window(node: Node, who: Watched, first: int, last: int, top: Block, most: int) -> dict[_Place, Log]:
    queries = list(_queries(node.chain, who, most))
    answers = await together(*(node.rows("eth_getLogs", query.params(first, last, top)) for query in queries))
    found: dict[_Place, Log] = {}
    for query, (raw, logs) in zip(queries, answers, strict=True):
        refuse_round_count(node.name, "eth_getLogs", len(logs))
        for log in logs:
            place = _place(log, first, last, top, node.name)
            if not query.matches(log, node.name):
                raise Malformed(node.name, "a log that was not asked for", log)
            found[place] = (log, raw)
    return found


async def _one_block(node: Node, who: Watched, number: int, top: Block, limits: Limits) -> dict[_Place, Log]:
    """A block whose logs the node will not list whole: from its receipts, else by ever shorter lists of addresses."""
    if BLOCK_RECEIPTS not in limits.without:
        try:
            raw, receipts = await node.rows(BLOCK_RECEIPTS, hex(number))
        except (Unsupported, AuthRefused):
            limits.without.add(BLOCK_RECEIPTS)
        else:
            topics = Topics.of(who)
            logs = [log for receipt in receipts for log in required(receipt, "logs", node.name)]
            concerned = [log for log in logs if topics.concerned(log, node.name)]
            return {_place(log, number, number, top, node.name): (log, raw) for log in concerned}
    most = min(limits.topics, len(who.all)) // 2
    while most:
        try:
            return await _window(node, who, number, number, top, most)
        except SplitRange:
            most //= 2
    raise Unsupported(node.name, f"eth_getLogs of block {number}", "it may leave out some, whoever is asked for")


def _place(log: Record, first: int, last: int, top: Block, source: str) -> _Place:
    """Where a log stands. Raises Down when that is not in blocks ``first`` to ``last``, or not in this chain."""
    number = hex_int(required(log, "blockNumber", source), source)
    what = f"eth_getLogs {first}-{last}"
    if log.get("removed") is True:
        raise Down(source, what, "a log of a removed block: the chain changed meanwhile")
    if not first <= number <= last:
        raise Down(source, what, f"a log of block {number}: a repeated page")
    if number == top.number:
        same_block(log, top.hash, what, source)
    return number, hex_int(required(log, "logIndex", source), source)
