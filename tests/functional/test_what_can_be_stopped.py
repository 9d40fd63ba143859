"""The end of the report on the lab's theft, and what labels and the user's word change in a finished case.

The commands run in this process, on one case that is traced once and on copies of it.
"""

from __future__ import annotations

import io
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

import pytest

from chains.model import Address
from tests.conftest import LabChain
from tests.lab.cases import write_labels
from tests.lab.etherscan import etherscan_app
from tests.lab.serving import serve
from tests.lab.theft import Theft
from tracer.cli import run
from tracer.label_copy import About
from tracer.label_store import VARIABLE, LabelStore
from tracer.labels import Label
from tracer.words import words

pytestmark = pytest.mark.node
OTHER = "Another Exchange"


class Ran(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


class Desk(NamedTuple):
    """A folder with the finished case ``c`` in it, the theft, and a source to trace it again."""

    home: Path
    theft: Theft
    url: str

    def run(self, *arguments: str, labels: Path | None = None) -> Ran:
        """One command in this folder; ``labels`` is the folder of imported lists."""
        out, err = io.StringIO(), io.StringIO()
        settings = {"COLUMNS": "300", "XDG_CONFIG_HOME": str(self.home)} | ({VARIABLE: str(labels)} if labels else {})
        with chdir(self.home), patch.dict(os.environ, settings), redirect_stdout(out), redirect_stderr(err):
            code = run(list(arguments))
        return Ran(code, out.getvalue(), err.getvalue())

    def trace(self, case: str, *more: str) -> Ran:
        """Trace the theft into a case."""
        theft = self.theft
        asked = (theft.victim, "--since", theft.since, "--chain", "ethereum", "--min-value", "0", "--case", case)
        source = ("--source", "etherscan", "--endpoint", f"etherscan={self.url}", "--rate", "etherscan=1000")
        return self.run(
            *asked, *source, "--endpoint", "prices=http://127.0.0.1:9", "--labels", "lab.csv", *more
        )  # fmt: skip


@pytest.fixture(scope="module")
def traced(lab_chain: LabChain, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    home, theft = tmp_path_factory.mktemp("stoppable"), lab_chain.theft
    (home / "tracer.toml").write_text(
        f'[chains."eip155:1"]\nname = "ethereum"\ncoin = "ETH"\nwrapped = "{theft.who["weth"]}"\n'
        "sources = { etherscan = {} }\n"
    )
    write_labels(home / "lab.csv", "eip155:1", theft.labels)
    with serve(etherscan_app(lab_chain.ledger)) as url:
        desk = Desk(home, theft, f"{url}/v2/api")
        assert desk.trace("c").code == 0
        yield desk


@pytest.fixture
def desk(traced: Desk, tmp_path: Path) -> Desk:
    """A copy that a test may change."""
    return traced._replace(home=Path(shutil.copytree(traced.home, tmp_path / "home")))


def listed(folder: Path, *addresses: str) -> Path:
    """A store with one list that says of these addresses that they are wallets of another exchange."""
    labels = [
        Label("eip155:1", Address(address), OTHER, "exchange", "A new list", "2026-01-01", 90, role="hot")
        for address in addresses
    ]
    LabelStore(folder).replace("new", labels, About("new"))
    return folder


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_report_ends_with_who_can_stop_what(traced: Desk, lang: str) -> None:
    """The ranked list names the labelled deposit address first, then the one known by behaviour, twice."""
    shown = traced.run("show", "c", "--lang", lang).out
    section = shown.partition(words(lang)("section.stoppable"))[2].partition(words(lang)("section.contacts"))[0]
    who = traced.theft.who
    places = [line.strip() for line in section.splitlines() if line.strip() in who.values()]
    assert places[:3] == [who["deposit"], who["forwarder"], who["forwarder"]]
    assert words(lang)("stop.means.swept", entity="Lab exchange_deposit") in section
    assert words(lang)("stop.means.swept", entity="Lab exchange_hot") in section


def test_without_new_labels_nothing_changes(traced: Desk) -> None:
    """A case whose labels say what they said is the same, in words and as JSON, with exit code 0."""
    assert traced.run("rescreen", "c").code == 0
    found = traced.run("rescreen", "c", "--json")
    assert (found.code, json.loads(found.out)) == (0, {"labels": [], "endpoints": []})


def test_a_new_list_changes_an_endpoint(traced: Desk, tmp_path: Path) -> None:
    """An address that a new list knows is an exchange's today: rescreening says so and exits 3, the case stays."""
    rest = traced.theft.who["rest"]
    labels = listed(tmp_path, rest)
    shown = traced.run("rescreen", "c", labels=labels)
    assert (shown.code, shown.err) == (3, "")
    assert rest in shown.out
    assert OTHER in shown.out
    found = json.loads(traced.run("rescreen", "c", "--json", labels=labels).out)
    assert [one["address"] for one in found["labels"]] == [rest]
    changed = {(one["asset"], one["before"]["reason"], one["after"]["reason"]) for one in found["endpoints"]}
    assert len(changed) == 3
    assert {(before, after) for _, before, after in changed} == {("held", "exchange")}
    assert OTHER not in traced.run("show", "c", "--json", labels=labels).out


def test_a_changed_label_file_changes_an_endpoint(desk: Desk) -> None:
    """A row the user adds to the case's label file counts as well, and a label of an address nobody asked about not."""
    file = next((desk.home / "c" / "labels").iterdir())
    before = file.read_text()
    file.write_text(f"{before}eip155:1,0x{'9' * 40},{OTHER},exchange_hot\n")
    assert desk.run("rescreen", "c").code == 0
    file.write_text(f"{before}eip155:1,{desk.theft.who['rest2']},{OTHER},exchange_hot\n")
    found = json.loads(desk.run("rescreen", "c", "--json").out)
    assert [(one["address"], one["after"]["entity"]) for one in found["endpoints"]] == [
        (desk.theft.who["rest2"], OTHER)
    ]


def test_verify_says_when_labels_have_changed_since(traced: Desk, tmp_path: Path) -> None:
    """The case still proves itself with the labels of then, and says that rescreening would see others."""
    assert "rescreen" not in traced.run("verify", "c").out
    checked = traced.run("verify", "c", labels=listed(tmp_path, traced.theft.who["rest"]))
    assert checked.code == 0
    assert "trace rescreen c" in checked.out


def test_through_an_exchanges_wallet_is_said_everywhere(desk: Desk) -> None:
    """Told to pass deposit addresses and the wallet behind, the trail goes on there, and every output says so."""
    passed = [desk.theft.who[name] for name in ("deposit", "forwarder", "hot")]
    options = [word for address in passed for word in ("--through", address)]
    said = words("en")("header.through", addresses="\0").partition("\0")[0]
    first = desk.trace("t", *options, "--json")
    document = json.loads(first.out)
    assert first.code == 0
    assert document["through"] == sorted(f"eip155:1 {address}" for address in passed)
    held = {
        (row["asset"]["symbol"], int(row["amount"])) for row in document["endpoints"] if row["address"] == passed[2]
    }
    assert ("LABD", 4_000 * 10**6) in held
    assert not {"exchange", "exchange_deposit"} & {row["reason"] for row in document["endpoints"]}
    again = desk.run("--case", "t", "--offline")
    for text in (again.out, desk.run("show", "t").out, desk.run("path", "t", passed[2][:10]).err):
        assert said in text
        assert all(address in text for address in passed)
    assert json.loads(desk.run("show", "t", "--json").out)["through"] == document["through"]
    assert desk.run("verify", "t").code == 0
