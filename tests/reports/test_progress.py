"""Progress: one line per round without a terminal, a view in place with one, hits at once in both."""

import io

import pytest
from rich.console import Console

from reports.progress import LiveProgress, Progress, watching
from reports.sources_table import SourceLine, render_sources
from tests.reports.sample import DEPOSIT, ETHEREUM, HOSTILE_NAME, USDT, tx
from tracer.watcher import FOLLOWING, Silent, Watcher


class Clock:
    """A clock that stands until it is set."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def console(*, terminal: bool = False, width: int = 100) -> tuple[Console, io.StringIO]:
    out = io.StringIO()
    return Console(file=out, width=width, force_terminal=terminal, color_system=None, legacy_windows=False), out


def drive(watcher: Watcher) -> None:
    """What a trace tells in its first seconds."""
    watcher.started("0xa1")
    for _ in range(3):
        watcher.requested("etherscan")
    watcher.round(1, 2, {"exchange": 412, "held": 300, FOLLOWING: 288}, 1000)
    watcher.hit(ETHEREUM, DEPOSIT, HOSTILE_NAME, "exchange_deposit", USDT, 250_000_000_000, tx(7))
    watcher.note("etherscan\x1b[31m is slow")


def test_plain_lines() -> None:
    """Without a terminal there is one line per event and none per request."""
    out_console, out = console()
    clock = Clock()
    watcher = Progress("en", out_console, clock)
    drive(watcher)
    assert out.getvalue().splitlines() == [
        "reading 0xa1",
        (
            "Round 1: 2 addresses read · 3 requests · 0:00 · located 71.20 % of what was stolen"
            " · at an exchange 41.20 % · resting 30.00 % · still being followed 28.80 %"
        ),
        "FOUND at an exchange deposit address: 250,000 USDT on ethereum [Evil (Binance · OFAC) (bold)ok]",
        f"    {DEPOSIT}",
        f"    {tx(7)}",
        "etherscan is slow",
    ]


def test_plain_lines_are_not_broken() -> None:
    """A log keeps one event per line however narrow it thinks it is."""
    out_console, out = console(width=20)
    drive(Progress("zh", out_console, Clock()))
    assert len(out.getvalue().splitlines()) == 6


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_live_view(lang: str) -> None:
    """On a terminal the state is drawn in place, hits and notes stay above it."""
    out_console, out = console(terminal=True)
    clock = Clock()
    watcher = LiveProgress(lang, out_console, clock)
    drive(watcher)
    assert out.getvalue().splitlines()[1:] == [f"    {DEPOSIT}", f"    {tx(7)}", "etherscan is slow"]
    clock.now = 171
    view = watcher.__rich__().plain
    assert "etherscan" in view
    assert "41.20 %" in view
    assert "1:11" in view
    assert "71 s" in view or "71 秒" in view


def test_view_before_anything_happened() -> None:
    """Nothing known is no error, and no share is invented."""
    watcher = LiveProgress("en", console(terminal=True)[0], Clock())
    assert "located 0.00 % of what was stolen" in watcher.__rich__().plain


def test_what_is_not_told_is_not_located() -> None:
    """Units missing from what the search reports are not counted as found."""
    watcher = Progress("en", console()[0], Clock())
    watcher.round(1, 1, {"exchange": 1}, 4)
    assert watcher.located() == "located 25.00 % of what was stolen · at an exchange 25.00 %"


@pytest.mark.parametrize("terminal", [False, True])
def test_watching_picks_the_view(*, terminal: bool) -> None:
    """The console decides which; both leave hits on the screen, and the live view cleans up after itself."""
    out_console, out = console(terminal=terminal)
    with watching("en", out_console) as watcher:
        assert isinstance(watcher, LiveProgress) == terminal
        drive(watcher)
    assert DEPOSIT in out.getvalue()
    assert tx(7) in out.getvalue()


def test_a_hit_without_a_name() -> None:
    """An exchange that is not known by name is still a hit, and shows no empty label."""
    out_console, out = console()
    Progress("en", out_console, Clock()).hit(ETHEREUM, DEPOSIT, "", "exchange", USDT, 1, tx(7))
    assert out.getvalue().splitlines()[0] == "FOUND at an exchange: 0.000001 USDT on ethereum"


def test_silent_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody looking on is no special case for the tracer."""
    drive(Silent())
    assert capsys.readouterr() == ("", "")


SOURCES = [
    SourceLine(
        "ethereum", "etherscan", "history", "ETHERSCAN_API_KEY", key_present=False, needed=True, rate=3, note=""
    ),
    SourceLine(
        "ethereum", "blockscout", "history", "BLOCKSCOUT_API_KEY", key_present=False, needed=False, rate=3, note=""
    ),
    SourceLine(
        "ethereum", "rpc", "receipts", None, key_present=False, needed=False, rate=5, note="public\x1b[31m nodes"
    ),
    SourceLine("tron", "trongrid", "history", "TRONGRID_API_KEY", key_present=True, needed=False, rate=0.9, note=""),
]


def test_sources_table() -> None:
    """Each source says which key it wants, whether it is there, and how fast it is; keys themselves never appear."""
    out_console, out = console(width=80)
    render_sources(SOURCES, "en", out_console)
    assert out.getvalue().splitlines() == [
        "ethereum",
        "  • etherscan · 3 requests/s · ETHERSCAN_API_KEY is missing: not used",
        "    serves: history",
        "  • blockscout · 3 requests/s · BLOCKSCOUT_API_KEY is not set: slower without it",
        "    serves: history",
        "  • rpc · 5 requests/s · needs no key",
        "    serves: receipts",
        "    public nodes",
        "tron",
        "  • trongrid · 0.9 requests/s · TRONGRID_API_KEY is set",
        "    serves: history",
    ]


def test_sources_in_chinese() -> None:
    """The table is there in Chinese too."""
    out_console, out = console(width=80)
    render_sources(SOURCES, "zh", out_console)
    assert "缺少 ETHERSCAN_API_KEY：未使用" in out.getvalue()
