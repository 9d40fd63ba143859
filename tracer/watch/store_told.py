"""What was noticed and what of it was told to whom: the notices of a watch, and its outbox.

A notice has turns: every change of its state is one. A channel is told a turn where it does not believe that already:
one that never heard of a payment is not told that it was undone, and of one that was undone and came back before the
first could be sent it hears once. What a channel believes is the last message it took, or may have taken: a process
that ends while it sends leaves a try of which nobody knows whether it was heard.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from sqlite3 import Connection
from typing import Final, NamedTuple

from tracer.watch.model import BLIND, CONFIRMED, PROVISIONAL, RETRACTED, SEEING, Notice, Told
from tracer.watch.store_base import WatchBase
from tracer.watch.store_values import notice_of, notice_text, target_of

Kept = tuple[Notice, str]
"""A notice and its state."""

TARGETS: Final = "SELECT id, name, body FROM target ORDER BY id"
EVERYWHERE: Final = frozenset({BLIND, SEEING})
"""Kinds that go to every channel, whatever severities it takes: silence must not look like quiet."""

WAITING: Final = "FROM outbox WHERE sent IS NULL"
HEARD: Final = "(sent IS NOT NULL OR unsure)"

AT_ONCE: Final = 200
"""Messages of one channel that are looked at together."""

DUE: Final = """
SELECT body, of, outbox_turn, channel, tries, made FROM (
    SELECT notice, outbox.status AS of, turn AS outbox_turn, channel, tries, made, n AS place,
        row_number() OVER (PARTITION BY channel ORDER BY n) AS nth
    FROM outbox WHERE sent IS NULL AND (due <= ?1 OR due > ?1 + 900) AND NOT EXISTS (
        SELECT 1 FROM outbox AS other WHERE other.sent IS NULL
        AND (other.notice, other.channel) = (outbox.notice, outbox.channel) AND other.turn < outbox.turn)
) JOIN notice ON id = notice WHERE nth <= ?2 ORDER BY place"""
"""What is due; a message that is to wait for longer than any does was put off before the clock was set back."""


class Logged(NamedTuple):
    """A notice in its last state, the number of that state, and the Unix time at which it came to be so."""

    notice: Notice
    status: str
    turn: int
    at: int


class Delivery(NamedTuple):
    """One message of a notice: when it was made, how often it was tried, and when it was taken or why it was not yet.

    Times are Unix seconds; ``at`` is None while it waits.
    """

    turn: int
    channel: str
    status: str
    made: int
    tries: int
    at: int | None
    why: str


class Telling(WatchBase):
    """Notices and outbox. ``channels`` says which severities each channel takes; without any, nothing is sent."""

    channels: Mapping[str, frozenset[str]] = {}

    # --- notices

    def tell(self, notices: Sequence[Kept]) -> list[Logged]:
        """Take notices in; one whose state is known already only has its words refreshed. Returns the others."""
        if not notices:
            return []
        with self._transaction() as db:
            return self._tell(db, notices)

    def _tell(self, db: Connection, notices: Iterable[Kept]) -> list[Logged]:
        """The same, inside a transaction.

        What is about a target that is not there any more is not told; of one that is paused only how that goes on which
        a channel heard of before.
        """
        there = {0: False} | {one.id: one.paused for one in self._read(target_of, db.execute(TARGETS))}
        silent = dict.fromkeys(self.channels, frozenset[str]())
        taken = [
            self._take(db, notice, status, silent if there[notice.target] else self.channels)
            for notice, status in notices
            if notice.target in there
        ]
        return [one for one in taken if one is not None]

    def _take(
        self, db: Connection, notice: Notice, status: str, channels: Mapping[str, frozenset[str]]
    ) -> Logged | None:
        """Take one in; None where its state was known."""
        known = db.execute("SELECT status, turn FROM notice WHERE id = ?", (notice.id,)).fetchone()
        before, turn = known or ("", 0)
        if before == status or (before, status) == (CONFIRMED, PROVISIONAL):
            db.execute("UPDATE notice SET body = ? WHERE id = ?", (notice_text(notice), notice.id))
            return None
        db.execute(
            "INSERT OR REPLACE INTO notice VALUES (?, (SELECT coalesce(max(n), 0) + 1 FROM notice), ?, ?, ?, ?, ?, ?)",
            (notice.id, notice.target, notice.chain, status, turn + 1, self.now(), notice_text(notice)),
        )
        db.execute(f"DELETE {WAITING} AND NOT unsure AND notice = ?", (notice.id,))
        for channel, severities in channels.items():
            believed = _believed(db, notice.id, channel)
            taken = notice.severity in severities or (notice.kind in EVERYWHERE and bool(severities))
            wanted = believed is not None or (taken and status != RETRACTED)
            if wanted and believed != status:
                db.execute(
                    "INSERT INTO outbox (notice, turn, channel, status, made, due) VALUES (?, ?, ?, ?, ?, ?)",
                    (notice.id, turn + 1, channel, status, self.now(), self.now()),
                )
        return Logged(notice, status, turn + 1, self.now())

    def notice(self, id: str) -> Logged | None:  # noqa: A002
        """One notice as it stands now."""
        found = self._logged("WHERE id = ?", id)
        return found[0] if found else None

    def log(self, *, target: int | None = None, limit: int | None = None) -> list[Logged]:
        """What was noticed, the last changed last; only of one target, or only the last so many."""
        where = "WHERE target = ?" if target is not None else "WHERE ? IS NULL"
        return self._logged(f"{where} ORDER BY n DESC LIMIT ?", target, -1 if limit is None else limit)[::-1]

    def _logged(self, where: str, *values: object) -> list[Logged]:
        rows = self._rows(f"SELECT body, status, turn, at FROM notice {where}", *values)  # noqa: S608
        return self._read(lambda body, *state: Logged(notice_of(body), *state), rows)

    def provisional(self, chain: str) -> list[Notice]:
        """Notices of a chain that can still be undone, of targets that are watched."""
        found = self._logged("WHERE chain = ? AND status = 'provisional' ORDER BY n", chain)
        there = {0, *(number for (number,) in self._rows("SELECT id FROM target"))}
        return [one.notice for one in found if one.notice.target in there]

    # --- the outbox

    def due(self, now: int) -> list[Told]:
        """Messages to send, of each channel the first `AT_ONCE` in the order they were made.

        Of one notice a channel gets only the first turn that waits.
        """
        rows = self._rows(DUE, now, AT_ONCE)
        return [
            told
            for told in self._read(lambda body, *rest: Told(notice_of(body), *rest), rows)
            if not self.channels or told.channel in self.channels
        ]

    def sending(self, told: Told) -> None:
        """A message is about to leave: from here on its channel may have heard it."""
        self._mark(told, "tries = tries + 1, unsure = unsure + 1")

    def sent(self, told: Told, at: int) -> None:
        """Its channel took it."""
        self._mark(told, "unsure = 0, why = '', sent = ?", at)

    def unsent(self, told: Told, why: str, next_at: int) -> None:
        """Its channel did not take it; it is due again at ``next_at``, unless a later turn takes its place."""
        with self._transaction() as db:
            self._set(db, told, "unsure = unsure - 1, why = ?, due = ?", why.encode(errors="replace").decode(), next_at)
            key = (told.notice.id, told.channel)
            waiting = db.execute(
                f"SELECT n, status, unsure {WAITING} AND (notice, channel) = (?, ?) ORDER BY turn DESC", key
            ).fetchall()
            believed = _believed(db, *key)
            for place, (number, status, unsure) in enumerate(waiting):
                idle = status == believed or (believed is None and status == RETRACTED)
                if (place or idle) and not unsure:
                    db.execute("DELETE FROM outbox WHERE n = ?", (number,))

    def _mark(self, told: Told, what: str, *values: object) -> None:
        with self._transaction() as db:
            self._set(db, told, what, *values)

    def _set(self, db: Connection, told: Told, what: str, *values: object) -> None:
        db.execute(
            f"UPDATE outbox SET {what} WHERE sent IS NULL AND (notice, turn, channel) = (?, ?, ?)",  # noqa: S608
            (*values, told.notice.id, told.turn, told.channel),
        )

    def undelivered(self) -> int:
        """Messages that wait, on channels that there are."""
        rows = self._rows(f"SELECT channel, count(*) {WAITING} GROUP BY channel")
        return sum(count for channel, count in rows if not self.channels or channel in self.channels)

    def deliveries(self, notice_id: str) -> list[Delivery]:
        """What became of a notice's messages, in the order they were made."""
        rows = self._rows(
            "SELECT turn, channel, status, made, tries, sent, why FROM outbox WHERE notice = ? ORDER BY n", notice_id
        )
        return [Delivery(*row) for row in rows]


def _believed(db: Connection, notice: str, channel: str) -> str | None:
    """The last state of a notice that a channel was told, or may have been."""
    row = db.execute(
        f"SELECT status FROM outbox WHERE {HEARD} AND (notice, channel) = (?, ?) ORDER BY turn DESC LIMIT 1",  # noqa: S608
        (notice, channel),
    ).fetchone()
    return None if row is None else str(row[0])
