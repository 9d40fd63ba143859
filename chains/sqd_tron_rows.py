"""TRON blocks of the SQD Portal as transfers with settled positions.

The portal keeps what nodes say under names of its own: the records are given back their names here, so that contract
calls mean what `tron_calls` says they mean and logs what `evm_records` says, whichever source they came from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from chains import tron_calls, tron_receipt
from chains.bulk_rows import Rows
from chains.errors import Malformed
from chains.evm_contract import hex_bytes, topics_of
from chains.evm_records import required
from chains.model import (
    FEE_SINK,
    NATIVE,
    Address,
    Approval,
    AssetId,
    Collectible,
    Event,
    Kind,
    Position,
    Support,
    Transfer,
)
from chains.registry import Chain
from chains.sqd_portal import Stretch, items, whole
from chains.tron_supports import Ends, lent_by, lent_inside, support_of

_SOURCE: Final = "sqd"


class _Place(NamedTuple):
    """A transaction in its block; ``height`` is the block's time in milliseconds."""

    height: int
    nth: int
    call: tron_calls.Call
    ok: bool


class Told(NamedTuple):
    """What one answer says of an address; ``doubt`` is why the rows may not be all, empty when they are."""

    rows: Rows
    doubt: str
    supports: tuple[Support, ...]


def is_trc10(asset: AssetId) -> bool:
    """Whether an asset is a TRC-10 token, whose id is a number."""
    return asset.isascii() and asset.isdigit()


def normalise_stretch(chain: Chain, who: Address, stretch: Stretch) -> Told:
    """The blocks of one answer as rows that concern ``who``.

    Raises:
        Malformed: a mandatory field is missing, or a row's transaction is.
    """
    found: list[Transfer] = []
    approvals: list[Approval] = []
    collectibles: list[Collectible] = []
    supports: list[Support] = []
    doubts: dict[str, None] = {}
    for block in stretch.blocks:
        places = _places(block)
        for place in places.values():
            found += _own(chain.id, who, place, doubts)
            supports += _lent(chain.id, place, Kind.NATIVE, 0, lent_by(place.call) if place.ok else None)
        for row in items(block, "internalTransactions", _SOURCE):
            place = _place_of(row, places)
            inner = _inner(row, place)
            if inner is not None:
                index = whole(row, "internalTransactionIndex")
                found += _moved(chain.id, place, Kind.INTERNAL, _inner_moves(inner, doubts), index)
                supports += _lent(chain.id, place, Kind.INTERNAL, index, lent_inside(inner))
        rows = _logged(chain, block, places)
        found += rows.transfers
        approvals += rows.approvals
        collectibles += rows.collectibles
    mine = tuple(row for row in found if who in (row.sender, row.receiver) and row.amount)
    lent = tuple(one for one in supports if who in (one.giver, one.receiver))
    return Told(Rows(stretch.raw, mine, tuple(approvals), tuple(collectibles)), "; ".join(doubts), lent)


def events_of(chain: Chain, contract: Address, topics: Sequence[str], stretch: Stretch) -> list[Event]:
    """The logs of one answer as they stand on chain, with the 0x that TRON leaves out, in the order they happened.

    Raises:
        Malformed: a log that was not asked for, lacks a field, or has no transaction.
    """
    found = []
    for block in stretch.blocks:
        places = _places(block)
        for log in items(block, "logs", _SOURCE):
            event = _event(chain, log, _place_of(log, places), stretch.raw)
            if event.contract != contract or not event.topics or event.topics[0] not in topics:
                raise Malformed(_SOURCE, f"asked for the logs of {contract}", log)
            found.append(event)
    return sorted(found, key=lambda event: event.position)


def _event(chain: Chain, log: Mapping[str, Any], place: _Place, raw: int) -> Event:
    told = required(log, "topics", _SOURCE)
    words = [f"0x{topic}" for topic in told] if isinstance(told, list) else told
    return Event(
        chain=chain.id,
        contract=tron_calls.address_in(log, "address"),
        tx=place.call.tx,
        position=Position(place.height, place.nth, Kind.TOKEN, (whole(log, "logIndex"),)),
        time=place.height // 1000,
        topics=topics_of({"topics": words}, _SOURCE),
        data=hex_bytes(f"0x{log.get('data') or ''}", _SOURCE),
        raw=raw,
    )


def _places(block: Mapping[str, Any]) -> dict[int, _Place]:
    height = whole(required(block, "header", _SOURCE), "timestamp")
    places = {}
    for tx in items(block, "transactions", _SOURCE):
        parameter = required(tx, "parameter", _SOURCE)
        if not isinstance(parameter, Mapping) or not isinstance(parameter.get("value"), Mapping):
            raise Malformed(_SOURCE, "a transaction without its contract's values", tx)
        name = tron_calls.tx_id(str(required(tx, "hash", _SOURCE)))
        call = tron_calls.Call(name, str(required(tx, "type", _SOURCE)), parameter["value"], tx)
        ok = tron_calls.succeeded(tx) and tx.get("result") in _DONE
        places[whole(tx, "transactionIndex")] = _Place(height, whole(tx, "transactionIndex"), call, ok)
    return places


_DONE: Final = (None, "", "DEFAULT", "SUCCESS")
"""The receipt's own result; absent where no contract ran."""


def _own(chain: str, who: Address, place: _Place, doubts: dict[str, None]) -> list[Transfer]:
    call = place.call
    fee = tron_calls.whole(call.record.get("fee") or 0)
    paid = [tron_calls.Move(NATIVE, call.owner, FEE_SINK, fee)] if fee and call.owner == who else []
    moves: Sequence[tron_calls.Move] = ()
    if place.ok and call.type not in tron_calls.RETURNED:
        moves, doubt = tron_calls.moves_of(call)
        if doubt and call.owner == who:
            doubts[doubt] = None
    return [*_moved(chain, place, Kind.FEE, paid), *_moved(chain, place, Kind.NATIVE, moves)]


def _inner(row: Mapping[str, Any], place: _Place) -> tron_calls.Inner | None:
    """A call inside a transaction; one that carried nothing need not say to whom."""
    carried = row.get("callValueInfo") or []
    if not place.ok or row.get("rejected") or not any(info.get("callValue") for info in carried):
        return None
    return tron_calls.inner_of(
        {
            "hash": required(row, "hash", _SOURCE),
            "caller_address": row.get("callerAddress"),
            "transferTo_address": row.get("transferToAddress"),
            "callValueInfo": carried,
            "note": row.get("note"),
        }
    )


def _inner_moves(inner: tron_calls.Inner, doubts: dict[str, None]) -> Sequence[tron_calls.Move]:
    moves, doubt = tron_calls.inner_moves(inner)
    if doubt:
        doubts[doubt] = None
    return moves


def _lent(chain: str, place: _Place, kind: Kind, index: int, ends: Ends | None) -> list[Support]:
    if ends is None:
        return []
    return [support_of(chain, place.call.tx, Position(place.height, place.nth, kind, (index,)), ends)]


def _moved(chain: str, place: _Place, kind: Kind, moves: Sequence[tron_calls.Move], *around: int) -> list[Transfer]:
    """Moves of one call at their places in the transaction, numbered within ``around``."""
    return [
        Transfer(
            chain, place.call.tx, Position(place.height, place.nth, kind, (*around, nth)), place.height // 1000, *move
        )
        for nth, move in enumerate(moves)
    ]


def _logged(chain: Chain, block: Mapping[str, Any], places: Mapping[int, _Place]) -> Rows:
    """Logs of one block, read as a node's. The portal gives only some of a transaction's, each with its number."""
    grouped: dict[int, list[Mapping[str, Any]]] = {}
    for log in items(block, "logs", _SOURCE):
        grouped.setdefault(_place_of(log, places).nth, []).append(log)
    rows = Rows(0, ())
    for nth, logs in grouped.items():
        place = places[nth]
        at = tron_receipt.Place(whole(block["header"], "number"), place.height, nth)
        told = tron_receipt.logs_of(chain, place.call.tx, at, logs)
        rows = Rows(
            0,
            (*rows.transfers, *(row._replace(position=_numbered(row.position, logs)) for row in told.transfers)),
            (*rows.approvals, *(row._replace(position=_numbered(row.position, logs)) for row in told.approvals)),
            (*rows.collectibles, *(row._replace(position=_numbered(row.position, logs)) for row in told.collectibles)),
        )
    return rows


def _numbered(position: Position, logs: Sequence[Mapping[str, Any]]) -> Position:
    """The place with the log's own number in its transaction instead of the one in ``logs``."""
    at, *rest = position.index
    return position._replace(index=(whole(logs[at], "logIndex"), *rest))


def _place_of(row: Mapping[str, Any], places: Mapping[int, _Place]) -> _Place:
    place = places.get(whole(row, "transactionIndex"))
    if place is None:
        raise Malformed(_SOURCE, "a row without its transaction", row)
    return place
