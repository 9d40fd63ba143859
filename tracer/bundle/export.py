"""What a bundle holds of a case, as docs/bundle.md describes it: file by file, in the order of their paths.

Everything is written in one order and one spelling, so that the same case gives the same files on any machine. Raw
bodies, answers and transfers are written as they are read: a large case is never whole in memory.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Any, Final

from tracer.bundle import rows
from tracer.bundle.params import thresholds
from tracer.bundle.table import Table, opened
from tracer.case import QUESTION_FILE, SOUND, Case, plain_question
from tracer.dossier import reference_of
from tracer.errors import CaseError
from tracer.journal import named
from tracer.json_text import json_text
from tracer.packages import lock
from tracer.store import Store
from tracer.store_journal import HEAD
from tracer.store_rows import RunRow
from tracer.workings import Workings

SCHEMA: Final = "stolen-funds-bundle/1"

Row = dict[str, Any]
Content = bytes | Iterable[bytes]

_URL: Final = re.compile(r"([a-z]+://)(?:[^/@]*@)?([^/?#]*)")


def files(case: Case, workings: Workings) -> Iterator[tuple[str, Content]]:
    """Path and content of every file that comes from the case itself; each content is to be read before the next.

    Raises:
        CaseError: the case has no result, or a refresh of it was never finished.
        Tampered: an answer was changed.
        Misread: a transfer stands in no answer; that would be an error of the program.
    """
    store = case.store
    run = store.last_result()
    if run is None or run.result is None or run.generation != int(store.meta("generation") or 1):
        raise CaseError("error.no_result", folder=case.folder)
    with opened(store, workings.chains) as table:
        yield "accounts.jsonl", _lines(rows.accounts(workings))
        yield "answers.jsonl", _lines(_answers(store, run.generation))
        yield QUESTION_FILE, (case.folder / QUESTION_FILE).read_bytes()
        yield "corroborations.jsonl", _lines(rows.corroborations(workings))
        yield "journal.jsonl", _lines(one._asdict() for one in store.journal.entries())
        yield "labels.json", _document(_labels(store))
        for name in sorted(filter(is_inside, case.question.labels)):
            yield name, (case.folder / name).read_bytes()
        yield "ledger.jsonl", _lines(table.lines())
        yield "params.json", _document(_params(case, workings, run, table))
        yield "pots.jsonl", _lines(rows.pots(workings))
        yield "prices.json", _document(rows.prices(workings))
        yield "proofs.jsonl", _lines(rows.proofs(workings))
        yield from _bodies(store)
        yield "state.json", _document(_state(store))
        yield "sum.jsonl", _lines(rows.summed(workings, table.number))
        yield "trace.json", run.result.encode()


def _lines(some: Iterable[Row]) -> Iterator[bytes]:
    return ((json_text(row, compact=True) + "\n").encode() for row in some)


def _document(value: Any) -> bytes:
    return (json_text(value, indent=1) + "\n").encode()


def is_inside(name: str) -> bool:
    """Is this a label file that the case keeps, and not one that lies elsewhere?"""
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts


def _answers(store: Store, generation: int) -> Iterator[Row]:
    """Every answer of every generation, without its body; what this one inherited counts as its own."""
    names = ("n", "generation", "source", "host", "question", "asked_at", "status", "headers", "kind", "detail")
    for *told, sha256 in store.select(
        "SELECT id, coalesce(inherited.generation, raw.generation), endpoint, host, question, asked_at, status,"
        " headers, kind, detail, sha256 FROM raw LEFT JOIN inherited ON inherited.raw = id AND inherited.generation = ?"
        " ORDER BY id",
        generation,
    ):
        row = dict(zip(names, told, strict=True))
        size = len(store.raw(row["n"]).body)
        yield {**row, "headers": json.loads(row["headers"]), "sha256": _bare(sha256), "bytes": size}


def _bodies(store: Store) -> Iterator[tuple[str, bytes]]:
    """Each body once, by its digest."""
    for number, sha256 in store.select("SELECT min(id), sha256 FROM raw GROUP BY sha256 ORDER BY sha256"):
        yield f"raw/{_bare(sha256)}", store.raw(number).body


def _bare(sha256: str) -> str:
    return sha256.removeprefix("sha256:")


def _labels(store: Store) -> Row:
    said = store.said() or {}
    return {
        "lists": store.lists() or {},
        "said": {address: [one._asdict() for one in labels] for address, labels in sorted(said.items())},
    }


def _params(case: Case, workings: Workings, run: RunRow, table: Table) -> Row:
    packages = case.store.packages(run)
    thefts = workings.thefts
    assert thefts is not None  # only made-up workings have none
    victims = {(one.chain.id, one.address, one.since_text): one for one, _, _ in thefts.histories}
    return {
        "schema": SCHEMA,
        "reference": reference_of(case.question),
        "version": run.version,
        "python": run.inputs.get("python", ""),
        "packages": packages,
        "lock": lock(packages) if packages else "",
        "generation": run.generation,
        "question": plain_question(case.question),
        "thresholds": thresholds(),
        "victims": [
            {
                "chain": one.chain.id,
                "address": one.address,
                "since": one.since_text,
                "low": one.low,
                "tx_index": one.theft.tx_index if one.theft else None,
            }
            for one in victims.values()
        ],
        "own": sorted(map(list, thefts.own)),
        "through": sorted(map(list, thefts.through)),
        "chains": _chains(workings),
        "seeds": [
            {"origin": str(place), "ledger": table.number(one.transfer)} for place, one in enumerate(thefts.origins, 1)
        ],
        "least": [
            {"chain": chain, "asset": asset, "units": str(units)}
            for (chain, asset), units in sorted(workings.least.items())
        ],
    }


def _chains(workings: Workings) -> Row:
    rows_by_id = {name: workings.chains[name] for name in sorted(workings.horizons)}
    return {
        name: {
            "family": one.family,
            "name": one.name,
            "coin": one.coin,
            "decimals": one.decimals,
            "wrapped": one.wrapped or "",
            "horizon": workings.horizons[name].height,
        }
        for name, one in rows_by_id.items()
    }


# --- what it takes to go on with the case


def _state(store: Store) -> Row:
    meta = dict(store.select("SELECT name, value FROM meta ORDER BY name"))
    meta.pop(HEAD, None)  # it follows from the journal
    told = {name: value for name, value in meta.items() if not name.startswith(SOUND)}  # of a result, all is sound
    facts = {name: _hosts_only(value) if name.startswith("sources.") else value for name, value in told.items()}
    return {
        "schema_version": meta["schema"],
        "generation": int(meta["generation"]),
        "meta": facts,
        "runs": list(_runs(store)),
        "approvals": [list(one) for one in store.select("SELECT * FROM approval ORDER BY 1, 2, 3, 5, 6, 7")],
        "coverage": [list(one) for one in store.select("SELECT * FROM coverage ORDER BY 1, 2, 3, 4")],
    }


def _runs(store: Store) -> Iterator[Row]:
    names = ("id", "generation", "version", "arguments", "inputs", "started_at", "finished_at", "exit_code")
    for row in store.select(f"SELECT {', '.join(names)}, result_sha256 FROM run ORDER BY id"):  # noqa: S608 - names of columns
        told = dict(zip((*names, "result_sha256"), row, strict=True))
        inputs = json.loads(told["inputs"])
        yield {
            **told,
            "arguments": named(json.loads(told["arguments"])),
            "inputs": {name if is_inside(name) else named([name])[0]: value for name, value in inputs.items()},
        }


def _hosts_only(plan: str) -> str:
    """The sources of a case, of whose addresses only the hosts are handed over: what follows may hold a key."""
    return json.dumps(_cut(json.loads(plan)), sort_keys=True)


def _cut(value: Any) -> Any:
    if isinstance(value, str):
        found = _URL.match(value)
        return found[1] + found[2] if found else value
    if isinstance(value, list):
        return [_cut(one) for one in value]
    return {name: _cut(one) for name, one in value.items()} if isinstance(value, dict) else value
