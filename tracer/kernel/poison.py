"""Poison: a balance, and the origin that marked it."""

from __future__ import annotations

from typing import Final

from tracer.kernel.columns import Columns, Found
from tracer.kernel.compiler import Table, blank, compiled, inner, zeros
from tracer.kernel.limbs import less, minus, plus
from tracer.kernel.lists import Lists, empty_lists, listed, new_lot, to_back
from tracer.ledger import BALANCE, OUTSIDE
from tracer.lots import CLEAN

WIDTH: Final = 3
HIGH, LOW, MARK = range(WIDTH)


@inner
def opened(rows: Columns) -> Table:
    """The openings, which are clean."""
    balances = blank(len(rows.opening_low), WIDTH)
    for number in range(len(balances)):
        balances[number, HIGH], balances[number, LOW] = rows.opening_high[number], rows.opening_low[number]
        balances[number, MARK] = CLEAN
    return balances


@inner
def draw(balances: Table, payer: int, high: int, low: int) -> int:
    """Take a payment out of a balance; its mark."""
    mark = balances[payer, MARK]
    if less(high, low, balances[payer, HIGH], balances[payer, LOW]):
        left = minus(balances[payer, HIGH], balances[payer, LOW], high, low)
        balances[payer, HIGH], balances[payer, LOW] = left
    else:
        balances[payer, HIGH], balances[payer, LOW], balances[payer, MARK] = 0, 0, CLEAN
    return mark


@inner
def receive(balances: Table, payee: int, mark: int, high: int, low: int) -> None:
    """Put a payment into a balance, and its mark if there is none."""
    total = plus(balances[payee, HIGH], balances[payee, LOW], high, low)
    balances[payee, HIGH], balances[payee, LOW] = total
    if balances[payee, MARK] == CLEAN:
        balances[payee, MARK] = mark


@inner
def marked(lists: Lists, balances: Table) -> None:
    """List the balances that are marked."""
    for number in range(len(balances)):
        mark = balances[number, MARK]
        if mark != CLEAN:
            to_back(lists, number, new_lot(lists, mark, balances[number, HIGH], balances[number, LOW]))


@compiled
def poisoned(rows: Columns) -> Found:
    """Fold under poison. The lists have what rests, at most one lot per row, and in the end the balances."""
    accounts, count = len(rows.opening_low), len(rows.low)
    balances, lists = opened(rows), empty_lists(2 * accounts, count + accounts)
    traced_high, traced_low = zeros(count), zeros(count)
    for row in range(count):
        source, high, low = rows.source[row], rows.high[row], rows.low[row]
        mark = CLEAN if source == OUTSIDE else source
        if source == BALANCE:
            mark = draw(balances, rows.payer[row], high, low)
        if mark != CLEAN:
            traced_high[row], traced_low[row] = high, low
        if rows.kept[row]:
            receive(balances, rows.payee[row], mark, high, low)
        elif mark != CLEAN:
            to_back(lists, accounts + rows.payee[row], new_lot(lists, mark, high, low))
    marked(lists, balances)
    return listed(lists, accounts, rows.origins, traced_high, traced_low)
