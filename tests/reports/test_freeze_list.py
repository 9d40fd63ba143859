"""Freeze states as somebody reads them: facts plain with their block, who controls a token as a label, nothing cut."""

from __future__ import annotations

import io
import re

import pytest
from rich.cells import cell_len
from rich.console import Console

from chains.model import Asset
from reports.freeze_list import ROWS, put_freezes
from reports.view import View
from tests.reports.sample import ETHEREUM, FIRST, LATE, MIXER, SECOND, TRON, TRON_HOLDER, TRON_USDT, USDT, sample
from tracer.result import FreezeRow, Result
from tracer.words import sentence, words

WALLET = "0x" + "cc" * 20
HOSTILE = Asset(ETHEREUM, USDT.id, "\x1b[31mUS\u202eDT", 6)
FROZEN = FreezeRow(ETHEREUM, FIRST, USDT, "Tether", "yes", "yes", "no", at=24_000_000)
OPEN = FreezeRow(ETHEREUM, SECOND, USDT, "Tether", "yes", "no", "no", at=24_000_000)
COMING = OPEN._replace(address=MIXER, proposed="yes", proposal=f"{WALLET} #812", confirmed=1, needed=3)
SILENT = FreezeRow(
    ETHEREUM,
    LATE,
    HOSTILE,
    "Tether",
    "yes",
    "unknown",
    "unknown",
    why=(sentence("rule.freeze_odd", function="f(address)"),),
)
PEGGED = FreezeRow(
    "eip155:56",
    FIRST,
    USDT,
    "Binance (peg)",
    "no",
    "no",
    "no",
    why=(sentence("rule.freeze_stand_in", issuer="Binance"),),
)
ON_TRON = FreezeRow(TRON, TRON_HOLDER, TRON_USDT, "Tether", "yes", "no", "no")


def shown(*rows: FreezeRow, lang: str = "en", everything: bool = False, width: int = 80) -> str:
    """The section alone."""
    out = io.StringIO()
    result: Result = sample()._replace(freezes=rows)
    put_freezes(Console(file=out, width=width), View.of(result, words(lang), "cases/mine", everything=everything))
    return out.getvalue()


def joined(text: str) -> str:
    """The text without its line breaks, so that sentences can be found wherever they were broken."""
    return re.sub(r"\s*\n\s*", " ", text)


def test_nothing_is_printed_where_nothing_rests_as_a_token() -> None:
    """No rows, no section."""
    assert shown() == ""


def test_every_state_reads_as_it_is() -> None:
    """Frozen, open, proposed, unknown and unfreezable rows say which they are, of what, by whom and as of when."""
    text = joined(shown(FROZEN, OPEN, COMING, SILENT, PEGGED, ON_TRON))
    by_tether = "[Tether · issuer by the token list]"
    assert f"block 24000000 can be frozen {by_tether} no freeze is proposed" in text
    assert "proposed" not in shown(FROZEN)
    assert f"freeze proposed, 1 of 3 confirmations so far: {WALLET} #812" in text
    assert "not known whether frozen · USDT · ethereum" in text
    assert "the contract's answer to f(address) is not of the documented form" in text
    assert f"cannot be frozen · 100,000 USDT · bsc {FIRST} [Binance (peg) · issuer by the token list]" in text
    assert "the original issuer cannot freeze it" in text
    assert f"{TRON_HOLDER} read from the contract when asked" in text


def test_what_can_still_be_stopped_comes_first() -> None:
    """Proposed, then open, unknown, frozen; what nobody can freeze last."""
    text = shown(PEGGED, FROZEN, SILENT, OPEN, COMING)
    found = re.findall(r"(?m)^    (0x[0-9a-f]{40})$", text)
    assert found == [COMING.address, OPEN.address, SILENT.address, FROZEN.address, PEGGED.address]


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("width", [50, 80, 160])
def test_nothing_runs_over_or_is_cut(lang: str, width: int) -> None:
    """At any width addresses stand whole and lines fit; Chinese rows have no English sentences."""
    text = shown(FROZEN, OPEN, COMING, SILENT, PEGGED, ON_TRON, lang=lang, width=width)
    assert all(cell_len(line) <= width for line in text.splitlines())
    for address in (FIRST, SECOND, MIXER, LATE, WALLET, TRON_HOLDER):
        assert address in text
    assert "\x1b" not in text
    if lang == "zh":
        assert not re.search(r"[a-z]+ [a-z]+ [a-z]+", text)


def test_what_rests_there_is_told_in_units() -> None:
    """The amount of the endpoints at that address and of that token; the symbol alone where there is none."""
    assert "not frozen · 150,000 USDT · ethereum" in shown(OPEN)
    assert "not frozen · USDT · ethereum" in shown(COMING)


def test_a_tron_height_is_a_time() -> None:
    """Heights of TRON are milliseconds, and read as a time."""
    assert "at its state of 2026-01-02T03:00:00Z" in joined(shown(ON_TRON._replace(at=1_767_322_800_000)))


def test_a_proposal_stands_without_its_confirmations() -> None:
    """Where nobody could say how many there are, none are told."""
    text = joined(shown(COMING._replace(confirmed=0, needed=0)))
    assert f"freeze proposed, not carried out yet: {WALLET} #812" in text
    assert "confirmations" not in text


def test_many_rows_are_counted() -> None:
    """Beyond the limit the rest is counted with the command that shows it; with all wanted, all are there."""
    rows = [OPEN._replace(address=f"0x{number:040x}") for number in range(ROWS + 2)]
    assert "Not shown: 2 more. All: trace show cases/mine --all" in joined(shown(*rows))
    assert len(re.findall(r"(?m)^ *0x", shown(*rows, everything=True))) == ROWS + 2
