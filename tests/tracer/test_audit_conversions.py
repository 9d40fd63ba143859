"""The audit through conversions: accounts, conversions and principal close, and whatever is wrong there is found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import tracer.audit_principal as own
import tracer.fold
from chains.model import Asset, Transfer
from tests.strategies import CHAIN, VICTIMS, World, account, in_order, transfer
from tests.tracer.made_workings import made_workings
from tests.worlds import world
from tracer.audit import audit, entries, rows_by_account
from tracer.audit_lines import Audit, Fault, Gross, Line, Stolen
from tracer.ledger import Entry, Follow, Ledger, Tally
from tracer.lots import CONSERVING, METHODS
from tracer.principal import Principals, principals
from tracer.result import EndpointRow, OriginRow, Principal
from tracer.workings import Workings

VICTIM, OTHER = VICTIMS
Key = TypeVar("Key")
U, W, X = "0xusd", "0xeth", "0xshare"
SWAP, SPLIT = "tx-4-0", "tx-6-0"
FAULTS = {"row", "gross", "short", "stolen", "more", "origin", "into", "share", "made", "principal", "told"}


def leg(height: int, sender: str, receiver: str, amount: int, asset: str, index: int = 0) -> Transfer:
    """A row of the transaction at a height."""
    one = transfer(height, sender, receiver, amount, asset=asset, tx=f"tx-{height}-0")
    return one._replace(position=one.position._replace(tx_index=0, index=(index,)))


def swapped(method: str = "fifo") -> Workings:
    """Two thefts and clean money are swapped for W; part of the W is split into clean coins and a share token.

    1,000 clean, 600 of theft 1 and 400 of theft 2 are there; 1,500 are swapped for 3,000 W, of which 2,500 buy 500 U
    that another gets and 250 X, worth three to one.
    """
    swap = (leg(4, "hub", "pool", 1_500, U), leg(4, "pool", "hub", 3_000, W, 1))
    split = (leg(6, "hub", "pool", 2_500, W), leg(6, "pool", "friend", 500, U, 1), leg(6, "pool", "hub", 250, X, 2))
    whole = {
        (CHAIN, SWAP): (Entry(swap[0], pot=0), Entry(swap[1], pot=0, out=True)),
        (CHAIN, SPLIT): (
            Entry(split[0], pot=0),
            Entry(split[1], pot=0, out=True, value=3),
            Entry(split[2], pot=0, out=True, value=1),
        ),
    }
    thefts = [leg(2, VICTIM, "hub", 600, U), leg(3, OTHER, "hub", 400, U)]
    rows = in_order([*thefts, *swap, *split, leg(7, "hub", "end", 100, X)])
    follow = {
        account("hub", U): Follow(0, 1_000),
        account("hub", W): Follow(0, 0),
        account("hub", X): Follow(0, 0),
    }
    seeds = {one.identity: number for number, one in enumerate(thefts)}
    return made_workings(World(rows, seeds, follow, whole), method)


def vain(method: str = "fifo") -> Workings:
    """One unit of a theft goes into a conversion beside 999 clean ones, and nothing that comes out is worth it."""
    swap = (leg(4, "hub", "pool", 1_000, U), leg(4, "pool", "hub", 1, W, 1))
    whole = {(CHAIN, SWAP): (Entry(swap[0], pot=0), Entry(swap[1], pot=0, out=True))}
    theft = leg(2, VICTIM, "hub", 1, U)
    follow = {account("hub", U): Follow(0, 999), account("hub", W): Follow(0, 0), account("pool", U): Follow(9, 0)}
    return made_workings(World(in_order([theft, *swap]), {theft.identity: 0}, follow, whole), method)


def ordered(*, filled: bool = True) -> Workings:
    """600 of a theft are paid for an order, which a later transaction fills with 300 W, or nobody ever does."""
    paid, got = leg(4, "hub", "desk", 600, U), leg(8, "desk", "hub", 300, W)
    whole = {(CHAIN, SWAP): (Entry(paid, pot=0, later=True),)}
    if filled:
        whole[CHAIN, "tx-8-0"] = (Entry(got, pot=0, out=True),)
    theft = leg(2, VICTIM, "hub", 600, U)
    follow = {account("hub", U): Follow(0, 0), account("hub", W): Follow(0, 0)}
    return made_workings(World([theft, paid, *([got] if filled else [])], {theft.identity: 0}, follow, whole))


def line_of(found: Audit, who: str, asset: str) -> Line:
    """The line of somebody's account."""
    return next(line for line in found.lines if line.account == account(who, asset))


def part_of(line: Line, method: str) -> Stolen:
    """The stolen part of a line under one method."""
    return next(one for one in line.stolen if one.method == method)


def test_figures_by_hand() -> None:
    """FIFO: 500 of theft 1 become 1,000 W, of which 500 buy U and X worth three to one; everything closes."""
    found = audit(swapped())
    assert found.faults == ()
    usd, eth, share = (line_of(found, "hub", asset) for asset in (U, W, X))
    assert usd.gross == Gross(1_000, 1_000, 0, 0, 0, 500, made=0, converted=1_500)
    assert eth.gross == Gross(0, 0, 0, 0, 0, 500, made=3_000, converted=2_500)
    assert share.gross == Gross(0, 0, 0, 100, 0, 150, made=250, converted=0)
    assert part_of(usd, "fifo") == Stolen("fifo", 1_000, 0, 0, 0, 500, made=0, converted=500)
    assert part_of(eth, "fifo") == Stolen("fifo", 0, 0, 0, 0, 500, made=1_000, converted=500)
    assert part_of(share, "fifo") == Stolen("fifo", 0, 0, 0, 0, 50, made=50, converted=0)
    assert part_of(line_of(found, "friend", U), "fifo") == Stolen("fifo", 0, 0, 0, 0, 100, made=100)
    assert [(one.amount, one.weight, one.whole, one.stolen[0]) for one in found.turned[1].outs] == [
        (500, 3, 4, 100),
        (250, 1, 4, 50),
    ]
    assert found.turned[0].principal["fifo"] == {0: (500, 500)}
    assert found.turned[1].principal["fifo"] == {0: (250, 250)}


def test_places_add_up_in_what_was_stolen() -> None:
    """The principal of a theft over all places is the theft, whatever it is in now."""
    found = audit(swapped())
    assert [one.sinks["fifo"] for one in found.origins] == [
        {"held": 100 + 250 + 62, "not_followed": 188},
        {"held": 400},
    ]
    assert {one.method: one.units for one in found.pruned}["fifo"] == 188
    for one in found.origins:
        assert {sum(one.sinks[method].values()) for method in CONSERVING} == {one.amount}


def test_rows_say_which_conversion() -> None:
    """In the list of an account's transactions, conversions are no payments, and balances run on."""
    workings = swapped()
    found, rows = audit(workings), rows_by_account(workings.ledger)
    seen = [[(one.direction, one.balance) for one in entries(workings, line_of(found, "hub", a), rows)] for a in (U, W)]
    assert seen == [[("in", 1_600), ("in", 2_000), ("converted", 500)], [("made", 3_000), ("converted", 500)]]


def test_what_gets_nothing_rests_at_the_pool() -> None:
    """A unit that is worth less than anything that came out is the pool's, before its history is known."""
    found = audit(vain())
    assert found.faults == ()
    pool = line_of(found, "pool", U)
    assert part_of(pool, "tainted_first") == Stolen("tainted_first", 1, 1, 0, 0, 1)
    assert found.turned[0].left["tainted_first"] == 1
    (entry,) = entries(vain(), pool, rows_by_account(vain().ledger))
    assert (entry.direction, entry.counterparty, entry.stolen[4]) == ("left", "hub", 1)


def test_an_order_that_is_filled_later_closes() -> None:
    """What was paid in one transaction and came out in another is one conversion."""
    found = audit(ordered())
    assert found.faults == ()
    assert found.turned[0].principal["lifo"] == {0: (600, 600)}
    assert line_of(found, "hub", W).gross == Gross(0, 0, 0, 0, 0, 300, made=300)


def test_an_order_that_nobody_filled_rests_where_it_was_paid() -> None:
    """As long as nothing came out, what was paid for it is with whom it was paid to."""
    found = audit(ordered(filled=False))
    assert found.faults == ()
    assert part_of(line_of(found, "desk", U), "fifo") == Stolen("fifo", 600, 0, 0, 0, 600)
    assert found.turned[0].left["fifo"] == 600
    assert found.origins[0].sinks["fifo"] == {"not_followed": 600}


def _tally(workings: Workings) -> Tally:
    return workings.tallies["fifo"]


def _origin(workings: Workings, who: str, asset: str) -> tuple[int, int]:
    """The key of what somebody holds of an asset."""
    number = workings.ledger.numbers[account(who, asset)]
    return next(key for key in _tally(workings).held if key[0] == number)


def _change(figures: Mapping[Key, int], key: Key, by: int) -> None:
    """Change a figure of a tally."""
    assert isinstance(figures, dict)
    figures[key] += by


def _lost_in_the_pot(workings: Workings) -> None:
    """A unit went in and is not said to have been converted."""
    _change(_tally(workings).converted, (0, 0), -1)


def _lost_on_the_way_out(workings: Workings) -> None:
    """A unit came out and nobody has it."""
    _change(_tally(workings).held, _origin(workings, "friend", U), -1)


def _more_than_the_row(workings: Workings) -> None:
    """An output carries more stolen units than it has units."""
    row = workings.ledger.pots[1].outs[0]
    origin = _origin(workings, "friend", U)
    _change(_tally(workings).held, origin, 401)
    _change(_tally(workings).made, origin[1], 401)
    _tally(workings).traced[row] += 401


def _wrong_share(workings: Workings) -> None:
    """Two outputs exchange units, and every account still closes."""
    for place, who, asset, by in ((0, "friend", U, 2), (1, "hub", X, -2)):
        key = _origin(workings, who, asset)
        _change(_tally(workings).held, key, by)
        _change(_tally(workings).made, key[1], by)
        _tally(workings).traced[workings.ledger.pots[1].outs[place]] += by


def _other_theft(workings: Workings) -> None:
    """What came of one theft is said to come of the other, to the last unit."""
    tally, key = _tally(workings), _origin(workings, "friend", U)
    row = workings.ledger.pots[1].outs[0]
    moved = workings.ledger.origin(row, 1)
    tally.held[key[0], moved] = tally.held.pop(key)
    tally.made[moved] = tally.made.pop(key[1])  # type: ignore[index,attr-defined]


@pytest.mark.parametrize(
    ("tamper", "kinds"),
    [
        (_lost_in_the_pot, {"into", "origin"}),
        (_lost_on_the_way_out, {"made", "stolen"}),
        (_more_than_the_row, {"row", "share"}),
        (_wrong_share, {"share", "row"}),
        (_other_theft, {"share"}),
    ],
)
def test_an_error_in_a_conversion_is_found(tamper: Callable[[Workings], None], kinds: set[str]) -> None:
    """Each kind of error gives the faults that name it, in the transaction or at the account where it is."""
    workings = swapped()
    tamper(workings)
    faults = audit(workings).faults
    assert {fault.kind for fault in faults} == kinds
    assert {fault.method for fault in faults} == {"fifo"}


def test_a_wrong_share_is_told_to_the_unit() -> None:
    """The fault of a share names its output's account and transaction, and by how much it is wrong."""
    workings = swapped("lifo")
    _wrong_share(workings)
    assert audit(workings).faults == (
        Fault("share", "fifo", account("friend", U), SPLIT, 2),
        Fault("share", "fifo", account("hub", X), SPLIT, -2),
    )


def test_a_fold_that_divides_wrongly_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were the fold itself to give everything to the first that went in, every method would show it."""
    monkeypatch.setattr(tracer.fold, "apportion", lambda amount, shares: {max(shares): amount})
    faults = audit(swapped()).faults
    assert {fault.method for fault in faults if fault.kind == "share"} >= {"fifo", "lifo", "pro_rata"}


def test_wrong_principal_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were principal divided otherwise than by shares, the account that has too much is named."""

    def wrong(ledger: Ledger, tally: Tally) -> Principals:
        found = principals(ledger, tally)
        for who, by in (("friend", 1), ("hub", -1)):
            number = ledger.numbers[account(who, U if who == "friend" else X)]
            found.held[next(key for key in found.held if key[0] == number)] += by
        return found

    monkeypatch.setattr(own, "principals", wrong)
    workings = swapped()
    assert audit(replace(workings, tallies={"fifo": _tally(workings)})).faults == (
        Fault("principal", "fifo", account("friend", U), "", 1),
        Fault("principal", "fifo", account("hub", X), "", -1),
    )


def told(workings: Workings, wrong: int = 0) -> Workings:
    """The same with a result that tells every place's principal; of the friend's, so much too much."""
    found = own.stands(workings.ledger, _tally(workings))
    rows = []
    for (number, origin), part in found.held.items():
        chain, who, asset = workings.ledger.accounts[number]
        more = wrong if who == "friend" else 0
        stolen = Principal(str(workings.ledger.theft(origin) + 1), Asset(CHAIN, U, "USD", 6), part + more)  # type: ignore[arg-type]
        rows.append(
            EndpointRow(
                *(chain, who, Asset(chain, asset, "", 6), 0, (stolen,), "", "", "", 0, "held", "", (), None, 0, None)  # type: ignore[arg-type]
            )
        )
    theft = OriginRow("1", CHAIN, VICTIM, "", "", "", 0, Asset(CHAIN, U, "USD", 6), 600)  # type: ignore[arg-type]
    return replace(workings, result=workings.result._replace(endpoints=tuple(rows), origins=(theft,)))


def test_a_result_that_tells_otherwise_is_found() -> None:
    """What the result says of a place must be what the audit finds there."""
    assert audit(told(swapped())).faults == ()
    assert audit(told(swapped(), 5)).faults == (Fault("told", "fifo", account("friend", U), "", 5),)


@given(st.integers(0, 2**32), st.sampled_from(sorted(METHODS)), st.booleans())
def test_whatever_was_converted_every_line_closes(seed: int, method: str, highest_first: bool) -> None:
    """Accounts, conversions, thefts and their principal close in any world, under every method."""
    one = world(seed)
    found = audit(made_workings(one, method, highest_first=highest_first))
    assert found.faults == ()
    for turned in found.turned:
        for name in CONSERVING:
            assert all(went == came for went, came in turned.principal[name].values())
            assert (
                sum(turned.ins[place].stolen[found.methods.index(name)] for place in range(len(turned.ins)))
                >= (turned.left[name])
            )
    stolen = one.stolen()
    for origin in found.origins:
        assert {sum(origin.sinks[name].values()) for name in CONSERVING} == {stolen[origin.number]}


@given(st.integers(0, 2**32))
def test_transactions_make_up_the_line_through_conversions(seed: int) -> None:
    """The rows shown for an account add up to its figures, conversions and all."""
    workings = made_workings(world(seed))
    rows = rows_by_account(workings.ledger)
    for line in audit(workings).lines:
        seen = list(entries(workings, line, rows))
        sums: dict[str, int] = {}
        for one in seen:
            sums[one.direction] = sums.get(one.direction, 0) + one.stolen[0]
        fifo = line.stolen[0]
        came = ("in", "made", "early", "left")
        assert sum(sums.get(way, 0) for way in came) == fifo.came
        assert [sums.get(way, 0) for way in ("out", "fee", "converted")] == [fifo.out, fifo.fee, fifo.converted]
        if line.gross is not None:
            running = [one.balance for one in seen if one.direction not in ("theft", "early", "left")]
            assert (running or [line.gross.opening])[-1] == line.gross.held


@given(st.integers(0, 2**32), st.sampled_from(CONSERVING), st.data())
def test_no_changed_conversion_stays_unseen(seed: int, method: str, data: st.DataObject) -> None:
    """Whatever is changed in what was converted or came out, by whatever amount, the audit finds it."""
    workings = made_workings(world(seed), "lifo")
    tally = workings.tallies[method]
    assume(tally.converted)
    by = data.draw(st.integers(-(10**6), 10**6).filter(bool))
    if data.draw(st.booleans()):
        _change(tally.converted, data.draw(st.sampled_from(sorted(tally.converted))), by)
    else:
        _change(tally.made, data.draw(st.sampled_from(sorted(tally.made))), by)
    assert {fault.kind for fault in audit(workings).faults if fault.method == method} & FAULTS
