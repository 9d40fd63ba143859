"""The lists that labels come from, one module each with a `LIST` constant; what is common to them stands here.

A module says who publishes the list, on what terms, where it is, how often it changes and how many labels a sound copy
has, and reads a copy strictly. Downloading, keeping and replacing copies is the same for all and stands elsewhere
(chains/download.py, tracer/label_update.py, tracer/label_store.py). Nothing is downloaded unasked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import NamedTuple

import tracer.lists as package
from chains.model import Event
from tracer.labels import Label

Fetch = Callable[[str], Awaitable[bytes]]
"""A small answer by its URL: an index page that says where the list itself is."""


class Download(NamedTuple):
    """One file to download, and the name to keep it under while it is read."""

    url: str
    name: str


class EventQuery(NamedTuple):
    """Events of one contract that a list is made from: those whose first topic is one of ``topics`` (hex with 0x).

    ``low`` is the height to begin at: the contract's creation, or 0.
    """

    chain: str
    contract: str
    topics: tuple[str, ...]
    low: int = 0


@dataclass(slots=True)
class Copy:
    """A copy of a list about to be read. ``files`` by the name they were downloaded under; ``events`` by query.

    ``as_of`` is the list's own date as the reader finds it, else the day of the download, which it begins as.
    ``checked`` is the day it was read. ``skipped`` counts rows that are no labels here, by why (a chain that is not
    traced, an invalid address); a reader adds to it.
    """

    files: Mapping[str, Path]
    checked: str
    as_of: str = ""
    events: Mapping[EventQuery, Sequence[Event]] = field(default_factory=dict)
    skipped: Counter[str] = field(default_factory=Counter)
    everything: bool = False
    """Check every signature there is, not a sample."""


@dataclass(frozen=True, slots=True)
class LabelList:
    """One published list.

    ``licence`` is what its publisher says and whether copies may be passed on; ``page`` where a person reads about it;
    ``cadence`` the days after which a copy is old; ``expected`` the least and most labels of a sound copy; ``kind`` one
    of `tracer.labels.KINDS`. ``locate`` finds the files of a day; ``queries`` are the events it is made from instead.

    ``read`` yields the labels of a copy, in any order, and raises `tracer.errors.ListDamaged` for whatever is not as
    the publisher documents it.
    """

    name: str
    publisher: str
    licence: str
    page: str
    cadence: int
    expected: tuple[int, int]
    kind: str
    read: Callable[[Copy], Iterator[Label]]
    locate: Callable[[Fetch, date], Awaitable[list[Download]]] | None = None
    queries: tuple[EventQuery, ...] = ()


@cache
def label_lists() -> Mapping[str, LabelList]:
    """Every list by name, found by the `LIST` (or `LISTS`) constant of this package's modules."""
    found: dict[str, LabelList] = {}
    for info in sorted(iter_modules(package.__path__), key=lambda one: one.name):
        module = import_module(f"tracer.lists.{info.name}")
        for one in (*getattr(module, "LISTS", ()), getattr(module, "LIST", None)):
            if isinstance(one, LabelList):
                found[one.name] = one
    return found
