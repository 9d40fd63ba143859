"""The 20 bytes behind an address, under which the store keeps it, for EVM chains and TRON alike.

Half the size of the text and the same for every spelling; which chain a label speaks of stands beside the key. The
base58 library takes most of the time that a list of millions of TRON addresses takes, and 34 digits of base 58 are one
sum; the tests hold it to the library.
"""

from __future__ import annotations

from hashlib import sha256
from operator import mul
from typing import Final

from chains import tron_address
from chains.model import Address

_ALPHABET: Final = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_NONE: Final = 255
_DIGITS: Final = bytes(_ALPHABET.find(sign) % 256 for sign in range(256))
_POWERS: Final = tuple(58**place for place in reversed(range(34)))
_TRON: Final = 0x41


def address_of(key: bytes, on_tron: bool) -> Address:  # noqa: FBT001 - as the store keeps them together
    """The canonical address of a key, in TRON's spelling or that of EVM chains."""
    return tron_address.from_hex(key.hex()) if on_tron else Address("0x" + key.hex())


def key_of(address: str) -> bytes:
    """The 20 bytes of a canonical address (``0x`` and 40 digits, or ``T…``). ValueError when it is neither.

    A TRON address has to pass its checksum; the case of EVM digits is not looked at.
    """
    if address.startswith("0x") and len(address) == 42:
        return bytes.fromhex(address[2:])
    digits = address.encode("ascii").translate(_DIGITS)
    if len(digits) != 34 or _NONE in digits:
        raise ValueError("not an address of 20 bytes")
    number: int = sum(map(mul, digits, _POWERS))
    payload = number.to_bytes(25)
    if payload[0] != _TRON or sha256(sha256(payload[:21]).digest()).digest()[:4] != payload[21:]:
        raise ValueError("not an address of TRON, or its checksum is wrong")
    return payload[1:21]
