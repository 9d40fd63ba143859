"""`trace report CASE --out FOLDER`: the funds-flow report, in every format and language asked for."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import date
from pathlib import Path
from typing import Final

import click

from reports.draft import Draft
from reports.report.files import formats_of, report_files
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
    asked = formats_of(wanted)
    folder = case_path(case)
    with finished_case(folder, w) as opened:
        dossier = asyncio.run(dossier_of_case(opened, config_of()))
    drafts = [Draft.of(dossier, spoken, zone=zone, today=day) for spoken in languages(lang)]
    made: dict[str, bytes] = {}
    for name, found in report_files(asked, drafts):
        made |= found
        if not found:
            click.echo(w("report.nothing", name=name), err=True)
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(made.items()))
    for path, size in write_files(out, {**made, SUMS: sums.encode()}):
        click.echo(w("report.written", file=path, size=f"{size:,}"))


COMMAND = report
