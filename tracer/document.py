"""The JSON document of a trace: what a case stores, `--json` prints and docs/trace.schema.json describes.

Rows are sorted by all their keys, so that the same case gives the same bytes. Amounts are text: they exceed what many
readers of JSON can hold as numbers. Each kind of row has a writer and, further down, its reader.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from chains.model import Asset, Block, Gap
from tracer.result import (
    AddressRow,
    BoundLine,
    EndpointRow,
    FlowRow,
    InvolvedRow,
    MethodRow,
    OriginRow,
    PriceRow,
    Principal,
    Result,
    Stats,
    UnverifiedRow,
    rfc3339,
)

SCHEMA: Final = "stolen-funds-trace/1"

Row = dict[str, Any]


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
        "bounds": _rows(map(_bound, result.bounds)),
        "involved": _rows(map(_involved, result.involved)),
        "stats": {"requests": result.stats.requests, "addresses_fetched": result.stats.addresses_fetched},
    }


def to_json(result: Result) -> str:
    """The document as text: one spelling, ending with a newline."""
    return json.dumps(document(result), indent=1, ensure_ascii=False) + "\n"


def from_document(text: str) -> Result:
    """The result a stored document stands for: `to_json` backwards, but for what only the accounting knows.

    A document from before methods stood side by side has one method and no comparison.
    """
    doc = json.loads(text)
    stolen = {row["origin"]: row for row in doc["stolen"]}
    return Result(
        version=doc["version"],
        method=doc["method"],
        followed=tuple(doc.get("followed", [doc["method"]])),
        highest_first=doc.get("highest_first", False),
        as_of=tuple(map(_read_block, doc["as_of"])),
        origins=tuple(_read_origin(row, stolen[row["id"]]) for row in doc["origins"]),
        endpoints=tuple(map(_read_endpoint, doc["endpoints"])),
        flows=tuple(map(_read_flow, doc["flows"])),
        addresses=tuple(map(_read_address, doc["addresses"])),
        methods=tuple(map(_read_method, doc.get("methods", []))),
        unverified=tuple(map(_read_unverified, doc["unverified"])),
        prices=tuple(map(_read_price, doc["prices"])),
        gaps=tuple(Gap(row["kind"], row["where"], row["why"]) for row in doc["gaps"]),
        notes=tuple(doc["notes"]),
        stats=Stats(doc["stats"]["requests"], doc["stats"]["addresses_fetched"]),
        bounds=tuple(map(_read_bound, doc.get("bounds", []))),
        involved=tuple(map(_read_involved, doc.get("involved", []))),
    )


def _rows(rows: Iterable[Row]) -> list[Row]:
    """Rows sorted by all their keys, in the order the keys stand in."""
    return sorted(rows, key=lambda row: [json.dumps(value, sort_keys=True) for value in row.values()])


def _asset(asset: Asset) -> Row:
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
    }


def _bound(one: BoundLine) -> Row:
    return {
        "asset": _asset(one.asset),
        "reason": one.reason,
        "least": str(one.least),
        "most": str(one.most),
        "weak": one.weak,
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


def _read_block(row: Row) -> Block:
    return Block(row["chain"], row["block"], row["hash"], _unix(row["time"]), row["block"])


def _read_origin(row: Row, taken: Row) -> OriginRow:
    return OriginRow(
        row["id"],
        row["chain"],
        row["victim"],
        row["since"],
        row["tx"],
        row["to"],
        _unix(row["time"]),
        Asset(**taken["asset"]),
        int(taken["amount"]),
    )


def _read_endpoint(row: Row) -> EndpointRow:
    return EndpointRow(
        chain=row["chain"],
        address=row["address"],
        asset=Asset(**row["asset"]),
        amount=int(row["amount"]),
        principal=tuple(
            Principal(part["origin"], Asset(**part["asset"]), int(part["amount"])) for part in row["principal"]
        ),
        category=row["category"],
        entity=row["entity"],
        label_source=row["source"],
        confidence=row["confidence"],
        reason=row["reason"],
        rule=row["rule"],
        path=tuple(row["path"]),
        swept_to=row["swept_to"],
        arrived=_unix(row["arrived"]),
        usd=_usd(row["usd"]),
    )


def _read_flow(row: Row) -> FlowRow:
    return FlowRow(
        row["chain"],
        row["tx"],
        row["position"],
        _unix(row["time"]),
        row["from"],
        row["to"],
        Asset(**row["asset"]),
        int(row["amount"]),
        int(row["traced"]),
    )


def _read_address(row: Row) -> AddressRow:
    return AddressRow(
        row["chain"],
        row["address"],
        Asset(**row["asset"]),
        row["hop"],
        int(row["received"]),
        int(row["sent"]),
        int(row["held"]),
        tuple(row["marks"]),
    )


def _read_method(row: Row) -> MethodRow:
    units = tuple((name, int(units)) for name, units in row["units"].items())
    return MethodRow(row["chain"], row["address"], Asset(**row["asset"]), row["reason"], units)


def _read_bound(row: Row) -> BoundLine:
    return BoundLine(Asset(**row["asset"]), row["reason"], int(row["least"]), int(row["most"]), row["weak"])


def _read_involved(row: Row) -> InvolvedRow:
    return InvolvedRow(
        row["chain"],
        row["address"],
        Asset(**row["asset"]),
        row["tier"],
        row["rule"],
        int(row["most"]),
        row["reason"],
        row["payer"],
        row["tx"],
    )


def _read_unverified(row: Row) -> UnverifiedRow:
    return UnverifiedRow(
        row["chain"],
        row["tx"],
        row["kind"],
        row["asset"],
        row["symbol"],
        row["from"],
        row["to"],
        int(row["amount"]),
        row["why"],
    )


def _read_price(row: Row) -> PriceRow:
    return PriceRow(Asset(**row["asset"]), _unix(row["time"]), _usd(row["usd"]), row["source"], row["assumed_peg"])


def _unix(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def _usd(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
