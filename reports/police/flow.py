"""D, the flow of the funds: the picture, the account of it, and the schedule of transactions.

The sections are those of the report, so that a number here is the number there; what is said first is what such a paper
is not: an expert opinion.
"""

from __future__ import annotations

from reports.paper import Block, Bullets, line
from reports.police.desk import Desk, Part, head, notice, para
from reports.report import sections

SECTIONS = ("flow", "hops", "conversions")
METHOD = ("facts", "inference", "sums", "limits")


def blocks(desk: Desk) -> list[Block]:
    """What it is, how it was reached, then the report's own sections."""
    method = desk.w(f"method.{desk.draft.dossier.result.method}")
    return [
        notice("note", desk.w("police.flow.no_opinion")),
        head("flow-method", desk.w("police.flow.method")),
        para(desk.w("police.flow.rule", method=method)),
        Bullets(tuple(line(desk.w(f"police.flow.{name}")) for name in METHOD)),
        *(block for one in sections() if one.id in SECTIONS for block in one.blocks(desk.draft)),
    ]


PART = Part("D", "flow", blocks)
