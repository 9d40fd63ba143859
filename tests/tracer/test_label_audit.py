"""The audit finds what is wrong with labels, and takes no contradiction between two sources for a fault."""

from __future__ import annotations

from typing import Any

import pytest

from chains.model import Address, AssetId
from tests.tracer.small_world import USDT, who
from tracer.label_audit import EXPECTED, KINDS, audit, contradiction
from tracer.label_files import builtin_labels, load_tokens
from tracer.labels import Label, LabelBook, Tokens

CONTRACT = Address(USDT)
TODAY = "2026-09-01"
X = who("x")
SOUND = Label("eip155:1", X, "Binance", "exchange_hot", "A list", "2026-01-01", 70, role="hot")
TRON = Address("TLsV52sRDL79HXGGm9yzwKibb6BeruhUzy")


def kinds(*labels: Label) -> list[str]:
    return [one.kind for one in audit([labels], load_tokens(), TODAY)]


def test_the_pack_holds_no_fault() -> None:
    """The labels that come with the program have nothing that no list should have."""
    book = LabelBook.of_labels(builtin_labels())
    found = list(audit(book.by_address.values(), load_tokens(), TODAY))
    assert [one for one in found if not one.expected] == []
    assert {one.kind for one in found} <= {"doubted"}
    assert len(found) <= 5


def test_a_sound_label_is_nothing_to_report() -> None:
    """No finding where nothing is wrong, on any chain."""
    assert kinds(SOUND) == []
    assert kinds(SOUND._replace(chain="tron:mainnet", address=TRON)) == []
    assert kinds(SOUND._replace(chain="eip155:*")) == []


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"address": X.upper()}, "address"),
        ({"address": "0x12"}, "address"),
        ({"chain": "tron:mainnet"}, "address"),
        ({"chain": "tron:mainnet", "address": TRON[:-1] + "z"}, "address"),
        ({"entity": "vitalik.eth"}, "self_chosen"),
        ({"source": ""}, "unsourced"),
        ({"as_of": ""}, "undated"),
        ({"valid_from": "2027-01-01"}, "validity"),
        ({"valid_from": "2025-02-01", "valid_to": "2025-01-01"}, "validity"),
        ({"valid_from": "2025-01-01", "valid_to": "2025-02-01"}, "ended"),
        ({"address": USDT}, "token"),
        ({"address": USDT, "chain": "eip155:*"}, "token"),
    ],
)
def test_what_a_label_alone_can_have_wrong(changes: dict[str, Any], kind: str) -> None:
    """Spelling, names, sources, dates, validity, and wallets that are token contracts."""
    assert kinds(SOUND._replace(**changes)) == [kind]


def test_a_token_contract_may_be_its_issuers() -> None:
    """A contract filed as its issuer's, or on a chain where it is no token, is no wallet."""
    assert kinds(SOUND._replace(address=CONTRACT, category="stablecoin_issuer", role="")) == []
    assert kinds(SOUND._replace(address=CONTRACT, chain="eip155:56")) == []
    assert list(audit([[SOUND]], Tokens({}), TODAY)) == []
    assert not load_tokens().is_listed("eip155:56", AssetId(USDT))


def test_one_statement_twice_is_one_finding() -> None:
    """However often it stands there."""
    assert kinds(SOUND, SOUND, SOUND) == ["twice"]


OTHER = SOUND._replace(source="B list")
DEPOSIT: dict[str, Any] = {"category": "exchange_deposit", "role": "deposit"}


@pytest.mark.parametrize(
    ("other", "kind"),
    [
        (SOUND._replace(entity="OKX"), "entity"),
        (OTHER._replace(entity="OKX"), "other_entity"),
        (OTHER._replace(entity="BINANCE 14"), ""),
        (OTHER._replace(entity="Binance: Hot Wallet"), ""),
        (OTHER._replace(entity="OKX", chain="eip155:56"), ""),
        (OTHER._replace(entity="OKX", chain="eip155:*"), "other_entity"),
        (OTHER._replace(category="mixer", role=""), "other_category"),
        (SOUND._replace(category="mixer", role=""), "category"),
        (OTHER._replace(category="exchange", role=""), ""),
        (OTHER._replace(category="exchange", role="reserve"), ""),
        (OTHER._replace(**DEPOSIT), "other_category"),
        (OTHER._replace(category="sanctioned", entity="OFAC SDN: Somebody"), ""),
        (OTHER._replace(category="frozen", entity="Tether: frozen"), ""),
        (OTHER._replace(category="hack", entity="Report 7"), "doubted"),
        (OTHER._replace(entity="OKX", valid_from="2020-01-01", valid_to="2021-01-01"), "other_entity"),
    ],
)
def test_contradictions(other: Label, kind: str) -> None:
    """Two owners or two things on one chain contradict each other, in either order; a fate goes with any owner."""
    assert contradiction(SOUND, other) == kind
    assert contradiction(other, SOUND) == kind
    assert kinds(SOUND, other) in ([kind], [] if not kind else [kind], ["ended", kind], [kind, "ended"])


def test_labels_of_different_times_do_not_contradict() -> None:
    """An address that changed hands had two owners, one after the other."""
    before = SOUND._replace(entity="FTX", valid_to="2022-11-11")
    after = SOUND._replace(valid_from="2023-01-01")
    assert contradiction(before, after) == ""
    assert contradiction(after, before) == ""


def test_what_is_expected_is_known() -> None:
    """Every expected kind is a kind."""
    assert set(KINDS) > EXPECTED
