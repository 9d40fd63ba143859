"""What logs of known kinds say of a transaction, asked second, after what moved. Hints: any contract may log."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Final

from chains.marks import NOBODY
from chains.model import Mark

FARM: Final = "farm"
NO_PRICE: Final = frozenset({FARM, "claim", "borrow", "repay"})
"""Marks of transactions in which what an owner receives is no price of what it pays."""

KEPT: Final = frozenset({FARM, "claim", "vault", "lending", "stake"})
"""Marks of contracts that hold what an owner put in: what others receive beside it are rewards of their own."""

SWAPPED: Final = "swap"
ARRIVED: Final = "bridge_in"
VAULT: Final = "vault"
LIQUIDITY: Final = "liquidity"
ORDER: Final = "order"
OWNERS: Final = frozenset({ORDER, "account"})
"""Marks that name somebody whose money moves without a signature in this transaction."""


@dataclass(slots=True)
class Told:
    """The marks of one transaction, asked by what they are good for. Answers are addresses."""

    marks: tuple[Mark, ...]
    farms: frozenset[str] = field(init=False)
    pools: tuple[str, ...] = field(init=False)
    arrivals: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        """Sort out the contracts."""
        self.farms = frozenset(self._contracts({FARM}))
        self.arrivals = frozenset(self._contracts({ARRIVED}))
        self.pools = tuple(self._contracts({LIQUIDITY}))

    def orders(self) -> list[Mark]:
        """Orders that were filled here, each naming its owner."""
        return [mark for mark in self.marks if mark.kind == ORDER and mark.owner]

    def keeps(self, owner: str, parties: Collection[str]) -> bool:
        """Does a contract that is heard say that it holds what the owner put in?"""
        return self._says(KEPT, owner, parties)

    def no_price(self, owner: str, parties: Collection[str]) -> bool:
        """Does a contract that is heard say that what the owner received may be a reward or a loan?

        Where one of the parties says that it swapped, only the parties are heard: with a log of its own, any contract
        could make a swap look like a reward.
        """
        return self._says(NO_PRICE, owner, parties)

    def _says(self, kinds: Collection[str], owner: str, parties: Collection[str]) -> bool:
        swapped = any(mark.kind == SWAPPED and mark.contract in parties for mark in self.marks)
        marks = (mark for mark in self.marks if mark.kind in kinds and mark.owner in (owner, NOBODY))
        return any(not swapped or mark.contract in parties for mark in marks)

    def anyhow_no_price(self) -> bool:
        """May what anybody received be a reward or a loan?"""
        return any(mark.kind in NO_PRICE for mark in self.marks)

    def vaults(self, owner: str) -> set[str]:
        """Vaults that say that the owner put in or took out against their shares."""
        return {str(mark.contract) for mark in self.marks if mark.kind == VAULT and mark.owner == owner}

    def only_vaults(self, owner: str) -> set[str]:
        """Those of them that say nothing of rewards or loans."""
        return self.vaults(owner) - set(self._contracts(NO_PRICE))

    def _contracts(self, kinds: Iterable[str]) -> dict[str, None]:
        return dict.fromkeys(str(mark.contract) for mark in self.marks if mark.kind in kinds)
