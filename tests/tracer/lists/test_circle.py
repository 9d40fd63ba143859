"""Circle's blacklists: one for each contract of its own."""

from __future__ import annotations

import pytest
from eth_utils.crypto import keccak

from tests.tracer.lists.freezing import CHECKED, copy_with, log
from tests.tracer.lists.slices import TRON_1, evm
from tracer.errors import ListDamaged
from tracer.label_files import load_tokens
from tracer.labels import Label
from tracer.list_events import CIRCLE, OLD_TETHER
from tracer.lists.circle import LISTS

BY_NAME = {one.name: one for one in LISTS}
FREEZE, RELEASE = CIRCLE


def test_frozen_and_released_addresses() -> None:
    """A freeze that holds has no end; a release ends the label on its day."""
    base = BY_NAME["usdc-base"]
    (query,) = base.queries
    events = [log(query, 1, FREEZE, evm(1), indexed=True), log(query, 1, FREEZE, evm(2), indexed=True)]
    events.append(log(query, 4, RELEASE, evm(1), indexed=True))
    assert list(base.read(copy_with(base, *events))) == [
        Label(
            *("eip155:8453", who, "Circle: frozen", "frozen", "Circle USDC blacklist", CHECKED, 100),
            kind="issuer",
            url=f"USDC {query.contract} events",
            checked=CHECKED,
            valid_from="1970-01-02",
            valid_to=until,
        )
        for who, until in ((evm(1), "1970-01-05"), (evm(2), ""))
    ]


def test_tron_has_trons_spelling() -> None:
    """On TRON the label is of the address as TRON writes it."""
    tron = BY_NAME["usdc-tron"]
    (query,) = tron.queries
    (label,) = tron.read(copy_with(tron, log(query, 1, FREEZE, TRON_1, indexed=True)))
    assert (label.chain, label.address) == ("tron:mainnet", TRON_1)


def test_an_event_of_another_family_is_refused() -> None:
    """Tether's events in Circle's contract are not what was asked for."""
    (query,) = BY_NAME["usdc-base"].queries
    with pytest.raises(ListDamaged, match="log"):
        list(BY_NAME["usdc-base"].read(copy_with(BY_NAME["usdc-base"], log(query, 1, OLD_TETHER[0], evm(1)))))


def test_every_contract_is_a_freezable_token_of_the_pack() -> None:
    """The lists cover the tokens of Circle's that the pack calls freezable, and no other contract."""
    rows = load_tokens().rows.values()
    freezable = {(one.chain, one.contract) for one in rows if one.issuer == "Circle" and one.freezable == "yes"}
    assert {(query.chain, query.contract) for one in LISTS for query in one.queries} == freezable


def test_the_topics_are_those_of_the_events() -> None:
    """Each topic is the hash of the event it is said to be."""
    names = [f"{name}(address)" for name in ("Blacklisted", "UnBlacklisted")]
    assert ["0x" + keccak(text=name).hex() for name in names] == list(CIRCLE)
