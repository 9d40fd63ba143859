"""`trace ADDRESS --since TX`: the main job."""

from __future__ import annotations

import asyncio
import shlex
import sys
import time
from collections.abc import Sequence
from dataclasses import fields, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path

import click
from click.core import ParameterSource
from rich.console import Console

from reports.progress import watching
from reports.terminal import render
from tracer.case import QUESTION_FILE, Case, default_folder, open_case, read_question
from tracer.cli.options import (
    cases_folder,
    check_files,
    config_of,
    lang_option,
    language,
    lists_here,
    screen,
    source_options,
    today,
)
from tracer.config import Config
from tracer.document import to_json
from tracer.errors import UsageError
from tracer.lots import DEFAULT_METHOD, METHODS
from tracer.question import ALL_METHODS, CORROBORATE, PROVE, Question, parse_victims
from tracer.result import Result
from tracer.session import Outcome, trace_case
from tracer.words import sentence, words
from tracer.world import named_chain


def _usd(_context: click.Context, _option: click.Parameter, value: str | None) -> Decimal | None:
    if value is None:
        return None
    try:
        amount = Decimal(value)
    except InvalidOperation:
        raise click.BadParameter(sentence("click.dollars")) from None
    if not amount.is_finite() or amount < 0:
        raise click.BadParameter(sentence("click.dollars"))
    return amount


@click.command(name="run")
@click.argument("victims", nargs=-1, metavar="ADDRESS [A@TX …]")
@click.option("--since")
@click.option("--chain")
@click.option("--case", "folder", type=click.Path(path_type=Path))
@click.option("--until")
@click.option(
    "--stolen",
    type=click.Choice(["all", "tx"]),
    default="all",
    show_default=True,
)
@click.option("--own", multiple=True, metavar="ADDRESS")
@click.option(
    "--method",
    type=click.Choice([*METHODS, ALL_METHODS]),
    default=DEFAULT_METHOD,
    show_default=True,
)
@click.option("--highest-first", is_flag=True)
@click.option("--leads", is_flag=True)
@click.option(
    "--max-hops",
    type=click.IntRange(1),
    default=50,
    show_default=True,
)
@click.option("--max-addresses", type=click.IntRange(1), default=2000, show_default=True)
@click.option("--max-requests", type=click.IntRange(1), default=None)
@click.option(
    "--min-value",
    callback=_usd,
    metavar="USD",
)
@click.option(
    "--labels",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False),
)
@click.option("--through", multiple=True, metavar="ADDRESS")
@click.option("--corroborate", type=click.Choice(CORROBORATE), default=CORROBORATE[0], show_default=True)
@click.option("--prove", type=click.Choice(PROVE), default=PROVE[0], show_default=True)
@source_options
@click.option("--refresh", is_flag=True)
@click.option("--offline", is_flag=True)
@lang_option
@click.option("--json", "as_json", is_flag=True)
def run(
    *,
    victims: tuple[str, ...],
    since: str | None,
    chain: str | None,
    folder: Path | None,
    until: str | None,
    stolen: str,
    own: tuple[str, ...],
    method: str,
    highest_first: bool,
    leads: bool,
    max_hops: int,
    max_addresses: int,
    max_requests: int | None,
    min_value: Decimal | None,
    labels: tuple[str, ...],
    through: tuple[str, ...],
    corroborate: str,
    prove: str,
    sources: tuple[str, ...],
    endpoints: tuple[str, ...],
    rates: tuple[str, ...],
    refresh: bool,
    offline: bool,
    lang: str | None,
    as_json: bool,
) -> int:
    """Follow the money that left ADDRESS."""
    if refresh and offline:
        raise UsageError("error.refresh_offline")
    config = config_of(endpoints, rates, sources).knowing(chain)
    if chain:
        named_chain(config.chains, chain)
    files = {f"labels/{number}-{Path(path).name}": Path(path) for number, path in enumerate(labels, 1)}
    written = written_question(folder) if not victims and since is None else None
    asked = Question(
        victims=written.victims if written else parse_victims(victims, since),
        chain=chain,
        own=own,
        stolen="tx" if stolen == "tx" else "all",
        until=until,
        method=method,
        highest_first=highest_first,
        leads=leads,
        max_hops=max_hops,
        max_addresses=max_addresses,
        max_requests=max_requests,
        min_value=min_value,
        labels=tuple(files),
        through=through,
        corroborate=corroborate,
        prove=prove,
    )
    question = merged(written, asked) if written else asked
    check_files(labels)
    spoken = language(lang)
    folder = folder or default_folder(cases_folder(), question)
    started = time.monotonic()
    with open_case(folder, question=question, offline=offline) as case:
        if refresh:
            case.store.refresh()
        case.adopt(files)
        outcome = _traced(case, question, config, spoken)
    _tell(outcome.result, spoken, folder, time.monotonic() - started, as_json=as_json)
    return outcome.exit_code


def _tell(result: Result, spoken: str, folder: Path, seconds: float, *, as_json: bool) -> None:
    """What was found on standard output; where it is kept, and what it took, beside it."""
    if as_json:
        sys.stdout.write(to_json(result))
    else:
        render(result, spoken, screen(), case=str(folder), today=today())
    w = words(spoken)
    click.echo(w("cli.kept", case=folder, requests=result.stats.requests, seconds=f"{seconds:.1f}"), err=True)
    if not as_json:
        click.echo(w("cli.papers", case=shlex.quote(str(folder))), err=True)


def _traced(case: Case, question: Question, config: Config, spoken: str) -> Outcome:
    with watching(spoken, Console(stderr=True)) as watcher, lists_here() as lists:
        job = trace_case(case, question, config, lists=lists, arguments=recorded(sys.argv[1:]), watcher=watcher)
        return asyncio.run(job)


def written_question(folder: Path | None) -> Question | None:
    """The question in the `case.toml` of this folder, as a person may have edited it; None where there is none."""
    file = None if folder is None else folder / QUESTION_FILE
    return read_question(file) if file is not None and file.is_file() else None


def merged(written: Question, asked: Question) -> Question:
    """The written question, with what was said on the command line in its place."""
    said = click.get_current_context().get_parameter_source
    changes = {
        field.name: getattr(asked, field.name)
        for field in fields(Question)
        if field.name != "victims" and said(field.name) is ParameterSource.COMMANDLINE
    }
    return replace(written, **changes)


def recorded(arguments: Sequence[str]) -> list[str]:
    """Arguments as a case keeps them: of a URL only the host, since what follows it may hold a key."""
    return [_without_path(argument) for argument in arguments]


def _without_path(argument: str) -> str:
    before, slashes, rest = argument.partition("://")
    if not slashes:
        return argument
    return f"{before}://{rest.split('/')[0].rpartition('@')[2]}/…"


COMMAND = run
