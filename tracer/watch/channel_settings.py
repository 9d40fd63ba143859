"""`[channels]` of tracer.toml and `TRACER_CHANNEL_…` of the environment: who is told, where, and from which urgency on.

The address of a channel is a secret, because whoever has it can write there; so it never shows in an error or a `repr`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tracer.errors import ConfigError
from tracer.hostile import clean
from tracer.watch.model import INFO, SEVERITIES
from tracer.words import LANGUAGES

PREFIX: Final = "TRACER_CHANNEL_"
SECRET: Final = "_secret"  # noqa: S105  # the end of a name
FIELDS: Final = ("url", "at_least", "lang", "secret")
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_]{0,29}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ChannelSetting:
    """One channel as the user set it. ``at_least`` is the least urgent severity it takes; ``lang`` "": the run's own.

    ``secret`` signs what a webhook gets.
    """

    name: str
    url: str = field(repr=False)
    at_least: str = INFO
    lang: str = ""
    secret: str = field(default="", repr=False)

    @property
    def severities(self) -> frozenset[str]:
        """Those it takes."""
        return frozenset(SEVERITIES[: SEVERITIES.index(self.at_least) + 1])


def read_channels(table: Mapping[str, Any], environ: Mapping[str, str]) -> tuple[ChannelSetting, ...]:
    """The channels of a `[channels]` table, with what the environment adds to them or replaces, by name.

    Raises:
        ConfigError: a name or setting that cannot be; it never repeats an address.
    """
    rows = {name: _row(value) for name, value in table.items()}
    given = {name.removeprefix(PREFIX).lower(): value for name, value in environ.items() if name.startswith(PREFIX)}
    for name, value in given.items():
        place, setting = (name.removesuffix(SECRET), "secret") if name.endswith(SECRET) else (name, "url")
        if value:
            rows[place] = {**rows.get(place, {}), setting: value}
    return tuple(_setting(name, row) for name, row in sorted(rows.items()))


def _row(value: object) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {"url": value}


def _setting(name: str, row: Mapping[str, Any]) -> ChannelSetting:
    if not _NAME.fullmatch(name) or name.endswith(SECRET):
        raise ConfigError("error.channel_name", name=clean(name))
    unknown = sorted(row.keys() - set(FIELDS))
    if unknown:
        raise ConfigError("error.channel_field", name=name, field=clean(unknown[0]), known=", ".join(FIELDS))
    if not all(isinstance(value, str) for value in row.values()) or not row.get("url"):
        raise ConfigError("error.channel_url", name=name)
    setting = ChannelSetting(name, **row)
    if setting.at_least not in SEVERITIES:
        raise ConfigError("error.channel_field_value", name=name, field="at_least", known=", ".join(SEVERITIES))
    if setting.lang not in ("", *LANGUAGES):
        raise ConfigError("error.channel_field_value", name=name, field="lang", known=", ".join(LANGUAGES))
    return setting
