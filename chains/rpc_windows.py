"""Windows of blocks that fit what a node is willing to answer at once, whatever its limit and wording.

How wide the next window is follows from the answers so far of one history and nothing else: a replayed case must ask
for the very same windows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Final, NamedTuple, TypeVar

from chains.errors import SplitRange
from chains.rpc_errors import widest_span

START: Final = 2_000
ROUND_COUNTS: Final = frozenset({50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000})
"""Row counts at which servers are known to cut a list without a word."""

_T = TypeVar("_T")


class Span(NamedTuple):
    """How many blocks to ask for next, and the most the node is known to allow."""

    blocks: int = START
    widest: int | None = None

    def grown(self) -> Span:
        """After an answer: twice as many, within what is allowed."""
        return self._replace(blocks=min(self.blocks * 2, self.widest or self.blocks * 2))

    def shrunk(self, refusal: SplitRange, first: int, last: int) -> Span:
        """After a refusal of first..last (more than one block): what the node offers, else half."""
        asked = last - first + 1
        allowed = widest_span(refusal.detail)
        if allowed is not None and allowed < asked:
            return Span(allowed, min(allowed, self.widest or allowed))
        offer = refusal.suggest
        if offer is not None and offer[0] == first and first <= offer[1] < last:
            return self._replace(blocks=offer[1] - first + 1)
        return self._replace(blocks=asked // 2)


async def together(*questions: Coroutine[Any, Any, _T]) -> list[_T]:
    """Answers in the order of the questions; of several failures the first in that order, however they raced."""
    answers = await asyncio.gather(*questions, return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
    return [answer for answer in answers if not isinstance(answer, BaseException)]


def refuse_round_count(source: str, what: str, count: int) -> None:
    """Raise SplitRange when a list is exactly as long as a server's cap may be."""
    if count in ROUND_COUNTS:
        raise SplitRange(source, what, f"exactly {count} rows, perhaps cut")
