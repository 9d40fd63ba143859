"""What labels say of an address, chain by chain, and what a trace would make of it: the answer to `trace labels show`.

Every label stands with all there is to check it by. Which of them counts, and which contradict it, is said in words and
not by colour alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from rich.console import Console
from rich.text import Text

from chains.model import Address
from reports.label_lists import ListLine, head
from reports.layout import Line, heading, put
from reports.view import inference, label
from tracer.hostile import clean
from tracer.label_explain import Verdict
from tracer.labels import EVM_WILDCARD, Label
from tracer.words import Words, translated

URL_CAP = 300
STYLES = {"counts": "bold green", "contradicts": "bold yellow", "ended": "dim"}


class Looked(NamedTuple):
    """Where was looked: the lists, and the known ones that were never fetched."""

    lists: Sequence[ListLine]
    absent: Sequence[str]


def render_labels(
    address: Address, found: Sequence[Verdict], looked: Looked, chains: Mapping[str, str], w: Words, console: Console
) -> None:
    """Print what is known of an address. ``chains`` maps ids to names."""
    console.print(Text(address, style="bold"), soft_wrap=True)
    for verdict in found:
        heading(console, _chain(verdict.chain, chains, w))
        shown = [*verdict.labels, *verdict.past]
        for one in shown:
            put(console, _label(verdict, one, w), "    ", "  • ")
        put(console, [Line(one) for one in _verdict(verdict, w)], "  ")
    if not any(verdict.labels or verdict.past for verdict in found):
        console.print()
        put(console, [Line(Text(w("labels.none"))), Line(Text(w("labels.none_means"), style="dim"))])
    heading(console, w("labels.looked"))
    for line in looked.lists:
        put(console, [Line(head(line, w))], "    ", "  • ")
    if looked.absent:
        put(console, [Line(Text(w("labels.not_looked", lists=", ".join(looked.absent)), style="dim"))], "  ")


def _chain(chain: str, chains: Mapping[str, str], w: Words) -> str:
    if chain == EVM_WILDCARD:
        return w("labels.any_evm")
    return f"{chains[chain]} ({chain})" if chain in chains else clean(chain)


def _label(verdict: Verdict, one: Label, w: Words) -> Iterator[Line]:
    yield Line(label(one.entity, w(f"category.{one.category}"), translated(one.source, w)))
    standing = _standing(verdict, one)
    confidence = w("endpoints.confidence", n=one.confidence)
    facts = [
        Text(w(f"labels.standing.{standing}"), style=STYLES[standing]) if standing else Text(),
        Text(w(f"labels.role.{one.role}") if one.role else w("labels.role_unsaid")),
        Text(w(f"labels.kind.{one.kind}")),
        Text() if one.assumed else Text(confidence),
    ]
    yield Line(Text(" · ").join(filter(None, facts)))
    yield Line(Text(" · ".join(_dates(one, w))))
    if one.chain != verdict.chain and not one.assumed:
        yield Line(Text(w("labels.said_of", chain=w("labels.every_evm"))))
    if one.assumed:
        yield Line(inference(translated(one.assumed, w), confidence))
    if one.url:
        yield Line(Text(clean(one.url, URL_CAP), style="dim"), whole=True)


def _standing(verdict: Verdict, one: Label) -> str:
    if one is verdict.counts:
        return "counts"
    if any(one is other for other in verdict.against):
        return "contradicts"
    return "ended" if any(one is other for other in verdict.past) else ""


def _dates(one: Label, w: Words) -> Iterator[str]:
    yield w("labels.as_of", date=one.as_of) if one.as_of else w("labels.undated")
    if one.checked:
        yield w("labels.checked", date=one.checked)
    if one.valid_from:
        yield w("labels.valid_from", date=one.valid_from)
    if one.valid_to:
        yield w("labels.valid_to", date=one.valid_to)


def _verdict(verdict: Verdict, w: Words) -> Iterator[Text]:
    if verdict.reason:
        yield Text(w("labels.stops", reason=w(f"reason.{verdict.reason}")), style="bold")
    else:
        yield Text(w(f"labels.goes_on.{verdict.passes}"))
    if verdict.tier:
        yield Text(w(f"labels.tier.{verdict.tier}"))
    if verdict.why:
        yield Text(w(f"labels.wins.{verdict.why}"), style="dim")
    if verdict.against:
        yield Text(w("labels.conflict", n=len(verdict.against)), style="yellow")
