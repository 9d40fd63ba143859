"""Leads read on request: who is paid soon after with other money is looked at too, and the account stays what it is."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chains.model import FEE_SINK, NATIVE
from tests.tracer.small_world import SECONDS, USDT, SmallWorld, trace, who
from tracer.case import read_question
from tracer.document import to_json
from tracer.errors import ConfigError
from tracer.involved import DAY, LEAD
from tracer.lots import CONSERVING
from tracer.result import Result
from tracer.session import Outcome

UNIT = 10**6
A_DAY = DAY // SECONDS
"""Blocks of a day."""


def emptied(paid: int = 20, foreign: int = 50) -> SmallWorld:
    """A wallet passes 100 stolen units on, gets ``foreign`` others, and pays 50 of them; three more pass those on."""
    world = SmallWorld()
    world.pay(10, "victim", "wallet", 100 * UNIT)
    world.pay(11, "wallet", "first", 100 * UNIT)
    world.pay(12, "stranger", "wallet", foreign * UNIT)
    world.pay(paid, "wallet", "second", 50 * UNIT)
    world.pay(paid + 10, "second", "third", 40 * UNIT)
    world.pay(paid + 20, "third", "fourth", 30 * UNIT)
    return world


def read(world: SmallWorld) -> set[str]:
    """Whose history was asked for."""
    return {str(holder) for holder, *_ in world.asked}


def people(*names: str) -> set[str]:
    """Their addresses."""
    return {who(name) for name in names}


def leads(result: Result) -> set[str]:
    """Addresses that are leads and nothing more."""
    return {row.address for row in result.involved if row.tier == LEAD}


def by_place(result: Result, *methods: str) -> dict[tuple[str, str, str, str], int]:
    """Stolen units under these methods, by method and place; nothing where there are none."""
    return {
        (name, row.address, row.asset.id, row.reason): units
        for row in result.methods
        for name, units in row.units
        if name in methods and units
    }


def both(folder: Path, make: Any = emptied, **settings: Any) -> tuple[Outcome, Outcome, set[str]]:
    """The same chain traced without and with leads, and whom the second read beyond the first."""
    plain, more = make(), make()
    without = trace(plain, folder / "without", **settings)
    found = trace(more, folder / "with", leads=True, **settings)
    assert read(plain) <= read(more)
    return without, found, read(more) - read(plain)


def test_a_lead_is_read_and_its_payees_become_leads(tmp_path: Path) -> None:
    """Other money paid within a day is followed from wallet to wallet, each within a day of the one before."""
    without, found, beyond = both(tmp_path)
    assert beyond == people("second", "third", "fourth")
    assert leads(without.result) == people("second")
    assert leads(found.result) == people("second", "third", "fourth")
    ties = {row.address: (row.payer, row.most) for row in found.result.involved if row.tier == LEAD}
    assert ties == {
        who("second"): (who("wallet"), 0),
        who("third"): (who("second"), 0),
        who("fourth"): (who("third"), 0),
    }


def test_a_lead_is_read_from_its_payment_on(tmp_path: Path) -> None:
    """What a lead did before it was paid is nobody's business: its history is asked for from that height."""
    world = emptied()
    world.pay(15, "second", "before", 5 * UNIT)
    trace(world, tmp_path, leads=True)
    assert [low for holder, asset, low, _ in world.asked if (holder, asset) == (who("second"), USDT)] == [20]
    assert who("before") not in read(world)


def test_no_stolen_unit_moves(tmp_path: Path) -> None:
    """Every conserving method has the same units at the same places for the same reasons, and so has the report."""
    without, found, beyond = both(tmp_path, method="all")
    assert beyond
    assert by_place(found.result, *CONSERVING) == by_place(without.result, *CONSERVING)
    assert found.result.endpoints == without.result.endpoints
    assert found.result.flows == without.result.flows
    assert found.result.addresses == without.result.addresses
    assert found.result.totals() == without.result.totals()
    assert found.exit_code == without.exit_code == 0


@pytest.mark.parametrize(
    ("paid", "foreign", "expected"),
    [
        (11 + A_DAY, 50, set()),
        (10 + A_DAY, 50, {"second", "third", "fourth"}),
        (20, 100, {"second", "third", "fourth"}),
        (20, 101, set()),
    ],
    ids=["a block after a day", "within a day", "half of its value", "less than half of its value"],
)
def test_only_payments_soon_after_by_who_lives_on_the_case(
    tmp_path: Path, paid: int, foreign: int, expected: set[str]
) -> None:
    """Nobody is read who was paid later than a day, or by a wallet that took in more from elsewhere."""
    *_, beyond = both(tmp_path, lambda: emptied(paid, foreign))
    assert beyond == people(*expected)


def test_each_lead_has_a_day_of_its_own(tmp_path: Path) -> None:
    """Along leads the day counts anew; whom a lead pays a block later than that is not read."""
    world = emptied(10 + A_DAY)
    world.pay(10 + 2 * A_DAY, "second", "in time", UNIT)
    world.pay(11 + 2 * A_DAY, "second", "too late", UNIT)
    trace(world, tmp_path, leads=True)
    assert who("in time") in read(world)
    assert who("too late") not in read(world)


def test_payments_below_the_least_value_lead_nowhere(tmp_path: Path) -> None:
    """A lead is paid at least what would be followed of stolen value."""
    *_, beyond = both(tmp_path, min_value=Decimal(40))
    assert beyond == people("second", "third")


@pytest.mark.parametrize("name", ["second", "third"])
@pytest.mark.parametrize("category", ["exchange", "mixer", "service"])
def test_labelled_services_are_not_read(tmp_path: Path, name: str, category: str) -> None:
    """At an exchange, mixer or service a trail of leads ends without a look at its customers."""
    *_, beyond = both(tmp_path, labels={name: category})
    assert beyond == (set() if name == "second" else people("second"))


def test_what_a_label_only_marks_is_read(tmp_path: Path) -> None:
    """A label that says what somebody did stops no lead."""
    *_, beyond = both(tmp_path, labels={"second": "sanctioned"})
    assert beyond == people("second", "third", "fourth")


def test_the_victims_and_their_own_wallets_are_not_read(tmp_path: Path) -> None:
    """Other money that reaches a victim, or a wallet the user calls their own, leads nowhere."""
    *_, beyond = both(tmp_path / "own", own=["second"])
    assert beyond == set()

    def two_victims() -> SmallWorld:
        world = emptied()
        world.pay(14, "second", "thief", 7 * UNIT)
        return world

    asks = (("victim", 0), ("second", 0))
    plain, more = two_victims(), two_victims()
    trace(plain, tmp_path / "plain", victims=asks, stolen="all")
    trace(more, tmp_path / "more", victims=asks, stolen="all", leads=True)
    asked = [[one for one in world.asked if one[0] == who("second")] for world in (plain, more)]
    assert asked[0] == asked[1]


def test_without_leads_nothing_more_is_read(tmp_path: Path) -> None:
    """Nobody is read for a lead unless it was asked for."""
    world = emptied()
    outcome = trace(world, tmp_path)
    assert read(world) == people("victim", "wallet", "first")
    assert outcome.result.stats.addresses_fetched == 3


@pytest.mark.parametrize("limit", range(1, 8))
def test_the_limit_of_addresses_holds(tmp_path: Path, limit: int) -> None:
    """Leads count as addresses read, come after what stolen value needs, and a smaller limit reads a prefix."""
    world = emptied()
    outcome = trace(world, tmp_path, leads=True, max_addresses=limit)
    order = ["victim", "wallet", "first", "second", "third", "fourth"]
    assert read(world) == people(*order[:limit])
    assert outcome.result.stats.addresses_fetched == min(limit, len(order))


def test_a_lead_that_cannot_be_read_ends_there(tmp_path: Path) -> None:
    """A broken history is a gap of its own, is asked for once, and takes no stolen unit with it."""

    def broken() -> SmallWorld:
        world = emptied()
        world.broken.add(who("second"))
        return world

    without, found, beyond = both(tmp_path, broken, method="all")
    assert beyond == people("second")
    assert {gap.where.split()[1] for gap in found.result.gaps} == people("second")
    assert (without.exit_code, found.exit_code) == (0, 3)
    assert by_place(found.result, *CONSERVING) == by_place(without.result, *CONSERVING)
    assert leads(found.result) == people("second")


def test_a_lead_that_behaves_like_a_service_leads_nowhere(tmp_path: Path) -> None:
    """An address with hundreds of counterparties within a day is a service: its customers are not read."""

    def crowded() -> SmallWorld:
        world = emptied()
        for number in range(210):
            world.pay(21 + number, "second", f"customer {number}", UNIT // 10)
        return world

    *_, beyond = both(tmp_path, crowded)
    assert beyond == people("second")


def test_a_pool_that_is_a_lead_leads_nowhere(tmp_path: Path) -> None:
    """A contract that paid another asset back for the lead's payment is a pool: its other traders are not read."""

    def swapped() -> SmallWorld:
        world = SmallWorld()
        world.contracts.add(who("pool"))
        world.pay(10, "victim", "wallet", 100 * UNIT)
        world.pay(11, "wallet", "first", 100 * UNIT)
        world.pay(12, "stranger", "wallet", 50 * UNIT)
        world.pay(20, "wallet", "pool", 50 * UNIT, tx="swap")
        world.pay(20, "pool", "wallet", 7 * UNIT, NATIVE, tx="swap", index=1)
        world.pay(30, "pool", "trader", 20 * UNIT)
        return world

    *_, beyond = both(tmp_path, swapped)
    assert who("trader") not in beyond


def test_leads_that_pay_each_other_end(tmp_path: Path) -> None:
    """A circle of leads, back to the wallet they came from, is read once around."""

    def circle() -> SmallWorld:
        world = emptied()
        world.pay(50, "fourth", "second", 20 * UNIT)
        world.pay(51, "second", "wallet", 10 * UNIT)
        world.pay(52, "wallet", "fourth", 10 * UNIT)
        return world

    without, found, beyond = both(tmp_path, circle, method="all")
    assert beyond == people("second", "third", "fourth")
    assert by_place(found.result, *CONSERVING) == by_place(without.result, *CONSERVING)


def test_a_coin_with_fees(tmp_path: Path) -> None:
    """Fees of the wallet are nobody's lead, in the coin that pays them too."""
    world = SmallWorld()
    world.pay(10, "victim", "wallet", 100, NATIVE)
    world.pay(11, "wallet", "first", 100, NATIVE)
    world.pay(12, "stranger", "wallet", 50, NATIVE)
    world.fee(20, "wallet", 3, index=1)
    world.pay(21, "wallet", "second", 40, NATIVE)
    outcome = trace(world, tmp_path, leads=True)
    assert read(world) == people("victim", "wallet", "first", "second")
    assert FEE_SINK not in {row.address for row in outcome.result.involved}


def made_up(seed: int) -> SmallWorld:
    """Some forty payments among ten people who have money of their own, after and among two thefts."""
    dice = Random(seed)
    world = SmallWorld(page=dice.randint(2, 6), dice=Random(seed))
    names = [f"person {number}" for number in range(10)]
    wealth = {name: dice.choice([0, 0, 30]) for name in names}
    world.opening = {(who(name), USDT): units * UNIT for name, units in wealth.items()}
    for number in range(40):
        if number in (0, 15):
            world.pay(5 + number, "victim", payee := dice.choice(names), amount := dice.randint(1, 60))
        else:
            payer, payee = max(names, key=lambda name: wealth[name] * dice.random()), dice.choice(names)
            amount = dice.randint(0, wealth[payer])
            if not amount:
                continue
            world.pay(5 + number, payer, payee, amount)
            wealth[payer] -= amount
        wealth[payee] += amount
    return world


@given(st.integers(0, 10**6), st.sampled_from(CONSERVING))
@settings(max_examples=25, deadline=None)
def test_what_was_followed_is_untouched_on_any_chain(seed: int, method: str) -> None:
    """On any small chain, under any method followed, leads add addresses and change no unit of it; all close still."""
    with TemporaryDirectory() as folder:
        without, found, _ = both(Path(folder), lambda: made_up(seed), method=method, labels={"person 3": "service"})
    assert found.result.endpoints == without.result.endpoints
    assert found.result.flows == without.result.flows
    assert by_place(found.result, method) == by_place(without.result, method)
    stolen = sum(origin.amount for origin in found.result.origins)
    for name in CONSERVING:
        assert sum(by_place(found.result, name).values()) == stolen


@pytest.mark.parametrize("seed", range(3))
def test_order_of_answers_is_irrelevant(tmp_path: Path, seed: int) -> None:
    """Whatever order answers come in, the document with leads is the same to the byte."""
    texts = set()
    for luck in (None, 1, 2):
        world = made_up(seed)
        world.dice = None if luck is None else Random(luck)
        texts.add(to_json(trace(world, tmp_path / str(luck), leads=True).result))
    assert len(texts) == 1


def test_the_case_remembers_that_leads_were_read(tmp_path: Path) -> None:
    """What a result was found with stands in the question of its case; something else than yes or no is refused."""
    trace(emptied(), tmp_path, leads=True)
    file = tmp_path / "case" / "case.toml"
    assert read_question(file).leads
    file.write_text(file.read_text().replace("leads = true", "leads = 7"))
    with pytest.raises(ConfigError, match="leads"):
        read_question(file)
    trace(emptied(), tmp_path / "plain")
    assert not read_question(tmp_path / "plain" / "case" / "case.toml").leads
