"""Are deliberate faults caught? Every mutant of the accounting modules against the tests that cover it.

    pip install --target /tmp/mutmut mutmut==3.8.1
    python -m tests.bench.mutants --tool /tmp/mutmut [lots ledger fold …]

Mutmut makes the mutants (comparisons, arithmetic, constants, arguments, booleans, deleted values) and runs, for each,
the tests that reach its function. It works on a copy of the checkout and touches nothing here. Survivors are printed
with what was changed; docs/measurements.md explains each. A mutant that never ends counts as caught. Functions with a
decorator are left alone.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent.parent
COVERED_BY: Final = {
    "lots": ("test_lots", "test_fold"),
    "ledger": ("test_ledger", "test_fold"),
    "fold": ("test_fold", "test_accounting"),
    "compare": ("test_compare", "test_accounting"),
    "endings": ("test_compare",),
    "tally": ("test_accounting", "test_kernel"),
    "kernel/*": ("test_kernel",),
    "timeline": ("test_bounds",),
    "bounds": ("test_bounds",),
    "maxflow": ("test_maxflow", "test_bounds"),
    "passport": ("test_passport",),
    "audit": ("test_audit",),
    "audit_faults": ("test_audit",),
}
"""Modules of tracer/, and the modules of tests/tracer/ that must notice a fault in them."""

LEFT_BEHIND: Final = shutil.ignore_patterns(
    *(".git", ".venv", "node_modules", "cases", "dist", "mutants", ".hypothesis", ".*_cache", "__pycache__")
)
MUTMUT: Final = "import sys; sys.path.append(sys.argv.pop(1)); from mutmut.__main__ import cli; cli()"
SURVIVOR: Final = re.compile(r"^\s*(\S+): (?:survived|no tests|suspicious)", re.MULTILINE)
SETTINGS: Final = """
[tool.mutmut]
source_paths = ["tracer"]
only_mutate = ["tracer/{module}.py"]
also_copy = ["tests", "docs", "chains", "reports", "tracer"]
pytest_add_cli_args = ["-n", "0", "-x", "-q", "--hypothesis-profile=ci"]
pytest_add_cli_args_test_selection = [{tests}]
"""


def mutmut(tool: Path, folder: Path, *arguments: str) -> str:
    """What mutmut says; few worlds, because every mutant meets them; compiled code is run as Python."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", MUTMUT, str(tool), *arguments],
        cwd=folder,
        env={**os.environ, "TRACER_WORLDS": "400", "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"mutmut {' '.join(arguments)}: {(done.stdout + done.stderr)[-2000:]}")
    return done.stdout


def survivors(module: str, tool: Path, folder: Path) -> tuple[int, list[str]]:
    """How many mutants of a module there are, and what was changed in those that no test noticed."""
    names = [f"tests/tracer/{name}.py" for name in COVERED_BY[module]]
    tests = ", ".join(f'"{name}"' for name in names if (ROOT / name).is_file())
    plain = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    settings = SETTINGS.format(module=module, tests=tests)
    (folder / "pyproject.toml").write_text(plain + settings, encoding="utf-8")
    shutil.rmtree(folder / "mutants", ignore_errors=True)
    mutmut(tool, folder, "run", "--max-children", str(os.cpu_count() or 1))
    results = mutmut(tool, folder, "results", "--all", "true")
    count = len(re.findall(r"__mutmut_\d+: ", results))
    return count, [mutmut(tool, folder, "show", name) for name in SURVIVOR.findall(results)]


def main(arguments: Sequence[str]) -> None:
    """Try the modules named, or all."""
    parser = ArgumentParser(description="mutation testing of the accounting")
    parser.add_argument("--tool", type=Path, required=True, help="folder that mutmut was installed into")
    parser.add_argument("modules", nargs="*", choices=[[], *COVERED_BY], help="modules of tracer/ (all by default)")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "checkout"
        shutil.copytree(ROOT, folder, ignore=LEFT_BEHIND)
        for module in chosen.modules or COVERED_BY:
            begun = time.monotonic()
            count, left = survivors(module, chosen.tool, folder)
            print(f"{module}: {count} mutants, {len(left)} survive, {time.monotonic() - begun:.0f} s", flush=True)
            for change in left:
                print(change, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
