"""The explorers against recorded exchanges: the very requests they send, and what comes of the answers."""

from __future__ import annotations

import pytest

from chains.model import Asset, AssetId, Kind
from tests.chains.explorer_cassettes import KINDS, cassette, read_all
from tests.chains.explorer_stand_in import START, TOKEN


@pytest.mark.parametrize("kind", KINDS)
async def test_the_recorded_chain_is_read_the_same_everywhere(kind: str) -> None:
    """All three explorers give one account of one chain, and send no request that was not recorded."""
    with cassette(kind, "none") as tape:
        read = await read_all(kind)
    assert tape.all_played
    assert (read.head.number, read.head.time) == (200, START + 2_400)
    moved = [(one.position.height, one.position.kind, one.amount) for page in read.native for one in page.transfers]
    assert moved == [
        (101, Kind.FEE, 210_000),
        (101, Kind.NATIVE, 5),
        (102, Kind.FEE, 210_000),
        (103, Kind.INTERNAL, 7),
    ]
    assert [one.amount for page in read.tokens for one in page.transfers] == list(range(1, 51))
    assert [(one.position.kind, one.amount) for one in read.receipt.transfers] == [
        (Kind.FEE, 210_000),
        (Kind.NATIVE, 5),
        (Kind.INTERNAL, 3),
    ]
    assert (read.balance, read.contract) == (99, True)
    assert read.asset == Asset("eip155:1", AssetId(TOKEN), "TUSD", 6)
