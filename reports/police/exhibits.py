"""G, the electronic data: every file with its digest, how it was got, and a record of the extraction to adopt or redo.

The record follows what 法发〔2016〕22号 asks of an officer's own (Art. 14: object, content, time, place, method and
process; a list with category, format and integrity check value). It is not an officer's record and says so: it is there
so that one can repeat every step and find the same digests.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Final

from reports.paper import (
    BLANK,
    CODE,
    QUIET,
    Block,
    Bullets,
    Cell,
    Code,
    Column,
    Facts,
    Span,
    Table,
    cell,
    line,
)
from reports.police.desk import Desk, Kept, Part, head, notice, para
from reports.times import unix
from tracer.dossier import Answer
from tracer.hostile import clean

STEPS: Final = ("asked", "stored", "derived", "checked")
TO_FILL: Final = ("place", "equipment", "extractor", "holder", "witness")


def blocks(desk: Desk) -> list[Block]:
    """The list, the sources, the record, the commands."""
    return [
        para(desk.w("police.exhibits.meaning")),
        _list(desk),
        _sources(desk),
        head("exhibits-record", desk.w("police.exhibits.record")),
        notice("note", desk.w("police.exhibits.record_note")),
        _record(desk),
        para(desk.w("police.exhibits.law")),
        head("exhibits-process", desk.w("police.exhibits.process")),
        Bullets(tuple(line(desk.w(f"police.step.{step}")) for step in STEPS), numbered=True),
        head("exhibits-commands", desk.w("police.exhibits.commands")),
        Code("\n".join(commands(desk))),
    ]


def commands(desk: Desk) -> Iterator[str]:
    """What gives the same again from the case folder, and the same digests."""
    case, lang = shlex.quote(desk.case), desk.w.lang
    yield f"# {desk.w('police.command.verify')}"
    yield f"trace verify {case}"
    yield f"# {desk.w('police.command.again')}"
    yield f"trace police {case} --out NEW_FOLDER --lang {lang}"
    yield f"# {desk.w('police.command.digest')}"
    yield "sha256sum FILE        # Linux, macOS: shasum -a 256 FILE"
    yield "certutil -hashfile FILE SHA256        # Windows"


def _list(desk: Desk) -> Table:
    w = desk.w
    columns = (
        Column("#", 5, right=True),
        Column(w("police.column.file"), 80),
        Column(w("police.column.bytes"), 16, right=True),
        Column(w("police.column.got"), 36),
    )
    rows = [
        (
            cell(f"{number:,}", value=number),
            _file(desk, one),
            cell(f"{one.size:,}", value=one.size),
            cell(w(f"police.got.{one.what}"), Span(_when(desk, one), QUIET)),
        )
        for number, one in enumerate(desk.exhibits, 1)
    ]
    return Table("police_exhibits", w("police.exhibits.caption"), columns, tuple(rows))


def _file(desk: Desk, one: Kept) -> Cell:
    return cell(Span(clean(one.name, 100), "strong"), desk.w(f"police.file.{one.what}"), *desk.digests(one))


def _when(desk: Desk, one: Kept) -> str:
    """When the content was got: answers over a span, what is derived at the end of the run."""
    dossier = desk.draft.dossier
    if one.what == "answers" and dossier.answers:
        asked = [answer.asked_at for answer in dossier.answers]
        return desk.span(unix(min(asked)), unix(max(asked)))
    return desk.draft.both(unix(dossier.run.finished))


def _sources(desk: Desk) -> Table:
    """Which sources were asked, how often, from when to when."""
    w, draft = desk.w, desk.draft
    found: dict[tuple[str, str], list[Answer]] = {}
    for answer in draft.dossier.answers:
        found.setdefault((answer.source, answer.host), []).append(answer)
    columns = (
        Column(w("police.column.source"), 50),
        Column(w("police.column.answers"), 14, right=True),
        Column(w("police.column.asked"), 60),
    )
    rows = []
    for (source, host), answers in sorted(found.items()):
        asked = sorted(answer.asked_at for answer in answers)
        count = cell(f"{len(answers):,}", value=len(answers))
        rows.append(
            (
                cell(clean(source, 60), Span(clean(host, 100), QUIET)),
                count,
                cell(desk.span(unix(asked[0]), unix(asked[-1]))),
            )
        )
    return Table("police_sources", w("police.exhibits.sources"), columns, tuple(rows))


def _record(desk: Desk) -> Facts:
    """The record as far as the program knows it; what only people know is left to be filled in."""
    w, draft, run = desk.w, desk.draft, desk.draft.dossier.run
    known = (
        ("case", cell(w("police.record.case_is", reference=draft.dossier.reference))),
        ("object", cell(w("police.record.object_is"))),
        ("content", cell(w("police.record.content_is", n=f"{len(draft.dossier.answers):,}", blocks=desk.as_of()))),
        ("time", cell(desk.span(unix(run.started), unix(run.finished)))),
        ("tool", cell(w("police.record.tool_is", version=run.version, python=run.python))),
        ("digest", cell(Span(draft.digest, CODE))),
    )
    blank = ((name, cell(Span(w(f"police.record.{name}"), BLANK))) for name in TO_FILL)
    return Facts(tuple((w(f"police.record.{name}"), value) for name, value in (*known, *blank)))


PART = Part("G", "exhibits", blocks, editable=True)
