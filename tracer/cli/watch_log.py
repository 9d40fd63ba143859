"""`trace watch list`, `log` and `verify`: what is watched, what was told to whom, and that its answers are as kept."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from reports.watch.tables import Watched, render_log, render_targets
from tracer.cli.labels_common import lang_option, spoken
from tracer.cli.options import config_of, screen
from tracer.cli.watch_messages import Messages
from tracer.cli.watch_targets import folder_option, known_target, watch_folder
from tracer.json_text import json_text
from tracer.watch.frontier import LOOKED
from tracer.watch.keeper import last_moved
from tracer.watch.model import Target
from tracer.watch.store import WatchStore, open_watch


@click.command(name="list")
@folder_option
@lang_option
@click.option("--json", "as_json", is_flag=True)
def listing(*, folder: Path | None, as_json: bool) -> None:
    """Show what is watched."""
    w = spoken()
    with open_watch(watch_folder(folder), reading=True) as store:
        rows = [_watched(store, one) for one in store.targets()]
    if as_json:
        sys.stdout.write(json_text([row.document() for row in rows], indent=1) + "\n")
    elif rows:
        render_targets(rows, w, screen())
    else:
        click.echo(w("watch.empty"))


def _watched(store: WatchStore, target: Target) -> Watched:
    base = store.base(target.id)
    if base is None:
        return Watched(target, (), 0, None)
    looked = sum(1 for stand in store.stands(target.id).values() if stand.role in LOOKED)
    return Watched(target, tuple(base.tops), looked + len(base.rules.sources), last_moved(store, target.id))


@click.command(name="log")
@click.argument("targets", nargs=-1)
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True)
@folder_option
@lang_option
@click.option("--json", "as_json", is_flag=True)
def log(*, targets: tuple[str, ...], limit: int, folder: Path | None, as_json: bool) -> None:
    """Show what was told, its state, and which channel took it when."""
    w = spoken()
    with open_watch(watch_folder(folder), reading=True) as store:
        messages = Messages(store, config_of())
        wanted = {known_target(store, name).id for name in targets}
        logged = [one for one in store.log() if not wanted or one.notice.target in wanted][-limit:]
        if as_json:
            sys.stdout.writelines(f"{messages.document(one)}\n" for one in logged)
        elif logged:
            render_log([messages.entry(one, w.lang) for one in logged], w, screen())
        else:
            click.echo(w("watch.no_alerts"))


@click.command(name="verify")
@folder_option
@lang_option
def verify(*, folder: Path | None) -> None:
    """Re-hash every answer that alerts rest on."""
    w = spoken()
    with open_watch(watch_folder(folder), reading=True) as store:
        click.echo(w("watch.verified", n=store.check()))
