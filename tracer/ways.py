"""By which transfers the stolen units at each endpoint came there. Pure.

A passport (tracer/passport.py) tells it part by part, for one address. A letter or a picture needs it for every
endpoint at once and added up: this payment carried so many of the units that are there now.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from chains.model import FEE_SINK
from tracer.ledger import Account
from tracer.workings import Workings

Way = tuple[tuple[int, int], ...]
"""(number of the flow in the fold, units of what is at the endpoint now that came with it), in order of the flows."""


def ways(workings: Workings) -> Mapping[Account, Way]:
    """The way to every account where stolen units rest, under the case's method. Fees are no place; poison has no ways.

    Units are of the asset that is there: after a conversion, those that came of what the payment put in.
    """
    return dict(_ways(workings))


def _ways(workings: Workings) -> Iterator[tuple[Account, Way]]:
    fold = workings.fold
    for account, lots in sorted(fold.stolen_lots().items()):
        if account[1] == FEE_SINK:
            continue
        sums: dict[int, int] = {}
        for lot in lots:
            for number in fold.path(lot.trail):
                sums[number] = sums.get(number, 0) + lot.amount
        if sums:
            yield account, tuple(sorted(sums.items()))
