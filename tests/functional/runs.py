"""One whole run of a recorded case against a stand-in, as the command makes it, without the terminal."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from tests.functional.replay import Row
from tests.lab.cases import Case, write_labels
from tests.lab.desk import StandIn
from tests.lab.prices import prices_app
from tests.lab.serving import serve
from tests.shared import SHARED
from tracer.case import open_case
from tracer.config import load_config
from tracer.document import to_json
from tracer.lots import DEFAULT_METHOD
from tracer.question import Question, VictimAsk
from tracer.result import Result
from tracer.session import Outcome, trace_case
from tracer.watcher import Watcher

FAST = 2000
"""Requests per second where the pace is not what is tested."""

DOLLAR = 10**6
MIN_VALUE = 100


class Run(NamedTuple):
    """What a run left: the outcome, the stand-in with its counter, where the case lies, and how long it took."""

    outcome: Outcome
    app: StandIn
    folder: Path
    seconds: float

    @property
    def result(self) -> Result:
        """The result."""
        return self.outcome.result

    @property
    def text(self) -> str:
        """The JSON document."""
        return to_json(self.outcome.result)

    def without_effort(self) -> dict[str, Any]:
        """The document without how often was asked, which troubles change and truth does not."""
        shown = json.loads(self.text)
        assert isinstance(shown, dict)
        del shown["stats"]["requests"]
        return shown

    def expanded(self) -> set[str]:
        """Addresses of which a history stands in the case."""
        with sqlite3.connect(self.folder / "case.sqlite") as database:
            rows = database.execute("SELECT DISTINCT address FROM coverage").fetchall()
        return {row[0] for row in rows}

    def hosts_asked(self) -> list[str]:
        """Questions put to the explorer, in order, once per answer."""
        with sqlite3.connect(self.folder / "case.sqlite") as database:
            return [
                row[0] for row in database.execute("SELECT question FROM raw WHERE endpoint != 'prices' ORDER BY id")
            ]


def question_of(case: Case, folder: Path, method: str = DEFAULT_METHOD, *, leads: bool = False) -> Question:
    """The question of a case as its README puts it: services by label file, 100 US dollars at least."""
    since = datetime.fromtimestamp(case.since, UTC).isoformat()
    labels: tuple[str, ...] = ()
    if case.services:
        chain_id = "tron:mainnet" if case.chain == "tron" else "eip155:1"
        folder.mkdir(parents=True, exist_ok=True)
        labels = (str(write_labels(folder / "labels.csv", chain_id, dict.fromkeys(case.services, "service"))),)
    return Question(
        tuple(VictimAsk(source, since) for source in case.sources),
        chain=case.chain,
        method=method,
        leads=leads,
        min_value=Decimal(MIN_VALUE) if case.services else None,
        labels=labels,
    )


def run_case(
    case: Case,
    folder: Path,
    *,
    app: StandIn | None = None,
    more: Sequence[tuple[str, str, StandIn]] = (),
    rate: float = FAST,
    watcher: Watcher | None = None,
    method: str = DEFAULT_METHOD,
    leads: bool = False,
) -> Run:
    """Trace a case from a stand-in of its explorer into ``folder/case``; a second call goes on with that case.

    ``more`` are further sources: name, path behind the host, stand-in; they are asked after the first.
    """
    app = app or case.app()
    first = ("trongrid", "", app) if case.chain == "tron" else ("etherscan", "/v2/api", app)
    with ExitStack() as stack:
        sources = [(name, stack.enter_context(serve(one)) + path) for name, path, one in (first, *more)]
        prices = stack.enter_context(serve(prices_app()))
        config = load_config(
            {},
            folder,
            endpoints=[*(f"{name}={url}" for name, url in sources), f"prices={prices}"],
            rates=[*(f"{name}={rate:g}" for name, _ in sources), f"prices={FAST}"],
            only=[name for name, _ in sources],
        )
        question = question_of(case, folder, method, leads=leads)
        started = time.monotonic()
        with open_case(folder / "case", question=question) as opened:
            outcome = asyncio.run(trace_case(opened, question, config, watcher=watcher))
        return Run(outcome, app, folder / "case", time.monotonic() - started)


def ledger_rows(name: str, shared: Path = SHARED) -> list[Row]:
    """Every row of a served case in order."""
    folder = shared / "cases" / name
    table = pd.read_parquet((folder if name.startswith("tron") else folder / "noisy") / "served.parquet")
    columns = (table["ts"].tolist(), table["from"].astype(str).tolist(), table["to"].astype(str).tolist())
    return list(zip(*columns, [int(value) for value in table["value"]], strict=True))
