"""The conversions of an audit: what went in, what came out, and what each theft's principal did. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tracer.audit_lines import Side, Turned
from tracer.audit_pots import Poured, weights
from tracer.audit_principal import Stands
from tracer.lots import METHODS
from tracer.workings import Workings


def turned(workings: Workings, pots: Mapping[str, Poured], principal: Mapping[str, Stands]) -> Iterator[Turned]:
    """Every conversion that stolen units went into under some method, in order."""
    ledger = workings.ledger
    went_in = {row for one in pots.values() for row in one.lots}
    thefts: dict[int, dict[str, dict[int, tuple[int, int]]]] = {}
    for method, found in principal.items():
        for number, theft in sorted({*found.went, *found.came}):
            both = found.went.get((number, theft), 0), found.came.get((number, theft), 0)
            thefts.setdefault(number, {}).setdefault(method, {})[theft] = both
    for number, pot in enumerate(ledger.pots):
        if not went_in & {*pot.ins}:
            continue
        per_unit = weights(ledger, pot)
        values = pot.values if any(pot.values) else (1,) * len(pot.outs)
        kind, shared = _known(workings, pot.number)
        yield Turned(
            pot=number,
            row=pot.ins[0],
            kind=kind,
            shared=shared,
            ins=_sides(workings, pot.ins, [ledger.amount[row] * per_unit[row] for row in pot.ins]),
            outs=_sides(workings, pot.outs, values),
            principal={
                method: thefts.get(number, {}).get(method, {}) for method in principal if METHODS[method].conserves
            },
            left={method: sum(one.left.get(row, 0) for row in pot.ins) for method, one in pots.items()},
        )


def _known(workings: Workings, number: int) -> tuple[str, tuple[str, str]]:
    """What kind of conversion it is and what its sides share it by; empty where only its rows are known."""
    if workings.openings is None:
        return "", ("", "")
    opened = workings.openings.conversions[number]
    return opened.conversion.kind, opened.shared


def _sides(workings: Workings, rows: Sequence[int], counted: Sequence[int]) -> tuple[Side, ...]:
    ledger = workings.ledger
    return tuple(
        Side(
            account=(account := ledger.accounts[(ledger.payer if row in ledger.inward else ledger.payee)[row]]),
            asset=workings.asset(account),
            amount=ledger.amount[row],
            weight=weight,
            whole=sum(counted),
            stolen=tuple(tally.traced[row] for tally in workings.tallies.values()),
        )
        for row, weight in zip(rows, counted, strict=True)
    )
