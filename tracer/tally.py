"""What each method makes of a ledger."""

from __future__ import annotations

from collections.abc import Iterable

from tracer.fold import Fold
from tracer.ledger import Ledger, Tally


def tally(ledger: Ledger, method: str, *, highest_first: bool = False) -> Tally:
    """The tally of one method."""
    return Fold(ledger, method, highest_first, trails=False).run().tally()


def tallies(ledger: Ledger, methods: Iterable[str], *, highest_first: bool = False) -> dict[str, Tally]:
    """The tallies of several methods, by name."""
    return {method: tally(ledger, method, highest_first=highest_first) for method in methods}
