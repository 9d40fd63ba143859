"""Tables of millions of rows inside a downloaded archive, read row by row without unpacking them.

What bounds them is the archive's own limit and that of a line: a file of one endless line is not read into memory.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import PurePosixPath
from re import Match, Pattern
from typing import Final
from zipfile import ZipFile, ZipInfo

from tracer.errors import ListDamaged
from tracer.hostile import clean
from tracer.list_files import Bounded, member

UNPACKED: Final = 5_000_000_000
"""Bytes that a member may unpack to; the largest known has 275 million."""

LINE: Final = 20_000
_CHUNK: Final = 1 << 16


def the_member(opened: ZipFile, name: Pattern[str], like: str) -> tuple[ZipInfo, Match[str]]:
    """The one member, in whatever folder, whose file name is of this pattern, and the match; ``like`` is such a name.

    Raises:
        ListDamaged: there is none, or more than one.
    """
    matches = ((info, name.fullmatch(PurePosixPath(info.filename).name)) for info in opened.infolist())
    found = [(info, match) for info, match in matches if match]
    if len(found) != 1:
        raise ListDamaged("error.list_members", expected=like, found=len(found))
    return found[0]


def rows(opened: ZipFile, info: ZipInfo, *, quoted: bool = True) -> Iterator[tuple[int, list[str]]]:
    """The filled rows of a CSV member in UTF-8, each with its line. Where not ``quoted``, a quote is any other sign.

    Raises:
        ListDamaged: it is no such table, is cut off, or too large.
    """
    file = clean(info.filename)
    with member(opened, info, UNPACKED) as stream:
        lines = _lines(stream, file)
        reader = csv.reader(lines, strict=True) if quoted else csv.reader(lines, quoting=csv.QUOTE_NONE)
        try:
            for row in reader:
                if row:
                    yield reader.line_num, row
        except (csv.Error, UnicodeDecodeError):
            raise ListDamaged("error.list_copy_format", file=file, format="CSV") from None


def _lines(stream: Bounded, file: str) -> Iterator[str]:
    rest, encoding = b"", "utf-8-sig"  # a byte order mark can stand at the very beginning only
    while chunk := stream.read(_CHUNK):
        whole, newline, rest = (rest + chunk).rpartition(b"\n")
        if newline:
            yield from whole.decode(encoding).split("\n")
            encoding = "utf-8"
        if len(rest) > LINE:
            raise ListDamaged("error.list_copy_size", file=file, most=LINE)
    if rest:
        yield rest.decode(encoding)
