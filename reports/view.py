"""What every section of the terminal report needs to know, and how facts, labels and inferences look.

The three must be told apart without colour too: a label stands in brackets with its source, an inference behind `≈`
with its confidence, and a fact stands plain (rule 9.15 of the domain reference).
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from rich.text import Text

from chains.model import Asset
from chains.registry import load_chains
from reports.numbers import money
from tracer.hostile import clean
from tracer.labels import CATEGORIES
from tracer.result import NOT_FOLLOWED, EndpointRow, Result, conduits_of
from tracer.words import Words, translated

HITS: Final = frozenset({"exchange", "exchange_deposit"})
"""Reasons that mean: somebody can be asked to freeze it, now."""

SURE: Final = 100

AssetKey = tuple[str, str]

_MARK: Final = re.compile(r"(.+) \[(\w+); (.+)\]")
"""A label as `AddressRow.marks` writes it: entity, category, source."""


@dataclass(frozen=True, slots=True)
class View:
    """A result and how somebody wants to see it. ``chains`` maps ids to names; ``case`` is how to name it again.

    ``names`` has what labels say of the addresses of the result, by (chain, address); ``conduits`` the addresses that
    passed on what went into each conversion or came out of it, by its number.
    """

    result: Result
    w: Words
    chains: Mapping[str, str]
    case: str
    everything: bool
    names: Mapping[tuple[str, str], tuple[Text, ...]] = field(default_factory=dict)
    conduits: Mapping[int, Sequence[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, result: Result, w: Words, case: str, *, everything: bool) -> View:
        """A result with the names of the chains that the program knows."""
        chains = {chain_id: chain.name for chain_id, chain in load_chains().items()}
        names = {(row.chain, row.address): tuple(_mark(w, mark) for mark in row.marks) for row in result.addresses}
        return cls(result, w, chains, case, everything, names, conduits_of(result))

    @property
    def command(self) -> str:
        """What shows all."""
        return f"trace show {shlex.quote(self.case)} --all"

    def chain(self, chain_id: str) -> str:
        """A chain's name, or its id where the table does not know it."""
        return self.chains.get(chain_id, clean(chain_id))

    def limit(self, rows: int) -> int | None:
        """``rows``, or None when everything is wanted."""
        return None if self.everything else rows


def key_of(asset: Asset) -> AssetKey:
    """What makes an asset that asset; its symbol does not."""
    return asset.chain, asset.id


def stolen(result: Result) -> dict[AssetKey, tuple[Asset, int]]:
    """Every stolen asset with its sum over all origins, in base units."""
    found: dict[AssetKey, tuple[Asset, int]] = {}
    for origin in result.origins:
        key = key_of(origin.asset)
        asset, before = found.get(key, (origin.asset, 0))
        found[key] = (asset, before + origin.amount)
    return dict(sorted(found.items()))


def wholes(result: Result) -> dict[AssetKey, Fraction]:
    """Base units of every asset that stand for all that was stolen of one: to put amounts in order, not to show.

    For what was stolen itself that is what was stolen; for what it was converted into, it goes by what was traced.
    """
    whole = {key: Fraction(units) for key, (_, units) in stolen(result).items()}
    traced: dict[AssetKey, int] = {}
    shares: dict[AssetKey, Fraction] = {}
    for flow in result.flows:
        key = key_of(flow.asset)
        traced[key] = traced.get(key, 0) + flow.traced
        for part in flow.principal:
            shares[key] = shares.get(key, Fraction(0)) + whole[key_of(part.asset)] ** -1 * part.amount
    return {key: share**-1 * traced[key] for key, share in shares.items() if share} | whole


def weight(row: EndpointRow, whole: Mapping[AssetKey, tuple[Asset, int]]) -> Fraction:
    """The share of what was stolen that ended here; over several stolen assets, their sum."""
    return sum((Fraction(part.amount, whole[key_of(part.asset)][1]) for part in row.principal), Fraction(0))


def ranked(result: Result) -> list[EndpointRow]:
    """Endpoints: exchange hits first, what was not followed last, the larger share before the smaller."""
    whole = stolen(result)

    def rank(row: EndpointRow) -> tuple[int, Fraction, str, str, str, str]:
        group = 0 if row.reason in HITS else 2 if row.reason in NOT_FOLLOWED else 1
        return group, -weight(row, whole), row.chain, row.address, row.asset.id, row.reason

    return sorted(result.endpoints, key=rank)


def in_total(amounts: Iterable[tuple[Asset, int]]) -> str:
    """Amounts added up per asset, as text."""
    sums: dict[AssetKey, tuple[Asset, int]] = {}
    for asset, units in amounts:
        known, before = sums.get(key_of(asset), (asset, 0))
        sums[key_of(asset)] = (known, before + units)
    return ", ".join(money(units, asset) for _, (asset, units) in sorted(sums.items()))


def stands_for(view: View, row: EndpointRow) -> str:
    """What of the stolen an endpoint's units stand for, where that is not what they are themselves; else ""."""
    if all(key_of(part.asset) == key_of(row.asset) for part in row.principal):
        return ""
    return view.w("endpoints.stands_for", amount=in_total((part.asset, part.amount) for part in row.principal))


def label(*parts: str) -> Text:
    """An attribution: `[name · its source]`."""
    said = " · ".join(filter(None, map(clean, parts)))
    return Text(f"[{said}]", style="cyan")


def inference_sign(said: str) -> Text:
    """Something that this program concludes and that rests on nothing uncertain: `≈ said`."""
    return Text(f"≈ {said}", style="yellow italic")


def inference(rule: str, confidence: str) -> Text:
    """A conclusion of this program's, not a fact: `≈ rule (confidence 80/100)`."""
    return Text(f"≈ {clean(rule, 200)} ({confidence})", style="yellow italic")


def finding(view: View, row: EndpointRow) -> Text:
    """Why the trace ends here: the reason, then the label, then the inference it rests on."""
    shown = Text(view.w(f"reason.{row.reason}"), style="bold green" if row.reason in HITS else "bold")
    confidence = view.w("endpoints.confidence", n=row.confidence)
    rule = translated(row.rule, view.w)
    if row.entity:
        shown.append(" ").append_text(label(row.entity, translated(row.label_source, view.w)))
    if rule and row.confidence < SURE:
        shown.append(" ").append_text(inference(rule, confidence))
    elif rule:
        shown.append(f" — {clean(rule, 200)}")
    elif row.entity:
        shown.append(f" {confidence}")
    return shown


def _mark(w: Words, mark: str) -> Text:
    found = _MARK.fullmatch(mark)
    if found is None or found[2] not in CATEGORIES:
        return label(mark)
    return label(found[1], w(f"category.{found[2]}"), translated(found[3], w))
