"""Lots in linked lists: what is held, and what rests where nobody is followed.

One list per account for its balance, then one per account for what rests there, then one for the payment in hand. A lot
that leaves a list joins another without being copied, and a lot that its neighbour absorbs is used again.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from tracer.kernel.columns import Found
from tracer.kernel.compiler import Column, Table, blank, inner, zeros
from tracer.kernel.limbs import plus
from tracer.lots import CLEAN

NONE: Final = -1
HEAD, TAIL = range(2)
NEXT, ORIGIN, HIGH, LOW = range(4)
FREE, USED = range(2)


class Lists(NamedTuple):
    """``ends`` by list: its first and last lot. ``lots``: the next in the list, origin, units. ``spare``: lots to use.

    A lot is one record and not four columns, so that the processor fetches it in one piece.
    """

    ends: Table
    lots: Table
    spare: Column


@inner
def empty_lists(lists: int, lots: int) -> Lists:
    """Empty lists, with room for ``lots`` at a time."""
    ends, spare = blank(lists, 2), zeros(2)
    for at in range(lists):
        ends[at, HEAD] = ends[at, TAIL] = NONE
    spare[FREE] = NONE
    return Lists(ends, blank(lots, 4), spare)


@inner
def new_lot(lists: Lists, origin: int, high: int, low: int) -> int:
    """A lot that stands in no list yet."""
    lots, spare = lists.lots, lists.spare
    lot = spare[FREE]
    if lot != NONE:
        spare[FREE] = lots[lot, NEXT]
    else:
        lot = spare[USED]
        spare[USED] += 1
    lots[lot, NEXT], lots[lot, ORIGIN], lots[lot, HIGH], lots[lot, LOW] = NONE, origin, high, low
    return lot


@inner
def absorb(lists: Lists, lot: int, other: int) -> None:
    """Make one lot of two."""
    lots, spare = lists.lots, lists.spare
    lots[lot, HIGH], lots[lot, LOW] = plus(lots[lot, HIGH], lots[lot, LOW], lots[other, HIGH], lots[other, LOW])
    lots[other, NEXT] = spare[FREE]
    spare[FREE] = other


@inner
def to_back(lists: Lists, at: int, lot: int) -> None:
    """Put a lot at the end of a list."""
    tail = lists.ends[at, TAIL]
    if tail != NONE and lists.lots[tail, ORIGIN] == lists.lots[lot, ORIGIN]:
        absorb(lists, tail, lot)
        return
    lists.lots[lot, NEXT] = NONE
    lists.ends[at, TAIL] = lot
    if tail == NONE:
        lists.ends[at, HEAD] = lot
    else:
        lists.lots[tail, NEXT] = lot


@inner
def to_front(lists: Lists, at: int, lot: int) -> None:
    """Put a lot at the beginning of a list."""
    head = lists.ends[at, HEAD]
    if head != NONE and lists.lots[head, ORIGIN] == lists.lots[lot, ORIGIN]:
        absorb(lists, head, lot)
        return
    lists.lots[lot, NEXT] = head
    lists.ends[at, HEAD] = lot
    if head == NONE:
        lists.ends[at, TAIL] = lot


@inner
def from_front(lists: Lists, at: int) -> int:
    """Take the first lot out of a list."""
    lot = lists.ends[at, HEAD]
    lists.ends[at, HEAD] = lists.lots[lot, NEXT]
    if lists.ends[at, HEAD] == NONE:
        lists.ends[at, TAIL] = NONE
    return lot


@inner
def discard(lists: Lists, lot: int) -> None:
    """Give back a lot that stands in no list."""
    lists.lots[lot, NEXT] = lists.spare[FREE]
    lists.spare[FREE] = lot


@inner
def listed(lists: Lists, accounts: int, origins: int, traced_high: Column, traced_low: Column) -> Found:
    """What was found, when the stolen units of account ``n`` stand in the lists ``n`` and ``accounts + n``."""
    most = lists.spare[USED]
    account, origin, high, low = zeros(most), zeros(most), zeros(most), zeros(most)
    entry_of = zeros(origins)
    size = 0
    for number in range(accounts):
        first = size
        for at in (number, accounts + number):
            lot = lists.ends[at, HEAD]
            while lot != NONE:
                one = lists.lots[lot, ORIGIN]
                entry = entry_of[one] if one != CLEAN else NONE
                if one != CLEAN and not (first <= entry < size and origin[entry] == one):
                    entry = entry_of[one] = size
                    account[entry], origin[entry] = number, one
                    size += 1
                if one != CLEAN:
                    high[entry], low[entry] = plus(high[entry], low[entry], lists.lots[lot, HIGH], lists.lots[lot, LOW])
                lot = lists.lots[lot, NEXT]
    return Found(traced_high, traced_low, account[:size], origin[:size], high[:size], low[:size])
