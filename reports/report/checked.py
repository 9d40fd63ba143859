"""How each transaction was confirmed: by a second source, and by the block that commits to it.

For a reader who believes neither this program nor its sources: with a block's hash from an explorer of their own
choosing, a proven transaction needs nobody's word.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reports.checked_list import Row, checked, counts, proven_part, reasons, said, warnings
from reports.draft import Draft
from reports.paper import (
    CODE,
    QUIET,
    STRONG,
    Block,
    Bullets,
    Cell,
    Column,
    Heading,
    Line,
    Notice,
    Para,
    Span,
    Table,
    cell,
    line,
)
from reports.report import Section
from reports.report.cut import cut
from tracer.hostile import clean

ROWS: Final = 40
"""Transactions that a paper bears; the spreadsheet has all."""

NAME: Final = 100


def blocks(draft: Draft) -> list[Block]:
    """Contradictions, what was compared and how to check it, the counts, and every transaction."""
    w, result = draft.w, draft.dossier.result
    title = Heading(1, w("checked.title"), SECTION.id)
    rows = checked(result)
    if not rows:
        return [title, Para(line(w("checked.none")))]
    differ = tuple(map(line, warnings(result, w)))
    told = [line(Span(one, STRONG)) for one in counts(result, w)] + [line(one) for one in reasons(result, w)]
    tron = [Para(line(w("checked.tron")))] if any(one.chain.startswith("tron:") for one in result.inclusions) else []
    head = (Column(w("checked.col.tx"), 36), Column(w("checked.col.sources"), 28), Column(w("checked.col.proof"), 36))
    return [
        title,
        *([Notice("warning", differ)] if differ else []),
        Para(line(w("checked.meaning"))),
        Para(line(w("checked.how"))),
        *tron,
        Bullets(tuple(told)),
        cut(draft, "checked", w("checked.title"), head, rows, lambda row: _row(draft, row), most=ROWS),
    ]


def tables(draft: Draft) -> list[Table]:
    """Every transaction, one cell for each column."""
    names = ("role", "first", "second", "verdict", "why", "block", "hash", "proven", "proof_source")
    chain, tx = draft.w("front.col.chain"), draft.w("checked.col.tx")
    head = (Column(chain), Column(tx), *(Column(draft.w(f"checked.col.{name}")) for name in names))
    rows = tuple(_cells(draft, row) for row in checked(draft.dossier.result))
    return [Table("checked", draft.w("checked.title"), head, rows)]


def _row(draft: Draft, row: Row) -> tuple[Cell, ...]:
    role = f"{draft.w(f'checked.role.{row.role}')} · {draft.view.chain(row.chain)}"
    return (
        cell(line(draft.tx(row.chain, row.tx)), line(Span(role, QUIET))),
        cell(*_sources(draft, row)),
        cell(*_proof(draft, row)),
    )


def _sources(draft: Draft, row: Row) -> Iterator[Line]:
    one = row.second
    if one is None:
        return
    yield line(Span(draft.w(f"checked.verdict.{one.verdict}"), STRONG))
    yield line(" / ".join(clean(name, NAME) for name in (one.first, one.second) if name))
    yield line(Span(said(one.why, draft.w), QUIET))


def _proof(draft: Draft, row: Row) -> Iterator[Line]:
    one = row.proof
    if one is None:
        return
    yield line(Span(draft.w(f"checked.proof.{proven_part(one)}"), STRONG))
    if one.hash:
        yield line(draft.w("checked.block", number=f"{one.block:,}"))
        yield line(Span(clean(one.hash, NAME), CODE))
    yield line(Span(said((one.why,), draft.w), QUIET))


def _cells(draft: Draft, row: Row) -> tuple[Cell, ...]:
    second, proof, w = row.second, row.proof, draft.w
    why = (*(second.why if second else ()), *((proof.why,) if proof and proof.why else ()))
    return (
        cell(draft.view.chain(row.chain)),
        cell(draft.tx(row.chain, row.tx)),
        cell(w(f"checked.role.{row.role}")),
        cell(clean(second.first, NAME) if second else ""),
        cell(clean(second.second, NAME) if second else ""),
        cell(w(f"checked.verdict.{second.verdict}") if second else ""),
        cell(*(said((one,), w) for one in why)),
        cell(f"{proof.block:,}", value=proof.block) if proof and proof.hash else cell(),
        cell(Span(clean(proof.hash, NAME), CODE) if proof else ""),
        cell(w(f"checked.proof.{proven_part(proof)}") if proof else ""),
        cell(clean(proof.source, NAME) if proof else ""),
    )


SECTION = Section(105, "checked", blocks, tables)
