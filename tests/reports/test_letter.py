"""A letter holds every field of the FAR draft, for its recipient only, and says who can supply what is missing."""

from __future__ import annotations

import re

import pytest

from reports.letter import letter
from reports.letter.files import code_of
from reports.letter.material import Material
from reports.letter.recipients import Recipient, chosen, recipients, unnamed
from reports.letter.transfers import ROWS, hop_table
from reports.numbers import money
from reports.paper import BLANK, KINDS, Card, Figure, Heading, Paper, text_of
from tests.reports.letters import identity, material, named, recipient, text
from tests.reports.papers import big_dossier, dossier, draft, sample_dossier, tron_dossier
from tests.reports.sample import TRON_HOLDER
from tracer.dossier import Dossier
from tracer.errors import UsageError
from tracer.identity import Identity
from tracer.stoppable import NOBODY
from tracer.words import LANGUAGES, words

CHINESE = re.compile("[\u4e00-\u9fff]")
BOTH = pytest.mark.parametrize("lang", LANGUAGES)


def written(found: Dossier, slug: str, lang: str = "en", *, known: bool = False) -> Paper:
    """The letter as a paper."""
    made = material(found, slug, lang, identity() if known else None)
    return letter(made, code_of(made))


def test_everybody_who_can_act_gets_one_letter() -> None:
    """Places of one recipient are together, whatever labels call it; every way that is no dead end is somebody's."""
    found = recipients(sample_dossier())
    assert {one.slug for one in found} == {"binance", "tether", "example-exchange"}
    ways = [way for one in sample_dossier().stoppable for way in (one, *one.also) if way.means != NOBODY]
    assert sum(len(one.ways) for one in found) + len(unnamed(sample_dossier())) == len(ways)
    assert len(recipient(sample_dossier(), "tether").ways) == 3


def test_a_recipient_is_found_as_people_write_it() -> None:
    """Aliases, other cases and the folder's name lead to the same recipient; an unknown name lists the known ones."""
    found = recipients(sample_dossier())
    for name in ("Binance", "币安", "binance 14", "BINANCE"):
        assert [one.slug for one in chosen(found, [name])] == ["binance"]
    assert [one.slug for one in chosen(found, ["tether", "Tether"])] == ["tether"]
    with pytest.raises(UsageError, match="Example Exchange"):
        chosen(found, ["Kraken"])
    with pytest.raises(UsageError, match="trace show"):
        chosen((), ["Kraken"])


def test_somebody_who_can_stop_nothing_gets_no_letter() -> None:
    """A bridge whose own pages say that it can hold nothing is refused by name."""
    found = recipients(named("THORChain", "bridge", "bridge"))
    assert [one.slug for one in found if one.powerless] == ["thorchain"]
    with pytest.raises(UsageError, match="THORChain"):
        chosen(found, ["THORChain"])


@pytest.mark.parametrize("entity", ["../../etc", "CON", "\x1b[31m", "交易所", "a" * 500])
def test_a_folder_is_named_harmlessly(entity: str) -> None:
    """Whatever a label says, the folder's name is short, plain and inside the folder."""
    for one in recipients(named(entity, "exchange_hot", "exchange")):
        assert re.fullmatch(r"[a-z0-9-]{1,60}", one.slug.replace("_", "-"))


def test_languages_go_by_what_a_recipient_takes() -> None:
    """English always; Chinese unless ruled out; an English letter beside a Chinese one that may not be read."""
    kucoin = recipient(named("KuCoin", "exchange_hot", "exchange"), "kucoin")
    binance = recipient(sample_dossier(), "binance")
    assert (kucoin.languages(None), kucoin.languages("zh"), kucoin.languages("both")) == (("en",), LANGUAGES, LANGUAGES)
    assert (binance.languages(None), binance.languages("zh"), binance.languages("en")) == (LANGUAGES, ("zh",), ("en",))
    assert (kucoin.papers, binance.papers) == (("docx", "txt"), ("docx", "pdf", "txt"))


@BOTH
@pytest.mark.parametrize("slug", ["binance", "tether", "example-exchange"])
def test_every_part_of_the_draft_is_there(slug: str, lang: str) -> None:
    """The parts stand in the order of the FAR draft, no heading twice, all spans of known kinds."""
    paper = written(sample_dossier(), slug, lang)
    ids = [block.id for block in paper.blocks if isinstance(block, Heading) and block.level == 1]
    parts = ["request", "crime", "trace", "evidence", "additional", "people", "method", "machine", "annex", "open"]
    assert ids == [one for one in parts if one in ids]
    assert set(parts) - set(ids) <= {"annex"}
    assert BLANK in KINDS
    assert paper.lang == lang


def expected(found: Dossier, to: Recipient) -> set[int]:
    """The places of the payments that led to a recipient, by the dossier's own ways or the paths of its endpoints."""
    rows = [way.endpoint for way in to.ways]
    ways = [found.ways.get((row.chain, row.address, row.asset.id)) for row in rows]
    paths = {tx for row, way in zip(rows, ways, strict=True) if way is None for tx in row.path}
    named = {place for place, flow in enumerate(found.result.flows) if flow.tx in paths}
    return named | {place for way in ways for place, _ in way or ()}


@pytest.mark.parametrize("make", [dossier, tron_dossier, sample_dossier])
def test_a_letter_shows_nobody_elses_addresses(make: object) -> None:
    """Of endpoints that are not the recipient's, only those on the way appear."""
    found: Dossier = make()  # type: ignore[operator]
    for one in recipients(found):
        made = material(found, one.slug)
        said = text(letter(made, code_of(made)))
        on_way = [flow for place, flow in enumerate(found.result.flows) if place in expected(found, one)]
        assert list(made.brought) == sorted(expected(found, one))
        shown = {end for flow in on_way for end in (flow.sender, flow.receiver)}
        shown |= {end or "" for way in one.ways for end in (way.endpoint.address, way.endpoint.swept_to)}
        shown |= {way.deposit.hub for way in one.ways if way.deposit}
        shown |= {row.victim for row in found.result.origins} | {row.receiver for row in found.result.origins}
        others = {row.address for row in found.result.endpoints if len(row.address) > 10} - shown
        assert not [address for address in others if address in said]
        figures = [block.svg for block in letter(made, code_of(made)).blocks if isinstance(block, Figure)]
        ends = [f"{address[:6]}…{address[-4:]}" for address in others]
        assert len(figures) == 2
        assert not [end for end in ends if any(end in figure for figure in figures)]
        assert not [other.name for other in recipients(found) if other.name not in one.name and other.name in said]


@BOTH
def test_figures_are_those_of_the_dossier(lang: str) -> None:
    """Amounts, methods, range and transactions of each place stand in its card."""
    found = dossier()
    made = material(found, "example-exchange", lang)
    cards = [one for one in letter(made, code_of(made)).blocks if isinstance(one, Card) and "place" in one.id]
    assert len(cards) == len(made.to.ways) == 3
    for number, (card, way) in enumerate(zip(cards, made.to.ways, strict=True)):
        row = way.endpoint
        bare = Paper("", "", lang, "", "", 0, "", {}, (card,))
        said = text(bare)
        bound = found.bounds[row.chain, row.address, row.asset.id].bound
        wanted = [row.address, *(money(units, row.asset) for units in (row.amount, bound.least, bound.most))]
        wanted += [money(units, row.asset) for _, units in made.per_method(row)]
        wanted += [made.flow(place).tx for place, _ in made.incoming(number)]
        assert way.deposit is not None
        wanted += [way.deposit.tier, *(proof.tx for proof in way.deposit.proofs)]
        assert [one for one in wanted if one not in said] == []
        assert sum(units for _, units in made.incoming(number)) == row.amount


def test_a_tier_that_is_inferred_looks_inferred_and_has_its_counter_evidence() -> None:
    """Custody by behaviour stands behind the sign of an inference, with its confidence and what speaks against it."""
    said = text(written(sample_dossier(), "example-exchange"))
    assert "≈ T2 · Example Exchange" in said
    assert "confidence 66/100" in said
    assert "against it: the exchange's wallet has paid it as well" in said


def test_an_issuer_sees_contract_balance_status_and_proposal() -> None:
    """The annex of an issuer has what its desk checks first."""
    said = text(written(sample_dossier(), "tether"))
    assert "freeze proposed, 1 of 3 confirmations so far: 0xc6cd #77" in said
    assert "read from the contract at block 24000000" in said
    assert "0xdac17f958d2ee523a2206206994597c13d831ec7" in said
    assert TRON_HOLDER in said
    assert "The tokens are frozen already." in said


def test_a_bridge_is_asked_for_its_orders() -> None:
    """A bridge gets a row for every deposit with room for the order, and no question about accounts."""
    found = named("Stargate", "bridge", "bridge")
    said = text(written(found, "stargate"))
    assert "order number" in said
    assert "Hold what has not been paid out or delivered yet" in said
    assert "linked bank" not in said


def test_exchanges_get_the_form_their_pages_ask_for() -> None:
    """Binance: video checklist, links and the seven days; KuCoin: text and spreadsheet."""
    binance = text(written(sample_dossier(), "binance"))
    assert "screenshots or a video of you logging in to the wallet" in binance
    assert "within 168 hours" in binance
    assert "is a link to a public block explorer" in binance
    kucoin = text(written(named("KuCoin", "exchange_hot", "exchange"), "kucoin"))
    assert "addresses and transactions come as text and as a spreadsheet" in kucoin


@BOTH
def test_what_is_missing_is_blank_and_listed_with_who_can_supply_it(lang: str) -> None:
    """Without an identity file every personal field is a blank, and the list at the end names it."""
    w = words(lang)
    made = material(sample_dossier(), "binance", lang)
    said = text(letter(made, code_of(made)))
    for field in made.wanted():
        assert w(f"identity.{field}") in said or field == "victim.name"
    assert [who for _, who in made.missing() if w(f"who.{who}") not in said] == []
    listed = {name for name, _ in made.missing()}
    assert {f"identity.{field}" for field in made.wanted()} - listed <= {"identity.victim.name"}
    assert {f"letter.open.{name}" for name in ("entity", "their_number", "law", "means")} <= listed


@BOTH
def test_what_is_known_of_people_stands_where_it_belongs(lang: str) -> None:
    """With an identity file its fields are in the letter and no longer listed as missing."""
    made = material(sample_dossier(), "binance", lang, identity())
    said = text(letter(made, code_of(made)))
    told = ("Li Hua", "Wang Fang", "+8613800138000", "A-2026-17", "The wallet was emptied overnight.", "login.mp4")
    assert [one for one in told if one not in said] == []
    assert "2026-01-02 03:30:00 UTC" in said
    assert words(lang)("identity.duration.month", n=6) in said
    assert words(lang)("letter.ask.custody.disclose") not in said
    assert not {"identity.reporter.name", "identity.police.report_number"} & {name for name, _ in made.missing()}


def test_chinese_papers_are_asked_for_only_where_they_exist() -> None:
    """Who reports to police elsewhere is not asked for 受案回执."""
    made = material(sample_dossier(), "binance")
    assert "police.receipt_number" in made.wanted()
    there = identity()
    abroad = material(sample_dossier(), "binance", who=type(there)(police=type(there.police)(country="CH")))
    assert "police.receipt_number" not in abroad.wanted()


@BOTH
def test_a_letter_is_in_one_language(lang: str) -> None:
    """An English letter holds no Chinese but the names of Chinese papers; a Chinese one no English sentence."""
    said = text(written(dossier(), "example-exchange", lang))
    if lang == "en":
        said = re.sub(r"受案回执|立案决定书|立案告知书", "", said)
        assert not CHINESE.search(said)
    else:
        assert not re.search(r"\b[a-z]+ (?:the|of|this|is|to|and) [a-z]+", said)


def test_long_ways_are_cut_by_what_they_brought_and_say_so() -> None:
    """Of a long way the largest payments are shown, in order, and the rest is counted."""
    found = big_dossier(1000)
    made = Material(draft(found), recipient(found, "okx"), Identity())
    table = hop_table(made)
    assert len(made.brought) > ROWS
    assert len(table.rows) == ROWS
    assert f"{len(made.brought) - ROWS:,} more are left out here" in text_of(table.more)
    numbers = [row[0].value for row in table.rows]
    assert numbers == sorted(numbers)  # type: ignore[type-var]


@BOTH
def test_hostile_names_do_no_harm(lang: str) -> None:
    """No escape, direction mark or bracket of a label's own comes through."""
    said = text(written(sample_dossier(), "tether", lang))
    assert not re.search("[\x00-\x09\x0b-\x1f\u202a-\u202e\u200b]", said)
    assert "USDT(/red)" in said


def test_the_same_material_gives_the_same_letter() -> None:
    """Nothing in a letter depends on when or how often it is made."""
    assert written(dossier(), "example-exchange") == written(dossier(), "example-exchange")
