"""Material of letters for the tests: recipients of the dossiers of papers.py, and of the sample under other names."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from reports.draft import Draft
from reports.letter.files import files_of
from reports.letter.material import Material
from reports.letter.recipients import Recipient, recipients
from reports.paper import Block, Bullets, Card, Facts, Notice, Paper, Para, Table, text_in, text_of
from tests.reports.papers import draft, sample_dossier
from tracer.dossier import Dossier
from tracer.identity import Identity, read_identity
from tracer.stoppable import stoppable

IDENTITY = """
[reporter]
name = "Li Hua"
role = "lawyer"
email = "li.hua@example.org"
phone = "+86 138 0013 8000"
country = "CN"
address = "1 Example Road"
[victim]
name = "Wang Fang"
[[victim.ownership]]
kind = "login_video"
file = "login.mp4"
proves = "the wallet opens for Wang Fang"
[police]
unit = "Example police station"
report_number = "A-2026-17"
[incident]
what_happened = "The wallet was emptied overnight."
discovered_at = 2026-01-02T11:30:00+08:00
clicked = "a link to =HYPERLINK() in a chat"
[verified_by]
date = 2026-01-05
[request]
actions = ["preserve", "extended_freeze"]
freeze_duration = "6 months"
"""


def identity() -> Identity:
    """A lawyer who knows half of what is asked."""
    return read_identity("me.toml", IDENTITY)


@cache
def named(entity: str, category: str, reason: str) -> Dossier:
    """The sample, its payment to the hot wallet being one to somebody else."""
    plain = sample_dossier()
    rows = tuple(
        row._replace(entity=entity, category=category, reason=reason) if row.reason == "exchange" else row
        for row in plain.result.endpoints
    )
    result = plain.result._replace(endpoints=rows)
    return replace(plain, result=result, stoppable=tuple(stoppable(result)))


def material(found: Dossier, slug: str, lang: str = "en", who: Identity | None = None) -> Material:
    """The letter's to the recipient of this folder name."""
    shown: Draft = draft(found, lang)
    return files_of(Material(shown, recipient(found, slug), who or Identity()))[0]


def recipient(found: Dossier, slug: str) -> Recipient:
    """The recipient of this folder name."""
    return next(one for one in recipients(found) if one.slug == slug)


def text(paper: Paper) -> str:
    """All words of a paper, a line for every line."""
    return "\n".join([paper.title, paper.subtitle, *(line for block in paper.blocks for line in _lines(block))])


def _lines(block: Block) -> list[str]:
    match block:
        case Table(_, caption, columns, rows, more):
            cells = [text_in(cell) for row in rows for cell in row]
            return [caption, *(column.title for column in columns), *cells, text_of(more)]
        case Facts(facts):
            return [part for name, cell in facts for part in (name, text_in(cell))]
        case Card(_, title, blocks):
            return [text_of(title), *(line for inner in blocks for line in _lines(inner))]
        case Notice(_, lines) | Bullets(lines):
            return list(map(text_of, lines))
        case Para(said):
            return [text_of(said)]
        case _:
            return [str(getattr(block, "text", ""))]
