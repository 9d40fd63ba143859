"""Logs of one contract from the bulk sources: exact however far an answer reaches, and never a silent early end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from chains.errors import Down, Malformed, Unsupported
from chains.evm_records import APPROVAL, DEPOSIT, TRANSFER
from chains.http import Client
from chains.model import Address, Coverage, EventPage, Kind, Position
from chains.protocol import Source
from tests.chains import test_hypersync, test_sqd
from tests.chains.bulk_worlds import MACHINE, START, TOKEN, WHO, WRAPPER, evm_log, evm_world, tx_hash
from tests.chains.standins_bulk import HyperSyncStandIn, PortalStandIn, World

CONTRACT = Address(TOKEN)
BOTH = (TRANSFER, APPROVAL)
PLACES = [*((105, 2, (index,)) for index in (4, 5, 6, 7)), (112, 5, (9,))]

Opened = tuple[Client, Source]
Open = Callable[[World, int], Opened]


def hypersync_at(world: World, span: int) -> Opened:
    return test_hypersync.open_source(test_hypersync.behind(HyperSyncStandIn(world, span=span)))


def sqd_at(world: World, span: int) -> Opened:
    return test_sqd.open_sqd(test_sqd.behind(PortalStandIn(world, "ethereum-mainnet", "evm", span=span).app))


def hypersync_saying(log: dict[str, Any]) -> Opened:
    """A HyperSync whose one answer, about blocks 100 to 120, has this log."""
    row = {"block_number": log["blockNumber"], "log_index": log["logIndex"], "transaction_index": 0}
    row |= {"transaction_hash": "0x1", "address": log["address"], "data": log["data"], "topic0": log["topics"][0]}
    blocks = [{"number": 105, "timestamp": "0x64", "hash": "0x1"}]
    return test_hypersync.open_source(test_hypersync.answering(test_hypersync.answer(121, blocks=blocks, logs=[row])))


def sqd_saying(log: dict[str, Any]) -> Opened:
    """A portal whose one answer, about blocks 100 to 120, has this log."""
    return test_sqd.open_sqd(test_sqd.answering([test_sqd.line(105, logs=[log]), test_sqd.line(120)]))


either = pytest.mark.parametrize("open_at", [hypersync_at, sqd_at])
either_saying = pytest.mark.parametrize("saying", [hypersync_saying, sqd_saying])


async def read(opened: Opened, topics: tuple[str, ...] = BOTH, low: int = 100, high: int = 120) -> list[EventPage]:
    """All pages; their coverage must be one stretch from ``low`` to ``high``."""
    client, source = opened
    async with client:
        pages = [page async for page in source.events(CONTRACT, topics, low, high)]
    expected = low
    for page in pages:
        assert page.covers.low == expected
        assert page.covers.high is not None
        assert all(expected <= event.position.height <= page.covers.high for event in page.events)
        expected = page.covers.high + 1
    assert expected == high + 1
    return pages


@pytest.mark.parametrize("span", [1, 4, 50])
@either
async def test_logs_are_exact_however_far_an_answer_reaches(open_at: Open, span: int) -> None:
    """Every log of the contract and of either kind comes once, settled, in order, dated; no other does."""
    events = [event for page in await read(open_at(evm_world(), span)) for event in page.events]
    assert [event.position for event in events] == [
        Position(height, tx_index, Kind.TOKEN, index) for height, tx_index, index in PLACES
    ]
    assert [event.time for event in events] == [START + (event.position.height - 100) * 12 for event in events]
    assert {event.contract for event in events} == {CONTRACT}
    assert events[2].topics == (APPROVAL, "0x" + WHO[2:].rjust(64, "0"), "0x" + MACHINE[2:].rjust(64, "0"))
    assert (events[0].tx, events[0].data) == (tx_hash("tokens"), f"0x{50:064x}")


@either
async def test_only_the_kinds_and_blocks_asked_for_come(open_at: Open) -> None:
    """One kind is one kind, both ends of the range belong to it, and an empty range is nothing."""
    for topics, low, high, count in (
        ((APPROVAL,), 100, 120, 1),
        ((DEPOSIT,), 100, 120, 0),
        (BOTH, 106, 120, 1),
        (BOTH, 105, 105, 4),
        (BOTH, 100, 104, 0),
        (BOTH, 9, 8, 0),
    ):
        pages = await read(open_at(evm_world(), 4), topics, low, high)
        assert len([event for page in pages for event in page.events]) == count


@either
async def test_blocks_that_are_not_there_yet_are_refused_after_those_that_are(open_at: Open) -> None:
    """What there is is proven, the rest is an error: no early end."""
    client, source = open_at(evm_world(), 50)
    async with client:
        pages = source.events(CONTRACT, BOTH, 100, 130)
        assert (await anext(pages)).covers == Coverage(100, 120)
        with pytest.raises(Unsupported, match=r"newest block is 120|finalized blocks end"):
            await anext(pages)


@pytest.mark.parametrize(
    "changed",
    [
        {"address": WRAPPER},
        {"topics": [DEPOSIT]},
        {"topics": ["0x12"]},
        {"data": "0x1"},
        {"data": None},
        {"logIndex": None},
    ],
)
@either_saying
async def test_logs_that_were_not_asked_for_are_refused(
    saying: Callable[[dict[str, Any]], Opened], changed: dict[str, Any]
) -> None:
    """Logs of another contract or kind, and cut ones, are Malformed."""
    good = evm_log("tokens", 105, 2, 4, CONTRACT, TRANSFER, data=50)
    assert [len(page.events) for page in await read(saying(good))] == [1]
    with pytest.raises(Malformed):
        await read(saying({**good, **changed}))


@either_saying
async def test_a_log_of_another_block_is_a_repeated_page(saying: Callable[[dict[str, Any]], Opened]) -> None:
    """A log outside the blocks asked for is Down, and neither doubles nor skips anything."""
    with pytest.raises(Down, match="repeated page"):
        await read(saying(evm_log("tokens", 105, 2, 4, CONTRACT, TRANSFER, data=50)), low=106)


@pytest.mark.parametrize("body", [b"<html>502</html>", b'{"data":[{"logs":[{"addr', b"", b"[]"])
@either
async def test_rubbish_is_never_nothing(open_at: Open, body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """HTML, a cut body, silence and another shape are tried again and then reported."""
    monkeypatch.setattr("chains.http.BACKOFF", 0.0001)
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=body))
    opened = test_sqd.open_sqd(transport) if open_at is sqd_at else test_hypersync.open_source(transport)
    with pytest.raises(Down):
        await read(opened)
