"""I, identity and ownership: what the reporter brings, ticked off one by one, with what each of them shows.

Nothing personal is copied here: the papers themselves are shown at the station, and their numbers are on no file.
"""

from __future__ import annotations

from typing import Final

from reports.paper import BLANK, Block, Bullets, Cell, Column, Span, Table, cell, line
from reports.police.desk import ROOM, Desk, Part, head, notice, para
from tracer.hostile import clean
from tracer.identity import PROOFS

BRING: Final = (
    *("id", "mandate", "purchase", "control", "screens", "device", "chats", "approvals", "tickets", "disc"),
    "receipt",
)


def blocks(desk: Desk) -> list[Block]:
    """What to bring, and what proves whose wallet it is."""
    return [
        notice("stop", desk.w("police.checklist.never")),
        head("checklist-bring", desk.w("police.checklist.bring")),
        Bullets(tuple(line(desk.w(f"police.bring.{one}")) for one in BRING), boxes=True),
        head("checklist-proofs", desk.w("police.checklist.proofs")),
        _proofs(desk),
        para(desk.w("police.checklist.signing")),
    ]


def _proofs(desk: Desk) -> Table:
    """Each kind of proof: what was named in the identity file, or a blank."""
    w = desk.w
    columns = (
        Column(w("police.column.proof"), 30),
        Column(w("police.column.file"), 40),
        Column(w("police.column.proves"), 40),
    )
    rows: list[tuple[Cell, ...]] = []
    for kind in PROOFS:
        named = [one for one in desk.identity.victim.ownership if one.kind == kind]
        for one in named:
            given = (clean(one.file, 200), clean(one.proves, ROOM) or w(f"police.proves.{kind}"))
            rows.append((cell(w(f"identity.proof.{kind}")), *map(cell, given)))
        if not named:
            blank = cell(Span(w("police.file_name"), BLANK))
            rows.append((cell(w(f"identity.proof.{kind}")), blank, cell(w(f"police.proves.{kind}"))))
    return Table("police_ownership", w("police.checklist.caption"), columns, tuple(rows))


PART = Part("I", "checklist", blocks, editable=True)
