"""From a source's name to the endpoint to ask: its URL, pace and key, from the data file, the user and the environment.

Kept apart from the sources so that none of them reads configuration, and a user can replace any of it.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from chains.http import Endpoint
from chains.registry import SourceSettings


@cache
def source_table() -> dict[str, dict[str, Any]]:
    """Rows of data/sources.toml by source name."""
    return tomllib.loads(files("chains").joinpath("data/sources.toml").read_text(encoding="utf-8"))


def endpoint(
    source: str, settings: SourceSettings, *, name: str | None = None, url: str | None = None
) -> Endpoint | None:
    """The endpoint of a source, or None when it needs a key that is not there and its URL was not replaced.

    ``name`` is what a user may replace and what rate it has (`rpc.1`), by default the source's own; ``url`` is used
    where the data file has none (public nodes of a chain).
    """
    row = source_table()[source]
    name = name or source
    replaced = settings.urls.get(name)
    key = settings.keys.get(source)
    if row.get("key_needed", False) and not key and not replaced:
        return None
    rate = settings.rates.get(name, settings.rates.get(source, row["keyed_rate"] if key else row["rate"]))
    return Endpoint(
        name=name,
        url=(replaced or url or row["url"]).rstrip("/"),
        rate=rate,
        concurrency=row.get("concurrency", 8),
        timeout=row.get("timeout", 30),
        secret_params={row["key_param"]: key} if key and "key_param" in row else {},
        secret_headers={row["key_header"]: row.get("key_prefix", "") + key} if key and "key_header" in row else {},
    )
