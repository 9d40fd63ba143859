"""Which questions a freeze check puts to contracts, how many, in which order, and what it makes of trouble."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from chains.model import NATIVE, Address, Asset, Block, Called
from chains.reader import Failures
from tests.tracer.test_freeze import EITHER, LISTED, NO_CHECK, PEGGED, TRON, TRON_USDT, USDC, USDT, resting
from tracer.freeze import (
    CONFIRMED,
    COUNT,
    DESTROY,
    FREEZE,
    LIST,
    MADE,
    OWNER,
    PROPOSED,
    REQUIRED,
    Resting,
    number_of,
    question,
)
from tracer.freeze_checks import NEWEST, check
from tracer.labels import Token
from tracer.result import FreezeRow
from tracer.world import World

ALICE, BOB = Address("0x" + "a1" * 20), Address("0x" + "b2" * 20)
WALLET = Address("0x" + "c3" * 20)
STATUS = "isBlackListed(address)"
CHECKS = (STATUS, "isBlocked(address)", "isBlacklisted(address)")
NAMES = {question(name): name for name in (OWNER, REQUIRED, MADE, COUNT, LIST, PROPOSED, CONFIRMED, *CHECKS)}

Step = tuple[str, int]
"""A proposal: a function of the token and the address it is about."""


@dataclass
class Contracts:
    """A token and its owner's wallet, answering by function. ``broken`` ones raise; ``instead`` answers otherwise."""

    open: list[Step] = field(default_factory=list)
    done: int = 0
    frozen: set[int] = field(default_factory=set)
    token: Token = USDT
    broken: set[str] = field(default_factory=set)
    instead: Mapping[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    at: int | None = 99
    before: Callable[[str], None] = lambda _: None

    async def call(self, contract: str, data: str, at: Block) -> Called:
        """As `Reader.call`."""
        name = NAMES[data[:10]]
        numbers = [int(data[place : place + 64], 16) for place in range(10, len(data), 64)]
        self.asked.append(name)
        self.before(name)
        if name in self.broken:
            raise Failures(f"call of {contract}", at.chain, ["node does not serve this"])
        if name in self.instead:
            return Called(self.instead[name], self.at, 1)
        return Called("0x" + self._answer(name, numbers).hex(), self.at, 1)

    def _answer(self, name: str, numbers: list[int]) -> bytes:
        everything = self.done + len(self.open)
        pending = range(self.done, everything)
        known: dict[str, Callable[[], Any]] = {
            OWNER: lambda: number_of(WALLET),
            REQUIRED: lambda: 3,
            MADE: lambda: everything,
            COUNT: lambda: len(pending),
            CONFIRMED: lambda: 2,
        }
        if name == COUNT:
            assert numbers == [1, 0]
        if name in known:
            return encode(["uint256"], [known[name]()])
        if name == LIST:
            assert numbers[2:] == [1, 0]
            return encode(["uint256[]"], [list(pending[numbers[0] : numbers[1]])])
        if name == PROPOSED:
            return self._proposal(numbers[0])
        return encode(["bool"], [numbers[0] in self.frozen])

    def _proposal(self, number: int) -> bytes:
        done = number < self.done
        function, about = (FREEZE, number_of(ALICE)) if done else self.open[number - self.done]
        data = keccak(text=function)[:4] + about.to_bytes(32, "big")
        return encode(["uint256", "uint256", "bytes", "bool"], [number_of(self.token.contract), 0, data, done])


@dataclass
class Bundle:
    """What a check uses of a world."""

    contracts: Contracts
    tokens: Any = LISTED
    heads: dict[str, Block] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.heads = {row.chain: Block(row.chain, 99, "0x", 1, 99) for row in LISTED.rows.values()}

    def reader(self, chain: str) -> Contracts:
        """The one reader."""
        assert chain in self.heads
        return self.contracts


async def checked(contracts: Contracts, *wants: Resting) -> list[FreezeRow]:
    """The rows of a check against these contracts."""
    return await check(cast(World, Bundle(contracts)), wants)


async def test_the_wallet_is_asked_once_and_each_address_once() -> None:
    """Two addresses, one wanted twice: proposals once for the contract, then a status each, and rows in their order."""
    contracts = Contracts(open=[(FREEZE, number_of(BOB))], done=5, frozen={number_of(ALICE)})
    rows = await checked(contracts, resting(USDT, BOB), resting(USDT, ALICE), resting(USDT, BOB))
    assert [(row.address, row.frozen, row.proposed) for row in rows] == [(BOB, "no", "yes"), (ALICE, "yes", "no")]
    assert (rows[0].proposal, rows[0].confirmed, rows[0].needed, rows[0].at) == (f"{WALLET} #5", 2, 3, 99)
    assert contracts.asked == [
        *(OWNER, REQUIRED, MADE, COUNT, LIST, PROPOSED, CONFIRMED),
        *(STATUS, STATUS),
    ]


async def test_a_proposal_carried_out_while_asking_is_seen_as_a_freeze() -> None:
    """Proposals are read first: what is carried out between the two questions is frozen, and missed by neither."""
    contracts = Contracts(open=[(FREEZE, number_of(BOB))])

    def carried_out(name: str) -> None:
        if name == PROPOSED:
            contracts.done, contracts.open, contracts.frozen = 1, [], {number_of(BOB)}

    contracts.before = carried_out
    (row,) = await checked(contracts, resting(USDT, BOB))
    assert (row.frozen, row.proposed) == ("yes", "no")


async def test_only_the_newest_open_proposals_are_read() -> None:
    """Of many, NEWEST cost a request each; a freeze among the older ones is then not denied."""
    many: list[Step] = [(FREEZE, number_of(BOB)), *[(FREEZE, number_of(WALLET))] * NEWEST]
    contracts = Contracts(open=many, done=1_000)
    (row,) = await checked(contracts, resting(USDT, BOB))
    assert (contracts.asked.count(PROPOSED), contracts.asked.count(CONFIRMED)) == (NEWEST, 0)
    assert (row.frozen, row.proposed) == ("no", "unknown")
    assert row.why[0].endswith("older open ones were not looked at: 1")
    many[1] = (DESTROY, number_of(BOB))
    (row,) = await checked(Contracts(open=many, done=1_000), resting(USDT, BOB))
    assert (row.proposed, row.proposal) == ("yes", f"{WALLET} #1001")


@pytest.mark.parametrize("instead", [{COUNT: "0x"}, {LIST: "0x"}, {LIST: "0x" + encode(["uint256[]"], [[0, 0]]).hex()}])
async def test_a_wallet_that_cannot_list_is_read_from_its_newest_proposal(instead: Mapping[str, str]) -> None:
    """Listing takes a walk through all proposals, which a node may refuse; then the newest NEWEST of all are read."""
    contracts = Contracts(open=[(FREEZE, number_of(BOB))] * 2, done=100, instead=instead)
    (bob, alice) = await checked(contracts, resting(USDT, BOB), resting(USDT, ALICE))
    assert contracts.asked.count(PROPOSED) == NEWEST
    assert (bob.proposed, alice.proposed) == ("yes", "unknown")
    assert alice.why[0].endswith("older ones, open or not, were not looked at: 82")
    few = Contracts(open=[(FREEZE, number_of(BOB))] * 2, instead=instead)
    (alice,) = await checked(few, resting(USDT, ALICE))
    assert (alice.proposed, few.asked.count(PROPOSED)) == ("no", 2)


@pytest.mark.parametrize("huge", [10**9, 2**255])
async def test_a_wallet_with_a_monstrous_count_costs_no_more(huge: int) -> None:
    """However many proposals it claims, no more than NEWEST are asked for."""
    contracts = Contracts(instead={COUNT: f"0x{huge:064x}", MADE: f"0x{huge:064x}", PROPOSED: "0x"})
    (row,) = await checked(contracts, resting(USDT, BOB))
    assert contracts.asked.count(PROPOSED) == NEWEST
    assert row.proposed == "unknown"
    assert f"proposals of {WALLET} that could not be read: {NEWEST}" in row.why


@pytest.mark.parametrize(
    ("instead", "asked"),
    [
        ({OWNER: "0x"}, 1),
        ({OWNER: f"0x{0:064x}"}, 1),
        ({REQUIRED: "0x"}, 3),
        ({REQUIRED: f"0x{0:064x}"}, 3),
        ({REQUIRED: f"0x{51:064x}"}, 3),
        ({MADE: "0x"}, 3),
    ],
)
async def test_an_owner_that_is_no_such_wallet_leaves_proposals_unknown(instead: Mapping[str, str], asked: int) -> None:
    """No owner, a person, or a contract of another kind: unknown, with the reason, and nothing more is asked of it."""
    contracts = Contracts(instead=instead)
    (row,) = await checked(contracts, resting(USDT, BOB))
    assert (row.frozen, row.proposed) == ("no", "unknown")
    assert row.why[0].startswith("it is not known whether a freeze is proposed: ")
    assert len(contracts.asked) == asked + 1


@pytest.mark.parametrize("broken", [OWNER, REQUIRED, MADE, PROPOSED, STATUS])
async def test_a_failure_is_unknown_and_says_why(broken: str) -> None:
    """Whichever question no source answers, the row comes, with unknown where the answer is missing."""
    (row,) = await checked(Contracts(open=[(FREEZE, number_of(BOB))], broken={broken}), resting(USDT, BOB))
    assert (row.frozen == "unknown") == (broken == STATUS)
    assert (row.proposed == "unknown") == (broken != STATUS)
    assert row.why


async def test_unknown_confirmations_do_not_hide_a_proposal() -> None:
    """A proposal stands without its confirmations where those cannot be read or are more than there are owners."""
    for contracts in (Contracts(broken={CONFIRMED}), Contracts(instead={CONFIRMED: f"0x{51:064x}"})):
        contracts.open = [(FREEZE, number_of(BOB))]
        (row,) = await checked(contracts, resting(USDT, BOB))
        assert (row.proposed, row.confirmed, row.needed) == ("yes", 0, 0)
        assert row.why == ("it could not be read how many confirmations the proposal has",)


async def test_nothing_is_asked_where_nothing_can_be_learnt() -> None:
    """Not of a pegged token, an unlisted one or one without a known function; and the native coin has no row."""
    contracts = Contracts()
    unlisted = Resting(USDT.chain, BOB, Asset(USDT.chain, PEGGED.contract, "USDT", 6))
    coin = Resting(USDT.chain, BOB, Asset(USDT.chain, NATIVE, "ETH", 18))
    rows = await checked(contracts, resting(PEGGED, BOB), unlisted, coin, resting(NO_CHECK, BOB))
    assert [(row.can, row.frozen) for row in rows] == [("no", "no"), ("unknown", "unknown"), ("yes", "unknown")]
    assert contracts.asked == []


async def test_other_issuers_tokens_cost_one_request_or_two() -> None:
    """No owner is looked for, and both functions are tried where the list is not sure which there is."""
    contracts = Contracts(frozen={number_of(BOB)})
    rows = await checked(contracts, resting(USDC, BOB), resting(EITHER, BOB))
    assert [row.frozen for row in rows] == ["yes", "yes"]
    assert sorted(contracts.asked) == ["isBlackListed(address)", "isBlacklisted(address)", "isBlocked(address)"]


async def test_tron_is_asked_in_its_own_spelling() -> None:
    """Addresses come and go in base58, and a proposal is found although its argument carries TRON's prefix."""
    holder = Address("TJRabPrwbZy45sbavfcjinPJC18kjpRTv8")
    contracts = Contracts(open=[(FREEZE, (0x41 << 160) | number_of(holder))], token=TRON_USDT, at=None)
    (row,) = await checked(contracts, resting(TRON_USDT, holder))
    assert (row.chain, row.frozen, row.proposed, row.at) == (TRON, "no", "yes", None)
    assert row.proposal.startswith("T")
