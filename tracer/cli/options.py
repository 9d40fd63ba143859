"""Options shared by commands, each in one place."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console

from tracer.case import Case, open_case
from tracer.config import Config, load_config
from tracer.label_store import LabelStore, default_folder
from tracer.session import Lists
from tracer.words import LANGUAGES, Words, pick_lang

F = TypeVar("F", bound=Callable[..., Any])

lang_option = click.option("--lang", type=click.Choice(LANGUAGES), default=None)


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
    """The language to speak."""
    return pick_lang(option, os.environ)


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


def screen() -> Console:
    """Standard output: with colour on a terminal, plain elsewhere and with NO_COLOR."""
    return Console(highlight=False, soft_wrap=not os.isatty(1))
