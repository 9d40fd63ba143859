"""How soon the watch tells, what it asks for it, and whether it stays small.

    python -m tests.bench.bench_watch latency
    python -m tests.bench.bench_watch requests
    python -m tests.bench.bench_watch month

`latency` and `month` run the program itself against the lab; `requests` asks the scanners as the watch does at every
block, beside the naive way: one history per address and block.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest

from chains.history_scan import SCANNER as HISTORIES
from chains.http import Client, Stored
from chains.model import Address
from chains.registry import Chain, SourceSettings, load_chains
from chains.scan import Scanner, Watched
from chains.scan_reader import ScanReader, open_scanners
from tests.chains.memory_evidence import MemoryEvidence
from tests.chaos.judge import judge
from tests.chaos.play import settle
from tests.chaos.scene import EVM, TRON, Scene, scene
from tests.lab.anvil_ledger import AnvilLedger
from tests.lab.etherscan import etherscan_app
from tests.lab.ledger import tron_text
from tests.lab.restless import Restless
from tests.lab.restless_evm import EvmGround, evm_ground
from tests.lab.restless_tron import TronGround
from tests.lab.serving import serve
from tests.lab.tron_live import TronLive, live_app

MOVEMENTS = 200
WATCHED = (1, 100, 5_000)
LOOKS = 20
"""Blocks over which requests are counted."""

BLOCKS_AN_HOUR = {EVM: 300, TRON: 1_200}
DAYS = 30
BLOCKS_A_DAY = 1_440
"""Of the simulated month: as many as a chain of one block a minute makes."""


# --- latency


def latency(*, websocket: bool) -> tuple[list[float], Scene]:
    """Seconds from a mined block to the alert that somebody has accepted, for every movement."""
    with tempfile.TemporaryDirectory() as folder, scene(Path(folder), EVM, 11, most=120, busy=1.0) as found:
        assert isinstance(found.ground, EvmGround)
        if websocket:
            _point_at(found, found.ground.node.url.replace("http", "ws"))
        found.child.start(*found.watch())
        _until(lambda: found.child.words.exists() and "Ethereum" in found.child.words.read_text())
        mined: dict[str, float] = {}
        while len(_told(found, mined)) < MOVEMENTS:
            found.world.step()
            now = time.monotonic()
            mined |= {sent.hash: now for sent in found.world.blocks[found.world.head]}
            time.sleep(1.0)
        time.sleep(5.0)
        told = _told(found, mined)
        found.world.quiet(found.ground.final + 6)
        found.child.stop()
        settle(found)
        faults = judge(found).faults
        assert not faults, faults
        return told, found


def _point_at(found: Scene, url: str) -> None:
    settings = found.child.home / "tracer.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("[endpoints]\n", f'[endpoints]\n"ws.1" = "{url}"\n'), encoding="utf-8")


def _told(found: Scene, mined: dict[str, float]) -> list[float]:
    """The seconds of each payment's first message."""
    return [
        one.at - mined[one.said["tx"]]
        for one in found.ear.all()
        if one.said["turn"] == 1 and one.said["kind"] in ("payment", "taken") and one.said["tx"] in mined
    ]


def _until(is_so: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.1)


# --- requests


class _Forgetful(MemoryEvidence):
    """As the watch's store: nothing is answered from memory."""

    def find(self, key: str) -> Stored | None:
        """Never."""
        return None


class Asked(NamedTuple):
    """Requests of one way of watching so many addresses for a block, and how it read them."""

    family: str
    way: str
    watched: int
    a_block: float
    plan: str


def requests() -> Iterator[Asked]:
    """Every way, on the same moving chains."""
    with ExitStack() as stack:
        evm = stack.enter_context(evm_ground(Path(stack.enter_context(tempfile.TemporaryDirectory()))))
        tron = TronGround(TronLive(5))
        worlds = {EVM: Restless(evm, 5, most=60), TRON: Restless(tron, 5, most=60)}
        for world in worlds.values():
            world.begin()
        explorer = stack.enter_context(serve(etherscan_app(AnvilLedger(evm.node))))
        urls = {
            "rpc.1": evm.node.url,
            "etherscan": f"{explorer}/v2/api",
            "trongrid": stack.enter_context(serve(live_app(tron.live))),
        }
        for family, way, source, naive in (
            (EVM, "rpc", "rpc", False),
            (EVM, "histories (etherscan)", "etherscan", True),
            (TRON, "trongrid", "trongrid", False),
            (TRON, "histories (trongrid)", "trongrid", True),
        ):
            for many in WATCHED:
                yield _measured(worlds[family], family, way, source, many, urls, naive=naive)


def _measured(
    world: Restless, family: str, way: str, source: str, watched: int, urls: dict[str, str], *, naive: bool
) -> Asked:
    settings = SourceSettings(urls=urls, rates=dict.fromkeys(urls, 5_000.0), only=(source,))
    looks = LOOKS if not naive else 1 if watched > 1_000 else 5
    asked, plan = asyncio.run(_looked(world, load_chains()[world.ground.chain], settings, watched, looks, naive=naive))
    return Asked(family, way, watched, asked / looks, plan)


async def _looked(
    world: Restless, chain: Chain, settings: SourceSettings, watched: int, looks: int, *, naive: bool
) -> tuple[int, str]:
    """As the watch looks: tips, the blocks that became final, the new ones above."""
    count, plan = 0, ""

    def requested(_: str) -> None:
        nonlocal count
        count += 1

    async with Client(_Forgetful(), None, requested) as client:
        reader: Scanner | ScanReader
        reader = HISTORIES.build(chain, client, settings)[0] if naive else open_scanners(chain, client, settings)
        who = _people(world, watched)
        tips = await reader.tips()
        if not naive:  # which learns nothing, and costs the same each time
            await reader.scan(who, tips.newest.number, tips.newest.number)
        before = count
        for _ in range(looks):
            world.step()
            now = await reader.tips()
            if now.final.number > tips.final.number:
                await reader.scan(who, tips.final.number + 1, now.final.number)
            if now.newest.number > tips.newest.number:
                plan = (await reader.scan(who, tips.newest.number + 1, now.newest.number)).plan
            tips = now
        return count - before, plan


def _people(world: Restless, watched: int) -> Watched:
    """Those who hold stolen money first, then as many strangers as are wanted: all for tokens, the first for coins."""
    names = ["thief", *(name for name in world.who if name.startswith("mule"))][:watched]
    known = [Address(world.who[name]) for name in names]
    evm = world.ground.chain.startswith("eip155")
    strangers = [f"0x{number:040x}" for number in range(1 << 32, (1 << 32) + watched - len(known))]
    others = [Address(one if evm else tron_text("41" + one[2:])) for one in strangers]
    return Watched(tokens=frozenset(known + others), coins=frozenset(known[:50]))


# --- a month


def month(busy: float) -> None:
    """Print the kilobytes in memory after each simulated day, at the end also those of a process that begins then.

    What the second has as well is the case's own; only what the first has more has piled up.
    """
    with tempfile.TemporaryDirectory() as folder, scene(Path(folder), EVM, 13, most=40, busy=busy) as found:
        found.child.start(*found.watch())
        for day in range(1, DAYS + 1):
            _a_day(found)
            print(f"busy {busy}, day {day}: {found.child.memory()} KiB, {_size(found)} bytes", flush=True)
        for day in range(1, 3):
            found.child.end(signal.SIGTERM)
            found.child.start(*found.watch())
            _a_day(found)
            print(f"busy {busy}, begun anew, day {DAYS + day}: {found.child.memory()} KiB", flush=True)


def _a_day(found: Scene) -> None:
    """Quiet and moving hours, as fast as the watch reads them."""
    for _ in range(24):
        found.world.step(4)
        found.world.quiet(BLOCKS_A_DAY // 24 - 4)
        time.sleep(1.0)


def _size(found: Scene) -> int:
    folder = found.child.home / "cases" / "watch"
    return sum(path.stat().st_size for path in folder.iterdir() if path.is_file())


# --- told


def _share(values: Sequence[float], hundredths: int) -> float:
    return sorted(values)[min(len(values) - 1, len(values) * hundredths // 100)]


def main() -> None:
    """Measure what is asked for on the command line and print it."""
    if "latency" in sys.argv:
        for name, websocket in (("polling", False), ("websocket", True)):
            told, _ = latency(websocket=websocket)
            print(f"{name}: {len(told)} movements, p50 {_share(told, 50):.2f} s, p99 {_share(told, 99):.2f} s")
    if "requests" in sys.argv:
        for one in requests():
            an_hour = one.a_block * BLOCKS_AN_HOUR[one.family]
            print(f"| {one.way} | {one.watched:,} | {one.a_block:,.1f} | {an_hour:,.0f} | {one.plan} |", flush=True)
    if "month" in sys.argv:
        for busy in (0.0, 0.2):
            month(busy)


@pytest.mark.node
def test_requests_do_not_grow_with_the_addresses() -> None:
    """Fifty times the addresses cost a node far less than twice the requests; one by one they cost fifty times."""
    asked = {(one.way, one.watched): one.a_block for one in requests()}
    for way, naive in (("rpc", "histories (etherscan)"), ("trongrid", "histories (trongrid)")):
        assert asked[way, 5_000] < 10 * asked[way, 100]
        assert asked[way, 5_000] * 20 < asked[naive, 5_000]


if __name__ == "__main__":
    main()
