"""What is worth telling of a stretch, and that it is the same notice in whatever pieces it is read."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from chains.model import FEE_SINK, NATIVE, Address, AssetId, Kind, Position
from chains.registry import load_chains
from chains.scan import APPROVAL, DELEGATION, PERMISSION, Change, Sight, Watched
from tests.tracer.watch.joints import HOLDER, OTHER, THIRD, TIME, account, held, labelled, paid, place
from tests.tracer.watch.restless_chain import CHAIN, TOKEN
from tracer.labels import Label
from tracer.watch import notices as made
from tracer.watch.frontier import Place
from tracer.watch.model import (
    ADDRESS,
    BAIT,
    BLIND,
    CRITICAL,
    FULL,
    GRANTED,
    HIGH,
    INFO,
    NORMAL,
    PAYMENT,
    SEEING,
    SENTRY,
    TAKEN,
    TROUBLE,
    Notice,
)
from tracer.watch.newcomers import ended
from tracer.watch.standing import LOOKED_AT, Move, Rules
from tracer.words import sentence

ETHEREUM = load_chains()[CHAIN]
VICTIMS = Rules("fifo", ("fifo",), sources=frozenset({(CHAIN, str(HOLDER))}))
NOBODY_LISTS = "0x" + "5" * 40
DAY = 86_400


def _move(sight: Sight, traced: int, **more: bool) -> Move:
    units = {} if more.get("inside") else {"fifo": traced}
    return Move(sight.transfer, units, 0, traced, **more)


def _told(where: Place, *moves: tuple[Sight, Move], label: Label | None = None) -> list[Notice]:
    sights = {sight.transfer.identity: sight for sight, _ in moves}
    return list(made.payments(where, ETHEREUM, [move for _, move in moves], sights, lambda *_: label))


def _one(where: Place, sight: Sight, traced: int, *, label: Label | None = None, **more: bool) -> Notice:
    (notice,) = _told(where, (sight, _move(sight, traced, **more)), label=label)
    return notice


def test_a_payment_to_nobody_known() -> None:
    """It has amount, traced part and range, block and time, and is of normal urgency."""
    sight = paid(HOLDER, OTHER, 500, 9)
    notice = _one(place({account(HOLDER): held(800)}), sight, 300)
    assert (notice.kind, notice.severity, notice.reason) == (PAYMENT, NORMAL, "moved")
    assert (notice.amount, notice.traced, notice.least, notice.most) == (500, 300, 0, 300)
    assert (notice.number, notice.height, notice.time) == (9, 9, sight.transfer.time)
    assert notice.asset is not None
    assert notice.asset.symbol == "USDT"
    assert notice.key == made.key_of(sight.transfer.identity)


def test_a_payment_to_an_exchange() -> None:
    """Where a trail ends the notice says why, whose it is by which source, and how urgent that makes it."""
    where = place({account(HOLDER): held(800), account(OTHER): ended("exchange")})
    notice = _one(where, paid(HOLDER, OTHER, 500), 500, label=labelled(OTHER, "exchange_hot"))
    assert (notice.severity, notice.reason) == (CRITICAL, "exchange")
    assert (notice.entity, notice.category, notice.source) == ("Example exchange_hot", "exchange_hot", "test 2026")


def test_more_left_the_victim() -> None:
    """Of a case it is critical; of a bare address nobody says that it is a victim's."""
    sight = paid(HOLDER, OTHER, 500)
    assert _one(place(rules=VICTIMS), sight, 500, theft=True).severity == CRITICAL
    bare = _one(place(rules=VICTIMS, kind=ADDRESS), sight, 500, theft=True)
    assert (bare.kind, bare.severity) == (TAKEN, NORMAL)


def test_what_a_place_pays_whose_inside_nobody_read() -> None:
    """Nothing is stated as traced, only the most; why its payer was looked at is told."""
    where = place({account(HOLDER): held(50, role=LOOKED_AT, reason="dust")})
    notice = _one(where, paid(HOLDER, OTHER, 500), 50, inside=True)
    assert (notice.kind, notice.traced, notice.most) == (SENTRY, None, 50)
    assert notice.more == {"from_reason": "dust"}


def test_it_came_back() -> None:
    """A payment to the victim or their own is told as returned."""
    notice = _one(place({account(OTHER): held(9)}, rules=VICTIMS), paid(OTHER, HOLDER, 9), 9)
    assert notice.reason == "returned"


def test_what_is_not_proven_of_the_payer_is_said() -> None:
    """A balance that nobody could tell stands as the notice's sentence."""
    why = sentence("rule.opening_unknown")
    assert _one(place({account(HOLDER): held(9, weak=why)}), paid(HOLDER, OTHER, 9), 9).why == why


def test_fees_are_no_notices() -> None:
    """Neither what a transaction cost nor what burnt as a fee is told."""
    fee = paid(HOLDER, OTHER, 1)
    fee = fee._replace(transfer=fee.transfer._replace(position=Position(5, 0, Kind.FEE, ())))
    sink = paid(HOLDER, FEE_SINK, 1)
    assert not _told(place(), (fee, _move(fee, 1)), (sink, _move(sink, 1)))


@pytest.mark.parametrize(
    ("asset", "symbol", "decimals"),
    [
        (NATIVE, "ETH", 18),
        (TOKEN, "USDT", 6),
        ("0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48", "USDC", 6),
        (NOBODY_LISTS, "?", 0),
    ],
)
def test_how_an_asset_is_shown(asset: str, symbol: str, decimals: int) -> None:
    """As the chain, the case or the token list has it; of one that nobody lists only the contract is told."""
    found = made.asset_of(place(), ETHEREUM, AssetId(asset))
    assert (found.id, found.symbol, found.decimals) == (asset, symbol, decimals)


def _change(kind: str, owner: Address = HOLDER, holder: str = OTHER, token: str | None = None) -> Change:
    asset = None if token is None else AssetId(token)
    place_ = Position(5, 0, Kind.TOKEN, (0,))
    return Change(CHAIN, kind, "0xt", place_, TIME, owner, Address(holder), asset, None, 5, "0x5", 7)


def test_power_over_the_victims_address() -> None:
    """Each change is one notice; a key that signs, or code that runs, is critical, an approval high."""
    changes = [
        _change(APPROVAL, token=TOKEN),
        _change(PERMISSION),
        _change(DELEGATION, holder=""),
        _change(APPROVAL, OTHER),
    ]
    found = list(made.grants(place(rules=VICTIMS), ETHEREUM, changes, lambda *_: None))
    assert [(one.kind, one.reason, one.severity) for one in found] == [
        (GRANTED, APPROVAL, HIGH),
        (GRANTED, PERMISSION, CRITICAL),
        (GRANTED, DELEGATION, CRITICAL),
    ]
    assert len({one.id for one in found}) == 3
    assert found[0].asset is not None


def _bait(where: Place, sights: Sequence[Sight]) -> list[Notice]:
    return list(made.bait(where, ETHEREUM, Watched(tokens=frozenset({HOLDER})), sights))


def test_bait_is_summed_up_by_day() -> None:
    """What nobody lists and what a look-alike sends is one notice a day, of the look-alike where there is one."""
    twin = Address(OTHER[:6] + "f" * 32 + OTHER[-4:])
    where = place({account(OTHER): ended("exchange")})
    sights = [
        paid(THIRD, HOLDER, 7, 5, asset=NOBODY_LISTS),
        paid(twin, HOLDER, 0, 6),
        paid(THIRD, HOLDER, 7, 5 + DAY // 12, asset=NOBODY_LISTS),
        paid(THIRD, OTHER, 7, 8, asset=NOBODY_LISTS),
        paid(THIRD, HOLDER, 7, 9),
    ]
    first, second = _bait(where, sights)
    assert (first.kind, first.severity, first.reason) == (BAIT, INFO, "look_alike")
    assert (first.sender, first.more["twin"], len(first.more["seen"])) == (twin, OTHER, 2)
    assert (second.reason, second.more["twin"], len(second.more["seen"])) == ("dust", "", 1)
    again = _bait(where, sights[1:2])
    assert again[0].id == first.id


def test_a_look_alike_is_bait_whatever_it_pays() -> None:
    """A little of a true coin to an account that is followed is sent for the same reason."""
    twin = Address(OTHER[:6] + "f" * 32 + OTHER[-4:])
    where = place({account(HOLDER): held(50), account(OTHER): ended("exchange")})
    (bait,) = _bait(where, [paid(twin, HOLDER, 1), paid(THIRD, HOLDER, 1)])
    assert (bait.sender, bait.more["twin"], len(bait.more["seen"])) == (twin, OTHER, 1)


def test_two_equal_payments_of_one_transaction_are_two() -> None:
    """Only their number tells them apart."""
    one = paid(HOLDER, OTHER, 5).transfer
    assert made.key_of(one.identity) != made.key_of(one._replace(nth=1).identity)


def test_of_the_watch_itself() -> None:
    """Blindness and its end, an undone block, a thin source and a full frontier are notices of their own."""
    full = made.full(place(most=3), account(OTHER), 5)
    assert (full.kind, full.severity, full.receiver, full.more) == (FULL, NORMAL, OTHER, {"most": 3})
    blind, seeing = made.blind(CHAIN, TIME, "why"), made.seeing(CHAIN, TIME, TIME + 60, 5, 2)
    assert [(one.kind, one.severity, one.target) for one in (blind, seeing)] == [(BLIND, HIGH, 0), (SEEING, HIGH, 0)]
    assert (blind.key, dict(seeing.more)) == (seeing.key, {"until": TIME + 60, "blocks": 5, "moved": 2})
    undone, thin = made.undone(CHAIN, 9, "0xa", "0xb"), made.thin(CHAIN, "no calls")
    assert [(one.kind, one.severity) for one in (undone, thin)] == [(TROUBLE, HIGH), (TROUBLE, INFO)]


def test_a_notice_is_told_by_what_happened_only() -> None:
    """The same transfer in another block, or told with other words, has the same number; that of another target not."""
    first, moved = paid(HOLDER, OTHER, 500, 9), paid(HOLDER, OTHER, 500, 9)
    moved = moved._replace(number=11, transfer=moved.transfer._replace(position=Position(11, 3, Kind.TOKEN, (4,))))
    where = place({account(HOLDER): held(800)})
    one, later = _one(where, first, 300), _one(where, moved, 200, label=labelled(OTHER, "bridge"))
    assert one.id == later.id
    assert one._replace(target=2).id != one.id


def test_a_days_bait_is_summed_up() -> None:
    """What came in earlier that day stays counted, each transfer once, and the look-alike stays the example."""
    first = Notice("day", 1, BAIT, INFO, CHAIN, tx="0x1", more={"day": "d", "twin": "0xtwin", "seen": ["a", "b"]})
    later = Notice("day", 1, BAIT, INFO, CHAIN, tx="0x2", more={"day": "d", "twin": "", "seen": ["b", "c"]})
    both = made.more_bait(first, later)
    assert (both.tx, both.more["seen"]) == ("0x1", ["a", "b", "c"])
    assert made.more_bait(later, first).tx == "0x1"
