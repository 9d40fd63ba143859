"""The fold of a watch: going on from saved balances gives what the whole gives, and the range holds every method."""

from __future__ import annotations

import random

import pytest

from chains.model import Address
from tests.tracer.watch.restless_chain import CHAIN, EXCHANGE, STOLEN, THIEF, TOKEN, Restless
from tracer.ledger import Account
from tracer.lots import CONSERVING
from tracer.watch.standing import FOLLOWED, Rules, Stand, advance, judged, opened

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
            new = {account: height for account, height in advanced.newcomers.items() if account[1] != EXCHANGE}
            if not new:
                break
            for account, height in new.items():
                now = opened(height, chain.held(Address(account[1]), height))
                begun[account] = judged(stands.get(account), now)
        begun.update(advanced.stands)
        stands = {account: stand for account, stand in begun.items() if not stand.empty}
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
