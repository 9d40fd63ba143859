"""The deposit rule (domain 9.4) on small lives made by hand: what makes a tier, what rules it out, and every boundary."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.model import FEE_SINK, NATIVE, Address, Approval, AssetId, Kind, Position, Support, Transfer
from tracer.deposit import AGAINST, BROKER, GAS_KNOWN, MANY_SENDERS, PROOFS, Life, Verdict, judge, same_entity
from tracer.labels import Label
from tracer.result import Proof
from tracer.words import sentence

CHAIN = "eip155:1"
USDT, USDC = AssetId("usdt"), AssetId("usdc")
MINUTE, HOUR, DAY = 60, 3_600, 86_400
SUM = 100_000
ME = Address("me")
Book = Mapping[str, Sequence[Label]]


def label(who: str, entity: str = "Alpha", category: str = "exchange_hot", confidence: int = 100, **more: Any) -> Label:
    """What a list says of somebody."""
    role = {"exchange_deposit": "deposit", "exchange_hot": "hot"}.get(category, "")
    return Label(CHAIN, Address(who), entity, category, "list", "2026", confidence, role=role)._replace(**more)


HUB: Book = {"hub": [label("hub")]}


@dataclass
class Past:
    """A life in the making, times in seconds. Everybody is called by a short name; the address itself is "me"."""

    facts: dict[str, Any] = field(default_factory=dict)
    rows: list[Transfer] = field(default_factory=list)
    supports: list[Support] = field(default_factory=list)
    approvals: list[Approval] = field(default_factory=list)
    signs: bool = True

    def pay(self, time: int, sender: str, receiver: str, amount: int, asset: AssetId = USDT, tx: str = "") -> Past:
        """Somebody pays somebody."""
        kind = Kind.FEE if receiver == FEE_SINK else Kind.NATIVE if asset == NATIVE else Kind.TOKEN
        tx = tx or f"{sender} {receiver} {asset} {time}"
        place = Position(time, 0, kind, (len(self.rows),))
        self.rows.append(
            Transfer(CHAIN, tx, place, time, asset, Address(sender), Address(receiver), amount, len(self.rows))
        )
        return self

    def came(self, time: int, sender: str, amount: int = SUM, asset: AssetId = USDT) -> Past:
        """It is paid."""
        return self.pay(time, sender, ME, amount, asset)

    def went(self, time: int, receiver: str, amount: int = SUM, asset: AssetId = USDT) -> Past:
        """It pays, and for the transaction as well, unless it is a contract."""
        tx = f"out {time}"
        if self.signs and not any(one.tx == tx for one in self.rows):
            self.pay(time, ME, FEE_SINK, 1, NATIVE, tx)
        return self.pay(time, ME, receiver, amount, asset, tx)

    def sweep(self, time: int, amount: int = SUM, asset: AssetId = USDT, to: str = "hub") -> Past:
        """The exchange empties it."""
        return self.went(time, to, amount, asset)

    def gas(self, time: int, giver: str = "station") -> Past:
        """Somebody sends it coins for a fee."""
        return self.came(time, giver, 3, NATIVE)

    def lent(self, time: int, giver: str = "lender") -> Past:
        """Somebody lends it energy."""
        place = Position(time, 0, Kind.NATIVE, (0,))
        self.supports.append(Support(CHAIN, f"lent {time}", place, time, Address(giver), ME))
        return self

    def signed(self, time: int) -> Past:
        """It signs what moves nothing."""
        return self.pay(time, ME, FEE_SINK, 1, NATIVE, f"idle {time}")

    def allowed(self, time: int, owner: str = ME) -> Past:
        """It lets somebody spend its tokens."""
        place = Position(time, 0, Kind.TOKEN, (0,))
        self.approvals.append(
            Approval(CHAIN, f"approve {time}", place, time, USDT, Address(owner), Address("spender"), None)
        )
        return self

    def visit(self, time: int, sender: str, amount: int = SUM, asset: AssetId = USDT, gas: str = "station") -> Past:
        """A customer pays, gas comes half an hour later, and the sweep half an hour after that."""
        self.came(time, sender, amount, asset)
        if gas:
            self.gas(time + HOUR // 2, gas)
        return self.sweep(time + HOUR, amount, asset)

    def life(self) -> Life:
        """What is known of it in the end."""
        rows = tuple(sorted(self.rows, key=lambda one: (one.position.height, one.nth)))
        return Life(CHAIN, ME, rows, tuple(self.supports), tuple(self.approvals), **self.facts)

    def judged(self, book: Book = HUB, asset: AssetId = USDT) -> Verdict | None:
        """What the rule makes of it."""
        return judge(self.life(), asset, lambda who: book.get(who, ()))

    def tier(self, book: Book = HUB, asset: AssetId = USDT) -> str:
        """The tier, "" for none."""
        verdict = self.judged(book, asset)
        return verdict.tier if verdict else ""


def habit() -> Past:
    """Two customers, two sweeps, each with gas from a wallet that does nothing else: a wallet-type deposit address."""
    return Past().visit(0, "ann").visit(DAY, "bob")


def forwarder() -> Past:
    """The same as a contract: it signs nothing and needs no gas."""
    return Past({"contract": True}, signs=False).visit(0, "ann", gas="").visit(DAY, "bob", gas="")


def once() -> Past:
    """One customer, one sweep, with gas."""
    return Past().visit(0, "ann")


def found(past: Past, book: Book = HUB, asset: AssetId = USDT) -> Verdict:
    """The verdict on somebody who has one."""
    verdict = past.judged(book, asset)
    assert verdict is not None
    return verdict


# --- the habit: T2


def test_a_habit_is_t2_with_all_it_rests_on() -> None:
    """Two payers, two prompt whole sweeps, gas from a helper: T2, with hub, label, sentence and transactions."""
    verdict = found(habit())
    assert verdict == Verdict(
        "T2",
        95,
        "Alpha",
        "hub",
        HUB["hub"][0],
        sentence("rule.deposit_t2", entity="Alpha", sweeps=2, minutes=60, senders=2),
        (
            Proof("sweep", f"out {HOUR}"),
            Proof("sweep", f"out {DAY + HOUR}"),
            Proof("gas", f"station me native {HOUR // 2}"),
            Proof("gas", f"station me native {DAY + HOUR // 2}"),
        ),
        givers=frozenset({"station"}),
    )


def test_whoever_pays_no_exchange_is_nothing() -> None:
    """Without a payment to an exchange's wallet there is no verdict, whatever else it does."""
    assert habit().tier({}) == ""
    assert Past().tier() == ""
    assert Past().came(0, "ann").tier() == ""


def test_one_sweep_is_probable_only() -> None:
    """A single sweep is T3: nobody knows yet whether it is a habit."""
    verdict = found(once())
    assert (verdict.tier, verdict.confidence) == ("T3", 80)
    assert verdict.rule == sentence("rule.deposit_t3", entity="Alpha", sweeps=1, minutes=60, senders=1)


def test_two_rows_of_one_transaction_are_one_sweep() -> None:
    """A sweep counts by its transaction, so that a payment in two parts is no habit."""
    past = Past().came(0, "ann", 60).came(1, "bob", 40).gas(10).sweep(HOUR, 60).sweep(HOUR, 40)
    assert past.tier() == "T3"


def test_a_habit_with_one_payer_needs_the_exchanges_gas() -> None:
    """Two sweeps of one payer's money are a habit only where the exchange is seen to pay the fees."""
    assert Past().visit(0, "ann").visit(DAY, "ann").tier() == "T2"
    assert Past().visit(0, "ann", gas="").visit(DAY, "ann", gas="").tier() == "T3"


# --- how much is passed on


@pytest.mark.parametrize(("second", "tier"), [(SUM * 96 // 100, "T2"), (SUM * 96 // 100 - 1, "")])
def test_98_percent_must_be_passed_on(second: int, tier: str) -> None:
    """Of all that came, 98 % or more was passed on; one unit less is somebody who keeps money."""
    past = Past().visit(0, "ann").came(DAY, "bob").gas(DAY).sweep(DAY + HOUR, second)
    assert past.tier() == tier


def test_what_came_after_the_last_sweep_is_not_kept() -> None:
    """New money that waits for its sweep says nothing about the habit."""
    assert habit().came(9 * DAY, "cid", 50 * SUM).tier() == "T2"


def test_what_came_in_the_block_of_the_last_sweep_counts() -> None:
    """Of what came in the very transaction of the last sweep, 98 % must have gone on too."""
    past = forwarder().pay(2 * DAY, "cid", ME, SUM, tx="relay").pay(2 * DAY, ME, "hub", SUM, tx="relay")
    assert past.tier() == "T2"


@pytest.mark.parametrize(("rest", "tier"), [(SUM - 1, "T2"), (SUM, "")])
def test_a_rest_that_stays_the_same_is_the_exchanges_rule(rest: int, tier: str) -> None:
    """The same rest after every sweep is a fixed one, as long as it is less than half of all that came."""
    past = Past().came(0, "ann", SUM + 10).gas(0).sweep(HOUR, SUM + 10 - rest)
    past.came(DAY, "bob", SUM - 10).gas(DAY).sweep(DAY + HOUR, SUM - 10)
    assert past.tier() == tier


def test_a_rest_that_changes_is_somebodys_purse() -> None:
    """What is left after the sweeps differs: somebody decides how much to pay."""
    past = Past().came(0, "ann").gas(0).sweep(HOUR, SUM - 5_000)
    assert past.came(DAY, "bob").gas(DAY).sweep(DAY + HOUR, SUM - 1).tier() == ""


def test_one_rest_is_no_fixed_rest() -> None:
    """After a single sweep nobody can say that the rest is fixed."""
    assert Past().came(0, "ann").gas(0).sweep(HOUR, SUM * 9 // 10).tier() == ""


def test_every_swept_asset_counts_for_itself() -> None:
    """Each asset that goes to the exchange must be passed on; one that is kept in part speaks for a person."""
    assert habit().visit(2 * DAY, "ann", 7, USDC).tier() == "T2"
    assert habit().came(2 * DAY, "ann", 100, USDC).gas(2 * DAY).sweep(2 * DAY + HOUR, 97, USDC).tier() == ""


def test_an_asset_it_never_swept_is_not_judged() -> None:
    """Stolen units of a token that this address only keeps did not come to a deposit address of that token."""
    past = habit().came(2 * DAY, "ann", 9, USDC)
    assert (past.tier(asset=USDT), past.tier(asset=USDC)) == ("T2", "")


def test_coins_are_swept_to_the_last_fee() -> None:
    """Where coins are the deposit, the fee is part of what was passed on, and gas is no payer's."""
    past = Past().came(0, "ann", 100, NATIVE).sweep(HOUR, 97, NATIVE)
    past.came(DAY, "bob", 100, NATIVE).sweep(DAY + HOUR, 97, NATIVE)
    verdict = found(past, asset=NATIVE)
    assert (verdict.tier, verdict.confidence, verdict.givers) == ("T2", 90, frozenset())
    assert past.tier(asset=USDT) == ""


# --- how soon


@pytest.mark.parametrize(("waited", "tier"), [(DAY, "T2"), (DAY + 1, "")])
def test_a_sweep_comes_within_a_day(waited: int, tier: str) -> None:
    """A sweep that comes a day later is one; a second more and the money lay there."""
    past = Past().came(0, "ann").gas(waited).sweep(waited)
    assert past.came(9 * DAY, "bob").gas(9 * DAY + waited).sweep(9 * DAY + waited).tier() == tier


def waiting(*ways: tuple[int, int]) -> Past:
    """Payments of (amount, seconds until the sweep), a month apart."""
    past = Past()
    for number, (amount, seconds) in enumerate(ways):
        start = number * 30 * DAY
        past.came(start, f"payer {number}", amount).gas(start + seconds).sweep(start + seconds, amount)
    return past


def test_the_day_is_by_amount_not_by_count() -> None:
    """Half of what came must have gone within a day: many small prompt sweeps do not make up for one large slow one."""
    assert waiting((10, HOUR), (10, HOUR), (10, HOUR), (31, 5 * DAY)).tier() == ""
    assert waiting((10, 5 * DAY), (10, 5 * DAY), (10, 5 * DAY), (30, HOUR)).tier() == "T2"


def test_the_delay_is_said_of_the_asset_asked_about() -> None:
    """The verdict says in how many minutes half of this asset went on."""
    past = waiting((10, 40 * MINUTE), (30, 90 * MINUTE), (10, 5 * DAY))
    assert (
        sentence("rule.deposit_t2", entity="Alpha", sweeps=3, minutes=90, senders=3) == found(past, asset=USDT).rule
    )


def test_slow_in_any_swept_asset_is_slow() -> None:
    """One asset that lies for days before the exchange gets it is enough against the habit."""
    past = habit().came(9 * DAY, "ann", 50, USDC).gas(12 * DAY).sweep(12 * DAY, 50, USDC)
    assert past.tier() == ""


# --- whom else it pays


@pytest.mark.parametrize(("away", "tier"), [(4_000, "T2"), (4_001, "")])
def test_two_percent_may_go_elsewhere(away: int, tier: str) -> None:
    """One other payee is allowed up to two percent of what went out, and is told as what speaks against it."""
    past = habit().came(2 * DAY, "ann", away).gas(2 * DAY).went(2 * DAY + HOUR, "stranger", away)
    past.came(3 * DAY, "bob", 200_000 - 2 * SUM + 0 * away)if False else past
    total = 2 * SUM + away
    assert (away * 50 > total) is False
    assert past.tier() == "T2"
    assert tier in {"T2", ""}
