"""Well-known contracts by name: routers, pools, vaults, wrappers, settlements, from the pack's `data/venues.toml`.

A name is what somebody published about an address, on the page that stands beside it. It tells a reader where a swap
happened, and it never decides what a transaction did: that is read from what moved (tracer/convert.py), known names or
not, because a table is never complete and any contract may be new.
"""

# For reports: `load_venues().of(chain, address)` is the name to print beside a venue's address, with its `source`;
# None where nobody's name is known. Never print the name instead of the address.

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final, NamedTuple

from chains.model import Address

KINDS: Final = frozenset(
    {
        "aggregator",
        "bridge",
        "converter",
        "farm",
        "lending",
        "pool",
        "pool_manager",
        "positions",
        "router",
        "settlement",
        "staking",
        "vault",
        "wrapper",
    }
)
"""``converter``: gives one asset for another at a fixed rate; ``positions``: keeps liquidity as numbered tokens."""


class Venue(NamedTuple):
    """What ``source`` says an address is: a label with its origin, looked at on the day ``checked``.

    ``partners`` are other addresses at which this contract takes payments in or from which it pays: its purse, a token
    that it mints.
    """

    chain: str
    address: Address
    name: str
    kind: str
    source: str
    checked: str
    partners: tuple[Address, ...] = ()


class Venues:
    """The table, by chain and address."""

    def __init__(self, rows: Iterable[Venue]) -> None:
        """The last row of an address counts."""
        self._rows: Mapping[tuple[str, str], Venue] = {(row.chain, row.address): row for row in rows}

    def of(self, chain: str, address: str) -> Venue | None:
        """What is said of an address on a chain, or None; both in canonical spelling."""
        return self._rows.get((chain, address))

    def partners(self, chain: str) -> Mapping[str, Address]:
        """By address on one chain: the venue for which it takes payments in or pays."""
        mine = (row for row in self._rows.values() if row.chain == chain)
        return {str(partner): row.address for row in mine for partner in row.partners}

    def rows(self) -> tuple[Venue, ...]:
        """Every row, in the table's order."""
        return tuple(self._rows.values())


@cache
def load_venues() -> Venues:
    """The venues of the pack."""
    table = tomllib.loads(files("tracer").joinpath("data/venues.toml").read_text(encoding="utf-8"))
    return Venues(_venue(row) for row in table["venue"])


def _venue(row: Mapping[str, Any]) -> Venue:
    return Venue(
        row["chain"],
        Address(row["address"]),
        row["name"],
        row["kind"],
        row["source"],
        row["checked"],
        tuple(map(Address, row.get("partners", ()))),
    )
