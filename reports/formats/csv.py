"""CSV: one file per table of the report, for programs and for spreadsheets that read nothing else.

UTF-8 with the mark that spreadsheets need to see it is. A text that a spreadsheet would take for a formula gets an
apostrophe before it, as others have put such texts into token names to run commands on the reader's machine; numbers
of ours do not need it. Amounts stand as on paper and as exact decimals, times as on paper and in RFC 3339.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from io import StringIO
from typing import Final

from reports.draft import Draft
from reports.formats import Format
from reports.formats.sheets import NUMBER, Kind, Sheet, decimal_text, sheets
from reports.paper import Cell, Exact, Moment, text_in
from tracer.result import rfc3339

_FORMULA: Final = re.compile(r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
"""What a formula begins with; spreadsheets in Chinese and Japanese take the wide signs too."""

_NUMBER: Final = re.compile(r"-?[0-9][0-9,]*(\.[0-9]+)?(e-[0-9]+)?( %)?")


def guarded(text: str) -> str:
    """The text, so that no spreadsheet takes it for a formula."""
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def _files(draft: Draft) -> Mapping[str, bytes]:
    return {f"report.{draft.w.lang}.{one.id}.csv": _file(one) for one in sheets(draft)}


def _file(sheet: Sheet) -> bytes:
    fields = [field for field in sheet.fields if field.kind != NUMBER]
    written = StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow([guarded(field.title) for field in fields])
    writer.writerows([_text(field.kind, row[field.at]) for field in fields] for row in sheet.rows)
    return written.getvalue().encode("utf-8-sig")


def _text(kind: Kind, cell: Cell) -> str:
    match kind, cell.value:
        case "exact", Exact() as value:
            return decimal_text(value)
        case "date", Moment(time):
            return rfc3339(time)
        case "count", int(count):
            return str(count)
        case "text", _:
            return guarded(text_in(cell))
    return ""


FORMAT = Format("csv", data=_files)
