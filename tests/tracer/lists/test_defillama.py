"""DefiLlama's adapters: literal owners of exchanges only, and no program is run."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracer.lists.slices import CHECKED, FIXTURES, SUMMED, TRON_1, TRON_2, copy_of, evm, sound_copy, zipped
from tracer.errors import ListDamaged
from tracer.labels import Label
from tracer.list_files import TRON
from tracer.lists.defillama import FILE, LIST, PAGE, owners


def test_the_slice_gives_exactly_its_owners(tmp_path: Path) -> None:
    """Owners under a chain, by the exchange of the path or of the key above; tokens, comments, lenders are none."""
    copy = sound_copy(tmp_path, LIST)
    okx, made_up, many = "projects/okex/index.js", "projects/made-up-cex.js", "registries/cexs.js"
    wanted = [
        ("eip155:8453", evm(2), "Made Up", made_up),
        ("eip155:1", SUMMED, "OKX", okx),
        ("eip155:1", evm(1), "OKX", okx),
        (TRON, TRON_1, "OKX", okx),
        (TRON, TRON_2, "OKX", okx),
        ("eip155:42161", evm(3), "Bybit", many),
    ]
    assert list(LIST.read(copy)) == [
        Label(
            *(chain, address, name, "exchange", "DefiLlama CEX list", "2026-09-15", 50),
            url=f"{PAGE}/blob/HEAD/{path}",
            checked=CHECKED,
        )
        for chain, address, name, path in wanted
    ]
    assert dict(copy.skipped) == {"chain": 1, "file": 1}


def test_a_list_whose_programs_changed_is_refused(tmp_path: Path) -> None:
    """Where owners have another name, there is no address, and no empty list either."""
    broken = (FIXTURES / "defillama" / "broken.js").read_bytes()
    with pytest.raises(ListDamaged, match="no address"):
        list(LIST.read(copy_of(tmp_path, FILE, zipped({"D-1/projects/x/index.js": broken}))))


@pytest.mark.parametrize(
    ("program", "found"),
    [
        ("a = {tron: {owners: ['x', \"y\"]}}", [("", "tron", "x"), ("", "tron", "y")]),
        ("a = {tron: /* here: */ {owners: [`${b}`, 'x']}}", [("", "tron", "x")]),
        ("a = {tron: {owners: [['x'], 'y']}}", []),
        ("a = {tron: {owners: b.map(c => ['x'])}}", []),
        ("a = {tron: {owners: b, tokens: ['x']}}", []),
        ("a = {tron: ['x'], owners: ['y']}", []),
        ("// a = {tron: {owners: ['x']}}", []),
        ("a = {tron: {owners: ['x'", []),
    ],
)
def test_only_literal_owners_of_a_chain_are_read(program: str, found: list[tuple[str, str, str]]) -> None:
    """What is computed, nested, of a token, without a chain, commented out or cut off gives nothing."""
    assert list(owners(program)) == found


@given(st.text(alphabet="{}[]:,'\"`/*\n ao", max_size=60))
def test_no_program_text_upsets_the_reader(program: str) -> None:
    """Any text is read to its end."""
    assert isinstance(list(owners(program)), list)


def test_reading_takes_time_in_proportion() -> None:
    """Texts made to be looked at again and again are read in one go: these would take hours otherwise."""
    for piece in ("/*", "`", "'\\", "{a:[", "//"):
        assert list(owners(piece * 100_000)) == []
