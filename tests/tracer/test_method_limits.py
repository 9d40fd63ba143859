"""docs/method.md and its Chinese version: every limit, default and threshold they state is the one of the code."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

import tracer.cli
from chains.model import Asset
from chains.positions import MOST_ASKED
from tests.strategies import CHAIN, COIN, VICTIMS, transfer
from tests.tracer.method_pages import PAGES, number, numbers, page, tables
from tracer.derived import BOUNDED_ROWS, CONVERTED_OUTPUTS, CONVERTED_ROWS
from tracer.endings import WEAK_CONFIDENCE
from tracer.holders import OPENED_AT_ONCE, OPENED_PER_SERVICE
from tracer.links import SLACK
from tracer.lots import METHODS
from tracer.orders import LEAST_WORTH, MOST_WORTH, TRIED_PER_ORDER
from tracer.patterns import (
    bad_rate,
    detectors,
    dormant,
    fan_in,
    fan_out,
    fee_premium,
    gas_funder,
    multi_victim,
    pass_through,
    peel_chain,
    ping_pong,
    scripted,
)
from tracer.patterns.lead import HIGHEST, LOWEST, POINTS
from tracer.patterns.measures import EVEN_PER_MILLE
from tracer.patterns.traffic import DAY, FRESH_SECONDS, HOUR, MINUTE
from tracer.prices import Price, PriceBook
from tracer.question import Question
from tracer.rules import DAY as RULE_DAY
from tracer.rules import SERVICE_COUNTERPARTIES, SERVICE_COUNTERPARTIES_A_DAY, SERVICE_ROWS
from tracer.worth import PRUNED_SHARE, Worth

ORDER_HOURS = RULE_DAY // HOUR
"""How long tracer/orders.py looks for what filled an order."""


def limits() -> dict[str, list[str]]:
    """What each page must say, with the numbers of the code in it."""
    question = Question(())
    return {
        "method.md": [
            f"{SERVICE_ROWS:,} movements or more",
            f"{SERVICE_COUNTERPARTIES:,} different counterparties",
            f"or {SERVICE_COUNTERPARTIES_A_DAY} within a day",
            f"`--max-hops` (default {question.max_hops})",
            f"`--max-addresses` (default {question.max_addresses})",
            f"confidence is at most {WEAK_CONFIDENCE},",
            f"until at most {100 // PRUNED_SHARE} % of what was stolen",
            f"the dust in it is at most {100 // PRUNED_SHARE} % under",
            f"when the whole is above {100 // PRUNED_SHARE} %",
            f"program ends with code {tracer.cli.FAULT}",
            f"at most the largest {OPENED_AT_ONCE} are opened",
            f"like a service, the largest {OPENED_PER_SERVICE}.",
            f"one part in {SLACK:,} more",
            f"within {ORDER_HOURS} hours is taken for the filling",
            f"between {LEAST_WORTH * 100} % and {MOST_WORTH * 100} % of what was paid",
            f"The first {TRIED_PER_ORDER} such transactions",
            f"at most {MOST_ASKED} positions of it",
            f"up to {BOUNDED_ROWS:,} rows",
            f"of up to {CONVERTED_ROWS:,} rows and {CONVERTED_OUTPUTS} outputs",
        ],
        "method.zh-CN.md": [
            f"转账达 {SERVICE_ROWS:,} 笔",
            f"交易对手达 {SERVICE_COUNTERPARTIES:,} 个",
            f"一天内达 {SERVICE_COUNTERPARTIES_A_DAY} 个",
            f"`--max-hops`（默认 {question.max_hops}）",
            f"`--max-addresses`（默认 {question.max_addresses}）",
            f"置信度不超过 {WEAK_CONFIDENCE}，",
            f"至多为该资产被盗数量的 {100 // PRUNED_SHARE} %",
            f"其中的零头至多为 {100 // PRUNED_SHARE} %",
            f"总计超过 {100 // PRUNED_SHARE} % 时",
            f"程序以代码 {tracer.cli.FAULT} 结束",
            f"至多完整读取金额最大的 {OPENED_AT_ONCE} 笔",
            f"只读取最大的 {OPENED_PER_SERVICE} 笔",
            f"允许多出 {SLACK:,} 分之一",
            f"付款方在 {ORDER_HOURS} 小时内收到的其他资产",
            f"所付的 {LEAST_WORTH * 100} % 至 {MOST_WORTH * 100} %",
            f"最早的 {TRIED_PER_ORDER} 笔",
            f"至多查询 {MOST_ASKED} 个头寸",
            f"不超过 {BOUNDED_ROWS:,} 行",
            f"不超过 {CONVERTED_ROWS:,} 行且转换的换出不超过 {CONVERTED_OUTPUTS} 项",
        ],
    }


@pytest.mark.parametrize("name", PAGES)
def test_every_limit_is_the_one_of_the_code(name: str) -> None:
    """Defaults and thresholds in the text are those that decide."""
    flat = " ".join(page(name).split())
    assert not [one for one in limits()[name] if one not in flat]


def least_followed(stolen: int, usd_per_unit: int, min_value: int | None) -> int:
    """The least value followed of an asset, by discovery itself."""
    theft = transfer(1, VICTIMS[0], "mule", stolen)
    price = Price(Decimal(usd_per_unit), "test", theft.time, None)
    prices = PriceBook.of_prices([(CHAIN, COIN, price)] if usd_per_unit else [])
    asset = Asset(CHAIN, COIN, "COIN", 0)
    worth = Worth([theft], prices, {(CHAIN, COIN): asset}, None if min_value is None else Decimal(min_value))
    return worth.least(CHAIN, COIN)


@pytest.mark.parametrize("name", PAGES)
def test_the_least_value_followed_is_as_stated(name: str) -> None:
    """A thousandth of what was stolen and a dollar; with `--min-value` its price, or a thousandth without one."""
    paragraph = next(one for one in page(name).split("\n\n") if one.startswith(("**Least value", "**最低追踪金额")))
    assert set(re.findall(r"\d\.\d+ %", paragraph)) == {"0.1 %"}
    assert least_followed(5_000_000, 0, None) == 5_000
    assert least_followed(5_000_000, 1, None) == 5_000
    assert least_followed(500, 1, None) == 1
    assert least_followed(5_000_000, 0, 20) == 5_000
    assert least_followed(5_000_000, 1, 20) == 20


def thresholds() -> dict[str, tuple[set[int], int]]:
    """By pattern: the figures that decide whether it is one, and the score it starts from."""
    day, hour = DAY // HOUR, HOUR // MINUTE
    passing, peel, split, joint = pass_through, peel_chain, fan_out, fan_in
    scripted_once = {scripted.TIMES}
    return {
        "pass_through": ({passing.PERCENT, day, hour, passing.PARTIES}, passing.BASE),
        "multi_hop": ({passing.ROW}, passing.ROW_BASE),
        "peel_chain": ({peel.ROW, peel.MAIN_PERCENT, peel.PEEL_PERCENT, peel.GAP_HOURS}, peel.BASE),
        "fan_out": ({split.RECIPIENTS, day, split.PERCENT, 0, EVEN_PER_MILLE // 10}, split.BASE),
        "diamond": ({split.PERCENT, split.HOPS, split.BRANCHES}, split.DIAMOND_BASE),
        "fan_in": ({joint.SENDERS, day, joint.PERCENT}, joint.BASE),
        "bad_rate": ({bad_rate.LEAST, bad_rate.MOST}, bad_rate.BASE),
        "ping_pong": ({day, ping_pong.LOSS_PERCENT}, ping_pong.BASE),
        "same_amount": (scripted_once, scripted.BASE),
        "even_pace": ({*scripted_once, 0, EVEN_PER_MILLE // 10}, scripted.BASE),
        "fee_premium": ({fee_premium.TIMES, fee_premium.OTHERS, hour}, fee_premium.BASE),
        "gas_funder": ({gas_funder.FUNDED}, gas_funder.BASE),
        "dormant": ({dormant.DAYS, dormant.PERCENT, day}, dormant.BASE),
        "multi_victim": ({multi_victim.VICTIMS}, multi_victim.BASE),
    }


@pytest.mark.parametrize("name", PAGES)
def test_the_patterns_have_the_thresholds_of_the_code(name: str) -> None:
    """Every detector has its row, with the figures that decide and the score it starts from, and no other figure."""
    (table,) = tables(name, "pattern")
    rows = {row[0].strip("`"): (set(numbers(row[1])), number(row[2])) for row in table[1:]}
    assert rows == thresholds()
    assert rows.keys() == {one.pattern for one in detectors()}
    fresh, score = (
        part for part in page(name).split("\n\n") if part.startswith(("*Fresh*", "下表", "The score", "评分"))
    )
    if fresh.startswith(("The score", "评分")):
        fresh, score = score, fresh
    assert numbers(fresh) == [FRESH_SECONDS // HOUR]
    assert numbers(score) == [POINTS, POINTS, LOWEST, HIGHEST]


def test_all_methods_means_those_that_conserve_value() -> None:
    """As both pages say: `--method all` follows every method but poison and states endpoints under FIFO."""
    question = Question((), method="all")
    assert set(question.followed) == {name for name, method in METHODS.items() if method.conserves}
    assert METHODS.keys() - set(question.followed) == {"poison"}
    assert question.main == "fifo"
    assert Question((), method="poison").followed == ("poison",)
