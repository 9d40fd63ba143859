"""Conversions in the accounting: what comes out of one is what went in, by worked examples and for all cuts and orders.

Every unit of an output is heir to a unit that went in. tests/unit_by_unit.py states the rule in full and counts it;
tests/tracer/test_accounting.py tries it on thousands of worlds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.model import Address, Transfer, number_equal_rows
from tests.strategies import VICTIMS, account, transfer
from tracer.fold import Fold
from tracer.ledger import BALANCE, CONVERTED, OUTSIDE, Entry, Follow, Ledger
from tracer.lots import CLEAN, METHODS, Lot
from tracer.principal import principals

VICTIM = VICTIMS[0]
SHARE = "0xshare"
MULE = {account("mule"): Follow(0, 0), account("mule", SHARE): Follow(0, 0)}
every_method = pytest.mark.parametrize("method", METHODS)


def paid(who: str, amount: int, *, asset: str = "native", pot: int | None = 0, value: int = 1, to: str = "") -> Entry:
    """Somebody pays into a conversion, or somebody else beside it."""
    row = transfer(9, who, to or f"venue-{pot}", amount, asset=asset, tx="whole", tx_index=7)
    return Entry(row, pot=pot, value=value)


def came(who: str, amount: int, *, asset: str = SHARE, pot: int = 0, value: int = 1) -> Entry:
    """Somebody receives what came out of a conversion."""
    row = transfer(9, f"venue-{pot}", who, amount, asset=asset, tx="whole", tx_index=7)
    return Entry(row, pot=pot, out=True, value=value)


def entered(ledger: Ledger, *entries: Entry, height: int = 9) -> Ledger:
    """The ledger with one transaction that was read whole."""
    rows = [one.transfer._replace(tx=f"whole-{height}") for one in entries]
    moved = [row._replace(position=row.position._replace(height=height)) for row in number_equal_rows(rows)]
    seeded = [one._replace(transfer=row) for one, row in zip(entries, moved, strict=True)]
    return ledger.enter(seeded)


def income(*amounts: int) -> list[Transfer]:
    """What the mule received, one payment a block: a negative amount is clean, others are thefts."""
    return [
        transfer(height, VICTIM if amount > 0 else "clean", "mule", abs(amount))
        for height, amount in enumerate(amounts, start=1)
    ]


def ledger_of(rows: Sequence[Transfer], **follows: Follow) -> Ledger:
    """The ledger of these rows, each payment of the victim a theft, with the mule followed in both assets."""
    thefts = [row for row in rows if row.sender == VICTIM]
    seeds = {row.identity: number for number, row in enumerate(thefts)}
    return Ledger(seeds, {**MULE, **{account(who): follow for who, follow in follows.items()}}).add(rows)


def lots_of(fold: Fold, who: str, asset: str = SHARE) -> list[tuple[int, int]]:
    """Amount and theft (-1: clean) of the lots of a followed account, in order."""
    ledger = fold.ledger
    lots = fold.balances[ledger.numbers[account(who, asset)]]
    return [(lot.amount, CLEAN if lot.origin == CLEAN else ledger.theft(lot.origin)) for lot in lots]


def where(fold: Fold) -> dict[tuple[str, str, int], int]:
    """Stolen units by address, asset and theft."""
    found: dict[tuple[str, str, int], int] = {}
    for (_, who, asset), lots in fold.stolen_lots().items():
        for lot in lots:
            key = (who, asset, fold.ledger.theft(lot.origin))
            found[key] = found.get(key, 0) + lot.amount
    return found


def test_what_rows_a_conversion_has() -> None:
    """What was paid in stays in the conversion, what came out is paid by it; shares go by worth, not by amount."""
    ledger = ledger_of(income(10))
    entered(ledger, paid("mule", 4, value=3), paid("friend", 8, value=1), came("mule", 5, value=9), came("B", 2))
    assert ledger.source[1:] == [BALANCE, OUTSIDE, CONVERTED, CONVERTED]
    assert ledger.kept[1:] == [False, False, True, False]
    assert (ledger.inward, ledger.outward) == ({1: 0, 2: 0}, {3: 0, 4: 0})
    pot = ledger.pots[0]
    assert (pot.ins, pot.outs, pot.weights, pot.values) == ((1, 2), (3, 4), (6, 1), (9, 1))
    assert ledger.balance[ledger.numbers[account("mule")]] == 6
    assert ledger.balance[ledger.numbers[account("mule", SHARE)]] == 5


@every_method
def test_a_conversion_nobody_known_paid_for_is_clean_income(method: str) -> None:
    """What comes out of it is clean money to whoever is followed, and nothing to anybody else."""
    ledger = ledger_of(income(10))
    entered(ledger, paid("friend", 4), came("mule", 5), came("B", 2))
    assert ledger.source[1:] == [OUTSIDE]
    assert ledger.pots == []
    fold = Fold(ledger, method).run()
    assert where(fold) == {("mule", "native", 0): 10}
    assert lots_of(fold, "mule") == [(5, CLEAN)]


def test_origins_are_told_apart() -> None:
    """An origin made by a conversion is that of its row and its theft, and never a theft's own."""
    ledger = ledger_of(income(1, 2, 3))
    made = {(row, theft): ledger.origin(row, theft) for row in range(9) for theft in range(3)}
    assert len(set(made.values()) | {0, 1, 2}) == 30
    assert all(ledger.theft(origin) == theft for (_, theft), origin in made.items())
    assert [ledger.theft(theft) for theft in range(3)] == [0, 1, 2]


def test_an_output_has_the_mixture_in_its_order() -> None:
    """Of 6 clean units and 6 stolen ones behind them, 4 units are 2 clean ones and 2 stolen ones behind them."""
    fold = Fold(entered(ledger_of(income(-6, 10)), paid("mule", 12), came("mule", 4))).run()
    assert lots_of(fold, "mule") == [(2, CLEAN), (2, 0)]
    fold = Fold(fold.ledger, "lifo").run()
    # The ten stolen units left first, and then two clean ones: of 4 units, 3⅓ and ⅔. The last to come leaves first.
    assert lots_of(fold, "mule") == [(1, CLEAN), (3, 0)]


def test_units_stand_for_those_in_the_middle_of_their_part() -> None:
    """Two runs of one theft share its 3 units as they lie: of 1 and 5, the middles 1, 3 and 5 are in the second."""
    rows = income(1, -6, 5)
    ledger = Ledger({rows[0].identity: 0, rows[2].identity: 0}, MULE).add(rows)
    fold = Fold(entered(ledger, paid("mule", 12), came("mule", 6))).run()
    assert lots_of(fold, "mule") == [(3, CLEAN), (3, 0)]
    [flow] = [flow for flow in fold.flows if flow.row in fold.ledger.outward]
    assert fold.flows[fold.path(flow.lots[0].trail)[0]].transfer == rows[2]


def test_odd_units_go_to_the_largest_remainder() -> None:
    """Of 5, 3 and 2 units of three thefts, 4 units are 2, 1⅕ and ⅘: 2, 1 and 1; 1 unit is the first's."""
    for amount, expected in ((4, {0: 2, 1: 1, 2: 1}), (1, {0: 1}), (10, {0: 5, 1: 3, 2: 2}), (25, {0: 13, 1: 7, 2: 5})):
        fold = Fold(entered(ledger_of(income(5, 3, 2)), paid("mule", 10), came("mule", amount))).run()
        assert {theft: units for (units, theft) in lots_of(fold, "mule")} == expected, amount


def test_equal_remainders_go_to_what_came_first_whatever_its_number() -> None:
    """Between equal remainders the theft that is first in the line has the unit, also where its number is higher."""
    rows = income(1, 1)
    for numbers in ((0, 1), (1, 0)):
        seeds = dict(zip((row.identity for row in rows), numbers, strict=True))
        fold = Fold(entered(Ledger(seeds, MULE).add(rows), paid("mule", 2), came("mule", 1))).run()
        assert lots_of(fold, "mule") == [(1, numbers[0])]
        assert where(fold) == {("mule", SHARE, numbers[0]): 1, ("venue-0", "native", numbers[1]): 1}


@every_method
def test_what_is_not_worth_a_unit_stays_where_it_was_paid(method: str) -> None:
    """One stolen unit among a thousand has no part in an output of one unit, nor is it lost; poison marks all of it."""
    fold = Fold(entered(ledger_of(income(-999, 1)), paid("mule", 1000), came("mule", 1)), method).run()
    if METHODS[method].conserves:
        assert where(fold) == {("venue-0", "native", 0): 1}
        assert (fold.converted, fold.made) == ({}, {})
    else:
        assert where(fold) == {("mule", SHARE, 0): 1}


def test_inputs_share_by_worth() -> None:
    """Where 10 stolen units are worth three times as much as 20 clean ones of another asset, 6 of 8 are stolen."""
    ledger = ledger_of(income(10))
    entered(ledger, paid("friend", 20, asset="0xother", value=1), paid("mule", 10, value=3), came("mule", 8))
    assert lots_of(Fold(ledger).run(), "mule") == [(2, CLEAN), (6, 0)]


def test_what_is_worth_nothing_takes_no_part() -> None:
    """An input without worth has no part in what comes out, and rests; where nothing has any, each counts alike."""
    for mine, theirs, expected in ((0, 1, 0), (1, 0, 8), (0, 0, 4)):
        ledger = ledger_of(income(10))
        entered(ledger, paid("mule", 10, value=mine), paid("friend", 90, asset="0xother", value=theirs), came("B", 8))
        found = where(Fold(ledger).run())
        assert found == ({("B", SHARE, 0): expected} if expected else {("venue-0", "native", 0): 10}), (mine, theirs)


def test_a_lot_of_no_worth_is_no_lot() -> None:
    """An output as large as all that went in is worth gives the input without worth nothing, not a lot of nil units."""
    ledger = ledger_of(income(10))
    entered(ledger, paid("mule", 10, value=0), paid("friend", 5, asset="0xother", value=5), came("mule", 5))
    fold = Fold(ledger).run()
    assert lots_of(fold, "mule") == [(5, CLEAN)]
    assert where(fold) == {("venue-0", "native", 0): 10}


@every_method
def test_every_output_has_the_same_mixture(method: str) -> None:
    """To whomever it goes: a friend, a stranger or the victim; all stolen where only stolen money went in."""
    ledger = ledger_of(income(10))
    entered(ledger, paid("mule", 10), came("mule", 7), came("stranger", 1), came(VICTIM, 10**12, asset="0xother"))
    fold = Fold(ledger, method).run()
    assert where(fold) == {("mule", SHARE, 0): 7, ("stranger", SHARE, 0): 1, (VICTIM, "0xother", 0): 10**12}
    assert fold.converted == {(0, 0): 10}
    assert set(fold.made.values()) == {7, 1, 10**12}


@every_method
def test_without_an_output_it_waits_where_it_was_paid(method: str) -> None:
    """What went into a conversion of which nothing came out is with whoever took it, as it was."""
    fold = Fold(entered(ledger_of(income(10)), paid("mule", 4)), method).run()
    assert where(fold) == {("mule", "native", 0): 6, ("venue-0", "native", 0): 4}
    assert principals(fold.ledger, fold.tally()).whole == {0: 10}


@every_method
def test_a_theft_may_go_straight_into_a_conversion(method: str) -> None:
    """What the victim itself paid in, in two parts of one theft, comes out stolen."""
    first, second = paid(VICTIM, 6), paid(VICTIM, 4, asset="0xother")
    ledger = Ledger({first.transfer.identity: 0, second.transfer.identity: 0}, MULE)
    entered(ledger, first._replace(seed=0), second._replace(seed=0), came("mule", 3))
    fold = Fold(ledger, method).run()
    assert where(fold) == {("mule", SHARE, 0): 3}
    assert fold.converted == {(0, 0): 10}


@every_method
def test_a_fold_may_stop_between_two_outputs(method: str) -> None:
    """What has not come out yet is with whoever is to pay it: nothing is missing at any row."""
    ledger = entered(ledger_of(income(10)), paid("mule", 10), came("mule", 7), came("B", 3, asset="0xother"))
    fold = Fold(ledger, method).run(3)
    assert where(fold) == {("mule", SHARE, 0): 7, ("venue-0", "0xother", 0): 3}
    assert sum(principals(ledger, fold.tally()).held.values()) == 10
    assert where(fold.run()) == {("mule", SHARE, 0): 7, ("B", "0xother", 0): 3}


def test_highest_first_pays_a_conversion_like_anybody() -> None:
    """Of payments of one transaction the largest has the stolen units first, also where one goes into a conversion."""
    entries = [paid("mule", 3, pot=None, to="A"), paid("mule", 9), came("mule", 9)]
    ledger = entered(ledger_of(income(8, -4)), *entries)
    assert where(Fold(ledger).run()) == {("A", "native", 0): 3, ("mule", SHARE, 0): 5}
    assert where(Fold(ledger, highest_first=True).run()) == {("mule", SHARE, 0): 8}


def test_several_conversions_of_one_transaction() -> None:
    """Each has its own inputs, though paid from one balance in their order; one may pay with what another gave."""
    ledger = ledger_of(income(-5, 5))
    entered(ledger, paid("mule", 6, pot=0), paid("mule", 4, pot=1), came("mule", 6), came("B", 8, pot=1))
    assert where(Fold(ledger).run()) == {("mule", SHARE, 0): 1, ("B", SHARE, 0): 8}
    ledger = ledger_of(income(10))
    again = [paid("mule", 5, pot=1, asset=SHARE), came("B", 3, pot=1, asset="0xother")]
    entered(ledger, paid("mule", 10, pot=0), came("mule", 5), *again)
    assert where(Fold(ledger).run()) == {("B", "0xother", 0): 3}


def test_amounts_of_any_size() -> None:
    """Amounts and worths beyond any machine word are as exact as small ones."""
    huge = 2**256 - 1
    ledger = ledger_of(income(huge))
    friend = paid("friend", huge - 2, asset="0xother", value=2**300)
    entered(ledger, paid("mule", huge, value=2**300), friend, came("mule", huge), came("B", 2))
    assert where(Fold(ledger).run()) == {("mule", SHARE, 0): 2**255, ("B", SHARE, 0): 1}


PIECES = st.lists(
    st.tuples(st.sampled_from((CLEAN, 0, 1)), st.lists(st.integers(1, 9), min_size=1, max_size=4)),
    min_size=1,
    max_size=5,
)


@given(PIECES, st.sampled_from(list(METHODS)), st.integers(1, 60), st.lists(st.integers(1, 60), min_size=1, max_size=2))
def test_how_money_is_cut_makes_no_difference(
    pieces: list[tuple[int, list[int]]], method: str, amount: int, outs: list[int]
) -> None:
    """Whether money came in one payment or in many, as much of each theft comes out, in the same order."""
    runs = [
        (theft, [amount for _, part in run for amount in part]) for theft, run in groupby(pieces, lambda one: one[0])
    ]
    cut, whole = (
        _converted(parts, method, amount, outs) for parts in (runs, [(one, [sum(all_)]) for one, all_ in runs])
    )
    assert cut == whole


def _converted(runs: Iterable[tuple[int, list[int]]], method: str, amount: int, outs: list[int]) -> object:
    """Runs of what came out of a conversion of money that came so, and what is where."""
    numbered = [(theft, amount) for theft, amounts in runs for amount in amounts]
    rows = income(*(units for _, units in numbered))
    rows = [
        row if theft != CLEAN else row._replace(sender=Address("clean"))
        for row, (theft, _) in zip(rows, numbered, strict=True)
    ]
    seeds = {row.identity: theft for row, (theft, _) in zip(rows, numbered, strict=True) if theft != CLEAN}
    seeds[transfer(99, VICTIM, "nobody", 1).identity] = 1
    ledger = Ledger(seeds, MULE).add(rows)
    entered(ledger, paid("mule", amount), *(came("mule", units) for units in outs), height=80)
    fold = Fold(ledger, method).run()
    line = [(theft, units) for units, theft in (lots_of(fold, "mule") if outs and fold.ledger.pots else [])]
    return [(theft, sum(units for _, units in run)) for theft, run in groupby(line, lambda one: one[0])], where(fold)


@given(
    st.lists(st.tuples(st.integers(1, 10**20), st.integers(0, 9), st.integers(0, 10**20)), min_size=2, max_size=4),
    st.data(),
    st.integers(1, 10**20),
    st.sampled_from(list(METHODS)),
)
def test_order_of_inputs_matters_by_rounding_only(
    ins: list[tuple[int, int, int]], data: st.DataObject, amount: int, method: str
) -> None:
    """However the inputs of a conversion are listed, what comes out has as much of each theft, but for one unit.

    Which of its units leave first with the next payment does depend on it, where the method goes by order.
    """
    rows = [transfer(1, VICTIM, f"payer-{number}", units) for number, (units, _, _) in enumerate(ins)]
    follow = {f"payer-{number}": Follow(0, opening) for number, (_, _, opening) in enumerate(ins)}
    entries = [paid(f"payer-{number}", units, value=value) for number, (units, value, _) in enumerate(ins)]
    found = []
    for order in (entries, data.draw(st.permutations(entries))):
        fold = Fold(entered(ledger_of(rows, **follow), *order, came("B", amount)), method).run()
        found.append({theft: units for (who, asset, theft), units in where(fold).items() if asset == SHARE})
    assert all(abs(found[0].get(theft, 0) - found[1].get(theft, 0)) <= 1 for theft in {**found[0], **found[1]})


def test_lots_keep_their_trail_through_a_conversion() -> None:
    """What came out has the theft, what was paid in and what came out on its trail, in this order."""
    fold = Fold(entered(ledger_of(income(10)), paid("mule", 4), came("mule", 2))).run()
    [lot] = fold.balances[fold.ledger.numbers[account("mule", SHARE)]]
    assert lot == Lot(2, fold.ledger.origin(2, 0), lot.trail)
    assert [fold.flows[number].row for number in fold.path(lot.trail)] == [0, 1, 2]
