"""The second worlds kept aside are what they say; how well the rule does on them is for the evaluation alone."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from chains.model import FEE_SINK
from tests.bench.evaluate import FAMILIES
from tests.deposit_holdout_2 import build_second
from tests.deposit_scores import hubs_of, is_sought
from tests.deposit_town import World
from tests.memory_chain import trace_memory

SEED = 7
EVM_KINDS = {"account (4337), fee paid for it", "wallet of an app, pays hot wallet"}
SENT_BACK, OWN = "one payment sent back", "of a look-alike"
families = pytest.mark.parametrize("family", FAMILIES)


@cache
def world(family: str) -> World:
    """One world of each family; nobody changes it."""
    return build_second(SEED, family)


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


def test_both_families_have_the_same_kinds() -> None:
    """A world on TRON is without those that its chain cannot have, and lacks nothing else."""
    evm, tron = ({truth.kind for truth in world(family).truth.values()} for family in FAMILIES)
    assert evm - tron == EVM_KINDS
    assert not tron - evm


@families
def test_the_truth_is_on_the_chain(family: str) -> None:
    """What is sought was emptied as often as is said, into the named exchange or, once it moved, its new wallet."""
    made = world(family)
    hubs = hubs_of(made)
    for who, truth in made.truth.items():
        if not is_sought(truth) or truth.kind == OWN:
            continue
        emptied = {row.tx for row in made.memory.rows if row.sender == who and row.receiver != FEE_SINK}
        to = {hubs[row.receiver] for tx in emptied for row in made.memory.made[tx].rows if row.receiver in hubs}
        assert to == {truth.entity}, truth.kind
        assert len(emptied) == truth.sweeps + (truth.kind == SENT_BACK), truth.kind
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
    assert not missed - {OWN}
