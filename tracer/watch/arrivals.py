"""Where a case that was brought up to date found traced value, which the alarm could not follow there. Pure.

What goes through a contract comes out in a case only. So an exchange it came out at is told from there; a payment that
the alarm told itself has the same key, by which the two are one notice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from tracer.ledger import Account
from tracer.result import EndpointRow, FlowRow, Result
from tracer.watch.frontier import Place
from tracer.watch.model import PAYMENT, Notice
from tracer.watch.notices import key_of
from tracer.watch.severity import severity_of

ACTED_ON: Final = frozenset({"exchange", "exchange_deposit", "bridge", "mixer", "service"})
"""Ends at which somebody can still do something."""


def arrivals(place: Place, result: Result) -> Iterator[Notice]:
    """A notice for every payment to such an end since the blocks that the target's base speaks of."""
    inferred = {(row.chain, row.address, row.asset.id) for row in result.deposits}
    ends: dict[Account, EndpointRow] = {
        account: row
        for row in result.endpoints
        if row.reason in ACTED_ON and (account := (row.chain, row.address, str(row.asset.id))) not in inferred
    }
    alike: Counter[tuple[object, ...]] = Counter()
    for flow in result.flows:
        end = ends.get((flow.chain, flow.receiver, str(flow.asset.id)))
        height, _, kind, _ = flow.position.split(":")
        same = (flow.chain, flow.tx, int(kind), flow.asset.id, flow.sender, flow.receiver, flow.amount)
        nth, top = alike[same], place.base.tops.get(flow.chain)
        alike[same] += 1
        if end is not None and (top is None or int(height) > top.height):
            yield _arrival(place, flow, end, key_of((*same, nth)), int(height))


def _arrival(place: Place, flow: FlowRow, end: EndpointRow, key: str, height: int) -> Notice:
    return Notice(
        key,
        place.target.id,
        PAYMENT,
        severity_of(PAYMENT, end.reason),
        flow.chain,
        flow.tx,
        height,
        time=flow.time,
        sender=flow.sender,
        receiver=flow.receiver,
        asset=flow.asset,
        amount=flow.amount,
        traced=flow.traced,
        entity=end.entity,
        category=end.category,
        source=end.label_source,
        reason=end.reason,
    )
