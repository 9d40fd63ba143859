"""What holds for all detectors: complete, deterministic, indifferent to names, honest, and of even growth."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from random import Random
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.model import FEE_SINK, NATIVE, Address, Transfer
from tests.strategies import VICTIMS, World
from tests.tracer.made_workings import made_workings
from tests.tracer.patterns.cases import fee, found, ordinary, pay, scene, split
from tests.worlds import world
from tracer.lots import METHODS
from tracer.patterns import Findings, Lead, detectors, find_patterns
from tracer.patterns.lead import AT_LEAST, AT_MOST, BELOW, HIGHEST, LOWEST, POINTS, Members
from tracer.words import catalogue, translated, words
from tracer.workings import Workings

PATTERNS = {
    *("pass_through", "multi_hop", "peel_chain", "fan_out", "diamond", "fan_in", "ping_pong", "same_amount"),
    *("even_pace", "fee_premium", "gas_funder", "dormant", "multi_victim", "bad_rate"),
}
REACHED_BY_NOTHING = {"gas_funder": 1}
"""Patterns with members that traced value did not reach, and how many: the funder comes first, and is clean."""

HOLDS: dict[str, Callable[[int, int], bool]] = {
    AT_LEAST: lambda measured, bound: measured >= bound,
    AT_MOST: lambda measured, bound: measured <= bound,
    BELOW: lambda measured, bound: measured < bound,
}


def busy(dice: Random, size: int) -> World:
    """Lively traffic of one coin and its fees among a few people, dense enough for every kind of pattern."""
    people = [f"holder-{n}" for n in range(dice.randint(3, 9))]
    held: Counter[str] = Counter()
    rows: list[Transfer] = []
    minute = 0
    for number in range(size):
        tx = f"tx-{number}"
        minute += dice.choice((0, 1, 10, 10, 10, 700, 200_000))
        payer = dice.choice([*people, *VICTIMS])
        if payer in VICTIMS:
            held[to := dice.choice(people)] += (amount := dice.choice((100, 1_000)))
            rows.append(pay(minute, payer, to, amount, asset=NATIVE))
            continue
        others = [one for one in people if one != payer]
        for to in dice.sample(others, dice.choice((1, 1, 2, len(others)))):
            amount = min(held[payer], dice.choice((held[payer], 20, 80)))
            if amount:
                rows.append(pay(minute, payer, to, amount, asset=NATIVE, tx=tx))
                held[payer] -= amount
                held[to] += amount
        if held[payer] > 9:
            rows.append(fee(minute, payer, fees := dice.choice((1, 1, 9)), tx=tx))
            held[payer] -= fees
    made = scene(rows)
    return World(made.ledger.transfers, dict(made.ledger.seeds), dict(made.ledger.follow))


def reached(workings: Workings) -> set[tuple[str, str]]:
    """Every address that traced value came to."""
    return {(flow.transfer.chain, str(flow.transfer.receiver)) for flow in workings.fold.flows}


def told(findings: Findings, name: Callable[[str], str] = str) -> Counter[Lead]:
    """The leads without their order, addresses under other names and transactions by number only."""

    def again(lead: Lead) -> Lead:
        places = tuple((chain, name(address)) for chain, address in lead.members.addresses)
        return lead._replace(members=lead.members._replace(addresses=places))

    return Counter(map(again, findings.leads))


def check(workings: Workings) -> Findings:
    """Find the patterns, and hold every lead to what all leads promise."""
    findings = find_patterns(workings)
    assert findings == find_patterns(workings)
    transactions = {(one.chain, one.tx) for one in workings.ledger.transfers}
    carried = {(flow.transfer.chain, flow.transfer.tx) for flow in workings.fold.flows}
    for lead in findings.leads:
        clean = REACHED_BY_NOTHING.get(lead.pattern, 0)
        assert set(lead.members.addresses[clean:]) <= reached(workings)
        assert set(lead.members.transactions) <= (transactions if clean else carried)
        assert lead.members.addresses
        assert lead.members.transactions
        assert all(HOLDS[one.sense](one.measured, one.bound) for one in lead.params if one.sense)
        assert {one.sense for one in lead.params} <= {*HOLDS, ""}
        assert LOWEST <= lead.score <= HIGHEST
    ranks = [(-lead.score, lead.pattern, lead.members) for lead in findings.leads]
    assert all(before <= after for before, after in pairwise(ranks))
    return findings


def test_the_detectors_are_those_known_here() -> None:
    """Each stands in a module of the package, once, and has its name in both languages."""
    assert [one.pattern for one in detectors()] == sorted(PATTERNS)
    assert {f"pattern.{name}" for name in PATTERNS} == {key for key in catalogue() if key.startswith("pattern.")}


@given(st.integers(0, 2**32), st.sampled_from(sorted(METHODS)), st.booleans())
def test_any_world_gives_sound_leads(seed: int, method: str, highest_first: bool) -> None:
    """Nothing raises whatever the traffic; members received traced value, and every figure keeps its threshold."""
    check(made_workings(world(seed), method, highest_first=highest_first))


@given(st.integers(0, 2**32), st.sampled_from(sorted(METHODS)), st.integers(1, 60))
def test_busy_traffic_gives_sound_leads(seed: int, method: str, size: int) -> None:
    """The same where patterns are many."""
    check(made_workings(busy(Random(seed), size), method))


def test_busy_traffic_shows_the_patterns() -> None:
    """The properties above are about something: nearly every pattern occurs in that traffic."""
    seen = {lead.pattern for seed in range(150) for lead in find_patterns(made_workings(busy(Random(seed), 60))).leads}
    assert seen >= PATTERNS - {"multi_victim", "gas_funder", "peel_chain", "diamond", "multi_hop", "bad_rate"}


@given(st.integers(0, 2**32), st.integers(1, 60))
def test_names_do_not_matter(seed: int, size: int) -> None:
    """Renaming addresses renames the members of the leads, and changes nothing else."""
    made = busy(Random(seed), size)
    people = sorted({who for one in made.transfers for who in (one.sender, one.receiver)} - {FEE_SINK})
    new = [f"z-{number}" for number in range(len(people))]
    Random(seed + 1).shuffle(new)
    names = dict(zip(people, map(Address, new), strict=True))
    names[FEE_SINK] = FEE_SINK

    def again(one: Transfer) -> Transfer:
        return one._replace(sender=names[one.sender], receiver=names[one.receiver])

    renamed = World(
        [again(one) for one in made.transfers],
        {again(one).identity: made.seeds[one.identity] for one in made.transfers if one.identity in made.seeds},
        {(chain, names[Address(who)], asset): one for (chain, who, asset), one in made.follow.items()},
    )
    before = told(find_patterns(made_workings(made)), lambda who: names[Address(who)])
    assert before == told(find_patterns(made_workings(renamed)))


def test_ordinary_traffic_has_no_lead() -> None:
    """Everyday payments after a theft make no pattern at all."""
    assert not find_patterns(scene(ordinary())).leads


def test_an_empty_case_has_no_lead_and_says_what_it_is_blind_to() -> None:
    """Where nobody was followed, every detector of payments says that it saw nothing."""
    findings = check(scene([pay(0, "victim", "cex", 9)], ends={"cex": "exchange"}))
    assert not findings.leads
    assert (findings.followed, findings.received) == (0, 1)
    assert {one.pattern for one in findings.unexamined} == PATTERNS
    assert not check(scene([])).leads


def test_how_much_was_read_is_counted() -> None:
    """Of the accounts that traced value reached, those whose payments are known."""
    payments = [pay(0, "victim", "hub", 100), *split((50, 50))]
    findings = find_patterns(scene(payments, ends={"branch-1": "budget"}))
    assert (findings.followed, findings.received) == (2, 3)


def test_the_score_follows_its_rule() -> None:
    """Base, plus a step for each strength, less one for each caveat, within its limits."""
    lead = Lead("x", Members((), (), ()), (), 50, ("a", "b"), ("c",), "")
    assert lead.score == 50 + POINTS
    assert lead._replace(base=94).score == HIGHEST
    assert lead._replace(base=9, strengths=(), caveats=("a", "b")).score == LOWEST


def test_under_poison_every_share_is_doubted() -> None:
    """Poison is exposure; its leads say so and score less."""
    payments = [pay(0, "victim", "hub", 100), *split((10, 30, 20, 25, 15))]
    sure, poisoned = found(scene(payments), "fan_out"), found(scene(payments, method="poison"), "fan_out")
    assert poisoned[0].score == sure[0].score - POINTS


def test_everything_said_is_said_in_chinese_too() -> None:
    """Sentences of leads, strengths, caveats and gaps are recognised and turned into Chinese."""
    said: set[str] = set()
    for seed in range(60):
        findings = find_patterns(made_workings(busy(Random(seed), 40)))
        said |= {text for lead in findings.leads for text in (lead.sentence, *lead.strengths, *lead.caveats)}
        said |= {one.why for one in findings.unexamined}
    assert len(said) > 20
    assert not [text for text in said if translated(text, words("zh")) == text]


def steps(workings: Workings) -> int:
    """How many lines of the detectors run over these workings: effort that does not depend on the machine."""
    count = 0

    def line(_frame: FrameType, event: str, _arg: Any) -> Any:
        nonlocal count
        count += event == "line"
        return line

    def call(frame: FrameType, _event: str, _arg: Any) -> Any:
        return line if "tracer" in frame.f_code.co_filename else None

    before = sys.gettrace()
    sys.settrace(call)
    try:
        find_patterns(workings)
    finally:
        sys.settrace(before)
    return count


def rows_of_hops(count: int) -> list[Transfer]:
    """One long row."""
    return [pay(0, "victim", "hop-0", 10**6), *(pay(n, f"hop-{n - 1}", f"hop-{n}", 10**6) for n in range(1, count))]


def one_hub(count: int) -> list[Transfer]:
    """One address paying very many, all of whom pay one, with fees."""
    payments = [pay(0, "victim", "hub", 10**9, asset=NATIVE)]
    for n in range(count // 3):
        payments += [pay(n, "hub", f"b-{n}", 1_000, asset=NATIVE), fee(n, "hub", 1 + n % 7)]
        payments.append(pay(n + 5, f"b-{n}", "pot", 1_000, asset=NATIVE))
    return payments


def to_and_fro(count: int) -> list[Transfer]:
    """Two addresses passing the same value between them."""
    pair = ("a", "b")
    return [pay(0, "victim", "a", 10**6), *(pay(n, pair[n % 2 - 1], pair[n % 2], 10**6) for n in range(1, count))]


def years_of_nothing(count: int) -> list[Transfer]:
    """Long silences, many of them."""
    return [pay(0, "victim", "a", 10**6), *(pay(n * 200_000, "a", f"b-{n}", 1) for n in range(1, count))]


@pytest.mark.parametrize("shape", [rows_of_hops, one_hub, to_and_fro, years_of_nothing])
def test_twice_the_flows_are_at_most_little_more_than_twice_the_work(shape: Callable[[int], list[Transfer]]) -> None:
    """Effort grows in proportion, but for a logarithm, in the shapes that could make it grow faster."""
    small, large = (steps(scene(shape(count))) for count in (600, 1_200))
    assert small > 600
    assert large <= 23 * small // 10
