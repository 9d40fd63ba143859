"""How long bounds take, against NetworkX on the network as the domain reference describes it, and how that grows.

    python -m tests.bench.bench_bounds

The oracle is asked about a few endpoints only; what it would need for all is stated as the extrapolation that it is.
"""

from __future__ import annotations

import random
import sys
import time
from typing import NamedTuple

from chains.model import Address, AssetId, Kind, Position, Transfer
from tests.tracer.test_bounds import largest, plainly
from tracer.bounds import Network, networks
from tracer.ledger import Follow, Ledger
from tracer.maxflow import compiled
from tracer.timeline import Sink

CHAIN, ASSET = "eip155:1", AssetId("0xdac17f958d2ee523a2206206994597c13d831ec7")
NARROW, WIDE = 10**6, 10**21
"""Base units that an average payment has: all sums fit 64 bits, or one payment does not."""

ENDPOINTS = 50
ORACLE = 1
MOST_SECONDS = {NARROW: 20, WIDE: 300}


class Shape(NamedTuple):
    """How many payments there are among how many people, and to how many endpoints one in five of them goes."""

    payments: int
    people: int
    ends: int


PROMISED = (Shape(5_000, 250, 300), Shape(5_000, 50, 300))
HARD = Shape(5_000, 5, 300)
GROWTH = (Shape(10_000, 500, 600), Shape(100_000, 5_000, 6_000), Shape(100_000, 500, 6_000))


def ledger(shape: Shape, scale: int) -> Ledger:
    """Payments among followed people with openings, twenty thefts all along, of up to a hundred payments each."""
    dice = random.Random(7)
    people = [Address(f"0x{number:040x}") for number in range(1, shape.people + 1)]
    ends = [Address(f"0xe{number:039x}") for number in range(shape.ends)]
    victim = Address("0x" + "f" * 40)
    rows = []
    for number in range(shape.payments):
        stolen = number % (shape.payments // 20) == 0
        sender = victim if stolen else dice.choice(people)
        receiver = dice.choice(people if stolen or dice.randrange(5) else ends)
        amount = dice.randrange(1, 100 * scale if stolen else 2 * scale)
        position = Position(number // 100, number % 100, Kind.TOKEN, (number % 100,))
        rows.append(Transfer(CHAIN, f"0x{number:064x}", position, number, ASSET, sender, receiver, amount))
    seeds = {row.identity: number for number, row in enumerate(row for row in rows if row.sender == victim)}
    return Ledger(seeds, {(CHAIN, who, ASSET): Follow(0, 20 * scale) for who in people}).add(rows)


def chosen(network: Network) -> list[Sink]:
    """Half of them the largest, the others any."""
    ranked = sorted(network.sinks, key=lambda sink: (-network.arrived[sink], sink))
    half = ENDPOINTS // 2
    return [*ranked[:half], *random.Random(1).sample(ranked[half:], ENDPOINTS - half)]


def oracle(rows: Ledger, network: Network, sinks: list[Sink]) -> float:
    """Seconds that NetworkX takes for a few endpoints, whose bounds must be the same."""
    started = time.perf_counter()
    graph = plainly(rows)
    every = {node for node in graph if isinstance(node, Sink)}
    for sink in sinks:
        bound = network.bound([sink])
        assert (bound.least, bound.most) == (network.total - largest(graph, every - {sink}), largest(graph, {sink}))
    return time.perf_counter() - started


def measured(shape: Shape, scale: int, *, against: bool) -> float:
    """Print one line, and return the seconds from the ledger to the last bound."""
    rows = ledger(shape, scale)
    started = time.perf_counter()
    network = networks(rows)[CHAIN, ASSET]
    built = time.perf_counter() - started
    sinks = chosen(network)
    bounds = [network.bound([sink]) for sink in sinks]
    seconds = time.perf_counter() - started
    assert all(
        0 <= bound.least <= network.arrived[sink] <= bound.most for sink, bound in zip(sinks, bounds, strict=True)
    )
    bits = "64 bits" if network.narrow else "beyond "
    said = f"{shape.payments:>9,} {shape.people:>7,} {bits}  {built:8.2f} {seconds:8.2f}"
    if against:
        of_oracle = oracle(rows, network, sinks[:ORACLE])
        said += f"   {of_oracle:8.2f} for {ORACLE}, so about {of_oracle / ORACLE * ENDPOINTS:6.0f} for {ENDPOINTS}"
    print(said, flush=True)
    return seconds


def main() -> int:
    """Print the figures; 1 when a promise is broken."""
    started = time.perf_counter()
    compiled()
    print(f"loading the compiled steps (once, kept afterwards): {time.perf_counter() - started:.2f} s")
    print(f"seconds for the least and the most of {ENDPOINTS} endpoints:")
    print(" payments  people amounts     network      all   NetworkX, the plain network")
    kept = True
    for shape in PROMISED:
        for scale in (NARROW, WIDE):
            kept = measured(shape, scale, against=True) <= MOST_SECONDS[scale] and kept
    for shape in (HARD, *GROWTH):
        for scale in (NARROW, WIDE):
            measured(shape, scale, against=False)
    return 0 if kept else 1


def test_bounds_keep_their_promise() -> None:
    """Fifty endpoints on 5,000 payments take at most 20 s within 64 bits, and five minutes beyond."""
    assert main() == 0


if __name__ == "__main__":
    sys.exit(main())
