"""How channels of our own post: with a time limit, and without a word of where to, for the address is a secret."""

from __future__ import annotations

import logging
from typing import Any, Final

import httpx

from tracer.watch.channels import Undelivered
from tracer.words import sentence

LIMIT: Final = 20
"""Seconds in which an answer must come."""

logging.getLogger("httpx").setLevel(logging.WARNING)
"""Below that it writes every address that is asked."""


def asking(transport: httpx.AsyncBaseTransport | None) -> httpx.AsyncClient:
    """A client for one message."""
    return httpx.AsyncClient(transport=transport, timeout=LIMIT)


async def posted(client: httpx.AsyncClient, url: str, **what: Any) -> httpx.Response:
    """What the service answers. Raises Undelivered when it does not."""
    try:
        return await client.post(url, **what)
    except (httpx.HTTPError, httpx.InvalidURL):
        raise Undelivered(sentence("note.channel_unreachable")) from None


def refusal(status: object) -> str:
    """The sentence for a service that answered and did not take it."""
    return sentence("note.channel_status", status=status)
