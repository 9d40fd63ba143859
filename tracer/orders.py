"""Orders that are paid in one transaction and filled in a later one. An inference, and said to be one.

An owner pays a contract, and the contract, or whoever settles for it, pays the owner another asset soon after, from its
own stock: nothing that moved ties the two together. What ties them is the order. A log of a known kind that names the
owner (`Mark`) is taken for it; without one, that the owner itself called the contract, that the contract paid the owner
within a day, and that the two were worth about the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from chains.errors import ChainError
from chains.model import ANY_TOKEN, NATIVE, Address, AssetId, Mark, Receipt, Transfer
from tracer.rules import DAY

if TYPE_CHECKING:
    from tracer.discover import Discovery
    from tracer.ledger import Account

PLACED: Final = "placed"
FILLED: Final = frozenset({"order", "filled"})
ORDERS_AT_ONCE: Final = 10
TRIED_PER_ORDER: Final = 5
"""Payments looked at for one order, the earliest first."""

LEAST_WORTH: Final = Fraction(1, 2)
MOST_WORTH: Final = Fraction(3, 2)
"""What may come back, in parts of what was paid, where no log names the order."""


async def find_orders(hunt: Discovery) -> bool:
    """Look for what filled the orders that stolen units rest in; True when any was found."""
    found = False
    for account, transfer in list(_open_orders(hunt))[:ORDERS_AT_ONCE]:
        hunt.tried.add((account, transfer.identity))
        receipt = await _filling(hunt, account, transfer)
        if receipt is not None:
            chain, contract, _ = account
            hunt.accounts.openings.orders[chain, transfer.tx, transfer.sender, contract] = receipt.tx
            hunt.take_receipts([receipt])
            found = True
    return found


def _open_orders(hunt: Discovery) -> Iterable[tuple[Account, Transfer]]:
    """Payments of stolen units to contracts that keep them, where the payer itself called the contract."""
    ledger, receipts = hunt.ledger, hunt.accounts.openings.receipts
    resting = set(hunt.tallies[hunt.question.main].by_account())
    for row in hunt.carrying():
        transfer, number = ledger.transfers[row], ledger.payee[row]
        receipt = receipts.get((transfer.chain, transfer.tx))
        account = ledger.accounts[number]
        if receipt is None or number not in resting or (account, transfer.identity) in hunt.tried:
            continue
        if receipt.target == account[1] or any(mark.contract == account[1] for mark in _placed(receipt)):
            yield account, transfer


def _placed(receipt: Receipt) -> list[Mark]:
    return [mark for mark in receipt.marks if mark.kind == PLACED]


async def _filling(hunt: Discovery, account: Account, paid: Transfer) -> Receipt | None:
    """The transaction in which what was ordered came."""
    chain, contract, _ = account
    known = {str(mark.owner) for mark in _placed(hunt.accounts.openings.receipts[chain, paid.tx])}
    came = await _received(hunt, paid)
    tried = 0
    for tx, rows in came.items():
        direct = [one for one in rows if one.sender == contract]
        if not (direct or known) or tried == TRIED_PER_ORDER:
            continue
        tried += 1
        try:
            receipt = await hunt.world.reader(chain).whole(tx, rows[0].time)
        except ChainError:
            continue
        named = any(mark.kind in FILLED and mark.owner in (paid.sender, contract) for mark in receipt.marks)
        if named or (direct and await _alike(hunt, paid, direct)):
            return receipt
    return None


async def _received(hunt: Discovery, paid: Transfer) -> dict[str, list[Transfer]]:
    """What the payer received within a day of its payment, of other assets, by transaction in order."""
    reader, until = hunt.world.reader(paid.chain), paid.time + DAY
    rows: list[Transfer] = []
    for asset in (ANY_TOKEN, NATIVE):
        history = await reader.history(
            Address(paid.sender), AssetId(asset), paid.position.height, None,
            lambda transfers: "enough" if transfers and transfers[-1].time > until else "",
        )  # fmt: skip
        hunt.world.learn(history.assets)
        rows += history.transfers
    found: dict[str, list[Transfer]] = {}
    for one in sorted(rows, key=lambda one: (one.position, one.identity)):
        if one.receiver == paid.sender and one.asset != paid.asset and one.tx != paid.tx and one.time <= until:
            found.setdefault(one.tx, []).append(one)
    return found


async def _alike(hunt: Discovery, paid: Transfer, came: list[Transfer]) -> bool:
    """Was what came worth about what was paid? Unknown prices prove nothing."""
    moments = [(one.chain, one.asset, one.time) for one in (paid, *came)]
    await hunt.learn_prices([one for one in moments if one not in hunt.valued])
    worth = [hunt.worth.usd(one.chain, one.asset, one.time) for one in (paid, *came)]
    if any(usd is None for usd in worth):
        return False
    values = [usd * one.amount for usd, one in zip(worth, (paid, *came), strict=True) if usd is not None]
    return LEAST_WORTH * values[0] <= sum(values[1:]) <= MOST_WORTH * values[0]
