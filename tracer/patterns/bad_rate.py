"""Conversions far from the market: what came out was worth much less, or much more, than what went in.

Less than 80 %, or more than 125 %, at the prices of that moment. That can be a thin market, a fee, a loss that was
accepted for speed, value handed over on purpose, or a price that is wrong. Prices are closes of an hour or a day, so
that is said with every lead.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from tracer.converted import used_pots
from tracer.patterns.lead import AT_LEAST, BELOW, Detector, Lead, Param, Unexamined
from tracer.patterns.traffic import Traffic
from tracer.result import ConversionRow
from tracer.words import sentence

LEAST: Final = 80
MOST: Final = 125
BASE: Final = 40


def bad_rate(traffic: Traffic) -> Iterator[Lead | Unexamined]:
    """One lead for every conversion of traced value at such a rate."""
    rows = traffic.workings.result.conversions
    if not any(map(traffic.is_followed, traffic.came)):
        yield Unexamined("bad_rate", sentence("rule.unread.payments"))
    if unpriced := sum(row.market is None for row in rows):
        yield Unexamined("bad_rate", sentence("rule.unread.rates", n=unpriced))
    for pot, row in zip(used_pots(traffic.workings.fold), rows, strict=False):
        if row.market is not None and not LEAST <= row.market * 100 <= MOST:
            yield _lead(traffic, pot, row, row.market)


def _lead(traffic: Traffic, number: int, row: ConversionRow, market: Decimal) -> Lead:
    ledger = traffic.workings.ledger
    pot = ledger.pots[number]
    carried = {flow.row for flow in traffic.workings.fold.flows} & {*pot.ins, *pot.outs}
    ends = (ledger.payer[one] if one in ledger.inward else ledger.payee[one] for one in sorted(carried))
    places = [place for place in map(traffic.place, ends) if place not in traffic.victims]
    percent = int(market * 100)
    low = percent < LEAST
    return Lead(
        "bad_rate",
        traffic.members_of(places or [(row.chain, row.owner)], carried),
        (Param("market_percent", percent, BELOW if low else AT_LEAST, LEAST if low else MOST),),
        BASE,
        (),
        (sentence("rule.caveat.price"),),
        sentence("rule.lead.bad_rate_low", percent=percent)
        if low
        else sentence("rule.lead.bad_rate_high", percent=percent),
    )


DETECTORS: Final = (Detector("bad_rate", bad_rate),)
