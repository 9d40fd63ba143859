"""The ledger: what moved, as the accounting sees it. Built once from transfers, then folded under any method.

An account is one asset at one address. It is *followed* when its history is known from a height on, with the balance it
held then as its opening. The ledger keeps, as columns with one entry per row, the transfers that a followed account
paid or received, and the thefts; everything else says nothing about stolen units. Payments to oneself move nothing and
are left out. What does not depend on a method stands here: openings, balances, and what an account paid beyond what it
is known to have had.

Where a transaction turned assets into others (tracer/convert.py), its rows stand for its links instead of its raw legs.
What went into a conversion is drawn from the payer's balance as ever, but goes into a *pot*; what came out is paid from
the pot, to whoever received it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from math import gcd, lcm
from types import MappingProxyType
from typing import Final, NamedTuple

from chains.model import Transfer
from tracer.words import sentence

Account = tuple[str, str, str]
"""(chain, address, asset)"""

Identity = tuple[str, str, int, str, str, str, int, int]
"""`Transfer.identity`"""

BALANCE: Final = -2
"""Source of a row that the payer's balance pays."""

OUTSIDE: Final = -1
"""Source of a row that comes, clean, from an account that is not followed."""


CONVERTED: Final = -3
"""Source of a row that a conversion pays: what came out of its pot."""

OTHERS: Final = (None, OUTSIDE)


class Follow(NamedTuple):
    """An account whose history is known from height ``low`` on, when it held ``opening`` base units.

    ``weak``: the opening is the least that is possible, not one that is known.
    """

    low: int
    opening: int
    weak: bool = False


class Entry(NamedTuple):
    """A row of a transaction that was read whole. ``seed`` is the number of the theft it is part of.

    ``pot`` says which of the conversions entered with it the row belongs to, ``out`` that it came out of it. ``value``
    is what the row is worth in any unit that all ins, or all outs, of one conversion share: their shares go by it.
    ``via`` are the conduits the units went through. ``later``: what comes out does so in a later transaction.
    """

    transfer: Transfer
    seed: int | None = None
    pot: int | None = None
    out: bool = False
    value: int = 1
    via: tuple[str, ...] = ()
    later: bool = False


class Pot(NamedTuple):
    """A conversion: its rows in and out, what a base unit of each row in weighs, and what each row out is worth.

    ``number`` is the one it was entered under.
    """

    ins: tuple[int, ...]
    outs: tuple[int, ...]
    weights: tuple[int, ...]
    values: tuple[int, ...]
    number: int = 0


@dataclass(slots=True)
class Ledger:
    """Columns of the same length, one entry per row, in order of position within each chain.

    ``payer`` and ``payee`` are account numbers; ``source`` is `BALANCE`, `OUTSIDE`, `CONVERTED`, or the number of the
    theft this row is; ``inward`` and ``outward`` have the pot of every row into and out of one; ``kept`` tells whether
    the payee is followed at that height: otherwise the units rest there. ``opening`` and ``balance`` (what is held
    after the last row) are by account number, and nil for accounts that are not followed. ``short`` has the units that
    an account paid although it is not known to have had them.
    """

    seeds: Mapping[Identity, int]
    follow: Mapping[Account, Follow]
    accounts: list[Account] = field(default_factory=list)
    numbers: dict[Account, int] = field(default_factory=dict)
    transfers: list[Transfer] = field(default_factory=list)
    payer: list[int] = field(default_factory=list)
    payee: list[int] = field(default_factory=list)
    amount: list[int] = field(default_factory=list)
    source: list[int] = field(default_factory=list)
    kept: list[bool] = field(default_factory=list)
    opening: list[int] = field(default_factory=list)
    balance: list[int] = field(default_factory=list)
    short: dict[int, int] = field(default_factory=dict)
    pots: list[Pot] = field(default_factory=list)
    inward: dict[int, int] = field(default_factory=dict)
    outward: dict[int, int] = field(default_factory=dict)
    via: dict[int, tuple[str, ...]] = field(default_factory=dict)
    waiting: dict[int, list[tuple[int, Entry]]] = field(default_factory=dict)
    """Rows into pots that nothing came out of yet, by the number of the pot: orders to be filled later."""

    thefts: int = field(init=False)

    def __post_init__(self) -> None:
        """Thefts are numbered from nil."""
        self.thefts = max(self.seeds.values(), default=-1) + 1

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.amount)

    def number(self, account: Account) -> int:
        """The number of an account, which it gets when it is first named."""
        known = self.numbers.get(account)
        if known is not None:
            return known
        follow = self.follow.get(account)
        self.numbers[account] = len(self.accounts)
        self.accounts.append(account)
        self.opening.append(follow.opening if follow else 0)
        self.balance.append(self.opening[-1])
        return len(self.accounts) - 1

    def weak(self, number: int) -> bool:
        """May the account have held more than the ledger says?"""
        follow = self.follow.get(self.accounts[number])
        return number in self.short or (follow is not None and follow.weak)

    def paying(self, row: int) -> tuple[int, ...]:
        """The rows that paid for this one: what went into the conversion it came out of, else itself."""
        return self.pots[self.outward[row]].ins if row in self.outward else (row,)

    def origin(self, row: int, theft: int) -> int:
        """The origin of units that came out of a conversion in ``row`` and stand for units of one theft.

        Thefts themselves have the numbers below `thefts`; an origin made later has a higher number.
        """
        return self.thefts * (row + 1) + theft

    def theft(self, origin: int) -> int:
        """The theft that units of an origin stem from, through whatever conversions."""
        return origin % self.thefts

    def add(self, transfers: Iterable[Transfer]) -> Ledger:
        """Append the rows of further transfers, which must come in order of position within each chain."""
        follow, seeds, numbers, number = self.follow.get, self.seeds, self.numbers.get, self.number
        victims = {(key[0], key[4], key[3]) for key in seeds}
        # Bound once, for this loop sees every transfer of a case: it takes a third less time.
        to_transfers, to_amount, to_kept = self.transfers.append, self.amount.append, self.kept.append
        to_payer, to_payee, to_source = self.payer.append, self.payee.append, self.source.append
        first = len(self)
        for transfer in transfers:
            chain, _, (height, _, _, _), _, asset, sender, receiver, amount, _ = transfer
            if sender == receiver:
                continue
            payer, payee = (chain, sender, asset), (chain, receiver, asset)
            known, there = follow(payer), follow(payee)
            kept = there is not None and height >= there[0]
            if known is not None and height >= known[0]:
                source = BALANCE
            elif payer in victims and (origin := seeds.get(transfer.identity)) is not None:
                source = origin
            elif kept:
                source = OUTSIDE
            else:
                continue
            to_transfers(transfer)
            to_payer(number(payer) if (at := numbers(payer)) is None else at)
            to_payee(number(payee) if (at := numbers(payee)) is None else at)
            to_amount(amount)
            to_source(source)
            to_kept(kept)
        self._balance(first)
        return self

    def enter(self, entries: Sequence[Entry]) -> Ledger:
        """Append the rows of one transaction that was read whole; of each conversion, what went in comes first.

        A conversion that nobody followed paid for says nothing about stolen units: what came out is clean money then.
        What was paid in one transaction may come out in a later one.
        """
        first = len(self)
        sources = [self._source(one) for one in entries]
        known = {one.pot for one, source in zip(entries, sources, strict=True) if not one.out and source not in OTHERS}
        known |= self.waiting.keys()
        rows: dict[int, list[tuple[int, Entry]]] = {}
        for one, source in zip(entries, sources, strict=True):
            if one.pot is not None and one.pot in known:
                rows.setdefault(one.pot, []).append((len(self), one))
                paid = OUTSIDE if source is None else source
                self._append(one, CONVERTED if one.out else paid, kept=one.out and self._kept(one))
            elif source is not None and (one.pot is None or one.out) and self._moves(one):
                self._append(one, source, kept=self._kept(one))
        for number in sorted(rows):
            self._note(number, [*self.waiting.pop(number, ()), *rows[number]])
        self._balance(first)
        return self

    def _source(self, one: Entry) -> int | None:
        """Where the units of an entry come from; None where nobody concerned is followed."""
        chain, _, (height, _, _, _), _, asset, sender, *_ = one.transfer
        payer = self.follow.get((chain, sender, asset))
        if one.seed is not None:
            return one.seed
        if payer is not None and height >= payer.low and not one.out:
            return BALANCE
        return OUTSIDE if self._kept(one) else None

    def _moves(self, one: Entry) -> bool:
        return one.transfer.sender != one.transfer.receiver or one.seed is not None

    def _kept(self, one: Entry) -> bool:
        follow = self.follow.get((one.transfer.chain, one.transfer.receiver, one.transfer.asset))
        return follow is not None and one.transfer.position.height >= follow.low

    def _append(self, one: Entry, source: int, *, kept: bool) -> None:
        transfer = one.transfer
        if one.via:
            self.via[len(self)] = one.via
        self.transfers.append(transfer)
        self.payer.append(self.number((transfer.chain, transfer.sender, transfer.asset)))
        self.payee.append(self.number((transfer.chain, transfer.receiver, transfer.asset)))
        self.amount.append(transfer.amount)
        self.source.append(source)
        self.kept.append(kept)

    def _note(self, number: int, rows: list[tuple[int, Entry]]) -> None:
        """Write down a conversion as far as its rows are there."""
        ins = [(row, one) for row, one in rows if not one.out]
        outs = [(row, one) for row, one in rows if one.out]
        place = self.inward.get(ins[0][0], len(self.pots))
        whole = lcm(*(one.transfer.amount for _, one in ins))
        worth = [one.value for _, one in ins] if any(one.value for _, one in ins) else [1] * len(ins)
        weights = tuple(value * (whole // one.transfer.amount) for value, (_, one) in zip(worth, ins, strict=True))
        common = gcd(*weights) or 1
        self.inward.update((row, place) for row, _ in ins)
        self.outward.update((row, place) for row, _ in outs)
        self.pots[place:] = [
            Pot(
                tuple(row for row, _ in ins),
                tuple(row for row, _ in outs),
                tuple(weight // common for weight in weights),
                tuple(one.value for _, one in outs),
                number,
            ),
            *self.pots[place + 1 :],
        ]
        if not outs and any(one.later for _, one in ins):
            self.waiting[number] = rows

    def _balance(self, first: int) -> None:
        """Bring the balances up to date from row ``first`` on."""
        balance = self.balance
        columns = (self.payer, self.payee, self.amount, self.source, self.kept)
        for payer, payee, amount, source, kept in zip(*(islice(one, first, None) for one in columns), strict=True):
            if source == BALANCE:
                left = balance[payer] - amount
                if left < 0:
                    self.short[payer] = self.short.get(payer, 0) - left
                    left = 0
                balance[payer] = left
            if kept:
                balance[payee] += amount


class Tally(NamedTuple):
    """What one method makes of a ledger, without the ways of single units.

    ``traced`` has the stolen units of every row; ``held`` the stolen units that are there after the last row, by
    (account number, origin): in the balance of a followed account, or resting at one that is not. ``converted`` has
    the units that went into each pot, by (pot, origin), and ``made`` the units of each origin that came out of one
    (see `Ledger.origin`). ``fees`` says who paid what ``held`` has as fees, by (the payer's account number, origin).
    """

    method: str
    traced: list[int]
    held: dict[tuple[int, int], int]
    converted: Mapping[tuple[int, int], int] = MappingProxyType({})
    made: Mapping[int, int] = MappingProxyType({})
    fees: Mapping[tuple[int, int], int] = MappingProxyType({})

    def by_origin(self) -> dict[int, int]:
        """Units per origin, wherever they are or whatever they were converted into."""
        sums: dict[int, int] = {}
        for (_, origin), units in (*self.held.items(), *self.converted.items()):
            sums[origin] = sums.get(origin, 0) + units
        return sums

    def by_account(self) -> dict[int, int]:
        """Stolen units per account number."""
        sums: dict[int, int] = {}
        for (number, _), units in self.held.items():
            sums[number] = sums.get(number, 0) + units
        return sums


def opening_balance(transfers: Iterable[Transfer], address: str, balance: int | None) -> tuple[int, str]:
    """What an account held before ``transfers`` (its own, in order), and why that figure is weak ("" when it is not).

    ``balance`` is what it held after the last of them. The opening follows by subtraction; where that is unknown or
    impossible, the least is taken that never makes the balance negative, which is all the chain then proves.
    """
    running = lowest = 0
    for transfer in transfers:
        if transfer.receiver == address:
            running += transfer.amount
        if transfer.sender == address:
            running -= transfer.amount
            lowest = min(lowest, running)
    if balance is None:
        return -lowest, sentence("rule.balance_unknown")
    opening = balance - running
    if opening < -lowest:
        return -lowest, sentence("rule.balance_differs")
    return opening, ""
