"""Every conversion of stolen value: when, what went in and came out, where, at what rate, and which part was stolen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from reports.conversions import (
    doubts,
    kind,
    market_share,
    places,
    rate_of,
    receivers,
    shared,
    stolen_part,
    terms,
    unfair,
    whole,
)
from reports.layout import Line, heading, put, wrap
from reports.view import View
from tracer.result import ConversionRow, rfc3339

ROWS: Final = 10
HASH: Final = 66
STOLEN_ROOM: Final = 40
WIDEST: Final = 10_000


def put_conversions(console: Console, view: View) -> None:
    """The conversions in order of time, as a table where one fits, else as lines; nothing where there are none."""
    rows = sorted(enumerate(view.result.conversions), key=lambda one: (one[1].time, one[0]))
    if not rows:
        return
    heading(console, view.w("section.conversions"))
    limit = view.limit(ROWS)
    table = _table(view, rows[:limit])
    if console.measure(table, options=console.options.update(width=WIDEST)).maximum <= console.width:
        console.print(table)
    else:
        for count, (number, row) in enumerate(rows[:limit], 1):
            put(console, _lines(view, number, row), "    ", f"{count:>3} ")
    if limit is not None and len(rows) > limit:
        more = view.w("conversions.more", n=len(rows) - limit, command=view.command)
        put(console, [Line(Text(more, style="dim"))])


def put_rates(console: Console, view: View) -> None:
    """Conversions whose outcome was worth far less, or far more, than what was paid: a finding, not a verdict."""
    rows = sorted((row for row in view.result.conversions if unfair(row)), key=lambda row: (row.time, row.tx))
    if not rows:
        return
    heading(console, view.w("section.rates"))
    limit = view.limit(ROWS)
    for row in rows[:limit]:
        put(console, _doubt(view, row), "    ", "  • ")
    if limit is not None and len(rows) > limit:
        more = view.w("conversions.more", n=len(rows) - limit, command=view.command)
        put(console, [Line(Text(more, style="dim"))])
    put(console, [Line(Text(view.w("rates.meaning"), style="dim"))], "  ")


def _doubt(view: View, row: ConversionRow) -> list[Line]:
    said = view.w("rates.row", exchange=whole(row), share=market_share(row))
    return [
        Line(Text.assemble(kind(view, row), " ", said)),
        Line(Text(row.owner), whole=True),
        Line(Text(row.tx, style="dim"), whole=True),
    ]


def _lines(view: View, number: int, row: ConversionRow) -> Iterator[Line]:
    yield Line(Text.assemble(kind(view, row), " ", (whole(row), "bold"), (f" · {rfc3339(row.time)}", "dim")))
    if said := terms(view.w, row):
        yield Line(said)
    yield Line(Text(stolen_part(view.w, row)))
    yield from _evidence(view, number, row)


def _evidence(view: View, number: int, row: ConversionRow) -> Iterator[Line]:
    """Who, where, by whom, to whom; what shares go by; the transaction."""
    yield from places(view, "by", row.chain, list(dict.fromkeys(part.address for part in row.ins)))
    yield from places(view, "at", row.chain, row.venues)
    yield from places(view, "via", row.chain, view.conduits.get(number, ()))
    yield from places(view, "to", row.chain, list(dict.fromkeys(part.address for part in receivers(row))))
    for said in shared(view.w, row):
        yield Line(Text(said, style="dim"))
    yield from doubts(view, row)
    yield Line(Text(row.tx, style="dim"), whole=True)


def _table(view: View, rows: list[tuple[int, ConversionRow]]) -> Table:
    w = view.w
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 2, 0, 0))
    for name in ("time", "kind"):
        table.add_column(w(f"conversions.{name}"), no_wrap=True)
    table.add_column(w("conversions.exchange"), no_wrap=True)
    table.add_column(w("conversions.rate"), no_wrap=True, justify="right")
    table.add_column(w("conversions.market"), no_wrap=True, justify="right")
    table.add_column(w("conversions.stolen"), no_wrap=True)
    for number, row in rows:
        lines = [Line(Text(whole(row), style="bold")), *_evidence(view, number, row)]
        exchanged = Text("\n").join(part for line in lines for part in wrap(line.text, HASH))
        part = Text("\n").join(wrap(Text(stolen_part(view.w, row)), STOLEN_ROOM))
        market = Text(market_share(row), style="bold red" if unfair(row) else "")
        table.add_row(rfc3339(row.time), kind(view, row), exchanged, rate_of(row), market, part)
    return table
