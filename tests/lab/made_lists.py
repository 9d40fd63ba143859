"""Exchanges' lists of made-up addresses in the published shape, of any length, the same for the same seed."""

from __future__ import annotations

import random
import zipfile
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final

import base58
from eth_keys.datatypes import PrivateKey
from eth_utils.crypto import keccak

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


OKX: Final = (
    "coin,Type,Network,Snapshot Height,address,amount,message,signature1,signature2,redeem script/ public key,EOA1,EOA2"
)
MESSAGE: Final = "I am an OKX address"


def okx_key(number: int) -> PrivateKey:
    """A made-up key; whoever knows this file knows it."""
    return PrivateKey(sha256(f"made up {number}".encode()).digest())


def okx_signature(number: int, *, tron: bool = False, message: str = MESSAGE) -> str:
    """What a made-up key signs, in the form that OKX publishes for the chain."""
    text = message.encode()
    if tron:
        digest = keccak(b"\x19TRON Signed Message:\n" + str(len(text)).encode() + text)
    else:
        digest = keccak(b"\x19Ethereum Signed Message:\n32" + keccak(text))
    made = okx_key(number).sign_msg_hash(digest).to_bytes()
    return "0x" + made[:64].hex() + f"{made[64] + 27:02x}"


def okx_address(number: int, network: str = "ETH") -> str:
    """The address of a made-up key, spelt as on this network."""
    key = okx_key(number).public_key.to_canonical_address()
    return tron(key) if network == "TRON" else evm(key)


def okx_row(number: int, network: str = "ETH", signature: str | None = None) -> str:
    """A row of OKX's table that is signed by its address."""
    made = okx_signature(number, tron=network == "TRON") if signature is None else signature
    return f"USDT,Non Staking,{network},85840149,{okx_address(number, network)},10.5,{MESSAGE},{made},,,,"


def okx(path: Path, rows: Iterable[str], header: str = OKX, table: str = "okx_por_2026090800_V1.csv") -> Path:
    """OKX's archive with these rows, below the totals that come first."""
    text = "\n".join(["coin,amount", "USDT(ALL),1000.5", "", header, *rows, ""])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(table, text)
        made.writestr("okx_por_eth_staking_2026090800_V1.csv", "deposit address,amount\n")
    return path
