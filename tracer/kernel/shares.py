"""Pro rata: every payment carries the balance's own mixture, in whole units, as `tracer.lots.apportion` divides it.

An account's shares stand side by side, in order of origin, in a slab of a pool; a slab has room for a power of two and
is used again when its account is empty or has outgrown it.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from tracer.kernel.columns import Columns, Found
from tracer.kernel.compiler import Column, Table, blank, compiled, inner, zeros
from tracer.kernel.limbs import Wide, less, minus, plus, portion, ratio
from tracer.ledger import BALANCE, OUTSIDE
from tracer.lots import CLEAN

NONE: Final = -1
ORIGIN, HIGH, LOW = range(3)
START, SIZE, KIND, WHOLE_HIGH, WHOLE_LOW = range(5)
KINDS: Final = 62
SLABS: Final = 64


class Book(NamedTuple):
    """``places`` by account, then by account for what rests there: slab, number of shares, kind of slab, their sum.

    A slab of kind ``k`` has room for ``2**k``; ``free`` has the first unused one of each kind, then the pool's used
    length. The rest is for one payment: its ``parts``, their ``remainders``, and the ``ranks`` of these.
    """

    places: Table
    free: Column
    parts: Table
    remainders: Table
    ranks: Column


@inner
def empty_book(accounts: int, origins: int) -> Book:
    """A book without shares. A payment has a part of each origin at most, one that is clean, and one that makes up."""
    places, free, parts = blank(2 * accounts, 5), zeros(KINDS + 1), origins + 2
    for at in range(2 * accounts):
        places[at, KIND] = NONE
    for kind in range(KINDS):
        free[kind] = NONE
    return Book(places, free, blank(parts, 3), blank(parts, 2), zeros(parts))


@inner
def copy(source: Table, start: int, target: Table, at: int, size: int) -> None:
    """Copy shares."""
    for entry in range(size):
        target[at + entry, ORIGIN] = source[start + entry, ORIGIN]
        target[at + entry, HIGH] = source[start + entry, HIGH]
        target[at + entry, LOW] = source[start + entry, LOW]


@inner
def release(book: Book, pool: Table, at: int) -> None:
    """Give an account's slab back."""
    kind, start = book.places[at, KIND], book.places[at, START]
    if kind != NONE:
        pool[start, ORIGIN] = book.free[kind]
        book.free[kind] = start
    book.places[at, KIND] = NONE


@inner
def with_room(book: Book, pool: Table, at: int, need: int) -> Table:
    """The pool, in which the account's slab has room for ``need`` shares."""
    kind = book.places[at, KIND]
    if kind != NONE and need <= 1 << kind:
        return pool
    kind = 0
    while 1 << kind < need:
        kind += 1
    start = book.free[kind]
    if start != NONE:
        book.free[kind] = pool[start, ORIGIN]
    else:
        start = book.free[KINDS]
        book.free[KINDS] += 1 << kind
        if book.free[KINDS] > len(pool):
            larger = blank(2 * book.free[KINDS], 3)
            copy(pool, 0, larger, 0, start)
            pool = larger
    copy(pool, book.places[at, START], pool, start, book.places[at, SIZE])
    release(book, pool, at)
    book.places[at, START], book.places[at, KIND] = start, kind
    return pool


@inner
def before(book: Book, one: int, other: int) -> bool:
    """Does one part get a unit that is left over before the other? The larger remainder, then the smaller origin."""
    remainders = book.remainders
    if remainders[one, 0] != remainders[other, 0]:
        return remainders[one, 0] > remainders[other, 0]
    if remainders[one, 1] != remainders[other, 1]:
        return remainders[one, 1] > remainders[other, 1]
    return one < other


@inner
def parted(book: Book, first: int, last: int) -> tuple[int, int]:
    """Bring what goes before a pivot to the front of the ranks from ``first`` to ``last``; where the halves end."""
    ranks = book.ranks
    pivot = ranks[(first + last) >> 1]
    while first <= last:
        while before(book, ranks[first], pivot):
            first += 1
        while before(book, pivot, ranks[last]):
            last -= 1
        if first <= last:
            ranks[first], ranks[last] = ranks[last], ranks[first]
            first += 1
            last -= 1
    return last, first


@inner
def rank(book: Book, size: int, count: int) -> None:
    """Bring those of ``size`` parts that get a unit first to the first ``count`` ranks (Hoare's selection)."""
    for entry in range(size):
        book.ranks[entry] = entry
    first, last = 0, size - 1
    while first < last:
        end, begin = parted(book, first, last)
        if count <= end + 1:
            last = end
        elif count > begin:
            first = begin
        else:
            return


@inner
def divide(book: Book, pool: Table, payer: int, amount: Wide, whole: Wide) -> None:
    """Write the parts of a payment smaller than the balance, nil ones too, in the order of the shares."""
    start, size, parts = book.places[payer, START], book.places[payer, SIZE], book.parts
    factor = ratio(amount[0], amount[1], whole[0], whole[1])
    left_high, left_low = amount
    for entry in range(size):
        share = pool[start + entry, HIGH], pool[start + entry, LOW]
        high, low, rest_high, rest_low = portion(share, factor, amount, whole)
        parts[entry, ORIGIN], parts[entry, HIGH], parts[entry, LOW] = pool[start + entry, ORIGIN], high, low
        book.remainders[entry, 0], book.remainders[entry, 1] = rest_high, rest_low
        left_high, left_low = minus(left_high, left_low, high, low)
    if left_low:
        rank(book, size, left_low)
    for place in range(left_low):
        entry = book.ranks[place]
        parts[entry, HIGH], parts[entry, LOW] = plus(parts[entry, HIGH], parts[entry, LOW], 0, 1)


@inner
def take(book: Book, pool: Table, payer: int) -> int:
    """Take the parts from the shares, and leave nil out of both; how many parts there are."""
    start, size, parts = book.places[payer, START], book.places[payer, SIZE], book.parts
    count = left = 0
    for entry in range(size):
        origin, high, low = parts[entry, ORIGIN], parts[entry, HIGH], parts[entry, LOW]
        rest_high, rest_low = minus(pool[start + entry, HIGH], pool[start + entry, LOW], high, low)
        if rest_high + rest_low > 0:
            spot = start + left
            pool[spot, ORIGIN], pool[spot, HIGH], pool[spot, LOW] = origin, rest_high, rest_low
            left += 1
        if high + low > 0:
            parts[count, ORIGIN], parts[count, HIGH], parts[count, LOW] = origin, high, low
            count += 1
    book.places[payer, SIZE] = left
    return count


@inner
def made_up(parts: Table, count: int, high: int, low: int) -> int:
    """Add clean units that are missing to the parts; how many parts there are then."""
    if count == 0 or parts[0, ORIGIN] != CLEAN:
        for entry in range(count, 0, -1):
            copy(parts, entry - 1, parts, entry, 1)
        parts[0, ORIGIN], parts[0, HIGH], parts[0, LOW] = CLEAN, 0, 0
        count += 1
    parts[0, HIGH], parts[0, LOW] = plus(parts[0, HIGH], parts[0, LOW], high, low)
    return count


@inner
def draw(book: Book, pool: Table, payer: int, high: int, low: int) -> int:
    """Write the parts that leave with a payment, in order of origin; how many there are."""
    places = book.places
    whole = places[payer, WHOLE_HIGH], places[payer, WHOLE_LOW]
    if less(high, low, whole[0], whole[1]):
        divide(book, pool, payer, (high, low), whole)
        places[payer, WHOLE_HIGH], places[payer, WHOLE_LOW] = minus(whole[0], whole[1], high, low)
        return take(book, pool, payer)
    count = places[payer, SIZE]
    copy(pool, places[payer, START], book.parts, 0, count)
    release(book, pool, payer)
    places[payer, SIZE] = places[payer, WHOLE_HIGH] = places[payer, WHOLE_LOW] = 0
    high, low = minus(high, low, whole[0], whole[1])
    return made_up(book.parts, count, high, low) if high + low > 0 else count


@inner
def receive(book: Book, pool: Table, at: int, first: int, count: int) -> Table:
    """Merge the parts from ``first`` to ``count`` into an account's shares; the pool, which may have grown."""
    parts, size = book.parts, book.places[at, SIZE]
    start, share, fresh = book.places[at, START], 0, 0
    for entry in range(first, count):
        while share < size and pool[start + share, ORIGIN] < parts[entry, ORIGIN]:
            share += 1
        fresh += not (share < size and pool[start + share, ORIGIN] == parts[entry, ORIGIN])
    if size + fresh == 0:
        return pool
    pool = with_room(book, pool, at, size + fresh)
    start = book.places[at, START]
    share, entry, spot = start + size - 1, count - 1, start + size + fresh - 1
    while entry >= first:
        if share < start or pool[share, ORIGIN] < parts[entry, ORIGIN]:
            copy(parts, entry, pool, spot, 1)
            entry -= 1
        else:
            copy(pool, share, pool, spot, 1)
            if pool[share, ORIGIN] == parts[entry, ORIGIN]:
                pool[spot, HIGH], pool[spot, LOW] = plus(
                    pool[spot, HIGH], pool[spot, LOW], parts[entry, HIGH], parts[entry, LOW]
                )
                entry -= 1
            share -= 1
        spot -= 1
    book.places[at, SIZE] = size + fresh
    return pool


@inner
def opened(rows: Columns, book: Book) -> Table:
    """The pool with the openings, which are clean."""
    accounts = len(rows.opening_low)
    pool = blank(accounts + SLABS, 3)
    for number in range(accounts):
        high, low = rows.opening_high[number], rows.opening_low[number]
        if high + low > 0:
            pool = receive(book, pool, number, 0, made_up(book.parts, 0, high, low))
            book.places[number, WHOLE_HIGH], book.places[number, WHOLE_LOW] = high, low
    return pool


@inner
def gathered(book: Book, pool: Table, accounts: int, traced_high: Column, traced_low: Column) -> Found:
    """What was found: the shares that are stolen, what rests at an account together with its balance."""
    most = 0
    for number in range(accounts):
        rests = book.places[accounts + number, SIZE]
        copy(pool, book.places[accounts + number, START], book.parts, 0, rests)
        pool = receive(book, pool, number, 0, rests)
        most += book.places[number, SIZE]
    account, origin, high, low = zeros(most), zeros(most), zeros(most), zeros(most)
    size = 0
    for number in range(accounts):
        start = book.places[number, START]
        for share in range(start, start + book.places[number, SIZE]):
            if pool[share, ORIGIN] != CLEAN:
                account[size], origin[size] = number, pool[share, ORIGIN]
                high[size], low[size] = pool[share, HIGH], pool[share, LOW]
                size += 1
    return Found(traced_high, traced_low, account[:size], origin[:size], high[:size], low[:size])


@compiled
def shared(rows: Columns) -> Found:
    """Fold pro rata."""
    accounts, count = len(rows.opening_low), len(rows.low)
    book = empty_book(accounts, rows.origins)
    pool = opened(rows, book)
    parts, places = book.parts, book.places
    traced_high, traced_low = zeros(count), zeros(count)
    for row in range(count):
        source, high, low, payee = rows.source[row], rows.high[row], rows.low[row], rows.payee[row]
        many = 1
        if source == BALANCE:
            many = draw(book, pool, rows.payer[row], high, low)
        else:
            parts[0, ORIGIN], parts[0, HIGH], parts[0, LOW] = CLEAN if source == OUTSIDE else source, high, low
        clean = parts[0, ORIGIN] == CLEAN
        traced_high[row], traced_low[row] = minus(high, low, parts[0, HIGH], parts[0, LOW]) if clean else (high, low)
        if rows.kept[row]:
            pool = receive(book, pool, payee, 0, many)
            whole = plus(places[payee, WHOLE_HIGH], places[payee, WHOLE_LOW], high, low)
            places[payee, WHOLE_HIGH], places[payee, WHOLE_LOW] = whole
        else:
            pool = receive(book, pool, accounts + payee, 1 if clean else 0, many)
    return gathered(book, pool, accounts, traced_high, traced_low)
