"""The reading of real transactions against what a reader of their logs found, and its books over all of them."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.functional.checked import (
    DIGEST,
    FIRST,
    SECOND,
    Checked,
    Draw,
    Expected,
    checked,
    digest,
    drawn,
    held_out,
    held_out_again,
    judge,
    reading,
    told,
)
from tests.functional.corpus import Opened, by_hash, deltas, evm_chain, transactions
from tests.shared import CAPTURES
from tracer.convert import Reading
from tracer.rules import ZERO_ADDRESSES

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not CAPTURES.is_dir(), reason="the recorded answers are not beside the checkout"),
]

KINDS = {"swap", "wrap", "unwrap", "deposit", "redeem", "liquidity_added", "liquidity_removed"}
CLASSES = KINDS | {"pass_through", "transfer", "nothing"}

OPEN: dict[str, str] = {
    "0x695739b3eab8dc7e6ef7f9b362983cfd4d9b81592b0840bd0ca69b0b2e8e51f9": "one unit comes from the router's own stock",
    "0x92a422b746cc1ce14b795e5fc2239cdf3146482a5bc3c5278dccb1c3ccccdc17": "of two fees one is told apart, one as price",
    "0x59d136f8d1b366a895ddf4136fb45d62b862e79f4a937f5a9b33ceec47eaf32f": "coins wrapped on the way into an order book",
    "0xdae21fd2a64756326ba0bf119b8ee33cf41480fb758d0d7f17168fcc01622da1": "one of two mints was claimed, not bought",
}
"""Transactions of the lists whose reading is known not to be as listed, and why."""


def opened(one: Checked) -> Opened:
    """The recorded transaction of a listed one."""
    return by_hash()[one.chain, one.tx]


def followed(one: Checked) -> frozenset[str]:
    """Whose money a trace that opens this transaction would be following."""
    return frozenset(conversion.owner for conversion in one.conversions)


def named(one: Checked) -> str:
    """For the names of tests."""
    return f"{one.kind}-{one.tx[:10]}"


def given(rows: list[Checked]) -> list[object]:
    """Cases, those known to be read otherwise marked so."""
    return [
        pytest.param(
            one, id=named(one), marks=[pytest.mark.xfail(reason=OPEN[one.tx], strict=True)] if one.tx in OPEN else []
        )
        for one in rows
    ]


LISTED = [*checked(), *held_out(), *held_out_again()]
CONVERTED = [one for one in LISTED if one.conversions and one.plain]
UNCONVERTED = [one for one in LISTED if not one.conversions and one.plain]
INCOMPLETE = [one for one in LISTED if one.missing]


def test_the_list_is_long_and_various_enough() -> None:
    """At least sixty transactions are settled by hand, on all recorded chains, and a third tempt a naive rule."""
    settled = [one for one in checked() if not one.doubt]
    assert len(settled) >= 60
    assert len({one.chain for one in checked()}) >= 11
    assert len(UNCONVERTED) >= 40
    assert len({(one.chain, one.tx) for one in LISTED}) == len(LISTED)


@pytest.mark.parametrize(
    ("rows", "draw", "before"),
    [(held_out(), FIRST, checked()), (held_out_again(), SECOND, (*checked(), *held_out()))],
    ids=["first", "second"],
)
def test_a_hold_out_is_what_was_drawn(rows: tuple[Checked, ...], draw: Draw, before: tuple[Checked, ...]) -> None:
    """Nobody chose its transactions: they are those of the draw, in its order, none listed before among them."""
    wanted = [(one.receipt.chain, one.receipt.tx) for one in drawn(draw, before)]
    assert [(one.chain, one.tx) for one in rows] == wanted


def test_the_second_hold_out_is_as_written_before_it_was_read() -> None:
    """Not one verdict was changed after the tracer read its transactions."""
    assert digest() == DIGEST


@pytest.mark.parametrize("one", LISTED, ids=named)
def test_every_listed_transaction_is_recorded_and_linked(one: Checked) -> None:
    """It is in the corpus, and its explorer link leads to it."""
    assert (one.chain, one.tx) in by_hash()
    assert one.link.endswith(one.tx)
    assert one.why


@pytest.mark.parametrize("one", CONVERTED, ids=named)
def test_listed_amounts_are_the_owners_net_deltas(one: Checked) -> None:
    """What is listed as paid is all that the owner lost of that asset; what it received itself, all it got for it."""
    moved = deltas(opened(one).receipt.transfers)
    for conversion in one.conversions:
        for asset, amount in conversion.ins.items():
            passed = sum(units for (what, _), units in conversion.passed.items() if what == asset)
            assert moved[conversion.owner, asset] == -(amount + passed)
        for (asset, recipient), amount in conversion.outs.items():
            assert moved[recipient, asset] == amount + conversion.beside.get((asset, recipient), 0)


@pytest.mark.parametrize("one", given(CONVERTED))
def test_conversions_read_as_listed(one: Checked) -> None:
    """Owner, assets, amounts and recipients are to the unit what the reader found, and nothing more is claimed."""
    found = reading(opened(one), followed(one)).conversions
    verdict = judge(one.conversions, found)
    assert not verdict.faults, "\n".join([one.link, one.why, *verdict.faults])
    assert verdict.kinds_right == verdict.right, [conversion.kind for conversion in found]


@pytest.mark.parametrize("one", given(UNCONVERTED))
def test_nothing_else_reads_as_a_conversion(one: Checked) -> None:
    """Transfers, claims, loans, farms, bridges, NFT sales, mints and poisoning convert nothing."""
    found = reading(opened(one)).conversions
    assert not found, "\n".join([one.link, one.why, *map(told, found)])


@pytest.mark.parametrize("one", given(INCOMPLETE))
def test_what_was_not_recorded_is_not_made_up(one: Checked) -> None:
    """With a leg missing, no conversion claims an amount that was not paid or received."""
    for conversion in reading(opened(one), followed(one)).conversions:
        listed = [expected for expected in one.conversions if expected.owner == conversion.owner]
        assert any(_within(expected, conversion.ins, conversion.outs) for expected in listed), told(conversion)


def _within(one: Expected, ins: tuple[object, ...], outs: tuple[object, ...]) -> bool:
    paid = {(link.paid, link.amount) for link in ins}  # type: ignore[attr-defined]
    got = {(link.got, link.amount) for link in outs}  # type: ignore[attr-defined]
    named_outs = {(asset, amount) for rows in (one.outs, one.cuts) for (asset, _), amount in rows.items()}
    return paid <= set(one.ins.items()) and got <= named_outs


def test_every_transaction_with_several_assets_is_classified() -> None:
    """Each reading says one of the known classes, and each conversion one of the known kinds."""
    several = [one for one in transactions() if len(one.assets) > 1]
    assert len(several) >= 800
    for one in several:
        read = reading(one)
        assert read.kind in CLASSES
        assert {conversion.kind for conversion in read.conversions} <= KINDS


def test_no_reading_is_absurd() -> None:
    """Nobody converts an asset into itself, and the wrapped coin's own contract converts nothing of its own."""
    absurd = []
    for one in transactions():
        wrapped = str(evm_chain(int(one.receipt.chain.split(":")[1])).wrapped) if "eip" in one.receipt.chain else ""
        for conversion in reading(one).conversions:
            same = {part.paid for part in conversion.ins} & {part.got for part in conversion.outs}
            if same or conversion.owner == wrapped:
                absurd.append(f"{one.receipt.tx} {told(conversion)}")
    assert not absurd, "\n".join(absurd)


def test_readings_keep_the_books_of_everybody_who_is_no_venue() -> None:
    """Over the whole corpus, payments and receipts told add up to every net delta, venues and token contracts apart."""
    for one in transactions():
        if one.lacks or not one.receipt.ok:
            continue
        read = reading(one)
        told, moved = _told(read), _moved(one, read)
        assert _apart(told, one) == _apart(moved, one), one.receipt.tx


def _apart(sums: dict[tuple[str, str], int], one: Opened) -> dict[tuple[str, str], int]:
    """Without what token contracts gave and took, the wrapped coin's among them."""
    contracts = {leg.asset for leg in one.receipt.transfers}
    return {key: units for key, units in sums.items() if key[0] not in contracts}


def _told(read: Reading) -> dict[tuple[str, str], int]:
    sums: Counter[tuple[str, str]] = Counter()
    paid = [part for conversion in read.conversions for part in conversion.ins]
    got = [part for conversion in read.conversions for part in conversion.outs]
    for part in (*paid, *read.moves, *read.rest):
        sums[part.payer, part.paid] -= part.amount
    for part in (*got, *read.moves, *read.rest):
        sums[part.receiver, part.got] += part.amount
    return {key: units for key, units in sums.items() if units and _books(key, read)}


def _moved(one: Opened, read: Reading) -> dict[tuple[str, str], int]:
    return {key: units for key, units in deltas(one.receipt.transfers).items() if _books(key, read)}


def _books(key: tuple[str, str], read: Reading) -> bool:
    """Venues give and take by themselves, a token's own contract stands for mint and burn."""
    who, asset = key
    givers = {part.payer for conversion in read.conversions for part in conversion.outs if not conversion.linked}
    if who in givers or any(who in conversion.venues for conversion in read.conversions):
        return False
    return who not in read.venues and who != asset and who not in ZERO_ADDRESSES
