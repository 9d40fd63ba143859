"""Whom a watch looks for, which transfers concern it, and when somebody turns out to be a service."""

from __future__ import annotations

from chains.model import FEE_SINK, NATIVE, AssetId
from chains.scan import Watched
from tests.tracer.watch.joints import HOLDER, OTHER, THIRD, account, block, held, paid, place
from tests.tracer.watch.restless_chain import CHAIN, TOKEN
from tracer.lots import CLEAN
from tracer.rules import SERVICE_COUNTERPARTIES_A_DAY
from tracer.watch.frontier import Looked, both, watched
from tracer.watch.newcomers import ended
from tracer.watch.standing import FOLLOWED, LOOKED_AT, RESTS, Rules, as_service
from tracer.words import sentence

UNLISTED = AssetId("0x" + "5" * 40)
SOURCES = Rules("fifo", ("fifo",), sources=frozenset({(CHAIN, str(THIRD))}))
PEERS = [f"0x{number:040x}" for number in range(0x9000, 0x9000 + SERVICE_COUNTERPARTIES_A_DAY)]


def test_whom_to_look_for() -> None:
    """Tokens and coins by what is followed or looked at there; sources for everything; nobody where a trail ends."""
    stands = {
        account(HOLDER): held(5),
        account(OTHER, NATIVE): held(5, role=LOOKED_AT, reason="dust"),
        account("0xrest"): ended("exchange"),
        ("tron:mainnet", "TElsewhere", TOKEN): held(5),
    }
    found = watched([place(stands, rules=SOURCES)], CHAIN)
    assert found == Watched(frozenset({HOLDER, THIRD}), frozenset({OTHER, THIRD}), frozenset({THIRD}))
    assert found.all == {HOLDER, OTHER, THIRD}
    known = Watched(frozenset({HOLDER}), frozenset({OTHER}))
    assert both(known, found) == found


def test_who_was_looked_for_from_where() -> None:
    """Whoever was looked for from a later block on lacks the blocks before; the earliest one stays."""
    looked, wanted = Looked(), Watched(frozenset({HOLDER, THIRD}), frozenset({OTHER}))
    looked.note(Watched(frozenset({HOLDER}), frozenset({OTHER})), 5)
    assert looked.lacking(wanted, 5) == Watched(frozenset({THIRD}))
    assert looked.lacking(wanted, 4) == wanted
    looked.note(wanted, 7)
    assert not looked.lacking(wanted, 7).all
    assert looked.lacking(wanted, 5).all == {THIRD}
    assert looked.all == wanted


def test_which_transfers_concern_it() -> None:
    """Those of sources and of places that are looked at, in blocks that the base does not tell of itself."""
    where = place({account(HOLDER): held(5), account(OTHER): ended("exchange")}, rules=SOURCES)
    assert where.concerns(paid(HOLDER, OTHER, 1))
    assert where.concerns(paid(OTHER, HOLDER, 1))
    assert where.concerns(paid(THIRD, OTHER, 1))
    assert not where.concerns(paid(OTHER, "0xelse", 1))
    assert not where.concerns(paid(HOLDER, OTHER, 1, asset=UNLISTED))
    assert not where.concerns(paid(HOLDER, OTHER, 1, 0))


def test_what_counts_as_value() -> None:
    """Coins, listed tokens and those the case knows; what anybody can make does not."""
    where = place()
    assert where.counts(CHAIN, NATIVE)
    assert where.counts(CHAIN, TOKEN)
    assert not where.counts(CHAIN, UNLISTED)


def test_a_service_shows_by_its_counterparties() -> None:
    """As many others in one day as only a service has make one, over however many looks; fees are nobody."""
    where = place({account(HOLDER): held(5)})
    day = [paid(HOLDER, who, 1, 5, index=place_) for place_, who in enumerate(PEERS)]
    assert not where.busy([*day[:-1], paid(HOLDER, FEE_SINK, 1)])
    assert where.busy(day[-1:]) == [account(HOLDER)]


def test_a_day_later_they_are_counted_anew() -> None:
    """The same number spread over two days is a person's."""
    where = place({account(HOLDER): held(5)})
    half = len(PEERS) // 2
    first = [paid(HOLDER, who, 1, 5, index=number) for number, who in enumerate(PEERS[:half])]
    later = [paid(HOLDER, who, 1, 5 + 7_200, index=number) for number, who in enumerate(PEERS[half:])]
    assert not where.busy([*first, *later])


def test_only_who_is_followed_turns_out_to_be_a_service() -> None:
    """Of whoever rests or is looked at, nobody counts with whom they deal."""
    day = [paid(HOLDER, who, 1, 5, index=number) for number, who in enumerate(PEERS)]
    assert not place({account(HOLDER): held(5, role=LOOKED_AT, reason="dust")}).busy(day)


def test_a_service_keeps_what_is_traced() -> None:
    """It rests there without the clean units, of which nobody knows any more how many there are."""
    stand = as_service(held(5, 7))
    assert (stand.role, stand.reason, stand.balance) == (RESTS, "service", 0)
    assert stand.lots["fifo"] == ((5, 0),)
    assert not any(origin == CLEAN for lots in stand.lots.values() for _, origin in lots)


def test_what_rests_and_how_much_is_watched() -> None:
    """Sources count as places; what rests with others is not counted as watched."""
    where = place({account(HOLDER): held(5), account(OTHER): held(9, role=RESTS, reason="mixer")}, rules=SOURCES)
    assert where.looked() == 2
    assert where.resting() == {(CHAIN, TOKEN): 5}


def test_a_copy_leaves_the_saved_as_it_was() -> None:
    """What is worked out early touches nothing; only what is applied does."""
    where = place({account(HOLDER): held(5)})
    early = where.copy()
    early.apply({account(HOLDER): None, account(OTHER): held(5)}, 4)
    assert (early.origins, set(early.stands)) == (4, {account(OTHER)})
    assert (where.origins, set(where.stands)) == (1, {account(HOLDER)})
    assert where.copy().stands[account(HOLDER)].role == FOLLOWED


def test_begun_anew_on_one_chain_only() -> None:
    """A chain whose final block was undone begins as the base says; the others stay where they are."""
    elsewhere = ("tron:mainnet", "TElsewhere", TOKEN)
    where = place({account(HOLDER): held(5)})
    where.apply({account(HOLDER): None, account(OTHER): held(5), elsewhere: held(3)}, 4)
    again = where.restarted(CHAIN)
    assert again.stands == {account(HOLDER): held(5), elsewhere: held(3)}
    assert again.starts == {CHAIN: block(0).number}


def test_a_case_with_a_gap_where_somebody_is_followed_is_not_gone_on_from() -> None:
    """What the watch knows of a place is not given up for a case that could not read it; other ends lose nothing."""
    here = place({account(HOLDER): held(5), account(OTHER): held(5, role=LOOKED_AT, reason="gap")})
    assert here.would_lose(place({account(HOLDER): held(5, role=LOOKED_AT, reason="gap")}).base)
    assert not here.would_lose(place({account(OTHER): held(5, role=LOOKED_AT, reason="gap")}).base)
    assert not here.would_lose(place({account(HOLDER): held(3)}).base)


def test_a_case_that_could_not_tell_what_somebody_held_before_is_not_gone_on_from() -> None:
    """Of a place that moved while the case was read the watch knows more, unless it began with that very doubt."""
    unsure = held(5)._replace(weak=f"thin; {sentence('rule.moved_meanwhile')}")
    assert place({account(HOLDER): held(5)}).would_lose(place({account(HOLDER): unsure}).base)
    assert not place({account(HOLDER): unsure}).would_lose(place({account(HOLDER): unsure}).base)
    assert not place({account(HOLDER): held(5)}).would_lose(
        place({account(HOLDER): held(5)._replace(weak="thin")}).base
    )
    assert not place({account(OTHER): held(5)}).would_lose(place({account(HOLDER): unsure}).base)
