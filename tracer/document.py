"""The JSON document of a trace: what a case stores, `--json` prints and docs/trace.schema.json describes.

Rows are sorted by all their keys, so that the same case gives the same bytes; conversions keep the order of their
numbers, which flows refer to. Amounts are text: they exceed what many
readers of JSON can hold as numbers. Each kind of row has a writer here and its reader in tracer/document_read.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

from chains.model import Asset, Block
from tracer.document_read import from_document
from tracer.json_text import json_text
from tracer.result import (
    AddressRow,
    BoundLine,
    ConversionRow,
    ConvertedPart,
    CorroborationRow,
    DepositRow,
    EndpointRow,
    FlowRow,
    FreezeRow,
    InvolvedRow,
    MethodPrincipal,
    MethodRow,
    OriginRow,
    PriceRow,
    Principal,
    Result,
    UnverifiedRow,
    rfc3339,
)

SCHEMA: Final = "stolen-funds-trace/1"
_spelt: Final = json.JSONEncoder(sort_keys=True).encode

Row = dict[str, Any]

__all__ = ["SCHEMA", "document", "from_document", "to_json"]


def document(result: Result) -> Row:
    """The JSON document of a trace, as described in docs/trace.schema.json."""
    return {
        "schema": SCHEMA,
        "version": result.version,
        "method": result.method,
        "followed": list(result.followed),
        "highest_first": result.highest_first,
        "as_of": _rows(map(_block, result.as_of)),
        "origins": _rows(map(_origin, result.origins)),
        "stolen": _rows(
            {"origin": one.id, "asset": _asset(one.asset), "amount": str(one.amount)} for one in result.origins
        ),
        "endpoints": _rows(map(_endpoint, result.endpoints)),
        "flows": _rows(map(_flow, result.flows)),
        "conversions": [_conversion(number, one) for number, one in enumerate(result.conversions)],
        "addresses": _rows(map(_address, result.addresses)),
        "methods": _rows(map(_method, result.methods)),
        "totals": _rows(
            {"origin": origin, "asset": _asset(asset), "reason": reason, "principal": str(amount)}
            for origin, asset, reason, amount in result.totals()
        ),
        "unverified": _rows(map(_unverified, result.unverified)),
        "prices": _rows(map(_price, result.prices)),
        "gaps": _rows({"kind": gap.kind, "where": gap.where, "why": gap.why} for gap in result.gaps),
        "notes": sorted(result.notes),
        "deposits": _rows(map(_deposit, result.deposits)),
        "freezes": _rows(map(_freeze, result.freezes)),
        "through": sorted(result.through),
        "bounds": _rows(map(_bound, result.bounds)),
        "involved": _rows(map(_involved, result.involved)),
        "corroborations": _rows(map(_corroboration, result.corroborations)),
        "inclusions": _rows(one._asdict() for one in result.inclusions),
        "stats": {"requests": result.stats.requests, "addresses_fetched": result.stats.addresses_fetched},
    }


def to_json(result: Result) -> str:
    """The document as text: one spelling, ending with a newline."""
    return json_text(document(result), indent=1) + "\n"


def _rows(rows: Iterable[Row]) -> list[Row]:
    """Rows sorted by all their keys, in the order the keys stand in."""
    return sorted(rows, key=lambda row: list(map(_spelt, row.values())))


@lru_cache(maxsize=4096)
def _asset(asset: Asset) -> Row:
    """One value for all rows of an asset: a large case has hundreds of thousands."""
    return {"chain": asset.chain, "id": asset.id, "symbol": asset.symbol, "decimals": asset.decimals}


def _principal(parts: Iterable[Principal]) -> list[Row]:
    return _rows({"origin": part.origin, "asset": _asset(part.asset), "amount": str(part.amount)} for part in parts)


def _block(one: Block) -> Row:
    return {"chain": one.chain, "block": one.number, "hash": one.hash, "time": rfc3339(one.time)}


def _origin(one: OriginRow) -> Row:
    return {
        "id": one.id,
        "chain": one.chain,
        "victim": one.victim,
        "since": one.since,
        "tx": one.tx,
        "to": one.receiver,
        "time": rfc3339(one.time),
    }


def _endpoint(row: EndpointRow) -> Row:
    return {
        "chain": row.chain,
        "address": row.address,
        "asset": _asset(row.asset),
        "amount": str(row.amount),
        "principal": _principal(row.principal),
        "category": row.category,
        "entity": row.entity,
        "confidence": row.confidence,
        "source": row.label_source,
        "reason": row.reason,
        "rule": row.rule,
        "path": list(row.path),
        "swept_to": row.swept_to,
        "arrived": rfc3339(row.arrived),
        "usd": None if row.usd is None else format(row.usd, "f"),
    }


def _flow(one: FlowRow) -> Row:
    return {
        "chain": one.chain,
        "tx": one.tx,
        "position": one.position,
        "time": rfc3339(one.time),
        "from": one.sender,
        "to": one.receiver,
        "asset": _asset(one.asset),
        "amount": str(one.amount),
        "traced": str(one.traced),
        "principal": _principal(one.principal),
        "via": list(one.via),
        "conversion": one.conversion,
    }


def _conversion(number: int, one: ConversionRow) -> Row:
    return {
        "number": number,
        "chain": one.chain,
        "tx": one.tx,
        "time": rfc3339(one.time),
        "kind": one.kind,
        "owner": one.owner,
        "venues": list(one.venues),
        "ins": list(map(_part, one.ins)),
        "outs": list(map(_part, one.outs)),
        "principal": _principal(one.principal),
        "shared": {"ins": one.shared[0], "outs": one.shared[1]},
        "market": None if one.market is None else format(one.market, "f"),
        "linked": one.linked,
        "doubtful": one.doubtful,
        "placed": one.placed,
    }


def _part(one: ConvertedPart) -> Row:
    return {
        "address": one.address,
        "asset": _asset(one.asset),
        "amount": str(one.amount),
        "traced": str(one.traced),
        "usd": None if one.usd is None else format(one.usd, "f"),
    }


def _address(one: AddressRow) -> Row:
    return {
        "chain": one.chain,
        "address": one.address,
        "asset": _asset(one.asset),
        "hop": one.hop,
        "received": str(one.received),
        "sent": str(one.sent),
        "held": str(one.held),
        "marks": list(one.marks),
    }


def _method(one: MethodRow) -> Row:
    return {
        "chain": one.chain,
        "address": one.address,
        "asset": _asset(one.asset),
        "reason": one.reason,
        "units": {name: str(units) for name, units in one.units},
        "principal": _rows(map(_method_principal, one.principal)),
    }


def _method_principal(one: MethodPrincipal) -> Row:
    return {"asset": _asset(one.asset), "units": {name: str(units) for name, units in one.units}}


def _deposit(one: DepositRow) -> Row:
    return {
        "chain": one.chain,
        "address": one.address,
        "asset": _asset(one.asset),
        "tier": one.tier,
        "confidence": one.confidence,
        "entity": one.entity,
        "hub": one.hub,
        "hub_source": one.hub_source,
        "rule": one.rule,
        "proofs": [{"role": proof.role, "tx": proof.tx} for proof in one.proofs],
        "against": list(one.against),
        "requests": one.requests,
        "left": None if one.left is None else str(one.left),
    }


def _freeze(one: FreezeRow) -> Row:
    return {
        "chain": one.chain,
        "address": one.address,
        "asset": _asset(one.asset),
        "issuer": one.issuer,
        "can": one.can,
        "frozen": one.frozen,
        "proposed": one.proposed,
        "proposal": one.proposal,
        "confirmed": one.confirmed,
        "needed": one.needed,
        "at": one.at,
        "why": list(one.why),
    }


def _bound(one: BoundLine) -> Row:
    return {
        "asset": _asset(one.asset),
        "reason": one.reason,
        "least": str(one.least),
        "most": str(one.most),
        "weak": one.weak,
        "principal": one.principal,
    }


def _involved(one: InvolvedRow) -> Row:
    return {
        "chain": one.chain,
        "address": one.address,
        "asset": _asset(one.asset),
        "tier": one.tier,
        "rule": one.rule,
        "most": str(one.most),
        "reason": one.reason,
        "payer": one.payer,
        "tx": one.tx,
    }


def _corroboration(one: CorroborationRow) -> Row:
    return {**one._asdict(), "why": list(one.why)}


def _unverified(one: UnverifiedRow) -> Row:
    return {
        "chain": one.chain,
        "tx": one.tx,
        "kind": one.kind,
        "asset": one.asset,
        "symbol": one.symbol,
        "from": one.sender,
        "to": one.receiver,
        "amount": str(one.amount),
        "why": one.why,
    }


def _price(one: PriceRow) -> Row:
    return {
        "asset": _asset(one.asset),
        "time": rfc3339(one.time),
        "usd": None if one.usd is None else format(one.usd, "f"),
        "source": one.source,
        "assumed_peg": one.assumed_peg,
    }
