"""The formats that a case can be written in, one module each, found by looking in this folder.

A module names its format in a ``FORMAT`` constant. A format of papers typesets any `Paper`: the report, a letter, a
list. A format of data writes the dossier for a program.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import NamedTuple

from reports.draft import Draft
from reports.paper import Paper


class Format(NamedTuple):
    """``name`` is what the user says and the file's ending. Exactly one of ``paper`` and ``data`` is there.

    ``rows`` is how many rows of a table a paper of this format bears, None for all. ``data`` gives files by name;
    ``spoken`` tells that they are in the reader's language, so that each language has its own.
    """

    name: str
    paper: Callable[[Paper], bytes] | None = None
    data: Callable[[Draft], Mapping[str, bytes]] | None = None
    rows: int | None = None
    spoken: bool = True


def formats() -> dict[str, Format]:
    """Every format by name."""
    modules = (import_module(f"{__name__}.{info.name}") for info in iter_modules(__path__))
    found: list[Format] = [module.FORMAT for module in modules if hasattr(module, "FORMAT")]
    return {one.name: one for one in sorted(found)}
