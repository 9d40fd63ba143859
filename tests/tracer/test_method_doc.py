"""docs/method.md and its Chinese version: every sum they state is the one the code makes, and both say the same."""

from __future__ import annotations

import re

import pytest

import tracer.cli
from tests.strategies import account, transfer
from tests.tracer.method_pages import PAGES, before_table, number, numbers, page, tables
from tracer.bounds import Bound, networks
from tracer.fold import Fold
from tracer.ledger import Follow, Ledger, opening_balance
from tracer.lots import CLEAN, METHODS, Balance, Lot, ProRata
from tracer.question import Question
from tracer.result import NOT_FOLLOWED, REASONS
from tracer.timeline import Sink
from tracer.words import LANGUAGES, words


def steps(name: str) -> dict[str, list[list[str]]]:
    """The worked tables by method."""
    titles = re.findall(r"(?m)^#### `(\w+)`$", page(name))
    return dict(zip(titles, ([row[1:] for row in table[1:]] for table in tables(name, "step")), strict=True))


def by_method(name: str, title: str) -> dict[str, list[int]]:
    """The rows of the table of methods with this second column."""
    (table,) = [one for one in tables(name, "method") if one[0][1] == title]
    return {row[0].strip("`"): [number(cell) for cell in row[1:]] for row in table[1:]}


def move(balance: Balance, movement: str) -> int:
    """Make a movement such as “+3,000,000 stolen” or “−4,000,000 A”; the stolen units in it."""
    amount, what = number(movement[1:].split(maxsplit=1)[0]), movement.split()[1]
    if movement[0] == "−":
        return sum(lot.amount for lot in balance.draw(amount) if lot.origin != CLEAN)
    assert movement[0] == "+"
    if what == "clean":
        balance.put_clean(amount)
        return 0
    assert what == "stolen"
    balance.put([Lot(amount, 0, 0)])
    return amount


def written(balance: Balance) -> str:
    """A balance as the tables write it."""
    return ", ".join(f"{lot.amount:,} {'clean' if lot.origin == CLEAN else 'stolen'}" for lot in balance)


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("method", METHODS)
def test_every_step_of_the_worked_tables_is_what_the_method_does(name: str, method: str) -> None:
    """Each movement carries the stolen units that the table says, and leaves the balance that it says."""
    balance = METHODS[method].balance()
    rows = steps(name)[method]
    assert len(rows) == 5
    for movement, stolen, left in rows:
        assert (move(balance, movement), written(balance)) == (number(stolen), left)


@pytest.mark.parametrize("name", PAGES)
def test_the_worked_tables_show_the_same_movements_for_every_method(name: str) -> None:
    """No method has a worked table of its own making."""
    movements = {method: [row[0] for row in rows] for method, rows in steps(name).items()}
    assert movements.keys() == METHODS.keys()
    assert len({tuple(one) for one in movements.values()}) == 1
    assert numbers(before_table(name, "movement")) == [number(one[1:].split()[0]) for one in movements["fifo"]]


@pytest.mark.parametrize("name", PAGES)
def test_the_table_side_by_side_has_the_sums_of_the_worked_tables(name: str) -> None:
    """A, B, held and sum are the replayed ones; the sum is what was stolen exactly where the method conserves value."""
    table = by_method(name, "A")
    assert table.keys() == METHODS.keys()
    for method, (to_a, to_b, held, whole) in table.items():
        balance = METHODS[method].balance()
        carried = [move(balance, movement) for movement, _, _ in steps(name)[method]]
        still = sum(lot.amount for lot in balance if lot.origin != CLEAN)
        assert (to_a, to_b, held, whole) == (*carried[3:], still, carried[3] + carried[4] + still)
        assert (whole == carried[1]) is METHODS[method].conserves


def worked_ledger(name: str, *payments: int, one_tx: bool = False) -> Ledger:
    """The movements of the worked tables between accounts; other payments to A, B … if given."""
    coming = [row[0] for row in steps(name)["fifo"] if row[0].startswith("+")]
    going = payments or [number(row[0][1:].split()[0]) for row in steps(name)["fifo"] if row[0].startswith("−")]
    rows = [
        transfer(height, "victim" if one.endswith("stolen") else "bank", "holder", number(one[1:].split()[0]))
        for height, one in enumerate(coming)
    ]
    seeds = {one.identity: place for place, one in enumerate(one for one in rows if one.sender == "victim")}
    for index, amount in enumerate(going):
        height = len(coming) + (0 if one_tx else index)
        rows.append(transfer(height, "holder", "AB"[index], amount, index=index, tx="paying" if one_tx else None))
    return Ledger(seeds, {account("holder"): Follow(0, 0)}).add(rows)


@pytest.mark.parametrize("name", PAGES)
def test_the_bounds_of_the_worked_example_are_the_computed_ones(name: str) -> None:
    """Each row of the table of bounds, the group included, is what maximum flow gives on that account."""
    ledger = worked_ledger(name)
    (network,) = networks(ledger).values()
    (table,) = tables(name, "where")
    assert [row[0] for row in table[1:]] == ["A", "B", "held", "A, B"]
    assert f"{number(table[-1][1]):,}" in page(name).split("- at least = ")[-1].split("- 至少 ＝")[-1].split("## ")[0]
    for where, least, most in table[1:]:
        group = [Sink(account("holder" if who == "held" else who)) for who in where.split(", ")]
        assert network.bound(group) == Bound(number(least), number(most))


@pytest.mark.parametrize("name", PAGES)
def test_the_example_of_highest_first_is_what_the_fold_does(name: str) -> None:
    """In order and highest first, A and B receive under every method what the table says."""
    table = by_method(name, "A, in order")
    assert table.keys() == METHODS.keys()
    *coming, to_a, to_b = numbers(before_table(name, "A, in order"))
    assert coming == numbers(before_table(name, "movement"))[:3]
    ledger = worked_ledger(name, to_a, to_b, one_tx=True)
    for method, figures in table.items():
        found = [Fold(ledger, method, first).run().tally().traced[-2:] for first in (False, True)]
        assert figures == [*found[0], *found[1]]


@pytest.mark.parametrize("name", PAGES)
def test_the_rounding_example_is_what_pro_rata_does(name: str) -> None:
    """Share by share: the division, its remainder, who gets the units that are missing, and what is left."""
    balance = ProRata()
    first, *_ = examples = tables(name, "share")
    balance.put_clean(number(first[1][1]))
    balance.put([Lot(number(row[1]), place, place) for place, row in enumerate(first[2:])])
    section = next(one for one in page(name).split("### ") if one.startswith(("Pro rata with", "按比例法的余数")))
    intro, *told = (numbers(one) for one in section.split("\n\n")[1:] if not one.startswith("|"))
    assert intro == [10, number(first[1][1]), number(first[2][1]), 1, number(first[3][1]), 2, 5, 4]
    assert [sorted(one) for one in told[:2]] == [[1, 2, 5, 10], [1, 2, 4, 5]]
    for table in examples:
        paid = numbers(table[0][2])[0]
        whole = sum(number(row[1]) for row in table[1:])
        assert numbers(table[0][3]) == [whole]
        drawn = balance.draw(paid)
        for origin, row in enumerate(table[1:], CLEAN):
            units, multiplied, quotient, remainder, more, part, left = map(number, row[1:])
            assert (multiplied, *divmod(multiplied, whole)) == (paid * units, quotient, remainder)
            assert part == quotient + more == sum(lot.amount for lot in drawn if lot.origin == origin)
            assert left == units - part == sum(lot.amount for lot in balance if lot.origin == origin)
    assert len(examples) == 2
    sums = " + ".join(row[6] for row in examples[0][1:]), " + ".join(row[6] for row in examples[1][1:])
    assert all(f"{one} = {paid}" in page(name) for one, paid in zip(sums, (5, 4), strict=True))


@pytest.mark.parametrize("name", PAGES)
def test_the_opening_examples_are_what_the_code_computes(name: str) -> None:
    """With a known balance the opening follows by subtraction; without one it is the least that fits."""
    section = page(name)[page(name).index("### ") :].split("## ")[1]
    figures = [number(one) for one in re.findall(r"\d[\d,]{4,}", section)]
    today, came, went, *again, stolen, paid, least = figures
    rows = [transfer(1, "bank", "holder", came), transfer(2, "holder", "A", went)]
    assert again == [today, came, went, today - came + went]
    assert opening_balance(rows, "holder", today) == (again[3], "")
    rows = [transfer(1, "thief", "holder", stolen), transfer(2, "holder", "A", paid)]
    assert opening_balance(rows, "holder", None)[0] == least


@pytest.mark.parametrize("name", PAGES)
def test_the_table_of_methods_is_complete(name: str) -> None:
    """It has every method of `--method`, and says truly which conserve value."""
    (table,) = tables(name, "`--method`")
    assert [row[0].strip("`") for row in table[1:]] == list(METHODS)
    says = {"yes": True, "是": True, "no": False, "否": False}
    assert [says[row[-1]] for row in table[1:]] == [method.conserves for method in METHODS.values()]
    assert f"`{Question(()).method}`" in page(name).split("| `--method` |")[0].rsplit("\n\n", 2)[-2]


@pytest.mark.parametrize("name", PAGES)
def test_every_reason_stands_in_the_table_of_ends(name: str) -> None:
    """The table has each reason once, and the line “not followed” names exactly those that are part of it."""
    (table,) = tables(name, "reason")
    assert sorted(one for row in table[1:] for one in re.findall(r"`(\w+)`", row[0])) == sorted(REASONS)
    line = re.search(r"(?m)^\*\*(?:Not followed|未继续追踪)(?:.*\n)*?\n", page(name))
    assert line
    assert sorted(re.findall(r"`(\w+)`", line.group())) == sorted(NOT_FOLLOWED)


@pytest.mark.parametrize(("name", "lang"), [*zip(PAGES, LANGUAGES, strict=True)])
def test_the_sentence_on_bounds_is_the_one_that_is_printed(name: str, lang: str) -> None:
    """The page quotes what `trace bounds` says of an endpoint."""
    quoted = " ".join(line.lstrip("> ") for line in page(name).splitlines() if line.startswith(">"))
    w = words(lang)
    letters = {"range": w("bounds.range", least="X", most="Y"), "stolen": "Z"}
    assert quoted == w("bounds.endpoint", **letters, fifo="F", pro_rata="P", clean_first="L")


@pytest.mark.parametrize("name", PAGES)
def test_every_command_and_option_named_exists(name: str) -> None:
    """What the page tells a reader to type is there."""
    commands = tracer.cli.register(words("en")).commands
    options = {one for command in commands.values() for option in command.params for one in option.opts}
    named = re.findall(r"`trace ([a-z]+)", page(name))
    assert {"audit", "path", "bounds", "patterns", "verify"} <= set(named) <= commands.keys()
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", page(name))) <= options


def test_both_languages_say_the_same() -> None:
    """Headings, tables and every number of the tables are the same on both pages, and each page links to the other."""
    english, chinese = map(page, PAGES)
    levels = [[one.split()[0] for one in text.splitlines() if one.startswith("#")] for text in (english, chinese)]
    assert levels[0] == levels[1]
    cells = [[sorted(numbers(one)) for one in text.splitlines() if one.startswith("|")] for text in (english, chinese)]
    assert cells[0] == cells[1]
    cited = [
        sorted(set(re.findall(r"\*([^*]+ v\.? [^*]+|Re [^*]+)\*|(\[20\d\d\] [A-Z ]+\d+)", " ".join(one.split()))))
        for one in (english, chinese)
    ]
    assert len(cited[0]) > 10
    assert cited[0] == cited[1]
    large = [sorted(one for one in numbers(text) if one > 1000) for text in (english, chinese)]
    assert large[0] == large[1]
    assert english.count("[GK]") == chinese.count("[GK]")
    assert "(method.zh-CN.md)" in english
    assert "(method.md)" in chinese


@pytest.mark.parametrize("name", PAGES)
def test_links_within_the_page_lead_to_a_heading(name: str) -> None:
    """Each anchor is the heading it names, spelled as a renderer spells it."""
    headings = {
        re.sub(r"[^\w -]", "", one.strip("# ")).strip().lower().replace(" ", "-")
        for one in page(name).splitlines()
        if one.startswith("#")
    }
    targets = re.findall(r"\]\(#([^)]+)\)", page(name))
    assert targets
    assert set(targets) <= headings
