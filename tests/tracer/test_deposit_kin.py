"""Suspects: not swept yet but like those that were (T4), or swept to a service nobody has named (T5)."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from chains.model import FEE_SINK, NATIVE
from tests.tracer.deposit_past import DAY, HOUR, ME, USDC, USDT, Past, forwarder, habit, label
from tracer.deposit import PROOFS, Verdict
from tracer.deposit_kin import Kin, of_unknown_service, suspect
from tracer.result import Proof
from tracer.words import sentence

CODE = "c0de"


def kin(*givers: str, codes: tuple[str, ...] = (), confidence: int = 100, count: int = 2) -> Kin:
    """What the confirmed addresses of an exchange have in common."""
    return Kin(label("hub", confidence=confidence), set(givers), set(codes), ["sweep 1", "sweep 2"], count)


def waiting() -> Past:
    """Paid by a customer, with gas there, and not swept yet."""
    return Past().came(0, "ann").gas(HOUR)


def suspected(past: Past, known: Mapping[str, Kin], *, code: str = "", asset: str = USDT) -> Verdict | None:
    """What is suspected, given the kin of each exchange."""
    return suspect(past.life(), asset, known, code)


# --- T4


def test_the_same_gas_giver_makes_a_suspect() -> None:
    """Whoever pays the fees of confirmed addresses gave this one gas: T4 of their exchange, with that gift as proof."""
    verdict = suspected(waiting(), {"Alpha": kin("station")})
    assert verdict == Verdict(
        "T4",
        50,
        "Alpha",
        "",
        label("hub"),
        sentence("rule.deposit_t4", entity="Alpha", n=2),
        (Proof("gas", "station me native 3600"),),
    )


def test_the_same_lender_of_energy_makes_a_suspect() -> None:
    """Energy from the lender of confirmed addresses counts as gas does."""
    verdict = suspected(Past().came(0, "ann").lent(HOUR), {"Alpha": kin("lender")})
    assert verdict is not None
    assert [proof.tx for proof in verdict.proofs] == [f"lent {HOUR}"]


def test_the_same_code_makes_a_suspect() -> None:
    """A contract of the same code is T4, proven by a sweep of one of those."""
    verdict = suspected(Past().came(0, "ann"), {"Alpha": kin(codes=(CODE,))}, code=CODE)
    assert verdict is not None
    assert (verdict.tier, verdict.proofs) == ("T4", (Proof("code", "sweep 1"),))


def test_gas_and_code_are_both_named() -> None:
    """Where giver and code are shared, both are proofs."""
    verdict = suspected(waiting(), {"Alpha": kin("station", codes=(CODE,))}, code=CODE)
    assert verdict is not None
    assert [proof.role for proof in verdict.proofs] == ["gas", "code"]


@pytest.mark.parametrize("known", [{}, {"Alpha": kin()}, {"Alpha": kin("other", codes=("another",))}])
def test_without_kin_there_is_no_suspect(known: dict[str, Kin]) -> None:
    """Nobody is suspected for merely having been paid, by however many."""
    past = waiting().came(DAY, "bob").came(2 * DAY, "cid")
    assert suspected(past, known, code=CODE) is None
    assert suspected(past, known) is None


def test_a_wallet_shares_no_code() -> None:
    """That neither has code is nothing in common."""
    assert suspected(Past().came(0, "ann"), {"Alpha": kin(codes=("",))}) is None


def test_tokens_from_the_gas_giver_are_no_gas() -> None:
    """Only coins and energy pay fees; where coins are the stolen asset, whoever sent them is a payer."""
    assert suspected(Past().came(0, "station"), {"Alpha": kin("station")}) is None
    assert suspected(Past().came(0, "ann").came(1, "station", 5, USDC), {"Alpha": kin("station")}) is None
    coins = Past().came(0, "station", 5, NATIVE)
    assert suspected(coins, {"Alpha": kin("station")}, asset=NATIVE) is None
    assert suspected(coins, {"Alpha": kin("station")}, asset=USDT) is not None


def test_whoever_acted_is_no_suspect() -> None:
    """An address that paid or signed anything is judged by what it did, and one that got nothing not at all."""
    assert suspected(waiting().went(DAY, "stranger", 1), {"Alpha": kin("station")}) is None
    assert suspected(waiting().signed(DAY), {"Alpha": kin("station")}) is None
    assert suspected(Past().lent(HOUR, "station"), {"Alpha": kin("station")}) is None
    # a fee that somebody else paid is nobody's act
    assert suspected(waiting().pay(DAY, "ann", FEE_SINK, 1, NATIVE), {"Alpha": kin("station")}) is not None


def test_a_suspect_is_as_sure_as_its_exchanges_label() -> None:
    """Half sure, in percent of the label of the wallet that its kin are swept to; without a label, half."""
    weak = suspected(waiting(), {"Alpha": kin("station", confidence=70)})
    none = suspected(waiting(), {"Alpha": Kin(None, {"station"}, set(), [], 1)})
    assert weak is not None
    assert none is not None
    assert (weak.confidence, none.confidence) == (35, 50)


def test_the_exchange_it_shares_with_is_named() -> None:
    """Of several exchanges it is the one it has something in common with; of two such, the first by name."""
    verdict = suspected(waiting(), {"Alpha": kin("other"), "Beta": kin("station", count=7), "Gamma": kin("station")})
    assert verdict is not None
    assert (verdict.entity, verdict.rule) == ("Beta", sentence("rule.deposit_t4", entity="Beta", n=7))


# --- T5


def of_service(past: Past, asset: str = USDT) -> Verdict | None:
    """The verdict on somebody who pays "hub", whom nobody has named."""
    return of_unknown_service(past.life(), asset, "hub")


def test_swept_to_an_unnamed_service_is_t5() -> None:
    """A habit of sweeps to a service without a label: T5, no exchange named, 40 percent sure."""
    verdict = of_service(habit())
    assert verdict == Verdict(
        "T5",
        40,
        "",
        "hub",
        None,
        sentence("rule.deposit_t5", sweeps=2, senders=2),
        (Proof("sweep", f"out {HOUR}"), Proof("sweep", f"out {DAY + HOUR}")),
    )
    assert of_service(forwarder()) is not None


def test_an_unnamed_service_needs_the_whole_habit() -> None:
    """What is T3 or ruled out for an exchange is nothing for a service."""
    assert of_service(Past().visit(0, "ann")) is None
    assert of_service(habit().went(2 * DAY, "stranger", 1).went(2 * DAY, "another", 1)) is None
    assert of_service(habit().came(2 * DAY, "ann").sweep(9 * DAY, 1)) is None
    assert of_service(habit(), USDC) is None
    assert of_service(Past()) is None
    assert of_unknown_service(habit().life(), USDT, "nobody") is None


def test_a_service_that_pays_the_fees_itself() -> None:
    """One payer, and gas from the very wallet that is paid: a habit, as it is with an exchange."""
    assert of_service(Past().visit(0, "ann", gas="hub").visit(DAY, "ann", gas="")) is not None
    assert of_service(Past().visit(0, "ann", gas="station").visit(DAY, "ann", gas="")) is None


def test_a_service_names_five_sweeps_at_most() -> None:
    """As many proofs as for an exchange."""
    past = Past()
    for number in range(PROOFS + 3):
        past.visit(number * DAY, f"payer {number}")
    verdict = of_service(past)
    assert verdict is not None
    assert len(verdict.proofs) == PROOFS


def test_what_the_service_pays_is_its_own_business() -> None:
    """An address that the service pays more than a tenth is its own wallet."""
    past = habit().pay(2 * DAY, "hub", ME, 50_000).sweep(2 * DAY + HOUR, 50_000)
    assert of_service(past) is None
