"""STIX 2.1: the case for threat-intelligence platforms.

STIX has no wallets, so addresses and transactions are the community's `cryptocurrency-wallet` and
`cryptocurrency-transaction` (github.com/muchdogesec/stix2extensions). Facts are observed data; a label, an inference
and a lead each are a note that says which of them it is, with its source and confidence. ``holder_ref`` stays empty:
whose an address is, is never a fact here.

An amount is written with all its digits; a program that reads it into a double keeps about 15 of them. A transaction
that moved several assets is several objects, because one has one symbol.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final
from uuid import UUID, uuid5

from chains.model import FEE_SINK, Asset
from reports.draft import Draft
from reports.formats import Format
from reports.formats.interchange import TOOL, Party, english, lasting, parties, plain, said_of
from reports.numbers import money, symbol
from reports.paper import Exact
from reports.times import unix
from tracer.hostile import clean
from tracer.json_text import json_text
from tracer.labels import Label
from tracer.result import FlowRow, rfc3339

OASIS: Final = UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")
"""What the standard has the ids of observed things made in, so that everybody gives them the same."""

AMBER: Final = "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"
"""The standard's own TLP:AMBER: for the recipient's organisation, and whoever has to act."""

WALLET: Final = "extension-definition--be78509e-6958-51b1-8b26-d17ee0eba2d7"
TRANSACTION: Final = "extension-definition--151d042d-4dcf-5e44-843f-1024440318e5"
_EXTENSIONS: Final = (
    (WALLET, "CryptocurrencyWallet", "cryptocurrency-wallet"),
    (TRANSACTION, "CryptocurrencyTransaction", "cryptocurrency-transaction"),
)
_AUTHORS: Final = "identity--9779a2db-f98c-5f4b-8d08-8ee04e02dbb5"
_SCHEMAS: Final = "https://raw.githubusercontent.com/muchdogesec/stix2extensions/main/automodel_generated/schemas/scos"

SENTENCE: Final = 400

_EXACT: Final = "\ue000"
"""Stands before a number in text until the file is written. `clean` lets no such sign through."""

_NUMBER: Final = re.compile(r'"\\ue000([0-9.]+)"')

Row = dict[str, Any]


def _files(draft: Draft) -> Mapping[str, bytes]:
    draft = english(draft)
    bundle = {"type": "bundle", "id": _id(draft, "bundle"), "objects": list(_objects(draft))}
    text = json_text(bundle, indent=1)
    return {"report.stix.json": (_NUMBER.sub(r"\1", text) + "\n").encode()}


def _objects(draft: Draft) -> Iterator[Row]:
    identity = {**_sdo(draft, "identity", "tool"), "name": TOOL, "identity_class": "system"}
    del identity["created_by_ref"]
    wallets: dict[str, Row] = {}
    found = parties(draft.dossier.result)
    for party in found:
        wallets.setdefault(*_wallet(party.address))
    for lead in draft.dossier.findings.leads:
        for _, address in lead.members.addresses:
            wallets.setdefault(*_wallet(address))
    seen = [*wallets.values(), *_transactions(draft)]
    notes = [*_labels(draft), *_findings(draft, found), *_leads(draft)]
    observed = [*seen, *([_observed(draft, seen)] if draft.dossier.result.flows else [])]
    yield identity
    yield from map(_extension, _EXTENSIONS)
    yield from observed
    yield from notes
    yield _report(draft, [*observed, *notes])


def _wallet(address: str) -> tuple[str, Row]:
    found = _sco("cryptocurrency-wallet", WALLET, value=clean(address, 100))
    return found["id"], found


def _transactions(draft: Draft) -> Iterator[Row]:
    """One for every asset of every transaction: gross amounts of the payments that carried stolen value."""
    groups: dict[tuple[str, Asset], list[FlowRow]] = {}
    for flow in draft.dossier.result.flows:
        groups.setdefault((flow.tx, flow.asset), []).append(flow)
    used: set[str] = set()
    for (tx, asset), flows in groups.items():
        found = _sco("cryptocurrency-transaction", TRANSACTION, symbol=symbol(asset), value=clean(tx, 100))
        if found["id"] in used:
            found["id"] = f"cryptocurrency-transaction--{lasting(draft, asset.chain, tx, asset.id)}"
        used.add(found["id"])
        found["execution_time"] = rfc3339(flows[0].time)
        fees = [flow.amount for flow in flows if flow.receiver == FEE_SINK]
        paid = [flow for flow in flows if flow.receiver != FEE_SINK]
        if fees:
            found["fee"] = _amount(sum(fees), asset)
        if paid:
            found["input"] = _sums(asset, ((flow.sender, flow.amount) for flow in paid))
            found["output"] = _sums(asset, ((flow.receiver, flow.amount) for flow in paid))
        yield found


def _sums(asset: Asset, parts: Iterable[tuple[str, int]]) -> list[Row]:
    sums: dict[str, int] = {}
    for address, units in parts:
        sums[address] = sums.get(address, 0) + units
    return [{"amount": _amount(units, asset), "address_ref": _wallet(address)[0]} for address, units in sums.items()]


def _amount(units: int, asset: Asset) -> str:
    return _EXACT + plain(Exact(units, asset.decimals))


def _observed(draft: Draft, seen: list[Row]) -> Row:
    times = [flow.time for flow in draft.dossier.result.flows]
    return {
        **_sdo(draft, "observed-data", "flows"),
        "first_observed": rfc3339(min(times)),
        "last_observed": rfc3339(max(times)),
        "number_observed": 1,
        "object_refs": [one["id"] for one in seen],
    }


def _labels(draft: Draft) -> Iterator[Row]:
    for (chain, address), said in draft.dossier.labels.items():
        for number, label in enumerate(said):
            note = _note(draft, "label", (chain, address, str(number)), [address], _label(draft, chain, label))
            yield {**note, "authors": [clean(label.source, SENTENCE)], "confidence": label.confidence}


def _label(draft: Draft, chain: str, label: Label) -> str:
    return draft.w(
        "data.label",
        entity=clean(label.entity),
        category=draft.w(f"category.{label.category}"),
        source=clean(label.source, SENTENCE),
        chain=draft.view.chain(chain),
    )


def _findings(draft: Draft, found: list[Party]) -> Iterator[Row]:
    for party in found:
        said = list(said_of(draft, party))
        if said:
            content = f"{draft.view.chain(party.chain)}: {'; '.join(said)}"
            yield _note(draft, "finding", (party.chain, party.address), [party.address], content)


def _leads(draft: Draft) -> Iterator[Row]:
    for number, lead in enumerate(draft.dossier.findings.leads):
        addresses = [address for _, address in lead.members.addresses]
        if addresses:
            name = draft.w("data.lead", name=draft.w(f"pattern.{lead.pattern}"), said=clean(lead.sentence, SENTENCE))
            yield _note(draft, "lead", (lead.pattern, str(number)), addresses, name)


def _note(draft: Draft, kind: str, name: tuple[str, ...], about: list[str], content: str) -> Row:
    return {
        **_sdo(draft, "note", kind, *name),
        "abstract": draft.w(f"data.note.{kind}"),
        "content": content,
        "object_refs": list(dict.fromkeys(_wallet(address)[0] for address in about)),
    }


def _report(draft: Draft, objects: list[Row]) -> Row:
    w, result = draft.w, draft.dossier.result
    taken = ", ".join(money(one.amount, one.asset) for one in result.origins)
    said = (
        w("report.subtitle"),
        f"{w('header.stolen')}: {taken}.",
        f"{w('header.method')}: {w(f'method.{result.method}')}.",
        f"{w('data.digest')}: {draft.digest}.",
    )
    return {
        **_sdo(draft, "report", "report"),
        "name": f"{w('report.title')} {draft.dossier.reference}",
        "description": " ".join(said),
        "report_types": ["observed-data"],
        "published": _made(draft),
        "object_refs": [one["id"] for one in objects],
    }


def _sdo(draft: Draft, kind: str, *name: str) -> Row:
    """What every object of the case itself begins with."""
    return {
        "type": kind,
        "spec_version": "2.1",
        "id": _id(draft, kind, *name),
        "created_by_ref": _id(draft, "identity", "tool"),
        "created": _made(draft),
        "modified": _made(draft),
        "object_marking_refs": [AMBER],
    }


def _sco(kind: str, extension: str, **named: str) -> Row:
    """An observed thing, whose id is made of what names it, as everybody else's is."""
    canonical = json.dumps(named, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    begin = {"type": kind, "spec_version": "2.1", "id": f"{kind}--{uuid5(OASIS, canonical)}"}
    return {**begin, **named, "extensions": {extension: {"extension_type": "new-sco"}}}


def _extension(of: tuple[str, str, str]) -> Row:
    """The community's definition of one of its objects, which a bundle that uses it brings along."""
    name, title, kind = of
    made = "2020-01-01T00:00:00.000Z"
    return {
        "type": "extension-definition",
        "spec_version": "2.1",
        "id": name,
        "created_by_ref": _AUTHORS,
        "created": made,
        "modified": made,
        "name": title,
        "schema": f"{_SCHEMAS}/{kind}.json",
        "version": "1.0",
        "extension_types": ["new-sco"],
    }


def _id(draft: Draft, kind: str, *name: str) -> str:
    return f"{kind}--{lasting(draft, 'stix', kind, *name)}"


def _made(draft: Draft) -> str:
    return rfc3339(unix(draft.dossier.run.finished)).replace("Z", ".000Z")


FORMAT = Format("stix", data=_files, spoken=False)
