"""Letters as files: for each recipient a folder, and beside them the calendar of what is due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from reports.draft import Draft
from reports.formats import formats
from reports.letter import letter
from reports.letter.files import code_of, files_of, index_of
from reports.letter.follow_ups import follow_ups
from reports.letter.material import Material
from reports.letter.plan import Planned, plan
from reports.letter.recipients import Recipient, recipients, unnamed
from tracer.identity import Identity


def plans(draft: Draft, wanted: Sequence[Recipient], who: Identity, lang: str | None) -> list[Planned]:
    """A letter for each recipient, in the language asked for or the recipient's own."""
    return [Planned(Material(draft, one, who), one.languages(lang)) for one in wanted]


def sheet(draft: Draft, planned: Sequence[Planned], *, everybody: bool) -> bytes:
    """What is to be done before sending, as text; with ``everybody``, also who was found and gets none."""
    helpless = [one for one in recipients(draft.dossier) if one.powerless] if everybody else []
    write = formats()["txt"].paper
    assert write is not None
    return write(plan(draft, planned, helpless, unnamed(draft.dossier) if everybody else ()))


def package(one: Planned, zone: str) -> dict[str, bytes]:
    """The letter in its languages and formats, what goes with it, and the list of their digests."""
    known = formats()
    material, found = files_of(one.material)
    files = dict(found)
    for lang in one.languages:
        draft = Draft.of(material.draft.dossier, lang, zone=zone, today=material.draft.today)
        paper = letter(replace(material, draft=draft), code_of(material))
        for ending in material.to.papers:
            write = known[ending].paper
            assert write is not None
            files[f"letter.{lang}.{ending}"] = write(paper)
    return {**files, "index.sha256": index_of(files)}


def beside(draft: Draft, planned: Sequence[Planned], shown: bytes) -> dict[str, bytes]:
    """What lies beside the letters: the calendar, and the sheet."""
    calendar = follow_ups(planned, draft.today, draft.dossier.reference, draft.w)
    return {"follow-ups.ics": calendar, f"before-sending.{draft.w.lang}.txt": shown}
