"""Proofs of TRON transactions: from the id of a block, by its header, to one transaction, and no further.

The header holds a Merkle root over the transactions with their signatures and their outcome in one word. What a
contract logged, what it called and what was paid in fees is not under it, so a TRC-20 transfer is proven only as far as
its call and that the call succeeded.

Source: java-tron's Tron.proto for the field numbers; its MerkleTree, where a node without a neighbour goes up as it is;
its JsonFormat, which shows a field without a name under its number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final

from chains.errors import Malformed, NotFound
from chains.inclusion import Inclusion, Path

NO_LOGS: Final = "a TRON block commits to its transactions and to no logs, so that no receipt can be proven"
OTHER_HEADER: Final = "the header as the source shows it does not hash to the block's id"
OTHER_TRANSACTIONS: Final = (
    "the block's transactions as the source shows them do not have the root in its header: it leaves something out"
)

_VARINT: Final = 0
_BYTES: Final = 2
_HEADER: Final = (
    ("timestamp", 1, _VARINT),
    ("txTrieRoot", 2, _BYTES),
    ("parentHash", 3, _BYTES),
    ("number", 7, _VARINT),
    ("witness_id", 8, _VARINT),
    ("witness_address", 9, _BYTES),
    ("version", 10, _VARINT),
    ("accountStateRoot", 11, _BYTES),
)
_RET: Final = (("fee", 1), ("ret", 2), ("contractRet", 3))
_OUTCOMES: Final[Mapping[str, Mapping[str, int]]] = {
    "ret": {"SUCESS": 0, "FAILED": 1},
    "contractRet": {
        name: number
        for number, name in enumerate(
            (
                *("DEFAULT", "SUCCESS", "REVERT", "BAD_JUMP_DESTINATION", "OUT_OF_MEMORY", "PRECOMPILED_CONTRACT"),
                *("STACK_TOO_SMALL", "STACK_TOO_LARGE", "ILLEGAL_OPERATION", "STACK_OVERFLOW", "OUT_OF_ENERGY"),
                *("OUT_OF_TIME", "JVM_STACK_OVER_FLOW", "UNKNOWN", "TRANSFER_FAILED", "INVALID_CODE"),
            )
        )
    },
}
_HEX: Final = re.compile(r"(?:[0-9a-fA-F]{2})*")
_ID: Final = re.compile(r"[0-9a-f]{64}")
_ID_NUMBER: Final = 8

Record = Mapping[str, Any]


class _Unencodable(Exception):
    """A record that cannot be put into the chain's own bytes; its text says why."""


def prove(chain: str, tx: str, block: Record, source: str, raws: tuple[int, ...]) -> Inclusion:
    """A transaction's proof from its block as a node shows it (``getblockbynum``). The receipt is never proven.

    Raises:
        NotFound: the block does not hold the transaction.
        Malformed: it has no id, header or list of transactions.
    """
    block_id, raw_data, listed = _parts(block, source)
    place = next((index for index, one in enumerate(listed) if one.get("txID") == tx), None)
    if place is None:
        raise NotFound(f"transaction {tx} in block {raw_data['number']}", source)
    bare = Inclusion(chain, tx, raw_data["number"], block_id, b"", place, None, None, source, raws)
    try:
        header = header_bytes(raw_data)
        if _id_of(header, bare.number) != block_id:
            return bare._replace(why=OTHER_HEADER)
        values = [transaction_bytes(one) for one in listed]
    except _Unencodable as reason:
        return bare._replace(why=str(reason))
    proven = bare._replace(header=header, transaction=Path(values[place], _siblings(values, place)), why=NO_LOGS)
    return bare._replace(why=OTHER_TRANSACTIONS) if check(proven) else proven


def check(inclusion: Inclusion) -> str:
    """What is wrong with a proof, "" where it holds: recomputed from header, nodes and value alone.

    A tree does not say how many leaves it has, so that ``place`` is only held to what the neighbours tell of it.
    """
    path = inclusion.transaction
    if path is None:
        return "a header or a receipt without the transaction" if inclusion.header or inclusion.receipt else ""
    try:
        header, transaction = dict(_fields(inclusion.header)), dict(_fields(path.value))
    except IndexError:
        return "no header or no transaction"
    content = transaction.get(1)
    claims = (
        ("a receipt, which no TRON block commits to", inclusion.receipt is None),
        ("the header does not hash to the block's id", _id_of(inclusion.header, inclusion.number) == inclusion.hash),
        ("the header has another number", header.get(7, 0) == inclusion.number),
        ("the transaction does not hash to its id", _digest(content) == inclusion.tx),
        ("the nodes do not lead to the transaction", _root(path, inclusion.place) == header.get(2)),
    )
    return next((wrong for wrong, holds in claims if not holds), "")


def header_bytes(raw_data: Record) -> bytes:
    """The ``raw_data`` of a header as protobuf. Raises `_Unencodable`."""
    out = b""
    for name, number, kind in _HEADER:
        value = raw_data.get(name)
        if value:
            out += _numbered(number, _whole(value, name)) if kind == _VARINT else _delimited(number, _hex(value, name))
    return out + _nameless(raw_data)


def transaction_bytes(transaction: Record) -> bytes:
    """A transaction as its block keeps it, with signatures and outcome. Raises `_Unencodable`."""
    parts = [_delimited(1, _hex(transaction.get("raw_data_hex"), "raw_data_hex"))]
    parts += [_delimited(2, _hex(one, "signature")) for one in _list(transaction, "signature")]
    parts += [_delimited(5, _ret_bytes(one)) for one in _list(transaction, "ret")]
    return b"".join(parts) + _nameless(transaction)


def _unreadable(field: str) -> _Unencodable:
    return _Unencodable(f"the block's field {field} is missing or not as documented")


def _ret_bytes(ret: object) -> bytes:
    if not isinstance(ret, dict):
        raise _unreadable("ret")
    out = b""
    for name, number in _RET:
        value = ret.get(name)
        told = _OUTCOMES[name].get(value) if name in _OUTCOMES and isinstance(value, str) else value
        if value and told is None:
            raise _unreadable(name)
        if told:
            out += _numbered(number, _whole(told, name))
    return out + _nameless(ret)


def _nameless(record: Record) -> bytes:
    """Fields that Tron.proto does not have but somebody put there: the block commits to them as well."""
    out = b""
    for name in sorted((name for name in record if name.isascii() and name.isdigit()), key=int):
        for value in _list(record, name):
            text = isinstance(value, str)
            out += _delimited(int(name), _hex(value, name)) if text else _numbered(int(name), _whole(value, name))
    return out


def _parts(block: Record, source: str) -> tuple[str, Record, list[Record]]:
    """Id, header and transactions."""
    block_id, header, listed = block.get("blockID"), block.get("block_header"), block.get("transactions", [])
    raw_data = header.get("raw_data") if isinstance(header, dict) else None
    whole = isinstance(raw_data, dict) and type(raw_data.get("number", 0)) is int
    if not isinstance(block_id, str) or not _ID.fullmatch(block_id) or not isinstance(raw_data, dict) or not whole:
        raise Malformed(source, "a block without its id or its header", header)
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise Malformed(source, "a block without its transactions", listed)
    return block_id, {"number": 0, **raw_data}, listed


def _digest(value: int | bytes | None) -> str:
    return sha256(value).hexdigest() if isinstance(value, bytes) else ""


def _id_of(header: bytes, number: int) -> str:
    return (number.to_bytes(_ID_NUMBER, "big") + sha256(header).digest()[_ID_NUMBER:]).hex()


def _siblings(values: Sequence[bytes], place: int) -> tuple[bytes, ...]:
    """The neighbours from the leaf up; a node without one goes up as it is."""
    row = [sha256(value).digest() for value in values]
    found = []
    while len(row) > 1:
        if place ^ 1 < len(row):
            found.append(row[place ^ 1])
        pairs = [row[at : at + 2] for at in range(0, len(row), 2)]
        row = [sha256(b"".join(pair)).digest() if len(pair) > 1 else pair[0] for pair in pairs]
        place >>= 1
    return tuple(found)


def _root(path: Path, place: int) -> bytes:
    """The root that a leaf and its neighbours give.

    Neighbours stand on the left where the place is odd. On the right there is one as long as the nodes last for both;
    after that the branch is the tree's last one, and goes up as it is.
    """
    rights = len(path.nodes) - place.bit_count()
    at = sha256(path.value).digest()
    for node in path.nodes:
        while not place & 1 and rights <= 0 and place:
            place >>= 1
        rights -= not place & 1
        at = sha256(node + at if place & 1 else at + node).digest()
        place >>= 1
    return at if not place else b""


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Numbers and values of a protobuf message. Raises IndexError where it is none."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        value, at = _varint(message, at)
        if key & 7 == _BYTES:
            if at + value > len(message):
                raise IndexError
            yield key >> 3, message[at : at + value]
            at += value
        elif key & 7 == _VARINT:
            yield key >> 3, value
        else:
            raise IndexError


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while message[at] & 128:
        value |= (message[at] & 127) << shift
        shift, at = shift + 7, at + 1
    return value | message[at] << shift, at + 1


def _numbered(number: int, value: int) -> bytes:
    return _as_varint(number << 3 | _VARINT) + _as_varint(value)


def _delimited(number: int, value: bytes) -> bytes:
    return _as_varint(number << 3 | _BYTES) + _as_varint(len(value)) + value


def _as_varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def _list(record: Record, name: str) -> list[Any]:
    rows = record.get(name, [])
    if not isinstance(rows, list):
        raise _unreadable(name)
    return rows


def _hex(value: object, name: str) -> bytes:
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        raise _unreadable(name)
    return bytes.fromhex(value)


def _whole(value: object, name: str) -> int:
    if type(value) is not int or not 0 <= value < 1 << 64:
        raise _unreadable(name)
    return value
