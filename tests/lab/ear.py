"""Who is told: a webhook receiver as docs/alerts.md describes one, and a reader of the lines of ``--json``.

It refuses what is not signed, keeps one message per idempotency key, and fails on purpose when it is told to; what it
keeps is all that it ever answered with success.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import random
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from tests.lab.desk import Receive, Reply, Scope, Send, _send, reply

SECRET = "an ear's secret"  # noqa: S105 - of a lab


class Heard(NamedTuple):
    """One message: its idempotency key, what it says, and when it first came (monotonic seconds)."""

    key: str
    said: dict[str, Any]
    at: float


@dataclass
class Ear:
    """An ASGI application. ``failing`` is the share of requests it refuses; ``refused`` counts them.

    Of those it refuses, half are kept all the same: the answer was lost on the way, and the message comes again.
    """

    secret: str = SECRET
    failing: float = 0.0
    seed: int = 0
    heard: dict[str, Heard] = field(default_factory=dict)
    again: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    forged: int = 0
    asked: int = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one message."""
        if scope["type"] != "http":
            return
        body = b""
        while True:
            part = await receive()
            if part["type"] == "http.disconnect":  # whoever spoke was killed in the middle of it
                return
            body += part.get("body", b"")
            if not part.get("more_body"):
                break
        headers = {name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]}
        answer, outcome = self._take(headers, body)
        await _send(answer, outcome, send)

    def _take(self, headers: dict[str, str], body: bytes) -> tuple[Reply, str]:
        self.asked += 1
        dice = random.Random(f"ear|{self.seed}|{self.asked}")
        stamp, key = headers.get("x-trace-timestamp", ""), headers.get("idempotency-key", "")
        right = "sha256=" + hmac.new(self.secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        if not key or not hmac.compare_digest(right, headers.get("x-trace-signature", "")):
            self.forged += 1
            return reply({"error": "signature"}, 401), "ok"
        fails = dice.random() < self.failing
        if not fails or dice.random() < 0.5:
            if key in self.heard:
                self.again[key] += 1
            else:
                self.heard[key] = Heard(key, json.loads(body), time.monotonic())
        self.refused += fails
        return (reply({"error": "later"}, 503), dice.choice(("ok", "torn", "reset"))) if fails else (reply({}), "ok")

    def all(self) -> list[Heard]:
        """Every message, in the order they came first."""
        return list(self.heard.values())


def lines_of(path: Path) -> list[dict[str, Any]]:
    """The alerts in a file that ``--json`` was written to. A line cut by a kill, or of another kind, is left out."""
    return list(_read(path.read_text(encoding="utf-8").splitlines())) if path.exists() else []


def _read(lines: Iterable[str]) -> Iterable[dict[str, Any]]:
    for line in lines:
        try:
            told = json.loads(line)
        except ValueError:
            continue
        if isinstance(told, dict) and "id" in told:
            yield told
