"""The words of the watch: what is watched, what was noticed, and what of it was told to whom. Pure values.

A `Notice` is one thing worth telling; it is unique by what happened, not by when it was seen, so that it is told once
whatever is killed, repeated or read again. Its state changes with the chain: provisional while its block can still be
undone, confirmed once it cannot, retracted when it was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from chains.model import Asset

CASE, ADDRESS = "case", "address"

CRITICAL, HIGH, NORMAL, INFO = "critical", "high", "normal", "info"
SEVERITIES: Final = (CRITICAL, HIGH, NORMAL, INFO)
"""Critical: reached an exchange, or the victim can still save what is left. High: bridge, mixer, a proposal to freeze,
blindness. Normal: moved on. Info: dust and bait, summed up (domain rule 9.12)."""

PROVISIONAL, CONFIRMED, RETRACTED = "provisional", "confirmed", "retracted"

PAYMENT: Final = "payment"
"""Traced value was paid on."""
TAKEN: Final = "taken"
"""More left the victim."""
GRANTED: Final = "granted"
"""Somebody got power over the victim's address: approval, permission, delegation."""
SENTRY: Final = "sentry"
"""A place whose inside nobody has read (a deposit address, dust) paid something out."""
FREEZE: Final = "freeze"
"""An issuer proposed a freeze, froze, or released."""
BAIT: Final = "bait"
"""Dust or a look-alike's transfer came in; a day's worth of it is one notice."""
BLIND: Final = "blind"
SEEING: Final = "seeing"
FULL: Final = "full"
"""The frontier is as large as was allowed: somebody is not followed."""
TROUBLE: Final = "trouble"
"""A case could not be brought up to date; money stands where the watch cannot say whose it is."""
DIGEST: Final = "digest"
"""The case was brought up to date: what its new result says of a payment that was told before (letter, endpoint)."""
TEST: Final = "test"
KINDS: Final = (PAYMENT, TAKEN, GRANTED, SENTRY, FREEZE, BAIT, BLIND, SEEING, FULL, TROUBLE, DIGEST, TEST)


class Target(NamedTuple):
    """What a user asked to watch. ``name`` is how they call it: a case's folder name, or CHAIN:ADDRESS.

    ``kind`` is `CASE` or `ADDRESS`; ``folder`` the case's folder ("" for an address); ``until`` the Unix time at which
    the watch of it ends (None: never); ``added`` when it began. ``labels`` are label files of the user's.
    """

    id: int
    kind: str
    name: str
    folder: str
    chain: str
    address: str
    added: int
    paused: bool = False
    until: int | None = None
    max_frontier: int = 1000
    labels: tuple[str, ...] = ()


class Notice(NamedTuple):
    """One thing worth telling, as facts: reports/watch/ makes sentences of it.

    ``key`` is what makes it unique within its target (a transfer's identity, or day and chain); `id` follows from it.
    ``amount`` is what moved, ``traced`` how much of it is traced under the case's method, ``least`` and ``most`` under
    any rule that conserves money; all in base units of ``asset``, None where they do not apply. ``entity``,
    ``category`` and ``source`` come from a label of the receiver (source with its date). ``reason`` is why it matters:
    one of tracer.result.REASONS, ``moved``, or what `KINDS` needs (``approval``, ``permission`` …). ``why`` is a
    sentence of the catalogue, made with `sentence`. ``more`` has what only some kinds need, as plain JSON.
    """

    key: str
    target: int
    kind: str
    severity: str
    chain: str
    tx: str = ""
    height: int = 0
    number: int = 0
    time: int = 0
    sender: str = ""
    receiver: str = ""
    asset: Asset | None = None
    amount: int | None = None
    traced: int | None = None
    least: int | None = None
    most: int | None = None
    entity: str = ""
    category: str = ""
    source: str = ""
    reason: str = ""
    why: str = ""
    more: Mapping[str, Any] = {}

    @property
    def id(self) -> str:
        """Sixteen hex digits that are the same whenever and wherever the same thing is noticed: the idempotency key."""
        return hashlib.sha256(f"{self.target}|{self.kind}|{self.key}".encode()).hexdigest()[:16]


class Told(NamedTuple):
    """One message in the outbox: a notice in one state (``turn`` counts its states from 1), for one channel."""

    notice: Notice
    status: str
    turn: int
    channel: str
    tries: int = 0
    made: int = 0

    @property
    def id(self) -> str:
        """The idempotency key of this message: the same for every try."""
        return f"{self.notice.id}.{self.turn}"
