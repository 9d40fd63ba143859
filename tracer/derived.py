"""What a result says beyond one method's account: what holds under any, and who is involved. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from tracer.bound_rows import Asked
from tracer.involved import involved
from tracer.lots import CONSERVING
from tracer.result import BoundLine, InvolvedRow
from tracer.workings import Workings

BOUNDED_ROWS: Final = 20_000
"""Up to so many rows of the ledger the bounds are part of every result; beyond, they are asked for: `trace bounds`."""

CONVERTED_ROWS: Final = 5_000
CONVERTED_OUTPUTS: Final = 20
"""The same where value was converted, which ties the assets' networks together (docs/measurements.md)."""


def derived(workings: Workings) -> Workings:
    """The workings with the bounds of every reason, and whoever is involved, in the result."""
    result = workings.result._replace(bounds=_bounds(workings), involved=_involved(workings))
    return replace(workings, result=result)


def _bounds(workings: Workings) -> tuple[BoundLine, ...]:
    outputs = len(workings.ledger.outward)
    if len(workings.ledger) > (CONVERTED_ROWS if outputs else BOUNDED_ROWS) or outputs > CONVERTED_OUTPUTS:
        return ()
    asked = Asked(workings)
    lines = [
        BoundLine(row.asset, row.reason, row.bound.least, row.bound.most, row.bound.weak) for row in asked.by_reason()
    ]
    if outputs:
        lines += [
            BoundLine(one.asset, reason, one.bound.least, one.bound.most, one.bound.weak, principal=True)
            for reason, one in asked.principals()
        ]
    return tuple(lines)


def _involved(workings: Workings) -> tuple[InvolvedRow, ...]:
    return tuple(
        InvolvedRow(
            row.chain,
            row.address,
            workings.asset((row.chain, row.address, row.asset)),
            row.tier,
            row.why,
            max(units for name, units in row.received if name in CONSERVING),
            workings.reasons.get((row.chain, row.address, row.asset), ""),
            row.payer,
            row.tx,
        )
        for row in involved(workings, workings.least)
    )
