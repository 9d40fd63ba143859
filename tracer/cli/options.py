"""Options shared by commands, each in one place."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import click
from rich.console import Console

from reports.times import zone_of
from tracer.case import Case, open_case
from tracer.config import Config, load_config
from tracer.errors import CaseError, SecretRefused, UsageError
from tracer.label_store import LabelStore, default_folder
from tracer.secrets import find_secret
from tracer.session import Lists
from tracer.words import LANGUAGES, Words, pick_lang

F = TypeVar("F", bound=Callable[..., Any])

BOTH: Final = "both"

lang_option = click.option("--lang", type=click.Choice(LANGUAGES), default=None)
papers_lang_option = click.option("--lang", type=click.Choice((*LANGUAGES, BOTH)), default=None)


def _zone(_context: click.Context, _option: click.Parameter, name: str) -> str:
    try:
        return zone_of(name).key if name else ""
    except LookupError:
        raise UsageError("error.zone_unknown", name=name) from None


zone_option = click.option("--zone", default="", metavar="ZONE", callback=_zone)


def _day(_context: click.Context, _option: click.Parameter, text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise UsageError("error.day_unreadable", text=text) from None


day_option = click.option("--date", "day", default=None, metavar="YYYY-MM-DD", callback=_day)


def source_options(command: F) -> F:
    """--source, --endpoint, --rate."""
    for option in (
        click.option("--rate", "rates", multiple=True, metavar="NAME=N"),
        click.option(
            "--endpoint",
            "endpoints",
            multiple=True,
            metavar="NAME=URL",
        ),
        click.option(
            "--source",
            "sources",
            multiple=True,
            metavar="NAME",
        ),
    ):
        command = option(command)
    return command


def config_of(endpoints: tuple[str, ...] = (), rates: tuple[str, ...] = (), sources: tuple[str, ...] = ()) -> Config:
    """The configuration of this run."""
    return load_config(os.environ, Path.cwd(), endpoints=endpoints, rates=rates, only=sources)


def language(option: str | None) -> str:
    """The language to speak on the terminal."""
    return pick_lang(None if option == BOTH else option, os.environ)


def languages(option: str | None) -> tuple[str, ...]:
    """The languages to write papers in."""
    return LANGUAGES if option == BOTH else (language(option),)


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Where to write what becomes the file at ``path`` as a whole, or not at all."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield unfinished
        unfinished.replace(path)
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)


def write_files(folder: Path, files: Mapping[str, bytes]) -> Iterator[tuple[Path, int]]:
    """Write files below a folder, each as a whole or not at all, and say each file's path and size once it is there.

    Raises:
        CaseError: the folder cannot be made, or a file not be written.
    """
    for name, data in files.items():
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with written_whole(path) as unfinished:
                unfinished.write_bytes(data)
        except OSError as failure:
            raise CaseError("error.paper_unwritten", file=path, why=failure.strerror) from None
        yield path, len(data)


def check_files(paths: Iterable[str]) -> None:
    """Refuse files that hold a private key or mnemonic before anything is stored."""
    for path in paths:
        if find_secret(Path(path).read_text(encoding="utf-8", errors="replace"), allow_hash=True):
            raise SecretRefused("error.secret_in_file", file=path)


def cases_folder() -> Path:
    """Where cases are kept when no folder is named: TRACER_CASES, else `cases` in the current folder."""
    return Path(os.environ.get("TRACER_CASES", "cases"))


def case_path(name: str) -> Path:
    """A case by its folder, or by its name below `cases_folder`."""
    direct = Path(name)
    return direct if direct.is_dir() else cases_folder() / name


def today() -> date:
    """The day, for whoever prints how old something is."""
    return datetime.now(UTC).date()


@contextmanager
def lists_here() -> Iterator[Lists]:
    """The label lists that were fetched to this machine.

    Raises:
        ConfigError: one of them is damaged.
    """
    store = LabelStore(default_folder())
    try:
        yield Lists(store.of, {about.name: about.digest for about in store.about()})
    finally:
        store.close()


@contextmanager
def finished_case(folder: Path, w: Words) -> Iterator[Case]:
    """An open case that is explained and not traced; says so where the user had it pass an address.

    Raises:
        CaseError: as `open_case`.
    """
    with open_case(folder, offline=True) as case:
        through = case.question.through
        if through:
            click.echo(w("header.through", addresses=", ".join(through)), err=True)
        yield case


class _Screen(Console):
    """A console whose reader may turn away: that is no failure."""

    def on_broken_pipe(self) -> None:
        """Leave it to the program, which ends without complaint; Rich itself would end it with 1."""
        raise BrokenPipeError


def screen() -> Console:
    """Standard output: with colour on a terminal, plain elsewhere and with NO_COLOR."""
    return _Screen(highlight=False, soft_wrap=not os.isatty(1))
