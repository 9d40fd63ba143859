"""`trace labels update`, `import` and `remove`: lists come to this machine and go when somebody says so."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import click
from rich.console import Console

from reports.label_lists import ListLine, render_known
from reports.label_progress import changed, watching_lists
from tracer.cli.labels_common import lang_option, lines, opened, spoken
from tracer.cli.options import check_files, config_of, source_options, today
from tracer.config import Config
from tracer.errors import UsageError
from tracer.label_copy import About, Change
from tracer.label_files import user_labels
from tracer.label_store import LabelStore
from tracer.label_update import Work, forget, take, update
from tracer.lists import LabelList, label_lists
from tracer.words import sentence

SOME_FAILED = 3
YES = frozenset({"y", "yes", "是"})


@click.command(name="update")
@click.argument("lists", nargs=-1)
@click.option("--all-signatures", "everything", is_flag=True)
@click.option("--yes", is_flag=True)
@source_options
@lang_option
def update_lists(
    *,
    lists: tuple[str, ...],
    everything: bool,
    yes: bool,
    sources: tuple[str, ...],
    endpoints: tuple[str, ...],
    rates: tuple[str, ...],
) -> int:
    """Fetch published lists and replace the copies that are here."""
    w, config = spoken(), config_of(endpoints, rates, sources)
    with opened() as store:
        wanted = [_known(name) for name in dict.fromkeys(lists)] or _due(lines(store))
        if not wanted:
            click.echo(w("labels.nothing_due"), err=True)
            return 0
        if not lists and not yes:
            render_known(wanted, {}, w, Console(stderr=True, highlight=False), states=False)
            answer = click.prompt(w("labels.confirm", n=len(wanted)), default="n", prompt_suffix=" ", err=True)
            if answer.strip().lower() not in YES:
                click.echo(w("labels.not_fetched"), err=True)
                return 0
        return _update(wanted, store, config, everything=everything)


def _update(wanted: Sequence[LabelList], store: LabelStore, config: Config, *, everything: bool) -> int:
    w = spoken()
    with watching_lists(w, Console(stderr=True, highlight=False)) as watch:
        done = asyncio.run(update(wanted, Work(store, config, watch, today(), everything)))
    failed = [one.name for one in done if one.failure is not None]
    if failed:
        click.echo(w("labels.some_failed", n=len(failed), lists=", ".join(failed)), err=True)
    return SOME_FAILED if failed else 0


@click.command(name="import")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--as", "known", default=None, metavar="LIST")
@click.option("--name", default=None)
@click.option("--all-signatures", "everything", is_flag=True)
@lang_option
def import_files(*, files: tuple[Path, ...], known: str | None, name: str | None, everything: bool) -> None:
    """Keep the labels of a file on this machine."""
    if known is not None and name is not None:
        raise UsageError("error.list_name_fixed")
    w = spoken()
    with opened() as store, watching_lists(w, Console(stderr=True, highlight=False)) as watch:
        if known is not None:
            work = Work(store, Config({}), watch, today(), everything)
            change = take(_known(known), {path.name: path for path in files}, work)
        else:
            known, change = _own(files, name, store)
    click.echo(w("labels.imported", list=known, changes=changed(change, w)))


def _own(files: Sequence[Path], name: str | None, store: LabelStore) -> tuple[str, Change]:
    """Keep the user's own file under a name that is no published list's."""
    if len(files) > 1:
        raise UsageError("error.list_one_file")
    (path,) = files
    check_files([str(path)])
    name = name or re.sub("[^a-z0-9_-]+", "-", path.stem.lower()).strip("-_")[:60] or "own"
    if name in label_lists():
        raise UsageError("error.list_name_taken", name=name)
    publisher = sentence("rule.user_file", name=path.name)
    day = today().isoformat()
    labels = (label._replace(checked=label.checked or day) for label in user_labels(path))
    return name, store.replace(name, labels, About(name=name, publisher=publisher, kind="user", checked=day))


@click.command(name="remove")
@click.argument("name", metavar="LIST")
@lang_option
def remove(*, name: str) -> None:
    """Delete a list from this machine."""
    w = spoken()
    with opened() as store:
        forget(name, store)
    click.echo(w("labels.removed", list=name))


def _known(name: str) -> LabelList:
    known = label_lists()
    if name not in known:
        raise UsageError("error.list_unknown", name=name, known=", ".join(known))
    return known[name]


def _due(here: Mapping[str, ListLine]) -> list[LabelList]:
    """The lists that are not here or old."""
    return [one for one in label_lists().values() if one.name not in here or here[one.name].old]
