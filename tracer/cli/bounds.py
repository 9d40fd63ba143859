"""`trace bounds CASE [ENDPOINT…]`: what holds under any accounting rule."""

from __future__ import annotations

import asyncio
import shlex
import sys
from typing import Final

import click

from reports.bounds_table import BoundsReport, bounds_document, render_bounds
from reports.view import View
from tracer.bound_rows import Asked, owner
from tracer.cli.options import case_path, config_of, finished_case, lang_option, language, screen
from tracer.json_text import json_text
from tracer.passport import which_address
from tracer.session import workings_of
from tracer.words import words

ROWS: Final = 20


@click.command(name="bounds")
@click.argument("case")
@click.argument("endpoints", nargs=-1)
@click.option("--all", "everything", is_flag=True)
@lang_option
@click.option("--json", "as_json", is_flag=True)
def bounds(*, case: str, endpoints: tuple[str, ...], everything: bool, lang: str | None, as_json: bool) -> None:
    """Say what must and what can have arrived where, under any accounting rule."""
    w = words(language(lang))
    folder = case_path(case)
    with finished_case(folder, w) as opened:
        workings = asyncio.run(workings_of(opened, config_of()))
    asked = Asked(workings)
    limit = None if everything or as_json or endpoints else ROWS
    report = _report(asked, endpoints, str(folder), limit)
    if as_json:
        document = bounds_document(workings, [*report.endpoints, *report.groups])
        sys.stdout.write(json_text(document, indent=1) + "\n")
        return
    render_bounds(screen(), workings, View.of(workings.result, w, str(folder), everything=everything), report)


def _report(asked: Asked, endpoints: tuple[str, ...], case: str, limit: int | None) -> BoundsReport:
    """The rows of these endpoints, each and together; without any, of all and of every kind."""
    sinks = asked.sinks()
    if endpoints:
        known = asked.addresses()
        wanted = {which_address(known, text, case) for text in endpoints}
        sinks = [sink for sink in sinks if owner(sink)[1] in wanted]
        return BoundsReport(list(asked.endpoints(sinks)), list(asked.together(sinks)))
    shown = list(asked.endpoints(sinks[:limit]))
    groups = [*asked.by_reason(), *asked.by_entity()]
    return BoundsReport(shown, groups, len(sinks) - len(shown), f"trace bounds {shlex.quote(case)} --all")


COMMAND = bounds
