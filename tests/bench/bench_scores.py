"""How good the answer is: every method, and the default tiers of who is involved, on the recorded cases with a truth.

    python -m tests.bench.bench_scores

Each method is traced through the whole tool and compared to its exact replay of the served ledger, address by address.
The tiers stand on a trace that follows all methods at once; beside them, how they change with their one parameter.
Lines “leads read” are traces with --leads. It all takes minutes.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.functional.replay import Replayed, replay, replay_each
from tests.functional.runs import DOLLAR, MIN_VALUE, Run, ledger_rows, run_case
from tests.functional.test_recorded_cases import Truth, coverage, truth_of
from tests.lab.cases import Case, load_case
from tracer import involved as tiers
from tracer.case import open_case
from tracer.config import load_config
from tracer.involved import SHOWN, TIERS, Involved, Least, involved, received_under
from tracer.lots import CONSERVING, METHODS
from tracer.question import ALL_METHODS
from tracer.result import InvolvedRow
from tracer.session import workings_of
from tracer.workings import Workings

CASES = ("laundernet_lifi", "laundernet_harmony", "tron_lifi")
LEAST = MIN_VALUE * DOLLAR
HOURS = (1, 4, 12, 48, 96, 168)
AIM = 0.95
READ = "shown, leads read"


class Score(NamedTuple):
    """One line of the table."""

    name: str
    fetched: int
    recall: float
    precision: float
    flow: float
    terminus: float
    equal: str = ""

    def __str__(self) -> str:
        figures = (self.recall, self.precision, self.flow, self.terminus)
        return f"  {self.name:26} {self.fetched:5} " + " ".join(f"{one:.3f}" for one in figures) + f"  {self.equal}"


class Scene(NamedTuple):
    """A case with all that it is scored by."""

    case: Case
    truth: Truth

    def score(self, name: str, expanded: set[str], reported: set[str], equal: str = "") -> Score:
        """What is scored as the reference README defines it; value that came back to a source is reported as such."""
        truth, sources = self.truth, set(self.case.sources)
        judged = reported - set(self.case.services) - sources
        terminal = [edge for edge in truth.edges if edge[1] in truth.terminals]
        return Score(
            name,
            len(expanded),
            len(truth.addresses & reported) / len(truth.addresses),
            len(truth.addresses & judged) / len(judged),
            coverage(truth.edges, expanded, reported | sources),
            coverage(terminal, expanded, reported | sources),
            equal,
        )

    def replayed(self, method: str) -> Replayed:
        """The exact replay of one method."""
        case = self.case
        return replay(ledger_rows(case.name), case.sources, case.since, case.services, LEAST, method)


def scene(name: str) -> Scene:
    """A case by name."""
    case = load_case(name)
    return Scene(case, truth_of(case))


def method_scores(at: Scene) -> Iterator[Score]:
    """Every method, traced and compared to its replay."""
    for method in METHODS:
        with tempfile.TemporaryDirectory() as folder:
            run = run_case(at.case, Path(folder), method=method)
            exact = at.replayed(method)
            received = {row.address: row.received for row in run.result.addresses}
            expanded = run.expanded()
        same = received == exact.received and expanded == exact.expanded | set(at.case.sources)
        reported = {who for who, units in received.items() if units >= LEAST}
        yield at.score(method, expanded, reported, f"{'equal' if same else 'DIFFERS'} at {len(received)} addresses")


def tier_scores(at: Scene) -> Iterator[Score]:
    """The tiers, one more at a time, on a trace of all methods; then the same with leads read, and other windows."""
    with tempfile.TemporaryDirectory() as folder:
        run = run_case(at.case, Path(folder), method=ALL_METHODS)
        found, expanded = workings(run), run.expanded()
    asset = run.result.origins[0].asset
    least: Least = {(asset.chain, asset.id): LEAST}
    yield from _cumulated(at, found, least, expanded, _equal(at, found))
    yield _with_leads(at, READ)
    for hours in HOURS:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(tiers, "DAY", hours * 3600)
            yield at.score(f"within {hours} h", expanded, named(involved(found, least)))
            yield _with_leads(at, f"within {hours} h, leads read")


def _with_leads(at: Scene, name: str) -> Score:
    """The default tiers of a trace that also reads the leads."""
    with tempfile.TemporaryDirectory() as folder:
        run = run_case(at.case, Path(folder), method=ALL_METHODS, leads=True)
        return at.score(name, run.expanded(), named(run.result.involved))


def _cumulated(at: Scene, found: Workings, least: Least, expanded: set[str], equal: str) -> Iterator[Score]:
    rows = involved(found, least)
    for place, tier in enumerate(TIERS):
        reported = {row.address for row in rows if row.tier in TIERS[: place + 1]}
        count = sum(row.tier == tier for row in rows)
        yield at.score(("+ " if place else "") + f"{tier} ({count})", expanded, reported, equal)


def named(rows: Iterable[Involved | InvolvedRow]) -> set[str]:
    """Addresses in the tiers shown by default."""
    return {row.address for row in rows if row.tier in SHOWN}


def workings(run: Run) -> Workings:
    """The workings of a finished run."""
    with open_case(run.folder, offline=True) as case:
        return asyncio.run(workings_of(case, load_config({}, run.folder)))


def _equal(at: Scene, found: Workings) -> str:
    """Whether every method within the union of them gives what its replay within the union gives."""
    case, ledger = at.case, found.ledger
    exact = replay_each(ledger_rows(case.name), case.sources, case.since, case.services, LEAST, CONSERVING)
    for method in CONSERVING:
        units = received_under(ledger, found.tallies[method])
        received = {one[1]: got for one, got in zip(ledger.accounts, units, strict=True) if got}
        if received != exact[method].received:
            return f"DIFFERS under {method}"
    return "equal under every method"


@pytest.mark.shared
@pytest.mark.parametrize("name", CASES)
def test_scores(name: str) -> None:
    """Every method equals its replay, and the aim is reached where leads are read."""
    assert measured(name)


def measured(name: str) -> bool:
    """Print the table of a case; whether every line equals its replay and the aim is reached."""
    at = scene(name)
    print(f"{name}: fetched, recall, precision, FlowCoverage, TerminusCoverage")
    kept = True
    for one in (*method_scores(at), *tier_scores(at)):
        print(one, flush=True)
        kept = kept and "DIFFERS" not in one.equal
        if one.name == READ:
            kept = kept and min(one.recall, one.precision) >= AIM
    return kept


def main() -> int:
    """Measure all cases; 1 when a method differs from its replay or the aim is missed."""
    kept = {name: measured(name) for name in CASES}
    return 0 if all(kept.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
