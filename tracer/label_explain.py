"""What all labels say of one address, which of them counts on which chain, and why: the answer to `trace labels show`.

The rules are those of a trace (`tracer.labels`); here they are only put into words a person can check.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from chains.model import Address
from tracer.label_audit import contradiction
from tracer.labels import EVM_WILDCARD, KINDS, STOPS, Label, LabelBook, is_published, stop_reason, stopping


class Verdict(NamedTuple):
    """What labels make of an address on one chain: ``labels`` that hold, best first, and ``past`` ones that do not.

    ``stop`` ends a trace, for ``reason``; else ``passes`` says why it goes on, as a word of `PASSES`. ``why`` says by
    what the label that counts goes before the next, as a word of `WINS`. ``tier`` is T0 or T1 for a known deposit
    address; ``against`` are labels that contradict what counts.
    """

    chain: str
    labels: tuple[Label, ...]
    past: tuple[Label, ...]
    stop: Label | None
    reason: str
    passes: str
    why: str
    tier: str
    against: tuple[Label, ...]

    @property
    def counts(self) -> Label | None:
        """The label that counts: the one that ends a trace, else the best."""
        return self.stop or next(iter(self.labels), None)


PASSES = ("nothing", "user", "weak", "doubted")
"""Why a trace goes on: no label of a service; the user says so; too little confidence; as credibly a thief."""

WINS = ("user", "here", "kind", "confidence", "newest", "rank", "equal")


def verdicts(book: LabelBook, address: Address, chain: str | None = None) -> list[Verdict]:
    """The verdict for each chain that labels speak of, and for any other EVM chain; or for one chain alone.

    Labels hold or not in the book's ``span``. Nobody is asked whether the address is a contract, so what carries over
    is given its lesser confidence.
    """
    if chain is not None:
        return [_verdict(book, address, chain)]
    said = {label.chain for label in book.said(address)}
    if any(one.startswith("eip155:") for one in said):
        said.add(EVM_WILDCARD)
    found = [_verdict(book, address, one) for one in sorted(said, key=_order)]
    return [one for one in found if one.labels or one.past]


def _verdict(book: LabelBook, address: Address, chain: str) -> Verdict:
    labels = book.of(chain, address, is_contract=None)
    stop = stopping(labels)
    counts = stop or next(iter(labels), None)
    others = [label for label in labels if label is not counts]
    past = tuple(label for label in book.said(address) if label.chain == chain and not label.holds(*book.span))
    against = tuple(label for label in others if counts and contradiction(counts, _here(label, counts)))
    tier = ""
    if stop is not None and stop_reason(stop) == "exchange_deposit":
        tier = "T0" if is_published(stop) else "T1"
    reason = stop_reason(stop) or "" if stop else ""
    why = _why(counts, others[0]) if counts and others else ""
    return Verdict(chain, labels, past, stop, reason, "" if stop else _passes(labels), why, tier, against)


def _passes(labels: Sequence[Label]) -> str:
    """Why none of the labels ends a trace, as a word of `PASSES`."""
    services = [label for label in labels if label.category in STOPS]
    if not services:
        return "nothing"
    if any(label.by_user and not label.assumed for label in labels):
        return "user"
    return "doubted" if any(map(stop_reason, services)) else "weak"


def _here(label: Label, counts: Label) -> Label:
    """A label as if it were said of the same chain: what carries over can contradict too."""
    return label._replace(chain=counts.chain)


def _why(best: Label, after: Label) -> str:
    """By what a label goes before another, as a word of `WINS`: the first thing in which it is better."""
    kinds = KINDS.index(after.kind) - KINDS.index(best.kind)
    if best.by_user != after.by_user:
        return "user" if best.by_user else "rank"
    if bool(best.assumed) != bool(after.assumed):
        return "rank" if best.assumed else "here"
    if kinds:
        return "kind" if kinds > 0 else "rank"
    if best.confidence != after.confidence:
        return "confidence" if best.confidence > after.confidence else "rank"
    if best.as_of != after.as_of:
        return "newest" if best.as_of > after.as_of else "rank"
    return "equal"


def _order(chain: str) -> tuple[bool, str]:
    return chain == EVM_WILDCARD, chain


def as_document(address: Address, found: Sequence[Verdict]) -> dict[str, object]:
    """The same for other programs."""
    return {
        "address": address,
        "chains": [
            {
                "chain": one.chain,
                "stops": bool(one.stop),
                "reason": one.reason,
                "goes_on": one.passes,
                "deposit_tier": one.tier,
                "wins_by": one.why,
                "labels": [
                    {
                        **label._asdict(),
                        "counts": label is one.counts,
                        "contradicts": any(label is other for other in one.against),
                    }
                    for label in one.labels
                ],
                "past": [label._asdict() for label in one.past],
            }
            for one in found
        ],
    }
