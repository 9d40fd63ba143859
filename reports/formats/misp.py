"""MISP: the case as one event in MISP's core format, to load or to upload.

Every address is a ``coin-address`` and every payment a ``cryptocurrency-transaction``, tied to who paid and who
received. Amounts are MISP's ``float``, which is kept as text: all digits stand. Nothing is to be alerted on (``to_ids``
is false throughout): an address that received stolen value may belong to somebody who did nothing. The event is the
same one however often the case is traced, so that loading it again brings it up to date; it is tagged TLP:AMBER, for
the organisation that loads it only, and not published.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from chains.model import FEE_SINK
from reports.draft import Draft
from reports.formats import Format
from reports.formats.interchange import TOOL, Party, english, lasting, parties, plain, said_of
from reports.numbers import money, symbol
from reports.paper import Exact
from reports.times import unix
from tracer.hostile import clean
from tracer.json_text import json_text
from tracer.result import FlowRow, rfc3339

_COIN: Final = ("coin-address", "d0e6997e-78da-4815-a6a1-cfc1c1cb8a46", "7")
_TRANSACTION: Final = ("cryptocurrency-transaction", "a4aab70f-e43a-48cb-bf82-505de8228dd6", "3")
"""Name, id and version of MISP's templates."""

INHERIT: Final = "5"
"""Whoever may see the event may see its parts."""

_CATEGORIES: Final[Mapping[str, str]] = {"btc": "Financial fraud"}
"""The one category that MISP lets an attribute of this type have; all others can be ``Other``."""

AMBER: Final = {"name": "tlp:amber", "colour": "#FFC000"}

Row = dict[str, Any]


def _files(draft: Draft) -> Mapping[str, bytes]:
    text = json_text({"Event": _event(english(draft))}, indent=1)
    return {"report.misp.json": f"{text}\n".encode()}


def _event(draft: Draft) -> Row:
    w, result = draft.w, draft.dossier.result
    said = {
        "reference": draft.dossier.reference,
        "digest": f"{w('data.digest')}: {draft.digest}",
        "method": f"{w('header.method')}: {w(f'method.{result.method}')}",
        "limits": w("report.subtitle"),
    }
    return {
        "uuid": str(lasting(draft, "misp", "event")),
        "info": f"{w('report.title')} {draft.dossier.reference}",
        "date": draft.dossier.run.finished[:10],
        "timestamp": _made(draft),
        "published": False,
        "analysis": "2",
        "threat_level_id": "4",
        "distribution": "0",
        "Tag": [AMBER],
        "Orgc": {"name": TOOL, "uuid": str(lasting(draft, "misp", "organisation"))},
        "Attribute": [_attribute(draft, ("event", name), "text", value) for name, value in said.items()],
        "Object": [*_addresses(draft), *_payments(draft)],
    }


def _addresses(draft: Draft) -> Iterator[Row]:
    for party in parties(draft.dossier.result):
        name = ("address", party.chain, party.address)
        said = "; ".join((draft.view.chain(party.chain), *said_of(draft, party)))
        parts = [("address-crypto", "text", clean(party.address, 100), ""), ("text", "text", said, "")]
        yield _object(draft, _COIN, name, parts, _first(party))


def _first(party: Party) -> str:
    return "victim" if party.victim else f"hop {party.hop}"


def _payments(draft: Draft) -> Iterator[Row]:
    alike: Counter[tuple[str, ...]] = Counter()
    for number, flow in enumerate(draft.dossier.result.flows, 1):
        what = ("payment", flow.chain, flow.tx, flow.position, flow.sender, flow.receiver, flow.asset.id)
        alike[what] += 1
        name = (*what, str(alike[what]))
        made = _object(draft, _TRANSACTION, name, list(_payment(draft, flow)), f"payment {number}")
        ends = [("connected-from", flow.sender)]
        if flow.receiver != FEE_SINK:
            ends.append(("connected-to", flow.receiver))
        made["ObjectReference"] = [
            {
                "uuid": str(lasting(draft, "misp", how, *name)),
                "object_uuid": made["uuid"],
                "referenced_uuid": str(lasting(draft, "misp", "address", flow.chain, address)),
                "relationship_type": how,
                "comment": "",
            }
            for how, address in ends
        ]
        yield made


def _payment(draft: Draft, flow: FlowRow) -> Iterator[tuple[str, str, str, str]]:
    traced = draft.w("data.traced", amount=money(flow.amount, flow.asset), traced=money(flow.traced, flow.asset))
    yield "transaction-number", "text", clean(flow.tx, 100), draft.view.chain(flow.chain)
    yield "time", "datetime", rfc3339(flow.time), ""
    yield "value", "float", plain(Exact(flow.amount, flow.asset.decimals)), traced
    yield "symbol", "text", symbol(flow.asset), str(flow.asset.id)
    if flow.receiver != FEE_SINK:
        yield "address", "btc", clean(flow.receiver, 100), draft.w("data.receiver")


def _object(
    draft: Draft,
    template: tuple[str, str, str],
    name: tuple[str, ...],
    parts: list[tuple[str, str, str, str]],
    comment: str,
) -> Row:
    kind, template_uuid, version = template
    return {
        "name": kind,
        "meta-category": "financial",
        "template_uuid": template_uuid,
        "template_version": version,
        "uuid": str(lasting(draft, "misp", *name)),
        "timestamp": _made(draft),
        "distribution": INHERIT,
        "comment": comment,
        "Attribute": [
            {
                **_attribute(draft, (*name, relation), kind_of, value, comment),
                "object_relation": relation,
                "disable_correlation": relation not in ("address-crypto", "address", "transaction-number"),
            }
            for relation, kind_of, value, comment in parts
        ],
    }


def _attribute(draft: Draft, name: tuple[str, ...], kind: str, value: str, comment: str = "") -> Row:
    return {
        "uuid": str(lasting(draft, "misp", "attribute", *name)),
        "type": kind,
        "category": _CATEGORIES.get(kind, "Other"),
        "value": value,
        "to_ids": False,
        "disable_correlation": True,
        "distribution": INHERIT,
        "timestamp": _made(draft),
        "comment": comment,
    }


def _made(draft: Draft) -> str:
    return str(unix(draft.dossier.run.finished))


FORMAT = Format("misp", data=_files, spoken=False)
