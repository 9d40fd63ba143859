"""Which chains there are, as rows of one table, and what may be changed about their suppliers.

Hosts, limits and coverage move every few months, so they stand in `data/chains.toml` and `data/sources.toml`, not in
code. A user's `tracer.toml` may add a chain row or replace any base URL.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from chains import evm_address, tron_address
from chains.errors import BadAddress
from chains.model import Address, AssetId


@dataclass(frozen=True, slots=True)
class Chain:
    """One chain. ``id`` is CAIP-2 (``eip155:1``) or ``tron:mainnet``; ``family`` picks the address rules and sources.

    ``sources`` maps a source name to what it needs to know of this chain (slug, host, plan); a source that is not a key
    does not serve the chain. ``wrapped`` is the wrapped-native contract, ``l1_fee`` tells that receipts carry a second
    fee, ``price`` the price source's name for the native coin.
    """

    id: str
    name: str
    family: str
    coin: str
    decimals: int
    explorer: str
    sources: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    wrapped: AssetId | None = None
    l1_fee: bool = False
    price_chain: str = ""
    price_coin: str = ""
    aliases: tuple[str, ...] = ()
    note: str = ""

    @property
    def number(self) -> int:
        """The EVM chain number (1 for ``eip155:1``)."""
        return int(self.id.split(":")[1])

    def address(self, text: str) -> Address:
        """Canonical form of a user's or an API's spelling.

        Raises:
            BadAddress: wrong length, alphabet or checksum.
        """
        parse = evm_address.parse if self.family == "evm" else tron_address.parse
        try:
            return parse(text)
        except ValueError as wrong:
            raise BadAddress(text, self.name, str(wrong)) from None


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """What a user or the environment says of sources; empty by default.

    ``urls`` replaces base URLs by endpoint name (`etherscan`, `rpc.1`); ``rates`` requests per second by the same
    names; ``keys`` by source name; ``only`` restricts to these sources in this order.
    """

    urls: Mapping[str, str] = field(default_factory=dict)
    rates: Mapping[str, float] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    only: Sequence[str] = ()


def load_chains(extra: Mapping[str, Mapping[str, Any]] | None = None) -> dict[str, Chain]:
    """Every known chain by id; ``extra`` rows (from the user's configuration) add or replace."""
    text = files("chains").joinpath("data/chains.toml").read_text(encoding="utf-8")
    rows = {**tomllib.loads(text), **(extra or {})}
    return {chain_id: chain_of(chain_id, row) for chain_id, row in sorted(rows.items())}


def chain_of(chain_id: str, row: Mapping[str, Any]) -> Chain:
    """One table row as a `Chain`; unknown keys are an error."""
    fields = dict(row)
    wrapped = fields.pop("wrapped", None)
    aliases = tuple(fields.pop("aliases", ()))
    return Chain(id=chain_id, wrapped=AssetId(wrapped) if wrapped else None, aliases=aliases, **fields)


def find_chain(chains: Mapping[str, Chain], name: str) -> Chain | None:
    """A chain by id, name, alias or number."""
    wanted = name.strip().lower()
    for chain in chains.values():
        if wanted in (chain.id, chain.name, *chain.aliases) or chain.id == f"eip155:{wanted}":
            return chain
    return None
