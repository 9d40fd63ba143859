"""`trace letter CASE`: freeze requests to those who hold traced value, and what is missing before they can go out."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import click

from reports.draft import Draft
from reports.formats import formats
from reports.letter import letter as letter_of
from reports.letter.files import code_of, files_of, index_of
from reports.letter.follow_ups import follow_ups
from reports.letter.material import Material
from reports.letter.plan import Planned, plan, plan_document
from reports.letter.recipients import chosen, recipients, unnamed
from tracer.cli.options import case_path, config_of, finished_case, language, today
from tracer.dossier import Dossier
from tracer.errors import CaseError, UsageError
from tracer.identity import Identity, load_identity, outside
from tracer.session import dossier_of_case
from tracer.words import LANGUAGES, Words, words


@click.command(name="letter")
@click.argument("case")
@click.option("--to", "to", multiple=True)
@click.option("--all", "everybody", is_flag=True)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=None)
@click.option("--identity", type=click.Path(dir_okay=False, path_type=Path), default=None)
@click.option("--lang", type=click.Choice([*LANGUAGES, "both"]), default=None)
@click.option("--zone", default="")
@click.option("--date", "day", default=None)
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
    day: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Write freeze requests to exchanges, issuers and services that hold traced value."""
    w = words(language(None if lang == "both" else lang))
    folder, on = case_path(case), _day(day)
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
    draft = _draft(dossier, w.lang, zone, on)
    wanted = able if everybody else chosen(found, to)
    planned = [Planned(Material(draft, one, who), one.languages(lang)) for one in wanted]
    helpless = [one for one in found if one.powerless] if everybody else []
    sheet = formats()["txt"]
    assert sheet.paper is not None
    shown = sheet.paper(plan(draft, planned, helpless, unnamed(dossier) if everybody else ()))
    if out is not None and not dry_run:
        _write_all(out, planned, {f"before-sending.{w.lang}.txt": shown}, zone, w)
    if as_json:
        sys.stdout.write(json.dumps(plan_document(planned), indent=1, ensure_ascii=False) + "\n")
    elif dry_run:
        sys.stdout.write(shown.decode())


def _day(given: str | None) -> date:
    try:
        return today() if given is None else date.fromisoformat(given)
    except ValueError:
        raise UsageError("error.letter_date", given=given) from None


def _draft(dossier: Dossier, lang: str, zone: str, on: date) -> Draft:
    try:
        return Draft.of(dossier, lang, zone=zone, today=on)
    except LookupError:
        raise UsageError("error.letter_zone", zone=zone) from None


def _write_all(out: Path, planned: Sequence[Planned], sheet: Mapping[str, bytes], zone: str, w: Words) -> None:
    """Every letter in a folder of its own, and beside them the calendar and the sheet of what is to be done."""
    for one in planned:
        if (out.joinpath(one.material.to.slug)).exists():
            raise UsageError("error.letter_exists", folder=out.joinpath(one.material.to.slug))
    for one in planned:
        files = _files(one, zone)
        _write(out.joinpath(one.material.to.slug), {**files, "index.sha256": index_of(files)})
        click.echo(w("letter.written", folder=out.joinpath(one.material.to.slug), n=len(files) + 1), err=True)
    if planned:
        draft = planned[0].material.draft
        calendar = follow_ups(planned, draft.today, draft.dossier.reference, w)
        _write(out, {"follow-ups.ics": calendar, **sheet})


def _files(one: Planned, zone: str) -> dict[str, bytes]:
    """The letter in its languages and formats, and what goes with it."""
    known = formats()
    material, found = files_of(one.material)
    files = dict(found)
    for lang in one.languages:
        draft = _draft(material.draft.dossier, lang, zone, material.draft.today)
        paper = letter_of(replace(material, draft=draft), code_of(material))
        for ending in material.to.papers:
            write = known[ending].paper
            assert write is not None
            files[f"letter.{lang}.{ending}"] = write(paper)
    return files


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in sorted(files.items()):
            (folder / name).write_bytes(data)
    except OSError as failure:
        raise CaseError("error.letter_unwritten", file=folder, why=failure.strerror) from None


COMMAND = letter
