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


def proven_transfers(chain: Chain, inclusion: Inclusion) -> tuple[Transfer, ...]:
    """The token movements in the logs of a proven receipt, by their places within the transaction; none when it failed.

    Raises:
        Malformed: the receipt's bytes are none.
    """
    assert inclusion.receipt is not None
    value = inclusion.receipt.value
    try:
        outcome, _, _, logs, *_ = rlp.decode(value if value[:1] and value[0] >= _LIST else value[1:])
        if outcome == b"":
            return ()
        rows = [_log(inclusion, number, *log) for number, log in enumerate(logs)]
    except (DecodingError, TypeError, ValueError, AttributeError) as wrong:
        raise Malformed(inclusion.source, f"receipt bytes ({type(wrong).__name__})", value.hex()) from None
    return logs_to_rows(chain, rows, 0, inclusion.source).transfers


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
