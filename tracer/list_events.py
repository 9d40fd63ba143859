"""Issuers' blacklists, read from what their own token contracts logged: who is frozen, since when, until when.

Three families of events say the same. Whether the address is indexed differs by deployment (Tether's is on TRON and is
not on Ethereum), so the words of topics and data are read as one row. A log that is written otherwise raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Final, NamedTuple

from chains import tron_address
from chains.model import Address, Event
from tracer.errors import ListDamaged
from tracer.hostile import clean
from tracer.labels import Label
from tracer.list_files import TRON
from tracer.lists import Copy, EventQuery, LabelList
from tracer.words import sentence

OLD_TETHER: Final = (
    "0x42e160154868087d6bfdc0ca23d96a1c1cfa32f1b72ba9ba27b69b98a0d819dc",  # AddedBlackList(address)
    "0xd7e9ec6e6ecd65492dce6bf513cd6867560d49544421d0783ddf06e76c24470c",  # RemovedBlackList(address)
    "0x61e6e66b0d6339b2980aecc6ccc0039736791f0ccde9ed512e789a7fbdd698c6",  # DestroyedBlackFunds(address,uint256)
)
NEW_TETHER: Final = (
    "0x406bbf2d8d145125adf1198d2cf8a67c66cc4bb0ab01c37dccd4f7c0aae1e7c7",  # BlockPlaced(address)
    "0x665918c9e02eb2fd85acca3969cb054fc84c138e60ec4af22ab6ef2fd4c93c27",  # BlockReleased(address)
    "0x6a2859ae7902313752498feb80a014e6e7275fe964c79aa965db815db1c7f1e9",  # DestroyedBlockedFunds(address,uint256)
)
CIRCLE: Final = (
    "0xffa4e6181777692565cf28528fc88fd1516ea86b56da075235fa575af6a4b855",  # Blacklisted(address)
    "0x117e3210bb9aa7d9baff172026820255c6f6c30ba8999d1c2fd88e2848137c4e",  # UnBlacklisted(address)
)

_FREEZES: Final = frozenset({OLD_TETHER[0], NEW_TETHER[0], CIRCLE[0]})
_RELEASES: Final = frozenset({OLD_TETHER[1], NEW_TETHER[1], CIRCLE[1]})
_WORDS: Final = re.compile(r"0{24}([0-9a-f]{40})([0-9a-f]{64})?")
"""The address, and how much was destroyed where the event is one of that."""


class Contract(NamedTuple):
    """A token contract that freezes: the name of its list, where it is, which events it logs, from which height on.

    ``least`` is the fewest labels a sound list of it has.
    """

    name: str
    chain: str
    address: str
    symbol: str
    topics: tuple[str, ...]
    low: int = 0
    least: int = 0


def issuer_list(issuer: str, page: str, contract: Contract) -> LabelList:
    """The list of those whom the issuer froze by this contract."""
    query = EventQuery(contract.chain, contract.address, contract.topics, contract.low)
    return LabelList(
        name=contract.name,
        publisher=issuer,
        licence=sentence("note.list_public_facts"),
        page=page,
        cadence=1,
        expected=(contract.least, 500_000),
        kind="issuer",
        read=partial(frozen, issuer, contract.symbol, query),
        queries=(query,),
    )


def frozen(issuer: str, symbol: str, query: EventQuery, copy: Copy) -> Iterator[Label]:
    """A label for every stretch of time in which an address was or is frozen.

    Raises:
        ListDamaged: a log that is not of this contract or not as it writes them.
    """
    since: dict[Address, str] = {}
    destroyed: set[Address] = set()

    def label(address: Address, until: str) -> Label:
        what = "frozen, funds destroyed" if address in destroyed else "frozen"
        return Label(
            chain=query.chain,
            address=address,
            entity=f"{issuer}: {what}",
            category="frozen",
            source=f"{issuer} {symbol} blacklist",
            as_of=copy.as_of,
            confidence=100,
            kind="issuer",
            url=f"{symbol} {query.contract} events",
            checked=copy.checked,
            valid_from=since[address],
            valid_to=until,
        )

    for event in sorted(copy.events[query], key=lambda one: one.position):
        topic, address = _read(event, query)
        if topic in _FREEZES:
            since.setdefault(address, _day(event.time))
        elif topic not in _RELEASES:
            destroyed.add(address)
        elif address in since:
            if event.time is None:
                copy.skipped["undated"] += 1
            else:
                yield label(address, _day(event.time))
            del since[address]
            destroyed.discard(address)
    for address in since:
        yield label(address, "")


def _read(event: Event, query: EventQuery) -> tuple[str, Address]:
    """What happened, by its topic, and to whom."""
    topic = event.topics[0] if event.topics else ""
    words = _WORDS.fullmatch("".join(word.removeprefix("0x") for word in (*event.topics[1:], event.data)))
    asked = (event.chain, event.contract) == (query.chain, query.contract) and topic in query.topics
    if not asked or words is None or bool(words[2]) == (topic in _FREEZES | _RELEASES):
        raise ListDamaged("error.list_copy_event", contract=clean(event.contract), tx=clean(event.tx, 80))
    return topic, tron_address.from_hex(words[1]) if query.chain == TRON else Address("0x" + words[1])


def _day(time: int | None) -> str:
    return "" if time is None else datetime.fromtimestamp(time, UTC).date().isoformat()
