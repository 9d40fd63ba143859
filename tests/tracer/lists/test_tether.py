"""Tether's blacklists: who is frozen and who was, on each of its contracts, in either family of events."""

from __future__ import annotations

import pytest
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from chains.model import Address, Event
from tests.tracer.lists.freezing import CHECKED, copy_with, log
from tests.tracer.lists.slices import TRON_1, TRON_2, evm
from tracer.errors import ListDamaged
from tracer.label_files import load_tokens
from tracer.labels import Label
from tracer.list_events import NEW_TETHER, OLD_TETHER
from tracer.lists import LabelList
from tracer.lists.tether import LISTS

BY_NAME = {one.name: one for one in LISTS}
ETHEREUM, TRON, AVALANCHE = (BY_NAME[f"tether-{chain}"] for chain in ("ethereum", "tron", "avalanche"))
(QUERY,) = ETHEREUM.queries
FREEZE, RELEASE, DESTROY = OLD_TETHER


def stretches(one: LabelList, *events: Event) -> list[tuple[Address, str, str, str]]:
    return [
        (label.address, label.entity, label.valid_from, label.valid_to) for label in one.read(copy_with(one, *events))
    ]


def test_a_frozen_address_has_a_label_since_its_day() -> None:
    """A freeze that still holds: on the token's chain, since the day of the event, from the issuer itself."""
    assert list(ETHEREUM.read(copy_with(ETHEREUM, log(QUERY, 1, FREEZE, evm(1))))) == [
        Label(
            *("eip155:1", evm(1), "Tether: frozen", "frozen", "Tether USDT blacklist", CHECKED, 100),
            kind="issuer",
            url=f"USDT {QUERY.contract} events",
            checked=CHECKED,
            valid_from="1970-01-02",
        )
    ]


def test_a_release_ends_the_label_and_a_second_freeze_begins_another() -> None:
    """Whoever was frozen twice has both stretches; events count in the order of the chain."""
    events = [log(QUERY, 3, FREEZE, evm(1)), log(QUERY, 2, RELEASE, evm(1)), log(QUERY, 1, FREEZE, evm(1))]
    assert stretches(ETHEREUM, *events) == [
        (evm(1), "Tether: frozen", "1970-01-02", "1970-01-03"),
        (evm(1), "Tether: frozen", "1970-01-04", ""),
    ]


def test_destroyed_funds_are_said_and_the_freeze_stays() -> None:
    """Destroying the balance lifts no freeze."""
    events = [log(QUERY, 1, FREEZE, evm(1)), log(QUERY, 2, DESTROY, evm(1), amount=5)]
    assert stretches(ETHEREUM, *events) == [(evm(1), "Tether: frozen, funds destroyed", "1970-01-02", "")]


def test_what_changes_nothing_changes_nothing() -> None:
    """A second freeze keeps the first day; the release of someone who is not frozen is no label."""
    events = [log(QUERY, 1, FREEZE, evm(1)), log(QUERY, 2, FREEZE, evm(1)), log(QUERY, 3, RELEASE, evm(2))]
    assert stretches(ETHEREUM, *events) == [(evm(1), "Tether: frozen", "1970-01-02", "")]


def test_a_day_that_no_source_said_is_left_open() -> None:
    """A freeze of an unknown day has no beginning; a label released on an unknown day would have no end: counted."""
    assert stretches(ETHEREUM, log(QUERY, 0, FREEZE, evm(1))) == [(evm(1), "Tether: frozen", "", "")]
    undated = log(QUERY, 2, RELEASE, evm(1))._replace(time=None)
    copy = copy_with(ETHEREUM, log(QUERY, 1, FREEZE, evm(1)), undated)
    assert list(ETHEREUM.read(copy)) == []
    assert dict(copy.skipped) == {"undated": 1}


def test_indexed_addresses_and_tron_spelling() -> None:
    """On TRON the address is indexed and has TRON's spelling; in the new family it is indexed too."""
    (query,) = TRON.queries
    destroyed = log(query, 2, DESTROY, TRON_2, amount=7, indexed=True)
    events = [log(query, 1, FREEZE, who, indexed=True) for who in (TRON_1, TRON_2)]
    assert [(one[0], one[1]) for one in stretches(TRON, *events, destroyed)] == [
        (TRON_1, "Tether: frozen"),
        (TRON_2, "Tether: frozen, funds destroyed"),
    ]
    (query,) = AVALANCHE.queries
    newer = [log(query, 1 + at, topic, evm(1), indexed=True) for at, topic in enumerate(NEW_TETHER[:2])]
    assert stretches(AVALANCHE, *newer) == [(evm(1), "Tether: frozen", "1970-01-02", "1970-01-03")]


SOUND = log(QUERY, 1, FREEZE, evm(1))


@pytest.mark.parametrize(
    "event",
    [
        SOUND._replace(topics=()),
        SOUND._replace(topics=(NEW_TETHER[0],)),
        SOUND._replace(data="0x"),
        SOUND._replace(data=SOUND.data + "00" * 32),
        SOUND._replace(data=SOUND.data[:-1]),
        SOUND._replace(data="0x" + "1" * 64),
        SOUND._replace(contract=evm(1)),
        SOUND._replace(chain="eip155:10"),
        log(QUERY, 1, DESTROY, evm(1)),
    ],
)
def test_a_log_of_another_shape_is_refused(event: Event) -> None:
    """Another contract, another event, words too many or too few, a word that is no address: the copy is damaged."""
    with pytest.raises(ListDamaged):
        list(ETHEREUM.read(copy_with(ETHEREUM, event)))


@given(st.lists(st.tuples(st.sampled_from((FREEZE, RELEASE)), st.integers(1, 3)), max_size=30))
def test_the_open_labels_are_the_state_after_all_events(steps: list[tuple[str, int]]) -> None:
    """Whatever the history, who has a label without an end is who the contract would call frozen."""
    state: set[Address] = set()
    for topic, who in steps:
        state = state | {evm(who)} if topic == FREEZE else state - {evm(who)}
    events = [log(QUERY, height, topic, evm(who)) for height, (topic, who) in enumerate(steps, start=1)]
    found = list(ETHEREUM.read(copy_with(ETHEREUM, *events)))
    assert {label.address for label in found if not label.valid_to} == state
    assert all(not label.valid_to or label.valid_from <= label.valid_to for label in found)


def test_every_contract_is_a_freezable_token_of_the_pack() -> None:
    """The lists cover the tokens of Tether's that the pack calls freezable, and no other contract."""
    rows = load_tokens().rows.values()
    freezable = {(one.chain, one.contract) for one in rows if one.issuer == "Tether" and one.freezable == "yes"}
    assert {(query.chain, query.contract) for one in LISTS for query in one.queries} == freezable


def test_the_topics_are_those_of_the_events() -> None:
    """Each topic is the hash of the event it is said to be."""
    names = [f"{name}(address)" for name in ("AddedBlackList", "RemovedBlackList", "BlockPlaced", "BlockReleased")]
    names += [f"{name}(address,uint256)" for name in ("DestroyedBlackFunds", "DestroyedBlockedFunds")]
    assert {"0x" + keccak(text=name).hex() for name in names} == {*OLD_TETHER, *NEW_TETHER}
