"""How fast the fold is, against reading the same rows from SQLite, and how much memory a million transfers take.

    python -m tests.bench.bench_fold

Each measurement runs in a process of its own, so that one's memory is not the other's.
"""

from __future__ import annotations

import json
import random
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from chains.model import Address, AssetId, Kind, Position, Transfer
from tracer.fold import Fold
from tracer.ledger import Follow

COUNT = 1_000_000
PEOPLE = 2_000
THEFTS = 200
LEAST_PER_SECOND = 150_000
CHAIN = "eip155:1"
ASSET = AssetId("0xdac17f958d2ee523a2206206994597c13d831ec7")


def transfers(count: int = COUNT) -> Iterator[Transfer]:
    """Payments among two thousand followed people, with thefts all along; amounts as of a token with 18 decimals."""
    dice = random.Random(7)
    people = [Address(f"0x{number:040x}") for number in range(1, PEOPLE + 1)]
    victim = Address("0x" + "f" * 40)
    every = count // THEFTS
    for number in range(count):
        stolen = number % every == 0
        sender = victim if stolen else people[dice.randrange(PEOPLE)]
        receiver = people[dice.randrange(PEOPLE)]
        amount = dice.randrange(1, 10**21) if stolen else dice.randrange(1, 10**19)
        position = Position(number // 100, number % 100, Kind.TOKEN, (number % 100,))
        yield Transfer(CHAIN, f"0x{number:064x}", position, 1_700_000_000 + number, ASSET, sender, receiver, amount)


def seeds_and_follow(rows: list[Transfer]) -> Fold:
    """A fold that knows the thefts and follows everybody from the start with a clean opening."""
    victim = rows[0].sender
    seeds = {row.identity: number for number, row in enumerate(row for row in rows if row.sender == victim)}
    people = {row.receiver for row in rows}
    return Fold(seeds, {(CHAIN, who, ASSET): Follow(0, 2 * 10**20) for who in people})


def fold() -> dict[str, float]:
    """Seconds to fold, flows found, and peak memory before and after."""
    rows = list(transfers())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    work = seeds_and_follow(rows)
    started = time.perf_counter()
    work.run(rows)
    seconds = time.perf_counter() - started
    stolen = sum(row.amount for row in rows if row.identity in work.seeds)
    assert sum(work.audit().values()) == stolen
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"seconds": seconds, "flows": len(work.flows), "rows_mib": before / 1024, "peak_mib": peak / 1024}


def read() -> dict[str, float]:
    """Seconds to read the same rows from a case's table, in order, as Python tuples."""
    with tempfile.TemporaryDirectory() as folder, sqlite3.connect(Path(folder) / "case.sqlite") as database:
        schema = Path(__file__).parents[2] / "tracer" / "schema.sql"
        database.executescript(schema.read_text(encoding="utf-8"))
        database.executemany(
            "INSERT INTO transfer VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (
                    row.chain, row.tx, int(row.position.kind), row.asset, row.sender, row.receiver, str(row.amount),
                    row.nth, row.position.height, row.position.tx_index, str(row.position), row.time, 1,
                )
                for row in transfers()
            ),
        )  # fmt: skip
        database.commit()
        started = time.perf_counter()
        count = 0
        columns = "chain, tx, position, time, asset, sender, receiver, amount, nth"
        query = f"SELECT {columns} FROM transfer ORDER BY height, tx_index"
        for row in database.execute(query):
            count += bool(row)
        seconds = time.perf_counter() - started
        assert count == COUNT
    return {"seconds": seconds}


def measured(what: str) -> dict[str, float]:
    """One measurement in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.bench_fold", what],
        check=True,
        capture_output=True,
        cwd=Path(__file__).parents[2],
    )
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


def main() -> int:
    """Print the figures; 1 when the fold is slower than promised."""
    folded = measured("fold")
    reading = measured("read")
    rate = COUNT / folded["seconds"]
    print(f"fold, FIFO, {COUNT:,} transfers, {folded['flows']:,.0f} of them with stolen units:")
    print(f"  {folded['seconds']:.2f} s, {rate:,.0f} transfers/s")
    print(f"reading the same rows from SQLite in order: {reading['seconds']:.2f} s")
    print(f"ratio fold : reading = {folded['seconds'] / reading['seconds']:.2f}")
    print(
        f"peak memory: {folded['peak_mib']:,.0f} MiB, of which the transfers themselves {folded['rows_mib']:,.0f} MiB"
    )
    return 0 if rate >= LEAST_PER_SECOND else 1


def test_the_fold_keeps_its_promise() -> None:
    """FIFO folds at least 150,000 transfers a second on one million of them."""
    assert main() == 0


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps({"fold": fold, "read": read}[sys.argv[1]]()))
    else:
        sys.exit(main())
