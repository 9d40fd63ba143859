"""What the subcommands of `trace labels` share: their language, the lists on this machine, and the built-in one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date

import click

from reports.label_lists import ListLine
from tracer.cli.options import today
from tracer.label_copy import About
from tracer.label_files import builtin_labels
from tracer.label_store import LabelStore, default_folder
from tracer.label_update import old
from tracer.lists import label_lists
from tracer.words import LANGUAGES, Words, sentence, words

lang_option = click.option("--lang", type=click.Choice(LANGUAGES), default=None, expose_value=False)
"""Accepted wherever it stands; what is spoken was decided from all arguments before they were read."""


def spoken() -> Words:
    """The words of this run."""
    return click.get_current_context().find_object(Words) or words("en")


@contextmanager
def opened() -> Iterator[LabelStore]:
    """The store of this user."""
    store = LabelStore(default_folder())
    try:
        yield store
    finally:
        store.close()


def builtin() -> ListLine:
    """The pack that comes with the program, as a list among lists."""
    labels = list(builtin_labels())
    about = About(
        name=sentence("rule.labels.builtin"),
        publisher=sentence("rule.labels.builtin_by"),
        kind="collection",
        as_of=max(label.as_of for label in labels),
        labels=len(labels),
        addresses=len({label.address for label in labels}),
    )
    return ListLine(about, None, old=False)


def lines(store: LabelStore) -> Mapping[str, ListLine]:
    """The lists on this machine by name, with their age. Raises `ConfigError` where one is damaged."""
    known, day = label_lists(), today()
    found: dict[str, ListLine] = {}
    for about in store.about():
        one, checked = known.get(about.name), about.checked
        age = (day - date.fromisoformat(checked)).days if checked else None
        found[about.name] = ListLine(about, age, old=bool(one and checked and old(one, checked, day)))
    return found
