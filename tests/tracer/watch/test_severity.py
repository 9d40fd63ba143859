"""How urgent a notice is: who can still act decides, and a look-alike is seen by its ends."""

from __future__ import annotations

import pytest

from chains.scan import APPROVAL, DELEGATION, PERMISSION
from tracer.result import REASONS
from tracer.watch.model import (
    BAIT,
    BLIND,
    CRITICAL,
    DIGEST,
    FREEZE,
    FULL,
    GRANTED,
    HIGH,
    INFO,
    KINDS,
    NORMAL,
    PAYMENT,
    SENTRY,
    SEVERITIES,
    TAKEN,
)
from tracer.watch.severity import is_dust, looks_like, severity_of

REAL = "TNaRAoLUyYEV2uF7GUrzSjRQTU8v5ZJ5VR"


@pytest.mark.parametrize(
    ("kind", "reason", "expected"),
    [
        (PAYMENT, "exchange", CRITICAL),
        (PAYMENT, "exchange_deposit", CRITICAL),
        (DIGEST, "exchange_deposit", CRITICAL),
        (PAYMENT, "bridge", HIGH),
        (PAYMENT, "mixer", HIGH),
        (PAYMENT, "service", HIGH),
        (PAYMENT, "contract", HIGH),
        (PAYMENT, "moved", NORMAL),
        (PAYMENT, "held", NORMAL),
        (PAYMENT, "returned", NORMAL),
        (TAKEN, "moved", CRITICAL),
        (GRANTED, PERMISSION, CRITICAL),
        (GRANTED, DELEGATION, CRITICAL),
        (GRANTED, APPROVAL, HIGH),
        (FREEZE, "proposed", HIGH),
        (BLIND, "blind", HIGH),
        (FULL, "budget", NORMAL),
        (BAIT, "look_alike", INFO),
    ],
)
def test_who_can_still_act_decides(kind: str, reason: str, expected: str) -> None:
    """Each kind and reason has the severity of domain rule 9.12."""
    assert severity_of(kind, reason) == expected


def test_dust_is_only_worth_a_note_unless_it_reaches_an_exchange() -> None:
    """A trial deposit names the account, whatever its amount; other dust is summed up."""
    assert severity_of(PAYMENT, "moved", dust=True) == INFO
    assert severity_of(SENTRY, "bridge", dust=True) == INFO
    assert severity_of(PAYMENT, "exchange", dust=True) == CRITICAL
    assert severity_of(TAKEN, "moved", dust=True) == CRITICAL


def test_a_sweep_of_a_deposit_address_was_told_as_critical_before() -> None:
    """What a deposit address passes on to its exchange is high; from any other unread place it is critical."""
    assert severity_of(SENTRY, "exchange", from_reason="exchange_deposit") == HIGH
    assert severity_of(SENTRY, "exchange", from_reason="hop_limit") == CRITICAL


def test_everything_has_a_severity() -> None:
    """No kind and no reason falls through."""
    assert {severity_of(kind, reason) for kind in KINDS for reason in (*REASONS, "moved", "")} <= set(SEVERITIES)


def test_dust_is_less_than_is_followed() -> None:
    """The least that is followed is no dust, and where nothing is set nothing is."""
    assert is_dust(9, 10)
    assert not is_dust(10, 10)
    assert not is_dust(0, 0)


@pytest.mark.parametrize(
    ("address", "known", "twin"),
    [
        ("TNaRxxxxxxxxxxxxxxxxxxxxxxxxxxJ5VR", [REAL], REAL),
        (REAL, [REAL], ""),
        (REAL, ["TNaRxxxxxxxxxxxxxxxxxxxxxxxxxxJ5VR", REAL], ""),
        ("TNaSxxxxxxxxxxxxxxxxxxxxxxxxxxJ5VR", [REAL], ""),
        ("TNaRxxxxxxxxxxxxxxxxxxxxxxxxxxJ5VS", [REAL], ""),
        ("0xabcd" + "1" * 32 + "beef", ["0x" + "9" * 40, "0xabcd" + "2" * 32 + "beef"], "0xabcd" + "2" * 32 + "beef"),
        ("0x1bcd" + "1" * 32 + "beef", ["0xabcd" + "2" * 32 + "beef"], ""),
    ],
)
def test_a_look_alike_has_the_ends_of_a_known_address(address: str, known: list[str], twin: str) -> None:
    """Four characters at both ends, not counting 0x, and not the address itself."""
    assert looks_like(address, known) == twin
