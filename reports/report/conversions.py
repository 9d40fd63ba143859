"""Conversions: every swap or other change of form, with both sides, its rate and where it was made.

The legs are facts; that the one was paid for the other is an inference and stands as one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from reports import layout
from reports.conversions import (
    doubts,
    kind,
    market_share,
    places,
    rate_of,
    receivers,
    shared,
    stolen_part,
    terms,
    traced,
    unfair,
    whole,
)
from reports.draft import Draft
from reports.paper import (
    PLAIN,
    QUIET,
    STRONG,
    Block,
    Cell,
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
from reports.report.phrases import columns, moment, worded
from reports.view import in_total, key_of, stolen
from tracer.result import ConversionRow


def blocks(draft: Draft) -> list[Block]:
    """What the table is, what in it is worth a look, and the largest conversions in order of time."""
    found = draft.dossier.result.conversions
    if not found:
        return []
    rows = sorted(sorted(enumerate(found), key=lambda one: (-_share(draft, one[1]), one[0]))[: draft.limit])
    head = columns(draft, ("number", 5, True), ("turned", 68), ("rate_and_part", 27))
    table = Table(
        "conversions",
        draft.w("front.conversions_caption", n=f"{len(found):,}"),
        head,
        tuple(_row(draft, number, row) for number, row in rows),
    )
    far, left = sum(map(unfair, found)), len(found) - len(rows)
    warning = Notice("warning", (line(draft.w("front.unfair", n=far)), line(draft.w("rates.meaning"))))
    return [
        Heading(1, draft.w("section.conversions"), "conversions"),
        Para(line(draft.w("front.conversions_meaning"))),
        *([warning] if far else []),
        table._replace(more=line(draft.w("front.more", n=f"{left:,}"))) if left else table,
    ]


def tables(draft: Draft) -> list[Table]:
    """All conversions, one cell for each column; no table where there are none."""
    found = draft.dossier.result.conversions
    if not found:
        return []
    names = ("chain", "kind", "by", "exchange", "at", "via", "to", "rate", "market", "stolen_part", "stands_for")
    head = columns(draft, ("number", 5, True), ("time", 20), *((name, 10) for name in (*names, "note", "tx", "link")))
    rows = tuple(_cells(draft, number, row) for number, row in enumerate(found))
    return [Table("conversions", draft.w("front.conversions_caption", n=f"{len(rows):,}"), head, rows)]


def _share(draft: Draft, row: ConversionRow) -> Fraction:
    whole_of = stolen(draft.dossier.result)
    return sum((Fraction(part.amount, whole_of[key_of(part.asset)][1]) for part in row.principal), Fraction(0))


def _row(draft: Draft, number: int, row: ConversionRow) -> tuple[Cell, ...]:
    said = (*line_of(kind(draft.view, row)), *line(" ", Span(whole(row), STRONG)))
    return (
        cell(str(number + 1), value=number + 1),
        cell(
            moment(draft, row.chain, row.time),
            said,
            *_where(draft, number, row),
            worded(draft.w("front.tx"), draft.tx(row.chain, row.tx)),
        ),
        cell(line_of(terms(draft.w, row)), stolen_part(draft.w, row), *notes(draft, row)),
    )


def _where(draft: Draft, number: int, row: ConversionRow) -> Iterator[Line]:
    for name, addresses in _sides(draft, number, row).items():
        yield from _coded(draft, row.chain, places(draft.view, name, row.chain, addresses))


def _sides(draft: Draft, number: int, row: ConversionRow) -> dict[str, list[str]]:
    """Who, where, by whom, to whom; by the words that introduce them."""
    return {
        "by": list(dict.fromkeys(part.address for part in row.ins)),
        "at": list(row.venues),
        "via": list(draft.view.conduits.get(number, ())),
        "to": list(dict.fromkeys(part.address for part in receivers(row))),
    }


def _coded(draft: Draft, chain: str, lines: Iterable[layout.Line]) -> Iterator[Line]:
    """Lines of the terminal report; those that are never broken end in an address."""
    for one in lines:
        spans = line_of(one.text)
        yield tuple(draft.address(chain, span.text) if one.whole and span.kind == PLAIN else span for span in spans)


def notes(draft: Draft, row: ConversionRow) -> Iterator[Line]:
    """What several assets share it by, and what makes it less certain than its legs."""
    for said in shared(draft.w, row):
        yield line(Span(said, QUIET))
    for one in doubts(draft.view, row):
        yield line(draft.tx(row.chain, one.text.plain)) if one.whole else line_of(one.text)


def _cells(draft: Draft, number: int, row: ConversionRow) -> tuple[Cell, ...]:
    sides, tx = _sides(draft, number, row), draft.tx(row.chain, row.tx)
    named = {name: cell(*(draft.address(row.chain, one) for one in addresses)) for name, addresses in sides.items()}
    return (
        cell(str(number + 1), value=number + 1),
        draft.time(row.time),
        cell(draft.view.chain(row.chain)),
        cell(line_of(kind(draft.view, row))),
        named["by"],
        cell(whole(row)),
        named["at"],
        named["via"],
        named["to"],
        cell(rate_of(row)),
        cell(market_share(row)),
        cell(traced(row)),
        cell(in_total((part.asset, part.amount) for part in row.principal)),
        cell(*notes(draft, row)),
        cell(tx),
        cell(tx.url),
    )


SECTION = Section(65, "conversions", blocks, tables)
