"""What one record of an EVM source says moved: a log, a receipt, a transaction, a call, or an explorer's row of one.

Told apart by the fields they have, not by who gave them or what was asked. From the sources' documents: Ethereum
JSON-RPC, Parity's trace module, geth's callTracer, Otterscan, Etherscan API V2, Blockscout, HyperSync, SQD.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from chains.model import FEE_SINK, NATIVE, Kind
from tracer.bundle.movements import UNDONE, Here, Index, Movement, Record, units

ZERO: Final = "0x" + "0" * 40
TRANSFER: Final = "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
DEPOSIT: Final = "e1fffcc4923d04b559f4d29a8bfc6cda04eb5b0d3c460751c2402c5c5cc9109c"
WITHDRAWAL: Final = "7fcf532c15f0a6db0bd6d0e038bea71d30d808c7d98cb3bf7268a95bf5081b65"
INCREASED: Final = "3067048beee31b25b2f1681f88dac838c8bba36af25bfb2b7cf7473a5847e35f"
COLLECTED: Final = "40d0efd1a53d60ecbf40971b9daf7dc90178c3aadc7aab1765632738fa8b8f01"

_ADDRESS: Final = re.compile(r"0x[0-9a-f]{40}")
_CALLS: Final = frozenset(
    {"call", "create", "create2", "suicide", "selfdestruct", "self-destruct", "invalid"}
    | {"callcode", "delegatecall", "staticcall"}
)
_STILL: Final = frozenset({"callcode", "delegatecall", "staticcall"})
"""They run at the caller's own account: whatever value they name stays where it is."""

_OPERATIONS: Final = frozenset({0, 1, 2, 3})
_WORD: Final = 64


def read(here: Here) -> Iterator[Movement]:
    """The movements that one object tells."""
    record = _as_nodes_write(here.record)
    here = here._replace(record=record)
    if isinstance(record.get("topics"), list) or "topic0" in record:
        yield from _log(here)
    elif isinstance(record.get("action"), dict):
        yield from _row_of_trace(here)
    elif "tokenDecimal" in record or "tokenSymbol" in record:
        yield from _token_row(here)
    elif "logs" in record and "gasUsed" in record:
        yield from _fee(here)
    elif str(record.get("type")).lower() in _CALLS:
        yield from _call(here)
    elif units(record.get("type")) in _OPERATIONS and not {"hash", "gasPrice"} & record.keys():
        yield from _moved(here, record.get("value"), indices=((here.number,),))
    elif "from" in record:
        yield from _transaction(here)


def _as_nodes_write(record: Record) -> Record:
    """``transaction_index`` → ``transactionIndex``, where a source writes so."""
    if not any("_" in name for name in record):
        return record
    return {re.sub(r"_([a-z])", lambda found: found[1].upper(), name): value for name, value in record.items()}


def _address(value: object) -> str | None:
    text = str(value).lower()
    return text if _ADDRESS.fullmatch(text) else ZERO if value == "GENESIS" else None


def _moved(
    here: Here, value: Any, *, indices: tuple[Index, ...] = (), kind: Kind = Kind.INTERNAL, rank: int = 0
) -> Iterator[Movement]:
    """Coin that went as the record's own fields say."""
    record, amount = here.record, units(value)
    receiver = _address(record.get("to") or record.get("contractAddress") or record.get("address"))
    if amount:
        sender = _address(record.get("from"))
        yield Movement(here.tx, kind, NATIVE, sender, receiver, (amount,), here.place, indices, rank)


# --- logs


def _log(here: Here) -> Iterator[Movement]:
    record = here.record
    told = record.get("topics", [record.get(f"topic{place}") for place in range(4)])
    topics = [str(one).lower().removeprefix("0x") for one in told if one]
    data = str(record.get("data")).lower().removeprefix("0x")
    index = units(record.get("logIndex"))
    asset = _address(record.get("address"))
    if topics and asset and record.get("removed") is not True:
        at = () if index is None else ((index,),)
        for one in (*log_movements(topics, data), *_of_position(topics, data)):
            name = f"{asset}#{one.asset}" if one.asset else asset
            yield one._replace(tx=here.tx, asset=name, place=here.place, indices=at)


def log_movements(topics: list[str], data: str) -> Iterator[Movement]:
    """Fungible units that a log moves; hex without 0x. Neither asset nor place is filled in."""
    ends = [_end(topic) for topic in topics[1:]]
    amount = int(data, 16) if re.fullmatch(r"[0-9a-f]{64}", data) else 0
    if not amount or None in ends:
        return
    kind, amounts = int(Kind.TOKEN), (amount,)
    if topics[0] == TRANSFER and len(ends) == 2:
        yield Movement("", kind, None, ends[0], ends[1], amounts, "")
    elif topics[0] == DEPOSIT and len(ends) == 1:
        yield Movement("", kind, None, ZERO, ends[0], amounts, "", rank=1)
    elif topics[0] == WITHDRAWAL and len(ends) == 1:
        yield Movement("", kind, None, ends[0], ZERO, amounts, "", rank=1)


def _of_position(topics: list[str], data: str) -> Iterator[Movement]:
    """What happened to a liquidity position; its number stands for the asset, to which the contract is still to come.

    How many units an NFT stands for, and who has it, only its whole history tells.
    """
    if topics[0] == TRANSFER and len(topics) == 4 and not data:
        sender, receiver, number = _end(topics[1]), _end(topics[2]), units("0x" + topics[3])
        yield Movement("", Kind.TOKEN, str(number), sender, receiver, (), "")
    elif topics[0] in (INCREASED, COLLECTED) and len(topics) == 2 and len(data) == 3 * _WORD:
        number = units("0x" + topics[1])
        added = units("0x" + data[:_WORD]) if topics[0] == INCREASED else None
        if added is None:
            yield Movement("", Kind.TOKEN, str(number), None, ZERO, (), "", shared=True)
        else:
            yield Movement("", Kind.TOKEN, str(number), ZERO, None, (added,), "")


def _end(topic: str) -> str | None:
    return "0x" + topic[24:] if re.fullmatch(r"0{24}[0-9a-f]{40}", topic) else None


# --- transactions


def _fee(here: Here) -> Iterator[Movement]:
    """Gas used at the price paid, without and with what a rollup took for layer 1."""
    record = here.record
    used = units(record.get("gasUsed"))
    price = units(record.get("effectiveGasPrice", record.get("gasPrice")))
    layer1 = units(record.get("l1Fee") or record.get("L1FeesPaid")) or 0
    if used:
        paid = () if price is None else (used * price, used * price + layer1)
        yield Movement(here.tx, Kind.FEE, NATIVE, _address(record.get("from")), FEE_SINK, paid, here.place)


def _transaction(here: Here) -> Iterator[Movement]:
    record = here.record
    yield from _fee(here)
    failed = str(record.get("isError")) == "1" or str(record.get("txreceipt_status")) == "0"
    if not failed and units(record.get("status")) != 0:
        yield from _moved(here, record.get("value"), kind=Kind.NATIVE)


def _token_row(here: Here) -> Iterator[Movement]:
    record, amount = here.record, units(here.record.get("value"))
    index = units(record.get("logIndex"))
    if amount and not record.get("tokenID"):
        yield Movement(
            here.tx,
            Kind.TOKEN,
            _address(record.get("contractAddress")),
            _address(record.get("from")),
            _address(record.get("to")),
            (amount,),
            here.place,
            () if index is None else ((index,),),
        )


# --- calls inside a transaction


def _call(here: Here) -> Iterator[Movement]:
    """A frame of callTracer, a flat trace, or an explorer's row; the outermost is the transaction's own value."""
    record = here.record
    kinds = {str(record.get(name)).lower() for name in ("type", "callType")}
    if isinstance(record.get("traceAddress"), list):
        yield from _flat(_destroyed(here), record["traceAddress"], still=bool(kinds & _STILL))
    elif kinds & _STILL or record.get("error") or str(record.get("isError")) == "1":
        return
    elif "isError" in record:
        if str(record.get("index")) != "0" or "traceId" in record:
            yield from _moved(here, record.get("value"), indices=((here.number,), *_path(record)))
    else:
        yield from _at(here, here.path)


def _at(here: Here, path: Index) -> Iterator[Movement]:
    value = here.record.get("value")
    if path:
        yield from _moved(here, value, indices=(path,))
    else:
        yield from _moved(here, value, kind=Kind.NATIVE, rank=1)


def _path(record: Record) -> tuple[Index, ...]:
    text = str(record.get("traceId", record.get("index")))
    return (tuple(map(int, text.split("_"))),) if re.fullmatch(r"[0-9]{1,9}(_[0-9]{1,9})*", text) else ()


def _destroyed(here: Here) -> Here:
    """A self-destruction with the names of its ends as those of a payment."""
    record = here.record
    if record.get("refundAddress") is None:
        return here
    sender = record.get("actionAddress") or record.get("address") or record.get("from")
    value = record.get("balance") or record.get("value")
    return here._replace(record={**record, "from": sender, "to": record["refundAddress"], "value": value})


def _row_of_trace(here: Here) -> Iterator[Movement]:
    """A row of Parity's trace module, whose action says what moved and whose result what was created."""
    record = here.record
    action, result = record["action"], record.get("result")
    still = str(action.get("callType", action.get("type"))).lower() in _STILL
    path = record.get("traceAddress")
    if isinstance(path, list) and record.get("type") != "reward":
        made = result.get("address") if isinstance(result, dict) else None
        flat = {"address": made, **action, "error": record.get("error")}
        yield from _flat(_destroyed(here._replace(record=flat)), path, still=still)


def _flat(here: Here, steps: list[Any], *, still: bool) -> Iterator[Movement]:
    """A call from a list of all calls. One that failed undid those inside it, which do not say so themselves."""
    path = tuple(units(step) or 0 for step in steps)
    if here.record.get("error"):
        yield Movement(here.tx, UNDONE, None, None, None, (), here.place, (path,))
    elif not still:
        yield from _at(here, path)
