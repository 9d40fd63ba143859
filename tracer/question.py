"""What is asked of a trace: whose money, since when, and how far to follow. Values only; nothing here reads a chain."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final, Literal, NamedTuple

from tracer.errors import UsageError
from tracer.lots import CONSERVING, DEFAULT_METHOD

ALL_METHODS = "all"

CORROBORATE: Final = ("ends", "all", "none")
"""Theft and endpoint transactions; every transfer of the sum; none."""

PROVE: Final = ("ends", "none")
"""Theft and endpoint transactions; none."""

_HASH = re.compile(r"(0x)?[0-9a-fA-F]{64}")


class Since(NamedTuple):
    """When a theft began: a transaction hash, a block number, or a time (``value`` as text; times in Unix seconds)."""

    kind: Literal["tx", "block", "time"]
    value: str


class VictimAsk(NamedTuple):
    """One victim as given on the command line."""

    address: str
    since: str


@dataclass(frozen=True, slots=True)
class Question:
    """Everything that decides what a trace finds, besides what the sources answer."""

    victims: tuple[VictimAsk, ...]
    chain: str | None = None
    own: tuple[str, ...] = ()
    stolen: Literal["all", "tx"] = "all"
    until: str | None = None
    method: str = DEFAULT_METHOD
    highest_first: bool = False
    leads: bool = False
    max_hops: int = 50
    max_addresses: int = 2000
    max_requests: int | None = None
    min_value: Decimal | None = None
    labels: tuple[str, ...] = ()
    through: tuple[str, ...] = ()
    corroborate: str = "ends"
    """Which transactions a second source is asked about: one of `CORROBORATE`."""

    prove: str = "ends"
    """Which transactions are proven from the chain itself: one of `PROVE`."""

    @property
    def followed(self) -> tuple[str, ...]:
        """The methods whose stolen units are followed. Poison reaches everybody in the end, so "all" leaves it out."""
        return CONSERVING if self.method == ALL_METHODS else (self.method,)

    @property
    def main(self) -> str:
        """The method that endpoints and flows are stated under."""
        return DEFAULT_METHOD if self.method == ALL_METHODS else self.method


def parse_since(text: str) -> Since:
    """A transaction hash, digits for a block, or an RFC 3339 time.

    Raises:
        UsageError: none of the three. The text is not repeated: it may be a secret pasted by mistake.
    """
    if _HASH.fullmatch(text):
        return Since("tx", text.lower())
    if text.isascii() and text.isdigit() and len(text) <= 18:
        return Since("block", str(int(text)))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError("error.since_unreadable") from None
    if moment.tzinfo is None:
        raise UsageError("error.time_without_zone", time=moment.isoformat())
    return Since("time", str(int(moment.astimezone(UTC).timestamp())))


def parse_victims(arguments: tuple[str, ...], since: str | None) -> tuple[VictimAsk, ...]:
    """``A`` with --since, or ``A@TX B@TX …``.

    Raises:
        UsageError: no victim, or a victim without its own or a common --since.
    """
    if not arguments:
        raise UsageError("error.no_victim")
    victims: list[VictimAsk] = []
    for argument in arguments:
        address, _, own_since = argument.partition("@")
        moment = own_since or since
        if not moment:
            raise UsageError("error.no_since")
        victims.append(VictimAsk(address.strip(), moment.strip()))
    return tuple(dict.fromkeys(victims))
