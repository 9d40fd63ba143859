"""The checks of an audit: each yields what does not close, and by how much. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from tracer.audit_lines import Fault, Gross, Line
from tracer.audit_pots import NOTHING, Poured, pot_faults
from tracer.audit_principal import Stands, principal_faults, told_faults
from tracer.ledger import OUTSIDE, Ledger, Tally
from tracer.lots import METHODS
from tracer.workings import Workings


def faults_of(
    workings: Workings, lines: Iterable[Line], pots: Mapping[str, Poured], found: Mapping[str, Stands]
) -> Iterator[Fault]:
    """Everything that does not close: single rows, accounts, conversions, thefts, and where these close, principal.

    ``pots`` and ``found`` are by method: what went into conversions, and the audit's own principal.
    """
    faults = [*_row_faults(workings, pots)]
    for line in lines:
        if line.gross is not None:
            faults.extend(_gross_faults(workings.ledger, line, line.gross))
        faults.extend(_stolen_faults(line))
    for method, tally in workings.tallies.items():
        faults.extend(pot_faults(workings.ledger, tally, pots.get(method, NOTHING)))
        if METHODS[method].conserves:
            faults.extend(_origin_faults(workings.ledger, tally))
    yield from faults
    broken = {fault.method for fault in faults}
    for method, mine in found.items():
        if method not in broken and "" not in broken and METHODS[method].conserves:
            yield from principal_faults(workings.ledger, workings.tallies[method], mine)
            if method == workings.result.method and workings.result.origins:
                yield from told_faults(workings, mine)


def _row_faults(workings: Workings, pots: Mapping[str, Poured]) -> Iterator[Fault]:
    """Rows that carry less or more stolen units than they can: a theft all of them, clean units none, others a part."""
    ledger = workings.ledger
    with_ways = {flow.row: flow.traced for flow in workings.fold.flows}
    for method, tally in workings.tallies.items():
        lots = pots.get(method, NOTHING).lots
        rows = enumerate(zip(ledger.amount, ledger.source, tally.traced, strict=True))
        for row, (amount, source, traced) in rows:
            least, most = (amount, amount) if source >= 0 else (0, 0 if source == OUTSIDE else amount)
            if method == workings.fold.method:
                least = most = max(least, min(most, with_ways.get(row, 0)))
            elif row in ledger.inward:
                least = most = max(least, min(most, sum(units for units, _ in lots.get(row, ()))))
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


def _origin_faults(ledger: Ledger, tally: Tally) -> Iterator[Fault]:
    """Thefts, and outputs of conversions, whose units are not all found: there, or in the next conversion."""
    found = tally.by_origin()
    stolen: dict[int, int] = {}
    first: dict[int, tuple[tuple[str, str, str], str]] = {}
    for (chain, tx, _, asset, sender, _, amount, _), number in ledger.seeds.items():
        first.setdefault(number, ((chain, sender, asset), tx))
        stolen[number] = stolen.get(number, 0) + amount
    for number in sorted(stolen):
        if difference := stolen[number] - found.get(number, 0):
            yield Fault("origin", tally.method, *first[number], difference)
    for origin in sorted({*tally.made, *found} - stolen.keys()):
        if difference := tally.made.get(origin, 0) - found.get(origin, 0):
            row = origin // ledger.thefts - 1
            account, tx = ledger.accounts[ledger.payee[row]], ledger.transfers[row].tx
            yield Fault("made", tally.method, account, tx, difference)
