"""Records the explorers' cassettes from the stand-in on a local port: `python -m tests.chains.explorer_cassettes`.

Cassettes pin the bytes that leave and arrive (query spelling, JSON-RPC bodies, headers), which a mocked transport does
not show. They hold nothing from the internet.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import httpx
import vcr

from chains import blockscout, etherscan, routescan
from chains.evm_records import DEPOSIT, WITHDRAWAL
from chains.http import Client
from chains.model import NATIVE, Address, Asset, AssetId, Block, Called, EventPage, Page, Receipt
from chains.registry import SourceSettings, load_chains
from tests.chains.explorer_stand_in import (
    TOKEN,
    WETH,
    WHO,
    StandIn,
    internal_row,
    log_row,
    refusal,
    token_row,
    tx_hash,
    tx_row,
)
from tests.chains.memory_evidence import MemoryEvidence

FOLDER = Path(__file__).parents[2] / "fixtures" / "chains"
PORT = 8971
URL = f"http://127.0.0.1:{PORT}"
HOLDS, REFUSES = "0x70a08231", "0xe47d6060"
"""Two questions to TOKEN: one that it answers and one that it refuses."""

KINDS: dict[str, ModuleType] = {"etherscan": etherscan, "routescan": routescan, "blockscout": blockscout}


class Read(NamedTuple):
    """Everything one run over a source brought back."""

    head: Block
    native: list[Page]
    tokens: list[Page]
    receipt: Receipt
    balance: int
    contract: bool
    asset: Asset
    code: str
    called: list[Called]
    events: list[EventPage]


def chain_in_small(kind: str) -> StandIn:
    """A chain of a few transactions, in the spelling of one explorer."""
    inner: dict[str, Any] = internal_row(103, 3, value=7)
    if kind == "blockscout":
        inner = internal_row(103, 3, value=7, transactionHash=inner.pop("hash"), index="4", callType="call")
        del inner["hash"], inner["traceId"]
    logs = [log_row(104, 4, DEPOSIT, value=3), log_row(105, 5, WITHDRAWAL, value=2, log=0)]
    if kind == "blockscout":
        logs = [{**log, "topics": [*log["topics"], None, None]} for log in logs]
    receipt = {
        "transactionHash": tx_hash(1),
        "blockNumber": hex(101),
        "transactionIndex": "0x0",
        "from": WHO,
        "to": TOKEN,
        "status": "0x1",
        "gasUsed": hex(21_000),
        "effectiveGasPrice": "0xa",
        "logs": [],
    }
    answers: dict[str, Any] = {"0x313ce567": f"0x{6:064x}", "0x95d89b41": "0x" + b"TUSD".hex().ljust(64, "0")}
    answers |= {HOLDS: f"0x{7:064x}", REFUSES: refusal("execution reverted")}
    return StandIn(
        lists={
            "txlist": [tx_row(101, 1), tx_row(102, 2, isError="1")],
            "txlistinternal": [inner],
            "getLogs": logs,
            "tokentx": [token_row(100 + i, 10 + i, value=i + 1) for i in range(50)],
            "bytx": [internal_row(101, 1, value=3)],
        },
        proxy={
            "tip": 200,
            "eth_getTransactionByHash": {"value": "0x5", "gasPrice": "0xa"},
            "eth_getTransactionReceipt": receipt,
            "eth_getCode": "0x6001",
            "eth_call": lambda asked: answers[asked["data"] if isinstance(asked, dict) else asked],
        },
        values={"balance": "99"},
    )


async def read_all(kind: str) -> Read:
    """Ask one source everything; the same questions in recording and replay."""
    settings = SourceSettings(urls={kind: URL}, rates={kind: 1_000})
    who = Address(WHO)
    async with Client(MemoryEvidence()) as client:
        (source,) = KINDS[kind].build(load_chains()["eip155:1"], client, settings)
        head = await source.head()
        return Read(
            head,
            [page async for page in source.history(who, NATIVE, 0, None)],
            [page async for page in source.history(who, AssetId(TOKEN), 0, None)],
            await source.receipt(tx_hash(1)),
            (await source.balance(who, NATIVE, head)).amount,
            await source.is_contract(Address(TOKEN)),
            await source.asset(AssetId(TOKEN)),
            await source.code(Address(TOKEN)),
            [await source.call(Address(TOKEN), data, head) for data in (HOLDS, REFUSES)],
            [page async for page in source.events(Address(WETH), (DEPOSIT, WITHDRAWAL), 100, 200)],
        )


def cassette(kind: str, mode: str) -> Any:
    """The context in which one explorer's cassette is recorded (``all``) or replayed (``none``)."""
    tape = vcr.VCR(record_mode=mode, match_on=["method", "path", "query", "body"], filter_headers=["user-agent"])
    return tape.use_cassette(str(FOLDER / kind / "everything.yaml"))


@contextmanager
def served(stand_in: StandIn) -> Iterator[None]:
    """The stand-in on a local port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("content-length", "0"))
            asked = httpx.Request(self.command, URL + self.path, content=self.rfile.read(length))
            answer = stand_in.answer(asked)
            self.send_response(answer.status_code)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", PORT), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


def record() -> None:
    """Write all three cassettes anew."""
    for kind in KINDS:
        (FOLDER / kind / "everything.yaml").unlink(missing_ok=True)
        with served(chain_in_small(kind)), cassette(kind, "all"):
            asyncio.run(read_all(kind))


if __name__ == "__main__":
    record()
