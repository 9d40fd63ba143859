"""Makes the bundle of a case beside it, and says how long that took and how much memory, as JSON.

    python -m tests.bench.bench_bundle_made CASE

A process of its own, with no more in it than the program itself, so that the peak is the bundle's alone.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from pathlib import Path

from tracer.bundle.container import Zip, write
from tracer.bundle.export import files
from tracer.case import open_case
from tracer.config import load_config
from tracer.session import workings_of


def megabytes() -> int:
    """The most memory this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def measure(folder: Path) -> dict[str, float]:
    """Read a case again and write its bundle beside it."""
    begun = time.perf_counter()
    with open_case(folder, offline=True) as case:
        workings = asyncio.run(workings_of(case, load_config({}, folder)))
        read, before = time.perf_counter(), megabytes()
        out = folder.parent / "bundle.zip"
        with out.open("w+b") as file, Zip(file) as target:
            write(target, files(case, workings), lambda _: {})
            target.close()
    return {
        "workings": read - begun,
        "workings MB": before,
        "files": time.perf_counter() - read,
        "MB": megabytes(),
        "bytes": out.stat().st_size,
    }


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]))))
