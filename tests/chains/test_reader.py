"""One chain through several sources: no hole, no double, and every reason named."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.errors import ChainError, Down, Malformed, NotFound, Scope, Unsupported
from chains.model import NATIVE, Address, AssetId, Balance, Block, Called, Coverage, Event, EventPage, Page, Transfer
from chains.reader import Failures, Reader, open_reader, source_kinds
from chains.registry import Chain, SourceSettings, load_chains
from tests.strategies import transfer

CHAIN = load_chains()["eip155:1"]
WHO = Address("0x" + "a" * 40)
OTHER = "0x" + "b" * 40


@dataclass
class Fake:
    """A source that serves ``rows`` in pages of ``size`` and fails before page ``breaks`` with ``failure``."""

    rows: Sequence[Transfer] = ()
    name: str = "fake"
    size: int = 3
    breaks: int | None = None
    failure: ChainError = field(default_factory=lambda: Down("fake", "history", "it broke"))
    chain: Chain = CHAIN
    asked: list[tuple[int, int | None]] = field(default_factory=list)
    other: int = 0

    async def history(self, who: Address, asset: AssetId, low: int, high: int | None) -> AsyncIterator[Page]:
        """Whole blocks, oldest first."""
        self.asked.append((low, high))
        heights = sorted({one.position.height for one in self.rows if low <= one.position.height <= (high or 10**9)})
        pages = [heights[start : start + self.size] for start in range(0, len(heights), self.size)] or [[]]
        for number, page in enumerate(pages):
            if number == self.breaks:
                raise self.failure
            last = number == len(pages) - 1
            until = high if last else page[-1]
            rows = tuple(one for one in self.rows if one.position.height in page)
            yield Page(rows, tuple(range(len(rows))), Coverage(low, until), weak="thin" if self.name == "weak" else "")
            low = (until or 0) + 1
        if self.breaks is not None and self.breaks >= len(pages):
            raise self.failure

    async def events(self, contract: Address, topics: tuple[str, ...], low: int, high: int) -> AsyncIterator[EventPage]:
        """A log for each row, in the pages of its history."""
        async for page in self.history(contract, NATIVE, low, high):
            yield EventPage(logs_of(page.transfers), page.covers)

    async def _fail(self, *_: Any) -> Any:
        self.other += 1
        raise self.failure

    head = block = block_at = receipt = whole = calls = positions = balance = is_contract = asset = call = code = _fail


@dataclass
class Good(Fake):
    """A source that answers everything."""

    async def head(self) -> Block:
        self.other += 1
        return Block(CHAIN.id, 9, "0x9", 90, 9)

    async def is_contract(self, who: Address) -> bool:
        self.other += 1
        return False

    async def balance(self, who: Address, asset: AssetId, at: Block) -> Balance:
        self.other += 1
        return Balance(5, at.height, 1)

    async def code(self, who: Address) -> str:
        self.other += 1
        return ""

    async def call(self, contract: Address, data: str, at: Block) -> Called:
        self.other += 1
        return Called(data, at.height, 1)


def logs_of(rows: Sequence[Transfer]) -> tuple[Event, ...]:
    """A log for each row, where the row is."""
    return tuple(Event(CHAIN.id, WHO, one.tx, one.position, one.time, ("0x1",), "0x", 1) for one in rows)


def rows_of(heights: Sequence[int]) -> list[Transfer]:
    """A history with these block heights."""
    return [transfer(height, OTHER, WHO, n + 1, index=n) for n, height in enumerate(sorted(heights))]


@given(
    st.lists(st.integers(0, 30), max_size=30),
    st.lists(st.tuples(st.integers(1, 6), st.integers(0, 8)), max_size=4),
    st.integers(0, 15),
    st.none() | st.integers(15, 35),
)
def test_failover_leaves_no_hole_and_no_double(
    heights: list[int], cuts: list[tuple[int, int]], low: int, high: int | None
) -> None:
    """Wherever sources break off, the history is exactly that of one source that did not, with coverage unbroken."""
    rows = rows_of(heights)
    sources = [Fake(rows, f"cut-{n}", size, breaks) for n, (size, breaks) in enumerate(cuts)]
    reader = Reader(CHAIN, [*sources, Fake(rows, "whole", 4)])
    history = asyncio.run(reader.history(WHO, NATIVE, low, high))
    assert history.gap is None
    assert history.transfers == [one for one in rows if low <= one.position.height <= (10**9 if high is None else high)]
    assert len(history.raws) == len(history.transfers)
    assert_unbroken([(part.covers.low, part.covers.high) for part in history.covered], low, high)


def assert_unbroken(covered: list[tuple[int, int | None]], low: int, high: int | None) -> None:
    """Each stretch begins where the one before ended; the first at low, the last at high."""
    expected = low
    for start, end in covered:
        assert start == expected
        if end is None:
            break
        expected = end + 1
    assert covered[-1][1] == high


@given(
    st.lists(st.integers(0, 30), max_size=30),
    st.lists(st.tuples(st.integers(1, 6), st.integers(0, 8)), max_size=4),
    st.integers(0, 15),
    st.integers(15, 35),
)
def test_failover_leaves_no_hole_in_a_contracts_logs(
    heights: list[int], cuts: list[tuple[int, int]], low: int, high: int
) -> None:
    """Wherever sources break off, the logs are exactly those of one source that did not."""
    rows = rows_of(heights)
    sources = [Fake(rows, f"cut-{n}", size, breaks) for n, (size, breaks) in enumerate(cuts)]
    reader = Reader(CHAIN, [*sources, Fake(rows, "whole", 4)])
    found = asyncio.run(reader.events(WHO, ("0x1",), low, high))
    assert found == list(logs_of([one for one in rows if low <= one.position.height <= high]))


async def test_logs_are_whole_or_not_at_all() -> None:
    """When nobody has the rest of a contract's logs, those already read are no answer; each source's reason is."""
    rows = rows_of([1, 2, 3, 4])
    first = Fake(rows, "first", 1, 2, Down("first", "logs", "gone"))
    second = Fake(rows, "second", 1, 0, Malformed("second", "odd", {}))
    with pytest.raises(Failures, match=r"gone.*odd"):
        await Reader(CHAIN, [first, second]).events(WHO, ("0x1",), 0, 9)
    assert second.asked == [(3, 9)]


async def test_a_finished_source_that_then_fails() -> None:
    """A source that proved the end and then fails does not make the next one read from the start again."""
    rows = rows_of([1, 2, 3])
    second = Fake(rows, "second")
    reader = Reader(CHAIN, [Fake(rows, "first", 9, breaks=1), second])
    history = await reader.history(WHO, NATIVE, 0, 9)
    assert history.transfers == rows


async def test_every_source_failing_is_a_gap_with_each_reason() -> None:
    """When nobody can, the gap names the address, the height from which on it is unknown, and everybody's reason."""
    rows = rows_of([1, 2, 3, 4])
    first = Fake(rows, "first", 1, 2, Down("first", "history", "gone"))
    second = Fake(rows, "second", 1, 0, Malformed("second", "odd", {}))
    history = await Reader(CHAIN, [first, second]).history(WHO, NATIVE, 0, None)
    assert history.transfers == rows[:2]
    assert history.gap is not None
    assert history.gap.kind == "history"
    assert WHO in history.gap.where
    assert history.gap.where.endswith("from 3")
    assert "gone" in history.gap.why
    assert "odd" in history.gap.why
    assert second.asked == [(3, None)]


async def test_no_source_is_a_gap_and_an_error() -> None:
    """A chain without any source gives a gap for a history and an error for a question, both saying so."""
    reader = Reader(CHAIN, [])
    history = await reader.history(WHO, NATIVE, 0, None)
    assert history.gap is not None
    assert "no source is configured" in history.gap.why
    with pytest.raises(Failures, match="no source is configured"):
        await reader.head()


QUESTIONS: list[Callable[[Reader], Awaitable[Any]]] = [
    lambda reader: reader.head(),
    lambda reader: reader.block(1),
    lambda reader: reader.block_at(1),
    lambda reader: reader.receipt("0x1"),
    lambda reader: reader.whole("0x1"),
    lambda reader: reader.positions("0x1"),
    lambda reader: reader.balance(WHO, NATIVE, Block(CHAIN.id, 1, "", 1, 1)),
    lambda reader: reader.is_contract(WHO),
    lambda reader: reader.code(WHO),
    lambda reader: reader.call(WHO, "0x", Block(CHAIN.id, 1, "", 1, 1)),
    lambda reader: reader.asset(NATIVE),
]


@pytest.mark.parametrize("put", QUESTIONS)
async def test_every_question_names_each_reason(put: Callable[[Reader], Awaitable[Any]]) -> None:
    """A question nobody answers fails with all reasons, in the order the sources were asked."""
    sources = [Fake(name=name, failure=Down(name, "it", f"reason {name}")) for name in ("one", "two")]
    with pytest.raises(Failures) as failed:
        await put(Reader(CHAIN, sources))
    assert [reason.split()[0] for reason in failed.value.reasons] == ["one", "two"]
    assert str(failed.value).index("reason one") < str(failed.value).index("reason two")


async def test_the_first_that_answers_is_enough() -> None:
    """Sources after the first good one are not asked."""
    first, second, third = Fake(name="first"), Good(name="second"), Good(name="third")
    reader = Reader(CHAIN, [first, second, third])
    assert (await reader.head()).number == 9
    assert (first.other, second.other, third.other) == (1, 1, 0)
    assert reader.source_names == ("first", "second", "third")


@pytest.mark.parametrize(("scope", "times"), [("chain", 1), ("source", 1), ("request", 3)])
async def test_a_source_that_does_not_serve_the_chain_is_asked_once(scope: Scope, times: int) -> None:
    """Unsupported for the chain is remembered for the whole run; for one request it is not."""
    never = Fake(name="never", failure=Unsupported("never", "it", "no such chain", scope))
    reader = Reader(CHAIN, [never, Good(rows_of([1]))])
    for _ in range(3):
        await reader.is_contract(WHO)
    assert never.other == times


async def test_unsupported_everywhere_still_has_its_reason() -> None:
    """When every source has ruled itself out, later questions and histories still say why."""
    never = Fake(name="never", breaks=0, failure=Unsupported("never", "it", "no such chain", "chain"))
    reader = Reader(CHAIN, [never])
    for _ in range(2):
        with pytest.raises(Failures, match="no such chain"):
            await reader.head()
    history = await reader.history(WHO, NATIVE, 0, None)
    assert history.gap is not None
    assert "no such chain" in history.gap.why
    assert never.asked == []


async def test_not_found_by_one_may_be_known_to_another() -> None:
    """One source not knowing a block is no proof: the next is asked; only when none knows it, it is not found."""
    missing = Fake(name="missing", failure=NotFound("block 9", "ethereum"))
    assert (await Reader(CHAIN, [missing, Good()]).head()).number == 9
    with pytest.raises(NotFound):
        await Reader(CHAIN, [missing, Fake(name="down")]).head()


async def test_enough_ends_the_reading() -> None:
    """A reader told that it has seen enough stops there and says so, without a gap."""
    source = Fake(rows_of(range(9)), size=2)
    history = await Reader(CHAIN, [source]).history(
        WHO, NATIVE, 0, None, lambda transfers: "enough" if len(transfers) >= 4 else ""
    )
    assert (history.stopped, history.gap, len(history.transfers)) == ("enough", None, 4)


async def test_weak_stretches_are_told() -> None:
    """What a page says of its own weakness is in the history, once."""
    history = await Reader(CHAIN, [Fake(rows_of(range(9)), "weak")]).history(WHO, NATIVE, 0, None)
    assert history.weak == "thin"


def test_order_of_sources() -> None:
    """Sources come in the order of the chain table, or in the user's, and only those that can be used."""
    row = {
        "name": "x",
        "family": "evm",
        "coin": "ETH",
        "decimals": 18,
        "explorer": "",
        "sources": {"routescan": {}, "etherscan": {}},
    }
    chain = load_chains({"eip155:1": row})["eip155:1"]
    urls = {"etherscan": "http://127.0.0.1:1", "routescan": "http://127.0.0.1:1"}
    client: Any = None
    assert open_reader(chain, client, SourceSettings(urls=urls)).source_names == ("routescan", "etherscan")
    assert open_reader(chain, client, SourceSettings(urls=urls, only=("etherscan",))).source_names == ("etherscan",)
    both = SourceSettings(urls=urls, only=("etherscan", "routescan", "trongrid"))
    assert open_reader(chain, client, both).source_names == ("etherscan", "routescan")
    assert open_reader(chain, client, SourceSettings()).source_names == ("routescan",)


def test_every_source_kind_is_found() -> None:
    """Each module with a SOURCE is a source kind, under its own name."""
    kinds = source_kinds()
    assert {"etherscan", "routescan", "blockscout", "hypersync", "sqd", "trongrid", "rpc"} <= set(kinds)
    assert all(kind.name == name for name, found in kinds.items() for kind in found)


def test_failures_keeps_an_asset_question_apart() -> None:
    """The error says what was asked and on which chain."""
    assert str(Failures("token x", "ethereum", ["why"])) == "token x on ethereum: why"
