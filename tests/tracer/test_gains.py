"""Bounds through conversions: proved whatever the prices, attained up to the slack that is stated, exact without."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from math import ceil, floor
from random import Random

import pytest

from chains.model import AssetId, Kind, Transfer
from tests.strategies import CHAIN, account, transfer
from tests.worlds import WORLDS
from tracer import gains
from tracer.bounds import Bound, Converted, networks
from tracer.fold import Fold
from tracer.ledger import BALANCE, CONVERTED, OUTSIDE, Entry, Follow, Ledger
from tracer.lots import CONSERVING
from tracer.principal import principals
from tracer.timeline import Key, Sink

ASSETS = tuple(map(AssetId, ("gold", "iron", "tin")))
PEOPLE = ("one", "two", "three", "four")
MANY = 10**9
TOPS = (30, 1000, 10**6, 10**18, 2**128)


def sink(who: str, asset: str) -> Sink:
    return Sink(account(who, asset))


def token(height: int, sender: str, receiver: str, amount: int, asset: str, index: int = 0) -> Transfer:
    return transfer(height, sender, receiver, amount, asset=asset, index=index, kind=Kind.TOKEN, tx=f"tx-{height}")


def converts(height: int, *rows: tuple[str, str, int, str], value: tuple[int, ...] = ()) -> list[Entry]:
    """One conversion: rows paid to the pool go in, rows that it pays come out."""
    values = value or (1,) * len(rows)
    return [
        Entry(token(height, *row, place), pot=0, out=row[0] == "pool", value=values[place])
        for place, row in enumerate(rows)
    ]


# --- worked by hand


def swapped(unit: int = 1) -> Ledger:
    """100 gold stolen to one who had 50; 90 swapped for 1,000 iron beside 7; 900 of these swapped for 77 gold."""
    theft = token(1, "victim", "one", 100 * unit, "gold")
    follow = {
        account("one", "gold"): Follow(0, 50 * unit),
        account("one", "iron"): Follow(0, 7 * unit),
        account("two", "gold"): Follow(0, 0),
    }
    ledger = Ledger({theft.identity: 0}, follow).add([theft])
    ledger.enter(converts(2, ("one", "pool", 90 * unit, "gold"), ("pool", "one", 1000 * unit, "iron")))
    return ledger.enter(converts(3, ("one", "pool", 900 * unit, "iron"), ("pool", "two", 77 * unit, "gold")))


@pytest.mark.parametrize("unit", [10**6, 10**18, 2**200])
def test_a_worked_chain_of_two_swaps(unit: int) -> None:
    """Of 100 stolen 40 at least went in; 1,000 for 90 came out, of which 107 at most did not go on; 77 for 900."""
    found = networks(swapped(unit))
    gold = found[CHAIN, "gold"].bound([sink("two", "gold")])
    # At least 40 of the 90 are stolen, so 444 4/9 of 1,000; 107 can stay, so 337 4/9 of 900 went in.
    assert near(gold, Fraction(3037 * 77 * unit, 9 * 900), 77 * unit)
    assert near(found[CHAIN, "gold"].bound([sink("one", "gold")]), 10 * unit, 60 * unit)
    assert near(found[CHAIN, "iron"].bound([sink("one", "iron")]), 0, 107 * unit)
    assert found[CHAIN, "iron"].stolen == 0


@pytest.mark.parametrize("unit", [10**6, 10**18, 2**200])
def test_principal_is_told_where_all_came_at_one_rate(unit: int) -> None:
    """What stayed of the iron stands for nine hundredths of a unit of gold each; all places together for all."""
    iron = networks(swapped(unit))[CHAIN, "iron"]
    of = (CHAIN, "gold")
    assert near(iron.principal([sink("one", "iron")])[of], 0, Fraction(107 * 90 * unit, 1000))
    assert near(iron.principal([sink("two", "gold")])[of], Fraction(3037 * 90 * unit, 9000), 81 * unit)
    everything = [one for each in networks(swapped(unit)).values() for one in each.sinks]
    assert near(iron.principal(everything)[of], 100 * unit, 100 * unit)


def near(bound: Bound, least: Fraction | int, most: Fraction | int) -> bool:
    """Is the bound outside of the exact interval, and no further than it says?"""
    assert bound.slack < 100
    return 0 <= least - bound.least <= bound.slack + 1 and 0 <= bound.most - most <= bound.slack + 1


# --- every method is inside


def world(seed: int) -> Ledger:
    """A few thefts, payments, and conversions of one or two rows in and out, in small units or large."""
    dice = Random(seed)
    top = dice.choice(TOPS)
    follow = {
        account(who, asset): Follow(dice.choice((0, 0, 3)), dice.randint(0, top), dice.random() < 0.1)
        for who in PEOPLE
        for asset in ASSETS
        if dice.random() < 0.9
    }
    rows = [list(_happening(dice, height, top)) for height in range(1, dice.randint(6, 30))]
    thefts = [one.transfer for happening in rows for one in happening if one.transfer.sender == "victim"]
    numbers = {one.identity: place for place, one in enumerate(thefts)}
    ledger = Ledger(numbers, follow)
    for happening in rows:
        ledger.enter([one._replace(seed=numbers.get(one.transfer.identity)) for one in happening])
    return ledger


def _happening(dice: Random, height: int, top: int) -> Iterator[Entry]:
    who, asset = dice.choice(PEOPLE), dice.choice(ASSETS)
    amount = dice.randint(1, top)
    if height == 1 or dice.random() < 0.15:
        yield Entry(token(height, "victim", who, amount, dice.choice(ASSETS[:2])))
        return
    if dice.random() < 0.6:
        yield Entry(token(height, who, dice.choice((*PEOPLE, "A", "B")), amount, asset))
        return
    into = dice.choice((1, 1, 2))
    assets = dice.sample(ASSETS, 3)
    for place, one in enumerate(assets):
        units, goes = dice.randint(1, dice.choice((3, top, top))), place < into
        if goes or place == into or dice.random() < 0.5:
            ends = (dice.choice((who, who, *PEOPLE)), "pool") if goes else ("pool", dice.choice((who, who, "two", "A")))
            yield Entry(token(height, *ends, units, one, place), pot=0, out=not goes, value=dice.randint(1, 9))


def held(ledger: Ledger, method: str, *, highest_first: bool) -> tuple[dict[Sink, int], dict[tuple[Sink, Key], int]]:
    """Units, and principal by the asset that was stolen, wherever a method has any."""
    tally = Fold(ledger, method, highest_first).run().tally()
    units: dict[Sink, int] = {}
    stands: dict[tuple[Sink, Key], int] = {}
    keys = {number: (CHAIN, identity[3]) for identity, number in ledger.seeds.items()}
    parts = principals(ledger, tally).held
    for (number, origin), amount in tally.held.items():
        place = Sink(ledger.accounts[number])
        units[place] = units.get(place, 0) + amount
        key = keys[ledger.theft(origin)]
        stands[place, key] = stands.get((place, key), 0) + parts[number, origin]
    return units, stands


@pytest.mark.parametrize("chunk", range(8))
def test_every_method_is_inside(chunk: int) -> None:
    """On some six hundred worlds, no method has less or more units, or principal, than the bounds of any group."""
    tied = 0
    for seed in range(chunk, WORLDS // 16, 8):
        ledger, dice = world(seed), Random(seed)
        found = networks(ledger)
        methods = {
            (method, first): held(ledger, method, highest_first=first)
            for method in CONSERVING
            for first in (False, True)
        }
        for network in found.values():
            tied += isinstance(network, Converted)
            sinks = sorted(network.sinks)
            for group in (dice.sample(sinks, 1), dice.sample(sinks, dice.randint(1, len(sinks)))):
                bound, stands = network.bound(group), network.principal(group)
                for name, (units, parts) in methods.items():
                    amount = sum(units.get(one, 0) for one in group)
                    assert bound.least <= amount <= bound.most, (seed, name, group)
                    for of in found:
                        part = sum(parts.get((one, of), 0) for one in group)
                        limits = stands.get(of, Bound(0, 0))
                        assert limits.least <= part <= limits.most, (seed, name, group, of)
        assert {one for units, _ in methods.values() for one in units} <= {
            one for network in found.values() for one in network.sinks
        }
    assert tied


# --- against brute force: every split of every payment, every way to round


Place = tuple[str, int]
"""("at", account number), ("ends", account number), or of a conversion ("in", row) and ("out", row)."""
SOURCE: Place = ("source", 0)
State = frozenset[tuple[Place, int]]


def outcomes(ledger: Ledger) -> set[State]:
    """Every state that some conserving rule can end in."""
    balances, states = list(ledger.opening), {State()}
    for row, source in enumerate(ledger.source):
        payer, payee, amount = ledger.payer[row], ledger.payee[row], ledger.amount[row]
        into: Place = ("in", row) if row in ledger.inward else ("at" if ledger.kept[row] else "ends", payee)
        if source == CONVERTED:
            if row == ledger.pots[ledger.outward[row]].outs[0]:
                states = {after for state in states for after in _poured(ledger, ledger.outward[row], state)}
            states = {_moved(state, ("out", row), into, dict(state).get(("out", row), 0)) for state in states}
        elif source == BALANCE:
            free = MANY if ledger.weak(payer) else balances[payer]
            states = {after for state in states for after in _paid(state, payer, into, amount, free)}
            balances[payer] = max(0, balances[payer] - amount)
        elif source != OUTSIDE:
            states = {_moved(state, SOURCE, into, amount) for state in states}
        if ledger.kept[row]:
            balances[payee] += amount
    return {_at_rest(ledger, state) for state in states}


def _paid(state: State, payer: int, into: Place, amount: int, free: int) -> Iterator[State]:
    stolen = dict(state).get(("at", payer), 0)
    for units in range(max(0, amount - max(0, free - stolen)), min(stolen, amount) + 1):
        yield _moved(state, ("at", payer), into, units)


def _moved(state: State, source: Place, into: Place, units: int) -> State:
    there = dict(state)
    there[source] = there.get(source, 0) - units
    there[into] = there.get(into, 0) + units
    return frozenset((one, held) for one, held in there.items() if held and one != SOURCE)


def _poured(ledger: Ledger, number: int, state: State) -> Iterator[State]:
    """All that can come out of a conversion: shares rounded down or up; nothing at all for what is worth too little."""
    pot, there = ledger.pots[number], dict(state)
    weights = dict(zip(pot.ins, pot.weights, strict=True))
    whole = sum(weight * ledger.amount[row] for row, weight in weights.items())
    stolen = sum(weight * there.get(("in", row), 0) for row, weight in weights.items())
    shares = [Fraction(stolen * ledger.amount[row], whole) for row in pot.outs]
    for units in product(*({floor(share), ceil(share)} for share in shares)):
        if any(units) or not stolen:
            kept = {place: held for place, held in there.items() if place[0] != "in" or place[1] not in weights}
            made = {("out", row): part for row, part in zip(pot.outs, units, strict=True) if part}
            yield frozenset((kept | made).items())
        elif all(share < 1 for share in shares):
            yield state


def _at_rest(ledger: Ledger, state: State) -> State:
    found = State()
    for (kind, number), units in state:
        place = ("ends", ledger.payee[number] if kind == "in" else number)
        found = _moved(found, SOURCE, place, units)
    return found


def tiny(seed: int) -> Ledger:
    """One theft of a few units, up to three conversions."""
    dice = Random(seed)
    follow = {account(who, asset): Follow(0, dice.randint(0, 3)) for who in PEOPLE[:2] for asset in ASSETS[:2]}
    theft = token(0, "victim", "one", dice.randint(2, 7), "gold")
    ledger = Ledger({theft.identity: 0}, follow).enter([Entry(theft, seed=0)])
    for height in range(1, dice.randint(3, 8)):
        who, (asset, other) = dice.choice(PEOPLE[:2]), dice.sample(ASSETS[:2], 2)
        if len(ledger.pots) < 3 and dice.random() < 0.5:
            rows = [(who, "pool", dice.randint(1, 5), str(asset)), ("pool", who, dice.randint(1, 6), str(other))]
            if dice.random() < 0.3:
                rows.append(("pool", "A", dice.randint(1, 3), "tin"))
            ledger.enter(converts(height, *rows))
        else:
            ledger.enter([Entry(token(height, who, dice.choice(("one", "two", "A")), dice.randint(1, 4), asset))])
    return ledger


@pytest.mark.parametrize("chunk", range(4))
def test_bounds_hold_brute_force_and_are_as_near_as_they_say(chunk: int) -> None:
    """What some rule can do is inside, and its extremes are no further from the bounds than the slack."""
    converted = 0
    for seed in range(chunk, 400, 4):
        ledger = tiny(seed)
        states = [dict(state) for state in outcomes(ledger)]
        for network in networks(ledger).values():
            converted += isinstance(network, Converted)
            sinks = sorted(network.sinks)
            for group in [sinks, *([one] for one in sinks)]:
                places = [("ends", ledger.numbers[one.account]) for one in group]
                sums = [sum(state.get(place, 0) for place in places) for state in states]
                bound = network.bound(group)
                assert bound.least <= min(sums), (seed, group)
                assert max(sums) <= bound.most, (seed, group)
                assert min(sums) - bound.least <= bound.slack, (seed, group)
                assert bound.most - max(sums) <= bound.slack, (seed, group)
    assert converted


# --- stopping early, asking again


def test_a_bound_that_took_too_long_is_wider_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped after one step, every bound contains the exact one, which its slack reaches."""
    wider = 0
    for seed in range(60):
        ledger = world(seed)
        exact = {key: [one.bound([each]) for each in sorted(one.sinks)] for key, one in networks(ledger).items()}
        monkeypatch.setattr(gains, "EFFORT", 0)
        hasty = {key: [one.bound([each]) for each in sorted(one.sinks)] for key, one in networks(ledger).items()}
        monkeypatch.undo()
        for key, bounds in exact.items():
            for narrow, wide in zip(bounds, hasty[key], strict=True):
                assert wide.least <= narrow.least <= narrow.most <= wide.most
                assert narrow.least - wide.least <= wide.slack
                assert wide.most - narrow.most <= wide.slack
                wider += wide.slack > narrow.slack
    assert wider


def test_asking_changes_nothing() -> None:
    """The same question has the same answer after any other, and in a network made anew."""
    for seed in range(60):
        first, again = networks(world(seed)), networks(world(seed))
        for key, network in first.items():
            sinks = sorted(network.sinks)
            said = [(network.bound([one]), network.principal([one])) for one in sinks]
            assert said == [(again[key].bound([one]), again[key].principal([one])) for one in reversed(sinks)][::-1]


def test_how_money_is_cut_into_lots_changes_no_share() -> None:
    """Ten small arrivals of stolen gold beside ten clean ones get six tenths of what comes out, not all of it."""
    rows = [token(1, "victim", "three", 30, "gold")]
    for place in range(10):
        rows += [token(10 * place + 20, "three", "one", 3, "gold"), token(10 * place + 21, "bank", "one", 2, "gold")]
    follow = {account(who, "gold"): Follow(0, 0) for who in ("one", "three")}
    ledger = Ledger({rows[0].identity: 0}, follow).add(rows)
    ledger.enter(converts(500, ("one", "pool", 50, "gold"), ("pool", "one", 10, "iron")))
    there = sink("one", "iron")
    bound = networks(ledger)[CHAIN, "iron"].bound([there])
    assert bound[:2] == (5, 7)
    for method in CONSERVING:
        assert held(ledger, method, highest_first=False)[0][there] == 6
