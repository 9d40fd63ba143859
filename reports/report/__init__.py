"""The funds-flow report: its sections in their order, one module each.

The order is that of who has to act: first what is where and what can still be stopped, then how that is known, and only
then everything that lets a stranger check it. The method stands before any result that depends on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from pkgutil import iter_modules
from typing import NamedTuple

from reports.draft import Draft
from reports.paper import Block, Contents, Paper, Table


class Section(NamedTuple):
    """``place`` orders the sections. ``blocks`` draws one, its heading included, none where there is nothing to say.

    ``tables`` gives its tables with all their rows, for spreadsheets and data files.
    """

    place: int
    id: str
    blocks: Callable[[Draft], list[Block]]
    tables: Callable[[Draft], list[Table]] = lambda _: []


def sections() -> tuple[Section, ...]:
    """Every section, in order."""
    modules = (import_module(f"{__name__}.{info.name}") for info in iter_modules(__path__))
    found: list[Section] = [module.SECTION for module in modules if hasattr(module, "SECTION")]
    return tuple(sorted(found, key=lambda one: one.place))


def report(draft: Draft) -> Paper:
    """The whole report as a paper. The first section stands by itself, before the contents."""
    first, *others = (section.blocks(draft) for section in sections())
    blocks = (*first, Contents(), *(block for section in others for block in section))
    return draft.paper(draft.w("report.title"), draft.w("report.subtitle"), blocks)


def tables(draft: Draft) -> Iterator[Table]:
    """Every table of the report with all its rows."""
    for section in sections():
        yield from section.tables(draft)
