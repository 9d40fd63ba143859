"""The papers that a watch keeps up to date: the report, and a letter to everybody who can act on what is traced.

A letter is written anew only when what it asks for changed: an exchange should not get a second version for a movement
that does not concern it, and whoever sent one finds it as it was sent.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date
from typing import Final, NamedTuple

from reports.draft import Draft
from reports.letter.package import beside, package, plans, sheet
from reports.letter.plan import Planned
from reports.letter.recipients import recipients
from reports.report.files import formats_of, report_files
from tracer.dossier import Dossier
from tracer.identity import Identity

FORMATS: Final = "html,pdf,xlsx,json"


class Letter(NamedTuple):
    """A letter that can be written. ``slug`` names its folder; ``standing`` is the same as long as it asks the same."""

    slug: str
    standing: str
    planned: Planned

    def files(self) -> dict[str, bytes]:
        """The letter, what goes with it, and their digests."""
        return package(self.planned, "")


def letters(dossier: Dossier, lang: str, who: Identity, day: date) -> list[Letter]:
    """A letter for everybody who can act, in the languages each takes; ``day`` is the day it is written."""
    able = [one for one in recipients(dossier) if not one.powerless]
    return [
        Letter(one.material.to.slug, _standing(one, who), one)
        for one in plans(Draft.of(dossier, lang, today=day), able, who, None)
    ]


def beside_letters(found: list[Letter]) -> dict[str, bytes]:
    """What lies beside the letters: when to ask again, and what is to be done before sending."""
    planned = [one.planned for one in found]
    if not planned:
        return {}
    draft = planned[0].material.draft
    return beside(draft, planned, sheet(draft, planned, everybody=True))


def report(dossier: Dossier, lang: str) -> Iterator[tuple[str, bytes]]:
    """The funds-flow report, file by file."""
    for _, files in report_files(formats_of(FORMATS), [Draft.of(dossier, lang)]):
        yield from files.items()


def _standing(one: Planned, who: Identity) -> str:
    rows = [way.endpoint for way in one.material.to.ways]
    return hashlib.sha256(repr((rows, one.languages, who)).encode()).hexdigest()
