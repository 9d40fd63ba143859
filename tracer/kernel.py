"""The quick fold: every method compiled to machine code, for the tally alone.

tracer/fold.py is the reference, and this must give the same numbers; the tests compare the two. Three things make it
quick. Accounts are numbers and balances are linked lists in typed arrays. Neighbours of one origin are one lot, for
nothing here depends on the way a unit came. And an amount is two limbs of 62 bits in signed integers, high and low,
which hold every sum below 2**123 and are added, compared and multiplied in a few instructions. No floats anywhere.

How much room the lists need is proven beforehand (`_lists`); the shares of pro rata move to more room when they need
it; and every index is checked, so that a fault here could only ever stop the fold, not spoil a number.

All of it stands in one module because the compiler keeps its results by this file's date: what is kept must not outlive
a change made elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, MutableSequence
from typing import Any, Final, NamedTuple, TypeVar

import numba
import numpy as np

from tracer.ledger import BALANCE, OUTSIDE
from tracer.lots import CLEAN

Column = MutableSequence[int]
"""An array of 64-bit integers."""

LIMB: Final = 62
MASK: Final = (1 << LIMB) - 1
HALF: Final = 31
HALF_MASK: Final = (1 << HALF) - 1
LIMIT: Final = 1 << (2 * LIMB - 1)
"""Sums must stay below it: remainders are then told apart within two limbs."""

NONE: Final = -1
FIFO, LIFO, CLEAN_FIRST, TAINTED_FIRST = range(4)

Function = TypeVar("Function", bound=Callable[..., Any])


class Columns(NamedTuple):
    """A ledger as arrays: one entry per row, and the openings by account number."""

    payer: Column
    payee: Column
    source: Column
    kept: Column
    high: Column
    low: Column
    opening_high: Column
    opening_low: Column


class Found(NamedTuple):
    """Stolen units: of every row, and at the end one entry per account and origin that has any."""

    traced_high: Column
    traced_low: Column
    account: Column
    origin: Column
    high: Column
    low: Column


class Lists(NamedTuple):
    """Lots in linked lists: one list per account, then one per account for what rests there, then the payment's own.

    ``clean_high`` and ``clean_low``, by list, have the clean units of the methods that keep them apart.
    """

    head: Column
    tail: Column
    clean_high: Column
    clean_low: Column
    following: Column
    origin: Column
    high: Column
    low: Column
    used: Column


class Shares(NamedTuple):
    """Where each account's shares (then: what rests there) stand in the pool, in order of origin, and their sum."""

    start: Column
    size: Column
    room: Column
    high: Column
    low: Column
    used: Column


class Pool(NamedTuple):
    """Shares of all accounts; in the same shape, the parts of a payment."""

    origin: Column
    high: Column
    low: Column


class Scratch(NamedTuple):
    """What the division of one payment needs: remainders, and the order in which they get the units left over."""

    high: Column
    low: Column
    order: Column


def _compiled(function: Function) -> Function:
    """Compile at the first call, and keep the result for the next run where there is a place to write it."""
    try:
        kept: Function = numba.njit(cache=True, boundscheck=True)(function)
    except RuntimeError:
        kept = numba.njit(boundscheck=True)(function)
    return kept


@_compiled
def plus(high: int, low: int, more_high: int, more_low: int) -> tuple[int, int]:
    """The sum of two amounts."""
    low += more_low
    return high + more_high + (low >> LIMB), low & MASK


@_compiled
def minus(high: int, low: int, less_high: int, less_low: int) -> tuple[int, int]:
    """The difference of two amounts."""
    low -= less_low
    return high - less_high + (low >> LIMB), low & MASK


@_compiled
def less(high: int, low: int, than_high: int, than_low: int) -> bool:
    """Is the first amount smaller?"""
    return high < than_high or (high == than_high and low < than_low)


@_compiled
def _product(one: int, other: int) -> tuple[int, int]:
    """The product of two limbs, by halves: no step exceeds 63 bits."""
    one_low, one_high, other_low, other_high = one & HALF_MASK, one >> HALF, other & HALF_MASK, other >> HALF
    lowest = one_low * other_low
    middle = one_high * other_low + (lowest >> HALF)
    second = one_low * other_high + (middle & HALF_MASK)
    high = one_high * other_high + (middle >> HALF) + (second >> HALF)
    return high, ((second & HALF_MASK) << HALF) | (lowest & HALF_MASK)


@_compiled
def _product_low(high: int, low: int, by_high: int, by_low: int) -> tuple[int, int]:
    """The two lowest limbs of a product; what overflows 64 bits is above them."""
    top, bottom = _product(low, by_low)
    return (top + ((high * by_low) & MASK) + ((low * by_high) & MASK)) & MASK, bottom


@_compiled
def _product_high(high: int, low: int, by_high: int, by_low: int) -> tuple[int, int]:
    """The two highest limbs of a product, of four."""
    carry, _ = _product(low, by_low)
    one_top, one_bottom = _product(low, by_high)
    two_top, two_bottom = _product(high, by_low)
    top, bottom = _product(high, by_high)
    above, _ = plus(0, carry, 0, one_bottom)
    carry, _ = plus(above, (carry + one_bottom) & MASK, 0, two_bottom)
    above, bottom = plus(0, bottom, 0, carry)
    more, bottom = plus(0, bottom, 0, one_top)
    again, bottom = plus(0, bottom, 0, two_top)
    return top + above + more + again, bottom


@_compiled
def ratio(high: int, low: int, whole_high: int, whole_low: int) -> tuple[int, int]:
    """An amount divided by a larger one, as a fraction of two limbs, rounded down: digit by digit, as on paper."""
    first = digits = 0
    for limb in range(2):
        digits = 0
        for _ in range(LIMB):
            high, low = plus(high, low, high, low)
            digits <<= 1
            if not less(high, low, whole_high, whole_low):
                high, low = minus(high, low, whole_high, whole_low)
                digits |= 1
        if limb == 0:
            first = digits
    return first, digits


@_compiled
def portion(
    share: tuple[int, int], factor: tuple[int, int], amount: tuple[int, int], whole: tuple[int, int]
) -> tuple[int, int, int, int]:
    """``share * amount`` divided by ``whole``: quotient and remainder, where ``factor`` is their `ratio`.

    The factor is too small by less than one unit of its last place and the share is below `LIMIT`: the estimate is the
    quotient or one less, and the remainder tells.
    """
    high, low = _product_high(share[0], share[1], factor[0], factor[1])
    there = _product_low(share[0], share[1], amount[0], amount[1])
    taken = _product_low(high, low, whole[0], whole[1])
    rest_high, rest_low = minus(there[0], there[1], taken[0], taken[1])
    rest_high &= MASK
    if not less(rest_high, rest_low, whole[0], whole[1]):
        rest_high, rest_low = minus(rest_high, rest_low, whole[0], whole[1])
        high, low = plus(high, low, 0, 1)
    return high, low, rest_high, rest_low


@_compiled
def _zeros(length: int) -> Column:
    made: Any = np.zeros(length, np.int64)
    return made


@_compiled
def _lists(rows: int, accounts: int) -> Lists:
    """Empty lists with room for all lots there can be: an opening each, and two that a row splits off or makes up."""
    lists, lots = 2 * accounts + 1, 2 * rows + accounts
    clean_high, clean_low, head, tail = _zeros(lists), _zeros(lists), _zeros(lists), _zeros(lists)
    for at in range(lists):
        head[at] = tail[at] = NONE
    used = _zeros(1)
    return Lists(head, tail, clean_high, clean_low, _zeros(lots), _zeros(lots), _zeros(lots), _zeros(lots), used)


@_compiled
def _lot(lists: Lists, origin: int, high: int, low: int) -> int:
    """A new lot, which stands in no list yet."""
    lot = lists.used[0]
    lists.used[0] += 1
    lists.origin[lot], lists.high[lot], lists.low[lot] = origin, high, low
    lists.following[lot] = NONE
    return lot


@_compiled
def _absorb(lists: Lists, lot: int, other: int) -> None:
    lists.high[lot], lists.low[lot] = plus(lists.high[lot], lists.low[lot], lists.high[other], lists.low[other])


@_compiled
def _join(lists: Lists, at: int, lot: int, order: int) -> None:
    """Put a lot where the method wants it."""
    head, tail = lists.head[at], lists.tail[at]
    if order >= CLEAN_FIRST and lists.origin[lot] == CLEAN:
        clean = plus(lists.clean_high[at], lists.clean_low[at], lists.high[lot], lists.low[lot])
        lists.clean_high[at], lists.clean_low[at] = clean
    elif head == NONE:
        lists.head[at] = lists.tail[at] = lot
        lists.following[lot] = NONE
    elif order == LIFO:
        if lists.origin[head] == lists.origin[lot]:
            _absorb(lists, head, lot)
        else:
            lists.head[at], lists.following[lot] = lot, head
    elif lists.origin[tail] == lists.origin[lot]:
        _absorb(lists, tail, lot)
    else:
        lists.tail[at] = lists.following[tail] = lot
        lists.following[lot] = NONE


@_compiled
def _first(lists: Lists, at: int) -> int:
    """Take the first lot out of a list."""
    lot = lists.head[at]
    lists.head[at] = lists.following[lot]
    if lists.head[at] == NONE:
        lists.tail[at] = NONE
    return lot


@_compiled
def _draw_clean(lists: Lists, payer: int, payment: int, high: int, low: int) -> tuple[int, int]:
    """Pay from the clean units kept apart; what is still to be paid."""
    there_high, there_low = lists.clean_high[payer], lists.clean_low[payer]
    if less(high, low, there_high, there_low):
        there_high, there_low = high, low
    left = minus(lists.clean_high[payer], lists.clean_low[payer], there_high, there_low)
    lists.clean_high[payer], lists.clean_low[payer] = left
    paid = plus(lists.clean_high[payment], lists.clean_low[payment], there_high, there_low)
    lists.clean_high[payment], lists.clean_low[payment] = paid
    return minus(high, low, there_high, there_low)


@_compiled
def _draw(lists: Lists, payer: int, payment: int, order: int, high: int, low: int) -> None:
    """Move the lots that leave with a payment to the payment's list."""
    queue = order if order != LIFO else FIFO
    if order == CLEAN_FIRST:
        high, low = _draw_clean(lists, payer, payment, high, low)
    while high + low > 0 and lists.head[payer] != NONE:
        lot = lists.head[payer]
        if less(high, low, lists.high[lot], lists.low[lot]):
            lists.high[lot], lists.low[lot] = minus(lists.high[lot], lists.low[lot], high, low)
            _join(lists, payment, _lot(lists, lists.origin[lot], high, low), queue)
            high = low = 0
        else:
            high, low = minus(high, low, lists.high[lot], lists.low[lot])
            _join(lists, payment, _first(lists, payer), queue)
    if order == TAINTED_FIRST:
        high, low = _draw_clean(lists, payer, payment, high, low)
    if high + low > 0:
        _join(lists, payment, _lot(lists, CLEAN, high, low), queue)


@_compiled
def _arrive(lists: Lists, payment: int, at: int, order: int, kept: int) -> tuple[int, int]:
    """Move a payment's lots to where they arrive, the clean ones only if that is ``kept``; the stolen units of it."""
    high = low = 0
    while lists.head[payment] != NONE:
        lot = _first(lists, payment)
        if lists.origin[lot] != CLEAN:
            high, low = plus(high, low, lists.high[lot], lists.low[lot])
        if kept or lists.origin[lot] != CLEAN:
            _join(lists, at, lot, order)
    if kept:
        clean = plus(
            lists.clean_high[at], lists.clean_low[at], lists.clean_high[payment], lists.clean_low[payment]
        )
        lists.clean_high[at], lists.clean_low[at] = clean
    lists.clean_high[payment] = lists.clean_low[payment] = 0
    return high, low


@_compiled
def _listed(lists: Lists, accounts: int, origins: int, traced_high: Column, traced_low: Column) -> Found:
    """What has been found, when the stolen units stand in lists."""
    most = lists.used[0]
    account, origin, high, low = _zeros(most), _zeros(most), _zeros(most), _zeros(most)
    place = _zeros(origins)
    size = 0
    for number in range(accounts):
        first = size
        for at in (number, accounts + number):
            lot = lists.head[at]
            while lot != NONE:
                one = lists.origin[lot]
                if one != CLEAN:
                    spot = place[one]
                    if not (first <= spot < size and origin[spot] == one):
                        spot = place[one] = size
                        account[spot], origin[spot] = number, one
                        size += 1
                    high[spot], low[spot] = plus(high[spot], low[spot], lists.high[lot], lists.low[lot])
                lot = lists.following[lot]
    return Found(traced_high, traced_low, account[:size], origin[:size], high[:size], low[:size])


@_compiled
def queued(rows: Columns, order: int, origins: int) -> Found:
    """Fold under a method that pays from the front of a queue."""
    accounts, count = len(rows.opening_low), len(rows.low)
    lists = _lists(count, accounts)
    payment = 2 * accounts
    traced_high, traced_low = _zeros(count), _zeros(count)
    for number in range(accounts):
        if rows.opening_high[number] + rows.opening_low[number] > 0:
            _join(lists, number, _lot(lists, CLEAN, rows.opening_high[number], rows.opening_low[number]), order)
    for row in range(count):
        source, high, low = rows.source[row], rows.high[row], rows.low[row]
        if source == BALANCE:
            _draw(lists, rows.payer[row], payment, order, high, low)
        else:
            _join(lists, payment, _lot(lists, CLEAN if source == OUTSIDE else source, high, low), order)
        at = rows.payee[row] if rows.kept[row] else accounts + rows.payee[row]
        traced_high[row], traced_low[row] = _arrive(lists, payment, at, order, rows.kept[row])
    return _listed(lists, accounts, origins, traced_high, traced_low)
