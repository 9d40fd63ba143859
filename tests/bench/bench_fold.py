"""How fast the fold is under FIFO: kernel and reference on the same ledger, within 64 bits and beyond, and its growth.

    python -m tests.bench.bench_fold

Seconds are of processor time. The kernel's include making its arrays and the tally; the reference keeps every unit's
way, as a trace needs it for the case's own method. A fifth of the million transfers carries stolen units.
"""

from __future__ import annotations

import json
import sys

from tests.bench.made_up import BEYOND, IN_64_BITS, IN_123_BITS, MILLION, empty_ledger, in_child, seconds, transfers
from tracer import tally
from tracer.fold import Fold

THEFTS = 200
LEAST_QUICK = 1_000_000
LEAST_REFERENCE = 150_000
SIZES = {"within 64 bits": IN_64_BITS, "beyond 64 bits": IN_123_BITS, "beyond 123 bits": BEYOND}
COUNTS = (10_000, 100_000, MILLION)


def measure(count: int, largest: int) -> dict[str, float]:
    """Build one ledger and fold it both ways."""
    rows = list(transfers(count, THEFTS, largest))
    ledger = empty_ledger(rows, largest)
    found: dict[str, float] = {"ledger": seconds(lambda: ledger.add(rows))}
    tally.WORTH_IT = 1  # type: ignore[misc]  # however small the case
    if largest < BEYOND:
        found["first"] = seconds(lambda: tally.tally(ledger, "fifo"))
        found["kernel"] = min(seconds(lambda: tally.tally(ledger, "fifo")) for _ in range(3))
    fold = Fold(ledger)
    found["reference"] = seconds(fold.run)
    by_reference = fold.tally()
    assert tally.tally(ledger, "fifo") == by_reference
    assert sum(by_reference.by_origin().values()) == sum(row.amount for row in rows if row.identity in ledger.seeds)
    return found | {"rows": len(ledger), "tainted": sum(map(bool, by_reference.traced))}


def show(name: str, found: dict[str, float]) -> None:
    """Print the figures of one ledger."""
    rows = found["rows"]
    line = f"{name:16} {rows:>9,.0f} rows, {found['tainted'] / rows:5.1%} tainted;"
    line += f" ledger {found['ledger']:5.2f} s; reference {rows / found['reference']:>9,.0f}/s"
    if "kernel" in found:
        line += f"; kernel {rows / found['kernel']:>9,.0f}/s = {found['reference'] / found['kernel']:4.1f} times"
        line += f" (first call {found['first']:.2f} s)"
    print(line)


def main() -> int:
    """Print the figures; 1 when a fold is slower than promised."""
    kept = True
    for name, largest in SIZES.items():
        for count in COUNTS:
            found = in_child("tests.bench.bench_fold", count, largest)
            show(name, found)
            if count == MILLION:
                kept = kept and found["rows"] / found["reference"] >= LEAST_REFERENCE
                kept = kept and found["rows"] / found.get("kernel", 0.001) >= LEAST_QUICK
    return 0 if kept else 1


def test_the_fold_keeps_its_promise() -> None:
    """A million transfers a second by the kernel, 150,000 with the way of every unit."""
    assert main() == 0


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(measure(int(sys.argv[1]), int(sys.argv[2]))))
    else:
        sys.exit(main())
