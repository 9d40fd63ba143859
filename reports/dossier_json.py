"""The dossier as a JSON document, for programs, and its digest, which stands on every page of every paper.

The trace in it is the document of docs/trace.schema.json; the rest is in docs/dossier.schema.json. Sentences are
English and amounts are text, as there. The digest is over the canonical form (sorted keys, no spaces, ASCII), so that
it can be worked out again from the file with any language's JSON library; in Python:

    whole = json.load(open("report.json", encoding="utf-8"))
    digest = whole.pop("digest")
    text = json.dumps(whole, sort_keys=True, separators=(",", ":"))
    assert hashlib.sha256(text.encode()).hexdigest() == digest
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

from chains.model import Asset
from reports.leads import leads_document
from tracer.audit_lines import Line
from tracer.bound_rows import BoundRow
from tracer.case import write_question
from tracer.document import document
from tracer.dossier import Dossier
from tracer.json_text import json_pieces
from tracer.labels import Label
from tracer.stoppable import Stoppable

SCHEMA: Final = "stolen-funds-dossier/1"
_ROWS_AT: Final = 3
"""How deep in the document the rows of the trace lie."""

Row = dict[str, Any]


def dossier_document(dossier: Dossier) -> Row:
    """The whole dossier but its digest."""
    return {
        "schema": SCHEMA,
        "reference": dossier.reference,
        "question": write_question(dossier.question),
        "run": {
            **dossier.run._asdict(),
            "inputs": dict(sorted(dossier.run.inputs.items())),
            "lists": dict(sorted(dossier.run.lists.items())),
        },
        "trace": document(dossier.result),
        "flows": [
            {"number": number, "chain": flow.chain, "tx": flow.tx, "position": flow.position}
            for number, flow in enumerate(dossier.result.flows, 1)
        ],
        "ways": [
            {**_account(account), "flows": [{"number": place + 1, "units": str(units)} for place, units in way]}
            for account, way in sorted(dossier.ways.items())
        ],
        "bounds": [{**_account(account), **_bound(row)} for account, row in sorted(dossier.bounds.items())],
        "stoppable": [_stoppable(rank, one) for rank, one in enumerate(dossier.stoppable, 1)],
        "audit": _audit(dossier),
        "leads": leads_document(dossier.findings),
        "assets": [_asset(asset) for _, asset in sorted(dossier.assets.items())],
        "labels": [
            {"chain": chain, "address": address, "said": list(map(_label, said))}
            for (chain, address), said in sorted(dossier.labels.items())
        ],
        "answers": [one._asdict() for one in dossier.answers],
    }


def to_json(dossier: Dossier) -> bytes:
    """The document with its digest, one spelling, ending with a newline."""
    whole = dossier_document(dossier)
    written = io.BytesIO()
    written.writelines(json_pieces({**whole, "digest": _sha256(whole)}, indent=1))
    written.write(b"\n")
    return written.getvalue()


@lru_cache(maxsize=8)
def digest_of(dossier: Dossier) -> str:
    """SHA-256 of the canonical document, in hexadecimal."""
    return _sha256(dossier_document(dossier))


def _sha256(whole: Row) -> str:
    """The digest, row by row: the canonical text of a large case is not in memory as well."""
    found = hashlib.sha256()
    for piece in _canonical(whole, _ROWS_AT):
        found.update(piece.encode())
    return found.hexdigest()


def _canonical(value: Any, depth: int) -> Iterator[str]:
    """The canonical text of a value, in pieces as small as what lies ``depth`` below it."""
    if not depth or not isinstance(value, dict | list):
        yield json.dumps(value, sort_keys=True, separators=(",", ":"))
        return
    named = isinstance(value, dict)
    yield "{" if named else "["
    for number, one in enumerate(sorted(value) if named else value):
        yield "," * bool(number) + (f"{json.dumps(one)}:" if named else "")
        yield from _canonical(value[one] if named else one, depth - 1)
    yield "}" if named else "]"


def _account(account: tuple[str, str, str]) -> Row:
    return dict(zip(("chain", "address", "asset"), account, strict=True))


def _asset(asset: Asset) -> Row:
    return {"chain": asset.chain, "id": asset.id, "symbol": asset.symbol, "decimals": asset.decimals}


def _bound(row: BoundRow) -> Row:
    return {
        "least": str(row.bound.least),
        "most": str(row.bound.most),
        "weak": row.bound.weak,
        "slack": str(row.bound.slack),
        "methods": {name: str(units) for name, units in row.units},
        "principal": [
            {
                "asset": _asset(one.asset),
                "stolen": str(one.stolen),
                "least": str(one.bound.least),
                "most": str(one.bound.most),
                "weak": one.bound.weak,
                "slack": str(one.bound.slack),
            }
            for one in row.principal
        ],
    }


def _stoppable(rank: int, one: Stoppable) -> Row:
    row = one.endpoint
    return {
        "rank": rank,
        "chain": row.chain,
        "address": row.address,
        "asset": _asset(row.asset),
        "amount": str(row.amount),
        "means": one.means,
        "entity": one.entity,
        "contact": one.contact.id if one.contact else "",
        "worth": str(one.worth),
        "factors": one.factors._asdict(),
        "why": list(one.why),
        "also": [{"means": other.means, "entity": other.entity} for other in one.also],
    }


def _audit(dossier: Dossier) -> Row:
    found = dossier.audit
    return {
        "closes": not found.faults,
        "rows": found.rows,
        "methods": list(found.methods),
        "accounts": list(map(_line, found.lines)),
    }


def _line(one: Line) -> Row:
    gross = None if one.gross is None else _figures(one.gross._asdict(), one.gross.difference)
    return {
        **_account(one.account),
        "reason": one.reason,
        "taken": str(one.taken),
        "gross": gross,
        "stolen": [_figures(part._asdict(), part.difference) for part in one.stolen],
        "weak": list(one.weak),
    }


def _figures(figures: Row, difference: int) -> Row:
    return {name: str(figure) for name, figure in figures.items()} | {"difference": str(difference)}


def _label(one: Label) -> Row:
    return {
        "entity": one.entity,
        "category": one.category,
        "role": one.role,
        "source": one.source,
        "kind": one.kind,
        "url": one.url,
        "as_of": one.as_of,
        "checked": one.checked,
        "confidence": one.confidence,
        "chain": one.chain,
        "assumed": one.assumed,
        "valid_from": one.valid_from,
        "valid_to": one.valid_to,
    }
