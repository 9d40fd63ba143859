"""The manifest of a bundle: path, length and digest of every file, so that one digest stands for all of them.

Whoever writes down, signs or time-stamps the digest of `manifest.json` has done so for every byte that it names.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from tracer.json_text import json_text
from tracer.sm3 import sm3

SCHEMA: Final = "stolen-funds-bundle/1"
MANIFEST: Final = "manifest.json"
SUMS: Final = "manifest.sha256"


class Entry(NamedTuple):
    """A file of the bundle; digests in hex, ``sm3`` empty where it was not asked for."""

    path: str
    size: int
    sha256: str
    sm3: str = ""


class Meter:
    """Counts and digests a file as it passes. For SM3 the file is kept until its end."""

    def __init__(self, path: str, *, with_sm3: bool = False) -> None:
        self._path = path
        self._size = 0
        self._sha256 = hashlib.sha256()
        self._kept: list[bytes] | None = [] if with_sm3 else None

    def through(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """The same chunks, measured."""
        for chunk in chunks:
            self._size += len(chunk)
            self._sha256.update(chunk)
            if self._kept is not None:
                self._kept.append(chunk)
            yield chunk

    def entry(self) -> Entry:
        """What has passed."""
        other = "" if self._kept is None else sm3(b"".join(self._kept))
        return Entry(self._path, self._size, self._sha256.hexdigest(), other)


def manifest(entries: Sequence[Entry]) -> bytes:
    """`manifest.json` for files in the order of their paths."""
    files: list[dict[str, Any]] = [
        {"path": one.path, "bytes": one.size, "sha256": one.sha256, **({"sm3": one.sm3} if one.sm3 else {})}
        for one in entries
    ]
    return (json_text({"schema": SCHEMA, "files": files}, indent=1) + "\n").encode()


def sums(files: Mapping[str, bytes]) -> bytes:
    """`manifest.sha256`: the files' digests, by name, as ``sha256sum -c`` reads them."""
    return "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(files.items())).encode()
