"""Deposit addresses in a trace: they end it, keep the value, and cost a bounded number of requests, whatever fails."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from chains.errors import Down
from chains.model import ANY_TOKEN, NATIVE, Address, AssetId, Page
from tests.tracer.deposit_cases import (
    DAY,
    HUB,
    STOLEN,
    THEFT,
    deposits,
    end,
    ends,
    fresh,
    label,
    outcome,
    swept,
    town,
    traced,
    verified,
    visit,
)
from tests.tracer.small_world import SECONDS, START, USDT, SmallWorld, tx_hash, who
from tracer.deposit import AGAINST
from tracer.document import to_json
from tracer.result import Proof, rfc3339
from tracer.words import sentence


def asked_past(world: SmallWorld) -> set[Address]:
    """Whose whole past was asked for."""
    return {holder for holder, _, low, _ in world.asked if low == 0}


# --- the end of a trail


def test_a_habit_ends_the_trail(tmp_path: Path) -> None:
    """The trail ends at the deposit address, not at the exchange's wallet behind it, with all that is known of both."""
    result = traced(town(), tmp_path)
    row = end(result, "D")
    assert ends(result) == {who("D"): STOLEN}
    assert [part.amount for part in row.principal] == [STOLEN]
    assert (row.reason, row.category, row.entity, row.label_source) == (
        "exchange_deposit",
        "exchange_deposit",
        "Alpha",
        "list of Alpha",
    )
    assert (row.swept_to, row.confidence) == (who("hub"), 95 * 80 // 100)
    verdict = deposits(result)[who("D")]
    assert (verdict.tier, verdict.confidence, verdict.entity, verdict.hub) == ("T2", 76, "Alpha", who("hub"))
    assert (verdict.hub_source, verdict.left, verdict.against) == ("list of Alpha", STOLEN, ())
    assert verdict.rule == row.rule
    assert verdict.proofs[:2] == (
        Proof("paid", tx_hash(f"{THEFT + 100}/0")),
        Proof("sweep", tx_hash("250/0")),
    )
    assert result.gaps == ()


def test_a_single_sweep_ends_the_trail_with_less_confidence(tmp_path: Path) -> None:
    """An address first used by whoever holds the stolen units is T3, and an endpoint all the same."""
    world = fresh("D")
    swept(world, THEFT + 250)
    result = traced(world, tmp_path)
    assert ends(result) == {who("D"): STOLEN}
    assert (deposits(result)[who("D")].tier, end(result, "D").confidence) == ("T3", 80 * 80 // 100)
    assert end(result, "D").swept_to == who("hub")


def test_a_person_who_pays_an_exchange_is_walked_through(tmp_path: Path) -> None:
    """A wallet with business of its own is no deposit address: the trail ends at the exchange's wallet."""
    world = town()
    world.pay(50, "D", "shop", 700)
    world.opening[who("D"), USDT] = 700
    result = traced(world, tmp_path)
    assert ends(result) == {who("hub"): STOLEN}
    assert (result.deposits, end(result, "hub").reason, end(result, "hub").swept_to) == ((), "exchange", None)


def test_other_stolen_units_at_the_exchange_stay_there(tmp_path: Path) -> None:
    """Only what went by way of the deposit address ends at it; every unit is somewhere once."""
    world = town()
    world.pay(THEFT + 1, "victim", "other mule", 70)
    world.pay(THEFT + 2, "other mule", "wallet", 70)
    world.pay(THEFT + 3, "wallet", "shop", 30)
    world.pay(THEFT + 4, "wallet", "hub", 40)
    result = traced(world, tmp_path)
    assert ends(result) == {who("D"): STOLEN, who("hub"): 40, who("shop"): 30}
    assert set(deposits(result)) == {who("D")}


def test_new_money_at_an_address_swept_before_still_lies_there(tmp_path: Path) -> None:
    """Stolen units that no sweep has taken yet, at an address that was swept before: an endpoint with nothing left."""
    result = traced(town(swept_again=False), tmp_path)
    verdict, row = deposits(result)[who("D")], end(result, "D")
    assert (verdict.tier, verdict.left, row.reason, row.amount) == ("T2", 0, "exchange_deposit", STOLEN)
    assert row.swept_to == who("hub")


def test_what_left_counts_from_the_first_stolen_unit(tmp_path: Path) -> None:
    """``left`` is what was paid on since stolen value came, with other people's money in it, not before."""
    world = town()
    visit(world, THEFT + 2_000, "cid", amount=33)
    assert deposits(traced(world, tmp_path))[who("D")].left == STOLEN + 33


def test_until_cuts_the_life_as_well(tmp_path: Path) -> None:
    """At the moment of the case the sweep had not happened: what came later is not known, and nothing had left."""
    result = traced(town(), tmp_path, until=rfc3339(START + (THEFT + 200) * SECONDS))
    verdict = deposits(result)[who("D")]
    assert (verdict.tier, verdict.left, len(verdict.proofs)) == ("T2", 0, 1 + 2 + 2)


def test_two_assets_of_one_address_are_two_verdicts(tmp_path: Path) -> None:
    """Stolen coin and stolen tokens that come to one deposit address both end there."""
    usdc = AssetId("0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48")
    world = town()
    world.pay(300, "ann", "D", 10, usdc)
    swept(world, 400, "D", 10, usdc)
    world.pay(THEFT + 5, "victim", "mule", 20, usdc)
    world.pay(THEFT + 6, "mule", "D", 20, usdc)
    swept(world, THEFT + 120, "D", 20, usdc)
    result = traced(world, tmp_path)
    assert [(row.asset.id, row.tier) for row in result.deposits] == [(usdc, "T2"), (USDT, "T2")]
    assert {(row.address, row.amount) for row in result.endpoints} == {(who("D"), STOLEN), (who("D"), 20)}


@pytest.mark.xfail(strict=True, reason="Deposits.lives keeps the life without the second, unlisted asset")
def test_a_stolen_token_that_no_list_knows_ends_there_too(tmp_path: Path) -> None:
    """The asset in question counts in its own verdict though it is not listed, beside one that is."""
    odd = AssetId("0x" + "77" * 20)
    world = town()
    world.pay(300, "ann", "D", 10, odd)
    swept(world, 400, "D", 10, odd)
    world.pay(THEFT + 500, "victim", "mule", 20, odd)
    world.pay(THEFT + 600, "mule", "D", 20, odd)
    swept(world, THEFT + 700, "D", 20, odd)
    result = traced(world, tmp_path)
    assert {(row.asset.id, row.tier) for row in result.deposits} == {(odd, "T2"), (USDT, "T2")}


def test_an_unlisted_token_changes_no_verdict(tmp_path: Path) -> None:
    """Spam that came to a deposit address, or that its contract claims the address paid, changes nothing."""
    spam = AssetId("0x" + "66" * 20)
    plain, world = traced(town(), tmp_path / "plain"), town()
    world.pay(50, "spammer", "D", 10**24, spam)
    world.pay(60, "D", "spammer", 10**24, spam)
    world.pay(70, "D", "another", 10**24, spam)
    assert traced(world, tmp_path / "spam").deposits == plain.deposits


# --- whom it asks, and how often


def test_nobody_is_judged_who_paid_no_exchange(tmp_path: Path) -> None:
    """Of all that stolen units came to, only whoever paid an exchange's own wallet is asked for its past."""
    world = town()
    for number, name in enumerate(("mixed", "rich", "poor")):
        world.pay(THEFT + 10 + number, "mule", name, 10)
        world.pay(THEFT + 20 + number, name, "shop", 10)
    world.pay(THEFT, "victim", "mule", 30, index=7)
    traced(world, tmp_path)
    assert asked_past(world) == {who("D")}


def test_whoever_rests_without_a_past_is_asked_once(tmp_path: Path) -> None:
    """Where units rest untouched the past is asked for, as it may be an address swept before; never twice."""
    world = town()
    world.pay(THEFT, "victim", "resting", 10, index=7)
    traced(world, tmp_path)
    past = [(holder, asset) for holder, asset, low, _ in world.asked if low == 0]
    assert sorted(past) == sorted((who(name), asset) for name in ("D", "resting") for asset in (ANY_TOKEN, NATIVE))


def test_whoever_pays_others_too_is_not_asked(tmp_path: Path) -> None:
    """What the trace has read rules it out: its past is not worth a request."""
    world = town()
    world.pay(THEFT + 300, "somebody", "D", 12)
    world.pay(THEFT + 310, "D", "shop", 12)
    result = traced(world, tmp_path)
    assert (result.deposits, asked_past(world)) == ((), {who("shop")} - {who("shop")})


def test_a_victim_who_pays_an_exchange_is_no_deposit_address(tmp_path: Path) -> None:
    """Stolen straight into the exchange's wallet: the victim is not judged, and the trail ends at the exchange."""
    world = SmallWorld()
    world.pay(THEFT, "victim", "hub", STOLEN)
    result = traced(world, tmp_path)
    assert (ends(result), result.deposits, asked_past(world)) == ({who("hub"): STOLEN}, (), set())


def test_a_busy_address_is_nobodys_deposit_address(tmp_path: Path) -> None:
    """Beyond 2,000 movements no past is judged; with exactly as many it is."""
    for more, tiers in ((0, ["T2"]), (1, [])):
        world = town()
        world.page = 5_000
        for number in range(2_000 - len([one for one in world.transfers if who("D") in one[5:7] and one[4] == USDT])):
            world.pay(1_000 + number, f"payer {number % 8}", "D", 1, index=1)
        if more:
            world.pay(5_000, "payer", "D", 1, index=1)
        result = traced(world, tmp_path / str(more))
        assert [row.tier for row in result.deposits] == tiers


# --- when sources fail


class Failing(SmallWorld):
    """A world whose source dies after so many pages of one address's past in tokens, or in the coin."""

    failing: AssetId = ANY_TOKEN
    pages: int = 1
    codeless: bool = False

    async def history(self, holder: Address, asset: AssetId, low: int, high: int | None) -> AsyncIterator[Page]:
        """Pages until it dies."""
        number = 0
        async for page in super().history(holder, asset, low, high):
            if (holder, asset) == (who("D"), self.failing) and number == self.pages:
                raise Down(self.name, "history", "the disk is gone")
            number += 1
            yield page

    async def is_contract(self, holder: Address) -> bool:
        """Whether there is code, if it can be said."""
        if self.codeless and holder == who("D"):
            raise Down(self.name, "code", "the disk is gone")
        return await super().is_contract(holder)


def failing(pages: int, asset: AssetId = ANY_TOKEN, **more: Any) -> Failing:
    """The town, read through such a source."""
    world = Failing(transfers=town().transfers, **more)
    world.pages, world.failing, world.page = pages, asset, 4
    return world


PAST = sentence("rule.against_past")


def test_a_past_that_breaks_off_weakens_the_verdict(tmp_path: Path) -> None:
    """A source that dies in the middle of the past leaves a weaker verdict that says so, and no gap in the trace."""
    result = traced(failing(1), tmp_path)
    verdict = deposits(result)[who("D")]
    assert (verdict.against, verdict.confidence) == ((PAST,), (95 - AGAINST) * 80 // 100)
    assert ends(result) == {who("D"): STOLEN}


def test_coins_that_cannot_be_read_weaken_the_verdict(tmp_path: Path) -> None:
    """Without its past in the coin nobody knows who paid its fees: the habit stands, and is less sure."""
    result = traced(failing(0, NATIVE), tmp_path)
    verdict = deposits(result)[who("D")]
    assert (verdict.tier, verdict.against, verdict.confidence) == ("T2", (PAST,), (90 - AGAINST) * 80 // 100)


def test_a_past_that_cannot_be_read_is_no_verdict(tmp_path: Path) -> None:
    """Where nothing of the past comes, the trail ends at the exchange's wallet as before, and nothing breaks."""
    result = traced(failing(0), tmp_path)
    assert (ends(result), result.deposits) == ({who("hub"): STOLEN}, ())


def test_code_that_cannot_be_read_stops_nothing(tmp_path: Path) -> None:
    """Whether an address is a contract may stay unknown: what it signed and was helped with decides."""
    world = failing(9)
    world.codeless = True
    assert deposits(traced(world, tmp_path))[who("D")].tier == "T2"


def test_a_plain_node_is_asked_for_no_past(tmp_path: Path) -> None:
    """Through a plain node only what the trace has read is judged: one sweep, its earlier history unknown."""
    world = town()
    world.name = "rpc"
    world.pay(THEFT, "victim", "resting", 10, index=7)
    result = traced(world, tmp_path)
    verdict = deposits(result)[who("D")]
    assert asked_past(world) == set()
    assert set(deposits(result)) == {who("D")}
    assert (verdict.tier, verdict.against, verdict.left) == ("T3", (PAST,), None)
    assert verdict.confidence == (75 - AGAINST) * 80 // 100
    assert ends(result) == {who("D"): STOLEN, who("resting"): 10}


# --- what the user decides


def test_through_the_exchanges_wallet_there_is_no_deposit_address(tmp_path: Path) -> None:
    """A trail that the user lets pass through the exchange's wallet is followed through both."""
    world = town()
    world.pay(THEFT + 400, "hub", "beyond", 10_000)
    world.opening[who("hub"), USDT] = 10_000
    result = traced(world, tmp_path, through=(who("hub"),))
    assert result.deposits == ()
    assert set(ends(result)) <= {who("hub"), who("beyond")}


def test_through_the_deposit_address_the_trail_goes_on(tmp_path: Path) -> None:
    """A trail that the user lets pass through the deposit address ends at the exchange's wallet."""
    result = traced(town(), tmp_path, through=(who("D"),))
    assert ends(result) == {who("hub"): STOLEN}


# --- what labels decide


@pytest.mark.parametrize(("confidence", "much"), [(100, 95), (40, 38)])
def test_a_weak_label_of_the_hub_weakens_the_verdict(tmp_path: Path, confidence: int, much: int) -> None:
    """The verdict is as sure as the label of the wallet that the sweeps went to."""
    result = traced(town(), tmp_path, {"hub": [label("hub", confidence=confidence)]})
    assert (deposits(result)[who("D")].confidence, end(result, "D").confidence) == (much, much)


def test_a_label_too_weak_to_stop_makes_nobody_a_deposit_address(tmp_path: Path) -> None:
    """Below 40 percent the wallet is nobody's hub."""
    assert traced(town(), tmp_path, {"hub": [label("hub", confidence=39)]}).deposits == ()


def test_a_published_address_is_t0_unasked(tmp_path: Path) -> None:
    """An address that the exchange published without saying what it is for ends the trail as T0, with where it paid."""
    book = {**HUB, "D": [label("D", "exchange", kind="self_published", confidence=95)]}
    world = town()
    result = traced(world, tmp_path, book)
    row = deposits(result)[who("D")]
    assert (row.tier, row.confidence, row.entity, row.hub) == ("T0", 95, "Alpha", who("hub"))
    assert row.rule == sentence("rule.deposit_t0_unsaid", by="list of Alpha")
    assert (row.left, row.against, row.proofs[1:]) == (STOLEN, (), (Proof("sweep", tx_hash(f"{THEFT + 250}/0")),))
    assert (end(result, "D").reason, end(result, "D").swept_to) == ("exchange_deposit", who("hub"))
    assert asked_past(world) == set()


@pytest.mark.parametrize(
    ("kind", "tier", "rule"),
    [
        ("self_published", "T0", "rule.deposit_t0"),
        ("authority", "T0", "rule.deposit_t0"),
        ("explorer", "T1", "rule.deposit_t1"),
        ("second_hand", "T1", "rule.deposit_t1"),
    ],
)
def test_a_labelled_deposit_address_is_as_its_source(tmp_path: Path, kind: str, tier: str, rule: str) -> None:
    """Published by the exchange or an authority it is T0; said by others T1, as sure as the label."""
    book = {**HUB, "D": [label("D", "exchange_deposit", kind=kind, confidence=60)]}
    row = deposits(traced(town(), tmp_path, book))[who("D")]
    assert (row.tier, row.confidence, row.rule) == (tier, 60, sentence(rule, by="list of Alpha"))


def test_a_labelled_address_not_emptied_yet_names_no_hub(tmp_path: Path) -> None:
    """Nothing has left it since: nothing is known of a wallet behind it."""
    book = {**HUB, "D": [label("D", "exchange_deposit")]}
    row = deposits(traced(town(swept_again=False), tmp_path, book))[who("D")]
    assert (row.tier, row.left, row.hub, row.hub_source, row.proofs[1:]) == ("T1", 0, "", "", ())


def test_a_labelled_address_that_pays_another_exchange_is_doubted(tmp_path: Path) -> None:
    """The label stands, and that it is emptied into somebody else's wallet is told."""
    book = {"hub": [label("hub", entity="Beta")], "D": [label("D", "exchange_deposit")]}
    row = deposits(traced(town(), tmp_path, book))[who("D")]
    assert (row.tier, row.entity) == ("T1", "Alpha")
    assert row.against == (sentence("rule.against_other_exchange", entity="Beta"),)


def test_an_exchanges_own_published_wallet_is_no_deposit_address(tmp_path: Path) -> None:
    """Where another label of the same exchange says what a published address is for, that decides."""
    book = {"hub": [label("hub", "exchange", kind="self_published"), label("hub", kind="explorer")]}
    result = traced(town(), tmp_path, book)
    assert ends(result) == {who("D"): STOLEN}
    assert deposits(result)[who("D")].tier == "T2"


# --- suspects


def test_a_brother_of_confirmed_addresses_is_suspected(tmp_path: Path) -> None:
    """Units rest where the same helper left gas as at a confirmed address: T4, and the endpoint stays as it was."""
    world = town()
    world.pay(THEFT, "victim", "B", 10, index=7)
    world.pay(THEFT + 50, "station", "B", 3, NATIVE)
    result = traced(world, tmp_path)
    row = deposits(result)[who("B")]
    assert (row.tier, row.confidence, row.entity, row.left) == ("T4", 50 * 80 // 100, "Alpha", 0)
    assert [proof.role for proof in row.proofs] == ["paid", "gas"]
    assert end(result, "B").reason == "held"


def test_without_a_confirmed_address_nobody_is_suspected(tmp_path: Path) -> None:
    """Gas from somebody who helped nobody that was confirmed says nothing."""
    world = fresh("D", "B")
    swept(world, THEFT + 250)
    world.pay(THEFT + 350, "station", "B", 3, NATIVE)
    result = traced(world, tmp_path)
    assert [(row.address, row.tier) for row in result.deposits] == [(who("D"), "T3")]


def test_swept_to_a_service_nobody_named(tmp_path: Path) -> None:
    """A habit of paying somebody who pays two hundred people a day is T5, with the service as its hub."""
    world = fresh("D")
    world.page = 5_000
    world.pay(THEFT + 1_000, "ann", "D", 70)
    for time, amount in ((THEFT + 250, STOLEN), (THEFT + 1_200, 70)):
        swept(world, time, "D", amount, to="service")
    for number in range(250):
        world.pay(THEFT + 1_300 + number, "service", f"customer {number}", 2)
    world.opening[who("service"), USDT] = 500
    result = traced(world, tmp_path)
    row = deposits(result)[who("D")]
    assert end(result, "service").reason == "service"
    assert (row.tier, row.entity, row.hub, row.left) == ("T5", "", who("service"), STOLEN + 70)


# --- the same again


def test_two_runs_say_the_same(tmp_path: Path) -> None:
    """The same world traced twice gives the same document to the byte."""
    first, second = (traced(town(), tmp_path / name) for name in "ab")
    assert to_json(first) == to_json(second)


@pytest.mark.parametrize("swept_again", [True, False])
def test_verifying_agrees(tmp_path: Path, swept_again: bool) -> None:
    """Derived again from the case alone, the verdicts come out as they were."""
    world = town(swept_again=swept_again)
    done = outcome(world, tmp_path)
    assert (done.exit_code, len(done.result.deposits)) == (0, 1)
    assert verified(world, tmp_path).differences == ()
