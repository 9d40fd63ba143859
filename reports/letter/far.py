"""The fields of the FAR draft as JSON, for a desk that reads requests by program: docs/far.schema.json describes it.

Amounts are text: base units as whole numbers, and beside them exact decimals. Sentences are English. What is not known
is null or an empty list, and stands under ``missing`` with who can supply it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

from chains.model import Asset
from reports.formats.sheets import decimal_text
from reports.letter.evidence import leads_of
from reports.letter.material import Attached, Material
from reports.letter.transfers import block_of, inside
from reports.paper import Exact
from reports.view import stolen
from tracer.hostile import clean
from tracer.result import FreezeRow, Proof, rfc3339
from tracer.stoppable import FROZEN, ISSUER, Stoppable
from tracer.words import words

SCHEMA: Final = "stolen-funds-far/1"
TEXT: Final = 1500

Row = dict[str, Any]


def far_json(material: Material, files: Sequence[Attached]) -> str:
    """The request as a JSON document, one spelling, ending with a newline. ``files`` are the other attachments."""
    return json.dumps(far_document(material, files), indent=1, ensure_ascii=False) + "\n"


def far_document(material: Material, files: Sequence[Attached]) -> Row:
    """The request, in the order of the draft's sections."""
    draft, to = material.draft, material.to
    return {
        "schema": SCHEMA,
        "reference": draft.dossier.reference,
        "dossier_sha256": draft.digest,
        "date": draft.today.isoformat(),
        "tool": f"stolen-funds-tracer {draft.dossier.run.version}",
        "recipient": {"name": to.name, "kind": to.kind, "contact": to.contact.id if to.contact else "", "entity": None},
        "01_fund_lock_request": {
            "actions": list(material.actions),
            "freeze_duration": _duration(material),
            "addresses": [_place(material, number) for number in range(len(to.ways))],
        },
        "02_proof_of_crime": _crime(material),
        "03_trace": {
            "method": draft.dossier.result.method,
            "payments": [_payment(material, place) for place in material.brought],
        },
        "04_additional_information": {
            "leads": [
                {"pattern": one.pattern, "score": one.score, "sentence": clean(one.sentence, TEXT)}
                for one in leads_of(material)
            ]
        },
        "05_reporting_and_verification": _people(material),
        "attachments": [{"file": one.name, "sha256": one.sha256} for one in files],
        "missing": [{"field": name.removeprefix("identity."), "supplied_by": who} for name, who in material.missing()],
    }


def _place(material: Material, number: int) -> Row:
    way = material.to.ways[number]
    row = way.endpoint
    bound = material.bounds(row)
    return {
        "number": number + 1,
        "chain": row.chain,
        "address": row.address,
        "means": way.means,
        "asset": _asset(row.asset),
        "attributed": _amount(row.amount, row.asset),
        "range": None
        if bound is None
        else {
            "least": _amount(bound.bound.least, row.asset),
            "most": _amount(bound.bound.most, row.asset),
            "weak": bound.bound.weak,
        },
        "by_method": {name: _amount(units, row.asset) for name, units in material.per_method(row)},
        "stands_for": [{"asset": _asset(one.asset), "amount": _amount(one.amount, one.asset)} for one in row.principal],
        "custody": _custody(way),
        "arrived": rfc3339(row.arrived),
        "reason": row.reason,
        "swept_to": row.swept_to,
        "balance": _balance(material, way),
        "freeze": _freeze(material.freeze(row)),
        "as_of": [
            {"block": one.number, "hash": one.hash, "time": rfc3339(one.time)}
            for one in material.draft.dossier.result.as_of
            if one.chain == row.chain
        ],
        "incoming": [place + 1 for place, _ in material.incoming(number)],
    }


def _balance(material: Material, way: Stoppable) -> Row | None:
    balance = material.balance(way.endpoint)
    return None if balance is None else _amount(balance, way.endpoint.asset)


def _custody(way: Stoppable) -> Row:
    row, deposit = way.endpoint, way.deposit
    if way.means in (ISSUER, FROZEN):
        return {"entity": clean(way.entity, 100), "tier": "", "confidence": 100, "basis": words("en")("freezes.by"),
                "hub": None, "proofs": [], "against": []}  # fmt: skip
    if deposit is None:
        return {"entity": clean(row.entity, 100), "tier": "", "confidence": row.confidence,
                "basis": clean(row.label_source, TEXT), "hub": None, "proofs": [], "against": []}  # fmt: skip
    return {
        "entity": clean(deposit.entity, 100),
        "tier": deposit.tier,
        "confidence": deposit.confidence,
        "basis": clean(deposit.rule, TEXT),
        "hub": deposit.hub or None,
        "proofs": list(map(_proof, deposit.proofs)),
        "against": [clean(one, TEXT) for one in deposit.against],
    }


def _proof(one: Proof) -> Row:
    return {"role": one.role, "tx": one.tx}


def _freeze(row: FreezeRow | None) -> Row | None:
    if row is None:
        return None
    return {
        "issuer": clean(row.issuer, 100),
        "can_freeze": row.can,
        "frozen": row.frozen,
        "proposed": row.proposed,
        "proposal": clean(row.proposal, 100),
        "confirmed": row.confirmed,
        "needed": row.needed,
        "at": row.at,
    }


def _crime(material: Material) -> Row:
    result, incident = material.draft.dossier.result, material.identity.incident
    return {
        "what_happened": _said(incident.what_happened),
        "discovered_at": _when(incident.discovered_at),
        "date_utc": rfc3339(min(one.time for one in result.origins))[:10],
        "loss": [{"asset": _asset(asset), "amount": _amount(units, asset)} for asset, units in stolen(result).values()],
        "victims": [
            {"chain": chain, "address": address}
            for chain, address in dict.fromkeys((one.chain, one.victim) for one in result.origins)
        ],
        "thefts": [
            {
                "chain": one.chain,
                "tx": one.tx,
                "time": rfc3339(one.time),
                "from": one.victim,
                "to": one.receiver,
                "asset": _asset(one.asset),
                "amount": _amount(one.amount, one.asset),
            }
            for one in result.origins
        ],
        "legal_provision": None,
        "ownership": [one._asdict() for one in material.identity.victim.ownership],
    }


def _payment(material: Material, place: int) -> Row:
    flow = material.flow(place)
    named, index = inside(flow)
    return {
        "number": place + 1,
        "chain": flow.chain,
        "tx": flow.tx,
        "block": block_of(flow),
        "log_index": index if named == "log" else None,
        "time": rfc3339(flow.time),
        "from": flow.sender,
        "to": flow.receiver,
        "via": list(flow.via),
        "asset": _asset(flow.asset),
        "amount": _amount(flow.amount, flow.asset),
        "traced": _amount(flow.traced, flow.asset),
        "now_here": [
            {"asset": _asset(asset), "amount": _amount(units, asset)}
            for asset, units in material.brought[place].items()
        ],
        "explorer": material.draft.tx(flow.chain, flow.tx).url or None,
    }


def _people(material: Material) -> Row:
    identity = material.identity
    reporter, police, verifier = identity.reporter, identity.police, identity.verified_by
    return {
        "reporter": {name: _said(getattr(reporter, name)) for name in reporter.__slots__},
        "victim": _said(identity.victim.name),
        "police": {name: _said(getattr(police, name)) for name in police.__slots__},
        "verified_by": {
            "organisation": _said(verifier.organisation),
            "date": _when(verifier.date),
            "contact": _said(verifier.contact),
        },
    }


def _duration(material: Material) -> str | None:
    asked = material.identity.request.freeze_duration
    return None if asked is None else f"{asked.number} {asked.unit}"


def _said(text: str) -> str | None:
    return clean(text, TEXT) or None


def _when(moment: date | None) -> str | None:
    return rfc3339(int(moment.timestamp())) if isinstance(moment, datetime) else moment.isoformat() if moment else None


def _asset(asset: Asset) -> Row:
    return {"chain": asset.chain, "id": asset.id, "symbol": clean(asset.symbol, 24), "decimals": asset.decimals}


def _amount(units: int, asset: Asset) -> Row:
    return {"units": str(units), "decimal": decimal_text(Exact(units, asset.decimals))}
