"""What becomes of whoever received traced value, by label, code, amount, room and what can be asked."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest

from chains.errors import Down, Unsupported
from chains.model import Address, AssetId, Balance
from tests.tracer.watch.joints import HOLDER, OTHER, account, held, labelled, place
from tests.tracer.watch.restless_chain import CHAIN, TOKEN
from tracer.lots import CLEAN
from tracer.watch.frontier import Place
from tracer.watch.newcomers import Judge, Newcomer, ended, label_of
from tracer.watch.standing import FOLLOWED, LOOKED_AT, RESTS, Rules, Stand

ZERO = "0x" + "0" * 40
OTHER_CHAIN = "eip155:56"


@dataclass
class _Chain:
    """Reader and scanner in one: who is a contract, and what is held (None: nobody can tell)."""

    contracts: frozenset[str] = frozenset()
    amount: int | None = 40
    asked: list[Any] = field(default_factory=list)

    async def is_contract(self, who: Address) -> bool:
        self.asked.append(("code", who))
        return who in self.contracts

    async def held_before(self, who: Address, asset: AssetId, number: int) -> Balance:
        self.asked.append((who, asset, number))
        if self.amount is None:
            raise Unsupported("memory", "a balance", "no state")
        return Balance(self.amount, number - 1, 77)


def _judged(where: Place, chain: _Chain, who: str = OTHER, *, units: int = 500, judge: Judge | None = None) -> Stand:
    judge = judge or Judge(chain, chain)  # type: ignore[arg-type]
    return asyncio.run(judge.judge(where, Newcomer(account(who), 9, 9, "0x9", units)))


@pytest.mark.parametrize(
    ("category", "reason"),
    [("exchange_hot", "exchange"), ("mixer", "mixer"), ("bridge", "bridge"), ("gambling", "service")],
)
def test_a_label_ends_the_trail(category: str, reason: str) -> None:
    """Whoever a label names as a service is not followed, and nothing is asked for it."""
    chain = _Chain()
    stand = _judged(place(labels=[labelled(OTHER, category)]), chain)
    assert (stand.role, stand.reason) == (RESTS, reason)
    assert not chain.asked


def test_a_burnt_address_ends_the_trail() -> None:
    """What nobody holds a key to is an end, whatever labels say."""
    assert _judged(place(labels=[labelled(ZERO, "exchange_hot")]), _Chain(), ZERO).reason == "burn"


def test_a_label_of_another_chain_counts_only_without_code() -> None:
    """An exchange's wallet of another chain is one here too, unless it is a contract here."""
    where = place(labels=[labelled(OTHER, "exchange_hot", chain=OTHER_CHAIN)])
    assert _judged(where, _Chain()).reason == "exchange"
    assert _judged(where, _Chain(frozenset({OTHER}))).reason == "contract"


def test_dust_is_looked_at_and_not_followed() -> None:
    """Less than the case follows of the asset is looked at, without a request."""
    chain = _Chain()
    where = place(rules=Rules("fifo", ("fifo",), least={(CHAIN, TOKEN): 501}))
    stand = _judged(where, chain)
    assert (stand.role, stand.reason, chain.asked) == (LOOKED_AT, "dust", [])
    assert _judged(where, chain, units=501).role == FOLLOWED


def test_a_contract_rests() -> None:
    """What a contract did with it is left to the case."""
    assert _judged(place(), _Chain(frozenset({OTHER}))).reason == "contract"


def test_no_room_is_left() -> None:
    """Where as many places are looked at as were allowed there is no room for one more; an end needs none."""
    full = place({account(HOLDER): held(9)}, most=1)
    assert not full.room(held(5))
    assert full.room(ended("exchange"))
    assert place({account(HOLDER): held(9)}, most=2).room(held(5))


def test_it_is_followed_with_what_it_held_before() -> None:
    """From the block of the first payment on, behind what it held right before that block; the answer is kept."""
    chain = _Chain()
    judge = Judge(chain, chain)  # type: ignore[arg-type]
    stand = _judged(place(), chain, judge=judge)
    assert (stand.role, stand.low, stand.balance, stand.lots["fifo"], stand.weak) == (
        FOLLOWED,
        9,
        40,
        ((40, CLEAN),),
        "",
    )
    assert judge.answers == {77}
    assert _judged(place(), chain, judge=judge) == stand
    assert chain.asked == [("code", OTHER), (OTHER, TOKEN, 9)]


def test_a_balance_nobody_can_tell_is_said() -> None:
    """It counts as nothing, and the stand is weak, which says that it may have been any amount."""
    chain = _Chain(amount=None)
    judge = Judge(chain, chain)  # type: ignore[arg-type]
    stand = _judged(place(), chain, judge=judge)
    assert (stand.role, stand.balance, bool(stand.weak), judge.answers) == (FOLLOWED, 0, True, set())


def test_a_source_that_fails_judges_nobody() -> None:
    """What cannot be asked is no answer: the failure goes up, and nothing is remembered."""

    class Deaf(_Chain):
        async def held_before(self, who: Address, asset: AssetId, number: int) -> Balance:
            raise Down("memory", "a balance", "silent")

    chain = Deaf()
    judge = Judge(chain, chain)  # type: ignore[arg-type]
    with pytest.raises(Down):
        _judged(place(), chain, judge=judge)
    assert not judge.openings


def test_which_label_is_shown() -> None:
    """One that ends a trail before any other; none where nobody says anything."""
    both = place(labels=[labelled(OTHER, "other"), labelled(OTHER, "mixer")])
    found = label_of(both, CHAIN, OTHER, {})
    assert found is not None
    assert found.category == "mixer"
    only = label_of(place(labels=[labelled(OTHER, "other")]), CHAIN, OTHER, {})
    assert only is not None
    assert only.category == "other"
    assert label_of(place(), CHAIN, OTHER, {}) is None
    assert ended("mixer").empty
