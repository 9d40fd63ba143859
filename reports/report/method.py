"""The method: the rule by which stolen units were told apart in mixed balances, in words that a court can follow.

It stands before everything that depends on it, because a tracing report fails where no single method was stated and
held to (docs/method.md). The parameters it names are those of this very case.
"""

from __future__ import annotations

from collections.abc import Iterator

from reports.draft import Draft
from reports.numbers import dollars
from reports.paper import INFERENCE, LABEL, LEAD, STRONG, Block, Bullets, Heading, Line, Notice, Para, Span, line
from reports.report import Section
from reports.report.phrases import joined, method_named
from tracer.lots import METHODS
from tracer.worth import LEAST_SHARE, PRUNED_SHARE


def blocks(draft: Draft) -> list[Block]:
    """The rule, what holds beside it, where a trail ends, what kinds of statement there are, what this is not."""
    w, result = draft.w, draft.dossier.result
    poison = [] if METHODS[result.method].conserves else [Notice("warning", (line(w("front.rule_poison")),))]
    return [
        Heading(1, w("front.method"), "method"),
        Para(line(Span(method_named(draft), STRONG))),
        Para(line(w(f"front.rule.{result.method}"))),
        *poison,
        Para(line(w("front.chosen", section=w("compare.title")))),
        Bullets(tuple(_rules(draft))),
        Heading(2, w("front.trail_ends"), "trail-ends"),
        Bullets(tuple(_ends(draft))),
        Heading(2, w("front.claims"), "claims"),
        Bullets(tuple(_claims(draft))),
        Heading(2, w("front.limits_of_report"), "not-this"),
        Bullets(tuple(line(w(f"front.not.{one}")) for one in ("person", "opinion", "accusation", "black_box"))),
    ]


def _rules(draft: Draft) -> Iterator[Line]:
    """What is the same whatever the method."""
    w, result = draft.w, draft.dossier.result
    followed = joined(draft, [w(f"methods.{name}") for name in result.followed])
    rules = ["same", "units", "order", "opening", "fees", "conversions", "conserved"]
    if not METHODS[result.method].conserves:
        rules.remove("conserved")
    yield from (line(w(f"front.rules.{rule}", section=w("proof.title"))) for rule in rules)
    if result.highest_first:
        yield line(w("front.highest_first"))
    yield line(w("front.followed", followed=followed))


def _ends(draft: Draft) -> Iterator[Line]:
    w, question = draft.w, draft.dossier.question
    yield line(w("front.ends.service"))
    yield line(w("front.ends.held"))
    if question.min_value is None:
        yield line(w("front.ends.dust", share=LEAST_SHARE, left=PRUNED_SHARE))
    else:
        yield line(w("front.ends.min_value", usd=dollars(question.min_value)))
    yield line(w("front.ends.limits", hops=f"{question.max_hops:,}", addresses=f"{question.max_addresses:,}"))
    if question.max_requests is not None:
        yield line(w("front.ends.requests", n=f"{question.max_requests:,}"))
    yield line(w("front.ends.counted"))


def _claims(draft: Draft) -> Iterator[Line]:
    w = draft.w
    yield line(Span(w("paper.term.fact"), STRONG), w("front.claim.fact"))
    yield line(Span(w("paper.term.label"), LABEL), w("front.claim.label"))
    yield line(Span(w("paper.term.inference"), INFERENCE), w("front.claim.inference"))
    yield line(Span(w("paper.term.lead"), LEAD), w("front.claim.lead"))


SECTION = Section(40, "method", blocks)
