"""`trace report CASE --out FOLDER`: the funds-flow report, in every format and language asked for."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

import click

from reports.draft import Draft
from reports.formats import Format, formats
from reports.paper import Paper
from reports.report import report as report_of
from tracer.cli.options import (
    case_path,
    config_of,
    day_option,
    finished_case,
    language,
    languages,
    papers_lang_option,
    write_files,
    zone_option,
)
from tracer.errors import UsageError
from tracer.session import dossier_of_case
from tracer.words import words

USUAL: Final = "html,pdf,xlsx,json"
SUMS: Final = "report.sha256"


@click.command(name="report")
@click.argument("case")
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path))
@click.option("--format", "wanted", default=USUAL, metavar="NAME,NAME")
@papers_lang_option
@zone_option
@day_option
def report(*, case: str, out: Path, wanted: str, lang: str | None, zone: str, day: date | None) -> None:
    """Write the funds-flow report for police, exchanges and lawyers."""
    w = words(language(lang))
    asked = _formats(wanted)
    folder = case_path(case)
    with finished_case(folder, w) as opened:
        dossier = asyncio.run(dossier_of_case(opened, config_of()))
    drafts = [Draft.of(dossier, spoken, zone=zone, today=day) for spoken in languages(lang)]
    paper = cache(lambda draft, rows: report_of(replace(draft, limit=rows)))
    made: dict[str, bytes] = {}
    for one in asked:
        found = dict(_files(one, drafts, paper))
        made |= found
        if not found:
            click.echo(w("report.nothing", name=one.name), err=True)
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(made.items()))
    for path, size in write_files(out, {**made, SUMS: sums.encode()}):
        click.echo(w("report.written", file=path, size=f"{size:,}"))


def _formats(wanted: str) -> list[Format]:
    """The formats of a comma-separated list, each once."""
    known = formats()
    names = dict.fromkeys(name.strip().lower() for name in wanted.split(",") if name.strip())
    for name in names:
        if name not in known:
            raise UsageError("error.format_unknown", name=name, known=", ".join(known))
    if not names:
        raise UsageError("error.format_none", known=", ".join(known))
    return [known[name] for name in names]


def _files(
    one: Format, drafts: list[Draft], paper: Callable[[Draft, int | None], Paper]
) -> Iterator[tuple[str, bytes]]:
    """The files of one format, by name: of a format that speaks, one set for each language."""
    for draft in drafts if one.spoken else drafts[:1]:
        if one.paper is not None:
            yield f"report.{draft.w.lang}.{one.name}", one.paper(paper(draft, one.rows))
        elif one.data is not None:
            yield from one.data(draft).items()


COMMAND = report
