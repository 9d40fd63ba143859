"""The methods side by side: columns that add up, bounds that hold as printed, and nothing cut off on 80 columns."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from chains.model import Asset
from reports.method_table import by_reason, put_methods, shares
from reports.numbers import HUNDRED
from reports.view import View, key_of
from tests.reports.sample import ASIDE, ETH, HOT, TRON_USDT, USDT, method_row, sample
from tracer.lots import CONSERVING, METHODS
from tracer.result import REASONS, BoundLine, Result
from tracer.words import words

WIDTH = 80
CELL = re.compile(r"(?:<0\.01|\d+\.\d\d|\d+|>\d+|–)\*?")
TITLES = {"en": "Under other methods", "zh": "不同方法对比"}


class Row(NamedTuple):
    """A line of a table: what it is of, and its cells as printed."""

    name: str
    cells: list[str]


def shown(result: Result, lang: str = "en", *, case: str = "cases/mine") -> str:
    """The section alone."""
    out = io.StringIO()
    put_methods(Console(file=out, width=WIDTH), View(result, words(lang), {}, case, everything=False))
    return out.getvalue()


def rows(text: str, columns: int) -> list[Row]:
    """The lines of all tables that have this many cells."""
    found: list[Row] = []
    for line in text.splitlines():
        name, *cells = re.split(r" {2,}", line.strip())
        parts = [part for cell in cells for part in cell.split()]
        if len(parts) == columns and all(CELL.fullmatch(part) for part in parts):
            found.append(Row(name, parts))
    return found


def hundredths_of(cell: str) -> int:
    """A printed share in hundredths of a percent; less than one counts as none."""
    cell = cell.rstrip("*")
    return 0 if cell in ("–", "<0.01") else int(cell.replace(".", ""))


def of_one(units: Mapping[str, Sequence[int]], bounds: Sequence[BoundLine] = (), asset: Asset = USDT) -> Result:
    """A result about one asset: ``units`` has each method's figures, for as many reasons as there are, in order."""
    stolen = sum(units["fifo"])
    found = tuple(
        method_row(HOT, asset, REASONS[place], tuple((name, units[name][place]) for name in METHODS))
        for place in range(len(units["fifo"]))
    )
    origin = sample().origins[0]._replace(asset=asset, amount=stolen)
    return sample()._replace(origins=(origin,), methods=found, bounds=tuple(bounds))


def same(*units: int) -> dict[str, list[int]]:
    """These figures for every method."""
    return {name: list(units) for name in METHODS}


@st.composite
def comparisons(draw: st.DrawFn) -> dict[str, list[int]]:
    """Figures of every method for a few reasons: those that conserve value add up to the same, poison does not."""
    whole, reasons = draw(st.integers(1, 10**30)), draw(st.integers(1, 5))
    units: dict[str, list[int]] = {}
    for name in CONSERVING:
        cuts = sorted(draw(st.lists(st.integers(0, whole), min_size=reasons - 1, max_size=reasons - 1)))
        units[name] = [right - left for left, right in zip([0, *cuts], [*cuts, whole], strict=True)]
    units["poison"] = draw(st.lists(st.integers(0, 10**36), min_size=reasons, max_size=reasons))
    return units


def tight(units: Mapping[str, Sequence[int]]) -> list[BoundLine]:
    """The narrowest bounds around these figures."""
    by_place = list(zip(*(units[name] for name in CONSERVING), strict=True))
    return [
        BoundLine(USDT, REASONS[place], min(each), max(each), place % 2 == 0)
        for place, each in enumerate(by_place)
        if max(each)
    ]


@given(comparisons())
def test_conserving_columns_add_up(units: dict[str, list[int]]) -> None:
    """Whatever ends where, the printed cells of a method that conserves value add up to exactly 100.00 %."""
    table = rows(shown(of_one(units)), len(METHODS))
    for place, name in enumerate(METHODS):
        if name in CONSERVING:
            assert sum(hundredths_of(row.cells[place]) for row in table) == HUNDRED


@given(comparisons())
def test_every_method_is_within_the_bounds_as_printed(units: dict[str, list[int]]) -> None:
    """At least ≤ each conserving method ≤ at most in the rounded figures too, however narrow the bounds are."""
    table = rows(shown(of_one(units, tight(units))), len(METHODS) + 2)
    assert table
    for row in table:
        least, most = map(hundredths_of, row.cells[-2:])
        cells = dict(zip(METHODS, row.cells, strict=False))
        assert all(least <= hundredths_of(cells[name]) <= most for name in CONSERVING), row


@pytest.mark.parametrize(
    ("lang", "said"), [("en", "Poison is exposure and does not add up to 100 %."), ("zh", "毒化只表示接触程度")]
)
def test_poison_does_not_add_up_and_says_so(lang: str, said: str) -> None:
    """Poison's cells are its own exposure, more than 100 % in the sample, and a sentence below says what that is."""
    text = shown(sample(), lang)
    first = rows(text, len(METHODS) + 2)[:6]
    place = list(METHODS).index("poison")
    assert sum(hundredths_of(row.cells[place]) for row in first) == 13_000 + 120
    assert said in " ".join(text.split())


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("times", [1, 3_000, 10**9])
def test_nothing_is_wider_than_the_screen_nor_cut_off(lang: str, times: int) -> None:
    """With bounds, and an exposure of any multiple, lines fit 80 columns and every figure is there without an `…`."""
    more = tuple(
        method_row(
            row.address,
            row.asset,
            row.reason,
            tuple((name, units * (times if name == "poison" else 1)) for name, units in row.units),
        )
        for row in sample().methods
    )
    text = shown(sample()._replace(methods=more), lang)
    assert max(map(cell_len, text.splitlines())) <= WIDTH
    assert "…" not in text
    assert len(rows(text, len(METHODS) + 2)) == 6 + 3 + 1


def test_an_exposure_of_many_times_the_whole_stays_what_it_is() -> None:
    """A share too long for its column loses its hundredths, never its last digits."""
    units = same(1_000_000)
    for exposed, printed in ((12_345_678, "1234.57"), (1_424_000_000, "142400"), (10**15, ">999999")):
        (row,) = rows(shown(of_one({**units, "poison": [exposed]})), len(METHODS))
        assert row.cells[-1] == printed


def test_an_amount_stands_whole_above_its_table() -> None:
    """What was stolen is one unbroken figure with its symbol, even if it is wider than the table."""
    whole = 10**50 + 1
    text = shown(of_one(same(whole)))
    assert f"{whole // 10**6:,}.000001 USDT" in [line.strip() for line in text.splitlines()]


def test_chinese_headers_stand_whole_on_two_lines() -> None:
    """Column names of four characters are split in the middle, short ones are not, and none is cut."""
    upper, lower = (line.split() for line in shown(sample(), "zh").splitlines()[4:6])
    assert upper == ["先进", "后进", "干净", "被盗"]
    assert lower == ["先出", "先出", "按比例", "优先", "优先", "毒化", "至少", "至多"]


def test_one_table_per_asset() -> None:
    """Assets that share a symbol are kept apart: each has its amount, its rows and its own hundred percent."""
    twin = ETH._replace(symbol="USDT", decimals=6)
    one, two = of_one(same(30, 70)), of_one(same(1, 0, 0, 3), asset=twin)
    text = shown(one._replace(origins=(*one.origins, *two.origins), methods=(*one.methods, *two.methods)))
    assert [row.cells[0] for row in rows(text, len(METHODS))] == ["30.00", "70.00", "25.00", "75.00"]
    assert text.index("0.0001 USDT") < text.index("30.00") < text.index("0.000004 USDT") < text.index("25.00")


def test_the_sample_as_it_is_printed() -> None:
    """The cells of the sample's exchange: shares by method in their order, then bounds, marked where they are weak."""
    row = rows(shown(sample()), len(METHODS) + 2)[0]
    assert row == Row("at an exchange", ["41.20", "40.00", "41.20", "26.20", "41.20", "71.20", "15.00*", "45.01*"])


def test_without_a_comparison_there_is_no_section() -> None:
    """A document from before methods stood side by side prints nothing here, not even a heading."""
    assert shown(sample()._replace(methods=())) == ""


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_without_bounds_the_command_for_them_is_named(lang: str) -> None:
    """A case too large has no bounds columns, and a sentence with the command that works them out, fit to be pasted."""
    w = words(lang)
    with_bounds, without = shown(sample(), lang), shown(sample()._replace(bounds=()), lang, case="my case")
    assert "trace bounds 'my case'" in " ".join(without.split())
    assert w("methods.most") not in without
    assert len(rows(without, len(METHODS))) == 6 + 3 + 1
    assert "trace bounds cases/mine" not in " ".join(with_bounds.split())


def test_weak_bounds_are_marked_and_explained() -> None:
    """Only weak bounds have an asterisk, on both figures, and the explanation stands only where one is."""
    text = shown(sample())
    marked = {row.name for row in rows(text, len(METHODS) + 2) if row.cells[-1].endswith("*")}
    assert marked == {"at an exchange", "resting"}
    assert "* rests on balances that are not proven" in text
    sure = shown(sample()._replace(bounds=tuple(line._replace(weak=False) for line in sample().bounds)))
    assert "*" not in sure


def test_what_only_the_bounds_reach_has_a_row() -> None:
    """A reason that some rule could reach, but no method does, has empty cells; one that nothing reaches has no row."""
    possible = BoundLine(USDT, "bridge", 0, 30, weak=False)
    text = shown(of_one(same(100), [BoundLine(USDT, "exchange", 70, 100, weak=False), possible]))
    assert [row.cells for row in rows(text, len(METHODS) + 2)] == [
        [*["100.00"] * len(METHODS), "70.00", "100.00"],
        [*["–"] * (len(METHODS) + 1), "30.00"],
    ]
    assert "in a mixer" not in text


def test_followed_methods_are_named() -> None:
    """The note says which methods were followed from address to address."""
    text = " ".join(shown(sample()._replace(followed=CONSERVING)).split())
    assert "under: FIFO, LIFO, pro rata, clean first, tainted first." in text


@pytest.mark.parametrize("symbol", [TRON_USDT.symbol, ":bomb:", "[bold]X[/bold]", "\x1b]8;;http://x\x1b\\Y", "中文币"])
def test_a_symbol_can_do_no_harm(symbol: str) -> None:
    """What a contract calls its token is shown as text: no escape, markup, picture or direction change."""
    text = shown(of_one(same(100), asset=USDT._replace(symbol=symbol)))
    assert not re.search("[\x1b\x07\u202e\u200b\U0001f4a3]|http", text)
    plain = {":bomb:": ":bomb:", "[bold]X[/bold]": "(bold)X(/bold)", "中文币": "中文币"}
    assert plain.get(symbol, "") in text


def test_shares_of_one_method() -> None:
    """Nil is left out, something too small to show is not shown as nothing, and the rest still adds up."""
    assert shares({"held": 10**9 - 1, "dust": 1, "gap": 0}, whole=10**9, conserves=True) == {
        "held": "100.00 %", "dust": "<0.01 %",
    }  # fmt: skip
    assert shares({"held": 1, "fee": 1, "dust": 1}, whole=3, conserves=True) == {
        "held": "33.34 %", "fee": "33.33 %", "dust": "33.33 %",
    }  # fmt: skip
    assert shares({"held": 5, "fee": 0}, whole=2, conserves=False) == {"held": "250.00 %"}


def test_units_are_summed_by_reason() -> None:
    """Two places where the trace ends for the same reason are one row of the table."""
    found = by_reason(sample().methods, key_of(USDT))
    assert list(found) == list(METHODS)
    assert found["lifo"]["not_followed"] == 11_999 * 10**6
    assert found["fifo"]["held"] == sum(
        row.amount for row in sample().endpoints if row.reason == "held" and row.asset == USDT
    )
    assert all(sum(found[name].values()) == 10**12 for name in CONSERVING)
    assert ASIDE not in {row.address for row in sample().endpoints}
