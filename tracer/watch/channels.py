"""What leaves the watch: messages, the channels that take them, and one pass over the outbox.

A message stays in the outbox until its channel has taken it. It is marked as being sent before the network is touched
and as sent after, so a kill in between sends it again, with the same idempotency key; it never loses it. Channels do
not wait for one another, and none of their failures ends the pass.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Protocol

from tracer.watch.model import SEVERITIES, TEST, Notice, Told
from tracer.watch.store import WatchStore
from tracer.watch.view import View
from tracer.words import sentence, words

FIRST_WAIT: Final = 5
LONGEST_WAIT: Final = 900
"""Seconds before the second try, doubled with every further one, and at most."""

PATIENCE: Final = 2
"""Tries for which the messages behind one wait for it, so that they arrive in order."""

FLOOD: Final = 20
"""Messages a minute that a person gets one by one; beyond, what is due comes as one list."""

MINUTE: Final = 60
LISTED: Final = 40
"""Rows of such a list; of more only the number is told."""

PARTS: Final = 6
"""Parts that a message is cut into at most, for a service that takes only short ones."""

MARGIN: Final = 20
"""Bytes for what joins title and body, and for the part's number."""


class Message(NamedTuple):
    """A notice in words, for one language. ``facts`` is the same for programs (docs/alert.schema.json)."""

    title: str
    body: str
    severity: str
    facts: Mapping[str, Any] = {}


Compose = Callable[[Told, str], Message]
"""Makes a message of what is told, in a language."""


class Undelivered(Exception):
    """A channel did not take a message.

    ``why`` is a sentence without the channel's address, which is a secret; ``wait`` are seconds the service asked for.
    """

    def __init__(self, why: str, wait: int = 0) -> None:
        super().__init__(why)
        self.why, self.wait = why, wait


@dataclass(slots=True)
class Health:
    """How a channel fares: Unix times of its last messages, until when it is left alone, and whether it took the last.

    Kept in memory only: a watch that begins anew tries everything at once.
    """

    recent: deque[int] = field(default_factory=lambda: deque(maxlen=FLOOD))
    held: int = 0
    well: bool = False


class Channel(Protocol):
    """One way to somebody. ``lists``: a flood of messages comes as one list, because a person reads it."""

    name: str
    severities: frozenset[str]
    lang: str
    lists: bool
    health: Health

    async def send(self, told: Told, message: Message) -> None:
        """Hand a message over. Raises Undelivered when it was not taken."""
        ...


@dataclass(slots=True)
class Way:
    """What every channel is called, and what it takes."""

    name: str
    severities: frozenset[str]
    lang: str
    health: Health = field(default_factory=Health)


def unix_now() -> int:
    """Unix seconds."""
    return int(time.time())


async def deliver(
    store: WatchStore, channels: Sequence[Channel], compose: Compose, now: Callable[[], int], view: View
) -> int:
    """One pass over what is due in the outbox; returns how many messages were taken.

    While a slow channel holds the pass up, the others go on with what becomes due. Once a channel has taken a message
    again, whatever waits for it goes at once.

    Raises:
        CaseError: the store cannot be written; then nothing more is sent.
    """
    passing = _Pass(store, compose, now, view)
    found = await asyncio.gather(*(passing.serve(channel) for channel in channels), return_exceptions=True)
    for one in found:
        if isinstance(one, BaseException):
            raise one
    return passing.taken


async def try_out(channel: Channel, message: Message, now: int) -> None:
    """Send a test message past the outbox. Raises Undelivered when it was not taken."""
    notice = Notice(f"{channel.name}|{now}", 0, TEST, message.severity, "", time=now)
    await channel.send(Told(notice, "", 1, channel.name, made=now), message)


def cut(message: Message, cap: int) -> list[tuple[str, str]]:
    """Title and body in parts of at most ``cap`` bytes (0: any), cut between lines; at most `PARTS`."""
    room = cap - len(message.title.encode()) - MARGIN
    if not cap or len(message.body.encode()) <= room:
        return [(message.title, message.body)]
    found = [""]
    for line in message.body.split("\n"):
        joined = f"{found[-1]}\n{line}" if found[-1] else line
        if len(joined.encode()) <= room:
            found[-1] = joined
        else:
            found.append(_short(line, room))
    found = [one for one in found if one.strip()]
    if len(found) > PARTS:
        found = [*found[: PARTS - 1], _short(f"{found[PARTS - 1]}\n…", room)]
    return [(f"{message.title} ({number}/{len(found)})", part) for number, part in enumerate(found, 1)]


def _short(text: str, room: int) -> str:
    if len(text.encode()) <= room:
        return text
    return text.encode()[: room - 4].decode(errors="ignore") + "…"


def wait_of(tries: int, asked: int = 0) -> int:
    """Seconds until the next try after so many; longer where the service asked for it, but never beyond the most."""
    return min(LONGEST_WAIT, max(asked, FIRST_WAIT << min(tries, 10)))


@dataclass(slots=True)
class _Pass:
    """One pass: ``busy`` are the channels that have something in hand."""

    store: WatchStore
    compose: Compose
    now: Callable[[], int]
    view: View
    taken: int = 0
    busy: set[str] = field(default_factory=set)

    async def serve(self, channel: Channel) -> None:
        """Send what is due on a channel, and go on looking as long as another one is busy."""
        while True:
            self.busy.add(channel.name)
            try:
                while await self._round(channel):
                    pass
            finally:
                self.busy.discard(channel.name)
            if not self.busy:
                return
            await asyncio.sleep(1)

    async def _round(self, channel: Channel) -> bool:
        """Send what is due now, one by one or in a flood as a list. False: nothing was, or it is left alone."""
        now, health = self.now(), channel.health
        if now < health.held <= now + LONGEST_WAIT:  # beyond that the clock was set back
            return False
        horizon = now + LONGEST_WAIT if health.well else now
        due = [told for told in self.store.due(horizon) if told.channel == channel.name]
        batches = [due] if _floods(channel, due, now) else [[told] for told in due]
        for batch in batches:
            waiting = [told for told in batch if self._waits(told)]
            if waiting and not await self._send(channel, waiting):
                return False
        return bool(due)

    def _waits(self, told: Told) -> bool:
        """Is it still to be sent? While others were, a later state may have taken its place."""
        rows = self.store.deliveries(told.notice.id)
        return any((row.turn, row.channel, row.at) == (told.turn, told.channel, None) for row in rows)

    async def _send(self, channel: Channel, due: Sequence[Told]) -> bool:
        """Send one message, or many as a list. False: it was not taken, and those behind it wait for it."""
        messages = [self.compose(told, channel.lang) for told in due]
        message = messages[0] if len(due) == 1 else listed(messages, channel.lang)
        for told in due:
            self.store.sending(told)
        try:
            await channel.send(due[0], message)
        except Undelivered as failure:
            return self._put_off(channel, due, failure)
        channel.health.well = True
        channel.health.recent.append(self.now())
        for told in due:
            self.store.sent(told, self.now())
            self.view.delivered(told)
        self.taken += len(due)
        return True

    def _put_off(self, channel: Channel, due: Sequence[Told], failure: Undelivered) -> bool:
        """Put it off. True: those behind go on, because it failed before and may be at fault itself."""
        tries, health = due[0].tries, channel.health
        later = self.now() + wait_of(tries, failure.wait)
        for told in due:
            self.store.unsent(told, failure.why, later)
        if tries == 0:
            self.view.note(sentence("note.undelivered", channel=channel.name, why=failure.why))
        health.well = False
        if tries >= PATIENCE and not failure.wait:
            return True
        health.held = later
        return False


def _floods(channel: Channel, due: Sequence[Told], now: int) -> bool:
    """Would these make more than a person can read in a minute?"""
    lately = sum(now - MINUTE < then <= now for then in channel.health.recent)
    return channel.lists and len(due) > 1 and lately + len(due) > FLOOD


def listed(messages: Sequence[Message], lang: str) -> Message:
    """Many messages as one: the most urgent in full, all by their titles in order of urgency."""
    w = words(lang)
    ranked = sorted(messages, key=lambda one: SEVERITIES.index(one.severity))
    first = ranked[0]
    lines = [f"• {one.title}" for one in ranked[:LISTED]]
    if len(ranked) > LISTED:
        lines.append(w("alert.flood_more", n=len(ranked) - LISTED))
    body = "\n".join([w("alert.flood_all", n=len(ranked)), *lines, "", w("alert.flood_first"), first.title, first.body])
    return Message(w("alert.flood", n=len(ranked), first=first.title), body, first.severity)
