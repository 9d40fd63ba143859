"""From pages to whole blocks: nothing is cut, skipped or read twice, and a circle is noticed."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.errors import Down, Malformed
from chains.trongrid_paging import Cursor, Row, Stretch, restart, turn


def page(times: list[int], fingerprint: str | None = None, first: int = 0) -> dict[str, Any]:
    """A page with one row per time, numbered so that rows differ."""
    rows = [{"block_timestamp": time, "nth": first + nth} for nth, time in enumerate(times)]
    return {"data": rows, "meta": {"at": 1} | ({"fingerprint": fingerprint} if fingerprint else {})}


def times(rows: tuple[Row, ...]) -> list[int]:
    return [row.time for row in rows]


def following(cursor: Cursor | None) -> Cursor:
    assert cursor is not None
    return cursor


def test_the_last_block_of_a_page_waits_for_the_next_page() -> None:
    """A block may go on on the next page, so its rows are held back and coverage ends just before it."""
    stretch, cursor = turn(Cursor(5, None, "x"), page([6, 7, 8, 8], "f1"), 1)
    assert (times(stretch.rows), stretch.upto, stretch.last) == ([6, 7], 7, False)
    stretch, end = turn(following(cursor), page([8, 9], first=4), 2)
    assert (times(stretch.rows), stretch.upto, stretch.last, end) == ([8, 8, 8, 9], None, True, None)
    assert [row.raw for row in stretch.rows] == [1, 1, 2, 2]


def test_an_end_that_was_asked_for_is_what_the_last_page_proves() -> None:
    """With a maximum time, coverage ends there and not at the tip."""
    stretch, _ = turn(Cursor(5, 20, "x"), page([6]), 1)
    assert stretch.upto == 20
    assert Cursor(5, 20, "x").params["max_timestamp"] == "20"


def test_an_empty_page_with_a_fingerprint_is_followed() -> None:
    """Only the absence of a fingerprint ends a list."""
    stretch, cursor = turn(Cursor(5, None, "x"), page([], "f1"), 1)
    assert (stretch.rows, stretch.last) == ((), False)
    assert following(cursor).params["fingerprint"] == "f1"


def test_all_parameters_but_the_fingerprint_stay_the_same() -> None:
    """TronGrid refuses a fingerprint when anything else changed."""
    before = Cursor(5, 20, "x")
    _, after = turn(before, page([6, 7], "f1"), 1)
    assert following(after).params == {**before.params, "fingerprint": "f1"}


@pytest.mark.parametrize("size", [20, 50, 100, 200])
def test_a_last_page_of_a_customary_size_is_not_believed(size: int) -> None:
    """A server that caps pages and forgets the fingerprint would end a history early; it is asked once more."""
    stretch, cursor = turn(Cursor(0, None, "x"), page(list(range(1, size + 1))), 1)
    assert (len(stretch.rows), stretch.upto, stretch.last) == (size - 1, size - 1, False)
    assert following(cursor).params["min_timestamp"] == str(size)
    stretch, end = turn(following(cursor), page([size]), 2)
    assert (times(stretch.rows), stretch.last, end) == ([size], True, None)


def test_a_full_page_of_one_block_is_continued_after_it() -> None:
    """When the doubted page holds one block only, the next question begins behind it, or nothing is left to ask."""
    stretch, cursor = turn(Cursor(7, None, "x"), page([7] * 20), 1)
    assert (len(stretch.rows), stretch.upto, following(cursor).start) == (20, 7, 8)
    stretch, end = turn(Cursor(7, 7, "x"), page([7] * 20), 1)
    assert (stretch.last, end) == (True, None)


def test_a_page_served_twice_is_noticed() -> None:
    """A caching proxy may answer the next question with the last answer."""
    same = page([6, 7], "f1")
    _, cursor = turn(Cursor(5, None, "x"), same, 1)
    with pytest.raises(Down, match="repeated page"):
        turn(following(cursor), same, 2)
    with pytest.raises(Down, match="repeated page"):
        turn(following(cursor), {**same, "meta": {"fingerprint": "f2"}}, 2)


@pytest.mark.parametrize("again", ["f1", "f2"])
def test_a_circle_of_fingerprints_is_noticed(again: str) -> None:
    """A fingerprint seen before leads back, even when the rows look new."""
    _, cursor = turn(Cursor(5, None, "x"), page([6], "f1"), 1)
    _, cursor = turn(following(cursor), page([7], "f2", first=1), 2)
    with pytest.raises(Down, match="fingerprint"):
        turn(following(cursor), page([8], again, first=2), 3)


@pytest.mark.parametrize("rows", [[4], [7, 6], [8, 21]])
def test_rows_outside_of_what_was_asked_are_refused(rows: list[int]) -> None:
    """A server that ignores the order or the window would make coverage a lie."""
    with pytest.raises(Down):
        turn(Cursor(5, 20, "x"), page(rows), 1)


def test_a_page_that_goes_back_is_refused() -> None:
    """The second page may begin at the last block of the first, never before it."""
    _, cursor = turn(Cursor(5, None, "x"), page([6, 9], "f1"), 1)
    with pytest.raises(Down, match="8 after 9"):
        turn(following(cursor), page([8], first=2), 2)


def test_a_refused_fingerprint_restarts_at_the_last_block() -> None:
    """The held block is asked for again, so that nothing is lost and nothing doubled."""
    _, cursor = turn(Cursor(5, 20, "x"), page([6, 9], "f1"), 1)
    anew = restart(following(cursor))
    assert (anew.start, anew.end, anew.fingerprint, anew.held) == (9, 20, None, ())


def test_a_restart_that_would_go_in_a_circle_is_refused() -> None:
    """Without a later block than the last restart there is nowhere to take up."""
    _, cursor = turn(Cursor(6, None, "x"), page([6, 6], "f1"), 1)
    with pytest.raises(Down, match="cannot be continued"):
        restart(following(cursor))


@pytest.mark.parametrize("record", [{"nth": 1}, {"block_timestamp": "6"}, "row"])
def test_a_row_without_a_time_is_malformed(record: object) -> None:
    """Without it the row has no height."""
    with pytest.raises(Malformed, match="block_timestamp"):
        turn(Cursor(5, None, "x"), {"data": [record], "meta": {}}, 1)


def serve(rows: list[Mapping[str, Any]], size: int, cursor: Cursor) -> dict[str, Any]:
    """What a faithful server answers to a cursor."""
    matching = [row for row in rows if row["block_timestamp"] >= cursor.start]
    start = int(cursor.fingerprint.rpartition(":")[2]) if cursor.fingerprint else 0
    more = start + size < len(matching)
    meta = {"fingerprint": f"{cursor.start}:{start + size}"} if more else {}
    return {"data": matching[start : start + size], "meta": meta}


@given(st.lists(st.integers(1, 12), max_size=60), st.integers(1, 25))
def test_every_row_arrives_once_and_blocks_stay_whole(stamps: list[int], size: int) -> None:
    """For any history and any page size, the stretches are the history, in order, cut only between blocks."""
    rows: list[Mapping[str, Any]] = [{"block_timestamp": time, "nth": nth} for nth, time in enumerate(sorted(stamps))]
    cursor: Cursor | None = Cursor(0, None, "x")
    stretches: list[Stretch] = []
    while cursor is not None:
        stretch, cursor = turn(cursor, serve(rows, size, cursor), 1)
        stretches.append(stretch)
    assert [row.record for stretch in stretches for row in stretch.rows] == rows
    for before, after in pairwise(stretches):
        assert before.upto is not None
        assert all(row.time > before.upto for row in after.rows)
