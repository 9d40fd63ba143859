"""Which transactions are asked about a second time, in which order, and who is no contradiction."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from chains.errors import NotFound
from chains.inclusion import Inclusion
from chains.model import NATIVE, Block, Receipt
from chains.protocol import Source
from chains.reader import Reader
from chains.registry import load_chains
from tests.tracer.small_world import SmallWorld, trace, tx_hash
from tests.tracer.test_corroborate import CHAIN, TX, moved, target
from tracer import second_look
from tracer.agreement import Target, targets
from tracer.corroborate import corroborate
from tracer.store import Store
from tracer.world import World


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[Target]:
    """What a trace asks about, in its order."""
    kept: list[Target] = []

    def spied(*told: object, every: bool) -> list[Target]:
        kept[:] = targets(*told, every=every)  # type: ignore[arg-type]
        return kept

    monkeypatch.setattr(second_look, "targets", spied)
    return kept


def branching() -> SmallWorld:
    """A theft of 900 that ends in three places, the smallest first."""
    world = SmallWorld()
    world.pay(1, "faucet", "victim", 900)
    world.pay(10, "victim", "thief", 900)
    for height, (name, amount) in enumerate((("small", 100), ("large", 500), ("middle", 300)), 20):
        world.pay(height, "thief", name, amount)
    return world


@pytest.mark.parametrize("every", [False, True])
def test_the_largest_stolen_value_is_asked_about_first(tmp_path: Path, found: list[Target], *, every: bool) -> None:
    """Where a limit is reached, it is the small ones that are left."""
    trace(branching(), tmp_path, corroborate="all" if every else "ends")
    said = [(one.role, sum(row.amount for row in one.movements)) for one in found]
    assert said[:4] == [("theft", 900), ("endpoint", 500), ("endpoint", 300), ("endpoint", 100)]


def test_a_fee_is_no_end_of_the_trail(tmp_path: Path, found: list[Target]) -> None:
    """What was spent as fees lies with nobody: what cost them is asked about only where it is an end as well."""
    world = SmallWorld()
    world.pay(1, "faucet", "victim", 900, NATIVE)
    world.pay(10, "victim", "thief", 900, NATIVE)
    world.pay(20, "thief", "hop", 800, NATIVE)
    world.fee(20, "thief", 5)
    world.pay(30, "hop", "end", 800, NATIVE)
    trace(world, tmp_path)
    assert [(one.role, one.tx) for one in found] == [("theft", tx_hash("10/0")), ("endpoint", tx_hash("30/0"))]


class Pruned:
    """A node that keeps no old transactions, and of old blocks all, only the headers, or none."""

    def __init__(self, keeps: str) -> None:
        self.name, self.chain, self.keeps = "rpc.1", load_chains()[CHAIN], keeps

    async def positions(self, tx: str) -> Receipt:
        """There is none."""
        raise NotFound(f"transaction {tx}", self.name)

    async def block(self, number: int) -> Block:
        """The block, where it is kept."""
        if self.keeps == "none":
            raise NotFound(f"block {number}", self.name)
        return Block(CHAIN, number, "0x" + "b" * 64, 1_700_000_000, number)

    async def inclusion(self, tx: str, height: int) -> Inclusion:
        """The block's body, where it is kept, has no such transaction."""
        if self.keeps == "all":
            raise NotFound(f"transaction {tx} in block {height}", self.name, (2,))
        raise NotFound(f"block {height}", self.name)


@pytest.mark.parametrize(
    ("keeps", "verdict"), [("all", "differs"), ("headers", "unconfirmed"), ("none", "unconfirmed")]
)
def test_who_keeps_no_old_blocks_contradicts_nobody(keeps: str, verdict: str) -> None:
    """Only a block that was read, and has no such transaction, says that it did not happen."""
    source = Pruned(keeps)
    reader = Reader(source.chain, [cast("Source", source)])
    world = cast("World", SimpleNamespace(reader=lambda _: reader, client=SimpleNamespace(questions=0), assets={}))
    rows = [(1, "", "etherscan", "https://api.etherscan.io"), (2, "", "rpc.1", "https://node.example")]
    store = cast("Store", SimpleNamespace(answers=lambda: rows))
    (row,) = [one.row for one in asyncio.run(corroborate(world, store, [target(moved())], None))]
    assert (row.tx, row.verdict) == (TX, verdict)
