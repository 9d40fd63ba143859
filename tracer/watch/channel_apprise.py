"""Telegram, e-mail, Slack, Discord and the desktops of Windows and others, through the library Apprise.

Text goes out as text: nothing in it becomes a link, a mention or a format. The library is told to keep nothing on disk,
to load no pictures and to log nothing, for its errors may hold the address, which is a secret. Of a failure only the
number of the answer is told.
"""

from __future__ import annotations

import asyncio
import logging
import re
import warnings
from dataclasses import dataclass, field
from typing import Final

from apprise import Apprise, AppriseAsset, NotifyBase, NotifyFormat
from apprise.result import AppriseResult

from tracer.watch.channels import Message, Undelivered, Way, cut
from tracer.watch.model import Told
from tracer.words import sentence

LIMIT: Final = 40
"""Seconds in which a service must have taken a message."""

_STATUS: Final = re.compile(r"error=([345]\d\d)\b")
_QUIET: Final = ("apprise", "urllib3")


@dataclass(slots=True, kw_only=True)
class Service(Way):
    """A service of Apprise's. ``cap`` is how many bytes of UTF-8 one message may have."""

    plugin: NotifyBase = field(repr=False)
    cap: int = 0
    lists: bool = True

    async def send(self, told: Told, message: Message) -> None:
        """Send one message, in parts where it is too long. Raises Undelivered when a part was not taken."""
        del told  # these services know no idempotency keys; the alert's number stands in the text
        service = Apprise(asset=_asset())
        service.add(self.plugin)
        for title, body in cut(message, self.cap):
            await self._part(service, title, body)

    async def _part(self, service: Apprise, title: str, body: str) -> None:
        sending = service.async_notify(title=title, body=body, body_format=NotifyFormat.TEXT)
        try:
            result = await asyncio.wait_for(sending, LIMIT)
        except TimeoutError:
            raise Undelivered(sentence("note.channel_late", n=LIMIT)) from None
        if not result:
            status = _status(result)
            why = sentence("note.channel_status", status=status) if status else sentence("note.channel_unreachable")
            raise Undelivered(why)


def plugin_of(url: str) -> NotifyBase | None:
    """What Apprise makes of an address; None where it cannot read it, or lacks something on this machine."""
    for name in _QUIET:
        logger = logging.getLogger(name)
        logger.propagate = False
        logger.setLevel(logging.WARNING)  # below that they write addresses
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of modules that the library still looks for
        return Apprise.instantiate(url, asset=_asset())


def _asset() -> AppriseAsset:
    name = "stolen-funds-tracer"
    return AppriseAsset(
        storage_mode="memory", app_id=name, app_desc=name, app_url="", image_url_mask="", image_url_logo=""
    )


def _status(result: AppriseResult) -> str:
    """The number of the HTTP answer, if the library tells one."""
    said = (entry.message for one in result.results for attempt in one.attempts for entry in attempt.logs)
    return next((found[1] for text in said if (found := _STATUS.search(text))), "")
