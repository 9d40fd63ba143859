"""What a second source and the chain say, as readers see it: contradictions first, counts that add up, hashes whole."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from reports.checked_list import checked, contradicted, counts, reasons, warnings
from reports.draft import Draft
from reports.paper import Notice, Table, text_in, text_of
from reports.report import checked as section
from reports.report import summary
from reports.terminal import render
from tests.reports.hostile import HOSTILE
from tests.reports.papers import sample_dossier
from tests.reports.sample import TODAY, sample, tx
from tracer.result import Result
from tracer.words import LANGUAGES, sentence, words


def shown(result: Result, lang: str, *, everything: bool = False) -> str:
    out = io.StringIO()
    render(result, lang, Console(file=out, width=120), today=TODAY, everything=everything)
    return out.getvalue()


def drafted(result: Result, lang: str = "en") -> Draft:
    return Draft.of(replace(sample_dossier(), result=result), lang, today=TODAY)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_contradiction_is_the_first_line_of_the_report(lang: str) -> None:
    """Before title and victim stands which transaction it is, and who says what."""
    said = shown(sample(), lang)
    top = said[: said.index(words(lang)("title"))]
    assert tx(7) in top
    assert "etherscan" in top
    assert "routescan" in top


def test_without_a_contradiction_the_report_begins_with_its_title() -> None:
    """Where sources agree or are silent, nothing stands before the title."""
    result = sample()
    honest = result._replace(corroborations=tuple(one for one in result.corroborations if one.verdict != "differs"))
    assert shown(honest, "en").startswith("Trace of stolen funds")


def test_counts_and_reasons_account_for_every_transaction() -> None:
    """Confirmed, differing and unconfirmed are all; each unconfirmed or unproven one has its reason counted."""
    result = sample()
    assert list(counts(result, words("en"))) == [
        "2 of 4 transactions are confirmed by a second, independent source; differing: 1",
        "2 of 3 transactions are proven from the chain's own blocks; with their logs: 1",
    ]
    said = list(reasons(result, words("en")))
    assert sum(int(one.split()[0]) for one in said if "not confirmed" in one) == 1
    assert sum(int(one.split()[0]) for one in said if "not proven" in one) == 2


def test_one_failure_is_one_reason_whatever_transaction_it_names() -> None:
    """A source that is down is said once with its count; rare reasons are summed up, and none is lost."""
    one = sample().inclusions[0]._replace(transaction="unproven", receipt="unproven")
    down = tuple(one._replace(tx=tx(n), why=f"proof of {tx(n)}: rpc.1 did not answer") for n in range(16))
    assert list(reasons(sample()._replace(corroborations=(), inclusions=down), words("en"))) == [
        "16 not proven in full: proof of …: rpc.1 did not answer"
    ]
    rare = tuple(one._replace(tx=tx(n), why=f"reason {n}") for n in range(16))
    said = list(reasons(sample()._replace(corroborations=(), inclusions=rare), words("en")))
    assert len(said) == 11
    assert sum(int(line.split()[0]) for line in said) == 16


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_contradiction_says_how_to_settle_it(lang: str) -> None:
    """With the block's hash where the block is proven, so that a third explorer decides."""
    result = sample()
    differs = next(one for one in result.corroborations if one.verdict == "differs")
    proven = next(one for one in result.inclusions if one.transaction == "proven")
    both = result._replace(corroborations=(differs._replace(tx=proven.tx, role=proven.role, chain=proven.chain),))
    (said,) = warnings(both, words(lang))
    assert proven.hash in said
    (said,) = warnings(both._replace(inclusions=()), words(lang))
    assert words(lang)("checked.settle") in said


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_block_hash_is_whole_where_all_is_shown(lang: str) -> None:
    """A hash to be compared stands on a line of its own, uncut."""
    lines = [line.strip(" •") for line in shown(sample(), lang, everything=True).splitlines()]
    hashes = [one.hash for one in sample().inclusions if one.hash]
    assert hashes
    assert set(hashes) <= set(lines)


def test_a_trace_without_the_last_look_has_no_such_section() -> None:
    """An older result prints as ever, and its paper says that nothing was compared."""
    old = sample()._replace(corroborations=(), inclusions=())
    assert words("en")("section.checked") not in shown(old, "en")
    said = [text_of(block.line) for block in section.blocks(drafted(old))[1:]]  # type: ignore[union-attr]
    assert said == [words("en")("checked.none")]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_page_one_has_a_card_for_each_contradiction(lang: str) -> None:
    """Three are told one by one, more are counted; the section has them all."""
    result = sample()
    differs = next(one for one in result.corroborations if one.verdict == "differs")
    many = tuple(differs._replace(tx=tx(number)) for number in range(40, 45))
    drawn = drafted(result._replace(corroborations=many), lang)
    notices = [block for block in summary.blocks(drawn) if isinstance(block, Notice)]
    said = ["\n".join(map(text_of, notice.lines)) for notice in notices]
    assert [sum(tx(number) in one for one in said) for number in range(40, 45)] == [1, 1, 1, 0, 0]
    assert sum(drawn.w("checked.title") in one for one in said) == 1
    whole = next(block for block in section.blocks(drawn) if isinstance(block, Notice))
    assert len(whole.lines) == 5


def test_a_proof_that_contradicts_is_a_finding_too() -> None:
    """Where the block's own logs lack a movement, that stands on top as well, in both languages."""
    result = sample()
    why = sentence("rule.proof_contradicts")
    lacking = result.inclusions[0]._replace(receipt="unproven", why=why)
    refuted = result._replace(corroborations=(), inclusions=(lacking, *result.inclusions[1:]))
    assert [row.tx for row in checked(refuted) if contradicted(row)] == [tx(0)]
    for lang in LANGUAGES:
        (said,) = warnings(refuted, words(lang))
        assert tx(0) in said
    assert "代币转移" in said


def test_the_table_has_every_transaction_in_columns() -> None:
    """The data formats get block number and hash of every transaction, and who said what."""
    (table,) = section.tables(drafted(sample()))
    assert isinstance(table, Table)
    rows = [[text_in(one) for one in row] for row in table.rows]
    assert len(rows) == 4
    assert rows[0][1] == tx(7)
    by_tx = {row[1]: row for row in rows}
    assert by_tx[tx(0)][7:10] == ["24,000,000", "0x" + "5a" * 32, "transaction and logs proven"]
    assert by_tx[tx(1)][7:10] == ["", "", "not proven"]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_names_and_reasons_do_no_harm(text: str, lang: str) -> None:
    """What a source calls itself or answers reaches no terminal as it is."""
    result = sample()
    rows = tuple(one._replace(first=text, second=text, why=(text,)) for one in result.corroborations)
    proofs = tuple(one._replace(source=text, why=text, hash=text) for one in result.inclusions)
    said = shown(result._replace(corroborations=rows, inclusions=proofs), lang, everything=True)
    assert not [sign for sign in "\x1b\x07\u202e\u200b\x9b" if sign in said]
