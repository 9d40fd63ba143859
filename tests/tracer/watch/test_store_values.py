"""Values of a watch as JSON: whatever is written comes back equal."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chains.model import Address, Asset, AssetId, Block, Kind, Position, Transfer
from chains.scan import APPROVAL, DELEGATION, PERMISSION, Change, Sight
from tracer.watch import store_values as values
from tracer.watch.model import KINDS, SEVERITIES, Notice, Target
from tracer.watch.standing import FOLLOWED, LOOKED_AT, RESTS, Rules, Stand
from tracer.watch.state import Base, Sense

TEXTS = st.text(max_size=12) | st.sampled_from(["\ud800", "\x00", "|", "{}", "é中"])
UNITS = st.integers(0, 2**256 - 1)
NUMBERS = st.integers(-1, 2**62)
SOME = st.none() | UNITS
ADDRESSES = TEXTS.map(Address)
ASSET_IDS = TEXTS.map(AssetId)
PLAIN: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | UNITS | TEXTS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner)
)
ASSETS = st.builds(Asset, TEXTS, ASSET_IDS, TEXTS, NUMBERS)
BLOCKS = st.builds(Block, TEXTS, NUMBERS, TEXTS, NUMBERS, NUMBERS)
POSITIONS = st.builds(Position, NUMBERS, NUMBERS, st.sampled_from(Kind), st.lists(NUMBERS, max_size=3).map(tuple))
MOVED = st.builds(Transfer, TEXTS, TEXTS, POSITIONS, NUMBERS, ASSET_IDS, ADDRESSES, ADDRESSES, UNITS, NUMBERS)
SIGHTS = st.builds(Sight, MOVED, NUMBERS, TEXTS, NUMBERS)
GRANTS = st.sampled_from([APPROVAL, PERMISSION, DELEGATION])
PLACED = (POSITIONS, NUMBERS, ADDRESSES, ADDRESSES, st.none() | ASSET_IDS, SOME, NUMBERS, TEXTS, NUMBERS)
CHANGES = st.builds(Change, TEXTS, GRANTS, TEXTS, *PLACED)
LOTS = st.lists(st.tuples(UNITS, NUMBERS), max_size=4).map(tuple)
ROLES = st.sampled_from([FOLLOWED, LOOKED_AT, RESTS])
STANDS = st.builds(Stand, ROLES, NUMBERS, UNITS, UNITS, UNITS, st.dictionaries(TEXTS, LOTS, max_size=3), TEXTS, TEXTS)
PAIRS = st.tuples(TEXTS, TEXTS)
RULES = st.builds(
    Rules,
    TEXTS,
    st.lists(TEXTS, max_size=2).map(tuple),
    st.booleans(),
    st.frozensets(PAIRS, max_size=2),
    st.frozensets(PAIRS, max_size=2),
    st.dictionaries(PAIRS, UNITS, max_size=2),
)
BASES = st.builds(
    Base,
    RULES,
    st.dictionaries(st.tuples(TEXTS, TEXTS, TEXTS), STANDS, max_size=2),
    st.dictionaries(TEXTS, BLOCKS, max_size=2),
    UNITS,
    st.dictionaries(st.tuples(TEXTS, ASSET_IDS), ASSETS, max_size=2),
    NUMBERS,
)
FACTS: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(
        ("key", "chain", "tx", "sender", "receiver", "entity", "category", "source", "reason", "why"), TEXTS
    ),
    **dict.fromkeys(("target", "height", "number", "time"), NUMBERS),
    **dict.fromkeys(("amount", "traced", "least", "most"), SOME),
    "kind": st.sampled_from(KINDS),
    "severity": st.sampled_from(SEVERITIES),
    "asset": st.none() | ASSETS,
    "more": st.dictionaries(TEXTS, PLAIN, max_size=3),
}
TARGETS = st.builds(
    Target,
    *(NUMBERS, TEXTS, TEXTS, TEXTS, TEXTS, TEXTS, NUMBERS, st.booleans(), st.none() | NUMBERS, NUMBERS),
    st.lists(TEXTS, max_size=2).map(tuple),
)


@given(TARGETS)
def test_targets(one: Target) -> None:
    """A target comes back equal."""
    assert values.target_of(one.id, one.name, values.target_text(one)) == one


@given(st.lists(BLOCKS, max_size=3))
def test_blocks(some: list[Block]) -> None:
    """Blocks come back equal, in their order."""
    assert values.blocks_of(values.blocks_text(some)) == some
    assert [values.block_of(values.block_text(one)) for one in some] == some


@given(STANDS)
def test_stands(one: Stand) -> None:
    """A stand comes back equal, to the unit."""
    assert values.stand_of(values.stand_text(one)) == one


@given(BASES)
def test_bases(one: Base) -> None:
    """A base comes back equal."""
    assert values.base_of(values.base_bytes(one)) == one


@given(SIGHTS, st.booleans())
def test_sights(one: Sight, early: bool) -> None:
    """A transfer that was seen comes back equal; its kind is a kind again."""
    chain, _, *rest = values.sight_row(one, early=early)
    back = values.sight_of(chain, *rest)  # type: ignore[arg-type]
    assert back == one
    assert isinstance(back.transfer.position.kind, Kind)


@given(CHANGES)
def test_changes(one: Change) -> None:
    """A change of power comes back equal."""
    assert values.change_of(*values.change_row(one)) == one  # type: ignore[arg-type]


@given(st.builds(Notice, **FACTS))
def test_notices(one: Notice) -> None:
    """A notice comes back equal."""
    assert values.notice_of(values.notice_text(one)) == one


@given(st.builds(Sense, TEXTS, st.none() | NUMBERS, TEXTS, TEXTS))
def test_senses(one: Sense) -> None:
    """Whether a chain is seen comes back equal."""
    assert values.sense_of(values.sense_text(one)) == one


@given(SIGHTS, SIGHTS)
def test_two_transfers_never_share_a_row(one: Sight, other: Sight) -> None:
    """Rows have one key exactly where transfers have one identity."""
    same = values.sight_row(one, early=False)[:3] == values.sight_row(other, early=False)[:3]
    assert same == (one.transfer.identity == other.transfer.identity)
