"""docs/trace.schema.json describes the JSON document, strictly."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

import tracer
from tests.reports.sample import sample
from tracer.document import SCHEMA, document, to_json
from tracer.lots import METHODS
from tracer.result import REASONS
from tracer.words import catalogue

SCHEMA_FILE = json.loads((Path(tracer.__file__).parent.parent / "docs/trace.schema.json").read_text(encoding="utf-8"))


def errors(data: Any) -> list[str]:
    return [error.message for error in Draft202012Validator(SCHEMA_FILE).iter_errors(data)]


def test_the_schema_is_a_schema() -> None:
    """It keeps to JSON Schema 2020-12."""
    Draft202012Validator.check_schema(SCHEMA_FILE)


def test_the_sample_is_described() -> None:
    """What the program prints is what the schema says."""
    assert errors(json.loads(to_json(sample()))) == []


def test_reasons_methods_and_name_are_those_of_the_code() -> None:
    """Nothing the code can say is missing, and nothing more is promised."""
    assert tuple(SCHEMA_FILE["$defs"]["reason"]["enum"]) == REASONS
    assert SCHEMA_FILE["properties"]["method"]["enum"] == sorted(METHODS)
    assert SCHEMA_FILE["properties"]["schema"]["const"] == SCHEMA


def test_every_method_has_its_figure() -> None:
    """The comparison and the methods followed can name each method of the code, and no other."""
    units = SCHEMA_FILE["properties"]["methods"]["items"]["properties"]["units"]
    assert sorted(units["properties"]) == sorted(METHODS)
    assert SCHEMA_FILE["properties"]["followed"]["items"]["enum"] == sorted(METHODS)


def test_kinds_of_gap_are_those_that_can_be_said() -> None:
    """The schema's kinds of gap are the ones that the reports have words for."""
    kinds = {key.removeprefix("gap.") for key in catalogue() if key.startswith("gap.")}
    assert set(SCHEMA_FILE["properties"]["gaps"]["items"]["properties"]["kind"]["enum"]) == kinds


def _objects(part: Any) -> list[dict[str, Any]]:
    if isinstance(part, list):
        return [found for one in part for found in _objects(one)]
    if not isinstance(part, dict):
        return []
    own = [part] if part.get("type") == "object" else []
    return own + [found for one in part.values() for found in _objects(one)]


def test_every_object_is_closed_and_complete() -> None:
    """No object allows unknown keys, and every key is mandatory."""
    objects = _objects(SCHEMA_FILE)
    assert len(objects) > 10
    for part in objects:
        assert part["additionalProperties"] is False
        assert sorted(part["required"]) == sorted(part["properties"])


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("endpoints", 0, "reason"), "stolen"),
        (("endpoints", 0, "amount"), "-1"),
        (("endpoints", 0, "amount"), 12),
        (("endpoints", 0, "confidence"), 101),
        (("flows", 0, "traced"), "1.5"),
        (("flows", 0, "from"), "0xABC"),
        (("origins", 0, "time"), "2026-01-02 03:00"),
        (("as_of", 0, "chain"), "ethereum"),
        (("stats", "elapsed"), 3),
        (("followed", 0), "all"),
        (("highest_first",), "no"),
        (("methods", 0, "units", "fifo"), 12),
        (("methods", 0, "units", "best"), "12"),
    ],
)
def test_wrong_documents_are_refused(path: tuple[str | int, ...], value: object) -> None:
    """The schema is strict enough to notice."""
    data = copy.deepcopy(document(sample()))
    place: Any = data
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert errors(data)
