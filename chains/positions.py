"""Liquidity positions that are NFTs: those of Uniswap v3 and of its copies (PancakeSwap v3, Sushi v3, Slipstream).

Liquidity put into such a pool leaves no token behind, only an NFT of the *position manager*, so it is followed as an
asset of its own: ``<manager>#<token id>``, whose units are the liquidity in it (a uint128) and of which whoever holds
the NFT holds all. Liquidity added is units made, liquidity paid out is units that cease, an NFT that changes hands
moves them all. Any contract may log such events; they speak of its own positions and of nobody else's.

Taking liquidity out (`DecreaseLiquidity`) moves nothing yet, `Collect` pays it out, so that is where units cease.
One that pays part of what is owed ends part of them: the share of either asset that was paid, each counting for half.
Fees are collected by the same event; what is owed of liquidity is taken to be paid first.

What one transaction tells by itself (`told`) is part of what the whole history of the NFT tells (`Book`), never
anything else, so that both are the same transfers. Uniswap v4 is left out: its events do not index the position (the
number is a salt in their data), so that no source could be asked for one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from chains import evm_address
from chains.model import Address, Asset, AssetId, Position, Transfer

MOVED: Final = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
INCREASED: Final = "0x3067048beee31b25b2f1681f88dac838c8bba36af25bfb2b7cf7473a5847e35f"
DECREASED: Final = "0x26f6a048ee9138f2c0ce266f322cb99228e8d619ae2bff30c67f8dcf9d2377b4"
COLLECTED: Final = "0x40d0efd1a53d60ecbf40971b9daf7dc90178c3aadc7aab1765632738fa8b8f01"
CHANGES: Final = (INCREASED, DECREASED, COLLECTED)
"""Topic 0 of what a manager logs of a position, the position's number in topic 1; in `MOVED` it is in topic 3."""

OWNER_OF: Final = "0x6352211e"
POSITIONS: Final = "0x99fbab88"

MOST_ASKED: Final = 4
"""Positions of one transaction whose holders are asked for: a hostile contract may log any number of them."""

_NOBODY: Final = Address("0x" + "0" * 40)
_ID: Final = re.compile(r"(0x[0-9a-f]{40})#(0|[1-9][0-9]{0,77})")
_WORD: Final = 64
_RECORD: Final = 12
"""Words in the answer of ``positions(uint256)``; the liquidity is one of them, what is not collected two others."""

_LIQUIDITY: Final = 7
_OWED: Final = slice(10, 12)


class Place(NamedTuple):
    """Where an event stands; the time in Unix seconds."""

    chain: str
    tx: str
    position: Position
    time: int
    contract: AssetId


class Event(NamedTuple):
    """One thing that happened to one position: ``kind`` is its topic 0.

    ``ends`` are sender and receiver of the NFT, ``units`` the liquidity added or taken out, ``amounts`` what was taken
    out or collected, in base units of the pool's two assets.
    """

    at: Place
    asset: AssetId
    kind: str
    ends: tuple[Address, Address] = (_NOBODY, _NOBODY)
    units: int = 0
    amounts: tuple[int, int] = (0, 0)

    def moves(self, sender: Address, receiver: Address, units: int) -> list[Transfer]:
        """These units as a transfer at this place; nothing where none moved."""
        if not units or sender == receiver:
            return []
        at = self.at
        return [Transfer(at.chain, at.tx, at.position, at.time, self.asset, sender, receiver, units)]


def position_id(manager: str, number: int) -> AssetId:
    """The asset that is one position; the manager's address in canonical spelling."""
    return AssetId(f"{manager}#{number}")


def is_position(asset: str) -> bool:
    """Is this asset a position?"""
    return "#" in asset


def parts(asset: AssetId) -> tuple[AssetId, int]:
    """Manager and number of a position. ValueError when the asset is none."""
    found = _ID.fullmatch(asset)
    if found is None:
        raise ValueError(f"no position: {asset}")
    return AssetId(found[1]), int(found[2])


def number_word(asset: AssetId) -> str:
    """A position's number as 32 bytes of hex without 0x, as it stands in topics and call data."""
    return f"{parts(asset)[1]:064x}"


def named(chain: str, asset: AssetId, manager: str = "") -> Asset:
    """How to show a position, without asking anyone. ``manager`` is its manager's symbol: hostile text."""
    return Asset(chain, asset, f"{manager} position #{parts(asset)[1]}".strip(), 0)


def events_of(logs: Iterable[Mapping[str, Any]], place: Callable[[Mapping[str, Any]], Place]) -> list[Event]:
    """What happened to positions, in order; logs of removed blocks, other logs and ill-shaped ones say nothing.

    The logs have ``topics`` and ``data``; ``place`` reads where one stands.
    """
    found = [_event(log, place) for log in logs if log.get("removed") is not True]
    return sorted((one for one in found if one is not None), key=lambda one: one.at.position)


def _event(log: Mapping[str, Any], place: Callable[[Mapping[str, Any]], Place]) -> Event | None:
    topics = [str(topic).lower() for topic in log["topics"]]
    data = str(log["data"]).lower().removeprefix("0x")
    try:
        if len(topics) == 4 and topics[0] == MOVED and not data:
            ends = evm_address.from_topic(topics[1]), evm_address.from_topic(topics[2])
            number, units, amounts = _number(topics[3]), 0, [0, 0]
        elif len(topics) == 2 and topics[0] in CHANGES and len(data) == 3 * _WORD:
            ends, number = (_NOBODY, _NOBODY), _number(topics[1])
            units, *amounts = _words(data)
        else:
            return None
    except ValueError:
        return None
    at = place(log)
    units = 0 if topics[0] == COLLECTED else units
    return Event(at, position_id(at.contract, number), topics[0], ends, units, (amounts[0], amounts[1]))


def _number(topic: str) -> int:
    (number,) = _words(topic.removeprefix("0x"))
    return number


def _words(data: str) -> list[int]:
    """Hex as 32-byte words. ValueError when it is cut or no hex."""
    if len(data) % _WORD or not re.fullmatch(r"[0-9a-f]*", data):
        raise ValueError("not made of 32-byte words")
    return [int(data[start : start + _WORD], 16) for start in range(0, len(data), _WORD)]


class Owed(NamedTuple):
    """Units taken out and not paid yet, and the two amounts to be paid for them."""

    units: int
    amounts: tuple[int, int]

    def paid(self, amounts: tuple[int, int]) -> int:
        """The units that end when these amounts, no more than are owed, are paid."""
        if amounts == self.amounts:
            return self.units
        owed = [one for one in self.amounts if one]
        whole = owed[0] if len(owed) == 1 else owed[0] * owed[1]
        part = sum(one * (whole // all_of) for one, all_of in zip(amounts, self.amounts, strict=True) if all_of)
        return self.units * part // (whole * len(owed))


@dataclass(slots=True)
class Book:
    """One position, followed through all its events from a known state on; a new one is not minted yet.

    ``holder`` has the NFT (the zero address: nobody), ``held`` are all its units, those of ``owed`` among them.
    """

    holder: Address = _NOBODY
    held: int = 0
    owed: list[Owed] = field(default_factory=list)

    def rows(self, event: Event) -> list[Transfer]:
        """The transfers that the next event is. What contradicts the events before it says nothing."""
        if event.kind == MOVED:
            return self._moved(event)
        if self.holder == _NOBODY:
            return []
        if event.kind == INCREASED:
            self.held += event.units
            return event.moves(_NOBODY, self.holder, event.units)
        if event.kind == DECREASED:
            units = min(event.units, self.held - sum(one.units for one in self.owed))
            self.owed += [Owed(units, event.amounts)] if units else []
            return []
        return self._collected(event)

    def _moved(self, event: Event) -> list[Transfer]:
        sender, receiver = event.ends
        if sender != self.holder:
            return []
        units, self.holder = self.held, receiver
        if receiver == _NOBODY:
            self.held, self.owed = 0, []
        return event.moves(sender, receiver, units)

    def _collected(self, event: Event) -> list[Transfer]:
        """Each withdrawal, the oldest first, is a row of its own: so a row does not depend on those before it."""
        left, rows, still = list(event.amounts), [], []
        for one in self.owed:
            paid = min(left[0], one.amounts[0]), min(left[1], one.amounts[1])
            left = [left[0] - paid[0], left[1] - paid[1]]
            units = one.paid(paid)
            self.held -= units
            rows += event.moves(self.holder, _NOBODY, units)
            if paid != one.amounts:
                still.append(Owed(one.units - units, (one.amounts[0] - paid[0], one.amounts[1] - paid[1])))
        self.owed = still
        return rows


def told(events: Iterable[Event], holders: Mapping[AssetId, Address]) -> list[Transfer]:
    """The transfers that the events of one transaction prove by themselves, in their order.

    Everything of a position minted in it. Of one whose NFT changed hands in it, what was added; of one whose NFT was
    burnt in it, also what was taken out and paid out at once. Whose any other position is, only its history tells, or
    whoever asked for it: ``holders`` have the NFTs of `unclaimed` positions.
    """
    rows = [row for asset, some in _by_asset(events).items() for row in _told(some, holders.get(asset))]
    return sorted(rows, key=lambda row: row.position)


def unclaimed(events: Iterable[Event]) -> list[AssetId]:
    """Positions that one transaction added to without a word about who has them; the first `MOST_ASKED` of them."""
    found = [
        asset
        for asset, some in _by_asset(events).items()
        if any(one.kind == INCREASED for one in some) and all(one.kind != MOVED for one in some)
    ]
    return found[:MOST_ASKED]


def _by_asset(events: Iterable[Event]) -> dict[AssetId, list[Event]]:
    own: dict[AssetId, list[Event]] = {}
    for event in events:
        own.setdefault(event.asset, []).append(event)
    return own


def _told(events: Sequence[Event], known: Address | None) -> list[Transfer]:
    moves = [one for one in events if one.kind == MOVED]
    holder = moves[0].ends[0] if moves else known
    if holder is None:
        return []
    if moves[:1] == [events[0]] and holder == _NOBODY:
        book = Book()
        return [row for event in events for row in book.rows(event)]
    rows: list[Transfer] = []
    closing = _closing(events) if moves and moves[-1].ends[1] == _NOBODY else None
    out: list[int] = []
    for event in events:
        if event.kind == MOVED:
            holder = event.ends[1]
        elif event.kind == INCREASED:
            rows += event.moves(_NOBODY, holder, event.units)
        elif event.kind == DECREASED:
            out.append(event.units)
        elif event is closing:
            rows += [row for units in out for row in event.moves(holder, _NOBODY, units)]
    return rows


def _closing(events: Sequence[Event]) -> Event | None:
    """The Collect that paid all that was taken out here: before an NFT is burnt everything is paid, so the only one."""
    paid = [one for one in events if one.kind == COLLECTED]
    out = [one for one in events if one.kind == DECREASED]
    enough = len(paid) == 1 and all(sum(one.amounts[side] for one in out) <= paid[0].amounts[side] for side in (0, 1))
    return paid[0] if enough and all(one.at.position < paid[0].at.position for one in out) else None


def holder_of(answer: str) -> Address | None:
    """The address that ``ownerOf(uint256)`` returned, or None when that is no address."""
    try:
        return evm_address.from_topic(answer.lower())
    except ValueError:
        return None


def liquidity_of(answer: str) -> tuple[int, bool] | None:
    """What ``positions(uint256)`` returned: the liquidity, and whether anything (fees too) is not collected yet.

    None when it does not have the shape that Uniswap v3 gives it.
    """
    try:
        words = _words(answer.lower().removeprefix("0x"))
    except ValueError:
        return None
    return (words[_LIQUIDITY], any(words[_OWED])) if len(words) == _RECORD else None
