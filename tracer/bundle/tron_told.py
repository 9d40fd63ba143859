"""What one record of a TRON source says moved: a contract call, its info, a call inside it, a log, or a token row.

Told apart by the fields they have. From TronGrid's and java-tron's documents, and SQD's names for the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from chains import tron_address
from chains.model import FEE_SINK, NATIVE, Kind
from tracer.bundle.evm_told import log_movements
from tracer.bundle.movements import Here, Movement, Record, units

STAKE: Final = "stake"
_RETURNED: Final = ("unfreeze_amount", "withdraw_amount", "withdraw_expire_amount")
_WITH_41: Final = re.compile(r"0{22}41([0-9a-f]{40})")
_NUMBER: Final = re.compile(r"[0-9]{7}")


def read(here: Here) -> Iterator[Movement]:
    """The movements that one object tells."""
    record = here.record
    if isinstance(record.get("topics"), list):
        yield from _log(here)
    elif "internal_tx_id" in record or "caller_address" in record or "callerAddress" in record:
        yield from _inner(here)
    elif "transaction_id" in record:
        yield from _token_row(here)
    else:
        yield from _transaction(here)


def _address(value: object) -> str | None:
    text = str(value)
    try:
        return tron_address.parse(text) if text.startswith("T") else tron_address.from_hex(text)
    except ValueError:
        return None


def _coin(name: object) -> str | None:
    """The coin, or the number of a TRC-10 token, in digits or in the hex of its digits."""
    text = str(name)
    if name is None or text in ("", "0", "_"):
        return NATIVE
    if re.fullmatch(r"(3[0-9]){7}", text):
        text = bytes.fromhex(text).decode("ascii")
    return text if _NUMBER.fullmatch(text) else None


def _log(here: Here) -> Iterator[Movement]:
    record = here.record
    topics = [str(one).lower().removeprefix("0x") for one in record["topics"] if one]
    topics = [_WITH_41.sub(r"000000000000000000000000\1", one) for one in topics]
    data = str(record.get("data") or "").lower().removeprefix("0x")
    index = units(record.get("logIndex"))
    at = (here.number if index is None else index,)
    for one in log_movements(topics, data) if topics else ():
        yield one._replace(
            tx=here.tx,
            asset=_address(record.get("address")),
            sender=_address(one.sender),
            receiver=_address(one.receiver),
            place=here.place,
            indices=(at,),
        )


def _token_row(here: Here) -> Iterator[Movement]:
    record, amount = here.record, units(here.record.get("value"))
    info = record.get("token_info") or {}
    token = info.get("address") if isinstance(info, dict) else None
    if amount and record.get("type") == "Transfer":
        ends = _address(record.get("from")), _address(record.get("to"))
        yield Movement(here.tx, Kind.TOKEN, _address(token) if token else None, *ends, (amount,), here.place)


def _inner(here: Here) -> Iterator[Movement]:
    """A call inside a transaction. What it calls stake goes to or comes from nobody: its note tells which."""
    record = here.record
    told = record.get("data")
    data: Record = told if isinstance(told, dict) else record
    if data.get("rejected"):
        return
    sender = _first(record, "caller_address", "callerAddress", "from_address")
    receiver = _first(record, "transferTo_address", "transferToAddress", "to_address")
    number = units(record.get("internalTransactionIndex"))
    name = str(record.get("internal_tx_id") or record.get("hash"))
    for part, (asset, amount) in enumerate(_carried(record, data)):
        at = (here.number if number is None else number, part)
        for rank, ends in enumerate(((sender, receiver), (sender, STAKE), (STAKE, sender))):
            if amount:
                yield Movement(
                    here.tx, Kind.INTERNAL, asset, *ends, (amount,), here.place, (at,), rank, f"{name} {part}"
                )


def _carried(record: Record, data: Record) -> list[tuple[str | None, int | None]]:
    infos = record.get("callValueInfo")
    if isinstance(infos, list):
        return [(_coin(one.get("tokenId")), units(one.get("callValue"))) for one in infos if isinstance(one, dict)]
    value = data.get("call_value")
    pairs: Any = value.items() if isinstance(value, dict) else [("_", value)]
    return [(_coin(name), units(amount)) for name, amount in pairs]


def _first(record: Record, *names: str) -> str | None:
    return _address(next((record[name] for name in names if record.get(name)), None))


def _transaction(here: Here) -> Iterator[Movement]:
    """A transaction of either API, or its info, which does not say whose it is."""
    record = here.record
    if not {"txID", "hash", "id"} & record.keys():
        return
    kind, value = _contract(record)
    owner = _first(value, "owner_address", "transparent_from_address")
    results = record.get("ret")
    result = results[0] if isinstance(results, list) and results and isinstance(results[0], dict) else {}
    fee = units(record.get("fee")) or units(result.get("fee"))
    if fee:
        yield Movement(here.tx, Kind.FEE, NATIVE, owner, FEE_SINK, (fee,), here.place)
    for name in _RETURNED:
        if amount := units(record.get(name)):
            yield Movement(here.tx, Kind.NATIVE, NATIVE, STAKE, owner, (amount,), here.place)
    for asset, told, receiver in _paid(kind, value):
        if amount := units(told):
            yield Movement(here.tx, Kind.NATIVE, asset, owner, receiver, (amount,), here.place)


def _contract(record: Record) -> tuple[str, Record]:
    """Type and values of the one contract of a transaction; empty where the record has none."""
    told = record
    raw = record.get("raw_data")
    if isinstance(raw, dict) and isinstance(raw.get("contract"), list) and raw["contract"]:
        told = raw["contract"][0]
    parameter = told.get("parameter") if isinstance(told, dict) else None
    value = parameter.get("value") if isinstance(parameter, dict) else None
    return (str(told.get("type")), value) if isinstance(value, dict) else ("", {})


def _paid(kind: str, value: Record) -> Iterator[tuple[str | None, object, str | None]]:
    """Asset, amount and receiver of what a contract call may move; of a new contract the address is not told."""
    receiver = _first(value, "to_address", "contract_address")
    bought = kind == "ParticipateAssetIssueContract"
    yield NATIVE if bought else _coin(value.get("asset_name")), value.get("amount"), receiver
    yield NATIVE, value.get("frozen_balance"), STAKE
    made = value.get("new_contract")
    yield NATIVE, (made if isinstance(made, dict) else value).get("call_value"), receiver
    yield _coin(value.get("token_id")), value.get("call_token_value"), receiver
