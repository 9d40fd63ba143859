"""Poison: a balance, and the origin that marked it."""

from __future__ import annotations

from tracer.kernel.columns import Columns, Found
from tracer.kernel.compiler import compiled, zeros
from tracer.kernel.limbs import less, minus, plus
from tracer.kernel.lists import empty_lists, listed, new_lot, to_back
from tracer.ledger import BALANCE, OUTSIDE
from tracer.lots import CLEAN


@compiled
def poisoned(rows: Columns) -> Found:
    """Fold under poison. The lists have what rests, at most one lot a row, and in the end the balances."""
    accounts, count = len(rows.opening_low), len(rows.low)
    lists = empty_lists(2 * accounts, count + accounts)
    traced_high, traced_low = zeros(count), zeros(count)
    high_of, low_of, mark_of = zeros(accounts), zeros(accounts), zeros(accounts)
    for number in range(accounts):
        high_of[number], low_of[number], mark_of[number] = rows.opening_high[number], rows.opening_low[number], CLEAN
    for row in range(count):
        source, high, low, payer, payee = (
            rows.source[row],
            rows.high[row],
            rows.low[row],
            rows.payer[row],
            rows.payee[row],
        )
        mark = CLEAN if source == OUTSIDE else source
        if source == BALANCE:
            mark = mark_of[payer]
            if less(high, low, high_of[payer], low_of[payer]):
                high_of[payer], low_of[payer] = minus(high_of[payer], low_of[payer], high, low)
            else:
                high_of[payer], low_of[payer], mark_of[payer] = 0, 0, CLEAN
        if mark != CLEAN:
            traced_high[row], traced_low[row] = high, low
        if rows.kept[row]:
            high_of[payee], low_of[payee] = plus(high_of[payee], low_of[payee], high, low)
            mark_of[payee] = mark if mark_of[payee] == CLEAN else mark_of[payee]
        elif mark != CLEAN:
            to_back(lists, accounts + payee, new_lot(lists, mark, high, low))
    for number in range(accounts):
        if mark_of[number] != CLEAN:
            to_back(lists, number, new_lot(lists, mark_of[number], high_of[number], low_of[number]))
    return listed(lists, accounts, rows.origins, traced_high, traced_low)
