"""A message of what is told: title, full text, and facts for programs."""

from __future__ import annotations

from reports.alert.body import body_of
from reports.alert.context import Context
from reports.alert.line import facts_of
from reports.alert.title import title_of
from tracer.watch.channels import Message
from tracer.watch.model import INFO, TEST, Notice, Told
from tracer.words import words


def compose(told: Told, lang: str, context: Context) -> Message:
    """What a channel hands over, in its language."""
    notice, status = told.notice, told.status
    return Message(
        title_of(notice, status, told.turn, lang, context),
        body_of(notice, status, lang, context),
        notice.severity,
        facts_of(notice, status, told.turn, context),
    )


def trial(channel: str, lang: str, context: Context) -> Message:
    """What `trace watch test-alert` sends to show that a channel works."""
    w = words(lang)
    now = context.now()
    notice = Notice(f"{channel}|{now}", 0, TEST, INFO, "", time=now)
    body = "\n".join([w("alert.test", channel=channel), w("alert.never")])
    return Message(title_of(notice, "", 1, lang, context), body, INFO, facts_of(notice, "", 1, context))
