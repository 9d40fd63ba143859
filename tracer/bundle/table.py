"""The ledger of a bundle: every transfer of a case in order and numbered, with its answer and its place there.

A large case has a hundred thousand of them, so they are sorted and kept by SQLite, in a table that lies beside the
case's own only while a bundle is made. The case itself is opened for reading alone.

The case notes one answer for each transfer, the one that settled where it happened. That need not be the one that says
how much moved: a receipt tells a transaction's place but not its value. Where the noted answer does not hold the
movement, the one that does is looked for among all that name the transaction: first of the same source, then of those
that were asked about this transaction, then the oldest.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

from chains.model import Transfer
from chains.registry import Chain
from tracer.bundle.movements import one_tx
from tracer.bundle.places import Wanted, mentions, places, speaks_of
from tracer.errors import Misread
from tracer.hostile import clean
from tracer.store import Store

Row = dict[str, Any]
_Try = tuple[bool, bool, int]
"""Of another source? Not asked about this transaction? Number of the answer."""

_TX: Final = 66
"""Length of the longest spelling of a transaction's hash."""

_IDENTITY: Final = "chain, tx, kind, asset, sender, receiver, amount, nth"
_WANTED: Final = "n, tx, kind, asset, sender, receiver, amount, nth, position"
_NUMBERED: Final = f"""
CREATE TEMP TABLE line AS SELECT row_number() OVER (
    ORDER BY chain, height, tx_index, kind, steps(position), tx, asset, sender, receiver, length(amount), amount, nth
) AS n, {_IDENTITY}, position, time, raw, raw AS answer, '' AS place FROM transfer"""  # noqa: S608 - no text from outside

_ANSWERS: Final = (
    "SELECT id, endpoint, question FROM raw WHERE kind IN ('ok', 'partial') AND id IN"
    " (SELECT max(id) FROM counted WHERE of = ? GROUP BY question) ORDER BY id"
)


@contextmanager
def opened(store: Store, chains: Mapping[str, Chain]) -> Iterator[Table]:
    """The ledger of a case, with every place found.

    Raises:
        Tampered: an answer that a transfer came from was changed.
        Misread: no answer holds a transfer; that would be an error of the program.
    """
    where = Path(store.path).absolute().as_uri()
    with closing(sqlite3.connect(f"{where}?mode=ro", uri=True)) as db:
        table = Table(store, chains, db)
        table.find_places()
        yield table


class Table:
    """The numbered transfers of one case, of the generation that it speaks of."""

    def __init__(self, store: Store, chains: Mapping[str, Chain], db: sqlite3.Connection) -> None:
        self._store, self._chains, self._db = store, chains, db
        db.create_function("steps", 1, _steps, deterministic=True)
        db.execute(_NUMBERED)
        for columns in ("n", "raw, chain", _IDENTITY):
            db.execute(f"CREATE INDEX temp.line_by_{columns[:3].strip(', ')} ON line ({columns})")

    def lines(self) -> Iterator[Row]:
        """Every transfer as the bundle says it."""
        rows = self._db.execute(
            "SELECT n, chain, tx, position, time, asset, sender, receiver, amount, nth, answer, place FROM line"
            " ORDER BY n"
        )
        names = ("n", "chain", "tx", "position", "time", "asset", "from", "to", "amount", "nth", "answer", "place")
        return (dict(zip(names, row, strict=True)) for row in rows)

    def number(self, transfer: Transfer) -> int:
        """The number of a transfer. Raises AssertionError when the case does not have it."""
        *named, amount, nth = transfer.identity
        where = " AND ".join(f"{name} = ?" for name in _IDENTITY.split(", "))
        query = f"SELECT n FROM line WHERE {where}"  # noqa: S608 - names of columns
        row = self._db.execute(query, (*named, str(amount), nth)).fetchone()
        if row is None:
            raise AssertionError(f"the case does not have the transfer {transfer.identity}; please report it")
        return int(row[0])

    def find_places(self) -> None:
        """Learn which answer and which record in it says each transfer."""
        lost: dict[tuple[str, int], list[Wanted]] = {}
        for raw, chain in self._db.execute("SELECT DISTINCT raw, chain FROM line ORDER BY raw, chain").fetchall():
            wanted = self._wanted(raw, chain)
            found = self._place(raw, chain, wanted)
            if left := [one for one in wanted if one.n not in found]:
                lost[chain, raw] = left
        for chain in sorted({chain for chain, _ in lost}):
            self._search(chain, {raw: some for (where, raw), some in lost.items() if where == chain})

    def _wanted(self, raw: int, chain: str) -> list[Wanted]:
        query = f"SELECT {_WANTED} FROM line WHERE raw = ? AND chain = ? ORDER BY n"  # noqa: S608 - names of columns
        return [_wanted(*row) for row in self._db.execute(query, (raw, chain))]

    def _place(self, raw: int, chain: str, wanted: Iterable[Wanted]) -> set[int]:
        """Write down the places of those transfers that an answer holds, and say which they are."""
        (question,) = self._db.execute("SELECT question FROM raw WHERE id = ?", (raw,)).fetchone() or ("",)
        found = places(self._chains[chain].family, question, self._store.raw(raw).body, wanted)
        rows = [(raw, place, n) for n, place in found.items()]
        self._db.executemany("UPDATE line SET answer = ?, place = ? WHERE n = ?", rows)
        return set(found)

    def _search(self, chain: str, lost: Mapping[int, list[Wanted]]) -> None:
        """Find other answers for transfers whose own, by number, do not hold them."""
        missing = {one.n: one for some in lost.values() for one in some}
        for (_, _, raw), some in sorted(self._tries(chain, lost).items(), key=itemgetter(0)):
            for n in self._place(raw, chain, [one for one in some if one.n in missing]):
                del missing[n]
        if missing:
            first = min(missing.values())
            answer = next(raw for raw, some in lost.items() if first in some)
            raise Misread("error.bundle_misread", answer=answer, chain=chain, tx=clean(first.tx, _TX), n=len(missing))

    def _tries(self, chain: str, lost: Mapping[int, list[Wanted]]) -> dict[_Try, list[Wanted]]:
        """The answers that name the transactions of these transfers, in the order in which they are to be tried."""
        source = dict(self._db.execute("SELECT id, endpoint FROM raw"))
        by_tx: dict[str, list[tuple[Wanted, str]]] = defaultdict(list)
        for raw, some in lost.items():
            for one in some:
                by_tx[one_tx(one.tx)].append((one, source[raw]))
        tries: dict[_Try, list[Wanted]] = defaultdict(list)
        for raw, endpoint, question in self._db.execute(_ANSWERS, (self._store.generation,)).fetchall():
            if speaks_of(self._chains[chain], endpoint, question):
                for tx in by_tx.keys() & mentions(question, self._store.raw(raw).body):
                    for one, noted in by_tx[tx]:
                        tries[noted != endpoint, tx not in question.lower(), raw].append(one)
        return tries


def _wanted(*row: Any) -> Wanted:
    n, tx, kind, asset, sender, receiver, amount, nth, position = row
    return Wanted(n, tx, kind, asset, sender, receiver, int(amount), nth, _index(position))


def _index(position: str) -> tuple[int, ...]:
    """The place inside the transaction, of a position as text; () where it is not told."""
    text = position.rpartition(":")[2]
    return () if text == "?" else tuple(map(int, text.split(".")))


def _steps(position: str) -> str:
    """The same as text that sorts as the numbers do."""
    return ".".join(f"{step:020}" for step in _index(position))
