"""Rows of TronGrid's ``/v1/contracts/{c}/events`` as the logs they were read from.

The indexed API tells an event by name and decoded arguments, and can only be asked for one name at a time. The rest of
the program knows logs, by the hash of their signature; so the events that may be asked for here are named in a table,
and topics and data are put together again from the arguments, strictly: a wrong log is worse than none.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from eth_utils.crypto import keccak

from chains import tron_address
from chains.errors import Malformed, Unsupported
from chains.model import Address, Event, Kind, Position
from chains.tron_calls import NAME, address_in, text_in, tx_id, whole
from chains.trongrid_paging import Row, Stretch

_EVENTS: Final = (
    # TetherToken of USDT, as its ABI on chain has them (apis.md 4.7)
    "AddedBlackList(address indexed _user)",
    "RemovedBlackList(address indexed _user)",
    "DestroyedBlackFunds(address indexed _blackListedUser, uint256 _balance)",
    # Circle's FiatToken, Blacklistable.sol
    "Blacklisted(address indexed _account)",
    "UnBlacklisted(address indexed _account)",
    # gnosis/MultiSigWallet, MultiSigWallet.sol
    "Submission(uint256 indexed transactionId)",
    "Confirmation(address indexed sender, uint256 indexed transactionId)",
    "Revocation(address indexed sender, uint256 indexed transactionId)",
    "Execution(uint256 indexed transactionId)",
    "ExecutionFailure(uint256 indexed transactionId)",
)
_SIGNATURE: Final = re.compile(r"(\w{1,80})\(([^()]{0,400})\)")
_WORD: Final = 1 << 256


class _Argument(NamedTuple):
    type: str
    indexed: bool
    name: str


class Known(NamedTuple):
    """An event that can be asked for; ``topic`` is the Keccak-256 of its canonical ``signature``."""

    name: str
    arguments: tuple[_Argument, ...]
    signature: str
    topic: str


def event_of(topic: str) -> Known:
    """The event of a first topic (hex with 0x). Unsupported when it is not in the table, so that it has no name."""
    known = _KNOWN.get(topic.lower())
    if known is None:
        raise Unsupported(NAME, f"events {topic[:80]}", "asked for by name, and this one's is not known")
    return known


async def merged(lists: Sequence[AsyncGenerator[Stretch, None]], low: int) -> AsyncGenerator[Stretch, None]:
    """Several lists of the same window as one, in order of time; each is read just as far as the others are."""
    upto = dict.fromkeys(range(len(lists)), low - 1)
    rows: list[Row] = []
    while upto:
        behind = min(upto, key=lambda number: upto[number])
        part = await anext(lists[behind])
        assert part.upto is not None  # a window of events has an end
        rows = sorted((*rows, *part.rows), key=lambda row: row.time)
        upto[behind] = part.upto
        reached = min(upto.values())
        if part.last:
            del upto[behind]
        ready = [row for row in rows if row.time <= reached]
        rows = rows[len(ready) :]
        yield Stretch(tuple(ready), reached, not upto)


def normalise_events(chain: str, rows: Sequence[Row], contract: Address, wanted: Mapping[str, Known]) -> list[Event]:
    """Whole blocks of rows as logs, in order of time and then as they stand in their transaction; ``wanted`` by name.

    Raises:
        Malformed: a row of another contract or event, not confirmed, or without its arguments; or two that differ
            where there can be one.
    """
    found: dict[tuple[int, str, int], Event] = {}
    for row in rows:
        event = _event(chain, row, contract, wanted)
        place = row.time, event.tx, event.position.index[0]
        if found.setdefault(place, event)._replace(raw=0) != event._replace(raw=0):
            raise Malformed(NAME, "two events at one place", row.record)
    return [found[place] for place in sorted(found)]


def _event(chain: str, row: Row, contract: Address, wanted: Mapping[str, Known]) -> Event:
    record = row.record
    known = wanted.get(text_in(record, "event_name"))
    if known is None or address_in(record, "contract_address") != contract or record.get("_unconfirmed"):
        raise Malformed(NAME, f"an event that was not asked for of {contract}", record)
    if "event" in record and _canonical(*_declared(text_in(record, "event"))) != known.signature:
        raise Malformed(NAME, f"an event other than {known.signature}", record)
    words = _words(record, known)
    topics = [word for word, argument in zip(words, known.arguments, strict=True) if argument.indexed]
    data = [word for word, argument in zip(words, known.arguments, strict=True) if not argument.indexed]
    return Event(
        chain=chain,
        contract=contract,
        tx=tx_id(text_in(record, "transaction_id")),
        position=Position(row.time, -1, Kind.TOKEN, (whole(record.get("event_index")),)),
        time=row.time // 1000,
        topics=(known.topic, *(f"0x{topic}" for topic in topics)),
        data="0x" + "".join(data),
        raw=row.raw,
    )


def _words(record: Mapping[str, Any], known: Known) -> list[str]:
    """The arguments as 32-byte words in bare hex. ``result`` has each by its place, by its name, or both."""
    result = record.get("result")
    if not isinstance(result, Mapping):
        raise Malformed(NAME, "an event without its arguments", record)
    words: list[str] = []
    for place, argument in enumerate(known.arguments):
        told = {_word(result, name, argument.type) for name in (str(place), argument.name) if name in result}
        if len(told) != 1:
            raise Malformed(NAME, f"argument {argument.name} of {known.name} is missing or contradicts itself", record)
        words += told
    return words


def _word(result: Mapping[str, Any], name: str, kind: str) -> str:
    if kind == "address":
        return tron_address.to_evm_hex(address_in(result, name))[2:].rjust(64, "0")
    number = whole(result[name])
    if number >= _WORD:
        raise Malformed(NAME, f"{name} is no {kind}", result)
    return f"{number:064x}"


def _known(text: str) -> Known:
    name, arguments = _declared(text)
    signature = _canonical(name, arguments)
    return Known(name, arguments, signature, "0x" + keccak(text=signature).hex())


def _declared(text: str) -> tuple[str, tuple[_Argument, ...]]:
    """Name and arguments of an event as Solidity declares it. Malformed when the text is no declaration."""
    found = _SIGNATURE.fullmatch(text.strip())
    if not found:
        raise Malformed(NAME, "no signature of an event", text)
    parts = [part.split() for part in found[2].split(",") if part.strip()]
    return found[1], tuple(_Argument(part[0], "indexed" in part, part[-1]) for part in parts)


def _canonical(name: str, arguments: Sequence[_Argument]) -> str:
    return f"{name}({','.join(argument.type for argument in arguments)})"


_KNOWN: Final = {known.topic: known for known in map(_known, _EVENTS)}
