"""The audit: every account's sums under every method, added up anew, and every line that does not close. Pure.

Who checks a trace must not have to believe it. So nothing here comes from the totals of the fold: what an account took
in and paid is added up from the rows of the ledger, the stolen part of it from what each method says of each row, and
both are set against the balances at the end. Where the two differ the tool is wrong, and the `Fault` says where.

    opening + in + made + short - out - converted - fee - held = 0   every followed account, base units
    in + made - out - converted - fee - held = 0                     its stolen part, under every method that conserves
    went in - left - converted = 0                                   every conversion, every theft, likewise
    principal in - principal out = 0                                 every conversion, every theft, likewise
    stolen - principal of every place = 0                            every theft, likewise

``made`` came out of conversions, ``converted`` went into them; both are in units of their own assets, so that only
principal adds up across them (tracer/audit_principal.py). Poison reports exposure, which does not close. Only its
single rows and its conversions are checked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from chains.model import FEE_SINK, Asset, AssetId
from tracer.audit_faults import faults_of
from tracer.audit_lines import Audit, Entry, Gross, Line, Origin, Pruned, Stolen
from tracer.audit_pots import Poured, poured
from tracer.audit_principal import Stands, stands
from tracer.audit_turned import turned
from tracer.ledger import BALANCE, Identity, Ledger, Tally
from tracer.result import NOT_FOLLOWED
from tracer.words import sentence
from tracer.workings import Workings


def audit(workings: Workings) -> Audit:
    """Add up every account, conversion and theft and what was not followed, and collect what does not close."""
    ledger, tallies = workings.ledger, workings.tallies
    pots = {method: poured(workings, tally) for method, tally in tallies.items()}
    principal = {method: stands(ledger, tally) for method, tally in tallies.items()}
    lines = _lines(workings, pots)
    origins = _origins(workings, principal)
    return Audit(
        tuple(tallies),
        len(ledger),
        tuple(lines),
        origins,
        tuple(_pruned(workings, origins, principal)),
        tuple(faults_of(workings, lines, pots, principal)),
        tuple(turned(workings, pots, principal)),
    )


def _lines(workings: Workings, pots: Mapping[str, Poured]) -> list[Line]:
    ledger, tallies = workings.ledger, workings.tallies
    sums = {method: _stolen(ledger, tally, pots[method]) for method, tally in tallies.items()}
    held = {method: tally.by_account() for method, tally in tallies.items()}
    gross, left = _gross(ledger), _left(ledger, pots)
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
                (sums[method].get(number) or Stolen(method, 0, 0, 0, 0, 0))._replace(held=held[method].get(number, 0))
                for method in tallies
            ),
            taken=sum(taken.get(number, ())),
            thefts=len(taken.get(number, ())),
            reason=workings.reasons.get(account, ""),
            weak=_weak(workings, number),
            left=left.get(number, {}),
        )
        for number in named
    ]
    lines.sort(key=lambda line: (-line.most, line.account))
    return lines


def entries(workings: Workings, line: Line, rows: Mapping[int, list[int]]) -> Iterator[Entry]:
    """Every row that moves what an account has, in order. ``rows`` is from `rows_by_account`.

    Of an account that is not followed, and of one before it is, only rows that carry stolen units say anything.
    """
    ledger = workings.ledger
    balance = line.gross.opening if line.gross is not None else None
    for row in rows.get(line.number, ()):
        transfer, amount = ledger.transfers[row], ledger.amount[row]
        direction = _direction(ledger, row, line.number)
        stolen = tuple(tally.traced[row] for tally in workings.tallies.values())
        if direction == "left":
            stolen = line.left.get(row, ())
        if not direction or (direction in CAME and not ledger.kept[row] and not any(stolen)):
            continue
        short = 0
        if balance is not None and direction in ("out", "fee", "converted"):
            short = max(0, amount - balance)
            balance += short - amount
        elif balance is not None and ledger.kept[row] and direction in ("in", "made"):
            balance += amount
        paid = ledger.payer[row] == line.number
        counterparty = transfer.receiver if paid else transfer.sender
        yield Entry(transfer, direction, counterparty, amount, stolen, balance, short)


CAME = ("in", "made", "early", "left")


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
        if row in ledger.inward:
            return "left"
        known = ledger.kept[row] or ledger.accounts[number] not in ledger.follow
        return ("made" if row in ledger.outward else "in") if known else "early"
    if ledger.source[row] >= 0:
        return "theft"
    if ledger.source[row] != BALANCE:
        return ""
    if row in ledger.inward:
        return "converted"
    return "fee" if _is_fee(ledger, ledger.payee[row]) else "out"


def _is_fee(ledger: Ledger, number: int) -> bool:
    return ledger.accounts[number][1] == FEE_SINK


def _gross(ledger: Ledger) -> dict[int, Gross]:
    """The line of every followed account: sums and shortages from the rows, ``held`` from the ledger's own balance."""
    found = {
        number: Gross(follow.opening, 0, 0, 0, 0, ledger.balance[number])
        for number, account in enumerate(ledger.accounts)
        if (follow := ledger.follow.get(account)) is not None
    }
    sums = {number: dict.fromkeys(Gross._fields, 0) for number in found}
    running = {number: line.opening for number, line in found.items()}
    rows = zip(ledger.payer, ledger.payee, ledger.amount, ledger.source, ledger.kept, strict=True)
    for row, (payer, payee, amount, source, kept) in enumerate(rows):
        if source == BALANCE:
            short = max(0, amount - running[payer])
            running[payer] += short - amount
            sums[payer]["short"] += short
            sums[payer][_paid_as(ledger, row)] += amount
        if kept:
            running[payee] += amount
            sums[payee]["made" if row in ledger.outward else "received"] += amount
    return {
        number: Gross._make(map(sum, zip(line, sums[number].values(), strict=True))) for number, line in found.items()
    }


def _paid_as(ledger: Ledger, row: int) -> str:
    """What a payment out of a balance counts as."""
    if row in ledger.inward:
        return "converted"
    return "fee" if _is_fee(ledger, ledger.payee[row]) else "out"


def _stolen(ledger: Ledger, tally: Tally, pots: Poured) -> dict[int, Stolen]:
    """By account, all but what it holds.

    What went into a conversion counts for its payer and, where it got nothing, for whom it was paid to.
    """
    found: dict[int, dict[str, int]] = {}

    def add(number: int, figure: str, units: int) -> None:
        sums = found.setdefault(
            number, dict.fromkeys(("received", "early", "out", "fee", "held", "made", "converted"), 0)
        )
        sums[figure] += units

    rows = zip(ledger.payer, ledger.payee, ledger.source, ledger.kept, tally.traced, strict=True)
    for row, (payer, payee, source, kept, traced) in enumerate(rows):
        came = pots.left.get(row, 0) if row in ledger.inward else traced
        if came:
            add(payee, "made" if row in ledger.outward else "received", came)
            if not kept and ledger.accounts[payee] in ledger.follow:
                add(payee, "early", came)
        if source == BALANCE and traced:
            add(payer, _paid_as(ledger, row), traced)
    return {number: Stolen(tally.method, **sums) for number, sums in found.items()}


def _left(ledger: Ledger, pots: Mapping[str, Poured]) -> dict[int, dict[int, tuple[int, ...]]]:
    """By account and row into a conversion: units that got nothing for it, under each method."""
    found: dict[int, dict[int, tuple[int, ...]]] = {}
    for row in sorted({row for one in pots.values() for row in one.left}):
        found.setdefault(ledger.payee[row], {})[row] = tuple(one.left.get(row, 0) for one in pots.values())
    return found


def _weak(workings: Workings, number: int) -> tuple[str, ...]:
    account, short = workings.ledger.accounts[number], workings.ledger.short.get(number)
    said = workings.weak.get(account, ())
    return (*said, sentence("rule.short", units=short)) if short else tuple(said)


def _origins(workings: Workings, principal: Mapping[str, Stands]) -> tuple[Origin, ...]:
    """Every theft with what the tallies say of its principal; the amount is the theft's own."""
    ledger = workings.ledger
    sinks: dict[int, dict[str, dict[str, int]]] = {}
    for method, found in principal.items():
        for (number, origin), part in found.held.items():
            reasons = sinks.setdefault(ledger.theft(origin), {}).setdefault(method, {})
            reason = workings.reason(ledger.accounts[number])
            reasons[reason] = reasons.get(reason, 0) + part
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
        for number, (chain, tx, _, asset, sender, receiver, amount, _) in sorted(_thefts(ledger).items())
    )


def _thefts(ledger: Ledger) -> dict[int, Identity]:
    """Every theft by its number; of one that several payments make up, the first with the sum of them."""
    found: dict[int, Identity] = {}
    for seed, number in ledger.seeds.items():
        before = found.get(number)
        found[number] = seed if before is None else (*before[:6], before[6] + seed[6], before[7])
    return found


def _pruned(workings: Workings, origins: tuple[Origin, ...], principal: Mapping[str, Stands]) -> Iterator[Pruned]:
    stolen: dict[Asset, int] = {}
    of_theft = {origin.number: origin.asset for origin in origins}
    for origin in origins:
        stolen[origin.asset] = stolen.get(origin.asset, 0) + origin.amount
    left: dict[tuple[Asset, str], dict[int, int]] = {}
    for method, found in principal.items():
        for (number, lot), part in found.held.items():
            if workings.reason(workings.ledger.accounts[number]) in NOT_FOLLOWED:
                branches = left.setdefault((of_theft[workings.ledger.theft(lot)], method), {})
                branches[number] = branches.get(number, 0) + part
    for asset, whole in sorted(stolen.items()):
        for method in workings.tallies:
            branches = left.get((asset, method), {})
            yield Pruned(asset, method, sum(branches.values()), len(branches), whole)
