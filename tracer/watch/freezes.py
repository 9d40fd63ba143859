"""Asks issuers' contracts, now and then, whether what a target holds is frozen or about to be.

Bringing a case up to date asks that too, but only after a movement: a proposal to freeze moves nothing, and whoever
must hurry it along wants to know of it within the hour.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from chains.http import Client
from chains.model import Address, AssetId
from chains.reader import open_reader
from chains.registry import Chain
from tracer.config import Config
from tracer.freeze import Resting
from tracer.freeze_checks import check
from tracer.result import FreezeRow
from tracer.watch.frontier import LOOKED, Place
from tracer.watch.notices import asset_of
from tracer.watch.store import WatchStore
from tracer.watcher import Silent
from tracer.world import World

MOST: Final = 20
"""Places of a target that are asked about, those with the most first: each costs a request or two."""


async def freezes(place: Place, store: WatchStore, config: Config, client: Client) -> list[FreezeRow]:
    """A row for every place and token that an issuer controls; what could not be learnt stands in the rows."""
    world = World(config.chains, client, config.sources, open_reader, place.labels, place.tokens, Silent())
    for chain in place.base.tops:
        cursor = store.cursor(chain)
        if cursor is not None:
            world.heads[chain] = cursor.newest
    return await check(world, [one for one in _largest(place, config.chains) if one.chain in world.heads])


def _largest(place: Place, chains: Mapping[str, Chain]) -> Iterator[Resting]:
    """Where the most of listed tokens is traced."""
    method = place.rules.method
    held = [
        (stand.traced(method), account)
        for account, stand in place.stands.items()
        if stand.role in LOOKED and stand.traced(method) and place.tokens.is_listed(account[0], AssetId(account[2]))
    ]
    for _, (chain, address, asset) in sorted(held, key=lambda one: (-one[0], one[1]))[:MOST]:
        yield Resting(chain, Address(address), asset_of(place, chains[chain], AssetId(asset)))
