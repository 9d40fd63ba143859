"""What a payment stands for: the principal of the stolen units in it, for those who read flows. Pure.

All units of one origin stand for equal parts of its principal (tracer/principal.py), so a payment's part follows from
its units. It is rounded down, which the accounting is not: a payment is on the way, and only places add up.
"""

from __future__ import annotations

from collections.abc import Mapping

from tracer.fold import Flow, Fold


def carried(fold: Fold, flow: Flow, whole: Mapping[int, int], units: Mapping[int, int]) -> dict[int, int]:
    """The principal of one flow's stolen units by theft, each rounded down; nil parts are left out.

    ``whole`` has the principal of all units of an origin (`Principals.whole`), ``units`` how many these are
    (`Tally.by_origin`).
    """
    of_origin: dict[int, int] = {}
    for lot in flow.lots:
        of_origin[lot.origin] = of_origin.get(lot.origin, 0) + lot.amount
    found: dict[int, int] = {}
    for origin, amount in sorted(of_origin.items()):
        theft = fold.ledger.theft(origin)
        # Only poison loses sight of units, which are exposure: those of a theft count as they are.
        exposed = amount if origin == theft else 0
        part = whole[origin] * amount // units[origin] if origin in whole else exposed
        if part:
            found[theft] = found.get(theft, 0) + part
    return found
