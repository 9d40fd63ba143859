"""The summary: what was taken, and where every unit of it is now.

It is the page that is read when no other is. Shares are rounded so that they add up to exactly 100.00 %, and the units
to exactly what was stolen; where the method does not conserve value there is no sum, and the page says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from chains.model import FEE_SINK, Asset
from reports.closing import parts_of
from reports.draft import Draft
from reports.numbers import money, percent, share_of
from reports.paper import (
    INFERENCE,
    LABEL,
    LEAD,
    QUIET,
    STRONG,
    Block,
    Bullets,
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
from reports.report.phrases import asset_named, columns, floored, joined, method_named, share_cell, worth
from reports.times import unix
from reports.view import SURE, AssetKey, inference_sign, key_of, label, stolen
from tracer.hostile import clean
from tracer.lots import METHODS
from tracer.result import EndpointRow
from tracer.stoppable import FROZEN, NOBODY
from tracer.words import translated

VICTIMS: Final = 10
"""Victims' addresses on this page; the section on the incident has all."""

NAMED: Final = 4
"""Names that one row of the box bears."""


def blocks(draft: Draft) -> list[Block]:
    """Who lost what, where it is, what weakens that, what can still be done, how to read it."""
    w = draft.w
    legend = (
        line(w("legend.fact")),
        line(Span(w("legend.label"), LABEL)),
        line(Span(w("legend.inference"), INFERENCE)),
        line(Span(w("front.legend_lead"), LEAD)),
    )
    return [
        Heading(1, w("front.summary"), "summary"),
        Facts(tuple(_facts(draft))),
        *_warnings(draft),
        *tables(draft),
        *(Para(line(said)) for said in _remarks(draft)),
        Heading(2, w("header.legend"), "legend"),
        Bullets(legend),
    ]


def tables(draft: Draft) -> list[Table]:
    """Where it is now, one stolen asset after the other, each with its sum."""
    head = columns(
        draft, ("stolen_asset", 17), ("where", 43), ("amount", 23, True), ("share", 11, True), ("places", 7, True)
    )
    rows = (row for key, one in stolen(draft.dossier.result).items() for row in _rows(draft, key, *one))
    return [Table("summary", draft.w("section.endpoints"), head, tuple(rows))]


def _facts(draft: Draft) -> Iterator[tuple[str, Cell]]:
    w, result = draft.w, draft.dossier.result
    yield (
        w("header.stolen"),
        cell(*(said for asset, units in stolen(result).values() for said in _taken(draft, asset, units))),
    )
    times = sorted(origin.time for origin in result.origins)
    first, last = (draft.both(time) for time in (times[0], times[-1]))
    span = (
        w("header.theft", time=first) if len(times) == 1 else w("header.thefts", n=len(times), first=first, last=last)
    )
    yield w("front.when"), cell(span)
    victims = list(dict.fromkeys((origin.chain, origin.victim) for origin in result.origins))
    named = [line(draft.address(*victim), f" ({draft.view.chain(victim[0])})") for victim in victims[:VICTIMS]]
    if len(victims) > VICTIMS:
        named.append(line(Span(w("conversion.more", n=f"{len(victims) - VICTIMS:,}"), QUIET)))
    yield w("front.victim_address"), cell(*named)
    heads = (
        w("header.block", chain=draft.view.chain(one.chain), number=one.number, time=draft.both(one.time))
        for one in result.as_of
    )
    yield w("header.as_of"), cell(*heads)
    yield w("header.method"), cell(method_named(draft), Span(w("front.method_below", section=w("front.method")), QUIET))
    yield w("front.made"), cell(draft.both(unix(draft.dossier.run.finished)))


def _taken(draft: Draft, asset: Asset, units: int) -> Iterator[Line]:
    yield line(Span(money(units, asset), STRONG), f" · {draft.view.chain(asset.chain)}")
    yield line(Span(worth(draft, units, asset), QUIET))


def _warnings(draft: Draft) -> Iterator[Block]:
    """What a reader must know before the first figure."""
    w, result = draft.w, draft.dossier.result
    if draft.dossier.audit.faults:
        yield Notice("stop", (line(w("audit.fails", n=len(draft.dossier.audit.faults))),))
    for key, (asset, units) in stolen(result).items():
        found = sum(part.units for part in parts_of(result, key))
        if not METHODS[result.method].conserves:
            values = {"stolen": money(units, asset), "amount": money(found, asset), "share": share_of(found, units)}
            yield Notice("warning", (line(w("front.exposure", **values)),))
        elif found != units:
            yield Notice("stop", (line(w("closing.differs", amount=money(units - found, asset))),))
    if result.through:
        yield Notice(
            "warning",
            (line(w("header.through", addresses=joined(draft, [clean(one, 100) for one in result.through]))),),
        )
    if result.gaps:
        gaps = set(result.gaps)
        kinds = joined(draft, sorted({w(f"gap.{gap.kind}") for gap in gaps}))
        yield Notice("warning", (line(w("front.gaps", n=f"{len(gaps):,}", kinds=kinds, section=w("limits.title"))),))


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


def _named(draft: Draft, ends: list[EndpointRow]) -> Iterator[Line]:
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
    if len(said) > NAMED:
        yield line(Span(draft.w("conversion.more", n=len(said) - NAMED), QUIET))


def _remarks(draft: Draft) -> Iterator[str]:
    w, result = draft.w, draft.dossier.result
    if any(key_of(part.asset) != key_of(row.asset) for row in result.endpoints for part in row.principal):
        yield w("methods.converted")
    yield w("front.worth_meaning")
    can = [one for one in draft.dossier.stoppable if one.means not in (FROZEN, NOBODY)]
    if not can:
        yield w("front.cannot_stop")
    elif METHODS[result.method].conserves:
        share = floored(sum((one.worth for one in can), Fraction(0)))
        yield w("front.can_stop", n=f"{len(can):,}", share=percent(share))
    else:
        yield w("front.can_stop_exposure", n=f"{len(can):,}")


SECTION = Section(10, "summary", blocks, tables)
