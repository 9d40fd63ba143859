"""The closing line: what became of every stolen unit, in parts that add up to exactly 100.00 %.

Rounded by largest remainder over the reasons, so that the parts add up; the two sums (located, not followed) are sums
of the rounded parts, so that they do too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rich.console import Console
from rich.text import Text

from chains.model import Asset
from reports.layout import Line, heading, put
from reports.numbers import hundredths, money, percent, share_of
from reports.view import AssetKey, View, key_of, stolen
from tracer.lots import METHODS
from tracer.result import NOT_FOLLOWED, REASONS, Result
from tracer.words import Words


class Part(NamedTuple):
    """What one reason accounts for: base units of the stolen asset, and hundredths of a percent of it."""

    reason: str
    units: int
    share: int


def parts_of(result: Result, key: AssetKey) -> list[Part]:
    """The parts of one stolen asset, in the order of `REASONS`; shares together exactly 100.00 %."""
    sums: dict[str, int] = {}
    for _, asset, reason, units in result.totals():
        if key_of(asset) == key:
            sums[reason] = sums.get(reason, 0) + units
    reasons = [reason for reason in REASONS if sums.get(reason)]
    shares = hundredths([sums[reason] for reason in reasons])
    return [Part(reason, sums[reason], share) for reason, share in zip(reasons, shares, strict=True)]


def put_closing(console: Console, view: View) -> None:
    """One closing line per stolen asset."""
    heading(console, view.w("section.sum"))
    for key, (asset, units) in stolen(view.result).items():
        parts = parts_of(view.result, key)
        if METHODS[view.result.method].conserves:
            put(console, _lines(view.w, asset, units, parts))
        else:
            put(console, [_exposure(view.w, asset, units, parts)])


def _exposure(w: Words, asset: Asset, units: int, parts: list[Part]) -> Line:
    """Under a method that does not conserve value there is no sum to close, and the line says so."""
    whole = sum(part.units for part in parts)
    listed = w("closing.join").join(
        w("closing.part", where=w(f"reason.{part.reason}"), share=share_of(part.units, units))
        for part in sorted(parts, key=lambda part: -part.units)
    )
    exposed = w(
        "closing.exposure", stolen=money(units, asset), amount=money(whole, asset), share=share_of(whole, units),
        parts=listed,
    )  # fmt: skip
    return Line(Text(exposed, style="bold"))


def _lines(w: Words, asset: Asset, units: int, parts: list[Part]) -> Iterator[Line]:
    differs = units - sum(part.units for part in parts)
    if differs:
        yield Line(Text(w("closing.differs", amount=money(differs, asset)), style="bold red"))
        return
    located = [part for part in parts if part.reason not in NOT_FOLLOWED]
    missed = [part for part in parts if part.reason in NOT_FOLLOWED]
    said: list[str] = []
    if located:
        said.append(w("closing.located", share=_sum(located), parts=_listed(w, located)))
    if missed:
        said.append(w("closing.not_followed", share=_sum(missed), parts=_listed(w, missed)))
    share, sums = _sum(parts), w("closing.plus").join(said)
    yield Line(Text(w("closing.line", stolen=money(units, asset), share=share, parts=sums), style="bold"))


def _sum(parts: list[Part]) -> str:
    return percent(sum(part.share for part in parts))


def _listed(w: Words, parts: list[Part]) -> str:
    largest_first = sorted(parts, key=lambda part: -part.units)
    return w("closing.join").join(
        w("closing.part", where=w(f"reason.{part.reason}"), share=percent(part.share)) for part in largest_first
    )
