"""`trace watch TARGETS`: the watch itself, until it is ended, or once."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import click
from rich.console import Console

from reports.watch.screen import looking_on
from tracer.cli import INTERRUPTED, TERMINATED
from tracer.cli.options import config_of, lang_option, language, lists_here, source_options
from tracer.cli.watch_messages import Messages, open_all
from tracer.cli.watch_papers import WatchPapers
from tracer.cli.watch_targets import folder_option, said_here, take_up, target_options, wanted, watch_folder
from tracer.errors import UsageError
from tracer.identity import Identity, load_identity, outside
from tracer.watch.engine import Engine, Summary
from tracer.watch.model import CASE, SEVERITIES
from tracer.watch.store import WatchStore, open_watch
from tracer.words import Words, words

ALARM, INCOMPLETE = 1, 3
GRACE: Final = 3
"""Seconds that a watch is given to end by itself."""


@click.command(name="run")
@click.argument("targets", nargs=-1)
@target_options
@source_options
@click.option("--once", is_flag=True)
@click.option("--json", "as_json", is_flag=True)
@folder_option
@click.option("--identity", type=click.Path(exists=True, dir_okay=False, path_type=Path), default=None)
@click.option("--no-papers", is_flag=True)
@lang_option
def run(
    *,
    targets: tuple[str, ...],
    chain: str | None,
    until: str | None,
    max_frontier: int | None,
    labels: tuple[str, ...],
    sources: tuple[str, ...],
    endpoints: tuple[str, ...],
    rates: tuple[str, ...],
    once: bool,
    as_json: bool,
    folder: Path | None,
    identity: Path | None,
    no_papers: bool,
    lang: str | None,
) -> int:
    """Watch what is named and everything else on the list."""
    w = words(language(lang))
    config = config_of(endpoints, rates, sources).knowing(chain)
    found = wanted(targets, config, chain=chain, until=until, max_frontier=max_frontier, labels=labels)
    who = Identity() if identity is None else load_identity(identity)
    home = watch_folder(folder)
    with open_watch(home) as store, lists_here() as lists:
        take_up(store, found, said_here())
        _check(store, identity)
        papers = None if no_papers else WatchPapers(home / "papers", w.lang, who)
        messages = Messages(store, config, papers)
        channels = open_all(config, w, as_json=as_json)
        if not channels and not once:
            click.echo(w("watch.no_channels"), err=True)
        with looking_on(w.lang, Console(stderr=True), messages.say(w.lang), quiet=once) as view:
            engine = Engine(
                store, config, lists, view, messages.compose, tuple(channels), papers.write if papers else None
            )
            summary, ended = asyncio.run(_run(engine, once=once))
    return _tell(summary, ended, w, messages, once=once)


def _check(store: WatchStore, identity: Path | None) -> None:
    """There is something to watch, and nobody's data lies in a case."""
    targets = store.targets()
    if not targets:
        raise UsageError("error.watch_nothing")
    for one in targets:
        if one.kind == CASE and identity is not None:
            outside(Path(one.folder), identity)


async def _run(engine: Engine, *, once: bool) -> tuple[Summary | None, int | None]:
    """Run the watch to its end; returns what it came to, and the signal that ended it."""
    stop = asyncio.Event()
    with _signals(stop) as ended:
        running = asyncio.create_task(engine.run(once=once, stop=stop))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        await asyncio.wait({running}, timeout=GRACE)
        running.cancel()
        with suppress(asyncio.CancelledError):
            return await running, next(iter(ended), None)
    return None, next(iter(ended), None)


@contextmanager
def _signals(stop: asyncio.Event) -> Iterator[list[int]]:
    """Ctrl-C and SIGTERM set ``stop``; a second one ends the program where it stands, which loses nothing either."""
    loop, got = asyncio.get_running_loop(), list[int]()
    numbers = (signal.SIGINT, signal.SIGTERM)

    def end(number: int) -> None:
        got.append(number)
        stop.set()
        for one in numbers:
            loop.remove_signal_handler(one)

    with suppress(NotImplementedError):  # Windows has none of this: there Ctrl-C interrupts
        for number in numbers:
            loop.add_signal_handler(number, end, number)
    try:
        yield got
    finally:
        with suppress(NotImplementedError):
            for number in numbers:
                loop.remove_signal_handler(number)


def _tell(summary: Summary | None, ended: int | None, w: Words, messages: Messages, *, once: bool) -> int:
    """What the run came to, and the exit code."""
    if ended is not None or summary is None:
        click.echo(w("watch.stopped"), err=True)
        return INTERRUPTED if ended == signal.SIGINT else TERMINATED
    if not once:
        return 0
    counts = [f"{w(f'alert.mark.{name}')} {summary.told[name]}" for name in SEVERITIES if summary.told.get(name)]
    blind = ", ".join(messages.context.chain(one, w) for one in summary.blind)
    undone = [
        (w("watch.unseen", chains=blind), bool(blind)),
        (w("watch.behind", names=", ".join(summary.behind)), bool(summary.behind)),
        (w("watch.waiting", n=summary.undelivered), bool(summary.undelivered)),
    ]
    lines = [line for line, is_so in undone if is_so]
    if counts or lines:
        click.echo(
            w("watch.once_partly" if lines else "watch.once", told=", ".join(counts) or w("watch.none_told")), err=True
        )
    for line in lines:
        click.echo(line, err=True)
    if summary.alarming:
        return ALARM
    return INCOMPLETE if lines else 0
