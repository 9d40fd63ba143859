"""What a source says that lists movements and nothing else: the reader then asks the next one.

Bulk indexes hold blocks, transactions and logs, and no state. They share these answers, so that each of their modules
is only about its lists.
"""

from __future__ import annotations

from typing import NoReturn

from chains.errors import Unsupported
from chains.model import Address, Asset, AssetId, Balance, Block, Called, Calls, Receipt

NO_SUCH_QUESTION = "this source has no such question"


class ListsOnly:
    """The questions of `chains.protocol.Source` that a bulk index never answers. All raise `Unsupported`."""

    name: str

    async def receipt(self, tx: str) -> Receipt:
        """Never: finding a transaction by its hash would read the whole chain."""
        self.never(f"transaction {tx}")

    async def whole(self, tx: str, time: int | None) -> Receipt:  # noqa: ARG002
        """Never, as for receipts."""
        self.never(f"transaction {tx}")

    async def calls(self, receipt: Receipt) -> Calls:
        """Never, unless a bulk index has traces: a receipt says in which block to look for them."""
        self.never(f"calls inside {receipt.tx}")

    async def positions(self, tx: str) -> Receipt:
        """Never, as for receipts."""
        self.never(f"transaction {tx}")

    async def balance(self, who: Address, asset: AssetId, at: Block) -> Balance:
        """Never: there is no state here."""
        self.never(f"balance of {who} in {asset} at {at.height}")

    async def is_contract(self, who: Address) -> bool:
        """Never: there is no state here."""
        self.never(f"code of {who}")

    async def code(self, who: Address) -> str:
        """Never: there is no state here."""
        self.never(f"code of {who}")

    async def call(self, contract: Address, data: str, at: Block) -> Called:  # noqa: ARG002
        """Never: there are no contract calls here."""
        self.never(f"call of {contract}")

    async def asset(self, asset: AssetId) -> Asset:
        """Never: there are no contract calls here."""
        self.never(f"token {asset}")

    def never(self, what: str) -> NoReturn:
        """Refuse one question for good."""
        raise Unsupported(self.name, what, NO_SUCH_QUESTION)
