"""Robots of Chinese services: WeCom, DingTalk, Feishu and Lark, ServerChan.

Not through the library, although it knows them: they answer "200 OK" to whatever they refuse, with the reason in the
body, which the library does not read, so that a wrong key or too many messages would pass for delivered. Messages go as
plain text, but for ServerChan, which takes Markdown only.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

import httpx

from tracer.watch.channel_http import asking, posted, refusal
from tracer.watch.channels import Message, Undelivered, Way, cut, unix_now
from tracer.watch.model import Told

TOKEN: Final = re.compile(r"[\w.-]{6,200}", re.ASCII)


class Asked(NamedTuple):
    """What is posted: query, and JSON or form fields."""

    query: Mapping[str, str]
    content: Any
    form: bool = False


class Robot(NamedTuple):
    """A service: where it is asked (``{}`` for the token), the token in the address it gives out, and what it takes.

    ``cap`` is bytes of UTF-8 a message may have. ``done`` are the names under which the answer says nil for success.
    """

    url: str
    given: re.Pattern[str]
    cap: int
    ask: Callable[[str, str, str, str, int], Asked]
    done: tuple[str, ...]


def _wecom(token: str, _secret: str, title: str, body: str, _now: int) -> Asked:
    return Asked({"key": token}, {"msgtype": "text", "text": {"content": f"{title}\n{body}"}})


def _dingtalk(token: str, secret: str, title: str, body: str, now: int) -> Asked:
    stamp = str(now * 1000)
    signed = {"timestamp": stamp, "sign": _hmac(secret, f"{stamp}\n{secret}")} if secret else {}
    at = {"atMobiles": [], "isAtAll": False}
    content = {"msgtype": "text", "text": {"content": f"{title}\n{body}"}, "at": at}
    return Asked({"access_token": token, **signed}, content)


def _feishu(_token: str, secret: str, title: str, body: str, now: int) -> Asked:
    signed = {"timestamp": str(now), "sign": _hmac(f"{now}\n{secret}", "")} if secret else {}
    return Asked({}, {**signed, "msg_type": "text", "content": {"text": f"{title}\n{body}"}})


def _serverchan(_token: str, _secret: str, title: str, body: str, _now: int) -> Asked:
    return Asked({}, {"title": title, "desp": body.replace("\n", "\n\n")}, form=True)


def _hmac(key: str, text: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()).decode()


ROBOTS: Final[Mapping[str, Robot]] = {
    "wecombot": Robot(
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send",
        re.compile(r"https://qyapi\.weixin\.qq\.com/cgi-bin/webhook/send\?key=([^&]+)"),
        2_000,
        _wecom,
        ("errcode",),
    ),
    "dingtalk": Robot(
        "https://oapi.dingtalk.com/robot/send",
        re.compile(r"https://oapi\.dingtalk\.com/robot/send\?access_token=([^&]+)"),
        18_000,
        _dingtalk,
        ("errcode",),
    ),
    "feishu": Robot(
        "https://open.feishu.cn/open-apis/bot/v2/hook/{}",
        re.compile(r"https://open\.feishu\.cn/open-apis/bot/v2/hook/([^/?]+)"),
        18_000,
        _feishu,
        ("code", "StatusCode"),
    ),
    "lark": Robot(
        "https://open.larksuite.com/open-apis/bot/v2/hook/{}",
        re.compile(r"https://open\.larksuite\.com/open-apis/bot/v2/hook/([^/?]+)"),
        18_000,
        _feishu,
        ("code", "StatusCode"),
    ),
    "schan": Robot(
        "https://sctapi.ftqq.com/{}.send",
        re.compile(r"https://sctapi\.ftqq\.com/([^/?]+)\.send"),
        30_000,
        _serverchan,
        ("code", "errno"),
    ),
}


@dataclass(slots=True, kw_only=True)
class RobotChannel(Way):
    """A group's or person's robot. ``transport`` stands in for the network in tests."""

    scheme: str
    token: str = field(repr=False)
    secret: str = field(default="", repr=False)
    transport: httpx.AsyncBaseTransport | None = None
    clock: Callable[[], int] = unix_now
    lists: bool = True

    async def send(self, told: Told, message: Message) -> None:
        """Post the message, in parts where it is too long. Raises Undelivered when one was refused."""
        del told  # they know no idempotency keys; the alert's number stands in the text
        async with asking(self.transport) as client:
            for title, body in cut(message, ROBOTS[self.scheme].cap):
                await self._post(client, title, body)

    async def _post(self, client: httpx.AsyncClient, title: str, body: str) -> None:
        robot = ROBOTS[self.scheme]
        asked = robot.ask(self.token, self.secret, title, body, self.clock())
        sent: dict[str, Any] = {"data": asked.content} if asked.form else {"json": asked.content}
        answer = await posted(client, robot.url.format(self.token), params=asked.query or None, **sent)
        refused = str(answer.status_code) if not answer.is_success else _refused(answer.content, robot.done)
        if refused:
            raise Undelivered(refusal(refused))


def _refused(body: bytes, done: tuple[str, ...]) -> str:
    """The number by which a body says no, "" where it says yes; a body that says neither is no."""
    try:
        told = json.loads(body)
    except ValueError:
        return "?"
    codes = [told[name] for name in done if isinstance(told, dict) and isinstance(told.get(name), int)]
    return "" if codes[:1] == [0] else str(codes[0]) if codes else "?"


def robot_of(url: str) -> tuple[str, str, str] | None:
    """Scheme, token and secret of a robot's address, ours or the one its service gives out; None for another one."""
    for scheme, robot in ROBOTS.items():
        found = robot.given.match(url)
        if found:
            return scheme, found[1], ""
    scheme, _, rest = url.partition("://")
    secret, _, token = rest.rstrip("/").rpartition("@")
    return (scheme, unquote(token), unquote(secret)) if scheme in ROBOTS else None
