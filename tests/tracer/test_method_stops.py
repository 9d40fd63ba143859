"""docs/method.md and its Chinese version on deposit addresses, freezes and the ranked list: the numbers of the code."""

from __future__ import annotations

import re

import pytest

from tests.tracer.method_pages import PAGES, numbers, page
from tracer import deposit, deposit_life, deposits, freeze_checks, rules, stoppable
from tracer.deposit import AGAINST, CONFIDENCE, GAS_KNOWN

AWAY = 100 - deposit.SWEPT * 100
"""Percent that may go elsewhere."""


def section(name: str) -> str:
    """The part of a page about where money can be stopped, as it stands there."""
    return next(part for part in re.split(r"(?m)^## ", page(name)) if "`tracer/deposit.py`" in part)


def limits() -> dict[str, list[str]]:
    """What each page must say, with the numbers of the code in it."""
    hours = rules.DAY // deposit.HOUR
    return {
        "method.md": [
            f"at least {deposit.SWEPT * 100} % of what had come",
            f"within {hours} hours.",
            f"one part in {deposit.TRIFLE:,} of all",
            f"one part in {deposit.PAID_BY_EXCHANGE} of what came",
            f"more than {AWAY} % of any asset elsewhere",
            f"paid more than {AWAY} % of the asset elsewhere",
            f"more than {deposit.MANY_SENDERS} payers",
            f"more than {deposit.BROKER} payers",
            f"more than {deposit_life.MOST_ROWS:,} movements",
            f"fewer than {deposits.COST} requests",
            f"paid or lent to {deposit_life.SERVES} or more, or signed {3 * deposit_life.SERVES} or more",
            f"the {deposits.SUSPECTS} largest",
            f"at most {deposit.PROOFS} of each kind",
            f"newest {freeze_checks.NEWEST} open proposals",
            f"multiplied by {stoppable.UNSURE_FREEZE} %",
        ],
        "method.zh-CN.md": [
            f"所收的至少 {deposit.SWEPT * 100} % 已转出",
            f"{hours} 小时内转出",
            f"全部收入的 {deposit.TRIFLE:,} 分之一",
            f"{deposit.PAID_BY_EXCHANGE} 分之一以上来自该交易所",
            f"任何资产的 {AWAY} % 以上付往别处",
            f"该资产的 {AWAY} % 以上付往别处",
            f"付款方超过 {deposit.MANY_SENDERS} 个",
            f"付款方超过 {deposit.BROKER} 个",
            f"转账超过 {deposit_life.MOST_ROWS:,} 笔",
            f"不足 {deposits.COST} 次",
            f"向 {deposit_life.SERVES} 个或更多地址付款或出借，或签署 {3 * deposit_life.SERVES} 笔或更多交易",
            f"金额最大的 {deposits.SUSPECTS} 个",
            f"每类至多 {deposit.PROOFS} 笔",
            f"最新的 {freeze_checks.NEWEST} 个未执行提案",
            f"乘以 {stoppable.UNSURE_FREEZE} %",
        ],
    }


@pytest.mark.parametrize("name", PAGES)
def test_every_limit_is_the_one_of_the_code(name: str) -> None:
    """Thresholds of the rule, and what is asked of a wallet, are those that decide."""
    flat = " ".join(section(name).split())
    assert not [one for one in limits()[name] if one not in flat]


def figures(name: str, header: str) -> list[int]:
    """The last column of the table with this header, in its order, signs left out."""
    text = section(name)
    rows = text[text.index(header) :].split("\n\n")[0].splitlines()[2:]
    return [numbers(row.split("|")[-2])[0] for row in rows]


@pytest.mark.parametrize(("name", "header"), [(PAGES[0], "| | confidence |"), (PAGES[1], "| | 置信度 |")])
def test_confidence_is_reckoned_as_stated(name: str, header: str) -> None:
    """The table has the parts of the sum, and the example comes out as it says."""
    parts = [CONFIDENCE["T2"], CONFIDENCE["T3"], GAS_KNOWN, AGAINST, CONFIDENCE["T4"], CONFIDENCE["T5"]]
    assert figures(name, header) == parts
    example = re.search(r"\((\d+) \+ (\d+) − (\d+)\) × (\d+) ÷ 100 = (\d+)", section(name))
    assert example
    base, gas, against, label, much = map(int, example.groups())
    assert (base, gas, against) == (CONFIDENCE["T2"], GAS_KNOWN, AGAINST)
    assert much == (base + gas - against) * label // 100


@pytest.mark.parametrize(
    ("name", "there", "speed"),
    [(PAGES[0], "| still there | |", "| speed of"), (PAGES[1], "| 仍在此处 | |", "| 须采取行动者的速度 |")],
)
def test_the_factors_of_the_ranked_list_are_those_of_the_code(name: str, there: str, speed: str) -> None:
    """Both tables have every value of the code, in its order."""
    assert figures(name, there) == list(stoppable.THERE.values())
    assert figures(name, speed) == [stoppable.PENDING_SPEED, *stoppable.SPEED.values()]
