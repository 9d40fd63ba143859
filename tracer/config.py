"""What the user set: defaults < `tracer.toml` < environment < flags, as one frozen value.

`tracer.toml` is looked for in the current folder, then in the user's configuration folder. Keys come from there or from
the environment and go nowhere but to the source they are for. Unknown names are errors: a misspelt setting that is
silently ignored is worse than none.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from platformdirs import user_config_path

from chains.endpoints import source_table
from chains.registry import Chain, SourceSettings, find_chain, load_chains
from tracer.errors import ConfigError, SecretRefused
from tracer.secrets import find_secret
from tracer.watch.channel_settings import ChannelSetting, read_channels

APP = "stolen-funds-tracer"
PER_CHAIN = ("rpc", "blockscout", "ws")
"""Sources with an address of its own for each chain: `rpc.56`. `ws` tells a watch of new blocks (chains/rpc_notice)."""

SECTIONS = {"endpoints", "rates", "keys", "chains", "channels"}


@dataclass(frozen=True, slots=True)
class Config:
    """Settings of one run: known chains, ways to the sources, the user's own chain rows, and whom a watch tells."""

    chains: Mapping[str, Chain]
    sources: SourceSettings = field(default_factory=SourceSettings)
    own_rows: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    channels: tuple[ChannelSetting, ...] = ()

    def with_rows(self, rows: Mapping[str, Mapping[str, Any]]) -> Config:
        """These settings with a case's own chain rows added."""
        own = {**self.own_rows, **rows}
        return self if not rows else replace(self, chains=_chains(own), own_rows=own)

    def knowing(self, name: str | None) -> Config:
        """These settings, with a plain row for an EVM chain that is named by its id and stands in no table."""
        number = (name or "").strip().lower().removeprefix("eip155:")
        if not number.isdigit() or find_chain(self.chains, number) is not None:
            return self
        rows = {**self.own_rows, **_plain_row(number)}
        return replace(self, chains=_chains(rows), own_rows=rows)


def load_config(
    environ: Mapping[str, str],
    folder: Path,
    *,
    endpoints: Sequence[str] = (),
    rates: Sequence[str] = (),
    only: Sequence[str] = (),
) -> Config:
    """Everything put together. ``endpoints`` and ``rates`` are NAME=VALUE flags.

    Raises:
        ConfigError: an unreadable file, an unknown name, or a value that does not fit.
    """
    table = _file(folder)
    chains = _chains(table.get("chains", {}))
    urls = {**table.get("endpoints", {}), **_environment_urls(environ), **_pairs("--endpoint", endpoints)}
    paces = {**table.get("rates", {}), **_pairs("--rate", rates)}
    keys = {**table.get("keys", {}), **_environment_keys(environ)}
    for name in (*urls, *paces, *keys, *only):
        _known(name)
    for name in only:
        if "." in name:
            raise ConfigError("error.source_of_chain", name=name, kind=name.partition(".")[0])
    config = Config(
        chains,
        SourceSettings(
            urls={name: _url(name, value) for name, value in urls.items()},
            rates={name: _rate(name, value) for name, value in paces.items()},
            keys=keys,
            only=tuple(only),
        ),
        table.get("chains", {}),
        read_channels(table.get("channels", {}), environ),
    )
    for name in urls:
        config = config.knowing(name.partition(".")[2])
    return config


def _plain_row(number: str) -> dict[str, dict[str, Any]]:
    """A chain of which nothing is known but its number: any explorer that speaks of all chains, or the user's node."""
    everywhere: dict[str, Any] = {"etherscan": {}, "routescan": {}, "blockscout": {}, "rpc": {"urls": []}}
    return {f"eip155:{number}": {"name": f"eip155:{number}", "coin": "native coin", "sources": everywhere}}


def _file(folder: Path) -> dict[str, Any]:
    for path in (folder / "tracer.toml", user_config_path(APP) / "tracer.toml"):
        if path.is_file():
            return _read(path)
    return {}


def _read(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
        table = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as failure:
        raise ConfigError("error.file_not_toml", file=path, why=str(failure)) from failure
    if find_secret(text, allow_hash=True):
        raise SecretRefused("error.secret_in_file", file=path)
    unknown = sorted(set(table) - SECTIONS)
    if unknown:
        raise ConfigError("error.section_unknown", file=path, name=unknown[0], known=", ".join(sorted(SECTIONS)))
    _check_shape(path, table)
    return table


def _check_shape(path: Path, table: Mapping[str, Any]) -> None:
    """Every section a table; keys are text and chain rows are tables."""
    for section, rows in table.items():
        wanted = {"keys": str, "chains": dict}.get(section, object)
        if not isinstance(rows, dict) or not all(isinstance(row, wanted) for row in rows.values()):
            raise ConfigError("error.file_not_toml", file=path, why=f"[{section}]")


def _chains(rows: Mapping[str, Mapping[str, Any]]) -> dict[str, Chain]:
    defaults = {"family": "evm", "coin": "ETH", "decimals": 18, "explorer": "", "sources": {"rpc": {"urls": []}}}
    try:
        return load_chains({chain_id: {**defaults, **row} for chain_id, row in rows.items()})
    except TypeError as failure:
        raise ConfigError("error.chain_row", why=str(failure)) from failure


def _environment_urls(environ: Mapping[str, str]) -> dict[str, str]:
    prefix = "TRACER_ENDPOINT_"
    return {
        name.removeprefix(prefix).lower().replace("_", "."): value
        for name, value in environ.items()
        if name.startswith(prefix) and value
    }


def _environment_keys(environ: Mapping[str, str]) -> dict[str, str]:
    return {
        source: environ[row["key_env"]]
        for source, row in source_table().items()
        if "key_env" in row and environ.get(row["key_env"])
    }


def _pairs(flag: str, values: Sequence[str]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for value in values:
        name, equals, setting = value.partition("=")
        if not equals or not name or not setting:
            raise ConfigError("error.pair", flag=flag, got=name)
        pairs[name.strip()] = setting.strip()
    return pairs


def _known(name: str) -> None:
    known = source_table()
    source, _, number = name.partition(".")
    if name not in known and not (source in PER_CHAIN and number.isdigit()):
        raise ConfigError("error.source_unknown", name=name, known=", ".join(known))


def _url(name: str, value: object) -> str:
    schemes = ("ws://", "wss://") if name.startswith("ws.") else ("http://", "https://")
    if not isinstance(value, str) or not value.startswith(schemes):
        raise ConfigError("error.endpoint", name=name)
    return value


def _rate(name: str, value: object) -> float:
    try:
        rate = float(str(value))
    except ValueError:
        rate = 0.0
    if not 0 < rate <= 10_000:
        raise ConfigError("error.rate", name=name)
    return rate
