"""Every field that a freeze request has to have stands in each letter, or is listed as missing with who supplies it."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache

import pytest

from reports.formats.sheets import decimal_text
from reports.letter import letter
from reports.letter.crime import THEFTS, thefts
from reports.letter.files import code_of, files_of
from reports.letter.issuer import spans
from reports.letter.material import Material
from reports.letter.request import CARDS
from reports.letter.transfers import INCOMING, incoming_table
from reports.numbers import money
from reports.paper import Card, Exact, Figure, Paper, Table, text_in, text_of
from reports.times import local, utc
from tests.reports.letters import identity, material, recipient, text
from tests.reports.papers import big_dossier, dossier, draft
from tracer.identity import Identity
from tracer.words import LANGUAGES

Marks = Callable[[Material], Iterator[str]]


def _addressee(made: Material) -> Iterator[str]:
    yield from (made.to.name, made.draft.w("letter.open.entity"), "2026-11-22")


def _numbers(made: Material) -> Iterator[str]:
    yield from (made.draft.dossier.reference, made.draft.w("letter.open.their_number"))


def _urgency(made: Material) -> Iterator[str]:
    yield from (made.draft.w(f"letter.urgency.{way.means}") for way in made.to.ways)


def _attachments(made: Material) -> Iterator[str]:
    yield from (mark for one in made.attached for mark in (one.name, one.sha256))


def _asked(made: Material) -> Iterator[str]:
    yield from (made.draft.w(f"letter.ask.{made.to.group}.{action}") for action in made.actions)


def _places(made: Material) -> Iterator[str]:
    for way in made.to.ways:
        row = way.endpoint
        yield from (made.draft.view.chain(row.chain), row.address, row.asset.id, money(row.amount, row.asset))
        yield made.draft.w(f"letter.role.{way.means}")


def _ranges(made: Material) -> Iterator[str]:
    for way in made.to.ways:
        row, known = way.endpoint, made.bounds(way.endpoint)
        assert known is not None
        yield from (money(units, row.asset) for units in (known.bound.least, known.bound.most))
        yield from (money(units, row.asset) for _, units in made.per_method(row))
    yield from (made.draft.w("methods.pro_rata"), made.draft.w("letter.libr"))


def _incoming(made: Material) -> Iterator[str]:
    for number in range(len(made.to.ways)):
        for flow in (made.flow(place) for place, _ in made.incoming(number)):
            yield from (flow.tx, utc(flow.time), local(flow.time, made.draft.zone))
            yield made.draft.w("letter.hop.block", n=int(flow.position.split(":")[0]))
    yield made.draft.w("letter.inside.log", n=0)


def _state(made: Material) -> Iterator[str]:
    yield from (f"{block.number}" for block in made.draft.dossier.result.as_of)
    yield from (made.draft.w(f"letter.state.{way.means}") for way in made.to.ways)


def _custody(made: Material) -> Iterator[str]:
    for way in made.to.ways:
        assert way.deposit is not None
        yield from (way.deposit.tier, *(proof.tx for proof in way.deposit.proofs))


def _crime(made: Material) -> Iterator[str]:
    yield from ("The wallet was emptied overnight.", "2023-11-14", "8,500 LABD", "2 ETH")
    for row in made.draft.dossier.result.origins:
        yield from (row.victim, row.receiver, row.tx)
    for key in ("reference_value", "means_shown", "without_consent"):
        yield made.draft.w(f"letter.crime.{key}")
    yield from (made.draft.w("letter.open.law"), made.draft.w("letter.open.means"), "login.mp4")


def _trace(made: Material) -> Iterator[str]:
    for place in made.brought:
        flow = made.flow(place)
        yield from (flow.tx, flow.sender, flow.receiver, money(flow.amount, flow.asset), money(flow.traced, flow.asset))
        if flow.conversion is not None:
            yield made.draft.w("letter.hop.conversion", n=flow.conversion + 1)
    yield from (made.draft.w("letter.picture"), made.draft.w("letter.table.conversions"), "3,500 LABD")


def _evidence(made: Material) -> Iterator[str]:
    for row in made.draft.dossier.result.origins:
        yield made.draft.w("letter.proves.theft", amount=money(row.amount, row.asset))
    yield from (made.draft.w("letter.proves.path"), made.draft.w("letter.proves.police"))


def _people(made: Material) -> Iterator[str]:
    told = made.identity
    yield from (told.reporter.name, told.reporter.email, told.reporter.phone, told.reporter.country)
    yield from (told.police.unit, told.police.report_number, "2026-01-05")
    w = made.draft.w
    absent = ("police.address", "police.country", "police.officer", "police.email", "police.phone")
    yield from (w(f"identity.{one}") for one in (*absent, "police.receipt_number", "police.filing_number"))
    yield from (w("identity.verified_by.organisation"), w("who.verifier"), w("letter.people.signature"))


def _method(made: Material) -> Iterator[str]:
    w, found = made.draft.w, made.draft.dossier
    yield from (found.run.version, w(f"method.{found.result.method}"), made.draft.digest)
    yield from (found.answers[0].host, w("letter.method.verify"), w("letter.request.innocent"))
    hops, addresses = f"{found.question.max_hops:,}", f"{found.question.max_addresses:,}"
    yield w("front.ends.limits", hops=hops, addresses=addresses)
    yield from (w(f"letter.limit.{one}") for one in ("bounds", "labels", "no_opinion", "no_accusation", "innocent"))


def _machine(made: Material) -> Iterator[str]:
    yield from ("addresses.txt", "addresses.csv", "path.csv", "path.xlsx", "far.json", "digest.svg")


FIELDS: dict[str, Marks] = {
    "0 addressee and date": _addressee,
    "0 numbers": _numbers,
    "0 urgency": _urgency,
    "0 attachments with digests": _attachments,
    "1 action asked": _asked,
    "1 addresses, chain, contract, amount, role": _places,
    "1 range and every method": _ranges,
    "1 incoming transactions": _incoming,
    "1 state and as-of block": _state,
    "1 custody tier and evidence": _custody,
    "2 proof of crime": _crime,
    "3 trace": _trace,
    "4 evidence list": _evidence,
    "6 reporter and police": _people,
    "7 method and limits": _method,
    "8 files for machines": _machine,
}
"""Field 5, leads, is a section of its own in every letter (test_letter.py): it says so where there are none."""


@cache
def whole(lang: str) -> tuple[Material, str]:
    """The letter to the exchange of the demonstration, by a lawyer who knows half."""
    made = material(dossier(), "example-exchange", lang, identity())
    paper = letter(made, code_of(made))
    captions = [block.caption for block in paper.blocks if isinstance(block, Figure)]
    return made, "\n".join([text(paper), *captions])


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("field", FIELDS)
def test_every_field_of_a_freeze_request_is_there(field: str, lang: str) -> None:
    """Each field's words, figures and hashes stand in the letter; a blank stands under its own name."""
    made, said = whole(lang)
    assert [mark for mark in FIELDS[field](made) if mark not in said] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_first_page_says_who_what_how_much_and_where(lang: str) -> None:
    """Before the first card: recipient, urgency, sum, what is asked, and every address with its amount."""
    made = material(dossier(), "example-exchange", lang)
    paper = letter(made, code_of(made))
    first = next(place for place, block in enumerate(paper.blocks) if isinstance(block, Card))
    said = text(Paper("", "", lang, "", "", 0, "", {}, paper.blocks[:first]))
    marks = [made.to.name, "4,000 LABD", "0.100060976 ETH", *_urgency(made), *_asked(made)]
    marks += [
        mark for way in made.to.ways for mark in (way.endpoint.address, money(way.endpoint.amount, way.endpoint.asset))
    ]
    assert [mark for mark in marks if mark not in said] == []
    assert "5,000 LABD (58.82 %)".replace(" (", "（" if lang == "zh" else " (").split("%")[0] in said


def test_places_beyond_the_cards_are_in_the_table_and_in_the_lists() -> None:
    """A recipient with many places gets few cards, one row for each place, and every figure in the attached table."""
    found = big_dossier(400)
    made, files = files_of(Material(draft(found), recipient(found, "okx"), Identity()))
    paper = letter(made, code_of(made))
    cards = [block for block in paper.blocks if isinstance(block, Card) and block.id.startswith("place-")]
    assert len(cards) == min(CARDS, len(made.to.ways))
    table = next(block for block in paper.blocks if isinstance(block, Table) and block.id == "places")
    for row, way in zip(table.rows, made.to.ways, strict=False):
        assert way.endpoint.address in text_in(row[1])
        assert text_in(row[2]) == money(way.endpoint.amount, way.endpoint.asset)
    listed = files["addresses.csv"].decode("utf-8-sig").splitlines()
    assert len(listed) == 1 + len(made.to.ways)
    assert all(way.endpoint.address in one for way, one in zip(made.to.ways, listed[1:], strict=True))


def test_of_too_many_payments_the_largest_are_shown_in_order_of_time() -> None:
    """What a card and the table of thefts leave out is smaller than what they show, and is counted."""
    found = big_dossier(400)
    made = Material(draft(found), recipient(found, "okx"), Identity())
    number = max(range(len(made.to.ways)), key=lambda place: len(made.incoming(place)))
    came = made.incoming(number) * 40
    made.__dict__["ways"] = {**made.ways, number: tuple((place, units + at) for at, (place, units) in enumerate(came))}
    table = incoming_table(made, number)
    assert len(table.rows) == INCOMING < len(came)
    assert f"{len(came) - INCOMING} more" in text_of(table.more)
    shown = {text_in(row[3]).splitlines()[1] for row in table.rows}
    asset = made.to.ways[number].endpoint.asset
    ranked = sorted((units for _, units in made.incoming(number)), reverse=True)
    assert shown == {money(units, asset) for units in ranked[:INCOMING]}
    origin = found.result.origins[0]
    origins = tuple(origin._replace(id=f"{n}", amount=n + 1, time=n) for n in range(THEFTS + 5))
    many = replace(found, result=found.result._replace(origins=origins))
    kept = thefts(replace(made, draft=draft(many)))
    assert [one.amount for one in kept] == list(range(6, THEFTS + 6))


def test_places_alike_are_named_by_their_numbers() -> None:
    """Neighbours are drawn together, and nothing between them is named that was not meant."""
    assert [spans(one) for one in ([1], [1, 2, 3], [1, 3], [2, 3, 5, 7, 8])] == ["1", "1-3", "1, 3", "2-3, 5, 7-8"]


def test_the_attached_table_has_what_the_cards_say() -> None:
    """Least stands before most, each method under its name, and the freeze state as the contract gave it."""
    made = material(dossier(), "example-exchange")
    rows = list(csv.DictReader(files_of(made)[1]["addresses.csv"].decode("utf-8-sig").splitlines()))
    for row, way in zip(rows, made.to.ways, strict=True):
        known, asset = made.bounds(way.endpoint), way.endpoint.asset
        assert known is not None
        wanted = {"attributed": way.endpoint.amount, "least": known.bound.least, "most": known.bound.most}
        wanted |= dict(made.per_method(way.endpoint))
        for name, units in wanted.items():
            assert row[name] == decimal_text(Exact(units, asset.decimals)), name
        assert row["last_tx"] in {made.flow(place).tx for place in made.brought}
