"""The terminal report: complete, exact, the same in both languages, and harmless whatever names it has to show."""

import io
import os
import re
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from chains.errors import Down
from chains.model import Asset, Gap
from reports.closing import parts_of
from reports.layout import wrap
from reports.numbers import HUNDRED, amount, hundredths, percent, share_of
from reports.terminal import render
from reports.view import key_of
from tests.reports.sample import (
    DEPOSIT,
    FIRST,
    HOT,
    SECOND,
    THIRD,
    TODAY,
    TRON_HOLDER,
    UNREAD,
    USDT,
    VICTIM,
    _end,
    _flow,
    sample,
    tx,
)
from tracer.result import Result
from tracer.words import sentence

SNAPSHOTS = Path(__file__).parent / "snapshots"


def shown(result: Result, lang: str = "en", width: int = 100, *, everything: bool = False, colour: bool = False) -> str:
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=colour, color_system="truecolor" if colour else None)
    render(result, lang, console, case="cases/mine", everything=everything, today=TODAY)
    return out.getvalue()


def joined(text: str) -> str:
    """The text without its line breaks and rails, so that sentences can be found wherever they were broken."""
    return re.sub(r"\s*\n[\s│]*", " ", text)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("width", [100, 150])
def test_the_report_reads_as_agreed(lang: str, width: int) -> None:
    """The text of the sample is the reviewed one; run with UPDATE_SNAPSHOTS=1 to review a change."""
    file = SNAPSHOTS / f"terminal.{lang}.{width}.txt"
    text = shown(sample(), lang, width)
    if os.environ.get("UPDATE_SNAPSHOTS"):
        SNAPSHOTS.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("width", [40, 80, 100, 150, 200])
def test_addresses_and_hashes_are_whole(lang: str, width: int) -> None:
    """Everything that a reader may copy stands unbroken on one line, however narrow the terminal is."""
    lines = shown(sample(), lang, width).splitlines()
    for text in (VICTIM, FIRST, SECOND, THIRD, HOT, DEPOSIT, UNREAD, TRON_HOLDER, tx(5), tx(7)):
        assert any(text in line for line in lines), text


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("width", [80, 100, 150])
def test_lines_fit_the_terminal(lang: str, width: int) -> None:
    """No line is wider than the terminal, counting Chinese characters as two columns."""
    assert [line for line in shown(sample(), lang, width).splitlines() if cell_len(line) > width] == []


def test_hits_come_first_with_what_to_do() -> None:
    """An exchange hit stands before everything else, and at the end with whom to ask and the transaction to show."""
    text = shown(sample())
    assert text.index("1 at an exchange [Binance 14") < text.index(
        "in a mixer [Tornado Cash", text.index("Where it is")
    )
    end = joined(text[text.index("What can still be stopped, now") :])
    assert re.match(
        rf"What can still be stopped, now • Ask Binance 14 to freeze: paid to its own wallet [^•]* "
        rf"1 412,000 USDT on ethereum: 13.73 % of all that was stolen, at {HOT} [^•]* {tx(5)} • ",
        end,
    )
    assert "Whom to write to Binance (exchange)" in end


def test_facts_labels_and_inferences_differ_without_colour() -> None:
    """A label stands in brackets with its source, an inference behind its sign with its confidence."""
    text = joined(shown(sample()))
    assert "[Binance 14 · published list, 2026-08-22]" in text
    assert "≈ pays only one exchange's wallet, within the hour (confidence 70/100)" in text


@pytest.mark.parametrize("colour", [False, True])
def test_hostile_names_are_harmless(*, colour: bool) -> None:
    """No escape sequence, direction change, markup or false label of a token or label name reaches the screen."""
    text = shown(sample(), colour=colour)
    assert not re.search("[\u202e\u200b\u2066\x07]", text)
    assert "http://x" not in text
    assert "[Binance · OFAC]" not in text
    assert "[/red]" not in text
    without_colours = re.sub(r"\x1b\[[0-9;]*m", "", text)
    assert "\x1b" not in without_colours
    assert without_colours == shown(sample())


def test_no_colour_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    """With NO_COLOR set a terminal gets no colours."""
    monkeypatch.setenv("NO_COLOR", "1")
    out = io.StringIO()
    render(sample(), "en", Console(file=out, force_terminal=True, width=100), today=TODAY)
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", out.getvalue())


@pytest.mark.parametrize("width", [80, 150])
def test_symbols_are_no_emoji_codes(width: int) -> None:
    """A symbol that rich would turn into a picture is shown as it is."""
    end = sample().endpoints[0]
    end = end._replace(asset=end.asset._replace(symbol=":bomb:"))
    text = shown(sample()._replace(endpoints=(end, *sample().endpoints[1:])), width=width)
    assert "412,000 :bomb:" in text[text.index("Where it is now") : text.index("Under other methods")]


def test_closing_line_adds_up() -> None:
    """Per stolen asset the parts, and both sums, add up to exactly 100.00 %."""
    text = joined(shown(sample()))
    assert (
        "1,000,000 USDT stolen, 100.00 % accounted for: located 96.90 % (at an exchange 41.20 %, resting 30.70 %, "
        "at an exchange deposit address 25.00 %) + not followed 3.10 % (history not available 3.10 %, "
        "too small to follow 0.00 %)"
    ) in text
    for line in text[text.index("In sum") :].split(" stolen, ")[1:]:
        shares = [int(share.replace(".", "")) for share in re.findall(r"([0-9]+\.[0-9]{2}) %", line)]
        assert shares[0] == HUNDRED
        assert sum(shares[1:]) == 2 * HUNDRED


def test_a_sum_that_is_wrong_is_said_so() -> None:
    """A result whose endpoints lack units is never rounded into 100 %."""
    result = sample()
    text = joined(shown(result._replace(endpoints=result.endpoints[1:])))
    assert "The parts differ from what was stolen by 412,000 USDT." in text
    assert "1,000,000 USDT stolen, " not in text


def test_what_converges_is_drawn_once() -> None:
    """An address reached twice grows one branch; elsewhere it is only referred to."""
    text = shown(sample())
    tree = text[text.index("Flow of USDT on ethereum") : text.index("Flow of ETH")]
    assert tree.count("(its own branch stands elsewhere in this tree)") == 2
    assert tree.count(UNREAD) == 1
    assert "of 700,000 USDT sent" in tree


def wide(count: int) -> Result:
    """The first address pays ``count`` others one unit more each time."""
    asset, total = USDT, count * (count + 1) // 2
    result = sample()
    receivers = [f"0x{number:040x}" for number in range(1, count + 1)]
    return result._replace(
        origins=(result.origins[0]._replace(amount=total),),
        flows=(
            _flow(0, VICTIM, FIRST, asset, total, total),
            *(_flow(number, FIRST, to, asset, number, number) for number, to in enumerate(receivers, 1)),
        ),
        endpoints=tuple(_end(to, asset, number, "held", (0, number)) for number, to in enumerate(receivers, 1)),
        addresses=(),
    )


def test_what_is_left_out_is_counted_and_summed() -> None:
    """A large tree shows the largest, and says how many more there are, how much, and how to see them."""
    text = joined(shown(wide(100)))
    assert f"… and 61 more, {amount(61 * 62 // 2, 6)} USDT in total" in text
    assert "for all of it: trace show cases/mine --all" in text
    assert f"… and 80 more, {amount(80 * 81 // 2, 6)} USDT in total: see trace show cases/mine --all" in text


def test_everything_can_be_shown() -> None:
    """Asked for everything, the report leaves nothing out."""
    text = shown(wide(100), everything=True)
    assert "… and" not in text
    assert all(text.count(f"0x{number:040x}") == 3 for number in range(1, 101))


def test_deep_chains_are_cut_honestly_and_drawn_whole_on_request() -> None:
    """A chain too deep for the terminal ends in a count; asked for everything, it is drawn to its end."""
    hops = [f"0x{number:040x}" for number in range(1, 31)]
    flows = [_flow(0, VICTIM, hops[0], USDT, 9, 9)]
    flows += [_flow(n, one, other, USDT, 9, 9) for n, (one, other) in enumerate(pairwise(hops), 1)]
    result = sample()
    result = result._replace(
        origins=(result.origins[0]._replace(amount=9),),
        flows=tuple(flows),
        addresses=(),
        endpoints=(_end(hops[-1], USDT, 9, "held", (0, 29)),),
    )
    text = shown(result, width=80)
    assert "… and 1 more, 0.000009 USDT in total" in text
    assert max(map(cell_len, text.splitlines())) <= 80
    assert all(hop in shown(result, width=80, everything=True) for hop in hops)


def test_many_hits_and_gaps_are_counted() -> None:
    """No section grows without end, and each says how many it leaves out; a case with spaces can be pasted."""
    result = sample()
    hit, gap = result.endpoints[0], result.gaps[0]
    many = result._replace(
        endpoints=tuple(hit._replace(address=f"0x{number:040x}", entity="") for number in range(25)),
        gaps=tuple(gap._replace(where=f"place {number}") for number in range(25)),
    )
    out = io.StringIO()
    render(many, "en", Console(file=out, width=100), case="my case", today=TODAY)
    assert "… and 15 more: see trace show 'my case' --all" in out.getvalue()
    assert "… and 17 more: see trace show 'my case' --all" in out.getvalue()
    assert "Ask the exchange to freeze" in out.getvalue()
    assert "… and 5 more, 2,060,000 USDT in total: see trace show 'my case' --all" in out.getvalue()


def test_a_rule_that_is_sure_is_no_inference() -> None:
    """What is certain is said plainly, without the sign of an inference."""
    end = sample().endpoints[2]._replace(rule="its balance is what the history says", confidence=100)
    text = joined(shown(sample()._replace(endpoints=(*sample().endpoints[:2], end, *sample().endpoints[3:]))))
    assert "resting — its balance is what the history says" in text


def test_nothing_located() -> None:
    """When nothing was followed to its end, only that is said."""
    ends = (_end(UNREAD, USDT, 1_000_000 * 10**6, "gap", (0,)),)
    text = joined(shown(sample()._replace(origins=sample().origins[:1], endpoints=ends)))
    assert "accounted for: not followed 100.00 % (history not available 100.00 %)" in text


def test_loops_end() -> None:
    """Value that goes in a circle back to the victim is drawn once, and called what it is."""
    result = sample()
    back = _flow(20, THIRD, VICTIM, USDT, 5, 5)
    text = shown(result._replace(flows=(*result.flows, back)))
    assert text.count("(back to the victim)") == 1


def test_an_empty_result_is_said_plainly() -> None:
    """With nothing stolen and nothing found the report still stands."""
    result = sample()._replace(origins=(), endpoints=(), flows=(), addresses=(), gaps=(), unverified=(), notes=())
    assert "Nothing was found." in shown(result)


@given(st.integers(min_value=0, max_value=2**256), st.integers(min_value=0, max_value=36))
def test_amounts_are_exact(units: int, decimals: int) -> None:
    """Reading an amount back gives the same base units."""
    text = amount(units, decimals)
    whole, _, fraction = text.replace(",", "").partition(".")
    assert int(whole) * 10**decimals + int(fraction.ljust(decimals, "0") or "0") == units
    assert not fraction.endswith("0")


@pytest.mark.parametrize(
    ("units", "decimals", "text"),
    [
        (0, 6, "0"),
        (1, 18, "0.000000000000000001"),
        (1_234_567_890, 6, "1,234.56789"),
        (10**24, 18, "1,000,000"),
        (1234, 0, "1,234"),
        (-1_500_000, 6, "-1.5"),
        (1234, 255, "1,234e-255"),
    ],
)
def test_amount_examples(units: int, decimals: int, text: str) -> None:
    """Thousands are grouped, idle zeros left out, absurd decimals written as a power."""
    assert amount(units, decimals) == text


@given(st.lists(st.integers(min_value=0, max_value=2**200), min_size=1, max_size=40).filter(any))
def test_shares_add_up(parts: list[int]) -> None:
    """Largest remainder: together exactly 100.00 %, and each within a hundredth of the truth."""
    shares = hundredths(parts)
    assert sum(shares) == HUNDRED
    whole = sum(parts)
    assert all(abs(share * whole - part * HUNDRED) < whole for share, part in zip(shares, parts, strict=True))


def test_nothing_has_no_shares() -> None:
    """Shares of nothing are nothing, not an error."""
    assert hundredths([0, 0]) == [0, 0]
    assert percent(4120) == "41.20 %"
    assert (share_of(1, 10**9), share_of(0, 5), share_of(1, 3)) == ("<0.01 %", "0.00 %", "33.33 %")


@given(st.lists(st.integers(min_value=1, max_value=10**12), min_size=1, max_size=12))
def test_parts_of_any_result_add_up(amounts: list[int]) -> None:
    """Whatever ends where, the closing parts are all that was stolen and all of 100.00 %."""
    reasons = ("exchange", "held", "dust", "gap", "mixer")
    ends = tuple(_end(FIRST, USDT, units, reasons[n % 5], (0,)) for n, units in enumerate(amounts))
    parts = parts_of(sample()._replace(endpoints=ends), key_of(USDT))
    assert sum(part.units for part in parts) == sum(amounts)
    assert sum(part.share for part in parts) == HUNDRED


@given(st.text(alphabet="ab 字，。（1%", max_size=60), st.integers(min_value=4, max_value=30))
def test_wrapping_loses_nothing(text: str, width: int) -> None:
    """Broken lines hold all visible characters in order."""
    assert "".join(line.plain for line in wrap(Text(text), width)).replace(" ", "") == text.replace(" ", "")


def test_chinese_breaks_well() -> None:
    """No line begins with a closing mark, and a figure keeps its percent sign."""
    lines = [line.plain for line in wrap(Text("已定位资金，占比 41.20 %（在交易所）。"), 12)]
    assert all(not line.startswith(("，", "。", "）", "%")) for line in lines)
    assert any("41.20 %" in line for line in lines)
    assert max(map(cell_len, lines)) <= 13


def test_usd_and_unknown_chains() -> None:
    """A fiat value is rounded to the cent; a chain the table does not know is shown by its id."""
    end = sample().endpoints[0]
    asset = Asset("eip155:999999", USDT.id, "X", 6)
    origin = sample().origins[0]._replace(chain="eip155:999999", asset=asset, amount=1)
    part = end.principal[0]._replace(asset=asset, amount=1)
    row = end._replace(chain="eip155:999999", asset=asset, amount=1, principal=(part,), usd=Decimal("1234.567"))
    text = shown(sample()._replace(origins=(origin,), flows=(), addresses=(), endpoints=(row,)))
    assert "1,234.57 USD" in text
    assert "on eip155:999999" in text


def test_what_the_result_says_in_sentences_is_shown_in_the_readers_language() -> None:
    """Rules, gaps, notes, doubts and categories of labels are Chinese in a Chinese report; unknown text stays."""
    whole = sample()
    place = next(number for number, row in enumerate(whole.endpoints) if row.address == UNREAD)
    endpoints = list(whole.endpoints)
    endpoints[place] = endpoints[place]._replace(rule=sentence("rule.hop_limit", hops=7))
    result = whole._replace(
        endpoints=tuple(endpoints),
        addresses=tuple(
            row._replace(marks=("Somebody [mixer; user file a.csv]", "Else [no such thing; x]"))
            if row.address == SECOND
            else row
            for row in whole.addresses
        ),
        unverified=tuple(row._replace(why=sentence("rule.unmoved"), kind="nft") for row in whole.unverified),
        gaps=(Gap("history", "somewhere", f"{Down('etherscan', 'txlist')}; no source is configured; who knows"),),
        notes=(sentence("note.no_price", asset="a", chain="b", n=1, total=2),),
    )
    zh, en = joined(shown(result, "zh", 150)), joined(shown(result, "en", 150))
    for said in (
        "距被盗交易超过 7 跳",
        "[Somebody · 混币器 · 用户文件 a.csv]",
        "交易历史 — etherscan 没有应答：txlist；没有可用的数据源；who knows",
        "（NFT）：没有余额变化能证实此次转移",
        "b 上的 a：2 个时点中有 1 个没有价格，只显示数量",
    ):
        assert said in zh
    for said in ("more than 7 hops", "[Somebody · mixer · user file a.csv]", "[Else (no such thing; x)]", "(NFT): no"):
        assert said in en
