"""Who is involved as somebody reads it: each address once, the firmest ties first, an inference from first to last."""

from __future__ import annotations

import io
import re

import pytest
from rich.cells import cell_len
from rich.console import Console

from reports.involved_list import ROWS, put_involved
from reports.view import View
from tests.reports.sample import (
    ASIDE,
    DEPOSIT,
    ETH,
    FIRST,
    HOT,
    LATE,
    LED,
    MIXER,
    SECOND,
    THIRD,
    TRON_HOLDER,
    TRON_USDT,
    USDT,
    sample,
    tx,
)
from tracer.document import from_document, to_json
from tracer.involved import SHOWN, TIERS
from tracer.result import InvolvedRow, Result
from tracer.words import words

WIDTH = 80
ADDRESS = re.compile(r"(?m)^    (0x[0-9a-f]{40}|T\w{33})$")


def shown(result: Result, lang: str = "en", *, everything: bool = False, case: str = "cases/mine") -> str:
    """The section alone."""
    out = io.StringIO()
    put_involved(Console(file=out, width=WIDTH), View(result, words(lang), {}, case, everything=everything))
    return out.getvalue()


def joined(text: str) -> str:
    """The text without its line breaks, so that sentences can be found wherever they were broken."""
    return re.sub(r"\s*\n\s*", " ", text)


def with_rows(*rows: InvolvedRow) -> Result:
    """The sample with these people in it."""
    return sample()._replace(involved=rows)


def crowd(tier: str, count: int, first: int = 1) -> list[InvolvedRow]:
    """So many people of one tier, each with a unit more than the one before; their addresses count from ``first``."""
    return [
        InvolvedRow(USDT.chain, f"0x{number:040x}", USDT, tier, "", number, "held", "", "")
        for number in range(first, first + count)
    ]


def test_an_address_stands_once_with_all_its_assets() -> None:
    """The first wallet received two assets: it is one address of seven, and both amounts are beside it."""
    text = shown(sample(), everything=True)
    assert text.count(FIRST) == 1
    assert "received up to 1,000,000 USDT, 5 ETH stolen · resting" in text
    assert "received stolen value under every method that conserves it (addresses: 7)" in text
    assert sorted(ADDRESS.findall(text)) == sorted(
        [FIRST, SECOND, THIRD, HOT, DEPOSIT, MIXER, TRON_HOLDER, ASIDE, LED, LATE]
    )


def test_an_address_of_two_tiers_stands_in_the_stronger_one() -> None:
    """Tied firmly in one asset and loosely in another, it is named once, where it is tied firmly."""
    loose = InvolvedRow(ETH.chain, HOT, ETH, "lead", "", 0, "", FIRST, tx(40))
    firm = InvolvedRow(USDT.chain, HOT, USDT, "every", "", 7, "exchange", "", "")
    for rows in ((loose, firm), (firm, loose)):
        text = shown(with_rows(*rows), everything=True)
        assert text.count(HOT) == 1
        assert "(addresses: 1)" in text
        assert "leads only" not in text
        assert tx(40) in text


def test_the_largest_share_comes_first_whatever_the_order_of_the_rows() -> None:
    """Tiers from firm to loose; within one, by share of what was stolen over all assets, not by name or by units."""
    expected = ADDRESS.findall(shown(sample(), everything=True))
    # 100 % of the USDT and the ETH; all that was stolen on TRON; then 80 % (twice, by name), 41.2, 38.8, 25 %.
    assert expected == [FIRST, TRON_HOLDER, SECOND, MIXER, HOT, THIRD, DEPOSIT, ASIDE, LED, LATE]
    backwards = with_rows(*reversed(sample().involved))
    assert ADDRESS.findall(shown(backwards, everything=True)) == expected


@pytest.mark.parametrize("everything", [False, True])
def test_a_stored_result_is_listed_like_a_fresh_one(*, everything: bool) -> None:
    """`trace show` reads rows in the order of the document; it prints the same list as the trace did."""
    stored = from_document(to_json(sample()))
    assert shown(stored, everything=everything) == shown(sample(), everything=everything)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_each_tier_is_cut_and_says_by_how_much(lang: str) -> None:
    """A tier shows its largest few, counts the rest, and names the command that shows them, fit to be pasted."""
    result = with_rows(*crowd("every", ROWS + 3), *crowd("soon", ROWS, first=100))
    many = with_rows(*crowd("soon", ROWS + 3))
    for one in (result, many):
        text = shown(one, lang, case="my case")
        assert ADDRESS.findall(text)[:ROWS] == [f"0x{number:040x}" for number in range(ROWS + 3, 3, -1)]
        assert joined(text).count("trace show 'my case' --all") == 1
        assert words(lang)("involved.more", n=3, command="trace show 'my case' --all") in joined(text)
    assert "'my case'" not in shown(with_rows(*crowd("every", ROWS)), lang, case="my case")


def test_all_of_it_is_shown_on_request() -> None:
    """Asked for everything, no tier is cut, the payments stand beside whom they tie, and the last tier is there."""
    text, short = shown(sample(), everything=True), shown(sample())
    assert "more" not in text
    assert f"← {SECOND}\n      {tx(13)}\n" in text
    assert f"← {THIRD}\n      {tx(14)}\n" in text
    assert "received stolen value under some methods only, and later (addresses: 1)" in joined(text)
    assert LATE in text
    for hidden in (LATE, "←", tx(13), tx(14), "some methods only"):
        assert hidden not in short


def test_only_the_payments_of_a_row_are_shown() -> None:
    """Whoever no payment ties in time has no payer beside him, not an empty line for one."""
    text = shown(with_rows(*crowd("every", 2)), everything=True)
    assert "←" not in text


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("everything", [False, True])
def test_every_line_says_something_and_fits(lang: str, *, everything: bool) -> None:
    """No line is blank or wider than 80 columns, and addresses and transactions are whole."""
    lines = shown(sample(), lang, everything=everything).splitlines()[1:]
    assert [line for line in lines if not line.strip() or cell_len(line) > WIDTH] == []
    assert any(line.strip() == LED for line in lines)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_tiers_are_inferences_in_both_languages(lang: str) -> None:
    """Each tier is headed by its rule behind the sign of an inference, in the order of firmness."""
    w = words(lang)
    counts = {"every": 7, "soon": 1, "lead": 1, "some": 1}
    text = joined(shown(sample(), lang, everything=True))
    heads = [f"≈ {w(f'involved.{tier}', n=counts[tier])}".replace(" ", "") for tier in TIERS]
    places = [text.replace(" ", "").index(head) for head in heads]
    assert places == sorted(places)
    assert text.count("≈") == len(TIERS)
    short = shown(sample(), lang)
    assert short.count("≈") == len(SHOWN)


def test_chinese_says_the_same_without_english() -> None:
    """The same addresses and amounts, and but for names, figures and the command no English word."""
    english, chinese = shown(sample()), shown(sample(), "zh")
    assert ADDRESS.findall(chinese) == ADDRESS.findall(english)
    assert re.findall(r"[\d.,]+ (?:USDT|ETH)", chinese) == re.findall(r"[\d.,]+ (?:USDT|ETH)", english)
    rest = re.sub(r"0x[0-9a-f]+|T\w{33}|USDT\S*|ETH|trace show cases/mine --all|red", "", chinese)
    assert not re.search("[A-Za-z]", rest)


@pytest.mark.parametrize("symbol", [TRON_USDT.symbol, ":bomb:", "[bold]≈ sure[/bold]", "\x1b]8;;http://x\x1b\\Y"])
def test_a_symbol_can_do_no_harm(symbol: str) -> None:
    """No escape, direction change, markup, picture or false sign of a token's name reaches the screen."""
    row = sample().involved[0]._replace(asset=USDT._replace(symbol=symbol))
    text = shown(with_rows(row), everything=True)
    assert not re.search("[\x1b\x07\u202e\u200b\U0001f4a3\\[\\]]|http", text)
    assert text.count("≈") == 1
    assert "received up to 1,000,000 " in text


def test_what_they_received_is_left_out_where_it_is_nothing() -> None:
    """A lead received no stolen value under any method, and nothing is said of an amount."""
    lead = next(row for row in sample().involved if row.tier == "lead")
    assert "received up to" not in shown(with_rows(lead))
    assert "not followed" in shown(with_rows(lead._replace(reason="not_followed")))


def test_nobody_involved_is_no_section() -> None:
    """A document from before this list prints nothing here, not even a heading."""
    assert shown(with_rows()) == ""
