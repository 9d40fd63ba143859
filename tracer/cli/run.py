"""`trace ADDRESS --since TX`: the main job."""

from __future__ import annotations

import asyncio
import sys
import time
from decimal import Decimal, InvalidOperation
from pathlib import Path

import click

from reports.progress import progress
from reports.terminal import render
from tracer.case import default_folder, open_case, read_question
from tracer.cli.options import cases_folder, config_of, lang_option, language, screen, source_options
from tracer.errors import ConfigError, UsageError
from tracer.question import Question, parse_victims
from tracer.result import to_json
from tracer.session import Outcome, trace_case
from tracer.words import words


def _usd(_context: click.Context, _option: click.Parameter, value: str | None) -> Decimal | None:
    if value is None:
        return None
    try:
        amount = Decimal(value)
    except InvalidOperation:
        raise click.BadParameter("expected an amount in US dollars, such as 100") from None
    if not amount.is_finite() or amount < 0:
        raise click.BadParameter("expected an amount in US dollars, such as 100")
    return amount


@click.command(name="run")
@click.argument("victims", nargs=-1, metavar="ADDRESS [A@TX …]")
@click.option("--since", help="The theft: a transaction hash, a block number, or a time (RFC 3339).")
@click.option("--chain", help="ethereum, bsc, polygon, oktc, arbitrum, optimism, base, avalanche, tron, or an id.")
@click.option("--case", "folder", type=click.Path(path_type=Path), help="Folder of the case; made if it is not there.")
@click.option("--until", help="Follow only up to this time.")
@click.option("--stolen", type=click.Choice(["all", "tx"]), default="all", show_default=True, help="What counts as stolen: every outflow from then on, or that transaction's only.")
@click.option("--own", multiple=True, metavar="ADDRESS", help="Another wallet of the victim; what goes there is not stolen.")
@click.option("--method", type=click.Choice(["fifo"]), default="fifo", show_default=True, help="Accounting rule for mixed balances.")
@click.option("--max-hops", type=click.IntRange(1), default=15, show_default=True)
@click.option("--max-addresses", type=click.IntRange(1), default=2000, show_default=True)
@click.option("--max-requests", type=click.IntRange(1), default=None, help="Ask sources at most so often.")
@click.option("--min-value", callback=_usd, metavar="USD", help="Follow an address only if it received this much stolen value. By default 0.1 % of what was stolen, at least 1 USD, and at most 1 % is left unfollowed in all.")
@click.option("--labels", multiple=True, type=click.Path(exists=True, dir_okay=False), help="Your own labels: CSV with chain,address,entity,category.")
@source_options
@click.option("--refresh", is_flag=True, help="Move the case to now and ask everything again.")
@click.option("--offline", is_flag=True, help="Answer only from the case.")
@lang_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document on standard output.")
def COMMAND(  # noqa: N802 - the constant by which the group finds commands
    victims: tuple[str, ...],
    since: str | None,
    chain: str | None,
    folder: Path | None,
    until: str | None,
    stolen: str,
    own: tuple[str, ...],
    method: str,
    max_hops: int,
    max_addresses: int,
    max_requests: int | None,
    min_value: Decimal | None,
    labels: tuple[str, ...],
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
        raise UsageError("--refresh asks the sources again and --offline forbids it: choose one")
    config = config_of(endpoints, rates, sources)
    question = Question(
        parse_victims(victims, since),
        chain,
        own,
        "tx" if stolen == "tx" else "all",
        until,
        method,
        max_hops,
        max_addresses,
        max_requests,
        min_value,
        tuple(str(Path(path).resolve()) for path in labels),
    )
    if chain and not any(chain.lower() in (row.id, row.name, *row.aliases) for row in config.chains.values()):
        from tracer.world import named_chain

        named_chain(config.chains, chain)
    folder = folder or default_folder(cases_folder(), question)
    speak = words(language(lang))
    started = time.monotonic()
    with open_case(folder, question=question, offline=offline) as case:
        if refresh:
            case.store.refresh()
        with progress(speak, sys.stderr) as watcher:
            outcome = _traced(trace_case(case, question, config, arguments=_masked(), watcher=watcher), folder)
    if as_json:
        sys.stdout.write(to_json(outcome.result))
    else:
        render(outcome.result, speak, screen())
    seconds = time.monotonic() - started
    click.echo(speak("cli.kept", folder=folder, requests=outcome.result.stats.requests, seconds=f"{seconds:.1f}"), err=True)
    return outcome.exit_code


def _traced(work, folder: Path) -> Outcome:  # type: ignore[no-untyped-def]
    return asyncio.run(work)


def _masked() -> list[str]:
    """The arguments of this run for the record, without what follows the host of a URL (it may hold a key)."""
    return [_without_path(argument) for argument in sys.argv[1:]]


def _without_path(argument: str) -> str:
    name, equals, url = argument.rpartition("=")
    scheme, slashes, rest = url.partition("://")
    if not slashes:
        return argument
    return f"{name}{equals}{scheme}://{rest.split('/')[0].rpartition('@')[2]}/…"


__all__ = ["ConfigError", "read_question"]
