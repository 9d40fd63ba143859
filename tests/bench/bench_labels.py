"""How long a list of millions takes to store and to ask, in how much memory and on how much disk.

    python -m tests.bench.bench_labels [ROWS]

A list of made-up addresses in Binance's shape is stored in a process of its own, once where there is none and once
over a copy of the month before that differs in one address of a hundred; then 100,000 addresses are asked for, half of
them not in it. Last, a process that stores it is killed half-way, and the old copy has to answer.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

from chains.model import Address
from tests.lab.made_lists import MIX, binance, binance_rows, keys, spelt
from tracer.label_copy import About
from tracer.label_store import LabelStore
from tracer.lists import Copy
from tracer.lists.binance import LIST

ROWS = 4_200_000
OWN, SEED, OTHER = 1_400, 2, 3
LOOKUPS = 100_000
# Seconds are of the processor, as other programs may be busy beside this one.
MOST_SECONDS, MOST_MEGABYTES, MOST_ON_DISK, MOST_ASKING = 90, 400, 200, 1


def changed(count: int) -> Iterator[str]:
    """The rows, every hundredth of which is another address than the month before."""
    for number, (row, other) in enumerate(zip(binance_rows(count, SEED), binance_rows(count, OTHER), strict=True)):
        yield other if number % 100 == 0 else row


def store(folder: Path, path: Path) -> None:
    """Store one archive, and print the seconds, the most memory held, and what changed."""
    copy = Copy({"binance.zip": path}, checked="2026-09-20")
    about = replace(About.of_list(LIST, copy), expected=(1, 1 << 40))
    started, used = time.perf_counter(), time.process_time()
    change = LabelStore(folder).replace(LIST.name, LIST.read(copy), about)
    seconds, used = time.perf_counter() - started, time.process_time() - used
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{seconds:.1f} s ({used:.1f} s of processor), {megabytes} MB of memory, {change}", flush=True)
    assert used <= MOST_SECONDS
    assert megabytes <= MOST_MEGABYTES


def asking(folder: Path, count: int) -> None:
    """Ask for addresses, half of them listed, in one process that has just opened the list."""
    there = [spelt(MIX[number % 20], key) for number, key in enumerate(islice(keys(count, SEED), LOOKUPS))]
    listed = [text for number, text in enumerate(there) if MIX[number % 20] != "BTC" and number % 100]
    strangers = [spelt(MIX[number % 19], key) for number, key in enumerate(keys(LOOKUPS // 2, 99))]
    asked = [Address(text) for pair in zip(listed[: LOOKUPS // 2], strangers, strict=True) for text in pair]
    opened = LabelStore(folder)
    started, used = time.perf_counter(), time.process_time()
    hits = sum(bool(opened.of(address)) for address in asked)
    seconds, used = time.perf_counter() - started, time.process_time() - used
    print(f"{len(asked):,} questions, {hits:,} known: {seconds:.2f} s ({used:.2f} s of processor)")
    assert hits == LOOKUPS // 2
    assert used <= MOST_ASKING


def killed(folder: Path, path: Path, count: int, after: int) -> None:
    """Kill a process that stores the list, and ask what is there then."""
    before = LabelStore(folder).about()
    with subprocess.Popen([sys.executable, "-m", "tests.bench.bench_labels", str(folder), str(path)]) as writer:
        time.sleep(after)
        os.kill(writer.pid, signal.SIGKILL)
    assert writer.returncode == -signal.SIGKILL
    assert LabelStore(folder).about() == before
    asking(folder, count)
    print(f"killed after {after} s: the old copy answers")


def main(count: int) -> None:
    """Make the archives, and measure."""
    with tempfile.TemporaryDirectory() as made:
        folder, first, second = Path(made) / "labels", Path(made) / "first.zip", Path(made) / "second.zip"
        binance(first, binance_rows(OWN, 1), binance_rows(count, SEED))
        binance(second, binance_rows(OWN, 1), changed(count))
        print(f"{count:,} rows, {first.stat().st_size // 1_000_000} MB zipped")
        for path in (first, second):
            command = [sys.executable, "-m", "tests.bench.bench_labels", str(folder), str(path)]
            subprocess.run(command, check=True)
        megabytes = sum(path.stat().st_size for path in folder.iterdir()) // 1_000_000
        print(f"{megabytes} MB on disk; digest {LabelStore(folder).about()[0].digest}")
        assert megabytes <= MOST_ON_DISK
        asking(folder, count)
        killed(folder, first, count, after=max(1, 10 * count // ROWS))


if __name__ == "__main__":
    if len(sys.argv) == 3:
        store(Path(sys.argv[1]), Path(sys.argv[2]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) == 2 else ROWS)
