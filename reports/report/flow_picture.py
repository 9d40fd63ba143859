"""The flow picture, and in sentences the largest ways through it.

Officers and courts read a text beside a picture. It tells hop by hop how the largest part came to each of the largest
endpoints; the numbers are those of the hop table, where the transactions stand.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reports.conversions import whole
from reports.draft import Draft
from reports.numbers import money
from reports.paper import QUIET, STRONG, Block, Bullets, Heading, Line, Para, Span, line, line_of
from reports.picture import figure
from reports.report import Section
from reports.report.places import Place, places
from reports.view import finding, inference_sign, stolen, weight
from tracer.result import FlowRow

TOLD: Final = 5
"""Endpoints whose way is told in sentences, the largest share first."""

STEPS: Final = 12
"""Payments of one way that are told; of more, the first and the last."""


def blocks(draft: Draft) -> list[Block]:
    """The picture, how to read it, and the narrative."""
    w, flows = draft.w, draft.dossier.result.flows
    if not flows:
        return []
    return [
        Heading(1, w("front.flow"), "flow-picture"),
        figure(draft),
        Para(line(Span(w("front.flow_legend"), QUIET))),
        Heading(2, w("front.narrative"), "narrative"),
        Para(line(_overview(draft))),
        *(block for place in _largest(draft) for block in _told(draft, place)),
    ]


def _overview(draft: Draft) -> str:
    result = draft.dossier.result
    reached = {(row.chain, row.address) for row in result.addresses}
    hops = max((row.hop for row in result.addresses), default=0)
    return draft.w(
        "front.overview",
        payments=f"{len(result.flows):,}",
        addresses=f"{len(reached):,}",
        hops=f"{hops:,}",
        conversions=f"{len(result.conversions):,}",
        endpoints=f"{len(result.endpoints):,}",
    )


def _largest(draft: Draft) -> list[Place]:
    whole_of = stolen(draft.dossier.result)
    found = [place for place in places(draft) if place.way]
    return sorted(found, key=lambda place: (-weight(place.row, whole_of), place.number))[:TOLD]


def _told(draft: Draft, place: Place) -> Iterator[Block]:
    """One endpoint and the steps of the largest part that is there."""
    row = place.row
    head = line(draft.w("front.told", n=place.number), Span(money(row.amount, row.asset), STRONG), " → ")
    yield Para((*head, draft.address(row.chain, row.address), Span(" "), *line_of(finding(draft.view, row))))
    steps = _steps(draft, place)
    cut = len(steps) - STEPS
    if cut > 0:
        half = STEPS // 2
        left_out = line(Span(draft.w("front.steps_more", n=f"{cut:,}"), QUIET))
        steps = [*steps[:half], left_out, *steps[-half:]]
    yield Bullets(tuple(steps))


def _steps(draft: Draft, place: Place) -> list[Line]:
    """The payments of the transactions that its largest part came by, in order; a conversion once, as one step."""
    path, flows = set(place.row.path), draft.dossier.result.flows
    steps: list[Line] = []
    turned: set[int] = set()
    for number in place.way:
        flow = flows[number - 1]
        if flow.tx not in path:
            continue
        if flow.conversion is None:
            steps.append(_paid(draft, number, flow))
        elif flow.conversion not in turned:
            turned.add(flow.conversion)
            steps.append(_turned(draft, number, flow.conversion))
    return steps


def _paid(draft: Draft, number: int, flow: FlowRow) -> Line:
    w = draft.w
    amounts = {"amount": money(flow.amount, flow.asset), "traced": money(flow.traced, flow.asset)}
    said = w("front.step_all", **amounts) if flow.amount == flow.traced else w("front.step_part", **amounts)
    return line(
        Span(f"#{number} ", QUIET),
        w("front.step_at", time=draft.both(flow.time)),
        draft.address(flow.chain, flow.sender),
        w("front.step_paid"),
        draft.address(flow.chain, flow.receiver),
        said,
    )


def _turned(draft: Draft, number: int, conversion: int) -> Line:
    row = draft.dossier.result.conversions[conversion]
    said = draft.w(f"conversion.{row.kind}")
    place = draft.w("front.conversion_number", n=conversion + 1)
    return (
        *line(Span(f"#{number} ", QUIET), draft.w("front.step_at", time=draft.both(row.time))),
        *line_of(inference_sign(said)),
        *line(f" {whole(row)} · {place}"),
    )


SECTION = Section(50, "flow", blocks)
