"""Passports for other programs: a JSON document with every part and every transfer.

A payment into a conversion and what came out of it are two transfers; their ``conversion`` has the same number, which
is that of the ``conversions`` in the trace's own document.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chains.model import Asset
from tracer.converted import used_pots
from tracer.fold import Flow
from tracer.hostile import clean
from tracer.passport import Part, Passport, Through, kind_of, theft_asset, way
from tracer.result import rfc3339
from tracer.workings import Workings


def passport_document(
    workings: Workings, address: str, found: list[Passport], through: list[Through]
) -> dict[str, Any]:
    """The JSON document: amounts are base units, as text."""
    numbers = {pot: number for number, pot in enumerate(used_pots(workings.fold))}
    return {
        "method": workings.fold.method,
        "highest_first": workings.fold.highest_first,
        "address": address,
        "endpoints": [
            {
                **_account(one),
                "reason": one.reason,
                "amount": str(one.amount),
                "principal": [_principal(workings, theft, units) for theft, units in one.principal.items()],
                "parts": [_part(workings, part, numbers) for part in one.parts],
            }
            for one in found
        ],
        "passed_through": [
            {
                **_account(one),
                "received": str(one.received),
                "sent": [{"to": receiver, "amount": str(units)} for receiver, units in one.sent],
                "converted": [{"amount": str(units), "conversion": numbers.get(pot)} for pot, units in one.converted],
            }
            for one in through
        ],
    }


def _account(one: Passport | Through) -> dict[str, object]:
    chain, address, _ = one.account
    return {"chain": chain, "address": address, **_asset(one.asset)}


def _asset(asset: Asset) -> dict[str, object]:
    return {"asset": asset.id, "symbol": clean(asset.symbol), "decimals": asset.decimals}


def _principal(workings: Workings, theft: int, units: int) -> dict[str, Any]:
    return {"origin": str(theft + 1), **_asset(theft_asset(workings, theft)), "amount": str(units)}


def _part(workings: Workings, part: Part, numbers: Mapping[int, int]) -> dict[str, Any]:
    return {
        "origin": str(part.origin + 1),
        "amount": str(part.amount),
        "principal": str(part.principal),
        "transfers": [_transfer(workings, flow, numbers) for flow in way(workings, part)],
    }


def _transfer(workings: Workings, flow: Flow, numbers: Mapping[int, int]) -> dict[str, Any]:
    one, ledger = flow.transfer, workings.ledger
    pot = ledger.inward.get(flow.row, ledger.outward.get(flow.row))
    side = "in" if flow.row in ledger.inward else "out"
    return {
        "tx": one.tx,
        "position": str(one.position),
        "time": rfc3339(one.time),
        "from": one.sender,
        "to": one.receiver,
        "via": list(ledger.via.get(flow.row, ())),
        **_asset(workings.assets[one.chain, one.asset]),
        "amount": str(one.amount),
        "stolen": str(flow.traced),
        "conversion": pot
        if pot is None
        else {"number": numbers.get(pot), "side": side, "kind": kind_of(workings, pot)[0]},
    }
