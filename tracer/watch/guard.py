"""Sees, while a case is read on, that its chains stay the ones they were: a node may be set on another one meanwhile.

What such a node says looks like any other answer ("nothing there"), and a case that goes on inherits it for good. So
the block that a case is pinned to is asked for again and again, beside the case's own evidence: what was learnt before
it was seen unchanged is sound, what came after counts for nothing until it is seen again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final

from chains.errors import ChainError, Down
from chains.model import Block
from chains.reader import Reader
from chains.scan_reader import is_same
from tracer.case import Case
from tracer.errors import SourceTrouble

EVERY: Final = 5
"""Seconds between two looks."""


def other_than(block: Block, now: Block) -> Down | None:
    """What to say where a block gave way to another one; None where it did not, as far as their hashes are told."""
    if not (block.hash and now.hash) or is_same(block, now):
        return None
    return Down(block.chain, f"block {block.number}", f"it is {now.hash}, not {block.hash}")


@dataclass(slots=True)
class Guard:
    """Looks at ``blocks`` by chain while a case is read. ``other`` says what was once seen in the place of one."""

    case: Case
    readers: Mapping[str, Reader]
    blocks: Mapping[str, Block]
    other: Down | None = None

    async def look(self) -> None:
        """Look once, and note what is sound. Raises `ChainError` where a block is another one, or cannot be seen."""
        learnt = self.case.store.last_raw()
        for chain, block in self.blocks.items():
            now = await self.readers[chain].block(block.number)
            self.other = self.other or other_than(block, now)
        if self.other is not None:
            raise self.other
        self.case.note_sound(learnt)

    async def look_on(self) -> None:
        """Look now and then, for ever."""
        while True:
            await asyncio.sleep(EVERY)
            with suppress(ChainError):
                await self.look()

    async def check(self) -> None:
        """Await it before a result counts.

        Raises:
            SourceTrouble: a block was another one at any time, or cannot be seen now.
        """
        try:
            await self.look()
        except ChainError as failure:
            if self.other is not None:
                raise SourceTrouble("error.chain_changed", why=self.other) from failure
            raise SourceTrouble("error.no_answer", why=failure) from failure


@asynccontextmanager
async def guarded(case: Case, readers: Mapping[str, Reader], blocks: Mapping[str, Block]) -> AsyncIterator[Guard]:
    """A guard that looks on for as long as a ``with`` block lasts."""
    guard = Guard(case, readers, blocks)
    looking = asyncio.create_task(guard.look_on())
    try:
        yield guard
    finally:
        looking.cancel()
