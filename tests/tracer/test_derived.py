"""What every result says beyond one method: bounds of every reason, who is involved, and both through the document."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from rich.console import Console

import tracer.derived as module
from chains.model import Asset
from reports.terminal import render
from tests.reports.sample import TODAY, sample
from tests.strategies import CHAIN, COIN, VICTIMS, World, account, ledgers, transfer
from tests.tracer.made_workings import made_workings, small
from tests.tracer.small_world import SmallWorld, trace, who
from tracer.bound_rows import Asked
from tracer.derived import BOUNDED_ROWS, derived
from tracer.document import document, from_document, to_json
from tracer.involved import TIERS, involved
from tracer.ledger import Follow
from tracer.lots import CONSERVING
from tracer.result import BoundLine, InvolvedRow, MethodRow, Result
from tracer.workings import Workings

COINS = Asset(CHAIN, COIN, "COIN", 6)
ADDED = ("methods", "followed", "highest_first", "bounds", "involved")
"""Keys of the document that older ones do not have."""


def mixed(*, weak: bool = False) -> Workings:
    """A wallet with 50 units of its own gets 100 stolen ones and pays 60 at once and 60 later."""
    rows = [
        transfer(1, VICTIMS[0], "wallet", 100),
        transfer(2, "wallet", "next", 60),
        transfer(90_000, "wallet", "later", 60),
    ]
    return small(rows, [0], {account("wallet"): Follow(1, 50, weak)})


def test_bounds_are_by_reason() -> None:
    """Of 100 stolen units the wallet passed on at least 70 under any rule, and at most 30 are still there."""
    result = derived(mixed()).result
    assert result.bounds == (
        BoundLine(COINS, "held", 0, 30, weak=False),
        BoundLine(COINS, "not_followed", 70, 100, weak=False),
    )


def test_unproven_balances_make_them_weak() -> None:
    """An account whose balance is not proven weakens the bounds of what lies behind it, and that is kept."""
    assert {line.weak for line in derived(mixed(weak=True)).result.bounds} == {True}


def test_involved_rows_say_who_and_why() -> None:
    """A row has the tier, the most under any conserving method, why the trace ends, and the payment in time."""
    rows = {row.address: row for row in derived(mixed()).result.involved}
    assert [(who, row.tier, row.most, row.reason) for who, row in rows.items()] == [
        ("wallet", "every", 100, "held"),
        ("later", "every", 60, "not_followed"),
        ("next", "every", 60, "not_followed"),
    ]
    assert rows["wallet"].asset == COINS
    assert rows["wallet"].rule == "received stolen value under every method that conserves it"


def test_exposure_is_not_what_somebody_received() -> None:
    """Poison taints a payment of 140 whole, where no rule that conserves value has more than the 100 stolen in it."""
    rows = [transfer(1, VICTIMS[0], "wallet", 100), transfer(2, "wallet", "next", 140)]
    workings = derived(small(rows, [0], {account("wallet"): Follow(1, 50)}))
    (row,) = [row for row in workings.result.involved if row.address == "next"]
    (line,) = [line for line in workings.result.bounds if line.reason == "not_followed"]
    (exposed,) = [dict(one.received)["poison"] for one in involved(workings, {}) if one.address == "next"]
    assert (row.most, line.most) == (100, 100)
    assert exposed == 140


def test_below_the_least_followed_nobody_is_involved() -> None:
    """Whoever received less than what was worth following is not in the list."""
    workings = replace(mixed(), least={(CHAIN, COIN): 61})
    assert [row.address for row in derived(workings).result.involved] == ["wallet"]


def test_only_so_many_rows_are_bounded_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to the limit a result has its bounds, one row beyond it has none; who is involved is there all the same."""
    workings = mixed()
    assert BOUNDED_ROWS == 20_000
    monkeypatch.setattr(module, "BOUNDED_ROWS", len(workings.ledger))
    assert derived(workings).result.bounds
    monkeypatch.setattr(module, "BOUNDED_ROWS", len(workings.ledger) - 1)
    assert derived(workings).result.bounds == ()
    assert derived(workings).result.involved


def test_the_limit_is_said_in_the_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A trace of more rows than the limit prints the command for the bounds, and one within it prints the bounds."""
    within = said(trace(passed_on(), tmp_path / "within").result)
    monkeypatch.setattr(module, "BOUNDED_ROWS", 1)
    beyond = said(trace(passed_on(), tmp_path / "beyond").result)
    assert "trace bounds cases/mine" not in within
    assert "at most" in within
    assert "trace bounds cases/mine" in beyond
    assert "at most" not in beyond


@settings(max_examples=40, deadline=None)
@given(ledgers(assets=("native", "gold"), chains=(CHAIN, "eip155:56")))
def test_nothing_else_changes_and_every_method_is_within(world: World) -> None:
    """In any world the rest of the result stays; each reason's figures are within its bounds; rows are the tiers'."""
    workings = made_workings(world)
    result = derived(workings).result
    assert result._replace(bounds=(), involved=()) == workings.result
    units = {(row.asset.chain, row.asset.id, row.name): row.units for row in Asked(workings).by_reason()}
    assert len(units) == len(result.bounds)
    for line in result.bounds:
        for _, amount in units[line.asset.chain, line.asset.id, line.reason]:
            assert line.least <= amount <= line.most
    tiers = [TIERS.index(row.tier) for row in result.involved]
    assert tiers == sorted(tiers)
    assert {row.asset for row in result.involved} <= {line.asset for line in result.bounds}


# --- through the document


def passed_on() -> SmallWorld:
    """A wallet mixes stolen units with its own and pays two others; one of them pays an exchange."""
    world = SmallWorld()
    world.pay(5, "stranger", "wallet", 40)
    world.pay(10, "victim", "wallet", 100)
    world.pay(20, "wallet", "next", 60)
    world.pay(21, "wallet", "other", 60)
    world.pay(30, "next", "exchange", 50)
    return world


def said(result: Result, lang: str = "en") -> str:
    """The whole report in one line."""
    out = io.StringIO()
    render(result, lang, Console(file=out, width=100), case="cases/mine", everything=True, today=TODAY)
    return " ".join(out.getvalue().split())


def test_a_trace_comes_with_both(tmp_path: Path) -> None:
    """Every finished trace has bounds of each reason, and every address that any conserving method reaches."""
    result = trace(passed_on(), tmp_path, labels={"exchange": "exchange"}, method="all").result
    reasons = {"held", "exchange"}
    assert {line.reason for line in result.bounds} == {row.reason for row in result.methods} == reasons
    sums: dict[str, dict[str, int]] = {}
    for row in result.methods:
        for name, units in row.units:
            of_reason = sums.setdefault(row.reason, dict.fromkeys(CONSERVING, 0))
            if name in of_reason:
                of_reason[name] += units
    for line in result.bounds:
        assert line.least <= min(sums[line.reason].values()) <= max(sums[line.reason].values()) <= line.most
    assert {row.address for row in result.involved} == {who(name) for name in ("wallet", "next", "other", "exchange")}


def test_the_document_keeps_every_row(tmp_path: Path) -> None:
    """A document read and written again is the same text, and no row of what was added is lost or changed."""
    for result in (sample(), trace(passed_on(), tmp_path, method="all", highest_first=True).result):
        text = to_json(result)
        again = from_document(text)
        assert to_json(again) == text
        assert (again.followed, again.highest_first) == (result.followed, result.highest_first)
        assert set(again.methods) == set(result.methods)
        assert set(again.bounds) == set(result.bounds)
        assert set(again.involved) == set(result.involved)
        assert result.bounds
        assert result.involved


def test_amounts_beyond_any_number_of_json_survive() -> None:
    """Units are text in the document: 2^256 − 1 comes back to the unit."""
    top = 2**256 - 1
    asset = sample().origins[0].asset
    rows = sample()._replace(
        methods=(MethodRow(asset.chain, "a", asset, "held", tuple((name, top) for name in ("fifo", "poison"))),),
        bounds=(BoundLine(asset, "held", top - 1, top, weak=True),),
        involved=(InvolvedRow(asset.chain, "a", asset, "every", "why", top, "held", "", ""),),
    )
    shown = document(rows)
    assert shown["bounds"][0]["most"] == shown["involved"][0]["most"] == str(top)
    again = from_document(json.dumps(shown))
    assert (again.methods, again.bounds, again.involved) == (rows.methods, rows.bounds, rows.involved)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_document_from_before_is_still_shown(lang: str) -> None:
    """Without the keys that were added it reads as one method's trace, and the report has all it had then, no more."""
    old = {name: value for name, value in document(sample()).items() if name not in ADDED}
    result = from_document(json.dumps(old))
    assert (result.method, result.followed, result.highest_first) == ("fifo", ("fifo",), False)
    assert (result.methods, result.bounds, result.involved) == ((), (), ())
    assert result.endpoints
    new, shown = said(from_document(to_json(sample())), lang), said(result, lang)
    start = new.index("Under other methods" if lang == "en" else "不同方法对比")
    rest = new.index("What is not known" if lang == "en" else "未能查明")
    assert shown == new[:start] + new[rest:]
