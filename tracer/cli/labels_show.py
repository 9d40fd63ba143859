"""`trace labels show`, `list` and `sources`: what labels say, which lists are here, and which there are."""

from __future__ import annotations

import sys

import click

from chains import evm_address, tron_address
from chains.errors import BadAddress
from chains.model import Address
from chains.registry import Chain
from reports.label_lists import render_known, render_lists
from reports.label_show import Looked, render_labels
from tracer.cli.labels_common import builtin, lang_option, lines, opened, spoken
from tracer.cli.options import config_of, screen, today
from tracer.errors import UsageError
from tracer.json_text import json_text
from tracer.label_explain import as_document, verdicts
from tracer.label_files import load_labels
from tracer.lists import label_lists
from tracer.world import named_chain


@click.command(name="show")
@click.argument("address")
@click.option("--chain", default=None)
@lang_option
@click.option("--json", "as_json", is_flag=True)
def show(*, address: str, chain: str | None, as_json: bool) -> None:
    """Explain what labels say of an address."""
    w, config, day = spoken(), config_of().knowing(chain), today().isoformat()
    row = None if chain is None else named_chain(config.chains, chain)
    who = _address(address, row)
    with opened() as store:
        book = load_labels(more=store.of)
        book.span = (day, day)
        found = verdicts(book, who, None if row is None else row.id)
        here = lines(store)
    if as_json:
        lists = [{"list": one.about.name, "checked": one.about.checked, "old": one.old} for one in here.values()]
        document = {**as_document(who, found), "lists": lists}
        sys.stdout.write(json_text(document, indent=1) + "\n")
        return
    looked = Looked([builtin(), *here.values()], sorted(set(label_lists()) - set(here)))
    names = {chain_id: one.name for chain_id, one in config.chains.items()}
    render_labels(who, found, looked, names, w, screen())


@click.command(name="list")
@lang_option
def listing() -> None:
    """Show which lists are on this machine."""
    with opened() as store:
        render_lists([builtin(), *lines(store).values()], str(store.folder), spoken(), screen())


@click.command(name="sources")
@lang_option
def sources() -> None:
    """Show which lists can be fetched, and on what terms."""
    with opened() as store:
        render_known(label_lists().values(), lines(store), spoken(), screen())


def _address(text: str, chain: Chain | None) -> Address:
    """An address of this chain, or of whatever family it is written like."""
    try:
        if chain is not None:
            return chain.address(text)
        return tron_address.parse(text) if text.startswith("T") else evm_address.parse(text)
    except BadAddress as wrong:
        raise UsageError("error.label_address", text=text, chain=wrong.chain, why=wrong.why) from None
    except ValueError as wrong:
        raise UsageError("error.list_no_address", text=text, why=str(wrong)) from None
