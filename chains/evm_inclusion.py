"""Proofs of EVM transactions: from the hash of a block, by its header, to one transaction and to what it logged.

A proof is made only of what comes out right: the header must hash to the block's hash, and the tries built again from
every transaction and every receipt must have the header's roots. Chains whose blocks are made otherwise fail there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import rlp
from eth_utils.crypto import keccak
from rlp.exceptions import DecodingError
from trie.hexary import HexaryTrie

from chains.errors import Malformed, NotFound
from chains.evm_encoding import Record, Unencodable, header_bytes, receipt_bytes, transaction_bytes, type_of
from chains.evm_records import block_of
from chains.inclusion import Inclusion, Path
from chains.registry import Chain

OTHER_HEADER: Final = "the header as the source shows it does not hash to the block's hash, so it has fields of its own"
OTHER_TRANSACTIONS: Final = "the block's transactions as the source shows them do not have the root in its header"
OTHER_RECEIPTS: Final = "the block's receipts as the source shows them do not have the root in its header"
NO_RECEIPT: Final = "the source did not give every receipt of the block"
NO_RECEIPTS: Final = "the source does not give the receipts of a block"

_HASH: Final = re.compile(r"0x[0-9a-f]{64}")
_TRANSACTIONS: Final = 4
_RECEIPTS: Final = 5
_NUMBER: Final = 8
_BRANCH: Final = 17
_SHORT: Final = 2
_INLINE: Final = 32


class _Wrong(Exception):
    """A proof that does not hold; its text says where."""


def prove(chain: Chain, tx: str, block: Record, source: str, raw: int) -> Inclusion:
    """A transaction's proof from its block with full transactions; the receipt is not proven yet.

    What cannot be proven is None, and ``why`` says it: one of the sentences above, or of chains/evm_encoding.py.

    Raises:
        NotFound: the block does not hold the transaction.
        Malformed: it has no number, hash or list of transactions.
    """
    shown = block_of(chain, block, source)
    if not _HASH.fullmatch(shown.hash):
        raise Malformed(source, "no hash of a block", shown.hash)
    listed = _listed(block, source)
    place = next((index for index, one in enumerate(listed) if one.get("hash") == tx), None)
    if place is None:
        raise NotFound(f"transaction {tx} in block {shown.number}", source)
    bare = Inclusion(chain.id, tx, shown.number, shown.hash, b"", place, None, None, source, (raw,))
    try:
        header = header_bytes(block)
        if _hex(keccak(header)) != bare.hash:
            return bare._replace(why=OTHER_HEADER)
        path = _path([transaction_bytes(one) for one in listed], place, _root(header, _TRANSACTIONS))
    except Unencodable as reason:
        return bare._replace(why=str(reason))
    if path is None or _hex(keccak(path.value)) != tx:
        return bare._replace(why=OTHER_TRANSACTIONS)
    return bare._replace(header=header, transaction=path, why=NO_RECEIPTS)


def with_receipt(proven: Inclusion, block: Record, receipts: Sequence[Record], raw: int) -> Inclusion:
    """What `prove` made of this block with the receipt proven too, or with the reason why not."""
    if proven.transaction is None:
        return proven
    listed = _listed(block, proven.source)
    by_tx = {str(one.get("transactionHash")): one for one in receipts}
    found = [by_tx.get(str(one.get("hash"))) for one in listed]
    try:
        values = [receipt_bytes(one, type_of(sent)) for one, sent in zip(found, listed, strict=True) if one is not None]
    except Unencodable as reason:
        return proven._replace(why=str(reason))
    if len(values) < len(listed):
        return proven._replace(why=NO_RECEIPT)
    path = _path(values, proven.place, _root(proven.header, _RECEIPTS))
    if path is None:
        return proven._replace(why=OTHER_RECEIPTS)
    return proven._replace(receipt=path, raws=(*proven.raws, raw), why="")


def check(inclusion: Inclusion) -> str:
    """What is wrong with a proof, "" where it holds: recomputed from header, nodes and values alone."""
    try:
        _check(inclusion)
    except (_Wrong, DecodingError) as reason:
        return str(reason)
    return ""


def _check(one: Inclusion) -> None:
    if one.transaction is None:
        if one.header or one.receipt is not None:
            raise _Wrong("a header or a receipt without the transaction")
        return
    if _hex(keccak(one.header)) != one.hash:
        raise _Wrong("the header does not hash to the block's hash")
    if _root(one.header, _NUMBER) != _number_bytes(one.number):
        raise _Wrong("the header has another number")
    if _hex(keccak(one.transaction.value)) != one.tx:
        raise _Wrong("the transaction does not hash to its hash")
    for name, field, path in (("transaction", _TRANSACTIONS, one.transaction), ("receipt", _RECEIPTS, one.receipt)):
        if path is not None and _reached(_root(one.header, field), one.place, path.nodes) != path.value:
            raise _Wrong(f"the nodes do not lead to the {name}")


def _path(values: Sequence[bytes], place: int, root: bytes) -> Path | None:
    """The way to one of the values of a block, None where they do not have this root."""
    trie = HexaryTrie({}, prune=True)
    for index, value in enumerate(values):
        trie[rlp.encode(index)] = value
    if trie.root_hash != root:
        return None
    nodes = [bytes(rlp.encode(node)) for node in trie.get_proof(rlp.encode(place))]  # type: ignore[no-untyped-call]
    # A node shorter than a hash stands inside its parent, and only there.
    return Path(values[place], tuple(node for index, node in enumerate(nodes) if not index or len(node) >= _INLINE))


class _Way(NamedTuple):
    """The rest of the key in half bytes, and where it goes on: a hash or a node inside its parent; or the value."""

    rest: tuple[int, ...]
    onward: Any
    ended: bool


def _reached(root: bytes, place: int, nodes: Sequence[bytes]) -> bytes:
    """The value that the nodes lead to from a root, every one of them used, in their order."""
    way = _Way(_halves(rlp.encode(place)), root, ended=False)
    unused = list(nodes)
    while not way.ended:
        if isinstance(way.onward, bytes):
            if not unused or keccak(unused[0]) != way.onward:
                raise _Wrong("a node is not the one its parent names")
            way = _step(rlp.decode(unused.pop(0)), way.rest)
        else:
            way = _step(way.onward, way.rest)
    if unused or not isinstance(way.onward, bytes):
        raise _Wrong("more nodes than the way has")
    return way.onward


def _step(node: Any, rest: tuple[int, ...]) -> _Way:
    if isinstance(node, list) and len(node) == _BRANCH:
        return _Way(rest[1:], node[rest[0]], ended=False) if rest else _Way((), node[-1], ended=True)
    if not isinstance(node, list) or len(node) != _SHORT or not isinstance(node[0], bytes) or not node[0]:
        raise _Wrong("no node of a trie")
    flag, *halves = _halves(node[0])
    ahead = tuple(halves[1 - (flag & 1) :])
    leaf = flag > 1
    if rest[: len(ahead)] != ahead or (leaf and rest != ahead):
        raise _Wrong("the nodes lead to another place")
    return _Way(rest[len(ahead) :], node[1], ended=leaf)


def _halves(key: bytes) -> tuple[int, ...]:
    return tuple(half for byte in key for half in (byte >> 4, byte & 15))


def _root(header: bytes, field: int) -> bytes:
    fields = rlp.decode(header)
    found = fields[field] if isinstance(fields, list) and len(fields) > _NUMBER else None
    if not isinstance(found, bytes):
        raise _Wrong("no header")
    return found


def _number_bytes(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) >> 3, "big")


def _listed(block: Record, source: str) -> list[Record]:
    rows = block.get("transactions")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Malformed(source, "a block without its transactions", rows)
    return [row for row in rows if not _is_added(row)]


def _is_added(transaction: Record) -> bool:
    """Polygon's nodes list among the transactions one that they add themselves; nobody signed it."""
    return transaction.get("type") in (None, "0x0") and transaction.get("r") == transaction.get("s") == "0x0"


def _hex(data: bytes) -> str:
    return "0x" + data.hex()
