"""Reading the JSON document of a trace back (tracer/document.py writes it): what a stored case is shown from.

Documents of earlier versions lack what was not there yet; those fields are empty then, or what they stood for.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from chains.model import Asset, Block, Gap
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
    InclusionRow,
    InvolvedRow,
    MethodPrincipal,
    MethodRow,
    OriginRow,
    PriceRow,
    Principal,
    Proof,
    Result,
    Stats,
    UnverifiedRow,
)

Row = dict[str, Any]


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
        conversions=tuple(map(_read_conversion, doc.get("conversions", []))),
        deposits=tuple(map(_read_deposit, doc.get("deposits", []))),
        freezes=tuple(map(_read_freeze, doc.get("freezes", []))),
        through=tuple(doc.get("through", [])),
        corroborations=tuple(
            CorroborationRow(**{**row, "why": tuple(row["why"])}) for row in doc.get("corroborations", [])
        ),
        inclusions=tuple(InclusionRow(**row) for row in doc.get("inclusions", [])),
    )


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
        principal=_read_principal(row["principal"]),
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
        tuple(row.get("via", ())),
        row.get("conversion"),
        _read_principal(row.get("principal", ())),
    )


def _read_deposit(row: Row) -> DepositRow:
    return DepositRow(
        row["chain"],
        row["address"],
        Asset(**row["asset"]),
        row["tier"],
        row["confidence"],
        row["entity"],
        row["hub"],
        row["hub_source"],
        row["rule"],
        tuple(Proof(one["role"], one["tx"]) for one in row["proofs"]),
        tuple(row["against"]),
        row["requests"],
        None if row["left"] is None else int(row["left"]),
    )


def _read_freeze(row: Row) -> FreezeRow:
    return FreezeRow(**{**row, "asset": Asset(**row["asset"]), "why": tuple(row["why"])})


def _read_principal(rows: Iterable[Row]) -> tuple[Principal, ...]:
    return tuple(Principal(row["origin"], Asset(**row["asset"]), int(row["amount"])) for row in rows)


def _read_conversion(row: Row) -> ConversionRow:
    return ConversionRow(
        chain=row["chain"],
        tx=row["tx"],
        time=_unix(row["time"]),
        kind=row["kind"],
        owner=row["owner"],
        venues=tuple(row["venues"]),
        ins=tuple(map(_read_part, row["ins"])),
        outs=tuple(map(_read_part, row["outs"])),
        principal=_read_principal(row["principal"]),
        shared=(row["shared"]["ins"], row["shared"]["outs"]),
        market=_usd(row["market"]),
        linked=row["linked"],
        doubtful=row["doubtful"],
        placed=row["placed"],
    )


def _read_part(row: Row) -> ConvertedPart:
    return ConvertedPart(
        row["address"], Asset(**row["asset"]), int(row["amount"]), int(row["traced"]), _usd(row["usd"])
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
    asset, units = Asset(**row["asset"]), _read_units(row["units"])
    parts = row.get("principal")
    principal = (MethodPrincipal(asset, units),) if parts is None else tuple(map(_read_method_principal, parts))
    return MethodRow(row["chain"], row["address"], asset, row["reason"], units, principal)


def _read_method_principal(row: Row) -> MethodPrincipal:
    return MethodPrincipal(Asset(**row["asset"]), _read_units(row["units"]))


def _read_units(row: Row) -> tuple[tuple[str, int], ...]:
    return tuple((name, int(units)) for name, units in row.items())


def _read_bound(row: Row) -> BoundLine:
    least, most = int(row["least"]), int(row["most"])
    return BoundLine(Asset(**row["asset"]), row["reason"], least, most, row["weak"], row.get("principal", False))


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
