"""What an audit of labels found: faults in full, what is expected as counts with a few examples."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from reports.layout import Line, heading, put
from reports.view import label
from tracer.label_audit import KINDS, Finding
from tracer.words import Words, translated

EXAMPLES = 3
FAULTS = 50


def render_findings(found: Sequence[Finding], looked: int, w: Words, console: Console) -> None:
    """Print findings kind by kind, faults first. ``looked`` is how many labels were looked at."""
    faults = sum(not one.expected for one in found)
    put(console, [Line(Text(w("labels.audited", n=f"{looked:,}", faults=faults, expected=len(found) - faults)))])
    for kind in KINDS:
        rows = [one for one in found if one.kind == kind]
        if not rows:
            continue
        heading(console, w("labels.finding", what=w(f"labels.found.{kind}"), n=f"{len(rows):,}"))
        limit = EXAMPLES if rows[0].expected else FAULTS
        for row in rows[:limit]:
            put(console, _lines(row, w), "    ", "  • ")
        if len(rows) > limit:
            put(console, [Line(Text(w("labels.more", n=f"{len(rows) - limit:,}"), style="dim"))], "  ")


def findings_document(found: Sequence[Finding], looked: int) -> dict[str, object]:
    """All of it for other programs."""
    rows = [
        {
            "kind": one.kind,
            "expected": one.expected,
            "address": one.address,
            "labels": [it._asdict() for it in one.labels],
        }
        for one in found
    ]
    return {"labels": looked, "faults": sum(not one.expected for one in found), "findings": rows}


def _lines(row: Finding, w: Words) -> list[Line]:
    said = [
        Line(
            label(one.entity, w(f"category.{one.category}"), translated(one.source, w)).append(f" {one.chain}", "dim"),
        )
        for one in row.labels
    ]
    return [Line(Text(row.address), whole=True), *said]
