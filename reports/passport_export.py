"""Passports for other programs: a JSON document with every part and every transfer."""

from __future__ import annotations

from typing import Any

from tracer.hostile import clean
from tracer.passport import Part, Passport, Through, way
from tracer.result import rfc3339
from tracer.workings import Workings


def passport_document(
    workings: Workings, address: str, found: list[Passport], through: list[Through]
) -> dict[str, Any]:
    """The JSON document: amounts are base units, as text."""
    return {
        "method": workings.fold.method,
        "highest_first": workings.fold.highest_first,
        "address": address,
        "endpoints": [
            {
                **_account(one),
                "reason": one.reason,
                "amount": str(one.amount),
                "parts": [_part(workings, part) for part in one.parts],
            }
            for one in found
        ],
        "passed_through": [
            {
                **_account(one),
                "received": str(one.received),
                "sent": [{"to": receiver, "amount": str(units)} for receiver, units in one.sent],
            }
            for one in through
        ],
    }


def _account(one: Passport | Through) -> dict[str, object]:
    chain, address, asset = one.account
    symbol, decimals = clean(one.asset.symbol), one.asset.decimals
    return {"chain": chain, "address": address, "asset": asset, "symbol": symbol, "decimals": decimals}


def _part(workings: Workings, part: Part) -> dict[str, Any]:
    return {
        "origin": str(part.origin + 1),
        "amount": str(part.amount),
        "transfers": [
            {
                "tx": one.tx,
                "position": str(one.position),
                "time": rfc3339(one.time),
                "from": one.sender,
                "to": one.receiver,
                "amount": str(one.amount),
                "stolen": str(flow.traced),
            }
            for flow in way(workings, part)
            for one in (flow.transfer,)
        ],
    }
