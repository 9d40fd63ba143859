"""A bundle from outside, read without trusting it: a zip as `trace bundle` writes it, or the folder it was unpacked to.

Whoever sent it may mean harm. Nothing is unpacked here: names and sizes are looked at first, then every byte is held
against the manifest, and only then does anyone read what the files say (`tracer.incoming_rows`).
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any, BinaryIO, Final, NamedTuple, NoReturn
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from tracer.bundle.container import COMMENT, sound
from tracer.bundle.manifest import MANIFEST, SCHEMA, SUMS, sums
from tracer.errors import CaseError, ConfigError, Tampered
from tracer.hostile import clean

BESIDE: Final = tuple(f"{MANIFEST}.{ending}" for ending in ("asc", "ots", "sig", "tsr"))
"""What may stand beside the manifest: said of it, so not named in it."""

MOST_PACKED: Final = 200
"""A bundle unpacks to at most so many times its length (and `SPARE`): more is a trap, not answers of sources."""

SPARE: Final = 64 << 20
MOST_NAMES: Final = 256 << 20
"""Bytes of the zip's list of names: room for some millions of answers."""

MOST_READ: Final = 1 << 30
"""The longest file that is read at once: the result, or one answer."""

MOST_LINE: Final = 64 << 20
MOST_DIGITS: Final = 400

_CHUNK: Final = 1 << 20
_END: Final = struct.Struct("<4s4H2LH")
_ZIP64_END: Final = struct.Struct("<4sQ2H2L4Q")
_ZIP64_PLACE: Final = struct.Struct("<4sLQL")
_FULL: Final = 0xFFFFFFFF
_ENCRYPTED: Final = 1
_TAIL: Final = _END.size + len(COMMENT) + 64
_BROKEN: Final = (BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError, struct.error, zlib.error)


class Bundle(NamedTuple):
    """An open bundle: its files with their lengths, and how one is opened. ``path`` is where it lies."""

    path: Path
    sizes: Mapping[str, int]
    opened: Callable[[str], IO[bytes]]

    def read(self, name: str) -> bytes:
        """A whole file. Raises `ConfigError` where there is none, or it is longer than `MOST_READ`."""
        if self.sizes.get(name, 0) > MOST_READ:
            raise ConfigError("error.import_long", file=self.path, name=shown(name))
        return b"".join(self.chunks(name))

    def chunks(self, name: str) -> Iterator[bytes]:
        """A file, piece by piece. Raises `ConfigError` where there is none, or it cannot be unpacked."""
        if name not in self.sizes:
            raise ConfigError("error.import_lacks", file=self.path, name=shown(name))
        try:
            with self.opened(name) as file:
                while chunk := file.read(_CHUNK):
                    yield chunk
        except _BROKEN:
            raise ConfigError("error.import_packed", file=self.path, name=shown(name)) from None

    def json(self, name: str) -> Any:
        """The value of a JSON file. Raises `ConfigError`."""
        return self._parsed(name, self.read(name))

    def lines(self, name: str) -> Iterator[Any]:
        """The values of a file with one JSON value a line. Raises `ConfigError`."""
        rest = b""
        for chunk in self.chunks(name):
            *whole, rest = (rest + chunk).split(b"\n")
            for line in whole:
                yield self._parsed(name, line)
            if len(rest) > MOST_LINE:
                raise ConfigError("error.import_long", file=self.path, name=shown(name))
        if rest:
            raise ConfigError("error.import_json", file=self.path, name=shown(name))

    def _parsed(self, name: str, data: bytes) -> Any:
        try:
            return strict_json(data)
        except (ValueError, RecursionError):
            raise ConfigError("error.import_json", file=self.path, name=shown(name)) from None


def shown(name: str) -> str:
    """A name from a bundle, harmless to look at."""
    return clean(name, 100)


def strict_json(data: bytes) -> Any:
    """A value in which nothing is ambiguous: no fraction, no name twice, no number of absurd length.

    Raises:
        ValueError: it is not such a value. RecursionError: it is nested too deep.
    """
    return json.loads(
        data.decode("utf-8"),
        parse_float=_no_number,
        parse_constant=_no_number,
        parse_int=_short,
        object_pairs_hook=_once,
    )


def _no_number(text: str) -> NoReturn:
    raise ValueError(text)


def _short(text: str) -> int:
    return int(text) if len(text) <= MOST_DIGITS else _no_number("")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


@contextmanager
def open_bundle(path: Path) -> Iterator[Bundle]:
    """A bundle whose every byte is what its manifest says, to read from.

    Raises:
        CaseError: it cannot be read at all.
        ConfigError: it is no bundle, or one that the format does not allow.
        Tampered: a file is not what the manifest says.
    """
    with ExitStack() as until_the_end:
        try:
            bundle = _folder(path) if path.is_dir() else _zip(path, until_the_end)
            _check_manifest(bundle)
        except _BROKEN:
            raise ConfigError("error.import_none", file=path) from None
        except OSError as failure:
            raise CaseError("error.import_unread", file=path, why=failure.strerror) from None
        yield bundle


def _folder(path: Path) -> Bundle:
    sizes: dict[str, int] = {}
    waiting = [path]
    while waiting:
        for found in sorted(os.scandir(waiting.pop()), key=lambda one: one.name):
            name = Path(found.path).relative_to(path).as_posix()
            if found.is_dir(follow_symlinks=False):
                waiting.append(Path(found.path))
            elif found.is_file(follow_symlinks=False) and sound(name):
                sizes[name] = found.stat(follow_symlinks=False).st_size
            else:
                raise ConfigError("error.import_name", file=path, name=shown(name))
    return Bundle(path, sizes, lambda name: (path / name).open("rb"))


def _zip(path: Path, until_the_end: ExitStack) -> Bundle:
    file = until_the_end.enter_context(path.open("rb"))
    length = _check_container(path, file)
    packed = until_the_end.enter_context(ZipFile(file))
    sizes: dict[str, int] = {}
    for info in packed.infolist():
        if not _plain(info) or not sound(info.orig_filename) or info.filename in sizes:
            raise ConfigError("error.import_name", file=path, name=shown(info.orig_filename))
        sizes[info.filename] = info.file_size
    if sum(sizes.values()) > length * MOST_PACKED + SPARE:
        raise ConfigError("error.import_huge", file=path, size=sum(sizes.values()))
    return Bundle(path, sizes, packed.open)


def _plain(info: ZipInfo) -> bool:
    """Whether a member is a plain file, not encrypted, packed as the format has it."""
    return (
        stat.S_ISREG(info.external_attr >> 16)
        and not info.flag_bits & _ENCRYPTED
        and info.compress_type in (ZIP_STORED, ZIP_DEFLATED)
        and info.filename == info.orig_filename
    )


def _check_container(path: Path, file: BinaryIO) -> int:
    """Hold the whole file against the digest at its end, and return its length; a list of names too long is no list.

    Raises:
        BadZipFile: it is no zip that ends as a bundle does.
        Tampered: it is not what it was when written.
    """
    length = file.seek(0, os.SEEK_END)
    if length < _TAIL:
        raise BadZipFile
    file.seek(length - _TAIL)
    tail = file.read()
    signature, *_, names, _start, comment = _END.unpack(tail[: _END.size])
    said = tail[_END.size :]
    if (signature, comment, said[: len(COMMENT)]) != (b"PK\x05\x06", len(said), COMMENT):
        raise BadZipFile
    if names > MOST_NAMES and (names != _FULL or _many_names(file, length - _TAIL) > MOST_NAMES):
        raise ConfigError("error.import_huge", file=path, size=names)
    file.seek(0)
    whole, left = hashlib.sha256(), length - _TAIL
    while left:
        chunk = file.read(min(_CHUNK, left))
        if not chunk:
            raise BadZipFile
        whole.update(chunk)
        left -= len(chunk)
    if said[len(COMMENT) :] != whole.hexdigest().encode():
        raise Tampered("error.import_container", file=path)
    file.seek(0)
    return length


def _many_names(file: BinaryIO, end: int) -> int:
    """Length of the list of names in a zip of more than four gigabytes or 65,535 members."""
    file.seek(end - _ZIP64_PLACE.size)
    _, _, place, _ = _ZIP64_PLACE.unpack(file.read(_ZIP64_PLACE.size))
    file.seek(min(place, end))
    return int(_ZIP64_END.unpack(file.read(_ZIP64_END.size))[8])


def _check_manifest(bundle: Bundle) -> None:
    """Hold every file against the manifest. Raises `ConfigError` and `Tampered`."""
    manifest = bundle.json(MANIFEST)
    listed = _listed(bundle, manifest)
    beside = {name for name in BESIDE if name in bundle.sizes}
    odd = sorted({*listed, *beside, MANIFEST, SUMS} ^ set(bundle.sizes))
    if odd:
        raise ConfigError("error.import_unnamed", file=bundle.path, name=shown(odd[0]))
    for name, (size, sha256) in listed.items():
        if (bundle.sizes[name], _sha256(bundle, name)) != (size, sha256):
            raise Tampered("error.import_changed", file=bundle.path, name=shown(name))
    if bundle.read(SUMS) != sums({name: bundle.read(name) for name in {MANIFEST, *beside}}):
        raise Tampered("error.import_changed", file=bundle.path, name=SUMS)


def _listed(bundle: Bundle, manifest: Any) -> dict[str, tuple[int, str]]:
    try:
        if manifest["schema"] != SCHEMA:
            raise ConfigError("error.import_schema", file=bundle.path, schema=shown(str(manifest["schema"])))
        found = {str(row["path"]): (int(row["bytes"]), str(row["sha256"])) for row in manifest["files"]}
        if len(found) == len(manifest["files"]):
            return found
    except (KeyError, TypeError, ValueError):
        pass
    raise ConfigError("error.import_json", file=bundle.path, name=MANIFEST)


def _sha256(bundle: Bundle, name: str) -> str:
    whole = hashlib.sha256()
    for chunk in bundle.chunks(name):
        whole.update(chunk)
    return whole.hexdigest()
