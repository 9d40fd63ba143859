"""Which rows brought somebody stolen units, and how far from a victim each account is. Pure.

A conversion counts as one step: from whoever paid into it straight to whoever received what came out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable

from chains.model import Transfer
from tracer.ledger import Account, Ledger, Tally


def carrying(ledger: Ledger, tallies: Iterable[Tally]) -> list[int]:
    """Rows that brought somebody stolen units under any of these tallies; what went into a pot reached nobody."""
    columns = zip(*(tally.traced for tally in tallies), strict=True)
    return [row for row, traced in enumerate(columns) if any(traced) and row not in ledger.inward]


def hops(ledger: Ledger, rows: Iterable[int]) -> dict[Account, int]:
    """Least number of steps from a victim to each account that these rows reached."""
    after: dict[Account, list[Account]] = {}
    steps: dict[Account, int] = {}
    for row in rows:
        payee = ledger.accounts[ledger.payee[row]]
        for paid in ledger.paying(row):
            if ledger.source[paid] >= 0:
                steps[payee] = 1
            after.setdefault(ledger.accounts[ledger.payer[paid]], []).append(payee)
    queue = deque(steps)
    while queue:
        account = queue.popleft()
        for payee in after.get(account, ()):
            if payee not in steps:
                steps[payee] = steps[account] + 1
                queue.append(payee)
    return steps


def arrivals(ledger: Ledger, rows: Iterable[int], always: Collection[Account]) -> dict[Account, list[Transfer]]:
    """The transfers of these rows by payee, and every one to the accounts in ``always``, in order."""
    chosen = set(rows)
    found: dict[Account, list[Transfer]] = {}
    for row, number in enumerate(ledger.payee):
        payee = ledger.accounts[number]
        if row in chosen or (payee in always and row not in ledger.inward):
            found.setdefault(payee, []).append(ledger.transfers[row])
    return found
