"""Paging as a law: whatever lies in the blocks, however small the pages, every row comes once and in order."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chains.errors import SourceError, SplitRange
from chains.explorer_pages import Listing, Stretch, merged
from chains.http import Answer, Kind

heights = st.lists(st.integers(0, 12), max_size=40).map(sorted)


def listing(blocks: list[int], size: int, *, cap: int = 10_000, widest: int = 10_000) -> Listing:
    """A server that holds one row per entry of ``blocks`` and refuses ranges wider than ``widest``."""
    rows = [{"blockNumber": str(height), "hash": str(nth)} for nth, height in enumerate(blocks)]

    async def ask(params: Mapping[str, str]) -> Answer:
        low, high = int(params["startblock"]), int(params.get("endblock", "12"))
        if high - low > widest:
            raise SplitRange("test", "rows")
        page, step = int(params["page"]), min(int(params["offset"]), cap)
        inside = [row for row in rows if low <= int(row["blockNumber"]) <= high]
        shown: list[dict[str, Any]] = inside[(page - 1) * step : page * step]
        return Answer(1, Kind.OK if shown else Kind.EMPTY, {"result": shown})

    async def tip() -> int:
        return 12

    return Listing("test", "rows", ask, tip, {}, size)


async def collect(made: Listing, low: int, high: int | None) -> list[Stretch]:
    return [stretch async for stretch in made.stretches(low, high)]


@given(heights, st.integers(2, 9), st.integers(0, 12), st.none() | st.integers(0, 12), st.integers(0, 12))
def test_every_row_comes_once(blocks: list[int], size: int, low: int, high: int | None, widest: int) -> None:
    """All rows within the bounds, once, in whole blocks, whatever the page size and the widest range served."""
    high = None if high is None else max(low, high)
    stretches = asyncio.run(collect(listing(blocks, size, widest=widest), low, high))
    got = [row.fields["hash"] for stretch in stretches for row in stretch.rows]
    assert got == [str(nth) for nth, height in enumerate(blocks) if low <= height <= (12 if high is None else high)]
    reached = low - 1
    for stretch in stretches:
        end = 12 if stretch.through is None else stretch.through
        assert all(reached < row.height <= end for row in stretch.rows)
        reached = end
    assert stretches[-1].through is None


@given(st.lists(st.integers(0, 400), min_size=100, max_size=260).map(sorted))
def test_hidden_caps_lose_nothing(blocks: list[int]) -> None:
    """A server that quietly gives 50 rows instead of 1,000 is still read whole."""
    made = listing([height // 40 for height in blocks], 1_000, cap=50)
    stretches = asyncio.run(collect(made, 0, None))
    assert sum(len(stretch.rows) for stretch in stretches) == len(blocks)


@given(heights, heights, st.integers(2, 9), st.integers(2, 9))
def test_merged_lists_stay_in_step(left: list[int], right: list[int], size: int, other: int) -> None:
    """Two lists read side by side come whole, and each step holds only heights both have reached."""

    async def run() -> tuple[list[int], list[int]]:
        got: tuple[list[int], list[int]] = ([], [])
        reached = -1
        async for step in merged([listing(left, size).stretches(0, None), listing(right, other).stretches(0, None)]):
            for side, rows in zip(got, step.lists, strict=True):
                assert all(reached < row.height for row in rows)
                assert step.through is None or all(row.height <= step.through for row in rows)
                side.extend(row.height for row in rows)
            reached = reached if step.through is None else step.through
        return got

    assert asyncio.run(run()) == (left, right)


@given(heights, st.integers(0, 39), st.integers(3, 6))
def test_a_lost_row_never_passes_unseen(blocks: list[int], lost: int, size: int) -> None:
    """A row that vanishes between the page it closed and the next one is an error, or was never needed twice."""
    made = listing(blocks, size)
    seen: set[str] = set()

    async def forgetful(params: Mapping[str, str]) -> Answer:
        answer = await made.ask(params)
        if answer.kind is Kind.EMPTY:
            return answer
        rows = answer.data["result"]
        kept = [row for row in rows if row["hash"] != str(lost) or row["hash"] not in seen]
        seen.update(row["hash"] for row in rows)
        return Answer(1, Kind.OK if kept else Kind.EMPTY, {"result": kept})

    broken = Listing("test", "rows", forgetful, made.tip, {}, size)
    try:
        stretches = asyncio.run(collect(broken, 0, None))
    except SourceError:
        return
    got = [row.fields["hash"] for stretch in stretches for row in stretch.rows]
    assert len(got) == len(set(got))
    assert str(lost) in got or lost >= len(blocks)
