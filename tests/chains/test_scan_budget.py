"""How long a watch waits, and what its requests come to: quick when it matters, and never out of requests by noon."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.endpoints import source_table
from chains.model import Block
from chains.scan import Tips
from chains.scan_budget import (
    ALARMED,
    SHORTEST,
    SLOW_BLOCKS,
    SLOWEST,
    block_seconds,
    day_limit,
    pause,
)

DAY = 86_400
SECONDS = st.floats(0, 1e7)


def tip(number: int, time: int) -> Block:
    return Block("eip155:1", number, hex(number), time, number)


@pytest.mark.parametrize(("block", "shortest"), [(0.25, 1.0), (3, 3), (12, 12), (400, 60)])
@pytest.mark.parametrize("quiet", [0, 1, ALARMED - 1])
def test_after_something_moved_every_block_is_looked_at(block: float, shortest: float, quiet: float) -> None:
    """For ten minutes the pause is the block time, between one second and a minute."""
    assert pause(block, quiet, 0, None, DAY) == shortest


@pytest.mark.parametrize(("block", "longest"), [(0.25, 30), (3, 30), (12, 48), (20, 60), (400, 60)])
def test_a_quiet_chain_is_looked_at_less(block: float, longest: float) -> None:
    """The pause grows by half each quiet minute, to half a minute or four blocks, and never above one."""
    waits = [pause(block, ALARMED + 60 * minute, 0, None, DAY) for minute in range(20)]
    assert waits == sorted(waits)
    assert waits[-1] == longest
    assert waits[1] == min(waits[0] * 1.5, longest)
    assert pause(block, 1e9, 0, None, DAY) == longest


@given(st.floats(0.1, 60), SECONDS, st.integers(0, 200_000), st.integers(1, 100_000), st.floats(0, DAY), st.integers(1))
def test_a_pause_is_never_absurd(
    block: float, quiet: float, spent: int, limit: int, left: float, requests: int
) -> None:
    """Whatever is counted, it lies between a second and a quarter of an hour."""
    assert SHORTEST <= pause(block, quiet, spent, limit, left, requests) <= SLOWEST


@given(st.floats(0.1, 60), SECONDS, st.integers(100, 100_000), st.integers(1, 20))
def test_the_budget_lasts_the_day(block: float, quiet: float, limit: int, requests: int) -> None:
    """A watch that waits as told has requests until midnight, unless it would have to be slower than it may."""
    left, spent = float(DAY), 0
    while left > 0:
        wait = pause(block, quiet, spent, limit, left, requests)
        if wait == SLOWEST:
            return
        rounds = max(1, int(600 // wait))  # ten minutes at once
        spent, left = spent + rounds * requests, left - rounds * wait
    assert spent <= limit + requests * max(1, int(600 // SHORTEST))


def test_hurry_spares_the_last_tenth() -> None:
    """While something moves the pace is full as long as more than a tenth of the day's requests is left, then even."""
    assert pause(3, 0, 8_999, 10_000, DAY) == 3
    assert pause(3, 0, 9_000, 10_000, DAY) == 3 * DAY // 1_000
    assert pause(3, 0, 10_000, 10_000, 60) == SLOWEST


def test_block_time_is_read_from_the_tips() -> None:
    """The blocks between newest and final tell it, unless the chain stood still; where there are none, it is three."""
    assert block_seconds(Tips(tip(164, 1_768), tip(100, 1_000))) == 12
    assert block_seconds(Tips(tip(300, 1_050), tip(100, 1_000))) == SHORTEST
    assert block_seconds(Tips(tip(101, 90_000), tip(100, 1_000))) == SLOW_BLOCKS
    assert block_seconds(Tips(tip(7, 70), tip(7, 70))) == 3


def test_an_endpoints_limit_is_its_sources() -> None:
    """However many endpoints a source has; a public node has none that is known."""
    assert (day_limit("blockscout.1"), day_limit("etherscan")) == (3_300, 100_000)
    assert day_limit("rpc.1:node.test") is None
    assert day_limit("somewhere else") is None


def test_every_limit_of_the_table_is_a_number_of_requests() -> None:
    """What stands under ``day`` is a positive whole number."""
    limits = [row["day"] for row in source_table().values() if "day" in row]
    assert limits
    assert all(isinstance(limit, int) and limit > 0 for limit in limits)
