"""`trace demo`: a made-up theft, offline."""

from __future__ import annotations

import asyncio
import sys

import click
from rich.console import Console

from reports.progress import watching
from reports.terminal import render
from tracer.case import open_case
from tracer.cli.options import cases_folder, config_of, lang_option, language, screen, today
from tracer.demo import NAMES, make_demo_case
from tracer.document import document
from tracer.json_text import json_text
from tracer.session import trace_case
from tracer.words import words


@click.command(name="demo")
@lang_option
@click.option("--json", "as_json", is_flag=True)
def demo(*, lang: str | None, as_json: bool) -> int:
    """Trace a made-up theft on a test chain, offline, and the same theft in TronGrid's shape."""
    spoken = language(lang)
    w = words(spoken)
    found: dict[str, object] = {}
    code = 0
    for name in NAMES:
        folder = cases_folder() / f"demo-{name}"
        question = make_demo_case(name, folder)
        click.echo(w(f"demo.{name}"), err=True)
        with open_case(folder, offline=True) as case, watching(spoken, Console(stderr=True)) as watcher:
            outcome = asyncio.run(trace_case(case, question, config_of(), arguments=["demo"], watcher=watcher))
        code = max(code, outcome.exit_code)
        found[name] = document(outcome.result)
        if not as_json:
            render(outcome.result, spoken, screen(), case=str(folder), today=today())
    if as_json:
        sys.stdout.write(json_text(found, indent=1) + "\n")
    click.echo(w("demo.next", case=cases_folder() / "demo-evm"), err=True)
    return code


COMMAND = demo
