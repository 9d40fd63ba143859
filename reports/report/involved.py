"""Who is involved: addresses in the order of how firmly they are tied to the case. Inferences from first to last.

The payments are facts; that they belong together is not. So every tier stands behind `≈` with the rule that made it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reports.draft import Draft
from reports.numbers import money
from reports.paper import QUIET, Block, Cell, Column, Heading, Line, Para, Span, Table, cell, line, line_of
from reports.report import Section
from reports.report.cut import cut
from reports.report.phrases import best_name, worded
from reports.view import inference_sign
from tracer.involved import LEAD, SHOWN, SOME, TIERS
from tracer.result import InvolvedRow

PEOPLE: Final = 25
"""Addresses of one tier that a paper lists."""


def blocks(draft: Draft) -> list[Block]:
    """A table for each tier that counts; how many the weakest has."""
    w, people = draft.w, _people(draft)
    if not people:
        return []
    found: list[Block] = [Heading(1, w("section.involved"), SECTION.id), Para(line(w("persons.intro")))]
    for tier in SHOWN if draft.limit is not None else TIERS:
        own = [rows for rows in people if rows[0].tier == tier]
        if own:
            found.append(_table(draft, f"involved-{tier}", _tier(draft, tier, len(own)), own))
    late = sum(rows[0].tier == SOME for rows in people)
    if late and draft.limit is not None:
        found.append(Para(line_of(inference_sign(w("involved.some", n=f"{late:,}"))) + line(w("persons.elsewhere"))))
    return found


def tables(draft: Draft) -> list[Table]:
    """Every row of every tier."""
    w, rows = draft.w, draft.dossier.result.involved
    columns = ("chain", "address", "tier", "most", "where", "payer", "tx")
    titles = tuple(Column(w(f"persons.{name}"), right=name == "most") for name in columns)
    return [Table("involved", w("section.involved"), titles, tuple(_flat(draft, row) for row in rows))] if rows else []


def _people(draft: Draft) -> list[list[InvolvedRow]]:
    """The rows of each address, the strongest tier first, in the order of the result."""
    people: dict[tuple[str, str], list[InvolvedRow]] = {}
    for row in sorted(draft.dossier.result.involved, key=lambda one: TIERS.index(one.tier)):
        people.setdefault((row.chain, row.address), []).append(row)
    return list(people.values())


def _tier(draft: Draft, tier: str, addresses: int) -> str:
    return f"{'◇' if tier == LEAD else '≈'} {draft.w(f'involved.{tier}', n=f'{addresses:,}')}"


def _table(draft: Draft, name: str, caption: str, people: list[list[InvolvedRow]]) -> Table:
    w = draft.w
    columns = (
        Column(w("persons.address"), 66),
        Column(w("persons.most"), 20, right=True),
        Column(w("persons.where"), 14),
    )
    return cut(draft, name, caption, columns, people, lambda rows: _row(draft, rows), most=PEOPLE)


def _row(draft: Draft, rows: list[InvolvedRow]) -> tuple[Cell, ...]:
    first = rows[0]
    reasons = dict.fromkeys(draft.w(f"reason.{row.reason}") for row in rows if row.reason)
    return (
        cell(
            line(draft.address(first.chain, first.address), Span(f" · {draft.view.chain(first.chain)}", QUIET)),
            best_name(draft, first.chain, first.address),
            *_tied(draft, rows),
        ),
        cell(*(money(row.most, row.asset) for row in rows if row.most)),
        cell(*reasons),
    )


def _tied(draft: Draft, rows: list[InvolvedRow]) -> Iterator[Line]:
    """The payments that tie an address to the case in time."""
    w = draft.w
    for chain, payer, tx in dict.fromkeys((row.chain, row.payer, row.tx) for row in rows if row.tx):
        yield worded(w("persons.payer"), draft.address(chain, payer))
        yield worded(w("persons.tx"), draft.tx(chain, tx))


def _flat(draft: Draft, row: InvolvedRow) -> tuple[Cell, ...]:
    return (
        cell(draft.view.chain(row.chain)),
        cell(draft.address(row.chain, row.address)),
        cell(draft.w(f"persons.tier.{row.tier}")),
        draft.amount(row.most, row.asset),
        cell(draft.w(f"reason.{row.reason}") if row.reason else ""),
        cell(draft.address(row.chain, row.payer)) if row.payer else Cell(),
        cell(draft.tx(row.chain, row.tx)) if row.tx else Cell(),
    )


SECTION = Section(85, "involved", blocks, tables)
