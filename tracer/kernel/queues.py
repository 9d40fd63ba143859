"""The methods that pay from the front of a queue: FIFO, LIFO, clean first, tainted first.

They differ in where an arriving lot joins, and in when clean units leave. The last two keep these apart as one number
per account, which they may, for they never tell one clean unit from another.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from tracer.kernel.columns import Columns, Found
from tracer.kernel.compiler import Column, compiled, inner, zeros
from tracer.kernel.limbs import Wide, less, minus, plus
from tracer.kernel.lists import (
    HEAD,
    HIGH,
    LOW,
    NONE,
    ORIGIN,
    Lists,
    discard,
    empty_lists,
    from_front,
    listed,
    new_lot,
    to_back,
    to_front,
)
from tracer.ledger import BALANCE, OUTSIDE
from tracer.lots import CLEAN

FIFO, LIFO, CLEAN_FIRST, TAINTED_FIRST = range(4)
ORDERS: Final = {"fifo": FIFO, "lifo": LIFO, "clean_first": CLEAN_FIRST, "tainted_first": TAINTED_FIRST}


class Queues(NamedTuple):
    """Lots in lists and, by list, the clean units that are kept apart. ``payment`` is the list of the one in hand."""

    lists: Lists
    clean_high: Column
    clean_low: Column
    payment: int


@inner
def add_clean(queues: Queues, at: int, high: int, low: int) -> None:
    """Add to the clean units kept apart."""
    clean = plus(queues.clean_high[at], queues.clean_low[at], high, low)
    queues.clean_high[at], queues.clean_low[at] = clean


@inner
def join(queues: Queues, at: int, lot: int, order: int) -> None:
    """Put a lot where the method wants it."""
    lists = queues.lists
    if order >= CLEAN_FIRST and lists.lots[lot, ORIGIN] == CLEAN:
        add_clean(queues, at, lists.lots[lot, HIGH], lists.lots[lot, LOW])
        discard(lists, lot)
    elif order == LIFO and at != queues.payment:
        to_front(lists, at, lot)
    else:
        to_back(lists, at, lot)


@inner
def draw_clean(queues: Queues, payer: int, high: int, low: int) -> Wide:
    """Pay from the clean units kept apart; what is still to be paid."""
    there_high, there_low = queues.clean_high[payer], queues.clean_low[payer]
    if less(high, low, there_high, there_low):
        there_high, there_low = high, low
    left = minus(queues.clean_high[payer], queues.clean_low[payer], there_high, there_low)
    queues.clean_high[payer], queues.clean_low[payer] = left
    add_clean(queues, queues.payment, there_high, there_low)
    return minus(high, low, there_high, there_low)


@inner
def draw(queues: Queues, payer: int, order: int, high: int, low: int) -> None:
    """Move what leaves with a payment to the payment's list; what is missing is clean."""
    lists = queues.lists
    lots = lists.lots
    if order == CLEAN_FIRST:
        high, low = draw_clean(queues, payer, high, low)
    while high + low > 0 and lists.ends[payer, HEAD] != NONE:
        lot = lists.ends[payer, HEAD]
        if less(high, low, lots[lot, HIGH], lots[lot, LOW]):
            lots[lot, HIGH], lots[lot, LOW] = minus(lots[lot, HIGH], lots[lot, LOW], high, low)
            to_back(lists, queues.payment, new_lot(lists, lots[lot, ORIGIN], high, low))
            high = low = 0
        else:
            high, low = minus(high, low, lots[lot, HIGH], lots[lot, LOW])
            to_back(lists, queues.payment, from_front(lists, payer))
    if order == TAINTED_FIRST:
        high, low = draw_clean(queues, payer, high, low)
    if high + low > 0:
        join(queues, queues.payment, new_lot(lists, CLEAN, high, low), order)


@inner
def arrive(queues: Queues, at: int, order: int, kept: int) -> Wide:
    """Move the payment to where it arrives, clean units only if that is ``kept``; the stolen units in it."""
    lists, payment = queues.lists, queues.payment
    high = low = 0
    while lists.ends[payment, HEAD] != NONE:
        lot = from_front(lists, payment)
        stolen = lists.lots[lot, ORIGIN] != CLEAN
        if stolen:
            high, low = plus(high, low, lists.lots[lot, HIGH], lists.lots[lot, LOW])
        if stolen or kept:
            join(queues, at, lot, order)
        else:
            discard(lists, lot)
    if kept:
        add_clean(queues, at, queues.clean_high[payment], queues.clean_low[payment])
    queues.clean_high[payment] = queues.clean_low[payment] = 0
    return high, low


@inner
def opened(rows: Columns, order: int) -> Queues:
    """The openings, which are clean.

    Room for every lot there can be: one of each opening, and per row one that is split off and one that makes up.
    """
    accounts = len(rows.opening_low)
    payment = 2 * accounts
    lists = empty_lists(payment + 1, 2 * len(rows.low) + accounts)
    queues = Queues(lists, zeros(payment + 1), zeros(payment + 1), payment)
    for number in range(accounts):
        high, low = rows.opening_high[number], rows.opening_low[number]
        if high + low > 0:
            join(queues, number, new_lot(lists, CLEAN, high, low), order)
    return queues


@compiled
def queued(rows: Columns, order: int) -> Found:
    """Fold under one of these methods."""
    accounts, count = len(rows.opening_low), len(rows.low)
    queues = opened(rows, order)
    traced_high, traced_low = zeros(count), zeros(count)
    for row in range(count):
        source, high, low = rows.source[row], rows.high[row], rows.low[row]
        if source == BALANCE:
            draw(queues, rows.payer[row], order, high, low)
        else:
            origin = CLEAN if source == OUTSIDE else source
            join(queues, queues.payment, new_lot(queues.lists, origin, high, low), order)
        at = rows.payee[row] if rows.kept[row] else accounts + rows.payee[row]
        traced_high[row], traced_low[row] = arrive(queues, at, order, rows.kept[row])
    return listed(queues.lists, accounts, rows.origins, traced_high, traced_low)
