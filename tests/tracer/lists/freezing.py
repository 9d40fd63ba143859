"""Events of issuers' contracts, made up in the words of the real ones."""

from __future__ import annotations

from chains import tron_address
from chains.evm_address import to_topic
from chains.model import Address, Event, Kind, Position
from tracer.lists import Copy, EventQuery, LabelList

DAY = 86_400
CHECKED = "2026-11-22"


def log(
    query: EventQuery, height: int, topic: str, who: Address, *, amount: int | None = None, indexed: bool = False
) -> Event:
    """An event of this contract about ``who``, on the day of the same number since 1970; day 0 has no time."""
    evm = Address(tron_address.to_evm_hex(who)) if who.startswith("T") else who
    data = "" if amount is None else f"{amount:064x}"
    topics = (topic, to_topic(evm)) if indexed else (topic,)
    return Event(
        chain=query.chain,
        contract=Address(query.contract),
        tx=f"0x{height:064x}",
        position=Position(height, 0, Kind.TOKEN, (0,)),
        time=height * DAY if height else None,
        topics=topics,
        data="0x" + ("" if indexed else to_topic(evm)[2:]) + data,
        raw=1,
    )


def copy_with(one: LabelList, *events: Event) -> Copy:
    """A copy of a list that these events are all of."""
    (query,) = one.queries
    return Copy(files={}, checked=CHECKED, as_of=CHECKED, events={query: events})
