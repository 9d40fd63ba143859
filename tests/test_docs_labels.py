"""docs/labels.md says of the published lists, categories, kinds and columns what the code does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from tracer.label_files import COLUMNS, REQUIRED
from tracer.labels import CATEGORIES, KINDS, ROLES, STOP_CONFIDENCE, STOPS
from tracer.lists import LabelList, label_lists
from tracer.lists.okx import SAMPLE
from tracer.words import translated, words

PAGE: Final = (Path(__file__).parent.parent / "docs" / "labels.md").read_text(encoding="utf-8")


def _row(one: LabelList) -> str:
    """One list as the table has it."""
    least, most = one.expected
    sound = f"{least:,} to {most:,}"
    cells = (one.name, f"[{one.publisher}]({one.page})", translated(one.licence, words("en")), str(one.cadence))
    return f"| {' | '.join((*cells, one.kind, sound))} |"


def _table(heading: str) -> list[str]:
    """The rows of the table whose header begins with a cell."""
    return PAGE[PAGE.index(f"| {heading} |") :].split("\n\n", maxsplit=1)[0].splitlines()[2:]


def test_every_list_stands_in_the_table_with_its_terms() -> None:
    """Name, publisher, page, licence, cadence, kind and expected count of each list are those of its module."""
    assert _table("list") == [_row(one) for one in label_lists().values()]


def test_every_category_is_said_to_end_a_trace_or_not() -> None:
    """The table of categories has each once, in a row that ends a trace exactly when the category does."""
    said = {name: "ends:" in row.split("|")[2] for row in _table("category") for name in _names(row.split("|")[1])}
    assert said == {one: one in STOPS for one in CATEGORIES}


def test_kinds_stand_in_the_order_of_their_rank() -> None:
    """The table of kinds of source has the order by which labels win."""
    assert [name for row in _table("kind") for name in _names(row.split("|")[1])] == list(KINDS)


def test_every_column_and_role_is_explained() -> None:
    """The table of fields has every column of a user's file, with every role; the example has those that are needed."""
    rows = _table("field")
    assert {name for row in rows for name in _names(row.split("|")[1])} == set(COLUMNS)
    (roles,) = [row for row in rows if "`role`" in row]
    assert set(_names(roles.split("|")[2])) == set(ROLES) - {""}
    assert f"    {','.join(REQUIRED)}\n" in PAGE


def test_the_numbers_are_those_of_the_code() -> None:
    """The confidence that ends a trace, and how many signatures are sampled."""
    assert f"below {STOP_CONFIDENCE} a label" in PAGE
    assert f"{SAMPLE} signatures are checked" in PAGE


def _names(cell: str) -> list[str]:
    return re.findall(r"`([\w*:]+)`", cell)
