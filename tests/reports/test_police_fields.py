"""Every part of the police pack has every field that practice asks for, or a blank and a line in the missing list."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from reports.numbers import money
from reports.paper import text_of
from reports.police import index, missing
from reports.police.desk import Desk, Kept
from reports.police.pack import PARTS
from reports.police.recheck import chosen
from reports.report.phrases import worth
from reports.view import in_total, stolen
from tests.reports.papers import dossier, sample_dossier
from tests.reports.test_police import cell_text, desk, lines, said, table, who
from tracer.identity import FIELDS
from tracer.words import LANGUAGES

Marks = Callable[[Desk], Iterator[str]]
EXHIBITS = (
    Kept("case.sqlite", "answers", 1_234, "ab" * 32, "cd" * 32),
    Kept("mine.csv", "labels_outside", 56, "ef" * 32, "01" * 32),
)


def _statement(at: Desk) -> Iterator[str]:
    told = at.identity
    yield from (told.reporter.name, told.reporter.phone, told.device.model, told.device.os, told.device.app)
    yield from (told.device.app_version, told.device.download_source, told.device.ip, *told.device.ticket_numbers)
    for name in ("clicked", "installed", "signed", "site", "contacts", "others_with_access", "communications"):
        yield at.identity.value(f"incident.{name}")
    yield from (at.w("identity.incident.discovered_at"), at.w("identity.incident.last_legitimate_use"))
    yield from (in_total([one]) for one in stolen(at.draft.dossier.result).values())
    yield from (row.victim for row in at.draft.dossier.result.origins)
    yield from (at.w(f"police.ask.{one}") for one in ("accept", "file", "records", "freeze"))
    yield at.w("police.statement.theft")


def _assets(at: Desk) -> Iterator[str]:
    for row in at.draft.dossier.result.origins:
        yield from (row.tx, money(row.amount, row.asset), at.contract(row.asset).text, at.draft.both(row.time))
        yield worth(at.draft, stolen(at.draft.dossier.result)[row.asset.chain, row.asset.id][1], row.asset)


def _flow(at: Desk) -> Iterator[str]:
    yield from (at.w("police.flow.no_opinion"), at.w("police.flow.limits"))
    for flow in at.draft.dossier.result.flows:
        yield from (flow.tx, money(flow.traced, flow.asset))


def _addresses(at: Desk) -> Iterator[str]:
    yield from (row.address for row in at.draft.dossier.result.addresses)
    yield from (at.as_of(), at.w("police.role.victim"), at.w("police.column.freezable"))


def _records(at: Desk) -> Iterator[str]:
    yield from ("Example Exchange", at.w("contact.no_police_channel"))
    yield from (at.w(f"police.data.{one}") for one in ("kyc", "logins", "flows", "bank", "linked"))
    yield from (at.w(f"document.{one}") for one in ("case_filing_decision", "sealed_notice", "two_officer_ids"))
    yield at.w("police.paper.letter")
    for way in at.draft.dossier.stoppable:
        if way.entity:
            yield from (way.endpoint.address, way.endpoint.path[-1], at.draft.both(way.endpoint.arrived))


def _exhibits(at: Desk) -> Iterator[str]:
    for one in EXHIBITS:
        yield from (one.name, f"{one.size:,}", one.sha256, one.sm3)
        yield from (at.w(f"police.file.{one.what}"), at.w(f"police.got.{one.what}"))
    yield from (
        at.w(f"police.record.{one}") for one in ("case", "object", "content", "time", "tool", "digest", "place")
    )
    yield from ("trace verify demo", "trace police demo", "sha256sum", "法发〔2016〕22号")


def _recheck(at: Desk) -> Iterator[str]:
    yield from ("trace verify demo", at.w("police.recheck.where"), at.w("police.recheck.chain"))


def _checklist(at: Desk) -> Iterator[str]:
    yield from (at.w(f"police.bring.{one}") for one in ("id", "purchase", "control", "device", "disc"))
    yield from (at.w(f"identity.proof.{one}") for one in ("login_video", "signed_message", "purchase_record"))


def _warnings(at: Desk) -> Iterator[str]:
    yield from (at.w("police.warn.mnemonic"), at.w("police.warn.recovery"), at.w("police.never.secret"))


FIELDS_OF: dict[str, Marks] = {
    "B": _statement,
    "C": _assets,
    "D": _flow,
    "E": _addresses,
    "F": _records,
    "G": _exhibits,
    "H": _recheck,
    "I": _checklist,
    "J": _warnings,
}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("letter", FIELDS_OF)
def test_every_field_of_a_part_is_there(letter: str, lang: str) -> None:
    """What a part has to say stands in it, in both languages."""
    at = desk(dossier(), lang, who(), exhibits=EXHIBITS, with_sm3=True)
    text = said(at, letter)
    assert [mark for mark in FIELDS_OF[letter](at) if mark not in text] == []


def test_no_part_is_forgotten() -> None:
    """The table above has all parts but the index, which test_police.py reads from the file itself."""
    assert [part.letter for part in PARTS] == list(FIELDS_OF)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_index_has_the_list_of_missing_and_the_blanks_of_the_police(lang: str) -> None:
    """Every field of the identity file that these papers use is listed as missing when nothing is told."""
    at = desk(dossier(), lang)
    listed = [what for what, _, _ in missing.lacking(at)]
    for name in FIELDS:
        if not name.startswith(("verified_by.", "request.")) and at.identity.missing([name]):
            assert any(what.startswith(at.w(f"identity.{name}")) for what in listed), name
    text = "\n".join(text_of(one) for block in index.blocks(at) for one in lines(block))
    for mark in (*listed, at.w("identity.police.receipt_number"), at.w("identity.police.filing_number"), at.as_of()):
        assert mark in text


def test_a_company_stands_once_whatever_labels_call_it() -> None:
    """Part F groups as the letters do: one heading for each company, with all of its places."""
    at = desk(sample_dossier())
    text = said(at, "F")
    assert text.count(". Binance\n") == 1
    assert len(table(at, "F", "police_records_1").rows) + len(table(at, "F", "police_records_2").rows) >= 3


def test_values_of_single_transfers_add_up_to_the_value_of_the_asset() -> None:
    """In part C the reference values of an asset's transfers are those of its sum, at one price with one basis."""
    at = desk(sample_dossier())
    values = [cell_text(row[-1]) for row in table(at, "C", "police_assets").rows]
    priced = [one for one in values if one != at.w("police.no_price")]
    cents = sum(int(one.removesuffix(" USD").replace(",", "").replace(".", "")) for one in priced)
    basis = cell_text(table(at, "C", "police_sums").rows[0][-1])
    assert f"{cents // 100:,}.{cents % 100:02d} USD" in basis


def test_the_check_takes_the_largest_theft_and_the_largest_arrival() -> None:
    """By share of its asset no theft is larger than the one to look up, and no end is larger than the arrival's."""
    at = desk(dossier())
    result, places = at.draft.dossier.result, dict(chosen(at))
    theft, arrival = (result.flows[places[name]] for name in ("theft", "arrival"))
    assert (theft.amount, theft.asset.symbol) == (
        max(row.amount for row in result.origins if row.asset == theft.asset),
        "ETH",
    )
    assert any(row.address == arrival.receiver and arrival.tx in row.path for row in result.endpoints)


def test_the_schedule_of_addresses_tells_what_came_from_what_rests() -> None:
    """Part E has both figures of each address, and each under its own word."""
    at = desk(dossier())
    for row in table(at, "E", "police_addresses").rows[1:]:
        for found in at.draft.dossier.result.addresses:
            if found.address in cell_text(row[1]):
                assert f"{at.w('police.came')} {money(found.received, found.asset)}" in cell_text(row[2])
