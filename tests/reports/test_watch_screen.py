"""The screen of the watch: calm in place on a terminal, a line per event elsewhere, both languages, nothing hostile."""

from __future__ import annotations

import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from chains.model import Asset, AssetId, Block
from chains.scan import Tips
from reports.watch.screen import HEARTBEAT, LiveScreen, Log, looking_on
from tests.reports.sample import DEPOSIT, ETHEREUM, HOSTILE_NAME, USDT, tx
from tracer.hostile import clean
from tracer.watch.model import (
    BLIND,
    CASE,
    CONFIRMED,
    CRITICAL,
    HIGH,
    PAYMENT,
    PROVISIONAL,
    RETRACTED,
    SEVERITIES,
    Notice,
    Target,
    Told,
)
from tracer.watch.state import Cursor
from tracer.watch.view import LATER, STAGES, TRACING, Silent, View
from tracer.words import LANGUAGES

NOW = 1_700_000_000
TARGET = Target(1, CASE, "0xa1-case", "/cases/0xa1-case", "", "", NOW)
MOVED = Notice(
    "one", 1, PAYMENT, CRITICAL, ETHEREUM, tx(7), 20, 20, NOW, "0xb2", DEPOSIT, USDT, 250_000_000_000, reason="exchange"
)


class Clock:
    """A clock that stands until it is set."""

    now = NOW

    def __call__(self) -> float:
        return self.now


def console(*, terminal: bool = False, width: int = 100) -> tuple[Console, io.StringIO]:
    out = io.StringIO()
    return Console(file=out, width=width, force_terminal=terminal, color_system=None, legacy_windows=False), out


def block(number: int, time: int = NOW) -> Block:
    return Block(ETHEREUM, number, f"0x{number:064x}", time, number)


def at(newest: int, read: int, final: int) -> tuple[Tips, Cursor]:
    return Tips(block(newest), block(final)), Cursor(block(read, NOW - 4), block(final))


def say(notice: Notice, status: str, turn: int) -> tuple[str, str]:
    return f"250,000 USDT reached {clean(HOSTILE_NAME)}", f"To: {notice.receiver}\n\nTransaction: {notice.tx}"


def drive(view: View) -> None:
    """What a watch tells in its first minute."""
    view.targets([TARGET])
    view.spent("rpc.1", 1_234, 310, 10_000)
    view.chain(ETHEREUM, *at(25_914_233, 25_914_230, 25_914_169), "rpc.1\x1b[31m", "topics")
    view.frontier(1, 12, [(USDT, 45_000_000_000)], NOW - 180)
    view.told(MOVED, PROVISIONAL, 1)
    view.waiting(2)
    view.catching_up(1, TRACING)
    view.note("rpc.1\x1b[31m is slow")
    view.blind(ETHEREUM, NOW, "rpc.1: timeout")


def test_a_log_has_a_line_for_each_event() -> None:
    """Each line begins with its time in UTC; an alert's holds receiver and transaction whole."""
    shown, out = console()
    drive(Log("en", shown, say, clock=Clock()))
    assert out.getvalue().splitlines() == [
        "22:13:20Z Watching 1: 0xa1-case",
        "22:13:20Z Ethereum: block 25,914,230, 4 s old · final to 25,914,169 · rpc.1 · topics · 3 blocks still to read",
        "22:13:20Z Requests to rpc.1: 1,234 today, 310 in the last hour · 12.34 % of the 10,000 that are free a day",
        "22:13:20Z 0xa1-case: places watched: 12 · traced there: 45,000 USDT · last moved 3 min ago",
        f"22:13:20Z 250,000 USDT reached Evil (Binance · OFAC) (bold)ok · {DEPOSIT} · {tx(7)}",
        "22:13:20Z Alerts that no channel has taken yet: 2. They are sent again until one does.",
        "22:13:20Z 0xa1-case: the case is being brought up to date",
        "22:13:20Z rpc.1 is slow",
        (
            "22:13:20Z Ethereum: BLIND since 2023-11-14 22:13:20 UTC."
            " Nothing is known of what happens there. Reason: rpc.1: timeout"
        ),
    ]


def test_a_log_is_not_broken_or_repeated() -> None:
    """However narrow it thinks it is, a line is an event; what did not change is not said again."""
    shown, out = console(width=20)
    log = Log("zh", shown, say, clock=Clock())
    drive(log)
    drive(log)
    assert len(out.getvalue().splitlines()) == 10  # the alert comes twice


def test_a_log_says_every_hour_where_a_chain_stands() -> None:
    """A quiet service shows that it lives."""
    shown, out = console()
    clock = Clock()
    log = Log("en", shown, say, clock=clock)
    for seconds in (0, 5, HEARTBEAT):
        clock.now = NOW + seconds
        log.chain(ETHEREUM, *at(7, 7, 5), "rpc.1", "topics")
    assert len(out.getvalue().splitlines()) == 2


def test_a_quiet_log_says_only_what_matters() -> None:
    """For cron: nothing of what is as it should be; alerts, blindness and what waits are told."""
    shown, out = console()
    drive(Log("en", shown, say, quiet=True, clock=Clock()))
    said = [line for line in out.getvalue().splitlines() if not line.startswith("    ") and line]
    assert [line.split(" ")[1] for line in said] == ["250,000", "Alerts", "rpc.1", "Ethereum:"]
    assert f"    Transaction: {tx(7)}" in out.getvalue().splitlines()


def test_blindness_ends() -> None:
    """It is told once when it begins and once when it ends, also where it comes as an alert besides."""
    shown, out = console()
    log = Log("en", shown, say, clock=Clock())
    for _ in range(2):
        log.blind(ETHEREUM, NOW, "no answer")
        log.told(Notice("x", 0, BLIND, HIGH, ETHEREUM), CONFIRMED, 1)
    for _ in range(2):
        log.seeing(ETHEREUM)
    assert len(out.getvalue().splitlines()) == 2


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_live_view_keeps_above_what_must_not_be_missed(lang: str) -> None:
    """Alerts and notes are printed with lines to copy; what changes is drawn below."""
    shown, out = console(terminal=True)
    screen = LiveScreen(lang, shown, say, clock=Clock())
    drive(screen)
    lines = out.getvalue().splitlines()
    assert f"    To: {DEPOSIT}" in lines
    assert f"    Transaction: {tx(7)}" in lines
    screen.told(MOVED, CONFIRMED, 2)
    assert out.getvalue().splitlines()[-2:] == [f"    {DEPOSIT}", f"    {tx(7)}"]
    assert not any("45,000" in line for line in lines)
    drawn = screen.__rich__().plain
    assert "45,000 USDT" in drawn
    assert "12.34 %" in drawn
    assert ("BLIND" if lang == "en" else "无法看到") in drawn
    assert "\x1b" not in drawn + "".join(lines)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_live_view_fits_a_narrow_terminal(lang: str) -> None:
    """At 60 columns no drawn line is wider, whatever an endpoint or an asset is called."""
    shown, _ = console(terminal=True, width=60)
    screen = LiveScreen(lang, shown, say, clock=Clock())
    drive(screen)
    screen.seeing(ETHEREUM)
    screen.frontier(1, 12, [(Asset(ETHEREUM, AssetId(f"0x{n}"), "W" * 90, 0), 7) for n in range(9)], None)
    assert all(cell_len(line) <= 60 for line in screen.__rich__().plain.splitlines())


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_severity_status_and_stage_can_be_said(lang: str) -> None:
    """Whatever an engine may tell can be said."""
    shown, out = console()
    log = Log(lang, shown, say, clock=Clock())
    log.targets([TARGET])
    for severity in SEVERITIES:
        for status in (PROVISIONAL, CONFIRMED, RETRACTED):
            log.told(MOVED._replace(severity=severity), status, 1)
    for stage in STAGES:
        log.catching_up(1, stage)
    log.delivered(Told(MOVED, CONFIRMED, 1, "telegram", tries=3))
    log.delivered(Told(MOVED, CONFIRMED, 1, "telegram"))
    log.waiting(1)
    log.waiting(0)
    assert len(out.getvalue().splitlines()) == 1 + 4 * 3 + 4 + 1 + 2


def test_what_is_put_off_is_said_even_in_a_quiet_log() -> None:
    """A case that cannot be brought up to date is no detail."""
    shown, out = console()
    Log("en", shown, say, quiet=True, clock=Clock()).catching_up(1, LATER)
    assert "tried again" in out.getvalue()


def test_where_there_is_no_terminal_there_is_a_log() -> None:
    """The kind of view goes by the console."""
    for terminal, kind in ((False, Log), (True, LiveScreen)):
        with looking_on("en", console(terminal=terminal)[0], say) as view:
            assert type(view) is kind


def test_nobody_need_look_on() -> None:
    """A silent view takes everything."""
    drive(Silent())
