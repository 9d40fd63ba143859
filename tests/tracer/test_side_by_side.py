"""Work side by side: taken up as it comes, and given up together."""

from __future__ import annotations

import asyncio
import gc

import pytest

from tracer.side_by_side import as_they_come


async def after(turns: int, what: str) -> str:
    for _ in range(turns):
        await asyncio.sleep(0)
    if what.startswith("!"):
        raise ValueError(what)
    return what


async def taken(*work: tuple[int, str]) -> list[str]:
    return [one async for one in as_they_come(after(*part) for part in work)]


def test_the_quickest_comes_first() -> None:
    """Nothing waits for what was begun before it."""
    assert asyncio.run(taken((9, "c"), (1, "a"), (5, "b"))) == ["a", "b", "c"]


def test_one_failure_ends_all(caplog: pytest.LogCaptureFixture) -> None:
    """It comes through; what failed besides, or was still going on, is neither left running nor complained of."""

    async def all_of_it() -> int:
        with pytest.raises(ValueError, match="!first"):
            await taken((1, "!first"), (1, "!second"), (10**6, "never"))
        return len(asyncio.all_tasks())

    assert asyncio.run(all_of_it()) == 1
    gc.collect()
    assert not caplog.records
