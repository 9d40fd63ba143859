"""Who is involved: what every method says, what time adds, and what is left for last."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from chains.model import FEE_SINK, Kind, Transfer
from tests.strategies import CHAIN, COIN, VICTIMS, World, account, ledgers, transfer
from tests.tracer.made_workings import made_workings, small
from tracer import involved as module
from tracer.involved import DAY, EVERY, LEAD, SHOWN, SOME, SOON, TIERS, Involved, Least, involved, unread, victims_of
from tracer.ledger import Follow
from tracer.lots import CONSERVING, METHODS
from tracer.words import translated, words
from tracer.workings import Workings

VICTIM = VICTIMS[0]
LEAST: Least = {(CHAIN, COIN): 10}
FRESH = Follow(1, 0)


def pay(height: int, sender: str, receiver: str, amount: int, time: int) -> Transfer:
    """A payment so many seconds after the theft."""
    return transfer(height, sender, receiver, amount, time=time)


def tiers(workings: Workings) -> dict[str, str]:
    """Address → tier."""
    return {row.address: row.tier for row in involved(workings, LEAST)}


def mixed_wallet(waited: int) -> Workings:
    """A wallet with 100 old units of its own gets 100 stolen ones and pays 100 after ``waited`` seconds."""
    rows = [pay(1, VICTIM, "wallet", 100, 0), pay(2, "wallet", "next", 100, waited)]
    return small(rows, [0], {account("wallet"): Follow(1, 100)})


def emptied_wallet(waited: int, foreign: int = 50) -> Workings:
    """A wallet passes 100 stolen units on, gets ``foreign`` other ones, and pays 50 after ``waited`` seconds."""
    rows = [
        pay(1, VICTIM, "wallet", 100, 0),
        pay(2, "wallet", "first", 100, 10),
        pay(3, "stranger", "wallet", foreign, 20),
        pay(4, "wallet", "second", 50, waited),
    ]
    return small(rows, [0], {account("wallet"): FRESH})


def test_every_method_agrees() -> None:
    """What passes through an empty wallet reached the next under every method, however late."""
    rows = [pay(1, VICTIM, "wallet", 100, 0), pay(2, "wallet", "next", 100, 400 * DAY)]
    found = involved(small(rows, [0], {account("wallet"): FRESH}), LEAST)
    assert [(row.address, row.tier) for row in found] == [("next", EVERY), ("wallet", EVERY)]
    assert found[0].received == tuple((method, 100) for method in METHODS)
    assert found[0].payer == ""


def test_within_a_day_is_soon_and_later_is_not() -> None:
    """Where methods differ, a payment within a day ties its payee to the case, and one a second later does not."""
    soon, late = involved(mixed_wallet(DAY), LEAST), involved(mixed_wallet(DAY + 1), LEAST)
    assert [(row.address, row.tier) for row in soon] == [("wallet", EVERY), ("next", SOON)]
    assert [(row.address, row.tier) for row in late] == [("wallet", EVERY), ("next", SOME)]
    assert dict(soon[1].received) == {
        "fifo": 0,
        "lifo": 100,
        "pro_rata": 50,
        "clean_first": 0,
        "tainted_first": 100,
        "poison": 100,
    }
    assert (soon[1].payer, soon[1].tx) == ("wallet", "tx-2-0")
    assert (late[1].payer, late[1].tx) == ("", "")
    assert soon[1].why == (
        "received stolen value under some methods, and was paid by wallet within a day after value of the case had "
        "arrived there (transaction tx-2-0)"
    )
    assert late[1].why == "received stolen value under 3 of 5 methods only, and not soon after its payer did"


def test_other_money_of_an_emptied_wallet_is_a_lead() -> None:
    """A payment without stolen units under any method is a lead within a day, and nothing later."""
    assert tiers(emptied_wallet(DAY)) == {"wallet": EVERY, "first": EVERY, "second": LEAD}
    assert tiers(emptied_wallet(DAY + 1)) == {"wallet": EVERY, "first": EVERY}


def test_a_busy_wallet_makes_no_leads() -> None:
    """Once a wallet took in more from elsewhere than of the case, its payments without stolen units say nothing."""
    assert "second" in tiers(emptied_wallet(100, foreign=100))
    assert "second" not in tiers(emptied_wallet(100, foreign=101))


def lead_chain(follow_second: bool) -> Workings:
    """The second wallet of `emptied_wallet` passes on to a third within a day of its own, and that to a fourth."""
    rows = [
        pay(1, VICTIM, "wallet", 100, 0),
        pay(2, "wallet", "first", 100, 10),
        pay(3, "stranger", "wallet", 50, 20),
        pay(4, "wallet", "second", 50, DAY),
        pay(5, "second", "third", 40, 2 * DAY),
        pay(6, "second", "fourth", 9, 2 * DAY),
    ]
    follow = {account("wallet"): FRESH}
    return small(rows, [0], {**follow, account("second"): Follow(4, 0)} if follow_second else follow)


def test_a_lead_that_was_read_leads_on() -> None:
    """The day counts anew from each payment, and what is below the least value leads nowhere."""
    workings = lead_chain(follow_second=True)
    assert tiers(workings) == {"wallet": EVERY, "first": EVERY, "second": LEAD, "third": LEAD}
    assert unread(workings.ledger, workings.tallies, LEAST) == {account("first"): 2, account("third"): 5}


def test_unread_says_from_where_to_read() -> None:
    """A lead that was not read is named with the height of the payment, and nothing behind it is guessed."""
    workings = lead_chain(follow_second=False)
    assert "third" not in tiers(workings)
    assert unread(workings.ledger, workings.tallies, LEAST)[account("second")] == 4


def test_below_the_least_value_nobody_is_involved() -> None:
    """An address that received less than the least value under every method is not named."""
    rows = [pay(1, VICTIM, "wallet", 100, 0), pay(2, "wallet", "crumb", 9, 10)]
    assert tiers(small(rows, [0], {account("wallet"): FRESH})) == {"wallet": EVERY}


def test_the_victim_fees_and_burnt_units_are_nobody() -> None:
    """Money that went back, was burnt or paid a fee involves nobody, nor is any of these worth reading."""
    burn = "0x000000000000000000000000000000000000dead"
    rows = [
        pay(1, VICTIM, "wallet", 100, 0),
        pay(2, "wallet", VICTIM, 20, 10),
        pay(3, "wallet", burn, 20, 10),
        transfer(4, "wallet", FEE_SINK, 20, time=10, kind=Kind.FEE),
    ]
    workings = small(rows, [0], {account("wallet"): FRESH})
    assert tiers(workings) == {"wallet": EVERY}
    assert unread(workings.ledger, workings.tallies, LEAST) == {}


def test_the_victims_own_wallets_are_nobody() -> None:
    """An address whose stolen units count as returned is not named."""
    rows = [pay(1, VICTIM, "wallet", 100, 0), pay(2, "wallet", "mine", 100, 10)]
    workings = small(rows, [0], {account("wallet"): FRESH})
    assert "mine" in tiers(workings)
    own = replace(workings, reasons={**workings.reasons, account("mine"): "returned"})
    assert tiers(own) == {"wallet": EVERY}


def test_reasons_in_chinese() -> None:
    """Every reason that is given can be shown in Chinese, names and transactions kept."""
    found = [*involved(mixed_wallet(10), LEAST), *involved(mixed_wallet(2 * DAY), LEAST)]
    found += involved(emptied_wallet(10 + DAY // 2), LEAST)
    assert {row.tier for row in found} == set(TIERS)
    for row in found:
        said = translated(row.why, words("zh"))
        assert said != row.why
        if row.tier in (SOON, LEAD):
            assert row.payer in said
            assert row.tx in said


def reached(workings: Workings) -> dict[tuple[str, str, str], list[int]]:
    """Stolen units received under each conserving method, for every account but the victims'."""
    ledger = workings.ledger
    sums: dict[tuple[str, str, str], list[int]] = {}
    for place, method in enumerate(CONSERVING):
        for row, traced in enumerate(workings.tallies[method].traced):
            sums.setdefault(ledger.accounts[ledger.payee[row]], [0] * len(CONSERVING))[place] += traced
    robbed = victims_of(ledger)
    return {one: units for one, units in sums.items() if one[1] != FEE_SINK and one not in robbed}


def key(row: Involved) -> tuple[str, str, str]:
    """The account of a row."""
    return (row.chain, row.address, row.asset)


@given(ledgers())
def test_tiers_in_any_world(world: World) -> None:
    """`EVERY` is exactly the agreement of the methods, nobody a method names is left out, and no one comes twice."""
    workings = made_workings(world)
    found = involved(workings, LEAST)
    units = reached(workings)
    assert len({key(row) for row in found}) == len(found)
    assert [TIERS.index(row.tier) for row in found] == sorted(TIERS.index(row.tier) for row in found)
    assert {key(row) for row in found if row.tier == EVERY} >= {one for one, got in units.items() if min(got) >= 10}
    for row in found:
        got = units.get(key(row), [0])
        assert (row.tier == EVERY) == (min(got) >= 10)
        assert (row.tier == LEAD) == (not any(got))
        assert row.tier != SOME or max(got) >= 10
    assert {one for one, got in units.items() if max(got) >= 10} <= {key(row) for row in found}


@given(ledgers())
def test_a_longer_window_never_drops_anybody(world: World) -> None:
    """Whoever is shown with a short window is shown with a longer one: it is the one parameter, and it is monotone."""
    workings = made_workings(world)
    shown: set[tuple[str, str, str]] = set()
    for window in (0, 10, 40, DAY):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "DAY", window)
            now = {key(row) for row in involved(workings, LEAST) if row.tier in SHOWN}
        assert shown <= now
        shown = now
