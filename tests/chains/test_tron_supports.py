"""Lent energy: who lent and to whom, from whatever a transaction tells of it."""

from __future__ import annotations

import pytest

from chains.errors import Malformed
from chains.model import NATIVE, AssetId, Kind, Position, Support
from chains.tron_calls import call_of, inner_of
from chains.tron_supports import lent_by, lent_inside
from chains.trongrid_rows import normalise_transactions
from tests.chains.tron_records import MULE, POOL, THIEF, TRON, VICTIM, digits, inner_row, lent, rows, transaction, txid

FAILED = [{"contractRet": "REVERT", "fee": 7}]
ASKED_BACK = {"owner_address": digits(POOL), "receiver_address": digits(THIEF), "balance": 5}


def supports(*records: dict[str, object], asset: AssetId = NATIVE) -> tuple[Support, ...]:
    """What the history of `THIEF` says of loans."""
    return normalise_transactions(TRON.id, rows(*records), (), THIEF, asset).supports


def test_lent_energy_is_seen_from_both_ends() -> None:
    """Whether the address lent or was lent to, giver and receiver stand as the transaction says, and nothing moved."""
    taken, given = lent("a", POOL, THIEF, 3000), lent("b", THIEF, MULE, 6000)
    told = normalise_transactions(TRON.id, rows(taken, given), (), THIEF, NATIVE)
    assert told.supports == (
        Support(TRON.id, txid("a"), Position(3000, -1, Kind.NATIVE, (0,)), 3, POOL, THIEF),
        Support(TRON.id, txid("b"), Position(6000, -1, Kind.NATIVE, (0,)), 6, THIEF, MULE),
    )
    assert (told.transfers, told.weak) == ((), "")


def test_what_is_not_lent_is_no_support() -> None:
    """A loan that failed, one taken back, one among strangers, and one in a token's history do not count."""
    assert supports(lent("a", POOL, THIEF, ret=FAILED)) == ()
    assert supports(transaction("a", "UnDelegateResourceContract", ASKED_BACK)) == ()
    assert supports(lent("a", POOL, MULE)) == ()
    assert supports(lent("a", POOL, THIEF), asset=AssetId("1002000")) == ()


def test_a_loan_told_twice_counts_once() -> None:
    """The same transaction on two pages is one."""
    assert len(supports(lent("a", POOL, THIEF), lent("a", POOL, THIEF))) == 1


def test_a_contract_may_lend_in_a_call_inside() -> None:
    """A rental contract lends within somebody else's transaction: the note tells, in words or in hex."""
    for note in ("delegateResourceOfEnergy", b"delegateResourceOfEnergy".hex()):
        told = inner_row("i", "x", POOL, THIEF, 5, time=3000, note=note)
        found = normalise_transactions(TRON.id, (), rows(told), THIEF, NATIVE)
        assert found.supports == (
            Support(TRON.id, txid("x"), Position(3000, -1, Kind.INTERNAL, ()), 3, POOL, THIEF),
        )  # fmt: skip
        assert (found.transfers, found.weak) == ((), "")
    for note in ("unDelegateResourceOfEnergy", "call"):
        assert lent_inside(inner_of(inner_row("i", "x", POOL, THIEF, 5, note=note))) is None
    rejected = inner_row("i", "x", POOL, THIEF, 5, note="delegateResourceOfEnergy", rejected=True)
    assert lent_inside(inner_of(rejected)) is None


def test_freezing_for_somebody_else_was_a_loan() -> None:
    """Until 2023 freezing named who got the energy; without a name it was the owner's own."""
    value = {"owner_address": digits(VICTIM), "frozen_balance": 9}
    assert lent_by(call_of(transaction("a", "FreezeBalanceContract", value))) is None
    given = transaction("a", "FreezeBalanceContract", {**value, "receiver_address": digits(THIEF)})
    assert lent_by(call_of(given)) == (VICTIM, THIEF)


def test_a_loan_to_nobody_is_malformed() -> None:
    """The receiver is mandatory."""
    with pytest.raises(Malformed, match="receiver_address"):
        lent_by(call_of(transaction("a", "DelegateResourceContract", {"owner_address": digits(POOL)})))
