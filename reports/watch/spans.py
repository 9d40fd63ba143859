"""Spans of time and names of chains, as the watch says them everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from chains.registry import Chain
from tracer.hostile import clean
from tracer.result import rfc3339
from tracer.words import Words

MINUTE: Final = 60
_UNITS: Final = (("days", 86_400), ("hours", 3_600), ("minutes", MINUTE))


def ago(seconds: int, w: Words) -> str:
    """A span of time in its largest whole unit; nothing is ever in the future."""
    seconds = max(seconds, 0)
    for name, size in _UNITS:
        if seconds >= 2 * size:
            return w(f"watch.{name}", n=seconds // size)
    return w("watch.seconds", n=seconds)


def clock_time(time: int) -> str:
    """The time of day of a moment in UTC: ``18:05:11Z``."""
    return rfc3339(time)[11:]


def chain_title(chain: str, w: Words, known: Mapping[str, Chain]) -> str:
    """A chain's name as papers have it, else the table's, else its id."""
    if f"chain.{chain}" in w.texts:
        return w(f"chain.{chain}")
    return known[chain].name if chain in known else clean(chain)
