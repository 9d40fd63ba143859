"""Every method against its exact replay of the whole ledger, and the default answer to who is involved.

`python -m tests.bench.bench_scores` does the same for every method on every recorded case, which takes minutes.
"""

from __future__ import annotations

import asyncio
from typing import NamedTuple

import pytest

from tests.functional.replay import PAYOUTS, Replayed, replay, replay_each
from tests.functional.runs import DOLLAR, MIN_VALUE, Run, ledger_rows, run_case
from tests.functional.test_recorded_cases import assert_closes, truth_of
from tests.lab.cases import Case, load_case
from tests.shared import SHARED
from tracer.case import open_case
from tracer.config import load_config
from tracer.involved import SHOWN, involved, received_under
from tracer.lots import CONSERVING, METHODS
from tracer.question import ALL_METHODS
from tracer.session import workings_of
from tracer.workings import Workings

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not (SHARED / "cases").is_dir(), reason="the reference data is not beside the checkout"),
]

LEAST = MIN_VALUE * DOLLAR

TRACED = [
    *(("laundernet_lifi", method) for method in METHODS if method != "fifo"),
    ("laundernet_harmony", "lifo"),
]
"""FIFO is traced on every case in test_recorded_cases.py."""


class Comparison(NamedTuple):
    """A run under one method beside the exact replay."""

    case: Case
    run: Run
    exact: Replayed


@pytest.fixture(scope="module", params=TRACED, ids="-".join)
def traced(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    """A case under one method, traced once for all claims."""
    name, method = request.param
    case = load_case(name)
    run = run_case(case, tmp_path_factory.mktemp(f"{name}-{method}"), method=method)
    return Comparison(case, run, replay(ledger_rows(name), case.sources, case.since, case.services, LEAST, method))


def test_received_equals_the_exact_replay(traced: Comparison) -> None:
    """Every receiving address got exactly the stolen units the replay of this method says, and there is no other."""
    assert {row.address: row.received for row in traced.run.result.addresses} == traced.exact.received


def test_held_equals_the_exact_replay(traced: Comparison) -> None:
    """What still lies at each followed address is what the replay of this method leaves there."""
    followed = {row.address: row.held for row in traced.run.result.addresses if row.address in traced.exact.expanded}
    assert followed == {who: traced.exact.held[who] for who in traced.exact.expanded}


def test_same_addresses_expanded(traced: Comparison) -> None:
    """The histories read are those of the victims and of exactly the addresses the replay expands."""
    assert traced.run.expanded() == traced.exact.expanded | set(traced.case.sources)


def test_totals_close(traced: Comparison) -> None:
    """Under a method that conserves units the endpoints add up to what was stolen; poison finds at least that much."""
    method = traced.run.result.method
    if METHODS[method].conserves:
        assert_closes(traced.run)
    else:
        found = sum(row.amount for row in traced.run.result.endpoints)
        assert found > sum(one.amount for one in traced.run.result.origins)


def workings(run: Run) -> Workings:
    """The workings of a finished run, derived again from its case."""
    with open_case(run.folder, offline=True) as case:
        return asyncio.run(workings_of(case, load_config({}, run.folder)))


class Together(NamedTuple):
    """The LI.FI case under all methods at once, and the replay of each within the union of them."""

    case: Case
    run: Run
    found: Workings
    exact: dict[str, Replayed]


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> Together:
    """Traced once for all claims."""
    case = load_case("laundernet_lifi")
    run = run_case(case, tmp_path_factory.mktemp("all"), method=ALL_METHODS)
    exact = replay_each(ledger_rows(case.name), case.sources, case.since, case.services, LEAST, CONSERVING)
    return Together(case, run, workings(run), exact)


def test_all_methods_at_once(together: Together) -> None:
    """Following the union of the methods, each still gives every address what its replay over that union gives."""
    case, run, found, exact = together
    assert run.expanded() == exact["fifo"].expanded | set(case.sources)
    for method in CONSERVING:
        units = received_under(found.ledger, found.tallies[method])
        received = {one[1]: got for one, got in zip(found.ledger.accounts, units, strict=True) if got}
        assert received == exact[method].received, method


def test_who_is_involved_beats_every_method(together: Together) -> None:
    """The tiers shown by default find truth that no method finds, and on this case name nobody else."""
    truth = truth_of(together.case).addresses
    asset = together.run.result.origins[0].asset
    rows = involved(together.found, {(asset.chain, asset.id): LEAST})
    named = [{row.address for row in rows if row.tier in SHOWN[: count + 1]} for count in range(len(SHOWN))]
    recalls = [len(truth & some) / len(truth) for some in named]
    singly = [{who for who, units in one.received.items() if units >= LEAST} for one in together.exact.values()]
    assert recalls == pytest.approx([0.859, 0.902, 0.924], abs=0.001)
    assert recalls[-1] > max(len(truth & some) / len(truth) for some in singly)
    assert named[-1] <= truth | set(together.case.services)
    assert {row.address for row in rows if row.tier not in SHOWN}.isdisjoint(truth)


def test_every_method_is_replayed() -> None:
    """There is a second writing of every method."""
    assert set(PAYOUTS) == set(METHODS)
