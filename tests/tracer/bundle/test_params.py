"""The thresholds that a bundle states: all that decide something, with the values the code has."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from importlib import import_module
from pathlib import Path

import pytest

from tests.tracer import test_method_limits
from tracer.bundle.params import LIMITS, thresholds
from tracer.case import plain_question
from tracer.question import Question, VictimAsk

ROOT = Path(__file__).parents[3]
DECIDES_NOTHING = {
    "tracer.agreement": {"SHOWN"},
    "tracer.discover": {"SMALL"},
    "tracer.gains": {"SPARE", "DIGITS"},
    "tracer.graph": {"NAME_CAP"},
    "tracer.hostile": {"CAP", "MARKS"},
    "tracer.involved": {"DAY"},
    "tracer.ledger": {"BALANCE", "OUTSIDE", "CONVERTED"},
    "tracer.lots": {"CLEAN", "NO_TRAIL"},
    "tracer.maxflow": {"LIMIT", "WORTH_COMPILING"},
    "tracer.price_source": {"COINS_PER_REQUEST", "POINTS_PER_REQUEST", "URL_CHARACTERS", "DEEPEST"},
    "tracer.secrets": {"SHORTEST", "PROSE_RANK"},
    "tracer.sm3": {"BLOCK", "FIRST", "ROUNDS", "EARLY", "LATE"},
    "tracer.tally": {"WORTH_IT"},
    "tracer.timeline": {"SOURCE", "NOBODY"},
}
"""Numbers of other kinds: formats, names of things, and how much is done at once."""

TOOLS = (
    *("label_copy", "label_keys", "label_update", "list_", "lists", "kernel", "cli", "bundle", "incoming", "data/"),
    "watch/",
)
"""Modules that no result rests on: they load lists, write files, only make sums quick, or watch what comes after it."""


def numbers(path: Path) -> Iterator[str]:
    """Public names of a module that are set to a number where it begins."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        target = (
            node.target
            if isinstance(node, ast.AnnAssign)
            else node.targets[0]
            if isinstance(node, ast.Assign)
            else None
        )
        if isinstance(target, ast.Name) and target.id.isupper() and not target.id.startswith("_"):
            yield target.id


def modules() -> Iterator[tuple[str, Path]]:
    """Every module of the tracer whose numbers may decide something; verify.py only checks what was decided."""
    for path in sorted((ROOT / "tracer").rglob("*.py")):
        name = path.relative_to(ROOT / "tracer").with_suffix("").as_posix()
        if not name.startswith(TOOLS) and path.stem not in ("__init__", "__main__"):
            yield "tracer." + name.replace("/", "."), path


@pytest.mark.parametrize(("name", "path"), list(modules()))
def test_every_number_that_decides_is_stated(name: str, path: Path) -> None:
    """A new limit is either in the table, or said here to decide nothing."""
    module = import_module(name)
    found = {one for one in numbers(path) if isinstance(getattr(module, one), int | Fraction | Decimal)}
    assert found <= {*LIMITS.get(name, ()), *DECIDES_NOTHING.get(name, ())}


def test_the_limits_of_the_method_pages_are_stated() -> None:
    """Every constant that tests/tracer/test_method_limits.py holds docs/method.md to is in a bundle."""
    tree = ast.parse(Path(test_method_limits.__file__).read_text(encoding="utf-8"))
    stated = {(module, name) for module, names in LIMITS.items() for name in names}
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith(("tracer", "chains")):
            module = import_module(str(node.module))
            for one in node.names:
                value = getattr(module, one.name)
                if isinstance(value, int | Fraction | Decimal):
                    assert (node.module, one.name) in stated
                elif getattr(value, "__name__", "").startswith("tracer.patterns."):
                    assert value.__name__ in LIMITS


def test_thresholds_are_the_values_of_the_code() -> None:
    """Whole numbers as such, others as exact text, by module and name."""
    found = thresholds()
    assert list(found) == sorted(found, key=lambda one: one.rpartition(".")[0])
    assert found["rules.service_rows"] == 10_000
    assert found["prices.trusted"] == "0.20"
    assert found["orders.least_worth"] == "1/2"
    assert found["chains.positions.most_asked"] == 4
    assert all(isinstance(value, int | str) for value in found.values())


def test_a_question_is_stated_whole() -> None:
    """Every setting, in JSON."""
    row = plain_question(Question((VictimAsk("0xa", "5"),), own=("0xb",), min_value=Decimal("2.50")))
    assert row["victims"] == [{"address": "0xa", "since": "5"}]
    assert (row["own"], row["min_value"], row["until"]) == (["0xb"], "2.50", None)
    assert {*row} == {*Question.__dataclass_fields__}
