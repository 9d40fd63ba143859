"""Records the cassettes of the bulk sources against their stand-ins: ``python -m tests.chains.record_bulk``.

Nothing here speaks to the internet. What is recorded is the traffic of one whole history each, so that the replaying
tests fix the questions (a changed question finds no answer) as well as how the answers are read.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import uvicorn
import vcr
from starlette.applications import Starlette

from chains import hypersync, sqd, sqd_tron
from chains.evm_records import APPROVAL, TRANSFER
from chains.http import Client
from chains.model import ANY_TOKEN, NATIVE, Address, AssetId, EventPage, Page
from chains.protocol import Source, SourceKind
from chains.registry import Chain, SourceSettings
from tests.chains.bulk_worlds import T_WHO, TOKEN, WHO, WRAPPER, evm_world, ms, tron_world
from tests.chains.memory_evidence import MemoryEvidence
from tests.chains.standins_bulk import HyperSyncStandIn, PortalStandIn

FOLDER: Final = Path(__file__).parents[2] / "fixtures" / "chains"
PORT: Final = 18931
BASE: Final = f"http://127.0.0.1:{PORT}"
MATCHED: Final = ("method", "host", "port", "path", "query", "body")


class Recording(NamedTuple):
    """One cassette: which source, asked which history; or, with ``topics``, for which logs of the contract ``who``."""

    cassette: str
    kind: SourceKind
    chain: Chain
    who: Address
    asset: AssetId
    low: int
    high: int | None
    topics: tuple[str, ...] = ()


ETHEREUM: Final = Chain(
    "eip155:1",
    "ethereum",
    "evm",
    "ETH",
    18,
    "",
    {"hypersync": {"slug": "eth-traces", "traces": True}, "sqd": {"slug": "ethereum-mainnet", "traces": True}},
    WRAPPER,
)
TRON: Final = Chain("tron:mainnet", "tron", "tron", "TRX", 6, "", {"sqd": {"slug": "tron-mainnet"}})

RECORDINGS: Final = (
    Recording("hypersync/native.yaml", hypersync.SOURCE, ETHEREUM, WHO, NATIVE, 100, None),
    Recording("hypersync/tokens.yaml", hypersync.SOURCE, ETHEREUM, WHO, ANY_TOKEN, 100, 120),
    Recording("sqd/native.yaml", sqd.SOURCE, ETHEREUM, WHO, NATIVE, 100, 120),
    Recording("sqd/tokens.yaml", sqd.SOURCE, ETHEREUM, WHO, ANY_TOKEN, 100, None),
    Recording("sqd/tron_native.yaml", sqd_tron.SOURCE, TRON, T_WHO, NATIVE, ms(5001), ms(5030)),
    Recording("sqd/tron_tokens.yaml", sqd_tron.SOURCE, TRON, T_WHO, ANY_TOKEN, ms(5001), None),
)
EVENT_RECORDINGS: Final = tuple(
    Recording(f"{kind.name}/events.yaml", kind, ETHEREUM, Address(TOKEN), TOKEN, 101, 120, (TRANSFER, APPROVAL))
    for kind in (hypersync.SOURCE, sqd.SOURCE)
)


def stand_in_of(recording: Recording) -> Starlette:
    """The server a cassette is recorded against."""
    if recording.kind.name == "hypersync":
        return HyperSyncStandIn(evm_world(), span=8).app
    if recording.chain.family == "tron":
        return PortalStandIn(tron_world(), "tron-mainnet", "tron", span=15, early=4).app
    return PortalStandIn(evm_world(), "ethereum-mainnet", "evm", span=8).app


async def read(recording: Recording) -> list[Page]:
    """The history a cassette is about, through the real transport."""
    async with opened(recording) as source:
        history = source.history(recording.who, recording.asset, recording.low, recording.high)
        return [page async for page in history]


async def read_events(recording: Recording) -> list[EventPage]:
    """The logs a cassette is about."""
    assert recording.high is not None
    async with opened(recording) as source:
        events = source.events(recording.who, recording.topics, recording.low, recording.high)
        return [page async for page in events]


@asynccontextmanager
async def opened(recording: Recording) -> AsyncIterator[Source]:
    """The source of a cassette on `BASE`."""
    name = recording.kind.name
    settings = SourceSettings(urls={name: BASE}, rates={name: 1000.0}, keys={"hypersync": "secret-token"})
    async with Client(MemoryEvidence()) as client:
        [source] = recording.kind.build(recording.chain, client, settings)
        yield source


def replayed(recording: Recording, mode: str = "none") -> Any:
    """The cassette as a context manager."""
    recorder = vcr.VCR(match_on=MATCHED, filter_headers=["authorization"], decode_compressed_response=True)
    return recorder.use_cassette(str(FOLDER / recording.cassette), record_mode=mode)


@asynccontextmanager
async def serving(app: Starlette) -> AsyncIterator[None]:
    """The app on `PORT`."""
    server = uvicorn.Server(uvicorn.Config(app, port=PORT, log_level="error"))
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 (uvicorn has no event for it)
        await asyncio.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        await task


async def main() -> None:
    """Record all anew."""
    for recording in (*RECORDINGS, *EVENT_RECORDINGS):
        (FOLDER / recording.cassette).unlink(missing_ok=True)
        async with serving(stand_in_of(recording)):
            with replayed(recording, "all"):
                await (read_events(recording) if recording.topics else read(recording))


if __name__ == "__main__":
    asyncio.run(main())
