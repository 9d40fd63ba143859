"""A table as a paper bears it: its first rows, and how many there are in all.

Only the rows that are shown are drawn, so that a paper of a large case costs no more than its limit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from reports.draft import Draft
from reports.paper import Cell, Column, Table, line

T = TypeVar("T")


def cut(
    draft: Draft,
    name: str,
    caption: str,
    columns: tuple[Column, ...],
    items: Sequence[T],
    row: Callable[[T], tuple[Cell, ...]],
) -> Table:
    """A table of the first items, as many as the draft's limit allows; it says how many are left out."""
    shown = items[: draft.limit]
    more = draft.w("back.more", shown=f"{len(shown):,}", all=f"{len(items):,}") if len(shown) < len(items) else ""
    return Table(name, caption, columns, tuple(map(row, shown)), line(more))
