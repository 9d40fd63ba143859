"""How long `trace bundle` takes on a large case, and how much memory; and a case to try other things on.

    python -m tests.bench.bench_bundle [TRANSFERS [FOLDER]]

Makes a case of so many transfers in FOLDER (or in one that is thrown away), if it is not there yet: a stolen sum goes
round among a hundred wallets, page by page through a stand-in explorer. Then a process of its own writes its bundle
with the usual reports, so that the peak is the bundle's alone.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from tests.functional.runs import run_case
from tests.lab.cases import Case
from tests.lab.recorded import ServedLedger

TRANSFERS = 5_000
SECONDS = 20
"""Promised for 5,000 transfers, reports and all."""

MEGABYTES = 1_024
"""Promised for 100,000 transfers."""

WALLETS = 100
VICTIM = "0x" + "ee" * 20
STOLEN = 10**12
CLOCK = 1_600_000_000
DAY = 86_400


def wallet(number: int) -> str:
    """The address of a wallet."""
    return f"0x{number + 0x1000:040x}"


def payments(transfers: int) -> Iterator[tuple[int, int, int, str, str, int, str]]:
    """Rows of the served form: the victim pays all wallets, who then pay each other for some years."""
    for number in range(WALLETS):
        yield number, 0, CLOCK + number, VICTIM, wallet(number), STOLEN, "theft"
    for number in range(WALLETS, transfers):
        payer, round_ = number % WALLETS, number // WALLETS
        payee = (payer + 1 + round_ % (WALLETS - 1)) % WALLETS
        amount = 10**6 + number
        yield number, 0, CLOCK + number * DAY // 24, wallet(payer), wallet(payee), amount, "noise"


def make(folder: Path, transfers: int) -> Path:
    """The case, traced; one that is there already is taken as it is."""
    if (folder / "case").is_dir():
        return folder / "case"
    folder.mkdir(parents=True, exist_ok=True)
    table = folder / "served.parquet"
    columns = ["block", "index", "ts", "from", "to", "value", "kind"]
    pd.DataFrame(list(payments(transfers)), columns=columns).to_parquet(table)
    ledger = ServedLedger(table, "large")
    case = Case("large", "ethereum", ledger, (VICTIM,), CLOCK, (), folder)
    begun = time.perf_counter()
    run = run_case(case, folder)
    print(f"traced in {time.perf_counter() - begun:.0f} s, {len(run.result.flows):,} flows")
    return run.folder


def main(transfers: int = TRANSFERS, folder: str = "") -> int:
    """Make, measure and show; 1 when a promise is broken."""
    with tempfile.TemporaryDirectory() as thrown_away:
        case = make(Path(folder or thrown_away), transfers)
        called = [sys.executable, "-m", "tests.bench.bench_bundle_made", str(case)]
        done = subprocess.run(called, stdout=subprocess.PIPE, check=True, text=True)
        found = json.loads(done.stdout)
    print(
        f"{found['seconds']:.1f} s ({found['work']:.1f} s of work), peak {found['MB']:.0f} MB, {found['bytes']:,} bytes"
    )
    slow = transfers <= TRANSFERS and found["seconds"] > SECONDS
    return 1 if slow or found["MB"] > MEGABYTES else 0


if __name__ == "__main__":
    sys.exit(main(int((sys.argv[1:] or [str(TRANSFERS)])[0]), *sys.argv[2:3]))
