"""What alerts say: reviewed texts of every kind in both languages, harmless whatever others wrote, and short."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from chains.model import Asset, AssetId
from reports.alert.context import safe, short
from reports.alert.message import compose, trial
from reports.alert.title import LENGTH
from tests.reports.alert.notices import (
    ALL,
    BAITING,
    ETH,
    EXCHANGE,
    LETTER,
    OTHER,
    TARGETS,
    TRON,
    TWIN,
    UNKNOWN,
    USDT,
    Said,
    context,
)
from tests.test_wording import accuses
from tracer.contacts import load_contacts
from tracer.watch.channels import Message
from tracer.watch.model import (
    CASE,
    CONFIRMED,
    CRITICAL,
    HIGH,
    KINDS,
    NORMAL,
    PROVISIONAL,
    RETRACTED,
    TAKEN,
    TEST,
    Notice,
    Told,
)

SCHEMA = json.loads((Path(__file__).parents[3] / "docs" / "alert.schema.json").read_text(encoding="utf-8"))
HOSTILE = "\x1b[31mBinance\u202e <b>@all</b> <!channel> [x](http://evil.test) *a* `b` https://evil.test/x"


def said(one: Said, lang: str, late: int = 120) -> Message:
    return compose(Told(one.notice, one.status, one.turn, "a"), lang, context(late))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_alerts_read_as_agreed(lang: str) -> None:
    """The texts are the reviewed ones; run with UPDATE_SNAPSHOTS=1 to review a change."""
    parts = [(one.name, said(one, lang)) for one in ALL] + [("test", trial("phone", lang, context()))]
    text = "\n".join(f"=== {name}\n{made.title}\n--\n{made.body}\n" for name, made in parts)
    file = Path(__file__).parent / f"alerts.{lang}.txt"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


def test_every_kind_is_among_the_samples() -> None:
    """No kind of notice goes unread by a person."""
    assert {one.notice.kind for one in ALL} | {TEST} == set(KINDS)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("one", ALL, ids=lambda one: one.name)
def test_titles_fit_a_lock_screen_and_nobody_is_accused(one: Said, lang: str) -> None:
    """At most 80 characters in one line, and no word for a person who did it."""
    made = said(one, lang)
    assert len(made.title) <= LENGTH
    assert "\n" not in made.title + made.body.split("\n")[0]
    assert not list(accuses(made.title + made.body))


@pytest.mark.parametrize("one", [one for one in ALL if one.notice.severity == NORMAL], ids=lambda one: one.name)
def test_what_calls_for_no_action_is_short(one: Said) -> None:
    """Eight lines at most, and no warning that wears off by repetition."""
    assert len(said(one, "en").body.split("\n")) <= 8
    assert "recovery words" not in said(one, "en").body


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_critical_alert_holds_all_that_is_needed(lang: str) -> None:
    """Amount, traced part, range, whole addresses, both times, deadline, contact, letter, page, number, warning."""
    body = said(ALL[0], lang).body
    needed = [
        "12,500 USDT", "12,000 USDT", EXCHANGE.sender, EXCHANGE.receiver, EXCHANGE.tx, "09:15:03 UTC",
        "17:15:03 UTC+08:00", "09:30:03 UTC", "17:30:03 UTC+08:00", "https://www.binance.com/",
        "TRONSCAN 2025-09-01", str(LETTER),
        f"https://tronscan.org/#/transaction/{EXCHANGE.tx}", EXCHANGE.id,
    ]  # fmt: skip
    assert not [one for one in needed if one not in body]


@pytest.mark.parametrize("one", [one for one in ALL if one.status != RETRACTED], ids=lambda one: one.name)
def test_what_to_do_stands_first(one: Said) -> None:
    """Whoever sees no more than the first lines knows what to do now."""
    body = said(one, "en").body
    assert "WHAT TO DO NOW" not in body or body.startswith("WHAT TO DO NOW")


def test_after_the_window_the_deadline_is_now() -> None:
    """Nobody is told to act before a time that is over."""
    late = said(Said("", EXCHANGE), "en", late=3 * 3_600).body
    assert "Act before" not in late
    assert "Act at once" in late
    assert "3 hours have passed" in late


@pytest.mark.parametrize("amount", [None, (1 << 256) - 1, (1 << 160) - 1])
def test_an_approval_without_end_says_so(amount: int | None) -> None:
    """The largest numbers there are, which wallets ask for, are no amounts to read."""
    (one,) = (one.notice for one in ALL if one.name == "approval")
    assert "may now spend all of it" in said(Said("", one._replace(amount=amount)), "en").body


def test_a_watched_address_is_no_victims_once_it_has_a_case_either(monkeypatch: pytest.MonkeyPatch) -> None:
    """That the watch made a case of it says nothing of whose it is."""
    monkeypatch.setitem(TARGETS, 2, TARGETS[2]._replace(kind=CASE, folder="/cases/it"))
    made = said(Said("", EXCHANGE._replace(kind=TAKEN, target=2)), "en")
    assert "left the watched address" in made.title
    assert "new wallet" not in made.body


def test_a_retraction_says_that_nothing_is_to_be_done() -> None:
    """It says that it did not happen, names what was told, and gives no advice."""
    made = said(Said("", EXCHANGE, RETRACTED, 2), "en")
    assert made.title.startswith("RETRACTED")
    assert made.body.startswith("RETRACTED: this did not happen.")
    assert EXCHANGE.id in made.body
    assert "WHAT TO DO" not in made.body
    assert str(LETTER) not in made.body


def test_a_letter_that_is_not_there_yet_is_said_to_be_coming() -> None:
    """Its path is told all the same."""
    there, coming = (said(Said("", EXCHANGE._replace(entity=name)), "en").body for name in ("Binance", "OKX"))
    assert f"Letter, ready: {LETTER}" in there
    assert f"Letter, being written: {LETTER}" in coming


def test_a_look_alike_stands_beside_the_real_address() -> None:
    """Both in full, one under the other, with the warning not to copy it."""
    lines = said(Said("", BAITING), "en").body.split("\n")
    place = next(number for number, line in enumerate(lines) if OTHER in line)
    assert TWIN in lines[place + 1]
    assert lines[place + 2].startswith("DO NOT COPY THIS ADDRESS")


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("one", ALL, ids=lambda one: one.name)
def test_hostile_names_stay_text(one: Said, lang: str) -> None:
    """Symbols, entities, sources and addresses can bring no colours, links, mentions, formats or further lines."""
    asset = one.notice.asset and one.notice.asset._replace(symbol=HOSTILE)
    entity = HOSTILE if one.notice.entity else ""
    source = HOSTILE if one.notice.source else ""
    why = HOSTILE if one.notice.why else ""
    notice = one.notice._replace(asset=asset, entity=entity, source=source, why=why)
    made = said(Said("", notice, one.status, one.turn), lang)
    plain = said(one, lang)
    shown = f"{made.title}\n{made.body}"
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u202e<>@*`]", shown)
    assert "evil.test" not in shown
    assert "](" not in shown
    if not entity:
        assert made.body.count("\n") == plain.body.count("\n")


def test_names_that_look_like_links_are_none_but_known_ones_stay() -> None:
    """A full stop before a letter is taken apart in names nobody knows; figures and known services keep theirs."""
    assert safe("claim-usdt.com t.me/x 1.5") == "claim-usdt(.)com t(.)me/x 1.5"
    known = next(name for one in load_contacts() for name in (one.name, *one.aliases) if "." in name)
    assert known in said(Said("", EXCHANGE._replace(entity=known)), "en").body


def test_titles_cut_amounts_and_never_round_them() -> None:
    """Four decimals and a sign that more follow; the body has every unit."""
    assert short(1_999_999_999_999_999_999, ETH) == "1.9999… ETH"
    assert short(10**18, ETH) == "1 ETH"
    assert short(7, ETH) == "0.000000000000000007 ETH"
    assert short(1_234_567, USDT) == "1.2345… USDT"
    assert short(5, Asset(TRON, AssetId("x"), "N", 0)) == "5 N"
    assert short(5, Asset(TRON, AssetId("x"), "N", 255)) == "5e-255 N"


def test_a_chain_without_an_explorer_has_no_link_but_the_hash() -> None:
    """Nothing is linked that does not exist, and what a chain's own text would make of a link is none."""
    made = said(Said("", UNKNOWN._replace(chain="eip155:99999", tx="0xabc")), "en")
    assert "Transaction: 0xabc" in made.body
    assert "http" not in made.body
    assert "http" not in said(Said("", UNKNOWN._replace(tx="x/../y")), "en").body


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.name)
def test_facts_fit_the_published_schema(one: Said) -> None:
    """Every kind and state, and the test, are as docs/alert.schema.json says."""
    validator = Draft202012Validator(SCHEMA)
    for facts in (said(one, "en").facts, trial("phone", "en", context()).facts):
        assert not [fault.message for fault in validator.iter_errors(json.loads(json.dumps(facts)))]


def test_facts_keep_exact_amounts() -> None:
    """Units are decimal strings, beyond what JSON readers keep exact."""
    facts = said(Said("", EXCHANGE._replace(amount=10**40)), "en").facts
    assert (facts["amount"], facts["least"]) == ("1" + "0" * 40, "12000000000")
    assert (facts["status"], facts["id"], facts["letter"]) == (CONFIRMED, EXCHANGE.id, str(LETTER))


def test_the_state_is_told_until_it_is_final() -> None:
    """Provisional in title and text; the first message of something final has no mark, a later one says so."""
    assert "(provisional)" in said(Said("", EXCHANGE, PROVISIONAL), "en").title
    assert "confirmed" not in said(Said("", EXCHANGE, CONFIRMED, 1), "en").title
    assert "(now confirmed)" in said(Said("", EXCHANGE, CONFIRMED, 2), "en").title


@pytest.mark.parametrize("severity", [CRITICAL, HIGH])
def test_whatever_is_urgent_warns_of_false_helpers(severity: str) -> None:
    """The standing warning is never left out, in either language."""
    notice: Notice = EXCHANGE._replace(severity=severity)
    assert "Nobody serious asks for your recovery words" in said(Said("", notice), "en").body
    assert "绝不会索要助记词" in said(Said("", notice), "zh").body
