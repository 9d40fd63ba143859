"""Bounds: exactly what holds under every rule that conserves value, found in three independent ways."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import networkx as nx
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from chains.model import FEE_SINK
from tests.strategies import CHAIN, COIN, HEIGHTS, PEOPLE, World, account, in_order, ledgers, transfer
from tracer.bounds import Bound, Converted, Network, networks
from tracer.compare import places_of
from tracer.fold import Fold
from tracer.ledger import BALANCE, OUTSIDE, Follow, Ledger
from tracer.lots import CONSERVING
from tracer.timeline import Sink

KEY = (CHAIN, COIN)
MILLION = 10**6


def sink(who: str) -> Sink:
    return Sink(account(who))


def sinks_of(ledger: Ledger, method: str, *, highest_first: bool = False) -> dict[Sink, int]:
    """What a method has where."""
    found = {}
    for (place, fee), units in places_of(ledger, Fold(ledger, method, highest_first).run().tally()).items():
        found[Sink((place[0], FEE_SINK, place[2]), place) if fee else Sink(place)] = units
    return found


# --- the worked vector


def worked(unit: int = MILLION, *, weak: bool = False) -> Ledger:
    """+2 clean, +3 stolen, +5 clean, −4 → A, −4 → B; 2 stay."""
    rows = [
        transfer(1, "bank", "holder", 2 * unit),
        transfer(2, "victim", "holder", 3 * unit),
        transfer(3, "bank", "holder", 5 * unit),
        transfer(4, "holder", "A", 4 * unit),
        transfer(5, "holder", "B", 4 * unit),
    ]
    return Ledger({rows[1].identity: 0}, {account("holder"): Follow(0, 0, weak)}).add(rows)


@pytest.mark.parametrize("unit", [MILLION, 2**200 + 1])
def test_the_worked_vector(unit: int) -> None:
    """A and B can have nothing or all, the holder at most two thirds, and A and B together at least a third."""
    network = networks(worked(unit))[KEY]
    assert network.total == 3 * unit
    assert network.bound([sink("A")]) == Bound(0, 3 * unit)
    assert network.bound([sink("B")]) == Bound(0, 3 * unit)
    assert network.bound([sink("holder")]) == Bound(0, 2 * unit)
    assert network.bound([sink("A"), sink("B")]) == Bound(unit, 3 * unit)


def test_a_weak_balance_counts_as_unlimited() -> None:
    """What may have been there besides may have gone to A and B, so that all that was stolen may still be there."""
    network = networks(worked(weak=True))[KEY]
    doubts = (account("holder"),)
    assert network.bound([sink("holder")]) == Bound(0, 3 * MILLION, doubts)
    assert network.bound([sink("A"), sink("B")]) == Bound(0, 3 * MILLION, doubts)
    assert network.bound([sink("A")]).weak


def test_doubt_goes_no_further_than_the_money() -> None:
    """A weak account makes weak what it can have paid, not what is beside or before it."""
    rows = [
        transfer(1, "victim", "holder", 9),
        transfer(2, "holder", "beside", 4),
        transfer(3, "holder", "weak", 5),
        transfer(4, "weak", "after", 2),
    ]
    follow = {account("holder"): Follow(0, 0), account("weak"): Follow(0, 1, weak=True)}
    network = networks(Ledger({rows[0].identity: 0}, follow).add(rows))[KEY]
    assert network.bound([sink("beside")]) == Bound(4, 4)
    assert network.bound([sink("after")]) == Bound(0, 2, (account("weak"),))
    assert network.bound([sink("weak")]) == Bound(3, 5, (account("weak"),))


def test_what_rested_before_a_balance_was_known_is_certain() -> None:
    """A weak account casts no doubt on what reached it before its history is known: that rests, whatever came later."""
    rows = [transfer(1, "victim", "holder", 9)]
    network = networks(Ledger({rows[0].identity: 0}, {account("holder"): Follow(5, 0, weak=True)}).add(rows))[KEY]
    assert network.bound([sink("holder")]) == Bound(9, 9)


def test_one_who_pays_more_than_is_known_is_weak() -> None:
    """The missing part was clean money nobody saw; how much of it there was beyond that, nobody knows."""
    rows = [transfer(1, "victim", "holder", 3), transfer(2, "holder", "A", 5)]
    network = networks(Ledger({rows[0].identity: 0}, {account("holder"): Follow(0, 0)}).add(rows))[KEY]
    assert network.bound([sink("A")]) == Bound(0, 3, (account("holder"),))


def test_what_stays_is_limited_by_the_balance_between() -> None:
    """What was paid before clean money came cannot have been that money."""
    rows = [
        transfer(1, "victim", "holder", 5),
        transfer(2, "holder", "A", 4),
        transfer(3, "bank", "holder", 100),
        transfer(4, "holder", "B", 50),
    ]
    network = networks(Ledger({rows[0].identity: 0}, {account("holder"): Follow(0, 0)}).add(rows))[KEY]
    assert network.bound([sink("A")]) == Bound(4, 4)
    assert network.bound([sink("B")]) == Bound(0, 1)


def test_fees_are_told_apart_by_payer() -> None:
    """Each payer's fees are a sink of their own."""
    rows = [
        transfer(1, "victim", "one", 6),
        transfer(2, "one", FEE_SINK, 1),
        transfer(3, "one", "two", 5),
        transfer(4, "two", FEE_SINK, 2),
    ]
    follow = {account("one"): Follow(0, 0), account("two"): Follow(0, 4)}
    network = networks(Ledger({rows[0].identity: 0}, follow).add(rows))[KEY]
    assert network.bound([Sink(account(FEE_SINK), account("one"))]) == Bound(1, 1)
    assert Sink(account(FEE_SINK)) not in network.sinks
    assert network.bound([Sink(account(FEE_SINK), account("two"))]) == Bound(0, 2)


def test_assets_are_separate() -> None:
    """A theft of one asset says nothing about another at the same address."""
    rows = [
        transfer(1, "victim", "holder", 6, asset="gold"),
        transfer(2, "holder", "A", 6, asset="gold"),
        transfer(3, "holder", "A", 6, asset="iron", index=1),
    ]
    follow = {account("holder", asset): Follow(0, 6) for asset in ("gold", "iron")}
    found = networks(Ledger({rows[0].identity: 0}, follow).add(rows))
    assert list(found) == [(CHAIN, "gold")]
    assert found[CHAIN, "gold"].bound([Sink(account("A", "gold")), Sink(account("A", "iron"))]) == Bound(0, 6)


def test_without_a_theft_there_is_no_network() -> None:
    """Nothing stolen, nothing to bound."""
    rows = [transfer(1, "bank", "holder", 6)]
    assert networks(Ledger({}, {account("holder"): Follow(0, 0)}).add(rows)) == {}


# --- against brute force: every split of every payment


State = frozenset[tuple[int | Sink, int]]
"""Stolen units at followed accounts (by number) and at sinks."""


def allocations(ledger: Ledger) -> set[State]:
    """Every state that some conserving rule can end in, found by trying all splits of all payments."""
    balances = list(ledger.opening)
    states: set[State] = {frozenset()}
    for row, source in enumerate(ledger.source):
        payer, amount = ledger.payer[row], ledger.amount[row]
        paid = {pair for state in states for pair in _splits(ledger, row, state, balances[payer])}
        states = {_moved(state, _place(ledger, row), units) for state, units in paid}
        if source == BALANCE:
            balances[payer] = max(0, balances[payer] - amount)
        if ledger.kept[row]:
            balances[ledger.payee[row]] += amount
    return {_at_rest(ledger, state) for state in states}


def _splits(ledger: Ledger, row: int, state: State, balance: int) -> Iterator[tuple[State, int]]:
    """Every number of stolen units that one payment can take with it, and what remains then."""
    payer, amount, source = ledger.payer[row], ledger.amount[row], ledger.source[row]
    if source != BALANCE:
        yield state, 0 if source == OUTSIDE else amount
        return
    stolen = dict(state).get(payer, 0)
    least = 0 if ledger.weak(payer) else max(0, amount - (balance - stolen))
    for units in range(least, min(stolen, amount) + 1):
        yield _moved(state, payer, -units), units


def _place(ledger: Ledger, row: int) -> int | Sink:
    payer, payee = ledger.accounts[ledger.payer[row]], ledger.accounts[ledger.payee[row]]
    if ledger.kept[row]:
        return ledger.payee[row]
    return Sink(payee, payer) if payee[1] == FEE_SINK else Sink(payee)


def _moved(state: State, place: int | Sink, units: int) -> State:
    there = dict(state)
    there[place] = there.get(place, 0) + units
    return frozenset((one, held) for one, held in there.items() if held)


def _at_rest(ledger: Ledger, state: State) -> State:
    found: State = frozenset()
    for place, units in state:
        found = _moved(found, Sink(ledger.accounts[place]) if isinstance(place, int) else place, units)
    return found


@st.composite
def tiny(draw: st.DrawFn) -> Ledger:
    """Few units between few people, so that all ways to split every payment can be tried."""
    holders = ("one", "two", "three")
    rows = [transfer(0, "victim", draw(st.sampled_from(holders)), draw(st.integers(1, 4)))]
    for height in range(1, draw(st.integers(2, 11))):
        payer = draw(st.sampled_from((*holders, *holders, *holders, "victim", "bank")))
        payee = draw(st.sampled_from((*holders, *holders, "A", "B", FEE_SINK)))
        rows.append(transfer(height, payer, payee, draw(st.integers(0, 4))))
    thefts = [row for row in rows if row.sender == "victim"]
    late = st.sampled_from((0, 0, 0, 3))
    doubtful = st.sampled_from((False, False, False, True))
    follow = {account(who): Follow(draw(late), draw(st.integers(0, 3)), draw(doubtful)) for who in holders}
    return Ledger({row.identity: number for number, row in enumerate(thefts)}, follow).add(rows)


@settings(max_examples=400, deadline=None)
@given(tiny(), st.data())
def test_bounds_equal_brute_force(ledger: Ledger, data: st.DataObject) -> None:
    """The least and the most of every sink, and of any group, are the extremes over all rules there are."""
    network = networks(ledger)[KEY]
    found = [dict(state) for state in allocations(ledger)]
    assert {sum(state.values()) for state in found} == {network.total}
    assert {place for state in found for place in state} <= set(network.sinks)
    group = data.draw(st.sets(st.sampled_from(sorted(network.sinks, key=str))))
    for sinks in ({one} for one in network.sinks), (group,):
        for asked in sinks:
            sums = [sum(state.get(one, 0) for one in asked) for state in found]
            assert network.bound(asked)[:2] == (min(sums), max(sums))


# --- against the oracle: the network as domain.md 9.2 describes it, one node per event


def plainly(ledger: Ledger) -> nx.DiGraph[object]:
    """A node per account and event, a storage arc between any two in a row; from "S"."""
    graph: nx.DiGraph[object] = nx.DiGraph()
    graph.add_node("S")
    balances, events = list(ledger.opening), [0] * len(ledger.accounts)

    def step(number: int, by: int) -> tuple[int, int]:
        before = (number, events[number])
        events[number] += 1
        room = {} if ledger.weak(number) else {"capacity": balances[number]}
        graph.add_edge(before, (number, events[number]), **room)
        balances[number] = max(0, balances[number] + by)
        return number, events[number]

    for row, (payer, payee, amount) in enumerate(zip(ledger.payer, ledger.payee, ledger.amount, strict=True)):
        source = ledger.source[row]
        tail: object = step(payer, -amount) if source == BALANCE else "S"
        head: object = step(payee, amount) if ledger.kept[row] else _place(ledger, row)
        if source != OUTSIDE:
            graph.add_edge(tail, ("row", row), capacity=amount)
            graph.add_edge(("row", row), head)
    for number, place in enumerate(ledger.accounts):
        room = {} if ledger.weak(number) else {"capacity": balances[number]}
        graph.add_edge((number, events[number]), Sink(place), **room)
    return graph


def largest(graph: nx.DiGraph[object], sinks: Iterable[Sink]) -> int:
    """The maximum flow from "S" to a group of sinks."""
    asked = graph.copy()
    asked.add_node("E")
    asked.add_edges_from((one, "E") for one in sinks)
    return int(nx.maximum_flow_value(asked, "S", "E"))


@settings(max_examples=150, deadline=None)
@given(ledgers(most=60), st.data())
def test_bounds_equal_the_oracle_on_the_plain_network(one: World, data: st.DataObject) -> None:
    """Merging nodes and arcs, cutting capacities and starting from a flow lose nothing, whatever the amounts."""
    ledger = one.ledger()
    found = networks(ledger)
    assume(found)
    network, graph = found[KEY], plainly(ledger)
    every = {node for node in graph if isinstance(node, Sink)}
    assert largest(graph, every) == network.total
    group = data.draw(st.sets(st.sampled_from(sorted(every, key=str))))
    bound = network.bound(group)
    assert bound.most == largest(graph, group)
    assert bound.least == network.total - largest(graph, every - group)


# --- what must hold of any bounds


@st.composite
def asked(draw: st.DrawFn) -> tuple[Ledger, Network | Converted, frozenset[Sink], frozenset[Sink]]:
    """A ledger, its network, and two groups of sinks that share none."""
    ledger = draw(ledgers(most=60)).ledger()
    found = networks(ledger)
    assume(found)
    side = {one: draw(st.integers(0, 2)) for one in sorted(found[KEY].sinks, key=str)}
    left, right = (frozenset(one for one in side if side[one] == group) for group in (1, 2))
    return ledger, found[KEY], left, right


@settings(max_examples=200, deadline=None)
@given(asked(), st.booleans())
def test_every_conserving_method_keeps_to_the_bounds(
    one: tuple[Ledger, Network, frozenset[Sink], frozenset[Sink]], highest_first: bool
) -> None:
    """0 ≤ least ≤ what the method has ≤ most ≤ all, for every sink and for a group, with and without TIHO."""
    ledger, network, group, _ = one
    groups = {sinks: network.bound(sinks) for sinks in (group, *(frozenset([each]) for each in network.sinks))}
    for method in CONSERVING:
        found = sinks_of(ledger, method, highest_first=highest_first)
        assert set(found) <= set(network.sinks)
        for sinks, bound in groups.items():
            units = sum(found.get(each, 0) for each in sinks)
            assert 0 <= bound.least <= units <= bound.most <= network.total, (method, sinks)


@settings(max_examples=200, deadline=None)
@given(asked())
def test_groups_add_up_as_sums_do(one: tuple[Ledger, Network, frozenset[Sink], frozenset[Sink]]) -> None:
    """Of two groups that share nothing, together least is no less, and most no more, than the sums; all is all."""
    _, network, left, right = one
    both, apart = network.bound(left | right), (network.bound(left), network.bound(right))
    assert both.least >= sum(bound.least for bound in apart)
    assert both.most <= sum(bound.most for bound in apart)
    rest = network.bound(set(network.sinks) - left)
    assert (rest.least, rest.most) == (network.total - apart[0].most, network.total - apart[0].least)
    assert network.bound(network.sinks)[:2] == (network.total, network.total)
    assert network.bound([])[:2] == (0, 0)


@settings(max_examples=200, deadline=None)
@given(ledgers(most=40), st.integers(0, HEIGHTS), st.sampled_from(PEOPLE), st.integers(1, 10**30))
def test_more_clean_money_never_raises_the_least(one: World, height: int, who: str, amount: int) -> None:
    """Clean money arriving anywhere at any time can only widen the bounds."""
    more = transfer(height, "bank", who, amount, index=10**6)
    ledger, richer = one.ledger(), one._replace(transfers=in_order([*one.transfers, more])).ledger()
    # Who was short and no longer is has a known balance instead of an unknown one: that can narrow the bounds.
    assume(ledger.short.keys() == richer.short.keys())
    before, after = networks(ledger), networks(richer)
    assume(before)
    for each in before[KEY].sinks:
        narrow, wide = before[KEY].bound([each]), after[KEY].bound([each])
        assert wide.least <= narrow.least
        assert wide.most >= narrow.most


@given(asked())
def test_asking_changes_nothing(one: tuple[Ledger, Network, frozenset[Sink], frozenset[Sink]]) -> None:
    """The same question has the same answer after any other, and in a network made anew."""
    ledger, network, left, right = one
    first = network.bound(left)
    network.bound(right)
    assert network.bound(left) == first == networks(ledger)[KEY].bound(left)


def test_large_amounts_are_exact() -> None:
    """A network just beyond 64 bits gives the same bounds as one of small amounts, times the factor."""
    small, large = networks(worked(1))[KEY], networks(worked(2**256 - 1))[KEY]
    for group in ([sink("A")], [sink("holder")], [sink("A"), sink("holder")]):
        here, there = small.bound(group), large.bound(group)
        assert (there.least, there.most) == (here.least * (2**256 - 1), here.most * (2**256 - 1))
