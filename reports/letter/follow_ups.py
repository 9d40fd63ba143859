"""The days on which somebody has to act again, as a calendar: a freeze that nobody renews ends by itself.

Every date follows from the day of the letters and the clocks of the contacts, so the same letters give the same file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, NamedTuple

from icalendar import Alarm, Calendar, Event

from reports.letter.plan import Planned
from reports.letter.recipients import PASSAGE, Recipient
from tracer.words import Words

HOURS: Final = 24
RENEWALS: Final = 12
LAST_DAY: Final = 28
"""Every month has it: a renewal on the 31st would fall out in most."""

EARLIER: Final = ("freeze_lasts", "data_kept")
"""Clocks that end something: reminded of a week before; the others a day before."""


class FollowUp(NamedTuple):
    """Something to do on a day; ``what`` names it in its UID. ``monthly`` ones come again."""

    what: str
    day: date
    summary: str
    days_before: int = 1
    monthly: bool = False


def follow_ups(planned: Sequence[Planned], day: date, reference: str, w: Words) -> bytes:
    """The calendar for letters that are sent on a day."""
    calendar = Calendar()
    calendar.add("prodid", "-//stolen-funds-tracer//letters//EN")
    calendar.add("version", "2.0")
    for one in planned:
        for entry in _entries(one.material.to, day, w):
            calendar.add_component(_event(entry, one.material.to, day, reference, w))
    return bytes(calendar.to_ical())


def _entries(to: Recipient, day: date, w: Words) -> Iterator[FollowUp]:
    yield FollowUp("answer", day + timedelta(days=1), w("letter.clock.answer", name=to.name), 0)
    for clock in to.contact.clocks if to.contact else ():
        due = day + timedelta(days=clock.hours // HOURS)
        before = min(7 if clock.what in EARLIER else 1, clock.hours // HOURS - 1)
        yield FollowUp(clock.what, due, w(f"letter.clock.{clock.what}", name=to.name), before)
    if to.group != PASSAGE:
        month = date(day.year + day.month // 12, day.month % 12 + 1, min(day.day, LAST_DAY))
        yield FollowUp("renewal", month, w("letter.clock.renewal", name=to.name), 3, monthly=True)


def _event(entry: FollowUp, to: Recipient, day: date, reference: str, w: Words) -> Event:
    event = Event()
    name = f"{reference} {to.slug} {entry.what} {day.isoformat()}"
    event.add("uid", f"{hashlib.sha256(name.encode()).hexdigest()[:32]}@stolen-funds-tracer")
    event.add("dtstamp", datetime.combine(day, time(), UTC))
    event.add("dtstart", entry.day)
    event.add("summary", f"{reference}: {entry.summary}")
    event.add("description", w("letter.clock.description", reference=reference, folder=to.slug))
    if entry.monthly:
        event.add("rrule", {"freq": "monthly", "count": RENEWALS})
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", entry.summary)
    alarm.add("trigger", timedelta(hours=9) - timedelta(days=entry.days_before))
    event.add_component(alarm)
    return event
