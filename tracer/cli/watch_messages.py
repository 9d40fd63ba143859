"""What the messages of a watch are made from: its targets, the letters beside it, the channels that take them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from reports.alert.context import Context, Letter
from reports.alert.line import facts_of
from reports.alert.message import compose
from reports.alert.title import title_of
from reports.watch.screen import Say
from reports.watch.tables import Entry
from tracer.cli.watch_papers import WatchPapers
from tracer.config import Config
from tracer.contacts import contact_of
from tracer.json_text import json_text
from tracer.label_files import load_tokens
from tracer.watch.channel_open import json_lines, open_channels
from tracer.watch.channels import Channel, Message, unix_now
from tracer.watch.model import Notice, Target, Told
from tracer.watch.store import WatchStore
from tracer.watch.store_told import Logged
from tracer.words import Words

_WRITTEN_TO: Final = frozenset({"exchange", "exchange_deposit", "bridge", "service"})
"""Reasons for which somebody gets a letter."""


class Messages:
    """Makes messages of what a watch's store tells. ``papers`` says where letters are, None where none are written."""

    def __init__(self, store: WatchStore, config: Config, papers: WatchPapers | None = None) -> None:
        self._store, self._papers = store, papers
        self.context = Context(config.chains, self._target, load_tokens(), unix_now, self._letter)

    def compose(self, told: Told, lang: str) -> Message:
        """A message for a channel."""
        return compose(told, lang, self.context)

    def say(self, lang: str) -> Say:
        """Title and full text of an alert, in a language."""
        return lambda notice, status, turn: compose(Told(notice, status, turn, ""), lang, self.context)[:2]

    def entry(self, logged: Logged, lang: str) -> Entry:
        """A line of the log."""
        notice, status, turn, at = logged
        title = title_of(notice, status, turn, lang, self.context)
        return Entry(notice, title, at, tuple(self._store.deliveries(notice.id)))

    def document(self, logged: Logged) -> str:
        """The same for programs: an alert as docs/alert.schema.json has it, with its ``deliveries``."""
        sent = [one._asdict() for one in self._store.deliveries(logged.notice.id)]
        facts = facts_of(logged.notice, logged.status, logged.turn, self.context)
        return json_text({**facts, "told_at": logged.at, "deliveries": sent}, compact=True)

    def _target(self, number: int) -> Target | None:
        return next((one for one in self._store.targets() if one.id == number), None)

    def _letter(self, notice: Notice) -> Letter | None:
        """The letter to whom a notice names; one from before it is about to be written anew."""
        target = self._target(notice.target)
        if self._papers is None or target is None or not target.folder:
            return None
        if not notice.entity or notice.reason not in _WRITTEN_TO:
            return None
        contact = contact_of(notice.entity, notice.category)
        if contact is not None and "none" in contact.can:
            return None
        path = self._papers.letter(Path(target.folder), notice.entity)
        return Letter(path, path.is_dir() and path.stat().st_mtime >= notice.time)


def open_all(config: Config, w: Words, *, as_json: bool) -> list[Channel]:
    """The user's channels, and with ``as_json`` standard output.

    Raises:
        ConfigError: one of them cannot be opened.
    """
    channels = open_channels(config.channels, lang=w.lang, write=_ring)
    return [*channels, json_lines(_out, w.lang)] if as_json else channels


def _ring(line: str) -> None:
    """The bell alone: what it rings for stands on the screen."""
    sys.stderr.write(line[:1])
    sys.stderr.flush()


def _out(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
