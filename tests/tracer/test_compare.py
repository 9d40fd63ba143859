"""The methods side by side: every place, every method's figure, and why the trail ends there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from chains.model import FEE_SINK, NATIVE, AssetId, Gap, Kind
from tests.strategies import VICTIMS, account, transfer
from tests.tracer.hunted import hunt
from tests.tracer.small_world import CHAIN, USDT, SmallWorld, who
from tracer.compare import all_tallies, compared, places_of
from tracer.discover import Discovery
from tracer.endings import WEAK_CONFIDENCE, ending
from tracer.holders import Stop, label_stop
from tracer.ledger import Account, Follow, Ledger
from tracer.lots import CONSERVING, METHODS
from tracer.tally import tally
from tracer.words import sentence

UNIT = 10**6
FROZEN = Gap("history", "somewhere", "the disk is gone")


def mixed() -> SmallWorld:
    """A mixes 30 stolen between 20 and 50 of other money, then pays 40 to B and 40 to X; B pays on."""
    world = SmallWorld()
    world.pay(5, "stranger", "A", 20 * UNIT)
    world.pay(10, "victim", "A", 30 * UNIT)
    world.pay(15, "stranger", "A", 50 * UNIT)
    world.pay(20, "A", "B", 40 * UNIT)
    world.pay(21, "A", "X", 40 * UNIT)
    world.pay(30, "B", "D", 40 * UNIT)
    return world


def of(name: str, asset: AssetId = USDT) -> Account:
    """Somebody's account."""
    return (CHAIN.id, who(name), asset)


@pytest.fixture
def hunted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Discovery:
    """A finished hunt by first in, first out, with X an exchange and D on a freezing issuer's list."""
    labels = {"X": "exchange", "D": "frozen"}
    return hunt(mixed(), tmp_path, monkeypatch, labels=labels, max_hops=2)


def test_places_name_who_paid_a_fee() -> None:
    """Fees are listed by who paid them and summed, the account that collects them is not; clean fees are not listed."""
    theft = transfer(1, VICTIMS[0], "mule", 10)
    rows = [
        theft,
        transfer(2, "mule", FEE_SINK, 3, kind=Kind.FEE),
        transfer(3, "mule", FEE_SINK, 2, kind=Kind.FEE),
        transfer(4, "mule", "A", 4),
        transfer(5, "A", FEE_SINK, 1, kind=Kind.FEE),
        transfer(6, "other", FEE_SINK, 7, kind=Kind.FEE),
    ]
    follow = {account(name): Follow(0, opening) for name, opening in (("mule", 0), ("A", 1), ("other", 9))}
    ledger = Ledger({theft.identity: 0}, follow).add(rows)
    assert places_of(ledger, tally(ledger, "fifo")) == {
        (account("mule"), False): 1,
        (account("mule"), True): 5,
        (account("A"), False): 4,
    }
    assert places_of(ledger, tally(ledger, "lifo")) == {
        (account("mule"), False): 1,
        (account("mule"), True): 5,
        (account("A"), False): 3,
        (account("A"), True): 1,
    }


def test_every_method_is_there(hunted: Discovery) -> None:
    """All methods come out, in their order; those that were followed as they were found, not computed again."""
    tallies = all_tallies(hunted)
    assert list(tallies) == list(METHODS)
    assert tallies["fifo"] is hunted.tallies["fifo"]
    assert all(one.method == name for name, one in tallies.items())


def test_highest_first_holds_for_every_method(hunted: Discovery) -> None:
    """The comparison is under the question's rule for payments of one transaction."""
    theft = transfer(1, VICTIMS[0], "mule", 10)
    place = transfer(2, "mule", "A", 1, tx="one").position
    rows = [
        theft,
        transfer(2, "mule", "A", 4, tx="one"),
        transfer(2, "mule", "B", 9, tx="one")._replace(position=place._replace(index=(1,))),
    ]
    hunted.ledger = Ledger({theft.identity: 0}, {account("mule"): Follow(0, 3)}).add(rows)
    for highest_first, largest in ((False, 6), (True, 9)):
        hunted.question = replace(hunted.question, highest_first=highest_first)
        hunted.tallies = {}
        found = places_of(hunted.ledger, all_tallies(hunted)["tainted_first"])
        assert found.get((account("B"), False)) == largest


def test_rows_are_places_with_every_figure(hunted: Discovery) -> None:
    """One row per place where any method has units, in order; a method that has none there says nil."""
    rows = list(compared(hunted, all_tallies(hunted)))
    assert {row.address: (row.reason, dict(row.units)) for row in rows} == {
        who("D"): ("hop_limit", figures(fifo=20, pro_rata=12, tainted_first=30, poison=40)),
        who("X"): ("exchange", figures(fifo=10, lifo=30, pro_rata=12, clean_first=10, poison=40)),
        who("A"): ("held", figures(pro_rata=6, clean_first=20, poison=20)),
    }
    assert [row.address for row in rows] == sorted(row.address for row in rows)
    assert all(tuple(name for name, _ in row.units) == tuple(METHODS) for row in rows)
    assert {(row.chain, row.asset.id, row.asset.decimals) for row in rows} == {(CHAIN.id, USDT, 6)}
    for method in CONSERVING:
        assert sum(dict(row.units)[method] for row in rows) == 30 * UNIT


def figures(**units: int) -> dict[str, int]:
    """Units by method, nil where not given."""
    return {method: units.get(method, 0) * UNIT for method in METHODS}


def test_fees_are_rows_of_their_payer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was burnt as fees stands with who paid it, beside what the same account still has."""
    world = SmallWorld()
    world.pay(10, "victim", "mule", 100, NATIVE)
    world.fee(20, "mule", 30)
    world.pay(20, "mule", "A", 50, NATIVE, index=0)
    discovery = hunt(world, tmp_path, monkeypatch)
    rows = [(row.address, row.reason, dict(row.units)["fifo"]) for row in compared(discovery, all_tallies(discovery))]
    assert sorted(rows) == sorted([(who("mule"), "held", 20), (who("mule"), "fee", 30), (who("A"), "held", 50)])


def test_what_only_another_method_reaches_was_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the followed method has nothing, another one's units rest, and are said not to have been followed."""
    discovery = hunt(mixed(), tmp_path, monkeypatch, method="lifo")
    reasons = {row.address: row.reason for row in compared(discovery, all_tallies(discovery))}
    assert reasons == {who("A"): "held", who("B"): "not_followed", who("X"): "held"}


def test_ending_of_a_known_account(hunted: Discovery) -> None:
    """Held if all is proven; less sure if not; a gap if the reading broke; budget if earlier arrivals were not read."""
    assert ending(hunted, of("A")) == Stop("held", sentence("rule.held"), 100)
    holder = hunted.holders[of("A")]
    holder.weak = ["one reason", "another"]
    assert ending(hunted, of("A"))[:3] == ("held", "one reason; another", WEAK_CONFIDENCE)
    holder.broken = FROZEN
    assert ending(hunted, of("A"))[:3] == ("gap", FROZEN.why, 0)
    hunted.first_held[of("A")] = holder.low - 1
    assert ending(hunted, of("A")) == Stop("budget", sentence("rule.budget"), 100)


def test_ending_of_an_account_that_was_read_and_received_nothing_followed(hunted: Discovery) -> None:
    """A known account that the methods followed never reached, but another does, simply holds it."""
    del hunted.first_held[of("A")]
    assert ending(hunted, of("A")) == Stop("held", sentence("rule.held"), 100)


def test_ending_of_an_account_that_was_not_read(hunted: Discovery) -> None:
    """It is what the hunt says of it: a label's reason, the limit of hops."""
    stop = ending(hunted, of("X"))
    assert (stop.reason, stop.label is not None) == ("exchange", True)
    assert ending(hunted, of("D")).reason == "hop_limit"
    assert ending(hunted, of("nobody")).reason == "not_followed"


def test_ending_on_an_issuers_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Value at an address on its issuer's list is frozen, with the label and its confidence; a coin cannot be."""
    world = SmallWorld()
    world.pay(10, "victim", "A", 30 * UNIT)
    world.pay(11, "victim", "A", 30, NATIVE)
    world.pay(12, "victim", "B", 30 * UNIT)
    discovery = hunt(world, tmp_path, monkeypatch, labels={"A": "frozen", "B": "sanctioned"})
    stop = ending(discovery, of("A"))
    assert stop.label is not None
    assert stop.label.category == "frozen"
    assert stop == Stop("frozen", label_stop(stop.label).rule, stop.label.confidence, stop.label)
    assert ending(discovery, of("A", NATIVE)).reason == "held"
    assert ending(discovery, of("B")).reason == "held"
    discovery.holders[of("A")].weak = ["unproven"]
    assert ending(discovery, of("A")).reason == "frozen"
    token = discovery.world.tokens.of(CHAIN.id, USDT)
    assert token is not None
    monkeypatch.setattr(type(discovery.world.tokens), "of", lambda *_: token._replace(freezable="no"))
    assert ending(discovery, of("A")).reason == "held"
