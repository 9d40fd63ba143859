"""The police pack: what somebody who was robbed hands in, part by part, each a paper of its own.

An officer opens a case on papers in a known order, so the parts and their letters are those of Chinese practice
(报案材料), with English equivalents. Facts of the chain are put in; what only a person can know stands as a blank, and
the first page says who has to fill it in. Data for machines lie beside the papers, and the index, made last, has the
digest of everything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Final, NamedTuple

from reports.dossier_json import to_json
from reports.formats import formats
from reports.police import (
    addresses,
    assets,
    checklist,
    exhibits,
    flow,
    ic3,
    index,
    recheck,
    records,
    statement,
    ticket,
    warnings,
)
from reports.police.desk import Desk, Kept, Part, kept
from tracer.dossier import Dossier

PARTS: Final[tuple[Part, ...]] = (
    *(statement.PART, assets.PART, flow.PART, addresses.PART, records.PART, exhibits.PART),
    *(recheck.PART, checklist.PART, warnings.PART),
)
"""B to J; the index, A, is made of what the others became."""

_PAGES: Final = re.compile(rb"/Type\s*/Pages\b[^>]*?/Count\s+(\d+)|/Count\s+(\d+)[^>]*?/Type\s*/Pages\b")


class _File(NamedTuple):
    """A file of the pack; ``what`` is as in `Kept`."""

    what: str
    name: str
    content: bytes


def packs(desks: Iterable[Desk]) -> dict[str, bytes]:
    """The packs of several desks, one for each language, as one."""
    return {name: data for desk in desks for name, data in pack(desk).items()}


def pack(desk: Desk) -> dict[str, bytes]:
    """Every file of the pack in the reader's language, by name, in the order of the index."""
    data = list(_data(desk))
    desk = replace(desk, exhibits=(*(_listed(desk, one) for one in data), *desk.exhibits))
    papers = [written for part in PARTS for written in _written(desk, part)]
    papers += [_text(desk, part) for part in (ticket.PART, *((ic3.PART,) if desk.w.lang == "en" else ()))]
    rest = [*papers, *data]
    first = _written(replace(desk, files=tuple(_listed(desk, one) for one in rest)), index.PART)
    return {one.name: one.content for one in (*first, *rest)}


@lru_cache(maxsize=1)
def _dossier(found: Dossier) -> bytes:
    """The dossier's document: long in the making, and the same in every language."""
    return to_json(found)


def _data(desk: Desk) -> Iterator[_File]:
    """The whole dossier for programs, and every table of the report as a workbook."""
    yield _File("dossier", "data/dossier.json", _dossier(desk.draft.dossier))
    workbook = formats()["xlsx"].data
    for name, content in workbook(replace(desk.draft, limit=None)).items() if workbook else ():
        yield _File("tables", f"data/{name}", content)


def _written(desk: Desk, part: Part) -> Iterator[_File]:
    """A part as a PDF, and to be edited where somebody has to fill it in."""
    for ending in ("pdf", "docx") if part.editable else ("pdf",):
        yield _File(part.id, f"{part.letter}-{part.id}.{desk.w.lang}.{ending}", _typeset(desk, part, ending))


def _text(desk: Desk, part: Part) -> _File:
    """What is pasted into somebody's form."""
    return _File(part.id, f"{part.id}.{desk.w.lang}.txt", _typeset(desk, part, "txt"))


def _typeset(desk: Desk, part: Part, ending: str) -> bytes:
    form = formats()[ending]
    limited = replace(desk, draft=replace(desk.draft, limit=form.rows))
    title = desk.w(f"police.title.{part.id}")
    subtitle = desk.w(f"police.subtitle.{'part' if part.letter else 'text'}", letter=part.letter)
    paper = limited.draft.paper(title, subtitle, tuple(part.blocks(limited)))
    if form.paper is None:
        raise LookupError(ending)
    return form.paper(paper)


def _listed(desk: Desk, one: _File) -> Kept:
    count = pages(one.content) if one.name.endswith(".pdf") else 0
    return kept(one.name, one.what, one.content, with_sm3=desk.with_sm3, pages=count)


def pages(pdf: bytes) -> int:
    """How many pages a PDF says it has; nil where it says so in a compressed part only."""
    found = [int(one or other) for one, other in _PAGES.findall(pdf)]
    return max(found, default=0)
