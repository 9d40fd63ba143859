"""Bybit's proof of reserves: a monthly table with the wallets of each coin, several in one cell."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from chains.errors import NotFound, Unsupported
from tracer.errors import ListDamaged
from tracer.labels import Label
from tracer.list_files import cells, under
from tracer.list_reserves import reserves
from tracer.lists import Copy, Download, Fetch, LabelList
from tracer.words import sentence

PAGE: Final = "https://www.bybit.com/app/user/proof-of-reserve"
URL: Final = "https://api2.bybit.com/common-static/por/bybit_por_{month}.csv"
COLUMNS: Final = ("Coin", "Height", "Amount", "Address")
MONTHS: Final = 6
"""How far back the newest table is looked for; no page says which it is."""


async def locate(fetch: Fetch, day: date) -> list[Download]:
    """The newest month's table. ListDamaged when there is none of the last `MONTHS`."""
    months = day.year * 12 + day.month - 1
    for one in range(months, months - MONTHS, -1):
        month = f"{one // 12:04}{one % 12 + 1:02}"
        url = URL.format(month=month)
        try:
            await fetch(url)
        except (NotFound, Unsupported):
            continue
        return [Download(url, f"bybit_por_{month}.csv")]
    raise ListDamaged("error.list_copy_nowhere", url=URL.format(month="YYYYMM"))


def read(copy: Copy) -> Iterator[Label]:
    """The addresses of every coin."""
    ((name, path),) = copy.files.items()
    month = name.removeprefix("bybit_por_").removesuffix(".csv")
    copy.as_of = f"{month[:4]}-{month[4:]}"
    rows = ((coin, text) for coin, _, _, several in under(path, COLUMNS, cells(copy, path)) for text in several.split())
    return reserves(copy, "Bybit", PAGE, rows)


LIST = LabelList(
    name="bybit",
    publisher="Bybit",
    licence=f"{sentence('note.list_own_facts')}; {sentence('note.list_fetched')}",
    page=PAGE,
    cadence=45,
    expected=(20, 20_000),
    kind="self_published",
    read=read,
    locate=locate,
)
