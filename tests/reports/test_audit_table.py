"""The audit on a screen and in files: every figure whole, every error red, and nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from chains.model import FEE_SINK, Address, Asset, AssetId, Kind, Transfer
from reports.audit_account import AuditView
from reports.audit_export import COLUMNS, FORMULA, audit_csv, audit_document, harmless
from reports.audit_table import ENTRIES, ROWS, render_audit
from reports.view import View
from tests.strategies import CHAIN, VICTIMS, World, account, ledgers, transfer
from tests.tracer.made_workings import made_workings, small
from tests.tracer.test_audit_conversions import ordered, swapped, vain
from tests.worlds import world
from tracer.audit import audit
from tracer.labels import Label
from tracer.ledger import Follow
from tracer.lots import CONSERVING, METHODS
from tracer.words import sentence, words
from tracer.workings import Workings

VICTIM = "0x" + "a1" * 20
HUB = "0x" + "b2" * 20
ENDS = ["0x" + f"{number:02x}" * 20 for number in range(16, 40)]
UNIT = 10**6


def mixed() -> Workings:
    """The worked example with whole addresses, a fee, a shortage and a doubt."""
    workings = small(
        [
            transfer(1, ENDS[9], HUB, 2 * UNIT),
            transfer(2, VICTIM, HUB, 3 * UNIT),
            transfer(3, ENDS[9], HUB, 5 * UNIT),
            transfer(4, HUB, ENDS[0], 4 * UNIT),
            transfer(5, HUB, ENDS[1], 4 * UNIT),
            transfer(6, HUB, FEE_SINK, UNIT, kind=Kind.FEE),
            transfer(7, HUB, ENDS[2], 2 * UNIT),
        ],
        thefts=[1],
        follow={account(HUB): Follow(0, 0)},
    )
    return replace(workings, weak={account(HUB): (sentence("rule.balance_unknown"),)})


def many(count: int) -> Workings:
    """A chain of that many followed accounts, each passing on all it received."""
    people = [VICTIM, *(f"0x{number:040x}" for number in range(1, count + 2))]
    rows = [transfer(at, people[at], people[at + 1], UNIT) for at in range(count + 1)]
    return small(rows, [0], {account(one): Follow(0, 0) for one in people[1:-1]})


def shown(
    workings: Workings,
    lang: str = "en",
    width: int = 80,
    *,
    everything: bool = False,
    address: str | None = None,
    colour: bool = False,
) -> str:
    """The audit as it is printed."""
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=colour, color_system="truecolor" if colour else None)
    view = View(workings.result, words(lang), {CHAIN: "ethereum"}, "cases/mine", everything)
    render_audit(console, AuditView(workings, audit(workings), view, address))
    return out.getvalue()


def joined(text: str) -> str:
    """The text without its line breaks and unbreakable spaces."""
    return re.sub(r"\s*\n\s*", " ", text).replace("\u00a0", " ")


def records(workings: Workings) -> list[dict[str, str]]:
    """The CSV file read again."""
    return list(csv.DictReader(io.StringIO("".join(audit_csv(workings, audit(workings))))))


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("width", [80, 100, 150])
def test_lines_fit_and_addresses_are_whole(lang: str, width: int) -> None:
    """No line is wider than the terminal, and what a reader copies is unbroken."""
    text = shown(mixed(), lang, width)
    assert [line for line in text.splitlines() if cell_len(line.rstrip()) > width] == []
    for whole in (VICTIM, HUB, ENDS[0], ENDS[1], "tx-2-0"):
        assert any(whole in line for line in text.splitlines()), whole


def test_equations_are_whole_where_columns_do_not_fit() -> None:
    """On a narrow screen the worked example reads as equations, methods with equal figures in one."""
    text = joined(shown(mixed(), width=60))
    assert (
        "balance: opening 0 + in 10,000,000 + short 1,000,000 − out 10,000,000 − fee 1,000,000 − held 0 = 0"
    ) in text
    assert "pro rata: in 3,000,000 − out 2,700,000 − fee 300,000 − held 0 = 0" in text
    assert "poison: in 3,000,000, out 10,000,000, fee 1,000,000, held 0; exposure, which need not close" in text
    assert "every method but poison: in" not in text


def test_columns_have_the_same_figures_where_they_fit() -> None:
    """On a wide screen every figure of the account stands under its head."""
    rows = [line.split() for line in shown(mixed(), width=120).splitlines()]
    assert ["opening", "+", "in", "+", "short", "−", "out", "−", "fee", "−", "held", "="] in rows
    assert ["balance", "0", "10,000,000", "1,000,000", "10,000,000", "1,000,000", "0", "0"] in rows
    assert ["pro", "rata", "3,000,000", "2,700,000", "300,000", "0", "0"] in rows


def test_sums_and_what_was_not_followed_stand_above() -> None:
    """Per asset and method: where the stolen units are, and what was not followed with its share, marked when much."""
    text = joined(shown(mixed()))
    assert "pro rata: stolen 3,000,000 = spent as network fees 300,000 + not followed 2,700,000" in text
    assert "pro rata: not followed: 2,700,000 (90.00 % of the stolen value), branches: 3 ! more than 1 %" in text
    assert "transfers 7, accounts 6, thefts 1, methods 6. Every line closes to zero." in text
    assert "poison: stolen 3,000,000; exposure, which does not add up to it: spent as network fees 1,000,000" in text


def test_what_is_followed_to_the_end_is_not_marked() -> None:
    """Nothing left unfollowed is said too, without a mark."""
    workings = small([transfer(1, VICTIM, HUB, 500)], [0], {account(HUB): Follow(0, 0)})
    text = joined(shown(workings))
    assert "every method but poison: not followed: 0 (0.00 % of the stolen value), branches: 0" in text
    assert "more than 1 %" not in text


def test_doubts_are_inferences() -> None:
    """A line that rests on something unproven says so behind the sign of inferences."""
    text = joined(shown(mixed()))
    assert f"≈ {sentence('rule.balance_unknown')} (not proven)" in text
    assert f"≈ {sentence('rule.short', units=UNIT)} (not proven)" in text


@pytest.mark.parametrize("width", [60, 120])
def test_what_does_not_close_is_red_with_its_difference(width: int) -> None:
    """An error is counted above, red in its line, and listed at the end with account and difference."""
    workings = mixed()
    workings.tallies["lifo"].held[workings.ledger.numbers[account(HUB)], 0] = 7
    text = shown(workings, width=width, colour=True)
    red = re.findall(r"\x1b\[[0-9;]*31m(.*?)\x1b", text)
    assert any("does not close" in line or "do not close" in line for line in red)
    assert any("-7" in line for line in red)
    plain = joined(shown(workings, width=width))
    assert "Lines that do not close: 3." in plain
    assert "the stolen part of an account does not close (LIFO): difference -7 ethereum native " + HUB in plain
    assert "the units of a theft are not all found (LIFO): difference -7" in plain
    assert "Every line closes" not in plain
    assert "pro rata: stolen 3,000,000 = " in plain


def test_rows_are_limited_and_all_of_them_on_demand() -> None:
    """500 accounts: the first few, the count of the rest and how to see them; the sums are whole either way."""
    workings = many(500)
    text, whole = shown(workings), shown(workings, everything=True)
    assert f"{500 - ROWS} more; all of them: trace audit cases/mine --all" in joined(text)
    assert len(text.splitlines()) < 150
    assert all(f"0x{number:040x}" in whole for number in range(1, 501))
    assert "more; all" not in whole
    cut = text.index("Thefts")
    assert text[:cut] == whole[: whole.index("Thefts")]


def test_one_address_with_its_transactions() -> None:
    """--address shows only that address, every row with what it did to the balance and the stolen part of it."""
    text = joined(shown(mixed(), address=HUB))
    assert "Thefts" not in text
    assert f"1970-01-01T00:00:20Z · in 3,000,000 · balance 5,000,000 tx-2-0 ← {VICTIM}" in text
    assert "out 2,000,000 · balance 0 · short 1,000,000" in text
    assert "→ network fees" in text
    assert (
        "stolen part: FIFO · LIFO · tainted first 0; pro rata 300,000; clean first 1,000,000; poison 2,000,000" in text
    )
    victim = joined(shown(mixed(), address=VICTIM))
    assert f"stolen from it 3,000,000 tx-2-0 → {HUB}" in victim
    assert "Accounts whose history was read" not in victim


def test_many_transactions_are_limited() -> None:
    """Of a busy address the first rows and the count of the rest."""
    rows = [transfer(1, VICTIM, HUB, 1000), *(transfer(at, HUB, ENDS[0], 1) for at in range(2, 2 + 2 * ENTRIES))]
    workings = small(rows, [0], {account(HUB): Follow(0, 0)})
    text = joined(shown(workings, address=HUB))
    assert f"{ENTRIES + 1} more; all of them: trace audit cases/mine --address {HUB} --all" in text
    assert shown(workings, address=HUB, everything=True).count("tx-") == 1 + 2 * ENTRIES


def test_hostile_names_are_harmless() -> None:
    """Neither a token's symbol nor a label's name reaches the screen or the file as it was written."""
    evil = Asset(CHAIN, AssetId("native"), '=HYPERLINK("x")\x1b[31m', 6)
    named = Label(CHAIN, Address(HUB), "[Bank]\u202e\n", "other", "@source", "", 50)
    workings = replace(mixed(), assets={(CHAIN, AssetId("native")): evil}, labels={(CHAIN, HUB): (named,)})
    text = shown(workings)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "[(Bank) · @source]" in joined(text)
    assert {row["symbol"] for row in records(workings)} == {'\'=HYPERLINK("x")'}


@given(st.text())
def test_no_cell_begins_like_a_formula(text: str) -> None:
    """Whatever a text is, a spreadsheet does not calculate it, and it stays in its line."""
    cell = str(harmless(text))
    assert not cell.startswith(FORMULA)
    assert not re.search("[\r\n\t]", cell)


def test_figures_are_numbers_in_full() -> None:
    """Amounts are whole numbers, negative ones too, and are never changed."""
    assert [harmless(one) for one in (2**256, 0, -5, None, "a")] == [2**256, 0, -5, "", "a"]


@given(ledgers(assets=("native", "0xtoken")))
def test_the_file_has_everything(world: World) -> None:
    """The CSV file holds every account's figures under every method, and transactions that add up to them."""
    workings = made_workings(world)
    found = audit(workings)
    rows = records(workings)
    assert all(tuple(row) == COLUMNS for row in rows)
    for line in found.lines:
        mine = [row for row in rows if (row["chain"], row["address"], row["asset"]) == line.account]
        for one in line.stolen:
            total = next(row for row in mine if row["line"] == "account" and row["method"] == one.method)
            names = ("in", "early", "out", "fee", "held", "made", "converted")
            assert [int(total[name]) for name in names] == list(one.figures)
            came = [row for row in mine if row["line"] == "transfer" and row["direction"] in ("in", "early")]
            assert sum(int(row[f"stolen_{one.method}"]) for row in came) == one.received
    for method in CONSERVING:
        thefts = [row for row in rows if row["line"] == "theft" and row["method"] == method]
        assert sum(int(row["amount"]) for row in thefts) == sum(world.stolen().values())


@given(ledgers())
def test_the_document_has_everything(world: World) -> None:
    """The JSON document survives writing and reading, and holds every line with its transactions."""
    workings = made_workings(world)
    found = audit(workings)
    document = json.loads(json.dumps(audit_document(workings, found)))
    assert document["closes"] is True
    assert document["methods"] == list(METHODS)
    assert [row["address"] for row in document["accounts"]] == [line.account[1] for line in found.lines]
    for row, line in zip(document["accounts"], found.lines, strict=True):
        assert (row["everything"] is None) == (line.gross is None)
        paid = [one for one in row["transactions"] if one["direction"] in ("out", "fee")]
        for part in line.stolen:
            assert sum(int(one["stolen"][part.method]) for one in paid) == part.out + part.fee
            assert row["stolen"][part.method]["difference"] == str(part.difference)


def test_the_files_name_what_does_not_close() -> None:
    """A fault is a row of the CSV file and of the document, by how much."""
    workings = mixed()
    workings.ledger.balance[workings.ledger.numbers[account(HUB)]] = 5
    faults = [row for row in records(workings) if row["line"] == "fault"]
    assert [(row["reason"], row["address"], row["difference"]) for row in faults] == [("gross", HUB, "-5")]
    document = audit_document(workings, audit(workings))
    assert not document["closes"]
    assert [(one["kind"], one["by"]) for one in document["faults"]] == [("gross", "-5")]


def test_victims_of_the_strategies_are_lines_too() -> None:
    """A victim that something came back to stands among the victims and where the trail ends."""
    first: list[Transfer] = [transfer(1, VICTIMS[0], HUB, 50), transfer(2, HUB, VICTIMS[0], 20)]
    workings = small(first, [0], {account(HUB): Follow(0, 0)})
    text = joined(shown(workings))
    assert "COIN on ethereum: stolen 50, transfers: 1" in text
    assert "every method but poison: in 20 − resting there 20 = 0" in text


@pytest.mark.parametrize("width", [60, 120])
def test_what_came_too_early_is_said(width: int) -> None:
    """Stolen units from before an account's history are part of what it received, and said to rest there."""
    rows = [transfer(1, VICTIM, HUB, 30), transfer(5, VICTIM, HUB, 4)]
    text = joined(shown(small(rows, [0, 1], {account(HUB): Follow(3, 0)}), width=width))
    assert "every method but poison: of what came in, 30 came before the history read begins, and rests there" in text
    assert "Every line closes to zero." in text


def records_of(text: str) -> list[dict[str, str]]:
    """A CSV file read again."""
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("width", [80, 150])
def test_conversions_fit_and_read_in_both_languages(lang: str, width: int) -> None:
    """No line is too wide, and every key has its words, with and without an address."""
    for address in (None, "hub", "friend", "pool"):
        text = shown(swapped(), lang, width, address=address)
        assert [line for line in text.splitlines() if cell_len(line.rstrip()) > width] == []


def test_a_conversion_says_what_went_in_and_came_out() -> None:
    """Rows with shares and stolen parts, and the principal of every theft in an equation."""
    text = joined(shown(swapped(), width=150, everything=True))
    assert "Conversions: principal in = principal out" in text
    assert "in 2,500 base units of COIN ← hub stolen part: FIFO · clean first 500; LIFO" in text
    assert "out 500 base units of COIN · share 75.00 % → friend" in text
    assert "out 250 base units of COIN · share 25.00 % → hub" in text
    assert "FIFO · clean first: theft 1: principal in 250 − out 250 = 0" in text


def test_columns_of_conversions_stand_where_there_are_any() -> None:
    """An account that converted has two more columns; one that did not has none of them."""
    wide, without = shown(swapped(), width=150), shown(mixed(), width=150)
    assert "+ made" in wide
    assert "− converted" in wide
    assert "+ made" not in without
    assert "from conversions 3,000" in joined(shown(swapped(), width=60))
    assert "in 0 + from conversions 100 − resting there 100 = 0" in joined(shown(swapped(), width=60))


def test_an_order_names_both_of_its_transactions() -> None:
    """A conversion that a later transaction completed stands with both."""
    text = joined(shown(ordered(), width=150))
    assert "tx-4-0 1970-01-01T00:01:20Z · filled by a later transaction tx-8-0 in 600 base units of COIN" in text


def test_what_got_nothing_is_said() -> None:
    """Stolen units that a conversion gave nothing for are named, with where they rest."""
    text = joined(shown(vain(), width=150))
    assert "every method but poison: 1 stolen base units got nothing for it" in text
    pool = joined(shown(vain(), width=150, address="pool"))
    assert "into a conversion that gave nothing for it 1,000" in pool


def test_conversions_are_in_the_files() -> None:
    """The CSV file and the document have every row and every theft's principal, and no figure is lost in a cell."""
    workings = swapped()
    rows = records_of("".join(audit_csv(workings, audit(workings))))
    sides = [row for row in rows if row["line"] == "conversion"]
    assert [(row["conversion"], row["direction"], row["amount"], row["weight"], row["whole"]) for row in sides] == [
        ("1", "in", "1500", "1500", "1500"),
        ("1", "out", "3000", "1", "1"),
        ("2", "in", "2500", "2500", "2500"),
        ("2", "out", "500", "3", "4"),
        ("2", "out", "250", "1", "4"),
    ]
    assert [row["stolen_fifo"] for row in sides] == ["500", "1000", "500", "100", "50"]
    closing = [row for row in rows if row["line"] == "principal"]
    assert {row["difference"] for row in closing} == {"0"}
    assert {row["method"] for row in closing} == set(CONSERVING)
    document = json.loads(json.dumps(audit_document(workings, audit(workings))))
    assert [one["number"] for one in document["conversions"]] == [1, 2]
    assert document["conversions"][1]["principal"]["fifo"] == [
        {"origin": "1", "in": "250", "out": "250", "difference": "0"}
    ]


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32))
def test_whatever_was_converted_is_printed(seed: int) -> None:
    """Any world's audit can be printed and written, conversions and all."""
    workings = made_workings(world(seed))
    out = io.StringIO()
    view = View(workings.result, words("zh"), {CHAIN: "ethereum"}, "cases/mine", everything=True)
    render_audit(Console(file=out, width=100), AuditView(workings, audit(workings), view))
    assert records(workings)
    assert json.dumps(audit_document(workings, audit(workings)))
