"""Troubles of the wire and of the sources on purpose: the result is the fault-free one, or the gap is named."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.functional.runs import Run, run_case
from tests.functional.test_recorded_cases import assert_closes
from tests.lab.cases import Case, load_case
from tests.lab.desk import COMMON_TROUBLES, Faults, StandIn
from tests.lab.explorer import routescan_app
from tests.lab.trongrid import trongrid_app
from tests.shared import SHARED

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not (SHARED / "cases").is_dir(), reason="the reference data is not beside the checkout"),
]

REPOSITORY = Path(__file__).parents[2]
SEEDS = {"laundernet_lifi": (1, 2), "tron_lifi": (3,)}


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Case, Run]]:
    """Both cases traced without any trouble."""
    found = {}
    for name in SEEDS:
        case = load_case(name)
        found[name] = (case, run_case(case, tmp_path_factory.mktemp(name)))
    return found


@pytest.fixture
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same retries and suspensions, with the waits cut short."""
    monkeypatch.setattr("chains.http.LONGEST_WAIT", 0.1)
    monkeypatch.setattr("chains.http.BACKOFF", 0.008)


def effortless(run: Run) -> dict[str, Any]:
    """The document without the number of requests."""
    return run.without_effort()


@pytest.mark.usefixtures("_short_waits")
@pytest.mark.parametrize(("name", "seed"), [(name, seed) for name, seeds in SEEDS.items() for seed in seeds])
def test_five_percent_of_every_trouble(calm: dict[str, tuple[Case, Run]], tmp_path: Path, name: str, seed: int) -> None:
    """With one request in twenty going wrong in every way there is, the result is the fault-free one."""
    case, quiet = calm[name]
    troubled = run_case(case, tmp_path, app=case.app(faults=Faults(seed, 0.05)))
    outcomes = {seen.outcome for seen in troubled.app.counter.seen} - {"ok"}
    assert len(outcomes) >= 3
    assert effortless(troubled) == effortless(quiet)
    assert troubled.outcome.exit_code == 0


@pytest.mark.usefixtures("_short_waits")
@pytest.mark.parametrize("kind", ["cut", "torn", "reset", *sorted(COMMON_TROUBLES), "429", "busy", "timeout"])
def test_one_kind_of_trouble_often(calm: dict[str, tuple[Case, Run]], tmp_path: Path, kind: str) -> None:
    """Each single kind of trouble, at one request in ten, changes nothing."""
    case, quiet = calm["laundernet_lifi"]
    troubled = run_case(case, tmp_path, app=case.app(faults=Faults(5, 0.1, kinds=(kind,))))
    assert any(seen.outcome == kind for seen in troubled.app.counter.seen)
    assert effortless(troubled) == effortless(quiet)


def test_suspensions(calm: dict[str, tuple[Case, Run]], tmp_path: Path) -> None:
    """A source that now and then refuses and says it is suspended for a second gives the same result in the end."""
    case, quiet = calm["tron_lifi"]
    app = trongrid_app(case.ledger, faults=Faults(7, 0.02, kinds=("429", "403")))
    troubled = run_case(case, tmp_path, app=app)
    refusals = [seen.outcome for seen in app.counter.seen if seen.outcome in {"429", "403"}]
    assert len(refusals) >= 3
    assert effortless(troubled) == effortless(quiet)


def without_source_words(document: dict[str, Any]) -> dict[str, Any]:
    """The document without what may name a source."""
    return {name: rows for name, rows in document.items() if name not in ("stats", "notes", "corroborations")}


@pytest.mark.usefixtures("_short_waits")
@pytest.mark.parametrize("dead_after", [1, 40, 120])
def test_a_second_source_takes_over(calm: dict[str, tuple[Case, Run]], tmp_path: Path, dead_after: int) -> None:
    """When the first explorer dies in the middle, the next goes on: no hole, no double, the same result."""
    case, quiet = calm["laundernet_lifi"]
    dying = case.app(faults=Faults(share=0.0, dead_after=dead_after))
    second = routescan_app(case.ledger)
    both = run_case(case, tmp_path, app=dying, more=[("routescan", "/v2/network/mainnet/evm", second)])
    assert len(second.counter) > 0
    assert without_source_words(effortless(both)) == without_source_words(effortless(quiet))
    assert both.outcome.exit_code == 0


@pytest.mark.usefixtures("_short_waits")
@pytest.mark.parametrize(("name", "dead_after"), [("laundernet_lifi", 60), ("tron_lifi", 100)])
def test_a_dead_source_names_its_gaps(
    calm: dict[str, tuple[Case, Run]], tmp_path: Path, name: str, dead_after: int
) -> None:
    """When the only source dies in the middle, what is not known is a gap, the account still closes, exit code 3."""
    case, quiet = calm[name]
    broken = run_case(case, tmp_path, app=case.app(faults=Faults(share=0.0, dead_after=dead_after)))
    assert broken.outcome.exit_code == 3
    assert_closes(broken)
    lost = {row.address for row in broken.result.endpoints if row.reason == "gap"}
    named = " ".join(gap.where for gap in broken.result.gaps)
    assert lost
    assert all(address in named for address in lost)
    exact = {row.address: row.received for row in quiet.result.addresses}
    assert all(row.received <= exact[row.address] for row in broken.result.addresses)


@pytest.mark.usefixtures("_short_waits")
def test_a_dead_source_that_comes_back(calm: dict[str, tuple[Case, Run]], tmp_path: Path) -> None:
    """The same command after the source is back goes on from what is there and ends with the fault-free result."""
    case, quiet = calm["laundernet_lifi"]
    first = run_case(case, tmp_path, app=case.app(faults=Faults(share=0.0, dead_after=100)))
    assert first.outcome.exit_code == 3
    second = run_case(case, tmp_path)
    assert effortless(second) == effortless(quiet)
    assert len(second.app.counter) < len(quiet.app.counter)


KILLED = """
import sys
from pathlib import Path
sys.path.insert(0, {repository!r})
from tests.functional.runs import run_case
from tests.lab.cases import load_case
run_case(load_case({name!r}), Path({folder!r}), rate=100)
"""


def test_kill_and_resume(calm: dict[str, tuple[Case, Run]], tmp_path: Path) -> None:
    """Killed in the middle, the same command asks only for the rest and gives the same bytes."""
    name = "laundernet_lifi"
    case, quiet = calm[name]
    script = KILLED.format(repository=str(REPOSITORY), name=name, folder=str(tmp_path))
    log = tmp_path / "case" / "case.sqlite-wal"
    with subprocess.Popen([sys.executable, "-c", script], cwd=REPOSITORY) as process:
        deadline = time.monotonic() + 60
        while not (log.exists() and log.stat().st_size > 300_000) and time.monotonic() < deadline:
            assert process.poll() is None, "it ended before it could be killed"
            time.sleep(0.02)
        os.kill(process.pid, signal.SIGKILL)
    resumed = run_case(case, tmp_path)
    assert 0 < len(resumed.app.counter) < len(quiet.app.counter)
    assert json.loads(resumed.text) == json.loads(quiet.text)
    assert resumed.text == quiet.text


@pytest.mark.usefixtures("_short_waits")
def test_a_page_twice_or_missing_is_never_taken_for_the_truth(
    calm: dict[str, tuple[Case, Run]], tmp_path: Path
) -> None:
    """A caching proxy that repeats history pages leads to the same result or to a named gap, never to other amounts."""
    case, quiet = calm["laundernet_lifi"]
    faults = Faults(share=0.0, duplicate=frozenset(range(3, 200, 4)))
    odd = run_case(case, tmp_path, app=StandIn(case.app().handler, case.app().dialect, faults=faults))
    assert_closes(odd)
    if odd.outcome.exit_code == 0:
        assert effortless(odd) == effortless(quiet)
