"""`trace rescreen CASE`: what today's labels change in an old case."""

from __future__ import annotations

import asyncio
import sys

import click

from reports.rescreening import render_rescreening, rescreening_document
from tracer.cli.options import case_path, config_of, finished_case, lang_option, language, lists_here, screen
from tracer.json_text import json_text
from tracer.rescreen import rescreen_case
from tracer.words import words

CHANGED = 3


@click.command(name="rescreen")
@click.argument("case")
@click.option("--json", "as_json", is_flag=True)
@lang_option
def rescreen(case: str, lang: str | None, *, as_json: bool) -> int:
    """Say which endpoints of a case would be others with today's labels, asking nobody."""
    with finished_case(case_path(case), words(language(lang))) as opened, lists_here() as lists:
        found = asyncio.run(rescreen_case(opened, config_of(), lists))
    if as_json:
        sys.stdout.write(json_text(rescreening_document(found), indent=1) + "\n")
    else:
        render_rescreening(found, words(language(lang)), screen(), case=case)
    return CHANGED if found.endpoints else 0


COMMAND = rescreen
