"""`trace letter CASE`: freeze requests to those who hold traced value, and what is missing before they can go out."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import click

from reports.draft import Draft
from reports.letter.package import beside, package, plans, sheet
from reports.letter.plan import Planned, plan_document
from reports.letter.recipients import chosen, recipients
from tracer.cli.options import (
    case_path,
    config_of,
    day_option,
    finished_case,
    language,
    papers_lang_option,
    today,
    write_files,
    zone_option,
)
from tracer.errors import UsageError
from tracer.identity import Identity, load_identity, outside
from tracer.json_text import json_text
from tracer.session import dossier_of_case
from tracer.words import Words, words


@click.command(name="letter")
@click.argument("case")
@click.option("--to", "to", multiple=True)
@click.option("--all", "everybody", is_flag=True)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=None)
@click.option("--identity", type=click.Path(dir_okay=False, path_type=Path), default=None)
@papers_lang_option
@zone_option
@day_option
@click.option("--dry-run", is_flag=True)
@click.option("--json", "as_json", is_flag=True)
def letter(
    *,
    case: str,
    to: tuple[str, ...],
    everybody: bool,
    out: Path | None,
    identity: Path | None,
    lang: str | None,
    zone: str,
    day: date | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Write freeze requests to exchanges, issuers and services that hold traced value."""
    w = words(language(lang))
    folder = case_path(case)
    outside(folder, *(path for path in (out, identity) if path is not None))
    who = Identity() if identity is None else load_identity(identity)
    if out is None and not dry_run:
        raise UsageError("error.letter_out")
    with finished_case(folder, w) as opened:
        dossier = asyncio.run(dossier_of_case(opened, config_of()))
    found = recipients(dossier)
    able = [one for one in found if not one.powerless]
    if not to and not everybody:
        raise UsageError("error.letter_to", known=", ".join(one.name for one in able))
    draft = Draft.of(dossier, w.lang, zone=zone, today=day or today())
    wanted = able if everybody else chosen(found, to)
    planned = plans(draft, wanted, who, lang)
    shown = sheet(draft, planned, everybody=everybody)
    if out is not None and not dry_run:
        _write_all(out, planned, shown, zone, w)
    if as_json:
        sys.stdout.write(json_text(plan_document(planned), indent=1) + "\n")
    elif dry_run:
        sys.stdout.write(shown.decode())


def _write_all(out: Path, planned: Sequence[Planned], shown: bytes, zone: str, w: Words) -> None:
    """Every letter in a folder of its own, and beside them the calendar and the sheet of what is to be done."""
    for one in planned:
        if out.joinpath(one.material.to.slug).exists():
            raise UsageError("error.letter_exists", folder=out.joinpath(one.material.to.slug))
    for one in planned:
        folder = out.joinpath(one.material.to.slug)
        written = list(write_files(folder, package(one, zone)))
        click.echo(w("letter.written", folder=folder, n=len(written)), err=True)
    if planned:
        list(write_files(out, beside(planned[0].material.draft, planned, shown)))


COMMAND = letter
