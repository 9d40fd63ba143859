"""DefiLlama's coins API as a stand-in: 1.00 for stablecoins, fixed prices for the rest, nothing for the unknown."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from tests.lab.desk import COMMON_TROUBLES, Dialect, Faults, Reply, Request, StandIn, reply

PRICES = {
    "ethereum:0xdac17f958d2ee523a2206206994597c13d831ec7": ("USDT", 6, 1.0),
    "ethereum:0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48": ("USDC", 6, 1.0),
    "tron:tr7nhqjekqxgtci8q8zy4pl8otszgjlj6t": ("USDT", 6, 1.0),
    "coingecko:ethereum": ("ETH", 18, 2000.0),
    "ethereum:0x0000000000000000000000000000000000000000": ("ETH", 18, 2000.0),
    "coingecko:tron": ("TRX", 6, 0.125),
}


def prices_app(
    more: dict[str, tuple[str, int, float]] | None = None, *, rate: float | None = None, faults: Faults | None = None
) -> StandIn:
    """Prices at ``/prices/historical/{time}/{coins}``, ``/prices/current/{coins}`` and ``/batchHistorical?coins=``.

    ``more`` adds coins: (symbol, decimals, price) by DefiLlama's name.
    """
    table = {**PRICES, **{coin.lower(): row for coin, row in (more or {}).items()}}

    def handle(request: Request) -> Reply:
        parts = request.path.strip("/").split("/")
        if parts[:2] == ["prices", "historical"] and len(parts) == 4 and parts[2].isdigit():
            return reply({"coins": _coins(table, parts[3], int(parts[2]))})
        if parts[:2] == ["prices", "current"] and len(parts) == 3:
            return reply({"coins": _coins(table, parts[2], 1_700_000_000)})
        if parts == ["batchHistorical"]:
            return reply({"coins": _history(table, json.loads(request.params["coins"]))})
        return reply({"message": "Not Found"}, 404)

    too_many = reply({"message": "Too many requests"}, 429)
    dialect = Dialect(lambda _: "", lambda _: too_many, {**COMMON_TROUBLES, "429": too_many})
    return StandIn(handle, dialect, rate=rate, faults=faults)


def _coins(table: dict[str, tuple[str, int, float]], asked: str, time: int) -> dict[str, object]:
    rows: dict[str, object] = {}
    for coin in asked.split(","):
        known = table.get(coin.lower())
        if known:
            symbol, decimals, price = known
            rows[coin] = {"decimals": decimals, "symbol": symbol, "price": price, "timestamp": time, "confidence": 0.99}
    return rows


def _history(table: dict[str, tuple[str, int, float]], asked: Mapping[str, Sequence[int]]) -> dict[str, object]:
    rows: dict[str, object] = {}
    for coin, times in asked.items():
        if coin.lower() in table:
            symbol, _, price = table[coin.lower()]
            points = [{"timestamp": time, "price": price, "confidence": 0.99} for time in times]
            rows[coin] = {"symbol": symbol, "prices": points}
    return rows
