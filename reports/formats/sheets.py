"""The report's tables as a spreadsheet takes them: the text of the paper, and beside it numbers and dates as such.

A spreadsheet counts with doubles: 15 digits. So an amount stands as on paper, which is exact, and beside it as a number
to calculate with. Which columns a table gets goes by the values its cells carry, so whoever writes a table of the
report need not know what a spreadsheet is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from types import NoneType
from typing import Final, Literal, NamedTuple

from reports.draft import Draft
from reports.numbers import amount
from reports.paper import Cell, Column, Exact, Moment, Table, cell, text_in
from reports.report import tables
from reports.times import utc
from tracer.hostile import clean

TEXT: Final = "text"
COUNT: Final = "count"
NUMBER: Final = "number"
EXACT: Final = "exact"
DATE: Final = "date"

Kind = Literal["text", "count", "number", "exact", "date"]

ABOUT: Final = "about"
"""The id of the sheet that says what the others are."""

DIGITS: Final = 15
"""Decimal digits that every double keeps."""

NAME: Final = 31
"""What a spreadsheet lets a sheet's name have, in characters."""

_FORBIDDEN: Final = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))


class Field(NamedTuple):
    """A column of a sheet: what of the paper's column number ``at`` stands in it.

    ``again`` marks an exact amount that the text beside it has too, with its unit.
    """

    title: str
    kind: Kind
    at: int
    again: bool = False


class Sheet(NamedTuple):
    """A table for machines. ``name`` is short and without signs that a sheet's name may not have."""

    id: str
    name: str
    caption: str
    fields: tuple[Field, ...]
    rows: tuple[tuple[Cell, ...], ...]


@lru_cache(maxsize=2)
def sheets(draft: Draft) -> tuple[Sheet, ...]:
    """What the file is, and then every table of the report with all its rows. Kept for the next format that asks."""
    whole = replace(draft, limit=None)
    found = [_sheet(whole, table) for table in tables(whole)]
    names: set[str] = {whole.w("data.about").lower()}
    named = [one._replace(name=_unused(one.name, names)) for one in found]
    return (_sheet(whole, _about(whole, named)), *named)


def decimal_text(value: Exact) -> str:
    """An amount as a plain decimal, exact: ``1234.5``."""
    return amount(*value).replace(",", "")


def number(value: Exact) -> Decimal:
    """An amount as a number to calculate with."""
    return Decimal((int(value.units < 0), tuple(map(int, str(abs(value.units)))), -value.decimals))


def keeps(value: Exact) -> bool:
    """Does a double hold every digit of it?"""
    return len(str(abs(value.units)).strip("0")) <= DIGITS


def _sheet(draft: Draft, table: Table) -> Sheet:
    fields = tuple(field for at, column in enumerate(table.columns) for field in _fields(draft, table, at, column))
    return Sheet(table.id, _name(draft, table), table.caption, fields, table.rows)


def _fields(draft: Draft, table: Table, at: int, column: Column) -> Iterator[Field]:
    cells = [row[at] for row in table.rows]
    kinds = {type(one.value) for one in cells}
    if not all(map(_bare, cells)) or kinds <= {NoneType}:
        yield Field(column.title, TEXT, at)
    elif kinds == {int}:
        yield Field(column.title, COUNT, at)
        return
    if int in kinds:
        yield Field(draft.w("data.number", column=column.title), COUNT, at)
    if Exact in kinds:
        yield Field(draft.w("data.number", column=column.title), NUMBER, at)
        yield Field(draft.w("data.exact", column=column.title), EXACT, at, all(map(_spelled, cells)))
    if Moment in kinds:
        yield Field(draft.w("data.utc", column=column.title), DATE, at)


def _bare(one: Cell) -> bool:
    """Does its text say no more than a number or date cell shows?"""
    text = text_in(one)
    match one.value:
        case int(count):
            return text.replace(",", "") == str(count)
        case Moment(time):
            return text == utc(time)
    return not text


def _spelled(one: Cell) -> bool:
    """Does its text have the amount with all digits?"""
    return not isinstance(one.value, Exact) or amount(*one.value) in text_in(one)


def _name(draft: Draft, table: Table) -> str:
    key = f"data.sheet.{table.id}"
    said = draft.w(f"data.sheet.{table.id}") if key in draft.w.texts else table.caption
    return clean(said.translate(_FORBIDDEN), NAME)


def _unused(name: str, names: set[str]) -> str:
    """The name, with a number where another sheet has it; upper and lower case are the same to a spreadsheet."""
    found, count = name, 1
    while found.lower() in names:
        count += 1
        found = f"{name[: NAME - 4]} {count}"
    names.add(found.lower())
    return found


def _about(draft: Draft, listed: list[Sheet]) -> Table:
    """What the file is, how to read it, and what its sheets are."""
    w, dossier = draft.w, draft.dossier
    heads = (
        w("header.block", chain=draft.view.chain(one.chain), number=one.number, time=draft.both(one.time))
        for one in dossier.result.as_of
    )
    legend = (w("legend.fact"), w("legend.label"), w("legend.inference"), w("data.legend_lead"))
    rows = [
        (w("report.title"), w("report.subtitle")),
        (w("header.case"), dossier.reference),
        (w("data.digest"), draft.digest),
        (w("data.program"), dossier.result.version),
        (w("header.method"), w(f"method.{dossier.result.method}")),
        *((w("header.as_of"), head) for head in heads),
        (w("header.legend"), "\n".join(legend)),
        (w("data.amounts"), w("data.amounts_how")),
        (w("data.times"), w("data.times_utc") if draft.zone.key == "UTC" else w("data.times_how", zone=draft.zone.key)),
        (w("data.signs"), w("data.signs_how")),
        *((one.name, w("data.rows", caption=one.caption, n=f"{len(one.rows):,}")) for one in listed),
    ]
    cells = tuple((cell(name), Cell(tuple(cell(part).lines[0] for part in said.split("\n")))) for name, said in rows)
    name = w("data.about")
    return Table(ABOUT, name, (Column(w("data.item"), 20), Column(w("data.value"), 80)), cells)
