"""The fold of a watch: going on from saved balances gives what the whole gives, and the range holds every method."""

from __future__ import annotations

import random

import pytest

from chains.model import Address, Kind
from tests.tracer.watch.joints import OTHER, account, held, paid, resting
from tests.tracer.watch.restless_chain import CHAIN, EXCHANGE, PEOPLE, STOLEN, THIEF, TOKEN, VICTIM, Restless
from tracer.ledger import Account
from tracer.lots import CONSERVING
from tracer.watch.standing import (
    FOLLOWED,
    LOOKED_AT,
    RESTS,
    Advanced,
    Rules,
    Stand,
    advance,
    as_service,
    judged,
    opened,
)

MULE, LAST = PEOPLE[3], PEOPLE[4]
FIFO = Rules("fifo", ("fifo",))

BEGUN: dict[Account, Stand] = {
    (CHAIN, THIEF, TOKEN): Stand(FOLLOWED, 0, STOLEN, STOLEN, STOLEN, dict.fromkeys(CONSERVING, ((STOLEN, 0),)))
}


def _watched(chain: Restless, cuts: list[int], followed: tuple[str, ...]) -> dict[Account, Stand]:
    """The stands after the whole chain, folded in stretches that end at ``cuts``."""
    rules, stands, low = Rules("fifo", followed), dict(BEGUN), 0
    for high in [*cuts, len(chain.blocks)]:
        rows = [one for _, block in chain.blocks[low:high] for one in block]
        begun = dict(stands)
        while True:
            advanced = advance(begun, rules, 1, rows, lambda *_: True)
            new = {one: height for one, height in advanced.newcomers.items() if one[1] != EXCHANGE}
            if not new:
                break
            for one, height in new.items():
                now = opened(height, chain.held(Address(one[1]), height))
                begun[one] = judged(stands.get(one), now)
        begun.update(advanced.stands)
        stands = {one: stand for one, stand in begun.items() if not stand.empty}
        low = high
    return stands


def _busy(seed: int) -> Restless:
    chain = Restless(seed)
    for _ in range(40):
        chain.mine(3)
    return chain


@pytest.mark.parametrize("followed", [("fifo",), ("lifo",), ("pro_rata",), CONSERVING])
@pytest.mark.parametrize("seed", range(12))
def test_stretches_give_what_the_whole_gives(seed: int, followed: tuple[str, ...]) -> None:
    """Folded on in any stretches, every account has, under every method followed, what a fold from nil leaves there."""
    chain = _busy(seed)
    stands = _watched(chain, sorted(random.Random(seed).sample(range(1, 40), 5)), followed)
    for method in followed:
        held, _ = chain.truth(method, followed)
        assert {key: units for key, stand in stands.items() if (units := stand.traced(method))} == held


@pytest.mark.parametrize("seed", range(12))
def test_the_range_holds_every_method(seed: int) -> None:
    """No method that conserves money leaves less at an account than the least, or more than the most."""
    for stand in _watched(_busy(seed), [7, 20], CONSERVING).values():
        for method in CONSERVING:
            assert stand.least <= stand.traced(method) <= stand.most


def _advanced(
    stands: dict[Account, Stand], *paid_now: tuple[str, str, int], rules: Rules = FIFO, kind: Kind = Kind.TOKEN
) -> Advanced:
    rows = [paid(payer, payee, units, index=nth).transfer for nth, (payer, payee, units) in enumerate(paid_now)]
    rows = [one._replace(position=one.position._replace(kind=kind)) for one in rows]
    return advance(stands, rules, 3, rows, lambda *_: True)


def test_the_most_that_can_be_left_is_no_more_than_what_is_left() -> None:
    """Of 100 units of which any may be traced, after 70 went 30 remain, and none beyond them can be traced."""
    begun = held(100)._replace(least=0)
    stands = _advanced({account(THIEF): begun}, (THIEF, MULE, 70)).stands
    assert (stands[account(THIEF)].least, stands[account(THIEF)].most) == (0, 30)


def test_where_the_balance_is_not_proven_nothing_is_certain() -> None:
    """An account that may have held any amount of clean units besides: what goes may be clean, what stays traced."""
    advanced = _advanced({account(THIEF): held(100, weak="not proven")}, (THIEF, MULE, 70))
    (move,) = advanced.moves
    assert (move.least, move.most) == (0, 70)
    left = advanced.stands[account(THIEF)]
    assert (left.least, left.most) == (30, 100)


VICTIMS = Rules("fifo", ("fifo",), sources=frozenset({(CHAIN, str(VICTIM))}), own=frozenset({(CHAIN, str(LAST))}))


def test_what_leaves_a_source_is_a_theft_of_its_own() -> None:
    """Each gets its number; the next one goes on from there."""
    advanced = _advanced({}, (VICTIM, MULE, 5), (VICTIM, OTHER, 7), rules=VICTIMS)
    assert [(move.theft, move.least, move.most) for move in advanced.moves] == [(True, 5, 5), (True, 7, 7)]
    assert advanced.origins == 5
    assert [advanced.stands[account(who)].lots["fifo"] for who in (MULE, OTHER)] == [((5, 3),), ((7, 4),)]


@pytest.mark.parametrize(
    ("payee", "kind"), [(LAST, Kind.TOKEN), (VICTIM, Kind.TOKEN), (MULE, Kind.FEE)], ids=["own", "itself", "fee"]
)
def test_what_the_owner_does_is_no_theft(payee: str, kind: Kind) -> None:
    """Paid to another address of theirs, to itself, or as a fee."""
    advanced = _advanced({}, (VICTIM, payee, 5), rules=VICTIMS, kind=kind)
    assert (advanced.moves, advanced.origins) == ((), 3)


def test_of_a_place_whose_inside_is_unknown_any_part_may_have_gone() -> None:
    """Of a deposit address that pays out, none or all that is traced there may be in it; nobody is followed."""
    begun = held(50, role=LOOKED_AT, reason="exchange_deposit")
    advanced = _advanced({account(THIEF): begun}, (THIEF, MULE, 80), (THIEF, OTHER, 20))
    assert [(move.inside, move.least, move.most) for move in advanced.moves] == [(True, 0, 50), (True, 0, 20)]
    assert not advanced.newcomers


def test_who_was_judged_keeps_what_may_have_come_before() -> None:
    """What rested there unjudged may be in what it holds, but only in that."""
    before = resting()._replace(most=70)
    assert judged(before, opened(5, 40)).most == 40
    assert judged(before, opened(5, 100)).most == 70
    assert judged(None, opened(5, 100)).most == 0


def test_a_service_holds_what_is_traced_and_nothing_else() -> None:
    """Its own units are nobody's business."""
    stand = as_service(held(30, 1_000))
    assert (stand.role, stand.balance, stand.traced("fifo"), stand.reason) == (RESTS, 0, 30, "service")
    assert stand.lots["fifo"] == ((30, 0),)
