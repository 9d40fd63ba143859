"""A paper laid out as one page: sections, anchors that are used once, headings that skip no level.

Whoever writes a section knows nothing of the others, so two may choose the same id, and a card does not know how deep
it stands. A page with two equal anchors leads a reader to the wrong place, and a screen reader goes by the levels of
the headings; both are settled here, before any markup is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from reports.paper import Block, Card, Figure, Heading, Paper, Table

DEEPEST: Final = 6
PREFIXES: Final = {Heading: "", Card: "", Table: "table-", Figure: "figure-"}
"""A section and its table are often named alike, and a link means the section."""


class Placed(NamedTuple):
    """A block with its ``kind`` (its class in lower case), its anchor and, for what has a title, its heading level."""

    kind: str
    block: Block
    anchor: str = ""
    level: int = 0
    inner: tuple[Placed, ...] = ()


class Section(NamedTuple):
    """What stands under one heading of level 1; ``heading`` is None for what stands before the first."""

    heading: Placed | None
    blocks: tuple[Placed, ...]
    parts: tuple[Placed, ...]
    """Its headings of level 2, for the contents."""


class Page(NamedTuple):
    """A paper's sections, and every anchor that a link on it may name."""

    sections: tuple[Section, ...]
    anchors: frozenset[str]

    @property
    def figures(self) -> tuple[Placed, ...]:
        """Its pictures that can be explored."""
        blocks = (placed for section in self.sections for placed in _deep(section.blocks))
        return tuple(one for one in blocks if isinstance(one.block, Figure) and one.block.graph)


def page(paper: Paper) -> Page:
    """The page of a paper."""
    placing = _Placing()
    placed = placing.place(paper.blocks)
    return Page(tuple(_sections(placed)), frozenset(placing.taken))


def _sections(blocks: Iterable[Placed]) -> Iterator[Section]:
    heading: Placed | None = None
    under: list[Placed] = []
    for one in blocks:
        if isinstance(one.block, Heading) and one.block.level == 1:
            if heading or under:
                yield _section(heading, under)
            heading, under = one, []
        else:
            under.append(one)
    if heading or under:
        yield _section(heading, under)


def _section(heading: Placed | None, under: list[Placed]) -> Section:
    parts = tuple(one for one in under if isinstance(one.block, Heading) and one.block.level == 2)
    return Section(heading, tuple(under), parts)


def _deep(blocks: Iterable[Placed]) -> Iterator[Placed]:
    for one in blocks:
        yield one
        yield from _deep(one.inner)


class _Placing:
    """The walk through a paper. The page's own title is its only heading of level 1."""

    def __init__(self) -> None:
        self.taken: set[str] = set()
        self.level = 1

    def place(self, blocks: Iterable[Block], least: int = 2) -> tuple[Placed, ...]:
        """The blocks in their places; no heading among them is above level ``least``."""
        return tuple(self._placed(block, least) for block in blocks)

    def _placed(self, block: Block, least: int) -> Placed:
        kind = type(block).__name__.lower()
        if isinstance(block, Heading):
            self.level = min(max(block.level + 1, least), self.level + 1, DEEPEST)
            return Placed(kind, block, self._anchor(block), self.level)
        if isinstance(block, Card):
            around, self.level = self.level, min(self.level + 1, DEEPEST)
            placed = Placed(kind, block, self._anchor(block), self.level)
            placed = placed._replace(inner=self.place(block.blocks, self.level + 1))
            self.level = around
            return placed
        if isinstance(block, Table | Figure):
            return Placed(kind, block, self._anchor(block))
        return Placed(kind, block)

    def _anchor(self, block: Heading | Card | Table | Figure) -> str:
        wanted = PREFIXES[type(block)] + re.sub(r"[^\w.-]", "-", block.id)
        anchor, number = wanted, 1
        while anchor in self.taken:
            number += 1
            anchor = f"{wanted}-{number}"
        self.taken.add(anchor)
        return anchor
