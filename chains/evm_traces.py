"""Native coin moved by calls inside transactions, from the three ways nodes show those calls.

`callTracer` nests frames; Parity-style rows (`trace_block`, `trace_filter`, `trace_transaction`, `flatCallTracer`) have
a path, Otterscan lists the movements alone. The rule is one (domain rules 9.0, API reference 3.3): a frame moves value
when its type moves value and neither it nor any frame around it failed. The outermost call is the transaction's own
value, so it is never an internal transfer.

Frames are walked without recursion: a hostile contract may nest a thousand calls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from chains.errors import Malformed
from chains.evm_records import address_field, hex_int, required
from chains.model import NATIVE, Address, Kind, Position, Transfer, number_equal_rows


class TxPlace(NamedTuple):
    """The transaction that the calls are inside of: ``chain`` id, hash, block number, index in it, Unix seconds."""

    chain: str
    tx: str
    height: int
    tx_index: int
    time: int


_MOVING: Final = frozenset({"CALL", "CREATE", "CREATE2", "SELFDESTRUCT"})
_STILL: Final = frozenset({"CALLCODE", "DELEGATECALL", "STATICCALL"})
"""CALLCODE names a value, but sender and receiver are the same account."""

Path = tuple[int, ...]


def internals_of_frame(frame: Mapping[str, Any], at: TxPlace, source: str) -> list[Transfer]:
    """Internal transfers of one transaction from its `callTracer` result; index = path of the frame.

    Raises:
        Malformed: an unknown frame type, or one that moves value but does not say from where, to where or how much
            (geth before 1.10 wrote self-destructions so).
    """
    moves: list[Transfer] = []
    waiting: list[tuple[Path, Mapping[str, Any]]] = [((), frame)]
    while waiting:
        path, call = waiting.pop()
        if failed(call):
            continue
        if path:
            moves += _of_frame(call, path, at, source)
        inner: Sequence[Mapping[str, Any]] = call.get("calls") or ()
        waiting += [((*path, nth), child) for nth, child in enumerate(inner)]
    return _in_order(moves)


def failed(record: Mapping[str, Any]) -> bool:
    """Whether a frame or row says that its call was undone."""
    return bool(record.get("error"))


def _of_frame(call: Mapping[str, Any], path: Path, at: TxPlace, source: str) -> list[Transfer]:
    kind = str(required(call, "type", source)).upper()
    if kind in _STILL:
        return []
    if kind not in _MOVING:
        raise Malformed(source, f"unknown frame type {kind}", call)
    amount = hex_int(required(call, "value", source), source)
    if not amount:
        return []
    return [_moved(at, path, address_field(call, "from", source), address_field(call, "to", source), amount)]


def internals_of_rows(rows: Sequence[Mapping[str, Any]], at: TxPlace, source: str) -> list[Transfer]:
    """Internal transfers of one transaction from all its Parity-style rows; index = ``traceAddress``.

    Rows must be the whole transaction: a failed row outside the list would hide that the rows below it were undone.

    Raises:
        Malformed: an unknown type, or a mandatory field is missing.
    """
    undone = {path_of(row, source) for row in rows if failed(row)}
    moves = []
    for row in rows:
        path = path_of(row, source)
        if path and not any(path[:depth] in undone for depth in range(len(path) + 1)):
            move = value_of_row(row, source)
            if move is not None:
                moves.append(_moved(at, path, *move))
    return _in_order(moves)


def path_of(row: Mapping[str, Any], source: str) -> Path:
    """Where a Parity-style row stands in its transaction; ``()`` is the transaction's own call."""
    return tuple(hex_int(step, source) for step in required(row, "traceAddress", source))


def value_of_row(row: Mapping[str, Any], source: str) -> tuple[Address, Address, int] | None:
    """(sender, receiver, amount) of a Parity-style row, or None when its type or amount moves nothing.

    Whether it or a row around it failed is not looked at.
    """
    kind = str(required(row, "type", source)).lower()
    if kind not in _ROW_READERS:
        raise Malformed(source, f"unknown trace type {kind}", row)
    return _ROW_READERS[kind](row, required(row, "action", source), source)


def rows_by_transaction(rows: Iterable[Mapping[str, Any]], source: str) -> dict[str, list[Mapping[str, Any]]]:
    """Rows of `trace_block` or `trace_filter` by transaction hash, in the order they came; block rewards left out."""
    grouped: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        if row.get("type") != "reward":
            grouped.setdefault(str(required(row, "transactionHash", source)).lower(), []).append(row)
    return grouped


def internals_of_operations(
    operations: Sequence[Mapping[str, Any]], at: TxPlace, source: str, *, top: tuple[Address, Address, int]
) -> list[Transfer]:
    """Internal transfers from `ots_getInternalOperations`; index = place in the list.

    Args:
        operations: Of one transaction that succeeded.
        at: That transaction.
        source: For error messages.
        top: Sender, receiver (or created contract) and value of the transaction. Some nodes list that movement first.

    Raises:
        Malformed: an unknown operation type, or a mandatory field is missing.
    """
    moves = []
    for nth, operation in enumerate(operations):
        if hex_int(required(operation, "type", source), source) not in _OPERATIONS:
            raise Malformed(source, "unknown operation type", operation)
        move = (
            address_field(operation, "from", source),
            address_field(operation, "to", source),
            hex_int(required(operation, "value", source), source),
        )
        if move[2] and not (nth == 0 and move == top):
            moves.append(_moved(at, (nth,), *move))
    return _in_order(moves)


_OPERATIONS: Final = frozenset({0, 1, 2, 3})
"""Transfer, self-destruction, create, create2 (Otterscan API level 8)."""


def _in_order(moves: list[Transfer]) -> list[Transfer]:
    return number_equal_rows(sorted(moves, key=lambda move: move.position))


def _moved(at: TxPlace, path: Path, sender: Address, receiver: Address, amount: int) -> Transfer:
    position = Position(at.height, at.tx_index, Kind.INTERNAL, path)
    return Transfer(at.chain, at.tx, position, at.time, NATIVE, sender, receiver, amount)


_Move = tuple[Address, Address, int] | None


def _call(row: Mapping[str, Any], action: Mapping[str, Any], source: str) -> _Move:
    kind = str(required(action, "callType", source)).upper()
    if kind in _STILL:
        return None
    if kind not in _MOVING:
        raise Malformed(source, f"unknown call type {kind}", row)
    amount = hex_int(required(action, "value", source), source)
    if not amount:
        return None
    return address_field(action, "from", source), address_field(action, "to", source), amount


def _create(row: Mapping[str, Any], action: Mapping[str, Any], source: str) -> _Move:
    amount = hex_int(required(action, "value", source), source)
    if not amount or failed(row):
        return None
    created = address_field(required(row, "result", source), "address", source)
    return address_field(action, "from", source), created, amount


def _destroy(row: Mapping[str, Any], action: Mapping[str, Any], source: str) -> _Move:
    del row
    amount = hex_int(required(action, "balance", source), source)
    if not amount:
        return None
    return address_field(action, "address", source), address_field(action, "refundAddress", source), amount


def _reward(row: Mapping[str, Any], action: Mapping[str, Any], source: str) -> _Move:
    del row, action, source
    return None


_ROW_READERS: Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any], str], _Move]] = {
    "call": _call,
    "create": _create,
    "suicide": _destroy,
    "selfdestruct": _destroy,
    "reward": _reward,
}
