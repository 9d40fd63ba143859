"""The checks of an audit: each yields what does not close, and by how much. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tracer.audit_lines import Fault, Gross, Line, Origin
from tracer.ledger import BALANCE, Ledger
from tracer.lots import METHODS
from tracer.workings import Workings


def faults_of(workings: Workings, lines: Iterable[Line], origins: Iterable[Origin]) -> Iterator[Fault]:
    """Everything that does not close: single rows, accounts, thefts."""
    yield from _row_faults(workings)
    for line in lines:
        if line.gross is not None:
            yield from _gross_faults(workings.ledger, line, line.gross)
        yield from _stolen_faults(line)
    yield from _origin_faults(origins)


def _row_faults(workings: Workings) -> Iterator[Fault]:
    """Rows that carry less or more stolen units than they can: a theft all of them, clean units none, others a part."""
    ledger = workings.ledger
    with_ways = {flow.row: flow.traced for flow in workings.fold.flows}
    for method, tally in workings.tallies.items():
        rows = enumerate(zip(ledger.amount, ledger.source, tally.traced, strict=True))
        for row, (amount, source, traced) in rows:
            least, most = (amount, amount) if source >= 0 else (0, amount if source == BALANCE else 0)
            if method == workings.fold.method:
                least = most = max(least, min(most, with_ways.get(row, 0)))
            if not least <= traced <= most:
                account, tx = ledger.accounts[ledger.payer[row]], ledger.transfers[row].tx
                yield Fault("row", method, account, tx, traced - (least if traced < least else most))
    for row, transfer in enumerate(ledger.transfers):
        if ledger.amount[row] != transfer.amount:
            account = ledger.accounts[ledger.payer[row]]
            yield Fault("row", "", account, transfer.tx, ledger.amount[row] - transfer.amount)


def _gross_faults(ledger: Ledger, line: Line, gross: Gross) -> Iterator[Fault]:
    if gross.difference:
        yield Fault("gross", "", line.account, "", gross.difference)
    if differs := ledger.short.get(line.number, 0) - gross.short:
        yield Fault("short", "", line.account, "", differs)


def _stolen_faults(line: Line) -> Iterator[Fault]:
    for one in line.stolen:
        if not METHODS[one.method].conserves:
            continue
        if one.difference:
            yield Fault("stolen", one.method, line.account, "", one.difference)
        if line.gross is not None and (more := one.held - one.early - line.gross.held) > 0:
            yield Fault("more", one.method, line.account, "", more)


def _origin_faults(origins: Iterable[Origin]) -> Iterator[Fault]:
    for origin in origins:
        for method, reasons in origin.sinks.items():
            difference = origin.amount - sum(reasons.values())
            if difference and METHODS[method].conserves:
                yield Fault("origin", method, origin.account, origin.tx, difference)
