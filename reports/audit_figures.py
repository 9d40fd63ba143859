"""The figures of one account: a table where it fits, equations where it does not.

Base units may have dozens of digits and must not be cut. An equation may be broken between its terms on any screen, and
can be checked as it stands; columns are easier to compare.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from reports.audit_account import AuditView, equation, grouped
from reports.layout import Line as Shown
from reports.layout import put
from tracer.audit_lines import Gross, Line, Stolen
from tracer.lots import METHODS

COLUMNS: Final = ("opening", "received", "made", "short", "out", "converted", "fee", "held")
CONVERSIONS: Final = frozenset({"made", "converted"})
"""Columns of conversions, which an account without any does not have."""
GAP: Final = 2
INDENT: Final = "    "


def fits(console: Console, shown: AuditView, line: Line) -> bool:
    """Is there room for the account's figures in columns?"""
    if line.gross is None:
        return True
    widths = [max(map(cell_len, column)) for column in zip(*_rows(shown, line, line.gross), strict=True)]
    return sum(widths) + GAP * (len(widths) - 1) + len(INDENT) <= console.width


def put_figures(console: Console, shown: AuditView, line: Line, *, columns: bool) -> None:
    """What the account had, and the stolen part of it under every method, in columns or as equations."""
    if line.gross is not None and columns:
        console.print(Padding(_table(_rows(shown, line, line.gross)), (0, 0, 0, len(INDENT)), expand=False))
    else:
        if line.gross is not None:
            put(console, [_gross(shown, line.gross)], INDENT)
        put(console, _stolen(shown, line), INDENT)
    put(console, _early(shown, line), INDENT)


def _table(rows: Sequence[Sequence[str]]) -> Table:
    table = Table(box=None, padding=(0, GAP, 0, 0), pad_edge=False, header_style="dim")
    for head in rows[0]:
        table.add_column(Text(head), justify="right" if head else "left", no_wrap=True)
    for row in rows[1:]:
        wrong = any(sign in "123456789" for sign in row[-1])
        table.add_row(*map(Text, row), style="bold red" if wrong else None)
    return table


def _rows(shown: AuditView, line: Line, gross: Gross) -> list[tuple[str, ...]]:
    """The heads of the columns, everything the account had, and the stolen part under every method."""
    columns = _columns(line)
    heads = (shown.view.w(f"audit.column.{name}") for name in (*columns, "difference"))
    return [("", *heads), _gross_cells(shown, gross, columns), *_stolen_cells(shown, line, columns)]


def _columns(line: Line) -> tuple[str, ...]:
    """The columns in which the account has anything to say."""
    figures = [one for one in (line.gross, *line.stolen) if one is not None]
    named = [name for name in CONVERSIONS if any(getattr(one, name) for one in figures)]
    return tuple(name for name in COLUMNS if name not in CONVERSIONS or name in named)


def _gross_cells(shown: AuditView, gross: Gross, columns: Sequence[str]) -> tuple[str, ...]:
    figures = (f"{getattr(gross, name):,}" for name in columns)
    return (shown.view.w("audit.all_units"), *figures, f"{gross.difference:,}")


def _stolen_cells(shown: AuditView, line: Line, columns: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for names, one in _groups(line):
        figures = one._asdict()
        cells = (f"{figures[name]:,}" if name in figures else "" for name in columns)
        closing = f"{one.difference:,}" if METHODS[one.method].conserves else shown.view.w("audit.column.exposure")
        yield (shown.methods(names), *cells, closing)


def _groups(line: Line) -> Iterator[tuple[list[str], Stolen]]:
    for names, figures in grouped({one.method: one.figures for one in line.stolen}):
        yield names, Stolen(names[0], *figures)


def _gross(shown: AuditView, gross: Gross) -> Shown:
    turned = "_turned" if gross.made or gross.converted else ""
    said = shown.view.w(f"audit.gross{turned}", **_texts(gross._asdict()), difference=f"{gross.difference:,}")
    return Shown(Text(f"{said}  ≠ 0", style="bold red") if gross.difference else Text(said))


def _stolen(shown: AuditView, line: Line) -> Iterator[Shown]:
    w = shown.view.w
    for names, one in _groups(line):
        conserves = METHODS[one.method].conserves
        said = _texts({name: getattr(one, name) for name in ("received", "made", "out", "converted", "fee", "held")})
        closing = f"{one.difference:,}"
        turned = "_turned" if one.made or one.converted else ""
        if line.gross is None:
            text = w(f"audit.rests{turned}", **said, difference=closing)
        elif conserves:
            text = w(f"audit.part{turned}", **said, difference=closing)
        else:
            text = w(f"audit.exposure{turned}", **said)
        yield equation(shown, names, text, closes=not one.difference or not conserves)


def _early(shown: AuditView, line: Line) -> Iterator[Shown]:
    for names, one in _groups(line):
        if one.early:
            said = f"{shown.methods(names)}: {shown.view.w('audit.early', amount=f'{one.early:,}')}"
            yield Shown(Text(said, style="yellow italic"))


def _texts(figures: Mapping[str, int]) -> dict[str, str]:
    return {name: f"{units:,}" for name, units in figures.items()}
