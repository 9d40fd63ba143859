"""XLSX: the report's tables with real numbers, real dates and links, each amount beside its exact text.

Every cell is written by its kind, and text always as text: nothing in it is ever taken for a formula, a number or a
link. The file carries no clock: the same case gives the same bytes.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from io import BytesIO
from itertools import chain, islice
from typing import Any, Final, NamedTuple

from xlsxwriter import Workbook  # type: ignore[import-untyped]

from reports.draft import Draft
from reports.formats import Format
from reports.formats.sheets import (
    ABOUT,
    COUNT,
    DATE,
    EXACT,
    NUMBER,
    TEXT,
    Field,
    Sheet,
    decimal_text,
    keeps,
    number,
    sheets,
)
from reports.numbers import amount
from reports.paper import CODE, Cell, Exact, Moment, text_in
from reports.times import unix

LONGEST: Final = 32_000
"""Characters of a cell; the format bears 32,767."""

LINKS: Final = 60_000
"""Links of a sheet; the format bears 65,530."""

URL: Final = 2_000
"""Characters of a link; the format bears 2,079."""

PLACES: Final = 30
"""Decimal places that a cell can show."""

WIDEST: Final = 68
PRINTED: Final = 200
"""Columns that are legible on a page; a wider sheet goes over several, side by side."""

LINE: Final = 14
TALLEST: Final = 400
"""A line's and a row's height, in points."""

A4: Final = 9

LOOKED_AT: Final = 2_000
"""Rows by which the columns' widths go."""

_AS_TEXT: Final = ("strings_to_formulas", "strings_to_urls", "strings_to_numbers")
ROUNDED: Final = "rounded"
_TOP: Final = {"valign": "top", "font_name": "Arial", "font_size": 10}
_STYLES: Final[Mapping[str, Mapping[str, Any]]] = {
    "title": {"bold": True, "text_wrap": True, "bottom": 1, "bg_color": "#E8EEF4"},
    TEXT: {"text_wrap": True},
    "link": {"text_wrap": True, "font_color": "#0B4F8A", "underline": 1},
    COUNT: {"num_format": "#,##0", "align": "right", "indent": 1},
    NUMBER: {"align": "right", "indent": 1},
    ROUNDED: {"align": "right", "indent": 1, "italic": True, "font_color": "#666666"},
    EXACT: {"num_format": "@", "align": "right", "indent": 1},
    DATE: {"num_format": "yyyy-mm-dd hh:mm:ss"},
}


class _Styles(dict[tuple[str, int], Any]):
    """The styles of a file, made when first asked for: by name and, for amounts, decimal places."""

    def __init__(self, book: Workbook) -> None:
        super().__init__()
        self.book = book

    def __missing__(self, key: tuple[str, int]) -> Any:
        name, places = key
        shape = {"num_format": "#,##0" + (f".{'0' * places}" if places else "")} if name in (NUMBER, ROUNDED) else {}
        made = self[key] = self.book.add_format({**_TOP, **shape, **_STYLES[name]})
        return made

    def of(self, name: str, places: int = 0) -> Any:
        """One style."""
        return self[name, min(places, PLACES)]


class _Written(NamedTuple):
    """A text and the width of its column."""

    text: str
    width: int


class _Pen(NamedTuple):
    """A sheet of the file and its styles."""

    sheet: Any
    styles: _Styles


def _files(draft: Draft) -> Mapping[str, bytes]:
    written = BytesIO()
    book = Workbook(written, {"in_memory": True, **dict.fromkeys(_AS_TEXT, False)})
    made = datetime.fromtimestamp(unix(draft.dossier.run.finished), UTC).replace(tzinfo=None)
    title = f"{draft.w('report.title')} {draft.dossier.reference}"
    book.set_properties({"title": title, "comments": draft.digest, "created": made})
    styles = _Styles(book)
    footer = draft.w("paper.footer", reference=draft.dossier.reference, digest=draft.digest[:16])
    for one in map(_short, sheets(draft)):
        pen = _Pen(book.add_worksheet(one.name), styles)
        _fill(pen, one, _layout(pen, one, footer))
    book.close()
    return {f"report.{draft.w.lang}.xlsx": written.getvalue()}


def _short(one: Sheet) -> Sheet:
    """Without what stands in it twice."""
    return one._replace(fields=tuple(field for field in one.fields if not field.again))


def _layout(pen: _Pen, one: Sheet, footer: str) -> list[int]:
    """The header that stays, and how it prints. Returns the columns' widths."""
    widths = [_width(field, one) for field in one.fields]
    for column, (field, width) in enumerate(zip(one.fields, widths, strict=True)):
        pen.sheet.write_string(0, column, field.title[:LONGEST], pen.styles.of("title"))
        pen.sheet.set_column(column, column, width)
    pen.sheet.set_row(0, _height(map(_Written, (field.title for field in one.fields), widths)))
    pen.sheet.freeze_panes(1, 0)
    if one.rows and one.id != ABOUT:
        pen.sheet.autofilter(0, 0, len(one.rows), len(one.fields) - 1)
    pen.sheet.set_landscape()
    pen.sheet.set_paper(A4)
    pen.sheet.repeat_rows(0)
    pen.sheet.print_across()
    if sum(widths) <= PRINTED:
        pen.sheet.fit_to_pages(1, 0)
    pen.sheet.set_footer(f"&L{footer}&R&P / &N")
    return widths


def _fill(pen: _Pen, one: Sheet, widths: list[int]) -> None:
    links = 0
    for row, cells in enumerate(one.rows, 1):
        texts = (
            _Written(text_in(cells[field.at])[:LONGEST], width)
            for field, width in zip(one.fields, widths, strict=True)
            if field.kind == TEXT
        )
        pen.sheet.set_row(row, _height(texts))
        for column, field in enumerate(one.fields):
            cell = cells[field.at]
            url = _url(cell) if field.kind == TEXT and links < LINKS else ""
            if url:
                pen.sheet.write_url(row, column, url, pen.styles.of("link"), text_in(cell)[:LONGEST])
                links += 1
            else:
                _write(pen, row, column, field, cell)


def _write(pen: _Pen, row: int, column: int, field: Field, cell: Cell) -> None:
    sheet, styles = pen
    match field.kind, cell.value:
        case "number", Exact() as value:
            style = styles.of(NUMBER if keeps(value) else ROUNDED, len(decimal_text(value).partition(".")[2]))
            sheet.write_number(row, column, number(value), style)
        case "exact", Exact() as value:
            sheet.write_string(row, column, decimal_text(value)[:LONGEST], styles.of(EXACT))
        case "date", Moment(time):
            moment = datetime.fromtimestamp(time, UTC).replace(tzinfo=None)
            sheet.write_datetime(row, column, moment, styles.of(DATE))
        case "count", int(count):
            sheet.write_number(row, column, count, styles.of(COUNT))
        case "text", _:
            sheet.write_string(row, column, text_in(cell)[:LONGEST], styles.of(TEXT))


def _url(cell: Cell) -> str:
    """Where its first address or hash leads, on the open web only."""
    urls = (span.url for line in cell.lines for span in line if span.kind == CODE)
    return next((url for url in urls if url.startswith("https://") and len(url) <= URL), "")


def _width(field: Field, one: Sheet) -> int:
    """Room for the longest line, within reason; a Chinese sign is as wide as two letters."""
    shown = (_shown(field, row[field.at]) for row in islice(one.rows, LOOKED_AT))
    lines = chain.from_iterable(text.split("\n") for text in shown)
    longest = max(map(_columns, lines), default=0)
    return min(WIDEST, max(longest, min(_columns(field.title), 24)) + 3)


def _height(texts: Iterable[_Written]) -> int:
    """Room for every line of a row, wrapped as its column wraps it: not every program works that out by itself."""
    lines = (sum(-(-max(1, _columns(line)) // width) for line in text.split("\n")) for text, width in texts)
    return min(TALLEST, LINE * max(lines, default=1) + 2)


def _shown(field: Field, cell: Cell) -> str:
    match field.kind, cell.value:
        case "number", Exact() as value:
            return amount(*value)
        case "exact", Exact() as value:
            return decimal_text(value)
        case "date", Moment():
            return "0000-00-00 00:00:00"
        case "count", int(count):
            return f"{count:,}"
        case "text", _:
            return text_in(cell)[:LONGEST]
    return ""


def _columns(text: str) -> int:
    return len(text) + (0 if text.isascii() else sum(unicodedata.east_asian_width(sign) in "WF" for sign in text))


FORMAT = Format("xlsx", data=_files)
