"""Calls that no source showed and that the events of the wrapped coin prove.

WETH9 and its copies log `Deposit` for whoever sent coins in that call, and `Withdrawal` for whoever they were sent to.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from chains.model import NATIVE, Address, Kind, Transfer
from tracer.rules import ZERO_ADDRESSES

IMPLIED: Final = (1 << 30,)
"""Where in the trace a call is put that no source showed and an event of the wrapped coin proves."""


def implied(legs: Iterable[Transfer], wrapped: str) -> list[Transfer]:
    """The calls that wrapping and unwrapping prove: the coin goes to the contract, or comes from it, with the event."""
    shown: dict[tuple[str, str], int] = {}
    for leg in legs:
        if leg.asset == NATIVE and leg.position.kind is not Kind.FEE:
            ends = (str(leg.sender), str(leg.receiver))
            shown[ends] = shown.get(ends, 0) + leg.amount
    found = []
    for leg in legs:
        if leg.asset != wrapped or leg.position.kind is not Kind.TOKEN:
            continue
        if leg.sender in ZERO_ADDRESSES:
            ends = (str(leg.receiver), wrapped)
        elif leg.receiver in ZERO_ADDRESSES:
            ends = (wrapped, str(leg.sender))
        else:
            continue
        known = min(shown.get(ends, 0), leg.amount)
        shown[ends] = shown.get(ends, 0) - known
        if leg.amount > known:
            place = leg.position._replace(kind=Kind.INTERNAL, index=(*IMPLIED, *leg.position.index))
            sender, receiver = map(Address, ends)
            amount = leg.amount - known
            found.append(leg._replace(position=place, asset=NATIVE, sender=sender, receiver=receiver, amount=amount))
    return found
