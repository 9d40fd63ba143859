"""Whether the key behind an address signed a sentence: proof of who holds the key, that anybody can repeat.

Wallets put a sentence of their chain before what is signed, so that a signature is never a transaction, and sign either
the text or its digest; exchanges have published both. Whichever it is, no one without the key can make it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from eth_keys.datatypes import Signature
from eth_keys.exceptions import BadSignature
from eth_utils.crypto import keccak

from chains.model import Address
from tracer.label_keys import key_of

_SIGNATURE: Final = re.compile(r"(?:0x)?([0-9a-fA-F]{128})(00|01|1[bBcC])")
_FIRST_V: Final = 27


def has_signed(address: Address, message: str, signature: str) -> bool:
    """Did the key of this address (EVM or TRON) make this signature, 65 bytes in hex, of this message?

    A malformed signature is none. ValueError when the address is of neither shape.
    """
    key, found = key_of(address), _SIGNATURE.fullmatch(signature)
    if not found:
        return False
    v = int(found[2], 16)
    data = bytes.fromhex(found[1]) + bytes([v - _FIRST_V if v >= _FIRST_V else v])
    return any(_signer(digest, data) == key for digest in _digests(message.encode(), tron=address.startswith("T")))


def _digests(message: bytes, *, tron: bool) -> Iterator[bytes]:
    """What may have been signed: EIP-191 or TIP-191 with the digest or with the text, or OKX's own way (OKC)."""
    before = b"\x19TRON Signed Message:\n" if tron else b"\x19Ethereum Signed Message:\n"
    yield keccak(before + b"32" + keccak(message))
    yield keccak(before + str(len(message)).encode() + message)
    if not tron and len(message) < 0xFD:
        yield keccak(b"\x14OKX Signed Message:\n" + bytes([len(message)]) + message)


def _signer(digest: bytes, signature: bytes) -> bytes | None:
    try:
        return Signature(signature).recover_public_key_from_msg_hash(digest).to_canonical_address()
    except BadSignature:
        return None
