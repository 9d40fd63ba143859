"""The same money under every method, side by side: what depends on the rule, and what does not.

Shares of what was stolen by reason, because six columns of full amounts fit no screen; the audit has the units. Units
count for what of the stolen they stand for, whatever they were converted into. Each column of a method that conserves
value adds up to exactly 100.00 %; poison is exposure and adds up to what it is.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from chains.model import Asset
from reports.layout import Line, heading, put, wrap
from reports.numbers import HUNDRED, hundredths, money, share_of, some
from reports.view import AssetKey, View, key_of, stolen
from tracer.lots import METHODS
from tracer.result import REASONS, BoundLine, MethodRow, Result

PADDING: Final = (0, 0, 0, 1)
COLUMN: Final = 7
NIL: Final = "–"
MOST_SHOWN: Final = 999_999
"""Exposure beyond so many percent is not told apart: no column is wide enough, and it says the same."""


def put_methods(console: Console, view: View) -> None:
    """One table per stolen asset; nothing where the document has no comparison."""
    if not view.result.methods:
        return
    heading(console, view.w("section.methods"))
    for key, (asset, units) in stolen(view.result).items():
        put(console, [Line(Text(money(units, asset), style="italic"))])
        console.print(_table(view, asset, units, by_reason(view.result.methods, key)))
    put(console, [Line(Text(note, style="dim")) for note in _notes(view)], "  ")


def by_reason(rows: Iterable[MethodRow], key: AssetKey) -> dict[str, dict[str, int]]:
    """What of one stolen asset ended for each reason under each method, in the order of `REASONS`."""
    sums: dict[str, dict[str, int]] = {}
    for row in rows:
        for part in row.principal:
            for method, units in part.units if key_of(part.asset) == key else ():
                of_method = sums.setdefault(method, {})
                of_method[row.reason] = of_method.get(row.reason, 0) + units
    return {method: {reason: found.get(reason, 0) for reason in REASONS} for method, found in sums.items()}


def converted(rows: Iterable[MethodRow], key: AssetKey) -> bool:
    """Does some method find what was stolen of an asset in another form? Then bounds in units do not compare."""
    return any(
        key_of(part.asset) == key and (key_of(row.asset) != key or part.units != row.units)
        for row in rows
        for part in row.principal
    )


def shares(found: Mapping[str, int], *, whole: int, conserves: bool) -> dict[str, str]:
    """The cells of one method, by reason: nil is left out."""
    present = [reason for reason, units in found.items() if units]
    if not conserves:
        return {reason: _exposure(found[reason], whole) for reason in present}
    parts = hundredths([found[reason] for reason in present])
    return {reason: some(part) for reason, part in zip(present, parts, strict=True)}


def _exposure(part: int, whole: int) -> str:
    """A share that may be many times the whole: in whole percents where hundredths do not fit a column."""
    share = share_of(part, whole)
    if cell_len(share.removesuffix(" %")) <= COLUMN:
        return share
    percents = part * 100 // whole
    return f"{percents} %" if percents <= MOST_SHOWN else f">{MOST_SHOWN} %"


def _table(view: View, asset: Asset, units: int, sums: Mapping[str, Mapping[str, int]]) -> Table:
    table = Table(box=SIMPLE_HEAD, padding=PADDING, pad_edge=False)
    table.add_column("", overflow="fold")
    cells = {method: shares(found, whole=units, conserves=METHODS[method].conserves) for method, found in sums.items()}
    bounds = bounds_of(view.result, key_of(asset))
    for name in [*sums, *(("least", "most") if bounds else ())]:
        table.add_column(_stacked(view.w(f"methods.{name}")), justify="right", no_wrap=True)
    for reason in REASONS:
        of_reason = [of_method.get(reason, NIL) for of_method in cells.values()]
        line = bounds.get(reason)
        if line is not None:
            of_reason += bounded(line, units)
        elif any(cell != NIL for cell in of_reason):
            of_reason += [NIL, NIL] if bounds else []
        else:
            continue
        table.add_row(view.w(f"reason.{reason}"), *(cell.removesuffix(" %") for cell in of_reason))
    return table


def bounds_of(result: Result, key: AssetKey) -> dict[str, BoundLine]:
    """The bounds that shares of a stolen asset can be held against, by reason.

    Those of units only where these stand for themselves.
    """
    principal = converted(result.methods, key)
    return {one.reason: one for one in result.bounds if key_of(one.asset) == key and one.principal == principal}


def _stacked(name: str) -> Text:
    """A column's name on as few lines as it needs, of about the same length."""
    lines = -(-cell_len(name) // COLUMN)
    return Text("\n").join(wrap(Text(name), -(-cell_len(name) // lines)))


def bounded(line: BoundLine, whole: int) -> list[str]:
    """The least rounded down and the most up, so that no method's share stands outside of them."""
    mark = "*" if line.weak else ""
    shares = (line.least, line.least * HUNDRED // whole), (line.most, -(-line.most * HUNDRED // whole))
    shown = ((units, some(share)) for units, share in shares)
    return [cell.removesuffix(" %") + mark if units else NIL for units, cell in shown]


def _notes(view: View) -> Iterator[str]:
    followed = view.w("closing.join").join(view.w(f"methods.{method}") for method in view.result.followed)
    yield view.w("methods.note", followed=followed)
    found = {key: bounds_of(view.result, key) for key in stolen(view.result)}
    if any(converted(view.result.methods, key) for key in found):
        yield view.w("methods.converted")
    if not all(found.values()):
        yield view.w("methods.unbounded", command=f"trace bounds {shlex.quote(view.case)}")
    if any(line.weak for lines in found.values() for line in lines.values()):
        yield view.w("methods.weak")
