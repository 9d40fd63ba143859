"""`trace verify CASE`: is the case still what its answers say?"""

from __future__ import annotations

import asyncio
import shlex

import click

from tracer.cli.options import case_path, config_of, finished_case, lang_option, language, lists_here
from tracer.rescreen import changed_labels
from tracer.session import verify_case
from tracer.words import words

DIFFERS = 1


@click.command(name="verify")
@click.argument("case")
@lang_option
def verify(case: str, lang: str | None) -> int:
    """Re-hash, re-read and re-trace a case offline, and say exactly what differs."""
    w = words(language(lang))
    with finished_case(case_path(case), w) as opened, lists_here() as lists:
        found = asyncio.run(verify_case(opened, config_of()))
        others = changed_labels(opened, lists)
    click.echo(w("verify.answers", count=found.answers))
    if found.entries:
        click.echo(w("verify.journal", n=found.entries, head=found.head))
    if others:
        click.echo(w("verify.labels", n=len(others), case=shlex.quote(case)))
    if not found.differences:
        click.echo(w("verify.same"))
        return 0
    for one in found.differences:
        click.echo(w("verify.differs", where=one.where, stored=one.stored, derived=one.derived))
    return DIFFERS


COMMAND = verify
