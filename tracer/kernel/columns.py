"""A ledger as arrays for the kernel, and what the kernel found as Python integers."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from chains.model import FEE_SINK
from tracer.kernel.compiler import Column
from tracer.kernel.limbs import LIMB, LIMIT, MASK
from tracer.ledger import Ledger, Tally


class Columns(NamedTuple):
    """One entry per row, and the openings by account number. ``origins``: theft numbers are below it.

    A fee is paid to an account number of its payer's own, higher than the payer's by the number of accounts there are,
    so that it stays known who paid it.
    """

    payer: Column
    payee: Column
    source: Column
    kept: Column
    high: Column
    low: Column
    opening_high: Column
    opening_low: Column
    origins: int


class Found(NamedTuple):
    """Stolen units: of every row, and one entry per account and origin that has any in the end."""

    traced_high: Column
    traced_low: Column
    account: Column
    origin: Column
    high: Column
    low: Column


def columns(ledger: Ledger) -> Columns | None:
    """The arrays; None when amounts are too large for them (or not amounts at all)."""
    if not ledger.amount or sum(ledger.amount) + sum(ledger.opening) >= LIMIT:
        return None
    if min(ledger.amount) <= 0 or min(ledger.opening) < 0:
        return None
    source = _array(ledger.source)
    accounts = len(ledger.accounts)
    sinks = frozenset(number for number, account in enumerate(ledger.accounts) if account[1] == FEE_SINK)
    ends = zip(ledger.payer, ledger.payee, strict=True)
    payees = [accounts + payer if payee in sinks else payee for payer, payee in ends]
    opening = ledger.opening + [0] * (accounts if sinks else 0)
    plain = _array(ledger.payer), _array(payees), source, _array(ledger.kept)
    return Columns(*plain, *_limbs(ledger.amount), *_limbs(opening), int(source.max(initial=0)) + 1)


def as_tally(method: str, ledger: Ledger, found: Found) -> Tally:
    """What was found, as the reference would say it."""
    accounts: Any = found.account
    origins: Any = found.origin
    order: Any = np.lexsort((origins, accounts))
    keys = zip(accounts[order].tolist(), origins[order].tolist(), strict=True)
    units = _integers(found.high, found.low)
    held: dict[tuple[int, int], int] = {}
    fees: dict[tuple[int, int], int] = {}
    for (number, origin), entry in zip(keys, order.tolist(), strict=True):
        payer = number - len(ledger.accounts)
        if payer >= 0:
            fees[payer, origin] = units[entry]
        where = number if payer < 0 else _sink(ledger, payer), origin
        held[where] = held.get(where, 0) + units[entry]
    return Tally(method, _integers(found.traced_high, found.traced_low), dict(sorted(held.items())), fees=fees)


def _sink(ledger: Ledger, payer: int) -> int:
    """Where the fees of an account go."""
    chain, _, asset = ledger.accounts[payer]
    return ledger.numbers[chain, FEE_SINK, asset]


def _array(numbers: list[int] | list[bool]) -> Any:
    return np.array(numbers, np.int64)


def _limbs(numbers: list[int]) -> tuple[Any, Any]:
    if max(numbers) <= MASK:
        return np.zeros(len(numbers), np.int64), _array(numbers)
    return _array([number >> LIMB for number in numbers]), _array([number & MASK for number in numbers])


def _integers(high: Any, low: Any) -> list[int]:
    numbers: list[int] = low.tolist()
    for entry in np.flatnonzero(high).tolist():
        numbers[entry] |= int(high[entry]) << LIMB
    return numbers
