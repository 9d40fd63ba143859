"""How urgent a notice is, and what is dust or bait (domain rule 9.12). Pure.

What decides is whether somebody can still act: an exchange can hold a deposit for minutes, a victim can still move what
is left; an address nobody knows can only be watched on.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from chains.scan import DELEGATION, PERMISSION
from tracer.watch.model import (
    BAIT,
    BLIND,
    CRITICAL,
    FREEZE,
    FULL,
    GRANTED,
    HIGH,
    INFO,
    NORMAL,
    PAYMENT,
    SEEING,
    SENTRY,
    TAKEN,
    TEST,
    TROUBLE,
)

ENDS: Final = 4
"""Characters at either end of an address that people compare: no more are shown by most wallets."""

_AT_EXCHANGE: Final = frozenset({"exchange", "exchange_deposit"})
_SHARED: Final = frozenset({"bridge", "mixer", "service", "contract", "frozen"})
"""Behind these the coins of many lie in one pot, are turned into others, or stand still."""

_BY_KIND: Final = {
    TAKEN: CRITICAL,
    FREEZE: HIGH,
    BLIND: HIGH,
    SEEING: HIGH,
    TROUBLE: HIGH,
    FULL: NORMAL,
    BAIT: INFO,
    TEST: INFO,
}


def severity_of(kind: str, reason: str, *, from_reason: str = "", dust: bool = False) -> str:
    """One of `SEVERITIES`, by the notice's kind and reason and, of a payment, why its sender was looked at.

    ``dust`` says that the amount is less than is followed. It makes no arrival at an exchange less urgent: a trial
    deposit names the account that the rest will go to.
    """
    if kind in _BY_KIND:
        return _BY_KIND[kind]
    if kind == GRANTED:
        return CRITICAL if reason in (PERMISSION, DELEGATION) else HIGH
    if reason in _AT_EXCHANGE:
        swept = kind == SENTRY and from_reason == "exchange_deposit"
        return HIGH if swept else CRITICAL
    if dust and kind in (PAYMENT, SENTRY):
        return INFO
    return HIGH if reason in _SHARED else NORMAL


def is_dust(amount: int, least: int) -> bool:
    """Is this less than is followed of the asset? Both in base units."""
    return amount < least


def looks_like(address: str, known: Iterable[str]) -> str:
    """The known address that this one could be taken for; "" where there is none, or it is known itself.

    Both ends are the same, the middle is not: whoever copies an address from a history sees only the ends.
    """
    twin = ""
    ends = _ends(address)
    for one in known:
        if one == address:
            return ""
        if _ends(one) == ends:
            twin = one
    return twin


def _ends(address: str) -> tuple[str, str]:
    shown = address.removeprefix("0x")
    return shown[:ENDS], shown[-ENDS:]
