"""What a bundle holds of a case: all of it, each thing where docs/bundle.md says, and nothing of the machine."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from chains.inclusion import Inclusion
from chains.inclusion import Path as Way
from chains.model import AssetId
from tests.reports.papers import demo_case
from tracer.bundle import rows
from tracer.bundle.export import files
from tracer.case import Case, open_case
from tracer.checked import Checked, Corroboration, Proven
from tracer.config import load_config
from tracer.errors import CaseError, Misread, Tampered
from tracer.prices import Price, PriceBook
from tracer.result import CorroborationRow, InclusionRow
from tracer.session import workings_of
from tracer.workings import Workings

DEMOS = ("evm", "tron")
PERSON = "Wang Xiaoming 王小明"


def read(case: Case) -> dict[str, bytes]:
    """Every file by its path, in order."""
    found = {}
    for path, content in files(case, workings(case)):
        found[path] = content if isinstance(content, bytes) else b"".join(content)
    return found


def workings(case: Case) -> Workings:
    """The workings of a finished case."""
    return asyncio.run(workings_of(case, load_config({}, case.folder)))


@cache
def exported(name: str) -> Mapping[str, bytes]:
    """The files of a demonstration."""
    with open_case(demo_case(name), offline=True) as case:
        return read(case)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of a demonstration in a folder that somebody named after a person."""
    return Path(shutil.copytree(demo_case("evm"), tmp_path / PERSON))


def lines(name: str, path: str) -> list[dict[str, Any]]:
    """The values of a file of lines."""
    return [json.loads(line) for line in exported(name)[path].splitlines()]


def document(name: str, path: str) -> Any:
    """The value of a JSON file."""
    return json.loads(exported(name)[path])


each = pytest.mark.parametrize("name", DEMOS)


@each
def test_files_come_in_the_order_of_their_paths(name: str) -> None:
    """And all that docs/bundle.md names are there, but those that others add."""
    paths = list(exported(name))
    assert paths == sorted(paths)
    assert {path for path in paths if not path.startswith("raw/")} == {
        *("accounts.jsonl", "answers.jsonl", "case.toml", "corroborations.jsonl", "journal.jsonl", "labels.json"),
        *("labels/demo.csv", "ledger.jsonl", "params.json", "pots.jsonl", "prices.json", "proofs.jsonl"),
        *("state.json", "sum.jsonl", "trace.json"),
    }


@each
def test_every_answer_is_there_with_its_body(name: str) -> None:
    """Each answer names a body by its digest, and no other body is there."""
    answers = lines(name, "answers.jsonl")
    assert [one["n"] for one in answers] == list(range(1, len(answers) + 1))
    assert {f"raw/{one['sha256']}" for one in answers} == {one for one in exported(name) if one.startswith("raw/")}
    for one in answers:
        body = exported(name)[f"raw/{one['sha256']}"]
        assert (hashlib.sha256(body).hexdigest(), len(body)) == (one["sha256"], one["bytes"])


@each
def test_every_transfer_stands_at_its_place(name: str) -> None:
    """The place leads to an object in the answer, and what is there or around it has the amount or what makes it."""
    answers = {one["n"]: one for one in lines(name, "answers.jsonl")}
    ledger = lines(name, "ledger.jsonl")
    assert ledger
    for one in ledger:
        answer = answers[one["answer"]]
        found = json.loads(exported(name)[f"raw/{answer['sha256']}"])
        for step in one["place"].split("/")[1:]:
            found = found[int(step) if isinstance(found, list) else step]
        text = json.dumps(found)
        spelt = (one["amount"], hex(int(one["amount"])), f"{int(one['amount']):064x}")
        assert any(spelling in text for spelling in spelt) or "gasUsed" in found


@each
def test_the_ledger_is_in_order_and_numbered(name: str) -> None:
    """By chain, height, place in the block and in the transaction."""
    ledger = lines(name, "ledger.jsonl")
    assert [one["n"] for one in ledger] == list(range(1, len(ledger) + 1))
    assert [place(one) for one in ledger] == sorted(place(one) for one in ledger)


def place(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """What rows are sorted by."""
    height, tx_index, kind, index = row["position"].split(":")
    steps = () if index == "?" else tuple(map(int, index.split(".")))
    ends = row["asset"], row["from"], row["to"], int(row["amount"]), row["nth"]
    return row["chain"], int(height), -1 if tx_index == "?" else int(tx_index), int(kind), steps, row["tx"], *ends


@each
def test_rows_of_the_sum_name_the_transfers_they_are(name: str) -> None:
    """A plain row is its transfer, and thefts name theirs; rows of opened transactions name none."""
    ledger = {one["n"]: one for one in lines(name, "ledger.jsonl")}
    summed = lines(name, "sum.jsonl")
    named = [one for one in summed if one["ledger"] is not None]
    assert named
    assert len(named) < len(summed)
    for one in named:
        assert all(
            ledger[one["ledger"]][field] == one[field] for field in ("chain", "tx", "asset", "from", "to", "amount")
        )
    thefts = document(name, "trace.json")["origins"]
    seeds = document(name, "params.json")["seeds"]
    assert [one["origin"] for one in seeds] == [one["id"] for one in thefts]
    assert [ledger[one["ledger"]]["tx"] for one in seeds] == [one["tx"] for one in thefts]
    assert {one["origin"] for one in summed if one["pays"] == "theft"} == {one["origin"] for one in seeds}


@each
def test_conversions_and_their_rows_name_each_other(name: str) -> None:
    """What goes into and comes out of a pot says so."""
    summed = lines(name, "sum.jsonl")
    for pot in lines(name, "pots.jsonl"):
        assert [one["row"] for one in summed if one["into"] == pot["pot"]] == sorted(pot["ins"])
        assert [one["row"] for one in summed if one["out_of"] == pot["pot"]] == sorted(pot["outs"])
        assert (len(pot["weights"]), len(pot["values"])) == (len(pot["ins"]), len(pot["outs"]))


def test_the_result_is_the_one_the_case_keeps() -> None:
    """To the byte, with its digest in the state."""
    result = exported("evm")["trace.json"]
    assert document("evm", "state.json")["runs"][-1]["result_sha256"] == "sha256:" + hashlib.sha256(result).hexdigest()


SCRIPT = """
import hashlib, json, sys
from pathlib import Path
from tests.tracer.bundle.test_export import read
from tracer.case import open_case
with open_case(Path(sys.argv[1]), offline=True) as case:
    print(json.dumps({path: hashlib.sha256(data).hexdigest() for path, data in read(case).items()}))
"""


def test_the_same_case_gives_the_same_bytes_anywhere(folder: Path) -> None:
    """Whatever the folder, the time zone, the language and the order in which sets stand."""
    with open_case(folder, offline=True) as case:
        here = {path: hashlib.sha256(data).hexdigest() for path, data in read(case).items()}
    elsewhere = Path(shutil.copytree(folder, folder.parent / "other" / "x"))
    env = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Kathmandu", "LC_ALL": "C", "LANG": "zh_CN.UTF-8"}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(elsewhere)], env=env, capture_output=True, check=True, text=True
    )
    assert json.loads(done.stdout) == here


def test_nothing_of_the_machine_or_the_person_is_in_it(folder: Path) -> None:
    """Neither the folder's name nor a path of it, nor what stands behind the host of an address."""
    with open_case(folder, offline=True) as case:
        plan = json.loads(case.store.meta("sources.1") or "")
        own = {"name": "mine", "sources": {"rpc": {"urls": ["https://me:pw@node.example/v3/SECRET"]}}}
        arguments = ["0xabc", "--case", str(folder), "--labels", f"{folder}/labels/demo.csv"]
        with case.store.writing() as db:
            changed = json.dumps({**plan, "chains": {**plan["chains"], "eip155:5": own}})
            db.execute("UPDATE meta SET value = ? WHERE name = 'sources.1'", (changed,))
            db.execute("UPDATE run SET arguments = ?", (json.dumps(arguments),))
        whole = b"".join(read(case).values()).decode()
    assert "https://node.example" in whole
    for secret in ("Wang", "\u738b", "SECRET", "me:pw", str(folder.parent)):
        assert secret not in whole


def test_a_refresh_that_was_not_finished_cannot_be_handed_over(folder: Path) -> None:
    """The transfers of the result are gone then."""
    with open_case(folder, offline=True) as case:
        case.store.refresh()
        known = workings(case)
        with pytest.raises(CaseError, match="no result yet"):
            next(files(case, known))


def test_a_transfer_that_no_answer_says_is_an_error(folder: Path) -> None:
    """The file is not made, and the transfer is named."""
    with open_case(folder, offline=True) as case:
        known = workings(case)
        with case.store.writing() as db:
            db.execute("UPDATE transfer SET amount = '7' WHERE kind = 3 AND amount = '8000000000'")
        with pytest.raises(Misread, match=r"0x[0-9a-f]{64} on eip155:31337: .* answer \d+ .* concerned: 2\)"):
            next(files(case, known))


def test_a_changed_answer_is_found(folder: Path) -> None:
    """Before anything of it is handed over."""
    with open_case(folder, offline=True) as case:
        known = workings(case)
        with case.store.writing() as db:
            db.execute("UPDATE raw SET sha256 = 'sha256:00' WHERE id = (SELECT min(raw) FROM transfer)")
        with pytest.raises(Tampered):
            next(files(case, known))


def test_what_was_checked_is_handed_over_with_answers_and_proofs() -> None:
    """Rows of a second source and of a proof, as docs/bundle.md has them."""
    with open_case(demo_case("evm"), offline=True) as case:
        known = workings(case)
    ways = Way(b"\x01", (b"\xc0", b"\xc1")), None
    proof = Inclusion("eip155:1", "0xa", 9, "0xb", b"\xf8", 3, *ways, "rpc", (4, 5), "why")
    checked = Checked(
        (Corroboration(CorroborationRow("eip155:1", "0xa", "theft", "one", "two", "agrees"), (1,), (2, 3)),),
        (
            Proven(InclusionRow("eip155:1", "0xa", "theft", 9, "0xb", "proven", "unproven", "rpc", "why"), proof),
            Proven(InclusionRow("eip155:1", "0xc", "theft", 0, "", "unproven", "unproven", "", "none")),
            Proven(
                InclusionRow("eip155:1", "0xd", "theft", 9, "0xb", "unproven", "unproven", "rpc", "odd"),
                proof._replace(tx="0xd", transaction=None),
            ),
        ),
    )
    known = replace(known, checked=checked)
    [told] = rows.corroborations(known)
    assert told | {"first_answers": [1], "second_answers": [2, 3], "verdict": "agrees", "why": ()} == told
    proven, unproven, odd = rows.proofs(known)
    path = {"value": "0x01", "nodes": ["0xc0", "0xc1"]}
    assert proven["proof"] == {"header": "0xf8", "place": 3, "transaction": path, "receipt": None}
    assert (proven["answers"], unproven["proof"], unproven["answers"]) == ([4, 5], None, [])
    assert (odd["proof"], odd["answers"]) == (None, [4, 5])


def test_prices_are_told_once_with_their_answers() -> None:
    """Used, doubted and assumed ones, in order; pegs only of assets that moved."""
    with open_case(demo_case("evm"), offline=True) as case:
        known = workings(case)
    chain, _, coin = known.ledger.accounts[0]
    price = Price(Decimal("1.50"), "someone", 100, Decimal("0.9"), raw=7)
    told = [(chain, AssetId(coin), price), (chain, AssetId(coin), price._replace(confidence=Decimal("0.1"), at=90))]
    book = PriceBook.of_prices(told, frozenset({(chain, AssetId(coin)), (chain, AssetId("elsewhere"))}))
    found = rows.prices(replace(known, books=(book, book)))
    shown = [(one["time"], one["usd"], one["confidence"], one["assumed_peg"], one["answer"]) for one in found]
    assert shown == [
        (None, "1", None, True, None),
        (90, "1.50", "0.1", False, 7),
        (100, "1.50", "0.9", False, 7),
    ]
