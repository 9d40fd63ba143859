"""Drawing rules: what leaves a queue of lots, and that nothing is invented or lost."""

from __future__ import annotations

from collections import deque

from hypothesis import given
from hypothesis import strategies as st

from tracer.lots import CLEAN, NO_TRAIL, RULES, Lot, fifo

LOTS = st.lists(st.builds(Lot, st.integers(1, 10**20), st.integers(-1, 3), st.integers(-1, 9)), max_size=12)


@given(LOTS, st.integers(0, 10**21))
def test_draw_and_rest_make_the_whole(lots: list[Lot], amount: int) -> None:
    """What leaves and what stays is what was there, in the same order, origin by origin and trail by trail."""
    queue = deque(lots)
    drawn = fifo(queue, amount)
    rejoined = [*drawn, *queue]
    if drawn and queue and len(rejoined) == len(lots) + 1:
        split = len(drawn) - 1
        first, second = rejoined[split], rejoined[split + 1]
        assert first[1:] == second[1:]
        rejoined[split : split + 2] = [Lot(first.amount + second.amount, first.origin, first.trail)]
    assert rejoined == lots


@given(LOTS, st.integers(0, 10**21))
def test_as_much_as_asked_or_all_there_is(lots: list[Lot], amount: int) -> None:
    """A draw gives the amount asked for, or everything when there is less; no lot is empty."""
    queue = deque(lots)
    drawn = fifo(queue, amount)
    assert sum(lot.amount for lot in drawn) == min(amount, sum(lot.amount for lot in lots))
    assert all(lot.amount > 0 for lot in [*drawn, *queue])


def test_oldest_first() -> None:
    """The oldest lot leaves first and is split where the amount ends."""
    queue = deque([Lot(2, CLEAN, NO_TRAIL), Lot(3, 0, 7), Lot(5, CLEAN, NO_TRAIL)])
    assert fifo(queue, 4) == [Lot(2, CLEAN, NO_TRAIL), Lot(2, 0, 7)]
    assert list(queue) == [Lot(1, 0, 7), Lot(5, CLEAN, NO_TRAIL)]


def test_drawing_nothing_changes_nothing() -> None:
    """An amount of zero takes nothing, from a full queue and from an empty one."""
    queue = deque([Lot(2, 0, 0)])
    assert fifo(queue, 0) == []
    assert list(queue) == [Lot(2, 0, 0)]
    assert fifo(deque(), 5) == []


def test_fifo_is_the_rule_of_that_name() -> None:
    """`--method fifo` is first in, first out."""
    assert RULES["fifo"] is fifo
