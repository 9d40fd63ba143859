"""The audit: every account's sums under every method, added up anew, and every line that does not close. Pure.

Who checks a trace must not have to believe it. So nothing here comes from the totals of the fold: what an account took
in and paid is added up from the rows of the ledger, the stolen part of it from what each method says of each row, and
both are set against the balances at the end. Where the two differ the tool is wrong, and the `Fault` says where.

    opening + in + short - out - fee - held = 0     every followed account, base units
    in - out - fee - held = 0                       its stolen part, under every method that conserves units
    stolen - sum of what every sink has = 0         every theft, under every method that conserves units

Poison reports exposure, which does not close. Only its single rows are checked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from chains.model import FEE_SINK, Asset, AssetId
from tracer.audit_faults import faults_of
from tracer.audit_lines import Audit, Entry, Gross, Line, Origin, Pruned, Stolen
from tracer.ledger import BALANCE, Ledger, Tally
from tracer.result import NOT_FOLLOWED
from tracer.words import sentence
from tracer.workings import Workings


def audit(workings: Workings) -> Audit:
    """Add up every account, every theft and what was not followed, and collect what does not close."""
    ledger, tallies = workings.ledger, workings.tallies
    sums = {method: _stolen(ledger, tally) for method, tally in tallies.items()}
    held = {method: tally.by_account() for method, tally in tallies.items()}
    gross = _gross(ledger)
    taken: dict[int, list[int]] = {}
    for payer, source, amount in zip(ledger.payer, ledger.source, ledger.amount, strict=True):
        if source >= 0:
            taken.setdefault(payer, []).append(amount)
    named = {*gross, *taken}.union(*sums.values(), *held.values())
    lines = [
        Line(
            account=(account := ledger.accounts[number]),
            number=number,
            asset=workings.asset(account),
            gross=gross.get(number),
            stolen=tuple(
                Stolen(method, *sums[method].get(number, (0, 0, 0, 0)), held[method].get(number, 0))
                for method in tallies
            ),
            taken=sum(taken.get(number, ())),
            thefts=len(taken.get(number, ())),
            reason=workings.reasons.get(account, ""),
            weak=_weak(workings, number),
        )
        for number in named
    ]
    lines.sort(key=lambda line: (-line.most, line.account))
    origins = _origins(workings)
    faults = tuple(faults_of(workings, lines, origins))
    return Audit(tuple(tallies), len(ledger), tuple(lines), origins, tuple(_pruned(workings, origins)), faults)


def entries(workings: Workings, line: Line, rows: Mapping[int, list[int]]) -> Iterator[Entry]:
    """Every row that moves what an account has, in order. ``rows`` is from `rows_by_account`.

    Of an account that is not followed, and of one before it is, only rows that carry stolen units say anything.
    """
    ledger = workings.ledger
    balance = line.gross.opening if line.gross is not None else None
    for row in rows.get(line.number, ()):
        transfer, amount = ledger.transfers[row], ledger.amount[row]
        stolen = tuple(tally.traced[row] for tally in workings.tallies.values())
        direction = _direction(ledger, row, line.number)
        if not direction or (direction in ("in", "early") and not ledger.kept[row] and not any(stolen)):
            continue
        short = 0
        if balance is not None and direction in ("out", "fee"):
            short = max(0, amount - balance)
            balance += short - amount
        elif balance is not None and direction == "in":
            balance += amount
        paid = ledger.payer[row] == line.number
        counterparty = transfer.receiver if paid else transfer.sender
        yield Entry(transfer, direction, counterparty, amount, stolen, balance, short)


def rows_by_account(ledger: Ledger) -> dict[int, list[int]]:
    """The rows in which each account pays or is paid, in order."""
    rows: dict[int, list[int]] = {}
    for row, ends in enumerate(zip(ledger.payer, ledger.payee, strict=True)):
        for number in ends:
            rows.setdefault(number, []).append(row)
    return rows


def _direction(ledger: Ledger, row: int, number: int) -> str:
    """How a row concerns an account; empty for what it paid before its history is known."""
    if ledger.payer[row] != number:
        known = ledger.kept[row] or ledger.accounts[number] not in ledger.follow
        return "in" if known else "early"
    if ledger.source[row] >= 0:
        return "theft"
    if ledger.source[row] != BALANCE:
        return ""
    return "fee" if _is_fee(ledger, ledger.payee[row]) else "out"


def _is_fee(ledger: Ledger, number: int) -> bool:
    return ledger.accounts[number][1] == FEE_SINK


def _gross(ledger: Ledger) -> dict[int, Gross]:
    """The line of every followed account: sums and shortages from the rows, ``held`` from the ledger's own balance."""
    found = {
        number: [follow.opening, 0, 0, 0, 0]
        for number, account in enumerate(ledger.accounts)
        if (follow := ledger.follow.get(account)) is not None
    }
    running = {number: figures[0] for number, figures in found.items()}
    rows = zip(ledger.payer, ledger.payee, ledger.amount, ledger.source, ledger.kept, strict=True)
    for payer, payee, amount, source, kept in rows:
        if source == BALANCE:
            short = max(0, amount - running[payer])
            running[payer] += short - amount
            found[payer][2] += short
            found[payer][4 if _is_fee(ledger, payee) else 3] += amount
        if kept:
            running[payee] += amount
            found[payee][1] += amount
    return {number: Gross._make((*figures, ledger.balance[number])) for number, figures in found.items()}


def _stolen(ledger: Ledger, tally: Tally) -> dict[int, tuple[int, int, int, int]]:
    """By account: stolen units received, of them before its history is known, paid out, paid as fees."""
    found: dict[int, list[int]] = {}
    rows = zip(ledger.payer, ledger.payee, ledger.source, ledger.kept, tally.traced, strict=True)
    for payer, payee, source, kept, traced in rows:
        if not traced:
            continue
        figures = found.setdefault(payee, [0, 0, 0, 0])
        figures[0] += traced
        if not kept and ledger.accounts[payee] in ledger.follow:
            figures[1] += traced
        if source == BALANCE:
            found.setdefault(payer, [0, 0, 0, 0])[3 if _is_fee(ledger, payee) else 2] += traced
    return {number: (received, early, out, fee) for number, (received, early, out, fee) in found.items()}


def _weak(workings: Workings, number: int) -> tuple[str, ...]:
    account, short = workings.ledger.accounts[number], workings.ledger.short.get(number)
    said = workings.weak.get(account, ())
    return (*said, sentence("rule.short", units=short)) if short else tuple(said)


def _origins(workings: Workings) -> tuple[Origin, ...]:
    """Every theft with what the tallies say of its units; the amount is the theft's own."""
    ledger = workings.ledger
    sinks: dict[int, dict[str, dict[str, int]]] = {}
    for method, tally in workings.tallies.items():
        for (number, origin), units in tally.held.items():
            reasons = sinks.setdefault(origin, {}).setdefault(method, {})
            reason = workings.reason(ledger.accounts[number])
            reasons[reason] = reasons.get(reason, 0) + units
    return tuple(
        Origin(
            number=number,
            account=(chain, sender, asset),
            asset=workings.assets[chain, AssetId(asset)],
            tx=tx,
            receiver=receiver,
            amount=amount,
            sinks={method: sinks.get(number, {}).get(method, {}) for method in workings.tallies},
        )
        for (chain, tx, _, asset, sender, receiver, amount, _), number in sorted(
            ledger.seeds.items(), key=lambda seed: seed[1]
        )
    )


def _pruned(workings: Workings, origins: tuple[Origin, ...]) -> Iterator[Pruned]:
    stolen: dict[Asset, int] = {}
    for origin in origins:
        stolen[origin.asset] = stolen.get(origin.asset, 0) + origin.amount
    left: dict[tuple[Asset, str], list[int]] = {}
    for method, tally in workings.tallies.items():
        for number, units in tally.by_account().items():
            account = workings.ledger.accounts[number]
            if workings.reason(account) in NOT_FOLLOWED:
                asset = workings.asset(account)
                left.setdefault((asset, method), []).append(units)
    for asset, whole in sorted(stolen.items()):
        for method in workings.tallies:
            units_left = left.get((asset, method), [])
            yield Pruned(asset, method, sum(units_left), len(units_left), whole)
