"""What each method makes of a ledger: by the compiled kernel where that is quicker, by the reference otherwise.

Both give the same tally. The kernel is left out when it is not installed, when the ledger is too small to pay for
loading it, when its sums exceed 123 bits (some tokens have absurd supplies), and for conversions and highest first,
which only the reference knows.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tracer.fold import Fold
from tracer.ledger import Ledger, Tally

WORTH_IT: Final = 20_000
"""Rows from which all methods together take the reference longer than loading the kernel (docs/measurements.md)."""


def tally(ledger: Ledger, method: str, *, highest_first: bool = False) -> Tally:
    """The tally of one method."""
    return tallies(ledger, (method,), highest_first=highest_first)[method]


def tallies(ledger: Ledger, methods: Iterable[str], *, highest_first: bool = False) -> dict[str, Tally]:
    """The tallies of several methods, by name."""
    methods = tuple(methods)
    found = None if highest_first or ledger.pots or len(ledger) < WORTH_IT else _quick(ledger, methods)
    if found is not None:
        return found
    return {method: Fold(ledger, method, highest_first, trails=False).run().tally() for method in methods}


def _quick(ledger: Ledger, methods: Iterable[str]) -> dict[str, Tally] | None:
    """By the kernel; None where it cannot."""
    try:
        # Loaded here: the compiler takes longer to load than a small case takes to trace.
        from tracer.kernel.columns import columns  # noqa: PLC0415
        from tracer.kernel.quick import quick_tally  # noqa: PLC0415
    except ImportError:
        return None
    rows = columns(ledger)
    return None if rows is None else {method: quick_tally(ledger, rows, method) for method in methods}
