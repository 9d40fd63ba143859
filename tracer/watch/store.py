"""The store of a watch: targets, where their folds stand, how far each chain was read, and what was told to whom.

One stretch of blocks is one transaction (`WatchStore.commit`), so that killing the process anywhere leaves what was
before it or what is after it. One watch runs in a folder at a time; whoever lists or changes its targets meanwhile does
so beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from sqlite3 import Connection
from typing import IO, Final

from chains.model import Block
from chains.scan import Change, Sight
from tracer.errors import CaseError, UsageError
from tracer.ledger import Account
from tracer.watch.evidence import merge_quiet
from tracer.watch.model import GRANTED, PAYMENT, SENTRY, TAKEN, Target
from tracer.watch.standing import Stand
from tracer.watch.state import Base, Cursor, Sense, Step
from tracer.watch.store_told import TARGETS, Delivery, Kept, Logged, Telling
from tracer.watch.store_values import (
    base_bytes,
    base_of,
    block_of,
    block_text,
    blocks_of,
    blocks_text,
    change_of,
    change_row,
    sense_of,
    sense_text,
    sight_of,
    sight_row,
    stand_of,
    stand_row,
    target_of,
    target_text,
)

try:
    import fcntl
except ImportError:  # Windows has no flock; there, two watches at work in one folder are up to the user
    fcntl = None  # type: ignore[assignment]

__all__ = ["DATABASE", "Delivery", "Logged", "WatchStore", "open_watch"]

DATABASE: Final = "watch.sqlite"

FROM_BLOCKS: Final = (PAYMENT, TAKEN, GRANTED, SENTRY)
"""Kinds of notices of which each stands in one block."""

INSERT_STAND: Final = "INSERT OR REPLACE INTO stand VALUES (?, ?, ?, ?, ?)"


class WatchStore(Telling):
    """The open store of a watch."""

    # --- targets

    def targets(self) -> list[Target]:
        """Everything on the list, in the order it was put there."""
        return self._read(target_of, self._rows(TARGETS))

    def target(self, name: str) -> Target | None:
        """One by its name."""
        found = self._read(target_of, self._rows("SELECT id, name, body FROM target WHERE name = ?", name))
        return found[0] if found else None

    def add(self, target: Target) -> Target:
        """Put a target on the list; returns it with its number, which no other ever has.

        Raises:
            UsageError: one of this name is there.
        """
        with self._transaction() as db:
            if db.execute("SELECT 1 FROM target WHERE name = ?", (target.name,)).fetchone():
                raise UsageError("error.watch_known", name=target.name)
            row = (target.name, target_text(target))
            cursor = db.execute("INSERT INTO target (name, body) VALUES (?, ?)", row)
        return target._replace(id=int(cursor.lastrowid or 0))

    def change(self, target: Target) -> None:
        """Write a target's settings; its name stays."""
        with self._transaction() as db:
            db.execute("UPDATE target SET body = ? WHERE id = ?", (target_text(target), target.id))

    def remove(self, id: int) -> None:  # noqa: A002
        """Take a target off the list, with what stands of it. Its notices stay in the log."""
        with self._transaction() as db:
            db.execute("DELETE FROM target WHERE id = ?", (id,))

    # --- what a target's fold goes on from

    def base(self, id: int) -> Base | None:  # noqa: A002
        """What its fold began with; None for one that was not begun."""
        found = self._read(base_of, self._rows("SELECT base FROM target WHERE id = ? AND base IS NOT NULL", id))
        return found[0] if found else None

    def rebase(
        self,
        id: int,  # noqa: A002
        base: Base,
        stands: Mapping[Account, Stand],
        origins: int,
        notices: Sequence[Kept] = (),
    ) -> list[Logged]:
        """Let a target go on from here, and tell what was learnt on the way. A target that was removed has neither."""
        with self._transaction() as db:
            row = (base_bytes(base), str(origins), id)
            if not db.execute("UPDATE target SET base = ?, origins = ? WHERE id = ?", row).rowcount:
                return []
            db.execute("DELETE FROM stand WHERE target = ?", (id,))
            db.executemany(INSERT_STAND, (stand_row(id, *item) for item in stands.items()))
            return self._tell(db, notices)

    def stands(self, id: int) -> dict[Account, Stand]:  # noqa: A002
        """Where its traced value stands."""
        rows = self._rows("SELECT chain, address, asset, body FROM stand WHERE target = ?", id)
        return dict(self._read(lambda *row: (row[:3], stand_of(row[3])), rows))

    def origins(self, id: int) -> int:  # noqa: A002
        """The number of its next theft."""
        row = self._row("SELECT origins FROM target WHERE id = ?", id)
        return 0 if row is None else int(row[0])

    # --- chains

    def cursor(self, chain: str) -> Cursor | None:
        """How far a chain was read; None for one that was not begun."""
        rows = self._rows("SELECT newest, final FROM chain WHERE name = ?", chain)
        found = self._read(lambda newest, final: Cursor(block_of(newest), block_of(final)), rows)
        return found[0] if found else None

    def anchor(self, chain: str) -> Block | None:
        """An old block by which a chain is known again; None before one was noted."""
        found = self._read(block_of, self._rows("SELECT value FROM meta WHERE name = ?", f"anchor.{chain}"))
        return found[0] if found else None

    def set_anchor(self, block: Block) -> None:
        """Note it."""
        with self._transaction() as db:
            db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (f"anchor.{block.chain}", block_text(block)))

    def thin(self, chain: str) -> int | None:
        """The first block since which a source may not have told every change of power; None where all were told."""
        row = self._row("SELECT value FROM meta WHERE name = ?", f"thin.{chain}")
        return None if row is None else int(row[0])

    def set_thin(self, chain: str, number: int | None) -> None:
        """Note it, or that it is so no more."""
        if number == self.thin(chain):
            return
        with self._transaction() as db:
            db.execute("DELETE FROM meta WHERE name = ?", (f"thin.{chain}",))
            if number is not None:
                db.execute("INSERT INTO meta VALUES (?, ?)", (f"thin.{chain}", str(number)))

    def blocks(self, chain: str) -> list[Block]:
        """Blocks above the final one as they were when read, newest first."""
        found = self._read(blocks_of, self._rows("SELECT blocks FROM chain WHERE name = ?", chain))
        return sorted(found[0], key=lambda block: -block.number) if found else []

    def begin(self, chain: str, cursor: Cursor) -> None:
        """Begin a chain here."""
        with self._transaction() as db:
            _put_cursor(db, chain, cursor, ())

    def rewind(self, chain: str, cursor: Cursor, notices: Sequence[Kept] = ()) -> list[Logged]:
        """Go back to ``cursor`` because a final block was undone: every target stands there as its base says.

        What was told of later blocks can be undone again, until it is found once more.
        """
        with self._transaction() as db:
            _put_cursor(db, chain, cursor, ())
            db.execute("DELETE FROM sight WHERE chain = ? AND (early OR number > ?)", (chain, cursor.final.number))
            db.execute("DELETE FROM change WHERE chain = ? AND number > ?", (chain, cursor.final.number))
            for target in self.targets():
                base = self.base(target.id)
                if base is not None and chain in base.tops:
                    db.execute("DELETE FROM stand WHERE (target, chain) = (?, ?)", (target.id, chain))
                    begun = ((account, stand) for account, stand in base.stands.items() if account[0] == chain)
                    db.executemany(INSERT_STAND, (stand_row(target.id, *item) for item in begun))
            for one in self._logged("WHERE chain = ? AND status = 'confirmed'", chain):
                if one.notice.kind in FROM_BLOCKS and one.notice.number > cursor.final.number:
                    db.execute("UPDATE notice SET status = 'provisional' WHERE id = ?", (one.notice.id,))
            return self._tell(db, notices)

    def sights(self, chain: str, *, above: int = -1) -> list[Sight]:
        """Final transfers in blocks with a number above, in chain order."""
        return self._sights(chain, early=False, above=above)

    def early(self, chain: str) -> list[Sight]:
        """Transfers that can still be undone, in chain order."""
        return self._sights(chain, early=True, above=-1)

    def _sights(self, chain: str, *, early: bool, above: int) -> list[Sight]:
        rows = self._rows(
            "SELECT chain, identity, number, raw, body FROM sight WHERE (chain, early) = (?, ?) AND number > ?",
            *(chain, early, above),
        )
        return sorted(self._read(sight_of, rows), key=lambda one: (one.number, one.transfer.position))

    def changes(self, chain: str, *, above: int = -1) -> list[Change]:
        """Final changes of power in blocks with a number above, in chain order."""
        rows = self._rows(
            "SELECT chain, identity, number, raw, body FROM change WHERE chain = ? AND number > ?", chain, above
        )
        return sorted(self._read(change_of, rows), key=lambda one: (one.number, one.position))

    def sense(self, chain: str) -> Sense | None:
        """Whether a chain could be seen last."""
        found = self._read(sense_of, self._rows("SELECT body FROM sense WHERE chain = ?", chain))
        return found[0] if found else None

    def set_sense(self, sense: Sense, notices: Sequence[Kept] = ()) -> list[Logged]:
        """Note whether a chain can be seen, and tell it."""
        with self._transaction() as db:
            db.execute("INSERT OR REPLACE INTO sense VALUES (?, ?)", (sense.chain, sense_text(sense)))
            return self._tell(db, notices)

    def commit(self, step: Step) -> list[Logged]:
        """Write what a stretch of blocks changed, with the answers it was read in: all of it or nothing.

        Returns the notices that are new or in a new state.
        """
        seen = {one.raw for one in (*step.sights, *step.early)} | {one.raw for one in step.changes}
        with self._transaction(step.answers | seen) as db:
            _put_cursor(db, step.chain, step.cursor, step.blocks)
            db.execute("DELETE FROM sight WHERE chain = ? AND early", (step.chain,))
            _put_sights(db, step.sights, early=False)
            _put_sights(db, step.early, early=True)
            db.executemany("INSERT OR REPLACE INTO change VALUES (?, ?, ?, ?, ?)", map(change_row, step.changes))
            _put_stands(db, step)
            fresh = self._tell(db, step.notices)
        self.evidence.settle(step.chain)
        return fresh

    # --- keeping it small

    def prune(self, before: int) -> int:
        """Sum up what is older than a Unix time and needed no more; returns how many rows that saved.

        Messages that a later one followed, requests of past days, and quiet days, which become months.
        """
        with self._transaction() as db:
            saved = db.execute(
                "DELETE FROM outbox WHERE sent < ? AND EXISTS (SELECT 1 FROM outbox AS later WHERE later.sent NOT NULL"
                " AND (later.notice, later.channel) = (outbox.notice, outbox.channel) AND later.turn > outbox.turn)",
                (before,),
            ).rowcount
            day = "strftime('%Y-%m-%d', ?, 'unixepoch')"
            saved += db.execute(f"DELETE FROM spent WHERE day < {day}", (before,)).rowcount  # noqa: S608
            return saved + merge_quiet(db, before)


def _put_cursor(db: Connection, chain: str, cursor: Cursor, blocks: Sequence[Block]) -> None:
    row = (chain, block_text(cursor.newest), block_text(cursor.final), blocks_text(blocks))
    db.execute("INSERT OR REPLACE INTO chain VALUES (?, ?, ?, ?)", row)


def _put_sights(db: Connection, sights: Iterable[Sight], *, early: bool) -> None:
    rows = (sight_row(one, early=early) for one in sights)
    db.executemany("INSERT OR REPLACE INTO sight VALUES (?, ?, ?, ?, ?, ?)", rows)


def _put_stands(db: Connection, step: Step) -> None:
    """Write accounts that changed; those of a target that was removed meanwhile are nobody's."""
    there = {number for (number,) in db.execute("SELECT id FROM target")}
    for (target, account), stand in step.stands.items():
        if target not in there:
            continue
        if stand is None:
            db.execute("DELETE FROM stand WHERE (target, chain, address, asset) = (?, ?, ?, ?)", (target, *account))
        else:
            db.execute(INSERT_STAND, stand_row(target, account, stand))
    rows = [(str(origins), target) for target, origins in step.origins.items()]
    db.executemany("UPDATE target SET origins = ? WHERE id = ?", rows)


@contextmanager
def open_watch(folder: Path, *, reading: bool = False, beside: bool = False) -> Iterator[WatchStore]:
    """Open the store of the watch in a folder, which is made when it is not there.

    ``reading`` changes nothing and ``beside`` only the list of targets, whether or not a watch runs there.

    Raises:
        CaseError: a watch runs there already, or the folder cannot be used.
    """
    if not reading:
        _make(folder)
    with ExitStack() as held:
        if not (reading or beside):
            held.enter_context(_lock(folder))
        store = held.enter_context(closing(WatchStore(folder / DATABASE, reading=reading)))
        yield store
        if not reading:
            with suppress(CaseError):  # counts at most, which the next start does without
                store.end()


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as failure:
        raise CaseError("error.folder", folder=folder, why=failure.strerror) from failure


def _lock(folder: Path) -> IO[str]:
    try:
        handle = (folder / ".lock").open("w", encoding="utf-8")
    except OSError as failure:
        raise CaseError("error.folder", folder=folder, why=failure.strerror) from failure
    try:
        if fcntl is not None:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.close()
        raise CaseError("error.watch_running", folder=folder) from None
    return handle
