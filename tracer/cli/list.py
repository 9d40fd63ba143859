"""`trace list`: the cases in the cases folder."""

from __future__ import annotations

from typing import TypedDict

import click

from tracer.case import list_cases, read_question
from tracer.cli.options import cases_folder, lang_option, language
from tracer.errors import ConfigError
from tracer.json_text import json_text
from tracer.words import words


class CaseRow(TypedDict):
    """One case: its folder, and its victims as ADDRESS@SINCE (or what is wrong with its question)."""

    case: str
    victims: list[str]


@click.command(name="list")
@lang_option
@click.option("--json", "as_json", is_flag=True)
def listing(*, lang: str | None, as_json: bool) -> None:
    """List the cases in the cases folder."""
    w = words(language(lang))
    rows: list[CaseRow] = []
    for folder in list_cases(cases_folder()):
        try:
            victims = [f"{one.address}@{one.since}" for one in read_question(folder / "case.toml").victims]
        except ConfigError as failure:
            victims = [failure.say(w)]
        rows.append({"case": str(folder), "victims": victims})
    if as_json:
        click.echo(json_text(rows, indent=1))
        return
    if not rows:
        click.echo(w("cli.no_cases", folder=cases_folder()))
        return
    for row in rows:
        click.echo(row["case"])
        for victim in row["victims"]:
            click.echo(f"    {victim}")


COMMAND = listing
