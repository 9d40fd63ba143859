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
from chains.evm_records import required
from chains.model import FEE_SINK, NATIVE, Address, Approval, AssetId, Collectible, Kind, Position, Transfer
from chains.registry import Chain
from chains.sqd_portal import Stretch, items, whole

_SOURCE: Final = "sqd"


class _Place(NamedTuple):
    """A transaction in its block; ``height`` is the block's time in milliseconds."""

    height: int
    nth: int
    call: tron_calls.Call
    ok: bool


def is_trc10(asset: AssetId) -> bool:
    """Whether an asset is a TRC-10 token, whose id is a number."""
    return asset.isascii() and asset.isdigit()


def normalise_stretch(chain: Chain, who: Address, stretch: Stretch) -> tuple[Rows, str]:
    """The blocks of one answer as rows that concern ``who``, and why those may not be all (empty when they are).

    Raises:
        Malformed: a mandatory field is missing, or a row's transaction is.
    """
    found: list[Transfer] = []
    approvals: list[Approval] = []
    collectibles: list[Collectible] = []
    doubts: dict[str, None] = {}
    for block in stretch.blocks:
        places = _places(block)
        for place in places.values():
            found += _own(chain.id, who, place, doubts)
        for row in items(block, "internalTransactions", _SOURCE):
            found += _inner(chain.id, row, _place_of(row, places), doubts)
        rows = _logged(chain, block, places)
        found += rows.transfers
        approvals += rows.approvals
        collectibles += rows.collectibles
    mine = tuple(row for row in found if who in (row.sender, row.receiver) and row.amount)
    return Rows(stretch.raw, mine, tuple(approvals), tuple(collectibles)), "; ".join(doubts)


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


def _inner(chain: str, row: Mapping[str, Any], place: _Place, doubts: dict[str, None]) -> list[Transfer]:
    """Calls inside a transaction, at their number in its list; one that carried nothing need not say to whom."""
    carried = row.get("callValueInfo") or []
    if not place.ok or row.get("rejected") or not any(info.get("callValue") for info in carried):
        return []
    told = tron_calls.inner_of(
        {
            "hash": required(row, "hash", _SOURCE),
            "caller_address": row.get("callerAddress"),
            "transferTo_address": row.get("transferToAddress"),
            "callValueInfo": carried,
            "note": row.get("note"),
        }
    )
    moves, doubt = tron_calls.inner_moves(told)
    if doubt:
        doubts[doubt] = None
    index = whole(row, "internalTransactionIndex")
    return _moved(chain, place, Kind.INTERNAL, moves, index)


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
