"""`trace watch add`, `remove`, `pause` and `resume`: what is watched, by the words a user has for it."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from chains import evm_address, tron_address
from chains.errors import BadAddress
from tracer.case import QUESTION_FILE
from tracer.cli.labels_common import lang_option, spoken
from tracer.cli.options import case_path, cases_folder, check_files, config_of
from tracer.config import Config
from tracer.errors import UsageError
from tracer.hostile import clean
from tracer.watch.model import ADDRESS, CASE, Target
from tracer.watch.store import WatchStore, open_watch
from tracer.world import named_chain

F = TypeVar("F", bound=Callable[..., Any])

MOST: Final = 1000
"""Places of one target that are watched unless more are allowed."""

_SPAN: Final = re.compile(r"\+(\d{1,5})([mhd])")
_SECONDS: Final = {"m": 60, "h": 3_600, "d": 86_400}
_MARK: Final = 6

folder_option = click.option("--folder", type=click.Path(file_okay=False, path_type=Path), default=None)


def target_options(command: F) -> F:
    """--chain, --until, --max-frontier, --labels."""
    for option in (
        click.option("--labels", multiple=True, type=click.Path(exists=True, dir_okay=False)),
        click.option("--max-frontier", type=click.IntRange(1), default=None),
        click.option("--until", default=None, metavar="TIME"),
        click.option("--chain", default=None),
    ):
        command = option(command)
    return command


def watch_folder(folder: Path | None) -> Path:
    """Where the watch keeps what it knows."""
    return folder or cases_folder() / "watch"


def wanted(
    names: Sequence[str],
    config: Config,
    *,
    chain: str | None,
    until: str | None,
    max_frontier: int | None,
    labels: Sequence[str],
) -> list[Target]:
    """The targets that names mean, with what was said of them.

    Raises:
        UsageError: a name means nothing here, or a time cannot be read.
        SecretRefused: a file of labels holds a private key or recovery phrase.
    """
    now = int(time.time())
    check_files(labels)
    kept = tuple(str(Path(path).resolve()) for path in labels)
    end = None if until is None else moment_of(until, now)
    return [
        one._replace(until=end, max_frontier=max_frontier or MOST, labels=kept)
        for one in (target_of(name, config, chain, now) for name in dict.fromkeys(names))
    ]


def target_of(name: str, config: Config, chain: str | None, now: int) -> Target:
    """A case by its folder or name, else an address as CHAIN:ADDRESS, or with its chain beside it."""
    path = case_path(name)
    if (path / QUESTION_FILE).is_file():
        folder = path.resolve()
        return Target(0, CASE, folder.name, str(folder), "", "", now)
    before, _, address = name.rpartition(":")
    row = named_chain(config.chains, before or _chain_by_form(address, chain))
    try:
        canonical = row.address(address)
    except BadAddress as wrong:
        raise UsageError("error.address", why=wrong) from None
    return Target(0, ADDRESS, f"{row.name}:{canonical}", "", row.id, canonical, now)


def _chain_by_form(address: str, chain: str | None) -> str:
    """TRON by its form, for the others what was said beside them."""
    tron = address.startswith("T")
    try:
        (tron_address if tron else evm_address).parse(address)
    except ValueError:
        raise UsageError("error.watch_what", name=clean(address)) from None
    if not tron and chain is None:
        raise UsageError("error.watch_chain", address=address)
    return "tron" if tron else str(chain)


def moment_of(text: str, now: int) -> int:
    """Unix time of ``+7d``, ``+12h``, ``+30m``, or an RFC 3339 time, which must be in the future."""
    span = _SPAN.fullmatch(text)
    if span:
        return now + int(span[1]) * _SECONDS[span[2]]
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError("error.watch_until", text=clean(text)) from None
    if moment.tzinfo is None:
        raise UsageError("error.time_without_zone", time=moment.isoformat())
    if moment.timestamp() <= now:
        raise UsageError("error.watch_past", time=moment.astimezone(UTC).isoformat())
    return int(moment.timestamp())


def take_up(store: WatchStore, targets: Sequence[Target], said: frozenset[str]) -> list[Target]:
    """Put targets on the list; one that is there goes on, with what ``said`` names changed. Returns them as kept."""
    return [_taken(store, one, said) for one in targets]


def _taken(store: WatchStore, target: Target, said: frozenset[str]) -> Target:
    known = store.target(target.name)
    if known is not None and target.kind == CASE and known.folder != target.folder:
        # Two cases in different places may be called the same.
        mark = hashlib.sha256(target.folder.encode()).hexdigest()[:_MARK]
        target = target._replace(name=f"{target.name}-{mark}")
        known = store.target(target.name)
    if known is None:
        return store.add(target)
    changed = known._replace(paused=False, **{name: getattr(target, name) for name in said})
    store.change(changed)
    return changed


def said_here() -> frozenset[str]:
    """Which of the settings of a target stand on the command line."""
    source = click.get_current_context().get_parameter_source
    names = ("until", "max_frontier", "labels")
    return frozenset(name for name in names if source(name) is click.core.ParameterSource.COMMANDLINE)


@click.command(name="add")
@click.argument("targets", nargs=-1, required=True)
@target_options
@folder_option
@lang_option
def add(
    *,
    targets: tuple[str, ...],
    chain: str | None,
    until: str | None,
    max_frontier: int | None,
    labels: tuple[str, ...],
    folder: Path | None,
) -> None:
    """Put cases and addresses on the list."""
    w = spoken()
    found = wanted(
        targets, config_of().knowing(chain), chain=chain, until=until, max_frontier=max_frontier, labels=labels
    )
    with open_watch(watch_folder(folder), beside=True) as store:
        for one in take_up(store, found, said_here()):
            click.echo(w("watch.added", name=one.name))


def _each(folder: Path | None, names: Sequence[str], key: str, act: Callable[[WatchStore, Target], None]) -> None:
    """Do the same to every target that is named, or to none where one is unknown."""
    w = spoken()
    with open_watch(watch_folder(folder), beside=True) as store:
        found = [known_target(store, name) for name in dict.fromkeys(names)]
        for one in found:
            act(store, one)
            click.echo(w(key, name=one.name))


def known_target(store: WatchStore, name: str) -> Target:
    """A target on the list: by its name, or as it was named when it was put there."""
    everybody = store.targets()
    wanted = name.strip().rstrip("/").rpartition("/")[2].casefold()
    for one in everybody:
        if wanted in (one.name.casefold(), one.address.casefold() or one.name.casefold()):
            return one
    known = ", ".join(one.name for one in everybody)
    raise UsageError("error.watch_unknown", name=clean(name), known=known or "–")


@click.command(name="remove")
@click.argument("targets", nargs=-1, required=True)
@folder_option
@lang_option
def remove(*, targets: tuple[str, ...], folder: Path | None) -> None:
    """Take cases and addresses off the list; what was told of them stays in the log."""
    _each(folder, targets, "watch.removed", lambda store, one: store.remove(one.id))


@click.command(name="pause")
@click.argument("targets", nargs=-1, required=True)
@folder_option
@lang_option
def pause(*, targets: tuple[str, ...], folder: Path | None) -> None:
    """Keep their alerts back until they are resumed; what moves is read and logged."""
    _each(folder, targets, "watch.paused_now", lambda store, one: store.change(one._replace(paused=True)))


@click.command(name="resume")
@click.argument("targets", nargs=-1, required=True)
@folder_option
@lang_option
def resume(*, targets: tuple[str, ...], folder: Path | None) -> None:
    """Tell of them again."""
    _each(folder, targets, "watch.resumed", lambda store, one: store.change(one._replace(paused=False)))
