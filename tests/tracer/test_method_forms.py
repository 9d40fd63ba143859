"""What docs/method.md says of money that changes form: every figure of its examples is the one the code makes."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final

import pytest

from tests.strategies import VICTIMS, account, transfer
from tests.tracer.method_pages import PAGES, in_english, number, numbers, page, tables
from tests.tracer.test_conversions_fold import came, entered, paid
from tracer.bounds import networks
from tracer.convert import ADDED, DEPOSIT, REDEEM, REMOVED, SWAP, UNWRAP, WRAP, Conversion
from tracer.fold import Fold
from tracer.ledger import Account, Follow, Ledger, Tally
from tracer.links import Link, link
from tracer.lots import METHODS, apportion
from tracer.openings import BALANCED, EQUAL, ONE_ASSET, PRICED, shares
from tracer.principal import principals
from tracer.timeline import Sink

KEY: Final = ("eip155:1", "native")
ASSETS: Final = {"D": "native", "C": "0xc", "P": "0xp", "E": "0xe"}
"""The letters of the example, as assets."""

IN_D, OUT_P, IN_P, OUT_E = 3, 5, 6, 7
"""Rows of the example's ledger: three payments came to M, then both of its conversions."""

EXAMPLE: Final = 7
"""The place of the worked example in the chapter."""

TOLD: Final = {"method.md": [80, 80, 2, 40], "method.zh-CN.md": [80, 80, 40, 2]}
"""What is paid and its worth, in the order of each language."""


def section(name: str, number_: int) -> str:
    """A part of the chapter by its place, the chapter's own words first; the same place on both pages."""
    chapter = next(one for one in re.split(r"(?m)^## ", page(name)) if one.startswith(("Money that", "资金改变形态")))
    return chapter.split("\n### ")[number_]


def table(name: str, first: str, *, nth: int = 0) -> list[list[str]]:
    """The rows of a table of the chapter, by the first cell of its head."""
    return tables(name, first)[nth][1:]


def worked(unit: int = 1) -> Ledger:
    """The worked example with so many base units for every unit."""
    rows = [
        transfer(height, who, "M", amount * unit)
        for height, (who, amount) in enumerate((("bank", 20), (VICTIMS[0], 60), ("bank", 40)), start=1)
    ]
    follow: dict[Account, Follow] = {account("M", asset): Follow(0, 0) for asset in ASSETS.values()}
    follow[account("M", ASSETS["C"])] = Follow(0, 2 * unit)
    ledger = Ledger({rows[1].identity: 0}, follow).add(rows)
    pool = [paid("M", 80 * unit, value=80), paid("M", 2 * unit, asset=ASSETS["C"], value=40)]
    entered(ledger, *pool, came("M", 240 * unit, asset=ASSETS["P"]))
    swap = paid("M", 100 * unit, asset=ASSETS["P"]), came("M", 7 * unit, asset=ASSETS["E"])
    return entered(ledger, *swap, height=10)


def at(ledger: Ledger, tally: Tally) -> dict[str, tuple[int, int]]:
    """Stolen units at M and what they stand for, by the letter of the asset."""
    found = dict.fromkeys(ASSETS, (0, 0))
    letters = {asset: letter for letter, asset in ASSETS.items()}
    parts = principals(ledger, tally).held
    for (place, origin), units in tally.held.items():
        _, who, asset = ledger.accounts[place]
        assert who == "M"
        before = found[letters[asset]]
        found[letters[asset]] = (before[0] + units, before[1] + parts[place, origin])
    return found


def test_the_amounts_of_the_example_are_those_of_the_text() -> None:
    """What M holds, pays and receives in the test is what both pages tell, in their order."""
    for name in PAGES:
        told = section(name, EXAMPLE).split("\n\n")[1]
        assert numbers(told) == [20, 60, 40, 2, *TOLD[name], 240, 100, 7]


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("method", METHODS)
def test_the_tables_of_the_example_are_what_the_fold_does(name: str, method: str) -> None:
    """Stolen units in each payment, and at the end what is where and what it stands for, under every method."""
    ledger = worked()
    tally = Fold(ledger, method).run().tally()
    by_title = {tuple(one[0]): one[1:] for one in tables(name, "method")}
    (moved,) = [rows for title, rows in by_title.items() if numbers("".join(title)) == [80, 240, 100, 7]]
    (ended,) = [rows for title, rows in by_title.items() if len(title) == 7]
    figures = {row[0].strip("`"): [number(cell) for cell in row[1:]] for row in moved}
    assert figures.keys() == METHODS.keys()
    assert figures[method] == [tally.traced[row] for row in (IN_D, OUT_P, IN_P, OUT_E)]
    figures = {row[0].strip("`"): [number(cell) for cell in row[1:]] for row in ended}
    assert figures.keys() == METHODS.keys()
    held = at(ledger, tally)
    assert held["D"][0] == held["D"][1]
    assert figures[method] == [held["D"][0], *held["P"], *held["E"], sum(stands for _, stands in held.values())]
    assert (figures[method][-1] == 60) is METHODS[method].conserves


@pytest.mark.parametrize("name", PAGES)
def test_the_way_of_fifo_through_the_example_is_told_as_it_is(name: str) -> None:
    """The sums of the paragraph: what goes in, the mixture of what comes out in its order, and what it stands for."""
    told = section(name, EXAMPLE).split("\n\n")[2]
    ledger = worked()
    fold = Fold(ledger).run(IN_P)
    lots = [lot.amount for lot in fold.balances[ledger.numbers[account("M", ASSETS["P"])]]]
    tally = fold.run().tally()
    of_p, of_e = tally.traced[IN_P], tally.traced[OUT_E]
    exact = Fraction(7 * of_p, 100)
    figures = [Fraction(one) for one in re.findall(r"\d+(?:\.\d+)?", told.replace(",", ""))]
    stands = at(ledger, tally)["E"][1]
    assert figures == [20, 60, 120, 60, 240, 120, 60, *lots, 100, of_p, 7, exact, of_e, of_e, stands, of_p]
    assert (lots, of_e) == ([40, 120, 80], int(exact))


@pytest.mark.parametrize("name", PAGES)
def test_the_bounds_of_the_example_are_the_computed_ones(name: str) -> None:
    """Units and principal, each with its slack, of every place and of the group."""
    unit = numbers(section(name, EXAMPLE).split("\n\n")[7])[0]
    network = networks(worked(unit))
    rows = table(name, "place")
    assert len(rows) == 4
    for place, *cells in rows:
        letters = [letter for letter in re.findall(r"[A-Z]", place) if letter != "M"]
        sinks = [Sink(account("M", ASSETS[letter])) for letter in letters]
        principal = network["eip155:1", ASSETS[letters[0]]].principal(sinks)[KEY]
        told = [number(cell) for cell in cells if cell]
        units = network["eip155:1", ASSETS[letters[0]]].bound(sinks)
        of_units = [units.least, units.most, units.slack] if len(letters) == 1 else []
        assert told == [*of_units, principal.least, principal.most, principal.slack], place
        assert principal.least * 3 in range(60 * unit - 100, 60 * unit + 1) or len(letters) == 1


@pytest.mark.parametrize("name", PAGES)
def test_the_legs_of_the_example_make_its_links(name: str) -> None:
    """A refund takes back its own payment; the rest of what entered and left is joined in order."""
    legs = [
        transfer(1, payer, payee, number(units), tx="0x1", tx_index=0, asset="0xd")._replace(
            position=transfer(1, payer, payee, 1, tx_index=0).position._replace(index=(number(place),))
        )
        for place, payer, payee, units in table(name, "leg")
    ]
    found = [(one.payer, one.receiver, one.amount) for one in link(legs)]
    assert [(payer, receiver, number(units)) for payer, receiver, units in table(name, "payer")] == found
    assert all(one.via == ("splitter",) for one in link(legs))


@pytest.mark.parametrize("name", PAGES)
def test_equal_units_at_four_places_stand_for_what_is_told(name: str) -> None:
    """Four units that stand for ten: two of them for three each, those reached first, and two for two each."""
    told = [int(one) for one in re.findall(r"\d+", section(name, 5).split("\n\n")[-1])]
    (units, whole, first, others) = (told[0], told[1], told[-2], told[-1])
    parts = apportion(whole, dict.fromkeys(range(units), 1))
    assert list(parts.values()) == [first, first, others, others]


def sides(ins: dict[str, Fraction | None], outs: dict[str, Fraction | None]) -> tuple[str, str]:
    """What both sides of a conversion of one unit of each asset, at these prices, share by."""
    rows = [transfer(1, "M", "pool", 10, asset=asset) for asset in (*ins, *outs)]
    links = [Link(str(row.asset), "M", "pool", row.amount, row, row) for row in rows]
    conversion = Conversion(SWAP, "M", tuple(links[: len(ins)]), tuple(links[len(ins) :]), ())
    return shares(conversion, {**ins, **outs}.__getitem__)[2]


@pytest.mark.parametrize("name", PAGES)
def test_by_what_several_inputs_share_is_as_told(name: str) -> None:
    """The table has each way once, and each is taken in its case."""
    assert [row[0].strip("`") for row in table(name, "`shared`")] == [PRICED, ONE_ASSET, BALANCED, EQUAL]
    one, two = Fraction(1), Fraction(2)
    assert sides({"a": one, "b": two}, {"c": one})[0] == PRICED
    assert sides({"a": None}, {"c": one}) == (ONE_ASSET, PRICED)
    assert sides({"a": one, "b": None}, {"c": two}) == (BALANCED, PRICED)
    assert sides({"a": one, "b": None}, {"c": None}) == (EQUAL, ONE_ASSET)
    assert sides({"a": None, "b": None}, {"c": one}) == (EQUAL, PRICED)


def test_within_one_asset_amounts_count() -> None:
    """Of equal shares for want of prices, two payments of one asset have one share together, by their amounts."""
    rows = [transfer(1, "M", "pool", amount, asset=asset) for asset, amount in (("a", 1), ("a", 3), ("b", 9), ("c", 5))]
    links = tuple(Link(str(row.asset), "M", "pool", row.amount, row, row) for row in rows)
    assert shares(Conversion(SWAP, "M", links[:3], links[3:], ()), lambda _: None)[0] == [1, 3, 4]


@pytest.mark.parametrize("name", PAGES)
def test_every_kind_of_conversion_is_explained(name: str) -> None:
    """The paragraph on kinds names exactly those that the reading knows."""
    told = next(one for one in section(name, 3).split("\n\n") if one.startswith(("**Kinds", "**类型")))
    assert set(re.findall(r"`(\w+)`", told)) == {SWAP, WRAP, UNWRAP, DEPOSIT, REDEEM, ADDED, REMOVED}


def test_both_pages_have_the_same_sections() -> None:
    """Section by section, the numbers in code style and the named files are the same in both languages."""
    assert len(page(PAGES[0]).split("\n### ")) == len(page(PAGES[1]).split("\n### "))
    for place in range(14):
        english, chinese = (section(name, place) for name in PAGES)
        named = [sorted(set(re.findall(r"`([a-z_/.]+\.(?:py|toml)|[a-z_]{4,})`", one))) for one in (english, chinese)]
        assert named[0] == named[1], in_english(chinese[:40])
