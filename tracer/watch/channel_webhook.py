"""The webhook: an alert as JSON to the user's own program, signed, so that nobody else can raise one.

The signature covers the time and the body; a receiver that checks both, and keeps the idempotency keys it has seen, can
neither be fooled nor told twice (docs/alerts.md).
"""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import httpx

from tracer.json_text import json_text
from tracer.watch.channels import Message, Undelivered, Way, unix_now
from tracer.watch.model import Told
from tracer.words import sentence

LIMIT: Final = 20
"""Seconds in which an answer must come."""

KEY, TIMESTAMP, SIGNATURE = "Idempotency-Key", "X-Trace-Timestamp", "X-Trace-Signature"

logging.getLogger("httpx").setLevel(logging.WARNING)
"""Below that it writes every address that is asked, and this one is a secret."""


@dataclass(slots=True, kw_only=True)
class Webhook(Way):
    """Posts to ``url``; signs where there is a ``secret``. ``transport`` stands in for the network in tests."""

    url: str = field(repr=False)
    secret: str = field(default="", repr=False)
    transport: httpx.AsyncBaseTransport | None = None
    clock: Callable[[], int] = unix_now
    lists: bool = False

    async def send(self, told: Told, message: Message) -> None:
        """Post one message. Raises Undelivered unless the answer is one of success."""
        facts = {**message.facts, "title": message.title, "body": message.body}
        body = json_text(facts, compact=True).encode()
        stamp = str(self.clock())
        headers = {"Content-Type": "application/json; charset=utf-8", KEY: told.id, TIMESTAMP: stamp}
        if self.secret:
            headers[SIGNATURE] = signature(self.secret, stamp, body)
        try:
            async with httpx.AsyncClient(transport=self.transport, timeout=LIMIT) as client:
                answer = await client.post(self.url, content=body, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL):
            raise Undelivered(sentence("note.channel_unreachable")) from None
        if not answer.is_success:
            why = sentence("note.channel_status", status=answer.status_code)
            raise Undelivered(why, _seconds(answer.headers.get("Retry-After", "")))


def signature(secret: str, stamp: str, body: bytes) -> str:
    """``sha256=`` and the HMAC-SHA256 of the time stamp, a full stop and the body, in hexadecimal."""
    return "sha256=" + hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _seconds(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 7 else 0
