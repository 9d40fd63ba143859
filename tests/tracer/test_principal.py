"""The stolen principal that units stand for: conserved to the unit, divided by units, and by worth at a conversion.

tests/tracer/test_accounting.py has the same on thousands of worlds, and counts it unit by unit.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.model import Transfer
from tests.strategies import VICTIMS, World, account, ledgers, transfer
from tracer.fold import Fold
from tracer.ledger import Entry, Follow, Ledger
from tracer.lots import CONSERVING, METHODS
from tracer.principal import Principals, principals

VICTIM = VICTIMS[0]
SHARE = "0xshare"
ASSETS = ("native", SHARE)
ANY_CONSERVING = st.sampled_from(CONSERVING)
every_conserving = pytest.mark.parametrize("method", CONSERVING)
AMOUNTS = st.one_of(st.integers(1, 9), st.integers(1, 10**30))


def swap(height: int, who: str, paid: int, *came: tuple[str, int, int], back: bool = False) -> list[Entry]:
    """A conversion from one asset to the other, in a transaction of its own: to whom how much of what worth came."""
    given, taken = ASSETS[::-1] if back else ASSETS
    pay = transfer(height, who, "venue", paid, asset=given, tx=f"swap-{height}")
    return [
        Entry(pay, pot=0),
        *(
            Entry(transfer(height, "venue", to, units, asset=taken, tx=f"swap-{height}"), pot=0, out=True, value=worth)
            for to, units, worth in came
        ),
    ]


def ledger_of(*stolen: int, clean: int = 0) -> Ledger:
    """So many units stolen, each amount by a theft, behind clean ones; two people followed in both assets."""
    rows = [transfer(height, VICTIM, "mule", units) for height, units in enumerate(stolen, start=1)]
    seeds = {row.identity: number for number, row in enumerate(rows)}
    follow = {account(who, asset): Follow(0, 0) for who in ("mule", "mate") for asset in ASSETS}
    return Ledger(seeds, {**follow, account("mule"): Follow(0, clean)}).add(rows)


def told(ledger: Ledger, method: str = "fifo") -> dict[tuple[str, str, int], int]:
    """Principal by address, asset and theft."""
    found: dict[tuple[str, str, int], int] = {}
    for (number, origin), units in principal_of(ledger, method).held.items():
        _, who, asset = ledger.accounts[number]
        found[who, asset, ledger.theft(origin)] = found.get((who, asset, ledger.theft(origin)), 0) + units
    return found


def principal_of(ledger: Ledger, method: str = "fifo") -> Principals:
    """The principals of a whole ledger under a method."""
    return principals(ledger, Fold(ledger, method).run().tally())


@given(ledgers(assets=ASSETS), st.sampled_from(list(METHODS)))
def test_without_conversions_units_are_principal(world: World, method: str) -> None:
    """Where nothing changed its form, every unit stands for itself."""
    tally = Fold(world.ledger(), method).run().tally()
    found = principals(world.ledger(), tally)
    assert (found.held, found.converted) == (tally.held, {})
    assert found.whole == tally.by_origin()


@given(ledgers(assets=ASSETS, conversions=True), ANY_CONSERVING, st.booleans())
def test_principal_is_conserved(world: World, method: str, highest_first: bool) -> None:
    """Over all places, the principal of each theft is what was stolen in it, and nowhere less than nothing."""
    ledger = world.ledger()
    found = principals(ledger, Fold(ledger, method, highest_first).run().tally())
    sums: dict[int, int] = {}
    for (_, origin), units in found.held.items():
        assert units >= 0
        sums[ledger.theft(origin)] = sums.get(ledger.theft(origin), 0) + units
    assert sums == world.stolen()


def test_worked_by_hand() -> None:
    """Of 100 stolen units behind 50 clean ones, 90 are paid for 1,000, of which 500 are paid for 77.

    40 of the 90 are stolen, and 444 of the 1,000 are (4/9): in their order, the first 500 have none of these, for 556
    are clean. Paid last in first out, all 90 are stolen, all 1,000, and all 77, which stand for 45.
    """
    ledger = ledger_of(100, clean=50)
    ledger.enter(swap(5, "mule", 90, ("mule", 1000, 1))).enter(swap(6, "mule", 500, ("mate", 77, 1), back=True))
    assert told(ledger) == {("mule", "native", 0): 60, ("mule", SHARE, 0): 40}
    assert told(ledger, "lifo") == {("mule", "native", 0): 10, ("mule", SHARE, 0): 45, ("mate", "native", 0): 45}
    found = principal_of(ledger, "lifo")
    assert found.converted == {(0, 0): 90, (1, ledger.origin(2, 0)): 45}
    assert found.whole == {0: 100, ledger.origin(2, 0): 90, ledger.origin(4, 0): 45}


@given(st.lists(AMOUNTS, min_size=1, max_size=5), AMOUNTS, st.sampled_from(list(METHODS)))
def test_there_and_back_is_as_before(stolen: list[int], amount: int, method: str) -> None:
    """Without clean money, converting as much as there is into as much, and back, leaves every theft its principal.

    So does any amount between, however small, where there is one theft.
    """
    whole = sum(stolen)
    ledger = ledger_of(*stolen)
    ledger.enter(swap(8, "mule", whole, ("mule", whole, 1))).enter(
        swap(9, "mule", whole, ("mule", whole, 1), back=True)
    )
    if METHODS[method].conserves:
        assert told(ledger, method) == {("mule", "native", theft): units for theft, units in enumerate(stolen)}
    one = ledger_of(whole)
    one.enter(swap(8, "mule", whole, ("mule", amount, 1))).enter(swap(9, "mule", amount, ("mule", whole, 1), back=True))
    assert told(one, method) == {("mule", "native", 0): whole}


@given(
    st.lists(AMOUNTS, min_size=1, max_size=4),
    st.lists(st.tuples(AMOUNTS, AMOUNTS, AMOUNTS, st.integers(0, 3)), min_size=1, max_size=10),
    AMOUNTS,
    ANY_CONSERVING,
)
def test_a_long_chain_loses_nothing(
    stolen: list[int], steps: list[tuple[int, int, int, int]], clean: int, method: str
) -> None:
    """Through ten conversions to and fro, two outputs each, every theft's principal is all there."""
    ledger = ledger_of(*stolen, clean=clean)
    for number, (paid, mine, theirs, worth) in enumerate(steps):
        came = (("mule", mine, 1), ("mate", theirs, worth))
        ledger.enter(swap(10 + number, "mule", paid, *came, back=bool(number % 2)))
    sums = dict.fromkeys(range(len(stolen)), 0)
    for (_, _, theft), units in told(ledger, method).items():
        sums[theft] += units
    assert sums == dict(enumerate(stolen))


@given(AMOUNTS, AMOUNTS, ANY_CONSERVING)
def test_what_only_stolen_money_paid_for_is_all_stolen(stolen: int, amount: int, method: str) -> None:
    """All of the output is stolen and stands for what went in, however much or little of it there is."""
    ledger = ledger_of(stolen).enter(swap(8, "mule", stolen, ("mate", amount, 1)))
    assert Fold(ledger, method).run().tally().by_account() == {ledger.numbers[account("mate", SHARE)]: amount}
    assert told(ledger, method) == {("mate", SHARE, 0): stolen}


@every_conserving
def test_outputs_divide_by_worth_not_by_units(method: str) -> None:
    """Of 100, an output of 1 unit worth three times that of 10**12 units stands for 75; without any worth, for 50."""
    for worths, expected in (((3, 1), (75, 25)), ((0, 0), (50, 50)), ((1, 0), (100, 0)), ((2**300, 2**300), (50, 50))):
        came = (("mule", 1, worths[0]), ("mate", 10**12, worths[1]))
        ledger = ledger_of(100).enter(swap(8, "mule", 100, *came))
        assert told(ledger, method) == {("mule", SHARE, 0): expected[0], ("mate", SHARE, 0): expected[1]}


def test_an_output_without_a_unit_of_it_stands_for_nothing() -> None:
    """Of one stolen unit among ten, an output of one unit has no part, and the other all of the principal."""
    ledger = ledger_of(1, clean=9).enter(swap(8, "mule", 10, ("mule", 1, 9), ("mate", 10, 1)))
    assert told(ledger) == {("mate", SHARE, 0): 1}


def test_thefts_of_one_conversion_keep_their_own() -> None:
    """Each theft's principal is divided over its own units: 8 units for 30 and 10 are 6 for 30 and 2 for 10."""
    ledger = ledger_of(30, 10).enter(swap(8, "mule", 40, ("mule", 8, 1)))
    ledger.add([transfer(9, "mule", "mate", 3, asset=SHARE)])
    assert told(ledger) == {("mule", SHARE, 0): 15, ("mule", SHARE, 1): 10, ("mate", SHARE, 0): 15}


def paid_on(*more: Transfer) -> Ledger:
    """Ten stolen units as four, of which three people outside received one each, and other rows before that."""
    ledger = ledger_of(10)
    ledger.follow = {**ledger.follow, account("stranger", SHARE): Follow(0, 50)}
    ledger.add(more).enter(swap(8, "mule", 10, ("mule", 4, 1)))
    return ledger.add([transfer(9, "mule", who, 1, asset=SHARE, index=place) for place, who in enumerate("ABC")])


@every_conserving
def test_odd_units_go_to_whom_stolen_units_came_first(method: str) -> None:
    """Four units stand for 2½ each: the two odd ones go to whoever stolen units came to first.

    That is the same whatever else was read, though it names accounts in another order.
    """
    expected = {("mule", SHARE, 0): 3, ("A", SHARE, 0): 3, ("B", SHARE, 0): 2, ("C", SHARE, 0): 2}
    assert told(paid_on(), method) == expected
    others = [transfer(7, "stranger", who, 1, asset=SHARE, index=place) for place, who in enumerate("CB")]
    assert told(paid_on(*others), method) == expected


def test_parts_of_one_place() -> None:
    """What units of one origin at one place stand for is divided over parts of them, also where it is more."""
    ledger = ledger_of(100).enter(swap(8, "mule", 100, ("mule", 6, 1)))
    found, mule = principal_of(ledger), ledger.numbers[account("mule", SHARE)]
    origin = ledger.origin(2, 0)
    assert found.part(mule, origin, {7: 3, 8: 2, 9: 1}) == {7: 50, 8: 33, 9: 17}
    assert found.part(mule, origin, {7: 6}) == {7: 100}


def test_poison_has_more_than_was_stolen() -> None:
    """Under poison units are not conserved, so neither is what they stand for."""
    ledger = ledger_of(10, clean=90).enter(swap(8, "mule", 50, ("mate", 5, 1)))
    assert told(ledger, "poison") == {("mule", "native", 0): 50, ("mate", SHARE, 0): 50}
