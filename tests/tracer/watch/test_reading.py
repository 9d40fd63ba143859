"""What a stretch makes of the targets: services found out, thefts numbered on, accounts that hold nothing given up."""

from __future__ import annotations

import asyncio

import pytest

from chains.errors import Down
from chains.model import Address
from chains.scan import Scanned
from tests.tracer.watch.joints import HOLDER, OTHER, account, block, held, paid, place
from tests.tracer.watch.restless_chain import CHAIN, PEOPLE, VICTIM, Restless
from tracer.watch.frontier import Looked, Place
from tracer.watch.newcomers import Judge
from tracer.watch.reading import Stretch, Worked, changed, work
from tracer.watch.standing import RESTS, Rules

MULE, LAST = PEOPLE[3], PEOPLE[4]


def _work(where: Place, chain: Restless) -> Worked:
    """All of a chain after its first block, of which nobody but the place's own was looked for."""
    top = len(chain.blocks) - 1
    stretch = Stretch(CHAIN, 1, top)
    looked = Looked()
    wanted = Looked(dict.fromkeys((Address(who) for _, who, _ in where.stands), 1)).all
    sources = Looked(dict.fromkeys((Address(who) for _, who in where.rules.sources), 1)).all
    for who in (wanted, sources):
        looked.note(who, 1)
        stretch.take(asyncio.run(chain.scan(who, 1, top)))
    judge = Judge(chain, chain)  # type: ignore[arg-type]
    return asyncio.run(work(chain, judge, {1: where}, stretch, looked))  # type: ignore[arg-type]


def _chain(*blocks: tuple[tuple[Address, Address, int], ...]) -> Restless:
    chain = Restless(1)
    for number, rows in enumerate(blocks, 1):
        chain._append(chain._transfer(*row, number, nth) for nth, row in enumerate(rows))
    return chain


def test_who_pays_whoever_turned_up_in_the_same_stretch_is_followed() -> None:
    """The newcomer is looked for from its first payment on, in the same block too, and what it held before is clean."""
    chain = _chain(((Address(HOLDER), MULE, 50), (MULE, LAST, 50)))
    chain.opening[MULE] = 0
    worked = _work(place({account(HOLDER): held(50)}), chain)
    assert {who: one.traced("fifo") for who, one in worked.places[1].stands.items() if not one.empty} == {
        account(LAST): 50
    }


def test_a_service_is_found_out_and_nobody_it_pays_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is traced there rests, and what it pays afterwards is no movement of it."""
    monkeypatch.setattr("tracer.watch.frontier.SERVICE_COUNTERPARTIES_A_DAY", 3)
    chain = _chain(tuple((Address(HOLDER), who, 10) for who in PEOPLE[3:6]))
    worked = _work(place({account(HOLDER): held(50, 50)}), chain)
    stand = worked.places[1].stands[account(HOLDER)]
    assert (stand.role, stand.reason, stand.traced("fifo")) == (RESTS, "service", 50)
    assert not worked.moves[1]


def test_thefts_are_numbered_on() -> None:
    """The next stretch begins with the number after those of this one."""
    rules = Rules("fifo", ("fifo",), sources=frozenset({(CHAIN, str(VICTIM))}))
    worked = _work(place(rules=rules), _chain(((VICTIM, MULE, 5), (VICTIM, LAST, 6))))
    assert worked.places[1].origins == place().origins + 2


def test_what_holds_nothing_any_more_is_given_up() -> None:
    """It is told as none, once; who did not change is not told at all."""
    before = place({account(HOLDER): held(50), account(OTHER): held(7)})
    after = before.copy()
    after.stands[account(HOLDER)] = held(0)
    assert changed(before, after, CHAIN) == {account(HOLDER): None}
    assert changed(before, after, "eip155:56") == {}


def test_a_part_of_another_chain_is_refused() -> None:
    """Whoever turned up late must not be looked for on a chain that was replaced meanwhile."""
    stretch = Stretch(CHAIN, 1, 9)
    stretch.take(Scanned(1, 9, block(9), (), plan="topics"))
    with pytest.raises(Down):
        stretch.take(Scanned(7, 9, block(9, "f"), (paid(HOLDER, OTHER, 5),)))
    assert not stretch.sights


def test_the_top_is_that_of_the_whole_stretch() -> None:
    """A part that was read besides tells nothing of how far the stretch goes; the first to tell it is believed."""
    stretch = Stretch(CHAIN, 1, 9)
    stretch.take(Scanned(1, 5, block(5), (), plan="blocks"))
    before = stretch.top
    stretch.take(Scanned(1, 9, block(9), (), weak="thin", plan="topics"))
    stretch.take(Scanned(7, 9, block(9), (paid(HOLDER, OTHER, 5),)))
    assert (before, stretch.top) == (None, block(9))
    assert (stretch.plan, stretch.weak) == ("blocks", {"thin"})
    assert len(stretch.in_order()) == 1
