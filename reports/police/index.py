"""A, the index: what is still missing, then every file of the pack with its size and digest.

It is made last and lists everything but itself: whoever receives the pack can tell whether it is whole and unchanged.
"""

from __future__ import annotations

from typing import Final

from reports.paper import Block, Break, Cell, Column, Facts, Line, Span, Table, cell, line
from reports.police import missing
from reports.police.desk import Desk, Kept, Part, head, para
from tracer.identity import FIELDS

POLICE: Final = tuple(name for name in FIELDS if name.startswith("police."))


def blocks(desk: Desk) -> list[Block]:
    """What is missing, the case, the list."""
    w, draft = desk.w, desk.draft
    case = Facts(
        (
            (w("police.index.reference"), cell(draft.dossier.reference)),
            (w("identity.reporter.name"), cell(desk.told("reporter.name"))),
            (w("header.as_of"), cell(desk.as_of())),
            (w("police.record.digest"), cell(Span(draft.digest, "code"))),
        )
    )
    listed = head("index-list", w("police.index.list"))
    taken = head("index-police", w("police.index.police"))
    return [case, *missing.blocks(desk), Break(), listed, _list(desk), *_check(desk), taken, desk.facts(*POLICE)]


def _list(desk: Desk) -> Table:
    w = desk.w
    columns = (
        Column(w("police.column.part"), 6),
        Column(w("police.column.material"), 96),
        Column(w("police.column.pages"), 8, right=True),
        Column(w("police.column.bytes"), 16, right=True),
    )
    return Table("police_index", w("police.index.caption"), columns, tuple(_row(desk, one) for one in desk.files))


def _row(desk: Desk, one: Kept) -> tuple[Cell, ...]:
    letter = one.name[0] if one.name[1:2] == "-" else ""
    named: list[Line] = [line(Span(desk.w(f"police.title.{one.what}"), "strong")), line(one.name), *desk.digests(one)]
    pages = cell(f"{one.pages:,}", value=one.pages) if one.pages else cell("—")
    return cell(letter), cell(*named), pages, cell(f"{one.size:,}", value=one.size)


def _check(desk: Desk) -> list[Block]:
    return [para(desk.w("police.index.itself")), para(desk.w("police.index.check"))]


PART = Part("A", "index", blocks)
