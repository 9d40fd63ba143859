"""Routescan: Etherscan's API without a key, the chain in the path instead of the query.

Strong on Ethereum, Optimism and Avalanche; of Arbitrum and Base it has only parts, so those are not in the chain table.
Facts: API reference 2.2, recorded answers 2025-12 to 2026-02.
"""

from __future__ import annotations

from chains.endpoints import endpoint
from chains.explorer import Explorer
from chains.explorer_asks import Dialect
from chains.http import Client
from chains.protocol import Source, SourceKind
from chains.registry import Chain, SourceSettings

NAME = "routescan"
PAGE_SIZE = 5_000
"""Its measured cap (API reference 2.2)."""


def build(chain: Chain, client: Client, settings: SourceSettings) -> list[Source]:
    """The source for a chain, or nothing where it is not served."""
    if NAME not in chain.sources or (settings.only and NAME not in settings.only):
        return []
    host = endpoint(NAME, settings)
    if host is None:
        return []
    return [Explorer(NAME, chain, client, host, Dialect(f"/{chain.number}/etherscan/api", {}, PAGE_SIZE))]


SOURCE = SourceKind(name=NAME, rank=20, build=build)
