"""What a few addresses held before and after a stretch of blocks, and in which blocks of it that changed.

A wallet without code pays only with a transaction of its own, which raises its nonce: where balance and nonce are the
same at both ends, nothing moved between them. Coins that came to and left an address by a contract that was created
and destroyed there within the stretch are the one exception. Wallets that run code, by deployment or by delegation,
can be emptied without that; for them this way is closed.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from chains.errors import Unsupported
from chains.evm_contract import NOTHING, hex_bytes
from chains.evm_records import hex_int
from chains.model import Address, Block
from chains.rpc_node import Node
from chains.rpc_windows import together

BALANCE: Final = "eth_getBalance"
NONCE: Final = "eth_getTransactionCount"
CODE: Final = "eth_getCode"

_KEPT: Final = 4
"""Blocks whose answers are remembered: the next stretch begins where one of the last ended."""

State = tuple[str, ...]


class Probe(NamedTuple):
    """What is asked of an address; its state is the answers in this order."""

    who: Address
    methods: tuple[str, ...]


@dataclass(slots=True)
class Accounts:
    """Asks one node for the states of addresses at blocks. ``coded`` are those that were seen to run code."""

    node: Node
    coded: set[Address] = field(default_factory=set)
    _kept: OrderedDict[str, dict[tuple[str, Address], str]] = field(default_factory=OrderedDict)
    _bare: dict[Address, str] = field(default_factory=dict)

    async def at(self, probes: Iterable[Probe], block: Block) -> dict[Probe, State]:
        """States after a block. Raises Unsupported where the node keeps no state that old."""
        kept = self._kept.setdefault(block.hash, {})
        self._kept.move_to_end(block.hash)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return await self._ask(list(probes), block.number, kept)

    async def _ask(self, probes: list[Probe], number: int, kept: dict[tuple[str, Address], str]) -> dict[Probe, State]:
        wanted = [
            key
            for key in dict.fromkeys((method, one.who) for one in probes for method in one.methods)
            if key not in kept
        ]
        answers = await together(*(self.node.ask(method, who, hex(number)) for method, who in wanted))
        for (method, who), answer in zip(wanted, answers, strict=True):
            told, name = answer.data.get("result"), self.node.name
            kept[method, who] = hex_bytes(told, name) if method == CODE else hex(hex_int(told, name))
        return {one: tuple(kept[method, one.who] for method in one.methods) for one in probes}

    async def changed(self, probes: Iterable[Probe], before: Block, after: Block) -> list[int]:
        """Numbers of the blocks after ``before``, to ``after``, in which a state became another; by halving.

        Once that took more requests than there are blocks, all blocks of a part in which something changed are told.

        Raises:
            Unsupported: the node keeps no state that old.
        """
        probes = list(probes)
        ends = {before.number: await self.at(probes, before), after.number: await self.at(probes, after)}
        found: set[int] = set()
        spans = [(before.number, after.number, probes)]
        left = after.number - before.number
        while spans:
            low, high, asked = spans.pop()
            moved = [one for one in asked if ends[low][one] != ends[high][one]]
            if moved and (high - low == 1 or left <= 0):
                found.update(range(low + 1, high + 1))
            elif moved:
                middle = (low + high) // 2
                ends[middle] = await self._ask(moved, middle, {})
                left -= sum(len(one.methods) for one in moved)
                spans += [(low, middle, moved), (middle, high, moved)]
        return sorted(found)

    async def refuse_code(self, coins: Iterable[Address], after: Block) -> None:
        """Raise Unsupported when one of these runs code at ``after``.

        Neither deployment nor delegation leaves a nonce as it was, so each is asked again only when that changed.
        """
        states = await self.at([Probe(who, (NONCE,)) for who in coins], after)
        fresh = [one.who for one, (nonce,) in states.items() if self._bare.get(one.who) != nonce]
        for one, (code,) in (await self.at([Probe(who, (CODE,)) for who in fresh], after)).items():
            if code == NOTHING:
                (self._bare[one.who],) = states[Probe(one.who, (NONCE,))]
            else:
                self.coded.add(one.who)
        if not self.coded.isdisjoint(coins):
            raise Unsupported(self.node.name, "balances instead of blocks", "some of the addresses run code")

    async def balances(self, coins: Iterable[Address], block: Block) -> Mapping[Address, int]:
        """Native coins of each after a block. Raises Unsupported where the node keeps no state that old."""
        states = await self.at([Probe(who, (BALANCE,)) for who in coins], block)
        return {one.who: int(held, 16) for one, (held,) in states.items()}
