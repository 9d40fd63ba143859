"""Which services there are, and channels made of what the user set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import httpx
from apprise import NotifyBase

from tracer.errors import ConfigError
from tracer.watch.channel_apprise import Service, plugin_of
from tracer.watch.channel_local import Bell, Desktop, Lines, Write, desktop_program
from tracer.watch.channel_robots import TOKEN, RobotChannel, robot_of
from tracer.watch.channel_settings import ChannelSetting
from tracer.watch.channel_webhook import Webhook
from tracer.watch.channels import Channel
from tracer.watch.model import SEVERITIES

JSON: Final = "json"
"""The channel that `--json` opens."""


class Offer(NamedTuple):
    """A service: its name, the schemes of its addresses, and an example with placeholders.

    ``cap`` is how many bytes one message may have, nil where ours are always shorter.
    """

    name: str
    schemes: tuple[str, ...]
    example: str
    cap: int = 0


SERVICES: Final = (
    Offer("Telegram", ("tgram",), "tgram://BOT_TOKEN/CHAT_ID", 3_500),
    Offer("E-mail", ("mailtos", "mailto"), "mailtos://USER:PASSWORD@DOMAIN?smtp=SMTP_HOST&to=YOU@EXAMPLE.ORG"),
    Offer("WeCom 企业微信群机器人", ("wecombot",), "wecombot://KEY"),
    Offer("DingTalk 钉钉群机器人", ("dingtalk",), "dingtalk://SECRET@TOKEN"),
    Offer("Feishu 飞书群机器人", ("feishu",), "feishu://SECRET@TOKEN"),
    Offer("Lark", ("lark",), "lark://SECRET@TOKEN"),
    Offer("ServerChan Server酱", ("schan",), "schan://SENDKEY"),
    Offer("Slack", ("slack",), "slack://TOKEN_A/TOKEN_B/TOKEN_C", 30_000),
    Offer("Discord", ("discord",), "discord://WEBHOOK_ID/WEBHOOK_TOKEN", 1_800),
    Offer("JSON (Apprise)", ("jsons", "json"), "jsons://HOST/PATH"),
    Offer("Desktop", ("desktop",), "desktop"),
    Offer("Desktop (Apprise)", ("dbus", "gnome", "macosx", "windows"), "windows://"),
    Offer("Webhook", ("https", "http"), "https://HOST/PATH"),
    Offer("Bell", ("bell",), "bell"),
)
"""What can be a channel. The Chinese services, Slack and Discord are also known by the address they give out."""

_OFFERS: Final = {scheme: offer for offer in SERVICES for scheme in offer.schemes}


def open_channels(
    settings: Sequence[ChannelSetting],
    *,
    lang: str,
    write: Write,
    transport: httpx.AsyncBaseTransport | None = None,
) -> list[Channel]:
    """The channels that the user set. ``write`` puts a line on the terminal; ``lang`` is for those without their own.

    Raises:
        ConfigError: an address that nobody can read here; the message names the channel only.
    """
    return [_open(one, one.lang or lang, write, transport) for one in settings]


def json_lines(write: Write, lang: str) -> Channel:
    """The channel of `--json`: every alert, a line each."""
    return Lines(JSON, frozenset(SEVERITIES), lang, write=write)


def _open(one: ChannelSetting, lang: str, write: Write, transport: httpx.AsyncBaseTransport | None) -> Channel:
    scheme = one.url.partition(":")[0].strip().lower()
    if one.name == JSON or scheme not in _OFFERS:
        raise ConfigError("error.channel_url", name=one.name)
    if scheme == "bell":
        return Bell(one.name, one.severities, lang, write=write)
    if scheme == "desktop":
        return _desktop(one, lang)
    robot = robot_of(one.url)
    if robot is not None:
        return _robot(one, lang, *robot, transport=transport)
    plugin = plugin_of(one.url)
    if scheme not in ("http", "https"):
        if plugin is None:
            raise ConfigError("error.channel_url", name=one.name)
        return _service(one, lang, plugin)
    if plugin is not None and _scheme_of(plugin) in _OFFERS:
        return _service(one, lang, plugin)
    return _webhook(one, lang, transport)


def _desktop(one: ChannelSetting, lang: str) -> Desktop:
    program = desktop_program()
    if not program:
        raise ConfigError("error.channel_url", name=one.name)
    return Desktop(one.name, one.severities, lang, program=program)


def _robot(
    one: ChannelSetting, lang: str, scheme: str, token: str, secret: str, transport: httpx.AsyncBaseTransport | None
) -> RobotChannel:
    if not TOKEN.fullmatch(token):
        raise ConfigError("error.channel_url", name=one.name)
    secret = one.secret or secret
    return RobotChannel(one.name, one.severities, lang, scheme=scheme, token=token, secret=secret, transport=transport)


def _service(one: ChannelSetting, lang: str, plugin: NotifyBase) -> Service:
    offer = _OFFERS[_scheme_of(plugin)]
    return Service(one.name, one.severities, lang, plugin=plugin, cap=offer.cap)


def _scheme_of(plugin: NotifyBase) -> str:
    return str(plugin.schema if hasattr(plugin, "schema") else "").lower()


def _webhook(one: ChannelSetting, lang: str, transport: httpx.AsyncBaseTransport | None) -> Webhook:
    try:
        url = httpx.URL(one.url)
    except httpx.InvalidURL:
        url = httpx.URL("")
    if not url.host:
        raise ConfigError("error.channel_url", name=one.name)
    return Webhook(one.name, one.severities, lang, url=one.url, secret=one.secret, transport=transport)
