"""A stand-in for the prices API, and the recording of its answers into the cassettes that test_prices.py replays.

    python -m tests.tracer.price_stand_in

It answers as the API's documents say it does, with prices made up here; the internet is never asked.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import vcr

from chains.http import Client
from chains.model import NATIVE, AssetId
from chains.registry import SourceSettings, load_chains
from tests.chains.memory_evidence import MemoryEvidence
from tracer.price_source import Priced, Want, fetch_prices

CASSETTES: Final = Path(__file__).parents[2] / "fixtures" / "prices"
HOST: Final = "http://127.0.0.1:8642"
SETTINGS: Final = SourceSettings(urls={"prices": HOST}, rates={"prices": 1000})

ETHEREUM, TRON, OPTIMISM = (load_chains()[name] for name in ("eip155:1", "tron:mainnet", "eip155:10"))
USDT: Final = AssetId("0xdac17f958d2ee523a2206206994597c13d831ec7")
TRON_USDT: Final = AssetId("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t")
SCAM: Final = AssetId("0x00000000000000000000000000000000005ca300")
UNKNOWN: Final = AssetId("0x0000000000000000000000000000000000abcdef")
TIME: Final = 1_700_000_000
WANTS: Final[list[Want]] = [
    (ETHEREUM, NATIVE, TIME),
    (OPTIMISM, NATIVE, TIME + 60),
    (TRON, NATIVE, TIME),
    (ETHEREUM, USDT, TIME),
    (TRON, TRON_USDT, TIME),
    (ETHEREUM, SCAM, TIME),
    (ETHEREUM, UNKNOWN, TIME),
]
PRICES: Final = {
    "coingecko:ethereum": (2051.3749819, 0.99),
    "coingecko:tron": (0.09882610734, 0.99),
    f"ethereum:{USDT}": (0.99981, 0.99),
    f"ethereum:{SCAM}": (31337.5, 0.1),
}


class Api(BaseHTTPRequestHandler):
    """Answers `/batchHistorical`; coins it does not know are absent."""

    def do_GET(self) -> None:
        """One question."""
        asked = json.loads(parse_qs(urlsplit(self.path).query)["coins"][0])
        coins = {coin: _record(coin, asked[coin]) for coin in asked if coin in PRICES}
        body = json.dumps({"coins": coins}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Keep quiet."""


def _record(coin: str, times: list[int]) -> dict[str, Any]:
    price, confidence = PRICES[coin]
    points = [{"timestamp": time + 41, "price": price, "confidence": confidence} for time in times]
    return {"symbol": coin.split(":")[1][:6].upper(), "prices": points}


@contextmanager
def standing_in() -> Iterator[None]:
    """The stand-in, listening."""
    server = ThreadingHTTPServer(("127.0.0.1", 8642), Api)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


async def ask_all(evidence: MemoryEvidence) -> Priced:
    """Ask for every want once."""
    async with Client(evidence) as client:
        return await fetch_prices(client, SETTINGS, WANTS)


if __name__ == "__main__":
    with standing_in(), vcr.use_cassette(str(CASSETTES / "batch.yaml"), record_mode="all"):
        print(asyncio.run(ask_all(MemoryEvidence())))
