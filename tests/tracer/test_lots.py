"""What leaves a mixed balance under each method, worked by hand, and that no method invents or loses a unit."""

from __future__ import annotations

import itertools
from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer.lots import (
    CLEAN,
    CONSERVING,
    DEFAULT_METHOD,
    METHODS,
    NO_TRAIL,
    Balance,
    Lot,
    Poison,
    apportion,
)

STOLEN = st.builds(Lot, st.integers(1, 10**20), st.integers(0, 3), st.integers(0, 9))
UNTAINTED = st.integers(1, 10**20).map(lambda amount: Lot(amount, CLEAN, NO_TRAIL))
PAYMENTS = st.lists(st.lists(st.one_of(STOLEN, UNTAINTED), min_size=1, max_size=4), max_size=8)


def clean(amount: int) -> Lot:
    """Units that are not stolen."""
    return Lot(amount, CLEAN, NO_TRAIL)


def filled(method: str, *lots: Lot) -> Balance:
    """A balance that each of these lots came to alone, in this order."""
    balance = METHODS[method].balance()
    for lot in lots:
        if lot.origin == CLEAN:
            balance.put_clean(lot.amount)
        else:
            balance.put([lot])
    return balance


def units(lots: list[Lot]) -> Counter[tuple[int, int]]:
    """Units by origin and trail."""
    found: Counter[tuple[int, int]] = Counter()
    for amount, origin, trail in lots:
        found[origin, trail] += amount
    return found


@pytest.mark.parametrize("method", CONSERVING)
@given(payments=PAYMENTS, amount=st.integers(0, 10**21))
def test_draw_and_rest_make_the_whole(method: str, payments: list[list[Lot]], amount: int) -> None:
    """What leaves and what stays is what was there, origin by origin and trail by trail; what is missing is clean."""
    balance = METHODS[method].balance()
    for payment in payments:
        balance.put(payment)
    there = [lot for payment in payments for lot in payment]
    missing = max(0, amount - sum(lot.amount for lot in there))
    drawn = balance.draw(amount)
    assert units([*drawn, *balance]) == units([*there, clean(missing)] if missing else there)
    assert sum(lot.amount for lot in drawn) == amount
    assert all(lot.amount > 0 for lot in [*drawn, *balance])


@given(PAYMENTS, st.integers(1, 10**21))
def test_poison_draws_what_is_asked(payments: list[list[Lot]], amount: int) -> None:
    """Under poison a payment is as large as asked, what stays is the rest, and either all of it is marked or none."""
    balance = Poison()
    for payment in payments:
        balance.put(payment)
    there = [lot for payment in payments for lot in payment]
    mark = next(((lot.origin, lot.trail) for lot in there if lot.origin != CLEAN), (CLEAN, NO_TRAIL))
    rest = max(0, sum(lot.amount for lot in there) - amount)
    assert balance.draw(amount) == [Lot(amount, *mark)]
    assert list(balance) == ([Lot(rest, *mark)] if rest else [])


@pytest.mark.parametrize("method", CONSERVING)
def test_drawing_nothing_changes_nothing(method: str) -> None:
    """An amount of zero takes nothing, from a full balance and from an empty one."""
    balance = filled(method, Lot(2, 0, 0), clean(3))
    before = list(balance)
    assert balance.draw(0) == []
    assert list(balance) == before
    assert METHODS[method].balance().draw(0) == []


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("amounts", list(itertools.product((1, 3), repeat=4)))
def test_ways_change_no_figure(method: str, amounts: tuple[int, ...]) -> None:
    """Without the ways of units, as many of each origin leave and stay: a lot without a way may be stolen."""
    found = []
    for ways in ((7, 8), (NO_TRAIL, NO_TRAIL)):
        first, second, third, fourth = amounts
        balance = filled(method, clean(1), Lot(first, 0, ways[0]), clean(second), Lot(third, 1, ways[1]))
        draws = [balance.draw(2)]
        balance.put([clean(1), Lot(fourth, 2, ways[0]), clean(2)])
        balance.put_clean(1)
        draws += [balance.draw(3), balance.draw(1), list(balance)]
        found.append([[(lot.amount, lot.origin) for lot in lots] for lots in draws])
    assert found[0] == found[1]


def test_fifo_oldest_first() -> None:
    """The oldest lot leaves first and is split where the amount ends."""
    balance = filled("fifo", clean(2), Lot(3, 0, 7), clean(5))
    assert balance.draw(4) == [clean(2), Lot(2, 0, 7)]
    assert list(balance) == [Lot(1, 0, 7), clean(5)]


def test_lifo_newest_first() -> None:
    """The newest lot leaves first; of one payment's lots the one that left its payer last is the newest."""
    balance = filled("lifo", clean(2), Lot(3, 0, 7), clean(5))
    assert balance.draw(6) == [clean(5), Lot(1, 0, 7)]
    balance.put([Lot(1, 1, 8), clean(1), Lot(1, 2, 9)])
    assert balance.draw(4) == [Lot(1, 2, 9), clean(1), Lot(1, 1, 8), Lot(1, 0, 7)]
    assert list(balance) == [Lot(1, 0, 7), clean(2)]


def test_clean_first_spares_the_stolen_units() -> None:
    """All clean units leave before the first stolen one, whenever they came; then the oldest stolen one."""
    balance = filled("clean_first", Lot(3, 0, 7), clean(2), Lot(4, 1, 8), clean(1))
    assert balance.draw(2) == [clean(2)]
    assert balance.draw(5) == [clean(1), Lot(3, 0, 7), Lot(1, 1, 8)]
    balance.put([Lot(1, 2, 9), clean(6)])
    assert list(balance) == [clean(6), Lot(3, 1, 8), Lot(1, 2, 9)]


def test_tainted_first_spends_the_stolen_units() -> None:
    """All stolen units leave before the first clean one, whenever they came, the oldest first."""
    balance = filled("tainted_first", clean(2), Lot(3, 0, 7), clean(1), Lot(4, 1, 8))
    assert list(balance) == [Lot(3, 0, 7), Lot(4, 1, 8), clean(3)]
    assert balance.draw(8) == [Lot(3, 0, 7), Lot(4, 1, 8), clean(1)]
    balance.put([clean(1), Lot(1, 2, 9), clean(4)])
    assert list(balance) == [Lot(1, 2, 9), clean(7)]


def test_tainted_first_holds_only_what_came() -> None:
    """Where nothing clean ever came there is no clean lot, and where nothing stolen did there is only that."""
    assert list(filled("tainted_first", Lot(3, 0, 7))) == [Lot(3, 0, 7)]
    assert list(filled("tainted_first", clean(3), clean(4))) == [clean(7)]


def test_pro_rata_draws_of_everything() -> None:
    """A payment has of every origin its part, rounded down, and one more where the remainder is largest."""
    balance = filled("pro_rata", clean(2), Lot(3, 0, 7), clean(5))
    # Of 10 units 3 are stolen: 4 are 2.8 clean and 1.2 stolen.
    assert balance.draw(4) == [clean(3), Lot(1, 0, 7)]
    # Of 6 units 2 are stolen: 5 are 3⅓ clean and 1⅔ stolen.
    assert balance.draw(5) == [clean(3), Lot(2, 0, 7)]
    assert list(balance) == [clean(1)]


def test_pro_rata_ties_go_to_the_smaller_origin() -> None:
    """Between equal remainders the smaller origin gets the unit, and clean units are the smallest of all."""
    assert filled("pro_rata", Lot(1, 2, 0), Lot(1, 1, 0)).draw(1) == [Lot(1, 1, 0)]
    assert filled("pro_rata", Lot(1, 0, 0), clean(1)).draw(1) == [clean(1)]
    balance = filled("pro_rata", Lot(1, 2, 0), Lot(1, 0, 0), clean(1), Lot(1, 1, 0))
    assert balance.draw(3) == [clean(1), Lot(1, 0, 0), Lot(1, 1, 0)]


def test_pro_rata_keeps_ways_first_in_first_out() -> None:
    """Of one origin's units, those leave first that came first; what came by one way is one lot."""
    balance = filled("pro_rata", Lot(2, 0, 5), Lot(2, 0, 5), Lot(3, 0, 6), Lot(1, 0, 5))
    assert list(balance) == [Lot(4, 0, 5), Lot(3, 0, 6), Lot(1, 0, 5)]
    assert balance.draw(5) == [Lot(4, 0, 5), Lot(1, 0, 6)]


def test_pro_rata_makes_up_what_is_missing() -> None:
    """A payment larger than the balance takes all there is, and clean units for the rest; then nothing is there."""
    balance = filled("pro_rata", Lot(2, 0, 5), clean(1))
    assert balance.draw(4) == [clean(1), Lot(2, 0, 5), clean(1)]
    assert list(balance) == []
    assert balance.draw(3) == [clean(3)]


def test_poison_marks_until_the_balance_is_nil() -> None:
    """One stolen unit marks all that is there and all that comes, until nothing is left; then the slate is clean."""
    balance = filled("poison", clean(2), Lot(1, 0, 7), clean(5), Lot(1, 1, 8))
    assert list(balance) == [Lot(9, 0, 7)]
    assert balance.draw(8) == [Lot(8, 0, 7)]
    assert balance.draw(1) == [Lot(1, 0, 7)]
    assert list(balance) == []
    balance.put_clean(3)
    assert balance.draw(1) == [clean(1)]
    balance.put([Lot(1, 1, 8)])
    assert balance.draw(2) == [Lot(2, 1, 8)]


def test_poison_keeps_its_first_mark_without_ways() -> None:
    """Where no ways are kept, it is the first theft's units that mark a balance as well."""
    balance = filled("poison", Lot(1, 0, NO_TRAIL), Lot(1, 1, NO_TRAIL))
    assert list(balance) == [Lot(2, 0, NO_TRAIL)]


def test_poison_marks_a_shortage() -> None:
    """What a marked balance pays beyond what is there is marked too, and that ends the mark."""
    balance = filled("poison", Lot(2, 0, 7))
    assert balance.draw(5) == [Lot(5, 0, 7)]
    assert balance.draw(5) == [clean(5)]


@pytest.mark.parametrize("method", ["fifo", "lifo", "clean_first"])
def test_clean_units_in_a_row_are_one_lot(method: str) -> None:
    """Clean income in a row is one lot, so that a long clean history costs no memory."""
    assert list(filled(method, clean(1), clean(2), clean(3))) == [clean(6)]


@pytest.mark.parametrize("method", CONSERVING)
def test_a_shortage_is_clean(method: str) -> None:
    """What a balance pays beyond what is there is clean, under every method that conserves, and nothing stays."""
    balance = filled(method, Lot(2, 0, 7))
    assert balance.draw(5) == [Lot(2, 0, 7), clean(3)]
    assert list(balance) == []


SHARES = st.dictionaries(st.integers(-1, 5), st.integers(1, 10**30), min_size=1)


@given(SHARES, st.data())
def test_parts_are_whole_and_add_up(shares: dict[int, int], data: st.DataObject) -> None:
    """Parts add up, each is its exact share rounded down or up, none is nil, and none exceeds what is there."""
    whole = sum(shares.values())
    amount = data.draw(st.integers(0, whole))
    parts = apportion(amount, shares)
    assert sum(parts.values()) == amount
    assert all(part > 0 for part in parts.values())
    assert list(parts) == sorted(parts)
    for key, share in shares.items():
        exact = Fraction(amount * share, whole)
        assert exact - 1 < parts.get(key, 0) < exact + 1
        assert parts.get(key, 0) <= share


@given(SHARES, st.data())
def test_the_largest_remainders_are_rounded_up(shares: dict[int, int], data: st.DataObject) -> None:
    """Whoever was rounded up had a larger remainder than whoever was rounded down, or the same and a smaller key."""
    whole = sum(shares.values())
    amount = data.draw(st.integers(0, whole))
    parts = apportion(amount, shares)
    remainders = {key: Fraction(amount * share % whole, whole) for key, share in shares.items()}
    up = [key for key in shares if parts.get(key, 0) > amount * shares[key] // whole]
    down = [key for key in shares if key not in up]
    assert all((-remainders[one], one) < (-remainders[other], other) for one in up for other in down)


def test_parts_worked_by_hand() -> None:
    """7 among 1 : 2 : 3 are 1⅙, 2⅓, 3½: the half is rounded up. Of equal remainders the first two keys are."""
    assert apportion(7, {4: 10, 5: 20, 6: 30}) == {4: 1, 5: 2, 6: 4}
    assert apportion(2, {3: 1, -1: 1, 0: 1}) == {-1: 1, 0: 1}
    assert apportion(3, {3: 1, -1: 1, 0: 1}) == {-1: 1, 0: 1, 3: 1}
    assert apportion(0, {}) == {}


def test_the_methods_by_name() -> None:
    """Six methods, of which all but poison conserve; first in, first out is the one taken unless told otherwise."""
    assert tuple(METHODS) == ("fifo", "lifo", "pro_rata", "clean_first", "tainted_first", "poison")
    assert CONSERVING == ("fifo", "lifo", "pro_rata", "clean_first", "tainted_first")
    assert DEFAULT_METHOD == "fifo"
    assert all(method.name == name for name, method in METHODS.items())
