"""The tries of blocks, held against py-trie, which builds them entry by entry."""

from __future__ import annotations

from typing import Any

import pytest
import rlp
from eth_utils.crypto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st
from trie.hexary import HexaryTrie

from chains.evm_trie import Trie, WrongWay, encoded, reached


def oracle(values: list[bytes]) -> HexaryTrie:
    trie = HexaryTrie({}, prune=True)
    for place, value in enumerate(values):
        trie[rlp.encode(place)] = value
    return trie


def way_of(trie: HexaryTrie, place: int) -> tuple[bytes, ...]:
    nodes = [bytes(rlp.encode(node)) for node in trie.get_proof(rlp.encode(place))]  # type: ignore[no-untyped-call]
    return tuple(node for index, node in enumerate(nodes) if not index or len(node) >= 32)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 300), st.sampled_from([1, 20, 33, 200]), st.randoms(use_true_random=False))
def test_roots_and_ways_are_those_of_py_trie(count: int, most: int, random: Any) -> None:
    """Of up to 300 entries, tiny ones inside their parents among them, root and every way are the same, and hold."""
    values = [random.randbytes(random.randint(1, most)) for _ in range(count)]
    mine, other = Trie(values), oracle(values)
    assert mine.root == other.root_hash
    for place in {0, count - 1, random.randrange(count)}:
        assert mine.way(place) == way_of(other, place)
        assert reached(mine.root, place, mine.way(place)) == values[place]
        with pytest.raises(WrongWay):
            reached(mine.root, place, (*mine.way(place), values[place]))


def test_a_block_without_entries_has_the_empty_root() -> None:
    """The root of nothing is the well-known one."""
    assert Trie([]).root == HexaryTrie({}).root_hash == keccak(b"\x80")


@given(st.recursive(st.binary(max_size=300), lambda inner: st.lists(inner, max_size=6), max_leaves=20))
def test_rlp_is_that_of_pyrlp(item: Any) -> None:
    """Whatever is nested in whatever, it is written as the library writes it."""
    assert encoded(item) == rlp.encode(item)
