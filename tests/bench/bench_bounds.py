"""How long bounds take, against NetworkX on the network as the domain reference describes it, and how that grows.

    python -m tests.bench.bench_bounds

The oracle is asked about a few endpoints only; what it would need for all is stated as the extrapolation that it is.
Then the same with conversions: seconds for the units and for the principal of every asset's endpoints in two groups.
"""

from __future__ import annotations

import random
import sys
import time
from typing import NamedTuple

from chains.model import Address, AssetId, Kind, Position, Transfer
from tests.tracer.test_bounds import largest, plainly
from tracer.bounds import Converted, Network, networks
from tracer.ledger import Entry, Follow, Identity, Ledger
from tracer.maxflow import compiled
from tracer.timeline import Sink

CHAIN, ASSET = "eip155:1", AssetId("0xdac17f958d2ee523a2206206994597c13d831ec7")
NARROW, WIDE = 10**6, 10**21
"""Base units that an average payment has: all sums fit 64 bits, or one payment does not."""

ENDPOINTS = 50
ORACLE = 1
MOST_SECONDS = {NARROW: 20, WIDE: 300}

CONVERTED = ((50, 5, 6), (50, 20, 6), (500, 5, 40), (500, 20, 40), (500, 100, 40), (5_000, 20, 200), (5_000, 100, 200))
MIXED = ((500, 50, 5), (500, 100, 5), (5_000, 100, 10))
"""Rows, conversions, people; where few people hold everything, all ways mix."""

UNITS = {"dollar": 10**6, "coin": 10**18, "wrapped": 10**8}
WORTH = {"dollar": 1, "coin": 3_000, "wrapped": 100_000}
GROUPS = 2


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
    assert isinstance(network, Network)
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


def converting(rows: int, conversions: int, people: int) -> Ledger:
    """Payments of three assets among people who pay on what they received, some of it converted."""
    dice = random.Random(7)
    holders, ends = [f"p{number}" for number in range(people)], [f"e{number}" for number in range(max(3, people // 3))]
    follow = {(CHAIN, who, asset): Follow(0, _worth(dice, asset, 3_000)) for who in holders for asset in UNITS}
    when = set(dice.sample(range(max(1, rows // 20), rows), conversions))
    seeds: dict[Identity, int] = {}
    ledger = Ledger(seeds, follow)
    entries, warm = [], [(holders[0], "dollar")]
    for number in range(rows):
        (who, asset), other = dice.choice(warm), dice.choice(holders)
        if number % (rows // 5) == 0:
            theft = _token(number, "dollar", "victim", other, _worth(dice, "dollar", 20_000))
            seeds[theft.identity] = len(seeds)
            entries.append([Entry(theft, seed=seeds[theft.identity])])
            warm.append((other, "dollar"))
        elif number in when:
            into = dice.choice([one for one in UNITS if one != asset])
            paid = _worth(dice, asset, 4_000)
            got = paid * WORTH[asset] * UNITS[into] * dice.randint(970, 1000) // (WORTH[into] * UNITS[asset] * 1000) + 1
            kept = who if dice.random() < 0.8 else other
            pair = _token(number, asset, who, "pool", paid), _token(number, into, "pool", kept, got, 1)
            entries.append([Entry(one, pot=0, out=bool(place)) for place, one in enumerate(pair)])
            warm.append((kept, into))
        else:
            goes = dice.choice(ends) if dice.random() < 0.2 else other
            entries.append([Entry(_token(number, asset, who, goes, _worth(dice, asset, 1_000)))])
            warm += [(goes, asset)] if goes == other else []
    ledger.thefts = len(seeds)
    for one in entries:
        ledger.enter(one)
    return ledger


def _worth(dice: random.Random, asset: str, dollars: int) -> int:
    return dice.randint(dollars // 20, dollars) * UNITS[asset] // WORTH[asset] + dice.randrange(1_000)


def _token(number: int, asset: str, sender: str, receiver: str, amount: int, place: int = 0) -> Transfer:
    position = Position(number, 0, Kind.TOKEN, (place,))
    return Transfer(CHAIN, f"t{number}", position, number, AssetId(asset), Address(sender), Address(receiver), amount)


def measured_through(rows: int, conversions: int, people: int) -> None:
    """Print one line: how long a group takes, and how near the bounds are to what some flow gives."""
    ledger = converting(rows, conversions, people)
    started = time.perf_counter()
    found = [one for one in networks(ledger).values() if isinstance(one, Converted)]
    built = time.perf_counter() - started
    times: dict[bool, list[float]] = {False: [], True: []}
    apart: dict[bool, list[float]] = {False: [], True: []}
    for network in found:
        sinks = sorted(network.sinks)
        for number in range(min(GROUPS, len(sinks))):
            group = sinks[number::GROUPS]
            for principal in (False, True):
                started = time.perf_counter()
                bounds = list(network.principal(group).values()) if principal else [network.bound(group)]
                times[principal].append(time.perf_counter() - started)
                apart[principal] += [one.slack / (one.most + network.total) for one in bounds]
    wells = sum(len(one.wells) for one in {id(network.tied): network.tied for network in found}.values())
    said = f"{rows:>9,} {wells:>11,} {people:>6,} {built:8.2f}"
    for principal in (False, True):
        spent, width = times[principal], apart[principal]
        said += f"  {sum(spent) / len(spent):8.2f} {max(spent):8.2f} {max(width):9.1e}"
    print(said, flush=True)


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
    print("through conversions, seconds for a group (mean, worst), and the largest slack as a part of the most:")
    print("     rows  converted people  network     units                          principal")
    for one in (*CONVERTED, *MIXED):
        measured_through(*one)
    return 0 if kept else 1


def test_bounds_keep_their_promise() -> None:
    """Fifty endpoints on 5,000 payments take at most 20 s within 64 bits, and five minutes beyond."""
    assert main() == 0


if __name__ == "__main__":
    sys.exit(main())
