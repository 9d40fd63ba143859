"""The worlds kept aside are what they say; how well the rule does on them is for the evaluation alone."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from chains.model import FEE_SINK
from tests.bench.evaluate import FAMILIES
from tests.deposit_holdout import EVM_ONLY, HELD_PLANS, build_held
from tests.deposit_holdout_looks import HELD_LOOKALIKES
from tests.deposit_holdout_town import HOUSES
from tests.deposit_scores import hubs_of, is_sought
from tests.deposit_town import World
from tests.memory_chain import trace_memory

SEED = 7
families = pytest.mark.parametrize("family", FAMILIES)


@cache
def world(family: str) -> World:
    """One world of each family; nobody changes it."""
    return build_held(SEED, family)


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
def test_every_variant_and_look_alike_is_there(family: str) -> None:
    """No world is without a variant that its chain can have, and none has one that it cannot."""
    kinds = Counter(truth.kind for truth in world(family).truth.values())
    for plan in HELD_PLANS:
        assert (kinds[plan.kind] >= plan.many) is (family == "evm" or plan.kind not in EVM_ONLY), plan.kind
    assert sum(bool(not truth.entity) for truth in world(family).truth.values()) > len(HELD_LOOKALIKES)


@families
def test_the_truth_is_on_the_chain(family: str) -> None:
    """What is sought was emptied as often as is said, and all but little of it is with the named exchange."""
    made = world(family)
    hubs = {who: HOUSES.get(entity, entity) for who, entity in hubs_of(made).items()}
    for truth_of, truth in made.truth.items():
        if not is_sought(truth) or truth.kind == "of a look-alike":
            continue
        left = Counter[str]()
        emptied = {row.tx for row in made.memory.rows if row.sender == truth_of and row.receiver != FEE_SINK}
        for tx in emptied:
            for row in made.memory.made[tx].rows:
                if row.receiver in hubs:
                    left[hubs[row.receiver]] += 1
        assert set(left) == {truth.entity}, truth.kind
        backs = truth.sweeps if truth.kind == "gas rest sent back" else 0
        assert len(emptied) == truth.sweeps + backs, truth.kind
        assert truth.best != "T2" or truth.sweeps > 1


@families
def test_a_plain_trace_closes(family: str, tmp_path: Path) -> None:
    """Every stolen unit ends somewhere, without a gap, and the money comes to every one of these deposit addresses."""
    made = world(family)
    outcome = trace_memory(made.memory, tmp_path, [(made.victim, made.since)], made.labels, min_value=None).outcome
    assert outcome.exit_code == 0
    stolen = Counter({one.id: one.amount for one in outcome.result.origins})
    found: Counter[str] = Counter()
    for endpoint in outcome.result.endpoints:
        for part in endpoint.principal:
            found[part.origin] += part.amount
    assert found == stolen
    came = {row.address for row in outcome.result.addresses} | {row.address for row in outcome.result.endpoints}
    missed = {truth.kind for who, truth in made.truth.items() if is_sought(truth) and who not in came}
    assert not missed - {"of a look-alike"}
