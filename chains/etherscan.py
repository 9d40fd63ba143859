"""Etherscan API V2: one host and one key for some sixty chains, the best index of address histories there is.

The free plan gives 1,000 rows a request and not every chain; what it refuses it says, and the reader goes on with the
next source. Its facts: API reference 1, docs.etherscan.io as of 2026-11-21.
"""

from __future__ import annotations

from chains.endpoints import endpoint
from chains.explorer import Explorer
from chains.explorer_asks import Dialect
from chains.http import Client
from chains.protocol import Source, SourceKind
from chains.registry import Chain, SourceSettings

NAME = "etherscan"
PAGE_SIZE = 1_000
"""The free plan's cap since 2026-07-01; paid plans give more, but the same pages serve every key."""


def build(chain: Chain, client: Client, settings: SourceSettings) -> list[Source]:
    """The source for a chain, or nothing where it is not served or there is no key.

    ``chainid`` stands in the query string always: Etherscan routes by it before reading anything else.
    """
    if NAME not in chain.sources or (settings.only and NAME not in settings.only):
        return []
    host = endpoint(NAME, settings)
    if host is None:
        return []
    return [Explorer(NAME, chain, client, host, Dialect("", {"chainid": str(chain.number)}, PAGE_SIZE))]


SOURCE = SourceKind(name=NAME, rank=10, build=build)
