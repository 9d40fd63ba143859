"""Who is involved, in an order a reader can rely on: from what every rule of accounting says to what is only a lead.

One method alone names the wrong people: paying out "the oldest units" makes stolen money of a payment that a wallet
made months later, and misses the one it made at once. What all methods agree on is right, but not complete. What adds
the rest is time: stolen value is passed on at once, and a wallet's other business keeps its own hours. So an address is
shown as involved when it received stolen units under every method that conserves them (`EVERY`), or when it was paid
within a `DAY` after its payer had itself received value of the case (`SOON`; `LEAD` where no method has a stolen unit
in it: other money, perhaps moved by the same hand). What only some methods name, and late, comes last (`SOME`).

Nothing here is a fact of the chain but the payments: tiers are inferences and say so. docs/measurements.md has the
scores, how they change with the window, and what the cases they were measured on cannot show.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Final, NamedTuple

from chains.model import FEE_SINK, Address
from chains.tron_calls import STAKE
from tracer.labels import is_burn
from tracer.ledger import BALANCE, Account, Ledger, Tally
from tracer.lots import CONSERVING
from tracer.words import sentence
from tracer.workings import Workings

DAY: Final = 86_400
"""How long after value of the case arrived a payment counts as passing it on, in seconds: the field's own measure of a
pass-through (24 hours). On the recorded cases, with leads read, recall and precision are both at least .96 for every
window from four hours to four days; a shorter one misses wallets that paused, a week takes in their other business."""

EVERY: Final = "every"
SOON: Final = "soon"
LEAD: Final = "lead"
SOME: Final = "some"
TIERS: Final = (EVERY, SOON, LEAD, SOME)
"""Strongest first."""

SHOWN: Final = (EVERY, SOON, LEAD)
"""The tiers that make up the default answer to "who is involved"."""

NOBODY: Final = frozenset({"fee", "burn", "returned"})
"""Reasons of places that stand for nobody who could be involved."""

Least = Mapping[tuple[str, str], int]
"""(chain, asset) → base units; a payment below says nothing about who is involved."""


class Involved(NamedTuple):
    """One account and how firmly it is tied to the case. ``why`` is the inference in one sentence.

    ``received`` has the stolen units it received under each method, those that do not conserve units included.
    ``payer`` and ``tx`` are the first payment that ties it to the case in time, empty where none does.
    """

    chain: str
    address: str
    asset: str
    tier: str
    why: str
    received: tuple[tuple[str, int], ...]
    payer: str
    tx: str


def involved(workings: Workings, least: Least) -> tuple[Involved, ...]:
    """Every account tied to the case by a payment of ``least`` or more: by tier, share of what was stolen, name."""
    ledger = workings.ledger
    received = {method: received_under(ledger, tally) for method, tally in workings.tallies.items()}
    paid = passed_on(ledger, workings.tallies, least)
    victims = victims_of(ledger)
    rows = [
        _row(ledger, number, {name: units[number] for name, units in received.items()}, paid.get(number), least)
        for number, account in enumerate(ledger.accounts)
        if account not in victims and not _nobody(account) and workings.reasons.get(account) not in NOBODY
    ]
    return tuple(sorted((row for row in rows if row is not None), key=lambda row: _order(row, workings.whole)))


def unread(ledger: Ledger, tallies: Mapping[str, Tally], least: Least) -> dict[Account, int]:
    """Accounts that were paid soon after but whose history is not known, with the height to read each from.

    Where such an account is a lead its own payments are too; they show only when it is read.
    """
    known = {*ledger.follow, *victims_of(ledger)}
    return {
        account: ledger.transfers[row].position.height
        for number, row in passed_on(ledger, tallies, least).items()
        if (account := ledger.accounts[number]) not in known and not _nobody(account)
    }


def victims_of(ledger: Ledger) -> set[Account]:
    """The accounts that the thefts took from."""
    return {(chain, sender, asset) for chain, _, _, asset, sender, *_ in ledger.seeds}


def received_under(ledger: Ledger, tally: Tally) -> list[int]:
    """Stolen units that each account received, by account number; what went into a conversion nobody received."""
    received = [0] * len(ledger.accounts)
    for row, (payee, traced) in enumerate(zip(ledger.payee, tally.traced, strict=True)):
        if traced and row not in ledger.inward:
            received[payee] += traced
    return received


def passed_on(ledger: Ledger, tallies: Mapping[str, Tally], least: Least) -> dict[int, int]:
    """Account number → row of the first payment that reached it within a day after its payer received value.

    Value arrives with a theft, with such a payment, and, at an account that every method names, with stolen units of
    any method. A payment without stolen units under any method counts only from an account that had by then taken in
    at least as much value of the case as from elsewhere: everything else is a busy account's own business.
    """
    conserving = [tallies[name] for name in CONSERVING]
    named = _named_by_every(ledger, conserving, least)
    arrived: dict[int, int] = {}
    of_case, took_in = [0] * len(ledger.accounts), [0] * len(ledger.accounts)
    paid: dict[int, int] = {}
    for row, payee in enumerate(ledger.payee):
        if row in ledger.inward:
            continue
        transfer = ledger.transfers[row]
        took_in[payee] += transfer.amount
        if transfer.amount < least.get((transfer.chain, transfer.asset), 1):
            continue
        carries = any(one.traced[row] for one in conserving)
        soon = any(
            (carries or 2 * of_case[payer] >= took_in[payer]) and transfer.time - arrived[payer] <= DAY
            for one in ledger.paying(row)
            if ledger.source[one] == BALANCE and (payer := ledger.payer[one]) in arrived
        )
        if soon:
            paid.setdefault(payee, row)
        stolen = any(ledger.source[one] >= 0 for one in ledger.paying(row))
        if soon or stolen or (carries and payee in named):
            arrived[payee] = transfer.time
            of_case[payee] += transfer.amount
    return paid


def _named_by_every(ledger: Ledger, conserving: list[Tally], least: Least) -> set[int]:
    sums = [received_under(ledger, one) for one in conserving]
    return {
        number
        for number, (chain, _, asset) in enumerate(ledger.accounts)
        if min(units[number] for units in sums) >= least.get((chain, asset), 1)
    }


def _row(ledger: Ledger, number: int, received: Mapping[str, int], row: int | None, least: Least) -> Involved | None:
    """The account ``number``, which ``row`` ties to the case in time; None when nothing ties it to the case."""
    chain, address, asset = ledger.accounts[number]
    enough = least.get((chain, asset), 1)
    naming = [name for name in CONSERVING if received[name] >= enough]
    payer, tx = ("", "") if row is None else (ledger.accounts[ledger.payer[row]][1], ledger.transfers[row].tx)
    if len(naming) == len(CONSERVING):
        tier, why = EVERY, sentence("rule.involved_every")
    elif row is not None and any(received[name] for name in CONSERVING):
        tier, why = SOON, sentence("rule.involved_soon", payer=payer, tx=tx)
    elif row is not None:
        tier, why = LEAD, sentence("rule.involved_lead", payer=payer, tx=tx)
    elif naming:
        tier, why = SOME, sentence("rule.involved_some", count=len(naming), of=len(CONSERVING))
    else:
        return None
    return Involved(chain, address, asset, tier, why, tuple(received.items()), payer, tx)


def _nobody(account: Account) -> bool:
    """Is this an address that stands for nobody, or that nobody holds a key to?"""
    return account[1] in (FEE_SINK, STAKE) or is_burn(Address(account[1]))


def _order(row: Involved, whole: Mapping[tuple[str, str], int]) -> tuple[int, Fraction, str, str, str]:
    most = max(units for name, units in row.received if name in CONSERVING)
    share = Fraction(most, whole.get((row.chain, row.asset), most)) if most else Fraction(0)
    return TIERS.index(row.tier), -share, row.chain, row.address, row.asset
