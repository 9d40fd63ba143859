"""Messages leave once per channel, in order, whatever the others do; and no address of a channel is ever shown."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests

from tracer import config as config_module
from tracer.config import load_config
from tracer.errors import ConfigError
from tracer.watch.channel_apprise import Service
from tracer.watch.channel_local import Desktop, desktop_arguments
from tracer.watch.channel_open import SERVICES, json_lines, open_channels
from tracer.watch.channel_robots import ROBOTS, RobotChannel, robot_of
from tracer.watch.channel_settings import ChannelSetting, read_channels
from tracer.watch.channel_webhook import SIGNATURE, TIMESTAMP, Webhook, signature
from tracer.watch.channels import (
    FLOOD,
    LONGEST_WAIT,
    Channel,
    Message,
    Undelivered,
    Way,
    cut,
    deliver,
    try_out,
    wait_of,
)
from tracer.watch.model import (
    CONFIRMED,
    CRITICAL,
    HIGH,
    INFO,
    NORMAL,
    PAYMENT,
    PROVISIONAL,
    RETRACTED,
    SEVERITIES,
    Notice,
    Told,
)
from tracer.watch.store import WatchStore, open_watch
from tracer.watch.view import Silent

CANARY = "canary7canary7canary7"
NOW = 1_800_000_000
MESSAGE = Message("title 标题", "body 正文\nline", CRITICAL, {"id": "x", "amount": "1"})
TOLD = Told(Notice("k", 0, PAYMENT, CRITICAL, "tron:mainnet"), CONFIRMED, 2, "a")


class Ear(Way):
    """A channel that hears, and fails as long as it is told to."""

    lists = False

    def __init__(self, name: str = "a", *, lists: bool = False) -> None:
        super().__init__(name, frozenset(SEVERITIES), "en")
        self.lists, self.heard, self.fails, self.asked_wait = lists, list[str](), 0, 0

    async def send(self, told: Told, message: Message) -> None:
        if self.fails:
            self.fails -= 1
            raise Undelivered("the service answered 500", self.asked_wait)
        self.heard.append(message.title)
        del told


class Deaf(Ear):
    """A channel that hangs until it is let go."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.gate = asyncio.Event()

    async def send(self, told: Told, message: Message) -> None:
        await self.gate.wait()
        await super().send(told, message)


class Clock:
    """A clock that is set."""

    def __init__(self) -> None:
        self.time = 2_000_000_000

    def __call__(self) -> int:
        return self.time


class Eye(Silent):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.notes, self.taken = list[str](), list[str]()

    def note(self, what: str | Exception) -> None:
        self.notes.append(str(what))

    def delivered(self, told: Told) -> None:
        self.taken.append(told.id)


def compose(told: Told, lang: str) -> Message:
    return Message(f"{told.notice.key} {lang}", "body", told.notice.severity)


def notice(key: str, severity: str = HIGH) -> Notice:
    return Notice(key, 0, PAYMENT, severity, "tron:mainnet")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[WatchStore]:
    with open_watch(tmp_path / "watch") as opened:
        yield opened


def fill(store: WatchStore, channels: list[Any], *keys: str, severity: str = HIGH) -> None:
    store.channels = {one.name: one.severities for one in channels}
    store.tell([(notice(key, severity), CONFIRMED) for key in keys])


async def run(store: WatchStore, channels: list[Any], clock: Clock, view: Silent | None = None) -> int:
    return await deliver(store, channels, compose, clock, view or Silent())


async def test_every_channel_gets_every_message_once(store: WatchStore) -> None:
    """After one pass nothing is due, and a second pass sends nothing."""
    ears, clock, eye = [Ear("a"), Ear("b")], Clock(), Eye()
    fill(store, ears, "1", "2", "3")
    assert await run(store, ears, clock, eye) == 6
    assert [ear.heard for ear in ears] == [["1 en", "2 en", "3 en"]] * 2
    assert len(eye.taken) == 6
    assert (await run(store, ears, clock), store.undelivered()) == (0, 0)


async def test_a_failing_channel_tries_again_in_order(store: WatchStore) -> None:
    """What failed is sent again after its wait, before what came later, and nothing overtakes it meanwhile."""
    ear, clock, eye = Ear(), Clock(), Eye()
    ear.fails = 1
    fill(store, [ear], "1", "2")
    assert await run(store, [ear], clock, eye) == 0
    assert eye.notes == ["channel a did not take an alert and is tried again: the service answered 500"]
    clock.time += 2
    assert await run(store, [ear], clock, eye) == 0
    clock.time += 4
    assert await run(store, [ear], clock, eye) == 2
    assert ear.heard == ["1 en", "2 en"]
    assert len(eye.notes) == 1


async def test_a_message_that_is_never_taken_does_not_block_the_others(store: WatchStore) -> None:
    """After a few tries the next ones go past it, and it is still tried."""
    clock = Clock()

    class Picky(Ear):
        tried = 0

        async def send(self, told: Told, message: Message) -> None:
            if message.title.startswith("bad"):
                self.tried += 1
                raise Undelivered("the service answered 400")
            await super().send(told, message)

    ear = Picky()
    fill(store, [ear], "bad", "good")
    for _ in range(12):
        await run(store, [ear], clock)
        clock.time += 5
    assert ear.heard == ["good en"]
    assert ear.tried > 2
    assert store.undelivered() == 1


async def test_a_channel_that_works_again_gets_what_waited_at_once(store: WatchStore) -> None:
    """A long back-off ends with the first message that is taken."""
    ear, clock = Ear(), Clock()
    ear.fails = 6
    fill(store, [ear], "1", "2", "3")
    for _ in range(12):
        await run(store, [ear], clock)
        clock.time += 10
    assert sorted(ear.heard) == ["1 en", "2 en", "3 en"]


async def test_a_wait_that_the_service_asks_for_is_kept(store: WatchStore) -> None:
    """Retry-After holds the channel, however many tries there were."""
    ear, clock = Ear(), Clock()
    ear.fails, ear.asked_wait = 1, 60
    fill(store, [ear], "1")
    await run(store, [ear], clock)
    clock.time += 59
    assert await run(store, [ear], clock) == 0
    clock.time += 2
    assert await run(store, [ear], clock) == 1


async def test_a_clock_that_is_set_back_silences_no_channel(store: WatchStore) -> None:
    """A rest that ends later than any rest can is none."""
    ear, clock = Ear(), Clock()
    ear.health.held = clock.time + 86_400
    fill(store, [ear], "1")
    assert await run(store, [ear], clock) == 1


async def test_a_channel_that_hangs_keeps_nobody_waiting(store: WatchStore) -> None:
    """While one channel hangs, another gets even what became due after the pass began."""
    deaf, ear, clock = Deaf("a"), Ear("b"), Clock()
    fill(store, [deaf, ear], "1")
    passing = asyncio.create_task(run(store, [deaf, ear], clock))
    await asyncio.sleep(0.1)
    fill(store, [deaf, ear], "2")
    await asyncio.sleep(1.2)
    assert ear.heard == ["1 en", "2 en"]
    deaf.gate.set()
    assert await passing == 4
    assert deaf.heard == ["1 en", "2 en"]


async def test_a_kill_between_sending_and_noting_sends_again_with_the_same_key(store: WatchStore) -> None:
    """The key of a message does not change with its tries."""
    clock, keys = Clock(), list[str]()

    class Killed(Ear):
        async def send(self, told: Told, message: Message) -> None:
            keys.append(told.id)
            await super().send(told, message)
            if len(keys) == 1:
                raise asyncio.CancelledError

    ear = Killed()
    fill(store, [ear], "1")
    with pytest.raises(asyncio.CancelledError):
        await run(store, [ear], clock)
    clock.time += LONGEST_WAIT
    await run(store, [Killed()], clock)
    assert keys == [keys[0]] * 2
    assert keys[0] == f"{notice('1').id}.1"


async def test_a_flood_is_one_list_with_the_most_urgent_first(store: WatchStore) -> None:
    """More than a person reads in a minute comes as one message; all of it counts as told."""
    ear, clock = Ear(lists=True), Clock()
    fill(store, [ear], *(str(number) for number in range(30)), severity=NORMAL)
    store.tell([(notice("worst", CRITICAL), CONFIRMED)])
    assert await run(store, [ear], clock) == 31
    assert ear.heard == ["31 alerts at once; first: worst en"]
    assert store.undelivered() == 0


async def test_programs_get_a_flood_one_by_one(store: WatchStore) -> None:
    """A channel that a program reads loses no line to a list."""
    ear, clock = Ear(), Clock()
    fill(store, [ear], *(str(number) for number in range(FLOOD + 5)))
    await run(store, [ear], clock)
    assert len(ear.heard) == FLOOD + 5


def test_waits_grow_to_a_quarter_of_an_hour() -> None:
    """Five seconds, doubled, at most 900; a longer one that is asked for counts, up to that."""
    assert [wait_of(tries) for tries in (0, 1, 2, 20)] == [5, 10, 20, 900]
    assert (wait_of(0, 60), wait_of(0, 10_000)) == (60, LONGEST_WAIT)


def test_long_messages_are_cut_between_lines_by_bytes() -> None:
    """No part exceeds what a service takes in UTF-8, nothing is cut within a sign, and parts are numbered."""
    long = Message("标题", "\n".join(["资金转出" * 10] * 60), HIGH)
    found = cut(long, 2_000)
    assert all(len(f"{title}\n{body}".encode()) <= 2_000 for title, body in found)
    assert [title for title, _ in found][:2] == [f"标题 (1/{len(found)})", f"标题 (2/{len(found)})"]
    assert cut(long, 0) == [(long.title, long.body)]
    assert all(len(body.encode()) <= 100 for _, body in cut(Message("t", "钱" * 9_999, HIGH), 100))


# --- settings


@pytest.fixture(autouse=True)
def _no_user_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(config_module, "user_config_path", lambda _: tmp_path / "user")


def test_channels_from_file_and_environment(tmp_path: Path) -> None:
    """A text is an address, a table more; the environment adds channels and replaces addresses and secrets."""
    text = (
        '[channels]\nphone = "tgram://1:x/2"\n[channels.hook]\nurl = "https://h.test/x"\nat_least = "high"\nlang = "zh"'
    )
    (tmp_path / "tracer.toml").write_text(text)
    environ = {"TRACER_CHANNEL_PHONE": "tgram://3:y/4", "TRACER_CHANNEL_HOOK_SECRET": CANARY, "TRACER_CHANNEL_X": ""}
    hook, phone = load_config(environ, tmp_path).channels
    assert (hook.name, hook.at_least, hook.lang, hook.secret) == ("hook", "high", "zh", CANARY)
    assert hook.severities == {CRITICAL, HIGH}
    assert (phone.url, phone.severities) == ("tgram://3:y/4", frozenset(SEVERITIES))
    assert CANARY not in repr(hook)
    assert "h.test" not in repr(hook)


@pytest.mark.parametrize(
    "table",
    [
        {"Bad Name": CANARY},
        {"a": {"url": CANARY, "colour": "red"}},
        {"a": {"url": CANARY, "at_least": "loud"}},
        {"a": {"url": CANARY, "lang": "fr"}},
        {"a": {"at_least": "high"}},
        {"a": 7},
        {"a_secret": CANARY},
    ],
)
def test_a_wrong_setting_names_the_channel_and_not_its_address(table: Mapping[str, Any]) -> None:
    """Every error says which channel, and none repeats a secret."""
    with pytest.raises(ConfigError) as failed:
        read_channels(table, {})
    assert next(iter(table)) in str(failed.value)
    assert CANARY not in str(failed.value)


@pytest.mark.parametrize(
    "url", [f"carrier-pigeon://{CANARY}", CANARY, f"tgram://{CANARY}", f"wecombot://{CANARY}/x y", "https://", "json"]
)
def test_an_address_that_cannot_be_read_is_one_line_without_it(
    url: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Unknown schemes and half addresses are refused; neither the error nor any log repeats them."""
    with pytest.raises(ConfigError) as failed:
        open_channels([ChannelSetting("phone", url)], lang="en", write=print)
    said = str(failed.value) + repr(failed.value) + "".join(capfd.readouterr()) + caplog.text
    assert "phone" in str(failed.value)
    assert CANARY not in said


def test_every_service_is_offered_with_an_example_that_opens() -> None:
    """Examples, with their placeholders replaced, make channels (desktops only where there is one)."""
    values = {
        "BOT_TOKEN": "123456789:abcdefghijklmnopqrstuvwxyz012345678", "CHAT_ID": "12345678", "USER": "u",
        "PASSWORD": "p",
        "DOMAIN": "mail.test", "SMTP_HOST": "smtp.test", "YOU@EXAMPLE.ORG": "a@b.test",
        "WEBHOOK_ID": "1" * 18, "WEBHOOK_TOKEN": "w" * 64,
        "TOKEN_A": "T1JJ3T3L2", "TOKEN_B": "A1BRTD4JD", "TOKEN_C": "TIiajkdnlazkcOXrIdevi7FQ", "SENDKEY": "SCT123456T",
        "SECRET": "SECabc", "TOKEN": "a" * 32, "KEY": "a" * 36, "HOST": "h.test", "PATH": "p",
    }  # fmt: skip
    for offer in SERVICES:
        url = offer.example
        for name in sorted(values, key=lambda name: -len(name)):
            url = url.replace(name, values[name])
        if "Desktop" not in offer.name:
            (channel,) = open_channels([ChannelSetting("x", url)], lang="en", write=print)
            assert values["TOKEN"] not in repr(channel)


def test_every_service_is_documented() -> None:
    """docs/alerts.md shows the example of each."""
    text = (Path(__file__).parents[3] / "docs" / "alerts.md").read_text(encoding="utf-8")
    assert not [offer.name for offer in SERVICES if f"`{offer.example}`" not in text]


@pytest.mark.parametrize(
    ("url", "scheme", "token"),
    [
        ("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=abc-def-1", "wecombot", "abc-def-1"),
        ("https://oapi.dingtalk.com/robot/send?access_token=abcdef12", "dingtalk", "abcdef12"),
        ("https://open.feishu.cn/open-apis/bot/v2/hook/abc-def-2", "feishu", "abc-def-2"),
        ("https://sctapi.ftqq.com/SCT12T.send", "schan", "SCT12T"),
        ("dingtalk://SECx@abcdef12", "dingtalk", "abcdef12"),
    ],
)
def test_the_address_a_chinese_robot_gives_out_is_known(url: str, scheme: str, token: str) -> None:
    """Nobody must rewrite what the service shows; taken for a plain webhook, its refusals would pass for success."""
    (channel,) = open_channels([ChannelSetting("x", url)], lang="zh", write=print)
    assert isinstance(channel, RobotChannel)
    assert (channel.scheme, channel.token) == (scheme, token)


def test_other_addresses_are_no_robots() -> None:
    """Only its own hosts and schemes."""
    assert robot_of("https://qyapi.weixin.qq.com.evil.test/cgi-bin/webhook/send?key=abc") is None
    assert robot_of("tgram://a/b") is None


# --- webhook


def answering(
    status: int, headers: Mapping[str, str] = {}, seen: list[httpx.Request] | None = None
) -> httpx.MockTransport:
    def answer(request: httpx.Request) -> httpx.Response:
        if seen is not None:
            seen.append(request)
        return httpx.Response(status, headers=headers)

    return httpx.MockTransport(answer)


def hook(transport: httpx.AsyncBaseTransport, secret: str = CANARY) -> Webhook:
    everything = frozenset(SEVERITIES)
    url = f"https://h.test/{CANARY}"
    return Webhook("h", everything, "en", url=url, secret=secret, transport=transport, clock=lambda: NOW)


async def test_a_webhook_is_signed_and_its_key_is_the_same_for_every_try() -> None:
    """The signature covers time and body; facts, title and text are in the body."""
    seen: list[httpx.Request] = []
    channel = hook(answering(200, seen=seen))
    for tries in range(2):
        await channel.send(TOLD._replace(tries=tries), MESSAGE)
    first, second = seen
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"] == f"{TOLD.notice.id}.2"
    stamp, body = first.headers[TIMESTAMP], first.content
    by_hand = hmac.new(CANARY.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    assert first.headers[SIGNATURE] == f"sha256={by_hand}" == signature(CANARY, stamp, body)
    assert stamp == str(NOW)
    assert json.loads(body) == {"id": "x", "amount": "1", "title": MESSAGE.title, "body": MESSAGE.body}


async def test_without_a_secret_nothing_is_signed() -> None:
    """No header pretends to be a signature."""
    seen: list[httpx.Request] = []
    await hook(answering(204, seen=seen), secret="").send(TOLD, MESSAGE)
    assert SIGNATURE not in seen[0].headers


@pytest.mark.parametrize(
    ("status", "headers", "wait"), [(500, {}, 0), (302, {"Location": "/"}, 0), (429, {"Retry-After": "30"}, 30)]
)
async def test_what_is_no_success_is_undelivered(status: int, headers: Mapping[str, str], wait: int) -> None:
    """A redirect is not followed, and a wait that is asked for is passed on."""
    with pytest.raises(Undelivered) as failed:
        await hook(answering(status, headers)).send(TOLD, MESSAGE)
    assert (failed.value.why, failed.value.wait) == (f"the service answered {status}", wait)


async def test_no_secret_is_in_failure_log_or_repr(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither address nor signing secret appears anywhere, even with every log on."""
    caplog.set_level(logging.NOTSET)

    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(f"no way to {request.url}")

    channel = hook(httpx.MockTransport(refuse))
    with pytest.raises(Undelivered) as failed:
        await channel.send(TOLD, MESSAGE)
    said = f"{failed.value!r} {failed.value.__cause__} {channel!r} {caplog.text} {capfd.readouterr()}"
    assert CANARY not in said


# --- robots


def robot(scheme: str, answer: Callable[[httpx.Request], httpx.Response], secret: str = "") -> RobotChannel:
    return RobotChannel(
        "r", frozenset(SEVERITIES), "zh",
        scheme=scheme, token=CANARY, secret=secret, transport=httpx.MockTransport(answer), clock=lambda: NOW,
    )  # fmt: skip


@pytest.mark.parametrize("scheme", sorted(ROBOTS))
async def test_a_robot_posts_title_and_text(scheme: str) -> None:
    """Every service gets both as plain text, or as Markdown with its lines apart, at its own host."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={ROBOTS[scheme].done[0]: 0})

    await robot(scheme, answer).send(TOLD, MESSAGE)
    told = str(httpx.QueryParams(seen[0].content.decode())) if scheme == "schan" else seen[0].content.decode()
    assert CANARY in str(seen[0].url)
    if scheme != "schan":
        assert MESSAGE.title in json.dumps(json.loads(told), ensure_ascii=False)
    assert "@all" not in told


@pytest.mark.parametrize("scheme", sorted(ROBOTS))
@pytest.mark.parametrize("body", [b'{"errcode":310000,"code":9499,"errno":1}', b"<html>", b"{}", b"[]"])
async def test_a_refusal_in_an_answer_of_200_is_no_success(scheme: str, body: bytes) -> None:
    """These services say no with status 200; that must not pass for delivered."""
    with pytest.raises(Undelivered) as failed:
        await robot(scheme, lambda _: httpx.Response(200, content=body)).send(TOLD, MESSAGE)
    assert CANARY not in failed.value.why


async def test_dingtalk_and_feishu_are_signed_as_they_ask() -> None:
    """DingTalk in the address by milliseconds, Feishu in the body by seconds; each with its own construction."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"errcode": 0, "code": 0})

    await robot("dingtalk", answer, "SECx").send(TOLD, MESSAGE)
    await robot("feishu", answer, "SECx").send(TOLD, MESSAGE)
    ding, body = seen[0].url.params, json.loads(seen[1].content)
    text = f"{NOW}000\nSECx".encode()
    assert ding["timestamp"] == f"{NOW}000"
    assert ding["sign"] == base64.b64encode(hmac.new(b"SECx", text, hashlib.sha256).digest()).decode()
    key = f"{NOW}\nSECx".encode()
    assert body["sign"] == base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()
    assert body["timestamp"] == str(NOW)


# --- Apprise


class Answers(BaseHTTPRequestHandler):
    """Keeps what is posted; answers with the status in the path."""

    posted: list[bytes] = []  # noqa: RUF012  # cleared by the fixture

    def do_POST(self) -> None:  # the library's name
        self.posted.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(int(self.path.strip("/").split("-")[0]))
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    Answers.posted.clear()
    running = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=running.serve_forever)
    thread.start()
    yield f"json://127.0.0.1:{running.server_address[1]}"
    running.shutdown()
    running.server_close()
    thread.join()


def service(url: str) -> Channel:
    (channel,) = open_channels([ChannelSetting("s", url)], lang="en", write=print)
    assert isinstance(channel, Service)
    return channel


async def test_a_service_gets_title_and_text_as_they_are(server: str) -> None:
    """What goes in comes out, marks of HTML and Markdown included."""
    hostile = "<b>*x*</b> & [a](http://x)"
    await service(f"{server}/200").send(TOLD, Message("t", hostile, HIGH))
    (posted,) = map(json.loads, Answers.posted)
    assert (posted["title"], posted["message"]) == ("t", hostile)


async def test_a_service_that_refuses_is_undelivered_with_its_number_only(
    server: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """The number of the answer is told; the address is in no error, log or repr."""
    caplog.set_level(logging.NOTSET)
    channel = service(f"{server}/403-{CANARY}")
    with pytest.raises(Undelivered) as failed:
        await channel.send(TOLD, MESSAGE)
    assert failed.value.why == "the service answered 403"
    assert CANARY not in f"{failed.value!r} {channel!r} {caplog.text} {capfd.readouterr()}"


class Posted:
    """What `requests` would have sent."""

    def __init__(self, answer: bytes) -> None:
        self.bodies: list[str] = []
        self.answer = answer

    def __call__(self, *_: Any, **asked: Any) -> requests.Response:
        data = asked.get("data") or asked.get("json")
        self.bodies.append(data if isinstance(data, str) else json.dumps(data, ensure_ascii=False))
        answer = requests.Response()
        answer.status_code, answer._content = 200, self.answer
        return answer


@pytest.mark.parametrize(
    ("url", "escaped"),
    [
        ("tgram://123456789:abcdefghijklmnopqrstuvwxyz012345678/12345678", "&lt;b&gt;"),
        (f"slack://T1JJ3T3L2/A1BRTD4JD/{'T' * 24}", "&lt;b&gt;"),
        (f"discord://{'1' * 18}/{'w' * 64}", "<b>"),
    ],
)
async def test_marks_stay_text_in_services_with_formats(
    url: str, escaped: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Telegram and Slack get them escaped, Discord knows no HTML; nobody is mentioned."""
    posted = Posted(b"ok" if url.startswith("slack") else b'{"ok":true,"result":{}}')
    monkeypatch.setattr(requests, "post", posted)
    monkeypatch.setattr(requests, "request", posted)
    await service(url).send(TOLD, Message("t", "<b>x</b> & <!channel>", HIGH))
    (body,) = posted.bodies
    assert escaped in body
    assert "<!channel>" not in body or url.startswith("discord")


# --- this machine


async def test_the_bell_rings_and_json_is_one_line() -> None:
    """The bell is one sign before the title; the line is one JSON object."""
    lines: list[str] = []
    (bell,) = open_channels([ChannelSetting("b", "bell")], lang="en", write=lines.append)
    await bell.send(TOLD, MESSAGE)
    await json_lines(lines.append, "en").send(TOLD, MESSAGE)
    assert lines[0] == f"\a{MESSAGE.title}"
    assert json.loads(lines[1]) == MESSAGE.facts


async def test_a_closed_pipe_is_undelivered() -> None:
    """Whoever read the lines is gone: they wait."""

    def closed(_: str) -> None:
        raise BrokenPipeError

    with pytest.raises(Undelivered):
        await json_lines(closed, "en").send(TOLD, MESSAGE)


async def test_the_desktop_is_told_by_arguments_that_are_no_options(tmp_path: Path) -> None:
    """Title and text are handed over whole, behind a sign that ends the options; failure is undelivered."""
    program = tmp_path / "notify-send"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > "{tmp_path}/said"\n')
    program.chmod(0o755)
    desktop = Desktop("d", frozenset(SEVERITIES), "en", program=str(program))
    await desktop.send(TOLD, MESSAGE._replace(title="--help"))
    assert (tmp_path / "said").read_text().splitlines()[-4:-2] == ["--", "--help"]
    program.write_text("#!/bin/sh\nexit 1\n")
    with pytest.raises(Undelivered):
        await desktop.send(TOLD, MESSAGE)
    assert MESSAGE.title not in "".join(desktop_arguments("/usr/bin/osascript", MESSAGE)[:6])


async def test_a_trial_goes_past_the_outbox() -> None:
    """A test message reaches a channel that takes only critical ones, and fails aloud."""
    ear = Ear()
    ear.severities = frozenset({CRITICAL})
    await try_out(ear, Message("test", "", INFO), NOW)
    assert ear.heard == ["test"]
    ear.fails = 1
    with pytest.raises(Undelivered):
        await try_out(ear, MESSAGE, NOW)


async def test_what_a_later_state_replaced_while_others_were_sent_is_not_told(store: WatchStore) -> None:
    """A payment that vanished before its turn came is never told, so it needs no retraction either."""
    clock = Clock()

    class Vanishing(Ear):
        async def send(self, told: Told, message: Message) -> None:
            await super().send(told, message)
            store.tell([(notice("2"), RETRACTED)])

    ear = Vanishing()
    store.channels = {"a": ear.severities}
    store.tell([(notice(key), PROVISIONAL) for key in ("1", "2")])
    await run(store, [ear], clock)
    assert (ear.heard, store.undelivered()) == (["1 en"], 0)


async def test_hundreds_of_messages_are_not_read_again_for_each(store: WatchStore) -> None:
    """A long outbox is read a few times, not once a message."""
    ear, clock, reads = Ear(), Clock(), list[int]()
    fill(store, [ear], *(str(number) for number in range(200)))
    due = store.due

    def counted(now: int) -> list[Told]:
        reads.append(now)
        return due(now)

    store.due = counted  # type: ignore[method-assign]
    assert await run(store, [ear], clock) == 200
    assert len(reads) < 5
