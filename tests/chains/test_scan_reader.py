"""Several scanners as one that does not fail: who fails or stands still is replaced, and silence is never quiet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import httpx
import pytest

from chains.errors import ChainError, Down, Malformed, NotFound, Scope, Unsupported
from chains.history_scan import HistoryScanner
from chains.http import Client
from chains.model import NATIVE, Address, AssetId, Balance, Block
from chains.registry import Chain, SourceSettings, load_chains
from chains.scan import Scanned, Sight, Tips, Watched
from chains.scan_reader import (
    COMPARE,
    FEW,
    LAG,
    LONGEST_REST,
    REST,
    STALL,
    Blind,
    ScanReader,
    open_scanners,
    scanner_kinds,
)
from tests.chains.memory_evidence import MemoryEvidence
from tests.strategies import transfer

CHAIN = load_chains()["eip155:1"]
WHO = Address("0x" + "a" * 40)
WATCHED = Watched(coins=frozenset({WHO}))
BROKEN = Down("fake", "anything", "it broke")


def block(number: int, fork: str = "") -> Block:
    return Block(CHAIN.id, number, f"0x{fork}{number:x}", 1_000 + 12 * number, number)


@dataclass
class Fake:
    """A scanner at block ``at``, final ``deep`` below; fails with ``failure``; its scans hold ``seen`` sights."""

    name: str = "fake"
    at: int = 100
    deep: int = 10
    failure: ChainError | None = None
    weak: str = ""
    seen: int = 0
    fork: str = ""
    chain: Chain = CHAIN
    asked: list[str] = field(default_factory=list)

    @property
    def endpoints(self) -> tuple[str, ...]:
        return (self.name, "shared")

    def _note(self, question: str) -> None:
        self.asked.append(question)
        if self.failure is not None:
            raise self.failure

    async def tips(self) -> Tips:
        self._note("tips")
        return Tips(block(self.at, self.fork), block(self.at - self.deep, self.fork))

    async def block(self, number: int) -> Block:
        self._note("block")
        if number > self.at:
            raise NotFound(f"block {number}", self.name)
        return block(number, self.fork)

    async def scan(self, who: Watched, low: int, high: int) -> Scanned:
        self._note("scan")
        sights = [Sight(transfer(high, WHO, "b", n + 1, index=n), high, block(high).hash, 1) for n in range(self.seen)]
        return Scanned(low, high, block(high, self.fork), tuple(sights), weak=self.weak, plan=self.name)

    async def held_before(self, who: Address, asset: AssetId, number: int) -> Balance:
        self._note("held")
        return Balance(self.at, number - 1, 1)


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def reader(clock: Clock, *fakes: Fake) -> ScanReader:
    return ScanReader(CHAIN, fakes, clock)


async def test_the_first_one_answers_everything(clock: Clock) -> None:
    """While the preferred scanner is well, nobody else is asked anything."""
    good, other = Fake("good"), Fake("other")
    one = reader(clock, good, other)
    assert await one.tips() == Tips(block(100), block(90))
    assert (await one.block(7)).number == 7
    assert (await one.scan(WATCHED, 91, 100)).plan == "good"
    assert (await one.held_before(WHO, NATIVE, 91)) == Balance(100, 90, 1)
    assert other.asked == []
    assert (one.source, one.names, one.endpoints) == ("good", ("good", "other"), ("good", "shared", "other"))


@pytest.mark.parametrize("failure", [BROKEN, Malformed("fake", "nonsense", {})])
async def test_a_failing_one_is_replaced_and_asked_again_after_a_while(clock: Clock, failure: ChainError) -> None:
    """It is left alone for half a minute, then for twice as long each time, and is the first again once it is well."""
    bad, other = Fake("bad", failure=failure), Fake("other")
    one = reader(clock, bad, other)
    for number, rest in enumerate([REST, 2 * REST, 4 * REST, 8 * REST, 16 * REST, LONGEST_REST, LONGEST_REST], 1):
        assert (await one.scan(WATCHED, 1, 2)).plan == "other"
        clock.now += rest - 1
        assert (await one.scan(WATCHED, 1, 2)).plan == "other"
        assert len(bad.asked) == number
        clock.now += 1
    bad.failure = None
    assert (await one.scan(WATCHED, 1, 2)).plan == "bad"
    assert one.source == "bad"


async def test_who_never_serves_the_chain_is_not_asked_again_until_reopened(clock: Clock) -> None:
    """An Unsupported of the chain or the source ends a scanner; one of a request does not."""
    scopes: tuple[Scope, ...] = ("request", "chain", "source")
    for scope in scopes:
        bad, other = Fake("bad", failure=Unsupported("bad", "it", scope=scope)), Fake("other")
        one = reader(clock, bad, other)
        for _ in range(3):
            await one.tips()
            clock.now += 1
        assert len(bad.asked) == (3 if scope == "request" else 1)
        one.reopen()
        bad.failure = None
        await one.tips()
        assert one.source == "bad"


async def test_one_that_stands_still_is_replaced(clock: Clock) -> None:
    """A node whose newest block does not move while another's does is left after a minute, and said to lag."""
    stuck, other = Fake("stuck"), Fake("other", at=101)
    one = reader(clock, stuck, other)
    assert (await one.tips()).newest.number == 100
    clock.now += LAG - 1
    assert (await one.tips()).newest.number == 100
    assert other.asked == []
    clock.now += 1
    assert (await one.tips()).newest.number == 101
    assert one.source == "other"
    stuck.at = other.at = 130
    clock.now += REST
    await one.tips()
    assert one.source == "stuck"


async def test_a_long_pause_is_not_held_against_anybody(clock: Clock) -> None:
    """Who has new blocks after minutes in which nobody asked is not taken to have stood still."""
    good, other = Fake("good"), Fake("other", at=101)
    one = reader(clock, good, other)
    for _ in range(3):
        await one.tips()
        clock.now += LAG * 2
        good.at += 10
        other.at += 10
    assert (one.source, other.asked) == ("good", [])


async def test_one_that_moves_far_behind_is_found_out(clock: Clock) -> None:
    """Every five minutes another is asked; a minute of blocks behind it is too far, one block is not."""
    slow, other = Fake("slow"), Fake("other", at=101)
    one = reader(clock, slow, other)
    for _ in range(11):
        slow.at += 2
        other.at += 2
        await one.tips()
        clock.now += 30
    assert (one.source, len(other.asked)) == ("slow", 1)
    other.at = slow.at + 20
    clock.now += COMPARE
    slow.at += 1
    await one.tips()
    assert one.source == "other"


async def test_final_never_goes_back(clock: Clock) -> None:
    """Where a scanner thinks less to be final than was told before, the old word stands."""
    first, second = Fake("first"), Fake("second", at=101, deep=50)
    one = reader(clock, first, second)
    assert (await one.tips()).final.number == 90
    first.failure = BROKEN
    assert await one.tips() == Tips(block(101), block(90))
    assert (await reader(clock, first, second).tips()).final.number == 51


async def test_final_goes_on_where_the_first_one_never_says_so(clock: Clock) -> None:
    """What another thinks to be final counts, but not beyond what the first one has."""
    first, second = Fake("first", deep=90), Fake("second", at=103, deep=5)
    one = reader(clock, first, second)
    assert (await one.tips()).final.number == 10
    clock.now += COMPARE
    first.at = 101
    assert (await one.tips()).final.number == 98
    second.deep = -7
    clock.now += COMPARE
    first.at = 102
    assert (await one.tips()).final.number == 98


async def test_a_source_behind_the_final_block_makes_no_newest_before_it(clock: Clock) -> None:
    """Newest is never older than final."""
    first, behind = Fake("first"), Fake("behind", at=80)
    one = reader(clock, first, behind)
    await one.tips()
    first.failure = BROKEN
    assert await one.tips() == Tips(block(90), block(90))


async def test_nobody_answers(clock: Clock) -> None:
    """Then every reason is named, those who rest are still asked each time, and whoever comes back ends it."""
    one, two = Fake("one", failure=BROKEN), Fake("two", failure=Unsupported("two", "it", scope="chain"))
    both = reader(clock, one, two)
    for _ in range(2):
        with pytest.raises(Blind) as blind:
            await both.tips()
        assert blind.value.reasons == (str(BROKEN), "two does not serve this: it")
    assert (len(one.asked), len(two.asked)) == (2, 1)
    with pytest.raises(Blind):
        await both.scan(WATCHED, 1, 2)
    with pytest.raises(Blind):
        await both.block(1)
    one.failure = None
    assert (await both.tips()).newest.number == 100
    with pytest.raises(Blind, match="no source is configured"):
        await reader(clock).tips()


async def test_no_new_block_from_anybody_is_blindness(clock: Clock) -> None:
    """A chain that stands still for ten minutes is not quiet: it is not seen, until there is a block again."""
    one, two = Fake("one"), Fake("two")
    both = reader(clock, one, two)
    for _ in range(10):
        await both.tips()
        clock.now += STALL / 10
    for _ in range(3):
        with pytest.raises(Blind, match="one has no block after 100"):
            await both.tips()
        both.reopen()
    two.at = 101
    assert (await both.tips()).newest.number == 101


async def test_what_was_given_up_beneath_can_be_asked_again(clock: Clock) -> None:
    """Every five minutes whoever keeps the gates is told to open them."""
    opened: list[float] = []
    fake = Fake()
    one = ScanReader(CHAIN, [fake], clock, lambda: opened.append(clock.now))
    for _ in range(5):
        await one.tips()
        fake.at += 1
        clock.now += COMPARE / 2
    assert opened == [COMPARE, 2 * COMPARE]


async def test_a_block_nobody_has_is_not_found(clock: Clock) -> None:
    """That a chain has no such block is an answer, not blindness, and is held against nobody."""
    one, two = Fake("one"), Fake("two", failure=BROKEN)
    both = reader(clock, one, two)
    with pytest.raises(NotFound):
        await both.block(101)
    two.failure, two.at = None, 101
    clock.now += REST
    assert (await both.block(101)).number == 101
    assert one.asked == ["block", "block"]


@pytest.mark.parametrize(
    ("scanners", "kept", "asked"),
    [
        ((Fake("a", weak="no calls"), Fake("b")), "b", [1, 1]),
        ((Fake("a", weak="no calls"), Fake("b", weak="no approvals", seen=1)), "b", [1, 1]),
        ((Fake("a", weak="no calls", seen=1), Fake("b", weak="no approvals")), "a", [1, 1]),
        ((Fake("a", weak="no calls", seen=1), Fake("b", weak="no approvals"), Fake("c")), "a", [1, 1, 0]),
        ((Fake("a", weak="no calls"), Fake("b", failure=BROKEN), Fake("c")), "c", [1, 1, 1]),
        ((Fake("a", weak="no calls"), Fake("b", fork="f"), Fake("c", failure=BROKEN)), "a", [1, 1, 1]),
    ],
)
async def test_a_weak_answer_gets_a_second_opinion(
    clock: Clock, scanners: Sequence[Fake], kept: str, asked: list[int]
) -> None:
    """One other is asked; what is whole is kept before what is weak, and more before less, on the same chain only."""
    for fake in scanners:
        fake.asked.clear()
    one = reader(clock, *scanners)
    assert (await one.scan(WATCHED, 1, 2)).plan == kept
    assert [len(fake.asked) for fake in scanners] == asked
    assert one.source == kept


async def test_who_is_as_blind_is_not_asked_for_a_second_opinion(clock: Clock) -> None:
    """A node that lately missed the same is passed over for one that may know more."""
    a, b, c = Fake("a", weak="no calls"), Fake("b", weak="no calls"), Fake("c")
    one = reader(clock, a, b, c)
    assert (await one.scan(WATCHED, 1, 2)).plan == "a"
    assert (await one.scan(WATCHED, 1, 2)).plan == "c"
    assert [len(fake.asked) for fake in (a, b, c)] == [2, 1, 1]


async def test_one_history_each_is_too_dear_for_a_second_opinion_about_many(clock: Clock) -> None:
    """Thousands of addresses are not asked for one by one because a node cannot show the calls."""
    dear = Dear(None, CHAIN, "dear", ("dear",))  # type: ignore[arg-type]
    one = ScanReader(CHAIN, [Fake("a", weak="no calls"), dear], clock)
    many = Watched(coins=frozenset(Address(f"0x{n:040x}") for n in range(FEW + 1)))
    assert (await one.scan(many, 1, 2)).plan == "a"
    assert (await one.scan(WATCHED, 1, 2)).plan == "dear"


class Dear(HistoryScanner):
    """Reads by history, or pretends to."""

    async def scan(self, who: Watched, low: int, high: int) -> Scanned:
        return Scanned(low, high, block(high), (), plan="dear")


async def test_a_scan_on_another_final_block_does_not_count(clock: Clock) -> None:
    """A scanner whose block at the final height is another one is on a fork, and is replaced."""
    first, fork, other = Fake("first"), Fake("fork", fork="f"), Fake("other")
    one = reader(clock, first, fork, other)
    await one.tips()
    first.failure = BROKEN
    assert (await one.scan(WATCHED, 80, 90)).plan == "other"
    other.failure = BROKEN
    with pytest.raises(Blind, match="its block 90 is 0xf5a, not 0x5a"):
        await one.scan(WATCHED, 80, 90)


async def test_what_somebody_held_is_told_by_whoever_can(clock: Clock) -> None:
    """Who cannot tell is passed over; that nobody ever can is another error than that nobody answers now."""
    unable, able = Fake("unable", failure=Unsupported("unable", "held")), Fake("able")
    one = reader(clock, unable, able)
    assert (await one.held_before(WHO, NATIVE, 7)).amount == 100
    able.failure = BROKEN
    with pytest.raises(Blind):
        await one.held_before(WHO, NATIVE, 7)
    able.failure = NotFound("block 7", "able")
    with pytest.raises(Unsupported):
        await one.held_before(WHO, NATIVE, 7)


def test_the_kinds_stand_by_rank() -> None:
    """Whoever reads by blocks comes before one history per address."""
    kinds = scanner_kinds()
    assert [kind.rank for kind in kinds] == sorted(kind.rank for kind in kinds)
    assert "histories" in {kind.name for kind in kinds}


async def test_the_users_order_decides_before_the_rank() -> None:
    """With ``only``, sources stand as the user named them, and no others."""
    transport = httpx.MockTransport(lambda request: httpx.Response(500))
    async with Client(MemoryEvidence(), transport=transport) as client:
        keys = {"etherscan": "key-of-a-test"}
        asked = open_scanners(CHAIN, client, SourceSettings(keys=keys, only=("blockscout", "etherscan")))
        assert asked.names == ("blockscout", "etherscan")
        assert asked.endpoints == ("blockscout.1", "etherscan")
        usual = open_scanners(CHAIN, client, SourceSettings(keys=keys))
        assert [name for name in usual.names if "rpc" not in name] == ["etherscan", "routescan", "blockscout", "sqd"]
