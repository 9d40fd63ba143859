"""How a running trace tells somebody what it is doing, without knowing who looks on.

The tracer calls these; reports/progress.py draws them on a terminal or writes them as lines. Nothing that is told here
is kept: what a trace found is its `Result`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

from chains.model import Asset

FOLLOWING: Final = "following"
"""Stands among the reasons in `Watcher.round` for value whose whereabouts are still being looked for."""


class Watcher(Protocol):
    """Somebody who looks on."""

    def started(self, what: str) -> None:
        """A stretch of work begins: whose history is read first."""

    def requested(self, endpoint: str) -> None:
        """One HTTP request went to this endpoint."""

    def round(self, number: int, addresses: int, located: Mapping[str, int], stolen: int) -> None:
        """A round is complete.

        ``addresses`` is how many were read so far; ``located`` maps reasons, and `FOLLOWING`, to base units of the
        largest stolen asset, of which ``stolen`` were taken.
        """

    def hit(self, chain: str, address: str, entity: str, reason: str, asset: Asset, amount: int, tx: str) -> None:
        """Stolen value reached somebody who can be asked to freeze it."""

    def checking(self, transactions: int) -> None:
        """The sum is finished; so many transactions it rests on are checked with others."""

    def note(self, text: str) -> None:
        """A plain sentence worth reading while waiting."""


class Silent:
    """Nobody looks on."""

    def started(self, what: str) -> None:
        """Say nothing."""

    def requested(self, endpoint: str) -> None:
        """Say nothing."""

    def round(self, number: int, addresses: int, located: Mapping[str, int], stolen: int) -> None:
        """Say nothing."""

    def hit(self, chain: str, address: str, entity: str, reason: str, asset: Asset, amount: int, tx: str) -> None:
        """Say nothing."""

    def checking(self, transactions: int) -> None:
        """Say nothing."""

    def note(self, text: str) -> None:
        """Say nothing."""
