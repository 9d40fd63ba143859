"""Etherscan's Flow Case, to open the flows in Etherscan Flow: EVM chains only, as its format has no other.

Every payment keeps the number that it has on paper; its edge shows what the chain shows, and the traced part stands
beside it under ``_meta.financials``. Roles are the most neutral the format has: who an address belongs to is a label,
and stands with its source in the notes. What cannot be in the file (other chains, network fees) is counted among the
gaps. A case without any payment on an EVM chain gives no file.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from chains.model import FEE_SINK, NATIVE, Kind
from reports.closing import parts_of
from reports.draft import Draft
from reports.formats import Format
from reports.formats.interchange import Party, Place, english, parties, plain, said_of
from reports.numbers import money, percent, share_of
from reports.paper import Exact
from reports.times import unix
from reports.view import stolen
from tracer.hostile import clean
from tracer.json_text import json_text
from tracer.lots import METHODS
from tracer.result import FlowRow, Result, rfc3339

CAP: Final = 200
"""Characters of a text in this format."""

STEP_X: Final = 360
STEP_Y: Final = 180

_ROLES: Final[Mapping[str, str]] = {
    "exchange": "cex_deposit",
    "exchange_deposit": "cex_deposit",
    "mixer": "mixer_contract",
    "bridge": "bridge",
    "contract": "unknown_contract",
}
_VENUES: Final[Mapping[str, str]] = {
    "swap": "dex_router",
    "liquidity_added": "defi_pool",
    "liquidity_removed": "defi_pool",
}
_CONVERSIONS: Final[Mapping[str, str]] = {
    "swap": "dex_swap",
    "liquidity_added": "liquidity_add",
    "liquidity_removed": "liquidity_remove",
}
_ANGLES: Final = str.maketrans({"<": "‹", ">": "›"})
_MARKUP: Final = re.compile(r"([\\`*_\[\]|~#!])")

Row = dict[str, Any]


def _files(draft: Draft) -> Mapping[str, bytes]:
    draft = english(draft)
    flows = {n: flow for n, flow in enumerate(draft.dossier.result.flows, 1) if _fits(flow)}
    if not flows:
        return {}
    return {"report.flow.json": (json_text(_case(draft, flows), indent=1) + "\n").encode()}


def _fits(flow: FlowRow) -> bool:
    return flow.chain.startswith("eip155:") and flow.receiver != FEE_SINK


def _case(draft: Draft, flows: Mapping[int, FlowRow]) -> Row:
    reference, result = draft.dossier.reference, draft.dossier.result
    there = {(flow.chain, address) for flow in flows.values() for address in (flow.sender, flow.receiver)}
    shown = [one for one in parties(result) if (one.chain, one.address) in there]
    ends = {(one.chain, one.address, end.reason) for one in shown for end in one.ends}
    names = {(one.chain, one.address): f"n{number}" for number, one in enumerate(shown, 1)}
    return {
        "id": f"case-{reference.removeprefix('SFT-').lower()}",
        "name": _text(f"{reference} · {draft.w('report.title')}"),
        "schemaVersion": 1,
        "nodes": _nodes(draft, shown, names),
        "edges": [{**_edge(number, flow, names), "type": _type(result, flow, ends)} for number, flow in flows.items()],
        "_meta": _meta(draft, flows, shown),
    }


def _nodes(draft: Draft, shown: Iterable[Party], names: Mapping[Place, str]) -> list[Row]:
    places: Counter[int] = Counter()
    found = []
    for party in shown:
        entity = next((end.entity for end in party.ends if end.entity), "")
        found.append(
            {
                "id": names[party.chain, party.address],
                "address": party.address,
                "chainid": _number(party.chain),
                "label": _text(clean(entity)) or None,
                "subLabel": None,
                "role": _role(party),
                "hop": party.hop,
                "balance": None,
                "notes": _text("; ".join(said_of(draft, party))) or None,
                "x": party.hop * STEP_X,
                "y": places[party.hop] * STEP_Y,
            }
        )
        places[party.hop] += 1
    return found


def _role(party: Party) -> str:
    if party.victim:
        return "victim_wallet"
    ends = (_ROLES[end.reason] for end in party.ends if end.reason in _ROLES)
    venue = _VENUES.get(party.venue, "unknown_contract") if party.venue else ""
    return next(ends, venue or ("intermediate_wallet" if party.paid else "wallet"))


def _edge(number: int, flow: FlowRow, names: Mapping[Place, str]) -> Row:
    block, place, kind, index = flow.position.split(":")
    return {
        "id": f"e{number}",
        "source": names[flow.chain, flow.sender],
        "target": names[flow.chain, flow.receiver],
        "amount": plain(Exact(flow.amount, flow.asset.decimals)),
        "token": _text(clean(flow.asset.symbol)) or None,
        "token_address": None if flow.asset.id == NATIVE else flow.asset.id,
        "txcount": 1,
        "txhash": flow.tx,
        "txhashes": [flow.tx],
        "chainid": _number(flow.chain),
        "block": int(block),
        "transaction_index": int(place) if place.isdigit() else None,
        "log_index": int(index) if int(kind) == Kind.TOKEN and index.isdigit() else None,
        "trace_id": index.replace(".", "_") if int(kind) == Kind.INTERNAL and index != "?" else None,
        "timestamp": rfc3339(flow.time),
    }


def _type(result: Result, flow: FlowRow, ends: Collection[tuple[str, str, str]]) -> str:
    if flow.conversion is not None:
        return _CONVERSIONS.get(result.conversions[flow.conversion].kind, "contract_call")
    for reason in ("bridge", "burn"):
        if (flow.chain, flow.receiver, reason) in ends:
            return reason
    return "transfer" if flow.asset.id == NATIVE else "token_transfer"


def _meta(draft: Draft, flows: Mapping[int, FlowRow], shown: list[Party]) -> Row:
    result = draft.dossier.result
    chains = [
        {"chain": _text(draft.view.chain(chain)), "chainid": _number(chain)}
        for chain in dict.fromkeys(flow.chain for flow in flows.values())
    ]
    seeds = [one for one in result.origins if one.chain.startswith("eip155:")]
    times = [flow.time for flow in flows.values()]
    return {
        "created_at": rfc3339(unix(draft.dossier.run.finished)),
        "mode": "strict_trace",
        **chains[0],
        "chains": chains,
        "seed_txhashes": list(dict.fromkeys(one.tx for one in seeds)),
        "seed_addresses": list(dict.fromkeys(one.victim for one in seeds)),
        "hops_traced": max(one.hop for one in shown),
        "trace_window": {"start_timestamp": rfc3339(min(times)), "end_timestamp": rfc3339(max(times))},
        "financials": {
            "method": result.method,
            "note": draft.w("data.flow_financials"),
            "traced": {f"e{n}": plain(Exact(flow.traced, flow.asset.decimals)) for n, flow in flows.items()},
        },
        "analysis": None,
        "layout": {
            "algorithm": "chronological_hops_v1",
            "direction": "left_to_right_top_to_bottom",
            "edge_order": "timestamp",
            "same_transaction_order": "transaction_edge_then_log_index_then_trace_id",
            "node_order": "hop_then_first_edge",
            "x_spacing": STEP_X,
            "y_spacing": STEP_Y,
        },
        "ui": {"findings_markdown": "\n".join(_findings(draft))},
        "gaps": _gaps(draft),
        "disclaimer": _text(draft.w("report.subtitle")),
    }


def _gaps(draft: Draft) -> list[Row]:
    """What is not known, and what this format cannot hold."""
    result = draft.dossier.result
    found = [
        {"type": gap.kind, "detail": _text(f"{clean(gap.where, CAP)}: {clean(gap.why, CAP)}")} for gap in result.gaps
    ]
    fees = sum(flow.receiver == FEE_SINK for flow in result.flows)
    elsewhere = sum(not flow.chain.startswith("eip155:") and flow.receiver != FEE_SINK for flow in result.flows)
    if fees:
        found.append({"type": "fees_left_out", "detail": draft.w("data.flow_fees", n=f"{fees:,}")})
    if elsewhere:
        found.append({"type": "chains_left_out", "detail": draft.w("data.flow_elsewhere", n=f"{elsewhere:,}")})
    return found


def _findings(draft: Draft) -> Iterable[str]:
    """The whole case in a few lines, for it has more than this format shows."""
    result, w = draft.dossier.result, draft.w
    yield f"# {w('report.title')} {draft.dossier.reference}\n"
    yield f"{w('report.subtitle')}\n"
    yield f"{w('header.method')}: {w(f'method.{result.method}')}. {w('data.digest')}: {draft.digest}\n"
    for key, (asset, units) in stolen(result).items():
        yield f"\n## {w('header.stolen')}: {_marked(money(units, asset))}\n"
        closes = METHODS[result.method].conserves
        for part in parts_of(result, key):
            share = percent(part.share) if closes and part.share else share_of(part.units, units)
            yield f"- {w(f'reason.{part.reason}')}: {_marked(money(part.units, asset))} ({share})"
    yield from (f"\n{row['detail']}" for row in _gaps(draft) if row["type"].endswith("_left_out"))


def _number(chain: str) -> int:
    return int(chain.removeprefix("eip155:"))


def _text(text: str) -> str:
    """As much as the format bears, and nothing that it would take for markup."""
    text = text.translate(_ANGLES)
    return text if len(text) <= CAP else text[: CAP - 1] + "…"


def _marked(text: str) -> str:
    return _MARKUP.sub(r"\\\1", text.translate(_ANGLES))


FORMAT = Format("flow", data=_files, spoken=False)
