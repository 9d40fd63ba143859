"""`trace bundle CASE --out FILE`: the whole case as one file that a stranger can derive again."""

from __future__ import annotations

import asyncio
import hashlib
import heapq
import shlex
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import click

from reports.draft import Draft
from reports.formats import Format
from reports.letter.package import package, plans
from reports.letter.recipients import recipients
from reports.police.desk import Desk, Kept
from reports.police.pack import packs
from reports.police.ticket import maker_of
from reports.report.files import formats_of, report_files
from tracer.bundle.container import Content, Member, Sealed, Zip, write
from tracer.bundle.export import files, is_inside
from tracer.bundle.extras import about
from tracer.bundle.seal import DEFAULT, STAMP, Seals, seals_of
from tracer.cli.options import (
    BOTH,
    case_path,
    config_of,
    day_option,
    finished_case,
    language,
    languages,
    papers_lang_option,
    today,
    written_whole,
    zone_option,
)
from tracer.cli.police import evidence_of
from tracer.dossier import Dossier
from tracer.errors import CaseError, UsageError
from tracer.identity import Identity, load_identity, outside
from tracer.json_text import json_text
from tracer.session import dossier_with, sound_workings
from tracer.words import Words, words

USUAL: Final = "json,html"
"""In this order: a page that is still being drawn and the document are not in memory at once."""

UNSTAMPED: Final = 3
_CHUNK: Final = 1 << 20


@dataclass(frozen=True)
class _Wish:
    """What goes in besides the case: formats, languages, zone, day, and who reports."""

    formats: list[Format]
    lang: str | None
    zone: str
    day: date | None
    identity: Identity | None
    with_sm3: bool

    def drafts(self, dossier: Dossier) -> list[Draft]:
        """The same report for readers of each language. By default both, so that the bundle is the same anywhere."""
        return [Draft.of(dossier, one, zone=self.zone, today=self.day) for one in languages(self.lang or BOTH)]


@dataclass(frozen=True)
class _Made:
    """A bundle that was written: where, its SHA-256, what is in it, and formats that had nothing to say."""

    path: Path
    sha256: str
    sealed: Sealed
    empty: tuple[str, ...]


@click.command(name="bundle")
@click.argument("case")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--format", "wanted", default=USUAL, metavar="NAME,NAME")
@click.option("--no-reports", is_flag=True)
@papers_lang_option
@zone_option
@day_option
@click.option("--sm3", "with_sm3", is_flag=True)
@click.option("--identity", "person", default=None, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--sign", default=None, metavar="ssh:KEYFILE.pub|gpg:KEYID")
@click.option("--timestamp", is_flag=True)
@click.option("--timestamp-url", default=None, metavar="NAME|URL")
@click.option("--ots", is_flag=True)
@click.option("--ots-url", default=None, metavar="URL")
@click.option("--json", "as_json", is_flag=True)
def bundle(
    *,
    case: str,
    out: Path,
    wanted: str,
    no_reports: bool,
    lang: str | None,
    zone: str,
    day: date | None,
    with_sm3: bool,
    person: Path | None,
    sign: str | None,
    timestamp: bool,
    timestamp_url: str | None,
    ots: bool,
    ots_url: str | None,
    as_json: bool,
) -> int:
    """Write the case as one file that a stranger can check without this program and without the network."""
    w = words(language(lang))
    folder = case_path(case)
    outside(folder, out, *([person] if person else []))
    if out.exists():
        raise UsageError("error.bundle_there", file=out)
    identity = load_identity(person) if person else None
    wish = _Wish([] if no_reports else formats_of(wanted), lang, zone, day, identity, with_sm3)
    seals = seals_of(sign, _service(timestamp_url, wanted=timestamp), _service(ots_url, wanted=ots))
    if seals.hosts:
        click.echo(w("bundle.goes_out", hosts=w("contact.between").join(seals.hosts)), err=True)
    made = _bundled(folder, out, wish, seals, w)
    left = _left_out(wish, made)
    missing = [name for name in seals.wanted if name not in made.sealed.beside]
    for failure in seals.failed:
        click.echo(w("bundle.unstamped", why=failure.say(w)), err=True)
    if missing:
        click.echo(w("bundle.stamp_again", names=", ".join(missing)), err=True)
    if as_json:
        sys.stdout.write(json_text(_document(made, seals, left), indent=1) + "\n")
    else:
        _say(made, seals, left, w)
    return UNSTAMPED if missing else 0


def _service(url: str | None, *, wanted: bool) -> str | None:
    """The service that a pair of options asks for: the one that is named, else the usual one, if any."""
    return DEFAULT if wanted and url is None else url


def _bundled(folder: Path, out: Path, wish: _Wish, seals: Seals, w: Words) -> _Made:
    """Write the bundle, as a whole or not at all.

    Raises:
        CaseError: the case cannot be used, or the file not be written.
    """
    evidence = _evidence(folder, wish, w) if wish.identity else ()
    with finished_case(folder, w) as opened:
        for name in opened.question.labels:
            if not is_inside(name):
                raise CaseError("error.bundle_labels", file=name)
        workings = asyncio.run(sound_workings(opened, config_of()))
        dossier = dossier_with(opened, workings)
        papers = about(dossier.reference, dossier.run.version, dossier.run.finished)
        if wish.identity:
            papers |= _personal(dossier, wish.identity, wish, (folder.resolve().name, evidence))
        try:
            with TemporaryDirectory() as aside:
                reports, empty = _reports(dossier, wish, Path(aside))
                others = sorted({**papers, **reports}.items())
                members = heapq.merge(files(opened, workings), others, key=itemgetter(0))
                return _written(out, members, wish, seals, empty)
        except OSError as failure:
            raise CaseError("error.bundle_unwritten", file=out, why=failure.strerror) from None


def _evidence(folder: Path, wish: _Wish, w: Words) -> tuple[Kept, ...]:
    """The case's own files, read while it is closed."""
    with finished_case(folder, w) as opened:
        lists = opened.question.labels
    return tuple(evidence_of(folder, lists, with_sm3=wish.with_sm3))


def _reports(dossier: Dossier, wish: _Wish, aside: Path) -> tuple[dict[str, Content], tuple[str, ...]]:
    """The reports, laid aside in a folder until they are packed, and the formats that this case has nothing for."""
    made: dict[str, Content] = {}
    empty = []
    for form, found in report_files(wish.formats, wish.drafts(dossier)):
        for name, data in found.items():
            path = aside.joinpath(name)
            path.write_bytes(data)
            made[f"reports/{name}"] = _read(path)
        if not found:
            empty.append(form)
    return made, tuple(empty)


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _personal(dossier: Dossier, who: Identity, wish: _Wish, case: tuple[str, tuple[Kept, ...]]) -> dict[str, bytes]:
    """Letters to everybody who can act, and the police pack; not the sender's own reminders."""
    name, evidence = case
    draft = Draft.of(dossier, languages(wish.lang)[0], zone=wish.zone, today=wish.day or today())
    able = [one for one in recipients(dossier) if not one.powerless]
    planned = plans(draft, able, who, wish.lang)
    letters = {
        f"{one.material.to.slug}/{path}": data for one in planned for path, data in package(one, wish.zone).items()
    }
    maker = maker_of(who.device.app)
    desks = [Desk(one, who, name, evidence, (), wish.with_sm3, maker) for one in wish.drafts(dossier)]
    return {f"papers/letters/{path}": data for path, data in letters.items()} | {
        f"papers/police/{path}": data for path, data in packs(desks).items()
    }


def _written(out: Path, members: Iterator[Member], wish: _Wish, seals: Seals, empty: tuple[str, ...]) -> _Made:
    out.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(out) as unfinished, unfinished.open("w+b") as file, Zip(file) as packed:
        sealed = write(packed, members, seals.of, with_sm3=wish.with_sm3)
        return _Made(out, packed.close(), sealed, empty)


def _left_out(wish: _Wish, made: _Made) -> list[str]:
    """What is not in the bundle though it could be, as ends of keys."""
    return [
        *(() if wish.formats else ("reports",)),
        *(() if wish.identity else ("papers",)),
        *(() if made.sealed.beside else ("seals",)),
    ]


def _document(made: _Made, seals: Seals, left: list[str]) -> dict[str, Any]:
    """What is said of a bundle, for programs."""
    return {
        "path": str(made.path),
        "bytes": made.path.stat().st_size,
        "sha256": made.sha256,
        "manifest_sha256": hashlib.sha256(made.sealed.manifest).hexdigest(),
        "files": len(made.sealed.entries),
        "unpacked_bytes": sum(one.size for one in made.sealed.entries),
        "beside": list(made.sealed.beside),
        "stamped_at": seals.at or None,
        "left_out": left,
        "formats_without_content": list(made.empty),
        "failed": [str(failure) for failure in seals.failed],
    }


def _say(made: _Made, seals: Seals, left: list[str], w: Words) -> None:
    """What was written, what is in it and what is not, which digest stands for it, and what whoever gets it does."""
    said = _document(made, seals, left)
    numbers = {name: f"{said[name]:,}" for name in ("bytes", "files", "unpacked_bytes")}
    click.echo(w("bundle.written", file=made.path, **numbers))
    for name in made.sealed.beside:
        click.echo(w("bundle.stamped", name=name, at=seals.at) if name == STAMP else w("bundle.beside", name=name))
    for one in left:
        click.echo(w(f"bundle.left.{one}"))
    for name in made.empty:
        click.echo(w("report.nothing", name=name))
    click.echo("\n" + w("bundle.digests", whole=said["sha256"], manifest=said["manifest_sha256"]))
    click.echo("\n" + w("bundle.steps", command=f"python3 verify.py {shlex.quote(made.path.name)}"))


COMMAND = bundle
