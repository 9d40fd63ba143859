"""Bybit's proof of reserves: several wallets in one cell, and the newest month that there is."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from chains.errors import NotFound
from tests.tracer.lists.slices import CHECKED, FIXTURES, SUMMED, TRON_1, TRON_2, copy_of, evm, sound_copy
from tracer.errors import ListDamaged
from tracer.labels import Label
from tracer.list_files import TRON
from tracer.lists import Download
from tracer.lists.bybit import LIST, PAGE, URL, locate


def test_the_slice_gives_exactly_its_addresses(tmp_path: Path) -> None:
    """Every wallet of a cell on the chain of its coin; the list's date is its month."""
    copy = sound_copy(tmp_path, LIST)
    places = [("eip155:1", evm(1)), ("eip155:1", SUMMED), (TRON, TRON_1), (TRON, TRON_2), ("eip155:56", evm(3))]
    assert list(LIST.read(copy)) == [
        Label(
            *(chain, address, "Bybit", "exchange", "Bybit proof of reserves", "2026-09", 90),
            role="reserve",
            kind="self_published",
            url=PAGE,
            checked=CHECKED,
        )
        for chain, address in places
    ]
    assert dict(copy.skipped) == {"chain": 3}


def test_columns_in_another_order_are_refused(tmp_path: Path) -> None:
    """Columns that changed places are not read by their old places."""
    broken = (FIXTURES / "bybit" / "broken.csv").read_bytes()
    with pytest.raises(ListDamaged, match="columns"):
        list(LIST.read(copy_of(tmp_path, "bybit_por_202609.csv", broken)))


async def test_the_newest_month_is_found() -> None:
    """This month's table is looked for first, then those before it, across the turn of the year."""
    asked: list[str] = []

    async def fetch(url: str) -> bytes:
        asked.append(url)
        if "202512" not in url:
            raise NotFound(url, "Bybit")
        return b""

    found = await locate(fetch, date(2026, 2, 3))
    assert found == [Download(URL.format(month="202512"), "bybit_por_202512.csv")]
    assert asked == [URL.format(month=month) for month in ("202602", "202601", "202512")]


async def test_no_month_at_all_is_said() -> None:
    """Where none of the last months has a table, nothing is downloaded and the place is named."""

    async def fetch(url: str) -> bytes:
        raise NotFound(url, "Bybit")

    with pytest.raises(ListDamaged, match="YYYYMM"):
        await locate(fetch, date(2026, 2, 3))
