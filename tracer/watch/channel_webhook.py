"""The webhook: an alert as JSON to the user's own program, signed, so that nobody else can raise one.

The signature covers the time and the body; a receiver that checks both, and keeps the idempotency keys it has seen, can
neither be fooled nor told twice (docs/alerts.md).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

from tracer.json_text import json_text
from tracer.watch.channel_http import asking, posted, refusal
from tracer.watch.channels import Message, Undelivered, Way, unix_now
from tracer.watch.model import Told

KEY, TIMESTAMP, SIGNATURE = "Idempotency-Key", "X-Trace-Timestamp", "X-Trace-Signature"


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
        async with asking(self.transport) as client:
            answer = await posted(client, self.url, content=body, headers=headers)
        if not answer.is_success:
            raise Undelivered(refusal(answer.status_code), _seconds(answer.headers.get("Retry-After", "")))


def signature(secret: str, stamp: str, body: bytes) -> str:
    """``sha256=`` and the HMAC-SHA256 of the time stamp, a full stop and the body, in hexadecimal."""
    return "sha256=" + hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _seconds(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 7 else 0
