"""What must hold in every world: the accounting against its properties, and against counting unit by unit.

10,000 worlds (tests/worlds.py) under every method; TRACER_WORLDS=1000000 tries a million. Each property is a class and
each class comes in chunks, because the test runner spreads classes over the processors. A failure names its seed:
``world(seed)`` is the world. tests/tracer/test_fold.py has the same properties for Hypothesis, which shrinks.
"""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from random import Random

import pytest

from chains.model import Transfer
from tests.strategies import World, in_order
from tests.unit_by_unit import Count
from tests.worlds import CHUNKS, beside, features, is_settled, is_small, renamed, renumbered, seeds_of, world
from tracer.bounds import networks
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
    """Nothing stolen is lost or made, and accounting may stop and go on."""

    @chunks
    def test_every_stolen_unit_is_somewhere(self, chunk: int) -> None:
        """Units found are those stolen, per theft, at any moment; every account closes; prefix and rest are the whole.

        The moment is any row, but under highest first the beginning of a transaction: what is paid together is one.
        """
        for seed in seeds_of(chunk):
            one, dice, highest = world(seed), Random(seed), bool(seed % 2)
            ledger, cut = one.ledger(), dice.randint(0, len(one.transfers))
            assert one.ledger(cut).add(one.transfers[cut:]) == ledger, seed
            moment = dice.choice(borders(ledger)) if highest else dice.randint(0, len(ledger))
            for method in METHODS:
                fold = Fold(ledger, method, highest).run(moment)
                assert fold.audit() == stolen(ledger, moment) or method not in CONSERVING, (seed, method, moment)
                assert fold.run().audit() == one.stolen() or method not in CONSERVING, (seed, method)
                assert moved(fold) == held(fold) or method not in CONSERVING, (seed, method)
                assert balances(fold) == {number: ledger.balance[number] for number in fold.balances}, (seed, method)
                assert state(fold) == state(Fold(ledger, method, highest).run()), (seed, method, moment)


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


class TestBounds:
    """What holds under any rule holds under each."""

    @chunks
    def test_every_method_is_within_the_bounds(self, chunk: int) -> None:
        """At every sink, every method that conserves has no less than the least and no more than the most."""
        for seed in seeds_of(chunk):
            ledger = world(seed).ledger()
            found = {
                method: places_of(ledger, tally(ledger, method, highest_first=bool(seed % 2))) for method in CONSERVING
            }
            for network in networks(ledger).values():
                for sink in network.sinks:
                    bound = network.bound([sink])
                    place = (sink.payer or sink.account, sink.payer is not None)
                    for method in CONSERVING:
                        assert bound.least <= found[method].get(place, 0) <= bound.most, (seed, method, sink)


class TestWhatChangesNothing:
    """What must make no difference."""

    @chunks
    def test_order_names_and_strangers(self, chunk: int) -> None:
        """Neither the order in which transfers were learnt, nor any name or number, nor what strangers do.

        Nor whether the ways of single units are kept: `tally` leaves them out.
        Under highest first only where every place is known: else strangers' rows may stand within a transaction,
        and what is paid together ends there.
        """
        for seed in seeds_of(chunk):
            one, dice = world(seed), Random(seed)
            highest = bool(seed % 2) and is_settled(one)
            ledger = one.ledger()
            assert learnt_in_another_order(one, dice).ledger() == ledger, seed
            others = [beside(one, world(-seed - 1)).ledger()]
            if len({row.chain for row in one.transfers}) > 1:
                others.append(interleaved(one, dice).ledger())
            named, (counted, number) = renamed(one, dice).ledger(), renumbered(one, dice)
            numbered = counted.ledger()
            for method in METHODS:
                before = Fold(ledger, method, highest).run().tally()
                for other in others:
                    again = tally(other, method, highest_first=highest)
                    assert places_of(other, again) == places_of(ledger, before), (seed, method)
                assert tally(named, method, highest_first=highest) == before, (seed, method)
                if method not in BY_NUMBER:
                    again = tally(numbered, method, highest_first=highest)
                    expected = {(who, number[origin]): units for (who, origin), units in before.held.items()}
                    assert (again.traced, again.held) == (before.traced, expected), (seed, method)


def stolen(ledger: Ledger, until: int) -> dict[int, int]:
    """Units stolen in the first rows of a ledger, by theft."""
    rows = zip(ledger.source[:until], ledger.amount[:until], strict=True)
    return {source: amount for source, amount in rows if source >= 0}


def balances(fold: Fold) -> dict[int, int]:
    """What every account holds, stolen and clean together; no lot is empty."""
    assert all(lot.amount > 0 for balance in fold.balances.values() for lot in balance)
    return {number: sum(lot.amount for lot in balance) for number, balance in fold.balances.items()}


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
    rows = {
        number[fold.ledger.transfers[row].identity]: units for row, units in enumerate(fold.tally().traced) if units
    }
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


def learnt_in_another_order(one: World, dice: Random) -> World:
    """The same world, its transfers shuffled and put in order again."""
    return one._replace(transfers=in_order(dice.sample(one.transfers, len(one.transfers))))


def interleaved(one: World, dice: Random) -> World:
    """The same world with the transactions of its chains in another order: each chain's own stay as they are."""
    chains: dict[str, list[list[Transfer]]] = {}
    for (chain, _), rows in groupby(one.transfers, lambda row: (row.chain, row.tx)):
        chains.setdefault(chain, []).append(list(rows))
    queues = {chain: iter(mine) for chain, mine in chains.items()}
    order = [chain for chain, mine in chains.items() for _ in mine]
    return one._replace(transfers=[row for chain in dice.sample(order, len(order)) for row in next(queues[chain])])
