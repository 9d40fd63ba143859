"""What receipts told of accounts after these were read: fees in full, and movements that no list had.

A history is read once, and transactions are opened and placed later. Their receipts may say more of an account than its
own history did; its opening balance, which follows from its balance and its transfers, is then worked out anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from chains.model import Receipt
from tracer.known import accounts_of, fee_key

if TYPE_CHECKING:
    from tracer.discover import Discovery


def take_fees(hunt: Discovery, receipts: Iterable[Receipt]) -> None:
    """Take up the fees of transactions that were not opened: a receipt tells them whole, a list need not."""
    for receipt in receipts:
        fees = hunt.accounts.told.take_fees(receipt)
        hunt.known.learn([one for one in fees if fee_key(one) in hunt.known.fees])
        hunt.store.save_positions([(one, receipt.raw) for one in fees])
        hunt.reopened.update(account for one in fees for account in accounts_of(one))


async def look_again(hunt: Discovery) -> bool:
    """Work out anew the accounts of which receipts told more; True where any changed."""
    take_fees(hunt, hunt.accounts.placed)
    hunt.accounts.placed.clear()
    held = [hunt.holders[account] for account in sorted(hunt.reopened) if account in hunt.holders]
    hunt.reopened.clear()
    return any([await hunt.accounts.look_again(holder) for holder in held])
