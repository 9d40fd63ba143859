"""`trace import BUNDLE`: somebody else's bundle as a case on this machine."""

from __future__ import annotations

import asyncio
import hashlib
import shlex
from pathlib import Path

import click

from tracer.bundle.manifest import MANIFEST
from tracer.case import default_folder, open_case
from tracer.cli.options import cases_folder, config_of, lang_option, language
from tracer.importing import state_of, take_in
from tracer.incoming import open_bundle
from tracer.session import verify_case
from tracer.words import words

DIFFERS = 1


@click.command(name="import")
@click.argument("bundle", type=click.Path(exists=True, path_type=Path))
@click.option("--case", "folder", default=None, type=click.Path(path_type=Path))
@lang_option
def take(*, bundle: Path, folder: Path | None, lang: str | None) -> int:
    """Open a bundle as a case, and say whether its answers give its result."""
    w = words(language(lang))
    with open_bundle(bundle) as opened:
        state = state_of(opened)
        folder = folder or default_folder(cases_folder(), state.question)
        count = take_in(opened, state, folder)
        sha256 = hashlib.sha256(opened.read(MANIFEST)).hexdigest()
    click.echo(w("import.taken", n=count, case=folder, sha256=sha256))
    with open_case(folder, offline=True) as case:
        found = asyncio.run(verify_case(case, config_of(), writing=True))
    if not found.differences:
        click.echo(w("import.same", case=shlex.quote(str(folder))))
        return 0
    click.echo(w("import.differs", n=len(found.differences), case=shlex.quote(str(folder))))
    return DIFFERS


COMMAND = take
