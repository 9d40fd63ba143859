"""The way into the compiled fold."""

from __future__ import annotations

from tracer.kernel.columns import Columns, as_tally
from tracer.kernel.poison import poisoned
from tracer.kernel.queues import ORDERS, queued
from tracer.kernel.shares import shared
from tracer.ledger import Ledger, Tally


def quick_tally(ledger: Ledger, rows: Columns, method: str) -> Tally:
    """The tally of one method; ``rows`` are the ledger's columns."""
    if method == "poison":
        return as_tally(method, ledger, poisoned(rows))
    if method == "pro_rata":
        return as_tally(method, ledger, shared(rows))
    return as_tally(method, ledger, queued(rows, ORDERS[method]))
