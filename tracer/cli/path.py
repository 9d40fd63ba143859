"""`trace path CASE ENDPOINT`: where the units at an endpoint come from, one by one."""

from __future__ import annotations

import asyncio
import sys

import click

from chains.model import Asset
from reports.passport import PathView, render_passports, render_through
from reports.passport_export import passport_document
from reports.view import View
from tracer.cli.options import case_path, config_of, finished_case, lang_option, language, screen
from tracer.errors import UsageError
from tracer.hostile import clean
from tracer.json_text import json_text
from tracer.lots import METHODS
from tracer.passport import Passport, Through, passed_through, passports, reached, which_address
from tracer.session import workings_of
from tracer.words import Words, words
from tracer.workings import Workings
from tracer.world import named_chain


@click.command(name="path")
@click.argument("case")
@click.argument("endpoint")
@click.option("--asset", default=None)
@click.option("--chain", default=None)
@click.option("--all", "everything", is_flag=True)
@lang_option
@click.option("--json", "as_json", is_flag=True)
def path(
    *,
    case: str,
    endpoint: str,
    asset: str | None,
    chain: str | None,
    everything: bool,
    lang: str | None,
    as_json: bool,
) -> None:
    """Show which theft every unit at an endpoint comes from, and by which transfers."""
    w = words(language(lang))
    folder = case_path(case)
    with finished_case(folder, w) as opened:
        config = config_of()
        workings = asyncio.run(workings_of(opened, config))
        chains = config.with_rows(opened.chain_rows()).chains
    known = reached(workings)
    victims = {seed[4] for seed in workings.ledger.seeds}
    address = which_address({*known, *victims}, endpoint, str(folder))
    _check_reached(workings, known.get(address, set()), address, str(folder), w)
    chain_id = None if chain is None else named_chain(chains, chain).id
    found, through = _wanted(workings, address, asset, chain_id)
    if as_json:
        document = passport_document(workings, address, found, through)
        sys.stdout.write(json_text(document, indent=1) + "\n")
        return
    shown = PathView(workings, View.of(workings.result, w, str(folder), everything=everything), address)
    if found:
        render_passports(screen(), shown, found)
    else:
        render_through(screen(), shown, through)


def _check_reached(workings: Workings, methods: set[str], address: str, case: str, w: Words) -> None:
    """Refuse a victim that nothing came back to, and an address that only other methods than the case's own reach."""
    method = workings.fold.method
    if method in methods:
        return
    if not methods:
        raise UsageError("error.path_victim", text=address, case=case)
    others = ", ".join(w(f"methods.{name}") for name in METHODS if name in methods)
    raise UsageError("error.path_not_reached", text=address, method=w(f"methods.{method}"), others=others, case=case)


def _wanted(
    workings: Workings, address: str, asset: str | None, chain: str | None
) -> tuple[list[Passport], list[Through]]:
    """The passports of an address for this asset and chain; where there is none, what went through it."""
    whole, gone = passports(workings, address), passed_through(workings, address)
    found = [one for one in whole if _is_asked(one.asset, asset, chain)]
    through = [] if found else [one for one in gone if _is_asked(one.asset, asset, chain)]
    if not found and not through:
        there = {one.asset for one in whole} | {one.asset for one in gone}
        said = (f"{clean(one.symbol, 16)} ({one.id}, {one.chain})" for one in sorted(there))
        raise UsageError("error.path_other_asset", text=address, found=", ".join(said))
    return found, through


def _is_asked(known: Asset, asset: str | None, chain: str | None) -> bool:
    named = asset is None or asset.lower() in (known.id.lower(), known.symbol.lower())
    return named and chain in (None, known.chain)


COMMAND = path
