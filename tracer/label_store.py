"""The lists of labels on this machine, one SQLite file each, far too many addresses to hold in memory.

A copy is written beside the one in use and takes its place in one step, when it is whole: whatever kills the program,
the copy before it goes on answering. A file that cannot be read is an error that says how to fetch it again, because
its silence would let a trace walk through an exchange.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from heapq import merge
from itertools import groupby, islice
from pathlib import Path
from typing import Final

from platformdirs import user_data_path

from chains.model import Address
from tracer.errors import ConfigError, UsageError
from tracer.label_copy import About, Change, StoredCopy, write_copy
from tracer.label_keys import address_of, key_of
from tracer.labels import Label

APP: Final = "stolen-funds-tracer"
VARIABLE: Final = "TRACER_LABELS"

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_SUFFIX: Final = ".sqlite"
_UNFINISHED: Final = ".new"
_LOCK: Final = "writing.lock"


def default_folder() -> Path:
    """Where the lists are kept: the user's data folder, or what TRACER_LABELS says."""
    chosen = os.environ.get(VARIABLE)
    return Path(chosen) if chosen else user_data_path(APP, appauthor=False) / "labels"


class LabelStore:
    """The lists in a folder, each in ``NAME.sqlite``; no folder is no lists. Files with other names are left alone.

    What was opened stays as it was until `close`, even while another program replaces a list.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._open: dict[str, StoredCopy] | None = None

    def close(self) -> None:
        """Close the files; the next question opens what is there then."""
        for copy in (self._open or {}).values():
            copy.close()
        self._open = None

    def of(self, address: Address) -> tuple[Label, ...]:
        """What every list says of an address in canonical spelling, on every chain that has such addresses.

        Raises:
            ConfigError: a list's file is damaged.
        """
        try:
            key = key_of(address)
        except ValueError:
            return ()  # no address of 20 bytes, and no other is in the store
        found: list[Label] = []
        for name, copy in self._copies().items():
            try:
                found += copy.of(key, address)
            except sqlite3.DatabaseError as failure:
                raise _unreadable(name, failure) from failure
        return tuple(found)

    def repeated(self) -> Iterator[Address]:
        """Every address that more than one label speaks of, in this list or that: where labels may contradict.

        Raises:
            ConfigError: a list's file is damaged.
        """
        with _readable(", ".join(self._copies())):
            for key, group in groupby(merge(*(copy.keys() for copy in self._copies().values()))):
                if sum(1 for _ in islice(group, 2)) > 1:
                    yield address_of(*key)

    def about(self) -> list[About]:
        """Every list that is here, by name.

        Raises:
            ConfigError: a list's file is damaged.
        """
        rows = []
        for name, copy in self._copies().items():
            with _readable(name):
                rows.append(copy.about())
        return rows

    def verify(self, name: str) -> None:
        """Read a whole list and compare it with the digest it was stored with.

        Raises:
            UsageError: there is no such list here.
            ConfigError: its file is damaged.
        """
        copy = self._copies().get(name)
        if copy is None:
            raise UsageError("error.list_absent", list=name, folder=self.folder)
        with _readable(name):
            if copy.digest() != copy.about().digest:
                raise sqlite3.DatabaseError("its content is not what was stored")

    def replace(self, name: str, labels: Iterable[Label], about: About) -> Change:
        """Put these labels, in any order, in the place of the copy of a list that is here, and say what changed.

        Raises:
            ListDamaged: the reader's own, or too few or too many labels; the copy before it is kept.
            UsageError: no name for a list, or another program is writing here.
            ConfigError: the folder cannot be written.
        """
        path = self._path(name)
        with self._writing():
            part = path.with_suffix(_UNFINISHED)
            try:
                change = write_copy(part, labels, about, self._comparable(path))
            except sqlite3.DatabaseError as failure:
                raise self._unwritten(failure) from failure
            else:
                self._take_over(part, path)
            finally:
                part.unlink(missing_ok=True)
        return change

    def remove(self, name: str) -> None:
        """Delete a list.

        Raises:
            UsageError: there is no such list here, or another program is writing here.
        """
        path = self._path(name)
        if not path.exists():
            raise UsageError("error.list_absent", list=name, folder=self.folder)
        with self._writing():
            self.close()
            path.unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise UsageError("error.list_name", name=name)
        return self.folder / f"{name}{_SUFFIX}"

    def _copies(self) -> dict[str, StoredCopy]:
        if self._open is None:
            opened: dict[str, StoredCopy] = {}
            for path in sorted(self.folder.glob(f"*{_SUFFIX}")):
                if _NAME.fullmatch(path.stem):
                    with _readable(path.stem):
                        opened[path.stem] = StoredCopy(path)
            self._open = opened
        return self._open

    def _comparable(self, path: Path) -> Path | None:
        """The copy before, if there is one that can be read: a damaged one must not stand in its successor's way."""
        try:
            with closing(StoredCopy(path)) as copy:
                return path if copy.is_whole() else None
        except sqlite3.DatabaseError:
            return None

    def _take_over(self, part: Path, path: Path) -> None:
        self.close()
        try:
            with part.open("rb+") as whole:
                os.fsync(whole.fileno())
            part.replace(path)
        except OSError as failure:
            raise self._unwritten(failure) from failure

    def _unwritten(self, failure: Exception) -> ConfigError:
        return ConfigError("error.list_unwritten", folder=self.folder, why=str(failure))

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Alone in writing here, with what a killed program left half done cleared away.

        The lock is SQLite's own on an empty file, which the system takes back from a program that dies.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = sqlite3.connect(self.folder / _LOCK, timeout=0, isolation_level=None)
        except (OSError, sqlite3.DatabaseError) as failure:
            raise self._unwritten(failure) from failure
        with closing(lock):
            try:
                lock.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError as failure:
                raise UsageError("error.list_busy", folder=self.folder) from failure
            for unfinished in self.folder.glob(f"*{_UNFINISHED}"):
                unfinished.unlink(missing_ok=True)
            yield


@contextmanager
def _readable(name: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as failure:
        raise _unreadable(name, failure) from failure


def _unreadable(name: str, failure: sqlite3.DatabaseError) -> ConfigError:
    return ConfigError("error.list_unreadable", list=name, why=str(failure))
