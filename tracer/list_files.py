"""Reading a downloaded list strictly: bounded files, archives, tables, JSON, and a tally of the addresses in them.

A download is a stranger's file. It may be cut off, be an error page, unpack to a thousand times its size, or have a
renamed column; a wrong short answer would let a trace walk through an exchange. So whatever is not as its publisher
documents it raises, and what is documented but of no use here is counted.
"""

from __future__ import annotations

import csv
import json
import re
import struct
import zlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from io import StringIO
from itertools import accumulate
from pathlib import Path
from typing import IO, Any, Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from chains import evm_address, tron_address
from chains.model import Address
from tracer.errors import ListDamaged
from tracer.hostile import clean
from tracer.labels import is_burn
from tracer.lists import Copy, Download, Fetch

TEXT_BYTES: Final = 64_000_000
MEMBERS: Final = 200_000
DEEPEST: Final = 20
"""Levels of nesting; no list has half of them."""
TRON: Final = "tron:mainnet"

_BRACKETS: Final = re.compile(r"[\[\]{}]")
_ENCRYPTED: Final = 1
_BAD_ZIP: Final = (BadZipFile, zlib.error, EOFError, NotImplementedError, struct.error, ValueError, OSError)
"""What Python's reader raises at a damaged archive; OSError where a damaged number sends it before the beginning."""


def at(url: str, name: str) -> Callable[[Fetch, date], Awaitable[list[Download]]]:
    """The ``locate`` of a list that is one file, always at the same place."""

    async def locate(_fetch: Fetch, _day: date) -> list[Download]:
        return [Download(url, name)]

    return locate


@dataclass(slots=True)
class Addresses:
    """Reads the addresses of one copy and counts those that are none."""

    copy: Copy
    rows: int = 0

    def read(self, chain: str, text: str) -> Address | None:
        """Canonical form on this chain; None where it is invalid or nobody's, which the copy's tally then says."""
        self.rows += 1
        try:
            found = tron_address.parse(text) if chain == TRON else evm_address.parse(text)
        except ValueError:
            self.copy.skipped["address"] += 1
            return None
        if is_burn(found):
            self.copy.skipped["burn"] += 1
            return None
        return found

    def done(self) -> None:
        """The copy has been read to its end.

        Raises:
            ListDamaged: it had no address at all, or more than one in a hundred is invalid.
        """
        if self.rows == 0:
            raise ListDamaged("error.list_copy_nothing")
        bad = self.copy.skipped["address"]
        if bad * 100 > self.rows:
            raise ListDamaged("error.list_copy_addresses", bad=bad, rows=self.rows)


def read_text(path: Path, most: int = TEXT_BYTES) -> str:
    """A file of UTF-8 text of at most ``most`` bytes.

    Raises:
        ListDamaged: it is larger, or no such text.
    """
    if path.stat().st_size > most:
        raise ListDamaged("error.list_copy_size", file=path.name, most=most)
    return decoded(path.name, path.read_bytes())


def decoded(name: str, data: bytes) -> str:
    """Bytes as UTF-8 text, without a byte order mark. ListDamaged when they are none."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ListDamaged("error.list_copy_text", file=clean(name)) from None


def read_json(path: Path) -> Any:
    """What a JSON file holds. ListDamaged when it is not JSON, or nested beyond reason.

    The parser recurses, and web3 lifts Python's recursion limit so far on import that deep nesting would end the
    process instead of raising.
    """
    text = read_text(path)
    depths = accumulate(1 if sign in "[{" else -1 for sign in _BRACKETS.findall(text))
    try:
        if max(depths, default=0) <= DEEPEST:
            return json.loads(text)
    except ValueError:
        pass
    raise ListDamaged("error.list_copy_format", file=path.name, format="JSON")


def cells(copy: Copy, path: Path) -> Iterator[tuple[int, list[str]]]:
    """The filled rows of a CSV file, stripped, each with its line. ListDamaged when it is no CSV file.

    A last line without its end may be cut off in the middle of a word, so it is counted and not read.
    """
    text = read_text(path)
    end = text.rfind("\n") + 1
    if text[end:].strip():
        copy.skipped["cut"] += 1
    reader = csv.reader(StringIO(text[:end]), strict=True)
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield reader.line_num, [cell.strip() for cell in row]
    except csv.Error:
        raise ListDamaged("error.list_copy_format", file=path.name, format="CSV") from None


def under(path: Path, columns: Sequence[str], rows: Iterator[tuple[int, list[str]]]) -> Iterator[list[str]]:
    """The rows below a header that must be exactly ``columns``, each with as many cells. Else ListDamaged."""
    _, header = next(rows, (0, []))
    if header != list(columns):
        found = clean(",".join(header))
        raise ListDamaged("error.list_copy_columns", file=path.name, expected=",".join(columns), found=found)
    for line, row in rows:
        if len(row) != len(columns):
            raise ListDamaged("error.list_copy_cells", file=path.name, line=line, expected=len(columns), found=len(row))
        yield row


@contextmanager
def archive(path: Path) -> Iterator[ZipFile]:
    """A zip archive. ListDamaged when it is none, is cut off, or has more members than any list has."""
    try:
        opened = ZipFile(path)
    except _BAD_ZIP:
        raise ListDamaged("error.list_copy_format", file=path.name, format="zip") from None
    with opened:
        if len(opened.infolist()) > MEMBERS:
            raise ListDamaged("error.list_copy_format", file=path.name, format="zip")
        yield opened


@contextmanager
def member(opened: ZipFile, info: ZipInfo, most: int) -> Iterator[Bounded]:
    """One member of an archive, to be read to at most ``most`` bytes. ListDamaged when it is unreadable."""
    if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED) or info.flag_bits & _ENCRYPTED:
        raise ListDamaged("error.list_copy_format", file=clean(info.filename), format="zip")
    try:
        inner = opened.open(info)
    except _BAD_ZIP:
        raise ListDamaged("error.list_copy_format", file=clean(info.filename), format="zip") from None
    with inner:
        yield Bounded(inner, info.filename, most)


def member_text(opened: ZipFile, info: ZipInfo, most: int) -> str:
    """One member of an archive as UTF-8 text."""
    with member(opened, info, most) as stream:
        return decoded(info.filename, stream.read())


def packed_on(infos: Sequence[ZipInfo]) -> str:
    """The newest day (``2026-09-01``) written on these members; "" where there is none or it is no day.

    An archive of a repository has the day of its last change on every member.
    """
    newest = max((info.date_time[:3] for info in infos), default=(0, 0, 0))
    try:
        return date(*newest).isoformat()
    except ValueError:
        return ""


@dataclass(slots=True)
class Bounded:
    """A stream out of an archive that gives no more than ``most`` bytes, however much is packed into it."""

    inner: IO[bytes]
    name: str
    most: int
    given: int = 0

    def read(self, size: int = -1) -> bytes:
        """Up to ``size`` bytes, or all.

        Raises:
            ListDamaged: there are more than may be, or they are not what was packed.
        """
        try:
            left = self.most - self.given + 1
            data = self.inner.read(left if size < 0 else min(size, left))
        except _BAD_ZIP:
            raise ListDamaged("error.list_copy_format", file=clean(self.name), format="zip") from None
        self.given += len(data)
        if self.given > self.most:
            raise ListDamaged("error.list_copy_size", file=clean(self.name), most=self.most)
        return data
