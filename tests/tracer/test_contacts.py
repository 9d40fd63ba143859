"""Contacts are facts with source and date, on the right domains; every kind of service has something to be asked."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

import tracer
from reports.contact_lines import ask_lines, contact_lines
from tracer.contacts import (
    ASKS,
    CAN,
    KINDS,
    OFFICERS_PORTAL,
    SPEEDS,
    Clock,
    Contact,
    as_of,
    asks_of,
    contact_of,
    load_contacts,
    read_contacts,
    stale,
)
from tracer.errors import ConfigError
from tracer.labels import CATEGORIES, STOPS
from tracer.words import LANGUAGES, catalogue, words

EN, ZH = words("en"), words("zh")
TODAY = date(2026, 11, 22)
DOCS = Path(tracer.__file__).parent.parent / "docs"
ISSUED = ("Tether", "Circle", "Paxos", "First Digital", "Techteryx/TrueUSD")
"""Issuers as tracer/data/tokens.csv spells them."""

ENTRY = """
[[contact]]
id = "some"
name = "Some Exchange"
aliases = ["Sums"]
kind = "exchange"
domains = ["some.example"]
victim = [{ how = "ticket", url = "https://help.some.example/stolen" }]
police = [{ how = "mail", email = "law@some.example" }]
clocks = [{ what = "police_report", hours = 24 }]
can = ["preserve"]
speed = "days"
why = "police_ask"
sources = ["https://some.example/law", "https://elsewhere.example/some"]
checked = 2026-06-01
"""


def some(**changes: str) -> Contact:
    """The made-up entry with lines added or replaced."""
    return read_contacts(changed(**changes))[0]


def changed(**changes: str) -> str:
    text = ENTRY
    for field, value in changes.items():
        text = re.sub(rf"(?m)^{field} = .*\n", "", text) + f"{field} = {value}\n"
    return text


def used(read: Callable[[Contact], Iterator[str]]) -> set[str]:
    return {end for contact in load_contacts() for end in read(contact)}


def test_every_entry_has_a_source_and_a_day() -> None:
    """No fact without the https page it was read on, and the day on which we read it."""
    for contact in load_contacts():
        assert contact.sources, contact.id
        assert all(url.startswith("https://") for url in contact.sources), contact.id
        assert contact.checked is not None, contact.id
        assert contact.checked <= date.today(), contact.id  # noqa: DTZ011
        assert as_of(contact) is not None, contact.id


def test_the_asked_for_are_there() -> None:
    """The exchanges, issuers, bridges, instant exchangers and wallets that most money meets each have an entry."""
    ids = {contact.id for contact in load_contacts()}
    assert {"binance", "okx", "kucoin", "bitget", "bybit", "htx", "gate", "mexc", "kraken", "coinbase"} <= ids
    assert {"crypto_com", "bitfinex", "upbit", "tether", "circle", "paxos", "trueusd", "first_digital"} <= ids
    assert {"thorchain", "lifi", "stargate", "allbridge", "cbridge", "orbiter", "fixedfloat", "changenow"} <= ids
    assert {"sideshift", "tokenpocket", "imtoken", "metamask", "tronlink", "trust_wallet", "okx_wallet"} <= ids
    assert {contact.kind for contact in load_contacts()} == set(KINDS)


def test_what_the_reference_says_of_the_large_ones() -> None:
    """Binance's 7 days, Gate's 24 hours, KuCoin's text instead of PDF, OKX's mail for emergencies, MEXC's languages."""
    by_id = {contact.id: contact for contact in load_contacts()}
    assert by_id["binance"].clocks == (Clock("police_report", 7 * 24),)
    assert by_id["gate"].clocks == (Clock("police_told", 24),)
    assert by_id["kucoin"].formats == ("text_not_pdf",)
    assert [channel.email for channel in by_id["okx"].emergency] == ["enforcement@okx.com"]
    assert by_id["mexc"].languages == ("zh", "en")
    assert by_id["ktx"].police_documents[1:4] == ("case_filing_decision", "sealed_notice", "two_officer_ids")
    assert by_id["thorchain"].can == ("none",)
    assert "us_court_order" in by_id["circle"].police_documents


def test_no_channel_leads_anywhere_else() -> None:
    """Every page and e-mail address lies on a domain of its own or the officers' portal, so no look-alike gets in."""
    for contact in load_contacts():
        for channel in (*contact.victim, *contact.police, *contact.emergency):
            hosts = re.findall(r"(?:https://|@)([^/\s]+)", f"{channel.url} {channel.email}")
            assert len(hosts) == bool(channel.url) + bool(channel.email), contact.id
            for host in hosts:
                assert any(f".{host}".endswith(f".{own}") for own in (*contact.domains, OFFICERS_PORTAL)), contact.id


@pytest.mark.parametrize(
    ("spelt", "expected"),
    [
        ("Binance 14", "binance"),
        ("BINANCE", "binance"),
        ("Binance: Hot Wallet 20", "binance"),
        ("Binance (peg)", "binance"),
        ("okx", "okx"),
        ("OKX Wallet", "okx_wallet"),
        ("Huobi", "htx"),
        ("Huobi 34", "htx"),
        ("HTX", "htx"),
        ("Gate.io", "gate"),
        ("Gate.io: Deposit", "gate"),
        ("Kraken #4", "kraken"),
        ("  Bitfinex   Exchange ", "bitfinex"),
        ("火币", "htx"),
        ("ＯＫＸ", "okx"),
        ("Layer Zero Optimism", "stargate"),
        *(
            (name, None)
            for name in ("Binance US", "Bitget Wallet", "Fake Binance", "Binance Exploiter", "14", "", " 7")
        ),
    ],
)
def test_names_as_labels_spell_them(spelt: str, expected: str | None) -> None:
    """Case, numbers and roles of wallets do not matter; another company of a similar name is not the same."""
    found = contact_of(spelt)
    assert (found and found.id) == expected


def test_the_issuers_of_the_token_list_are_found() -> None:
    """Whoever can freeze a listed token by its own contract has an entry under the spelling used there."""
    found = [contact_of(name) for name in ISSUED]
    assert [one and one.kind for one in found] == ["issuer"] * len(ISSUED)


def test_a_long_name_is_no_burden() -> None:
    """A hostile name of a label takes no time."""
    assert contact_of("Binance" + " :" * 100_000 + " x") is None


@pytest.mark.parametrize("category", ["exchange", "exchange_deposit", "exchange_hot", "bridge", "instant_exchanger"])
def test_a_general_entry_for_whoever_is_not_known(category: str) -> None:
    """Without a contact the lines say how to find the official site, warn of false support, and name no address."""
    general = contact_of("Nobody's Exchange 3", category)
    assert general is not None
    assert not general.id
    lines = contact_lines(general, EN, TODAY)
    assert EN("contact.find_official") in lines
    assert category == "bridge" or any(line.startswith("Have ready in any case: ") for line in lines)
    assert lines[-1] == EN("contact.fake_support", name="Nobody's Exchange 3")
    assert not re.search(r"https?://|@", "\n".join(lines))
    assert not stale(general, TODAY)


@pytest.mark.parametrize("category", [None, "mixer", "dex", "hack", "burn", "wallet"])
def test_nobody_to_write_to(category: str | None) -> None:
    """A mixer, a pool or an unknown name has no contact, not even a general one."""
    assert contact_of("Some Pool", category) is None


def test_a_known_name_wins_over_the_category() -> None:
    """Lists file FixedFloat as an exchange; it is asked what an instant exchanger is asked."""
    contact = contact_of("FixedFloat", "exchange")
    assert contact is not None
    assert contact.kind == "instant_exchanger"
    assert asks_of("exchange", contact.kind) == ASKS["instant_exchanger"]


def test_every_service_has_something_to_be_asked() -> None:
    """Each category at which a trace ends has its asks, each ask has its words, and none is idle."""
    assert all(asks_of(category) for category in (*STOPS, "stablecoin_issuer", "dex"))
    assert asks_of("hack") == asks_of("sanctioned") == asks_of("no such") == ()
    assert set(ASKS) <= {*CATEGORIES, *KINDS}
    said = {key.removeprefix("ask.") for key in catalogue() if key.startswith("ask.")}
    assert {ask for asks in ASKS.values() for ask in asks} == said


@pytest.mark.parametrize(
    ("category", "asks"),
    [
        ("exchange_deposit", {"hold", "preserve", "police_data"}),
        ("stablecoin_issuer", {"issuer_freeze", "issuer_needs"}),
        ("instant_exchanger", {"order_id", "payout", "refund_hold"}),
        ("payment", {"merchant"}),
        ("bridge", {"destination", "transfer_id", "pause"}),
        ("mixer", {"mixer_nobody", "mixer_notes", "mixer_count", "mixer_watch"}),
        ("guarantee_market", {"guarantee_hold", "deal"}),
        ("gambling", {"player"}),
        ("dex", {"dex_nobody"}),
    ],
)
def test_what_can_be_asked_of_whom(category: str, asks: set[str]) -> None:
    """Each kind of service is asked for what it alone knows or can do."""
    assert asks <= set(asks_of(category))


def test_nobody_is_asked_for_what_cannot_be() -> None:
    """A bridge that nobody can pause is not asked to pause; any other is."""
    thorchain = contact_of("THORChain")
    assert ask_lines("bridge", thorchain, EN) == [EN("ask.destination"), EN("ask.transfer_id")]
    assert ask_lines("bridge", None, ZH)[0] == ZH("ask.pause")


def test_words_of_contacts_are_all_used() -> None:
    """Every document, note, reason, way and deadline that has words stands in some entry."""
    expected = {
        "document.": used(lambda c: iter((*c.victim_documents, *c.police_documents))),
        "language.": used(lambda c: iter(c.languages)),
        "contact.how.": used(lambda c: (one.how for one in (*c.victim, *c.police, *c.emergency))),
        "contact.clock.": used(lambda c: (one.what for one in c.clocks)),
        "contact.format.": used(lambda c: iter(c.formats)),
        "contact.note.": used(lambda c: iter(c.notes)),
        "contact.why.": used(lambda c: iter((c.why,) if c.why else ())),
        "contact.can.": set(CAN),
        "contact.kind.": set(KINDS),
        "contact.speed.": set(SPEEDS),
    }
    for beginning, ends in expected.items():
        assert {key for key in catalogue() if key.startswith(beginning)} == {beginning + end for end in ends}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_contact_can_be_printed(lang: str) -> None:
    """Head, what to do now, what it can do, date and warning are there for each, and foreign pages only by host."""
    w = words(lang)
    for contact in load_contacts():
        lines = contact_lines(contact, w, TODAY)
        text = "\n".join(lines)
        assert lines[0] == w("contact.head", name=contact.name, kind=w(f"contact.kind.{contact.kind}"))
        assert re.match("You, now: |Nobody at |您现在要做：|THORChain 的任何人", lines[1]), contact.id
        assert str(contact.checked) in text
        assert "：：" not in text
        own = (*contact.domains, OFFICERS_PORTAL)
        for host in re.findall(r"https://([^/\s]+)", text):
            assert any(f".{host}".endswith(f".{domain}") for domain in own), (contact.id, host)
        assert contact.name in lines[-1]


def test_the_order_is_that_of_the_questions() -> None:
    """What to do, what to have ready, by when; then the police; then what to expect; then source and warning."""
    assert contact_lines(some(victim_documents='["incident"]'), EN, date(2026, 6, 2)) == [
        "Some Exchange (exchange)",
        f"You, now: {EN('contact.how.ticket')}: https://help.some.example/stolen",
        "Have ready: what happened, how and when",
        "Deadline: send the police report within 24 hours of your first message, or the freeze can end.",
        "The police: by e-mail: law@some.example",
        EN("contact.language_unsaid"),
        "It can: keep the records",
        "Expect this to take days: it acts when the police ask.",
        "Read on 2026-06-01: https://some.example/law",
        EN("contact.second_hand", date="2026-06-01", name="Some Exchange", hosts="elsewhere.example"),
        EN("contact.own_sites", name="Some Exchange", domains="some.example"),
    ]


@pytest.mark.parametrize(
    ("copy_of", "today", "old", "shown"),
    [
        ("", date(2026, 11, 28), False, ""),
        ("", date(2026, 11, 29), True, "2026-06-01"),
        ("2026-07", date(2026, 11, 28), False, "2026-07"),
        ("2025-12", date(2026, 6, 29), False, "2025-12"),
        ("2025-12", date(2026, 6, 30), True, "2025-12"),
    ],
)
def test_what_is_old_says_so(copy_of: str, today: date, old: bool, shown: str) -> None:
    """More than 180 days after the state that was read, which a copy's month dates, both languages say it."""
    contact = some(copy_of=f'"{copy_of}"')
    assert stale(contact, today) is old
    for w in (EN, ZH):
        lines = contact_lines(contact, w, today)
        assert (w("contact.stale", limit=180, shown=shown) in lines) is old
        assert (w("contact.copy_of", month=shown) in lines) is (bool(copy_of) and not old)


def test_hostile_names_are_made_harmless() -> None:
    """The name of a label is somebody else's text: no escapes, no brackets, no page-long lines."""
    general = contact_of("\x1b[31mEvil[exchange]" + "x" * 500, "exchange")
    assert general is not None
    lines = contact_lines(general, EN, TODAY)
    assert "\x1b" not in "".join(lines)
    assert "[" not in "".join(lines)
    assert max(map(len, lines)) < 600


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sources": "[]"}, "field sources is missing"),
        ({"name": '""'}, "field name is missing"),
        ({"color": '"red"'}, "field color"),
        ({"kind": '"bank"'}, "field kind says bank"),
        ({"can": '["pray"]'}, "field can says pray"),
        ({"can": '"preserve"'}, "field can has not"),
        ({"notes": '["none_such"]'}, "field notes says none_such"),
        ({"notes": "[7]"}, "field notes has not"),
        ({"police_documents": '["blood"]'}, "field police_documents says blood"),
        ({"speed": '"soon"'}, "field speed says soon"),
        ({"speed": "7"}, "field speed has not"),
        ({"why": '""'}, "field why is missing"),
        ({"clocks": '[{ what = "doom", hours = 1 }]'}, "field clocks says doom"),
        ({"clocks": '[{ what = "police_report", hours = true }]'}, "field clocks has not"),
        ({"clocks": '[{ what = "police_report", hours = 0 }]'}, "field clocks has not"),
        ({"clocks": '[{ what = "police_report", days = 1 }]'}, "field clocks has not"),
        ({"victim": '[{ url = "https://some.example" }]'}, "field victim says None"),
        ({"victim": '[{ how = "ticket", url = "http://some.example" }]'}, "field victim, http://some.example"),
        ({"victim": '[{ how = "ticket", url = "https://some.example.evil" }]'}, "some.example.evil"),
        ({"victim": '[{ how = "ticket", url = "https://awesome.example" }]'}, "awesome.example"),
        ({"victim": '[{ how = "ticket", url = "https://some.example@evil.example" }]'}, "evil.example"),
        ({"victim": '[{ how = "ticket", url = "https://some.example:8443/" }]'}, "8443"),
        ({"victim": '[{ how = "ticket", url = "https://sоme.example" }]'}, "field victim"),
        ({"police": '[{ how = "mail", email = "law@kodexglobal.com" }]'}, "law@kodexglobal.com"),
        ({"police": '[{ how = "mail", email = "a@evil.example@some.example" }]'}, "field police"),
        ({"sources": '["http://some.example"]'}, "field sources"),
        ({"sources": '["https://["]'}, "field sources"),
        ({"sources": '["https://some.example/a b"]'}, "field sources"),
        ({"checked": '"2026-06-01"'}, "field checked has not"),
        ({"checked": "2026-06-01T10:00:00"}, "field checked has not"),
        ({"copy_of": '"2026"'}, "field copy_of has not"),
        ({"copy_of": '"2026-13"'}, "field copy_of has not"),
        ({"aliases": '["some  EXCHANGE"]'}, "some exchange already stands in the entry some"),
    ],
)
def test_a_wrong_entry_is_an_error_that_names_it(changes: dict[str, str], said: str) -> None:
    """Whatever is not as documented is refused, with the entry and the field, in both languages."""
    with pytest.raises(ConfigError) as refused:
        some(**changes)
    assert said in str(refused.value)
    assert "some" in refused.value.say(ZH)


def test_no_id_or_name_stands_twice() -> None:
    """Two entries that share an id or a spelling are an error, whatever the case."""
    other = ENTRY.replace('"Some Exchange"', '"Other"').replace('"Sums"', '"Oth"')
    with pytest.raises(ConfigError, match="some already"):
        read_contacts(ENTRY + other)
    with pytest.raises(ConfigError, match="sums already stands in the entry some"):
        read_contacts(ENTRY + other.replace('"Oth"', '"SUMS"').replace('id = "some"', 'id = "other"'))


def test_the_page_names_every_field() -> None:
    """docs/contacts.md explains each field of the table, and counts right what is old and what is not known."""
    page = (DOCS / "contacts.md").read_text(encoding="utf-8")
    fields = set(re.findall(r"(?m)^(\w+) = ", (Path(tracer.__file__).parent / "data/contacts.toml").read_text("utf-8")))
    assert {field for field in fields if f"`{field}`" not in page} == set()
    old = sum(stale(contact, TODAY) for contact in load_contacts())
    assert f"{old} of {len(load_contacts())} entries" in " ".join(page.split())
    unheard = [contact.name for contact in load_contacts() if not contact.victim and contact.can != ("none",)]
    assert [name for name in unheard if name not in page.split("## What is not known")[1]] == []
