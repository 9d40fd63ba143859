"""From TronGrid's pages to stretches of history that cut no block in two.

A page may end in the middle of a block, the fingerprint that leads to the next page may be refused or lead in a circle,
and a proxy may serve a page twice or a shorter page than was asked for. `turn` decides what one page proves and what to
ask next; it is pure, so that all of that is tested without a server.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from chains.errors import Down, Malformed

NAME: Final = "trongrid"
LIMIT: Final = 200
_CAPS: Final = frozenset({20, 50, 100, LIMIT})
"""Page sizes that servers fall back to. A last page of exactly this size is not believed to be the last."""


class Row(NamedTuple):
    """One record, the id of the stored answer it stands in, and its block's time in milliseconds."""

    record: Mapping[str, Any]
    raw: int
    time: int


class Stretch(NamedTuple):
    """Rows of whole blocks: with all stretches before it, every row up to ``upto`` (None: to the tip)."""

    rows: tuple[Row, ...]
    upto: int | None
    last: bool


@dataclass(frozen=True, slots=True)
class Cursor:
    """What to ask next: ``start`` and ``fingerprint``. ``held`` is the last block seen, which may go on.

    ``clock`` is what the list calls the time of its rows in a question.
    """

    start: int
    end: int | None
    what: str
    clock: str = "timestamp"
    fingerprint: str | None = None
    held: tuple[Row, ...] = ()
    previous: tuple[Mapping[str, Any], ...] = ()
    used: frozenset[str] = frozenset()

    @property
    def params(self) -> dict[str, str]:
        """The query of the next page. All but the fingerprint must stay as they are while paging (apis.md 4.2)."""
        params = {
            "only_confirmed": "true",
            "limit": str(LIMIT),
            "order_by": "block_timestamp,asc",
            f"min_{self.clock}": str(self.start),
        }
        if self.end is not None:
            params[f"max_{self.clock}"] = str(self.end)
        if self.fingerprint is not None:
            params["fingerprint"] = self.fingerprint
        return params


def turn(cursor: Cursor, page: Mapping[str, Any], raw: int) -> tuple[Stretch, Cursor | None]:
    """What a page adds, and the cursor for the next one; None after the last.

    Raises:
        Down: the page repeats or precedes what came before it, or cannot be continued.
        Malformed: rows without a time, or not in its order.
    """
    fresh = tuple(_row(record, raw) for record in page["data"])
    _check_order(cursor, fresh)
    fingerprint = page["meta"].get("fingerprint") or None
    rows = cursor.held + fresh
    if fingerprint is not None:
        return _more(cursor, rows, fresh, str(fingerprint))
    if len(fresh) in _CAPS and cursor.start != cursor.end:
        return _doubted(cursor, rows)
    return Stretch(rows, cursor.end, last=True), None


def restart(cursor: Cursor) -> Cursor:
    """The question that takes up again at the last block seen, without a fingerprint.

    Raises:
        Down: nothing was seen since the last restart, so that asking would go in a circle.
    """
    if not cursor.held or cursor.held[0].time <= cursor.start:
        raise Down(NAME, cursor.what, f"the pages from {cursor.start} on cannot be continued")
    return Cursor(cursor.held[0].time, cursor.end, cursor.what, cursor.clock)


def _more(cursor: Cursor, rows: tuple[Row, ...], fresh: tuple[Row, ...], fingerprint: str) -> tuple[Stretch, Cursor]:
    if fingerprint == cursor.fingerprint or fingerprint in cursor.used:
        raise Down(NAME, cursor.what, "repeated page: its fingerprint leads back to itself")
    whole, held = _split(rows)
    upto = held[0].time - 1 if held else cursor.start - 1
    following = replace(
        cursor,
        fingerprint=fingerprint,
        held=held,
        previous=tuple(row.record for row in fresh),
        used=cursor.used | {fingerprint},
    )
    return Stretch(whole, upto, last=False), following


def _doubted(cursor: Cursor, rows: tuple[Row, ...]) -> tuple[Stretch, Cursor]:
    """Ask once more from the last block on, or after it when there was no other: the list may have been cut short."""
    whole, held = _split(rows)
    if held[0].time > cursor.start:
        return Stretch(whole, held[0].time - 1, last=False), restart(replace(cursor, held=held))
    return Stretch(rows, cursor.start, last=False), Cursor(cursor.start + 1, cursor.end, cursor.what, cursor.clock)


def _split(rows: tuple[Row, ...]) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    """The rows before the last block, and those of the last block."""
    if not rows:
        return (), ()
    last = rows[-1].time
    whole = tuple(row for row in rows if row.time < last)
    return whole, rows[len(whole) :]


def _row(record: object, raw: int) -> Row:
    if not isinstance(record, Mapping) or not isinstance(record.get("block_timestamp"), int):
        raise Malformed(NAME, "a row without block_timestamp", record)
    return Row(record, raw, record["block_timestamp"])


def _check_order(cursor: Cursor, fresh: tuple[Row, ...]) -> None:
    if fresh and tuple(row.record for row in fresh) == cursor.previous:
        raise Down(NAME, cursor.what, "repeated page")
    latest = cursor.held[-1].time if cursor.held else cursor.start
    for row in fresh:
        if row.time < latest:
            raise Down(NAME, cursor.what, f"repeated or misplaced rows: {row.time} after {latest}")
        latest = row.time
    if fresh and cursor.end is not None and latest > cursor.end:
        raise Down(NAME, cursor.what, f"rows at {latest}, after the end {cursor.end} that was asked for")
