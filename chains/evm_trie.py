"""Ethereum's trie over the entries of one block, and the way in it from its root to one entry.

The tries of a block are made once and never changed, so they are built from all their keys at once, from the leaves
up: every node is hashed one time. Keys are the RLP of the entries' places, of which none begins with another, so that
no value ever stands in a branch.

Source: Ethereum's yellow paper, appendices B (RLP), C (hex prefix) and D (trie).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import rlp
from eth_utils.crypto import keccak

_BRANCH: Final = 17
_SHORT: Final = 2
_INLINE: Final = 32
"""A node shorter than a hash stands inside its parent, and only there."""
_SIXTEEN: Final = range(16)
_LONGEST: Final = 55
_TEXT: Final = 0x80
_LIST: Final = 0xC0
_NOTHING: Final = b"\x80"
_HEADS: Final = tuple(bytes([one]) for one in range(256))

Halves = tuple[int, ...]
"""A key in half bytes."""


class WrongWay(Exception):
    """Nodes that do not lead from a root to a place; its text says where."""


class _Node(NamedTuple):
    """``data`` is its RLP; ``onward`` its children by the half bytes that lead to them: as many to each."""

    data: bytes
    onward: dict[Halves, _Node]


class _Way(NamedTuple):
    """The rest of the key, and where it goes on: a hash or a node inside its parent; or the value."""

    rest: Halves
    onward: Any
    ended: bool


class Trie:
    """The trie of these entries by their place."""

    def __init__(self, values: Sequence[bytes]) -> None:
        self.values = tuple(values)
        pairs = sorted((_key(place), value) for place, value in enumerate(values))
        self._top = _built(pairs, 0) if pairs else _Node(_NOTHING, {})
        self.root = keccak(self._top.data)

    def way(self, place: int) -> tuple[bytes, ...]:
        """The nodes from the root to an entry, without those that stand inside their parents."""
        node, nodes, key = self._top, [self._top.data], _key(place)
        while node.onward:
            steps = len(next(iter(node.onward)))
            node, key = node.onward[key[:steps]], key[steps:]
            nodes += [node.data] if len(node.data) >= _INLINE else []
        return tuple(nodes)


def reached(root: bytes, place: int, nodes: Sequence[bytes]) -> bytes:
    """The value that the nodes lead to from a root, every one of them used, in their order. Raises `WrongWay`."""
    way = _Way(_key(place), root, ended=False)
    unused = list(nodes)
    while not way.ended:
        if isinstance(way.onward, bytes):
            if not unused or keccak(unused[0]) != way.onward:
                raise WrongWay("a node is not the one its parent names")
            way = _step(rlp.decode(unused.pop(0)), way.rest)
        else:
            way = _step(way.onward, way.rest)
    if unused or not isinstance(way.onward, bytes):
        raise WrongWay("more nodes than the way has")
    return way.onward


def encoded(item: Any) -> bytes:
    """Bytes, or lists of them within lists, as RLP."""
    if isinstance(item, bytes):
        return item if len(item) == 1 and item < _NOTHING else _headed(_TEXT, item)
    return _headed(_LIST, b"".join(map(encoded, item)))


def _headed(kind: int, body: bytes) -> bytes:
    length = len(body)
    if length <= _LONGEST:
        return _HEADS[kind + length] + body
    size = length.to_bytes((length.bit_length() + 7) >> 3, "big")
    return bytes([kind + _LONGEST + len(size)]) + size + body


def _built(pairs: Sequence[tuple[Halves, bytes]], depth: int) -> _Node:
    """The node of all these keys, which are sorted and the same for ``depth`` half bytes."""
    first, value = pairs[0]
    if len(pairs) == 1:
        return _Node(encoded([_prefixed(first[depth:], leaf=True), value]), {})
    shared = next(at for at in range(depth, len(first)) if first[at] != pairs[-1][0][at])
    groups = {half: [one for one in pairs if one[0][shared] == half] for half in _SIXTEEN}
    onward = {half: _built(some, shared + 1) for half, some in groups.items() if some}
    names = [_name(onward[half]) if half in onward else _NOTHING for half in _SIXTEEN]
    branch = _Node(_headed(_LIST, b"".join([*names, _NOTHING])), {(half,): node for half, node in onward.items()})
    if shared == depth:
        return branch
    ahead = first[depth:shared]
    return _Node(_headed(_LIST, encoded(_prefixed(ahead, leaf=False)) + _name(branch)), {ahead: branch})


def _name(node: _Node) -> bytes:
    """What stands for a node in its parent."""
    return node.data if len(node.data) < _INLINE else encoded(keccak(node.data))


def _prefixed(halves: Halves, *, leaf: bool) -> bytes:
    odd = len(halves) & 1
    whole = (2 * leaf + odd, *([] if odd else [0]), *halves)
    return bytes(high << 4 | low for high, low in zip(whole[::2], whole[1::2], strict=True))


def _step(node: Any, rest: Halves) -> _Way:
    if isinstance(node, list) and len(node) == _BRANCH:
        return _Way(rest[1:], node[rest[0]], ended=False) if rest else _Way((), node[-1], ended=True)
    if not isinstance(node, list) or len(node) != _SHORT or not isinstance(node[0], bytes) or not node[0]:
        raise WrongWay("no node of a trie")
    flag, *halves = _halves(node[0])
    ahead = tuple(halves[1 - (flag & 1) :])
    leaf = flag > 1
    if rest[: len(ahead)] != ahead or (leaf and rest != ahead):
        raise WrongWay("the nodes lead to another place")
    return _Way(rest[len(ahead) :], node[1], ended=leaf)


def _key(place: int) -> Halves:
    return _halves(encoded(place.to_bytes((place.bit_length() + 7) >> 3, "big")))


def _halves(key: bytes) -> Halves:
    return tuple(half for byte in key for half in (byte >> 4, byte & 15))
