"""A large made-up case for measurements: payments among two thousand people, with thefts all along."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from chains.model import Address, AssetId, Kind, Position, Transfer
from tracer.ledger import Follow, Ledger

MILLION = 1_000_000
PEOPLE = 2_000
CHAIN = "eip155:1"
ASSET = AssetId("0xdac17f958d2ee523a2206206994597c13d831ec7")
VICTIM = Address("0x" + "f" * 40)

IN_64_BITS = 10**12
"""Largest payment of a case whose sums fit 64 bits: 10^6 units of a token with six decimals."""

IN_123_BITS = 10**21
"""Of one whose sums do not: 10^3 units of a token with 18 decimals."""

BEYOND = 10**36
"""Of one whose sums are beyond the kernel too."""


def transfers(count: int, thefts: int, largest: int) -> Iterator[Transfer]:
    """``count`` payments of less than ``largest``, and thefts of up to a hundred times as much among them."""
    dice = random.Random(7)
    people = [Address(f"0x{number:040x}") for number in range(1, PEOPLE + 1)]
    every = count // thefts
    for number in range(count):
        stolen = number % every == 0
        sender, receiver = VICTIM if stolen else people[dice.randrange(PEOPLE)], people[dice.randrange(PEOPLE)]
        amount = dice.randrange(1, 100 * largest if stolen else largest)
        position = Position(number // 100, number % 100, Kind.TOKEN, (number % 100,))
        yield Transfer(CHAIN, f"0x{number:064x}", position, 1_700_000_000 + number, ASSET, sender, receiver, amount)


def empty_ledger(rows: list[Transfer], largest: int) -> Ledger:
    """Knows the thefts, and follows everybody from the start with an opening of twenty large payments."""
    seeds = {row.identity: number for number, row in enumerate(row for row in rows if row.sender == VICTIM)}
    return Ledger(seeds, {(CHAIN, who, ASSET): Follow(0, 20 * largest) for who in {row.receiver for row in rows}})


def seconds(work: Callable[[], object]) -> float:
    """Processor time that a piece of work takes; that of others on the machine does not count."""
    started = time.process_time()
    work()
    return time.process_time() - started


def in_child(module: str, *args: object) -> dict[str, float]:
    """What a measuring module prints, run in a process of its own, so that one's memory is not the other's."""
    done = subprocess.run(
        [sys.executable, "-m", module, *map(str, args)],
        check=True,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found
