"""One transaction of every type an Ethereum block may hold, in one block of the lab's node."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any, Final

import rlp
from eth_keys.datatypes import PrivateKey
from eth_utils.crypto import keccak

GWEI: Final = 10**9
_OLD, _NEW = (PrivateKey(keccak(text)) for text in (b"an old wallet of the lab", b"a rollup of the lab"))
_POINT_AT_INFINITY: Final = b"\xc0" + bytes(47)
"""Commitment to a blob of zeros, and its proof: so no curve has to be computed."""
_BLOB: Final = bytes(131_072)


def send_every_type(
    rpc: Callable[..., Any], chain: int, sender: str, payee: str, contract: str, *, blob: bool = False
) -> list[str]:
    """Mine one block of types 0, 1, 2 and 4, and with ``blob`` 3; the hashes in the order of sending.

    Each kind pays and calls ``contract``, so that there are receipts with logs; and one is signed as before EIP-155.
    """
    for key in (_OLD, _NEW):
        rpc("anvil_setBalance", key.public_key.to_address(), hex(10**18))
    paying = {"from": sender, "to": payee, "value": "0x5", "gas": hex(200_000)}
    calling = {**paying, "to": contract, "value": "0x0", "data": "0x1234"}
    capped = {"maxFeePerGas": hex(3 * GWEI), "maxPriorityFeePerGas": "0x1"}
    listed = {"accessList": [{"address": payee, "storageKeys": ["0x" + "01" * 32, "0x" + "02" * 32]}]}
    code = {"chainId": hex(chain), "address": contract, "nonce": "0x1", "yParity": "0x0", "r": "0x1234", "s": "0x12"}
    sent = [
        rpc("eth_sendTransaction", {**one, "type": kind, **more})
        for one in (paying, calling)
        for kind, more in (
            ("0x0", {"gasPrice": hex(3 * GWEI)}),
            ("0x1", {"gasPrice": hex(3 * GWEI), **listed}),
            ("0x2", {**capped, **listed}),
            ("0x4", {**capped, "authorizationList": [code]}),
        )
    ]
    nonce = int(rpc("eth_getTransactionCount", _OLD.public_key.to_address(), "latest"), 16)
    raws = [_unprotected(nonce, payee), *([raw_of_blob(chain, payee)] if blob else [])]
    sent += [rpc("eth_sendRawTransaction", "0x" + raw.hex()) for raw in raws]
    rpc("evm_mine")
    return [str(one) for one in sent]


def raw_of_blob(chain: int, payee: str) -> bytes:
    """A signed transaction of type 3 with its blob, as it is sent to a node (EIP-4844)."""
    versioned = b"\x01" + sha256(_POINT_AT_INFINITY).digest()[1:]
    fields = [chain, 0, 1, 3 * GWEI, 100_000, bytes.fromhex(payee[2:]), 5, b"", [], GWEI, [versioned]]
    signed = _NEW.sign_msg_hash(keccak(b"\x03" + rlp.encode(fields)))
    body = [*fields, signed.v, signed.r, signed.s]
    return b"\x03" + bytes(rlp.encode([body, [_BLOB], [_POINT_AT_INFINITY], [_POINT_AT_INFINITY]]))


def _unprotected(nonce: int, payee: str) -> bytes:
    """A signed transaction as it was before EIP-155, of no chain in particular."""
    fields = [nonce, 3 * GWEI, 100_000, bytes.fromhex(payee[2:]), 7, b""]
    signed = _OLD.sign_msg_hash(keccak(rlp.encode(fields)))
    return bytes(rlp.encode([*fields, signed.v + 27, signed.r, signed.s]))
