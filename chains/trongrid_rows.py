"""Rows of TronGrid's indexed API (``/v1/accounts/…``) as transfers and approvals.

These rows know their block's time but not their place in it, and a TRC-20 row not even its log index (apis.md 4.2), so
every position here is unsettled; `positions` of the source settles those that matter. Addresses come in three spellings
and leave in one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from chains.errors import Malformed
from chains.model import (
    FEE_SINK,
    NATIVE,
    Address,
    Approval,
    Asset,
    AssetId,
    Kind,
    Position,
    Support,
    Transfer,
    number_equal_rows,
)
from chains.tron_calls import (
    NAME,
    RETURNED,
    Call,
    Inner,
    Move,
    address_in,
    amount_in,
    call_of,
    inner_moves,
    inner_of,
    moves_of,
    succeeded,
    text_in,
    tx_id,
    whole,
)
from chains.tron_supports import lent_by, lent_inside, support_of
from chains.trongrid_paging import Row


class Rows(NamedTuple):
    """What a stretch of rows says. ``raws[i]`` belongs to ``transfers[i]``; ``weak`` as in `Page`."""

    transfers: tuple[Transfer, ...]
    raws: tuple[int, ...]
    approvals: tuple[Approval, ...] = ()
    assets: tuple[Asset, ...] = ()
    weak: str = ""
    supports: tuple[Support, ...] = ()


class _Found(NamedTuple):
    transfer: Transfer
    raw: int


def normalise_trc20(chain: str, rows: Sequence[Row], who: Address, token: AssetId | None) -> Rows:
    """Rows of ``/v1/accounts/{a}/transactions/trc20`` (apis.md 4.2), whole blocks; ``token`` when only one was asked.

    Zero amounts are left out. A row without a token address (tokens TronGrid knows nothing of) is counted in ``weak``.

    Raises:
        Malformed: a type other than Transfer and Approval, a missing field, a row that is not about ``who``.
    """
    found: list[_Found] = []
    approvals: list[Approval] = []
    assets: dict[AssetId, Asset] = {}
    nameless = 0
    for row in rows:
        asset = _token(row.record, token)
        if asset is None:
            nameless += 1
            continue
        _note_asset(assets, chain, asset, row.record)
        entry = _trc20_row(chain, row, who, asset)
        if isinstance(entry, Approval):
            approvals.append(entry)
        elif entry.amount:
            found.append(_Found(entry, row.raw))
    weak = f"{nameless} rows do not say which token they are about" if nameless else ""
    return _rows(found, weak)._replace(approvals=tuple(approvals), assets=tuple(assets.values()))


def normalise_transactions(
    chain: str, rows: Sequence[Row], inner_rows: Sequence[Row], who: Address, asset: AssetId
) -> Rows:
    """Rows of ``/v1/accounts/{a}/transactions`` and ``…/internal-transactions`` of the same blocks, for one coin.

    ``asset`` is `NATIVE`, with the fees ``who`` paid and the energy lent, or a TRC-10 number. Failed transactions paid
    their fee and nothing more. A call inside a transaction may stand in several places and counts once, by its hash.

    Raises:
        Malformed: a row of neither shape, or a known contract type without one of its fields.
    """
    found: list[_Found] = []
    weak: dict[str, None] = {}
    calls, inside = _calls(rows, inner_rows)
    for call, row in calls:
        found.extend(_Found(transfer, row.raw) for transfer in _own(chain, call, row.time, weak))
    for tx, row, told in inside:
        moves, doubt = inner_moves(told)
        weak.update({doubt: None} if doubt else {})
        found.extend(_Found(transfer_of(chain, tx, _within(row), move), row.raw) for move in moves)
    wanted = [one for one in found if one.transfer.asset == asset and _concerns(one.transfer, who)]
    told_of = _rows([one for one in wanted if one.transfer.amount], "; ".join(weak))
    return told_of._replace(supports=_supports(chain, calls, inside, who) if asset == NATIVE else ())


def stake_field(record: Mapping[str, Any]) -> str | None:
    """The field with the TRX that came back from stake, when this row needs it and does not have it."""
    if "internal_tx_id" in record or not succeeded(record):
        return None
    name = RETURNED.get(call_of(record).type)
    return None if name is None or name in record else name


def transfer_of(chain: str, tx: str, position: Position, move: Move) -> Transfer:
    """A move at its place in the chain; a TRON height is the block's time in milliseconds."""
    return Transfer(chain, tx, position, position.height // 1000, *move)


def fee_of(chain: str, tx: str, height: int, tx_index: int, *, owner: Address, fee: int) -> Transfer:
    """The TRX a transaction burnt, as a transfer to `FEE_SINK`."""
    return transfer_of(chain, tx, Position(height, tx_index, Kind.FEE, (0,)), Move(NATIVE, owner, FEE_SINK, fee))


def native_of(chain: str, tx: str, height: int, tx_index: int, moves: Iterable[Move]) -> list[Transfer]:
    """What a transaction's own call moves."""
    return [
        transfer_of(chain, tx, Position(height, tx_index, Kind.NATIVE, (number,)), move)
        for number, move in enumerate(moves)
    ]


def _own(chain: str, call: Call, height: int, weak: dict[str, None]) -> list[Transfer]:
    results = call.record.get("ret") or [{}]
    fee = amount_in(results[0], "fee")
    paid = [fee_of(chain, call.tx, height, -1, owner=call.owner, fee=fee)] if fee else []
    if not succeeded(call.record):
        return paid
    moves, doubt = moves_of(call)
    if doubt:
        weak[doubt] = None
    return paid + native_of(chain, call.tx, height, -1, moves)


_Calls = Sequence[tuple[Call, Row]]
_Inside = Sequence[tuple[str, Row, Inner]]
"""Calls inside transactions, each with the transaction's id and the row that told of it."""


def _calls(rows: Sequence[Row], inner_rows: Sequence[Row]) -> tuple[_Calls, _Inside]:
    """Each transaction once, and each call inside one once."""
    calls: dict[str, tuple[Call, Row]] = {}
    inside: dict[str, tuple[str, Row, Inner]] = {}
    for row in rows:
        if "internal_tx_id" in row.record:
            _add_inner(inside, tx_id(text_in(row.record, "tx_id")), row, row.record)
            continue
        call = call_of(row.record)
        if call.tx in calls:
            continue
        calls[call.tx] = call, row
        if succeeded(row.record):
            for record in row.record.get("internal_transactions") or ():
                _add_inner(inside, call.tx, row, record)
    for row in inner_rows:
        _add_inner(inside, tx_id(text_in(row.record, "tx_id")), row, row.record)
    return list(calls.values()), list(inside.values())


def _add_inner(inside: dict[str, tuple[str, Row, Inner]], tx: str, row: Row, record: Mapping[str, Any]) -> None:
    told = inner_of(record)
    inside.setdefault(told.id, (tx, row, told))


def _within(row: Row) -> Position:
    """Somewhere inside a transaction of the row's block."""
    return Position(row.time, -1, Kind.INTERNAL, ())


def _supports(chain: str, calls: _Calls, inside: _Inside, who: Address) -> tuple[Support, ...]:
    """What was lent to ``who`` or by it, in order of time."""
    lent = [
        (call.tx, Position(row.time, -1, Kind.NATIVE, (0,)), lent_by(call))
        for call, row in calls
        if succeeded(call.record)
    ]
    lent += [(tx, _within(row), lent_inside(told)) for tx, row, told in inside]
    found = [support_of(chain, tx, position, ends) for tx, position, ends in lent if ends is not None and who in ends]
    return tuple(sorted(found, key=lambda one: one.position.height))


def _concerns(transfer: Transfer, who: Address) -> bool:
    return who in (transfer.sender, transfer.receiver)


def _rows(found: list[_Found], weak: str) -> Rows:
    """In order of time, transactions whole and in the order they were first seen within their block."""
    first: dict[str, int] = {}
    for one in found:
        first.setdefault(one.transfer.tx, len(first))
    found.sort(key=lambda one: (one.transfer.position.height, first[one.transfer.tx], one.transfer.position.kind))
    transfers = number_equal_rows([one.transfer for one in found])
    return Rows(tuple(transfers), tuple(one.raw for one in found), weak=weak)


def _trc20_row(chain: str, row: Row, who: Address, asset: AssetId) -> Transfer | Approval:
    record = row.record
    tx, kind = tx_id(text_in(record, "transaction_id")), text_in(record, "type")
    amount = whole(text_in(record, "value"))
    payer, payee = address_in(record, "from"), address_in(record, "to")
    if who not in (payer, payee):
        raise Malformed(NAME, f"a token row that is not about {who}", record)
    position = Position(row.time, -1, Kind.TOKEN, ())
    if kind == "Transfer":
        return transfer_of(chain, tx, position, Move(asset, payer, payee, amount))
    if kind == "Approval":
        return Approval(chain, tx, position, row.time // 1000, asset, payer, payee, amount)
    raise Malformed(NAME, f"a token row of unknown type {kind!r}", record)


def _token(record: Mapping[str, Any], asked: AssetId | None) -> AssetId | None:
    info = record.get("token_info") or {}
    if not info.get("address"):
        return asked
    token = AssetId(address_in(info, "address"))
    if asked is not None and token != asked:
        raise Malformed(NAME, f"a row of another token than {asked}", record)
    return token


def _note_asset(assets: dict[AssetId, Asset], chain: str, token: AssetId, record: Mapping[str, Any]) -> None:
    info = record.get("token_info") or {}
    decimals = info.get("decimals")
    if isinstance(decimals, int) and 0 <= decimals <= 255:
        assets.setdefault(token, Asset(chain, token, str(info.get("symbol") or ""), decimals))
