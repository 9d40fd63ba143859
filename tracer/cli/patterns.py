"""`trace patterns CASE`: patterns in the traced flows, as leads."""

from __future__ import annotations

import asyncio
import shlex

import click

from reports.leads import LeadView, leads_document, put_leads
from tracer.cli.options import case_path, config_of, finished_case, lang_option, language, screen
from tracer.json_text import json_text
from tracer.patterns import find_patterns
from tracer.session import workings_of
from tracer.words import words


@click.command(name="patterns")
@click.argument("case")
@click.option("--all", "everything", is_flag=True)
@lang_option
@click.option("--json", "as_json", is_flag=True)
def patterns(*, case: str, everything: bool, lang: str | None, as_json: bool) -> None:
    """List patterns in the traced flows: leads to look at, never facts."""
    w, config = words(language(lang)), config_of()
    with finished_case(case_path(case), w) as opened:
        workings = asyncio.run(workings_of(opened, config))
    findings = find_patterns(workings)
    if as_json:
        click.echo(json_text(leads_document(findings), indent=1))
        return
    names = {chain_id: chain.name for chain_id, chain in config.chains.items()}
    command = f"trace patterns {shlex.quote(case)} --all"
    put_leads(screen(), findings, LeadView(w, names, workings.assets, command, everything))


COMMAND = patterns
