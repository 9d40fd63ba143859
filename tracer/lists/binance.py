"""Binance's proof of reserves: its own wallets, and every customer's deposit address, published each month.

The most telling list there is: the exchange itself says that an address is one it gave to a customer, before anything
is swept. Which of its own wallets are hot and which cold it does not say. Wallets at a custodian are listed as its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from typing import Final
from zipfile import ZipFile, ZipInfo

from tracer.errors import ListDamaged
from tracer.hostile import clean
from tracer.labels import Label
from tracer.list_files import TRON, Addresses, archive
from tracer.list_tables import rows, the_member
from tracer.lists import Copy, Download, Fetch, LabelList
from tracer.words import sentence

PAGE: Final = "https://www.binance.com/en/proof-of-reserves"
ASK: Final = "https://www.binance.com/bapi/apex/v1/public/apex/market/por/getDownloadUrl?auditId="
COLUMNS: Final = ("coin", "network", "address", "balance", "Height", "Third party custodian name")
MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
BACK: Final = 4
"""Months to ask for, this one first: a month's list comes out some days into it."""

CHAINS: Final = {
    "ETH": "eip155:1",
    "OPTIMISM": "eip155:10",
    "BSC": "eip155:56",
    "MATIC": "eip155:137",
    "OPBNB": "eip155:204",
    "FTM": "eip155:250",
    "ZKSYNCERA": "eip155:324",
    "BASE": "eip155:8453",
    "ARBITRUM": "eip155:42161",
    "CELO": "eip155:42220",
    "AVAXC": "eip155:43114",
    "SCROLL": "eip155:534352",
    "TRX": TRON,
}
"""Networks by Binance's names, whose addresses are of 20 bytes."""

_ARCHIVE: Final = re.compile(r"https://([a-z0-9-]+\.)*(binance\.com|bnbstatic\.com)/[\w./-]+\.zip")
_ID: Final = r"PR(\d{2})(" + "|".join(MONTHS) + r")(\d{2})"
_OWN: Final = re.compile(_ID + r"_HotCold\.csv")
_DEPOSIT: Final = re.compile(_ID + r"_Deposit\.csv")


async def locate(fetch: Fetch, day: date) -> list[Download]:
    """The archive of this month, or of the newest of the months before that is out.

    Raises:
        ListDamaged: the answer is not as known, leads elsewhere, or there is none of the last months.
    """
    for back in range(BACK):
        year, month = divmod(day.year * 12 + day.month - 1 - back, 12)
        url = _said(await fetch(f"{ASK}PR01{MONTHS[month]}{year % 100:02}"))
        if url is not None:
            return [Download(url, "binance.zip")]
    raise ListDamaged("error.list_nowhere", page=PAGE)


def _said(answer: bytes) -> str | None:
    try:
        url = json.loads(answer)["data"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ListDamaged("error.list_copy_format", file=ASK, format="JSON") from None
    if not url:
        return None
    if not _ARCHIVE.fullmatch(str(url)):
        raise ListDamaged("error.list_elsewhere", url=clean(str(url)))
    return str(url)


def read(copy: Copy) -> Iterator[Label]:
    """A label for each row of an address on a chain with addresses of 20 bytes; the rest is counted."""
    (path,) = copy.files.values()
    with archive(path) as opened:
        own, named = the_member(opened, _OWN, "PR01SEP26_HotCold.csv")
        deposit, also = the_member(opened, _DEPOSIT, "PR01SEP26_Deposit.csv")
        if named.groups() != also.groups():
            raise ListDamaged("error.list_members", expected=named[0].replace("HotCold", "Deposit"), found=0)
        copy.as_of = _day(*named.groups())
        addresses = Addresses(copy)
        yield from _labels(opened, own, addresses, "exchange", "reserve")
        yield from _labels(opened, deposit, addresses, "exchange_deposit", "deposit")
        addresses.done()


def _day(day: str, month: str, year: str) -> str:
    try:
        return date(2000 + int(year), MONTHS.index(month) + 1, int(day)).isoformat()
    except ValueError:
        raise ListDamaged("error.label_date", text=f"{day}{month}{year}") from None


def _labels(opened: ZipFile, info: ZipInfo, addresses: Addresses, category: str, role: str) -> Iterator[Label]:
    copy, file = addresses.copy, clean(info.filename)
    table = rows(opened, info)
    _, header = next(table, (0, []))
    if tuple(header) != COLUMNS:
        found = clean(",".join(header))
        raise ListDamaged("error.list_copy_columns", file=file, expected=",".join(COLUMNS), found=found)
    for line, cells in table:
        if len(cells) != len(COLUMNS):
            raise ListDamaged("error.list_copy_cells", file=file, line=line, expected=len(COLUMNS), found=len(cells))
        chain = CHAINS.get(cells[1])
        if chain is None:
            copy.skipped["chain"] += 1
            continue
        address = addresses.read(chain, cells[2])
        if address is not None:
            source = _source(cells[5])
            yield Label(
                chain,
                address,
                "Binance",
                category,
                source,
                copy.as_of,
                90,
                role=role,
                kind="self_published",
                url=PAGE,
                checked=copy.checked,
            )


@lru_cache(maxsize=1_000)
def _source(custodian: str) -> str:
    published = "Binance proof of reserves"
    return f"{published}; {sentence('rule.custodian', name=clean(custodian))}" if custodian else published


LIST: Final = LabelList(
    name="binance",
    publisher="Binance",
    licence="none stated; free to download, not to be passed on",
    page=PAGE,
    cadence=35,
    expected=(500_000, 20_000_000),
    kind="self_published",
    read=read,
    locate=locate,
)
