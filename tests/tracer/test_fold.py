"""The accounting under every method: its properties, on worlds that shrink, and its rules worked by hand.

tests/tracer/test_accounting.py tries the properties on many more worlds.
"""

from __future__ import annotations

import gc
import itertools
from collections.abc import Iterable, Mapping
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chains.model import FEE_SINK, Address, Kind, Transfer
from tests.strategies import HEIGHTS, PEOPLE, VICTIMS, World, account, in_order, ledgers, transfer
from tests.unit_by_unit import Count, rows_of
from tests.worlds import beside, renamed
from tracer.fold import Fold
from tracer.ledger import Account, Follow, Ledger
from tracer.lots import CLEAN, CONSERVING, METHODS, Lot
from tracer.principal import principals

UNIT = 10**6
VICTIM = VICTIMS[0]
every_method = pytest.mark.parametrize("method", METHODS)
every_conserving = pytest.mark.parametrize("method", CONSERVING)
ANY = st.sampled_from(list(METHODS))
ANY_CONSERVING = st.sampled_from(CONSERVING)
PROPORTIONAL = st.sampled_from([method for method in METHODS if method != "pro_rata"])
"""Methods without rounding."""


def folded(world: World, method: str = "fifo", *, highest_first: bool = False) -> Fold:
    """The fold over a whole world."""
    return Fold(world.ledger(), method, highest_first).run()


def fold_of(
    transfers: Iterable[Transfer],
    follow: Mapping[Account, Follow],
    method: str = "fifo",
    *,
    highest_first: bool = False,
) -> Fold:
    """The fold over a few transfers, of which those of the victim are thefts."""
    rows = list(transfers)
    thefts = [one for one in rows if one.sender == VICTIM]
    seeds = {one.identity: number for number, one in enumerate(thefts)}
    return Fold(Ledger(seeds, follow).add(rows), method, highest_first).run()


def state(fold: Fold) -> tuple[object, ...]:
    """Everything a fold has found."""
    balances = {number: list(balance) for number, balance in fold.balances.items()}
    return balances, fold.resting, fold.pots, fold.poured, fold.flows, fold.steps, fold.tally()


def amounts(fold: Fold) -> dict[Account, dict[int, int]]:
    """Stolen units by account and origin."""
    found: dict[Account, dict[int, int]] = {}
    for who, lots in fold.stolen_lots().items():
        for lot in lots:
            found.setdefault(who, {})[lot.origin] = found.get(who, {}).get(lot.origin, 0) + lot.amount
    return found


def principal_at(fold: Fold) -> dict[tuple[Account, int], int]:
    """What the stolen units of every account stand for, by theft."""
    ledger = fold.ledger
    sums: dict[tuple[Account, int], int] = {}
    for (who, origin), units in principals(ledger, fold.tally()).held.items():
        key = (ledger.accounts[who], ledger.theft(origin))
        sums[key] = sums.get(key, 0) + units
    return sums


def at(fold: Fold) -> dict[str, int]:
    """Stolen units by address."""
    return {who: sum(parts.values()) for (_, who, _), parts in amounts(fold).items()}


@given(ledgers(assets=("native", "0xtoken"), conversions=True), ANY_CONSERVING, st.booleans())
def test_conservation_after_every_row(world: World, method: str, highest_first: bool) -> None:
    """After each single row the stolen units found, per origin, are exactly those stolen or converted so far."""
    ledger = world.ledger()
    fold = Fold(ledger, method, highest_first)
    stolen: dict[int, int] = {}
    for row in range(len(ledger)):
        fold.run(row + 1)
        if ledger.source[row] >= 0:
            stolen[ledger.source[row]] = ledger.amount[row]
        assert fold.audit() == {**stolen, **fold.made}
    assert stolen == world.stolen()


@given(ledgers(assets=("native", "0xtoken"), top=30, most=25, conversions=True), ANY, st.booleans())
@settings(deadline=None)
def test_equals_counting_unit_by_unit(world: World, method: str, highest_first: bool) -> None:
    """Where every stolen unit is, from which theft, and by which way."""
    rows = rows_of(world)
    place = {row.transfer.identity: number for number, row in enumerate(rows)}
    fold = folded(world, method, highest_first=highest_first)
    found: dict[tuple[Account, int, tuple[int, ...]], int] = {}
    for who, lots in fold.stolen_lots().items():
        for lot in lots:
            way = tuple(place[fold.flows[flow].transfer.identity] for flow in fold.path(lot.trail))
            key = (who, fold.ledger.theft(lot.origin), way)
            found[key] = found.get(key, 0) + lot.amount
    assert found == Count(world, method, highest_first, rows).run().stolen_units()


@given(ledgers(assets=("native", "0xtoken"), conversions=True), ANY)
def test_never_more_traced_than_moved(world: World, method: str) -> None:
    """No flow carries more stolen units than its transfer moved, none carries nothing, and all lots are positive."""
    fold = folded(world, method)
    assert all(0 < flow.traced <= flow.transfer.amount for flow in fold.flows)
    assert all(lot.amount > 0 and lot.origin >= 0 for flow in fold.flows for lot in flow.lots)
    assert all(lot.amount > 0 for lots in fold.balances.values() for lot in lots)
    assert all(fold.ledger.transfers[flow.row] is flow.transfer for flow in fold.flows)


@given(ledgers(), ANY_CONSERVING)
def test_shares_never_exceed_one(world: World, method: str) -> None:
    """Nobody ever holds more of a theft than was stolen in it."""
    stolen = world.stolen()
    for parts in amounts(folded(world, method)).values():
        assert all(units <= stolen[origin] for origin, units in parts.items())


@given(ledgers(), ANY)
def test_no_seed_no_taint(world: World, method: str) -> None:
    """Where nothing was stolen, nothing is traced anywhere."""
    fold = folded(world._replace(seeds={}), method)
    assert fold.flows == []
    assert fold.stolen_lots() == {}
    assert fold.audit() == {}
    assert set(fold.tally().traced) <= {0}


@given(ledgers(conversions=True), ANY, st.integers(0, 40))
def test_prefix_and_rest_make_the_whole(world: World, method: str, cut: int) -> None:
    """Folding a prefix and then the rest leaves the same state as folding the whole at once."""
    ledger = world.ledger()
    assert state(Fold(ledger, method).run(min(cut, len(ledger))).run()) == state(Fold(ledger, method).run())


@given(ledgers(conversions=True), ANY, st.integers(0, 40))
def test_a_ledger_may_grow_while_it_is_folded(world: World, method: str, cut: int) -> None:
    """Rows that are added after a fold has come to the end are taken up when it goes on."""
    ledger = world.ledger(cut)
    fold = Fold(ledger, method).run()
    world.entered(ledger, cut)
    assert state(fold.run()) == state(folded(world, method))


@given(ledgers(conversions=True), ANY, st.data())
def test_highest_first_may_stop_between_transactions(world: World, method: str, data: st.DataObject) -> None:
    """With highest first, a fold may stop wherever a transaction begins and go on from there."""
    ledger = world.ledger()
    names = [(one.chain, one.tx) for one in ledger.transfers]
    borders = [row for row in range(len(names)) if row == 0 or names[row] != names[row - 1]]
    cut = data.draw(st.sampled_from([*borders, len(names)]))
    whole = state(Fold(ledger, method, highest_first=True).run())
    assert state(Fold(ledger, method, highest_first=True).run(cut).run()) == whole


@given(ledgers(conversions=True), ANY)
def test_without_trails_the_tally_is_the_same(world: World, method: str) -> None:
    """Leaving out the ways of single units changes no figure, and keeps no way."""
    ledger = world.ledger()
    bare = Fold(ledger, method, trails=False).run()
    assert bare.tally() == Fold(ledger, method).run().tally()
    assert bare.steps == []


@given(ledgers(conversions=True), ANY)
def test_the_tally_is_the_sum_of_lots_and_flows(world: World, method: str) -> None:
    """The tally has, of every account, the sum of its stolen lots, and of every row what its flow carried."""
    fold = folded(world, method)
    tally = fold.tally()
    assert tally.method == method
    assert {(fold.ledger.accounts[who], origin): units for (who, origin), units in tally.held.items()} == {
        (who, origin): units for who, parts in amounts(fold).items() for origin, units in parts.items()
    }
    assert {row: units for row, units in enumerate(tally.traced) if units} == {
        flow.row: flow.traced for flow in fold.flows
    }
    assert len(tally.traced) == len(fold.ledger)


@given(ledgers(), ANY, st.randoms(use_true_random=False))
def test_order_of_arrival_is_irrelevant(world: World, method: str, dice: Random) -> None:
    """The same transfers, learnt in any order and then put in order, fold to the same."""
    shuffled = dice.sample(world.transfers, len(world.transfers))
    assert state(folded(world._replace(transfers=in_order(shuffled)), method)) == state(folded(world, method))


@given(ledgers(assets=("native", "0xtoken"), conversions=True), ANY, st.booleans(), st.randoms(use_true_random=False))
def test_renaming_changes_nothing(world: World, method: str, highest_first: bool, dice: Random) -> None:
    """Under other names of addresses, transactions, assets and chains, the tally is the same."""
    again = folded(renamed(world, dice), method, highest_first=highest_first)
    assert again.tally() == folded(world, method, highest_first=highest_first).tally()


@given(ledgers(), PROPORTIONAL, st.integers(2, 10**18))
def test_scaling_scales_everything(world: World, method: str, factor: int) -> None:
    """With every amount and opening k times as large, every found amount is k times as large, on the same paths.

    Pro rata rounds to whole units, which scale does change.
    """

    def larger(one: Transfer) -> Transfer:
        return one._replace(amount=one.amount * factor)

    scaled = World(
        [larger(one) for one in world.transfers],
        {larger(one).identity: world.seeds[one.identity] for one in world.transfers if one.identity in world.seeds},
        {who: Follow(follow.low, follow.opening * factor) for who, follow in world.follow.items()},
    )
    small, large = folded(world, method), folded(scaled, method)
    assert [flow.traced * factor for flow in small.flows] == [flow.traced for flow in large.flows]
    assert small.steps == large.steps
    assert {who: units * factor for who, units in small.ledger.short.items()} == large.ledger.short
    assert {
        who: {origin: units * factor for origin, units in parts.items()} for who, parts in amounts(small).items()
    } == amounts(large)


@given(ledgers(conversions=True), ledgers(conversions=True), ANY, st.booleans())
def test_unrelated_history_changes_nothing(world: World, strangers: World, method: str, highest_first: bool) -> None:
    """What people do whom the case does not touch, read too and mixed in by position, leaves every figure as it was."""
    mixed = folded(beside(world, strangers), method, highest_first=highest_first)
    alone = folded(world, method, highest_first=highest_first)
    assert {who: sorted(parts.values()) for who, parts in amounts(mixed).items()} == {
        who: sorted(parts.values()) for who, parts in amounts(alone).items()
    }
    assert principal_at(mixed) == principal_at(alone)


@given(ledgers(), ANY)
def test_following_nobody_rests_everything_at_the_first_receiver(world: World, method: str) -> None:
    """With no history read, every stolen unit rests where the theft transfer put it."""
    expected: dict[Account, dict[int, int]] = {}
    for one in world.transfers:
        if one.identity in world.seeds:
            expected.setdefault(account(one.receiver), {})[world.seeds[one.identity]] = one.amount
    assert amounts(folded(world._replace(follow={}), method)) == expected


@given(ledgers(), PROPORTIONAL, st.sampled_from(PEOPLE))
def test_expanding_never_lowers_what_others_received(world: World, method: str, who: Address) -> None:
    """Following one account more can only add stolen value elsewhere: the reason why rounds have a fixed point.

    Holds for accounts that are followed from their first stolen unit on, as discovery follows them.
    """
    without, more = followed_early(world, method, who)
    assert all(more.get(someone, 0) >= units for someone, units in without.items())


@given(ledgers(top=10**6), st.sampled_from(PEOPLE))
def test_expanding_lowers_nothing_pro_rata_but_by_rounding(world: World, who: Address) -> None:
    """The same pro rata, up to rounding: with a million times finer units nobody loses a thousandth of the old one."""
    fine = 10**6
    larger = [one._replace(amount=one.amount * fine) for one in world.transfers]
    seeds = {
        new.identity: world.seeds[old.identity]
        for old, new in zip(world.transfers, larger, strict=True)
        if old.identity in world.seeds
    }
    follow = {who: Follow(known.low, known.opening * fine) for who, known in world.follow.items()}
    without, more = followed_early(World(larger, seeds, follow), "pro_rata", who)
    assert all(more.get(someone, 0) > units - fine // 1000 for someone, units in without.items())


def followed_early(world: World, method: str, who: Address) -> tuple[dict[str, int], dict[str, int]]:
    """What each address received when all but ``who`` are followed from the start, and when it is as well."""
    people = {someone: Follow(0, follow.opening) for someone, follow in world.follow.items() if someone != account(who)}
    expanded = {**people, account(who): Follow(0, 0)}
    return (
        received(folded(world._replace(follow=people), method)),
        received(folded(world._replace(follow=expanded), method)),
    )


def received(fold: Fold) -> dict[str, int]:
    """Stolen units each address received."""
    sums: dict[str, int] = {}
    for flow in fold.flows:
        sums[flow.transfer.receiver] = sums.get(flow.transfer.receiver, 0) + flow.traced
    return sums


@given(ledgers(conversions=True), ANY, st.booleans())
def test_paths_begin_with_the_theft(world: World, method: str, highest_first: bool) -> None:
    """The trail of every lot begins at the theft transfer of its origin and each step starts where the last ended."""
    fold = folded(world, method, highest_first=highest_first)
    thefts = {origin: identity for identity, origin in world.seeds.items()}
    for who, lots in fold.stolen_lots().items():
        for lot in lots:
            way = [fold.flows[number].transfer for number in fold.path(lot.trail)]
            assert way[0].identity == thefts[fold.ledger.theft(lot.origin)]
            assert way[-1].receiver == who[1]
            assert all(one.receiver == after.sender for one, after in itertools.pairwise(way))
            rows = [fold.flows[number].row for number in fold.path(lot.trail)]
            assert rows == sorted(rows)


VECTOR = {
    "fifo": {"A": 2 * UNIT, "B": UNIT},
    "lifo": {"B": 3 * UNIT},
    "pro_rata": {"A": 1_200_000, "B": 1_200_000, "mule": 600_000},
    "clean_first": {"B": UNIT, "mule": 2 * UNIT},
    "tainted_first": {"A": 3 * UNIT},
    "poison": {"A": 4 * UNIT, "B": 4 * UNIT, "mule": 2 * UNIT},
}


@every_method
def test_worked_vector(method: str) -> None:
    """Domain reference 5: +2 clean, +3 stolen, +5 clean, −4 to A, −4 to B leaves 2 held, as each method has it."""
    fold = fold_of(
        [
            transfer(1, "clean", "mule", 2 * UNIT),
            transfer(2, VICTIM, "mule", 3 * UNIT),
            transfer(3, "clean", "mule", 5 * UNIT),
            transfer(4, "mule", "A", 4 * UNIT),
            transfer(5, "mule", "B", 4 * UNIT),
        ],
        {account("mule"): Follow(1, 0)},
        method,
    )
    assert at(fold) == VECTOR[method]
    assert sum(VECTOR[method].values()) == (3 * UNIT if METHODS[method].conserves else 10 * UNIT)
    assert sum(lot.amount for lot in fold.balances[fold.ledger.numbers[account("mule")]]) == 2 * UNIT


def test_every_method_has_its_vector() -> None:
    """No method is without one."""
    assert set(VECTOR) == set(METHODS)


OPENING = {"fifo": 2, "lifo": 6, "pro_rata": 4, "clean_first": 2, "tainted_first": 6, "poison": 6}


@every_method
def test_opening_balance_is_clean_and_oldest(method: str) -> None:
    """What an account held before the stolen units came is clean and its oldest lot."""
    fold = fold_of(
        [transfer(2, VICTIM, "mule", 10), transfer(3, "mule", "A", 6)], {account("mule"): Follow(2, 4)}, method
    )
    assert at(fold)["A"] == OPENING[method]


@every_conserving
def test_self_transfers_move_nothing(method: str) -> None:
    """A payment to oneself neither ages nor moves a unit, however large."""
    rows = [transfer(1, VICTIM, "mule", 10), transfer(2, "mule", "mule", 12), transfer(3, "mule", "A", 6)]
    follow = {account("mule"): Follow(0, 5)}
    fold = fold_of(rows, follow, method)
    assert amounts(fold) == amounts(fold_of([rows[0], rows[2]], follow, method))
    assert len(fold.flows) == 2


@every_conserving
def test_stolen_value_before_the_known_stretch_rests(method: str) -> None:
    """What came before an account's history is known stays there, outside the balance that is known."""
    fold = fold_of(
        [
            transfer(1, VICTIM, "mule", 10),
            transfer(3, "mule", "A", 10),
            transfer(5, VICTIM, "mule", 7),
            transfer(6, "mule", "B", 7),
        ],
        {account("mule"): Follow(5, 0)},
        method,
    )
    assert amounts(fold) == {account("mule"): {0: 10}, account("B"): {1: 7}}
    assert fold.ledger.short == {}


@every_conserving
def test_shortage_is_recorded_and_clean(method: str) -> None:
    """Units an account paid out without being known to have them are clean, and counted for a gap."""
    fold = fold_of(
        [transfer(1, VICTIM, "mule", 10), transfer(2, "mule", "A", 25)], {account("mule"): Follow(0, 0)}, method
    )
    assert fold.ledger.short == {fold.ledger.numbers[account("mule")]: 15}
    assert amounts(fold) == {account("A"): {0: 10}}


def test_poison_spreads_with_a_shortage_and_ends_at_nil() -> None:
    """A marked account that pays more than it had marks all of it; once it has nothing, what comes next is clean."""
    follow = {account("mule"): Follow(0, 0), account("A"): Follow(0, 3)}
    fold = fold_of(
        [
            transfer(1, VICTIM, "mule", 10),
            transfer(2, "mule", "A", 25),
            transfer(3, "clean", "mule", 8),
            transfer(4, "mule", "B", 8),
            transfer(5, "A", "C", 27),
        ],
        follow,
        "poison",
    )
    assert at(fold) == {"A": 1, "C": 27}
    assert fold.audit() == {0: 28}


@every_method
def test_two_equal_rows_are_two(method: str) -> None:
    """Two equal theft rows of one transaction are two origins."""
    first = transfer(1, VICTIM, "mule", 10, tx="same", kind=Kind.TOKEN)
    second = first._replace(nth=1, position=first.position._replace(index=(1,)))
    assert amounts(fold_of([first, second], {}, method)) == {account("mule"): {0: 10, 1: 10}}


def test_fees_come_out_of_the_balance() -> None:
    """A fee leaves the oldest units for the fee sink like any payment."""
    fold = fold_of(
        [
            transfer(1, VICTIM, "mule", 10),
            transfer(2, "mule", FEE_SINK, 3, kind=Kind.FEE),
            transfer(2, "mule", "A", 8),
        ],
        {account("mule"): Follow(0, 1)},
    )
    assert amounts(fold) == {account(FEE_SINK): {0: 2}, account("A"): {0: 8}}


@every_method
def test_other_assets_and_chains_are_other_accounts(method: str) -> None:
    """The same address holds different things in different assets and on different chains."""
    fold = fold_of(
        [
            transfer(1, VICTIM, "mule", 10),
            transfer(2, "mule", "A", 10, asset="0xtoken"),
            transfer(3, "mule", "A", 10, chain="eip155:56"),
        ],
        {account("mule"): Follow(0, 0), account("mule", "0xtoken"): Follow(0, 0)},
        method,
    )
    assert amounts(fold) == {account("mule"): {0: 10}}


@every_method
def test_victims_pass_nothing_on(method: str) -> None:
    """What returns to a victim rests there; only the transfers named as thefts leave it."""
    rows = [transfer(1, VICTIM, "mule", 10), transfer(2, "mule", VICTIM, 10), transfer(3, VICTIM, "A", 10)]
    ledger = Ledger({rows[0].identity: 0}, {account("mule"): Follow(0, 0)}).add(rows)
    assert amounts(Fold(ledger, method).run()) == {account(VICTIM): {0: 10}}


@pytest.mark.parametrize("low", range(HEIGHTS))
@every_conserving
def test_later_follow_only_rests_what_came_before(low: int, method: str) -> None:
    """Whatever height an account is known from, no unit of the theft is lost or made."""
    income = [transfer(height, VICTIM, "mule", 3) for height in range(HEIGHTS)]
    out = [transfer(height, "mule", "A", 2, index=1) for height in range(HEIGHTS)]
    fold = fold_of(sorted([*income, *out], key=lambda one: one.position), {account("mule"): Follow(low, 0)}, method)
    assert fold.audit() == dict.fromkeys(range(HEIGHTS), 3)
    assert sum(lot.amount for lot in fold.resting[fold.ledger.numbers[account("A")]]) == 2 * (HEIGHTS - low)


@every_method
def test_a_clean_history_costs_no_memory(method: str) -> None:
    """Clean income is one lot."""
    fold = fold_of([transfer(n, "clean", "mule", 2) for n in range(9)], {account("mule"): Follow(0, 1)}, method)
    assert list(fold.balances[fold.ledger.numbers[account("mule")]]) == [Lot(19, CLEAN, -1)]


def batch(*payments: tuple[str, int], payer: str = "mule", height: int = 5) -> list[Transfer]:
    """Payments of one transaction, in this order."""
    return [
        transfer(height, payer, payee, amount, tx=f"batch-{height}")._replace(
            position=transfer(height, payer, payee, amount).position._replace(index=(number,))
        )
        for number, (payee, amount) in enumerate(payments)
    ]


MIXED = [transfer(1, "clean", "mule", 6), transfer(2, VICTIM, "mule", 10)]
MULE = {account("mule"): Follow(0, 0)}


def test_highest_first_gives_the_largest_payment_its_stolen_units_first() -> None:
    """The method decides how many stolen units leave with a batch; the largest payment has them, then the next."""
    rows = [*MIXED, *batch(("A", 3), ("B", 5), ("C", 4))]
    assert at(fold_of(rows, MULE)) == {"B": 2, "C": 4, "mule": 4}
    assert at(fold_of(rows, MULE, highest_first=True)) == {"B": 5, "C": 1, "mule": 4}
    assert at(fold_of(rows, MULE, "tainted_first", highest_first=True)) == {"B": 5, "C": 4, "A": 1}
    assert at(fold_of(rows, MULE, "clean_first", highest_first=True)) == {"B": 5, "C": 1, "mule": 4}
    # Of 16 units 10 are stolen: of 12, 7½, and of equal remainders the clean one is rounded up.
    assert at(fold_of(rows, MULE, "pro_rata", highest_first=True)) == {"B": 5, "C": 2, "mule": 3}


def test_highest_first_ties_go_to_the_earlier_payment() -> None:
    """Of equal payments the earlier one is served first."""
    fold = fold_of([*MIXED, *batch(("A", 4), ("B", 4), ("C", 4))], MULE, highest_first=True)
    assert at(fold) == {"A": 4, "B": 2, "mule": 4}


def test_highest_first_looks_past_other_assets() -> None:
    """Rows of another asset between payments of one transaction do not part them, and count for themselves."""
    first, last = batch(("A", 7), ("B", 8))
    between = first._replace(
        asset=transfer(5, "mule", "A", 2, asset="0xtoken").asset, amount=2, receiver=Address("C"), sender=Address("A")
    )
    fold = fold_of([*MIXED, first, between, last], {**MULE, account("A", "0xtoken"): Follow(0, 2)}, highest_first=True)
    assert at(fold) == {"B": 8, "A": 1, "mule": 1}
    assert fold.ledger.balance[fold.ledger.numbers[account("A", "0xtoken")]] == 0


def test_highest_first_ends_where_another_pays() -> None:
    """A payment of the same asset by somebody else, or to the payer, ends what is paid together."""
    first, last = batch(("A", 7), ("B", 8))
    for payer, payee in (("other", "C"), ("clean", "mule"), ("A", "mule")):
        between = first._replace(sender=Address(payer), receiver=Address(payee), amount=1)
        follow = {**MULE, account("other"): Follow(0, 5), account("A"): Follow(0, 5)}
        fold = fold_of([*MIXED, first, between, last], follow, highest_first=True)
        assert at(fold)["A"] == 1, (payer, payee)


def test_highest_first_keeps_to_one_transaction() -> None:
    """Payments in the same block but in different transactions, or on different chains, are not paid together."""
    first, last = batch(("A", 7), ("B", 8))
    for name, other in (("tx", last._replace(tx="another")), ("chain", last._replace(chain="eip155:56"))):
        fold = fold_of(
            [*MIXED, first, other], {**MULE, account("mule", chain="eip155:56"): Follow(0, 9)}, highest_first=True
        )
        assert at(fold)["A"] == 1, name


def test_highest_first_leaves_single_payments_alone() -> None:
    """Where a transaction pays once, nothing differs; and a payment is not drawn twice after a batch."""
    rows = [*MIXED, transfer(3, "mule", "A", 8), *batch(("B", 1), ("C", 2)), transfer(6, "mule", "D", 5)]
    assert at(fold_of(rows, MULE)) == at(fold_of(rows, MULE, highest_first=True)) == {"A": 2, "B": 1, "C": 2, "D": 5}


def test_highest_first_stopped_within_a_batch_pays_what_it_saw() -> None:
    """A fold that is stopped inside a transaction has paid together only what came before."""
    ledger = Ledger({MIXED[1].identity: 0}, MULE).add([*MIXED, *batch(("A", 3), ("B", 5), ("C", 4))])
    fold = Fold(ledger, highest_first=True).run(4)
    assert at(fold) == {"B": 2, "mule": 8}
    assert fold.run().audit() == {0: 10}
    assert at(fold) == {"B": 2, "C": 4, "mule": 4}


def test_collecting_garbage_is_as_before() -> None:
    """A fold rests the garbage collector while it runs and leaves it as it was."""
    ledger = Ledger({}, MULE).add(MIXED)
    Fold(ledger).run()
    assert gc.isenabled()
    gc.disable()
    try:
        Fold(ledger).run()
        assert not gc.isenabled()
    finally:
        gc.enable()
