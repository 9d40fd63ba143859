"""HTX's proof of reserves: the second table of the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tracer.lists.slices import CHECKED, FIXTURES, SUMMED, TRON_1, TRON_2, copy_of, evm, sound_copy
from tracer.errors import ListDamaged
from tracer.labels import Label
from tracer.list_files import TRON
from tracer.lists.htx import FILE, LIST, PAGE


def test_the_slice_gives_exactly_its_addresses(tmp_path: Path) -> None:
    """Each wallet once on the chain that its coin names; Bitcoin and a chain that is not traced are counted."""
    copy = sound_copy(tmp_path, LIST)
    places = [(TRON, TRON_1), ("eip155:1", SUMMED), ("eip155:43114", evm(2)), (TRON, TRON_2)]
    assert list(LIST.read(copy)) == [
        Label(
            *(chain, address, "HTX", "exchange", "HTX proof of reserves", CHECKED, 90),
            role="reserve",
            kind="self_published",
            url=PAGE,
            checked=CHECKED,
        )
        for chain, address in places
    ]
    assert dict(copy.skipped) == {"chain": 2}


def test_a_renamed_column_is_refused(tmp_path: Path) -> None:
    """Without the table of addresses there is no list."""
    with pytest.raises(ListDamaged, match="columns"):
        list(LIST.read(copy_of(tmp_path, FILE, (FIXTURES / "htx" / "broken.csv").read_bytes())))


def test_the_burn_address_is_nobodys_reserve(tmp_path: Path) -> None:
    """An address that nobody holds a key to is counted and gets no label."""
    data = (FIXTURES / "htx" / "huobi_por.csv").read_bytes()
    copy = copy_of(tmp_path, FILE, data + b"ETH,0x" + b"0" * 40 + b",1,2,-,-\n")
    assert len(list(LIST.read(copy))) == 4
    assert copy.skipped["burn"] == 1
