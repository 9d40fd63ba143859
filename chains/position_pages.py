"""The history of a liquidity position, page by page: the logs of one NFT, as transfers of whoever's it is asked for.

Sources that find logs by contract and topics share it. Who holds a position, and how much is in it, stands only in
all its logs from the first on, so that the `Book` of one history is kept over its pages and must have seen, or been
told the sum of, everything before. What such a log means is decided in chains/positions.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from chains.errors import Malformed
from chains.evm_records import TimeOf, hex_int, position_events, required
from chains.model import Address, AssetId, Coverage, Page, number_equal_rows
from chains.positions import CHANGES, MOVED, Book, Event, number_word, parts, unclaimed
from chains.registry import Chain

UNCOLLECTED: Final = "something of this position was not collected yet, and only its earlier logs tell how much"


class Query(NamedTuple):
    """Logs of the manager of these kinds with ``word`` (0x and 64 hex digits) in topic number ``place``."""

    manager: AssetId
    kinds: tuple[str, ...]
    place: int
    word: str


def queries(asset: AssetId) -> tuple[Query, Query]:
    """The two questions that find every log of a position."""
    manager, word = parts(asset)[0], "0x" + number_word(asset)
    return Query(manager, (MOVED,), 3, word), Query(manager, CHANGES, 1, word)


def unclaimed_in(chain: Chain, receipt: Mapping[str, Any], source: str) -> list[AssetId]:
    """Positions that a JSON-RPC receipt says were added to, and not whose they are."""
    return unclaimed(position_events(chain, required(receipt, "logs", source), 0, source))


class Logs(NamedTuple):
    """The logs of one stretch of blocks as events in their order, and by place the stored answer each stands in."""

    events: tuple[Event, ...]
    raws: Mapping[tuple[int, int], int]


def read_logs(
    chain: Chain, source: str, asset: AssetId, logs: Sequence[tuple[Mapping[str, Any], int]], time_of: TimeOf
) -> Logs:
    """Logs that answered `queries`, each with its stored answer; one that came twice counts once.

    What else a source hands out about the same number is passed over, for not all can be asked by kind of log.

    Raises:
        Malformed: a log without the fields every log has, or one of another contract.
    """
    once: dict[tuple[int, int], tuple[Mapping[str, Any], int]] = {}
    for log, raw in logs:
        if str(required(log, "address", source)).lower() != parts(asset)[0]:
            raise Malformed(source, f"asked for the logs of {asset}", log)
        required(log, "topics", source)
        required(log, "data", source)
        place = (
            hex_int(required(log, "blockNumber", source), source),
            hex_int(required(log, "logIndex", source), source),
        )
        once[place] = log, raw
    events = position_events(chain, [log for log, _ in once.values()], time_of, source)
    return Logs(
        tuple(event for event in events if event.asset == asset),
        {place: raw for place, (_, raw) in once.items()},
    )


def page_of_position(book: Book, logs: Logs, who: Address, covers: Coverage, weak: str = "") -> Page:
    """The transfers of ``who`` within ``covers``; the book moves on by all of these logs."""
    moved = [row for event in logs.events for row in book.rows(event) if who in (row.sender, row.receiver)]
    rows = number_equal_rows([row for row in moved if row.position.height >= covers.low])
    raws = tuple(logs.raws[row.position.height, row.position.index[0]] for row in rows)
    return Page(tuple(rows), raws, covers, weak=weak)
