"""The back sections of the report: comparison, leads, limits, sources, labels, glossary, hashes, audit."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields, replace
from itertools import chain
from pathlib import Path

import pytest

from chains.model import Address
from reports.dossier_json import to_json
from reports.draft import Draft
from reports.numbers import HUNDRED
from reports.paper import (
    CODE,
    INFERENCE,
    LABEL,
    LEAD,
    Block,
    Bullets,
    Card,
    Cell,
    Code,
    Exact,
    Facts,
    Notice,
    Span,
    Table,
    text_in,
    text_of,
)
from reports.report import audit, comparison, glossary, hashes, involved, label_sources, leads, limits, sources
from reports.view import stolen
from tests.reports.papers import big_dossier, dossier, draft, sample_dossier, tron_dossier
from tests.reports.sample import HOT, USDT
from tracer.audit_lines import Fault
from tracer.demo import make_demo_case
from tracer.dossier import Answer, Dossier
from tracer.labels import Label
from tracer.lots import CONSERVING, METHODS
from tracer.question import Question
from tracer.result import NOT_FOLLOWED

ROOT = Path(__file__).parents[2]
MODULES = (comparison, involved, leads, limits, sources, label_sources, glossary, hashes, audit)
DOSSIERS = {"evm": dossier, "tron": tron_dossier, "sample": sample_dossier}


def blocks(made: Draft) -> Iterator[Block]:
    """Every block of these sections, those within cards too."""
    for module in MODULES:
        for block in module.SECTION.blocks(made):
            yield block
            yield from block.blocks if isinstance(block, Card) else ()


def tables(made: Draft) -> list[Table]:
    return [table for module in MODULES for table in module.SECTION.tables(made)]


def cells(made: Draft) -> Iterator[Cell]:
    """Every cell of papers and spreadsheets."""
    for block in chain(blocks(made), tables(made)):
        if isinstance(block, Table):
            yield from chain.from_iterable(block.rows)
        elif isinstance(block, Facts):
            yield from (cell for _, cell in block.rows)


def spans(made: Draft) -> Iterator[Span]:
    for block in blocks(made):
        lines = getattr(block, "lines", None) or getattr(block, "items", ()) or (getattr(block, "line", ()),)
        yield from chain.from_iterable(lines if not isinstance(block, Table | Facts | Card | Code) else ())
    yield from chain.from_iterable(line for cell in cells(made) for line in cell.lines)


def table(made: Draft, name: str) -> Table:
    return next(one for one in tables(made) if one.id == name)


def drawn(made: Draft, name: str) -> Table:
    """A table as the paper has it."""
    return next(one for one in blocks(made) if isinstance(one, Table) and one.id == name)


def units(cell: Cell) -> int:
    """The exact units of a cell, nil where it has none."""
    return cell.value.units if isinstance(cell.value, Exact) else 0


def words_of(made: Draft) -> str:
    """All that the paper says in these sections."""
    return "\n".join(span.text for span in spans(made))


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("name", DOSSIERS)
def test_every_table_is_whole(name: str, lang: str) -> None:
    """Names are unique, no two columns of a table share a title, and every row has a cell for each column."""
    made = draft(DOSSIERS[name](), lang)
    for group in ([one for one in blocks(made) if isinstance(one, Table)], tables(made)):
        assert len({one.id for one in group}) == len(group)
        for one in group:
            assert len({column.title for column in one.columns}) == len(one.columns), one.id
            assert {len(row) for row in one.rows} == {len(one.columns)}, one.id


def test_a_paper_bears_its_limit_and_says_what_is_left_out() -> None:
    """Of a large case every table has at most so many rows and tells how many there are; the spreadsheet has all."""
    made = replace(draft(big_dossier(300)), limit=20)
    long = {one.id: one for one in blocks(made) if isinstance(one, Table) and one.more}
    assert {"answers", "audit"} <= long.keys()
    assert all(len(one.rows) == 20 for one in long.values())
    assert "20 of 300" in text_of(long["answers"].more)
    assert len(table(made, "answers").rows) == 300
    wide = replace(made, limit=500)
    assert len(drawn(wide, "answers").rows) == hashes.ANSWERS
    assert len(drawn(replace(made, limit=None), "answers").rows) == 300


@pytest.mark.parametrize("name", DOSSIERS)
def test_every_method_accounts_for_all_that_was_stolen(name: str) -> None:
    """In the spreadsheet the units of each conserving method add up to what was stolen; in the paper its shares do."""
    made = draft(DOSSIERS[name]())
    result, sums = made.dossier.result, table(made, "methods")
    taken = stolen(result)
    for place, method in enumerate(METHODS, 2):
        whole = sum(units(row[place]) for row in sums.rows)
        assert method not in CONSERVING or whole == sum(units for _, units in taken.values())
    for number in range(1, len(taken) + 1):
        shares = drawn(made, f"compare-shares-{number}")
        *parts, together = ([text_in(cell) for cell in row] for row in shares.rows)
        for place, method in enumerate(METHODS, 1):
            figures = [int(row[place].replace(".", "")) for row in parts if row[place][0].isdigit()]
            rounded = sum(row[place] == "<0.01" for row in parts)
            if method in CONSERVING:
                assert sum(figures) in range(HUNDRED - rounded, HUNDRED + 1)
                assert together[place] == "100.00"


def test_bounds_hold_every_method_that_conserves_value() -> None:
    """No method's figure stands outside of the least and the most printed beside it."""
    sums = table(draft(dossier()), "methods")
    held = 0
    for row in sums.rows:
        least, most = (cell.value for cell in row[2 + len(METHODS) : 4 + len(METHODS)])
        for method, cell in zip(METHODS, row[2:], strict=False):
            if method in CONSERVING and isinstance(least, Exact) and isinstance(most, Exact):
                assert isinstance(cell.value, Exact)
                assert least.units <= cell.value.units <= most.units
                held += 1
    assert held > 20


def test_who_is_involved_is_said_as_an_inference() -> None:
    """Every tier's table is behind the sign of an inference or of a lead; the weakest tier is only counted."""
    made = replace(draft(sample_dossier()), limit=50)
    captions = [one.caption for one in blocks(made) if isinstance(one, Table) and one.id.startswith("involved-")]
    assert [caption[0] for caption in captions] == ["≈", "≈", "◇"]
    hidden = next(span for span in spans(made) if "some methods only, and later" in span.text)
    assert hidden.kind == INFERENCE
    assert len(table(made, "involved").rows) == len(sample_dossier().result.involved)


def test_leads_are_leads_to_the_eye_and_in_words() -> None:
    """A lead's title and sentence are of the lead's kind behind its sign, with figures, score and what was not seen."""
    made = draft(dossier())
    cards = [one for one in leads.blocks(made) if isinstance(one, Card)]
    assert len(cards) == len(dossier().findings.leads) == 1
    assert [span.kind for span in cards[0].title] == [LEAD]
    assert text_of(cards[0].title).startswith("◇ ")
    said = words_of(made)
    assert "proves nothing" in said
    assert "sent on 100 % (threshold ≥ 95)" in said
    assert all(one.why.split(":")[0][:30] in said for one in dossier().findings.unexamined)


def test_an_incomplete_case_says_so_first_and_with_amounts() -> None:
    """Gaps, unknown freezes and what was not followed stand in one warning, and each in its table with its units."""
    made = draft(sample_dossier())
    verdict = next(one for one in limits.blocks(made) if isinstance(one, Notice))
    said = " ".join(map(text_of, verdict.lines))
    assert verdict.tone == "warning"
    assert "Gaps: 1" in said
    assert "31,001 USDT (3.10 %" in said
    assert {row[2].value for row in table(made, "not-followed").rows} == {
        Exact(row.amount, 6) for row in sample_dossier().result.endpoints if row.reason in NOT_FOLLOWED
    }


def test_a_complete_case_says_what_that_means_and_what_it_does_not() -> None:
    """Where nothing is missing, a note says so, and the standing limits follow all the same."""
    verdict = next(one for one in limits.blocks(draft(dossier())) if isinstance(one, Notice))
    assert verdict.tone == "note"
    assert "An address is not a person." in words_of(draft(dossier()))


def test_what_is_not_proven_is_named_with_its_reason() -> None:
    """An account whose figures rest on something unproven is listed, its reason as an inference."""
    plain = dossier()
    weak = plain.audit.lines[0]._replace(weak=("calls of contracts were not read",))
    found = replace(plain, audit=plain.audit._replace(lines=(weak, *plain.audit.lines[1:])))
    rows = table(draft(found), "weak").rows
    assert len(rows) == 1
    assert weak.account[1] in text_in(rows[0][0])
    assert [span.kind for line in rows[0][1].lines for span in line] == [INFERENCE]
    assert next(one for one in limits.blocks(draft(found)) if isinstance(one, Notice)).tone == "warning"


def test_a_passed_address_is_said_loudly() -> None:
    """Where the user had the trace go through an address it would have ended at, the limits say so and to whom."""
    found = replace(dossier(), result=dossier().result._replace(through=(HOT,)))
    assert any(one.tone == "stop" and HOT in text_of(one.lines[0]) for one in _notices(draft(found)))


def _notices(made: Draft) -> list[Notice]:
    return [one for one in blocks(made) if isinstance(one, Notice)]


def test_every_setting_of_the_question_is_printed() -> None:
    """No field of a question is missing from the parameters, whether it was set or not."""
    rows = table(draft(dossier()), "parameters").rows
    names = {field.name for field in fields(Question)} - {"victims"} | {"victim"}
    assert {text_in(row[0]) for row in rows} == names
    assert dossier().question.victims[0].since in text_in(rows[0][1])


def test_no_folder_of_the_user_is_printed() -> None:
    """Of a list of labels and of an input only the file's name stands in the report."""
    question = replace(dossier().question, labels=("/home/qwzx/lists/mine.csv",))
    run = dossier().run._replace(inputs={"/home/qwzx/lists/mine.csv": "sha256:" + "cd" * 32})
    said = words_of(draft(replace(dossier(), question=question, run=run)))
    assert "mine.csv" in said
    assert "qwzx" not in said


def _failing() -> Dossier:
    """A case in which one question was answered at the second try, and one never."""
    at, digest = "2026-11-22T08:00:0{}Z", "sha256:" + "aa" * 32
    answers = (
        Answer(1, "one", "etherscan.1", "https://a.example", at.format(1), 429, "throttled", digest),
        Answer(2, "one", "etherscan.1", "https://a.example", at.format(3), 200, "ok", digest),
        Answer(3, "two", "rpc.1", "https://b.example", at.format(2), None, "down", digest),
    )
    return replace(dossier(), answers=answers)


def test_failing_sources_are_named_with_what_became_of_the_question() -> None:
    """Every answer that was no use is listed, and whether the same question was answered later."""
    made = draft(_failing())
    rows = [[text_in(cell) for cell in row] for row in table(made, "failed").rows]
    assert [(row[0], row[4]) for row in rows] == [
        ("1", "answered when asked again"),
        ("3", "no answer to this question"),
    ]
    found = {text_in(row[0]).split("\n")[0]: row for row in table(made, "sources").rows}
    assert found["etherscan.1"][1].value == 2
    assert found["etherscan.1"][2].value == 1
    assert text_in(found["etherscan.1"][3]) == "2026-11-22 08:00:01 UTC"
    assert text_in(found["etherscan.1"][4]) == "2026-11-22 08:00:03 UTC"


def test_every_answer_has_its_source_counted() -> None:
    """The answers of all sources add up to those that the case holds."""
    counts = [text_in(row[1]) for row in table(draft(dossier()), "sources").rows]
    assert sum(map(int, counts)) == len(dossier().answers)


def test_a_price_is_exact() -> None:
    """A price is not rounded to the cent, and an unpriced asset is said to be one."""
    shown = [text_in(row[2]) for row in table(draft(sample_dossier()), "prices").rows]
    assert shown == ["0.9997 USD", "no price"]


def _labelled() -> Dossier:
    """Two lists that do not agree on a wallet of the report, and a label of an address that is not in it."""
    chain_id = USDT.chain
    one = Label(
        chain_id, Address(HOT), "Binance", "exchange_hot", "list of one", "2026-08-22", 90, url="https://one.example"
    )
    other = one._replace(entity="OKX", source="list of another", confidence=60, as_of="")
    nobody = Address("0x" + "99" * 20)
    labels = {(chain_id, HOT): (one, other), (chain_id, str(nobody)): (one._replace(address=nobody),)}
    return replace(sample_dossier(), labels=labels)


def test_labels_of_the_report_stand_with_their_sources_and_contradictions() -> None:
    """Every label of an address in the result is there with source and date, contradictions marked; no other is."""
    made = draft(_labelled())
    rows = [[text_in(cell) for cell in row] for row in table(made, "labels").rows]
    assert [(row[2], row[5], row[8], row[11]) for row in rows] == [
        ("Binance", "list of one", "2026-08-22", "this one counts"),
        ("OKX", "list of another", "", "contradicts the one that counts"),
    ]
    assert "contradict the one that counts: 1" in words_of(made)
    assert any(span.kind == LABEL and "OKX" in span.text for span in spans(made))
    assert not any("99" * 20 in span.text for span in spans(made))


def test_the_lists_have_their_digests() -> None:
    """Every list that was on the machine stands with the digest of its copy."""
    assert "ef" * 32 in text_in(table(draft(sample_dossier()), "lists").rows[0][1])


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_glossary_has_both_languages_and_is_the_one_of_the_documentation(lang: str) -> None:
    """Every word is that of docs/glossary.md in both languages, with its meaning in the reader's."""
    text = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
    known = {tuple(part.strip() for part in row.strip("|").split("|")) for row in text.splitlines() if row[:1] == "|"}
    rows = [tuple(text_in(cell) for cell in row) for row in table(draft(dossier(), lang), "glossary").rows]
    assert {(row[1], row[0]) for row in rows} <= {(row[0], row[1]) for row in known}
    assert lang == "zh" or {(row[1], row[0], row[2]) for row in rows} <= known
    assert {"deposit address", "peel chain", "integrity check value", "lead", "mixer"} <= {row[1] for row in rows}
    assert len({row[0] for row in rows}) == len(rows)


def _printed(command: str, *arguments: str) -> str:
    """What a printed command says when its names are put in."""
    script = re.search(r'"(.*)"', command, re.DOTALL)
    assert script is not None
    run = [sys.executable, "-c", script[1], *arguments]
    return subprocess.run(run, capture_output=True, check=True, text=True).stdout.strip()


def test_the_dossiers_value_can_be_checked_as_printed(tmp_path: Path) -> None:
    """The command on the hash page, run on the JSON file, prints the digest on the hash page."""
    made = draft(sample_dossier())
    file = tmp_path / "report.json"
    file.write_bytes(to_json(made.dossier))
    assert _printed(hashes.CHECK_DOSSIER, str(file)) == made.digest
    assert made.digest in words_of(made)


def test_an_answers_value_can_be_checked_as_printed(tmp_path: Path) -> None:
    """The command on the hash page, run on a case, prints what stands beside the answer's number."""
    make_demo_case("evm", tmp_path / "case")
    number, *_, digest = table(draft(dossier()), "answers").rows[7]
    assert _printed(hashes.CHECK_ANSWER, str(tmp_path / "case/case.sqlite"), text_in(number)) == text_in(digest)


def test_every_answer_is_on_the_hash_page() -> None:
    """Each stored answer stands with its number and its whole SHA-256, never cut."""
    rows = drawn(draft(dossier()), "answers").rows
    assert [text_in(row[0]) for row in rows] == [str(one.number) for one in dossier().answers]
    for row, one in zip(rows, dossier().answers, strict=True):
        assert row[1].lines[0] == (Span(one.sha256.removeprefix("sha256:"), CODE),)


@pytest.mark.parametrize("name", DOSSIERS)
def test_every_line_of_the_audit_closes_by_its_own_figures(name: str) -> None:
    """In each row, what is added less what is taken off is the difference beside it, and that is nothing."""
    made = draft(DOSSIERS[name]())
    sums = table(made, "audit")
    signs = [-1 if column.title.startswith("−") else 1 for column in sums.columns[5:-1]]
    assert sums.rows
    for row in sums.rows:
        figures = [units(cell) for cell in row[5:]]
        if row[-1].value is not None:
            assert sum(sign * units for sign, units in zip(signs, figures[:-1], strict=True)) == figures[-1] == 0


def test_the_paper_shows_each_account_as_sums_that_close() -> None:
    """Each equation, worked out from its own text, comes to what it says and to the difference beside it."""
    rows = drawn(draft(dossier()), "audit").rows
    for row in rows:
        said = text_in(row[1]).replace("\u00a0", " ")
        left, right = said.split(": ", 1)[1].split("= ")
        left = re.sub(r"^\w+: ", "", left)
        total = sum(
            (-1 if sign == "−" else 1) * int(units.replace(",", ""))
            for sign, units in re.findall(r"(?:^|([+−]) )[a-z ]+ ([\d,]+)", left)
        )
        assert total == int(right) == 0, said
        assert text_in(row[2]) == "0"


def test_a_fault_is_loud() -> None:
    """A line that does not close makes the verdict a stop, is named with account and transaction, and marked."""
    plain = dossier()
    line = next(one for one in plain.audit.lines if one.gross is not None)
    assert line.gross is not None
    broken = line._replace(gross=line.gross._replace(held=line.gross.held + 7))
    fault = Fault("gross", "", line.account, plain.result.flows[0].tx, -7)
    lines = tuple(broken if one is line else one for one in plain.audit.lines)
    made = draft(replace(plain, audit=plain.audit._replace(lines=lines, faults=(fault,))))
    assert any(one.tone == "stop" and "do not close: 1" in text_of(one.lines[0]) for one in _notices(made))
    row = table(made, "audit-faults").rows[0]
    assert line.account[1] in text_in(row[1])
    assert row[2].value == Exact(-7, 0)
    assert any(span.text == "-7 ≠ 0" for span in spans(made))


def test_thefts_are_found_whole() -> None:
    """Each theft's sum names its amount and closes."""
    rows = table(draft(dossier()), "audit-thefts").rows
    assert len(rows) == len(dossier().audit.origins)
    for row, one in zip(rows, dossier().audit.origins, strict=True):
        first, *parts = (int(figure.replace(",", "")) for figure in re.findall(r"\d[\d,]*", text_in(row[2])))
        assert first == one.amount == sum(parts)
        assert row[3].value == Exact(0, 0)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_hostile_names_do_no_harm(lang: str) -> None:
    """No control or direction sign and no borrowed bracket of a label gets out of the sections."""
    for span in spans(draft(sample_dossier(), lang)):
        assert not re.search("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e]", span.text), span
        assert "[" not in span.text.replace("[2024] EWHC", "") or span.kind == LABEL, span


@pytest.mark.parametrize("name", DOSSIERS)
def test_codes_are_whole(name: str) -> None:
    """An address or hash of the result is only ever a span of its own, so that no format breaks or cuts it."""
    made = draft(DOSSIERS[name]())
    long = re.compile(r"0x[0-9a-f]{40,}|\bT[1-9A-HJ-NP-Za-km-z]{33}\b")
    lists = (block.items for block in limits.blocks(made) if isinstance(block, Bullets))
    notes = {span.text for items in lists for item in items for span in item}
    for span in spans(made):
        if span.kind != CODE and span.text not in notes and "POST" not in span.text and "GET" not in span.text:
            assert not long.search(span.text), span
    assert any(span.kind == CODE for span in spans(made))


def test_figures_are_the_results_own() -> None:
    """Each place of the spreadsheet has the result's own units under every method."""
    made = draft(dossier())
    for row, one in zip(table(made, "places").rows, dossier().result.methods, strict=True):
        shown = [cell.value.units for cell in row[3 : 3 + len(METHODS)] if isinstance(cell.value, Exact)]
        assert shown == [dict(one.units)[name] for name in METHODS if name in dict(one.units)]
        assert one.address in text_in(row[1])
