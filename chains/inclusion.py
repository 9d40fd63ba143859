"""What a block commits to: the way from a block's hash down to one transaction, and on EVM chains to its logs.

Whoever knows the hash of the block, from any explorer, can check such a proof alone: nobody need be believed. On EVM
chains the header, whose hash is the block's, holds the roots of two Merkle-Patricia tries, of the transactions and of
their receipts. A TRON header commits to the transactions alone, by a Merkle tree: what a contract logged is not in it.
"""

from __future__ import annotations

from typing import NamedTuple


class Path(NamedTuple):
    """``value`` is in the tree because of ``nodes``: EVM trie nodes from the root down; TRON siblings from the leaf up.

    ``value`` is the transaction or receipt as the tree has it: EIP-2718 bytes, or TRON's protobuf message.
    """

    value: bytes
    nodes: tuple[bytes, ...]


class Inclusion(NamedTuple):
    """How far a block proves one transaction.

    ``header`` hashes to ``hash``: RLP on EVM chains, protobuf on TRON, whose hash begins with the number. ``place`` is
    the transaction's among those of the block, from nil. ``transaction`` and ``receipt`` are None where they are not
    proven, and then ``why`` says it in a sentence. ``raws`` are the stored answers it was made from, ``source`` who
    gave them.
    """

    chain: str
    tx: str
    number: int
    hash: str
    header: bytes
    place: int
    transaction: Path | None
    receipt: Path | None
    source: str
    raws: tuple[int, ...]
    why: str = ""
