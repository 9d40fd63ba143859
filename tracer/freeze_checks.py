"""Asks the contracts whether what rests somewhere is frozen or about to be; what their answers mean is in freeze.py.

The proposals are read before the status: one that is carried out in between is then seen as a freeze, and not missed
by both.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from chains.errors import ChainError
from chains.model import NATIVE, Address, AssetId
from tracer.freeze import (
    CONFIRMED,
    COUNT,
    LIST,
    MADE,
    MOST_OWNERS,
    OWNER,
    PROPOSED,
    REQUIRED,
    Answer,
    Proposal,
    Proposals,
    Resting,
    action_in,
    checks,
    has_proposals,
    number_in,
    number_of,
    numbers_in,
    owner_in,
    question,
    row_of,
    trouble,
)
from tracer.labels import Token
from tracer.result import FreezeRow
from tracer.words import sentence
from tracer.world import World

NEWEST: Final = 20
"""The newest proposals of a wallet that are looked at: each costs a request."""


async def check(world: World, wants: Iterable[Resting]) -> list[FreezeRow]:
    """A row for every address and token, in the order of ``wants``; the native coin, which nobody can freeze, has none.

    Costs a request per address (two where the token list is not sure of the function), and per token of Tether's older
    family up to 5 + `NEWEST`, and one for every proposal about a wanted address. Nothing is asked of a contract that
    is not listed or cannot freeze. Needs ``world.heads`` of the chains; what could not be learnt stands in the rows.
    """
    unique = {(want.chain, want.asset.id, want.address): want for want in wants if want.asset.id != NATIVE}
    holders: dict[tuple[str, AssetId], set[int]] = {}
    for chain, asset, address in unique:
        holders.setdefault((chain, asset), set()).add(number_of(address))
    proposals: dict[tuple[str, AssetId], Proposals] = {}
    for (chain, asset), about in holders.items():
        token = world.tokens.of(chain, asset)
        if token is not None and has_proposals(token):
            proposals[chain, asset] = await _proposals(_Chain(world, chain), token, about)
    rows = (_row(world, want, proposals.get((want.chain, want.asset.id))) for want in unique.values())
    return list(await asyncio.gather(*rows))


@dataclass(frozen=True, slots=True)
class _Chain:
    """One chain at the block that the case speaks of."""

    world: World
    id: str

    async def ask(self, contract: str, function: str, *numbers: int) -> Answer:
        """What a contract says; a failure is an answer too."""
        try:
            reader, block = self.world.reader(self.id), self.world.heads[self.id]
            called = await reader.call(Address(contract), question(function, *numbers), block)
        except ChainError as failure:
            return Answer("", trouble=str(failure))
        return Answer(called.data, called.at)


async def _row(world: World, want: Resting, proposals: Proposals | None) -> FreezeRow:
    token = world.tokens.of(want.chain, want.asset.id)
    functions = checks(token) if token is not None and token.freezable != "no" else ()
    chain, who = _Chain(world, want.chain), want.address
    said = {function: await chain.ask(want.asset.id, function, number_of(who)) for function in functions}
    return row_of(want, token, said, proposals)


async def _proposals(chain: _Chain, token: Token, wanted: AbstractSet[int]) -> Proposals:
    """The proposals about the wanted addresses among the newest of the wallet that owns the token."""
    said = await chain.ask(token.contract, OWNER)
    wallet = owner_in(said, token)
    if wallet is None:
        return Proposals("", 0, {}, (sentence("rule.freeze_unproposed", why=trouble(OWNER, said)),))
    needed, made = await asyncio.gather(chain.ask(wallet, REQUIRED), chain.ask(wallet, MADE))
    for function, answer in ((REQUIRED, needed), (MADE, made)):
        if answer.trouble:
            return Proposals(wallet, 0, {}, (sentence("rule.freeze_unproposed", why=trouble(function, answer)),))
    required, count = number_in(needed), number_in(made)
    if required is None or count is None or not 0 < required <= MOST_OWNERS:
        return Proposals(wallet, 0, {}, (sentence("rule.freeze_other_owner", owner=wallet),))
    numbers, left = await _newest(chain, wallet, count)
    about, failed = await _about(chain, wallet, token, wanted, numbers)
    unread = [sentence("rule.freeze_unread", wallet=wallet, n=failed)] if failed else []
    return Proposals(wallet, required, about, (*unread, *left))


async def _newest(chain: _Chain, wallet: Address, made: int) -> tuple[Sequence[int], tuple[str, ...]]:
    """The newest open proposals, or the newest of all where the wallet cannot list the open ones; what that leaves out.

    To list them the wallet walks through all it ever had, which may take more than a node allows.
    """
    total = number_in(await chain.ask(wallet, COUNT, 1, 0))
    if total == 0:
        return (), ()
    if total is not None:
        low = max(0, total - NEWEST)
        numbers = numbers_in(await chain.ask(wallet, LIST, low, total, 1, 0))
        if numbers is not None and len(numbers) == total - low:
            left = sentence("rule.freeze_older", wallet=wallet, n=NEWEST, older=low)
            return numbers, (left,) if low else ()
    low = max(0, made - NEWEST)
    return range(low, made), (sentence("rule.freeze_unlisted_open", wallet=wallet, n=NEWEST, older=low),) if low else ()


async def _about(
    chain: _Chain, wallet: Address, token: Token, wanted: AbstractSet[int], numbers: Sequence[int]
) -> tuple[dict[int, list[Proposal]], int]:
    """The proposals about each wanted address, and how many could not be read."""
    about: dict[int, list[Proposal]] = {}
    failed = 0
    answers = await asyncio.gather(*(chain.ask(wallet, PROPOSED, number) for number in numbers))
    for number, answer in zip(numbers, answers, strict=True):
        try:
            asked = action_in(answer, token)
        except ValueError:
            failed += 1
            continue
        if asked is not None and asked[1] in wanted:
            confirmed = number_in(await chain.ask(wallet, CONFIRMED, number))
            known = confirmed if confirmed is not None and confirmed <= MOST_OWNERS else None
            about.setdefault(asked[1], []).append(Proposal(number, asked[0], known))
    return about, failed
