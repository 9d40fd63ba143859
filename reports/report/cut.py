"""A table as a paper bears it: its first rows, and how many there are in all.

Only the rows that are shown are drawn, so that a paper of a large case costs no more than its limit. ``most`` is for
tables that few read on paper to the end: they stand whole in the spreadsheet.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from reports.draft import Draft
from reports.paper import Cell, Column, Table, line

T = TypeVar("T")


def rows_of(draft: Draft, most: int) -> int | None:
    """How many rows a paper bears where ``most`` are enough; None where it bears all."""
    return None if draft.limit is None else min(draft.limit, most)


def cut(
    draft: Draft,
    name: str,
    caption: str,
    columns: tuple[Column, ...],
    items: Sequence[T],
    row: Callable[[T], tuple[Cell, ...]],
    *,
    most: int | None = None,
) -> Table:
    """A table of the first items, as many as the paper bears; it says how many are left out."""
    shown = items[: draft.limit if most is None else rows_of(draft, most)]
    more = draft.w("back.more", shown=f"{len(shown):,}", all=f"{len(items):,}") if len(shown) < len(items) else ""
    return Table(name, caption, columns, tuple(map(row, shown)), line(more))
