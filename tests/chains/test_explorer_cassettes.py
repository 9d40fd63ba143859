"""The explorers against recorded exchanges: the very requests they send, and what comes of the answers."""

from __future__ import annotations

from hashlib import sha256

import pytest

from chains.evm_records import DEPOSIT, WITHDRAWAL
from chains.model import Asset, AssetId, Coverage, Kind
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
    assert [called.data for called in read.called] == [f"0x{7:064x}", "0x"]
    assert read.code == sha256(b"\x60\x01").hexdigest()
    assert [page.covers for page in read.events] == [Coverage(100, 200)]
    assert [(event.position[:2], event.topics[0], len(event.topics)) for event in read.events[0].events] == [
        ((104, 0), DEPOSIT, 2),
        ((105, 0), WITHDRAWAL, 2),
    ]
