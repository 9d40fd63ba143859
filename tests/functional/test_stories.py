"""Six thefts whose money changes form ten times and more, traced on the real node, against what the plays mean.

Where the money is was reckoned from the meaning of each step (`tests.lab.venues_truth`), which knows nothing of
transfers, logs or contracts; the tracer knows nothing else. They must agree to the unit, in amount and in principal.
`known_limits` says in one place what the tracer cannot see, and what it makes of it.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.conftest import _node
from tests.lab.anvil_ledger import AnvilLedger
from tests.lab.prices import prices_app
from tests.lab.serving import serve
from tests.lab.venues import SCRIPTS, Ground, Played, expected, follower, market, play_venues, serving, write_settings
from tests.lab.venues_play import FEE, Balances, Conversion, Growth, Move
from tests.lab.venues_truth import Follower, Place
from tracer.case import open_case
from tracer.config import Config, load_config
from tracer.lots import CONSERVING
from tracer.question import Question, VictimAsk
from tracer.result import Result
from tracer.session import trace_case, verify_case

pytestmark = pytest.mark.node
LABELS = "labels/lab.csv"
ALIKE = ("routescan", "blockscout")
"""Sources that answer as Etherscan does: a story of every kind of venue, and the one with positions, try them."""
SHOWS_OLD_BALANCES = ("rpc",)
STORIES = tuple(SCRIPTS)
ALONE = [(source, story) for source in ("rpc", "etherscan") for story in STORIES]
ALONE += [(source, story) for source in ALIKE for story in ("a", "e")]


class Traced(NamedTuple):
    """A trace of some stories through a source: result, exit code, and the case it left."""

    source: str
    result: Result
    exit_code: int
    folder: Path
    config: Config


Where = tuple[str, str, int]
"""Holder, asset, theft."""


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    with _node() as node:
        yield Ground(node, play_venues(node), AnvilLedger(node))


def traced(ground: Ground, home: Path, source: str, stories: Iterable[str], method: str = "fifo") -> Traced:
    """Trace these stories' victims in one case through one source."""
    labels = write_settings(home, ground.played, source)
    asks = tuple(
        VictimAsk(ground.played.stories[name].victim, ground.played.stories[name].seeds[0]) for name in stories
    )
    question = Question(asks, chain="eip155:1", method=method, min_value=Decimal(0), labels=(LABELS,))
    with serving(ground, source) as endpoint, serve(prices_app(market(ground.played))) as prices:
        name = endpoint.partition("=")[0]
        config = load_config(
            {},
            home,
            endpoints=[endpoint, f"prices={prices}"],
            rates=[f"{name}=5000", "prices=5000"],
            only=[source],
        )
        with open_case(home / "case", question=question) as case:
            case.adopt({LABELS: labels})
            outcome = asyncio.run(trace_case(case, question, config))
    return Traced(source, outcome.result, outcome.exit_code, home / "case", config)


def known_limits(played: Played, source: str) -> Balances:
    """Balances before, as a source lets the tracer see them.

    What a stake grew without a movement is taken for held before where a source does not show old balances.
    """
    opening = dict(played.opening)
    for one in played.meaning:
        if isinstance(one, Growth) and source not in SHOWS_OLD_BALANCES:
            opening[one.holder, one.asset] = opening.get((one.holder, one.asset), 0) + one.amount
    return opening


def followable(played: Played, source: str, method: str = "fifo") -> list[Place]:
    """Where everything is, as far as the tracer follows it."""
    return Follower(known_limits(played, source), follower(played).worth, method).follow(played.meaning)


def wanted(played: Played, stories: Iterable[str], places: Iterable[Place]) -> tuple[dict[Where, int], ...]:
    """Units by (holder, asset), principal by (holder, asset, theft), nil left out, of some stories."""
    origins = {origin for name in stories for origin in played.stories[name].origins}
    return _sums((place.holder, place.asset, place.origin, place.amount, place.principal)
                 for place in places if place.origin in origins)  # fmt: skip


def found(played: Played, result: Result) -> tuple[dict[Where, int], ...]:
    """The same of a result; units of one place that stem from several thefts are not told apart."""
    number = _numbers(played, result)
    rows: list[tuple[str, str, int, int, int]] = []
    for row in result.endpoints:
        holder = FEE if row.reason == "fee" else row.address
        asset = "" if row.asset.id == "native" else row.asset.id
        rows.append((holder, asset, 0, row.amount, 0))
        rows += [(holder, asset, number[part.origin], 0, part.amount) for part in row.principal]
    return _sums(rows)


def _sums(rows: Iterable[tuple[str, str, int, int, int]]) -> tuple[dict[Where, int], ...]:
    units: dict[Where, int] = {}
    principal: dict[Where, int] = {}
    for holder, asset, theft, amount, part in rows:
        units[holder, asset, 0] = units.get((holder, asset, 0), 0) + amount
        principal[holder, asset, theft] = principal.get((holder, asset, theft), 0) + part
    return tuple({where: sum_ for where, sum_ in sums.items() if sum_} for sums in (units, principal))


def _numbers(played: Played, result: Result) -> dict[str, int]:
    """The number of each origin of a result among all thefts of the plays."""
    thefts = [one for one in played.meaning if isinstance(one, Move) and one.stolen]
    keys = [(played.steps[one.step].tx, one.receiver, one.asset or "native", one.amount) for one in thefts]
    return {row.id: keys.index((row.tx, row.receiver, row.asset.id, row.amount)) for row in result.origins}


@pytest.fixture(scope="module", params=ALONE, ids="-".join)
def alone(
    request: pytest.FixtureRequest, ground: Ground, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Traced]:
    source, story = request.param
    return story, traced(ground, tmp_path_factory.mktemp(f"{source}-{story}"), source, story)


def test_every_story_ends_where_it_should(ground: Ground, alone: tuple[str, Traced]) -> None:
    """Through each source, every place, its units and the principal they stand for are the plays', to the unit."""
    story, trace = alone
    places = followable(ground.played, trace.source)
    assert found(ground.played, trace.result) == wanted(ground.played, story, places)


def test_nothing_is_open(alone: tuple[str, Traced]) -> None:
    """No gap, but for a stake that is seen to have grown; the principal of each theft adds up to what was stolen."""
    story, trace = alone
    grown = story == "b" and trace.source in SHOWS_OLD_BALANCES
    assert {gap.kind for gap in trace.result.gaps} == ({"token", "balance"} if grown else set())
    assert trace.exit_code == (3 if grown else 0)
    sums: dict[str, int] = {}
    for origin, _, _, amount in trace.result.totals():
        sums[origin] = sums.get(origin, 0) + amount
    assert sums == {one.id: one.amount for one in trace.result.origins}


def test_the_case_proves_itself_offline(alone: tuple[str, Traced]) -> None:
    """Verify traces again without the network and finds no difference in the document."""
    _, trace = alone
    with open_case(trace.folder, offline=True) as case:
        assert asyncio.run(verify_case(case, trace.config)).differences == ()


def test_opening_a_transaction_costs_three_questions_at_most(alone: tuple[str, Traced]) -> None:
    """A source is asked for the transaction, its receipt and its calls: of everything converted, and no oftener."""
    _, trace = alone
    with sqlite3.connect(trace.folder / "case.sqlite") as database:
        questions = [row[0] for row in database.execute("SELECT question FROM raw")]
    for tx in {row.tx for row in trace.result.conversions}:
        assert 2 <= sum(tx in question for question in questions) <= 3


@pytest.fixture(scope="module", params=CONSERVING)
def together(
    request: pytest.FixtureRequest, ground: Ground, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Traced]:
    method: str = request.param
    with pytest.MonkeyPatch.context() as patched:
        # Bounds are another matter, and those of sixty conversions take most of a minute.
        patched.setattr("tracer.derived.BOUNDED_ROWS", 0)
        return method, traced(ground, tmp_path_factory.mktemp(method), "etherscan", STORIES, method)


def test_six_thefts_in_one_case_stay_apart(ground: Ground, together: tuple[str, Traced]) -> None:
    """Under every method, thefts that meet in the same pools come out right: where something rests, others pass."""
    method, trace = together
    places = followable(ground.played, "etherscan", method)
    assert found(ground.played, trace.result) == wanted(ground.played, STORIES, places)
    assert (trace.result.gaps, trace.exit_code) == ((), 0)


def test_nothing_counterfeit_or_spoofed_is_followed(ground: Ground, together: tuple[str, Traced]) -> None:
    """The counterfeit LABD, the events of the spoof and the failed transactions carry nothing."""
    played, (_, trace) = ground.played, together
    tokens = {played.who[name] for name in ("fake", "spoof", "false")}
    assert not tokens & {row.asset.id for row in trace.result.flows}
    failed = {played.step(name).tx for name in ("c fails", "f fails")}
    assert not failed & {row.tx for row in trace.result.flows if row.receiver != "fee"}


def test_limits_concern_one_story(ground: Ground) -> None:
    """A stake that grows is in story b alone; all else is followed whole through every source."""
    for story in STORIES:
        whole = wanted(ground.played, story, expected(ground.played))
        assert wanted(ground.played, story, followable(ground.played, "rpc")) == whole
        assert (wanted(ground.played, story, followable(ground.played, "etherscan")) != whole) == (story == "b")


def test_what_is_inferred_is_said_to_be(ground: Ground, alone: tuple[str, Traced]) -> None:
    """Only orders filled from stock in a later transaction rest on an inference; venues tie all else together."""
    story, trace = alone
    loose = {row.tx for row in trace.result.conversions if not row.linked}
    steps = {"b": {"b place", "b fill"}, "d": {"d place", "d fill"}}.get(story, set())
    assert loose <= {ground.played.step(name).tx for name in steps}
    assert bool(loose) == bool(steps)


KINDS: Mapping[str, Sequence[str]] = {
    "swap": (
        *("a sell", "a v3", "a safe sells", "a fill", "b buy exactly", "b exact out", "b two hops", "b router fee"),
        *("c flash", "c settled", "c swap and send", "c buy toll", "c fee in coin", "d sell", "d wrap and sell"),
        *("f hops", "f settled", "f buy toll", "f sell toll"),
    ),
    "wrap": ("a wrap", "b wrap", "c wrap"),
    "unwrap": ("c unwrap", "f unwrap"),
    "deposit": ("a vault", "b stake", "c vault", "d vault"),
    "redeem": ("a redeem", "b m1 unstakes", "c redeem", "d redeem"),
    "liquidity_added": ("a add",),
    "liquidity_removed": ("a remove",),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_conversion_is_what_the_play_says(ground: Ground, together: tuple[str, Traced], kind: str) -> None:
    """Kind, what was paid, what came out for whom: each step's conversion is one derived edge, as the step means it."""
    played, (_, trace) = ground.played, together
    for step in KINDS[kind]:
        tx = played.step(step).tx
        (meant,) = (one for one in played.meaning if isinstance(one, Conversion) and played.steps[one.step].tx == tx)
        (row,) = (one for one in trace.result.conversions if one.tx == tx)
        assert row.kind == kind, step
        ins = {(part.asset.id, part.amount) for part in row.ins}
        assert ins == {(asset or "native", units) for asset, units in meant.ins}, step
        outs = {(part.address, part.asset.id, part.amount) for part in row.outs}
        assert outs == {(who, asset or "native", units) for who, asset, units in meant.outs}, step
