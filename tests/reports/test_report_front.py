"""The front sections of the funds-flow report: what they say is what the dossier says, in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from io import BytesIO

import pypdf
import pytest

from chains.model import FEE_SINK
from reports.draft import Draft
from reports.formats import formats
from reports.numbers import HUNDRED, money
from reports.paper import (
    CODE,
    INFERENCE,
    LABEL,
    QUIET,
    Block,
    Bullets,
    Card,
    Cell,
    Exact,
    Facts,
    Heading,
    Line,
    Notice,
    Para,
    Span,
    Table,
    text_in,
    text_of,
)
from reports.report import Section, flow_picture, hops, incident, method, report, stop, summary
from reports.report import conversions as conversions_section
from reports.report import endpoints as endpoints_section
from reports.report.phrases import worth
from reports.report.places import places
from reports.view import ranked, stolen
from tests.reports.converted_sample import converted
from tests.reports.papers import big_dossier, dossier, draft, sample_dossier, tron_dossier
from tests.reports.sample import ETH, HOSTILE_NAME, USDT
from tracer.dossier import Dossier
from tracer.lots import METHODS
from tracer.result import PriceRow, Result
from tracer.stoppable import stoppable

SECTIONS: tuple[Section, ...] = tuple(
    module.SECTION
    for module in (
        summary, stop, incident, method, flow_picture, hops, conversions_section, endpoints_section
    )
)  # fmt: skip
LANGUAGES = ("en", "zh")


def with_result(found: Dossier, result: Result) -> Dossier:
    """The same dossier about another result."""
    return replace(found, result=result, stoppable=tuple(stoppable(result)))


def converted_dossier() -> Dossier:
    """The made-up trace whose value changes form."""
    result = converted()
    return replace(with_result(sample_dossier(), result), ways={})


def poisoned() -> Dossier:
    """The hostile sample as if its method were the one that does not conserve value."""
    result = sample_dossier().result
    more = tuple(row._replace(principal=tuple(part._replace(amount=part.amount * 2) for part in row.principal))
                 for row in result.endpoints)  # fmt: skip
    return replace(with_result(sample_dossier(), result._replace(method="poison", endpoints=more)), ways={})


DOSSIERS = (dossier, tron_dossier, sample_dossier, converted_dossier, poisoned)


def lines_in(block: Block) -> Iterator[Line]:
    """Every line of a block."""
    match block:
        case Para(line):
            yield line
        case Bullets(items) | Notice(_, items):
            yield from items
        case Table(_, _, _, rows, more):
            yield from (line for row in rows for cell in row for line in cell.lines)
            yield more
        case Facts(rows):
            yield from (line for _, cell in rows for line in cell.lines)
        case Card(_, title, blocks):
            yield title
            yield from (line for one in blocks for line in lines_in(one))
        case _:
            return


def spans_of(drawn: Draft) -> list[Span]:
    """Every span of the front sections and of their tables."""
    blocks: list[Block] = [block for section in SECTIONS for block in (*section.blocks(drawn), *section.tables(drawn))]
    return [span for block in blocks for line in lines_in(block) for span in line]


def table_of(section: Section, drawn: Draft) -> Table:
    """The whole table of a section."""
    return section.tables(drawn)[0]


def said_by(section: Section, drawn: Draft) -> str:
    """All words of a section, line by line."""
    return "\n".join(text_of(line) for block in section.blocks(drawn) for line in lines_in(block))


def column(table: Table, title: str) -> list[Cell]:
    """The cells of a column."""
    place = [one.title for one in table.columns].index(title)
    return [row[place] for row in table.rows]


def facts_of(card: Block) -> dict[str, Cell]:
    """A card's rows."""
    assert isinstance(card, Card)
    (facts,) = card.blocks
    assert isinstance(facts, Facts)
    return dict(facts.rows)


def basis_of(card: Block) -> Cell:
    """What an endpoint's card says that it rests on."""
    return facts_of(card)["Rests on"]


@pytest.mark.parametrize("make", DOSSIERS)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_section_can_be_drawn(make: object, lang: str) -> None:
    """A section begins with its heading, every row has a cell for each column, no two blocks of a kind share an id."""
    assert callable(make)
    drawn = draft(make(), lang)
    seen: list[tuple[str, str]] = []
    for section in SECTIONS:
        blocks = section.blocks(drawn)
        assert not blocks or (isinstance(blocks[0], Heading) and blocks[0].level == 1)
        inner = [one for card in blocks if isinstance(card, Card) for one in card.blocks]
        seen += [(type(one).__name__, one.id) for one in (*blocks, *inner) if isinstance(one, Heading | Table | Card)]
        for one in (*blocks, *inner, *section.tables(drawn)):
            if isinstance(one, Table):
                assert all(len(row) == len(one.columns) for row in one.rows), one.id
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize("make", DOSSIERS)
def test_both_languages_say_the_same_figures(make: object) -> None:
    """The values of all cells and all codes are the same in English and in Chinese."""
    assert callable(make)
    found = make()
    both = []
    for lang in LANGUAGES:
        drawn = draft(found, lang)
        tables = [table for section in SECTIONS for table in section.tables(drawn)]
        values = [cell.value for table in tables for row in table.rows for cell in row]
        both.append((values, [span.text for span in spans_of(drawn) if span.kind == CODE]))
    assert both[0] == both[1]


@pytest.mark.parametrize("make", [dossier, tron_dossier, sample_dossier, converted_dossier])
def test_the_summary_adds_up(make: object) -> None:
    """For every stolen asset the rows add up to exactly what was stolen and to exactly 100.00 %, as the total says."""
    assert callable(make)
    drawn = draft(make())
    table = table_of(summary.SECTION, drawn)
    of_asset: dict[str, list[tuple[Exact, Exact]]] = {}
    for name, _, amount, share, _ in table.rows:
        assert isinstance(amount.value, Exact)
        assert isinstance(share.value, Exact)
        of_asset.setdefault(text_in(name), []).append((amount.value, share.value))
    taken = [units for _, units in stolen(drawn.dossier.result).values()]
    assert [rows[-1][0].units for rows in of_asset.values()] == taken
    for rows in of_asset.values():
        assert sum(units.units for units, _ in rows[:-1]) == rows[-1][0].units
        assert sum(share.units for _, share in rows[:-1]) == rows[-1][1].units == HUNDRED


def to_do_of(drawn: Draft) -> Table:
    """Whom the summary says to write to."""
    return next(block for block in summary.blocks(drawn) if isinstance(block, Table) and block.id == "to-do")


@pytest.mark.parametrize("make", DOSSIERS)
def test_the_summary_says_whom_to_write_to(make: object) -> None:
    """At most four who can act stand there with what all their places stand for, an address of each, and a way."""
    assert callable(make)
    drawn = draft(make())
    found = to_do_of(drawn)
    assert 0 < len(found.rows) <= 4
    for row, group in zip(found.rows, stop.groups(drawn), strict=False):
        who, amounts, places, way = map(text_in, row)
        assert group.first.endpoint.address in who
        parts = [part for _, one in group.places for part in one.endpoint.principal]
        for asset in {part.asset for part in parts}:
            assert money(sum(part.amount for part in parts if part.asset == asset), asset) in amounts
        assert int(places) == len({(one.endpoint.chain, one.endpoint.address) for _, one in group.places})
        assert way


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_summary_stands_alone_on_its_page(lang: str) -> None:
    """The first page of the PDF has all of it, to the last step, and the contents come after it."""
    drawn = replace(draft(dossier(), lang), limit=20)
    write = formats()["pdf"].paper
    assert write is not None
    page = pypdf.PdfReader(BytesIO(write(report(drawn)))).pages[0].extract_text()
    bare = "".join(page.split())
    assert all("".join(drawn.w(key).split()) in bare for key in ("section.endpoints", "front.first.nobody"))
    assert "".join(drawn.w("paper.term.contents").split()) not in bare


def test_nobody_is_to_be_written_to_where_nobody_can_act() -> None:
    """Then the summary tells to watch, and leaves out the step of writing to them."""
    said = said_by(summary.SECTION, draft(replace(dossier(), stoppable=())))
    assert "Watch the addresses" in said
    assert "Write to each of the above" not in said


def test_exposure_has_no_sum() -> None:
    """Under poison the summary shows no total, and says first that its figures do not add up."""
    drawn = draft(poisoned())
    blocks = summary.blocks(drawn)
    assert drawn.w("front.total") not in said_by(summary.SECTION, drawn)
    warnings = [text_of(line) for block in blocks if isinstance(block, Notice) for line in block.lines]
    assert any("does not add up" in said for said in warnings)
    assert drawn.w("front.rule_poison") in said_by(method.SECTION, drawn)


def test_what_weakens_the_figures_stands_before_them() -> None:
    """Gaps, addresses passed on request, a difference, and sources that contradict each other stand above the table."""
    result = sample_dossier().result._replace(through=("0x" + "77" * 20,))
    short = result._replace(endpoints=result.endpoints[1:])
    blocks = summary.blocks(draft(with_result(sample_dossier(), short)))
    table = next(place for place, block in enumerate(blocks) if isinstance(block, Table))
    notices = [block for block in blocks[:table] if isinstance(block, Notice)]
    assert len(notices) == len([block for block in blocks if isinstance(block, Notice)]) == 3
    said = "\n".join(text_of(line) for notice in notices for line in notice.lines)
    assert "0x" + "77" * 20 in said
    assert "412,000 USDT" in said
    assert "open points: 1" in said
    assert "has it from etherscan; routescan says otherwise" in said
    assert [notice.tone for notice in notices] == ["stop", "warning", "warning"]


def test_reference_values_name_their_basis() -> None:
    """A value in dollars says whose price of when it is, or that it is assumed; no price is said to be none."""
    found = sample_dossier()
    prices = (*found.result.prices[1:], PriceRow(USDT, 1_767_322_800, Decimal(1), "x", assumed_peg=True))
    pegged = draft(with_result(found, found.result._replace(prices=prices)))
    drawn = draft(found)
    assert worth(drawn, 10**12, USDT) == (
        "reference value 999,700.00 USD (price of USDT on 2026-01-02 03:00:00 UTC, DefiLlama)"
    )
    assert "assumption" in worth(pegged, 10**12, USDT)
    assert "no price is known" in worth(drawn, 10**18, ETH)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_four_kinds_of_claim_are_explained_first(lang: str) -> None:
    """The summary ends with how facts, labels, inferences and leads look, each in its own form."""
    *_, legend = summary.blocks(draft(dossier(), lang))
    assert isinstance(legend, Para)
    assert [span.kind for span in legend.line if span.kind != QUIET] == ["plain", "label", "inference", "lead"]


def test_what_can_be_stopped_stands_by_who_can_stop_it() -> None:
    """Every place stands once, with its rank, under who can act there; the best of each decides who comes first."""
    found = sample_dossier()
    drawn = draft(found)
    cards = [block for block in stop.blocks(drawn) if isinstance(block, Card) and block.id.startswith("stop-")]
    tables = [block for card in cards for block in card.blocks if isinstance(block, Table)]
    rows = [row for table in tables for row in table.rows]
    ranks = [int(text_in(row[0])) for row in rows]
    assert sorted(ranks) == list(range(1, len(found.stoppable) + 1))
    firsts = [int(text_in(table.rows[0][0])) for table in tables]
    assert firsts == sorted(firsts)
    assert len({card.title for card in cards}) < len(rows)
    for row, one in zip(rows, (found.stoppable[rank - 1] for rank in ranks), strict=True):
        assert one.endpoint.address in text_in(row[1]) or one.endpoint.address == FEE_SINK
        assert one.endpoint.path[-1] in text_in(row[1])
        assert row[3].value == Exact(int(one.worth * HUNDRED), 2)
    whole = table_of(stop.SECTION, drawn)
    assert [text_in(cell) for cell in column(whole, "address")] == [one.endpoint.address for one in found.stoppable]


def test_contacts_end_with_the_warning_about_false_support() -> None:
    """Whoever can act is named with what to ask of them, and the last word is who is not them."""
    cards = [block for block in stop.blocks(draft(dossier())) if isinstance(block, Card)]
    (contact,) = [card for card in cards if card.id.startswith("contact-")]
    (bullets,) = contact.blocks
    assert isinstance(bullets, Bullets)
    assert "is not Example Exchange" in text_of(bullets.items[-1])


def test_nothing_to_stop_is_said() -> None:
    """A case in which nobody can act any more says so instead of leaving the page out."""
    drawn = draft(replace(sample_dossier(), stoppable=()))
    assert drawn.w("front.cannot_stop") in said_by(stop.SECTION, drawn)
    assert drawn.w("front.cannot_stop") in said_by(summary.SECTION, drawn)


def test_who_sent_a_theft_transaction_is_told_where_it_is_known() -> None:
    """A fee that somebody else paid is a fact; that they sent the transaction is an inference from it."""
    lines = [line for block in incident.blocks(draft(dossier())) for line in lines_in(block)]
    (said,) = [line for line in lines if "was paid by" in text_of(line)]
    codes = [span.text for span in said if span.kind == CODE]
    flow = next(
        flow for flow in dossier().result.flows
        if flow.receiver == FEE_SINK and flow.tx in {one.tx for one in dossier().result.origins}
    )  # fmt: skip
    assert codes == [flow.tx, flow.sender]
    assert said[-1].kind == INFERENCE


def test_the_incident_lists_every_theft_and_what_did_not_count() -> None:
    """All theft transfers stand in the table; what else left the victim is named with the reason it does not count."""
    drawn = draft(dossier())
    table = table_of(incident.SECTION, drawn)
    origins = dossier().result.origins
    assert sorted(text_in(cell) for cell in column(table, "transaction hash")) == sorted(one.tx for one in origins)
    said = said_by(incident.SECTION, drawn)
    assert "an NFT: listed, not traced" in said
    assert "calling itself “no name”" in said
    question = replace(dossier().question, own=("0x" + "88" * 20,), stolen="tx")
    other = said_by(incident.SECTION, draft(replace(dossier(), question=question)))
    assert "0x" + "88" * 20 in other
    assert "and nothing else" in other


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", METHODS)
def test_the_method_is_stated_before_what_depends_on_it(lang: str, name: str) -> None:
    """Every method has its rule in words, and the section stands before picture, payments and endpoints."""
    drawn = draft(with_result(dossier(), dossier().result._replace(method=name)), lang)
    said = said_by(method.SECTION, drawn)
    assert drawn.w(f"front.rule.{name}") in said
    assert drawn.w("front.not.opinion") in said
    later = (flow_picture.SECTION, hops.SECTION, conversions_section.SECTION, endpoints_section.SECTION)
    assert all(method.SECTION.place < section.place for section in later)


def test_the_parameters_of_the_case_are_named() -> None:
    """The limits in the section on the method are those that the case was asked with."""
    question = replace(dossier().question, max_hops=7, max_addresses=1234, max_requests=99, min_value=Decimal(25))
    said = said_by(method.SECTION, draft(replace(dossier(), question=question)))
    for figure in ("7 hops", "1,234 addresses", "99 requests", "25.00 USD"):
        assert figure in said


def test_the_hop_table_has_every_payment() -> None:
    """Each payment stands in the spreadsheet's table with its number, both amounts exact, and its hash whole."""
    for found in (dossier(), sample_dossier(), converted_dossier()):
        table = table_of(hops.SECTION, draft(found))
        flows = found.result.flows
        assert [cell.value for cell in column(table, "no.")] == list(range(1, len(flows) + 1))
        assert [cell.value for cell in column(table, "gross amount")] == [
            Exact(flow.amount, flow.asset.decimals) for flow in flows
        ]
        assert [cell.value for cell in column(table, "traced amount")] == [
            Exact(flow.traced, flow.asset.decimals) for flow in flows
        ]
        assert [text_in(cell) for cell in column(table, "transaction hash")] == [flow.tx for flow in flows]


def test_a_short_hop_table_keeps_the_largest_in_order() -> None:
    """With a limit the largest payments stay, in order of time, and what is left out is counted and bounded."""
    found = big_dossier(200)
    drawn = replace(draft(found), limit=20)
    table = next(block for block in hops.blocks(drawn) if isinstance(block, Table))
    numbers = [cell.value for cell in column(table, "no.")]
    flows = found.result.flows
    largest = sorted(range(200), key=lambda place: (-flows[place].traced, place))[:20]
    assert numbers == [place + 1 for place in sorted(largest)]
    whole = sum(units for _, units in stolen(found.result).values())
    most = max(Fraction(flow.traced, whole) for place, flow in enumerate(flows) if place not in largest)
    said = re.search(r"Left out here: 180 smaller payments.*more than (\d+)\.(\d\d) %", text_of(table.more))
    assert said is not None
    assert Fraction(int(said[1] + said[2]) - 1, HUNDRED) < most <= Fraction(int(said[1] + said[2]), HUNDRED)
    assert next(block for block in hops.blocks(draft(found)) if isinstance(block, Table)).more == ()


def test_conversions_show_both_sides() -> None:
    """Each conversion has what went in and out, its kind as an inference, and a warning where it is unfair."""
    drawn = draft(converted_dossier())
    blocks = conversions_section.blocks(drawn)
    table = next(block for block in blocks if isinstance(block, Table))
    rows = converted_dossier().result.conversions
    assert len(table.rows) == len(rows)
    kinds = [span for row in table.rows for line in row[1].lines for span in line if span.kind == INFERENCE]
    assert len(kinds) == len(rows)
    assert any(isinstance(block, Notice) for block in blocks)
    short = conversions_section.blocks(replace(drawn, limit=1))
    (left,) = [block for block in short if isinstance(block, Table)]
    assert len(left.rows) == 1
    assert f"{len(rows) - 1} more" in text_of(left.more)
    assert (
        conversions_section.blocks(draft(sample_dossier())) == conversions_section.tables(draft(sample_dossier())) == []
    )


def test_every_endpoint_has_a_card_with_its_figures() -> None:
    """Cards stand in rank order; amount, bounds, all methods' figures, way and who can act are on them."""
    found = dossier()
    drawn = draft(found)
    cards = [block for block in endpoints_section.blocks(drawn) if isinstance(block, Card)]
    rows = ranked(found.result)
    assert [card.id for card in cards] == [f"endpoint-{number}" for number in range(1, len(rows) + 1)]
    for card, row in zip(cards, rows, strict=True):
        facts = {name: text_in(cell) for name, cell in facts_of(card).items()}
        assert money(row.amount, row.asset) in facts["Amount by FIFO"]
        account = (row.chain, row.address, row.asset.id)
        if row.address != FEE_SINK:
            assert row.address in facts["address"]
            assert row.path[-1] in facts["Way"]
        if row.reason != "fee":
            numbers = re.findall(r"\d+", facts["Way"].splitlines()[0])
            assert numbers == [str(place + 1) for place, _ in found.ways[account]][:8]
            bound = found.bounds[account].bound
            assert money(bound.least, row.asset) in facts["Under any method that conserves value"]
            assert money(bound.most, row.asset) in facts["Under any method that conserves value"]


def test_a_deposit_address_shows_what_speaks_for_and_against_it() -> None:
    """A tier that behaviour gave is an inference with its counter-evidence and transactions; a label is a label."""
    first, second = (basis_of(block) for block in endpoints_section.blocks(draft(dossier()))[3:5])
    assert [span.kind for line in first.lines for span in line if "T1" in span.text] == [LABEL]
    assert [span.text[:4] for line in second.lines for span in line if span.kind == INFERENCE] == ["≈ T3"]
    assert "against it: its earlier history could not be read" in text_in(second)
    (deposit,) = [row for row in dossier().result.deposits if row.tier == "T3" and row.asset.symbol == "LABD"]
    assert all(proof.tx in text_in(second) for proof in deposit.proofs)


def test_what_holds_under_any_method_is_said_once() -> None:
    """A place whose bounds and methods all come to one amount has no second list of the same amount."""
    cards = [facts_of(block) for block in endpoints_section.blocks(draft(dossier())) if isinstance(block, Card)]
    exact = [card for card in cards if text_in(card.get("Under any method that conserves value", Cell())) == (
        "exactly 0.699367498 ETH"
    )]  # fmt: skip
    assert exact
    assert not any("By method" in card for card in exact)
    assert any("By method" in card for card in cards)


def test_a_fee_is_not_what_rests_at_the_address_that_paid_it() -> None:
    """The card of a fee has neither bounds nor payments of what still lies at the payer's address."""
    drawn = draft(dossier())
    fees = [one for one in places(drawn) if one.row.reason == "fee"]
    assert fees
    for one in fees:
        assert (one.bound, one.way, one.deposit, one.freeze) == (None, (), None, None)
        assert any(other.row.address == one.row.address and other.bound for other in places(drawn))


def test_small_endpoints_stand_in_a_table() -> None:
    """Beyond the cards endpoints stand in a table; the spreadsheet has all of them."""
    drawn = replace(draft(big_dossier(200)), limit=10)
    blocks = endpoints_section.blocks(drawn)
    count = len(big_dossier(200).result.endpoints)
    table = next(block for block in blocks if isinstance(block, Table))
    assert [cell.value for cell in column(table, "no.")] == list(range(21, 31))
    assert str(count - endpoints_section.CARDS) in text_of(table.more)
    whole = table_of(endpoints_section.SECTION, drawn)
    assert sum(cell.value.units for cell in column(whole, "amount") if isinstance(cell.value, Exact)) == sum(
        row.amount for row in big_dossier(200).result.endpoints
    )


def test_the_narrative_tells_the_hops_by_their_numbers() -> None:
    """Each step names the payment of that number: its time, both addresses and its amount."""
    drawn = draft(dossier())
    steps = [line for block in flow_picture.blocks(drawn) if isinstance(block, Bullets) for line in block.items]
    assert steps
    for step in steps:
        said = text_of(step)
        flow = dossier().result.flows[int(said.split()[0].removeprefix("#")) - 1]
        if flow.conversion is None:
            assert flow.sender in said
            assert flow.receiver in said
            assert money(flow.amount, flow.asset) in said


@pytest.mark.parametrize("make", DOSSIERS)
def test_no_code_is_cut_and_nothing_hostile_gets_through(make: object) -> None:
    """Every address and hash is one of the result, whole; no control character or format character is left."""
    assert callable(make)
    found = make()
    spans = spans_of(draft(found, "zh"))
    known = repr(found.result) + repr(found.question)
    assert all(span.text in known for span in spans if span.kind == CODE)
    assert not re.search("[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]", "".join(span.text for span in spans))
    assert HOSTILE_NAME not in "".join(span.text for span in spans)
