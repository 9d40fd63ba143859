"""What docs/method.md says of its methods and bounds beyond their rules: each claimed property, on made-up cases."""

from __future__ import annotations

import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from chains.model import Transfer, number_equal_rows
from tests.strategies import PEOPLE, World, account, ledgers, transfer
from tracer.bounds import Bound, networks
from tracer.fold import Fold
from tracer.ledger import Follow, Identity, Ledger, opening_balance
from tracer.lots import CLEAN, CONSERVING, METHODS, Lot
from tracer.timeline import Sink


@given(ledgers())
def test_poison_reaches_whoever_another_method_reaches(made: World) -> None:
    """As its properties say: who received stolen units under any other method did so under poison."""
    ledger = made.ledger()
    carried = {method: Fold(ledger, method, trails=False).run().tally().traced for method in METHODS}
    for method in CONSERVING:
        assert all(poison for poison, units in zip(carried["poison"], carried[method], strict=True) if units)


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


@given(ledgers())
def test_highest_first_moves_no_stolen_unit_to_another_transaction(made: World) -> None:
    """As its properties say: which payment of a transaction carries them changes, not how many leave with it."""
    rows = [one._replace(tx=f"{one.sender} at {one.position.height}") for one in made.transfers]
    seeds = {
        one.identity: made.seeds[old.identity]
        for one, old in zip(rows, made.transfers, strict=True)
        if old.identity in made.seeds
    }
    follow = {key: one for key, one in made.follow.items() if key == account(PEOPLE[0])}
    ledger = Ledger(seeds, follow).add(rows)
    for method in (one for one in CONSERVING if one != "pro_rata"):
        sums: list[Counter[str]] = []
        for first in (False, True):
            traced = Fold(ledger, method, first).run().tally().traced
            sums.append(Counter())
            for one, units in zip(ledger.transfers, traced, strict=True):
                sums[-1][one.tx] += units
        assert sums[0] == sums[1]


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
