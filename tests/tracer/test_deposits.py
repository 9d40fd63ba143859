"""Deposit addresses in a trace: they end it, keep the value, and cost a bounded number of requests, whatever fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from chains.errors import Down
from chains.model import ANY_TOKEN, NATIVE, Address, AssetId, Page
from tests.deposit_people import MONEY
from tests.deposit_worlds import build
from tests.memory_chain import TRON, Memory, Pay, Traced, trace_memory
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
    relays,
    serves,
    swept,
    town,
    traced,
    verified,
    visit,
)
from tests.tracer.small_world import SECONDS, START, USDT, SmallWorld, tx_hash, who
from tracer.deposit import AGAINST
from tracer.deposits import COST
from tracer.document import to_json
from tracer.result import Proof, rfc3339
from tracer.words import sentence


def asked_past(world: SmallWorld) -> set[Address]:
    """Whose whole past in tokens was asked for."""
    return {holder for holder, asset, low, _ in world.asked if low == 0 and asset == ANY_TOKEN}


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


def test_what_came_after_the_moment_of_the_case_is_not_known(tmp_path: Path) -> None:
    """A deposit address that later pays somebody else was one then; seen later it is none."""
    world = town()
    world.pay(THEFT + 500, "cid", "D", 900)
    world.pay(THEFT + 600, "D", "shop", 900)
    then = traced(world, tmp_path / "then", until=rfc3339(START + (THEFT + 300) * SECONDS))
    assert [(row.tier, row.left) for row in then.deposits] == [("T2", STOLEN)]
    assert traced(world, tmp_path / "now").deposits == ()


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
    """Of all that stolen units passed through, only whoever paid an exchange's own wallet is asked for its past."""
    world = town()
    world.pay(THEFT, "victim", "mule", 4, index=7)
    for number, name in enumerate(("mixed", "rich", "poor", "shop")):
        world.pay(THEFT + 10 + number, "mule", name, 1)
        world.pay(THEFT + 20 + number, name, "shop" if name != "shop" else "mall", 1)
    traced(world, tmp_path)
    assert asked_past(world) == {who("D")}


def test_a_past_is_asked_for_once(tmp_path: Path) -> None:
    """Tokens and coin of whoever paid an exchange and of whoever keeps much, and the coin of whoever pays the fees."""
    world = town()
    world.pay(THEFT, "victim", "resting", 10, index=7)
    traced(world, tmp_path)
    past = Counter((holder, asset) for holder, asset, low, _ in world.asked if low == 0)
    both = {(who(name), asset) for name in ("D", "resting") for asset in (ANY_TOKEN, NATIVE)}
    assert past == dict.fromkeys({*both, (who("station"), NATIVE)}, 1)


@pytest.mark.parametrize(("more", "asked"), [(94, True), (95, False)])
def test_small_remains_are_not_asked_about(tmp_path: Path, more: int, asked: bool) -> None:
    """Where less than a hundredth of what was stolen rests, nobody looks for an address swept before."""
    world = town()
    world.pay(THEFT, "victim", "resting", 6, index=7)
    world.pay(THEFT, "victim", "mule", more, index=8)
    traced(world, tmp_path)
    assert (who("resting") in asked_past(world)) is asked


def test_where_nothing_is_confirmed_one_question_is_enough(tmp_path: Path) -> None:
    """Whoever never paid an exchange, where no deposit address is known either, is not asked for its coins."""
    world = SmallWorld()
    world.pay(THEFT, "victim", "resting", 10)
    assert traced(world, tmp_path).deposits == ()
    assert [(holder, asset) for holder, asset, low, _ in world.asked if low == 0] == [(who("resting"), ANY_TOKEN)]


def test_whoever_pays_others_too_is_not_asked(tmp_path: Path) -> None:
    """What the trace has read rules it out: its past is not worth a request."""
    world = town()
    world.pay(THEFT + 300, "somebody", "D", 12)
    world.pay(THEFT + 310, "D", "shop", 12)
    result = traced(world, tmp_path)
    assert result.deposits == ()
    assert who("D") not in asked_past(world)


def test_whoever_pays_anybody_else_with_a_label_is_not_asked(tmp_path: Path) -> None:
    """Customers pay deposit addresses, mixers and bridges: that makes nobody worth a question."""
    for category in ("exchange_deposit", "mixer", "bridge"):
        world = town()
        result = traced(world, tmp_path / category, {"hub": [label("hub", category)]})
        assert end(result, "hub").amount == STOLEN
        assert asked_past(world) == set()


def test_a_victim_who_pays_an_exchange_is_no_deposit_address(tmp_path: Path) -> None:
    """Stolen straight into the exchange's wallet: the victim is not judged, and the trail ends at the exchange."""
    world = SmallWorld()
    world.pay(THEFT, "victim", "hub", STOLEN)
    result = traced(world, tmp_path)
    assert (ends(result), result.deposits, asked_past(world)) == ({who("hub"): STOLEN}, (), set())


@pytest.mark.parametrize(("rows", "tiers"), [(2_000, ["T2"]), (2_001, [])])
def test_a_busy_address_is_nobodys_deposit_address(tmp_path: Path, rows: int, tiers: list[str]) -> None:
    """Beyond 2,000 movements of tokens no past is judged."""
    world = town()
    world.page = 5_000
    small = rows - 8  # besides three visits and one more sweep
    for number in range(small):
        world.pay(500 + number, f"payer {number % 8}", "D", 1, index=1)
    world.pay(5_000, "ann", "D", 10**7)
    swept(world, 5_150, "D", 10**7 + small)
    assert [row.tier for row in traced(world, tmp_path).deposits] == tiers


# --- who pays for it, or orders it


def test_whoever_pays_the_fees_must_do_so_for_many(tmp_path: Path) -> None:
    """Gas from somebody who helps hardly anybody else is a thief's purse: no deposit address. Ten make a service."""
    for others, tiers in ((8, []), (9, ["T2"])):
        world = town()
        world.transfers = [one for one in world.transfers if one.position.height != 40]
        serves(world, "station", others)
        result = traced(world, tmp_path / str(others))
        assert [row.tier for row in result.deposits] == tiers


@pytest.mark.parametrize(("times", "tiers"), [(1, ["T2"]), (2, [])])
def test_two_pages_tell_whether_it_helps_many(tmp_path: Path, times: int, tiers: list[str]) -> None:
    """Ten helped within the first two pages of the giver's history are many; what stands behind is not looked at."""
    world = town()
    world.transfers = [one for one in world.transfers if one.position.height != 40]
    for number in range(9 * times):
        world.pay(40 + number, "station", f"other {number // times}", 3, NATIVE)
    assert [row.tier for row in traced(world, tmp_path).deposits] == tiers


@pytest.mark.parametrize(("signed", "tiers"), [(29, []), (30, ["T2"])])
def test_whoever_signs_much_serves_many(tmp_path: Path, signed: int, tiers: list[str]) -> None:
    """Thirty transactions of the giver's own make it a service as well."""
    world = town()
    world.transfers = [one for one in world.transfers if one.position.height != 40]
    for number in range(signed):
        world.fee(40, "station", 1, index=number)
    assert [row.tier for row in traced(world, tmp_path).deposits] == tiers


@pytest.mark.parametrize(("others", "tiers"), [(8, []), (9, ["T2"])])
def test_whoever_lends_energy_must_do_so_for_many(tmp_path: Path, others: int, tiers: list[str]) -> None:
    """On TRON the exchange lends energy for each sweep; a lender of few is a person."""
    memory = Memory(TRON)
    usdt, deposit, lender = MONEY["tron"].usdt, memory.who("D"), memory.who("lender")
    for number in range(others):
        memory.lend(lender, memory.who(f"other {number}"))
    for day, payer in ((1, "ann"), (2, "bob"), (3, "victim")):
        memory.tick(START + day * 86_400)
        memory.give(memory.who(payer), usdt, 500)
        last = memory.who("mule") if payer == "victim" else memory.who(payer)
        if payer == "victim":
            memory.send(memory.who(payer), [Pay(usdt, memory.who(payer), last, 500)])
            memory.tick(memory.now + 60)
        memory.send(last, [Pay(usdt, last, deposit, 500)])
        memory.tick(memory.now + 3_000)
        memory.lend(lender, deposit)
        memory.tick(memory.now + 60)
        memory.send(deposit, [Pay(usdt, deposit, memory.who("hub"), 500)])
    memory.tick(START + 9 * 86_400)
    result = told(memory, tmp_path).outcome.result
    assert [row.tier for row in result.deposits if row.address == deposit] == tiers


def test_the_exchanges_own_gas_needs_no_other_customers(tmp_path: Path) -> None:
    """Gas from a wallet that a list calls the exchange's is believed without a look at it."""
    world = town()
    world.transfers = [one for one in world.transfers if one.position.height != 40]
    book = {**HUB, "station": [label("station")]}
    assert [row.tier for row in traced(world, tmp_path, book).deposits] == ["T2"]


def test_a_giver_nobody_can_say_anything_of_is_believed(tmp_path: Path) -> None:
    """Where the giver's own history cannot be read, the verdict stands on what the address did."""
    world = town()
    world.broken = {who("station")}
    assert [row.tier for row in traced(world, tmp_path).deposits] == ["T2"]


def test_a_strangers_dust_of_coins_is_no_veto(tmp_path: Path) -> None:
    """Anybody can send a coin in the hour before a sweep; the exchange's own helper is there all the same."""
    world = town()
    world.pay(THEFT + 200, "stranger", "D", 1, NATIVE)
    assert [row.tier for row in traced(world, tmp_path).deposits] == ["T2"]


def test_a_strangers_dust_is_no_veto_beside_the_exchanges_own_gas(tmp_path: Path) -> None:
    """The same where the exchange's helper is known from a list."""
    world = town()
    world.pay(THEFT + 200, "stranger", "D", 1, NATIVE)
    book = {**HUB, "station": [label("station")]}
    assert [row.tier for row in traced(world, tmp_path, book).deposits] == ["T2"]


def test_many_strangers_do_not_make_a_verdict_dear(tmp_path: Path) -> None:
    """However many sent dust in the hour before a sweep, a verdict asks no more questions than it may."""
    world = town()
    for number in range(30):
        world.pay(THEFT + 200, f"stranger {number}", "D", 1, NATIVE, index=number)
    assert [row.tier for row in traced(world, tmp_path).deposits] == ["T2"]
    assert sum(1 for _, _, low, _ in world.asked if low == 0) <= COST


def test_a_strangers_dust_makes_no_kin(tmp_path: Path) -> None:
    """Whoever sent dust to a confirmed address and feeds wallets of his own does not make them the exchange's."""
    world = town()
    world.pay(THEFT + 200, "purse", "D", 1, NATIVE)
    world.pay(THEFT, "victim", "B", 10, index=7)
    world.pay(THEFT + 50, "purse", "B", 3, NATIVE)
    assert {row.address: row.tier for row in traced(world, tmp_path).deposits} == {who("D"): "T2"}


def test_a_forwarder_emptied_by_an_operator(tmp_path: Path) -> None:
    """A contract whose sweeps somebody signs who does so for many is a deposit address."""
    result = traced(relays(), tmp_path)
    assert [(row.tier, row.confidence, row.left) for row in result.deposits] == [("T2", 90 * 80 // 100, STOLEN)]
    assert ends(result) == {who("D"): STOLEN}


def test_a_contract_emptied_by_a_person_is_a_wallet(tmp_path: Path) -> None:
    """A contract whose sweeps are signed by somebody who does nothing else is that person's smart wallet."""
    world = relays()
    world.transfers = [one for one in world.transfers if one.position.height != 40]
    result = traced(world, tmp_path)
    assert (ends(result), result.deposits) == ({who("hub"): STOLEN}, ())


def test_a_sweep_that_cannot_be_opened_decides_nothing(tmp_path: Path) -> None:
    """Without the transaction nobody knows who signed; the contract is judged by what it did."""
    world = relays()
    world.transfers = [one for one in world.transfers if one.position.height != 40]
    world.lost = {one.tx for one in world.transfers if one.sender == who("D")}
    assert [row.tier for row in traced(world, tmp_path).deposits] == ["T2"]


def forwarding() -> SmallWorld:
    """D as a contract that passes on whatever comes in the very transaction that pays it."""
    world = SmallWorld(contracts={who("D")})
    for height, payer in ((100, "ann"), (100 + DAY, "bob"), (THEFT + 100, "mule")):
        tx = f"relayed {height}"
        world.pay(height, payer, "D", STOLEN, tx=tx)
        world.pay(height, "D", "hub", STOLEN, tx=tx)
    world.pay(THEFT, "victim", "mule", STOLEN)
    return world


def test_a_labelled_address_keeps_the_value_in_an_opened_transaction_too(tmp_path: Path) -> None:
    """Paid through a splitter that had to be opened, and passing on at once: the value ends where the label says."""
    world = SmallWorld(contracts={who("splitter"), who("D")})
    world.pay(THEFT, "victim", "mule", STOLEN)
    for payer, payee in (("mule", "splitter"), ("splitter", "D"), ("D", "hub")):
        world.pay(THEFT + 100, payer, payee, STOLEN, tx="split")
    result = traced(world, tmp_path, {**HUB, "D": [label("D", "exchange_deposit", kind="self_published")]})
    assert [(row.address, row.reason) for row in result.endpoints] == [(who("D"), "exchange_deposit")]
    assert [(row.tier, row.address) for row in result.deposits] == [("T0", who("D"))]


def test_a_contract_that_forwards_at_once_keeps_the_value(tmp_path: Path) -> None:
    """Paid and passed on in one transaction, which is opened: the value still ends at the contract between."""
    world = forwarding()
    done = outcome(world, tmp_path)
    assert (ends(done.result), done.exit_code) == ({who("D"): STOLEN}, 0)
    assert [(row.tier, row.hub) for row in done.result.deposits] == [("T2", who("hub"))]
    assert verified(world, tmp_path).differences == ()


def test_what_left_a_contract_that_forwards_at_once(tmp_path: Path) -> None:
    """There too, only what was passed on since stolen value came has left."""
    assert [row.left for row in traced(forwarding(), tmp_path).deposits] == [STOLEN]


def pulls(*, signed_by: str) -> SmallWorld:
    """D pays the exchange's wallet through the contract P, in transactions that somebody signs."""
    world = SmallWorld(contracts={who("P")})
    serves(world, "operator")
    for height, payer in ((100, "ann"), (100 + DAY, "bob"), (THEFT + 100, "mule")):
        world.pay(height, payer, "D", STOLEN)
        world.fee(height + 100, signed_by, 3)
        for sender, receiver in (("D", "P"), ("P", "hub")):
            world.pay(height + 100, sender, receiver, STOLEN)
    world.pay(THEFT, "victim", "mule", STOLEN)
    return world


def test_what_the_exchange_takes_through_its_contract(tmp_path: Path) -> None:
    """Signed by the exchange's operator, the coins of D went through a contract: D is the deposit address."""
    world = pulls(signed_by="operator")
    result = traced(world, tmp_path)
    assert ends(result) == {who("D"): STOLEN}
    assert [(row.tier, row.hub, row.left) for row in result.deposits] == [("T2", who("hub"), STOLEN)]
    assert verified(world, tmp_path).differences == ()


def test_what_somebody_pays_through_a_contract(tmp_path: Path) -> None:
    """Signed by D itself, it is the contract that takes the money in for the exchange."""
    result = traced(pulls(signed_by="D"), tmp_path)
    assert ends(result) == {who("P"): STOLEN}
    assert {row.address for row in result.deposits} == {who("P")}


def test_a_smart_wallet_is_known_by_its_log(tmp_path: Path) -> None:
    """A contract whose own log says that its owner moved it is a person, though an operator of many signs."""
    memory = Memory()
    found = []
    for name in ("forwarder", "account"):
        memory = played(memory.who(name), smart=name == "account")
        found.append(told(memory, tmp_path / name).outcome.result)
    assert [[row.tier for row in result.deposits] for result in found] == [["T2"], []]


# --- what it costs


def played(deposit: Address, *, smart: bool = False) -> Memory:
    """A contract of an exchange's that customers pay and an operator empties, in a world that counts questions."""
    memory = Memory()
    memory.clone(deposit, "forwarder")
    memory.accounts.update({deposit} if smart else ())
    for name in ("ann", "bob", "victim", "operator"):
        memory.give(memory.who(name), NATIVE, 10**6)
        memory.give(memory.who(name), USDT, 10**6)
    for number in range(12):
        memory.send(memory.who("operator"), [Pay(NATIVE, memory.who("operator"), memory.who(f"other {number}"), 1)])
    for day, payer in ((1, "ann"), (2, "bob"), (3, "victim")):
        memory.tick(START + day * 86_400)
        first = memory.who("mule") if payer == "victim" else deposit
        memory.send(memory.who(payer), [Pay(USDT, memory.who(payer), first, 500)], fee=1)
        if payer == "victim":
            memory.tick(memory.now + 600)
            memory.send(first, [Pay(USDT, first, deposit, 500)])
        memory.tick(memory.now + 3_600)
        memory.send(memory.who("operator"), [Pay(USDT, deposit, memory.who("hub"), 500)], target=deposit, fee=1)
    memory.tick(START + 9 * 86_400)
    return memory


def told(memory: Memory, folder: Path, **settings: Any) -> Traced:
    """The theft of the third day, traced with the exchange's wallet labelled."""
    row = {"chain": memory.chain.id, "address": memory.who("hub"), "entity": "Alpha", "category": "exchange_hot"}
    return trace_memory(memory, folder, [(memory.who("victim"), START + 3 * 86_400)], [row], **settings)


@pytest.mark.parametrize("family", ["evm", "tron"])
def test_no_verdict_costs_more_than_is_said(tmp_path: Path, family: str) -> None:
    """In a town with every kind of deposit address, what each verdict cost is counted and bounded."""
    world = build(7, family)
    victims = [(world.victim, world.since)]
    result = trace_memory(world.memory, tmp_path, victims, world.labels, min_value=None).outcome.result
    cost = {row.requests for row in result.deposits if row.tier != "T5"}
    assert len(result.deposits) > 20
    assert 0 < max(cost) <= COST


def test_a_verdict_says_what_it_cost(tmp_path: Path) -> None:
    """Tokens, coin, the sweep's transaction and its signer: four questions that the trace did not ask anyway."""
    made = told(played(Memory().who("forwarder")), tmp_path)
    assert [row.requests for row in made.outcome.result.deposits] == [4]


def test_with_too_few_requests_nobody_is_judged(tmp_path: Path) -> None:
    """Near the end of the budget no verdict is begun, and nothing breaks: the trail ends where it would without."""
    memory = played(Memory().who("forwarder"))
    whole = told(memory, tmp_path / "whole")
    spent = sum(whole.source.asked.values())
    found = []
    for most in range(1, spent + COST, 3):
        result = told(memory, tmp_path / str(most), max_requests=most).outcome.result
        assert sum(row.amount for row in result.endpoints if row.reason != "fee") == 500
        found.append(len(result.deposits))
    assert (found[0], found[-1]) == (0, 1)
    assert found == sorted(found)


def test_a_verdict_is_begun_only_with_enough_requests_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a verdict may cost must still be there, or nobody is judged."""
    memory, most = played(Memory().who("forwarder")), 200
    found = []
    for cost in (COST, most):
        monkeypatch.setattr("tracer.deposits.COST", cost)
        found.append(len(told(memory, tmp_path / str(cost), max_requests=most).outcome.result.deposits))
    assert found == [1, 0]


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
    assert PAST in verdict.against
    assert verdict.confidence <= (95 - AGAINST) * 80 // 100
    assert result.gaps == ()
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
    """Whether an address is a contract may stay unknown: what it did decides."""
    world = Failing(transfers=relays().transfers)
    world.codeless, world.pages = True, 9
    assert deposits(traced(world, tmp_path))[who("D")].tier == "T2"


@pytest.mark.parametrize("source", ["rpc", "sqd"])
def test_a_source_by_blocks_is_asked_for_no_past(tmp_path: Path, source: str) -> None:
    """Through a source that reads all blocks only what the trace has read is judged: one sweep, an unknown past."""
    world = town()
    world.name = source
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


def test_until_cuts_what_a_labelled_address_paid(tmp_path: Path) -> None:
    """At the moment of the case nothing had left it, and no wallet behind it was known."""
    book = {**HUB, "D": [label("D", "exchange_deposit")]}
    row = deposits(traced(town(), tmp_path, book, until=rfc3339(START + (THEFT + 200) * SECONDS)))[who("D")]
    assert (row.left, row.hub) == (0, "")


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


@pytest.mark.parametrize(("code", "tiers"), [("a" * 64, ["T4"]), ("b" * 64, [])])
def test_a_contract_of_the_same_make_is_suspected(tmp_path: Path, code: str, tiers: list[str]) -> None:
    """Units rest at a contract with the very code of a confirmed address: T4; with another code nothing."""
    world = relays()
    world.contracts.add(who("B"))
    world.codes = {who("D"): "a" * 64, who("B"): code}
    world.pay(THEFT, "victim", "B", 10, index=7)
    found = [row for row in traced(world, tmp_path).deposits if row.address == who("B")]
    assert [row.tier for row in found] == tiers
    assert [proof.role for row in found for proof in row.proofs] == ["paid", "code"] * len(tiers)


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
