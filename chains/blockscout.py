"""Blockscout: Etherscan's API on one host per chain, or through its gateway with a key.

Keyless instances answer at their pleasure since 2026-07; the gateway is official. It has no proxy module, so blocks and
receipts come over its JSON-RPC. Facts: API reference 2.1, blockscout's address_controller.ex as of 2026-08.

A case made through the gateway must replay without the key, so what differs between gateway and instance stands in the
endpoint's URL, which is no part of a question's identity; the endpoint's name carries the chain, which is.
"""

from __future__ import annotations

from dataclasses import replace

from chains.endpoints import endpoint, source_table
from chains.explorer import Explorer
from chains.explorer_asks import Dialect
from chains.http import Client
from chains.protocol import Source, SourceKind
from chains.registry import Chain, SourceSettings

NAME = "blockscout"
PAGE_SIZE = 1_000
"""It gives 10,000, but answers of that size often time out on its hosts."""


def build(chain: Chain, client: Client, settings: SourceSettings) -> list[Source]:
    """The source for a chain, or nothing where it is not served.

    The user may replace ``blockscout.CHAINNUMBER`` or, for all chains, ``blockscout`` with an instance's base URL.
    """
    if NAME not in chain.sources or (settings.only and NAME not in settings.only):
        return []
    name = f"{NAME}.{chain.number}"
    replaced = settings.urls.get(name, settings.urls.get(NAME))
    gateway = bool(settings.keys.get(NAME)) and not replaced
    instance = f"https://{chain.sources[NAME]['host']}" if "host" in chain.sources[NAME] else None
    url = f"{source_table()[NAME]['url']}/{chain.number}" if gateway else replaced or instance
    if url is None:
        return []
    host = endpoint(NAME, settings, name=name, url=url)
    if host is None:
        return []
    json_rpc = replace(host, url=host.url + ("/json-rpc" if gateway else "/api/eth-rpc"))
    return [Explorer(NAME, chain, client, host, Dialect("/api", {}, PAGE_SIZE, json_rpc))]


SOURCE = SourceKind(name=NAME, rank=25, build=build)
