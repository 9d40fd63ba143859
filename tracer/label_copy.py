"""The file that holds one list: how it is made, compared with the one before it, and asked.

Millions of addresses share a handful of attributions, so each attribution is stored once and an address is 20 bytes and
a number, in order of address: a question is one search in a sorted file. Everything is in an order that depends on the
content alone, so two machines with the same copy of a list get the same digest. A file is never changed once it is
made, which is why it may be read without locks.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Final, NamedTuple, Self

from chains.download import Got
from chains.model import Address
from tracer.errors import ListDamaged
from tracer.label_keys import key_of
from tracer.labels import Label
from tracer.lists import Copy, LabelList

FORMAT: Final = 1
SAID: Final = tuple(name for name in Label._fields if name not in {"address", "assumed"})
"""What an attribution consists of: all of a label but whom it is about, and what only a trace can add."""

MEANING: Final = tuple(name for name in SAID if name not in {"source", "as_of", "url", "checked"})
"""What must differ for an address to count as changed: not merely the date of the copy."""

_MEMORY: Final = 64_000
"""KiB that SQLite may keep of a file in memory while it is made."""

_MAPPED: Final = 1 << 30
"""Bytes of a file that are read as memory: a third less time for a question."""

_ATTRIBUTIONS: Final = 1_000_000
"""Different things that a list may say; these are held in memory while it is written."""

_CHUNK: Final = 10_000
_COLUMNS: Final = ", ".join(SAID)
_SCHEMA: Final = (
    f"CREATE TABLE attribute (number INTEGER PRIMARY KEY, {_COLUMNS})",
    "CREATE TABLE label (address BLOB, attribute INTEGER, PRIMARY KEY (address, attribute)) WITHOUT ROWID",
    "CREATE TABLE about (json TEXT)",
    "CREATE TEMP TABLE raw (address BLOB, attribute INTEGER)",
    "CREATE TEMP TABLE place (met INTEGER PRIMARY KEY, number INTEGER)",
)
_ELSEWHERE: Final = """
    SELECT address FROM {here}.label AS a
    WHERE NOT EXISTS (SELECT 1 FROM {there}.label AS b JOIN same ON same.{there} = b.attribute
                      WHERE b.address = a.address AND same.{here} = a.attribute)
      AND EXISTS (SELECT 1 FROM {there}.label AS b WHERE b.address = a.address)"""
"""Addresses that both copies have, of which this one says something that the other does not."""


class Change(NamedTuple):
    """How many addresses a new copy has more, has no longer, has as before, and has with another meaning."""

    added: int
    removed: int
    kept: int
    changed: int


@dataclass(frozen=True, slots=True)
class About:
    """One copy of a list: whose it is, what was downloaded, and what came of it.

    ``expected`` are the least and most labels of a sound copy; ``as_of`` the newest date of its labels (or what it was
    made with, where they have none), ``checked`` the day it was read. ``labels``, ``addresses`` and ``digest`` (SHA-256
    of the sorted content, in hex) are filled in when it is stored; ``skipped`` is read only then.
    """

    name: str
    publisher: str = ""
    licence: str = ""
    page: str = ""
    kind: str = "collection"
    expected: tuple[int, int] = (1, 1 << 40)
    as_of: str = ""
    checked: str = ""
    downloads: tuple[Got, ...] = ()
    skipped: Mapping[str, int] = field(default_factory=dict)
    labels: int = 0
    addresses: int = 0
    digest: str = ""

    @classmethod
    def of_list(cls, one: LabelList, copy: Copy, downloads: Iterable[Got] = ()) -> Self:
        """About a copy of a known list that is going to be read."""
        return cls(
            name=one.name,
            publisher=one.publisher,
            licence=one.licence,
            page=one.page,
            kind=one.kind,
            expected=one.expected,
            as_of=copy.as_of,
            checked=copy.checked,
            downloads=tuple(downloads),
            skipped=copy.skipped,
        )

    def to_json(self) -> str:
        """As it stands in the file."""
        return json.dumps(asdict(replace(self, skipped=dict(sorted(self.skipped.items())))), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Back from the file. KeyError, TypeError or ValueError when it is not what `to_json` writes."""
        row = json.loads(text)
        row["expected"] = tuple(row["expected"])
        row["downloads"] = tuple(Got(*one) for one in row["downloads"])
        return cls(**row)


class StoredCopy:
    """An open copy of one list.

    Raises:
        sqlite3.DatabaseError: damaged, or not of this format. Every method may raise it.
    """

    def __init__(self, path: Path) -> None:
        self._said: dict[int, Label] = {}
        with ExitStack() as failed:
            self._db = failed.enter_context(closing(_opened(f"{path.absolute().as_uri()}?mode=ro&immutable=1")))
            _expect_format(self._db)
            self._db.execute(f"PRAGMA mmap_size = {_MAPPED}")
            failed.pop_all()

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def of(self, key: bytes, address: Address) -> list[Label]:
        """What it says of an address, given with its key, on the chains that spell addresses like this."""
        numbers = self._db.execute("SELECT attribute FROM label WHERE address = ?", (key,)).fetchall()
        if not numbers:
            return []
        on_tron = address.startswith("T")
        said = [self._attribution(number) for (number,) in numbers]
        return [Label(row.chain, address, *row[2:]) for row in said if row.chain.startswith("tron:") == on_tron]

    def _attribution(self, number: int) -> Label:
        if number not in self._said:
            row = self._db.execute(f"SELECT {_COLUMNS} FROM attribute WHERE number = ?", (number,)).fetchone()  # noqa: S608
            if row is None:
                raise sqlite3.DatabaseError("an attribution is missing")
            said = dict(zip(SAID, row, strict=True))
            self._said[number] = Label(address=Address(""), **{**said, "by_user": bool(said["by_user"])})
        return self._said[number]

    def keys(self) -> Iterator[tuple[bytes, bool]]:
        """The key of every label, in order, and whether TRON's spelling belongs to it."""
        rows = self._db.execute("SELECT number, chain LIKE 'tron:%' FROM attribute")
        on_tron = {number: bool(tron) for number, tron in rows}
        for address, attribute in self._db.execute("SELECT address, attribute FROM label ORDER BY address"):
            yield address, on_tron[attribute]

    def about(self) -> About:
        """What was written of it."""
        try:
            return About.from_json(*self._db.execute("SELECT json FROM about").fetchone())
        except (KeyError, TypeError, ValueError) as wrong:
            raise sqlite3.DatabaseError(f"its description cannot be read: {wrong}") from wrong

    def is_whole(self) -> bool:
        """False when pages of the file are missing or out of order; raises where tables are missing."""
        self.of(b"", Address(""))
        return _is_whole(self._db)

    def digest(self) -> str:
        """The digest of what it holds now, to be compared with the one in `about`."""
        return _digest(self._db)


def write_copy(part: Path, labels: Iterable[Label], about: About, before: Path | None) -> Change:
    """Make the file of a list from its labels, in any order, and compare it with the one before; memory is bounded.

    Raises:
        ListDamaged: the reader's own, or the number of labels is not that of a sound copy.
        sqlite3.DatabaseError: the file cannot be written, or what was written does not read back whole.
    """
    with closing(_opened(f"{part.absolute().as_uri()}?mode=rwc")) as db:
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "temp_store = FILE", f"cache_size = -{_MEMORY}"):
            db.execute(f"PRAGMA {pragma}")
        db.execute("BEGIN")
        for statement in _SCHEMA:
            db.execute(statement)
        newest = _fill(db, labels)
        (count,), (addresses,) = (
            db.execute(f"SELECT count({what}) FROM label").fetchone()  # noqa: S608 - the two below
            for what in ("*", "DISTINCT address")
        )
        least, most = about.expected
        if (not count and _had_labels(before)) or not least <= count <= most:
            raise ListDamaged("error.list_count", list=about.name, count=count, least=least, most=most)
        about = replace(about, as_of=newest or about.as_of, labels=count, addresses=addresses, digest=_digest(db))
        db.execute("INSERT INTO about VALUES (?)", (about.to_json(),))
        db.execute(f"PRAGMA user_version = {FORMAT}")
        db.execute("COMMIT")
        if not _is_whole(db):
            raise sqlite3.DatabaseError("what was written does not read back whole")
        return Change(addresses, 0, 0, 0) if before is None else _change(db, before, addresses)


def _had_labels(before: Path | None) -> bool:
    if before is None:
        return False
    with closing(StoredCopy(before)) as copy:
        return copy.about().labels > 0


def _opened(uri: str) -> sqlite3.Connection:
    return sqlite3.connect(uri, uri=True, isolation_level=None)


def _expect_format(db: sqlite3.Connection) -> None:
    if db.execute("PRAGMA user_version").fetchone() != (FORMAT,):
        raise sqlite3.DatabaseError("not a file of this program's version")


def _is_whole(db: sqlite3.Connection) -> bool:
    return bool(db.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))


def _fill(db: sqlite3.Connection, labels: Iterable[Label]) -> str:
    """Write all labels, and say the newest date among them."""
    met: dict[tuple[object, ...], int] = {}
    db.executemany("INSERT INTO raw VALUES (?, ?)", _rows(labels, met))
    ordered = sorted(met)
    marks = "?, " * len(SAID) + "?"
    db.executemany(f"INSERT INTO attribute VALUES ({marks})", ((n, *said) for n, said in enumerate(ordered)))  # noqa: S608
    db.executemany("INSERT INTO place VALUES (?, ?)", ((met[said], number) for number, said in enumerate(ordered)))
    db.execute(
        "INSERT OR IGNORE INTO label SELECT address, number FROM raw JOIN place ON met = attribute ORDER BY 1, 2"
    )
    (newest,) = db.execute("SELECT max(as_of) FROM attribute").fetchone()
    return str(newest or "")


def _rows(labels: Iterable[Label], met: dict[tuple[object, ...], int]) -> Iterator[tuple[bytes, int]]:
    after, assumed = Label._fields.index("address") + 1, Label._fields.index("assumed")
    for label in labels:
        said = (label[0], *label[after:assumed], *label[assumed + 1 :])
        number = met.get(said)
        if number is None:
            if len(met) == _ATTRIBUTIONS:
                raise ListDamaged("error.list_attributions", most=_ATTRIBUTIONS)
            number = met[said] = len(met)
        yield key_of(label[1]), number


def _digest(db: sqlite3.Connection) -> str:
    """Over the attributions without the day they were read, and the addresses with the numbers of theirs."""
    sha = hashlib.sha256()
    codes: list[bytes] = []
    timeless = ", ".join(name for name in SAID if name != "checked")
    for row in db.execute(f"SELECT {timeless} FROM attribute ORDER BY number"):  # noqa: S608
        codes.append(len(codes).to_bytes(4))
        sha.update(json.dumps(row).encode() + b"\n")
    cursor = db.execute("SELECT address, attribute FROM label ORDER BY 1, 2")
    while rows := cursor.fetchmany(_CHUNK):
        sha.update(b"".join([address + codes[number] for address, number in rows]))
    return sha.hexdigest()


def _change(db: sqlite3.Connection, before: Path, addresses: int) -> Change:
    db.execute("ATTACH ? AS old", (f"{before.absolute().as_uri()}?mode=ro&immutable=1",))
    db.execute("CREATE TEMP TABLE same (main INTEGER, old INTEGER, PRIMARY KEY (main, old)) WITHOUT ROWID")
    columns = ", ".join(MEANING)
    db.execute(
        f"INSERT INTO same SELECT a.number, b.number FROM main.attribute a JOIN old.attribute b USING ({columns})"  # noqa: S608
    )
    (both,) = db.execute(
        "SELECT count(DISTINCT address) FROM main.label AS a"
        " WHERE EXISTS (SELECT 1 FROM old.label AS b WHERE b.address = a.address)"
    ).fetchone()
    (were,) = db.execute("SELECT count(DISTINCT address) FROM old.label").fetchone()
    sides = " UNION ".join(
        _ELSEWHERE.format(here=here, there=there) for here, there in (("main", "old"), ("old", "main"))
    )
    (changed,) = db.execute(f"SELECT count(*) FROM ({sides})").fetchone()  # noqa: S608
    db.execute("DETACH old")
    return Change(addresses - both, were - both, both - changed, changed)
