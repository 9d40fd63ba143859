"""The table of known contracts: its form, its wrapped coins, and each row's role against recorded transactions."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Final

import pytest

from chains import evm_address, tron_address
from chains.model import NATIVE
from chains.registry import load_chains
from tests.functional.corpus import Opened, transactions
from tests.shared import CAPTURES
from tracer.rules import ZERO_ADDRESSES
from tracer.venues import KINDS, Venue, Venues, load_venues

TRADES: Final = frozenset({"swap", "liquidity", "order", "filled"})
SHARES: Final = frozenset({"vault", "lending", "stake", "borrow", "repay"})


def test_every_row_is_complete_and_in_canonical_spelling() -> None:
    """Chain, address, kind, source and day have their forms, and no address stands twice."""
    rows = load_venues().rows()
    for row in rows:
        parse = tron_address.parse if row.chain == "tron:mainnet" else evm_address.parse
        assert [row.address, *row.partners] == [parse(text) for text in (row.address, *row.partners)]
        assert re.fullmatch(r"eip155:[1-9][0-9]*|tron:mainnet", row.chain)
        assert row.kind in KINDS
        assert row.name
        assert row.source.startswith("https://")
        assert re.fullmatch(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}", row.checked)
    assert len({(row.chain, row.address) for row in rows}) == len(rows) >= 80
    assert {row.kind for row in rows} == KINDS


def test_no_row_is_given_twice_in_the_file() -> None:
    """Reading keeps one row of an address, so the file must not hold two."""
    rows = list(load_venues().rows())
    assert Venues(rows).rows() == tuple(rows)


def test_wrapped_coins_are_those_of_the_chain_table() -> None:
    """Every chain's wrapped coin is listed, and no other wrapper."""
    listed = {(row.chain, str(row.address)) for row in load_venues().rows() if row.kind == "wrapper"}
    assert listed == {(chain.id, str(chain.wrapped)) for chain in load_chains().values() if chain.wrapped}


def test_an_address_is_known_on_its_own_chain_only() -> None:
    """The same address on another chain may be anything."""
    router = "0x7a250d5630b4cf539739df2c5dacb4c659f2488d"
    known = load_venues().of("eip155:1", router)
    assert known is not None
    assert known.name == "Uniswap V2 Router 02"
    assert load_venues().of("eip155:56", router) is None


def test_partners_lead_to_their_venue() -> None:
    """The address that pays for a converter is found by itself, on its chain."""
    pocket = "0x37305b1cd40574e4c5ce33f8e8306be057fd7341"
    assert load_venues().partners("eip155:1")[pocket] == "0xf6e72db5454dd049d0788e411b06cfaf16853042"
    assert load_venues().partners("eip155:10") == {}


@cache
def recorded() -> dict[tuple[str, str], list[Opened]]:
    """Recorded transactions by the chain and address of whoever was called, paid, paid out or logged a mark in them."""
    found: dict[tuple[str, str], list[Opened]] = {}
    for one in transactions():
        receipt = one.receipt
        ends = {str(end) for leg in receipt.transfers for end in (leg.sender, leg.receiver)}
        for who in {str(receipt.target), *ends, *(str(mark.contract) for mark in receipt.marks)}:
            found.setdefault((receipt.chain, who), []).append(one)
    return found


def _logged(row: Venue, one: Opened, kinds: frozenset[str]) -> bool:
    return any(mark.contract == row.address and mark.kind in kinds for mark in one.receipt.marks)


def _called(row: Venue, one: Opened, kinds: frozenset[str]) -> bool:
    """Was it called, so that it or others logged such marks?"""
    return one.receipt.target == row.address and any(mark.kind in kinds for mark in one.receipt.marks)


def _trades(row: Venue, one: Opened) -> bool:
    return _called(row, one, TRADES) or _logged(row, one, TRADES)


def _farms(row: Venue, one: Opened) -> bool:
    return _called(row, one, frozenset({"farm"})) or _logged(row, one, frozenset({"farm"}))


def _wraps(row: Venue, one: Opened) -> bool:
    """Did it take the coin and mint as much of its own token, or burn it and give the coin?"""
    legs = one.receipt.transfers
    coins = {leg.amount for leg in legs if leg.asset == NATIVE and row.address in (leg.sender, leg.receiver)}
    own = {leg.amount for leg in legs if leg.asset == str(row.address) and ZERO_ADDRESSES & {leg.sender, leg.receiver}}
    return bool(coins & own)


def _converts(row: Venue, one: Opened) -> bool:
    """Did it or a partner take one asset, and it or a partner give another, or mint one that is the partner itself?"""
    own = {str(row.address), *map(str, row.partners)}
    legs = one.receipt.transfers
    came = {leg.asset for leg in legs if leg.receiver in own}
    went = {leg.asset for leg in legs if leg.sender in own or (str(leg.asset) in own and leg.sender in ZERO_ADDRESSES)}
    return bool(came and went - came)


ROLES: Final[dict[str, Callable[[Venue, Opened], bool]]] = {
    "aggregator": _trades,
    "bridge": lambda row, one: _logged(row, one, frozenset({"bridge_out"})),
    "converter": _converts,
    "farm": _farms,
    "lending": lambda row, one: _logged(row, one, SHARES),
    "pool": lambda row, one: _logged(row, one, TRADES),
    "pool_manager": lambda row, one: _logged(row, one, TRADES),
    "positions": lambda row, one: _called(row, one, frozenset({"liquidity"})),
    "router": _trades,
    "settlement": lambda row, one: _logged(row, one, frozenset({"order"})),
    "staking": lambda row, one: _logged(row, one, SHARES),
    "vault": lambda row, one: _logged(row, one, SHARES),
    "wrapper": _wraps,
}
"""How a recorded transaction shows that an address plays a role."""

UNSEEN: Final = frozenset({"eip155:66", "eip155:43114", "tron:mainnet"})
"""Chains whose wrapped coin no whole recorded transaction shows at work."""


@pytest.mark.shared
@pytest.mark.skipif(not CAPTURES.is_dir(), reason="the recorded answers are not beside the checkout")
@pytest.mark.parametrize("row", load_venues().rows(), ids=lambda row: f"{row.chain}-{row.name}".replace(" ", "_"))
def test_recorded_transactions_show_it_in_its_role(row: Venue) -> None:
    """At least one recorded transaction that succeeded has the contract do what its kind says."""
    if row.kind == "wrapper" and row.chain in UNSEEN:
        pytest.skip("no recorded transaction shows this wrapped coin")
    seen = [one for one in recorded().get((row.chain, str(row.address)), ()) if one.receipt.ok]
    assert any(ROLES[row.kind](row, one) for one in seen), f"{row.name}: {len(seen)} transactions, none in this role"
