"""`trace show CASE`: the last result again, without asking anybody."""

from __future__ import annotations

import sys

import click

from reports.terminal import render
from tracer.case import open_case
from tracer.cli.options import case_path, lang_option, language, screen, today
from tracer.document import from_document
from tracer.errors import CaseError


@click.command(name="show")
@click.argument("case")
@click.option("--all", "everything", is_flag=True)
@lang_option
@click.option("--json", "as_json", is_flag=True)
def show(*, case: str, everything: bool, lang: str | None, as_json: bool) -> int:
    """Show the last result of a case again."""
    folder = case_path(case)
    with open_case(folder, offline=True) as opened:
        stored = opened.store.last_result()
    if stored is None or stored.result is None:
        raise CaseError("error.no_result", folder=folder)
    if as_json:
        sys.stdout.write(stored.result)
    else:
        result, spoken = from_document(stored.result), language(lang)
        render(result, spoken, screen(), case=str(folder), everything=everything, today=today())
    return stored.exit_code or 0


COMMAND = show
