"""HTX's proof of reserves: the wallets it shows to be its own, in its repository of the tool that checks them.

The file holds two tables, one below the other: sums by coin, then the addresses. Only the second is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import dropwhile
from typing import Final

from tracer.labels import Label
from tracer.list_files import at, cells, under
from tracer.list_reserves import reserves
from tracer.lists import Copy, LabelList

FILE: Final = "huobi_por.csv"
PAGE: Final = "https://github.com/huobiapi/Tool-Node.js-VerifyAddress"
URL: Final = f"https://raw.githubusercontent.com/huobiapi/Tool-Node.js-VerifyAddress/HEAD/snapshot/{FILE}"
COLUMNS: Final = ("coin", "address", "snapshot height", "balance", "message", "signature")


def read(copy: Copy) -> Iterator[Label]:
    """The addresses of the second table."""
    path = copy.files[FILE]
    second = dropwhile(lambda row: row[1] != list(COLUMNS), cells(copy, path))
    return reserves(copy, "HTX", PAGE, ((coin, address) for coin, address, *_ in under(path, COLUMNS, second)))


LIST = LabelList(
    name="htx",
    publisher="HTX",
    licence="MIT",
    page=PAGE,
    cadence=45,
    expected=(20, 5_000),
    kind="self_published",
    read=read,
    locate=at(URL, FILE),
)
