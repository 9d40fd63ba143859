"""What changed between two states: nothing in the same one, every change once, and the sides swap with the states."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from chains.model import Address
from reports.changes import changes_document
from tests.reports.sample import HOSTILE_NAME, sample
from tests.tracer.small_world import SmallWorld, trace
from tracer.cli import run
from tracer.diff import SECTION, Changes, State, diff, same_victims
from tracer.document import document, from_document, to_json
from tracer.labels import Label
from tracer.result import Result
from tracer.words import catalogue

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "docs" / "diff.schema.json").read_text(encoding="utf-8"))
RESULT = from_document(to_json(sample()))
LABEL = Label("eip155:1", Address("0xab"), HOSTILE_NAME, "exchange", "test", "", 90)
ROWS = ("as_of", "origins", "endpoints", "flows", "conversions", "freezes", "gaps")
REST = (
    "methods",
    "bounds",
    "involved",
    "deposits",
    "prices",
    "unverified",
    "addresses",
    "corroborations",
    "inclusions",
)


def state(result: Result = RESULT, **more: Any) -> State:
    """A state of the sample case."""
    question = {"victims": [{"address": "0xAB", "since": "1"}], "method": "fifo", "max_hops": 50}
    return State(question, {"version": "1"}, result, {}, {}, {})._replace(**more)


@st.composite
def results(draw: st.DrawFn) -> Result:
    """The sample with rows left out, doubled amounts, other reasons, and other numbers of its thefts."""
    changed: dict[str, Any] = {}
    for name in ROWS:
        rows = getattr(RESULT, name)
        kept = [row for row in rows if draw(st.integers(0, 3))] if rows else []
        changed[name] = tuple(map(draw(st.sampled_from(CHANGES.get(name, [_same]))), kept))
    name = draw(st.sampled_from(REST))
    changed[name] = draw(st.sampled_from([getattr(RESULT, name), ()]))
    return RESULT._replace(**changed)


def _same(row: Any) -> Any:
    return row


CHANGES: dict[str, list[Any]] = {
    "origins": [_same, lambda row: row._replace(amount=row.amount + 1)],
    "endpoints": [_same, lambda row: row._replace(reason="held"), lambda row: row._replace(amount=2 * row.amount)],
    "flows": [_same, lambda row: row._replace(traced=row.traced // 2)],
    "freezes": [_same, lambda row: row._replace(frozen="unknown")],
    "gaps": [_same, lambda row: row._replace(why="another")],
}


def mirrored(found: Changes) -> Changes:
    """The same changes, the other way round."""
    parts = {
        name: tuple(one._replace(before=one.after, after=one.before) for one in part)
        for name, part in found._asdict().items()
        if name != "others"
    }
    return found._replace(**parts)


@given(results())
def test_nothing_changes_by_itself(result: Result) -> None:
    """A state differs in nothing from itself."""
    assert not any(diff(state(result), state(result)))


@given(results(), results())
def test_the_sides_swap_with_the_states(first: Result, second: Result) -> None:
    """The way back is the way there with its sides swapped, in the same order."""
    assert diff(state(second), state(first)) == mirrored(diff(state(first), state(second)))


@given(results(), results())
def test_the_same_means_the_same(first: Result, second: Result) -> None:
    """Two results between which nothing changed are equal, row by row."""
    assert any(diff(state(first), state(second))) == (first != second)


@given(results(), results())
def test_the_document_is_as_described(first: Result, second: Result) -> None:
    """Every change, hostile names included, fits docs/diff.schema.json."""
    found = diff(state(first), state(second, said={Address("0xab"): (LABEL,)}))
    assert [one.message for one in Draft202012Validator(SCHEMA).iter_errors(changes_document(found))] == []


def test_the_larger_share_stands_first() -> None:
    """Endpoints that are gone come in the order of the share of what was stolen."""
    found = diff(state(), state(RESULT._replace(endpoints=()))).endpoints
    assert len(found) == len(RESULT.endpoints)
    stolen = {(one.asset.chain, one.asset.id): 0 for one in RESULT.origins}
    for one in RESULT.origins:
        stolen[one.asset.chain, one.asset.id] += one.amount
    shares = [
        sum(part.amount * 10**18 // stolen[part.asset.chain, part.asset.id] for part in one.either.principal)
        for one in found
    ]
    assert shares == sorted(shares, reverse=True)


def test_thefts_with_other_numbers_are_the_same_thefts() -> None:
    """A theft found beside the others gives them other numbers; what follows from them has not changed by that."""
    numbers = {one.id: f"{one.id}x" for one in RESULT.origins}
    doc = json.loads(to_json(RESULT))
    text = json.dumps(doc)
    for old, new in numbers.items():
        text = text.replace(f'"{old}"', f'"{new}"')
    found = diff(state(), state(from_document(text)))
    assert (found.thefts, found.endpoints, found.flows, found.totals) == ((), (), (), ())
    assert set(found.others) == {"origins", "endpoints"}


def test_settings_versions_and_lists_are_told() -> None:
    """What was decided, and what the run was made with, is told by its name."""
    before = state(lists={"ofac": "1"}, files={"labels/1-a.csv": "2"})
    after = state(question={**before.question, "max_hops": 3}, program={"version": "2"}, lists={"ofac": "9"})
    found = diff(before, after)
    assert found.settings == ((("max_hops",), 50, 3),)
    assert found.program == ((("version",), "1", "2"),)
    assert found.lists == ((("labels/1-a.csv",), "2", None), (("ofac",), "1", "9"))


def test_labels_are_compared_where_both_asked() -> None:
    """An address that only one of the cases came to is no change of its labels."""
    first, second = Address("0xab"), Address("0xcd")
    found = diff(state(said={first: (LABEL,), second: ()}), state(said={first: ()}))
    assert found.labels == (((first,), (LABEL,), ()),)


def test_other_victims_are_no_two_states() -> None:
    """Cases have a victim and moment in common, however the address is spelt, or are not compared."""
    assert same_victims(state(), state(question={"victims": [{"address": "0xab", "since": "1"}]}))
    assert not same_victims(state(), state(question={"victims": [{"address": "0xab", "since": "2"}]}))


def test_every_part_of_a_result_has_a_name() -> None:
    """Whatever differs can be named, in both languages."""
    assert {f"diff.other.{name}" for name in Result._fields} == {
        key for key in catalogue() if key.startswith("diff.other.")
    }
    assert set(SECTION.values()) <= set(Changes._fields)
    assert set(document(RESULT)) - set(Result._fields) == {"schema", "stolen", "totals"}


def world(more: int = 0) -> SmallWorld:
    """A theft, and perhaps a payment more behind it."""
    made = SmallWorld()
    made.pay(10, "victim", "mule", 500)
    made.pay(20, "mule", "shop", 400)
    if more:
        made.pay(30, "shop", "mall", more)
    return made


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_two_cases_are_compared(lang: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 0 and a sentence for the same case; 1, and the changes, for another."""
    for name, more in (("a", 0), ("c", 300)):
        trace(world(more), tmp_path / name)
    folders = {name: str(tmp_path / name / "case") for name in "ac"}
    assert run(["diff", folders["a"], folders["a"], "--lang", lang]) == 0
    assert capsys.readouterr().out.count("\n") == 1
    assert run(["diff", folders["a"], folders["c"], "--lang", lang]) == 1
    assert ("new: 0.0003 " if lang == "en" else "新增：0.0003 ") in capsys.readouterr().out
    assert run(["diff", folders["c"], folders["a"], "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["same"] is False
    assert [(one["before"], one["after"]) for one in told["flows"]] == [
        ({"amount": "300", "traced": "300", "via": []}, None)
    ]


def test_cases_of_different_victims_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """There is nothing to compare, which is one line and exit code 2."""
    trace(world(), tmp_path / "a")
    trace(world(), tmp_path / "b", victims=(("victim", 1),))
    assert run(["diff", str(tmp_path / "a" / "case"), str(tmp_path / "b" / "case")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
