"""The flow picture of a letter: only the payments that led to the recipient, so nobody else's customers are on it.

It is drawn by the report's own picture, from a dossier that shows nothing else. Payments and places keep the numbers
that they have in the letter.
"""

from __future__ import annotations

from dataclasses import replace

from chains.model import FEE_SINK, Address
from reports.letter.material import Material
from reports.paper import Figure
from reports.picture import still
from tracer.dossier import Dossier
from tracer.result import FlowRow


def picture(material: Material) -> Figure:
    """From the theft to the recipient."""
    draft = replace(material.draft, dossier=_own(material))
    return still(draft)._replace(id="path-picture", caption=material.draft.w("letter.picture"))


def _own(material: Material) -> Dossier:
    """The dossier with no ends but the recipient's, and all other payments without ends, amounts and meaning."""
    dossier = material.draft.dossier
    result = dossier.result
    ends = {one.endpoint for one in material.to.ways}
    accounts = {(row.chain, row.address, row.asset) for row in ends}
    return replace(
        dossier,
        result=result._replace(
            flows=tuple(flow if place in material.brought else _blank(flow) for place, flow in enumerate(result.flows)),
            endpoints=tuple(row for row in result.endpoints if row in ends),
            deposits=tuple(row for row in result.deposits if (row.chain, row.address, row.asset) in accounts),
        ),
        ways={},
    )


def _blank(flow: FlowRow) -> FlowRow:
    """A payment that only keeps its place: what collects fees is drawn by nobody."""
    return flow._replace(
        sender=FEE_SINK, receiver=Address(""), amount=0, traced=0, via=(), conversion=None, principal=()
    )
