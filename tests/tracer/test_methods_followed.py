"""Following by one method, or by all that conserve value: who is read, what the rest is called, and that it closes."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from chains.model import NATIVE
from tests.tracer.small_world import SmallWorld, trace, who
from tracer.case import open_case, read_question
from tracer.errors import ConfigError
from tracer.lots import CONSERVING, METHODS
from tracer.result import Result

UNIT = 10**6


def mixed() -> SmallWorld:
    """A mixes 30 stolen between 20 and 50 of other money, then pays 40 to B and 40 to C, who each pay on."""
    world = SmallWorld()
    world.pay(5, "stranger", "A", 20 * UNIT)
    world.pay(10, "victim", "A", 30 * UNIT)
    world.pay(15, "stranger", "A", 50 * UNIT)
    world.pay(20, "A", "B", 40 * UNIT)
    world.pay(21, "A", "C", 40 * UNIT)
    world.pay(30, "B", "D", 40 * UNIT)
    world.pay(31, "C", "E", 40 * UNIT)
    return world


def by_method(result: Result, name: str) -> dict[str, int]:
    """What each method says somebody has."""
    found = dict.fromkeys(METHODS, 0)
    for row in result.methods:
        if row.address == who(name):
            for method, units in row.units:
                found[method] += units
    return found


@pytest.mark.parametrize("method", METHODS)
def test_each_method_follows_its_own_units(tmp_path: Path, method: str) -> None:
    """The worked vector of the domain, as a chain is read: what lies behind A comes out as each method has it."""
    result = trace(mixed(), tmp_path, method=method).result
    expected = {
        "fifo": {"D": 20, "E": 10},
        "lifo": {"E": 30},
        "pro_rata": {"D": 12, "E": 12, "A": 6},
        "clean_first": {"E": 10, "A": 20},
        "tainted_first": {"D": 30},
        "poison": {"D": 40, "E": 40, "A": 20},
    }[method]
    assert result.method == method
    assert {row.address: row.amount for row in result.endpoints} == {
        who(name): units * UNIT for name, units in expected.items()
    }


def test_all_follows_whatever_any_conserving_method_reaches(tmp_path: Path) -> None:
    """With all methods followed nothing is left unfollowed, and endpoints are stated first in, first out."""
    result = trace(mixed(), tmp_path, method="all").result
    assert result.followed == CONSERVING
    assert result.method == "fifo"
    assert by_method(result, "D") == {
        "fifo": 20 * UNIT, "lifo": 0, "pro_rata": 12 * UNIT, "clean_first": 0, "tainted_first": 30 * UNIT,
        "poison": 40 * UNIT,
    }  # fmt: skip
    assert {row.reason for row in result.methods} == {"held"}
    assert {row.address for row in result.addresses} == {who(name) for name in "ABCDE"}


def test_what_was_not_followed_is_counted_there(tmp_path: Path) -> None:
    """A method that was not followed closes too: what it lets pass to an unread address is not followed."""
    result = trace(mixed(), tmp_path, method="lifo").result
    tainted = by_method(result, "B")
    assert tainted["tainted_first"] == 30 * UNIT
    assert next(row.reason for row in result.methods if row.address == who("B")) == "not_followed"
    sums = {method: sum(dict(row.units)[method] for row in result.methods) for method in CONSERVING}
    assert sums == dict.fromkeys(CONSERVING, 30 * UNIT)


def test_a_labelled_address_is_no_unknown(tmp_path: Path) -> None:
    """Where another method alone reaches an exchange, the row says exchange, for no reading is needed to know it."""
    result = trace(mixed(), tmp_path, labels={"B": "exchange"}, method="lifo").result
    assert next(row.reason for row in result.methods if row.address == who("B")) == "exchange"


def test_dust_is_kept_small_under_every_method_followed(tmp_path: Path) -> None:
    """By default at most one percent of what was stolen stays dust, whichever followed method one asks."""
    world = SmallWorld()
    world.pay(10, "victim", "A", 100_000 * UNIT)
    for number in range(60):
        world.pay(20 + number, "A", f"small {number}", 50 * UNIT)
        world.pay(200 + number, f"small {number}", "Z", 50 * UNIT)
    result = trace(world, tmp_path, method="all", min_value=None).result
    for method in CONSERVING:
        assert sum(dict(row.units)[method] for row in result.methods if row.reason == "dust") <= 1_000 * UNIT


def test_highest_first_shares_a_transaction(tmp_path: Path) -> None:
    """With --highest-first the largest payment of a transaction gets the stolen units, whatever its place there."""
    world = SmallWorld()
    world.pay(5, "stranger", "A", 10 * UNIT)
    world.pay(10, "victim", "A", 30 * UNIT)
    for place, (name, units) in enumerate((("B", 10), ("C", 25), ("D", 5))):
        world.pay(20, "A", name, units * UNIT, tx="0x" + "ab" * 32, index=place)
    in_order = trace(world, tmp_path / "order").result
    highest = trace(world, tmp_path / "highest", highest_first=True).result
    assert {row.address: row.amount for row in in_order.endpoints} == {who("C"): 25 * UNIT, who("D"): 5 * UNIT}
    assert {row.address: row.amount for row in highest.endpoints} == {who("C"): 25 * UNIT, who("B"): 5 * UNIT}
    assert highest.highest_first
    assert not in_order.highest_first


def test_fees_are_by_who_paid_them(tmp_path: Path) -> None:
    """In the comparison a fee stands with its payer, as among the endpoints."""
    world = SmallWorld()
    world.pay(10, "victim", "A", 30, NATIVE)
    world.fee(20, "A", 4)
    result = trace(world, tmp_path, method="all").result
    assert {(row.address, row.reason, dict(row.units)["pro_rata"]) for row in result.methods} == {
        (who("A"), "fee", 4), (who("A"), "held", 26),
    }  # fmt: skip


def test_settings_are_said_in_the_case(tmp_path: Path) -> None:
    """A case keeps the method it was asked under, and an unknown one in case.toml is refused by name."""
    trace(mixed(), tmp_path, method="clean_first", highest_first=True, min_value=Decimal(0))
    text = (tmp_path / "case" / "case.toml").read_text()
    assert 'method = "clean_first"' in text
    assert "highest_first = true" in text
    (tmp_path / "case.toml").write_text(text.replace("clean_first", "dirty_first"))
    with pytest.raises(ConfigError, match=r"known are fifo, lifo.*all"):
        read_question(tmp_path / "case.toml")


def test_another_method_offline_is_written_down(tmp_path: Path) -> None:
    """A case asked again under another method without the network says so in its question: it must verify under it."""
    trace(mixed(), tmp_path)
    folder = tmp_path / "case"
    asked = replace(read_question(folder / "case.toml"), method="lifo")
    with open_case(folder, question=asked, offline=True) as case:
        assert case.question.method == "lifo"
