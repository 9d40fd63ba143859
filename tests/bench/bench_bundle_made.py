"""Makes the bundle of a case beside it, as the command does, and says what that took, as JSON.

    python -m tests.bench.bench_bundle_made CASE

A process of its own, with no more in it than the program itself, so that the peak is the bundle's alone.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from contextlib import redirect_stdout
from pathlib import Path

from tracer.cli import run


def measure(folder: Path) -> dict[str, float]:
    """Seconds by the clock and of work, the most memory in MiB, and the length of the bundle in bytes."""
    out = folder.parent / "bundle.zip"
    out.unlink(missing_ok=True)
    begun = time.perf_counter()
    with redirect_stdout(sys.stderr):
        code = run(["bundle", str(folder), "--out", str(out)])
    if code:
        sys.exit(code)
    return {
        "seconds": time.perf_counter() - begun,
        "work": time.process_time(),
        "MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "bytes": out.stat().st_size,
    }


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]))))
