"""What docs/method.md says of its methods and bounds beyond their rules: each claimed property, on made-up cases."""

from __future__ import annotations

import random
from collections import Counter
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from chains.model import Transfer, number_equal_rows
from tests.strategies import VICTIMS, World, account, ledgers, transfer
from tests.tracer.test_conversions_fold import came, entered, paid
from tracer.bounds import Bound, networks
from tracer.fold import Fold
from tracer.ledger import Follow, Identity, Ledger, opening_balance
from tracer.lots import CLEAN, CONSERVING, METHODS, Lot
from tracer.timeline import Sink

ENDS: Final = (("victim", "holder"), ("bank", "holder"), ("holder", "A"), ("holder", "B"), ("holder", "C"))
"""Who pays whom in a transaction with several payments."""


@given(ledgers())
def test_poison_reaches_whoever_another_method_reaches(made: World) -> None:
    """As its properties say: who received stolen units under any other method did so under poison."""
    ledger = made.ledger()
    carried = {method: Fold(ledger, method, trails=False).run().tally().traced for method in METHODS}
    for method in CONSERVING:
        assert all(poison for poison, units in zip(carried["poison"], carried[method], strict=True) if units)


def test_a_conversion_may_round_away_what_poison_reaches() -> None:
    """And the exception its properties name: thefts that poison tells apart can each be too small for a single unit."""
    one, two = account("one"), account("two")
    rows = [
        transfer(1, VICTIMS[0], "one", 3),
        transfer(2, VICTIMS[1], "two", 1),
        transfer(3, VICTIMS[0], "two", 2),
        transfer(4, "two", "friend", 1),
    ]
    seeds = {rows[0].identity: 0, rows[1].identity: 1, rows[2].identity: 0}
    ledger = Ledger(seeds, {one: Follow(0, 0), two: Follow(0, 0)}).add(rows)
    ins = [paid(who, units, value=units) for who, units in (("one", 3), ("two", 2), ("stranger", 4))]
    entered(ledger, *ins, came("someone", 1))
    out = {method: Fold(ledger, method).run().tally().traced[-1] for method in ("fifo", "poison")}
    assert out == {"fifo": 1, "poison": 0}


@given(st.lists(st.tuples(st.sampled_from(["stolen", "clean", "paid"]), st.integers(1, 30)), max_size=20))
def test_clean_first_never_holds_more_than_the_lowest_balance_since(moves: list[tuple[str, int]]) -> None:
    """As its properties say: the lowest intermediate balance caps what is left of the stolen units that had come."""
    balance = METHODS["clean_first"].balance()
    lowest = 0
    for what, amount in moves:
        if what == "stolen":
            balance.put([Lot(amount, 0, 0)])
            lowest += amount
        elif what == "clean":
            balance.put_clean(amount)
        else:
            balance.draw(amount)
        lowest = min(lowest, sum(lot.amount for lot in balance))
        assert sum(lot.amount for lot in balance if lot.origin != CLEAN) == lowest


def test_highest_first_moves_no_stolen_unit_to_another_transaction() -> None:
    """As its properties say: which payment of a transaction carries them changes, not how many leave with it."""
    changed = 0
    for seed in range(300):
        ledger = batches(random.Random(seed))
        for method in (one for one in CONSERVING if one != "pro_rata"):
            plain, first = (Fold(ledger, method, highest).run().tally().traced for highest in (False, True))
            assert by_transaction(ledger, plain) == by_transaction(ledger, first), (seed, method)
            changed += plain != first
    assert changed > 300


def batches(draw: random.Random) -> Ledger:
    """One account that receives stolen and clean units and pays several at once, now and then more than it has."""
    rows = [
        transfer(height, *draw.choice(ENDS), draw.randint(1, 20), index=index, tx=f"tx-{height}")
        for height in range(draw.randint(3, 8))
        for index in range(draw.randint(1, 4))
    ]
    rows = number_equal_rows(rows)
    thefts = (one for one in rows if one.sender == "victim")
    seeds = {one.identity: place for place, one in enumerate(thefts)}
    return Ledger(seeds, {account("holder"): Follow(0, draw.randint(0, 9))}).add(rows)


def by_transaction(ledger: Ledger, traced: list[int]) -> Counter[tuple[str, str]]:
    """Stolen units by transaction and payer."""
    sums: Counter[tuple[str, str]] = Counter()
    for one, units in zip(ledger.transfers, traced, strict=True):
        sums[one.tx, one.sender] += units
    return sums


def test_reading_one_more_address_never_lowers_a_bound() -> None:
    """What the section on bounds says of addresses that were not read: both figures of other ends can only rise."""
    rose = 0
    for seed in range(400):
        before, after, read = two_readings(random.Random(seed))
        for sink in before.keys() | after.keys():
            if sink.account != account(read):
                was, now = before.get(sink, Bound(0, 0)), after.get(sink, Bound(0, 0))
                assert now.least >= was.least, (seed, sink)
                assert now.most >= was.most, (seed, sink)
                rose += (was.least, was.most) != (now.least, now.most)
    assert rose > 50


def two_readings(draw: random.Random) -> tuple[dict[Sink, Bound], dict[Sink, Bound], str]:
    """The bounds of every end of a small made-up case, with some addresses read and with one more; and which one."""
    people = [f"holder-{one}" for one in range(5)]
    heights = sorted(draw.randint(0, 12) for _ in range(draw.randint(2, 14)))
    pairs = [draw.sample(["victim", *people], 2) for _ in heights]
    rows = [
        transfer(height, payer, payee, draw.randint(1, 9), index=index)
        for index, (height, (payer, payee)) in enumerate(zip(heights, pairs, strict=True))
    ]
    made = number_equal_rows(rows)
    seeds = {one.identity: place for place, one in enumerate(one for one in made if one.sender == "victim")}
    openings = {who: opening_balance(made, who, None)[0] + draw.randint(0, 3) for who in people}
    *read, one_more = draw.sample(people, draw.randint(1, 5))
    return _bounds(made, seeds, read, openings), _bounds(made, seeds, [*read, one_more], openings), one_more


def _bounds(
    made: list[Transfer], seeds: dict[Identity, int], read: list[str], openings: dict[str, int]
) -> dict[Sink, Bound]:
    ledger = Ledger(seeds, {account(who): Follow(0, openings[who]) for who in read}).add(made)
    return {sink: network.bound([sink]) for network in networks(ledger).values() for sink in network.sinks}
