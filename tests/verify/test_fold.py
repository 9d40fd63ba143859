"""The checker's own fold: every worked table of docs/method.md comes out of it."""

from __future__ import annotations

import random
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import pytest

from tests.verify.checker import checker
from tests.verify.fold_worlds import CHAIN, METHODS, PAGE, M, World, example, number, swapped, tables


def stolen(lots: Iterable[tuple[int, int]]) -> int:
    return sum(amount for amount, form in lots if form >= 0)


def balance_in_words(method: str, folded: Any) -> list[str]:
    """What the account holds, what leaves next first: by drawing all of it."""
    held = folded.balances[CHAIN, M, "D"]
    whole = 10_000_000
    drawn = [lot for lot in held.draw(whole) if lot[0]]
    spare = whole - {1: 2, 2: 5, 3: 10, 4: 6, 5: 2}[len(folded.lots)] * 1_000_000
    if spare and method != "poison":
        amount, form = drawn.pop()
        assert form < 0
        if amount > spare:
            drawn.append((amount - spare, form))
    merged: list[list[int]] = []
    for amount, form in drawn:
        if merged and merged[-1][1] == form:
            merged[-1][0] += amount
        else:
            merged.append([amount, form])
    if method == "poison":
        merged[0][0] -= spare
    return [f"{amount:,} {'stolen' if form >= 0 else 'clean'}" for amount, form in merged]


@pytest.mark.parametrize("method", METHODS)
def test_every_step_of_the_worked_sum(method: str) -> None:
    """After each movement the balance, and what was stolen in the movement, are what the page's table says."""
    rows = tables(f"#### `{method}`")[0][1:]
    assert len(rows) == 5
    for step, _, carried, balance in rows:
        folded = example(int(step)).fold(method)
        assert stolen(folded.lots[-1]) == number(carried), step
        assert ", ".join(balance_in_words(method, folded)) == balance, step


def test_side_by_side() -> None:
    """A, B and what is held are what the page says under every method, and add up to its sum."""
    table = tables("### Side by side")[0]
    assert [row[0] for row in table[1:]] == list(METHODS)
    for method, *cells in table[1:]:
        units = example().fold(method).units()
        found = [units.get((CHAIN, who, "D"), 0) for who in ("A", "B", M)]
        assert [*found, sum(found)] == [number(cell) for cell in cells], method


def test_pro_rata_with_remainders() -> None:
    """Both tables of rounding come out, share by share, with what is left."""
    first, second = tables("### Pro rata with remainders")
    world = World()
    world.held(M, "D", 4)
    world.pay("V", M, 3)
    world.pay("V", M, 3)
    balance = world.fold("pro_rata").balances[CHAIN, M, "D"]
    for table, paid in ((first, 5), (second, 4)):
        parts = {form: amount for amount, form in balance.draw(paid)}
        for form, row in enumerate(table[1:], -1):
            assert parts.get(form, 0) == number(row[6]), row
            assert balance.shares.get(form, 0) == number(row[7]), row


def test_highest_first() -> None:
    """What A and B receive in order, and highest first, is what the page says under every method."""
    table = tables("### Highest first within one transaction (TIHO): `--highest-first`")[0]
    assert [row[0] for row in table[1:]] == list(METHODS)
    for method, *cells in table[1:]:
        found = []
        for highest in (False, True):
            world = example(3)
            world.pay(M, "A", 4_000_000, tx="one")
            world.pay(M, "B", 5_000_000, tx="one")
            units = world.fold(method, highest_first=highest).units()
            found += [units.get((CHAIN, who, "D"), 0) for who in ("A", "B")]
        assert found == [number(cell) for cell in cells], method


def test_another_payer_parts_a_group() -> None:
    """Payments of one account are not made together where another followed account pays the asset in between."""
    world = World((M, "N"))
    world.pay("V", M, 5)
    for payer in (M, "N", M):
        world.pay(payer, "A", 1, tx="one")
    world.pay(M, "A", 1, tx="one")
    assert world.v._fold_groups(world.case) == {3: [3, 4], 4: [3, 4]}


def test_the_worked_conversion() -> None:
    """Stolen units in each payment, where they are at the end and what they stand for: both tables of the page."""
    payments, ends = tables("### A worked example")[:2]
    assert [row[0] for row in payments[1:]] == [row[0] for row in ends[1:]] == list(METHODS)
    for method, *cells in payments[1:]:
        folded = swapped().fold(method)
        assert [stolen(folded.lots[n]) for n in (4, 6, 7, 8)] == [number(cell) for cell in cells], method
    for method, *cells in ends[1:]:
        world = swapped()
        folded = world.fold(method)
        units, worth = folded.units(), world.worth(folded)
        at = [(units.get((CHAIN, M, asset), 0), sum(worth.at.get((CHAIN, M, asset), {}).values())) for asset in "DPE"]
        stands = [part for _, part in at]
        assert [at[0][0], *at[1], *at[2], sum(stands)] == [number(cell) for cell in cells], method


def test_the_order_in_which_a_conversion_gives_out() -> None:
    """The 240 P come out as 40 clean, 120 stolen, 80 clean, as the page says under first in, first out."""
    lots = swapped().fold("fifo").lots[6]
    assert [(amount, form >= 0) for amount, form in lots] == [(40, False), (120, True), (80, False)]
    assert "They come out as 40 clean, 120 stolen, 80 clean." in PAGE


def test_principal_of_four_places() -> None:
    """Of 4 units that stand for 10, the two places that were reached first have 3 each, the others 2 each."""
    assert "The two that were reached first have 3 each, the others 2 each." in " ".join(PAGE.split())
    world = World(assets=("D", "P"))
    world.pay("V", M, 10)
    world.convert([("D", 10, 1)], [("P", 4)])
    for who in "WXYZ":
        world.pay(M, who, 1, "P")
    worth = world.worth(world.fold("fifo"))
    assert [worth.at[CHAIN, who, "P"][0] for who in "WXYZ"] == [3, 3, 2, 2]


def test_too_little_for_a_unit_rests_where_it_was_paid() -> None:
    """A theft that gets no unit of what came out lies at the venue, and what it stands for with it."""
    world = World(assets=("D", "P"))
    world.pay("V", M, 1)
    world.pay("V", M, 99)
    world.convert([("D", 100, 1)], [("P", 3)])
    folded = world.fold("fifo")
    assert folded.units() == {(CHAIN, "pool", "D"): 1, (CHAIN, M, "P"): 3}
    assert world.worth(folded).at == {(CHAIN, "pool", "D"): {0: 1}, (CHAIN, M, "P"): {1: 99}}


def test_pro_rata_keeps_forms_of_one_theft_apart() -> None:
    """Units of one theft that came unconverted and converted are two shares, and leave in proportion."""
    world = World(assets=("D", "P"))
    world.pay("V", M, 100)
    world.convert([("D", 50, 1)], [("P", 50)])
    world.convert([("P", 50, 1)], [("D", 10)])
    world.pay(M, "A", 30)
    folded = world.fold("pro_rata")
    assert sorted(folded.lots[-1]) == [(5, 2), (25, 0)]
    assert world.worth(folded).at[CHAIN, "A", "D"] == {0: 50}


def test_middle_units_one_by_one() -> None:
    """Counting by formula gives what placing every single unit at the middle of its equal part gives."""
    draw = random.Random(7)
    for _ in range(300):
        line = [[draw.randrange(-1, 2), draw.randrange(1, 12)] for _ in range(draw.randrange(1, 6))]
        lengths: dict[int, int] = {}
        for theft, length in line:
            lengths[theft] = lengths.get(theft, 0) + length
        shares = {theft: draw.randrange(0, 15) for theft in lengths}
        forms = {theft: theft for theft in lengths if theft >= 0}
        found = [form for n, form in checker()._FoldSum._lined_up(line, lengths, shares, forms) for _ in range(n)]
        assert found == one_by_one(line, lengths, shares)


def one_by_one(line: list[list[int]], lengths: dict[int, int], shares: dict[int, int]) -> list[int]:
    """Every unit at the middle of its part of its theft's pieces, then all units by where that is in the line."""
    placed: list[tuple[Fraction, int]] = []
    for theft, share in shares.items():
        for unit in range(share):
            left, start = Fraction(lengths[theft] * (2 * unit + 1), 2 * share), 0
            for owner, length in line:
                if owner == theft and left < length:
                    placed.append((start + left, theft))
                    break
                left -= length if owner == theft else 0
                start += length
    return [theft for _, theft in sorted(placed)]


def test_fees_stand_for_what_their_payer_had() -> None:
    """Two payers of fees, one of stolen coins and one of what a swap brought: each fee stands for its own payer's."""
    world = World((M, "N"), assets=("native", "P"))
    world.pay("V", M, 10, "native")
    world.pay("V", "N", 10, "P")
    world.convert([("P", 10, 1)], [("native", 20)], owner="N")
    world.pay(M, "fee", 1, "native")
    world.pay("N", "fee", 2, "native")
    folded = world.fold("fifo")
    assert folded.fees_paid() == {(CHAIN, M, "native"): 1, (CHAIN, "N", "native"): 2}
    assert world.worth(folded).fees == {(CHAIN, M, "native"): {0: 1}, (CHAIN, "N", "native"): {1: 1}}


def test_openings_of_the_page() -> None:
    """Both examples of opening balances: from a balance, and the smallest one that the payments prove."""
    v = checker()
    known = v.Account(CHAIN, M, "D", 5, 3_000_000, (), v.Held(4_000_000, None, 1), None)
    assert v._fold_openings(known, [(6, 6_000_000), (7, -5_000_000)], []) == [3_000_000]
    weak = v.Account(CHAIN, M, "D", 5, 2_000_000, ("not known",), None, None)
    assert v._fold_openings(weak, [], [3_000_000, -5_000_000])[0] == 2_000_000
    assert "opened with 4,000,000 − 6,000,000 + 5,000,000 = 3,000,000" in PAGE
    assert "The smallest opening is 2,000,000." in PAGE
