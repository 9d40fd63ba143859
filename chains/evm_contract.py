"""What an EVM contract says when it is asked: its answer to a call, its code, its logs; pure.

Every EVM source gets these in JSON-RPC's spelling, so they are read here once. Stricter than chains/evm_records.py:
there a log that means nothing is passed over, but a freeze that was not read would look like none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from typing import Any, Final

from chains.errors import Malformed
from chains.evm_records import address_field, is_contract_code, log_position, log_time, required
from chains.model import Address, Event
from chains.registry import Chain

NOTHING: Final = "0x"
"""What a contract without such a function, or one that refuses, answers to a call (see `chains.model.Called`)."""

_BYTES = re.compile(r"0x(?:[0-9a-fA-F]{2})*")
_WORD = re.compile(r"0x[0-9a-fA-F]{64}")
_MOST_TOPICS: Final = 4


def hex_bytes(value: object, source: str) -> str:
    """Bytes as JSON-RPC writes them, in lower case. Raises Malformed when they are none."""
    if isinstance(value, str) and _BYTES.fullmatch(value):
        return value.lower()
    raise Malformed(source, "no bytes in hexadecimal", value)


def code_hash(code: str) -> str:
    """SHA-256 (hex) of code as `hex_bytes` gives it; "" for a wallet, also one that delegates by EIP-7702."""
    return sha256(bytes.fromhex(code[2:])).hexdigest() if is_contract_code(code) else ""


def topics_of(log: Mapping[str, Any], source: str) -> tuple[str, ...]:
    """The topics of a log, in lower case. Raises Malformed when they are not up to four 32-byte words."""
    topics = required(log, "topics", source)
    if not isinstance(topics, list) or len(topics) > _MOST_TOPICS:
        raise Malformed(source, "topics are no list of four at most", log)
    if not all(isinstance(topic, str) and _WORD.fullmatch(topic) for topic in topics):
        raise Malformed(source, "a topic that is no word", log)
    return tuple(topic.lower() for topic in topics)


def events_of(
    chain: Chain,
    contract: Address,
    topics: tuple[str, ...],
    logs: Iterable[tuple[Mapping[str, Any], int]],
    source: str,
    *,
    time_of: Callable[[int], int] | None = None,
) -> tuple[Event, ...]:
    """Logs (JSON-RPC shape, each with its stored answer) as events in order; those of removed blocks are left out.

    Args:
        chain: Where the contract is.
        contract: Whose logs were asked for.
        topics: First topics that were asked for.
        logs: A log that comes twice counts once.
        source: For error messages.
        time_of: Block number → Unix seconds; None: as the log says, which may be nothing.

    Raises:
        Malformed: a log that was not asked for, lacks a field, or shares its place with a different one.
    """
    found: dict[tuple[int, ...], Event] = {}
    for log, raw in logs:
        if log.get("removed") is True:
            continue
        event = _event(chain, log, raw, source, time_of)
        if event.contract != contract or not event.topics or event.topics[0] not in topics:
            raise Malformed(source, f"asked for the logs of {contract}", log)
        place = (event.position.height, *event.position.index)
        if found.setdefault(place, event)._replace(raw=raw) != event:
            raise Malformed(source, "two logs in one place", log)
    return tuple(sorted(found.values(), key=lambda event: event.position))


def _event(chain: Chain, log: Mapping[str, Any], raw: int, source: str, time_of: Callable[[int], int] | None) -> Event:
    position = log_position(log, source)
    return Event(
        chain.id,
        address_field(log, "address", source),
        str(required(log, "transactionHash", source)).lower(),
        position,
        log_time(log, source) if time_of is None else time_of(position.height),
        topics_of(log, source),
        hex_bytes(required(log, "data", source), source),
        raw,
    )
