"""TRON addresses: 21 bytes, 0x41 and then the 20 an EVM address would have, in three spellings.

People and the indexed API write base58check (``T…``), node answers write ``41…`` in hexadecimal, and logs and event
topics write the 20 bytes alone. Base58 is canonical here, because it is what a victim can compare with a wallet.
"""

from __future__ import annotations

import re
from functools import lru_cache

import base58

from chains.model import Address

_HEX = re.compile(r"(?:0x)?(?:41)?([0-9a-fA-F]{40})")
_CACHE = 1 << 16


@lru_cache(maxsize=_CACHE)
def parse(text: str) -> Address:
    """Canonical base58 of a user's spelling: ``T…``, ``41…`` (42 digits) or ``0x…`` (20 bytes).

    Raises:
        ValueError: it is none of these, or the base58 checksum does not fit.
    """
    if text.startswith("T"):
        return _checked(text)
    if text.startswith("0x") or (text.startswith("41") and len(text) == 42):
        return from_hex(text)
    raise ValueError("expected 34 characters beginning with T, or the same in hexadecimal (41… or 0x…)")


@lru_cache(maxsize=_CACHE)
def from_hex(text: str) -> Address:
    """Base58 of an API's ``41…``, ``0x…``, ``0x41…`` or bare 40 digits. ValueError when it is none of them."""
    found = _HEX.fullmatch(text)
    if not found:
        raise ValueError("expected 20 bytes in hexadecimal, with or without 41 before them")
    return Address(base58.b58encode_check(b"\x41" + bytes.fromhex(found[1])).decode("ascii"))


def to_hex41(address: Address) -> str:
    """The ``41…`` spelling that node requests take."""
    return base58.b58decode_check(address).hex()


def to_evm_hex(address: Address) -> str:
    """The ``0x…`` spelling of the 20 bytes, as in logs, call data and the other chains."""
    return "0x" + to_hex41(address)[2:]


def _checked(text: str) -> Address:
    if len(text) != 34:
        raise ValueError(f"a TRON address has 34 characters, this has {len(text)}")
    try:
        payload = base58.b58decode_check(text)
    except ValueError as wrong:
        if "checksum" in str(wrong).lower():
            raise ValueError(
                "the checksum is wrong; check for a typing error (upper and lower case letters matter)"
            ) from None
        raise ValueError("0, O, I and l do not occur in a TRON address") from None
    if len(payload) != 21 or payload[0] != 0x41:
        raise ValueError("it is base58, but not of a TRON address")
    return Address(text)
