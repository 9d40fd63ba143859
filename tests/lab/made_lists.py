"""Exchanges' lists of made-up addresses in the published shape, of any length, the same for the same seed."""

from __future__ import annotations

import random
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import base58

BINANCE: Final = "coin,network,address,balance,Height,Third party custodian name"
MIX: Final = ("ETH",) * 14 + ("BSC",) * 2 + ("TRX",) * 3 + ("BTC",)
"""Of twenty rows; the list of August 2026 had seven addresses of Ethereum in ten rows."""

COINS: Final = {"ETH": "USDT", "BSC": "BNB", "TRX": "USDT", "BTC": "BTC"}


def evm(key: bytes) -> str:
    """The EVM spelling of 20 bytes."""
    return "0x" + key.hex()


def tron(key: bytes) -> str:
    """The TRON spelling of 20 bytes."""
    return base58.b58encode_check(b"\x41" + key).decode("ascii")


def keys(count: int, seed: int) -> Iterator[bytes]:
    """Made-up addresses, 20 bytes each."""
    dice = random.Random(seed)
    return (dice.randbytes(20) for _ in range(count))


def spelt(network: str, key: bytes) -> str:
    """An address as the list writes it."""
    if network == "TRX":
        return tron(key)
    return "bc1q" + key.hex()[:38] if network == "BTC" else evm(key)


def binance_rows(count: int, seed: int) -> Iterator[str]:
    """Rows of a Binance table, their networks mixed as in the published one."""
    for number, key in enumerate(keys(count, seed)):
        network = MIX[number % len(MIX)]
        yield f'{COINS[network]},{network},{spelt(network, key)},{number}.250000000000000000,{20_000_000 + number},""'


def binance(path: Path, own: Iterable[str], deposits: Iterable[str], audit: str = "PR01SEP26") -> Path:
    """Binance's archive with these rows."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made:
        for kind, rows in (("HotCold", own), ("Deposit", deposits)):
            with made.open(f"{audit}_{kind}.csv", "w", force_zip64=True) as table:
                table.write(f"{BINANCE}\n".encode())
                for row in rows:
                    table.write(f"{row}\n".encode())
    return path
