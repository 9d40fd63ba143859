"""OKX's proof of reserves: hundreds of thousands of addresses, each with a signature by its key.

Most are customers' deposit addresses and some are OKX's own wallets; which is which the list does not say, so neither
do these labels. A sample of the signatures is checked, the same in every copy with the same addresses, or all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from heapq import heappush, heappushpop
from itertools import dropwhile
from typing import Final, NamedTuple

from chains.model import Address
from tracer.errors import ListDamaged
from tracer.hostile import clean
from tracer.labels import Label
from tracer.list_files import TRON, Addresses, archive
from tracer.list_tables import rows, the_member
from tracer.lists import Copy, Download, Fetch, LabelList
from tracer.signatures import has_signed
from tracer.words import sentence

PAGE: Final = "https://www.okx.com/proof-of-reserves/download"
MESSAGE: Final = "I am an OKX address"
COLUMNS: Final = (
    *("coin", "type", "network", "snapshot height", "address", "amount", "message"),
    *("signature1", "signature2", "redeem script/ public key", "eoa1", "eoa2"),
)
"""The header in lower case; lists of before 2026 have no ``type``."""

CHAINS: Final = {
    "ETH": "eip155:1",
    "OPTIMISM": "eip155:10",
    "BSC": "eip155:56",
    "OKC": "eip155:66",
    "UNICHAIN": "eip155:130",
    "POLYGON": "eip155:137",
    "XLAYER": "eip155:196",
    "ZKSYNC2": "eip155:324",
    "BASE": "eip155:8453",
    "ARBITRUM": "eip155:42161",
    "AVAXC": "eip155:43114",
    "ETH_LINEA": "eip155:59144",
    "TRON": TRON,
    "TRX": TRON,
}
"""Networks by OKX's names, whose addresses are of 20 bytes."""

SAMPLE: Final = 200
"""Signatures that are checked unless all are wanted; one takes about ten milliseconds."""

_ZIP: Final = re.compile(
    r"https://static\.okx\.com/cdn/okx/por/chain/(?:por_csv|okx_por)_(\d{10})(?:_[vV](\d{1,3}))?(?:\.csv)?\.zip"
)
_TABLE: Final = re.compile(r"(?:okx_por|por_csv)_(\d{4})(\d{2})(\d{2})\d{2}(?:_[vV]\d+)?\.csv")
_VALIDATOR: Final = re.compile(r"0x[0-9a-fA-F]{96}")
_NOTHING: Final = ("", "null")


async def locate(fetch: Fetch, _day: date) -> list[Download]:
    """The newest archive that the download page links to. ListDamaged when it links to none."""
    page = (await fetch(PAGE)).decode("utf-8", errors="replace").replace("\\u002F", "/").replace("\\/", "/")
    found = max(_ZIP.finditer(page), key=lambda link: (link[1], int(link[2] or 0)), default=None)
    if found is None:
        raise ListDamaged("error.list_nowhere", page=PAGE)
    return [Download(found[0], "okx.zip")]


class _Row(NamedTuple):
    """A row that was signed: by the address, or, for a contract, by its owner."""

    rank: int
    line: int
    signer: str
    signature: str


@dataclass(slots=True)
class _Signatures:
    """Checks the signatures of a copy: each as it comes, or at the end those of the addresses of the lowest hash."""

    file: str
    everything: bool
    sample: list[_Row] = field(default_factory=list)

    def add(self, line: int, address: Address, signer: str, signature: str) -> None:
        if self.everything:
            self._check(_Row(0, line, signer, signature))
            return
        row = _Row(-int.from_bytes(sha256(address.encode()).digest()), line, signer, signature)
        if len(self.sample) < SAMPLE:
            heappush(self.sample, row)
        else:
            heappushpop(self.sample, row)

    def done(self) -> None:
        for row in self.sample:
            self._check(row)

    def _check(self, row: _Row) -> None:
        try:
            genuine = has_signed(Address(row.signer), MESSAGE, row.signature)
        except ValueError:
            genuine = False
        if not genuine:
            raise ListDamaged("error.list_signature", file=self.file, line=row.line, address=clean(row.signer))


def read(copy: Copy) -> Iterator[Label]:
    """A label for each signed row of an address on a chain with addresses of 20 bytes; the rest is counted."""
    (path,) = copy.files.values()
    with archive(path) as opened:
        info, named = the_member(opened, _TABLE, "okx_por_2026090800_V1.csv")
        try:
            copy.as_of = date(int(named[1]), int(named[2]), int(named[3])).isoformat()
        except ValueError:
            raise ListDamaged("error.label_date", text=named[0]) from None
        file = clean(info.filename)
        addresses, signatures = Addresses(copy), _Signatures(file, copy.everything)
        table = rows(opened, info, quoted=False)  # keys of other chains may be bare JSON
        below = dropwhile(lambda row: row[1][0] != "coin" or len(row[1]) < len(COLUMNS) - 1, table)
        for line, row in _cells(below, file):
            label = _label(line, row, addresses, signatures)
            if label is not None:
                yield label
        addresses.done()
        signatures.done()


def _cells(table: Iterator[tuple[int, list[str]]], file: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    """The rows by column. Empty cells at the end are often left out; a stranger's network may have cells to spare."""
    _, cells = next(table, (0, []))
    header = tuple(cell.strip().lower() for cell in cells)
    if header not in (COLUMNS, tuple(name for name in COLUMNS if name != "type")):
        found = clean(",".join(cells))
        raise ListDamaged("error.list_copy_columns", file=file, expected=",".join(COLUMNS), found=found)
    needed = header.index("signature1") + 1
    network = header.index("network")
    for line, row in table:
        if len(row) < needed or (len(row) > len(header) and row[network] in CHAINS):
            raise ListDamaged("error.list_copy_cells", file=file, line=line, expected=len(header), found=len(row))
        yield line, dict(zip(header, (*row, "", "", "", ""), strict=False))


def _label(line: int, row: Mapping[str, str], addresses: Addresses, signatures: _Signatures) -> Label | None:
    copy, chain = addresses.copy, CHAINS.get(row["network"])
    if chain is None or _VALIDATOR.fullmatch(row["address"]):
        copy.skipped["chain" if chain is None else "validator"] += 1
        return None
    if row["signature1"] in _NOTHING:
        copy.skipped["unsigned"] += 1
        return None
    address = addresses.read(chain, row["address"])
    if address is None:
        return None
    if row["message"] != MESSAGE:
        raise ListDamaged("error.list_message", file=signatures.file, line=line, found=clean(row["message"]))
    is_contract = row["eoa1"] not in _NOTHING
    if is_contract:
        copy.skipped["contract_signature"] += 1
    for number in ("1", "2") if is_contract else ("1",):
        signer = row[f"eoa{number}"] if is_contract else address
        if signer not in _NOTHING:
            signatures.add(line, address, signer, row[f"signature{number}"])
    signed = sentence("rule.signed_by_owner") if is_contract else sentence("rule.signed")
    return Label(
        chain=chain,
        address=address,
        entity="OKX",
        category="exchange",
        source=f"OKX proof of reserves; {signed}",
        as_of=copy.as_of,
        confidence=90 if is_contract else 95,
        kind="self_published",
        url=PAGE,
        checked=copy.checked,
    )


LIST: Final = LabelList(
    name="okx",
    publisher="OKX",
    licence="none stated; free to download, not to be passed on",
    page=PAGE,
    cadence=45,
    expected=(10_000, 5_000_000),
    kind="self_published",
    read=read,
    locate=locate,
)
