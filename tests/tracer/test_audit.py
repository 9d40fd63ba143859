"""The audit: it closes whatever the ledger, its figures are those of the worked example, and it finds every error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chains.model import FEE_SINK, Kind
from tests.strategies import VICTIMS, World, account, ledgers, transfer
from tests.tracer.made_workings import made_workings, small
from tracer.audit import audit, entries, rows_by_account
from tracer.audit_faults import faults_of
from tracer.audit_lines import Fault, Gross, Line, Stolen
from tracer.ledger import Follow
from tracer.lots import CONSERVING, METHODS
from tracer.words import sentence
from tracer.workings import Workings

UNIT = 10**6
VICTIM = VICTIMS[0]
MIXED = account("mixed")


def worked_example(*, opening: int = 0) -> Workings:
    """The vector of the method page: +2 clean, +3 stolen, +5 clean, -4 to A, -4 to B."""
    return small(
        [
            transfer(1, "stranger", "mixed", 2 * UNIT),
            transfer(2, VICTIM, "mixed", 3 * UNIT),
            transfer(3, "stranger", "mixed", 5 * UNIT),
            transfer(4, "mixed", "a", 4 * UNIT),
            transfer(5, "mixed", "b", 4 * UNIT),
        ],
        thefts=[1],
        follow={MIXED: Follow(0, opening)},
    )


def line_of(workings: Workings, who: str) -> Line:
    """The line of somebody's account."""
    return next(line for line in audit(workings).lines if line.account == account(who))


def part_of(line: Line, method: str) -> Stolen:
    """The stolen part of a line under one method."""
    return next(one for one in line.stolen if one.method == method)


@given(ledgers(assets=("native", "0xtoken")), st.booleans())
def test_whatever_happened_every_line_closes(world: World, highest_first: bool) -> None:
    """Accounts, thefts and rows of any world close to zero under every method."""
    found = audit(made_workings(world, highest_first=highest_first))
    assert found.faults == ()
    assert all(line.gross is None or line.gross.difference == 0 for line in found.lines)
    assert all(one.difference == 0 for line in found.lines for one in line.stolen if METHODS[one.method].conserves)
    for origin in found.origins:
        assert {sum(origin.sinks[method].values()) for method in CONSERVING} == {origin.amount}
    assert {origin.number: origin.amount for origin in found.origins} == world.stolen()


@pytest.mark.parametrize(
    ("method", "out", "held"),
    [
        ("fifo", 3_000_000, 0),
        ("lifo", 3_000_000, 0),
        ("pro_rata", 2_400_000, 600_000),
        ("clean_first", 1_000_000, 2_000_000),
        ("tainted_first", 3_000_000, 0),
        ("poison", 8_000_000, 2_000_000),
    ],
)
def test_figures_of_the_worked_example(method: str, out: int, held: int) -> None:
    """The line of the mixed account has the figures of the method page, the stolen part under every method."""
    line = line_of(worked_example(), "mixed")
    assert line.gross == Gross(0, 10 * UNIT, 0, 8 * UNIT, 0, 2 * UNIT)
    assert part_of(line, method) == Stolen(method, 3_000_000, 0, out, 0, held)


def test_poison_is_no_fault() -> None:
    """Exposure does not close, says by how much, and is no error of the tool."""
    found = audit(worked_example())
    assert part_of(line_of(worked_example(), "mixed"), "poison").difference == -7 * UNIT
    assert found.faults == ()


def test_opening_fee_and_shortage_stand_apart() -> None:
    """What was there before, what was spent as fees and what is not known to have been there are separate figures."""
    workings = small(
        [
            transfer(1, VICTIM, "mixed", 30),
            transfer(2, "mixed", FEE_SINK, 5, kind=Kind.FEE),
            transfer(3, "mixed", "a", 100),
            transfer(4, "stranger", "mixed", 7),
        ],
        thefts=[0],
        follow={MIXED: Follow(0, 20)},
    )
    line = line_of(workings, "mixed")
    assert line.gross == Gross(opening=20, received=37, short=55, out=100, fee=5, held=7)
    assert part_of(line, "tainted_first") == Stolen("tainted_first", 30, 0, 25, 5, 0)
    assert line.weak == (sentence("rule.short", units=55),)
    assert line_of(workings, FEE_SINK).stolen[4].received == 5


def test_what_came_before_the_history_rests() -> None:
    """Stolen units that came before an account's history is known are counted apart and still close."""
    workings = small(
        [transfer(1, VICTIM, "mixed", 30), transfer(5, VICTIM, "mixed", 4), transfer(6, "mixed", "a", 4)],
        thefts=[0, 1],
        follow={MIXED: Follow(3, 0)},
    )
    line = line_of(workings, "mixed")
    assert part_of(line, "fifo") == Stolen("fifo", received=34, early=30, out=4, fee=0, held=30)
    assert [entry.direction for entry in entries(workings, line, rows_by_account(workings.ledger))] == [
        "early",
        "in",
        "out",
    ]
    assert audit(workings).faults == ()


def test_victims_and_resting_accounts_have_lines() -> None:
    """A victim's line has what was taken; an account that is not followed has what rests there, and why."""
    workings = worked_example()
    victim, resting = line_of(workings, VICTIM), line_of(workings, "b")
    assert (victim.taken, victim.thefts, victim.gross) == (3 * UNIT, 1, None)
    assert (resting.gross, resting.reason, part_of(resting, "lifo").held) == (
        None,
        "not_followed",
        3 * UNIT,
    )
    assert part_of(resting, "clean_first") == Stolen("clean_first", UNIT, 0, 0, 0, UNIT)
    assert "stranger" not in {line.account[1] for line in audit(workings).lines}


def test_what_was_not_followed_is_one_line_per_method() -> None:
    """Units that went on unread are summed with their branches, and marked beyond one percent."""
    found = {one.method: one for one in audit(worked_example()).pruned}
    assert (found["fifo"].units, found["fifo"].branches, found["fifo"].stolen) == (3 * UNIT, 2, 3 * UNIT)
    assert (found["clean_first"].units, found["clean_first"].branches) == (UNIT, 1)
    assert found["fifo"].much
    assert not found["fifo"]._replace(units=30_000).much
    assert found["fifo"]._replace(units=30_001).much


def test_thefts_are_split_by_reason() -> None:
    """Per theft and method: units still held and units that went on, together all of it."""
    found = audit(worked_example()).origins
    assert [one.amount for one in found] == [3 * UNIT]
    assert found[0].sinks["pro_rata"] == {"held": 600_000, "not_followed": 2_400_000}
    assert found[0].sinks["clean_first"] == {"held": 2 * UNIT, "not_followed": UNIT}


def _traced(workings: Workings) -> None:
    workings.tallies["lifo"].traced[4] -= 1


def _held(workings: Workings) -> None:
    held = workings.tallies["pro_rata"].held
    held[workings.ledger.numbers[MIXED], 0] += 1


def _moved(workings: Workings) -> None:
    """Units moved from one account to another: every theft still closes."""
    numbers, held = workings.ledger.numbers, workings.tallies["fifo"].held
    held[numbers[account("a")], 0] -= 1
    held[numbers[account("b")], 0] += 1


def _amount(workings: Workings) -> None:
    workings.ledger.amount[3] += 1


def _balance(workings: Workings) -> None:
    workings.ledger.balance[workings.ledger.numbers[MIXED]] += 1


def _short(workings: Workings) -> None:
    workings.ledger.short[workings.ledger.numbers[MIXED]] = 1


def _theft(workings: Workings) -> None:
    workings.tallies["fifo"].traced[1] -= 1


def _engine(workings: Workings) -> None:
    """The tally of the case's method says otherwise than the account that knows the ways."""
    traced = workings.tallies["fifo"].traced
    traced[3], traced[4] = traced[4], traced[3]


@pytest.mark.parametrize(
    ("tamper", "faults"),
    [
        (
            _traced,
            [Fault("stolen", "lifo", MIXED, "", 1), Fault("stolen", "lifo", account("b"), "", -1)],
        ),
        (
            _held,
            [Fault("stolen", "pro_rata", MIXED, "", -1), Fault("origin", "pro_rata", account(VICTIM), "tx-2-0", -1)],
        ),
        (
            _moved,
            [Fault("stolen", "fifo", account("a"), "", 1), Fault("stolen", "fifo", account("b"), "", -1)],
        ),
        (_amount, [Fault("row", "", MIXED, "tx-4-0", 1), Fault("gross", "", MIXED, "", -1)]),
        (_balance, [Fault("gross", "", MIXED, "", -1)]),
        (_short, [Fault("short", "", MIXED, "", 1)]),
        (
            _theft,
            [Fault("row", "fifo", account(VICTIM), "tx-2-0", -1), Fault("stolen", "fifo", MIXED, "", -1)],
        ),
        (
            _engine,
            [
                Fault("row", "fifo", MIXED, "tx-4-0", -UNIT),
                Fault("row", "fifo", MIXED, "tx-5-0", UNIT),
                Fault("stolen", "fifo", account("a"), "", -UNIT),
                Fault("stolen", "fifo", account("b"), "", UNIT),
            ],
        ),
    ],
)
def test_an_error_is_found_where_it_is(tamper: Callable[[Workings], None], faults: list[Fault]) -> None:
    """One changed figure gives just the lines that no longer close: by how much, under which method, in which tx."""
    workings = worked_example()
    tamper(workings)
    assert sorted(audit(workings).faults) == sorted(faults)


@pytest.mark.parametrize(
    ("row", "traced", "who", "tx", "difference"),
    [
        (0, 1, "stranger", "tx-1-0", 1),
        (2, 5 * UNIT, "stranger", "tx-3-0", 5 * UNIT),
        (1, 3 * UNIT - 2, VICTIM, "tx-2-0", -2),
        (1, 3 * UNIT + 2, VICTIM, "tx-2-0", 2),
        (3, 4 * UNIT + 7, "mixed", "tx-4-0", 7),
        (3, -3, "mixed", "tx-4-0", -3),
    ],
)
def test_a_row_carries_what_it_can(row: int, traced: int, who: str, tx: str, difference: int) -> None:
    """Clean money carries nothing stolen, a theft all of it, a payment from nil to its amount: beyond that is told."""
    workings = worked_example()
    workings.tallies["lifo"].traced[row] = traced
    rows = [one for one in audit(workings).faults if one.kind == "row"]
    assert rows == [Fault("row", "lifo", account(who), tx, difference)]


@pytest.mark.parametrize("traced", [0, 4 * UNIT])
def test_a_row_may_carry_nothing_or_everything(traced: int) -> None:
    """Nil and the whole amount are both possible for a payment, so neither is an error of its row."""
    workings = worked_example()
    workings.tallies["lifo"].traced[3] = traced
    assert not [one for one in audit(workings).faults if one.kind == "row"]


def test_every_method_is_checked_wherever_it_stands() -> None:
    """Poison, which need not close, does not end the checks of the methods behind it."""
    workings = worked_example()
    _held(workings)
    faults = audit(workings).faults
    assert faults
    poison_first = replace(workings, tallies=dict(sorted(workings.tallies.items(), key=lambda one: one[0] != "poison")))
    assert next(iter(poison_first.tallies)) == "poison"
    assert audit(poison_first).faults == faults


def test_a_tally_that_lacks_rows_is_refused() -> None:
    """A tally that does not have every row of the ledger is not half checked and found good."""
    workings = worked_example()
    workings.tallies["lifo"].traced.pop()
    with pytest.raises(ValueError, match="shorter"):
        list(faults_of(workings, (), {}, {}))


@pytest.mark.parametrize("more", [1, UNIT])
def test_more_stolen_units_than_units_is_an_error(more: int) -> None:
    """A method that leaves more stolen units at an account than it has is wrong even where its sums close."""
    workings = worked_example()
    tally, numbers = workings.tallies["clean_first"], workings.ledger.numbers
    tally.traced[4] -= more
    tally.held[numbers[MIXED], 0] += more
    tally.held[numbers[account("b")], 0] -= more
    assert audit(workings).faults == (Fault("more", "clean_first", MIXED, "", more),)


@given(ledgers(most=12), st.sampled_from(CONSERVING), st.data())
def test_no_changed_figure_stays_unseen(world: World, method: str, data: st.DataObject) -> None:
    """Whichever stolen part or balance is changed, by whatever amount, the audit finds it."""
    workings = made_workings(world, method="lifo")
    tally = workings.tallies[method]
    change = data.draw(st.integers(-(10**6), 10**6).filter(bool))
    assume(tally.held)
    if data.draw(st.booleans()):
        tally.traced[data.draw(st.integers(0, len(tally.traced) - 1))] += change
    else:
        tally.held[data.draw(st.sampled_from(sorted(tally.held)))] += change
    assert any(one.method == method for one in audit(workings).faults)


@given(ledgers(assets=("native", "0xtoken")))
def test_transactions_make_up_the_line(world: World) -> None:
    """The rows shown for an account add up to its figures, and its balance runs to what it holds."""
    workings = made_workings(world)
    found = audit(workings)
    rows = rows_by_account(workings.ledger)
    for line in found.lines:
        seen = list(entries(workings, line, rows))
        stolen = {direction: sum(one.stolen[0] for one in seen if one.direction == direction) for direction in WAYS}
        fifo = line.stolen[0]
        assert {one.direction for one in seen} <= set(WAYS)
        assert line.account[1] not in {one.counterparty for one in seen}
        assert stolen["in"] + stolen["early"] == fifo.received
        assert (stolen["out"], stolen["fee"], stolen["theft"]) == (fifo.out, fifo.fee, line.taken)
        if line.gross is not None:
            running = [one.balance for one in seen if one.direction in ("in", "out", "fee")]
            assert (running or [line.gross.opening])[-1] == line.gross.held
            assert sum(one.short for one in seen) == line.gross.short
            assert sum(one.amount for one in seen if one.direction == "in") == line.gross.received


WAYS = ("in", "early", "out", "fee", "theft")


def test_the_largest_come_first() -> None:
    """Lines are in the order of the most stolen units received under any method that conserves them."""
    workings = small(
        [transfer(1, VICTIM, "z", 30), transfer(2, "z", "a", 20), transfer(3, "z", "m", 25)],
        thefts=[0],
        follow={account("z"): Follow(0, 15)},
    )
    lines = audit(workings).lines
    assert [line.account[1] for line in lines] == ["z", "m", "a", VICTIM]
    assert [line.most for line in lines] == [30, 25, 20, 0]
