"""`trace list`: the cases in the cases folder."""

from __future__ import annotations

import json

import click
from rich.table import Table

from tracer.case import list_cases, read_question
from tracer.cli.options import cases_folder, lang_option, language, screen
from tracer.errors import ConfigError
from tracer.words import words


@click.command(name="list")
@lang_option
@click.option("--json", "as_json", is_flag=True)
def listing(*, lang: str | None, as_json: bool) -> None:
    """List the cases in the cases folder."""
    w = words(language(lang))
    rows: list[dict[str, object]] = []
    for folder in list_cases(cases_folder()):
        try:
            victims = [f"{one.address}@{one.since}" for one in read_question(folder / "case.toml").victims]
        except ConfigError as failure:
            victims = [failure.say(w)]
        rows.append({"case": str(folder), "victims": victims})
    if as_json:
        click.echo(json.dumps(rows, indent=1, ensure_ascii=False))
        return
    if not rows:
        click.echo(w("cli.no_cases", folder=cases_folder()))
        return
    table = Table(box=None, pad_edge=False)
    for heading in (w("cli.case"), w("cli.victims")):
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(str(row["case"]), "\n".join(map(str, row["victims"])) if isinstance(row["victims"], list) else "")
    screen().print(table)


COMMAND = listing
