"""The summary: one page that stands alone. What was taken, where all of it is now, whom to write to today.

It is the page that is read when no other is. Shares are rounded so that they add up to exactly 100.00 %, and the units
to exactly what was stolen; where the method does not conserve value there is no sum, and the page says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from chains.model import FEE_SINK, Asset
from reports.checked_list import warnings
from reports.closing import parts_of
from reports.draft import Draft
from reports.numbers import money, share_of
from reports.paper import (
    INFERENCE,
    LABEL,
    LEAD,
    QUIET,
    STRONG,
    Block,
    Cell,
    Facts,
    Heading,
    Line,
    Notice,
    Para,
    Span,
    Table,
    cell,
    line,
    line_of,
)
from reports.report import Section
from reports.report.phrases import asset_named, columns, joined, left_out, method_named, share_cell, worth
from reports.report.to_do import to_do
from reports.view import SURE, AssetKey, inference_sign, key_of, label, stolen
from tracer.hostile import clean
from tracer.lots import METHODS
from tracer.result import EndpointRow
from tracer.words import translated

VICTIMS: Final = 4
"""Victims' addresses on this page; the section on the incident has all."""

ASSETS: Final = 4
"""Stolen assets named above the box, which has all."""

NAMED: Final = 3
"""Names that one row of the box bears."""

DIFFER: Final = 3
"""Contradictions between sources that this page tells; the section on them has all."""


def blocks(draft: Draft) -> list[Block]:
    """Who lost what, what weakens the figures, where it is, what to do now, how to read it."""
    w = draft.w
    return [
        Heading(1, w("front.summary"), "summary"),
        Facts(tuple(_facts(draft))),
        *_warnings(draft),
        *tables(draft),
        *_converted(draft),
        *to_do(draft),
        Para(_legend(draft)),
    ]


def tables(draft: Draft) -> list[Table]:
    """Where it is now, one stolen asset after the other, each with its sum."""
    head = columns(
        draft, ("stolen_asset", 17), ("where", 43), ("amount", 23, True), ("share", 11, True), ("places", 7, True)
    )
    rows = (row for key, one in stolen(draft.dossier.result).items() for row in _rows(draft, key, *one))
    return [Table("summary", draft.w("section.endpoints"), head, tuple(rows))]


def _legend(draft: Draft) -> Line:
    """How facts, labels, inferences and leads look, each in its own form."""
    w = draft.w
    kinds = (Span(w("legend.fact")), Span(w("legend.label"), LABEL), Span(w("legend.inference"), INFERENCE),
             Span(w("front.legend_lead"), LEAD))  # fmt: skip
    between = (span for kind in kinds for span in (Span(" · ", QUIET), kind))
    return line(Span(w("header.legend"), QUIET), *between)


def _facts(draft: Draft) -> Iterator[tuple[str, Cell]]:
    w, result = draft.w, draft.dossier.result
    taken = list(stolen(result).values())
    lines = [_taken(draft, *one) for one in taken[:ASSETS]]
    yield w("header.stolen"), cell(*lines, *left_out(draft, len(taken) - ASSETS))
    times = sorted(origin.time for origin in result.origins)
    first, last = (draft.both(time) for time in (times[0], times[-1]))
    span = (
        w("header.theft", time=first) if len(times) == 1 else w("header.thefts", n=len(times), first=first, last=last)
    )
    yield w("front.when"), cell(span)
    victims = list(dict.fromkeys((origin.chain, origin.victim) for origin in result.origins))
    named = [line(draft.address(*victim), f" ({draft.view.chain(victim[0])})") for victim in victims[:VICTIMS]]
    yield w("front.victim_address"), cell(*named, *left_out(draft, len(victims) - VICTIMS))
    heads = (
        w("header.block", chain=draft.view.chain(one.chain), number=f"{one.number:,}", time=draft.both(one.time))
        for one in result.as_of
    )
    yield w("header.as_of"), cell(*heads)
    below = Span(w("front.method_below", section=w("front.method")), QUIET)
    yield w("header.method"), cell(line(method_named(draft), below))


def _taken(draft: Draft, asset: Asset, units: int) -> Line:
    name = f" · {draft.view.chain(asset.chain)} · "
    return line(Span(money(units, asset), STRONG), name, Span(worth(draft, units, asset), QUIET))


def _warnings(draft: Draft) -> Iterator[Notice]:
    """What a reader must know before the first figure."""
    w, result, faults = draft.w, draft.dossier.result, draft.dossier.audit.faults
    wrong = [w("audit.fails", n=f"{len(faults):,}")] if faults else []
    weak: list[str] = []
    for key, (asset, units) in stolen(result).items():
        found = sum(part.units for part in parts_of(result, key))
        if not METHODS[result.method].conserves:
            values = {"stolen": money(units, asset), "amount": money(found, asset), "share": share_of(found, units)}
            weak.append(w("front.exposure", **values))
        elif found != units:
            wrong.append(w("closing.differs", amount=money(units - found, asset)))
    if result.through:
        weak.append(w("header.through", addresses=joined(draft, [clean(one, 100) for one in result.through])))
    if result.gaps:
        gaps = set(result.gaps)
        kinds = joined(draft, sorted({w(f"gap.{gap.kind}") for gap in gaps}))
        weak.append(w("front.gaps", n=f"{len(gaps):,}", kinds=kinds, section=w("limits.title")))
    if wrong:
        yield Notice("stop", tuple(map(line, wrong)))
    yield from _contradictions(draft)
    if weak:
        yield Notice("warning", tuple(map(line, weak)))


def _contradictions(draft: Draft) -> Iterator[Notice]:
    """What sources, or the chain itself, say otherwise than the case."""
    found = warnings(draft.dossier.result, draft.w)
    yield from (Notice("warning", (line(one),)) for one in found[:DIFFER])
    if left := len(found[DIFFER:]):
        said = draft.w("checked.more_warnings", n=f"{left:,}", section=draft.w("checked.title"))
        yield Notice("warning", (line(said),))


def _rows(draft: Draft, key: AssetKey, asset: Asset, units: int) -> Iterator[tuple[Cell, ...]]:
    conserves = METHODS[draft.dossier.result.method].conserves
    name = cell(asset_named(draft, asset))
    parts = parts_of(draft.dossier.result, key)
    for part in parts:
        ends = [row for row in draft.dossier.result.endpoints if row.reason == part.reason and _stands_for(row, key)]
        there = {(row.chain, row.address) for row in ends if row.address != FEE_SINK}
        share = share_cell(part.share) if conserves else cell(share_of(part.units, units))
        yield (
            name,
            cell(Span(draft.w(f"reason.{part.reason}"), STRONG), *_named(draft, ends)),
            draft.amount(part.units, asset),
            share,
            cell(f"{len(there):,}" if there else "", value=len(there) or None),
        )
    if conserves:
        total = sum(part.units for part in parts)
        yield (
            name,
            cell(Span(draft.w("front.total"), STRONG)),
            draft.amount(total, asset, strong=True),
            share_cell(sum(part.share for part in parts), strong=True),
            cell(),
        )


def _stands_for(row: EndpointRow, key: AssetKey) -> bool:
    return any(key_of(part.asset) == key for part in row.principal)


def _named(draft: Draft, ends: list[EndpointRow]) -> Iterator[Line | Span]:
    """Whose places these are: labels, and beside a label the confidence of an inference that it takes to get there."""
    said: dict[Line, None] = {}
    for row in ends:
        if row.entity:
            name = line_of(label(row.entity, translated(row.label_source, draft.w)))
            if row.rule and row.confidence < SURE:
                sure = line_of(inference_sign(draft.w("endpoints.confidence", n=row.confidence)))
                name = (*name, Span(" "), *sure)
            said.setdefault(name)
    yield from list(said)[:NAMED]
    yield from left_out(draft, len(said) - NAMED)


def _converted(draft: Draft) -> list[Block]:
    """That shares are of what was stolen, where some of it is no longer what was stolen."""
    ends = draft.dossier.result.endpoints
    if all(key_of(part.asset) == key_of(row.asset) for row in ends for part in row.principal):
        return []
    return [Para(line(Span(draft.w("methods.converted"), QUIET)))]


SECTION = Section(10, "summary", blocks, tables)
