"""What must hold in every world: the accounting against its properties, and against counting unit by unit.

10,000 worlds (tests/worlds.py) under every method; TRACER_WORLDS=1000000 tries a million. Each property is a class and
each class comes in chunks, because the test runner spreads classes over the processors. A failure names its seed:
``world(seed)`` is the world. tests/tracer/test_fold.py has the same properties for Hypothesis, which shrinks.
"""

from __future__ import annotations

from collections import Counter
from itertools import groupby, pairwise
from random import Random

import pytest

from chains.model import Transfer
from tests.strategies import World, in_order
from tests.unit_by_unit import Count
from tests.worlds import CHUNKS, beside, features, is_settled, is_small, renamed, renumbered, seeds_of, world
from tracer.bounds import networks
from tracer.compare import places_of
from tracer.fold import Fold
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

        Each that conversions bring, in more than an eighth of the half that has any.
        """
        worlds = [world(seed) for seed in range(800)]
        found = Counter(name for one in worlds for name in features(one))
        assert {name for name, count in found.items() if count < (50 if "conver" in name else 100)} == set()
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
        """
        for seed in seeds_of(chunk):
            one, dice, highest = world(seed), Random(seed), bool(seed % 2)
            ledger, cut = one.ledger(), dice.randint(0, len(one.transfers))
            assert one.entered(one.ledger(cut), cut) == ledger, seed
            moment = dice.choice(borders(ledger)) if highest else dice.randint(0, len(ledger))
            for method in METHODS:
                fold = Fold(ledger, method, highest).run(moment)
                assert conserved(fold, stolen(ledger, moment)) or method not in CONSERVING, (seed, method, moment)
                assert conserved(fold.run(), one.stolen()) or method not in CONSERVING, (seed, method)
                assert moved(fold) == held(fold) or method not in CONSERVING, (seed, method)
                assert balances(fold) == {number: ledger.balance[number] for number in fold.balances}, (seed, method)
                assert state(fold) == state(Fold(ledger, method, highest).run()), (seed, method, moment)


class TestConversions:
    """What comes out of a conversion is what went in, in another form."""

    @chunks
    def test_every_output_has_its_share(self, chunk: int) -> None:
        """Of each theft an output has its part of what went in, to less than a unit, and never more than there is.

        Where only stolen money went in, all that came out is stolen. What of a theft was converted is all that went
        in; else all of it rests. Every unit's trail leads back to its theft, through its conversions.
        """
        for seed in seeds_of(chunk):
            one, highest = world(seed), bool(seed % 2)
            if not one.whole:
                continue
            ledger = one.ledger()
            for method in METHODS:
                fold = Fold(ledger, method, highest).run()
                assert all(0 < flow.traced <= flow.transfer.amount for flow in fold.flows), (seed, method)
                into = went_in(fold)
                for number in range(len(ledger.pots)):
                    assert shared(fold, number, into) == "", (seed, method, number)
                assert astray(fold) == [], (seed, method)

    @chunks
    def test_principal_is_shared_by_units(self, chunk: int) -> None:
        """Principal is where units are; of one origin, each place has its part of it, to less than a unit.

        What of a theft went into a conversion comes out of it. No place has more of a theft than was stolen.
        """
        for seed in seeds_of(chunk):
            one = world(seed)
            ledger = one.ledger()
            for method in METHODS if one.whole else ():
                found = Fold(ledger, method, bool(seed % 2), trails=False).run().tally()
                told = principals(ledger, found)
                assert uneven(ledger, found, told) == [], (seed, method)


class TestUnitByUnit:
    """On worlds with few units, the same as counting."""

    @chunks
    def test_equals_counting(self, chunk: int) -> None:
        """Where every stolen unit is, from which theft and by which way, and what it stands for; every shortage,
        balance and traced part.
        """
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
                assert principal(one, fold) == count.principal(), (seed, method)
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


def conserved(fold: Fold, stolen: dict[int, int]) -> bool:
    """Are the units found those stolen and those made of them, and is the principal what was stolen?"""
    found = fold.tally()
    return found.by_origin() == {**stolen, **found.made} and by_theft(fold.ledger, found) == stolen


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


def principal(one: World, fold: Fold) -> dict[tuple[Account, int, int], int]:
    """The principal by account, theft and the number of the world's transfer its units left a conversion by (or -1)."""
    ledger, number = fold.ledger, {row.identity: place for place, row in enumerate(one.transfers)}
    found = {}
    for (who, origin), units in principals(ledger, fold.tally()).held.items():
        row = origin // ledger.thefts - 1
        born = -1 if row < 0 else number[ledger.transfers[row].identity]
        found[ledger.accounts[who], ledger.theft(origin), born] = units
    return found


def uneven(ledger: Ledger, found: Tally, told: Principals) -> list[str]:
    """What is wrong with the principals of a tally."""
    uses: dict[int, list[tuple[int, int]]] = {}
    for units, parts in ((found.held, told.held), (found.converted, told.converted)):
        assert units.keys() == parts.keys()
        for key, part in parts.items():
            uses.setdefault(key[1], []).append((part, units[key]))
    wrong = []
    for origin, parted in uses.items():
        whole, units = told.whole[origin], sum(count for _, count in parted)
        wrong += [f"origin {origin}: {whole}"] * (sum(part for part, _ in parted) != whole)
        wrong += [f"part {part}" for part, count in parted if part < 0 or abs(part * units - whole * count) >= units]
    sums: Counter[tuple[int, int]] = Counter()
    for (pot, origin), part in told.converted.items():
        sums[pot, ledger.theft(origin)] += part
    for origin in found.made:
        if origin in told.whole:
            sums[ledger.outward[origin // ledger.thefts - 1], ledger.theft(origin)] -= told.whole[origin]
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


def shared(fold: Fold, number: int, into: dict[int, Counter[int]]) -> str:
    """What is wrong with the outputs of a conversion, or nothing."""
    ledger, pot = fold.ledger, fold.ledger.pots[number]
    weight = dict(zip(pot.ins, pot.weights, strict=True))
    whole = sum(weight[row] * ledger.amount[row] for row in pot.ins)
    flows = {flow.row: flow for flow in fold.flows}
    stolen: Counter[int] = Counter()
    for row in pot.ins:
        for lot in flows[row].lots if row in flows else ():
            stolen[ledger.theft(lot.origin)] += lot.amount * weight[row]
    out: Counter[int] = Counter()
    for row in pot.outs:
        parts = {ledger.theft(lot.origin): 0 for lot in flows[row].lots} if row in flows else {}
        for lot in flows[row].lots if row in flows else ():
            parts[ledger.theft(lot.origin)] += lot.amount
        if any(abs(parts.get(theft, 0) * whole - stolen[theft] * ledger.amount[row]) >= whole for theft in stolen):
            return f"row {row} has {parts}"
        if sum(stolen.values()) == whole and sum(parts.values()) != ledger.amount[row]:
            return f"row {row} has clean units"
        out.update(parts)
    expected = {origin: units for origin, units in into.get(number, {}).items() if out[ledger.theft(origin)]}
    converted = {origin: units for (one, origin), units in fold.converted.items() if one == number}
    return "" if converted == expected else f"converted {converted}"


def astray(fold: Fold) -> list[int]:
    """Stolen lots, by trail, that did not come from the theft of their origin, through its conversion, to where they are."""
    ledger, wrong = fold.ledger, []
    for account, lots in fold.stolen_lots().items():
        for lot in lots:
            rows = [fold.flows[flow].row for flow in fold.path(lot.trail)]
            born = max((row for row in rows if row in ledger.outward), default=-1)
            if (
                ledger.source[rows[0]] != ledger.theft(lot.origin)
                or lot.origin != (ledger.origin(born, ledger.theft(lot.origin)) if born >= 0 else ledger.source[rows[0]])
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
    assert fold.tally().held == sums
    return sums


def ways(one: World, fold: Fold) -> Counter[tuple[Account, int, tuple[int, ...]]]:
    """How many stolen units are where, by their theft and the way they came, in numbers of the world's transfers."""
    number = {row.identity: place for place, row in enumerate(one.transfers)}
    found: Counter[tuple[Account, int, tuple[int, ...]]] = Counter()
    for account, lots in fold.stolen_lots().items():
        for lot in lots:
            way = tuple(number[fold.flows[flow].transfer.identity] for flow in fold.path(lot.trail))
            found[account, fold.ledger.theft(lot.origin), way] += lot.amount
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
    return balances, fold.resting, fold.pots, fold.poured, fold.flows, fold.steps, fold.tally()


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
