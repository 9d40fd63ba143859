"""The passport on a screen: the method first, every transfer of the largest parts, and sums that are all of it."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from rich.cells import cell_len
from rich.console import Console

from chains.model import FEE_SINK, Address, Kind
from reports.passport import LEGS, PARTS, RECEIVERS, PathView, render_passports, render_through
from reports.passport_export import passport_document
from reports.view import View
from tests.strategies import CHAIN, VICTIMS, World, account, ledgers, transfer
from tests.tracer.made_workings import made_workings, small
from tests.tracer.test_audit_conversions import U, W, ordered, swapped
from tracer.labels import Label
from tracer.ledger import Follow
from tracer.passport import passed_through, passports, reached
from tracer.words import sentence, words
from tracer.workings import Workings

VICTIM = VICTIMS[0]
HUB = "0x" + "b2" * 20
END = "0x" + "c3" * 20
UNIT = 10**6


def shown(workings: Workings, who: str, lang: str = "en", width: int = 80, *, everything: bool = False) -> str:
    """The passports of an address as they are printed, or what went through it."""
    out = io.StringIO()
    console = Console(file=out, width=width)
    view = PathView(workings, View(workings.result, words(lang), {CHAIN: "ethereum"}, "cases/mine", everything), who)
    found = passports(workings, who)
    if found:
        render_passports(console, view, found)
    else:
        render_through(console, view, passed_through(workings, who))
    return out.getvalue()


def joined(text: str) -> str:
    """The text without its line breaks."""
    return re.sub(r"\s*\n\s*", " ", text)


def two_ways(method: str = "fifo") -> Workings:
    """10 of one theft go straight to the end, 30 of another by the hub, which spends a fee of them."""
    return small(
        [
            transfer(1, VICTIM, END, 10 * UNIT),
            transfer(2, VICTIM, HUB, 31 * UNIT),
            transfer(3, HUB, FEE_SINK, UNIT, kind=Kind.FEE),
            transfer(4, HUB, END, 35 * UNIT),
        ],
        thefts=[0, 1],
        follow={account(HUB): Follow(0, 5 * UNIT)},
        method=method,
    )


def peeled(count: int) -> Workings:
    """That many thefts through a hub to the same end."""
    rows = [transfer(at, VICTIM, HUB, at) for at in range(1, count + 1)]
    rows += [transfer(count + at, HUB, END, at) for at in range(1, count + 1)]
    return small(rows, list(range(count)), {account(HUB): Follow(0, 0)})


def long_way(count: int) -> Workings:
    """One theft passed on that many times."""
    people = [VICTIM, *(f"0x{number:040x}" for number in range(1, count))]
    rows = [transfer(at, people[at], people[at + 1], UNIT) for at in range(count - 1)]
    rows.append(transfer(count, people[-1], END, UNIT))
    return small(rows, [0], {account(one): Follow(0, 0) for one in people[1:]})


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("width", [80, 120])
def test_lines_fit_and_addresses_are_whole(lang: str, width: int) -> None:
    """No line is wider than the terminal, and addresses and transactions are unbroken."""
    text = shown(two_ways(), END, lang, width)
    assert [line for line in text.splitlines() if cell_len(line) > width] == []
    for whole in (HUB, END, "tx-4-0"):
        assert any(whole in line for line in text.splitlines())


def test_every_part_with_its_theft_and_transfers() -> None:
    """The largest part first: amount, share, theft, then each transfer with what it moved, carried and gave to this."""
    text = joined(shown(two_ways("lifo"), END))
    assert text.index("30 COIN (75.00 %) from theft 2") < text.index("10 COIN (25.00 %) from theft 1")
    assert "40,000,000 stolen base units (COIN on ethereum) are here under LIFO parts: 2; together 40 COIN" in text
    assert (
        f"{VICTIM} 1970-01-01T00:00:20Z · transfer of 31 COIN, stolen part 31 COIN, of it this part 30 COIN "
        f"tx-2-0 → {HUB} 1970-01-01T00:00:40Z · transfer of 35 COIN, stolen part 30 COIN, of it this part 30 COIN "
        f"tx-4-0 → {END}"
    ) in text


def test_fees_are_shown_of_their_payer() -> None:
    """The passport of fees ends at the network, not at an address."""
    text = joined(shown(two_ways("lifo"), HUB))
    assert "1 COIN · spent as network fees" in text
    assert "1,000,000 stolen base units (COIN on ethereum) were paid from here as network fees under LIFO" in text
    assert "tx-3-0 → network fees" in text


def test_labels_and_doubts_stand_where_they_belong() -> None:
    """A label in brackets and an unproven figure behind its sign, each below the address it speaks of."""
    named = Label(CHAIN, Address(END), "Some\x1b[31m Bank", "exchange_hot", "a list", "", 90)
    doubt = sentence("rule.balance_differs")
    workings = replace(two_ways(), labels={(CHAIN, END): (named,)}, weak={account(HUB): (doubt,)})
    text = joined(shown(workings, END))
    assert f"→ {END} [Some Bank · a list]" in text
    assert f"→ {HUB} ≈ {doubt} (not proven)" in text
    short = small([transfer(1, VICTIM, HUB, 5), transfer(2, HUB, END, 9)], [0], {account(HUB): Follow(0, 0)})
    assert f"→ {HUB} ≈ {sentence('rule.short', units=4)} (not proven)" in joined(shown(short, END))


def test_methods_say_what_their_ways_mean() -> None:
    """Pro rata decides between units of one theft first in, first out; poison has no ways at all."""
    assert "is decided first in, first out" in joined(shown(two_ways("pro_rata"), END))
    poison = joined(shown(two_ways("poison"), END))
    assert "single units have no way" in poison
    assert "from theft" not in poison
    assert "45,000,000 stolen base units" in poison
    assert "single units have no way" not in joined(shown(two_ways(), END))


def test_many_parts_are_limited_with_their_sum() -> None:
    """The largest parts, then how many are left out and what they sum to; all of them on demand."""
    count = PARTS + 3
    text = joined(shown(peeled(count), END))
    assert f"3 more, together 0.000006 COIN; all of them: trace path cases/mine {END} --all" in text
    assert text.count("from theft") == PARTS
    assert shown(peeled(count), END, everything=True).count("from theft") == count


def test_long_ways_are_shortened_in_the_middle() -> None:
    """Of a long way the beginning and the end, with the count between; all of it on demand."""
    count = LEGS + 5
    text, whole = shown(long_way(count), END), shown(long_way(count), END, everything=True)
    assert f"… transfers between: 5; all of them: trace path cases/mine {END} --all" in joined(text)
    assert (text.count("transfer of"), whole.count("transfer of")) == (LEGS, count)
    assert text.rstrip().endswith(f"→ {END}")
    assert shown(long_way(LEGS), END).count("transfer of") == LEGS


def test_an_address_that_kept_nothing_says_so() -> None:
    """One line that it is no endpoint, then the receivers, the most first, the rest counted."""
    rows = [transfer(1, VICTIM, HUB, 300), *(transfer(2 + at, HUB, f"0x{at:040x}", at + 1) for at in range(23))]
    rows.append(transfer(30, HUB, END, 300 - 276))
    workings = small(rows, [0], {account(HUB): Follow(0, 0)})
    text = joined(shown(workings, HUB))
    assert "No endpoint under FIFO: all 300 stolen base units (COIN on ethereum) that came here went on:" in text
    assert f"0.000024 COIN to {END} 0.000023 COIN to 0x{22:040x}" in text
    assert f"{24 - RECEIVERS} more, together 0.00001 COIN" in text


@given(ledgers(assets=("native", "0xtoken")))
def test_the_document_adds_up(world: World) -> None:
    """Per endpoint the parts are its amount, and each part's transfers begin at the theft it names."""
    workings = made_workings(world)
    for address in reached(workings):
        found, through = passports(workings, address), passed_through(workings, address)
        document = json.loads(json.dumps(passport_document(workings, address, found, through)))
        assert [row["amount"] for row in document["endpoints"]] == [str(one.amount) for one in found]
        for row in document["endpoints"]:
            assert sum(int(part["amount"]) for part in row["parts"]) == int(row["amount"])
            assert all(part["transfers"][0]["from"] in VICTIMS for part in row["parts"])
            assert all(int(part["amount"]) <= int(leg["stolen"]) for part in row["parts"] for leg in part["transfers"])
        assert [row["received"] for row in document["passed_through"]] == [str(one.received) for one in through]


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("width", [80, 120])
def test_ways_through_conversions_fit(lang: str, width: int) -> None:
    """Conversions read in both languages on any screen, of an endpoint, a payer and a pool."""
    for who in ("friend", "end", "hub", "pool"):
        text = shown(swapped(), who, lang, width)
        assert [line for line in text.splitlines() if cell_len(line) > width] == []


def test_every_step_has_its_amounts_and_what_it_stands_for() -> None:
    """Transfers before and after, conversions with rate and place, each with the same principal."""
    text = joined(shown(swapped(), "friend", width=150))
    assert "it stands for 0.000188 COIN of what was stolen" in text
    assert "0.0001 COIN (100.00 %) from theft 1 · for 0.000188 COIN stolen" in text
    assert "transfer of 0.0006 COIN, stolen part 0.0006 COIN · for 0.000188 COIN stolen tx-2-0" in text
    assert (
        "≈ swap 0.0015 COIN → 0.003 COIN · 1 COIN = 2 COIN · stolen part 0.0005 COIN → 0.001 COIN "
        "· for 0.000188 COIN stolen tx-4-0 at pool → hub"
    ) in text
    assert "stolen part 0.0005 COIN → 0.00015 COIN" not in text
    assert text.rstrip().endswith("tx-6-0 at pool → friend")


def test_an_order_names_both_of_its_transactions() -> None:
    """Where what came out came later, the step says when and in which transaction."""
    text = joined(shown(ordered(), "hub"))
    assert "tx-4-0 1970-01-01T00:01:20Z · filled by a later transaction tx-8-0 at desk → hub" in text


def test_what_went_through_a_pool_was_converted() -> None:
    """A pool says what went into which conversion and what came of it; it is no endpoint."""
    text = joined(shown(swapped(), "pool"))
    assert "0.0005 COIN converted: 1970-01-01T00:00:40Z · ≈ swap 0.0015 COIN → 0.003 COIN" in text


def test_the_document_names_assets_and_conversions() -> None:
    """Every transfer has its asset, both sides of a conversion the same number, and parts their principal."""
    workings = swapped()
    document = passport_document(workings, "friend", passports(workings, "friend"), [])
    (endpoint,) = document["endpoints"]
    assert endpoint["principal"] == [{"origin": "1", "asset": U, "symbol": "COIN", "decimals": 6, "amount": "188"}]
    (part,) = endpoint["parts"]
    assert part["principal"] == "188"
    assert [(leg["asset"], leg["conversion"] and tuple(leg["conversion"].values())) for leg in part["transfers"]] == [
        (U, None),
        (U, (0, "in", "swap")),
        (W, (0, "out", "swap")),
        (W, (1, "in", "swap")),
        (U, (1, "out", "swap")),
    ]
    through = passport_document(workings, "pool", [], passed_through(workings, "pool"))["passed_through"]
    assert [one["converted"] for one in through] == [
        [{"amount": "500", "conversion": 1}],
        [{"amount": "500", "conversion": 0}],
    ]
