"""What `trace diff` calls a change of a row: each thing a reader acts on, alone, is enough."""

from __future__ import annotations

from typing import Any

import pytest

from tests.reports.converted_sample import converted
from tests.tracer.test_diff import RESULT, state
from tracer.diff import diff
from tracer.result import Principal, Result


def with_rows(name: str, *rows: Any) -> Result:
    """The sample with other rows of one kind."""
    changes: dict[str, Any] = {name: rows}
    return RESULT._replace(**changes)


def with_first(name: str, **changes: Any) -> Result:
    """The sample with the first row of one kind changed."""
    first, *others = getattr(RESULT, name)
    return with_rows(name, first._replace(**changes), *others)


@pytest.mark.parametrize(
    ("name", "section", "changes"),
    [
        ("freezes", "freezes", {"proposed": "unknown"}),
        ("freezes", "freezes", {"can": "unknown"}),
        ("as_of", "moments", {"hash": "0x" + "9" * 64}),
        ("as_of", "moments", {"number": 7}),
        ("endpoints", "endpoints", {"entity": "Somebody"}),
        ("endpoints", "endpoints", {"category": "mixer"}),
        ("endpoints", "endpoints", {"amount": 1}),
        ("flows", "flows", {"via": ("0xab",)}),
        ("flows", "flows", {"amount": 10**40}),
        ("origins", "thefts", {"amount": 1}),
        ("gaps", "gaps", {"why": "another reason"}),
    ],
)
def test_each_thing_that_matters_is_a_change_alone(name: str, section: str, changes: dict[str, Any]) -> None:
    """One field of one row differs, and its section tells it."""
    assert getattr(diff(state(), state(with_first(name, **changes))), section)


@pytest.mark.parametrize("name", ["endpoints", "flows"])
def test_what_it_stands_for_is_a_change_alone(name: str) -> None:
    """The same amount that stands for less of what was stolen is told."""
    row = getattr(RESULT, name)[0]
    theft = RESULT.origins[0]
    whole, less = (
        state(with_rows(name, row._replace(principal=(Principal(theft.id, theft.asset, units),)))) for units in (5, 4)
    )
    assert len(getattr(diff(whole, less), name)) == 1


def test_equal_rows_are_counted() -> None:
    """Of two rows that nothing tells apart, one that is gone, or is another now, is told."""
    gap = RESULT.gaps[0]
    gone = diff(state(with_rows("gaps", gap, gap)), state(with_rows("gaps", gap))).gaps
    assert [(one.before, one.after) for one in gone] == [(gap, None)]
    made = converted().conversions[0]
    first = made.ins[0]
    other = made._replace(ins=(first._replace(traced=first.traced + 1), *made.ins[1:]))
    before, after = (state(with_rows("conversions", *rows)) for rows in ((made, made), (other, made)))
    assert [(one.before, one.after) for one in diff(before, after).conversions] == [(made, other)]
