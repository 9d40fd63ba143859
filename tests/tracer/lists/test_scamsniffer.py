"""ScamSniffer's list: reported addresses, each once, on every EVM chain."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tracer.lists.slices import CHECKED, FIXTURES, copy_of, evm, sound_copy
from tracer.errors import ListDamaged
from tracer.labels import EVM_WILDCARD, Label
from tracer.lists.scamsniffer import FILE, LIST, PAGE


def test_the_slice_gives_exactly_its_addresses(tmp_path: Path) -> None:
    """A reported address becomes one label of a weak source."""
    assert list(LIST.read(sound_copy(tmp_path, LIST))) == [
        Label(
            *(EVM_WILDCARD, evm(one), "ScamSniffer: reported scam address", "hack", "ScamSniffer", CHECKED, 50),
            url=PAGE,
            checked=CHECKED,
        )
        for one in (1, 2)
    ]


@pytest.mark.parametrize(
    "data", [(FIXTURES / "scamsniffer" / "broken.json").read_bytes(), b"[1]", b"[" * 100_000, b'["0x12"]']
)
def test_another_shape_is_refused(tmp_path: Path, data: bytes) -> None:
    """An object, numbers, nesting without end, or addresses that are none: the copy is damaged."""
    with pytest.raises(ListDamaged):
        list(LIST.read(copy_of(tmp_path, FILE, data)))
