"""What is said of an address is put as a trace would take it, and why one label goes before another."""

from __future__ import annotations

import json

import pytest

from tests.tracer.small_world import who
from tracer.label_explain import PASSES, WINS, Verdict, as_document, verdicts
from tracer.labels import EVM_WILDCARD, Label, LabelBook

X = who("x")
A = Label("eip155:1", X, "Binance", "exchange_hot", "A list", "2026-01-01", 70, role="hot", kind="agreed")


def of(*labels: Label, chain: str | None = None, span: tuple[str, str] = ("2026-09-01", "2026-09-01")) -> list[Verdict]:
    book = LabelBook.of_labels(labels)
    book.span = span
    return verdicts(book, X, chain)


def test_each_chain_has_its_verdict() -> None:
    """The chain a label speaks of, then every other EVM chain with what carries over and its lesser confidence."""
    here, elsewhere = of(A)
    assert (here.chain, here.stop, here.reason, here.tier, here.why) == ("eip155:1", A, "exchange", "", "")
    assert elsewhere.chain == EVM_WILDCARD
    assert [(label.confidence, bool(label.assumed)) for label in elsewhere.labels] == [(42, True)]
    assert elsewhere.reason == "exchange"


def test_one_chain_can_be_asked_for() -> None:
    """A named chain has a verdict even where nothing is said."""
    (there,) = of(A, chain="eip155:56")
    assert [bool(label.assumed) for label in there.labels] == [True]
    (tron,) = of(A, chain="tron:mainnet")
    assert tron.labels == ()
    assert tron.passes == "nothing"
    assert of() == []


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (A._replace(source="mine", by_user=True, kind="user", confidence=100, entity="Mine"), "user"),
        (A._replace(source="B", kind="self_published", confidence=60), "kind"),
        (A._replace(source="B", confidence=90), "confidence"),
        (A._replace(source="B", as_of="2026-02-02"), "newest"),
        (A._replace(source="B"), "equal"),
        (A._replace(source="B", category="frozen", role="", entity="Issuer: frozen", kind="authority"), "rank"),
    ],
)
def test_why_a_label_counts(other: Label, why: str) -> None:
    """The first thing in which the label that counts is better than the next is named."""
    verdict = of(A, other)[0]
    assert verdict.why == why
    assert verdict.why in WINS


def test_what_is_said_here_goes_before_what_carries_over() -> None:
    """A label of the chain itself is named as better for that, also with less confidence."""
    (verdict,) = of(
        A._replace(confidence=100), A._replace(chain="eip155:56", confidence=45, entity="B"), chain="eip155:56"
    )
    assert verdict.counts is not None
    assert (verdict.counts.entity, verdict.why) == ("B", "here")
    assert [label.entity for label in verdict.against] == ["Binance"]


@pytest.mark.parametrize(
    ("labels", "passes"),
    [
        ([A._replace(category="other", role="")], "nothing"),
        ([A._replace(confidence=39)], "weak"),
        ([A, A._replace(category="hack", entity="Report 7", role="")], "doubted"),
        ([A, A._replace(category="other", by_user=True, kind="user", role="")], "user"),
    ],
)
def test_why_a_trace_goes_on(labels: list[Label], passes: str) -> None:
    """No service, too little confidence, a theft report as credible, or the user's word."""
    verdict = of(*labels)[0]
    assert verdict.stop is None
    assert verdict.passes == passes
    assert verdict.passes in PASSES


@pytest.mark.parametrize(
    ("kind", "tier"), [("self_published", "T0"), ("authority", "T0"), ("explorer", "T1"), ("second_hand", "T1")]
)
def test_a_known_deposit_address_has_its_tier(kind: str, tier: str) -> None:
    """Published by the exchange itself, or only labelled; what carries over from another chain is only labelled."""
    deposit = A._replace(category="exchange_deposit", role="deposit", kind=kind)
    here, elsewhere = of(deposit)
    assert (here.reason, here.tier) == ("exchange_deposit", tier)
    assert elsewhere.tier == "T1"


def test_what_held_once_is_told_apart() -> None:
    """A label that has run out is shown, does not count, and comes without a verdict of its own."""
    ended = A._replace(category="frozen", role="", valid_from="2025-01-01", valid_to="2025-02-01")
    verdict = of(ended)[0]
    assert verdict.labels == ()
    assert verdict.past == (ended,)
    assert verdict.counts is None


def test_other_programs_get_the_same() -> None:
    """The document is JSON and says of every label whether it counts and whether it contradicts."""
    found = of(A, A._replace(entity="OKX", source="B", confidence=50))
    document = json.loads(json.dumps(as_document(X, found)))
    labels = document["chains"][0]["labels"]
    assert document["address"] == X
    assert [(one["entity"], one["counts"], one["contradicts"]) for one in labels] == [
        ("Binance", True, False),
        ("OKX", False, True),
    ]
