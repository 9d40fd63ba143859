"""Proofs from the chain itself for the transactions a case rests on: how far each block commits to its transaction.

A proof shows that the transaction is in the block, and on EVM chains what it logged. That the block is the chain's own
is for the reader to compare with any explorer: by the number and hash that the row names.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from chains.errors import ChainError
from chains.evm_logs import proven_transfers, proven_value
from chains.inclusion import Inclusion
from chains.model import Kind
from chains.positions import is_position
from chains.protocol import Prover
from chains.registry import Chain
from tracer.agreement import Key, Target, absent
from tracer.checked import Proven
from tracer.result import InclusionRow
from tracer.words import sentence
from tracer.world import World

REQUESTS_PER_PROOF: Final = 3
"""What a proof takes: a block and its receipts, and on TRON the transaction's own record."""


async def prove(world: World, targets: Sequence[Target], most: int | None) -> list[Proven]:
    """A row for every transaction, in their order. ``most`` limits the requests of the whole trace.

    What could not be proven stands in the rows; nothing is raised.
    """
    able = {chain for chain in {one.chain for one in targets} if _provable(world, chain)}
    asks = [one for one in targets if one.chain in able]
    room = len(asks) if most is None else max(0, most - world.client.questions) // REQUESTS_PER_PROOF
    asks = asks[:room]
    # One of each chain goes first: a source that never serves it is then known to all others alike.
    firsts = list({one.chain: one for one in reversed(asks)}.values())
    # In order of blocks, so that whoever reads one has it at hand for all its transactions.
    rest = sorted((one for one in asks if one not in firsts), key=lambda one: (one.chain, one.height))
    rows: dict[Key, Proven] = {}
    for part in (firsts, rest):
        told = await asyncio.gather(*(_proven(world, one) for one in part))
        rows |= {(one.row.chain, one.row.tx): one for one in told}
    return [rows.get((one.chain, one.tx)) or _unasked(one, able) for one in targets]


def _provable(world: World, chain: str) -> bool:
    return any(isinstance(source, Prover) for source in world.reader(chain).seconds())


def _unasked(target: Target, able: set[str]) -> Proven:
    why = sentence("rule.budget") if target.chain in able else sentence("rule.proof_nobody")
    return Proven(unread(target, why))


async def _proven(world: World, target: Target) -> Proven:
    try:
        found = await world.reader(target.chain).inclusion(target.tx, target.height)
        return judged(world.chains[target.chain], target, found)
    except ChainError as failure:
        return Proven(unread(target, sentence("rule.proof_unread", why=failure)))


def judged(chain: Chain, target: Target, found: Inclusion) -> Proven:
    """The row of a proof, once it was seen to speak of this transaction and to have what the sum uses of it.

    Raises:
        Malformed: the proven receipt cannot be read.
    """
    row = InclusionRow(
        target.chain,
        target.tx,
        target.role,
        found.number,
        found.hash,
        "proven" if found.transaction else "unproven",
        "proven" if found.receipt else "unproven",
        found.source,
        found.why,
    )
    if (found.chain, found.tx) != (target.chain, target.tx) or (
        chain.family == "evm" and found.number != target.height
    ):
        return Proven(unread(target, sentence("rule.proof_other")))
    if found.receipt is None or chain.family != "evm":
        return Proven(row, found)
    logged = [one for one in target.movements if one.position.kind is Kind.TOKEN and not is_position(one.asset)]
    paid = [one for one in target.movements if one.position.kind is Kind.NATIVE]
    value = proven_value(found) if paid else None
    if absent(logged, proven_transfers(chain, found)) or any(value not in (None, one.amount) for one in paid):
        why = sentence("rule.proof_contradicts")
        return Proven(row._replace(receipt="unproven", why=why), found._replace(receipt=None, why=why))
    return Proven(row, found)


def unread(target: Target, why: str) -> InclusionRow:
    """The row of a transaction of which nothing is proven."""
    return InclusionRow(target.chain, target.tx, target.role, 0, "", "unproven", "unproven", "", why)
