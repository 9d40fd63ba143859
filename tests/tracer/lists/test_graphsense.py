"""GraphSense TagPacks: inherited fields, confidence by the packs' own ladder, and only what is an address of ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tracer.lists.slices import CHECKED, FIXTURES, SUMMED, TRON_1, copy_of, evm, sound_copy, zipped
from tracer.errors import ListDamaged
from tracer.labels import Label
from tracer.list_files import TRON
from tracer.lists.graphsense import FILE, LIST

SOURCE = "GraphSense TagPacks"
HEADER = "title: t\ncurrency: ETH\ncategory: exchange\nsource: s\nlabel: l\n"


def test_the_slice_gives_exactly_its_tags(tmp_path: Path) -> None:
    """Fields of the header hold unless a tag says otherwise; an abuse outranks a category."""
    copy = sound_copy(tmp_path, LIST)
    web, concepts = "https://example.org/exchanges", "https://example.org/concepts"
    wanted = [
        ("eip155:1", SUMMED, "Example Exchange", "exchange", SOURCE, "2024-05-06", 50, web),
        (TRON, TRON_1, "Example Exchange", "exchange", SOURCE, "2025-01-02", 20, web),
        ("eip155:1", evm(2), "Example Exchange hack", "hack", SOURCE, "2024-05-06", 50, web),
        ("eip155:1", evm(6), "Example Mixer", "mixer", SOURCE, "2026-01-31", 5, concepts),
    ]
    found = list(LIST.read(copy))
    assert found == [Label(*row[:7], url=row[7], checked=CHECKED) for row in wanted]
    assert dict(copy.skipped) == {"chain": 1, "category": 3, "self_chosen": 1, "confidence": 1, "file": 1}
    assert copy.as_of == "2026-09-15"


@pytest.mark.parametrize(
    "pack",
    [
        (FIXTURES / "graphsense" / "broken.yml").read_text(encoding="utf-8"),
        "currency: ETH\ntags: {a: 1}\n",
        "currency: ETH\ntags: [a]\n",
        "ETH: [\n",
        "ETH: " + "[" * 500_000,
        "ETH: " + "- " * 500_000,
        "ETH: &a [*a]\ntags: *b\n",
        HEADER + "tags:\n- label: x\n",
        HEADER.replace("source: s\n", "") + f"tags:\n- address: '{evm(1)}'\n",
    ],
)
def test_a_pack_of_another_shape_is_refused(tmp_path: Path, pack: str) -> None:
    """No tags, tags that are no tables, broken YAML, a tag without address or source: the copy is damaged."""
    with pytest.raises(ListDamaged):
        list(LIST.read(copy_of(tmp_path, FILE, zipped({"g-1/packs/a.yaml": pack.encode()}))))


def test_yaml_makes_no_objects(tmp_path: Path) -> None:
    """A tag of YAML that would call a function stays text, so nothing of a pack is ever run."""
    pack = HEADER + f"tags:\n- address: !!python/object/apply:os.getcwd '{evm(1)}'\n"
    (label,) = LIST.read(copy_of(tmp_path, FILE, zipped({"g-1/packs/a.yaml": pack.encode()})))
    assert label.address == evm(1)
