"""What the pack still lacks, and who can supply it: the first page, so that nobody finds out at the counter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reports.paper import Block, Cell, Column, Table, cell
from reports.police.desk import Desk, head, para
from reports.view import stolen
from tracer.identity import FIELDS

WANTED: Final = tuple(name for name in FIELDS if not name.startswith(("verified_by.", "request.")))
LATER: Final = ("police.receipt_number", "police.filing_number", "police.officer", "police.email", "police.phone")
"""What is only there once the report is taken."""

PLACES: Final = {"reporter": "B", "victim": "B · I", "police": "A", "incident": "B", "device": "B"}


def blocks(desk: Desk) -> list[Block]:
    """The table of what is missing, or that nothing is."""
    rows = list(lacking(desk))
    heading = head("missing", desk.w("police.missing"))
    if not rows:
        return [heading, para(desk.w("police.missing.nothing"))]
    columns = (
        Column(desk.w("police.column.lacking"), 60),
        Column(desk.w("police.column.supplier"), 26),
        Column(desk.w("police.column.place"), 14),
    )
    table = Table("police_missing", desk.w("police.missing.caption"), columns, tuple(map(_row, rows)))
    return [heading, para(desk.w("police.missing.meaning")), table]


def lacking(desk: Desk) -> Iterator[tuple[str, str, str]]:
    """What is absent, who can supply it, in which part it goes."""
    w = desk.w
    for one in desk.identity.missing(WANTED):
        later = w("police.missing.later") if one.field in LATER else ""
        section = one.field.partition(".")[0]
        yield w(f"identity.{one.field}") + later, w(f"who.{one.supplier}"), PLACES[section]
    yield w("police.missing.number"), w("who.victim"), "B"
    yield w("police.missing.signature"), w("who.victim"), "B"
    yield w("police.missing.papers"), w("who.victim"), "I"
    if _unpriced(desk):
        yield w("police.missing.price"), w("who.police"), "C"
    if desk.draft.dossier.result.gaps:
        yield w("police.missing.gaps", n=f"{len(desk.draft.dossier.result.gaps):,}"), w("police.missing.tracer"), "D"
    yield w("police.missing.record"), w("who.police"), "G"


def _unpriced(desk: Desk) -> bool:
    result = desk.draft.dossier.result
    priced = {(row.asset.chain, row.asset.id) for row in result.prices if row.usd is not None}
    return any((asset.chain, asset.id) not in priced for asset, _ in stolen(result).values())


def _row(row: tuple[str, str, str]) -> tuple[Cell, ...]:
    return tuple(map(cell, row))
