"""The bundled demonstration: a made-up theft on a test chain, as recorded answers that make a complete offline case.

It shows what a trace looks like without a network or a key, and it is an ordinary case: it can be shown, verified and
exported like any other. The recordings are made by `python -m tests.lab.record_demo` from the test laboratory.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import zlib
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from tracer.case import DATABASE, QUESTION_FILE, plan_name, write_question
from tracer.question import Question, VictimAsk
from tracer.store import Store
from tracer.store_rows import digest

NAMES: Final = ("evm", "tron")
LABELS: Final = "labels/demo.csv"
COLUMNS: Final = ("question", "endpoint", "host", "asked_at", "status", "headers", "kind", "detail")


def demo_question(name: str) -> Question:
    """The question of a demonstration."""
    recording = _recording(name)
    victim = VictimAsk(recording["victim"], recording["since"])
    return Question((victim,), chain=recording["chain"], labels=(LABELS,))


def make_demo_case(name: str, folder: Path) -> Question:
    """Write the demonstration ``name`` into ``folder`` as a case that needs no network, and return its question."""
    recording, question = _recording(name), demo_question(name)
    if folder.exists():
        shutil.rmtree(folder)
    (folder / LABELS).parent.mkdir(parents=True)
    (folder / LABELS).write_text(recording["labels"], encoding="utf-8")
    (folder / QUESTION_FILE).write_text(write_question(question), encoding="utf-8")
    store = Store(folder / DATABASE)
    store.set_meta(plan_name(store.generation), json.dumps(recording["plan"], sort_keys=True))
    store.close()
    with sqlite3.connect(folder / DATABASE) as database:
        database.executemany(
            f"INSERT INTO raw (generation, {', '.join(COLUMNS)}, body, sha256) VALUES (1{', ?' * 10})",  # noqa: S608
            [_row(answer) for answer in recording["answers"]],
        )
    database.close()
    return question


def _recording(name: str) -> dict[str, Any]:
    text = files("tracer").joinpath(f"data/demo_{name}.json").read_text(encoding="utf-8")
    recording: dict[str, Any] = json.loads(text)
    return recording


def _row(answer: dict[str, Any]) -> tuple[object, ...]:
    body = answer["body"].encode()
    return (*(answer[name] for name in COLUMNS), zlib.compress(body, 6), digest(body))
