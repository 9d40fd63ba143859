"""What a proven EVM receipt says moved: its bytes read back into the logs they hold.

The receipt that a node shows and the one that the block commits to could differ; only the second one is proven, so the
movements are taken from its bytes.
"""

from __future__ import annotations

from typing import Any, Final

import rlp
from rlp.exceptions import DecodingError

from chains.errors import Malformed
from chains.evm_records import logs_to_rows
from chains.inclusion import Inclusion
from chains.model import Transfer
from chains.registry import Chain

_LIST: Final = 0xC0
"""First byte from which RLP means a list; an EIP-2718 type stands below it."""

_VALUE: Final = {0: 4, 1: 5, 2: 6, 3: 6, 4: 6}
"""Where the value stands in a transaction, by its type."""


def proven_transfers(chain: Chain, inclusion: Inclusion) -> tuple[Transfer, ...]:
    """The token movements in the logs of a proven receipt, by their places within the transaction; none when it failed.

    Raises:
        Malformed: the receipt's bytes are none.
    """
    assert inclusion.receipt is not None
    value = inclusion.receipt.value
    try:
        outcome, _, _, logs, *_ = _fields(value)
        if outcome == b"":
            return ()
        rows = [_log(inclusion, number, *log) for number, log in enumerate(logs)]
    except (DecodingError, TypeError, ValueError, AttributeError) as wrong:
        raise Malformed(inclusion.source, f"receipt bytes ({type(wrong).__name__})", value.hex()) from None
    return logs_to_rows(chain, rows, 0, inclusion.source).transfers


def proven_value(inclusion: Inclusion) -> int | None:
    """The coins that a proven transaction itself paid, nil where it failed; None for a type that is not known here.

    Raises:
        Malformed: the bytes are none.
    """
    assert inclusion.transaction is not None
    assert inclusion.receipt is not None
    sent, done = inclusion.transaction.value, inclusion.receipt.value
    place = _VALUE.get(0 if sent[:1] and sent[0] >= _LIST else sent[0])
    if place is None:
        return None
    try:
        outcome, *_ = _fields(done)
        value = _fields(sent)[place]
        return int.from_bytes(value, "big") if outcome else 0
    except (DecodingError, TypeError, ValueError, IndexError) as wrong:
        raise Malformed(inclusion.source, f"transaction bytes ({type(wrong).__name__})", sent.hex()) from None


def _fields(value: bytes) -> Any:
    """The fields of a transaction or receipt, whatever its type."""
    return rlp.decode(value if value[:1] and value[0] >= _LIST else value[1:])


def _log(inclusion: Inclusion, number: int, address: bytes, topics: list[bytes], data: bytes) -> dict[str, Any]:
    return {
        "address": "0x" + address.hex(),
        "topics": ["0x" + topic.hex() for topic in topics],
        "data": "0x" + data.hex(),
        "blockNumber": inclusion.number,
        "transactionIndex": inclusion.place,
        "transactionHash": inclusion.tx,
        "logIndex": number,
    }
