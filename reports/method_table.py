"""The same money under every method, side by side: what depends on the rule, and what does not.

Shares of what was stolen by reason, because six columns of full amounts fit no screen; the audit has the units. Each
column of a method that conserves value adds up to exactly 100.00 %; poison is exposure and adds up to what it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from chains.model import Asset
from reports.layout import Line, heading, put
from reports.numbers import hundredths, money, percent, share_of
from reports.view import View, key_of, stolen
from tracer.lots import METHODS
from tracer.result import REASONS, MethodRow

PADDING: Final = (0, 0, 0, 1)


def put_methods(console: Console, view: View) -> None:
    """One table per stolen asset; nothing where the document has no comparison."""
    if not view.result.methods:
        return
    heading(console, view.w("section.methods"))
    for key, (asset, units) in stolen(view.result).items():
        rows = [row for row in view.result.methods if key_of(row.asset) == key]
        console.print(_table(view, asset, units, by_reason(rows)))
    put(console, [Line(Text(_note(view), style="dim"))], "  ")


def by_reason(rows: Iterable[MethodRow]) -> dict[str, dict[str, int]]:
    """Units by method and reason, in the order of `REASONS`."""
    sums: dict[str, dict[str, int]] = {}
    for row in rows:
        for method, units in row.units:
            of_method = sums.setdefault(method, {})
            of_method[row.reason] = of_method.get(row.reason, 0) + units
    return {method: {reason: found.get(reason, 0) for reason in REASONS} for method, found in sums.items()}


def shares(found: Mapping[str, int], *, whole: int, conserves: bool) -> dict[str, str]:
    """The cells of one method, by reason: nil is left out."""
    present = [reason for reason, units in found.items() if units]
    if not conserves:
        return {reason: share_of(found[reason], whole) for reason in present}
    parts = hundredths([found[reason] for reason in present])
    return {reason: percent(part) if part else "<0.01 %" for reason, part in zip(present, parts, strict=True)}


def _table(view: View, asset: Asset, units: int, sums: Mapping[str, Mapping[str, int]]) -> Table:
    table = Table(box=SIMPLE_HEAD, padding=PADDING, pad_edge=False, title=money(units, asset), title_justify="left")
    table.add_column("")
    cells = {method: shares(found, whole=units, conserves=METHODS[method].conserves) for method, found in sums.items()}
    for method in sums:
        table.add_column(view.w(f"methods.{method}"), justify="right")
    for reason in REASONS:
        if any(reason in of_method for of_method in cells.values()):
            of_reason = (of_method.get(reason, "–").removesuffix(" %") for of_method in cells.values())
            table.add_row(view.w(f"reason.{reason}"), *of_reason)
    return table


def _note(view: View) -> str:
    followed = view.w("closing.join").join(view.w(f"methods.{method}") for method in view.result.followed)
    return view.w("methods.note", followed=followed)
