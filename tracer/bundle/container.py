"""The container of a bundle: one zip in which not one byte can change unseen, written as its members come.

A zip has room for notes, times and bytes that no reader looks at. Here every field has one value, and the comment at
the very end is the digest of everything before it. Members are written one after another, so a large case is never
whole in memory.
"""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final, NamedTuple, Protocol, Self
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from tracer.bundle.manifest import MANIFEST, SUMS, Entry, Meter, manifest, sums

EPOCH: Final = (1980, 1, 1, 0, 0, 0)
UNIX: Final = 3
PLAIN_FILE: Final = (stat.S_IFREG | 0o600) << 16
COMMENT: Final = b"sha256:"
_HEX: Final = 64
_TAIL: Final = 22 + len(COMMENT) + _HEX
"""Length of the end-of-central-directory record with its comment."""

_CHUNK: Final = 1 << 20

Content = bytes | Iterable[bytes]
Member = tuple[str, Content]
Seal = Callable[[bytes], Mapping[str, bytes]]
"""Makes the files beside a manifest, by name, from its bytes."""


class Target(Protocol):
    """Where members go, one after another."""

    def put(self, path: str, chunks: Iterable[bytes]) -> None:
        """Keep one member; its chunks are read once."""


class Sealed(NamedTuple):
    """What was written: the manifest's bytes, the files beside it, and every member that it names."""

    manifest: bytes
    beside: Mapping[str, bytes]
    entries: tuple[Entry, ...]


def write(target: Target, members: Iterable[Member], seal: Seal, *, with_sm3: bool = False) -> Sealed:
    """Write members in the order of their paths, then the manifest, what ``seal`` makes of it, and their digests.

    Raises:
        ValueError: a path is no plain relative one, or does not come after the one before it.
    """
    entries: list[Entry] = []
    for path, content in members:
        if not sound(path) or (entries and path <= entries[-1].path):
            raise ValueError(path)
        meter = Meter(path, with_sm3=with_sm3)
        target.put(path, meter.through(_chunks(content)))
        entries.append(meter.entry())
    text = manifest(entries)
    beside = dict(sorted(seal(text).items()))
    for name, data in {MANIFEST: text, **beside, SUMS: sums({MANIFEST: text, **beside})}.items():
        target.put(name, (data,))
    return Sealed(text, beside, tuple(entries))


def sound(path: str) -> bool:
    """Whether a path stays below the folder it is unpacked to, and has one spelling only."""
    parts = path.split("/")
    return path.isprintable() and "\\" not in path and ":" not in path and not {"", ".", ".."} & set(parts)


class Zip:
    """Writes members into a zip. ``file`` is empty, and can be read and sought. Without `close` it is no bundle.

    The same members give the same bytes wherever zlib is the same.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._zip = ZipFile(file, "w")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._zip.close()

    def put(self, path: str, chunks: Iterable[bytes]) -> None:
        """Deflate one member; less than 2 GiB where it comes in chunks of unknown number."""
        info = ZipInfo(path, EPOCH)
        info.compress_type, info.create_system, info.external_attr = ZIP_DEFLATED, UNIX, PLAIN_FILE
        with self._zip.open(info, "w") as member:
            for chunk in chunks:
                member.write(chunk)

    def close(self) -> str:
        """End the zip with the digest of all that stands before its last record.

        Returns:
            The SHA-256 of the whole file, in hex.
        """
        self._zip.comment = COMMENT + bytes(_HEX)
        self._zip.close()
        length = self._file.seek(0, 2) - _TAIL
        self._file.seek(0)
        whole = hashlib.sha256()
        while length:
            chunk = self._file.read(min(_CHUNK, length))
            whole.update(chunk)
            length -= len(chunk)
        said = whole.hexdigest().encode()
        last = self._file.read()[:-_HEX] + said
        self._file.seek(-_HEX, 2)
        self._file.write(said)
        whole.update(last)
        return whole.hexdigest()


class Folder:
    """Writes members as files below a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, path: str, chunks: Iterable[bytes]) -> None:
        """Write one file."""
        file = self._folder.joinpath(*PurePosixPath(path).parts)
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("wb") as written:
            written.writelines(chunks)


def _chunks(content: Content) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
    else:
        yield from content
