"""`trace audit` and `trace path` on finished cases: whole, offline, and clear about what cannot be asked."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import _node
from tests.functional.test_stories import Traced, traced
from tests.lab.anvil_ledger import AnvilLedger
from tests.lab.venues import Ground, play_venues
from tests.reports.papers import demo_case
from tests.strategies import VICTIMS, account, transfer
from tests.tracer.made_workings import small
from tracer.audit import audit
from tracer.case import Case
from tracer.cli import FAULT, path, run
from tracer.cli import audit as command
from tracer.config import Config
from tracer.ledger import Follow
from tracer.lots import CONSERVING
from tracer.session import workings_of
from tracer.workings import Workings

Screen = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the two demonstrations, traced."""
    folder = tmp_path_factory.mktemp("cases")
    for name in ("evm", "tron"):
        shutil.copytree(demo_case(name), folder / f"demo-{name}")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"TRACER_CASES": str(folder), "XDG_CONFIG_HOME": str(folder), "COLUMNS": "80"}.items():
            patch.setenv(name, value)
        patch.setenv("LANG", "C.UTF-8")
        patch.delenv("LC_ALL", raising=False)
        patch.delenv("LC_MESSAGES", raising=False)
        patch.chdir(folder)
        yield folder


def document(screen: Screen, *arguments: str) -> dict[str, object]:
    """What a command prints as JSON."""
    screen.readouterr()
    assert run([*arguments, "--json"]) == 0
    found: dict[str, object] = json.loads(screen.readouterr().out)
    return found


@pytest.fixture
def read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests that ask for one path of a case after the other: its evidence is read for the first."""
    kept: list[Workings] = []

    async def workings(case: Case, config: Config) -> Workings:
        if not kept:
            kept.append(await workings_of(case, config))
        return kept[0]

    monkeypatch.setattr(path, "workings_of", workings)


@pytest.mark.parametrize("case", ["demo-evm", "demo-tron"])
def test_a_finished_case_closes(cases: Path, capsys: Screen, case: str) -> None:
    """Every line closes, nothing is asked of anybody, and the endpoints of the report are what the audit sums to."""
    capsys.readouterr()
    assert run(["audit", case, "--all"]) == 0
    text = capsys.readouterr().out
    assert "Every line closes to zero." in text
    audited = document(capsys, "audit", case)
    report = document(capsys, "show", case)
    assert audited["closes"] is True
    thefts = {row["origin"]: row for row in audited["thefts"]}  # type: ignore[attr-defined]
    for row in report["stolen"]:  # type: ignore[attr-defined]
        where = thefts[row["origin"]]["where"]
        assert all(sum(map(int, where[method].values())) == int(row["amount"]) for method in CONSERVING)
    for row in report["totals"]:  # type: ignore[attr-defined]
        assert thefts[row["origin"]]["where"][report["method"]][row["reason"]] == row["principal"]


def test_the_csv_file_is_whole_and_replaces_an_older_one(cases: Path, capsys: Screen) -> None:
    """--csv writes every line and transaction; an older file is replaced, and nothing else is left behind."""
    file = cases / "out" / "audit.csv"
    file.parent.mkdir()
    file.write_text("older")
    assert run(["audit", "demo-evm", "--csv", str(file)]) == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert str(file) in said.err
    with file.open(encoding="utf-8", newline="") as text:
        rows = list(csv.DictReader(text))
    assert f"rows: {len(rows)}" in said.err
    assert {row["line"] for row in rows} == {"theft", "not_followed", "account", "transfer", "conversion", "principal"}
    assert {row["difference"] for row in rows if row["line"] == "account" and row["method"] in CONSERVING} == {"0"}
    assert [path.name for path in file.parent.iterdir()] == ["audit.csv"]


def test_a_file_that_cannot_be_written_is_one_line(cases: Path, capsys: Screen) -> None:
    """No folder, no file: said in one line with the code of a case that cannot be used."""
    capsys.readouterr()
    assert run(["audit", "demo-evm", "--csv", str(cases / "nowhere" / "audit.csv")]) == 4
    assert re.search("cannot be written: No such file or directory", capsys.readouterr().err)


def test_one_address(cases: Path, capsys: Screen) -> None:
    """--address takes the beginning of an address and shows its transactions; an unknown one is refused."""
    found = document(capsys, "audit", "demo-evm", "--address", "0x4d303b")
    accounts = found["accounts"]
    assert {row["address"] for row in accounts} == {"0x4d303b2a7276f08b7ba2c795a3bd32008d936fc0"}  # type: ignore[attr-defined]
    assert all(row["transactions"] for row in accounts)  # type: ignore[attr-defined]
    assert run(["audit", "demo-evm", "--address", "0x4d303b", "--lang", "zh"]) == 0
    assert "交易" in capsys.readouterr().out
    assert run(["audit", "demo-evm", "--address", "0xffffffff"]) == 2
    assert "trace show" in capsys.readouterr().err


@pytest.mark.parametrize("extra", [[], ["--json"], ["--csv", "fault.csv"]])
def test_what_does_not_close_ends_with_the_code_of_a_fault(
    cases: Path, capsys: Screen, monkeypatch: pytest.MonkeyPatch, extra: list[str]
) -> None:
    """An error of the tool is printed with its difference, the rest is printed still, and the exit code is 70."""

    def tampered(workings: Workings) -> object:
        workings.tallies["lifo"].traced[-1] += 1
        return audit(workings)

    monkeypatch.setattr(command, "audited", tampered)
    capsys.readouterr()
    assert run(["audit", "demo-evm", *extra]) == FAULT
    said = capsys.readouterr()
    if not extra:
        assert "error of the tool" in said.out
        assert "Where the stolen units are" in said.out
        assert "difference" in said.out
    elif extra == ["--json"]:
        assert json.loads(said.out)["faults"]
    else:
        assert "error of the tool" in said.err
        assert "fault," in (cases / "fault.csv").read_text()


@pytest.mark.usefixtures("read_once")
def test_path_shows_the_way_of_the_report(cases: Path, capsys: Screen) -> None:
    """For every endpoint of the report, the passport has its amount, and its largest part came by the report's path."""
    report = document(capsys, "show", "demo-evm")
    for row in report["endpoints"]:  # type: ignore[attr-defined]
        found = document(capsys, "path", "demo-evm", row["address"], "--asset", row["asset"]["id"])
        mine = next(one for one in found["endpoints"] if one["reason"] == row["reason"])  # type: ignore[attr-defined]
        assert mine["amount"] == row["amount"]
        assert sum(int(part["amount"]) for part in mine["parts"]) == int(row["amount"])
        largest = [leg["tx"] for leg in mine["parts"][0]["transfers"]]
        assert list(dict.fromkeys(largest)) == row["path"]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_path_reads_in_both_languages(cases: Path, capsys: Screen, lang: str) -> None:
    """The passport of an endpoint and of an address that kept nothing, without a gap in either language."""
    for who, said in (("0x414268", "Example Exchange"), ("0x9e8d34", "0x3a6e8f2d7ff89cce53c30c01017bdc8f1c8d50cf")):
        capsys.readouterr()
        assert run(["path", "demo-evm", who, "--lang", lang]) == 0
        assert said in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["0xd74709bd"], "is a victim"),
        (["0x1234567890"], "trace show"),
        (["0x20"], "at least its first 6"),
        (["0x016587", "--asset", "gold"], "LABD"),
        (["0x016587", "--chain", "tron"], "LABD"),
        (["0x016587", "--chain", "nowhere"], "nowhere"),
        ([], "ENDPOINT"),
    ],
)
def test_what_cannot_be_shown_is_one_line(cases: Path, capsys: Screen, arguments: list[str], said: str) -> None:
    """A wrong endpoint gets exit code 2 and a line that says how to go on, never a traceback."""
    capsys.readouterr()
    assert run(["path", "demo-evm", *arguments]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert len(err.strip().splitlines()) == 1


def test_a_case_without_a_result_is_refused(cases: Path, capsys: Screen) -> None:
    """No such case: the code of a case that cannot be used."""
    for name in ("audit", "path"):
        capsys.readouterr()
        assert run([name, "nothing", *(["0x016587"] if name == "path" else [])]) == 4
        assert capsys.readouterr().err.startswith("trace: ")


def test_an_address_of_other_methods_only_is_refused_with_their_names(
    cases: Path, capsys: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the case's method does not reach has no passport; the line says which methods do, and where to look."""
    made = small(
        [transfer(1, "stranger", "hub", 50), transfer(2, VICTIMS[0], "hub", 50), transfer(3, "hub", "the-end", 50)],
        thefts=[1],
        follow={account("hub"): Follow(0, 0)},
    )

    async def made_workings(*_: object) -> Workings:
        return made

    monkeypatch.setattr(path, "workings_of", made_workings)
    capsys.readouterr()
    assert run(["path", "demo-evm", "the-en"]) == 2
    err = capsys.readouterr().err
    assert "the-end received nothing stolen under FIFO; only under: LIFO, pro rata, tainted first, poison." in err
    assert "trace audit" in err


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traced]:
    """The fifth theft of the lab's venues, traced on the real node: wrapped, pooled, staked, sold."""
    with _node() as node:
        ground = Ground(node, play_venues(node), AnvilLedger(node))
        yield traced(ground, tmp_path_factory.mktemp("story"), "rpc", ["e"])


@pytest.fixture
def asked(story: Traced, monkeypatch: pytest.MonkeyPatch) -> str:
    """The case of the story, with nothing else around."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(story.folder.parent))
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(story.folder.parent)
    return str(story.folder)


@pytest.mark.node
def test_a_story_of_conversions_closes(story: Traced, asked: str, capsys: Screen) -> None:
    """Accounts, conversions and principal close; what the report says of conversions and totals, the audit says too."""
    audited, report = document(capsys, "audit", asked), document(capsys, "show", asked)
    assert audited["closes"] is True
    mine = {row["tx"]: row for row in audited["conversions"]}  # type: ignore[attr-defined]
    assert len(report["conversions"]) >= 8  # type: ignore[arg-type]
    for row in report["conversions"]:  # type: ignore[attr-defined]
        one = mine[row["tx"]]
        assert one["kind"] == row["kind"]
        for method in CONSERVING:
            assert {part["difference"] for part in one["principal"][method]} <= {"0"}
        assert [part["in"] for part in one["principal"][report["method"]]] == [
            part["amount"] for part in row["principal"]
        ]
    thefts = {row["origin"]: row for row in audited["thefts"]}  # type: ignore[attr-defined]
    for row in report["totals"]:  # type: ignore[attr-defined]
        assert thefts[row["origin"]]["where"][report["method"]][row["reason"]] == row["principal"]


@pytest.mark.node
@pytest.mark.usefixtures("read_once")
def test_paths_of_a_story_are_those_of_the_report(story: Traced, asked: str, capsys: Screen) -> None:
    """For every endpoint the passport has its amount and its principal, whatever it was converted from."""
    report = document(capsys, "show", asked)
    for row in report["endpoints"]:  # type: ignore[attr-defined]
        found = document(capsys, "path", asked, row["address"], "--asset", row["asset"]["id"])
        mine = next(one for one in found["endpoints"] if one["reason"] == row["reason"])  # type: ignore[attr-defined]
        assert mine["amount"] == row["amount"]
        assert {part["origin"]: part["amount"] for part in mine["principal"]} == {
            part["origin"]: part["amount"] for part in row["principal"]
        }
        largest = [leg["tx"] for leg in mine["parts"][0]["transfers"]]
        assert list(dict.fromkeys(largest)) == row["path"]


@pytest.mark.node
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_story_reads_in_both_languages(story: Traced, asked: str, capsys: Screen, lang: str) -> None:
    """Audit, path and patterns of converted value are printed, with the conversions named."""
    name = {"en": "liquidity removed", "zh": "移除流动性"}[lang]
    conversion = next(one for one in story.result.conversions if one.kind == "liquidity_removed")
    for arguments in (["audit", asked, "--all"], ["path", asked, conversion.owner], ["patterns", asked]):
        capsys.readouterr()
        assert run([*arguments, "--lang", lang]) == 0
        assert arguments[0] == "patterns" or name in capsys.readouterr().out
