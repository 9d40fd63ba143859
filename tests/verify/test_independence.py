"""The checker is independent: a fault put into the program on purpose goes through to it and is found by it.

Each fault is in one line, of the parsers, of the sum or of the totals, and passes the program's own looks. Some wait
for TRACER_FAULTS=all; together they take minutes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from tests.conftest import LabChain
from tests.shared import SHARED
from tests.verify.cases import lab_case, recorded_case
from tests.verify.checker import checker
from tests.verify.faults import FAULTS, FOLD, PARSER, TOTALS, UNSEEN, Change, Fault

ROOT: Final = Path(__file__).parents[2]
SLOW: Final = os.environ.get("TRACER_FAULTS") == "all"
KINDS: Final = {PARSER: "ledger.", FOLD: "sum.", TOTALS: "sum."}
REFUSED: Final = "no bundle was written"
Cases = Callable[[str], Path]


@pytest.fixture(scope="module")
def case_of(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Cases:
    """Finished cases by name, each made when it is first wanted."""

    @cache
    def made(name: str) -> Path:
        home = tmp_path_factory.mktemp("cases") / name
        if name == "lifi":
            return recorded_case(home)
        lab: LabChain = request.getfixturevalue("lab_chain")
        return lab_case(name.removeprefix("lab-"), lab, home)

    return made


def traced(case: Path, out: Path, changes: list[Change]) -> subprocess.CompletedProcess[str]:
    """The program with these changes traces the case again and writes its bundle."""
    command = [sys.executable, "-m", "tests.verify.faulty", str(case), str(out)]
    return subprocess.run(command, input=json.dumps(changes), capture_output=True, check=False, text=True, cwd=ROOT)


def marked(case: str) -> list[pytest.MarkDecorator]:
    if case == "lifi":
        return [pytest.mark.shared, pytest.mark.skipif(not SHARED.is_dir(), reason="no reference data here")]
    return [pytest.mark.node]


def each(fault: Fault) -> object:
    """A fault as a test's parameter."""
    waits = [] if fault.quick or SLOW else [pytest.mark.skip(reason="TRACER_FAULTS=all tries every fault")]
    return pytest.param(fault, id=fault.name, marks=[*marked(fault.case), *waits])


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=marked(name)) for name in ("lab-rpc", "lab-trongrid", "lifi")]
)
def test_without_a_fault(name: str, case_of: Cases, tmp_path: Path) -> None:
    """Unchanged, the same way from case to bundle is found to be right in everything."""
    done = traced(case_of(name), tmp_path / "out", [])
    assert done.returncode == 0, done.stderr
    assert checker().verify(str(tmp_path / "out")).code == 0


@pytest.mark.parametrize("fault", [each(fault) for fault in FAULTS])
def test_every_fault_is_found(fault: Fault, case_of: Cases, tmp_path: Path) -> None:
    """With the fault the bundle is sound in form and differs: exit code 1, and what is named is of the fault's kind."""
    done = traced(case_of(fault.case), tmp_path / "out", [UNSEEN, fault.change])
    assert done.returncode == 0, done.stderr
    report = checker().verify(str(tmp_path / "out"))
    wrong = {key for level, key, _ in report.found if level == "differs"}
    kind = next(prefix for group, prefix in KINDS.items() if fault in group)
    assert report.code == 1
    assert any(key.startswith(kind) for key in wrong), wrong


@pytest.mark.node
def test_the_program_itself_refuses_some(case_of: Cases, tmp_path: Path) -> None:
    """Movements that no stored answer holds do not even leave the program: it stops before it writes a bundle."""
    fault = next(one for one in PARSER if one.name == "a token amount one unit short")
    done = traced(case_of("lab-rpc"), tmp_path / "out", [fault.change])
    assert done.returncode != 0
    assert REFUSED in done.stderr


def test_enough_faults() -> None:
    """At least twenty faults are tried every time, of every group, and each has its own name."""
    assert sum(fault.quick for fault in FAULTS) >= 20
    assert all(sum(fault.quick for fault in group) >= 5 for group in KINDS)
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)
