"""The bytes an EVM chain itself keeps of a header, a transaction and a receipt, from the JSON that nodes show of them.

A root or a hash that comes out of these bytes decides whether they are right, so fields are only ever tried and never
believed: a chain that writes something else ends as "not proven". Tables, because every fork added a field or a type.

Sources: Ethereum's yellow paper; EIPs 155, 658, 1559, 2718, 2930, 4788, 4844, 4895, 7685, 7702, 7843, 7928; the OP
stack's deposits; Arbitrum Nitro's own types; Avalanche's header.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from chains.evm_trie import encoded

_HEADERS: Final[Mapping[str, Sequence[str]]] = {
    name: fields.split()
    for name, fields in {
        "first": (
            "parentHash sha3Uncles miner stateRoot transactionsRoot receiptsRoot logsBloom difficulty# number# "
            "gasLimit# gasUsed# timestamp# extraData mixHash nonce"
        ),
        "later": (
            "baseFeePerGas# withdrawalsRoot blobGasUsed# excessBlobGas# parentBeaconBlockRoot requestsHash "
            "blockAccessListHash slotNumber#"
        ),
        "avalanche": (
            "extDataHash baseFeePerGas# extDataGasUsed# blockGasCost# blobGasUsed# excessBlobGas# "
            "parentBeaconBlockRoot timestampMilliseconds# minDelayExcess#"
        ),
    }.items()
}
_TYPES: Final[Mapping[int, Sequence[str]]] = {
    number: fields.split()
    for number, fields in {
        0x00: "nonce# gasPrice# gas# to? value# input v# r# s#",
        0x01: "chainId# nonce# gasPrice# gas# to? value# input accessList yParity# r# s#",
        0x02: "chainId# nonce# maxPriorityFeePerGas# maxFeePerGas# gas# to? value# input accessList yParity# r# s#",
        0x03: (
            "chainId# nonce# maxPriorityFeePerGas# maxFeePerGas# gas# to? value# input accessList maxFeePerBlobGas# "
            "blobVersionedHashes yParity# r# s#"
        ),
        0x04: (
            "chainId# nonce# maxPriorityFeePerGas# maxFeePerGas# gas# to? value# input accessList authorizationList "
            "yParity# r# s#"
        ),
        0x64: "chainId# requestId from to? value#",
        0x65: "chainId# from nonce# maxFeePerGas# gas# to? value# input",
        0x66: "chainId# requestId from maxFeePerGas# gas# to? value# input",
        0x68: (
            "chainId# nonce# from maxFeePerGas# gas# to? value# input ticketId refundTo maxRefund# submissionFeeRefund#"
        ),
        0x69: (
            "chainId# requestId from l1BaseFee# depositValue# maxFeePerGas# gas# retryTo? retryValue# beneficiary "
            "maxSubmissionFee# refundTo retryData"
        ),
        0x6A: "chainId# input",
        0x7E: "sourceHash from to? mint#? value# gas# isSystemTx input",
    }.items()
}
_DEPOSIT: Final = 0x7E
_ROOT: Final = 32
_NUMBER: Final = re.compile(r"0x[0-9a-fA-F]{1,64}")

Record = Mapping[str, Any]


class Unencodable(Exception):
    """A record that cannot be put into the chain's own bytes; its text is a sentence that says why."""


def unreadable(field: str) -> Unencodable:
    """The error of a field that is missing or of another shape."""
    return Unencodable(f"the block's field {field} is missing or not as documented")


def header_bytes(block: Record) -> bytes:
    """The header as RLP, with as many of the later forks' fields as the block shows. Raises `Unencodable`."""
    later = _HEADERS["avalanche" if "extDataHash" in block else "later"]
    shown = [name for name in later if block.get(name.rstrip("#")) is not None]
    return encoded([_field(block, name) for name in (*_HEADERS["first"], *shown)])


def transaction_bytes(transaction: Record) -> bytes:
    """A transaction as its block keeps it (EIP-2718), whose Keccak is its hash. Raises `Unencodable`."""
    kind = type_of(transaction)
    return _typed(kind, [_field(transaction, name) for name in _TYPES[kind]])


def receipt_bytes(receipt: Record, kind: int) -> bytes:
    """The receipt of a transaction of type ``kind`` as its block keeps it. Raises `Unencodable`."""
    fields: list[Any] = [_outcome(receipt), _field(receipt, "cumulativeGasUsed#"), _field(receipt, "logsBloom")]
    fields.append(
        [[_field(log, "address"), _all(log, "topics"), _field(log, "data")] for log in _rows(receipt, "logs")]
    )
    if kind == _DEPOSIT and receipt.get("depositReceiptVersion") is not None:
        # Before the version (Canyon) nodes show a nonce that the block does not commit to.
        fields += [_field(receipt, "depositNonce#"), _field(receipt, "depositReceiptVersion#")]
    return _typed(kind, fields)


def type_of(transaction: Record) -> int:
    """The type of a transaction, nil for those from before there were types. Raises `Unencodable` for unknown ones."""
    kind = _number(transaction.get("type") or "0x0", "type")
    if kind not in _TYPES:
        why = f"the block has a transaction of type {hex(kind)}, of which this program does not know the bytes"
        raise Unencodable(why)
    return kind


def _typed(kind: int, fields: list[Any]) -> bytes:
    body = encoded(fields)
    return bytes([kind]) + body if kind else body


def _field(record: Record, name: str) -> Any:
    """One field: ``#`` means a number, ``?`` that it may be missing."""
    plain = name.rstrip("#?")
    if plain in _SPECIAL:
        return _SPECIAL[plain](record)
    value = record.get(plain)
    if value is None and name.endswith("?"):
        return b""
    if "#" in name:
        return _shortest(_number(value, plain))
    return _bytes(value, plain)


def _outcome(receipt: Record) -> Any:
    """State root before Byzantium, status since. Some nodes add a status of their own to the old ones."""
    root = receipt.get("root")
    if isinstance(root, str) and len(root) == 2 + 2 * _ROOT:
        return _bytes(root, "root")
    return _field(receipt, "status#")


def _parity(record: Record) -> bytes:
    name = "v" if record.get("yParity") is None else "yParity"
    return _shortest(_number(record.get(name), name))


def _system(record: Record) -> bytes:
    return b"\x01" if record.get("isSystemTx") is True else b""


def _access(record: Record) -> list[Any]:
    rows = _rows(record, "accessList") if record.get("accessList") is not None else ()
    return [[_field(row, "address"), _all(row, "storageKeys")] for row in rows]


def _authorizations(record: Record) -> list[Any]:
    names = ("chainId#", "address", "nonce#", "yParity#", "r#", "s#")
    return [[_field(row, name) for name in names] for row in _rows(record, "authorizationList")]


_SPECIAL: Final[Mapping[str, Callable[[Record], Any]]] = {
    "yParity": _parity,
    "isSystemTx": _system,
    "accessList": _access,
    "authorizationList": _authorizations,
    "blobVersionedHashes": lambda record: _all(record, "blobVersionedHashes"),
}


def _rows(record: Record, name: str) -> Iterator[Record]:
    rows = record.get(name)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise unreadable(name)
    return iter(rows)


def _all(record: Record, name: str) -> list[bytes]:
    values = record.get(name)
    if not isinstance(values, list):
        raise unreadable(name)
    return [_bytes(value, name) for value in values]


def _number(value: object, name: str) -> int:
    if not isinstance(value, str) or not _NUMBER.fullmatch(value):
        raise unreadable(name)
    return int(value, 16)


def _bytes(value: object, name: str) -> bytes:
    if isinstance(value, str) and value.startswith("0x"):
        with suppress(ValueError):
            data = bytes.fromhex(value[2:])
            if len(value) == 2 + 2 * len(data):  # else there were spaces in it
                return data
    raise unreadable(name)


def _shortest(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) >> 3, "big")
