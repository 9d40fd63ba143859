"""The hunt on small worlds: where every trail ends and why, and what neither luck nor budget may change."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chains.model import NATIVE, Address, Asset, AssetId, Balance, Block, Collectible, Transfer
from tests.functional.replay import replay
from tests.tracer.small_world import CHAIN, HEAD, USDT, SmallWorld, trace, who
from tracer.document import to_json
from tracer.labels import STOPS
from tracer.result import EndpointRow, Result
from tracer.session import Outcome

UNIT = 10**6


def ends(result: Result) -> dict[tuple[str, str], int]:
    """Stolen units by (address, reason)."""
    found: Counter[tuple[str, str]] = Counter()
    for row in result.endpoints:
        found[row.address, row.reason] += row.amount
    return dict(found)


def the(result: Result, name: str) -> EndpointRow:
    """The only endpoint at somebody's address."""
    (row,) = [row for row in result.endpoints if row.address == who(name)]
    return row


def simple() -> SmallWorld:
    """The victim loses 100 to a mule, who pays 60 on to X, who pays 50 on to Y."""
    world = SmallWorld()
    world.pay(10, "victim", "mule", 100 * UNIT)
    world.pay(20, "mule", "X", 60 * UNIT)
    world.pay(30, "X", "Y", 50 * UNIT)
    return world


REASONS = [
    ("exchange", "exchange"), ("exchange_hot", "exchange"), ("exchange_cold", "exchange"),
    ("exchange_deposit", "exchange_deposit"), ("mixer", "mixer"), ("bridge", "bridge"), ("gambling", "service"),
    ("payment", "service"), ("otc", "service"), ("service", "service"), ("guarantee_market", "service"),
    ("instant_exchanger", "service"),
]  # fmt: skip


@pytest.mark.parametrize(("category", "reason"), REASONS)
def test_a_stopping_category_ends_the_trail(tmp_path: Path, category: str, reason: str) -> None:
    """At each stopping category the value ends, with its reason, entity and source; nothing behind it is traced."""
    outcome = trace(simple(), tmp_path, labels={"X": category})
    assert ends(outcome.result) == {(who("mule"), "held"): 40 * UNIT, (who("X"), reason): 60 * UNIT}
    row = the(outcome.result, "X")
    assert (row.category, row.entity, row.confidence) == (category, f"Lab {category}", 100)
    assert "labels.csv" in row.label_source
    assert outcome.exit_code == 0


def test_every_stopping_category_is_tested() -> None:
    """The table above is the program's."""
    assert dict(REASONS) == dict(STOPS)


@pytest.mark.parametrize("category", ["sanctioned", "hack", "stablecoin_issuer", "dex", "other"])
def test_a_marking_category_never_stops(tmp_path: Path, category: str) -> None:
    """A category that says what somebody did, and not where value pools, marks the address and the trail goes on."""
    outcome = trace(simple(), tmp_path, labels={"X": category})
    assert ends(outcome.result) == {
        (who("mule"), "held"): 40 * UNIT, (who("X"), "held"): 10 * UNIT, (who("Y"), "held"): 50 * UNIT,
    }  # fmt: skip
    (row,) = [row for row in outcome.result.addresses if row.address == who("X")]
    assert any(category in mark for mark in row.marks)


def test_path_and_hops(tmp_path: Path) -> None:
    """An endpoint's path is the transactions from the theft on, and hops are the least number of transfers."""
    world = simple()
    outcome = trace(world, tmp_path)
    assert the(outcome.result, "Y").path == tuple(one.tx for one in world.transfers)
    assert {row.address: row.hop for row in outcome.result.addresses} == {who("mule"): 1, who("X"): 2, who("Y"): 3}
    assert {row.address: (row.received, row.sent, row.held) for row in outcome.result.addresses} == {
        who("mule"): (100 * UNIT, 60 * UNIT, 40 * UNIT),
        who("X"): (60 * UNIT, 50 * UNIT, 10 * UNIT),
        who("Y"): (50 * UNIT, 0, 50 * UNIT),
    }


def test_a_labelled_deposit_is_the_endpoint(tmp_path: Path) -> None:
    """At a labelled deposit address the value ends; where it was swept to is evidence and receives nothing."""
    world = simple()
    world.pay(40, "X", "hot", 5 * UNIT)
    outcome = trace(world, tmp_path, labels={"X": "exchange_deposit", "hot": "exchange_hot"})
    assert the(outcome.result, "X").swept_to == who("Y")
    assert not [row for row in outcome.result.addresses if row.address in (who("Y"), who("hot"))]


def test_a_forwarder_that_only_ever_paid_a_hot_wallet_is_the_endpoint(tmp_path: Path) -> None:
    """An address nobody labelled, whose whole life was to be paid and swept once, is probably a deposit address."""
    world = SmallWorld()
    world.pay(10, "victim", "forwarder", 100 * UNIT)
    world.pay(11, "forwarder", "hot", 100 * UNIT)
    outcome = trace(world, tmp_path, labels={"hot": "exchange_hot"})
    assert ends(outcome.result) == {(who("forwarder"), "exchange_deposit"): 100 * UNIT}
    row = the(outcome.result, "forwarder")
    assert (row.swept_to, row.entity, row.category) == (who("hot"), "Lab exchange_hot", "exchange_deposit")


def other(asset: AssetId) -> AssetId:
    """The other one of the two assets of these tests."""
    return NATIVE if asset == USDT else USDT


@pytest.mark.parametrize("asset", [USDT, NATIVE])
def test_a_swap_is_followed_into_what_came_out(tmp_path: Path, asset: AssetId) -> None:
    """Where a contract gave another asset for what it was paid, the trail goes on in that one, not at the pool."""
    world = swapped(asset)
    outcome = trace(world, tmp_path)
    assert ends(outcome.result) == {(who("Y"), "held"): 5 * UNIT, (who("mule"), "held"): 2 * UNIT}
    assert {row.asset.id for row in outcome.result.endpoints} == {other(asset)}
    assert [part.amount for part in the(outcome.result, "Y").principal] == [71_428_571]
    assert outcome.result.gaps == ()


def swapped(asset: AssetId) -> SmallWorld:
    """The mule pays a pool all it stole, gets 7 of another asset for it, and pays 5 of these on to Y."""
    world = SmallWorld()
    world.contracts.add(who("pool"))
    world.pay(10, "victim", "mule", 100 * UNIT, asset)
    world.pay(20, "mule", "pool", 100 * UNIT, asset, tx="swap")
    world.pay(20, "pool", "mule", 7 * UNIT, other(asset), tx="swap")
    world.pay(30, "pool", "somebody", 100 * UNIT, asset)
    world.pay(40, "mule", "Y", 5 * UNIT, other(asset))
    return world


def test_a_pool_where_something_rests_still_passes_on(tmp_path: Path) -> None:
    """What a pool was given for nothing rests there, as at a contract; a swap through it found later is followed."""
    world = SmallWorld()
    world.contracts.add(who("pool"))
    world.pay(10, "victim", "mule", 170 * UNIT)
    world.pay(12, "mule", "pool", 60 * UNIT, tx="first swap")
    world.pay(12, "pool", "mule", 4 * UNIT, NATIVE, tx="first swap")
    world.pay(13, "mule", "pool", 10 * UNIT, tx="gift")
    world.pay(14, "mule", "A", 100 * UNIT)
    world.pay(15, "A", "B", 100 * UNIT)
    world.pay(20, "B", "pool", 100 * UNIT, tx="second swap")
    world.pay(20, "pool", "Y", 7 * UNIT, NATIVE, tx="second swap")
    outcome = trace(world, tmp_path)
    assert ends(outcome.result) == {
        (who("pool"), "contract"): 10 * UNIT, (who("mule"), "held"): 4 * UNIT, (who("Y"), "held"): 7 * UNIT,
    }  # fmt: skip


def test_a_transaction_that_nobody_can_give_is_a_gap(tmp_path: Path) -> None:
    """Where a payment to a contract cannot be opened, it is followed as it is, and the gap names the transaction."""
    world = SmallWorld()
    world.contracts.add(who("pool"))
    world.pay(10, "victim", "mule", 100 * UNIT)
    world.pay(20, "mule", "pool", 100 * UNIT, tx="swap")
    world.pay(20, "pool", "mule", 7 * UNIT, NATIVE, tx="swap")
    world.lost.add(world.transfers[1].tx)
    outcome = trace(world, tmp_path)
    assert [(gap.kind, gap.where) for gap in outcome.result.gaps] == [
        ("transaction", f"{CHAIN.id} {world.transfers[1].tx}")
    ]
    assert {row.address for row in outcome.result.endpoints} == {who("pool")}
    assert outcome.exit_code == 3


def test_a_busy_address_is_a_service(tmp_path: Path) -> None:
    """Whoever deals with 200 people in a day is a service, and what it pays out afterwards is not traced."""
    world = SmallWorld(page=1000)
    world.pay(10, "victim", "busy", 100 * UNIT)
    for number in range(250):
        world.pay(20 + number, "busy", f"customer {number}", UNIT)
    outcome = trace(world, tmp_path)
    row = the(outcome.result, "busy")
    assert (row.reason, row.amount) == ("service", 100 * UNIT)
    assert "200" in row.rule
    assert row.confidence < 100


def test_dust_is_left_where_it_is(tmp_path: Path) -> None:
    """An address that received less than the least value is not read, and its value rests there as dust."""
    world = simple()
    outcome = trace(world, tmp_path, min_value=Decimal(61))
    assert ends(outcome.result) == {(who("mule"), "held"): 40 * UNIT, (who("X"), "dust"): 60 * UNIT}
    assert who("X") not in {asked[0] for asked in world.asked}


def test_the_least_value_itself_is_followed(tmp_path: Path) -> None:
    """An address that received exactly the least value is read."""
    outcome = trace(simple(), tmp_path, min_value=Decimal(60))
    assert ends(outcome.result)[who("Y"), "dust"] == 50 * UNIT


def test_by_default_at_most_a_percent_is_dust(tmp_path: Path) -> None:
    """Without --min-value small amounts are dust only as long as all of them are at most one percent."""
    world = SmallWorld()
    world.pay(1, "victim", "mule", 100_000 * UNIT)
    for number in range(60):
        world.pay(10 + number, "mule", f"small {number}", 99 * UNIT - number)
    outcome = trace(world, tmp_path, min_value=None)
    dust = sum(row.amount for row in outcome.result.endpoints if row.reason == "dust")
    assert 0 < dust <= 1_000 * UNIT


def test_hop_limit(tmp_path: Path) -> None:
    """Beyond the limit of hops the value rests at the receiver that was not read."""
    outcome = trace(simple(), tmp_path, max_hops=1)
    assert ends(outcome.result) == {(who("mule"), "held"): 40 * UNIT, (who("X"), "hop_limit"): 60 * UNIT}


def test_budget(tmp_path: Path) -> None:
    """When the addresses are used up the value rests at the receiver that was not read; that is no gap."""
    outcome = trace(simple(), tmp_path, max_addresses=2)
    assert ends(outcome.result) == {(who("mule"), "held"): 40 * UNIT, (who("X"), "budget"): 60 * UNIT}
    assert outcome.exit_code == 0


def test_what_comes_back_is_returned(tmp_path: Path) -> None:
    """Value that comes back to the victim or to its own wallet is returned; what the victim sends there is no theft."""
    world = simple()
    world.pay(11, "victim", "own wallet", 7 * UNIT)
    world.pay(21, "mule", "victim", 30 * UNIT)
    world.pay(22, "mule", "own wallet", 10 * UNIT)
    outcome = trace(world, tmp_path, own=("own wallet",))
    assert sum(origin.amount for origin in outcome.result.origins) == 100 * UNIT
    found = ends(outcome.result)
    assert found[who("victim"), "returned"] == 30 * UNIT
    assert found[who("own wallet"), "returned"] == 10 * UNIT


def test_until_ends_the_story(tmp_path: Path) -> None:
    """With --until, what happened later is no part of the case, whose moment is the last block before."""
    world = simple()
    until = datetime.fromtimestamp(world.transfers[2].time - 1, UTC).isoformat()
    outcome = trace(world, tmp_path, until=until)
    assert ends(outcome.result) == {(who("mule"), "held"): 40 * UNIT, (who("X"), "held"): 60 * UNIT}
    assert [block.number for block in outcome.result.as_of] == [29]
    assert outcome.exit_code == 0


@pytest.mark.parametrize(("stolen", "taken"), [("all", [5, 60, 7]), ("tx", [5, 60])])
def test_what_counts_as_stolen(tmp_path: Path, stolen: str, taken: list[int]) -> None:
    """Stolen is every outflow from the theft transaction on, or that transaction's only; nothing from before it."""
    world = SmallWorld()
    world.pay(9, "victim", "shop", 1)
    world.pay(10, "victim", "shop", 2, index=3)
    world.pay(10, "victim", "mule", 5, tx="theft", index=4)
    theft = world.pay(10, "victim", "mule", 60, tx="theft", index=4)
    world.pay(11, "victim", "mule", 7)
    outcome = trace(world, tmp_path, victims=[("victim", theft.tx)], stolen=stolen)
    assert [origin.amount for origin in outcome.result.origins] == taken


def test_burnt_is_burnt(tmp_path: Path) -> None:
    """What goes to an address nobody holds a key to is burnt."""
    world = simple()
    dead = world.transfers[2]._replace(receiver=Address("0x000000000000000000000000000000000000dead"))
    world.transfers[2] = dead
    assert ends(trace(world, tmp_path).result)[dead.receiver, "burn"] == 50 * UNIT


def test_fees_are_endpoints_of_their_payer(tmp_path: Path) -> None:
    """Stolen coin that paid network fees is accounted for at whoever paid them."""
    world = SmallWorld()
    world.pay(10, "victim", "mule", 1000, NATIVE)
    world.fee(20, "mule", 30)
    world.pay(20, "mule", "Y", 900, NATIVE)
    assert ends(trace(world, tmp_path).result) == {
        (who("mule"), "fee"): 30, (who("mule"), "held"): 70, (who("Y"), "held"): 900,
    }  # fmt: skip


def test_counterfeit_and_spoofed_tokens_are_unverified(tmp_path: Path) -> None:
    """A token with a listed one's name, or one no balance confirms, is listed and not traced; a confirmed one is."""
    world = simple()
    fake, spoof, real = (AssetId(who(name)) for name in ("fake", "spoof", "real"))
    world.assets[fake] = Asset(CHAIN.id, fake, "U\u200bSDT", 6)
    world.pay(12, "victim", "mule", 5, fake)
    world.pay(13, "victim", "mule", 6, spoof)
    world.lies.add(spoof)
    world.opening[who("victim"), real] = 50
    world.pay(14, "victim", "mule", 7, real)
    outcome = trace(world, tmp_path)
    assert {row.asset for row in outcome.result.unverified if row.kind == "token"} == {fake, spoof}
    assert {origin.asset.id for origin in outcome.result.origins} == {USDT, real}


def test_nfts_are_listed(tmp_path: Path) -> None:
    """An NFT that left the victim is listed, and is no origin."""
    world = simple()
    place = world.transfers[0]
    world.collectibles.append(
        Collectible(
            "eip155:1", place.tx, place.position, place.time, AssetId(who("apes")), 7, who("victim"), who("mule"), 1
        )
    )
    outcome = trace(world, tmp_path)
    assert [(row.kind, row.asset) for row in outcome.result.unverified] == [("nft", who("apes"))]
    assert len(outcome.result.origins) == 1


def test_two_victims_stay_apart(tmp_path: Path) -> None:
    """Two victims' money that met in one wallet is told apart to the end, first in first out."""
    world = SmallWorld()
    world.pay(10, "victim", "mule", 100)
    world.pay(11, "second", "mule", 50)
    world.pay(20, "mule", "Y", 120)
    outcome = trace(world, tmp_path, victims=[("victim", 0), ("second", 0)])
    number = {origin.victim: origin.id for origin in outcome.result.origins}
    assert {part.origin: part.amount for part in the(outcome.result, "Y").principal} == {
        number[who("victim")]: 100, number[who("second")]: 20,
    }  # fmt: skip
    assert {part.origin: part.amount for part in the(outcome.result, "mule").principal} == {number[who("second")]: 30}
    totals: Counter[str] = Counter()
    for origin, _, _, amount in outcome.result.totals():
        totals[origin] += amount
    assert totals == {number[who("victim")]: 100, number[who("second")]: 50}


def test_an_earlier_arrival_extends_backward(tmp_path: Path) -> None:
    """When it turns out that an address held stolen value before it was first read, only the stretch before is read."""
    world = SmallWorld()
    world.pay(100, "victim", "late", 1000 * UNIT)
    world.pay(10, "victim", "early", 100 * UNIT)
    world.pay(20, "early", "late", 80 * UNIT)
    world.pay(30, "late", "Y", 50 * UNIT)
    outcome = trace(world, tmp_path)
    assert ends(outcome.result) == {
        (who("early"), "held"): 20 * UNIT, (who("Y"), "held"): 50 * UNIT, (who("late"), "held"): 1030 * UNIT,
    }  # fmt: skip
    asked = [(low, high) for holder, asset, low, high in world.asked if holder == who("late")]
    assert len(asked) == len(set(asked))
    assert asked in ([(20, None)], [(100, None), (20, 99)])


def test_opening_balances_leave_first(tmp_path: Path) -> None:
    """What a wallet held before is clean and leaves first; nothing before the first stolen unit is asked for."""
    world = SmallWorld()
    world.pay(5, "friend", "mule", 40)
    world.pay(10, "victim", "mule", 100)
    world.pay(20, "mule", "Y", 60)
    outcome = trace(world, tmp_path)
    assert ends(outcome.result) == {(who("Y"), "held"): 20, (who("mule"), "held"): 80}
    assert min(low for holder, _, low, _ in world.asked if holder == who("mule")) == 10


class _Now(SmallWorld):
    """A source that tells balances of when it was asked, without saying when that was; its histories go on since."""

    def _concerns(self, one: Transfer, holder: Address, asset: AssetId, low: int, high: int | None) -> bool:
        return SmallWorld._concerns(self, one, holder, asset, low, HEAD + 1 if high is None else high)

    async def balance(self, holder: Address, asset: AssetId, at: Block) -> Balance:
        return (await SmallWorld.balance(self, holder, asset, at))._replace(at=None)


@pytest.mark.parametrize("moved", [True, False])
def test_a_balance_from_before_a_movement_is_not_believed(tmp_path: Path, moved: bool) -> None:
    """What left after the case's moment would look like clean units held before; nothing else is taken amiss."""
    world = _Now()
    world.pay(10, "victim", "mule", 100)
    world.pay(20, "mule", "Y", 60)
    if moved:
        world.pay(HEAD + 1, "mule", "Z", 40)
    outcome = trace(world, tmp_path)
    assert ends(outcome.result) == {(who("Y"), "held"): 60, (who("mule"), "held"): 40}
    assert [(gap.kind, who("mule") in gap.where) for gap in outcome.result.gaps] == [("balance", True)] * moved


def test_a_history_nobody_can_read_is_a_gap(tmp_path: Path) -> None:
    """Value at an address whose history cannot be read is a gap that names it; the rest is traced; exit code 3."""
    world = simple()
    world.broken.add(who("X"))
    outcome = trace(world, tmp_path)
    assert ends(outcome.result) == {(who("mule"), "held"): 40 * UNIT, (who("X"), "gap"): 60 * UNIT}
    assert any(who("X") in gap.where and "the disk is gone" in gap.why for gap in outcome.result.gaps)
    assert outcome.exit_code == 3


@pytest.mark.parametrize("trouble", ["silent", "weak"])
def test_unproven_figures_lower_confidence(tmp_path: Path, trouble: str) -> None:
    """An account without a balance, or with a doubtful history that its balance does not settle, is believed less."""
    sure, world = trace(simple(), tmp_path / "sure"), simple()
    world.silent.add(who("mule"))
    if trouble == "weak":
        world.weak[who("mule")] = "internal transfers are not served"
    outcome = trace(world, tmp_path / trouble)
    for name in ("mule", "X", "Y"):
        assert the(sure.result, name).confidence == 100
        assert the(outcome.result, name).confidence <= 50
    assert ends(outcome.result) == ends(sure.result)
    assert outcome.exit_code == 3


# --- what may not change the result


def made_up(seed: int) -> SmallWorld:
    """A busy little chain: some thirty payments between ten people after and among the thefts."""
    dice = Random(seed)
    world = SmallWorld(page=dice.randint(1, 6))
    people = [f"person {number}" for number in range(10)]
    wealth = {name: dice.choice([0, 0, 30 * UNIT]) for name in people}
    world.opening = {(who(name), USDT): units for name, units in wealth.items()}
    for number in range(3):
        world.pay(5 + 40 * number, "victim", name := dice.choice(people), amount := dice.randint(1, 100) * UNIT)
        wealth[name] += amount
        for step in range(12):
            payer = max(people, key=lambda name: wealth[name] * dice.random())
            payee = dice.choice(people)
            amount = dice.randint(1, max(1, wealth[payer]))
            if wealth[payer] >= amount:
                world.pay(6 + 40 * number + step, payer, payee, amount)
                wealth[payer] -= amount
                wealth[payee] += amount
    return world


def stable(outcome: Outcome) -> str:
    """The whole document."""
    return to_json(outcome.result)


@given(st.integers(0, 10**6), st.integers(0, 60))
@settings(max_examples=25, deadline=None)
def test_equals_the_exact_replay(seed: int, least: int) -> None:
    """On any small chain every address received exactly what a replay of the whole chain says."""
    world = made_up(seed)
    rows = [(-1, "faucet", holder, units) for (holder, _), units in world.opening.items() if units]
    ordered = sorted(world.transfers, key=lambda one: one.position)
    rows += [(one.position.height, one.sender, one.receiver, one.amount) for one in ordered]
    exact = replay(
        [row for row in rows if row[1] != row[2]], {who("victim")}, 0, {who("person 3")}, max(1, least * UNIT)
    )
    with TemporaryDirectory() as folder:
        outcome = trace(world, Path(folder), labels={"person 3": "service"}, min_value=Decimal(least))
    assert {row.address: row.received for row in outcome.result.addresses} == exact.received
    assert outcome.exit_code == 0


@pytest.mark.parametrize("seed", range(4))
def test_order_of_answers_is_irrelevant(tmp_path: Path, seed: int) -> None:
    """Whatever order answers come in, the document is the same to the byte."""
    texts = set()
    for luck in (None, 1, 2):
        world = made_up(seed)
        world.dice = None if luck is None else Random(luck)
        texts.add(stable(trace(world, tmp_path / str(luck))))
    assert len(texts) == 1


@pytest.mark.parametrize("seed", range(3))
def test_a_smaller_budget_is_a_prefix(tmp_path: Path, seed: int) -> None:
    """The addresses read with a smaller budget are among those read with a larger one, and the account closes."""
    before: set[str] = set()
    for budget in (1, 2, 3, 5, 8, 20):
        world = made_up(seed)
        outcome = trace(world, tmp_path / str(budget), max_addresses=budget)
        read = {str(holder) for holder, *_ in world.asked}
        assert before <= read
        assert len(read) <= max(budget, 1)
        before = read
        assert sum(row.amount for row in outcome.result.endpoints) == sum(one.amount for one in outcome.result.origins)
