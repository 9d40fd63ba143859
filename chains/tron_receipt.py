"""One TRON transaction from the node's records: the transaction, its info, and its place in its block.

A node's log is an EVM log without the 0x, so it is read by the EVM reader (chains/evm_records.py) in 20-byte spelling
and only the names of the ends are changed afterwards: there is one opinion of what a Transfer log is, not two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from chains import evm_records, tron_address
from chains.errors import Malformed
from chains.model import Address, AssetId, Block, Kind, Mark, Position, Receipt, Transfer, number_equal_rows
from chains.registry import Chain
from chains.tron_calls import (
    NAME,
    RETURNED,
    Call,
    address_in,
    amount_in,
    call_of,
    inner_moves,
    inner_of,
    moves_of,
    tx_id,
    whole,
)
from chains.trongrid_rows import fee_of, native_of, transfer_of

_UNUSED = "0" * 24
_AS_IN_21_BYTES = "0" * 22 + "41"


class Place(NamedTuple):
    """Where a transaction stands: its block's number, time in milliseconds, and its index (-1: not told)."""

    number: int
    height: int
    tx_index: int


def place_of(info: Mapping[str, Any], tx_index: int = -1) -> Place:
    """Block and time of a transaction info (``gettransactioninfobyid``). Raises Malformed when they are missing."""
    try:
        return Place(whole(info["blockNumber"]), whole(info["blockTimeStamp"]), tx_index)
    except (KeyError, TypeError):
        raise Malformed(NAME, "a transaction info without block or time", info) from None


def index_of(tx: str, records: Sequence[Mapping[str, Any]], name: str) -> int:
    """Where the record of ``tx`` stands in a block's list, -1 when it does not; ``name`` is the field of its id."""
    for number, record in enumerate(records):
        if isinstance(record, Mapping) and tx_id(str(record.get(name, ""))) == tx:
            return number
    return -1


def normalise_receipt(
    chain: Chain, info: Mapping[str, Any], transaction: Mapping[str, Any], tx_index: int, raw: int
) -> Receipt:
    """A transaction whole (apis.md 4.3): its own value, calls inside it, logs in log order, and its fee.

    ``tx_index`` -1 leaves positions unsettled. A failed transaction has nothing but its fee.

    Raises:
        Malformed: a record without one of its fields.
    """
    place = place_of(info, tx_index)
    told = {name: info[name] for name in RETURNED.values() if name in info}
    call = call_of({**transaction, **told})
    ok = _succeeded(info)
    fee = amount_in(info, "fee")
    transfers = [fee_of(chain.id, call.tx, place.height, tx_index, owner=call.owner, fee=fee)] if fee else []
    logs = evm_records.LogRows((), (), ())
    if ok:
        transfers += native_of(chain.id, call.tx, place.height, tx_index, moves_of(call)[0])
        transfers += _inner_transfers(chain, call.tx, place, info)
        logs = logs_of(chain, call.tx, place, info.get("log") or ())
    return Receipt(
        chain=chain.id,
        tx=call.tx,
        height=place.height,
        tx_index=tx_index,
        time=place.height // 1000,
        sender=call.owner,
        ok=ok,
        fee=fee,
        transfers=tuple(number_equal_rows([*(one for one in transfers if one.amount), *logs.transfers])),
        approvals=logs.approvals,
        collectibles=logs.collectibles,
        internals=True,
        raw=raw,
        marks=logs.marks,
        target=_target(call),
    )


def logs_of(chain: Chain, tx: str, place: Place, logs: Sequence[Mapping[str, Any]]) -> evm_records.LogRows:
    """The logs of one transaction; `Position.index` is the log's number within its transaction."""
    wrapped = None if chain.wrapped is None else AssetId(tron_address.to_evm_hex(Address(chain.wrapped)))
    rows = evm_records.logs_to_rows(
        replace(chain, wrapped=wrapped),
        [_as_evm(tx, place, number, log) for number, log in enumerate(logs)],
        place.height // 1000,
        NAME,
    )
    at = place.tx_index
    return evm_records.LogRows(
        tuple(
            row._replace(
                position=row.position._replace(tx_index=at),
                asset=_asset(row.asset),
                sender=tron_address.from_hex(row.sender),
                receiver=tron_address.from_hex(row.receiver),
            )
            for row in rows.transfers
        ),
        tuple(
            row._replace(
                position=row.position._replace(tx_index=at),
                token=_asset(row.token),
                owner=tron_address.from_hex(row.owner),
                spender=tron_address.from_hex(row.spender),
            )
            for row in rows.approvals
        ),
        tuple(
            row._replace(
                position=row.position._replace(tx_index=at),
                contract=_asset(row.contract),
                sender=tron_address.from_hex(row.sender),
                receiver=tron_address.from_hex(row.receiver),
            )
            for row in rows.collectibles
        ),
        tuple(_renamed(mark, at) for mark in rows.marks),
    )


def _renamed(mark: Mark, tx_index: int) -> Mark:
    return mark._replace(
        position=mark.position._replace(tx_index=tx_index),
        contract=tron_address.from_hex(mark.contract),
        owner=tron_address.from_hex(mark.owner) if mark.owner else mark.owner,
    )


def block_of(chain: Chain, record: Mapping[str, Any]) -> Block:
    """A block of the node API. Its height is its time in milliseconds. Raises Malformed when a field is missing."""
    try:
        header = record["block_header"]["raw_data"]
        number, height = amount_in(header, "number"), whole(header["timestamp"])
        return Block(chain.id, number, str(record["blockID"]), height // 1000, height)
    except (KeyError, TypeError):
        raise Malformed(NAME, "a block without id or time", record) from None


def _inner_transfers(chain: Chain, tx: str, place: Place, info: Mapping[str, Any]) -> list[Transfer]:
    return [
        transfer_of(chain.id, tx, Position(place.height, place.tx_index, Kind.INTERNAL, (number, part)), move)
        for number, record in enumerate(info.get("internal_transactions") or ())
        for part, move in enumerate(inner_moves(inner_of(record))[0])
    ]


def _target(call: Call) -> Address:
    """What a call or payment was addressed to; the types that have no such field have nobody."""
    fields = [name for name in ("contract_address", "to_address") if call.value.get(name)]
    return address_in(call.value, fields[0]) if fields else Address("")


def _succeeded(info: Mapping[str, Any]) -> bool:
    """`result` is there only when it is FAILED; a contract's own result must be SUCCESS where there is one."""
    receipt = info.get("receipt") or {}
    return info.get("result") in (None, "SUCESS", "SUCCESS") and receipt.get("result") in (None, "DEFAULT", "SUCCESS")


def _as_evm(tx: str, place: Place, number: int, log: Mapping[str, Any]) -> dict[str, Any]:
    topics = [str(topic).removeprefix("0x") for topic in log.get("topics") or ()]
    return {
        "address": tron_address.to_evm_hex(address_in(log, "address")),
        "topics": ["0x" + (_masked(topic) if 0 < at < 3 else topic) for at, topic in enumerate(topics)],
        "data": "0x" + str(log.get("data") or "").removeprefix("0x"),
        "blockNumber": place.height,
        "transactionIndex": 0,
        "logIndex": number,
        "transactionHash": tx,
    }


def _masked(topic: str) -> str:
    """An address topic in 20 bytes; contracts of TRON's first compilers left the 41 in front of it."""
    return _UNUSED + topic[24:] if topic.startswith(_AS_IN_21_BYTES) else topic


def _asset(token: AssetId) -> AssetId:
    return AssetId(tron_address.from_hex(token))
