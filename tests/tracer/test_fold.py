"""Properties of the accounting: it conserves every stolen unit at every step, whatever the ledger."""

from __future__ import annotations

import itertools
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chains.model import FEE_SINK, Address, Kind, Transfer
from tests.strategies import HEIGHTS, PEOPLE, VICTIMS, Ledger, account, ledgers, transfer
from tracer.fold import Account, Fold, Follow, opening_balance
from tracer.lots import CLEAN, Lot

UNIT = 10**6


def folded(ledger: Ledger) -> Fold:
    """The fold over a whole ledger."""
    return Fold(ledger.seeds, ledger.follow).run(ledger.transfers)


def state(fold: Fold) -> tuple[object, ...]:
    """Everything a fold has found."""
    return ({who: list(lots) for who, lots in fold.held.items()}, fold.resting, fold.flows, fold.steps, fold.short)


def amounts(fold: Fold) -> dict[Account, dict[int, int]]:
    """Stolen units by account and origin."""
    found: dict[Account, dict[int, int]] = {}
    for who, lots in fold.stolen_lots().items():
        for lot in lots:
            found.setdefault(who, {})[lot.origin] = found.get(who, {}).get(lot.origin, 0) + lot.amount
    return found


@given(ledgers(assets=("native", "0xtoken")))
def test_conservation_after_every_transfer(ledger: Ledger) -> None:
    """After each single transfer the stolen units found, per origin, are exactly those stolen so far."""
    fold = Fold(ledger.seeds, ledger.follow)
    stolen: dict[int, int] = {}
    for one in ledger.transfers:
        fold.run([one])
        origin = ledger.seeds.get(one.identity)
        if origin is not None:
            stolen[origin] = one.amount
        assert fold.audit() == stolen


@given(ledgers(assets=("native", "0xtoken")))
def test_never_more_traced_than_moved(ledger: Ledger) -> None:
    """No flow carries more stolen units than its transfer moved, none carries nothing, and all lots are positive."""
    fold = folded(ledger)
    assert all(0 < flow.traced <= flow.transfer.amount for flow in fold.flows)
    assert all(lot.amount > 0 for flow in fold.flows for lot in flow.lots)
    assert all(lot.amount > 0 for lots in fold.held.values() for lot in lots)


@given(ledgers())
def test_no_seed_no_taint(ledger: Ledger) -> None:
    """Where nothing was stolen, nothing is traced anywhere."""
    fold = Fold({}, ledger.follow).run(ledger.transfers)
    assert fold.flows == []
    assert fold.stolen_lots() == {}
    assert fold.audit() == {}


@given(ledgers(), st.integers(0, 40))
def test_prefix_and_rest_make_the_whole(ledger: Ledger, cut: int) -> None:
    """Folding a prefix and then the rest leaves the same state as folding the whole at once."""
    in_two = Fold(ledger.seeds, ledger.follow).run(ledger.transfers[:cut]).run(ledger.transfers[cut:])
    assert state(in_two) == state(folded(ledger))


@given(ledgers(), st.randoms(use_true_random=False))
def test_order_of_arrival_is_irrelevant(ledger: Ledger, dice: Random) -> None:
    """The same transfers, learnt in any order and then sorted by position, fold to the same."""
    shuffled = list(ledger.transfers)
    dice.shuffle(shuffled)
    shuffled.sort(key=lambda one: (one.chain, one.position, one.identity))
    again = Ledger(shuffled, ledger.seeds, ledger.follow)
    ordered = sorted(ledger.transfers, key=lambda one: (one.chain, one.position, one.identity))
    assert state(folded(again)) == state(folded(Ledger(ordered, ledger.seeds, ledger.follow)))


@given(ledgers(), st.integers(2, 10**18))
def test_scaling_scales_everything(ledger: Ledger, factor: int) -> None:
    """With every amount and opening k times as large, every found amount is k times as large, on the same paths."""

    def larger(one: Transfer) -> Transfer:
        return one._replace(amount=one.amount * factor)

    scaled = Ledger(
        [larger(one) for one in ledger.transfers],
        {larger(one).identity: ledger.seeds[one.identity] for one in ledger.transfers if one.identity in ledger.seeds},
        {who: Follow(follow.low, follow.opening * factor) for who, follow in ledger.follow.items()},
    )
    small, large = folded(ledger), folded(scaled)
    assert [flow.traced * factor for flow in small.flows] == [flow.traced for flow in large.flows]
    assert small.steps == large.steps
    assert {who: units * factor for who, units in small.short.items()} == large.short
    assert {
        who: {origin: units * factor for origin, units in parts.items()} for who, parts in amounts(small).items()
    } == amounts(large)


@given(ledgers(), ledgers())
def test_unrelated_history_changes_nothing(ledger: Ledger, strangers: Ledger) -> None:
    """Transfers among people whom the case does not touch, mixed in by position, leave every figure as it was."""
    others = [
        one._replace(sender=Address("x" + one.sender), receiver=Address("x" + one.receiver), tx="x" + one.tx)
        for one in strangers.transfers
    ]
    mixed = sorted([*ledger.transfers, *others], key=lambda one: one.position)
    ordered = sorted(ledger.transfers, key=lambda one: one.position)
    assert state(folded(Ledger(mixed, ledger.seeds, ledger.follow))) == state(
        folded(Ledger(ordered, ledger.seeds, ledger.follow))
    )


@given(ledgers())
def test_following_nobody_rests_everything_at_the_first_receiver(ledger: Ledger) -> None:
    """With no history read, every stolen unit rests where the theft transfer put it."""
    fold = Fold(ledger.seeds, {}).run(ledger.transfers)
    expected: dict[Account, dict[int, int]] = {}
    for one in ledger.transfers:
        if one.identity in ledger.seeds:
            expected.setdefault(account(one.receiver), {})[ledger.seeds[one.identity]] = one.amount
    assert amounts(fold) == expected


@given(ledgers(), st.sampled_from(PEOPLE))
def test_expanding_never_lowers_what_others_received(ledger: Ledger, who: Address) -> None:
    """Following one account more can only add stolen value elsewhere: the reason why rounds have a fixed point.

    Holds for accounts that are followed from their first stolen unit on, as discovery follows them.
    """
    people = {someone: follow for someone, follow in ledger.follow.items() if someone != account(who)}
    early = {someone: Follow(0, follow.opening) for someone, follow in people.items()}
    without = received(Fold(ledger.seeds, early).run(ledger.transfers))
    more = received(Fold(ledger.seeds, {**early, account(who): Follow(0, 0)}).run(ledger.transfers))
    assert all(more.get(someone, 0) >= units for someone, units in without.items())


def received(fold: Fold) -> dict[str, int]:
    """Stolen units each address received."""
    sums: dict[str, int] = {}
    for flow in fold.flows:
        sums[flow.transfer.receiver] = sums.get(flow.transfer.receiver, 0) + flow.traced
    return sums


@given(ledgers())
@settings(max_examples=50)
def test_paths_begin_with_the_theft(ledger: Ledger) -> None:
    """The trail of every lot begins at the theft transfer of its origin and each step starts where the last ended."""
    fold = folded(ledger)
    thefts = {origin: identity for identity, origin in ledger.seeds.items()}
    for who, lots in fold.stolen_lots().items():
        for lot in lots:
            way = [fold.flows[number].transfer for number in fold.path(lot.trail)]
            assert way[0].identity == thefts[lot.origin]
            assert way[-1].receiver == who[1]
            assert all(one.receiver == after.sender for one, after in itertools.pairwise(way))
            assert all(one.position < after.position for one, after in itertools.pairwise(way))


def test_worked_vector() -> None:
    """Domain reference 5: +2 clean, +3 stolen, +5 clean, −4 to A, −4 to B gives A 2, B 1, and nothing is held."""
    seed = transfer(2, VICTIMS[0], "mule", 3 * UNIT)
    fold = Fold({seed.identity: 0}, {account("mule"): Follow(1, 0)}).run(
        [
            transfer(1, "clean", "mule", 2 * UNIT),
            seed,
            transfer(3, "clean", "mule", 5 * UNIT),
            transfer(4, "mule", "A", 4 * UNIT),
            transfer(5, "mule", "B", 4 * UNIT),
        ]
    )
    assert amounts(fold) == {account("A"): {0: 2 * UNIT}, account("B"): {0: UNIT}}
    assert [lot for lot in fold.held[account("mule")] if lot.origin >= 0] == []
    assert sum(lot.amount for lot in fold.held[account("mule")]) == 2 * UNIT


def test_opening_balance_leaves_first() -> None:
    """What an account held before the stolen units came is its oldest lot and leaves before them."""
    seed = transfer(2, VICTIMS[0], "mule", 10)
    fold = Fold({seed.identity: 0}, {account("mule"): Follow(2, 4)}).run([seed, transfer(3, "mule", "A", 6)])
    assert amounts(fold) == {account("A"): {0: 2}, account("mule"): {0: 8}}


def test_self_transfers_move_nothing() -> None:
    """A payment to oneself neither ages nor moves a unit, however large."""
    seed = transfer(1, VICTIMS[0], "mule", 10)
    fold = Fold({seed.identity: 0}, {account("mule"): Follow(0, 5)})
    fold.run([seed, transfer(2, "mule", "mule", 12), transfer(3, "mule", "A", 6)])
    assert amounts(fold) == {account("A"): {0: 1}, account("mule"): {0: 9}}
    assert len(fold.flows) == 2


def test_stolen_value_before_the_known_stretch_rests() -> None:
    """What came before an account's history is known stays there, outside the queue that is known."""
    early, late = transfer(1, VICTIMS[0], "mule", 10), transfer(5, VICTIMS[0], "mule", 7)
    fold = Fold({early.identity: 0, late.identity: 1}, {account("mule"): Follow(5, 3)})
    fold.run([early, transfer(3, "mule", "A", 10), late, transfer(6, "mule", "B", 7)])
    assert amounts(fold) == {account("mule"): {0: 10, 1: 3}, account("B"): {1: 4}}
    assert fold.short == {}


def test_shortage_is_recorded_and_clean() -> None:
    """Units an account paid out without being known to have them are clean, and counted for a gap."""
    seed = transfer(1, VICTIMS[0], "mule", 10)
    fold = Fold({seed.identity: 0}, {account("mule"): Follow(0, 0)}).run([seed, transfer(2, "mule", "A", 25)])
    assert fold.short == {account("mule"): 15}
    assert amounts(fold) == {account("A"): {0: 10}}


def test_two_equal_rows_are_two() -> None:
    """Two equal theft rows of one transaction are two origins."""
    first = transfer(1, VICTIMS[0], "mule", 10, tx="same", kind=Kind.TOKEN)
    second = first._replace(nth=1, position=first.position._replace(index=(1,)))
    fold = Fold({first.identity: 0, second.identity: 1}, {}).run([first, second])
    assert amounts(fold) == {account("mule"): {0: 10, 1: 10}}


def test_fees_come_out_of_the_balance() -> None:
    """A fee leaves the oldest units for the fee sink like any payment."""
    seed = transfer(1, VICTIMS[0], "mule", 10)
    fold = Fold({seed.identity: 0}, {account("mule"): Follow(0, 1)})
    fold.run([seed, transfer(2, "mule", FEE_SINK, 3, kind=Kind.FEE), transfer(2, "mule", "A", 8)])
    assert amounts(fold) == {account(FEE_SINK): {0: 2}, account("A"): {0: 8}}


def test_other_assets_and_chains_are_other_accounts() -> None:
    """The same address holds different things in different assets and on different chains."""
    seed = transfer(1, VICTIMS[0], "mule", 10)
    fold = Fold({seed.identity: 0}, {account("mule"): Follow(0, 0), account("mule", "0xtoken"): Follow(0, 0)})
    fold.run([seed, transfer(2, "mule", "A", 10, asset="0xtoken"), transfer(3, "mule", "A", 10, chain="eip155:56")])
    assert amounts(fold) == {account("mule"): {0: 10}}


def test_victims_pass_nothing_on() -> None:
    """What returns to a victim rests there; only the transfers named as thefts leave it."""
    seed = transfer(1, VICTIMS[0], "mule", 10)
    fold = Fold({seed.identity: 0}, {account("mule"): Follow(0, 0)})
    fold.run([seed, transfer(2, "mule", VICTIMS[0], 10), transfer(3, VICTIMS[0], "A", 10)])
    assert amounts(fold) == {account(VICTIMS[0]): {0: 10}}


HISTORY = st.lists(
    st.tuples(st.booleans(), st.integers(1, 10**20)).map(
        lambda row: transfer(1, *(("mule", "other") if row[0] else ("other", "mule")), row[1])
    ),
    max_size=20,
)


@given(HISTORY, st.integers(0, 10**21))
def test_opening_plus_movements_is_the_balance(history: list[Transfer], surplus: int) -> None:
    """For a balance the movements allow, the opening is what makes the account end at it, and is not weak."""
    change, least = change_and_least(history)
    balance = change + least + surplus
    assert opening_balance(history, "mule", balance) == (least + surplus, "")


@given(HISTORY)
def test_impossible_or_unknown_balance_is_weak(history: list[Transfer]) -> None:
    """Without a balance, or with one that cannot be, the opening is the least that never goes below zero, and weak."""
    change, least = change_and_least(history)
    unknown, why = opening_balance(history, "mule", None)
    assert unknown == least
    assert why
    impossible, why = opening_balance(history, "mule", change + least - 1)
    assert impossible == least
    assert why


def change_and_least(history: list[Transfer]) -> tuple[int, int]:
    """Net change of the account, and the least opening that never makes it negative."""
    running, least = 0, 0
    for one in history:
        running += one.amount if one.receiver == "mule" else -one.amount
        least = max(least, -running)
    return running, least


def test_opening_counts_self_transfers_as_nothing() -> None:
    """A payment to oneself changes no balance."""
    assert opening_balance([transfer(1, "mule", "mule", 50)], "mule", 7) == (7, "")


@pytest.mark.parametrize("low", range(HEIGHTS))
def test_later_follow_only_rests_what_came_before(low: int) -> None:
    """Whatever height an account is known from, no unit of the theft is lost or made."""
    seeds = [transfer(height, VICTIMS[0], "mule", 3) for height in range(HEIGHTS)]
    out = [transfer(height, "mule", "A", 2, index=1) for height in range(HEIGHTS)]
    rows = sorted([*seeds, *out], key=lambda one: one.position)
    fold = Fold({one.identity: number for number, one in enumerate(seeds)}, {account("mule"): Follow(low, 0)}).run(rows)
    assert fold.audit() == dict.fromkeys(range(HEIGHTS), 3)
    assert sum(lot.amount for lot in fold.resting[account("A")]) == 2 * (HEIGHTS - low)


def test_clean_lots_are_joined() -> None:
    """Clean income in a row is one lot, so that a long clean history costs no memory."""
    fold = Fold({}, {account("mule"): Follow(0, 1)}).run([transfer(n, "clean", "mule", 2) for n in range(9)])
    assert list(fold.held[account("mule")]) == [Lot(19, CLEAN, -1)]


@given(ledgers())
def test_shares_never_exceed_one(ledger: Ledger) -> None:
    """Nobody ever holds more than the whole of what was stolen."""
    fold = folded(ledger)
    stolen = sum(one.amount for one in ledger.transfers if one.identity in ledger.seeds)
    for parts in amounts(fold).values():
        assert Fraction(sum(parts.values()), max(1, stolen)) <= 1
