"""What a trace found, frozen and ordered: the one thing every report, letter and export is drawn from.

Facts, labels and inferences stay apart: a `FlowRow` is a fact of the chain; `EndpointRow.entity` is a label with its
source; `EndpointRow.rule` names the inference, when the reason rests on one. `document` is the JSON form, whose rows
are sorted by all their keys, so that the same case gives the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from chains.model import Asset, Block, Gap

SCHEMA: Final = "stolen-funds-trace/1"

REASONS: Final = (
    "exchange",
    "exchange_deposit",
    "frozen",
    "held",
    "returned",
    "mixer",
    "bridge",
    "service",
    "contract",
    "burn",
    "fee",
    "dust",
    "hop_limit",
    "budget",
    "gap",
)


class OriginRow(NamedTuple):
    """One theft transfer. ``since`` is what the user gave; ``tx`` and ``receiver`` say which transfer it is."""

    id: str
    chain: str
    victim: str
    since: str
    tx: str
    receiver: str
    time: int
    asset: Asset
    amount: int


class Principal(NamedTuple):
    """Part of what was stolen: ``amount`` base units of ``asset``, taken in theft transfer ``origin``."""

    origin: str
    asset: Asset
    amount: int


class EndpointRow(NamedTuple):
    """Where stolen value is now. ``amount`` in base units of ``asset``; ``principal`` in what was stolen.

    ``entity``, ``category`` and ``label_source`` come from a label and are empty without one; ``rule`` says in words
    what the reason rests on; ``confidence`` 0–100; ``path`` the transactions of its largest part, theft first;
    ``swept_to`` where a deposit address sent it on to (evidence, not followed). ``usd`` is the value when the largest
    part arrived, None when unpriced.
    """

    chain: str
    address: str
    asset: Asset
    amount: int
    principal: tuple[Principal, ...]
    category: str
    entity: str
    label_source: str
    confidence: int
    reason: str
    rule: str
    path: tuple[str, ...]
    swept_to: str | None
    arrived: int
    usd: Decimal | None


class FlowRow(NamedTuple):
    """One transfer that carried stolen value: ``amount`` gross, ``traced`` the stolen part; base units."""

    chain: str
    tx: str
    position: str
    time: int
    sender: str
    receiver: str
    asset: Asset
    amount: int
    traced: int


class AddressRow(NamedTuple):
    """An address that received stolen value. ``hop`` is its least distance from a victim; amounts are stolen units."""

    chain: str
    address: str
    asset: Asset
    hop: int
    received: int
    sent: int
    held: int
    marks: tuple[str, ...]


class UnverifiedRow(NamedTuple):
    """A movement seen but not counted (spoofed or counterfeit token, NFT), and why."""

    chain: str
    tx: str
    kind: str
    asset: str
    symbol: str
    sender: str
    receiver: str
    amount: int
    why: str


class PriceRow(NamedTuple):
    """A price that informed the reader or the order of work; never part of the accounting."""

    asset: Asset
    time: int
    usd: Decimal | None
    source: str
    assumed_peg: bool


class Stats(NamedTuple):
    """Counted from the case: answers kept, and addresses whose history was read."""

    requests: int
    addresses_fetched: int


class Result(NamedTuple):
    """A whole trace. ``notes`` are plain sentences about what does not weaken the numbers but a reader should know."""

    version: str
    method: str
    as_of: tuple[Block, ...]
    origins: tuple[OriginRow, ...]
    endpoints: tuple[EndpointRow, ...]
    flows: tuple[FlowRow, ...]
    addresses: tuple[AddressRow, ...]
    unverified: tuple[UnverifiedRow, ...]
    prices: tuple[PriceRow, ...]
    gaps: tuple[Gap, ...]
    notes: tuple[str, ...]
    stats: Stats

    def totals(self) -> list[tuple[str, Asset, str, int]]:
        """(origin, stolen asset, reason, principal) summed over endpoints."""
        sums: dict[tuple[str, Asset, str], int] = {}
        for endpoint in self.endpoints:
            for part in endpoint.principal:
                key = (part.origin, part.asset, endpoint.reason)
                sums[key] = sums.get(key, 0) + part.amount
        return [(*key, amount) for key, amount in sorted(sums.items())]


def rfc3339(time: int) -> str:
    """Unix seconds as RFC 3339 UTC."""
    return datetime.fromtimestamp(time, UTC).isoformat().replace("+00:00", "Z")


def _asset(asset: Asset) -> dict[str, Any]:
    return {"chain": asset.chain, "id": asset.id, "symbol": asset.symbol, "decimals": asset.decimals}


def _rows(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows sorted by all their keys, in the order the keys stand in."""
    return sorted(rows, key=lambda row: [json.dumps(value, sort_keys=True) for value in row.values()])


def _principal(parts: Iterable[Principal]) -> list[dict[str, Any]]:
    return _rows({"origin": part.origin, "asset": _asset(part.asset), "amount": str(part.amount)} for part in parts)


def _endpoint(row: EndpointRow) -> dict[str, Any]:
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


def document(result: Result) -> dict[str, Any]:
    """The JSON document of a trace, as described in docs/trace.schema.json."""
    return {
        "schema": SCHEMA,
        "version": result.version,
        "method": result.method,
        "as_of": _rows(
            {"chain": one.chain, "block": one.number, "hash": one.hash, "time": rfc3339(one.time)}
            for one in result.as_of
        ),
        "origins": _rows(
            {
                "id": one.id,
                "chain": one.chain,
                "victim": one.victim,
                "since": one.since,
                "tx": one.tx,
                "to": one.receiver,
                "time": rfc3339(one.time),
            }
            for one in result.origins
        ),
        "stolen": _rows(
            {"origin": one.id, "asset": _asset(one.asset), "amount": str(one.amount)} for one in result.origins
        ),
        "endpoints": _rows(map(_endpoint, result.endpoints)),
        "flows": _rows(
            {
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
            for one in result.flows
        ),
        "addresses": _rows(
            {
                "chain": one.chain,
                "address": one.address,
                "asset": _asset(one.asset),
                "hop": one.hop,
                "received": str(one.received),
                "sent": str(one.sent),
                "held": str(one.held),
                "marks": list(one.marks),
            }
            for one in result.addresses
        ),
        "totals": _rows(
            {"origin": origin, "asset": _asset(asset), "reason": reason, "principal": str(amount)}
            for origin, asset, reason, amount in result.totals()
        ),
        "unverified": _rows(
            {
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
            for one in result.unverified
        ),
        "prices": _rows(
            {
                "asset": _asset(one.asset),
                "time": rfc3339(one.time),
                "usd": None if one.usd is None else format(one.usd, "f"),
                "source": one.source,
                "assumed_peg": one.assumed_peg,
            }
            for one in result.prices
        ),
        "gaps": _rows({"kind": gap.kind, "where": gap.where, "why": gap.why} for gap in result.gaps),
        "notes": sorted(result.notes),
        "stats": {"requests": result.stats.requests, "addresses_fetched": result.stats.addresses_fetched},
    }


def to_json(result: Result) -> str:
    """The document as text: one spelling, ending with a newline."""
    return json.dumps(document(result), indent=1, ensure_ascii=False) + "\n"


def from_document(text: str) -> Result:
    """The result a stored document stands for: `to_json` backwards, but for what only the accounting knows."""
    doc = json.loads(text)
    stolen = {row["origin"]: row for row in doc["stolen"]}
    return Result(
        version=doc["version"],
        method=doc["method"],
        as_of=tuple(
            Block(row["chain"], row["block"], row["hash"], _unix(row["time"]), row["block"]) for row in doc["as_of"]
        ),
        origins=tuple(
            OriginRow(
                row["id"],
                row["chain"],
                row["victim"],
                row["since"],
                row["tx"],
                row["to"],
                _unix(row["time"]),
                Asset(**stolen[row["id"]]["asset"]),
                int(stolen[row["id"]]["amount"]),
            )
            for row in doc["origins"]
        ),
        endpoints=tuple(_read_endpoint(row) for row in doc["endpoints"]),
        flows=tuple(
            FlowRow(
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
            for row in doc["flows"]
        ),
        addresses=tuple(
            AddressRow(
                row["chain"],
                row["address"],
                Asset(**row["asset"]),
                row["hop"],
                int(row["received"]),
                int(row["sent"]),
                int(row["held"]),
                tuple(row["marks"]),
            )
            for row in doc["addresses"]
        ),
        unverified=tuple(
            UnverifiedRow(
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
            for row in doc["unverified"]
        ),
        prices=tuple(
            PriceRow(Asset(**row["asset"]), _unix(row["time"]), _usd(row["usd"]), row["source"], row["assumed_peg"])
            for row in doc["prices"]
        ),
        gaps=tuple(Gap(row["kind"], row["where"], row["why"]) for row in doc["gaps"]),
        notes=tuple(doc["notes"]),
        stats=Stats(doc["stats"]["requests"], doc["stats"]["addresses_fetched"]),
    )


def _read_endpoint(row: dict[str, Any]) -> EndpointRow:
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


def _unix(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def _usd(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
