"""How long all six methods take on one case, how much memory, and how both grow.

    python -m tests.bench.bench_methods

With five thefts, and with two hundred whose units mix in every account; within 64 bits, beyond them, and beyond the
kernel's 123 bits, where the reference folds (smaller cases: it takes minutes for each hundred thousand rows).
Seconds are of processor time and begin with the ledger's transfers in memory; the peak is that of the whole process,
the transfers included.
"""

from __future__ import annotations

import json
import resource
import sys

from tests.bench.made_up import BEYOND, IN_64_BITS, IN_123_BITS, MILLION, empty_ledger, in_child, seconds, transfers
from tracer import tally
from tracer.lots import METHODS

CASES = [
    (name, thefts, largest, count)
    for name, largest, counts in (
        ("within 64 bits", IN_64_BITS, (10_000, 100_000, MILLION)),
        ("beyond 64 bits", IN_123_BITS, (10_000, 100_000, MILLION)),
        ("beyond 123 bits", BEYOND, (5_000, 20_000)),
    )
    for thefts in (5, 200)
    for count in counts
]
MOST_SECONDS = 30
MOST_MIB = 1_500_000_000 // 2**20


def measure(thefts: int, largest: int, count: int) -> dict[str, float]:
    """Fold one case under every method, in one call as a trace does."""
    rows = list(transfers(count, thefts, largest))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    ledger = empty_ledger(rows, largest)
    found: dict[str, float] = {"ledger": seconds(lambda: ledger.add(rows))}
    tally.WORTH_IT = 1  # type: ignore[misc]  # however small the case
    tally.tallies(empty_ledger(rows, largest).add(rows[:100]), METHODS)
    tallies = {}
    for method in METHODS:
        found[method] = seconds(lambda method=method: tallies.update(tally.tallies(ledger, (method,))))  # type: ignore[misc]
    tallies.clear()
    found["all"] = seconds(lambda: tallies.update(tally.tallies(ledger, METHODS)))
    stolen = sum(row.amount for row in rows if row.identity in ledger.seeds)
    assert all(sum(tallies[one].by_origin().values()) == stolen for one in METHODS if METHODS[one].conserves)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return found | {"rows_mib": before / 1024, "peak_mib": peak / 1024}


def show(name: str, thefts: int, count: int, found: dict[str, float]) -> None:
    """Print the figures of one case."""
    each = ", ".join(f"{method} {found[method]:.2f}" for method in METHODS)
    print(f"{name:15} {count:>9,} transfers, {thefts:>3} origins: all six {found['all']:6.2f} s ({each};")
    print(f"{'':15} ledger {found['ledger']:.2f} s; peak {found['peak_mib']:,.0f} MiB of which transfers", end=" ")
    print(f"{found['rows_mib']:,.0f})")


def main() -> int:
    """Print the figures; 1 when a million transfers take longer or more room than promised."""
    kept = True
    for name, thefts, largest, count in CASES:
        found = in_child("tests.bench.bench_methods", thefts, largest, count)
        show(name, thefts, count, found)
        kept = kept and found["all"] <= MOST_SECONDS and (count < MILLION or found["peak_mib"] <= MOST_MIB)
    return 0 if kept else 1


def test_the_methods_keep_their_promise() -> None:
    """All six methods fold a million transfers in half a minute and one and a half gigabytes."""
    assert main() == 0


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(measure(*map(int, sys.argv[1:]))))
    else:
        sys.exit(main())
