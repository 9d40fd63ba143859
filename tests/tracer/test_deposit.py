"""The deposit rule (domain 9.4) on small lives made by hand: what makes a tier, what rules it out, every boundary."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import groupby
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.model import FEE_SINK, NATIVE, Address, AssetId, Transfer
from tests.tracer.deposit_past import (
    DAY,
    HOUR,
    HUB,
    ME,
    MINUTE,
    SUM,
    USDC,
    USDT,
    Book,
    Past,
    forwarder,
    found,
    habit,
    label,
    once,
)
from tracer.deposit import AGAINST, BROKER, GAS_KNOWN, MANY_SENDERS, PROOFS, Verdict, judge, same_entity
from tracer.result import Proof
from tracer.words import sentence

# --- the habit: T2


def test_a_habit_is_t2_with_all_it_rests_on() -> None:
    """Two payers, two prompt whole sweeps, gas from a helper: T2, with hub, label, sentence and transactions."""
    verdict = found(habit())
    assert verdict == Verdict(
        "T2",
        95,
        "Alpha",
        "hub",
        HUB["hub"][0],
        sentence("rule.deposit_t2", entity="Alpha", sweeps=2, minutes=60, senders=2),
        (
            Proof("sweep", f"out {HOUR}"),
            Proof("sweep", f"out {DAY + HOUR}"),
            Proof("gas", f"station me native {HOUR // 2}"),
            Proof("gas", f"station me native {DAY + HOUR // 2}"),
        ),
        givers=("station",),
    )


def test_whoever_pays_no_exchange_is_nothing() -> None:
    """Without a payment to an exchange's wallet there is no verdict, whatever else it does."""
    assert habit().tier({}) == ""
    assert Past().tier() == ""
    assert Past().came(0, "ann").tier() == ""


def test_one_sweep_is_probable_only() -> None:
    """A single sweep is T3: nobody knows yet whether it is a habit."""
    verdict = found(once())
    assert (verdict.tier, verdict.confidence) == ("T3", 80)
    assert verdict.rule == sentence("rule.deposit_t3", entity="Alpha", sweeps=1, minutes=60, senders=1)


def test_two_rows_of_one_transaction_are_one_sweep() -> None:
    """A sweep counts by its transaction, so that a payment in two parts is no habit."""
    past = Past().came(0, "ann", 60).came(1, "bob", 40).gas(10).sweep(HOUR, 60).sweep(HOUR, 40)
    assert past.tier() == "T3"


def test_a_habit_with_one_payer_needs_the_exchanges_gas() -> None:
    """Two sweeps of one payer's money are a habit only where the exchange is seen to pay the fees."""
    assert Past().visit(0, "ann").visit(DAY, "ann").tier() == "T2"
    assert Past().visit(0, "ann", gas="").visit(DAY, "ann", gas="").tier() == "T3"


# --- how much is passed on


@pytest.mark.parametrize(("second", "tier"), [(SUM * 96 // 100, "T2"), (SUM * 96 // 100 - 1, "")])
def test_98_percent_must_be_passed_on(second: int, tier: str) -> None:
    """Of all that came, 98 % or more was passed on; one unit less is somebody who keeps money."""
    past = Past().visit(0, "ann").came(DAY, "bob").gas(DAY).sweep(DAY + HOUR, second)
    assert past.tier() == tier


def test_what_came_after_the_last_sweep_is_not_kept() -> None:
    """New money that waits for its sweep says nothing about the habit."""
    assert habit().came(9 * DAY, "cid", 50 * SUM).tier() == "T2"


def test_new_money_does_not_dilute_a_habit_with_a_rest() -> None:
    """Where one percent stayed behind at times, new money waiting for its sweep does not make it more."""
    past = Past().came(0, "ann").gas(0).sweep(HOUR, SUM - 1_000).came(DAY, "bob").gas(DAY).sweep(DAY + HOUR, SUM + 500)
    assert (past.tier(), past.came(9 * DAY, "cid", 50 * SUM).tier()) == ("T2", "T2")


def test_what_it_pays_itself_is_nothing() -> None:
    """A payment to itself makes it no payer of its own and no payee."""
    verdict = found(habit().pay(3 * DAY, ME, ME, SUM))
    assert verdict._replace(proofs=()) == found(habit())._replace(proofs=())


@pytest.mark.parametrize(("passed", "tier"), [(SUM * 94 // 100, "T2"), (SUM * 94 // 100 - 1, "")])
def test_what_comes_and_goes_in_one_transaction_counts(passed: int, tier: str) -> None:
    """What came in the very transaction of the last sweep is part of what must have gone on."""
    past = forwarder().pay(2 * DAY, "cid", ME, SUM, tx="relay").pay(2 * DAY, ME, "hub", passed, tx="relay")
    assert past.tier() == tier


@pytest.mark.parametrize(("rest", "tier"), [(SUM - 1, "T2"), (SUM, "")])
def test_a_rest_that_stays_the_same_is_the_exchanges_rule(rest: int, tier: str) -> None:
    """The same rest after every sweep is a fixed one, as long as it is less than half of all that came."""
    past = Past().came(0, "ann", SUM + 10).gas(0).sweep(HOUR, SUM + 10 - rest)
    past.came(DAY, "bob", SUM - 10).gas(DAY).sweep(DAY + HOUR, SUM - 10)
    assert past.tier() == tier


def test_a_rest_that_changes_is_somebodys_purse() -> None:
    """What is left after the sweeps differs: somebody decides how much to pay."""
    past = Past().came(0, "ann").gas(0).sweep(HOUR, SUM - 5_000)
    assert past.came(DAY, "bob").gas(DAY).sweep(DAY + HOUR, SUM - 1).tier() == ""


def test_one_rest_is_no_fixed_rest() -> None:
    """After a single sweep nobody can say that the rest is fixed."""
    assert Past().came(0, "ann").gas(0).sweep(HOUR, SUM * 9 // 10).tier() == ""


def test_the_asset_in_question_is_judged_by_itself() -> None:
    """Another asset that it keeps, or that the exchange takes late, says nothing about this one."""
    for amount, wait in ((97, HOUR), (100, 9 * DAY)):
        past = habit().came(2 * DAY, "ann", 100, USDC).gas(2 * DAY + wait).sweep(2 * DAY + wait, amount, USDC)
        assert (past.tier(asset=USDT), past.tier(asset=USDC)) == ("T2", "")
    assert habit().visit(2 * DAY, "ann", 7, USDC).tier(asset=USDC) == "T2"


def test_an_asset_it_never_swept_is_not_judged() -> None:
    """Stolen units of a token that this address only keeps did not come to a deposit address of that token."""
    past = habit().came(2 * DAY, "ann", 9, USDC)
    assert (past.tier(asset=USDT), past.tier(asset=USDC)) == ("T2", "")


def test_coins_are_swept_to_the_last_fee() -> None:
    """Where coins are the deposit, the fee is part of what was passed on, and gas is no payer's."""
    past = Past().came(0, "ann", 100, NATIVE).sweep(HOUR, 97, NATIVE)
    past.came(DAY, "bob", 100, NATIVE).sweep(DAY + HOUR, 97, NATIVE)
    verdict = found(past, asset=NATIVE)
    assert (verdict.tier, verdict.confidence, verdict.givers) == ("T2", 90, ())
    assert past.tier(asset=USDT) == ""


# --- how soon


@pytest.mark.parametrize(("waited", "tier"), [(DAY, "T2"), (DAY + 1, "")])
def test_a_sweep_comes_within_a_day(waited: int, tier: str) -> None:
    """A sweep that comes a day later is one; a second more and the money lay there."""
    past = Past().came(0, "ann").gas(waited).sweep(waited)
    assert past.came(9 * DAY, "bob").gas(9 * DAY + waited).sweep(9 * DAY + waited).tier() == tier


def waiting(*ways: tuple[int, int]) -> Past:
    """Payments of (amount, seconds until the sweep), a month apart."""
    past = Past()
    for number, (amount, seconds) in enumerate(ways):
        start = number * 30 * DAY
        past.came(start, f"payer {number}", amount).gas(start + seconds).sweep(start + seconds, amount)
    return past


def test_the_day_is_by_amount_not_by_count() -> None:
    """Half of what came must have gone within a day: many small prompt sweeps do not make up for one large slow one."""
    assert waiting((10, HOUR), (10, HOUR), (10, HOUR), (31, 5 * DAY)).tier() == ""
    assert waiting((10, 5 * DAY), (10, 5 * DAY), (10, 5 * DAY), (30, HOUR)).tier() == "T2"


def test_the_delay_is_said_of_the_asset_asked_about() -> None:
    """The verdict says in how many minutes half of this asset went on."""
    past = waiting((10, 40 * MINUTE), (30, 90 * MINUTE), (10, 5 * DAY))
    assert sentence("rule.deposit_t2", entity="Alpha", sweeps=3, minutes=90, senders=3) == found(past, asset=USDT).rule


# --- whom else it pays


def spending(away: int) -> Past:
    """A habit of 98,000 units to the exchange, with one payment to a stranger besides."""
    past = Past().visit(0, "ann", 49_000).visit(DAY, "bob", 49_000)
    return past.came(2 * DAY, "ann", away).gas(2 * DAY).went(2 * DAY + HOUR, "stranger", away)


@pytest.mark.parametrize(("away", "tier"), [(2_000, "T2"), (2_001, "")])
def test_two_percent_may_go_elsewhere(away: int, tier: str) -> None:
    """One other payee may have two percent of what went out; one unit more and it is somebody's wallet."""
    assert spending(away).tier() == tier


def test_another_payee_speaks_against_it() -> None:
    """Whom it paid besides is told, and costs confidence."""
    verdict = found(spending(2_000))
    assert verdict.against == (sentence("rule.against_other", address="stranger"),)
    assert verdict.confidence == 95 - AGAINST


def test_two_other_payees_are_a_wallet() -> None:
    """With two payees besides the exchange it is no deposit address, however small the sums."""
    assert spending(1).went(3 * DAY, "another", 1).tier() == ""


def test_every_asset_it_pays_away_counts() -> None:
    """A token of which it never paid the exchange anything, and somebody else everything, is a person's business."""
    assert habit().came(2 * DAY, "ann", 5, USDC).went(3 * DAY, "stranger", 5, USDC).tier() == ""


def test_gas_given_back_is_no_payment() -> None:
    """Coins that return to whoever paid its fees are neither another payee nor counted; to a stranger they are one."""
    assert found(habit().went(2 * DAY, "station", 1, NATIVE)).against == ()
    other = found(habit().went(2 * DAY, "stranger", 1, NATIVE))
    assert other.against == (sentence("rule.against_other", address="stranger"),)


def test_whoever_trades_is_a_person() -> None:
    """What it pays somebody else for another asset in the same transaction is a swap, however small."""
    past = habit().came(2 * DAY, "ann", 9).went(3 * DAY, "pool", 9)
    assert past.tier() == "T2"
    assert past.pay(3 * DAY, "pool", ME, 8, USDC, f"out {3 * DAY}").tier() == ""
    back = habit().came(2 * DAY, "ann", 9).went(3 * DAY, "pool", 9)
    assert back.pay(3 * DAY, "pool", ME, 1, USDT, f"out {3 * DAY}").tier() == "T2"
    sweep = habit().pay(HOUR, "hub", ME, 1, USDC, f"out {HOUR}")
    assert sweep.tier() == "T2"


def test_tokens_to_the_gas_giver_are_a_payment() -> None:
    """Only coins can be gas given back."""
    assert habit().came(2 * DAY, "ann", 50_000).went(2 * DAY + HOUR, "station", 50_000).tier() == ""


def test_a_fee_is_no_payment() -> None:
    """What it pays for its transactions makes nobody a payee."""
    assert {str(one.receiver) for one in habit().life().went} == {"hub"}


def test_whoever_pays_a_deposit_address_is_a_customer() -> None:
    """A person's wallet pays its own deposit address: the least payment to a labelled one rules it out."""
    book = {**HUB, "stranger": [label("stranger", category="exchange_deposit")]}
    assert (spending(1).tier(), spending(1).tier(book)) == ("T2", "")


def test_paying_only_a_deposit_address_is_no_sweep() -> None:
    """A customer's deposit address is no wallet of the exchange's own, whatever else a list calls it."""
    assert habit().tier({"hub": [label("hub", category="exchange_deposit")]}) == ""
    assert habit().tier({"hub": [label("hub", category="exchange_deposit"), label("hub")]}) == ""
    assert habit().tier({"hub": [label("hub", category="exchange", role="deposit")]}) == ""


# --- which exchange


@pytest.mark.parametrize(("confidence", "much"), [(100, 95), (80, 76), (41, 38), (40, 38)])
def test_confidence_is_that_of_the_rule_times_the_labels(confidence: int, much: int) -> None:
    """The verdict is as sure as the rule, taken in percent of the label of the exchange's wallet, rounded down."""
    book = {"hub": [label("hub", confidence=confidence)]}
    verdict = found(habit(), book)
    assert verdict.confidence == (90 + GAS_KNOWN) * confidence // 100
    assert verdict.confidence == much


def test_a_weak_label_makes_no_hub() -> None:
    """A label that ends no trace makes no exchange's wallet either."""
    assert habit().tier({"hub": [label("hub", confidence=39)]}) == ""


def two_hubs(first: str, second: str) -> tuple[Past, Book]:
    """A habit with two wallets: the second takes more."""
    past = Past().came(0, "ann", 100).gas(0).sweep(HOUR, 100, to="one")
    past.came(DAY, "bob", 101).gas(DAY).sweep(DAY + HOUR, 101, to="two")
    return past, {"one": [label("one", first)], "two": [label("two", second)]}


@pytest.mark.parametrize(
    ("first", "second"), [("Alpha", "Alpha"), ("Binance 14", "Binance: Hot Wallet 2"), ("Huobi", "HTX")]
)
def test_one_exchange_may_have_two_wallets(first: str, second: str) -> None:
    """Names that differ in number, description or age are one exchange; the wallet that took the most is named."""
    past, book = two_hubs(first, second)
    verdict = found(past, book)
    assert (verdict.tier, verdict.hub, verdict.entity, verdict.hub_label) == ("T2", "two", second, book["two"][0])


def test_two_exchanges_are_a_customers_wallet() -> None:
    """Whoever pays two exchanges is a customer of both, and a deposit address of neither."""
    past, book = two_hubs("Alpha", "Beta")
    assert past.tier(book) == ""


def test_the_wallet_named_took_the_most_of_the_asset() -> None:
    """What another wallet took of another asset does not count; among equals it is the first by address."""
    past, book = two_hubs("Alpha", "Alpha")
    past.came(2 * DAY, "ann", 900, USDC).gas(2 * DAY).sweep(2 * DAY + HOUR, 900, USDC, "one")
    assert found(past, book).hub == "two"
    past.came(3 * DAY, "ann", 1).gas(3 * DAY).sweep(3 * DAY + HOUR, 1, to="one")
    assert found(past, book).hub == "one"


@pytest.mark.parametrize(
    ("name", "other", "same"),
    [("OKX 5", "okx (hot)", True), ("Alpha-1", "ALPHA: cold", True), ("Alpha", "Alphabet", False)],
)
def test_names_of_one_exchange(name: str, other: str, same: bool) -> None:
    """Numbers, brackets, dots and case do not make another exchange; other letters do."""
    assert (same_entity(name) == same_entity(other)) is same


# --- who pays it


def test_a_known_wallet_of_an_exchange_is_no_deposit_address() -> None:
    """An address that a list calls an exchange's own wallet, of whichever exchange, is not judged; a deposit one is."""
    for category in ("exchange", "exchange_hot", "exchange_cold"):
        assert habit().tier({**HUB, ME: [label(ME, "Beta", category)]}) == ""
    assert habit().tier({**HUB, ME: [label(ME, category="exchange_deposit")]}) == "T2"
    assert habit().tier({**HUB, ME: [label(ME, category="other")]}) == "T2"


@pytest.mark.parametrize(("part", "tier"), [(SUM // 10, "T2"), (SUM // 10 + 1, "")])
def test_a_wallet_that_the_exchange_pays_is_its_own(part: int, tier: str) -> None:
    """More than a tenth from the exchange itself is a shuffle between its wallets; less is told against it."""
    past = Past().visit(0, "hub", part).visit(DAY, "ann", SUM // 2).visit(2 * DAY, "bob", SUM - part - SUM // 2)
    assert past.tier() == tier
    if tier:
        assert found(past).against == (sentence("rule.against_paid_by_hub"),)
        assert sentence("rule.deposit_t2", entity="Alpha", sweeps=3, minutes=60, senders=2) == found(past).rule


def test_another_wallet_of_the_same_exchange_pays_as_the_exchange() -> None:
    """A withdrawal wallet that never took a sweep is the exchange too; one of another exchange is any payer."""
    past = Past().visit(0, "till", SUM // 4).visit(DAY, "ann").visit(2 * DAY, "bob")
    assert past.tier({**HUB, "till": [label("till", "Alpha 2")]}) == ""
    assert found(past, {**HUB, "till": [label("till", "Beta")]}).against == ()
    assert past.tier({**HUB, "till": [label("till", "Alpha", "exchange_deposit")]}) == "T2"


def test_a_shuffle_between_wallets_of_an_exchange_is_none() -> None:
    """From one wallet of the exchange to another by way of this address: its own, though no list has it."""
    assert Past().visit(0, "hub").visit(DAY, "hub").tier() == ""


def test_coins_from_the_exchange_are_gas_not_pay() -> None:
    """A tenth is of the asset in question: the exchange's gas does not make it the exchange's wallet."""
    verdict = found(Past().visit(0, "ann", gas="hub").visit(DAY, "bob", gas="hub"))
    assert (verdict.tier, verdict.confidence, verdict.against) == ("T2", 95, ())


def payers(many: int, amount: int = SUM) -> Past:
    """A habit with so many payers."""
    past = Past()
    for number in range(many):
        past.visit(number * DAY, f"payer {number:02}", amount)
    return past


def test_many_payers_look_like_a_broker() -> None:
    """With more than ten payers it may be a broker's: told against it, and for more than fifty there is no verdict."""
    few, more, most = (found(payers(many)) for many in (BROKER, BROKER + 1, MANY_SENDERS))
    assert few.against == ()
    assert more.against == (sentence("rule.against_broker", n=BROKER + 1),)
    assert (few.confidence, more.confidence) == (95, 95 - AGAINST)
    assert most.tier == "T2"
    assert payers(MANY_SENDERS + 1).tier() == ""


@pytest.mark.parametrize(("trifle", "senders"), [(100, 3), (99, 2)])
def test_trifles_are_nobodys_deposit(trifle: int, senders: int) -> None:
    """A payer counts from one part in a thousand of all that came of the asset; dust makes nobody a customer."""
    past = Past().visit(0, "ann", 50_000).visit(DAY, "bob", 50_000 - trifle).visit(2 * DAY, "dust", trifle)
    assert found(past).rule == sentence("rule.deposit_t2", entity="Alpha", sweeps=3, minutes=60, senders=senders)


def test_dust_alone_does_not_make_a_second_payer() -> None:
    """One payer, no gas from the exchange, and a stranger's dust: still no habit of many."""
    assert Past().visit(0, "ann", gas="").came(DAY, "dust", 1).visit(DAY, "ann", gas="").tier() == "T3"


def test_payers_of_a_token_that_is_not_swept_do_not_count() -> None:
    """Whoever sends a token that the exchange never takes is no customer."""
    past = Past().visit(0, "ann", gas="").came(1, "bob", SUM, USDC).visit(DAY, "ann", gas="")
    assert past.tier() == "T3"


# --- who pays its fees


@pytest.mark.parametrize(("before", "gas"), [(HOUR, True), (HOUR + 1, False), (0, True), (-1, False)])
def test_gas_comes_within_the_hour_before_a_sweep(before: int, gas: bool) -> None:
    """Coins count as gas from an hour before the sweep up to it."""
    past = Past().came(0, "ann").gas(2 * HOUR - before).sweep(2 * HOUR)
    assert found(past).givers == (("station",) if gas else ())


@pytest.mark.parametrize(("before", "gas"), [(HOUR, True), (HOUR + 1, False)])
def test_energy_counts_as_gas(before: int, gas: bool) -> None:
    """Energy that was lent within the hour shows who pays, with its own kind of proof."""
    past = Past().came(0, "ann").lent(2 * HOUR - before).sweep(2 * HOUR)
    verdict = found(past)
    assert verdict.givers == (("lender",) if gas else ())
    proof = Proof("energy", f"lent {2 * HOUR - before}")
    assert (proof in verdict.proofs) is gas
    assert verdict.confidence == (80 if gas else 75)


def test_energy_it_lends_itself_is_none_it_got() -> None:
    """What the address lent to somebody else pays nothing of its own."""
    past = Past().came(0, "ann").lent(HOUR).sweep(HOUR)
    past.supports = [one._replace(giver=ME, receiver=Address("friend")) for one in past.supports]
    assert found(past).givers == ()


def test_energy_from_one_lender_makes_a_habit() -> None:
    """One customer, two sweeps, energy for each from the same lender: T2."""
    past = Past().came(0, "ann").lent(HOUR).sweep(HOUR).came(DAY, "ann").lent(DAY + HOUR).sweep(DAY + HOUR)
    assert past.tier() == "T2"
    past.supports.pop()
    assert past.tier() != "T2"


def test_gas_for_one_sweep_of_two_is_not_the_exchanges() -> None:
    """Only a giver that helps with every sweep is taken for the exchange's; a single gift may be anybody's."""
    one_gift = Past().visit(0, "ann").visit(DAY, "bob", gas="")
    assert (found(one_gift).tier, found(one_gift).confidence) == ("T2", 90)
    assert found(habit()).confidence == 90 + GAS_KNOWN


def test_gas_from_the_exchanges_wallet_is_enough_once() -> None:
    """A wallet known as the exchange's needs no habit: the hub, or another of its wallets."""
    past = Past().visit(0, "ann", gas="station").visit(DAY, "bob", gas="")
    known = {**HUB, "station": [label("station", "Alpha 7")]}
    foreign = {**HUB, "station": [label("station", "Beta")]}
    assert [found(past, book).confidence for book in (HUB, known, foreign)] == [90, 95, 90]
    assert found(Past().visit(0, "ann", gas="hub").visit(DAY, "bob", gas="")).confidence == 95


def test_a_payer_that_brings_the_gas_too_is_no_exchange() -> None:
    """Whoever pays the tokens and the coins is one person with two wallets."""
    assert Past().visit(0, "ann", gas="ann").visit(DAY, "ann", gas="ann").tier() == ""
    verdict = found(Past().visit(0, "ann", gas="ann").visit(DAY, "bob", gas="ann"))
    assert verdict.confidence == 90


@pytest.mark.parametrize(
    ("time", "giver", "tier"),
    [(-1, "stranger", ""), (0, "stranger", "T2"), (0, "ann", ""), (0, "station", "T2"), (3 * DAY, "bob", "")],
)
def test_a_wallet_with_coins_of_its_own_has_no_habit(time: int, giver: str, tier: str) -> None:
    """Two payers and two sweeps, paid from coins that were there before or that a payer sent: no habit."""
    past = Past().came(0, "ann").came(DAY, "bob").came(time, giver, 50, NATIVE)
    assert past.sweep(20 * HOUR).sweep(DAY + 20 * HOUR).tier() == tier


def test_where_coins_are_unread_nobody_can_say_that_it_has_its_own() -> None:
    """Without its past in coins a habit stands, with the gap told against it."""
    past = Past({"coins": False}).visit(0, "ann", gas="").visit(DAY, "bob", gas="")
    verdict = found(past)
    assert (verdict.tier, verdict.against) == ("T2", (sentence("rule.against_past"),))


# --- contracts


def test_a_contract_needs_no_gas() -> None:
    """A forwarder signs nothing: two payers and two sweeps are a habit."""
    verdict = found(forwarder())
    assert (verdict.tier, verdict.confidence, verdict.against) == ("T2", 90, ())


def test_a_contract_of_one_payer_is_probable() -> None:
    """Without a second payer or the exchange's gas a contract is T3, whatever coins came to it."""
    past = Past({"contract": True}, signs=False).came(-DAY, "ann", 5, NATIVE)
    assert past.visit(0, "ann", gas="").visit(DAY, "ann", gas="").tier() == "T3"


def test_a_smart_wallet_is_a_person() -> None:
    """A contract that moves by its owner's order is no deposit address."""
    past = forwarder()
    past.facts["account"] = True
    assert past.tier() == ""


def test_what_a_contract_seems_to_sign_says_nothing() -> None:
    """Idle transactions and permissions are a person's only where there is a person's key."""
    past = forwarder()
    for time in range(5):
        past.signed(3 * DAY + time).allowed(3 * DAY + time)
    assert (past.tier(), found(past).against) == ("T2", ())
    past.facts["contract"] = None
    assert past.tier() == ""


# --- an exchange that takes the coins through a contract of its own


def pulled() -> Past:
    """A habit whose sweeps go through a contract "puller" to the exchange's wallet."""
    past = Past({"pullers": {"puller": "hub"}}, signs=False)
    for time, payer in ((0, "ann"), (DAY, "bob")):
        past.came(time, payer).sweep(time + HOUR, to="puller")
    return past


def test_what_the_exchange_pulls_is_a_sweep() -> None:
    """The contract counts as the wallet behind it, which is the hub that is named."""
    verdict = found(pulled())
    assert (verdict.tier, verdict.entity, verdict.hub, verdict.hub_label) == ("T2", "Alpha", "hub", HUB["hub"][0])


def test_a_pullers_wallet_must_be_an_exchanges() -> None:
    """Through a contract to somebody who is no exchange nothing is swept."""
    assert pulled().tier({"hub": [label("hub", category="exchange_deposit")]}) == ""
    assert pulled().tier({}) == ""


def test_the_permission_of_a_puller_is_no_business_of_its_own() -> None:
    """Without a permission the exchange could not pull: that one is not held against it, others are."""
    past = pulled().allowed(1)
    past.approvals = [one._replace(spender=Address("puller")) for one in past.approvals]
    assert found(past).against == ()
    assert found(past.allowed(2)).against == (sentence("rule.against_approval"),)


# --- a person's other business


@pytest.mark.parametrize(("idle", "allowed", "tier"), [(2, 0, "T2"), (3, 0, ""), (0, 2, "T2"), (0, 3, ""), (2, 1, "")])
def test_more_other_business_than_sweeps_is_a_person(idle: int, allowed: int, tier: str) -> None:
    """It may have signed and permitted as much besides as it was swept; with more it is a wallet in use."""
    past = habit()
    for number in range(idle):
        past.signed(5 * DAY + number)
    for number in range(allowed):
        past.allowed(6 * DAY + number)
    assert past.tier() == tier


def test_a_permission_it_signed_counts_once() -> None:
    """A permission and the transaction that gave it are one piece of business, and one thing against it."""
    past = habit()
    for number in range(2):
        past.allowed(6 * DAY + number).pay(6 * DAY + number, ME, FEE_SINK, 1, NATIVE, f"approve {6 * DAY + number}")
    assert found(past).against == (sentence("rule.against_approval"),)


def test_what_moved_an_unlisted_token_is_not_idle() -> None:
    """A transaction that paid a token nobody listed moved something, whatever it was."""
    past = habit().signed(5 * DAY)
    past.facts["moved"] = frozenset({f"idle {5 * DAY}"})
    assert found(past).against == ()


def test_other_business_speaks_against_it() -> None:
    """A transaction that moved nothing and a permission are each told and each cost confidence."""
    signed, allowed = sentence("rule.against_signed"), sentence("rule.against_approval")
    assert found(habit().signed(5 * DAY)).against == (signed,)
    assert found(habit().allowed(5 * DAY)).against == (allowed,)
    both = found(habit().signed(5 * DAY).allowed(5 * DAY))
    assert (both.against, both.confidence) == ((signed, allowed), 95 - 2 * AGAINST)


@pytest.mark.parametrize("facts", [{"tokens": False}, {"coins": False}, {"tokens": False, "coins": False}])
def test_an_unknown_past_speaks_against_it_once(facts: dict[str, bool]) -> None:
    """Where its past was not read it may have done anything; that costs as much as any other doubt."""
    past = habit()
    past.facts = dict(facts)
    verdict = found(past)
    assert (verdict.tier, verdict.against) == ("T2", (sentence("rule.against_past"),))
    assert verdict.confidence == 95 - AGAINST


def test_every_doubt_is_told_and_counts() -> None:
    """With all that can speak against it at once and the weakest label there is a figure still."""
    past = Past({"coins": False}).visit(0, "hub", 5_000).visit(DAY, "ann", 49_000, gas="")
    past.visit(2 * DAY, "bob", 49_000, gas="").signed(3 * DAY).allowed(3 * DAY).went(4 * DAY, "stranger", 1)
    verdict = found(past, {"hub": [label("hub", confidence=40)]})
    assert len(verdict.against) == 5
    assert verdict.confidence == (90 - 5 * AGAINST) * 40 // 100


# --- a single sweep: T3


def test_a_single_sweep_with_another_payee_is_nothing() -> None:
    """What a habit survives, a single sweep does not: any other payee rules it out."""
    assert Past().visit(0, "ann", 98_000).went(DAY, "stranger", 2_000).tier() == ""


@pytest.mark.parametrize(("more", "tier"), [(1, "T3"), (2, "")])
def test_a_single_sweep_with_much_else_is_nothing(more: int, tier: str) -> None:
    """Payments of gas back and the like may be as many as the sweeps, not more."""
    past = once()
    for number in range(more):
        past.went(DAY + number, "station", 1, NATIVE)
    assert past.tier() == tier


def test_coins_before_the_first_payment_are_a_persons() -> None:
    """A wallet that had coins before any token came was in use; not where the exchange is seen to pay the fees."""
    early = Past().came(-DAY, "stranger", 5, NATIVE)
    assert early.visit(0, "ann", gas="").tier() == ""
    assert Past().came(-DAY, "stranger", 5, NATIVE).visit(0, "ann").tier() == "T3"
    assert Past().came(0, "ann").came(1, "stranger", 5, NATIVE).sweep(2 * HOUR).tier() == "T3"


def test_coins_from_the_payer_are_a_persons() -> None:
    """Whoever sends the tokens and the coins for the fee fills a wallet of his own."""
    assert Past().came(0, "ann").came(1, "ann", 5, NATIVE).sweep(2 * HOUR).tier() == ""


def test_a_single_sweep_of_coins_is_enough() -> None:
    """A deposit in coins brings its own fee."""
    verdict = found(Past().came(0, "ann", 100, NATIVE).sweep(HOUR, 99, NATIVE), asset=NATIVE)
    assert (verdict.tier, verdict.confidence) == ("T3", 75)


def test_a_single_sweep_must_be_whole_and_prompt() -> None:
    """The rules of amount and time hold for one sweep as for many."""
    assert Past().came(0, "ann").gas(HOUR).sweep(HOUR, SUM * 98 // 100).tier() == "T3"
    assert Past().came(0, "ann").gas(HOUR).sweep(HOUR, SUM * 98 // 100 - 1).tier() == ""
    assert Past().came(0, "ann").gas(DAY).sweep(DAY).tier() == "T3"
    assert Past().came(0, "ann").gas(DAY).sweep(DAY + 1).tier() == ""


# --- proofs


def test_proofs_name_the_first_of_each_role() -> None:
    """Five sweeps and five gifts of gas at most, the first ones, each by its transaction."""
    verdict = found(payers(8))
    assert verdict.proofs == (
        *(Proof("sweep", f"out {number * DAY + HOUR}") for number in range(PROOFS)),
        *(Proof("gas", f"station me native {number * DAY + HOUR // 2}") for number in range(PROOFS)),
    )


# --- whatever the life


@st.composite
def pasts(draw: st.DrawFn, *, edges: bool = True) -> Past:
    """Lives in any mixture of visits, gas, other payees, idle signatures and permissions.

    Without ``edges`` no sum lies within a hundred units of a boundary, and no rest is a fixed one.
    """
    past = Past({"contract": draw(st.sampled_from((None, False, True))), "coins": draw(st.booleans())})
    payer, giver = st.sampled_from(("ann", "bob", "hub", "till")), st.sampled_from(("", "station", "hub", "ann"))
    last = draw(st.integers(0, 3))
    for number in range(last + 1):
        amount = draw(st.sampled_from((60_000, SUM))) + (0 if edges else 1_000 * 3**number)
        asset = draw(st.sampled_from((USDT, USDT, USDT, USDC)))
        past.came(number * DAY, draw(payer), amount, asset)
        helper = draw(giver)
        if helper:
            past.gas(number * DAY + HOUR, helper)
        much = (amount // 50, amount // 3) if edges else (amount // 3,) if number == last else ()
        kept = draw(st.sampled_from((0, 0, 0, 10, *much)))
        to = draw(st.sampled_from(("hub", "hub", "hub", "second", "stranger")))
        past.sweep(number * DAY + draw(st.sampled_from((HOUR, 2 * HOUR, 30 * HOUR))), amount - kept, asset, to)
    for number in range(draw(st.integers(0, 2))):
        past.signed(20 * DAY + number)
    for number in range(draw(st.integers(0, 1))):
        past.allowed(21 * DAY + number)
    return past


WORLD: Book = {"hub": [label("hub")], "second": [label("second", "Alpha 2", confidence=70)], "till": [label("till")]}


def renamed(past: Past, names: Callable[[str], str]) -> Past:
    """The same life with other addresses; nobody's own and the fee's stay."""
    rows = [one._replace(sender=Address(names(one.sender)), receiver=Address(names(one.receiver))) for one in past.rows]
    lent = [one._replace(giver=Address(names(one.giver))) for one in past.supports]
    return replace(past, rows=rows, supports=lent)


@given(pasts())
def test_renaming_everybody_changes_nothing(past: Past) -> None:
    """Addresses are names: written backwards, and so in another order, they make the same verdict."""

    def backwards(name: str) -> str:
        return name if name in (ME, FEE_SINK) else name[::-1]

    book = {backwards(who): [one._replace(address=Address(backwards(who))) for one in WORLD[who]] for who in WORLD}
    before, after = past.judged(WORLD), renamed(past, backwards).judged(book)
    assert (before is None) == (after is None)
    if before is not None and after is not None:
        assert (before.tier, before.rule, len(before.against)) == (after.tier, after.rule, len(after.against))
        assert {backwards(who) for who in before.givers} == set(after.givers)
        assert set(before.proofs) == set(after.proofs)


@given(pasts(), st.randoms())
def test_the_order_of_equal_rows_changes_nothing(past: Past, dice: Any) -> None:
    """Rows that stand at one place, as where a source knows no order within a block, may come in any order."""
    life = past.life()
    loose = [
        one._replace(position=one.position._replace(tx_index=-1, index=()) if one.position.kind else one.position)
        for one in life.transfers
    ]
    shuffled: list[Transfer] = []
    for _, rows in groupby(loose, key=lambda one: (one.position.height, one.position.kind)):
        shuffled += sorted(rows, key=lambda _: dice.random())

    def verdict(rows: list[Transfer]) -> Verdict | None:
        found = judge(replace(life, transfers=tuple(rows)), USDT, lambda who: WORLD.get(who, ()))
        return found and found._replace(proofs=tuple(sorted(found.proofs)))

    assert verdict(loose) == verdict(shuffled)


@given(pasts(edges=False), st.lists(st.tuples(st.integers(-DAY, 9 * DAY), st.integers(1, 5)), max_size=20))
def test_strangers_dust_changes_no_tier(past: Past, dust: list[tuple[int, int]]) -> None:
    """Twenty strangers with less than a thousandth each make nobody a customer, and no deposit address a purse."""
    before = past.tier(WORLD)
    for number, (time, amount) in enumerate(dust):
        past.came(time, f"dust {number}", amount)
    assert past.tier(WORLD) == before


@given(pasts(), st.lists(st.integers(-DAY, 9 * DAY), max_size=5))
def test_a_token_that_only_comes_changes_nothing(past: Past, times: list[int]) -> None:
    """A token that it was sent and never paid on, in whatever amount, changes nothing: anybody can send one."""
    before = past.judged(WORLD)
    for time in times:
        past.came(time, "spammer", 10**30, AssetId("spam"))
    assert past.judged(WORLD) == before
