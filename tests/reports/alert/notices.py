"""One notice of every kind there is, as the watch would make it, and what an alert must know beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

from chains.model import NATIVE, Asset, AssetId
from chains.registry import load_chains
from chains.scan import APPROVAL, DELEGATION, PERMISSION
from reports.alert.context import Context, Letter
from tracer.label_files import load_tokens
from tracer.watch.model import (
    ADDRESS,
    BAIT,
    BLIND,
    CASE,
    CONFIRMED,
    CRITICAL,
    DIGEST,
    FREEZE,
    FULL,
    GRANTED,
    HIGH,
    INFO,
    NORMAL,
    PAYMENT,
    PROVISIONAL,
    RETRACTED,
    SEEING,
    SENTRY,
    TAKEN,
    TROUBLE,
    Notice,
    Target,
)
from tracer.words import sentence

TRON: Final = "tron:mainnet"
AT: Final = 1_763_802_903
USDT: Final = Asset(TRON, AssetId("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"), "USDT", 6)
ETH: Final = Asset("eip155:1", NATIVE, "ETH", 18)
FAKE: Final = Asset(TRON, AssetId("T" + "x" * 33), "Visit usdt-claim.com <b>@all</b>", 6)
VICTIM: Final = "TJDENsfBJs4RFETt1X1W8wMDc8M5XnJhCe"
OTHER: Final = "TNaRAoLUyYEV2uF7GUrzSjRQTU8v5ZJ5VR"
TWIN: Final = "TNaRxxxxxxxxxxxxxxxxxxxxxxxxxxJ5VR"
ONE, TWO = "0x" + "ab" * 20, "0x" + "cd" * 20
TARGETS: Final = {
    1: Target(1, CASE, "theft-2025-11", "/cases/theft-2025-11", "", "", AT),
    2: Target(2, ADDRESS, f"tron:{VICTIM}", "", TRON, VICTIM, AT),
}
UNITS: Final = 12_500_000_000
LETTER: Final = Path("/cases/watch/papers/theft-2025-11/letters/binance")

EXCHANGE: Final = Notice(
    "exchange", 1, PAYMENT, CRITICAL, TRON, "a" * 64, AT * 1000, 70_000_000, AT, VICTIM, OTHER, USDT,
    UNITS, UNITS, 12_000_000_000, UNITS, "Binance 14", "exchange_hot", "TRONSCAN 2025-09-01", "exchange",
)  # fmt: skip
UNKNOWN: Final = EXCHANGE._replace(entity="", category="", source="", reason="moved", severity=NORMAL)
ETHER: Final = EXCHANGE._replace(
    chain="eip155:1", tx="0x" + "1f" * 32, sender=ONE, receiver=TWO, asset=ETH,
    amount=1_234_567_890_123_456_789, traced=10**18, least=0, most=1_234_567_890_123_456_789,
)  # fmt: skip
POWER: Final = UNKNOWN._replace(
    kind=GRANTED, severity=CRITICAL, asset=None, amount=None, traced=None, least=None, most=None
)
FREEZING: Final = Notice(
    "freeze", 1, FREEZE, HIGH, TRON, receiver=OTHER, asset=USDT, entity="Tether", reason="proposed",
    more={"confirmed": 1, "needed": 3, "proposal": "x"},
)  # fmt: skip
SEEN: Final = [f"{TRON}|{number}|3|{FAKE.id}|a|b|1|0" for number in range(7)]
BAITING: Final = Notice(
    "bait", 1, BAIT, INFO, TRON, "b" * 64, AT * 1000, 7, AT, TWIN, VICTIM, FAKE, 1, reason="look_alike",
    more={"day": "2025-11-22", "twin": OTHER, "seen": SEEN},
)  # fmt: skip
SIGHTLESS: Final = Notice(
    "blind", 0, BLIND, HIGH, TRON, time=AT, reason="blind",
    why="trongrid did not answer: timeout",
)  # fmt: skip


class Said(NamedTuple):
    """A notice in a state, and what the snapshot calls it."""

    name: str
    notice: Notice
    status: str = CONFIRMED
    turn: int = 1


ALL: Final = (
    Said("reached an exchange, provisional", EXCHANGE, PROVISIONAL),
    Said("the same, confirmed", EXCHANGE, CONFIRMED, 2),
    Said("the same, retracted", EXCHANGE, RETRACTED, 3),
    Said("deposit address of one without a known channel", EXCHANGE._replace(
        key="deposit", entity="KuCoin", category="exchange_deposit", reason="exchange_deposit")),
    Said("bridge", EXCHANGE._replace(key="bridge", entity="Across", category="bridge", reason="bridge", severity=HIGH)),
    Said("mixer", ETHER._replace(
        key="mixer", entity="Tornado Cash", category="mixer", reason="mixer", severity=HIGH)),
    Said("service", EXCHANGE._replace(
        key="service", entity="HuionePay", category="payment", reason="service", severity=HIGH)),
    Said("contract", ETHER._replace(
        key="contract", entity="", category="", source="", reason="contract", severity=HIGH)),
    Said("moved on", UNKNOWN, PROVISIONAL),
    Said("moved on, not certain", UNKNOWN._replace(key="weak", why=sentence("rule.dust"), least=0)),
    Said("came back", UNKNOWN._replace(key="returned", reason="returned")),
    Said("left an unread place", UNKNOWN._replace(key="sentry", kind=SENTRY, traced=None, least=0)),
    Said("more left the victim", UNKNOWN._replace(key="taken", kind=TAKEN, severity=CRITICAL), PROVISIONAL),
    Said("left a watched address for an exchange", EXCHANGE._replace(key="bare", kind=TAKEN, target=2)),
    Said("approval", POWER._replace(key="approval", reason=APPROVAL, severity=HIGH, asset=USDT)),
    Said("approval of an amount", POWER._replace(
        key="approval 2", reason=APPROVAL, severity=HIGH, asset=USDT, amount=5_000_000)),
    Said("permission", POWER._replace(key="permission", reason=PERMISSION)),
    Said("own key lost", POWER._replace(key="lost", reason=PERMISSION, receiver="")),
    Said("delegation", POWER._replace(
        key="delegation", reason=DELEGATION, chain="eip155:1", tx=ETHER.tx, sender=ONE, receiver=TWO)),
    Said("delegation ended", POWER._replace(
        key="ended", reason=DELEGATION, chain="eip155:1", tx=ETHER.tx, sender=ONE, receiver="")),
    Said("freeze proposed", FREEZING),
    Said("frozen", FREEZING._replace(key="frozen", reason="frozen")),
    Said("deposit address by its behaviour", Notice(
        "digest", 1, DIGEST, CRITICAL, TRON, receiver=OTHER, asset=USDT, traced=UNITS, entity="OKX",
        category="exchange_deposit", source="TRONSCAN", reason="exchange_deposit",
        why=sentence("rule.stop_unswept"), more={"tier": "T2", "confidence": 85})),
    Said("bait with a look-alike", BAITING),
    Said("dust", BAITING._replace(key="dust", reason="dust", asset=USDT, more={**BAITING.more, "twin": ""})),
    Said("blind", SIGHTLESS),
    Said("seeing", SIGHTLESS._replace(
        kind=SEEING, reason="seeing", why="", more={"until": AT + 1_800, "blocks": 600, "moved": 2})),
    Said("seeing, nothing moved", SIGHTLESS._replace(
        key="seeing 2", kind=SEEING, reason="seeing", why="", more={"until": AT + 1_800, "blocks": 600, "moved": 0})),
    Said("frontier full", Notice(
        "full", 1, FULL, NORMAL, TRON, receiver=OTHER, reason="budget", more={"most": 1000})),
    Said("final block replaced", Notice(
        "undone", 0, TROUBLE, HIGH, TRON, number=7, reason="undone",
        why=sentence("rule.stop_frozen"))),
)  # fmt: skip


def letter_of(notice: Notice) -> Letter | None:
    """Binance's is there, the others are being written."""
    if not notice.entity or notice.reason == "mixer":
        return None
    return Letter(LETTER, ready=notice.entity.startswith("Binance"))


def context(late: int = 120) -> Context:
    """Everything beside the notice, so many seconds after it."""
    return Context(load_chains(), TARGETS.get, load_tokens(), lambda: AT + late, letter_of)
