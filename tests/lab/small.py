"""A small ledger in the served form, made on the spot: for checks that must not need the reference data."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from tests.lab.recorded import ServedLedger

HUB = "0x" + "11" * 20
ROWS = 2_500
FIRST_BLOCK = 100
CLOCK = 5_000
"""Time of block 0."""


def payer(number: int) -> str:
    """The address of one of the 50 payers."""
    return f"0x{number + 1:040x}"


def small_ledger(folder: Path) -> ServedLedger:
    """2,500 transfers of 1, 2, 3 … base units into one hub from 50 payers in turn, three to a block."""
    blocks = [FIRST_BLOCK + row // 3 for row in range(ROWS)]
    rows = [(at, row % 3, CLOCK + at, payer(row % 50), HUB, row + 1, "noise") for row, at in enumerate(blocks)]
    path = folder / "served.parquet"
    pd.DataFrame(rows, columns=["block", "index", "ts", "from", "to", "value", "kind"]).to_parquet(path)
    return ServedLedger(path, "small")
