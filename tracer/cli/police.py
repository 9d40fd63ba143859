"""`trace police CASE --out FOLDER`: the papers with which somebody who was robbed goes to the police."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import click

from reports.draft import Draft
from reports.police.desk import Desk, Kept, kept
from reports.police.missing import lacking
from reports.police.pack import packs
from reports.police.ticket import maker_of
from tracer.case import DATABASE, QUESTION_FILE
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
from tracer.contacts import Contact, load_contacts
from tracer.errors import CaseError, UsageError
from tracer.identity import Identity, load_identity, outside
from tracer.session import dossier_of_case
from tracer.words import Words, words


@click.command(name="police")
@click.argument("case")
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path))
@click.option("--identity", "person", default=None, type=click.Path(dir_okay=False, path_type=Path))
@papers_lang_option
@zone_option
@day_option
@click.option("--sm3", "with_sm3", is_flag=True)
@click.option("--wallet", default=None, metavar="NAME")
def police(
    *,
    case: str,
    out: Path,
    person: Path | None,
    lang: str | None,
    zone: str,
    day: date | None,
    with_sm3: bool,
    wallet: str | None,
) -> None:
    """Write the police pack: statement, schedules, exhibits, and what to ask whom."""
    w = words(language(lang))
    folder = case_path(case)
    outside(folder, out, *([person] if person else []))
    identity = load_identity(person) if person else Identity()
    maker = _maker(wallet) if wallet else maker_of(identity.device.app)
    _unused(out)
    with finished_case(folder, w) as opened:
        dossier = asyncio.run(dossier_of_case(opened, config_of()))
        lists = opened.question.labels
    evidence = tuple(evidence_of(folder, lists, with_sm3=with_sm3))
    drafts = [Draft.of(dossier, one, zone=zone, today=day) for one in languages(lang)]
    desks = [Desk(one, identity, folder.resolve().name, evidence, (), with_sm3, maker) for one in drafts]
    made = packs(desks)
    for path, size in write_files(out, made):
        click.echo(w("report.written", file=path, size=f"{size:,}"))
    _say_next(desks[0], w)


def _maker(name: str) -> Contact:
    """The maker of the wallet asked for.

    Raises:
        UsageError: none is called that.
    """
    maker = maker_of(name)
    if maker is None:
        known = ", ".join(one.id for one in load_contacts() if one.kind == "wallet")
        raise UsageError("error.police_wallet", name=name, known=known)
    return maker


def _unused(out: Path) -> None:
    """Refuse a folder with something in it: a statement that was filled in must not be written over.

    Raises:
        UsageError: it holds a pack or anything else.
        CaseError: it cannot be looked into.
    """
    try:
        used = out.is_dir() and any(out.iterdir())
    except OSError as failure:
        raise CaseError("error.folder", folder=out, why=failure.strerror) from None
    if used:
        raise UsageError("error.police_used", folder=out)


def evidence_of(folder: Path, lists: Sequence[str], *, with_sm3: bool) -> Iterator[Kept]:
    """The case's own files, which are handed over as a copy of its folder.

    They are read once the case is closed, because closing writes the database to its end. Of a list of labels that
    lies elsewhere only the name is said: its folder is nobody's business.
    """
    for name, what in {QUESTION_FILE: "question", DATABASE: "answers", **dict.fromkeys(lists, "labels")}.items():
        path = folder / name
        if path.is_file():
            inside = path.resolve().is_relative_to(folder.resolve())
            shown, kind = (name, what) if inside else (path.name, "labels_outside")
            yield kept(shown, kind, path.read_bytes(), with_sm3=with_sm3)


def _say_next(desk: Desk, w: Words) -> None:
    """What is left to do by hand, in the language of the terminal."""
    count = sum(1 for _ in lacking(desk))
    click.echo(w("police.next", n=f"{count:,}", index=f"A-index.{desk.w.lang}.pdf"))
    click.echo(w("police.warn.mnemonic"))


COMMAND = police
