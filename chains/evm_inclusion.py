"""Proofs of EVM transactions: from the hash of a block, by its header, to one transaction and to what it logged.

A proof is made only of what comes out right: the header must hash to the block's hash, and the tries built again from
every transaction and every receipt must have the header's roots. Chains whose blocks are made otherwise fail there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import rlp
from eth_utils.crypto import keccak
from rlp.exceptions import DecodingError

from chains.errors import Malformed, NotFound
from chains.evm_encoding import Record, Unencodable, header_bytes, receipt_bytes, transaction_bytes, type_of
from chains.evm_records import block_of
from chains.evm_trie import Trie, WrongWay, reached
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


class _Wrong(Exception):
    """A proof that does not hold; its text says where."""


class WholeBlock:
    """A block with full transactions, and what of it is proven; its tries are made once for all its transactions.

    Raises:
        Malformed: it has no number, hash or list of transactions.
    """

    def __init__(self, chain: Chain, block: Record, source: str, raw: int) -> None:
        shown = block_of(chain, block, source)
        if not _HASH.fullmatch(shown.hash):
            raise Malformed(source, "no hash of a block", shown.hash)
        listed = _listed(block, source)
        self._hashes = [str(one.get("hash")) for one in listed]
        self._kinds: list[int] = []
        self._transactions: Trie | None = None
        self._receipts: Trie | None = None
        self._bare = Inclusion(chain.id, "", shown.number, shown.hash, b"", 0, None, None, source, (raw,))
        self._header, self._raw = b"", raw
        try:
            self._why = self._read(block, listed)
        except Unencodable as reason:
            self._why = str(reason)

    def _read(self, block: Record, listed: Sequence[Record]) -> str:
        header = header_bytes(block)
        if _hex(keccak(header)) != self._bare.hash:
            return OTHER_HEADER
        transactions = Trie([transaction_bytes(one) for one in listed])
        if transactions.root != _root(header, _TRANSACTIONS):
            return OTHER_TRANSACTIONS
        self._header, self._transactions = header, transactions
        self._kinds = [type_of(one) for one in listed]
        return NO_RECEIPTS

    def take(self, receipts: Sequence[Record], raw: int) -> None:
        """Prove the receipts too, or note the reason why they are not."""
        by_tx = {str(one.get("transactionHash")): one for one in receipts}
        found = [by_tx.get(name) for name in self._hashes]
        try:
            values = [receipt_bytes(one, kind) for one, kind in zip(found, self._kinds, strict=True) if one is not None]
        except Unencodable as reason:
            self._why = str(reason)
            return
        if len(values) < len(found):
            self._why = NO_RECEIPT
        elif (trie := Trie(values)).root != _root(self._header, _RECEIPTS):
            self._why = OTHER_RECEIPTS
        else:
            self._receipts, self._raw, self._why = trie, raw, ""

    def inclusion(self, tx: str) -> Inclusion:
        """The proof of one transaction. What is not proven is None, and ``why`` says it in a sentence.

        Raises:
            NotFound: the block does not hold the transaction.
        """
        if tx not in self._hashes:
            raise NotFound(f"transaction {tx} in block {self._bare.number}", self._bare.source, self._bare.raws[:1])
        place = self._hashes.index(tx)
        bare = self._bare._replace(tx=tx, place=place, why=self._why)
        if self._transactions is None:
            return bare
        sent = _path(self._transactions, place)
        if _hex(keccak(sent.value)) != tx:
            return bare._replace(why=OTHER_TRANSACTIONS)
        proven = bare._replace(header=self._header, transaction=sent)
        if self._receipts is None:
            return proven
        return proven._replace(receipt=_path(self._receipts, place), raws=(*bare.raws, self._raw))

    @property
    def proven(self) -> bool:
        """Does its hash commit to its transactions as they are shown?"""
        return self._transactions is not None


def check(inclusion: Inclusion) -> str:
    """What is wrong with a proof, "" where it holds: recomputed from header, nodes and values alone."""
    try:
        _check(inclusion)
    except (_Wrong, WrongWay, DecodingError) as reason:
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
        if path is not None and reached(_root(one.header, field), one.place, path.nodes) != path.value:
            raise _Wrong(f"the nodes do not lead to the {name}")


def _path(trie: Trie, place: int) -> Path:
    return Path(trie.values[place], trie.way(place))


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
