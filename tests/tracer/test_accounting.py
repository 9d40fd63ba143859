"""What must hold in every world: the accounting against its properties, and against counting unit by unit.

4,000 worlds (tests/worlds.py) under every method; TRACER_WORLDS=1000000 tries a million. Each property is a class and
each class comes in chunks, because the test runner spreads classes over the processors. A failure names its seed:
``world(seed)`` is the world. tests/tracer/test_fold.py has the same properties for Hypothesis, which shrinks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import groupby, pairwise
from random import Random

import pytest

from chains.model import Transfer
from tests.strategies import World, in_order
from tests.unit_by_unit import Count, rows_of
from tests.worlds import CHUNKS, beside, features, is_settled, is_small, renamed, renumbered, seeds_of, world
from tracer.bounds import networks
from tracer.compare import places_of
from tracer.fold import Flow, Fold
from tracer.ledger import BALANCE, Account, Ledger, Tally
from tracer.lots import CONSERVING, METHODS
from tracer.principal import Principals, principals
from tracer.tally import tally

chunks = pytest.mark.parametrize("chunk", range(CHUNKS))
BY_NUMBER = {"pro_rata"}
"""Methods that break ties by the number of the theft, so that numbering matters."""


class TestWorlds:
    """The worlds are worth trying."""

    def test_everything_difficult_occurs_often(self) -> None:
        """Each feature that makes accounting difficult occurs in more than an eighth of the worlds.

        Each that conversions bring, in more than an eighth of the two fifths that have any.
        """
        worlds = [world(seed) for seed in range(800)]
        found = Counter(name for one in worlds for name in features(one))
        assert {name for name, count in found.items() if count < (40 if "conver" in name else 100)} == set()
        assert len(found) == 22
        assert sum(is_small(one) for one in worlds) > 200
        assert sum(is_small(one) and bool(one.whole) for one in worlds) > 100
        assert sum(not one.whole for one in worlds) > 200

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
        What conversions made counts as stolen, and what was converted as found; and of the principal, which is in
        units of what was stolen, nothing is ever lost or made. What holds of each conversion: `faults`.
        """
        for seed in seeds_of(chunk):
            one, dice, highest = world(seed), Random(seed), bool(seed % 2)
            ledger, cut = one.ledger(), dice.randint(0, len(one.transfers))
            assert one.entered(one.ledger(cut), cut) == ledger, seed
            moment = dice.choice(borders(ledger)) if highest else dice.randint(0, len(ledger))
            for method in METHODS:
                fold = Fold(ledger, method, highest).run(moment)
                if method in CONSERVING:
                    assert conserved(ledger, fold.tally(), stolen(ledger, moment)), (seed, method, moment)
                    assert conserved(ledger, fold.run().tally(), one.stolen()), (seed, method)
                    assert moved(fold) == held(fold), (seed, method)
                assert balances(fold.run()) == {who: ledger.balance[who] for who in fold.balances}, (seed, method)
                assert state(fold) == state(Fold(ledger, method, highest).run()), (seed, method, moment)
                assert not ledger.pots or faults(fold) == [], (seed, method)


class TestUnitByUnit:
    """On worlds with few units, the same as counting."""

    @chunks
    def test_equals_counting(self, chunk: int) -> None:
        """Where every stolen unit is, from which theft, by which way, for what; every shortage, balance and part."""
        for seed in seeds_of(chunk):
            one = world(seed)
            if not is_small(one):
                continue
            ledger, rows = one.ledger(), rows_of(one)
            place = {row.transfer.identity: number for number, row in enumerate(rows)}
            number = [place[row.identity] for row in ledger.transfers]
            for method in METHODS:
                count = Count(one, method, bool(seed % 2), rows).run()
                fold = Fold(ledger, method, bool(seed % 2)).run()
                found = fold.tally()
                assert ways(fold, number) == count.stolen_units(), (seed, method)
                assert carried(fold, number) == count.traced, (seed, method)
                assert {number[row]: units for row, units in enumerate(found.traced) if units} == count.traced
                if ledger.pots:
                    assert principal(ledger, found, number) == count.principal(), (seed, method)
            assert shortages(ledger) == +count.short, seed
            assert {who: ledger.balance[ledger.numbers[who]] for who in count.purses} == count.balances(), seed


class TestBounds:
    """What holds under any rule holds under each."""

    @chunks
    def test_every_method_is_within_the_bounds(self, chunk: int) -> None:
        """At every sink, every method that conserves has no less than the least and no more than the most.

        Where nothing is converted: tests/tracer/test_gains.py has the bounds through conversions.
        """
        for seed in seeds_of(chunk):
            one = world(seed)
            if one.whole:
                continue
            ledger = one.ledger()
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
                    if ledger.pots:
                        assert by_place(other, again) == by_place(ledger, before), (seed, method)
                assert tally(named, method, highest_first=highest) == before, (seed, method)
                if method not in BY_NUMBER:
                    again = tally(numbered, method, highest_first=highest)
                    expected = {
                        (who, origin + number[ledger.theft(origin)] - ledger.theft(origin)): units
                        for (who, origin), units in before.held.items()
                    }
                    assert (again.traced, again.held) == (before.traced, expected), (seed, method)


def stolen(ledger: Ledger, until: int) -> dict[int, int]:
    """Units stolen in the first rows of a ledger, by theft."""
    sums: dict[int, int] = {}
    for source, amount in zip(ledger.source[:until], ledger.amount[:until], strict=True):
        if source >= 0:
            sums[source] = sums.get(source, 0) + amount
    return sums


def conserved(ledger: Ledger, found: Tally, stolen: dict[int, int]) -> bool:
    """Are the units found those stolen and those made of them, and is the principal what was stolen?"""
    if not ledger.pots:
        return found.by_origin() == stolen
    return found.by_origin() == {**stolen, **found.made} and by_theft(ledger, found) == stolen


def by_theft(ledger: Ledger, found: Tally) -> dict[int, int]:
    """The principal of everything that is there, by theft."""
    sums: dict[int, int] = {}
    for (_, origin), units in principals(ledger, found).held.items():
        sums[ledger.theft(origin)] = sums.get(ledger.theft(origin), 0) + units
    return sums


def by_place(ledger: Ledger, found: Tally) -> Counter[tuple[Account, int]]:
    """The principal of everything that is there, by account and theft."""
    sums: Counter[tuple[Account, int]] = Counter()
    for (number, origin), units in principals(ledger, found).held.items():
        sums[ledger.accounts[number], ledger.theft(origin)] += units
    return sums


def principal(ledger: Ledger, found: Tally, number: list[int]) -> dict[tuple[Account, int, int], int]:
    """The principal by account, theft and the row in which its units left a conversion (or -1), by the counted rows."""
    parts = {}
    for (who, origin), units in principals(ledger, found).held.items():
        row = origin // ledger.thefts - 1
        parts[ledger.accounts[who], ledger.theft(origin), -1 if row < 0 else number[row]] = units
    return parts


def faults(fold: Fold) -> list[str]:
    """What is wrong with the conversions of a ledger, or nothing.

    Of each theft an output has its part of what went in, to less than a unit, and never more than there is. Where only
    stolen money went in, all that came out is stolen. What of a theft was converted is all that went in; else all of it
    rests. Every unit's trail leads back to its theft, through its conversions. Principal is where units are: of one
    origin, each place has its part of it, to less than a unit; and what of it went into a conversion comes out.
    """
    found, into = fold.tally(), went_in(fold)
    flows = {flow.row: flow for flow in fold.flows}
    wrong = [f"flow {flow.row}" for flow in fold.flows if not 0 < flow.traced <= flow.transfer.amount]
    wrong += [f"pot {number}" for number in into if not shared(fold, number, into[number], flows)]
    wrong += [f"trail {trail}" for trail in astray(fold)]
    return wrong + uneven(fold.ledger, found, principals(fold.ledger, found))


def uneven(ledger: Ledger, found: Tally, told: Principals) -> list[str]:
    """What is wrong with the principals of a tally."""
    uses: dict[int, list[tuple[int, int]]] = {}
    sums: Counter[tuple[int, int]] = Counter()
    for units, parts in ((found.held, told.held), (found.converted, told.converted)):
        assert units.keys() == parts.keys()
        for key, part in parts.items():
            uses.setdefault(key[1], []).append((part, units[key]))
    wrong = []
    for origin, parted in uses.items():
        whole, count = told.whole[origin], sum(units for _, units in parted)
        if sum(part for part, _ in parted) != whole:
            wrong.append(f"origin {origin}")
        wrong += [f"part {part}" for part, units in parted if part < 0 or abs(part * count - whole * units) >= count]
        if origin in found.made:
            sums[ledger.outward[origin // ledger.thefts - 1], ledger.theft(origin)] -= whole
    for (pot, origin), part in told.converted.items():
        sums[pot, ledger.theft(origin)] += part
    lost = [key for key, units in sums.items() if units and METHODS[found.method].conserves]
    return [*wrong, *(f"conversion and theft {key}" for key in lost)]


def went_in(fold: Fold) -> dict[int, Counter[int]]:
    """Stolen units that went into each conversion, by origin."""
    found: dict[int, Counter[int]] = {}
    for flow in fold.flows:
        pot = fold.ledger.inward.get(flow.row)
        for lot in flow.lots if pot is not None else ():
            found.setdefault(pot or 0, Counter())[lot.origin] += lot.amount
    return found


def shared(fold: Fold, number: int, into: Counter[int], flows: Mapping[int, Flow]) -> bool:
    """Have the outputs of a conversion what they should of each theft, and was all of it converted that went in?"""
    ledger, pot = fold.ledger, fold.ledger.pots[number]
    weight = dict(zip(pot.ins, pot.weights, strict=True))
    whole = sum(weight[row] * ledger.amount[row] for row in pot.ins)
    stolen: Counter[int] = Counter()
    for row in pot.ins:
        for lot in flows[row].lots if row in flows else ():
            stolen[ledger.theft(lot.origin)] += lot.amount * weight[row]
    served: Counter[int] = Counter()
    for row in pot.outs:
        parts = Counter(dict.fromkeys(stolen, 0))
        for lot in flows[row].lots if row in flows else ():
            parts[ledger.theft(lot.origin)] += lot.amount
        if any(abs(part * whole - stolen[theft] * ledger.amount[row]) >= whole for theft, part in parts.items()):
            return False
        if sum(stolen.values()) == whole and parts.total() != ledger.amount[row]:
            return False
        served.update(parts)
    converted = {origin: units for (one, origin), units in fold.converted.items() if one == number}
    return converted == {origin: units for origin, units in into.items() if served[ledger.theft(origin)]}


def astray(fold: Fold) -> list[int]:
    """Stolen lots, by trail, that did not come from their theft through their conversion to where they are."""
    ledger, wrong = fold.ledger, []
    for account, lots in fold.stolen_lots().items():
        for lot in lots:
            rows = [fold.flows[flow].row for flow in fold.path(lot.trail)]
            born = max((row for row in rows if row in ledger.outward), default=-1)
            if (
                ledger.source[rows[0]] != ledger.theft(lot.origin)
                or lot.origin
                != (ledger.origin(born, ledger.theft(lot.origin)) if born >= 0 else ledger.source[rows[0]])
                or ledger.accounts[ledger.payee[rows[-1]]] != account
                or not all(follows(ledger, row, after) for row, after in pairwise(rows))
            ):
                wrong.append(lot.trail)
    return wrong


def follows(ledger: Ledger, row: int, after: int) -> bool:
    """Is one row paid from what another brought, by the same account or through the same conversion?"""
    if after in ledger.outward:
        return ledger.inward.get(row) == ledger.outward[after]
    return row < after and row not in ledger.inward and ledger.payee[row] == ledger.payer[after]


def balances(fold: Fold) -> dict[int, int]:
    """What every account holds, stolen and clean together; no lot is empty."""
    assert all(lot.amount > 0 for balance in fold.balances.values() for lot in balance)
    return {number: sum(lot.amount for lot in balance) for number, balance in fold.balances.items()}


def moved(fold: Fold) -> Counter[tuple[int, int]]:
    """Stolen units that came in less those that went out, by account and origin; what was converted came to nobody."""
    ledger = fold.ledger
    sums: Counter[tuple[int, int]] = Counter()
    for flow in fold.flows:
        for lot in flow.lots:
            if (ledger.inward.get(flow.row), lot.origin) not in fold.converted:
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
    return sums


def ways(fold: Fold, number: list[int]) -> Counter[tuple[Account, int, tuple[int, ...]]]:
    """How many stolen units are where, by their theft and the way they came, in numbers of the counted rows."""
    found: Counter[tuple[Account, int, tuple[int, ...]]] = Counter()
    for account, lots in fold.stolen_lots().items():
        for lot in lots:
            way = tuple(number[fold.flows[flow].row] for flow in fold.path(lot.trail))
            found[account, fold.ledger.theft(lot.origin), way] += lot.amount
    return found


def carried(fold: Fold, number: list[int]) -> dict[int, int]:
    """Stolen units by number of the counted row."""
    return {number[flow.row]: flow.traced for flow in fold.flows}


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
    return balances, fold.resting, fold.pots, fold.poured, fold.flows, fold.steps, fold.converted, fold.made


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
