"""A freeze request: one letter to one recipient, in the order of the open FAR draft (Freeze Asset Request).

Desks that adopted it look for its parts in its order: the request, proof of crime, the trace, additional information,
reporting and verification. The parts between those carry what they need beside it.
"""

from __future__ import annotations

from reports.letter.annex import annex
from reports.letter.crime import crime, trace
from reports.letter.evidence import evidence, machine, method, people, still_open
from reports.letter.material import Material
from reports.letter.picture import picture
from reports.letter.request import head, request
from reports.paper import Paper


def letter(material: Material, code: str) -> Paper:
    """The letter as a paper. ``code`` is the picture (SVG) of the dossier's digest to scan."""
    w = material.draft.w
    blocks = (
        *head(material),
        *request(material),
        *crime(material),
        *trace(material),
        *evidence(material),
        *people(material),
        *method(material),
        *machine(material, code),
        *annex(material),
        *still_open(material),
        *([picture(material)] if material.brought else []),
    )
    return material.draft.paper(w("letter.title", name=material.to.name), w("letter.subtitle"), blocks)
