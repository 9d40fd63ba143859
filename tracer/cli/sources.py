"""`trace sources`: what works per chain, with which key, and how fast."""

from __future__ import annotations

import click

from chains.endpoints import source_table
from chains.registry import Chain
from reports.sources_table import SourceLine, render_sources
from tracer.cli.options import config_of, lang_option, language, screen, source_options
from tracer.config import Config
from tracer.words import Words, translated, words
from tracer.world import named_chain


@click.command(name="sources")
@click.option("--chain", default=None)
@source_options
@lang_option
def sources(
    chain: str | None,
    sources: tuple[str, ...],
    endpoints: tuple[str, ...],
    rates: tuple[str, ...],
    lang: str | None,
) -> None:
    """Show which sources serve which chain, with which key, and how fast."""
    config = config_of(endpoints, rates, sources)
    spoken = language(lang)
    rows = [named_chain(config.chains, chain)] if chain else list(config.chains.values())
    render_sources([line for row in rows for line in _lines(config, row, words(spoken))], spoken, screen())


def _lines(config: Config, chain: Chain, w: Words) -> list[SourceLine]:
    found: list[SourceLine] = []
    settings = config.sources
    for name in settings.only or chain.sources:
        if name not in chain.sources:
            continue
        row = source_table()[name]
        replaced = settings.urls.get(name) or settings.urls.get(
            f"rpc.{chain.id.split(':')[1]}" if name == "rpc" else name
        )
        keyed = name in settings.keys
        rate = settings.rates.get(name, row["keyed_rate"] if keyed else row["rate"])
        notes = [
            w("sources.paid") if chain.sources[name].get("paid") else "",
            w("sources.replaced") if replaced else "",
        ]
        found.append(
            SourceLine(
                chain=f"{chain.name} ({chain.id})",
                source=name,
                serves=w(f"sources.{name}"),
                key_env=row.get("key_env"),
                key_present=keyed,
                needed=bool(row.get("key_needed", False)) and not replaced,
                rate=rate,
                note=" ".join(filter(None, [*notes, translated(chain.note, w) if not found else ""])),
            )
        )
    return found


COMMAND = sources
