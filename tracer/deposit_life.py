"""Reading the life of an address that may be a deposit address, and who pays for it or orders it about.

Asked of the same sources as the trace, kept with it, and only as far as a verdict needs: two requests or three for a
life (tokens and coin), as many for one opened sweep of a contract, and one or two for whoever pays the fees, which is
asked once for all the addresses it pays for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final, TypeVar

from chains.errors import ChainError
from chains.model import ANY_TOKEN, FEE_SINK, NATIVE, Address, Approval, AssetId, Support, Transfer
from chains.reader import History
from tracer.deposit import Labels, Life

if TYPE_CHECKING:
    from tracer.discover import Discovery

Placed = TypeVar("Placed", Transfer, Support, Approval)

SERVES: Final = 10
"""Who paid the fees of so many, or signed three times as many transactions, does it for others: an exchange's gas
wallet or operator. A thief's purse feeds a handful of wallets."""

LOOKED: Final = 2
"""Pages of somebody's history that are looked at to learn that."""

MOST_ROWS: Final = 2_000
"""An address with more movements than this since the beginning is no deposit address that could be judged."""

BY_BLOCKS: Final = ("rpc", "sqd")
"""These find an address's past by looking through all blocks: there only what the hunt has read is judged."""


def labels_of(hunt: Discovery, chain: str) -> Labels:
    """What labels say of the addresses of a chain, as the hunt sees them."""
    return lambda address: hunt.accounts.labels(chain, address) if address != FEE_SINK else ()


def by_blocks(hunt: Discovery, chain: str) -> bool:
    """Is this chain read from a source that would have to look through all blocks for an address's past?"""
    names = hunt.world.reader(chain).source_names
    return bool(names) and names[0].startswith(BY_BLOCKS)


async def read_life(hunt: Discovery, chain: str, address: str, asset: str) -> Life | None:
    """The whole life of an address in coins and tokens; None for one too busy to be anybody's deposit address."""
    if (chain, address, asset) in hunt.deposits.lives:
        return hunt.deposits.lives[chain, address, asset]
    tokens = await whole_past(hunt, chain, address, ANY_TOKEN)
    if tokens.stopped:
        return None
    coins = await whole_past(hunt, chain, address, NATIVE)
    if coins.stopped:
        return None
    rows = sorted(
        {one.identity: one for one in (*tokens.transfers, *coins.transfers)}.values(),
        key=lambda one: (one.position, one.identity),
    )
    approvals = [one for one in until_now(hunt, (*tokens.approvals, *coins.approvals)) if one.owner == address]
    life = Life(
        chain,
        Address(address),
        worthy(hunt, rows, asset),
        tuple(sorted(until_now(hunt, {*tokens.supports, *coins.supports}))),
        tuple(dict.fromkeys(approvals)),
        hunt.accounts.code.get((chain, address)),
        tokens=tokens.gap is None,
        coins=coins.gap is None,
        moved=frozenset(one.tx for one in rows if one.sender == address and one.receiver != FEE_SINK),
    )
    hunt.deposits.lives[chain, address, asset] = life
    return life


async def whole_past(hunt: Discovery, chain: str, address: str, asset: AssetId) -> History:
    """Everything an address ever moved of an asset; ``stopped`` where that is too much for a deposit address."""
    history = await hunt.world.reader(chain).history(
        Address(address), asset, 0, None, lambda rows: "many" if len(rows) > MOST_ROWS else ""
    )
    hunt.world.learn(history.assets)
    return history


def until_now(hunt: Discovery, rows: Iterable[Placed]) -> list[Placed]:
    """What happened up to the moment of the case."""
    horizon = {chain: block.height for chain, block in hunt.world.horizons.items()}
    return [one for one in rows if one.position.height <= horizon[one.chain]]


def worthy(hunt: Discovery, rows: Iterable[Transfer], asset: str) -> tuple[Transfer, ...]:
    """Movements of coins, listed tokens and the asset itself up to the case's moment: others may be forged."""
    known = (NATIVE, asset)
    return tuple(
        one for one in until_now(hunt, rows) if one.asset in known or hunt.world.tokens.is_listed(one.chain, one.asset)
    )


async def is_contract(hunt: Discovery, life: Life) -> bool | None:
    """Is it one? Whoever signs is none; of the others somebody is asked. None where nobody could say."""
    where = (life.chain, str(life.address))
    if life.signed:
        return False
    if where not in hunt.accounts.code:
        try:
            hunt.accounts.code[where] = await hunt.world.reader(life.chain).is_contract(life.address)
        except ChainError:
            return None
    return hunt.accounts.code[where]


async def code_of(hunt: Discovery, where: tuple[str, str]) -> str:
    """The digest of an address's code; "" for a wallet, or where nobody could say."""
    if hunt.accounts.code.get(where) is False:
        return ""
    try:
        return await hunt.world.reader(where[0]).code(Address(where[1]))
    except ChainError:
        return ""


async def moved_by_owner(hunt: Discovery, life: Life, tx: str) -> bool:
    """Does a sweep show its owner's hand: a smart wallet's own log, or a signer who serves nobody else?"""
    time = next(one.time for one in life.went if one.tx == tx)
    receipt = hunt.accounts.openings.receipts.get((life.chain, tx))
    try:
        receipt = receipt or await hunt.world.reader(life.chain).whole(tx, time)
    except ChainError:
        return False
    if any(one.kind == "account" and one.owner == life.address for one in receipt.marks):
        return True
    if any(one.tx == tx for one in life.came):
        return False  # it passes on in the very transaction that pays it, whoever signs that
    if receipt.sender == life.address:
        return False  # its own hand, with lent energy and so without a fee: who lends tells more
    return await serves(hunt, life.chain, receipt.sender) is False


async def serves(hunt: Discovery, chain: str, who: str) -> bool | None:
    """Does it pay or order for many, as an exchange's gas wallet or operator does? None where nobody could say."""
    if (chain, who) not in hunt.deposits.serving:
        pages = 0

        def enough(rows: Sequence[Transfer]) -> str:
            nonlocal pages
            pages += 1
            return "enough" if pages == LOOKED or _many(rows, who) else ""

        history = await hunt.world.reader(chain).history(Address(who), NATIVE, 0, None, enough)
        helped = {one.receiver for one in history.supports if one.giver == who}
        many = len(helped) >= SERVES or _many(history.transfers, who)
        hunt.deposits.serving[chain, who] = None if history.gap is not None and not many else many
    return hunt.deposits.serving[chain, who]


def _many(rows: Sequence[Transfer], who: str) -> bool:
    paid = {one.receiver for one in rows if one.sender == who}
    return len(paid - {FEE_SINK}) >= SERVES or sum(1 for one in rows if one.receiver == FEE_SINK) >= 3 * SERVES
