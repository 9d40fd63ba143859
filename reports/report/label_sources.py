"""Who says so: every label of an address in the report, with its source, its date and what contradicts it.

A label is somebody's statement. Whoever relies on a name in this report finds here where it can be read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from reports.draft import Draft
from reports.paper import CODE, STRONG, Block, Cell, Column, Heading, Line, Para, Span, Table, cell, line, line_of
from reports.report import Section
from reports.report.cut import cut
from reports.view import inference, label
from tracer.hostile import clean
from tracer.label_audit import contradiction
from tracer.labels import Label, stopping
from tracer.result import Result
from tracer.words import translated

URL: Final = 300

LABELS: Final = 60
"""Labels that a paper lists."""

Place = tuple[str, str]
"""(chain, address)"""


class Said(NamedTuple):
    """A label of an address of the report. ``standing``: counts, contradicts, or "" for one that does neither."""

    place: Place
    label: Label
    standing: str


def blocks(draft: Draft) -> list[Block]:
    """What labels are, all that are used, and the lists that were looked in."""
    w, said = draft.w, _said(draft)
    found: list[Block] = [Heading(1, w("label_list.title"), SECTION.id), Para(line(w("label_list.meaning")))]
    against = sum(one.standing == "contradicts" for one in said)
    if against:
        found.append(Para(line(Span(w("labels.conflict", n=f"{against:,}"), STRONG))))
    found.append(_table(draft, said) if said else Para(line(w("label_list.none"))))
    lists = _lists(draft)
    return [
        *found,
        Heading(2, w("label_list.lists"), "label-lists"),
        lists if lists.rows else Para(line(w("label_list.no_lists"))),
    ]


def tables(draft: Draft) -> list[Table]:
    """Every label in columns of its own, and the lists."""
    w, said = draft.w, _said(draft)
    names = (
        "chain", "address", "entity", "category", "role", "source", "kind", "confidence", "as_of", "checked", "url",
        "standing", "assumed",
    )  # fmt: skip
    columns = tuple(Column(w(f"label_list.{name}"), right=name == "confidence") for name in names)
    labels = Table("labels", w("label_list.caption"), columns, tuple(_flat(draft, one) for one in said))
    return [table for table in (labels, _lists(draft)) if table.rows]


def _said(draft: Draft) -> list[Said]:
    """The labels of every address that stands in the result, those of one address together."""
    named, found = _addresses(draft.dossier.result), draft.dossier.labels
    return [one for place, labels in found.items() if place in named for one in _judged(place, labels)]


def _addresses(result: Result) -> set[Place]:
    """Whoever paid, received, passed on, converted, collected, or holds something in the report."""
    found = {(row.chain, one) for row in result.flows for one in (row.sender, row.receiver, *row.via)}
    found |= {(row.chain, one) for row in result.endpoints for one in (row.address, row.swept_to or "")}
    found |= {(row.chain, one) for row in result.deposits for one in (row.address, row.hub)}
    found |= {(row.chain, one) for row in result.conversions for one in (row.owner, *row.venues)}
    found |= {(row.chain, one) for row in result.involved for one in (row.address, row.payer)}
    found |= {(row.chain, row.address) for row in result.freezes}
    return found | {(row.chain, row.address) for row in result.methods}


def _judged(place: Place, labels: tuple[Label, ...]) -> Iterator[Said]:
    """Labels stand best first; the one that ends a trace counts, else the best."""
    counts = stopping(labels) or labels[0]
    for one in labels:
        here = one._replace(chain=counts.chain)
        standing = "counts" if one is counts else "contradicts" if contradiction(counts, here) else ""
        yield Said(place, one, standing)


def _table(draft: Draft, said: list[Said]) -> Table:
    w = draft.w
    columns = (Column(w("label_list.address"), 50), Column(w("label_list.said"), 50))

    def row(one: Said) -> tuple[Cell, ...]:
        chain, address = one.place
        return cell(draft.view.chain(chain), draft.address(chain, address)), cell(*_lines(draft, one))

    return cut(draft, "labels", w("label_list.caption"), columns, said, row, most=LABELS)


def _lines(draft: Draft, one: Said) -> Iterator[Line]:
    w, said = draft.w, one.label
    confidence = w("endpoints.confidence", n=said.confidence)
    yield line_of(label(said.entity, w(f"category.{said.category}"), translated(said.source, w)))
    if one.standing:
        yield line(Span(w(f"labels.standing.{one.standing}"), STRONG))
    yield line(" · ".join((_role(draft, said), w(f"labels.kind.{said.kind}"), confidence)))
    yield line(" · ".join(filter(None, (_as_of(draft, said), _checked(draft, said)))))
    if said.assumed:
        yield line_of(inference(translated(said.assumed, w), confidence))
    if said.url:
        yield line(Span(clean(said.url, URL), CODE))


def _role(draft: Draft, said: Label) -> str:
    return draft.w(f"labels.role.{said.role}") if said.role else draft.w("labels.role_unsaid")


def _as_of(draft: Draft, said: Label) -> str:
    return draft.w("labels.as_of", date=clean(said.as_of)) if said.as_of else draft.w("labels.undated")


def _checked(draft: Draft, said: Label) -> str:
    return draft.w("labels.checked", date=clean(said.checked)) if said.checked else ""


def _flat(draft: Draft, one: Said) -> tuple[Cell, ...]:
    w, said, (chain, address) = draft.w, one.label, one.place
    return (
        cell(draft.view.chain(chain)),
        cell(draft.address(chain, address)),
        cell(clean(said.entity)),
        cell(w(f"category.{said.category}")),
        cell(_role(draft, said)),
        cell(clean(translated(said.source, w), URL)),
        cell(w(f"labels.kind.{said.kind}")),
        cell(f"{said.confidence}", value=said.confidence),
        cell(clean(said.as_of)),
        cell(clean(said.checked)),
        cell(clean(said.url, URL)),
        cell(w(f"labels.standing.{one.standing}") if one.standing else ""),
        cell(clean(translated(said.assumed, w), URL)),
    )


def _lists(draft: Draft) -> Table:
    w = draft.w
    rows = tuple(
        (cell(clean(translated(name, w))), cell(Span(clean(digest, 100), CODE)))
        for name, digest in sorted(draft.dossier.run.lists.items())
    )
    columns = (Column(w("label_list.list"), 25), Column(w("label_list.digest"), 75))
    return Table("lists", w("label_list.lists_caption"), columns, rows)


SECTION = Section(120, "labels", blocks, tables)
