"""Who is involved, in an order a reader can rely on: from what every rule of accounting says to what is only a lead.

One method alone names the wrong people: paying out "the oldest units" turns a payment that a wallet made months later
into stolen money, and drops the one it made at once. What the methods agree on is right, but not complete. What adds
the rest is time: who launders passes on at once, and the wallet's other business keeps its own hours. So an address is
shown as involved when it received stolen units under every method that conserves them (`EVERY`), or when it was paid
within a `DAY` after its payer had itself received value of the case (`SOON`; `LEAD` where no method has a stolen unit
in it: the wallet's own money, perhaps by the same hand). What only some methods name, and late, comes last (`SOME`).

The rule was found on two recorded thefts with unrelated traffic mixed in; docs/measurements.md has the scores, with
the window halved and doubled, and says what that traffic cannot show. Nothing here is a fact of the chain but the
payments: tiers are inferences and say so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from chains.model import FEE_SINK, Address
from tracer.labels import is_burn
from tracer.ledger import BALANCE, Account, Ledger, Tally
from tracer.lots import CONSERVING
from tracer.words import sentence
from tracer.workings import Workings

DAY: Final = 86_400
"""How long after value of the case arrived a payment counts as passing it on, in seconds. Measured from an hour to a
month: from six hours to three days recall and precision are at least .96 on both cases; an hour finds fewer, a week
takes in the wallets' other business."""

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
    """Every account tied to the case by a payment of ``least`` or more: by tier, then most first, then by name."""
    ledger = workings.ledger
    received = {method: received_under(ledger, tally) for method, tally in workings.tallies.items()}
    paid = passed_on(ledger, workings.tallies, least)
    rows = [
        row
        for number, account in enumerate(ledger.accounts)
        if not _nobody(workings, account)
        if (row := _row(ledger, number, {name: units[number] for name, units in received.items()}, paid, least))
    ]
    return tuple(sorted(rows, key=_order))


def unread(ledger: Ledger, tallies: Mapping[str, Tally], least: Least) -> dict[Account, int]:
    """Accounts that were paid soon after but whose history is not known, with the height to read each from.

    Where such an account is a lead its own payments are too; they show only when it is read.
    """
    return {
        ledger.accounts[number]: ledger.transfers[row].position.height
        for number, row in passed_on(ledger, tallies, least).items()
        if ledger.accounts[number] not in ledger.follow
    }


def received_under(ledger: Ledger, tally: Tally) -> list[int]:
    """Stolen units that each account received, by account number."""
    received = [0] * len(ledger.accounts)
    for payee, traced in zip(ledger.payee, tally.traced, strict=True):
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
    for row, (payer, payee, source) in enumerate(zip(ledger.payer, ledger.payee, ledger.source, strict=True)):
        transfer = ledger.transfers[row]
        took_in[payee] += transfer.amount
        if transfer.amount < least.get((transfer.chain, transfer.asset), 1):
            continue
        carries = any(one.traced[row] for one in conserving)
        soon = source == BALANCE and payer in arrived and transfer.time - arrived[payer] <= DAY
        soon = soon and (carries or 2 * of_case[payer] >= took_in[payer])
        if soon:
            paid.setdefault(payee, row)
        if soon or source >= 0 or (carries and payee in named):
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


def _row(
    ledger: Ledger, number: int, received: Mapping[str, int], paid: Mapping[int, int], least: Least
) -> Involved | None:
    chain, address, asset = ledger.accounts[number]
    conserving = [received[name] for name in CONSERVING]
    enough = least.get((chain, asset), 1)
    row = paid.get(number)
    payer, tx = ("", "") if row is None else (ledger.accounts[ledger.payer[row]][1], ledger.transfers[row].tx)
    if min(conserving) >= enough:
        tier, why = EVERY, sentence("rule.involved_every")
    elif row is not None and any(conserving):
        tier, why = SOON, sentence("rule.involved_soon", payer=payer, tx=tx)
    elif row is not None:
        tier, why = LEAD, sentence("rule.involved_lead", payer=payer, tx=tx)
    elif max(conserving) >= enough:
        names = [name for name in CONSERVING if received[name] >= enough]
        tier, why = SOME, sentence("rule.involved_some", count=len(names), of=len(CONSERVING))
    else:
        return None
    return Involved(chain, address, asset, tier, why, tuple(received.items()), payer, tx)


def _nobody(workings: Workings, account: Account) -> bool:
    """Is this the victim, a fee, or an address that nobody holds a key to?"""
    chain, address, asset = account
    victim = any((key[0], key[4], key[3]) == (chain, address, asset) for key in workings.ledger.seeds)
    return victim or address == FEE_SINK or is_burn(Address(address)) or workings.reasons.get(account) in NOBODY


def _order(row: Involved) -> tuple[int, int, str, str, str]:
    most = max(units for name, units in row.received if name in CONSERVING)
    return TIERS.index(row.tier), -most, row.chain, row.address, row.asset
