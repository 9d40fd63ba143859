"""The police pack: every part is there, says what it has to, invents nothing, and can be checked."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache
from io import BytesIO

import pytest
from pypdf import PdfReader

from reports.paper import BLANK, INFERENCE, Block, Bullets, Card, Cell, Code, Facts, Heading, Line, Notice, Para, Table
from reports.paper import line as plain
from reports.paper import text_of as words_of
from reports.police import index, missing, ticket
from reports.police.desk import Desk, Kept
from reports.police.pack import PARTS, pack, pages
from reports.police.recheck import chosen
from reports.police.ticket import GENERIC, forms, maker_of
from tests.reports.papers import dossier, draft, sample_dossier, tron_dossier
from tracer.contacts import load_contacts
from tracer.dossier import Dossier
from tracer.identity import FIELDS, Identity, read_identity
from tracer.sm3 import plain_sm3, sm3
from tracer.words import LANGUAGES, words

WHO = """
[reporter]
name = "Zhang San"
role = "victim"
email = "zs@example.com"
phone = "+8613800138000"
country = "CN"
address = "1 Example Road"
[victim]
id_document = "passport"
[[victim.ownership]]
kind = "login_video"
file = "login.mp4"
proves = "the wallet opens"
[police]
unit = "Example Station"
address = "2 Example Road"
country = "CN"
report_number = "R-1"
receipt_number = "R-2"
filing_number = "R-3"
officer = "Officer Li"
email = "police@example.org"
phone = "+8613800138001"
[incident]
discovered_at = 2026-01-02T11:00:00+08:00
last_legitimate_use = 2026-01-01
what_happened = "=1+1 the wallet was <b>empty</b> #panic() [bold]"
clicked = "a link"
installed = "an app"
signed = "an approval"
site = "site.example"
contacts = "a stranger"
others_with_access = "nobody"
communications = "chat.zip"
[device]
model = "Redmi"
os = "Android 14"
ip = "192.0.2.7"
app = "TP Wallet"
app_version = "1.2.3"
download_source = "a search result"
ticket_numbers = ["T-1", "T-2"]
"""


@cache
def who() -> Identity:
    return read_identity("me.toml", WHO)


def desk(found: Dossier, lang: str = "en", identity: Identity | None = None, **more: object) -> Desk:
    return Desk(draft(found, lang), identity or Identity(), "demo", **more)  # type: ignore[arg-type]


def told(lang: str) -> Desk:
    """A desk on which nothing is left blank that a file can say."""
    return desk(dossier(), lang, who(), with_sm3=True, maker=maker_of("TP钱包"))


@cache
def made(lang: str) -> dict[str, bytes]:
    """The pack of the demonstration."""
    return pack(told(lang))


def lines(block: Block) -> Iterator[Line]:
    """Every line of a block, those of blocks in it too."""
    match block:
        case Heading(_, text) | Code(text):
            yield from _lines(text)
        case Para(one):
            yield one
        case Bullets(found) | Notice(_, found):
            yield from found
        case Facts(rows):
            yield from (part for name, value in rows for part in (*_lines(name), *value.lines))
        case Card(_, title, blocks):
            yield from (title, *(one for inner in blocks for one in lines(inner)))
        case Table(_, caption, columns, rows, more):
            yield from (*_lines(caption), *(part for column in columns for part in _lines(column.title)), more)
            yield from (one for row in rows for value in row for one in value.lines)
        case _:
            return


def _lines(text: str) -> Iterator[Line]:
    yield from map(plain, text.splitlines())


def said(at: Desk, letter: str) -> str:
    """All that a part says."""
    return "\n".join(words_of(one) for block in blocks(at, letter) for one in lines(block))


def blocks(at: Desk, letter: str) -> list[Block]:
    return next(part for part in PARTS if part.letter == letter).blocks(at)


def spans(at: Desk, letter: str, kind: str) -> list[str]:
    found = (span for block in blocks(at, letter) for one in lines(block) for span in one)
    return [span.text for span in found if span.kind == kind]


def table(at: Desk, letter: str, name: str) -> Table:
    return next(block for block in blocks(at, letter) if isinstance(block, Table) and block.id == name)


def cell_text(cell: Cell) -> str:
    return "\n".join(map(words_of, cell.lines))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_pack_is_whole_and_its_index_tells_every_file_by_its_digest(lang: str) -> None:
    """A to J, the texts to paste and the data are there; the index has size and digests of all but itself."""
    files = made(lang)
    assert {name[0] for name in files if name[1:2] == "-"} == set("ABCDEFGHIJ")
    assert ("ic3.en.txt" in files) == (lang == "en")
    assert {f"wallet-support.{lang}.txt", "data/dossier.json", f"data/report.{lang}.xlsx"} <= files.keys()
    reader = PdfReader(BytesIO(files[f"A-index.{lang}.pdf"]))
    listed = "".join("".join(page.extract_text().split()) for page in reader.pages)
    for name, data in files.items():
        if not name.startswith("A-"):
            for mark in (name, hashlib.sha256(data).hexdigest(), sm3(data), f"{len(data):,}"):
                assert mark in listed, (name, mark)


def test_pages_are_counted_as_a_reader_of_pdfs_counts_them() -> None:
    """What the index calls a paper's pages is what it has; the check fits one."""
    for name, data in made("en").items():
        if name.endswith(".pdf"):
            assert pages(data) == len(PdfReader(BytesIO(data)).pages), name
    assert pages(made("en")["H-recheck.en.pdf"]) == 1


def test_the_same_case_gives_the_same_bytes() -> None:
    """Nothing of a clock or of the machine is in the pack."""
    assert pack(told("zh")) == made("zh")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("found", [dossier, tron_dossier, sample_dossier], ids=["evm", "tron", "hostile"])
def test_no_part_shows_what_could_harm(found: object, lang: str) -> None:
    """Every part of every case can be drawn, and no control sign or mark of direction is in it."""
    at = desk(found(), lang, who())  # type: ignore[operator]
    for part in PARTS:
        text = said(at, part.letter)
        assert text.strip()
        assert not [sign for sign in text if sign < " " and sign != "\n"]
        assert not set(text) & set("\u202e\u202d\u2066\u200f\x1b\x9b")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_whatever_is_not_told_is_a_blank_and_listed_with_who_supplies_it(lang: str) -> None:
    """Each personal field of the pack stands as a blank, and the first page names it and its supplier."""
    w, at = words(lang), desk(dossier(), lang)
    listed = {(what.removesuffix(w("police.missing.later")), whom) for what, whom, _ in missing.lacking(at)}
    blanks = {blank for letter in "BI" for blank in spans(at, letter, BLANK)}
    for name in FIELDS:
        if name.startswith(("verified_by.", "request.")):
            continue
        wanted = at.identity.missing([name])
        if not wanted:
            continue
        assert (w(f"identity.{name}"), w(f"who.{wanted[0].supplier}")) in listed
        if name.split(".")[0] in ("incident", "device"):
            assert w(f"identity.{name}") in blanks


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_is_told_stands_in_the_statement_word_for_word_and_is_not_missing(lang: str) -> None:
    """The reporter's words go in as they are, made harmless; only what cannot be in a file is still missing."""
    at = desk(dossier(), lang, who())
    text = said(at, "B")
    for told in ("Zhang San", "+8613800138000", "=1+1 the wallet was <b>empty</b> #panic() (bold)", "T-1"):
        assert told in text
    assert "2026-01-02 03:00:00 UTC" in text
    assert "login.mp4" in said(at, "I")
    still = {what for what, _, _ in missing.lacking(at)}
    assert not still & {at.w(f"identity.{name}") for name in FIELDS}
    assert at.w("police.missing.signature") in still


def test_the_first_page_says_what_is_missing() -> None:
    """The table of what is missing stands before the list of files."""
    headings = [block.id for block in index.blocks(desk(dossier())) if isinstance(block, Heading)]
    assert headings == ["police-missing", "police-index-list", "police-index-police"]
    first = PdfReader(BytesIO(made("en")["A-index.en.pdf"])).pages[0].extract_text()
    assert words("en")("police.missing.signature") in first


def test_the_statement_says_theft_and_where_it_went_in_parts_that_add_up() -> None:
    """The facts of the chain are in it, and the shares of each asset are the whole."""
    text = said(desk(dossier()), "B")
    for fact in ("8,500 LABD", "2 ETH", "0xd74709bd00da43541ef6f47e53c78a1a6a3fefe9", "58.82 %", "32.94 %", "8.24 %"):
        assert fact in text
    assert "not a loss on an investment" in text
    assert "盗" in said(desk(dossier(), "zh"), "B")


def test_the_schedule_of_assets_has_every_theft_and_what_is_not_counted() -> None:
    """Asset, contract, quantity, time, hash, reference value and its basis; an NFT that left is named beside them."""
    found = sample_dossier()
    at = desk(found)
    text = said(at, "C")
    for origin in found.result.origins:
        for mark in (origin.tx, origin.victim, origin.receiver):
            assert mark in text
    rows = table(at, "C", "police_assets").rows
    assert len(rows) == len(found.result.origins)
    assert "999,700.00 USD" in cell_text(rows[0][-1])
    assert "DefiLlama" in cell_text(table(at, "C", "police_sums").rows[0][-1])
    nfts = table(desk(dossier()), "C", "police_uncounted")
    assert "NFT" in cell_text(nfts.rows[1][1])


def test_a_sum_of_values_is_not_made_of_some_of_them() -> None:
    """Where one price is missing there is no total, since a part would pass for the whole."""
    sums = table(desk(sample_dossier()), "C", "police_sums")
    assert cell_text(sums.rows[-1][-1]) == words("en")("police.no_price")


def test_the_schedule_of_addresses_has_each_once_with_its_role() -> None:
    """Victims first; every address that carried stolen value is there; an inference looks like one."""
    found = dossier()
    rows = table(desk(found), "E", "police_addresses").rows
    texts = [cell_text(row[1]) for row in rows]
    assert words("en")("police.role.victim") in texts[0]
    for row in found.result.addresses:
        assert sum(row.address in text for text in texts) == 1, row.address
    assert any("≈" in text for text in spans(desk(found), "E", INFERENCE))
    swept = next(row for row in rows if "0x414268314668af6a0ad306626ab29fcf1482ffa2" in cell_text(row[1]))
    assert words("en")("police.swept") in cell_text(swept[2])
    assert "Example Exchange" in cell_text(swept[3])


@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_company_is_named_with_its_channel_its_papers_and_what_it_knows(lang: str) -> None:
    """Binance as its pages say; an issuer is asked for its own records; one without a channel is said to have none."""
    w, text = words(lang), said(desk(sample_dossier(), lang), "F")
    for mark in ("Binance", "Tether", "https://www.binance.com/en/support/law-enforcement/guidelines"):
        assert mark in text
    for key in ("police.data.kyc", "police.data.state", "document.two_officer_ids", "police.paper.letter"):
        assert w(key) in text
    assert w("document.court_or_police_order") in text
    assert w("contact.no_police_channel") in said(desk(dossier(), lang), "F")


def test_a_case_without_any_company_says_so() -> None:
    """Nobody to ask is an answer."""
    found = sample_dossier()
    none = Dossier(**{name: getattr(found, name) for name in Dossier.__slots__ if name != "stoppable"}, stoppable=())
    assert words("en")("police.records.none") in said(desk(none), "F")


def test_the_electronic_data_are_listed_with_a_record_to_adopt() -> None:
    """Each exhibit with format, size and digest; sources with counts and times; commands; blanks for the officers."""
    exhibit = Kept("case.sqlite", "answers", 1234, "ab" * 32, "cd" * 32)
    at = desk(dossier(), "zh", exhibits=(exhibit,))
    text = said(at, "G")
    for mark in ("case.sqlite", "1,234", "ab" * 32, "cd" * 32, "SQLite 3", "trace verify demo", "法发〔2016〕22号"):
        assert mark in text
    assert str(len(dossier().answers)) in text
    assert {at.w(f"police.record.{name}") for name in ("place", "extractor", "holder", "witness")} <= set(
        spans(at, "G", BLANK)
    )


@pytest.mark.parametrize("found", [dossier, tron_dossier, sample_dossier], ids=["evm", "tron", "hostile"])
def test_the_check_names_three_transactions_as_they_are(found: object) -> None:
    """The theft, the largest payment after it and the largest arrival, each with what the chain says."""
    at = desk(found())  # type: ignore[operator]
    result = at.draft.dossier.result
    places = dict(chosen(at))
    assert list(places) == ["theft", "hop", "arrival"]
    assert len(set(places.values())) == 3
    victims = {(one.chain, one.victim) for one in result.origins}
    assert (result.flows[places["theft"]].chain, result.flows[places["theft"]].sender) in victims
    text = said(at, "H")
    for place in places.values():
        flow = result.flows[place]
        for mark in (flow.tx, flow.sender, flow.receiver):
            assert mark in text
    assert "trace verify demo" in text


def test_a_block_is_named_only_where_the_payment_says_it() -> None:
    """TRON's lists name no block, so none is said there; its explorer's page is."""
    assert "block 10" in said(desk(dossier()), "H")
    tron = said(desk(tron_dossier()), "H")
    assert "block 17" not in tron
    assert "https://tronscan.org/#/transaction/" in tron


def test_the_warnings_forbid_the_recovery_words() -> None:
    """Never hand over the recovery words, not even as evidence; whoever wants a fee is the next fraud."""
    assert "not even “as evidence”" in said(desk(dossier()), "J")
    assert "即使对方说用作“证据”" in said(desk(dossier(), "zh"), "J")


def test_the_ticket_says_that_the_maker_cannot_freeze_and_keeps_the_order_of_its_form() -> None:
    """TokenPocket's begins with where the app came from; others are told in the general order, and that is said."""
    ticketed = made("en")["wallet-support.en.txt"].decode()
    assert "cannot freeze" in ticketed
    assert ticketed.index("where the app came from: a search result") < ticketed.index("my address")
    for origin in dossier().result.origins:
        assert origin.tx in ticketed
    general = "\n".join(words_of(one) for block in ticket.blocks(desk(dossier())) for one in lines(block))
    assert general.index("my address") < general.index("where the app came from")
    assert words("en")("police.ticket.unnamed") in general


def test_the_forms_of_wallets_are_well_formed() -> None:
    """Every field is one that can be filled, every page lies on the maker's own site."""
    known = {*FIELDS, *(f"chain.{one}" for one in ("addresses", "time", "amount", "transfers", "receivers"))}
    known |= {"ask.created", "ask.backup"}
    makers = {one.id: one for one in load_contacts() if one.kind == "wallet"}
    assert GENERIC in forms()
    for form in forms().values():
        assert set(form.fields) <= known
        assert len(set(form.fields)) == len(form.fields)
        assert form.id == GENERIC or form.id in makers
        for page in form.sources:
            assert page.startswith("https://")
            assert any(page.split("/")[2].endswith(domain) for domain in makers[form.id].domains)
    assert maker_of("imToken") is makers["imtoken"]
    assert maker_of("okx wallet") is not None
    assert maker_of("Binance") is None
    assert maker_of("") is None


def test_the_crib_for_ic3_has_what_the_fbi_asks_for() -> None:
    """Addresses, amounts and kinds, dates and times, hashes; and what the reporter told, to paste field by field."""
    crib = made("en")["ic3.en.txt"].decode()
    for origin in dossier().result.origins:
        for mark in (origin.tx, origin.victim, origin.receiver):
            assert mark in crib
    for mark in ("8,500 LABD", "2023-11-14 22:15:20 UTC", "a stranger", "site.example", "R-1", "Example Exchange"):
        assert mark in crib


def test_sm3_gives_the_published_digests() -> None:
    """The standard's two examples, and every length around the end of a block, by both ways of working it out."""
    assert plain_sm3(b"abc") == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert plain_sm3(b"abcd" * 16) == "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"
    for length in (0, 54, 55, 56, 63, 64, 65, 200):
        assert sm3(b"x" * length) == plain_sm3(b"x" * length)
