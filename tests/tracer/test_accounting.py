"""What must hold in every world: the accounting against its properties, and against counting unit by unit.

10,000 worlds (tests/worlds.py) under every method; TRACER_WORLDS=1000000 tries a million. Each property is a class and
each class comes in chunks, because the test runner spreads classes over the processors. A failure names its seed:
``world(seed)`` is the world. tests/tracer/test_fold.py has the same properties for Hypothesis, which shrinks.
"""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from tests.strategies import World, in_order
from tests.unit_by_unit import Count
from tests.worlds import CHUNKS, beside, features, is_small, renamed, renumbered, seeds_of, world
from tracer.compare import places_of
from tracer.fold import Fold
from tracer.ledger import BALANCE, Account, Ledger
from tracer.lots import CONSERVING, METHODS
from tracer.tally import tally

chunks = pytest.mark.parametrize("chunk", range(CHUNKS))
BY_NUMBER = {"pro_rata"}
"""Methods that break ties by the number of the theft, so that numbering matters."""


class TestWorlds:
    """The worlds are worth trying."""

    def test_everything_difficult_occurs_often(self) -> None:
        """Each feature that makes accounting difficult occurs in more than an eighth of the worlds."""
        found = Counter(name for seed in range(800) for name in features(world(seed)))
        assert {name for name, count in found.items() if count < 100} == set()
        assert len(found) == 15
        assert sum(is_small(world(seed)) for seed in range(800)) > 200

    def test_a_seed_is_a_world(self) -> None:
        """The same seed gives the same world, another one another."""
        assert world(7) == world(7)
        assert world(7) != world(8)


class TestConservation:
    """Nothing stolen is lost or made."""

    @chunks
    def test_every_stolen_unit_is_somewhere(self, chunk: int) -> None:
        """Under every method that conserves, the units found are those stolen, per theft, at any moment."""
        for seed in seeds_of(chunk):
            one, dice = world(seed), Random(seed)
            cut = dice.randint(0, len(one.transfers))
            earlier = one._replace(transfers=one.transfers[:cut])
            for part in (one, earlier):
                ledger, stolen = part.ledger(), part.stolen()
                for method in CONSERVING:
                    assert Fold(ledger, method, bool(seed % 2), trails=False).run().audit() == stolen, (seed, method, cut)

    @chunks
    def test_every_account_closes(self, chunk: int) -> None:
        """At every account, per theft: what came in is what went out plus what is there; and never more than it has."""
        for seed in seeds_of(chunk):
            ledger = world(seed).ledger()
            for method in CONSERVING:
                fold = Fold(ledger, method, bool(seed % 2)).run()
                assert moved(fold) == held(fold), (seed, method)
                assert all(0 < flow.traced <= flow.transfer.amount for flow in fold.flows), (seed, method)

    @chunks
    def test_balances_are_the_ledgers(self, chunk: int) -> None:
        """Under every method an account holds, stolen and clean together, what the ledger says, in lots that are."""
        for seed in seeds_of(chunk):
            ledger = world(seed).ledger()
            for method in METHODS:
                fold = Fold(ledger, method).run()
                for number, balance in fold.balances.items():
                    lots = [lot.amount for lot in balance]
                    assert sum(lots) == ledger.balance[number], (seed, method, number)
                    assert all(units > 0 for units in lots), (seed, method, number)


class TestUnitByUnit:
    """On worlds with few units, the same as counting."""

    @chunks
    def test_equals_counting(self, chunk: int) -> None:
        """Where every stolen unit is, from which theft and by which way; every shortage, balance and traced part."""
        for seed in seeds_of(chunk):
            one = world(seed)
            if not is_small(one):
                continue
            ledger = one.ledger()
            for method in METHODS:
                count = Count(one, method, bool(seed % 2)).run()
                fold = Fold(ledger, method, bool(seed % 2)).run()
                assert ways(one, fold) == count.stolen_units(), (seed, method)
                assert carried(one, fold) == count.traced, (seed, method)
            assert shortages(ledger) == +count.short, seed
            assert {who: ledger.balance[ledger.numbers[who]] for who in count.purses} == count.balances(), seed


class TestPrefixAndRest:
    """Accounting may stop and go on."""

    @chunks
    def test_prefix_and_rest_make_the_whole(self, chunk: int) -> None:
        """A ledger made in two parts and folded in two parts is the ledger and the fold of the whole."""
        for seed in seeds_of(chunk):
            one, dice = world(seed), Random(seed)
            whole, cut = one.ledger(), dice.randint(0, len(one.transfers))
            assert one.ledger(cut).add(one.transfers[cut:]) == whole, seed
            row = dice.randint(0, len(whole))
            border = dice.choice(borders(whole))
            for method in METHODS:
                highest, where = (True, border) if seed % 2 else (False, row)
                in_two = Fold(whole, method, highest).run(where).run()
                assert state(in_two) == state(Fold(whole, method, highest).run()), (seed, method, where)


class TestWhatChangesNothing:
    """What must make no difference."""

    @chunks
    def test_order_of_arrival(self, chunk: int) -> None:
        """Transfers learnt in any order make the same ledger, and it is no matter which chain's come first."""
        for seed in seeds_of(chunk):
            one, dice = world(seed), Random(seed)
            shuffled = dice.sample(one.transfers, len(one.transfers))
            assert one._replace(transfers=in_order(shuffled)).ledger() == one.ledger(), seed
            chains = [one.transfers[0].chain] * sum(row.chain == one.transfers[0].chain for row in one.transfers)
            mixed = interleaved(one, dice.sample([*chains, *[""] * (len(one.transfers) - len(chains))], len(shuffled)))
            assert places(mixed) == places(one), seed

    @chunks
    def test_names(self, chunk: int) -> None:
        """Other addresses, transactions, assets and chains, and other numbers of the thefts, give the same figures."""
        for seed in seeds_of(chunk):
            one, dice = world(seed), Random(seed)
            before, after = one.ledger(), renamed(one, dice).ledger()
            other, number = renumbered(one, dice)
            recounted = other.ledger()
            for method in METHODS:
                tallied = tally(before, method, highest_first=bool(seed % 2))
                assert tally(after, method, highest_first=bool(seed % 2)) == tallied, (seed, method)
                if method not in BY_NUMBER:
                    again = tally(recounted, method, highest_first=bool(seed % 2))
                    assert again.traced == tallied.traced, (seed, method)
                    expected = {(who, number[origin]): units for (who, origin), units in tallied.held.items()}
                    assert again.held == expected, (seed, method)

    @chunks
    def test_unrelated_traffic(self, chunk: int) -> None:
        """What strangers do, in the same blocks and read as well, changes no figure."""
        for seed in seeds_of(chunk):
            one = world(seed)
            mixed = beside(one, world(-seed - 1))
            assert places(mixed) == places(one), seed


def moved(fold: Fold) -> Counter[tuple[int, int]]:
    """Stolen units that came in less those that went out, by account and theft."""
    ledger = fold.ledger
    sums: Counter[tuple[int, int]] = Counter()
    for flow in fold.flows:
        for lot in flow.lots:
            sums[ledger.payee[flow.row], lot.origin] += lot.amount
            if ledger.source[flow.row] == BALANCE:
                sums[ledger.payer[flow.row], lot.origin] -= lot.amount
    return Counter({key: units for key, units in sums.items() if units})


def held(fold: Fold) -> Counter[tuple[int, int]]:
    """Stolen units that are there, by account and theft."""
    sums: Counter[tuple[int, int]] = Counter()
    for account, lots in fold.stolen_lots().items():
        for lot in lots:
            sums[fold.ledger.numbers[account], lot.origin] += lot.amount
    assert fold.tally().held == sums
    return sums


def ways(one: World, fold: Fold) -> Counter[tuple[Account, int, tuple[int, ...]]]:
    """How many stolen units are where, by their theft and the way they came, in numbers of the world's transfers."""
    number = {row.identity: place for place, row in enumerate(one.transfers)}
    found: Counter[tuple[Account, int, tuple[int, ...]]] = Counter()
    for account, lots in fold.stolen_lots().items():
        for lot in lots:
            way = tuple(number[fold.flows[flow].transfer.identity] for flow in fold.path(lot.trail))
            found[account, lot.origin, way] += lot.amount
    return found


def carried(one: World, fold: Fold) -> dict[int, int]:
    """Stolen units by number of the world's transfer; flows and tally must agree on them."""
    number = {row.identity: place for place, row in enumerate(one.transfers)}
    flows = {number[flow.transfer.identity]: flow.traced for flow in fold.flows}
    rows = {number[fold.ledger.transfers[row].identity]: units for row, units in enumerate(fold.tally().traced) if units}
    assert flows == rows
    return flows


def shortages(ledger: Ledger) -> Counter[Account]:
    """What accounts paid without having it."""
    return Counter({ledger.accounts[number]: units for number, units in ledger.short.items()})


def borders(ledger: Ledger) -> list[int]:
    """Row numbers at which a transaction begins, and the end."""
    names = [(row.chain, row.tx) for row in ledger.transfers]
    return [row for row in range(len(names)) if row == 0 or names[row] != names[row - 1]] + [len(names)]


def state(fold: Fold) -> tuple[object, ...]:
    """Everything a fold has found."""
    balances = {number: list(balance) for number, balance in fold.balances.items()}
    return balances, fold.resting, fold.flows, fold.steps, fold.tally()


def places(one: World) -> dict[str, dict[tuple[Account, bool], int]]:
    """Stolen units by method and account, fees by who paid them."""
    ledger = one.ledger()
    return {method: places_of(ledger, tally(ledger, method)) for method in METHODS}


def interleaved(one: World, order: list[str]) -> World:
    """The same world with the rows of its chains in another order: each chain's own, taken from the right list."""
    mine = [row for row in one.transfers if row.chain == one.transfers[0].chain]
    others = [row for row in one.transfers if row.chain != one.transfers[0].chain]
    queues = {"": iter(others), one.transfers[0].chain: iter(mine)}
    return one._replace(transfers=[next(queues[chain]) for chain in order])
