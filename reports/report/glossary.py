"""The words of the report in both languages side by side, whatever language the rest is in.

An officer, a foreign exchange and a court read the same case; each must be able to name a thing to the other two.
"""

from __future__ import annotations

from collections.abc import Iterator

from reports.draft import Draft
from reports.paper import STRONG, Block, Cell, Column, Heading, Para, Span, Table, cell, line
from reports.report import Section
from tracer.words import catalogue, words


def blocks(draft: Draft) -> list[Block]:
    """Every word with what it means."""
    w = draft.w
    return [Heading(1, w("glossary.title"), SECTION.id), Para(line(w("glossary.meaning"))), _table(draft)]


def tables(draft: Draft) -> list[Table]:
    """The same table."""
    return [_table(draft)]


def _table(draft: Draft) -> Table:
    w = draft.w
    columns = (Column(w("glossary.zh"), 22), Column(w("glossary.en"), 24), Column(w("glossary.means"), 54))
    return Table("glossary", w("glossary.caption"), columns, tuple(_rows(draft)))


def _rows(draft: Draft) -> Iterator[tuple[Cell, ...]]:
    """In the order of the catalogue, which is that of a case: what was taken, where it went, what can be done."""
    for key in catalogue():
        if key.startswith("means."):
            name = key.removeprefix("means.")
            terms = (words(lang)(f"term.{name}") for lang in ("zh", "en"))
            yield *(cell(Span(term, STRONG)) for term in terms), cell(draft.w(f"means.{name}"))


SECTION = Section(130, "glossary", blocks, tables)
