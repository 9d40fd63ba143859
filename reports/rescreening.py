"""What today's labels change in an old case, as lines and as JSON: the addresses, then the endpoints."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from reports.layout import Line, heading, put
from reports.numbers import money
from reports.view import label
from tracer.labels import Label
from tracer.rescreen import EndpointChange, LabelChange, Rescreening
from tracer.result import EndpointRow
from tracer.words import Words, translated

ROWS: Final = 20


def render_rescreening(found: Rescreening, w: Words, console: Console, *, case: str) -> None:
    """Print which addresses are labelled otherwise now, and which endpoints that changes."""
    if not found.labels:
        put(console, [Line(Text(w("rescreen.same")))])
        return
    heading(console, w("rescreen.labels"))
    for change in found.labels[:ROWS]:
        put(console, list(_labels(change, w)), "    ", "  • ")
    if len(found.labels) > ROWS:
        put(console, [Line(Text(w("rescreen.more", n=len(found.labels) - ROWS), style="dim"))])
    heading(console, w("rescreen.endpoints"))
    for one in found.endpoints:
        put(console, list(_endpoint(one, w)), "    ", "  • ")
    said = w("rescreen.again", case=shlex.quote(case)) if found.endpoints else w("rescreen.no_endpoint")
    put(console, [Line(Text(said))])


def rescreening_document(found: Rescreening) -> dict[str, Any]:
    """The same as JSON."""
    return {
        "labels": [
            {
                "address": one.address,
                "added": [label._asdict() for label in one.added],
                "removed": [label._asdict() for label in one.removed],
            }
            for one in found.labels
        ],
        "endpoints": [
            {
                "chain": one.chain,
                "address": one.address,
                "asset": one.asset,
                "before": _plain(one.before),
                "after": _plain(one.after),
            }
            for one in found.endpoints
        ],
    }


def _plain(row: EndpointRow | None) -> dict[str, str] | None:
    return None if row is None else {"reason": row.reason, "entity": row.entity, "amount": str(row.amount)}


def _labels(change: LabelChange, w: Words) -> Iterator[Line]:
    yield Line(Text(change.address, style="bold"), whole=True)
    yield from (Line(Text.assemble(w("rescreen.added"), " ", _label(one, w))) for one in change.added)
    yield from (Line(Text.assemble(w("rescreen.removed"), " ", _label(one, w))) for one in change.removed)


def _label(one: Label, w: Words) -> Text:
    return label(one.entity, w(f"category.{one.category}"), translated(one.source, w))


def _endpoint(one: EndpointChange, w: Words) -> Iterator[Line]:
    yield Line(Text(one.address, style="bold"), whole=True)
    yield Line(Text.assemble(w("rescreen.was"), " ", _ending(one.before, w)))
    yield Line(Text.assemble(w("rescreen.is"), " ", _ending(one.after, w)))


def _ending(row: EndpointRow | None, w: Words) -> Text:
    if row is None:
        return Text(w("rescreen.none"))
    shown = Text(f"{w(f'reason.{row.reason}')}, {money(row.amount, row.asset)}")
    return shown.append(" ").append_text(label(row.entity, translated(row.label_source, w))) if row.entity else shown
