"""The bounds as readers get them: one exact sentence per place, in both languages, on any screen, and as JSON."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from rich.cells import cell_len
from rich.console import Console

from chains.model import FEE_SINK, Address
from reports.bounds_table import BoundsReport, bounds_document, render_bounds
from reports.view import View
from tests.reports.sample import HOSTILE_NAME
from tests.strategies import CHAIN, World, account, ledgers, transfer
from tests.tracer.made_workings import made_workings, small
from tracer.bound_rows import Asked, BoundRow
from tracer.cli import run
from tracer.fold import Fold
from tracer.labels import Label
from tracer.ledger import Follow, Tally
from tracer.lots import CONSERVING
from tracer.words import words
from tracer.workings import Workings

FIRST, SECOND, HOLDER = "0x" + "a1" * 20, "0x" + "b2" * 20, "0x" + "c3" * 20
UNIT = 10**6


def worked(*, weak: bool = False, named: str = "Some Exchange") -> Workings:
    """The worked vector: A and B are deposit addresses of one exchange, and the holder pays a fee of nothing stolen."""
    workings = small(
        [
            transfer(1, "bank", HOLDER, 2 * UNIT),
            transfer(2, "victim", HOLDER, 3 * UNIT),
            transfer(3, "bank", HOLDER, 5 * UNIT),
            transfer(4, HOLDER, FIRST, 4 * UNIT),
            transfer(5, HOLDER, SECOND, 4 * UNIT),
        ],
        [1],
        {account(HOLDER): Follow(0, 0, weak)},
    )
    label = Label(CHAIN, Address(FIRST), named, "exchange_deposit", "a list", "2024", 80)
    labels = {
        (CHAIN, FIRST): (label,),
        (CHAIN, SECOND): (label._replace(address=Address(SECOND), source="another list"),),
    }
    reasons = {**workings.reasons, account(FIRST): "exchange_deposit", account(SECOND): "exchange_deposit"}
    why = {account(HOLDER): ("its balance could not be read",)} if weak else {}
    return replace(workings, labels=labels, reasons=reasons, weak=why)


def every(workings: Workings) -> BoundsReport:
    asked = Asked(workings)
    return BoundsReport(list(asked.endpoints(asked.sinks())), [*asked.by_reason(), *asked.by_entity()])


def shown(
    workings: Workings, report: BoundsReport, lang: str = "en", width: int = 100, *, everything: bool = False
) -> str:
    out = io.StringIO()
    view = View(workings.result, words(lang), {CHAIN: "ethereum"}, "cases/mine", everything)
    render_bounds(Console(file=out, width=width), workings, view, report)
    return out.getvalue()


def joined(text: str) -> str:
    """The text without its line breaks, so that sentences can be found wherever they were broken."""
    return re.sub(r"\s*\n\s*", " ", text)


def named(rows: Iterator[BoundRow]) -> dict[str, tuple[int, int]]:
    return {row.name: row.bound[:2] for row in rows}


def test_the_worked_vector_in_words() -> None:
    """Each place and each group gets its sentence with least, most, whole, and three methods."""
    text = joined(shown(worked(), every(worked())))
    said = "Under any accounting rule that conserves value, at least {} of the stolen 3 COIN {}; FIFO gives {}."
    for least_most, where, methods in (
        ("0 COIN and at most 3 COIN", "arrived here", "2 COIN, pro rata 1.2 COIN, clean first 0 COIN"),
        ("0 COIN and at most 3 COIN", "arrived here", "1 COIN, pro rata 1.2 COIN, clean first 1 COIN"),
        ("0 COIN and at most 2 COIN", "arrived and stayed here", "0 COIN, pro rata 0.6 COIN, clean first 2 COIN"),
        (
            "1 COIN and at most 3 COIN",
            "ended at these 2 places together",
            "3 COIN, pro rata 2.4 COIN, clean first 1 COIN",
        ),
    ):
        assert said.format(least_most, where, methods) in text
    assert "[Some Exchange · a list · another list]" in text
    assert "These bounds hold on the transfers that were read" in text
    assert "weak" not in text


def test_what_every_rule_agrees_on_is_said_to_be_exact() -> None:
    """Where least and most are the same, there is one figure; a fee is said to be one."""
    workings = small(
        [transfer(1, "victim", HOLDER, 9), transfer(2, HOLDER, FIRST, 7), transfer(3, HOLDER, FEE_SINK, 1)],
        [0],
        {account(HOLDER): Follow(0, 0)},
    )
    text = joined(shown(workings, every(workings)))
    assert "exactly 0.000007 COIN of the stolen 0.000009 COIN arrived here" in text
    assert "exactly 0.000001 COIN of the stolen 0.000009 COIN were paid from here as network fees" in text
    assert FEE_SINK not in {row.name for row in every(workings).endpoints}


def test_groups_are_by_reason_and_by_entity() -> None:
    """Both groups have the places they should, and bounds of their own."""
    asked = Asked(worked())
    assert named(asked.by_reason()) == {"exchange_deposit": (UNIT, 3 * UNIT), "held": (0, 2 * UNIT)}
    assert named(asked.by_entity()) == {"Some Exchange": (UNIT, 3 * UNIT)}
    assert [row.places for row in asked.together(asked.sinks())] == [3]
    assert list(asked.together(asked.sinks()[:1])) == []


@pytest.mark.parametrize(
    ("method", "order"), [("fifo", [FIRST, SECOND, HOLDER]), ("lifo", [SECOND, FIRST, HOLDER])], ids=["fifo", "lifo"]
)
def test_the_largest_comes_first(method: str, order: list[str]) -> None:
    """Places are in the order of what the case's own method has there, then any other."""
    workings = worked()
    ours = replace(workings, fold=Fold(workings.ledger, method).run())
    assert [sink.account[1] for sink in Asked(ours).sinks()] == order


def test_a_method_outside_the_bounds_is_an_error_of_the_tool() -> None:
    """Figures that no rule can give are never shown beside bounds that deny them."""
    workings = worked()
    wrong = Tally("fifo", [0] * len(workings.ledger), {(workings.ledger.numbers[account(HOLDER)], 0): 3 * UNIT})
    asked = Asked(replace(workings, tallies={**workings.tallies, "fifo": wrong}))
    with pytest.raises(AssertionError, match="error of the tool"):
        list(asked.endpoints(asked.sinks()))


def test_a_weak_row_says_why() -> None:
    """Accounts whose balance is not proven are named with the reason; beyond three they are counted."""
    workings = worked(weak=True)
    text = joined(shown(workings, every(workings)))
    assert "≈ weak: on the way here, balances that are not proven count as unlimited (accounts: 1)" in text
    assert f"{HOLDER} – its balance could not be read" in text
    short = small(
        [
            transfer(0, "victim", "0x0", 9),
            *(transfer(n, f"0x{n - 1}", f"0x{n}", 9 + n) for n in range(1, 7)),
        ],
        [0],
        {account(f"0x{n}"): Follow(0, 0) for n in range(6)},
    )
    report = every(short)
    assert "and 3 more accounts" in joined(shown(short, report))
    assert "more accounts" not in joined(shown(short, report, everything=True))
    assert "it paid out 1 base units more than it is known to have had" in joined(shown(short, report))


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("width", [60, 100, 160])
def test_addresses_are_whole_and_lines_fit(lang: str, width: int) -> None:
    """Whatever the language and the width, no line is too long and no address is broken."""
    workings = worked(weak=True, named=HOSTILE_NAME)
    lines = shown(workings, every(workings), lang, width).splitlines()
    assert [line for line in lines if cell_len(line) > width] == []
    for address in (FIRST, SECOND, HOLDER):
        assert any(line.endswith(address) for line in lines)


def test_a_name_can_do_no_harm() -> None:
    """What others wrote reaches neither the terminal nor JSON with its control characters."""
    workings = worked(named=HOSTILE_NAME)
    text = shown(workings, every(workings))
    assert not re.search("[\x07\x1b\u202e]", text)
    document = json.dumps(bounds_document(workings, every(workings).groups), ensure_ascii=False)
    assert not re.search(r"[\x07\x1b\u202e]|\\u001b", document)


def test_chinese_has_the_same_figures() -> None:
    """The Chinese report names the same amounts, and no English sentence."""
    text = shown(worked(weak=True), every(worked(weak=True)), "zh", 400)
    english = shown(worked(weak=True), every(worked(weak=True)), "en", 400)
    assert sorted(re.findall(r"[\d.]+ COIN", text)) == sorted(re.findall(r"[\d.]+ COIN", english))
    assert "在任何金额守恒的核算规则下" in text
    assert not re.search("Under|arrived|weak", text)


def test_nothing_stolen_is_said() -> None:
    """A case without value to follow has a report all the same."""
    workings = small([transfer(1, "bank", HOLDER, 5)], [], {account(HOLDER): Follow(0, 0)})
    assert "No stolen value was followed." in shown(workings, every(workings))


@settings(max_examples=60, deadline=None)
@given(ledgers(assets=("native", "gold"), chains=(CHAIN, "eip155:56")))
def test_the_document_holds_for_every_method(world: World) -> None:
    """In every row of every world, each conserving method lies between least and most, and they within the whole."""
    workings = made_workings(world)
    report = every(workings)
    stolen = {
        (one.chain, one.asset): sum(
            other.amount
            for other in workings.ledger.transfers
            if other.identity in world.seeds and (other.chain, other.asset) == (one.chain, one.asset)
        )
        for one in workings.ledger.transfers
    }
    for row in bounds_document(workings, [*report.endpoints, *report.groups])["bounds"]:
        assert set(row["methods"]) == set(CONSERVING)
        for units in row["methods"].values():
            assert 0 <= int(row["least"]) <= int(units) <= int(row["most"]) <= int(row["stolen"])
        assert int(row["stolen"]) == stolen[row["chain"], row["asset"]]
        assert row["weak"] == bool(row["doubts"])
    whole = list(Asked(workings).together(Asked(workings).sinks()))
    assert all(row.bound[:2] == (row.stolen, row.stolen) for row in whole)


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The bundled case, traced."""
    folder = tmp_path_factory.mktemp("demonstration")
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        patched.setenv("XDG_CONFIG_HOME", str(folder))
        assert run(["demo"]) == 0
    return str(folder / "cases" / "demo-evm")


def test_the_command_says_it_of_all(demonstration: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Without endpoints, every endpoint and the groups by reason and entity, as text and as JSON."""
    assert run(["bounds", demonstration, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["bounds"]
    assert {row["kind"] for row in rows} == {"endpoint", "reason", "entity"}
    dollars = {row["name"]: (row["least"], row["most"], row["stolen"]) for row in rows if row["symbol"] == "LABD"}
    assert dollars["exchange_deposit"] == ("3800000000", "4500000000", "8500000000")
    assert dollars["Example Exchange"] == dollars["exchange_deposit"]
    assert run(["bounds", demonstration, "--lang", "zh"]) == 0
    text = capsys.readouterr().out
    assert all(row["name"] in text for row in rows if row["kind"] == "endpoint")


def test_the_command_says_it_of_some(demonstration: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With endpoints, the rows of each, and all of them together where they share an asset."""
    first, second = "0x414268314668af6a0ad306626ab29fcf1482ffa2", "0x0165878a594ca255338adfa4d48449f69242eb8f"
    assert run(["bounds", demonstration, first.upper().replace("X", "x"), second[:10], "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["bounds"]
    assert {row["name"] for row in rows if row["kind"] == "endpoint"} == {first, second}
    together = [row for row in rows if row["kind"] == "together"]
    assert [(row["symbol"], row["places"], row["least"], row["most"]) for row in together] == [
        ("LABD", 2, "3800000000", "4500000000")
    ]


@pytest.mark.parametrize("endpoint", ["0x41", "0x0123456789", "nobody"])
def test_an_endpoint_that_is_none_is_refused(
    demonstration: str, endpoint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One clear line and exit code 2."""
    assert run(["bounds", demonstration, endpoint]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"trace: {endpoint}: ")
    assert said.count("\n") == 1


def test_beyond_the_limit_endpoints_are_counted(
    demonstration: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is left out is said, with the command that shows it; --all shows it."""
    monkeypatch.setattr("tracer.cli.bounds.ROWS", 2)
    assert run(["bounds", demonstration]) == 0
    assert "15 more endpoints; all of them: trace bounds" in joined(capsys.readouterr().out)
    assert run(["bounds", demonstration, "--all"]) == 0
    assert "more endpoints" not in joined(capsys.readouterr().out)
