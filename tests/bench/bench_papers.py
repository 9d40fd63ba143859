"""How long the report of a large case takes in every format and both languages, and how much memory.

python -m tests.bench.bench_papers [FLOWS]
"""

from __future__ import annotations

import dataclasses
import resource
import sys
import time
from collections.abc import Iterator

from reports.formats import Format, formats
from reports.report import report
from tests.reports.papers import big_dossier, draft
from tracer.words import LANGUAGES

FLOWS = 5_000
SECONDS = 90
MEGABYTES = 1_536


def written(form: Format, flows: int, lang: str) -> int:
    """The bytes of a report in one format and language."""
    wanted = dataclasses.replace(draft(big_dossier(flows), lang), limit=form.rows)
    if form.paper:
        return len(form.paper(report(wanted)))
    return sum(map(len, form.data(wanted).values())) if form.data else 0


def measured(flows: int) -> Iterator[tuple[str, float, int]]:
    """Each format and language with its seconds and bytes."""
    for name, form in formats().items():
        for lang in LANGUAGES if form.spoken else LANGUAGES[:1]:
            begun = time.perf_counter()
            size = written(form, flows, lang)
            yield f"{name} {lang if form.spoken else ''}", time.perf_counter() - begun, size


def megabytes() -> int:
    """The most memory this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main(flows: int = FLOWS) -> int:
    """Measure all; 1 when a promise is broken."""
    big_dossier(flows)
    whole = 0.0
    for name, seconds, size in measured(flows):
        whole += seconds
        print(f"{name:10} {seconds:6.1f} s  {size:12,} bytes  peak so far {megabytes():,} MB")
    print(f"{flows:,} flows: {whole:.1f} s of {SECONDS}, {megabytes():,} MB of {MEGABYTES:,}")
    return 0 if whole <= SECONDS and megabytes() <= MEGABYTES else 1


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:2])))
