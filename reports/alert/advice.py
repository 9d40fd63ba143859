"""What to do now, until when, and whom to write to: the part of an alert that somebody acts on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from chains.scan import PERMISSION
from reports.alert.context import Context, entity, moment, short_name
from reports.contact_lines import ask_lines, urgent_lines
from tracer.contacts import contact_of
from tracer.hostile import clean
from tracer.watch.model import CRITICAL, FREEZE, GRANTED, HIGH, INFO, TAKEN, Notice
from tracer.words import Words

WINDOW: Final = 900
"""Seconds after an arrival in which a platform can act best (domain reference 4.0: 10 to 15 minutes)."""

ASKS: Final = 2
"""What is asked first; the letter has the rest."""

URGENT: Final = frozenset({CRITICAL, HIGH})
"""Severities on which somebody acts; the others are kept short."""

_AT_EXCHANGE: Final = frozenset({"exchange", "exchange_deposit"})
_SERVED: Final = _AT_EXCHANGE | {"bridge", "service", "mixer"}
_NO_REST: Final = frozenset({"contract", "returned", "frozen", "burn"})


def advice(notice: Notice, context: Context, w: Words) -> list[str]:
    """Lines in the order in which to act; none where there is nothing to do."""
    lines = [*_own(notice, context, w), *_deadline(notice, context, w), *_whom(notice, w), *_issuer(notice, context, w)]
    letter = context.letter(notice)
    if letter is not None:
        path = clean(str(letter.path), 1000)
        lines.append(w("alert.letter", path=path) if letter.ready else w("alert.letter_coming", path=path))
    return [*([w("alert.now")] if notice.severity in URGENT else []), *lines] if lines else []


def _own(notice: Notice, context: Context, w: Words) -> Iterator[str]:
    """What the one robbed does with what is left."""
    target = context.target(notice.target)
    if notice.kind == GRANTED and (notice.receiver or notice.reason == PERMISSION):
        yield w(f"alert.do.{notice.reason}")
    elif notice.kind == TAKEN and (target is None or not target.address):
        yield w("alert.save_rest")
    elif notice.kind == FREEZE and notice.reason == "frozen":
        yield w("alert.frozen_ask")


def _deadline(notice: Notice, context: Context, w: Words) -> Iterator[str]:
    passed = context.now() - notice.time
    if notice.reason in _AT_EXCHANGE and notice.severity == CRITICAL:
        if passed < WINDOW:
            utc, beijing = moment(notice.time + WINDOW)
            yield w("alert.before", utc=utc, beijing=beijing)
        else:
            yield w("alert.at_once")
        if notice.time and passed >= WINDOW:
            yield w("alert.passed", time=_span(passed, w))
    elif notice.reason == "bridge":
        yield w("alert.bridge_soon")
    elif notice.reason == "service":
        yield w("alert.service_soon")
    if notice.reason in ("bridge", "contract"):
        yield w("alert.case_follows")


def _span(seconds: int, w: Words) -> str:
    hours = seconds // 3_600
    if hours < 2:
        return w("alert.minutes", n=seconds // 60)
    return w("contact.hours", n=hours) if hours < 48 else w("contact.days", n=hours // 24)


def _whom(notice: Notice, w: Words) -> Iterator[str]:
    """Who can act, how to reach them, and what to ask for first."""
    if notice.reason not in _SERVED and notice.kind != FREEZE:
        return
    contact = contact_of(notice.entity, notice.category or None) if notice.entity else None
    if notice.entity and notice.reason != "mixer":
        yield w("alert.whom", name=short_name(notice, w))
    if contact is not None:
        yield from urgent_lines(contact if contact.id else replace(contact, name=entity(notice, w)), w)
    if notice.reason == "frozen":
        yield w("ask.issuer_return")
    else:
        yield from ask_lines(notice.category or ("issuer" if notice.kind == FREEZE else notice.reason), contact, w)[
            :ASKS
        ]


def _issuer(notice: Notice, context: Context, w: Words) -> Iterator[str]:
    """A token that rests with nobody known can still be blocked by its issuer."""
    token = context.token(notice)
    lies = (
        notice.receiver
        and notice.severity != INFO
        and notice.reason not in _SERVED | _NO_REST
        and notice.kind not in (FREEZE, GRANTED)
    )
    if lies and token is not None and token.freezable == "yes":
        yield w("alert.issuer", issuer=clean(token.issuer))
