"""`trace diff CASE CASE`: what changed between two states of a case."""

from __future__ import annotations

import sys

import click

from reports.changes import changes_document, render_changes
from reports.view import View
from tracer.case import open_case
from tracer.cli.options import case_path, lang_option, language, screen
from tracer.diff import State, diff, same_victims
from tracer.errors import UsageError
from tracer.json_text import json_text
from tracer.session import state_of
from tracer.words import words

DIFFERS = 1


@click.command(name="diff")
@click.argument("before")
@click.argument("after")
@click.option("--all", "everything", is_flag=True)
@click.option("--json", "as_json", is_flag=True)
@lang_option
def compare(*, before: str, after: str, everything: bool, as_json: bool, lang: str | None) -> int:
    """Say what changed from one case to the other: settings, places, payments, labels."""
    first, second = _state(before), _state(after)
    if not same_victims(first, second):
        raise UsageError("error.diff_victims", before=before, after=after)
    found = diff(first, second)
    if as_json:
        sys.stdout.write(json_text(changes_document(found), indent=1) + "\n")
    else:
        view = View.of(second.result, words(language(lang)), after, everything=everything)
        render_changes(found, view, screen())
    return DIFFERS if any(found) else 0


def _state(name: str) -> State:
    with open_case(case_path(name), offline=True) as case:
        return state_of(case)


COMMAND = compare
