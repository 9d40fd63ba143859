"""What a TRON proof may not claim: a receipt, another number than its header's, or a place that no tree has."""

from __future__ import annotations

import pytest

from chains.inclusion import Inclusion, Path
from chains.tron_inclusion import _id_of, check, header_bytes
from tests.chains.test_tron_inclusion import made_block, proven, signed


@pytest.fixture
def sound() -> Inclusion:
    """A proof that holds."""
    one = proven(made_block(), 1)
    assert one.transaction is not None
    assert check(one) == ""
    return one


def test_a_receipt_is_never_proven(sound: Inclusion) -> None:
    """A TRON block commits to no receipt, so a proof that brings one is none."""
    assert "receipt" in check(sound._replace(receipt=Path(b"\x01", ())))


def test_the_number_is_the_headers_own(sound: Inclusion) -> None:
    """Where the id says one number and the header inside it another, neither is believed."""
    header = header_bytes({**made_block()["block_header"]["raw_data"], "number": sound.number + 1})
    forged = sound._replace(header=header, hash=_id_of(header, sound.number))
    assert check(forged) == "the header has another number"


def test_a_place_beyond_the_tree_is_refused() -> None:
    """In a block of one transaction that transaction is the first one, and no other."""
    alone = proven(signed(made_block()["transactions"][:1]), 0)
    assert check(alone) == ""
    assert check(alone._replace(place=1)) != ""
