"""The dossier of a case: everything its papers are drawn from, frozen and in order.

A report, a letter and a spreadsheet of one case must say the same. So each is drawn from this one value and finds out
nothing itself: the result, and beside it what the result alone does not hold: the way to every endpoint, the audit, the
leads, what labels said, every answer the case rests on with its digest. It holds no folder, no clock and nothing about
the person who asks; the same case gives the same dossier on any machine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Final, NamedTuple

from chains.model import Asset, AssetId
from tracer.audit import audit
from tracer.audit_lines import Audit
from tracer.bound_rows import Asked, BoundRow, owner
from tracer.derived import BOUNDED_ROWS
from tracer.labels import Label
from tracer.ledger import Account
from tracer.patterns import Findings, find_patterns
from tracer.question import Question
from tracer.result import FlowRow, Result
from tracer.stoppable import Stoppable, stoppable
from tracer.ways import Way, ways
from tracer.workings import Workings

BOUNDED: Final = 30
"""Endpoints whose own bounds are worked out, the largest share first: each takes two maximum flows."""


class Answer(NamedTuple):
    """One answer of a source as the case keeps it: ``question`` without keys, ``sha256`` of the body as it came."""

    number: int
    question: str
    source: str
    host: str
    asked_at: str
    status: int | None
    kind: str
    sha256: str


class Run(NamedTuple):
    """The run that left the result. Times are RFC 3339 UTC; ``inputs`` are digests of the user's files in the case."""

    version: str
    python: str
    started: str
    finished: str
    result_sha256: str
    inputs: Mapping[str, str]
    lists: Mapping[str, str]
    """Digests of the label lists that were on the machine, by name."""


@dataclass(frozen=True, slots=True, eq=False)
class Dossier:
    """A case for its papers. ``reference`` names it on all of them. Two are equal if they are one: it is large.

    Flows stand in order of time; their places, from 1, are the numbers they have on every paper. ``ways`` has, by
    account, the flows (by place, from nil) that brought what rests there, with the units of it that each brought.
    ``bounds`` has what any rule leaves possible at the largest endpoints, by account; fees and, in very large cases,
    all others have none.
    """

    reference: str
    question: Question
    run: Run
    result: Result
    ways: Mapping[Account, Way]
    bounds: Mapping[Account, BoundRow]
    audit: Audit
    findings: Findings
    stoppable: tuple[Stoppable, ...]
    labels: Mapping[tuple[str, str], tuple[Label, ...]]
    assets: Mapping[tuple[str, AssetId], Asset]
    answers: tuple[Answer, ...]

    @property
    def day(self) -> date:
        """The day the result was made: what is said of how old something is goes by it."""
        return date.fromisoformat(self.run.finished[:10])


def dossier_of(question: Question, run: Run, workings: Workings, answers: Iterable[Answer]) -> Dossier:
    """The dossier of a finished trace. ``workings`` are those with the result as the case keeps it (`derived`)."""
    result, order = _in_order(workings.result)
    place = {before: now for now, before in enumerate(order)}
    return Dossier(
        reference=reference_of(question),
        question=question,
        run=run,
        result=result,
        ways={
            account: tuple(sorted((place[number], units) for number, units in way))
            for account, way in ways(workings).items()
        },
        bounds=_bounds(workings),
        audit=audit(workings),
        findings=find_patterns(workings),
        stoppable=tuple(stoppable(result)),
        labels={key: said for key, said in sorted(workings.labels.items()) if said},
        assets=workings.assets,
        answers=tuple(answers),
    )


def reference_of(question: Question) -> str:
    """The case number on all papers: the same for the same victims and moments, whatever the folder is called."""
    victims = sorted({(one.address.lower(), one.since.lower()) for one in question.victims})
    return "SFT-" + hashlib.sha256(repr(victims).encode()).hexdigest()[:8].upper()


def _in_order(result: Result) -> tuple[Result, list[int]]:
    """The result with its flows in order of time, and where each of them stood before."""
    order = sorted(range(len(result.flows)), key=lambda number: _moment(result.flows[number]))
    return result._replace(flows=tuple(result.flows[number] for number in order)), order


def _moment(flow: FlowRow) -> tuple[object, ...]:
    """Time first, then the place in the chain as numbers; what a source did not say comes first."""
    place = tuple(
        tuple(-1 if part == "?" else int(part) for part in field.split(".")) for field in flow.position.split(":")
    )
    return flow.time, flow.chain, place, flow.tx, flow.sender, flow.receiver, flow.asset, flow.amount, flow.traced


def _bounds(workings: Workings) -> dict[Account, BoundRow]:
    if len(workings.ledger) > BOUNDED_ROWS:
        return {}
    asked = Asked(workings)
    sinks = list(islice((sink for sink in asked.sinks() if sink.payer is None), BOUNDED))
    return {owner(sink): row for sink, row in zip(sinks, asked.endpoints(sinks), strict=True)}
