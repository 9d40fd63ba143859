"""The made-up worlds are what they say, and deposit addresses in them are recognised as well as promised."""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from chains.model import ANY_TOKEN, FEE_SINK, NATIVE, Address, Transfer
from tests.bench.evaluate import FAMILIES, PROMISED, RECALL, Evaluated, evaluate
from tests.deposit_lookalikes import LOOKALIKES
from tests.deposit_people import AUTO, BATCH, ENERGY, EOA, FORWARDER, HOUR
from tests.deposit_scores import Score, Verdict, hubs_of, is_right, is_sought
from tests.deposit_town import Truth, World
from tests.deposit_variants import PLANS
from tests.deposit_worlds import build
from tests.memory_chain import Memory, MemorySource, Pay, trace_memory

SEED = 7
families = pytest.mark.parametrize("family", FAMILIES)


@cache
def world(family: str) -> World:
    """One world of each family; nobody changes it."""
    return build(SEED, family)


@cache
def evaluated(family: str) -> Evaluated:
    """Two worlds, traced and judged."""
    return evaluate(family, (SEED, SEED + 1))


def of_kind(made: World, kind: str) -> list[Address]:
    """Addresses of one kind."""
    return [who for who, truth in made.truth.items() if truth.kind == kind]


def sweeps(made: World, who: Address) -> list[Transfer]:
    """What an address paid to somebody, fees aside."""
    return [row for row in made.memory.rows if row.sender == who and row.receiver != FEE_SINK]


# --- the memory


def test_nobody_pays_what_he_has_not() -> None:
    """A transaction that would leave somebody below zero is refused."""
    memory = Memory()
    memory.give(memory.who("a"), NATIVE, 5)
    with pytest.raises(AssertionError):
        memory.send(memory.who("a"), [Pay(NATIVE, memory.who("a"), memory.who("b"), 6)])


@families
def test_every_balance_is_the_sum_of_its_rows(family: str) -> None:
    """Replayed from the openings, no account is ever below zero, and all end where the memory says."""
    memory = world(family).memory
    held = Counter(memory.openings)
    for row in memory.rows:
        held[row.sender, row.asset] -= row.amount
        held[row.receiver, row.asset] += row.amount
        assert held[row.sender, row.asset] >= 0
    assert held == memory.balances


@families
def test_rows_stand_in_the_order_they_happened(family: str) -> None:
    """Places never go back, and no two rows share one."""
    places = [row.position for row in world(family).memory.rows]
    assert places == sorted(set(places))


@families
async def test_a_source_pages_through_everything_once(family: str) -> None:
    """Pages of a busy account hold each of its rows once, join without a hole, and never cut a block."""
    made = world(family)
    source = MemorySource(made.memory, page=7)
    busy = Address(made.labels[0]["address"])
    for asset in (NATIVE, ANY_TOKEN):
        pages = [page async for page in source.history(busy, asset, 0, None)]
        found = [row for page in pages for row in page.transfers]
        wanted = [row for row in made.memory.rows if busy in (row.sender, row.receiver)]
        assert found == [row for row in wanted if (row.asset == NATIVE) == (asset == NATIVE)]
        assert len(pages) > 3
        for before, after in pairwise(pages):
            assert before.covers.high is not None
            assert after.covers.low == before.covers.high + 1
            assert all(row.position.height > before.covers.high for row in after.transfers)


async def test_lent_energy_is_in_the_history_of_both() -> None:
    """Whoever lends and whoever is lent to sees it once, beside the coin."""
    made = world("tron")
    source, one = MemorySource(made.memory, page=7), made.memory.supports[0]
    for who in (one.giver, one.receiver):
        found = [lent async for page in source.history(who, NATIVE, 0, None) for lent in page.supports]
        assert found.count(one) == 1
        assert found == [lent for lent in made.memory.supports if who in (lent.giver, lent.receiver)]


@families
async def test_a_source_knows_balances_of_any_block(family: str) -> None:
    """At the theft, everything stolen is with the victim before and gone after."""
    made = world(family)
    source = MemorySource(made.memory)
    paid = next(row for row in made.memory.rows if row.sender == made.victim and row.receiver != FEE_SINK)
    number = made.memory.block_of(paid.time).number
    before, after = [
        await source.balance(made.victim, paid.asset, made.memory.block(at)) for at in (number - 1, number)
    ]
    assert (before.amount, after.amount) == (paid.amount, 0)


# --- the worlds


@families
def test_a_seed_is_a_world(family: str) -> None:
    """The same seed gives the same world, another one another."""
    first, again, other = build(SEED, family), world(family), build(SEED + 1, family)
    assert first.memory.rows == again.memory.rows
    assert first.truth == again.truth
    assert first.memory.rows != other.memory.rows


@families
def test_every_variant_and_look_alike_is_there(family: str) -> None:
    """No world is without a variant of its chain; an odd and an even one together have every look-alike."""
    made = world(family)
    kinds = Counter(truth.kind for truth in made.truth.values() if truth.entity)
    for plan in PLANS:
        assert kinds[plan.kind] >= (plan.many if plan.kind != ENERGY or family == "tron" else 0), plan.kind
    others = {truth.kind for seed in (1, 2, 3) for truth in build(seed, family).truth.values() if not truth.entity}
    assert len(others) > len(LOOKALIKES)
    assert {"Safe, pays hot wallet", "swap service, to a hot wallet", "market maker", "bot", "cold storage"} <= others


@families
def test_sweeps_are_what_their_variant_says(family: str) -> None:
    """Who signs a sweep, what comes before it, and what is in its transaction."""
    made = world(family)
    topped = defaultdict(list)
    for row in made.memory.rows:
        if row.asset == NATIVE:
            topped[row.receiver].append(row.time)
    for kind, signs in ((EOA, True), (ENERGY, True), (FORWARDER, False), (BATCH, False), (AUTO, False)):
        for who in of_kind(made, kind):
            for row in sweeps(made, who):
                assert (made.memory.made[row.tx].signer == who) is signs
                assert (who in made.memory.codes) is not signs
                whole = made.memory.made[row.tx].rows
                if kind == AUTO:
                    assert any(one.receiver == who and one.amount == row.amount for one in whole)
                if kind == EOA:
                    assert any(0 < row.time - time <= HOUR for time in topped[who])
                if kind == ENERGY:
                    assert any(one.receiver == who and 0 < row.time - one.time <= HOUR for one in made.memory.supports)


@families
def test_one_transaction_empties_many(family: str) -> None:
    """A batch takes from all four addresses at once."""
    made = world(family)
    batched = set(of_kind(made, BATCH))
    assert len(batched) == 4
    assert any({row.sender for row in one.rows} >= batched for one in made.memory.made.values())


@families
def test_the_truth_is_on_the_chain(family: str) -> None:
    """What is sought was swept as often as is said, to wallets of the named exchange that some list names."""
    made = world(family)
    hubs = hubs_of(made)
    for who, truth in made.truth.items():
        if not is_sought(truth):
            continue
        gone = sweeps(made, who)
        assert {hubs[row.receiver] for row in gone} == {truth.entity}
        assert len({row.tx for row in gone}) == truth.sweeps
        assert truth.best != "T2" or truth.sweeps > 1
        assert truth.best != "T3" or truth.sweeps
    waiting = of_kind(made, "paid, not swept again yet")
    assert all(
        sum(made.memory.held(who, asset) for who_, asset in made.memory.balances if who_ == who) for who in waiting
    )


@families
def test_a_plain_trace_closes(family: str, tmp_path: Path) -> None:
    """Every stolen unit ends somewhere, without a gap, and the money comes to nearly all of them."""
    made = world(family)
    victims = [(made.victim, made.since)]
    outcome = trace_memory(made.memory, tmp_path, victims, made.labels, min_value=None).outcome
    assert outcome.exit_code == 0
    result = outcome.result
    stolen = Counter({one.id: one.amount for one in result.origins})
    found: Counter[str] = Counter()
    for endpoint in result.endpoints:
        for part in endpoint.principal:
            found[part.origin] += part.amount
    assert found == stolen
    came = {row.address for row in result.addresses}
    assert sum(who in came for who in made.truth) > len(made.truth) * 9 // 10


# --- the scores


def test_a_verdict_is_right_when_the_exchange_is() -> None:
    """A deposit address of another exchange is as wrong as none; T5 names no exchange."""
    deposit, intake, person = (
        Truth("eoa", "Alpha", "T2", 2),
        Truth("address at a swap service", "", ""),
        Truth("x", "", ""),
    )
    assert is_right(Verdict("a", "T2", "Alpha"), deposit)
    assert not is_right(Verdict("a", "T2", "Beta"), deposit)
    assert not is_right(Verdict("a", "T2", ""), person)
    assert is_right(Verdict("a", "T5", ""), intake)
    assert not is_right(Verdict("a", "T5", ""), person)


@families
def test_the_truth_scores_full_marks(family: str) -> None:
    """Whoever says the truth has no error and misses nothing; whoever says nothing finds nothing."""
    made = world(family)
    known = [Verdict(who, truth.best or "T3", truth.entity) for who, truth in made.truth.items() if is_sought(truth)]
    everybody = {str(who) for who in made.truth}
    perfect, silent = Score(), Score()
    perfect.add(made, everybody, known)
    silent.add(made, everybody, [])
    assert (perfect.precision("T1", "T2", "T3"), perfect.recall(), perfect.firmer.total()) == (1, 1, 0)
    assert silent.recall() == 0


def test_a_wrong_verdict_costs() -> None:
    """Somebody's own wallet that is taken for a deposit address lowers precision; a hard look-alike in one figure."""
    made = world("evm")
    (hard,), (own,) = of_kind(made, "pays hot wallet once"), of_kind(made, "pays own deposit once")
    right = next(who for who, truth in made.truth.items() if truth.best == "T2")
    score = Score()
    said = [Verdict(right, "T2", made.truth[right].entity), Verdict(hard, "T2", "Alpha"), Verdict(own, "T2", "Alpha")]
    score.add(made, {hard, own, right}, said)
    assert (score.right["T2"], score.wrong["T2"], score.wrong_hard["T2"]) == (1, 1, 1)
    assert score.precision("T2", hard=False) == 0.5


@families
@pytest.mark.parametrize("tier", sorted(PROMISED))
def test_precision_is_as_promised(family: str, tier: str) -> None:
    """Of the verdicts of a tier, so many are right."""
    tool = evaluated(family).tool
    assert tool.right[tier]
    assert tool.precision(tier) >= PROMISED[tier], tool.said


@families
def test_recall_is_as_promised(family: str) -> None:
    """So many of the swept deposit addresses that the trace came to are recognised."""
    assert evaluated(family).tool.recall() >= RECALL


@families
def test_no_known_rule_errs_less(family: str) -> None:
    """Given the same addresses, both known rules are wrong more often than tiers T0 to T3."""
    found = evaluated(family)
    for score in found.rules.values():
        assert found.tool.precision("T0", "T1", "T2", "T3") > score.precision("T2")


@families
def test_lent_or_given_gas_alone_makes_nobody_a_deposit_address(family: str) -> None:
    """Personal wallets with their fees from an exchange's withdrawal are taken for none."""
    said = evaluated(family).tool.said
    for kind in ("pays own deposit everything", "pays hot wallet once, gas withdrawn"):
        assert set(said[False, kind]) == {"-"}
