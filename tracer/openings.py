"""Transactions that were opened, that is fetched whole, and how they enter the ledger.

A history shows an address only its own side of a transaction. Where stolen units reach a contract, what became of them
stands in the rest of it, so the hunt opens it. An opened transaction is read (tracer/convert.py) and enters the ledger
as its links instead of its raw legs: what passed through conduits goes straight from payer to receiver, and what was
converted goes through a pot. Whose payments they are can change as the hunt learns whose money it follows; then the
transaction is read again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import reduce
from math import gcd, lcm
from typing import Final, NamedTuple

from chains.model import Kind, Receipt, Transfer, number_equal_rows
from chains.registry import Chain
from tracer.convert import SWAP, Conversion, Missing, Reading, owners_of, read
from tracer.ledger import Account, Entry, Follow, Identity, Ledger
from tracer.links import Link
from tracer.venues import load_venues

Key = tuple[str, str]
"""(chain, transaction)"""


class Value(NamedTuple):
    """US dollars for one base unit of an asset at a time, None when not known.

    ``doubtful`` when nobody lists the asset and the price source, asked, knows no price: it may be worth nothing.
    """

    usd: Fraction | None
    doubtful: bool = False


Order = tuple[str, str, str, str]
"""(chain, transaction, who paid, the contract that was paid)"""

Valued = Callable[[str, str, int], Value]
"""The value of an asset of a chain at a Unix time."""

ONE_ASSET: Final = "amount"
PRICED: Final = "price"
BALANCED: Final = "rest"
EQUAL: Final = "equal"
"""What the shares of several inputs or outputs go by: amounts of one asset; prices; one of them by what the other side
of the conversion leaves for it; for want of prices, equal shares."""


class Opened(NamedTuple):
    """A conversion in its transaction. ``shared`` tells what its inputs and its outputs share it by.

    ``doubtful`` when nothing that came out has a known value. A swap for such a token is not followed: its price may be
    a pretence, and what was paid is where it was paid. A share token that a venue gave is, and said to be doubtful.
    ``placed`` is the transaction in which the owner paid, where what came out came in this later one.
    """

    chain: str
    tx: str
    time: int
    conversion: Conversion
    shared: tuple[str, str]
    doubtful: bool = False
    placed: str = ""


@dataclass(slots=True)
class Openings:
    """``receipts`` are the opened transactions, ``failed`` those that no source could give.

    ``conversions`` (a pot's ``number`` is its place here), ``refused`` ones, ``venues`` and ``missing`` are of the last
    ledger built.
    """

    chains: Mapping[str, Chain]
    receipts: dict[Key, Receipt] = field(default_factory=dict)
    failed: dict[Key, str] = field(default_factory=dict)
    conversions: list[Opened] = field(default_factory=list)
    refused: list[Opened] = field(default_factory=list)
    venues: set[tuple[str, str]] = field(default_factory=set)
    missing: list[tuple[Key, Missing]] = field(default_factory=list)
    orders: dict[Order, str] = field(default_factory=dict)
    """Orders that were filled later, with the transaction that filled each (tracer/orders.py)."""

    keepers: set[tuple[str, str]] = field(default_factory=set)
    """Addresses that money has come to when it came to them, though they pass it on at once: deposit addresses."""

    unfilled: dict[Key, list[tuple[int, Link]]] = field(default_factory=dict)
    """In the making of a ledger: by the transaction that fills them, the pots of orders and what was paid for each."""

    readings: dict[Key, tuple[tuple[Transfer, ...], frozenset[str], frozenset[str], Reading]] = field(
        default_factory=dict
    )

    def knows(self, chain: str, tx: str) -> bool:
        """Was it opened, or tried to be?"""
        return (chain, tx) in self.receipts or (chain, tx) in self.failed

    def unseen(self) -> set[Account]:
        """Accounts that must have passed on units in calls that no source showed."""
        return {(chain, one.address, one.asset) for (chain, _), one in self.missing}

    def ledger(
        self,
        seeds: Mapping[Identity, int],
        follow: Mapping[Account, Follow],
        transfers: Sequence[Transfer],
        valued: Valued,
    ) -> Ledger:
        """The ledger of these transfers, which are in order, with opened transactions as they read."""
        ledger = Ledger(seeds, follow)
        self.conversions, self.refused, self.venues, self.missing, self.unfilled = [], [], set(), [], {}
        if not self.receipts:
            return ledger.add(transfers)
        whole: dict[Key, list[Transfer]] = {key: [] for key in self.receipts}
        for one in transfers:
            if (one.chain, one.tx) in whole and one.position.kind is not Kind.FEE:
                whole[one.chain, one.tx].append(one)
        plain: list[Transfer] = []
        for one in transfers:
            key = (one.chain, one.tx)
            if key not in self.receipts or one.position.kind is Kind.FEE:
                plain.append(one)
            elif legs := whole.pop(key, None):
                ledger.add(plain)
                plain = []
                ledger.enter(self._entries(key, legs, seeds, follow, valued))
        return ledger.add(plain)

    def _entries(
        self,
        key: Key,
        legs: Sequence[Transfer],
        seeds: Mapping[Identity, int],
        follow: Mapping[Account, Follow],
        valued: Valued,
    ) -> list[Entry]:
        reading = self._reading(key, legs, seeds, follow)
        self.missing.extend((key, one) for one in reading.missing)
        came, filled = self._filled(key, legs[0].time, reading, valued)
        paid = [
            Entry(_paid(one), seeds.get(one.first.identity), self._placed(key, one), via=one.via, later=True)
            for one in reading.moves
            if id(one) not in filled
        ]
        rest = [Entry(_received(one), via=one.via) for one in reading.rest if id(one) not in filled]
        venues = set(reading.venues)
        for conversion in reading.conversions:
            number, ins, outs = self._converted(key, legs[0].time, conversion, valued)
            got = [
                Entry(_received(one), None, number, out=number is not None, value=value, via=one.via)
                for one, value in zip(conversion.outs, outs, strict=True)
            ]
            paid += [
                Entry(_paid(one), seeds.get(one.first.identity), number, value=value, via=one.via)
                for one, value in zip(conversion.ins, ins, strict=True)
            ]
            if number is None:
                rest += got
                venues -= {*conversion.venues}
            else:
                came += got
        self.venues.update((key[0], venue) for venue in venues)
        return _numbered([*sorted(paid, key=lambda one: one.transfer.position), *came, *rest])

    def _converted(
        self, key: Key, time: int, conversion: Conversion, valued: Valued
    ) -> tuple[int | None, list[int], list[int]]:
        """The number of a conversion, None for one that is refused, and what each input and output counts for."""
        opened, ins, outs = self._opened(key, time, conversion, valued)
        if opened.doubtful and (conversion.kind == SWAP or not conversion.linked):
            self.refused.append(opened)
            return None, ins, outs
        self.conversions.append(opened)
        return len(self.conversions) - 1, ins, outs

    def _placed(self, key: Key, one: Link) -> int | None:
        """The pot of a payment that an order was placed with, when what filled the order is known."""
        by = self.orders.get((*key, one.payer, one.receiver))
        if by is None or (key[0], by) not in self.receipts:
            return None
        number = len(self.conversions)
        ordered = Conversion(SWAP, one.payer, (one,), (), (one.receiver,), linked=False)
        self.conversions.append(Opened(*key, one.first.time, ordered, (ONE_ASSET, ONE_ASSET)))
        self.unfilled.setdefault((key[0], by), []).append((number, one))
        return number

    def _filled(self, key: Key, time: int, reading: Reading, valued: Valued) -> tuple[list[Entry], set[int]]:
        """What came out of orders placed earlier, and the links that say so."""
        entries: list[Entry] = []
        used: set[int] = set()
        for number, paid in self.unfilled.pop(key, ()):
            outs = tuple(
                one
                for one in (*reading.moves, *reading.rest)
                if one.receiver == paid.payer and one.got != paid.paid and id(one) not in used
            )
            if outs:
                ordered = self.conversions[number].conversion._replace(outs=outs)
                opened, _, values = self._opened(key, time, ordered, valued)
                self.conversions[number] = opened._replace(placed=self.conversions[number].tx)
                entries += [
                    Entry(_received(one), None, number, out=True, value=value, via=one.via)
                    for one, value in zip(outs, values, strict=True)
                ]
                used.update(id(one) for one in outs)
        return entries, used

    def _opened(
        self, key: Key, time: int, conversion: Conversion, valued: Valued
    ) -> tuple[Opened, list[int], list[int]]:
        values = {asset: valued(key[0], asset, time) for asset in assets_of(conversion)}
        ins, outs, shared = shares(conversion, lambda asset: values[asset].usd)
        doubtful = all(values[one.got].doubtful for one in conversion.outs)
        return Opened(*key, time, conversion, shared, doubtful), ins, outs

    def entered(self, ledger: Ledger) -> list[Opened]:
        """The conversions that a ledger has a pot for, and those that were refused because of what came out."""
        return [*(self.conversions[pot.number] for pot in ledger.pots), *self.refused]

    def _reading(
        self,
        key: Key,
        legs: Sequence[Transfer],
        seeds: Mapping[Identity, int],
        follow: Mapping[Account, Follow],
    ) -> Reading:
        receipt = self.receipts[key]
        gross = frozenset(str(leg.sender) for leg in legs if leg.identity in seeds)
        followed = {
            str(leg.sender)
            for leg in legs
            if (known := follow.get((leg.chain, leg.sender, leg.asset))) is not None
            and leg.position.height >= known.low
        }
        owners = owners_of(legs, receipt.sender, receipt.marks, followed | gross)
        keepers = frozenset(str(leg.receiver) for leg in legs if (key[0], str(leg.receiver)) in self.keepers)
        before = self.readings.get(key)
        if before is not None and before[:3] == (tuple(legs), owners, keepers):
            return before[3]
        reading = read(
            legs,
            owners,
            gross=gross,
            wrapped=str(self.chains[key[0]].wrapped or ""),
            internals=receipt.internals,
            marks=receipt.marks,
            partners=load_venues().partners(key[0]),
            keepers=keepers,
        )
        self.readings[key] = (tuple(legs), owners, keepers, reading)
        return reading


def shares(
    conversion: Conversion, valued: Callable[[str], Fraction | None]
) -> tuple[list[int], list[int], tuple[str, str]]:
    """What each input and each output counts for, whole numbers in proportion, and what they go by.

    Of several assets, their value at that moment counts. Where one alone has no price, it counts for what the other
    side leaves; where more have none, all assets of that side count the same. Within one asset amounts count.
    """
    paid = [(one.paid, one.amount) for one in conversion.ins]
    got = [(one.got, one.amount) for one in conversion.outs]
    ins, outs = (_Side.of(parts, valued) for parts in (paid, got))
    ins, outs = ins.filled(outs), outs.filled(ins)
    return _whole(ins.split(paid)), _whole(outs.split(got)), (ins.by, outs.by)


class _Side(NamedTuple):
    """What the assets of one side are worth in all, None where that is not known, and what that goes by."""

    values: dict[str, Fraction | None]
    by: str

    @staticmethod
    def of(parts: Sequence[tuple[str, int]], valued: Callable[[str], Fraction | None]) -> _Side:
        prices = {asset: valued(asset) for asset, _ in parts}
        if len(prices) == 1 and None in prices.values():
            return _Side(dict.fromkeys(prices, Fraction(1)), ONE_ASSET)
        values: dict[str, Fraction | None] = dict.fromkeys(prices)
        for asset, amount in parts:
            price = prices[asset]
            if price is not None:
                values[asset] = (values[asset] or Fraction(0)) + price * amount
        return _Side(values, PRICED)

    def filled(self, other: _Side) -> _Side:
        """With what is not known worked out from the other side, or taken as the same for all."""
        unknown = [asset for asset, value in self.values.items() if value is None]
        if not unknown:
            return self
        left = sum((value or Fraction(0) for value in other.values.values()), Fraction(0))
        left -= sum((value or Fraction(0) for value in self.values.values()), Fraction(0))
        if len(unknown) == 1 and other.by == PRICED and None not in other.values.values() and left > 0:
            return _Side({**self.values, unknown[0]: left}, BALANCED)
        return _Side(dict.fromkeys(self.values, Fraction(1)), EQUAL)

    def split(self, parts: Sequence[tuple[str, int]]) -> list[Fraction]:
        """The value of each part: within one asset by amount."""
        units: dict[str, int] = {}
        for asset, amount in parts:
            units[asset] = units.get(asset, 0) + amount
        return [(self.values[asset] or Fraction(0)) * Fraction(amount, units[asset]) for asset, amount in parts]


def _whole(values: Sequence[Fraction]) -> list[int]:
    common = reduce(lcm, (value.denominator for value in values), 1)
    numbers = [int(value * common) for value in values]
    divisor = gcd(*numbers) or 1
    return [number // divisor for number in numbers]


def _numbered(entries: Sequence[Entry]) -> list[Entry]:
    rows = number_equal_rows([one.transfer for one in entries])
    return [one._replace(transfer=row) for one, row in zip(entries, rows, strict=True)]


def _paid(one: Link) -> Transfer:
    """A link as the payer's row: from its first leg, to whoever kept it, or to whoever turned the coin's form."""
    receiver = one.first.receiver if one.turned else one.last.receiver
    return one.first._replace(receiver=receiver, amount=one.amount)


def _received(one: Link) -> Transfer:
    """A link as the receiver's row."""
    sender = one.last.sender if one.turned else one.first.sender
    return one.last._replace(sender=sender, amount=one.amount)


def assets_of(conversion: Conversion) -> list[str]:
    """The assets a conversion took and gave."""
    return list(dict.fromkeys([*(one.paid for one in conversion.ins), *(one.got for one in conversion.outs)]))
